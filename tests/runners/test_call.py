"Functions as jobs: every way they end, what they say, and what can and cannot be stopped."
import asyncio, ctypes, functools, json, multiprocessing, os, signal, subprocess, sys, threading, time, types
import cloudpickle, psutil, pytest
from cjm_jobtrack.model.errors import InvalidInput
from cjm_jobtrack.model.job import OutputFile
from cjm_jobtrack.tracker.tracker import JobTracker
from cjm_jobtrack.runners import worker as worker_module
from cjm_jobtrack.runners.call import CallRunner
from cjm_jobtrack.runners.functions import Result
from cjm_jobtrack.runners.process_tree import UNSURE
from cjm_jobtrack.runners.worker_process import _WorkerReport
from cjm_jobtrack.runners.cgroups import Cgroups
from cjm_jobtrack.queue.queue import JobQueue
from cjm_jobtrack.runners.conformance import check_runner
from cjm_jobtrack.runners.outcome import Outcome, Report
from cjm_jobtrack.runners.runner import Runner

def until(*args):
    from helpers import until   # here, because worker processes import this file, and need no servers
    return until(*args)


cloudpickle.register_pickle_by_value(sys.modules[__name__])   # or each worker process would import this file, and all that it imports

_before = set()

@pytest.fixture(autouse=True)
def children_of_others():
    "A server that other tests use is a child of this process as well."
    _before.clear(), _before.update(psutil.Process().children())

def own_children() -> list[psutil.Process]: return [p for p in psutil.Process().children() if p not in _before]

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
        return job, await asyncio.wait_for(runner.follow(job, await runner.start(job), report), 60)
    return asyncio.run(main())

# --- how it ends

def plain(a, b=2): return a+b
async def coro(a): await asyncio.sleep(0); return a
def steps(n):
    for i in range(n): yield 100*(i+1)/n
    return n
async def asteps(n):
    for i in range(n): yield 100*(i+1)/n, f'{i}'
def says_result(n): yield 50, 'half'; yield Result({'n': n}); yield object()
async def asays_result(n): yield {'percent': 50}; yield Result({'n': n}); yield object()
class Model:
    def run(self, x): return [x]
    def __call__(self, x): return (x,)
class AsyncModel:
    async def __call__(self, x): return (x,)

@pytest.mark.parametrize('fn, args, kwargs, result', [
    (plain, [1], {}, 3), (plain, [1], {'b': 5}, 6), (coro, ['x'], {}, 'x'), (steps, [3], {}, 3), (steps, [0], {}, 0), (asteps, [2], {}, None),
    (Model().run, [1], {}, [1]), (Model(), [1], {}, (1,)), (AsyncModel(), [1], {}, (1,)), (functools.partial(plain, 1), [], {'b': 1}, 2), (functools.partial(coro, 7), [], {}, 7),
    (functools.partial(steps, 2), [], {}, 2), (lambda n: steps(n), [2], {}, 2), (says_result, [1], {}, {'n': 1}), (asays_result, [1], {}, {'n': 1}), (max, [3, 9], {}, 9), (lambda: None, [], {}, None)])
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

@pytest.mark.parametrize('why', [ValueError, SystemExit, KeyboardInterrupt])
@pytest.mark.parametrize('pool', ['thread', 'process'])
def test_an_exception_that_cannot_tell_its_message(tracker, pool, why):
    class Mute(Exception):
        def __str__(self): raise why('no words')
    def mute(): raise Mute
    assert far_outcome(tracker, mute, pool=pool)[1].failure.message == f'Mute: <its message cannot be had: {why.__name__}>'

@pytest.mark.parametrize('status, said', [('running', 'ValueError: The function gave back an outcome that is running'), ('odd', "ValueError: 'odd' is not a valid JobStatus")])
@pytest.mark.parametrize('pool', ['thread', 'process'])
def test_an_outcome_that_is_none(tracker, pool, status, said):
    f = far_outcome(tracker, lambda: Outcome(status), pool=pool)[1].failure
    assert f.kind == 'error' and f.message.startswith(said)

@pytest.mark.parametrize('said', [0, 100., 'words', (3, 'words'), [None, 'words'], {'percent': 3}, {'message': 'words'}, None])
def test_what_a_generator_may_yield(tracker, said):
    job, outcome = outcome_of(tracker, yields, said)
    assert outcome.status == 'completed' and (said is None or job.progress is not None or job.message == 'words')

@pytest.mark.parametrize('said', [object(), (1, 2, 3), True, 101, -1, float('nan'), (300, 'far'), {}, {'text': 'a result?'}, {'percent': 101}])
def test_a_generator_that_yields_nonsense_fails_with_the_reason(tracker, said):
    _, outcome = outcome_of(tracker, yields, said)
    assert outcome.status == 'failed' and outcome.failure.message.startswith(('TypeError: The generator yielded', '`percent` is'))

@pytest.mark.parametrize('fn', [lambda: asyncio.sleep(0), lambda: asteps(1)])
def test_an_awaitable_result_is_not_taken_for_one(tracker, fn):
    _, outcome = outcome_of(tracker, fn)
    assert 'async def' in outcome.failure.message

# --- what is asked

@pytest.mark.parametrize('spec, field', [
    ({}, 'func'), ({'func': 'os:system'}, 'func'), ({'func': ['plain']}, 'func'), ({'func': 'plain', 'args': 'ab'}, 'args'), ({'func': 'plain', 'kwargs': [1]}, 'kwargs'),
    ({'func': 'plain', 'args': [1], 'pool': 'cloud'}, 'pool'), ({'func': 'plain', 'args': [1], 'pool': ['process']}, 'pool'), ({'func': 'plain', 'args': []}, 'args'), ({'func': 'plain', 'args': [1, 2, 3]}, 'args'), ({'func': 'plain', 'args': [1], 'kwargs': {'c': 1}}, 'args')])
