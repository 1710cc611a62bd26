# Made by tools/stubs.py: do not edit.
"""The jobs that wait for a queue: what each asks for, which of them may begin, and why the others wait

Docs: https://cj-mills.github.io/cjm-jobtrack/queue/admission.html.md"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from ..model.job import Job
from ..model.retry import QueueRequirements
from ..tracker.tracker import JobTracker
from .attempts import Attempt
from .group_commit import GroupCommit
from .lease import LeaseHolder
from .scheduling import ReadyQueue
from .signals import Signals

__all__ = [
    'Admission', 'Obstacle']

class Admission:
    "The jobs that wait, on the loop of one queue. Cheap to make."
    tracker: JobTracker
    runners: dict[Any, Any]
    ready: ReadyQueue
    default: QueueRequirements
    group_commit: GroupCommit
    lease: LeaseHolder
    takes: Callable[[Job], bool] | None
    active: Mapping[str, Attempt]
    signals: Signals | None
    submitted: dict[str, float]
    reasons: dict[str, str]
    timers: dict[str, Any]
    blocked: dict[str, set[str]]
    is_open: bool
    def __init__(
        self,
        tracker: JobTracker,
        runners: dict[Any, Any],
        ready: ReadyQueue,
        default: QueueRequirements,
        group_commit: GroupCommit,
        lease: LeaseHolder,
        *,
        takes: Callable[[Job], bool] | None = None,
        active: Mapping[str, Attempt] = {},
        signals: Signals | None = None,
    ) -> None: ...
    def __contains__(self, job_id: object) -> bool: ...
    def open(self) -> None:
        "Accept jobs."
    def stop_admitting(self) -> None:
        "Accept no more jobs, and begin none."
    def close(self) -> None:
        "Accept no more jobs, and forget those that wait."
    def requirements(self, job: Job) -> QueueRequirements:
        "What a job asks of the queue. Raises `InvalidInput`, `UnknownRunner`."
    def requirements_or_default(self, job: Job) -> QueueRequirements:
        "The same, for a job that was accepted before, so that it made sense then."
    def check(self, job: Job) -> None:
        "Raises `NeverFits` for a job that could never begin here, and what `requirements` raises."
    def explain(self, job: Job, reason: str) -> None:
        "Journal why a job waits, unless that is known."
    def explain_unreadable(self, job_id: str, e: Exception) -> None:
        "Say, where people look, that the record of a job makes no sense. The other jobs go on."
    def why_never_fits(self, job: Job) -> str | None:
        "Why a job waits that is too large for this queue, as things are at this moment. From any thread."
    def refuse(self, job: Job, e: Exception) -> None:
        "Fail a job that can never begin."
    def admit(self, job: Job, delay: float = 0.0, submitted: float | None = None) -> None:
        "Let a job wait for its turn. Nothing happens when it does not wait any more."
    def forget(self, job_id: str) -> None:
        "Forget a job that has ended."
    def unblock(self) -> None:
        "Look again at once at jobs that waited for one which has ended."
    def next(self, now: float, pause: float) -> Job | None:
        "Take the next job that may begin out of the ready queue. It holds its resources until they are released."
    def end_round(self, now: float, busy: int, slots: int) -> None:
        "Explain what is lacking for jobs that could begin otherwise, and have a round when the next one comes back."
    def why(self, job: Job, busy: int, slots: int) -> str | None:
        "Why a job waits, with the numbers of this moment. From any thread."

@dataclass(frozen=True)
class Obstacle:
    "Why a job may not begin here now."
    reason: str
    is_elsewhere: bool = False
