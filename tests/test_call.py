"Functions as jobs: every way they end, what they say, and what can and cannot be stopped."
import asyncio, functools, sys, threading, time
import pytest
from cjm_jobtrack.core.errors import InvalidInput
from cjm_jobtrack.core.tracker import JobTracker
from cjm_jobtrack.run.call import CallRunner
from cjm_jobtrack.run.runner import Report, Runner, check_runner

@pytest.fixture
def tracker():
    with JobTracker() as t: yield t

def begun(tracker, spec):
    job = tracker.create_job('call', spec=spec)
    tracker.mark_running(job.id)
    return job, Report(tracker, job.id, job.attempt)

def outcome_of(tracker, fn, *args, **kwargs):
    "The job of one call and how it ended."
    runner = CallRunner()
    async def main():
        job, report = begun(tracker, runner.call(fn, *args, **kwargs))
        return job, await asyncio.wait_for(runner.follow(job, await runner.start(job), report), 10)
    return asyncio.run(main())

# --- how it ends

def plain(a, b=2): return a+b
async def coro(a): await asyncio.sleep(0); return a
def steps(n):
    for i in range(n): yield 100*(i+1)/n
    return n
async def asteps(n):
    for i in range(n): yield 100*(i+1)/n, f'{i}'
class Model:
    def run(self, x): return [x]
    def __call__(self, x): return (x,)
class AsyncModel:
    async def __call__(self, x): return (x,)

@pytest.mark.parametrize('fn, args, kwargs, result', [
    (plain, [1], {}, 3), (plain, [1], {'b': 5}, 6), (coro, ['x'], {}, 'x'), (steps, [3], {}, 3), (steps, [0], {}, 0), (asteps, [2], {}, None),
    (Model().run, [1], {}, [1]), (Model(), [1], {}, (1,)), (AsyncModel(), [1], {}, (1,)), (functools.partial(plain, 1), [], {'b': 1}, 2), (functools.partial(coro, 7), [], {}, 7),
    (functools.partial(steps, 2), [], {}, 2), (max, [3, 9], {}, 9), (lambda: None, [], {}, None)])
def test_whatever_can_be_called_gives_its_result(tracker, fn, args, kwargs, result):
    _, outcome = outcome_of(tracker, fn, *args, **kwargs)
    assert (outcome.status, outcome.result) == ('completed', result)

def raises(e): raise e
async def araises(e): raise e
def yields(x): yield x

@pytest.mark.parametrize('fn', [raises, araises])
@pytest.mark.parametrize('e, kind, message, hint', [
    (ValueError('no audio'), 'error', 'ValueError: no audio', None), (RuntimeError(), 'error', 'RuntimeError', None), (KeyError('x'), 'error', "KeyError: 'x'", None),
    (InvalidInput('path', 'is empty', 'Give a recording'), 'invalid', '`path` is empty. Give a recording', 'Give a recording'),
    (InvalidInput('path', 'is empty'), 'invalid', '`path` is empty', None),
    (SystemExit(3), 'error', 'SystemExit: 3', None), (KeyboardInterrupt(), 'error', 'KeyboardInterrupt', None), (asyncio.CancelledError(), 'error', 'CancelledError', None)])
def test_whatever_is_raised_is_told(tracker, fn, e, kind, message, hint):
    _, outcome = outcome_of(tracker, fn, type(e)(*([e.field, e.problem, e.remedy] if isinstance(e, InvalidInput) else e.args)))
    f = outcome.failure
    assert (outcome.status, f.kind, f.message, f.hint) == ('failed', kind, message, hint)
    if kind == 'error': assert f'in {fn.__name__}' in f.evidence['traceback'] and 'call.py' not in f.evidence['traceback'].replace('test_call.py', '')

@pytest.mark.parametrize('said', [object(), (1, 2, 3), True, 101, -1, float('nan'), (300, 'far')])
def test_a_generator_that_yields_nonsense_fails_with_the_reason(tracker, said):
    _, outcome = outcome_of(tracker, yields, said)
    assert outcome.status == 'failed' and outcome.failure.message.startswith(('TypeError: The generator yielded', '`percent` is'))

def test_an_awaitable_result_is_not_taken_for_one(tracker):
    _, outcome = outcome_of(tracker, lambda: asyncio.sleep(0))
    assert 'async def' in outcome.failure.message

# --- what is asked

@pytest.mark.parametrize('spec, field', [
    ({}, 'func'), ({'func': 'os:system'}, 'func'), ({'func': ['plain']}, 'func'), ({'func': 'plain', 'args': 'ab'}, 'args'), ({'func': 'plain', 'kwargs': [1]}, 'kwargs'),
    ({'func': 'plain', 'args': []}, 'args'), ({'func': 'plain', 'args': [1, 2, 3]}, 'args'), ({'func': 'plain', 'args': [1], 'kwargs': {'c': 1}}, 'args')])
