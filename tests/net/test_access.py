"""Who may do what on a server, and what remains of it: request ids, certificates, tokens, the audit trail, limits."""
import io, logging, shutil, subprocess
import pytest
from starlette.exceptions import HTTPException
from cjm_jobtrack.net.manager import Manager
from cjm_jobtrack.net.request_ids import RequestFormatter, current_request_id
from cjm_jobtrack.model.errors import InvalidInput, NodeUnreachable
from cjm_jobtrack.net.client import RemoteClient
from cjm_jobtrack.net.node import Node
from cjm_jobtrack.net.server import serving
from cjm_jobtrack.net.tls import server_tls
from helpers import client, node_at, write_pipelines
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
