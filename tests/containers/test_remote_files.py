"An engine that shares no disk with us, behind a real SSH server: inputs go there, results come back, nothing is left."
import asyncio, hashlib, os
from pathlib import Path
import pytest
from cjm_jobtrack.containers.remote_files import RemoteFilesRunner, carrier_name
from cjm_jobtrack.model.errors import NodeUnreachable
from docker_helpers import bench_at
from helpers import until

pytestmark = [pytest.mark.needs('busybox'), pytest.mark.needs('ssh'), pytest.mark.needs('dockerd')]

@pytest.fixture
def bench(tmp_path, docker_engine, engine_over_ssh):
    "A bench whose runner has only SSH, and copies files."
    with bench_at(tmp_path, docker_engine.url) as b:
        b.runner.close()
        b.runner = RemoteFilesRunner(tmp_path/'docker', b.tracker.logs, base_url=engine_over_ssh.url, timeout=30.)
        b.runner.interval, b.runner.look_every = .02, .5
        b.ssh = engine_over_ssh
        volumes = {v['Name'] for v in b.client.api.volumes()['Volumes'] or ()}
        yield b
        def left(): return {v['Name'] for v in b.client.api.volumes()['Volumes'] or ()} - volumes
        until(lambda: not b.ours() and not left(), 'containers and volumes to go', 10.)

def in_and_out(b, size=3_000_001):
    (b.tmp/'in.bin').write_bytes(os.urandom(size))
    return dict(inputs={str(b.tmp/'in.bin'): '/input/in.bin'}, output_dir=str(b.tmp/'out'))

def ends(b, job, status='completed'):
    b.tracker.mark_completed(job.id, None) if status == 'completed' else b.tracker.mark_failed(job.id, status)

@pytest.mark.slow   # in short, tests/net has it as well
def test_files_go_there_and_come_back(bench):
    job, report = bench.sh('mkdir /output/d; cat /input/in.bin /input/in.bin >/output/d/twice; ln /output/d/twice /output/again; ln -s /etc /output/etc; echo done', **in_and_out(bench))
    outcome = bench.run(job, report, 20.)
    data = (bench.tmp/'in.bin').read_bytes()*2
    assert outcome.status == 'completed', outcome.failure
    assert {o.name: o.sha256 for o in outcome.outputs} == dict.fromkeys(['d/twice', 'again'], hashlib.sha256(data).hexdigest())
    assert (bench.tmp/'out/d/twice').read_bytes() == data and not (bench.tmp/'out/etc').exists()
    assert bench.log(job) == b'done\n'
    assert not [p for p in (bench.tmp/'out').rglob('.*')]
    ends(bench, job)
    asyncio.run(bench.runner.forget(job))

@pytest.mark.slow   # a manager that is killed does the same, in tests/net
def test_another_runner_goes_on_where_one_ended(bench):
    job, report = bench.sh('echo one; while [ ! -e /tmp/go ]; do sleep .05; done; cp /input/in.bin /output/out.bin; echo two', **in_and_out(bench))
    async def begin():
        following = asyncio.create_task(bench.runner.follow(job, await bench.runner.start(job), report))
        while b'one' not in bench.log(job): await asyncio.sleep(.02)
        following.cancel()
        await asyncio.wait([following])
    asyncio.run(begin())
    bench.runner.close()
    before, bench.runner = bench.runner, RemoteFilesRunner(bench.runner.folder, bench.tracker.logs, base_url=bench.ssh.url, timeout=30.)
    async def go_on():
        handle = await bench.runner.find(job)
        assert handle == {'container': before.container(job)}
        assert await bench.runner.start(job) == handle
        api = bench.client.api
        api.exec_start(api.exec_create(handle['container'], ['touch', '/tmp/go'])['Id'])
        return await bench.runner.follow(job, handle, report)
    outcome = asyncio.run(go_on())
    assert [o.name for o in outcome.outputs] == ['out.bin'] and outcome.outputs[0].sha256 == hashlib.sha256((bench.tmp/'in.bin').read_bytes()).hexdigest()
    assert bench.log(job) == b'one\ntwo\n'
    ends(bench, job)
    asyncio.run(bench.runner.forget(job))

def test_stopped_while_the_input_is_sent(bench, monkeypatch):
    from cjm_jobtrack.containers import remote_files
    sending = asyncio.Event()
    files = in_and_out(bench)
    archive = remote_files.archive
    def slow(folders, inputs, digests, stop):
        for piece in archive(folders, inputs, digests, stop):
            sending.set()
            until(stop, 'a stop')
            yield piece
    monkeypatch.setattr(remote_files, 'archive', slow)
    job, report = bench.sh('true', **files)
    async def stopped():
        handle = await bench.runner.start(job)
        following = asyncio.create_task(bench.runner.follow(job, handle, report))
        while not sending.is_set(): await asyncio.sleep(.02)
        receipt = await bench.runner.stop(job, handle, 5.)
        async with asyncio.timeout(30): return receipt, await following
    receipt, outcome = asyncio.run(stopped())
    assert receipt.confirmed and outcome.status == 'cancelled'
    bench.tracker.mark_failed(job.id, 'stopped')
    assert {r.action for r in asyncio.run(bench.runner.reap(bench.tracker))} == {'removed'}, 'the reaper knows the carrier'

def test_what_ssh_refuses_is_said_with_what_to_do(bench):
    job, _ = bench.sh('true')
    known = Path(bench.ssh.folder/'known_hosts')
    key = known.read_text()
    other = (bench.ssh.folder/'key.pub').read_text()
    for text, words in ('', 'known_hosts'), (key.split()[0] + ' ' + other, 'ssh-keygen -R'):
        known.write_text(text)
        with pytest.raises(NodeUnreachable, match=words): asyncio.run(bench.runner.start(job))
    known.write_text(key)
    (bench.ssh.folder/'authorized_keys').write_text('')
    with pytest.raises(NodeUnreachable, match='authorized_keys'): asyncio.run(bench.runner.start(job))
    bench.tracker.mark_failed(job.id, 'refused')
    assert carrier_name('x') == 'x-files'
