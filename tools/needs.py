"""What the tests need that pip cannot bring: one row each.

`make test` installs the Debian packages of the rows that are absent, where it may. A test says `@pytest.mark.needs('chromium')`
and takes the place of the thing from `where('chromium')`; without it the test is skipped and says so."""
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


def program(*names): return lambda: next(filter(None, map(shutil.which, names)), None)

def folder(path): return lambda: path if Path(path).is_dir() else None

@dataclass(frozen=True)
class Need:
    name:str                          # What tests call it
    packages:tuple[str, ...]          # Debian packages that bring it
    find:Callable[[], str | None]     # Where it is; None: absent
    skipped:str                       # What stays untested without it

NEEDS = {need.name: need for need in (
    Need('chromium', ('chromium', 'fonts-dejavu-core'), program('chromium', 'chromium-browser', 'google-chrome'),
         'the monitor in JupyterLab and the web page, in a real browser'),
    Need('speech', ('pocketsphinx-testdata',), folder('/usr/share/pocketsphinx/test/data'),
         'human speech through the `transcribe` pipeline'),
)}

def where(name:str) -> str | None:  # None: this machine does not have it
    "The place of what a row names, a path."
    return NEEDS[name].find()

def absent() -> list[Need]: return [need for need in NEEDS.values() if not need.find()]
