"""Store: one true record, in files that may be damaged, foreign, shared, or cut off in the middle of a write, and on servers that come and go.

What uses `database` runs on SQLite and PostgreSQL; what uses `db` is about SQLite's files."""
import asyncio, json, os, shutil, signal, sqlite3, subprocess, sys, threading, time
from contextlib import closing
from pathlib import Path
from urllib.parse import quote
from dataclasses import replace
import pytest
from helpers import until
from hypothesis import example, given, settings, strategies as st
from cjm_jobtrack.model.access import AccessToken, AuditEntry
from cjm_jobtrack.model.errors import InvalidInput, StoreError, UnknownNode
from cjm_jobtrack.model.job import Add, Failure, Job, JobEvent, JobStatus, Move, OutputFile, Update, now
from cjm_jobtrack.store.schema import SCHEMA_VERSION
from cjm_jobtrack.store.store import WRITES, JobStore
from cjm_jobtrack.store.memory import MemoryStore

P, R, C, F, X = JobStatus

def url(path): return f'sqlite:///{path}'

@pytest.fixture
def db(tmp_path): return tmp_path/'jobs.db'

@pytest.fixture
def store(database):
    with JobStore(database) as s: yield s

@pytest.fixture
def file_store(db):
    with JobStore(url(db)) as s: yield s

def fill(path, n=120):
    "A whole, closed database of some twenty pages."
    with JobStore(url(path)) as s:
        for i in range(n):
            s.add(Job(id=f'j{i}', name=f'take {i}', spec={'text': 'x'*400}))
            s.move(f'j{i}', (P, 0), dict(status=R, attempt=1), 'running', now(), attempt=1)
    return path

def foreign(path, wal=False):
    con = sqlite3.connect(path)
    if wal: con.execute('PRAGMA journal_mode=WAL')
    with con: con.executescript('create table films (title text); insert into films values ("Metropolis")')
    con.close()
    return path

def meta(path, sql):
    con = sqlite3.connect(fill(path, 3))
    with con: con.execute(sql)
    con.execute('PRAGMA journal_mode=DELETE')
    con.close()
    return path

def scribble(path, at, data):
    with path.open('r+b') as f: f.seek(at), f.write(data)
    return path

def cut(path, size):
    os.truncate(path, size if size >= 0 else path.stat().st_size + size)
    return path

def killed(path, make, *more):
    "What a kill leaves of a database that is open: the file, its write-ahead log, and with `more` its index."
    home = path.parent/'was-here'
    home.mkdir()
    with make(home/path.name):
        for suffix in ('', '-wal', *more): shutil.copy(home/(path.name+suffix), path.with_name(path.name+suffix))
    shutil.rmtree(home)
    return path

class open_store:
    def __init__(self, path, sql=None): self.path, self.sql = fill(path), sql
    def __enter__(self):
        self.s = JobStore(url(self.path))
        self.s.add(Job(id='late'))
        if self.sql:
            with self.s._transaction(write=True) as con: con.exec_driver_sql(self.sql)
    def __exit__(self, *_): self.s.close()

class open_foreign:
    def __init__(self, path): self.con = sqlite3.connect(foreign(path, wal=True))
    def __enter__(self):
        with self.con: self.con.execute('insert into films values ("M")')
    def __exit__(self, *_): self.con.close()

def files(folder): return {p.name: None if p.name.endswith("-shm") else p.read_bytes() for p in folder.iterdir()}   # what the index of a write-ahead log says is of no account

# --- files that are not ours, or not whole

