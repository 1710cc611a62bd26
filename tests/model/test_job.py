"Job: the table of moves, exact JSON, and values that have no JSON form."
import json
from dataclasses import dataclass, fields
from datetime import datetime, timezone
from pathlib import Path
import pytest
from hypothesis import given, strategies as st
from cjm_jobtrack.model.errors import IllegalMove, InvalidInput
from cjm_jobtrack.model.job import (MOVES, Failure, Job, JobEvent, JobStatus, OutputFile, check_id, check_move, elapsed_s, epoch, jsonable, new_id, now, repeat_options,
    read_statuses, spec_differences)

P, R, C, F, X = JobStatus
LEGAL = {(P, R), (P, X), (P, F), (R, C), (R, F), (R, X), (R, P)}

# --- moves

@pytest.mark.parametrize('frm', JobStatus)
@pytest.mark.parametrize('to', JobStatus)
def test_every_move_is_legal_or_refused_by_name(frm, to):
    if (frm, to) in LEGAL: return check_move('7f3a', frm, to)
    with pytest.raises(IllegalMove) as e: check_move('7f3a', frm, to)
    assert (e.value.job_id, e.value.frm, e.value.to) == ('7f3a', frm.value, to.value)
    assert all(w in str(e.value) for w in ('7f3a', frm.value, to.value))

def test_terminal_is_what_nothing_follows():
    assert {s for s in JobStatus if s.is_terminal} == {s for s in JobStatus if not MOVES[s]} == {C, F, X}

def test_a_status_that_is_none_is_shown_as_it_was_given():
    with pytest.raises(InvalidInput, match="^`status` is 'done'"): read_statuses('done')
    with pytest.raises(InvalidInput, match=r"^`status` is \['done'\]"): read_statuses(['done'])

def test_a_status_given_as_text_is_a_status():
    assert Job(status='running').status is R and not Job(status='running').is_terminal
    with pytest.raises(ValueError): Job(status='almost done')

# --- JSON

text = st.text(max_size=12)
values = st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | text,
                      lambda v: st.lists(v, max_size=3) | st.dictionaries(text, v, max_size=3), max_leaves=8)
docs, instants = st.dictionaries(text, values, max_size=3), st.datetimes(timezones=st.just(timezone.utc)).map(datetime.isoformat)
maybe = lambda s: st.none() | s
failures = st.builds(Failure, kind=text, message=text, exit_code=maybe(st.integers(0, 255)), signal=maybe(text), evidence=docs, hint=maybe(text))
outputs = st.builds(OutputFile, name=text, path=text, size=st.integers(0, 2**40), sha256=maybe(text), content_type=maybe(text), modified=maybe(instants))
jobs = st.builds(Job, id=st.uuids().map(str), name=text, runner=text, spec=docs, status=st.sampled_from(JobStatus), progress=maybe(st.floats(0, 100)), message=maybe(text),
    priority=st.integers(-9, 9), attempt=st.integers(0, 9), max_attempts=st.integers(1, 9), timeout=maybe(st.floats(.1, 1e6)), node=maybe(text), remote_id=maybe(text),
    created_at=instants, updated_at=maybe(instants), started_at=maybe(instants), completed_at=maybe(instants), result=values, error=maybe(text), failure=maybe(failures),
    outputs=st.lists(outputs, max_size=2), metadata=docs, unreachable_since=maybe(instants))

@given(jobs)
def test_a_job_comes_back_from_json_as_it_was(job):
    job.task = object()
    back = Job.from_json(job.to_json())
    assert back == job and back.task is None and 'task' not in job.to_dict()
    assert set(job.to_dict()) == {f.name for f in fields(Job)} - {'task'}
    assert Job.from_dict(job.to_dict()) == job
    job.to_json().encode()

@given(st.builds(JobEvent, seq=maybe(st.integers(1)), job_id=text, attempt=st.integers(0, 9), type=text, at=instants, data=docs))
def test_an_event_comes_back_from_json_as_it_was(e): assert JobEvent.from_dict(json.loads(json.dumps(e.to_dict())) | {'added_later': 1}) == e

@pytest.mark.parametrize('field, value', [('status', 'almost'), ('status', None), ('failure', {'message': 'no kind'}),
                                          ('outputs', [{'name': 'a'}]), ('outputs', 7)])
def test_an_unreadable_field_is_named(field, value):
    with pytest.raises(InvalidInput) as e: Job.from_dict({'id': '7f3a', field: value})
    assert e.value.field == field

def test_a_subclass_reads_itself_back_and_misses_what_it_needs():
    @dataclass
    class Scan(Job):
        pages:int=0
    scan = Scan(id='7f3a', pages=3, created_at=now())
    assert type(Scan.from_dict(scan.to_dict())) is Scan and Scan.from_json(scan.to_json()) == scan
    assert Job.from_dict(scan.to_dict() | {'from_the_future': 1}).id == '7f3a'

# --- odd values

class Odd:
    def __repr__(self): return '<odd>'
class Raises:
    def __init__(self, how): self.how = how
    def __repr__(self): return '<raises>'
    def __getattr__(self, name):
        if name == self.how: return lambda: 1/0
        raise AttributeError(name)
class Chameleon:
    "Answers to any name, as mocks do, always with itself."
    def __getattr__(self, name): return lambda *a, **kw: self
    def __repr__(self): return '<chameleon>'
