"""The look at what tests leave: files, folders and mounts."""
import os, subprocess, sys, tempfile, threading
from pathlib import Path

import pytest
from needs import may_mount
from tidy import LeftBehind, OwnTmp

def test_nothing_left_nothing_said():
    before = os.environ.get('TMPDIR'), tempfile.gettempdir()
    with OwnTmp() as own:
        with tempfile.TemporaryDirectory() as d: assert Path(d).parent == own.folder == Path(os.environ['TMPDIR'])
    assert not own.folder.exists() and before == (os.environ.get('TMPDIR'), tempfile.gettempdir())

def test_what_is_left_is_named_and_removed():
    with pytest.raises(LeftBehind) as e:
        with OwnTmp(patience=0) as own:
            Path(at := tempfile.mkdtemp(prefix='jobtrack-'), 'a.log').touch()
            own.note('test_one')
            os.close(tempfile.mkstemp(prefix='other-')[0])
            own.note('test_two')
    told = str(e.value).splitlines()
    assert told[1] == f'{at}, there since test_one, with {Path(at).name}/a.log' and 'other-' in told[2] and 'test_two' in told[2] and not own.folder.exists()

def test_one_that_is_cleaning_up_is_given_time():
    with OwnTmp() as own:
        (folder := own.folder/'late').mkdir()
        threading.Timer(.2, folder.rmdir).start()

def test_a_fault_is_not_covered_by_what_it_left():
    with pytest.raises(KeyboardInterrupt):
        with OwnTmp() as own:
            tempfile.mkdtemp()
            raise KeyboardInterrupt
    assert not own.folder.exists()

@pytest.mark.skipif(not may_mount(), reason='may not mount here: run as root')
def test_a_mount_is_named_and_taken_away(tmp_path):
    with pytest.raises(LeftBehind, match='mount .*/held here'):
        with OwnTmp(tmp_path, patience=0) as own:
            (at := own.folder/'held here').mkdir()
            subprocess.run(['mount', '-t', 'tmpfs', 'jobtrack-test', at], check=True)
            (at/'file').touch()
    assert not own.folder.exists() and str(own.folder) not in Path('/proc/self/mountinfo').read_text()

LEAVES = '''
import subprocess, sys, tempfile
def test_clean(tmp_path): pass
def test_careless():
    subprocess.run([sys.executable, '-c', 'import tempfile; open(tempfile.mkdtemp(prefix="jobtrack-") + "/forgotten", "w")'], check=True)
'''

def test_a_run_of_tests_that_leaves_a_folder_fails_and_names_it(root, tmp_path):
    (tmp_path/'test_it.py').write_text(LEAVES)
    def run(*names):
        return subprocess.run([sys.executable, '-m', 'pytest', '-q', '-p', 'conftest', '-p', 'no:cacheprovider', '-c', os.devnull, '--rootdir', tmp_path, '--basetemp', tmp_path/'base', *names], cwd=tmp_path, capture_output=True, text=True,
                              env=os.environ | {'PYTHONPATH': os.pathsep.join(map(str, (root/'tools', root/'tests', root)))}, timeout=100)
    bad = run('test_it.py')
    assert bad.returncode == 1 and '2 passed, 1 error' in bad.stdout, bad.stdout + bad.stderr
    assert 'test_it.py::test_careless, with jobtrack-' in bad.stdout and '/forgotten' in bad.stdout
    good = run('test_it.py::test_clean')
    assert good.returncode == 0, good.stdout + good.stderr
