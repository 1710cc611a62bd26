"Containers as jobs: walled in, begun once, their log whole, stopped for certain, and their cause of death told. A real engine throughout."
import asyncio, hashlib, json, os, re, shutil, subprocess, sys, threading, time
from pathlib import Path
import pytest
from cjm_jobtrack import Jobs
from cjm_jobtrack.model.errors import InvalidInput, NodeUnreachable, StoreError
from cjm_jobtrack.tracker.tracker import JobTracker
from cjm_jobtrack.containers import files as container_files
from cjm_jobtrack.runners import outputs
from cjm_jobtrack.containers.outcome import _reap_action, container_outcome
from cjm_jobtrack.containers.spec import Inspected, check_container, container_request
from cjm_jobtrack.containers.engine import docker_engine, engine_options
from cjm_jobtrack.containers.files import FolderGrants, make_folder
from cjm_jobtrack.containers.output import _LineRestorer, _StreamDemuxer
from cjm_jobtrack.containers.usage import _ContainerCgroup, _ResourceUsage
from cjm_jobtrack.containers.docker import DockerRunner
from cjm_jobtrack.queue.queue import JobQueue
from cjm_jobtrack.runners.outcome import Report
from docker_helpers import IMAGE, bench_at
from helpers import until

pytestmark = pytest.mark.needs('busybox')
root_only = pytest.mark.skipif(os.getuid() != 0, reason='only root lends folders to other users')

@pytest.fixture
def bench(tmp_path, docker_engine):
    with bench_at(tmp_path, docker_engine.url) as b: yield b

# --- through a life

def test_a_container_is_removed_once_its_end_is_on_record(bench):
    async def main():
        job, report = bench.sh('echo hello; exit 3')
        outcome = await bench.outcome(job, report)
        assert outcome.failure.exit_code == 3 and bench.is_there(job)
        await asyncio.sleep(.3)
        assert bench.is_there(job)   # not yet on record
        bench.tracker.mark_failed(job.id, outcome.failure)
        async with asyncio.timeout(90):
            while bench.is_there(job) or (bench.runner.folder/'attempts'/job.id).exists(): await asyncio.sleep(.02)
    asyncio.run(main())

def test_through_a_queue(bench):
    with JobQueue(bench.tracker, bench.runner, slots=2) as queue:
        jobs = [queue.submit(bench.tracker.create_job('p', runner='docker', spec={'image': IMAGE, 'argv': ['sh', '-c', f'echo {n}; exit {n}']})) for n in range(3)]
        until(lambda: all(j.is_terminal for j in jobs), 'the jobs', 60.)
        assert [(j.status, j.failure and j.failure.exit_code) for j in jobs] == [('completed', None), ('failed', 1), ('failed', 2)]
        until(lambda: not bench.ours(), 'the containers to be removed')

# --- walled in

def test_a_container_is_walled_in(bench):
    job, report = bench.sh('''
        id -u; id -g
        grep -E "^(CapEff|CapBnd|NoNewPrivs)" /proc/self/status
        touch /x 2>&1; touch /tmp/ok && echo tmp; ls /sys/class/net; echo $HOME $JOBTRACK_JOB_ID $JOBTRACK_ATTEMPT; cat /proc/1/comm
    ''')
    assert bench.run(job, report).status == 'completed'
    words = bench.log(job).decode().split()
    assert words[:2] == (['65534', '65534'] if os.getuid() == 0 else [str(os.getuid()), str(os.getgid())])
    told = bench.log(job).decode()
    assert re.search(r'CapEff:\s*0+\n', told) and re.search(r'CapBnd:\s*0+\n', told) and re.search(r'NoNewPrivs:\s*1', told)
    assert 'Read-only file system' in told and 'tmp\nlo\n' in told and f'/tmp {job.id} 1' in told and 'init' in told.splitlines()[-1]
    host = bench.box(job)['HostConfig']
    assert host['PidsLimit'] == 1024 and host['Memory'] == host['MemorySwap'] > 0 and not host['AutoRemove'] and host['LogConfig']['Type'] == 'local'

def test_inputs_are_read_only_and_outputs_are_ours(bench):
    source, out = bench.tmp/'my talk; final.txt', bench.tmp/'out'
    source.write_text('hello there')
    job, report = bench.sh('cat /in/talk.txt; echo x 2>&1 >/in/talk.txt; mkdir /output/a; cp /in/talk.txt /output/a/b.txt', inputs={str(source): '/in/talk.txt'}, output_dir=str(out))
    outcome = bench.run(job, report)
    assert [(o.name, o.size) for o in outcome.outputs] == [('a/b.txt', 11)] and source.read_text() == 'hello there' and b'Read-only' in bench.log(job)
    assert (out/'a/b.txt').stat().st_uid == os.getuid() and (out/'a/b.txt').stat().st_gid == os.getgid()

def test_no_file_may_grow_without_end(bench):
    job, report = bench.sh('ulimit -f')
    bench.run(job, report)
    assert int(bench.log(job)) * 512 == outputs.MAX_DIGEST_BYTES

def test_what_the_spec_says_reaches_the_container(bench):
    job, report = bench.sh('pwd; echo $A; cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max 2>/dev/null; ulimit -f; df /dev/shm | tail -1; touch /x 2>&1 && echo wrote; id -u',
                           cwd='/proc', env={'A': 'x=y z'}, limits={'pids': 17, 'file_size': '1m', 'shm': '2m', 'memory': '64m', 'cpus': .5}, read_only=False, user='7:8', init=False)
    assert bench.run(job, report).status == 'completed'
    told, host = bench.log(job).decode(), bench.box(job)['HostConfig']
    assert told.startswith('/proc\nx=y z\n17\n') and '2048' in told and 'Permission denied' in told and told.split()[-1] == '7'   # / is root's
    assert (host['Memory'], host['NanoCpus'], host['Ulimits'][0]['Soft']) == (64 << 20, 500_000_000, 1 << 20)

def test_without_words_the_image_has_its_own(bench):
    job, report = bench.begin()
    assert bench.run(job, report).status == 'completed' and bench.log(job) == b'the image has its own words\n'

def test_what_lay_there_before_is_no_output_and_holes_are_not_read(bench):
    (out := bench.tmp/'out').mkdir()
    for name in ('old', 'again'): (out/name).write_text(name)
    job, report = bench.sh('echo new >/output/again; dd if=/dev/zero of=/output/huge bs=1M count=0 seek=2097152 2>&1 | grep -v records', output_dir=str(out), limits={'file_size': '4t'})
    outcome = bench.run(job, report)
    assert not bench.log(job), bench.log(job)
    assert {o.name: o.sha256 is not None for o in outcome.outputs} == {'again': True, 'huge': False}
    assert next(e for e in bench.tracker.history(job.id) if e.type == 'without_digest').data['files'].keys() == {'huge'}
    assert {(out/n).stat().st_uid for n in ('old', 'again', 'huge')} == {os.getuid()}

def test_a_stop_ends_the_reading_of_outputs(bench, monkeypatch):
    reading, read = threading.Event(), outputs._output
    def slow(path, root, tell, most, stop):
        reading.set()
        while not stop(): time.sleep(.01)
        return read(path, root, tell, most, stop)
    monkeypatch.setattr(outputs, '_output', slow)
    async def main():
        job, report = bench.sh('echo x >/output/a', output_dir=str(bench.tmp/'out'), output_globs=['a'])
        handle = await bench.runner.start(job)
        following = asyncio.create_task(bench.runner.follow(job, handle, report))
        async with asyncio.timeout(60):
            while not reading.is_set(): await asyncio.sleep(.01)
            assert (await bench.runner.stop(job, handle, 5.)).confirmed
            assert [(o.name, o.sha256) for o in (await following).outputs] == [('a', None)]
    asyncio.run(main())

