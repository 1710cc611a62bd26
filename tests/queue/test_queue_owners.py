"Whose function it is: several notebooks on one record, each with functions of its own, some of one name."
import html, io, json, signal, subprocess, sys
from contextlib import contextmanager
import pytest, rich.console
from cjm_jobtrack.cli.job_tables import job_facts, jobs_table
from cjm_jobtrack.model.job import now
from cjm_jobtrack.tracker.tracker import JobTracker
from cjm_jobtrack.runners.call import CallRunner
from cjm_jobtrack.runners.identity import this_process
from cjm_jobtrack.queue.lease import abandoned
from cjm_jobtrack.queue.queue import JobQueue
from cjm_jobtrack.view.render import JobSnapshot, facts_html
from helpers import mortal, until

# A notebook: `slow` is a function of its `__main__`, which waits for its gate and tells who has carried it out. Takes verbs from its parent
NOTEBOOK = '''
import json, os, sys, time
from cjm_jobtrack.tracker.tracker import JobTracker
from cjm_jobtrack.runners.call import CallRunner
from cjm_jobtrack.queue.lease import abandoned
from cjm_jobtrack.queue.queue import JobQueue
how = json.loads(sys.argv[1])
def slow(gate):
    while not os.path.exists(gate): time.sleep(.01)
    return how['name']
tracker, runner = JobTracker(how['url']), CallRunner()
if how['has']: runner.call(slow, '')
queue = JobQueue(tracker, runner, recheck=.02, lease_ttl=1., backoff=.01)
def start(_): queue.start()
def submit(job_id): queue.submit(tracker.create_job(job_id, id=job_id, spec=runner.call(slow, how['gate']), max_attempts=2)).id
def why(job_id): return queue.why_waiting(job_id)
def stop(_): queue.stop()
print('ready', flush=True)
for line in sys.stdin:
    verb, job_id = line.split()
    print(json.dumps(globals()[verb](job_id)), flush=True)
queue.stop()
'''

class Notebook:
    def __init__(self, process): self.process = process
    def do(self, verb, job_id='-'):
        self.process.stdin.write(f'{verb} {job_id}\n')
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, 'it has ended'
        return json.loads(line)
    def dies(self):
        self.process.kill()
        self.process.wait()

