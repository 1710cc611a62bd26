"""Carries out jobs of the plugin in `adapter.py` under a real manager, and prints what came of each as one line of JSON.

    JOBTRACK_SYSTEM=cjm_substrate python tasks.py FOLDER

`test_plugin.py` reads the lines."""
import asyncio, json, os, signal, sys
from contextlib import redirect_stdout
from pathlib import Path
import httpx, psutil

httpx._config.DEFAULT_TIMEOUT_CONFIG.read = 60.   # a busy machine is slow to begin a worker
folder = Path(sys.argv[1])
os.environ['CJM_DATA_DIR'] = str(folder/'cjm')
os.chdir(folder)
from adapter import METHODS, SYSTEM, Reader, core   # noqa: E402
from cjm_jobtrack.model.job import jsonable           # noqa: E402
from cjm_jobtrack.tracker.tracker import JobTracker     # noqa: E402
from cjm_jobtrack.tracker.transcription import TranscriptionJobTracker   # noqa: E402
from cjm_jobtrack.runners.plugin import PluginRunner     # noqa: E402
from cjm_jobtrack.runners.outcome import Report           # noqa: E402

KIND = 'capability' if SYSTEM == 'cjm_substrate' else 'plugin'

def tell(what, **facts): print(json.dumps({'what': what} | jsonable(facts)), file=sys.__stdout__, flush=True)

def manager():
    "The manager with the plugin and its adapter loaded."
    manifests, form, here = folder/'manifests', core('manifest_format'), str(Path(__file__).parent)
    manifests.mkdir()
    env = {'PYTHONPATH': here, 'JOBTRACK_SYSTEM': SYSTEM, 'JOBTRACK_WORKER': '1'}
    code = form.CodeSection(name='reader', version='1.0', description='Reads', module='adapter', class_name='Reader', config_schema=Reader().get_config_schema(),
                            structural_surface={'methods': METHODS, 'properties': [], 'attributes': []})
    form.write_manifest(manifests/'reader.json', form.ManifestV2(install=form.InstallSection(python_path=sys.executable, env_vars=env), code=code))
    unit = core('adapter_manifest').AdapterManifest(name='adapter.Transcription', version='1.0', task_name='transcription', module='adapter', class_name='Transcription',
                                                    required_tool_protocol='', protocol_members={'methods': METHODS, 'properties': []})
    (manifests/'transcription.json').write_text(json.dumps(unit.to_dict()))
    m = getattr(core('manager'), f'{KIND.capitalize()}Manager')(search_paths=[manifests])
    meta, = m.discover_manifests()
    assert getattr(m, f'load_{KIND}')(meta), 'the worker did not begin'
    return m

async def until(true, seconds=40):
    async with asyncio.timeout(seconds):
        while not true(): await asyncio.sleep(.02)

async def main():
    m, tracker = manager(), TranscriptionJobTracker(store=f'sqlite:///{folder}/jobs.db')
    others = JobTracker()
    runner, words = PluginRunner(m), folder/'words.txt'
    runner.interval = .05
    words.write_text('we will meet again\n')
    def pid(): return runner._plugin('reader').process.pid
    async def begin(file, **spec):
        t = tracker if file else others
        job = t.create_job('reader', file, Path(file).name) if file else t.create_job('reader', runner='plugin')
        job.spec |= spec
        t.mark_running(job.id)
        handle = await runner.start(job)
        return job, handle, asyncio.create_task(runner.follow(job, handle, Report(t, job.id, job.attempt)))
    async def end(what, following, **facts):
        async with asyncio.timeout(60): outcome = await following
        if what == 'after forced': facts['worker'] = pid()
        tell(what, outcome=outcome, **facts)
    held = {'kwargs': {'gate': str(folder/'gate')}}
    deaf = {'kwargs': {'gate': str(folder/'gate'), 'deaf': True}}
    try:
        job, _, following = await begin(words)
        await end('completed', following, worker=pid())
        await end('missing', (await begin(folder/'none.wav'))[2])
        asked = runner.call('reader', task='transcription', method='describe', file_path='/a', output_dir='/b')
        await end('as given', (await begin(None, **asked))[2])
        job, handle, following = await begin(words, **held)
        await until(lambda: job.message and job.message.startswith('held up'))
        receipt = await runner.stop(job, handle, 20.)
        await end('asked', following, receipt=receipt, progress=job.progress)
        job, handle, following = await begin(words, **deaf)
        await until(lambda: job.message and job.message.startswith('held up'))
        was, receipt = pid(), await runner.stop(job, handle, .2)
        await end('forced', following, receipt=receipt, worker=was)
        await end('after forced', (await begin(words))[2])
        m.max_retries = 0
        job, handle, following = await begin(words, **deaf)
        await until(lambda: job.message and job.message.startswith('held up'))
        os.kill(killed := pid(), signal.SIGKILL)
        await end('killed', following, worker=killed)
    finally:
        await asyncio.to_thread(m.unload_all)
        tracker.close(), others.close()
        left = [p for p in psutil.Process().children(recursive=True) if p.status() != psutil.STATUS_ZOMBIE]
        tell('left behind', pids=[p.pid for p in left])
        for p in left: p.kill()

with redirect_stdout(sys.stderr): asyncio.run(main())
