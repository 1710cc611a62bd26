"Store: one true record, in files that may be damaged, foreign, shared, or cut off in the middle of a write."
import json, os, shutil, signal, sqlite3, subprocess, sys, threading
from pathlib import Path
import pytest
from hypothesis import given, settings, strategies as st
from cjm_jobtrack.core.errors import InvalidInput, StoreError, UnknownNode
from cjm_jobtrack.core.job import Failure, Job, JobStatus, OutputFile, now
from cjm_jobtrack.core.store import SCHEMA_VERSION, JobStore
from cjm_jobtrack.core.tracker import MemoryStore

P, R, C, F, X = JobStatus

def url(path): return f'sqlite:///{path}'

@pytest.fixture
def db(tmp_path): return tmp_path/'jobs.db'

@pytest.fixture
def store(db):
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
            with self.s._tx(write=True) as con: con.exec_driver_sql(self.sql)
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
    'damaged, killed':     lambda p: scribble(killed(p, open_store), 4096*9, os.urandom(4096)),
    'damaged, killed, with index': lambda p: scribble(killed(p, open_store, '-shm'), 4096*9, os.urandom(4096)),
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

@pytest.fixture(scope='module')
def one_store(tmp_path_factory):
    with JobStore(url(tmp_path_factory.mktemp('s')/'jobs.db')) as s: yield s

@given(jobs, docs)
@settings(max_examples=60)
def test_a_job_comes_back_from_the_database_as_it_was(one_store, job, data):
    event = one_store.add(job, data)
    if event is None: return   # the same example again
    assert one_store.get(job.id) == job and one_store.events(job_id=job.id) == [event] and event.data == data

@pytest.mark.parametrize('changes', [dict(message='\udcff.wav'), dict(error='\udcff'), dict(result={'a': '\udcff', 'b': float('nan'), 'c': {1}}), dict(metadata={'p': Path('x')})])
def test_what_happened_is_kept_however_odd_its_words(store, changes):
    store.add(Job(id='7f3a', name='\udcff.wav'))
    assert store.move('7f3a', (P, 0), dict(status=F, **changes), 'failed', now(), {'why': '\udcff'})
    assert store.get('7f3a').status is F and store.get('7f3a').to_json().encode() and store.events()[-1].data == {'why': '\\udcff'}

def test_a_row_that_cannot_be_read_is_a_store_error(db, store):
    for n, (column, value) in enumerate([('status', 'almost'), ('spec', '{"a"'), ('outputs', '[{"x": 1}]'), ('metadata', b'\xff\xfe')]):
        store.add(Job(id=f'j{n}'))
        with sqlite3.connect(db) as con: con.execute(f'update jobs set {column}=? where id=?', (value, f'j{n}'))
        con.close()
        with pytest.raises(StoreError): store.get(f'j{n}')
    with pytest.raises(StoreError): store.list()

def test_numbers_are_not_used_twice(db):
    with JobStore(url(db)) as s:
        for i in 'ab': s.add(Job(id=i, status=C))
        assert s.delete('b') and not s.delete('b') and s.events(job_id='b') == []
    with JobStore(url(db)) as s: assert s.add(Job(id='b')).seq == 3 and [j.id for j in s.list()] == ['b', 'a']

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

def test_nodes(db, store):
    for n in [dict(id='2', name='b'), dict(id='1', name='b', gpu=True), dict(id='3', name='a')]: store.put_node(n)
    store.put_node(dict(id='2', name='c', url='http://x'))
    with JobStore(url(db)) as other: assert [n['id'] for n in other.list_nodes()] == ['3', '1', '2'] and other.list_nodes()[2]['url'] == 'http://x'
    store.delete_node('3')
    with pytest.raises(UnknownNode): store.delete_node('3')

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

@given(st.lists(calls, max_size=20))
@settings(max_examples=60)
def test_memory_and_database_give_the_same_answers(one_store, sequence):
    with one_store._tx(write=True) as con:
        for t in ('jobs', 'events', 'sqlite_sequence'): con.exec_driver_sql(f'delete from {t}')
    memory = MemoryStore()
    for name, *args in sequence + [('list',), ('events',), ('counts',), ('last_seq',)]:
        one, two = [getattr(s, name)(*(Job.from_dict(a.to_dict()) if isinstance(a, Job) else a for a in args)) for s in (memory, one_store)]
        assert one == two, (name, args)

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

def test_a_file_from_many_threads(store):
    assert many_add(store, 'f') == 200
    assert [e.seq for e in store.events()] == [*range(1, 201)]

CHILD = """
import os, sys
from cjm_jobtrack.core.job import Job, JobStatus as S, now
from cjm_jobtrack.core.store import JobStore
def gate(): print('ready', flush=True), input()
"""

