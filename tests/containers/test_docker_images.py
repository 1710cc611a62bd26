"The shipped pipelines in containers: the images are built without a registry, chosen where they are there, and do what the processes do."
import asyncio, re, shutil, subprocess, sys
from contextlib import closing
from pathlib import Path
import docker, pytest
from cjm_jobtrack import run, use
from cjm_jobtrack.model.errors import InvalidInput
from cjm_jobtrack.tracker.tracker import JobTracker
from cjm_jobtrack.containers.docker import DockerRunner
from cjm_jobtrack.pipelines.pipeline import SHIPPED, PipelineCatalog, PipelineRunner
from cjm_jobtrack.runners.process import ProcessRunner
from cjm_jobtrack.runners.conformance import check_runner
from cjm_jobtrack.runners.outcome import Report
from docker_helpers import IMAGE, small_image
from helpers import until

pytestmark = pytest.mark.needs('busybox')
imageio_ffmpeg = pytest.importorskip('imageio_ffmpeg')

def build(root, url, *names):
    from os import environ
    subprocess.run([sys.executable, str(root/'images/build.py'), *names], check=True, env=environ | {'DOCKER_HOST': url}, timeout=600, stdout=subprocess.DEVNULL)

class Bench:
    def __init__(self, tmp, url, *paths):
        self.workspace, self.tracker = tmp/'workspace', JobTracker()
        self.workspace.mkdir()
        self.docker = DockerRunner(tmp/'docker', self.tracker.logs, base_url=url, roots=[self.workspace, tmp/'outputs'])
        self.runner = PipelineRunner(PipelineCatalog.load(*paths), [ProcessRunner(tmp/'work', self.tracker.logs), self.docker], self.workspace, tmp/'outputs')

    async def run(self, pipeline, input=None, **params):
        job = self.tracker.create_job(pipeline, runner='pipeline', spec=self.runner.check(dict(pipeline=pipeline, input=input, params=params)))
        self.tracker.mark_running(job.id)
        async with asyncio.timeout(100): outcome = await self.runner.follow(job, await self.runner.start(job), Report(self.tracker, job.id, job.attempt))
        if outcome.failure: self.tracker.mark_failed(job.id, outcome.failure)
        else: self.tracker.mark_completed(job.id, outcome.result)
        async with asyncio.timeout(90):
            while (self.docker.folder/'attempts'/job.id).exists(): await asyncio.sleep(.02)
        return job, outcome, next((e.data for e in self.tracker.history(job.id) if e.type == 'runner'), None)

    def close(self):
        self.docker.close()
        self.tracker.close()

def film(path):
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), '-v', 'error', '-f', 'lavfi', '-i', 'testsrc=size=320x240:rate=10:duration=3', '-f', 'lavfi', '-i', 'sine=duration=3', '-shortest', str(path)], check=True, timeout=60)

def test_a_container_is_chosen_where_the_image_is_there(tmp_path, own_docker, root):
    b = Bench(tmp_path, own_docker.url)
    film(b.workspace/'-my talk.mp4')
    try:
        job, outcome, told = asyncio.run(b.run('transcode', '-my talk.mp4', height=120))
        assert outcome.status == 'completed' and told['runner'] == 'process' and "no image 'jobtrack-transcode'" in told['why']
        build(root, own_docker.url, 'transcode')
        for params, name in ({'height': 120}, '-my talk.mp4'), ({'codec': 'copy', 'container': 'mkv'}, '-my talk.mkv'), ({'codec': 'vp9', 'container': 'webm', 'height': 64, 'crf': 40}, '-my talk.webm'), ({'codec': 'h265', 'height': 64}, '-my talk.mp4'):
            job, outcome, told = asyncio.run(b.run('transcode', '-my talk.mp4', **params))
            assert outcome.status == 'completed' and told['runner'] == 'docker' and 'has the image' in told['why'], outcome
            assert [o.name for o in outcome.outputs] == [name] and job.progress in ((100,) if params.get('codec') != 'copy' else (100, None)) and outcome.result['exit_code'] == 0
            probe = subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), '-i', outcome.outputs[0].path], capture_output=True, text=True, timeout=60).stderr
            assert 'Duration: 00:00:03' in probe and 'Audio:' in probe and f'x{params.get("height", 240)}' in probe
        (b.workspace/'notes.mp4').write_text('no video')
        for name, params in ('notes.mp4', {}), ('-my talk.mp4', {'container': 'webm'}), ('-my talk.mp4', {'codec': 'copy', 'height': 64}):
            outcome = asyncio.run(b.run('transcode', name, **params))[1]
            assert outcome.failure.kind == 'invalid', outcome
        own_docker.stop()
        assert asyncio.run(b.run('transcode', '-my talk.mp4', height=64))[2]['runner'] == 'process'
        own_docker.start()
    finally: b.close()

