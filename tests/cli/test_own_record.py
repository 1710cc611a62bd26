"The command line without a server: programs as jobs on the user's own record, what is left of them, and both places of this machine together."
import fcntl, functools, json, os, pty, signal, socket, subprocess, sys, termios
from contextlib import suppress

import psutil, pytest
from helpers import node_at, until
from typer.testing import CliRunner
from cjm_jobtrack.cli import options
from cjm_jobtrack.cli.app import Exit
from cjm_jobtrack.cli.main import app
from cjm_jobtrack.cli.sandbox import end_processes_left
from cjm_jobtrack.cli.own_record import resume_lock
from cjm_jobtrack.store.own_record import own_record
from cjm_jobtrack.tracker.tracker import JobTracker

@pytest.fixture
def state(tmp_path, monkeypatch):
    "A home for the user's own record, in which there is none, on a machine without a manager."
    monkeypatch.setenv('XDG_STATE_HOME', str(tmp_path/'state'))
    monkeypatch.delenv('JOBTRACK_URL', raising=False)
    monkeypatch.delenv('JOBTRACK_TOKEN', raising=False)
    monkeypatch.setattr(options, 'URL', 'http://127.0.0.1:9')
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    end_processes_left()

@pytest.fixture
def cli(state):
    "Run a command: its exit status, stdout, stderr."
    def run(*words, **env):
        r = CliRunner().invoke(app, [str(w) for w in words], prog_name='jobtrack', env=env)
        assert r.exception is None or isinstance(r.exception, SystemExit), r.exception
        return r.exit_code, r.stdout, r.stderr
    return run

@pytest.fixture
def begin(state):
    "Begin a command as from a terminal: with a session of its own. What is left of it is killed in the end."
    begun = []
    def start(*words):
        argv = [sys.executable, '-P', '-m', 'cjm_jobtrack.cli', *map(str, words)]
        begun.append(subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True))
        return begun[-1]
    yield start
    for p in begun:
        if p.poll() is None: p.kill()
        p.communicate(timeout=60)

# A program that says its process, reports progress, and waits for a file
GATED = ['sh', '-c', 'echo pid $$; echo Task 1/2; until test -e gate; do sleep .05; done; echo Task 2/2; echo done > out.txt', 'sh', 'out.txt']

def jobs():
    with JobTracker(own_record()) as tracker: return {j.id: j for j in tracker.list_jobs()}

def job(id):
    with JobTracker(own_record()) as tracker: return tracker.get_job(id)

def log(id):
    with JobTracker(own_record()) as tracker: return tracker.log_tail(id)

def program(id) -> psutil.Process:
    "The process of a gated job, once it runs."
    until(lambda: own_record().is_file() and job(id) is not None and 'pid' in log(id), 'the program to begin')
    return psutil.Process(int(log(id).split()[1]))

def resumers(): return [p for p in psutil.process_iter(['cmdline', 'environ']) if (p.info['cmdline'] or [])[3:5] == ["cjm_jobtrack.cli", "resume"] and (p.info['environ'] or {}).get('XDG_STATE_HOME') == os.environ['XDG_STATE_HOME']]

# --- nothing there

@pytest.mark.parametrize('words, status', [(['ls'], 0), (['ls', '--json'], 0), (['show', '7f3a'], 2), (['watch', '7f3a'], 2), (['logs', '7f3a'], 2), (['cancel', '7f3a'], 2), (['download', '7f3a'], 2), (['resume'], 0), (['run', 'frobnicate'], 2), (['run'], 2)])
def test_looking_makes_nothing(cli, state, words, status):
    code, out, err = cli(*words)
    assert code == status and not (state/'state').exists()
    if words == ['ls']: assert out == '' and 'jobtrack run -- ' in err
    if words == ['ls', '--json']: assert json.loads(out) == []
    if status == 2: assert out == '' and 'Traceback' not in err

