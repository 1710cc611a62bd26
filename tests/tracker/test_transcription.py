"Transcription: every line of the original tracker's contract, in memory and on a store."
import asyncio, dataclasses, inspect, json, logging, subprocess, sys, threading
from pathlib import Path
import pytest
from cjm_jobtrack import JobTracker, TranscriptionJob, TranscriptionJobTracker
from cjm_jobtrack.model.errors import IllegalMove, InvalidInput
from cjm_jobtrack.model.job import Failure, Job, JobStatus, epoch

P, R, C, F, X = JobStatus
RESULT = {'text': 'good morning', 'metadata': {'model': 'small'}}

@pytest.fixture
def url(tmp_path): return f'sqlite:///{tmp_path}/jobs.db'

@pytest.fixture(params=['memory', 'store'])
def tracker(request, url):
    with TranscriptionJobTracker(store=url if request.param == 'store' else None) as t: yield t

def create(t, **metadata): return t.create_job('whisper', '/media/a.wav', 'a.wav', **metadata)

def in_status(t, status):
    job = create(t)
    if status not in (P, X): t.mark_running(job.id)
    if status is C: t.mark_completed(job.id, RESULT)
    if status is F: t.mark_failed(job.id, 'no speech')
    if status is X: asyncio.run(t.cancel_job(job.id)) if not _in_loop() else t.mark_cancelled(job.id)
    assert job.status is status
    return job

def _in_loop():
    try: asyncio.get_running_loop()
    except RuntimeError: return False
    return True

# --- TranscriptionJob

def test_fields_in_the_original_order_with_the_original_defaults():
    fields = dataclasses.fields(TranscriptionJob)
    assert [f.name for f in fields[:12]] == ['id', 'plugin_name', 'file_path', 'file_name', 'status', 'created_at', 'started_at', 'completed_at', 'result', 'error', 'metadata', 'task']
    assert all(f.default is f.default_factory is dataclasses.MISSING for f in fields[:4])
    assert not any(f.default is f.default_factory is dataclasses.MISSING for f in fields[4:])
    assert {f.name for f in fields} == {f.name for f in dataclasses.fields(Job)} | {'plugin_name', 'file_path', 'file_name'}
    job = TranscriptionJob('7f3a', 'whisper', '/media/a.wav', 'a.wav')
    assert (job.id, job.plugin_name, job.file_path, job.file_name, job.status) == ('7f3a', 'whisper', '/media/a.wav', 'a.wav', 'pending')
    assert (job.started_at, job.completed_at, job.result, job.error, job.metadata, job.task) == (None, None, None, None, {}, None)
    assert job.created_at.endswith('+00:00') and isinstance(job, Job) and (job.name, job.progress, job.attempt) == ('a.wav', None, 0)
    assert job.metadata is not TranscriptionJob('b', 'w', 'p', 'f').metadata

@pytest.mark.parametrize('n', range(4))
def test_the_first_four_are_required(n):
    with pytest.raises(TypeError, match='required positional'): TranscriptionJob(*['x']*n)

def test_status_is_a_plain_string_to_those_who_compare():
    job = TranscriptionJob('a', 'w', 'p', 'f', 'running', metadata={'x': 1})
    assert job.status is R and job.status == 'running' and job.status in ['completed', 'running'] and f'{job.status}' == 'running' and json.dumps(job.status) == '"running"'

def test_json_and_missing_fields():
    job = TranscriptionJob('a', 'w', '/p', 'f', failure=Failure('error', 'no'), task=object())
    assert TranscriptionJob.from_json(job.to_json()) == job and 'task' not in job.to_dict() and job.to_dict()['plugin_name'] == 'w'
    with pytest.raises(InvalidInput, match='plugin_name'): TranscriptionJob.from_dict({'id': 'a', 'file_path': 'p', 'file_name': 'f'})

