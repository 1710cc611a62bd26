"A machine that has only Docker and an SSH server, as a node of a manager: a real engine behind a real sshd."
import hashlib, os
from contextlib import contextmanager
from pathlib import Path
import docker, pytest
from cjm_jobtrack.cli.servers import server_process
from cjm_jobtrack.model.errors import InvalidInput
from cjm_jobtrack.net.client import RemoteClient
from cjm_jobtrack.net.directory import node_url
from cjm_jobtrack.net.manager import Manager
from cjm_jobtrack.server.server import serving
from docker_helpers import IMAGE, small_image
from helpers import until

pytestmark = [pytest.mark.needs('busybox'), pytest.mark.needs('ssh'), pytest.mark.needs('dockerd')]

PIPELINES = f'''
[pipelines.double]
argv = ["sh", "-c", "echo begun; cat '{{input}}' '{{input}}' >{{output_dir}}/double.bin; echo ended"]
outputs = ["{{output_dir}}/*.bin"]
require_output = true
docker = "{IMAGE}"
[pipelines.gated]
argv = ["sh", "-c", "for i in 1 2 3; do echo line $i; done; while [ ! -e /tmp/go ]; do sleep .05; done; cp '{{input}}' {{output_dir}}/copy.bin; echo more"]
outputs = ["{{output_dir}}/*.bin"]
docker = "{IMAGE}"
[pipelines.local]
argv = ["true"]
'''

class Box:
    "A manager in a process of its own, and an engine that it reaches only by SSH."
    def __init__(self, tmp, engine, ssh):
        self.tmp, self.ssh, self.api = tmp, ssh, docker.APIClient(base_url=engine.url)
        self.folder = tmp/'manager'
        (tmp/'work.toml').write_text(PIPELINES)

    @contextmanager
    def manager(self):
        words = 'manager', '--data', self.folder, '--pipelines', self.tmp/'work.toml', '--node', f'box={self.ssh.url}'
        with server_process(*words, log=self.tmp/'stderr') as (url, p), RemoteClient(url) as client:
            self.client, self.process = client, p
            yield self

    @contextmanager
    def own_manager(self):
        "One of this process, which looks often."
        m = Manager(self.folder, pipelines=self.tmp/'work.toml', check_every=.5)
        m.runner.patience = .5
        m.directory.add('box', url=self.ssh.url)
        with serving(m) as s, RemoteClient(s.url) as client:
            self.client = client
            yield self

    def node(self): return self.client.request('GET', '/api/nodes')[0]
    def is_online(self): return self.node()['status'] == 'online'
    def await_online(self): until(self.is_online, 'the node to be online', 30.)

    def submit(self, pipeline, size=100_000):
        self.data = os.urandom(size)
        (self.tmp/'in.bin').write_bytes(self.data)
        path = self.client.upload(self.tmp/'in.bin')
        return self.client.submit(pipeline, path).id

    def containers(self): return self.api.containers(all=True, filters={'label': 'jobtrack.job'})
    def working(self): return [c['Id'] for c in self.api.containers(filters={'label': 'jobtrack.job'})]
    def go(self):
        [c] = self.working()
        self.api.exec_start(self.api.exec_create(c, ['touch', '/tmp/go'])['Id'])

    def await_work(self, job): until(lambda: b'line 3' in self.log(job), 'the work to begin', 30.)
    def log(self, job): return self.client.log_tail(job).encode()

@pytest.fixture
def box(tmp_path, docker_engine, engine_over_ssh):
    small_image(docker_engine.url)
    b = Box(tmp_path, docker_engine, engine_over_ssh)
    yield b
    for c in b.containers(): b.api.remove_container(c['Id'], force=True, v=True)
    b.api.close()

def comes_and_goes(box):
    "From an upload to a download."
    assert sorted(p['name'] for p in box.client.pipelines()) == ['double', 'gated']
    job = box.client.wait(box.submit('double', 5_000_001), 60)
    assert job.status == 'completed', job.failure
    [output] = box.client.outputs(job.id)
    target = box.client.download(job.id, box.tmp/'got.bin', name=output.name)
    assert Path(target).read_bytes() == box.data*2 and output.sha256 == hashlib.sha256(box.data*2).hexdigest()
    assert box.log(job.id) == b'begun\nended\n'
    assert box.client.session(job.id)['node_name'] == 'box' and box.node()['connectionType'] == 'ssh'

def survives_a_cut(box):
    job = box.submit('gated')
    box.await_work(job)
    box.ssh.stop()
    until(lambda: box.client.get_job(job).unreachable_since, 'the silence to be noted', 40.)
    assert not box.is_online() and box.client.get_job(job).status == 'running'
    box.go()
    box.ssh.start()
    ended = box.client.wait(job, 60)
    assert (ended.status, ended.unreachable_since) == ('completed', None), ended.failure
    assert box.log(job) == b'line 1\nline 2\nline 3\nmore\n'
    assert [e.type for e in box.client.history(job)].count('unreachable') == 1

def is_cancelled(box):
    job = box.submit('gated')
    box.await_work(job)
    box.client.cancel(job)
    assert box.client.wait(job, 30).status == 'cancelled'
    receipt = next(e.data['receipt'] for e in box.client.history(job) if e.type == 'cancelled')
    assert receipt['confirmed'] and receipt['ended']

def test_a_password_is_neither_taken_nor_repeated():
    with pytest.raises(InvalidInput) as e: node_url('ssh://ann:hunter2@studio')
    assert 'password' in str(e.value) and 'hunter2' not in f'{e.value} {e.value.facts()}'

@pytest.mark.parametrize('url', ['ssh://', 'ssh://-oProxyCommand=x', 'ssh://-l@host', 'ssh://a b@host', 'ssh://h/$(x)', 'ssh://h?x=1', 'ssh://h:99999'])
def test_addresses_that_are_none(url):
    with pytest.raises(InvalidInput): node_url(url)

def test_a_job_comes_and_goes_survives_a_cut_and_is_cancelled(box):
    with box.own_manager():
        box.await_online()
        comes_and_goes(box)
        survives_a_cut(box)
        is_cancelled(box)
        until(lambda: not box.containers(), 'the containers to go', 20.)

def test_a_killed_manager_finds_its_work_again(box):
    with box.manager():
        box.await_online()
        job = box.submit('gated')
        box.await_work(job)
        [c] = box.working()
        box.process.kill(), box.process.wait(30)
    with box.manager():
        until(lambda: 'adopted' in [e.type for e in box.client.history(job)], 'the job to be adopted', 30.)
        assert box.working() == [c], 'the same container'
        box.go()
        ended = box.client.wait(job, 60)
        assert ended.status == 'completed', ended.failure
        assert ended.outputs[0].sha256 == hashlib.sha256(box.data).hexdigest()
        assert box.log(job) == b'line 1\nline 2\nline 3\nmore\n'
        assert [e.type for e in box.client.history(job)].count('sent') == 1
        until(lambda: not box.containers(), 'the containers to go', 20.)

@pytest.mark.slow
def test_what_ssh_refuses_is_shown_with_the_node(box):
    known = box.ssh.folder/'known_hosts'
    key = known.read_text()
    known.write_text('')
    with box.manager():
        until(lambda: 'known_hosts' in (box.node().get('problem') or ''), 'the problem to be shown', 20.)
        assert not box.is_online()
        known.write_text(key)
        until(box.is_online, 'the node to be online', 20.)
