"The queue with real runners, on both records: order, limits, cancel, time limits, retries, a record in trouble, kills at bad moments."
import asyncio, gc, json, os, signal, subprocess, sys, textwrap, threading, time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path
import psutil, pytest
from cjm_jobtrack.model.errors import InvalidInput, KeyConflict, NeverFits, NodeUnreachable, StoreError, UnknownJob, UnknownRunner
from cjm_jobtrack.model.job import Failure, Job, JobStatus, Update
from cjm_jobtrack.tracker.tracker import JobTracker
from cjm_jobtrack.runners.call import CallRunner
from cjm_jobtrack.runners.process import ProcessRunner
from cjm_jobtrack.queue.queue import _ON_EVENT, JobQueue
from cjm_jobtrack.runners.outcome import Outcome, Receipt
from cjm_jobtrack.model.retry import retry_delay
from helpers import mortal, until

pytestmark = pytest.mark.filterwarnings('error::RuntimeWarning', 'error::pytest.PytestUnraisableExceptionWarning')

@pytest.fixture(autouse=True)
def nothing_left(caplog):
    "No thread and no process is left, and asyncio had nothing to complain about."
    before, children = {*threading.enumerate()}, {*psutil.Process().children()}
    yield
    gc.collect(1)
    left = lambda: [t.name for t in {*threading.enumerate()} - before if not t.name.startswith('services')]   # those look after servers of the whole session
    until(lambda: not left(), 'threads to end')
    until(lambda: not [p for p in {*psutil.Process().children()} - children if _name(p) not in (None, 'postgres')], 'processes to be gone')
    said = [r.getMessage() for phase in ('setup', 'call', 'teardown') for r in caplog.get_records(phase) if r.name == 'asyncio' and r.levelname == 'ERROR']
    assert not said

@pytest.fixture(params=['memory', 'sqlite', pytest.param('postgresql', marks=pytest.mark.needs('postgresql'))])
def tracker(request, tmp_path):
    url = {'memory': lambda: None, 'sqlite': lambda: f'sqlite:///{tmp_path}/jobs.db', 'postgresql': lambda: request.getfixturevalue('postgres_url')}[request.param]()
    with JobTracker(url) as t: yield t

@pytest.fixture
def durable(database):
    with JobTracker(database) as t: yield t

class Calls(CallRunner):
    "Functions, given as they are."
    def job(self, tracker, fn, *args, **kw): return tracker.create_job(fn.__name__, spec=self.call(fn, *args), **kw)

@pytest.fixture
def calls(): return Calls()

def programs(tracker, tmp_path, cls=ProcessRunner):
    runner = cls(tmp_path/'work', tracker.logs)
    runner.interval = .02
    return runner

def program(tracker, script, *args, **kw):
    "A job that is a Python program."
    return tracker.create_job('program', runner='process', spec={'argv': [sys.executable, '-c', textwrap.dedent(script), *map(str, args)]}, **kw)

def types(tracker, job, *, but=()): return [e.type for e in tracker.history(job.id) if e.type not in but]
def has(tracker, job, type): return until(lambda: type in types(tracker, job), f'{type} in the journal of {job.name}')
def ago(seconds): return (datetime.now(timezone.utc) - timedelta(seconds=seconds)).isoformat(timespec='microseconds')
def pids(mark): return [p for p in psutil.process_iter() if mark in _cmdline(p)]
def _name(p):
    try: return p.name()
    except psutil.NoSuchProcess: return None
def _cmdline(p):   # that of a zombie is empty
    try: return p.cmdline()
    except psutil.Error: return []

def tuned(tracker, runners, slots=1, **kw): return JobQueue(tracker, runners, slots, **dict(grace=.5, backoff=.01, recheck=.01) | kw)

# --- in line

def test_what_is_no_job_is_refused_without_a_look_into_it(tracker):
    class Unspeakable:
        def __repr__(self): raise RuntimeError('not to be shown')
    queue = JobQueue(tracker, CallRunner())
    with pytest.raises(InvalidInput, match='is a spec, not a job'): queue.submit({'args': [Unspeakable()]})

@pytest.mark.parametrize('slots', [1, 3])
def test_slots_are_filled_and_never_exceeded(tracker, calls, slots):
    lock, now, most, full = threading.Lock(), [], [], threading.Event()
    def enter(n):
        with lock: now.append(n); most.append(len(now))
        if len(now) >= slots: full.set()
    def leave(n):
        with lock: now.remove(n)
    def thread(n): enter(n); full.wait(20); leave(n)
    async def coroutine(n):
        enter(n)
        while not full.is_set(): await asyncio.sleep(.001)
        leave(n)
    def fails(n): thread(n); raise OSError(n)
    jobs = [calls.job(tracker, fn, n, max_attempts=2) for n, fn in enumerate([thread, coroutine, fails]*8)]
    with tuned(tracker, calls, slots) as queue:
        for job in jobs: queue.submit(job)
        for job in jobs: tracker.join(job.id, 20)
    assert max(most) == slots and len(most) == 32
    assert tracker.counts() == {'pending': 0, 'running': 0, 'completed': 16, 'failed': 8, 'cancelled': 0}

@pytest.mark.parametrize('held', [True, False], ids=['before start', 'while one runs'])
def test_priority_first_and_inside_it_first_come_first_served(tracker, calls, held):
    order, gate = [], threading.Event()
    def note(n): order.append(n)
    def hold(): gate.wait(20)
    created = [calls.job(tracker, note, (p, n), priority=p) for n, p in enumerate([0, 5, 0, -1, 5, 0])]
    queue = tuned(tracker, calls)
    first = None if held else queue.start().submit(calls.job(tracker, hold))
    if first: has(tracker, first, 'started')
    for job in reversed(created): queue.submit(job)   # the order of submitting counts, not that of creating
    gate.set()
    with queue:
        for job in created: tracker.join(job.id, 20)
    assert order == [(5, 4), (5, 1), (0, 5), (0, 2), (0, 0), (-1, 3)]

def test_submitting_again_changes_nothing_however_many_do_it_at_once(tracker, calls):
    ran = []
    def work(): ran.append(1)
    with tuned(tracker, calls) as queue, ThreadPoolExecutor(8) as pool:
        jobs = [*pool.map(lambda _: queue.submit(calls.job(tracker, work, id='once')), range(32))]
        assert {id(j) for j in jobs} == {id(jobs[0])}
        tracker.join('once', 20)
        assert queue.submit(jobs[0]).status == 'completed'
        with pytest.raises(KeyConflict): queue.submit(Job(id='once', spec={'func': 'other'}))
    assert ran == [1] and types(tracker, jobs[0]) == ['created', 'queued', 'running', 'started', 'completed']

def test_an_unknown_runner_is_refused_and_one_of_another_queue_left_alone(tracker, calls):
    def work(): pass
    job = tracker.create_job('scan', runner='docker')
    with tuned(tracker, calls) as queue:
        with pytest.raises(UnknownRunner, match='Known here: call'): queue.submit(job)
        tracker.submit_job(job.id)   # by a queue in another process, say
        tracker.join(queue.submit(calls.job(tracker, work)).id, 20)
    assert types(tracker, job) == ['created', 'queued'] and job.status == 'pending'

def test_jobs_that_were_not_submitted_are_never_touched(tracker, calls):
    def work(): return 1
    waiting, mine = calls.job(tracker, work), calls.job(tracker, work)
    tracker.mark_running(mine.id)
    for _ in range(2):
        with tuned(tracker, calls) as queue: tracker.join(queue.submit(calls.job(tracker, work)).id, 20)
    assert (waiting.status, mine.status) == ('pending', 'running')
    assert types(tracker, mine) == ['created', 'running']
    assert asyncio.run(tracker.cancel_job(mine.id)) and asyncio.run(tracker.cancel_job(waiting.id))

def test_many_jobs_from_another_thread_while_it_runs(tracker, calls):
    ran, jobs = [], []
    async def work(n): ran.append(n)
    with tuned(tracker, calls, 4) as queue:
        def flood(): jobs.extend(queue.submit(calls.job(tracker, work, n)) for n in range(200))
        thread = threading.Thread(target=flood)
        thread.start(), thread.join()
        for job in jobs: tracker.join(job.id, 30)
    assert sorted(ran) == [*range(200)] and tracker.counts()['completed'] == 200

# --- why it waits

class Moody(Calls):
    "A runner with reasons, by the job's name."
    def __init__(self, *args): super().__init__(*args); self.reasons, self.asked = {}, []
    def why_not(self, job):
        self.asked.append(job.name)
        reason = self.reasons.get(job.name)
        if isinstance(reason, Exception): raise reason
        return reason

def test_a_reason_is_told_when_it_changes_and_stands_in_nobodys_way(tracker):
    runner = Moody()
    def picky(): pass
    def easy(): pass
    runner.reasons['picky'] = 'node gpu-3 is silent'
    with tuned(tracker, runner) as queue:
        job = queue.submit(runner.job(tracker, picky, priority=9))
        tracker.join(queue.submit(runner.job(tracker, easy)).id, 20)
        assert (job.status, job.message) == ('pending', 'node gpu-3 is silent')
        until(lambda: runner.asked.count('picky') > 5, 'it to be asked again')
        runner.reasons['picky'] = 'gpu-3 is full'
        until(lambda: job.message == 'gpu-3 is full', 'the new reason')
        runner.reasons['picky'] = RuntimeError('no idea')   # a runner that cannot even say
        until(lambda: 'no idea' in job.message, 'the trouble to be told')
        runner.reasons.clear()
        tracker.join(job.id, 20)
    assert [e.data['reason'][:12] for e in tracker.history(job.id) if e.type == 'waiting'] == ['node gpu-3 i', 'gpu-3 is ful', 'RuntimeError']
    assert (job.status, job.message) == ('completed', None)

def test_one_that_waits_for_a_reason_can_be_cancelled(tracker):
    runner = Moody()
    def picky(): pass
    runner.reasons['picky'] = 'not today'
    with tuned(tracker, runner) as queue:
        job = queue.submit(runner.job(tracker, picky))
        has(tracker, job, 'waiting')
        assert asyncio.run(tracker.cancel_job(job.id)) and not asyncio.run(tracker.cancel_job(job.id))