def test_signatures():
    params = inspect.signature(TranscriptionJobTracker).parameters
    assert [*params] == ['on_job_completed', 'store', 'logs']   # the contract's, then ours
    assert all(params[p].kind is inspect.Parameter.KEYWORD_ONLY and params[p].default is None for p in ('store', 'logs'))
    for name, params in dict(create_job=['plugin_name', 'file_path', 'file_name'], mark_running=['job_id', 'task'], mark_completed=['job_id', 'result'], mark_failed=['job_id', 'error'], cancel_job=['job_id'],
                             get_job=['job_id'], get_job_result=['job_id'], get_running_jobs=[], clear_completed=['keep_results']).items():
        assert [*inspect.signature(getattr(TranscriptionJobTracker, name)).parameters][1:][:len(params)] == params
    assert issubclass(TranscriptionJobTracker, JobTracker) and inspect.iscoroutinefunction(TranscriptionJobTracker.cancel_job)

@pytest.mark.parametrize('store', [True, False], ids=['store', 'memory'])
def test_the_folder_of_the_logs_may_be_given(tmp_path, url, store):
    with TranscriptionJobTracker(store=url if store else None, logs=tmp_path/'here') as t:
        job = in_status(t, R)
        t.log(job.id, b'word\n')
        assert (tmp_path/'here'/job.id/'1.output.log').read_bytes() == b'word\n' and t.log_tail(job.id) == 'word\n'

def test_a_tracker_in_memory_loads_no_database():
    code = 'from cjm_jobtrack import TranscriptionJobTracker as T; import sys; t = T(); t.create_job("w", "p", "f"); t.close(); print([m for m in ("sqlalchemy", "docker", "fastapi", "ipywidgets", "sqlite3") if m in sys.modules])'
    assert subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True).stdout == '[]\n'

# --- create_job

ODD_WORDS = {w: w for w in ('self', 'id', 'name', 'runner', 'spec', 'status', 'metadata', 'task', 'priority', 'timeout', 'store', 'job', 'cls', 'args', 'kwargs', 'result', 'created_at', 'max_attempts')}

def test_every_further_keyword_is_metadata(tracker):
    job = tracker.create_job('whisper', '/media/a.wav', 'a.wav', **ODD_WORDS, size=3)
    assert job.metadata == ODD_WORDS | {'size': 3} and (job.status, job.name, job.runner, job.task) == (P, 'a.wav', 'plugin', None) and job.id != 'id'
    assert tracker.store.get(job.id).metadata == job.metadata
    by_name = tracker.create_job(file_name='b.wav', file_path=Path('/media/b.wav'), plugin_name='w')
    assert (by_name.plugin_name, by_name.file_path, by_name.file_name, by_name.metadata) == ('w', '/media/b.wav', 'b.wav', {})

def test_ids_are_fresh_uuids(tracker):
    ids = {create(tracker).id for _ in range(50)}
    assert len(ids) == 50 and all(len(i) == 36 and i.count('-') == 4 for i in ids) and ids == set(tracker.jobs)

@pytest.mark.parametrize('field, args', [('plugin_name', (None, 'p', 'f')), ('file_path', ('w', None, 'f')), ('file_path', ('w', 7, 'f')), ('file_name', ('w', 'p', None))])
def test_bad_input_names_the_field(tracker, field, args):
    with pytest.raises(InvalidInput) as e: tracker.create_job(*args)
    assert e.value.field == field and not tracker.jobs and tracker.last_seq() == 0

def test_the_spec_says_what_is_asked(tracker):
    assert create(tracker, colour='red').spec == {'plugin_name': 'whisper', 'file_path': '/media/a.wav', 'file_name': 'a.wav'}

# --- marking

def test_the_way_of_a_job(tracker):
    called = []
    tracker.on_job_completed = lambda id, t: called.append((id, t is tracker, t.get_job(id).status, t.results[id], t.get_job(id).task))
    job, task = create(tracker), object()
    assert tracker.mark_running(job.id, task) is None and (job.status, job.task, tracker.get_running_jobs()) == ('running', task, [job])
    assert epoch(job.created_at) <= epoch(job.started_at) and job.completed_at is None and tracker.get_job_result(job.id) is None
    assert tracker.mark_completed(job.id, RESULT) is None
    assert (job.status, job.result, job.task, job.error, tracker.get_running_jobs()) == ('completed', RESULT, None, None, []) and epoch(job.started_at) <= epoch(job.completed_at)
    assert called == [(job.id, True, C, {'status': 'success', 'data': RESULT}, None)]
    assert tracker.get_job(job.id) is job and tracker.jobs[job.id] is job