def test_globs_choose_and_an_output_can_be_asked_for(bench):
    job, report = bench.sh('touch /output/a.txt /output/b.vtt', output_dir=str(bench.tmp/'o'), output_globs=['*.srt', '*.vtt'])
    assert [o.name for o in bench.run(job, report).outputs] == ['b.vtt']
    job, report = bench.sh('true', output_dir=str(bench.tmp/'p'), require_output=True)
    assert bench.run(job, report).failure.kind == 'no_output'

# --- what is asked

BAD = [({}, 'image'), ({'image': ''}, 'image'), ({'image': 3}, 'image'), ({'image': 'x', 'argv': []}, 'argv'), ({'image': 'x', 'argv': ''}, 'argv'), ({'image': 'x', 'argv': ['']}, 'argv'), ({'image': 'x', 'argv': 'ls -l'}, 'argv'),
    ({'image': 'x', 'argv': ['ls', 3]}, 'argv[1]'), ({'image': 'x', 'argv': ['a\0b']}, 'argv[0]'), ({'image': 'x', 'argv': ['\ud800']}, 'argv[0]'), ({'image': 'x', 'env': ['A=1']}, 'env'), ({'image': 'x', 'env': {'A=': 'x'}}, 'env'),
    ({'image': 'x', 'env': {'A': 1}}, 'env.A'), ({'image': 'x', 'cwd': 'work'}, 'cwd'), ({'image': 'x', 'inputs': ['/etc']}, 'inputs'), ({'image': 'x', 'inputs': {'talk.mp4': '/in'}}, 'inputs'),
    ({'image': 'x', 'inputs': {'/data/../etc': '/in'}}, 'inputs'), ({'image': 'x', 'inputs': {'/data': 'in'}}, "inputs['/data']"), ({'image': 'x', 'inputs': {'/data': '/'}}, "inputs['/data']"), ({'image': 'x', 'inputs': {'/data': '/proc/x'}}, "inputs['/data']"),
    ({'image': 'x', 'inputs': {'/a': '/in', '/b': '/in'}}, 'inputs'), ({'image': 'x', 'inputs': {'/a': '/output'}, 'output_dir': '/o'}, 'inputs'), ({'image': 'x', 'output_dir': 'out'}, 'output_dir'), ({'image': 'x', 'output_at': 'out'}, 'output_at'),
    ({'image': 'x', 'output_globs': ['*']}, 'output_dir'), ({'image': 'x', 'require_output': True}, 'output_dir'), ({'image': 'x', 'output_dir': '/o', 'output_globs': ['../*']}, 'output_globs[0]'),
    *(({'image': 'x', 'output_dir': '/o', 'output_globs': ['*', g]}, 'output_globs[1]') for g in ('**.txt', '.', './', 'a**/b', '')), ({'image': 'x', 'output_dir': '/o/\udcff'}, 'output_dir'), ({'image': 'x', 'inputs': {'/i/\udcff': '/in'}}, 'inputs'),
    ({'image': 'x', 'limits': 3}, 'limits'), ({'image': 'x', 'limits': {'ram': 1}}, 'limits.ram'), ({'image': 'x', 'limits': {'memory': -1}}, 'limits.memory'), ({'image': 'x', 'limits': {'memory': 'much'}}, 'limits.memory'), ({'image': 'x', 'limits': {'memory': True}}, 'limits.memory'),
    ({'image': 'x', 'limits': {'memory': '1k'}}, 'limits.memory'), ({'image': 'x', 'limits': {'cpus': 0}}, 'limits.cpus'), ({'image': 'x', 'limits': {'cpus': float('nan')}}, 'limits.cpus'), ({'image': 'x', 'limits': {'pids': 1.5}}, 'limits.pids'), ({'image': 'x', 'limits': {'pids': '5'}}, 'limits.pids'),
    ({'image': 'x', 'limits': {'memory': '2g', 'memory_swap': '1g'}}, 'limits.memory_swap'), ({'image': 'x', 'gpus': 0}, 'gpus'), ({'image': 'x', 'gpus': 'all'}, 'gpus'), ({'image': 'x', 'gpus': []}, 'gpus'), ({'image': 'x', 'gpus': True}, 'gpus'), ({'image': 'x', 'pull': 'now'}, 'pull'),
    ({'image': 'x', 'read_only': 'false'}, 'read_only'), ({'image': 'x', 'cap_add': 'NET_RAW'}, 'cap_add'), ({'image': 'x', 'invalid_exit': 65}, 'invalid_exit'), ({'image': 'x', 'progress': {'formats': ['smoke']}}, 'formats'), ({'image': 'x', 'progress': {'speed': 3}}, 'progress'),
    ({'image': 'x', 'privileged': True}, 'privileged'), ({'image': 'x', 'volumes': []}, 'volumes')]

@pytest.mark.parametrize('spec, field', BAD)
def test_bad_specs_name_their_field(spec, field):
    with pytest.raises(InvalidInput) as e: check_container(spec)
    assert e.value.field == field

def test_what_the_queue_reads_is_no_business_of_ours():
    assert check_container({'image': 'x', 'resources': {'gpu': 1}, 'queue_timeout': 3, 'stall_timeout': 4})['image'] == 'x'

@pytest.mark.parametrize('spec, field', [
    ({'argv': ['no-such-program'], 'init': False}, 'argv'), ({'argv': ['/proc/version'], 'init': False}, 'argv'), ({'argv': ['/'], 'init': False}, 'argv'), ({'inputs': {'/no/such/file': '/in'}}, 'inputs'), ({'inputs': {'/': '/in'}}, 'inputs'), ({'inputs': {'/proc/1': '/in'}}, 'inputs'),
    ({'user': 'nobody-here'}, 'user'), ({'user': '-5'}, 'user'), ({'network': 'container:no-such-container'}, 'network'), ({'network': 'no-such-network'}, 'network'), ({'cap_add': ['FLYING']}, 'cap_add'), ({'limits': {'memory': '100000g'}}, 'limits.memory'), ({'limits': {'cpus': 4096}}, 'limits.cpus'), ({'image': 'Not A Name'}, 'image'),
    ({'output_dir': '/proc/out'}, 'output_dir'), ({'stop_signal': 'SIGFUN'}, 'stop_signal')])
def test_what_cannot_be_carried_out_is_refused_and_nothing_stays(bench, spec, field):
    job, report = bench.begin('true', **spec)
    with pytest.raises(InvalidInput) as e: asyncio.run(bench.runner.start(job))
    assert e.value.field == field, e.value
    assert asyncio.run(bench.runner.find(job)) is None and not bench.ours()

def test_the_engines_socket_and_paths_outside_of_the_roots_are_not_handed_in(bench):
    (bench.tmp/'inside').mkdir()
    (bench.tmp/'inside/way out').symlink_to('/etc')
    (bench.tmp/'inside_evil').mkdir()
    narrow = DockerRunner(bench.runner.folder, bench.tracker.logs, base_url=bench.url, roots=[bench.tmp/'inside'])
    socket = bench.url.removeprefix('unix://')
    for runner, path in (bench.runner, socket), (bench.runner, str(Path(socket).parent)), (narrow, '/etc'), (narrow, str(bench.tmp/'inside/way out')), (narrow, str(bench.tmp/'inside_evil')):
        job, report = bench.begin('true', inputs={path: '/in'})
        with pytest.raises(InvalidInput) as e: asyncio.run(runner.start(job))
        assert e.value.field == 'inputs'
    job, report = bench.begin('true', output_dir=str(bench.tmp/'elsewhere'))
    with pytest.raises(InvalidInput) as e: asyncio.run(narrow.start(job))
    assert e.value.field == 'output_dir' and not (bench.tmp/'elsewhere').exists()
    narrow.close()

