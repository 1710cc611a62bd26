# Made by tools/stubs.py: do not edit.
"""The live jobs of this process: one place to start, end, watch, wait for and cancel them

Docs: https://cj-mills.github.io/cjm-jobtrack/tracker/tracker.html.md"""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self
from ..logs.log_store import LogStore
from ..model.errors import JobtrackError
from ..model.job import Failure, Job, JobEvent, JobRecord, Lease, OutputFile
from ..store.memory import MemoryStore
from ..store.store import JobStore
from .live_jobs import LiveJobs
from .transitions import TransitionPlanner, Write

__all__ = [
    'JobTracker', 'job_result', 'tracker_of']

class JobTracker(TransitionPlanner):
    """Live jobs and their record. Safe from any thread; never waits for its watchers.

    With `store` (a `JobStore`, its URL, or the path of an SQLite file) it is durable; without, it lives in memory.
    Close it, or use it as a context manager. The methods `plan_…` plan moves, and `record` carries them out."""
    job_class: type[Job]
    live_class: type[LiveJobs]
    keep_ended: int
    cancel_patience: float
    on_job_completed: Callable[[str, JobTracker], Any] | None
    store: JobStore | MemoryStore
    jobs: dict[str, Job]
    def __init__(
        self,
        store: JobStore | MemoryStore | str | Path | None = None,
        on_job_completed: Callable[[str, JobTracker], Any] | None = None,
        *,
        logs: str | Path | LogStore | None = None,
    ) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...
    @property
    def is_closed(self) -> bool: ...
    def close(self) -> None:
        """Write what is only in memory, end the subscriptions, and release store and threads. The jobs go on where they run.

        Whoever waits for a job or watches gets a `StoreError`."""
    def make_job(
        self,
        name: str,
        *,
        id: str | None = None,
        runner: str = 'call',
        spec: dict[Any, Any] | None = None,
        priority: int = 0,
        max_attempts: int = 1,
        timeout: float | None = None,
        metadata: dict[Any, Any] | None = None,
        node: str | None = None,
    ) -> Job:
        "A checked job for `add_jobs`. Raises `InvalidInput` naming the field."
    def create_job(
        self,
        name: str,
        *,
        id: str | None = None,
        runner: str = 'call',
        spec: dict[Any, Any] | None = None,
        priority: int = 0,
        max_attempts: int = 1,
        timeout: float | None = None,
        metadata: dict[Any, Any] | None = None,
        node: str | None = None,
    ) -> Job:
        "Put a job on record. Raises `InvalidInput` naming the field; `KeyConflict` when the id has another spec."
    def add_jobs(
        self,
        jobs: Iterable[Job],
        *,
        queued: bool = False,
        batch: str | None = None,
    ) -> list[Job]:
        """Put many jobs on record in one transaction.

        Raises `KeyConflict` for the first that conflicts with the record; the others are on record nevertheless."""
    def add_job(self, job: Job, *, queued: bool = False, batch: str | None = None) -> Job:
        "Put a ready-made job on record. Raises as `create_job` does."
    def submit_job(self, job_id: str) -> Job:
        "Record that a queue is to carry out a pending job. Repeating it changes nothing. Raises `UnknownJob`."
    def get_job(self, job_id: str) -> Job | None:
        "One job."
    def get_running_jobs(self) -> list[Job]: ...
    def pending_jobs(self) -> list[Job]:
        "Jobs that wait: higher priority first, then older first."
    def counts(self, batch: str | None = None) -> dict[str, int]:
        "How many jobs have each status."
    def __repr__(self) -> str: ...
    def list_jobs(
        self,
        status: str | Iterable[str] | None = None,
        limit: int | None = None,
        *,
        before: str | None = None,
        name: str | None = None,
        node: str | None = None,
        batch: str | None = None,
        runner: str | None = None,
        since: str | None = None,
        until: str | None = None,
        metadata: dict[Any, Any] | None = None,
        pinned: bool | None = None,
        text: str | None = None,
    ) -> list[Job]:
        "Jobs on record. `before` pages by key (*keyset pagination*), so new jobs do not shift the pages."
    def events(
        self,
        after: int = 0,
        job_id: str | None = None,
        limit: int | None = 1000,
    ) -> list[JobEvent]:
        "The events after a cursor."
    def last_seq(self) -> int: ...
    def history(self, job_id: str) -> list[JobEvent]:
        "Everything that was journaled about a job. Raises `UnknownJob`."
    def record(
        self,
        writes: list[Write],
        later: Callable[[str, Callable[[], Any]], Any] | None = None,
    ) -> list[JobEvent | JobtrackError | None]:
        """Carry out planned moves in one transaction. Raises `StoreError`, and then none of them happened.

        A move is refused with `IllegalMove` or `LeaseLost`. A note with `drop_if_stale` gives None when the job has moved.
        `on_job_completed` is called for each job that has completed."""
    def mark_running(self, job_id: str, task: asyncio.Task[Any] | None = None) -> None:
        "Start the next attempt. A running job only takes over the task handle. Raises `IllegalMove` when it has ended."
    def mark_completed(self, job_id: str, result: Any, outputs: Iterable[OutputFile] = ()) -> None:
        "End a job well. Then `on_job_completed` is called. Raises `IllegalMove` unless the job is running."
    def mark_failed(self, job_id: str, error: str | Failure) -> None:
        "End a job badly; as cancelled, when that was requested. Raises `IllegalMove` when the job has ended."
    def mark_cancelled(self, job_id: str, data: dict[Any, Any] | None = None) -> None:
        "Put on record that a job was cancelled. Stops nothing: that is `cancel_job`. Raises `IllegalMove` when it has ended."
    def mark_pending(
        self,
        job_id: str,
        reason: str,
        count: bool = True,
        data: dict[Any, Any] | None = None,
    ) -> None:
        """Send a job back to wait for the next attempt; end it as cancelled, when that was requested.

        Raises `IllegalMove` unless the job is running."""
    def note(
        self,
        job_id: str,
        type: str,
        data: dict[Any, Any] | None = None,
        **fields: Any,
    ) -> JobEvent | None:
        "Journal a fact about a job. Raises `InvalidInput` for a field that a note cannot change; `LeaseLost`."
    def save(self, job_id: str) -> None:
        "Write progress, message and metadata to the record now, rather than with the next move."
    def mark_progress(
        self,
        job_id: str,
        percent: float | None = None,
        message: str | None = None,
    ) -> None:
        "Report the progress of a job; ignored unless it is running. Raises `InvalidInput` for a percent outside 0-100."
    @property
    def logs(self) -> LogStore:
        "The logs of these jobs."
    @property
    def has_logs(self) -> bool:
        "Whether there is a folder that may have logs in it."
    @property
    def custom_logs(self) -> bool:
        "Whether the user chose the folder of the logs."
    def logs_of(self, job_id: str, attempt: int) -> LogStore | str:
        "The logs that hold an attempt: the tracker's own, or those that the journal names."
    def log(self, job_id: str, data: bytes = b'', attempt: int | None = None) -> None:
        "Append to a job's log and wake its readers."
    def log_tail(self, job_id: str, lines: int = 200) -> str:
        "The end of the log of the latest attempt. When it is kept on another machine: where."
    @property
    def watchers(self) -> int:
        "How many wait for news at this moment, a queue included."
    def check_open(self) -> None:
        "Raises `StoreError` once the tracker is closed, for those who would wait for ever."
    def watch(
        self,
        job_id: str | None = None,
        after: int | None = None,
        *,
        live_every: float = 0.1,
    ) -> AsyncIterator[JobEvent]:
        """Events as they come. Raises `UnknownJob`; `StoreError` once the tracker is closed.

        The journal comes in order and complete. Between its events come live facts, `progress` and `log`: only the latest."""
    def subscribe(
        self,
        callback: Callable[[JobEvent], Any],
        job_id: str | None = None,
        after: int | None = None,
    ) -> Callable[[], None]:
        "The events of `watch`, for code that has no event loop. Raises `UnknownJob`."
    def signal_changes(self, event: threading.Event, job_id: str | None = None) -> Callable[[], None]:
        "Have an event set whenever something changes. Costs next to nothing for each change. Raises `UnknownJob`."
    async def wait(self, job_id: str, timeout: float | None = None) -> Job:
        """Wait until a job has ended.

        Raises `UnknownJob`; `TimeoutError`, and then the job goes on; `StoreError` once the tracker is closed."""
    def join(self, job_id: str, timeout: float | None = None) -> Job:
        "`wait` for code without an event loop: blocks. Raises as `wait` does."
    def attach(self, job_id: str, stop: Callable[[], Awaitable[Any]]) -> None:
        "Name what stops this job. The code that attaches it also marks the job ended."
    def detach(self, job_id: str, stop: Callable[[], Awaitable[Any]] | None = None) -> None:
        "Undo `attach`."
    async def cancel_job(self, job_id: str) -> bool:
        "Stop a job. The request is on record before anything is tried, and holds."
    def request_cancel(self, job_id: str) -> bool:
        "`cancel_job` without waiting: a pending job ends at once, a running one is stopped by its queue. Raises `StoreError`."
    def cancel_pending(self, jobs: Iterable[Job]) -> int:
        "End the pending jobs among these in one transaction; the others stay as they are."
    async def cancel_all(self, batch: str | None = None) -> list[Job]:
        "Cancel what has not ended: what waits in one transaction, what runs side by side."
    def get_job_result(self, job_id: str) -> dict[Any, Any] | None:
        "The outcome of a job, in the original tracker's form."
    def pin(self, job_id: str, pinned: bool = True) -> None:
        "Protect a job from retention. Raises `UnknownJob`."
    def delete_jobs(
        self,
        job_ids: Iterable[str],
        *,
        spare_pinned: bool = False,
        logs: bool = True,
    ) -> int:
        "Remove many ended jobs in one transaction: record, events and logs."
    def delete_job(self, job_id: str) -> None:
        "Remove an ended job: record, events and logs. Raises `UnknownJob`; `IllegalMove` while it has not ended."
    def clear_completed(self) -> int:
        "Delete the ended jobs that this tracker holds, on record too."
    @contextmanager
    def store_access(self) -> Iterator[Any]:
        "The store, for questions that no method here asks. Blocks while another thread uses a store in memory."
    def restore(self, records: Iterable[JobRecord]) -> list[bool]:
        "Put jobs on record with their whole history, in one transaction. Their events come next in the journal here."
    def open_lease(self, doc: dict[Any, Any]) -> int:
        "Register a queue and return its fencing number."
    def renew_lease(self, fence: int) -> bool:
        "Show that the holder of a lease lives."
    def close_lease(self, fence: int) -> None:
        "Give a lease back. Its running jobs are free for other queues."
    def leases(self) -> list[Lease]:
        "The leases of all queues on this record."
    def take_over(
        self,
        fence: int,
        runners: list[str],
        dead: Iterable[tuple[int, int]] = (),
    ) -> list[str]:
        "Move the running jobs of dead leases to this one, and remove those leases. A lease that was lost takes nothing."
    def assignments(self, job_ids: Iterable[str]) -> dict[str, tuple[str | None, int | None]]:
        "Which queue each job belongs to. A job that is not on record is left out."
    def hold(self, job_id: str, lease: int) -> Job | None:
        "This process carries the job out from now on, under this lease."
    def release(self, job_id: str, lease: int | None = None) -> None:
        "This process has nothing to do with the job any more; another one may."

def job_result(job: Job) -> dict[Any, Any] | None:
    "The outcome of a job, in the original tracker's form."

def tracker_of(job: Job | str) -> JobTracker | None:
    """The open tracker of this process that a job belongs to.

    Raises `StoreError` if none has it, and the record of one cannot be read."""