def run_all(n, script, *args):
    "Run `script` in `n` processes that pass each `gate()` together; what they print in the end."
    ps = [subprocess.Popen([sys.executable, '-c', CHILD+script, *map(str, args)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(n)]
    while all((said := [p.stdout.readline() for p in ps])) and said == ['ready\n']*n:
        for p in ps: p.stdin.write('go\n'), p.stdin.flush()
    for p in ps: p.stdin.close(), p.wait(30), p.stdout.close()
    return [json.loads(s) for s in said]

OPENER = """
won = []
for i in range(15):
    gate()
    with JobStore(f'{sys.argv[1]}{i}') as s: won.append(s.add(Job(id='same')) is not None)
print([int(w) for w in won])
"""

RACER = """
with JobStore(sys.argv[1]) as s:
    gate()
    print([i for i in range(150) if s.move(f'j{i}', (S.PENDING, 0), dict(status=S.RUNNING, attempt=1, node=str(os.getpid())), 'running', now(), {'by': os.getpid()}, attempt=1)])
"""

def test_processes_that_make_the_same_file_at_once(db):
    said = run_all(4, OPENER, url(db))
    assert [sum(s) for s in zip(*said)] == [1]*15

def test_of_two_processes_that_move_a_job_one_wins(db):
    with JobStore(url(db)) as s:
        for i in range(150): s.add(Job(id=f'j{i}'))
        a, b = run_all(2, RACER, url(db))
        assert sorted(a+b) == [*range(150)]
        moved = [e for e in s.events() if e.type == 'running']
        assert len(moved) == 150 and {(e.job_id, str(e.data['by'])) for e in moved} == {(j.id, j.node) for j in s.list()}

def test_a_lock_that_is_not_given_back_is_told(db, store):
    with JobStore(url(db), timeout=.1) as s:
        with store._tx(write=True):
            with pytest.raises(StoreError, match='Another process holds it'): s.add(Job(id='a'))
            assert s.list() == []   # reading goes on
        assert s.add(Job(id='a'))

def test_a_transaction_that_raises_leaves_nothing(store):
    with pytest.raises(ZeroDivisionError):
        with store._tx(write=True) as con: con.exec_driver_sql("insert into nodes values ('1', 'a', '{}')"), 1/0
    assert store.list_nodes() == []

def test_version_tells_of_others(db, store):
    with JobStore(url(db)) as other:
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
from cjm_jobtrack.core.job import Job, JobStatus, now
from cjm_jobtrack.core.store import JobStore
s, P, R, C = JobStore(sys.argv[1], durability=sys.argv[2]), *list(JobStatus)[:3]
for i in range(10**6):
    s.add(Job(id=f'j{i}', spec={'text': 'x'*300}))
    s.move(f'j{i}', (P, 0), dict(status=R, attempt=1), 'running', now(), attempt=1)
    s.move(f'j{i}', (R, 1), dict(status=C, result=i), 'completed', now())
    print(i, flush=True)
'''

@pytest.mark.parametrize('durability', ['normal', 'full'])
def test_what_was_acknowledged_is_there_after_a_kill(db, durability):
    told = -1
    for stop_at in (1, 5, 400 if durability == 'normal' else 40):   # the last is beyond the first checkpoint
        db = db.with_name(f'jobs{stop_at}.db')
        p = subprocess.Popen([sys.executable, '-c', WRITER, url(db), durability], stdout=subprocess.PIPE, text=True)
        for line in p.stdout:
            told = int(line)
            if told == stop_at: p.send_signal(signal.SIGKILL)
        p.wait(), p.stdout.close()
        with JobStore(url(db)) as s:
            done = s.list([C])
            assert {j.id: j.result for j in done}.items() >= {f'j{i}': i for i in range(told+1)}.items()
            types = lambda id: [e.type for e in s.events(job_id=id)]
            told_by_row = dict(pending=['created'], running=['created', 'running'], completed=['created', 'running', 'completed'])
            assert all(types(j.id) == told_by_row[j.status] for j in s.list(limit=20))
            assert [e.seq for e in s.events()] == [*range(1, s.last_seq()+1)]

def test_the_last_cursor_is_the_same_after_the_latest_job_was_deleted(one_store):
    "In memory as in the database: of what is on record, not of what once was."
    memory = MemoryStore()
    for s in (memory, one_store):
        before = s.last_seq()
        for job_id in ('stays', 'goes'): s.add(Job(id=job_id, status=JobStatus.COMPLETED))
        s.delete('goes')
        assert s.last_seq() == before + 1 and [e.job_id for e in s.events(before)] == ['stays']
