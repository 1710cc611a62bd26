"""A manager and three nodes under faults drawn from a seed, while jobs come and go.

Servers are killed, frozen and stopped; the network between manager and nodes is cut, hangs, and breaks in the middle of
answers. In the end every job that was asked for has ended once, as it was asked to, and nothing of it is left.

    CHAOS_SECONDS=600 pytest tests/test_chaos.py     # longer than `make test` has time for"""
import json, os, random, signal, sys, threading, time, uuid
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from cut_proxy import CutProxy
from helpers import until
from servers import Server, free_port, marked
from cjm_jobtrack.model.errors import JobtrackError
from cjm_jobtrack.net.client import RemoteClient

# Each program writes into one ledger that it began and that it ended, so a job that was begun twice shows there

WORK = '''
import json, os, sys, time
ledger, steps, status = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
def write(what):
    line = json.dumps([os.environ['JOBTRACK_JOB_ID'], what]) + "\\n"
    fd = os.open(ledger, os.O_WRONLY|os.O_APPEND|os.O_CREAT)
    os.write(fd, line.encode())
    os.close(fd)
write('begun')
for n in range(1, steps+1):
    print(f'Task {n}/{steps}', flush=True)
    time.sleep(.05)
write('ended')
sys.exit(status)
'''

@dataclass
class Wish:
    "A job that somebody wants, and what should come of it."
    id:str
    steps:int
    status:int          # The exit status of its program
    node:str
    cancel_at:float|None = None   # Seconds after it was accepted
    @property
    def ends(self) -> set[str]:
        "How it may end. A cancelled job may have ended before the cancel request came."
        end = 'failed' if self.status else 'completed'
        return {end} if self.cancel_at is None else {end, 'cancelled'}

class Cluster:
    "Three nodes with two slots each, a proxy in front of each, and a manager that knows them by their proxies."
    def __init__(self, folder, held):
        self.ledger, self.nodes, self.proxies = folder/'ledger', [], []
        (folder/'work.py').write_text(WORK)
        (folder/'work.toml').write_text(f'''
name = "work"
input = "none"
argv = ["{sys.executable}", "{folder}/work.py", "{self.ledger}", "{{steps}}", "{{status}}"]
progress = {{ formats = ["task"] }}
params.steps = {{ type = "int", default = 20 }}
params.status = {{ type = "int", default = 0 }}
''')
        for n in range(3):
            home = folder/f'n{n}'
            home.mkdir()
            node = Server('node', home, '--pipelines', folder/'work.toml', '--slots', 2, port=free_port()).start()
            held.callback(node.stop)
            self.nodes.append(node)
            self.proxies.append(held.enter_context(CutProxy(node.url)))
        known = [word for n, proxy in enumerate(self.proxies) for word in ('--node', f'n{n}={proxy.url}')]
        self.manager = Server('manager', folder, *known, port=free_port()).start()
        held.callback(self.manager.stop)
        self.client = held.enter_context(RemoteClient(self.manager.url))   # of a person, who is there all the time
        until(self.client.pipelines, 'the nodes to be known')

    def events(self) -> Counter:
        "Job id and what it did -> how often."
        lines = self.ledger.read_text().splitlines() if self.ledger.exists() else []
        return Counter(tuple(json.loads(line)) for line in lines)

# Faults. Each breaks one thing, waits for as long as it is given, and mends it

def kill(server, pause):
    server.kill()
    pause()
    server.start()

def restart(server, pause):
    server.stop()
    pause()
    server.start()

def freeze(server, pause):
    server.process.send_signal(signal.SIGSTOP)
    try: pause()
    finally: server.process.send_signal(signal.SIGCONT)

def cut(proxy, pause):
    proxy.cut()
    pause()
    proxy.restore()

def hang(proxy, pause):
    proxy.hang()
    pause()
    proxy.restore()

def break_answer(proxy, pause):
    proxy.break_answer(after=random.Random(proxy.accepted).randrange(600))
    pause()

class Trouble(threading.Thread):
    "Breaks and mends one thing after another until it is told to end, in an order that its seed decides."
    def __init__(self, seed, faults, targets):
        super().__init__(daemon=True)
        self.rng, self.faults, self.targets = random.Random(seed), faults, targets
        self.over, self.done, self.error = threading.Event(), [], None

    def run(self):
        try:
            while not self.over.wait(self.rng.uniform(.1, 1.5)):
                fault, target = self.rng.choice(self.faults), self.rng.choice(self.targets)
                length = self.rng.choice((.1, .5, 2., 6.))
                fault(target, lambda: self.over.wait(length))   # noqa: B023
                self.done.append(fault.__name__)
        except BaseException as e: self.error = e

    def end(self):
        self.over.set()
        self.join(120)
        if self.error: raise self.error
        assert not self.is_alive(), 'a fault was not mended'

