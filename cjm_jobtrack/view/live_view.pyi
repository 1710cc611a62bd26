# Made by tools/stubs.py: do not edit.
"""What every live view in a notebook has in common: two threads, few paints, three formats, and an end

Docs: https://cj-mills.github.io/cjm-jobtrack/view/live_view.html.md"""

import ipywidgets as W
from IPython.display import HTML
from collections.abc import Callable
from typing import Any, Self

__all__ = [
    'MIN_INTERVAL', 'MAX_INTERVAL', 'READ_SHARE', 'MAX_PAUSE', 'open_source', 'LiveView',
    'next_paint', 'pause_after', 'stale_mark_html', 'html_widget', 'handle_clicks_beside_cells',
    'strip_widgets', 'render_doc']

def open_source(source: Any) -> tuple[Any, bool]:
    "A source that can be read and followed."

class LiveView:
    """A view of a source that is live in a notebook: base of `JobMonitor` and `JobDashboard`.

    Can be called from any thread. A live view keeps two threads until it is over; `close` ends them sooner.
    Once it is over or closed, the outputs that showed it hold static HTML and no widget."""
    topic: str | None
    min_interval: float
    latest: Any
    clock: Callable[[], str]
    source: Any
    def __init__(self, source: Any, clock: Callable[[], str] = ...) -> None: ...
    @property
    def is_over(self) -> bool: ...
    def refresh(self) -> Any:
        "Read the source. Blocks on a remote source. A closed view does not read."
    @property
    def following(self) -> bool:
        "Whether the threads of this view are running."
    def snapshot(self) -> HTML:
        "The view at this instant, as static HTML."
    def paint(self) -> int:
        "Bring the widgets up to the latest snapshot."
    @property
    def widget(self) -> W.VBox:
        "The live view. Created at first use; works without a kernel too."
    def start(self) -> Self:
        "Follow the source until the view is over. Starting twice changes nothing."
    def close(self) -> None:
        "End the threads and close the widgets, which a kernel would keep. Outputs keep the static HTML. The jobs go on."
    def show(self) -> None:
        "Display the view here: live until it is over, and from then on as it ended."
    def show_once(self) -> Self:
        "Display the view here where there is a kernel. The end of this cell does not display it again."

MIN_INTERVAL: float

MAX_INTERVAL: float

def next_paint(last: float, news: bool, shortest: float = 0.25) -> float:
    "When to paint next."

READ_SHARE: float

MAX_PAUSE: float

def pause_after(cpu_s: float, is_local: bool) -> float:
    "How long to wait before the next read."

def stale_mark_html(at: str, words: str) -> str:
    "A mark that appears when it has not been replaced for five seconds."

def html_widget(flex: str = '0 0 auto') -> W.HTML:
    "An empty piece of a view."

def handle_clicks_beside_cells(widgets: list[W.Widget]) -> None:
    "Let clicks on these widgets be handled while a cell runs. Call it in the thread that writes them."

def strip_widgets(cell) -> None:
    "For nbdev's `doc_procs`: keep the HTML of an output, remove its widget."

def render_doc(sym: Any, **options: Any) -> Any:
    "For nbdev's `renderer`: `show_doc`, also where a name in an annotation is unknown."
