"""The manager over real HTTP: the original dashboard's contract, the originals' defects by their ids, and what is ours. Its nodes are ours, an imitation of an original, and some that misbehave."""
import asyncio, json, os, re, socket, subprocess, sys, threading, time, uuid
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote
import httpx, psutil, pytest
from cjm_jobtrack.model.job import OutputFile
from cjm_jobtrack.model.errors import InvalidInput, KeyConflict, StoreError, UnknownNode
from cjm_jobtrack.tracker.tracker import JobTracker
from cjm_jobtrack.net.client import RemoteClient
from cjm_jobtrack.net.transfers import disposition_name
from cjm_jobtrack.net.manager import Manager
from cjm_jobtrack.net.routes import PAGE_BYTES
from cjm_jobtrack.net.node import Node
from cjm_jobtrack.net.server import lock_folder, serving
from cjm_jobtrack.net.directory import NodeDirectory
from cjm_jobtrack.pipelines.pipeline import SHIPPED
from cut_proxy import CutProxy
import helpers
from helpers import client, large_jobs, node_at, write_pipelines
from original_node import OriginalNode, Served as Imitation, answer

def until(condition, what, deadline=60.):
    "`helpers.until` for conditions that are asked over HTTP: less often."
    return helpers.until(lambda: condition() or time.sleep(.02), what, deadline)

PATIENT = 7.   # no route may take longer, however a node behaves, and however slow this machine is, seconds

# --- servers: a manager and its nodes

WRAPPER = '''
import json, os, pathlib, sys, time
source, *options = sys.argv[1:]
plan = json.load(open(source, encoding='utf-8'))
print('options', *options, flush=True)
for n in range(1, 5):
    print(f'Task {n}/4', flush=True)
    while n == 2 and 'gate' in plan and not os.path.exists(plan['gate']): time.sleep(.005)
for name, text in plan.get('files', {'result.mp4': 'a video'}).items():
    out = pathlib.Path('output_videos_latest', pathlib.Path(source).stem, 'final_without_post_process_7')
    out.mkdir(parents=True, exist_ok=True)
    (out/name).write_text(text)
sys.exit(plan.get('exit', 0))
'''

def pipelines(folder:Path) -> Path:
    "The test pipelines, and the original's with a program of ours: the video is a JSON text that says what it does."
    write_pipelines(folder)
    (folder/'wrapper.py').write_text(WRAPPER)
    toml = (SHIPPED/'original.toml').read_text()
    assert (was := '"python", "pipeline_wrapper.py"') in toml
    (folder/'original.toml').write_text(toml.replace(was, f'"{{python}}", "-I", "-S", "{folder/"wrapper.py"}"'))
    return folder

class Servers:
    "A manager and what talks to it: `http` as a page does, `rc` as our programs do."
    def __init__(self, manager, server, stack):
        self.manager, self.url = manager, server.url
        self.http, self.rc = stack.enter_context(client(server.url, manager.token)), stack.enter_context(RemoteClient(server.url, token=manager.token))

    def add(self, url, name='shed', **facts) -> dict:
        "Register a node as the page does."
        u = httpx.URL(url)
        r = self.http.post('/api/nodes', json=dict(name=name, host=u.host, connectionType='http', apiPort=str(u.port), port='22', user='', password='', gpu='', location='') | facts)
        assert r.status_code == 201, r.text
        return r.json()

    def create(self, node, **keys) -> dict:
        "A job as the page asks for it. Asked again while the node, on a busy machine, is slow to say that it is there."
        deadline = time.monotonic() + 30
        while True:
            r = self.http.post('/api/jobs', json=CREATE | {'nodeId': node['id']} | keys)
            if r.status_code != 400 or 'Node not available' not in r.text or time.monotonic() > deadline: break
        assert r.status_code == 201, r.text
        return r.json()

    def get(self, job_id) -> dict: return self.http.get(f'/api/jobs/{job_id}').json()

    def wait(self, job_id, *statuses, deadline=60.) -> dict:
        "The job, once it has one of these statuses; without any, once it has ended."
        wanted = statuses or ('completed', 'failed', 'cancelled')
        return until(lambda: (j := self.get(job_id))['status'] in wanted and j, f'{job_id} to be {" or ".join(wanted)}', deadline)

    def types(self, job_id) -> list[str]: return [e.type for e in self.rc.history(job_id)]

CREATE = dict(inputMethod='manual', youtubeUrl=None, manualPath='input_videos/talk.mp4', unetFlag=False, faceRestoreFlag=False, upscaleFlag=False, upscaleValue=2, claheFlag=False)

def hurried(m:Manager) -> Manager:
    "With shorter pauses, so that tests need not wait."
    m.runner.patience, m.runner.poll, m.queue.recheck = .3, .05, .1
    return m

@contextmanager
def managed(folder, *urls, names=('shed', 'attic', 'porch'), **options):
    "A manager of this process, with these nodes on record."
    with ExitStack() as stack:
        m = hurried(Manager(folder/'manager', **{'check_every': .3} | options))
        for name, url in zip(names, urls): m.directory.add(name, url=url)
        yield Servers(m, stack.enter_context(serving(m)), stack)

SERVE = '''
import os, sys
from cjm_jobtrack.net.manager import Manager
from cjm_jobtrack.net.server import serving
m = Manager(sys.argv[1], token=os.environ.get('JOBTRACK_TOKEN'), node_token=os.environ.get('JOBTRACK_NODE_TOKEN'), check_every=.3)
m.runner.patience, m.runner.poll, m.queue.recheck = .3, .05, .1
with serving(m) as s:
    print(s.url, flush=True)
    sys.stdin.read()   # until our parent closes it, or is gone
'''

@contextmanager
def manager_process(folder, **environ):
    "The same in a process of its own, which a test may kill."
    p = subprocess.Popen([sys.executable, '-c', SERVE, str(folder/'manager')], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=(folder/'stderr').open('ab'), text=True, env={**os.environ, **environ})
    try:
        url = p.stdout.readline().strip()
        assert url, f'the manager did not start: exit status {p.wait(30)}\n' + (folder/'stderr').read_text()
        with ExitStack() as stack:
            h = Servers(SimpleNamespace(token=environ.get('JOBTRACK_TOKEN')), SimpleNamespace(url=url), stack)
            h.process = p
            yield h
    except BaseException:
        print((folder/'stderr').read_text())
        raise
    finally:
        p.stdin.close(), p.stdout.close()
        try: p.wait(60)
        except subprocess.TimeoutExpired: p.kill(), p.wait()

@contextmanager
def silent_server():
    "A port that accepts and never answers."
    with closing(socket.create_server(('127.0.0.1', 0))) as s: yield f'http://127.0.0.1:{s.getsockname()[1]}'

def free_port() -> int:
    with closing(socket.create_server(('127.0.0.1', 0))) as s: return s.getsockname()[1]

@contextmanager
def node_of(folder, **options):
    "A node of ours, two slots, all pipelines. What still runs in the end is stopped."
    with node_at(folder, pipelines(folder/'pipelines'), **{'slots': 2} | options) as n:
        try: yield n
        finally:
            for s in 'pending', 'running':
                for j in n.http.get('/jobs', params={'status': s}).json()['jobs']: n.http.post(f'/jobs/{j["id"]}/cancel')

def video(node:Node, name='talk.mp4', **plan) -> str:
    "Put a video into a node's workspace; its path as `manualPath`."
    (node.inputs/name).write_text(json.dumps(plan))
    return f'input_videos/{name}'

def alive(pid) -> bool:
    try: return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess: return False

def plan(**what) -> dict: return {'plan': json.dumps(what)}   # parameters for the pipeline `work`

def is_error(r:httpx.Response, *statuses, field=None) -> dict:
    "D2: every error says it twice, in JSON."
    assert r.status_code in statuses, (r.status_code, r.text)
    body = r.json()
    assert isinstance(body['error'], str) and body['error'] and body['message'] == body['error'], body
    if field: assert body['field'] == field, body
    return body

@pytest.fixture(scope='module')
def ours(tmp_path_factory):
    "A manager with one node of ours, two slots, all pipelines."
    folder = tmp_path_factory.mktemp('ours')
    with node_of(folder) as n, managed(folder, check_every=5) as h:
        h.node, h.served, h.shed = n.node, n, h.add(n.url)
        yield h

@pytest.fixture
def old(tmp_path):
    "A manager with the imitation of an original node server."
    o = OriginalNode(tmp_path/'workspace')
    with Imitation(o.app) as s, managed(tmp_path, s.url) as h:
        h.original, h.served, h.shed = o, s, h.manager.directory.get('shed')
        yield h

@pytest.fixture
def cuttable(tmp_path):
    "A manager with a node of ours behind a network that can be cut."
    with node_of(tmp_path) as n, CutProxy(n.url) as net, managed(tmp_path, net.url) as h:
        h.node, h.served, h.net, h.shed, h.gate = n.node, n, net, h.manager.directory.get('shed'), tmp_path/'gate'
        until(lambda: h.manager.directory.is_online(h.shed), 'the node to be known')
        yield h

def remote_job(old, *, of=None) -> str:
    "The id of the latest job on the imitation, once there is one more than `of` has."
    return until(lambda: [*old.original.jobs][len(of or ()):], 'the job to arrive')[-1]

# --- the dashboard's contract: shapes

text, opt, number, flag, listed = (str,), (str, type(None)), (int, float), (bool,), (list,)
JOB = dict(id=text, inputMethod=text, youtubeUrl=opt, manualPath=opt, inputPath=opt, nodeId=text, nodeName=text, unetFlag=flag, faceRestoreFlag=flag, upscaleFlag=flag, claheFlag=flag, upscaleValue=number,
           status=text, progress=number, createdAt=text, updatedAt=text, error=opt, logs=text, outputPath=opt)
NODE = dict(id=text, name=text, host=text, connectionType=text, port=(int,), apiPort=(int,), user=text, gpu=text, location=text, status=text, createdAt=text, updatedAt=text, jobs=(int,), activeJobs=(int,), activityStatus=text)
FILE = dict(name=text, path=text, relative_path=text, size=(int,), modified=(float,))
INSTANT = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z')

def fits(d, shape):
    assert {k: type(d.get(k)) for k in shape if type(d.get(k, ...)) not in shape[k]} == {}, d
    for k, v in d.items():
        if k in ('createdAt', 'updatedAt', 'timestamp', 'unreachableSince') and v is not None: assert INSTANT.fullmatch(v) and abs(datetime.fromisoformat(v).timestamp() - time.time()) < 600, (k, v)
    return d

