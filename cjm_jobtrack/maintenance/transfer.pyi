# Made by tools/stubs.py: do not edit.
"""Export the record to a file, import it elsewhere, and back it up while it is in use

Docs: https://cj-mills.github.io/cjm-jobtrack/maintenance/transfer.html.md"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from ..tracker.tracker import JobTracker
from .jsonl import ImportReport

__all__ = [
    'LIVE', 'export_jobs', 'import_jobs', 'BackupReport', 'backup']

def export_jobs(
    tracker: JobTracker,
    file: str | Path | BinaryIO,
    status: str | Iterable[str] | None = None,
    **filters: Any,
) -> int:
    "Write jobs as JSON lines. Raises `InvalidInput` naming the field; `StoreError`."

LIVE: tuple[str, ...]

def import_jobs(
    tracker: JobTracker,
    file: str | Path | BinaryIO,
    live: str = 'skip',
) -> ImportReport:
    """Put the jobs of a file on record. Ids that are on record are left alone, so it can be repeated.

    Raises `InvalidInput` when it is no such file, or of a newer version; `StoreError` when the record cannot be
    written: the pages before are then on record."""

@dataclass(frozen=True)
class BackupReport:
    "A copy that was checked and found complete."
    path: Path
    size: int
    jobs: dict[Any, Any]
    last_seq: int
    logs: Path | None = None
    log_files: int = 0

def backup(tracker: JobTracker | Any, path: str | Path, logs: bool = False) -> BackupReport:
    """Copy a record to a new file, and check the copy. Others may write meanwhile.

    Raises `InvalidInput` when something is there already; `StoreError`."""
