"""The original manager on another machine: how it is let in, how it names files and numbers, and what it is told when something is missing."""
import asyncio, shutil
from contextlib import closing, contextmanager

import httpx, pytest
from cjm_jobtrack.model.errors import InvalidInput
from cjm_jobtrack.net.manager import Manager
from cjm_jobtrack.net.node import Node
from cjm_jobtrack.server.access import AccessPolicy, read_networks
from cjm_jobtrack.net.uploads import safe_name
from cjm_jobtrack.server.server import serving
from cjm_jobtrack.pipelines.pipeline import SHIPPED
from helpers import client, node_at, until, write_pipelines

KEYS = dict(inputMethod='manual', youtubeUrl=None, manualPath=None, unetFlag=False, faceRestoreFlag=False, upscaleFlag=False, upscaleValue=2, claheFlag=False)

def pipelines(folder):
    write_pipelines(folder)
    shutil.copy(SHIPPED/'original.toml', folder)
    return folder

@pytest.fixture
def guarded(tmp_path):
    "A node with a token, which lets an original manager in from 127.0.0.2."
    with node_at(tmp_path, pipelines(tmp_path/'pipelines'), token='x', original_from=['127.0.0.2']) as s: yield s

@contextmanager
def machine(s, address):
    "Somebody without a token, at this address."
    with httpx.Client(base_url=s.url, timeout=30, transport=httpx.HTTPTransport(local_address=address)) as http: yield http

def test_an_original_manager_is_let_in_by_its_address_for_its_own_calls(guarded):
    with machine(guarded, '127.0.0.2') as http:
        up = http.post('/upload', files={'file': ('talk.mp4', b'a video', 'video/mp4')})
        assert up.status_code == 200
        job = http.post('/jobs', json=KEYS | {'manualPath': up.json()['path']})
        assert job.status_code == 201, job.text
        path = f'/jobs/{job.json()["id"]}'
        for url in ('/health', '/status', '/files', '/jobs', path, f'{path}/outputs'): assert http.get(url).status_code == 200, url
        assert http.post(f'{path}/cancel').status_code in (200, 202, 400)
        until(lambda: http.get(path).json()['status'] in ('cancelled', 'failed'), 'the job to end')
        refused = [http.delete(path), http.get(f'{path}/logs'), http.get('/events'), http.get('/pipelines'), http.post('/jobs/check', json=KEYS),
                   http.post('/jobs', json={'pipeline': 'work'}), http.post('/jobs', json={'params': {'manualPath': 'x'}})]
        assert [r.status_code for r in refused] == [401]*len(refused)

def test_an_address_that_is_admitted_is_not_told_how_to_be(guarded):
    with machine(guarded, '127.0.0.2') as http:
        for hint in http.get('/health').json()['hint'], http.get('/pipelines').json()['error']:
            assert '--original-from' not in hint and 'admitted from 127.0.0.2' in hint

@pytest.mark.parametrize('header', ['X-Forwarded-For', 'Forwarded', 'X-Real-IP'])
def test_others_are_not_and_no_header_makes_them_the_manager(guarded, header):
    with machine(guarded, '127.0.0.3') as http:
        r = http.post('/jobs', json=KEYS, headers={header: '127.0.0.2'})
        assert r.status_code == 401 and '--original-from 127.0.0.3' in r.json()['error']
        assert '--original-from 127.0.0.3' in http.get('/health').json()['hint']
    assert 'hint' not in guarded.http.get('/health').json()

@pytest.mark.parametrize('text', ['', 'manager', '0.0.0.0/0', '::/0', '10.0.0.1/8'])
def test_addresses_are_looked_at(text):
    with pytest.raises(InvalidInput, match='original_from'): read_networks([text])

@pytest.mark.parametrize('method, path, may', [('GET', '/jobs/a/download/b/c d.mp4', True), ('HEAD', '/download', True), ('GET', '/jobs/a/download', True), ('POST', '/jobs/a/cancel', True),
    ('POST', '/jobs/check', False), ('GET', '/jobs/a/events', False), ('DELETE', '/jobs/a', False), ('PUT', '/upload', False), ('GET', '/', False), ('GET', '/jobs/a/outputs/../events', False), ('WEBSOCKET', '/events', False)])
