# Made by tools/stubs.py: do not edit.
"""Gives pending jobs to runners, in order and within its slots and resources, and picks up what a crash left behind

Docs: https://cj-mills.github.io/cjm-jobtrack/queue/queue.html.md"""

from collections.abc import Callable, Iterable
from typing import Any
from ..model.job import Job
from ..model.retry import RetryPolicy
from ..runners.runner import Runner
from ..tracker.tracker import JobTracker
from .admission import Admission
from .attempts import AttemptManager
from .callbacks import Callbacks
from .group_commit import GroupCommit
from .lease import LeaseHolder
from .scheduling import ReadyQueue

__all__ = [
    'JobQueue']

class JobQueue:
    """Carries out the jobs that were submitted to it, at most `slots` at a time.

    Cheap to make; nothing runs before `start`. A context manager: started on entering, stopped on leaving."""
    tracker: JobTracker
    runners: dict[str, Runner]
    slots: int
    name: str | None
    takes: Callable[[Job], bool] | None
    callbacks: Callbacks
    ready: ReadyQueue
    group_commit: GroupCommit
    lease: LeaseHolder
    attempts: AttemptManager
    admission: Admission
    def __init__(
        self,
        tracker: JobTracker,
        runners: Iterable[Runner] | Runner,
        slots: int = 1,
        *,
        resources: dict[str, int] | None = None,
        grace: float = 5.0,
        backoff: float | RetryPolicy = 1.0,
        recheck: float = 1.0,
        ageing: float = 600.0,
        queue_timeout: float | None = None,
        stall_timeout: float | None = None,
        lease_ttl: float = 15.0,
        name: str | None = None,
        takes: Callable[[Job], bool] | None = None,
    ) -> None: ...
    def __repr__(self) -> str: ...
    def __enter__(self) -> JobQueue: ...
    def __exit__(self, *_: object) -> None: ...
    @property
    def is_running(self) -> bool:
        "Whether it was started, and has not ended yet. From any thread."
    @property
    def recheck(self) -> float:
        "How often to ask again why a job cannot begin, seconds."
    @recheck.setter
    def recheck(self, value: float) -> None: ...
    def submit(self, job: Job, batch: str | None = None) -> Job:
        """Have a job carried out. From any thread, also before `start`.

        Raises `UnknownRunner`, `NeverFits`, `InvalidInput` for what it asks of the queue;
        `KeyConflict` when the id is on record with another spec."""
    def submit_many(self, jobs: Iterable[Job], batch: str | None = None) -> list[Job]:
        """Have many jobs carried out, a few hundred in each transaction. They begin as they are written.

        Raises as `submit` does, before anything is written; but `KeyConflict` when the others of its few hundred
        are on record."""
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
        """Put a job on record and have it carried out, in one transaction.

        Raises as `JobTracker.create_job` and `submit` do."""
    def submit_left(self) -> list[Job]:
        """Submit the jobs for these runners that wait on record and were never submitted.

        One that could never begin here fails, and says why."""
    def why_waiting(self, job_id: str) -> str | None:
        "Why a job has not begun. From any thread. Raises `UnknownJob`."
    def stop(self, timeout: float | None = 30.0) -> None:
        """Stop taking jobs, let go of those that run, and wait for `on_job_completed`.

        Blocks until that is done, except when called by one of its own jobs' callbacks.
        What cannot be put on record yet is waited for, unless the file of the record is gone: then the log names the jobs.
        Raises `TimeoutError`; it then goes on letting go, and may be asked to stop again."""
    def start(self) -> JobQueue:
        """Begin taking jobs, in a thread of its own. Waits for a stop that is under way; does nothing when it runs already.

        Raises `RuntimeError` when a callback of one of its own jobs starts it while it is being stopped: it cannot end
        before that callback returns. `OSError`, say, when there is no descriptor left for its loop."""
    def add_runner(self, runner: Runner) -> Runner:
        "Carry out the jobs of one more runner from now on. From any thread. Raises `InvalidInput` for two of one name."