def test_a_jobs_whole_life_as_the_page_sees_it(ours, tmp_path):
    path = video(ours.node, 'life.mp4', gate=str(tmp_path/'gate'))
    job = fits(ours.create(ours.shed, manualPath=path, unetFlag=True), JOB)
    assert str(uuid.UUID(job['id'])) == job['id'] and 'remoteJobId' not in job and 'outputFiles' not in job and 'errorDetails' not in job
    assert (job['status'], job['progress'], job['error']) == ('pending', 0, None)
    assert (job['inputMethod'], job['manualPath'], job['youtubeUrl'], job['inputPath']) == ('manual', path, None, path)
    assert (job['nodeId'], job['nodeName'], job['unetFlag'], job['faceRestoreFlag'], job['upscaleValue']) == (ours.shed['id'], 'shed', True, False, 2)
    running = fits(until(lambda: (j := ours.get(job['id']))['progress'] == 50 and 'Task 2/4' in j['logs'] and j, 'progress and log'), JOB)
    assert running['status'] == 'running' and running['remoteJobId'] and 'outputFiles' not in running
    (tmp_path/'gate').touch()
    done = fits(ours.wait(job['id']), JOB)
    assert (done['status'], done['progress'], done['error']) == ('completed', 100, None) and 'options true false false 2.0 false' in done['logs']
    out, = done['outputFiles']
    assert fits(out, FILE)['name'] == 'result.mp4' and out['size'] == len('a video') and done['outputPath'] == out['path']
    assert done['createdAt'] == job['createdAt'] < done['updatedAt'] and done['id'] == job['id']

def test_lists_are_bare_and_in_order_of_creation(ours):
    made = [ours.create(ours.shed, manualPath=video(ours.node, f'{n}.mp4'))['id'] for n in range(3)]
    jobs = ours.http.get('/api/jobs').json()
    assert isinstance(jobs, list) and [j['id'] for j in jobs if j['id'] in made] == made and [fits(j, JOB) for j in jobs] == sorted(jobs, key=lambda j: j['createdAt'])
    nodes = ours.http.get('/api/nodes').json()
    assert isinstance(nodes, list) and [fits(n, NODE)['id'] for n in nodes] == [ours.shed['id']]
    for i in made: ours.wait(i)

def test_health_of_the_api(ours):
    body = ours.http.get('/api/health').json()
    assert fits(body, dict(status=text, timestamp=text)) and body['status'] == 'ok'

@pytest.mark.parametrize('asked, told', [
    (dict(unetFlag='true', faceRestoreFlag='false', upscaleValue='3.5'), dict(unetFlag=True, faceRestoreFlag=False, upscaleValue=3.5)),
    (dict(upscaleValue=None, claheFlag=None), dict(upscaleValue=2, claheFlag=False)),   # an emptied field of the page
    (dict(inputMethod='upload', youtubeUrl='https://youtu.be/x'), dict(inputMethod='manual', youtubeUrl=None)),
    (dict(inputMethod=None, whatever=1, id='mine', status='completed'), dict(status='pending'))])
def test_what_the_page_may_send(ours, asked, told):
    job = fits(ours.create(ours.shed, manualPath=video(ours.node), **asked), JOB)
    assert {k: job[k] for k in told} == told and job['id'] != 'mine'
    assert ours.wait(job['id'])['status'] == 'completed'
    there = ours.served.get(job['id'])
    assert there['upscale_value'] == job['upscaleValue'] and there['unet_flag'] is job['unetFlag'], 'it reached the node as it was meant'

def test_a_youtube_job_has_no_path(old):
    job = old.create(old.shed, inputMethod='youtube', youtubeUrl='https://youtu.be/a?b=c')
    assert (job['inputMethod'], job['youtubeUrl'], job['manualPath'], job['inputPath']) == ('youtube', 'https://youtu.be/a?b=c', None, 'https://youtu.be/a?b=c')
    remote_job(old)
    assert old.original.asked == [CREATE | dict(inputMethod='youtube', youtubeUrl='https://youtu.be/a?b=c', manualPath=None, upscaleValue=2.0)], 'exactly these eight keys'

@pytest.mark.parametrize('fault, statuses, field', [
    (dict(nodeId=None), (400,), None), (dict(nodeId='nobody'), (400,), None), (dict(nodeId=7), (400,), None), (dict(nodeId=['x']), (400,), None),
    (dict(inputMethod='telepathy'), (422,), 'inputMethod'), (dict(inputMethod=[]), (422,), 'inputMethod'),
    (dict(manualPath=None), (422,), 'manualPath'), (dict(manualPath=' '), (422,), 'manualPath'), (dict(manualPath=7), (422,), 'manualPath'), (dict(inputMethod='youtube'), (422,), 'youtubeUrl'),
    (dict(unetFlag='no'), (422,), 'unetFlag'), (dict(claheFlag=1), (422,), 'claheFlag'), (dict(upscaleFlag=[]), (422,), 'upscaleFlag'),
    (dict(upscaleValue=0), (422,), 'upscaleValue'), (dict(upscaleValue=-1), (422,), 'upscaleValue'), (dict(upscaleValue='wide'), (422,), 'upscaleValue'), (dict(upscaleValue=True), (422,), 'upscaleValue'),
    (dict(upscaleValue='nan'), (422,), 'upscaleValue'), (dict(upscaleValue=1e999), (400, 422), None), (dict(upscaleValue={}), (422,), 'upscaleValue'),
    (dict(manualPath='/etc/hostname'), (422,), 'manualPath'), (dict(manualPath='../../etc/passwd'), (422,), 'manualPath'), (dict(manualPath='input_videos/not there.mp4'), (422,), 'manualPath'),
    (dict(upscaleValue=99), (422,), 'upscaleValue'), (dict(inputMethod='youtube', youtubeUrl='https://evil.example/x'), (422,), 'youtubeUrl')])
def test_M18_jobs_are_checked_before_they_are_on_record(ours, fault, statuses, field):
    before = len(ours.http.get('/api/jobs').json()), len(ours.served.http.get('/jobs').json()['jobs'])
    body = CREATE | {'nodeId': ours.shed['id'], 'manualPath': video(ours.node)} | fault
    said = is_error(ours.http.post('/api/jobs', content=json.dumps(body), headers={'Content-Type': 'application/json'}), *statuses, field=field)
    if 'nodeId' in fault: assert said['error'] == 'Node not available'
    assert before == (len(ours.http.get('/api/jobs').json()), len(ours.served.http.get('/jobs').json()['jobs']))

def test_cancel_delete_and_their_refusals(ours, tmp_path):
    job = ours.create(ours.shed, manualPath=video(ours.node, gate=str(tmp_path/'gate')))['id']
    ours.wait(job, 'running')
    is_error(ours.http.delete(f'/api/jobs/{job}'), 409)
    r = ours.http.post(f'/api/jobs/{job}/cancel')
    assert (r.status_code, r.json()) == (200, {'message': 'Job cancelled'})
    assert ours.get(job)['status'] == 'cancelled' and ours.served.get(job)['status'] == 'cancelled'
    assert is_error(ours.http.post(f'/api/jobs/{job}/cancel'), 400)['error'] == 'Job cannot be cancelled'
    r = ours.http.delete(f'/api/jobs/{job}')
    assert (r.status_code, r.json()) == (200, {'message': 'Job deleted'})
    for r in ours.http.get(f'/api/jobs/{job}'), ours.http.post(f'/api/jobs/{job}/cancel'), ours.http.delete(f'/api/jobs/{job}'), ours.http.post(f'/api/jobs/{job}/refresh'), ours.http.get(f'/api/jobs/{job}/outputs'), ours.http.get(f'/api/jobs/{job}/download'):
        assert is_error(r, 404)['error'] == 'Job not found'

# --- the dashboard's contract: nodes

def test_nodes_as_the_page_sends_them(ours, tmp_path):
    with managed(tmp_path) as h:
        node = h.http.post('/api/nodes', json=dict(name='gpu', host=' 127.0.0.1 ', connectionType='http', apiPort=f' {free_port()} ', port='22', user='me', password='hunter2', gpu='RTX', location='lab'))
        assert node.status_code == 201 and 'hunter2' not in node.text
        node = fits(node.json(), NODE)
        assert str(uuid.UUID(node['id'])) == node['id'] and 'password' not in node
        assert (node['name'], node['host'], node['connectionType'], node['port'], node['user'], node['gpu'], node['location']) == ('gpu', '127.0.0.1', 'http', 22, 'me', 'RTX', 'lab')
        assert (node['status'], node['activityStatus'], node['jobs'], node['activeJobs']) == ('offline', 'offline', 0, 0), 'an offline node is accepted'
        plain = fits(h.http.post('/api/nodes', json={'host': '127.0.0.1'}).json(), NODE)
        assert (plain['connectionType'], plain['apiPort'], plain['port'], plain['user'], plain['gpu'], plain['location']) == ('http', 9090, 9090, '', '', '')
        assert fits(h.http.get(f'/api/nodes/{node["id"]}').json(), NODE)['id'] == node['id']
        online = h.add(ours.served.url)
        assert (online['status'], online['activityStatus'], online['unreachableSince']) == ('online', 'idle', None)
        r = h.http.delete(f'/api/nodes/{node["id"]}')
        assert (r.status_code, r.json()) == (200, {'message': 'Node deleted'})
        assert {n['id'] for n in h.http.get('/api/nodes').json()} == {plain['id'], online['id']}

def test_M17_what_a_node_is_can_be_changed_and_nothing_else(tmp_path):
    with managed(tmp_path) as h:
        node = h.add(f'http://127.0.0.1:{free_port()}')
        r = h.http.put(f'/api/nodes/{node["id"]}', json={'name': 'attic', 'gpu': 'A100', 'apiPort': '9191', 'id': 'other', 'createdAt': 'never', 'foo': 1, 'status': 'online', 'password': 'hunter2', 'url': None})
        changed = fits(r.json(), NODE)
        assert r.status_code == 200 and (changed['name'], changed['gpu'], changed['apiPort']) == ('attic', 'A100', 9191)
        assert (changed['id'], changed['createdAt'], changed['status']) == (node['id'], node['createdAt'], 'offline') and not {'foo', 'password'} & changed.keys()
        assert changed['updatedAt'] >= node['updatedAt'] and changed == fits(h.http.get(f'/api/nodes/{node["id"]}').json(), NODE) | {'unreachableSince': changed['unreachableSince']}
        assert [n['id'] for n in h.http.get('/api/nodes').json()] == [node['id']]

@pytest.mark.parametrize('body, field', [
    ({'name': 'x'}, 'host'), ({'host': ''}, 'host'), ({'host': '  '}, 'host'), ({'host': 7}, 'host'), ({'host': 'http://gpu-3'}, 'host'), ({'host': 'gpu 3'}, 'host'), ({'host': 'gpu-3/x'}, 'host'), ({'host': 'a@b'}, 'host'),
    ({'host': 'gpu-3', 'apiPort': 'x'}, 'apiPort'), ({'host': 'gpu-3', 'apiPort': 0}, 'apiPort'), ({'host': 'gpu-3', 'apiPort': '65536'}, 'apiPort'), ({'host': 'gpu-3', 'apiPort': 1.5}, 'apiPort'), ({'host': 'gpu-3', 'port': True}, 'port'),
    ({'host': 'gpu-3', 'name': ['x']}, 'name'), ({'host': 'gpu-3', 'gpu': 'x'*999}, 'gpu'), ({'host': 'gpu-3', 'connectionType': 'carrier pigeon'}, 'connectionType'), ({'host': 'gpu-3', 'connectionType': 'ssh'}, 'connectionType'), ({'url': 'file:///etc'}, 'url')])
