"""Functions in trouble that is not theirs: a record that is away while they report, a coroutine that blocks its event loop, an interpreter that is torn down."""
import asyncio, os, sqlite3, subprocess, sys, threading, time
import pytest
from cjm_jobtrack.model.errors import StoreError
from cjm_jobtrack.store.store import JobStore
from cjm_jobtrack.tracker.tracker import JobTracker
from cjm_jobtrack.runners.call import CallRunner
from cjm_jobtrack.queue.queue import JobQueue
from cjm_jobtrack.runners.outcome import Report
from helpers import mortal, until

def queue(tracker, runner, slots=1, **kw): return JobQueue(tracker, runner, slots, **dict(grace=.5, backoff=.01, recheck=.01) | kw)
def types(tracker, job): return [e.type for e in tracker.history(job.id)]

# --- a record that is away. Each says three things at `said`, waits for `go`, and says them again

def gate(folder, name): return os.path.join(folder, name)
def passes(folder, name):
    open(gate(folder, name + '.at'), 'w').close()   # noqa: SIM115
    while not os.path.exists(gate(folder, name)): time.sleep(.005)

def thread(folder, report):
    passes(folder, 'one')
    for n in range(5): report.note(f'mine{n}', {'n': n}), report.progress(10*n, f'at {n}'), report.log(f'line {n}\n')
    passes(folder, 'two')
    report.note('last')
    return 'done'

async def coroutine(folder, report): return thread(folder, report)

def generator(folder, report):
    passes(folder, 'one')
    for n in range(5):
        yield 10*n, f'at {n}'
        report.note(f'mine{n}', {'n': n}), report.log(f'line {n}\n')
    passes(folder, 'two')
    report.note('last')
    return 'done'

async def async_generator(folder, report):
    for said in generator(folder, report): yield said

def from_a_process(folder, report): return thread(folder, report)

FUNCTIONS = [thread, coroutine, generator, async_generator, from_a_process]

def away(database, tracker, monkeypatch):
    "Have the record take nothing; gives what brings it back. SQLite's file is locked by somebody; of PostgreSQL each statement fails."
    if database.startswith('sqlite'):
        other = sqlite3.connect(database.removeprefix('sqlite:///'), isolation_level=None, check_same_thread=False)
        other.execute('BEGIN IMMEDIATE')
        return lambda: (other.execute('ROLLBACK'), other.close())
    def refuse(*a, **kw): raise StoreError('here', 'the connection is lost')
    m = pytest.MonkeyPatch()
    for verb in '_write', '_read': m.setattr(tracker.store, verb, refuse)
    return m.undo

@pytest.mark.parametrize('fn', FUNCTIONS, ids=lambda f: f.__name__)
def test_what_was_reported_while_the_record_was_away_is_written_when_it_is_back(database, tmp_path, fn, monkeypatch):
    folder = str(tmp_path)
    with JobTracker(JobStore(database, timeout=.1)) as tracker, CallRunner({'f': fn}, pool='process' if fn is from_a_process else 'thread') as runner, queue(tracker, runner) as q:
        job = q.submit(tracker.create_job('x', spec={'func': 'f', 'args': [folder]}))
        until(lambda: os.path.exists(gate(folder, 'one.at')) and 'started' in types(tracker, job), 'it to begin')
        back = away(database, tracker, monkeypatch)
        open(gate(folder, 'one'), 'w').close()   # noqa: SIM115
        until(lambda: os.path.exists(gate(folder, 'two.at')), 'it to go on, though nobody can write what it says')
        back()
        if fn is not coroutine: until(lambda: 'mine4' in types(tracker, job), 'the notes, while it runs')
        open(gate(folder, 'two'), 'w').close()   # noqa: SIM115
        assert tracker.join(job.id, 30).status == 'completed', job.failure
        assert [e.data for e in tracker.history(job.id) if e.type.startswith('mine')] == [{'n': n} for n in range(5)]
        assert types(tracker, job)[-2:] == ['last', 'completed'] and job.attempt == 1
        assert tracker.logs.read(job.id, 1).data == b''.join(b'line %d\n' % n for n in range(5)) and job.progress == 100

