"What a program begins with, when we were begun by `nohup`, `nice`, in the background of a script, with tight limits."
import asyncio, json, os, resource, signal, subprocess, sys
import pytest
from cjm_jobtrack.model.errors import InvalidInput
from cjm_jobtrack.tracker.tracker import JobTracker
from cjm_jobtrack.runners import inheritance
from cjm_jobtrack.runners.inheritance import PASSED, inherited_environment, unclean
from cjm_jobtrack.pipelines.pipeline import PipelineCatalog, PipelineRunner
from cjm_jobtrack.runners.process import ProcessRunner
from cjm_jobtrack.runners.process_spec import check_process
from cjm_jobtrack.runners.outcome import Report

SHOW = '''
import json, os, resource, signal, sys
status = dict(line.rstrip().split(':', 1) for line in open('/proc/self/status')) if os.path.exists('/proc/self/status') else {}
limits = {n: resource.getrlimit(getattr(resource, 'RLIMIT_' + n)) for n in ('NOFILE', 'FSIZE', 'DATA', 'CPU')}
umask = os.umask(0)
print(json.dumps(dict(ignored=int(status.get('SigIgn', '0'), 16) & ~(1 << 12 | 1 << 24), blocked=int(status.get('SigBlk', '0'), 16), umask=umask, nice=os.getpriority(os.PRIO_PROCESS, 0),
                      limits=limits, processors=len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else 0, privileges=status.get('NoNewPrivs', '').strip(),
                      oom=open('/proc/self/oom_score_adj').read().strip() if status else '', env=dict(os.environ))), flush=True)
'''

# A process of a person, begun as it should not be: it runs programs and functions, and prints what they say
PERSON = '''
import asyncio, json, os, signal, subprocess, sys, tempfile
from pathlib import Path
from cjm_jobtrack.tracker.tracker import JobTracker
from cjm_jobtrack.runners.call import CallRunner
from cjm_jobtrack.runners.process import ProcessRunner
from cjm_jobtrack.runners.outcome import Report

def dump(code): return json.loads(subprocess.run([sys.executable, '-c', code], stdout=subprocess.PIPE).stdout)
def status_inside(): return subprocess.run(['sh', '-c', 'exit 7']).returncode
def kill_me(): os.kill(os.getpid(), signal.SIGKILL)
def leave(): os._exit(201)

async def main(what, show, folder):
    tracker = JobTracker(f'sqlite:///{folder}/jobs.db')
    programs, calls = ProcessRunner(f'{folder}/work', tracker.logs), CallRunner(dict(dump=dump, status_inside=status_inside, kill_me=kill_me, leave=leave), pool='process')
    async def outcome(runner, spec):
        job = tracker.create_job('x', runner=runner.name, spec=spec)
        tracker.mark_running(job.id)
        ended = await asyncio.wait_for(runner.follow(job, await runner.start(job), Report(tracker, job.id, job.attempt)), 60)
        failure = ended.failure
        return dict(result=ended.result, code=failure and failure.exit_code, signal=failure and failure.signal, log=tracker.logs.tail(job.id, job.attempt, 1) if runner is programs else '')
    def call(name, *args): return outcome(calls, {'func': name, 'args': args})
    def program(*argv): return outcome(programs, {'argv': argv})
    try:
        if what == 'dump': told = [await program(sys.executable, '-c', show), await call('dump', show)]
        else: told = [await call('status_inside'), await call('kill_me'), await call('leave'), await program('sh', '-c', 'kill -9 $$'), await program('sh', '-c', 'sh -c "exit 7"; exit $?'), await program('sh', '-c', 'exit 0')]
        print(json.dumps(told))
    finally: calls.close()

with tempfile.TemporaryDirectory() as folder: asyncio.run(main(sys.argv[1], sys.argv[2], folder))
'''

def person(what, begin, env=None):
    p = subprocess.run([sys.executable, '-c', PERSON, what, SHOW], stdout=subprocess.PIPE, preexec_fn=begin, env=os.environ | (env or {}), timeout=100, check=True)
    return json.loads(p.stdout)

def badly():
    "As under `nohup nice -n 5 … &`, in a script that has its own ideas."
    for s in signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGCHLD, signal.SIGUSR1: signal.signal(s, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGUSR2])
    os.umask(0o077), os.nice(5)
    for kind, soft in (resource.RLIMIT_NOFILE, 200), (resource.RLIMIT_FSIZE, 1 << 30), (resource.RLIMIT_CPU, 3000): resource.setrlimit(kind, (soft, resource.getrlimit(kind)[1]))
    if hasattr(os, 'sched_setaffinity'): os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])
    if os.path.exists('/proc/self/oom_score_adj'): open('/proc/self/oom_score_adj', 'w').write('300')

LIBC = 0b11 << 31   # Signals 32 and 33, which are glibc's own; nobody else can set them. Its posix_spawn, which make uses, leaves them ignored

def is_clean(said, umask=True):
    assert said['ignored'] & ~LIBC == said['blocked'] == 0
    assert said['limits']['NOFILE'][0] >= min(1024, said['limits']['NOFILE'][1] if said['limits']['NOFILE'][1] > 0 else 1024)
    assert all(said['limits'][n][0] == said['limits'][n][1] for n in ('FSIZE', 'CPU', 'DATA'))
    if umask: assert said['umask'] == 0o022
    if sys.platform == 'linux': assert said['processors'] == len(os.sched_getaffinity(1))
    if inheritance._may(inheritance._NICE): assert said['nice'] == os.getpriority(os.PRIO_PROCESS, 1)
    if sys.platform == 'linux' and inheritance._may(inheritance._RESOURCE): assert int(said['oom']) == inheritance._read_score(1)

