"""The files of a record: lost while they are open, cut to nothing, named oddly, and the logs beside them.

What uses `database` runs on SQLite and PostgreSQL; what uses `db` is about SQLite's files."""
import asyncio, json, logging, os, re, shutil, signal, sqlite3, subprocess, sys, threading, time
import httpx, pytest
from sqlalchemy import make_url
from helpers import client, mortal, node_at, until, write_pipelines
from cjm_jobtrack.cli.records import store_url
from cjm_jobtrack.cli.servers import server_process
from cjm_jobtrack.store.database import sqlite_url
from cjm_jobtrack.model.errors import StoreError
from cjm_jobtrack.model.job import Job, JobStatus
from cjm_jobtrack.store.store import JobStore
from cjm_jobtrack.tracker.tracker import JobTracker
from cjm_jobtrack.net.manager import Manager
from cjm_jobtrack.net.node import Node
from cjm_jobtrack.server.server import serving
from cjm_jobtrack.runners.call import CallRunner
from cjm_jobtrack.containers.docker import DockerRunner
from cjm_jobtrack.queue.queue import JobQueue
from cjm_jobtrack.runners.outcome import Outcome, Receipt

@pytest.fixture
def db(tmp_path): return tmp_path/'jobs.db'

# --- lost while open

def replace(db):
    shutil.copy(db, other := db.with_name('other.db'))
    os.replace(other, db)

LOSSES = {
    'everything deleted': (lambda db: [p.unlink() for p in db.parent.glob('jobs.db*')], 'jobs.db was deleted'),
    'the file deleted':   (lambda db: db.unlink(), 'jobs.db was deleted'),
    'the log deleted':    (lambda db: db.with_name('jobs.db-wal').unlink(), 'jobs.db-wal was deleted'),
    'the index deleted':  (lambda db: db.with_name('jobs.db-shm').unlink(), 'jobs.db-shm was deleted'),
    'replaced':           (replace, 'jobs.db was replaced'),
    'cut to nothing':     (lambda db: os.truncate(db, 0), 'jobs.db was cut to 0 bytes')}
loss = pytest.mark.parametrize('lose, told', LOSSES.values(), ids=LOSSES)

def missed(read) -> bool:
    try: read()
    except StoreError: return True
    return False

@loss
def test_a_record_that_is_lost_while_open_is_missed_at_once_and_can_be_saved(db, tmp_path, lose, told):
    with JobStore(db) as s:
        s.add(Job(id='a'))
        lose(db)
        before = {p.name: p.stat().st_ino for p in tmp_path.iterdir()}
        for write in (lambda: s.add(Job(id='b')), lambda: s.beat(1)):
            with pytest.raises(StoreError, match=told): write()
        until(lambda: missed(s.counts), 'a read that fails', 5)
        with pytest.raises(StoreError, match=told): s.version()
        assert {p.name: p.stat().st_ino for p in tmp_path.iterdir()} == before   # and nothing was made in its place
        if 'cut' in told:   # nothing is left to be saved, and nothing is promised
            with pytest.raises(StoreError, match=told) as e: s.backup(tmp_path/'saved.db')
            assert 'backup` still saves' not in str(e.value)
            return
        s.backup(tmp_path/'saved.db')
    with JobStore(tmp_path/'saved.db') as saved: assert [j.id for j in saved.list()] == ['a']

def test_a_file_that_was_cut_stays_empty_with_its_log_beside_it(db):
    s = JobStore(db)
    s.add(Job(id='a')), s.counts()
    log = db.with_name('jobs.db-wal').read_bytes()
    os.truncate(db, 0)
    s.close()
    assert db.read_bytes() == b'' and db.with_name('jobs.db-wal').read_bytes() == log
    assert not [*db.parent.glob('*.cut')]
    with pytest.raises(StoreError, match='cut to 0 bytes'): JobStore(db)

def test_a_file_that_is_reached_by_a_link_is_left_empty_too(db, tmp_path):
    (tmp_path/'link.db').symlink_to(db)
    JobStore(db).close()
    s = JobStore(tmp_path/'link.db')
    s.add(Job(id='a'))
    os.truncate(db, 0)
    s.close()
    assert db.read_bytes() == b'' and db.with_name('jobs.db-wal').stat().st_size and (tmp_path/'link.db').is_symlink()

