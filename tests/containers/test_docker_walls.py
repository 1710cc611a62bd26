"What a container may touch and who it is: paths, sockets, users, the owner of what it leaves, and containers that are not ours. A real engine throughout."
import asyncio, math, os, socket, threading, time
from pathlib import Path
import pytest
from cjm_jobtrack.model.errors import InvalidInput
from cjm_jobtrack.containers.outcome import container_outcome
from cjm_jobtrack.containers.spec import check_container, check_mount
from cjm_jobtrack.containers.usage import _ContainerCgroup, _ResourceUsage
from cjm_jobtrack.containers.docker import DockerRunner
from docker_helpers import IMAGE, bench_at
from helpers import until
from services import Docker

pytestmark = pytest.mark.needs('busybox')
root_only = pytest.mark.skipif(os.getuid() != 0, reason='only root lends folders to other users')

@pytest.fixture
def bench(tmp_path, docker_engine):
    with bench_at(tmp_path, docker_engine.url) as b: yield b

def refused(runner, job, field, text='.'):
    with pytest.raises(InvalidInput, match=text) as e: asyncio.run(runner.start(job))
    assert e.value.field == field, e.value

def owner(path): return (info := os.lstat(path)).st_uid, info.st_gid

# --- paths

@pytest.mark.parametrize('path', ['/', '//', '/run', '/run/', '/var', '/var/run', '/var/run/docker.sock', '/run/docker.sock', '//run/docker.sock', '/run/./docker.sock', '/run/docker', '/run/containerd/containerd.sock', '/run/crio/crio.sock', '/run/podman',
    '/var/run/podman/podman.sock', '/var/lib', '/var/lib/docker/volumes/x', '/var/lib/containerd', '/proc', '/proc/1/root', '/sys/fs/cgroup', '/dev/sda', '/data/../etc/shadow', 'data', '~/data'])
def test_closed_paths(path):
    with pytest.raises(InvalidInput) as e: check_mount('inputs', path)
    assert e.value.field == 'inputs'
    with pytest.raises(InvalidInput): check_container({'image': 'x', 'inputs': {path: '/in'}})

@pytest.mark.parametrize('path', ['/data/talk.mp4', '/var/tmp/x', '/home/bob', '/runs/1', '/run/media/stick/talk.mp4', '/devices', '/processed/x', '/etc/hosts', '/data/a..b'])
def test_open_paths(path):
    check_mount('inputs', path)
    check_mount('inputs', path, roots=[Path(path).parent])
    with pytest.raises(InvalidInput, match='outside'): check_mount('inputs', path, roots=[path + 'x', path + '/x'])

@pytest.mark.parametrize('path', ['/etc', '/home', '/usr/', '/root', '/lib64'])
def test_folders_of_the_system_are_not_for_outputs(path):
    with pytest.raises(InvalidInput) as e: check_container({'image': 'x', 'output_dir': path})
    assert e.value.field == 'output_dir'
    check_container({'image': 'x', 'output_dir': path.rstrip('/') + '/results'})

def test_sockets_and_the_engines_own_folders_are_not_handed_in(bench):
    data = bench.client.info()['DockerRootDir']
    (at := bench.tmp/'x').mkdir()
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(at/'s'))
        for name, to in ('link', at/'s'), ('run', '/run'), ('engine', data), ('above', Path(data).parent): (bench.tmp/name).symlink_to(to)
        for path in at/'s', bench.tmp/'link', bench.tmp/'run', bench.tmp/'run/docker', bench.tmp/'engine', bench.tmp/'engine/volumes', bench.tmp/'above', data, Path(data).parent, bench.url.removeprefix('unix://'):
            refused(bench.runner, bench.begin('true', inputs={str(path): '/in'})[0], 'inputs')
        for path in bench.tmp/'run', bench.tmp/'engine/volumes/x', data: refused(bench.runner, bench.begin('true', output_dir=str(path))[0], 'output_dir')
    assert not bench.ours()