def test_one_that_ends_while_the_record_is_away_has_ended_well(database, tmp_path, monkeypatch):
    folder = str(tmp_path)
    def work(report):
        passes(folder, 'one')
        report.note('mine')
        return 'done'
    runner = CallRunner()
    with JobTracker(JobStore(database, timeout=.1)) as tracker, queue(tracker, runner) as q:
        job = q.submit(tracker.create_job('x', spec=runner.call(work)))
        until(lambda: os.path.exists(gate(folder, 'one.at')) and 'started' in types(tracker, job), 'it to begin')
        back = away(database, tracker, monkeypatch)
        open(gate(folder, 'one'), 'w').close()   # noqa: SIM115
        work_done = until(lambda: [*runner._works.values()][0].done, 'it')
        until(work_done.done, 'it to end')
        back()
        assert tracker.join(job.id, 30).result == 'done' and types(tracker, job)[-2:] == ['mine', 'completed']

def says_nonsense(folder, report):
    passes(folder, 'one')
    report.note('first')
    try: report.note('')
    finally: open(gate(folder, 'refused'), 'w').close()   # noqa: SIM115

@pytest.mark.parametrize('pool', ['thread', 'process'])
def test_what_can_never_be_said_is_refused_where_it_is_said_also_while_the_record_is_away(database, tmp_path, pool, monkeypatch):
    folder = str(tmp_path)
    with JobTracker(JobStore(database, timeout=.1)) as tracker, CallRunner({'f': says_nonsense}, pool=pool) as runner, queue(tracker, runner) as q:
        job = q.submit(tracker.create_job('x', spec={'func': 'f', 'args': [folder]}))
        until(lambda: os.path.exists(gate(folder, 'one.at')) and 'started' in types(tracker, job), 'it to begin')
        back = away(database, tracker, monkeypatch)
        try:
            open(gate(folder, 'one'), 'w').close()   # noqa: SIM115
            until(lambda: os.path.exists(gate(folder, 'refused')), 'the function to learn of it')
        finally: back()
        assert tracker.join(job.id, 30).failure.kind == 'invalid' and types(tracker, job)[-2:] == ['first', 'failed']

def test_a_log_that_cannot_be_written_is_kept_within_bounds():
    class Full(Report):
        full = True
        def log(self, data=b''):
            if self.full: raise OSError(28, 'No space left on device')
            super().log(data)
    runner, gates = CallRunner(), [threading.Event(), threading.Event()]
    def chatty(report):
        for _ in range(600): report.log(b'x' * 10_000)
        gates[0].set(), gates[1].wait(60)
        return 'done'
    with JobTracker() as tracker:
        job = tracker.create_job('x', spec=runner.call(chatty))
        tracker.mark_running(job.id)
        report = Full(tracker, job.id, 1)
        async def main():
            following = asyncio.create_task(runner.follow(job, await runner.start(job), report))
            while not gates[0].is_set(): await asyncio.sleep(.005)
            report.full = False
            gates[1].set()
            return await following
        assert asyncio.run(main()).result == 'done'
        data = tracker.logs.read(job.id, 1, 0, 1 << 24).data
        assert 4_000_000 < len(data) < 4_500_000 and data.endswith(b'could not be written]\n')

# --- a coroutine that blocks

def test_a_coroutine_that_blocks_is_carried_out_once(database, tmp_path):
    "Longer than the lease lives, with another queue on the record that waits for nothing but this."
    ran, end = tmp_path/'ran', threading.Event()
    async def blocks():
        with ran.open('a') as f: f.write('x')
        end.wait(60)
        return 'text'
    runner = CallRunner({'blocks': blocks})
    runner.patience = .2
    with JobTracker(database) as one, JobTracker(database) as two, queue(one, runner, lease_ttl=.6) as first:
        job = first.submit(one.create_job('x', spec={'func': 'blocks'}, max_attempts=2))
        until(lambda: job.status == 'running' and 'blocked its event loop' in one.log_tail(job.id), 'its log to tell')
        with queue(two, CallRunner({'blocks': blocks}), lease_ttl=.6):
            until(lambda: len(one.store.leases()) == 2, 'the other queue')
            beats = {l.fence: l.beat for l in one.store.leases()}
            until(lambda: all(l.beat > beats[l.fence] + 5 for l in one.store.leases()), 'both to show that they live')   # longer than the time to live
            end.set()
            assert one.join(job.id, 20).result == 'text'
        assert (ran.read_text(), job.attempt, job.status) == ('x', 1, 'completed')
        assert one.log_tail(job.id).count('blocked its event loop') == 1 and 'in blocks' in one.log_tail(job.id)

