"""Values as people give them: data that refers to itself, numbers of every kind, names that are not UTF-8. They come back as they were, or are refused when the job is made.

What uses `database` runs on SQLite and PostgreSQL."""
import io, json, math, os, time
from collections import OrderedDict
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
import pytest
from cjm_jobtrack.model.errors import InvalidInput
from cjm_jobtrack.maintenance.transfer import export_jobs, import_jobs
from cjm_jobtrack.model.job import Job, JobStatus, jsonable, number, percentage
from cjm_jobtrack.logs.progress import read_json
from cjm_jobtrack.tracker.tracker import JobTracker
from cjm_jobtrack.runners.call import CallRunner
from cjm_jobtrack.runners.outcome import Report
from cjm_jobtrack.runners.process import ProcessRunner
from cjm_jobtrack.queue.queue import JobQueue

# --- data that refers to itself

@dataclass
class Segment: words:list = field(default_factory=list)
@dataclass
class Word: text:str; segment:Segment

def twice(deep=60):
    "Shared at each level: written out, it would have 2**60 parts."
    v = []
    for _ in range(deep): v = [v, v]
    return v

def knot():
    a = []
    a += [a, a]
    return a

def segment():
    s = Segment()
    s.words = [Word(str(n), s) for n in range(3)]
    return s

def mutual():
    a, b = {}, {}
    a |= dict(b=b, name='a')
    b |= dict(a=a, both=[a, b])
    return a

def texts(): return ['x'*100_000]*10_000

KNOTS = [knot, segment, mutual, twice, texts]

def test_a_cycle_is_cut_where_it_closes():
    cut = '<list that this is part of>'
    assert jsonable(knot()) == [cut, cut]
    assert jsonable(segment()) == {'words': [{'text': str(n), 'segment': '<Segment that this is part of>'} for n in range(3)]}
    assert jsonable(mutual()) == {'b': {'a': '<dict that this is part of>', 'both': ['<dict that this is part of>']*2}, 'name': 'a'}

def test_what_is_shared_is_written_where_it_occurs():
    row = {'a': [1, {'b': 'x'*200}]}
    assert jsonable([row]*5000) == [row]*5000
    assert jsonable({n: (row, row) for n in range(3)}) == {str(n): [row, row] for n in range(3)}

def test_what_occurs_once_is_never_left_out():
    class Made:
        def __init__(self, n): self.n = n
        def to_dict(self): return {'n': self.n, 'parts': [[self.n]]}
    assert jsonable([Made(n) for n in range(5_000)]) == [{'n': n, 'parts': [[n]]} for n in range(5_000)]
    whole = [[{'n': [n]}] for n in range(20_000)]
    assert jsonable(whole) == whole

@pytest.mark.parametrize('make', [*KNOTS])
def test_whatever_refers_to_itself_has_an_end(make):
    began = time.process_time()
    assert len(json.dumps(jsonable(make()))) < 50 << 20
    assert len(Job(result=make(), metadata={'it': make()}).to_json()) < 100 << 20
    assert time.process_time() - began < 60

# --- data that is made anew whenever one looks

class Chain:
    def to_dict(self): return {'a': Chain(), 'b': Chain()}

class Lists:
    def tolist(self): return [Lists() for _ in range(3)]

class Rows(list):
    def __iter__(self):
        while True: yield [1]

class Nested(list):
    def __iter__(self):
        while True: yield Nested([1]*10)

class Items(dict):
    def items(self):
        while True: yield 'a', Items(b=[1])

class Twins(list):
    "Yields as many as it holds, and new ones."
    def __iter__(self): return iter([Twins([1, 1]), Twins([1, 1])])

class Wide(list):
    def __iter__(self):
        while True: yield [1]*1000

