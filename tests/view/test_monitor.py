"""The monitor without a browser: hostile text, faces, pace, threads, sources that are slow, silent or somewhere else."""
import asyncio, threading, time
from contextvars import ContextVar, copy_context
from types import SimpleNamespace

import pytest
from jupyter_client.manager import start_new_kernel
from cjm_jobtrack.model.errors import NodeUnreachable, UnknownJob
from cjm_jobtrack.model.job import Failure, Job, JobStatus, OutputFile, now
from cjm_jobtrack.logs.text import visible
from cjm_jobtrack.store.store import JobStore
from cjm_jobtrack.tracker.tracker import JobTracker
from cjm_jobtrack.net.client import RemoteClient
from cjm_jobtrack.net.node import Node
from cjm_jobtrack.server.server import serving
from cjm_jobtrack.runners.outcome import Receipt
from cjm_jobtrack.view import live_view as module
from cjm_jobtrack.view.live_view import handle_clicks_beside_cells, next_paint, strip_widgets
from cjm_jobtrack.view.monitor import _PIECES, JobMonitor, heartbeat_html, monitor
from cjm_jobtrack.view.render import (LOG_LINES, JobSnapshot, facts_html, format_duration, format_elapsed, format_status, header_html, job_html,
                                      log_html, progress_html)
from views import DIRECTIONS, HOSTILE, Client, Reader, follow, run_cells, running, until

pytestmark = pytest.mark.usefixtures('no_view_left')

# What is shown

@pytest.mark.parametrize('text', HOSTILE)
def test_nothing_of_a_job_becomes_markup(text):
    failure = Failure(text, f'message {text}', signal=text, hint=f'hint {text}', evidence={'last_lines': [text]})
    jobs = [Job(name=text, message=text, status=JobStatus.RUNNING, started_at=now(), unreachable_since=text),
            Job(name=text, status=JobStatus.FAILED, error=text, failure=failure, started_at=now(), completed_at=now()), Job(name=text, status=JobStatus.FAILED, error=text),
            Job(name=text, status=JobStatus.COMPLETED, outputs=[OutputFile(text, text, 5)])]
    for job in jobs:
        for seen in (JobSnapshot(job, now(), log=text, notices=(text,)), JobSnapshot(job, now())):
            page = Reader(job_html(seen) + heartbeat_html(seen) + header_html(seen))
            assert page.tags <= {'div', 'span', 'b', 'bdi', 'pre', 'ul', 'li'}
            assert page.attrs <= {'style', 'title', 'role', 'tabindex', 'class', 'data-at'} | {f'aria-{a}' for a in ('label', 'valuemin', 'valuemax', 'valuenow', 'valuetext')}
            assert visible(text) in page.text and not set(page.text) & set(DIRECTIONS)

@pytest.mark.parametrize('control', [*DIRECTIONS, '\x00', '\x1b', '\x85', '\u2028', '\ud800'])
def test_controls_are_marks_and_names_are_isolated(control):
    name = f'photo{control}gnp.exe'
    job = Job(name=name, status=JobStatus.COMPLETED, outputs=[OutputFile(name, name, 5)])
    assert repr(format_status(job)) == "'photo·gnp.exe: completed'"
    for face in (job_html(JobSnapshot(job, now(), log=f'{name}\n')), header_html(JobSnapshot(job, now()))):
        assert control not in face and '<bdi>photo·gnp.exe</bdi>' in face

def test_what_is_written_with_joiners_stays_whole():
    name = 'مصاحبه\u200cها 👩\u200d🚀.wav'
    assert visible(name) == name and f'<bdi>{name}</bdi>' in header_html(JobSnapshot(Job(name=name), now()))

