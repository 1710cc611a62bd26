"""A batch on a server: its jobs as they end, told by events, and counted by the server."""
import asyncio, json
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace

import pytest
from cut_proxy import CutProxy
from helpers import node_at, until
from cjm_jobtrack.model.errors import NodeRefused
from cjm_jobtrack.net.batch import RemoteBatch
from cjm_jobtrack.net.client import AsyncRemoteClient, RemoteClient
from cjm_jobtrack.net.manager import Manager
from cjm_jobtrack.server.server import serving

@pytest.fixture
def node(tmp_path):
    with node_at(tmp_path/'node', slots=4) as served: yield served

class Counted(RemoteClient):
    "Counts the requests that ask for many jobs, and those that ask for one."
    def __init__(self, *args, **kw):
        super().__init__(*args, **kw)
        self.asked = Counter()
    def list_jobs(self, *args, **kw):
        self.asked['list'] += 1
        return super().list_jobs(*args, **kw)
    def get_job(self, job_id):
        self.asked['one'] += 1
        return super().get_job(job_id)

@contextmanager
def gated(client, folder, n=3):
    "A batch of jobs that end when their gates are opened; none is left waiting."
    gates = [folder/f'gate-{i}' for i in range(n)]
    try:
        for gate in gates: client.submit('work', params={'plan': json.dumps({'gate': str(gate)})}, name=gate.name, batch='night')
        yield RemoteBatch(client, 'night'), gates
    finally:
        for gate in gates: gate.touch()

def test_each_end_is_told_by_an_event(node, tmp_path):
    with Counted(node.url) as client, gated(client, tmp_path) as (night, gates):
        other = client.submit('work', params={'plan': '{}'})
        coming, names = iter(night.as_completed(60)), []
        for gate in reversed(gates):
            gate.touch()
            names.append(next(coming).name)
        assert names == [g.name for g in reversed(gates)] and list(coming) == [] and client.wait(other.id, 60)
        assert client.asked['list'] == 1, 'the jobs are listed when it begins, and not again'
        assert [j.name for j in night.as_completed()] == names, 'afterwards, in the same order'

def test_each_end_is_told_to_a_coroutine(node, tmp_path):
    async def main(night, gates):
        names = []
        gates[0].touch()
        async for job in night.as_completed(60):
            names.append(job.name)
            if len(names) < len(gates): gates[len(names)].touch()
        return names
    with Counted(node.url) as client, gated(client, tmp_path) as (night, gates):
        assert asyncio.run(main(night, gates)) == [g.name for g in gates] and client.asked['list'] == 1

def test_an_end_while_the_connection_is_cut_is_not_missed(node, tmp_path):
    with CutProxy(node.url) as proxy, RemoteClient(proxy.url) as client, gated(client, tmp_path) as (night, gates):
        coming = iter(night.as_completed(60))
        gates[0].touch()
        assert next(coming).name == 'gate-0'
        proxy.cut()
        gates[1].touch()
        until(lambda: node.node.tracker.counts('night')['completed'] == 2, 'the second to end')
        proxy.restore()
        assert next(coming).name == 'gate-1'
        gates[2].touch()
        assert [j.name for j in coming] == ['gate-2']

@pytest.mark.parametrize('type', ['completed', 'reconnected'])
def test_what_ended_unheard_is_found_after_the_server_was_away(node, tmp_path, type):
    "What a look at the whole batch finds, and what was deleted is no longer waited for."
    with RemoteClient(node.url) as client, gated(client, tmp_path) as (night, gates):
        jobs = night.as_completed().open_jobs()
        first, second, third = night.jobs()
        for gate in gates[:2]: gate.touch()
        for job in first, second: client.wait(job.id, 60)
        client.delete(second.id)
        event = next(e for e in client.history(first.id) if e.type == 'completed')
        assert jobs.take(replace(event, type=type)) == [client.get_job(first.id)]
        assert jobs.ids == ({third.id} if type == 'reconnected' else {second.id, third.id})

def test_it_ends_in_time_and_the_jobs_go_on(node, tmp_path):
    async def wait(night): return await night.wait(.05)
    with RemoteClient(node.url) as client, gated(client, tmp_path, 2) as (night, _):
        with pytest.raises(TimeoutError, match='2 jobs of batch night'): night.join(.05)
        with pytest.raises(TimeoutError, match='2 jobs of batch night'): asyncio.run(wait(night))
        assert night.counts()['completed'] == 0

def test_events_that_are_refused_end_it(node, tmp_path, monkeypatch):
    async def refused(self, job_id=None, after=None):
        raise NodeRefused(node.url, 401, 'Unauthorized')
        yield
    monkeypatch.setattr(AsyncRemoteClient, 'events', refused)
    async def wait(night): return await night.wait()
    with RemoteClient(node.url) as client, gated(client, tmp_path) as (night, _):
        with pytest.raises(NodeRefused): night.join()
        with pytest.raises(NodeRefused): asyncio.run(wait(night))

# --- counts

def test_the_server_counts(node, tmp_path):
    with Counted(node.url) as client, gated(client, tmp_path) as (night, gates):
        client.submit('work', params={'plan': '{}'}), gates[0].touch()
        until(lambda: night.counts() == dict(pending=0, running=2, completed=1, failed=0, cancelled=0), 'one to end')
        assert client.asked['list'] == 0 and sum(client.counts().values()) == 4 and sum(client.counts('none').values()) == 0

def test_the_jobs_are_counted_here_where_the_server_cannot(node, tmp_path):
    routes = node.node.app.router.routes
    routes[:] = [r for r in routes if getattr(r, 'path', None) != '/counts']
    with RemoteClient(node.url) as client, gated(client, tmp_path) as (night, gates):
        assert node.http.get('/counts').status_code == 404
        gates[0].touch()
        until(lambda: night.counts() == dict(pending=0, running=2, completed=1, failed=0, cancelled=0), 'one to end')

def test_a_manager_counts_jobs_that_wait_at_their_node_as_pending(tmp_path):
    manager = Manager(tmp_path/'manager')
    with node_at(tmp_path/'node', slots=1) as node, serving(manager) as server, RemoteClient(server.url) as client:
        manager.directory.add('shed', url=node.url)
        with gated(client, tmp_path) as (night, gates):
            until(lambda: node.node.tracker.counts()['pending'] == 2, 'two to wait there')
            until(lambda: night.counts() == dict(pending=2, running=1, completed=0, failed=0, cancelled=0), 'them to be pending here')
            assert client.counts() == night.counts()
            for gate in gates: gate.touch()
            assert night.join(60)['completed'] == 3