def test_M18_nodes_are_checked(ours, body, field):
    is_error(ours.http.post('/api/nodes', json=body), 422, field=field)
    assert len(ours.http.get('/api/nodes').json()) == 1

def test_M19_what_is_not_there_is_404(ours):
    for method, path in ('GET', ''), ('PUT', ''), ('DELETE', ''), ('POST', '/test'), ('POST', '/verify'):
        r = ours.http.request(method, f'/api/nodes/{uuid.uuid4()}{path}', **({'json': {'name': 'x'}} if method == 'PUT' else {}))
        assert is_error(r, 404)['error'].startswith('Node not found')
    is_error(ours.http.post('/api/upload/nobody', files={'file': ('a.mp4', b'x')}), 404)

def test_testing_and_verifying_nodes(ours, old, tmp_path):
    r = ours.http.post(f'/api/nodes/{ours.shed["id"]}/test')
    assert r.status_code == 200 and r.json()['status'] == 'online' and isinstance(r.json()['message'], str)
    v = ours.http.post(f'/api/nodes/{ours.shed["id"]}/verify').json()
    names = ['workspace', 'input videos', 'pipeline.py', 'pipeline_wrapper.py', 'python']
    assert [c['name'].lower() for c in v['checks']] == names and (v['status'], [c['status'] for c in v['checks']]) == ('ready', ['ok', 'ok', 'missing', 'missing', 'ok']), 'ours brings its pipelines in files of its own'
    assert v['checks'][0]['path'] == str(ours.node.workspace) and v['checks'][4]['version'].startswith('Python 3.') and isinstance(v['message'], str)
    v = old.http.post(f'/api/nodes/{old.shed["id"]}/verify').json()
    assert [c['name'].lower() for c in v['checks']] == names and (v['status'], {c['status'] for c in v['checks']}) == ('ready', {'ok'})
    gone = old.add(f'http://127.0.0.1:{free_port()}', 'gone')
    off = is_error(old.http.post(f'/api/nodes/{gone["id"]}/test'), 400)
    assert off['status'] == 'offline' and off['troubleshooting'] and all(isinstance(s, str) for s in off['troubleshooting'])
    assert is_error(old.http.post(f'/api/nodes/{gone["id"]}/verify'), 400)['error'] == 'Cannot connect to node API'

def test_an_originals_missing_parts_are_seen(tmp_path):
    class Bare(OriginalNode):
        async def status(self, request): return answer({'status': 'online', 'workspace': {'path': '/workspace', 'exists': True}, 'files': {'pipeline_py': True, 'pipeline_wrapper_py': False}})
    with Imitation(Bare(tmp_path/'workspace').app) as s, managed(tmp_path, check_every=60) as h:
        v = h.http.post(f'/api/nodes/{h.add(s.url)["id"]}/verify').json()
        assert (v['status'], [c['status'] for c in v['checks']]) == ('incomplete', ['ok', 'missing', 'ok', 'missing', 'missing'])

def test_M3_nodes_outlive_a_restart_and_one_address_is_one_node(tmp_path):
    with node_of(tmp_path) as n:
        with managed(tmp_path) as h:
            node = h.add(n.url)
            again = h.add(n.url, 'another name', gpu='A100')
            assert (again['id'], again['name'], again['gpu'], len(h.http.get('/api/nodes').json())) == (node['id'], 'another name', 'A100', 1)
            job = h.rc.submit('work', params=plan(files={'a.txt': 'hello'})).id
            assert h.rc.wait(job, 20).status == 'completed'
            until(lambda: 'fetched' in h.types(job) or h.http.get(f'/api/jobs/{job}/download').text == 'hello', 'the download')
        with managed(tmp_path) as h:
            assert [x['id'] for x in h.http.get('/api/nodes').json()] == [node['id']]
            assert h.http.get(f'/api/jobs/{job}/download').text == 'hello' and h.http.post(f'/api/jobs/{job}/refresh').status_code == 200
            assert h.http.delete(f'/api/nodes/{node["id"]}').status_code == 200
            is_error(h.http.get(f'/api/jobs/{job}/download'), 404)
            assert h.add(n.url)['id'] == node['id']
            assert h.http.get(f'/api/jobs/{job}/download').text == 'hello', 'registered again, it is the same node'

def test_M23_a_node_is_asked_where_it_is():
    with JobTracker() as tracker:
        for host in '10.0.0.5', '172.17.0.1', '192.168.1.50', '192.168.100.7', '100.64.0.9', '203.0.113.7', 'gpu-3.lab', '::1', 'fd00::7':
            n = NodeDirectory(tracker.store).add('x', host=host)
            assert n['url'] == f'http://{f"[{host}]" if ":" in host else host}:9090' and n['host'] == host

def test_M20_no_password_and_no_token_is_kept_or_told(tmp_path):
    with node_of(tmp_path, token='the-nodes-secret') as n, manager_process(tmp_path, JOBTRACK_TOKEN='the-peoples-secret', JOBTRACK_NODE_TOKEN='the-nodes-secret') as h:
        told = [h.http.post('/api/nodes', json=dict(name='shed', host='127.0.0.1', apiPort=str(httpx.URL(n.url).port), user='me', password='hunter2')).text]
        with httpx.Client(base_url=h.url) as stranger:
            assert stranger.get('/health').status_code == 200
            for method, path in ('GET', '/api/jobs'), ('GET', '/api/nodes'), ('POST', '/api/nodes'), ('GET', '/jobs'), ('GET', '/api/health'), ('GET', '/events'), ('POST', '/upload'), ('GET', '/openapi.json'):
                for headers in {}, {'Authorization': 'Bearer the-nodes-secret'}: is_error(stranger.request(method, path, headers=headers), 401)
        job = h.rc.submit('work', params=plan(environ=True)).id
        assert h.rc.wait(job, 20).status == 'completed'
        assert h.http.get(f'/api/jobs/{job}/download').text == 'done'
        told += [h.http.get(p).text for p in ('/health', '/api/health', '/api/nodes', '/api/jobs', '/jobs', f'/jobs/{job}/history', f'/jobs/{job}/logs', '/pipelines', '/openapi.json', '/api/jobs/none', '/nope')] + [h.http.post(f'/api/nodes/{h.http.get("/api/nodes").json()[0]["id"]}/{p}').text for p in ('test', 'verify')]
        told.append(' '.join(h.process.args) + ' '.join(psutil.Process(h.process.pid).cmdline()))
    files = [p for p in (tmp_path/'manager').rglob('*') if p.is_file()] + [tmp_path/'stderr']
    for secret in 'the-nodes-secret', 'the-peoples-secret', 'hunter2':
        assert not [t for t in told if secret in t] and not [p for p in files if secret.encode() in p.read_bytes()], secret

@pytest.mark.parametrize('wrong', [None, 'guess'])
def test_the_nodes_token_is_missing_or_wrong(tmp_path, wrong):
    with node_of(tmp_path, token='the-nodes-secret') as n, managed(tmp_path, n.url, node_token=wrong) as h:
        job = h.rc.submit('work', params=plan())
        assert 'token' in until(lambda: h.rc.get_job(job.id).message, 'a reason') and h.rc.get_job(job.id).status == 'pending'
        assert h.http.get('/api/nodes').json()[0]['status'] == 'offline'
        r = h.http.post('/upload', files={'file': ('a.txt', b'x')}, params={'node': 'shed'})
        assert 'token' in is_error(r, 502, 503)['error'], 'not 401: the caller is not at fault'

# --- the dashboard's contract: files

def test_uploads_reach_the_node(ours):
    r = ours.http.post(f'/api/upload/{ours.shed["id"]}', files={'file': ('my talk.mkv', b'x'*100_000)})
    said = r.json()
    assert r.status_code == 200 and (said['success'], said['filename'], said['path'], said['size'], said['node']) == (True, 'my talk.mkv', 'input_videos/my talk.mkv', 100_000, ours.shed['id'])
    assert (ours.node.inputs/'my talk.mkv').read_bytes() == b'x'*100_000 and said['full_path'] == str(ours.node.inputs/'my talk.mkv')

def test_M16_uploads_are_told_apart_by_suffix(old):
    put = lambda name, *kind: old.http.post(f'/api/upload/{old.shed["id"]}', files={'file': (name, b'abc', *kind)})
    for kind in ['video/mp4'], ['video/x-matroska'], ['application/octet-stream'], ['text/plain'], []:
        assert put('talk.mkv', *kind).status_code == 200 and (old.original.workspace/'input_videos/talk.mkv').read_bytes() == b'abc'
        assert 'Invalid file type' in is_error(put('talk.exe', *kind), 400)['error']

def test_uploads_refused(ours):
    url = f'/api/upload/{ours.shed["id"]}'
    assert is_error(ours.http.post(url, files={'other': ('a.mp4', b'x')}), 400)['error'] == 'No file provided'
    is_error(ours.http.post(url), 400, 415), is_error(ours.http.post(url, json={'file': 'x'}), 400, 415)
    is_error(ours.http.post(url, content=b'no boundary', headers={'Content-Type': 'multipart/form-data'}), 400)

NAMES = ['plain.mp4', 'with space.mkv', 'x"y.mp4', "it's.mp4", '€ 日本.webm', 'a\nb.mp4', 'a\r\nX-Evil: 1.mp4', 'hash#q?.mp4', '50% off&a=b.mp4', '%2e%2e.mp4', 'sub/in it.mp4', 'back\\slash;x.mov', 'no suffix']

def test_M13_every_name_comes_through(ours):
    job = ours.rc.submit('work', params=plan(files={n: f'this is {n}' for n in NAMES})).id
    assert ours.rc.wait(job, 20).status == 'completed'
    listed = ours.http.get(f'/api/jobs/{job}/outputs').json()
    assert sorted(f['name'] for f in listed['output_files']) == sorted(NAMES) and listed['count'] == len(NAMES) and listed['job_id'] == job
    for base in '/api', '':
        for name in NAMES:
            r = ours.http.get(f'{base}/jobs/{job}/download/{quote(name, safe="")}')
            assert (r.status_code, r.text) == (200, f'this is {name}'), (name, r.text)
            assert disposition_name(r.headers['content-disposition']) == name.rsplit('/', 1)[-1] and r.headers['content-disposition'].startswith('attachment') and 'x-evil' not in r.headers
            assert r.headers['content-length'] == str(len(r.content))

