"Plugins as jobs: every shape of result, every end, what a stop achieves and what not; with stand-ins, and under the real plugin manager in its own Python."
import asyncio, collections, concurrent.futures, contextlib, dataclasses, enum, json, os, signal, subprocess, sys, threading, types
from pathlib import Path
import psutil, pytest
from helpers import until
from needs import where
from cjm_jobtrack.model.errors import InvalidInput
from cjm_jobtrack.tracker.tracker import JobTracker
from cjm_jobtrack.tracker.transcription import TranscriptionJobTracker
from cjm_jobtrack.runners.plugin import PluginRunner, plugin_result
from cjm_jobtrack.runners.process_tree import runs
from cjm_jobtrack.queue.queue import JobQueue
from cjm_jobtrack.runners.conformance import check_runner
from cjm_jobtrack.runners.outcome import Report
from cjm_jobtrack.runners.runner import Runner

RECORDING = Path(__file__).parents[2]/'cjm_jobtrack/pipelines/builtin/recording.wav'

@pytest.fixture
def tracker():
    with JobTracker() as t: yield t

# --- results

@dataclasses.dataclass
class Heard:
    text:str
    confidence:float|None=None
    segments:list=dataclasses.field(default_factory=list)
    metadata:dict|None=None
class Plain:
    "As many plugins give: no dataclass, no dict."
    def __init__(self, **kw): self.__dict__ |= kw
class Slots:
    __slots__ = ('text', 'confidence')
    def __init__(self): self.text, self.confidence = 'hi', .5
class Dumps:
    def model_dump(self): return {'text': 'hi', 'n': 1}
Named = collections.namedtuple('Named', 'text score')
class Colour(enum.Enum): RED = 'red'

@pytest.mark.parametrize('value, result', [
    ({'text': 'hi', 'metadata': {'a': 1}, 'x': {1}}, {'text': 'hi', 'metadata': {'a': 1}, 'x': [1]}), ({}, {'text': '', 'metadata': {}}), (None, {'text': '', 'metadata': {}}),
    (Heard('hi', .5, [{'text': 'hi'}]), {'text': 'hi', 'confidence': .5, 'segments': [{'text': 'hi'}], 'metadata': {}}),
    (Plain(text='hi', confidence=float('nan'), _lock=threading.Lock(), language='en'), {'text': 'hi', 'confidence': None, 'language': 'en', 'metadata': {}}), (Plain(speed=2), {'speed': 2, 'text': '', 'metadata': {}}),
    (Slots(), {'text': 'hi', 'confidence': .5, 'metadata': {}}), (Dumps(), {'text': 'hi', 'n': 1, 'metadata': {}}), (Named('hi', 1), {'text': 'hi', 'score': 1, 'metadata': {}}),
    ('hi', {'text': 'hi', 'metadata': {}}), (b'hi', {'value': 'hi', 'text': '', 'metadata': {}}), (7, {'value': 7, 'text': '', 'metadata': {}}), (Colour.RED, {'value': 'red', 'text': '', 'metadata': {}}),
    ([{'text': ' a '}, {'text': 'b'}], {'segments': [{'text': ' a '}, {'text': 'b'}], 'text': 'a b', 'metadata': {}}), ([1, 2], {'value': [1, 2], 'text': '', 'metadata': {}}),
    ({'segments': [{'text': 'a'}, {'start': 1}, 'b'], 'metadata': 'v1'}, {'segments': [{'text': 'a'}, {'start': 1}, 'b'], 'text': 'a', 'metadata': {'value': 'v1'}}),
    ({'text': None, 'metadata': None}, {'text': '', 'metadata': {}}), ({'text': 5}, {'text': '5', 'metadata': {}})])
def test_a_transcription_is_always_a_dict_with_text_and_metadata(value, result):
    found = plugin_result(value, transcription=True)
    assert found == result and json.loads(json.dumps(found, allow_nan=False)) == found

@pytest.mark.parametrize('value, result', [(None, {}), (7, {'value': 7}), ({'mean': 1}, {'mean': 1}), ([1], {'value': [1]}), ('hi', {'text': 'hi'}), (Plain(a=1), {'a': 1}), (Heard, {'value': repr(Heard)})])
def test_other_plugins_are_not_given_a_text(value, result): assert plugin_result(value) == result

# --- stand-ins

class Speech:
    "A plugin as it is told: waits for `go`, listens when it `hears`."
    def __init__(self, hears=True, result=None):
        self.go, self.begun, self.asked, self.hears, self.calls, self.share, self.result = threading.Event(), threading.Event(), threading.Event(), hears, [], {'progress': 0., 'message': ''}, result
        if not hears: self.cancel = None
    def cancel(self): self.asked.set(); self.go.set()
    def get_progress(self): return self.share
    def execute(self, *args, **kwargs):
        self.calls.append((args, kwargs))
        self.begun.set()
        assert self.go.wait(90)
        if self.asked.is_set(): raise PluginCancelledError('speech')
        if isinstance(self.result, BaseException): raise self.result
        return self.result
class PluginCancelledError(Exception): "Named as in cjm-plugin-system."
class PluginInputError(ValueError): category, fields_invalid = 'user_input', ['audio']
class Fatal(Exception): category = 'fatal'

class Plugins:
    def __init__(self, **plugins): self.plugins = plugins
    def get_plugin_meta(self, name): return self.plugins.get(name) and types.SimpleNamespace(name=name)
    def get_plugin(self, name): return self.plugins[name]
    def list_plugins(self): return [types.SimpleNamespace(name=n) for n in self.plugins]
    async def execute_plugin_async(self, name, *args, **kwargs): return await asyncio.to_thread(self.plugins[name].execute, *args, **kwargs)

def quick(manager, **kw):
    runner = PluginRunner(manager, **kw)
    runner.interval = .01
    return runner

async def begin(tracker, runner, spec):
    job = tracker.create_job('plugin', runner='plugin', spec=spec)
    tracker.mark_running(job.id)
    handle = await runner.start(job)
    return job, handle, asyncio.create_task(runner.follow(job, handle, Report(tracker, job.id, job.attempt)))

async def see(true):
    async with asyncio.timeout(60):
        while not true(): await asyncio.sleep(.002)

def end_of(tracker, plugin, spec=None, **kw):
    "The job of one call of a plugin that need not wait, and how it ended."
    plugin.go.set()
    async def main():
        runner = quick(Plugins(speech=plugin), **kw)
        job, _, following = await begin(tracker, runner, spec or runner.call('speech', 'talk.wav'))
        async with asyncio.timeout(60): return job, await following
    return asyncio.run(main())

# --- what is asked

