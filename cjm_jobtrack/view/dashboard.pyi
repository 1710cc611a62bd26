# Made by tools/stubs.py: do not edit.
"""Many jobs, live in a notebook: how far they are, what runs, what failed, and two buttons: cancel all, retry failed

Docs: https://cj-mills.github.io/cjm-jobtrack/view/dashboard.html.md"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol
from ..model.job import Job, JobEvent
from ..store.memory import MemoryStore
from ..store.store import JobStore
from .live_view import LiveView

__all__ = [
    'RETRY_OFFER', 'JobsSource', 'JobDashboard']

class JobsSource(Protocol):
    "What a dashboard reads: a `JobTracker`, a `RemoteClient`, or anything else with these calls."
    def counts(self, batch: str | None = None) -> dict[str, int]:
        "How many jobs have each status."
    def list_jobs(
        self,
        status: str | None = None,
        limit: int | None = None,
        *,
        batch: str | None = None,
    ) -> list[Job]:
        "Jobs, newest first."
    def subscribe(
        self,
        callback: Callable[[JobEvent], Any],
        job_id: str | None = None,
    ) -> Callable[[], None]:
        "The events of all jobs, as they come."

class JobDashboard(LiveView):
    """A view of many jobs: a live widget in a notebook, a table in HTML, a line of text.

    Can be called from any thread. A live view keeps two threads: of a batch until all its jobs have ended, of a whole
    record until `close`. Then the outputs that showed it hold static HTML and no widget.

    `retry` is called with the batch that is shown. It submits what failed once more and returns the batch to show from
    then on; None for the same."""
    batch: str | None
    retry: Callable[[str | None], str | None] | None
    page: int
    def __init__(
        self,
        source: JobsSource | JobStore | MemoryStore | str | Path,
        *,
        batch: str | None = None,
        retry: Callable[[str | None], str | None] | None = None,
        page: int = 25,
        clock: Callable[[], str] = ...,
    ) -> None: ...
    def __repr__(self) -> str: ...
    @property
    def is_over(self) -> bool: ...
    def cancel(self) -> None:
        "Ask for all jobs that have not ended to be cancelled. Returns at once; the view shows the outcome."
    def retry_failed(self) -> None:
        "Have the failed jobs submitted once more. Returns at once; the view shows the outcome."

RETRY_OFFER: float
