"""An executor whose calls are jobs: what `concurrent.futures` documents, and what a record, a queue that stops and a process that dies add to it."""
import asyncio, concurrent.futures as cf, functools, gc, os, pickle, signal, sys, threading, time, traceback, weakref
from contextlib import contextmanager
import cloudpickle, pytest
from cjm_jobtrack.model.errors import InvalidInput, JobFailed, NeverFits, NoResult, StoreError
from cjm_jobtrack.queue.executor import JobExecutor, JobFuture
from cjm_jobtrack.queue.queue import JobQueue
from cjm_jobtrack.runners.call import CallRunner
from cjm_jobtrack.runners.outcome import Outcome
from cjm_jobtrack.runners.worker import RemoteTraceback
from cjm_jobtrack.tracker.tracker import JobTracker

def until(*args):
    from helpers import until   # here, because worker processes import this file, and need no servers
    return until(*args)

cloudpickle.register_pickle_by_value(sys.modules[__name__])   # or each worker process would import this file, and all that it imports
PATIENCE = 60

@pytest.fixture
def tracker():
    with JobTracker() as t: yield t

@contextmanager
def working(tracker, slots=4, **options):
    "A queue at work and its runner."
    with CallRunner(**options) as runner, JobQueue(tracker, runner, slots, recheck=.05, backoff=.01) as queue: yield queue

@contextmanager
def executor(tracker, where='thread', slots=4, **options):
    with working(tracker, slots) as queue, JobExecutor(queue, queue.runners['call'], where=where, **options) as ex: yield ex

# --- results and exceptions

class Point:
    def __init__(self, x, y): self.x, self.y = x, y
    def __eq__(self, other): return type(other) is Point and (other.x, other.y) == (self.x, self.y)
    def shifted(self, by): return Point(self.x + by, self.y + by)

def same(value): return value
def point(x): return {'at': Point(x, (x, x)), 'bytes': b'\xff'}, {1, 2}
def raises(e): raise e
async def acoro(n): await asyncio.sleep(0); return (n,)
def steps(n):
    for i in range(n): yield 100*(i+1)/n
    return Point(n, n)

class Awkward(Exception):
    "One that pickle cannot read back: its `__init__` takes more than the message."
    def __init__(self, path, line): super().__init__(f'{path}, line {line}')

def misreads(): raise Awkward('talk.vtt', 3)

@pytest.mark.parametrize('where', ['thread', 'process'])
def test_results_are_the_objects_and_the_record_has_their_json_form(tracker, where):
    with executor(tracker, where) as ex:
        futures = [ex.submit(point, 3), ex.submit(Point(1, 2).shifted, 2), ex.submit(functools.partial(same, (1, 2))), ex.submit(lambda: None), ex.submit(acoro, 5), ex.submit(steps, 2)]
        found = [f.result(PATIENCE) for f in futures]
        assert found == [point(3), Point(3, 4), (1, 2), None, (5,), Point(2, 2)] and type(found[0][0]['at']) is Point
        job = tracker.get_job(futures[2].job_id)
        assert job.result == [1, 2] and job.status == 'completed', 'a list: the JSON form, also in memory'
        assert [j.name for j in ex.batch.jobs()] == ['point 1', 'shifted 2', 'same 3', '<lambda> 4', 'acoro 5', 'steps 6']
        assert all(isinstance(f, cf.Future) and f.done() and not f.running() and not f.cancel() and not f.cancelled() for f in futures)

def test_in_a_thread_nothing_is_copied(tracker):
    with executor(tracker) as ex:
        value, error = object(), KeyError('x')
        assert ex.submit(same, value).result(PATIENCE) is value
        assert ex.submit(raises, error).exception(PATIENCE) is error
        text = ''.join(traceback.format_exception(error))
        assert 'in raises' in text, 'its own traceback'

