"""What `make test` makes of failures: flaky ones are told and counted, and more than three fail the run. And where its temporary files are."""
import argparse, os, sys, tempfile
from pathlib import Path

import pytest
import check
from needs import may_mount

CONFTEST = 'from failures import pytest_addoption, pytest_runtest_logreport, pytest_sessionfinish\n'
TESTS = '''
from pathlib import Path
import pytest
def first(name):
    at = Path(__file__).with_name(name)
    if at.exists(): return False
    at.touch()
    return True
@pytest.mark.parametrize('n', range({flaky}))
def test_once(n): assert not first(f'{{n}}'), 'the first time'
@pytest.mark.parametrize('n', range({broken}))
def test_never(n): assert False, 'each time'
@pytest.fixture
def careless():
    yield
    assert not first('careless'), 'at its end'
if {careless}:
    def test_end(careless): pass
def test_always(): pass
'''

@pytest.fixture
def make_test(tmp_path, monkeypatch, capfd):
    "Runs such tests as `make test` would. Its exit status, its output, and its last line."
    monkeypatch.setattr(check, 'ROOT', tmp_path)
    monkeypatch.setenv('PYTHONPATH', str(check.BIN.parent.parent/'tools'), prepend=os.pathsep)
    monkeypatch.setenv('PYTEST_DEBUG_TEMPROOT', str(tmp_path))
    (tmp_path/'conftest.py').write_text(CONFTEST)
    plain = [sys.executable, '-m', 'pytest', '-p', 'no:randomly', '-p', 'no:cacheprovider', '-c', os.devnull, '--rootdir', str(tmp_path)]
    def run(flaky=0, broken=0, careless=False):
        (tmp_path/'test_it.py').write_text(TESTS.format(flaky=flaky, broken=broken, careless=careless))
        checks = [check.Check('pytest: tests', [*plain, 'test_it.py'], plain, 'tests')]
        status = check.run_all(checks, argparse.Namespace(long=False, random=None))
        told = capfd.readouterr().out
        return status, told, told.strip().splitlines()[-1]
    return run

def test_what_passes_alone_is_told_and_counted(make_test):
    status, told, last = make_test(flaky=1, careless=True)
    assert status == 0 and last.startswith('==> 1 of 1 checks passed') and last.endswith(', 2 flaky'), told
    assert 'flaky: test_it.py::test_once[0]\n(call)\n' in told and 'the first time' in told
    assert 'flaky: test_it.py::test_end\n(teardown)\n' in told and 'at its end' in told
    summaries = [line for line in told.splitlines() if ' passed' in line and ' in ' in line and 'checks' not in line]
    assert len(summaries) == 1 and '1 failed' in summaries[0]   # pytest's own, of the whole

def test_what_fails_twice_has_failed_and_more_than_three_flaky_ones_fail_the_run(make_test):
    status, told, last = make_test(flaky=4, broken=1)
    assert status == 1 and last.startswith('==> 0 of 1 checks passed') and '4 flaky, which is more than 3' in last, told
    assert told.count('failed twice: test_it.py::test_never[0]') == 1 and 'flaky: test_it.py::test_never' not in told

def test_the_last_line_says_whether_it_passed(capsys):
    good, bad = check.Check('good', []), check.Check('bad', [], status=1)
    for checks, flaky, status, words in ([good], [], 0, '1 of 1 checks passed in 7 s'), ([good], list('abc'), 0, '3 flaky'), \
                                        ([good], list('abcd'), 1, 'fails the run'), ([good, bad], [], 1, '1 of 2 checks passed'):
        assert check.conclude(checks, [c for c in checks if c.status], flaky, 7.) == status
        assert words in capsys.readouterr().out.strip().splitlines()[-1]

@pytest.mark.parametrize('name, notebooks, tests', [
    ('tracker', {'nbs/tracker/00_tracker.ipynb', 'nbs/tracker/02_live_jobs.ipynb'}, {'tests/tracker/test_tracker.py'}),
    ('net', {'nbs/net/01_node.ipynb', 'nbs/net/02_manager.ipynb'}, {'tests/net/test_node.py', 'tests/net/test_manager.py'}),
    ('check', set(), {'tests/test_check.py'}),
])
def test_a_package_or_module_by_name(name, notebooks, tests):
    found = check.chosen([name])
    assert notebooks <= set(found[0]) and tests <= set(found[1]) and 'tests/view/test_web.py' not in found[1]

def test_an_unknown_name_is_told():
    with pytest.raises(SystemExit) as e: check.chosen(['no_such_thing'])
    assert 'no_such_thing' in str(e.value) and 'tracker' in str(e.value)

def test_notebooks_that_failed_are_known_by_name():
    output = "Error in /x/nbs/a/01_one.ipynb\nTraceback: why\n\nnbdev Tests Failed On The Following Notebooks:\n" + '='*50 + "\n\t01_one.ipynb\n\t02_two.ipynb\n"
    failed = check.failed_lessons(output)
    assert [*failed] == ['01_one.ipynb', '02_two.ipynb'] and 'Traceback: why' in failed['01_one.ipynb'][0]

def in_memory(folder) -> bool: return any(line.split()[1] == str(folder) and line.split()[2] == 'tmpfs' for line in Path('/proc/mounts').read_text().splitlines())

@pytest.mark.skipif(not may_mount(), reason='may not mount here: run as root')
def test_temporary_files_are_in_memory(monkeypatch):
    monkeypatch.delenv('TMPDIR')
    monkeypatch.setattr(check, 'ROOM', 1 << 20)
    before = tempfile.gettempdir()
    with check.in_memory():
        folder = Path(tempfile.gettempdir())
        assert in_memory(folder) and Path(tempfile.mkdtemp()).parent == folder
    assert not folder.exists() and tempfile.gettempdir() == before

@pytest.mark.parametrize('why', ['a folder of ones own', 'no room', 'no privilege'])
def test_temporary_files_are_on_disk(monkeypatch, why):
    if why != 'a folder of ones own': monkeypatch.delenv('TMPDIR')
    if why == 'no room': monkeypatch.setattr(check, 'ROOM', 1 << 60)
    if why == 'no privilege': monkeypatch.setattr(check, 'may_mount', lambda: False)
    before = tempfile.gettempdir()
    with check.in_memory(): assert tempfile.gettempdir() == before

def test_modules_are_compiled_once_for_all_that_tests_start(tmp_path, monkeypatch):
    monkeypatch.setattr(check, 'ROOT', tmp_path)
    monkeypatch.setenv('PYTHONDONTWRITEBYTECODE', '1')
    (tmp_path/'module.py').touch()
    c = check.Check('imports', [sys.executable, '-c', 'import sys; sys.path.insert(0, ""); import module'])
    assert check.run_all([c], argparse.Namespace(long=False, random=None)) == 0
    assert [*tmp_path.glob('__pycache__/module.*.pyc')]

def test_the_cells_of_a_notebook_are_one_name_and_each_test_its_own():
    names = ['nbs/a.ipynb::Cell 0', 'nbs/a.ipynb::Cell 1', 'nbs/b.ipynb::Cell 0']
    assert check.one_each(check.Check('cells', [], kind='outputs'), names) == ['nbs/a.ipynb', 'nbs/b.ipynb']
    assert check.one_each(check.Check('tests', [], kind='tests'), names) == names
