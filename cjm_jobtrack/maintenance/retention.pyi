# Made by tools/stubs.py: do not edit.
"""Which ended jobs may be removed, what is always kept, and how removal survives interruption

Docs: https://cj-mills.github.io/cjm-jobtrack/maintenance/retention.html.md"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from ..model.job import EndedJob
from ..tracker.tracker import JobTracker

__all__ = [
    'duration', 'RetentionPolicy', 'candidates', 'PruneReport', 'prune', 'orphans', 'removed']

def duration(value: str | float | timedelta, field: str = 'older_than') -> float:
    "A length of time. Raises `InvalidInput` naming the field."

@dataclass(frozen=True)
class RetentionPolicy:
    "Which ended jobs may be removed. Give `older_than`, `keep` or both; with both, a job goes only when both allow it."
    older_than: str | float | timedelta | None = None
    keep: int | None = None
    statuses: tuple[Any, ...] = ...
    def __post_init__(self) -> None: ...

def candidates(
    tracker: JobTracker,
    policy: RetentionPolicy,
    at: str | None = None,
) -> Iterator[EndedJob]:
    "The jobs that a policy allows to be removed now."

@dataclass(frozen=True)
class PruneReport:
    "What was removed, or in a dry run would be."
    dry_run: bool
    jobs: int = 0
    log_bytes: int = 0
    by_status: dict[Any, Any] = ...
    first: EndedJob | None = None
    last: EndedJob | None = None
    problems: tuple[Any, ...] = ()
    def summary(self) -> str:
        "What belongs to the figures, in words."

def prune(
    tracker: JobTracker,
    policy: RetentionPolicy,
    dry_run: bool = False,
    *,
    after: Callable[[list[str]], Any] | None = None,
    at: str | None = None,
) -> PruneReport:
    """Remove ended jobs: record, events and logs. Blocks; others may write meanwhile.

    Raises `StoreError`, and what `after` raises; pruning ends there, and what was removed before stays removed."""

def orphans(tracker: JobTracker, remove: bool = False) -> list[str]:
    "Logs without a job. Raises `StoreError` when the folder cannot be read, or a log cannot be removed."

def removed(tracker: JobTracker, names: Iterable[str]) -> list[str]:
    "What an interrupted pruning has left behind, according to the journal."