def test_an_exception_from_a_process_is_a_copy_that_says_where_it_was_raised(tracker):
    with executor(tracker, 'process') as ex:
        known, awkward = ex.submit(raises, KeyError('x', 3)), ex.submit(misreads)
        error = known.exception(PATIENCE)
        assert type(error) is KeyError and error.args == ('x', 3)
        assert type(error.__cause__) is RemoteTraceback and 'in raises' in str(error.__cause__)
        with pytest.raises(KeyError): known.result()
        assert tracker.get_job(known.job_id).failure.message == "KeyError: ('x', 3)"
        with pytest.raises(JobFailed, match='Awkward: talk.vtt, line 3') as e: awkward.result(PATIENCE)
        assert e.value.job_id == awkward.job_id and 'line 3' in ''.join(e.value.__notes__)

@pytest.mark.parametrize('where', ['thread', 'process'])
@pytest.mark.parametrize('error', [SystemExit(3), StopIteration(1), InvalidInput('path', 'is odd', 'Give another')], ids=lambda e: type(e).__name__)
def test_whatever_is_raised(tracker, where, error):
    with executor(tracker, where) as ex:
        future = ex.submit(raises, error)
        found = future.exception(PATIENCE)
        assert type(found) is type(error) and found.args == error.args and getattr(found, 'field', None) == getattr(error, 'field', None)
        assert tracker.get_job(future.job_id).status == 'failed'

def test_arguments_that_do_not_fit_raise_what_python_raises(tracker):
    with executor(tracker) as ex:
        with pytest.raises(TypeError, match='positional argument'): ex.submit(same).result(PATIENCE)
        with pytest.raises(TypeError, match="unexpected keyword argument 'fn'"): ex.submit(same, 1, fn=2).result(PATIENCE)
        for what in 3, point(3): pytest.raises(InvalidInput, ex.submit, what)

def test_what_cannot_travel(tracker):
    with executor(tracker, 'process') as ex:
        to, back = ex.submit(same, threading.Lock()), ex.submit(threading.Lock)
        with pytest.raises(JobFailed, match=r"`args\[0\]` cannot be sent to a process.*where='thread'") as e: to.result(PATIENCE)
        assert str(e.value).count("where='thread'") == 1
        with pytest.raises(TypeError, match='cannot pickle'): back.result(PATIENCE)
        failure = tracker.get_job(back.job_id).failure
        assert failure.message.startswith('The result of the function (lock) cannot be sent') and "where='thread'" in failure.hint

def unreadable(): return Unreadable()
class Unreadable:
    def __reduce__(self): return _only_there, ()
def _only_there():
    if 'JOBTRACK_CALL' not in os.environ: raise ImportError('only in the worker')
    return Unreadable()

def test_a_result_that_cannot_be_loaded_here(tracker):
    with executor(tracker, 'process') as ex:
        future = ex.submit(unreadable)
        with pytest.raises(ImportError, match='only in the worker'): future.result(PATIENCE)
        assert 'cannot be loaded in this process' in tracker.get_job(future.job_id).failure.message

class Exits:
    def to_dict(self): sys.exit('not for others')

def test_a_result_that_cannot_even_be_looked_at(tracker):
    for where in 'thread', 'process':
        with executor(tracker, where) as ex:
            future = ex.submit(Exits)
            assert type(future.exception(PATIENCE)) in (SystemExit, JobFailed) and tracker.get_job(future.job_id).status == 'failed'

def test_an_outcome_gives_its_result_or_fails(tracker):
    with executor(tracker) as ex:
        assert ex.submit(Outcome.completed, {1}).result(PATIENCE) == {1}
        with pytest.raises(JobFailed, match='used up'): ex.submit(Outcome.failed, 'quota', 'used up').result(PATIENCE)

