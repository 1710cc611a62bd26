"""The dashboard without a browser: hostile text, which rows, cost, sources, ends, and its two buttons."""
import subprocess, sys, threading, time

import pytest
from cjm_jobtrack.logs.text import visible
from cjm_jobtrack.model.errors import InvalidInput, NodeUnreachable
from cjm_jobtrack.model.job import Job, JobStatus, OutputFile, now
from cjm_jobtrack.net.client import RemoteClient
from cjm_jobtrack.net.node import Node
from cjm_jobtrack.server.server import serving
from cjm_jobtrack.runners.outcome import Receipt
from cjm_jobtrack.store.store import JobStore
from cjm_jobtrack.tracker.tracker import JobTracker
from cjm_jobtrack.view import dashboard as module
from cjm_jobtrack.view.dashboard import JobDashboard
from cjm_jobtrack.view.live_view import _WIDGET_TYPE, LiveView
from cjm_jobtrack.view.monitor import JobMonitor
from cjm_jobtrack.view.table import JobsSnapshot, counters_html, format_counts, jobs_html, row_html, share_rows, total_html
from views import DIRECTIONS, HOSTILE, Client, Reader, follow, run_cells, running, until

pytestmark = pytest.mark.usefixtures('no_view_left')

STATUSES = [s.value for s in JobStatus]

def batch_of(tracker, n, batch='night', name='tape'): return tracker.add_jobs([tracker.make_job(f'{name} {i+1}') for i in range(n)], batch=batch)

def end(tracker, job, problem=None):
    if job.status == 'pending': tracker.mark_running(job.id)
    if problem: tracker.mark_failed(job.id, problem)
    else: tracker.mark_completed(job.id, None)

def shown(view): return Reader(''.join(p.value for n, p in view._parts.items() if n.startswith('row') or n in (*module._PIECES, 'heartbeat'))).text

def button(view, name): return view._parts[name]

# What is shown

@pytest.mark.parametrize('text', HOSTILE)
def test_nothing_of_a_job_becomes_markup(text):
    jobs = [Job(name=text, message=text, status=JobStatus.RUNNING, started_at=now()), Job(name=text, status=JobStatus.RUNNING, unreachable_since=text, started_at=now()),
            Job(id=text, status=JobStatus.FAILED, error=text), Job(name=text, message=text, attempt=2), Job(name=text, status=JobStatus.CANCELLED, error=text),
            Job(name=text, status=JobStatus.COMPLETED, outputs=[OutputFile(text, text, 5)])]
    page = Reader(jobs_html(JobsSnapshot(dict(running=2, failed=1, pending=9), tuple(jobs), now(), batch=text, notices=(text,))))
    assert page.tags <= {'div', 'span', 'b', 'bdi'}
    assert page.attrs <= {'style', 'title', 'role', 'class'} | {f'aria-{a}' for a in ('label', 'valuemin', 'valuemax', 'valuenow', 'valuetext')}
    assert page.text.count(' '.join(visible(text).split())) >= 10 and not set(page.text) & set(DIRECTIONS)

@pytest.mark.parametrize('control', [*DIRECTIONS, '\x00', '\x1b', '\x85', '\u2028', '\ud800', '\n'])
def test_controls_are_marks_and_names_are_isolated(control):
    name = f'photo{control}gnp.exe'
    job = Job(name=name, status=JobStatus.FAILED, error=name)
    face = jobs_html(JobsSnapshot(dict(failed=1), (job,), now(), batch=name))
    for part in face.split('title="')[:1] + [format_counts(JobsSnapshot({}, (), now(), name)), Reader(face).text]: assert control not in part
    assert '<b style="overflow-wrap:anywhere" title="photo·gnp.exe"><bdi>photo·gnp.exe</bdi></b>' in face and '<bdi>photo·gnp.exe</bdi></div>' in face

@pytest.mark.parametrize('name', ['مصاحبه\u200cها 👩\u200d🚀.wav', '会議録音.wav', 'Ωδή.wav'])
def test_names_in_any_script_stay_whole(name):
    assert f'<bdi>{name}</bdi>' in row_html(Job(name=name), now())

