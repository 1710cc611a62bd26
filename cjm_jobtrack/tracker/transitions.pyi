# Made by tools/stubs.py: do not edit.
"""Every move of a job as a value: what will be written, and what will then be shown

Docs: https://cj-mills.github.io/cjm-jobtrack/tracker/transitions.html.md"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from ..model.job import Add, Failure, Job, JobStatus, Move, OutputFile, Update

__all__ = [
    'NO_STATE', 'UNCONFIRMED', 'Write', 'LocalState', 'LocalStates', 'check_job',
    'TransitionPlanner', 'check_note']

@dataclass(slots=True)
class Write:
    "A planned change: an operation for the store, and what to change on the live object once that is on record."
    job: Job
    op: Add | Move | Update
    changes: dict[Any, Any]
    drop_if_stale: bool = False

@dataclass(slots=True)
class LocalState:
    "What only this process knows about a live job."
    lease: int | None = None
    stop: Callable[..., Any] | None = None
    cancel_requested: bool = False
    progress_written_at: float | None = None
    progress_unsaved: bool = False
    @property
    def is_ours(self) -> bool:
        "Whether this process carries the job out."

class LocalStates(dict[Any, Any]):
    "Job id -> `LocalState`, created by `[]`. `get(job_id, NO_STATE)` reads without creating one."
    def __missing__(self, job_id: str) -> LocalState: ...

NO_STATE: LocalState

def check_job(job: Job) -> Job:
    "Check a new job before it goes on record. Raises `InvalidInput` naming the field."

class TransitionPlanner:
    "Plans the moves of jobs. Writes nothing."
    durable: bool
    def __init__(
        self,
        states: LocalStates,
        *,
        durable: bool = False,
        log_location: Callable[[], dict[Any, Any] | None] = ...,
    ) -> None: ...
    def cancel_requested(self, job_id: str) -> bool:
        "Whether somebody asked for the cancellation of this job, and it has not ended."
    def plan(
        self,
        job: Job,
        to: JobStatus,
        type: str,
        data: dict[Any, Any] | None = None,
        *,
        uncounted: int = 0,
        lease: int | None = None,
        waits: bool = False,
        ended_at: str | None = None,
        **changes: Any,
    ) -> Write:
        "Plan a move. Raises `IllegalMove` when the table of moves does not have it."
    def plan_running(self, job: Job, *, lease: int | None = None, waits: bool = False) -> Write:
        "Start the next attempt. Its event says where the log is, for readers on other machines."
    def plan_completed(
        self,
        job: Job,
        result: Any,
        outputs: Iterable[OutputFile] = (),
        ended_at: str | None = None,
    ) -> Write:
        "End the job well."
    def plan_cancelled(self, job: Job, data: dict[Any, Any] | None = None) -> Write:
        "End the job because somebody asked for it. An unconfirmed `receipt` in `data` is shown on the job."
    def plan_failed(
        self,
        job: Job,
        failure: Failure,
        outputs: Iterable[OutputFile] = (),
        ended_at: str | None = None,
    ) -> Write:
        "End the job badly; as cancelled, when that was requested."
    def plan_pending(
        self,
        job: Job,
        reason: str,
        count: bool = True,
        data: dict[Any, Any] | None = None,
    ) -> Write:
        "Send the job back to wait for another attempt; end it as cancelled, when that was requested."
    def plan_note(
        self,
        job: Job,
        type: str,
        data: dict[Any, Any] | None = None,
        **fields: Any,
    ) -> Write:
        "Plan a fact for the journal. On an ended job it changes no field."

UNCONFIRMED: Failure

def check_note(type: str, fields) -> None:
    "Raises `InvalidInput` when a note cannot have this type or change these fields."
