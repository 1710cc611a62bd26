"The record over the years: what is tidied and what is not, files that come back as they went, the original's jobs file in any state, copies made while others write."
import gc, gzip, io, json, os, random, sqlite3, subprocess, sys, threading, time, tracemalloc
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st
from cjm_jobtrack.maintenance import transfer as history, legacy_import as manager, retention
from cjm_jobtrack.model.errors import InvalidInput, StoreError
from cjm_jobtrack.maintenance.legacy_import import read_original
from cjm_jobtrack.maintenance.retention import RetentionPolicy, candidates, duration, orphans, prune, removed
from cjm_jobtrack.maintenance.transfer import backup, export_jobs, import_jobs
from cjm_jobtrack.model.job import JobRecord, Failure, Job, JobEvent, JobStatus, OutputFile, parse_instant, jsonable
from cjm_jobtrack.store.store import WRITES, JobStore
from cjm_jobtrack.tracker.tracker import JobTracker

NOON = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
NOW = NOON.isoformat()
def ago(days): return (NOON - timedelta(days=days)).isoformat(timespec='microseconds')

def record(id, status='completed', days=1., *, batch=None, pinned=False, queued=False, **fields):
    status, at = JobStatus(status), ago(days)
    job = Job(id=id, name=f'{id}.wav', status=status, created_at=at, updated_at=at, completed_at=at if status.is_terminal else None, attempt=int(status is not JobStatus.PENDING), **fields)
    types = ['created'] + ['queued']*queued + ['running']*job.attempt + [status.value]*status.is_terminal
    return JobRecord(job, [JobEvent(None, id, 0 if t in ('created', 'queued') else job.attempt, t, at, {'n': n} if n else {}) for n, t in enumerate(types)], at if queued else None, batch, pinned)

@pytest.fixture(params=['memory', 'sqlite', pytest.param('postgresql', marks=pytest.mark.needs('postgresql'))])
def tracker(request, tmp_path):
    "An empty tracker, in memory and on each kind of database."
    url = {'memory': lambda: None, 'sqlite': lambda: f'sqlite:///{tmp_path/"jobs.db"}', 'postgresql': lambda: request.getfixturevalue('postgres_url')}[request.param]()
    with JobTracker(url) as t: yield t

@pytest.fixture
def memory():
    with JobTracker() as t: yield t

@pytest.fixture
def durable(tmp_path):
    with JobTracker(f'sqlite:///{tmp_path/"jobs.db"}') as t: yield t

def ids(tracker): return {j.id for j in tracker.list_jobs()}
def text_of(tracker, **filters):
    out = io.BytesIO()
    export_jobs(tracker, out, **filters)
    return out.getvalue()

# --- retention: what may go

@pytest.mark.parametrize('given_, seconds', [('30d', 30*86400), ('12h', 43200), ('1.5h', 5400), (' 90 min ', 5400), ('2w', 14*86400), ('7s', 7), (60, 60), (.5, .5), (0, 0), (timedelta(days=2), 172800)])
def test_durations(given_, seconds): assert duration(given_) == seconds

@pytest.mark.parametrize('wrong', ['30', '30m', '', 'd', '-1d', '1 month', -1, float('nan'), float('inf'), True, None, [], timedelta(days=-1), '9'*20 + 'd'])
def test_what_is_no_duration_is_refused(wrong):
    with pytest.raises(InvalidInput, match='such as 30d'): duration(wrong)

@pytest.mark.parametrize('wrong, field', [
    (dict(), 'older_than'), (dict(keep=-1), 'keep'), (dict(keep=1.5), 'keep'), (dict(keep=True), 'keep'), (dict(older_than='soon'), 'older_than'), (dict(keep=1, statuses=()), 'statuses'),
    (dict(keep=1, statuses='running'), 'statuses'), (dict(keep=1, statuses=['done']), 'statuses'), (dict(keep=1, statuses=[1]), 'statuses'), (dict(keep=1, statuses=3), 'statuses')])
def test_a_policy_that_makes_no_sense_is_refused(wrong, field):
    with pytest.raises(InvalidInput) as e: RetentionPolicy(**wrong)
    assert e.value.field == field

def model(records, policy):
    "What may go, said in the plainest way."
    live = {d.batch for d in records if not d.job.is_terminal} - {None}
    able = [d for d in records if d.job.status in policy.statuses and not d.pinned]
    if policy.keep is not None: able = able[:-policy.keep or None]
    if policy.older_than is not None: able = [d for d in able if d.job.completed_at < ago(policy.older_than/86400)]
    return [d.job.id for d in able if d.batch not in live]

def some(rng, n):
    return [record(f'job-{i:04}', rng.choices([*JobStatus], [1, 1, 6, 3, 2])[0], days=rng.uniform(0, 60), batch=rng.choice([None, None, 'a', 'b', 'c', 'd']), pinned=rng.random() < .1) for i in range(n)]

@pytest.mark.parametrize('seed', range(3))
def test_what_a_policy_lets_go(tracker, monkeypatch, seed):
    rng = random.Random(seed)
    monkeypatch.setattr(retention, '_PAGE', 7)
    past = some(rng, 90)
    tracker.restore(past)
    for older, keep, statuses in [(f'{rng.randrange(60)}d', None, None), (None, rng.randrange(80), None), (None, 0, None), ('20d', 10, 'completed'), (0, None, ['failed', 'cancelled']), ('10d', 0, None), (None, 1000, None)]:
        policy = RetentionPolicy(older, keep, **({'statuses': statuses} if statuses else {}))
        assert [e.id for e in candidates(tracker, policy, NOW)] == model(past, policy)
    before = text_of(tracker)
    report = prune(tracker, policy := RetentionPolicy('10d', 20), dry_run=True, at=NOW)
    assert text_of(tracker) == before and report.jobs == len(model(past, policy)) and report.dry_run
    done = prune(tracker, policy, at=NOW)
    assert ids(tracker) == {d.job.id for d in past} - {*model(past, policy)} and (done.jobs, done.by_status) == (report.jobs, report.by_status)
    assert prune(tracker, policy, at=NOW).jobs == 0 and not [e for e in tracker.events(limit=None) if e.type != 'deleted' and e.job_id not in ids(tracker)]

