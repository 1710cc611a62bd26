# Made by tools/stubs.py: do not edit.
"""Many jobs as one handle: how far they are, results as they come, cancelling all, running the failed ones again

Docs: https://cj-mills.github.io/cjm-jobtrack/queue/batch.html.md"""

import queue
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Any, Self
from ..model.job import Job, JobEvent
from ..tracker.tracker import JobTracker
from ..view.dashboard import JobDashboard
from .queue import JobQueue

__all__ = [
    'Batch', 'submit_batch', 'OpenJobs', 'AsCompleted']

class Batch:
    "The jobs that carry one batch's name. Cheap to make; each question reads the record."
    tracker: JobTracker
    id: str
    queue: JobQueue | None
    present: Callable[[Job], Job]
    def __init__(
        self,
        tracker: JobTracker,
        id: str,
        queue: JobQueue | None = None,
        *,
        present: Callable[[Job], Job] | None = None,
    ) -> None: ...
    def counts(self) -> dict[str, int]:
        "How many of its jobs have which status."
    def __repr__(self) -> str: ...
    def jobs(self, status: str | Iterable[str] | None = None) -> list[Job]:
        "Its jobs."
    def __iter__(self) -> Iterator[Job]: ...
    def __len__(self) -> int: ...
    def __bool__(self) -> bool: ...
    @property
    def is_done(self) -> bool:
        "Whether all its jobs have ended, one way or another."
    def as_completed(self, timeout: float | None = None) -> AsCompleted:
        """Each job once, when it has ended.

        Iterating raises `TimeoutError`, and then the jobs go on; `StoreError` once the tracker is closed."""
    async def wait(self, timeout: float | None = None) -> dict[str, int]:
        "Wait until all its jobs have ended. Raises `TimeoutError`, and then they go on."
    def join(self, timeout: float | None = None) -> dict[str, int]:
        "`wait` for code without an event loop: blocks."
    def retry_failed(self, queue: JobQueue | None = None, *, cancelled: bool = False) -> Self:
        """Submit the jobs that failed once more, each with its spec.

        `metadata` gets `again_of`, the id of the job that it repeats. Raises `InvalidInput` when no queue is known."""
    async def cancel(self) -> dict[str, int]:
        "Cancel what has not ended. A job that could not be stopped for certain stays running, with the request on record."
    @property
    def can_retry(self) -> bool: ...
    def monitor(self) -> JobDashboard:
        "Show the batch here, live where there is a kernel, until all its jobs have ended."

def submit_batch(
    queue: JobQueue,
    specs: Iterable[dict[Any, Any] | Job],
    *,
    id: str | None = None,
    name: str | Iterable[str] = 'job',
    **options: Any,
) -> Batch:
    """Submit many jobs as one batch. Repeating it with the same `id` changes nothing and adds what is missing.

    Raises `InvalidInput` naming the field; `UnknownRunner`; `NeverFits`; `KeyConflict` when the batch is on record
    with another spec at the same place."""

class OpenJobs:
    "The jobs of a batch that were not yielded yet."
    tracker: JobTracker
    present: Callable[[Job], Job]
    cursor: int
    ended: list[Job]
    ids: set[str]
    def __init__(self, batch: Batch) -> None: ...
    def take(self, event: JobEvent) -> list[Job]:
        "Those of ours that this event ends."

class AsCompleted:
    "Jobs in the order in which they end, for `for` and `async for`."
    batch: Batch
    timeout: float | None
    def __init__(self, batch: Batch, timeout: float | None = None) -> None: ...
    def open_jobs(self) -> OpenJobs:
        "Those that are to come. Blocks while the record is read."
    def subscribe(self, callback: Callable[[JobEvent], Any], after: int) -> Callable[[], None]:
        "Have `callback` called with each event after this one, until the function that is returned is called."
    def check_open(self) -> None:
        "Raises `StoreError` when no events can come any more."
    def timeout_error(self, jobs: OpenJobs) -> TimeoutError: ...
    def next_event(
        self,
        jobs: OpenJobs,
        events: queue.SimpleQueue[Any],
        deadline: float | None,
    ) -> JobEvent:
        "The next event that arrives. Blocks. Raises `TimeoutError`, `StoreError`."
    def __iter__(self) -> Iterator[Job]: ...
    def __aiter__(self) -> AsyncIterator[Job]: ...
