"""A machine that runs out of something: descriptors while programs run, which says nothing about them, so that none is left running under a job that is called failed;
room on the disk when somebody cancels or deletes."""
import json, subprocess, sys, time
from contextlib import suppress
import pytest
from cjm_jobtrack.model.job import JobStatus
from helpers import node_at, write_pipelines
from needs import may_mount

# What the programs below have in common
SHORTAGE = '''
import os, resource, sys, time

def until(condition, what):
    deadline = time.monotonic() + 60
    while not condition():
        if time.monotonic() > deadline: sys.exit(f'waited for {what}')
        time.sleep(.01)

def take_descriptors(most=256):
    "All that are left, and no more than so many are."
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, most), hard))
    taken = []
    try:
        while True: taken.append(os.dup(0))
    except OSError: return taken
'''

# Programs that wait for a folder `go`; in the meantime no descriptor is left. What needs none tells how they are
CHILD = '''
import asyncio, json, os, sys, tempfile, time
from pathlib import Path
import psutil
from cjm_jobtrack.tracker.tracker import JobTracker
from cjm_jobtrack.runners.process import ProcessRunner
from cjm_jobtrack.queue.queue import JobQueue

WAIT = 'while [ ! -e "$1/go" ]; do sleep .01; done; '
PROGRAMS = dict(ends='echo done >"$1/ends/out.txt"', fails='exit 3', leaves='sleep 600 & echo $! >"$1/left"; echo x >"$1/leaves/out.txt"', cancelled='sleep 600')

def alive(pid):
    try: return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess: return False

def main(folder, groups):
    tracker = JobTracker(f'sqlite:///{folder}/jobs.db')
    runner = ProcessRunner(folder/'work', tracker.logs, groups=groups)
    runner.moment = .05
    with JobQueue(tracker, [runner], slots=4) as queue:
        jobs = {}
        for name, code in PROGRAMS.items():
            spec = {'argv': ['sh', '-c', WAIT + code, 'sh', str(folder)], 'output_dir': str(folder/name)}
            jobs[name] = queue.submit(tracker.create_job(name, runner='process', spec=spec))
        def began(job): return any(e.type == 'started' for e in tracker.history(job.id))
        until(lambda: all(map(began, jobs.values())), 'all to begin')
        tracker.get_job(jobs['ends'].id)
        taken = take_descriptors()
        os.mkdir(folder/'go')
        ended = [folder/'work'/jobs[n].id/'1'/'exit' for n in ('ends', 'fails', 'leaves')]
        until(lambda: all(os.stat(p).st_size > 1 for p in ended if os.path.exists(p)) and all(map(os.path.exists, ended)), 'three to end')
        failed_meanwhile = [n for n, j in jobs.items() if j.status == 'failed' and n != 'fails']
        shortage = time.monotonic() + 1.5
        while time.monotonic() < shortage: time.sleep(.05)
        for fd in taken: os.close(fd)
        asyncio.run(tracker.cancel_job(jobs['cancelled'].id))
        until(lambda: all(tracker.get_job(j.id).is_terminal for j in jobs.values()), 'all to be told')
        left = int((folder/'left').read_text())
        told = {n: (j := tracker.get_job(i.id)) and dict(status=j.status, kind=j.failure and j.failure.kind, code=j.failure and j.failure.exit_code, outputs=[o.name for o in j.outputs]) for n, i in jobs.items()}
        print(json.dumps(dict(jobs=told, failed_meanwhile=failed_meanwhile, left=alive(left))))

with tempfile.TemporaryDirectory() as folder: main(Path(folder), sys.argv[1] == 'groups')
'''

@pytest.mark.parametrize('how', ['groups', 'marks'])
def test_programs_while_no_descriptor_is_left(how):
    p = subprocess.run([sys.executable, '-c', SHORTAGE + CHILD, how], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120)
    assert p.returncode == 0, p.stderr
    said = json.loads(p.stdout)
    assert said['failed_meanwhile'] == [] and not said['left']
    assert said['jobs']['ends'] == dict(status='completed', kind=None, code=None, outputs=['out.txt'])
    assert said['jobs']['leaves'] == dict(status='completed', kind=None, code=None, outputs=['out.txt'])
    assert (said['jobs']['fails']['status'], said['jobs']['fails']['kind'], said['jobs']['fails']['code']) == ('failed', 'exit', 3)
    assert said['jobs']['cancelled']['status'] == 'cancelled'