def test_a_foreign_container_of_our_name_is_left_alone(bench):
    job, report = bench.begin('true')
    foreign = bench.client.api.create_container(IMAGE, ['sleep', '600'], name=bench.runner.container(job))['Id']
    try:
        for verb in bench.runner.start(job), bench.runner.stop(job, {'container': bench.runner.container(job)}, 1.):
            with pytest.raises(InvalidInput) as e: asyncio.run(verb)
            assert e.value.field == 'id' and 'belongs to somebody else' in str(e.value)
        assert bench.client.api.inspect_container(foreign)['State']['Status'] == 'created'
    finally: bench.client.api.remove_container(foreign, force=True)

@pytest.mark.parametrize('argv', [['no-such-program'], ['/proc/version']])
def test_a_program_that_the_init_cannot_begin(bench, argv):
    job, report = bench.begin(*argv)
    assert bench.run(job, report).failure.kind == 'not_started'

# --- GPUs, where there is none

def test_gpus_are_asked_of_the_engine():
    asked = lambda gpus: container_request(check_container({'image': 'x', 'gpus': gpus}))['host_config'].get('DeviceRequests')
    assert asked(None) is None
    assert asked(2) == [{'Driver': '', 'Count': 2, 'DeviceIDs': [], 'Capabilities': [['gpu']], 'Options': {}}]
    assert asked(-1)[0]['Count'] == -1
    assert asked(['0', 'GPU-3f1c'])[0]['DeviceIDs'] == ['0', 'GPU-3f1c']

def test_an_engine_without_gpus_says_so(bench):
    if bench.client.info().get('Runtimes', {}).get('nvidia'): pytest.skip('this engine has GPUs')
    job, report = bench.begin('true', gpus=1)
    with pytest.raises(InvalidInput) as e: asyncio.run(bench.runner.start(job))
    assert e.value.field == 'gpus'

# --- begun once

def test_many_at_once_begin_it_once(bench):
    out = bench.tmp/'out'
    job, report = bench.sh('echo x >>/output/count', output_dir=str(out))
    others = [bench.another() for _ in range(4)]
    async def main():
        handles = await asyncio.gather(*(r.start(job) for r in [bench.runner, *others]*2))
        assert all(h == handles[0] for h in handles)
        assert (await bench.runner.follow(job, handles[0], report)).status == 'completed'
        assert await bench.runner.start(job) == handles[0] == await others[0].find(job)
    asyncio.run(main())
    assert (out/'count').read_text() == 'x\n' and len(bench.ours()) == 1
    for r in others: r.close()

def test_two_who_follow_write_one_log(bench):
    job, report = bench.sh('for i in $(seq 20000); do echo line $i; done')
    other = bench.another()
    async def main():
        handle = await bench.runner.start(job)
        a, b = await asyncio.gather(bench.runner.follow(job, handle, report), other.follow(job, handle, report))
        assert a.status == b.status == 'completed'
    asyncio.run(main())
    assert bench.log(job) == b''.join(b'line %d\n' % i for i in range(1, 20001))
    other.close()

def test_each_attempt_is_a_container_of_its_own(bench):
    async def main():
        job, report = bench.sh('exit $JOBTRACK_ATTEMPT')
        first = await bench.outcome(job, report)
        bench.tracker.mark_pending(job.id, 'again'); bench.tracker.mark_running(job.id)
        second = await bench.outcome(job, Report(bench.tracker, job.id, job.attempt))
        assert (first.failure.exit_code, second.failure.exit_code) == (1, 2)
    asyncio.run(main())

# --- an id that is used again

def renewed(bench, job, code, keep_logs=False):
    "Another job with the id of one that has ended, which is deleted."
    bench.tracker.delete_jobs([job.id], logs=not keep_logs)
    new = bench.tracker.create_job('p', id=job.id, runner='docker', spec={'image': IMAGE, 'argv': ['sh', '-c', code]})
    bench.tracker.mark_running(new.id)
    return new, Report(bench.tracker, new.id, new.attempt)

@pytest.mark.parametrize('keep_logs', [False, True])
def test_an_id_that_is_used_again_is_new_work(bench, keep_logs):
    "At once, while the earlier container is just being removed; also by a runner that knows nothing of the earlier job."
    async def main():
        job, report = bench.sh('echo one; exit 3')
        o = await bench.outcome(job, report)
        for n in 4, 5:
            bench.tracker.mark_failed(job.id, o.failure)
            job, report = renewed(bench, job, f'echo {n}; exit {n}', keep_logs)
            other = bench.another()
            assert await bench.runner.find(job) is None and await other.find(job) is None
            o = await bench.outcome(job, report)
            assert o.failure.exit_code == n and await other.find(job) == await bench.runner.start(job)
            assert bench.log(job).endswith(b'%d\n' % n) and (keep_logs or bench.log(job) == b'%d\n' % n)
            other.close()
    asyncio.run(main())

@pytest.mark.parametrize('how', ['ended', 'running', 'stopped', 'created'])
def test_a_container_that_an_earlier_job_of_the_id_has_left_gives_way(bench, how):
    async def main():
        job, report = bench.sh('echo one; exit 3' if how == 'ended' else 'echo one; sleep 600')
        handle = await bench.runner.start(job)
        old = bench.box(job)['Id']
        if how == 'ended': bench.client.api.wait(old)
        if how == 'stopped': await bench.runner.stop(job, handle, 0.)
        if how == 'created':   # made, and not yet begun
            bench.client.api.remove_container(old, force=True)
            bench.runner.markers.delete(job), bench.runner.markers.folder_of(job).mkdir(parents=True)
            assert bench.runner.containers.create(job, bench.runner.containers.request(job, bench.client.api), bench.client.api)
            old = bench.box(job)['Id']
        bench.tracker.mark_failed(job.id, 'given up')
        new, report = renewed(bench, job, 'echo two; exit 4')
        assert await bench.runner.find(new) is None
        assert (await bench.runner.stop(new, handle, 1.)).how == 'gone' and bench.box(job)['Id'] == old
        o = await bench.outcome(new, report)
        assert o.failure.exit_code == 4 and bench.log(new) == b'two\n' and bench.box(new)['Id'] != old
        assert not await bench.runner.forget(job) or bench.box(new)   # what is the new job's is not removed with the old one
        assert await bench.runner.find(new) == handle
    asyncio.run(main())

def test_a_container_of_an_earlier_version_belongs_to_whoever_asks(bench):
    "It does not say when its job was created, nor do the notes about it."
    async def main():
        job, report = bench.sh('echo x; exit 3')
        asked = await bench.runner.engine.acall(lambda api: bench.runner.containers.request(job, api))
        assert asked.labels.pop('jobtrack.created') == job.created_at
        bench.runner.markers.folder_of(job).mkdir(parents=True)
        bench.client.api.create_container(**asked.args)
        bench.client.api.start(asked.name)
        assert await bench.runner.find(job) == {'container': asked.name}
        (bench.runner.markers.folder_of(job)/'begun').write_text('null')
        assert await bench.runner.find(job) == {'container': asked.name} == await bench.runner.start(job)
        assert (await bench.outcome(job, report)).failure.exit_code == 3
    asyncio.run(main())

