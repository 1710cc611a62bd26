# Made by tools/stubs.py: do not edit.
"""Every error the library raises on purpose, with the facts as attributes and the remedy in the message

Docs: https://cj-mills.github.io/cjm-jobtrack/model/errors.html.md"""

from collections.abc import Iterable
from typing import Any

__all__ = [
    'DISK_FULL', 'TRANSIENT_STATUSES', 'JobtrackError', 'InvalidInput', 'name_problem',
    'UnknownPipeline', 'UnknownRunner', 'NeverFits', 'UnknownJob', 'UnknownNode', 'NoResult',
    'JobFailed', 'JobCancelled', 'IllegalMove', 'LeaseLost', 'KeyConflict', 'StoreError',
    'StoreFull', 'RecordGone', 'is_unstorable', 'NodeUnreachable', 'NodeRefused', 'DamagedTransfer',
    'OutputReplaced', 'is_infrastructure_error', 'has_own_words', 'is_refusal', 'is_busy']

class JobtrackError(Exception):
    """The root: catch this to catch everything the library raises on purpose.

    `facts()` gives the attributes as a dict, as they appear in HTTP error bodies and in logs."""
    def facts(self) -> dict[str, Any]:
        "What the error knows, without the prose."

class InvalidInput(JobtrackError, ValueError):
    "A value cannot be used. Nothing was changed."
    field: str
    problem: str
    remedy: str
    def __init__(self, field: str, problem: str, remedy: str = '') -> None: ...

def name_problem(name: str) -> str:
    "What is wrong with the way a name is written."

class UnknownPipeline(InvalidInput):
    "No pipeline of that name is allowed here."
    pipeline: str
    known: list[str]
    def __init__(self, pipeline: str, known: Iterable[str] = ()) -> None: ...

class UnknownRunner(InvalidInput):
    "No runner of that name was given to the queue."
    runner: str
    known: list[str]
    def __init__(self, runner: str, known: Iterable[str] = ()) -> None: ...

class NeverFits(InvalidInput):
    "The job needs more of a resource than the queue has in all: it would wait forever."
    needs: dict[str, int]
    has: dict[str, int]
    def __init__(self, needs: dict[str, int], has: dict[str, int]) -> None: ...

class UnknownJob(JobtrackError, KeyError):
    "No job of that id is on record."
    job_id: str
    def __init__(self, job_id: str) -> None: ...
    def __str__(self) -> str: ...

class UnknownNode(JobtrackError, KeyError):
    "No node of that id or name is on record."
    node: str
    def __init__(self, node: str) -> None: ...
    def __str__(self) -> str: ...

class NoResult(JobtrackError):
    "The job has no result: it has not ended, or it did not complete."
    job_id: str
    name: str
    problem: str
    remedy: str
    def __init__(self, job_id: str, name: str, problem: str, remedy: str = '') -> None: ...

class JobFailed(NoResult):
    "The job failed. `failure` says why; a traceback and the last lines of the log are shown below the message."
    failure: Any
    def __init__(self, job_id: str, name: str, failure: Any) -> None: ...
    def facts(self) -> dict[str, Any]: ...

class JobCancelled(NoResult):
    "The job was cancelled."
    def __init__(self, job_id: str, name: str) -> None: ...

class IllegalMove(JobtrackError):
    "A status change that the table of moves does not have. The job is unchanged."
    job_id: str
    frm: str
    to: str
    def __init__(self, job_id: str, frm: str, to: str) -> None: ...

class LeaseLost(IllegalMove):
    "Another queue has taken the job over, because the one that writes had lost its lease. Nothing was written."
    lease: int
    def __init__(self, job_id: str, lease: int) -> None: ...

class KeyConflict(JobtrackError):
    "The id belongs to a job that asks for something else. Neither was changed."
    job_id: str
    differences: dict[str, tuple[Any, Any]]
    def __init__(self, job_id: str, differences: dict[str, tuple[Any, Any]]) -> None: ...

class StoreError(JobtrackError):
    "The store cannot be opened, read or written. What was stored is unchanged."
    url: str
    problem: str
    remedy: str
    def __init__(self, url: str, problem: str, remedy: str = '') -> None: ...

class StoreFull(StoreError):
    "The disk is full. What was stored is unchanged."
    folder: str
    disk: str
    def __init__(self, url: str, folder: str, disk: str) -> None: ...

class RecordGone(StoreError):
    "The file of the store was deleted, replaced or truncated while it was open: nothing more is written to it."

def is_unstorable(e: Any) -> bool:
    """Whether the value that was to be written is at fault, and not the store.

    Source: PEP 249, Exceptions; PostgreSQL, Appendix A, Error Codes (42804: datatype_mismatch)."""

class NodeUnreachable(JobtrackError):
    "No answer from a node or manager. That says nothing about the jobs there: they may well be running."
    url: str
    problem: str
    begun: bool
    def __init__(self, url: str, problem: str = '', begun: bool = True) -> None: ...

class NodeRefused(JobtrackError):
    "A node or manager answered with an error."
    url: str
    status: int
    message: str
    field: str | None
    retry_after_s: float | None
    def __init__(
        self,
        url: str,
        status: int,
        message: str,
        field: str | None = None,
        body: dict[Any, Any] | None = None,
        retry_after_s: float | None = None,
    ) -> None: ...
    @property
    def body(self) -> dict[Any, Any]:
        "The error body; empty when it was not JSON. It is not one of the `facts`."

class DamagedTransfer(JobtrackError):
    "What was sent or received is not the file it should be. Nothing was kept of it."
    url: str
    name: str
    problem: str
    def __init__(self, url: str, name: str, problem: str) -> None: ...

class OutputReplaced(JobtrackError):
    "An output was changed or replaced after the job had ended. It is not given out."
    name: str
    problem: str
    def __init__(self, name: str, problem: str) -> None: ...

DISK_FULL: Any

def is_infrastructure_error(e: BaseException) -> bool:
    """Whether it is trouble of our own that may pass.

    That is: no file descriptors, memory, threads or disk space, or a store that is out of reach.
    Source: errno(3), fork(2), pthread_create(3), Linux manual pages."""

TRANSIENT_STATUSES: Any

def has_own_words(e: NodeRefused) -> bool:
    "Whether the server itself wrote the answer, ours or the original's; the page of a proxy has no `error`."

def is_refusal(e: JobtrackError) -> bool:
    "Whether the server itself understood the request and said no: then nothing came of it."

def is_busy(e: JobtrackError) -> bool:
    "Whether the server asks the client to come back later. It is alive, and nothing came of the request."