@pytest.mark.parametrize('spec, field', [
    ({}, 'plugin_name'), ({'plugin_name': 'other'}, 'plugin_name'), ({'plugin_name': 3}, 'plugin_name'), ({'plugin_name': 'speech', 'file_path': 3}, 'file_path'), ({'plugin_name': 'speech', 'file_path': ''}, 'file_path'),
    ({'plugin_name': 'speech', 'args': 'ab'}, 'args'), ({'plugin_name': 'speech', 'kwargs': [1]}, 'kwargs'), ({'plugin_name': 'speech', 'kwargs': {1: 2}}, 'kwargs'),
    ({'plugin_name': 'speech', 'file_path': 'a', 'kwargs': {'audio': 'b'}}, 'kwargs.audio')])
def test_what_cannot_be_asked_is_refused_and_named(tracker, spec, field):
    runner, job = quick(Plugins(speech=Speech())), tracker.create_job('x', spec=spec)
    with pytest.raises(InvalidInput) as e: asyncio.run(runner.start(job))
    assert e.value.field == field and asyncio.run(runner.find(job)) is None
    if field == 'plugin_name': assert 'Loaded: speech' in e.value.remedy

class OnlyCalls:
    def __init__(self, known): self.known = known
    async def execute_plugin_async(self, name, **kw): return {'text': name, 'kw': kw}
    def get_plugin_meta(self, name): return self.known[name]

def test_the_least_that_a_manager_has_to_have(tracker):
    for manager in object(), types.SimpleNamespace(execute_plugin_async=len), None:
        with pytest.raises(InvalidInput, match='manager'): PluginRunner(manager)
    runner = quick(OnlyCalls({'speech': 1}), file_argument='file')
    assert isinstance(runner, Runner) and not runner.durable
    async def main():
        with pytest.raises(InvalidInput): await runner.start(tracker.create_job('x', spec={'plugin_name': 'other'}))   # a meta that is looked up raises
        _, _, following = await begin(tracker, runner, {'plugin_name': 'speech', 'file_path': '/a.wav', 'kwargs': {'n': 1}})
        return await following
    assert asyncio.run(main()).result == {'text': 'speech', 'kw': {'file': '/a.wav', 'n': 1}, 'metadata': {}}

@pytest.mark.parametrize('spec, call', [({'plugin_name': 'speech'}, ((), {})), ({'plugin_name': 'speech', 'args': [1], 'kwargs': {'n': 2}}, ((1,), {'n': 2})), ({'plugin_name': 'speech', 'file_path': 'a', 'file_name': 'b'}, ((), {'audio': 'a'}))])
def test_the_plugin_gets_what_was_asked(tracker, spec, call):
    plugin = Speech()
    assert end_of(tracker, plugin, spec)[1].status == 'completed' and plugin.calls == [call]

# --- how it ends

@pytest.mark.parametrize('e, status, kind, message', [
    (PluginInputError('no sound'), 'failed', 'invalid', 'no sound'), (Fatal('no model'), 'failed', 'error', 'Fatal: no model'), (ValueError('x'), 'failed', 'error', 'ValueError: x'),
    (InvalidInput('audio', 'is empty', 'Give sound'), 'failed', 'invalid', '`audio` is empty. Give sound'), (PluginCancelledError('speech'), 'cancelled', None, None)])
def test_what_a_plugin_raises_is_told(tracker, e, status, kind, message):
    _, outcome = end_of(tracker, Speech(result=e))
    assert outcome.status == status
    if status == 'failed':
        assert (outcome.failure.kind, outcome.failure.message) == (kind, message)
        assert kind == 'invalid' or 'in execute' in outcome.failure.evidence['traceback']
    if isinstance(e, PluginInputError): assert outcome.failure.evidence == {'fields': ['audio'], 'category': 'user_input'}

def test_progress_is_heeded_when_it_changes(tracker):
    plugin = Speech()
    plugin.share = {'progress': 1., 'message': 'of the job before'}
    async def main():
        runner = quick(Plugins(speech=plugin))
        job, _, following = await begin(tracker, runner, runner.call('speech', 'a'))
        await see(plugin.begun.is_set)
        for _ in range(20): await asyncio.sleep(.002)
        assert (job.progress, job.message) == (None, None)
        for share, message, shown in (.25, 'a', (25., 'a')), (-1., 'thinking', (25., 'thinking')), (0., '', (25., 'thinking')), ('half', 7, (25., '7')), (.5, '', (50., '7')):
            plugin.share = {'progress': share, 'message': message}
            await see(lambda shown=shown: (job.progress, job.message) == shown)
        for odd in None, 'nonsense', {}: plugin.share = odd; await asyncio.sleep(.03)
        plugin.go.set()
        return await following
    assert asyncio.run(main()).status == 'completed'

class Silent(Speech):
    "Answers no question until it may."
    def __init__(self, **kw): super().__init__(**kw); self.may, self.asks = threading.Event(), []
    def hang(self, what): self.asks.append(what); assert self.may.wait(60); return {'progress': .9, 'message': 'late'}
    def get_progress(self): return self.hang('progress')
    def cancel(self): return self.hang('cancel')

def threads(): return sorted(t.name for t in threading.enumerate() if t.name.startswith('ask '))

def test_a_question_that_is_not_answered_costs_one_thread_and_nothing_else(tracker):
    plugin, other = Silent(result='hello'), Speech(result='world')
    async def main():
        asyncio.get_running_loop().set_default_executor(concurrent.futures.ThreadPoolExecutor(2))   # for what the two plugins do
        runner = quick(Plugins(speech=plugin, other=other))
        runner.hearing = .05
        job, _, first = await begin(tracker, runner, runner.call('speech', 'a'))
        another, _, second = await begin(tracker, runner, runner.call('other', 'b'))
        await see(lambda: plugin.begun.is_set() and other.begun.is_set())
        other.share = {'progress': .5, 'message': 'half'}
        await see(lambda: another.progress == 50.)
        for _ in range(20): await asyncio.sleep(.005)
        await see(lambda: threads() == ['ask speech: progress'])   # the other one is asked again and again, in a moment
        assert plugin.asks == ['progress'] and job.progress is None
        plugin.go.set(), other.go.set()
        async with asyncio.timeout(60): assert [o.result['text'] for o in (await first, await second)] == ['hello', 'world']
        plugin.go.clear(), plugin.begun.clear()
        job, _, third = await begin(tracker, runner, runner.call('speech', 'c'))
        await see(plugin.begun.is_set)
        assert plugin.asks == ['progress']
        plugin.may.set()                       # what is answered now was asked in the time of the job before
        await see(lambda: len(plugin.asks) > 3)
        assert job.progress is None
        plugin.get_progress = lambda: {'progress': .95, 'message': 'now'}
        await see(lambda: job.progress == 95.)
        plugin.go.set()
        return await third
    try: assert asyncio.run(main()).status == 'completed'
    finally: plugin.may.set(), plugin.go.set(), other.go.set()
    until(lambda: not threads(), 'the threads to end')