@pytest.mark.parametrize('job, text', [
    (Job(name='a', status=JobStatus.RUNNING, progress=40.9, message='decoding'), 'arunning40 %decoding'),
    (Job(name='a', status=JobStatus.RUNNING, attempt=2, max_attempts=3), 'arunningattempt 2 of 3'),
    (Job(name='a', status=JobStatus.COMPLETED, message='old', outputs=[OutputFile(f'{i}.txt', '/', 1) for i in range(5)]), 'acompleted5 files: 0.txt, 1.txt, 2.txt, …'),
    (Job(name='a', status=JobStatus.FAILED, error='no\n  such\tfile'), 'afailedno such file'),
    (Job(name='a', status=JobStatus.CANCELLED), 'acancelled'),
    (Job(name='a', status=JobStatus.COMPLETED, started_at='2026-01-01T00:00:00+00:00', completed_at='2026-01-01T00:02:05+00:00'), 'acompleted2 min 05 s'),
])
def test_rows(job, text): assert Reader(row_html(job, now())).text.startswith(text)

def test_pieces_stay_small():
    job = Job(name='n'*10**6, message='m'*10**6, status=JobStatus.RUNNING)
    assert len(row_html(job, now())) < 4_000
    many = Job(name='a', status=JobStatus.COMPLETED, outputs=[OutputFile('o'*10**5, '/', 1) for _ in range(1000)])
    assert len(row_html(many, now())) < 4_000

@pytest.mark.parametrize('counts, words, width', [
    (dict(completed=2, running=1), '2 of 3 done, 66 %', 'width:66.67%'), (dict(completed=199, running=1), '199 of 200 done, 99 %', 'width:99.50%'),
    (dict(failed=3), '3 of 3 done, 100 %, 3 failed', 'width:100.00%'), (dict(pending=10_000), '0 of 10,000 done, 0 %', 'aria-valuenow="0"')])
def test_total(counts, words, width):
    bar = total_html(JobsSnapshot(counts, (), now(), 'night'))
    assert Reader(bar).text == words and f'aria-valuetext="{words}"' in bar and width in bar

def test_counters_name_each_status_in_words():
    counts = dict(zip(STATUSES, (1, 20, 3000, 0, 5)))
    assert Reader(counters_html(JobsSnapshot(counts, (), now()))).text == '3,026 jobs 1 pending 20 running 3,000 completed 5 cancelled'

@pytest.mark.parametrize('page', [1, 5, 25, 100])
@pytest.mark.parametrize('counts', [(0, 0, 0, 0, 0), (10_000, 0, 0, 0, 0), (10_000, 64, 9_000, 800, 7), (1, 1, 1, 1, 1), (0, 24, 1, 0, 0), (13, 13, 13, 13, 13)])
def test_rows_are_shared_out(counts, page):
    counts = dict(zip(STATUSES, counts))
    shares = share_rows(counts, page)
    assert sum(shares.values()) == min(page, sum(counts.values())) and all(0 <= n <= counts[s] for s, n in shares.items())
    if page >= 25: assert all(n or not counts[s] for s, n in shares.items()), 'every status is to be seen'

# Cost

class Counting:
    "A source that notes what is read."
    def __init__(self, tracker): self.tracker, self.limits, self.reads = tracker, [], 0
    def get_job(self, job_id): return self.tracker.get_job(job_id)
    def counts(self, batch=None):
        self.reads += 1
        return self.tracker.counts(batch)
    def list_jobs(self, status=None, limit=None, *, batch=None):
        self.limits.append(limit)
        return self.tracker.list_jobs(status, limit, batch=batch)
    def subscribe(self, callback, job_id=None): return self.tracker.subscribe(callback, job_id)

def test_cost_follows_the_page(tracker):
    jobs = batch_of(tracker, 10_000)
    for job in jobs[:40]: tracker.mark_running(job.id)
    for job in jobs[40:80]: end(tracker, job, 'no speech')
    source = Counting(tracker)
    view = JobDashboard(source, batch='night')
    assert sum(source.limits) == 25 and len(view.latest.jobs) == 25 and 'and 9,975 more' in view.snapshot().data
    view.widget
    assert len(view._parts) == 25 + 9, 'a fixed pool'
    sent, times, paint = [], [], view.paint
    for w in view._parts.values(): w.observe(lambda change: sent.append(change.name))
    view.paint = lambda: (times.append(time.monotonic()), paint())
    source.limits.clear()
    source.reads = 0
    view.start()
    begun, k = time.monotonic(), 0
    while (t := time.monotonic() - begun) < 2 or len(times) < 4 and t < 60:
        for job in jobs[:20]: tracker.mark_progress(job.id, k % 100, f'step {k}')
        k += 1
        time.sleep(.005)
    view.close()
    assert 0 < source.reads <= t/.25 + 3 and sum(source.limits) <= 25 * source.reads
    assert 4 <= len(times) <= t/.25 + 3 and len(sent) <= len(times) * len(view.latest.jobs) * 2, 'each value at most once a paint'

