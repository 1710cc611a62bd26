# Made by tools/stubs.py: do not edit.
"""What is asked, how far it is, and what came of it: one record for every kind of work

Docs: https://cj-mills.github.io/cjm-jobtrack/model/job.html.md"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

__all__ = [
    'MOVES', 'LOSSLESS_FIELDS', 'LONG_TEXT', 'encode_ascii_json', 'TEXT_FIELDS', 'JobStatus',
    'read_statuses', 'check_move', 'now', 'parse_instant', 'epoch', 'elapsed_s', 'number',
    'finite_number', 'escape_surrogates', 'safe_repr', 'percentage', 'jsonable', 'Failure',
    'OutputFile', 'newest_first', 'read_outputs', 'JobEvent', 'new_id', 'check_id', 'Job',
    'spec_differences', 'repeat_options', 'Add', 'Move', 'Update', 'Lease', 'has_text', 'EndedJob',
    'JobRecord']

class JobStatus(StrEnum):
    "The status of a job. Compares equal to the plain string."
    PENDING = 'pending'
    RUNNING = 'running'
    COMPLETED = 'completed'
    FAILED = 'failed'
    CANCELLED = 'cancelled'
    @property
    def is_terminal(self) -> bool: ...

def read_statuses(status: str | Iterable[str] | None) -> list[JobStatus] | None:
    "The statuses a caller asks for. Raises `InvalidInput`."

MOVES: dict[JobStatus, dict[JobStatus, str]]

def check_move(job_id: str, frm: JobStatus, to: JobStatus) -> None:
    "Raises `IllegalMove` unless the table has this move."

def now() -> str:
    "The present instant, as records have it."

def parse_instant(value: str | datetime, field: str = 'instant') -> str:
    "An instant in UTC. Raises `InvalidInput` naming the field."

def epoch(instant: str | None) -> float | None:
    "An instant as seconds since the epoch, as the original's HTTP API has it."

def elapsed_s(start: str | None, end: str | None = None) -> float | None:
    "Seconds from one instant to another."

def number(value: Any) -> float | None:
    "A real number of any type as a float, including NumPy's, `Decimal` and `Fraction`."

def finite_number(value: Any) -> float | None:
    "As `number`, but None for infinities and `NaN`."

def escape_surrogates(text: str) -> str:
    "Text that can be written as UTF-8: lone surrogates become escapes such as `\\udce9`."

def safe_repr(value: Any) -> str:
    "The `repr` of anything, as UTF-8; the type's name if its `repr` fails."

def percentage(value: Any) -> float:
    "A percentage, with rounding errors removed at both ends. Raises `InvalidInput`."

LOSSLESS_FIELDS: set[str]

LONG_TEXT: int

encode_ascii_json: Any

def jsonable(value: Any, *, lossless: bool = False, most: int | None = None) -> Any:
    """A JSON-ready copy. Never raises: what has no JSON form becomes its `repr`.

    Lossless text cannot be written as UTF-8; `encode_ascii_json` takes it. Source: PEP 383, "surrogateescape"."""

@dataclass(frozen=True)
class Failure:
    """Why a job failed. The library uses these kinds:

    - `invalid`: the input cannot be used; `never_fits`: the job needs more of a resource than there is
    - `error`: the work raised an exception; `exit`: a program ended with a status other than 0;
      `signal`: a signal ended it
    - `timeout`: it took too long; `stalled`: it gave no sign of life for too long;
      `queue_timeout`: it waited too long for its turn
    - `out_of_memory`, `disk_full`; `no_output`: it ended well and left nothing;
      `unstorable`: the database cannot store what it returned
    - `image_missing`, `pull_failed`: the image of a container does not exist, or cannot be pulled;
      `not_started`: it could not be started
    - `lost`: the work cannot be found any more; `node_lost`: its node never answered again;
      `interrupted`: its queue stopped meanwhile"""
    kind: str
    message: str
    exit_code: int | None = None
    signal: str | None = None
    evidence: dict[Any, Any] = ...
    hint: str | None = None
    def __str__(self) -> str: ...

@dataclass(frozen=True)
class OutputFile:
    "A file that a job left, as it was when the job completed."
    name: str
    path: str
    size: int
    sha256: str | None = None
    content_type: str | None = None
    modified: str | None = None
    raw_path: str | None = None
    @property
    def local_path(self) -> Path:
        "Where it is, with the exact bytes of its path on disk."
    @property
    def local_name(self) -> str:
        "Its name, with the exact bytes of the path."

def newest_first(outputs: list[OutputFile]) -> list[OutputFile]:
    "The order in which nodes and managers list outputs: a total one."

def read_outputs(outputs: Any) -> list[OutputFile]:
    "The outputs of a job. Raises `InvalidInput`."

@dataclass(frozen=True)
class JobEvent:
    """One dated fact about a job.

    `seq` orders all facts of a store and is the cursor for reading on. Live facts that are not
    stored (type `progress` and `log`) have no `seq`."""
    seq: int | None
    job_id: str
    attempt: int
    type: str
    at: str
    data: dict[Any, Any] = ...
    def to_dict(self) -> dict[Any, Any]: ...
    @classmethod
    def from_dict(cls, d: dict[Any, Any]) -> JobEvent: ...

def new_id() -> str: ...

def check_id(id: str) -> str:
    "Raises `InvalidInput` unless the id is fit for URLs and file names."

@dataclass
class Job:
    "What is asked, how far it is, and what came of it."
    id: str = ...
    name: str = ''
    runner: str = 'call'
    spec: dict[Any, Any] = ...
    status: JobStatus = ...
    progress: float | None = None
    message: str | None = None
    priority: int = 0
    attempt: int = 0
    max_attempts: int = 1
    timeout: float | None = None
    node: str | None = None
    remote_id: str | None = None
    created_at: str = ...
    updated_at: str | None = None
    started_at: str | None = None
    completed_at: str | None = None
    result: Any = None
    error: str | None = None
    failure: Failure | None = None
    outputs: list[OutputFile] = ...
    metadata: dict[Any, Any] = ...
    unreachable_since: str | None = None
    task: Any = ...
    def __post_init__(self) -> None: ...
    @property
    def is_terminal(self) -> bool: ...
    @property
    def shown_status(self) -> JobStatus:
        "The status for display: a job that waits for its turn at a node is still pending."
    @property
    def elapsed_s(self) -> float | None:
        "Seconds since the latest attempt started, until now or its end."
    def to_dict(self) -> dict[Any, Any]:
        "The job as it is sent and stored."
    def to_json(self, **kw: Any) -> str: ...
    @classmethod
    def from_dict(cls, d: dict[Any, Any]) -> Job:
        "Read a job back. Raises `InvalidInput` naming the field that cannot be read."
    @classmethod
    def from_json(cls, text: str) -> Job: ...

def spec_differences(a: Any, b: Any, at: str = 'spec') -> dict[str, tuple[Any, Any]]:
    "Where two specs differ, leaf by leaf."

def repeat_options(job: Job) -> dict[Any, Any]:
    """What to ask for to have the work of a job done once more; `metadata` gets `again_of`, the id of the job.

    Raises `InvalidInput` if it has not ended."""

@dataclass(slots=True)
class Add:
    "Store a new job. Gives the `created` event; None if the id is taken."
    job: Job
    data: dict[Any, Any] | None = None
    queued: bool = False
    batch: str | None = None

@dataclass(slots=True)
class Move:
    """Change fields together with an event, if the job is as expected (compare-and-set).

    Gives the event; None if it is not."""
    job_id: str
    expect: tuple[JobStatus, int] | None
    changes: dict[Any, Any]
    type: str
    at: str
    data: dict[Any, Any] | None = None
    attempt: int | None = None
    lease: int | None = None

@dataclass(slots=True)
class Update:
    "Change fields of a live job without an event; metadata alone also of an ended one. Gives whether that was done."
    job_id: str
    changes: dict[Any, Any]
    attempt: int | None = None
    lease: int | None = None

@dataclass(frozen=True)
class Lease:
    "A queue's claim to the jobs that it carries out. Source: M. Kleppmann, \"How to do distributed locking\", 2016."
    fence: int
    beat: int
    doc: dict[Any, Any]

TEXT_FIELDS: tuple[str, ...]

def has_text(text: str, *fields: str | None) -> bool:
    "Whether a text is in one of the fields, in capitals or not."

class EndedJob(NamedTuple):
    "An ended job, as far as one must know it to decide whether to keep it."
    num: int
    id: str
    status: str
    completed_at: str | None
    pinned: bool

@dataclass(slots=True)
class JobRecord:
    "A job with everything that is stored about it."
    job: Job
    events: list[JobEvent]
    queued_at: str | None = None
    batch: str | None = None
    pinned: bool = False
    num: int | None = None