def test_what_does_not_fit_is_refused_before_it_begins(tracker, spec, field):
    runner = CallRunner({'plain': plain})
    job, _ = begun(tracker, spec)
    with pytest.raises(InvalidInput) as e: asyncio.run(runner.start(job))
    assert e.value.field == field and asyncio.run(runner.find(job)) is None

@pytest.mark.parametrize('kw, field', [({'pool': 'fork'}, 'pool'), ({'pool': None}, 'pool'), ({'warm': -1}, 'warm'), ({'warm': True}, 'warm'), ({'warm': 1.}, 'warm')])
def test_a_runner_that_cannot_be_made(kw, field):
    with pytest.raises(InvalidInput) as e: CallRunner(**kw)
    assert e.value.field == field

def test_a_function_of_the_same_name_takes_its_place(tracker):
    runner = CallRunner({'f': plain})
    async def both():
        out = []
        for fn, args in (plain, [1]), (lambda: 'other', []):
            runner.register(fn, 'f')
            job, report = begun(tracker, {'func': 'f', 'args': args})
            out.append((await runner.follow(job, await runner.start(job), report)).result)
        return out
    assert asyncio.run(both()) == [3, 'other']

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
        assert said.wait(60) and job.progress is None
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

@pytest.mark.parametrize('pool', ['thread', 'process'])
def test_an_id_that_is_used_again_is_new_work(tracker, pool):
    async def main():
        with CallRunner(pool=pool) as runner:
            for n, keep_logs in (1, False), (2, True), (3, True):
                job = tracker.create_job('x', id='again', spec=runner.call(plain, n, 0))
                tracker.mark_running(job.id)
                assert await runner.find(job) is None
                handle = await runner.start(job)
                assert await runner.start(job) == handle == await runner.find(job)
                assert (await runner.follow(job, handle, Report(tracker, job.id, job.attempt))).result == n
                tracker.mark_completed(job.id, None), tracker.delete_jobs([job.id], logs=not keep_logs)
    asyncio.run(main())

def test_a_log_that_an_earlier_job_of_the_id_has_left_is_not_continued(tracker):
    runner = CallRunner()
    async def main(say, older):
        job = tracker.create_job('x', id='again', spec=runner.call(lambda report: report.log(say)))
        tracker.mark_running(job.id)
        if older: os.utime(tracker.logs.path(job.id, 1), (1, 1))
        await runner.follow(job, await runner.start(job), Report(tracker, job.id, 1))
        await runner.follow(job, await runner.start(job), Report(tracker, job.id, 1))
        tracker.mark_completed(job.id, None), tracker.delete_jobs([job.id], logs=False)
    asyncio.run(main('one\n', False)), asyncio.run(main('two\n', True))
    assert tracker.logs.path('again', 1).read_bytes() == b'two\n'

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
        receipt = await runner.stop(job, handle, 60.)
        assert (receipt.confirmed, receipt.how, receipt.ended, receipt.left) == (True, 'asked', [f'job {job.id}/1'], [])
        assert (await following).status == 'cancelled'
        assert (await runner.stop(job, handle, 5.)).how == 'gone'
    asyncio.run(main())
    if fn in (acleanup, gen): assert ev.cleaned
    for t in threading.enumerate():
        if t.name.startswith('job '): t.join(60)
        assert not t.name.startswith('job ') or not t.is_alive()

def test_a_coroutine_can_be_stopped_before_its_first_step(tracker):
    runner = CallRunner()
    async def main():
        job, report = begun(tracker, runner.call(forever))
        handle = await runner.start(job)
        assert (await runner.stop(job, handle, 60.)).confirmed
        return await runner.follow(job, handle, report)
    assert asyncio.run(main()).status == 'cancelled'

def test_the_cancelled_flag_of_the_record_is_seen(tracker):
    runner, ev = CallRunner(), threading.Event()
    async def main():
        job, report = begun(tracker, runner.call(coop, ev))
        following = asyncio.create_task(runner.follow(job, await runner.start(job), report))
        while not ev.is_set(): await asyncio.sleep(.001)
        tracker._states[job.id].cancel_requested = True
        return await asyncio.wait_for(following, 60)
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

async def waits_in_spite(go):
    while not go.is_set():
        try: await asyncio.sleep(.002)
        except asyncio.CancelledError: continue
async def waits_between_yields(go):
    yield 1
    await waits_in_spite(go)
    yield 2

@pytest.mark.parametrize('fn', [waits_in_spite, waits_between_yields])
def test_a_coroutine_or_generator_that_will_not_be_cancelled_is_not_claimed_to_have_ended(tracker, fn):
    runner, go = CallRunner(), threading.Event()
    async def main():
        job, report = begun(tracker, runner.call(fn, go))
        handle = await runner.start(job)
        await asyncio.sleep(.05)
        receipt = await runner.stop(job, handle, .02)
        assert not receipt.confirmed and 'coroutine' in receipt.message
        go.set()
        async with asyncio.timeout(20): assert (await runner.follow(job, handle, report)).status == 'cancelled'
    asyncio.run(main())

async def yields_in_spite(begun):
    while True:
        begun.set()
        try: yield 1; await asyncio.sleep(600)
        except asyncio.CancelledError: pass
async def yields_to_nobody(begun):
    while True:
        begun.set()
        try: yield 1; await asyncio.sleep(600)
        except BaseException: pass  # noqa: S110

@pytest.mark.filterwarnings('ignore:Exception ignored in')   # by one of them
@pytest.mark.parametrize('fn', [yields_in_spite, yields_to_nobody])
def test_an_asynchronous_generator_that_takes_no_notice_is_left_where_it_yields(tracker, fn):
    runner, ev = CallRunner(), threading.Event()
    async def main():
        job, report = begun(tracker, runner.call(fn, ev))
        handle = await runner.start(job)
        while not ev.is_set(): await asyncio.sleep(.001)
        receipt = await runner.stop(job, handle, 20.)
        return receipt, await runner.follow(job, handle, report)
    receipt, outcome = asyncio.run(main())
    assert (receipt.confirmed, receipt.how, outcome.status) == (True, 'asked', 'cancelled')

