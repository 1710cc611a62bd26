"""Events on node and manager alike: as server-sent events and over a WebSocket, filtered, resumed, and read by clients that others wrote."""
import json, re, subprocess, time
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from cjm_jobtrack.server import broadcast
from cjm_jobtrack.net.client import RemoteClient
from browser import chromium
from helpers import Served, node_at
from wire import managed, node_of, plan, until

@pytest.fixture(scope='module')
def servers(tmp_path_factory):
    "A node, and a manager that has another one: for each, what talks to it."
    folder = tmp_path_factory.mktemp('events')
    with node_of(folder/'a') as node, node_of(folder/'b') as other, managed(folder, other.url, check_every=5) as h, RemoteClient(node.url) as rc:
        until(lambda: h.http.get('/health').json()['nodes']['online'], 'the node to be known')
        node.rc, h.is_manager, node.is_manager = rc, True, False
        yield {'node': node, 'manager': h}

@pytest.fixture(params=['node', 'manager'])
def server(request, servers): return servers[request.param]

def run(server, n=1, **options) -> list[str]:
    "Jobs that have ended."
    ids = [server.rc.submit('work', params=plan(), **options).id for _ in range(n)]
    for job in ids: server.rc.wait(job, 30)
    return ids

def socket(server, path, **options): return connect(server.url.replace('http', 'ws', 1) + path, open_timeout=30, **options)

def messages(server, path, **options) -> list[dict]:
    "What comes over a WebSocket until the server closes it."
    with socket(server, path, **options) as s: return [json.loads(message) for message in s]

def journal(events) -> list[dict]: return [e for e in events if e['seq'] is not None]

def sse(server, path, stop=lambda e: False, **params) -> list[dict]: return [e['data'] for e in Served(server.url, server.http).events(path, stop=stop, **params)]

def test_both_ways_bring_the_same_and_go_on_after_a_cursor(server):
    job, = run(server)
    history = server.http.get(f'/jobs/{job}/history').json()['events']
    assert journal(sse(server, f'/jobs/{job}/events')) == journal(messages(server, f'/jobs/{job}/events')) == history
    after = history[1]['seq']
    assert journal(messages(server, f'/jobs/{job}/events?after={after}')) == history[2:]
    assert journal(messages(server, f'/jobs/{job}/events', additional_headers={'Last-Event-ID': str(after)})) == history[2:]

def test_a_socket_of_all_jobs_brings_what_happens(server):
    with socket(server, '/events') as s:
        job, = run(server)
        events = []
        while not events or (events[-1]['type'], events[-1]['job_id']) != ('completed', job): events.append(json.loads(s.recv(30)))
    seqs = [e['seq'] for e in journal(events)]
    assert seqs == sorted({*seqs}) and 'created' in [e['type'] for e in events]

def test_a_socket_closes_with_the_job_and_with_the_server(tmp_path, server):
    job, = run(server)
    with socket(server, f'/jobs/{job}/events') as s:
        with pytest.raises(ConnectionClosed) as closed:
            while True: s.recv(30)
        assert closed.value.rcvd.code == 1000
    with node_at(tmp_path) as node: left_open = socket(node, '/events')
    with left_open, pytest.raises(ConnectionClosed) as closed: left_open.recv(30)
    assert closed.value.rcvd.code in (1001, 1012), 'it is gone for the moment'

def test_readers_over_sockets_are_let_go(server):
    streams = server.manager.app.state.streams if server.is_manager else server.node.app.state.streams
    for _ in range(3):
        with socket(server, '/events?name=nobody'): until(lambda: [key for key in streams.open if key[1].name == 'nobody'], 'the stream to begin')
    until(lambda: not [key for key in streams.open if key[1].name == 'nobody'], 'the stream to end with its last reader')

@pytest.mark.parametrize('path, status', [('/events?after=x', 422), ('/events?status=finished', 422), ('/jobs/none/events', 404)])
def test_refusals_before_the_upgrade_say_why(server, path, status):
    with pytest.raises(InvalidStatus) as refused: socket(server, path)
    assert refused.value.response.status_code == status and json.loads(refused.value.response.body)['error']

def test_pages_of_others_open_no_socket(server):
    with pytest.raises(InvalidStatus) as refused: socket(server, '/events', origin='http://evil.example')
    assert refused.value.response.status_code == 403

def test_a_socket_wants_the_token(tmp_path):
    with node_at(tmp_path, token='secret') as node:
        with pytest.raises(InvalidStatus) as refused: socket(node, '/events')
        assert refused.value.response.status_code == 401
        job = node.run()['id']
        assert journal(messages(node, f'/jobs/{job}/events', additional_headers={'Authorization': 'Bearer secret'}))

def test_filters_are_those_of_the_list(server):
    start = max(e['seq'] for job in run(server) for e in server.http.get(f'/jobs/{job}/history').json()['events'])
    talk, = run(server, name='talk.wav')
    batch = run(server, 2, batch='evening')
    failed = server.rc.submit('work', params=plan(exit=3)).id
    server.rc.wait(failed, 30)
    last, = run(server, name='the last')
    def ids(**wanted):
        ended = lambda e: e['data']['job_id'] == last and e['type'] == 'completed'
        every = sse(server, '/events', ended, after=start) if not wanted else None
        if every: return {e['job_id'] for e in every}
        query = '&'.join(f'{k}={v}' for k, v in wanted.items())
        found, left = set(), {**expected}[tuple(wanted.items())].copy()
        with socket(server, f'/events?after={start}&{query}') as s:
            while left:
                event = json.loads(s.recv(30))
                found.add(event['job_id'])
                if event['type'] in ('completed', 'failed'): left.discard(event['job_id'])
        return found
    node = server.rc.get_job(talk).node
    expected = {(('name', 'talk.wav'),): {talk}, (('batch', 'evening'),): {*batch}, (('status', 'failed'),): {failed}, (('batch', 'evening'), ('status', 'completed')): {*batch}}
    if node: expected[('node', node), ('name', 'talk.wav')] = {talk}
    for wanted, jobs in expected.items(): assert ids(**dict(wanted)) == jobs, wanted
    assert ids() == {talk, *batch, failed, last}