def test_a_record_that_was_moved_away_and_back_goes_on(db):
    with JobStore(db) as s:
        db.rename(db.with_name('away'))
        with pytest.raises(StoreError): s.add(Job(id='a'))
        db.with_name('away').rename(db)
        assert s.add(Job(id='a')) and s.counts()['pending'] == 1

def test_the_log_of_lost_writes_is_kept_when_only_its_name_is_gone(db):
    with JobStore(db) as s:
        s.add(Job(id='a'))
        db.with_name('jobs.db-wal').unlink()
        with pytest.raises(StoreError): s.add(Job(id='b'))
    with JobStore(db) as s: assert [j.id for j in s.list()] == ['a']

def test_what_lies_there_by_then_is_left_alone(db):
    with JobStore(db) as old:
        old.add(Job(id='old'))
        for p in db.parent.glob('jobs.db*'): p.unlink()
        with JobStore(db) as new:
            new.add(Job(id='new'))
            with pytest.raises(StoreError, match='replaced'): old.add(Job(id='late'))
            old.close()
            assert new.add(Job(id='more'))
    with JobStore(db) as s: assert {j.id for j in s.list()} == {'new', 'more'}

def test_a_database_that_is_dropped_while_open_is_missed_at_once(postgres):
    url = postgres.create()
    with JobStore(url) as s:
        s.add(Job(id='a'))
        postgres.run(f'DROP DATABASE {make_url(url).database} WITH (FORCE)')
        with pytest.raises(StoreError): s.add(Job(id='b'))
        with pytest.raises(StoreError): s.counts()

def test_a_queue_says_so_within_seconds_and_fails_no_work(db, caplog):
    go, calls, tracker = threading.Event(), CallRunner(), JobTracker(db)
    queue = JobQueue(tracker, calls).start()
    try:
        job = queue.submit(tracker.create_job('slow', spec=calls.call(lambda: go.wait(60) and 7)))
        until(lambda: job.status == JobStatus.RUNNING, 'the job')
        db.rename(db.with_name('away'))
        with pytest.raises(StoreError, match='deleted'): queue.submit(tracker.make_job('late', spec=calls.call(lambda: 1)))
        until(lambda: any('jobs.db was deleted while it was open' in r.getMessage() and r.levelno >= logging.ERROR for r in caplog.records), 'a word of it', 10)
        go.set()
        db.with_name('away').rename(db)
        tracker.join(job.id, 30)
        assert (job.status, job.result) == (JobStatus.COMPLETED, 7) and [j.name for j in tracker.list_jobs()] == ['slow']
    finally:
        go.set()
        queue.stop(), tracker.close()

@loss
def test_a_queue_that_stops_does_not_wait_for_a_record_that_is_gone(db, caplog, lose, told):
    go, calls, tracker = threading.Event(), CallRunner(), JobTracker(db)
    async def endless(): await asyncio.sleep(600)
    queue = JobQueue(tracker, calls, slots=2).start()
    jobs = [queue.submit(tracker.create_job('x', spec=calls.call(f))) for f in (lambda: go.wait(60), endless)]
    until(lambda: all(any(e.type == 'started' for e in tracker.history(j.id)) for j in jobs), 'both to begin')
    lose(db)
    go.set()
    until(lambda: any(told in r.getMessage() for r in caplog.records), 'a word of it')
    begun = time.monotonic()
    queue.stop()
    assert time.monotonic() - begun < 10
    with pytest.raises(StoreError, match=told): tracker.close()
    named = [m for r in caplog.records if all(j.id in (m := r.getMessage()) for j in jobs)]
    assert len(named) == 1 and 'how these jobs ended' in named[0]
    assert not [r for r in caplog.records if r.exc_info]

def job_that_speaks(tracker, calls, folder, where, verb, attempt=1, until_cancelled=False):
    """A job whose function, in its last attempt, touches `there`, waits for `go`, has a word with its report, and ends.
    An earlier attempt fails at once, and so does the last of several."""
    go, there, failed, last = folder/'go', folder/'there', folder/'failed', attempt > 1
    words = {'progress': (50, 'half'), 'note': ('half', {}), 'log': (b'half',)}
    def ready(report): return go.exists() and (report.cancelled or not until_cancelled)
    def fail_first():
        if last and not failed.exists():
            failed.touch()
            raise ConnectionError
        there.touch()
    def speak(report):
        if verb: getattr(report, verb)(*words[verb])
        if last: raise ConnectionError
    def plain(report):
        fail_first()
        while not ready(report): time.sleep(.01)
        speak(report)
    async def coroutine(report):
        fail_first()
        while not go.exists():
            try: await asyncio.sleep(.01)
            except asyncio.CancelledError: pass
        speak(report)
    spec = calls.call(coroutine if where == 'coroutine' else plain) | {'pool': 'process' if where == 'process' else 'thread'}
    return tracker.create_job('x', spec=spec, max_attempts=attempt)

