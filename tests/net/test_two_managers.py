"Two managers in processes of their own on one record, SQLite or PostgreSQL: they share the work, and one takes over from the other."
import time
from contextlib import contextmanager
import pytest
from helpers import node_at
from wire import manager_process, plan, until

SOON = 30.   # Seconds within which a killed manager's jobs are in other hands; on a quiet machine it takes one or two

@pytest.fixture
def two(tmp_path, database):
    "A node with four slots, and two managers on one record that know it."
    shared = {'JOBTRACK_STORE': database, 'LOGS': str(tmp_path/'logs')}
    with node_at(tmp_path/'node', slots=4) as n, manager_process(tmp_path, 'one', **shared) as a, manager_process(tmp_path, 'two', **shared) as b:
        a.add(n.url)
        until(lambda: [node['status'] for node in b.http.get('/api/nodes').json()] == ['online'], 'the other manager to know the node')
        yield n, a, b

@contextmanager
def left_open(path):
    "A gate that opens in the end, whatever happens."
    try: yield path
    finally: path.touch()

def test_two_managers_share_the_work(two):
    n, a, b = two
    jobs = [h.rc.submit('work', params=plan(say=f'{i}'), name=f'{i}').id for i, h in enumerate([a, b] * 4)]
    for h in a, b:
        assert {h.rc.wait(j, 60).status for j in jobs} == {'completed'}
        assert [h.rc.log_tail(j) for j in jobs] == [f'{i}\n' for i in range(8)]
        assert h.http.get(f'/api/jobs/{jobs[0]}/download').text == 'done'
    assert sorted(j['id'] for j in n.http.get('/jobs').json()['jobs']) == sorted(jobs), 'each was done once'
    for j in jobs: assert [a.types(j).count(t) for t in ('running', 'sent', 'completed')] == [1, 1, 1]
    a.http.post('/api/nodes/shed/drain')
    until(lambda: b.http.get('/api/nodes').json()[0]['drained'], 'the other to know that it is drained')

def test_one_manager_takes_over_from_the_other(two, tmp_path):
    n, a, b = two
    with left_open(tmp_path/'gate') as gate:
        jobs = [a.rc.submit('work', params=plan(steps=2, gate=str(gate), more='the end')).id for _ in range(3)]
        cancelled = a.rc.submit('work', params=plan(gate=str(gate))).id
        for job in (*jobs, cancelled): until(lambda job=job: b.rc.get_job(job).status == 'running', 'the job to run')
        for h in a, b:   # whoever is asked
            assert h.rc.session(jobs[0])['node_name'] == 'shed'
        a.process.kill(), a.process.wait(30)
        began = time.monotonic()
        assert b.rc.cancel(cancelled).status in ('cancelled', 'running')
        assert b.rc.wait(cancelled, SOON).status == 'cancelled'
        gate.touch()
        assert {b.rc.wait(j, SOON).status for j in jobs} == {'completed'}
        assert time.monotonic() - began < SOON
    assert any('adopted' in b.types(j) for j in (*jobs, cancelled)), 'some were in the hands of the one that died'
    for j in jobs:
        assert b.rc.log_tail(j).splitlines()[-1] == 'the end' and b.rc.log_tail(j).count('the end') == 1
        assert [b.types(j).count(t) for t in ('sent', 'completed')] == [1, 1]
    assert n.http.get('/jobs').json()['count'] == 4
    after = b.rc.submit('work', params=plan()).id
    assert b.rc.wait(after, 30).status == 'completed'
