# Made by tools/stubs.py: do not edit.
"""A job from now to its end: as a live bar on a terminal, as lines elsewhere

Docs: https://cj-mills.github.io/cjm-jobtrack/cli/follow.html.md"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO
from ..model.job import Job, JobEvent
from ..net.client import RemoteClient
from .app import Exit
from .source import Source

__all__ = [
    'job_events', 'job_updates', 'silence_note', 'status_line', 'print_lines', 'follow',
    'how_to_return', 'exit_for_job', 'conclude', 'first_look', 'report_wait', 'fetch']

def job_events(client: Source, job_id: str, after: int | None = None) -> Iterator[JobEvent]:
    """The events of one job.

    That the server is out of reach is an event like any other, `disconnected`."""

def job_updates(client: Source, job_id: str) -> Iterator[tuple[Job, str]]:
    "Watch a job until it ends. Blocks between changes. Raises `UnknownJob`."

def silence_note(job: Job) -> str:
    "That the node of a job does not answer, or ''."

def status_line(job: Job, notice: str = '') -> str:
    "A job in a line that changes only when it matters."

def print_lines(updates: Iterable[tuple[Job, str]], file: TextIO) -> Job:
    "Print a job as lines until it ends."

def follow(client: Source, job_id: str, file: TextIO, option: str = '', leave: bool = True) -> Job:
    """Show a job until it ends: a live bar on a terminal, else lines.

    When interrupted, it says how to come back to the job, which goes on."""

def how_to_return(job_id: str, option: str = '') -> str:
    "What to type to see more of a job, or to stop it."

def exit_for_job(job: Job) -> Exit:
    "The exit status for a job."

def conclude(job: Job) -> None:
    "Say on stderr why a job did not complete, and end with the status that belongs to it."

def first_look(client: Source, job: Job, patience: float = 1.5) -> Job:
    "The job once it is known whether it has started, or why not."

def report_wait(job: Job) -> None:
    "Say on stderr why a job waits."

def fetch(client: RemoteClient, job: Job, names: list[str], to: Path) -> Iterator[Path]:
    "Download the results of a job. Raises the last error in the end."
