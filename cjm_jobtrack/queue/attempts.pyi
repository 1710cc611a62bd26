# Made by tools/stubs.py: do not edit.
"""Carries each attempt through its runner, from claiming a job until the end of the attempt is on record

Docs: https://cj-mills.github.io/cjm-jobtrack/queue/attempts.html.md"""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from ..model.job import Job
from ..model.retry import QueueRequirements, RetryPolicy
from ..runners.outcome import Outcome, Report
from ..tracker.tracker import JobTracker
from .group_commit import GroupCommit
from .lease import LeaseHolder
from .signals import Signals

__all__ = [
    'Phase', 'Ownership', 'Overtime', 'Attempt', 'AttemptManager']

class Phase(StrEnum):
    "Where an attempt is between being claimed and being over."
    CLAIMED = 'claimed'
    STARTING = 'starting'
    FOLLOWING = 'following'
    CLOSING = 'closing'
    RECORDING = 'recording'
    OVER = 'over'

class Ownership(StrEnum):
    "Which queue records how an attempt ended."
    OURS = 'ours'
    LEAVING = 'leaving'
    LOST = 'lost'

@dataclass(slots=True, eq=False)
class Overtime:
    "An attempt that has broken a time limit, and is being stopped for it."
    outcome: Outcome
    task: asyncio.Task[Any]

@dataclass(slots=True, eq=False)
class Attempt:
    "An attempt in the hands of this queue."
    job: Job
    settled: asyncio.Future[Any]
    over: asyncio.Future[Any]
    fence: int | None = None
    number: int = 0
    phase: Phase = ...
    ownership: Ownership = ...
    requirements: QueueRequirements = ...
    handle: dict[Any, Any] | None = None
    report: Report | None = None
    task: asyncio.Task[Any] | None = None
    on_stop: Callable[..., Any] | None = None
    stop_task: asyncio.Task[Any] | None = None
    stop_wish: asyncio.Event | None = None
    overtime: Overtime | None = None
    timers: list[Any] = ...
    def move(self, phase: Phase) -> None:
        "Go on to another phase. Raises `RuntimeError` for a move that the table does not have: an error of ours."
    @property
    def is_ours(self) -> bool:
        "Whether this queue records how it ended."
    @property
    def is_settled(self) -> bool:
        "Whether the start is behind us: there is a handle, or there is certainly no work."
    @property
    def is_ended(self) -> bool:
        "Whether its work is over, and its slot free."

class AttemptManager:
    "Carries attempts through their runners, on the loop of one queue. Cheap to make."
    tracker: JobTracker
    runners: dict[Any, Any]
    group_commit: GroupCommit
    lease: LeaseHolder
    signals: Signals | None
    grace: float
    retry: RetryPolicy
    recheck: float
    active: dict[str, Attempt]
    busy: int
    unrecorded: list[str]
    loop: asyncio.AbstractEventLoop | None
    thread: threading.Thread | None
    def __init__(
        self,
        tracker: JobTracker,
        runners: dict[Any, Any],
        group_commit: GroupCommit,
        lease: LeaseHolder,
        *,
        signals: Signals | None = None,
        grace: float = 5.0,
        retry: RetryPolicy = ...,
        recheck: float = 1.0,
    ) -> None: ...
    def start(self) -> None:
        "Work on the running loop, in this thread."
    def claim(self, job: Job, fence: int | None = None) -> Attempt:
        "A new attempt at a job, and a slot for it."
    def release(self, a: Attempt) -> None:
        "Have nothing to do with an attempt any more."
    def give_up(self, a: Attempt, e: Exception) -> None:
        "Fail an attempt that the queue cannot go on with, unless it has ended."
    def run(self, a: Attempt, requirements: QueueRequirements, adopted: bool = False) -> None:
        "Carry an attempt out, and stop it when the tracker asks for that."
    def request_stop(self, a: Attempt) -> asyncio.Task[Any]:
        "Have an attempt stopped; the task gives the receipt."
    async def leave_all(self) -> None:
        "Leave what outlives us to the next queue, and end the rest. Returns when that is on record."
    async def drop(self, a: Attempt) -> None:
        "Let go of an attempt that another queue has. Work of which that queue cannot know is stopped."
