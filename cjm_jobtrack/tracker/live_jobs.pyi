# Made by tools/stubs.py: do not edit.
"""The jobs of this process as objects, each one once, in step with the record

Docs: https://cj-mills.github.io/cjm-jobtrack/tracker/live_jobs.html.md"""

import threading
from collections.abc import Callable, Collection, Iterable
from ..model.errors import JobtrackError
from ..model.job import Job, JobEvent, JobRecord
from ..store.memory import MemoryStore
from ..store.store import JobStore
from .notify import Notifier
from .transitions import LocalStates, Write

__all__ = [
    'LiveJobs']

class LiveJobs:
    "The live objects of the jobs on a record. Safe from any thread."
    store: JobStore | MemoryStore
    lock: threading.RLock
    notifier: Notifier
    states: LocalStates
    keep_ended: Callable[[], int]
    jobs: dict[str, Job]
    def __init__(
        self,
        store: JobStore | MemoryStore,
        lock: threading.RLock,
        notifier: Notifier,
        states: LocalStates,
        keep_ended: Callable[[], int],
    ) -> None: ...
    def track(self, job: Job) -> Job:
        "The one live object of this job; `job` itself becomes it when there is none yet."
    def as_class(self, job: Job) -> Job:
        "For subclasses: the job in a class of their own."
    def retire(self, job: Job) -> None:
        "A job has ended: drop its local state, and the oldest ended jobs."
    def evict(self, job: Job) -> None:
        "An ended job leaves memory: what is not on record is written."
    def drop(self, job_ids: Iterable[str]) -> None:
        "These jobs are no longer on record. Those who wait for them look again."
    def mark_saved(self, job: Job) -> None:
        "Progress and metadata are on record as they are now."
    def save(self, job: Job) -> None:
        "Write progress and metadata that are only in memory, if there are any."
    def publish(self, events: list[JobEvent]) -> None:
        "We have written these. If others wrote before them, theirs come first."
    def sync(self) -> bool:
        "Read what others have written to a shared store. True when there was something."
    def read_journal(self, own: Collection[int] = ...) -> bool:
        "Read on in the journal. `own` are the numbers of our own entries."
    def reload(self, job: Job, fresh: Job | None = None) -> bool:
        "Bring a live object up to the record; `fresh`: as just read."
    def get(self, job_id: str) -> Job | None:
        "The live object of a job, up to date; None when there is no such job."
    def require(self, job_id: str) -> Job: ...
    def peek(self, job_id: str) -> Job | None:
        "The live object, without reading the record. Enough for a move: the store refuses it if others have moved the job."
    def objects(self) -> list[Job]:
        "All live objects, those included that only somebody else still holds."
    def is_current(self, job: Job) -> bool:
        "Whether this is still the object of its job: False once the job was deleted."
    def is_elsewhere(self, job: Job) -> bool:
        "Whether another process seems to carry the job out. Its progress is then on the row and in no event."
    def add(self, jobs: list[Job], queued: bool = False, batch: str | None = None) -> list[Job]:
        "Put jobs on record in one transaction. Raises `KeyConflict` for the first that conflicts with the record."
    def submit(self, job_id: str) -> Job:
        "Record that a queue is to carry out a pending job; once is enough."
    def apply(self, writes: list[Write]) -> list[JobEvent | JobtrackError | None]:
        "Carry out writes in one transaction. Raises `StoreError`, and then none of them happened."
    def release(self, job_id: str, lease: int | None = None) -> None:
        "This process has nothing to do with the job any more. With `lease`, only if it is held under that number."
    def sync_watched(self) -> list[str]:
        "Read what others have written, and the progress of the jobs that somebody watches."
    def publish_live(self, job_id: str, kind: str) -> None:
        "Progress or log of a job has changed. An ended job has nothing live."
    def delete(self, job_ids: list[str], spare_pinned: bool = False) -> tuple[int, list[str]]:
        "Remove many ended jobs from the record, with their events, in one transaction."
    def restore(self, records: list[JobRecord]) -> list[bool]:
        "Put jobs on record with their history, in one transaction."