def test_a_record_without_jobs_says_what_to_type(cli):
    own_record().parent.mkdir(parents=True)
    JobTracker(own_record()).close()
    assert cli('ls')[:2] == (0, '') and 'jobtrack run -- ' in cli('ls')[2]

# --- running

@pytest.mark.parametrize('script, status, word', [('exit 0', Exit.DONE, 'completed'), ('echo no speech; exit 3', Exit.FAILED, 'failed'), ('kill -9 $$', Exit.FAILED, 'failed')])
def test_the_exit_status_is_that_of_the_job(cli, script, status, word):
    code, out, err = cli('run', '--id', 'a-job', '--name', 'talk', '--', 'sh', '-c', script)
    assert (code, out.splitlines()[0]) == (status, 'a-job') and word in err
    assert (job('a-job').status, job('a-job').name) == (word, 'talk')
    if 'speech' in script: assert 'no speech' in err

def test_what_it_left_is_found_and_printed(cli, state):
    (state/'talk.wav').write_text('hello')
    code, out, err = cli('run', 'cp', 'talk.wav', 'copy.wav')
    id, path = out.splitlines()
    assert (code, path) == (0, str(state/'copy.wav')) and job(id).name == 'cp talk.wav copy.wav'
    assert cli('download', id[:8])[:2] == (0, f'{state}/copy.wav\n'), 'it is on this machine'
    for words in (['--to', state], [state], ['copy.wav', state], ['other.wav']): assert cli('download', id, *words)[:2] == (Exit.USAGE, '')
    assert f"cp -- {state/'copy.wav'} new" in cli('download', id, 'new/')[2]
    assert str(state/'copy.wav') in cli('show', id)[1]

def test_options_behind_the_program_are_its_own(cli):
    for words in (['echo', '--name', 'x', '--help'], ['--', 'echo', '--name', 'x', '--help'], ['--name', 'say', 'echo', '--name', 'x', '--help']):
        id = cli('run', *words)[1].split()[0]
        assert cli('logs', id)[1] == '--name x --help\n' and job(id).name == ('say' if words[0] == '--name' else 'echo --name x --help')

def test_options_of_the_job(cli):
    code, out, _ = cli('run', '--json', '--priority', '3', '--max-attempts', '2', '--timeout', '.3', 'sleep', '600')
    told = json.loads(out)
    assert (code, told['status'], told['failure']['kind'], told['priority'], told['max_attempts'], told['timeout']) == (Exit.FAILED, 'failed', 'timeout', 3, 2, .3)
    for bad in (['--id', 'a/b'], ['--max-attempts', '0'], ['--timeout', '0'], ['--url', 'here']): assert cli('run', *bad, 'true')[0] == Exit.USAGE
    assert len(json.loads(cli('ls', '--json')[1])) == 1

def test_the_same_id_is_the_same_job(cli, state):
    words = 'run', '--id', 'once', '--', 'sh', '-c', 'echo x >> log.txt'
    assert cli(*words)[0] == cli(*words)[0] == 0 and (state/'log.txt').read_text() == 'x\n'
    assert cli('run', '--id', 'once', 'true')[0] == Exit.USAGE

def test_a_word_that_is_no_program_may_be_a_pipeline(cli):
    code, _, err = cli('run', 'transcrbe', 'talk.wav')
    assert code == Exit.USAGE and 'transcribe, transcode' in err
    code, _, err = cli('run', 'transcribe', 'no-such.wav')
    assert code == Exit.USAGE and 'no-such.wav' in err

@pytest.fixture
def both(state, monkeypatch):
    "A program on the PATH that has the name of a pipeline."
    program = state/'bin'/'transcribe'
    program.parent.mkdir()
    program.write_text('#!/bin/sh\necho the program\n')
    program.chmod(0o755)
    monkeypatch.setenv('PATH', f'{program.parent}{os.pathsep}{os.environ["PATH"]}')
    return program