@pytest.mark.parametrize('job, line, times', [
    (Job(name='a', created_at='2026-01-01T00:00:00+00:00'), 'a: pending', 'waiting 1 min 30 s'),
    (Job(name='a', status=JobStatus.PENDING, attempt=1, max_attempts=3, message='node is full', created_at='2026-01-01T00:01:00+00:00'), 'a: pending, node is full', 'waiting 30 s'),
    (Job(name='a', status=JobStatus.RUNNING, started_at='2026-01-01T00:01:00+00:00'), 'a: running, progress unknown', '30 s'),
    (Job(name='a', status=JobStatus.RUNNING, progress=99.9, attempt=2, max_attempts=2, started_at='2026-01-01T00:02:00+00:00'), 'a: running, 99 %, attempt 2 of 2', '0 s'),
    (Job(name='a', status=JobStatus.COMPLETED, progress=100., message='last words', started_at='2026-01-01T00:00:00+00:00', completed_at='2026-01-01T01:00:05+00:00'), 'a: completed, 100 %', 'took 1 h 00 min'),
    (Job(name='a', status=JobStatus.FAILED, error='no', started_at='2026-01-01T00:00:00+00:00', completed_at='2026-01-01T00:00:05+00:00'), 'a: failed, no', 'took 5 s'),
    (Job(id='x1', status=JobStatus.CANCELLED), 'x1: cancelled', ''),
])
def test_words(job, line, times):
    assert (format_status(job), format_elapsed(JobSnapshot(job, '2026-01-01T00:01:30+00:00'))) == (line, times)

@pytest.mark.parametrize('progress, status, width, words', [(None, 'running', '100.0%', 'progress unknown'), (0., 'running', '0.0%', '0 %'), (33.7, 'running', '33.7%', '33 %'),
    (None, 'pending', '0.0%', None), (None, 'completed', '100.0%', None), (62., 'failed', '62.0%', '62 %'), (None, 'cancelled', '0.0%', None), (140., 'running', '100.0%', '140 %')])
def test_bar(progress, status, width, words):
    bar = progress_html(JobSnapshot(Job(progress=progress, status=JobStatus(status)), now()))
    assert f'width:{width}' in bar and ('aria-valuenow' in bar) == (progress is not None)
    assert Reader(bar).text == (words or '') and f'aria-valuetext="{words or status}"' in bar

def test_pieces_stay_small():
    assert len(log_html('x' * (1 << 20))) < 2_000
    assert log_html('\n'.join(f'line {n}' for n in range(5000))).count('\n') == LOG_LINES - 1
    assert len(job_html(JobSnapshot(Job(name='n'*10**5, message='m'*10**5, status=JobStatus.RUNNING), now(), notices=('x'*10**5,)))) < 5_000
    many = Job(status=JobStatus.COMPLETED, outputs=[OutputFile(f'{n}.txt', '/', 1) for n in range(1000)])
    assert facts_html(JobSnapshot(many, now())).count('<li>') == 21 and 'and 980 more' in facts_html(JobSnapshot(many, now()))

def test_a_cancellation_that_nobody_confirmed_is_said():
    from cjm_jobtrack.tracker.transitions import UNCONFIRMED
    job = Job(name='a', status=JobStatus.CANCELLED, failure=UNCONFIRMED)
    assert UNCONFIRMED.message in Reader(job_html(JobSnapshot(job, now()))).text and 'Failed' not in job_html(JobSnapshot(job, now()))

def test_last_lines_are_shown_where_there_is_no_log():
    job = Job(status=JobStatus.FAILED, error='e', failure=Failure('exit', 'e', evidence={'last_lines': ['no speech']}))
    assert 'no speech' in job_html(JobSnapshot(job, now())) and 'no speech' not in job_html(JobSnapshot(job, now(), log='the log'))

@pytest.mark.parametrize('seconds, words', [(0, '0 s'), (59.99, '59 s'), (60, '1 min 00 s'), (3599, '59 min 59 s'), (3600, '1 h 00 min'), (86399, '23 h 59 min'), (90000, '1 d 1 h')])
def test_durations(seconds, words): assert format_duration(seconds) == words

# Faces

def test_without_a_kernel_there_is_text_and_html_and_no_thread(tracker):
    view = monitor(running(tracker))
    bundle = view._repr_mimebundle_()
    assert set(bundle) == {'text/plain', 'text/html'} and bundle['text/plain'] == repr(view) == 'talk.wav: running, progress unknown'
    assert not Reader(bundle['text/html']).tags & {'script', 'style', 'link'} and not view.following
    with pytest.raises(NotImplementedError): view._ipython_display_()