def test_the_end_counts_and_not_the_beginning(tracker):
    d = record('long-one', days=40)
    d.job.completed_at = ago(1)
    tracker.restore([d])
    assert prune(tracker, RetentionPolicy('30d'), at=NOW).jobs == 0 and prune(tracker, RetentionPolicy('1h'), at=NOW).jobs == 1

def test_a_batch_is_let_go_when_all_of_it_has_ended(tracker):
    tracker.restore([record('one', batch='evening'), record('two', 'pending', batch='evening')])
    assert prune(tracker, RetentionPolicy(keep=0)).jobs == 0
    tracker.mark_cancelled('two')
    assert prune(tracker, RetentionPolicy(keep=0)).jobs == 2 and ids(tracker) == set()

def test_a_pin_set_in_the_last_instant_holds_for_record_and_files(tracker, monkeypatch):
    tracker.restore([record(f'job-{n}') for n in range(4)])
    for n in range(4): tracker.logs.append(f'job-{n}', 1, b'x')
    gone, real = [], tracker.store.delete_many
    with monkeypatch.context() as m:
        m.setattr(tracker.store, 'delete_many', lambda *a, **kw: (tracker.pin('job-2'), real(*a, **kw))[1])
        report = prune(tracker, RetentionPolicy(keep=0), after=gone.extend)
    assert ids(tracker) == {'job-2'} and report.jobs == 3 and gone == ['job-0', 'job-1', 'job-3'] and 2 in (left := [n for n in range(4) if tracker.logs.attempts(f'job-{n}')])
    assert left == [2] or tracker.store.shared and not tracker.store.file, 'a record without a folder of its own leaves logs alone'
    tracker.pin('job-2', False)
    assert prune(tracker, RetentionPolicy(keep=0)).jobs == 1

def test_interrupted_between_pages_it_goes_on_next_time(tracker, monkeypatch):
    monkeypatch.setattr(retention, '_PAGE', 5)
    tracker.restore([record(f'job-{n:02}') for n in range(17)])
    pages = []
    def after(page):
        if len(pages) == 2: raise RuntimeError('the node cannot remove its files')
        pages.append(page)
    with pytest.raises(RuntimeError): prune(tracker, RetentionPolicy(keep=0), after=after)
    assert ids(tracker) == {f'job-{n:02}' for n in range(15, 17)} and sum(pages, []) == [f'job-{n:02}' for n in range(10)]
    tracker.restore([record('job-11')])   # submitted again meanwhile
    folders = [f'job-{n:02}' for n in range(10, 17)] + ['holiday', '']
    assert removed(tracker, folders) == ['job-10', 'job-12', 'job-13', 'job-14']   # whose files are still there
    assert prune(tracker, RetentionPolicy(keep=0)).jobs == 3

def test_logs_go_with_their_jobs_and_are_counted(durable):
    durable.restore([record(f'job-{n}') for n in range(3)])
    for n in range(2): durable.log(f'job-{n}', b'x'*5000)
    policy = RetentionPolicy(keep=1)
    told = prune(durable, policy, dry_run=True)
    assert prune(durable, policy).log_bytes == told.log_bytes >= 10_000
    assert not (durable.logs.folder/'job-0').exists() and 'job-0' not in ids(durable)

def test_killed_between_record_and_logs_the_logs_are_found(durable, monkeypatch):
    durable.restore([record(f'job-{n}') for n in range(3)])
    for n in range(3): durable.log(f'job-{n}', b'x')
    (durable.logs.folder/'not an id!').mkdir()
    def killed(*_): raise KeyboardInterrupt
    with monkeypatch.context() as m:
        m.setattr(type(durable.logs), 'remove', killed)
        with pytest.raises(KeyboardInterrupt): prune(durable, RetentionPolicy(keep=1))
    assert ids(durable) == {'job-2'} and orphans(durable) == ['job-0', 'job-1'] == orphans(durable, remove=True)
    assert orphans(durable) == [] and sorted(p.name for p in durable.logs.folder.iterdir()) == ['job-2', 'not an id!']

def test_killed_while_it_tidies(tmp_path):
    url = f'sqlite:///{tmp_path/"jobs.db"}'
    with JobTracker(url) as t:
        t.restore([record(f'job-{n:04}') for n in range(2000)])
        for n in range(0, 2000, 5): t.log(f'job-{n:04}', b'x')
    code = f'import time\nfrom cjm_jobtrack.maintenance import retention as r\nr._PAGE = 10\nreal = r.JobTracker.delete_jobs\nr.JobTracker.delete_jobs = lambda *a, **kw: (time.sleep(.05), real(*a, **kw))[1]\nr.prune(r.JobTracker({url!r}), r.RetentionPolicy(keep=0))'
    with subprocess.Popen([sys.executable, '-c', code]) as p, JobStore(url) as s:
        end = time.monotonic() + 60
        while sum(s.counts().values()) > 1800 and time.monotonic() < end: time.sleep(.005)
        p.kill()
    with JobTracker(url) as t:
        left = ids(t)
        assert 0 < len(left) <= 1800 and len(left) % 10 == 0, 'whole pages are gone'
        assert {e.job_id for e in t.events(limit=None) if e.type != 'deleted'} == left and {f'job-{n:04}' for n in range(0, 2000, 5)} & left <= {p.name for p in t.logs.folder.iterdir()}
        orphans(t, remove=True)
        assert {p.name for p in t.logs.folder.iterdir()} <= left and prune(t, RetentionPolicy(keep=0)).jobs == len(left) and not [*t.logs.folder.iterdir()]

def test_a_log_that_cannot_be_removed_is_told_and_stops_nothing(durable, monkeypatch):
    durable.restore([record(f'job-{n}') for n in range(3)])
    for n in range(3): durable.log(f'job-{n}', b'x')
    remove = type(durable.logs).remove
    def stubborn(self, job_id):
        if job_id == 'job-1': raise StoreError(str(self.folder), 'the log cannot be removed: Permission denied')
        remove(self, job_id)
    with monkeypatch.context() as m:
        m.setattr(type(durable.logs), 'remove', stubborn)
        report = prune(durable, RetentionPolicy(keep=0))
    assert report.jobs == 3 and len(report.problems) == 1 and 'Permission denied' in report.problems[0] and orphans(durable) == ['job-1']

