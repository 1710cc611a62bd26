"""Too many connections, silent ones, and a process that is short of descriptors."""
import errno, http.client, resource, shutil, socket, time
from contextlib import ExitStack, closing

import httpx, pytest
from cjm_jobtrack.server.connections import ConnectionLimits, ConnectionPool, connection_limits
from cjm_jobtrack.net.node import Node
from cjm_jobtrack.server.server import serving
from helpers import client, node_at, node_process, until, write_pipelines

def idle(url, n, stack, said=b'') -> list[socket.socket]:
    "Connections that say this and then nothing."
    host, port = httpx.URL(url).host, httpx.URL(url).port
    found = [stack.enter_context(closing(socket.create_connection((host, port), 10))) for _ in range(n)]
    for s in found: s.sendall(said)
    return found

def is_closed(s) -> bool:
    s.settimeout(0)
    try: return s.recv(1) == b''
    except BlockingIOError: return False
    except ConnectionError: return True

@pytest.mark.parametrize('descriptors', [64, 256, 1024, 1 << 20, resource.RLIM_INFINITY])
@pytest.mark.parametrize('slots', [1, 8, 200])
def test_jobs_keep_their_share_of_the_descriptors(descriptors, slots):
    limits = connection_limits(slots, descriptors)
    assert limits.requests >= 8 and limits.idle >= 8
    if descriptors > 0: assert 2*limits.requests + limits.idle <= descriptors - min(64 + 16*slots, descriptors//2)

@pytest.mark.skipif(not shutil.which('prlimit'), reason='there is no prlimit')
def test_idle_connections_cost_no_job_and_no_log(tmp_path):
    log, gate = tmp_path/'stderr', tmp_path/'gate'
    with log.open('w') as stderr, ExitStack() as stack:
        s = stack.enter_context(node_process(tmp_path, slots=5, token='x', prefix=['prlimit', '--nofile=256:256'], stderr=stderr))
        jobs = [s.ask({'gate': str(gate), 'lines': 10})['id'] for _ in range(5)]
        for job in jobs: s.wait(job, 'running')
        for said in (b'', b'GET /health HTTP/1.1\r\nHost: a\r\n', b'not HTTP at all\r\n\r\n'):
            idle(s.url, 400, stack, said)
            begun = time.monotonic()
            assert httpx.get(f'{s.url}/health', timeout=10).json()['status'] == 'ok'
            assert time.monotonic() - begun < 5
        jobs.append(s.ask({'gate': str(gate)})['id'])
        gate.touch()
        assert {s.wait(job)['status'] for job in jobs} == {'completed'}
    assert log.stat().st_size < 4000, log.read_text()[:3000]

def limited(monkeypatch, **limits): monkeypatch.setattr('cjm_jobtrack.server.server.connection_limits', lambda slots: ConnectionLimits(**limits))

def test_strangers_make_room_for_those_with_the_token(tmp_path, monkeypatch):
    limited(monkeypatch, requests=8, idle=4)
    with ExitStack() as stack:
        s = stack.enter_context(node_at(tmp_path, token='x'))
        known = stack.enter_context(closing(http.client.HTTPConnection('127.0.0.1', httpx.URL(s.url).port, timeout=30)))
        def ask():
            known.request('GET', '/jobs', headers={'Authorization': 'Bearer x'})
            with known.getresponse() as r: return r.read() and r.status
        assert ask() == 200
        strangers = idle(s.url, 20, stack)
        until(lambda: sum(map(is_closed, strangers)) >= 16, 'the oldest strangers to be let go')
        assert ask() == 200, 'on the same connection: `http.client` would not open another'

def test_a_header_that_does_not_come_is_not_waited_for(tmp_path, monkeypatch):
    limited(monkeypatch, requests=8, idle=4, header_s=.5)
    with ExitStack() as stack:
        s = stack.enter_context(node_at(tmp_path))
        (slow,) = idle(s.url, 1, stack, b'GET /jobs HTTP/1.1\r\n')
        def trickle():
            try: slow.settimeout(0), slow.send(b'x')
            except OSError: pass
            return is_closed(slow)
        until(trickle, 'the connection to be closed')

@pytest.mark.parametrize('begun', [b'POST /jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{',
    b'POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 1000\r\n\r\n--x\r\n'])
def test_a_body_that_stops_coming_is_not_waited_for(tmp_path, monkeypatch, begun):
    limited(monkeypatch, requests=8, idle=4, stall_s=.5)
    with ExitStack() as stack:
        s = stack.enter_context(node_at(tmp_path))
        (stuck,) = idle(s.url, 1, stack, begun)
        until(lambda: is_closed(stuck), 'the connection to be closed')
        assert not [*s.node.inputs.iterdir()] and s.run()['status'] == 'completed'

def test_an_answer_that_nobody_reads_is_not_kept(tmp_path, monkeypatch):
    limited(monkeypatch, requests=8, idle=4, stall_s=.5)
    node = Node(tmp_path/'data', pipelines=write_pipelines(tmp_path/'pipelines'))
    with serving(node) as s, ExitStack() as stack:
        with (node.workspace/'outputs'/'big.bin').open('wb') as f: f.truncate(1 << 30)
        idle(s.url, 1, stack, b'GET /download?path=outputs/big.bin HTTP/1.1\r\nHost: localhost\r\n\r\n')
        pool = s.server.connections
        until(lambda: pool.active, 'the download to begin')
        until(lambda: not pool.active, 'the download to be given up')

def test_one_request_too_many_is_told_when_to_come_back_and_health_is_answered(tmp_path, monkeypatch):
    limited(monkeypatch, requests=3, idle=4)
    with ExitStack() as stack:
        s = stack.enter_context(node_at(tmp_path))
        stream = b'GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n'
        readers = idle(s.url, 3, stack, stream)
        for r in readers: assert r.recv(1000).startswith(b'HTTP/1.1 200')
        with client(s.url) as c:
            refused = c.get('/jobs')
            assert refused.status_code == 503 and refused.headers['retry-after'] == '1' and refused.json()['error']
            assert c.get('/health').json()['status'] == 'ok'
            for r in readers: r.close()
            until(lambda: c.get('/jobs').status_code == 200, 'room to be made')

def test_descriptors_that_run_out_are_told_once_and_taken_from_the_idle(caplog):
    class Idle:
        is_known, dropped = True, False
        def drop(self): self.dropped = True
    pool, callers = ConnectionPool(ConnectionLimits(requests=8, idle=4)), [Idle(), Idle()]
    for c in callers: pool.wait(c)
    for _ in range(1000): pool.on_loop_error(None, {'message': 'socket.accept() out of system resource', 'exception': OSError(errno.EMFILE, 'Too many open files')})
    assert all(c.dropped for c in callers)
    assert len(caplog.records) <= 2 and any('ulimit -n' in r.message for r in caplog.records)
