"The session of a job over real servers: one time line in its true order, with a node whose clock is wrong, and with one that is away."
import os, subprocess, sys
from contextlib import contextmanager
from datetime import datetime
from cjm_jobtrack.net.client import RemoteClient
from helpers import Served, client, write_pipelines
from wire import managed, plan, remote_job, until

AHEAD = 300.

SERVE = f'''
import datetime, sys, time
real = datetime.datetime
class Ahead(real):
    @classmethod
    def now(cls, tz=None): return real.now(tz) + datetime.timedelta(seconds={AHEAD})
datetime.datetime, true_time = Ahead, time.time
time.time = lambda: true_time() + {AHEAD}
from cjm_jobtrack.net.node import Node
from cjm_jobtrack.server.server import serving
data, pipelines = sys.argv[1:]
with serving(Node(data, pipelines=pipelines, slots=2)) as s:
    print(s.url, flush=True)
    sys.stdin.read()   # until our parent closes it, or is gone
'''

@contextmanager
def node_ahead(folder):
    "A node whose clock is five minutes ahead."
    words = [sys.executable, '-c', SERVE, str(folder/'data'), str(write_pipelines(folder/'pipelines'))]
    p = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ)
    try:
        url = p.stdout.readline().strip()
        assert url, f'the node did not start: exit status {p.wait(30)}'
        with client(url) as http: yield Served(url, http, process=p)
    finally:
        p.stdin.close(), p.stdout.close()
        try: p.wait(15)
        except subprocess.TimeoutExpired: p.kill(), p.wait()

def steps(session): return [(e['tier'], e['type']) for e in session['events']]

def in_order(session, *wanted):
    "These events are there, in this order."
    found = [s for s in steps(session) if s in wanted]
    assert found == [*wanted], steps(session)

LIFE = ('manager', 'created'), ('manager', 'sent'), ('node', 'created'), ('node', 'started'), ('node', 'completed'), ('manager', 'completed')

def test_the_clock_of_a_node_is_measured_and_its_instants_are_corrected(tmp_path):
    with node_ahead(tmp_path) as n, managed(tmp_path, n.url) as h:
        until(lambda: h.manager.directory.is_online(h.manager.directory.get('shed')), 'the node to be known')
        job = h.rc.wait(h.rc.submit('work', params=plan(steps=3)).id, 30)
        assert job.status == 'completed'
        s = h.rc.session(job.id)
        in_order(s, *LIFE)
        assert abs(s['skew_seconds'] - AHEAD) <= s['skew_error_seconds'] + .01 and s['skew_error_seconds'] < 2
        assert (s['remote_id'], s['node_name'], s['node_unreachable']) == (job.id, 'shed', None)
        instants = [datetime.fromisoformat(e['at']) for e in s['events']]
        assert instants == sorted(instants) and (instants[-1] - instants[0]).total_seconds() < 60
        for e in s['events']:
            ahead = (datetime.fromisoformat(e['measured_at']) - datetime.fromisoformat(e['at'])).total_seconds()
            assert abs(ahead - (AHEAD if e['tier'] == 'node' else 0)) < 5, e
        there = n.http.get(f'/jobs/{job.id}/history').json()['events']
        assert [e['type'] for e in s['events'] if e['tier'] == 'node'] == [e['type'] for e in there], 'each once'
        node = h.http.get('/api/nodes').json()[0]
        assert abs(node['skew_seconds'] - AHEAD) < 2 and node['version'] and node['slots'] == 2 and node['pipelines'] == ['need', 'work']

def test_a_session_while_the_node_is_away(cuttable):
    h = cuttable
    job = h.rc.submit('work', params=plan(steps=2, gate=str(h.gate)))
    until(lambda: h.rc.get_job(job.id).progress == 100, 'the first half')
    in_order(h.rc.session(job.id), *LIFE[:4])
    h.net.cut()
    since = until(lambda: h.rc.get_job(job.id).unreachable_since, 'a note that the node is silent')
    s = h.rc.session(job.id)
    assert (s['node_unreachable'], s['remote_id'], s['node_name']) == (since, job.id, 'shed') and s['problem']
    in_order(s, *LIFE[:4])
    assert ('manager', 'unreachable') in steps(s)
    h.gate.touch()
    h.net.restore()
    h.rc.wait(job.id, 30)
    s = h.rc.session(job.id)
    in_order(s, *LIFE)
    assert s['node_unreachable'] is None
    h.net.cut()
    until(lambda: h.rc.session(job.id)['node_unreachable'], 'the silence to be told')
    in_order(h.rc.session(job.id), *LIFE)

def test_sessions_of_other_jobs(old):
    waiting = old.rc.submit(node='shed', input='input_videos/talk.mp4')
    old.original.complete(remote_job(old))
    old.rc.wait(waiting.id, 30)
    s = old.rc.session(waiting.id)
    in_order(s, ('manager', 'sent'), ('node', 'created'), ('node', 'completed'), ('manager', 'completed'))
    assert old.http.get('/api/jobs/none/session').status_code == 404
    with RemoteClient(old.served.url) as there: assert {tier for tier, _ in steps(there.session(s['remote_id']))} == {'node'}