# --- the log

@pytest.mark.parametrize('code, want', [
    (r'printf "\377\376caf\351\r\n\000x"', b'\xff\xfecaf\xe9\r\n\0x'), ('true', b''), (r'printf "\n\na\n\n"', b'\n\na\n\n'), ('printf "%020000d" 7; printf "\\ntail\\n"', b'%020000d\ntail\n' % 7),
    ('printf "%016384d" 7; sleep .1; printf "\\ntail\\n"', b'%016384d\ntail\n' % 7), ('printf "%032768d\\n\\nx\\n" 7', b'%032768d\n\nx\n' % 7), ('printf "%016383d\\nx\\n" 7', b'%016383d\nx\n' % 7),
    ('for i in 1 2 3; do head -c 1000000 /dev/zero | tr "\\0" $i; echo; done; echo end', b''.join(c*1000000 + b'\n' for c in (b'1', b'2', b'3')) + b'end\n'),
    ('echo out; echo err >&2; sleep .1; echo out', None)])
def test_the_log_has_every_byte(bench, code, want):
    job, report = bench.sh(code)
    assert bench.run(job, report).status == 'completed'
    if want is None: assert sorted(bench.log(job).split()) == [b'err', b'out', b'out']
    else: assert bench.log(job) == want if want else bench.tracker.logs.size(job.id, 1) == 0

def test_the_log_has_no_gap_and_no_repeat_when_following_is_cut(bench):
    job, report = bench.sh('for i in $(seq 3000); do echo line $i; [ $((i % 10)) = 0 ] && sleep .01; done; echo errors >&2')
    async def main():
        handle, cuts = await bench.runner.start(job), 0
        while True:
            runner = bench.another()
            following = asyncio.create_task(runner.follow(job, handle, report))
            done, _ = await asyncio.wait({following}, timeout=.4)
            if done:
                runner.engine.threads.shutdown()
                return following.result(), cuts
            cuts += 1
            following.cancel()
            await asyncio.wait({following})
    outcome, cuts = asyncio.run(main())
    assert outcome.status == 'completed' and cuts >= 2
    assert bench.log(job).replace(b'errors\n', b'') == b''.join(b'line %d\n' % i for i in range(1, 3001)) and bench.log(job).count(b'errors') == 1

def test_progress_moves_also_without_line_ends(bench):
    gate = bench.tmp/'gate'
    gate.mkdir()
    job, report = bench.sh('for n in 20 40 60; do printf " %d%%|###   | $n/100 [00:01<00:02, 3.00it/s]\\r" $n; while [ ! -e /gate/$n ]; do sleep .02; done; done; echo; echo "Progress: 100%"', inputs={str(gate): '/gate'})
    async def main():
        following, seen = asyncio.create_task(bench.outcome(job, report)), []
        async with asyncio.timeout(90):
            async for e in bench.tracker.watch(job.id):
                if e.type == 'progress' and job.progress in (20, 40, 60):
                    seen.append(job.progress)
                    (gate/f'{job.progress:.0f}').touch()
                    if job.progress == 60: break
        outcome = await following
        assert outcome.status == 'completed' and job.progress == 100 and [*dict.fromkeys(seen)] == [20, 40, 60]
    asyncio.run(main())

def test_a_flood_comes_through_whole(bench):
    job, report = bench.sh('yes 0123456789012345678901234567890123456789012345678 | head -n 400000')
    assert bench.run(job, report).status == 'completed'
    assert bench.log(job) == b'0123456789012345678901234567890123456789012345678\n'*400000

def test_streams_are_taken_apart_however_they_are_cut():
    frame = lambda s, d: bytes([s, 0, 0, 0]) + len(d).to_bytes(4, 'big') + d
    chunk = lambda d: b'%x\r\n%s\r\n' % (len(d), d)
    pieces = [(1, b'a\n'), (2, b'\r\n1\r\n'), (1, b''), (1, b'x'*20000), (2, b'end')]
    whole = b''.join(chunk(frame(*p)) for p in pieces) + b'0\r\n\r\n'
    for step in 1, 2, 7, 100, 100000:
        d, got = _StreamDemuxer(True), []
        for i in range(0, len(whole), step): got += d.feed(whole[i:i+step])
        assert got == pieces and d.is_complete
    raw, d = b''.join(frame(*p) for p in pieces), _StreamDemuxer(False)
    assert [p for i in range(0, len(raw), 3) for p in d.feed(raw[i:i+3])] == pieces

@pytest.mark.parametrize('pieces, text', [
    ([(1, 1, b'x'*16384), (1, 1, b'yy'), (1, 2, b'z\n')], b'x'*16384 + b'yy\nz\n'), ([(1, 1, b'x'*16384), (1, 1, b'yy\n'), (1, 2, b'z\n')], b'x'*16384 + b'yy\nz\n'),
    ([(1, 1, b'x'*16384), (1, 1, b'x'*16384), (1, 1, b'y')], b'x'*32768 + b'y'), ([(1, 1, b'x'*16384), (1, 2, b'z\n')], b'x'*16384 + b'\nz\n'), ([(1, 1, b'x'*16384), (1, 1, b''), (1, 2, b'z\n')], b'x'*16384 + b'\nz\n'),
    ([(1, 1, b'x'*16384), (2, 2, b'e\n'), (1, 1, b'y'), (1, 3, b'z\n')], b'x'*16384 + b'e\ny\nz\n'), ([(1, 1, b'no end')], b'no end'), ([(1, 1, b'no end'), (1, 2, b'run again\n')], b'no endrun again\n')])
def test_line_ends_are_put_back(pieces, text):
    pieces = [(s, b'2001-01-01T00:00:0%dZ ' % t + p) for s, t, p in pieces]
    mend = _LineRestorer()
    assert _LineRestorer()(pieces) == text == b''.join(mend([p]) for p in pieces)

# --- how it ended

@pytest.mark.parametrize('code, kind, exit_code, sig', [
    ('exit 3', 'exit', 3, None), ('kill -9 $$', 'signal', 137, 'SIGKILL'), ('kill -15 $$', 'signal', 143, 'SIGTERM'), ('kill -11 $$', 'signal', 139, 'SIGSEGV'), ('echo no sound in it; exit 65', 'invalid', 65, None),
    ('nothing-of-that-name', 'not_started', 127, None), ('dd if=/dev/zero of=/tmp/x bs=1M', 'disk_full', 1, None)])
def test_kinds_of_failure(bench, code, kind, exit_code, sig):
    job, report = bench.sh(code, invalid_exit=[65], limits={'tmp': '1m'})
    f = bench.run(job, report).failure
    assert (f.kind, f.exit_code, f.signal) == (kind, exit_code, sig)
    if kind == 'invalid': assert f.message == 'no sound in it' and f.evidence['last_lines']

@pytest.mark.parametrize('code, exit_code', [('exec tail /dev/zero', 137), ('tail /dev/zero; echo a child died; sleep 1; exit 3', 3), ('(tail /dev/zero); sleep 1; exit 1', 1)])
def test_out_of_memory_is_told_also_of_a_child(bench, code, exit_code):
    for _ in range(4):   # the kernel now and then takes the shell instead
        job, report = bench.sh(code, limits={'memory': '20m'})
        f = bench.run(job, report).failure
        assert f.kind == 'out_of_memory' and f.evidence['limit_bytes'] == 20 << 20 and '20 MiB' in f.message and f.hint
        if f.exit_code == exit_code: return
    pytest.fail(f'never ended with {exit_code}')

