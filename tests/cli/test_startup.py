"How a command begins: what it does not need is not imported, and a shell completes its name."
import json, os, re, subprocess, sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest
from helpers import node_at
from typer.main import get_group
import cjm_jobtrack.cli
from cjm_jobtrack.cli.main import COMMANDS
from cjm_jobtrack.store.own_record import own_record
from cjm_jobtrack.tracker.tracker import JobTracker

@pytest.fixture(scope='module')
def node(tmp_path_factory):
    "A node with a job that has ended."
    with node_at(tmp_path_factory.mktemp('node')) as served:
        served.run(id='ended')
        yield served

def imported(*words, **env):
    "The status of a command, and the modules that it has imported at its end."
    code = 'import json, sys\nfrom cjm_jobtrack.cli.main import main\ntry: main()\nexcept SystemExit as e: print(json.dumps([e.code, *sys.modules]), file=sys.stderr)'
    done = subprocess.run([sys.executable, '-P', '-c', code, *map(str, words)], capture_output=True, text=True, timeout=60, env=os.environ | env)
    status, *modules = json.loads(done.stderr.splitlines()[-1])
    return status or 0, {*modules}

SERVERS = {'fastapi', 'uvicorn', 'starlette', 'docker', 'ipywidgets', 'IPython', 'tqdm'}
DATABASE, CLIENT, DRAWING = {'sqlalchemy', 'sqlite3'}, {'httpx', 'stamina'}, {'rich'}

@pytest.mark.parametrize('words', [['--help'], ['-h'], ['--version'], []])
def test_the_list_of_commands_imports_none(words):
    _, modules = imported(*words)
    ours = {m for m in modules if m.startswith('cjm_jobtrack.')}
    assert ours == {'cjm_jobtrack.cli', 'cjm_jobtrack.cli.main', 'cjm_jobtrack.cli.app', 'cjm_jobtrack.model', 'cjm_jobtrack.model.errors'}
    assert not modules & (SERVERS | DATABASE | CLIENT | DRAWING | {'fastcore', 'pydantic', 'asyncio'})

@pytest.mark.parametrize('words', [[c.name, '--help'] for c in COMMANDS])
def test_the_help_of_a_command_imports_no_server(words):
    status, modules = imported(*words)
    assert status == 0 and not modules & SERVERS

@pytest.mark.parametrize('words', [['ls'], ['ls', '--json'], ['cancel', 'ended'], ['logs', 'ended'], ['watch', 'ended'], ['submit', 'work', '--wait']])
def test_a_client_imports_no_server_and_no_database(node, words):
    status, modules = imported(*words, JOBTRACK_URL=node.url)
    assert status == (1 if words[0] == 'cancel' else 0) and 'httpx' in modules and not modules & (SERVERS | DATABASE)

@pytest.fixture
def own(tmp_path, monkeypatch):
    "Your own record, with a job that has ended."
    monkeypatch.setenv('XDG_STATE_HOME', str(tmp_path))
    monkeypatch.delenv('JOBTRACK_URL', raising=False)
    own_record().parent.mkdir()
    with JobTracker(own_record()) as tracker: tracker.mark_failed(tracker.create_job('talk', id='ended').id, 'no speech')

@pytest.mark.parametrize('words', [['ls'], ['ls', '--json'], ['show', 'ended'], ['logs', 'ended'], ['watch', 'ended'], ['cancel', 'ended']])
def test_your_own_record_is_looked_at_without_a_client_and_without_a_queue(own, words):
    status, modules = imported(*words, '--url', 'here')
    assert status == (1 if words[0] in ('watch', 'cancel') else 0) and 'sqlalchemy' in modules and not modules & (SERVERS | CLIENT)
    assert not [m for m in modules if re.match(r'cjm_jobtrack\.(api|net|queue|pipelines|containers|view)\b', m)]
    assert 'sqlalchemy.dialects.postgresql' not in modules, 'it is on SQLite'

def test_where_there_is_nothing_nothing_is_imported(tmp_path):
    status, modules = imported('ls', XDG_STATE_HOME=str(tmp_path))
    assert status == 0 and not modules & (SERVERS | CLIENT | DATABASE | DRAWING | {'pydantic', 'asyncio'})

def test_a_default_needs_no_converter(own):
    "typer's are pydantic's."
    assert 'pydantic' not in imported('ls')[1]

@pytest.mark.parametrize('words', [['ls', '--json'], ['show', 'ended', '--json'], ['watch', 'ended'], ['logs', 'ended'], ['cancel', 'ended']])
def test_nothing_is_made_ready_for_a_table_that_is_not_drawn(node, words):
    _, modules = imported(*words, JOBTRACK_URL=node.url)
    assert not modules & {f'cjm_jobtrack.cli.{m}' for m in ('tables', 'job_tables', 'bar')}

def test_the_record_is_maintained_without_a_client(tmp_path):
    with JobTracker(f'sqlite:///{tmp_path}/jobs.db') as t: t.create_job('x')
    status, modules = imported('export', '--store', tmp_path/'jobs.db')
    assert status == 0 and 'sqlalchemy' in modules and not modules & (SERVERS | CLIENT | {'rich.table'})

def test_the_list_of_commands_has_all_there_are():
    "The one that `--help` prints, against what the modules register."
    modules = {m.name: import_module(f'cjm_jobtrack.cli.{m.name}') for m in iter_modules(cjm_jobtrack.cli.__path__) if m.name != '__main__'}
    registered = {(name, c.name, c.help.split('\n\n')[0].replace('\n', ' ')) for name, m in modules.items() if hasattr(m, 'commands') for c in get_group(m.commands).commands.values()}
    assert {(c.module, c.name, c.help) for c in COMMANDS} == registered and len(registered) == len({name for _, name, _ in registered})

# --- completion by the shell

def completed(shell, line):
    words = line.split(' ')
    env = {'_JOBTRACK_COMPLETE': f'complete_{shell}', 'COMP_WORDS': f'jobtrack {line}', 'COMP_CWORD': str(len(words)), '_TYPER_COMPLETE_ARGS': f'jobtrack {line}', '_TYPER_COMPLETE_FISH_ACTION': 'get-args'}
    done = subprocess.run([Path(sys.executable).with_name('jobtrack')], capture_output=True, text=True, timeout=60, env=os.environ | env)
    assert done.stderr == '', done.stderr
    return done.stdout

@pytest.mark.parametrize('line, words', [
    ('', [c.name for c in COMMANDS]), ('l', ['ls', 'logs']), ('nodes ', ['add', 'rm', 'label', 'drain', 'undrain', 'adopt']), ('nodes a', ['add', 'adopt']), ('ls --st', ['--status']), ('ls --status c', ['completed', 'cancelled']),
    ('--url http://x l', ['ls', 'logs']), ('submit --wa', ['--wait']), ('xyz', [])])
def test_a_shell_completes_names(line, words): assert completed('bash', line).split() == words

@pytest.mark.parametrize('shell, wanted', [('zsh', '"ls":"List jobs, the newest first."'), ('fish', 'ls\tList jobs, the newest first.')])
def test_a_shell_is_told_what_a_command_does(shell, wanted): assert wanted in completed(shell, 'l')

