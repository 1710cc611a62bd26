# Made by tools/stubs.py: do not edit.
"""A job, live in a notebook: its progress, its log, how long it has taken, and a button that cancels it

Docs: https://cj-mills.github.io/cjm-jobtrack/view/monitor.html.md"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol
from ..model.job import Job, JobEvent
from ..store.memory import MemoryStore
from ..store.store import JobStore
from .live_view import LiveView
from .render import JobSnapshot

__all__ = [
    'JobSource', 'JobMonitor', 'heartbeat_html', 'monitor']

class JobSource(Protocol):
    "What a view reads: a `JobTracker`, a `RemoteClient`, or anything else with these calls. It may have `cancel` as well."
    def get_job(self, job_id: str) -> Job | None:
        "The job as it is now; None when there is none."
    def log_tail(self, job_id: str, lines: int = 200) -> str:
        "The end of its log."
    def subscribe(
        self,
        callback: Callable[[JobEvent], Any],
        job_id: str | None = None,
    ) -> Callable[[], None]:
        "Its events, as they come."

class JobMonitor(LiveView):
    """A view of one job: a live widget in a notebook, a table of facts in HTML, a line of text.

    Can be called from any thread. A live view keeps two threads until the job has ended; `close` ends them sooner.
    Once the job has ended or the view is closed, the outputs that showed it hold static HTML and no widget."""
    job_id: str
    def __init__(
        self,
        job_or_id: Job | str,
        source: JobSource | JobStore | MemoryStore | str | Path | None = None,
        *,
        clock: Callable[[], str] = ...,
    ) -> None: ...
    def __repr__(self) -> str: ...
    @property
    def is_over(self) -> bool: ...
    def cancel(self) -> None:
        "Ask for the job to be cancelled. Returns at once; the view shows the outcome."

def heartbeat_html(snapshot: JobSnapshot) -> str:
    "The elapsed time, and a mark that appears when nothing has been painted for five seconds."

def monitor(
    job_or_id: Job | str,
    source: JobSource | JobStore | MemoryStore | str | Path | None = None,
) -> JobMonitor:
    """Show a job, live where there is a kernel, until it has ended. Raises `UnknownJob`.

    To wait in a cell, use `await` rather than a blocking call: the button then answers at once on every kernel."""