@pytest.mark.parametrize('make', [Chain, Lists, Rows, lambda: Nested([1]*10), lambda: Items(a=1), lambda: Twins([1, 1]), Wide])
def test_what_makes_new_parts_for_ever_has_an_end(make):
    began = time.process_time()
    assert len(json.dumps(jsonable(make()))) < 10 << 20
    assert time.process_time() - began < 10   # seconds; less than one when the machine has nothing else to do

def test_classes_that_make_their_parts_are_written_whole():
    class Squares(list):
        def __iter__(self): return iter({'n': n*n} for n in range(20_000))
    class Tree:
        def __init__(self, deep): self.deep = deep
        def to_dict(self): return {'parts': [Tree(self.deep-1), Tree(self.deep-1)] if self.deep else []}
    assert jsonable(Squares()) == [{'n': n*n} for n in range(20_000)]
    assert '<' not in json.dumps(jsonable(Tree(9)))
    ordered = OrderedDict(rows=[OrderedDict(n=n, words=[OrderedDict(w=[n])]) for n in range(20_000)])
    assert jsonable(ordered) == json.loads(json.dumps(ordered))

MANY = 300_000

class Array:
    def __init__(self, n): self.n = n
    def tolist(self): return [*range(self.n)]

class Model:
    "Its parts may be models, as deep as people nest them."
    def __init__(self, **parts): self.parts = parts
    def to_dict(self): return self.parts

class MO(OrderedDict): pass

class Own(dict):
    "Yields what it holds in a way of its own."
    def items(self): return ((k, self[k]) for k in self)

class Lazy(list):
    "Holds nothing: its rows are read when they are wanted."
    def __iter__(self): return ({'n': n, 'text': 'hello'} for n in range(150_000))

LARGE = [(lambda: Model(e=Array(MANY)), {'e': [*range(MANY)]}),
         (lambda: Model(a=Model(b=Model(e=Array(MANY)))), {'a': {'b': {'e': [*range(MANY)]}}}),
         *((lambda kind=kind: kind(a=kind(x=[*range(MANY)]), b=[1]), {'a': {'x': [*range(MANY)]}, 'b': [1]}) for kind in (MO, Own)),
         (lambda: Own(a=Own(rows=[[n]*20 for n in range(100_000)])), {'a': {'rows': [[n]*20 for n in range(100_000)]}}),
         (Lazy, [{'n': n, 'text': 'hello'} for n in range(150_000)])]

@pytest.mark.parametrize('make, whole', LARGE, ids=['array', 'array deep down', 'ordered', 'own items', 'rows of own items', 'lazy rows'])
def test_a_large_result_is_written_whole_and_so_is_what_comes_after_it(make, whole):
    after = {'text': 'hello', 'rows': [{'n': [1]}], 'array': [0, 1]}
    written = jsonable(Model(first=make(), after={'text': 'hello', 'rows': [{'n': [1]}], 'array': Array(2)}))
    assert written['after'] == after and written['first'] == whole
    assert jsonable(make()) == whole

def test_a_set_that_yields_its_parts_in_its_own_way_is_written_in_order():
    class Backwards(set):
        def __iter__(self): return iter(sorted(set(super().__iter__()), reverse=True))
    assert jsonable(Backwards([1, 2, 3])) == [1, 2, 3]

# --- on record

@pytest.mark.parametrize('where, make', [*((w, m) for w in ('result', 'note') for m in KNOTS), ('metadata', twice), ('metadata', knot), ('spec', texts), ('spec', knot)])
def test_it_is_put_on_record_and_holds_up_nobody(database, where, make):
    def work(report):
        if where == 'note': report.note('found', {'it': make()})
        return make() if where == 'result' else 1
    calls = CallRunner()
    with JobTracker(database) as tracker, JobQueue(tracker, calls, slots=2) as queue:
        more = {'metadata': {'it': make()}} if where == 'metadata' else {}
        job = queue.submit(tracker.create_job('odd', spec=calls.call(work) | ({'it': make()} if where == 'spec' else {}), **more))
        other = queue.submit(tracker.create_job('plain', spec=calls.call(lambda: 1)))
        for j in (job, other): assert tracker.join(j.id, 60).status == JobStatus.COMPLETED
        assert len(json.dumps(job.to_dict())) < 100 << 20
    with JobTracker(database) as tracker:
        seen = tracker.get_job(job.id).to_dict() | {'note': [e.data for e in tracker.history(job.id) if e.type == 'found']}
        if make is knot: assert '<list that this is part of>' in json.dumps(seen[where])