def test_a_program_and_a_worker_begin_clean_however_we_were_begun():
    secret = {'JOBTRACK_TOKEN': 'secret', 'JOBTRACK_NODE_TOKEN': 'secret', 'JOBTRACK_STORE': 'postgresql://u:secret@h/d', 'MINE': 'yes'}
    program, function = person('dump', badly, secret)
    said = json.loads(program['log'])
    is_clean(said), is_clean(function['result'], umask=False)
    assert said['env']['MINE'] == 'yes' and 'secret' not in json.dumps(said['env'])

def hard_limits():
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 30, 1 << 30)), resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))

@pytest.mark.skipif(not inheritance._may(inheritance._RESOURCE), reason='hard limits can only be raised with a privilege')
def test_hard_limits_are_raised_where_that_is_allowed():
    said = json.loads(person('dump', hard_limits)[0]['log'])
    is_clean(said)
    assert said['limits']['FSIZE'][1] == resource.getrlimit(resource.RLIMIT_FSIZE)[1] and said['limits']['NOFILE'][0] >= 1000

def test_a_clean_process_begins_programs_without_ado():
    assert unclean() == [] and inheritance.begin_clean(['/bin/true']) == ['/bin/true']

@pytest.mark.parametrize('how', ['ignored', 'usual'])
def test_exit_statuses_are_true_where_SIGCHLD_is_ignored(how):
    def begin():
        if how == 'ignored': signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    inside, killed, left, program, within, good = person('statuses', begin)
    assert inside['result'] == 7
    assert (killed['code'], killed['signal']) == (137, 'SIGKILL') and (left['code'], left['signal']) == (201, None)
    assert (program['code'], program['signal']) == (137, 'SIGKILL') and within['code'] == 7
    assert good['result']['exit_code'] == 0

def test_the_list_of_what_is_passed(monkeypatch):
    for k in 'AWS_SECRET_ACCESS_KEY', 'PGPASSWORD', 'DATABASE_URL', 'HF_TOKEN', 'HF_HOME', 'CUDA_VISIBLE_DEVICES', 'NVIDIA_X', 'LC_ALL', 'JOBTRACK_TOKEN': monkeypatch.setenv(k, 'x')
    assert {'CUDA_VISIBLE_DEVICES', 'NVIDIA_X', 'LC_ALL', 'PATH'} <= set(inherited_environment(PASSED))
    assert not {'AWS_SECRET_ACCESS_KEY', 'PGPASSWORD', 'DATABASE_URL', 'HF_TOKEN', 'HF_HOME', 'JOBTRACK_TOKEN'} & set(inherited_environment(PASSED))
    assert 'HF_HOME' in inherited_environment([*PASSED, 'HF_HOME']) and 'JOBTRACK_TOKEN' not in inherited_environment(['*'])

TOML = '''
name = "show"
argv = ["{python}", "{workspace}/show.py"]
input = "none"
pass_env = ["HF_HOME"]
env = { WORDS = "{job_id}" }
no_new_privs = %s
'''

@pytest.mark.parametrize('walled', [True, False])
def test_a_pipeline_gets_what_the_list_and_its_file_name(tmp_path, monkeypatch, walled):
    for k in 'AWS_SECRET_ACCESS_KEY', 'DATABASE_URL', 'HF_TOKEN', 'HF_HOME', 'JOBTRACK_TOKEN': monkeypatch.setenv(k, 'x')
    (tmp_path/'show.py').write_text(SHOW), (tmp_path/'show.toml').write_text(TOML % str(walled).lower())
    tracker = JobTracker(f'sqlite:///{tmp_path}/jobs.db')
    inner = ProcessRunner(tmp_path/'work', tracker.logs)
    runner = PipelineRunner(PipelineCatalog.load(tmp_path/'show.toml'), [inner], tmp_path, tmp_path/'outputs')
    job = tracker.create_job('x', runner=runner.name, spec=runner.check({'pipeline': 'show'}))
    tracker.mark_running(job.id)
    async def outcome(): return await runner.follow(job, await runner.start(job), Report(tracker, job.id, job.attempt))
    assert asyncio.run(outcome()).status == 'completed'
    said = json.loads(tracker.logs.tail(job.id, job.attempt, 1))
    assert said['env']['HF_HOME'] == 'x' and said['env']['WORDS'] == job.id and said['env']['PATH'] == os.environ['PATH']
    assert not {'AWS_SECRET_ACCESS_KEY', 'DATABASE_URL', 'HF_TOKEN', 'JOBTRACK_TOKEN'} & said['env'].keys()
    if sys.platform == 'linux': assert said['privileges'] == str(int(walled))

@pytest.mark.parametrize('field, value', [('pass_env', 'PATH'), ('pass_env', [1]), ('no_new_privs', 'yes')])
def test_what_is_no_list_of_names_is_refused(field, value):
    with pytest.raises(InvalidInput, match=field): check_process({'argv': ['true'], field: value})
