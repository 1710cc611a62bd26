"""Run every benchmark, bench/*.py, one after the other; arguments are handed on."""
import subprocess, sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
files = sorted((ROOT/'bench').glob('[!_]*.py'))
if not files: print('There are no benchmarks in bench/')
failed = [f.name for f in files if subprocess.run([sys.executable, f, *sys.argv[1:]], cwd=ROOT).returncode]
if failed: sys.exit(f'failed: {", ".join(failed)}')
