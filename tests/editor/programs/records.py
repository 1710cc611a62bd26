"Records over the years, and the logs beside them."
from pathlib import Path
from typing import assert_type
from cjm_jobtrack import (Job, JobEvent, JobStatus, JobStore, JobTracker, LogStore, RetentionPolicy, backup, export_jobs, import_jobs, orphans, prune)
from cjm_jobtrack.logs.gaps import LogChunk
from cjm_jobtrack.maintenance.jsonl import ImportReport
from cjm_jobtrack.maintenance.retention import PruneReport
from cjm_jobtrack.maintenance.transfer import BackupReport

def keep(folder:Path) -> None:
    with JobStore(f'sqlite:///{folder}/jobs.db', durability='full') as store:
        assert_type(store.get('c0de'), Job|None)
        assert_type(store.list([JobStatus.FAILED], limit=10), list[Job])
        assert_type(store.events(after=3), list[JobEvent])
        assert_type(store.counts(), dict[str, int])
        assert_type(store.record_id(), str)
        assert_type(store.file, Path|None)
        tracker = JobTracker(store)
        policy = RetentionPolicy(older_than='30d', keep=1000)
        report = prune(tracker, policy, dry_run=True, after=print)
        assert_type(report, PruneReport)
        assert_type(report.summary(), str)
        assert_type(orphans(tracker, remove=True), list[str])
        assert_type(export_jobs(tracker, folder/'jobs.jsonl', 'failed', limit=10), int)
        assert_type(import_jobs(tracker, folder/'jobs.json', live='skip'), ImportReport)
        assert_type(backup(tracker, folder/'backup.db', logs=True), BackupReport)
        assert_type(tracker.store.delete('c0de'), bool)

async def read(logs:LogStore, job_id:str) -> None:
    assert_type(logs.append(job_id, 1, b'a line\n'), int)
    assert_type(logs.tail(job_id, 1, lines=20), str)
    assert_type(logs.read(job_id, 1, offset=0), LogChunk)
    assert_type(logs.path(job_id, 1), Path)
    assert_type(logs.attempts(job_id), list[int])
    with logs.open(job_id, 1) as f: assert_type(f.fileno(), int)
    for line in logs.lines(job_id, 1): assert_type(line.text, str)
    for match in logs.search(job_id, 'error', regex=True): assert_type(match.offset, int)
    for gap in logs.gaps(job_id, 1): assert_type(gap.size, int)
    for chunk in logs.follow(job_id, 1, until=lambda: True): assert_type(chunk.data, bytes)
    async for chunk in logs.follow(job_id, 1): assert_type(chunk.next_offset, int)
    logs.trim(job_id, 1)
    logs.remove(job_id)
    LogStore(Path('logs'), cap=None)
