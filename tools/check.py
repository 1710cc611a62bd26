"""All checks of the project, in order, each with a heading and the time it took. What `make test` runs once things are set up.

    check.py [--long] [--random [SEED]] [--workers N] [NAME ...]

NAME: only the lessons and tests of a package (store) or a module (database), for the work in between, without the exhaustive tests (of a queue, also those on PostgreSQL). --random: tests in an order of chance.

Every check runs even when an earlier one failed, so that one run tells everything. What failed runs once more at the end, alone. A test that
passes then is flaky: it is told with its traceback and counted, and more than three of them fail the run. The cells of a notebook count as one: without a kernel all of them fail. Ends with status 1 if anything failed.
Notebooks and tests find a Docker engine at DOCKER_HOST, where there is one or one can be started."""
import argparse, json, os, random, re, signal, subprocess, sys, tempfile, threading, time, uuid
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from needs import dockerd, engine, may_mount
from services import Docker, discard
from tidy import MARK, LeftBehind, OwnTmp, describe_process, end_processes, started_here

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
WORDS = 6000   # bytes of a failed check's output that are said again
FLAKY = 3      # so many flaky tests are let pass

@dataclass
class Check:
    what:str                 # For the heading
    cmd:list[str]
    again:list[str]|None=None  # How to run once more, alone, what failed; its names follow. None: it is not run again
    kind:str=''              # 'lessons': notebooks by nbdev-test; 'tests': of pytest; 'outputs': notebooks by pytest
    failed:dict[str, list[str]]=field(default_factory=dict)  # name -> tracebacks
    left:list[str]=field(default_factory=list)   # What is left behind, a line each, the first a heading
    status:int=0
    words:str=''             # The last of its output

KEPT = ['-o', 'tmp_path_retention_policy=failed']
OUTPUTS = ['pytest', '--nbval-lax', '--nbval-current-env']

def all_checks(args) -> list[Check]:
    "What is checked, and how."
    notebooks, tests = chosen(args.names) if args.names else (['nbs'], ['tests'])
    workers = ['-n', str(args.workers or (5 if args.names else 3))]
    order = ['-p', 'randomly', f'--randomly-seed={args.random}', '--randomly-dont-reset-seed'] if args.random is not None else []
    lessons = ['--file-re', '^(' + '|'.join(re.escape(Path(n).name) for n in notebooks) + ')$'] if args.names else []
    flags = ['--flags', 'slow'] if args.long else []
    patience = ['--timeout', '1800'] if args.long else []
    brief = ['-m', 'not exhaustive'] if args.names and not args.long else []
    spread = ['--dist', 'load'] if args.names else ['--dist', 'loadfile', '--no-loadscope-reorder']
    found = [
        Check('export and clean leave the tree unchanged', [sys.executable, 'tools/unchanged.py']),
        Check('ruff: real faults', ['ruff', 'check', '--quiet', '.']),
        Check('README.md is made from nbs/index.ipynb', [sys.executable, 'tools/readme.py', '--check'])]
    if notebooks: found.append(Check('nbdev-test: the notebooks run', ['nbdev-test', *flags, *lessons], ['nbdev-test', *flags, '--n-workers', '0'], 'lessons'))
    if tests: found.append(Check('pytest: tests', ['pytest', *tests, *workers, *spread, '--durations', '12', *KEPT, *order, *brief, *patience], ['pytest', *patience], 'tests'))
    if notebooks: found.append(Check('pytest: stored outputs of the notebooks', [*OUTPUTS, '-n', '3', '--dist', 'loadfile', *patience, *notebooks], [*OUTPUTS, *patience], 'outputs'))
    return found

def chosen(names:list[str]) -> tuple[list[str], list[str]]:
    "The notebooks and the test files of packages and modules. A name that is both, such as `queue`, is the package."
    notebooks = {p: module_of(p) for p in sorted((ROOT/'nbs').rglob('*.ipynb')) if '.ipynb_checkpoints' not in p.parts}
    tests = sorted((ROOT/'tests').rglob('test_*.py'))
    packages = {package for package, _ in notebooks.values()} - {'nbs'}
    found_notebooks, found_tests, unknown = [], [], []
    for name in names:
        found = [p for p, (package, module) in notebooks.items() if name == (package if name in packages else module)]
        files = [p for p in tests if (p.parent.name == name if name in packages else re.fullmatch(rf'test_{name}(_.*)?', p.stem))]
        if not found and not files: unknown.append(name)
        found_notebooks += [str(p.relative_to(ROOT)) for p in found]
        found_tests += [str(p.relative_to(ROOT)) for p in files]
    if unknown:
        modules = sorted(module for _, module in notebooks.values())
        sys.exit(f'No package or module {", ".join(unknown)}. Packages: {", ".join(sorted(packages))}. Modules: {", ".join(modules)}')
    return list(dict.fromkeys(found_notebooks)), list(dict.fromkeys(found_tests))