# --- numbers

try: import numpy as np
except ImportError: np = None

class Tensor:
    "A number of somebody else's."
    def __init__(self, n): self.n = n
    def __float__(self): return float(self.n)

class Count:
    def __init__(self, n): self.n = n
    def __index__(self): return self.n

def kinds(n):
    plain = [int(n), float(n), Decimal(str(n)), Fraction(n), Tensor(n), Count(n)]
    return plain if np is None else plain + [np.float32(n), np.float64(n), np.float16(n), np.int64(n), np.uint8(n), np.array(n), np.array(n, dtype='float32')]

def test_a_number_of_any_kind_is_one():
    for x in kinds(50): assert number(x) == percentage(x) == 50. and type(percentage(x)) is float
    foreign = [] if np is None else [np.True_, np.array(True), np.array([50]), np.complex64(50), np.str_('50')]
    for x in (True, '50', b'50', None, [50], 50+0j, object(), print, *foreign): assert number(x) is None, x
    assert number(10**400) is None and math.isnan(number(float('nan')))

BEYOND = [101, -1, float('nan'), float('inf'), 100.001, -.001, Decimal('NaN'), Decimal('1e999'), Fraction(201, 2), 10**400, True, '50', [50]]

@pytest.mark.parametrize('given, percent', [(100.00000000000001, 100.), (-1e-12, 0.), (-0., 0.), (100 + 1e-7, 100.), (Decimal('99.9'), 99.9)])
def test_rounding_is_taken_off(given, percent): assert percentage(given) == percent and math.copysign(1, percentage(given)) == 1

@pytest.mark.parametrize('bad', BEYOND, ids=repr)
def test_what_is_no_percentage_is_refused(bad):
    with pytest.raises(InvalidInput, match='`percent`.*from 0 to 100'): percentage(bad)
    with JobTracker() as t:
        t.mark_running((job := t.create_job('x')).id)
        for tell in (t.mark_progress, lambda i, p: Report(t, i, 1).progress(p)):
            with pytest.raises(InvalidInput, match='percent'): tell(job.id, bad)
        assert job.progress is None

def sums(): return [100/6*n for n in range(1, 6)] + [sum([100/6]*6)]

def by_report(report):
    for p in sums(): report.progress(p)
    report.progress(Decimal('100'), 'last')
    return 'text'

def by_yield():
    for p in sums(): yield p
    yield Fraction(100), 'last'
    yield {'percent': Decimal(100), 'message': 'last'}
    return 'text'

async def on_loop(report): return by_report(report)

async def by_async_yield():
    for p in sums(): yield p
    yield Decimal(100)

@pytest.mark.parametrize('pool', ['thread', 'process'])
@pytest.mark.parametrize('work', [by_report, by_yield, on_loop, by_async_yield])
def test_a_function_that_adds_up_its_progress_completes(work, pool):
    runner = CallRunner(pool=pool)
    with JobTracker() as tracker, JobQueue(tracker, runner) as queue:
        job = tracker.join(queue.submit(tracker.create_job('x', spec=runner.call(work))).id, 60)
        assert (job.status, job.failure, job.progress) == (JobStatus.COMPLETED, None, 100.)

def test_a_program_that_adds_up_its_progress_is_read():
    assert read_json(json.dumps({'progress': sum([100/6]*6)})).percent == 100. and read_json('{"progress": 101}') is None