# --- resources, and what can never be met

@pytest.fixture
def gated(calls):
    "Jobs that each run until their gate is opened."
    gates = {}
    async def hold(name):
        while not gates[name].is_set(): await asyncio.sleep(.002)
    def job(tracker, name, *, priority=0, **terms):
        gates[name] = threading.Event()
        return tracker.create_job(name, spec=calls.call(hold, name) | terms, priority=priority)
    job.open = lambda *names: [gates[n].set() for n in names or gates]
    return job

def running(tracker): return sorted(j.name for j in tracker.list_jobs('running'))

def test_resources_are_never_exceeded_and_what_a_job_waits_for_is_not_taken_by_those_behind_it(tracker, calls, gated):
    with tuned(tracker, calls, 9, resources={'gpu': 2, 'licence': 1}) as queue:
        first = [queue.submit(gated(tracker, n, resources=r)) for n, r in [('one', {'gpu': 1}), ('both', {'gpu': 2}), ('behind', {'gpu': 1}), ('other', {'licence': 1}), ('none', {})]]
        until(lambda: running(tracker) == ['none', 'one', 'other'], 'those that can begin')
        one, both, behind, other, none = first
        has(tracker, both, 'waiting')
        assert queue.why_waiting(both.id) == both.message == f'needs gpu=2: 1 of 2 free, held by {one.id[:8]}'
        assert queue.why_waiting(behind.id) == f'needs gpu=1: 1 of 2 free, set aside for {both.id[:8]} before it'
        assert queue.why_waiting(none.id) is None
        gated.open('one')
        until(lambda: running(tracker) == ['both', 'none', 'other'], 'the one that waited')
        gated.open()
        assert {tracker.join(j.id, 20).status for j in first} == {'completed'} and both.message is None

def test_what_runs_when_the_queue_comes_back_holds_its_resources(tracker, tmp_path):
    runner, go = programs(tracker, tmp_path), tmp_path/'go'
    jobs = [tracker.create_job('p', runner='process', spec={'argv': ['sh', '-c', f'while [ ! -e {go} ]; do sleep .02; done'], 'resources': {'gpu': 1}}) for _ in range(2)]
    with tuned(tracker, runner, 4, resources={'gpu': 1}) as queue: [queue.submit(j) for j in jobs], has(tracker, jobs[0], 'started')
    with tuned(tracker, runner, 4, resources={'gpu': 1}) as queue:
        has(tracker, jobs[0], 'adopted')
        until(lambda: 'held by' in queue.why_waiting(jobs[1].id), 'the second to wait')
        go.touch()
        for j in jobs: assert tracker.join(j.id, 20).status == 'completed'

def test_what_never_fits_is_refused_with_the_numbers(tracker, calls):
    ran = []
    async def work(): ran.append(1)
    spec = calls.call(work) | {'resources': {'gpu': 2}}
    queue = tuned(tracker, calls, resources={'gpu': 1})
    with pytest.raises(NeverFits, match='gpu=2 of 1') as e: queue.submit(Job(id='fresh', spec=spec))
    assert (e.value.needs, e.value.has) == ({'gpu': 2}, {'gpu': 1}) and tracker.get_job('fresh') is None
    job = tracker.create_job('on record', spec=spec)
    with pytest.raises(NeverFits): queue.submit(job)
    assert (job.status, job.failure.kind, job.failure.evidence) == ('failed', 'never_fits', {'needs': {'gpu': 2}, 'has': {'gpu': 1}})
    with pytest.raises(NeverFits): queue.submit_many([calls.job(tracker, work), Job(id='many', spec=spec)])
    assert tracker.get_job('many') is None
    larger = tuned(tracker, calls, resources={'gpu': 4})   # what is too much for one queue is left to another
    job = larger.submit(Job(id='large', spec=spec))
    with pytest.raises(NeverFits): queue.submit(job)
    with queue: has(tracker, job, 'waiting'); assert job.status == 'pending' and 'gpu=2 of 1' in queue.why_waiting('large')
    with larger: assert tracker.join('large', 20).status == 'completed'
    assert ran == [1]

def test_one_that_is_too_large_for_a_queue_is_told_once_and_with_those_who_could_take_it(tracker, calls, gated):
    async def work(): return 'done'
    big = tracker.add_job(Job(name='big', priority=-9, spec=calls.call(work) | {'resources': {'gpu': 2}}), queued=True)   # by somebody who asked no queue
    small, large = [tuned(tracker, calls, resources={'gpu': n}, name=name) for n, name in ((1, 'small'), (4, 'large'))]
    def told(): return [e.data['reason'] for e in tracker.history(big.id) if e.type == 'waiting']
    for _ in range(2):   # a queue that is started again has nothing new to say
        with small:
            has(tracker, big, 'waiting')
            assert tracker.join(small.submit(calls.job(tracker, work)).id, 20).result == 'done'   # it has read the journal
            assert told() == [big.message] == [small.why_waiting(big.id)] and 'gpu=2 of 1. No queue at work has that much' in big.message
    with small:
        has(tracker, first := tracker.submit_job(gated(tracker, 'first', resources={'gpu': 3}).id), 'waiting')
        with large:
            has(tracker, first, 'started')
            assert 'gpu=2 of 1. Left to large' in small.why_waiting(big.id), 'with the facts of the moment'
            gated.open()
            assert tracker.join(big.id, 20).result == 'done' and small.why_waiting(big.id) is None

@pytest.mark.parametrize('terms', [{'resources': ['gpu']}, {'resources': {'gpu': -1}}, {'resources': {'gpu': True}}, {'queue_timeout': 0}, {'queue_timeout': 10**400}, {'stall_timeout': 'long'}, {'stall_timeout': float('nan')}])
def test_terms_that_make_no_sense_are_refused_by_name(tracker, calls, terms):
    def work(): pass
    job = tracker.create_job('work', spec=calls.call(work) | terms)
    with pytest.raises(InvalidInput) as e: tuned(tracker, calls).submit(job)
    assert e.value.field == next(iter(terms)) and job.status == 'pending'
    tracker.submit_job(job.id)   # by somebody who did not look
    with tuned(tracker, calls): assert tracker.join(job.id, 20).failure.kind == 'invalid'

@pytest.mark.parametrize('field, value', [(f, v) for f in ('grace', 'recheck', 'ageing', 'backoff', 'lease_ttl', 'queue_timeout', 'stall_timeout')
    for v in (float('inf'), float('nan'), -1, 10**400, '1', True, *([] if f in ('grace', 'ageing', 'backoff') else [0]))])
def test_lengths_of_time_that_make_no_sense_are_refused_by_name(calls, field, value):
    with JobTracker() as t, pytest.raises(InvalidInput) as e: JobQueue(t, calls, **{field: value})
    assert e.value.field == field

def test_two_runners_of_one_name_are_refused(calls):
    with JobTracker() as t:
        with pytest.raises(InvalidInput, match="`runners` has two of the name 'call'"): JobQueue(t, [calls, CallRunner()])
        assert JobQueue(t, {'a': calls, 'b': CallRunner(name='other')}).runners.keys() == {'call', 'other'}

def test_asking_again_without_a_pause_keeps_nobody_from_anything(tracker):
    runner = Moody()
    def work(): pass
    job = runner.job(tracker, work)
    runner.reasons['work'] = 'not now'
    with tuned(tracker, runner) as queue:
        queue.recheck = 0.
        queue.submit(job)
        until(lambda: job.message == 'not now', 'the reason')
        runner.reasons.clear()
        assert tracker.join(job.id, 20).status == 'completed'

def test_one_job_that_makes_no_sense_on_record_stops_nobody(tracker, calls):
    def work(): pass
    odd, good = calls.job(tracker, work), calls.job(tracker, work)
    for job in (odd, good): tracker.submit_job(job.id)
    real = tracker.store.places
    tracker.store.places = lambda ids: {i: (p[0] and ('01.01.2026' if i == odd.id else p[0]), *p[1:]) for i, p in real(ids).items()}
    with tuned(tracker, calls) as queue:
        assert tracker.join(good.id, 20).status == 'completed'
        assert tracker.join(queue.submit(calls.job(tracker, work)).id, 20).status == 'completed'
        assert '01.01.2026' in queue.why_waiting(odd.id)
        until(lambda: types(tracker, odd) == ['created', 'queued', 'waiting'], 'the reason in the journal')
        assert asyncio.run(tracker.cancel_job(odd.id)) and odd.status == 'cancelled'

def test_one_event_that_makes_no_sense_is_told_where_its_job_waits(tracker, calls, monkeypatch):
    def work(): pass
    odd = calls.job(tracker, work)
    known = JobQueue._on_queued
    def stumble(queue, e):
        if e.job_id == odd.id: raise ValueError('Invalid isoformat string')
        known(queue, e)
    monkeypatch.setitem(_ON_EVENT, 'queued', stumble)
    with tuned(tracker, calls) as queue:
        tracker.join(queue.submit(calls.job(tracker, work)).id, 20)   # from here on it hears of them by the journal
        queue.submit(odd)
        assert tracker.join(queue.submit(calls.job(tracker, work)).id, 20).status == 'completed'
        until(lambda: 'Invalid isoformat' in queue.why_waiting(odd.id) and types(tracker, odd)[-1] == 'waiting', 'the reason')

def test_why_it_waits_is_told_with_numbers(tracker, calls, gated):
    queue = tuned(tracker, calls, backoff=30.)
    def broken(): raise OSError('busy')
    jobs = [queue.submit(gated(tracker, n)) for n in 'abc']
    assert queue.why_waiting(jobs[0].id) == 'the queue is not running'
    with queue:
        until(lambda: running(tracker) == ['a'], 'the first')
        assert queue.why_waiting(jobs[2].id) == '1 job before it, 1 of 1 slots busy'
        assert queue.why_waiting(calls.job(tracker, broken).id) == 'it was not submitted'
        assert 'docker' in queue.why_waiting(tracker.create_job('scan', runner='docker').id)
        with pytest.raises(UnknownJob): queue.why_waiting('nobody')
        gated.open()
        again = queue.submit(calls.job(tracker, broken, max_attempts=2))
        until(lambda: (queue.why_waiting(again.id) or '').startswith('trying again in'), 'the wait')
        assert queue.why_waiting(jobs[0].id) is None

