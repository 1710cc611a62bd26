# Made by tools/stubs.py: do not edit.
"""What a person holds after asking for work: the job as it is now, and what can be done about it

Docs: https://cj-mills.github.io/cjm-jobtrack/queue/submitted_job.html.md"""

from collections.abc import Generator
from typing import Any, Protocol
from ..model.job import Job, JobEvent
from ..view.monitor import JobMonitor

__all__ = [
    'Keeper', 'SubmittedJob']

class Keeper(Protocol):
    "Who keeps the record of a submitted job, and acts on it."
    max_age: float
    source: Any
    def wait(self, job_id: str, timeout: float | None) -> Job: ...
    async def wait_async(self, job_id: str) -> Job: ...
    def cancel(self, job_id: str) -> bool: ...
    def retry(self, job: Job) -> Job: ...

class SubmittedJob(Job):
    """A job on record, as it is now, with what can be done about it.

    Its fields are those of `Job`; they cannot be set. `await job` gives the result. Shows itself live in a notebook,
    and in one line elsewhere. Jobs with the same id are equal. Copying or pickling gives a plain `Job`."""
    def __init__(self, job: Job, keeper: Keeper) -> None: ...
    def __eq__(self, other: object) -> bool: ...
    def __hash__(self) -> int: ...
    def __repr__(self) -> str: ...
    def to_dict(self) -> dict[Any, Any]: ...
    def wait(self, timeout: float | None = None) -> SubmittedJob:
        "Wait until the job has ended, one way or another. Blocks. Raises `TimeoutError`, and then the job goes on."
    @property
    def result(self) -> Any:
        """What the work returned, as JSON: a tuple becomes a list.

        Raises `JobFailed`, `JobCancelled`; `NoResult` before the job has ended."""
    def __await__(self) -> Generator[Any, None, Any]:
        "The result, once the job has ended. Raises as `result` does."
    @property
    def log(self) -> str:
        "What the latest attempt has printed, as a terminal would show it: its last ten thousand lines."
    def history(self) -> list[JobEvent]:
        "What happened to the job, step by step."
    def cancel(self) -> bool:
        """Stop the job. Blocks until nothing of it is left.

        If that cannot be confirmed in time, the request stays on record and is carried out later; `status` tells."""
    def retry(self) -> SubmittedJob:
        "Ask for the same work once more, as a new job; this one is unchanged. Raises `InvalidInput` if it has not ended."
    def monitor(self) -> JobMonitor:
        "A [view](../view/00_monitor.ipynb) of the job, shown at once where there is a kernel."
