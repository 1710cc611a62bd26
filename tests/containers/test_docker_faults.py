"Containers through every kind of trouble: our process killed, the program killed, the engine restarted or killed, at every step of their life. Each ends in the truth."
import asyncio, json, os, signal, subprocess, sys, threading
import pytest
from cjm_jobtrack.logs.log_store import LogStore
from cjm_jobtrack.containers import follow
from cjm_jobtrack.queue.queue import JobQueue
from docker_helpers import IMAGE, bench_at
from helpers import until
from needs import NEEDS
from services import Docker

pytestmark = pytest.mark.needs('busybox')
LINES = 400
WORK = f'echo x >>/output/count; for i in $(seq {LINES}); do echo line $i; [ $((i % 10)) = 0 ] && sleep .02; done; exit 3'
WHOLE = b''.join(b'line %d\n' % i for i in range(1, LINES+1))

# A process with a queue, which kills itself at a given step. The steps are the calls to the engine, before or after they were carried out
DOOMED = '''
import json, os, signal, sys, time
from cjm_jobtrack.store.store import JobStore
from cjm_jobtrack.tracker.tracker import JobTracker
import docker
from cjm_jobtrack.logs.log_store import LogStore
from cjm_jobtrack.containers import follow as watch
from cjm_jobtrack.containers.docker import DockerRunner
from cjm_jobtrack.queue.queue import JobQueue
tmp, url, step, spec = sys.argv[1:]

def doomed(owner, name, when, on=lambda *a, **k: True):
    was = getattr(owner, name)
    def call(*a, **k):
        if when == 'before' and on(*a, **k): os.kill(os.getpid(), signal.SIGKILL)
        result = was(*a, **k)
        if when == 'after' and on(*a, **k): os.kill(os.getpid(), signal.SIGKILL)
        return result
    setattr(owner, name, call)

api = docker.APIClient
def ending(store, ops, *a, **k): return any(getattr(o, 'type', None) == 'failed' for o in ops)
{'before create': lambda: doomed(api, 'create_container', 'before'), 'after create': lambda: doomed(api, 'create_container', 'after'), 'before start': lambda: doomed(api, 'start', 'before'),
 'after start': lambda: doomed(api, 'start', 'after'), 'while logging': lambda: doomed(LogStore, 'append_at', 'after', lambda logs, job, attempt, at, data, *a: at > 1500), 'at exit': lambda: doomed(watch, '_complete_log', 'before'),
 'after exit': lambda: doomed(watch, '_complete_log', 'after'), 'before the end is recorded': lambda: doomed(JobStore, 'apply', 'before', ending), 'after the end is recorded': lambda: doomed(JobStore, 'apply', 'after', ending), 'before removal': lambda: doomed(api, 'remove_container', 'before'),
 'after removal': lambda: doomed(api, 'remove_container', 'after')}[step]()
tracker = JobTracker(f'sqlite:///{tmp}/jobs.db')
runner = DockerRunner(f'{tmp}/docker', tracker.logs, base_url=url)
runner.interval = .02
queue = JobQueue(tracker, runner).start()
queue.submit(tracker.create_job('p', id='doomed', runner='docker', spec=json.loads(spec)))
time.sleep(100)
'''
STEPS = ['before create', 'after create', 'before start', 'after start', 'while logging', 'at exit', 'after exit', 'before the end is recorded', 'after the end is recorded', 'before removal', 'after removal']

@pytest.fixture
def bench(tmp_path, docker_engine):
    with bench_at(tmp_path, docker_engine.url) as b: yield b

def spec_for(bench, code=WORK): return {'image': IMAGE, 'argv': ['sh', '-c', code], 'output_dir': str(bench.tmp/'out')}

def finish(bench, job_id, deadline=60.):
    "What a new process makes of it."
    with JobQueue(bench.tracker, bench.runner):
        until(lambda: (j := bench.tracker.get_job(job_id)) is not None and j.is_terminal, 'the job to end', deadline)
        job = bench.tracker.get_job(job_id)
        until(lambda: not bench.ours() and not (bench.runner.folder/'attempts'/job_id).exists(), 'everything of it to be removed', deadline)
    return job

@pytest.mark.parametrize('step', STEPS)
def test_our_process_is_killed(bench, step):
    p = subprocess.Popen([sys.executable, '-c', DOOMED, str(bench.tmp), bench.url, step, json.dumps(spec_for(bench))])
    assert p.wait(100) == -signal.SIGKILL
    bench.runner.reap_every = .2
    if not bench.tracker.get_job('doomed').is_terminal: job = finish(bench, 'doomed')
    else:   # a further job brings the reaper
        other = bench.tracker.create_job('p', id='other', runner='docker', spec={'image': IMAGE, 'argv': ['sleep', '1']})
        with JobQueue(bench.tracker, bench.runner) as queue:
            queue.submit(other)
            until(lambda: other.is_terminal and not bench.ours() and not [*(bench.runner.folder/'attempts').glob('*/*')], 'everything to be removed', 60.)
        job = bench.tracker.get_job('doomed')
    assert (job.status, job.failure.kind, job.failure.exit_code, job.attempt) == ('failed', 'exit', 3, 1)
    assert (bench.tmp/'out/count').read_text() == 'x\n' and bench.log(job) == WHOLE