def test_a_stop_that_is_not_answered_is_not_waited_for(tracker):
    plugin = Silent()
    async def main():
        runner = quick(Plugins(speech=plugin))
        runner.hearing = .05
        for n in 1, 2:
            plugin.begun.clear(), plugin.go.clear()
            job, handle, following = await begin(tracker, runner, runner.call('speech', 'a'))
            await see(plugin.begun.is_set)
            async with asyncio.timeout(60): receipt = await runner.stop(job, handle, 60.)
            assert not receipt.confirmed and not following.done() and plugin.asks.count('cancel') == 1
            plugin.go.set()
            assert (await following).status == 'completed'
    try: asyncio.run(main())
    finally: plugin.may.set()

def test_last_words_that_are_not_to_be_had_are_not_waited_for(tracker):
    plugin, may = Speech(result=ValueError('no')), threading.Event()
    class Mute(Plugins):
        def get_plugin_diagnostics(self, name, limit): may.wait(60)
    plugin.go.set()
    async def main():
        runner = quick(Mute(speech=plugin))
        runner.hearing = .05
        _, _, following = await begin(tracker, runner, runner.call('speech', 'a'))
        async with asyncio.timeout(60): return await following
    try: assert asyncio.run(main()).failure.message == 'ValueError: no'
    finally: may.set()

class Awaited(Speech):
    "Its questions are coroutines."
    def __init__(self): super().__init__(); self.hanging = False
    async def get_progress_async(self): return await asyncio.Event().wait() if self.hanging else self.share
    async def cancel_async(self): self.cancel()

def test_questions_may_be_coroutines(tracker):
    plugin = Awaited()
    async def main():
        runner = quick(Plugins(speech=plugin))
        job, handle, following = await begin(tracker, runner, runner.call('speech', 'a'))
        await see(plugin.begun.is_set)
        plugin.share = {'progress': .25, 'message': 'a quarter'}
        await see(lambda: job.progress == 25.)
        plugin.hanging = True
        receipt = await runner.stop(job, handle, 60.)
        assert (receipt.confirmed, receipt.how, (await following).status) == (True, 'asked', 'cancelled')
    asyncio.run(main())

def test_a_plugin_that_answers_nothing_does_not_keep_the_interpreter():
    code = """
import asyncio, json, sys
sys.path[:] = json.loads(sys.argv[1])
from test_plugin import JobTracker, Plugins, PluginRunner, Silent, begin
async def main():
    tracker, plugin = JobTracker(), Silent()
    runner = PluginRunner(Plugins(speech=plugin))
    runner.interval = runner.hearing = .01
    plugin.execute = lambda audio: None
    _, _, following = await begin(tracker, runner, runner.call('speech', 'a'))
    async def for_ever(name, *args, **kw): await asyncio.Event().wait()
    print((await following).status)
    runner.manager.execute_plugin_async = for_ever
    job, handle, following = await begin(tracker, runner, runner.call('speech', 'a'))
    while runner._at[handle['key']].task is None: await asyncio.sleep(.01)
    print((await runner.stop(job, handle, .01)).how, following.done())
asyncio.run(main())"""
    done = subprocess.run([sys.executable, '-c', code, json.dumps([*map(str, sys.path)])], capture_output=True, text=True, timeout=50)
    assert done.stdout == 'completed\nunconfirmed False\n', done.stderr

def test_an_id_that_is_used_again_is_new_work(tracker):
    runner = PluginRunner(Coroutines(), in_process=True)
    async def main():
        for seconds in 0, .001, .002:
            job = tracker.create_job('x', id='again', spec=runner.call('a', seconds=seconds))
            tracker.mark_running(job.id)
            assert await runner.find(job) is None and runner.why_not(job) is None
            handle = await runner.start(job)
            assert await runner.find(job) == handle
            assert (await runner.follow(job, handle, Report(tracker, job.id, 1))).status == 'completed' and runner._at[handle['key']].kwargs == {'seconds': seconds}
            tracker.mark_completed(job.id, None), tracker.delete_job(job.id)
    asyncio.run(main())

def test_jobs_of_one_plugin_run_one_after_the_other_and_those_of_two_at_once(tracker):
    one, two = Speech(), Speech()
    async def main():
        runner = quick(Plugins(one=one, two=two))
        a, _, fa = await begin(tracker, runner, runner.call('one', 'a'))
        b, _, fb = await begin(tracker, runner, runner.call('one', 'b'))
        c, _, fc = await begin(tracker, runner, runner.call('two', 'c'))
        await see(lambda: one.begun.is_set() and two.begun.is_set() and b.message)
        assert len(one.calls) == 1 and 'Waits until plugin one' in b.message
        assert 'busy' in runner.why_not(tracker.create_job('d', spec=runner.call('one'))) and runner.why_not(b) is None and runner.why_not(tracker.create_job('e', spec={})) is None
        one.go.set(), two.go.set()
        assert [o.status for o in await asyncio.gather(fa, fb, fc)] == ['completed']*3 and [kw['audio'] for _, kw in one.calls] == ['a', 'b']
        assert runner.why_not(tracker.create_job('d', spec=runner.call('one'))) is None
    asyncio.run(main())

# --- managers and plugins that misbehave

class Raises(Plugins):
    "Raises where it is told to."
    def __init__(self, e, **where): super().__init__(speech=Speech()); self.e, self.where = e, where; self.plugins['speech'].go.set()
    def at(self, what, value):
        if what in self.where: raise self.e
        return value
    def get_plugin_meta(self, name): return self.at('meta', super().get_plugin_meta(name))
    def get_plugin(self, name): return self.at('plugin', self.plugins.get(name))
    def list_plugins(self): return self.at('list', [types.SimpleNamespace(name='speech'), object()])

@pytest.mark.parametrize('e', [ValueError('out of order'), RuntimeError(), TypeError('x'), ConnectionError('no answer')])
def test_a_manager_that_cannot_look_up_a_plugin_is_quoted(tracker, e):
    job = tracker.create_job('x', spec={'plugin_name': 'speech'})
    with pytest.raises(InvalidInput) as said: asyncio.run(quick(Raises(e, meta=1)).start(job))
    assert said.value.field == 'plugin_name' and f'{type(e).__name__}{f": {e}" if str(e) else ""}' in said.value.problem and 'manager' in said.value.remedy