def test_urgent_ones_cannot_starve_an_ordinary_one(tracker, calls):
    order = []
    async def note(name): order.append(name)
    def job(name, minutes_ago, priority): return Job(name=name, spec=calls.call(note, name), priority=priority, created_at=ago(60*minutes_ago))
    with tuned(tracker, calls, ageing=600.) as queue:
        for j in queue.submit_many([job('ordinary', 25, 0), job('urgent', 14, 1), job('late', 16, 1), job('very urgent', 0, 3)]): tracker.join(j.id, 20)
    assert order == ['very urgent', 'late', 'ordinary', 'urgent']

def test_many_are_submitted_in_few_transactions_and_again_without_harm(tracker, calls):
    ran, calls_of_apply, real = [], [], tracker.store.apply
    async def work(n): ran.append(n)
    jobs = [Job(name='work', spec=calls.call(work, n)) for n in range(1200)]
    tracker.store.apply = lambda ops: (calls_of_apply.append(len(ops)), real(ops))[1]
    queue = tuned(tracker, calls, 32)
    held = queue.submit_many(jobs, batch='night')
    assert len(calls_of_apply) == 3 and [j.id for j in held] == [j.id for j in jobs] and tracker.counts(batch='night')['pending'] == 1200
    assert queue.submit_many(jobs[:3]) == held[:3]
    with queue:
        for j in held: tracker.join(j.id, 30)
    assert ran == [*range(1200)] and queue.submit_many([]) == []
    assert len(calls_of_apply) < 600, 'what comes together is written together'

# --- cancel

class Gated(ProcessRunner):
    "Processes whose verbs wait until the test lets them go on."
    def __init__(self, *args):
        super().__init__(*args)
        self.gates, self.at = {}, set()
    async def pass_gate(self, verb):
        self.at.add(verb)
        while (gate := self.gates.get(verb)) and not gate.is_set(): await asyncio.sleep(.002)
    async def start(self, job): await self.pass_gate('start'); return await super().start(job)
    async def stop(self, job, handle, grace): await self.pass_gate('stop'); return await super().stop(job, handle, grace)

async def cancel_here(tracker, job): return [await tracker.cancel_job(job.id)]
async def cancel_twice(tracker, job): return await asyncio.gather(tracker.cancel_job(job.id), tracker.cancel_job(job.id))
async def cancel_from_two_threads(tracker, job): return await asyncio.gather(*[asyncio.to_thread(asyncio.run, tracker.cancel_job(job.id)) for _ in range(2)])

@pytest.mark.parametrize('cancel', [cancel_here, cancel_twice, cancel_from_two_threads])
@pytest.mark.parametrize('when', ['pending', 'starting', 'running'])
def test_cancel(tracker, tmp_path, when, cancel):
    runner, mark = programs(tracker, tmp_path, Gated), str(tmp_path)
    if when == 'starting': runner.gates['start'] = threading.Event()
    with tuned(tracker, runner) as queue:
        if when == 'pending':
            queue.submit(before := program(tracker, 'import time; time.sleep(60)'))
            has(tracker, before, 'started')
        job = queue.submit(program(tracker, 'import time; time.sleep(60)', mark))
        if when == 'starting': until(lambda: 'start' in runner.at, 'the start')
        if when == 'running': has(tracker, job, 'started'), until(lambda: pids(mark), 'the program')
        if when == 'starting':
            has_wish = threading.Thread(target=lambda: (has(tracker, job, 'cancel_requested'), runner.gates['start'].set()))
            has_wish.start()
        said = asyncio.run(cancel(tracker, job))
        if when == 'starting': has_wish.join()
        assert True in said and job.status == 'cancelled' and not pids(mark)
        if when == 'pending': assert 'running' not in types(tracker, job); assert asyncio.run(tracker.cancel_job(before.id))
        else: assert tracker.history(job.id)[-1].data['receipt']['confirmed']
        assert types(tracker, job).count('cancel_requested') == (when != 'pending')
        assert asyncio.run(tracker.cancel_job(job.id)) is False, 'it has ended'

def test_a_job_may_cancel_another_from_the_queues_own_loop(tracker, calls):
    async def endless(): await asyncio.Event().wait()
    async def killer(job_id): return await tracker.cancel_job(job_id)
    with tuned(tracker, calls, 2) as queue:
        victim = queue.submit(calls.job(tracker, endless))
        has(tracker, victim, 'started')
        job = tracker.join(queue.submit(calls.job(tracker, killer, victim.id)).id, 20)
    assert job.result is True and victim.status == 'cancelled'

def test_cancelled_means_that_everything_is_gone_not_only_the_first_process(tracker, tmp_path):
    "The program ends at once when asked; a descendant that is deaf to SIGTERM takes until it is forced."
    runner, mark = programs(tracker, tmp_path), str(tmp_path/'deaf')
    with tuned(tracker, runner, grace=.3) as queue:
        job = queue.submit(program(tracker, '''
            import subprocess, sys, time
            subprocess.Popen([sys.executable, '-c', "import signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); open(sys.argv[1], 'w'); time.sleep(60)", sys.argv[1]], start_new_session=True)
            time.sleep(60)''', mark))
        until(lambda: os.path.exists(mark), 'the descendant')
        left = []
        end = tracker.subscribe(lambda e: e.type == 'cancelled' and left.append(pids(mark)), job.id)
        assert asyncio.run(tracker.cancel_job(job.id))
        until(lambda: left, 'the subscriber to hear of it')
        end()
    receipt = tracker.history(job.id)[-1].data['receipt']
    assert left == [[]] and receipt['how'] == 'forced' and len(receipt['ended']) == 2

def test_a_cancel_that_is_not_confirmed_says_so_and_holds(tracker, calls):
    gate = threading.Event()
    def deaf(): gate.wait(20)
    with tuned(tracker, calls, grace=.02) as queue:
        job = queue.submit(calls.job(tracker, deaf, max_attempts=3))
        has(tracker, job, 'started')
        assert asyncio.run(tracker.cancel_job(job.id)) is False
        assert job.status == 'running' and 'cannot be ended from outside' in job.message
        assert asyncio.run(tracker.cancel_job(job.id)) is False   # may be asked again
        gate.set()
        assert tracker.join(job.id, 20).status == 'cancelled'
    assert types(tracker, job, but=['created', 'queued']) == ['running', 'started', 'cancel_requested', 'cancel_unconfirmed', 'cancel_unconfirmed', 'cancelled']

@pytest.mark.parametrize('confirms', [True, False])
def test_what_is_completed_is_completed_although_a_cancel_was_under_way(tracker, confirms):
    class Late(Calls):
        async def stop(self, job, handle, grace):
            gate.set()
            await asyncio.wrap_future(self._works[handle['key']].done)
            return Receipt(confirms, 'gone' if confirms else 'unconfirmed')
    runner, gate = Late(), threading.Event()
    def work(): gate.wait(20); return 'made it'
    with tuned(tracker, runner) as queue:
        job = queue.submit(runner.job(tracker, work))
        has(tracker, job, 'started')
        assert asyncio.run(tracker.cancel_job(job.id)) is False
        assert tracker.join(job.id, 20).result == 'made it'

def test_a_wish_to_cancel_wins_over_another_attempt(tracker):
    "Between the failure of an attempt and writing it down somebody cancels: there is no next attempt."
    class Slow(Calls):
        async def stop(self, job, handle, grace):
            gate.set()
            return Receipt(True, 'gone')
    runner, gate, ran = Slow(), threading.Event(), []
    def work(): ran.append(1); gate.wait(20); raise OSError('broken')
    with tuned(tracker, runner) as queue:
        job = queue.submit(runner.job(tracker, work, max_attempts=5))
        has(tracker, job, 'started')
        assert asyncio.run(tracker.cancel_job(job.id)) and ran == [1]
    job = tracker.create_job('by hand', max_attempts=2)
    tracker.mark_running(job.id)
    tracker._states[job.id].cancel_requested = True
    tracker.mark_pending(job.id, 'again')
    assert job.status == 'cancelled'

def test_nobody_is_kept_waiting_by_a_beginning_that_takes_long(tracker, tmp_path):
    runner, mark = programs(tracker, tmp_path, Gated), str(tmp_path)
    runner.gates['start'] = threading.Event()
    with tuned(tracker, runner, grace=.02) as queue:
        job = queue.submit(program(tracker, 'import time; time.sleep(60)', mark))
        until(lambda: 'start' in runner.at, 'the start')
        assert asyncio.run(tracker.cancel_job(job.id)) is False and job.status == 'running'
        runner.gates['start'].set()
        assert tracker.join(job.id, 20).status == 'cancelled' and not pids(mark)

def test_a_stop_that_raises_is_not_confirmed(tracker):
    class Broken(Calls):
        async def stop(self, job, handle, grace): raise OSError('the engine does not answer')
    runner, gate = Broken(), threading.Event()
    def work(): gate.wait(20)
    with tuned(tracker, runner) as queue:
        job = queue.submit(runner.job(tracker, work))
        has(tracker, job, 'started')
        assert asyncio.run(tracker.cancel_job(job.id)) is False and 'does not answer' in job.message
        gate.set()
        tracker.join(job.id, 20)