def test_a_result_is_the_very_object_in_memory():
    with TranscriptionJobTracker() as t:
        job, result = in_status(t, R), {'text': 'x'}
        t.mark_completed(job.id, result)
        assert job.result is result and t.get_job_result(job.id)['data'] is result

def test_marked_as_running_twice(tracker):
    job, task, other = create(tracker), object(), object()
    tracker.mark_running(job.id, task)
    started, seen = job.started_at, tracker.last_seq()
    for give, keep in [((), task), ((None,), task), ((other,), other), ((), other)]:
        tracker.mark_running(job.id, *give)
        assert (job.started_at, job.task, job.attempt, tracker.last_seq()) == (started, keep, 1, seen)

@pytest.mark.parametrize('status', [C, F, X])
@pytest.mark.parametrize('late', [lambda t, id: t.mark_running(id, object()), lambda t, id: t.mark_completed(id, {'text': 'late'}), lambda t, id: t.mark_failed(id, 'late')])
def test_an_ended_job_stays_as_it_ended(tracker, status, late, caplog):
    called = []
    job = in_status(tracker, status)
    tracker.on_job_completed = lambda *a: called.append(a)
    before, results, seen = job.to_dict(), dict(tracker.results), tracker.last_seq()
    with caplog.at_level(logging.INFO): assert late(tracker, job.id) is None
    assert (job.to_dict(), job.task, tracker.results, tracker.last_seq(), called) == (before, None, results, seen, []) and job.id in caplog.text

def test_what_has_not_begun_is_not_completed(tracker):
    job = create(tracker)
    with pytest.raises(IllegalMove, match='is pending and cannot become completed'): tracker.mark_completed(job.id, {})
    assert job.status is P and not tracker.results
    tracker.mark_failed(job.id, 'refused')
    assert (job.status, job.error, tracker.get_job_result(job.id)) == (F, 'refused', {'status': 'error', 'error': 'refused'})

@pytest.mark.parametrize('id', ['gone', '', None, 7])
def test_unknown_ids_change_nothing(tracker, id):
    assert tracker.mark_running(id) is tracker.mark_running(id, object()) is tracker.mark_completed(id, {}) is tracker.mark_failed(id, 'x') is tracker.get_job(id) is tracker.get_job_result(id) is None
    assert asyncio.run(tracker.cancel_job(id)) is False and (tracker.jobs, tracker.results, tracker.get_running_jobs(), tracker.clear_completed(), tracker.last_seq()) == ({}, {}, [], 0, 0)

@pytest.mark.parametrize('error, told', [('no speech', 'no speech'), (ValueError('no'), 'no'), (Failure('exit', 'status 3', exit_code=3), 'status 3')])
def test_why_it_failed(tracker, error, told):
    job = in_status(tracker, R)
    tracker.mark_failed(job.id, error)
    assert (job.error, job.failure.message, tracker.results[job.id]) == (told, told, {'status': 'error', 'error': told})

def test_a_callback_that_raises_is_logged_not_printed(tracker, caplog, capsys):
    def bad(id, t): raise KeyError('disk full')
    tracker.on_job_completed = bad
    job = in_status(tracker, C)
    errors = [r for r in caplog.records if r.levelno >= logging.ERROR]
    assert job.status is C and tracker.results[job.id]['status'] == 'success' and len(errors) == 1 and errors[0].exc_info[0] is KeyError and capsys.readouterr() == ('', '')

# --- results and clearing