def test_stopping_from_another_loop(tracker):
    "The queue has a loop of its own; a stop may come from elsewhere."
    runner, ev = CallRunner(), threading.Event()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        job, report = begun(tracker, runner.call(acoop, ev))
        handle = asyncio.run_coroutine_threadsafe(runner.start(job), loop).result(60)
        assert ev.wait(60)
        assert asyncio.run(runner.stop(job, handle, 60.)).confirmed
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()

def test_a_hanging_function_does_not_keep_the_interpreter():
    import subprocess
    code = ('import asyncio, threading\nfrom cjm_jobtrack.model.job import Job\nfrom cjm_jobtrack.runners.call import CallRunner\n'
            'r = CallRunner({"hang": threading.Event().wait})\nasyncio.run(r.start(Job(spec={"func": "hang"}, attempt=1)))\nprint("out")')
    assert subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, timeout=90, check=True).stdout == 'out\n'

def coop_json(report):
    while not report.cancelled: time.sleep(.001)
async def forever(): await asyncio.Event().wait()

@pytest.mark.parametrize('endless', [coop_json, forever])
def test_the_promises_of_a_runner(tmp_path, endless):
    runner = CallRunner({'plain': plain, 'endless': endless})
    with JobTracker(f'sqlite:///{tmp_path}/jobs.db') as tracker:
        assert len(asyncio.run(check_runner(runner, {'func': 'plain', 'args': [1]}, {'func': 'endless'}, tracker))) >= 7

# --- in a process of its own

def far_outcome(tracker, fn, *args, pool='process', **kwargs):
    "The job of one call in a process of its own and how it ended; afterwards nothing of it is left."
    async def main():
        with CallRunner(pool=pool) as runner:
            job, report = begun(tracker, runner.call(fn, *args, **kwargs))
            async with asyncio.timeout(30): return job, await runner.follow(job, await runner.start(job), report)
    before = {*psutil.Process().children()}
    found = asyncio.run(main())
    assert {*psutil.Process().children()} <= before
    return found

def log_of(tracker, job): return tracker.logs.read(job.id, 1).data

def alive(pid):
    try: return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess: return False

@pytest.fixture(params=['groups', 'no groups'])
def grouped(request, monkeypatch):
    "Whether control groups can be made; both in turn."
    if request.param == 'no groups': monkeypatch.setattr(worker_module, '_worker_cgroups', lambda: None)
    elif not Cgroups.find(): pytest.skip('this process may not make control groups')
    return request.param == 'groups'

@pytest.mark.parametrize('fn, args, kwargs, result', [
    (plain, [1], {'b': 5}, 6), (coro, ['x'], {}, 'x'), (steps, [3], {}, 3), (asteps, [2], {}, None), (says_result, [1], {}, {'n': 1}), (asays_result, [1], {}, {'n': 1}),
    (Model().run, [1], {}, [1]), (Model(), [1], {}, [1]), (AsyncModel(), [1], {}, [1]), (functools.partial(steps, 2), [], {}, 2), (max, [3, 9], {}, 9), (lambda: None, [], {}, None),
    (lambda: {1: {2, 3}, 'x': float('nan'), 'who': threading.Lock}, [], {}, {'1': [2, 3], 'x': None, 'who': str(threading.Lock)})])
def test_whatever_can_be_called_gives_its_result_as_json_from_a_process(tracker, fn, args, kwargs, result):
    _, outcome = far_outcome(tracker, fn, *args, **kwargs)
    assert (outcome.status, outcome.result, outcome.failure) == ('completed', result, None)

def unpicklable():
    class Local(Exception): pass
    e = Local('it is in here')
    e.lock = threading.Lock()
    raise e
def refuses(): raise InvalidInput('path', 'is empty', 'Give a recording')
def leaves(): sys.exit(3)
async def araises_later(): await asyncio.sleep(0); raise KeyError('x')
def shuts_down(): raise KeyboardInterrupt

@pytest.mark.parametrize('fn, kind, message', [(unpicklable, 'error', 'Local: it is in here'), (refuses, 'invalid', '`path` is empty. Give a recording'), (leaves, 'error', 'SystemExit: 3'),
                                               (araises_later, 'error', "KeyError: 'x'"), (shuts_down, 'error', 'KeyboardInterrupt')])
def test_whatever_is_raised_in_a_process_is_told(tracker, fn, kind, message):
    _, outcome = far_outcome(tracker, fn)
    f = outcome.failure
    assert (outcome.status, f.kind, f.message) == ('failed', kind, message)
    if kind == 'error': assert f'in {fn.__name__}' in f.evidence['traceback'] and 'run/call.py' not in f.evidence['traceback']
    else: assert (f.evidence, f.hint) == ({'field': 'path'}, 'Give a recording')

class Shy:
    "Not to be put into words."
    def __repr__(self): sys.exit('not for others')
class Quiet:
    def __repr__(self): raise ValueError
def nested(n):
    out = []
    for _ in range(n): out = [out]
    return out
def endless_list():
    out = []
    out.append(out)
    return out

@pytest.mark.parametrize('give, right', [
    (lambda: 'a\ud800b', lambda r: r == 'a\ud800b'), (lambda: {'\udcff': ['\ud800']}, lambda r: r == {'\udcff': ['\ud800']}), (lambda: [float('nan'), float('inf')], lambda r: r == [None, None]),
    (lambda: nested(10_000), lambda r: isinstance(r, list)), (endless_list, lambda r: isinstance(r, list)), (Quiet, lambda r: r == '<Quiet>'), (lambda: [Quiet()], lambda r: r == ['<Quiet>'])])
