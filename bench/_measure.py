"""How we measure: ours and what it is held against take turns, beside a yardstick.

The speed of a shared machine changes without a sign, by almost two. So nothing is quoted alone: each sample of ours has a sample of a
floor or a peer next to it, a fixed loop of plain Python is timed around each, and a pair whose yardsticks differ is thrown away. Medians
are quoted. A missed goal is reported and is not an error.

    python bench/lifecycle.py [--quick] [--out FILE] [--only WORD]

prints what was measured; with `--out` it also adds one JSON object a line."""
import argparse, json, os, platform, shutil, statistics, sys, tempfile, threading, time
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent/'tools'))

TOLERANCE = .05  # largest difference between the yardsticks of a pair, as a part of the smaller

PATIENCE = 120.  # seconds for a sample

class Countdown:
    "Set when it was called `n` times."
    def __init__(self, n): self.left, self.done, self.lock = n, threading.Event(), threading.Lock()
    def __call__(self, *_):
        with self.lock: self.left -= 1
        if not self.left: self.done.set()
    def wait(self):
        if not self.done.wait(PATIENCE): raise TimeoutError(f'{self.left} jobs were not done in {PATIENCE} s')

def yardstick() -> float:  # seconds
    "The time of a fixed loop; the best of three, so that a single hiccup of the scheduler does not spoil it."
    def once():
        begun, n = time.perf_counter(), 0
        for i in range(150_000): n += i & 7
        return time.perf_counter() - begun
    return min(once() for _ in range(3))

@dataclass
class Result:
    "What one comparison came to."
    bench:str                 # File it is from
    what:str                  # What was measured
    unit:str                  # Of `ours` and `other`: 'jobs/s', 'ms', 'MB'
    ours:float                # Median
    goal:str                  # Such as '≥ 0.55 ×' or '≤ 1.5 ms'
    reached:bool
    other:float | None = None # Median of the floor or peer, in turns with ours
    against:str = ''          # What that is
    ratio:float | None = None # Median of ours/other, pair by pair
    pairs:int = 1             # How many were kept
    dropped:int = 0           # How many had yardsticks too far apart
    steady:bool = True        # False: too few pairs were kept, and the closest ones were taken for want of better
    note:str = ''

@dataclass
class Bench:
    "One run of a file: its options and what it found."
    name:str
    quick:bool = False
    only:str = ''
    results:list[Result] = field(default_factory=list)

    def wanted(self, what:str) -> bool: return self.only.lower() in what.lower()

    def duel(self, what, unit, ours, other=None, against='', *, at_least=None, at_most=None, ratio=True, over=False, pairs=9, quick=3, note=''):
        """Measure and report. `ours` and `other` take one sample each time they are called, and return the figure; the goal is a bound for
        their ratio, with `ratio=False` for ours alone, with `over=True` for the difference. `pairs` are wanted, `quick` of them in a quick run."""
        if not self.wanted(what): return
        wanted = quick if self.quick else pairs
        kept, thrown, tries = [], [], wanted + 2 if self.quick else 3*wanted
        while len(kept) < wanted and len(kept) + len(thrown) < tries:
            turns = [('ours', ours), ('other', other or ours)]
            got, stick = {}, {}
            before = yardstick()
            for name, sample in turns if (len(kept)+len(thrown)) % 2 else turns[::-1]:  # who begins changes
                got[name] = sample()
                after = yardstick()
                stick[name], before = before+after, after
            apart = abs(stick['ours']-stick['other']) / min(stick.values())
            (kept if apart <= TOLERANCE else thrown).append((apart, got))
        dropped, steady = len(thrown), len(kept) >= min(3, wanted)
        if not steady: kept = sorted(kept+thrown, key=lambda t: t[0])[:3]
        mine, its = [g['ours'] for _, g in kept], [g['other'] for _, g in kept]
        if other is None: mine, its = mine+its, None
        share = None if its is None else statistics.median(a/b for a, b in zip(mine, its))
        value = statistics.median(a-b for a, b in zip(mine, its)) if over else share if ratio else statistics.median(mine)
        bound, sign = (at_least, '≥') if at_most is None else (at_most, '≤')
        goal = f'{sign} {bound:g} ' + (f'{unit} over' if over else '×' if ratio else unit)
        self.report(Result(self.name, what, unit, statistics.median(mine), goal, value <= bound if at_least is None else value >= bound, None if its is None else statistics.median(its), against, share,
                           len(kept), dropped, steady, note))

    def report(self, r:Result):
        self.results.append(r)
        print(line(asdict(r)), flush=True)

    def skip(self, what, why): print(f'  skipped: {what}: {why}', flush=True)

