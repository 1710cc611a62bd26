"Tracker: legal moves only, each once, seen by all who watch, from any thread, loop and process."
import asyncio, gc, json, logging, os, subprocess, sys, tempfile, threading, time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, fields
import pytest
from hypothesis import given, settings, strategies as st
from cjm_jobtrack.model.errors import IllegalMove, InvalidInput, KeyConflict, StoreError, UnknownJob
from cjm_jobtrack.model.job import Failure, Job, JobStatus, OutputFile, now
from cjm_jobtrack.store.store import JobStore
from cjm_jobtrack.tracker.live_jobs import LiveJobs
from cjm_jobtrack.tracker.tracker import JobTracker, tracker_of

P, R, C, F, X = JobStatus
LEGAL = {(P, R), (P, X), (P, F), (R, C), (R, F), (R, X), (R, P)}

@pytest.fixture
def url(database): return database

@pytest.fixture(params=['memory', 'sqlite', 'postgresql'])
def tracker(request, tmp_path):
    url = {'memory': lambda: None, 'sqlite': lambda: f'sqlite:///{tmp_path}/tracker.db', 'postgresql': lambda: request.getfixturevalue('postgres_url')}[request.param]()
    with JobTracker(url) as t: yield t

@pytest.fixture
def two(url):
    "Two trackers on one record, as two processes would have."
    with JobTracker(url) as a, JobTracker(url) as b: yield a, b

def test_a_path_is_that_of_a_record_whatever_methods_paths_have(tmp_path):
    class Movable(type(tmp_path)):
        def move(self, target): raise AssertionError('since Python 3.14')
    with JobTracker(Movable(tmp_path/'jobs.db')) as tracker: tracker.create_job('x')
    with JobTracker(tmp_path/'jobs.db') as tracker: assert [j.name for j in tracker.list_jobs()] == ['x']

def until(true, deadline=60.):
    "Wait for a condition."
    end = time.monotonic() + deadline
    while not true():
        assert time.monotonic() < end, 'it never came'
        time.sleep(.005)
    return True

def in_status(t, status):
    job = t.create_job('take')
    if status is not P and status is not X: t.mark_running(job.id)
    if status is C: t.mark_completed(job.id, {})
    if status is F: t.mark_failed(job.id, 'no')
    if status is X: t.mark_cancelled(job.id)
    assert job.status is status
    return job

def types(t, job): return [e.type for e in t.history(job.id)]

