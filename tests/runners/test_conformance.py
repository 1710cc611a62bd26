"Every runner keeps the promises of all runners, as far as its flags claim them; and whoever breaks one is caught."
import asyncio, json, shutil, time
from dataclasses import replace
import pytest
from cjm_jobtrack.model.errors import InvalidInput
from cjm_jobtrack.tracker.tracker import JobTracker
from cjm_jobtrack.net.directory import NodeDirectory
from cjm_jobtrack.runners.call import CallRunner
from cjm_jobtrack.runners.cgroups import Cgroups
from cjm_jobtrack.runners.process import ProcessRunner
from cjm_jobtrack.queue.queue import JobQueue
from cjm_jobtrack.runners.conformance import ConformanceJobs, check_runner
from cjm_jobtrack.runners.outcome import Outcome, Receipt
import functions, makers
from helpers import node_at

LINES = 'i=0; while [ $i -lt 100 ]; do i=$((i+1)); echo line $i; sleep .005; done; exit 3'
DEAF = 'trap "" TERM; echo deaf; while :; do sleep 60; done'

@pytest.fixture
def tracker(tmp_path):
    with JobTracker(f'sqlite:///{tmp_path}/jobs.db') as t: yield t

def unclaimed(held) -> list[str]: return [why for why in held.untried.values() if 'claim' not in why and 'durable' not in why]  # for other reasons

# --- processes

def programs(tmp_path) -> ConformanceJobs:
    def sh(text, *args, **spec): return {'argv': ['sh', '-c', text, *args], **spec}
    return ConformanceJobs(quick=sh('echo hello'), endless=sh('echo on; sleep 600'), failing=sh('echo no; exit 3'), talkative=sh(LINES), deaf=sh(DEAF), bad={'argv': []},
                 leaving=sh('echo hello >"$0"/hello.txt', str(tmp_path/'out'), output_dir=str(tmp_path/'out')))

@pytest.mark.parametrize('make', ['process', 'process_without_groups'])
def test_processes(tmp_path, tracker, make):
    if make == 'process' and not Cgroups.find(): pytest.skip('this process may not make control groups')
    held = asyncio.run(check_runner(getattr(makers, make)(tracker), programs(tmp_path), tracker=tracker, make=f'makers:{make}', queue=JobQueue, deadline=60.))
    assert held.untried == {} and len(held) == 20

# --- functions

@pytest.mark.parametrize('pool, endless', [('thread', 'looks'), ('thread', 'waits'), ('process', 'looks'), ('process', 'waits')])
def test_functions(tracker, pool, endless):
    jobs = ConformanceJobs(quick={'func': 'plain'}, endless={'func': endless}, failing={'func': 'fails'}, failure={'kind': 'error'}, talkative={'func': 'talks'}, deaf={'func': 'deaf'}, leaving={'func': 'plain'}, leaves={}, bad={'func': 'unknown'}, many=50 if pool == 'thread' else 16)
    with CallRunner({name: getattr(functions, name) for name in ('plain', 'fails', 'looks', 'waits', 'talks', 'deaf')}, pool=pool) as runner:
        held = asyncio.run(check_runner(runner, jobs, tracker=tracker, queue=JobQueue, deadline=60.))
    assert not unclaimed(held) and 'work that fails is failed, and says why' in held

def test_a_function_that_cannot_be_forced_has_time_to_hear(tracker):
    def slow(report):
        while not report.cancelled: time.sleep(.01)
        time.sleep(1.5)
    jobs = ConformanceJobs(quick={'func': 'plain'}, endless={'func': 'slow'})
    assert asyncio.run(check_runner(CallRunner({'plain': functions.plain, 'slow': slow}), jobs, tracker=tracker, only='what is stopped is gone')) == ['what is stopped is gone']

# --- containers