def test_results(tracker):
    jobs = {s: in_status(tracker, s) for s in JobStatus}
    expected = {C: {'status': 'success', 'data': RESULT}, F: {'status': 'error', 'error': 'no speech'}, X: {'status': 'cancelled'}}
    assert {s: tracker.get_job_result(j.id) for s, j in jobs.items()} == {P: None, R: None} | expected
    assert tracker.results == {jobs[s].id: r for s, r in expected.items()}

@pytest.mark.parametrize('keep', [False, True])
def test_clearing(tracker, keep):
    jobs = {s: in_status(tracker, s) for s in JobStatus}
    results = dict(tracker.results)
    assert tracker.clear_completed(keep_results=keep) == 3 and tracker.clear_completed(keep) == 0
    assert set(tracker.jobs) == {jobs[P].id, jobs[R].id} and tracker.results == (results if keep else {}) and tracker.get_job(jobs[C].id) is None
    assert tracker.get_job_result(jobs[C].id) == (results[jobs[C].id] if keep else None) and len(tracker.list_jobs()) == 2
    tracker.mark_completed(jobs[C].id, {})   # unknown by now

# --- cancelling

def test_cancel_table(tracker):
    async def main():
        for status, said, then in [(P, True, X), (R, True, X), (C, False, C), (F, False, F), (X, False, X)]:
            job = in_status(tracker, status)
            assert (await tracker.cancel_job(job.id), job.status, job.completed_at is not None) == (said, then, True)
    asyncio.run(main())

def test_cancel_as_the_known_caller_does(tracker):
    "Marked with the task, marked again without it, cancelled: the original had lost the handle."
    async def main():
        ended = []
        async def work(job):
            tracker.mark_running(job.id)
            try: await asyncio.Event().wait()
            finally: ended.append(True)
        job = create(tracker)
        task = asyncio.create_task(work(job))
        tracker.mark_running(job.id, task)
        await asyncio.sleep(0)
        assert await tracker.cancel_job(job.id) is True
        assert (ended, task.cancelled(), job.status, job.task, tracker.get_job_result(job.id), tracker.get_running_jobs()) == ([True], True, X, None, {'status': 'cancelled'}, [])
    asyncio.run(main())

@pytest.mark.parametrize('how', ['raises', 'marks failed', 'marks completed', 'returns'])
def test_what_a_task_does_while_it_is_cancelled_changes_nothing(tracker, how):
    async def main():
        job = create(tracker)
        async def work():
            try: await asyncio.Event().wait()
            except asyncio.CancelledError:
                await asyncio.sleep(0)
                if how == 'raises': raise RuntimeError('worker died') from None
                if how == 'marks failed': tracker.mark_failed(job.id, 'worker died')
                if how == 'marks completed': tracker.mark_completed(job.id, RESULT)
        tracker.mark_running(job.id, asyncio.create_task(work()))
        await asyncio.sleep(0)
        done = how == 'marks completed'   # it was faster, and says so itself
        assert (await tracker.cancel_job(job.id), job.status, job.error) == (not done, C if done else X, None)
    asyncio.run(main())

def test_a_task_that_completed_before_the_cancellation(tracker):
    async def main():
        called = []
        tracker.on_job_completed = lambda id, t: called.append(id)
        job = create(tracker)
        async def work(): return RESULT
        tracker.mark_running(job.id, task := asyncio.create_task(work()))
        await task
        assert (await tracker.cancel_job(job.id), job.status, job.result, called) == (False, C, RESULT, [job.id])
        tracker.mark_completed(job.id, RESULT)   # the caller's own line, which comes now
        assert called == [job.id]
    asyncio.run(main())

def test_the_callers_own_cancellation_is_not_swallowed(tracker):
    async def main():
        gate, job = asyncio.Event(), create(tracker)
        async def slow_to_end():
            try: await asyncio.Event().wait()
            finally: await gate.wait()
        tracker.mark_running(job.id, asyncio.create_task(slow_to_end()))
        await asyncio.sleep(0)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(.02): await tracker.cancel_job(job.id)
        gate.set()
        assert (await tracker.wait(job.id, 60)).status is X
    asyncio.run(main())