@contextmanager
def loop_elsewhere():
    "An event loop running in another thread."
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try: yield loop
    finally:
        async def end():
            left = asyncio.all_tasks() - {asyncio.current_task()}
            for t in left: t.cancel()
            await asyncio.gather(*left, return_exceptions=True)
        asyncio.run_coroutine_threadsafe(end(), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(), loop.close()

# --- moves

@pytest.mark.parametrize('frm', JobStatus)
@pytest.mark.parametrize('to, move', [
    (R, lambda t, id: t.mark_running(id)), (C, lambda t, id: t.mark_completed(id, {'text': 'x'})), (F, lambda t, id: t.mark_failed(id, 'why')),
    (X, lambda t, id: t.mark_cancelled(id)), (P, lambda t, id: t.mark_pending(id, 'again'))])
def test_every_move(tracker, frm, to, move):
    job = in_status(tracker, frm)
    before, seen = job.to_dict(), tracker.last_seq()
    if (frm, to) in LEGAL:
        move(tracker, job.id)
        assert job.status is to and tracker.last_seq() == seen+1 and tracker.store.get(job.id).to_dict() == job.to_dict()
        assert (job.completed_at is not None) == job.is_terminal and (to is not P or job.started_at is None)
    elif (frm, to) == (R, R):
        move(tracker, job.id)
        assert (job.to_dict(), tracker.last_seq()) == (before, seen)
    else:
        with pytest.raises(IllegalMove) as e: move(tracker, job.id)
        assert (e.value.job_id, e.value.frm, e.value.to) == (job.id, frm.value, to.value)
        assert (job.to_dict(), tracker.last_seq()) == (before, seen)

@pytest.mark.parametrize('call', [
    lambda t: t.mark_running('gone'), lambda t: t.mark_completed('gone', {}), lambda t: t.mark_failed('gone', 'x'), lambda t: t.mark_cancelled('gone'), lambda t: t.mark_pending('gone', 'x'),
    lambda t: t.mark_progress('gone', 5), lambda t: t.note('gone', 'seen'), lambda t: t.log('gone', b'x'), lambda t: t.get_job('gone'), lambda t: t.get_job(None), lambda t: t.get_job_result('gone'),
    lambda t: t.save('gone'), lambda t: t.detach('gone')])
def test_an_unknown_id_changes_nothing(tracker, call): assert call(tracker) is None and tracker.last_seq() == 0

@pytest.mark.parametrize('call', [
    lambda t: t.history('gone'), lambda t: t.log_tail('gone'), lambda t: t.delete_job('gone'), lambda t: t.join('gone', 1), lambda t: t.subscribe(print, 'gone'),
    lambda t: asyncio.run(t.wait('gone', 1)), lambda t: asyncio.run(anext(t.watch('gone')))])
def test_an_unknown_id_is_told(tracker, call):
    with pytest.raises(UnknownJob, match='gone'): call(tracker)

def test_attempts_are_counted_when_they_begin(tracker):
    job, task = tracker.create_job('take', max_attempts=3), object()
    tracker.mark_running(job.id, task), tracker.mark_pending(job.id, 'no node', count=False)
    assert (job.attempt, job.message, job.task) == (0, 'no node', None)
    tracker.mark_running(job.id), tracker.mark_progress(job.id, 30), tracker.mark_pending(job.id, 'crashed')
    assert (job.attempt, job.progress) == (1, None)
    tracker.mark_running(job.id), tracker.mark_completed(job.id, 1)
    assert job.attempt == 2 and [(e.type, e.attempt) for e in tracker.history(job.id)] == [
        ('created', 0), ('running', 1), ('deferred', 1), ('running', 1), ('retried', 1), ('running', 2), ('completed', 2)]

def test_a_failure_keeps_its_facts(tracker):
    job = in_status(tracker, R)
    tracker.mark_failed(job.id, why := Failure('exit', 'Ended with status 3', exit_code=3, evidence={'last_lines': ['x']}, hint='look'))
    again = tracker.store.get(job.id)
    assert (again.error, again.failure, tracker.history(job.id)[-1].data['exit_code']) == ('Ended with status 3', why, 3)

def test_outputs_and_full_progress_come_with_completion(tracker):
    job = in_status(tracker, R)
    tracker.mark_progress(job.id, 99), tracker.mark_completed(job.id, {'n': 1}, [OutputFile('a.txt', '/out/a.txt', 3)])
    assert (job.progress, tracker.store.get(job.id).outputs[0].name) == (100., 'a.txt')

def test_a_record_that_cannot_be_written_changes_nothing(url):
    with JobTracker(JobStore(url, timeout=.05)) as t, JobStore(url) as other:
        job = in_status(t, R)
        for call in (lambda: t.mark_completed(job.id, {}), lambda: t.note(job.id, 'seen', node='n'), lambda: t.create_job('x', id='new'), lambda: asyncio.run(t.cancel_job(job.id))):
            with other._transaction(write=True):
                with pytest.raises(StoreError, match='Another process holds it'): call()
        assert (job.status, job.node, t.cancel_requested(job.id), t.get_job('new'), types(t, job)) == (R, None, False, None, ['created', 'running'])
        t.mark_completed(job.id, {})

# --- creating

@pytest.mark.parametrize('field, kw', [
    ('name', dict(name=7)), ('name', dict(name=None)), ('id', dict(id='a/b')), ('id', dict(id='')), ('runner', dict(runner=None)), ('spec', dict(spec=[])), ('spec', dict(spec='x')), ('metadata', dict(metadata=[1])),
    ('priority', dict(priority='high')), ('priority', dict(priority=True)), ('priority', dict(priority=2**40)), ('max_attempts', dict(max_attempts=0)), ('max_attempts', dict(max_attempts=1.5)),
    ('max_attempts', dict(max_attempts=2**40)), ('timeout', dict(timeout=0)), ('timeout', dict(timeout=-1)), ('timeout', dict(timeout=float('nan'))), ('timeout', dict(timeout='1')), ('timeout', dict(timeout=True)),
    ('timeout', dict(timeout=float('inf'))), ('node', dict(node=3))])
def test_bad_input_names_the_field(tracker, field, kw):
    with pytest.raises(InvalidInput) as e: tracker.create_job(**{'name': 'take', **kw})
    assert e.value.field == field and tracker.last_seq() == 0

def test_what_cannot_be_called_is_no_callback():
    with pytest.raises(InvalidInput, match='`on_job_completed`'): JobTracker(None, 'sqlite:///jobs.db')

@pytest.mark.parametrize('reopen', [False, True])
def test_the_same_id_again(url, reopen):
    with JobTracker(url) as t:
        job = t.create_job('take', id='7f3a', spec={'params': {'rate': 16000, 'p': (1, 2)}})
        if reopen: t.mark_running(job.id), t.mark_completed(job.id, {'n': 1}), t.close()
        with JobTracker(url) if reopen else contextmanager(lambda: (yield t))() as t2:
            same = t2.create_job('another name', id='7f3a', spec={'params': {'p': [1, 2], 'rate': 16000}}, priority=3)
            assert (same.name, same.priority, same.status, len(t2.list_jobs())) == ('take', 0, C if reopen else P, 1) and (same is job) == (not reopen)
            with pytest.raises(KeyConflict) as e: t2.create_job('take', id='7f3a', spec={'params': {'rate': 8000, 'p': [1, 2]}})
            assert e.value.differences == {'spec.params.rate': (16000, 8000)}
            with pytest.raises(KeyConflict, match='runner'): t2.create_job('take', id='7f3a', spec=same.spec, runner='process')
            assert t2.get_job('7f3a').spec['params']['rate'] == 16000

def test_the_same_id_from_two_trackers(two):
    a, b = two
    one, other = a.create_job('take', id='7f3a', spec={'n': 1}), b.create_job('take', id='7f3a', spec={'n': 1})
    assert a.get_job('7f3a') is one and b.get_job('7f3a') is other and b.counts()['pending'] == 1
    with pytest.raises(KeyConflict): b.create_job('take', id='7f3a', spec={'n': 2})

def test_an_id_is_free_again_after_deletion(two):
    a, b = two
    old = in_status(a, C)
    held = b.get_job(old.id)
    a.delete_job(old.id)
    new = b.create_job('again', id=old.id)
    assert new is not held and new.status is P and b.get_job(old.id) is new

def test_a_tracker_may_have_a_job_class_of_its_own(url):
    @dataclass
    class Scan(Job):
        pages:int=7
    class LiveScans(LiveJobs):
        def as_class(self, job): return job if isinstance(job, Scan) else Scan(**{f.name: getattr(job, f.name) for f in fields(Job)})
    class Scans(JobTracker): live_class = LiveScans
    with Scans(url) as t:
        job = t.add_job(Job(id='7f3a', name='take'))
        assert isinstance(job, Scan) and t.get_job('7f3a') is job and t.list_jobs() == [job]

# --- finding

def test_there_is_one_object_for_each_job(tracker):
    job = tracker.create_job('take')
    assert tracker.get_job(job.id) is job and tracker.list_jobs() == [job] and tracker.list_jobs()[0] is job and tracker.jobs[job.id] is job
    tracker.mark_running(job.id)
    assert tracker.get_running_jobs()[0] is job

def test_pages_and_order(tracker):
    jobs = [tracker.create_job(f'take {i % 2}', priority=i//3, node='n' if i else None) for i in range(6)]
    names = lambda found: [jobs.index(j) for j in found]
    assert names(tracker.list_jobs(limit=2)) == [5, 4] and names(tracker.list_jobs(limit=2, before=jobs[4].id)) == [3, 2] and names(tracker.list_jobs(name='take 0')) == [4, 2, 0]
    tracker.mark_running(jobs[1].id)
    assert names(tracker.pending_jobs()) == [3, 4, 5, 0, 2] and names(tracker.list_jobs('running')) == [1] and names(tracker.list_jobs(['running', P], node='n', limit=3)) == [5, 4, 3]
    assert tracker.counts() == dict(pending=5, running=1, completed=0, failed=0, cancelled=0) and '5 pending' in repr(tracker)

@pytest.mark.parametrize('field, kw', [('status', dict(status='odd')), ('status', dict(status=['pending', 'odd'])), ('limit', dict(limit=-1)), ('limit', dict(limit='2'))])
def test_bad_questions(tracker, field, kw):
    with pytest.raises(InvalidInput) as e: tracker.list_jobs(**kw)
    assert e.value.field == field

def test_only_the_latest_ended_jobs_stay_in_memory(url):
    with JobTracker(url) as t:
        t.keep_ended = 3
        for i in range(6):
            job = t.create_job('take', id=f'j{i}')
            job.metadata['n'] = i
            t.mark_running(job.id), t.mark_completed(job.id, i)
        assert [*t.jobs] == ['j3', 'j4', 'j5'] and t.get_job('j0').result == 0 and t.get_job('j0').metadata == {'n': 0} and len(t.list_jobs()) == 6

def test_what_a_callback_notes_is_kept_however_late_it_is_called(url):
    "By then the job may have left memory."
    calls = []
    with JobTracker(url) as t:
        t.keep_ended, t.on_job_completed = 1, lambda id, tracker: tracker.get_job(id).metadata.update(archived=True)
        for i in range(4):
            job = t.create_job('take', id=f'j{i}')
            t.mark_running(job.id)
            t.record([t.plan_completed(job, None)], lambda id, call: calls.append(call))
        del job
        gc.collect()
        for call in calls: call()
        assert len(calls) == 4 and all(t.store.get(f'j{i}').metadata == {'archived': True} for i in range(4))

# --- progress and metadata

@pytest.mark.parametrize('percent', [-1, 101, float('nan'), float('inf'), '5', True])
def test_progress_out_of_bounds(tracker, percent):
    job = in_status(tracker, R)
    with pytest.raises(InvalidInput, match='percent'): tracker.mark_progress(job.id, percent)
    assert job.progress is None

@pytest.mark.parametrize('status', [P, C, F, X])
def test_progress_of_what_is_not_running(tracker, status):
    job = in_status(tracker, status)
    tracker.mark_progress(job.id, 50, 'late')
    assert tracker.store.get(job.id).progress is job.progress is None and job.message is None

def test_the_last_figure_is_on_record_after_a_move_and_after_closing(url):
    with JobTracker(url) as t:
        a, b = in_status(t, R), in_status(t, R)
        for job in (a, b):
            for n in range(60): t.mark_progress(job.id, n, f'frame {n}')
        t.mark_failed(a.id, 'no')
    with JobTracker(url) as t: assert [(j.progress, j.message) for j in (t.get_job(a.id), t.get_job(b.id))] == [(59., 'frame 59')]*2

def test_metadata_changed_in_place_is_kept(url):
    def on_completed(id, t): t.get_job(id).metadata['saved_to_disk'] = True
    with JobTracker(url, on_completed) as t:
        a, b, c = (t.create_job('take', metadata={'by': 'ada', 'old': 1}) for _ in range(3))
        for job in (a, b, c): job.metadata['mood'] = 'good'
        t.mark_running(a.id), t.mark_completed(a.id, {})
        assert t.store.get(a.id).metadata == {'by': 'ada', 'old': 1, 'mood': 'good', 'saved_to_disk': True}
        del a.metadata['old']
        b.metadata = {'all': 'new'}
    with JobTracker(url) as t:
        assert [t.get_job(j.id).metadata for j in (a, b, c)] == [{'by': 'ada', 'mood': 'good', 'saved_to_disk': True}, {'all': 'new'}, {'by': 'ada', 'old': 1, 'mood': 'good'}]

def test_what_two_put_into_the_metadata_is_brought_together(two):
    a, b = two
    mine = a.create_job('take', metadata={'x': 0, 'y': 0, 'z': 0})
    theirs = b.get_job(mine.id)
    mine.metadata['x'] = 1
    theirs.metadata['y'] = 2
    del theirs.metadata['z']
    b.note(theirs.id, 'seen'), b.mark_running(theirs.id)
    assert a.get_job(mine.id).status is R and mine.metadata == {'x': 1, 'y': 2}
    a.mark_completed(mine.id, {})
    assert b.get_job(mine.id) is theirs and theirs.metadata == {'x': 1, 'y': 2}

def test_closing_does_not_write_over_what_another_did(url):
    a, b = JobTracker(url), JobTracker(url)
    job = in_status(a, R)
    a.mark_progress(job.id, 10)
    b.mark_progress(job.id, 80), b.save(job.id)
    a.close()
    assert b.store.get(job.id).progress == 80
    b.mark_completed(job.id, {})
    b.close()

# --- notes

def test_a_note_changes_its_fields_with_the_journal(tracker):
    job = in_status(tracker, R)
    e = tracker.note(job.id, 'unreachable', {'n': 1}, unreachable_since='2026-03-01T12:00:00+00:00', node='n')
    assert (e.type, e.attempt, tracker.history(job.id)[-1]) == ('unreachable', 1, e) and tracker.store.get(job.id).to_dict() == job.to_dict() and job.node == 'n'
    tracker.mark_completed(job.id, {})
    assert job.unreachable_since is None
    tracker.note(job.id, 'fetched', {'name': 'a'}, node='other')
    assert job.node == 'n' and tracker.store.get(job.id).node == 'n' and types(tracker, job)[-2:] == ['completed', 'fetched']

@pytest.mark.parametrize('field', ['status', 'id', 'attempt', 'task', 'colour'])
def test_a_note_is_not_a_way_round_the_table_of_moves(tracker, field):
    job = in_status(tracker, P)
    with pytest.raises(InvalidInput) as e: tracker.note(job.id, 'x', **{field: 'completed'}) if field != 'id' else tracker.note(job.id, 'x', None, id='b')
    assert e.value.field == field and types(tracker, job) == ['created'] and job.status is P

def test_a_note_on_a_job_that_somebody_deleted(two):
    a, b = two
    job = in_status(a, C)
    held = b.get_job(job.id)
    a.delete_job(job.id)
    assert b.note(held.id, 'seen') is None

# --- callbacks

def test_a_callback_that_raises_is_logged_and_the_job_stays_completed(tracker, caplog, capsys):
    tracker.on_job_completed = lambda id, t: 1/0
    job = in_status(tracker, R)
    tracker.mark_completed(job.id, {})
    record, = (r for r in caplog.records if r.levelno >= logging.ERROR)
    assert job.status is C and job.id in record.getMessage() and record.exc_info[0] is ZeroDivisionError and capsys.readouterr() == ('', '')

def test_a_callback_sees_the_job_completed_and_may_use_the_tracker(tracker):
    seen = []
    def then(id, t):
        seen.append((t is tracker, t.get_job(id).status, t.get_job_result(id), t.create_job('next').status))
        threading.Thread(target=lambda: (t.create_job('from a thread'), seen.append('thread'))).start()
        until(lambda: 'thread' in seen)   # no lock is held while a callback runs
    tracker.on_job_completed = then
    job = in_status(tracker, R)
    tracker.mark_completed(job.id, {'n': 1})
    assert seen == [(True, C, {'status': 'success', 'data': {'n': 1}}, P), 'thread']

# --- watching

async def collect(stream, n=None):
    out = []
    async for e in stream:
        out.append(e)
        if n is not None and len(out) >= n: break
    return out

def test_from_any_cursor_exactly_the_rest(tracker):
    job, other = tracker.create_job('take', max_attempts=2), tracker.create_job('other')
    tracker.mark_running(job.id), tracker.note(other.id, 'seen'), tracker.mark_pending(job.id, 'again'), tracker.mark_running(job.id), tracker.mark_failed(job.id, 'no'), tracker.note(job.id, 'fetched')
    whole = [e for e in tracker.history(job.id) if e.type != 'fetched']
    for after in range(tracker.last_seq()+2):
        assert asyncio.run(collect(tracker.watch(job.id, after)))[:len(whole)] == [e for e in tracker.history(job.id) if e.seq > after][:max(0, sum(e.seq > after for e in whole)) or None]

async def live_watch(t, n):
    "Watch while another thread moves, dropping off and coming back all the time."
    jobs = [t.create_job(f'take {i}') for i in range(3)]
    def work():
        for _ in range(n):
            for j in jobs: t.mark_running(j.id), t.mark_progress(j.id, 50), t.mark_pending(j.id, 'again')
        for j in jobs: t.mark_cancelled(j.id)
    cursor, got, ended = 0, [], 0
    thread = threading.Thread(target=work)
    thread.start()
    while ended < 3:
        async for e in t.watch(after=cursor):
            if e.seq is None: continue
            got.append(e)
            cursor = e.seq
            ended += e.type == 'cancelled'
            if len(got) % 7 == 0 or ended == 3: break
    thread.join()
    return got, t.events(limit=None)

def test_no_gap_and_no_repeat_while_things_move(tracker):
    got, all_ = asyncio.run(asyncio.wait_for(live_watch(tracker, 40), 90))
    assert got == all_ and [e.seq for e in got] == [*range(1, len(got)+1)]

def test_live_facts_are_coalesced_and_the_last_is_never_missed(tracker):
    async def main():
        job, got = in_status(tracker, R), []
        async def watch():
            async for e in tracker.watch(job.id): got.append(e)
        watching = asyncio.create_task(watch())
        for n in range(3000):
            tracker.mark_progress(job.id, n/30, f'{n}')
            if n % 100 == 0: tracker.log(job.id, b'x'*10), await asyncio.sleep(.003)
        while not (got and got[-1].type == 'progress' and got[-1].data['message'] == '2999' or len(got) > 1 and got[-2].data.get('message') == '2999'): await asyncio.sleep(.01)
        tracker.mark_completed(job.id, {})
        await watching
        live = [e for e in got if e.seq is None]
        assert 2 <= len(live) < 100 and all(e.job_id == job.id and e.attempt == 1 for e in live)
        figures = [e.data['percent'] for e in live if e.type == 'progress']
        assert figures == sorted(figures) and figures[-1] == 2999/30 and {e.data['size'] for e in live if e.type == 'log'} >= {300}
        assert [e.type for e in got if e.seq] == ['created', 'running', 'completed'] and len(tracker.events()) == 3
    asyncio.run(asyncio.wait_for(main(), 90))

def test_the_journal_does_not_wait_for_the_live(tracker):
    async def main():
        job, took = in_status(tracker, R), []
        stream = tracker.watch(job.id, tracker.last_seq())
        for n in range(5):
            tracker.mark_progress(job.id, n)
            assert (await anext(stream)).type == 'progress'
            next_ = asyncio.ensure_future(anext(stream))
            await asyncio.sleep(0)
            tracker.note(job.id, 'seen')
            start = time.monotonic()   # it is on record
            assert (await next_).type == 'seen'
            took.append(time.monotonic() - start)
        assert min(took) < .08   # seconds; live facts are a tenth apart
        await stream.aclose()
    asyncio.run(main())

def test_watching_all_begins_now_and_sees_every_job(tracker):
    async def main():
        in_status(tracker, C)
        stream = tracker.watch()
        first = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)
        job = in_status(tracker, F)
        got = [await first] + [await anext(stream) for _ in range(2)]
        assert [(e.job_id, e.type) for e in got] == [(job.id, 'created'), (job.id, 'running'), (job.id, 'failed')]
        await stream.aclose()
    asyncio.run(main())

def test_a_watcher_whose_loop_is_gone_harms_nobody(tracker):
    job = in_status(tracker, R)
    loop = asyncio.new_event_loop()
    stream = tracker.watch(job.id)
    loop.run_until_complete(anext(stream))
    loop.close()
    tracker.mark_progress(job.id, 5), tracker.mark_completed(job.id, {})
    assert asyncio.run(tracker.wait(job.id, 60)) is job

def test_a_watcher_that_leaves_is_forgotten(tracker):
    async def main():
        job = in_status(tracker, R)
        waiting = [asyncio.create_task(collect(tracker.watch(job.id))), asyncio.create_task(tracker.wait(job.id))]
        await asyncio.sleep(.01)
        for w in waiting: w.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        with pytest.raises(TimeoutError): tracker.join(job.id, .001)
    asyncio.run(main())
    assert not tracker.watchers

# --- subscribing

def test_a_subscriber_hears_what_comes_after_it_subscribed(tracker):
    def once(heard):
        end = tracker.subscribe(lambda e: heard.append((e.job_id, e.type)))
        job = tracker.create_job('take')
        until(lambda: heard)
        end()
        assert heard == [(job.id, 'created')]
    for _ in range(20): once([])

def test_a_slow_subscriber_slows_nobody_and_misses_nothing(tracker):
    gate, heard = threading.Event(), []
    def slow(e): gate.wait(100), heard.append(e.seq)
    end = tracker.subscribe(slow, after=0)
    for _ in range(100): in_status(tracker, C)
    assert not heard   # who waited for it would still wait
    gate.set()
    until(lambda: len(heard) == 300)
    end()
    assert heard == [*range(1, 301)]

def test_a_subscriber_that_sleeps_costs_nothing(tracker):
    gate = threading.Event()
    job = in_status(tracker, R)
    end = tracker.subscribe(lambda e: gate.wait(100), job.id)
    asked = []
    from cjm_jobtrack.tracker import notify as module
    was, module.call_on_loop = module.call_on_loop, lambda loop, call: (asked.append(call), was(loop, call))
    try:
        for n in range(2000): tracker.mark_progress(job.id, n/20)
    finally: module.call_on_loop = was
    gate.set(), end()
    assert len(asked) < 20

def test_a_subscriber_that_raises_is_logged_and_goes_on(tracker, caplog):
    heard = []
    def odd(e): heard.append(e.type), 1/0
    job = tracker.create_job('take')
    end = tracker.subscribe(odd, job.id)
    tracker.mark_running(job.id), tracker.mark_completed(job.id, {})
    until(lambda: len(heard) == 3)
    end()
    assert sum(r.exc_info[0] is ZeroDivisionError for r in caplog.records if r.exc_info) == 3

def test_ending_a_subscription_does_not_wait_for_the_backlog(tracker):
    for _ in range(100): in_status(tracker, C)
    begun, heard = threading.Event(), []
    def slow(e): heard.append(e), begun.set(), time.sleep(.05)
    end = tracker.subscribe(slow, after=0)
    assert begun.wait(60)
    end()
    assert len(heard) < 150 and not any(t.name == 'jobtrack-subscriber' for t in threading.enumerate())
    end()

def test_a_subscriber_may_end_itself_and_use_the_tracker(tracker):
    heard, box = [], {}
    def once(e):
        heard.append(tracker.get_job(e.job_id).name)
        box['end']()
    job = in_status(tracker, R)
    ready = threading.Event()
    box['end'] = tracker.subscribe(lambda e: (ready.wait(60), once(e)), job.id)
    ready.set()
    until(lambda: not any(t.name == 'jobtrack-subscriber' for t in threading.enumerate()))
    assert heard == ['take']

# --- waiting

def test_waiting_is_over_when_the_job_is(tracker):
    async def main():
        job = in_status(tracker, R)
        waiting = [asyncio.create_task(tracker.wait(job.id, 60)) for _ in range(3)] + [asyncio.create_task(asyncio.to_thread(tracker.join, job.id, 60))]
        await asyncio.sleep(.01)
        ending = threading.Thread(target=tracker.mark_completed, args=(job.id, {}))
        ending.start()
        assert all(j is job for j in await asyncio.gather(*waiting))
        ending.join()
        assert await tracker.wait(job.id, 0) is job and tracker.join(job.id, 0) is job
    asyncio.run(main())

@pytest.mark.parametrize('timeout', [0, .01])
def test_waiting_may_be_limited_and_the_job_goes_on(tracker, timeout):
    job = in_status(tracker, R)
    for call in (lambda: asyncio.run(tracker.wait(job.id, timeout)), lambda: tracker.join(job.id, timeout)):
        with pytest.raises(TimeoutError, match=f'{job.id} is still running .* it goes on'): call()
    assert job.status is R

# --- cancelling

class Receipt:
    def __init__(self, confirmed): self.confirmed = confirmed

async def running(t, work):
    job = t.create_job('take')
    t.mark_running(job.id, task := asyncio.create_task(work(job) if work.__code__.co_argcount else work()))
    await asyncio.sleep(0)
    return job, task

def test_cancel_by_status(tracker):
    async def main():
        for status, expected, last in [(P, True, 'cancelled'), (R, True, 'cancelled'), (C, False, 'completed'), (F, False, 'failed'), (X, False, 'cancelled')]:
            job = in_status(tracker, status)
            assert await tracker.cancel_job(job.id) is expected and types(tracker, job)[-1] == last
            assert await tracker.cancel_job(job.id) is False
        assert await tracker.cancel_job('gone') is False
    asyncio.run(main())

async def forever(): await asyncio.Event().wait()
async def fails_when_cancelled():
    try: await forever()
    except asyncio.CancelledError: raise RuntimeError('could not tidy up') from None
async def ignores_once():
    try: await forever()
    except asyncio.CancelledError: await asyncio.sleep(.01)
    return 'tidied'
async def fails(): raise RuntimeError('broke before')
async def done(): return {'text': 'good'}

@pytest.mark.parametrize('work, expected, status', [(forever, True, X), (fails_when_cancelled, True, X), (ignores_once, True, X), (fails, True, X), (done, False, C)])
@pytest.mark.parametrize('where', ['this loop', 'another loop'])
def test_cancel_a_task(tracker, caplog, work, expected, status, where):
    async def main():
        job, task = await running(tracker, work)
        await asyncio.sleep(0)
        if where == 'this loop': said = await tracker.cancel_job(job.id)
        else: said = await asyncio.to_thread(lambda: asyncio.run(tracker.cancel_job(job.id)))
        assert (said, job.status, task.done(), job.task, types(tracker, job)[2:]) == (expected, status, True, None, ['cancel_requested', status.value])
        if work is done: assert job.result == {'text': 'good'}
        if work in (fails, fails_when_cancelled): assert 'RuntimeError' in tracker.history(job.id)[-1].data['failure']['message']
        assert not tracker.cancel_requested(job.id)
    asyncio.run(main())
    assert 'never retrieved' not in caplog.text

def test_cancel_a_task_that_has_not_begun(tracker):
    async def main():
        begun, job = [], tracker.create_job('take')
        async def work(): begun.append(1)
        tracker.mark_running(job.id, asyncio.create_task(work()))
        assert await tracker.cancel_job(job.id) and not begun and job.status is X
    asyncio.run(main())

def test_cancel_where_the_task_completes_on_its_way_there(tracker):
    with loop_elsewhere() as loop:
        job, hold, held = tracker.create_job('take'), threading.Event(), threading.Event()
        async def begin():
            tracker.mark_running(job.id, asyncio.ensure_future(done()))
            asyncio.get_running_loop().call_soon(lambda: (held.set(), hold.wait(60)))   # runs after the task; the wish arrives meanwhile
        asyncio.run_coroutine_threadsafe(begin(), loop)
        assert held.wait(60)
        async def cancel():
            asking = asyncio.create_task(tracker.cancel_job(job.id))
            await asyncio.sleep(.01)
            hold.set()
            return await asking
        assert asyncio.run(cancel()) is False and (job.status, job.result) == (C, {'text': 'good'})

def test_cancel_a_task_whose_loop_is_gone(tracker):
    jobs = []
    async def begin():
        for work in (forever, done):
            job, _ = await running(tracker, work)
            jobs.append(job)
        await asyncio.sleep(0)
    asyncio.run(begin())
    loop = asyncio.new_event_loop()
    job, task = loop.run_until_complete(running(tracker, forever))
    try:
        said = [asyncio.run(asyncio.wait_for(tracker.cancel_job(j.id), 60)) for j in (*jobs, job)]
        assert (said, [j.status for j in (*jobs, job)]) == ([True, False, True], [X, C, X])
        with pytest.raises(asyncio.CancelledError): loop.run_until_complete(task)   # it was asked, for the case that its loop goes on
    finally: loop.close()

def test_cancel_from_within_the_job(tracker):
    async def main():
        seen = []
        async def work(job):
            seen.append(await tracker.cancel_job(job.id))
            await forever()
        job, task = await running(tracker, work)
        with pytest.raises(asyncio.CancelledError): await asyncio.wait_for(task, 60)
        assert seen == [True] and job.status is X
    asyncio.run(main())

def test_cancel_by_a_helper_of_the_job(tracker):
    async def main():
        async def work(job): await asyncio.create_task(tracker.cancel_job(job.id))
        job, task = await running(tracker, work)
        with pytest.raises(asyncio.CancelledError): await asyncio.wait_for(task, 60)
        assert (await tracker.wait(job.id, 60)).status is X   # its end is noted by the loop, which must not be held up
    asyncio.run(main())

def test_who_cancels_may_be_cancelled(tracker):
    async def main():
        gate = asyncio.Event()
        async def stubborn():
            try: await forever()
            finally: await gate.wait()
        job, task = await running(tracker, stubborn)
        asking = asyncio.create_task(tracker.cancel_job(job.id))
        await asyncio.sleep(.01)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError): await asking
        assert (job.status, tracker.cancel_requested(job.id)) == (R, True)   # the wish holds
        gate.set()
        assert (await tracker.wait(job.id, 60)).status is X
    asyncio.run(main())

def test_many_cancel_at_once(tracker):
    async def main():
        job, _ = await running(tracker, forever)
        asked = [asyncio.create_task(tracker.cancel_job(job.id)) for _ in range(5)] + [asyncio.create_task(asyncio.to_thread(lambda: asyncio.run(tracker.cancel_job(job.id)))) for _ in range(3)]
        assert any(await asyncio.gather(*asked)) and types(tracker, job) == ['created', 'running', 'cancel_requested', 'cancelled']
    asyncio.run(main())

def test_the_wish_wins_over_failing_and_trying_again(tracker):
    async def main():
        for end in (lambda j: tracker.mark_failed(j.id, 'broke'), lambda j: tracker.mark_pending(j.id, 'again'), lambda j: tracker.mark_pending(j.id, 'not begun', count=False)):
            job = tracker.create_job('take', max_attempts=3)
            tracker.mark_running(job.id)
            async def stop(): return Receipt(False)
            tracker.attach(job.id, stop)
            assert await tracker.cancel_job(job.id) is False and tracker.cancel_requested(job.id)
            end(job)
            assert (job.status, tracker.cancel_requested(job.id), tracker.history(job.id)[-1].data != {}) == (X, False, True)
    asyncio.run(main())

def test_cancel_asks_the_one_who_is_attached(tracker):
    async def main(ends, expected):
        job = in_status(tracker, R)
        async def stop():
            asyncio.get_running_loop().call_later(.01, ends, job.id)
            return Receipt(True)
        tracker.attach(job.id, stop)
        assert await tracker.cancel_job(job.id) is expected
    asyncio.run(main(lambda id: tracker.mark_cancelled(id, {'receipt': 1}), True))
    asyncio.run(main(lambda id: tracker.mark_completed(id, {}), False))

def test_a_wish_outlives_the_process(url):
    async def unconfirmed(): return Receipt(False)
    with JobTracker(url) as t:
        job = in_status(t, R)
        t.attach(job.id, unconfirmed)
        assert asyncio.run(t.cancel_job(job.id)) is False
    with JobTracker(url) as t:
        assert t.cancel_requested(job.id)
        t.mark_failed(job.id, 'lost')
        assert t.get_job(job.id).status is X and not t.cancel_requested(job.id)

# --- forgetting and closing

def test_delete_and_clear(tracker):
    live = in_status(tracker, R)
    with pytest.raises(IllegalMove, match='deleted'): tracker.delete_job(live.id)
    ended = [in_status(tracker, s) for s in (C, F, X)]
    tracker.log(ended[0].id, b'x', attempt=1)
    tracker.delete_job(ended[0].id)
    assert tracker.get_job(ended[0].id) is None and tracker.logs.attempts(ended[0].id) == []
    assert tracker.clear_completed() == 2 and tracker.clear_completed() == 0 and tracker.list_jobs() == [live] and [*tracker.jobs] == [live.id]

def test_nothing_touches_the_disk_without_need(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, 'tempdir', str(tmp_path))
    with JobTracker() as t:
        async def main():
            job, _ = await running(t, forever)
            t.mark_progress(job.id, 5)
            await t.cancel_job(job.id)
            await collect(t.watch(job.id))
        asyncio.run(main())
        in_status(t, C)
        assert t.clear_completed() == 2 and not [*tmp_path.iterdir()]

def test_what_is_written_after_the_end_goes_with_the_tracker(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, 'tempdir', str(tmp_path))
    with JobTracker() as t: logs = t.logs
    assert not [*tmp_path.iterdir()]
    logs.append('late', 1, b'a last word')
    assert [*tmp_path.iterdir()]
    del t
    gc.collect()
    assert not [*tmp_path.iterdir()]

OPEN_AT_THE_END = '''
import multiprocessing, os, sys
from cjm_jobtrack.tracker.tracker import JobTracker
def work():
    global kept
    kept = JobTracker()
    kept.log('a', b'begun', attempt=1)
if sys.argv[1] == 'forked':   # what it inherits is not its own to remove
    work()
    if (pid := os.fork()) == 0: sys.exit()
    os.waitpid(pid, 0)
    assert kept.logs.folder.exists()
elif sys.argv[1] == 'pool':
    p = multiprocessing.get_context('fork').Process(target=work)
    p.start(), p.join()
    assert p.exitcode == 0
else: work()
'''

def test_closed_while_somebody_begins_to_wait(tmp_path, monkeypatch):
    "The thread that reads a shared record for the first who waits may not have started yet."
    begun, start = threading.Event(), threading.Thread.start
    def slow_start(thread):
        if thread.name == 'jobtrack-poll': begun.set(); time.sleep(.2)
        start(thread)
    monkeypatch.setattr(threading.Thread, 'start', slow_start)
    tracker, stops = JobTracker(tmp_path/'jobs.db'), []
    waiting = threading.Thread(target=lambda: stops.append(tracker.signal_changes(threading.Event())))
    waiting.start()
    assert begun.wait(60)
    tracker.close()
    waiting.join(60)
    stops[0]()
    late = tracker.signal_changes(threading.Event())
    late()

@pytest.mark.parametrize('journal_only, expected', [(True, False), (False, True)])
def test_a_thread_may_choose_to_hear_of_live_changes(tracker, journal_only, expected):
    job, event = tracker.create_job('talk.wav'), threading.Event()
    tracker.mark_running(job.id)
    with tracker._channel(job.id) as channel, channel.thread_event(journal_only, event) as same:
        tracker.mark_progress(job.id, 50)
        assert same is event and event.is_set() == expected
        tracker.note(job.id, 'noted')
        assert event.is_set()

def test_changes_are_signalled_until_it_is_stopped(two):
    here, there = two
    job, event = there.create_job('talk.wav'), threading.Event()
    with pytest.raises(UnknownJob): here.signal_changes(event, 'nobody')
    stop = here.signal_changes(event, job.id)
    there.mark_running(job.id)
    assert event.wait(60), 'also of another process'
    stop()
    assert here.watchers == 0

@pytest.mark.parametrize('how', ['interpreter', 'pool', 'forked'])
def test_nothing_is_left_of_a_tracker_that_nobody_closed(tmp_path, how):
    subprocess.run([sys.executable, '-c', OPEN_AT_THE_END, how], env=os.environ | {'TMPDIR': str(tmp_path)}, check=True, timeout=60)
    assert not [*tmp_path.iterdir()]

def test_closing_leaves_no_thread_and_no_file_but_the_database(url, tmp_path):
    before = {*threading.enumerate()}
    t = JobTracker(url)
    job = in_status(t, R)
    t.subscribe(lambda e: None), t.subscribe(lambda e: None, job.id)
    with pytest.raises(TimeoutError): t.join(job.id, .1)
    t.close()
    until(lambda: {*threading.enumerate()} <= before)
    assert [p.name for p in tmp_path.iterdir()] == (['jobs.db'] if url.startswith('sqlite') else [])
    t.close()
    with JobTracker() as m: m.subscribe(lambda e: None)
    until(lambda: {*threading.enumerate()} <= before)

def test_clearing_many_takes_no_time():
    with JobTracker() as t:
        for _ in range(6000): in_status(t, C)
        start = time.monotonic()
        assert t.clear_completed() == 6000 and time.monotonic() - start < 60

# --- threads

def test_eight_threads_move_many_jobs_each_move_once(tracker):
    n, errors = 40, []
    jobs = [tracker.create_job(f'take {i}', id=f'j{i}') for i in range(n)]
    def work(seed):
        try:
            for i in range(n):
                job = jobs[(i*7+seed*5) % n]
                for move, *what in ((tracker.mark_pending, 'again') if seed == 0 else (tracker.mark_running,), (tracker.mark_progress, 50), (tracker.mark_completed, seed), (tracker.mark_failed, 'x')):
                    with suppress(IllegalMove): move(job.id, *what)
                tracker.get_job(job.id), tracker.get_running_jobs(), tracker.list_jobs(limit=3), tracker.counts()
        except BaseException as e: errors.append(e)
    threads = [threading.Thread(target=work, args=(s,)) for s in range(8)]
    for t in threads: t.start()
    for t in threads: t.join(100)
    assert not errors and not any(t.is_alive() for t in threads)
    assert tracker.counts()['completed'] + tracker.counts()['failed'] == n
    for job in jobs:   # the journal tells of legal moves only, and ends where the job stands
        told = [JobStatus(e.type) if e.type != 'retried' else P for e in tracker.history(job.id)[1:]]
        assert all(m in LEGAL for m in zip([P, *told], told)) and told[-1] is job.status is tracker.store.get(job.id).status
    assert [e.seq for e in tracker.events(limit=None)] == [*range(1, tracker.last_seq()+1)]

def test_threads_that_create_the_same_id_get_one_job(tracker):
    got = []
    threads = [threading.Thread(target=lambda: got.append(tracker.create_job('take', id='same', spec={'n': 1}))) for _ in range(8)]
    for t in threads: t.start()
    for t in threads: t.join()
    assert len(got) == 8 and all(j is got[0] for j in got) and types(tracker, got[0]) == ['created']

def test_watchers_come_and_go_in_threads_while_others_move(tracker):
    stop, errors = threading.Event(), []
    def carry_out(id): tracker.mark_running(id), tracker.mark_completed(id, {})
    def come_and_go():
        while not stop.is_set():
            try:
                job = tracker.create_job('take')
                end = tracker.subscribe(lambda e: None, job.id)
                carrying = threading.Thread(target=carry_out, args=(job.id,))
                carrying.start(), tracker.join(job.id, 60), end(), carrying.join()
            except BaseException as e: errors.append(e)
    threads = [threading.Thread(target=come_and_go) for _ in range(4)]
    for t in threads: t.start()
    time.sleep(.5)   # of coming and going
    stop.set()
    for t in threads: t.join(90)
    assert not errors and not any(t.is_alive() for t in threads)

# --- two trackers on one file, and other processes

def test_a_move_elsewhere_wakes_who_waits(two):
    a, b = two
    async def main():
        job = in_status(a, R)
        waiting = [asyncio.create_task(b.wait(job.id, 60)), asyncio.create_task(asyncio.to_thread(b.join, job.id, 60)), asyncio.create_task(collect(b.watch(job.id)))]
        heard = []
        end = b.subscribe(lambda e: heard.append(e.type), job.id)
        await asyncio.sleep(.1)
        a.mark_completed(job.id, {'n': 1})
        x, y, seen = await asyncio.gather(*waiting)
        assert x is y is b.get_job(job.id) and x is not job and x.result == {'n': 1} and [e.type for e in seen] == ['created', 'running', 'completed']
        await asyncio.to_thread(until, lambda: heard == ['created', 'running', 'completed'])
        end()
    asyncio.run(main())

def test_who_waits_is_woken_whoever_took_in_the_news(two):
    "Another thread of the same process asks for jobs all the time, and so is first to see what others wrote."
    a, b = two
    stop = threading.Event()
    def ask():
        while not stop.is_set(): b.get_job('x')
    asking = threading.Thread(target=ask)
    asking.start()
    try:
        for _ in range(10):
            job = in_status(a, R)
            waiting = threading.Thread(target=b.join, args=(job.id, 60))
            waiting.start()
            until(lambda: b.watchers)
            a.mark_completed(job.id, {})
            waiting.join(60)
            assert not waiting.is_alive()
    finally: stop.set(), asking.join()

def test_watchers_that_follow_one_another_are_all_woken(two):
    "The thread that looks for news ends when nobody waits, and is there again when somebody does."
    a, b = two
    for _ in range(8):
        job = in_status(a, R)
        with pytest.raises(TimeoutError): b.join(job.id, .045)   # about the time between two looks
        ending = threading.Timer(.002, a.mark_completed, (job.id, {}))
        ending.start()
        assert b.join(job.id, 60).status is C
        ending.join()

def test_a_move_that_was_made_elsewhere_is_not_made_again(two):
    a, b = two
    job = in_status(a, R)
    b.get_job(job.id)
    b.mark_failed(job.id, 'b was faster')
    with pytest.raises(IllegalMove, match='is failed and cannot become completed'): a.mark_completed(job.id, {})
    assert (job.status, job.error, job.completed_at) == (F, 'b was faster', b.get_job(job.id).completed_at) and types(a, job) == ['created', 'running', 'failed']
    assert a.get_running_jobs() == b.get_running_jobs() == []

def test_a_wish_made_elsewhere_is_known_here_and_gone_with_the_job(two):
    a, b = two
    async def main():
        job, task = await running(a, forever)
        async def unconfirmed(): return Receipt(False)
        b.get_job(job.id), b.attach(job.id, unconfirmed)
        assert await b.cancel_job(job.id) is False
        a.get_job(job.id)
        assert a.cancel_requested(job.id)
        a.mark_failed(job.id, 'broke')
        for t in two: assert t.get_job(job.id).status is X and not t.cancel_requested(job.id)
        task.cancel()
    asyncio.run(main())

def test_progress_made_elsewhere_is_seen(two):
    a, b = two
    async def main():
        job = in_status(a, R)
        stream = b.watch(job.id, after=a.last_seq())
        first = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(.1)
        a.mark_progress(job.id, 40, 'decoding')
        e = await asyncio.wait_for(first, 60)
        assert (e.type, e.data) == ('progress', {'percent': 40., 'message': 'decoding'})
        await stream.aclose()
        a.mark_progress(job.id, 60), a.save(job.id)
        assert b.get_job(job.id).progress == 60
    asyncio.run(main())

def test_what_a_queue_elsewhere_carries_out_is_for_that_queue_to_stop(two):
    a, b = two
    b.cancel_patience = .05
    async def main():
        job = a.create_job('take')
        a.submit_job(job.id), a.mark_running(job.id)
        assert await b.cancel_job(job.id) is False and b.get_job(job.id).status is R and b.cancel_requested(job.id)
        b.cancel_patience = 60.
        asyncio.get_running_loop().call_later(.02, a.mark_cancelled, job.id)
        assert await b.cancel_job(job.id) is True and types(b, job) == ['created', 'queued', 'running', 'cancel_requested', 'cancelled']
    asyncio.run(main())

CHILD = '''
import os, sys, json
from cjm_jobtrack.model.errors import IllegalMove
from cjm_jobtrack.tracker.tracker import JobTracker
def gate(): print('ready', flush=True), input()
def attempt(move, *args):
    try: move(*args); return True
    except IllegalMove: return False
with JobTracker(sys.argv[1]) as t:
'''

def processes(n, script, *args):
    body = CHILD + ''.join(f'    {line}\n' for line in script.strip().splitlines())
    return [subprocess.Popen([sys.executable, '-c', body, *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(n)]

def end(ps):
    said = [json.loads(p.stdout.readline()) for p in ps]
    for p in ps: p.stdin.close(), p.stdout.close(), p.wait(60)
    return said

def test_of_two_processes_that_end_a_job_one_wins(url):
    with JobTracker(url) as t:
        jobs = [in_status(t, R) for _ in range(100)]
        ps = processes(2, '''
ids = [j.id for j in t.list_jobs('running')]
gate()
print(json.dumps([id for id in ids if attempt(t.mark_completed, id, os.getpid())]), flush=True)''', url)
        assert [p.stdout.readline() for p in ps] == ['ready\n']*2
        for p in ps: p.stdin.write('go\n'), p.stdin.flush()
        for job in jobs: t.join(job.id, 20)
        won = end(ps)
        assert sorted(won[0]+won[1]) == sorted(j.id for j in jobs)
        assert all(j.result == p.pid for p, ids in zip(ps, won) for j in jobs if j.id in ids)
        assert all(types(t, j) == ['created', 'running', 'completed'] for j in jobs)

def test_a_watcher_sees_what_another_process_does(url):
    with JobTracker(url) as t:
        p, = ps = processes(1, '''
gate()
job = t.create_job('take', id='7f3a')
t.mark_running(job.id)
for n in range(50): t.note(job.id, 'step', {'n': n})
t.mark_completed(job.id, {'text': 'done'})
print(json.dumps('done'), flush=True)''', url)
        heard = []
        stop = t.subscribe(heard.append)
        assert p.stdout.readline() == 'ready\n'
        p.stdin.write('go\n'), p.stdin.flush()
        until(lambda: heard and heard[-1].type == 'completed')
        stop(), end(ps)
        assert [e.type for e in heard if e.seq] == ['created', 'running', *['step']*50, 'completed'] and [e.seq for e in heard if e.seq] == [*range(1, 54)]
        assert t.get_job('7f3a').result == {'text': 'done'}

def test_every_acknowledged_move_is_there_after_a_kill(url):
    p, = processes(1, '''
for i in range(10**6):
    job = t.create_job('take', id=f'j{i}')
    job.metadata['n'] = i
    t.mark_running(job.id), t.mark_progress(job.id, 50)
    if i % 2: t.mark_completed(job.id, i)
    print(i, flush=True)''', url)
    for line in p.stdout:
        if (told := int(line)) == 60: p.kill()
    p.stdin.close(), p.stdout.close(), p.wait()
    with JobTracker(url) as t:
        for i in range(told+1):
            job = t.get_job(f'j{i}')
            assert (job.status, job.result, job.metadata, job.attempt) == ((C, i, {'n': i}, 1) if i % 2 else (R, None, {'n': i}, 1))
            assert types(t, job) == ['created', 'running', 'completed'][:3 if i % 2 else 2]
        even = [j for j in t.get_running_jobs()]
        for job in even: t.mark_failed(job.id, 'lost')
        assert t.counts()['running'] == 0

# --- in memory and on a store, the same

ids = st.sampled_from(['a', 'b', 'c'])
docs = st.dictionaries(st.sampled_from('xyz'), st.none() | st.integers(0, 3) | st.text(max_size=3), max_size=2)
class Ask:
    def __init__(self, name, *args, **kw): self.name, self.args, self.kw = name, args, kw
    def __repr__(self): return f'{self.name}{self.args}{self.kw}'
    def on(self, t):
        try:
            if self.name == 'touch':
                if (job := t.get_job(self.args[0])): job.metadata.update(self.args[1])
                return None
            got = getattr(t, self.name)(*self.args, **self.kw)
            return asyncio.run(got) if asyncio.iscoroutine(got) else got
        except (IllegalMove, KeyConflict, UnknownJob, InvalidInput) as e: return type(e), e.facts()
ask = lambda name, *args, **kw: st.builds(lambda a, k: Ask(name, *a, **k), st.tuples(*args), st.fixed_dictionaries({}, optional=kw))
asks = st.one_of(
    ask('create_job', st.sampled_from(['n', 'm']), id=ids, spec=docs, priority=st.integers(-1, 1), metadata=docs, max_attempts=st.integers(0, 2)),
    ask('mark_running', ids), ask('mark_completed', ids, docs), ask('mark_failed', ids, st.text(max_size=3)), ask('mark_cancelled', ids, st.none() | docs), ask('mark_pending', ids, st.text(max_size=3), st.booleans()),
    ask('mark_progress', ids, st.none() | st.floats(-1, 101), st.none() | st.text(max_size=3)), ask('note', ids, st.sampled_from(['seen', 'queued']), docs, node=st.text(max_size=3), message=st.text(max_size=3)),
    ask('touch', ids, docs), ask('cancel_job', ids), ask('delete_job', ids), ask('clear_completed'), ask('save', ids), ask('get_job_result', ids))

def face(t, names):
    "All that can be seen, without instants and with made-up ids replaced."
    def plain(v):
        if isinstance(v, dict): return {k: plain(w) for k, w in v.items() if not k.endswith('_at')}
        if isinstance(v, list): return [plain(w) for w in v]
        return names.setdefault(v, len(names)) if isinstance(v, str) and len(v) == 36 else v
    job = lambda j: plain(j.to_dict())
    return dict(jobs=[job(j) for j in t.list_jobs()], pending=[plain(j.id) for j in t.pending_jobs()], running=[plain(j.id) for j in t.get_running_jobs()], counts=t.counts(),
                events=[plain(e.to_dict()) | {'at': None} for e in t.events()], page=[plain(j.id) for j in t.list_jobs(['pending', 'failed'], 2, before='b')])

@given(st.lists(asks, max_size=18))
@settings(max_examples=40)
def test_memory_and_store_give_the_same_answers(tmp_path_factory, sequence):
    url = f'sqlite:///{tmp_path_factory.mktemp("t")}/jobs.db'
    with JobTracker() as memory:
        store, one, two = JobTracker(url), {}, {}
        memory.cancel_patience = store.cancel_patience = .01
        for n, a in enumerate(sequence):
            x, y = a.on(memory), a.on(store)
            if not isinstance(x, (Job, type(None))) and a.name != 'note': assert x == y, a
        seen = face(memory, one)
        assert seen == face(store, two)
        store.close()
        with JobTracker(url) as again: assert face(again, {}) == seen   # and after a restart

# --- the record, others, and what is waited for

def test_who_waits_for_a_job_that_is_deleted_is_told(two):
    "It ended and was deleted elsewhere before this process had looked."
    a, b = two
    job = in_status(a, R)
    told = []
    def wait():
        try: b.join(job.id, 60)
        except UnknownJob as e: told.append(e.job_id)
    held = b.get_job(job.id)
    waiting = threading.Thread(target=wait)
    with b._lock:   # it does not look meanwhile
        waiting.start()
        a.mark_completed(job.id, {}), a.delete_job(job.id)
    waiting.join(60)
    assert not waiting.is_alive() and (told == [job.id] or held.is_terminal) and b.get_job(job.id) is None

def test_what_could_not_be_read_is_read_the_next_time(two, monkeypatch):
    a, b = two
    job = in_status(a, R)
    assert b.get_job(job.id).status is R
    events, broken = b.store.events, [True]
    monkeypatch.setattr(b.store, 'events', lambda *args, **kw: events(*args, **kw) if not broken.pop() else (_ for _ in ()).throw(StoreError('x', 'away')))
    broken[:] = [False, False, False, True]
    a.mark_completed(job.id, {})
    with pytest.raises(StoreError): b.get_job(job.id)
    assert b.get_job(job.id).status is C

def test_the_last_figure_reaches_the_record_by_itself(two):
    "No other follows it, nothing is saved, nothing ends."
    a, b = two
    job = in_status(a, R)
    a.mark_progress(job.id, 10), a.mark_progress(job.id, 90, 'nearly')
    until(lambda: (there := b.store.get(job.id)).progress == 90. and there.message == 'nearly')
    until(lambda: not [t for t in threading.enumerate() if t.name == 'jobtrack-progress'])

def test_loops_that_are_gone_are_forgotten(tracker):
    "Somebody watches everything all the time; others come with a loop of their own and leave."
    end = tracker.subscribe(lambda e: None)
    job = in_status(tracker, P)
    for _ in range(20): tracker.subscribe(lambda e: None)()
    for _ in range(20):
        with pytest.raises(TimeoutError): asyncio.run(tracker.wait(job.id, .001))
    assert sum(len(c.wakers) for c in tracker._notifier.channels.values()) <= 2
    end()

def test_a_store_belongs_to_one_tracker(url):
    with JobStore(url) as store:
        with JobTracker(store):
            with pytest.raises(InvalidInput, match='belongs to another tracker'): JobTracker(store)
        with JobTracker(store) as later: assert later.create_job('after the first was closed')

@pytest.mark.parametrize('field, value', [('created_at', '01.01.2026'), ('created_at', None), ('status', R), ('attempt', 'x'), ('max_attempts', 0), ('priority', 2**31), ('timeout', float('nan')), ('timeout', 10**400), ('spec', [1]), ('name', 3), ('metadata', None)])
def test_a_ready_made_job_is_looked_over(tracker, field, value):
    job = Job(id='odd', created_at='2026-01-01T00:00:00+00:00')
    setattr(job, field, value)
    with pytest.raises(InvalidInput) as e: tracker.add_job(job)
    assert e.value.field == field and tracker.get_job('odd') is None

def test_ending_those_that_wait_leaves_those_that_run(tracker):
    jobs = [in_status(tracker, s) for s in (P, R, P, C)]
    assert tracker.cancel_pending(jobs) == 2 and [j.status for j in jobs] == [X, R, X, C]

@pytest.mark.parametrize('type', [None, '', 'x'*33, 'two\nlines', 3, '\ud800'])
def test_a_fact_has_a_name(tracker, type):
    job = in_status(tracker, R)
    with pytest.raises(InvalidInput, match='`type`'): tracker.note(job.id, type)

def test_instants_are_compared_in_one_form(tracker):
    "Wherever a job was made: its instant is on record in UTC, so that filters by time find it."
    job = tracker.add_job(Job(id='east', created_at='2026-01-01T02:00:00+05:00'))
    assert job.created_at == '2025-12-31T21:00:00.000000+00:00' and tracker.store.get('east').created_at == job.created_at
    assert tracker.list_jobs(since='2026-01-01') == [] and tracker.list_jobs(until='2026-01-01T00:00:00+00:00') == [job]

def test_a_move_is_planned_from_one_instant(tracker, monkeypatch):
    "Another thread ends the job while its end is being planned: the table was asked before, and what is expected is read after."
    from cjm_jobtrack.tracker import transitions as plans
    job, now = in_status(tracker, R), plans.now
    def meanwhile():
        monkeypatch.setattr(plans, 'now', now)
        tracker.mark_failed(job.id, 'no')
        return now()
    monkeypatch.setattr(plans, 'now', meanwhile)
    with pytest.raises(IllegalMove): tracker.mark_completed(job.id, 1)
    assert job.status == 'failed' and [e.type for e in tracker.history(job.id)][-1] == 'failed' and tracker.store.get(job.id).status == 'failed'

@pytest.mark.parametrize('ended', ['completed', 'failed', 'cancelled'])
@pytest.mark.parametrize('to', list(JobStatus))
def test_what_has_ended_stays_whatever_is_expected(tracker, ended, to):
    job = in_status(tracker, R)
    tracker._carry_out(tracker.plan(job, JobStatus(ended), ended))
    assert tracker.store.move(job.id, (job.status, job.attempt), {'status': to}, 'odd', now()) is None
    assert tracker.store.get(job.id).status == ended and tracker.history(job.id)[-1].type == ended

@pytest.mark.parametrize('outputs', [[{'b': 1}], [{'name': 'a'}], 'ab', {'name': 'a'}, [3], 7, [None], [OutputFile('a', '/a', 'big')], [OutputFile('', '/a', 1)], [OutputFile('a', '/a', -1)], [OutputFile(5, None, 1)], [OutputFile('a', '/a', True)]])
def test_outputs_that_could_not_be_read_back_are_refused(tracker, outputs):
    job = in_status(tracker, R)
    for act in (lambda: tracker.mark_completed(job.id, 1, outputs), lambda: tracker.note(job.id, 'x', outputs=outputs)):
        with pytest.raises(InvalidInput) as e: act()
        assert e.value.field == 'outputs' and e.value.remedy
    tracker.mark_completed(job.id, 1, [{'name': 'a', 'path': '/a', 'size': 1}])
    assert job.outputs == tracker.store.get(job.id).outputs == [OutputFile('a', '/a', 1)]

@pytest.mark.parametrize('type', ['created', 'queued', 'running', 'retried', 'deferred', 'completed', 'failed', 'cancelled', 'deleted'])
def test_a_note_does_not_tell_of_moves(tracker, type):
    with pytest.raises(InvalidInput, match='tells of a move'): tracker.note(in_status(tracker, R).id, type)

def test_a_subclass_changes_how_a_move_is_planned():
    class Wrapping(JobTracker):
        def plan_completed(self, job, result, outputs=()): return super().plan_completed(job, {'wrapped': result}, outputs)
    with Wrapping() as t:
        job = t.create_job('x')
        t.mark_running(job.id)
        t.mark_completed(job.id, 1)
        assert job.result == {'wrapped': 1}

def test_a_subclass_extends_moves_and_notes_with_super():
    class Signed(JobTracker):
        def plan(self, *args, **changes): return super().plan(*args, **changes | {'message': 'planned'})
        def plan_running(self, job, **kwargs): return super().plan_running(job, **kwargs)
        def plan_cancelled(self, job, data=None): return super().plan_cancelled(job, {**(data or {}), 'by': 'Ada'})
        def plan_note(self, job, type, data=None, **fields): return super().plan_note(job, f'my_{type}', data, **fields)
        def cancel_requested(self, job_id): return super().cancel_requested(job_id) or job_id == 'unwanted'
        def mark_running(self, job_id, task=None): super().mark_running(job_id, task)
    with Signed() as t:
        job = t.create_job('x', id='unwanted')
        t.note(job.id, 'sent')
        t.mark_running(job.id)
        assert job.message == 'planned'
        t.mark_failed(job.id, 'no speech found')   # it was to be cancelled: the override plans that too
        assert [e.type for e in t.history(job.id)] == ['created', 'my_sent', 'running', 'cancelled']
        assert t.history(job.id)[-1].data['by'] == 'Ada'

def test_what_can_be_called_on_a_tracker_can_be_called_with_super(tracker):
    methods = [name for name in dir(tracker) if not name.startswith('_') and callable(getattr(tracker, name))]
    assert {'plan', 'plan_completed', 'plan_note', 'mark_running', 'cancel_job', 'record', 'cancel_requested'} <= {*methods}
    mine = type('Mine', (JobTracker,), {})
    assert all(callable(getattr(super(mine, mine), name, None)) for name in methods)

def test_a_note_of_outputs_that_are_none_is_refused_for_an_unknown_job_too():
    with JobTracker() as t, pytest.raises(InvalidInput, match='outputs'): t.note('nobody', 'x', outputs='abc')

def test_who_watches_a_job_of_another_process_learns_its_end(tmp_path):
    "The row of a job may be read before the journal: by a move that is refused, for instance."
    with JobTracker(tmp_path/'jobs.db') as theirs, JobTracker(tmp_path/'jobs.db') as ours:
        job = theirs.create_job('j')
        theirs.mark_running(job.id)
        async def watch():
            seen = []
            async for e in ours.watch(job.id):
                seen.append(e.type)
                if e.type != 'running': continue
                theirs.mark_completed(job.id, 1)
                with pytest.raises(IllegalMove): ours.mark_completed(job.id, 2)
            return seen
        assert asyncio.run(watch()) == ['created', 'running', 'completed']

def test_what_is_being_deleted_in_memory_can_be_watched():
    class Vanishing(dict):
        def get(self, seq, default=None): return None
    with JobTracker() as tracker:
        job = tracker.create_job('j')
        tracker.store._events = Vanishing(tracker.store._events)
        assert tracker.store.events(0, job.id) == []

def test_who_reads_the_journal_does_not_wait_for_a_write():
    "Those who write have the tracker's lock for as long as the database takes: a queue that waited for it would starve."
    with JobTracker() as tracker, tracker._notifier.channel(None) as channel:
        after = tracker.last_seq()
        tracker.create_job('j')
        with ThreadPoolExecutor(1) as pool, tracker._lock:
            events, _ = pool.submit(tracker._notifier.read_after, channel, after, None, tracker.store.events).result(30)
        assert [e.type for e in events] == ['created']

def ends_with(wait, error, start):
    "What a thread raises that waits, after `start` was called."
    errors = []
    def work():
        try: wait()
        except Exception as e: errors.append(e)
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    start()
    thread.join(20)
    assert not thread.is_alive(), 'it waits for ever'
    assert [type(e) for e in errors] == [error] and 'closed' in str(errors[0])

def first_event_after(stream):
    async def read():
        async for _ in stream: pass
    return lambda: asyncio.run(read())

@pytest.mark.parametrize('how', ['join', 'wait', 'watch', 'watch all'])
def test_nobody_waits_for_a_tracker_that_was_closed(url, how):
    t = JobTracker(url)
    job = in_status(t, R)
    waits = {
        'join': lambda: t.join(job.id),
        'wait': lambda: asyncio.run(t.wait(job.id)),
        'watch': first_event_after(t.watch(job.id)),
        'watch all': first_event_after(t.watch())}
    def close():
        until(lambda: t.watchers)
        t.close()
    ends_with(waits[how], StoreError, close)
    if how in ('join', 'wait'): ends_with(waits[how], StoreError, lambda: None)

def test_a_job_that_ended_before_the_tracker_was_closed_is_waited_for_all_the_same(url):
    t = JobTracker(url)
    job = in_status(t, R)
    ended = []
    thread = threading.Thread(target=lambda: ended.append(t.join(job.id)), daemon=True)
    thread.start()
    until(lambda: t.watchers)
    t.mark_completed(job.id, 1)
    t.close()
    thread.join(20)
    assert ended == [job] and t.join(job.id) is job

def test_two_subscribers_that_both_close_do_not_wait_for_each_other(url):
    t = JobTracker(url)
    both, closed = threading.Barrier(2), []
    def close(event):
        both.wait(20)
        t.close()
        closed.append(event.type)
    t.subscribe(close), t.subscribe(close)
    until(lambda: t.watchers == 2)
    t.create_job('talk.wav')
    until(lambda: len(closed) == 2)
    assert t.is_closed

def test_a_record_that_is_gone_hides_no_job_of_another(tmp_path):
    lost, here = JobTracker(tmp_path/'lost.db'), JobTracker()
    try:
        job = here.create_job('talk.wav')
        for file in tmp_path.glob('lost.db*'): file.unlink()
        assert tracker_of(job.id) is here and tracker_of(job) is here
        with pytest.raises(StoreError): tracker_of('nobody')   # perhaps it was there
    finally:
        here.close()
        with pytest.raises(StoreError, match='was deleted while it was open'): lost.close()
