"""Check that the notebooks are clean and the package is what they export: run `tools/export.py` and `nbdev-clean`, see what moved.

In a fresh clone this is `git diff --exit-code` after both. Contents are compared instead, so that it also holds in a tree with
edits that are not committed. The files are left as the tools made them: look at them and commit them."""
import hashlib, subprocess, sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

def contents() -> dict[str, str]:  # path below the root -> digest
    "What the two tools may write."
    found = [ROOT/'pyproject.toml', *(ROOT/'nbs').rglob('*'), *(ROOT/'cjm_jobtrack').rglob('*')]
    return {str(p.relative_to(ROOT)): hashlib.sha256(p.read_bytes()).hexdigest()
            for p in found if p.is_file() and not {'__pycache__', '.ipynb_checkpoints'} & set(p.parts)}

before = contents()
for cmd in ([sys.executable, 'tools/export.py'], [Path(sys.executable).with_name('nbdev-clean')]): subprocess.run(cmd, cwd=ROOT, check=True)
after = contents()
moved = sorted(p for p in before.keys() | after.keys() if before.get(p) != after.get(p))
for p in moved: print(f'{"changed" if p in before and p in after else "made" if p in after else "removed"}: {p}')
if moved: sys.exit('Notebooks and package were out of step, or not clean. Both are in step now: read the diff and commit it.')