@pytest.mark.parametrize('where', ['plugin', 'list', 'nowhere'])
def test_a_manager_that_raises_instead_of_saying_no_is_understood(tracker, where):
    runner = quick(Raises(ValueError('odd'), **{where: 1}))
    with pytest.raises(InvalidInput, match='is not a loaded plugin'): asyncio.run(runner.start(tracker.create_job('x', spec={'plugin_name': 'other'})))
    async def main(): return await (await begin(tracker, runner, runner.call('speech', 'a')))[2]
    assert asyncio.run(main()).status == 'completed'   # it has only lost its progress

class NotAsync(Plugins):
    def execute_plugin_async(self, name, *args, **kw): return {'text': 'at once'}
class RaisesAtOnce(Plugins):
    def execute_plugin_async(self, name, *args, **kw): raise Fatal('no model')
class Ends(Plugins):
    async def execute_plugin_async(self, name, *args, **kw): raise SystemExit(3)
class Interrupts(Plugins):
    async def execute_plugin_async(self, name, *args, **kw): raise KeyboardInterrupt
class MuteError(Exception):
    def __str__(self): raise ValueError
    @property
    def category(self): raise ValueError
class RaisesMute(Plugins):
    async def execute_plugin_async(self, name, *args, **kw): raise MuteError
class Unreadable:
    confidence = 1.
    @property
    def text(self): raise OSError('the file with the text is gone')
class GivesUnreadable(Plugins):
    async def execute_plugin_async(self, name, *args, **kw): return Unreadable()

@pytest.mark.parametrize('manager, kind, said', [
    (NotAsync, 'invalid', '`manager` has an `execute_plugin_async` that gave back a dict, nothing to be awaited. Make it an `async def`'), (RaisesAtOnce, 'error', 'Fatal: no model'),
    (Ends, 'error', 'SystemExit: 3'), (Interrupts, 'error', 'KeyboardInterrupt'), (RaisesMute, 'error', 'MuteError: <its message cannot be had: ValueError>'),
    (GivesUnreadable, 'error', 'What plugin speech gave back (Unreadable) cannot be read: OSError: the file with the text is gone')])
def test_a_manager_that_misbehaves_fails_its_job_and_not_the_queue(tmp_path, manager, kind, said):
    good = Plugins(other=Speech(result='fine'))
    good.plugins['other'].go.set()
    with JobTracker(f'sqlite:///{tmp_path}/jobs.db') as tracker, JobQueue(tracker, [quick(manager(speech=Speech())), quick(good, name='good')], slots=1) as queue:
        bad = queue.submit(tracker.create_job('bad', runner='plugin', spec={'plugin_name': 'speech', 'file_path': 'a'}))
        after = queue.submit(tracker.create_job('after', runner='good', spec={'plugin_name': 'other', 'file_path': 'a'}))
        tracker.join(bad.id, 60), tracker.join(after.id, 60)
    assert (bad.status, bad.failure.kind, bad.failure.message) == ('failed', kind, said) and after.result['text'] == 'fine'

class OddParts(Speech):
    "Its attributes raise, or are not what they seem."
    pid = 'no number'
    @property
    def get_progress_async(self): raise OSError('no')
    def get_progress(self): raise SystemExit
    @property
    def process(self): return self
    @property
    def cancel(self): raise OSError('no')
    @cancel.setter
    def cancel(self, _): pass
    def poll(self): raise OSError('no')

def test_a_plugin_whose_parts_raise_is_called_all_the_same(tracker):
    assert end_of(tracker, OddParts(result='hello'))[1].result['text'] == 'hello'
    plugin = OddParts()
    async def main():
        runner = quick(Plugins(speech=plugin))
        job, handle, following = await begin(tracker, runner, runner.call('speech', 'a'))
        await see(plugin.begun.is_set)
        receipt = await runner.stop(job, handle, .01)
        plugin.go.set()
        return receipt, await following
    receipt, outcome = asyncio.run(main())
    assert not receipt.confirmed and outcome.status == 'completed'

# --- stopping

def test_one_that_hears_is_stopped(tracker):
    plugin = Speech()
    async def main():
        runner = quick(Plugins(speech=plugin))
        job, handle, following = await begin(tracker, runner, runner.call('speech', 'a'))
        await see(plugin.begun.is_set)
        receipt = await runner.stop(job, handle, 60.)
        assert (receipt.confirmed, receipt.how, receipt.ended) == (True, 'asked', ['plugin speech']) and (await following).status == 'cancelled'
        assert (await runner.stop(job, handle, 60.)).how == 'gone'
    asyncio.run(main())

def test_one_that_completes_although_it_was_asked_has_completed(tracker):
    plugin = Speech(result='all of it')
    plugin.cancel = plugin.go.set
    async def main():
        runner = quick(Plugins(speech=plugin))
        job, handle, following = await begin(tracker, runner, runner.call('speech', 'a'))
        await see(plugin.begun.is_set)
        return await runner.stop(job, handle, 60.), await following
    receipt, outcome = asyncio.run(main())
    assert receipt.confirmed and outcome.result['text'] == 'all of it'

@pytest.mark.parametrize('hears', ['cancel refuses', 'cancel raises', 'no cancel'])
def test_one_that_does_not_hear_is_not_claimed_to_have_ended(tracker, hears):
    plugin = Speech(hears=False)
    if hears == 'cancel refuses': plugin.cancel = lambda: False
    if hears == 'cancel raises': plugin.cancel = lambda: 1/0
    async def main():
        runner = quick(Plugins(speech=plugin))
        job, handle, following = await begin(tracker, runner, runner.call('speech', 'a'))
        await see(plugin.begun.is_set)
        receipt = await runner.stop(job, handle, .02)
        assert (receipt.confirmed, receipt.how, receipt.left) == (False, 'unconfirmed', ['plugin speech']) and 'goes on' in receipt.message
        next_job, _, next_following = await begin(tracker, runner, runner.call('speech', 'b'))
        await see(lambda: next_job.message)
        assert not following.done() and len(plugin.calls) == 1 and 'busy' in runner.why_not(tracker.create_job('c', spec=runner.call('speech')))
        plugin.go.set()
        assert [(await f).status for f in (following, next_following)] == ['completed']*2
    asyncio.run(main())

