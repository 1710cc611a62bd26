# Made by tools/stubs.py: do not edit.
"""A job from now to its end: as a live bar on a terminal, as lines elsewhere

Docs: https://cj-mills.github.io/cjm-jobtrack/cli/follow.html.md"""

from collections.abc import Iterator
from pathlib import Path
from rich.console import Console, Group
from ..model.job import Job, JobEvent
from ..net.client import RemoteClient

__all__ = [
    'job_events', 'job_updates', 'silence_note', 'status_line', 'progress_bar', 'follow',
    'conclude', 'fetch']

def job_events(client: RemoteClient, job_id: str, after: int | None = None) -> Iterator[JobEvent]:
    """`RemoteClient.events` of one job.

    That the server is out of reach is an event like any other, `disconnected`."""

def job_updates(client: RemoteClient, job_id: str) -> Iterator[tuple[Job, str]]:
    "Watch a job until it ends. Blocks between changes. Raises `UnknownJob`."

def silence_note(job: Job) -> str:
    "That the node of a job does not answer, or ''."

def status_line(job: Job, notice: str = '') -> str:
    "A job in a line that changes only when it matters."

def progress_bar(job: Job, notice: str = '', at: str | None = None) -> Group:
    "A job as a bar."

def follow(client: RemoteClient, job_id: str, on: Console, leave: bool = True) -> Job:
    """Show a job until it ends: a live bar on a terminal, else lines.

    When interrupted, it says that the job goes on."""

def conclude(job: Job) -> None:
    "Say on stderr why a job did not complete, and end with the status that belongs to it."

def fetch(client: RemoteClient, job: Job, names: list[str], to: Path) -> Iterator[Path]:
    "Download the results of a job. Raises the last error in the end."