BAD = {
    'a letter':            lambda p: p.write_text('Dear store, I am not a database. ' * 99),
    'one byte':            lambda p: p.write_bytes(b'S'),
    'only the first line': lambda p: p.write_bytes(b'SQLite format 3\0'),
    'half a header':       lambda p: cut(fill(p), 60),
    'only a header':       lambda p: cut(fill(p), 100),
    'header, then noise':  lambda p: p.write_bytes(b'SQLite format 3\0' + bytes(range(256))*40),
    'cut by a byte':       lambda p: cut(fill(p), -1),
    'cut by a page':       lambda p: cut(fill(p), -4096),
    'cut in half':         lambda p: cut(fill(p), fill(p).stat().st_size//2),
    'first page zeroed':   lambda p: scribble(fill(p), 0, bytes(4096)),
    'header kept, schema zeroed': lambda p: scribble(fill(p), 100, bytes(3996)),
    'foreign':             foreign,
    'foreign, WAL':        lambda p: foreign(p, wal=True),
    'foreign, killed':     lambda p: killed(p, open_foreign),
    'foreign, killed, with index': lambda p: killed(p, open_foreign, '-shm'),
    'foreign, of our name': lambda p: [c := sqlite3.connect(p), c.execute('create table jobtrack_meta (x int)'), c.close()],
    'without a version':   lambda p: meta(p, 'delete from jobtrack_meta'),
    'odd version':         lambda p: meta(p, "update jobtrack_meta set value='soon'"),
    'newer schema':        lambda p: meta(p, f"update jobtrack_meta set value='{SCHEMA_VERSION+1}'"),
    'newer schema, killed': lambda p: killed(p, lambda q: open_store(q, f"update jobtrack_meta set value='{SCHEMA_VERSION+1}'")),
    'damaged, killed':     lambda p: scribble(killed(p, open_store), 4096*12, os.urandom(4096)),
    'damaged, killed, with index': lambda p: scribble(killed(p, open_store, '-shm'), 4096*12, os.urandom(4096)),
}

@pytest.mark.parametrize('what', BAD)
def test_a_bad_file_is_refused_and_left_as_it_is(db, what):
    BAD[what](db)
    before = files(db.parent)
    with pytest.raises(StoreError) as e: JobStore(url(db))
    assert str(db) in str(e.value) and e.value.problem
    assert files(db.parent) == before

def test_every_page_is_looked_at(db, tmp_path_factory):
    whole = fill(db).read_bytes()
    assert len(whole) > 20*4096
    for page in range(0, len(whole), 4096):
        bad = tmp_path_factory.mktemp('p')/'jobs.db'
        bad.write_bytes(whole[:page] + bytes((b*7+13) % 256 for b in whole[page:page+4096]) + whole[page+4096:])
        before = files(bad.parent)
        with pytest.raises(StoreError): JobStore(url(bad))
        assert files(bad.parent) == before

@pytest.mark.parametrize('place, told', [('none/jobs.db', 'does not exist'), ('.', 'is a folder')])
def test_a_bad_place_is_told(tmp_path, place, told):
    with pytest.raises(StoreError, match=told): JobStore(url(tmp_path/place))
    assert not files(tmp_path)

@pytest.mark.parametrize('bad', ['jobs.db', '', 'nonsense://x', 'sqlite:////a\0b', 7, None])
def test_a_bad_url_is_told(bad):
    with pytest.raises((InvalidInput, StoreError)): JobStore(bad)

def test_bad_durability():
    with pytest.raises(InvalidInput, match='durability'): JobStore('sqlite://', durability='maybe')

def test_the_password_is_not_told():
    with pytest.raises(StoreError) as e: JobStore('postgresql+psycopg2cffi://ada:secret@db/x')
    assert 'secret' not in str(e.value) and 'secret' not in json.dumps(e.value.facts())

def as_nobody(work):
    "Run `work` in a fork that has no special rights; what it returns."
    r, w = os.pipe()
    if (pid := os.fork()) == 0:
        try:
            if os.geteuid() == 0: os.setresgid(*[65534]*3), os.setresuid(*[65534]*3)
            try: said = repr(work())
            except StoreError as e: said = f'StoreError {e}'
            except BaseException as e: said = f'{type(e).__name__} {e}'
            os.write(w, said.encode()[:4000])
        finally: os._exit(0)
    os.close(w)
    with os.fdopen(r) as f: said = f.read()
    os.waitpid(pid, 0)
    return said

@pytest.mark.parametrize('mode, file_mode', [(0o777, 0o000), (0o555, 0o444), (0o777, 0o444), (0o555, 0o666), (0o000, 0o666)])
def test_what_may_not_be_written_is_refused_and_left_as_it_is(tmp_path_factory, mode, file_mode):
    home = Path(tmp_path_factory.mktemp('ro'))
    for p in (home, home.parent, home.parent.parent): p.chmod(0o755)   # pytest keeps its folders to itself
    folder = home/'here'
    folder.mkdir()
    db = fill(folder/'jobs.db', 3)
    before = files(folder)
    db.chmod(file_mode), folder.chmod(mode)
    def work():
        with JobStore(url(db)) as s: return s.add(Job(id='new'))
    try:
        said = as_nobody(work)
        assert said.startswith('StoreError') and str(db) in said, said
    finally: folder.chmod(0o755), db.chmod(0o644)
    assert files(folder) == before

# --- rows

text = st.text(max_size=8)
values = st.recursive(st.none() | st.booleans() | st.integers(-2**70, 2**70) | st.floats(allow_nan=False, allow_infinity=False) | text, lambda v: st.lists(v, max_size=3) | st.dictionaries(text, v, max_size=3), max_leaves=6)
docs, maybe = st.dictionaries(text, values, max_size=3), lambda s: st.none() | s
jobs = st.builds(Job, id=st.uuids().map(str), name=text, runner=text, spec=docs, status=st.sampled_from(JobStatus), progress=maybe(st.floats(0, 100)), message=maybe(text),
    priority=st.integers(-9, 9), attempt=st.integers(0, 9), max_attempts=st.integers(1, 9), timeout=maybe(st.floats(.1, 1e6)), node=maybe(text), remote_id=maybe(text), result=values,
    error=maybe(text), failure=maybe(st.builds(Failure, kind=text, message=text, evidence=docs)), outputs=st.lists(st.builds(OutputFile, name=text, path=text, size=st.integers(0, 2**40)), max_size=2), metadata=docs)

@pytest.fixture(scope='module', params=['sqlite', pytest.param('postgresql', marks=pytest.mark.needs('postgresql'))])
def one_store(request, tmp_path_factory):
    with JobStore(url(tmp_path_factory.mktemp('s')/'jobs.db') if request.param == 'sqlite' else request.getfixturevalue('postgres').create()) as s: yield s

def kept(store, v):
    "What the record has of a value: PostgreSQL knows no text with a NUL in it."
    if store.file: return v
    if isinstance(v, str): return v.replace('\0', '\\x00')
    if isinstance(v, dict): return {kept(store, k): kept(store, x) for k, x in v.items()}
    if isinstance(v, Job): return Job.from_dict(kept(store, v.to_dict()))
    if isinstance(v, JobEvent): return replace(v, data=kept(store, v.data))
    return [kept(store, x) for x in v] if isinstance(v, list) else v

@given(jobs, docs)
@settings(max_examples=60)
def test_a_job_comes_back_from_the_database_as_it_was(one_store, job, data):
    event = one_store.add(job, data)
    if event is None: return   # the same example again
    assert one_store.get(job.id) == kept(one_store, job) and one_store.events(job_id=job.id) == [event] and event.data == kept(one_store, data)

@pytest.mark.parametrize('changes', [dict(message='\udcff.wav'), dict(error='\udcff'), dict(result={'a': '\udcff', 'b': float('nan'), 'c': {1}}), dict(metadata={'p': Path('x')})])
def test_what_happened_is_kept_however_odd_its_words(store, changes):
    store.add(Job(id='7f3a', name='\udcff.wav'))
    assert store.move('7f3a', (P, 0), dict(status=F, **changes), 'failed', now(), {'why': '\udcff'})
    assert store.get('7f3a').status is F and store.get('7f3a').to_json().encode() and store.events()[-1].data == {'why': '\\udcff'}

def test_a_row_of_a_file_that_cannot_be_read_is_a_store_error(db, file_store):
    store = file_store
    for n, (column, value) in enumerate([('status', 'almost'), ('spec', '{"a"'), ('outputs', '[{"x": 1}]'), ('metadata', b'\xff\xfe')]):
        store.add(Job(id=f'j{n}'))
        with sqlite3.connect(db) as con: con.execute(f'update jobs set {column}=? where id=?', (value, f'j{n}'))
        con.close()
        with pytest.raises(StoreError): store.get(f'j{n}')
    with pytest.raises(StoreError): store.list()

def test_numbers_are_not_used_twice(database):
    with JobStore(database) as s:
        for i in 'ab': s.add(Job(id=i, status=C))
        assert s.delete('b') and not s.delete('b') and s.events(job_id='b') == []
    with JobStore(database) as s: assert s.add(Job(id='b')).seq == 4 and [j.id for j in s.list()] == ['b', 'a']

def test_paging_by_key(store):
    for i in range(7): store.add(Job(id=f'j{i}', name='ab'[i % 2], status=[P, C][i % 3 == 0], node=['n1', None][i % 2]))
    ids = lambda **kw: [j.id for j in store.list(**kw)]
    assert ids(limit=3) == ['j6', 'j5', 'j4'] and ids(limit=3, before='j4') == ['j3', 'j2', 'j1'] and ids(before='j0') == ids(before='gone') == ids(limit=0) == ids(status=[]) == []
    assert ids(status=[C]) == ['j6', 'j3', 'j0'] and ids(name='b', before='j5') == ['j3', 'j1'] and ids(node='n1', limit=1) == ['j6']
    assert store.counts() == dict(pending=4, running=0, completed=3, failed=0, cancelled=0)

def test_update_writes_to_the_living_and_metadata_to_all(store):
    store.add(Job(id='a')), store.add(Job(id='b', status=C))
    assert store.update('a', dict(progress=5., metadata={'x': 1})) and not store.update('b', dict(progress=5.)) and not store.update('c', dict(progress=5.))
    assert store.update('b', dict(metadata={'saved': True}))
    assert (store.get('a').progress, store.get('b').progress, store.get('b').metadata, len(store.events())) == (5., None, {'saved': True}, 2)

@pytest.mark.parametrize('kind', ['database', 'memory'])
def test_a_job_that_is_named_twice_is_deleted_once(kind, store):
    s = store if kind == 'database' else MemoryStore()
    s.add(Job(id='a', status=C)), s.add(Job(id='b', status=C))
    assert s.delete_many(['a', 'b', 'a']) == 2
    assert [e.data['jobs'] for e in s.events() if e.type == 'deleted'] == [['a', 'b']]

def test_nodes(database, store):
    for n in [dict(id='2', name='b'), dict(id='1', name='b', gpu=True), dict(id='3', name='a')]: store.put_node(n)
    store.put_node(dict(id='2', name='c', url='http://x'))
    with JobStore(database) as other: assert [n['id'] for n in other.list_nodes()] == ['3', '1', '2'] and other.list_nodes()[2]['url'] == 'http://x'
    store.delete_node('3')
    with pytest.raises(UnknownNode): store.delete_node('3')

@pytest.mark.parametrize('kind', ['database', 'memory'])
def test_tokens_have_one_name_and_one_hash(kind, store):
    s = store if kind == 'database' else MemoryStore()
    a, b = AccessToken('ä', 'submit', '0'*64, now(), now()), AccessToken('b', 'read', '1'*64, now())
    assert s.add_token(a) and s.add_token(b) and not s.add_token(replace(a, hash='2'*64)) and not s.add_token(replace(a, name='c'))
    assert s.list_tokens() == [b, a] and s.delete_token('ä') and not s.delete_token('ä') and s.list_tokens() == [b]

@pytest.mark.parametrize('kind', ['database', 'memory'])
def test_the_audit_trail_keeps_to_its_bound(kind, store):
    s = store if kind == 'database' else MemoryStore()
    def entry(n): return AuditEntry(f'2030-01-01T00:00:0{n}.000000+00:00', 'ab'[n % 2], '::1', f'r{n}', 'POST /jobs', 'x', '201')
    for n in range(6): s.add_audit([entry(n)], keep=4)
    assert s.list_audit() == [entry(n) for n in range(2, 6)] and s.list_audit(actor='a') == [entry(2), entry(4)] and s.list_audit(limit=1) == [entry(5)] and s.list_audit(limit=0) == []
    assert s.list_audit(since='2030-01-01T00:00:04+00:00') == [entry(4), entry(5)]
    s.add_audit([])
    with pytest.raises(InvalidInput, match='since'): s.list_audit(since='soon')

def test_version_2_is_upgraded(database):
    with JobStore(database) as s:
        s.add(Job(id='a'))
        with s._transaction(write=True) as con:
            for t in 'tokens', 'audit', 'webhooks': con.exec_driver_sql(f'DROP TABLE {t}')
            con.exec_driver_sql("UPDATE jobtrack_meta SET value = '2' WHERE key = 'schema_version'")
    with JobStore(database) as s:
        assert s.get('a') and s.add_token(AccessToken('x', 'read', '0'*64, now())) and len(s.list_tokens()) == 1 and s.list_audit() == s.list_webhooks() == []
        with s._transaction() as con: assert con.exec_driver_sql("SELECT value FROM jobtrack_meta WHERE key = 'schema_version'").scalar() == str(SCHEMA_VERSION)

def test_version_3_is_upgraded(database):
    with JobStore(database) as s:
        s.add(Job(id='a', name='Harbour'))
        with s._transaction(write=True) as con:
            con.exec_driver_sql('DROP TABLE webhooks')
            for i in 'jobs_by_creation', 'jobs_with_text': con.exec_driver_sql(f'DROP INDEX IF EXISTS {i}')
            con.exec_driver_sql("UPDATE jobtrack_meta SET value = '3' WHERE key = 'schema_version'")
    with JobStore(database) as s: assert s.list(text='harb', since='2020-01-01T00:00:00Z')[0].id == 'a'
    with JobStore(database) as s: assert s.list(text='harb')[0].id == 'a'

# --- the same answers as in memory

ids = st.sampled_from(['a', 'b', 'c', 'd'])
statuses = st.sampled_from(JobStatus)
calls = st.one_of(
    st.tuples(st.just('add'), st.builds(lambda id, s, n: Job(id=id, status=s, name=n, created_at='2026-03-01T12:00:00+00:00'), ids, statuses, st.sampled_from('xy')), maybe(docs)),
    st.tuples(st.just('move'), ids, maybe(st.tuples(statuses, st.integers(0, 1))), st.fixed_dictionaries({}, optional=dict(status=statuses, attempt=st.integers(0, 1), result=values, metadata=docs, message=maybe(text))),
              st.sampled_from(['running', 'failed', 'noted']), st.just('2026-03-01T12:00:01+00:00'), maybe(docs), maybe(st.integers(0, 3))),
    st.tuples(st.just('update'), ids, st.fixed_dictionaries({}, optional=dict(progress=st.floats(0, 100), metadata=docs)).filter(bool)),
    st.tuples(st.just('list'), maybe(st.lists(statuses, max_size=2)), maybe(st.integers(0, 3)), maybe(ids), maybe(st.sampled_from('xy'))),
    st.tuples(st.just('events'), st.integers(0, 9), maybe(ids), maybe(st.integers(0, 4))),
    st.tuples(st.sampled_from(['get', 'delete']), ids), st.tuples(st.sampled_from(['counts', 'last_seq'])))

NUL = Job(id='a', name='x', created_at='2026-03-01T12:00:00+00:00')

@given(st.lists(calls, max_size=20))
@example([('add', NUL, {'\0': '\0'}), ('move', 'a', None, dict(metadata={'\0': 'a\0'}), 'noted', '2026-03-01T12:00:01+00:00', {'\0': 1}, None)])
@settings(max_examples=60)
def test_memory_and_database_give_the_same_answers(one_store, sequence):
    with one_store._transaction(write=True) as con:
        for t in ('jobs', 'events', 'leases'): con.exec_driver_sql(f'delete from {t}' if one_store.file else f'truncate {t} restart identity')
        if one_store.file: con.exec_driver_sql('delete from sqlite_sequence')
    memory = MemoryStore()
    for name, *args in sequence + [('list',), ('events',), ('counts',), ('last_seq',)]:
        one, two = [getattr(s, name)(*(Job.from_dict(a.to_dict()) if isinstance(a, Job) else a for a in args)) for s in (memory, one_store)]
        if name == 'events': one, two = [[replace(e, at='') if e.type == 'deleted' else e for e in told] for told in (one, two)]   # their clocks differ
        assert kept(one_store, one) == two, (name, args)

# --- threads and processes

def test_in_memory_sqlite_from_many_threads():
    with JobStore('sqlite://') as s: assert many_add(s, 'm') == 200 and s.last_seq() == 200

def many_add(store, who, n=25, threads=8):
    won, lock = [], threading.Lock()
    def work(t):
        for i in range(n):
            if store.add(Job(id=f'{who}-{t}-{i}')):
                with lock: won.append(1)
    ts = [threading.Thread(target=work, args=(t,)) for t in range(threads)]
    for t in ts: t.start()
    for t in ts: t.join()
    return len(won)

def test_a_store_from_many_threads(store):
    assert many_add(store, 'f') == 200
    assert [e.seq for e in store.events()] == [*range(1, 201)]

CHILD = """
import json, os, sys
from cjm_jobtrack.model.job import Job, JobStatus as S, now
from cjm_jobtrack.store.store import JobStore
def gate(): print('ready', flush=True), input()
"""

def run_all(n, script, *args):
    "Run `script` in `n` processes that pass each `gate()` together; what they print in the end."
    ps = [subprocess.Popen([sys.executable, '-c', CHILD+script, *map(str, args)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(n)]
    while all((said := [p.stdout.readline() for p in ps])) and said == ['ready\n']*n:
        for p in ps: p.stdin.write('go\n'), p.stdin.flush()
    for p in ps: p.stdin.close(), p.wait(60), p.stdout.close()
    return [json.loads(s) for s in said]

OPENER = """
won = []
for i in range(15):
    gate()
    with JobStore(sys.argv[1].replace('XX', str(i))) as s: won.append(s.add(Job(id='same')) is not None)
print([int(w) for w in won])
"""

RACER = """
with JobStore(sys.argv[1]) as s:
    gate()
    print([i for i in range(150) if s.move(f'j{i}', (S.PENDING, 0), dict(status=S.RUNNING, attempt=1, node=str(os.getpid())), 'running', now(), {'by': os.getpid()}, attempt=1)])
"""

def test_processes_that_make_the_same_file_at_once(db):
    said = run_all(4, OPENER, url(db)+'XX')
    assert [sum(s) for s in zip(*said)] == [1]*15

def test_processes_that_set_up_the_same_database_at_once(postgres):
    urls = [postgres.create() for _ in range(4)]
    said = run_all(4, OPENER.replace('range(15)', 'range(4)').replace("sys.argv[1].replace('XX', str(i))", 'sys.argv[1+i]'), *urls)
    for u in urls: postgres.drop(u)
    assert [sum(s) for s in zip(*said)] == [1]*4

def test_of_two_processes_that_move_a_job_one_wins(database):
    with JobStore(database) as s:
        for i in range(150): s.add(Job(id=f'j{i}'))
        a, b = run_all(2, RACER, database)
        assert sorted(a+b) == [*range(150)]
        moved = [e for e in s.events() if e.type == 'running']
        assert len(moved) == 150 and {(e.job_id, str(e.data['by'])) for e in moved} == {(j.id, j.node) for j in s.list()}

def test_a_lock_that_is_not_given_back_is_told(database, store):
    with JobStore(database, timeout=.1) as s:
        with store._transaction(write=True):
            with pytest.raises(StoreError, match='Another process holds it'): s.add(Job(id='a'))
            assert s.list() == []   # reading goes on
        assert s.add(Job(id='a'))

def test_a_transaction_that_raises_leaves_nothing(store):
    with pytest.raises(ZeroDivisionError):
        with store._transaction(write=True) as con: con.exec_driver_sql("insert into nodes values ('1', 'a', '[]')"), 1/0
    assert store.list_nodes() == []

def test_version_tells_of_others(database, store):
    with JobStore(database) as other:
        seen = store.version()
        assert store.version() == seen
        for act in (lambda: other.add(Job(id='a')), lambda: other.update('a', dict(progress=1.)), store.close, lambda: other.move('a', (P, 0), dict(status=R), 'running', now())):
            act()
            assert store.version() != seen
            seen = store.version()

def test_closing_leaves_one_file_and_calls_go_on(db):
    s = JobStore(url(db))
    s.add(Job(id='a')), s.version(), s.close(), s.close()
    assert set(files(db.parent)) == {'jobs.db'}
    assert s.get('a').id == 'a'
    s.close()

WRITER = '''
import sys
from cjm_jobtrack.model.job import Job, JobStatus, now
from cjm_jobtrack.store.store import JobStore
s, P, R, C = JobStore(sys.argv[1], durability=sys.argv[2]), *list(JobStatus)[:3]
for i in range(10**6):
    s.add(Job(id=f'j{i}', spec={'text': 'x'*300}))
    s.move(f'j{i}', (P, 0), dict(status=R, attempt=1), 'running', now(), attempt=1)
    s.move(f'j{i}', (R, 1), dict(status=C, result=i), 'completed', now())
    print(i, flush=True)
'''

@pytest.mark.parametrize('durability, stop_at', [('normal', 1), ('normal', 5), ('normal', 400), ('full', 1), ('full', 40)])   # 400 is beyond SQLite's first checkpoint
def test_what_was_acknowledged_is_there_after_a_kill(database, durability, stop_at):
    p = subprocess.Popen([sys.executable, '-c', WRITER, database, durability], stdout=subprocess.PIPE, text=True)
    for line in p.stdout:
        if (told := int(line)) == stop_at: p.send_signal(signal.SIGKILL)
    p.wait(), p.stdout.close()
    with JobStore(database) as s:
        s.delete('none')   # waits until the server has done with what the dead one left
        done = s.list([C])
        assert {j.id: j.result for j in done}.items() >= {f'j{i}': i for i in range(told+1)}.items()
        types = lambda id: [e.type for e in s.events(job_id=id)]
        told_by_row = dict(pending=['created'], running=['created', 'running'], completed=['created', 'running', 'completed'])
        assert all(types(j.id) == told_by_row[j.status] for j in s.list(limit=20))
        seqs = [e.seq for e in s.events()]
        assert seqs == [*range(1, s.last_seq()+1)] if s.file else seqs == sorted({*seqs})   # PostgreSQL counts on after what was undone

def test_a_deletion_is_told_in_the_journal(one_store):
    "In memory as in the database: one event, of no job, that names those that are gone."
    memory = MemoryStore()
    for s in (memory, one_store):
        before = s.last_seq()
        for job_id in ('stays', 'goes'): s.add(Job(id=job_id, status=JobStatus.COMPLETED))
        s.delete('goes')
        told = s.events(before)
        assert s.last_seq() == told[-1].seq == before + 3 and [e.job_id for e in told] == ['stays', ''] and (told[-1].type, told[-1].data) == ('deleted', {'jobs': ['goes']})

# --- many writes, one commit

def test_each_write_succeeds_or_fails_for_itself(store):
    store.add(Job(id='a'))
    said = store.apply([Add(Job(id='a')), Add(Job(id='b'), {'x': 1}, True, 'night'), Move('b', (P, 0), dict(status=R, attempt=1), 'running', now(), attempt=1), Move('b', (P, 0), {}, 'late', now()),
                        Update('b', dict(progress=5.), attempt=1), Update('b', dict(progress=9.), attempt=2), Update('none', dict(progress=1.)), Move('none', None, {}, 'x', now()), Move('a', None, {}, 'noted', now(), {'why': 'so'})])
    assert [s and (s is True or s.type) for s in said] == [None, 'created', 'running', None, True, False, False, None, 'noted']
    assert [(e.job_id, e.type, e.data) for e in store.events(1)] == [('b', 'created', {'x': 1}), ('b', 'queued', {}), ('b', 'running', {}), ('a', 'noted', {'why': 'so'})]
    assert [e for e in store.events() if e in said] == [e for e in said if e not in (None, True, False)]
    assert store.get('b').progress == 5. and store.counts('night')['running'] == 1 and store.places(['b', 'none']) == {'b': (store.get('b').created_at, None)}
    assert store.apply([]) == []

@pytest.mark.parametrize('bad', [Move('a', None, dict(message={'no': 'text'}), 'x', now()), Update('a', dict(priority=2**70)), Add(Job(id='b', name=['no text'])), Move('a', None, {}, None, now()), Move('a', None, dict(status='almost'), 'x', now())], ids=['message', 'priority', 'name', 'type', 'status'])
def test_a_value_that_cannot_be_stored_undoes_all(store, bad):
    store.add(Job(id='a'))
    seen = store.last_seq()
    with pytest.raises(StoreError): store.apply([Add(Job(id='before')), Update('a', dict(progress=3.)), bad, Add(Job(id='after'))])
    assert [j.id for j in store.list()] == ['a'] and store.get('a').progress is None and store.last_seq() == seen
    assert store.apply([Add(Job(id='again'))])[0].type == 'created'

def test_something_else_is_no_write(store):
    with pytest.raises(InvalidInput, match='Add, Move or Update'): store.apply([Job()])

@pytest.mark.parametrize('value', [0, -1.5, 2**70, 1e300, .1+.2, 'text', '17', '1e5', '', True, False, [], {}, [None], {'a': {'b': [1, 2.5, 'x', None, True]}}, 'ünï', '\U0001f3ac', '"', "'; drop table jobs; --", '%s %(x)s :y ?'])
def test_every_value_comes_back(store, value):
    job = Job(id='a', result=value, metadata={'v': value}, spec={'v': value})
    assert store.add(job, {'v': value}).data == {'v': value} == store.events()[0].data
    again = store.get('a')
    assert (again.result, again.metadata, again.spec) == (value, {'v': value}, {'v': value}) and type(again.result) is type(value)

# --- filters

def test_filters(store):
    for i in range(12):
        store.add(Job(id=f'j{i:02}', name='ab'[i % 2], runner=['call', 'docker'][i % 3 == 0], node=['n', None][i % 2], status=[P, R, C][i % 3], created_at=f'2026-03-{i+1:02}T12:00:00.000000+00:00', metadata={'take': i, 'who': ['ada', 'bob'][i % 2]}), batch='xy'[i // 6])
    store.pin('j03'), store.pin('j04'), store.pin('j04', False)
    ids = lambda **kw: [int(j.id[1:]) for j in store.list(**kw)]
    assert ids(batch='x', limit=2) == [5, 4] and ids(batch='x', before='j04') == [3, 2, 1, 0] and ids(batch='z') == []
    assert ids(runner='docker') == [9, 6, 3, 0] and ids(pinned=True) == [3] and len(ids(pinned=False)) == 11
    assert ids(since='2026-03-11T12:00:00+00:00') == [11, 10] and ids(until='2026-03-02T14:00:00+02:00') == [0] and ids(since='2026-03-03T00:00:00Z', until='2026-03-05T00:00:00Z') == [3, 2]
    assert ids(status=[P, C], limit=3) == [11, 9, 8] and ids(status=[C, P], before='j08', limit=2) == [6, 5] and ids(status=['completed'], batch='y', name='b', metadata={'who': 'bob'}) == [11]
    assert ids(status=[*JobStatus], limit=1) == [11] and ids(status=[P, P], limit=1) == [9] and ids(metadata={'take': 7, 'who': 'bob'}) == [7] and ids(metadata={'take': 7, 'who': 'ada'}) == []
    assert store.counts('x') == dict(pending=2, running=2, completed=2, failed=0, cancelled=0)
    assert [*store.get_many(['j03', 'gone', 'j01'])] in (['j01', 'j03'], ['j03', 'j01'])

def test_a_text_is_found_in_what_people_see(store):
    jobs = [Job(id='take-1', name='Übung 50%'), Job(id='take-2', name='a_b'), Job(id='take-3', message='At Marker'), Job(id='take-4', status=R, name='axb!'),
        Job(id='take-5', error="can't open\\", spec={'path': 'hidden'}, result='hidden', metadata={'a': 'hidden'}), Job(id='other', name=None)]
    for job in jobs: store.add(job, batch='x')
    ids = lambda text, **kw: [j.id for j in store.list(text=text, **kw)]
    assert ids('TAKE') == ids('take') == [f'take-{n}' for n in (5, 4, 3, 2, 1)] and ids('') == ['other', *ids('take')]
    assert ids('%') == ['take-1'] and ids('_') == ['take-2'] and ids('a_b') == ['take-2'] and ids('!') == ['take-4'] and ids("'t OPEN\\") == ['take-5'] and ids('hidden') == ids('"') == []
    assert ids('marker') == ['take-3'] and ids('übung') == ids('ÜBUNG 50%') == ['take-1'] and ids('ü%') == ids('übungx') == []
    assert ids('take', limit=2) == ['take-5', 'take-4'] and ids('take', limit=2, before='take-4') == ['take-3', 'take-2'] and ids('take', status=[R], batch='x') == ['take-4'] and ids('take', status=[R, P], limit=2) == ['take-5', 'take-4']
    assert ids('take', name='a_b', since='2020-01-01T00:00:00Z') == ['take-2'] and ids('take', until='2020-01-01T00:00:00Z') == ids('take', batch='y') == []
    store.move('take-4', None, {'message': 'nearly there'}, 'noted', now())
    assert ids('nearly') == ['take-4'] and ids('\0') == []

def test_a_span_is_found_wherever_it_lies(store, monkeypatch):
    "Also when numbers and instants are in different orders, as after an import."
    for n in (5, 1, 4, 2, 3): store.add(Job(id=f'd{n}', created_at=f'2026-03-0{n}T12:00:00.000000+00:00'))
    ids = lambda **kw: [j.id for j in store.list(**kw)]
    assert ids(until='2026-03-03T00:00:00Z') == ['d2', 'd1'] and ids(since='2026-03-04T00:00:00Z') == ['d4', 'd5'] and ids(since='2026-03-02T00:00:00Z', until='2026-03-04T00:00:00Z') == ['d3', 'd2']
    assert ids(until='2020-01-01T00:00:00Z') == ids(since='2030-01-01T00:00:00Z') == []

META = {'yes': True, 'no': False, 'one': 1, 'one.': 1.0, 'text': '1', 'true': 'true', 'null': None, 'big': 2**60, 'tiny': -.5, 'quote"d': 'a"b', 'dot.ted': 'x', '$': 'y', "it's": 'z', 'ünï': '\U0001f3ac', '': 'empty', 'list': [1], 'dict': {'a': 1}}

@pytest.mark.parametrize('key', [*META, 'gone'])
def test_metadata_is_compared_by_value_and_type(store, key):
    store.add(Job(id='a', metadata=META)), store.add(Job(id='none')), store.add(Job(id='other', metadata={'one': 'text', 'yes': 'no', 'text': 5}))
    found = lambda v: 'a' in [j.id for j in store.list(metadata={key: v})]
    mine = META.get(key)
    for v in (True, False, 0, 1, 1.0, 2**60, -.5, '1', 'true', 'false', 'null', None, 'a"b', 'x', 'y', 'z', '\U0001f3ac', 'empty', '[1]'):
        assert found(v) == (mine == v and isinstance(mine, bool) == isinstance(v, bool)), (key, v)

@pytest.mark.parametrize('kw, field', [(dict(since='yesterday'), 'since'), (dict(until=5), 'until'), (dict(since='0001-01-01T00:00:00+14:00'), 'since'), (dict(until='9999-12-31T23:59:59-10:00'), 'until'), (dict(metadata={'a': [1]}), 'metadata'), (dict(metadata={'a': {}}), 'metadata'),
    (dict(metadata={'a': 10**30}), 'metadata'), (dict(metadata={'a': -2**63-1}), 'metadata'), (dict(metadata={'a': float('nan')}), 'metadata'), (dict(metadata={'a': float('inf')}), 'metadata'),
    (dict(metadata={'a': '\ud800'}), 'metadata'), (dict(metadata={'\ud800': 1}), 'metadata'), (dict(metadata={1: 1}), 'metadata')])
def test_what_cannot_be_compared_is_told(store, kw, field):
    "By name, before the database is asked."
    with pytest.raises(InvalidInput) as e: store.list(**kw)
    assert e.value.field == field and e.value.remedy

def test_an_instant_without_an_offset_is_utc(store):
    store.add(Job(id='early', created_at='2026-03-01T11:59:59.000000+00:00')), store.add(Job(id='late', created_at='2026-03-01T12:00:01.000000+00:00'))
    assert [[j.id for j in store.list(**{k: '2026-03-01T12:00:00'})] for k in ('since', 'until')] == [['late'], ['early']]

def test_ended_jobs_page_by_page(store):
    for i in range(9): store.add(Job(id=f'j{i}', status=[C, F, X, P, R][i % 5], completed_at=f'2026-03-0{i+1}T12:00:00.000000+00:00' if i % 5 < 3 else None))
    store.pin('j1')
    ids = lambda **kw: [e.id for e in store.select_ended(**kw)]
    assert ids() == ['j0', 'j2', 'j5', 'j6', 'j7'] and ids(pinned=True)[:2] == ['j0', 'j1'] and ids(status=[C, R]) == ['j0', 'j5'] and ids(status=[R]) == []
    assert ids(older_than='2026-03-06T12:00:00Z') == ['j0', 'j2'] and ids(limit=2, after_num=store.select_ended(limit=2)[-1].num) == ['j5', 'j6']
    assert store.delete_many(['j0', 'j3', 'gone', 'j5', 'j5']) == 2 and store.delete_many([]) == 0 and not store.delete('j4')
    assert {e.job_id for e in store.events()} == {'', 'j1', 'j2', 'j3', 'j4', 'j6', 'j7', 'j8'} and [e.data for e in store.events(job_id='')] == [{'jobs': ['j0', 'j5']}]

# --- leases

def running(store, job_id, lease, runner='call'):
    store.apply([Add(Job(id=job_id, runner=runner), None, True), Move(job_id, (P, 0), dict(status=R, attempt=1), 'running', now(), None, 1, lease)])
    assert store.places([job_id])[job_id][1] == lease

def test_who_may_write_with_a_lease(store):
    mine, other = store.open_lease({'host': 'a'}), store.open_lease({'host': 'b'})
    assert [(l.fence, l.beat, l.doc) for l in store.leases()] == [(mine, 0, {'host': 'a'}), (other, 0, {'host': 'b'})] and other > mine
    begin = lambda lease: store.move('j', (P, 0), dict(status=R, attempt=1), 'running', now(), attempt=1, lease=lease)
    store.add(Job(id='j'), queued=True)
    assert begin(other+1) is None and begin(0) is None and begin(mine).type == 'running'
    tell = lambda lease: (store.move('j', (R, 1), {}, 'noted', now(), lease=lease) is not None, store.update('j', dict(progress=1.), lease=lease))
    assert tell(mine) == tell(None) == (True, True) and tell(other) == tell(99) == (False, False)
    assert store.move('j', (R, 1), dict(status=P), 'retried', now(), lease=other) is None
    assert store.move('j', (R, 1), dict(status=P), 'retried', now(), lease=mine) and store.places(['j'])['j'][1] is None   # whoever waits is nobody's
    assert tell(mine) == (False, False)
    store.close_lease(mine)
    assert store.move('j', (P, 1), dict(status=R, attempt=2), 'running', now(), attempt=2, lease=mine) is None and store.move('j', None, dict(status=R, attempt=2), 'running', now(), attempt=2, lease=other)
    assert store.move('j', (R, 2), dict(status=F), 'failed', now()) and store.places(['j'])['j'][1] is None   # a person, without any lease

def test_fences_are_not_used_twice(database):
    fences = []
    for _ in range(4):
        with JobStore(database) as s: fences.append(s.open_lease({})), s.close_lease(fences[-1])
    assert sorted({*fences}) == fences

CASES = {  # name -> (what the old lease does before, what is given as dead, whether the job is taken)
    'its beat is the one seen': (lambda s, old: None, lambda old: [(old, 0)], True),
    'it has beaten since': (lambda s, old: s.beat(old), lambda old: [(old, 0)], False),
    'it has beaten, and that was seen': (lambda s, old: s.beat(old), lambda old: [(old, 1)], True),
    'nobody calls it dead': (lambda s, old: None, lambda old: [], False),
    'it left': (lambda s, old: s.close_lease(old), lambda old: [], True),
    'it left, and is called dead as well': (lambda s, old: s.close_lease(old), lambda old: [(old, 7)], True),
    'another is called dead': (lambda s, old: None, lambda old: [(old+55, 0)], False),
}

@pytest.mark.parametrize('case', CASES)
def test_taking_over(store, case):
    before, dead, taken = CASES[case]
    old, mine = store.open_lease({}), store.open_lease({})
    for job_id in ('b', 'a'): running(store, job_id, old)
    running(store, 'elsewhere', old, 'docker')
    store.add(Job(id='waits'), queued=True)
    store.apply([Add(Job(id='by hand')), Move('by hand', None, dict(status=R, attempt=1), 'running', now())])   # never given to a queue
    running(store, 'mine', mine)
    before(store, old)
    assert store.take_over(mine, ['call', 'plugin'], dead(old)) == (['b', 'a'] if taken else [])
    assert {i: f for i, (_, f) in store.places(['a', 'b', 'elsewhere', 'waits', 'mine', 'by hand']).items()} == dict(a=mine if taken else old, b=mine if taken else old, elsewhere=old, waits=None, mine=mine) | {'by hand': None}
    assert store.take_over(mine, ['call'], dead(old)) == [] and store.beat(mine) and store.beat(old) == (not taken)
    assert (store.move('a', (R, 1), dict(status=C), 'completed', now(), lease=old) is None) == taken   # a late twin

def test_whoever_was_taken_for_dead_takes_nothing(store):
    old, late, mine = [store.open_lease({}) for _ in range(3)]
    running(store, 'a', old)
    assert store.take_over(mine, ['call'], [(late, 0)]) == [] and not store.beat(late)
    assert store.take_over(late, ['call'], [(old, 0), (mine, 0)]) == [] and [l.fence for l in store.leases()] == [old, mine]
    assert store.take_over(mine, ['call'], [(mine, 0), (old, 0)]) == ['a']   # nobody buries himself

def test_what_was_given_to_a_queue(store):
    for i, s in enumerate(['c', 'a', 'b']): store.add(Job(id=s, created_at=f'2026-03-0{9-i}T12:00:00+00:00'), queued=True)
    store.apply([Add(Job(id='by hand')), Add(Job(id='done', status=C), None, True), Add(Job(id='docker', runner='docker'), None, True)])
    assert [j.id for j in store.submitted(['call', 'x'])] == ['b', 'a', 'c'] and [j.id for j in store.submitted(['docker'])] == ['docker'] and store.submitted([]) == []

HEIR = """
with JobStore(sys.argv[1]) as s:
    old, mine, got = int(sys.argv[2]), s.open_lease({'pid': os.getpid()}), []
    gate()
    got += s.take_over(mine, ['call'], [(old, 0)])
    gate()
    print(json.dumps([mine, got]))
"""

def test_of_two_processes_that_take_over_each_job_has_one_heir(database):
    with JobStore(database) as s:
        old = s.open_lease({})
        for i in range(40): running(s, f'j{i}', old)
        heirs = run_all(3, HEIR, database, old)
        assert sorted(j for _, got in heirs for j in got) == sorted(f'j{i}' for i in range(40))
        assert {j: f for f, got in heirs for j in got} == {j: f for j, (_, f) in s.places([f'j{i}' for i in range(40)]).items()}

# --- noticing others

def seen_after(store, act, timeout=20.):
    "Seconds from the end of `act()`, in a thread that begins a little later, to the moment `wait_change` tells of it."
    at = []
    def later(): time.sleep(.15), act(), at.append(time.monotonic())
    t = threading.Thread(target=later)
    t.start()
    assert store.wait_change(timeout)
    seen = time.monotonic()
    t.join()
    return seen - at[0]

def test_a_change_elsewhere_ends_the_wait(database, store):
    with JobStore(database) as other:
        assert not store.wait_change(0)
        def half_of_them(a):   # seconds
            acts = [lambda: other.add(Job(id=a)), lambda: other.update(a, dict(progress=1.)), lambda: other.open_lease({}), lambda: other.apply([Add(Job()) for _ in range(5)]), lambda: other.pin(a), lambda: other.put_node(dict(id=a, name=f'n{a}')), lambda: other.move(a, None, {}, 'x', now())]
            took = sorted(seen_after(store, act) for act in acts)
            return took[len(took)//2]
        assert any(half_of_them(a) < (.1 if store.file else .02) for a in 'acdef')   # this machine may be busy at one time or another
        store.add(Job(id='mine')), store.update('mine', dict(progress=1.))
        assert not store.wait_change(.2), 'what we write ourselves is no news'
        other.add(Job(id='b'))
        assert store.wait_change(20) and not store.wait_change(0), 'told once'
        seen = store.version()
        other.add(Job(id='z'))
        assert store.wait_change(20, seen) and store.wait_change(20, seen) and not store.wait_change(0, store.version())

@pytest.mark.parametrize('end', ['interrupt', 'close'])
def test_a_wait_can_be_ended(store, end):
    said = []
    store.wait_change(0)
    t = threading.Thread(target=lambda: said.append(store.wait_change(60)))
    t.start()
    time.sleep(.1)
    getattr(store, end)()
    t.join(60)
    assert said == [False]
    store.close()

def test_an_interruption_is_not_lost(store):
    store.interrupt()
    start = time.monotonic()
    assert not store.wait_change(60) and time.monotonic() - start < 20 and not store.wait_change(0)

def test_waiting_costs_next_to_nothing(store):
    store.wait_change(0)
    def share():
        start, used = time.monotonic(), time.thread_time()
        assert not store.wait_change(2.)
        return (time.thread_time() - used) / (time.monotonic() - start)
    assert any(share() < .01 for _ in range(5))

# --- what is on record of older and other times

V1 = """
CREATE TABLE jobs (num INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, id VARCHAR(128) NOT NULL, name TEXT, runner TEXT, spec JSON, status VARCHAR(16) NOT NULL, progress FLOAT, message TEXT,
  priority INTEGER NOT NULL, attempt INTEGER NOT NULL, max_attempts INTEGER, timeout FLOAT, node TEXT, remote_id TEXT, created_at VARCHAR(40), updated_at VARCHAR(40), started_at VARCHAR(40),
  completed_at VARCHAR(40), unreachable_since VARCHAR(40), result JSON, error TEXT, failure JSON, outputs JSON, metadata JSON, UNIQUE (id));
CREATE INDEX jobs_by_status ON jobs (status, priority, num);
CREATE TABLE events (seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, job_id VARCHAR(128) NOT NULL, attempt INTEGER NOT NULL, type VARCHAR(32) NOT NULL, at VARCHAR(40) NOT NULL, data JSON);
CREATE INDEX events_by_job ON events (job_id, seq);
CREATE TABLE nodes (id VARCHAR(128) NOT NULL, name TEXT NOT NULL, doc JSON NOT NULL, PRIMARY KEY (id));
CREATE TABLE jobtrack_meta ("key" VARCHAR(32) NOT NULL, value TEXT, PRIMARY KEY ("key"));
INSERT INTO jobtrack_meta VALUES ('schema_version', '1');
INSERT INTO nodes VALUES ('n', 'bench', '{"id": "n", "name": "bench"}');
INSERT INTO jobs (num, id, name, runner, spec, status, priority, attempt, max_attempts, created_at, result, outputs, metadata) VALUES
  (1, 'old', 'take 1', 'call', '{"a": 1}', 'completed', 0, 1, 1, '2026-03-01T12:00:00.000000+00:00', '17', '[]', '{"k": "v"}'),
  (2, 'waits', 'take 2', 'call', '{}', 'pending', 3, 0, 1, '2026-03-01T12:00:01.000000+00:00', NULL, '[]', '{}'),
  (4, 'runs', 'take 4', 'call', '{}', 'running', 0, 1, 2, '2026-03-01T12:00:02.000000+00:00', '"0.1"', '[]', '{}'),
  (5, 'by hand', 'take 5', 'call', '{}', 'running', 0, 1, 1, '2026-03-01T12:00:03.000000+00:00', '0.30000000000000004', '[]', '{}');
INSERT INTO events (seq, job_id, attempt, type, at, data) VALUES (1, 'old', 0, 'created', '2026-03-01T12:00:00.000000+00:00', '{}'), (2, 'old', 0, 'queued', '2026-03-01T12:00:00.000001+00:00', '{"runner": "call"}'),
  (3, 'waits', 0, 'created', '2026-03-01T12:00:01.000000+00:00', '{}'), (4, 'waits', 0, 'queued', '2026-03-01T12:00:01.000001+00:00', '{}'), (7, 'runs', 0, 'queued', '2026-03-01T12:00:02.000001+00:00', '{}'),
  (8, 'runs', 1, 'queued', '2026-03-01T12:00:09.000000+00:00', '{}'), (9, 'by hand', 1, 'running', '2026-03-01T12:00:09.000000+00:00', '{}');
UPDATE sqlite_sequence SET seq = 6 WHERE name = 'jobs';
UPDATE sqlite_sequence SET seq = 11 WHERE name = 'events';
"""

@pytest.fixture
def v1(db):
    with closing(sqlite3.connect(db)) as con: con.executescript('PRAGMA journal_mode=WAL;'+V1)
    return db

def rows(db, table):
    with closing(sqlite3.connect(db)) as con:
        con.row_factory = sqlite3.Row
        return [dict(r) for r in con.execute(f'select * from {table}')]

def test_a_file_of_version_1_is_upgraded(v1):
    before = {t: rows(v1, t) for t in ('jobs', 'events', 'nodes')}
    at = '2026-03-01T12:00:0{}.000001+00:00'.format
    with JobStore(url(v1)) as s:
        assert s.places(['old', 'waits', 'runs', 'by hand']) == {'old': (at(0), None), 'waits': (at(1), None), 'runs': (at(2), None), 'by hand': (None, None)}
        assert [(j.id, j.result, j.metadata) for j in s.list()] == [('by hand', .1+.2, {}), ('runs', '0.1', {}), ('waits', None, {}), ('old', 17, {'k': 'v'})]
        assert [j.id for j in s.submitted(['call'])] == ['waits', 'runs'] and [j.id for j in s.list(pinned=False, metadata={'k': 'v'})] == ['old'] and s.list_nodes() == [{'id': 'n', 'name': 'bench'}]
        assert s.take_over(s.open_lease({}), ['call']) == ['runs'] and s.add(Job(id='new'), batch='b').seq == 12
    after = {t: rows(v1, t) for t in before}
    assert [(r['result'], type(r['result'])) for r in before['jobs']] == [(17, int), (None, type(None)), ('"0.1"', str), (.1+.2, float)]   # as that version's tables had it
    for r in before['jobs']: r['result'] = json.dumps(r['result']) if isinstance(r['result'], (int, float)) else r['result']
    assert [{k: r[k] for k in old} for r, old in zip(after['jobs'], before['jobs'])] == before['jobs'] and after['jobs'][-1]['num'] == 7 and after['events'][:7] == before['events'] and after['nodes'] == before['nodes']
    with JobStore(url(v1.with_name('fresh.db'))): pass
    with JobStore(url(v1)) as s:
        for n, big in enumerate([12345678901234567890123, 10**400, 1.0, -7, '17']):
            s.add(Job(id=f'n{n}', result=big))
            assert (got := s.get(f'n{n}').result) == big and type(got) is type(big)
    indexes = lambda f: sorted((r['name'], ' '.join(r['sql'].split())) for r in rows(f, 'sqlite_master') if r['type'] == 'index' and r['sql'])
    columns = lambda f, t: [r['name'] for r in rows(f, f'pragma_table_info("{t}")')]
    assert indexes(v1) == indexes(v1.with_name('fresh.db')) and all(columns(v1, t) == columns(v1.with_name('fresh.db'), t) for t in ('jobs', 'events', 'leases')) and len(rows(v1, 'sqlite_master')) == len(rows(v1.with_name('fresh.db'), 'sqlite_master'))
    assert rows(v1, 'jobtrack_meta') == [{'key': 'schema_version', 'value': str(SCHEMA_VERSION)}]

def test_processes_that_upgrade_the_same_file_at_once(v1):
    assert sorted(w for w, in run_all(4, 'gate()\nwith JobStore(sys.argv[1]) as s: print([int(s.add(Job(id="same")) is not None)])', url(v1))) == [0, 0, 0, 1]

UPGRADER = """
import sqlite3
import cjm_jobtrack.store.store as store
stop, told = int(sys.argv[2]), 0
class Con(sqlite3.Connection):
    def cursor(self, *args): return super().cursor(Cur)
class Cur(sqlite3.Cursor):
    def execute(self, sql, *args):
        global told
        done = super().execute(sql, *args)
        if self.connection.in_transaction:
            told += 1
            if told == stop: os.kill(os.getpid(), 9)
        return done
connect = sqlite3.connect
sqlite3.connect = sqlite3.dbapi2.connect = lambda *a, **kw: connect(*a, factory=Con, **kw)
with JobStore(sys.argv[1]): print('through')
"""

def test_an_upgrade_that_is_killed_is_begun_anew(v1):
    whole = v1.read_bytes()
    for stop in range(1, 99):
        for f in files(v1.parent): (v1.parent/f).unlink()
        v1.write_bytes(whole)
        done = subprocess.run([sys.executable, '-c', CHILD+UPGRADER, url(v1), str(stop)], capture_output=True, text=True, timeout=60)
        if done.stdout == 'through\n': break
        assert done.returncode == -9, done.stderr
        with closing(sqlite3.connect(v1)) as con: assert con.execute('select value from jobtrack_meta').fetchall() == [('1',)]
        with JobStore(url(v1)) as s: assert s.places(['waits'])['waits'][0] == '2026-03-01T12:00:01.000001+00:00' and len(s.leases()) == 0
    assert 8 < stop < 98

# --- backup

def test_a_backup_while_others_write(db, tmp_path):
    fill(db, 2000)
    with JobStore(url(db)) as s, JobStore(url(db)) as other:
        done = threading.Event()
        def write():
            i = 0
            while not done.is_set(): i += 1; other.apply([Add(Job(id=f'w{i}')), Add(Job(id=f'x{i}'))])
        t = threading.Thread(target=write)
        t.start()
        try: s.backup(tmp_path/'copy.db')
        finally: done.set(), t.join()
        with pytest.raises(InvalidInput, match='exists'): s.backup(tmp_path/'copy.db')
        with pytest.raises(StoreError, match='cannot be copied'): s.backup(tmp_path/'none'/'copy.db')
    assert not (tmp_path/'copy.db.part').exists()
    with JobStore(url(tmp_path/'copy.db')) as copy:
        ids = {j.id for j in copy.list()}
        assert {f'j{i}' for i in range(2000)} <= ids and len([i for i in ids if i[0] == 'w']) == len([i for i in ids if i[0] == 'x']) and len({e.job_id for e in copy.events()}) == len(ids)
        assert copy.add(Job(id='goes on'))

def test_a_backup_of_what_is_in_memory(tmp_path):
    with JobStore('sqlite://') as s: s.add(Job(id='a')), s.backup(tmp_path/'copy.db')
    with JobStore(url(tmp_path/'copy.db')) as copy: assert copy.get('a')

def test_a_server_is_not_backed_up_from_here(postgres_url, tmp_path):
    with JobStore(postgres_url) as s, pytest.raises(StoreError, match='pg_dump'): s.backup(tmp_path/'copy.db')
    assert not files(tmp_path)

# --- servers that are not ours, not there, or come and go

def server_sql(url, sql):
    import psycopg
    with psycopg.connect(url.replace('+psycopg', ''), autocommit=True) as con: return con.execute(sql).fetchall() if sql.startswith('SELECT') else con.execute(sql)

def tables(url): return sorted(server_sql(url, "SELECT tablename FROM pg_tables WHERE schemaname='public'"))

def test_a_database_of_somebody_else_is_refused_and_left_as_it_is(postgres_url):
    server_sql(postgres_url, 'CREATE TABLE films (title text)')
    with pytest.raises(StoreError, match='films'): JobStore(postgres_url)
    assert tables(postgres_url) == [('films',)]

def test_a_newer_database_is_refused(postgres_url):
    JobStore(postgres_url).close()
    server_sql(postgres_url, f"UPDATE jobtrack_meta SET value='{SCHEMA_VERSION+1}'")
    with pytest.raises(StoreError, match='newer.*Upgrade'): JobStore(postgres_url)

@pytest.mark.parametrize('bad, told', [(lambda u: u.replace('/jobs_', '/none_'), 'does not exist'), (lambda u: u.replace('jobtrack@', 'nobody:tops3cret@'), 'nobody'), (lambda u: u.replace('jobtrack-postgresql', 'no-such-folder'), 'Is the server running'),
    (lambda u: 'postgresql+psycopg://ada:tops3cret@127.0.0.1:1/x', 'Is the server running'), (lambda u: 'postgresql+psycopg://127.0.0.1:1/x?user=ada&password=tops3cret', 'Is the server running'), (lambda u: u.replace('+psycopg', '+nothing'), 'psycopg')])
def test_a_server_that_cannot_be_used_is_told_without_the_password(postgres_url, bad, told):
    with pytest.raises(StoreError, match=told) as e: JobStore(bad(postgres_url), timeout=2)
    assert e.value.remedy and 'tops3cret' not in str(e.value) + json.dumps(e.value.facts())

def test_a_wrong_password_is_told_without_it(own_postgres):
    url = own_postgres.create()
    own_postgres.run("CREATE ROLE ada LOGIN PASSWORD 'right'")
    hba = own_postgres.folder/'data'/'pg_hba.conf'
    hba.write_text('local all ada scram-sha-256\n' + hba.read_text())
    own_postgres.run('SELECT pg_reload_conf()')
    def told():
        with pytest.raises(StoreError) as e: JobStore(url.replace('jobtrack@', 'ada:tops3cret@'))
        assert 'tops3cret' not in str(e.value)
        return str(e.value)
    until(lambda: 'Check user and password' in told(), 'the server to have read its file again')
    with pytest.raises(StoreError, match='Grant'): JobStore(url.replace('jobtrack@', 'ada:right@'))   # may look, may not make tables

@pytest.mark.parametrize('how', ['restart', 'crash'])
def test_a_server_that_was_restarted_is_found_again(own_postgres, how):
    with JobStore(own_postgres.create(), timeout=5) as s:
        s.add(Job(id='a')), s.wait_change(0)
        if how == 'restart': own_postgres.restart()
        else: own_postgres.crash(), own_postgres.start()
        assert s.move('a', (P, 0), dict(status=R, attempt=1), 'running', now(), attempt=1).type == 'running'
        assert s.get('a').status is R and [e.type for e in s.events()] == ['created', 'running'] and s.counts()['running'] == 1
        seen = s.version()
        with JobStore(s.url.render_as_string()) as other: other.add(Job(id='b'))
        assert s.wait_change(20, seen)

def test_a_server_that_is_gone_is_told_and_nothing_is_written_twice(own_postgres):
    with JobStore(own_postgres.create(), timeout=2) as s:
        s.add(Job(id='a')), s.wait_change(0)
        own_postgres.stop()
        for call in (lambda: s.add(Job(id='b')), lambda: s.get('a'), lambda: s.apply([Move('a', None, {}, 'x', now())]), s.version, lambda: s.wait_change(5)):
            with pytest.raises(StoreError): call()
        own_postgres.start()
        assert s.add(Job(id='b')) and [(e.job_id, e.type) for e in s.events()] == [('a', 'created'), ('b', 'created')]

class Cutter:
    "A socket in `folder` that passes everything on to a server's. `cut(word, arrives)` cuts the line when `word` is next sent: before it arrives, or before the answer comes back."
    def __init__(self, folder, target): self.folder, self.target, self.word, self.cuts = folder, target, None, 0
    def cut(self, word, arrives): self.word, self.arrives = word, arrives
    def __enter__(self):
        self.loop, ready = asyncio.new_event_loop(), threading.Event()
        async def main():
            self.over = asyncio.Event()
            async with await asyncio.start_unix_server(self._serve, self.folder/'.s.PGSQL.5432'):
                ready.set()
                await self.over.wait()
            for t in asyncio.all_tasks() - {asyncio.current_task()}: t.cancel()
        self.thread = threading.Thread(target=lambda: self.loop.run_until_complete(main()))
        self.thread.start()
        assert ready.wait(20)
        return self
    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.over.set)
        self.thread.join(20), self.loop.close()
    async def _serve(self, reader, writer):
        r, w = await asyncio.open_unix_connection(self.target)
        async def back():
            while data := await r.read(65536): writer.write(data)
            writer.close()
        pump = asyncio.ensure_future(back())
        try:
            while data := await reader.read(65536):
                if self.word is not None and self.word in data:
                    self.word, self.cuts = None, self.cuts + 1
                    if self.arrives:
                        pump.cancel()
                        await asyncio.wait([pump])
                        w.write(data)
                        await r.read(65536)
                    break
                w.write(data)
        finally: pump.cancel(), w.close(), writer.close()

def cut_url(url, folder): return url[:url.index('host=')] + f'host={quote(str(folder), safe="")}'

@pytest.mark.parametrize('word', [b'BEGIN', b'INSERT'])
@pytest.mark.parametrize('arrives', [False, True])
def test_a_line_that_breaks_before_the_commit_is_mended_unseen(postgres, postgres_url, tmp_path, word, arrives):
    with Cutter(tmp_path, postgres.folder/'.s.PGSQL.5432') as line, JobStore(cut_url(postgres_url, tmp_path)) as s:
        s.add(Job(id='a'))
        line.cut(word, arrives)
        assert s.add(Job(id='b'), {'x': 1}, queued=True).data == {'x': 1} and line.cuts == 1
        assert [(e.job_id, e.type) for e in s.events()] == [('a', 'created'), ('b', 'created'), ('b', 'queued')]

@pytest.mark.parametrize('call', ['add', 'apply', 'open_lease'])
@pytest.mark.parametrize('arrives', [False, True])
def test_a_commit_whose_answer_was_lost_is_told_and_not_repeated(postgres, postgres_url, tmp_path, arrives, call):
    with Cutter(tmp_path, postgres.folder/'.s.PGSQL.5432') as line, JobStore(cut_url(postgres_url, tmp_path)) as s:
        s.add(Job(id='a'))
        line.cut(b'COMMIT', arrives)
        with pytest.raises(StoreError, match='nobody knows whether this is on record.*before you repeat'): {'add': lambda: s.add(Job(id='b')), 'apply': lambda: s.apply([Add(Job(id='b')), Add(Job(id='c'))]), 'open_lease': lambda: s.open_lease({})}[call]()
        s.delete('none')   # comes after whatever the server still had to do
        assert (len(s.list()), len(s.events()), len(s.leases())) == ({'add': (2, 2, 0), 'apply': (3, 3, 0), 'open_lease': (1, 1, 1)}[call] if arrives else (1, 1, 0))

@pytest.mark.parametrize('word', [b'SELECT jobs', b'SELECT 1'])
def test_a_line_that_breaks_while_reading_is_mended_unseen(postgres, postgres_url, tmp_path, word):
    with Cutter(tmp_path, postgres.folder/'.s.PGSQL.5432') as line, JobStore(cut_url(postgres_url, tmp_path)) as s:
        s.add(Job(id='a')), s.get('a'), s.version()
        line.cut(word, False)
        assert s.get('a').id == 'a' and s.list() and s.version() and line.cuts == 1

def test_a_read_that_is_refused_is_a_store_error_and_the_next_one_is_not(database, store):
    """A right that was taken away, a server without memory, a value it does not take: the answer is an error in words, and the connection is kept."""
    store.add(Job(id='a'))
    if store.file:
        def rename(sql):
            with closing(sqlite3.connect(store.file)) as con: con.execute(sql)
    else: rename = lambda sql: server_sql(database, sql)
    for _ in range(8):   # more often than it takes until a statement is prepared
        try: assert store.get('a\0') is None
        except StoreError as e: assert 'NUL' in str(e)
        assert store.get('a').id == 'a'
    rename('ALTER TABLE events RENAME TO events_')
    for call in (store.events, lambda: store.events(job_id='a'), store.records, store.last_seq):
        with pytest.raises(StoreError, match='events'): call()
        assert store.get('a').id == 'a'
    rename('ALTER TABLE events_ RENAME TO events')
    assert [e.type for e in store.events()] == ['created'] and len(store.records()) == 1 and store.add(Job(id='b')).seq == store.last_seq()

# --- processes that stand still

STOPS = """
import psycopg, signal
from cjm_jobtrack.model.job import Add
stop, times = sys.argv[2], int(sys.argv[3])
execute = psycopg.Connection.execute
def halt(): os.kill(os.getpid(), signal.SIGSTOP)
with JobStore(sys.argv[1], timeout=2) as s:
    db, left = s._db, times
    def stopping(real, nth=1):
        seen = 0
        def f(*args, **kw):
            global left
            nonlocal seen
            seen += 1
            if left and seen >= nth: left -= 1; halt()
            return real(*args, **kw)
        return staticmethod(f)
    s.add(Job(id='first'))
    if stop == 'pipeline': psycopg.Connection.execute = lambda con, sql, *args, _f=stopping(execute, 2).__func__, **kw: (_f if 'INSERT INTO jobs' in str(sql) else execute)(con, sql, *args, **kw)
    else: setattr(db, stop, stopping(getattr(db, stop)))
    try: out = [bool(x) for x in s.apply([Add(Job(id='slept')), Add(Job(id='slept too'))][:int(sys.argv[4])])]
    except Exception as e: out = [type(e).__name__, str(e)]
    print(json.dumps(out))
"""

def until_stopped(child, deadline=60):
    end = time.monotonic() + deadline
    while True:
        pid, status = os.waitpid(child.pid, os.WNOHANG|os.WUNTRACED)
        if pid:
            assert os.WIFSTOPPED(status), status
            return
        assert time.monotonic() < end, 'it did not stop'
        time.sleep(.01)

@pytest.mark.parametrize('stop, times, ops', [('commit', 1, 1), ('commit', 2, 1), ('run', 1, 2), ('pipeline', 1, 2), ('commit', 1, 2)])
def test_whoever_is_suspended_while_writing_keeps_nobody_else_from_it(postgres_url, stop, times, ops):
    with JobStore(postgres_url, timeout=4) as s:
        child = subprocess.Popen([sys.executable, '-c', CHILD+STOPS, postgres_url, stop, str(times), str(ops)], stdout=subprocess.PIPE, text=True)
        try:
            for n in range(times):
                until_stopped(child)
                assert s.add(Job(id=f'awake{n}'))   # after the second that the server waits, or when its own wait was in vain
                child.send_signal(signal.SIGCONT)
            out = json.loads(child.communicate(timeout=60)[0])
        finally:
            child.kill(), child.wait(), child.stdout.close()
        written = {j.id for j in s.list()} - {'first', 'awake0', 'awake1'}
        if times == 2: assert out[0] == 'StoreError' and 'stood still' in out[1] and not written
        elif (stop, ops) == ('commit', 2): assert out == [True]*2 and len(written) == 2 or out[0] == 'StoreError' and 'nobody knows' in out[1] and not written   # who hung up decides
        else: assert out == [True]*ops and written == {'slept', 'slept too'} - ({'slept too'} if ops == 1 else set())   # it never noticed
        assert len(s.events()) == len(s.list())

def test_whoever_is_killed_while_writing_leaves_the_turn_to_others(postgres_url):
    with JobStore(postgres_url, timeout=10) as s:
        child = subprocess.Popen([sys.executable, '-c', CHILD+STOPS, postgres_url, 'commit', '1', '1'], stdout=subprocess.DEVNULL)
        try: until_stopped(child)
        finally: child.kill(), child.wait()
        assert s.add(Job(id='a')) and [j.id for j in s.list()] == ['a', 'first']

def test_a_url_may_say_how_the_server_is_called(postgres_url):
    ask = lambda s, name: s._read(lambda con: con.execute(f'SHOW {name}').fetchone()[0])
    said = lambda s: s._read(lambda con: con.info.get_parameters())
    with JobStore(postgres_url, timeout=8) as s:
        assert (ask(s, 'lock_timeout'), ask(s, 'idle_in_transaction_session_timeout'), ask(s, 'application_name')) == ('8s', '4s', 'jobtrack')
        assert {k: said(s)[k] for k in ('keepalives_idle', 'keepalives_interval', 'keepalives_count', 'tcp_user_timeout')} == dict(keepalives_idle='8', keepalives_interval='2', keepalives_count='3', tcp_user_timeout='16000')
    mine = '&keepalives_idle=77&application_name=mine&options=-c%20idle_in_transaction_session_timeout%3D60s%20-c%20synchronous_commit%3Doff'
    with JobStore(postgres_url + mine, timeout=8, durability='full') as s:
        assert [ask(s, n) for n in ('lock_timeout', 'idle_in_transaction_session_timeout', 'application_name', 'synchronous_commit')] == ['8s', '1min', 'mine', 'on'] and said(s)['keepalives_idle'] == '77'

# --- a disk that is full

@pytest.fixture
def small_disk(tmp_path):
    disk = tmp_path/'disk'
    disk.mkdir()
    done = subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=1m', 'jobtrack-test', disk], capture_output=True, text=True)
    if done.returncode: pytest.skip(f'no small disk can be mounted here: {done.stderr.strip()}')
    yield disk
    subprocess.run(['umount', disk], check=True)

def test_a_full_disk_is_told_and_what_was_acknowledged_stays(small_disk):
    with JobStore(url(small_disk/'jobs.db')) as s:
        kept = []
        with pytest.raises(StoreError, match='Make room on the disk'):
            for i in range(10**5): s.apply([Add(Job(id=f'a{i}', spec={'x': 'y'*500})), Add(Job(id=f'b{i}'))]), kept.append(i)
        assert len(kept) > 20 and {j.id for j in s.list()} == {f'{c}{i}' for c in 'ab' for i in kept} and len(s.events()) == 2*len(kept)
        with pytest.raises(StoreError, match='Make room'):
            while True: s.add(Job(spec={'x': 'y'*500}))
    with JobStore(url(small_disk/'jobs.db')) as s: assert len(s.list()) == len(s.events()) >= 2*len(kept)
    for f in files(small_disk): shutil.copy(small_disk/f, small_disk.parent)   # where there is room
    with JobStore(url(small_disk.parent/'jobs.db')) as s: assert s.add(Job(id='more')) and len(s.list()) == len(s.events()) > 2*len(kept)

def test_a_copy_that_finds_no_room_does_not_blame_the_record(small_disk):
    with JobStore(url(small_disk.parent/'jobs.db')) as s:
        s.apply([Add(Job(id=f'a{i}', spec={'x': 'y'*10000})) for i in range(200)])
        with pytest.raises(StoreError, match='cannot be copied to .*disk/copy.db: there is no room') as e: s.backup(small_disk/'copy.db')
        assert 'nothing was written to the record' not in str(e.value) and not files(small_disk)

# --- the list of what writes

def test_every_method_that_writes_is_on_the_list(database):
    "Whoever adds one without `@_writes` is told here: all others leave the database as it is."
    with JobStore(database) as s, JobStore(database) as watcher:
        s.apply([Add(Job(id='a'), None, True, 'b'), Add(Job(id='done', status=C))])
        names = {n for n in dir(JobStore) if not n.startswith('_') and callable(getattr(JobStore, n))}
        assert set(WRITES) <= names and len(WRITES) == len({*WRITES})
        calls = dict(get=('a',), get_many=(['a'],), places=(['a'],), submitted=(['call'],), wait_change=(0,), list=(), counts=(), events=(), last_seq=(), leases=(), list_nodes=(), list_tokens=(), list_webhooks=(), list_audit=(), select_ended=(), cutoff=(1,), records=(), version=(), interrupt=(), backup=(Path(str(s.file)+'.copy'),), close=())
        assert names - set(WRITES) == set(calls)
        watcher.wait_change(0)
        for name in names - set(WRITES) - {'backup' if not s.file else ''}: getattr(s, name)(*calls[name])
        assert not watcher.wait_change(.1)

def test_a_store_in_memory_is_read_while_another_thread_writes():
    store, over = MemoryStore(), threading.Event()
    def write():
        for n in range(20_000):
            if over.is_set(): return
            store.add(Job(id=f'{n}', name=f'job-{n}'))
            if n % 3 == 2: store.delete_many([f'{n-1}'])
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    writer = threading.Thread(target=write)
    try:
        writer.start()
        for _ in range(200): store.events(), store.counts(), store.list(limit=3), store.last_seq()
    finally:
        sys.setswitchinterval(interval)
        over.set()
        writer.join()
    assert store.last_seq() == store.events()[-1].seq and len(store.list()) == store.counts()['pending']