def test_a_name_that_is_both_means_what_it_means_in_python(cli, both):
    from cjm_jobtrack.api.jobs import Jobs
    from cjm_jobtrack.model.errors import InvalidInput
    with Jobs(memory=True) as lab, pytest.raises(InvalidInput, match='no-such.wav'): lab.run('transcribe', 'no-such.wav')
    code, out, err = cli('run', 'transcribe', 'no-such.wav')
    assert (code, out) == (Exit.USAGE, '') and 'no-such.wav' in err
    id = cli('run', both, 'no-such.wav')[1].split()[0]
    assert job(id).runner == 'process' and cli('logs', id)[1] == 'the program\n'
    assert 'even if there is such a program' in ' '.join(cli('run', '--help')[1].split())

@pytest.mark.parametrize('line', ['echo hello world', "echo 'hello world'"])
def test_one_word_is_a_command_line(cli, line):
    id = cli('run', line)[1].split()[0]
    assert cli('logs', id)[1] == 'hello world\n'

def test_the_path_of_a_program_may_hold_a_blank(cli, both):
    blank = both.with_name('my program')
    both.rename(blank)
    for word in (blank, 'my program', './bin/my program'):
        code, out, err = cli('run', word)
        assert code == 0 and cli('logs', out.split()[0])[1] == 'the program\n', err

@pytest.mark.parametrize('words, said', [
    (['ls | wc -l'], "jobtrack run -- sh -c 'ls | wc -l'"),
    ([''], 'jobtrack run -- ffmpeg'),
    (["echo 'half"], 'without quotes around all of it'),
    (['TERM=dumb', 'ls'], 'jobtrack run -- env TERM=dumb ls'),
    (['transcribe', 'a.wav', 'b.wav'], 'jobtrack run --detach transcribe a.wav'),
    (['transcribe'], 'jobtrack run transcribe FILE')])
def test_an_error_says_what_to_type(cli, words, said):
    code, out, err = cli('run', *words)
    assert (code, out) == (Exit.USAGE, '') and said in err
    assert not any(f'`{name}`' in err for name in ('what', 'argv', 'args')) and 'run(' not in err and 'batch(' not in err

def test_a_place_that_cannot_be_used_is_told_in_words_of_the_shell(cli, tmp_path, monkeypatch):
    (tmp_path/'file').touch()
    code, out, err = cli('run', 'true', XDG_STATE_HOME=str(tmp_path/'file'))
    assert (code, out) == (Exit.USAGE, '') and '`XDG_STATE_HOME` is in' in err, err
    (tmp_path/'gone').mkdir()
    monkeypatch.chdir(tmp_path/'gone')
    (tmp_path/'gone').rmdir()
    code, out, err = cli('run', 'true')
    assert (code, out) == (Exit.USAGE, '') and err.endswith('Go to a folder that exists\n')

def test_an_unknown_id_says_how_to_list_jobs(cli):
    for command in 'show', 'watch', 'cancel', 'logs', 'download': assert cli(command, 'c0de')[2].endswith('jobtrack ls\n')

# --- what goes on

@pytest.mark.parametrize('how, status', [(signal.SIGINT, Exit.INTERRUPTED), (signal.SIGTERM, 128 + signal.SIGTERM), (signal.SIGHUP, 128 + signal.SIGHUP)])
def test_leaving_leaves_the_program(begin, state, cli, how, status):
    p = begin('run', '--id', 'a-job', '--', *GATED)
    pid = program('a-job').pid
    os.killpg(p.pid, how)   # as a terminal does: to all that it began
    out, err = p.communicate(timeout=60)
    assert (p.returncode, 'Traceback' in err) == (status, False), err
    if how == signal.SIGINT: assert 'jobtrack watch a-job' in err and 'jobtrack cancel a-job' in err
    assert psutil.pid_exists(pid)
    (state/'gate').touch()
    until(lambda: job('a-job').is_terminal, 'its end to be recorded although nobody looks')
    assert job('a-job').status == 'completed' and [o.name for o in job('a-job').outputs] == ['out.txt']
    until(lambda: not resumers(), 'who saw to its end to leave as well')

