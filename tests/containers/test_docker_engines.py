"Engines wherever docker-py reaches them: TCP, TLS, contexts; and images from a registry, all on loopback."
import asyncio, hashlib, http.server, json, os, shutil, socket, subprocess, sys, threading
from contextlib import closing
import psutil, pytest
from cjm_jobtrack.model.errors import InvalidInput, NodeUnreachable
from cjm_jobtrack.containers.engine import Engine, docker_engine
from cjm_jobtrack.containers.ssh import _SSH_OPTIONS, ssh_command
from docker_helpers import IMAGE, bench_at, small_image
from helpers import until
from needs import where
from services import SSH, Docker

pytestmark = [pytest.mark.needs('busybox'), pytest.mark.needs('dockerd')]

def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]

def works(bench):
    "A job with files, log, outcome and a stop, through this engine."
    (bench.tmp/'in.txt').write_text('hello')
    job, report = bench.sh('tr a-z A-Z </in.txt >/output/out.txt; for i in $(seq 2000); do echo line $i; done; exit 3', inputs={str(bench.tmp/'in.txt'): '/in.txt'}, output_dir=str(bench.tmp/'out'))
    outcome = bench.run(job, report)
    assert (outcome.failure.exit_code, [o.name for o in outcome.outputs]) == (3, ['out.txt']) and (bench.tmp/'out/out.txt').read_text() == 'HELLO'
    assert bench.log(job) == b''.join(b'line %d\n' % i for i in range(1, 2001))
    async def stopped():
        job, report = bench.begin('sleep', '600')
        handle = await bench.runner.start(job)
        following = asyncio.create_task(bench.runner.follow(job, handle, report))
        receipt = await bench.runner.stop(job, handle, 10.)
        async with asyncio.timeout(90): return receipt, await following
    receipt, outcome = asyncio.run(stopped())
    assert receipt.confirmed and outcome.status == 'cancelled'

def test_over_tcp_and_as_a_context(tmp_path, monkeypatch):
    url = f'tcp://127.0.0.1:{free_port()}'
    with Docker(options=(f'--host={url}',)):
        with bench_at(tmp_path, url) as bench: works(bench)
        monkeypatch.setenv('DOCKER_CONFIG', str(tmp_path))
        for name in 'DOCKER_HOST', 'DOCKER_CONTEXT': monkeypatch.delenv(name, raising=False)
        (tmp_path/'config.json').write_text('{}')
        as_written_by_the_cli(tmp_path, 'studio', url)
        for env, args in ({}, "context='studio'"), ({'DOCKER_CONTEXT': 'studio'}, ''):
            told = subprocess.run([sys.executable, '-c', f'from cjm_jobtrack.containers.engine import docker_engine; print(docker_engine({args}))'], env=os.environ | env, capture_output=True, text=True, check=True).stdout.strip()
            assert told == url

def as_written_by_the_cli(config, name, url):
    at = config/'contexts/meta'/hashlib.sha256(name.encode()).hexdigest()
    at.mkdir(parents=True)
    (at/'meta.json').write_text(json.dumps({'Name': name, 'Metadata': {}, 'Endpoints': {'docker': {'Host': url, 'SkipTLSVerify': False}}}))