def test_in_a_kernel_there_are_three_faces_shown_once_and_the_last_is_kept(tmp_path):
    cells = ['''
from cjm_jobtrack import JobTracker, monitor
tracker = JobTracker()
job = tracker.create_job('talk.wav')
tracker.mark_running(job.id)''', 'view = monitor(job)\nview', 'view', '''
print(*view._repr_mimebundle_())
tracker.mark_completed(job.id, 1)
for t in view._threads: t.join(20)
print(view.following)''', 'view.close(); tracker.close()']
    nb = run_cells(cells, tmp_path)
    shown, again, ended = (nb.cells[n].outputs for n in (1, 2, 3))
    assert [o.output_type for o in shown + again] == ['display_data']*2, 'once where `monitor` is called, and again where asked for'
    assert ''.join(o.text for o in ended).split() == ['text/html', 'text/plain', module._WIDGET_TYPE, 'False'], 'three faces while it lived'
    for o in shown + again:
        assert 'completed' in o.data['text/html'] and o.data['text/plain'] == 'talk.wav: completed', 'the saved notebook shows the end'
        assert set(o.data) == {'text/plain', 'text/html'}, 'which needs no kernel'

SHORT = ['''
import asyncio
from cjm_jobtrack import CallRunner, JobQueue, JobTracker, LogStore, ProcessRunner, monitor
tracker, runner, program = JobTracker(), CallRunner(), ProcessRunner('work', LogStore('logs'))
queue = JobQueue(tracker, [runner, program], slots=4).start()
def wrong(): 1/0
def right(): return 1
async def wrong_too(): raise ValueError('no')
specs = {f.__name__: runner.call(f) for f in (wrong, right, wrong_too)}
views = []
def show_four(n):
    for name, spec in specs.items():
        views.append(monitor(queue.submit(tracker.create_job(f'{name} {n}', spec=spec))))
    missing = tracker.create_job(f'missing {n}', runner='process', spec={'argv': ['/no/such/program']})
    views.append(monitor(queue.submit(missing)))''', *(f'show_four({n})' for n in range(8)), '''
for v in views:
    await tracker.wait(v.job_id)
    for t in v._threads: t.join(20)
for v in views: monitor(v.job_id)''', 'queue.stop(); tracker.close()']

def displayed_by(cells, folder):
    "What the outputs of cells hold, in order, once all is quiet: as a front end keeps them, which also hears what comes between cells."
    outputs = {}
    def take(message):
        content = message['content']
        if message['msg_type'] == 'error': raise AssertionError('\n'.join(content['traceback']))
        if 'display_id' in content.get('transient', {}): outputs[content['transient']['display_id']] = content['data']
        return message
    kernel, client = start_new_kernel(cwd=str(folder))
    try:
        for cell in cells:
            asked, over = client.execute(cell), False
            while not over:
                message = take(client.get_iopub_msg(timeout=60))
                over = message['parent_header'].get('msg_id') == asked and message['content'].get('execution_state') == 'idle'
    finally:
        client.stop_channels()
        kernel.shutdown_kernel(now=True)
    return [*outputs.values()]

def test_jobs_that_end_at_once_are_shown_as_they_ended(tmp_path):
    outputs = displayed_by(SHORT, tmp_path)
    assert len(outputs) == 2*32
    for data in outputs:
        end = 'completed' if data['text/plain'].startswith('right') else 'failed'
        assert set(data) == {'text/plain', 'text/html'} and f': {end}' in data['text/plain']
        assert end in Reader(data['text/html']).text

@pytest.mark.parametrize('instant', ['before it is made', 'before it is shown', 'while it is shown', 'before it is followed', 'later'])
def test_the_end_is_shown_whenever_it_comes(tracker, shell, monkeypatch, instant):
    job = running(tracker)
    def end(): tracker.mark_failed(job.id, 'no such file')
    if instant == 'before it is made': end()
    view = JobMonitor(job, tracker)
    if instant == 'before it is shown': end()
    if instant == 'while it is shown': shell.when = end
    start = view.start
    monkeypatch.setattr(view, 'start', lambda: (instant == 'before it is followed' and end(), start()))
    view.show()
    assert ('failed' in shell.outputs[0]['text/plain']) == (module._WIDGET_TYPE not in shell.outputs[0]) == ('before it is' in instant and 'followed' not in instant)
    if instant == 'later': end()
    until(lambda: not view.following, 'nothing runs any more')
    assert set(shell.outputs[0]) == {'text/html', 'text/plain'} and 'no such file' in shell.outputs[0]['text/html']
    if view._parts is not None: assert 'failed' in shown(view) and view._parts['cancel'].disabled and view._parts['cancel'].layout.display == 'none'
    view.close()

