"""Who may do what on a server, and what remains of it: request ids, certificates, tokens, the audit trail, limits."""
import io, logging
import pytest
from starlette.exceptions import HTTPException
from cjm_jobtrack.net.manager import Manager
from cjm_jobtrack.net.request_ids import RequestFormatter, current_request_id
from cjm_jobtrack.net.server import serving
from helpers import client, node_at

@pytest.fixture
def node(tmp_path):
    with node_at(tmp_path) as s: yield s

@pytest.fixture
def manager(tmp_path, node):
    m = Manager(tmp_path/'manager')
    m.directory.add('shed', url=node.url)
    with serving(m) as s, client(s.url) as http: yield http

# request ids

@pytest.mark.parametrize('method, path, status', [
    ('GET', '/health', 200), ('GET', '/jobs', 200), ('GET', '/jobs/none', 404), ('GET', '/nowhere', 404), ('DELETE', '/jobs', 405), ('GET', '/jobs?limit=x', 422), ('POST', '/jobs', 400)])
def test_every_answer_names_its_request(node, method, path, status):
    given = node.http.request(method, path, headers={'X-Request-ID': 'build-7'})
    made = node.http.request(method, path, headers={'X-Request-ID': 'not a sane id'})
    assert (given.status_code, given.headers['x-request-id']) == (status, 'build-7')
    assert made.status_code == status and len(made.headers['x-request-id']) == 32
    if status >= 400: assert given.json()['request_id'] == 'build-7' and made.json()['request_id'] == made.headers['x-request-id']

def test_a_request_has_one_id_on_all_servers(node, manager, monkeypatch):
    seen, log = [], io.StringIO()
    handler = logging.StreamHandler(log)
    handler.setFormatter(RequestFormatter('%(message)s'))
    async def upload(request, n=None):
        seen.append(current_request_id())
        handler.handle(logging.makeLogRecord({'msg': 'it came'}))
        raise HTTPException(400, 'No')
    monkeypatch.setattr(node.node, 'upload', upload)
    r = manager.post('/upload', files={'file': ('a.txt', b'x')}, headers={'X-Request-ID': 'trace-7'})
    assert (r.status_code, seen, log.getvalue()) == (400, ['trace-7'], 'it came [request trace-7]\n')

def test_a_bug_names_its_request(node, monkeypatch):
    async def pipelines(): raise ZeroDivisionError
    monkeypatch.setattr(node.node, 'pipelines', pipelines)
    r = node.http.get('/pipelines', headers={'X-Request-ID': 'build-7'})
    assert (r.status_code, r.headers['x-request-id'], r.json()['request_id']) == (500, 'build-7', 'build-7')