def test_odd_results_become_words_in_a_process(tracker, give, right):
    _, outcome = far_outcome(tracker, give)
    assert outcome.status == 'completed' and right(outcome.result), outcome

def notes_it(report): report.note('odd', {'what': Shy()})
def says_it(report): report.progress(50, Shy())
async def gives_it(): return {'what': [Shy()]}

@pytest.mark.parametrize('fn, said', [
    (Shy, 'The result of the function (Shy) cannot be sent from its process: SystemExit: not for others'), (gives_it, 'The result of the function (dict) cannot be sent'),
    (lambda: Outcome.failed('error', 'no', evidence={'what': Shy()}), 'The failure of the function (Failure) cannot be sent'), (lambda: Outcome.completed(1, [Shy()]), 'The outputs of the function (tuple) cannot be sent'),
    (notes_it, 'SystemExit: not for others'), (says_it, 'SystemExit: not for others')])
def test_what_cannot_be_sent_from_a_process_is_named(tracker, fn, said):
    _, outcome = far_outcome(tracker, fn)
    assert (outcome.status, outcome.failure.kind) == ('failed', 'error') and outcome.failure.message.startswith(said)

def prints_no_more(): sys.stdout = sys.stderr = None; return 'done'
def closes_what_it_prints_to(): sys.stdout.close(); return 'done'
def lowers_the_limit(): sys.setrecursionlimit(60); return nested(200)

@pytest.mark.parametrize('fn', [prints_no_more, closes_what_it_prints_to, lowers_the_limit])
def test_a_process_that_was_tampered_with_answers(tracker, fn):
    _, outcome = far_outcome(tracker, fn)
    assert outcome.failure is None or outcome.failure.kind == 'error'

def talks(report):
    print('one')
    report.log('two\n')
    subprocess.run(['sh', '-c', 'echo three; echo four >&2'], check=True)
    sys.stderr.write('five\n')
    os.write(1, b'\xff\xfe six\n')
    report.progress(40, 'talking')
    report.note('chapter', {'n': {1, 2}})
    return report.cancelled, report.log_size, isinstance(report, Report)

def test_what_is_said_and_printed_in_a_process_is_told_in_order(tracker):
    job, outcome = far_outcome(tracker, talks)
    assert outcome.result == [False, 4, True] and (job.progress, job.message) == (40, 'talking')
    assert log_of(tracker, job) == b'one\ntwo\nthree\nfour\nfive\n\xff\xfe six\n'
    assert [e.data for e in tracker.history(job.id) if e.type == 'chapter'] == [{'n': [1, 2]}]

def floods(n, report):
    for i in range(n): os.write(1, b'x'*(1 << 20) + b'\n'); report.progress(100*i/n)
    return n

def test_a_flood_of_output_arrives_whole(tracker):
    job, outcome = far_outcome(tracker, floods, 20)
    assert outcome.result == 20 and tracker.logs.size(job.id, 1) == 20*((1 << 20)+1)

@pytest.mark.parametrize('n', [1, 5 << 20])
def test_arguments_and_results_of_any_size(tracker, n):
    assert far_outcome(tracker, lambda text: text + '!', 'x'*n)[1].result == 'x'*n + '!'

@pytest.mark.parametrize('args, kwargs, field', [([1, threading.Lock()], {}, 'args[1]'), ([1], {'b': (n for n in ())}, 'kwargs.b'), ([sys._getframe()], {}, 'args[0]')])
def test_what_cannot_be_sent_is_named(tracker, args, kwargs, field):
    runner = CallRunner(pool='process')
    job, _ = begun(tracker, runner.call(plain, *args, **kwargs))
    with pytest.raises(InvalidInput, match='cannot be sent to a process') as e: asyncio.run(runner.start(job))
    assert e.value.field == field and asyncio.run(runner.find(job)) is None

def test_a_function_that_cannot_be_sent_is_named(tracker):
    lock, runner = threading.Lock(), CallRunner(pool='process')
    job, _ = begun(tracker, runner.call(lambda: lock))
    with pytest.raises(InvalidInput) as e: asyncio.run(runner.start(job))
    assert e.value.field == 'func'

def test_a_function_that_cannot_be_loaded_there_says_so(tracker, monkeypatch):
    here_only = types.ModuleType('here_only')
    here_only.f = types.FunctionType(plain.__code__, vars(here_only), 'f', (1, 2))
    here_only.f.__module__, here_only.f.__qualname__ = 'here_only', 'f'
    monkeypatch.setitem(sys.modules, 'here_only', here_only)
    f = far_outcome(tracker, here_only.f)[1].failure
    assert f.kind == 'not_started' and "No module named 'here_only'" in f.message and 'Traceback' in f.evidence['traceback']

def test_each_spec_may_say_where(tracker):
    async def main():
        with CallRunner({'pid': os.getpid}) as runner:
            out = []
            for pool in None, 'thread', 'process':
                job, report = begun(tracker, {'func': 'pid', 'pool': pool})
                out.append((await runner.follow(job, await runner.start(job), report)).result)
            return out
    a, b, c = asyncio.run(main())
    assert a == b == os.getpid() != c

# --- a process that is lost

def with_child(then):
    p = subprocess.Popen(['sleep', '600'], start_new_session=True)
    print(json.dumps(p.pid))
    then()

@pytest.mark.parametrize('then, exit_code, sig', [
    (lambda: os.kill(os.getpid(), signal.SIGKILL), 137, 'SIGKILL'), (lambda: os._exit(3), 3, None), (lambda: os._exit(0), 0, None), (lambda: ctypes.string_at(0), 139, 'SIGSEGV'),
    (os.abort, 134, 'SIGABRT'), (lambda: os.kill(os.getpid(), signal.SIGTERM), 143, 'SIGTERM')])