def test_a_job_that_ends_while_its_log_is_read_is_shown_with_its_last_words(tracker):
    class Source:
        get_job = staticmethod(tracker.get_job)
        def log_tail(self, job_id, lines):
            text = tracker.log_tail(job_id, lines)
            job = tracker.get_job(job_id)
            if not job.is_terminal:
                tracker.log(job_id, b'last words\n')
                tracker.mark_completed(job_id, None)
            return text
    job = running(tracker)
    view = JobMonitor(job.id, Source())
    first = view.refresh()
    assert not first.job.is_terminal or 'last words' in first.log
    assert 'last words' in view.refresh().log
    view.close()

def test_every_output_is_left_without_a_widget(tracker, shell):
    view = JobMonitor(running(tracker), tracker)
    view.show(), view._ipython_display_(), view.show()
    assert all(module._WIDGET_TYPE in o for o in shell.outputs) and len(shell.outputs) == 3
    view.close()
    assert all(set(o) == {'text/html', 'text/plain'} and 'running' in o['text/plain'] for o in shell.outputs)
    view.show()
    assert set(shell.outputs[3]) == {'text/html', 'text/plain'}, 'a closed view does not come to life'

def test_strip_widgets_leaves_other_cells_alone():
    strip_widgets(SimpleNamespace(cell_type='markdown', source='x'))
    cell = SimpleNamespace(outputs=[{'output_type': 'stream', 'text': 'x'}, {'data': {module._WIDGET_TYPE: {}, 'text/plain': 'IntSlider()'}}])
    strip_widgets(cell)
    assert module._WIDGET_TYPE in cell.outputs[1]['data'], 'a widget that has no other face stays'

# Pace

def test_talkative_job_is_painted_four_times_a_second_at_most(tracker):
    job = running(tracker)
    view, times = JobMonitor(job), []
    view.widget
    view._parts['progress'].observe(lambda change: times.append(time.monotonic()), 'value')
    view.start()
    begun = time.monotonic()
    while (t := time.monotonic()-begun) < 2 or len(times) < 4 and t < 60:
        tracker.mark_progress(job.id, 99 * t/60)
        time.sleep(.001)
    tracker.mark_completed(job.id, None)
    for thread in view._threads: thread.join(60)
    assert 4 <= len(times) <= t/.25 + 3, 'moves, and not with every report'
    assert 'width:100.0%' in view._parts['progress'].value, 'the last figure is never lost'
    view.close()

def test_silent_job_gives_a_sign_of_life_every_second_and_nothing_else(tracker):
    job, at = running(tracker), ['2026-01-01T00:00:00.1+00:00']
    view = JobMonitor(job, clock=lambda: at[0])
    view.widget
    for instant, changes in [('00:00:00.9', 0), ('00:00:01.0', 1), ('00:00:01.5', 0), ('05:00:02.0', 1), ('05:00:03.0', 1)]:
        at[0], pulse = f'2026-01-01T{instant}+00:00', view._parts['heartbeat'].value
        assert view.paint() == changes and (view._parts['heartbeat'].value != pulse) == bool(changes)
    view.close()

def test_due(): assert next_paint(10., True) == 10.25 and next_paint(10., False) == 11.

# Threads and sources

def shown(view): return Reader(''.join(view._parts[n].value for n in _PIECES)).text

@pytest.fixture(params=['tracker', 'client', 'url', 'store'])
def source(request, tmp_path):
    "A tracker that does the work, and a source to read it from."
    url = f'sqlite:///{tmp_path}/jobs.db'
    with JobTracker(None if request.param in ('tracker', 'client') else url) as t:
        yield t, {'tracker': lambda: t, 'client': lambda: Client(t), 'url': lambda: url, 'store': lambda: JobStore(url)}[request.param]()