def test_looking_makes_no_folder(durable):
    durable.restore([record('one')])
    assert orphans(durable) == [] and prune(durable, RetentionPolicy(keep=0), dry_run=True).log_bytes == 0 and not durable.logs.folder.exists()

def test_jobs_go_on_while_old_ones_are_removed(database, monkeypatch):
    monkeypatch.setattr(retention, '_PAGE', 20)
    with JobTracker(database) as worker, JobTracker(database) as tidy:
        tidy.restore([record(f'old-{n:03}', days=50) for n in range(400)])
        stop, made = threading.Event(), []
        def work():
            while not stop.is_set():
                job = worker.create_job('new')
                worker.mark_running(job.id), worker.mark_completed(job.id, 1)
                made.append(job.id)
        t = threading.Thread(target=work)
        t.start()
        try: report = prune(tidy, RetentionPolicy('30d'))
        finally: stop.set(), t.join()
        assert report.jobs == 400 and ids(tidy) == {*made}
        assert all([e.type for e in tidy.history(i)] == ['created', 'running', 'completed'] for i in made)

# --- export and import

def random_records(rng, n):
    word = lambda: ''.join(rng.choice('ab"\\\n\u2028é😀{}[],: ') for _ in range(rng.randrange(8)))
    def value(deep=0):
        kind = rng.randrange(7 if deep < 3 else 5)
        return [None, rng.random() < .5, rng.randrange(-10**12, 10**12), rng.uniform(-1, 1), word(), None, None][kind] if kind < 5 else [value(deep+1) for _ in range(rng.randrange(3))] if kind == 5 else {word(): value(deep+1) for _ in range(rng.randrange(3))}
    out = []
    for i in range(n):
        d = record(f'job-{i:04}', rng.choice([*JobStatus]), days=rng.uniform(0, 60), batch=rng.choice([None, 'evening']), pinned=rng.random() < .3, queued=rng.random() < .5,
                    spec={'x': value()}, metadata={'k': rng.choice(['a', 'b', 1, True, None]), 'v': value()}, result=value(), message=word() or None, progress=rng.choice([None, 0., 41.5, 100.]), priority=rng.randrange(-3, 4),
                    max_attempts=rng.randrange(1, 5), timeout=rng.choice([None, 1.5]), node=rng.choice([None, 'n1']), runner=rng.choice(['call', 'process']))
        d.job.name = word()
        if d.job.status is JobStatus.FAILED: d.job.failure, d.job.error = Failure('exit', word(), 3, evidence={'last_lines': [word()]}), word()
        if rng.random() < .3: d.job.outputs = [OutputFile('a.txt', f'/out/{i}', rng.randrange(10**12), 'ab'*32, 'text/plain', ago(0))]
        d.events[-1] = JobEvent(None, d.job.id, d.events[-1].attempt, d.events[-1].type, d.events[-1].at, {'facts': value()})
        out.append(d)
    return out

@pytest.mark.parametrize('seed', range(3))
def test_there_and_back_again(tracker, monkeypatch, seed):
    monkeypatch.setattr(history, '_SPOOL', 7), monkeypatch.setattr(history, '_PAGE', 9)
    with JobTracker() as origin:
        origin.restore(random_records(random.Random(seed), 40))
        first = text_of(origin)
        report = import_jobs(tracker, io.BytesIO(first), live='keep')
        assert report.ok and (report.read, report.added, report.known) == (40, 40, 0) and text_of(tracker) == first
        assert [jsonable(vars(j)) for j in tracker.list_jobs()] == [jsonable(vars(j)) for j in origin.list_jobs()] and tracker.counts() == origin.counts()
        again = import_jobs(tracker, io.BytesIO(first), live='keep')
        assert (again.added, again.known, again.differing) == (0, 40, []) and text_of(tracker) == first
        assert [e.seq for e in tracker.events(limit=None)] == sorted({e.seq for e in tracker.events(limit=None)})

@pytest.mark.parametrize('filters', [dict(), dict(status='failed'), dict(status=['completed', 'cancelled']), dict(name='ab'), dict(node='n1'), dict(batch='evening'), dict(runner='call', pinned=True), dict(pinned=False),
    dict(since=ago(30)), dict(until=ago(30)), dict(since=ago(40), until=ago(20), status='completed'), dict(metadata={'k': 'a'}), dict(metadata={'k': True}), dict(metadata={'k': 1}), dict(status=[])])
def test_an_export_has_what_a_list_has(tracker, filters):
    tracker.restore(random_records(random.Random(1), 60))
    lines = [json.loads(s) for s in text_of(tracker, **filters).splitlines()]
    assert [d['job']['id'] for d in lines[1:-1]] == [j.id for j in tracker.list_jobs(**filters)][::-1] and lines[-1] == {'end': True, 'jobs': len(lines) - 2}
    assert all([e['type'] for e in d['events']] == [e.type for e in tracker.history(d['job']['id'])] for d in lines[1:-1])

@pytest.mark.parametrize('filters, field', [(dict(status='done'), 'status'), (dict(since='yesterday'), 'since'), (dict(until='x'), 'until'), (dict(colour='red'), 'colour'), (dict(before='7f3a'), 'before')])
def test_filters_that_are_none(memory, filters, field):
    with pytest.raises(InvalidInput) as e: text_of(memory, **filters)
    assert e.value.field == field

def test_live_jobs_are_somebody_elses(tracker):
    there = [record('done'), record('waits', 'pending', queued=True), record('runs', 'running', queued=True, node='n1')]
    with JobTracker() as origin:
        origin.restore(there)
        data = text_of(origin)
    report = import_jobs(tracker, io.BytesIO(data))
    assert ids(tracker) == {'done'} and report.live == [('waits', 'pending'), ('runs', 'running')] and (report.read, report.added, report.live_jobs) == (3, 1, 2)
    report = import_jobs(tracker, io.BytesIO(data), live='lost')
    assert (report.added, report.known) == (2, 1) and ids(tracker) == {'done', 'waits', 'runs'}
    job = tracker.get_job('runs')
    assert (job.status, job.failure.kind, job.completed_at, [e.type for e in tracker.history('runs')][-2:]) == ('failed', 'lost', ago(1), ['running', 'failed'])
    assert import_jobs(tracker, io.BytesIO(data), live='lost').differing == [], 'said twice it is the same job'
    report = import_jobs(tracker, io.BytesIO(data), live='keep')
    assert report.differing == ['waits', 'runs'] and tracker.get_job('runs').status == 'failed', 'what is on record stays'

