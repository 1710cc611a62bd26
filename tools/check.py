"""All checks of the project, in order, each with a heading and the time it took. What `make test` runs once things are set up.

Every check runs even when an earlier one failed, so that one run tells everything; the last words of those that failed are said again at the end.
Ends with status 1 if any failed.
Notebooks and tests find a Docker engine at DOCKER_HOST, where there is one or one can be started."""
import os, subprocess, sys, tempfile, threading, time
from contextlib import ExitStack
from pathlib import Path
from needs import dockerd, engine
from services import Docker
from tidy import LeftBehind, OwnTmp

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

CHECKS = [  # what is checked, and how
    ('export and clean leave the tree unchanged', [sys.executable, 'tools/unchanged.py']),
    ('ruff: real faults',                         ['ruff', 'check', '--quiet', '.']),
    ('README.md is made from nbs/index.ipynb',    [sys.executable, 'tools/readme.py', '--check']),
    ('nbdev-test: the notebooks run',             ['nbdev-test']),
    ('pytest: tests',                             ['pytest', 'tests', '-n', '2', '--dist', 'loadfile', '--no-loadscope-reorder', '--durations', '12']),
    ('pytest: stored outputs of the notebooks',   ['pytest', '--nbval-lax', '--nbval-current-env', 'nbs']),
]
LONG = {'nbdev-test': ['--flags', 'slow'], 'pytest': ['--timeout', '1800']}

WORDS = 6000  # bytes of a failed check's output that are said again

def run(cmd, env):
    "Runs a check with its output shown. Its status, and its last words."
    tail = bytearray()
    def show():
        while got := os.read(p.stdout.fileno(), 65536):
            sys.stdout.buffer.write(got), sys.stdout.buffer.flush()
            tail.extend(got)
            del tail[:-WORDS]
    with subprocess.Popen(cmd, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as p:
        (reader := threading.Thread(target=show, daemon=True)).start()
        try: p.wait()
        except KeyboardInterrupt:   # the check got it too, and is cleaning up
            p.wait(60)
            raise
        reader.join(5)   # somebody who was left behind may hold the pipe open
        return p.returncode, bytes(tail).decode(errors='replace')

def look_after(cmd, env):
    "Runs a check with a temporary folder of its own, in which it may leave nothing. pytest's own folders stay where they always are: it keeps the last three."
    done, env = (1, ''), env | {'PYTEST_DEBUG_TEMPROOT': env.get('PYTEST_DEBUG_TEMPROOT', tempfile.gettempdir())}
    try:
        with OwnTmp() as own: done = run(cmd, env | {'TMPDIR': str(own.folder)})
    except LeftBehind as e:
        print(e, flush=True)
        return done[0] or 1, f'{done[1]}\n{e}'
    return done

def main(long):
    with ExitStack() as stack:
        if not engine() and dockerd(): os.environ['DOCKER_HOST'] = stack.enter_context(Docker()).url
        return checks(long)

def checks(long):
    env = os.environ | dict(PATH=f'{BIN}{os.pathsep}{os.environ.get("PATH", "")}', VIRTUAL_ENV=str(BIN.parent), HYPOTHESIS_PROFILE='long' if long else os.environ.get('HYPOTHESIS_PROFILE', 'quick'))
    failed, begun = [], time.monotonic()
    for n, (what, cmd) in enumerate(CHECKS, 1):
        print(f'\n==> {n}/{len(CHECKS)} {what}', flush=True)
        start = time.monotonic()
        status, words = look_after(cmd + (LONG.get(cmd[0], []) if long else []), env)
        print(f'    {"ok" if not status else f"FAILED with status {status}"}, {time.monotonic()-start:.1f} s', flush=True)
        if status: failed.append((what, words))
    for what, words in failed: print(f'\n==> the last words of: {what}\n{words}', flush=True)
    print(f'\n==> {len(CHECKS)-len(failed)} of {len(CHECKS)} checks passed in {time.monotonic()-begun:.0f} s' + ''.join(f'\n    failed: {what}' for what, _ in failed), flush=True)
    return bool(failed)

if __name__ == '__main__':
    try: sys.exit(main('--long' in sys.argv))
    except KeyboardInterrupt: sys.exit(130)
