# Made by tools/stubs.py: do not edit.
"""What a runner reports: how the work ended, what a stop achieved, and what happens meanwhile

Docs: https://cj-mills.github.io/cjm-jobtrack/runners/outcome.html.md"""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from ..logs.log_store import LogStore
from ..logs.progress import ProgressReader
from ..model.job import Failure, Job, JobStatus, OutputFile
from ..tracker.tracker import JobTracker

__all__ = [
    'LIVE_PARTS', 'Receipt', 'LiveResult', 'Outcome', 'exit_outcome', 'Report', 'LogWatch',
    'StopTokens', 'drop_old_log']

@dataclass(frozen=True)
class Receipt:
    "What a stop achieved."
    confirmed: bool
    how: str
    ended: list[Any] = ...
    left: list[Any] = ...
    message: str | None = None
    def to_dict(self) -> dict[Any, Any]: ...

LIVE_PARTS: int

@dataclass(frozen=True)
class LiveResult:
    "What a function returned or raised, as the object itself."
    value: Any = None
    error: BaseException | None = None

@dataclass(frozen=True)
class Outcome:
    "How an attempt ended."
    status: JobStatus
    result: Any = None
    failure: Failure | None = None
    outputs: tuple[OutputFile, ...] = ()
    receipt: Receipt | None = None
    ended_at: str | None = None
    live: LiveResult | None = ...
    @classmethod
    def completed(cls, result: Any = None, outputs: Iterable[OutputFile] = ()) -> Outcome:
        "Ended well."
    @classmethod
    def failed(cls, kind: str, message: str, **facts: Any) -> Outcome:
        "Ended badly; `facts` are further fields of `Failure`."

def exit_outcome(
    code: int,
    last_lines: Iterable[str] = (),
    invalid_exit: Collection[int] = (),
    **facts: Any,
) -> Outcome:
    """The outcome of a program that ended.

    Source: POSIX.1-2017, Shell Command Language, 2.8.2 Exit Status for Commands."""

class Report:
    "Where a runner reports what is happening. Safe from any thread."
    tracker: JobTracker
    job_id: str
    attempt: int
    last_activity: float
    def __init__(
        self,
        tracker: JobTracker,
        job_id: str,
        attempt: int,
        still: Callable[[], bool] | None = None,
    ) -> None: ...
    @property
    def cancelled(self) -> bool:
        "Whether somebody asked for the job to be cancelled. Cooperative work looks at this and returns."
    @property
    def log_size(self) -> int:
        "Bytes of this attempt's log that are on disk: where a runner that copies a log continues."
    def progress(self, percent: float | None = None, message: str | None = None) -> None:
        "Report how far the work is."
    def log(self, data: bytes = b'') -> None:
        "Add to the attempt's log."
    def note(self, type: str, data: dict[Any, Any] | None = None, **fields: Any) -> None:
        "Journal a dated fact."

class LogWatch:
    "Looks at a growing log, and reports the progress in it."
    most: int
    logs: LogStore
    job: Job
    report: Report
    options: dict[Any, Any]
    reader: ProgressReader
    offset: int
    shown: Any
    def __init__(
        self,
        logs: LogStore,
        job: Job,
        report: Report,
        options: dict[Any, Any] | None,
    ) -> None: ...
    def look(self) -> None:
        "Read what is new."
    def finish(self) -> None:
        "Read what is new, now that nothing more will come."

class StopTokens:
    """Lets `stop` end what `follow` does elsewhere, in a thread say.

    Source of the idea: stop tokens in C++, cancellation tokens in .NET."""
    def __init__(self) -> None: ...
    def stop(self, key: Any) -> None:
        "Stop everything that is done for an attempt."
    @contextmanager
    def token(self, key: Any, report: Report) -> Iterator[Callable[[], bool]]:
        "Gives a function to ask now and then: whether to stop."

def drop_old_log(logs: LogStore, job: Job) -> None:
    "Remove a log that an earlier job of the same id has left: it was last written before this one was created."