def test_kept_live_jobs_are_found_by_a_queue(tracker):
    import_jobs(tracker, io.BytesIO(export_of([record('waits', 'pending', queued=True), record('runs', 'running', queued=True), record('draft', 'pending')])), live='keep')
    assert [j.id for j in tracker.store.submitted(['call'])] == ['waits', 'runs'] and {j.id for j in tracker.pending_jobs()} == {'waits', 'draft'}
    assert tracker.store.take_over(tracker.store.open_lease({}), ['call']) == ['runs']

def export_of(records):
    with JobTracker() as t:
        t.restore(records)
        return text_of(t)

def test_those_who_watch_hear_of_what_comes_in(tracker):
    heard, over = [], threading.Event()
    def hear(e):
        heard.append((e.job_id, e.type))
        if e.type == 'failed': over.set()
    end = tracker.subscribe(hear)
    tracker.restore([record('one'), record('two', 'failed')])
    assert over.wait(60)
    end()
    assert heard == [('one', 'created'), ('one', 'running'), ('one', 'completed'), ('two', 'created'), ('two', 'running'), ('two', 'failed')]

def test_other_processes_see_it(database):
    with JobTracker(database) as here, JobTracker(database) as there:
        here.restore([record('one'), record('two', 'running')])
        assert [j.id for j in there.get_running_jobs()] == ['two'] and there.get_job('one').status == 'completed'

def test_an_export_cut_anywhere_gives_its_whole_lines():
    data = export_of([record(f'job-{n}', metadata={'text': 'é\n'}) for n in range(3)])
    ends = [n for n in range(len(data)) if data[n:n+1] == b'\n']
    for n in range(1, len(data)):
        with JobTracker() as t:
            if n < ends[0]:
                with pytest.raises(InvalidInput): import_jobs(t, io.BytesIO(data[:n]))
                continue
            r = import_jobs(t, io.BytesIO(data[:n]))
            assert r.added == sum(e <= n for e in ends[1:-1]) and r.complete == (n >= ends[-1]) and bool(r.problems) == (not r.complete)
            assert all(0 <= p.at <= n for p in r.problems)

@pytest.mark.parametrize('make', [lambda: export_of([record(f'job-{n}') for n in range(40)]), lambda: originals(40)])
def test_packed_and_cut_anywhere(make):
    data = make()
    packed, last = gzip.compress(data), 0
    for n in [*range(20, len(packed), 37), len(packed)-9, len(packed)-5, len(packed)]:
        with JobTracker() as t:
            try: r = import_jobs(t, io.BytesIO(packed[:n]))
            except InvalidInput: continue   # not even the first line
            assert r.added >= last and (r.ok == (n == len(packed))), 'a longer piece gives no less'
            last = r.added
    assert last == 40
    broken = bytearray(packed)
    broken[-6] ^= 1   # its checksum
    with JobTracker() as t: r = import_jobs(t, io.BytesIO(broken))
    assert r.added == 40 and len(r.problems) == 1 and 'damaged' in r.problems[0].what

def line_of(**changes):
    "One line of an export, with these parts of the job changed."
    d = json.loads(export_of([record('good')]).splitlines()[1])
    for k, v in changes.items(): (d if k in d else d['job'])[k] = v
    return d

@pytest.mark.parametrize('changes, field', [
    (dict(id='../x'), 'id'), (dict(id=7), 'id'), (dict(id=None), 'id'), (dict(status='done'), 'status'), (dict(status=None), 'status'), (dict(status=3), 'status'), (dict(created_at='noon'), 'created_at'), (dict(created_at=7), 'created_at'),
    (dict(created_at=None), 'created_at'), (dict(completed_at='x'), 'completed_at'), (dict(progress='half'), 'progress'), (dict(progress=101), 'progress'), (dict(progress=True), 'progress'), (dict(priority=1e9), 'priority'), (dict(priority=2**40), 'priority'),
    (dict(attempt=-1), 'attempt'), (dict(max_attempts=0), 'max_attempts'), (dict(spec=[]), 'spec'), (dict(metadata='x'), 'metadata'), (dict(name=7), 'name'), (dict(failure={'kind': 1}), 'failure'), (dict(outputs=[{'name': 'x'}]), 'outputs'),
    (dict(outputs=[{'name': 'x', 'path': 'y', 'size': -1}]), 'outputs'), (dict(batch='a/b'), 'id'), (dict(queued_at='x'), 'queued_at'), (dict(events={}), 'events'), (dict(events=[1]), 'events'), (dict(events=[{'type': 'x'}]), 'attempt'),
    (dict(events=[{'type': 'x'*33, 'attempt': 0, 'at': NOW}]), 'type'), (dict(events=[{'type': '', 'attempt': 0, 'at': NOW}]), 'type'), (dict(events=[{'type': 'x', 'attempt': 0, 'at': 'x'}]), 'at'), (dict(events=[{'type': 'x', 'attempt': 0}]), 'at'),
    (dict(events=[{'type': 'x', 'attempt': 0, 'at': NOW, 'data': 3}]), 'data'), (dict(job=None), 'job'), (dict(job=[]), 'job')])
def test_a_line_that_is_no_job_is_told_and_passed_over(memory, changes, field):
    bad = json.dumps(line_of(**changes)).encode()
    good = export_of([record('one'), record('two')]).splitlines(keepends=True)
    r = import_jobs(memory, io.BytesIO(good[0] + good[1] + bad + b'\n' + good[2] + b'{"end":true,"jobs":3}\n'))
    assert ids(memory) == {'one', 'two'} and r.complete and not r.ok and len(r.problems) == 1
    assert f'`{field}`' in r.problems[0].what and r.problems[0].at == len(good[0] + good[1])