def test_out_of_memory_is_recalled_by_the_engine(bench):
    "Where neither its flag nor a measurement tells: the container was gone too soon."
    bench.runner.containers.inspect = lambda *args, look=bench.runner.containers.inspect: (c := look(*args)) and Inspected(c.info | {'State': c.state | {'OOMKilled': False}})
    async def main():
        job, report = bench.sh('tail /dev/zero; sleep 1; exit 3', limits={'memory': '20m'})
        handle = await bench.runner.start(job)
        f = bench.runner._follower(job, handle['container'], report)
        async def nothing(box): pass
        f.measure = nothing
        try:
            async with asyncio.timeout(60): return await f.run()
        finally: f.close()
    failure = asyncio.run(main()).failure
    assert failure.kind == 'out_of_memory' and failure.evidence['oom_kills'] >= 1

def test_last_words_that_hint_at_the_cause():
    hint = lambda *lines, code=3: container_outcome({'ExitCode': code}, [*lines]).failure.hint
    assert 'limits.memory' in hint('working', 'Killed') and 'may' in hint('sh: line 1:    7 Killed      tail /dev/zero') and 'limits.memory' not in hint('Killed', 'no, it goes on')
    assert 'limits.pids' in hint('[FATAL tini (1)] fork failed: Resource temporarily unavailable', code=1)

def test_a_child_that_ran_out_of_memory_does_not_spoil_a_good_end(bench):
    for _ in range(6):
        job, report = bench.sh('tail /dev/zero; sleep .3; exit 0', limits={'memory': '20m'})
        if (outcome := bench.run(job, report)).status == 'completed': break
    assert outcome.result['exit_code'] == 0

def test_a_file_that_grows_too_large(bench):
    job, report = bench.sh('dd if=/dev/zero of=/output/x bs=1M count=3', limits={'file_size': '1m'}, output_dir=str(bench.tmp/'o'))
    f = bench.run(job, report).failure
    assert f.signal == 'SIGXFSZ' and 'file_size' in f.hint

def test_what_it_used_is_told(bench):
    job, report = bench.sh('head -c 30000000 /dev/zero | tail | wc -c; i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; sleep 3')
    used = bench.run(job, report).result
    assert used['exit_code'] == 0 and 30_000_000 < used['peak_memory_bytes'] < 200_000_000 and .05 < used['cpu_s'] < 30

def test_files_of_both_kinds_of_control_groups(tmp_path):
    def make(text, files):
        root, proc = tmp_path/'cg', tmp_path/'proc'
        shutil.rmtree(root, ignore_errors=True); shutil.rmtree(proc, ignore_errors=True)
        (proc/'7').mkdir(parents=True)
        (proc/'7/cgroup').write_text(text)
        for name, words in files.items():
            (root/name).parent.mkdir(parents=True, exist_ok=True)
            (root/name).write_text(words)
        u = _ResourceUsage()
        return _ContainerCgroup(7, 'abc', root, proc).update(u), u
    seen, two = make('0::/system.slice/docker-abc.scope\n', {'system.slice/docker-abc.scope/memory.peak': '5000\n', 'system.slice/docker-abc.scope/memory.events': 'low 0\noom 2\noom_kill 1\noom_group_kill 0\n',
                                                     'system.slice/docker-abc.scope/cpu.stat': 'usage_usec 1500000\nuser_usec 1\n'})
    assert seen and two == _ResourceUsage(5000, 1.5, 1)
    seen, one = make('4:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n0::/docker/abc\n', {'memory/docker/abc/memory.max_usage_in_bytes': '6000\n', 'memory/docker/abc/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 3\n', 'cpuacct/docker/abc/cpuacct.usage': '2500000000\n'})
    assert seen and one == _ResourceUsage(6000, 2.5, 3)
    seen, none = make('0::/somebody/else\n', {})
    assert not seen and none == _ResourceUsage()

def test_an_image_that_is_not_there(bench):
    job, report = bench.begin('true', image='jobtrack-no-such-image')
    handle = asyncio.run(bench.runner.start(job))
    assert asyncio.run(bench.runner.start(job)) == handle == asyncio.run(bench.another().find(job))
    f = bench.run(job, report).failure
    assert f.kind == 'image_missing' and 'docker pull' in f.hint

def test_an_image_that_cannot_be_pulled(bench):
    job, report = bench.begin('true', image='127.0.0.1:9/no/such:1', pull='missing')
    f = bench.run(job, report).failure
    assert f.kind == 'pull_failed' and '127.0.0.1:9' in f.message and not bench.ours()

def test_an_image_that_is_there_need_not_be_pulled(bench):
    job, report = bench.begin('echo', 'here', pull='missing')
    assert bench.run(job, report).status == 'completed'

# --- stop

def test_stop_by_asking_and_by_force(bench):
    async def main(code, grace, **spec):
        job, report = bench.sh(code, **spec)
        handle = await bench.runner.start(job)
        following = asyncio.create_task(bench.runner.follow(job, handle, report))
        async with asyncio.timeout(90):
            while b'ready' not in (bench.log(job) if bench.tracker.logs.size(job.id, 1) else b''): await asyncio.sleep(.02)
        receipt = await bench.runner.stop(job, handle, grace)
        return receipt, await following, bench.log(job), bench.box(job)['State']['Running']
    name = lambda r: r.ended[0].startswith('jobtrack-')
    r, o, log, runs = asyncio.run(main('trap "echo bye; exit 0" TERM; echo ready; while :; do sleep .05; done', 60.))
    assert (r.confirmed, r.how, name(r), o.status, runs) == (True, 'asked', True, 'cancelled', False) and log.endswith(b'bye\n')
    r, o, log, runs = asyncio.run(main('trap "" TERM; echo ready; while :; do sleep .05; done', .2))
    assert (r.confirmed, r.how, name(r), o.status, runs) == (True, 'forced', True, 'cancelled', False)
    r, o, log, runs = asyncio.run(main('trap "echo usr; exit 0" USR1; echo ready; while :; do sleep .05; done', 60., stop_signal='SIGUSR1'))
    assert r.how == 'asked' and log.endswith(b'usr\n')
    r, o, log, runs = asyncio.run(main('echo ready; sleep 600', .2, init=False))   # the first process of a container ignores what it does not catch
    assert (r.confirmed, runs) == (True, False)

def test_stop_what_is_paused_ended_or_gone(bench):
    async def main():
        job, report = bench.begin('sleep', '600')
        handle = await bench.runner.start(job)
        bench.client.api.pause(handle['container'])
        following = asyncio.create_task(bench.runner.follow(job, handle, report))
        receipt = await bench.runner.stop(job, handle, 60.)
        assert (receipt.confirmed, receipt.how, (await following).status) == (True, 'asked', 'cancelled')
        assert (await bench.runner.stop(job, handle, 1.)).how == 'gone'
        job, report = bench.begin('true')
        handle = await bench.runner.start(job)
        assert (await bench.runner.follow(job, handle, report)).status == 'completed'
        assert (await bench.runner.stop(job, handle, 1.)).how == 'gone'
        assert (await bench.runner.follow(job, handle, report)).status == 'completed'
    asyncio.run(main())

# --- by other hands

