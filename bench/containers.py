"""A container through `DockerRunner`, on record and with its log, against docker-py asked for the same container; and a log of 100 MB
against `docker logs`."""
import asyncio, os, statistics, subprocess, threading, time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import SimpleNamespace

from _measure import Result, folder, main
from cjm_jobtrack import JobTracker
from cjm_jobtrack.containers.spec import check_container, container_request
from cjm_jobtrack.containers.images import make_image
from cjm_jobtrack.containers.docker import DockerRunner
from cjm_jobtrack.runners.outcome import Report
from needs import NEEDS, dockerd, engine, where

IMAGE, LABEL = 'jobtrack-bench', {'jobtrack-bench': ''}
NOTHING = dict(image=IMAGE, argv=['/busybox', 'true'])

def begun(tracker, runner, spec):
    job = tracker.create_job('bench', runner=runner.name, spec=spec)
    tracker.mark_running(job.id)
    return job, Report(tracker, job.id, job.attempt)

async def carried_out(tracker, runner, spec, log_bytes=0):
    "A job on record, from its creation to its end, with its log."
    job, report = begun(tracker, runner, spec)
    outcome = await runner.follow(job, await runner.start(job), report)
    if outcome.status != 'completed': raise RuntimeError(f'{outcome}')
    tracker.mark_completed(job.id, outcome.result)
    if (size := tracker.logs.size(job.id, job.attempt)) != log_bytes: raise RuntimeError(f'{size} bytes of log, not {log_bytes}')

# Containers

@contextmanager
def docker(bench, what):
    "An engine with a small image, a runner and a tracker; None where there is none."
    if why := NEEDS['docker'].lacking() or NEEDS['busybox'].lacking(): bench.skip(what, why); yield None; return
    from docker import DockerClient
    from services import Docker
    with folder() as at:
        own = Docker().start() if dockerd() else None
        url = own.url if own else engine()
        client, tracker = DockerClient(base_url=url, timeout=120), JobTracker(f'sqlite:///{at}/jobs.db')
        runner = DockerRunner(at/'docker', tracker.logs, base_url=url)
        try:
            make_image(client, IMAGE, {'/busybox': where('busybox')})
            yield SimpleNamespace(url=url, client=client, tracker=tracker, runner=runner)
        finally:
            runner.close(), tracker.close()
            for c in client.api.containers(all=True, filters={'label': f'jobtrack.owner={runner.owner}'}): client.api.remove_container(c['Id'], force=True)
            for c in client.api.containers(all=True, filters={'label': list(LABEL)}): client.api.remove_container(c['Id'], force=True)
            client.images.remove(IMAGE, force=True)
            client.close()
            if own: own.close()

def ours_at_once(d, rounds, n):
    "Seconds for each round of `n` containers at once, removal included."
    async def main():
        for _ in range(rounds): await asyncio.gather(*(carried_out(d.tracker, d.runner, NOTHING) for _ in range(n)))
        async with asyncio.timeout(60):
            while d.client.api.containers(all=True, filters={'label': f'jobtrack.owner={d.runner.owner}'}): await asyncio.sleep(.005)
    begun = time.perf_counter()
    asyncio.run(main())
    return 1000*(time.perf_counter()-begun)/rounds

def docker_py(api, request):
    box = api.create_container(**request, labels=LABEL)['Id']
    api.start(box)
    api.wait(box)
    api.remove_container(box)

def theirs_at_once(d, rounds, n):
    request = container_request(check_container(NOTHING))
    begun = time.perf_counter()
    with ThreadPoolExecutor(n) as pool:
        for _ in range(rounds): list(pool.map(lambda _: docker_py(d.client.api, request), range(n)))
    return 1000*(time.perf_counter()-begun)/rounds