def test_large_results_come_whole_and_are_on_record_in_part(database):
    with JobTracker(database) as tracker, executor(tracker, 'process') as ex:
        future = ex.submit(same, {'n': 3, 'samples': [.5]*200_000, 'data': b'x'*3_000_000})
        assert len(future.result(PATIENCE)['samples']) == 200_000 and len(future.result()['data']) == 3_000_000
        job = tracker.get_job(future.job_id)
        assert job.result == {'n': 3, 'samples': '<list left out>', 'data': '<str left out>'}
        assert job.spec['args'] == [job.result] and job.spec['live'] is True

# --- the record

def test_each_call_is_a_job_on_record_with_name_log_and_history(database):
    def says(n): print('hello', n); return n
    with JobTracker(database) as tracker, executor(tracker, name='clip', batch='night', priority=3, metadata={'by': 'Ada'}) as ex:
        assert [*ex.map(says, range(3))] == [0, 1, 2]
        jobs = ex.batch.jobs()
        assert [(j.name, j.priority, j.metadata) for j in jobs] == [(f'clip {n}', 3, {'by': 'Ada'}) for n in (1, 2, 3)]
        assert ex.batch.id == 'night' and tracker.log_tail(jobs[1].id) == 'hello 1\n'
        types = [e.type for e in tracker.history(jobs[1].id)]
        assert types[:3] == ['created', 'queued', 'running'] and types[-1] == 'completed'

def test_what_is_plain_can_be_repeated_from_the_record_and_nothing_else(tracker):
    with executor(tracker) as ex:
        plain, live = ex.submit(same, ['a', {'b': 1.5}]), ex.submit(same, (1, 2))
        cf.wait([plain, live], PATIENCE)
        again = [ex.queue.create_job('again', spec={k: v for k, v in tracker.get_job(f.job_id).spec.items() if k != 'belongs_to'}) for f in (plain, live)]
        for job in again: tracker.join(job.id, PATIENCE)
        assert again[0].result == ['a', {'b': 1.5}]
        assert again[1].failure.kind == 'invalid' and 'more than is on record' in again[1].error

def test_nobody_else_carries_out_a_live_call(database):
    "Another process on the same record, that knows the function, leaves it alone."
    with JobTracker(database) as tracker, CallRunner() as runner:
        ex = JobExecutor(queue := JobQueue(tracker, runner), runner, where='thread')
        future = ex.submit(os.path.basename, b'a/b')
        spec = tracker.get_job(future.job_id).spec
        with JobTracker(database) as elsewhere:
            other = CallRunner()
            other.call(os.path.basename)
            assert not other.knows(elsewhere.get_job(future.job_id)) and runner.knows(tracker.get_job(future.job_id)) and spec['live']
        with queue: assert future.result(PATIENCE) == b'b'
        ex.shutdown()

def test_objects_are_kept_no_longer_than_the_future(tracker):
    class Big: pass
    def make(b): return Big()
    with executor(tracker) as ex:
        given = Big()
        future = ex.submit(make, given)
        kept = [weakref.ref(future.result(PATIENCE)), weakref.ref(given), weakref.ref(make)]
        del given
        until(lambda: gc.collect() is not None and kept[1]() is None, 'the argument to be forgotten')
        assert kept[0]() is not None, 'as long as there is the future'
        del future, make
        until(lambda: gc.collect() is not None and kept[0]() is None and kept[2]() is None, 'the result and the function to be forgotten')

def test_an_exception_keeps_nothing_alive_once_its_future_is_gone(tracker):
    class Big: pass
    def fails(): b = Big(); kept.append(weakref.ref(b)); raise ValueError
    kept = []
    with executor(tracker) as ex:
        assert isinstance(ex.submit(fails).exception(PATIENCE), ValueError)
        until(lambda: gc.collect() is not None and kept[0]() is None, 'the frame to be forgotten')

# --- map

def test_map_keeps_the_order(tracker):
    def late(n): time.sleep(.05*(n == 0)); return n
    with executor(tracker) as ex:
        assert [*ex.map(late, range(20))] == [*range(20)]
        assert [*ex.map(pow, [2, 3, 4], [5, 2])] == [32, 9]
        assert [*ex.map(same, [])] == [] and [*ex.map(same, 'ab', chunksize=10)] == ['a', 'b']