def test_all_calls_from_many_threads(tracker):
    tracker.on_job_completed = lambda id, t: t.get_job(id).metadata.update(saved=True)
    jobs, errors = [create(tracker, n=n) for n in range(40)], []
    def work(seed):
        try:
            for i in range(40):
                job = jobs[(i*3+seed) % 40]
                tracker.mark_running(job.id, seed)
                if seed % 4 == 3: asyncio.run(cancel(job.id))
                else: tracker.mark_failed(job.id, 'x') if seed % 4 == 2 else tracker.mark_completed(job.id, {'text': seed})
                tracker.get_job_result(job.id), tracker.get_running_jobs(), create(tracker)
        except BaseException as e: errors.append(e)
    async def cancel(id):
        if tracker.get_job(id).task is None or tracker.get_job(id).status is P: await tracker.cancel_job(id)
    threads = [threading.Thread(target=work, args=(s,)) for s in range(8)]
    for t in threads: t.start()
    for t in threads: t.join(60)
    assert not errors and all(j.is_terminal for j in jobs) and set(tracker.results) == {j.id for j in jobs}
    for job in jobs:
        ends = [e.type for e in tracker.history(job.id) if JobStatus.__members__.get(e.type.upper()) in (C, F, X)]
        assert ends == [job.status.value] and tracker.results[job.id]['status'] == {C: 'success', F: 'error', X: 'cancelled'}[job.status]
        assert (job.status is C) == bool(job.metadata.get('saved'))

# --- on a store

def test_a_restart_gives_everything_back(url):
    def save(id, t): t.get_job(id).metadata['saved_to_disk'] = True
    with TranscriptionJobTracker(save, store=url) as t:
        jobs = {s: in_status(t, s) for s in JobStatus}
        for j in jobs.values(): j.metadata['mood'] = 'good'
        results = dict(t.results)
        before = {s: j.to_dict() for s, j in jobs.items()}
    with TranscriptionJobTracker(store=url) as t:
        assert set(t.jobs) == {j.id for j in jobs.values()} and all(type(j) is TranscriptionJob for j in [*t.jobs.values(), *t.list_jobs()])
        for s, j in jobs.items():
            again = t.get_job(j.id)
            assert again is t.jobs[j.id] and {k: v for k, v in again.to_dict().items() if k != 'updated_at'} == {k: v for k, v in before[s].items() if k != 'updated_at'}
            assert (again.plugin_name, again.file_path, again.file_name, again.metadata) == ('whisper', '/media/a.wav', 'a.wav', {'mood': 'good'} | ({'saved_to_disk': True} if s is C else {}))
        assert t.results == results and t.get_running_jobs() == [t.get_job(jobs[R].id)]
        t.mark_completed(jobs[R].id, RESULT)
        assert t.clear_completed() == 4
    with TranscriptionJobTracker(store=url) as t: assert [*t.jobs] == [jobs[P].id] and not t.results

def test_only_the_latest_stay_at_hand_and_all_are_cleared(url, monkeypatch):
    monkeypatch.setattr(TranscriptionJobTracker, 'keep_ended', 3)
    for _ in range(2):
        with TranscriptionJobTracker(store=url) as t:
            jobs = [in_status(t, C) for _ in range(4)]
            assert [*t.jobs] == [*t.results] == [j.id for j in jobs[1:]] and t.get_job_result(jobs[0].id) == {'status': 'success', 'data': RESULT}
    with TranscriptionJobTracker(store=url) as t:
        assert [*t.jobs] == [j.id for j in jobs[1:]] and t.clear_completed(keep_results=True) == 8 and len(t.results) == 8 and not t.jobs

def test_other_kinds_of_jobs_on_the_same_store_are_left_alone(url):
    with JobTracker(url) as general:
        film = general.create_job('film', spec={'pipeline': 'transcode'})
        general.mark_running(film.id), general.mark_completed(film.id, {})
        with TranscriptionJobTracker(store=url) as t:
            mine = in_status(t, C)
            assert type(t.get_job(film.id)) is Job and type(t.get_job(mine.id)) is TranscriptionJob and type(general.get_job(mine.id)) is Job
            assert t.clear_completed() == 1 and general.get_job(film.id).status is C

