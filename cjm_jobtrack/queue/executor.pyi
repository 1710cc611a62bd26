# Made by tools/stubs.py: do not edit.
"""Calls as jobs on record, for whatever takes an executor of `concurrent.futures`

Docs: https://cj-mills.github.io/cjm-jobtrack/queue/executor.html.md"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from typing import Any, TypeVar
from ..model.job import Job
from ..runners.call import CallRunner, LiveCall
from .batch import Batch
from .queue import JobQueue

__all__ = [
    'JobFuture', 'JobExecutor']

_T = TypeVar('_T')

class JobFuture(Future[_T]):
    "The future of a call that is a job on record."
    job: Job
    def __init__(self, job: Job, call: LiveCall, futures: Any) -> None: ...
    def __repr__(self) -> str: ...
    @property
    def job_id(self) -> str:
        "The id of the job."
    def running(self) -> bool:
        "Whether the job is being carried out."
    def cancel(self) -> bool:
        """Cancel the job. From any thread; never waits for the function.

        A job that runs is asked to end, as `JobTracker.cancel_job` does, and the future is cancelled when it has."""

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
        reuse: bool = True,
        name: str | None = None,
        batch: str | None = None,
        priority: int = 0,
        max_attempts: int = 1,
        timeout: float | None = None,
        resources: dict[str, int] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None: ...
    def __repr__(self) -> str: ...
    def submit(self, fn: Callable[..., _T], /, *args: Any, **kwargs: Any) -> JobFuture[_T]:
        "Have a function called. Raises `RuntimeError` after `shutdown`, and as `JobQueue.submit` does."
    def map(
        self,
        fn: Callable[..., _T],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int = 1,
        buffersize: int | None = None,
    ) -> Iterator[_T]:
        """Call a function for each item. The calls begin now; iterating waits for them.

        Iterating raises what a call has raised, and `TimeoutError`. After that, and when it is given up, calls that have
        not begun are cancelled."""
    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Accept no more calls. Blocks if asked to, but not in a callback of one of its futures.

        If the queue is not running, calls that have not begun are cancelled: nobody would begin them."""