def test_what_others_do_to_a_container_ends_in_the_truth(bench):
    async def main(act, code='sleep 600'):
        job, report = bench.sh(f'echo ready; {code}')
        handle = await bench.runner.start(job)
        following = asyncio.create_task(bench.runner.follow(job, handle, report))
        async with asyncio.timeout(90):
            while not bench.tracker.logs.size(job.id, 1): await asyncio.sleep(.02)
        await act(handle['container'], job)
        async with asyncio.timeout(90): return await following, job, [e.type for e in bench.tracker.history(job.id)]
    api = bench.client.api
    async def remove(name, job): await asyncio.to_thread(api.remove_container, name, force=True)
    outcome, job, _ = asyncio.run(main(remove))
    assert (outcome.failure.kind, outcome.failure.exit_code) == ('lost', 137) and 'destroy' in outcome.failure.evidence['engine_events'] and outcome.failure.evidence['last_lines'] == ['ready']
    assert asyncio.run(bench.runner.find(job)) is not None   # it was begun, and is not begun again
    async def kill(name, job): await asyncio.to_thread(api.kill, name, 'SIGKILL')
    assert asyncio.run(main(kill))[0].failure.signal == 'SIGKILL'
    async def pause(name, job):
        await asyncio.to_thread(api.pause, name)
        async with asyncio.timeout(90):
            while not [e for e in bench.tracker.history(job.id) if e.type == 'paused']: await asyncio.sleep(.02)
        assert job.status == 'running'
        await asyncio.to_thread(api.unpause, name)
    outcome, _, told = asyncio.run(main(pause, 'sleep 6'))
    assert outcome.status == 'completed' and told.count('paused') == 1 and told.count('resumed') == 1
    async def restart(name, job): await asyncio.to_thread(api.restart, name, timeout=0)
    outcome, job, told = asyncio.run(main(restart, 'sleep 6; exit 4'))
    if outcome.failure.exit_code == 4: assert 'restarted' in told and bench.log(job) == b'ready\nready\n'
    else:   # the engine took longer than the patience: it was ended, and what runs again in spite of that is not left
        assert outcome.failure.signal in ('SIGTERM', 'SIGKILL')
        bench.tracker.mark_failed(job.id, outcome.failure)
        until(lambda: asyncio.run(bench.runner.reap(bench.tracker)) is not None and not bench.is_there(job), 'it to be ended')

# --- the reaper

def test_the_reaper_keeps_what_goes_on_and_removes_what_has_ended(bench):
    async def main():
        live, _ = bench.begin('sleep', '600')
        ended, _ = bench.begin('true')
        twin, _ = bench.begin('sleep', '600')
        unknown, _ = bench.begin('true')
        for j in live, ended, twin, unknown: await bench.runner.start(j)
        foreign = bench.client.api.create_container(IMAGE, ['true'], labels={'jobtrack.job': 'x', 'jobtrack.attempt': '1', 'jobtrack.owner': 'somebody else'})['Id']
        try:
            until(lambda: not bench.box(ended)['State']['Running'] and not bench.box(unknown)['State']['Running'], 'them to end')
            bench.tracker.mark_completed(ended.id, 1)
            bench.tracker.mark_failed(twin.id, 'given up')
            record = JobTracker(f'sqlite:///{bench.tmp}/jobs.db')
            record.get_job = lambda i, get=record.get_job: None if i == unknown.id else get(i)
            told = {r.job_id: r.action for r in await bench.runner.reap(record, dry_run=True)}
            assert told == {live.id: 'left', ended.id: 'removed', twin.id: 'ended', unknown.id: 'left'} and len(bench.ours()) == 4
            assert {r.job_id: r.action for r in await bench.runner.reap(record)} == told
            assert {c['Labels']['jobtrack.job'] for c in bench.ours()} == {live.id, unknown.id}
            assert [r.action for r in await bench.runner.reap(record, unknown_after=0.) if r.job_id == unknown.id] == ['removed']
            assert bench.client.api.inspect_container(foreign) and bench.box(live)['State']['Running']
            record.close()
        finally: bench.client.api.remove_container(foreign)
    asyncio.run(main())

def test_forgetting_leaves_what_runs(bench):
    async def main():
        job, report = bench.begin('sleep', '600')
        await bench.runner.start(job)
        assert not await bench.runner.forget(job) and bench.box(job)['State']['Running']
        await bench.runner.stop(job, {'container': bench.runner.container(job)}, 5.)
        assert await bench.runner.forget(job) and not bench.is_there(job) and await bench.runner.find(job) is None
        assert await bench.runner.forget(job)
    asyncio.run(main())

# --- many, and in one line

def test_fifty_at_once(bench):
    async def main():
        many = [bench.sh(f'echo {n}; exit {n % 7}') for n in range(50)]
        outcomes = await asyncio.gather(*(bench.outcome(j, r, 100.) for j, r in many))
        assert [o.failure.exit_code if o.failure else 0 for o in outcomes] == [n % 7 for n in range(50)]
        assert [bench.log(j) for j, _ in many] == [b'%d\n' % n for n in range(50)]
    asyncio.run(main())

def test_in_one_line(tmp_path, bench):
    talk = tmp_path/'talk.txt'
    talk.write_text('hello')
    runner = DockerRunner(tmp_path/'home', base_url=bench.url)
    try:
        job = runner.run(IMAGE, ['sh', '-c', 'tr a-z A-Z </input/talk.txt >/output/loud.txt'], inputs=[talk], name='shout')
        until(lambda: job.is_terminal, 'the job', 60.)
        assert (job.status, job.name, [o.name for o in job.outputs]) == ('completed', 'shout', ['loud.txt']) and Path(job.outputs[0].path).read_text() == 'HELLO'
        job = runner.run(IMAGE, ['sh', '-c', 'exit 4'], tracker=bench.tracker, outputs=tmp_path/'there')
        until(lambda: job.is_terminal, 'the job', 60.)
        assert bench.tracker.get_job(job.id) is job and job.failure.exit_code == 4
        with pytest.raises(InvalidInput): runner.run(IMAGE, 'sh -c true')
        until(lambda: not bench.client.api.containers(all=True, filters={'label': f'jobtrack.owner={runner.owner}'}), 'the containers to be removed')
    finally: runner.close()

def test_a_repeated_container_writes_into_a_folder_of_its_own(tmp_path, bench, monkeypatch):
    monkeypatch.setenv('DOCKER_HOST', bench.url)
    with Jobs(tmp_path/'lab.db') as lab:
        code = 'echo $JOBTRACK_JOB_ID >/output/id; exit 3'
        first = lab.run('sh', '-c', code, image=IMAGE).wait(60)
        again = first.retry().wait(60)
        members = lab.batch('sh -c {}', [code], image=IMAGE)
        members.join(60)
        retried = members.retry_failed()
        retried.join(60)
        jobs = [first, again, *members.jobs(), *retried.jobs()]
        found = {f.parent.name: f.read_text().strip() for f in (tmp_path/'lab.files/containers/outputs').glob('*/id')}
        assert found == {job.id: job.id for job in jobs} and len(found) == 4
        until(lambda: not any(bench.is_there(job) for job in jobs), 'the containers to be removed')

def test_an_output_folder_may_be_named_after_its_job(bench):
    job, report = bench.sh('echo x >/output/a', output_dir=f'{bench.tmp}/out/{{job_id}}')
    assert [o.path for o in bench.run(job, report).outputs] == [f'{bench.tmp}/out/{job.id}/a']

# --- engines