def test_what_does_not_fit_is_refused_before_it_begins(tracker, spec, field):
    runner = CallRunner({'plain': plain})
    job, _ = begun(tracker, spec)
    with pytest.raises(InvalidInput) as e: asyncio.run(runner.start(job))
    assert e.value.field == field and asyncio.run(runner.find(job)) is None

def test_names_are_never_shared():
    runner = CallRunner()
    fns = [lambda i=i: i for i in range(3)]
    specs = [runner.call(f) for f in fns] + [runner.call(f) for f in fns]
    assert len({s['func'] for s in specs}) == 3 and specs[:3] == specs[3:]
    assert [runner.functions[s['func']]() for s in specs] == [0, 1, 2]*2
    m = Model()
    assert runner.call(m.run, 1) == runner.call(m.run, 1)

def test_registering_by_decorator_and_by_name():
    runner = CallRunner()
    @runner.register
    def one(): return 1
    runner.register(plain, name='add')
    assert one() == 1 and set(runner.functions) == {'one', 'add'} and isinstance(runner, Runner) and not runner.durable

def kept(report=None): return report
def wanted(x, *, report): report.log('text\n'); report.log(b'bytes\n'); report.progress(30, 'go'); return report.cancelled

def test_the_report_is_given_where_there_is_a_place_for_it(tracker):
    assert outcome_of(tracker, kept, 'mine')[1].result == 'mine'
    assert outcome_of(tracker, kept, report='mine')[1].result == 'mine'
    assert isinstance(outcome_of(tracker, kept)[1].result, Report)
    job, outcome = outcome_of(tracker, wanted, 1)
    assert (outcome.result, job.progress, job.message, tracker.logs.read(job.id, 1).data) == (False, 30, 'go', b'text\nbytes\n')

def test_what_is_said_before_anyone_listens_is_not_lost(tracker):
    runner, said = CallRunner(), threading.Event()
    def early(report):
        for i in range(100): report.log(f'{i}\n')
        report.progress(5)
        said.set()
        raise ValueError('x')
    async def main():
        job, report = begun(tracker, runner.call(early))
        handle = await runner.start(job)
        assert said.wait(5) and job.progress is None
        return job, await runner.follow(job, handle, report)
    job, outcome = asyncio.run(main())
    assert tracker.logs.read(job.id, 1).data == b''.join(b'%d\n' % i for i in range(100)) and job.progress == 5
    assert outcome.failure.evidence['last_lines'][-1] == '99'

# --- once

def test_twice_begun_is_once_also_when_it_has_ended(tracker):
    runner, n = CallRunner(), []
    async def main():
        job, report = begun(tracker, runner.call(lambda: n.append(1)))
        handles = [await runner.start(job) for _ in range(5)]
        await runner.follow(job, handles[0], report)
        handles += [await runner.start(job), await runner.find(job)]
        assert all(h == handles[0] for h in handles)
        tracker.mark_pending(job.id, 'again'); tracker.mark_running(job.id)
        await runner.follow(job, await runner.start(job), Report(tracker, job.id, job.attempt))
    asyncio.run(main())
    assert len(n) == 2  # once for each attempt

def test_following_can_be_broken_off_and_taken_up(tracker):
    runner, go = CallRunner(), threading.Event()
    async def main():
        job, report = begun(tracker, runner.call(go.wait))
        handle = await runner.start(job)
        for _ in range(2):
            with pytest.raises(TimeoutError): await asyncio.wait_for(runner.follow(job, handle, report), .02)
        go.set()
        return await runner.follow(job, handle, report)
    assert asyncio.run(main()).result is True

def test_after_a_restart_nothing_is_found(tracker):
    async def main():
        job, report = begun(tracker, CallRunner({'plain': plain}).call(plain, 1))
        assert await CallRunner().find(job) is None
        return await CallRunner().follow(job, {'key': f'{job.id}/1'}, report)
    assert asyncio.run(main()).failure.kind == 'lost'

def test_memory_of_ended_work_is_bounded(tracker):
    runner = CallRunner()
    runner.keep = 5
    async def main():
        for _ in range(30):
            job, report = begun(tracker, runner.call(plain, 1))
            await runner.follow(job, await runner.start(job), report)
    asyncio.run(main())
    assert len(runner._works) <= 6

def test_many_at_once(tracker):
    runner = CallRunner()
    async def one(i):
        job, report = begun(tracker, runner.call(steps if i % 2 else coro, i))
        return (await runner.follow(job, await runner.start(job), report)).result
    async def main(): return await asyncio.gather(*(one(i) for i in range(50)))
    assert asyncio.run(main()) == list(range(50))

# --- stopping

async def acoop(begun): begun.set(); await asyncio.Event().wait()
async def acleanup(begun):
    begun.set()
    try: await asyncio.Event().wait()
    finally: await asyncio.sleep(.01); begun.cleaned = True
async def asteps_for_ever(begun):
    while True: begun.set(); yield 1; await asyncio.sleep(0)