def test_a_lost_process_says_so_and_its_children_are_ended(tracker, then, exit_code, sig):
    job, outcome = far_outcome(tracker, with_child, then)
    f, child = outcome.failure, int(log_of(tracker, job).split()[0])
    assert (outcome.status, f.kind, f.exit_code, f.signal) == ('failed', 'lost', exit_code, sig)
    assert f.evidence['ended'] == [child] and not alive(child) and f.evidence['last_lines']
    if sig == 'SIGSEGV': assert any('Segmentation fault' in o for o in f.evidence['last_lines'])
    assert (sig or f'exit status {exit_code}') in f.message and bool(f.hint) == (sig == 'SIGKILL')

def test_a_function_that_closes_everything_is_not_waited_for_for_ever(tracker):
    f = far_outcome(tracker, lambda: os.closerange(0, 100))[1].failure
    assert f.kind == 'lost'

def test_a_fork_that_comes_back_does_not_answer_for_the_function(tracker):
    assert far_outcome(tracker, lambda: os.fork() and time.sleep(.1) or 'parent')[1].result == 'parent'

@pytest.mark.parametrize('pool', ['thread', 'process'])
def test_a_function_may_say_itself_how_it_ended(tracker, pool):
    file = OutputFile('a.txt', '/tmp/a.txt', 3)
    assert far_outcome(tracker, lambda: Outcome.completed({'n': 1}, [file]), pool=pool)[1] == Outcome.completed({'n': 1}, [file])
    assert far_outcome(tracker, lambda: Outcome.failed('invalid', 'too short', hint='Give more'), pool=pool)[1] == Outcome.failed('invalid', 'too short', hint='Give more')

def test_what_cannot_be_reported_ends_the_work(tracker):
    class Full(Report):
        def log(self, data=b''): raise PermissionError(13, 'Permission denied')
    async def main():
        with CallRunner(pool='process') as runner:
            job, report = begun(tracker, runner.call(with_child, lambda: time.sleep(600)))
            return await runner.follow(job, await runner.start(job), Full(tracker, job.id, 1))
    assert 'Permission denied' in asyncio.run(main()).failure.message

def notes_what_no_record_takes(report):
    while report.log_size == 0: report.log('.'), time.sleep(.001)   # in a thread: until somebody listens
    report.note('odd', node={'a': 1})

@pytest.mark.parametrize('pool', ['thread', 'process'])
def test_what_no_record_takes_is_named_alike_wherever_it_was_said(tmp_path, pool):
    with JobTracker(f'sqlite:///{tmp_path}/jobs.db') as tracker, CallRunner(pool=pool) as runner, JobQueue(tracker, runner, backoff=.01) as queue:
        job = queue.submit(tracker.create_job('odd', spec=runner.call(notes_what_no_record_takes), max_attempts=3))
        tracker.join(job.id, 30)
        assert (job.failure.kind, job.attempt) == ('unstorable', 1) and job.failure.hint

def leaves_running(fails):
    subprocess.Popen(['sleep', '600'], start_new_session=True)
    subprocess.Popen(['sh', '-c', 'trap "" TERM; sleep 600 & echo deaf; while :; do wait; done'], stdout=subprocess.PIPE).stdout.readline()
    if fails: raise ValueError('no')
    return 'done'

@pytest.mark.parametrize('fails', [False, True])
@pytest.mark.parametrize('warm', [0, 1])
def test_what_a_function_leaves_running_is_ended_before_the_job_is_over(tracker, grouped, fails, warm):
    async def main():
        with CallRunner(pool='process', warm=warm) as runner:
            job, report = begun(tracker, runner.call(leaves_running, fails))
            outcome = await runner.follow(job, await runner.start(job), report)
            [noted] = [e.data for e in tracker.history(job.id) if e.type == 'leftovers']
            assert (outcome.failure.message if fails else outcome.result) == ('ValueError: no' if fails else 'done')
            assert len(noted['pids']) == 3 and noted['names'] == ['sh', 'sleep'] and noted['left'] == [] and not [p for p in noted['pids'] if alive(p)]
    asyncio.run(main())

# --- stopping a process

def sleeps(): print('at work'); time.sleep(600)
def tidies(path):
    try: print('at work'); time.sleep(600)
    finally: open(path, 'w').close()
def looks(report):
    print('at work')
    while not report.cancelled: time.sleep(.001)
    return 'half'
def yields_on():
    while True: print('at work'); yield 1; time.sleep(.001)
async def waits(path):
    try: print('at work'); await asyncio.Event().wait()
    finally: await asyncio.sleep(.01); os.mknod(path)
def deaf():
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT, signal.SIGTERM])
    for new in True, False: subprocess.Popen(['sleep', '600'], start_new_session=new)
    subprocess.run(['setsid', 'sh', '-c', 'sleep 600 & sleep 600 & echo'], check=True)   # a daemon: its parent is gone
    print('at work')
    while True: time.sleep(600)
def ignores(report): deaf()
async def never_ends():
    print('at work')
    while True:
        try: await asyncio.sleep(600)
        except asyncio.CancelledError: pass
async def never_yields():
    yield 1
    print('at work')
    while True:
        try: await asyncio.sleep(600)
        except asyncio.CancelledError: pass
def hides():
    "As deaf, with a daemon that has cleared its environment, and whose parents and session leader are gone."
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT, signal.SIGTERM])
    pid = int(subprocess.run(['setsid', 'sh', '-c', 'env -i sleep 600 </dev/null >/dev/null 2>&1 & echo $!'], check=True, stdout=subprocess.PIPE).stdout)
    while psutil.Process(pid).environ(): time.sleep(.001)   # it has not become another program yet
    print(pid, 'at work')
    while True: time.sleep(600)