def test_downloads(ours):
    job = ours.rc.submit('work', params=plan(files={'b.mp4': '0123456789', 'c.txt': ''})).id
    is_error(ours.http.get(f'/api/jobs/{job}/download/nothing'), 400, 404)
    ours.rc.wait(job, 20)
    first = ours.rc.outputs(job)[0]
    for base in '/api', '':
        r = ours.http.get(f'{base}/jobs/{job}/download')
        assert r.status_code == 200 and disposition_name(r.headers['content-disposition']) == first.name and r.headers['content-length'] == str(first.size)
        r = ours.http.head(f'{base}/jobs/{job}/download/b.mp4')
        assert (r.status_code, r.content, r.headers['content-length'], r.headers['content-type']) == (200, b'', '10', 'video/mp4')
        r = ours.http.get(f'{base}/jobs/{job}/download/b.mp4', headers={'Range': 'bytes=3-5'})
        assert (r.status_code, r.text, r.headers['content-range']) == (206, '345', 'bytes 3-5/10')
        assert ours.http.get(f'{base}/jobs/{job}/download/c.txt').content == b''
        is_error(ours.http.get(f'{base}/jobs/{job}/download/b.mp4', headers={'Range': 'bytes=99-'}), 416)
        for name in 'nothing.mp4', 'b', 'mp4', 'B.mp4', '..%2Fb.mp4': assert 'Output file not found' in is_error(ours.http.get(f'{base}/jobs/{job}/download/{name}'), 404)['error']
    fetched = [e.data for e in ours.rc.history(job) if e.type == 'fetched']
    assert {'name': 'b.mp4', 'size': 10} not in fetched and {'name': first.name, 'size': first.size} in fetched or first.name == 'b.mp4'

@pytest.mark.parametrize('instants', [(5, 5), (5, 9), (9, 5)], ids=['one instant', 'in order', 'in reverse'])
def test_the_newest_output_is_the_same_for_everyone(ours, tmp_path, instants):
    gate, files = tmp_path/'gate', {'b.mp4': 'b', 'c.txt': 'c'}
    job = ours.rc.submit('work', params=plan(files=files, gate=str(gate), instants=dict(zip(files, instants)))).id
    gate.touch()
    ours.rc.wait(job, 20)
    newest = 'c.txt' if instants == (5, 9) else 'b.mp4'
    assert [o.name for o in ours.rc.outputs(job)][0] == newest and ours.rc.download(job, to=tmp_path/'got').name == newest
    listed = ours.http.get(f'/api/jobs/{job}/outputs').json()['output_files']
    asked = ours.http.get(f'/api/jobs/{job}/download').headers['content-disposition']
    assert listed[0]['name'] == disposition_name(asked) == newest

def test_many_outputs_arrive_in_pages(ours):
    job = ours.rc.submit('work', params=plan(files={f'{n:05}.txt': '' for n in range(1100)})).id
    ours.rc.wait(job, 60)
    names = {f'{n:05}.txt' for n in range(1100)}
    assert {o.name for o in ours.rc.outputs(job)} == {o.name for o in ours.manager.tracker.get_job(job).outputs} == names
    answers = [ours.http.get(f'/api/jobs/{job}/outputs', params={'offset': n}).json() for n in (0, 1000)]
    assert [len(a['output_files']) for a in answers] == [1000, 100] and answers[0]['count'] == 1100

def test_a_list_of_large_jobs_is_cut_where_the_page_ends(tmp_path):
    with managed(tmp_path) as h:
        ids, found, url = large_jobs(h.manager.tracker), [], '/api/jobs'
        while url:
            r = h.http.get(url)
            assert len(r.content) < PAGE_BYTES + 100 and len(r.json()) > 10
            found, url = [j['id'] for j in r.json()] + found, r.links.get('next', {}).get('url')
        assert found == ids
        is_error(h.http.get('/api/jobs?before=nope'), 404)

def test_outputs_that_are_not_text_and_some_that_were_exchanged(ours, tmp_path):
    job = ours.rc.submit('work', params=plan(files=dict(zip(['caf\udce9.txt', 'caf\udce8.txt', 'x.txt'], ['e', 'E', 'one'])))).id
    for o in ours.rc.wait(job, 20).outputs:
        assert ours.rc.download(job, tmp_path, o.name).read_text() == {'caf%E9.txt': 'e', 'caf%E8.txt': 'E', 'x.txt': 'one'}[o.name]
        if o.name == 'x.txt': Path(o.path).write_text('two')
    assert sorted(os.fsencode(p.name) for p in tmp_path.iterdir()) == [b'caf\xe8.txt', b'caf\xe9.txt', b'x.txt']
    assert ours.http.get(f'/api/jobs/{job}/download/caf%E9.txt').text == 'e'
    is_error(ours.http.get(f'/api/jobs/{job}/download/x.txt'), 409, 410)

def test_downloads_of_jobs_that_have_none(ours, tmp_path):
    job = ours.create(ours.shed, manualPath=video(ours.node, gate=str(tmp_path/'gate')))['id']
    for path in '', '/result.mp4': assert is_error(ours.http.get(f'/api/jobs/{job}/download{path}'), 400)['error'] == 'Job not completed'
    r = ours.http.get(f'/api/jobs/{job}/outputs')
    assert r.status_code == 200 and r.json() == {'job_id': job, 'output_files': [], 'count': 0, 'message': 'Job not completed yet'}
    (tmp_path/'gate').touch()
    ours.wait(job)
    nothing = ours.rc.submit('work', params=plan(files={})).id
    assert ours.rc.wait(nothing, 20).status == 'completed'
    assert is_error(ours.http.get(f'/api/jobs/{nothing}/download'), 404)['error'] == 'No output files found for this job'

def test_M12_names_lead_nowhere_else(ours, old):
    job = ours.rc.submit('work', params=plan(files={'a.mp4': 'x'})).id
    ours.rc.wait(job, 20)
    olds = old.create(old.shed)['id']
    old.original.complete(remote_job(old), {'b.mp4': b'x'})
    old.wait(olds)
    for h, i in (ours, job), (old, olds):
        for path in '..%2F..%2F..%2Fhealth', '..%2F..%2F..%2Fjobs', '%2e%2e%2f%2e%2e%2fhealth', '..%252F..%252Fhealth', '%2Fhealth', '..', '%2e', '?x', '#x', 'a.mp4%00', 'a.mp4%2F..%2Fb.mp4':
            r = h.http.get(f'/api/jobs/{i}/download/{path}')
            assert r.status_code in (200, 404, 400) and '"status":"ok"' not in r.text and '"jobs"' not in r.text
            if path[0] not in '?#' and not path.startswith('%2e') and path != '..': is_error(r, 404)

def test_an_originals_other_file_is_not_given_out(old):
    job = old.create(old.shed)['id']
    old.original.complete(there := remote_job(old), {'first.mp4': b'one', 'hash#q?%.mp4': b'two', 'second.mp4': b'three'})
    done = old.wait(job)
    assert {f['name'] for f in done['outputFiles']} == {'first.mp4', 'hash#q?%.mp4', 'second.mp4'}
    assert old.http.get(f'/api/jobs/{job}/download/{quote("hash#q?%.mp4", safe="")}').content == b'two'
    assert old.http.get(f'/api/jobs/{job}/download/first.mp4').content == b'one'
    out = next((old.original.workspace/'output_videos_latest').rglob('first.mp4'))
    out.unlink()   # then the original gives out another one
    r = old.http.get(f'/api/jobs/{job}/download/first.mp4')
    is_error(r, 404, 502)
    out.write_bytes(b'of another job')   # or what a later job has put there
    is_error(old.http.get(f'/api/jobs/{job}/download/first.mp4'), 404, 502)
    assert there == old.get(job)['remoteJobId']

@pytest.mark.parametrize('generation', [2, 3])
def test_later_originals_give_their_one_file(tmp_path, generation):
    o = OriginalNode(tmp_path/'workspace', generation)
    with Imitation(o.app) as s, managed(tmp_path, s.url) as h:
        found = []
        for files in {'a b#?.mp4': b'the result'}, {}:
            job, h.original = h.create(h.manager.directory.get('shed'))['id'], o
            o.complete(remote_job(h, of=found), files)
            found = [*o.jobs]
            done = h.wait(job)
            assert (done['status'], [f['name'] for f in done['outputFiles']]) == ('completed', [*files])
            if files: assert 'final video at: ' in done['logs'] and done['outputPath'].endswith('/a b#?.mp4')
            for r in h.http.get(f'/api/jobs/{job}/download'), h.http.get(f'/api/jobs/{job}/download/{quote("a b#?.mp4", safe="")}'):
                if files: assert (r.status_code, r.content, disposition_name(r.headers['content-disposition'])) == (200, b'the result', 'a b#?.mp4')
                else: is_error(r, 404)

# --- the dashboard's contract: refresh

def test_refresh_gives_the_nodes_word(ours, tmp_path):
    job = ours.create(ours.shed, manualPath=video(ours.node, gate=str(tmp_path/'gate')))['id']
    ours.wait(job, 'running')
    until(lambda: ours.served.get(job).get('status') == 'running', 'the job to have arrived there')   # its number is on record before it is sent
    r = ours.http.post(f'/api/jobs/{job}/refresh')
    assert r.status_code == 200 and r.json()['message'] == 'Job status refreshed successfully' and r.json()['job']['status'] == 'running' and fits(r.json()['job'], JOB)['id'] == job
    (tmp_path/'gate').touch()
    until(lambda: ours.served.get(job)['status'] == 'completed', 'the job to end there')
    r = ours.http.post(f'/api/jobs/{job}/refresh')
    assert r.status_code == 200 and (r.json()['job']['status'], r.json()['job']['progress'], [f['name'] for f in r.json()['job']['outputFiles']]) == ('completed', 100, ['result.mp4'])

def refused_refresh(h, job, *statuses) -> dict:
    body = is_error(h.http.post(f'/api/jobs/{job}/refresh'), *statuses)
    assert fits(body['job'], JOB)['id'] == job
    return body

def test_refresh_when_the_node_is_away(cuttable):
    h = cuttable
    job = h.create(h.shed, manualPath=video(h.node, gate=str(h.gate)))['id']
    h.wait(job, 'running')
    until(lambda: h.get(job).get('remoteJobId'), 'the job to be sent')
    for fail in h.net.cut, h.net.hang:
        fail()
        begun = time.monotonic()
        body = refused_refresh(h, job, 503)
        assert time.monotonic() - begun < PATIENT and re.match(r'Cannot connect to remote node 127.0.0.1:\d+\. ', body['error']) and body['job']['status'] == 'running'
        h.net.restore()
    h.gate.touch()
    assert h.wait(job)['status'] == 'completed', 'followed on by itself'
    assert h.http.post(f'/api/jobs/{job}/refresh').status_code == 200
    h.net.cut()
    assert refused_refresh(h, job, 503)['job']['status'] == 'completed', 'what has ended stays as it is'
    assert h.http.delete(f'/api/nodes/{h.shed["id"]}').status_code == 200
    assert refused_refresh(h, job, 404)['error'] == f'Node {h.shed["id"]} not found'

def test_refresh_of_a_job_that_was_never_sent(tmp_path):
    with managed(tmp_path, f'http://127.0.0.1:{free_port()}') as h:
        job = h.rc.submit('work', node='shed').id
        r = h.http.post(f'/api/jobs/{job}/refresh')
        assert r.status_code == 200 and 'nothing to refresh' in r.json()['message'] and r.json()['job']['status'] == 'pending' and 'remoteJobId' not in r.json()['job']
        h.rc.cancel(job)
        assert 'nothing to refresh' in h.http.post(f'/api/jobs/{job}/refresh').json()['message']