def test_map_begins_at_once_and_reads_all_input(tracker):
    done = []
    with executor(tracker) as ex: ex.map(done.append, iter(range(5)))   # nobody takes the results
    assert sorted(done) == [*range(5)]

def test_map_raises_in_its_place_and_cancels_what_has_not_begun(tracker):
    gate = threading.Event()
    def held(n): gate.wait(PATIENCE); return n
    with executor(tracker, slots=1) as ex:
        results = ex.map(lambda n: 1/n, [1, 0])
        assert next(results) == 1
        with pytest.raises(ZeroDivisionError): next(results)
        results = ex.map(held, range(5), timeout=.2)
        with pytest.raises(TimeoutError): next(results)
        until(lambda: ex.batch.counts()['cancelled'] == 4, 'those that wait to be cancelled')
        gate.set()
    assert ex.batch.counts() == dict(pending=0, running=0, completed=2, failed=1, cancelled=4), 'the one under way has completed'

def test_map_that_times_out_cancels_the_one_it_waited_for_too(tracker):
    gate = threading.Event()
    with executor(tracker, slots=1) as ex:
        first = ex.submit(gate.wait, PATIENCE)
        until(first.running, 'it to run')
        with pytest.raises(TimeoutError): next(ex.map(same, [1, 2], timeout=.05))
        assert ex.batch.counts()['cancelled'] == 2
        gate.set()

def test_one_that_is_cancelled_is_counted_whatever_its_callback_does(tracker):
    gate = threading.Event()
    with executor(tracker, slots=1) as ex:
        first, second = ex.submit(gate.wait, PATIENCE), ex.submit(same, 1)
        second.add_done_callback(lambda f: sys.exit(1))
        asyncio.run(tracker.cancel_job(second.job_id))
        assert cf.wait([second], PATIENCE).done == {second}
        gate.set()
        assert first.result(PATIENCE)

def test_map_given_up_cancels_what_has_not_begun(tracker):
    gate = threading.Event()
    with executor(tracker, slots=1) as ex:
        results = ex.map(lambda n: n or gate.wait(PATIENCE), [1, 0, 2, 3])
        assert next(results) == 1
        results.close()
        gate.set()
    assert ex.batch.counts()['cancelled'] >= 2

def test_map_with_a_buffer_reads_input_as_results_are_taken(tracker):
    read = []
    def endless():
        for n in range(1_000_000): read.append(n); yield n
    with executor(tracker) as ex:
        results = ex.map(same, endless(), buffersize=10)
        assert read == [*range(10)]
        assert [next(results) for _ in range(25)] == [*range(25)] and len(read) <= 35
        results.close()
        for size in 0, -1, 1.5, True: pytest.raises(InvalidInput, ex.map, same, [], buffersize=size)
        assert [*ex.map(same, range(7), buffersize=1)] == [*range(7)]

def test_a_thousand_calls_on_sqlite_from_several_threads(tmp_path):
    with JobTracker(tmp_path/'jobs.db') as tracker, executor(tracker, slots=8) as ex:
        sums = []
        def use(k): sums.append(sum(ex.map(same, range(k, k+250))))
        threads = [threading.Thread(target=use, args=(1000*k,)) for k in range(4)]
        for t in threads: t.start()
        for t in threads: t.join(PATIENCE)
        assert sorted(sums) == [sum(range(1000*k, 1000*k+250)) for k in range(4)]
        assert ex.batch.counts()['completed'] == 1000

def test_input_that_raises_leaves_nothing_waiting(tracker):
    def broken():
        yield from range(600)
        raise OSError('the list ends here')
    with working(tracker) as queue: runner = queue.runners['call']
    ex = JobExecutor(queue, runner, where='thread')   # a queue that is not running
    with pytest.raises(OSError, match='ends here'): ex.map(same, broken())
    assert ex.batch.counts()['pending'] == 0
    ex.shutdown()