def test_a_row_that_stays_as_it_is_is_not_sent(tracker):
    jobs = batch_of(tracker, 20)
    for job in jobs: tracker.mark_running(job.id)
    at = now()
    view = JobDashboard(tracker, clock=lambda: at)
    view.widget
    tracker.mark_progress(jobs[3].id, 50)
    view.refresh()
    assert (view.paint(), view.paint()) == (1, 0)
    view.close()

def test_a_small_record_is_read_in_one_go(tracker):
    batch_of(tracker, 25)
    source = Counting(tracker)
    JobDashboard(source)
    assert source.limits == [25]

@pytest.mark.parametrize('page', [0, 101, None, 2.5])
def test_page(tracker, page):
    with pytest.raises(InvalidInput, match='page'): JobDashboard(tracker, page=page)

def test_a_job_that_moves_while_the_page_is_read_is_shown_once(tracker):
    jobs = batch_of(tracker, 4)
    tracker.mark_running(jobs[0].id)
    class Moving(Counting):
        def list_jobs(self, status=None, limit=None, *, batch=None):
            found = super().list_jobs(status, limit, batch=batch)
            if status == 'running' and jobs[0].status == 'running': tracker.mark_pending(jobs[0].id, 'again')
            return found
    view = JobDashboard(Moving(tracker), page=3)
    ids = [j.id for j in view.latest.jobs]
    assert len(ids) == len({*ids}) and view.refresh().counts['pending'] == 4

# Sources

@pytest.fixture(params=['tracker', 'client', 'url', 'store'])
def source(request, tmp_path):
    "A tracker that does the work, and a source to read it from."
    url = f'sqlite:///{tmp_path}/jobs.db'
    with JobTracker(None if request.param in ('tracker', 'client') else url) as t:
        yield t, {'tracker': lambda: t, 'client': lambda: Client(t), 'url': lambda: url, 'store': lambda: JobStore(url)}[request.param]()

def test_a_batch_is_followed_to_its_end_from_any_source(source):
    tracker, source = source
    first, second, third = batch_of(tracker, 3)
    batch_of(tracker, 1, 'another')
    view = follow(JobDashboard(source, batch='night'))
    tracker.mark_running(first.id)
    tracker.mark_progress(first.id, 40, 'decoding')
    until(lambda: all(t in shown(view) for t in ('2 pending', '1 running', '40 %', 'decoding', '0 of 3 done, 0 %')), 'progress is shown')
    end(tracker, first), end(tracker, second, 'no speech found')
    until(lambda: all(t in shown(view) for t in ('1 completed', '1 failed', 'no speech found', '2 of 3 done, 66 %, 1 failed')), 'ends are shown')
    end(tracker, third)
    until(lambda: not view.following, 'threads end with the batch')
    assert repr(view) == 'night, 3 jobs: 2 completed, 1 failed' and '3 of 3 done' in shown(view) and 'not live' not in shown(view)
    assert button(view, 'cancel').disabled and button(view, 'cancel').layout.display == button(view, 'retry').layout.display == 'none'
    view.close()

def test_a_record_is_followed_until_the_view_is_closed(source):
    tracker, source = source
    end(tracker, tracker.create_job('ferry.wav'))
    view = follow(JobDashboard(source))
    until(lambda: '1 completed' in shown(view), 'what was there is shown')
    tracker.create_job('<b>choir</b>.wav')
    until(lambda: '<b>choir</b>.wav' in shown(view) and '1 pending' in shown(view), 'what comes is shown')
    assert view.following and not view.is_over
    view.close()
    assert not view.following and repr(view) == '2 jobs: 1 pending, 1 completed'

def test_silence_is_said_and_what_was_known_stays(tracker):
    jobs, client = batch_of(tracker, 2), Client(tracker)
    client.broken = NodeUnreachable('http://manager:8000', 'timed out')
    view = follow(JobDashboard(client, batch='night'))
    assert 'jobs not known' in shown(view) and 'No answer from http://manager:8000' in shown(view)
    client.broken = None
    until(lambda: '2 pending' in shown(view) and 'No answer' not in shown(view), 'the source is there')
    client.broken = ZeroDivisionError('a bug')
    tracker.mark_running(jobs[0].id)
    until(lambda: 'ZeroDivisionError: a bug' in shown(view), 'an unexpected error is said too')
    assert '2 pending' in shown(view) and view.following
    view.close()