@pytest.mark.parametrize('in_process', [False, True])
def test_a_call_that_was_given_up_keeps_its_plugin_busy(tmp_path, in_process):
    "The thread behind it goes on when the manager's coroutine is cancelled; or the coroutine itself does."
    go, inside, calls = threading.Event(), [], []
    def work(who):
        calls.append((who, list(inside)))
        inside.append(who)
        assert who != 'a' or go.wait(90)
        inside.remove(who)
    class Goes:
        def get_plugin_meta(self, name): return name
        async def execute_plugin_async(self, name, who):
            if not in_process: return await asyncio.to_thread(work, who)
            doing = asyncio.ensure_future(asyncio.to_thread(work, who))
            while not doing.done():
                with contextlib.suppress(asyncio.CancelledError): await asyncio.wait({doing})
    with JobTracker(f'sqlite:///{tmp_path}/jobs.db') as tracker, JobQueue(tracker, runner := quick(Goes(), in_process=in_process), slots=2, grace=.05) as queue:
        a = queue.submit(tracker.create_job('a', runner='plugin', spec=runner.call('p', who='a'), timeout=.5))
        tracker.join(a.id, 60)
        assert a.failure.kind == 'timeout' and not a.failure.evidence['stopped']['confirmed'] and inside == ['a']
        b = queue.submit(tracker.create_job('b', runner='plugin', spec=runner.call('p', who='b')))
        assert 'busy' in runner.why_not(b)
        go.set()
        assert tracker.join(b.id, 60).status == 'completed' and calls == [('a', []), ('b', [])]

def test_one_in_line_is_stopped_without_touching_the_plugin(tracker):
    plugin = Speech()
    async def main():
        runner = quick(Plugins(speech=plugin))
        _, _, first = await begin(tracker, runner, runner.call('speech', 'a'))
        job, handle, second = await begin(tracker, runner, runner.call('speech', 'b'))
        await see(lambda: plugin.begun.is_set() and job.message)
        assert (await runner.stop(job, handle, 60.)).confirmed and (await second).status == 'cancelled' and not plugin.asked.is_set()
        plugin.go.set()
        assert (await first).status == 'completed' and len(plugin.calls) == 1
    asyncio.run(main())

def test_one_that_leaves_the_line_does_not_free_the_plugin(tracker):
    plugin = Speech()
    async def main():
        runner = quick(Plugins(speech=plugin))
        (_, _, fa), (b, hb, fb), (c, _, fc), (d, hd, fd) = [await begin(tracker, runner, runner.call('speech', n)) for n in 'abcd']
        await see(lambda: plugin.begun.is_set() and b.message and c.message and d.message)
        for job, handle, following in (b, hb, fb), (d, hd, fd):
            assert (await runner.stop(job, handle, 60.)).confirmed and (await following).status == 'cancelled'
        assert 'busy' in runner.why_not(tracker.create_job('e', spec=runner.call('speech')))
        _, _, fe = await begin(tracker, runner, runner.call('speech', 'e'))
        for _ in range(20): await asyncio.sleep(.005)
        assert len(plugin.calls) == 1 and not fc.done()
        plugin.go.set()
        assert [(await f).status for f in (fa, fc, fe)] == ['completed']*3 and [kw['audio'] for _, kw in plugin.calls] == ['a', 'c', 'e']
    asyncio.run(main())

def test_one_that_is_stopped_as_its_turn_comes_does_not_enter_the_plugin(tracker):
    plugin = Speech()
    async def main():
        runner = quick(Plugins(speech=plugin))
        worker, looks, stops = runner._worker, [], []
        def at_last(name):   # looked at once more just before the plugin is called
            looks.append(name)
            if len(looks) == 2: stops.append(asyncio.ensure_future(runner.stop(job, handle, 60.)))
            return worker(name)
        runner._worker = at_last
        job, handle, following = await begin(tracker, runner, runner.call('speech', 'a'))
        async with asyncio.timeout(60):
            assert (await following).status == 'cancelled'
            while not stops[0].done(): await asyncio.sleep(.005)   # a task of the loop on which plugins run
        assert stops[0].result().confirmed and not plugin.calls
    asyncio.run(main())

# --- a worker process

class Workers(Plugins):
    "As `PluginManager`: a worker process for each plugin, which can be loaded again; its death is not always noticed."
    def __init__(self, *names, notices=True, loads=True):
        super().__init__(**{n: types.SimpleNamespace(process=self.spawn(), config={'model': n}) for n in names})
        self.notices, self.loads, self.loaded = notices, loads, []
    def spawn(self): return subprocess.Popen([sys.executable, '-c', 'import subprocess\nsubprocess.Popen(["sleep", "600"]).wait()'])
    def get_instance(self, name): return types.SimpleNamespace(plugin_name=name, config=self.plugins[name].config) if name in self.plugins else None
    def get_plugin(self, name): return self.plugins.get(name)
    def end(self, name):
        p = self.plugins[name].process
        if p.poll() is None:
            p.send_signal(signal.SIGSTOP)   # so that it begins nothing meanwhile
            for child in psutil.Process(p.pid).children(): child.kill()
            p.kill()
        p.wait()
    def reload_plugin(self, name, config=None):
        self.end(name)
        self.loaded.append((name, config))
        if self.loads: self.plugins[name].process = self.spawn()
        else: del self.plugins[name]
        return self.loads
    def load_plugin(self, meta, config, instance_id=None):
        if self.loads: self.plugins[instance_id] = types.SimpleNamespace(process=self.spawn(), config=config)
        return self.loads
    def get_plugin_diagnostics(self, name, limit): return '2001-01-01T00:00:00+00:00 [stream] long ago\n2999-01-01T00:00:00+00:00 [stream] model loaded\n  and more'
    async def execute_plugin_async(self, name, *args, **kwargs):
        if kwargs.get('quick'): return 'done'
        while not self.notices or self.plugins[name].process.poll() is None: await asyncio.sleep(.005)
        raise ConnectionError('server went away')

@pytest.fixture
def workers():
    made = []
    def make(*a, kind=Workers, **kw): made.append(kind(*a, **kw)); return made[-1]
    yield make
    for m in made:
        for name in [*m.plugins]: m.end(name)

def children(pid): return psutil.Process(pid).children()

def test_a_deaf_worker_is_ended_and_the_plugin_loaded_again(tracker, workers):
    manager = workers('speech')
    async def main():
        runner, first = quick(manager), manager.plugins['speech'].process
        child = until(lambda: children(first.pid), 'the child')[0]
        job, handle, following = await begin(tracker, runner, runner.call('speech', 'a'))
        await see(lambda: runner._at[handle['key']].task)
        receipt = await runner.stop(job, handle, .05)
        assert (receipt.confirmed, receipt.how, receipt.ended, receipt.left) == (True, 'forced', sorted([first.pid, child.pid]), [])
        assert (await following).status == 'cancelled'
        _, _, following = await begin(tracker, runner, runner.call('speech', 'a', quick=True))
        assert (await following).result['text'] == 'done' and manager.loaded == [('speech', {'model': 'speech'})] and manager.plugins['speech'].process.pid != first.pid
    asyncio.run(main())

