"""Record nbs/job.gif, the picture of the README: the first cell of the README in a real JupyterLab, from the click to the end of the job.

    picture.py          needs Chromium; takes half a minute

Run it when the cell or the look of a job changes, look at the picture, and commit it."""
import subprocess, sys, tempfile, time
from pathlib import Path

import imageio_ffmpeg
from fastcore.nbio import read_nb

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT/'tests'))
from browser import chromium  # noqa: E402
from lab import Notebook, jupyter_lab  # noqa: E402

FRAMES_A_SECOND = 8
SHOWN_AFTER = 2.   # Seconds that the ended job is shown

def first_cell() -> str:
    "The first cell of the page that a reader sees."
    cells = [c for c in read_nb(ROOT/'nbs/index.ipynb').cells if c.cell_type == 'code']
    return next(c.source for c in cells if 'hide' not in c.directives).partition('output: false\n')[2] or cells[0].source

def record(folder:Path, source:str) -> list[Path]:
    "Pictures of the cell, from before it is run until its job has ended."
    frames = []
    with jupyter_lab(folder, first=[source]) as url, chromium() as browser:
        page = browser.new_context(viewport=dict(width=1000, height=620), device_scale_factor=1).new_page()
        nb = Notebook(page)
        nb.open(f'{url}/lab/tree/first.ipynb', 1)
        page.evaluate('window.jupyterapp.commands.execute("application:toggle-left-area")')
        cell = page.locator('.jp-Cell').first
        def shoot():
            frames.append(folder/f'{len(frames):04}.png')
            page.screenshot(path=frames[-1], clip=box)
        time.sleep(1.)
        nb.begin(0)
        nb.view(0).wait_for(timeout=60000)
        time.sleep(.3)
        around = cell.bounding_box()
        box = dict(x=around['x'], y=around['y'], width=around['width'], height=around['height']+6)
        ended = None
        while ended is None or time.monotonic() < ended + SHOWN_AFTER:
            began = time.monotonic()
            shoot()
            if ended is None and 'completed' in nb.output(0).inner_text(): ended = began
            time.sleep(max(0., 1/FRAMES_A_SECOND - (time.monotonic() - began)))
    return frames

def write_gif(folder:Path, to:Path) -> None:
    palette = 'split[a][b];[a]palettegen=max_colors=64[p];[b][p]paletteuse=dither=none:diff_mode=rectangle'
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), '-y', '-v', 'error', '-framerate', str(FRAMES_A_SECOND), '-i', folder/'%04d.png',
                    '-vf', palette, '-loop', '0', to], check=True)

with tempfile.TemporaryDirectory() as folder:
    frames = record(Path(folder), first_cell())
    write_gif(Path(folder), ROOT/'nbs/job.gif')
print(f'nbs/job.gif: {len(frames)} frames, {(ROOT/"nbs/job.gif").stat().st_size:,} bytes')
