"""What is not the work's fault: the machine short of descriptors, memory, threads or disk space; code of others that raises what is no `Exception`;
a queue that is started and stopped in the instant in which its jobs end."""
import asyncio, errno, logging, sys, threading, time
from collections import Counter
import psutil, pytest
from cjm_jobtrack.model.errors import NodeUnreachable, StoreError
from cjm_jobtrack.tracker.tracker import JobTracker
from cjm_jobtrack.runners.call import CallRunner
from cjm_jobtrack.runners.process import ProcessRunner
from cjm_jobtrack.queue.group_commit import GroupCommit
from cjm_jobtrack.queue.queue import JobQueue
from helpers import until

@pytest.fixture
def tracker(database):
    with JobTracker(database) as t: yield t

@pytest.fixture
def plain():
    "A record in memory, where it does not matter which there is."
    with JobTracker() as t: yield t

@pytest.fixture(autouse=True)
def nothing_left():
    before = {*threading.enumerate()}
    yield
    until(lambda: not [t for t in {*threading.enumerate()} - before if not t.name.startswith('services')], 'threads to end')

class Troubled(ProcessRunner):
    "Programs; a verb raises so many times, before or after it has done its work."
    verb, when, times, error = None, 'before', 0, None
    seen = ()
    async def _do(self, verb, *args):
        self.seen += (verb,)
        fails = verb == self.verb and self.times > 0
        if fails: self.times -= 1
        if fails and self.when == 'before': raise self.error
        answer = await getattr(ProcessRunner, verb)(self, *args)
        if fails: raise self.error
        return answer
    async def start(self, job): return await self._do('start', job)
    async def find(self, job): return await self._do('find', job)
    async def follow(self, job, handle, report): return await self._do('follow', job, handle, report)
    async def stop(self, job, handle, grace): return await self._do('stop', job, handle, grace)

def troubled(tracker, folder, verb, when, times, error):
    runner = Troubled(folder/'work', tracker.logs)
    runner.interval, runner.verb, runner.when, runner.times, runner.error = .02, verb, when, times, error
    return runner

def queue(tracker, runners, slots=1, **kw): return JobQueue(tracker, runners, slots, **dict(grace=.5, backoff=.01, recheck=.01) | kw)
def program(tracker, script, *args): return tracker.create_job('program', runner='process', spec={'argv': [sys.executable, '-c', script, *map(str, args)]})
def types(tracker, job): return [e.type for e in tracker.history(job.id)]
def alive(mark):
    def words(p):
        try: return p.cmdline()
        except psutil.Error: return []
    return [p for p in psutil.process_iter() if mark in words(p)]

NO_DESCRIPTORS, NO_MEMORY, NO_THREAD = OSError(errno.EMFILE, 'Too many open files'), MemoryError(), RuntimeError("can't start new thread")
NO_ROOM, NO_FORK, LOCKED = OSError(errno.ENOSPC, 'No space left on device'), BlockingIOError(errno.EAGAIN, 'Resource temporarily unavailable'), StoreError('here', 'database is locked')
TROUBLE = [NO_DESCRIPTORS, NO_MEMORY, NO_THREAD, NO_ROOM, NO_FORK, LOCKED]
def name(e): return str(e) or type(e).__name__

# --- short of something

@pytest.mark.parametrize('error', TROUBLE, ids=name)
@pytest.mark.parametrize('verb, when', [('start', 'before'), ('start', 'after'), ('follow', 'before'), ('follow', 'after')])
def test_trouble_of_the_machine_says_nothing_about_the_job(tmp_path, error, verb, when):
    ran = tmp_path/'ran'
    with JobTracker(f'sqlite:///{tmp_path}/jobs.db') as tracker:
        runner = troubled(tracker, tmp_path, verb, when, 1, error)
        with queue(tracker, runner) as q: job = tracker.join(q.submit(program(tracker, 'open(__import__("sys").argv[1], "a").write("x")', ran)).id, 30)
        assert (job.status, job.attempt, job.message, ran.read_text(), runner.times) == ('completed', 1, None, 'x', 0), job.failure
        assert types(tracker, job).count('delayed') == (verb == 'start'), 'told once'