def test_two_processes_on_one_store(url):
    "What one does the other sees, in the same class and with the same results."
    with TranscriptionJobTracker(store=url) as a, TranscriptionJobTracker(store=url) as b:
        job = create(a, by='ada')
        there = b.get_job(job.id)
        assert type(there) is TranscriptionJob and there == job
        a.mark_running(job.id)
        b.mark_failed(job.id, 'stopped by hand')
        a.mark_completed(job.id, RESULT)   # too late
        assert a.get_job_result(job.id) == b.get_job_result(job.id) == a.results[job.id] == b.results[job.id] == {'status': 'error', 'error': 'stopped by hand'}

# --- with a plugin manager

class Plugins:
    def __init__(self): self.ran = []
    def get_plugin_meta(self, name): return {'name': name} if name != 'gone' else None
    async def execute_plugin_async(self, name, **kw):
        self.ran.append((name, kw))
        await asyncio.sleep(.005 if name != 'endless' else 3600)
        if name == 'broken': raise RuntimeError('model file is missing')
        return dict(RESULT)

def test_the_known_callers_pattern(tracker):
    async def main():
        plugins, saved, jobs = Plugins(), [], []
        def on_completed(id, t):
            job, result = t.get_job(id), t.get_job_result(id)
            if not job.metadata: job.metadata = {}
            saved.append((job.file_name, result['data']['text']))
            job.metadata['saved_to_disk'] = True
        tracker.on_job_completed = on_completed
        async def carry_out(job):
            tracker.mark_running(job.id)
            try: tracker.mark_completed(job.id, await plugins.execute_plugin_async(job.plugin_name, audio=job.file_path))
            except Exception as e: tracker.mark_failed(job.id, str(e))
        for plugin in ('whisper', 'broken', 'endless'):
            job = tracker.create_job(plugin, f'/media/{plugin}.wav', f'{plugin}.wav')
            tracker.mark_running(job.id, asyncio.create_task(carry_out(job)))
            jobs.append(job)
        while not all(j.is_terminal for j in jobs[:2]): await asyncio.sleep(.005)   # as the page does
        assert tracker.get_running_jobs() == jobs[2:] and await tracker.cancel_job(jobs[2].id)
        assert [tracker.get_job_result(j.id) for j in jobs] == [{'status': 'success', 'data': RESULT}, {'status': 'error', 'error': 'model file is missing'}, {'status': 'cancelled'}]
        assert saved == [('whisper.wav', 'good morning')] and tracker.store.get(jobs[0].id).metadata == {'saved_to_disk': True}
        assert plugins.ran == [(j.plugin_name, {'audio': j.file_path}) for j in jobs]
    asyncio.run(main())

def test_a_mixin_between_the_two_trackers_is_called():
    called = []
    class Noting(JobTracker):
        def mark_running(self, job_id, task=None): called.append('running'); super().mark_running(job_id, task)
        def mark_completed(self, job_id, result, outputs=()): called.append('completed'); super().mark_completed(job_id, result, outputs)
        def mark_failed(self, job_id, error): called.append('failed'); super().mark_failed(job_id, error)
        def delete_job(self, job_id): called.append('deleted'); super().delete_job(job_id)
    class Mine(TranscriptionJobTracker, Noting): pass
    with Mine() as tracker:
        good, bad = [tracker.create_job('whisper', f'/media/{n}.wav', f'{n}.wav') for n in ('good', 'bad')]
        tracker.mark_running(good.id)
        tracker.mark_completed(good.id, {'text': 'hello'})
        tracker.mark_failed(bad.id, 'no speech found')
        tracker.mark_failed(good.id, 'too late')   # it stays as it ended
        tracker.delete_job(good.id)
        assert called == ['running', 'completed', 'failed', 'failed', 'deleted']
        assert bad.status == 'failed' and good.status == 'completed'