@pytest.mark.needs('dockerd')
def test_the_rules_hold_for_an_engine_elsewhere(tmp_path):
    "One that is on another machine as far as its address tells. Only its file system is not looked at."
    with socket.socket() as s:
        s.bind(('127.0.0.2', 0))
        url = f'tcp://127.0.0.2:{s.getsockname()[1]}'
    (tmp_path/'in').mkdir()
    (tmp_path/'in/talk').write_text('hello')
    with Docker(options=(f'--host={url}',)) as engine, bench_at(tmp_path, url, roots=[tmp_path/'in', tmp_path/'out']) as bench:
        assert not bench.runner.engine.is_local
        for path in '/', '/etc/shadow', '/var/run/docker.sock', f'{tmp_path}/in/../secret', f'{tmp_path}/in2', str(tmp_path), str(engine.folder/'data'):
            refused(bench.runner, bench.begin('true', inputs={path: '/in'})[0], 'inputs')
            refused(bench.runner, bench.begin('true', output_dir=path)[0], 'output_dir')
        refused(DockerRunner(tmp_path/'docker', base_url=url), bench.begin('true', inputs={str(engine.folder/'data/volumes'): '/in'})[0], 'inputs', 'must not be mounted')
        refused(bench.runner, bench.begin('true', inputs={f'{tmp_path}/in/none': '/in'})[0], 'inputs', 'engine')   # that it is missing is for the engine to say
        job, report = bench.sh('cat /in', inputs={f'{tmp_path}/in/talk': '/in'})
        assert bench.run(job, report).status == 'completed' and bench.log(job) == b'hello'
        assert not (tmp_path/'out').exists()

@pytest.mark.parametrize('spec, field', [({'limits': {'cpus': 4096}}, 'limits.cpus'), ({'network': 'no-such-network'}, 'network'), ({'argv': ['no-such-program'], 'init': False}, 'argv'), ({'inputs': {'/no/such/file': '/in'}}, 'inputs')])
def test_a_folder_is_not_made_for_what_is_refused(bench, spec, field):
    out = bench.tmp/'a/b'
    refused(bench.runner, bench.begin('true', output_dir=str(out), **spec)[0], field)
    assert not out.parent.exists()
    out.mkdir(parents=True)
    refused(bench.runner, bench.begin('true', output_dir=str(out), **spec)[0], field)
    assert out.exists() and owner(out) == (os.getuid(), os.getgid()) and not bench.runner.containers.grants.all()

def test_a_missing_image_leaves_no_folder(bench):
    job, report = bench.begin('true', image='jobtrack-no-such-image', output_dir=str(bench.tmp/'out'))
    assert bench.run(job, report).failure.kind == 'image_missing' and not (bench.tmp/'out').exists()

# --- users

@root_only
def test_for_root_a_container_is_nobody_and_its_outputs_are_roots(bench):
    out, theirs = bench.tmp/'my out=1', bench.tmp/'theirs'
    theirs.touch()
    os.chown(theirs, 65534, 65534)
    job, report = bench.sh(f'id -u; id -g; touch $HOME/x && cd /output && mkdir -p a/b && echo hello >a/b/c && chmod 4755 a/b/c && chmod 700 a && ln -s {theirs} link && touch root.txt; echo x >/in 2>&1; cat /in',
                           output_dir=str(out), inputs={str(theirs): '/in'})
    outcome = bench.run(job, report)
    assert outcome.status == 'completed' and bench.log(job).count(b'65534\n') == 2 and [o.name for o in outcome.outputs] == ['a/b/c', 'root.txt']
    assert {owner(p) for p in (out, *out.rglob('*'))} == {(0, 0)} and not (out/'a/b/c').stat().st_mode & 0o6000
    assert owner(theirs) == (65534, 65534) and not bench.runner.containers.grants.all()

@root_only
def test_a_folder_of_somebodys_is_his_again(bench):
    (out := bench.tmp/'out').mkdir()
    os.chown(out, 1234, 1235)
    (out/'kept').touch()
    job, report = bench.sh('touch /output/x; ls -ln /output; sleep .3', output_dir=str(out))
    assert bench.run(job, report).status == 'completed' and (out/'x').exists()
    assert owner(out) == (1234, 1235) and owner(out/'x') == (0, 0) and owner(out/'kept') == (0, 0)

def test_a_second_run_may_write_over_what_the_first_has_left(bench):
    out = bench.tmp/'out'
    for n in '1', '2':
        job, report = bench.sh(f'mkdir -p /output/a && echo {n} >/output/a/x && echo {n} >/output/y', output_dir=str(out))
        assert bench.run(job, report).status == 'completed' and (out/'a/x').read_text() == (out/'y').read_text() == f'{n}\n'

