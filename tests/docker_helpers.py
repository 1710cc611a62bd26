"""For tests of containers: a small image, and a tracker, a runner and jobs for it."""
import asyncio, io, tarfile, textwrap
from contextlib import contextmanager, suppress
import docker
from helpers import until
from needs import where
from cjm_jobtrack.tracker.tracker import JobTracker
from cjm_jobtrack.containers.docker import DockerRunner
from cjm_jobtrack.runners.outcome import Report

IMAGE = 'jobtrack-test-busybox'
DOCKERFILE = 'FROM scratch\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox", "--install", "-s", "/bin"]\nCMD ["/bin/sh", "-c", "echo the image has its own words"]\n'

def small_image(
    url:str,         # The engine
    name:str=IMAGE,  # What it is called
) -> str:
    "An image with the tools of busybox, made if it is not there."
    client = docker.DockerClient(base_url=url, timeout=60)
    try:
        if client.api.images(name): return name
        with io.BytesIO() as held:
            with tarfile.open(fileobj=held, mode='w') as tar:
                tar.add(where('busybox'), 'busybox')
                info = tarfile.TarInfo('Dockerfile')
                info.size = len(DOCKERFILE)
                tar.addfile(info, io.BytesIO(DOCKERFILE.encode()))
            held.seek(0)
            client.images.build(fileobj=held, custom_context=True, tag=name, rm=True, forcerm=True)
        return name
    finally: client.close()

class Bench:
    "A tracker, a runner, and jobs for it."
    def __init__(self, tmp, url, through=None, **options):
        self.tmp, self.url, self.tracker = tmp, url, JobTracker(f'sqlite:///{tmp}/jobs.db')
        self.runner = DockerRunner(tmp/'docker', self.tracker.logs, base_url=through or url, **options)
        self.runner.interval, self.runner.look_every = .02, .5
        self.client = docker.DockerClient(base_url=url, timeout=60)

    def begin(self, *argv, **spec):
        job = self.tracker.create_job('p', runner='docker', spec={'image': IMAGE, 'argv': [str(a) for a in argv] or None, **spec})
        self.tracker.mark_running(job.id)
        return job, Report(self.tracker, job.id, job.attempt)

    def sh(self, code, **spec): return self.begin('sh', '-c', textwrap.dedent(code), **spec)
    def log(self, job): return at.read_bytes() if (at := self.tracker.logs.path(job.id, job.attempt)).exists() else b''
    def box(self, job): return self.client.api.inspect_container(self.runner.container(job))
    def is_there(self, job): return bool(self.ours(f'jobtrack.job={job.id}'))
    def ours(self, label=None): return self.client.api.containers(all=True, filters={'label': label or f'jobtrack.owner={self.runner.owner}'})
    def another(self): return DockerRunner(self.runner.folder, self.tracker.logs, base_url=self.runner.url)

    async def outcome(self, job, report, deadline=100.):
        async with asyncio.timeout(deadline): return await self.runner.follow(job, await self.runner.start(job), report)

    def run(self, job, report, deadline=100.): return asyncio.run(self.outcome(job, report, deadline))

    def close(self):
        self.runner.close()
        for c in self.ours():
            with suppress(docker.errors.NotFound, docker.errors.APIError): self.client.api.remove_container(c['Id'], force=True, v=True)   # it may be going just now
        until(lambda: not self.ours(), 'all containers to be removed')
        self.client.close()
        self.tracker.close()

@contextmanager
def bench_at(
    tmp,           # A folder
    url,           # The engine
    through=None,  # How the runner reaches it; None: in the same way
    **options,     # As for `DockerRunner`
):
    small_image(url)
    b = Bench(tmp, url, through, **options)
    try: yield b
    finally: b.close()
