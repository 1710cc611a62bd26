# Made by tools/stubs.py: do not edit.
"""Many jobs in words and in HTML: counters, a total, one thin row for each

Docs: https://cj-mills.github.io/cjm-jobtrack/view/table.html.md"""

from collections.abc import Iterable
from dataclasses import dataclass
from ..model.job import Job

__all__ = [
    'JobsSnapshot', 'share_rows', 'sort_jobs', 'format_counts', 'format_total', 'counters_html',
    'total_html', 'row_html', 'more_html', 'notices_html', 'jobs_html']

@dataclass(frozen=True)
class JobsSnapshot:
    "What is known of many jobs at one instant."
    counts: dict[str, int] | None
    jobs: tuple[Job, ...]
    at: str
    batch: str | None = None
    notices: tuple[str, ...] = ()
    @property
    def total(self) -> int: ...
    @property
    def open(self) -> int: ...
    @property
    def failed(self) -> int: ...

def share_rows(counts: dict[str, int], page: int) -> dict[str, int]:
    "Divide a page among the statuses."

def sort_jobs(jobs: Iterable[Job]) -> list[Job]:
    "Jobs in the order of the rows."

def format_counts(snapshot: JobsSnapshot) -> str:
    "How many jobs there are, and how many have each status."

def format_total(snapshot: JobsSnapshot) -> str:
    "How far a batch is."

def counters_html(snapshot: JobsSnapshot) -> str:
    "The batch, how many jobs there are, and how many have each status."

def total_html(snapshot: JobsSnapshot) -> str:
    "How far a batch is, as one bar with its words. Source: WAI-ARIA 1.2, role `progressbar`."

def row_html(job: Job, at: str) -> str:
    "A job as one thin row."

def more_html(snapshot: JobsSnapshot) -> str:
    "How many jobs are not shown."

def notices_html(snapshot: JobsSnapshot) -> str: ...

def jobs_html(snapshot: JobsSnapshot) -> str:
    "Many jobs as a page without a kernel shows them."