# --- requests that are not in order

@pytest.mark.parametrize('method, path', [('POST', '/api/jobs'), ('POST', '/api/nodes'), ('PUT', '/api/nodes/{}')])
@pytest.mark.parametrize('body, kind, statuses', [(b'{', 'application/json', (400,)), (b'', 'application/json', (400,)), (b'[]', 'application/json', (400,)), (b'{}', 'application/json', (400,)), (b'null', 'application/json', (400,)), (b'"x"', 'application/json', (400,)),
    (b'\xff', 'application/json', (400,)), (b'{"a":1}', 'text/plain', (415,)), (b'{"name":"' + b'x'*110_000 + b'"}', 'application/json', (413,)), (b'['*50_000, 'application/json', (400,))])
def test_bodies_that_cannot_be_read(ours, method, path, body, kind, statuses):
    is_error(ours.http.request(method, path.format(ours.shed['id']), content=body, headers={'Content-Type': kind}), *statuses)

def test_unknown_routes_and_methods(ours):
    for method, path, status in ('GET', '/api/nope', 404), ('GET', '/api', 404), ('PUT', '/api/jobs', 405), ('DELETE', '/api/nodes', 405), ('GET', '/api/jobs/x/cancel', 405), ('POST', '/api/health', 405): is_error(ours.http.request(method, path), status)

def test_M22_origins_are_compared_exactly(tmp_path):
    with managed(tmp_path, origins=('http://localhost:3000', 'https://lab.example')) as h:
        ask = {'Access-Control-Request-Method': 'PUT', 'Access-Control-Request-Headers': 'content-type'}
        for origin in 'http://localhost:3000', 'https://lab.example':
            r = h.http.get('/api/jobs', headers={'Origin': origin})
            assert r.status_code == 200 and r.headers['access-control-allow-origin'] == origin
            r = h.http.options('/api/nodes/x', headers=ask | {'Origin': origin})
            assert r.status_code in (200, 204) and r.headers['access-control-allow-origin'] == origin and 'PUT' in r.headers['access-control-allow-methods']
            assert h.http.get('/api/jobs/none', headers={'Origin': origin}).headers['access-control-allow-origin'] == origin, 'errors can be read, too'
        for origin in 'http://localhost:3000.evil.example', 'http://localhost:30001', 'https://localhost:3000', 'https://lab.example.evil.example', 'http://evil.example', 'null':
            r = h.http.get('/api/jobs', headers={'Origin': origin})
            assert r.status_code == 200 and 'access-control-allow-origin' not in r.headers
            r = h.http.options('/api/nodes/x', headers=ask | {'Origin': origin})
            assert r.status_code < 500 and 'access-control-allow-origin' not in r.headers
        for origin in 'http://localhost:3000.evil.example', 'http://evil.example', 'null': is_error(h.http.post('/api/nodes', json={'host': 'x'}, headers={'Origin': origin}), 403)
        assert h.http.post('/api/nodes', json={'host': '127.0.0.1'}, headers={'Origin': 'http://localhost:3000'}).status_code == 201 == h.http.post('/api/nodes', json={'host': '127.0.0.1'}, headers={'Origin': 'http://127.0.0.1:3000'}).status_code

# --- a cancel that reaches the node, and holds

def test_M1_cancel_reaches_the_node_and_holds(cuttable):
    h = cuttable
    job = h.rc.submit('work', params=plan(helpers=1, gate=str(h.gate))).id
    pid = int(until(lambda: re.search(r'helper (\d+)', h.rc.log_tail(job)), 'the helper')[1])
    assert h.http.post(f'/api/jobs/{job}/cancel').json() == {'message': 'Job cancelled'}
    assert not alive(pid) and h.served.get(job)['status'] == 'cancelled'
    h.gate.touch()
    for n in range(3): h.rc.wait(h.rc.submit('work', params=plan()).id, 20)   # time passes
    assert h.get(job)['status'] == 'cancelled' and h.types(job)[-1] == 'cancelled'

def test_M1_an_original_that_runs_on_is_not_believed(old):
    job = old.create(old.shed)['id']
    old.original.run(there := remote_job(old), 40)
    until(lambda: old.get(job)['progress'] == 40, 'progress')
    assert old.http.post(f'/api/jobs/{job}/cancel').status_code == 200
    assert (old.original.jobs[there]['status'], old.get(job)['status']) == ('cancelled', 'cancelled')
    old.original.complete(there, {'a.mp4': b'x'})
    r = old.http.post(f'/api/jobs/{job}/refresh')
    assert r.status_code == 200 and r.json()['job']['status'] == 'cancelled' == old.get(job)['status']

def test_cancel_while_the_node_is_silent(cuttable):
    h = cuttable
    job = h.rc.submit('work', params=plan(gate=str(h.gate))).id
    until(lambda: h.served.get(job).get('status') == 'running' and 'accepted' in h.types(job) and h.get(job)['status'] == 'running', 'the job to run')
    h.net.hang()
    begun = time.monotonic()
    r = h.http.post(f'/api/jobs/{job}/cancel')
    assert r.status_code == 202 and time.monotonic() - begun < PATIENT and isinstance(r.json()['message'], str)
    assert h.get(job)['status'] == 'running' == h.served.get(job)['status'], 'nobody knows yet'
    is_error(h.http.delete(f'/api/jobs/{job}'), 409)
    begun = time.monotonic()
    assert h.http.post(f'/jobs/{job}/cancel').status_code == 202 and time.monotonic() - begun < PATIENT
    h.net.restore()
    assert h.wait(job)['status'] == 'cancelled' == h.served.get(job)['status']
    assert h.types(job).count('cancel_requested') == 1

def test_a_waiting_job_can_be_cancelled(tmp_path):
    with managed(tmp_path, f'http://127.0.0.1:{free_port()}') as h:
        for base in '/api', '':
            job = h.rc.submit('work', node='shed').id
            assert h.http.post(f'{base}/jobs/{job}/cancel').status_code == 200 and h.get(job)['status'] == 'cancelled'

def test_M2_what_is_deleted_is_left_alone(old):
    job = old.create(old.shed)['id']
    there = remote_job(old)
    is_error(old.http.delete(f'/api/jobs/{job}'), 409)
    old.original.complete(there)
    old.wait(job)
    assert old.http.delete(f'/api/jobs/{job}').status_code == 200
    later = old.create(old.shed)['id']
    old.original.complete(remote_job(old, of=[there]))
    assert old.wait(later)['status'] == 'completed' and [j['id'] for j in old.http.get('/api/jobs').json()] == [later]
    is_error(old.http.post(f'/api/jobs/{job}/refresh'), 404)
    assert 'history' not in is_error(old.http.get(f'/jobs/{job}/history'), 404)

def test_nodes_at_work_are_not_removed_and_lost_ones_can_be(cuttable):
    h = cuttable
    job = h.rc.submit('work', params=plan(gate=str(h.gate))).id
    until(lambda: h.get(job)['status'] == 'running', 'the node to begin it')
    is_error(h.http.delete(f'/api/nodes/{h.shed["id"]}'), 409)
    h.net.cut()
    until(lambda: h.get(job)['unreachableSince'], 'the silence to be noticed')
    assert h.http.delete(f'/api/nodes/{h.shed["id"]}').status_code == 200, 'a machine that is gone for good'
    assert h.get(job)['status'] == 'running' and h.get(job)['nodeName'] == ''
    h.net.restore()
    h.gate.touch()
    assert h.add(h.net.url)['id'] == h.shed['id']
    assert h.wait(job)['status'] == 'completed', 'registered again, it is the same node and the job is followed on'

# --- restarts

def test_M4_a_restart_follows_on_by_itself_and_completes_once(tmp_path):
    with node_of(tmp_path) as n:
        with managed(tmp_path, n.url) as h:
            job = h.rc.submit('work', params=plan(steps=4, gate=str(tmp_path/'gate'), more='the end', files={'a.txt': 'x'})).id
            until(lambda: 'Progress: 100%' in h.rc.log_tail(job), 'the log')
        until(lambda: 'Progress' in n.http.get(f'/jobs/{job}/logs').text, 'the node to go on')
        with managed(tmp_path) as h:
            until(lambda: 'adopted' in h.types(job), 'the job to be found')
            (tmp_path/'gate').touch()
            done = h.wait(job)
            assert (done['status'], [f['name'] for f in done['outputFiles']]) == ('completed', ['a.txt'])
            assert n.http.get(f'/jobs/{job}/logs').content == h.http.get(f'/jobs/{job}/logs').content and h.rc.log_tail(job).count('the end') == 1
        with managed(tmp_path) as h:   # and nothing is done again
            assert h.types(job).count('completed') == 1 == h.types(job).count('sent') and n.http.get('/jobs').json()['count'] == 1
            seen = [e.data['seq'] for e in h.rc.history(job) if e.type == 'remote']
            assert seen == sorted(set(seen)) == [e['seq'] for e in n.http.get(f'/jobs/{job}/history').json()['events']]

def test_M4_a_restart_finds_an_originals_job_that_ended_meanwhile(tmp_path):
    o = OriginalNode(tmp_path/'workspace')
    with Imitation(o.app) as s:
        with managed(tmp_path, s.url) as h:
            job = h.create(h.manager.directory.get('shed'))['id']
            until(lambda: h.get(job).get('remoteJobId'), 'the node to take it')
        o.complete([*o.jobs][0], {'a.mp4': b'x'})
        with managed(tmp_path) as h:
            assert h.wait(job)['status'] == 'completed' and h.http.get(f'/api/jobs/{job}/download').content == b'x'
        assert len(o.asked) == 1

class Forgetful(Node):
    "A node that keeps those who submit waiting until `go`, as the job's name says: before it has taken the job ('late'), after that ('arrived'), or without taking it at all ('lost')."
    go = None
    async def submit(self, body):
        how, go = body['name'] if self.go else None, self.go
        taken = await super().submit(body) if how in (None, 'arrived') else None
        while how and not go.is_set(): await asyncio.sleep(.01)
        if how == 'lost': raise InvalidInput('spec', 'was lost')
        return taken or await super().submit(body)

def test_M5_killed_between_sent_and_accepted(tmp_path):
    node = Forgetful(tmp_path/'data', pipelines=pipelines(tmp_path/'pipelines'), slots=2)
    with serving(node) as s, client(s.url) as there:
        known = lambda job: there.get(f'/jobs/{job}').status_code == 200
        with manager_process(tmp_path) as h:
            shed, go = h.add(s.url), threading.Event()
            node.go = go
            jobs = {how: h.rc.submit('work', params=plan(), name=how).id for how in ('arrived', 'lost', 'late')}
            until(lambda: all('sent' in h.types(job) and known(job) == (how == 'arrived') for how, job in jobs.items()), 'the requests to be on their way')
            h.process.kill()
            h.process.wait(60)
        node.go = None
        with manager_process(tmp_path) as h:
            assert [n['id'] for n in h.http.get('/api/nodes').json()] == [shed['id']], 'M3'
            for job in jobs.values(): assert h.wait(job)['status'] == 'completed'
            go.set()   # now the late one arrives
            assert sorted(j['id'] for j in there.get('/jobs').json()['jobs']) == sorted(jobs.values())
            for job in jobs.values():
                assert h.types(job).count('completed') == 1
                assert [e['type'] for e in there.get(f'/jobs/{job}/history').json()['events']].count('running') == 1