def test_the_line_of_the_readme(tmp_path, own_docker, root, monkeypatch):
    build(root, own_docker.url, 'transcode')
    (tmp_path/'talks').mkdir()
    film(tmp_path/'talks/talk.mp4')
    code = next(block for block in re.findall('```python\n(.*?)```', (root/'README.md').read_text(), re.S) if 'image=' in block)
    monkeypatch.chdir(tmp_path)
    for k in 'XDG_DATA_HOME', 'JOBTRACK_URL': monkeypatch.delenv(k, raising=False)
    for k, v in dict(HOME=str(tmp_path), XDG_STATE_HOME=str(tmp_path/'state'), DOCKER_HOST=own_docker.url).items(): monkeypatch.setenv(k, v)
    jobs = use(None)
    names = {'run': run}   # imported by an earlier cell
    try:
        exec(code, names)  # noqa: S102
        job = names['talk'].wait(120)
        assert job.status == 'completed' and [o.name for o in job.outputs] == ['talk.webm'] and (tmp_path/'webm/talk.webm').stat().st_size > 1000
        with closing(docker.DockerClient(base_url=own_docker.url)) as client: until(lambda: not client.containers.list(all=True, filters={'label': 'jobtrack.job'}, ignore_removed=True), 'the container to be removed')
    finally: jobs.close()

@pytest.mark.slow
@pytest.mark.needs('debootstrap')
def test_transcribe_in_a_container(tmp_path, own_docker, root):
    build(root, own_docker.url, 'transcribe')
    b = Bench(tmp_path, own_docker.url)
    shutil.copy(SHIPPED/'recording.wav', b.workspace)
    try:
        job, outcome, told = asyncio.run(b.run('transcribe', 'recording.wav'))
        assert outcome.status == 'completed' and told['runner'] == 'docker' and job.progress == 100
        assert 'nothing was lost on the way' in Path(next(o.path for o in outcome.outputs if o.name == 'recording.txt')).read_text()
    finally: b.close()

TOML = f'''
[pipelines.shout]
runner = "docker"
argv = ["sh", "-c", 'tr a-z A-Z <"$0" >"$1"; echo "Progress: 100%"; exit "$2"', "{{input}}", "{{output_dir}}/{{stem}}.txt", "{{code}}"]
accepts = [".txt"]
invalid_exit = [65]
docker = {{ image = "{IMAGE}", limits = {{ memory = "64m" }} }}
params.code = {{ type = "int", default = 0 }}

[pipelines.count]
runner = "docker"
input = "none"
argv = ["sleep", "{{seconds}}"]
docker = {{ image = "{IMAGE}" }}
params.seconds = {{ type = "int", default = 0 }}
'''

def test_a_pipeline_of_containers(tmp_path, docker_engine):
    small_image(docker_engine.url)
    (tmp_path/'p.toml').write_text(TOML)
    b = Bench(tmp_path, docker_engine.url, tmp_path/'p.toml')
    (b.workspace/'a b; c.txt').write_text('hello')
    try:
        job, outcome, told = asyncio.run(b.run('shout', 'a b; c.txt'))
        assert (outcome.status, Path(outcome.outputs[0].path).read_text(), told) == ('completed', 'HELLO', None)
        assert asyncio.run(b.run('shout', 'a b; c.txt', code=65))[1].failure.kind == 'invalid'
        spec = lambda n: {'pipeline': 'count', 'input': None, 'params': {'seconds': n}}
        asyncio.run(check_runner(b.runner, spec(0), spec(600), b.tracker, deadline=60.))
        for j in b.tracker.get_running_jobs(): b.tracker.mark_failed(j.id, 'the trial is over')
        async def cleared():
            async with asyncio.timeout(90):
                while await b.docker.reap(b.tracker): await asyncio.sleep(.02)
        asyncio.run(cleared())
    finally: b.close()

@pytest.mark.parametrize('text, key', [
    ('runner = "docker"', 'docker'), ('docker = 3', 'docker.image'), ('docker = {}', 'docker.image'), ('docker = {image = "x", volumes = ["/:/"]}', 'docker.volumes'), ('docker = {image = "x", inputs = {"/etc" = "/in"}}', 'docker.inputs'),
    ('docker = {image = "x", argv = "ls"}', 'docker.argv'), ('docker = {image = "x", argv = ["ls", "{nope}"]}', 'docker.argv'), ('docker = {image = "x", limits = {memory = "-1"}}', 'docker.limits.memory'), ('outputs = ["*.txt"]\ndocker = {image = "x"}', 'outputs'),
    ('docker = {image = "x", env = {A = "{nope}"}}', 'docker.env.A')])
def test_mistakes_in_the_table_are_told_by_file_and_key(tmp_path, text, key):
    (tmp_path/'p.toml').write_text(f'name = "x"\nargv = ["ls"]\ninput = "none"\n{text}')
    with pytest.raises(InvalidInput) as e: PipelineCatalog.load(tmp_path/'p.toml')
    assert e.value.field == f'p.toml: {key}', e.value