@pytest.mark.parametrize('step', ['at once', 'while logging', 'while nobody follows'])
def test_the_program_is_killed(bench, step):
    async def main():
        job, report = bench.sh('echo ready; i=0; while :; do echo line $((i++)); sleep .02; done', init=False)
        handle = await bench.runner.start(job)
        if step == 'while nobody follows': os.kill(bench.box(job)['State']['Pid'], signal.SIGKILL)
        following = asyncio.create_task(bench.runner.follow(job, handle, report))
        if step == 'while logging':
            async with asyncio.timeout(90):
                while bench.tracker.logs.size(job.id, 1) < 200: await asyncio.sleep(.02)
        if step != 'while nobody follows': os.kill(bench.box(job)['State']['Pid'], signal.SIGKILL)
        async with asyncio.timeout(90): outcome = await following
        assert (outcome.failure.kind, outcome.failure.signal, outcome.failure.exit_code) == ('signal', 'SIGKILL', 137)
        assert bench.log(job) == bench.client.api.logs(handle['container'])
    asyncio.run(main())

def test_our_process_is_suspended(bench):
    "It holds nobody up: the container goes on and ends, and another process follows it to the end."
    p = subprocess.Popen([sys.executable, '-c', DOOMED, str(bench.tmp), bench.url, 'before removal', json.dumps(spec_for(bench))])
    try:
        until(lambda: bench.tracker.logs.size('doomed', 1) > 500, 'its log')
        p.send_signal(signal.SIGSTOP)
        job = bench.tracker.get_job('doomed')
        async def follow():
            async with asyncio.timeout(60):
                from cjm_jobtrack.runners.outcome import Report
                return await bench.runner.follow(job, await bench.runner.find(job), Report(bench.tracker, job.id, 1))
        outcome = asyncio.run(follow())
        assert outcome.failure.exit_code == 3 and bench.log(job) == WHOLE
        p.send_signal(signal.SIGCONT)
        until(lambda: bench.tracker.store.get('doomed').is_terminal, 'the first process to record it')
        assert bench.log(job) == WHOLE and (bench.tmp/'out/count').read_text() == 'x\n'
        p.wait(60)
    finally: p.kill(), p.wait()

# --- the engine

def test_cancel_through_a_queue_names_the_container(bench):
    job = bench.tracker.create_job('p', runner='docker', spec={'image': IMAGE, 'argv': ['sleep', '600']})
    async def main():
        with JobQueue(bench.tracker, bench.runner, grace=5.) as queue:
            queue.submit(job)
            async with asyncio.timeout(60):
                while not (bench.is_there(job) and bench.box(job)['State']['Running'] and any(e.type == 'started' for e in bench.tracker.history(job.id))): await asyncio.sleep(.02)
                await bench.tracker.cancel_job(job.id)
                await bench.tracker.wait(job.id)
            told = next(e.data['receipt'] for e in bench.tracker.history(job.id) if e.type == 'cancelled')
            assert told['confirmed'] and told['ended'] == [bench.runner.container(job)]
            until(lambda: not bench.ours(), 'the container to be removed')
    asyncio.run(main())
    assert job.status == 'cancelled'

def test_a_time_limit_ends_a_container(bench):
    job = bench.tracker.create_job('p', runner='docker', timeout=1., spec={'image': IMAGE, 'argv': ['sleep', '600']})
    with JobQueue(bench.tracker, bench.runner, grace=2.) as queue:
        queue.submit(job)
        until(lambda: job.is_terminal, 'the job', 60.)
        assert job.failure.kind == 'timeout' and job.failure.evidence['stopped']['confirmed']
        until(lambda: not bench.ours(), 'the container to be removed')

@pytest.fixture(scope='module')
def engine():
    "An engine for these tests, which restart and kill it."
    if why := NEEDS['dockerd'].lacking(): pytest.skip(why)
    with Docker() as one: yield one

@pytest.fixture
def own(tmp_path, engine):
    if engine.process is None: engine.start()   # a test that failed may have left it so
    if engine.live_restore: engine.restart(live_restore=False)
    with bench_at(tmp_path, engine.url) as b:
        b.engine = engine
        yield b