def test_one_that_blocks_says_so_when_it_is_to_be_cancelled():
    begun, end = threading.Event(), threading.Event()
    async def blocks(): begun.set(), end.wait(60), await asyncio.sleep(60)
    runner = CallRunner()
    with JobTracker() as tracker, queue(tracker, runner) as q:
        job = q.submit(tracker.create_job('x', spec=runner.call(blocks)))
        assert begun.wait(20)
        until(lambda: job.status == 'running' and runner._coroutines.silent() > .5, 'it to block')
        assert asyncio.run(tracker.cancel_job(job.id)) is False and 'blocks its event loop' in job.message
        end.set()
        assert tracker.join(job.id, 20).status == 'cancelled'

def test_what_coroutines_share_belongs_to_one_loop():
    "Also when nothing was under way in between, and another queue came."
    shared, loops = [], set()
    async def work(n):
        loops.add(id(asyncio.get_running_loop()))
        if not shared: shared.append(asyncio.Semaphore(1))
        async with shared[0]: await asyncio.to_thread(time.sleep, .001)
        return n
    runner = CallRunner({'work': work})
    with JobTracker() as tracker:
        for _ in range(2):
            with queue(tracker, runner, 3) as q:
                jobs = [q.submit(tracker.create_job('x', spec={'func': 'work', 'args': [n]})) for n in range(6)]
                assert [tracker.join(j.id, 20).result for j in jobs] == [*range(6)]
            until(lambda: not [t for t in threading.enumerate() if t.name.startswith('jobtrack-coroutines')], 'the threads to end')
    assert len(loops) == 1

def test_a_task_that_is_left_goes_on_and_one_that_exits_ends_nobody(caplog):
    done = threading.Event()
    async def later(): await asyncio.sleep(.1); done.set()
    async def exits(): raise SystemExit(3)
    kept = []
    async def work(): kept.extend([asyncio.create_task(later()), asyncio.create_task(exits())]); await asyncio.sleep(.02); return 'done'
    runner = CallRunner()
    with JobTracker() as tracker, queue(tracker, runner, 2) as q:
        jobs = [q.submit(tracker.create_job('x', spec=runner.call(work))) for _ in range(2)]
        assert [tracker.join(j.id, 20).result for j in jobs] == ['done']*2
        assert done.wait(20)
        assert tracker.join(q.submit(tracker.create_job('x', spec=runner.call(work))).id, 20).result == 'done'
    until(lambda: not [t for t in threading.enumerate() if t.name == 'jobtrack-coroutines'], 'the thread to end')
    assert {t.exception().code for t in kept[1::2]} == {3}

# --- an interpreter that is torn down

CHILD = '''
import asyncio, atexit, json, sys, threading, time
url, kind = sys.argv[1:]
atexit.register(lambda: (globals().clear(), __import__('time').sleep(1)))   # as a kernel clears what a user has defined, before the library's own farewell
from cjm_jobtrack.tracker.tracker import JobTracker
from cjm_jobtrack.runners.call import CallRunner
from cjm_jobtrack.queue.queue import JobQueue
def thread(report):
    for n in range(10**6): time.sleep(.005), report.progress(n % 100)
async def coroutine():
    for n in range(10**6): await asyncio.sleep(.005)
def generator():
    for n in range(10**6): time.sleep(.005); yield n % 100
async def to_thread():
    for n in range(10**6): await asyncio.to_thread(time.sleep, .005)
tracker, runner = JobTracker(url), CallRunner()
queue = JobQueue(tracker, runner, slots=1, lease_ttl=.5).start()
job = queue.submit(tracker.create_job('count', id='count', spec={'func': 'f'}, max_attempts=int(sys.argv[2] == 'thread') + 1)) if runner.register(globals()[kind], 'f') else None
while job.status != 'running': time.sleep(.005)
time.sleep(.05)
'''

@pytest.mark.parametrize('kind', ['thread', 'coroutine', 'generator', 'to_thread'])
def test_what_an_interpreter_that_ends_makes_of_a_function_is_not_its_cause_of_death(database, tmp_path, kind):
    done = subprocess.run([sys.executable, '-c', CHILD, database, kind], env=mortal(tmp_path), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    def work(): return 'again'
    with JobTracker(database) as tracker, queue(tracker, CallRunner({'f': work}), lease_ttl=.5):
        job = tracker.join('count', 30)
        if kind == 'thread': assert (job.result, job.attempt) == ('again', 2), job.failure   # tried again by rule
        else: assert (job.status, job.failure.kind) == ('failed', 'lost'), job.failure