@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5), lambda v: st.lists(v, max_size=3) | st.dictionaries(st.sampled_from(['id', 'status', 'job', 'events', 'type', 'at', 'attempt', 'created_at', 'outputs', 'x']), v, max_size=5), max_leaves=15))
def test_nothing_that_is_read_can_stop_the_reading(thing):
    head, text = b'{"format":"jobtrack-export","version":1}\n', json.dumps(thing).encode()
    with JobTracker() as t:
        r = import_jobs(t, io.BytesIO(head + text + b'\n' + export_of([record('good')]).splitlines(keepends=True)[1]), live='lost')
        assert 'good' in ids(t) and r.problems
        import_jobs(t, io.BytesIO(b'[' + text + b', ' + json.dumps(original(1)).encode() + b']'), live='lost')
        assert original(1)['id'] in ids(t)

@pytest.mark.parametrize('data, told', [(b'Dear diary', 'neither'), (b'{"format": "other"}\n', 'neither'), (b'{"a": 1}', 'neither'), (b'{', 'neither'), (b'\x00\x01', 'neither'), (b'{"format":"jobtrack-export","version":2}\n', 'Upgrade'), (b'{"format":"jobtrack-export","version":"x"}\n', 'Upgrade'), (b'"x"', 'neither')])
def test_what_is_no_such_file_is_refused(memory, data, told):
    with pytest.raises(InvalidInput, match=told): import_jobs(memory, io.BytesIO(data))
    assert ids(memory) == set()

@pytest.mark.parametrize('data', [b'', b' \n', b'\xef\xbb\xbf', gzip.compress(b'', mtime=0)])
def test_an_empty_file_is_told(memory, data):
    r = import_jobs(memory, io.BytesIO(data))
    assert not r.ok and not r.complete and 'empty' in r.problems[0].what

def test_two_exports_in_one_file(memory):
    r = import_jobs(memory, io.BytesIO(export_of([record('one')]) + export_of([record('two'), record('one')])))
    assert r.ok and (r.read, r.added, r.known) == (3, 2, 1)

def test_a_wrong_count_at_the_end_is_told(memory):
    lines = export_of([record('one'), record('two')]).splitlines(keepends=True)
    r = import_jobs(memory, io.BytesIO(b''.join(lines[:2] + lines[3:])))
    assert r.complete and not r.ok and 'last line tells of 2' in r.problems[0].what

@pytest.mark.parametrize('name', ['jobs.jsonl', 'jobs.jsonl.gz'])
def test_a_file_appears_whole_or_not_at_all(tmp_path, name, monkeypatch):
    file = tmp_path/name
    with JobTracker() as t:
        t.restore([record('one')])
        assert export_jobs(t, file) == 1
        before = file.read_bytes()
        t.restore([record('two')])
        real = history.format_record
        def torn(d):
            if d.job.id == 'two': raise OSError(28, 'No space left on device')
            return real(d)
        with monkeypatch.context() as m:
            m.setattr(history, 'format_record', torn)
            with pytest.raises(StoreError, match='No space left'): export_jobs(t, str(file))
        assert file.read_bytes() == before and os.listdir(tmp_path) == [name]
        assert export_jobs(t, file) == 2 and os.listdir(tmp_path) == [name]
        assert export_jobs(t, tmp_path/f'again-{name}') == 2 and (tmp_path/f'again-{name}').read_bytes() == file.read_bytes()

@pytest.mark.parametrize('path', ['no/such/folder/x.jsonl', '.'])
def test_places_that_cannot_be_written_to(tmp_path, path):
    with JobTracker() as t, pytest.raises(InvalidInput) as e: export_jobs(t, tmp_path/path)
    assert e.value.field == 'file'

def test_a_file_that_cannot_be_read(tmp_path):
    with JobTracker() as t:
        for path in (tmp_path/'none.json', tmp_path):
            with pytest.raises(InvalidInput) as e: import_jobs(t, path)
            assert e.value.field == 'file'
        with pytest.raises(InvalidInput, match='skip'): import_jobs(t, tmp_path, live='maybe')

def test_a_job_and_its_events_are_of_one_instant(database):
    with JobTracker(database) as worker, JobTracker(database) as other:
        for n in range(20): worker.create_job('x', id=f'job-{n}')
        stop = threading.Event()
        def work():
            n = 0
            while not stop.is_set():
                n += 1
                i = f'job-{n % 20}'
                worker.mark_running(i) if worker.get_job(i).status == 'pending' else worker.mark_pending(i, 'again')
        t = threading.Thread(target=work)
        t.start()
        try:
            for _ in range(15):
                for line in text_of(other).splitlines()[1:-1]:
                    d = json.loads(line)
                    assert {'running': 'running', 'pending': {1: 'created'}.get(len(d['events']), 'retried')}[d['job']['status']] == d['events'][-1]['type']
        finally: stop.set(), t.join()

def test_memory_follows_the_page_and_not_the_file(tmp_path, durable, monkeypatch):
    monkeypatch.setattr(history, '_PAGE', 50), monkeypatch.setattr(history, '_SPOOL', 50), monkeypatch.setattr(durable, 'keep_ended', 50)
    big, n = tmp_path/"big.json", 1000
    with big.open('w') as f:
        f.write('[')
        for i in range(n): f.write((',' if i else '') + '\n  ' + json.dumps(original(i) | {'note': 'x'*5000}, indent=2).replace('\n', '\n  '))
        f.write('\n]')
    assert big.stat().st_size > 5_000_000
    gc.collect(), gc.freeze(), gc.collect()   # what other tests have left does not put off collecting
    tracemalloc.start()
    try:
        assert import_jobs(durable, big, live='lost').ok
        assert export_jobs(durable, tmp_path/'out.jsonl') == n
        peak = tracemalloc.get_traced_memory()[1]
    finally: tracemalloc.stop(), gc.unfreeze()
    assert peak < 3_000_000, peak   # a page of 50 jobs is 0.25 MB of text, and is there as text, as jobs and as rows

# --- the original's jobs file

