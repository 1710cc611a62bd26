"""For tests of servers: a pipeline that does as it is told, a node that serves it (here or in a process of its own), and a reader of server-sent events."""
import json, os, subprocess, sys, time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
import httpx
from cjm_jobtrack.model.job import OutputFile
from cjm_jobtrack.net.node import Node
from cjm_jobtrack.server.server import serving

def until(condition, what, deadline=60.):
    "Wait for a condition, and say what did not come."
    end = time.monotonic() + deadline
    while not (value := condition()):
        assert time.monotonic() < end, f'waited {deadline} s for {what}'
        time.sleep(.005)
    return value

def mortal(folder) -> dict[str, str]:
    "The environment of a process that will be killed: what it cannot clean up lies in the test's own folder."
    return os.environ | {'TMPDIR': str(folder)}

# A pipeline that does as it is told. Its plan is a JSON text: `hex` (bytes to print), `say` (a line to print), `environ` (print that),
# `helpers` (so many endless processes, each in a session of its own), `steps` (so many lines of progress), `lines` (so many of 99 characters), `gate` (a file to wait for),
# `more` (a line to print after the gate), `files` (name -> text), `instants` (name -> seconds: when it was last changed), `exit` (status).

PROGRAM = '''
import json, os, subprocess, sys, time
out, plan, *source = sys.argv[1:]
plan = json.loads(plan)
def tell(line): print(line, flush=True)
os.write(1, bytes.fromhex(plan.get('hex', '')))
if 'say' in plan: tell(plan['say'])
if plan.get('environ'): tell(json.dumps(dict(os.environ)))
for n in range(plan.get('helpers', 0)): tell(f"helper {subprocess.Popen(['sleep', '600'], start_new_session=True).pid}")
os.write(1, (b'x'*99 + b'\\n') * plan.get('lines', 0))
for n in range(plan.get('steps', 0)): tell(f"Progress: {100*(n+1)//plan['steps']}%")
while 'gate' in plan and not os.path.exists(plan['gate']): time.sleep(.005)
if 'more' in plan: tell(plan['more'])
for name, text in plan.get('files', {'done.txt': 'done'}).items():
    path = os.path.join(out, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    open(path, 'w', encoding='utf-8').write(text)
    if name in plan.get('instants', {}): os.utime(path, (plan['instants'][name],)*2)
sys.exit(plan.get('exit', 0))
'''

def write_pipelines(
    folder:Path,  # Made when missing
) -> Path:        # The TOML file
    "The pipelines `work` (any file or none as input; parameters `plan`, `n` 1-10, `flag`) and `need` (an input is required, .txt or .mp4)."
    folder.mkdir(parents=True, exist_ok=True)
    (folder/'work.py').write_text(PROGRAM)
    argv = lambda source: f'argv = ["{{python}}", "-I", "-S", "{folder/"work.py"}", "{{output_dir}}", "{{plan}}", {source}]'
    params = '\n[pipelines.%s.params]\nplan = {default = "{}", max_length = 100000, pattern = "(?s)[{].*"}\nn = {type = "int", min = 1, max = 10, default = 1}\nflag = {type = "bool", default = false}\n'
    (folder/'work.toml').write_text('[pipelines.work]\ninput = "optional"\n' + argv('{when = "input", args = ["{input}"]}') + params % 'work' +
                                    '[pipelines.need]\naccepts = [".txt", ".mp4"]\n' + argv('"{input}"') + params % 'need')
    return folder/'work.toml'