# --- futures

def test_wait_as_completed_and_callbacks(tracker):
    gate, called = threading.Event(), []
    with executor(tracker) as ex:
        held, quick = ex.submit(gate.wait, PATIENCE), ex.submit(same, 2)
        held.add_done_callback(called.append)
        done, waiting = cf.wait([held, quick], PATIENCE, cf.FIRST_COMPLETED)
        assert (done, waiting, called) == ({quick}, {held}, []) and held.running()
        with pytest.raises(TimeoutError): held.result(.01)
        with pytest.raises(TimeoutError): held.exception(.01)
        gate.set()
        assert [f.result() for f in cf.as_completed([held], PATIENCE)] == [True]
        until(lambda: called == [held], 'the callback')
        held.add_done_callback(called.append)
        assert called == [held, held], 'at once when it is done'

def test_a_callback_that_raises_or_shuts_down_ends_nothing(tracker, caplog):
    with working(tracker) as queue:
        ex = JobExecutor(queue, queue.runners['call'], where='thread')
        over = threading.Event()
        def shut(f): ex.shutdown(); over.set()
        def bad(f): raise ValueError('no')
        leaves, first, second = ex.submit(time.sleep, .05), ex.submit(time.sleep, .05), ex.submit(time.sleep, .1)
        leaves.add_done_callback(lambda f: sys.exit(3))
        first.add_done_callback(bad), first.add_done_callback(shut)
        assert over.wait(PATIENCE) and second.result(PATIENCE) is None
        ex.shutdown()
        assert 'exception calling callback' in caplog.text

def test_cancelling_one_that_waits(tracker):
    gate = threading.Event()
    with executor(tracker, slots=1) as ex:
        held = ex.submit(gate.wait, PATIENCE)
        waiting = ex.submit(same, 1)
        called = []
        waiting.add_done_callback(called.append)
        assert waiting.cancel() and waiting.cancelled() and waiting.done() and called == [waiting] and waiting.cancel()
        assert cf.wait([waiting], 0).done == {waiting}
        for ask in waiting.result, waiting.exception: pytest.raises(cf.CancelledError, ask)
        assert tracker.get_job(waiting.job_id).status == 'cancelled'
        gate.set()
        assert held.result(PATIENCE)

def test_cancelling_one_that_runs_in_a_process(tracker):
    with executor(tracker, 'process') as ex:
        future = ex.submit(time.sleep, 600)
        until(future.running, 'it to run')
        assert not future.cancel() and not future.done()
        with pytest.raises(cf.CancelledError): future.result(PATIENCE)
        assert future.cancelled() and tracker.get_job(future.job_id).status == 'cancelled'

def test_cancelling_one_that_runs_in_a_thread(tracker):
    gate = threading.Event()
    def looks(report):
        while not report.cancelled: time.sleep(.005)
    with executor(tracker) as ex:
        polite, deaf = ex.submit(looks), ex.submit(gate.wait, PATIENCE)
        until(lambda: polite.running() and deaf.running(), 'both to run')
        assert not polite.cancel() and not deaf.cancel()
        with pytest.raises(cf.CancelledError): polite.result(PATIENCE)
        assert deaf.running()
        gate.set()
        with pytest.raises(cf.CancelledError): deaf.result(PATIENCE)   # as on record: it was asked to stop

def test_cancelled_from_elsewhere(database):
    with JobTracker(database) as tracker, JobTracker(database) as elsewhere, executor(tracker, 'process', slots=1) as ex:
        running, waiting = ex.submit(time.sleep, 600), ex.submit(same, 1)
        until(running.running, 'it to run')
        async def cancel(): return [await elsewhere.cancel_job(f.job_id) for f in (waiting, running)]
        asyncio.run(cancel())
        assert cf.wait([waiting, running], PATIENCE).not_done == set() and waiting.cancelled() and running.cancelled()

