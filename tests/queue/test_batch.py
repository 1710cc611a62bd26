"""Batches: one handle for many jobs, read from the record."""
import asyncio, threading

import pytest
from helpers import until
from cjm_jobtrack.model.errors import InvalidInput, KeyConflict, NeverFits, UnknownRunner
from cjm_jobtrack.tracker.tracker import JobTracker
from cjm_jobtrack.queue.batch import Batch, submit_batch
from cjm_jobtrack.runners.call import CallRunner
from cjm_jobtrack.queue.queue import JobQueue
from cjm_jobtrack.runners.identity import this_process
from views import run_cells

async def answer(n):
    if n < 0: raise ValueError(f'{n} is below zero')
    return n * n

GATES = {}
async def held(name):
    while not GATES[name].is_set(): await asyncio.sleep(.005)
    return name

@pytest.fixture
def tracker(database):
    with JobTracker(database) as t: yield t

def queue_of(tracker, **kw): return JobQueue(tracker, CallRunner({'answer': answer, 'held': held}), recheck=.05, **kw)
def squares(*ns): return [{'func': 'answer', 'args': [n]} for n in ns]

def test_repeating_a_submission_adds_what_is_missing(tracker):
    q = queue_of(tracker)
    submit_batch(q, squares(1, 2), id='night')
    again = submit_batch(q, squares(1, 2, 3), id='night')
    assert [j.spec['args'] for j in again.jobs()] == [[1], [2], [3]] and [j.name for j in again.jobs()] == ['job 1', 'job 2', 'job 3']
    assert all([e.type for e in tracker.history(j.id)] == ['created', 'queued'] for j in again.jobs())
    with pytest.raises(KeyConflict, match='args'): submit_batch(q, squares(1, 5), id='night')
    assert submit_batch(q, squares(1)).id != submit_batch(q, squares(1)).id, 'without a name each is one of its own'

def test_what_is_wrong_is_refused_before_anything_is_written(tracker):
    q = queue_of(tracker)
    for field, kw in (('specs', dict(specs=[])), ('name', dict(specs=squares(1, 2), name=['one'])), ('id', dict(specs=squares(1), id='no/slash')), ('spec', dict(specs=[3])), ('max_attempts', dict(specs=squares(1), max_attempts=0))):
        with pytest.raises(InvalidInput) as e: submit_batch(q, **kw)
        assert e.value.field == field
    with pytest.raises(UnknownRunner): submit_batch(q, squares(1), runner='docker')
    with pytest.raises(NeverFits, match='gpu=1 of 0'): submit_batch(q, [*squares(1), {'func': 'answer', 'args': [2], 'resources': {'gpu': 1}}])
    assert not tracker.list_jobs()

def test_results_as_they_come(tracker):
    with queue_of(tracker, slots=3) as q:
        GATES.update(a=threading.Event(), b=threading.Event())
        batch = submit_batch(q, [*squares(1, -1), {'func': 'held', 'args': ['a']}, {'func': 'held', 'args': ['b']}])
        coming = iter(batch.as_completed(timeout=60))
        first = [next(coming), next(coming)]
        assert {(j.status.value, j.result) for j in first} == {('completed', 1), ('failed', None)} and not batch.is_done
        GATES['b'].set()
        assert next(coming).result == 'b'
        GATES['a'].set()
        assert next(coming).result == 'a' and list(coming) == [] and batch.is_done
        assert [j.id for j in batch.as_completed()] == sorted([j.id for j in batch.jobs()], key=lambda i: tracker.get_job(i).completed_at), 'afterwards, in the same order'
        assert batch.counts() == dict(pending=0, running=0, completed=3, failed=1, cancelled=0)

def test_asynchronous_and_from_another_process(database, tracker):
    "Another tracker on the same record, as another process has it, sees them come as well."
    async def main():
        with JobTracker(database) as elsewhere, queue_of(tracker) as q:
            batch = submit_batch(q, squares(*range(20)), id='twenty')
            here, there = Batch(tracker, 'twenty'), Batch(elsewhere, 'twenty')
            async def collect(b): return [j.result async for j in b.as_completed(timeout=30)]
            found = await asyncio.gather(collect(here), collect(there))
            assert [sorted(f) for f in found] == [[n * n for n in range(20)]] * 2
            assert await batch.wait(20) == there.counts()
    asyncio.run(main())

def test_a_viewer_that_leaves_changes_nothing(tracker):
    with queue_of(tracker) as q:
        batch = submit_batch(q, squares(1, 2, 3))
        for _ in batch.as_completed(timeout=60): break
        assert batch.join(20)['completed'] == 3
    until(lambda: not tracker.watchers, 'nobody to wait any more')

def test_time_is_for_all_together(tracker):
    with queue_of(tracker) as q:
        GATES['c'] = threading.Event()
        batch = submit_batch(q, [*squares(1), {'func': 'held', 'args': ['c']}])
        until(lambda: batch.counts()['completed'] == 1, 'the first to end')
        with pytest.raises(TimeoutError, match='1 jobs of batch .* they go on'): batch.join(.3)
        with pytest.raises(TimeoutError, match='they go on'): asyncio.run(batch.wait(.05))
        GATES['c'].set()
        assert batch.join(20)['completed'] == 2

def test_cancel_all(tracker):
    with queue_of(tracker, slots=2) as q:
        GATES['d'] = threading.Event()
        batch = submit_batch(q, [{'func': 'held', 'args': ['d']} for _ in range(30)])
        until(lambda: batch.counts()['running'] == 2, 'two to run')
        assert asyncio.run(batch.cancel()) == dict(pending=0, running=0, completed=0, failed=0, cancelled=30)
        assert asyncio.run(batch.cancel())['cancelled'] == 30, 'twice does no harm'