def test_what_a_job_is_asked_with_may_be_numbers_of_any_kind(database):
    with JobTracker(database) as t:
        job = t.create_job('x', priority=Count(3), max_attempts=Count(2), timeout=Fraction(3, 2))
        assert (job.priority, job.max_attempts, job.timeout) == (3, 2, 1.5)
        assert [type(v) for v in (job.priority, job.max_attempts, job.timeout)] == [int, int, float]
        for bad in (dict(priority=1.5), dict(priority=True), dict(max_attempts='2'), dict(timeout='5'), dict(timeout=float('nan')), dict(timeout=True)):
            with pytest.raises(InvalidInput, match=next(iter(bad))): t.create_job('x', **bad)

# --- names that are not UTF-8

NAME = 'caf\udce9.txt'
SPECS = [{'argv': ['touch', NAME]}, {NAME: 1}, {'deep': [{'x': (NAME, 'ä\0')}]}, {'cwd': f'/tmp/{NAME}', 'ok': '漢字'}, {'half': '\ud83d'}]

def on_record(v, database):
    "PostgreSQL knows no text with a NUL in it."
    return json.loads(json.dumps(v).replace('\\u0000', '\\\\x00' if 'postgres' in database else '\\u0000'))

@pytest.mark.parametrize('spec', SPECS, ids=ascii)
def test_the_bytes_of_an_argument_come_back_from_the_record(database, spec):
    with JobTracker(database) as t: job = t.create_job('x', spec=spec)
    with JobTracker(database) as t:
        assert t.get_job(job.id).spec == on_record(spec, database)
        t.get_job(job.id).to_json().encode()   # what is sent is text
        t.mark_running(job.id), t.mark_completed(job.id, spec)
    with JobTracker(database) as t: assert t.get_job(job.id).result == on_record(spec, database)

@pytest.mark.parametrize('spec', SPECS, ids=ascii)
def test_the_bytes_of_an_argument_survive_export_and_import(database, spec):
    first, second = io.BytesIO(), io.BytesIO()
    with JobTracker() as origin:
        job = origin.create_job('x', spec=spec)
        origin.mark_running(job.id), origin.mark_completed(job.id, spec)
        export_jobs(origin, first)
    with JobTracker(database) as t:
        assert import_jobs(t, io.BytesIO(first.getvalue())).ok
        export_jobs(t, second)
    with JobTracker() as t:
        assert import_jobs(t, io.BytesIO(second.getvalue())).ok
        assert t.get_job(job.id).spec == t.get_job(job.id).result == on_record(spec, database)
        assert import_jobs(t, io.BytesIO(second.getvalue())).ok   # known, and the same

def test_bytes_and_paths_too(database, tmp_path):
    with JobTracker(database) as t: job = t.create_job('x', spec={'argv': [b'caf\xe9.txt', tmp_path/NAME]})
    with JobTracker(database) as t: assert [os.fsencode(a) for a in t.get_job(job.id).spec['argv']] == [b'caf\xe9.txt', os.fsencode(tmp_path/NAME)]

def test_the_name_of_a_job_is_the_same_on_every_record(database):
    with JobTracker(database) as t: live = t.create_job(NAME)
    with JobTracker(database) as t: assert t.get_job(live.id).name == live.name == 'caf\\udce9.txt'

def test_a_program_is_given_the_very_bytes_after_a_restart(database, tmp_path):
    made = os.fsencode(tmp_path)+b'/caf\xe9.txt'
    with JobTracker(database) as t:
        job = JobQueue(t, ProcessRunner(tmp_path/'attempts', t.logs)).create_job('x', runner='process', spec={'argv': ['touch', f'{tmp_path}/{NAME}']})
    with JobTracker(database) as t, JobQueue(t, ProcessRunner(tmp_path/'attempts', t.logs)): assert t.join(job.id, 60).status == JobStatus.COMPLETED
    assert os.path.exists(made) and [n for n in os.listdir(os.fsencode(tmp_path)) if n.startswith(b'caf')] == [b'caf\xe9.txt']