def insistently(ask, what):
    "Ask until there is an answer, as a person or a script would."
    def tried():
        try: return True, ask()
        except (JobtrackError, OSError): return None
    return until(tried, what, 120)[1]

class Person(threading.Thread):
    "Submits jobs and cancels some of them, for so long. `wishes`: what was asked for."
    def __init__(self, client, seed, seconds):
        super().__init__(daemon=True)
        self.client, self.rng, self.seconds = client, random.Random(seed), seconds
        self.wishes, self.to_cancel, self.error = [], [], None

    def run(self):
        try:
            end = time.monotonic() + self.seconds
            while time.monotonic() < end:
                self.submit()
                self.cancel(time.monotonic())
                time.sleep(self.rng.uniform(.05, .6))
            self.cancel(float('inf'))
        except BaseException as e: self.error = e

    def submit(self):
        rng = self.rng
        wish = Wish(id=str(uuid.UUID(int=rng.getrandbits(128), version=4)), steps=rng.choice((1, 5, 20, 60)),
                    status=rng.choice((0, 0, 0, 3)), node=f'n{rng.randrange(3)}', cancel_at=rng.choice((None, None, None, rng.uniform(0, 3))))
        params = {'steps': wish.steps, 'status': wish.status}
        insistently(lambda: self.client.submit('work', params=params, id=wish.id, node=wish.node), 'a job to be accepted')
        self.wishes.append(wish)
        if wish.cancel_at is not None: self.to_cancel.append((time.monotonic() + wish.cancel_at, wish.id))

    def cancel(self, now):
        "Cancel the jobs whose time has come."
        for due in [c for c in self.to_cancel if c[0] <= now]:
            self.to_cancel.remove(due)
            insistently(lambda: self.client.cancel(due[1]), 'a cancel request to be accepted')   # noqa: B023

    def end(self):
        self.join(self.seconds + 300)
        if self.error: raise self.error
        assert not self.is_alive(), 'a person is still waiting for an answer'

def chaos(folder, seed, seconds):
    with ExitStack() as held:
        cluster = Cluster(folder, held)
        troubles = [Trouble(seed, [kill, restart, freeze], [*cluster.nodes, cluster.manager]),
                    Trouble(seed+1, [cut, hang, break_answer], cluster.proxies)]
        people = [Person(cluster.client, seed+n, seconds) for n in (2, 3, 4)]
        for t in (*troubles, *people): t.start()
        try:
            for p in people: p.end()
        finally:
            for t in troubles: t.end()
        for proxy in cluster.proxies: proxy.restore()
        wishes = [w for p in people for w in p.wishes]
        check(cluster, wishes)
        print(f'seed {seed}: {len(wishes)} jobs, {sum(len(t.done) for t in troubles)} faults:', *(f'{n} {what}' for what, n in Counter(troubles[0].done + troubles[1].done).items()))

def check(cluster, wishes):
    ended = {w.id: cluster.client.wait(w.id, 120) for w in wishes}
    wrong = {w.id: (ended[w.id].status, w.ends, ended[w.id].error) for w in wishes if ended[w.id].status not in w.ends}
    assert not wrong, 'ended otherwise than asked'
    events = cluster.events()
    twice = [e for e, n in events.items() if n > 1]
    assert not twice, 'begun or ended twice'
    known = {w.id for w in wishes}
    assert {job_id for job_id, _ in events} <= known, 'work that nobody asked for'
    for w in wishes:
        if ended[w.id].status != 'cancelled': assert events[w.id, 'ended'] == 1, f'{w.id} is said to have ended, and did not'
    until(lambda: not [p for w in wishes for p in marked(w.id)], 'the processes of the jobs to be gone')
    assert {j.id for j in cluster.client.list_jobs()} == known
    for w in wishes: agree(cluster, w, ended[w.id])

def agree(cluster, wish, job):
    "The node says of a job what the manager says. One that was cancelled before it arrived is not known there; one that failed before the cancel request arrived is cancelled to those who asked."
    there = cluster.nodes[int(wish.node[1:])].client.get_job(wish.id)
    status = there and there.status
    assert status == job.status or job.status == 'cancelled' and status in (None, 'failed'), f'{wish.id}: {status} at the node, {job.status} at the manager'

SECONDS = float(os.environ.get('CHAOS_SECONDS', 180))

@pytest.mark.timeout(300)
def test_a_short_spell_of_faults(tmp_path): chaos(tmp_path, 1, 12)

@pytest.mark.slow
@pytest.mark.timeout(SECONDS + 600)
@pytest.mark.parametrize('seed', [11, 22, 33])
def test_a_long_spell_of_faults(seed, tmp_path): chaos(tmp_path, seed, SECONDS)
