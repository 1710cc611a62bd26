"""What a function prints is in its job's log, and shows where it did before: threads, coroutines, processes, many at once."""
import asyncio, contextlib, contextvars, io, sys, threading, time
from functools import partial

import pytest
from cjm_jobtrack import CallRunner, JobQueue, JobTracker
from cjm_jobtrack.runners.printing import printing_into

def talk(name, n=3):
    for i in range(n):
        print(name, i)
        print(f'{name} err {i}', file=sys.stderr)
        time.sleep(.001)
    print(name, 'ends', end='')

async def talk_too(name, n=3):
    for i in range(n):
        print(name, i)
        print(f'{name} err {i}', file=sys.stderr)
        await asyncio.sleep(.001)
    print(name, 'ends', end='')

def yields(name):
    for i in range(3):
        print(name, i)
        print(f'{name} err {i}', file=sys.stderr)
        yield i
    print(name, 'ends', end='')

def wrong(name):
    print(name, 'was here')
    raise ValueError('no')

def said_by(name): return sorted([f'{name} {i}' for i in range(3)] + [f'{name} err {i}' for i in range(3)] + [f'{name} ends'])

@contextlib.contextmanager
def at_work(store=None, **kw):
    with JobTracker(store) as tracker, CallRunner(**kw) as runner, JobQueue(tracker, runner, slots=8) as queue:
        yield tracker, runner, lambda fn, *args: queue.submit(tracker.create_job('talk', spec=runner.call(fn, *args)))

@pytest.mark.parametrize('pool, fn', [('thread', talk), ('thread', talk_too), ('thread', yields), ('process', talk), ('process', talk_too)])
def test_print_is_in_the_log(database, pool, fn):
    with at_work(database, pool=pool) as (tracker, _, submit):
        job = tracker.join(submit(fn, 'one').id, 60)
        assert sorted(tracker.log_tail(job.id).splitlines()) == said_by('one') and job.status == 'completed'

@pytest.mark.parametrize('fn', [talk, talk_too, yields])
def test_it_shows_where_it_did_before(capsys, fn):
    before = sys.stdout, sys.stderr
    with at_work() as (tracker, _, submit): tracker.join(submit(fn, 'one').id, 60)
    out, err = capsys.readouterr()
    assert sorted(f'{out}\n{err}'.splitlines()) == said_by('one') and (sys.stdout, sys.stderr) == before

def test_many_at_once_are_told_apart(capsys):
    with at_work() as (tracker, _, submit):
        jobs = {f'{fn.__name__}-{n}': submit(fn, f'{fn.__name__}-{n}') for n in range(8) for fn in (talk, talk_too)}
        print('of nobody')
        for name, job in jobs.items():
            tracker.join(job.id, 60)
            assert sorted(tracker.log_tail(job.id).splitlines()) == said_by(name)
    assert 'of nobody\n' in capsys.readouterr().out

def test_a_failure_has_what_was_printed_last():
    with at_work() as (tracker, _, submit):
        job = tracker.join(submit(wrong, 'one').id, 60)
        assert job.failure.evidence['last_lines'] == ['one was here'] and tracker.log_tail(job.id) == 'one was here\n'

def test_a_print_and_a_report_keep_their_order():
    def both(report):
        for n in range(3):
            print('printed', n)
            report.log(f'logged {n}\n')
    with at_work() as (tracker, _, submit):
        job = tracker.join(submit(both).id, 60)
        assert tracker.log_tail(job.id).split('\n')[:-1] == [f'{how} {n}' for n in range(3) for how in ('printed', 'logged')]

def test_a_worker_thread_of_asyncio_belongs_to_its_job():
    async def hands_on():
        print('here')
        await asyncio.to_thread(print, 'there')
    with at_work() as (tracker, _, submit):
        job = tracker.join(submit(hands_on).id, 60)
        assert tracker.log_tail(job.id) == 'here\nthere\n'

def test_what_a_thread_says_later_is_of_no_job():
    go, threads = threading.Event(), []
    def leaves_one():
        late = partial(contextvars.copy_context().run, lambda: (go.wait(20), print('late')))
        threads.append(threading.Thread(target=late))
        threads[0].start()
        print('in time')
    with at_work() as (tracker, _, submit):
        job = tracker.join(submit(leaves_one).id, 60)
        go.set()
        threads[0].join(20)
        assert tracker.log_tail(job.id) == 'in time\n'

# The streams

def test_streams_come_back_whoever_exchanged_them():
    before, other = sys.stdout, io.StringIO()
    with printing_into(lambda text: None):
        inside = sys.stdout
        with contextlib.redirect_stdout(other): print('elsewhere')
        assert sys.stdout is inside and other.getvalue() == 'elsewhere\n'
        with printing_into(lambda text: None): assert sys.stdout is inside
    assert sys.stdout is before

def test_one_who_keeps_the_stand_in_can_still_print(capsys):
    said = []
    with printing_into(said.append): kept = sys.stdout
    print('later', file=kept)
    assert capsys.readouterr().out == 'later\n' and said == [] and kept.encoding == sys.stdout.encoding and not kept.isatty()

def test_lines_are_whole_and_nothing_is_kept_back(capsys):
    said = []
    with printing_into(said.append):
        print('a', 'b', sep='-')
        sys.stdout.write('x' * 10_000)
        print('\r50 %', end='', flush=True)
        sys.stdout.writelines(['one\n', 'two\n'])
        print('the end', end='')
    assert said == ['a-b\n', 'x' * 10_000, '\r50 %', 'one\n', 'two\n', 'the end']

def test_a_log_that_cannot_be_written_harms_nobody(capsys, caplog):
    def full(text):
        print('the log prints too')
        raise OSError(28, 'No space left on device')
    with printing_into(full): print('one')
    assert capsys.readouterr().out == 'one\nthe log prints too\n' and 'could not be put into its log' in caplog.text

def test_without_streams_there_is_nothing_to_do(monkeypatch):
    monkeypatch.setattr(sys, 'stdout', None)
    with printing_into(lambda text: None): print('nowhere')
    assert sys.stdout is None

def test_many_threads_come_and_go():
    before, said = sys.stdout, {n: [] for n in range(20)}
    def work(n):
        for k in range(50):
            with printing_into(said[n].append): print(n, k)
    threads = [threading.Thread(target=partial(work, n)) for n in said]
    for t in threads: t.start()
    for t in threads: t.join(60)
    assert all(lines == [f'{n} {k}\n' for k in range(50)] for n, lines in said.items()) and sys.stdout is before