@pytest.mark.parametrize('error', [NO_DESCRIPTORS, NodeUnreachable('http://gpu-3', 'no descriptors')], ids=name)
def test_a_cancel_does_not_wait_for_the_next_try(tracker, tmp_path, error):
    "Nothing was begun yet, and nothing will be; or it was, and is stopped."
    error.__cause__ = NO_DESCRIPTORS if error is not NO_DESCRIPTORS else None
    for when in 'before', 'after':
        mark = f'{tmp_path}/{when}'
        runner = troubled(tracker, tmp_path, 'start', when, 10**6, error)
        with queue(tracker, runner, grace=20.) as q:
            job = q.submit(program(tracker, 'import time; time.sleep(60)', mark))
            until(lambda r=runner: r.seen.count('start') > 2, 'it to be tried again')   # by now it waits for seconds between two tries
            assert asyncio.run(tracker.cancel_job(job.id)) and job.status == 'cancelled'
            assert not alive(mark)

def test_nothing_runs_on_under_a_job_that_has_failed(tracker, tmp_path):
    "Its runner breaks; to stop the program a descriptor is needed, and there is none just now."
    mark = str(tmp_path)
    class Broken(Troubled):
        async def follow(self, job, handle, report): raise RuntimeError('lost the thread')
    runner = Broken(tmp_path/'work', tracker.logs)
    runner.verb, runner.times, runner.error = 'stop', 2, NO_DESCRIPTORS
    with queue(tracker, runner) as q:
        job = q.submit(program(tracker, 'import time; time.sleep(60)', mark))
        tracker.join(job.id, 30)
        assert (job.failure.kind, job.failure.evidence['stopped']['confirmed'], alive(mark)) == ('error', True, [])

def test_a_wish_to_cancel_is_carried_out_as_soon_as_it_can_be(tracker, tmp_path):
    mark = str(tmp_path)
    runner = troubled(tracker, tmp_path, 'stop', 'before', 2, NO_DESCRIPTORS)
    with queue(tracker, runner) as q:
        job = q.submit(program(tracker, 'import time; time.sleep(60)', mark))
        until(lambda: 'started' in types(tracker, job), 'the start')
        assert asyncio.run(tracker.cancel_job(job.id)) is False and 'Too many open files' in job.message
        assert tracker.join(job.id, 30).status == 'cancelled' and not alive(mark)   # nobody has asked again

def test_one_over_its_time_is_stopped_in_spite_of_trouble(tracker, tmp_path):
    mark = str(tmp_path)
    runner = troubled(tracker, tmp_path, 'stop', 'before', 2, NO_DESCRIPTORS)
    with queue(tracker, runner) as q:
        job = program(tracker, 'import time; time.sleep(60)', mark)
        job.timeout = .3
        tracker.join(q.submit(job).id, 30)
        assert (job.failure.kind, alive(mark)) == ('timeout', [])

def test_adopted_in_spite_of_trouble(tracker, tmp_path):
    go = tmp_path/'go'
    runner = troubled(tracker, tmp_path, None, 'before', 0, NO_DESCRIPTORS)
    with queue(tracker, runner) as q:
        job = q.submit(program(tracker, 'import os, sys, time\nwhile not os.path.exists(sys.argv[1]): time.sleep(.01)', go))
        until(lambda: 'started' in types(tracker, job), 'the start')
    runner.verb, runner.times = 'find', 3
    with queue(tracker, runner):
        until(lambda: 'adopted' in types(tracker, job), 'it to be found')
        go.touch()
        assert tracker.join(job.id, 30).status == 'completed' and job.attempt == 1

@pytest.mark.parametrize('hook', ['terms', 'why_not'])
def test_a_job_is_lined_up_in_spite_of_trouble(tracker, hook):
    left = [2]
    class Short(CallRunner):
        def _hook(self, job):
            if left[0]: left[0] -= 1; raise NO_DESCRIPTORS
            return {} if hook == 'terms' else None
    setattr(Short, hook, Short._hook)
    runner = Short()
    job = tracker.submit_job(tracker.create_job('x', spec=runner.call(lambda: 'done')).id)
    with queue(tracker, runner): assert tracker.join(job.id, 30).result == 'done'