def test_the_calls_of_an_original_manager(guarded, method, path, may):
    assert AccessPolicy(guarded.node).allows_original(method, path, '127.0.0.2') is may
    assert not AccessPolicy(guarded.node).allows_original(method, path, '')

# Names and numbers

@pytest.mark.parametrize('name, stored', [('a#b.mp4', 'a_b.mp4'), ('per%41.mp4', 'per_41.mp4'), ('what?.mp4', 'what_.mp4'), ('#%#.mp4', '_.mp4')])
def test_files_are_stored_under_names_that_the_original_can_ask_for_and_shown_under_their_own(tmp_path, name, stored):
    assert safe_name(name) == stored
    with node_at(tmp_path) as s:
        up = s.http.post('/upload', files={'file': (name, b'x')}).json()
        assert up['filename'] == stored and up['path'] == f'input_videos/{stored}' and up['name'] == name
        assert s.ask({}, input=up['path'])['job']['name'] == name
        again = s.http.post('/upload', files={'file': (stored, b'x')}).json()
        assert s.ask({}, input=again['path'])['job']['name'] == stored
        assert s.ask({}, input=up['path'], name='mine')['job']['name'] == 'mine'

@pytest.mark.parametrize('key', ['upscaleValue', 'upscale_value'])
@pytest.mark.parametrize('given, kept', [('3.5', 3.5), (' 4 ', 4.0), ('1e0', 1.0), (3, 3.0)])
def test_numbers_may_be_text(guarded, key, given, kept):
    path = guarded.put('talk.mp4')['path']
    body = {k: v for k, v in KEYS.items() if k != 'upscaleValue'} | {'manualPath': path, key: given}
    r = guarded.http.post('/jobs', json=body)
    assert r.status_code == 201 and r.json()['upscale_value'] == kept, r.text

@pytest.mark.parametrize('given', ['big', '', 'nan', 'inf', '1e999', '3,5', '0'])
def test_text_that_is_no_number_is_refused_by_name(guarded, given):
    r = guarded.http.post('/jobs', json=KEYS | {'manualPath': guarded.put('talk.mp4')['path'], 'upscaleValue': given})
    assert r.status_code == 422 and r.json()['field'] == 'upscaleValue', r.text

# What is missing

def test_a_node_without_the_pipeline_says_what_its_owner_must_do(tmp_path):
    with node_at(tmp_path) as s:
        r = s.http.post('/jobs', json=KEYS | {'manualPath': 'input_videos/talk.mp4'})
        assert r.status_code == 422 and r.json()['field'] == 'pipeline'
        for word in ('--pipelines', str(SHIPPED/'original.toml'), '--workspace'): assert word in r.json()['error']

def test_an_input_outside_the_workspace_is_told_where_that_is_by_node_and_manager(tmp_path):
    (tmp_path/'talk.mp4').write_bytes(b'a video')
    body = KEYS | {'manualPath': str(tmp_path/'talk.mp4')}
    manager = Manager(tmp_path/'manager')
    with node_at(tmp_path, pipelines(tmp_path/'pipelines')) as s, serving(manager) as m, client(m.url) as http:
        node = manager.directory.add('shed', url=s.url)
        told = [s.http.post('/jobs', json=body), http.post('/api/jobs', json=body | {'nodeId': node['id']})]
        for r in told:
            assert r.status_code in (400, 422), r.text
            assert str(s.node.workspace) in r.json()['error'] and '--workspace' in r.json()['error']

@pytest.mark.parametrize('text', ['1'*400, '1'*5000, 'inf', '1e3'])
def test_text_that_is_no_whole_number_of_ours_is_refused_by_its_field(tmp_path, text):
    (tmp_path/'old.toml').write_text('name = "old"\noriginal = true\nargv = ["true", "{n}"]\n[params.n]\ntype = "int"\ndefault = 1\n')
    with closing(Node(tmp_path/'data', pipelines=tmp_path/'old.toml')) as node, pytest.raises(InvalidInput) as e:
        asyncio.run(node.submit({'n': text}))
    assert e.value.field == 'n'
