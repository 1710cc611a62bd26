"""A million ended jobs and a thousand live ones on one SQLite database. Against bare sqlite3 asking and writing the same."""
import os, random, shutil, sqlite3, statistics, subprocess, sys, threading, time
from contextlib import closing

from _floor import RESULT, SPEC, Floor, lifecycle, rows
from _measure import folder, main
from cjm_jobtrack import CallRunner, Job, JobQueue, JobStore, JobTracker

LIVE, PAGE = 1000, 50
NEWEST = f'SELECT * FROM jobs ORDER BY num DESC LIMIT {PAGE}'
DEEP = f'SELECT * FROM jobs WHERE num < (SELECT num FROM jobs WHERE id = ?) ORDER BY num DESC LIMIT {PAGE}'
COUNT = 'SELECT status, COUNT(*) FROM jobs GROUP BY status'
ALIVE = "SELECT * FROM jobs WHERE status IN ('pending', 'running') ORDER BY num DESC"

def fill(path, ended):
    "Copies of a completed, a running and a pending job, as `JobTracker` wrote them."
    with JobTracker(f'sqlite:///{path}') as tracker:
        jobs = [tracker.add_job(Job(name='transcribe', spec=SPEC), queued=True) for _ in range(3)]
        for job in jobs[1:]: tracker.mark_running(job.id)
        tracker.mark_completed(jobs[2].id, RESULT)
    with closing(sqlite3.connect(path, isolation_level=None)) as con:
        for pragma in ('journal_mode = OFF', 'synchronous = OFF', 'cache_size = -500000'): con.execute(f'PRAGMA {pragma}').fetchall()
        indexes = con.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL").fetchall()
        for name, _ in indexes: con.execute(f'DROP INDEX {name}')
        pick = random.Random(1)
        def name():
            h = f'{pick.getrandbits(128):032x}'
            return f'{h[:8]}-{h[8:12]}-4{h[13:16]}-a{h[17:20]}-{h[20:]}'
        con.execute('BEGIN')
        for kind, n in ((2, ended), (1, LIVE//2), (0, LIVE//2)):
            row, = rows(con, 'jobs', 'id', jobs[kind].id, '?')
            events = rows(con, 'events', 'job_id', jobs[kind].id, '?')
            ids = [name() for _ in range(n)]
            for table, key, like in (('jobs', 'id', [row]), ('events', 'job_id', events)):
                columns = [c for c in like[0] if c not in ('num', 'seq', key)]
                values = [[r[c] for c in columns] for r in like]
                con.executemany(f'INSERT INTO {table} ({key}, {", ".join(columns)}) VALUES (?{", ?"*len(columns)})', ([i, *v] for i in ids for v in values))
        for job in jobs:
            con.execute('DELETE FROM events WHERE job_id = ?', (job.id,)), con.execute('DELETE FROM jobs WHERE id = ?', (job.id,))
        con.execute('COMMIT')
        for _, sql in indexes: con.execute(sql)
        con.execute('PRAGMA journal_mode = WAL').fetchall()

def timed(act, times=1):
    "The median of the milliseconds that `act` takes."
    def sample():
        took = []
        for _ in range(times):
            begun = time.perf_counter()
            act()
            took.append(time.perf_counter()-begun)
        return 1000*statistics.median(took)
    return sample

def reading(bench, path, con, told):
    def open_ours():
        begun = time.perf_counter()
        tracker = JobTracker(f'sqlite:///{path}')
        took = time.perf_counter()-begun
        assert len(tracker.get_running_jobs()) == len(tracker.pending_jobs()) == LIVE//2
        tracker.close()
        return 1000*took
    def open_bare():
        begun = time.perf_counter()
        with closing(sqlite3.connect(path)) as con: live = con.execute(ALIVE).fetchall()
        assert len(live) == LIVE
        return 1000*(time.perf_counter()-begun)
    bench.duel(f'open and recover, {told}', 'ms', open_ours, open_bare, 'bare sqlite3', at_most=1000, ratio=False)
    last, = con.execute('SELECT MAX(num) FROM jobs').fetchone()
    deep = [con.execute('SELECT id FROM jobs WHERE num >= ? LIMIT 1', (random.randrange(last//10, last//2),)).fetchone()[0] for _ in range(1000)]
    take = lambda: random.choice(deep)
    with JobTracker(f'sqlite:///{path}') as tracker:
        assert [j.id for j in tracker.list_jobs(limit=PAGE, before=deep[0])] == [r['id'] for r in _dicts(con, DEEP, deep[0])]
        n = 20 if bench.quick else 40
        for what, ours, bare, at_most in (
            (f'newest page of {PAGE}', lambda: tracker.list_jobs(limit=PAGE), lambda: con.execute(NEWEST).fetchall(), 2),
            (f'deep page of {PAGE}', lambda: tracker.list_jobs(limit=PAGE, before=take()), lambda: con.execute(DEEP, (take(),)).fetchall(), 2),
            ('counts by status', lambda: tracker.counts(), lambda: con.execute(COUNT).fetchall(), 60)):
            bench.duel(f'{what}, {told}', 'ms', timed(ours, n), timed(bare, n), 'bare sqlite3', at_most=at_most, ratio=False)
            if not what.startswith('newest'): n = 5

def taking_over(bench, path, told):
    "A queue starts where another was killed with all its slots busy: what ran is settled, and what waits goes on."
    what = f'a queue takes over, {told}'
    if not bench.wanted(what): return
    copy = path.with_name('copy.db')
    def sample():
        shutil.copy(path, copy)
        with copy.open('rb') as f: os.fsync(f.fileno())   # or the first commit waits until the copy is on the disk
        begun, on = threading.Event(), threading.Event()
        def transcribe(*args, **kwargs): begun.set(), on.wait(60)
        try:
            start = time.perf_counter()
            with JobTracker(f'sqlite:///{copy}') as tracker, JobQueue(tracker, CallRunner(dict(transcribe=transcribe))):
                settled = lambda: len(tracker.get_running_jobs()) <= 1
                while not (begun.is_set() and settled()):
                    if time.perf_counter()-start > 60: raise TimeoutError(f'{tracker} after 60 s')
                    time.sleep(.002)
                took = time.perf_counter()-start
                on.set()
            return 1000*took
        finally:
            on.set()
            for f in path.parent.glob('copy.db*'): shutil.rmtree(f) if f.is_dir() else f.unlink()
    bench.duel(what, 'ms', sample, at_most=1000, ratio=False, pairs=3, quick=1)

def _dicts(con, sql, *values):
    done = con.execute(sql, values)
    return [dict(zip((c[0] for c in done.description), r)) for r in done.fetchall()]

OPEN = '''
import json, sys, psutil
from cjm_jobtrack import CallRunner, Job, JobQueue, JobStore, JobTracker
me = psutil.Process()
JobTracker(), JobStore(f'sqlite:///{sys.argv[2]}/warm.db').close()
before = me.memory_full_info().uss
tracker, last = JobTracker(f'sqlite:///{sys.argv[1]}'), None
for _ in range(20): last = tracker.list_jobs(limit=50, before=last)[-1].id
print((me.memory_full_info().uss - before) / 2**20)
tracker.close()
'''

def memory(path):
    "MB that a tracker takes in a fresh process, with its live jobs and after twenty pages."
    with folder() as spare: return float(subprocess.run([sys.executable, '-c', OPEN, path, spare], capture_output=True, text=True, check=True, timeout=120).stdout)

def million(bench):
    ended = 50_000 if bench.quick else 1_000_000
    told = f'{ended:,} ended and {LIVE:,} live jobs'
    if not any(bench.wanted(f'{what}, {told}') for what in ('open and recover', 'newest page', 'deep page', 'counts by status', 'a queue takes over', 'lifecycle', 'memory')): return
    with folder() as at:
        begun = time.perf_counter()
        fill(at/'ours.db', ended)
        print(f'  {told}: filled in {time.perf_counter()-begun:.0f} s, {(at/"ours.db").stat().st_size/2**20:,.0f} MB', flush=True)
        with closing(sqlite3.connect(at/'ours.db')) as con: reading(bench, at/'ours.db', con, told)
        taking_over(bench, at/'ours.db', told)
        if bench.wanted(what := f'memory of a tracker, {told}'):
            fill(at/'few.db', 10_000)
            bench.duel(what, 'MB', lambda: memory(at/'ours.db'), lambda: memory(at/'few.db'), 'the same with 10,000 ended jobs', at_most=1.5, pairs=5, quick=1)
        if bench.wanted(what := f'lifecycle, {told}'):
            shutil.copy(at/'ours.db', at/'floor.db')
            n = 300 if bench.quick else 2000
            floor, tracker = Floor(f'sqlite:///{at}/floor.db', 'normal'), JobTracker(JobStore(f'sqlite:///{at}/ours.db'))
            with closing(floor), tracker:
                def rate(run):
                    begun = time.perf_counter()
                    run()
                    return n / (time.perf_counter()-begun)
                for run in (lambda: floor.run(n//5), lambda: lifecycle(tracker, n//5)): run()
                bench.duel(what, 'jobs/s', lambda: rate(lambda: lifecycle(tracker, n)), lambda: rate(lambda: floor.run(n)), 'bare sqlite3', at_least=.4)

if __name__ == '__main__': main(__file__, million)