def test_a_terminal_that_is_closed_leaves_the_program(state):
    ours, theirs = pty.openpty()
    argv = [sys.executable, '-P', '-m', 'cjm_jobtrack.cli', 'run', '--id', 'a-job', '--', *GATED]
    take_terminal = functools.partial(fcntl.ioctl, theirs, termios.TIOCSCTTY, 0)
    with subprocess.Popen(argv, stdin=theirs, stdout=theirs, stderr=theirs, env=os.environ | {'TERM': 'xterm'}, start_new_session=True, preexec_fn=take_terminal) as p:
        os.close(theirs)
        pid = program('a-job').pid
        assert b'a-job' in os.read(ours, 4096)
        os.close(ours)
        p.wait(60)
    assert psutil.pid_exists(pid)
    (state/'gate').touch()
    until(lambda: job('a-job').status == 'completed' and not resumers(), 'its end to be recorded')

def test_detached(begin, state, cli):
    p = begin('run', '--detach', '--id', 'a-job', '--', *GATED)
    out, err = p.communicate(timeout=60)
    assert (p.returncode, out) == (0, 'a-job\n') and 'jobtrack watch a-job' in err
    process = program('a-job')
    until(lambda: resumers(), 'somebody who sees to its end')
    assert process.is_running() and cli('ls')[1].split()[-3:] != [] and cli('ls')[2] == ''
    follower = begin('watch', 'a-job')
    assert follower.stdout.readline().startswith('running')
    (state/'gate').touch()
    assert follower.communicate(timeout=60)[0].splitlines()[-1] == 'completed' and follower.returncode == 0
    until(lambda: not resumers(), 'it to leave')

def test_two_that_are_left_have_one_who_sees_to_them(begin, state):
    for n in (1, 2): assert begin('run', '-d', '--id', f'job-{n}', '--', *GATED).wait(60) == 0
    for n in (1, 2): program(f'job-{n}')
    until(lambda: len(resumers()) == 1, 'one of them to leave')
    (state/'gate').touch()
    until(lambda: all(job(f'job-{n}').status == 'completed' for n in (1, 2)), 'both ends to be recorded')
    until(lambda: not resumers(), 'it to leave')

@pytest.fixture
def orphan(begin, state):
    "A gated program that nobody follows: who began it was killed."
    p = begin('run', '--id', 'a-job', '--', *GATED)
    process = program('a-job')
    until(lambda: job('a-job').progress == 50, 'its progress')
    p.kill()
    p.communicate(timeout=60)
    yield process
    with suppress(psutil.NoSuchProcess): process.kill()

def test_what_is_in_nobodys_hands_is_told(cli, orphan, state):
    for words in (['ls'], ['show', 'a-job']):
        code, out, err = cli(*words)
        assert code == 0 and 'running' in out and 'jobtrack resume' in err
    assert 'resume' not in cli('ls', '--status', 'completed')[2] and not resumers(), 'looking takes nothing up'
    (state/'gate').touch()
    code, out, err = cli('resume')
    assert (code, err) == (0, '') and 'completed' in out and job('a-job').status == 'completed'
    assert cli('ls')[2] == '' and cli('resume') == (0, '', '')

def test_a_record_that_was_deleted_is_not_made_anew(state):
    own_record().parent.mkdir(parents=True)
    with resume_lock() as lock:
        os.set_inheritable(lock.fileno(), True)
        handed = subprocess.run([sys.executable, '-P', '-m', 'cjm_jobtrack.cli', 'resume', '--lock', str(lock.fileno())], pass_fds=[lock.fileno()], timeout=60)
    assert handed.returncode == 0 and not own_record().exists()

