"""The record in trouble while a queue works: its server restarted, its disk full, its file held by somebody else. Work goes on, and nothing of it is lost or done twice."""
import asyncio, shutil, sqlite3, subprocess, threading
from collections import Counter
from contextlib import suppress
from pathlib import Path

import psutil, pytest
from helpers import until
from cjm_jobtrack.model.errors import StoreError
from cjm_jobtrack.store.store import JobStore
from cjm_jobtrack.tracker.tracker import JobTracker
from cjm_jobtrack.queue.batch import submit_batch
from cjm_jobtrack.runners.process import ProcessRunner
from cjm_jobtrack.queue.queue import JobQueue

def program(folder, n): return {'argv': ['/bin/sh', '-c', f'echo {n} >> {folder}/effects; echo Progress: 50%; while ! [ -e {folder}/go ]; do sleep .02; done']}

def all_done_once(tracker, batch, folder, n):
    counts = batch.join(60)
    assert counts['completed'] == n, [(j.status, str(j.failure)) for j in batch.jobs() if j.status != 'completed']
    assert Counter(Path(folder, 'effects').read_text().split()) == Counter({str(i): 1 for i in range(n)})
    for job in batch.jobs():
        assert [e.type for e in tracker.history(job.id)].count('running') == 1 and tracker.history(job.id)[-1].type == 'completed'

@pytest.mark.parametrize('how', ['restart', 'crash', 'away'])
def test_the_server_restarts_while_jobs_run(own_postgres, tmp_path, how):
    "Restarted, crashed with recovery, or away for longer than the queue's lease lives."
    url = own_postgres.create()
    with JobTracker(JobStore(url, timeout=2.)) as tracker, JobQueue(tracker, ProcessRunner(tmp_path/'work', tracker.logs), slots=3, recheck=.05, lease_ttl=1.) as queue:
        batch = submit_batch(queue, [program(tmp_path, i) for i in range(5)], runner='process')
        until(lambda: (tmp_path/'effects').exists() and len((tmp_path/'effects').read_text().split()) == 3, 'three to run')
        if how == 'restart': own_postgres.restart()
        elif how == 'crash': own_postgres.crash(), own_postgres.start()
        else:
            own_postgres.stop()
            gone = threading.Event()
            gone.wait(2.5)   # the outage itself: longer than `lease_ttl`
            (tmp_path/'go').touch()   # three end while nobody can write that down
            gone.wait(.5)
            own_postgres.start()
        (tmp_path/'go').touch()
        all_done_once(tracker, batch, tmp_path, 5)

@pytest.fixture
def small_disk(tmp_path):
    "A disk of one mebibyte."
    disk = tmp_path/'disk'
    disk.mkdir()
    done = subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=1m', 'jobtrack-test', disk], capture_output=True, text=True)
    if done.returncode: pytest.skip(f'cannot mount a small disk here: {done.stderr.strip()}')
    yield disk
    subprocess.run(['umount', '-l', disk], check=True)

def test_the_disk_is_full_when_jobs_end(small_disk, tmp_path):
    "What happened is written down as soon as there is room again."
    with JobTracker(f'sqlite:///{small_disk}/jobs.db') as tracker, JobQueue(tracker, ProcessRunner(tmp_path/'work', tracker.logs), slots=3, recheck=.05) as queue:
        batch = submit_batch(queue, [program(tmp_path, i) for i in range(3)], runner='process')
        until(lambda: batch.counts()['running'] == 3 and all(any(e.type == 'started' for e in tracker.history(j.id)) for j in batch.jobs()), 'three to run')
        ballast = small_disk/'ballast'
        with ballast.open('wb', buffering=0) as f:
            try:
                while True: f.write(b'x' * 4096)
            except OSError: pass
        with pytest.raises(StoreError, match='full|No space|disk I/O'):   # a new job is refused loudly
            for n in range(200): tracker.create_job('one more', spec={'text': 'x' * 2000})
        (tmp_path/'go').touch()
        until(lambda: all((tmp_path/'work'/j.id/'1'/'exit').exists() for j in batch.jobs()), 'the programs to end')
        ballast.unlink()
        all_done_once(tracker, batch, tmp_path, 3)
    with sqlite3.connect(small_disk/'jobs.db') as con: assert con.execute('PRAGMA integrity_check').fetchone() == ('ok',)

def fill(disk:Path, how:str) -> list[Path]:
    "Take all blocks, or all inodes, of a disk."
    if how == 'inodes':
        made = []
        with suppress(OSError):
            for n in range(100_000):
                (disk/f'taken{n}').touch()
                made.append(disk/f'taken{n}')
        return made
    with (disk/'ballast').open('wb', buffering=0) as f, suppress(OSError):
        while True: f.write(b'x' * 4096)
    with (disk/'ballast').open('ab', buffering=0) as f, suppress(OSError):
        while True: f.write(b'x')
    return [disk/'ballast']