def test_an_engine_that_is_not_there(tmp_path):
    tracker = JobTracker()
    runner = DockerRunner(tmp_path, tracker.logs, base_url=f'unix://{tmp_path}/none.sock')
    job = tracker.create_job('p', runner='docker', spec={'image': IMAGE, 'argv': ['true']})
    assert runner.why_not(job) is None and docker_engine(base_url=runner.url) is None
    with pytest.raises(NodeUnreachable) as e: asyncio.run(runner.start(job))
    assert not e.value.begun and 'No such file' in str(e.value) and 'does not answer' in runner.why_not(job)
    assert asyncio.run(runner.find(job)) is None   # never begun: nobody need be asked
    runner.close()
    tracker.close()

@pytest.mark.parametrize('options, field', [({'base_url': 'gopher://x'}, 'base_url'), ({'base_url': 'unix:///x', 'context': 'y'}, 'context'), ({'context': 'no-such-context'}, 'context')])
def test_engines_that_cannot_be(tmp_path, options, field):
    with pytest.raises(InvalidInput) as e: DockerRunner(tmp_path, **options).engine.api()
    assert e.value.field == field

def test_environment_and_contexts_name_the_engine(tmp_path, monkeypatch, bench):
    monkeypatch.setenv('DOCKER_CONFIG', str(tmp_path))
    (tmp_path/'config.json').write_text('{}')
    for name in 'DOCKER_HOST', 'DOCKER_CONTEXT': monkeypatch.delenv(name, raising=False)
    assert engine_options()['base_url'] == 'unix:///var/run/docker.sock'
    monkeypatch.setenv('DOCKER_HOST', bench.url)
    assert engine_options()['base_url'] == bench.url and docker_engine() == bench.url
    monkeypatch.delenv('DOCKER_HOST')
    at = tmp_path/'contexts/meta'/hashlib.sha256(b'studio').hexdigest()
    at.mkdir(parents=True)
    (at/'meta.json').write_text(json.dumps({'Name': 'studio', 'Metadata': {}, 'Endpoints': {'docker': {'Host': bench.url, 'SkipTLSVerify': False}}}))
    # docker-py reads the place of the configuration once
    told = subprocess.run([sys.executable, '-c', "from cjm_jobtrack.containers.engine import engine_options, docker_engine; print(engine_options(context='studio')['base_url'], docker_engine(context='studio'))"],
                          capture_output=True, text=True, check=True).stdout.split()
    assert told == [bench.url]*2

# --- several records, one folder

def test_the_reaper_of_another_record_leaves_what_nobody_has_saved_yet(bench):
    "Two records share a runner's folder. One of them sees that a container has ended of which the other has yet to learn."
    other = JobTracker(f'sqlite:///{bench.tmp}/other.db')
    job, report = bench.sh('echo x >/output/a; exit 3', output_dir=str(bench.tmp/'out'))
    async def main():
        handle = await bench.runner.start(job)
        until(lambda: not bench.box(job)['State']['Running'], 'its end')
        box = bench.box(job)
        box['State']['FinishedAt'] = box['Created'] = '2001-01-01T00:00:00.000000000Z'
        assert [(r.action, r.why) for r in await bench.runner.reap(other)] == [('left', 'this record does not know it')]
        assert _reap_action(Inspected(box), None, 1, None)[0] == 'left' and _reap_action(Inspected(box), None, 1, 3600.)[0] == 'removed'   # however long ago, unless the caller says so
        outcome = await bench.runner.follow(job, handle, report)
        assert outcome.failure.exit_code == 3 and [o.name for o in outcome.outputs] == ['a']
    asyncio.run(main())
    other.close()

# --- folders that are lent

def owners(*paths): return [os.lstat(p).st_uid for p in paths]

@root_only
def test_a_crash_while_lending_is_mended_by_lending_again(tmp_path, monkeypatch):
    grants, out = FolderGrants(tmp_path/'lent'), tmp_path/'out'
    (out/'a').mkdir(parents=True)
    (out/'a/b').touch()
    os.chown(out, 500, 500)
    class Crash(BaseException): pass
    def crash(*a, **k): raise Crash
    with monkeypatch.context() as m, pytest.raises(Crash):
        m.setattr(container_files, '_chown_tree', crash)
        grants.grant(str(out), '65534:65534')
    assert grants.all() == [str(out)] and owners(out, out/'a', out/'a/b') == [500, 0, 0]
    for _ in range(2):
        grants.grant(str(out), '65534:65534')
        assert owners(out, out/'a', out/'a/b') == [65534]*3
    grants.revoke(str(out), lambda: False)
    assert owners(out, out/'a', out/'a/b') == [500, 0, 0] and not grants.all()

@root_only
def test_what_lies_in_a_lent_folder_is_given_back_with_it(tmp_path):
    grants, out = FolderGrants(tmp_path/'lent'), tmp_path/'out'
    for name in ('his', 'ours'): (out/name).mkdir(parents=True)
    os.chown(out/'his', 500, 500)
    grants.grant(str(out), '65534:65534')
    for name in ('his', 'ours', 'new'):
        (out/name).mkdir(exist_ok=True)
        grants.grant(str(out/name), '65534:65534')
    (out/'ours/later').touch()
    grants.grant(str(out/'ours'), '65534:65534')
    assert set(owners(out, *out.rglob('*'))) == {65534} and grants.all()[0] == str(out) and grants.all(str(out/'ours')) == [str(out)]
    with pytest.raises(InvalidInput, match='is granted to 65534') as e: grants.grant(str(out/'new'), '7:7')
    assert e.value.field == 'user'
    for path in grants.all(str(out)): grants.revoke(path, lambda: False)
    assert owners(out, out/'ours', out/'ours/later', out/'new', out/'his') == [0, 0, 0, 0, 500] and not grants.all()
    grants.grant(str(out), '65534:65534')
    grants.grant(str(out), '7:7', in_use=lambda path: False)   # nobody has taken it back from the first
    assert owners(out, out/'ours') == [7, 7]
    grants.revoke(str(out), lambda: False)
    assert owners(out, out/'ours') == [0, 0]

@root_only
@pytest.mark.parametrize('swapped', ['sub', 'sub/d'])
def test_root_gives_nothing_away_through_a_link(tmp_path, monkeypatch, swapped):
    "A container that writes into a folder above puts a link in the place of a folder, just when that is about to be looked at."
    (secret := tmp_path/'secret/d').mkdir(parents=True)
    for p in secret.parent, secret: (p/'key').touch(mode=0o600)
    out, grants, opened = tmp_path/'out', FolderGrants(tmp_path/'lent'), os.open
    (out/'sub/d').mkdir(parents=True)
    def swap(path, flags, *a, dir_fd=None, **k):
        if path == Path(swapped).name and dir_fd is not None and not (out/swapped).is_symlink():
            os.rename(out/swapped, tmp_path/'away')
            (out/swapped).symlink_to(tmp_path/'secret')
        return opened(path, flags, *a, dir_fd=dir_fd, **k)
    monkeypatch.setattr(os, 'open', swap)
    try: grants.grant(str(out/'sub'), '65534:65534')
    except StoreError: assert swapped == 'sub'
    assert (out/swapped).is_symlink() and set(owners(secret.parent, *secret.parent.rglob('*'))) == {0}

@root_only
def test_a_tree_without_a_bottom_is_not_followed(tmp_path):
    at = os.open(tmp_path, os.O_RDONLY)
    for _ in range(1200):
        os.mkdir('d', dir_fd=at)
        at, above = os.open('d', os.O_RDONLY, dir_fd=at), at
        os.close(above)
    os.close(at)
    with pytest.raises(StoreError): FolderGrants(tmp_path/'lent').grant(str(tmp_path/'d'), '65534:65534')
    subprocess.run(['rm', '-r', str(tmp_path/'d')], check=True)   # Python's own way is not deep enough