@root_only
def test_what_bears_rights_of_its_own_is_not_lent(bench):
    (out := bench.tmp/'out').mkdir()
    (out/'tool').touch()
    (out/'tool').chmod(0o4755)
    job, report = bench.sh('echo x >/output/tool', output_dir=str(out))
    assert bench.run(job, report).failure.exit_code == 1 and owner(out/'tool') == (0, 0) and (out/'tool').stat().st_mode & 0o7777 == 0o4755

@root_only
def test_who_a_container_is_can_be_said(bench):
    another = DockerRunner(bench.runner.folder, bench.tracker.logs, base_url=bench.url, user='4321:4322')
    for runner, spec, want in (another, {}, '4321\n4322\n'), (another, {'user': '7:8'}, '7\n8\n'), (bench.runner, {'user': '0:0'}, '0\n0\n'), (bench.runner, {'user': '99'}, '99\n0\n'):
        job, report = bench.sh('id -u; id -g; touch /output/x', output_dir=str(bench.tmp/want.replace('\n', '-')), **spec)
        outcome = asyncio.run(runner.follow(job, asyncio.run(runner.start(job)), report))
        assert outcome.status == 'completed' and bench.log(job).decode() == want and owner(outcome.outputs[0].path) == (0, 0)
    another.close()

@root_only
def test_an_input_that_only_root_may_read_is_refused_by_name(bench):
    (secret := bench.tmp/'secret.wav').touch(mode=0o600)
    (folder := bench.tmp/'closed').mkdir(mode=0o700)
    for path in secret, folder: refused(bench.runner, bench.begin('true', inputs={str(path): '/in'})[0], 'inputs', path.name)
    job, report = bench.sh('cat /in', inputs={str(secret): '/in'}, user='0:0')
    assert bench.run(job, report).status == 'completed'
    os.chown(secret, -1, 65534), secret.chmod(0o640)
    job, report = bench.sh('cat /in', inputs={str(secret): '/in'})
    assert bench.run(job, report).status == 'completed'

@root_only
def test_a_folder_that_several_write_into_is_given_back_by_the_last(bench):
    out, gate = bench.tmp/'out', bench.tmp/'gate'
    gate.mkdir()
    async def main():
        slow, told = bench.sh('touch /output/a; while [ ! -e /gate/open ]; do sleep .02; done; touch /output/b', output_dir=str(out), inputs={str(gate): '/gate'})
        following = asyncio.create_task(bench.outcome(slow, told))
        async with asyncio.timeout(90):
            while not (out/'a').exists(): await asyncio.sleep(.02)
        assert (await bench.outcome(*bench.sh('touch /output/quick', output_dir=str(out)))).status == 'completed'
        (gate/'open').touch()
        assert (await following).status == 'completed'
    asyncio.run(main())
    assert {p.name for p in out.iterdir()} == {'a', 'b', 'quick'} and {owner(p) for p in (out, *out.iterdir())} == {(0, 0)}

@root_only
@pytest.mark.parametrize('how', ['followed by another', 'reaped', 'removed'])
def test_outputs_are_roots_also_when_whoever_began_it_is_gone(bench, how):
    out, other = bench.tmp/'out', bench.another()
    job, report = bench.sh('touch /output/x', output_dir=str(out))
    asyncio.run(bench.runner.start(job))
    until(lambda: not bench.box(job)['State']['Running'], 'its end')
    assert owner(out/'x') == (65534, 65534)
    if how == 'followed by another': assert asyncio.run(other.follow(job, asyncio.run(other.find(job)), report)).status == 'completed'
    else:
        if how == 'removed': bench.client.api.remove_container(bench.runner.container(job))
        bench.tracker.mark_failed(job.id, 'given up')
        asyncio.run(other.reap(bench.tracker))
    assert owner(out) == owner(out/'x') == (0, 0) and not other.containers.grants.all()
    other.close()

# --- what is not ours

def test_a_foreign_container_of_our_name_is_never_touched(bench):
    async def main():
        job, report = bench.begin('sleep', '600')
        name = bench.runner.container(job)
        for state in 'created', 'running', 'exited':
            out = bench.tmp/'none'
            job.spec['output_dir'] = str(out)
            bench.client.api.create_container(IMAGE, ['sleep', '600' if state == 'running' else '0'], name=name, labels={'jobtrack.job': job.id, 'jobtrack.attempt': '1', 'jobtrack.owner': 'somebody else'})
            if state != 'created': bench.client.api.start(name)
            if state == 'exited': bench.client.api.wait(name)
            try:
                foreign = bench.client.api.inspect_container(name)['Id']
                with pytest.raises(InvalidInput) as e: await bench.runner.start(job)
                assert e.value.field == 'id' and not out.exists()
                with pytest.raises(InvalidInput): await bench.runner.stop(job, {'container': name}, 0.)
                assert await bench.runner.forget(job) and not bench.runner.markers.folder_of(job).exists()   # nothing of ours is left
                assert await bench.runner.reap(bench.tracker) == []
                assert bench.client.api.inspect_container(name)['Id'] == foreign and bench.client.api.inspect_container(name)['State']['Status'] == state
            finally: bench.client.api.remove_container(name, force=True)
    asyncio.run(main())

