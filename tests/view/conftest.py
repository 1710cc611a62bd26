"""For tests of live views: a tracker, a kernel as far as a view asks for one, and that no thread and no widget is left."""
import threading
from types import SimpleNamespace

import ipywidgets, pytest
from cjm_jobtrack.tracker.tracker import JobTracker
from cjm_jobtrack.view import live_view
from views import Display, Shell, until

def threads(): return [t.name for t in threading.enumerate() if t.name.startswith('jobtrack-')]

@pytest.fixture
def no_view_left():
    "No thread and no widget outlives its test."
    widgets, before = len(ipywidgets.widgets.widget._instances), {*threading.enumerate()}
    yield
    until(lambda: not [t for t in {*threading.enumerate()} - before if t.name.startswith('jobtrack-')], f'threads end: {threads()}')
    assert len(ipywidgets.widgets.widget._instances) == widgets

@pytest.fixture
def tracker():
    with JobTracker() as t: yield t

@pytest.fixture
def shell(monkeypatch):
    "A kernel, as far as a view asks for one: what it displays. Its `shell` is the `Shell`."
    display = Display()
    display.shell = Shell()
    monkeypatch.setattr(live_view, '_kernel', lambda: SimpleNamespace())
    monkeypatch.setattr(live_view, 'get_ipython', lambda: display.shell)
    monkeypatch.setattr(live_view, 'display', display)
    return display
