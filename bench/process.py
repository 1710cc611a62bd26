"""A program as a job that outlives us, against a bare subprocess of asyncio.

The job's program has a supervisor, a lock, a log file, and where this machine allows it a control group of its own, and it could
be adopted by another process at any instant. The bare one has none of it: its output goes to a file, and it is waited for."""
import asyncio, tempfile, time
from pathlib import Path
from _measure import main
from cjm_jobtrack.tracker.tracker import JobTracker
from cjm_jobtrack.runners.process import ProcessRunner
from cjm_jobtrack.runners.outcome import Report

async def bare(folder:Path, count:int) -> float:  # ms for one
    begun = time.perf_counter()
    for n in range(count):
        with (folder/f'{n}.log').open('ab') as log:
            p = await asyncio.create_subprocess_exec('/bin/true', stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
            await p.wait()
    return (time.perf_counter()-begun) / count * 1e3

async def ours(folder:Path, count:int, tracker:JobTracker, **options) -> float:  # ms for one
    runner, jobs = ProcessRunner(folder/'work', tracker.logs, **options), [tracker.create_job('true', runner='process', spec={'argv': ['/bin/true']}) for _ in range(count)]
    for job in jobs: tracker.mark_running(job.id)
    runner._sweep()  # once in the life of a runner
    begun = time.perf_counter()
    for job in jobs:
        outcome = await runner.follow(job, await runner.start(job), Report(tracker, job.id, job.attempt))
        assert outcome.status == 'completed', outcome
    return (time.perf_counter()-begun) / count * 1e3

def process(bench):
    count = 10 if bench.quick else 30   # programs for one sample
    for what, groups in ('in a control group of its own', True), ('without control groups', False):
        with tempfile.TemporaryDirectory(prefix='jobtrack-bench-') as folder, JobTracker() as tracker:
            def mine(folder=Path(folder), tracker=tracker, groups=groups): return asyncio.run(ours(folder, count, tracker, groups=groups))
            def its(folder=Path(folder)): return asyncio.run(bare(folder, count))
            bench.duel(f'/bin/true as a job {what}, start to outcome', 'ms', mine, its, 'asyncio.create_subprocess_exec', over=True, at_most=3, quick=2)

if __name__ == '__main__': main(__file__, process)