def test_cancel_ends_what_is_in_nobodys_hands(cli, orphan):
    code, out, _ = cli('cancel', 'a-job', '--json')
    told = json.loads(out)
    assert (code, told['status']) == (0, 'cancelled') and told['receipt']['ended']
    assert not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE
    assert cli('cancel', 'a-job')[0] == 0 and cli('watch', 'a-job')[0] == Exit.CANCELLED

def test_cancel_ends_what_somebody_follows(cli, begin):
    p = begin('run', '--id', 'a-job', '--', *GATED)
    process = program('a-job')
    assert cli('cancel', 'a-job')[0] == 0 and not process.is_running()
    assert p.wait(60) == Exit.CANCELLED

@pytest.mark.parametrize('words, said', [(['watch', 'a-job'], 'completed'), (['logs', '-f', 'a-job'], 'Task 2/2')])
def test_following_takes_up_what_is_in_nobodys_hands(begin, orphan, state, words, said):
    p = begin(*words)
    assert p.stdout.readline()
    (state/'gate').touch()
    out, err = p.communicate(timeout=60)
    assert (p.returncode, out.splitlines()[-1]) == (0, said) and job('a-job').status == 'completed', err

def test_a_notebook_and_the_command_line_see_the_same(cli):
    from cjm_jobtrack.api.jobs import Jobs
    with Jobs() as notebook:
        mine = notebook.run(['echo', 'hello'])
        assert cli('watch', mine.id)[0] == 0 and cli('logs', mine.id)[1] == 'hello\n'
        other = cli('run', 'echo', 'world')[1].split()[0]
        assert notebook[other[:8]].log == 'world\n' and [j.id for j in notebook] == [other, mine.id]
        assert [j['id'] for j in json.loads(cli('ls', '--json')[1])] == [other, mine.id]

# --- a server beside it

@pytest.fixture
def manager(tmp_path_factory, state, monkeypatch):
    "A server where the manager of this machine would be."
    with node_at(tmp_path_factory.mktemp('node')) as served:
        monkeypatch.setattr(options, 'URL', served.url)
        yield served

def test_what_is_submitted_is_listed(cli, manager):
    "As the README has it: no option names a place."
    id = cli('submit', 'work', '--wait')[1].strip()
    assert [j['id'] for j in json.loads(cli('ls', '--json')[1])] == [id] and cli('show', id[:8])[0] == cli('watch', id)[0] == 0
    assert not own_record().exists()

def test_both_places_of_this_machine(cli, manager):
    ours = cli('run', 'echo', 'mine')[1].split()[0]
    theirs = cli('submit', 'work', '-p', 'plan={"say": "theirs"}', '--wait')[1].strip()
    assert [j['id'] for j in json.loads(cli('ls', '--json')[1])] == [theirs, ours] and [j['id'] for j in json.loads(cli('ls', '--json', '-n', '1')[1])] == [theirs]
    assert 'mine' in cli('logs', ours[:8])[1] and 'theirs' in cli('logs', theirs[:8])[1]
    def listed(*words, **env): return [j['id'] for j in json.loads(cli(*words, 'ls', '--json', **env)[1])]
    assert listed('--url', manager.url) == listed(JOBTRACK_URL=manager.url) == [theirs]
    assert listed('--url', 'here', JOBTRACK_URL=manager.url) == listed(JOBTRACK_URL='here') == listed(JOBTRACK_URL='') == [theirs, ours]
    assert cli('show', ours, '--url', manager.url)[0] == Exit.USAGE
    assert cli('ls', '--node', 'shed')[0] == Exit.USAGE, 'a node has no nodes: it was asked'

def test_the_beginning_of_an_id_never_means_one_of_two(cli, manager):
    cli('run', '--id', 'twin-mine', 'true'), cli('submit', 'work', '--id', 'twin-theirs', '--wait')
    for command in 'show', 'cancel':
        code, out, err = cli(command, 'twin')
        assert (code, out) == (Exit.USAGE, '') and 'twin-mine' in err and 'twin-theirs' in err
    assert cli('show', 'twin-m')[0] == cli('show', 'twin-t')[0] == 0