@pytest.mark.needs('busybox')
@pytest.mark.parametrize('way', ['its socket', pytest.param('SSH', marks=pytest.mark.needs('ssh'))])
def test_containers(tmp_path, docker_engine, tracker, monkeypatch, way, request):
    from docker_helpers import IMAGE, bench_at
    def sh(text, **spec): return {'image': IMAGE, 'argv': ['sh', '-c', text], **spec}
    jobs = ConformanceJobs(quick=sh('echo hello'), endless=sh('echo on; sleep 600'), failing=sh('echo no; exit 3'), talkative=sh(LINES), deaf=sh(DEAF), bad={'image': IMAGE, 'argv': [3]}, many=50 if way == 'its socket' else 20,
                  leaving=sh('echo hello >/output/hello.txt', output_dir=str(tmp_path/'out')))
    url = docker_engine.url if way == 'its socket' else request.getfixturevalue('engine_over_ssh').url
    monkeypatch.setenv('JOBTRACK_TEST_ENGINE', url)
    (tmp_path/'bench').mkdir()
    (tmp_path/'out').mkdir()
    (tmp_path/'out').chmod(0o777)   # nothing is made on another machine, or lent
    with bench_at(tmp_path/'bench', docker_engine.url, url) as bench:   # brings the image, and takes away what is left
        held = asyncio.run(check_runner(bench.runner, jobs, tracker=bench.tracker, make='makers:docker', queue=JobQueue, deadline=60.))
    assert held.untried == {} and {'the log has what was printed, whole and once, also when following is broken off', 'the files it leaves are told, with size and digest', 'work that does not listen is ended by force',
                                   'many at once end well', 'work outlives the process that began it, and its log goes on where it was', 'a time limit ends it, and is told as the cause'} <= {*held}, held.untried

# --- nodes

def test_nodes(tmp_path, tracker):
    def ask(**plan): return {'pipeline': 'work', 'params': {'plan': json.dumps(plan)}}
    says = b''.join(b'Progress: %d%%\n' % n for n in range(1, 101))
    jobs = ConformanceJobs(quick=ask(files={}), endless=ask(gate=str(tmp_path/'never'), helpers=1), failing=ask(exit=3), talkative=ask(steps=100, exit=3), says=says, leaving=ask(files={'hello.txt': 'hello\n'}), bad={'pipeline': 'work', 'params': {'n': 99}}, many=12)
    with node_at(tmp_path/'node', slots=4) as there:
        NodeDirectory(tracker.store).add('shed', url=there.url)
        held = asyncio.run(check_runner(makers.remote(tracker), jobs, tracker=tracker, make='makers:remote', deadline=40.))
    assert {*held.untried.values()} <= {'`deaf` was not given', '`queue` was not given', 'the runner says that each id is used once, and does not claim more'}, held.untried

# --- who breaks a promise is told which

class Broken(ProcessRunner):
    "Knows which jobs it began itself."
    def __init__(self, tracker): super().__init__(tracker.logs.folder.parent/'work', tracker.logs); self.mine, self.tracker, self.n = {}, tracker, 0
    async def start(self, job):
        handle = await super().start(job)
        return self.mine.setdefault(job.id, handle)

class FindsAnything(Broken):
    async def find(self, job): return await super().find(job) or {'pid': 1}

class Swallows(Broken):
    async def start(self, job):
        try: return await super().start(job)
        except InvalidInput: return {}

class BeginsBadOnes(Broken):
    async def start(self, job):
        try: return await super().start(job)
        except InvalidInput as e: (self._at(job)).mkdir(parents=True); (self._at(job)/'exit').write_text('0\n'); raise e

class NewHandles(Broken):
    async def start(self, job):
        await super().start(job)
        self.n += 1
        return {'n': self.n}

class ObjectsForHandles(Broken):
    async def start(self, job): return await super().start(job) and {'folder': self._at(job)}

class CallsAllFailed(Broken):
    async def follow(self, job, handle, report): await super().follow(job, handle, report); return Outcome.failed('exit', 'no')

class FindsNothing(Broken):
    async def find(self, job): return None