def test_cancel_by_a_process_that_does_not_hold_the_job(durable, tmp_path):
    "It is marked once the queue that holds it has stopped it, and no earlier."
    mark = str(tmp_path/'elsewhere')
    with tuned(durable, programs(durable, tmp_path)) as queue, JobTracker(durable.store.display_url) as other:
        other.cancel_patience = 60.
        job = queue.submit(program(durable, "import sys, time; open(sys.argv[1], 'w').close(); time.sleep(60)", mark))
        until(lambda: os.path.exists(mark), 'the program')   # `started` is said of its supervisor, which may be stopped before there is a program to be ended
        has(durable, job, 'started')
        assert asyncio.run(other.cancel_job(job.id)) and not pids(mark)
        assert other.history(job.id)[-1].data['receipt']['ended']
        queued = other.create_job('from outside', runner='process', spec={'argv': ['true']})
        other.submit_job(queued.id)
        assert other.join(queued.id, 20).status == 'completed'

# --- time limits

def test_a_job_over_its_time_is_stopped(tracker, tmp_path):
    mark = str(tmp_path)
    with tuned(tracker, programs(tracker, tmp_path)) as queue:
        job = tracker.join(queue.submit(program(tracker, 'import time; time.sleep(60)', mark, timeout=.3, max_attempts=2)).id, 20)
    assert (job.failure.kind, job.attempt, pids(mark)) == ('timeout', 2, [])
    assert job.failure.evidence['stopped']['confirmed'] and 'limit of 0.3 s' in job.error

def test_there_is_no_other_attempt_beside_one_that_could_not_be_stopped(tracker, calls):
    gate, ran = threading.Event(), []
    def deaf(): ran.append(1); gate.wait(20)
    with tuned(tracker, calls, grace=.02) as queue:
        job = tracker.join(queue.submit(calls.job(tracker, deaf, timeout=.5, max_attempts=3)).id, 20)
        assert job.failure.kind == 'timeout' and not job.failure.evidence['stopped']['confirmed'] and ran == [1]
        gate.set()

@pytest.mark.parametrize('alive', [True, False], ids=['still running', 'ended meanwhile'])
def test_the_limit_counts_from_the_recorded_start_but_an_end_in_time_is_an_end(tracker, tmp_path, alive):
    runner, done = programs(tracker, tmp_path), tmp_path/'done'
    with tuned(tracker, runner) as queue:
        job = queue.submit(program(tracker, '''
            import pathlib, sys, time
            if sys.argv[1] == 'True': time.sleep(60)
            while not pathlib.Path(sys.argv[2] + '.go').exists(): time.sleep(.005)
            pathlib.Path(sys.argv[2]).touch()''', alive, done, timeout=600.))
        has(tracker, job, 'started')
    if not alive:
        Path(f'{done}.go').touch()
        until(lambda: (runner.folder/job.id/'1'/'exit').is_file(), 'its exit status')
        until(lambda: not pids(str(done)), 'the program to end')
        runner._reap()
    job.started_at = ago(3600)
    tracker.store.update(job.id, {'started_at': job.started_at})
    with tuned(tracker, runner): tracker.join(job.id, 20)
    if alive: assert job.failure.kind == 'timeout'
    else: assert (job.status, job.result['exit_code']) == ('completed', 0)

def test_one_that_waits_for_too_long_in_line_has_failed(tracker, calls, gated):
    with tuned(tracker, calls, queue_timeout=.3) as queue:
        has(tracker, held := queue.submit(gated(tracker, 'held', queue_timeout=60)), 'started')
        waits, patient = [queue.submit(gated(tracker, n, **t)) for n, t in [('waits', {}), ('patient', {'queue_timeout': 60})]]
        tracker.join(waits.id, 20)
        assert (waits.failure.kind, waits.attempt, held.status, patient.status) == ('queue_timeout', 0, 'running', 'pending')
        assert 'slots busy' in waits.failure.evidence['why'] and types(tracker, waits) == ['created', 'queued', 'failed']
        gated.open()
        assert tracker.join(held.id, 20).status == tracker.join(patient.id, 20).status == 'completed'

def test_one_that_can_never_fit_here_does_not_wait_for_longer_than_it_would(tracker, calls):
    def work(): pass
    job = calls.job(tracker, work)
    job.spec['resources'] = {'gpu': 2}
    big = tracker.add_job(Job(name='big', spec=job.spec | {'queue_timeout': .2}), queued=True)   # by somebody who knows of no limits
    with tuned(tracker, calls, resources={'gpu': 1}) as queue:
        assert tracker.join(big.id, 20).failure.kind == 'queue_timeout' and 'gpu=2 of 1' in big.failure.evidence['why']
        late = tracker.add_job(Job(name='late', spec=job.spec | {'queue_timeout': .2}), queued=True)
        assert tracker.join(late.id, 20).failure.kind == 'queue_timeout' and not queue.admission.timers

def test_the_wait_in_line_counts_from_the_submission(tracker, calls):
    async def work(): pass
    runner = Moody(calls.functions)
    runner.reasons['work'] = 'not now'
    late, early = (Job(name='work', spec=calls.call(work) | {'queue_timeout': 600}, created_at=ago(s)) for s in (3600, 60))
    runner.functions.update(calls.functions)
    tuned(tracker, runner).submit_many([late, early])
    with tuned(tracker, runner):
        assert tracker.join(late.id, 20).failure.kind == 'queue_timeout' and early.status == 'pending'
        runner.reasons.clear()
        assert tracker.join(early.id, 20).status == 'completed'

@pytest.mark.parametrize('alive', ['progress', 'log', None])
def test_one_that_gives_no_sign_of_life_is_stopped(tracker, calls, alive):
    async def work(report):
        for n in range(60):   # for longer than it may be silent, in steps that are much shorter
            if alive == 'progress': report.progress(n)
            if alive == 'log': report.log(b'.')
            await asyncio.sleep(.05 if alive else 60.)
    with tuned(tracker, calls, stall_timeout=60.) as queue:
        job = queue.submit(tracker.create_job('work', spec=calls.call(work) | {'stall_timeout': 2.8 if alive else .3}, max_attempts=2))
        tracker.join(job.id, 20)
    if alive: assert job.status == 'completed'
    else: assert (job.failure.kind, job.attempt, job.failure.evidence['stopped']['confirmed'], [f['kind'] for f in job.failure.evidence['attempts']]) == ('stalled', 2, True, ['stalled'])

def test_a_program_that_prints_is_alive(tracker, tmp_path):
    with tuned(tracker, programs(tracker, tmp_path), 2) as queue:
        talks, hangs = [tracker.create_job('p', runner='process', spec={'argv': ['sh', '-c', script], 'stall_timeout': 2.8}) for script in ('for i in $(seq 60); do echo $i; sleep .05; done', 'sleep 60')]
        for j in (talks, hangs): queue.submit(j)
        assert tracker.join(talks.id, 20).status == 'completed' and tracker.join(hangs.id, 20).failure.kind == 'stalled'

# --- trying again

def failing(kind):
    def work():
        if kind == 'invalid': raise InvalidInput('path', 'is empty')
        raise ConnectionError('busy')
    return work

@pytest.mark.parametrize('kind, attempts', [('error', 3), ('invalid', 1)])
def test_what_may_pass_is_tried_again_and_every_attempt_is_on_record(tracker, calls, kind, attempts):
    with tuned(tracker, calls, backoff=.001) as queue:
        job = tracker.join(queue.submit(calls.job(tracker, failing(kind), max_attempts=3)).id, 20)
    events = tracker.history(job.id)
    assert (job.failure.kind, job.attempt) == (kind, attempts)
    assert [e.attempt for e in events if e.type == 'running'] == [*range(1, attempts+1)]
    retried = [e for e in events if e.type == 'retried']
    assert [e.attempt for e in retried] == [*range(1, attempts)]
    assert [(a['attempt'], a['kind'], a['message']) for a in job.failure.evidence.get('attempts', [])] == [(n, 'error', 'ConnectionError: busy') for n in range(1, attempts)]
    assert all(e.data['failure']['message'] == 'ConnectionError: busy' and .0005*2**(e.attempt-1) <= e.data['delay_s'] <= .001*2**(e.attempt-1) + .001 for e in retried)

@pytest.mark.parametrize('argv, kind, attempts', [(['sh', '-c', 'exit 3'], 'exit', 2), (['sh', '-c', 'kill -9 $$'], 'signal', 2), (['no-such-program'], 'invalid', 1)])
def test_programs_are_tried_again_by_cause(tracker, tmp_path, argv, kind, attempts):
    with tuned(tracker, programs(tracker, tmp_path)) as queue:
        job = tracker.join(queue.submit(tracker.create_job('p', runner='process', spec={'argv': argv}, max_attempts=2)).id, 20)
    assert (job.failure.kind, job.attempt) == (kind, attempts)

def test_one_that_waits_for_its_next_attempt_holds_no_slot_and_can_be_cancelled(tracker, calls):
    def broken(): raise OSError
    def fine(): pass
    with tuned(tracker, calls, backoff=60.) as queue:
        job = queue.submit(calls.job(tracker, broken, max_attempts=2))
        tracker.join(queue.submit(calls.job(tracker, fine)).id, 20)
        has(tracker, job, 'retried')
        assert job.status == 'pending' and asyncio.run(tracker.cancel_job(job.id))

def test_the_wait_doubles_within_bounds_however_often():
    for n in (1, 2, 7, 60, 1000, 5000, 10**9):
        for j in (0., .5, .999): assert min(60, 2.**min(n-1, 90))/2 <= retry_delay(n, jitter=lambda j=j: j) <= 60

class Far(Calls):
    "A runner whose `start` fails so many times."
    def __init__(self, error, times):
        super().__init__()
        self.error, self.left = error, times
    async def start(self, job):
        if self.left: self.left -= 1; raise self.error
        return await super().start(job)

def test_an_attempt_that_never_began_does_not_count(tracker):
    runner = Far(NodeUnreachable('http://gpu-3:9090', 'refused', begun=False), 3)
    def work(): return 1
    with tuned(tracker, runner) as queue: job = tracker.join(queue.submit(runner.job(tracker, work)).id, 20)
    assert (job.status, job.attempt) == ('completed', 1)
    assert types(tracker, job, but=['created', 'queued']) == ['running', 'deferred']*3 + ['running', 'started', 'completed']