@pytest.mark.parametrize('notices', [True, False])
def test_a_worker_that_is_killed_is_told_and_replaced(tracker, workers, notices):
    manager = workers('speech', notices=notices)
    async def main():
        runner, first = quick(manager), manager.plugins['speech'].process
        _, handle, following = await begin(tracker, runner, runner.call('speech', 'a'))
        await see(lambda: runner._at[handle['key']].task)
        for p in children(first.pid): p.kill()
        first.kill()
        async with asyncio.timeout(60): f = (await following).failure
        assert (f.kind, f.signal, f.exit_code) == ('lost', 'SIGKILL', 137) and str(f).startswith('The worker process of plugin speech was ended by SIGKILL')
        assert f.evidence['pid'] == first.pid and f.evidence['last_lines'] == ['model loaded', '  and more'] and (not notices or f.evidence['said'] == 'ConnectionError: server went away')
        _, _, following = await begin(tracker, runner, runner.call('speech', 'a', quick=True))
        assert (await following).status == 'completed' and manager.plugins['speech'].process.pid != first.pid
    asyncio.run(main())

def test_a_plugin_that_cannot_be_loaded_again_says_so_and_is_tried_again(tracker, workers):
    manager = workers('speech', loads=False)
    async def main():
        runner = quick(manager)
        manager.end('speech')
        for status in 'failed', 'failed', 'completed':
            manager.loads = status == 'completed'
            _, _, following = await begin(tracker, runner, runner.call('speech', 'a', quick=True))
            async with asyncio.timeout(60): outcome = await following
            assert outcome.status == status and (status == 'completed' or outcome.failure.kind == 'not_started')
    asyncio.run(main())

HELPER = """
import subprocess, sys
p = subprocess.Popen(['setsid', 'sh', '-c', 'env -i sleep 600 >/dev/null 2>&1 & echo $!; read line; exit'], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
hidden = p.stdout.readline()
open(sys.argv[1], 'w').write(hidden)
while not __import__('os').path.exists(sys.argv[2]): __import__('time').sleep(.01)
p.communicate('go')
__import__('time').sleep(600)
"""

def test_a_helper_that_has_taken_leave_of_the_worker_is_ended_with_it(tracker, workers, tmp_path):
    class Helped(Workers):
        def spawn(self): return subprocess.Popen([sys.executable, '-c', HELPER, tmp_path/'hidden', tmp_path/'go'])
        def reload_plugin(self, name, config=None): self.plugins[name].process.kill(); self.plugins[name].process.wait(); self.plugins[name].process = Workers.spawn(self); return True
    manager = workers('speech', kind=Helped)
    async def main():
        runner = quick(manager)
        job, handle, following = await begin(tracker, runner, runner.call('speech', 'a'))
        await see(lambda: (tmp_path/'hidden').exists() and (tmp_path/'hidden').read_text().endswith('\n'))
        hidden, call = psutil.Process(int((tmp_path/'hidden').read_text())), runner._at[handle['key']]
        await see(lambda: call.tree and hidden in call.tree._known)
        (tmp_path/'go').touch()
        await see(lambda: hidden not in psutil.Process(call.worker.pid).children(recursive=True))
        receipt = await runner.stop(job, handle, .05)
        assert (receipt.confirmed, receipt.how, receipt.left) == (True, 'forced', []) and hidden.pid in receipt.ended and 'cannot be found' in receipt.message
        assert not runs(hidden)
        await following
    asyncio.run(main())

def test_a_manager_that_waits_for_a_dead_worker_in_spite_of_being_cancelled_is_given_up(tracker, workers):
    go = threading.Event()
    class Waits(Workers):
        async def execute_plugin_async(self, name, *args, **kw):
            while not go.is_set():
                with contextlib.suppress(asyncio.CancelledError): await asyncio.sleep(.01)
    manager = workers('speech', kind=Waits)
    async def main():
        runner = quick(manager)
        runner.hearing = .05
        _, handle, following = await begin(tracker, runner, runner.call('speech', 'a'))
        await see(lambda: runner._at[handle['key']].task)
        manager.end('speech')
        async with asyncio.timeout(60): outcome = await following
        go.set()
        await see(runner._at[handle['key']].task.done)   # on a loop of its own
        return outcome
    assert asyncio.run(main()).failure.kind == 'lost'

@pytest.mark.parametrize('config, raises', [(None, False), ({}, True)])
def test_a_plugin_whose_settings_cannot_be_had_does_not_hold_up_others(tracker, workers, config, raises):
    class Odd(Workers):
        def get_instance(self, name):
            if raises: raise RuntimeError('no')
            return types.SimpleNamespace(plugin_name=name, config=config)
    manager = workers('speech', kind=Odd)
    async def main():
        runner = quick(manager)
        manager.end('speech')
        for _ in range(2):
            _, _, following = await begin(tracker, runner, runner.call('speech', 'a', quick=True))
            async with asyncio.timeout(60): assert (await following).status == ('failed' if raises else 'completed')
    asyncio.run(main())

def test_a_manager_that_tries_again_by_itself_is_not_silent_about_it(tracker, workers):
    manager = workers('speech', notices=False)
    async def main():
        runner, first = quick(manager), manager.plugins['speech'].process.pid
        job, handle, following = await begin(tracker, runner, runner.call('speech', 'a'))
        await see(lambda: runner._at[handle['key']].task)
        manager.reload_plugin('speech')
        await see(lambda: any(e.type == 'worker_replaced' for e in tracker.history(job.id)))
        data = next(e.data for e in tracker.history(job.id) if e.type == 'worker_replaced')
        assert data == {'was': first, 'exit_status': -9, 'is': manager.plugins['speech'].process.pid}
        assert (await runner.stop(job, handle, .01)).confirmed
    asyncio.run(main())

# --- with tracker and queue

class Coroutines:
    def get_plugin_meta(self, name): return name
    async def execute_plugin_async(self, name, seconds): await asyncio.sleep(seconds)

def test_the_promises_of_a_runner(tmp_path):
    with JobTracker(f'sqlite:///{tmp_path}/jobs.db') as tracker:
        runner = PluginRunner(Coroutines(), in_process=True)
        assert len(asyncio.run(check_runner(runner, runner.call('a', seconds=0), runner.call('a', seconds=600), tracker))) >= 7

