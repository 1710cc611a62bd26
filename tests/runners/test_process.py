"Programs as jobs: begun once, found after our death, stopped to the last descendant. Real processes throughout."
import asyncio, fcntl, json, os, shutil, signal, subprocess, sys, textwrap, threading, time
from contextlib import suppress
from pathlib import Path
import psutil, pytest
from cjm_jobtrack.model.errors import InvalidInput, StoreError
from cjm_jobtrack.logs.log_store import LogStore
from cjm_jobtrack.tracker.tracker import JobTracker
from cjm_jobtrack.runners import outputs
from cjm_jobtrack.runners.process_files import AttemptFolder
from cjm_jobtrack.runners.cgroups import Cgroup, Cgroups, own_groups
from cjm_jobtrack.runners.process import ProcessRunner
from cjm_jobtrack.runners.process_spec import check_limits, check_process
from cjm_jobtrack.runners.outcome import Report
from helpers import until

PY = sys.executable

def runs(pid:int) -> bool:
    try: return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess: return False

def number(path:Path) -> int|None:
    text = path.read_text() if path.exists() else ''
    return int(text) if text.endswith('\n') else None

class Bench:
    "A tracker, a runner, and jobs for it."
    def __init__(self, tmp, groups=True):
        self.tmp, self.tracker, self.groups = tmp, JobTracker(f'sqlite:///{tmp}/jobs.db'), groups
        self.runners = []
        self.runner = self.another()
        self.runner.interval = .02
        self.before = {*psutil.Process().children()}   # of other tests

    def another(self):
        self.runners.append(ProcessRunner(self.tmp/'work', self.tracker.logs, groups=self.groups))
        return self.runners[-1]

    def is_alone(self):
        "Whether our children are gone. One of which the exit status is known may still be ending, and only its parent can reap it."
        for r in self.runners: r._reap()
        return not self.children()

    def cgroups(self): return [g for p in set(Cgroups.find().parents.values()) for g in p.glob(self.runner._prefix() + '*')] if Cgroups.find() else []

    def begin(self, *words, **spec):
        job = self.tracker.create_job('p', runner='process', spec={'argv': [str(a) for a in words], **spec})
        self.tracker.mark_running(job.id)
        return job, Report(self.tracker, job.id, job.attempt)

    def py(self, code, *args, **spec): return self.begin(PY, '-c', textwrap.dedent(code), *args, **spec)
    def children(self):
        "Ours, and theirs; a server that another test uses may come and go with children of its own."
        ours = {*psutil.Process().children()} - self.before
        for c in [*ours]:
            with suppress(psutil.NoSuchProcess): ours.update(c.children(recursive=True))
        return ours
    def log(self, job): return self.tracker.logs.path(job.id, job.attempt).read_bytes()
    def folder(self, job): return self.tmp/'work'/job.id/str(job.attempt)

    async def outcome(self, job, report, runner=None):
        runner = runner or self.runner
        return await asyncio.wait_for(runner.follow(job, await runner.start(job), report), 90)

    def run(self, *argv, **spec): return asyncio.run(self.outcome(*self.begin(*argv, **spec)))

@pytest.fixture(params=['groups', 'marks'])
def bench(tmp_path, request):
    "With control groups and without; with a look, afterwards, whether anything was left open or running."
    if request.param == 'groups' and not Cgroups.find(): pytest.skip('this process may not make control groups')
    fds = set(os.listdir('/proc/self/fd')) if os.path.exists('/proc/self/fd') else None
    b = Bench(tmp_path, request.param == 'groups')
    yield b
    b.tracker.close()
    until(b.is_alone, 'our children to be gone')  # also no zombie
    until(lambda: not b.cgroups(), 'our control groups to be gone')
    if fds is not None:
        left = {f: os.readlink(f'/proc/self/fd/{f}') for f in set(os.listdir('/proc/self/fd')) - fds if os.path.islink(f'/proc/self/fd/{f}')}
        assert not {f: t for f, t in left.items() if str(tmp_path) in t or 'pidfd' in t or t.startswith('pipe')}

# --- how it ends

@pytest.mark.parametrize('script, code, kind, sig', [
    ('exit 0', 0, None, None), ('exit 1', 1, 'exit', None), ('exit 255', 255, 'exit', None), ('exit 65', 65, 'invalid', None),
    ('kill -9 $$', 137, 'signal', 'SIGKILL'), ('kill -TERM $$', 143, 'signal', 'SIGTERM'), ('kill -SEGV $$', 139, 'signal', 'SIGSEGV'), ('kill -HUP $$', 129, 'signal', 'SIGHUP'),
    ('kill -TERM 0; sleep 60', 143, 'signal', 'SIGTERM')])  # to its whole group, where the supervisor is as well
def test_exit_statuses_and_signals(bench, script, code, kind, sig):
    job, report = bench.begin('sh', '-c', f'echo out; echo err >&2; {script}', invalid_exit=[65])
    o = asyncio.run(bench.outcome(job, report))
    assert bench.log(job) == b'out\nerr\n'  # both streams in order, and no word of the shell's own
    if kind is None: assert (o.status, o.result['exit_code']) == ('completed', 0)
    else: assert (o.status, o.failure.kind, o.failure.exit_code, o.failure.signal, o.failure.evidence['last_lines']) == ('failed', kind, code, sig, ['out', 'err'])

@pytest.mark.parametrize('arg', ['', ' ', 'a b', "it's", '"', '$HOME', '`id`', '; id', '*', '\n', '-n', '--', '\\', 'ü', '\udcff'])
def test_arguments_arrive_as_they_are(bench, arg):
    job, report = bench.py('import os, sys; os.write(1, os.fsencode(sys.argv[1]))', arg)
    assert asyncio.run(bench.outcome(job, report)).status == 'completed' and bench.log(job) == os.fsencode(arg)

def test_the_program_begins_in_a_clean_environment(bench, monkeypatch):
    "No descriptor of ours, an empty input, default signals, its own session, the environment as asked and without our tokens."
    monkeypatch.setenv('JOBTRACK_TOKEN', 'secret'), monkeypatch.setenv('c', 'ours'), monkeypatch.setenv('GONE', 'x')
    job, report = bench.py('''
        import json, os, signal, sys
        print(json.dumps(dict(fds=sorted(os.listdir('/proc/self/fd'))[:-1] if os.path.exists('/proc/self/fd') else ['0', '1', '2'], stdin=sys.stdin.read(), env=dict(os.environ), cwd=os.getcwd(),
            session=os.getsid(0) == os.getppid(), ignored=[s.name for s in signal.Signals if s in (1, 2, 15) and signal.getsignal(s) is signal.SIG_IGN])))
    ''', cwd=str(bench.tmp), env={'MORE': 'x=y z', 'GONE': None})
    assert asyncio.run(bench.outcome(job, report)).status == 'completed'
    got = json.loads(bench.log(job))
    assert (got['fds'], got['stdin'], got['cwd'], got['session'], got['ignored']) == (['0', '1', '2'], '', str(bench.tmp), True, [])
    env = got['env']
    assert (env['MORE'], env['c'], env['JOBTRACK_JOB_ID'], env['JOBTRACK_ATTEMPT']) == ('x=y z', 'ours', job.id, '1') and not {'GONE', 'JOBTRACK_TOKEN'} & env.keys()

def test_programs_are_found_by_name_path_and_folder(bench):
    own = bench.tmp/'tool'
    own.write_text('#!/bin/sh\necho mine "$0"')
    own.chmod(0o755)
    for argv0, spec in ('tool', {'env': {'PATH': f'{bench.tmp}:{os.environ["PATH"]}'}}), ('./tool', {'cwd': str(bench.tmp)}), (own, {}):
        job, report = bench.begin(argv0, **spec)
        assert asyncio.run(bench.outcome(job, report)).status == 'completed' and bench.log(job) == f'mine {own}\n'.encode()

# --- what is asked