@contextmanager
def notebook(url, folder, name, has=True, started=True):
    how = dict(url=url, gate=str(folder/'gate'), name=name, has=has)
    p = subprocess.Popen([sys.executable, '-c', NOTEBOOK, json.dumps(how)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=mortal(folder))
    try:
        assert p.stdout.readline() == 'ready\n'
        n = Notebook(p)
        if started: n.do('start')
        yield n
    finally:
        p.stdin.close()
        if p.poll() is None: p.send_signal(signal.SIGTERM)
        p.wait(60)
        p.stdout.close()

@pytest.fixture
def tracker(database):
    with JobTracker(database) as t: yield t

@pytest.mark.parametrize('has', [True, False], ids=['with one of that name', 'without'])
def test_the_functions_of_a_notebook_are_carried_out_there(tracker, database, tmp_path, has):
    "Three jobs, one slot each: the other notebook is free, and leaves them alone."
    with notebook(database, tmp_path, 'A') as a, notebook(database, tmp_path, 'B', has) as b:
        for n in range(3): a.do('submit', f'job{n}')
        jobs = [tracker.get_job(f'job{n}') for n in range(3)]
        told = until(lambda: (why := b.do('why', 'job2')) and why.startswith('left to') and why, 'the other to say whose it is')
        assert f'process {a.process.pid} on ' in told
        (tmp_path/'gate').touch()
        assert [tracker.join(j.id, 30).result for j in jobs] == ['A']*3
        assert not [e for j in jobs for e in tracker.history(j.id) if e.type == 'waiting'], 'nothing is told where it waits for its turn only'

@pytest.mark.parametrize('has', [True, False], ids=['with one of that name', 'without'])
def test_also_after_it_was_taken_for_dead(tracker, database, tmp_path, has):
    "The other put its job back in line while the notebook still held it. Nobody else may take it, so the notebook must hear of it."
    with notebook(database, tmp_path, 'A') as a, notebook(database, tmp_path, 'B', has):
        for n in range(2): a.do('submit', f'job{n}')
        until(lambda: tracker.history('job0')[-1].type == 'started', 'the first to run')
        lease, = [l.fence for l in tracker.store.leases() if l.doc['pid'] == a.process.pid]
        tracker.store.close_lease(lease)
        until(lambda: 'retried' in [e.type for e in tracker.history('job0')], 'it to be put back in line')
        (tmp_path/'gate').touch()
        assert [tracker.join(f'job{n}', 30).result for n in range(2)] == ['A']*2
        assert tracker.get_job('job0').attempt == 2

def test_also_while_its_queue_has_not_been_started_or_was_stopped(tracker, database, tmp_path):
    (tmp_path/'gate').touch()
    with notebook(database, tmp_path, 'A', started=False) as a, notebook(database, tmp_path, 'B') as b:
        a.do('submit', 'job')
        until(lambda: (b.do('why', 'job') or '').startswith('left to'), 'the other to leave it')
        b.do('submit', 'own')
        assert tracker.join('own', 30).result == 'B' and tracker.get_job('job').status == 'pending'
        a.do('start')
        assert tracker.join('job', 30).result == 'A'

def test_after_its_end_one_that_has_a_function_of_that_name_takes_them(tracker, database, tmp_path):
    with notebook(database, tmp_path, 'A') as a, notebook(database, tmp_path, 'C', has=False) as c:
        for n in range(2): a.do('submit', f'job{n}')
        until(lambda: tracker.get_job('job0').status == 'running', 'the first to run')
        a.dies()
        (tmp_path/'gate').touch()
        told = until(lambda: (why := c.do('why', 'job1')) and 'has ended' in why and why, 'one that does not know it to say so')
        assert 'waits for one that has a function of this name' in told
        until(lambda: tracker.get_job('job1').message == told, 'that to be on record: nobody else has anything to say of it')
        assert tracker.get_job('job1').status == 'pending'
        with notebook(database, tmp_path, 'B'):
            assert tracker.join('job1', 30).result == 'B'
            job = tracker.join('job0', 30)   # it was lost with A, and is tried again by rule
            assert (job.result, job.attempt) == ('B', 2)

# --- on other machines, whose processes cannot be seen from here

def far(tracker, runner, fn, name): return tracker.create_job(name, spec=runner.call(fn) | {'belongs_to': this_process() | {'host': 'gpu-3', 'pid': 7}})

def test_a_process_elsewhere_lives_as_long_as_its_queue_shows_it(tracker):
    runner, ran = CallRunner(), []
    def work(): ran.append(1); return 'here'
    there = this_process() | {'host': 'gpu-3', 'pid': 7, 'queue': 'x', 'ttl': 60., 'name': 'gpu-3:7', 'runners': ['call']}
    lease = tracker.store.open_lease(there)
    with JobQueue(tracker, runner, recheck=.02, lease_ttl=.5) as queue:
        job = queue.submit(far(tracker, runner, work, 'far'))
        until(lambda: 'process 7 on gpu-3' in queue.why_waiting(job.id), 'it to be left')
        beats = {l.fence: l.beat for l in tracker.store.leases()}
        until(lambda: any(l.beat > beats[l.fence] + 5 for l in tracker.store.leases()), 'longer than a lease lives')
        assert job.status == 'pending' and not ran
        tracker.store.close_lease(lease)
        assert tracker.join(job.id, 30).result == 'here'

def test_a_process_elsewhere_has_time_to_start_its_queue(tracker):
    runner = CallRunner()
    def work(): return 'here'
    with JobQueue(tracker, runner, recheck=.02, lease_ttl=60.) as queue:
        job = queue.submit(far(tracker, runner, work, 'far'))
        until(lambda: 'process 7 on gpu-3' in queue.why_waiting(job.id), 'it to be left')

NO_OWNERS = {'none': None, 'number': 7, 'empty': {}, 'other keys': {'pid': 'x'}, 'other kinds': {'host': 1, 'boot': '', 'ns': '', 'pid': 7, 'born': ''},
             'no process': this_process() | {'pid': -1}}

@pytest.mark.parametrize('owner', NO_OWNERS.values(), ids=list(NO_OWNERS))
def test_an_owner_that_makes_no_sense_keeps_nobody_from_working(tracker, owner):
    runner = CallRunner({'work': lambda: 'here'})
    with JobQueue(tracker, runner, recheck=.02) as queue:
        job = queue.submit(tracker.create_job('x', spec={'func': 'work', 'belongs_to': owner}))
        assert tracker.join(job.id, 30).result == 'here'

# --- functions that were registered by name belong to whoever has them

def test_a_function_that_is_known_elsewhere_is_left_to_that_queue(tracker, database):
    "Two services on one record, each with functions of its own."
    def b(): return 'b'
    with JobQueue(tracker, CallRunner({'a': lambda: 'a'}), recheck=.02, lease_ttl=1., name='first') as first, JobTracker(database) as other:
        with JobQueue(other, CallRunner({'b': b}), recheck=.02, lease_ttl=1., name='second'):
            until(lambda: len(tracker.store.leases()) == 2, 'both to be at work')
            jobs = [first.submit(tracker.create_job(n, spec={'func': n})) for n in 'abab']
            assert [tracker.join(j.id, 30).result for j in jobs] == [*'abab']

def test_a_function_that_nobody_knows_fails_at_once(tracker):
    with JobQueue(tracker, CallRunner({'a': lambda: 'a'}), recheck=.02) as queue:
        job = tracker.join(queue.submit(tracker.create_job('x', spec={'func': 'b'})).id, 30)
        assert job.failure.kind == 'invalid' and 'Known here: a' in job.error

def test_a_function_that_none_of_several_queues_knows_says_so_to_everybody(tracker, database):
    def queue(t, name): return JobQueue(t, CallRunner({name: lambda: name}), recheck=.02, lease_ttl=3., name=name)
    with JobTracker(database) as other, queue(tracker, 'first') as first, queue(other, 'second') as second, JobTracker(database) as reader:
        until(lambda: len(tracker.store.leases()) == 2, 'both to be at work')
        job = first.submit(tracker.create_job('lost', spec={'func': 'lost'}))
        said = until(lambda: reader.get_job(job.id).message, 'the reason to be on record')
        assert "knows 'lost'" in said and 'register it' in said and 'cancel' in said
        until(lambda: first.why_waiting(job.id) == second.why_waiting(job.id) == said, 'both to say the same')
        told = lambda: [e.data['reason'] for e in reader.history(job.id) if e.type == 'waiting']
        beats = {l.fence: l.beat for l in reader.store.leases()}
        until(lambda: all(l.beat > beats[l.fence] + 5 for l in reader.store.leases()), 'several more looks')
        assert 1 <= len(told()) <= 2, 'each of them at most once'
        seen = reader.get_job(job.id)
        def printed(table):
            with (wide := rich.console.Console(width=400, file=io.StringIO())).capture() as text: wide.print(table)
            return text.get()
        assert said in printed(jobs_table([seen]))           # `jobtrack ls`
        assert said in printed(job_facts(seen, []))             # `jobtrack show`
        assert said in html.unescape(facts_html(JobSnapshot(seen, now())))   # the monitor
        assert seen.status == 'pending'
        second.runners['call'].functions['lost'] = lambda: 'found'
        done = reader.join(job.id, 30)
        assert (done.result, done.message) == ('found', None)

def test_the_same_job_submitted_by_another_process_is_the_same_job(tracker):
    runner = CallRunner()
    def work(): return 1
    spec = runner.call(work)
    first = tracker.create_job('x', id='once', spec=spec | {'belongs_to': this_process() | {'pid': 7}})
    assert tracker.create_job('x', id='once', spec=spec | {'belongs_to': this_process()}) is first and tracker.create_job('x', id='once', spec=spec) is first

def test_a_queue_for_some_jobs_leaves_the_others_and_nobody_counts_on_it(database):
    "The other jobs wait for a queue that is there for all."
    with JobTracker(database) as tracker:
        runner = CallRunner({'greet': lambda: 'hello'})
        mine, theirs = [tracker.create_job(name, id=name, spec={'func': 'greet'}) for name in ('mine', 'theirs')]
        with JobQueue(tracker, runner, slots=2, takes=lambda job: job.id == 'mine') as queue:
            for job in (theirs, mine): queue.submit(job)
            assert tracker.join('mine', 30).result == 'hello' and theirs.status == 'pending' and theirs.message is None
            assert abandoned(tracker, [mine, theirs]) == [theirs]
            with JobQueue(tracker, CallRunner({'greet': lambda: 'hello'})): assert tracker.join('theirs', 30).result == 'hello'