@pytest.mark.parametrize('error, kind', [
    (NodeUnreachable('http://gpu-3:9090'), 'node_lost'), (InvalidInput('rate', 'is 7'), 'invalid'),
    (KeyConflict('7f3a', {'spec.rate': (1, 2)}), 'not_started'), (asyncio.CancelledError('by its cluster'), 'not_started'), (RuntimeError('no more pids'), 'not_started'), (ValueError('gr\udcfcn.wav'), 'not_started')])
def test_a_start_that_raises_fails_the_attempt(tracker, error, kind):
    runner = Far(error, 1)
    def work(): return 1
    with tuned(tracker, runner) as queue:
        job = tracker.join(queue.submit(runner.job(tracker, work)).id, 20)
        again = tracker.join(queue.submit(runner.job(tracker, work)).id, 20)
    assert (job.failure.kind, again.status) == (kind, 'completed')
    if kind == 'not_started': assert ('traceback' in job.failure.evidence) == (not isinstance(error, KeyConflict))

# --- runners that break

class Breaking(ProcessRunner):
    "Processes; one verb raises, after it has done its work or before."
    verb = error = when = None
    times = 1
    def _break(self, verb, when):
        if (verb, when) == (self.verb, self.when) and self.times: self.times -= 1; raise self.error
    async def start(self, job):
        handle = await super().start(job)
        self._break('start', 'after')
        return handle
    async def find(self, job): self._break('find', 'before'); return await super().find(job)
    async def stop(self, job, handle, grace): self._break('stop', 'before'); return await super().stop(job, handle, grace)
    async def follow(self, job, handle, report):
        self._break('follow', 'before')
        return await super().follow(job, handle, report)

@pytest.mark.parametrize('verb, when, error, kind', [
    ('follow', 'before', RuntimeError('lost the thread'), 'error'), ('follow', 'before', InvalidInput('percent', 'is 140'), 'invalid'),
    ('follow', 'before', KeyConflict('7f3a', {}), 'error'), ('start', 'after', OSError('disk full'), 'not_started')])
def test_what_cannot_be_followed_must_not_run_on(tracker, tmp_path, verb, when, error, kind):
    runner, mark = programs(tracker, tmp_path, Breaking), str(tmp_path)
    runner.verb, runner.when, runner.error = verb, when, error
    with tuned(tracker, runner) as queue:
        job = tracker.join(queue.submit(program(tracker, 'import time; time.sleep(60)', mark)).id, 20)
        assert (job.failure.kind, job.failure.evidence['stopped']['confirmed'], pids(mark)) == (kind, True, [])
    if type(error) in (RuntimeError, OSError): assert f'{type(error).__name__}: {error}' in job.failure.evidence['traceback']

def test_a_runner_that_answers_nonsense_costs_only_its_own_job(tracker):
    class Odd(Calls):
        async def follow(self, job, handle, report): return await super().follow(job, handle, report) if job.name == 'work' else None
    runner = Odd()
    def work(): return 1
    def odd(): return 1
    with tuned(tracker, runner) as queue:
        bad, good = [tracker.join(queue.submit(runner.job(tracker, fn)).id, 20) for fn in (odd, work)]
    assert (bad.failure.kind, good.status) == ('error', 'completed') and 'answered None' in bad.error

@pytest.mark.parametrize('outcome, kind, told', [
    (Outcome(JobStatus.FAILED, failure=Failure('mine', 'because', evidence={'stopped': True})), 'mine', 'because'),
    (Outcome(JobStatus.FAILED, failure=Failure('mine', 'because', evidence=None)), 'mine', 'because'),
    (Outcome(JobStatus.FAILED, failure=Failure('mine', 'because', evidence=['a'])), 'mine', 'because'),
    (Outcome(JobStatus.FAILED, failure=Failure('mine', {'why': 7})), 'mine', "{'why': 7}"), (Outcome(JobStatus.FAILED), 'error', 'without saying why'), (Outcome(JobStatus.FAILED, failure='because'), 'error', "'because'"),
    (Outcome('weird'), 'error', "'weird'"), (Outcome(JobStatus.RUNNING), 'error', 'running'), (7, 'error', '7'), (None, 'error', 'None')])
@pytest.mark.parametrize('attempts', [1, 2])
def test_an_outcome_that_is_none_is_told_as_what_it_is(tracker, outcome, kind, told, attempts):
    class Odd(Calls):
        async def follow(self, job, handle, report):
            await super().follow(job, handle, report)
            return outcome
    runner = Odd()
    def work(): pass
    with tuned(tracker, runner) as queue: job = tracker.join(queue.submit(runner.job(tracker, work, max_attempts=attempts)).id, 20)
    assert (job.failure.kind, job.attempt) == (kind, attempts) and told in job.error and 'AttributeError' not in job.error
    assert isinstance(job.failure.evidence, dict) and ('attempts' in job.failure.evidence) == (attempts > 1)

def test_a_runner_that_cannot_say_its_terms_costs_only_its_own_job(tracker):
    class Odd(Calls):
        def terms(self, job):
            if job.name == 'odd': raise RuntimeError('no idea')
            return {'stall_timeout': 60}
    runner = Odd()
    def work(): return 1
    def odd(): return 1
    bad = runner.job(tracker, odd)
    with tuned(tracker, runner) as queue:
        tracker.submit_job(bad.id)
        good = tracker.join(queue.submit(runner.job(tracker, work)).id, 20)
    assert (bad.failure.kind, good.status) == ('not_started', 'completed') and 'no idea' in bad.error

def test_words_that_are_no_words_can_still_be_recorded(tracker, calls):
    def work(): raise ValueError('gr\udcfcn.wav')
    with tuned(tracker, calls) as queue: job = tracker.join(queue.submit(calls.job(tracker, work)).id, 20)
    assert job.error.startswith('ValueError: gr')

# --- a record in trouble

def trouble(store, verb, times=2, when=lambda *a: True):
    "Have a verb of the store fail so many times; answers how many failures are still to come."
    real, left = getattr(store, verb), [times]
    def call(*args, **kw):
        if left[0] and when(*args): left[0] -= 1; raise StoreError('here', 'database is locked')
        return real(*args, **kw)
    setattr(store, verb, call)
    return left

def writes(type):
    "Whether a call of `apply` has an event of this type to write."
    return lambda ops: any(getattr(w, 'type', None) == type for w in ops)

@pytest.mark.parametrize('type', ['running', 'started', 'completed', 'failed', 'retried', 'deferred', 'cancelled', 'waiting', 'cancel_unconfirmed'])
def test_what_happened_is_not_lost_when_it_cannot_be_written_at_once(tracker, type):
    class Any(Moody, Far): pass
    runner, gate = Any(NodeUnreachable('http://gpu-3:9090', begun=False), type == 'deferred'), threading.Event()
    async def work(): return 'done'
    async def broken(): raise OSError('broken')
    async def endless(): await asyncio.Event().wait()
    def deaf(): gate.wait(20)
    fn, ends = {'failed': (broken, 'failed'), 'retried': (broken, 'failed'), 'cancelled': (endless, 'cancelled'), 'cancel_unconfirmed': (deaf, 'cancelled')}.get(type, (work, 'completed'))
    if type == 'waiting': runner.reasons['work'] = 'soon'
    left = trouble(tracker.store, 'apply', 3 if type == 'completed' else 1, when=writes(type))
    with tuned(tracker, runner, grace=.02 if type == 'cancel_unconfirmed' else 20., backoff=.001) as queue:
        job = queue.submit(runner.job(tracker, fn, max_attempts=2))
        if type.startswith('cancel'):
            has(tracker, job, 'started')
            assert asyncio.run(tracker.cancel_job(job.id)) is (type == 'cancelled')
            gate.set()
        if type == 'waiting': has(tracker, job, 'waiting'); runner.reasons.clear()
        assert tracker.join(job.id, 20).status == ends and left == [0]
        after = tracker.join(queue.submit(runner.job(tracker, work)).id, 20)
    told = types(tracker, job, but=['created', 'queued'])
    if type in ('failed', 'retried'): assert told == ['running', 'started', 'retried', 'running', 'started', 'failed']
    assert told.count(type) == 1 + (type in ('running', 'started') and ends == 'failed') + (type == 'running' and 'deferred' in told) and after.status == 'completed'

@pytest.mark.parametrize('verb', ['events', 'version', 'get', 'list', 'last_seq'])
def test_a_record_that_cannot_be_read_is_read_later(durable, calls, verb):
    def work(): return 1
    early, left = tuned(durable, calls).submit(calls.job(durable, work)), trouble(durable.store, verb)
    queue = tuned(durable, calls).start()
    until(lambda: not left[0] or early.is_terminal, 'trouble')
    until(lambda: early.is_terminal, 'the first job')
    left[0] = 2
    def quietly(call):
        for _ in range(9):
            try: return call()
            except StoreError: pass
    late = quietly(lambda: calls.job(durable, work, id='late'))
    quietly(lambda: queue.submit(late))
    until(lambda: late.is_terminal, 'the second job')
    left[0] = 0
    queue.stop()
    assert (early.status, late.status) == ('completed', 'completed')

def test_trouble_with_the_record_is_no_trouble_of_the_work(tracker, tmp_path):
    "Progress that cannot be written, a log that cannot be looked at: the program goes on, and so does following it."
    left = trouble(tracker.store, 'update', 3)
    runner = programs(tracker, tmp_path, Breaking)
    runner.verb, runner.when, runner.error, runner.times = 'follow', 'before', StoreError('here', 'database is locked'), 2
    with tuned(tracker, runner) as queue:
        job = tracker.join(queue.submit(program(tracker, '''
            import time
            for n in range(0, 101, 10): print(f'Progress: {n}%', flush=True); time.sleep(.03)''')).id, 20)
    assert (job.status, job.progress, left[0] < 3) == ('completed', 100, True)
    assert tracker.logs.tail(job.id, 1).count('Progress') == 11 and types(tracker, job).count('started') == 1

# --- what no record can take

ODD = dict(half='gr\udcfcn', nul='a\0b', large=2**80, vast=10**5000, nan=float('nan'), raw=b'\xff', mixed={1: {2, 3}, 'deep': [object]})