# --- limits

@pytest.mark.parametrize('n, text', [(128, '128'), ('512m', 1 << 29), ('1.5g', 3 << 29), ('2 GiB', 2 << 30), ('7340032', 7340032), ('10MB', 10 << 20)])
def test_sizes_as_people_write_them(n, text): assert check_container({'image': 'x', 'limits': {'file_size': n}})['limits']['file_size'] == int(text)

@pytest.mark.parametrize('limits, field', [({k: v}, k) for k in ('memory', 'shm', 'tmp', 'file_size') for v in ('nanm', 'infm', 'nan', '1e9', '-5m', '9'*400, '9'*30 + 'p', '١m', '', 'm', 1e9, math.inf, math.nan, 1 << 60, 10**5000, -1, True)]
    + [({'cpus': v}, 'cpus') for v in (math.inf, math.nan, -1, 1 << 70, 1e300, '2', True)] + [({'pids': v}, 'pids') for v in (0, -1, 1 << 23, 10**400, math.inf, 2.5, '5m')]
    + [({'memory_swap': '1g'}, 'memory_swap'), ({'memory': '2g', 'memory_swap': '1g'}, 'memory_swap'), ({'memory': '2g', 'memory_swap': -1}, 'memory_swap')])
def test_limits_that_make_no_sense(limits, field):
    with pytest.raises(InvalidInput) as e: check_container({'image': 'x', 'limits': limits})
    assert e.value.field == f'limits.{field}' and e.value.remedy and len(str(e.value)) < 500

@pytest.mark.parametrize('spec, field', [({'inputs': {'/a': '/output/a'}, 'output_dir': '/o'}, 'inputs'), ({'inputs': {'/a': '/results/x/y'}, 'output_dir': '/o', 'output_at': '/results'}, 'inputs'), ({'require_output': True}, 'output_dir')])
def test_what_does_not_go_together(spec, field):
    with pytest.raises(InvalidInput) as e: check_container({'image': 'x'} | spec)
    assert e.value.field == field
    assert check_container({'image': 'x', 'inputs': {'/a': '/output/a'}})   # there is no folder for outputs

def test_the_limit_of_processes_is_told(bench):
    job, report = bench.sh('sleep 30 & sleep 30 & sleep 30 & sleep 30 & sleep 30 & sleep 30 & wait', limits={'pids': 4})
    failure = bench.run(job, report).failure
    assert failure.exit_code and '`limits.pids`' in failure.hint
    assert '`limits.pids`' in container_outcome({'ExitCode': 1}, [], pids_refused=2).failure.hint and not container_outcome({'ExitCode': 0}, [], pids_refused=2).failure
    assert '`limits.pids`' not in (container_outcome({'ExitCode': 1}, ['a picture of a fork']).failure.hint or '')

@pytest.mark.parametrize('line, at', [('0::/docker/abc', 'docker/abc'), ('7:pids:/docker/abc', 'pids/docker/abc')])
def test_refused_processes_are_counted(tmp_path, line, at):
    for path, text in (tmp_path/'proc/7/cgroup', line), (tmp_path/'cg'/at/'pids.events', 'max 3'):
        path.parent.mkdir(parents=True)
        path.write_text(f'{text}\n')
    _ContainerCgroup(7, 'abc', tmp_path/'cg', tmp_path/'proc').update(used := _ResourceUsage())
    assert used.pids_refused == 3

@pytest.mark.parametrize('grace', [-1, -.001, math.nan, math.inf, '5', None, True])
def test_a_grace_that_makes_no_sense(bench, grace):
    job, _ = bench.begin('sleep', '600')
    with pytest.raises(InvalidInput) as e: asyncio.run(bench.runner.stop(job, {'container': bench.runner.container(job)}, grace))
    assert e.value.field == 'grace'

# --- leaving