def coop(begun, report):
    begun.set()
    while not report.cancelled: time.sleep(.001)
    return 'half'
def coop_raises(begun, report): raise InterruptedError(coop(begun, report))
def gen(begun):
    try:
        while True: begun.set(); yield 1
    finally: begun.cleaned = True

@pytest.mark.parametrize('fn', [acoop, acleanup, asteps_for_ever, coop, coop_raises, gen])
def test_what_listens_is_stopped(tracker, fn):
    runner, ev = CallRunner(), threading.Event()
    async def main():
        job, report = begun(tracker, runner.call(fn, ev))
        handle = await runner.start(job)
        following = asyncio.create_task(runner.follow(job, handle, report))
        while not ev.is_set(): await asyncio.sleep(.001)
        receipt = await runner.stop(job, handle, 5.)
        assert (receipt.confirmed, receipt.how, receipt.ended, receipt.left) == (True, 'asked', [f'job {job.id}/1'], [])
        assert (await following).status == 'cancelled'
        assert (await runner.stop(job, handle, 5.)).how == 'gone'
    asyncio.run(main())
    if fn in (acleanup, gen): assert ev.cleaned
    for t in threading.enumerate():
        if t.name.startswith('job '): t.join(5)
        assert not t.name.startswith('job ') or not t.is_alive()

def test_a_coroutine_can_be_stopped_before_its_first_step(tracker):
    runner = CallRunner()
    async def main():
        job, report = begun(tracker, runner.call(coro, 1))
        handle = await runner.start(job)
        assert (await runner.stop(job, handle, 5.)).confirmed
        return await runner.follow(job, handle, report)
    assert asyncio.run(main()).status == 'cancelled'

def test_the_cancelled_flag_of_the_record_is_seen(tracker):
    runner, ev = CallRunner(), threading.Event()
    async def main():
        job, report = begun(tracker, runner.call(coop, ev))
        following = asyncio.create_task(runner.follow(job, await runner.start(job), report))
        while not ev.is_set(): await asyncio.sleep(.001)
        tracker._cancelling.add(job.id)
        return await asyncio.wait_for(following, 5)
    assert asyncio.run(main()).status == 'cancelled'

def test_a_deaf_thread_is_not_claimed_to_have_ended(tracker):
    runner, go = CallRunner(), threading.Event()
    async def main():
        job, report = begun(tracker, runner.call(go.wait))
        handle = await runner.start(job)
        receipt = await runner.stop(job, handle, .02)
        assert (receipt.confirmed, receipt.how, receipt.left) == (False, 'unconfirmed', [f'job {job.id}/1']) and 'process runner' in receipt.message
        go.set()
        outcome = await runner.follow(job, handle, report)
        assert outcome.status == 'cancelled' and (await runner.stop(job, handle, .02)).confirmed
    asyncio.run(main())

def test_a_coroutine_that_will_not_be_cancelled_is_not_claimed_to_have_ended(tracker):
    runner, go = CallRunner(), asyncio.Event()
    async def stubborn():
        while not go.is_set():
            try: await go.wait()
            except asyncio.CancelledError: continue
    async def main():
        job, report = begun(tracker, runner.call(stubborn))
        handle = await runner.start(job)
        await asyncio.sleep(0)
        receipt = await runner.stop(job, handle, .02)
        assert not receipt.confirmed and 'coroutine' in receipt.message
        go.set()
        assert (await runner.follow(job, handle, report)).status == 'cancelled'
    asyncio.run(main())

def test_stopping_from_another_loop(tracker):
    "The queue has a loop of its own; a stop may come from elsewhere."
    runner, ev = CallRunner(), threading.Event()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        job, report = begun(tracker, runner.call(acoop, ev))
        handle = asyncio.run_coroutine_threadsafe(runner.start(job), loop).result(5)
        assert ev.wait(5)
        assert asyncio.run(runner.stop(job, handle, 5.)).confirmed
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()

def test_a_hanging_function_does_not_keep_the_interpreter():
    import subprocess
    code = ('import asyncio, threading\nfrom cjm_jobtrack.core.job import Job\nfrom cjm_jobtrack.run.call import CallRunner\n'
            'r = CallRunner({"hang": threading.Event().wait})\nasyncio.run(r.start(Job(spec={"func": "hang"}, attempt=1)))\nprint("out")')
    assert subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, timeout=30, check=True).stdout == 'out\n'

def coop_json(report):
    while not report.cancelled: time.sleep(.001)
async def forever(): await asyncio.Event().wait()

@pytest.mark.parametrize('endless', [coop_json, forever])
def test_the_promises_of_a_runner(tmp_path, endless):
    runner = CallRunner({'plain': plain, 'endless': endless})
    with JobTracker(f'sqlite:///{tmp_path}/jobs.db') as tracker:
        assert len(asyncio.run(check_runner(runner, {'func': 'plain', 'args': [1]}, {'func': 'endless'}, tracker))) == 7
