"The queue's decisions, over many random lines: order, resources, nobody starves; and who is called dead."
import pytest
from hypothesis import given, strategies as st
from cjm_jobtrack.model.errors import InvalidInput, NeverFits
from cjm_jobtrack.model.job import Failure, Lease
from cjm_jobtrack.queue.scheduling import ReadyQueue, LeaseWatch
from cjm_jobtrack.model.retry import RetryPolicy, read_resources, read_requirements

HAS = {'gpu': 3, 'licence': 2}
needs = st.dictionaries(st.sampled_from(sorted(HAS)), st.integers(1, 2), max_size=2)
jobs = st.lists(st.tuples(st.integers(0, 2000), st.integers(-2, 2), needs), max_size=12)

def lined_up(some, **kw):
    line = ReadyQueue(HAS, **kw)
    for n, (at, priority, need) in enumerate(some): line.add(f'j{n}', float(at), priority, need)
    return line

@given(jobs, st.integers(0, 3))
def test_without_needs_the_order_is_that_of_submission_less_priority(some, lanes):
    line = lined_up([(at, p, {}) for at, p, _ in some], ageing=600.)
    expected = sorted(range(len(some)), key=lambda n: (some[n][0] - 600*some[n][1], n))
    assert [line.next(0.) for _ in some] == [f'j{n}' for n in expected] and line.next(0.) is None and not len(line)

@given(jobs, st.lists(st.integers(0, 10), max_size=40))
def test_nothing_is_given_twice_nor_more_than_there_is_and_all_get_their_turn(some, ends):
    line, need, running, begun = lined_up(some), {f'j{n}': j[2] for n, j in enumerate(some)}, [], []
    def fill():
        while (j := line.next(0.)) is not None: running.append(j), begun.append(j)
        for r, n in HAS.items():
            used = sum(need[j].get(r, 0) for j in running)
            assert used <= n and line.free[r] == n - used
    fill()
    for e in [*ends, *[0]*len(some)]:
        if running: line.release(running.pop(e % len(running)))
        fill()
    assert sorted(begun) == sorted(need) and line.free == HAS and line.why('j0', 0., 0, 1) is None

@given(jobs)
def test_a_job_that_lacks_something_is_never_overtaken_by_one_with_the_same_needs(some):
    line, order = lined_up(some), {f'j{n}': (at - 600*p, n) for n, (at, p, _) in enumerate(some)}
    need = {f'j{n}': j[2] for n, j in enumerate(some)}
    waiting = set(need)
    while waiting:
        while (j := line.next(0.)) is not None:
            waiting.discard(j)
            assert all(need[w] != need[j] or order[w] > order[j] for w in waiting)
        for j in need: line.release(j)

@given(jobs, st.integers(0, 11), st.integers(1, 5))
def test_a_stream_of_small_ones_keeps_no_large_one_waiting(some, held, streams):
    "One that needs everything gets it once those that ran before it have ended, whatever keeps coming behind it."
    line = ReadyQueue(HAS)
    for n in range(3): line.add(f'first{n}', 0., 0, {'gpu': 1})
    running = [line.next(0.) for _ in range(3)]
    line.add('large', 1., 0, dict(HAS))
    for turn in range(3):
        for n in range(streams): line.add(f'small{turn}.{n}', 2., 0, {'gpu': 1})
        assert line.next(0.) is None
        line.release(running.pop())
    assert line.next(0.) == 'large' and line.next(0.) is None

@given(st.lists(st.tuples(st.sampled_from(['add', 'later', 'discard', 'next', 'release', 'ripen']), st.integers(0, 6), needs), max_size=60))
def test_the_line_is_what_was_put_in_less_what_was_taken_out(steps):
    line, now, waiting, running = ReadyQueue(HAS), 0., {}, set()
    for what, n, need in steps:
        j = f'j{n}'
        if what in ('add', 'later') and j not in running: waiting[j] = now + n + 1 if what == 'later' else None; line.add(j, float(n), 0, need, waiting[j])
        if what == 'discard': waiting.pop(j, None); line.discard(j)
        if what == 'ripen': now += 3.
        if what == 'release': running.discard(j); line.release(j)
        if what == 'next' and (got := line.next(now)) is not None:
            assert waiting[got] is None or waiting[got] <= now
            del waiting[got]
            running.add(got)
        assert {j for j in (f'j{n}' for n in range(7)) if j in line} == {*waiting} and len(line) == len(waiting)
        due = [at for at in waiting.values() if at is not None and at > now]
        assert (line.due() or 0) <= min(due, default=float('inf')) and (line.due() is not None or not due)
        assert all(line.why(j, now, 1, 1) for j in waiting) and all(line.free[r] >= 0 for r in HAS)

