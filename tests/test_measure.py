"""How benchmarks come to their verdicts, on a machine whose speed the test sets."""
import json, subprocess, sys
import pytest

@pytest.fixture
def measure(root, monkeypatch):
    monkeypatch.syspath_prepend(str(root/'bench'))
    import _measure
    return _measure

class Machine:
    "Gives the readings of the yardstick in turn, the last one for ever."
    def __init__(self, *readings): self.readings = [*readings]
    def __call__(self): return self.readings.pop(0) if len(self.readings) > 1 else self.readings[0]

def duel(measure, monkeypatch, yardstick=None, ours=10., other=20., **goal):
    monkeypatch.setattr(measure, 'yardstick', yardstick or Machine(1.))
    bench = measure.Bench('test')
    bench.duel('x', 'ms', lambda: ours, None if other is None else lambda: other, 'the floor', **goal)
    return bench.results[0]

@pytest.mark.parametrize('goal, reached, words', [
    (dict(at_least=.5), True, '≥ 0.5 ×'), (dict(at_least=.51), False, '≥ 0.51 ×'),
    (dict(at_most=.5), True, '≤ 0.5 ×'), (dict(at_most=.49), False, '≤ 0.49 ×'),
    (dict(at_most=10, ratio=False), True, '≤ 10 ms'), (dict(at_most=9, ratio=False), False, '≤ 9 ms'),
    (dict(at_most=-10, over=True), True, '≤ -10 ms over'), (dict(at_most=-11, over=True), False, '≤ -11 ms over')])
def test_goals(measure, monkeypatch, goal, reached, words):
    r = duel(measure, monkeypatch, **goal)
    assert (r.reached, r.goal, r.ratio, r.pairs, r.dropped, r.steady) == (reached, words, .5, 9, 0, True)

def test_ours_alone(measure, monkeypatch):
    r = duel(measure, monkeypatch, other=None, at_most=11, ratio=False)
    assert (r.reached, r.ours, r.other, r.ratio) == (True, 10., None, None)

def test_pairs_on_an_unsteady_machine_are_thrown_away(measure, monkeypatch):
    r = duel(measure, monkeypatch, Machine(1., 1., 2., 1.), at_least=.5)  # it was slow once, in the middle of the first pair
    assert (r.pairs, r.dropped, r.steady) == (9, 1, True)

def test_a_machine_that_is_never_steady_is_told(measure, monkeypatch):
    speed = 1.
    def slower():
        nonlocal speed
        speed *= 1.1
        return speed
    r = duel(measure, monkeypatch, slower, at_least=.5)
    assert (r.pairs, r.dropped, r.steady) == (3, 27, False)
    assert 'UNSTEADY' in measure.line(vars(r)) and 'unsteady' in measure.table([vars(r)])

def test_who_begins_changes(measure, monkeypatch):
    monkeypatch.setattr(measure, 'yardstick', Machine(1.))
    order = []
    measure.Bench('test').duel('x', 'ms', lambda: order.append('ours') or 1., lambda: order.append('other') or 1., at_least=1)
    assert order[:4] == ['other', 'ours', 'ours', 'other']

def test_kept_results_are_whole(root):
    facts, *results = map(json.loads, (root/'bench/results.jsonl').read_text().splitlines())
    assert facts['python'] and facts['packages'] and results
    assert {r['bench'] for r in results} <= {f.stem for f in (root/'bench').glob('[!_]*.py')}

def test_unknown_benchmark_is_refused(root):
    done = subprocess.run([sys.executable, root/'tools/bench.py', 'no_such'], capture_output=True, text=True, timeout=60)
    assert done.returncode and 'no_such' in done.stderr and 'lifecycle' in done.stderr