def cancel_of(queue, job):
    "A thread that cancels a job, once that is under way."
    canceller = threading.Thread(target=lambda: missed(lambda: asyncio.run(queue.tracker.cancel_job(job.id))))   # it may not see the end
    canceller.start()
    until(lambda: queue.attempts.active[job.id].stop_task, 'the cancel to be under way')
    return canceller

def stops_soon(queue, job, caplog):
    queue.stop(8)
    assert [m for r in caplog.records if 'how these jobs ended' in (m := r.getMessage()) and job.id in m]
    assert not [r for r in caplog.records if r.exc_info]

def lose_all(db):
    for p in db.parent.glob('jobs.db*'): p.unlink()

WHERE = pytest.mark.parametrize('where', ['thread', 'coroutine', 'process'])

@pytest.mark.parametrize('attempt', [1, 2])
@pytest.mark.parametrize('verb', ['progress', 'note', 'log', None])
@WHERE
def test_a_queue_that_stops_does_not_wait_for_what_a_function_said_to_a_record_that_is_gone(db, tmp_path, caplog, where, verb, attempt):
    tracker = JobTracker(db)
    with CallRunner() as calls:
        queue = JobQueue(tracker, calls, backoff=.01).start()
        job = queue.submit(job_that_speaks(tracker, calls, tmp_path, where, verb, attempt))
        until(lambda: (tmp_path/'there').exists() and [e.type for e in tracker.history(job.id)].count('started') == attempt, 'it to begin')
        lose_all(db)
        (tmp_path/'go').touch()
        until(lambda: all(w.done.done() for w in calls._works.values()), 'it to return')
        stops_soon(queue, job, caplog)
    with pytest.raises(StoreError, match='deleted'): tracker.close()

@pytest.mark.parametrize('attempt', [1, 2])
@pytest.mark.parametrize('verb', ['note', None])
@WHERE
def test_nor_when_the_function_was_being_cancelled(db, tmp_path, caplog, where, verb, attempt):
    tracker = JobTracker(db)
    with CallRunner() as calls:
        queue = JobQueue(tracker, calls, backoff=.01, grace=20.).start()
        job = queue.submit(job_that_speaks(tracker, calls, tmp_path, where, verb, attempt, until_cancelled=True))
        until(lambda: (tmp_path/'there').exists() and [e.type for e in tracker.history(job.id)].count('started') == attempt, 'it to begin')
        canceller = cancel_of(queue, job)
        lose_all(db)
        (tmp_path/'go').touch()
        stops_soon(queue, job, caplog)
        canceller.join()
    with pytest.raises(StoreError, match='deleted'): tracker.close()

class Insisting:
    "Work that ends when it is asked to; whoever follows it goes on until it is on record."
    name, durable, capabilities = 'insisting', True, frozenset()
    def __init__(self): self.asked, self.go = asyncio.Event(), threading.Event()
    async def start(self, job): return {}
    async def find(self, job): return {}
    async def follow(self, job, handle, report):
        await self.asked.wait()
        while True:
            try: report.note('ended', {})
            except StoreError: await asyncio.sleep(.1)
            else: return Outcome(JobStatus.CANCELLED)
    async def stop(self, job, handle, grace):
        while not self.go.is_set(): await asyncio.sleep(.01)
        self.asked.set()
        return Receipt(True, 'asked')

def test_nor_for_a_runner_that_goes_on_until_it_is_on_record(db, caplog):
    runner, tracker = Insisting(), JobTracker(db)
    queue = JobQueue(tracker, runner).start()
    job = queue.submit(tracker.create_job('x', runner='insisting', spec={}))
    until(lambda: any(e.type == 'started' for e in tracker.history(job.id)), 'it to begin')
    canceller = cancel_of(queue, job)
    lose_all(db)
    runner.go.set()
    stops_soon(queue, job, caplog)
    canceller.join()
    with pytest.raises(StoreError, match='deleted'): tracker.close()