def test_those_who_left_leave_nothing_behind():
    line = ReadyQueue()
    for n in range(10_000):
        line.add(f'j{n}', float(n), at=1e9 if n % 2 else None)
        line.discard(f'j{n}')
    assert sum(map(len, line._lanes.values())) + len(line._later) < 100
    line.add('kept', 0.)
    assert line.next(0.) == 'kept' and line.due() is None

def test_a_long_line_of_those_that_lack_something_costs_no_more_than_a_short_one():
    line, compared = ReadyQueue({'gpu': 1}), []
    line.hold('running', {'gpu': 1})
    for n in range(5000): line.add(f'j{n}', float(n), needs={'gpu': 1})
    class Counting(dict):
        def __getitem__(self, k): compared.append(k); return super().__getitem__(k)
    line.free = Counting(line.free)
    assert line.next(0.) is None and line.lacking(0.) == ['j0'] and len(compared) < 20

@pytest.mark.parametrize('given', [['gpu'], {'gpu': -1}, {'gpu': 1.5}, {'gpu': True}, {'': 1}, {1: 1}, 'gpu'])
def test_amounts_that_make_no_sense(given):
    with pytest.raises(InvalidInput, match='`resources`'): read_resources(given)

@pytest.mark.parametrize('kw', [dict(base=-1), dict(cap=float('nan')), dict(base='1'), dict(base=10**400), dict(cap=10**5000)])
def test_a_policy_that_makes_no_sense(kw):
    with pytest.raises(InvalidInput): RetryPolicy(**kw)

def test_never_fits_changes_nothing():
    line = ReadyQueue({'gpu': 1})
    with pytest.raises(NeverFits): line.add('j', 0., needs={'gpu': 1, 'tpu': 1})
    assert 'j' not in line and line.next(0.) is None

def test_terms_of_the_job_go_before_those_of_its_runner_and_those_before_the_default():
    terms = read_requirements({'resources': {'gpu': 1}, 'queue_timeout': 5.}, {'queue_timeout': 7, 'args': []}, default=read_requirements({'stall_timeout': 9}))
    assert (terms.resources, terms.queue_timeout, terms.stall_timeout) == ({'gpu': 1}, 7., 9.)

# --- who is dead

@given(st.lists(st.floats(.1, 5.), min_size=4, max_size=20), st.floats(10., 15.))
def test_one_that_beats_is_never_called_dead_and_one_that_does_not_is_after_its_ttl(gaps, ttl):
    watch, now, silent = LeaseWatch(60.), 0., 0.
    for n, gap in enumerate([0., *gaps]):
        now += gap
        silent += min(gap, ttl/2)
        dead = watch.dead([Lease(1, n, {'ttl': ttl}), Lease(2, 0, {'ttl': ttl}), Lease(3, 0, {})], now, mine=3)
        assert dead == ([(2, 0)] if silent >= ttl and n else [])

def test_a_process_that_is_gone_is_dead_at_once_and_ours_never():
    leases = [Lease(1, 4, {'pid': 7}), Lease(2, 5, {'pid': 8})]
    assert LeaseWatch(15.).dead(leases, 0., mine=2, gone=lambda doc: True) == [(1, 4)]

@pytest.mark.parametrize('doc', [{'ttl': None}, {'ttl': 'long'}, {'ttl': -1}, {'ttl': 0}, {'ttl': True}, {'ttl': 10**400}, {'ttl': float('inf')}, {'ttl': float('nan')}, None, [], 'gone', 7])
def test_a_lease_that_does_not_say_its_ttl_is_judged_by_ours(doc):
    watch, lease, good = LeaseWatch(15.), Lease(1, 4, doc), Lease(2, 4, {'ttl': 5.})
    assert [watch.dead([lease, good], now) for now in (0., 5., 10., 15., 20.)] == [[], [], [(2, 4)], [(1, 4), (2, 4)], [(1, 4), (2, 4)]]

@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=3))
def test_however_long_the_watcher_slept_it_looks_again_before_it_judges(jumps):
    watch, now = LeaseWatch(15.), 0.
    watch.dead([Lease(1, 0, {})], now)
    assert watch.dead([Lease(1, 0, {})], now + jumps[0]) == []

@pytest.mark.parametrize('kind, worth', [('error', True), ('timeout', True), ('stalled', True), ('interrupted', True), ('invalid', False), ('no_output', False), ('never_fits', False), ('queue_timeout', False)])
def test_what_is_worth_another_attempt(kind, worth):
    assert RetryPolicy().should_retry(Failure(kind, '…')) is worth
    assert not RetryPolicy().should_retry(Failure(kind, '…', evidence={'stopped': {'confirmed': False}}))

@pytest.mark.parametrize('evidence', [{'stopped': True}, {'stopped': None}, {'stopped': ['x']}, None, 'stopped'])
def test_evidence_that_only_looks_like_a_receipt_decides_nothing(evidence):
    assert RetryPolicy().should_retry(Failure('mine', '…', evidence=evidence)) is True
