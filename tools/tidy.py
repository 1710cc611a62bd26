"""Looks at what tests leave behind: threads, processes, temporary files and mounts.

    with OwnTmp() as own: ...     # TMPDIR of this process and of all that it starts; raises `LeftBehind` in the end if something is left

    leaks = LeakDetector(session, own)   # what is there now belongs to it
    leaks.settle()                # what has been left since, a line each
    leaks.accept()                # what is there by now belongs to it, too

What a process that is killed cannot clean belongs in a folder of the test's own: give such a process a TMPDIR there."""
import gc, os, tempfile, threading, time, weakref
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from services import discard, mounts_below

class LeftBehind(Exception):
    "Threads, processes, temporary files, folders or mounts that are there after the end."

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
        mounts = mounts_below(self.folder, *self.folders)
        return [self._line(n) for n in sorted(os.listdir(self.folder))] + [f'mount {at}' for at in mounts]

    def _line(self, name):
        since = f', there since {self.by[name]}' if name in self.by else ''
        return describe_path(self.folder/name, since)

    def __exit__(self, kind, *exc):
        env, tempfile.tempdir = self._was
        if env is None: del os.environ['TMPDIR']
        else: os.environ['TMPDIR'] = env
        end = time.monotonic() + (self.patience if kind is None else 0)
        while (left := self.left()) and time.monotonic() < end: time.sleep(.05)
        discard(self.folder)
        if left and kind is None: raise LeftBehind('left behind:\n' + '\n'.join(left))

def describe_path(path:Path, note:str='') -> str:
    "A file or folder, and the first files in it."
    held = [str(p.relative_to(path.parent)) for p in sorted(path.rglob('*')) if not p.is_dir()]
    shown = f', with {", ".join(held[:5])}{", …" if held[5:] else ""}' if held else ''
    return f'{path}{note}{shown}'

# What a test has begun. Threads and processes name their beginners, so that who comes later is not blamed

MARK = 'JOBTRACK_TEST_SESSION'   # In the environment of everything that tests start, detached or not
HELPERS = 'multiprocessing.resource_tracker', 'multiprocessing.forkserver'   # Python's own: they end with the interpreter

def _environment(p:psutil.Process) -> dict[str, str]:
    "Of a process. In the middle of `execve` it shows none for an instant."
    while not (environment := p.environ()) and time.time() - p.create_time() < 1: time.sleep(.005)
    return environment

def started_here(session:str, but:frozenset=frozenset()) -> list[psutil.Process]:
    "Processes that carry the mark of a session, less those of known ids."
    found = []
    for pid in set(psutil.pids()) - but - {os.getpid()}:
        with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            p = psutil.Process(pid)
            ours = p.status() != psutil.STATUS_ZOMBIE and _environment(p).get(MARK) == session
            if ours and not any(h in describe_process(p) for h in HELPERS): found.append(p)
    return found

def describe_process(p:psutil.Process) -> str:
    try: return f'{p.pid} {" ".join(p.cmdline())[:200]}'
    except psutil.NoSuchProcess: return f'{p.pid} (ended just now)'

def end_processes(find, patience:float=10.) -> None:
    "Kill what `find` finds until there is nothing; one may begin another meanwhile."
    end = time.monotonic() + patience
    while (left := find()) and time.monotonic() < end:
        for p in left:
            with suppress(psutil.NoSuchProcess): p.kill()
        psutil.wait_procs(left, timeout=1)

@contextmanager
def remembering_beginners():
    "Within it every thread knows who began it: `thread.begun_by`."
    start = threading.Thread.start
    def remember(self):
        self.begun_by = threading.current_thread()
        start(self)
    threading.Thread.start = remember
    try: yield
    finally: threading.Thread.start = start

def beginners(thread:threading.Thread) -> list[threading.Thread]:
    "A thread, who began it, who began that one, and so on."
    found = [thread]
    while (thread := getattr(thread, 'begun_by', None)) is not None and thread not in found: found.append(thread)
    return found

class LeakDetector:
    "What belongs to a session of tests, and what is new: left by the test that has just ended."
    def __init__(self,
        session:str,         # What MARK says in the environment of its processes
        tmp:OwnTmp,          # Where its temporary files are
        patience:float=10.,  # Longest wait for those that are just ending, seconds
        lasting:tuple[str, ...]=('services',),  # How threads begin their names that live as long as the session
    ):
        self.session, self.tmp, self.folder, self.lasting = session, tmp, tmp.folder, lasting
        self.patience = patience
        self.threads, self.pids, self.own, self.files = weakref.WeakSet(), frozenset(), set(), set()
        self.accept()

    def _files(self) -> set[str]: return set(os.listdir(self.folder)) if self.folder.exists() else set()

    def accept(self, who:str='') -> None:
        "What is there now is no leak, nor what that begins later."
        if who: self.tmp.note(who)
        self.threads.update(threading.enumerate())
        self.own |= {p.pid for p in started_here(self.session, self.pids)}
        self.pids, self.files = frozenset(psutil.pids()), self._files()
        self.own &= self.pids

    def left_threads(self) -> list[threading.Thread]:
        main = threading.main_thread()
        def known(t): return t.name.startswith(self.lasting) or any(b in self.threads for b in beginners(t) if b is not main)
        return [t for t in threading.enumerate() if not isinstance(t, threading._DummyThread) and t is not main and not known(t)]

    def left_processes(self) -> list[psutil.Process]: return [p for p in started_here(self.session, self.pids) if not self._known(p)]

    def _known(self, p) -> bool:
        "Whether it comes from one that is no leak, or names a folder that does: shims of containers."
        try: return any(a.pid in self.own for a in p.parents()) or any(str(self.folder/f) in word for f in self.files for word in p.cmdline())
        except psutil.Error: return True   # it has ended

    def left_files(self) -> list[Path]: return [self.folder/name for name in sorted(self._files() - self.files)]

    def left(self) -> list[str]:
        "What is new, a line each."
        threads = [f'thread {t.name}' for t in self.left_threads()]
        processes = [f'process {describe_process(p)}' for p in self.left_processes()]
        return threads + processes + [describe_path(p) for p in self.left_files()]

    def settle(self) -> list[str]:
        "What is still there when those that are just ending have had their time. Then it is ended or removed, where that can be, and accepted."
        end = time.monotonic() + self.patience
        while (left := self.left()) and time.monotonic() < end:
            gc.collect()
            time.sleep(.02)
        if left:
            end_processes(self.left_processes)
            for p in self.left_files(): discard(p) if p.is_dir() else p.unlink(missing_ok=True)
        self.accept()
        return left
