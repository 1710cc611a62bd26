# Made by tools/stubs.py: do not edit.
"""The jobs of `jobtrack run` and of your notebooks, on this machine and without a server

Docs: https://cj-mills.github.io/cjm-jobtrack/cli/own_record.html.md"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Self, TextIO
from ..logs.gaps import LogChunk
from ..model.job import Job, JobEvent
from ..tracker.tracker import JobTracker

__all__ = [
    'OwnRecord', 'outlives', 'can_resume', 'is_left', 'resume_lock', 'is_resumed', 'leave_to_resume']

class OwnRecord:
    """The user's own record, asked as a server is. It is opened when it is asked.

    Close it, or use it as a context manager."""
    base_url: str
    def __init__(self) -> None: ...
    @property
    def tracker(self) -> JobTracker: ...
    def get_job(self, job_id: str) -> Job | None: ...
    def history(self, job_id: str) -> list[JobEvent]: ...
    def list_jobs(
        self,
        status: str | None = None,
        limit: int | None = None,
        **filters: Any,
    ) -> list[Job]: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *exc: object) -> None: ...
    def close(self) -> None:
        "Let go of the jobs, and release the record."
    def logs(
        self,
        job_id: str,
        offset: int = 0,
        limit: int = 65536,
        attempt: int | None = None,
    ) -> LogChunk:
        "A piece of a log. Raises `UnknownJob`."
    def note(self, jobs: list[Job]) -> str:
        "That some of these jobs are in nobody's hands, and what to type; '' if none is."
    def attend(self, job: Job) -> None:
        "See to it that a job is not abandoned."
    def events(self, job_id: str, after: int | None = None) -> Iterator[JobEvent]:
        "The events of a job until it has ended. Blocks between them. Raises `UnknownJob`."
    def wait(self, job_id: str) -> Job: ...
    def cancel(self, job_id: str) -> Job:
        "Stop a job, and wait until nothing of it is left. The job as this left it. Raises `UnknownJob`."
    def run(self, words: Sequence[str], id: str | None = None, **options: Any) -> Job:
        "Begin to carry out a program or a pipeline. Raises `InvalidInput`, also if there is no such program."
    def retry(self, job: Job) -> Job:
        "Begin to do the work of a job once more. Raises `InvalidInput` when that cannot be done here."

def outlives(job: Job) -> bool:
    "Whether the work of a job does not depend on the process that submitted it."

def can_resume(job: Job) -> bool:
    "Whether another process can see to the end of a job. A function ended with its own; that is all that is left to record."

def is_left(ids: Collection[str]) -> bool:
    "Whether one of these jobs, or one that runs, is in nobody's hands."

def resume_lock(patience: float = 0.2) -> TextIO | None:
    "The lock of the process that sees to what is left."

def is_resumed() -> bool:
    "Whether a process sees to what is left, or is about to."

def leave_to_resume() -> None:
    "See to it that a `jobtrack resume` of its own sees to what is left."