def test_a_source_that_cannot_be_subscribed_to_is_read_now_and_then(tracker, monkeypatch, caplog):
    batch_of(tracker, 1)
    def broken(*args): raise ZeroDivisionError('a bug')
    monkeypatch.setattr(tracker, 'signal_changes', broken)
    view = follow(JobDashboard(tracker, batch='night'))
    tracker.mark_running(tracker.list_jobs()[0].id)
    until(lambda: '1 running' in shown(view), 'it is read')
    assert 'Cannot hear of changes' in caplog.text and 'a bug' in caplog.text
    view.close()

def test_network_that_hangs_stops_neither_clock_nor_button(tracker):
    batch_of(tracker, 2)
    client = Client(tracker)
    view = follow(JobDashboard(client, batch='night'))
    client.held.set()
    tracker.create_job('another')
    until(lambda: client.waiting, 'the reader is held up')
    pulse = view._parts['heartbeat'].value
    until(lambda: view._parts['heartbeat'].value != pulse, 'the writer goes on')
    button(view, 'cancel').click()
    until(lambda: button(view, 'cancel').description == 'Cancel 2?', 'the button answers')
    client.held.clear()
    view.close()

@pytest.mark.parametrize('where', ['memory', 'file'])
def test_a_closed_tracker_ends_the_view(tmp_path, shell, where):
    t = JobTracker(None if where == 'memory' else f'sqlite:///{tmp_path}/jobs.db')
    t.create_job('talk.wav')
    view = JobDashboard(t)
    view.show()
    t.close()
    until(lambda: not view.following, 'nothing is left to follow')
    assert set(shell.outputs[0]) == {'text/html', 'text/plain'} and shell.outputs[0]['text/plain'] == '1 job: 1 pending', 'as it was known'
    view.close()

def test_a_closed_client_ends_the_view(tmp_path, caplog):
    with serving(Node(tmp_path/'node')) as server, RemoteClient(server.url) as client:
        view = follow(JobDashboard(client))
        assert not client.is_closed
        client.close()
        view._news.set()
        until(lambda: not view.following, 'nothing is left to follow')
        assert repr(view) == 'no jobs' and 'Reading failed' not in caplog.text
        view.close()

def test_a_node_is_followed_and_cancelled_over_the_network(tmp_path):
    (tmp_path/'sleep.py').write_text("import time; print('Progress: 20%', flush=True); time.sleep(60)")
    (tmp_path/'sleep.toml').write_text(f'name = "sleep"\nargv = ["{{python}}", "{tmp_path}/sleep.py"]\ninput = "none"\n')
    with serving(Node(tmp_path/'node', pipelines=tmp_path/'sleep.toml', slots=1)) as server, RemoteClient(server.url) as client:
        for _ in range(3): client.submit('sleep')
        view = follow(JobDashboard(client))
        until(lambda: '20 %' in shown(view) and '2 pending' in shown(view), 'progress over the network')
        view.cancel()
        until(lambda: '3 cancelled' in shown(view), 'cancelled over the network')
        assert client.counts() == client.counts(None) and repr(JobDashboard(client, batch='night')) == 'night, no jobs'
        view.close()

# Ends and outputs

def test_without_a_kernel_there_is_text_and_html_and_no_thread(tracker):
    batch_of(tracker, 2)
    view = JobDashboard(tracker)
    bundle = view._repr_mimebundle_()
    assert set(bundle) == {'text/plain', 'text/html'} and bundle['text/plain'] == repr(view) == '2 jobs: 2 pending'
    assert not Reader(bundle['text/html']).tags & {'script', 'style', 'link'} and not view.following
    with pytest.raises(NotImplementedError): view._ipython_display_()
    assert not view.show_once().following

@pytest.mark.parametrize('instant', ['before it is made', 'before it is shown', 'while it is shown', 'later'])
def test_the_end_is_shown_whenever_it_comes(tracker, shell, instant):
    job, = batch_of(tracker, 1)
    def stop(): end(tracker, job, 'no such file')
    if instant == 'before it is made': stop()
    view = JobDashboard(tracker, batch='night')
    if instant == 'before it is shown': stop()
    if instant == 'while it is shown': shell.when = stop
    view.show()
    assert (_WIDGET_TYPE in shell.outputs[0]) == ('before' not in instant)
    if instant == 'later': stop()
    until(lambda: not view.following, 'nothing runs any more')
    assert set(shell.outputs[0]) == {'text/html', 'text/plain'} and 'no such file' in shell.outputs[0]['text/html']
    view.close()

