"Mistakes: a type checker finds each of them, and nothing else."
from pathlib import Path
import cjm_jobtrack
from cjm_jobtrack import CallRunner, DockerRunner, InvalidInput, Job, JobQueue, Jobs, JobStatus, JobTracker, RemoteClient, RetentionPolicy
from cjm_jobtrack import jobs, monitor, prune, run

async def mistakes(tracker:JobTracker, client:RemoteClient, queue:JobQueue, job:Job, docker:DockerRunner) -> None:
    cjm_jobtrack.JobTrackers()   # wrong
    tracker.create_job(1)   # wrong
    tracker.create_job('a', priorty=1)   # wrong
    tracker.create_job('a', priority='high')   # wrong
    tracker.create_job()   # wrong
    tracker.creat_job('a')   # wrong
    tracker.get_job('a').status   # wrong
    tracker.cancel_job('a').bit_length()   # wrong
    tracker.mark_failed('a', 3)   # wrong
    tracker.is_closed = True   # wrong
    tracker.list_jobs().status   # wrong
    for _ in tracker.watch('a'): pass   # wrong
    JobTracker(store=3)   # wrong
    JobQueue(tracker, CallRunner(), slot=2)   # wrong
    JobQueue(tracker)   # wrong
    queue.submit('a')   # wrong
    queue.recheck = 'often'   # wrong
    client.submit('transcribe', 3)   # wrong
    client.download(job)   # wrong
    client.wait(job.id).then(print)   # wrong
    await client.get_job('a')   # wrong
    docker.run(['true'])   # wrong
    monitor(7)   # wrong
    prune(tracker, '30d')   # wrong
    RetentionPolicy(keep='all')   # wrong
    job.progres   # wrong
    job.progress + 1   # wrong
    JobStatus.DONE   # wrong
    job.status = 'complete'   # wrong
    InvalidInput('field')   # wrong
    Path(job)   # wrong
    run(print, 1, timeout='a minute')   # wrong
    run(print).await_result()   # wrong
    run(print).wait('a minute')   # wrong
    jobs().runn(print)   # wrong
    Jobs(slots='two')   # wrong
    jobs()[job.id].progres   # wrong