async def stopped(tracker, fn, grace, *args):
    with CallRunner(pool='process') as runner:
        job, report = begun(tracker, runner.call(fn, *args))
        handle = await runner.start(job)
        following = asyncio.create_task(runner.follow(job, handle, report))
        async with asyncio.timeout(30):
            while b'at work' not in log_of(tracker, job): await asyncio.sleep(.005)
            family = runner._works[handle['key']].worker.tree.look()
            receipt = await runner.stop(job, handle, grace)
            assert not [p for p in family if alive(p.pid)]   # now, not some time later
            outcome = await following
            assert (await runner.stop(job, handle, grace)).how == 'gone'
            group = runner._works[handle['key']].worker.tree.group
            assert receipt.message == (None if group else UNSURE) and not (group and any(map(os.path.exists, group.trees)))
        return receipt, outcome, {p.pid for p in family}

@pytest.mark.parametrize('fn', [sleeps, tidies, looks, yields_on, waits])
def test_a_process_that_hears_goes_by_itself(tracker, tmp_path, fn):
    args = [str(tmp_path/'tidy')] if fn in (tidies, waits) else []
    receipt, outcome, family = asyncio.run(stopped(tracker, fn, 20., *args))
    assert (receipt.confirmed, receipt.how, receipt.left, outcome.status) == (True, 'asked', [], 'cancelled') and {*receipt.ended} == family
    assert not args or (tmp_path/'tidy').exists()

@pytest.mark.parametrize('fn, processes', [(deaf, 5), (ignores, 5), (never_ends, 1), (never_yields, 1)])
def test_a_deaf_process_is_ended_with_all_that_it_began(tracker, grouped, fn, processes):
    receipt, outcome, family = asyncio.run(stopped(tracker, fn, .05))
    assert (receipt.confirmed, receipt.how, receipt.left, outcome.status) == (True, 'forced', [], 'cancelled')
    assert {*receipt.ended} == family and len(family) == processes

def test_one_that_has_hidden_is_ended_or_the_receipt_says_what_could_not_be_looked_for(tracker, grouped):
    receipt, outcome, family = asyncio.run(stopped(tracker, hides, .05))
    [job] = tracker.list_jobs()
    hidden = int(log_of(tracker, job).split()[0])
    try: assert (receipt.confirmed, receipt.how, outcome.status) == (True, 'forced', 'cancelled') and (hidden in receipt.ended) == grouped == (not alive(hidden))
    finally:
        if not grouped: os.kill(hidden, signal.SIGKILL)

def answers_and_stays():
    threading.Thread(target=time.sleep, args=(600,)).start()   # its process cannot leave by itself
    try: print('at work'); time.sleep(600)
    except KeyboardInterrupt: return 'half'

def test_a_process_that_has_answered_a_stop_is_not_waited_for(tracker, monkeypatch):
    monkeypatch.setattr(worker_module._Worker, 'patience', 90.)
    receipt, outcome, _ = asyncio.run(stopped(tracker, answers_and_stays, 20.))
    assert (receipt.confirmed, receipt.how, outcome.status) == (True, 'asked', 'cancelled')

@pytest.mark.parametrize('grace', [0., 20.])
def test_a_process_can_be_stopped_before_it_has_begun(tracker, grace):
    async def main():
        with CallRunner(pool='process') as runner:
            job, report = begun(tracker, runner.call(sleeps))
            handle = await runner.start(job)
            receipt = await runner.stop(job, handle, grace)
            return receipt, await runner.follow(job, handle, report)
    receipt, outcome = asyncio.run(main())
    assert receipt.confirmed and not receipt.left and outcome.status == 'cancelled'

def test_a_suspended_process_is_ended(tracker):
    async def main():
        with CallRunner(pool='process') as runner:
            job, report = begun(tracker, runner.call(sleeps))
            handle = await runner.start(job)
            following = asyncio.create_task(runner.follow(job, handle, report))
            async with asyncio.timeout(30):
                while b'at work' not in log_of(tracker, job): await asyncio.sleep(.005)
                os.kill(runner._works[handle['key']].worker.process.pid, signal.SIGSTOP)
                return await runner.stop(job, handle, .1), await following
    receipt, outcome = asyncio.run(main())
    assert (receipt.confirmed, receipt.how, outcome.status) == (True, 'forced', 'cancelled')

def test_the_cancelled_flag_of_the_record_is_seen_in_a_process(tracker):
    async def main():
        with CallRunner(pool='process') as runner:
            job, report = begun(tracker, runner.call(looks))
            following = asyncio.create_task(runner.follow(job, await runner.start(job), report))
            tracker._states[job.id].cancel_requested = True
            async with asyncio.timeout(30): return await following
    assert asyncio.run(main()).status == 'cancelled'

def test_closing_ends_what_is_at_work(tracker):
    async def main():
        runner = CallRunner(pool='process')
        job, report = begun(tracker, runner.call(sleeps))
        handle = await runner.start(job)
        await asyncio.to_thread(runner.close)
        return await runner.follow(job, handle, report)
    assert asyncio.run(main()).failure.kind == 'interrupted' and not own_children()

def test_when_we_are_killed_our_processes_end(tmp_path):
    code = ('import asyncio, os, subprocess, time\nfrom cjm_jobtrack.model.job import Job\nfrom cjm_jobtrack.runners.call import CallRunner\n'
            f'def work():\n    p = subprocess.Popen(["sleep", "600"], start_new_session=True)\n    open("{tmp_path}/new", "w").write(f"{{os.getpid()}} {{p.pid}}")\n'
            f'    os.rename("{tmp_path}/new", "{tmp_path}/pids")\n    time.sleep(600)\n'
            'async def main():\n    await CallRunner({"work": work}, pool="process").start(Job(spec={"func": "work"}, attempt=1))\n    await asyncio.sleep(600)\nasyncio.run(main())')
    p = subprocess.Popen([sys.executable, '-c', code])
    try:
        until((tmp_path/'pids').exists, 'the work to begin')
        pids = [*map(int, (tmp_path/'pids').read_text().split())]
        assert all(map(alive, pids))
    finally: p.kill(), p.wait()
    until(lambda: not any(map(alive, pids)), 'worker and child to end')

# --- processes that are kept

