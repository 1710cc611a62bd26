"""The original's wire, as tests speak it: a stand-in for its program, what its manager and its page say, the shapes of its answers, and managers with nodes to say it to."""
import asyncio, http.client, json, os, re, socket, subprocess, sys, threading, time, urllib.parse
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
import httpx, psutil
from cjm_jobtrack.model.errors import InvalidInput
from cjm_jobtrack.net.client import RemoteClient
from cjm_jobtrack.net.manager import Manager
from cjm_jobtrack.net.node import Node
from cjm_jobtrack.server.server import serving
from cjm_jobtrack.pipelines.pipeline import SHIPPED
from cut_proxy import CutProxy
import helpers
from helpers import Served, client, node_at, write_pipelines

def until(condition, what, deadline=60.):
    "`helpers.until` for conditions that are asked over HTTP: less often."
    return helpers.until(lambda: condition() or time.sleep(.02), what, deadline)

PATIENT = 7.   # no route may take longer, however a node behaves, and however slow this machine is, seconds

# Programs

# The video is a JSON text that says what it does.
WRAPPER = '''
import json, os, pathlib, sys, time
source, *options = sys.argv[1:]
plan = {} if source.startswith('http') else json.load(open(source, encoding='utf-8'))
print('options', *options, flush=True)
for n in range(1, 5):
    print(f'Task {n}/4', flush=True)
    while n == 2 and 'gate' in plan and not os.path.exists(plan['gate']): time.sleep(.005)
stem = 'clip' if source.startswith('http') else pathlib.Path(source).stem
for name, text in plan.get('files', {'result.mp4': 'a video'}).items():
    out = pathlib.Path('output_videos_latest', stem, 'final_without_post_process_7')
    out.mkdir(parents=True, exist_ok=True)
    (out/name).write_text(text)
print('final video at: somewhere', file=sys.stderr)
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

def video(node:Node, name='talk.mp4', **plan) -> str:
    "Put a video into a node's workspace as its owner does; its path as `manualPath`."
    path = node.inputs/name
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(plan))
    return f'input_videos/{name}'

# What the original says

KEYS = dict(inputMethod='manual', youtubeUrl=None, manualPath=None, unetFlag=False, faceRestoreFlag=False, upscaleFlag=False, upscaleValue=2, claheFlag=False)

def original(s:Served, status=201, **keys) -> dict:
    "Ask for a job with the eight keys."
    r = s.http.post('/jobs', json=KEYS | keys)
    assert r.status_code == status, r.text
    return r.json()

class OriginalClient:
    "Says what that client says, header by header, and insists on what it insists on."
    def __init__(self, url): self.host = url.removeprefix('http://')
    def ask(self, method, path, body=None, kind=None):
        c = http.client.HTTPConnection(self.host, timeout=60)
        with closing(c):
            c.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            head = {'Accept': 'application/json, text/plain, */*', 'Content-Type': kind, 'User-Agent': 'axios/1.6.2', 'Content-Length': None if body is None else str(len(body)),
                    'Accept-Encoding': 'gzip, compress, deflate, br', 'Host': self.host, 'Connection': 'keep-alive'}
            for k, v in head.items():
                if v is not None: c.putheader(k, v)
            c.endheaders(body)
            r = c.getresponse()
            return r.status, r.headers, r.read()

    def json(self, *args, status=200):
        got, headers, body = self.ask(*args)
        assert got == status and headers['Content-Type'] == 'application/json' and int(headers['Content-Length']) == len(body), (got, body)
        return json.loads(body)

    def health(self): assert self.json('GET', '/health')['status'] == 'ok'
    def upload(self, name, data):
        b = '--------------------------735323031399963166993862'
        head = f'--{b}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: video/mp4\r\n\r\n'
        return self.json('POST', '/upload', head.encode() + data + f'\r\n--{b}--\r\n'.encode(), f'multipart/form-data; boundary={b}')
    def create(self, **keys): return self.json('POST', '/jobs', json.dumps(KEYS | keys, separators=(',', ':'), ensure_ascii=False).encode(), 'application/json', status=201)
    def cancel(self, job_id, status=200): return self.json('POST', f'/jobs/{job_id}/cancel', b'', 'application/x-www-form-urlencoded', status=status)
    def download(self, job_id, name): return self.ask('GET', f'/jobs/{job_id}/download/{urllib.parse.quote(name, safe="/#?%[]@!$&()*+,;=:")}')   # not `#`, `?`, `%`
    def poll(self, job_id, upto=None):
        "As after creating: at once, and then again and again."
        seen = []
        def ended():
            seen.append(self.json('GET', f'/jobs/{job_id}'))
            return seen[-1]['status'] == upto or seen[-1]['status'] in ('completed', 'failed', 'cancelled')
        helpers.until(ended, 'the job to end')
        return seen

# What it reads

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

def is_error(r:httpx.Response, *statuses, field=None) -> dict:
    "D2: every error says it twice, in JSON."
    assert r.status_code in statuses, (r.status_code, r.text)
    body = r.json()
    assert isinstance(body['error'], str) and body['error'] and body['message'] == body['error'], body
    if field: assert body['field'] == field, body
    return body

# Managers and their nodes

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
from cjm_jobtrack.server.server import serving
m = Manager(sys.argv[1], token=os.environ.get('JOBTRACK_TOKEN'), node_token=os.environ.get('JOBTRACK_NODE_TOKEN'), store=os.environ.get('JOBTRACK_STORE'), logs=os.environ.get('LOGS'), check_every=.3)
m.runner.patience, m.runner.poll, m.queue.recheck = .3, .05, .1
with serving(m) as s:
    print(s.url, flush=True)
    sys.stdin.read()   # until our parent closes it, or is gone
'''