def test_the_transcription_tracker_and_the_queue(tmp_path):
    good, bad, slow = Speech(result=Heard('hello', .9)), Speech(result=RuntimeError('model file is missing')), Speech()
    good.go.set(), bad.go.set()
    with TranscriptionJobTracker(store=f'sqlite:///{tmp_path}/jobs.db') as tracker, JobQueue(tracker, quick(Plugins(good=good, bad=bad, slow=slow)), slots=3, grace=60.) as queue:
        jobs = [queue.submit(tracker.create_job(n, f'/media/{n}.wav', n)) for n in ('good', 'good', 'bad', 'slow')]
        until(slow.begun.is_set, 'the slow one to begin')
        assert asyncio.run(tracker.cancel_job(jobs[3].id))
        for job in jobs: tracker.join(job.id, 60)
        assert tracker.get_job_result(jobs[1].id) == {'status': 'success', 'data': {'text': 'hello', 'confidence': .9, 'segments': [], 'metadata': {}}}
        assert tracker.get_job_result(jobs[2].id) == {'status': 'error', 'error': 'RuntimeError: model file is missing'} and tracker.get_job_result(jobs[3].id) == {'status': 'cancelled'}
        assert tracker.history(jobs[3].id)[-1].data['receipt']['confirmed']

# --- by task and adapter, and under a manager of capabilities

class CapabilityCancelledError(Exception): category = 'transient'

class Capabilities:
    "As the manager of cjm-substrate."
    def __init__(self, surface=('transcribe',), **capabilities): self.capabilities, self.calls, self.surface = capabilities, [], surface
    def get_capability_meta(self, name):
        if name not in self.capabilities: return None
        surface = {} if self.surface is None else {'structural_surface': {'methods': [{'name': n} for n in self.surface]}}
        return types.SimpleNamespace(name=name, manifest=surface)
    def get_capability(self, name): return self.capabilities[name]
    def list_capabilities(self): return [types.SimpleNamespace(name=n) for n in self.capabilities]
    async def execute_capability_async(self, name, *args, _task_name=None, _method=None, **kwargs):
        self.calls.append((_task_name, _method, args, kwargs))
        return await asyncio.to_thread(self.capabilities[name].execute, *args, **kwargs)

def carried_out(manager, spec, tracker):
    async def main():
        _, _, following = await begin(tracker, quick(manager), spec)
        async with asyncio.timeout(60): return await following
    return asyncio.run(main())

def ready(result=None):
    plugin = Speech(result=result)
    plugin.go.set()
    return plugin

WORDS = {'__wire__': 'transcription.result', 'data': {'text': 'hello', 'segments': [], 'confidence': .5}}

@pytest.mark.parametrize('surface, spec, call', [
    (('transcribe',), {'file_path': 'a'}, ('transcription', 'transcribe', (), {'audio': 'a'})), (None, {'file_path': 'a'}, ('transcription', 'transcribe', (), {'audio': 'a'})),
    (('execute',), {'file_path': 'a'}, (None, None, (), {'audio': 'a'})), (None, {'kwargs': {'n': 1}}, (None, None, (), {'n': 1})),
    (('get_info',), {'task': 'media_processing', 'method': 'get_info', 'kwargs': {'file_path': 'a'}}, ('media_processing', 'get_info', (), {'file_path': 'a'})),
    (('x',), {'task': 'vad', 'method': 'detect', 'file_path': 'a'}, ('vad', 'detect', (), {'audio': 'a'}))])
def test_capabilities_are_called_by_task_and_method(tracker, surface, spec, call):
    manager = Capabilities(surface, speech=ready(WORDS))
    outcome = carried_out(manager, {'plugin_name': 'speech'} | spec, tracker)
    assert manager.calls == [call] and outcome.result['text'] == 'hello' and ('metadata' in outcome.result) == ('file_path' in spec)

@pytest.mark.parametrize('surface, execute', [(('transcribe',), False), (('transcribe', 'execute'), True), (None, True)])
def test_plugins_without_execute_are_called_by_task(tracker, surface, execute):
    class Both(Plugins):
        calls = []
        def get_plugin_meta(self, name): return Capabilities.get_capability_meta(types.SimpleNamespace(capabilities=self.plugins, surface=surface), name)
        async def execute_plugin_async(self, name, *args, **kwargs): self.calls.append(kwargs); return WORDS
    manager = Both(speech=ready())
    assert carried_out(manager, {'plugin_name': 'speech', 'file_path': 'a'}, tracker).result['text'] == 'hello'
    assert manager.calls[-1] == {'audio': 'a'} | ({} if execute else {'_task_name': 'transcription', '_method': 'transcribe'})

@pytest.mark.parametrize('spec, field', [({}, 'task'), ({'task': 'vad'}, 'method'), ({'method': 'detect'}, 'task'), ({'task': 3, 'method': 'detect'}, 'task'), ({'task': 'vad', 'method': ''}, 'method'), ({'task': 'vad', 'method': 'detect', 'args': [1]}, 'args')])
def test_a_task_that_is_not_named_is_asked_for(tracker, spec, field):
    with pytest.raises(InvalidInput) as e: carried_out(Capabilities(('detect',), vad=ready()), {'plugin_name': 'vad'} | spec, tracker)
    assert e.value.field == field

def test_arguments_of_a_plugin_are_passed_on_as_they_are(tracker):
    runner, plugin = quick(Plugins(media=ready())), None
    spec = runner.call('media', action='get_info', file_path='/a.mp4', task='translate')
    assert spec == {'plugin_name': 'media', 'kwargs': {'action': 'get_info', 'file_path': '/a.mp4', 'task': 'translate'}}
    plugin = ready()
    assert carried_out(Plugins(media=plugin), spec, tracker).status == 'completed' and plugin.calls == [((), spec['kwargs'])]
    assert runner.call('media', '/a.mp4', task='vad', method='detect', x=1) == {'plugin_name': 'media', 'file_path': '/a.mp4', 'task': 'vad', 'method': 'detect', 'kwargs': {'x': 1}}
    with pytest.raises(TypeError, match='At most one file'): runner.call('media', 'a', 'b')

@pytest.mark.parametrize('e, status', [(CapabilityCancelledError('speech'), 'cancelled'), (asyncio.CancelledError(), 'failed'), (concurrent.futures.CancelledError(), 'failed')])
@pytest.mark.parametrize('manager', [Plugins, Capabilities])
def test_a_cancel_that_nobody_asked_for_is_a_failure(tracker, manager, e, status):
    outcome = carried_out(manager(speech=ready(e)), {'plugin_name': 'speech', 'file_path': 'a'}, tracker)
    assert outcome.status == status and (status == 'cancelled' or 'CancelledError' in outcome.failure.message)

def test_the_transcription_tracker_with_capabilities(tmp_path):
    slow = Speech()
    with TranscriptionJobTracker(store=f'sqlite:///{tmp_path}/jobs.db') as tracker, JobQueue(tracker, quick(Capabilities(good=ready(WORDS), slow=slow)), slots=2, grace=60.) as queue:
        good, late = [queue.submit(tracker.create_job(n, f'/media/{n}.wav', n)) for n in ('good', 'slow')]
        until(slow.begun.is_set, 'the slow one to begin')
        assert asyncio.run(tracker.cancel_job(late.id))
        for job in good, late: tracker.join(job.id, 60)
        assert tracker.get_job_result(good.id) == {'status': 'success', 'data': {'text': 'hello', 'segments': [], 'confidence': .5, 'metadata': {}}} and tracker.get_job_result(late.id) == {'status': 'cancelled'}