def module_of(notebook:Path) -> tuple[str, str]:
    "The package and the module that a notebook makes."
    return notebook.parent.name, re.sub(r'^\d+_', '', notebook.stem)

# Running

ROOM = 4 << 30   # bytes of memory that temporary files may take, where twice as much is available

@contextmanager
def in_memory():
    """Within it temporary files are in memory, where it may be mounted and there is room: on a disk every commit waits for a sync, for milliseconds.

    It is not below /dev/shm: containers are given nothing of /dev. A TMPDIR of your own is used as it is; what failed tests leave for a look is there afterwards, too."""
    with ExitStack() as stack:
        if 'TMPDIR' not in os.environ and may_mount() and psutil.virtual_memory().available > 2*ROOM: stack.enter_context(memory_folder())
        yield

@contextmanager
def memory_folder():
    "A folder in memory, in the place of the system's for temporary files; removed with all that is in it."
    was, folder = tempfile.gettempdir(), Path(tempfile.mkdtemp(prefix='m-'))   # a short name: sockets are in it
    try:
        mounted = subprocess.run(['mount', '-t', 'tmpfs', '-o', f'size={ROOM},mode=1777', 'jobtrack-check', folder]).returncode == 0
        if mounted: tempfile.tempdir = str(folder)   # else this machine forbids it, and we stay on the disk
        yield folder
    finally:
        tempfile.tempdir = was
        discard(folder)

def run(cmd, env, shown=True) -> tuple[int, str]:
    "Runs a command. Its status, and its output, less what is in the middle of a long one."
    output = bytearray()
    def read():
        while got := os.read(p.stdout.fileno(), 65536):
            if shown: sys.stdout.buffer.write(got), sys.stdout.buffer.flush()
            output.extend(got)
            if len(output) > 1 << 22: del output[1 << 20:-1 << 20]
    with subprocess.Popen(cmd, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as p:
        (reader := threading.Thread(target=read, daemon=True)).start()
        try: p.wait()
        except KeyboardInterrupt:   # the check got it too, and is cleaning up
            p.wait(60)
            raise
        except SystemExit:          # we were asked to end
            p.send_signal(signal.SIGINT)
            p.wait(60)
            raise
        reader.join(5)   # somebody who was left behind may hold the pipe open
        return p.returncode, bytes(output).decode(errors='replace')

def look_after(cmd, env, shown=True) -> tuple[int, str, list[str]]:  # As from `run`, and what is left
    """Runs a command with a temporary folder of its own. It may leave nothing in it, and no process.

    pytest's own folders are beside it: it keeps the last three, less those of tests that passed."""
    mark, status, output, left = str(uuid.uuid4()), 1, '', []
    env = env | {MARK: mark, 'PYTEST_DEBUG_TEMPROOT': env.get('PYTEST_DEBUG_TEMPROOT', tempfile.gettempdir())}
    try:
        with OwnTmp() as own:
            status, output = run(cmd, env | {'TMPDIR': str(own.folder)}, shown)
            left += processes_left(mark)
    except LeftBehind as e: left += str(e).splitlines()
    if left: print(*left, sep='\n', flush=True)
    return status or bool(left), '\n'.join([output, *left]), left

def processes_left(mark:str, patience:float=10.) -> list[str]:
    "Ends the processes that a check has left. What they were."
    end = time.monotonic() + patience
    while (left := started_here(mark)) and time.monotonic() < end: time.sleep(.05)
    if not left: return []
    told = [f'{describe_process(p)}, begun by {beginner(p)}' for p in left]
    end_processes(lambda: started_here(mark))
    return ['left behind:', *told]

def beginner(p) -> str:
    "The test that began a process."
    try: return p.environ().get('PYTEST_CURRENT_TEST', 'somebody')
    except psutil.Error: return 'somebody'

def check(c:Check, env) -> None:
    "Runs a check, and notes what failed."
    c.failed, c.status, output, c.left = once(c, c.cmd, env)
    c.words = output[-WORDS:]

def once(c:Check, cmd, env, shown=True) -> tuple[dict, int, str, list[str]]:  # name -> tracebacks, and as from `look_after`
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder)/'failures.json'
        with_file = ['--failures', str(file)] if c.kind in ('tests', 'outputs') else []
        status, output, left = look_after(cmd + with_file, env, shown)
        failed = json.loads(file.read_text()) if file.exists() else {}
    if c.kind == 'lessons': failed = failed_lessons(output)
    return failed, status, output, left