def test_a_job_that_is_deleted(database):
    with JobTracker(database) as tracker:
        ex = JobExecutor(JobQueue(tracker, runner := CallRunner()), runner)
        future = ex.submit(same, 1)
        with JobTracker(database) as elsewhere:
            elsewhere.mark_cancelled(future.job_id)
            elsewhere.delete_job(future.job_id)
        assert cf.wait([future], PATIENCE).done
        ex.shutdown()

def test_retried_until_it_succeeds_or_not(tracker):
    tries = []
    def flaky(least): tries.append(1); return (len(tries),) if len(tries) >= least else raises(ConnectionError(len(tries)))
    with executor(tracker, max_attempts=3) as ex:
        assert ex.submit(flaky, 3).result(PATIENCE) == (3,)
        tries.clear()
        error = ex.submit(flaky, 9).exception(PATIENCE)
        assert type(error) is ConnectionError and error.args == (3,), 'of the last attempt'

def dies(): os.kill(os.getpid(), signal.SIGKILL)

def test_a_process_that_dies_costs_only_its_own_call(tracker):
    with executor(tracker, 'process') as ex:
        killed, other = ex.submit(dies), ex.submit(same, 2)
        with pytest.raises(JobFailed, match='SIGKILL') as e: killed.result(PATIENCE)
        assert e.value.failure.kind == 'lost' and other.result(PATIENCE) == 2
        assert ex.submit(same, 3).result(PATIENCE) == 3

def pid(): return os.getpid()
def leaves_a_thread(): threading.Thread(target=time.sleep, args=(600,), daemon=True).start(); return os.getpid()

def test_processes_are_used_again_and_end_with_the_executor(tracker):
    import psutil
    with working(tracker, slots=2) as queue:
        runner = queue.runners['call']
        with JobExecutor(queue, runner) as ex:
            pids = {f.result(PATIENCE) for f in [ex.submit(pid) for _ in range(10)]}
            assert len(pids) <= 2
            left = ex.submit(leaves_a_thread).result(PATIENCE)
            assert left not in {f.result(PATIENCE) for f in [ex.submit(pid) for _ in range(4)]}, 'what is not clean is not used again'
        assert not any(map(psutil.pid_exists, pids)), 'those that wait end with the executor'
        with JobExecutor(queue, runner, reuse=False) as ex:
            assert len({f.result(PATIENCE) for f in [ex.submit(pid) for _ in range(4)]}) == 4
        ex = JobExecutor(queue, runner)
        one = ex.submit(pid).result(PATIENCE)
        job = queue.create_job('other', spec=runner.call(pid) | {'pool': 'process'})
        assert tracker.join(job.id, PATIENCE).result != one, 'other jobs get processes of their own'
        runner.close()
        assert not psutil.pid_exists(one)
        assert ex.submit(pid).result(PATIENCE) != one
        ex.shutdown()

def test_a_time_limit(tracker):
    with executor(tracker, 'process', timeout=.3) as ex:
        with pytest.raises(JobFailed, match='limit of 0.3 s') as e: ex.submit(time.sleep, 600).result(PATIENCE)
        assert e.value.failure.kind == 'timeout'

def test_what_never_fits_is_refused_and_leaves_nothing(tracker):
    with working(tracker) as queue:
        ex = JobExecutor(queue, queue.runners['call'], resources={'gpu': 1})
        with pytest.raises(NeverFits): ex.submit(same, 1)
        for wrong in {'where': 'cloud'}, {'max_attempts': 0}, {'batch': 'a/b'}, {'timeout': -1}:
            with pytest.raises(InvalidInput): JobExecutor(queue, queue.runners['call'], **wrong)
        with pytest.raises(InvalidInput, match='runner'): JobExecutor(queue, CallRunner())
        ex.shutdown()
    assert not tracker.list_jobs()

# --- shutting down

