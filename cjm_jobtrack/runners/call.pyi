# Made by tools/stubs.py: do not edit.
"""A Python function as a job: in this process, where it can be asked to stop, or in its own, where it can be forced to

Docs: https://cj-mills.github.io/cjm-jobtrack/runners/call.html.md"""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Self, TypeVar
from ..model.job import Job
from .functions import _FunctionReport
from .outcome import LiveResult, Outcome, Receipt, Report
from .runner import BaseRunner
from .worker import _Worker

__all__ = [
    'WarmWorkers', 'LiveCall', 'CallRunner']

class _BufferedReport(_FunctionReport):
    "Keeps messages until there is a job's report to pass them to, and while the record is unavailable."
    max_log_bytes: int
    def __init__(self) -> None: ...
    @property
    def is_connected(self) -> bool: ...
    @property
    def is_behind(self) -> bool: ...
    @property
    def log_size(self) -> int: ...
    def must_stop(self) -> bool: ...
    def progress(self, percent: float | None = None, message: str | None = None) -> None: ...
    def log(self, data: bytes = b'') -> None: ...
    def connect(self, report: Report, on_behind: Callable[[], None] = ...) -> None:
        "Pass on to `report` what was reported so far, and everything from now on."
    def catch_up(self) -> bool:
        "Pass on what waits, in order. Blocks. Raises an error that is the message's own fault; that message is dropped."

class WarmWorkers:
    "Worker processes that wait for another call. Changed under the lock of their runner."
    most: int
    is_closed: bool
    idle: list[_Worker]
    def __init__(self, most: int) -> None: ...
    def close(self) -> None:
        "End those that wait. From now on none is kept. Blocks."

class LiveCall:
    "A function, its arguments, and what came of the call, as the objects themselves. The runner keeps only a weak reference."
    fn: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[Any, Any]
    workers: WarmWorkers | None
    def __init__(
        self,
        fn: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[Any, Any],
        workers: WarmWorkers | None = None,
    ) -> None: ...
    def result(self, attempt: int) -> LiveResult | None:
        "What the function returned or raised."
    def take(self, attempt: int, outcome: Outcome) -> Outcome:
        "Keep the live result of an attempt."

@dataclass(eq=False)
class _RunningCall:
    "One call of a function, from its start until it is forgotten."
    name: str
    place: str
    report: _BufferedReport
    done: Future[Any]
    cancel: Callable[[], None] | None = None
    worker: _Worker | None = None
    attempt: int = 0
    live: LiveCall | None = None
    workers: WarmWorkers | None = None
    @property
    def in_process(self) -> bool: ...
    def end(self, outcome: Outcome) -> None:
        "The call is over: its outcome, as it goes on record, is `done`."
    async def outcome(self) -> Outcome:
        "Wait for the end of the call. Ceasing to wait does not stop it."
    async def wait(self, seconds: float) -> None:
        "Wait for the end of the call, but no longer than this."

class CallRunner(BaseRunner):
    """Carries out functions and coroutines in this process, or in Python processes of their own.

    `job.spec` is `{"func": name, "args": [...], "kwargs": {...}, "pool": "thread" or "process"}`; without `pool`, that
    of the runner applies. With `"live": true` it is only an account of a live call, and cannot be carried out without.
    In the pool `thread`, a coroutine function runs on an event loop that the runner has for them, anything else in a
    daemon thread, so that a function that hangs does not keep the interpreter from exiting.
    A process that is kept warm keeps what functions left in it: modules, environment, working folder. A spare one is fresh.
    A context manager: leaving it ends the processes; otherwise they end with this process."""
    keep: int
    patience: float
    warm: int
    name: str
    pool: str
    imports: bool
    functions: dict[str, Callable[..., Any]]
    def __init__(
        self,
        functions: dict[str, Callable[..., Any]] | None = None,
        name: str = 'call',
        *,
        pool: str = 'thread',
        warm: int = 0,
        spare: bool = False,
        imports: bool = False,
    ) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...
    def register(self, fn: _Function, name: str | None = None) -> _Function:
        "Let jobs call a function. A later one of the same name replaces it."
    def call(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> dict[Any, Any]:
        "The spec of a job that calls `fn(*args, **kwargs)`; registers the function as `module:qualname`."
    def attach_call(self, job_id: str, call: LiveCall) -> None:
        "Carry out a live call for a job, instead of what its spec says."
    def knows(self, job: Job) -> bool:
        "Whether the function of a job is registered here, or there is a live call for it."
    def check(self, spec: dict[Any, Any]) -> None:
        "Raises `InvalidInput` if the function is unknown, or if arguments do not fit or cannot be sent where it is to run."
    async def start(self, job: Job) -> dict[Any, Any]:
        "Begin the function. Raises `InvalidInput` if it is unknown, or if arguments do not fit or cannot be sent."
    async def find(self, job: Job) -> dict[Any, Any] | None:
        "The function of this attempt, if this process has begun it."
    def running_call(self, handle: dict[Any, Any]) -> _RunningCall | None:
        "The call behind a handle; None if it is not remembered."
    def call_for(self, job: Job) -> _RunningCall | None:
        "The call of this attempt; None if it has not begun, or is not remembered."
    async def follow(self, job: Job, handle: dict[Any, Any], report: Report) -> Outcome:
        "Wait for the function. Ceasing to wait does not stop it."
    async def stop(self, job: Job, handle: dict[Any, Any], grace: float) -> Receipt:
        "Ask the function to end, then force it if it is in a process. Otherwise the receipt may be unconfirmed."
    def prepare(self) -> None:
        "Have the process of the next job started now, if the runner keeps a spare one. Returns at once."
    def lend_workers(self, most: int) -> WarmWorkers:
        "Processes of which only some calls make use, again and again."
    def close(self) -> None:
        "End all worker processes, also busy ones. Blocks until they are gone. Threads and coroutines go on."

_Function = TypeVar('_Function', bound=Callable[..., Any])
