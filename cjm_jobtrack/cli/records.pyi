# Made by tools/stubs.py: do not edit.
"""`export`, `import`, `prune`, `pin`, `backup`: maintenance of the record, on the machine where it is kept

Docs: https://cj-mills.github.io/cjm-jobtrack/cli/records.html.md"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeAlias
from ..model.job import JobStatus
from ..tracker.tracker import JobTracker
from .app import Commands
from .options import AsJson, Batch, JobId, Name, Since, Until

__all__ = [
    'commands', 'Store', 'STORE_FILE', 'LogFolder', 'ExportFile', 'OfNode', 'OfRunner', 'Pinned',
    'ImportFile', 'Live', 'NodesFile', 'OlderThan', 'Keep', 'EndedStatuses', 'DryRun', 'Orphans',
    'Workspace', 'store_url', 'usual_record', 'open_record', 'export_', 'import_', 'Leftovers',
    'prune_', 'pin', 'backup_']

commands: Commands

Store: TypeAlias = Annotated[str | None, ...]

STORE_FILE: str

def store_url(store: str | None, make: bool = False, changes: bool = False) -> str | Path:
    "The record to work on. Raises `InvalidInput` naming `--store`."

def usual_record(make: bool = False, changes: bool = False) -> Path:
    """The record to work on when `--store` is missing; says on stderr which one it is.

    Raises `InvalidInput` where there is none, and before a change where there is one here and a server's as well."""

LogFolder: TypeAlias = Annotated[Path | None, ...]

def open_record(
    store: str | None,
    make: bool = False,
    changes: bool = False,
    logs: Path | None = None,
) -> JobTracker:
    "A tracker for the record to work on."

ExportFile: TypeAlias = Annotated[Path, ...]

_MANY_STATUSES: TypeAlias = Annotated[list[JobStatus], ...]

OfNode: TypeAlias = Annotated[str | None, ...]

OfRunner: TypeAlias = Annotated[str | None, ...]

Pinned: TypeAlias = Annotated[bool | None, ...]

def export_(
    file: ExportFile = ...,
    status: _MANY_STATUSES = [],
    name: Name = None,
    batch: Batch = None,
    since: Since = None,
    until: Until = None,
    node: OfNode = None,
    runner: OfRunner = None,
    pinned: Pinned = None,
    store: Store = None,
) -> None:
    "Write jobs, with everything on record about them, as JSON lines; without logs and files."

ImportFile: TypeAlias = Annotated[Path, ...]

Live: TypeAlias = Annotated[str, ...]

NodesFile: TypeAlias = Annotated[Path | None, ...]

def import_(
    file: ImportFile,
    live: Live = 'skip',
    nodes: NodesFile = None,
    as_json: AsJson = False,
    store: Store = None,
    log_folder: LogFolder = None,
) -> None:
    """Add the jobs of a file to the record.

    Jobs whose ids are known are left alone. The file is only read."""

@dataclass(frozen=True)
class Leftovers:
    "What is kept of jobs beside a record: the files of their attempts, and their results."
    data: Path
    workspace: Path | None = None
    files: Path | None = None
    @property
    def roots(self) -> list[Path]:
        "Folders that have a folder for each job."
    def names(self) -> set[str]:
        "The names of all folders there, whatever they belong to."
    def remove(self, ids: list[str]) -> None:
        "Remove what is kept of some jobs."

OlderThan: TypeAlias = Annotated[str | None, ...]

Keep: TypeAlias = Annotated[int | None, ...]

EndedStatuses: TypeAlias = Annotated[list[JobStatus], ...]

DryRun: TypeAlias = Annotated[bool, ...]

Orphans: TypeAlias = Annotated[bool, ...]

Workspace: TypeAlias = Annotated[Path | None, ...]

def prune_(
    older_than: OlderThan = None,
    keep: Keep = None,
    status: EndedStatuses = [],
    dry_run: DryRun = False,
    stray: Orphans = False,
    workspace: Workspace = None,
    as_json: AsJson = False,
    store: Store = None,
    log_folder: LogFolder = None,
) -> Any:
    """Remove old jobs: record, logs, results.

    Jobs that are pinned, have not ended, or belong to an unfinished batch are kept."""

def pin(id: JobId, off: Annotated[bool, ...] = False, store: Store = None) -> None:
    "Keep a job for good: `prune` does not remove it."

def backup_(
    file: Annotated[Path, ...],
    logs: Annotated[bool, ...] = False,
    store: Store = None,
    log_folder: LogFolder = None,
) -> None:
    "Copy a record while it is in use, and verify the copy. For PostgreSQL use pg_dump."