@root_only
@pytest.mark.parametrize('first, second', [('out', 'out/sub'), ('out/sub', 'out'), ('out', 'out')])
@pytest.mark.parametrize('installations', [1, 2])
def test_a_folder_stays_lent_while_another_container_writes_into_it(bench, first, second, installations):
    (bench.tmp/'out/sub').mkdir(parents=True)
    (gate := bench.tmp/'gate').mkdir()
    other = DockerRunner(bench.tmp/'docker2', bench.tracker.logs, base_url=bench.url) if installations == 2 else bench.another()
    async def main():
        (a, ra), (b, rb) = (bench.sh(f'until [ -e /gate/{n} ]; do sleep .02; done; touch /output/{n}', output_dir=str(bench.tmp/at), inputs={str(gate): '/gate'}) for n, at in (('a', first), ('b', second)))
        follows = []
        for runner, job, report in (bench.runner, a, ra), (other, b, rb): follows.append(asyncio.create_task(runner.follow(job, await runner.start(job), report)))
        (gate/'a').touch()
        ended = await follows[0]
        assert (ended.status, [Path(o.path).name for o in ended.outputs]) == ('completed', ['a']), ended
        await bench.runner.reap(bench.tracker)
        (gate/'b').touch()
        ended = await follows[1]
        assert (ended.status, 'b' in [Path(o.path).name for o in ended.outputs]) == ('completed', True), ended
        for job in a, b: bench.tracker.mark_completed(job.id, 0)
    def given_back():
        for runner in bench.runner, other: asyncio.run(runner.reap(bench.tracker))
        return not bench.runner.containers.grants.all() and not other.containers.grants.all()
    try:
        asyncio.run(main())
        until(given_back, 'the containers to be gone, and the folder to be given back')
        assert set(owners(bench.tmp/'out', *(bench.tmp/'out').rglob('*'))) == {0}
    finally: other.close()

@root_only
def test_two_users_do_not_write_into_one_folder_at_once(bench):
    out = str(bench.tmp/'out')
    async def main():
        a, report = bench.begin('sleep', '600', output_dir=out)
        handle = await bench.runner.start(a)
        b, _ = bench.begin('true', output_dir=out, user='7:7')
        with pytest.raises(InvalidInput, match='is granted to 65534') as e: await bench.runner.start(b)
        assert e.value.field == 'user' and not bench.is_there(b) and owners(out) == [65534] and bench.box(a)['State']['Running']
        await bench.runner.stop(a, handle, 0.)
        await bench.runner.follow(a, handle, report)
        assert (await bench.outcome(*bench.begin('touch', '/output/x', output_dir=out, user='7:7'))).status == 'completed'
    asyncio.run(main())

@pytest.mark.parametrize('name', ['x'*300, 'file/x'])
def test_a_folder_that_cannot_be_made_is_told_as_such(tmp_path, name):
    (tmp_path/'file').touch()
    with pytest.raises(InvalidInput) as e: make_folder(str(tmp_path/name))
    assert e.value.field == 'output_dir'

# --- the runner's own folder

def test_the_runners_own_folder_is_not_for_outputs(bench):
    own = bench.runner.folder
    (bench.tmp/'link').symlink_to(own)
    for path in own, own.parent, own/'attempts', own/'attempts/x', own/'outputs', own/'outputs/../attempts', bench.tmp/'link', bench.tmp/'link/lent':
        if '..' not in path.parts:
            with pytest.raises(InvalidInput, match='keeps its own files') as e: asyncio.run(bench.runner.start(bench.begin('true', output_dir=str(path))[0]))
            assert e.value.field == 'output_dir'
        with pytest.raises(InvalidInput, match='keeps its own files'): bench.runner.run(IMAGE, ['true'], outputs=path, tracker=bench.tracker)
    assert not bench.ours() and not (own/'attempts/x').exists()
    assert (job := bench.runner.run(IMAGE, ['touch', '/output/x'], outputs=own/'outputs/mine', tracker=bench.tracker)) is bench.tracker.join(job.id, 60) and job.status == 'completed'
    beside = own.with_name(own.name + '2')
    assert bench.run(*bench.begin('touch', '/output/x', output_dir=str(beside))).status == 'completed'

# --- closing

def test_closing_ends_every_queue_that_nobody_uses_any_more(bench):
    "Also when the runner goes on carrying out the jobs of another queue, for somebody else."
    one, two = (DockerRunner(bench.tmp/'home', base_url=bench.url) for _ in range(2))
    try:
        mine, ours = one.queue(), one.queue(bench.tracker)
        assert two.queue(bench.tracker) is ours
        one.close()
        assert not mine._thread.is_alive() and ours._thread.is_alive()
        job = two.run(IMAGE, ['true'], tracker=bench.tracker)
        assert bench.tracker.join(job.id, 60).status == 'completed'
        until(lambda: not bench.ours(f'jobtrack.owner={two.owner}'), 'the container to be removed')
        two.close()
        assert not ours._thread.is_alive() and all(r.engine.threads._shutdown for r in (one, two))
    finally: one.close(), two.close()

def test_what_is_closed_says_so_and_what_was_stopped_goes_on(bench):
    runner = DockerRunner(bench.tmp/'home', base_url=bench.url)
    try:
        (queue := runner.queue()).stop()
        job = runner.run(IMAGE, ['true'])
        assert runner.queue() is queue and queue.tracker.join(job.id, 60).status == 'completed'
        until(lambda: not bench.ours(f'jobtrack.owner={runner.owner}'), 'the container to be removed')
    finally: runner.close()
    for use in lambda: runner.run(IMAGE, ['true']), runner.queue:
        with pytest.raises(InvalidInput, match='is closed'): use()
    runner.close()

@pytest.mark.parametrize('owner', ['my lab', '', 'a/b', 'Zoë', 'x\n'])
def test_an_owner_that_cannot_be_part_of_a_name(tmp_path, owner):
    with pytest.raises(InvalidInput) as e: DockerRunner(tmp_path, owner=owner)
    assert e.value.field == 'owner' and e.value.remedy

@root_only
def test_a_folder_that_is_open_to_all_is_not_lent(tmp_path):
    (out := tmp_path/'out').mkdir()
    out.chmod(0o1777)
    (out/'ours').touch()
    (grants := FolderGrants(tmp_path/'lent')).grant(str(out), '65534:65534')
    assert owners(out, out/'ours') == [0, 0] and not grants.all()
# --- faults of our own files are not the engine's

def test_faults_of_files_do_not_silence_the_engine(bench):
    def fails(api): raise TimeoutError('a lock of ours')
    with pytest.raises(TimeoutError): bench.runner.engine.call(fails)
    assert bench.runner.engine.outage is None and bench.runner.engine.why_unreachable() is None
    def breaks(api): raise ConnectionResetError('by the engine')
    with pytest.raises(NodeUnreachable): bench.runner.engine.call(breaks)
    assert bench.runner.engine.outage is not None

@pytest.mark.parametrize('field', ['inputs', 'output_dir'])
def test_a_path_that_cannot_be_looked_at_is_invalid(bench, field):
    path = str(bench.tmp/('x'*300))
    job, report = bench.begin('true', **{field: {path: '/in'} if field == 'inputs' else path})
    with pytest.raises(InvalidInput) as e: asyncio.run(bench.runner.start(job))
    assert e.value.field == field and 'too long' in e.value.problem and bench.runner.engine.outage is None