@pytest.mark.parametrize('kind', [lambda t: JobDashboard(t), lambda t: JobMonitor(running(t), t)])
def test_a_cell_that_runs_again_closes_the_view_that_it_had_shown(tracker, shell, kind):
    def show(cell, execution):
        shell.shell.cell, shell.shell.execution_count = cell, execution
        view = kind(tracker)
        view.show()
        return view
    first, beside, elsewhere = show('a', 1), show('a', 1), show('b', 2)
    again = show('a', 3)
    until(lambda: not first.following and not beside.following, 'those of the earlier execution are closed')
    until(lambda: first._parts is None and beside._parts is None, 'and their widgets')
    assert again.following and elsewhere.following and _WIDGET_TYPE not in shell.outputs[0]
    show(None, 4).close()
    assert again.following and elsewhere.following, 'a front end that names no cell changes nothing'
    again.close(), elsewhere.close()

def test_in_a_kernel_a_dashboard_is_shown_live_and_left_static(tmp_path):
    cells = ['''
from cjm_jobtrack import JobDashboard, JobTracker
tracker = JobTracker()
jobs = tracker.add_jobs([tracker.make_job(n) for n in ('ferry.wav', 'choir.wav')], batch='night')
view = JobDashboard(tracker, batch='night')''', 'view', 'JobDashboard(tracker)', '''
print(*view._repr_mimebundle_())
for job in jobs: tracker.mark_running(job.id), tracker.mark_completed(job.id, 1)
for t in view._threads: t.join(20)
print(view.following)''', 'view.close(); tracker.close()']
    nb = run_cells(cells, tmp_path)
    shown, endless, ended = (nb.cells[n].outputs for n in (1, 2, 3))
    assert [o.output_type for o in shown + endless] == ['display_data']*2
    assert ''.join(o.text for o in ended).split() == ['text/html', 'text/plain', _WIDGET_TYPE, 'False'], 'three faces while it lived'
    assert set(shown[0].data) == {'text/plain', 'text/html'} and shown[0].data['text/plain'] == 'night, 2 jobs: 2 completed'

# Cancelling

def later(view, seconds=1.): view._armed_at -= seconds

def test_cancel_all_asks_once_more(tracker):
    jobs = batch_of(tracker, 3)
    tracker.mark_running(jobs[0].id)
    view = follow(JobDashboard(tracker, batch='night'))
    cancel = button(view, 'cancel')
    assert cancel.description == 'Cancel all' and cancel.button_style == ''
    cancel.click(), cancel.click()
    until(lambda: cancel.description == 'Cancel 3?' and cancel.button_style == 'danger', 'it asks')
    assert all(not j.is_terminal for j in jobs), 'a double click is one question'
    later(view, 10)
    until(lambda: cancel.description == 'Cancel all', 'the question is withdrawn')
    cancel.click()
    later(view)
    cancel.click()
    until(lambda: not view.following, 'all are cancelled')
    assert {j.status.value for j in jobs} == {'cancelled'} and '3 cancelled' in shown(view)
    view.close()

def test_slow_stop_is_asked_for_once_and_the_view_stays_alive(tracker):
    job, = batch_of(tracker, 1)
    tracker.mark_running(job.id)
    asked, go = [], threading.Event()
    async def stop():
        import asyncio
        asked.append(1)
        while not go.is_set(): await asyncio.sleep(.01)
        return Receipt(False, 'unconfirmed')
    tracker.attach(job.id, stop)
    view = follow(JobDashboard(tracker, batch='night'))
    for _ in range(3): view.cancel()
    until(lambda: button(view, 'cancel').description == 'Cancelling …' and button(view, 'cancel').disabled, 'said at once')
    pulse = view._parts['heartbeat'].value
    until(lambda: view._parts['heartbeat'].value != pulse, 'the clock moves meanwhile')
    go.set()
    until(lambda: '1 asked to stop. It is not certain yet' in shown(view) and not button(view, 'cancel').disabled, 'unconfirmed, and may be repeated')
    tracker.mark_cancelled(job.id)
    until(lambda: not view.following, 'ended')
    assert asked == [1] and 'asked to stop' not in shown(view)
    view.close()

