# Made by tools/stubs.py: do not edit.
"""A job, live in a notebook: its progress, its log, how long it has taken, and a button that cancels it

Docs: https://cj-mills.github.io/cjm-jobtrack/view/monitor.html.md"""

import ipywidgets as W
from IPython.display import HTML
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol
from ..model.job import Job, JobEvent
from ..store.memory import MemoryStore
from ..store.store import JobStore
from .render import JobSnapshot

__all__ = [
    'MIN_INTERVAL', 'MAX_INTERVAL', 'JobSource', 'JobMonitor', 'next_paint', 'heartbeat_html',
    'handle_clicks_beside_cells', 'monitor', 'strip_widgets', 'render_doc']

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

class JobMonitor:
    """A view of one job: a live widget in a notebook, a table of facts in HTML, a line of text.

    Can be called from any thread. A live view keeps two threads until the job has ended; `close` ends them sooner.
    Once the job has ended or the view is closed, the outputs that showed it hold static HTML and no widget."""
    job_id: str
    clock: Callable[[], str]
    source: JobSource
    latest: JobSnapshot
    def __init__(
        self,
        job_or_id: Job | str,
        source: JobSource | JobStore | MemoryStore | str | Path | None = None,
        *,
        clock: Callable[[], str] = ...,
    ) -> None: ...
    def __repr__(self) -> str: ...
    def refresh(self) -> JobSnapshot:
        "Read the record and the end of the log. Blocks on a remote source. A closed view does not read."
    @property
    def following(self) -> bool:
        "Whether the threads of this view are running."
    def snapshot(self) -> HTML:
        "The job at this instant, as static HTML."
    def cancel(self) -> None:
        "Ask for the job to be cancelled. Returns at once; the view shows the outcome."
    def paint(self) -> int:
        "Bring the widgets up to the latest snapshot."
    @property
    def widget(self) -> W.VBox:
        "The live view. Created at first use; works without a kernel too."
    def start(self) -> JobMonitor:
        "Follow the job until it has ended. Starting twice changes nothing."
    def close(self) -> None:
        "End the threads and close the widgets, which a kernel would keep. Outputs keep the static HTML. The job goes on."
    def show(self) -> None:
        "Display the job here: live until it has ended, and from then on as it ended."

MIN_INTERVAL: float

MAX_INTERVAL: float

def next_paint(last: float, news: bool) -> float:
    "When to paint next."

def heartbeat_html(snapshot: JobSnapshot) -> str:
    "The elapsed time, and a mark that appears when nothing has been painted for five seconds."

def handle_clicks_beside_cells(widgets: list[W.Widget]) -> None:
    "Let clicks on these widgets be handled while a cell runs. Call it in the thread that writes them."

def monitor(
    job_or_id: Job | str,
    source: JobSource | JobStore | MemoryStore | str | Path | None = None,
) -> JobMonitor:
    """Show a job, live where there is a kernel, until it has ended. Raises `UnknownJob`.

    To wait in a cell, use `await` rather than a blocking call: the button then answers at once on every kernel."""

def strip_widgets(cell) -> None:
    "For nbdev's `doc_procs`: keep the HTML of an output, remove its widget."

def render_doc(sym: Any, **options: Any) -> Any:
    "For nbdev's `renderer`: `show_doc`, also where a name in an annotation is unknown."