class CallsAllCompleted(Broken):
    async def follow(self, job, handle, report): await super().follow(job, handle, report); return Outcome.completed()

class LosesTheStatus(Broken):
    async def follow(self, job, handle, report):
        o = await super().follow(job, handle, report)
        return replace(o, failure=o.failure and replace(o.failure, exit_code=None))

class GivesUpEarly(Broken):
    async def follow(self, job, handle, report): return Outcome.failed('lost', 'not there')

class CannotBeLeft(Broken):
    async def follow(self, job, handle, report):
        try: return await super().follow(job, handle, report)
        except asyncio.CancelledError: return Outcome.failed('lost', 'no more')

class BeginsTwice(Broken):
    async def start(self, job):
        if job.id in self.mine:
            with self.logs.open(job.id, job.attempt) as log: log.write(b'line 1\n')
        return await super().start(job)

class LosesALine(Broken):
    async def follow(self, job, handle, report):
        o = await super().follow(job, handle, report)
        if o.failure: path = self.logs.path(job.id, 1); path.write_bytes(path.read_bytes().replace(b'line 50\n', b''))
        return o

class WrongDigests(Broken):
    async def follow(self, job, handle, report):
        o = await super().follow(job, handle, report)
        return replace(o, outputs=tuple(replace(f, sha256='0'*64) for f in o.outputs))

class NoOutputs(Broken):
    async def follow(self, job, handle, report): return replace(await super().follow(job, handle, report), outputs=())

class OverwhelmedByMany(Broken):
    async def follow(self, job, handle, report):
        self.n += 1
        try: return Outcome.failed('error', 'too many') if self.n > 20 else await super().follow(job, handle, report)
        finally: self.n -= 1

class StopsNothing(Broken):
    async def stop(self, job, handle, grace): return Receipt(True, 'asked') if grace else await super().stop(job, handle, grace)

class SaysItWasGone(Broken):
    async def stop(self, job, handle, grace): return replace(await super().stop(job, handle, grace), how='gone')

class CannotConfirm(Broken):
    async def stop(self, job, handle, grace): return replace(await super().stop(job, handle, grace), confirmed=False, how='unconfirmed')

class StopsOnce(Broken):
    async def stop(self, job, handle, grace):
        if self.mine.pop(job.id, None) is None and grace: raise KeyError(job.id)
        return await super().stop(job, handle, grace)

class RisesAgain(Broken):
    async def start(self, job):
        if (self._at(job)/'stop').exists(): shutil.rmtree(self._at(job)); job.spec = {'argv': ['true']}
        return await super().start(job)

class OnlyAsks(Broken):
    force = .1
    async def stop(self, job, handle, grace): return await super().stop(job, handle, grace and 60.)

class ClaimsToHaveAsked(Broken):
    async def stop(self, job, handle, grace): return replace(await super().stop(job, handle, grace), how='asked')

class FindsItsOwn(Broken):
    async def find(self, job): return self.mine.get(job.id)

class CopiesAgain(Broken):
    "As one that copies the log from its beginning, whoever was there before."
    async def follow(self, job, handle, report):
        if job.id not in self.mine: report.log(self.logs.read(job.id, 1, 0).data)
        return await super().follow(job, handle, report)
    async def start(self, job): return await ProcessRunner.start(self, job)

class KnowsItsOwn(Broken):
    async def follow(self, job, handle, report): return await super().follow(job, handle, report) if job.id in self.mine else Outcome.failed('lost', 'somebody else began it')

class StopsItsOwn(Broken):
    async def stop(self, job, handle, grace): return await super().stop(job, handle, grace) if job.id in self.mine or not grace else Receipt(True, 'gone')