def failed_lessons(output:str) -> dict[str, list[str]]:
    "The notebooks of which nbdev-test says that they failed, each with what was said of it."
    told = output.partition('nbdev Tests Failed On The Following Notebooks:')[2]
    return {name: [passage(output, name)] for name in re.findall(r'^\t(\S+\.ipynb)$', told, re.M)}

def passage(output:str, name:str) -> str:
    "Where a notebook is first spoken of, and what follows."
    at = output.find(name)
    return output[max(0, at-500):at+WORDS]

# Once more, alone

def names_of(c:Check) -> list[str]:
    "How to name what failed in a command."
    if c.kind == 'lessons': return ['--file-re', '^(' + '|'.join(map(re.escape, c.failed)) + ')$']
    return one_each(c, c.failed)

def once_more(checks:list[Check], env) -> list[str]:
    "Runs again what failed, and tells what came of it. The names of those that passed this time; a check of which nothing else is wrong has passed, too."
    flaky = []
    for c in checks:
        if not c.status or not c.failed or c.again is None or len(one_each(c, c.failed)) > 20: continue
        print(f'\n==> once more, alone: {len(c.failed)} that failed in {c.what}', flush=True)
        failed, status, _, left = once(c, c.again + names_of(c), env, shown=False)
        for name, first in c.failed.items():
            if name in failed: print(f'failed twice: {name}', *first, *failed[name], sep='\n', flush=True)
            else: print(f'flaky: {name}', *first, sep='\n', flush=True)
        flaky += one_each(c, [name for name in c.failed if name not in failed])
        nothing_else = c.status == 1 and not c.left and not left   # such as a run that broke off
        if nothing_else and not status: c.status = 0
    return flaky

def one_each(c:Check, names) -> list[str]:
    "Each name once; of cells their notebook."
    if c.kind == 'outputs': names = [name.partition('::')[0] for name in names]
    return list(dict.fromkeys(names))

def main(args) -> int:
    with ExitStack() as stack:
        stack.enter_context(in_memory())
        if not engine() and dockerd(): os.environ['DOCKER_HOST'] = stack.enter_context(Docker()).url
        return run_all(all_checks(args), args)

def run_all(checks:list[Check], args) -> int:
    profile = 'long' if args.long else os.environ.get('HYPOTHESIS_PROFILE', 'quick')
    env = os.environ | dict(PATH=f'{BIN}{os.pathsep}{os.environ.get("PATH", "")}', VIRTUAL_ENV=str(BIN.parent), HYPOTHESIS_PROFILE=profile)
    env.pop('PYTHONDONTWRITEBYTECODE', None)   # tests start many interpreters: modules are compiled once, not by each
    begun = time.monotonic()
    if args.random is not None: print(f'Tests in an order of chance; the same once more: ARGS="--random {args.random}"', flush=True)
    for n, c in enumerate(checks, 1):
        print(f'\n==> {n}/{len(checks)} {c.what}', flush=True)
        start = time.monotonic()
        check(c, env)
        print(f'    {"ok" if not c.status else f"FAILED with status {c.status}"}, {time.monotonic()-start:.1f} s', flush=True)
    flaky = once_more(checks, env)
    failed = [c for c in checks if c.status]
    for c in failed: print(f'\n==> the last words of: {c.what}\n{c.words}', flush=True)
    return conclude(checks, failed, flaky, time.monotonic() - begun)

def conclude(checks, failed, flaky, seconds) -> int:  # exit status
    print(*(f'    failed: {c.what}' for c in failed), *(f'    flaky: {name}' for name in flaky), sep='\n')
    many = f', which is more than {FLAKY}: this fails the run' if len(flaky) > FLAKY else ''
    print(f'\n==> {len(checks)-len(failed)} of {len(checks)} checks passed in {seconds:.0f} s' + (f', {len(flaky)} flaky{many}' if flaky else ''), flush=True)
    return 1 if failed or many else 0

def read_args():
    p = argparse.ArgumentParser(prog='make test', usage='make test [ARGS="[--random [SEED]] [--workers N] [NAME ...]"]', description='Run every check, or those of a package or module')
    p.add_argument('--long', action='store_true', help='with slow cells and tests and many more examples')
    p.add_argument('--random', nargs='?', type=int, const=random.randrange(1 << 32), metavar='SEED', help='tests in an order of chance, or in that of a seed')
    p.add_argument('--workers', type=int, metavar='N', help='processes that share the tests: 3, or 5 for a package, as tests often wait')
    p.add_argument('names', nargs='*', metavar='NAME', help='a package (store) or a module (database)')
    return p.parse_args()

if __name__ == '__main__':
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))   # what was mounted and begun goes with us
    try: sys.exit(main(read_args()))
    except KeyboardInterrupt: sys.exit(130)