def test_a_filtered_reader_hears_what_comes_and_keeps_its_cursor(server, monkeypatch):
    monkeypatch.setattr(broadcast, 'PING', .2)
    ids, lines = [], []
    with server.http.stream('GET', '/events', params={'name': 'wanted'}) as r:
        stream = r.iter_lines()
        run(server, name='unwanted')
        seen = server.http.get('/jobs', params={'name': 'unwanted', 'limit': 1}).json()['jobs'][0]['id']
        last = server.http.get(f'/jobs/{seen}/history').json()['events'][-1]['seq']
        while not ids or ids[-1] < last:
            lines.append(next(stream))
            if lines[-1].startswith('id: '): ids.append(int(lines[-1][4:]))
        assert not [line for line in lines if line.startswith('data: ')]
        job, = run(server, name='wanted')
        while 'event: completed' not in lines: lines.append(next(stream))
    assert {json.loads(line[6:])['job_id'] for line in lines if line.startswith('data: ')} == {job}

def test_a_cursor_of_another_record_is_told_to_resync(server):
    job, = run(server)
    history = server.http.get(f'/jobs/{job}/history').json()['events']
    gap, *rest = sse(server, f'/jobs/{job}/events', after=10**9)
    assert (gap['type'], gap['data'], journal(rest)) == ('resync', {'after': 10**9, 'seq': 0}, history)
    gap, = sse(server, '/events', lambda e: True, after=10**9)
    assert gap['type'] == 'resync' and gap['data']['seq'] >= history[-1]['seq']
    events = server.rc.events(job, after=10**9)
    assert next(events).type == 'resync'
    assert [e.seq for e in events if e.seq] == [e['seq'] for e in history]

def test_what_was_deleted_is_told_to_a_reader_with_an_old_cursor(tmp_path):
    with node_at(tmp_path) as node:
        gone, kept = node.run()['id'], node.run()['id']
        assert node.http.delete(f'/jobs/{gone}').status_code == 200
        events = [e['data'] for e in node.events(last=1, stop=lambda e: e['type'] == 'deleted')]
    assert {kept, ''} <= {e['job_id'] for e in journal(events)} and events[-1]['data']['jobs'] == [gone]

def test_headers_keep_proxies_from_holding_events_back(server):
    job, = run(server)
    for path in '/events', f'/jobs/{job}/events':
        with server.http.stream('GET', path) as r:
            assert r.headers['content-type'].startswith('text/event-stream') and r.headers['x-accel-buffering'] == 'no'
            assert r.headers['cache-control'] == 'no-cache, no-transform'
    assert broadcast.PING < 15

def test_live_facts_come_four_times_a_second_at_most(tmp_path):
    program = 'import sys, time\nfor n in range(300): print(f"Progress: {n/3}%", flush=True); time.sleep(.005)\n'
    (tmp_path/'chatty.py').write_text(program)
    (tmp_path/'p.toml').write_text(f'name = "chatty"\ninput = "none"\nargv = ["{{python}}", "{tmp_path}/chatty.py"]\n')
    with node_at(tmp_path, tmp_path/'p.toml') as node:
        job, times = node.ask(pipeline='chatty', params={})['id'], {'progress': [], 'log': []}
        node.events(f'/jobs/{job}/events', stop=lambda e: e['type'] in times and times[e['type']].append(time.monotonic()))
    for kind, at in times.items(): assert 2 <= len(at) <= 4*(at[-1] - at[0]) + 2, (kind, at)

# Clients that others wrote

def test_curl_reads_the_stream(server):
    job, = run(server)
    told = subprocess.run(['curl', '-sN', '--max-time', '30', f'{server.url}/jobs/{job}/events'], capture_output=True, text=True, timeout=60)
    assert told.returncode == 0 and re.findall('^event: (created|running|completed)$', told.stdout, re.M) == ['created', 'running', 'completed']

PAGE = '''([path, types]) => new Promise((resolve, reject) => {
  const seen = []
  const add = (type, data, id) => { seen.push([type, JSON.parse(data).seq, id]); if (type === 'completed') { source.close(); resolve(seen) } }
  const address = new URL(path, location.href)
  let source
  if (types) {
    source = new EventSource(address)
    for (const type of types) source.addEventListener(type, e => add(type, e.data, e.lastEventId))
  } else {
    source = new WebSocket(address.href.replace('http', 'ws'))
    source.onmessage = e => { const event = JSON.parse(e.data); if (event.seq) add(event.type, e.data, String(event.seq)) }
  }
  setTimeout(() => reject(new Error('too slow')), 30000)
})'''

@pytest.mark.needs('chromium')
def test_a_browser_reads_both(servers):
    with chromium() as browser:
        page = browser.new_context().new_page()
        for server in servers.values():
            job, = run(server)
            types = ['created', 'running', 'completed']
            wanted = [[e['type'], e['seq'], str(e['seq'])] for e in server.http.get(f'/jobs/{job}/history').json()['events']]
            page.goto(f'{server.url}/health')
            assert page.evaluate(PAGE, [f'/jobs/{job}/events', types]) == [e for e in wanted if e[0] in types]
            assert page.evaluate(PAGE, [f'/jobs/{job}/events', None]) == wanted
        page.goto('about:blank')
