"""A batch in a real JupyterLab, in a real browser: live beside a busy cell, cancelled and retried by clicks, one view for a cell, readable afterwards."""
import pytest
from browser import chromium, until
from lab import Notebook, jupyter_lab, marked

pytestmark = [pytest.mark.needs('chromium'), pytest.mark.timeout(400)]

CELLS = ['''
import threading, time
from cjm_jobtrack import CallRunner, JobDashboard, JobQueue, JobTracker, submit_batch
gate, again = threading.Event(), threading.Event()
def transcribe(path, report):
    if 'council' in path and not again.is_set(): raise ValueError('no speech found')
    if 'choir' not in path: return
    for n in range(2000):
        if report.cancelled or gate.is_set(): return
        report.progress(100 * (n+1) / 2000, f'segment {n+1} of 2000')
        time.sleep(.05)
tracker, runner = JobTracker(), CallRunner()
queue = JobQueue(tracker, runner, slots=2).start()
def submit(id, *names): return submit_batch(queue, [runner.call(transcribe, n) for n in names], id=id, name=names)
''', '''
night = submit('night', 'ferry.wav', 'council.wav', 'choir <b>one</b>.wav', 'choir two.wav', 'choir three.wav', 'harbour.wav')
night
''', '''
end = time.monotonic() + 8
while time.monotonic() < end: pass
''', '''
JobDashboard(tracker)
''', '''
short = submit('short', 'ferry.wav', 'council.wav')
short
''', '''
again.set();
''', '''
queue.stop(); tracker.close();
''']

def test_a_batch_in_jupyterlab(tmp_path):
    with jupyter_lab(tmp_path, batch=CELLS) as url, chromium() as browser:
        page = browser.new_context(viewport=dict(width=1200, height=1000)).new_page()
        frames = []
        page.on('websocket', lambda socket: socket.on('framereceived', lambda frame: frames.append(1)))
        nb = Notebook(page)
        nb.open(f'{url}/lab/tree/batch.ipynb', len(CELLS))
        nb.run(0)
        nb.run(1)
        view = nb.view(1)
        view.wait_for(timeout=60000)
        assert view.count() == 1, 'shown once'
        def says(*words, n=1): return all(w in nb.output(n).inner_text() for w in words)
        until(lambda: says('night', '6 jobs', '2 running', '2 pending', '1 completed', '1 failed', '2 of 6 done, 33 %, 1 failed', 'no speech found'), 'counters, total and rows')
        assert view.locator('i, b b, script').count() == 0 and 'choir <b>one</b>.wav' in view.inner_text()

        nb.begin(2)   # a cell that computes
        until(lambda: nb.kernel() == 'busy', 'the cell runs')
        def bar(): return float(view.get_by_role('progressbar', name='progress').first.get_attribute('aria-valuenow') or 0)
        first, n = bar(), len(frames)
        until(lambda: bar() > first + 1, 'a bar moves while the cell computes')
        assert nb.kernel() == 'busy' and not marked(view)
        page.wait_for_timeout(2000)
        assert len(frames) - n < 150 * 4, 'within the budget of messages'
        until(lambda: nb.kernel() == 'idle', 'the cell has ended')

        for _ in range(2): nb.run(3)   # all that is on record; the second execution takes the place of the first
        nb.view(3).wait_for(timeout=60000)
        until(lambda: says('6 jobs', '2 running', n=3), 'the record is shown')
        page.screenshot(path=tmp_path/'running.png')

        view.get_by_role('button', name='Cancel all').click()
        ask = view.get_by_role('button', name='Cancel 4?')
        ask.wait_for(timeout=10000)
        page.wait_for_timeout(500)   # a double click is not an answer
        ask.click()
        until(lambda: says('4 cancelled', '6 of 6 done, 100 %, 1 failed'), 'all are cancelled')
        until(lambda: nb.view(3).get_by_role('button').count() == 0 or not nb.view(3).get_by_role('button').first.is_visible(), 'there is nothing to cancel')

        retry = view.get_by_role('button', name='Retry failed')
        assert retry.is_visible(), 'what failed may be tried again'
        nb.run(4)
        until(lambda: says('short', '2 of 2 done', n=4) and nb.view(4).get_by_role('button', name='Retry failed').is_visible(), 'a batch that ended offers it too')
        nb.run(5)
        nb.view(4).get_by_role('button', name='Retry failed').click()
        until(lambda: says('short.again', '1 completed', n=4) and nb.view(4).count() == 0, 'it is tried again, and then the view is over')
        page.screenshot(path=tmp_path/'ended.png')
        nb.run(6)
        for n in (1, 3, 4): until(lambda n=n: nb.view(n).count() == 0 and nb.output(n).get_by_role('button').count() == 0, 'the tracker is closed: nothing to click is left')
        assert says('6 of 6 done') and says('short.again', n=4)
        nb.save()
        nb.open(f'{url}/lab/tree/batch.ipynb', len(CELLS))
        until(lambda: says('6 of 6 done') and says('short.again', n=4), 'the saved notebook is readable')
        assert 'Error displaying widget' not in page.content()
