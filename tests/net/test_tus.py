"""Resumable uploads: clients that others wrote, connections that break or fall silent, servers that are killed, and what no client would send."""
import asyncio, base64, hashlib, io, json, os, shutil, socket, subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import aiohttp, aiotus, httpx, pytest, yarl
from hypothesis import HealthCheck, given, settings, strategies as st
from tusclient.client import TusClient
from cjm_jobtrack.net.manager import Manager
from cjm_jobtrack.server.server import serving
from needs import where
from helpers import Served, client, node_at, node_process, until

OCTETS = 'application/offset+octet-stream'
DATA = os.urandom(300_000)

def metadata(name='talk.txt', **more) -> str:
    return ','.join(f'{key} {base64.b64encode(value.encode()).decode()}' for key, value in {'filename': name, **more}.items())

def create(s, size=len(DATA), name='talk.txt', **headers) -> str:
    "A new upload; its address."
    r = s.http.post('/uploads', headers={'Tus-Resumable': '1.0.0', 'Upload-Length': str(size), 'Upload-Metadata': metadata(name), **headers})
    assert r.status_code == 201, r.text
    return r.headers['location']

def test_an_upload_is_on_the_trail_from_its_beginning_to_its_end_and_no_part_of_it(node):
    url = create(node)
    for n in range(0, len(DATA), 1 + len(DATA)//4): assert patch(node, url, n, DATA[n:n + 1 + len(DATA)//4]).status_code == 204
    def seen(): return [(e.action.split()[0], e.outcome) for e in node.node.tracker.store.list_audit() if '/uploads' in e.action]
    until(lambda: len(seen()) == 2 and seen(), 'two entries')
    assert seen() == [('POST', '201'), ('PATCH', '204')]

def patch(s, url, offset, data, **headers) -> httpx.Response:
    r = s.http.patch(url, content=data, headers={'Tus-Resumable': '1.0.0', 'Upload-Offset': str(offset), 'Content-Type': OCTETS, **headers})
    assert r.headers['tus-resumable'] == '1.0.0'
    return r

def offset(s, url) -> int:
    r = s.http.head(url, headers={'Tus-Resumable': '1.0.0'})
    assert r.status_code == 200 and r.headers['cache-control'] == 'no-store'
    return int(r.headers['upload-offset'])

def result(s, url) -> dict: return s.http.get(url).json()

def assert_whole(s, url, data=DATA):
    found = result(s, url)
    assert found['sha256'] == hashlib.sha256(data).hexdigest() and found['offset'] == found['length'] == len(data)
    if s.node: assert (s.node.workspace/found['path']).read_bytes() == data

@pytest.fixture(scope='module')
def node(tmp_path_factory):
    with node_at(tmp_path_factory.mktemp('node')) as s: yield s

# Clients

@pytest.mark.parametrize('name', ['talk.txt', '日本語 – naïve.txt', '🎬 (1).mp4'])
def test_tuspy_uploads_in_chunks(node, name):
    uploader = TusClient(f'{node.url}/uploads').uploader(file_stream=io.BytesIO(DATA), chunk_size=70_000, metadata={'filename': name}, upload_checksum=True)
    uploader.upload()
    assert_whole(node, uploader.url)
    assert result(node, uploader.url)['name'] == name

def test_tuspy_resumes_where_another_client_left_off(node):
    url = create(node)
    patch(node, url, 0, DATA[:100_001])
    uploader = TusClient(f'{node.url}/uploads').uploader(file_stream=io.BytesIO(DATA), url=url, chunk_size=1 << 20)
    uploader.upload()
    assert_whole(node, url)

@pytest.mark.parametrize('data', [DATA, b''])
def test_aiotus_uploads_and_reads_its_metadata_back(node, data):
    async def main():
        url = await aiotus.upload(f'{node.url}/uploads', io.BytesIO(data), {'filename': 'ünï.txt'.encode(), 'private': None})
        assert await aiotus.metadata(url) == {'filename': 'ünï.txt'.encode(), 'private': None}
        return str(url)
    assert_whole(node, asyncio.run(main()), data)

def test_aiotus_knows_what_the_server_can_do(node):
    async def ask():
        async with aiohttp.ClientSession() as session: return await aiotus.core.configuration(session, yarl.URL(f'{node.url}/uploads'))
    config = asyncio.run(ask())
    assert config.protocol_versions == ['1.0.0'] and config.max_size == node.node.upload_limit
    assert {'creation', 'termination', 'checksum', 'expiration'} == {*config.protocol_extensions}

def test_a_job_takes_the_path_that_the_last_answer_names(node):
    url = create(node, 5)
    path = patch(node, url, 0, b'hello').headers['upload-path']
    assert path == result(node, url)['path']
    assert node.run(pipeline='need', input=path)['status'] == 'completed'

def test_the_same_name_again_gets_a_number_and_nothing_is_overwritten(node):
    urls = [create(node, 3, 'same.txt') for _ in range(3)]
    for url, data in zip(urls, (b'one', b'two', b'thr')): patch(node, url, 0, data)
    assert sorted(result(node, u)['filename'] for u in urls) == ['same-2.txt', 'same-3.txt', 'same.txt']
    assert_whole(node, urls[1], b'two')

# Connections

def raw_patch(s, url, start, length, headers='') -> socket.socket:
    "A connection on which a part was announced, and nothing of it sent."
    c = socket.create_connection((httpx.URL(s.url).host, httpx.URL(s.url).port), 30)
    c.sendall((f'PATCH {httpx.URL(url).path} HTTP/1.1\r\nHost: localhost\r\nTus-Resumable: 1.0.0\r\nContent-Type: {OCTETS}\r\n'
               f'{headers}Upload-Offset: {start}\r\nContent-Length: {length}\r\n\r\n').encode())
    return c

@contextmanager
def half_sent(s, url):
    "A connection that has sent the first 50,000 bytes of a part, which have arrived."
    with closing(raw_patch(s, url, 0, len(DATA))) as c:
        c.sendall(DATA[:50_000])
        until(lambda: offset(s, url) == 50_000, 'the first bytes')
        yield c

def test_what_came_before_a_cut_remains(node):
    url = create(node)
    with closing(raw_patch(node, url, 0, len(DATA))) as c: c.sendall(DATA[:123_456])
    arrived = until(lambda: offset(node, url), 'the bytes')
    at = until(lambda: (a := offset(node, url)) == offset(node, url) and a, 'the end of it')
    assert 0 < arrived <= at <= 123_456
    assert patch(node, url, offset(node, url), DATA[offset(node, url):]).status_code == 204
    assert_whole(node, url)

def test_a_half_open_connection_hands_over_at_once(node):
    url = create(node)
    with half_sent(node, url) as c:
        assert patch(node, url, 50_000, DATA[50_000:]).status_code == 204
        assert b' 409 ' in c.recv(4096).splitlines()[0]
    assert_whole(node, url)

def test_a_part_at_the_wrong_place_does_not_interrupt_the_one_that_comes(node):
    url = create(node)
    with half_sent(node, url) as c:
        assert patch(node, url, 0, b'x').status_code == 409
        c.sendall(DATA[50_000:])
        assert b' 204 ' in c.recv(4096).splitlines()[0]
    assert_whole(node, url)

def test_many_parts_at_once_are_never_mixed(node):
    "Each interrupts those before it, so perhaps none gets to the end. What has arrived counts, and a client goes on from there."
    url = create(node)
    def send(n):
        try: return patch(node, url, 0, DATA).status_code
        except httpx.TransportError: return 409   # refused before all was sent: the connection may close under the answer
    with ThreadPoolExecutor(8) as pool: answers = [*pool.map(send, range(8))]
    assert {*answers} <= {204, 409, 413}
    if 204 not in answers:
        at = offset(node, url)
        assert patch(node, url, at, DATA[at:]).status_code == 204
    assert_whole(node, url)

def test_a_termination_ends_a_part_that_comes(node):
    url = create(node)
    with half_sent(node, url) as c:
        assert node.http.delete(url, headers={'Tus-Resumable': '1.0.0'}).status_code == 204
        assert b' 409 ' in c.recv(4096).splitlines()[0]
    assert node.http.get(url).status_code == 404 and not [*node.node.tus.folder.glob('*.part')]

# By way of a manager

@pytest.fixture(scope='module')
def manager(node, tmp_path_factory):
    manager = Manager(tmp_path_factory.mktemp('manager'))
    manager.directory.add('shed', url=node.url)
    with serving(manager) as m, client(m.url) as http:
        until(lambda: http.get('/health').json()['nodes']['online'], 'the node to be known')
        yield Served(m.url, http)

@pytest.mark.parametrize('more', [{}, {'node': 'shed'}])
def test_an_upload_goes_through_a_manager_to_the_node_where_it_will_run(node, manager, more):
    uploader = TusClient(f'{manager.url}/uploads').uploader(file_stream=io.BytesIO(DATA), chunk_size=70_000, metadata={'filename': '日本.txt', **more}, upload_checksum=True)
    uploader.upload()
    assert_whole(manager, uploader.url)
    found = result(manager, uploader.url)
    assert (node.node.workspace/found['path']).read_bytes() == DATA
    job = manager.ask(input=found['path'], node=found['node'])
    assert manager.wait(job['id'])['status'] == 'completed'

def test_a_cut_before_the_manager_leaves_at_the_node_what_came(node, manager):
    url = create(manager)
    with closing(raw_patch(manager, url, 0, len(DATA))) as c:
        c.sendall(DATA[:50_000])
        until(lambda: offset(manager, url) == 50_000, 'the first bytes')
        assert patch(manager, url, 50_000, DATA[50_000:100_000]).status_code == 204   # the first is half open
    assert offset(manager, url) == 100_000
    assert patch(manager, url, 100_000, DATA[100_000:]).status_code == 204
    assert_whole(manager, url)

def test_what_a_node_says_of_an_upload_the_manager_says(manager):
    url = create(manager, 10)
    assert patch(manager, url, 7, b'x').status_code == 409
    assert patch(manager, url, 0, b'x', **{'Upload-Checksum': 'sha1 AAAA'}).status_code == 460
    assert patch(manager, url, 0, b'x'*11).status_code == 413
    assert manager.http.delete(url, headers={'Tus-Resumable': '1.0.0'}).status_code == 204
    for method in ('GET', 'HEAD', 'DELETE'): assert manager.http.request(method, url, headers={'Tus-Resumable': '1.0.0'}).status_code == 404
    r = manager.http.post('/uploads', params={'node': 'nowhere'}, headers={'Tus-Resumable': '1.0.0', 'Upload-Length': '1', 'Upload-Metadata': metadata()})
    assert r.status_code == 404 and 'nowhere' in r.json()['error']

@pytest.mark.needs('tus-js-client')
@pytest.mark.parametrize('by', ['node', 'manager'])
def test_tus_js_client_goes_on_where_it_was_broken_off(by, node, manager, tmp_path):
    s = manager if by == 'manager' else node
    script, file, name = tmp_path/'upload.mjs', tmp_path/'talk.mp4', '日本語 – naïve.mp4'
    shutil.copy(Path(__file__).with_name('upload.mjs'), script)
    (tmp_path/'node_modules').symlink_to(where('tus-js-client'))   # where Node.js looks for modules
    file.write_bytes(DATA)
    done = subprocess.run(['node', script, f'{s.url}/uploads', file, name, tmp_path/'uploads.json'], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    before, after = told['sent'][:told['cut']], told['sent'][told['cut']:]
    assert before and after and before[-1] < after[0] and after[-1] == len(DATA)   # nothing was sent twice
    assert_whole(s, told['url'])
    assert result(s, told['url'])['name'] == name

# Servers

def test_uploads_go_on_after_the_server_was_killed(tmp_path):
    "What came counts; of a part with a checksum that was still coming, nothing does."
    with node_process(tmp_path) as s:
        plain, checked = create(s), create(s)
        patch(s, checked, 0, DATA[:1000])
        part = next((tmp_path/'data').rglob(checked.rsplit('/', 1)[-1] + '.part'))
        with closing(raw_patch(s, plain, 0, len(DATA))) as a, closing(raw_patch(s, checked, 1000, 5000, 'Upload-Checksum: sha1 AAAA\r\n')) as b:
            a.sendall(DATA[:200_000]), b.sendall(DATA[1000:3000])
            until(lambda: offset(s, plain) == 200_000 and part.stat().st_size == 3000, 'the bytes')
            assert offset(s, checked) == 1000
            s.process.kill(), s.process.wait()
    with node_process(tmp_path) as s:
        plain, checked = httpx.URL(plain).path, httpx.URL(checked).path
        assert (offset(s, plain), offset(s, checked)) == (200_000, 1000)
        for url in (plain, checked):
            assert patch(s, url, offset(s, url), DATA[offset(s, url):]).status_code == 204
            assert_whole(s, url)

def test_a_file_is_published_once_wherever_the_server_is_killed(tmp_path, monkeypatch):
    "Killed after the file has its name and before that is on record; and before the upload's own name is gone."
    with node_at(tmp_path) as s:
        url = httpx.URL(create(s, 5)).path
        def killed(*args): raise KeyboardInterrupt
        upload = s.node.tus.get(url.rsplit('/', 1)[-1])
        upload.data.write_bytes(b'hello')
        monkeypatch.setattr(type(upload), 'save', killed)
        with pytest.raises(KeyboardInterrupt): upload.publish(s.node._place_upload)
        monkeypatch.undo()
        s.node.tus._open.clear()
        assert offset(s, url) == 5
        assert_whole(s, url, b'hello')
        assert [p.name for p in s.node.inputs.glob('*.txt')] == ['talk.txt']

def test_expired_uploads_are_removed_when_the_node_starts(tmp_path):
    with node_at(tmp_path) as s:
        url = create(s)
        r = patch(s, url, 0, DATA[:10])
        assert r.headers['upload-expires'].endswith(' GMT')
        files = [*s.node.tus.folder.iterdir()]
    for p in files: os.utime(p, (0, 0))
    with node_at(tmp_path) as s:
        assert s.http.head(httpx.URL(url).path, headers={'Tus-Resumable': '1.0.0'}).status_code == 404
        assert files and not [*s.node.tus.folder.iterdir()]

# What is refused

@pytest.mark.parametrize('algorithm', ['sha1', 'sha256'])
def test_a_part_that_is_not_what_its_checksum_says_does_not_count(node, algorithm):
    url = create(node)
    patch(node, url, 0, DATA[:1000])
    def checksum(data): return {'Upload-Checksum': f'{algorithm} {base64.b64encode(hashlib.new(algorithm, data).digest()).decode()}'}
    assert patch(node, url, 1000, DATA[1000:2000], **checksum(b'other')).status_code == 460
    assert offset(node, url) == 1000
    assert patch(node, url, 1000, DATA[1000:], **checksum(DATA[1000:])).status_code == 204
    assert_whole(node, url)

@pytest.mark.parametrize('status, headers', [
    (412, {'Tus-Resumable': '0.2.2'}), (412, {'Tus-Resumable': ''}),
    (415, {'Content-Type': 'application/octet-stream'}),
    (409, {'Upload-Offset': '7'}), (422, {'Upload-Offset': '-1'}), (422, {'Upload-Offset': 'x'}), (422, {'Upload-Offset': '9'*30}),
    (400, {'Upload-Checksum': 'crc32 AAAA'}), (400, {'Upload-Checksum': 'sha1 ?'}), (460, {'Upload-Checksum': 'sha1 AAAA'})])
def test_a_part_is_refused(node, status, headers):
    url = create(node)
    r = patch(node, url, 0, DATA[:10], **headers)
    assert r.status_code == status and r.json()['error'] and offset(node, url) == 0

@pytest.mark.parametrize('status, headers', [
    (412, {'Tus-Resumable': '2'}), (413, {'Upload-Length': str(1 << 60)}), (422, {'Upload-Length': '-3'}), (422, {'Upload-Length': '1e3'}),
    (422, {'Upload-Metadata': ''}), (422, {'Upload-Metadata': 'filename'}), (422, {'Upload-Metadata': 'filename talk.txt'}),
    (422, {'Upload-Metadata': 'filename ' + base64.b64encode(b'\xff.txt').decode()}), (422, {'Upload-Metadata': metadata('.mp4')})])
def test_an_upload_is_refused(node, status, headers):
    r = node.http.post('/uploads', headers={'Tus-Resumable': '1.0.0', 'Upload-Length': '10', 'Upload-Metadata': metadata(), **headers})
    assert r.status_code == status and r.json()['error'] and r.headers['tus-resumable'] == '1.0.0'

def test_an_upload_for_which_there_is_no_room_is_refused_before_it_begins(node, monkeypatch):
    free = os.statvfs(node.node.inputs).f_bavail * os.statvfs(node.node.inputs).f_frsize
    monkeypatch.setattr(node.node.tus, 'limit', 1 << 62)
    r = node.http.post('/uploads', headers={'Tus-Resumable': '1.0.0', 'Upload-Length': str(free * 2), 'Upload-Metadata': metadata()})
    assert r.status_code == 507

def test_more_than_was_announced_is_refused_whether_its_size_is_known_or_not(node):
    url = create(node, 10)
    assert patch(node, url, 0, b'x'*11).status_code == 413
    assert patch(node, url, 0, iter([b'x'*6, b'x'*6])).status_code == 413
    at = offset(node, url)
    assert at <= 6 and patch(node, url, at, b'x'*(10-at)).status_code == 204

def test_another_method_may_be_sent_as_post(node):
    url = create(node, 5)
    headers = {'Tus-Resumable': '1.0.0', 'Upload-Offset': '0', 'Content-Type': OCTETS, 'X-HTTP-Method-Override': 'PATCH'}
    assert node.http.post(url, content=b'hello', headers=headers).status_code == 204
    assert_whole(node, url, b'hello')
    r = node.http.post(url, headers={'Tus-Resumable': '1.0.0', 'X-HTTP-Method-Override': 'DELETE'})
    assert r.status_code == 204 and node.http.get(url).status_code == 404

@pytest.mark.parametrize('id', ['..', '%2e%2e%2fjobs', 'x'*36, '.'*36, '7f3a', 'a%00b', '0'*36])
def test_what_is_no_upload_is_not_found(node, id):
    for method in ('HEAD', 'DELETE', 'GET'):
        assert node.http.request(method, f'/uploads/{id}', headers={'Tus-Resumable': '1.0.0'}).status_code in (404, 405)

def test_who_may_not_upload_may_not_upload_by_tus(tmp_path):
    with node_at(tmp_path, token='a long secret') as s:
        url = create(s, 5)
        for method in ('POST', 'PATCH', 'HEAD', 'DELETE', 'GET'):
            r = httpx.request(method, url if method != 'POST' else f'{s.url}/uploads', headers={'Tus-Resumable': '1.0.0'})
            assert r.status_code == 401
    with node_at(tmp_path/'open') as s:
        r = s.http.post('/uploads', headers={'Tus-Resumable': '1.0.0', 'Upload-Length': '1', 'Upload-Metadata': metadata(), 'Origin': 'http://evil.example'})
        assert r.status_code == 403

@settings(max_examples=20, deadline=None, suppress_health_check=[*HealthCheck])
@given(name=st.text(), length=st.one_of(st.text(), st.integers().map(str)), start=st.one_of(st.text(), st.integers(0, 9).map(str)), data=st.binary(max_size=20), value=st.text())
def test_garbage_is_never_an_error_of_ours(node, name, length, start, data, value):
    def send(method, url, **headers):
        coded = {k: v.encode('utf-8', 'replace').translate(None, b'\r\n\0') for k, v in {'Tus-Resumable': '1.0.0', 'Content-Type': OCTETS, **headers}.items()}
        try: return node.http.request(method, url, headers={k: bytes(c for c in v if 32 <= c < 127) for k, v in coded.items()}, content=data)
        except httpx.LocalProtocolError: return httpx.Response(400)   # httpx will not send it
    encoded = base64.b64encode(name.encode('utf-8', 'replace')).decode()
    r = send('POST', '/uploads', **{'Upload-Length': length, 'Upload-Metadata': f'filename {encoded},{value}'})
    assert r.status_code < 500
    url = r.headers.get('location') or create(node, 9)
    assert send('PATCH', url, **{'Upload-Offset': start, 'Upload-Checksum': value}).status_code < 500
    assert send('PATCH', url, **{'Upload-Offset': start}).status_code < 500
    assert send('DELETE', url).status_code < 500