def test_M6_a_damaged_record_is_left_as_it_is(tmp_path):
    with managed(tmp_path, f'http://127.0.0.1:{free_port()}') as h:
        for n in range(20): h.rc.submit('work', node='shed')
    f = tmp_path/'manager/jobs.db'
    data = f.read_bytes()
    for bad in data[:-5000], data[:4096] + b'\xff'*9000 + data[13096:], b'[{"id": 1}]':
        f.write_bytes(bad)
        with pytest.raises(StoreError): Manager(tmp_path/'manager')
        assert f.read_bytes() == bad
    f.write_bytes(data)
    with managed(tmp_path) as h: assert len(h.http.get('/api/jobs').json()) == 20

# --- nodes that fail

def test_M7_a_node_that_has_forgotten_the_job(old):
    job = old.create(old.shed)['id']
    old.original.run(there := remote_job(old), 20)
    until(lambda: old.get(job)['progress'] == 20, 'progress')
    del old.original.jobs[there]
    failed = old.wait(job)
    assert failed['status'] == 'failed' and failed['errorDetails']['code'] == 'node_lost' and 'does not know the job' in failed['error']
    refused_refresh(old, job, 404)

@pytest.mark.parametrize('kind', ['cut', 'hang'])
def test_M8_M9b_silence_is_told_since_when_and_is_no_failure(cuttable, kind):
    h = cuttable
    job = h.rc.submit('work', params=plan(steps=1, gate=str(h.gate), more='after')).id
    until(lambda: 'Progress' in h.rc.log_tail(job), 'the job to run')
    before = datetime.now(timezone.utc)
    getattr(h.net, kind)()
    silent = until(lambda: (j := h.get(job))['unreachableSince'] and j, 'the silence to be noticed')
    assert silent['status'] == 'running' and silent['error'] is None and fits(silent, JOB)
    assert abs((datetime.fromisoformat(silent['unreachableSince']) - before).total_seconds()) < 10
    shown = h.http.get('/api/nodes').json()[0]
    assert (shown['status'], shown['activityStatus'], shown['activeJobs']) == ('offline', 'offline', 1) and shown['unreachableSince']
    assert h.http.get('/health').json()['nodes'] == {'online': 0, 'known': 1}
    h.gate.touch()
    until(lambda: h.served.get(job)['status'] == 'completed', 'the job to end there')
    h.net.restore()
    done = h.wait(job)
    assert (done['status'], done['unreachableSince'], h.rc.log_tail(job)) == ('completed', None, 'Progress: 100%\nafter\n')
    assert [t for t in h.types(job) if 'reachable' in t] == ['unreachable', 'reachable']

def test_a_node_that_is_silent_for_too_long_is_given_up(tmp_path):
    with node_of(tmp_path) as n, CutProxy(n.url) as net, managed(tmp_path, net.url, node_lost_after=.5) as h:
        job = h.rc.submit('work', params=plan(gate=str(tmp_path/'gate'))).id
        until(lambda: 'accepted' in h.types(job), 'the node to take it')
        net.cut()
        failed = h.wait(job)
        assert (failed['status'], failed['errorDetails']['code']) == ('failed', 'node_lost') and 'silent since' in failed['error'] and failed['errorDetails']['hint']

def test_M9_a_slow_answer_is_waited_for_and_the_job_is_not_sent_twice(old):
    old.original.create_delay = 2.5   # longer than one request may take here
    job = old.create(old.shed)['id']
    there = remote_job(old)
    seen = until(lambda: (j := old.get(job)).get('remoteJobId') and j, 'the job to be recognised')
    assert (seen['remoteJobId'], seen['status'], seen['error']) == (there, 'pending', None)   # as it stands there
    old.original.complete(there)
    assert old.wait(job)['status'] == 'completed' and len(old.original.asked) == 1

def test_M10_M11_two_alike_are_never_taken_for_one(old):
    first = old.create(old.shed)['id']
    one = remote_job(old)
    until(lambda: old.get(first).get('remoteJobId') == one, 'the first')
    old.original.create_delay = 2.5
    second = old.create(old.shed)['id']
    two = remote_job(old, of=[one])
    until(lambda: old.get(second).get('remoteJobId'), 'the second')
    assert (old.get(first)['remoteJobId'], old.get(second)['remoteJobId']) == (one, two)
    old.original.run(two, 16)
    until(lambda: old.get(second)['progress'] == 16, 'M11: it is followed')
    old.original.run(two, 26)
    until(lambda: old.get(second)['progress'] == 26, 'M11: and goes on being followed')
    old.original.complete(one, {'one.mp4': b'1'}), old.original.fail(two)
    assert (old.wait(first)['status'], old.wait(second)['status']) == ('completed', 'failed')

def test_M24_active_jobs_are_counted(cuttable):
    h = cuttable
    told = lambda: [h.http.get(f'/api/nodes/{h.shed["id"]}').json()[k] for k in ('jobs', 'activeJobs', 'activityStatus')]
    assert told() == [0, 0, 'idle']
    jobs = [h.create(h.shed, manualPath=video(h.node, f'{n}.mp4', gate=str(h.gate)))['id'] for n in range(3)]
    assert told() == [3, 3, 'running']
    h.gate.touch()
    for j in jobs: h.wait(j)
    assert told() == [0, 0, 'idle']

def test_M25_failures_are_told_in_one_form(ours, old):
    failed = ours.create(ours.shed, manualPath=video(ours.node, exit=3, files={}))['id']
    theirs = old.create(old.shed)['id']
    old.original.fail(remote_job(old))
    for j in ours.wait(failed), old.wait(theirs):
        assert fits(j, JOB)['status'] == 'failed' and isinstance(j['error'], str) and j['error']
        assert fits(j['errorDetails'], dict(timestamp=text, code=text, hint=opt))['code'] == 'exit' and 'outputFiles' not in j

def test_a_node_that_is_down_and_comes_up(tmp_path):
    port = free_port()
    with managed(tmp_path, f'http://127.0.0.1:{port}') as h:
        begun = time.monotonic()
        job = h.rc.submit('work', params=plan(), node='shed')
        other = h.rc.submit('work', params=plan())
        assert time.monotonic() - begun < PATIENT and job.status == 'pending'
        for j in job, other:
            told = until(lambda j=j: (w := h.rc.get_job(j.id)).message and w, 'a reason')
            assert told.status == 'pending' and 'shed' in told.message and h.get(j.id)['message'] == told.message
        assert h.http.get('/health').json()['nodes'] == {'online': 0, 'known': 1}
        assert is_error(h.http.post('/api/jobs', json=CREATE | {'nodeId': h.manager.directory.get('shed')['id']}), 400)['error'] == 'Node not available'
        assert h.types(job.id).count('waiting') == 1, 'told once'
        node = Node(tmp_path/'data', pipelines=pipelines(tmp_path/'pipelines'))
        with serving(node, port=port):
            for j in job, other: assert h.rc.wait(j.id, 20).status == 'completed'
            assert h.http.get('/health').json()['nodes'] == {'online': 1, 'known': 1}

def test_M21_a_silent_node_holds_up_nobody(tmp_path):
    with silent_server() as url, managed(tmp_path, url) as h:
        shed, body = h.manager.directory.get('shed')['id'], b'x'*3_000_000
        done = h.manager.tracker.create_job('was', runner='remote', spec={'pipeline': 'work'}, node=shed)
        h.manager.tracker.mark_running(done.id)
        h.manager.tracker.note(done.id, 'sent', {}, remote_id='there')
        h.manager.tracker.mark_completed(done.id, None, [OutputFile('a.mp4', '/a.mp4', 3)])
        running = h.rc.submit('work', node='shed').id
        asks = [('POST', '/api/nodes', dict(json={'host': '127.0.0.1', 'apiPort': str(httpx.URL(url).port)}), 201), ('GET', '/api/nodes', {}, 200), ('GET', f'/api/nodes/{shed}', {}, 200), ('PUT', f'/api/nodes/{shed}', dict(json={'gpu': 'x'}), 200),
                ('POST', f'/api/nodes/{shed}/test', {}, 400), ('POST', f'/api/nodes/{shed}/verify', {}, 400), ('POST', '/api/jobs', dict(json=CREATE | {'nodeId': shed}), 400), ('POST', f'/api/upload/{shed}', dict(files={'file': ('a.mp4', body)}), 503),
                ('POST', '/upload', dict(files={'file': ('a.mp4', body)}, params={'node': 'shed'}), 503), ('POST', '/upload', dict(files={'file': ('a.mp4', body)}), 503), ('GET', f'/api/jobs/{done.id}/download', {}, 503), ('HEAD', f'/jobs/{done.id}/download/a.mp4', {}, 503),
                ('GET', f'/api/jobs/{done.id}/outputs', {}, 200), ('POST', f'/api/jobs/{done.id}/refresh', {}, 503), ('GET', '/pipelines', {}, 200), ('POST', '/jobs', dict(json={'pipeline': 'work', 'node': 'shed'}), 201), ('POST', '/jobs', dict(json={'pipeline': 'work', 'input': 'a'}), 201),
                ('POST', '/jobs/check', dict(json={'pipeline': 'work'}), 200), ('GET', '/health', {}, 200), ('GET', '/jobs', {}, 200), ('GET', '/api/jobs', {}, 200), ('GET', f'/jobs/{running}/logs', {}, 200), ('POST', f'/jobs/{running}/cancel', {}, 200), ('DELETE', f'/api/nodes/{shed}', {}, 200)]
        times = {}
        def ask(n):
            method, path, kw, status = asks[n]
            with client(h.url) as c:
                begun = time.monotonic()
                r = c.request(method, path, **kw)
                times[method, path, n] = time.monotonic() - begun, r.status_code, status
        threads = [threading.Thread(target=ask, args=[n]) for n in range(len(asks) - 1)]
        for t in threads: t.start()
        for t in threads: t.join()
        ask(len(asks) - 1)
        assert not {k: v for k, v in times.items() if v[0] > 3*PATIENT or v[1] != v[2]}, 'too long, or another status'
        for n in [n for (*_, n), (took, *_) in times.items() if took > PATIENT/2]: ask(n)   # they were all asked at once: is it slow by itself?
        assert not {k: v for k, v in times.items() if v[0] > PATIENT/2}, 'too long'