# Functions in processes of their own: they end, die, or are to begin, while no descriptor is left
POOL = '''
import json, os, psutil, signal, tempfile, time
from cjm_jobtrack.tracker.tracker import JobTracker
from cjm_jobtrack.runners.call import CallRunner
from cjm_jobtrack.queue.queue import JobQueue

def ends(go):
    while not os.path.exists(go): time.sleep(.01)
    return 'done'

def dies(go):
    ends(go)
    os.kill(os.getpid(), signal.SIGKILL)

def main(folder):
    tracker, runner = JobTracker(f'sqlite:///{folder}/jobs.db'), CallRunner(pool='process')
    with JobQueue(tracker, [runner], slots=4) as queue:
        jobs = {f.__name__: queue.submit(tracker.create_job(f.__name__, spec=runner.call(f, f'{folder}/go'))) for f in (ends, dies)}
        until(lambda: all(w.worker for w in runner._works.values()) and len(runner._works) == 2, 'both workers')
        workers = [w.worker.pid for w in runner._works.values()]
        taken = take_descriptors()
        os.mkdir(f'{folder}/go')
        jobs['late'] = queue.submit(tracker.create_job('late', spec=runner.call(lambda: 'late')))
        until(lambda: jobs['late'].status == 'running', 'the late one')
        shortage = time.monotonic() + 1.5
        while time.monotonic() < shortage: time.sleep(.05)
        early = [n for n, j in jobs.items() if j.status == 'failed' and n != 'dies']
        for fd in taken: os.close(fd)
        for job in jobs.values(): tracker.join(job.id, 60)
        said = {n: [j.status, j.result, j.failure and j.failure.kind, j.failure and j.failure.signal, j.message] for n, j in jobs.items()}
        told = [e.type for e in tracker.history(jobs['late'].id) if e.type in ('delayed', 'begun')]
        print(json.dumps(dict(jobs=said, early=early, told=told, left=[p for p in workers if psutil.pid_exists(p)])))

with tempfile.TemporaryDirectory() as folder: main(folder)
'''

def test_functions_in_processes_while_no_descriptor_is_left():
    p = subprocess.run([sys.executable, '-c', SHORTAGE + POOL], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120)
    assert p.returncode == 0, p.stderr
    said = json.loads(p.stdout)
    assert said['early'] == [] and said['left'] == []
    assert said['jobs'] == dict(ends=['completed', 'done', None, None, None], late=['completed', 'late', None, None, None], dies=['failed', None, 'lost', 'SIGKILL', None])
    assert said['told'] == ['delayed', 'begun']

LOOKS = '''
import asyncio, json, os, sys
from pathlib import Path
from cjm_jobtrack.model.errors import is_infrastructure_error
from cjm_jobtrack.runners.process_tree import ProcessTree
from cjm_jobtrack.runners.cgroups import Cgroup
from cjm_jobtrack.runners.outputs import collect_outputs, snapshot_files
from cjm_jobtrack.runners.process import _has_entries
from cjm_jobtrack.runners.process_tree import find_members, process_table

folder = Path(sys.argv[1])
(folder/'cgroup.procs').write_text('1'), (folder/'out.txt').write_text('x')
looks = dict(pids=Cgroup({'all': str(folder)}).pids, busy=lambda: Cgroup({'all': str(folder)}).busy, table=lambda: process_table('A=b', [os.getpid()]), family=lambda: find_members('A=b'),
             outputs=lambda: collect_outputs(folder), globs=lambda: collect_outputs(folder, ['*.txt']), before=lambda: snapshot_files(folder), any=lambda: _has_entries(str(folder)))
for look in looks.values(): look()
taken, said = take_descriptors(64), {}
for name, look in looks.items():
    try: said[name] = repr(look())
    except Exception as e: said[name] = is_infrastructure_error(e)
for fd in taken: os.close(fd)
print(json.dumps(said))
'''