def test_what_was_done_is_recorded_although_there_was_no_memory_for_it(tracker, monkeypatch):
    left, real = [3], tracker.plan_completed
    def plan(*args):
        if left[0]: left[0] -= 1; raise MemoryError
        return real(*args)
    monkeypatch.setattr(tracker, 'plan_completed', plan)
    runner = CallRunner()
    with queue(tracker, runner, 2) as q:
        jobs = [q.submit(tracker.create_job('x', spec=runner.call(lambda: 'done'))) for _ in range(3)]
        assert [tracker.join(j.id, 30).result for j in jobs] == ['done']*3

def test_a_queue_that_cannot_begin_says_so(tracker, monkeypatch):
    q = queue(tracker, CallRunner())
    def refuse(*a, **kw): raise NO_DESCRIPTORS
    with monkeypatch.context() as m:
        m.setattr(asyncio, 'run', lambda coro: (coro.close(), refuse()))
        with pytest.raises(OSError, match='Too many open files'): q.start()
    with q: pass

# --- what is no `Exception`

EXITS = [SystemExit(3), KeyboardInterrupt(), GeneratorExit(), asyncio.CancelledError('by itself'), type('Odd', (BaseException,), {})('odd')]

@pytest.mark.parametrize('error', EXITS, ids=lambda e: type(e).__name__)
def test_a_callback_cannot_end_the_queue(plain, error, caplog):
    told, seen = [], []
    def completed(job_id, _): told.append(job_id); raise error
    def subscriber(e): seen.append(e.type); raise error
    plain.on_job_completed = completed
    end = plain.subscribe(subscriber)
    runner = CallRunner()
    with queue(plain, runner, 2) as q:
        jobs = [q.submit(plain.create_job('x', spec=runner.call(lambda: 1))) for _ in range(4)]
        assert [plain.join(j.id, 20).status for j in jobs] == ['completed']*4
        until(lambda: seen.count('completed') == 4, 'the subscriber to be told of all')
    end()
    plain.on_job_completed = None
    assert len(told) == 4 and 'on_job_completed raised' in caplog.text and 'A subscriber raised' in caplog.text