@pytest.mark.parametrize('spec, field', [
    ({}, 'argv'), ({'argv': []}, 'argv'), ({'argv': 'ls -l'}, 'argv'), ({'argv': ['ls', 3]}, 'argv[1]'), ({'argv': ['ls', 'a\0b']}, 'argv[1]'), ({'argv': ['ls', '\ud800']}, 'argv[1]'),
    ({'argv': ['no-such-program-9']}, 'argv'), ({'argv': ['/etc/passwd']}, 'argv'), ({'argv': ['/']}, 'argv'), ({'argv': ['']}, 'argv'), ({'argv': ['exit', '3']}, 'argv'),
    ({'argv': ['ls'], 'cwd': '/no/such'}, 'cwd'), ({'argv': ['ls'], 'cwd': '/etc/passwd'}, 'cwd'), ({'argv': ['ls'], 'cwd': 3}, 'cwd'),
    ({'argv': ['ls'], 'env': ['A=1']}, 'env'), ({'argv': ['ls'], 'env': {'A=': 'x'}}, 'env'), ({'argv': ['ls'], 'env': {'': 'x'}}, 'env'), ({'argv': ['ls'], 'env': {'A': 1}}, 'env.A'),
    ({'argv': ['ls'], 'output_dir': 'out'}, 'output_dir'), ({'argv': ['ls'], 'output_root': '/tmp', 'output_globs': ['../*']}, 'output_globs[0]'),
    ({'argv': ['ls'], 'output_globs': ['*']}, 'output_root'), ({'argv': ['ls'], 'output_root': '/tmp', 'output_globs': ['/etc/*']}, 'output_globs[0]'),
    ({'argv': ['ls'], 'progress': {'formats': ['smoke']}}, 'formats'), ({'argv': ['ls'], 'progress': {'speed': 3}}, 'progress'), ({'argv': ['ls'], 'invalid_exit': 65}, 'invalid_exit'),
    ({'argv': ['ls'], 'limits': 3}, 'limits'), ({'argv': ['ls'], 'leftovers': 'keep'}, 'leftovers'), ({'argv': ['ls'], 'limits': {'cpus': 10_000}}, 'limits.cpus'), ({'argv': ['ls'], 'limits': {'open_files': 1 << 40}}, 'limits.open_files'),
    ({'argv': ['ls'], 'output_dir': '~/out'}, 'output_dir'), ({'argv': ['ls'], 'output_dir': '/tmp/../etc/out'}, 'output_dir'), ({'argv': ['ls'], 'output_dir': '/etc/passwd/out'}, 'output_dir'),
    ({'argv': ['ls'], 'output_root': '/tmp/..', 'output_globs': ['*']}, 'output_root'), ({'argv': ['ls'], 'cwd': '~'}, 'cwd'), ({'argv': ['ls'], 'env': {'A': 10**5000}}, 'env.A'),
    ({'argv': ['ls'], 'require_output': True}, 'require_output'), ({'argv': ['ls'], 'require_output': True, 'output_root': '/tmp'}, 'require_output'), ({'argv': ['ls'], 'require_output': 'yes'}, 'require_output'),
    ({'argv': ['ls'], 'output': 'x'}, 'output'), ({'argv': ['true', *['x'*100_000]*60]}, 'argv')])
def test_what_cannot_be_carried_out_is_refused_and_never_begun(bench, spec, field):
    job = bench.tracker.create_job('p', runner='process', spec=spec)
    bench.tracker.mark_running(job.id)
    with pytest.raises(InvalidInput) as e: asyncio.run(bench.runner.start(job))
    assert e.value.field == field
    assert asyncio.run(bench.runner.find(job)) is None

@pytest.mark.parametrize('spec', [{'argv': ['no-such-program-9']}, {'argv': ['ls'], 'limits': {'cpus': 10_000}}, {'argv': ['true', *['x'*100_000]*60]}])
def test_what_is_refused_leaves_no_folder(bench, spec):
    with pytest.raises(InvalidInput): asyncio.run(bench.runner.start(bench.begin(output_dir=str(bench.tmp/'new/out'), **spec)[0]))
    assert not (bench.tmp/'new').exists()
    (bench.tmp/'old').mkdir()
    with pytest.raises(InvalidInput): asyncio.run(bench.runner.start(bench.begin(output_dir=str(bench.tmp/'old'), **spec)[0]))
    assert (bench.tmp/'old').exists()

# --- once

