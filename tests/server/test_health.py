"""Whether a server can take work, answered soon although what it rests on hangs or is gone."""
import socket, statistics, threading, time
from contextlib import closing

import pytest
from cjm_jobtrack.server import health
from cjm_jobtrack.server.health import BackgroundCheck, check_record
from cjm_jobtrack.net.manager import Manager
from cjm_jobtrack.server.server import serving
from cjm_jobtrack.store.store import JobStore
from helpers import client, node_at, until, write_pipelines

IN_CONTAINER = '[pipelines.boxed]\nrunner = "docker"\ninput = "none"\nargv = ["true"]\ndocker = { image = "busybox" }\n'

def answer(http, status=200) -> dict:
    r = http.get('/health')
    assert r.status_code == status, r.text
    return r.json()

def problem(http, part) -> str: return until(lambda: http.get('/health').json()['parts'][part].get('problem'), f'a problem of the {part}', 20)

@pytest.fixture
def fast(monkeypatch):
    "Background checks that ask often and are soon impatient."
    init = BackgroundCheck.__init__
    monkeypatch.setattr(BackgroundCheck, '__init__', lambda self, name, ask, **kw: init(self, name, ask, every=.05, limit=.3, **kw))

def test_a_server_that_can_work_says_ok_with_its_parts(tmp_path):
    manager = Manager(tmp_path/'manager')
    with node_at(tmp_path) as s, serving(manager) as m, client(m.url) as there:
        for http in s.http, there:
            until(lambda: answer(http)['parts']['disk'].get('free'), 'the disk to be looked at', 10)   # noqa: B023
            found = answer(http)
            assert (found['status'], found['problems']) == ('ok', []) and found['uptime_s'] >= 0
            assert {'disk', 'record', 'queue', 'clock'} <= found['parts'].keys() and all(p['ok'] for p in found['parts'].values())
            assert found['jobs']['pending'] == 0 and found['version'] and found['parts']['queue'] == {'ok': True, 'busy': 0, 'waiting': 0}

def test_the_counts_are_those_of_the_moment(tmp_path):
    with node_at(tmp_path) as s:
        for n in range(1, 6):
            s.run()
            assert answer(s.http)['jobs']['completed'] == n

@pytest.mark.parametrize('others, status', [('', 503), ('work', 200)])
def test_an_engine_that_hangs_delays_nobody_and_matters_if_all_need_it(tmp_path, monkeypatch, fast, others, status):
    "It accepts connections and never answers."
    with closing(socket.create_server(('127.0.0.1', 0), backlog=64)) as silent:
        monkeypatch.setenv('DOCKER_HOST', f'tcp://127.0.0.1:{silent.getsockname()[1]}')
        pipelines = tmp_path/'pipelines'
        if others: write_pipelines(pipelines)
        else: pipelines.mkdir()
        (pipelines/'boxed.toml').write_text(IN_CONTAINER)
        with node_at(tmp_path, pipelines) as s:
            assert 'no answer' in problem(s.http, 'engine')
            spent = []
            for _ in range(60):
                start = time.perf_counter()
                found = answer(s.http, status)
                spent.append(time.perf_counter() - start)
            assert found['status'] == ('ok' if others else 'failing') and len(found['problems']) == 1
            assert statistics.quantiles(spent, n=20)[-1] < .5, spent   # 5 ms on a quiet machine; a machine may be busy

def test_a_node_without_containers_asks_no_engine(tmp_path, monkeypatch):
    monkeypatch.setenv('DOCKER_HOST', 'tcp://127.0.0.1:9')
    with node_at(tmp_path) as s: assert 'engine' not in answer(s.http)['parts']

def test_a_full_disk_is_told_and_refused_work_for(tmp_path, monkeypatch, fast):
    with node_at(tmp_path) as s:
        monkeypatch.setattr(health, 'MIN_FREE', 1 << 60)
        assert 'MiB left' in problem(s.http, 'disk')
        found = answer(s.http, 503)
        assert found['status'] == 'failing' and found['error'] == found['message'] and 'MiB left' in found['error']
        monkeypatch.setattr(health, 'MIN_FREE', 1)
        until(lambda: s.http.get('/health').status_code == 200, 'it to recover', 20)

def test_a_record_that_is_gone_is_told(tmp_path, fast):
    with node_at(tmp_path) as s:
        (s.node.data/'jobs.db').rename(s.node.data/'elsewhere.db')
        assert 'record' in problem(s.http, 'record') and answer(s.http, 503)['status'] == 'failing'
        (s.node.data/'elsewhere.db').rename(s.node.data/'jobs.db')
        until(lambda: s.http.get('/health').status_code == 200, 'it to recover', 20)

def test_a_record_that_hangs_delays_the_first_caller_only(tmp_path, monkeypatch):
    with node_at(tmp_path) as s:
        until(lambda: answer(s.http)['jobs']['pending'] == 0, 'the first counts', 10)
        go, counts = threading.Event(), s.node.counts
        monkeypatch.setattr(s.node, 'counts', lambda batch=None: go.wait(60) and counts(batch))
        try:
            answer(s.http)
            start = time.perf_counter()
            for _ in range(20): assert answer(s.http)['jobs']['pending'] == 0
            assert time.perf_counter() - start < 1
        finally: go.set()

def test_a_queue_that_has_ended_is_told(tmp_path):
    with node_at(tmp_path) as s:
        s.node.queue.stop()
        found = answer(s.http, 503)
        assert found['status'] == 'failing' and found['parts']['queue']['ok'] is False and 'queue: it does not run' in found['problems']

def test_a_manager_sends_no_work_to_a_node_that_cannot_take_it(tmp_path):
    manager = Manager(tmp_path/'manager', check_every=.1)
    with node_at(tmp_path) as s, serving(manager):
        node = manager.directory.add('shed', url=s.url)
        until(lambda: manager.directory.is_online(node), 'the node to be known', 20)
        s.node.queue.stop()
        until(lambda: not manager.directory.is_online(node), 'the node to be left alone', 20)
        assert 'queue' in manager.directory.state(node).problem

def test_a_record_that_cannot_be_written_is_told(tmp_path, monkeypatch):
    store = JobStore(tmp_path/'jobs.db')
    monkeypatch.setattr(health.os, 'access', lambda path, mode: False)   # a test that is root may write everywhere
    assert 'cannot be written' in check_record(store)['problem']
    store.close()