def pid_of(): return os.getpid()
def meets(folder):
    "Ends when there are two."
    open(f'{folder}/{os.getpid()}', 'w').close()
    while len(os.listdir(folder)) < 2: time.sleep(.005)
    return os.getpid()
def leaves_one(): return subprocess.Popen(['sleep', '600']).pid

def test_a_warm_process_is_used_again_and_closed(tracker, tmp_path):
    async def main():
        with CallRunner(pool='process', warm=1) as runner:
            async def one(fn, *args):
                job, report = begun(tracker, runner.call(fn, *args))
                return (await runner.follow(job, await runner.start(job), report)).result
            a, b = await one(pid_of), await one(pid_of)
            os.kill(b, signal.SIGKILL)       # an idle one that somebody ended
            until(lambda: runner._warm.idle[0].has_ended(), 'its end')   # with all its threads
            c = await one(pid_of)
            two = await asyncio.gather(*(one(meets, str(tmp_path)) for _ in range(2)))
            assert a == b != c and c in two and len({*two}) == 2
            assert len(runner._warm.idle) == 1 and [p.pid for p in own_children()] == [runner._warm.idle[0].process.pid]
            child = await one(leaves_one)
            assert not runner._warm.idle and not alive(child)   # completed is completed; but a worker with a process left over is not used again
            await one(pid_of)
        assert not own_children()
    asyncio.run(main())

def leaves_a_thread(report):
    def goes_on():
        while True:
            time.sleep(.001)
            report.progress(90, 'stale'), report.note('stale'), report.log('stale')
    threading.Thread(target=goes_on, daemon=True).start()
    while report.log_size < 5: time.sleep(.001)
    return os.getpid()

def test_what_a_thread_goes_on_to_say_is_not_heard_in_the_next_job(tracker):
    async def main():
        with CallRunner(pool='process', warm=1) as runner:
            async def one(fn):
                job, report = begun(tracker, runner.call(fn))
                return job, (await runner.follow(job, await runner.start(job), report)).result
            (first, a), idle, (second, b) = await one(leaves_a_thread), [*runner._warm.idle], await one(pid_of)
            assert a != b and not idle and not alive(a) and first.message == 'stale'
            assert (second.progress, second.message, log_of(tracker, second)) == (None, None, b'') and not [e for e in tracker.history(second.id) if e.type == 'stale']
    asyncio.run(main())

def test_a_report_that_is_over_says_nothing(capfd):
    ours, theirs = multiprocessing.Pipe()
    with ours, theirs:
        report = _WorkerReport(theirs)
        report.progress(1), report.log('a')
        report.disconnect()
        report.progress(2), report.note('late'), report.log('b')
        theirs.send_bytes(b'end')
        assert json.loads(ours.recv_bytes())[1][0] == 1 and ours.recv_bytes() == b'end' and capfd.readouterr().out == 'a'

class HeldUp(CallRunner):
    "Between the end of a function in a process and the end of its job, there may be any time."
    def _run_in_worker(self, work, packed):
        outcome = super()._run_in_worker(work, packed)
        if not self.free.is_set(): self.free.set(); assert self.go.wait(30)
        return outcome

def waits_for(path):
    print('at work')
    while not os.path.exists(path): time.sleep(.005)
    return 'all of it'

def test_a_late_stop_does_not_end_the_next_job_of_a_kept_process(tracker, tmp_path):
    async def main():
        with HeldUp(pool='process', warm=1) as runner:
            runner.free, runner.go = threading.Event(), threading.Event()
            a, ra = begun(tracker, runner.call(pid_of))
            ha = await runner.start(a)
            async with asyncio.timeout(30):
                while not runner.free.is_set(): await asyncio.sleep(.005)
                b, rb = begun(tracker, runner.call(waits_for, str(tmp_path/'go')))
                following = asyncio.create_task(runner.follow(b, await runner.start(b), rb))
                while b'at work' not in log_of(tracker, b): await asyncio.sleep(.005)
                stopping = asyncio.create_task(runner.stop(a, ha, 0.))
                await asyncio.wait({stopping}, timeout=.1)
                runner.go.set()
                receipt = await stopping
                (tmp_path/'go').touch()
                return receipt, await runner.follow(a, ha, ra), await following, ra
    receipt, first, second, _ = asyncio.run(main())
    assert (receipt.confirmed, receipt.how, first.status, second.result) == (True, 'asked', 'completed', 'all of it'), (receipt, second)
    assert first.result not in receipt.ended

def test_a_process_that_was_told_to_stop_is_not_used_again(tracker):
    async def main():
        with CallRunner(pool='process', warm=1) as runner:
            job, report = begun(tracker, runner.call(looks))
            following = asyncio.create_task(runner.follow(job, await runner.start(job), report))
            async with asyncio.timeout(30):
                while b'at work' not in log_of(tracker, job): await asyncio.sleep(.005)
                tracker._states[job.id].cancel_requested = True
                assert (await following).status == 'cancelled' and not runner._warm.idle
    asyncio.run(main())

@pytest.mark.skipif(not Cgroups.find(), reason='this process may not make control groups')
def test_the_group_of_a_process_that_was_killed_with_us_is_removed_later():
    old, new = (Cgroups.find().group(f'jobtrack-call-test-{os.getpid()}-{age}', ('all', 'freezer')) for age in (100, 0))
    try:
        for age, group in (100, old), (0, new):
            for d in group.trees: os.mkdir(d), os.utime(d, (time.time()-age,)*2)
        worker_module._worker_cgroups.__wrapped__()
        assert not any(map(os.path.exists, old.trees)) and all(map(os.path.exists, new.trees))   # the other may be waiting for its process
    finally: old.remove(), new.remove()