def containers(bench):
    for n, at_most in ((1, 1.15), (8, 1.10)):
        what = 'a container through DockerRunner' if n == 1 else f'{n} containers at once'
        if not bench.wanted(what): continue
        with docker(bench, what) as d:
            if d is None: continue
            rounds = (2 if bench.quick else 5) if n == 1 else 1
            for run in (ours_at_once, theirs_at_once): run(d, 1, n)
            bench.duel(what, 'ms', lambda d=d, r=rounds, n=n: ours_at_once(d, r, n), lambda d=d, r=rounds, n=n: theirs_at_once(d, r, n), 'docker-py: create, start, wait, remove', at_most=at_most, pairs=9 if n == 1 else 5, quick=3 if n == 1 else 2)

class Peak(threading.Thread):
    "The most memory that this process has above what it had, MB."
    def __init__(self):
        super().__init__(daemon=True)
        import psutil
        self.me, self.over = psutil.Process(), threading.Event()
        self.base = self.most = self.me.memory_info().rss
    def run(self):
        while not self.over.wait(.005): self.most = max(self.most, self.me.memory_info().rss)
    def __enter__(self): self.start(); return self
    def __exit__(self, *_): self.over.set(), self.join()
    @property
    def mb(self): return (self.most-self.base) / 2**20

def logs(bench):
    n = (5 if bench.quick else 100) * 1_000_000
    what, live, memory = f'{n//1_000_000} MB of log of a container', f'{n//1_000_000} MB of log while the container prints', f'memory while {n//1_000_000} MB of log come'
    if not any(map(bench.wanted, (what, live, memory))): return
    spec = dict(image=IMAGE, argv=['/busybox', 'sh', '-c', f'/busybox yes "frame 1234 of 9999, 56.7 % done, 89 frames a second, 12:34 to go" | /busybox head -c {n}'])
    with docker(bench, what) as d:
        if d is None: return
        peaks, api = [], d.client.api
        def told(box):   # what `docker logs` gives, seconds
            with folder() as at, open(at/'log', 'wb') as log:
                begun = time.perf_counter()
                subprocess.run(['docker', 'logs', box], env=os.environ | dict(DOCKER_HOST=d.url), stdout=log, stderr=log, check=True)
                took = time.perf_counter()-begun
                if (size := (at/'log').stat().st_size) != n: raise RuntimeError(f'`docker logs` gave {size} bytes, not {n}')
            return took
        def theirs(begun=None):
            box = api.create_container(**container_request(check_container(spec)), labels=LABEL)['Id']
            start = time.perf_counter()
            api.start(box)
            api.wait(box)
            ran = time.perf_counter()-start
            took = told(box)
            api.remove_container(box)
            return n / 1e6 / (took if begun is None else took + ran)
        async def read_after():
            job, report = begun(d.tracker, d.runner, spec)
            handle = await d.runner.start(job)
            await asyncio.to_thread(api.wait, handle['container'])
            with Peak() as peak:
                start = time.perf_counter()
                outcome = await d.runner.follow(job, handle, report)
                took = time.perf_counter()-start
            peaks.append(peak.mb)
            if (size := d.tracker.logs.size(job.id, job.attempt)) != n: raise RuntimeError(f'{size} bytes of log, not {n}')
            d.tracker.mark_completed(job.id, outcome.result)
            return n / 1e6 / took
        def all_the_while():
            with Peak() as peak:
                start = time.perf_counter()
                asyncio.run(carried_out(d.tracker, d.runner, spec, n))
                took = time.perf_counter()-start
            peaks.append(peak.mb)
            return n / 1e6 / took
        bench.duel(what, 'MB/s', lambda: asyncio.run(read_after()), theirs, '`docker logs` to a file', at_least=.5, pairs=3, quick=2)
        bench.duel(live, 'MB/s', all_the_while, lambda: theirs(0), 'start, wait, then `docker logs` to a file', at_least=.5, pairs=3, quick=2)
        if peaks: bench.report(Result(bench.name, memory, 'MB', statistics.median(peaks), '≤ 64 MB', max(peaks) <= 64, pairs=len(peaks), note='above what the process had before'))

if __name__ == '__main__': main(__file__, containers, logs)