def test_the_nodes_queue_does_not_use_up_a_jobs_time(tmp_path):
    with node_of(tmp_path, slots=1) as n, managed(tmp_path, n.url) as h:
        first = h.rc.submit('work', params=plan(gate=str(tmp_path/'gate'))).id
        until(lambda: n.http.get(f'/jobs/{first}').json().get('status') == 'running', 'the first to run')
        second = h.rc.submit('work', params=plan(), timeout=4.).id
        until(lambda: h.types(second).count('accepted'), 'the second to be sent')
        until(lambda: 'waiting for its turn' in (h.get(second)['message'] or ''), 'it to say that it waits')
        begun = time.monotonic()
        until(lambda: time.monotonic() - begun > 4.5 or h.get(second)['status'] != 'running', 'its time to pass')
        (tmp_path/'gate').touch()
        ended = h.wait(second)
        assert (ended['status'], ended['message'] or '') == ('completed', ''), 'the limit is on running, and it waited'
        third = h.rc.submit('work', params=plan(gate=str(tmp_path/'none')), timeout=.3).id
        failed = h.wait(third)
        assert (failed['status'], failed['errorDetails']['code'], n.get(third)['status']) == ('failed', 'timeout', 'failed')

# --- files, streamed

def rss(pid) -> int: return psutil.Process(pid).memory_info().rss

@contextmanager
def peak(pid):
    "Watches the memory of a process; `more` is how much it grew, bytes."
    seen, over = SimpleNamespace(first=rss(pid), most=0), threading.Event()
    def look():
        while not over.wait(.01): seen.most = max(seen.most, rss(pid))
    t = threading.Thread(target=look)
    t.start()
    try: yield seen
    finally:
        over.set(), t.join()
        seen.more = seen.most - seen.first

def test_M15_files_are_streamed_through(tmp_path):
    size, block = 200 << 20, os.urandom(1 << 20)
    class Big:
        def __init__(self): self.at = 0
        def read(self, n=-1):
            data = block[:min(n if n > 0 else len(block), len(block), size - self.at)]
            self.at += len(data)
            return data
    copy = '\nname = "copy"\nargv = ["/bin/ln", "{input}", "{output_dir}/copy.mp4"]\naccepts = [".mp4"]\n'
    (tmp_path/'p').mkdir(), (tmp_path/'p/copy.toml').write_text(copy)
    with node_at(tmp_path, tmp_path/'p') as n, manager_process(tmp_path) as h:
        shed = h.add(n.url)
        h.http.post(f'/api/upload/{shed["id"]}', files={'file': ('small.mp4', b'x'*(1 << 20))})   # everything is loaded
        with peak(h.process.pid) as memory:
            boundary = b'--b\r\nContent-Disposition: form-data; name="file"; filename="big.mp4"\r\n\r\n'
            def body():
                yield boundary
                for _ in range(size >> 20): yield block
                yield b'\r\n--b--\r\n'
            r = h.http.post(f'/api/upload/{shed["id"]}', content=body(), headers={'Content-Type': 'multipart/form-data; boundary=b', 'Content-Length': str(len(boundary) + size + 9)})
            assert r.status_code == 200 and r.json()['size'] == size, r.text
            job = h.rc.submit('copy', r.json()['path']).id
            assert h.rc.wait(job, 60).status == 'completed'
            with h.http.stream('GET', f'/api/jobs/{job}/download/copy.mp4') as r: got = sum(len(c) for c in r.iter_raw())
        assert got == size and memory.more < 50 << 20, f'{memory.more >> 20} MB more for a file of {size >> 20} MB'
        for f in n.node.inputs.iterdir(): f.unlink()
        for f in (n.node.workspace/'outputs').rglob('*.mp4'): f.unlink()

@contextmanager
def far_file(tmp_path):
    "A network that can be cut, a manager that reaches a node through it, and a job there that has left a file of 40 MB."
    made = '\nname = "make"\ninput = "none"\nargv = ["/usr/bin/env", "dd", "if=/dev/zero", "of={output_dir}/a.mp4", "bs=1048576", "count=40"]\n'
    (tmp_path/'p').mkdir(), (tmp_path/'p/make.toml').write_text(made)
    with node_at(tmp_path, tmp_path/'p') as n, CutProxy(n.url) as net, managed(tmp_path, net.url) as h:
        job = h.rc.submit('make').id
        assert h.rc.wait(job, 20).status == 'completed'
        yield net, h, job

def test_M14_a_download_that_breaks_off_is_broken_off(tmp_path):
    with far_file(tmp_path) as (net, h, job):
        for path in '', '/a.mp4':
            begun, got = time.monotonic(), 0
            with pytest.raises(httpx.RemoteProtocolError), h.http.stream('GET', f'/api/jobs/{job}/download{path}') as r:
                assert r.status_code == 200 and r.headers['content-length'] == str(40 << 20)
                for chunk in r.iter_raw(1 << 16):
                    if not got: net.cut()
                    got += len(chunk)
            assert got < 40 << 20 and time.monotonic() - begun < PATIENT
            assert 'fetched' not in h.types(job)
            net.restore()
        assert h.rc.download(job, to=tmp_path/'got').stat().st_size == 40 << 20
        until(lambda: 'fetched' in h.types(job), 'the download to be told')

def test_a_download_that_cannot_be_noted_does_not_break_the_connection(ours, monkeypatch, caplog):
    job = ours.rc.wait(ours.rc.submit('work', params=plan()).id, 20).id
    real, refused = ours.manager.tracker.note, threading.Event()
    def note(job_id, type, *args, **fields):
        if type != 'fetched': return real(job_id, type, *args, **fields)
        refused.set()
        raise StoreError('write', 'locked', 'database is locked')
    monkeypatch.setattr(ours.manager.tracker, 'note', note)
    for _ in range(3):
        assert ours.http.get(f'/api/jobs/{job}/download').text == 'done'
        assert ours.http.get('/health').status_code == 200, 'on the same connection'
    assert refused.is_set() and 'is not on record' in caplog.text and 'Traceback' not in caplog.text

def test_a_reader_who_leaves_is_let_go(tmp_path):
    with far_file(tmp_path) as (net, h, job):
        for _ in range(3):
            with h.http.stream('GET', f'/api/jobs/{job}/download') as r: next(r.iter_raw(1000))
        def open_to_node(): return [c for c in psutil.Process().net_connections() if c.raddr and c.raddr.port == net.port and c.status == 'ESTABLISHED']
        until(lambda: len(open_to_node()) < 6, 'the connections to the node to be closed')
        assert 'fetched' not in h.types(job)

def test_an_upload_that_breaks_off_leaves_nothing(ours):
    before = sorted(p.name for p in ours.node.inputs.iterdir())
    head = f'POST /api/upload/{ours.shed["id"]} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 5000000\r\n\r\n--b\r\nContent-Disposition: form-data; name="file"; filename="half.mp4"\r\n\r\n'
    u = httpx.URL(ours.url)
    with closing(socket.create_connection((u.host, u.port))) as s:
        s.sendall(head.encode() + b'x'*1_000_000)
        until(lambda: [p for p in ours.node.inputs.iterdir() if p.name not in before], 'the node to receive it')
    until(lambda: sorted(p.name for p in ours.node.inputs.iterdir()) == before, 'the node to drop it')
    assert ours.http.get('/api/health').status_code == 200

def test_an_upload_that_breaks_off_behind_us_is_told(cuttable):
    h, sent = cuttable, []
    def body():
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="half.mp4"\r\n\r\n'
        for n in range(400):
            if n == 50: h.net.cut()
            sent.append(n)
            yield b'x'*(1 << 16)
    begun = time.monotonic()
    try: is_error(h.http.post(f'/api/upload/{h.shed["id"]}', content=body(), headers={'Content-Type': 'multipart/form-data; boundary=b'}), 503)
    except httpx.TransportError: assert len(sent) < 400, 'the connection is closed on us, also good'
    assert time.monotonic() - begun < PATIENT
    h.net.restore()
    until(lambda: not [*h.node.inputs.iterdir()], 'the node to drop it')

# --- what is ours: the routes at root, spoken by our client

@pytest.fixture(scope='module')
def pair(tmp_path_factory):
    "A manager with two nodes."
    a, b = tmp_path_factory.mktemp('a'), tmp_path_factory.mktemp('b')
    with node_of(a) as one, node_of(b) as two, managed(a, one.url, two.url, check_every=5) as h:
        until(lambda: h.http.get('/health').json()['nodes']['online'] == 2, 'the nodes to be known')
        h.one, h.two = one, two
        yield h

def test_a_session_through_our_client(ours, tmp_path):
    talk = tmp_path/'talk.txt'
    talk.write_text('hello')
    job = ours.rc.submit('need', talk, plan(steps=3, more='the end', gate=str(tmp_path/'gate'), files={'words.txt': 'five'}), name='my talk', priority=3, metadata={'for': 'me'})
    assert (job.name, job.priority, job.metadata, job.node) == ('my talk', 3, {'for': 'me'}, ours.shed['id']) and job.spec['input'].startswith('input_videos/talk')
    seen = []
    for e in ours.rc.events(job.id):
        seen.append(e)
        if e.type == 'progress': (tmp_path/'gate').touch()
    types = [e.type for e in seen if e.seq is not None]
    assert types[0] == 'created' and types[-1] == 'completed' and types.index('sent') < types.index('accepted') < types.index('remote')
    assert [e.to_dict() for e in ours.rc.history(job.id)] == [e.to_dict() for e in seen if e.seq is not None]
    there = ours.served.http.get(f'/jobs/{job.id}/history').json()['events']
    assert [(e.data['type'], e.data['seq']) for e in seen if e.type == 'remote'] == [(e['type'], e['seq']) for e in there]
    assert ours.http.get(f'/jobs/{job.id}/logs').content == ours.served.http.get(f'/jobs/{job.id}/logs').content != b'' and ours.rc.log_tail(job.id).endswith('the end\n')
    done = ours.rc.get_job(job.id)
    assert (done.status, done.progress, done.attempt, [o.name for o in ours.rc.outputs(job.id)]) == ('completed', 100, 1, ['words.txt'])
    assert ours.rc.download(job.id, to=tmp_path).read_text() == 'five'
    fetched = until(lambda: [e for e in ours.rc.history(job.id) if e.type == 'fetched'], 'the download to be told')
    assert fetched[0].data == {'name': 'words.txt', 'size': 4}
    again = ours.rc.submit('need', job.spec['input'], job.spec['params'], id=job.id)
    assert (again.id, again.status) == (job.id, 'completed')
    with pytest.raises(KeyConflict): ours.rc.submit('need', job.spec['input'], plan(), id=job.id)
    ours.rc.delete(job.id)
    assert ours.rc.get_job(job.id) is None

def test_a_known_id_is_answered_whatever_became_of_nodes(tmp_path):
    with managed(tmp_path, f'http://127.0.0.1:{free_port()}') as h:
        ask = {'pipeline': 'work', 'input': 'input_videos/a.txt', 'id': str(uuid.uuid4()), 'node': 'shed'}
        assert h.http.post('/jobs', json=ask).status_code == 201
        h.add('http://127.0.0.1:9', 'attic'), h.http.delete(f'/api/nodes/{h.manager.directory.get("shed")["id"]}')
        assert h.http.post('/jobs', json=ask).status_code == 200 == h.http.post('/jobs', json={k: v for k, v in ask.items() if k != 'node'}).status_code