def original(n, **changes):
    return {'id': f'{n:08x}-8b0f-4a53-9f52-3c1f6f0f7d10', 'inputMethod': 'manual', 'youtubeUrl': None, 'manualPath': f'input_videos/é {n}.mp4', 'nodeId': 'n1', 'nodeName': 'shed', 'unetFlag': True, 'faceRestoreFlag': False,
            'upscaleFlag': True, 'upscaleValue': 2, 'claheFlag': False, 'status': 'completed', 'progress': 100, 'createdAt': '2025-06-01T10:00:00.000Z', 'updatedAt': '2025-06-01T10:20:00.000Z', 'remoteJobId': f'job_{n}',
            'outputFiles': [{'name': 'a.mp4', 'path': '/workspace/x/a.mp4', 'relative_path': 'x/a.mp4', 'directory': 'final', 'size': 7, 'modified': 1748772000.5}]} | changes

def originals(n, **changes): return json.dumps([original(i, **changes) for i in range(n)], indent=2).encode()

def test_what_the_original_says_is_taken_over():
    job, log = read_original(original(1))[0].job, read_original(original(1, logs='hello\n'))[1]
    assert (job.name, job.runner, job.status, job.progress, job.node, job.remote_id, job.attempt, log) == ('é 1.mp4', 'remote', 'completed', 100, 'n1', 'job_1', 1, 'hello\n')
    assert (job.created_at, job.updated_at, job.completed_at, job.started_at) == ('2025-06-01T10:00:00.000000+00:00', *['2025-06-01T10:20:00.000000+00:00']*2, None)
    assert job.spec == {'original': {k: original(1)[k] for k in ('inputMethod', 'youtubeUrl', 'manualPath', 'unetFlag', 'faceRestoreFlag', 'upscaleFlag', 'upscaleValue', 'claheFlag')}}
    assert job.outputs == [OutputFile('a.mp4', '/workspace/x/a.mp4', 7, modified='2025-06-01T10:00:00.500000+00:00')] and job.metadata == {'imported': {'from': 'original', 'nodeName': 'shed'}}

@pytest.mark.parametrize('changes, kind, code, signal_', [
    (dict(error='Pipeline failed with exit code 3'), 'exit', 3, None), (dict(error='Pipeline failed with exit code -15'), 'signal', None, 'SIGTERM'), (dict(error='Pipeline failed with exit code -999'), 'error', None, None),
    (dict(error='timeout of 10000ms exceeded', errorDetails={'timestamp': 'x'}, remoteJobId=None), 'not_started', None, None), (dict(error='timeout of 10000ms exceeded', errorDetails={'timestamp': 'x'}), 'error', None, None),
    (dict(error=None), 'error', None, None), (dict(error='division by zero'), 'error', None, None), (dict(error='Pipeline failed with exit code 999'), 'error', None, None)])
def test_why_it_failed(changes, kind, code, signal_):
    job = read_original(original(1, status='failed', outputFiles=None, **changes))[0].job
    assert (job.failure.kind, job.failure.exit_code, job.failure.signal) == (kind, code, signal_) and job.error == job.failure.message == (changes['error'] or 'The original tells no reason')
    assert job.metadata['imported'].get('errorDetails') == changes.get('errorDetails')

@pytest.mark.parametrize('changes, attempt', [(dict(status='cancelled', remoteJobId=None), 0), (dict(status='cancelled'), 1), (dict(status='pending', remoteJobId=None), 0), (dict(status='running', remoteJobId=None), 1), (dict(remoteJobId=None), 1)])
def test_attempts_are_not_made_up(changes, attempt): assert read_original(original(1, **changes))[0].job.attempt == attempt

@pytest.mark.parametrize('changes, name', [(dict(manualPath=None, youtubeUrl='https://youtu.be/abc', inputMethod='youtube'), 'abc'), (dict(manualPath=None), original(1)['id']), (dict(manualPath='/'), '/')])
def test_names(changes, name): assert read_original(original(1, **changes))[0].job.name == name

def test_what_has_no_place_is_kept(tracker):
    import_jobs(tracker, io.BytesIO(originals(1, outputPath='/w/x.mp4', colour='red', error='said while it ran')))
    assert tracker.list_jobs()[0].metadata['imported'] == {'from': 'original', 'nodeName': 'shed', 'outputPath': '/w/x.mp4', 'colour': 'red', 'error': 'said while it ran'}

def test_outputs_of_one_name_are_told_apart():
    o = original(1)['outputFiles'][0]
    files = [o, o | {'path': '/workspace/y/a.mp4'}, o | {'path': '/workspace/y/a.mp4'}]
    assert [f.name for f in read_original(original(1, outputFiles=files))[0].job.outputs] == ['a.mp4', 'y/a.mp4', 'again/y/a.mp4']

@pytest.mark.parametrize('changes, field', [(dict(id=7), 'id'), (dict(id='a/b'), 'id'), (dict(status='done'), 'status'), (dict(status=None), 'status'), (dict(createdAt='x'), 'createdAt'), (dict(createdAt=1748772000), 'createdAt'), (dict(createdAt=None, updatedAt=None), 'createdAt'),
    (dict(updatedAt='x'), 'updatedAt'), (dict(progress='x'), 'progress'), (dict(progress=101), 'progress'), (dict(nodeId=7), 'nodeId'), (dict(error=['x']), 'error'), (dict(outputFiles='x'), 'outputFiles'), (dict(outputFiles=[1]), 'outputFiles'),
    (dict(outputFiles=[{'name': 'x', 'path': 'y'}]), 'outputFiles'), (dict(logs=['x']), 'logs'), (dict(manualPath=7), 'manualPath'), (dict(remoteJobId=[]), 'remoteJobId')])
def test_a_job_that_cannot_be_one_is_told_and_passed_over(memory, changes, field):
    data = json.dumps([original(1), original(2) | changes, original(3)], indent=2).encode()
    r = import_jobs(memory, io.BytesIO(data))
    assert ids(memory) == {original(1)['id'], original(3)['id']} and r.complete and len(r.problems) == 1
    assert f'`{field}`' in r.problems[0].what and json.loads(data[r.problems[0].at:].decode().rsplit(',\n  {\n', 1)[0])['manualPath'] == original(2, **changes)['manualPath']