def test_followed_to_its_end_from_any_source(source):
    tracker, source = source
    job = tracker.create_job('talk.wav')
    view = follow(JobMonitor(job.id, source))
    tracker.mark_running(job.id)
    tracker.mark_progress(job.id, 40, 'decoding')
    tracker.log(job.id, b'frame 1\n')
    until(lambda: all(t in shown(view) for t in ('running', '40 %', 'decoding', 'frame 1')), 'progress and log are shown')
    tracker.log(job.id, b'frame 2\n')
    tracker.mark_completed(job.id, None, outputs=[OutputFile('a.txt', '/a.txt', 3)])
    until(lambda: not view.following, 'threads end with the job')
    assert all(t in shown(view) for t in ('completed', '100 %', 'a.txt', 'frame 2')) and 'not live' not in shown(view)
    assert view._parts['cancel'].disabled
    view.close()
    assert tracker.get_job(job.id).status == 'completed'

def test_a_look_from_elsewhere_does_not_disturb_the_record(tmp_path):
    url = f'sqlite:///{tmp_path}/jobs.db'
    with JobTracker(url) as t:
        job = running(t)
        view = JobMonitor(job.id, url)
        t.mark_progress(job.id, 70)
        view.close()
        assert t.store.get(job.id).progress == 70

@pytest.mark.parametrize('job_or_id', ['nobody', Job(name='mine')])
@pytest.mark.parametrize('where', ['here', 'tracker', 'url'])
def test_unknown_job(tracker, tmp_path, job_or_id, where):
    source = {'here': None, 'tracker': tracker, 'url': f'sqlite:///{tmp_path}/jobs.db'}[where]
    with pytest.raises(UnknownJob): monitor(job_or_id, source)

def test_finds_the_tracker_that_holds_the_job(tracker):
    with JobTracker() as other:
        mine, its = tracker.create_job('mine', id='same'), other.create_job('its', id='same')
        assert (JobMonitor(mine).source, JobMonitor(its).source) == (tracker, other)

def test_network_that_hangs_stops_neither_clock_nor_button(tracker):
    job = running(tracker)
    client = Client(tracker)
    view = follow(JobMonitor(job.id, client))
    client.held.set()
    tracker.mark_progress(job.id, 5)
    until(lambda: client.waiting, 'the reader is held up')
    pulse = view._parts['heartbeat'].value
    until(lambda: view._parts['heartbeat'].value != pulse, 'the writer goes on')
    client.held.clear()
    until(lambda: '5 %' in shown(view), 'and then the answer is shown')
    view.close()

def test_silence_is_said_and_what_was_known_stays(tracker):
    job = running(tracker)
    tracker.mark_progress(job.id, 30)
    client = Client(tracker)
    view = follow(JobMonitor(job.id, client))
    client.broken = NodeUnreachable('http://manager:8000', 'timed out')
    tracker.mark_progress(job.id, 31)
    until(lambda: 'No answer from http://manager:8000' in shown(view), 'silence is said')
    assert '30 %' in shown(view) and 'running' in shown(view)
    client.broken = None
    tracker.mark_progress(job.id, 32)
    until(lambda: '32 %' in shown(view) and 'No answer' not in shown(view), 'contact is back')
    client.broken = ZeroDivisionError('a bug')
    tracker.mark_progress(job.id, 33)
    until(lambda: 'ZeroDivisionError: a bug' in shown(view), 'an unexpected error is said too')
    view.close()

def test_record_that_is_deleted_while_watched(tracker):
    job = tracker.create_job('talk.wav')
    view = follow(JobMonitor(job))
    tracker.mark_cancelled(job.id)
    tracker.delete_job(job.id)
    until(lambda: 'cancelled' in shown(view) or 'not on record any more' in shown(view), 'said')
    view.close()

def test_two_views_of_one_job_and_closing_one(tracker):
    job = running(tracker)
    one, two = follow(JobMonitor(job)), follow(JobMonitor(job))
    one.close(), one.close()
    tracker.mark_progress(job.id, 12)
    until(lambda: '12 %' in shown(two), 'the other goes on')
    assert job.status == 'running' and set(one._repr_mimebundle_()) == {'text/plain', 'text/html'}
    two.close()

# Cancelling