def test_a_runner_that_is_forgotten_leaves_no_process(tracker):
    async def main():
        runner = CallRunner(pool='process', warm=1)
        job, report = begun(tracker, runner.call(pid_of))
        pid = (await runner.follow(job, await runner.start(job), report)).result
        assert alive(pid)
        return pid
    pid = asyncio.run(main())
    import gc
    until(lambda: gc.collect() >= 0 and not alive(pid), 'the idle process to end')

def test_many_processes_at_once(tracker):
    async def main():
        with CallRunner(pool='process') as runner:
            async def one(i):
                job, report = begun(tracker, runner.call(steps if i % 2 else coro, i))
                return (await runner.follow(job, await runner.start(job), report)).result
            return await asyncio.gather(*(one(i) for i in range(8)))
    assert asyncio.run(main()) == list(range(8)) and not own_children()

@pytest.mark.parametrize('endless', [sleeps, looks, deaf])
def test_the_promises_of_a_runner_with_processes(tmp_path, endless):
    with CallRunner({'plain': plain, 'endless': endless}, pool='process') as runner, JobTracker(f'sqlite:///{tmp_path}/jobs.db') as tracker:
        assert len(asyncio.run(check_runner(runner, {'func': 'plain', 'args': [1]}, {'func': 'endless'}, tracker))) >= 7

def dies_at_first(path):
    if os.path.exists(path): return 'again'
    open(path, 'w').close()
    os.kill(os.getpid(), signal.SIGKILL)

def test_the_queue_tries_a_lost_process_again_and_cancels_another(tmp_path):
    with JobTracker(f'sqlite:///{tmp_path}/jobs.db') as tracker, CallRunner(pool='process') as runner, JobQueue(tracker, runner, slots=2, grace=.2, backoff=.01) as queue:
        lost = queue.submit(tracker.create_job('lost', spec=runner.call(dies_at_first, str(tmp_path/'once')), max_attempts=2))
        long = queue.submit(tracker.create_job('long', spec=runner.call(deaf)))
        until(lambda: b'at work' in log_of(tracker, long), 'the long one to begin')
        assert asyncio.run(tracker.cancel_job(long.id))
        assert tracker.join(lost.id, 20).result == 'again' and long.status == 'cancelled'
        receipt = tracker.history(long.id)[-1].data['receipt']
        assert receipt['confirmed'] and receipt['how'] == 'forced' and len(receipt['ended']) == 5
    assert not own_children()

@pytest.mark.parametrize('given', [None, 3, 'upper', {'func': 'upper'}])
def test_what_cannot_be_called_is_refused_with_the_remedy(given):
    with pytest.raises(InvalidInput, match='Give the function and its arguments'): CallRunner().call(given)

# --- one that is started ahead

def spare_of(runner, other=None): return until(lambda: (w := runner._spare._worker) is not None and w.pid != other and w, 'a spare process')

def test_a_spare_process_is_fresh_and_is_used_once(tracker):
    async def main():
        with CallRunner(pool='process', spare=True) as runner:
            async def one(fn, *args):
                job, report = begun(tracker, runner.call(fn, *args))
                return await runner.follow(job, await runner.start(job), report)
            first = (await one(pid_of)).result
            ahead = spare_of(runner).pid
            second = (await one(pid_of)).result
            assert second == ahead != first and not alive(second), 'used once, and gone with its job'
            pid = spare_of(runner, ahead).pid
        assert not alive(pid) and not own_children(), 'closed with the runner'
    asyncio.run(main())

def setting(): return os.environ.get('SPARE_TEST'), os.getcwd()

def test_a_spare_process_has_what_a_new_one_would_have(tracker, tmp_path, monkeypatch):
    async def main():
        with CallRunner(pool='process', spare=True) as runner:
            async def one():
                job, report = begun(tracker, runner.call(setting))
                return (await runner.follow(job, await runner.start(job), report)).result
            for change in (lambda: monkeypatch.setenv('SPARE_TEST', 'yes')), (lambda: monkeypatch.chdir(tmp_path)), (lambda: monkeypatch.delenv('SPARE_TEST')):
                await one()
                spare_of(runner)
                change()
                assert await one() == [os.environ.get('SPARE_TEST'), os.getcwd()]
    asyncio.run(main())

def test_a_spare_process_that_was_killed_or_not_needed_is_replaced(tracker):
    async def main():
        with CallRunner(pool='process', spare=True) as runner:
            async def one():
                job, report = begun(tracker, runner.call(pid_of))
                return await runner.follow(job, await runner.start(job), report)
            await one()
            worker = spare_of(runner)
            os.kill(worker.pid, signal.SIGKILL)
            until(worker.has_ended, 'it to end')
            runner._spare.max_idle = .5
            assert (await one()).status == 'completed'
            pid = spare_of(runner).pid
            until(lambda: runner._spare._worker is None and not alive(pid), 'it to be given up')
            assert (await one()).status == 'completed'
    asyncio.run(main())

def test_a_forgotten_runner_leaves_no_spare_process(tracker):
    import gc
    async def main():
        runner = CallRunner(pool='process', spare=True)
        job, report = begun(tracker, runner.call(pid_of))
        await runner.follow(job, await runner.start(job), report)
        return spare_of(runner).pid
    pid = asyncio.run(main())
    until(lambda: gc.collect() is not None and not alive(pid), 'it to end')

def test_spare_processes_do_not_outlive_us(tmp_path):
    script = tmp_path/'script.py'
    script.write_text('import time\nfrom cjm_jobtrack import *\nrunner = CallRunner(pool="process", spare=True)\nrunner.prepare()\nrunner._spare._starting.result()\n'
                      'print(runner._spare._worker.pid, flush=True)\nimport sys; sys.stdin.read()\n')
    for end in (lambda p: p.stdin.close()), (lambda p: p.kill()):
        p = subprocess.Popen([sys.executable, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        pid = int(p.stdout.readline())
        assert alive(pid)
        end(p)
        p.wait(30), p.stdout.close(), p.stdin.close()
        until(lambda pid=pid: not alive(pid), 'it to end')
