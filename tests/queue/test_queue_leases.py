"Several queues on one record: in one process and in many, killed, suspended, cut off from the record, recovering at the same time."
import asyncio, inspect, json, os, signal, subprocess, sys, threading, time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
import pytest
from cjm_jobtrack.model.errors import StoreError
from cjm_jobtrack.model.job import Job, elapsed_s
from cjm_jobtrack.tracker.tracker import JobTracker
from cjm_jobtrack.runners.call import CallRunner
from cjm_jobtrack.runners.process import ProcessRunner
from cjm_jobtrack.queue.lease import queue_identity
from cjm_jobtrack.queue.queue import JobQueue
from helpers import mortal, until

# What the queues of these tests can do. `call` is carried out by all of them, `a` by those that are told to
FUNCTIONS = '''
import asyncio, inspect, os
from pathlib import Path

def tell(path, words):
    with open(path, 'a') as f: f.write(words)

async def once(path, n):
    tell(path, f'{n}\\n')
    await asyncio.sleep(.002)

async def tick(path):
    while not os.path.exists(path + '.go'):
        tell(path, f'{os.getpid()}\\n')
        await asyncio.sleep(.02)
    return os.getpid()

async def busy(path):
    while not os.path.exists(path + '.go'): await asyncio.sleep(.005)
    return os.getpid()

async def fail_once(path):
    tell(path, 'x')
    if len(Path(path).read_text()) == 1: raise OSError('busy')
    return os.getpid()

async def rest(seconds):
    await asyncio.sleep(seconds)
    return os.getpid()
'''
here = {}
exec(FUNCTIONS, here)  # noqa: S102 (the same text runs in the processes below)
FUNCS = {k: v for k, v in here.items() if inspect.iscoroutinefunction(v)}

QUEUE = FUNCTIONS + '''
import json, os, sys
from cjm_jobtrack.tracker.tracker import JobTracker
from cjm_jobtrack.runners.call import CallRunner
from cjm_jobtrack.runners.process import ProcessRunner
from cjm_jobtrack.queue.queue import JobQueue
how = json.loads(sys.argv[1])
functions = {k: v for k, v in globals().items() if inspect.iscoroutinefunction(v)}
tracker = JobTracker(how['url'])
tracker.subscribe(lambda e: e.type == how['dies_at'] and os._exit(9))
programs = ProcessRunner(how['folder'], tracker.logs)
programs.interval = .02
runners = [CallRunner(functions, name) for name in how['names']] + [programs]
with JobQueue(tracker, runners, how['slots'], grace=.5, backoff=how['backoff'], recheck=.02, lease_ttl=how['ttl']):
    print('ready', flush=True)
    sys.stdin.read()   # until our parent closes it, or is gone
tracker.close()
'''