def test_a_queue_that_stops_waits_for_a_record_that_is_locked(db):
    calls, tracker = CallRunner(), JobTracker(JobStore(db, timeout=.1))
    async def endless(): await asyncio.sleep(600)
    queue = JobQueue(tracker, calls).start()
    job = queue.submit(tracker.create_job('x', spec=calls.call(endless)))
    until(lambda: any(e.type == 'started' for e in tracker.history(job.id)), 'it to begin')
    other = sqlite3.connect(db, isolation_level=None)
    other.execute('BEGIN IMMEDIATE')
    with pytest.raises(TimeoutError): queue.stop(1)
    other.execute('ROLLBACK'), other.close()
    queue.stop()
    assert job.status == JobStatus.FAILED and job.failure.kind == 'interrupted'
    tracker.close()
    with JobStore(db) as s: assert s.get(job.id).status == JobStatus.FAILED

@pytest.mark.parametrize('ended', [True, False], ids=['its work is over', 'its work goes on'])
def test_a_node_whose_record_is_gone_ends_soon_when_told_to_and_says_so(tmp_path, ended):
    gate, log = tmp_path/'gate', tmp_path/'log'
    plan = json.dumps({'gate': str(gate)})
    try:
        with server_process('node', '--data', tmp_path/'data', '--pipelines', write_pipelines(tmp_path), log=log) as (url, p), client(url) as http:
            job = http.post('/jobs', json={'pipeline': 'work', 'params': {'plan': plan}}).json()
            until(lambda: [*(tmp_path/'data'/'attempts'/job['id']).glob('1/exit.reserved')] and http.get(f'/jobs/{job["id"]}').json()['status'] == 'running', 'it to run')
            for f in (tmp_path/'data').glob('jobs.db*'): f.unlink()
            if ended:
                gate.touch()
                until(lambda: re.search('queue.group_commit: .*jobs.db was deleted', log.read_text()), 'the queue to say that it cannot write how the job ended')
            begun = time.monotonic()
            p.send_signal(signal.SIGTERM)
            assert p.wait(60) == 1 and time.monotonic() - begun < 15
        gate.touch()
        until(lambda: (tmp_path/'data/attempts'/job['id']/'1/exit').exists(), 'the end of its program')
    finally: gate.touch()
    said = log.read_text()
    assert 'Traceback' not in said and said.splitlines()[-1].startswith('jobtrack: ') and 'jobs.db was deleted' in said.splitlines()[-1]
    assert ('how these jobs ended' in said) == ended and (not ended or job['id'] in said)

@loss
def test_a_node_refuses_and_its_health_says_why(tmp_path, lose, told):
    with node_at(tmp_path) as s:
        assert s.http.get('/health').json()['status'] == 'ok'
        lose(s.node.data/'jobs.db')
        r = s.http.post('/jobs', json={'pipeline': 'work'})
        assert r.status_code == 503 and told in r.json()['error']
        health = until(lambda: (r := s.http.get('/health')).status_code == 503 and r.json(), 'an unhealthy node', 5)
        assert health['status'] == 'failing' and health['service'] == 'jobtrack-node' and told in health['error']

# --- a new record only where there was none

def test_an_empty_file_is_a_record_that_was_lost(db):
    for make in (JobStore, JobTracker, lambda f: Node(f.parent), lambda f: Manager(f.parent)):
        db.write_bytes(b'')
        with pytest.raises(StoreError, match='cut to 0 bytes'): make(db)
        assert db.read_bytes() == b'' and not db.with_name('jobs.db-wal').exists()

@pytest.mark.parametrize('suffix', ['-wal', '-journal'])
def test_a_log_without_its_file_is_a_record_that_was_lost(db, suffix):
    (left := db.with_name(db.name + suffix)).write_bytes(b'\x37\x7f\x06\x82 work that was not done')
    before = left.read_bytes()
    with pytest.raises(StoreError, match=f'jobs.db{suffix} is left of it'): JobStore(db)
    assert left.read_bytes() == before and not db.exists()

MAKERS = """
import sys
from pathlib import Path
from cjm_jobtrack.store.store import JobStore
from cjm_jobtrack.model.job import Job
input()
for n in range(20):
    with JobStore(Path(sys.argv[1])/f'{n}.db') as s: s.add(Job(id=sys.argv[2]))
"""

