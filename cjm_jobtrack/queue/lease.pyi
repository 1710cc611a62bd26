# Made by tools/stubs.py: do not edit.
"""How queues on one record show that they are alive, and take over from those that are not

Docs: https://cj-mills.github.io/cjm-jobtrack/queue/lease.html.md"""

from collections.abc import Iterable
from typing import Any
from ..model.job import Job
from ..tracker.tracker import JobTracker
from .signals import Signals

__all__ = [
    'queue_identity', 'LeaseHolder', 'abandoned']

def queue_identity(token: str) -> dict[Any, Any]:
    "What a lease says of the queue that holds it."

class LeaseHolder:
    "Holds the lease of one queue, and knows those of others. Cheap to make. All but `is_fresh` may raise `StoreError`."
    tracker: JobTracker
    runners: dict[Any, Any]
    ttl: float
    signals: Signals
    fence: int | None
    def __init__(
        self,
        tracker: JobTracker,
        runners: dict[Any, Any],
        *,
        ttl: float = 15.0,
        signals: Signals | None = None,
    ) -> None: ...
    def reset(self) -> None:
        "Forget what was seen of other leases."
    def is_fresh(self) -> bool:
        "Whether it was renewed so lately that nobody can consider us dead."
    def open(self, facts: dict[Any, Any] | None = None) -> None:
        "Open a lease."
    def renew(self) -> bool:
        "Show that we are alive. From any thread."
    def abandon(self) -> int | None:
        "Stop using a lease that has expired."
    def close(self) -> None:
        "Give the lease back: what still runs under it is free for others at once."
    def holds(self, fence: int | None) -> bool:
        "Whether what is held under this number is in our hands. From any thread."
    def take_over(self, running: Iterable[str] = ()) -> tuple[list[Job], list[str]]:
        "Take over the running jobs of queues that are dead or have stopped."
    def local_holder(self, job_id: str) -> LeaseHolder | None:
        "The holder in this process under whose lease the job runs."
    def capable_queues(self, runner: str, needs: dict[str, int]) -> list[str]:
        "Which other queues have this runner, and that much in all."
    def is_alive(self, process: dict[Any, Any]) -> bool:
        "Whether a process is alive. Looks once a second."

def abandoned(tracker: JobTracker, jobs: Iterable[Job]) -> list[Job]:
    "Those of these jobs that were submitted, have not ended, and are in the hands of no queue."