def test_live_jobs_of_the_original(tracker):
    data = json.dumps([original(1), original(2, status='running'), original(3, status='pending', remoteJobId=None)], indent=2).encode()
    r = import_jobs(tracker, io.BytesIO(data))
    assert r.ok and ids(tracker) == {original(1)['id']} and [s for _, s in r.live] == ['running', 'pending']
    import_jobs(tracker, io.BytesIO(data), live='lost')
    job = tracker.get_job(original(2)['id'])
    assert (job.status, job.failure.kind, job.completed_at[:19]) == ('failed', 'lost', '2025-06-01T10:20:00') and 'Ask its node' in job.failure.hint
    with pytest.raises(InvalidInput, match='keep'): import_jobs(tracker, io.BytesIO(data), live='keep')

def test_one_id_twice(tracker):
    r = import_jobs(tracker, io.BytesIO(json.dumps([original(1), original(1), original(1, status='failed')]).encode()))
    assert (r.read, r.added, r.known, r.differing) == (3, 1, 2, [original(1)['id']]) and tracker.get_job(original(1)['id']).status == 'completed'

@pytest.mark.parametrize('indent', [2, None])
def test_cut_anywhere(tmp_path, indent):
    data = json.dumps([original(i) for i in range(3)], indent=indent, ensure_ascii=False).encode()
    ends = [data.index(f'{i:08x}-8b0f'.encode()) for i in range(3)]   # where the jobs are, roughly
    file, seen = tmp_path/'jobs.json', set()
    for n in range(1, len(data)):
        file.write_bytes(data[:n])
        os.utime(file, (1, 1))
        with JobTracker() as t: r = import_jobs(t, file)
        assert not r.complete and r.problems and all(0 <= p.at <= n for p in r.problems) and r.added <= sum(e < n for e in ends)
        assert (file.read_bytes(), file.stat().st_mtime) == (data[:n], 1), 'the file is untouched'
        seen.add(r.added)
    assert seen == {0, 1, 2, 3}

@given(st.binary(max_size=40), st.integers(0, 10_000), st.integers(0, 400))
def test_damaged_anywhere(garbage, at, length):
    "Whatever stands in the middle, reading ends, the others are read, and each place that is told lies in the file."
    data = originals(4)
    at %= len(data)
    data = data[:at] + garbage + data[at+length:]
    with JobTracker() as t:
        try: r = import_jobs(t, io.BytesIO(data))
        except InvalidInput: return   # its beginning is gone
        assert len(ids(t)) == r.added and (r.added or r.problems) and all(0 <= p.at <= len(data) for p in r.problems)   # none is left when the list ends before them
        assert r.problems or r.added == 4 or r.differing or any(i not in {original(n)['id'] for n in range(4)} for i in ids(t)) or r.known

def test_damage_costs_the_job_that_it_fell_on(tracker):
    data = originals(9)
    third = data.index(original(3)['id'].encode())
    r = import_jobs(tracker, io.BytesIO(data[:third] + b'\0'*50 + data[third+50:]))
    assert r.complete and ids(tracker) == {original(n)['id'] for n in range(9) if n != 3} and len(r.problems) == 1 and abs(r.problems[0].at - third) < 20

class Slow(io.RawIOBase):
    "A file that gives a few bytes at a time."
    def __init__(self, data, n): self.f, self.n = io.BytesIO(data), n
    def readable(self): return True
    def readinto(self, b):
        data = self.f.read(min(len(b), self.n))
        b[:len(data)] = data
        return len(data)

@pytest.mark.parametrize('n', [1, 2, 3, 7, 1000])
def test_how_it_is_read_makes_no_difference(n, monkeypatch):
    data = json.dumps([original(i, logs='é😀\ud83d', note='漢字'*i) for i in range(20)], indent=2, ensure_ascii=True).encode() [:-3] + b' "\xff\xc3'
    told = []
    for f, block in ((io.BytesIO(data), 1 << 16), (Slow(data, n), 1 << 16), (io.BytesIO(data), n)):
        monkeypatch.setattr(manager._Window.__init__, '__defaults__', (0, block))
        with JobTracker() as t: told.append((import_jobs(t, f), text_of(t)))
    assert told[0] == told[1] == told[2] and told[0][0].added == 19

def test_bytes_that_are_no_text_are_carried_along(durable):
    data = originals(2).replace(b'shed', b'sh\xffed').replace(b'"progress"', b'"logs": "gr\xfc\xdfe\\n", "progress"')
    r = import_jobs(durable, io.BytesIO(b'\xef\xbb\xbf' + data))
    assert r.ok and durable.get_job(original(1)['id']).metadata['imported']['nodeName'] == 'sh\\udcffed' and durable.logs.read(original(1)['id'], 1).data == b'gr\xfc\xdfe\n'

def test_logs_come_along_once(tracker, request):
    data = originals(2, logs='one\ntwo\n')
    for _ in range(2): r = import_jobs(tracker, io.BytesIO(data))
    if 'postgresql' in request.node.name: assert not r.ok and 'no folder for logs' in r.problems[0].what
    else: assert r.ok and tracker.log_tail(original(1)['id']) == 'one\ntwo\n'

def test_our_manager_shows_them_as_the_original_did(durable):
    from cjm_jobtrack.net.original_api import api_job
    import_jobs(durable, io.BytesIO(originals(1, status='failed', error='Pipeline failed with exit code 3', progress=40)))
    shown, there = api_job(durable.list_jobs()[0], None), original(0, status='failed', error='Pipeline failed with exit code 3', progress=40)
    assert {k: shown[k] for k in there if k not in ('nodeName', 'outputFiles')} == {k: v for k, v in there.items() if k not in ('nodeName', 'outputFiles')}

# --- what the stores give for it

def test_restore_is_a_write_that_the_crash_tests_know(): assert 'restore' in WRITES

def test_restored_whole_or_not_at_all(database):
    with JobTracker(database) as t:
        bad = record('bad')
        bad.events.append(JobEvent(None, 'bad', None, 'x', NOW))   # an attempt that cannot be stored
        with pytest.raises(StoreError): t.restore([record('one'), bad])
        assert ids(t) == set() and t.events() == []
        assert t.restore([record('one'), record('one', 'failed'), record('two')]) == [True, False, True] and t.get_job('one').status == 'completed'
        assert t.restore([]) == []