def test_shutdown_waits_and_takes_nothing_more(tracker):
    done = []
    with executor(tracker) as ex:
        for n in range(3): ex.submit(lambda n=n: (time.sleep(.05), done.append(n)))
    assert sorted(done) == [0, 1, 2]
    with pytest.raises(RuntimeError, match='cannot schedule new futures after shutdown'): ex.submit(same, 1)
    with pytest.raises(RuntimeError, match='cannot schedule new futures after shutdown'): ex.map(same, [1])
    ex.shutdown()

def test_shutdown_without_waiting(tracker):
    gate = threading.Event()
    with working(tracker, slots=1) as queue:
        ex = JobExecutor(queue, queue.runners['call'], where='thread')
        futures = [ex.submit(gate.wait, PATIENCE), ex.submit(same, 2)]
        ex.shutdown(wait=False)
        assert not any(f.done() for f in futures)
        gate.set()
        assert [f.result(PATIENCE) for f in futures] == [True, 2]
        until(lambda: not ex._futures.thread.is_alive(), 'its thread to end')

def test_shutdown_that_cancels(tracker):
    gate = threading.Event()
    with working(tracker, slots=1) as queue:
        ex = JobExecutor(queue, queue.runners['call'], where='thread')
        held = ex.submit(gate.wait, PATIENCE)
        until(held.running, 'it to run')
        waiting = [ex.submit(same, n) for n in range(3)]
        ex.shutdown(wait=False, cancel_futures=True)
        assert all(f.cancelled() for f in waiting) and held.running()
        gate.set()
        assert held.result(PATIENCE) is True

def test_forgotten_without_shutdown_it_leaves_no_thread(tracker):
    with working(tracker) as queue:
        future = JobExecutor(queue, queue.runners['call'], where='thread').submit(time.sleep, .1)
        gc.collect()
        assert future.result(PATIENCE) is None, 'its calls go on'
        until(lambda: not any(t.name == 'jobtrack-executor' for t in threading.enumerate()), 'its thread to end')

def test_a_queue_that_is_stopped_and_started_again(tracker):
    gate = threading.Event()
    queue = JobQueue(tracker, runner := CallRunner(), slots=1, grace=.05).start()
    ex = JobExecutor(queue, runner, where='thread')
    running, waiting = ex.submit(gate.wait, PATIENCE), ex.submit(same, 2)
    until(running.running, 'it to run')
    queue.stop()
    with pytest.raises(JobFailed, match='The queue was stopped') as e: running.result(PATIENCE)
    assert e.value.failure.kind == 'interrupted' and not waiting.done()
    gate.set()
    with queue: assert waiting.result(PATIENCE) == 2
    ex.shutdown()

@pytest.mark.parametrize('was_running', [False, True])
def test_after_shutdown_nobody_waits_for_a_queue_that_is_not_running(tracker, was_running):
    queue = JobQueue(tracker, runner := CallRunner())
    if was_running: queue.start().stop()
    ex = JobExecutor(queue, runner)
    future = ex.submit(same, 1)
    ex.shutdown()
    assert future.cancelled() and tracker.get_job(future.job_id).status == 'cancelled'

@pytest.mark.parametrize('shut', [False, True])
def test_a_tracker_that_is_closed(shut):
    tracker = JobTracker()
    ex = JobExecutor(JobQueue(tracker, runner := CallRunner()), runner)
    ex._futures.look_every = .05
    future = ex.submit(same, 1)
    tracker.close()
    if shut: ex.shutdown()
    with pytest.raises(NoResult, match='its tracker was closed'): future.result(PATIENCE)
    ex._futures.join()
    with pytest.raises(RuntimeError): ex.submit(same, 1)

