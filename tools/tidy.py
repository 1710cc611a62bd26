"""A temporary folder for a run of tests or a check, and the look at its end that nothing is left in it.

    with OwnTmp() as own: ...     # TMPDIR of this process and of all that it starts; raises `LeftBehind` in the end if something is left

What a process that is killed cannot clean belongs in a folder of the test's own: give such a process a TMPDIR there."""
import gc, os, tempfile, time
from pathlib import Path
from services import discard, mounts_below

class LeftBehind(Exception):
    "Temporary files, folders or mounts that are there after the end."

class OwnTmp:
    "A temporary folder that takes the place of the system's, short enough for sockets in it. Servers run under other accounts, so all may enter it, as the system's."
    def __init__(self,
        *folders:Path,       # More folders, below which no mount may be left
        patience:float=10.,  # Longest wait for those that are just cleaning up, seconds
    ): self.folders, self.patience, self.by = folders, patience, {}

    def __enter__(self):
        base, self._was = tempfile.gettempdir(), (os.environ.get('TMPDIR'), tempfile.tempdir)
        self.folder = Path(tempfile.mkdtemp(prefix='jt-', dir=base if len(base) < 30 else '/tmp'))
        self.folder.chmod(0o1777)
        os.environ['TMPDIR'] = tempfile.tempdir = str(self.folder)
        return self

    def note(self, who:str):
        "Whatever is new in the folder was made by `who`."
        for name in os.listdir(self.folder): self.by.setdefault(name, who)

    def left(self) -> list[str]:
        "What is left, a line each."
        gc.collect()
        return [self._line(n) for n in sorted(os.listdir(self.folder))] + [f'mount {at}' for at in mounts_below(self.folder, *self.folders)]

    def _line(self, name):
        held = [str(p.relative_to(self.folder)) for p in sorted((self.folder/name).rglob('*')) if not p.is_dir()]
        return f'{self.folder/name}' + (f', there since {self.by[name]}' if name in self.by else '') + (f', with {", ".join(held[:5])}{", …" if held[5:] else ""}' if held else '')

    def __exit__(self, kind, *exc):
        env, tempfile.tempdir = self._was
        if env is None: del os.environ['TMPDIR']
        else: os.environ['TMPDIR'] = env
        end = time.monotonic() + (self.patience if kind is None else 0)
        while (left := self.left()) and time.monotonic() < end: time.sleep(.05)
        discard(self.folder)
        if left and kind is None: raise LeftBehind('left behind:\n' + '\n'.join(left))
