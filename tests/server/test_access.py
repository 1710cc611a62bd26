"""Who may do what on a server, and what remains of it: request ids, certificates, tokens, the audit trail, limits."""
import io, logging, shutil, subprocess, time
import pytest
from starlette.exceptions import HTTPException
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from cjm_jobtrack.net.manager import Manager
from cjm_jobtrack.server.request_ids import RequestFormatter, current_request_id
from cjm_jobtrack.net.client import RemoteClient
from cjm_jobtrack.model.access import AccessToken, Scope, hash_token, new_token
from cjm_jobtrack.model.errors import InvalidInput, NodeRefused, NodeUnreachable
from cjm_jobtrack.model.job import now
from cjm_jobtrack.net.node import Node
from cjm_jobtrack.server.server import serving
from cjm_jobtrack.server.tls import server_tls
from cjm_jobtrack.store.store import JobStore
from helpers import client, node_at, until, write_pipelines
from servers import Server

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

# TLS

@pytest.fixture(scope='module')
def certificates(tmp_path_factory):
    "A folder with an authority, and certificates of it for a server on 127.0.0.1 and for a client."
    if shutil.which('openssl') is None: pytest.skip('no openssl here: apt-get install openssl')
    at = tmp_path_factory.mktemp('certificates')
    def ssl(*args): subprocess.run(['openssl', *args], check=True, capture_output=True, cwd=at, timeout=60)
    new = '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'
    ssl('req', '-x509', *new, '-keyout', 'ca-key.pem', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=test authority', '-addext', 'keyUsage=critical,keyCertSign,cRLSign')
    for name, more in ('server', 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth'), ('client', 'extendedKeyUsage=clientAuth'):
        (at/f'{name}.ext').write_text(f'authorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash\n{more}')
        ssl('req', *new, '-keyout', f'{name}-key.pem', '-out', f'{name}.csr', '-subj', f'/CN={name}')
        ssl('x509', '-req', '-in', f'{name}.csr', '-CA', 'ca.pem', '-CAkey', 'ca-key.pem', '-CAcreateserial', '-out', f'{name}.pem', '-days', '2', '-extfile', f'{name}.ext')
    ssl('ec', '-in', 'server-key.pem', '-aes128', '-passout', 'pass:secret', '-out', 'locked-key.pem')
    return at

@pytest.fixture
def stranger(monkeypatch):
    for k in 'SSL_CERT_FILE', 'SSL_CERT_DIR', 'JOBTRACK_CLIENT_CERT', 'JOBTRACK_CLIENT_KEY': monkeypatch.delenv(k, raising=False)

def test_a_server_speaks_tls_to_those_who_trust_it(tmp_path, certificates, stranger, monkeypatch):
    tls = server_tls(certificates/'server.pem', certificates/'server-key.pem')
    with serving(Node(tmp_path/'data', pipelines=write_pipelines(tmp_path/'pipelines')), tls=tls) as s:
        assert s.url.startswith('https://')
        with RemoteClient(s.url, tries=1) as c, pytest.raises(NodeUnreachable, match='(?i)certificate'): c.health()
        monkeypatch.setenv('SSL_CERT_FILE', str(certificates/'ca.pem'))
        with RemoteClient(s.url) as c:
            job = c.submit('work', params={'plan': '{}'})
            assert [e.type for e in c.events(job.id)][-1] == 'completed'

def test_a_manager_and_its_node_know_each_other_by_certificates(tmp_path, certificates, stranger, monkeypatch):
    words = '--tls-cert', certificates/'server.pem', '--tls-key', certificates/'server-key.pem', '--tls-client-ca', certificates/'ca.pem'
    monkeypatch.setenv('SSL_CERT_FILE', str(certificates/'ca.pem'))
    node = Server('node', tmp_path, *words)
    try:
        node.start()
        assert node.url.startswith('https://')
        with RemoteClient(node.url, tries=1) as c, pytest.raises(NodeUnreachable): c.health()   # it shows no certificate
        monkeypatch.setenv('JOBTRACK_CLIENT_CERT', str(certificates/'client.pem'))
        monkeypatch.setenv('JOBTRACK_CLIENT_KEY', str(certificates/'client-key.pem'))
        with RemoteClient(node.url) as c: assert c.health()['status'] == 'ok'
        m = Manager(tmp_path/'manager')
        m.directory.add('shed', url=node.url)
        with serving(m) as s, client(s.url) as http: assert http.get('/api/nodes').json()[0]['status'] == 'online'
    finally: node.stop()

@pytest.mark.parametrize('cert, key, ca, field', [
    ('none.pem', None, None, '--tls-cert'), ('server.pem', 'none.pem', None, '--tls-key'), ('server.pem', 'client-key.pem', None, '--tls-key'), ('server.pem', 'locked-key.pem', None, '--tls-key'),
    ('server.ext', 'server-key.pem', None, '--tls-cert'), ('server.pem', 'server-key.pem', 'server.ext', '--tls-client-ca'), (None, 'server-key.pem', None, '--tls-cert'), ('server.pem', 'server-key.pem', 'none.pem', '--tls-client-ca')])
def test_files_that_do_not_fit_are_refused(certificates, cert, key, ca, field):
    with pytest.raises(InvalidInput) as e: server_tls(*[f and certificates/f for f in (cert, key, ca)])
    assert e.value.field == field

# tokens

def add_token(node, name, scope, expires=None) -> str:
    secret = new_token()
    assert node.tracker.store.add_token(AccessToken(name, scope, hash_token(secret), now(), expires))
    return secret

@pytest.fixture
def guarded(tmp_path):
    with node_at(tmp_path, token='the shared one') as s: yield s

CALLS = {   # (method, path) -> the scope it needs
    ('GET', '/jobs'): 'read', ('GET', '/jobs/none/logs'): 'read', ('GET', '/pipelines'): 'read', ('GET', '/openapi.json'): 'read', ('POST', '/jobs'): 'submit',
    ('POST', '/jobs/check'): 'submit', ('POST', '/upload'): 'submit', ('POST', '/jobs/none/cancel'): 'submit', ('DELETE', '/jobs/none'): 'admin'}

@pytest.mark.parametrize('scope', Scope)
def test_a_token_allows_what_its_scope_says(guarded, scope):
    with client(guarded.url, add_token(guarded.node, 'x', scope)) as http:
        for (method, path), needed in CALLS.items():
            r = http.request(method, path)
            if scope.includes(Scope(needed)): assert r.status_code not in (401, 403), (method, path)
            else: assert r.status_code == 403 and f'`{needed}`' in r.json()['error'] and r.json()['field'] == 'Authorization'

@pytest.mark.parametrize('method, path', [('POST', '/api/nodes'), ('DELETE', '/api/nodes/x'), ('PUT', '/api/nodes/x'), ('DELETE', '/api/jobs/x')])
def test_nodes_are_for_admins(tmp_path, method, path):
    m = Manager(tmp_path/'manager', token='the shared one')
    with serving(m) as s, client(s.url, add_token(m, 'desk', 'submit')) as http: assert http.request(method, path).status_code == 403

def test_who_is_unknown_or_expired_is_refused(guarded):
    expired = add_token(guarded.node, 'old', 'admin', '2020-01-01T00:00:00.000000+00:00')
    for token, message in (expired, "'old' expired"), ('jt_guess', 'bearer token'), (hash_token(expired), 'bearer token'), ('the shared on', 'bearer token'):
        with client(guarded.url, token) as http:
            r = http.get('/jobs')
            assert r.status_code == 401 and message in r.json()['error'] and token not in r.text
    assert guarded.http.get('/jobs').status_code == 200

def test_tokens_on_record_close_an_open_server(node):
    assert node.http.get('/jobs').status_code == 200
    secret = add_token(node.node, 'x', 'read')
    until(lambda: node.http.get('/jobs').status_code == 401, 'the token to count', 10)
    with client(node.url, secret) as http: assert (node.http.get('/jobs').status_code, http.get('/jobs').status_code) == (401, 200)

def test_a_revoked_token_is_of_no_use_within_a_second(guarded):
    secret = add_token(guarded.node, 'x', 'read')
    with RemoteClient(guarded.url, token=secret) as c, client(guarded.url, secret) as http, http.stream('GET', '/events') as stream:
        assert c.list_jobs() == [] and stream.status_code == 200
        start = time.monotonic()
        assert guarded.node.tracker.store.delete_token('x')
        assert b''.join(stream.iter_raw()) == b''   # it ends, and as it should
        assert time.monotonic() - start < 5
        with pytest.raises(NodeRefused, match='bearer token'): c.list_jobs()
        with pytest.raises(NodeRefused, match='bearer token'): next(iter(c.events()))

def events_socket(s, token): return connect(f'ws{s.url[4:]}/events', additional_headers={'Authorization': f'Bearer {token}'}, open_timeout=30)

def test_a_websocket_of_a_revoked_token_is_closed_as_one_that_breaks_a_rule(guarded):
    with events_socket(guarded, add_token(guarded.node, 'x', 'read')) as socket:
        assert guarded.node.tracker.store.delete_token('x')
        with pytest.raises(ConnectionClosed): socket.recv(10)
        assert socket.close_code == 1008

def test_a_refused_websocket_is_on_the_trail(guarded):
    with pytest.raises(InvalidStatus, match='401'): events_socket(guarded, 'jt_guess')
    entry, = trail(guarded.node, 1)
    assert (entry.actor, entry.action, entry.outcome) == ('unknown', 'WEBSOCKET /events', '401')

def test_no_token_is_kept(guarded, tmp_path):
    secret = add_token(guarded.node, 'x', 'submit')
    with client(guarded.url, secret) as http: http.post('/jobs', json={'pipeline': 'work'}), http.get('/jobs', params={'token': secret})
    guarded.http.get('/jobs')
    kept = b''.join(f.read_bytes() for f in tmp_path.rglob('*') if f.is_file())
    assert secret.encode() not in kept and b'the shared one' not in kept and hash_token(secret).encode() in kept

# the audit trail

def trail(node, n) -> list:
    "The entries of the audit trail, once there are `n`."
    return until(lambda: (e := node.tracker.store.list_audit()) and len(e) >= n and e, f'{n} entries')

def test_what_changes_something_is_on_the_trail(guarded):
    secret = add_token(guarded.node, 'press', 'submit')
    with client(guarded.url, secret) as http:
        job = http.post('/jobs', json={'pipeline': 'work', 'params': {'plan': '{}'}}, headers={'X-Request-ID': 'build-7'}).json()['id']
        http.get('/jobs'), http.get(f'/jobs/{job}'), http.post('/upload', files={'file': ('a.txt', b'x')}), http.delete(f'/jobs/{job}'), http.post('/jobs/none/cancel')
        http.get('/jobs', params={'key': secret}, headers={'Authorization': 'Bearer jt_guess'})
    guarded.wait(job), guarded.http.delete(f'/jobs/{job}')
    entries = trail(guarded.node, 6)
    assert [(e.actor, e.action, e.subject, e.outcome) for e in entries] == [
        ('press', 'POST /jobs', job, '201'), ('press', 'POST /upload', '', '200'), ('press', f'DELETE /jobs/{job}', '', '403'), ('press', 'POST /jobs/{job_id}/cancel', 'none', '404'),
        ('unknown', 'GET /jobs', '', '401'), ('shared token', 'DELETE /jobs/{job_id}', job, '200')]
    assert entries[0].request_id == 'build-7' and {e.address for e in entries} == {'127.0.0.1'} and secret not in str(entries) and 'jt_guess' not in str(entries)

def test_refusals_do_not_flood_the_trail(guarded):
    with client(guarded.url, 'jt_guess') as http:
        assert {http.get('/jobs').status_code for _ in range(150)} == {401, 429}   # so many guesses are too many calls
    guarded.http.delete('/jobs/none')
    entries = until(lambda: [e for e in guarded.node.tracker.store.list_audit() if e.actor == 'shared token'] and guarded.node.tracker.store.list_audit(), 'the last entry')
    assert len(entries) <= 121   # two minutes may have been touched

def test_the_trail_is_whole_when_the_server_stops(tmp_path):
    with node_at(tmp_path) as s:
        for n in range(50): s.http.delete(f'/jobs/j{n}')
    with JobStore(tmp_path/'data'/'jobs.db') as store: assert [e.subject for e in store.list_audit()] == [f'j{n}' for n in range(50)]

# secrets

@pytest.mark.parametrize('address', ['http://ada:tops3cret@gpu-3:9090', 'http://gpu-3:9090/?token=tops3cret', 'ftp://ada:tops3cret@gpu-3', 'http://ada:tops3cret@gpu-3:port'])
def test_an_address_that_is_refused_is_told_without_its_secrets(address):
    with pytest.raises(InvalidInput) as e: RemoteClient(address)
    assert 'tops3cret' not in str(e.value) + repr(e.value.facts())