def test_a_record_that_is_gone(tmp_path):
    gate = threading.Event()
    tracker = JobTracker(tmp_path/'jobs.db')
    queue = JobQueue(tracker, runner := CallRunner(), slots=1, recheck=.05).start()
    ex = JobExecutor(queue, runner, where='thread')
    running, waiting = ex.submit(gate.wait, PATIENCE), ex.submit(same, 2)
    until(running.running, 'it to run')
    for f in tmp_path.glob('jobs.db*'): f.unlink()
    gate.set()
    queue.stop(60)
    ex.shutdown()
    for f in running, waiting: pytest.raises((NoResult, cf.CancelledError), f.result, 0)
    with pytest.raises(StoreError): tracker.close()

def test_a_record_in_trouble_is_waited_for(tmp_path):
    import sqlite3
    gate = threading.Event()
    with JobTracker(tmp_path/'jobs.db') as tracker, executor(tracker) as ex:
        future = ex.submit(gate.wait, PATIENCE)
        until(future.running, 'it to run')
        with sqlite3.connect(tmp_path/'jobs.db', isolation_level=None) as other:
            other.execute('BEGIN IMMEDIATE')
            gate.set()
            with pytest.raises(TimeoutError): future.result(.5)
            other.execute('COMMIT')
        other.close()
        assert future.result(PATIENCE) is True

# --- whatever takes an executor

@pytest.mark.parametrize('where', ['thread', 'process'])
def test_asyncio(tracker, where):
    async def main():
        loop = asyncio.get_running_loop()
        found = await asyncio.gather(*[loop.run_in_executor(ex, same, (n,)) for n in range(5)], return_exceptions=True)
        assert found == [(n,) for n in range(5)]
        with pytest.raises(KeyError): await loop.run_in_executor(ex, raises, KeyError(1))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(.2): await loop.run_in_executor(ex, looks)
    def looks(report):
        while not report.cancelled: time.sleep(.005)
    with executor(tracker, where) as ex: asyncio.run(main())
    assert ex.batch.counts() == dict(pending=0, running=0, completed=5, failed=1, cancelled=1), 'what asyncio no longer waits for is stopped'

def test_a_job_may_use_it_too(tracker):
    with executor(tracker, slots=2) as ex:
        def outer(n): return sum(ex.map(same, range(n)))
        assert ex.submit(outer, 4).result(PATIENCE) == 6

def test_dask_runs_its_local_scheduler_on_it(tracker):
    dask = pytest.importorskip('dask', reason='needs the extra `test`')
    with executor(tracker) as ex:
        total = dask.delayed(sum)([dask.delayed(pow)(n, 2) for n in range(10)])
        assert total.compute(scheduler=ex) == 285
        with dask.config.set(pool=ex): assert total.compute(scheduler='threads') == 285
        assert ex.batch.counts()['completed'] >= 2

def test_it_cannot_be_pickled_by_mistake(tracker):
    with working(tracker) as queue, JobExecutor(queue, queue.runners['call']) as ex:
        with pytest.raises(TypeError): pickle.dumps(ex)

def test_the_future_says_what_it_is(tracker):
    ex = JobExecutor(JobQueue(tracker, runner := CallRunner()), runner)
    future = ex.submit(same, 1)
    assert type(future) is JobFuture and repr(future) == f"<JobFuture of 'same 1' ({future.job_id[:8]}): pending>"
    assert '1 calls not ended, in process' in repr(ex)
    ex.shutdown()

def test_one_that_is_forgotten_needs_no_name_of_its_module(tracker, monkeypatch):
    "The names of a notebook, or of modules at the end of a program, may be cleared first."
    from cjm_jobtrack.queue import executor as module
    unraisable = []
    monkeypatch.setattr(sys, 'unraisablehook', lambda e: unraisable.append(e.exc_value))
    with working(tracker) as queue:
        ex = JobExecutor(queue, queue.runners['call'], where='thread')
        assert ex.submit(same, 1).result(PATIENCE) == 1
        thread = ex._futures.thread
        monkeypatch.delattr(module, 'call_on_loop')
        del ex
        gc.collect()
        until(lambda: not thread.is_alive(), 'its thread to end')
    assert not unraisable