def test_the_failed_ones_again(tracker):
    with queue_of(tracker) as q:
        batch = submit_batch(q, squares(2, -1, 3, -2), id='b', metadata={'who': 'Ada'})
        batch.join(20)
        again = batch.retry_failed(q)
        assert again.join(20)['failed'] == 2 and again.id == 'b.again'
        assert [j.id for j in batch.retry_failed(q).jobs()] == [j.id for j in again.jobs()], 'asked twice, done once'
        assert [(j.spec['args'], j.metadata['who'], tracker.get_job(j.metadata['again_of']).spec['args']) for j in again.jobs()] == [([-1], 'Ada', [-1]), ([-2], 'Ada', [-2])]
        assert submit_batch(q, squares(5), id='well').join(20) and Batch(tracker, 'well').retry_failed(q).jobs() == []
    assert repr(batch) == "Batch('b': 2 completed, 2 failed)" and repr(Batch(tracker, 'none')) == "Batch('none': no jobs)"

def test_who_repeats_a_batch_need_not_have_submitted_it(tracker):
    with queue_of(tracker) as q:
        batch = submit_batch(q, [spec | {'belongs_to': this_process()} for spec in squares(-1, -2)], priority=4)
        batch.join(20)
        again = batch.retry_failed(q)
        again.join(20)
        assert [(j.spec, j.priority) for j in again.jobs()] == [(spec, 4) for spec in squares(-1, -2)]

def test_a_batch_knows_the_queue_that_it_was_submitted_to(tracker):
    with queue_of(tracker) as q:
        batch = submit_batch(q, squares(2, -1), id='b')
        batch.join(20)
        again = batch.retry_failed()
        assert again.queue is q and again.join(20)['failed'] == 1
        assert again.retry_failed().id == 'b.again.again', 'and so on'
        from_name = Batch(tracker, 'b')
        with pytest.raises(InvalidInput, match='queue'): from_name.retry_failed()
        assert [j.id for j in from_name.retry_failed(q).jobs()] == [j.id for j in again.jobs()]
        assert Batch(tracker, 'b', q).retry_failed().id == again.id

def test_a_batch_shows_itself_without_a_kernel(tracker):
    with queue_of(tracker) as q:
        batch = submit_batch(q, squares(2, -1), id='night', name=['ferry.wav', '<i>choir</i>.wav'])
        batch.join(20)
        bundle = batch._repr_mimebundle_()
        assert bundle['text/plain'] == repr(batch) and '&lt;i&gt;choir&lt;/i&gt;.wav' in bundle['text/html'] and '-1 is below zero' in bundle['text/html']
        assert not batch.monitor().following
        with pytest.raises(NotImplementedError): batch._ipython_display_()

IN_A_NOTEBOOK = ["""
import asyncio, threading
from cjm_jobtrack import CallRunner, JobQueue, JobTracker, submit_batch
gate, tracker = threading.Event(), JobTracker()
def wait(n): gate.wait(60)
def wrong(): 1/0
runner = CallRunner()
queue = JobQueue(tracker, runner, slots=2).start()
batch = submit_batch(queue, [runner.call(wait, n) for n in range(3)], name='tape')""", 'batch', 'view = batch.monitor()\nview', """
print(view.following)
gate.set()
await batch.wait(30)
for t in threading.enumerate():
    if t.name.startswith('jobtrack-view'): t.join(30)""", """
bad = submit_batch(queue, [runner.call(wrong)], id='bad')
await bad.wait(30)
offer = bad.monitor()""", """
print(offer.following, offer._parts['retry'].layout.display)
offer._parts['retry'].click()
while offer.batch != 'bad.again': await asyncio.sleep(.01)
print((await tracker.wait(tracker.list_jobs(batch='bad.again')[0].id, 30)).status)""", """
offer.close(); view.close(); queue.stop(); tracker.close()"""]

def test_a_batch_shows_itself_in_a_notebook(tmp_path):
    nb = run_cells(IN_A_NOTEBOOK, tmp_path)
    at_end, by_name, followed, offered, retried = (nb.cells[n].outputs for n in (1, 2, 3, 4, 5))
    assert [len(o) for o in (at_end, by_name, offered)] == [1, 1, 1], 'each is shown once'
    for output in (at_end[0], by_name[0]):
        assert set(output.data) == {'text/plain', 'text/html'} and '3 of 3 done, 100 %' in output.data['text/html'], 'live, and then as it ended'
    assert ''.join(o.text for o in followed if o.output_type == 'stream') == 'True\n'
    assert ''.join(o.text for o in retried if o.output_type == 'stream') == 'True None\nfailed\n'
    assert set(offered[0].data) == {'text/plain', 'text/html'} and offered[0].data['text/plain'].startswith('bad.again, 1 job: ')

def test_a_job_of_another_batch_is_not_taken_in_silently(tracker):
    q = queue_of(tracker)
    solo = q.submit(tracker.make_job('solo', id='solo', spec=squares(1)[0]))
    with pytest.raises(KeyConflict, match='batch'): submit_batch(q, [solo, tracker.make_job('other', spec=squares(2)[0])], id='B')

def test_jobs_that_are_deleted_meanwhile_are_not_waited_for(database):
    "They ended and went elsewhere, before this process had looked."
    with JobTracker(database) as here, JobTracker(database) as there:
        batch = submit_batch(queue_of(here), squares(1, 2), id='gone')
        seen = []
        def look(): seen.extend(j.status.value for j in batch.as_completed(timeout=60))
        looking = threading.Thread(target=look)
        with here._lock:
            looking.start()
            for job in Batch(there, 'gone').jobs():
                asyncio.run(there.cancel_job(job.id))
                there.delete_job(job.id)
        looking.join(90)
        assert not looking.is_alive() and set(seen) <= {'cancelled'}
