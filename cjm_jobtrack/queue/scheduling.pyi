# Made by tools/stubs.py: do not edit.
"""What a queue decides: which job is next, why another one waits, and which other queue is dead

Docs: https://cj-mills.github.io/cjm-jobtrack/queue/scheduling.html.md"""

from collections.abc import Callable, Iterable
from typing import Any
from ..model.job import Lease

__all__ = [
    'ReadyQueue', 'LeaseWatch']

class ReadyQueue:
    "The order of the jobs that wait, and the resources in use. Knows only ids. Only `why` is for any thread."
    resources: dict[str, int]
    ageing: float
    free: dict[str, int]
    def __init__(self, resources: dict[str, int] | None = None, ageing: float = 600.0) -> None: ...
    def __len__(self) -> int: ...
    def __contains__(self, job_id: object) -> bool: ...
    def check(self, needs: dict[str, int]) -> None:
        "Raises `NeverFits` when there is not that much in all."
    def clear(self) -> None:
        "Forget all jobs: none waits, and none holds anything."
    def add(
        self,
        job_id: str,
        submitted: float,
        priority: int = 0,
        needs: dict[Any, Any] | None = None,
        at: float | None = None,
    ) -> None:
        "Let a job wait for its turn. Raises `NeverFits`."
    def discard(self, job_id: str) -> None:
        "Forget a job, which does not wait any more."
    def due(self) -> float | None:
        "When the next job that was set aside comes back, on the queue's clock."
    def hold(self, job_id: str, needs: dict[Any, Any]) -> None:
        "Note that a job runs, and what it holds."
    def release(self, job_id: str) -> None:
        "Take back what a job holds."
    def next(self, now: float) -> str | None:
        "Take out the next job. It holds what it needs until it is released."
    def lacking(self, now: float) -> list[str]:
        "The first job of each lane that could begin if it did not lack a resource."
    def why(self, job_id: str, now: float, busy: int, slots: int) -> str | None:
        "Why a job waits. From any thread."

class LeaseWatch:
    "Tells dead leases from live ones, by looking again and again."
    ttl: float
    def __init__(self, ttl: float) -> None: ...
    def dead(
        self,
        leases: Iterable[Lease],
        now: float,
        mine: int | None = None,
        gone: Callable[[dict[Any, Any]], bool] = ...,
    ) -> list[tuple[int, int]]:
        "The leases to take over from."