@contextmanager
def queue_process(url, folder, *, names=('call',), slots=4, ttl=1., backoff=.01, dies_at=None):
    "A queue in a process of its own, which a test may kill or suspend, or which dies at an event of this type."
    how = dict(url=url, folder=str(folder/'work'), names=names, slots=slots, ttl=ttl, backoff=backoff, dies_at=dies_at)
    p = subprocess.Popen([sys.executable, '-c', QUEUE, json.dumps(how)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=mortal(folder))
    try:
        assert p.stdout.readline() == 'ready\n'
        yield p
    finally:
        p.stdin.close()
        if p.poll() is None: p.send_signal(signal.SIGCONT)
        try: p.wait(60)
        except subprocess.TimeoutExpired: p.kill(), p.wait()
        p.stdout.close()

def two_processes(stack, *args, **kw):
    "Two of them, begun at the same time."
    with ThreadPoolExecutor(2) as pool: return [*pool.map(lambda _: stack.enter_context(queue_process(*args, **kw)), range(2))]

def programs(tracker, folder):
    runner = ProcessRunner(folder/'work', tracker.logs)
    runner.interval = .02
    return runner

def queue_here(tracker, folder, slots=4, ttl=1., **kw): return JobQueue(tracker, [CallRunner(FUNCS), programs(tracker, folder)], slots, **dict(grace=.5, backoff=.01, recheck=.02, lease_ttl=ttl) | kw)

def steady(queue):
    "A queue whose lease is good for a minute: others do not take it for dead, however slow the machine is just now."
    facts = queue._lease_facts
    queue._lease_facts = lambda: facts() | {'ttl': 60.}
    return queue

def call(tracker, func, *args, **kw): return tracker.create_job(func, spec={'func': func, 'args': [str(a) if not isinstance(a, (int, float)) else a for a in args]}, **kw)

COUNT = 'import pathlib, sys, time\nopen(sys.argv[1], "a").write("x")\nwhile not pathlib.Path(sys.argv[1] + ".go").exists(): time.sleep(.005)\nsys.exit(7)'
def program(tracker, path, **kw): return tracker.create_job('program', runner='process', spec={'argv': [sys.executable, '-c', COUNT, str(path)]}, **kw)

def types(tracker, job): return [e.type for e in tracker.history(job.id)]
def has(tracker, job, type): return until(lambda: type in types(tracker, job), f'{type} in the journal of {job.name}: {types(tracker, job)}')
def go(path): path.with_name(path.name + '.go').touch()
def no_seq_twice(tracker, job): assert [e.seq for e in tracker.history(job.id)] == sorted({e.seq for e in tracker.history(job.id)})

# --- side by side

@pytest.mark.parametrize('how', ['two processes', 'two trackers', 'one tracker'])
def test_no_job_is_carried_out_twice(database, tmp_path, how):
    counter = tmp_path/'counter'
    with ExitStack() as stack, JobTracker(database) as tracker:
        if how == 'two processes':
            two_processes(stack, database, tmp_path, ttl=60.)
        else:
            for n in range(2):
                t = tracker if how == 'one tracker' else stack.enter_context(JobTracker(database))
                stack.enter_context(queue_here(t, tmp_path, ttl=60.))
        submitter = JobQueue(tracker, CallRunner(FUNCS))   # never started
        jobs = submitter.submit_many([Job(name='once', spec={'func': 'once', 'args': [str(counter), n]}) for n in range(120)])
        for job in jobs: assert tracker.join(job.id, 60).status == 'completed'
        assert sorted(map(int, counter.read_text().split())) == [*range(120)]
        for job in jobs[::10]: assert types(tracker, job) == ['created', 'queued', 'running', 'started', 'completed']
    with JobTracker(database) as t: assert t.store.leases() == []

def test_a_cancel_reaches_the_queue_that_has_the_job_also_on_one_tracker(database, tmp_path):
    with JobTracker(database) as tracker, queue_here(tracker, tmp_path, ttl=60.), queue_here(tracker, tmp_path, ttl=60.):
        jobs = [queue_here(tracker, tmp_path).submit(call(tracker, 'busy', tmp_path/'never')) for _ in range(8)]
        for job in jobs: has(tracker, job, 'started')
        assert all(asyncio.run(tracker.cancel_job(j.id)) for j in jobs)
        assert all(types(tracker, j).count('running') == 1 for j in jobs)

# --- killed

def test_a_program_whose_queue_is_killed_is_followed_by_another_at_once(database, tmp_path):
    counter = tmp_path/'counter'
    with JobTracker(database) as tracker:
        with queue_process(database, tmp_path, ttl=60.) as p:
            job = JobQueue(tracker, programs(tracker, tmp_path)).submit(program(tracker, counter))
            has(tracker, job, 'started')
            p.kill(), p.wait()
        with queue_here(tracker, tmp_path, ttl=60.):   # nobody waits for a minute: the process is known to be gone
            has(tracker, job, 'adopted')
            go(counter)
            assert tracker.join(job.id, 20).failure.exit_code == 7
        assert (job.attempt, counter.read_text(), len(tracker.store.leases())) == (1, 'x', 0)

def test_a_living_queue_notices_that_another_has_died(database, tmp_path):
    counter = tmp_path/'counter'
    with JobTracker(database) as tracker, queue_process(database, tmp_path, names=['call', 'a']) as p:
        program_there, function_there = program(tracker, counter), tracker.create_job('tick', runner='a', spec={'func': 'tick', 'args': [str(tmp_path/'ticks')]}, max_attempts=2)
        for job in (program_there, function_there): tracker.submit_job(job.id), has(tracker, job, 'started')
        with JobQueue(tracker, [CallRunner(FUNCS, 'a'), programs(tracker, tmp_path)], 4, backoff=.01, lease_ttl=.6):
            p.kill(), p.wait()
            has(tracker, program_there, 'adopted'), has(tracker, function_there, 'retried')
            go(counter), go(tmp_path/'ticks')
            assert tracker.join(program_there.id, 20).failure.exit_code == 7 and tracker.join(function_there.id, 20).result == os.getpid()
        assert (function_there.attempt, counter.read_text()) == (2, 'x')
        assert next(e for e in tracker.history(function_there.id) if e.type == 'retried').data['failure']['kind'] == 'lost'

def test_one_that_waits_for_its_next_attempt_does_not_depend_on_the_queue_where_it_failed(database, tmp_path):
    path = tmp_path/'tries'
    with JobTracker(database) as tracker:
        with queue_process(database, tmp_path, backoff=4., dies_at='retried') as p:
            job = tracker.submit_job(call(tracker, 'fail_once', path, max_attempts=2).id)
            assert p.wait(30) == 9
        has(tracker, job, 'retried')
        assert job.status == 'pending'
        delay = next(e for e in tracker.history(job.id) if e.type == 'retried').data['delay_s']
        with queue_here(tracker, tmp_path, ttl=60.) as queue:
            until(lambda: 'trying again in' in (queue.why_waiting(job.id) or 'trying again in'), 'the line')
            assert tracker.join(job.id, 20).result == os.getpid()
        ran = [e.at for e in tracker.history(job.id) if e.type in ('retried', 'running')]
        assert 2 <= delay <= 4 and delay - .1 <= elapsed_s(ran[1], ran[2]) and path.read_text() == 'xx'

@pytest.mark.exhaustive
def test_two_recoverers_at_once_and_twice_in_a_row(database, tmp_path):
    jobs, counters = [], [tmp_path/f'counter{n}' for n in range(6)]
    with ExitStack() as stack, JobTracker(database) as tracker:
        with queue_process(database, tmp_path, slots=6) as p:
            for c in counters: jobs.append(tracker.submit_job(program(tracker, c).id))
            for job in jobs: has(tracker, job, 'started')
            p.kill(), p.wait()
        for turn in range(2):
            both = two_processes(stack, database, tmp_path, slots=6, ttl=60.)
            for job in jobs: until(lambda job=job, n=turn + 1: types(tracker, job).count('adopted') == n, f'adoption {turn + 1} of {types(tracker, job)}')
            if turn == 0:
                for q in both: q.kill(), q.wait()
        for c in counters: go(c)
        for job in jobs: assert tracker.join(job.id, 20).failure.exit_code == 7
        for job, c in zip(jobs, counters):
            assert (job.attempt, c.read_text(), types(tracker, job)) == (1, 'x', ['created', 'queued', 'running', 'started', 'adopted', 'adopted', 'failed'])
            no_seq_twice(tracker, job)

def test_a_process_number_that_was_given_to_another_is_no_sign_of_life(database, tmp_path):
    go(tmp_path/'path')
    with JobTracker(database) as tracker:
        fence = tracker.store.open_lease(queue_identity('…') | {'pid': os.getppid(), 'born': '1', 'ttl': 60.})
        job = tracker.submit_job(call(tracker, 'busy', tmp_path/'path', max_attempts=2).id)
        tracker.record([tracker.plan_running(job, lease=fence)])
        tracker.release(job.id)
        with queue_here(tracker, tmp_path, ttl=60.): assert tracker.join(job.id, 20).status == 'completed'
        assert job.attempt == 2

def test_a_queue_of_another_machine_is_waited_for(database, tmp_path):
    go(tmp_path/'path')
    with JobTracker(database) as tracker:
        fence = tracker.store.open_lease(queue_identity('…') | {'host': 'gpu-3', 'pid': 1, 'ttl': 3.})
        job = tracker.submit_job(call(tracker, 'busy', tmp_path/'path', max_attempts=2).id)
        tracker.record([tracker.plan_running(job, lease=fence)])
        tracker.release(job.id)
        with queue_here(tracker, tmp_path, ttl=.3):
            end = time.monotonic() + 3.5
            while time.monotonic() < end:   # it lives for longer than its lease, and shows it much more often than it must
                assert tracker.store.beat(fence)
                time.sleep(.05)
            assert job.status == 'running' and job.attempt == 1
            assert tracker.join(job.id, 20).attempt == 2

@pytest.mark.parametrize('doc', [{'ttl': None}, {'ttl': 'long', 'pid': 'self', 'queue': []}, {'ttl': -1, 'pid': None, 'born': 7}, ['a list'], 'a word'])
def test_a_lease_that_makes_no_sense_keeps_nobody_from_working(database, tmp_path, doc):
    go(tmp_path/'path')
    with JobTracker(database) as tracker:
        fence = tracker.store.open_lease(queue_identity('…') | doc if isinstance(doc, dict) else doc)
        job = tracker.submit_job(call(tracker, 'busy', tmp_path/'path', max_attempts=2).id)
        tracker.record([tracker.plan_running(job, lease=fence)])
        tracker.release(job.id)
        with queue_here(tracker, tmp_path, ttl=.3) as queue:
            assert tracker.join(queue.submit(call(tracker, 'busy', tmp_path/'path')).id, 20).status == 'completed'
            assert tracker.join(job.id, 20).attempt == 2   # silent for as long as we may be

def test_why_a_job_waits_is_not_told_once_another_queue_has_it(database, tmp_path):
    with JobTracker(database) as tracker, JobTracker(database) as other:
        real, late = tracker.store.apply, threading.Event()
        def apply(writes):   # in the instant before the reason is written, another one is faster
            if any(getattr(w, 'type', None) == 'waiting' for w in writes) and not late.is_set():
                other.mark_running(held.id), other.mark_completed(held.id, None)
                late.set()
            return real(writes)
        tracker.store.apply = apply
        with queue_here(tracker, tmp_path, resources={'gpu': 1}) as queue:
            first = queue.submit(Job(name='first', spec={'func': 'busy', 'args': [str(tmp_path/'path')], 'resources': {'gpu': 1}}))
            has(tracker, first, 'started')
            held = queue.submit(Job(name='held', spec=first.spec))
            assert late.wait(20)
            go(tmp_path/'path')
            assert tracker.join(first.id, 20).status == tracker.join(held.id, 20).status == 'completed'
        assert [e.type for e in tracker.history(held.id)] == ['created', 'queued', 'running', 'completed']

def test_a_queue_of_this_process_that_ended_without_signing_off(database, tmp_path):
    go(tmp_path/'path')
    with JobTracker(database) as tracker:
        real, tracker.store.close_lease = tracker.store.close_lease, lambda fence: (_ for _ in ()).throw(StoreError('here', 'database is locked'))
        counter = tmp_path/'counter'
        with queue_here(tracker, tmp_path, ttl=60.) as queue: has(tracker, job := queue.submit(program(tracker, counter)), 'started')
        assert len(tracker.store.leases()) == 1
        tracker.store.close_lease = real
        with queue_here(tracker, tmp_path, ttl=60.):
            has(tracker, job, 'adopted'), go(counter)
            assert tracker.join(job.id, 20).failure.exit_code == 7
        assert counter.read_text() == 'x' and tracker.store.leases() == []

def test_a_take_over_whose_answer_was_lost_is_finished(database, tmp_path):
    counter = tmp_path/'counter'
    with JobTracker(database) as tracker:
        with queue_here(tracker, tmp_path) as queue: has(tracker, job := queue.submit(program(tracker, counter)), 'started')
        real, lost = tracker.store.take_over, []
        def take_over(*args):
            answer = real(*args)
            if not lost: lost.append(answer); raise StoreError('here', 'the cable is out')
            return answer
        tracker.store.take_over = take_over
        with queue_here(tracker, tmp_path):
            has(tracker, job, 'adopted'), go(counter)
            assert tracker.join(job.id, 20).failure.exit_code == 7
        assert lost == [[job.id]] and counter.read_text() == 'x'

# --- suspended

@pytest.mark.parametrize('ends', [False, True], ids=['it would go on', 'it ends as it wakes'])
def test_a_queue_that_wakes_up_late_cannot_overwrite_and_is_useful_again(database, tmp_path, ends):
    ticks = tmp_path/'ticks'
    mine = lambda p: ticks.read_text().split().count(str(p.pid))
    with JobTracker(database) as tracker, queue_process(database, tmp_path, names=['call', 'a'], ttl=2.) as p:
        job = tracker.submit_job(call(tracker, 'tick', ticks, max_attempts=3).id)
        has(tracker, job, 'started'), until(ticks.exists, 'a tick')
        with steady(queue_here(tracker, tmp_path, ttl=1.)):
            p.send_signal(signal.SIGSTOP)
            has(tracker, job, 'retried')
            until(lambda: str(os.getpid()) in ticks.read_text(), 'the other attempt')
            go(ticks)
            assert tracker.join(job.id, 20).result == os.getpid()
            if not ends: os.remove(f'{ticks}.go')
            told = types(tracker, job)
            p.send_signal(signal.SIGCONT)
            def useful():
                other = tracker.submit_job(tracker.create_job('rest', runner='a', spec={'func': 'rest', 'args': [.2]}).id)
                return tracker.join(other.id, 20).result == p.pid
            assert useful()
            count = mine(p)
            assert useful() and mine(p) == count, 'its own attempt goes on beside the record'
        assert (job.result, job.attempt, types(tracker, job)) == (os.getpid(), 2, told) and told.count('completed') == 1

def test_a_program_is_adopted_from_a_suspended_queue_and_ends_once(database, tmp_path):
    counter = tmp_path/'counter'
    with JobTracker(database) as tracker, queue_process(database, tmp_path, names=['call', 'a'], ttl=2.) as p:
        job = tracker.submit_job(program(tracker, counter).id)
        has(tracker, job, 'started')
        with steady(queue_here(tracker, tmp_path, ttl=1.)):
            p.send_signal(signal.SIGSTOP)
            has(tracker, job, 'adopted')
            p.send_signal(signal.SIGCONT)
            other = tracker.submit_job(tracker.create_job('rest', runner='a', spec={'func': 'rest', 'args': [.01]}).id)
            assert tracker.join(other.id, 20).result == p.pid
            go(counter)
            assert tracker.join(job.id, 20).failure.exit_code == 7
        assert types(tracker, job) == ['created', 'queued', 'running', 'started', 'adopted', 'failed'] and counter.read_text() == 'x'

# --- cut off from the record

def cut_off(store):
    "No write reaches the record until the answer is called."
    names = 'apply', 'beat', 'take_over', 'open_lease', 'close_lease'
    real = {n: getattr(store, n) for n in names}
    def fail(*args, **kw): raise StoreError('here', 'the cable is out')
    for n in names: setattr(store, n, fail)
    def restore():
        for n, f in real.items(): setattr(store, n, f)
    return restore

def test_work_goes_on_while_the_record_is_away_for_long(database, tmp_path):
    path = tmp_path/'path'
    with JobTracker(database) as tracker, queue_here(tracker, tmp_path, ttl=.3) as queue:
        job = queue.submit(call(tracker, 'busy', path))
        has(tracker, job, 'started')
        restore = cut_off(tracker.store)
        time.sleep(.6)   # twice the time to live; nobody is there to take over
        go(path)
        time.sleep(.1)
        assert job.status == 'running'
        restore()
        assert tracker.join(job.id, 20).status == 'completed' and job.attempt == 1

def test_a_queue_that_was_cut_off_finds_out_that_its_job_is_in_other_hands(database, tmp_path):
    counter, ticks = tmp_path/'counter', tmp_path/'ticks'
    with JobTracker(database) as a, JobTracker(database) as b, queue_here(a, tmp_path, ttl=1.) as queue:
        one, two = queue.submit(program(a, counter)), queue.submit(call(a, 'tick', ticks, max_attempts=2))
        for job in (one, two): has(a, job, 'started')
        restore = cut_off(a.store)
        with steady(queue_here(b, tmp_path, ttl=1.)):
            has(b, b.get_job(one.id), 'adopted'), has(b, b.get_job(two.id), 'retried')
            restore()
            until(lambda: len(b.store.leases()) == 2 and queue.lease.fence is not None, 'a new lease')
            go(counter), go(ticks)
            assert b.join(one.id, 20).failure.exit_code == 7 and b.join(two.id, 20).attempt == 2
            assert types(b, one) == ['created', 'queued', 'running', 'started', 'adopted', 'failed']
            assert a.join(one.id, 20).status == 'failed' and a.join(two.id, 20).status == 'completed'
            assert types(a, two).count('completed') == 1 and counter.read_text() == 'x'

def test_a_queue_whose_loop_is_blocked_gives_its_job_to_its_neighbour(database, tmp_path):
    "Two queues of one process and tracker, with one runner: the work is found by the second, and not stopped by the first."
    path, gate = tmp_path/'path', threading.Event()
    with JobTracker(database) as tracker:
        runner = CallRunner(FUNCS)
        with JobQueue(tracker, runner, 2, grace=.5, lease_ttl=1., backoff=.01) as first:
            job = first.submit(call(tracker, 'busy', path))
            has(tracker, job, 'started')
            first._loop.call_soon_threadsafe(gate.wait, 90)   # as a runner does that keeps no promise
            with JobQueue(tracker, runner, 2, grace=.5, lease_ttl=1., backoff=.01):
                has(tracker, job, 'adopted')
                gate.set()
                until(lambda: len(tracker.store.leases()) == 2 and first.lease.fence is not None and first._reopening is None, 'the first to start afresh')
                go(path)
                assert tracker.join(job.id, 20).status == 'completed'
        assert job.attempt == 1 and types(tracker, job).count('completed') == 1

def test_a_callback_that_blocks_for_longer_than_the_lease_costs_the_queue_nothing(database, tmp_path):
    path, blocked = tmp_path/'path', []
    def completed(job_id, _):
        time.sleep(2.5)
        blocked.append(job_id)
    with JobTracker(database, completed) as a, JobTracker(database) as b, queue_here(a, tmp_path) as first:
        running = first.submit(call(a, 'busy', path))
        has(a, running, 'started')
        fence, quick = first.lease.fence, first.submit(call(a, 'rest', 0))
        with queue_here(b, tmp_path):
            a.join(quick.id, 20)
            assert a.join(first.submit(call(a, 'rest', 0)).id, 20).status == 'completed' and not blocked   # the queue goes on meanwhile
            until(lambda: blocked, 'the first callback to return')
            assert first.lease.fence == fence and types(b, running) == ['created', 'queued', 'running', 'started']
            go(path)
            assert a.join(running.id, 20).status == 'completed' and running.attempt == 1

def test_a_result_that_takes_long_to_write_down_costs_the_queue_nothing(database):
    class Slow:
        def to_dict(self):
            time.sleep(2.5)
            return {'words': 812}
    ran = []
    def work():
        ran.append(1)
        return Slow()
    with JobTracker(database) as a, JobTracker(database) as b:
        with JobQueue(a, CallRunner({'work': work}), lease_ttl=1.) as first, JobQueue(b, CallRunner({'work': work}, 'other'), lease_ttl=1.):
            has(a, job := first.submit(call(a, 'work', max_attempts=2)), 'started')
            fence = first.lease.fence
            assert a.join(job.id, 20).result == {'words': 812} and first.lease.fence == fence
        assert ran == [1] and types(b, job) == ['created', 'queued', 'running', 'started', 'completed']