class Mute:
    def __repr__(self): raise RuntimeError('no words')
@dataclass
class Part: at:float; where:Path

@pytest.mark.parametrize('value, expected', [
    (float('nan'), None), (float('inf'), None), ((1, (2,)), [1, [2]]), ({3, 1, 2}, [1, 2, 3]), ({None: 1, 2: 3}, {'null': 1, '2': 3}), (b'a\xff', 'a\ufffd'), (Path('a/b'), 'a/b'),
    (P, 'pending'), (ValueError('no'), 'ValueError: no'), (Part(float('nan'), Path('x')), {'at': None, 'where': 'x'}), (datetime(2026, 3, 1, tzinfo=timezone.utc), '2026-03-01T00:00:00+00:00'),
    (Odd(), '<odd>'), ([Odd()], ['<odd>']), (Raises('to_dict'), '<raises>'), (Raises('tolist'), '<raises>'), (Raises('isoformat'), '<raises>'), (Chameleon(), '<chameleon>'),
    (datetime, "<class 'datetime.datetime'>"), (Part, repr(Part)), (10**40, 10**40), pytest.param(10**5000, '<int of 16610 bits>', id='a number of 5000 digits'), ('\udcff.wav', '\\udcff.wav'), ({'\udcff': 1}, {'\\udcff': 1}), (2+1j, '(2+1j)')])
def test_what_odd_values_become(value, expected):
    got = jsonable({'v': value})
    assert got == {'v': expected}
    json.dumps(got, allow_nan=False, ensure_ascii=False).encode()

def test_no_value_is_too_odd():
    loop = {}
    loop['me'] = [loop]
    deep = []
    for _ in range(100_000): deep = [deep]
    for v in (loop, deep, Mute(), [Mute()]): json.dumps(jsonable(v))
    while deep: deep = deep.pop()   # taken apart gently: freeing it in one go would recurse as well

class Array:
    "As NumPy, PyTorch and pandas do: a method that gives plain Python."
    def __init__(self, how, plain): setattr(self, how, lambda: plain)

@pytest.mark.parametrize('how', ['tolist', 'item', 'to_dict', 'model_dump', 'isoformat'])
def test_arrays_and_models_become_plain(how): assert jsonable([Array(how, {'a': (1, float('nan'))})]) == [{'a': [1, None]}]

def test_what_a_newer_version_adds_is_passed_over():
    d = Job(failure=Failure('exit', 'no'), outputs=[OutputFile('a', '/a', 1)]).to_dict()
    d['failure']['mood'] = d['outputs'][0]['colour'] = d['shape'] = 'new'
    assert Job.from_dict(d).failure == Failure('exit', 'no')

@given(values)
def test_what_is_json_stays_as_it_is(v): assert jsonable(v) == v

# --- ids, times, specs

@pytest.mark.parametrize('id', ['a', '7f3a', 'A-b_c.d', 'x'*128, pytest.param(new_id(), id='new')])
def test_ids_that_are_fit(id): assert check_id(id) == id

@pytest.mark.parametrize('id', ['', '.', '..', 'a..b', '-a', '.a', 'a/b', 'a\\b', 'a b', 'a\n', 'ä', 'x'*129, None, 7, b'a', 'a\0'])
def test_ids_that_are_not(id):
    with pytest.raises(InvalidInput) as e: check_id(id)
    assert e.value.field == 'id'

def test_instants_sort_as_text_and_count_as_seconds():
    a, b = now(), now()
    assert a <= b and a.endswith('+00:00') and len(a) == len(b) == 32
    assert (elapsed_s(None), elapsed_s(b, a)) == (None, 0. if b > a else elapsed_s(b, a)) and elapsed_s(a) >= 0
    assert epoch('1970-01-01T01:00:01+01:00') == 1. and epoch(None) is None

def without_none(v): return {k: without_none(w) for k, w in v.items() if w is not None} if isinstance(v, dict) else v

@given(docs, docs)
def test_differences_are_none_only_between_equals(a, b):
    "What is absent and what is None are the same."
    assert spec_differences(a, a) == {}
    assert bool(spec_differences(a, b)) == (without_none(a) != without_none(b))

def test_differences_are_told_by_path():
    assert spec_differences({'a': {'b': 1, 'c': 2}}, {'a': {'b': 1, 'c': 3}, 'd': 4}) == {'spec.a.c': (2, 3), 'spec.d': (None, 4)}

@pytest.mark.parametrize('runner, id, metadata, before, after', [
    ('docker', '7f3a', {}, '/lab/outputs/7f3a', '/lab/outputs/{job_id}'),
    ('docker', '7f3b', {'again_of': '7f3a'}, '/lab/outputs/7f3a', '/lab/outputs/{job_id}'),
    ('docker', '7f3a', {}, '/lab/outputs/{job_id}', '/lab/outputs/{job_id}'), ('docker', '7f3a', {}, '/lab/night', '/lab/night'), ('docker', '7f3a', {}, None, None),
    ('process', '7f3a', {}, '/lab/outputs/7f3a', '/lab/outputs/7f3a')])
def test_a_container_that_is_repeated_has_an_output_folder_of_its_own(runner, id, metadata, before, after):
    job = Job(id=id, runner=runner, status=JobStatus.FAILED, spec={'output_dir': before}, metadata=metadata)
    assert repeat_options(job)['spec'] == {'output_dir': after} and job.spec == {'output_dir': before}