@dataclass
class Served:
    "A node that can be talked to."
    url:str
    http:httpx.Client
    node:Node|None=None                # None: it is in a process of its own
    process:subprocess.Popen|None=None

    def ask(self, plan=None, *, status=201, pipeline='work', n=None, **body) -> dict:
        "Submit a job for the test pipeline."
        params = {'plan': json.dumps(plan or {})} | ({'n': n} if n else {})
        r = self.http.post('/jobs', json={'pipeline': pipeline, 'params': params} | body)
        assert r.status_code == status, r.text
        return r.json()

    def get(self, job_id) -> dict: return self.http.get(f'/jobs/{job_id}').json()

    def wait(self, job_id, *statuses, deadline=60.) -> dict:
        "The job, once it has one of these statuses; without any, once it has ended."
        wanted = statuses or ('completed', 'failed', 'cancelled')
        return until(lambda: (j := self.get(job_id))['status'] in wanted and j, f'{job_id} to be {" or ".join(wanted)}', deadline)

    def run(self, plan=None, **body) -> dict: return self.wait(self.ask(plan, **body)['id'])

    def put(self, name='in.txt', data=b'hello', kind='application/octet-stream') -> dict:
        "Upload a file."
        r = self.http.post('/upload', files={'file': (name, data, kind)})
        assert r.status_code == 200, r.text
        return r.json()

    def events(self, path='/events', last=None, stop=lambda e: False, **params) -> list[dict]:
        "Server-sent events until the server ends the stream, or up to the first that `stop` holds for: each with `id` (None: it had none), `type` and `data`."
        found, fields = [], {}
        with self.http.stream('GET', path, headers={} if last is None else {'Last-Event-ID': str(last)}, params=params) as r:
            assert r.status_code == 200 and r.headers['content-type'].startswith('text/event-stream'), r.read()
            for line in r.iter_lines():
                if line.startswith(':'): continue
                if line: fields.update([line.split(': ', 1)])
                elif fields:
                    found.append({'id': fields.get('id'), 'type': fields['event'], 'data': json.loads(fields['data'])})
                    if stop(found[-1]): break
                    fields = {}
        return found

def client(url, token=None, **kw) -> httpx.Client: return httpx.Client(base_url=url, timeout=30, headers={'Authorization': f'Bearer {token}'} if token else {}, **kw)

def large_jobs(tracker, n=200) -> list[str]:
    "Ended jobs with much metadata and many outputs, the ids in order of creation."
    outputs = [OutputFile(f'{i:05}.txt', f'/w/{"deep/"*100}{i:05}.txt', 1) for i in range(100)]   # few and long: bytes count here, and files take time
    for i in range(n):
        job = tracker.create_job('large', id=f'large-{i:03}', metadata={'notes': 'x' * 60_000})
        tracker.mark_running(job.id), tracker.mark_completed(job.id, None, outputs)
    return [f'large-{i:03}' for i in range(n)]

@contextmanager
def node_at(
    folder:Path,      # For its data, and for the test pipelines when none are given
    pipelines=None,   # As for `Node`; None: the test pipelines
    **options,        # As for `Node`
):
    "A node of this process, served over HTTP."
    node = Node(folder/'data', pipelines=pipelines or write_pipelines(folder/'pipelines'), **options)
    with serving(node) as s, client(s.url, node.token) as http: yield Served(s.url, http, node)

SERVE = '''
import os, sys
from cjm_jobtrack.net.node import Node
from cjm_jobtrack.server.server import serving
import threading
data, pipelines, slots = sys.argv[1:]
with serving(Node(data, pipelines=pipelines, slots=int(slots), token=os.environ.get('JOBTRACK_TOKEN'))) as s:
    print(s.url, flush=True)
    sys.stdin.read()   # until our parent closes it, or is gone
'''

@contextmanager
def node_process(folder:Path, pipelines=None, slots=1, token=None, prefix=(), stderr=None, **environ):
    "The same in a process of its own, which a test may kill; begun by way of the words of `prefix`."
    pipelines = pipelines or write_pipelines(folder/'pipelines')
    env = {**os.environ, **environ} | ({'JOBTRACK_TOKEN': token} if token else {})
    p = subprocess.Popen([*prefix, sys.executable, '-c', SERVE, str(folder/'data'), str(pipelines), str(slots)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, text=True, env=env)
    try:
        url = p.stdout.readline().strip()
        assert url, f'the node did not start: exit status {p.wait(30)}'
        with client(url, token) as http: yield Served(url, http, process=p)
    finally:
        p.stdin.close(), p.stdout.close()
        try: p.wait(15)
        except subprocess.TimeoutExpired: p.kill(), p.wait()

def wipe(url):
    "An empty record again."
    import sqlalchemy as sa
    engine = sa.create_engine(url)
    with engine.begin() as con:
        with suppress(sa.exc.ProgrammingError): con.exec_driver_sql('TRUNCATE jobs, events, leases, nodes')
    engine.dispose()