def test_how_to_return_names_the_place(begin, state, manager, monkeypatch):
    monkeypatch.setenv('JOBTRACK_URL', manager.url)
    p = begin('run', '-d', '--id', 'a-job', 'true')
    assert p.wait(60) == 0
    p = begin('run', '--id', 'b-job', '--', *GATED)
    program('b-job')
    p.send_signal(signal.SIGINT)
    assert 'jobtrack watch b-job --url here' in p.communicate(timeout=60)[1]
    (state/'gate').touch()
    until(lambda: job('b-job').is_terminal and not resumers(), 'its end')

def test_a_manager_that_asks_for_a_token_hides_nothing_of_ours(cli, tmp_path_factory, monkeypatch):
    with node_at(tmp_path_factory.mktemp('node'), token='secret') as served:
        monkeypatch.setattr(options, 'URL', served.url)
        code, out, err = cli('ls')
        assert (code, out) == (Exit.USAGE, '') and '--token-file' in err
        id = cli('run', 'true')[1].split()[0]
        code, out, err = cli('ls')
        assert code == 0 and id[:8] in out and 'left out' in err and '--token-file' in err
        code, out, err = cli('ls', JOBTRACK_TOKEN='secret')
        assert code == 0 and id[:8] in out and err == ''

@pytest.mark.parametrize('answer', [b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}', b'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n', b'SSH-2.0-x\r\n', b''])
def test_another_program_on_the_port_is_no_manager(cli, monkeypatch, answer):
    import threading
    with socket.create_server(('127.0.0.1', 0)) as server:
        def serve():
            with suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection, suppress(OSError):
                        connection.settimeout(5)
                        connection.recv(1000)
                        connection.sendall(answer)
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        monkeypatch.setattr(options, 'URL', f'http://127.0.0.1:{server.getsockname()[1]}')
        id = cli('run', 'true')[1].split()[0]
        code, out, err = cli('ls')
        assert code == 0 and id[:8] in out and (err == '' or 'left out' in err)
        server.shutdown(socket.SHUT_RDWR)
        thread.join(10)

# --- beside a notebook

NOTEBOOK = '''
import sys
from cjm_jobtrack.api.jobs import Jobs
jobs = Jobs(slots=1)
for n in range(3): jobs.run(['sh', '-c', 'echo pid $$; until test -e gate; do sleep .05; done'], id=f'night-{n}', name=f'night {n}')
print('ready', flush=True)
sys.stdin.read()
jobs.close()
'''

@pytest.fixture
def notebook(state):
    "A process with three jobs and one slot."
    p = subprocess.Popen([sys.executable, '-c', NOTEBOOK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert p.stdout.readline() == 'ready\n'
    until(lambda: job('night-0').status == 'running', 'its first job')
    yield p
    (state/'gate').touch()
    p.communicate(timeout=60)
    CliRunner().invoke(app, ['resume'])   # a kernel that ends leaves what waits
    for n in range(3): until(lambda n=n: job(f'night-{n}').is_terminal, 'the end of its jobs')
    until(lambda: not resumers(), 'nobody to be left')

def statuses(): return [job(f'night-{n}').status for n in range(3)]

def test_a_program_does_not_wait_behind_a_notebook_and_begins_nothing_of_it(cli, notebook):
    assert cli('run', 'echo', 'hello')[0] == 0
    assert statuses() == ['running', 'pending', 'pending'] and not resumers(), 'it has one slot'

def test_a_notebook_takes_over_what_is_left_beside_it(cli, begin, notebook, state):
    p = begin('run', '--id', 'a-job', '--', 'sh', '-c', 'echo pid $$; until test -e go; do sleep .05; done')
    program('a-job')
    p.send_signal(signal.SIGINT)
    assert p.wait(60) == Exit.INTERRUPTED and not resumers() and cli('ls')[2] == ''
    (state/'go').touch()
    until(lambda: job('a-job').status == 'completed', 'the notebook to record its end')
    assert statuses() == ['running', 'pending', 'pending']

def test_what_a_dead_notebook_left_is_taken_up_when_asked(cli, notebook, state):
    notebook.kill()
    notebook.wait(60)
    assert '3 jobs are in nobody' in cli('ls')[2]
    (state/'gate').touch()
    code, out, _ = cli('resume')
    assert (code, sorted(o.split()[0] for o in out.splitlines())) == (0, ['night-0', 'night-1', 'night-2']) and statuses() == ['completed']*3

def test_who_takes_something_over_leaves_it_in_good_hands(cli, notebook, state):
    "What a dead notebook has left running goes to the next queue, whatever that is there for."
    notebook.kill()
    notebook.wait(60)
    assert cli('run', 'echo', 'hello')[0] == 0
    (state/'gate').touch()
    until(lambda: statuses() == ['completed']*3, 'all to be seen to')

def test_prune_removes_what_is_kept_beside_it(cli, state):
    for n in range(2): assert cli('run', '--id', f'job-{n}', 'echo', 'hello')[0] == 0
    beside = own_record().with_suffix('.files')/'programs'
    assert {p.name for p in beside.iterdir()} == {'job-0', 'job-1'}
    assert cli('prune', '--keep', '1')[0] == 0 and {p.name for p in beside.iterdir()} == {'job-1'} and [*jobs()] == ['job-1']

def test_a_machine_without_a_manager_is_in_order(cli):
    status, out, _ = cli('doctor', '--json')
    found = {f['name']: f for f in json.loads(out)}
    assert status == 0 and not found['server']['ok'] and found['your own record']['told'] == str(own_record())
    assert cli('doctor', '--url', 'http://127.0.0.1:9')[0] == Exit.UNREACHABLE

# What a shell has read already, and repeating

def test_a_tilde_that_the_shell_left_is_a_tilde(cli, state):
    (state/'notes.txt').write_text('a~b\n')
    code, out, _ = cli('run', '--json', 'grep', '~', 'notes.txt')
    assert code == 0 and json.loads(out)['spec']['argv'][1:] == ['~', 'notes.txt']
    code, out, _ = cli('run', '--json', 'echo ~')
    assert code == 0 and json.loads(out)['spec']['argv'][1:] == [os.path.expanduser('~')], 'a command line in quotes was read by no shell'

def test_retry_does_it_once_more(cli, state):
    first = cli('run', 'cp', '/etc/hostname', 'copy.txt')[1].split()[0]
    (state/'copy.txt').unlink()
    code, out, _ = cli('retry', first[:8])
    again, path = out.split()
    assert code == 0 and again != first and path.endswith('copy.txt') and (state/'copy.txt').exists()
    assert job(again).metadata == {'again_of': first} and job(first).status == 'completed'
    assert json.loads(cli('retry', first, '--json')[1])['status'] == 'completed'
    assert cli('retry', cli('run', 'false')[1].split()[0])[0] == 1, 'its end is the end of the command'

def test_retry_refuses_in_the_words_of_the_shell(cli, state):
    code, _, err = cli('retry', 'nobody-here')
    assert code == 2 and err.splitlines() == ["jobtrack: No job 'nobody-here' is on record", 'List them: jobtrack ls']
    from cjm_jobtrack import Jobs
    with Jobs(own_record()) as lab: called = lab.run(len, 'word').wait(60)
    code, _, err = cli('retry', called.id)
    assert code == 2 and '`ID`' in err and 'Repeat it in a notebook' in err
    running = cli('run', '--detach', 'sleep', '600')[1].strip()
    code, _, err = cli('retry', running)
    assert code == 2 and f'jobtrack cancel {running[:8]}' in err and 'job.wait' not in err
    assert cli('cancel', running)[0] == 0
