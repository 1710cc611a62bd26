"Jobs of this process: a tracker, a queue, functions, batches, a view."
import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from threading import Event
from typing import Any, assert_type
from IPython.display import HTML
from cjm_jobtrack import (Batch, CallRunner, Failure, Job, JobDashboard, JobEvent, JobExecutor, JobFuture, JobMonitor, JobQueue, JobStatus, JobStore, JobTracker, LogStore, OutputFile,
                          RetryPolicy, TranscriptionJob, TranscriptionJobTracker, monitor, submit_batch)
from cjm_jobtrack.runners.outcome import Report

async def count(n:int, report:Report) -> dict[str, int]:
    for i in range(n):
        await asyncio.sleep(.1)
        report.progress(100 * (i+1) / n, f'{i+1} of {n}')
        report.log(b'one more\n')
        report.note('counted', {'so_far': i})
        if report.cancelled: break
    return {'counted': n}

async def track(folder:Path) -> None:
    tracker = JobTracker(f'sqlite:///{folder}/jobs.db', logs=folder/'logs')
    runner = CallRunner({'count': count}, pool='process', warm=2)
    queue = JobQueue(tracker, runner, slots=8, resources={'gpu': 2}, backoff=RetryPolicy(base=2., cap=60.)).start()
    spec = runner.call(count, 30) | {'resources': {'gpu': 1}, 'stall_timeout': 300}
    job = queue.submit(tracker.create_job('render', spec=spec, max_attempts=3, timeout=7200, metadata={'user': 'ada'}))
    assert_type(job, Job)
    assert_type(queue.why_waiting(job.id), str|None)
    assert_type(await tracker.wait(job.id, timeout=60), Job)
    assert_type(tracker.join(job.id), Job)
    assert_type(await tracker.cancel_job(job.id), bool)
    assert_type(await tracker.cancel_all('night'), list[Job])
    assert_type(tracker.get_job(job.id), Job|None)
    assert_type(tracker.list_jobs('failed', limit=10, before=job.id), list[Job])
    assert_type(tracker.list_jobs([JobStatus.PENDING, 'running'], metadata={'user': 'ada'}), list[Job])
    assert_type(tracker.counts(), dict[str, int])
    assert_type(tracker.log_tail(job.id, lines=20), str)
    assert_type(tracker.logs, LogStore)
    assert_type(tracker.is_closed, bool)
    assert_type(tracker.jobs, dict[str, Job])
    assert_type([event.type for event in tracker.history(job.id)], list[str])
    async for event in tracker.watch(job.id, after=0): assert_type(event, JobEvent)
    unsubscribe = tracker.subscribe(print, job.id)
    unsubscribe()
    queue.recheck = 2.
    queue.stop(timeout=10)
    tracker.close()

def read(job:Job) -> None:
    assert_type(job.status, JobStatus)
    assert_type(job.status.is_terminal, bool)
    assert_type(job.progress, float|None)
    assert_type(job.elapsed_s, float|None)
    assert_type(job.outputs, list[OutputFile])
    if job.failure is not None: print(job.failure.kind, job.failure.message, job.failure.hint)
    for file in job.outputs: assert_type(file.local_path, Path)
    assert_type(Job.from_json(job.to_json()), Job)
    assert_type(Job.from_dict(job.to_dict()), Job)
    assert_type(Job(name='a', spec={'argv': ['true']}).is_terminal, bool)

def by_hand() -> None:
    "Work that is marked by the code that does it."
    def ended(job_id:str, tracker:JobTracker) -> None: print(job_id, tracker.get_job_result(job_id))
    with JobTracker(on_job_completed=ended) as tracker:
        job = tracker.create_job('by hand', id='c0de', priority=1)
        tracker.mark_running(job.id)
        tracker.mark_progress(job.id, 50, 'halfway')
        tracker.note(job.id, 'checked', {'by': 'me'}, message='checked')
        tracker.log(job.id, b'a line\n')
        tracker.mark_completed(job.id, {'n': 1}, [OutputFile('a.txt', '/tmp/a.txt', 12)])
        tracker.mark_failed(job.id, Failure('error', 'it broke'))
        tracker.mark_failed(job.id, 'it broke')
        tracker.mark_pending(job.id, 'once more')
        tracker.mark_cancelled(job.id)
        tracker.pin(job.id)
        assert_type(tracker.get_running_jobs(), list[Job])
        assert_type(tracker.pending_jobs(), list[Job])
        assert_type(tracker.events(after=0, limit=None), list[JobEvent])
        tracker.delete_job(job.id)
        tracker.signal_changes(Event(), job.id)()
        assert_type(tracker.clear_completed(), int)

def events(tracker:JobTracker) -> AsyncIterator[JobEvent]: return tracker.watch()

def many(queue:JobQueue, runner:CallRunner) -> Batch:
    specs = [runner.call(count, n) for n in range(10)]
    batch = submit_batch(queue, specs, id='tuesday-night', name='count', max_attempts=2)
    for job in batch.as_completed(timeout=60): print(job.name, job.status, job.result)
    assert_type(batch.retry_failed(queue, cancelled=True), Batch)
    assert_type(batch.retry_failed().queue, JobQueue|None)
    assert_type(batch.monitor(), JobDashboard)
    assert_type(batch.join(), dict[str, int])
    assert_type(batch.jobs('failed'), list[Job])
    assert_type(batch.is_done, bool)
    return Batch(queue.tracker, batch.id, queue)

async def many_async(batch:Batch) -> None:
    async for job in batch.as_completed(): assert_type(job, Job)
    assert_type(await batch.wait(10), dict[str, int])
    assert_type(await batch.cancel(), dict[str, int])

async def executor(queue:JobQueue, runner:CallRunner) -> list[int]:
    with JobExecutor(queue, runner, where='thread') as executor:
        future = executor.submit(len, 'abc')
        assert_type(future, JobFuture[int])
        assert_type(future.job, Job)
        print(future.result(timeout=3), future.job_id)
        print(await asyncio.get_running_loop().run_in_executor(executor, len, 'abc'))
        return list(executor.map(len, ['a', 'b']))

def show(job:Job, tracker:JobTracker) -> JobMonitor:
    view = monitor(job)
    assert_type(view.snapshot(), HTML)
    assert_type(view.following, bool)
    view.cancel()
    view.close()
    monitor(job.id, 'sqlite:///jobs.db')
    monitor(job.id, JobStore('jobs.db'))
    return JobMonitor(job.id, tracker)

def show_many(tracker:JobTracker, batch:Batch) -> JobDashboard:
    def retry(id:str|None) -> str|None: return batch.retry_failed().id if id == batch.id else None
    view = JobDashboard(tracker, batch=batch.id, retry=retry, page=50)
    assert_type(view.snapshot(), HTML)
    assert_type(view.is_over, bool)
    view.cancel()
    view.retry_failed()
    view.close()
    return JobDashboard('sqlite:///jobs.db').start()

async def transcribe(folder:Path) -> dict[Any, Any]|None:
    def ended(job_id:str, tracker:TranscriptionJobTracker) -> None: print(job_id, tracker.results)
    tracker = TranscriptionJobTracker(ended, store=f'sqlite:///{folder}/jobs.db')
    job = tracker.create_job('whisper', folder/'talk.wav', 'talk.wav', language='en')
    assert_type(job, TranscriptionJob)
    tracker.mark_running(job.id, asyncio.current_task())
    tracker.mark_completed(job.id, 'hello')
    return tracker.get_job_result(job.id)