def test_click_cancels_though_no_loop_of_ours_runs(tracker):
    job, loop = running(tracker), asyncio.new_event_loop()
    host = threading.Thread(target=loop.run_forever)
    host.start()
    task = asyncio.run_coroutine_threadsafe(asyncio.sleep(60), loop)
    until(lambda: asyncio.all_tasks(loop), 'the work runs')
    tracker.mark_running(job.id, next(iter(asyncio.all_tasks(loop))))
    view = follow(JobMonitor(job))
    view._parts['cancel'].click()   # this thread has no loop, as a kernel that computes
    assert tracker.join(job.id, 60).status == 'cancelled' and until(task.cancelled, 'the work to hear of it')
    until(lambda: not view.following and 'cancelled' in shown(view), 'the view says so')
    loop.call_soon_threadsafe(loop.stop)
    host.join()
    loop.close()
    view.close()

def test_slow_stop_is_asked_for_once_and_the_view_stays_alive(tracker):
    job, asked, go = running(tracker), [], threading.Event()
    async def stop():
        asked.append(1)
        while not go.is_set(): await asyncio.sleep(.01)
        tracker.mark_cancelled(job.id)
        return Receipt(True, 'forced')
    tracker.attach(job.id, stop)
    view = follow(JobMonitor(job))
    for _ in range(3): view._parts['cancel'].click()
    until(lambda: 'Cancelling …' in shown(view) and view._parts['cancel'].disabled, 'said at once')
    pulse = view._parts['heartbeat'].value
    until(lambda: view._parts['heartbeat'].value != pulse, 'the clock moves meanwhile')
    go.set()
    until(lambda: not view.following, 'ended')
    assert asked == [1] and 'Cancelling' not in shown(view)
    view.close()

def test_cancel_that_is_not_confirmed_or_fails_is_said_and_may_be_repeated(tracker):
    job, answers = running(tracker), []
    async def stop(): return answers.pop()()
    tracker.attach(job.id, stop)
    view = follow(JobMonitor(job))
    def refuse(): raise OSError('permission denied')
    answers[:] = [refuse, lambda: Receipt(False, 'unconfirmed')]
    view._parts['cancel'].click()
    until(lambda: 'not certain yet' in shown(view) and not view._parts['cancel'].disabled, 'unconfirmed')
    view._parts['cancel'].click()
    until(lambda: 'Could not be cancelled: permission denied' in shown(view) and not view._parts['cancel'].disabled, 'failed')
    view.close()
    assert job.status == 'running'

def test_job_on_another_machine_is_followed_and_cancelled(tmp_path):
    (tmp_path/'sleep.py').write_text("import time; print('Progress: 20%', flush=True); time.sleep(60)")
    (tmp_path/'sleep.toml').write_text(f'name = "sleep"\nargv = ["{{python}}", "{tmp_path}/sleep.py"]\ninput = "none"\n')
    with serving(Node(tmp_path/'node', pipelines=tmp_path/'sleep.toml')) as server, RemoteClient(server.url) as client:
        view = follow(JobMonitor(client.submit('sleep'), client))
        until(lambda: '20 %' in shown(view), 'progress over the network')
        view._parts['cancel'].click()
        until(lambda: not view.following, 'cancelled over the network')
        assert 'cancelled' in shown(view) and client.get_job(view.job_id).status == 'cancelled'
        view.close()

# Clicks beside running cells

def test_writer_leaves_no_mark_and_only_its_own_thread_changes(monkeypatch):
    parent = ContextVar('shell_parent')
    parent.set({'header': {'msg_id': '1'}})
    monkeypatch.setattr(module, 'get_ipython', lambda: SimpleNamespace(kernel=SimpleNamespace(_shell_parent=parent)))
    comm = SimpleNamespace(_reply_subshell_id=None)
    widgets, inside = [SimpleNamespace(comm=comm), SimpleNamespace(comm=None)], {}
    def write():
        handle_clicks_beside_cells(widgets)
        inside['parent'] = parent.get()
    copy_context().run(write)
    assert inside['parent'] == {} and parent.get() == {'header': {'msg_id': '1'}} and not hasattr(comm, '_reply_subshell_id')

@pytest.mark.parametrize('kernel', [None, SimpleNamespace(), SimpleNamespace(_shell_parent={})])
def test_other_kernels_are_left_alone(monkeypatch, kernel):
    monkeypatch.setattr(module, 'get_ipython', lambda: SimpleNamespace(kernel=kernel))
    comm = SimpleNamespace(_reply_subshell_id=None)
    handle_clicks_beside_cells([SimpleNamespace(comm=comm)])
    assert hasattr(comm, '_reply_subshell_id')