def test_nobody_sees_half_a_record_however_many_make_it_at_once(tmp_path):
    makers = [subprocess.Popen([sys.executable, '-c', MAKERS, tmp_path, str(n)], stdin=subprocess.PIPE, text=True, env=mortal(tmp_path)) for n in range(3)]
    for p in makers: p.stdin.write('\n'), p.stdin.flush()
    while any(p.poll() is None for p in makers): assert not [f for f in tmp_path.glob('*.db') if f.stat().st_size == 0]
    for p in makers: p.stdin.close()
    assert [p.returncode for p in makers] == [0]*3
    for n in range(20):
        with JobStore(tmp_path/f'{n}.db') as s: assert {j.id for j in s.list()} == {'0', '1', '2'}
    assert not [*tmp_path.glob('*.new')]

# --- names that mean something in a URL

ODD = ['clips?1', 'a%41', 'a%20b', 'a#b', 'x&y=z', 'ä ö', '?mode=memory', 'caf\udce9']

@pytest.mark.parametrize('name', ODD, ids=ascii)
def test_each_folder_has_a_record_of_its_own(tmp_path, name, monkeypatch):
    folder, plain = tmp_path/name, tmp_path/'aA'
    for d in (folder, plain): d.mkdir()
    for make in (lambda d: JobTracker(d/'jobs.db'), lambda d: JobTracker(sqlite_url(d/'jobs.db')), lambda d: JobTracker(store_url(str(d), make=True))):
        with make(folder) as t: assert t.store.file == folder/'jobs.db' and not t.create_job(name).is_terminal
    assert (folder/'jobs.db').is_file() and not (plain/'jobs.db').exists()
    with make(folder) as t: assert len(t.list_jobs()) == 3 and t.logs.folder == folder/'jobs.logs'
    if '\udce9' not in name:
        with JobTracker(f'{sqlite_url(folder/"jobs.db")}') as t: assert len(t.list_jobs()) == 3
        with JobTracker(store_url(str(sqlite_url(folder/'jobs.db')))) as t: assert len(t.list_jobs()) == 3

def test_a_log_of_another_host_in_a_folder_that_is_here_too(database, tmp_path, monkeypatch):
    with monkeypatch.context() as m:
        m.setattr('socket.gethostname', lambda: 'gpu-3')
        with JobTracker(database, logs=tmp_path) as tracker: tracker.create_job('x', id='7f3a'), tracker.mark_running('7f3a')
    with JobTracker(database) as reader: assert reader.log_tail('7f3a') == f'The log of this attempt is kept on gpu-3, in {tmp_path}\n'

@pytest.mark.parametrize('make', [Node, Manager], ids=['node', 'manager'])
def test_a_server_in_a_folder_with_an_odd_name(tmp_path, make):
    for name in ('clips?1', 'a%41'):
        with serving(make(tmp_path/name)): assert (tmp_path/name/'jobs.db').is_file()
    assert {p.name for p in tmp_path.iterdir()} == {'clips?1', 'a%41'}

def test_the_queue_of_a_runner_in_a_folder_with_an_odd_name(tmp_path):
    runner = DockerRunner(tmp_path/'a%41?b')
    try: assert runner.queue().tracker.store.file == tmp_path/'a%41?b'/'jobs.db'
    finally: runner.close()

# --- created and submitted in one

def test_a_job_is_created_and_submitted_in_one_transaction(database):
    with JobTracker(database) as tracker:
        queue, written, apply = JobQueue(tracker, CallRunner()), [], tracker.store.apply
        tracker.store.apply = lambda ops: (written.append(len(ops)), apply(ops))[1]
        job = queue.create_job('x', spec={'func': 'f'})
        assert written == [1] and [e.type for e in tracker.history(job.id)] == ['created', 'queued']
        assert queue.create_job('x', id=job.id, spec={'func': 'f'}) is job

