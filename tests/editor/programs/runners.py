"What carries jobs out: programs, containers, plugins, and a runner of one's own."
import asyncio
from pathlib import Path
from typing import Any, assert_type
from cjm_jobtrack import (BaseRunner, CallRunner, ConformanceJobs, ConformanceReport, DockerRunner, Job, JobQueue, JobTracker, LogStore, Outcome, Pipeline,
                          PipelineCatalog, PipelineRunner, PluginRunner, ProcessRunner, Receipt, Runner, Trial, check_runner)
from cjm_jobtrack.runners.outcome import Report

class SleepRunner(BaseRunner):
    "Sleeps."
    name = 'sleep'

    def __init__(self) -> None: self.tasks: dict[str, asyncio.Task[None]] = {}

    async def start(self, job:Job) -> dict[str, Any]:
        self.tasks[job.id] = asyncio.create_task(asyncio.sleep(job.spec['seconds']))
        return {'id': job.id}

    async def find(self, job:Job) -> dict[str, Any]|None: return {'id': job.id} if job.id in self.tasks else None

    async def follow(self, job:Job, handle:dict[str, Any], report:Report) -> Outcome:
        report.progress(50)
        await self.tasks[handle['id']]
        if report.cancelled: return Outcome.failed('error', 'it was too long', exit_code=1)
        return Outcome.completed({'slept': True})

    async def stop(self, job:Job, handle:dict[str, Any], grace:float) -> Receipt:
        self.tasks[handle['id']].cancel()
        return Receipt(confirmed=True, how='cancelled')

async def check() -> Runner:
    runner = SleepRunner()
    report = await check_runner(runner, ConformanceJobs(quick={'seconds': 0}, endless={'seconds': 900}), deadline=5)
    assert_type(report, ConformanceReport)
    print(*report, report.untried)
    await check_runner(runner, {'seconds': 0}, {'seconds': 900})
    Trial(quick={}, endless={})
    return runner

def programs(folder:Path) -> JobQueue:
    tracker, logs = JobTracker(), LogStore(folder/'logs')
    runners:list[Runner] = [SleepRunner(), ProcessRunner(folder/'attempts', logs), DockerRunner(folder/'docker', logs, roots=[folder]), CallRunner()]
    catalog = PipelineCatalog.load('pipelines.toml')
    for pipeline in catalog: assert_type(pipeline, Pipeline)
    assert_type(catalog['transcribe'].check('talk.wav', {'language': 'en'}, folder), tuple[str|None, dict[Any, Any]])
    assert_type(catalog.names(), list[str])
    pipelines = PipelineRunner(catalog, runners, workspace=folder, outputs=folder/'outputs')
    return JobQueue(tracker, [pipelines, *runners])

async def containers() -> None:
    docker = DockerRunner(timeout=60)
    argv = ['/ffmpeg', '-i', '/input/talk.mp4', '/output/talk.webm']
    job = docker.run('jobtrack-transcode', argv, inputs=['~/talks/talk.mp4'], outputs='webm', gpus=1)
    assert_type(await docker.queue().tracker.wait(job.id), Job)
    assert_type(await docker.lacks('jobtrack-transcode'), str|None)
    docker.close()

def plugins(manager:object, runner:CallRunner) -> PluginRunner:
    @runner.register
    def double(n:int) -> int: return 2*n
    assert_type(double(2), int)
    plugin = PluginRunner(manager, file_argument='audio')
    assert_type(plugin.call('whisper', 'talk.wav', language='en'), dict[Any, Any])
    return plugin