def test_an_engine_that_is_away_delays_the_beginning(own):
    job = own.tracker.create_job('p', runner='docker', spec=spec_for(own))
    own.engine.stop()
    with JobQueue(own.tracker, own.runner) as queue:
        queue.submit(job)
        until(lambda: 'does not answer' in (job.message or '') or 'No answer' in (job.message or ''), 'the reason')
        assert job.status == 'pending'
        own.engine.start()
        until(lambda: job.is_terminal, 'the job', 60.)
    assert (job.failure.exit_code, job.attempt) == (3, 1) and own.log(job) == WHOLE

AWAY = ['before create', 'after create', 'before start', 'after start', 'while logging', 'after exit', 'before removal']

class Gate:
    "Each job waits at its step, in whatever thread comes by, until the engine went away and came back."
    def __init__(self, own, patch):
        self.reached, self.back, self.own, self.patch, self.api = set(), threading.Event(), own, patch, type(own.runner.engine.api())
        of_name = lambda api, name, *a, **k: name
        self.at(self.api, 'create_container', 'create', lambda api, *a, name, **k: name)
        self.at(self.api, 'start', 'start', of_name)
        self.at(self.api, 'remove_container', 'removal', lambda api, box, *a, **k: api.inspect_container(box)['Name'])
        self.at(LogStore, 'append_at', 'logging', lambda logs, job, attempt, at, data, *a: job if at + len(data) > 1500 else '')
        self.at(follow, '_complete_log', 'exit', lambda api, name, copy: name)

    def at(self, owner, name, place, whose):
        was = getattr(owner, name)
        def call(*a, **k):
            step = next((s for s in AWAY if s.endswith(place) and f'{s.replace(" ", "-")}-job' in whose(*a, **k)), '')
            if step == 'after exit' or step.startswith('before'): self.wait(step)
            result = was(*a, **k)
            if step and step != 'after exit' and not step.startswith('before'): self.wait(step)
            return result
        self.patch.setattr(owner, name, call)

    def wait(self, step):
        self.reached.add(step)
        assert self.back.wait(300)

@pytest.mark.timeout(500)
@pytest.mark.parametrize('how', ['live restore', 'restart', 'kill'])
def test_the_engine_goes_away_at_every_step(own, how):
    "One job for each step of a life, and one departure that finds all of them there. Two are still at work then, and go on when it is back, if they can."
    if how == 'live restore': own.engine.restart(live_restore=True)
    for gate in 'open', 'shut': (own.tmp/gate).mkdir()
    (own.tmp/'open/open').touch()
    def spec(step):
        gate = 'shut' if step in ('after start', 'while logging') else 'open'
        code = WORK.replace('sleep .02', '{ sleep .02; [ $i = 200 ] && while [ ! -e /gate/open ]; do sleep .02; done; }')   # 200 lines are 1692 bytes
        return {'image': IMAGE, 'argv': ['sh', '-c', code], 'output_dir': str(own.tmp/step/'out'), 'inputs': {str(own.tmp/gate): '/gate'}}
    with pytest.MonkeyPatch.context() as patch:
        gate = Gate(own, patch)
        own.runner.reap_every = .3
        jobs = {s: own.tracker.create_job('p', id=f'{s.replace(" ", "-")}-job', runner='docker', spec=spec(s)) for s in AWAY}
        with JobQueue(own.tracker, own.runner, slots=len(AWAY)) as queue:
            for j in jobs.values(): queue.submit(j)
            try:
                until(lambda: gate.reached == {*AWAY}, 'every job to come to its step', 90.)
                if how == 'kill': own.engine.kill(); own.engine.start()
                else: own.engine.restart(live_restore=how == 'live restore')
            finally: gate.back.set()
            (own.tmp/'shut/open').touch()
            until(lambda: all(j.is_terminal for j in jobs.values()), 'the jobs', 90.)
            until(lambda: not own.ours(), 'the containers to be removed', 60.)
    for step, job in jobs.items():
        assert ((own.tmp/step/'out/count').read_text(), job.attempt) == ('x\n', 1), step
        ran = how != 'live restore' and step in ('after start', 'while logging')
        if not ran: assert (job.failure.kind, job.failure.exit_code) == ('exit', 3) and own.log(job) == WHOLE, (step, job.failure)
        else:   # it died with the engine; or the engine alone was killed, and with it what was printed in between
            assert job.failure.kind == 'signal' or job.failure.exit_code == (3 if how == 'kill' else 255), (step, job.failure)
            assert WHOLE.startswith(own.log(job)), step

def test_what_is_stopped_while_the_engine_is_away_is_not_confirmed(own):
    async def main():
        job, report = own.begin('sleep', '600')
        handle = await own.runner.start(job)
        own.engine.kill()
        receipt = await own.runner.stop(job, handle, 1.)
        assert not receipt.confirmed and receipt.left == [handle['container']] and 'does not answer' in receipt.message
        own.engine.start()
        assert (await own.runner.stop(job, handle, 1.)).confirmed
    asyncio.run(main())