@pytest.mark.parametrize('how', ['blocks', 'inodes'])
def test_a_disk_that_is_full_when_programs_end_keeps_their_exit_statuses(small_disk, tmp_path, how):
    "Record, logs and attempts on one disk: how programs ended is known, a cancel is carried out, and all is told when there is room."
    subprocess.run(['mount', '-o', 'remount,size=4m,nr_inodes=300', small_disk], check=True)
    wait = f'while ! [ -e {tmp_path}/go ]; do sleep .02; done; '
    codes = dict(fails=wait + 'exit 7', leaves=wait + f'sleep 600 & echo $! >{tmp_path}/left; exit 8', cancelled=f'echo $$ >{tmp_path}/cancelled; exec sleep 600')
    with JobTracker(f'sqlite:///{small_disk}/jobs.db') as tracker, JobQueue(tracker, ProcessRunner(small_disk/'work', tracker.logs), slots=3, recheck=.05) as queue:
        jobs = {n: queue.submit(tracker.create_job(n, runner='process', spec={'argv': ['/bin/sh', '-c', code]})) for n, code in codes.items()}
        until(lambda: (tmp_path/'cancelled').exists() and all(any(e.type == 'started' for e in tracker.history(j.id)) for j in jobs.values()), 'three to run')
        taken = fill(small_disk, how)
        (tmp_path/'go').touch()
        until(lambda: (tmp_path/'left').exists() and not psutil.pid_exists(int((tmp_path/'left').read_text())), 'what was left to be ended')
        pid = int((tmp_path/'cancelled').read_text())
        cancel = threading.Thread(target=lambda: asyncio.run(tracker.cancel_job(jobs['cancelled'].id)))
        cancel.start()
        until(lambda: not psutil.pid_exists(pid), 'the cancelled program to end')
        for p in taken: p.unlink()
        until(lambda: all(tracker.get_job(j.id).is_terminal for j in jobs.values()), 'all to be told', 15)
        ends = {n: ((j := tracker.get_job(i.id)).status, j.failure and j.failure.exit_code) for n, i in jobs.items()}
        cancel.join(40)
        assert ends == dict(fails=('failed', 7), leaves=('failed', 8), cancelled=('cancelled', None))

def test_somebody_holds_the_file_when_jobs_end(tmp_path):
    "Longer than the store waits for a lock: the queue tries again, and the end is written."
    url = f'sqlite:///{tmp_path}/jobs.db'
    with JobTracker(JobStore(url, timeout=.2)) as tracker, JobQueue(tracker, ProcessRunner(tmp_path/'work', tracker.logs), slots=2, recheck=.05) as queue:
        batch = submit_batch(queue, [program(tmp_path, i) for i in range(2)], runner='process')
        until(lambda: batch.counts()['running'] == 2 and all(any(e.type == 'started' for e in tracker.history(j.id)) for j in batch.jobs()), 'two to run')
        other = sqlite3.connect(tmp_path/'jobs.db', isolation_level=None)
        other.execute('BEGIN IMMEDIATE')
        (tmp_path/'go').touch()
        until(lambda: all((tmp_path/'work'/j.id/'1'/'exit').exists() for j in batch.jobs()), 'the programs to end')
        with pytest.raises(StoreError, match='locked'): tracker.create_job('refused')
        assert batch.counts()['running'] == 2, 'reading goes on'
        other.execute('ROLLBACK'), other.close()
        all_done_once(tracker, batch, tmp_path, 2)

def test_a_log_that_was_torn_or_taken_away_fails_no_job(tmp_path):
    "The log is what a person reads, not what decides."
    with JobTracker(f'sqlite:///{tmp_path}/jobs.db') as tracker, JobQueue(tracker, ProcessRunner(tmp_path/'work', tracker.logs), slots=2, recheck=.05) as queue:
        batch = submit_batch(queue, [program(tmp_path, i) for i in range(2)], runner='process')
        until(lambda: batch.counts()['running'] == 2 and (tmp_path/'effects').exists() and len((tmp_path/'effects').read_text().split()) == 2, 'two to run')
        torn, gone = batch.jobs()
        with tracker.logs.path(torn.id, 1).open('r+b') as f: f.truncate(4)
        shutil.rmtree(tracker.logs.path(gone.id, 1).parent)
        (tmp_path/'go').touch()
        all_done_once(tracker, batch, tmp_path, 2)
        assert tracker.log_tail(gone.id) == '' and tracker.log_tail(torn.id) == 'Prog'