@pytest.mark.parametrize('odd', ODD.values(), ids=ODD)
def test_what_a_runner_gives_is_written_down_in_a_form_that_a_record_takes(tracker, odd):
    class Odd(Calls):
        async def follow(self, job, handle, report):
            report.note('measured', {'value': odd, 'values': [odd]}, message=odd if isinstance(odd, str) else None)
            await super().follow(job, handle, report)
            return Outcome.completed({'value': odd}) if job.name == 'well' else Outcome.failed('mine', odd, evidence={'value': odd}, hint=odd)
    runner = Odd()
    def well(): pass
    def badly(): pass
    with tuned(tracker, runner, 2) as queue:
        good, bad = [queue.submit(runner.job(tracker, fn)) for fn in (well, badly)]
        assert tracker.join(good.id, 20).status == 'completed' and tracker.join(bad.id, 20).failure.kind == 'mine'
    assert isinstance(bad.error, str) and all(types(tracker, j).count('measured') == 1 for j in (good, bad))

def refused_by(tracker): return {'node': 10**100} if tracker.store.display_url.startswith('sqlite') else {'unreachable_since': 'x'*50}   # what its column does not take

class Unstorable(Calls):
    "Reports what no column takes, if the job is called `bad`."
    async def follow(self, job, handle, report):
        if job.name == 'bad':
            while not self.ran: await asyncio.sleep(.002)
            report.note('moved', **self.fields)
        return await super().follow(job, handle, report)

@pytest.mark.parametrize('fields', [None, {'node': {'name': 'gpu-1'}}, {'message': ['a']}], ids=str)
def test_a_report_that_can_never_be_stored_ends_its_job(durable, fields):
    runner, ran = Unstorable(), []
    runner.fields, runner.ran = fields or refused_by(durable), ran
    async def bad(): ran.append(1); await asyncio.Event().wait()
    async def good(): return 'done'
    with tuned(durable, runner, 2) as queue:
        one = durable.join(queue.submit(runner.job(durable, bad, max_attempts=5)).id, 20)
        assert durable.join(queue.submit(runner.job(durable, good)).id, 20).result == 'done'
    assert (one.failure.kind, one.attempt, ran) == ('unstorable', 1, [1]) and 'cannot be stored' in one.error
    assert one.failure.evidence['stopped']['confirmed'] and types(durable, one)[-1] == 'failed'

def refusing(tracker, bad, type):
    "Have the database itself refuse one kind of entry about one job; answers how many there were in each transaction that was refused."
    real, refused = tracker.store.apply, []
    def apply(ops):
        for op in ops:
            if getattr(op, 'type', None) == type and op.job_id == bad.id: refused.append(len(ops)); return real([*ops, Update(bad.id, refused_by(tracker))])
        return real(ops)
    tracker.store.apply = apply
    return refused

@pytest.mark.parametrize('type', ['running', 'started', 'completed', 'waiting'])
def test_an_entry_that_can_never_be_written_holds_up_nobody(durable, type):
    "All of them are written in one transaction, and one of them is refused each time."
    runner = Moody()
    async def work(): return 'done'
    jobs = [runner.job(durable, work) for _ in range(8)]
    bad, *others = jobs
    refused = refusing(durable, bad, type)
    if type == 'waiting': runner.reasons['work'] = 'not now'
    with tuned(durable, runner, 8) as queue:
        for job in jobs: queue.submit(job)
        if type == 'waiting':
            for job in others: has(durable, job, 'waiting')
            runner.reasons.clear()
        for job in others: assert durable.join(job.id, 20).result == 'done'
        durable.join(bad.id, 20)
        assert durable.join(queue.submit(runner.job(durable, work)).id, 20).status == 'completed'
    if type in ('running', 'completed'): assert (bad.failure.kind, bad.attempt) == ('unstorable', type == 'completed')
    else: assert bad.result == 'done' and type not in types(durable, bad)   # a fact is left out, the work is not to blame
    assert refused and len(refused) < 9, 'it is not tried again and again'
    assert not [j for j in others if type not in types(durable, j)]

@pytest.mark.parametrize('reason', [{'gpu': 'busy'}, 10**100, ['a', 'b']], ids=str)
def test_a_reason_that_is_no_text_is_told_in_words(durable, reason):
    runner = Moody()
    def work(): return 1
    runner.reasons['work'] = reason
    with tuned(durable, runner) as queue:
        job = queue.submit(runner.job(durable, work))
        has(durable, job, 'waiting')
        assert job.message == repr(reason)
        runner.reasons.clear()
        assert durable.join(job.id, 20).status == 'completed'

@pytest.mark.parametrize('receipt', [None, 'gone', Receipt(False, 'unconfirmed', message={'a': 1})], ids=str)
def test_a_receipt_that_is_none_has_confirmed_nothing(durable, receipt):
    class Odd(Calls):
        async def stop(self, job, handle, grace): return receipt
    runner, gate = Odd(), threading.Event()
    def work(): gate.wait(20)
    with tuned(durable, runner) as queue:
        job = queue.submit(runner.job(durable, work))
        has(durable, job, 'started')
        assert asyncio.run(durable.cancel_job(job.id)) is False and isinstance(job.message, str)
        gate.set()
        assert durable.join(job.id, 20).status == 'completed'

def test_a_database_that_is_away_is_waited_for_also_when_it_is_one_entry_that_it_refuses(durable, calls):
    "Trouble that passes is none of the data: nothing fails for it."
    async def work(): return 'done'
    left = trouble(durable.store, 'apply', 4, when=writes('completed'))
    with tuned(durable, calls, 4) as queue:
        for job in [queue.submit(calls.job(durable, work)) for _ in range(4)]: assert durable.join(job.id, 30).result == 'done'
    assert left == [0]

# --- stopping the queue, and starting again

def test_work_that_outlives_the_queue_is_followed_on(tracker, tmp_path):
    runner, counter, go = programs(tracker, tmp_path), tmp_path/'counter', tmp_path/'go'
    queue = tuned(tracker, runner)
    with queue:
        job = queue.submit(program(tracker, '''
            import pathlib, sys, time
            print('one', flush=True)
            with open(sys.argv[1], 'a') as f: f.write('begun\\n')
            while not pathlib.Path(sys.argv[2]).exists(): time.sleep(.005)
            print('two', flush=True); sys.exit(7)''', counter, go))
        until(counter.exists, 'the program')
    assert job.status == 'running'
    for _ in range(3):   # the same queue again and again
        with queue: until(lambda: types(tracker, job)[-1] == 'adopted', 'adoption')
        tracker.note(job.id, 'pause')
    with queue: go.touch(); tracker.join(job.id, 20)
    assert (job.failure.exit_code, job.attempt, counter.read_text(), tracker.logs.tail(job.id, 1)) == (7, 1, 'begun\n', 'one\ntwo\n')

@pytest.mark.parametrize('attempts, ends', [(1, 'failed'), (2, 'pending')])
def test_work_that_cannot_outlive_the_queue_ends_with_it_and_says_so(tracker, calls, attempts, ends):
    began = []
    async def endless():
        began.append(1)
        if len(began) == 1: await asyncio.Event().wait()
    queue = tuned(tracker, calls)
    with queue:
        job = queue.submit(calls.job(tracker, endless, max_attempts=attempts))
        until(lambda: began, 'the coroutine')
    assert job.status == ends
    if ends == 'failed': assert job.failure.kind == 'interrupted' and job.failure.evidence['stopped']['confirmed']
    with queue: tracker.join(job.id, 20)
    assert job.status == ('failed' if attempts == 1 else 'completed')

def test_all_are_asked_to_end_at_once(tracker):
    class Patient(Calls):
        "Answers when all have been asked."
        async def stop(self, job, handle, grace):
            asked.append(job.id)
            async with asyncio.timeout(20):
                while len(asked) < 12: await asyncio.sleep(.001)
            return await super().stop(job, handle, 0.)
    runner, asked, gate = Patient(), [], threading.Event()
    def deaf(): gate.wait(20)
    queue = tuned(tracker, runner, 12).start()
    jobs = [queue.submit(runner.job(tracker, deaf)) for _ in range(12)]
    for job in jobs: has(tracker, job, 'started')
    queue.stop()
    assert {j.failure.kind for j in jobs} == {'interrupted'} and not any('TimeoutError' in str(j.failure.evidence) for j in jobs)
    gate.set()

def test_work_that_was_done_when_the_queue_was_stopped_is_done(tracker):
    "The function has returned, and the queue has not yet heard of it."
    class Deaf(Calls):
        async def follow(self, job, handle, report):
            if not self.heard: self.heard.append(1); await asyncio.Event().wait()
            return await super().follow(job, handle, report)
    runner, done = Deaf(), threading.Event()
    runner.heard = []
    def work(): done.set(); return 'done'
    with tuned(tracker, runner) as queue:
        job = queue.submit(runner.job(tracker, work))
        assert done.wait(20)
        until(lambda: runner.heard and all(w.done.done() for w in runner._works.values()), 'the end')
    assert (job.status, job.result) == ('completed', 'done')

def test_stop_waits_for_a_runner_that_takes_its_time(tracker, caplog):
    class Slow(Calls):
        async def follow(self, job, handle, report):
            try: return await super().follow(job, handle, report)
            finally: await asyncio.sleep(.8)   # longer than the queue goes without a look at the record
    runner = Slow()
    async def work(): await asyncio.sleep(600)
    with tuned(tracker, runner) as queue: has(tracker, job := queue.submit(runner.job(tracker, work)), 'started')
    assert job.failure.kind == 'interrupted' and not [r for r in caplog.records if r.exc_info]

def test_stop_ends_although_somebody_else_has_ended_a_job_meanwhile(tracker, caplog):
    class Ended(Calls):
        async def stop(self, job, handle, grace):
            receipt = await super().stop(job, handle, grace)
            tracker.mark_cancelled(job.id)
            return receipt
    runner = Ended()
    async def work(): await asyncio.sleep(600)
    queue = tuned(tracker, runner).start()
    has(tracker, job := queue.submit(runner.job(tracker, work)), 'started')
    queue.stop(10)
    assert job.status == 'cancelled' and not queue.attempts.active and not [r for r in caplog.records if r.exc_info]