def test_what_a_server_refuses_is_counted_and_the_others_are_cancelled(tracker):
    jobs = batch_of(tracker, 4)
    class Refusing(Client):
        def cancel(self, job_id):
            if job_id == jobs[1].id: raise NodeUnreachable('http://node:8000', 'timed out')
            return super().cancel(job_id)
    view = follow(JobDashboard(Refusing(tracker), batch='night'))
    view.cancel()
    until(lambda: '1 of 4 could not be cancelled: No answer from http://node:8000' in shown(view), 'said')
    assert [j.status.value for j in jobs] == ['cancelled', 'pending', 'cancelled', 'cancelled']
    view.close()

def test_jobs_of_another_batch_are_not_cancelled(tracker):
    mine, other = batch_of(tracker, 2), batch_of(tracker, 2, 'other')
    view = JobDashboard(tracker, batch='night')
    view.cancel()
    until(lambda: all(j.is_terminal for j in mine), 'cancelled')
    assert all(j.status == 'pending' for j in other)

# Retrying

def test_without_a_retry_there_is_no_button(tracker):
    end(tracker, batch_of(tracker, 2)[0], 'no speech')
    view = JobDashboard(tracker, batch='night')
    view.widget
    assert button(view, 'retry').layout.display == 'none' and button(view, 'retry').disabled
    view.retry_failed()
    assert not view._action
    view.close()

def test_an_ended_batch_offers_to_retry_and_shows_what_was_submitted(tracker, shell):
    jobs, asked = batch_of(tracker, 3), []
    for job in jobs: end(tracker, job, 'no speech' if job is jobs[1] else None)
    def retry(batch):
        asked.append(batch)
        return batch_of(tracker, 1, f'{batch}.again')[0] and f'{batch}.again'
    view = JobDashboard(tracker, batch='night', retry=retry)
    view.show()
    assert view.following and button(view, 'retry').layout.display is None and not button(view, 'retry').disabled
    button(view, 'retry').click(), button(view, 'retry').click()
    until(lambda: 'night.again' in shown(view) and '1 pending' in shown(view), 'the new batch is shown')
    until(lambda: button(view, 'retry').layout.display == 'none', 'nothing of it has failed')
    end(tracker, tracker.list_jobs(batch='night.again')[0])
    until(lambda: not view.following, 'all is well')
    assert asked == ['night'] and shell.outputs[0]['text/plain'] == 'night.again, 1 job: 1 completed' and _WIDGET_TYPE not in shell.outputs[0]
    view.close()

def test_the_offer_to_retry_ends(tracker, shell):
    end(tracker, batch_of(tracker, 1)[0], 'no speech')
    view = JobDashboard(tracker, batch='night', retry=lambda batch: None)
    view.show()
    assert view.following
    view._ended_at -= module.RETRY_OFFER
    until(lambda: not view.following, 'its output is static')
    assert _WIDGET_TYPE not in shell.outputs[0] and button(view, 'retry').layout.display == 'none'
    view.close()

def test_a_retry_that_fails_is_said_and_may_be_repeated(tracker):
    end(tracker, batch_of(tracker, 2)[0], 'no speech')
    def refuse(batch): raise OSError('the queue is closed')
    view = follow(JobDashboard(tracker, batch='night', retry=refuse))
    view.retry_failed()
    until(lambda: 'Could not be submitted again: the queue is closed' in shown(view) and not button(view, 'retry').disabled, 'said')
    view.close()

# What it loads

def test_tracking_and_batches_load_no_widgets():
    code = '''
from cjm_jobtrack import CallRunner, JobQueue, JobTracker, submit_batch
import sys
with JobTracker() as tracker:
    queue = JobQueue(tracker, CallRunner({'f': print}))
    batch = submit_batch(queue, [{'func': 'f'}])
    repr(batch), batch.counts(), batch.is_done
print({m for m in sys.modules if m.split('.')[0] in ('ipywidgets', 'IPython') or m.startswith('cjm_jobtrack.view')})'''
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == 'set()'

def test_monitor_and_dashboard_are_one_mechanism():
    own = {'start', 'close', 'show', 'show_once', 'paint', 'refresh', 'snapshot', 'widget', 'following', '_read_loop', '_paint_loop', '_repr_mimebundle_', '_ipython_display_'}
    assert all(issubclass(c, LiveView) and not own & vars(c).keys() for c in (JobMonitor, JobDashboard))