# --- the real ones

@pytest.fixture(scope='module')
def told(tmp_path_factory):
    "What came of the jobs that `plugins/carry.py` has carried out under the real manager, by the name of the trial."
    folder = tmp_path_factory.mktemp('real')
    with open(folder/'words.txt', 'w') as words:
        p = subprocess.run([where('plugin-system'), Path(__file__).parent/'plugins/carry.py', folder, RECORDING], stdout=subprocess.PIPE, stderr=words, text=True, timeout=400, cwd=folder)
    found = {o['what']: o for o in map(json.loads, p.stdout.splitlines())}
    assert p.returncode == 0, f'{sorted(found)}\n{(folder/"words.txt").read_text()[-3000:]}'
    return found

@pytest.mark.needs('plugin-system')
@pytest.mark.timeout(420)
class TestRealManager:
    def test_real_speech_becomes_text_in_the_worker(self, told):
        t = told['completed']
        r = t['outcome']['result']
        assert 'we will meet again tomorrow' in r['text'] and r['segments'][0]['words'][0]['word'] == 'one' and 0 < r['confidence'] <= 1
        assert r['metadata'] == {'model': 'pocketsphinx en-us', 'pid': t['worker'], 'vad': 1} and t['worker'] != os.getpid()
        assert t['progress'] > 0 and t['message'] and not t['replaced']

    def test_failures_are_told_with_the_words_of_the_worker(self, told):
        f = told['missing']['outcome']['failure']
        assert f['kind'] == 'invalid' and 'there is no file' in f['message'] and f['evidence']['fields'] == ['audio']
        f = told['raised']['outcome']['failure']
        assert f['kind'] == 'error' and 'notes.txt cannot be decoded' in f['message'] and f['evidence']['category'] == 'fatal'
        assert f['evidence']['last_lines'][0] == 'reading notes.txt' and f['evidence']['last_lines'][-1] == 'RuntimeError: notes.txt cannot be decoded'

    def test_a_plugin_that_listens_stops_and_its_worker_stays(self, told):
        t = told['asked']
        assert t['outcome']['status'] == 'cancelled' and (t['receipt']['confirmed'], t['receipt']['how']) == (True, 'asked') and t['same']

    def test_a_deaf_worker_is_ended_with_its_child_and_the_plugin_works_again(self, told):
        t = told['forced']
        assert t['outcome']['status'] == 'cancelled' and (t['receipt']['confirmed'], t['receipt']['how'], t['receipt']['left']) == (True, 'forced', [])
        assert t['receipt']['ended'] == t['family'] and len(t['family']) == 2 and not t['left']
        assert told['after forced']['outcome']['status'] == 'completed' and not told['after forced']['same']

    def test_a_worker_killed_in_the_middle_is_told(self, told):
        f = told['killed']['outcome']['failure']
        assert (f['kind'], f['signal'], f['exit_code'], f['evidence']['pid']) == ('lost', 'SIGKILL', 137, told['killed']['worker']) and f['evidence']['last_lines'] == ['reading recording.wav']
        assert told['after killed']['outcome']['status'] == 'completed' and not told['after killed']['same']
        f = told['left']['outcome']['failure']
        assert (f['kind'], f['signal'], f['exit_code']) == ('lost', None, 3)

    def test_a_second_try_of_the_manager_is_on_record(self, told):
        t = told['killed and tried again']
        if t['outcome']['status'] == 'completed': assert [(r['data']['was'], r['data']['is']) for r in t['replaced']] == [(t['worker'], t['now'])]
        else: assert t['outcome']['failure']['kind'] == 'lost'   # the manager looked before the dead worker could be seen, and gave up

    def test_one_job_after_the_other(self, told):
        t = told['one after the other']
        assert [o['status'] for o in t['outcomes']] == ['completed']*2 and 'busy' in t['waited']

    def test_nothing_is_left_behind(self, told): assert told['left behind']['pids'] == []

@pytest.fixture(scope='module', params=['cjm_plugin_system', 'cjm_substrate'])
def tasks(request, tmp_path_factory):
    "What came of the jobs that `plugins/tasks.py` has carried out by task and adapter, by the name of the trial."
    if not [*Path(where('plugin-system')).parent.parent.glob(f'lib/*/site-packages/{request.param}')]: pytest.skip(f'{request.param} is not in .venv-plugin: python tools/setup.py plugin')
    folder = tmp_path_factory.mktemp('tasks')
    with open(folder/'said.txt', 'w') as words:
        p = subprocess.run([where('plugin-system'), Path(__file__).parent/'plugins/tasks.py', folder], stdout=subprocess.PIPE, stderr=words, text=True, timeout=300, env=os.environ | {'JOBTRACK_SYSTEM': request.param})
    found = {o['what']: o for o in map(json.loads, p.stdout.splitlines())}
    assert p.returncode == 0, f'{sorted(found)}\n{(folder/"said.txt").read_text()[-3000:]}'
    return found

@pytest.mark.needs('plugin-system')
@pytest.mark.timeout(320)
class TestTasks:
    def test_a_recording_is_taken_to_the_adapter_and_its_result_out_of_its_envelope(self, tasks):
        t = tasks['completed']
        assert t['outcome']['result'] == {'text': 'we will meet again', 'segments': [], 'metadata': {'pid': t['worker']}}
        assert (tasks['missing']['outcome']['failure']['kind'], tasks['missing']['outcome']['failure']['evidence']['fields']) == ('invalid', ['audio'])

    def test_arguments_arrive_as_given(self, tasks): assert tasks['as given']['outcome']['result'] == {'given': {'file_path': '/a', 'output_dir': '/b'}}

    def test_stops(self, tasks):
        asked, forced = tasks['asked'], tasks['forced']
        assert (asked['outcome']['status'], asked['receipt']['how'], asked['progress']) == ('cancelled', 'asked', 50.)
        assert (forced['outcome']['status'], forced['receipt']['how'], forced['receipt']['ended']) == ('cancelled', 'forced', [forced['worker']])
        assert tasks['after forced']['outcome']['status'] == 'completed' and tasks['after forced']['worker'] != forced['worker']

    def test_a_worker_killed_in_the_middle_is_told(self, tasks):
        f = tasks['killed']['outcome']['failure']
        assert (f['kind'], f['signal'], f['evidence']['pid']) == ('lost', 'SIGKILL', tasks['killed']['worker']) and tasks['left behind']['pids'] == []