def test_stop_right_after_a_job_ended_never_hangs(tracker, calls):
    async def work(): pass
    queue = tuned(tracker, calls, 2)
    for n in range(150 if tracker.store.shared is False else 40):
        with queue:
            jobs = [queue.submit(calls.job(tracker, work)) for _ in range(1 + n%3)]
            if n % 4: tracker.join(jobs[0].id, 20)
            if n % 4 == 3:   # with a wish to cancel on its way
                try: asyncio.run(asyncio.wait_for(tracker.cancel_job(jobs[-1].id), 20))
                except TimeoutError: pytest.fail('the cancel hangs')
    with queue:
        for job in tracker.list_jobs(['pending', 'running']): tracker.join(job.id, 20)
    assert {j.status.value for j in tracker.list_jobs()} <= {'completed', 'failed', 'cancelled'}
    assert {j.failure.kind for j in tracker.list_jobs('failed')} <= {'interrupted'}

def test_it_may_be_stopped_by_several_and_by_one_of_its_own_jobs(tracker, calls):
    def work(): pass
    queue = tuned(tracker, calls).start()
    with ThreadPoolExecutor(6) as pool: [*pool.map(lambda _: queue.stop(), range(6))]
    queue.stop()
    tracker.on_job_completed = lambda *_: queue.stop()
    job = queue.start().submit(calls.job(tracker, work))
    assert tracker.join(job.id, 20).status == 'completed'
    queue.stop(), queue.stop()
    tracker.on_job_completed = None
    with queue.start(): tracker.join(queue.submit(calls.job(tracker, work)).id, 20)

def test_it_may_be_stopped_while_another_thread_starts_it(tracker, calls):
    class Slow(JobQueue):
        async def _main(self, ready):
            entered.set()
            go.wait(20)
            await JobQueue._main(self, ready)
    entered, go = threading.Event(), threading.Event()
    queue = Slow(tracker, calls)
    go.set()
    queue.start().stop()
    entered.clear(), go.clear()
    with ThreadPoolExecutor(2) as pool:
        starts = pool.submit(queue.start)
        assert entered.wait(20)
        stops = pool.submit(queue.stop, 15)
        until(stops.running, 'the one who stops')
        go.set()
        starts.result(20), stops.result(20)
    assert not queue._thread.is_alive()

def test_start_waits_for_a_stop_but_not_for_its_own(tracker, calls):
    def work(): pass
    said = []
    def again(*_):
        queue.stop()
        try: queue.start()
        except RuntimeError as e: said.append(str(e))
    queue = tuned(tracker, calls).start()
    tracker.on_job_completed = again
    tracker.join(queue.submit(calls.job(tracker, work)).id, 20)
    until(lambda: said, 'the error')
    assert 'from another thread' in said[0]
    tracker.on_job_completed = lambda *_: queue.stop()
    with queue.start(): tracker.join(queue.submit(calls.job(tracker, work)).id, 20)   # it is still being stopped
    tracker.on_job_completed = None
    with queue.start(): assert tracker.join(queue.submit(calls.job(tracker, work)).id, 20).status == 'completed'

def test_callbacks_are_called_one_at_a_time_in_the_order_of_the_ends(tracker, calls):
    def work(): pass
    under_way, called, threads = [], [], set()
    def completed(job_id, t):
        under_way.append(job_id)
        assert len(under_way) == 1
        time.sleep(.01)
        t.get_job(job_id).metadata['archived'] = True
        threads.add(threading.current_thread())
        under_way.remove(job_id), called.append(job_id)
    tracker.on_job_completed = completed
    with tuned(tracker, calls, 4) as queue:
        jobs = queue.submit_many([tracker.make_job('work', spec=calls.call(work)) for _ in range(12)])
        for j in jobs: tracker.join(j.id, 20)
    assert called == [e.job_id for e in tracker.events(0, None, None) if e.type == 'completed'] and len(called) == 12   # `stop` has waited
    assert len(threads) == 1 and all(tracker.get_job(j.id).metadata['archived'] for j in jobs)

def test_a_callback_may_wait_for_another_job_and_cancel_one(tracker, calls):
    async def endless(): await asyncio.Event().wait()
    def work(): pass
    seen = []
    def completed(job_id, t):
        if t.get_job(job_id).name != 'first': return
        after = queue.submit(t.create_job('after', spec=calls.call(work)))
        seen.append((t.join(after.id, 20).status, asyncio.run(t.cancel_job(forever.id))))
    tracker.on_job_completed = completed
    with tuned(tracker, calls, 2) as queue:
        forever = queue.submit(calls.job(tracker, endless))
        queue.submit(tracker.create_job('first', spec=calls.call(work)))
        until(lambda: seen, 'the callback', 20)
    assert seen == [('completed', True)] and forever.status == 'cancelled'

def test_stop_waits_for_callbacks_within_its_time_and_says_for_which(tracker, calls, caplog):
    def work(): pass
    gate = threading.Event()
    tracker.on_job_completed = lambda *_: gate.wait(6)
    queue = tuned(tracker, calls, 2).start()
    first, second = [tracker.join(queue.submit(calls.job(tracker, work)).id, 20) for _ in range(2)]
    with pytest.raises(TimeoutError, match=f'on_job_completed has been running for .* s for job {first.id}; 1 more waiting'): queue.stop(1.5)
    assert f'for job {first.id}' in caplog.text and not tracker.store.leases()   # others need not wait
    gate.set()
    queue.stop()
    tracker.on_job_completed = None
    with queue.start(): assert tracker.join(queue.submit(calls.job(tracker, work)).id, 20).status == 'completed'

def test_a_callback_that_hangs_holds_up_no_job_and_the_log_says_once_that_others_wait(tracker, calls, caplog):
    def work(): pass
    gate = threading.Event()
    tracker.on_job_completed = lambda *_: gate.wait(6)
    queue = tuned(tracker, calls, lease_ttl=.3)
    queue.callbacks.patience = .2
    with queue:
        for _ in range(5): assert tracker.join(queue.submit(calls.job(tracker, work)).id, 20).status == 'completed'
        until(lambda: 'more waiting. The queue goes on' in caplog.text, 'the warning')
        time.sleep(.5)
        gate.set()
    assert caplog.text.count('more waiting. The queue goes on') == 1

def test_a_cancel_that_is_under_way_when_the_queue_stops_is_finished(tracker, tmp_path):
    runner, mark = programs(tracker, tmp_path, Gated), str(tmp_path)
    runner.gates['stop'] = threading.Event()
    with tuned(tracker, runner) as queue, ThreadPoolExecutor(2) as pool:
        job = queue.submit(program(tracker, 'import time; time.sleep(60)', mark))
        has(tracker, job, 'started')
        said = pool.submit(asyncio.run, tracker.cancel_job(job.id))
        until(lambda: 'stop' in runner.at, 'the stop')
        stopped = pool.submit(queue.stop)
        runner.gates['stop'].set()
        assert said.result(20) and stopped.result(20) is None
    assert job.status == 'cancelled' and not pids(mark)

def test_a_cancel_of_what_is_just_being_begun_is_left_to_the_next_queue(tracker, tmp_path):
    runner, mark = programs(tracker, tmp_path, Gated), str(tmp_path)
    runner.gates['start'] = threading.Event()
    with tuned(tracker, runner) as queue, ThreadPoolExecutor(2) as pool:
        job = queue.submit(program(tracker, 'import time; time.sleep(60)', mark))
        until(lambda: 'start' in runner.at, 'the start')
        said = pool.submit(asyncio.run, tracker.cancel_job(job.id))
        has(tracker, job, 'cancel_requested')
        queue.stop()
        assert said.result(20) is False and job.status == 'running'
    runner.gates['start'].set()
    with tuned(tracker, runner): tracker.join(job.id, 20)
    assert job.status == 'cancelled' and not pids(mark) and types(tracker, job).count('started') == 0

def test_cancel_while_no_queue_is_there_is_carried_out_by_the_next(tracker, tmp_path):
    runner, mark = programs(tracker, tmp_path), str(tmp_path)
    with tuned(tracker, runner) as queue:
        job = queue.submit(program(tracker, 'import time; time.sleep(60)', mark))
        has(tracker, job, 'started')
    tracker.cancel_patience = .05
    assert asyncio.run(tracker.cancel_job(job.id)) is False and job.status == 'running' and until(lambda: pids(mark), 'the program')
    with tuned(tracker, runner): tracker.join(job.id, 20)
    assert job.status == 'cancelled' and not pids(mark) and tracker.history(job.id)[-1].data['receipt']['confirmed']

# --- killed

VICTIM = r'''
import asyncio, json, os, sys, threading
from cjm_jobtrack.tracker.tracker import JobTracker
from cjm_jobtrack.runners.process import ProcessRunner
from cjm_jobtrack.queue.queue import JobQueue

def live(folder, when, what, cancel, job):
    "Be a queue, until a moment comes: just before or after a verb of the runner, or before or after an event is written."
    tracker = JobTracker(f'sqlite:///{folder}/jobs.db')
    runner = ProcessRunner(f'{folder}/work', tracker.logs)
    runner.interval = .02
    def moment(now, this):
        if (now, this) == (when, what): os.kill(os.getpid(), 9)
    def deadly(verb):
        real = getattr(runner, verb)
        async def call(*args):
            moment('before', verb)
            answer = await real(*args)
            moment('after', verb)
            return answer
        setattr(runner, verb, call)
    for verb in ('start', 'find', 'follow', 'stop'): deadly(verb)
    real_apply = tracker.store.apply
    def apply(writes):
        types = [t for w in writes for t in ([w.type] if hasattr(w, 'type') else ['created', 'queued'] if getattr(w, 'queued', 0) else [])]
        for t in types: moment('before', t)
        events = real_apply(writes)
        for t in types: moment('after', t)
        return events
    tracker.store.apply = apply
    def watched(verb):
        real = getattr(tracker.store, verb)
        def call(*args):
            moment('before', verb)
            answer = real(*args)
            moment('after', verb)
            return answer
        setattr(tracker.store, verb, call)
    for verb in ('open_lease', 'take_over', 'close_lease', 'beat'): watched(verb)
    queue = JobQueue(tracker, runner, grace=.5, backoff=.01, recheck=.01, lease_ttl=.6).start()
    queue.submit(tracker.create_job('program', id='j', runner='process', **job))
    if cancel:
        while not any(e.type in ('started', 'adopted') for e in tracker.history('j')): threading.Event().wait(.002)
        asyncio.run(tracker.cancel_job('j'))
    threading.Event().wait(60)

for line in sys.stdin:   # forked, because importing takes longer than dying
    if (pid := os.fork()) == 0:
        live(**json.loads(line))
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
'''

