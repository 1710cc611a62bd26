"""The first cells that anybody types, in a real JupyterLab and a real browser; the kernel is killed between them, and a fresh one shows all of it."""
import os, signal

import pytest
from browser import chromium, until
from lab import Notebook, jupyter_lab

pytestmark = [pytest.mark.needs('chromium'), pytest.mark.timeout(400)]

CELLS = ['''
import os, time
from pathlib import Path
from cjm_jobtrack import Jobs, batch, jobs, run, track, use
use(Jobs(slots=4))
Path('kernel').write_text(str(os.getpid()))
def count(n):
    for i in track(range(n), message='counting'): time.sleep(.05)
    return n
run(count, 2000)
''', '''
run(['sh', '-c', 'echo "Progress: 40%"; while [ ! -e go ]; do sleep .05; done; echo done > made.txt', 'made.txt'], name='a program')
''', '''
job = run(count, 3)
await job
''', '''
for name in 'abc': Path(f'{name}.txt').write_text(name)
night = batch('wc -c {}', '*.txt', id='night')
night
''', '''
jobs()
''']
AFTER = '''
from cjm_jobtrack import jobs
jobs()
'''

@pytest.fixture(autouse=True)
def own_record(monkeypatch):
    "JupyterLab has a home of the test's own, and the usual record lies in it."
    for name in 'XDG_STATE_HOME', 'JOBTRACK_URL': monkeypatch.delenv(name, raising=False)

def test_the_first_cells_and_a_killed_kernel(tmp_path, request):
    work = tmp_path/'work'
    request.addfinalizer((work/'go').touch)   # the program ends, however this does
    with jupyter_lab(tmp_path, first=CELLS, after=[AFTER, 'jobs().close()']) as url, chromium() as browser:
        page = browser.new_context(viewport=dict(width=1280, height=1000)).new_page()
        nb = Notebook(page)
        nb.open(f'{url}/lab/tree/first.ipynb', len(CELLS))
        nb.run(0)
        function = nb.view(0)
        function.wait_for(timeout=60000)
        until(lambda: 'counting' in function.inner_text() and '%' in function.inner_text(), 'the function moves')
        nb.run(1)
        until(lambda: '40 %' in nb.view(1).inner_text(), 'the program shows how far it is')
        nb.run(2)
        assert nb.outputs(2)[-1]['data']['text/plain'] == '3'
        nb.run(3)
        until(lambda: nb.output(3).inner_text().count('completed') >= 3, 'the batch shows its jobs and their end')
        nb.run(4)
        until(lambda: all(word in nb.output(4).inner_text() for word in ('a program', 'count', 'wc -c')), 'all that is on record')

        os.kill(int((work/'kernel').read_text()), signal.SIGKILL)
        nb.open(f'{url}/lab/workspaces/another/tree/after.ipynb', 2)   # a page without the notebook whose kernel has died
        nb.run(0)
        until(lambda: 'a program' in nb.output(0).inner_text() and 'running' in nb.output(0).inner_text(), 'the program is there and goes on')
        (work/'go').touch()
        until(lambda: 'failed' in nb.output(0).inner_text() and 'running' not in nb.output(0).inner_text().replace('0 running', ''), 'all have ended: the function with its kernel')
        nb.run(1)
    assert (work/'made.txt').exists()