@pytest.mark.parametrize('make', [Node, Manager], ids=['node', 'manager'])
def test_what_a_server_was_killed_over_is_on_record_as_submitted_or_not_at_all(tmp_path, make, monkeypatch):
    write_pipelines(tmp_path)
    server = Node(tmp_path/'data', pipelines=tmp_path) if make is Node else Manager(tmp_path/'data')
    ask = [lambda c: c.post('/jobs', json={'pipeline': 'work'})]
    if make is Manager: ask.append(lambda c: c.post('/api/jobs', json={'manualPath': 'a.mp4', 'nodeId': 'n'}))
    seen = []
    apply = server.tracker.store.apply
    def note(ops):
        seen.append([type(o).__name__ + ('+queued' if getattr(o, 'queued', False) else '') for o in ops])
        return apply(ops)
    server.tracker.store.apply = note
    if make is Manager:
        monkeypatch.setattr(server.directory, 'find', lambda i: {'id': 'n', 'name': 'n'} if i == 'n' else None)
        async def yes(*a, **kw): return True
        monkeypatch.setattr(server.directory, 'check', yes), monkeypatch.setattr(server.placement, 'check', yes)
    async def main():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=server.app), base_url='http://127.0.0.1') as c:
            for a in ask: assert (await a(c)).status_code == 201
    try: asyncio.run(main())
    finally: server.close()
    assert seen == [['Add+queued']]*len(ask)

@pytest.mark.parametrize('make', [Node, Manager], ids=['node', 'manager'])
def test_a_job_that_nobody_submitted_is_taken_when_the_server_starts(tmp_path, make):
    def server():
        write_pipelines(tmp_path)
        return Node(tmp_path/'data', pipelines=tmp_path) if make is Node else Manager(tmp_path/'data')
    s = server()
    job = s.tracker.create_job('left', runner=s.runner.name, spec={'pipeline': 'work', 'input': None, 'params': {}})
    other = s.tracker.create_job('of another runner', runner='call')
    s.close()
    with serving(s := server()):
        assert [e.type for e in s.tracker.history(job.id)][:2] == ['created', 'queued']
        assert [e.type for e in s.tracker.history(other.id)] == ['created']
        if make is Node: assert s.tracker.join(job.id, 30).status == JobStatus.COMPLETED

def test_one_that_could_never_begin_fails_and_says_why(database):
    with JobTracker(database) as tracker:
        job = tracker.create_job('x', spec={'func': 'f', 'resources': {'gpu': 3}})
        JobQueue(tracker, CallRunner()).submit_left()
        assert job.status == JobStatus.FAILED and 'gpu=3' in job.error

# --- where the logs are

def say(report): report.log(b'one\ntwo\n'); raise ValueError('three')

def test_logs_outlive_the_process_that_wrote_them(database):
    "On PostgreSQL too: the next tracker on this machine finds them."
    for n in range(2):
        with JobTracker(database) as tracker:
            if n: assert tracker.log_tail('7f3a') == 'one\ntwo\n'; break
            runner = CallRunner()
            with JobQueue(tracker, runner) as queue: tracker.join(queue.create_job('x', id='7f3a', spec=runner.call(say)).id, 30)
            assert tracker.get_job('7f3a').failure.evidence['last_lines'] == ['one', 'two']

def test_a_folder_for_logs_may_be_given(database, tmp_path):
    with JobTracker(database, logs=tmp_path/'here') as tracker:
        job = tracker.create_job('x', id='7f3a')
        tracker.mark_running(job.id), tracker.log(job.id, b'word\n')
        assert (tmp_path/'here'/'7f3a'/'1.output.log').read_bytes() == b'word\n'
    with JobTracker(database) as reader: assert reader.log_tail('7f3a') == 'word\n'   # it is told where they are, and can reach them
    (tmp_path/'here').rename(tmp_path/'gone')
    with JobTracker(database) as reader: assert str(tmp_path/'here') in reader.log_tail('7f3a') and 'is kept on' in reader.log_tail('7f3a')
    with JobTracker(database, logs=tmp_path/'gone') as tracker:
        tracker.mark_failed('7f3a', 'no'), tracker.delete_job('7f3a')
        assert not (tmp_path/'gone'/'7f3a').exists()

@pytest.mark.parametrize('make', [Node, Manager], ids=['node', 'manager'])
def test_a_server_keeps_its_logs_where_it_is_told(tmp_path, make):
    s = make(tmp_path/'data', logs=tmp_path/'logs')
    try: assert s.tracker.logs.folder == tmp_path/'logs'
    finally: s.close()
    s = make(tmp_path/'data')
    try: assert s.tracker.logs.folder == tmp_path/'data'/'jobs.logs'
    finally: s.close()

def test_records_on_one_server_do_not_share_a_folder_of_logs(postgres):
    a, b = postgres.create(), postgres.create()
    with JobTracker(a) as ta, JobTracker(b) as tb, JobTracker(a) as again:
        assert ta.logs.folder == again.logs.folder != tb.logs.folder
    for url in (a, b): postgres.drop(url)
