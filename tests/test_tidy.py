"""The look at what tests leave: files, folders and mounts."""
import os, re, subprocess, sys, tempfile, threading
from pathlib import Path

import psutil, pytest
from needs import may_mount
from services import Service
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
import subprocess, sys, tempfile, threading, time
import pytest

@pytest.fixture(scope='module')
def server():
    over = threading.Event()
    def serve():
        threading.Thread(target=over.wait, name='one of the server').start()
        over.wait()
    (thread := threading.Thread(target=serve, name='server')).start()
    with tempfile.TemporaryDirectory() as folder, subprocess.Popen(['sleep', '600'], cwd=folder) as process:
        yield process
        process.kill()
    over.set()

def test_before(tmp_path): pass
def test_file():
    open(tempfile.mkdtemp(prefix='jobtrack-') + '/forgotten', 'w').close()
def test_process(): subprocess.Popen(['sleep', '601'], start_new_session=True)
def test_thread(): threading.Thread(target=time.sleep, args=(20,), name='sleeper', daemon=True).start()
def test_one_that_ends_just_now(): threading.Thread(target=time.sleep, args=(.2,), name='late').start()
def test_with_a_server(server): assert server.poll() is None
def test_after(server): assert server.poll() is None
'''

def test_who_leaves_something_fails_by_name_and_nobody_else(root, tmp_path):
    (tmp_path/'test_it.py').write_text(LEAVES)
    plain = '-q', '-p', 'conftest', '-p', 'no:cacheprovider', '-p', 'no:randomly', '-c', os.devnull, '--rootdir', tmp_path
    env = os.environ | {'PYTHONPATH': os.pathsep.join(map(str, (root/'tools', root/'tests', root))), 'JOBTRACK_TEST_PATIENCE': '1'}
    done = subprocess.run([sys.executable, '-m', 'pytest', *plain, '--basetemp', tmp_path/'base', 'test_it.py'], cwd=tmp_path,
                          capture_output=True, text=True, env=env, timeout=250)
    assert done.returncode == 1 and '7 passed, 3 errors' in done.stdout, done.stdout + done.stderr
    for name, what in ('file', '/forgotten'), ('process', 'sleep 601'), ('thread', 'thread sleeper'):
        told = re.search(rf'left behind by test_it.py::test_{name}:\nE +(.*)', done.stdout)
        assert told and what in told[1], done.stdout
    assert not [p for p in psutil.process_iter(['cmdline']) if p.info['cmdline'] == ['sleep', '601']]

class Careless(Service):
    "A server that leaves things in the temporary folder, as containerd does when it is killed."
    name = 'careless'
    def command(self): return ['sh', '-c', 'echo stacks >"$TMPDIR/containerd.7.stacks.log"; exec sleep 600']
    def answers(self): return (self.tmp/'containerd.7.stacks.log').exists()

def test_what_a_server_leaves_goes_with_it():
    before = set(os.listdir(tempfile.gettempdir()))
    with Careless() as server: assert server.answers() and server.folder in server.tmp.parents
    assert set(os.listdir(tempfile.gettempdir())) == before