def figure(x:float) -> str: return f'{x:,.0f}' if x >= 1000 else f'{x:.0f}' if x >= 100 else f'{x:.3g}'

def line(r:dict) -> str:
    "One result for people."
    other = f', {r["against"]} {figure(r["other"])}: {r["ratio"]:.2f} ×' if r['other'] is not None else ''
    return (f'  {"reached" if r["reached"] else "MISSED "} {r["what"]}: {figure(r["ours"])} {r["unit"]}{other}; goal {r["goal"]}'
            f' ({r["pairs"]} pairs, {r["dropped"]} thrown away{"" if r["steady"] else ": UNSTEADY MACHINE"})' + (f' [{r["note"]}]' if r['note'] else ''))

def table(records:list[dict]) -> str:
    "Results as a table in Markdown."
    rows = ['| what | ours | held against | ratio | goal | |', '|---|--:|---|--:|--:|---|']
    for r in records:
        other = f'{r["against"]}: {figure(r["other"])} {r["unit"]}' if r['other'] is not None else ''
        share = '' if r['ratio'] is None else f'{r["ratio"]:.2f} ×'
        verdict = ('reached' if r['reached'] else 'missed') + ('' if r['steady'] else ', unsteady')
        rows.append(f'| {r["what"]} | {figure(r["ours"])} {r["unit"]} | {other} | {share} | {r["goal"]} | {verdict} |')
    return '\n'.join(rows)

def machine() -> dict:
    "The facts that figures depend on."
    cpu = next((l.split(':', 1)[1].strip() for l in Path('/proc/cpuinfo').read_text().splitlines() if l.startswith('model name')), platform.processor()) if sys.platform == 'linux' else platform.processor()
    import sqlite3
    return dict(cpu=cpu, cores=os.cpu_count(), memory_gb=round(os.sysconf('SC_PAGE_SIZE')*os.sysconf('SC_PHYS_PAGES')/2**30), system=platform.system(), python=platform.python_version(),
                sqlite=sqlite3.sqlite_version, packages={p: version(p) for p in ('cjm-jobtrack', 'SQLAlchemy', 'psycopg', 'saq', 'redis', 'huey') if _installed(p)})

def _installed(package):
    try: return bool(version(package))
    except ImportError: return False

def main(name:str, *parts):
    "Run the parts of a benchmark: functions that take a `Bench`."
    p = argparse.ArgumentParser()
    p.add_argument('--quick', action='store_true', help='shorter, coarser')
    p.add_argument('--out', help='a file to add results to, JSON lines')
    p.add_argument('--only', default='', help='only comparisons whose name holds this word')
    args = p.parse_args()
    bench = Bench(Path(name).stem, args.quick, args.only)
    print(f'==> {bench.name}', flush=True)
    try:
        for part in parts: part(bench)
    finally:
        if args.out:
            with open(args.out, 'a') as f: f.writelines(json.dumps(asdict(r), ensure_ascii=False) + '\n' for r in bench.results)

@contextmanager
def folder():
    "A place for databases, on the disk that temporary files are on."
    path = Path(tempfile.mkdtemp(prefix='jobtrack-bench-'))
    try: yield path
    finally: shutil.rmtree(path)
