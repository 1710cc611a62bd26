"The few calls that people type from memory."
from collections.abc import Iterator
from pathlib import Path
from typing import Any, assert_type
from cjm_jobtrack import Batch, JobEvent, JobMonitor, Jobs, SubmittedBatch, SubmittedJob, batch, jobs, run, track, use
from cjm_jobtrack import JobCancelled, JobFailed, NoResult
from cjm_jobtrack.runners.outcome import Report

def transcribe(path:str, report:Report|None=None) -> dict[str, int]:
    for word in track(['one', 'two'], message='words'): assert_type(word, str)
    return {'words': 2}

def functions() -> None:
    job = run(transcribe, 'talk.wav', name='talk', timeout=60, resources={'gpu': 1})
    assert_type(job, SubmittedJob)
    assert_type(job.wait(timeout=60), SubmittedJob)
    assert_type(job.log, str)
    assert_type(job.history(), list[JobEvent])
    assert_type(job.cancel(), bool)
    assert_type(job.retry(), SubmittedJob)
    assert_type(job.monitor(), JobMonitor)
    assert_type(job.progress, float|None)
    try: print(job.result['words'])
    except JobFailed as e: print(e.failure.kind, e.failure.message)
    except JobCancelled as e: print(e.job_id)
    except NoResult as e: print(e.job_id)

async def awaited() -> Any: return await run(transcribe, 'talk.wav', where='thread')

def programs(folder:Path) -> None:
    run('ffmpeg -i talk.mp4 talk.webm')
    run(['ffmpeg', '-i', folder/'talk.mp4', 'talk.webm'], outputs='*.webm', cwd=folder)
    run(['/ffmpeg'], image='jobtrack-transcode', inputs=[folder/'talk.mp4'])
    run('transcribe', folder/'talk.wav', on='http://127.0.0.1:3001')

def many() -> Batch:
    night = batch('transcribe', 'talks/*.wav', id='tuesday-night', priority=1)
    for job in night.as_completed(): print(job.name, job.status)
    assert_type(night.wait(60).cancel(), dict[str, int])
    print(night.retry().id)
    return batch(transcribe, ['a.wav', 'b.wav'], max_attempts=2)

async def many_awaited() -> int: return (await batch(transcribe, ['a.wav']))['completed']

def record() -> Iterator[SubmittedJob]:
    use('http://127.0.0.1:3001')
    use(Jobs(memory=True))
    assert_type(jobs(), Jobs)
    with Jobs('lab.db', slots=2, resources={'gpu': 1}) as lab:
        job = lab.run(transcribe, 'talk.wav')
        assert_type(lab[job.id], SubmittedJob)
        assert_type(lab[0], SubmittedJob)
        assert_type(lab.get('7f3a'), SubmittedJob|None)
        assert_type(job in lab, bool)
        assert_type(len(lab), int)
        assert_type(lab.counts(), dict[str, int])
        assert_type(lab.wait(job, timeout=60), list[SubmittedJob])
        assert_type(lab.why_waiting(job), str|None)
        assert_type(lab.cancel(job.id), bool)
        assert_type(lab.batch('transcribe', 'talks'), SubmittedBatch)
        yield from lab
