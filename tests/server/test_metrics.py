"""What servers count: jobs, requests, streams, and what a scrape costs and may not reach."""
import httpx, pytest
from prometheus_client.parser import text_string_to_metric_families
from cjm_jobtrack.model.errors import StoreError
from cjm_jobtrack.net.manager import Manager
from cjm_jobtrack.server.server import serving
from helpers import client, node_at, until

def figures(http) -> dict:
    "name and labels -> value, as a Prometheus reads them."
    r = http.get('/metrics')
    assert r.status_code == 200 and r.headers['content-type'].startswith('text/plain; version=0.0.4'), r.text
    return {(s.name.removeprefix('jobtrack_'), *sorted(s.labels.values())): s.value for family in text_string_to_metric_families(r.text) for s in family.samples}

@pytest.fixture(scope='module')
def servers(tmp_path_factory):
    "A node, and a manager that knows it and another that is not there."
    folder = tmp_path_factory.mktemp('metrics')
    manager = Manager(folder/'manager', check_every=.1)
    with node_at(folder, slots=2) as s, serving(manager) as m, client(m.url) as http:
        manager.directory.add('shed', url=s.url), manager.directory.add('gone', url='http://127.0.0.1:9')
        s.manager = http
        yield s

def test_jobs_are_counted_as_they_end_and_waits_and_runs_are_timed(servers):
    s = servers
    before = figures(s.http)
    ended = [s.run()['status'], s.run({'exit': 3})['status'], s.run({'exit': 3})['status']]
    assert ended == ['completed', 'failed', 'failed']
    def grown(*key): return figures(s.http).get(key, 0) - before.get(key, 0)
    until(lambda: grown('job_running_seconds_count') == 3, 'three runs to be timed', 10)
    kind = s.node.tracker.list_jobs('failed', 1)[0].failure.kind
    assert grown('jobs_ended_total', '', 'completed') == 1 and grown('jobs_ended_total', *sorted(('failed', kind))) == 2
    assert grown('job_waiting_seconds_count') == 3 and grown('jobs', 'completed') == 1 and grown('jobs', 'failed') == 2
    now = figures(s.http)
    assert now['slots',] == 2 and now['queue_up',] == 1 and now['record_up',] == 1 and now['record_bytes',] > 10_000

def test_slots_and_queue_are_told_as_they_are(servers, tmp_path):
    jobs = [servers.ask({'gate': str(tmp_path/'gate')})['id'] for _ in range(3)]
    until(lambda: (f := figures(servers.http)) and (f['slots_busy',], f['queue_length',]) == (2, 1), 'two to run and one to wait', 20)
    (tmp_path/'gate').touch()
    for job in jobs: servers.wait(job)
    until(lambda: figures(servers.http)['slots_busy',] == 0, 'the slots to be free', 20)

def test_a_manager_tells_its_nodes_and_counts_jobs_by_the_time_they_run_there(servers):
    http = servers.manager
    until(lambda: figures(http)['nodes', 'online'] == 1 and figures(http)['nodes', 'offline'] == 1, 'the nodes to be checked', 20)
    r = http.post('/jobs', json={'pipeline': 'work', 'params': {'plan': '{}'}})
    assert r.status_code == 201, r.text
    until(lambda: figures(http).get(('jobs_ended_total', '', 'completed')) == 1, 'the job to end', 30)
    until(lambda: figures(http)['job_waiting_seconds_count',] == 1, 'its wait to be known', 10)

def test_streams_and_files_are_counted_and_not_timed(servers):
    http = servers.http
    job = servers.run()['id']
    route, key = '/jobs/{job_id}/download', lambda route: ('http_request_seconds_count', *sorted(('GET', route)))
    with http.stream('GET', '/events') as r:
        assert r.status_code == 200
        open_now = figures(http)
        assert open_now['streams_open', 'events'] == 1 and open_now['http_requests_total', *sorted(('/events', 'GET', '200'))] == 1
    until(lambda: figures(http)['streams_open', 'events'] == 0, 'the stream to be closed', 20)
    assert http.get(f'/jobs/{job}/download').status_code == 200
    servers.put()
    now = figures(http)
    assert now['http_requests_total', *sorted((route, 'GET', '200'))] >= 1 and key(route) not in now and key('/events') not in now
    assert ('http_request_seconds_count', *sorted(('/upload', 'POST'))) not in now and key('/metrics') in now

def test_what_strangers_ask_for_makes_no_figures(servers):
    count = lambda: len([key for key in figures(servers.http) if key[0].startswith('http_')])   # others grow when a job of before ends
    servers.http.get('/nothing/0'), servers.http.get('/jobs/nobody-0'), servers.http.request('BREW', '/jobs')
    before = count()
    for n in range(20): servers.http.get(f'/nothing/{n}'), servers.http.get(f'/jobs/nobody-{n}'), servers.http.request(f'BREW{n}'.replace(str(n), 'X'*(n+1)), '/jobs')
    assert count() == before

def test_figures_need_the_token_and_refusals_are_counted(tmp_path):
    with node_at(tmp_path, token='a long secret') as s:
        assert httpx.get(f'{s.url}/metrics').status_code == 401
        assert figures(s.http)['http_requests_total', *sorted(('none', 'GET', '401'))] == 1

def test_figures_are_told_although_the_record_is_in_trouble(servers, monkeypatch):
    def counts(batch=None): raise StoreError('jobs.db', 'it is gone', '')
    monkeypatch.setattr(servers.node, 'counts', counts)
    now = figures(servers.http)
    assert now['record_up',] == 0 and ('jobs', 'pending') not in now and now['slots',] == 2
