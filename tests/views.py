"""For tests of live views: what a page holds, a kernel as far as a view asks for one, clients that may not answer."""
import asyncio, html.parser, threading, time
from types import SimpleNamespace

import nbformat
from nbclient import NotebookClient
from cjm_jobtrack.model.job import Job
from cjm_jobtrack.tracker.notify import consume_in_thread

def until(condition, what, timeout=60.):
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        if value := condition(): return value
        time.sleep(.005)
    raise AssertionError(f'not within {timeout} s: {what}')

def running(tracker, name='talk.wav', **kw):
    job = tracker.create_job(name, **kw)
    tracker.mark_running(job.id)
    return job

class Reader(html.parser.HTMLParser):
    "Elements, attributes and text of a piece of HTML."
    def __init__(self, text):
        super().__init__()
        self.tags, self.attrs, self.text = set(), set(), ''
        self.feed(text), self.close()
    def handle_starttag(self, tag, attrs): self.tags.add(tag), self.attrs.update(k for k, _ in attrs)
    def handle_data(self, data): self.text += data

HOSTILE = ['<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', "' onmouseover='alert(1)", '</pre></div><iframe>', '&lt;b&gt;', '<!-- ', 'javascript:alert(1)', '\u202e']
DIRECTIONS = '\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069'

def run_cells(cells, folder):
    "A notebook, run in a kernel of its own."
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    return NotebookClient(nb, kernel_name='python3', timeout=60, resources={'metadata': {'path': str(folder)}}).execute()

class Display:
    "Stands in for IPython: what each output holds. `when` is called before an output appears."
    def __init__(self): self.outputs, self.when = [], lambda: None
    def __call__(self, bundle, raw, display_id):
        self.when()
        self.outputs.append(bundle)
        return SimpleNamespace(update=lambda new, raw, at=len(self.outputs)-1: self.outputs.__setitem__(at, new))

class Shell:
    "A kernel's shell, as far as a view asks for it. `cell` is the id of the cell that runs."
    def __init__(self): self.execution_count, self.cell = 1, None
    def get_parent(self): return {'metadata': {'cellId': self.cell} if self.cell else {}}

class Client:
    "What a client of a manager offers: no live objects, blocking calls, answers that may not come."
    def __init__(self, tracker): self.tracker, self.broken, self.held, self.waiting = tracker, None, threading.Event(), False
    def _answer(self):
        assert not self.held.is_set() or threading.current_thread().name == 'jobtrack-view-read', 'only the reader waits for the network'
        while self.held.is_set(): self.waiting = True; time.sleep(.01)
        if self.broken: raise self.broken
    def get_job(self, job_id):
        self._answer()
        return (j := self.tracker.get_job(job_id)) and Job.from_dict(j.to_dict())
    def list_jobs(self, status=None, limit=None, *, batch=None):
        self._answer()
        return [Job.from_dict(j.to_dict()) for j in self.tracker.list_jobs(status, limit, batch=batch)]
    def counts(self, batch=None):
        self._answer()
        return self.tracker.counts(batch)
    def log_tail(self, job_id, lines=200):
        self._answer()
        return self.tracker.log_tail(job_id, lines)
    def subscribe(self, callback, job_id=None, after=None): return consume_in_thread(lambda: self.tracker.watch(job_id, after), callback)
    def cancel(self, job_id):
        self._answer()
        asyncio.run(self.tracker.cancel_job(job_id))
        return self.get_job(job_id)

def follow(view):
    view.widget
    return view.start()