def test_two_processes_at_once_begin_it_once(bench):
    job, report = bench.py(f'import os; f = os.open({str(bench.tmp/"count")!r}, os.O_CREAT | os.O_APPEND | os.O_WRONLY); os.write(f, b"x")')
    code = '''
        import asyncio, sys, time
        from cjm_jobtrack.model.job import Job
        from cjm_jobtrack.logs.log_store import LogStore
        from cjm_jobtrack.runners.process import ProcessRunner
        folder, logs, job = sys.argv[1:]
        job, runner = Job.from_json(job), ProcessRunner(folder, LogStore(logs))
        print('ready', flush=True)
        sys.stdin.readline()
        print(asyncio.run(runner.start(job)), flush=True)
    '''
    many = [subprocess.Popen([PY, '-c', textwrap.dedent(code), bench.tmp/'work', bench.tracker.logs.folder, job.to_json()], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(6)]
    for p in many: assert p.stdout.readline() == 'ready\n'
    for p in many: p.stdin.write('\n'); p.stdin.flush()
    told = {p.communicate(timeout=30)[0] for p in many}
    assert asyncio.run(bench.outcome(job, report)).status == 'completed'
    assert (bench.tmp/'count').read_text() == 'x' and len(told) == 1

def test_two_tasks_at_once_begin_it_once_and_each_attempt_anew(bench):
    async def main():
        job, report = bench.begin('sh', '-c', 'echo x >>"$0"', bench.tmp/'count')
        others = [bench.another() for _ in range(4)]
        handles = await asyncio.gather(*(r.start(job) for r in [bench.runner, *others]*3))
        assert all(h == handles[0] for h in handles)
        await bench.runner.follow(job, handles[0], report)
        assert await bench.runner.start(job) == handles[0] == await others[0].find(job)
        bench.tracker.mark_pending(job.id, 'again'); bench.tracker.mark_running(job.id)
        await bench.outcome(job, Report(bench.tracker, job.id, 2))
    asyncio.run(main())
    assert (bench.tmp/'count').read_text() == 'x\nx\n'

@pytest.mark.parametrize('left', [{}, {'work.json': '{"argv": ["fal'}, {'work.json': '{}', 'pid': ''}, {'pid': '12'}])
def test_a_start_that_was_cut_off_is_made_good(bench, left):
    "Killed before anything ran: whatever files are there, the program is begun now, and once."
    job, report = bench.begin('sh', '-c', 'echo x')
    bench.folder(job).mkdir(parents=True)
    (bench.folder(job)/'alive').touch()
    for name, text in left.items(): (bench.folder(job)/name).write_text(text)
    assert asyncio.run(bench.runner.find(job)) is None
    assert asyncio.run(bench.outcome(job, report)).status == 'completed' and bench.log(job) == b'x\n'

def test_where_nothing_can_be_written_nothing_is_begun(bench, monkeypatch):
    job, report = bench.begin('touch', bench.tmp/'ran')
    monkeypatch.setattr(AttemptFolder, 'reserve', lambda self: None)   # else it would be seen by us
    bench.folder(job).mkdir(parents=True)
    (bench.folder(job)/'pid').symlink_to('/no/such/folder/pid')
    o = asyncio.run(bench.outcome(job, report))
    assert o.failure.kind == 'not_started' and 'could not write' in o.failure.message
    assert not (bench.tmp/'ran').exists() and asyncio.run(bench.runner.find(job)) is None
    job, report = bench.begin('touch', bench.tmp/'ran')
    bench.folder(job).parent.write_text('a file, where a folder is needed')
    with pytest.raises(StoreError, match='nothing can be written'): asyncio.run(bench.runner.start(job))

def test_whoever_is_just_beginning_it_is_waited_for(bench):
    job, report = bench.begin('sh', '-c', 'echo x')
    bench.folder(job).mkdir(parents=True)
    lock = os.open(bench.folder(job)/'alive', os.O_RDWR | os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_EX)
    async def main():
        finding, starting = asyncio.create_task(bench.runner.find(job)), asyncio.create_task(bench.runner.start(job))
        done, _ = await asyncio.wait({finding, starting}, timeout=.1)
        assert not done
        os.close(lock)  # it died without having begun
        assert await asyncio.wait_for(starting, 30)
        return await bench.outcome(job, report)
    assert asyncio.run(main()).status == 'completed'

# --- an id that is used again

def end(tracker, job, o): tracker.mark_completed(job.id, None) if o.status == 'completed' else tracker.mark_failed(job.id, o.failure)

def renewed(bench, job, *argv, keep_logs=False, **spec):
    "Another job with the id of one that has ended, which is deleted."
    bench.tracker.delete_jobs([job.id], logs=not keep_logs)
    new = bench.tracker.create_job('p', id=job.id, runner='process', spec={'argv': [str(a) for a in argv], **spec})
    bench.tracker.mark_running(new.id)
    return new, Report(bench.tracker, new.id, new.attempt)

@pytest.mark.parametrize('keep_logs', [False, True])
@pytest.mark.parametrize('who', ['same', 'another'])
def test_an_id_that_is_used_again_is_new_work(bench, who, keep_logs):
    job, report = bench.begin('sh', '-c', 'echo one; exit 3')
    end(bench.tracker, job, asyncio.run(bench.outcome(job, report)))
    for n in 4, 5:
        job, report = renewed(bench, job, 'sh', '-c', f'echo {n}; exit {n}', keep_logs=keep_logs)
        runner = bench.another() if who == 'another' else bench.runner
        assert asyncio.run(runner.find(job)) is None
        o = asyncio.run(bench.outcome(job, report, runner))
        assert o.failure.exit_code == n and bench.log(job) == b'%d\n' % n
        assert asyncio.run(bench.another().find(job)) == asyncio.run(runner.start(job)) == asyncio.run(runner.find(job))
        end(bench.tracker, job, o)
    assert os.listdir(bench.folder(job).parent) == ['1']

def test_a_log_without_a_folder_is_an_earlier_jobs_when_it_is_older_than_the_job(bench):
    job, report = bench.begin('sh', '-c', 'echo one')
    end(bench.tracker, job, asyncio.run(bench.outcome(job, report)))
    shutil.rmtree(bench.folder(job).parent)
    os.utime(bench.tracker.logs.path(job.id, 1), (1, 1))
    job, report = renewed(bench, job, 'sh', '-c', 'echo two', keep_logs=True)
    asyncio.run(bench.outcome(job, report))
    assert bench.log(job) == b'two\n'
    job, report = bench.begin('sh', '-c', 'echo three')
    report.log(b'by hand\n')   # before the start, and yet its own
    asyncio.run(bench.outcome(job, report))
    assert bench.log(job) == b'by hand\nthree\n'

def test_what_an_earlier_job_of_the_id_has_left_running_is_stopped_first(bench):
    "Nobody follows it any more, and the new job takes its place."
    async def main():
        job, report = bench.begin('sh', '-c', 'trap "" TERM; while :; do sleep 60; done')
        handle = await bench.runner.start(job)
        bench.tracker.mark_failed(job.id, 'given up')
        new, report = renewed(bench, job, 'sh', '-c', 'echo two')
        for verb in bench.runner.find(new), bench.another().find(new): assert await verb is None
        assert (await bench.runner.follow(new, handle, report)).failure.kind == 'lost' and (await bench.runner.stop(new, handle, 1.)).how == 'gone'
        assert runs(handle['pid'])
        assert (await bench.outcome(new, report)).status == 'completed' and bench.log(new) == b'two\n'
        assert not runs(handle['pid']) and (await bench.runner.stop(job, handle, 1.)).how == 'gone'
    asyncio.run(main())

def test_what_an_earlier_job_has_left_and_cannot_be_stopped_is_in_the_way(bench, monkeypatch):
    async def main():
        job, report = bench.begin('sleep', '600')
        handle = await bench.runner.start(job)
        bench.tracker.mark_failed(job.id, 'given up')
        new, report = renewed(bench, job, 'sh', '-c', 'echo two')
        with monkeypatch.context() as m:
            async def in_vain(folder, grace, how='gone'): return 'unconfirmed', set(), [handle['pid']]
            m.setattr(bench.runner, '_end', in_vain)
            with pytest.raises(InvalidInput, match=f'still running.*{handle["pid"]}') as e: await bench.runner.start(new)
            assert e.value.field == 'id' and await bench.runner.find(new) is None
        assert (await bench.outcome(new, report)).status == 'completed'
    asyncio.run(main())

def test_many_who_begin_it_anew_begin_it_once(bench):
    async def main():
        job, report = bench.begin('true')
        end(bench.tracker, job, await bench.outcome(job, report))
        new, report = renewed(bench, job, 'sh', '-c', 'echo x >>"$0"', bench.tmp/'count')
        many = [bench.another() for _ in range(6)]
        handles = await asyncio.gather(*(r.start(new) for r in many*3))
        assert all(h == handles[0] for h in handles)
        await bench.outcome(new, report)
    asyncio.run(main())
    assert (bench.tmp/'count').read_text() == 'x\n'

def test_who_makes_room_late_leaves_alone_what_was_begun_meanwhile(bench):
    async def main():
        job, report = bench.begin('true')
        end(bench.tracker, job, await bench.outcome(job, report))
        new, report = renewed(bench, job, 'sh', '-c', 'while [ ! -e "$0/go" ]; do sleep .02; done; echo x >>"$0/count"', bench.tmp)
        late, other, inside, begun = bench.another(), bench.another(), asyncio.Event(), asyncio.Event()
        really = late._end
        async def after_a_while(*args):
            inside.set()
            with suppress(TimeoutError):
                async with asyncio.timeout(1): await begun.wait()
            return await really(*args)
        late._end = after_a_while
        both = [asyncio.create_task(late.start(new))]
        await inside.wait()
        both.append(asyncio.create_task(other.start(new)))
        both[1].add_done_callback(lambda _: begun.set())
        handles = await asyncio.gather(*both)
        (bench.tmp/'go').touch()
        assert handles[0] == handles[1] and (await bench.outcome(new, report)).status == 'completed'
    asyncio.run(main())
    assert (bench.tmp/'count').read_text() == 'x\n'

def test_work_of_an_earlier_version_belongs_to_whoever_asks(bench):
    "It did not write down when its job was created."
    async def main():
        job, report = bench.begin('sh', '-c', 'echo x; exit 3')
        handle = await bench.runner.start(job)
        work = json.loads((bench.folder(job)/'work.json').read_text())
        assert work.pop('created_at') == job.created_at
        (bench.folder(job)/'work.json').write_text(json.dumps(work))
        assert await bench.another().find(job) == handle == await bench.runner.start(job)
        assert (await bench.runner.follow(job, handle, report)).failure.exit_code == 3
    asyncio.run(main())

# --- our own death

HELPER = '''
    import asyncio, sys
    from cjm_jobtrack.tracker.tracker import JobTracker
    from cjm_jobtrack.runners.process import ProcessRunner
    from cjm_jobtrack.runners.outcome import Report
    db, folder, job_id = sys.argv[1:]
    tracker = JobTracker(db)
    job, runner = tracker.get_job(job_id), ProcessRunner(folder, tracker.logs)
    tracker.mark_running(job.id)
    async def main():
        handle = await runner.start(job)
        print('begun', flush=True)
        await runner.follow(job, handle, Report(tracker, job.id, 1))
    asyncio.run(main())
'''
COUNTS = '''
    import pathlib, sys, time
    n, last, stop = 0, int(sys.argv[2]), pathlib.Path(sys.argv[1])
    while n < last or not stop.exists():
        n += 1
        print(f'line {n} Progress: {min(n, 90)}%', flush=True)
        time.sleep(.001)
    sys.exit(7)
'''

def orphan(bench, job) -> subprocess.Popen:
    "Have another process begin and follow a job."
    helper = subprocess.Popen([PY, '-c', textwrap.dedent(HELPER), f'sqlite:///{bench.tmp}/jobs.db', bench.tmp/'work', job.id], stdout=subprocess.PIPE, text=True)
    assert helper.stdout.readline() == 'begun\n'
    return helper

def kill(helper):
    helper.kill()
    helper.wait()
    helper.stdout.close()

def unbegun(bench, code, *args): return bench.tracker.create_job('p', runner='process', spec={'argv': [PY, '-c', textwrap.dedent(code), *map(str, args)]})

def test_a_program_outlives_us_and_is_followed_on(bench):
    job = unbegun(bench, COUNTS, bench.tmp/'enough', 50)
    helper = orphan(bench, job)
    until(lambda: bench.tracker.logs.size(job.id, 1) > 1000, 'output')
    kill(helper)
    before = bench.tracker.logs.size(job.id, 1)
    until(lambda: bench.tracker.logs.size(job.id, 1) > before + 1000, 'output while nobody is there')
    async def main():
        report = Report(bench.tracker, job.id, 1)
        handle = await bench.runner.find(bench.tracker.get_job(job.id))
        assert handle == await bench.runner.start(job) and runs(handle['pid'])
        following = asyncio.create_task(bench.runner.follow(job, handle, report))
        async for e in bench.tracker.watch(job.id):
            if e.type == 'progress' and e.data['percent'] == 90: break
        (bench.tmp/'enough').touch()
        return await asyncio.wait_for(following, 30)
    o = asyncio.run(main())
    assert (o.failure.kind, o.failure.exit_code) == ('exit', 7)
    lines = bench.log(job).decode().splitlines()
    assert lines == [f'line {n} Progress: {min(n, 90)}%' for n in range(1, len(lines)+1)] and len(lines) >= 90

def test_a_program_that_ended_while_nobody_was_there(bench):
    job = unbegun(bench, COUNTS, bench.tmp/'enough', 50)
    kill(orphan(bench, job))
    job, report = bench.tracker.get_job(job.id), Report(bench.tracker, job.id, 1)
    (bench.tmp/'enough').touch()
    until(lambda: number(bench.folder(job)/'exit') is not None, 'its end')
    assert asyncio.run(bench.runner.find(job))
    o = asyncio.run(bench.outcome(job, report))
    assert o.failure.exit_code == 7 and bench.log(job).decode().splitlines()[-1] == o.failure.evidence['last_lines'][-1]
    assert asyncio.run(bench.runner.stop(job, {}, 1.)).how == 'gone' and asyncio.run(bench.outcome(job, report)).failure.exit_code == 7

def test_a_program_whose_supervisor_was_killed_is_waited_for_then_lost(bench):
    async def main():
        job, report = bench.begin('sh', '-c', 'echo on; while [ ! -e "$0" ]; do sleep .01; done', bench.tmp/'enough')
        handle = await bench.runner.start(job)
        until(lambda: bench.log(job), 'output')
        os.kill(handle['pid'], signal.SIGKILL)
        until(lambda: not runs(handle['pid']), 'the end of the supervisor')
        assert await bench.runner.find(job) == handle == await bench.runner.start(job)
        following = asyncio.create_task(bench.runner.follow(job, handle, report))
        done, _ = await asyncio.wait({following}, timeout=.3)
        assert not done
        (bench.tmp/'enough').touch()
        return await asyncio.wait_for(following, 30)
    o = asyncio.run(main())
    assert o.failure.kind == 'lost' and o.failure.evidence['last_lines'] == ['on']

def test_a_program_whose_supervisor_was_killed_can_be_stopped(bench):
    async def main():
        job, report = bench.begin('sh', '-c', 'sleep 600 & echo on; wait')
        handle = await bench.runner.start(job)
        until(lambda: bench.log(job), 'output')
        os.kill(handle['pid'], signal.SIGKILL)
        until(lambda: not runs(handle['pid']), 'the end of the supervisor')
        receipt = await bench.runner.stop(job, handle, 60.)
        assert receipt.confirmed and receipt.how == 'asked' and len(receipt.ended) == 2
        assert (await bench.runner.follow(job, handle, report)).status == 'cancelled'
    asyncio.run(main())

@pytest.mark.parametrize('lock, exact', [('free', True), ('free', False), ('file deleted', True), ('held by somebody else', False)])
def test_a_number_that_was_given_to_another_process_is_not_taken_for_ours(bench, lock, exact):
    "The record names the pid of a living stranger, who leads a session and a group of that number."
    stranger = subprocess.Popen(['sleep', '600'], start_new_session=True)
    fd = None
    try:
        async def main():
            nonlocal fd
            job, report = bench.begin('true')
            await bench.outcome(job, report)
            f = bench.folder(job)
            (f/'exit').unlink()
            (f/'pid').write_text(f'{stranger.pid}\n')
            if not exact: os.utime(f/'pid', (time.time()-3600,)*2)
            if lock == 'file deleted': (f/'alive').unlink()
            if lock == 'held by somebody else':
                fd = os.open(f/'alive', os.O_RDWR)
                fcntl.flock(fd, fcntl.LOCK_EX)
            handle = await bench.runner.find(job)
            receipt = await bench.runner.stop(job, handle, .1)
            assert (receipt.confirmed, receipt.how, receipt.ended) == (True, 'gone', [])
            assert stranger.poll() is None
            if fd is not None: os.close(fd)
            (f/'stop').unlink(missing_ok=True)
            assert (await asyncio.wait_for(bench.runner.follow(job, handle, report), 30)).failure.kind == 'lost'
            assert stranger.poll() is None
        asyncio.run(main())
    finally:
        stranger.kill()
        stranger.wait()

def test_a_supervisor_that_was_slow_to_begin_is_known(bench):
    "Half a minute passed between its birth and its first line: the machine was busy."
    async def main():
        job, report = bench.begin('sh', '-c', 'sleep 600 & echo on; wait')
        handle = await bench.runner.start(job)
        until(lambda: bench.log(job), 'output')
        os.utime(bench.folder(job)/'pid', (time.time()+30,)*2)
        assert AttemptFolder(bench.folder(job)).supervisor().pid == handle['pid']
        receipt = await bench.another().stop(job, handle, 5.)
        assert receipt.confirmed and receipt.how == 'asked' and handle['pid'] not in receipt.ended and len(receipt.ended) == 2
        assert (await bench.outcome(job, report)).status == 'cancelled' and not runs(handle['pid'])
    asyncio.run(main())

@pytest.mark.parametrize('lost', ['clock', 'lock'])
def test_found_by_its_mark_when_all_else_fails(bench, lost):
    "The system's clock was put right by an hour, or somebody tidied up the lock."
    async def main():
        job, report = bench.begin('sh', '-c', 'sleep 600 & echo on; wait')
        handle = await bench.runner.start(job)
        until(lambda: bench.log(job), 'output')
        if lost == 'clock': os.utime(bench.folder(job)/'pid', (time.time()-3600,)*2)
        else: (bench.folder(job)/'alive').unlink()
        assert (await bench.runner.find(job))['pid'] == handle['pid'] == (await bench.runner.start(job))['pid']
        following = asyncio.create_task(bench.runner.follow(job, handle, report))
        done, _ = await asyncio.wait({following}, timeout=.3)
        assert not done
        receipt = await bench.runner.stop(job, handle, 60.)
        assert receipt.confirmed and receipt.how == 'asked' and len(receipt.ended) >= 2
        assert (await asyncio.wait_for(following, 30)).status == 'cancelled' and not runs(handle['pid'])
    asyncio.run(main())

def test_the_files_were_removed(bench):
    async def main():
        job, report = bench.begin('true')
        handle = await bench.runner.start(job)
        await bench.runner.follow(job, handle, report)
        shutil.rmtree(bench.tmp/'work')
        assert await bench.runner.find(job) is None
        assert (await bench.runner.stop(job, handle, .1)).how == 'gone'
        return await bench.runner.follow(job, handle, report)
    assert asyncio.run(main()).failure.kind == 'lost'

# --- stopping

FAMILY = '''
    import os, signal, subprocess, sys, time
    def say(who): os.write(1, f'{who} {os.getpid()}\\n'.encode())
    def sleep():
        while True: time.sleep(600)
    say('program')
    if os.fork() == 0:
        say('child')
        if os.fork() == 0: say('grandchild'); sleep()
        sleep()
    if os.fork() == 0:            # a daemon, by the book: fork, setsid, fork
        os.setsid()
        if os.fork(): os._exit(0)
        say('daemon')
        sleep()
    if os.fork() == 0:            # one that does not listen, and whose parents are gone
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if os.fork(): os._exit(0)
        os.setsid()
        say('deaf')
        sleep()
    if os.fork() == 0:            # without our mark, in a session of its own, but still a child
        os.setsid()
        say('stripped')
        os.execve('/bin/sleep', ['sleep', '600'], {})
    sleep()
'''

def family(bench, job, n):
    return until(lambda: (d := {l.split()[0]: int(l.split()[1]) for l in bench.log(job).decode().splitlines() if l.count(' ')}) and len(d) == n and d, f'{n} processes')

def test_stop_ends_every_descendant(bench):
    async def main():
        job, report = bench.py(FAMILY)
        handle = await bench.runner.start(job)
        following = asyncio.create_task(bench.runner.follow(job, handle, report))
        pids = await asyncio.to_thread(family, bench, job, 6)
        receipt = await bench.runner.stop(job, handle, .5)
        assert (receipt.confirmed, receipt.how, receipt.left) == (True, 'forced', []) and set(pids.values()) <= set(receipt.ended)
        assert not [who for who, pid in pids.items() if runs(pid)]
        assert (await asyncio.wait_for(following, 30)).status == 'cancelled' and not runs(handle['pid'])
        again = await bench.runner.stop(job, handle, .5)
        assert (again.confirmed, again.how, again.ended) == (True, 'gone', [])
    asyncio.run(main())

@pytest.mark.parametrize('what', ['deaf', 'suspended', 'supervisor suspended', 'forking', 'ends well when asked'])
def test_hard_ones(bench, what):
    code = {'deaf': 'import signal, time; signal.signal(15, signal.SIG_IGN); print("on", flush=True); time.sleep(600)',
            'suspended': 'import os, time; print("on", flush=True); os.kill(os.getpid(), 19); time.sleep(600)',
            'supervisor suspended': 'import os, time; os.kill(os.getppid(), 19); print("on", flush=True); time.sleep(600)',
            'forking': 'import signal, subprocess, time; signal.signal(15, lambda *a: subprocess.Popen(["sleep", "600"], start_new_session=True)); print("on", flush=True)\nwhile True: time.sleep(600)',
            'ends well when asked': 'import signal, sys, time; signal.signal(15, lambda *a: sys.exit(0)); print("on", flush=True); time.sleep(600)'}[what]
    async def main():
        job, report = bench.py(code)
        handle = await bench.runner.start(job)
        until(lambda: bench.log(job), 'its first words')
        how = 'forced' if what in ('deaf', 'forking') else 'asked'
        receipt = await bench.runner.stop(job, handle, .5 if how == 'forced' else 60.)
        assert receipt.confirmed and receipt.how == how and receipt.ended
        assert (await bench.outcome(job, report)).status == 'cancelled'
        assert not [p for p in bench.children() if runs(p.pid)]
    asyncio.run(main())

def test_stopped_in_the_instant_of_its_beginning(bench):
    async def main():
        for _ in range(40):
            job, report = bench.begin('sleep', '600')
            handle = await bench.runner.start(job)
            began = time.monotonic()
            receipt = await bench.runner.stop(job, handle, 60.)
            assert receipt.confirmed and receipt.how == 'asked' and time.monotonic() - began < 30   # not for want of patience
            assert await bench.runner.start(job) == handle  # nor does it begin afterwards
            assert (await bench.outcome(job, report)).status == 'cancelled'
    asyncio.run(main())

DAEMON = 'import subprocess; print("daemon", subprocess.Popen(["sleep", "600"], start_new_session=True).pid, flush=True)'

def test_a_daemon_that_outlives_its_program_is_ended_and_noted(bench):
    job, report = bench.py(DAEMON)
    o = asyncio.run(bench.outcome(job, report))
    daemon = family(bench, job, 1)['daemon']
    assert o.status == 'completed' and 'left' not in o.result and not runs(daemon)
    assert [e.data for e in bench.tracker.history(job.id) if e.type == 'leftovers'] == [{'pids': [daemon], 'names': ['sleep'], 'left': []}]
    assert asyncio.run(bench.outcome(job, report)).result == o.result  # told again

def test_a_helper_that_goes_by_itself_is_not_called_left_over(bench):
    bench.runner.moment = 30.
    job, report = bench.begin('sh', '-c', 'sleep .05 & exit 0')
    assert asyncio.run(bench.outcome(job, report)).status == 'completed'
    assert not [e for e in bench.tracker.history(job.id) if e.type == 'leftovers']

def test_a_daemon_is_left_when_asked_and_can_still_be_stopped(bench):
    async def main():
        job, report = bench.py(DAEMON, leftovers='leave')
        o = await bench.outcome(job, report)
        daemon = family(bench, job, 1)['daemon']
        assert o.status == 'completed' and o.result['left'] == [daemon] and runs(daemon)
        assert (await bench.outcome(job, report)).result == o.result
        assert (await bench.runner.stop(job, await bench.runner.find(job), 5.)).ended == [daemon] and not runs(daemon)
        assert (await bench.outcome(job, report)).status == 'completed'
    asyncio.run(main())

# --- those who cover their tracks

HIDING = """
    import os, signal, sys, time
    if os.fork() == 0:            # fork, setsid, fork, an empty environment, closed files, another folder: nothing shows where it came from
        os.setsid()
        if os.fork(): os._exit(0)
        os.chdir('/')
        os.closerange(3, 99)
        os.execve('/bin/sh', ['sh', '-c', 'trap "" TERM; echo hidden $$; exec sleep 600 >&-'], {})
    time.sleep(600)
"""

def hidden(bench, job): return until(lambda: bench.log(job).endswith(b'\n') and int(bench.log(job).split()[1]), 'the hidden one')

def test_with_a_control_group_nobody_hides(bench):
    async def main():
        job, report = bench.py(HIDING)
        handle = await bench.runner.start(job)
        pid = await asyncio.to_thread(hidden, bench, job)
        until(lambda: psutil.Process(pid).name() == 'sleep', 'its last change')
        until(lambda: not runs(os.getsid(pid)), 'the end of the one between, by whose session it could be found')
        assert 'JOBTRACK_WORK' not in psutil.Process(pid).environ()
        receipt = await bench.runner.stop(job, handle, .3)
        if bench.groups:
            assert receipt.confirmed and receipt.how == 'forced' and pid in receipt.ended and not runs(pid)
        else:  # it cannot be found, and the receipt does not pretend otherwise
            assert runs(pid) and receipt.confirmed and pid not in receipt.ended and 'cannot be found' in receipt.message
            os.kill(pid, signal.SIGKILL)
            until(lambda: not runs(pid), 'its end')
    asyncio.run(main())

LEAVING = """
    import os, sys, time
    if os.fork() == 0:            # as HIDING, but it stays in sight until it is told to go; then it leaves its control groups too
        os.setsid()
        if os.fork(): os._exit(0)
        print('on', os.getpid(), flush=True)
        while not os.path.exists(sys.argv[1]): time.sleep(.005)
        for door in sys.argv[2:]:
            with open(door, 'w') as f: f.write('0')
        os.execve('/bin/sh', ['sh', '-c', 'trap "" TERM; exec sleep 600'], {})
    time.sleep(600)
"""

@pytest.mark.skipif(os.geteuid() != 0, reason='only root may leave its control groups')
def test_who_leaves_its_control_group_is_still_known(walled):
    bench, doors = walled, [f'{p}/cgroup.procs' for p in {*Cgroups.find().parents.values()}]
    async def main():
        job, report = bench.py(LEAVING, bench.tmp/'go', *doors)
        handle = await bench.runner.start(job)
        following = asyncio.ensure_future(bench.runner.follow(job, handle, report))
        pid = await asyncio.to_thread(hidden, bench, job)
        async with asyncio.timeout(30):
            while pid not in {p.pid for p in bench.runner._known[bench.folder(job)]}: await asyncio.sleep(.01)
            (bench.tmp/'go').touch()
            while pid in Cgroup(json.loads((bench.folder(job)/'work.json').read_text())['group']).pids() or psutil.Process(pid).name() != 'sleep': await asyncio.sleep(.01)
            receipt = await bench.runner.stop(job, handle, .2)
            assert (await following).status == 'cancelled'
        assert receipt.confirmed and pid in receipt.ended and not runs(pid) and 'As root' in receipt.message
    asyncio.run(main())

@pytest.mark.parametrize('root', [True, False])
def test_what_a_receipt_says_of_who_cannot_be_found(bench, monkeypatch, root):
    monkeypatch.setattr(os, 'geteuid', lambda: 0 if root else 1000)
    async def main():
        job, report = bench.begin('sleep', '600')
        return await bench.runner.stop(job, await bench.runner.start(job), 5.)
    told = asyncio.run(main()).message
    assert told is None if bench.groups and not root else 'cannot be found' in told and ('As root' in told) == bench.groups

def test_a_runaway_chain_is_ended(walled):
    "Each of them is gone before it could be signalled by its number. Only a group has them all at one instant."
    bench = walled
    async def main():
        job, report = bench.py("""
            import os, signal, time
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            print('on', flush=True)
            while True:
                if os.fork(): os._exit(0)      # the child goes on
                os.setsid()
                time.sleep(.002)
        """, leftovers='leave')
        handle = await bench.runner.start(job)
        until(lambda: bench.log(job), 'its first words')
        until(lambda: number(bench.folder(job)/'exit') is not None, 'the end of the first of them')
        receipt = await bench.runner.stop(job, handle, .2)
        assert receipt.confirmed and receipt.how == 'forced' and not receipt.left
        assert not bench.cgroups()
    asyncio.run(main())

@pytest.fixture
def walled(bench):
    if not bench.groups: pytest.skip('only with control groups')
    return bench

def test_a_program_that_makes_groups_of_its_own(walled):
    "A node as a job: its jobs are in groups below the group of the job."
    bench = walled
    async def main():
        job, report = bench.py("""
            import os, subprocess, time
            from cjm_jobtrack.runners.cgroups import own_groups
            inner = own_groups()['unified']/'inner' if 'unified' in own_groups() else None
            if inner:
                inner.mkdir()
                p = subprocess.Popen(['sh', '-c', 'echo 0 >"$0"; exec env -i setsid sleep 600', inner/'cgroup.procs'])
                while inner.name not in open(f'/proc/{p.pid}/cgroup').read(): time.sleep(.005)
                print('inner', p.pid, flush=True)
            time.sleep(600)
        """)
        handle = await bench.runner.start(job)
        pid = await asyncio.to_thread(hidden, bench, job)
        receipt = await bench.runner.stop(job, handle, 5.)
        assert receipt.confirmed and pid in receipt.ended and not bench.cgroups()
    if 'unified' not in own_groups(): pytest.skip('no tree of version 2 here')
    asyncio.run(main())

# --- groups do not stay

def test_a_group_is_found_after_our_death_and_removed_by_who_adopts(walled):
    bench = walled
    job = unbegun(bench, COUNTS, bench.tmp/'enough', 5)
    kill(orphan(bench, job))
    assert bench.cgroups()
    job, report = bench.tracker.get_job(job.id), Report(bench.tracker, job.id, 1)
    (bench.tmp/'enough').touch()
    until(lambda: number(bench.folder(job)/'exit') is not None, 'its end')
    o = asyncio.run(bench.outcome(job, report))
    assert o.failure.evidence['peak_memory_bytes'] > 1 << 20 and o.failure.evidence['cpu_s'] > 0 and not bench.cgroups()

@pytest.mark.parametrize('forgotten', ['its runner', 'its folder', 'before it was joined'])
def test_a_group_that_was_left_behind_is_removed_by_the_next_runner(walled, forgotten, monkeypatch):
    bench = walled
    async def main():
        job, report = bench.begin('true')
        if forgotten == 'before it was joined':
            bench.folder(job).mkdir(parents=True)
            bench.runner._new_group(job, {})
        else:
            await bench.runner.start(job)
            until(lambda: number(bench.folder(job)/'exit') is not None and bench.runner._children[bench.folder(job)].poll() is not None, 'its end')
        assert bench.cgroups()
        if forgotten == 'its folder':
            shutil.rmtree(bench.tmp/'work')
            elsewhere = ProcessRunner(bench.tmp/'elsewhere', bench.tracker.logs)
            await elsewhere.find(job)
            assert bench.cgroups(), 'a new group may be that of a runner whose files cannot be seen from here'
            elsewhere.sweep_after, elsewhere._swept = 0, False
            await elsewhere.find(job)
        else: await bench.another().find(bench.begin('true')[0])
        assert not bench.cgroups()
        if forgotten == 'its runner': assert (await bench.outcome(job, report)).result['cpu_s'] > 0   # what it used was kept
    asyncio.run(main())

def test_sweeping_spares_what_runs_and_what_is_others(walled):
    bench = walled
    async def main():
        job, report = bench.begin('sleep', '600')
        handle = await bench.runner.start(job)
        before = bench.cgroups()
        await bench.another().find(job)
        await ProcessRunner(bench.tmp/'elsewhere', bench.tracker.logs).find(job)
        assert bench.cgroups() == before and len(before) >= 1
        assert (await bench.runner.stop(job, handle, 5.)).confirmed
    asyncio.run(main())

def test_without_a_place_for_groups_it_runs_all_the_same(walled, monkeypatch):
    "The group we are in was removed, say."
    bench = walled
    parents = {use: p/'gone' for use, p in Cgroups.find().parents.items()}
    runner = ProcessRunner(bench.tmp/'work', bench.tracker.logs, groups=Cgroups(parents))
    monkeypatch.setattr(Cgroup, 'trees', property(lambda self: [d for d in dict.fromkeys(self.folders.values())]))
    monkeypatch.setattr(os, 'makedirs', lambda *a, _make=os.makedirs, **kw: (_ for _ in ()).throw(FileNotFoundError(2, 'gone')) if '/gone/' in str(a[0]) else _make(*a, **kw))
    assert asyncio.run(bench.outcome(*bench.begin('true'), runner=runner)).status == 'completed'
    with pytest.raises(StoreError, match='limits'): asyncio.run(runner.start(bench.begin('true', limits={'pids': 5})[0]))

# --- limits

@pytest.mark.parametrize('limits, field', [
    ({'memory': 0}, 'memory'), ({'memory': -1}, 'memory'), ({'memory': '2 apples'}, 'memory'), ({'memory': 1.5e9}, 'memory'), ({'memory': True}, 'memory'), ({'memory': '4k'}, 'memory'), ({'memory': 1 << 80}, 'memory'),
    ({'cpus': 0}, 'cpus'), ({'cpus': -1}, 'cpus'), ({'cpus': '1'}, 'cpus'), ({'cpus': float('nan')}, 'cpus'), ({'cpus': float('inf')}, 'cpus'), ({'pids': 0}, 'pids'), ({'pids': 1.5}, 'pids'),
    ({'file_size': -5}, 'file_size'), ({'open_files': 3}, 'open_files'), ({'cpu_s': 0}, 'cpu_s'), ({'cpu_s': -1}, 'cpu_s'), ({'nice': 20}, 'nice'), ({'nice': -21}, 'nice'), ({'time': 3}, 'time'),
    ({'memory': 'nanm'}, 'memory'), ({'memory': 'infg'}, 'memory'), ({'memory': '9'*400 + 'g'}, 'memory'), ({'file_size': '9'*25 + 't'}, 'file_size'), ({'memory': 10**5000}, 'memory'), ({'cpus': float('nan')}, 'cpus'),
    ({'cpus': float('inf')}, 'cpus'), ({'cpu_s': float('inf')}, 'cpu_s'), ({'cpu_s': 1e300}, 'cpu_s'), ({'pids': 1 << 23}, 'pids'), ({'pids': True}, 'pids'), ({'open_files': 10**5000}, 'open_files')])
def test_limits_that_make_no_sense_are_named(limits, field):
    with pytest.raises(InvalidInput) as e: check_limits(limits)
    assert e.value.field == f'limits.{field}' and e.value.remedy and len(str(e.value)) < 500

def test_limits_as_people_write_them():
    assert check_limits({'memory': '512m', 'file_size': '1.5 GiB', 'cpus': 2, 'cpu_s': .5, 'pids': None}) == {'memory': 512 << 20, 'file_size': 3 << 29, 'cpus': 2, 'cpu_s': .5}
    assert check_limits({'file_size': '9007199254740993'}) == {'file_size': 9007199254740993}   # no float is so near

def test_limits_that_need_a_group_are_refused_without(bench):
    if bench.groups: pytest.skip('only without control groups')
    for limit in 'cpus', 'pids':
        with pytest.raises(InvalidInput, match='control group') as e: asyncio.run(bench.runner.start(bench.begin('true', limits={limit: 1})[0]))
        assert e.value.field == f'limits.{limit}'

EATS = "x = b'x' * (300 << 20); print(len(x), flush=True)"

def test_too_much_memory(bench):
    o = asyncio.run(bench.outcome(*bench.py(EATS, limits={'memory': '100m'})))
    if not bench.groups: assert o.failure.kind == 'exit' and 'MemoryError' in o.failure.evidence['last_lines'][-1]   # refused to the program, which can say so itself
    else:
        f = o.failure
        assert (f.kind, f.exit_code, f.signal, f.evidence['oom_kills'], f.evidence['memory_limit_bytes']) == ('out_of_memory', 137, 'SIGKILL', 1, 100 << 20)
        assert 90 << 20 < f.evidence['peak_memory_bytes'] <= 100 << 20 and '104,857,600' in f.message and 'limits.memory' in f.hint

def test_a_child_that_takes_too_much_memory(walled):
    "The program's own end decides, and the evidence tells of the child."
    code = f'import subprocess, sys; p = subprocess.run([sys.executable, "-c", {EATS!r}]); sys.exit(4 if p.returncode == -9 and sys.argv[1:] else 0)'
    o = asyncio.run(walled.outcome(*walled.py(code, 'tell', limits={'memory': '100m'})))
    assert (o.failure.kind, o.failure.exit_code, o.failure.evidence['oom_kills']) == ('exit', 4, 1)
    o = asyncio.run(walled.outcome(*walled.py(code, limits={'memory': '100m'})))
    assert o.status == 'completed' and o.result['oom_kills'] == 1

def test_what_was_used_is_told(bench):
    async def main():
        job, report = bench.py("""
            import pathlib, sys, time
            x, end = b'x' * (80 << 20), time.process_time() + .3
            while time.process_time() < end: pass
            print('done', flush=True)
            while not pathlib.Path(sys.argv[1]).exists(): time.sleep(.01)
        """, bench.tmp/'go')
        following = asyncio.ensure_future(bench.outcome(job, report))
        async with asyncio.timeout(30):
            while not bench.tracker.logs.size(job.id, 1): await asyncio.sleep(.01)
            bench.runner._known[bench.folder(job)].clear()
            while not bench.runner._known[bench.folder(job)]: await asyncio.sleep(.01)   # where nobody counts, a look is taken now and then
            (bench.tmp/'go').touch()
            return (await following).result
    used = asyncio.run(main())
    assert .3 <= used['cpu_s'] < 5 and 80 << 20 <= used['peak_memory_bytes'] < 400 << 20

def test_too_many_processes(walled):
    o = asyncio.run(walled.outcome(*walled.begin('sh', '-c', 'for i in 1 2 3 4 5 6 7 8 9; do sleep 20 & done; wait', limits={'pids': 5})))
    assert o.failure and 'fork' in o.failure.evidence['last_lines'][0].lower()

def test_a_share_of_the_processor(walled):
    o = asyncio.run(walled.outcome(*walled.py("""
        import time
        end = time.monotonic() + 1
        while time.monotonic() < end: pass
    """, limits={'cpus': .2})))
    assert o.result['cpu_s'] < .6

def test_processor_time(bench):
    o = asyncio.run(bench.outcome(*bench.py('while True: pass', limits={'cpu_s': 1})))
    assert (o.failure.kind, o.failure.signal) == ('signal', 'SIGXCPU') and 'limits.cpu_s' in o.failure.hint

def test_files_too_large_and_too_many(bench):
    o = asyncio.run(bench.outcome(*bench.begin('sh', '-c', 'exec dd if=/dev/zero of="$0" bs=1000 count=9 2>/dev/null', bench.tmp/'f', limits={'file_size': 4000})))
    assert o.failure.signal == 'SIGXFSZ' and 'limits.file_size' in o.failure.hint and (bench.tmp/'f').stat().st_size == 4096
    o = asyncio.run(bench.outcome(*bench.py('f = [open("/dev/null") for _ in range(99)]', limits={'open_files': 64})))
    assert 'Too many open files' in o.failure.evidence['last_lines'][-1]

def test_niceness(bench):
    base = os.getpriority(os.PRIO_PROCESS, 0)
    job, report = bench.py('import os; print(os.getpriority(os.PRIO_PROCESS, 0))', limits={'nice': min(19, base+7)})
    assert asyncio.run(bench.outcome(job, report)).status == 'completed' and bench.log(job) == b'%d\n' % min(19, base+7)

@pytest.mark.parametrize('shell', [s for s in ('dash', 'bash', 'busybox', 'mksh', 'ksh', 'yash') if shutil.which(s)])
def test_any_shell_will_do(bench, shell, monkeypatch):
    "All limits at once, and the group, in each shell of this machine that can stand in for /bin/sh."
    import cjm_jobtrack.runners.process as m
    sh, build = bench.tmp/'sh', m.supervised
    sh.symlink_to(shutil.which(shell))
    monkeypatch.setattr(m, 'supervised', lambda *a: [str(sh), *build(*a)[1:]])
    limits = {'memory': '900m', 'cpu_s': 50, 'file_size': '1m', 'open_files': 16} | ({'pids': 20, 'cpus': .5} if bench.groups else {})
    job, report = bench.py("""
        import resource as r, time
        print(*(r.getrlimit(getattr(r, 'RLIMIT_' + n)) for n in ('CPU', 'FSIZE', 'NOFILE')), r.getrlimit(r.RLIMIT_AS)[0])
        while time.process_time() < .1: pass   # shells count in hundredths of a second
        raise SystemExit(3)
    """, limits=limits)
    o = asyncio.run(bench.outcome(job, report))
    assert (o.failure.kind, o.failure.exit_code) == ('exit', 3) and bench.log(job) == b'(50, 52) (1048576, 1048576) (16, 16) %d\n' % (-1 if bench.groups else 900 << 20)
    assert o.failure.evidence['cpu_s'] > 0
    job, report = bench.begin('sleep', '600')
    handle = asyncio.run(bench.runner.start(job))
    assert asyncio.run(bench.runner.stop(job, handle, 60.)).how == 'asked' and asyncio.run(bench.outcome(job, report)).status == 'cancelled'

def test_a_group_that_cannot_be_joined(walled, monkeypatch):
    monkeypatch.setattr(Cgroup, 'doors', property(lambda self: ['/no/such/group/cgroup.procs']))
    o = asyncio.run(walled.outcome(*walled.begin('touch', walled.tmp/'ran')))
    assert o.failure.kind == 'not_started' and not (walled.tmp/'ran').exists()

def test_a_full_disk_is_told(bench):
    o = asyncio.run(bench.outcome(*bench.begin('sh', '-c', 'cat /etc/passwd >/dev/full')))
    assert o.failure.kind == 'disk_full' and 'No space left on device' in o.failure.message

# --- log and progress

def test_any_bytes_and_endless_lines(bench):
    job, report = bench.py(r'''
        import os
        os.write(1, b'\xff\xfe\x00 Progress: 10%\n')
        for _ in range(64): os.write(1, b'x'*32768)
        os.write(1, b' Progress: 70%')
        raise SystemExit(3)
    ''')
    o = asyncio.run(bench.outcome(job, report))
    assert job.progress == 70 and len(bench.log(job)) == 18 + 64*32768 + 14
    assert o.failure.exit_code == 3 and all(len(line) <= 1000 for line in o.failure.evidence['last_lines']) and o.failure.evidence['last_lines'][-1].endswith('70%')
    json.dumps(o.failure.evidence)

def test_a_flood_is_skipped_to_its_end(bench):
    "30 MB at once: all of it on disk, the news told, the loop never busy with it for long."
    async def main():
        job, report = bench.py('''
            import os
            for n in range(10): os.write(1, b'Task %d/1000000\\n' % n + b'some line of text that says nothing\\n'*80000)
            os.write(1, b'Progress: 42%\\n')
        ''')
        longest, ticking = 0., asyncio.create_task(bench.outcome(job, report))
        while not ticking.done():
            begun = time.thread_time()   # others may have the processor meanwhile
            await asyncio.sleep(.005)
            longest = max(longest, time.thread_time() - begun)
        assert (await ticking).status == 'completed' and job.progress == 42 and longest < .5
        assert len(bench.log(job)) > 28_000_000
    asyncio.run(main())

def test_progress_is_told_as_it_comes_by_the_options_given(bench):
    async def main():
        job, report = bench.py('''
            import pathlib, sys, time
            for n in range(1, 5):
                print(f'Progress: 99%\\nstep {n} of 4', flush=True)
                while not pathlib.Path(sys.argv[1], str(n)).exists(): time.sleep(.005)
        ''', bench.tmp, progress={'formats': [], 'pattern': r'step (?P<done>\d+) of (?P<total>\d+)'})
        following, seen = asyncio.create_task(bench.outcome(job, report)), []
        async for e in bench.tracker.watch(job.id):
            if e.type == 'progress' and e.data['percent'] is not None:
                seen.append(e.data['percent'])
                (bench.tmp/str(int(seen[-1]//25))).touch()
                if seen[-1] == 100: break
        assert (await following).status == 'completed' and sorted(set(seen)) == [25, 50, 75, 100]
    asyncio.run(main())

def test_following_can_be_broken_off_and_taken_up(bench):
    async def main():
        job, report = bench.begin('sh', '-c', 'while [ ! -e "$0" ]; do sleep .01; done; exit 4', bench.tmp/'enough')
        handle = await bench.runner.start(job)
        for _ in range(3):
            with pytest.raises(TimeoutError): await asyncio.wait_for(bench.runner.follow(job, handle, report), .05)
        both = asyncio.gather(*(bench.runner.follow(job, handle, report) for _ in range(2)))
        (bench.tmp/'enough').touch()
        assert [o.failure.exit_code for o in await both] == [4, 4]
    asyncio.run(main())

def test_without_process_descriptors(bench, monkeypatch):
    monkeypatch.delattr(os, 'pidfd_open', raising=False)
    assert bench.run('sh', '-c', 'sleep .2; exit 5').failure.exit_code == 5

def test_a_full_disk_does_not_hide_the_exit_status(bench):
    async def main():
        job, report = bench.begin('sh', '-c', 'while [ ! -e "$0" ]; do sleep .01; done; exit 6', bench.tmp/'enough')
        handle = await bench.runner.start(job)
        (bench.folder(job)/'exit').symlink_to('/no/such/folder/exit')  # it cannot be written
        (bench.tmp/'enough').touch()
        return await bench.runner.follow(job, handle, report)
    assert asyncio.run(main()).failure.exit_code == 6

# --- outputs

def test_outputs_are_the_files_below_the_folder(bench):
    out = bench.tmp/'out'
    o = bench.run('sh', '-c', r'''
        cd "$0"; mkdir -p words/deep empty; echo hello >talk.txt; echo WEBVTT >words/talk.vtt; : >words/deep/none; printf x >'odd name; ü'
        ln -s /etc/passwd stolen; ln -s / everything; ln -s talk.txt again.txt; ln -s words more; ln -s loop loop; ln -s nowhere broken; mkfifo pipe
    ''', out, output_dir=str(out))
    got = {f.name: f for f in o.outputs}
    assert [*got] == ['again.txt', 'odd name; ü', 'talk.txt', 'words/deep/none', 'words/talk.vtt']
    f = got['talk.txt']
    assert (f.size, f.content_type, f.path, f.sha256) == (6, 'text/plain', str(out/'talk.txt'), '5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03')
    assert got['words/talk.vtt'].content_type == 'text/vtt' and f.modified.endswith('+00:00')
    json.dumps([f.name for f in o.outputs])

def test_a_failure_keeps_its_outputs_and_nothing_where_something_is_needed_is_a_failure(bench):
    o = bench.run('sh', '-c', 'echo half >"$0/a"; exit 3', bench.tmp/'a', output_dir=str(bench.tmp/'a'))
    assert o.failure.exit_code == 3 and [f.name for f in o.outputs] == ['a']
    o = bench.run('true', output_dir=str(bench.tmp/'b'), require_output=True)
    assert o.failure.kind == 'no_output' and str(bench.tmp/'b') in o.failure.hint
    assert bench.run('true', output_dir=str(bench.tmp/'c')).status == 'completed'

def test_patterns_are_tried_in_order_and_old_files_do_not_count(bench):
    root = bench.tmp/'videos'
    (root/'talk').mkdir(parents=True)
    (root/'talk/old.mp4').write_text('x')
    os.utime(root/'talk/old.mp4', (1e9, 1e9))
    spec = dict(output_root=str(root), output_globs=['talk/final_*/*.mp4', 'talk/*.mp4'])
    assert [f.name for f in bench.run('sh', '-c', 'echo x >"$0/talk/new.mp4"', root, **spec).outputs] == ['talk/new.mp4']
    assert [f.name for f in bench.run('sh', '-c', 'mkdir "$0/talk/final_1"; echo x >"$0/talk/final_1/f.mp4"; echo x >"$0/talk/new.mp4"', root, **spec).outputs] == ['talk/final_1/f.mp4']

def test_files_of_an_earlier_attempt_do_not_count_also_after_a_restart(bench):
    out = bench.tmp/'out'
    out.mkdir()
    for name in 'kept', 'again': (out/name).write_text('old')
    job, report = bench.begin('sh', '-c', 'printf newer >"$0/again"; printf x >"$0/dated"; touch -t 200001010000 "$0/dated"', out, output_dir=str(out))
    asyncio.run(bench.runner.start(job))
    o = asyncio.run(bench.outcome(job, report, bench.another()))
    assert [f.name for f in o.outputs] == ['again', 'dated']
    bench.runner._reap()

def test_a_folder_that_goes_while_the_program_runs(bench):
    "Its end is still learned by whoever is its parent; by others, it is said what happened."
    async def main(adopted):
        job, report = bench.begin('sh', '-c', 'echo on; while [ ! -e "$0" ]; do sleep .02; done; exit 7', bench.tmp/f'go {adopted}')
        handle = await bench.runner.start(job)
        await asyncio.to_thread(until, lambda: bench.log(job), 'its first word')
        following = asyncio.ensure_future((bench.another() if adopted else bench.runner).follow(job, handle, report))
        await asyncio.sleep(0)
        shutil.rmtree(bench.folder(job))
        (bench.tmp/f'go {adopted}').touch()
        async with asyncio.timeout(30): return (await following).failure
    assert asyncio.run(main(False)).exit_code == 7
    lost = asyncio.run(main(True))
    assert lost.kind == 'lost' and 'were removed' in lost.message
    for folder, child in [*bench.runner._children.items()]:
        child.wait(30)
        bench.runner._forget(folder)

def test_a_huge_hole_is_told_without_digest_and_an_event_says_why(bench):
    job, report = bench.begin(PY, '-c', 'import sys; open(sys.argv[1]+"/disk.img", "wb").truncate(1 << 40); open(sys.argv[1]+"/a", "w")', bench.tmp/'o', output_dir=str(bench.tmp/'o'))
    o = asyncio.run(bench.outcome(job, report))
    assert [(f.name, f.size, f.sha256 is None) for f in o.outputs] == [('a', 0, False), ('disk.img', 1 << 40, True)] and o.status == 'completed'
    [e] = [e for e in bench.tracker.history(job.id) if e.type == 'without_digest']
    assert e.data['count'] == 1 and 'are holes' in e.data['files']['disk.img']

@pytest.mark.parametrize('how', ['stop', 'cancel'])
def test_reading_a_large_output_holds_up_neither_stop_nor_close(bench, monkeypatch, how):
    reading = threading.Event()
    monkeypatch.setattr(outputs, '_why_not_read', lambda *_: reading.set())
    def readers(): return [t for t in threading.enumerate() if t.name == 'jobtrack-blocking']
    async def main():
        (bench.tmp/'o').mkdir()
        job, report = bench.begin(PY, '-c', 'import sys; open(sys.argv[1]+"/large", "wb").truncate(1 << 37)', bench.tmp/'o', output_dir=str(bench.tmp/'o'))
        handle = await bench.runner.start(job)
        following = asyncio.ensure_future(bench.runner.follow(job, handle, report))
        assert await asyncio.to_thread(reading.wait, 30)
        if how == 'stop':
            receipt = await bench.runner.stop(job, handle, 0.)
            async with asyncio.timeout(30): o = await following
            assert receipt.confirmed and o.status == 'completed' and [(f.size, f.sha256) for f in o.outputs] == [(1 << 37, None)]
        else:
            following.cancel()
            await asyncio.wait([following], timeout=30)
            assert following.cancelled()
    asyncio.run(main())
    until(lambda: not readers(), 'the reader to end')

# --- many, and the promises

def test_thirty_at_once(bench):
    async def one(i): return (await bench.outcome(*bench.begin('sh', '-c', f'echo {i}; sleep .{i%3}; exit {i}'))).failure
    async def main():
        jobs = [bench.begin('sh', '-c', f'echo {i}; sleep .{i%3}; exit {i}') for i in range(1, 31)]
        return jobs, await asyncio.gather(*(bench.outcome(*j) for j in jobs))
    jobs, outcomes = asyncio.run(main())
    assert [o.failure.exit_code for o in outcomes] == [*range(1, 31)] and [bench.log(j) for j, _ in jobs] == [b'%d\n' % i for i in range(1, 31)]

def test_those_who_are_left_alone_are_reaped(bench):
    "Begun and never followed: no zombies pile up."
    async def main():
        for _ in range(5):
            job, _ = bench.begin('true')
            await bench.runner.start(job)
            until(lambda job=job: number(bench.folder(job)/'exit') is not None, 'its end')
    asyncio.run(main())
    until(lambda: bench.runner._reap() or not bench.children(), 'no children')
    assert not bench.runner._children

def test_what_is_asked_is_looked_over_without_a_runner():
    assert check_process({'argv': ['ls'], 'cwd': None})['invalid_exit'] == []

def test_another_system_is_told_so(monkeypatch, tmp_path):
    monkeypatch.setattr('cjm_jobtrack.runners.process_files.fcntl', None)
    with pytest.raises(InvalidInput, match='POSIX'): ProcessRunner(tmp_path, LogStore(tmp_path))

@pytest.mark.parametrize('when', ['while it runs', 'when it has just ended'])
def test_a_cancel_does_not_wait_for_files_to_be_read(tmp_path, monkeypatch, when):
    def never(*_): pytest.fail('the files of a job that was cancelled were read')
    async def main(tracker):
        (out := tmp_path/'out').mkdir()
        runner, ends = ProcessRunner(tmp_path/'work', tracker.logs), when == 'when it has just ended'
        job = tracker.create_job('p', runner='process', spec={'argv': ['sh', '-c', 'echo x >"$0"/a; ' + ('exit 0' if ends else 'sleep 600'), str(out)], 'output_dir': str(out)})
        tracker.mark_running(job.id)
        handle, report, leftovers = await runner.start(job), Report(tracker, job.id, job.attempt), runner._leftovers
        async def and_stop(*args):   # nothing of it is left, and its files were not looked at yet
            left = await leftovers(*args)
            assert (await runner.stop(job, handle, 5.)).confirmed
            return left
        async with asyncio.timeout(60):
            if ends:
                monkeypatch.setattr(runner, '_leftovers', and_stop)
                outcome = await runner.follow(job, handle, report)
                assert outcome.status == 'completed' and [(o.name, o.sha256) for o in outcome.outputs] == [('a', None)]
            else:
                following = asyncio.create_task(runner.follow(job, handle, report))
                while not (out/'a').exists(): await asyncio.sleep(.01)
                monkeypatch.setattr(outputs, '_digest', never)
                await runner.stop(job, handle, 5.)
                assert (await following).status == 'cancelled'
    with JobTracker(f'sqlite:///{tmp_path}/jobs.db') as tracker: asyncio.run(main(tracker))

def test_processes_that_stay_are_recorded_also_when_the_usage_was_recorded_before(tmp_path):
    attempt = AttemptFolder(tmp_path)
    (attempt/'pid').write_text('4711\n')
    used = attempt.settle(peak_memory_bytes=1 << 20)
    assert attempt.settle(left=[12, 34]) == used | {'left': [12, 34]}
    assert attempt.settle() == used | {'left': [12, 34]}