@contextmanager
def manager_process(folder, name='manager', **environ):
    "The same in a process of its own, which a test may kill."
    p = subprocess.Popen([sys.executable, '-c', SERVE, str(folder/name)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=(folder/'stderr').open('ab'), text=True, env={**os.environ, **environ})
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

def alive(pid) -> bool:
    try: return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess: return False

def running(pids): return [*filter(alive, pids)]

def plan(**what) -> dict: return {'plan': json.dumps(what)}   # parameters for the pipeline `work`

def remote_job(old, *, of=None) -> str:
    "The id of the latest job on the imitation, once there is one more than `of` has."
    return until(lambda: [*old.original.jobs][len(of or ()):], 'the job to arrive')[-1]

def refused_refresh(h, job, *statuses) -> dict:
    body = is_error(h.http.post(f'/api/jobs/{job}/refresh'), *statuses)
    assert fits(body['job'], JOB)['id'] == job
    return body

class Forgetful(Node):
    "A node that keeps those who submit waiting until `go`, as the job's name says: before it has taken the job ('late'), after that ('arrived'), or without taking it at all ('lost')."
    go = None
    async def submit(self, body):
        how, go = body['name'] if self.go else None, self.go
        taken = await super().submit(body) if how in (None, 'arrived') else None
        while how and not go.is_set(): await asyncio.sleep(.01)
        if how == 'lost': raise InvalidInput('spec', 'was lost')
        return taken or await super().submit(body)

@contextmanager
def far_file(tmp_path):
    "A network that can be cut, a manager that reaches a node through it, and a job there that has left a file of 40 MB."
    made = '\nname = "make"\ninput = "none"\nargv = ["/usr/bin/env", "dd", "if=/dev/zero", "of={output_dir}/a.mp4", "bs=1048576", "count=40"]\n'
    (tmp_path/'p').mkdir(), (tmp_path/'p/make.toml').write_text(made)
    with node_at(tmp_path, tmp_path/'p') as n, CutProxy(n.url) as net, managed(tmp_path, net.url) as h:
        job = h.rc.submit('make').id
        assert h.rc.wait(job, 20).status == 'completed'
        yield net, h, job

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