def test_closing_leaves_nothing_half_begun(bench):
    "Who gives up on a start and closes finds the container begun, and noted as such: the next one follows it."
    runner, made, go = bench.another(), threading.Event(), threading.Event()
    job, report = bench.sh('exit 3')
    api = runner.engine.api()
    create = api.create_container
    def slow(*a, **k):
        made.set()
        assert go.wait(90)
        return create(*a, **k)
    api.create_container = slow
    async def main():
        starting = asyncio.create_task(runner.start(job))
        assert await asyncio.to_thread(made.wait, 90)
        starting.cancel()
        await asyncio.wait({starting})
    asyncio.run(main())
    closing = threading.Thread(target=runner.close)
    closing.start()
    go.set()
    closing.join(90)
    assert not closing.is_alive() and bench.runner.markers.has(job, 'begun')
    assert bench.run(job, report).failure.exit_code == 3

# --- in one line

def test_paths_as_in_a_shell(bench, monkeypatch):
    (home := bench.tmp/'home').mkdir()
    (here := bench.tmp/'here').mkdir()
    (home/'talk.txt').write_text('hello')
    (bench.tmp/'notes.txt').write_text('there')
    monkeypatch.setenv('HOME', str(home))
    monkeypatch.chdir(here)
    job = bench.runner.run(IMAGE, ['sh', '-c', 'cat /input/* >/output/both'], inputs=['~/talk.txt', '../notes.txt'], outputs='../results', tracker=bench.tracker)
    assert bench.tracker.join(job.id, 60).status == 'completed' and (bench.tmp/'results/both').read_text() == 'therehello'
    job = bench.runner.run(IMAGE, ['sh', '-c', 'cat /a >/output/x'], inputs={'~/talk.txt': '/a'}, outputs=Path('~/x'), tracker=bench.tracker)
    assert bench.tracker.join(job.id, 60).status == 'completed' and (home/'x/x').read_text() == 'hello'
    with pytest.raises(InvalidInput) as e: bench.runner.run(IMAGE, ['true'], output_dir='/data', tracker=bench.tracker)
    assert e.value.field == 'output_dir' and 'outputs' in str(e.value)

def test_outputs_stay_when_the_job_is_deleted(bench):
    job = bench.runner.run(IMAGE, ['touch', '/output/x'], tracker=bench.tracker)
    assert bench.tracker.join(job.id, 60).status == 'completed'
    bench.tracker.delete_jobs([job.id])
    assert Path(job.outputs[0].path).exists()
    os.remove(job.outputs[0].path), os.rmdir(os.path.dirname(job.outputs[0].path))   # they are ours

def test_one_queue_for_each_record(bench):
    "However many runners there are; it has the slots it was started with, and ends with the last of them."
    make = lambda **options: DockerRunner(bench.tmp/'home', base_url=bench.url, **options)
    one, two, elsewhere = make(), make(), DockerRunner(bench.tmp/'home2', base_url=bench.url)
    gate = bench.tmp/'gate'
    gate.mkdir()
    try:
        queue = one.queue(slots=1)
        assert two.queue() is queue is one.queue(slots=1) and elsewhere.queue() is not queue and two.queue(bench.tracker) is one.queue(bench.tracker) is not queue
        with pytest.raises(InvalidInput) as e: two.queue(slots=2)
        assert e.value.field == 'slots'
        for other in make(owner='another'), make(roots=[bench.tmp]), make(user='7:7'):   # whose jobs the queue would not carry out as they are asked for
            with pytest.raises(InvalidInput) as e: other.queue()
            assert e.value.field == 'name'
            other.close()
        wait = ['sh', '-c', 'while [ ! -e /input/gate/open ]; do sleep .02; done']
        first = one.run(IMAGE, wait, inputs=[gate])
        until(lambda: first.started_at, 'the first to run')
        second = two.run(IMAGE, ['true'])
        time.sleep(.3)
        assert second.status == 'pending' and first.status == 'running'   # there is one slot
        one.close()   # who carries them out; the other still needs it
        (gate/'open').touch()
        assert [queue.tracker.join(j.id, 60).status for j in (first, second)] == ['completed']*2
        until(lambda: not bench.client.api.containers(all=True, filters={'label': f'jobtrack.owner={two.owner}'}), 'the containers to be removed')
        two.close()
        assert (again := make()).queue() is not queue
        again.close()
    finally:
        for r in one, two, elsewhere: r.close()