def test_without_descriptors_nobody_is_called_gone(tmp_path):
    p = subprocess.run([sys.executable, '-c', SHORTAGE + LOOKS, str(tmp_path)], stdout=subprocess.PIPE, text=True, timeout=120, check=True)
    assert {name: said for name, said in json.loads(p.stdout).items() if said is not True} == {}

# --- no room on the disk

@pytest.fixture
def small_disk(tmp_path):
    "A disk of four mebibytes."
    if not may_mount(): pytest.skip('may not mount here: run as root')
    disk = tmp_path/'disk'
    disk.mkdir()
    subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=4m', 'jobtrack-test', disk], check=True)
    yield disk
    subprocess.run(['umount', '-l', disk], check=True)

def fill(disk):
    "Take all that is left of a disk. The file that does."
    ballast = disk/'ballast'
    for size in (4096, 1):
        with ballast.open('ab', buffering=0) as f:
            try:
                while f.write(b'x'*size) == size: pass
            except OSError: pass
    return ballast

def events(s, job): return [e.type for e in s.node.tracker.history(job['id'])]

def test_cancelling_and_deleting_on_a_full_disk_works_or_says_what_to_do(small_disk, tmp_path):
    gate = tmp_path/'gate'
    try:
        with node_at(small_disk, write_pipelines(tmp_path)) as s:
            large = s.run({'files': {'large.txt': 'x'*90_000}})
            slow = s.ask({'gate': str(gate)})
            s.wait(slow['id'], 'running')
            waiting = s.ask()
            before = events(s, waiting)
            ballast = fill(small_disk)
            r = s.http.post(f'/jobs/{waiting["id"]}/cancel')
            assert r.status_code == 507, r.text
            said = r.json()
            assert said['disk'] == str(small_disk) and said['folder'] == str(small_disk/'data')
            assert all(w in said['error'] for w in (said['disk'], said['folder'], 'Make room on the disk'))
            assert s.get(waiting['id'])['status'] == 'pending' and events(s, waiting) == before
            assert s.http.delete(f'/jobs/{large["id"]}').status_code == 200   # its own files make the room
            assert s.http.get(f'/jobs/{large["id"]}').status_code == 404
            ballast.unlink()
            assert s.http.post(f'/jobs/{waiting["id"]}/cancel').json()['status'] == 'cancelled'
            gate.touch()
            s.wait(slow['id'], 'completed')
    finally: gate.touch()

@pytest.mark.parametrize('delay', [0., .02, .05])
def test_a_job_that_begins_as_the_disk_becomes_full_waits_for_room(small_disk, tmp_path, delay):
    gate = tmp_path/'gate'
    try:
        with node_at(small_disk, write_pipelines(tmp_path)) as s:
            job = s.ask({'gate': str(gate), 'exit': 3})
            time.sleep(delay)
            ballast = fill(small_disk)
            with suppress(AssertionError): s.wait(job['id'], 'failed', deadline=1.)
            assert s.get(job['id'])['status'] != 'failed'
            ballast.unlink()
            gate.touch()
            assert s.wait(job['id'], 'failed')['job']['failure']['exit_code'] == 3
    finally: gate.touch()

def test_a_delete_for_which_there_is_no_room_leaves_the_job_on_record(small_disk, tmp_path):
    with node_at(small_disk, write_pipelines(tmp_path)) as s:
        job = s.node.tracker.create_job('never begun')
        s.node.tracker.mark_cancelled(job.id)
        ballast = fill(small_disk)
        r = s.http.delete(f'/jobs/{job.id}')
        assert r.status_code == 507 and r.json()['disk'] == str(small_disk)
        assert s.get(job.id)['status'] == JobStatus.CANCELLED
        ballast.unlink()
        assert s.http.delete(f'/jobs/{job.id}').status_code == 200
        assert s.http.get(f'/jobs/{job.id}').status_code == 404
