"""The monitor in a real JupyterLab, in a real browser: live beside a busy cell, cancelled by a click, marked when its kernel is gone."""
from functools import partial

import httpx, pytest
from browser import chromium, until
from lab import BESIDE_CELLS, PANEL, TOKEN, Notebook, jupyter_lab, marked

pytestmark = [pytest.mark.needs('chromium'), pytest.mark.timeout(400)]

CELLS = ['''
import time
from cjm_jobtrack import CallRunner, JobQueue, JobTracker, monitor
def count(n, report):
    for i in range(n):
        if report.cancelled: return
        report.progress(100 * (i+1) / n, f'step {i+1} of {n}')
        report.log(f'<i>step {i+1}</i>\\n'.encode())
        time.sleep(.05)
tracker = JobTracker()
queue = JobQueue(tracker, [CallRunner({'count': count})])
queue.start()
job = tracker.create_job('count <b>up</b>', spec={'func': 'count', 'kwargs': {'n': 3000}})
queue.submit(job);
''', '''
monitor(job)
''', '''
end = time.monotonic() + SECONDS
while time.monotonic() < end and not job.is_terminal: pass
print('the cell saw', job.status.value)
''', '''
second = tracker.create_job('count on', spec={'func': 'count', 'kwargs': {'n': 6000}})
queue.submit(second)
view = monitor(second)
''']

ENDED = ['''
import time
from cjm_jobtrack import CallRunner, JobQueue, JobTracker, monitor
tracker, runner = JobTracker(), CallRunner()
queue = JobQueue(tracker, runner, slots=2).start()
def wrong(): 1/0
def right(report):
    report.progress(40, 'decoding')
    while not tracker.get_job('go').is_terminal: time.sleep(.01)
tracker.create_job('go', id='go')
def show(f): return monitor(queue.submit(tracker.create_job(f.__name__, spec=runner.call(f))))
''', 'show(wrong)', 'show(right)', 'tracker.mark_cancelled("go");', 'tracker.close(); queue.stop();']

def percent(view): return float(view.get_by_role('progressbar').get_attribute('aria-valuenow') or 0)

def test_live_in_jupyterlab(tmp_path):
    cells = [c.replace('SECONDS', '90' if BESIDE_CELLS else '12') for c in CELLS]
    with jupyter_lab(tmp_path, live=cells) as url, chromium() as browser:
        page = browser.new_context(viewport=dict(width=1280, height=900)).new_page()
        nb = Notebook(page)
        nb.open(f'{url}/lab/tree/live.ipynb', len(CELLS))
        nb.run(0)
        nb.run(1)
        view = nb.view(1)
        view.wait_for(timeout=60000)
        assert nb.page.locator('.jobtrack-live').count() == 1, 'shown once, although it is the last line of its cell'

        nb.begin(2)   # a cell that computes until the job has ended
        until(lambda: nb.kernel() == 'busy', 'the cell runs')
        first = percent(view)
        until(lambda: percent(view) > first + 1, 'the bar moves while the cell computes')
        assert 'step' in view.inner_text() and '<i>step' in view.inner_text(), 'the log, escaped'
        assert view.locator('i, script').count() == 0 and 'count <b>up</b>' in view.inner_text()
        assert nb.kernel() == 'busy' and not marked(view)

        view.get_by_role('button', name='Cancel').click()
        saw = until(lambda: ''.join(o.get('text', '') for o in nb.outputs(2)), 'the running cell ends', 60)
        assert saw == f'the cell saw {"cancelled" if BESIDE_CELLS else "running"}\n'
        until(lambda: 'cancelled' in nb.output(1).inner_text(), 'the view says so')
        until(lambda: view.count() == 0 and nb.output(1).get_by_role('button').count() == 0, 'nothing is left to click')
        until(lambda: 'cancelled' in ''.join(nb.outputs(1)[0]['data']['text/html']), 'the static face is that of the end')
        assert 'not live' not in nb.output(1).inner_text(), 'what has ended is not called dead'

        nb.run(3)
        view = nb.view(3)
        view.wait_for(timeout=60000)
        until(lambda: percent(view) > 0 and not marked(view), 'the second view is live')

        nb.save()
        until(lambda: 'count on' in (tmp_path/'work/live.ipynb').read_text(), 'saved')
        nb.open(f'{url}/lab/tree/live.ipynb', len(CELLS))
        view.wait_for(timeout=60000)
        first = percent(view)
        until(lambda: percent(view) > first and not marked(view), 'it is live again in a page that was reloaded')
        assert view.get_by_role('button', name='Cancel').count() == 1

        page.evaluate(f'{PANEL}.sessionContext.session.kernel.restart()')
        until(lambda: marked(view), 'the view of a dead kernel says so')
        assert 'not live: its kernel has ended' in view.inner_text()

@pytest.mark.parametrize('where', ['lab/tree', 'notebooks'])
def test_a_saved_notebook_is_readable_without_its_kernel(tmp_path, where):
    "In JupyterLab and in Notebook 7: as the page is at the end, as it is when the kernel is gone, and the next day."
    ends = {1: ('wrong', 'failed', 'division by zero'), 2: ('right', 'completed', 'took')}
    with jupyter_lab(tmp_path, ended=ENDED) as url, chromium() as browser:
        page = browser.new_context(viewport=dict(width=1100, height=800)).new_page()
        nb = Notebook(page)
        nb.open(f'{url}/{where}/ended.ipynb', len(ENDED))
        for n in range(3): nb.run(n)
        nb.view(2).get_by_role('button', name='Cancel').wait_for()
        until(lambda: '40 %' in nb.view(2).inner_text() and nb.view(1).count() == 0, 'one lives, one ended at once')
        nb.run(3)
        until(lambda: nb.view(2).count() == 0, 'the second has ended')

        def said(n, words): return all(w in nb.output(n).inner_text() for w in words)
        def readable():
            for n, words in ends.items():
                until(partial(said, n, words), f'{words} in cell {n}')
                assert nb.output(n).locator('button, .jupyter-widgets').count() == 0
            return 'Error displaying widget' not in page.content() and 'model not found' not in page.content()

        assert readable()
        nb.run(4)
        nb.save()
        until(lambda: 'completed' in (tmp_path/'work/ended.ipynb').read_text(), 'saved')
        page.evaluate(f'{PANEL}.sessionContext.shutdown()')
        until(lambda: not httpx.get(f'{url}/api/kernels', params={'token': TOKEN}).json(), 'the kernel is gone')
        assert readable()
        nb.open(f'{url}/{where}/ended.ipynb', len(ENDED))
        assert readable() and not nb.page.locator('.jobtrack-live').count()
        page.screenshot(path=tmp_path/'next_day.png')
