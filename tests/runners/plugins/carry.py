"""Carries out jobs with the speech plugin under the real plugin manager of `cjm-plugin-system`, and prints what came of each as one line of JSON.

    python carry.py FOLDER RECORDING

Runs on a Python that has the manager (3.12 or later); `test_plugin.py` reads the lines."""
import asyncio, json, os, signal, sys
from contextlib import redirect_stdout, suppress
from pathlib import Path
import httpx, psutil
from cjm_jobtrack.model.job import jsonable
from cjm_jobtrack.tracker.transcription import TranscriptionJobTracker
from cjm_jobtrack.runners.plugin import PluginRunner
from cjm_jobtrack.runners.outcome import Report

def goes_on(pid:int) -> bool:
    try: return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess: return False

# On a busy machine a worker takes longer to begin than the manager's HTTP client waits for its first answer, 5 s
httpx._config.DEFAULT_TIMEOUT_CONFIG.read = 60.

folder, recording = Path(sys.argv[1]), sys.argv[2]
os.environ['CJM_DATA_DIR'] = str(folder/'cjm')   # nothing of this goes to the home folder
from cjm_plugin_system.core.manager import PluginManager                                        # noqa: E402
from cjm_plugin_system.core.manifest_format import CodeSection, InstallSection, ManifestV2, write_manifest  # noqa: E402
from speech import SpeechPlugin                                                                 # noqa: E402

def tell(what, **facts): print(json.dumps({'what': what} | jsonable(facts)), file=sys.__stdout__, flush=True)

def manager():
    "The manager with the plugin loaded."
    (folder/'manifests').mkdir()
    here = str(Path(__file__).parent)
    write_manifest(folder/'manifests/speech.json', ManifestV2(
        install=InstallSection(python_path=sys.executable, env_vars={'PYTHONPATH': here}),
        code=CodeSection(name='speech', version='1.0', description='English speech to text', module='speech', class_name='SpeechPlugin', interface='cjm_plugin_system.core.capability.ToolCapability',
                         config_schema=SpeechPlugin().get_config_schema())))
    m = PluginManager(search_paths=[folder/'manifests'])
    meta, = m.discover_manifests()
    assert m.load_plugin(meta, {'vad': 1}), 'the worker did not begin'
    return m

async def until(true, seconds=40):
    async with asyncio.timeout(seconds):
        while not true(): await asyncio.sleep(.02)

class Bench:
    def __init__(self, m):
        self.manager, self.tracker, self.runner = m, TranscriptionJobTracker(store=f'sqlite:///{folder}/jobs.db'), PluginRunner(m)
        self.runner.interval = .05

    def pid(self): return self.manager.get_plugin('speech').process.pid

    async def begin(self, file=recording, **kwargs):
        self.job = job = self.tracker.create_job('speech', file, Path(file).name)
        job.spec |= {'kwargs': kwargs}
        self.tracker.mark_running(job.id)
        self.handle, self.seen = await self.runner.start(job), []
        report = Report(self.tracker, job.id, job.attempt)
        self.following = asyncio.create_task(self.runner.follow(job, self.handle, report))
        return job

    async def at_gate(self, **kwargs):
        "Begin, and wait until the plugin has heard its first words, and is held up."
        job = await self.begin(gate=str(folder/'gate'), **kwargs)
        await until(lambda: job.progress is not None and job.message and job.message.startswith('held up'))

    async def end(self, what, was=None, **facts):
        async with asyncio.timeout(60): outcome = await self.following
        events = [{'type': e.type, 'data': e.data} for e in self.tracker.history(self.job.id) if e.type == 'worker_replaced']
        if was is not None: facts['same'] = self.pid() == was
        tell(what, outcome=outcome, progress=self.job.progress, message=self.job.message, replaced=events, **facts)
        return outcome

async def main():
    t = Bench(manager())
    first = t.pid()
    try:
        await t.begin()
        await t.end('completed', worker=first)
        await t.begin(str(folder/'missing.wav'))
        await t.end('missing')
        (folder/'notes.txt').write_text('not sound')
        await t.begin(str(folder/'notes.txt'))
        await t.end('raised')

        await t.at_gate()
        receipt = await t.runner.stop(t.job, t.handle, 20.)
        await t.end('asked', first, receipt=receipt)

        await t.at_gate(deaf=True)
        family = {p.pid for p in [psutil.Process(first), *psutil.Process(first).children(recursive=True)]}
        receipt = await t.runner.stop(t.job, t.handle, .2)
        left = [p for p in family if goes_on(p)]
        await t.end('forced', receipt=receipt, family=sorted(family), left=left)
        await t.begin(first=True)
        await t.end('after forced', first)

        t.manager.max_retries = 0
        await t.at_gate()
        killed = t.pid()
        os.kill(killed, signal.SIGKILL)
        await t.end('killed', worker=killed)
        await t.begin(first=True)
        await t.end('after killed', killed)

        await t.begin(end=3)
        await t.end('left')

        t.manager.max_retries = 1   # the manager's own: it begins the work once more by itself
        await t.at_gate()
        (folder/'gate').touch()
        os.kill(killed := t.pid(), signal.SIGKILL)
        await t.following
        await t.end('killed and tried again', worker=killed, now=t.pid())

        await t.begin(first=True)
        two = t.following
        await t.begin(first=True)
        waited = t.runner.why_not(t.tracker.create_job('speech', recording, 'a third'))
        await asyncio.gather(two, t.following)
        tell('one after the other', outcomes=[two.result(), t.following.result()], waited=waited)
    finally:
        with suppress(FileNotFoundError): (folder/'gate').unlink()
        await asyncio.to_thread(t.manager.unload_all)
        t.tracker.close()
        left = [p for p in psutil.Process().children(recursive=True) if goes_on(p.pid)]
        tell('left behind', pids=[p.pid for p in left])
        for p in left: p.kill()

with redirect_stdout(sys.stderr): asyncio.run(main())