PROGRAM = '''
import os, pathlib, sys, time
folder, attempt = pathlib.Path(sys.argv[1]), os.environ['JOBTRACK_ATTEMPT']
with open(folder/'counter', 'a') as f: f.write(attempt)
print('one of', attempt, flush=True)
while not (folder/'go').exists(): time.sleep(.005)
print('two of', attempt, flush=True)
sys.exit(int(sys.argv[1 + int(attempt)]))
'''

@pytest.fixture(scope='module')
def victims(tmp_path_factory):
    "A process whose children are queues that die at a given moment. Answers how each ended."
    with subprocess.Popen([sys.executable, '-c', VICTIM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=mortal(tmp_path_factory.mktemp('killed'))) as server:
        def run(**kw):
            print(json.dumps(kw), file=server.stdin, flush=True)
            return int(server.stdout.readline())
        yield run
        server.stdin.close()

class Killed:
    "One job, queues that die on it, and then one that does not."
    def __init__(self, victims, folder, *codes):
        self.victims, self.folder, self.codes = victims, folder, codes
        self.job = dict(spec={'argv': [sys.executable, '-c', PROGRAM, str(folder), *map(str, codes)]}, max_attempts=len(codes))
    def die(self, moment, cancel=False):
        when, what = moment.split()
        assert self.victims(folder=str(self.folder), when=when, what=what, cancel=cancel, job=self.job) == -signal.SIGKILL, f'{moment} never came'
    def go(self): (self.folder/'go').touch()
    def live_on(self):
        "What a queue makes of it that comes later: the job, the types of its events, and its logs."
        with JobTracker(f'sqlite:///{self.folder}/jobs.db') as t:
            with tuned(t, programs(t, self.folder)) as queue:
                queue.submit(t.create_job('program', id='j', runner='process', **self.job))
                t.join('j', 20)
            history = t.history('j')
            assert [e.seq for e in history] == sorted({e.seq for e in history}) and not pids(str(self.folder))
            return t.get_job('j'), [e.type for e in history], [t.logs.read('j', n).data.decode() for n in t.logs.attempts('j')]
    @property
    def counter(self): return (self.folder/'counter').read_text()

@pytest.mark.exhaustive
@pytest.mark.parametrize('moments', [
    'before queued', 'after queued', 'before running', 'after running', 'before start', 'after start', 'before started', 'after started', 'before follow',
    'after follow', 'before failed', 'after failed', 'after started, before open_lease, after open_lease, before take_over, after take_over, before find', 'after started, after take_over, after adopted, before beat, after beat', 'after start, after find', 'after start, before adopted', 'after started, after adopted, before follow', 'before start, after start, after follow'])
def test_killed_at_a_bad_moment_the_work_is_done_once_and_its_end_is_learned(victims, tmp_path, moments):
    k = Killed(victims, tmp_path, 7)
    for moment in moments.split(', '):
        if moment in ('after follow', 'before failed', 'after failed'): k.go()
        k.die(moment)
    k.go()
    job, told, logs = k.live_on()
    assert (k.counter, logs, job.attempt, job.failure.exit_code, job.status) == ('1', ['one of 1\ntwo of 1\n'], 1, 7, 'failed')
    assert [told.count(t) for t in ('created', 'queued', 'running', 'failed')] == [1]*4 and told[-1] == 'failed'

def test_the_program_ended_while_nobody_was_there(victims, tmp_path):
    k = Killed(victims, tmp_path, 0)
    k.die('before follow'), k.go()
    until(lambda: not pids(str(tmp_path)), 'the program to end')
    job, told, logs = k.live_on()
    assert (job.status, job.result['exit_code'], k.counter, logs) == ('completed', 0, '1', ['one of 1\ntwo of 1\n'])

@pytest.mark.parametrize('moment', ['after follow', 'before retried', 'after retried'])
def test_killed_between_two_attempts(victims, tmp_path, moment):
    k = Killed(victims, tmp_path, 3, 0)
    k.go(), k.die(moment)
    job, told, logs = k.live_on()
    assert (job.status, job.attempt, k.counter, logs) == ('completed', 2, '12', [f'one of {n}\ntwo of {n}\n' for n in (1, 2)])
    assert [told.count(t) for t in ('running', 'retried', 'completed')] == [2, 1, 1]

@pytest.mark.parametrize('codes, ends, counter', [([0], 'failed', '1'), ([0, 0], 'completed', '12')])
def test_work_that_nobody_can_find_is_lost(victims, tmp_path, codes, ends, counter):
    k = Killed(victims, tmp_path, *codes)
    k.die('before follow')
    until(lambda: any(b'one of 1' in p.read_bytes() for p in tmp_path.rglob('*.log')), 'its first words')
    for p in sorted(pids(str(tmp_path)), key=lambda p: 'trap' not in ' '.join(_cmdline(p))): p.kill()   # the supervisor first
    k.go()
    job, told, logs = k.live_on()
    assert (job.status, k.counter, told.count('running')) == (ends, counter, len(codes))
    if ends == 'failed': assert job.failure.kind == 'lost' and 'one of 1' in job.failure.evidence['last_lines']

@pytest.mark.parametrize('moment', ['after cancel_requested', 'before stop', 'after stop', 'before cancelled', 'after cancelled'])
def test_a_wish_to_cancel_outlives_the_queue(victims, tmp_path, moment):
    k = Killed(victims, tmp_path, 0, 0)
    k.die(moment, cancel=True)
    job, told, logs = k.live_on()
    assert (job.status, job.attempt, told.count('cancelled')) == ('cancelled', 1, 1)

def test_a_wish_that_was_not_written_down_was_not_acted_on(victims, tmp_path):
    k = Killed(victims, tmp_path, 0)
    k.die('before cancel_requested', cancel=True), k.go()
    assert k.live_on()[0].status == 'completed'

def test_a_function_dies_with_its_process_and_is_lost(tracker, calls):
    def work(): return 1
    once, twice = (calls.job(tracker, work, max_attempts=n) for n in (1, 2))
    for job in (once, twice):   # as a queue would leave them that was killed
        tracker.submit_job(job.id), tracker.mark_running(job.id), tracker.note(job.id, 'started', {'handle': {'key': f'{job.id}/1', 'func': 'work'}})
    with tuned(tracker, calls): [tracker.join(j.id, 20) for j in (once, twice)]
    assert (once.failure.kind, twice.status, twice.attempt) == ('lost', 'completed', 2)

# --- nothing piles up, nothing locks up

def test_what_has_ended_is_let_go(durable):
    runner = Moody()
    durable.keep_ended = runner.keep = 10
    async def work(n): return b'x'*1000
    async def broken(n): raise OSError
    def alive(*kinds): gc.collect(); return sum(isinstance(o, kinds) for o in gc.get_objects())
    with tuned(durable, runner, 4, backoff=.001) as queue:
        for n in range(6):
            runner.reasons = {'work': 'wait'}
            ids = [queue.submit(runner.job(durable, fn, n, max_attempts=2)).id for fn in (work, broken)*6]
            for i in ids[::4]: asyncio.run(durable.cancel_job(i))
            runner.reasons = {}
            for i in ids: durable.join(i, 20)
            if n == 2: tasks, jobs = alive(asyncio.Task), alive(Job)   # by now the runner remembers all it wants to
        until(lambda: alive(asyncio.Task) <= tasks + 3 and alive(Job) <= jobs + 5, 'tasks and jobs to be let go')
        def sizes(): return {k: len(v) for o in (queue, queue.group_commit, queue.admission, queue.attempts, queue.lease, durable) for k, v in [*vars(o).items()] if isinstance(v, (dict, list, set)) and k not in ('runners', '__stored_args__')}
        most = {'jobs': 10, '_ended': 10}
        until(lambda: not {k: n for k, n in sizes().items() if n > most.get(k, 1)}, f'what is kept to be let go: {sizes()}')
        assert alive(asyncio.TimerHandle) < 120   # asyncio itself keeps up to a hundred that were cancelled

def test_a_callback_may_do_as_it_likes_while_others_look_and_cancel(tracker, calls):
    "Completion submits the next job; four threads list, read and cancel all the while; nobody waits for ever."
    async def work(n): return n
    async def endless(): await asyncio.Event().wait()
    done, over, seen = [], threading.Event(), []
    def next_one(job_id, t):
        done.append(t.get_job(job_id).result)
        if len(done) < 40: queue.submit(calls.job(t, work, len(done)))
    tracker.on_job_completed = next_one
    with tuned(tracker, calls, 3) as queue, ThreadPoolExecutor(4) as pool:
        def look():
            while not over.is_set(): tracker.list_jobs(limit=20), tracker.counts(), tracker.pending_jobs(), repr(queue)
        def cancel():
            while not over.is_set():
                job = queue.submit(calls.job(tracker, endless))
                seen.append(asyncio.run(tracker.cancel_job(job.id)))
        tasks = [pool.submit(f) for f in (look, look, cancel, cancel)]
        for _ in range(3): queue.submit(calls.job(tracker, work, 0))
        until(lambda: len(done) >= 40, 'the chain', 30)
        over.set()
        for t in tasks: t.result(30)
    assert all(seen) and len(seen) > 5