def test_the_node_of_a_job(pair, tmp_path):
    r = pair.http.post('/jobs', json={'pipeline': 'need', 'input': 'input_videos/a.txt', 'params': plan()})
    said = is_error(r, 422, field='node')
    assert 'shed' in said['error'] and 'attic' in said['error']
    with pytest.raises(UnknownNode): pair.rc.submit('work', node='nobody')
    (tmp_path/'a.txt').write_text('x')
    for name, served in ('shed', pair.one), ('attic', pair.two):
        up = pair.rc.upload(tmp_path/'a.txt', node=name)
        assert up.node == pair.manager.directory.get(name)['id']
        job = pair.rc.wait(pair.rc.submit('need', up, plan()).id, 20)
        assert (job.status, job.node, served.get(job.id)['status']) == ('completed', up.node, 'completed')
    assert pair.rc.wait(pair.rc.submit('need', tmp_path/'a.txt', plan()).id, 20).status == 'completed', 'the input is where the job is'
    assert pair.rc.wait(pair.rc.submit('work', params=plan(), node=pair.manager.directory.get('attic')['id']).id, 20).node == pair.manager.directory.get('attic')['id']
    gates = [pair.rc.submit('work', params=plan(gate=str(tmp_path/'gate'))).id for _ in range(4)]
    until(lambda: all(pair.rc.get_job(g).node for g in gates), 'nodes to be picked')
    (tmp_path/'gate').touch()
    assert sorted(pair.manager.directory.get(pair.rc.wait(g, 20).node)['name'] for g in gates) == ['attic', 'attic', 'shed', 'shed'], 'the one with the fewest jobs'

def test_pipelines_of_all_nodes(pair, ours):
    found = pair.http.get('/pipelines').json()['pipelines']
    assert [p['name'] for p in found] == ['need', 'original', 'work'] and all(sorted(p['nodes']) == ['attic', 'shed'] for p in found)
    assert [p['name'] for p in pair.rc.pipelines()] == ['need', 'original', 'work']

@pytest.mark.parametrize('ask, field', [
    (dict(pipeline='gret'), 'pipeline'), (dict(pipeline=7), 'pipeline'), (dict(), 'pipeline'), (dict(pipeline='work', piority=1), 'piority'), (dict(pipeline='work', priority='high'), 'priority'), (dict(pipeline='work', max_attempts=0), 'max_attempts'),
    (dict(pipeline='work', timeout=-1), 'timeout'), (dict(pipeline='work', id='../x'), 'id'), (dict(pipeline='work', id=''), 'id'), (dict(pipeline='work', params=[]), 'params'), (dict(pipeline='work', node=7), 'node'),
    (dict(pipeline='work', params={'n': 'many'}), 'n'), (dict(pipeline='work', params={'n': 11}), 'n'), (dict(pipeline='work', params={'nn': 1}), 'nn'), (dict(pipeline='work', params={'flag': 'yes'}), 'flag'), (dict(pipeline='need'), 'input'),
    (dict(pipeline='need', node='shed', input='../../etc/passwd'), 'input'), (dict(pipeline='need', node='shed', input='/etc/hostname'), 'input'), (dict(pipeline='need', node='shed', input='input_videos/none.txt'), 'input'), (dict(pipeline='gret', node='shed'), 'pipeline')])
def test_refused_at_once_and_nothing_is_recorded(pair, ours, ask, field):
    for h in pair, ours:
        before = h.rc.counts()
        for path in '/jobs', '/jobs/check': is_error(h.http.post(path, json=ask), 400 if not ask else 422, **({'field': field} if ask else {}))
        assert h.rc.counts() == before

def test_a_pipeline_by_name_is_not_for_an_original(old):
    said = is_error(old.http.post('/jobs', json={'pipeline': 'work', 'node': 'shed'}), 422, field='pipeline')
    assert 'original' in said['error'] and not old.original.jobs

def test_a_page_and_our_client_see_one_job(ours):
    job = ours.create(ours.shed, manualPath=video(ours.node, 'both.mp4'))['id']
    done = ours.rc.wait(job, 20)
    assert (done.status, done.name, [o.name for o in done.outputs]) == ('completed', 'both.mp4', ['result.mp4'])
    assert ours.http.get(f'/jobs/{job}').json()['manual_path'] == 'input_videos/both.mp4'
    work = ours.rc.submit('work', params=plan()).id
    ours.rc.wait(work, 20)
    assert fits(ours.get(work), JOB)['pipeline'] == 'work' and work in [fits(j, JOB)['id'] for j in ours.http.get('/api/jobs').json()]

def test_a_manager_that_was_never_started_can_be_closed(tmp_path):
    for _ in range(2): Manager(tmp_path/'manager').close()

def test_two_managers_cannot_share_a_folder(tmp_path):
    with managed(tmp_path), pytest.raises(InvalidInput, match='in use'): Manager(tmp_path/'manager')

def test_a_manager_is_no_node_of_its_own(tmp_path):
    "What it passed on would come back to it, for ever."
    with serving(Manager(tmp_path/'manager')) as server, httpx.Client(base_url=server.url, timeout=60) as http:
        node = http.post('/api/nodes', json={'name': 'myself', 'host': '127.0.0.1', 'apiPort': server.port}).json()
        assert node['status'] == 'offline'
        r = http.post('/upload', files={'file': ('a.txt', b'x')})
        assert r.status_code == 503 and r.elapsed.total_seconds() < 20

# --- jobs that wait at their node

def test_a_job_that_waits_at_its_node_is_pending_on_every_face_and_its_time_is_that_of_its_run(tmp_path):
    from cjm_jobtrack.cli.follow import status_line
    from cjm_jobtrack.cli.job_tables import jobs_table
    from cjm_jobtrack.view.render import JobSnapshot, format_status, header_html
    with node_of(tmp_path, slots=1) as n, managed(tmp_path, n.url) as h:
        until(lambda: h.manager.directory.is_online(h.manager.directory.get('shed')), 'the node to be known')
        gates = [tmp_path/f'gate-{i}' for i in range(3)]
        jobs = [h.rc.submit('work', params=plan(gate=str(g)), name=f'job {i}') for i, g in enumerate(gates)]
        until(lambda: h.rc.counts()['running'] == 1 and all('remoteJobId' in h.get(j.id) for j in jobs) and [h.get(j.id)['status'] for j in jobs].count('running') == 1, 'one to run')
        until(lambda: all('waiting for its turn' in (h.get(j.id)['message'] or '') for j in jobs if h.get(j.id)['status'] == 'pending'), 'the reason')
        now_running = next(j.id for j in jobs if h.get(j.id)['status'] == 'running')
        assert h.rc.counts() | {} == {'pending': 2, 'running': 1, 'completed': 0, 'failed': 0, 'cancelled': 0}
        for j in jobs:
            told, kept = h.rc.get_job(j.id), h.manager.tracker.get_job(j.id)
            word = 'running' if j.id == now_running else 'pending'
            assert told.status == word == h.http.get(f'/jobs/{j.id}').json()['status'], 'our wire'
            assert word in status_line(told) and format_status(kept).startswith(f'{j.name}: {word}') and f'>{word}<' in header_html(JobSnapshot(kept, told.updated_at)) and (told.elapsed_s is None) is (word == 'pending')
            assert jobs_table([told]).columns[3]._cells[0].plain == word
        assert [j.id for j in h.rc.list_jobs('running')] == [now_running] and {j.id for j in h.rc.list_jobs('pending')} == {j.id for j in jobs} - {now_running}
        assert {j['id']: j['status'] for j in h.http.get('/api/jobs').json()}[now_running] == 'running'
        for _ in jobs:   # one after the other
            [now_running] = until(lambda: [j.id for j in h.rc.list_jobs('running')], 'the next to run')
            gates[[j.id for j in jobs].index(now_running)].touch()
            h.wait(now_running, 'completed')
        for j in jobs:
            here, there = h.rc.get_job(j.id), n.node.tracker.get_job(j.id)
            assert here.elapsed_s == pytest.approx(there.elapsed_s, abs=1.5), 'as long as it ran'

def test_a_job_that_an_original_has_not_begun_is_pending(old):
    job = old.create(old.shed)
    there = remote_job(old)
    until(lambda: old.get(job['id']).get('remoteJobId'), 'its id')
    assert old.get(job['id'])['status'] == 'pending' and old.http.get('/health').json()['jobs']['running'] == 0
    old.original.run(there, 5)
    old.wait(job['id'], 'running')
    old.original.complete(there, {'talk.mp4': b'x'})
    assert old.wait(job['id'])['status'] == 'completed'

def test_what_was_known_of_a_node_stays_and_says_as_of_when(cuttable):
    h = cuttable
    job = h.rc.submit('work', params=plan(gate=str(h.gate))).id
    h.wait(job, 'running')
    told = until(lambda: (n := h.http.get('/api/nodes').json()[0]) and (n['jobsThere'] or {}).get('running') == 1 and n, 'a look at the node')
    assert told['status'] == 'online' and told['activeJobs'] == 1 and fits({'unreachableSince': told['lastSeen']}, {}) is not None
    h.net.cut()
    gone = until(lambda: (n := h.http.get('/api/nodes').json()[0])['status'] == 'offline' and n, 'silence')
    later = h.http.get('/api/nodes').json()[0]
    assert later['lastSeen'] == gone['lastSeen'] <= gone['unreachableSince'] and later['jobsThere'] == told['jobsThere'] and later['activeJobs'] == 1 and later['problem']
    h.net.restore()
    until(lambda: h.http.get('/api/nodes').json()[0]['lastSeen'] > gone['lastSeen'], 'a new look')
    h.gate.touch()
    h.wait(job)

def test_the_later_page_has_the_logs_of_the_newest_ten(tmp_path):
    with node_of(tmp_path) as n, managed(tmp_path, n.url) as h:
        until(lambda: h.manager.directory.is_online(h.manager.directory.get('shed')), 'the node to be known')
        jobs = [h.rc.submit('work', params=plan(say=f'hello from {i}')).id for i in range(12)]
        for j in jobs: h.wait(j, 'completed')
        told = {j['id']: j['logs'] for j in h.http.get('/api/jobs').json()}
        assert [*told] == jobs, 'in order of creation'
        assert all(f'hello from {i}' in told[j] for i, j in enumerate(jobs) if i > 1) and [told[j] for j in jobs[:2]] == ['', '']

def test_a_manager_that_cannot_open_its_record_gives_its_folder_back(tmp_path):
    (tmp_path/'jobs.db').write_bytes(b'this is no database'*1000)
    with pytest.raises(StoreError) as e: Manager(tmp_path)
    lock_folder(tmp_path).close()
    assert e.traceback, 'a notebook keeps it too, and with it the manager that failed'