class RemembersIds(Broken):
    "Knows its work by the id alone."
    async def start(self, job): return await super().start(replace(job, created_at='2026-01-01T00:00:00+00:00'))
    async def find(self, job): return await super().find(replace(job, created_at='2026-01-01T00:00:00+00:00'))
    async def follow(self, job, handle, report): return await super().follow(replace(job, created_at='2026-01-01T00:00:00+00:00'), handle, report)
    async def stop(self, job, handle, grace): return await super().stop(replace(job, created_at='2026-01-01T00:00:00+00:00'), handle, grace)

class KeepsNoTime(Broken):
    keeps_time = True

BROKEN = [
    (FindsAnything, 'what was never begun is not found'), (Swallows, 'what cannot be carried out is refused'), (BeginsBadOnes, 'what cannot be carried out is refused'),
    (NewHandles, 'starting twice begins once'), (ObjectsForHandles, 'starting twice begins once'), (CallsAllFailed, 'work that ends well is completed'), (FindsNothing, 'work that was begun is found'),
    (CallsAllCompleted, 'work that fails is failed'), (LosesTheStatus, 'work that fails is failed'), (GivesUpEarly, 'following can be broken off'), (CannotBeLeft, 'following can be broken off'),
    (BeginsTwice, 'the log has what was printed'), (LosesALine, 'the log has what was printed'), (WrongDigests, 'the files it leaves are told'), (NoOutputs, 'the files it leaves are told'),
    (OverwhelmedByMany, 'many at once end well'), (StopsNothing, 'what is stopped is gone'), (SaysItWasGone, 'what is stopped is gone'), (CannotConfirm, 'what is stopped is gone'),
    (CallsAllCompleted, 'work that was stopped is not called completed'), (StopsOnce, 'stopping twice does no harm'), (RisesAgain, 'what was stopped does not begin afterwards'),
    (OnlyAsks, 'work that does not listen is ended by force'), (ClaimsToHaveAsked, 'work that does not listen is ended by force'),
    (FindsItsOwn, 'work outlives the process that began it'), (CopiesAgain, 'work outlives the process that began it'), (KnowsItsOwn, 'how it ended is learned after'),
    (StopsItsOwn, 'what another process began can be stopped'), (RemembersIds, 'an id that is used again'), (KeepsNoTime, 'a time limit ends it')]

@pytest.mark.parametrize('broken, promise', BROKEN, ids=lambda o: o.__name__ if isinstance(o, type) else o[:20])
def test_a_broken_promise_is_told(tmp_path, tracker, broken, promise):
    async def tidy():   # after a runner that does not know, or does not end, what it began
        good = makers.process(tracker)
        for job in tracker.list_jobs():
            if handle := await good.find(job): await good.stop(job, handle, 0.)
    deadline = 2. if broken in (StopsNothing, OnlyAsks, KeepsNoTime) else 60.   # they have to be waited for
    with pytest.raises(AssertionError) as e:
        asyncio.run(check_runner(broken(tracker), programs(tmp_path), tracker=tracker, make='makers:process', queue=JobQueue, only=promise, deadline=deadline))
    asyncio.run(tidy())
    assert str(e.value).startswith(f'process: {promise}') and 'did not hold: ' in str(e.value)

def test_every_promise_is_broken_by_somebody(tmp_path, tracker):
    held = asyncio.run(check_runner(makers.process(tracker), programs(tmp_path), tracker=tracker, only='nothing'))
    assert held == [] and held.untried == {}
    from cjm_jobtrack.runners.conformance import _PROMISES
    assert [text for text, *_ in _PROMISES if not any(text.startswith(p) for _, p in BROKEN)] == []

def test_what_is_not_claimed_is_not_tried(tmp_path, tracker):
    runner = makers.process(tracker)
    runner.capabilities, runner.durable = frozenset(), False
    held = asyncio.run(check_runner(runner, replace(programs(tmp_path), many=None, bad=None), tracker=tracker))
    assert {*held.untried.values()} == {'the runner does not claim `log`', 'the runner does not claim `outputs`', 'the runner does not claim `force`', 'the runner is not durable', '`many` was not given', '`bad` was not given', '`queue` was not given'}