@pytest.mark.parametrize('error', EXITS, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize('verb', ['start', 'follow', 'stop', 'terms', 'why_not'])
def test_a_runner_cannot_end_the_queue(plain, error, verb, caplog):
    caplog.set_level(logging.CRITICAL, 'cjm_jobtrack')
    left = [0]
    class Odd(CallRunner):
        def _break(self, what):
            if left[0] and what == verb: left[0] -= 1; raise error
        async def start(self, job): self._break('start'); return await super().start(job)
        async def follow(self, job, handle, report): self._break('follow'); return await super().follow(job, handle, report)
        async def stop(self, job, handle, grace): self._break('stop'); return await super().stop(job, handle, grace)
        def terms(self, job): self._break('terms'); return {}
        def why_not(self, job): self._break('why_not')
    runner = Odd()
    over = threading.Event()   # once it was not stopped, nobody else ends it
    async def waits():
        while not over.is_set(): await asyncio.sleep(.01)
    with queue(plain, runner) as q:
        left[0] = 1
        first = plain.create_job('first', spec=runner.call(waits if verb == 'stop' else lambda: 1), timeout=.05 if verb == 'stop' else None)
        plain.submit_job(first.id)   # `submit` would be told itself
        plain.join(first.id, 20)
        again = q.submit(plain.create_job('again', spec=runner.call(lambda: 2)))
        if verb != 'stop': assert plain.join(again.id, 20).result == 2
        assert q._thread.is_alive() and left == [0]
        over.set()
    if verb in ('start', 'follow'): assert type(error).__name__ in first.error

def test_ctrl_c_in_a_callback_of_the_main_thread_is_heard(plain):
    def completed(*_): raise KeyboardInterrupt
    plain.on_job_completed = completed
    job = plain.create_job('by hand')
    plain.mark_running(job.id)
    with pytest.raises(KeyboardInterrupt): plain.mark_completed(job.id, 1)
    assert job.status == 'completed'

# --- stopped, started and ended in one instant

def test_stops_starts_and_ends_at_once(tmp_path, caplog):
    "Whatever coincides, each job ends once, in one of the ways there are, and nothing goes wrong on the way."
    with JobTracker() as tracker:
        runner, n = CallRunner(), [0]
        async def coroutine(k):
            if k % 3: await asyncio.sleep(.0005*(k % 7))
            if k % 5 == 0: raise OSError('no')
            return k
        def function(k):
            if k % 2: time.sleep(.0005*(k % 5))
            if k % 5 == 1: raise OSError('no')
            return k
        q, over, jobs = queue(tracker, runner, 4, backoff=.0005), threading.Event(), []
        def submits():
            while not over.is_set():
                n[0] += 1
                jobs.append(q.submit(tracker.create_job('x', spec=runner.call([coroutine, function][n[0] % 2], n[0]), max_attempts=1 + n[0] % 3, timeout=[None, .001][n[0] % 4 == 3])))
                time.sleep(.0004)
        def cancels():
            while not over.is_set():
                if jobs: asyncio.run(tracker.cancel_job(jobs[-1].id))
                time.sleep(.002)
        def breaks():
            while not over.is_set():
                for a in [*q.attempts.active.values()]:
                    if a.task is not None and q._loop is not None and n[0] % 4 == 0: a.job.timeout = a.job.timeout or .0005
                time.sleep(.001)
        threads = [threading.Thread(target=f) for f in (submits, cancels, breaks)]
        for t in threads: t.start()
        end, rounds = time.monotonic() + 4, 0
        while time.monotonic() < end:
            q.start()
            time.sleep(.0007*(rounds % 9))
            q.stop(20)
            rounds += 1
        over.set()
        for t in threads: t.join()
        with q:
            for job in jobs: tracker.join(job.id, 30)
        ends = Counter(e.type for j in jobs for e in tracker.history(j.id) if e.type in ('completed', 'failed', 'cancelled'))
        assert sum(ends.values()) == len(jobs) and rounds > 20, (ends, rounds)
        assert all(len([e for e in tracker.history(j.id) if e.type in ('completed', 'failed', 'cancelled')]) == 1 for j in jobs)
        kinds = {j.failure.kind for j in jobs if j.failure}
        assert kinds <= {'error', 'interrupted', 'timeout', 'lost'}, kinds
        wrong = {j.error for j in jobs if j.failure and j.failure.kind == 'error' and 'OSError: no' not in j.error}
        assert not wrong
    said = [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR and ('cannot' in r.getMessage() or r.name == 'asyncio')]
    assert not said

def test_a_check_of_the_callbacks_that_fails_does_not_end_the_lease(plain, caplog):
    calls, checks = CallRunner(), []
    def broken():
        checks.append(1)
        raise ValueError('no check')
    q = queue(plain, calls, lease_ttl=.3)
    q.callbacks.check = broken
    with q:
        until(lambda: len(checks) > 2, 'the keeper to go on')
        job = plain.join(q.submit(plain.create_job('x', spec=calls.call(abs, -1))).id, 20)
        assert job.status == 'completed' and 'no check' in caplog.text

def test_who_was_cancelled_while_it_waited_for_the_record_holds_up_nobody_of_its_round(plain):
    heard = []
    async def main():
        commit = GroupCommit(plain)
        commit.start(asyncio.get_running_loop())
        one, other = plain.create_job('one'), plain.create_job('other')
        waiting = asyncio.create_task(commit.write_and_wait(one, lambda: plain.plan_note(one, 'first')))
        await asyncio.sleep(0)   # it has asked, and the round is to come
        waiting.cancel()
        commit.add(other, lambda: plain.plan_note(other, 'second'), heard.append)
        async with asyncio.timeout(30):
            while not heard: await asyncio.sleep(.001)
        assert waiting.cancelled()
        assert [types(plain, job)[-1] for job in (one, other)] == ['first', 'second']   # what was asked for is on record all the same
    asyncio.run(main())