def certificates(at):
    "A certificate authority, and certificates of it for the engine and for us."
    def ssl(*args): subprocess.run(['openssl', *args], check=True, capture_output=True, cwd=at, timeout=60)
    ssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'ca-key.pem', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=test authority', '-addext', 'keyUsage=critical,keyCertSign,cRLSign')
    for name, ext in ('server', 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth'), ('client', 'extendedKeyUsage=clientAuth'):
        (at/f'{name}.ext').write_text(f'authorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash\n{ext}')   # Python asks for these since 3.13
        ssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', f'{name}-key.pem', '-out', f'{name}.csr', '-subj', f'/CN={name}')
        ssl('x509', '-req', '-in', f'{name}.csr', '-CA', 'ca.pem', '-CAkey', 'ca-key.pem', '-CAcreateserial', '-out', f'{name}.pem', '-days', '2', '-extfile', f'{name}.ext')
    (at/'cert.pem').write_bytes((at/'client.pem').read_bytes())
    (at/'key.pem').write_bytes((at/'client-key.pem').read_bytes())

def test_over_tls(tmp_path, monkeypatch):
    if shutil.which('openssl') is None: pytest.skip('no openssl here: apt-get install openssl')
    certificates(tmp_path)
    url = f'tcp://127.0.0.1:{free_port()}'
    with Docker(options=(f'--host={url}', '--tlsverify', f'--tlscacert={tmp_path}/ca.pem', f'--tlscert={tmp_path}/server.pem', f'--tlskey={tmp_path}/server-key.pem')) as engine:
        small_image(engine.url)
        assert docker_engine(base_url=url) is None   # not without a certificate
        for k in 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE': monkeypatch.delenv(k, raising=False)   # requests would prefer it to the engine's own authority
        for k, v in dict(DOCKER_HOST=url, DOCKER_TLS_VERIFY='1', DOCKER_CERT_PATH=str(tmp_path)).items(): monkeypatch.setenv(k, v)
        assert docker_engine() == url
        with bench_at(tmp_path, engine.url) as bench:
            unix, bench.runner = bench.runner, type(bench.runner)(tmp_path/'docker', bench.tracker.logs)
            assert bench.runner.url == url and bench.runner.owner == unix.owner
            bench.runner.interval, bench.runner.look_every = .02, .5
            works(bench)
            unix.close()

# --- over SSH

@pytest.fixture
def over_ssh(tmp_path, docker_engine, engine_over_ssh):
    "A bench whose runner has only SSH. Afterwards no thread of its is left."
    (tmp_path/'out').mkdir()
    (tmp_path/'out').chmod(0o777)   # nothing is made on another machine, or lent
    with bench_at(tmp_path, docker_engine.url, engine_over_ssh.url, timeout=30.) as bench:
        bench.ssh = engine_over_ssh
        yield bench
    until(lambda: not [t for t in threading.enumerate() if t.name.startswith('jobtrack-docker')], 'the end of its threads', 30.)

@pytest.mark.needs('ssh')
def test_over_ssh(over_ssh, monkeypatch, tmp_path):
    works(over_ssh)
    url = over_ssh.ssh.url
    monkeypatch.setenv('DOCKER_HOST', url)
    assert docker_engine() == url
    monkeypatch.delenv('DOCKER_HOST')
    monkeypatch.setenv('DOCKER_CONFIG', str(tmp_path))
    (tmp_path/'config.json').write_text('{}')
    as_written_by_the_cli(tmp_path, 'studio', url)
    told = subprocess.run([sys.executable, '-c', "from cjm_jobtrack.containers.engine import docker_engine; print(docker_engine(context='studio'))"], capture_output=True, text=True, check=True).stdout.strip()
    assert told == url

@pytest.mark.needs('ssh')
def test_a_new_client_follows_on_over_ssh(over_ssh):
    job, report = over_ssh.sh('echo one; while [ ! -e /output/go ]; do sleep .02; done; echo two; exit 3', output_dir=str(over_ssh.tmp/'out'))
    async def main():
        handle = await over_ssh.runner.start(job)
        following = asyncio.create_task(over_ssh.runner.follow(job, handle, report))
        async with asyncio.timeout(30):
            while over_ssh.log(job) != b'one\n': await asyncio.sleep(.02)
        following.cancel()
        await asyncio.wait({following})
        assert following.cancelled()
        over_ssh.runner.close()
        over_ssh.runner = over_ssh.another()
        assert over_ssh.runner.url == over_ssh.ssh.url and await over_ssh.runner.find(job) == handle
        (over_ssh.tmp/'out/go').touch()
        async with asyncio.timeout(30): return await over_ssh.runner.follow(job, handle, report)
    assert asyncio.run(main()).failure.exit_code == 3 and over_ssh.log(job) == b'one\ntwo\n'

@pytest.mark.needs('ssh')
def test_ssh_that_is_gone_in_the_middle_is_told_and_waited_for(over_ssh):
    "Nobody knows how the container fares, and nobody says that it has ended. What it prints meanwhile comes later."
    other = over_ssh.begin('sleep', '600')[0]
    job, report = over_ssh.sh('echo one; while [ ! -e /output/go ]; do sleep .02; done; echo two; exit 3', output_dir=str(over_ssh.tmp/'out'))
    async def main():
        runner, handle = over_ssh.runner, await over_ssh.runner.start(job)
        following = asyncio.create_task(runner.follow(job, handle, report))
        async with asyncio.timeout(60):
            while over_ssh.log(job) != b'one\n': await asyncio.sleep(.02)
            over_ssh.ssh.stop()
            while not job.unreachable_since: await asyncio.sleep(.02)
            receipt = await runner.stop(job, handle, 1.)
            assert not receipt.confirmed and receipt.left == [handle['container']] and 'Connection refused' in receipt.message
            with pytest.raises(NodeUnreachable, match='Connection refused') as told: await runner.start(other)
            assert told.value.begun is False and 'does not answer: ssh: connect to host' in runner.why_not(other) and await runner.lacks(IMAGE) is not None
            (over_ssh.tmp/'out/go').touch()
            over_ssh.ssh.start()
            return await following
    assert asyncio.run(main()).failure.exit_code == 3 and over_ssh.log(job) == b'one\ntwo\n' and job.unreachable_since is None
    problem = next(e.data['problem'] for e in over_ssh.tracker.history(job.id) if e.type == 'unreachable')
    assert 'Connection' in problem or 'closed' in problem, problem

@pytest.mark.needs('ssh')
@pytest.mark.parametrize('environ, emptied, words', [({}, 'authorized_keys', 'Permission denied'), ({}, 'known_hosts', 'Host key verification failed'), ({'PATH': '/nowhere'}, None, 'not found'),
                                                     ({'DOCKER_HOST': 'unix:///no/such/docker.sock'}, None, 'no such file or directory')], ids=['keys', 'host', 'no docker there', 'no engine there'])
def test_ssh_says_why_nobody_answers(monkeypatch, environ, emptied, words):
    with SSH(**environ) as server:
        monkeypatch.setenv('PATH', str(server.programs), prepend=os.pathsep)
        if emptied: (server.folder/emptied).write_text('')
        with closing(Engine(server.url)) as engine:
            with pytest.raises(NodeUnreachable) as told: engine.call(lambda api: api.ping())
            assert words in told.value.problem and words in engine.why_unreachable()
        assert docker_engine(base_url=server.url) is None

@pytest.mark.parametrize('url, words', [
    ('ssh://studio', '-- studio'), ('ssh://ann@Studio:2222', '-l ann -p 2222 -- Studio'), ('ssh://ann%40lab@studio/', '-l ann@lab -- studio'), ('ssh://[::1]:22', '-p 22 -- ::1'),
    ('ssh://studio/run/user/7/my docker.sock', "-- studio docker --host 'unix:///run/user/7/my docker.sock'"), ('ssh://-oProxyCommand=x', '-- -oProxyCommand=x')])
def test_what_ssh_is_asked(url, words, monkeypatch):
    monkeypatch.setattr(shutil, 'which', lambda name: f'/usr/bin/{name}')
    assert ' '.join(ssh_command(url)) == f'ssh -T {" ".join(_SSH_OPTIONS)} {words if "docker" in words else words + " docker"} system dial-stdio'

@pytest.mark.parametrize('url', ['ssh://', 'ssh://ann:secret@studio', 'ssh://studio:x', 'ssh://studio?a=b', 'ssh:///run/docker.sock', 'ssh://a@b@c'])
def test_where_ssh_cannot_go(url):
    with pytest.raises(InvalidInput, match='Give ssh://'): ssh_command(url)
    assert docker_engine(base_url=url) is None

def test_without_ssh(monkeypatch, tmp_path):
    monkeypatch.setenv('PATH', str(tmp_path))
    with closing(Engine('ssh://studio')) as engine, pytest.raises(InvalidInput, match='there is no program `ssh` here'): engine.call(lambda api: api.ping())

@pytest.mark.parametrize('code, problem', [('exec sleep 600', 'timed out'), ('trap "" TERM; echo Welcome; exec sleep 600', 'Welcome'), ('exit 7', 'ended with status 7'), ('kill -9 $$', 'ended with status -9'),
                                           ('echo Bye >&2; exit 1', 'Bye')], ids=['silent', 'deaf', 'ends', 'killed', 'speaks'])
def test_an_ssh_that_does_otherwise(tmp_path, monkeypatch, code, problem):
    "It is ended, if it must be by force, and leaves nothing."
    (tmp_path/'ssh').write_text(f'#!/bin/sh\n{code}\n')
    (tmp_path/'ssh').chmod(0o755)
    monkeypatch.setenv('PATH', str(tmp_path), prepend=os.pathsep)
    def children(): return {p.pid for p in psutil.Process().children()}
    before, fds = children(), len(os.listdir('/proc/self/fd'))
    with closing(Engine('ssh://studio', timeout=1.)) as engine, pytest.raises(NodeUnreachable) as told: engine.call(lambda api: api.ping())
    assert problem in told.value.problem
    assert children() <= before and len(os.listdir('/proc/self/fd')) <= fds

@pytest.fixture
def registry(tmp_path):
    program = where('registry')
    at = f'127.0.0.1:{free_port()}'
    (tmp_path/'registry.yml').write_text(f'version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: {tmp_path}/registry\nhttp:\n  addr: {at}\n')
    p = subprocess.Popen([program, 'serve', str(tmp_path/'registry.yml')], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        def answers():
            with socket.socket() as s: return s.connect_ex(tuple([at.split(':')[0], int(at.split(':')[1])])) == 0
        until(answers, 'the registry')
        yield at
    finally: p.kill(), p.wait()

@pytest.mark.needs('registry')
def test_an_image_is_pulled_when_it_is_missing(tmp_path, registry, docker_engine):
    with bench_at(tmp_path, docker_engine.url) as bench:
        name = f'{registry}/tools/busybox:1'
        bench.client.images.get(IMAGE).tag(name)
        for line in bench.client.images.push(f'{registry}/tools/busybox', tag='1', stream=True, decode=True): assert 'error' not in line, line
        bench.client.images.remove(name)
        job, report = bench.begin('echo', 'pulled', image=name)
        assert bench.run(job, report).failure.kind == 'image_missing'   # nobody asked for it to be pulled
        job, report = bench.begin('echo', 'pulled', image=name, pull='missing')
        messages = []
        report.progress = lambda percent=None, message=None, tell=report.progress: (messages.append(message), tell(percent, message))
        handle = asyncio.run(bench.runner.start(job))
        assert asyncio.run(bench.another().find(job)) == handle and not bench.is_there(job)   # begun, so that a restart goes on with it
        assert bench.run(job, report).status == 'completed' and bench.log(job) == b'pulled\n' and f'Pulling {name}' in messages
        job, report = bench.begin('echo', 'again', image=name, pull='always')
        assert bench.run(job, report).status == 'completed'
        job, report = bench.begin('true', image=f'{registry}/tools/nothing:1', pull='missing')
        f = bench.run(job, report).failure
        assert f.kind == 'pull_failed' and 'tools/nothing' in f.message and f.hint
        job, report = bench.begin('sleep', '600', image=f'{registry}/tools/busybox:1', pull='always')
        async def stopped():
            handle = await bench.runner.start(job)
            receipt = await bench.runner.stop(job, handle, 1.)
            return receipt, await bench.runner.follow(job, handle, report)
        receipt, outcome = asyncio.run(stopped())
        assert receipt.confirmed and outcome.status == 'cancelled'
        bench.client.images.remove(name, force=True)

@pytest.fixture
def stalling():
    "A registry that falls silent: in the middle of each layer, and before it tells anything of an image called `mute`."
    over, mime = threading.Event(), 'application/vnd.docker.distribution.manifest.v2+json'
    digest = 'sha256:' + hashlib.sha256(b'x'*1000).hexdigest()
    part = lambda kind: {'mediaType': f'application/vnd.docker.{kind}', 'size': 1000, 'digest': digest}
    manifest = json.dumps({'schemaVersion': 2, 'mediaType': mime, 'config': part('container.image.v1+json'), 'layers': [part('image.rootfs.diff.tar.gzip')]}).encode()
    class Answer(http.server.BaseHTTPRequestHandler):
        protocol_version = 'HTTP/1.1'
        def log_message(self, *args): pass
        def tell(self, data, **headers):
            self.send_response(200)
            for k, v in (dict(content_length=len(data)) | headers).items(): self.send_header(k.replace('_', '-'), str(v))
            self.end_headers()
            if self.command == 'GET': self.wfile.write(data)
            self.wfile.flush()
        def do_GET(self):
            self.close_connection = over.is_set()
            if 'mute' in self.path: over.wait(300); self.close_connection = True
            elif '/manifests/' in self.path: self.tell(manifest, content_type=mime, docker_content_digest='sha256:' + hashlib.sha256(manifest).hexdigest())
            elif '/blobs/' in self.path: self.tell(b'x'*10, content_length=1000), over.wait(300); self.close_connection = True
            else: self.tell(b'{}')
        do_HEAD = do_GET
    with http.server.ThreadingHTTPServer(('127.0.0.1', 0), Answer) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try: yield f'127.0.0.1:{server.server_port}'
        finally: over.set(), server.shutdown(), thread.join()
    until(lambda: not [t for t in threading.enumerate() if t.name == 'jobtrack-blocking'], 'the end of those who waited for it')

@pytest.mark.parametrize('way', ['its socket', pytest.param('SSH', marks=pytest.mark.needs('ssh'))])
def test_pulls_that_stall_hold_up_nobody_and_can_be_stopped(tmp_path, docker_engine, way, request):
    through = None if way == 'its socket' else request.getfixturevalue('engine_over_ssh').url
    stalling = request.getfixturevalue('stalling')   # goes before the way does: the engine may only then answer
    with bench_at(tmp_path, docker_engine.url, through) as bench:
        async def main():
            pulls = [bench.begin('true', image=f'{stalling}/{"mute" if n % 2 else "tool"}{n}', pull='missing') for n in range(20)]   # more than the engine's threads
            handles = [await bench.runner.start(j) for j, _ in pulls]
            following = [asyncio.create_task(bench.runner.follow(j, h, r)) for (j, r), h in zip(pulls, handles)]
            async with asyncio.timeout(60):
                while not all((bench.tracker.get_job(j.id).message or '').startswith('Pulling') for j, _ in pulls): await asyncio.sleep(.02)
                job, report = bench.sh('echo beside them; exit 3')
                assert (await bench.outcome(job, report)).failure.exit_code == 3 and bench.log(job) == b'beside them\n'
                assert not any(f.done() for f in following)
                for (j, _), h in zip(pulls[:6], handles): assert (await bench.runner.stop(j, h, 1.)).confirmed
                assert [(await f).status for f in following[:6]] == ['cancelled']*6
                for f in following[6:]: f.cancel()   # as when a queue lets go of them
                await asyncio.wait(following[6:])
        asyncio.run(main())
