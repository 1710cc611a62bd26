# Made by tools/stubs.py: do not edit.
"""Calls as jobs on record, for whatever takes an executor of `concurrent.futures`

Docs: https://cj-mills.github.io/cjm-jobtrack/queue/executor.html.md"""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from typing import Any
from ..model.job import Job
from ..runners.call import CallRunner, LiveCall
from ..tracker.tracker import JobTracker
from .batch import Batch
from .queue import JobQueue

__all__ = [
    'JobFuture', 'JobExecutor']

class JobFuture(Future[Any]):
    "The future of a call that is a job on record."
    job: Job
    def __init__(self, job: Job, call: LiveCall, futures: _OpenFutures) -> None: ...
    def __repr__(self) -> str: ...
    @property
    def job_id(self) -> str:
        "The id of the job."
    def running(self) -> bool:
        "Whether the job is being carried out."
    def cancel(self) -> bool:
        """Cancel the job. From any thread; never waits for the function.

        A job that runs is asked to end, as `JobTracker.cancel_job` does, and the future is cancelled when it has."""

class _OpenFutures:
    "The futures of an executor that have not ended, and the thread that ends them."
    check_every: float
    queue: JobQueue
    tracker: JobTracker
    by_job: dict[str, JobFuture]
    is_closed: bool
    thread: threading.Thread | None
    def __init__(self, queue: JobQueue) -> None: ...
    def __len__(self) -> int: ...
    def end(self, job_id: str) -> None:
        "End the future of a job that has ended. From any thread; whoever comes first ends it."
    def wake(self) -> None:
        "Have the thread look whether it is still needed."
    def cancel_pending(self, futures: Iterable[JobFuture]) -> None:
        "Cancel those whose jobs have not begun, in one transaction."
    def end_stranded(self) -> None:
        "End the futures of jobs that nobody will carry out."
    def add(self, futures: list[JobFuture]) -> None:
        "Take futures whose jobs are about to be submitted. Raises `RuntimeError` after `close`."
    def remove(self, futures: list[JobFuture]) -> None:
        "Forget futures whose jobs could not be submitted."
    def close(self) -> None:
        "Take no more futures. The thread ends with the last one that is there."
    def join(self) -> None:
        "Wait for the thread to end, unless this is it."

class JobExecutor(Executor):
    """Makes each call a job of a queue. A context manager, as every executor; the queue is neither started nor stopped.

    All calls belong to one batch: `batch` is its handle. May be used from any thread, also in a job."""
    queue: JobQueue
    runner: CallRunner
    batch: Batch
    name: str | None
    def __init__(
        self,
        queue: JobQueue,
        runner: CallRunner,
        *,
        where: str = 'process',
        name: str | None = None,
        batch: str | None = None,
        priority: int = 0,
        max_attempts: int = 1,
        timeout: float | None = None,
        resources: dict[str, int] | None = None,
        metadata: dict[Any, Any] | None = None,
    ) -> None: ...
    def __repr__(self) -> str: ...
    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> JobFuture:
        "Have a function called. Raises `RuntimeError` after `shutdown`, and as `JobQueue.submit` does."
    def map(
        self,
        fn: Callable[..., Any],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int = 1,
        buffersize: int | None = None,
    ) -> Iterator[Any]:
        """Call a function for each item. The calls begin now; iterating waits for them.

        Iterating raises what a call raised; `TimeoutError`. Then, and when it is given up, calls that have not begun
        are cancelled."""
    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Accept no more calls. Blocks if asked to, but not in a callback of one of its futures.

        If the queue is not running, calls that have not begun are cancelled: nobody would begin them."""
