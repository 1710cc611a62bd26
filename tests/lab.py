"""A real JupyterLab for the tests that need one, and its notebook as a user drives it."""
import os, subprocess, sys
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import httpx, nbformat
from browser import free_port, until

TOKEN = 'a-token-for-this-test'
BESIDE_CELLS = int(version('ipykernel').split('.')[0]) >= 7   # before that a click waits for the running cell, and is not lost

def write_notebook(path:Path, cells):
    kernel = dict(display_name='Python 3 (ipykernel)', language='python', name='python3')
    cells = [nbformat.v4.new_code_cell(c.strip('\n')) for c in cells]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=dict(kernelspec=kernel)), path)

@contextmanager
def jupyter_lab(folder:Path, **notebooks):
    "A JupyterLab with homes of its own below `folder`, and notebooks, name -> cells, in `folder/work`; yields its address."
    port = free_port()
    homes = {k: str(folder/v) for k, v in dict(HOME='home', JUPYTER_CONFIG_DIR='config', JUPYTER_DATA_DIR='data', JUPYTER_RUNTIME_DIR='runtime', IPYTHONDIR='ipython', TMPDIR='tmp').items()}
    for h in homes.values(): Path(h).mkdir(parents=True)
    work = folder/'work'
    work.mkdir()
    for name, cells in notebooks.items(): write_notebook(work/f'{name}.ipynb', cells)
    with open(folder/'lab.log', 'wb') as log:
        lab = subprocess.Popen([sys.executable, '-m', 'jupyterlab', '--no-browser', '--allow-root', '--ip=127.0.0.1', f'--port={port}', '--ServerApp.port_retries=0',
                                f'--IdentityProvider.token={TOKEN}', '--expose-app-in-browser', '--JupyterNotebookApp.expose_app_in_browser=True', f'--ServerApp.root_dir={work}'], cwd=work, env=os.environ | homes, stdout=log, stderr=log)
        try:
            url = f'http://127.0.0.1:{port}'
            def answers():
                assert lab.poll() is None, (folder/'lab.log').read_text()
                try: return httpx.get(f'{url}/api/status', params={'token': TOKEN}, timeout=2).status_code == 200
                except httpx.TransportError: return False
            until(answers, 'JupyterLab answers', 120)
            yield url
        finally:
            try:
                for k in httpx.get(f'{url}/api/kernels', params={'token': TOKEN}).json(): httpx.delete(f'{url}/api/kernels/{k["id"]}', params={'token': TOKEN}, timeout=20)
            finally:
                lab.terminate()
                try: lab.wait(20)
                except subprocess.TimeoutExpired: lab.kill()

PANEL = 'window.jupyterapp.shell.currentWidget'

class Notebook:
    "The open notebook, driven as a user would."
    def __init__(self, page): self.page = page
    def begin(self, n):
        "Run cell `n`; do not wait for it."
        self.page.evaluate(f'n => {{ {PANEL}.content.activeCellIndex = n; window.jupyterapp.commands.execute("notebook:run-cell") }}', n)
    def outputs(self, n): return self.page.evaluate(f'n => {PANEL}.content.widgets[n].model.outputs.toJSON()', n)
    def kernel(self): return self.page.evaluate(f'{PANEL}.sessionContext.session?.kernel?.status')
    def run(self, n):
        self.begin(n)
        self.page.wait_for_function(f'n => {PANEL}.content.widgets[n].model.executionState === "idle" && {PANEL}.content.widgets[n].model.executionCount', arg=n, timeout=60000)
    def open(self, address, cells):
        self.page.goto(f'{address}?token={TOKEN}')
        self.page.wait_for_function(f'window.jupyterapp && {PANEL}?.sessionContext?.session?.kernel?.status === "idle" && {PANEL}.content.widgets.length >= {cells}', timeout=60000)
    def save(self): self.page.evaluate('window.jupyterapp.commands.execute("docmanager:save")')
    def output(self, n): return self.page.locator('.jp-Cell').nth(n).locator('.jp-OutputArea')
    def view(self, n): return self.page.locator('.jp-Cell').nth(n).locator('.jobtrack-live')

def marked(view):
    "Whether the mark of a dead view is to be seen."
    mark = view.locator('.jobtrack-old')
    return mark.evaluate('e => getComputedStyle(e).visibility === "visible" && parseFloat(getComputedStyle(e).fontSize) > 5') if mark.count() else False