def test_pages_by_key(tracker):
    tracker.restore([record(f'job-{n}') for n in range(9)])
    seen, after = [], 0
    while page := tracker.store.records(after, 2): seen, after = seen + [d.job.id for d in page], page[-1].num
    assert seen == [f'job-{n}' for n in range(9)]
    tracker.delete_jobs(['job-8'])
    tracker.restore([record('late')])
    assert [d.job.id for d in tracker.store.records(after)] == ['late'], 'a number is not used twice'

# --- backup

def test_a_backup_has_all_that_was_on_record_before_it(tmp_path, durable):
    durable.restore([record(f'job-{n}') for n in range(300)])
    stop, made = threading.Event(), []
    def work():
        while not stop.is_set():
            job = durable.create_job('new')
            durable.mark_running(job.id)
            made.append(job.id)
    t = threading.Thread(target=work)
    t.start()
    try:
        for n in range(5):
            before = [*made]
            r = backup(durable, tmp_path/f'copy{n}.db')
            with JobTracker(f'sqlite:///{r.path}') as copy:
                there = ids(copy)
                assert {*before} <= there and r.jobs == copy.counts() and r.last_seq == copy.last_seq() and len(there) >= 300
                assert all([e.type for e in copy.history(i)] == ['created', 'running'] for i in before[-3:])
    finally: stop.set(), t.join()
    assert not [p for p in os.listdir(tmp_path) if p.endswith(('.new', '.part', '.new-wal', '.new-shm'))]
    with sqlite3.connect(r.path) as con: assert con.execute('PRAGMA integrity_check').fetchone() == ('ok',)

def test_a_backup_takes_no_others_place(tmp_path, durable):
    for name in ('jobs.db', 'there.db'):
        (tmp_path/'there.db').write_text('precious')
        with pytest.raises(InvalidInput, match='exists'): backup(durable, tmp_path/name)
    (tmp_path/'new.logs').mkdir()
    with pytest.raises(InvalidInput, match='new.logs'): backup(durable, tmp_path/'new.db', logs=True)
    with pytest.raises(InvalidInput, match='no such folder'): backup(durable, tmp_path/'none'/'x.db')
    assert (tmp_path/'there.db').read_text() == 'precious' and not (tmp_path/'new.db').exists()

def test_one_that_comes_meanwhile_stays(tmp_path, durable, monkeypatch):
    real = history._looked_over
    def meanwhile(*a):
        (tmp_path/'copy.db').write_text('faster')
        return real(*a)
    monkeypatch.setattr(history, '_looked_over', meanwhile)
    with pytest.raises(InvalidInput, match='exists'): backup(durable, tmp_path/'copy.db', logs=True)
    assert (tmp_path/'copy.db').read_text() == 'faster' and not [p for p in os.listdir(tmp_path) if 'new' in p or p == 'copy.logs']

def test_a_copy_that_is_not_whole_gets_no_name(tmp_path, durable, monkeypatch):
    durable.restore([record(f'job-{n}', spec={'x': 'y'*500}) for n in range(300)])
    real = JobStore.backup
    def torn(self, path):
        real(self, path)
        with open(path, 'r+b') as f: f.seek(20_000); f.write(os.urandom(30_000))
    with monkeypatch.context() as m:
        m.setattr(JobStore, 'backup', torn)
        with pytest.raises(StoreError, match='copy'): backup(durable, tmp_path/'copy.db')
    with monkeypatch.context() as m:
        m.setattr(JobStore, 'last_seq', lambda self: 10**6)
        with pytest.raises(StoreError, match='ends at event'): backup(durable, tmp_path/'copy.db')
    assert not [p for p in os.listdir(tmp_path) if p.startswith('copy')]

def test_backups_of_what_is_no_file(postgres_url):
    with JobTracker() as t, pytest.raises(InvalidInput, match='export_jobs'): backup(t, 'x.db')
    with JobTracker(postgres_url) as t:
        with pytest.raises(StoreError, match='pg_dump'): backup(t, 'x.db')
        with pytest.raises(InvalidInput, match='logs'): backup(t, 'x.db', logs=True)
    assert not Path('x.db').exists()

def test_logs_are_copied_with_what_was_cut_out_of_them(tmp_path, durable):
    durable.restore([record('one'), record('two')])
    logs = durable.logs
    logs.cap = 64 << 10
    for n in range(6000): logs.append('one', 1, b'line %d of a program that prints and prints\n' % n)
    logs.append('two', 1, b'hello\n'), logs.append('two', 2, b'')
    (logs.folder/'stray.txt').write_text('not ours')
    r = backup(durable.store, tmp_path/'copy.db', logs=True)
    with JobTracker(f'sqlite:///{r.path}') as copy:
        assert copy.logs.folder == r.logs and copy.logs.gaps('one', 1) == logs.gaps('one', 1) != [] and copy.logs.tail('one', 1, 50) == logs.tail('one', 1, 50)
        assert copy.logs.path('one', 1).read_bytes() == logs.path('one', 1).read_bytes() and copy.logs.tail('two', 1) == 'hello\n'
        if logs.note is None: assert copy.logs.path('one', 1).stat().st_blocks*512 < copy.logs.size('one', 1)
    assert not (r.logs/'stray.txt').exists()

@settings(max_examples=30)
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 3)), max_size=8))
def test_holes_stay_holes(pieces):
    import tempfile
    with tempfile.TemporaryDirectory() as d:
        a, b = Path(d)/'a', Path(d)/'b'
        with a.open('wb') as f:
            for full, n in pieces: f.write(os.urandom(n*4096)) if full else f.seek(n*65536, 1)
            f.truncate(f.tell())
        history._copy_holes(a, b)
        assert a.read_bytes() == b.read_bytes() and b.stat().st_blocks <= a.stat().st_blocks

def test_instants():
    assert parse_instant('2026-03-01', 'since') == '2026-03-01T00:00:00.000000+00:00' and parse_instant('2026-03-01T13:00:00+01:00', 'since') == '2026-03-01T12:00:00.000000+00:00'
    for wrong in ('soon', 7, None, '0001-01-01T00:00:00+14:00'):
        with pytest.raises(InvalidInput, match='since'): parse_instant(wrong, 'since')
