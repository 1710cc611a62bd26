"""Make the package from the notebooks: `nbdev-export`, which has no hook for what comes after it, and then the stubs (tools/stubs.py)."""
import subprocess, sys
from pathlib import Path
import stubs

ROOT = Path(__file__).resolve().parent.parent

if __name__ == '__main__':
    subprocess.run([Path(sys.executable).with_name('nbdev-export')], cwd=ROOT, check=True)
    stubs.write()
