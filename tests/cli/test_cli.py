"The command line: what it takes, what it prints for people and for programs, and how it ends."
import errno, io, json, os, signal, socket, subprocess, sys, time
from pathlib import Path
from types import SimpleNamespace

import httpx, pytest
from helpers import node_at, until
from original_node import OriginalNode
from original_node import Served as ServedApp
from typer.testing import CliRunner
from cjm_jobtrack.cli.main import app
from cjm_jobtrack.cli.app import MEANINGS, Exit, error_lines, exit_for
from cjm_jobtrack.cli.follow import exit_for_job, job_updates, status_line
from cjm_jobtrack.cli.job_tables import jobs_table
from cjm_jobtrack.cli.jobs import cancel_message
from cjm_jobtrack.cli.nodes import read_address
from cjm_jobtrack.cli.output import format_age, format_seconds, printable, printed_path
from cjm_jobtrack.cli.records import Leftovers
from cjm_jobtrack.cli.servers import _signals_deferred, listen, server_process
from cjm_jobtrack.cli.options import read_token
from cjm_jobtrack.cli.source import data_folder
from cjm_jobtrack.cli.submit import check_source, guess_value, parse_value, read_params
from cjm_jobtrack.store.own_record import own_record
from cjm_jobtrack.cli.tables import clip, show_table, table
from cjm_jobtrack.cli.timeline import timeline
from cjm_jobtrack.model.errors import (IllegalMove, InvalidInput, JobtrackError, KeyConflict, NodeRefused, NodeUnreachable, StoreError, UnknownJob, UnknownNode, UnknownPipeline)
from cjm_jobtrack.model.job import Job, JobEvent
from cjm_jobtrack.tracker.tracker import JobTracker
from cjm_jobtrack.net.client import RemoteClient
from cjm_jobtrack.pipelines.pipeline import PipelineCatalog
from rich.cells import cell_len
from rich.console import Console

@pytest.fixture(scope='module')
def node(tmp_path_factory):
    with node_at(tmp_path_factory.mktemp('node'), slots=2) as served: yield served

@pytest.fixture
def cli(node, monkeypatch):
    "Run a command: its exit status, stdout, stderr."
    monkeypatch.setenv('JOBTRACK_URL', node.url)
    monkeypatch.delenv('JOBTRACK_TOKEN', raising=False)
    def run(*words):
        r = CliRunner().invoke(app, [str(w) for w in words], prog_name='jobtrack')
        assert r.exception is None or isinstance(r.exception, SystemExit), r.exception
        return r.exit_code, r.stdout, r.stderr
    return run

def begin(*words, **kw):
    return subprocess.Popen([sys.executable, '-P', '-m', 'cjm_jobtrack.cli', *map(str, words)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **kw)

def ended(p, deadline=60):
    with p: out, err = p.communicate(timeout=deadline)
    return p.returncode, out.decode(), err.decode()

# --- how commands end

@pytest.mark.parametrize('what, status', [
    (Job(status='completed'), 0), (Job(status='failed'), 1), (Job(status='cancelled'), 3), (Job(status='running'), 0),
    (InvalidInput('rate', 'is 7'), 2), (UnknownPipeline('x'), 2), (UnknownJob('7f3a'), 2), (UnknownNode('shed'), 2), (KeyConflict('7f3a', {}), 2),
    (NodeRefused('http://x', 401, 'no'), 2), (NodeRefused('http://x', 403, 'no'), 2), (NodeRefused('http://x', 422, 'no', field='rate'), 2),
    (NodeRefused('http://x', 400, 'no'), 1), (NodeRefused('http://x', 500, 'no'), 1), (IllegalMove('7f3a', 'completed', 'running'), 1), (StoreError('sqlite:///x', 'full'), 1), (JobtrackError('no'), 1),
    (NodeUnreachable('http://x'), 4), (NodeRefused('http://x', 503, 'no node'), 4), (NodeRefused('http://x', 502, 'proxy'), 4)])
def test_exit_status(what, status): assert (exit_for_job(what) if isinstance(what, Job) else exit_for(what)) == status

def test_help_tells_every_command_and_every_exit_status(cli):
    status, out, _ = cli('--help')
    words = out.split('Commands:')[1]
    assert status == 0 and all(f'\n  {c} ' in words for c in ('demo', 'node', 'manager', 'submit', 'ls', 'show', 'watch', 'logs', 'cancel', 'download', 'nodes', 'pipelines', 'doctor', 'export', 'import', 'prune', 'pin', 'backup'))
    assert set(MEANINGS) == set(Exit) and all(f'    {int(e):<4} {words}' in out for e, words in MEANINGS.items())

@pytest.mark.parametrize('command', [[], ['submit'], ['node'], ['manager'], ['nodes', 'add']])
def test_no_option_takes_a_token(cli, command):
    _, out, err = cli(*command, '--help')
    assert '--token ' not in out and '--token=' not in out
    status, out, err = cli(*command, '--token', 'secret')
    assert status == Exit.USAGE and 'secret' not in out + err

@pytest.mark.parametrize('words', [['show', '7f3a'], ['ls'], ['submit', 'work'], ['watch', '7f3a'], ['logs', '7f3a'], ['cancel', '7f3a'], ['download', '7f3a'], ['nodes'], ['pipelines'], ['doctor']])
def test_nobody_there(cli, words):
    with socket.create_server(('127.0.0.1', 0)) as s: port = s.getsockname()[1]
    begun = time.monotonic()
    status, out, err = cli(*words, '--url', f'http://127.0.0.1:{port}')
    assert (status, time.monotonic() - begun < 60) == (Exit.UNREACHABLE, True)
    if words != ['doctor']: assert out == '' and 1 <= err.count('\n') <= 2 and '--url' in err

@pytest.mark.parametrize('words, named', [
    (['ls', '--url', 'gpu-3:9090'], 'http://'), (['ls', '--status', 'done'], 'status'), (['ls', '--limit', '-1'], 'limit'), (['show', 'no-such-job'], 'no-such-job'), (['show', '7f'], '7f'),
    (['ls', '--token-file', '/no/such/file'], '--token-file'), (['submit', 'wrok'], 'Known here'), (['submit', 'work', '-p', 'n=11'], '`n`'), (['submit', 'work', '-p', 'n=x'], '`n`'), (['submit', 'work', '-p', 'm=1'], '`m`'),
    (['submit', 'work', '-p', 'n'], 'key=value'), (['submit', 'work', '-p', 'n=1', '-p', 'n=2'], 'twice'), (['submit', 'work', '-p', 'flag=maybe'], '`flag`'), (['submit', 'work', '--id', 'a/b'], '`id`'),
    (['submit', 'need'], '`file`'), (['submit', 'need', '/no/such.txt'], 'does not exist'), (['submit', 'need', '/'], 'not a file'), (['submit', 'need', __file__], '.txt'), (['submit', 'need', __file__, '--input', 'x'], '--input'),
    (['submit', 'need', '--input', '../x.txt'], '`input`'), (['submit', 'work', '--max-attempts', '0'], 'max-attempts'), (['nodes'], 'manager'), (['nodes', 'add', 'gpu-3'], 'http://host:port'), (['nodes', 'rm', 'shed'], 'manager'),
    (['node', '--pipelines', '/no/such.toml'], '/no/such.toml'), (['node', '--host', '0.0.0.0'], 'token'), (['manager', '--host', '0.0.0.0'], 'token'), (['manager', '--node', 'gpu-3'], 'http://host:port'), (['frobnicate'], 'frobnicate')])
def test_what_cannot_be_used_is_named(cli, node, words, named):
    before = node.node.tracker.counts(), sorted(node.node.inputs.iterdir())
    status, out, err = cli(*words)
    assert (status, out) == (Exit.USAGE, '') and named in err and 'Traceback' not in err and err.count('\n') <= 4
    assert (node.node.tracker.counts(), sorted(node.node.inputs.iterdir())) == before, 'something was made or uploaded'

# --- words and values

@pytest.mark.parametrize('text, type, value', [('7', 'int', 7), ('-7', 'int', -7), ('7.0', 'int', '7.0'), ('x', 'int', 'x'), ('7', 'float', 7.), ('1e3', 'float', 1000.), ('', 'float', ''), ('7', 'str', '7'), ('true', 'str', 'true'),
    ('Yes', 'bool', True), ('off', 'bool', False), ('maybe', 'bool', 'maybe'), ('x', 'list', 'x')])
def test_typed(text, type, value): assert parse_value(text, type) == value and parse_value(text, type).__class__ is value.__class__

@pytest.mark.parametrize('text, value', [('7', 7), ('7.5', 7.5), ('true', True), ('null', 'null'), ('[1]', '[1]'), ('two words', 'two words'), ('', ''), ('"7"', '"7"')])
def test_without_a_description_a_value_is_what_it_looks_like(text, value): assert read_params([f'k={text}'], None) == {'k': value} and guess_value(text) == value

def test_a_value_may_hold_anything(): assert read_params(['k=a=b "c" $d {e}'], {'name': 'x', 'params': [{'name': 'k', 'type': 'str'}]}) == {'k': 'a=b "c" $d {e}'}

def test_an_alias_is_the_parameter():
    x = {'name': 'x', 'params': [{'name': 'unet_flag', 'type': 'bool', 'required': True, 'aliases': ['unetFlag']}]}
    assert read_params(['unetFlag=yes'], x) == {'unetFlag': True}
    with pytest.raises(InvalidInput, match='unet_flag'): read_params([], x)

@pytest.mark.parametrize('file, input, pipeline, ok', [(None, None, dict(input='optional'), True), (None, None, dict(input='required'), False), (None, 'x', dict(input='none'), False), (None, 'x', None, True), (None, 'x', dict(input='required'), True)])
def test_sources(file, input, pipeline, ok):
    pipeline = pipeline and {'name': 'x', 'accepts': ['.txt'], **pipeline}
    if ok: assert check_source(file, input, pipeline) == input
    else:
        with pytest.raises(InvalidInput): check_source(file, input, pipeline)

@pytest.mark.parametrize('s, words', [(None, ''), (0, '0.00 s'), (9.999, '10.00 s'), (59.4, '59.40 s'), (59.6, '1 min 00 s'), (3599.6, '1 h 00 min'), (86399, '23 h 59 min'), (90000, '1 d 1 h')])
def test_seconds(s, words): assert format_seconds(s) == words

@pytest.mark.parametrize('s, words', [(0, '0 s'), (59.9, '59 s'), (60, '1 min'), (7200, '2 h'), (200000, '2 d')])
def test_age(s, words): assert format_age(s) == words

@pytest.mark.parametrize('on_terminal, shown', [(True, 'photo·gnp.exe'), (False, 'photo\u202egnp.exe')])
def test_a_path_is_as_it_is_for_programs_and_plain_on_a_terminal(monkeypatch, on_terminal, shown):
    with monkeypatch.context() as m:
        m.setattr(sys, 'stdout', SimpleNamespace(isatty=lambda: on_terminal))
        got = printed_path(Path('photo\u202egnp.exe'))
    assert got == shown

@pytest.mark.parametrize('text', ['a\x1b[31mb', 'a\rb', 'a\nb', 'a\x07b', 'a\x9bb', 'a\u202eb', 'a\udc80b'])
def test_what_would_move_the_cursor_is_not_printed(text):
    assert printable(text)[0] == 'a' and printable(text)[-1] == 'b' and printable(text).isprintable()
    job = Job(name=text, status='failed', error=text, spec={'pipeline': text})
    out = io.StringIO()
    show_table(jobs_table([job]), Console(file=out, width=200))
    assert all(c.isprintable() or c == '\n' for c in out.getvalue() + status_line(job))

@pytest.mark.parametrize('name, url, made', [(None, 'http://GPU-3:9090/', {'url': 'http://gpu-3:9090'}), ('shed', 'https://gpu-3', {'url': 'https://gpu-3:443', 'name': 'shed'})])
def test_addresses(name, url, made): assert read_address(url, name) == made

@pytest.mark.parametrize('url', ['gpu-3', 'ftp://gpu-3', 'http://', 'http://gpu-3:x', ''])
def test_no_address(url):
    with pytest.raises(InvalidInput, match='http://host:port'): read_address(url)

def test_tokens_come_from_a_file_or_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv('JOBTRACK_TOKEN', 'of the environment')
    f = tmp_path/'token'
    f.write_text('of the file\n')
    assert (read_token(None), read_token(f), read_token(None, 'JOBTRACK_NODE_TOKEN')) == ('of the environment', 'of the file', None)
    f.write_text('\n')
    with pytest.raises(InvalidInput, match='empty'): read_token(f)

def test_data_folder(monkeypatch, tmp_path):
    monkeypatch.setenv('XDG_DATA_HOME', str(tmp_path))
    assert data_folder('node') == tmp_path/'jobtrack/node'
    monkeypatch.delenv('XDG_DATA_HOME')
    assert data_folder('manager') == Path.home()/'.local/share/jobtrack/manager'

# --- the time line

def events(*facts): return [JobEvent(n, '7f3a', a, t, f'2026-03-01T12:00:{s:06.3f}+00:00', d) for n, (a, t, s, d) in enumerate(facts, 1)]
def remote(attempt, type, s, at, **data): return (attempt, 'remote', s, {'type': type, 'at': f'2026-03-01T12:00:{at:06.3f}+00:00', 'data': data})

@pytest.mark.parametrize('facts, told', [
    ([(0, 'created', 0, {}), (0, 'queued', 0, {}), (1, 'running', 1, {}), (1, 'started', 1, {}), (1, 'failed', 3, {})], ['created', 'started 1.0', 'finished failed 2.0']),   # on a node
    ([(0, 'created', 0, {}), (0, 'waiting', 0, {'reason': 'no node is online'}), (0, 'cancelled', 2, {})], ['created', 'waiting no node is online 0.0', 'finished cancelled 2.0']),
    ([(0, 'created', 0, {}), (1, 'sent', 1, {'name': 'shed'}), (1, 'unsent', 2, {'problem': 'refused'}), (1, 'deferred', 2, {'reason': 'refused'}), (1, 'sent', 3, {'name': 'attic'}), (1, 'started', 3, {}),
      remote(1, 'created', 3, 3), remote(1, 'started', 4, 3.5), remote(1, 'completed', 9, 8), (1, 'completed', 9, {}), (1, 'fetched', 9.5, {'name': 'a.txt'})],
     ['created', 'sent shed 1.0', 'not sent refused 1.0', 'sent attic 1.0', 'started 0.5', 'finished completed 4.5', 'fetched a.txt 1.5']),
    ([(0, 'created', 5, {}), (1, 'sent', 5, {'name': 'shed'}), remote(1, 'started', 6, 1), remote(1, 'completed', 7, 3), (1, 'completed', 7, {})],   # a clock that is behind
     ['created', 'sent shed 0.0', 'started 0.0', 'finished completed 2.0']),
    ([(0, 'created', 0, {}), (1, 'sent', 1, {'name': 'shed'}), remote(1, 'started', 1, 1), (1, 'unreachable', 3, {}), (1, 'reachable', 4, {}), (1, 'failed', 5, {'kind': 'lost'})],
     ['created', 'sent shed 1.0', 'started 0.0', 'node silent 2.0', 'node back 1.0', 'finished failed 1.0']),
    ([(0, 'created', 0, {}), (1, 'sent', 1, {}), remote(1, 'failed', 2, 2), (1, 'retried', 2, {'reason': 'it broke'}), (2, 'sent', 3, {}), remote(2, 'started', 3, 3), remote(2, 'completed', 4, 4), (2, 'completed', 4, {})],
     ['created', 'sent 1.0', 'finished failed 1.0', 'tried again it broke 0.0', 'sent 1.0', 'started 0.0', 'finished completed 1.0']),
    ([], [])])
def test_timeline(facts, told):
    assert [' '.join(str(x) for x in (s.what, s.note, s.after_s and round(s.after_s, 3)) if x not in ('', None) or x == 0) for s in timeline(events(*facts))] == told

# --- against a node

def test_submit_prints_the_id_and_the_same_id_is_the_same_job(cli, node):
    status, out, err = cli('submit', 'work', '-p', 'n=7', '--id', 'same-id', '--name', 'seven', '--priority', '3', '--timeout', '60', '--max-attempts', '2')
    assert (status, out, err) == (0, 'same-id\n', '')
    job = node.get('same-id')['job']
    assert (job['spec']['params'], job['name'], job['priority'], job['timeout'], job['max_attempts']) == ({'n': 7}, 'seven', 3, 60, 2)
    assert cli('submit', 'work', '-p', 'n=7', '--id', 'same-id', '--wait')[:2] == (0, 'same-id\n')
    status, out, err = cli('submit', 'work', '-p', 'n=8', '--id', 'same-id')
    assert (status, out) == (Exit.USAGE, '') and 'n' in err and '7' in err and '8' in err

def test_submit_uploads_and_downloads(cli, tmp_path, node):
    (tmp_path/'a talk ü.txt').write_text('hello')
    status, out, err = cli('submit', 'need', tmp_path/'a talk ü.txt', '-p', f'plan={json.dumps({"files": {"deep/er.txt": "x", "b.txt": "y"}})}', '--download', tmp_path/'out', '--name', 'talk')
    id, *paths = out.splitlines()
    assert status == 0 and sorted(Path(p).relative_to(tmp_path/'out').as_posix() for p in paths) == ['b.txt', 'deep/er.txt'], err
    assert (tmp_path/'out/deep/er.txt').read_text() == 'x' and node.get(id)['job']['name'] == 'talk'
    again = node.get(id)['job']['spec']['input']
    assert cli('submit', 'need', '--input', again, '--wait')[0] == 0

def test_the_same_submit_again_uploads_nothing(cli, node, tmp_path):
    (tmp_path/'once.txt').write_text('hello')
    words = ['submit', 'need', tmp_path/'once.txt', '--id', 'once', '--wait', '--json']
    (_, first, _), (_, second, _) = cli(*words), cli(*words)
    assert json.loads(first) == json.loads(second) and len([*node.node.inputs.glob('once*')]) == 1
    (tmp_path/'once.txt').write_text('other')
    status, out, err = cli(*words)
    assert (status, out) == (Exit.USAGE, '') and 'spec.input' in err

@pytest.mark.parametrize('plan, status, word', [({}, 0, 'completed'), ({'exit': 3}, 1, 'failed')])
def test_wait_watch_and_json_end_as_the_job_ends(cli, plan, status, word):
    code, out, err = cli('submit', 'work', '-p', f'plan={json.dumps(plan)}', '--wait', '--json')
    job = json.loads(out)
    assert (code, job['status']) == (status, word) and word in err
    code, out, err = cli('watch', job['id'][:8])
    assert code == status and out.splitlines()[-1].startswith(word) and ('exit status 3' in err) == bool(plan)
    code, out, _ = cli('watch', job['id'], '--json')
    seen = [json.loads(o) for o in out.splitlines()]
    seqs = [e['seq'] for e in seen if e['seq'] is not None]
    assert (code, seen[-1]['type'], seen[0]['type'], seqs) == (status, word, 'created', sorted(set(seqs)))
    code, out, _ = cli('show', job['id'], '--json')
    shown = json.loads(out)
    assert (code, shown['status'], [e['seq'] for e in shown['history']]) == (0, word, seqs)
    code, out, _ = cli('show', job['id'])
    assert code == 0 and job['id'] in out and word in out and 'created' in out and 'finished' in out

def test_ls(cli, node):
    ids = [json.loads(cli('submit', 'work', '--wait', '--json')[1])['id'] for _ in range(3)]
    _, out, _ = cli('ls', '--limit', '2', '--json')
    assert [j['id'] for j in json.loads(out)] == [ids[2], ids[1]]
    _, out, _ = cli('ls', '--limit', '2')
    assert [o.split()[0] for o in out.splitlines()[1:]] == [ids[2][:8], ids[1][:8]] and not any(o.endswith(' ') for o in out.splitlines())
    assert json.loads(cli('ls', '--status', 'pending', '--json')[1]) == []
    assert json.loads(cli('ls', '-n', '0', '--json')[1]) == []

def test_a_beginning_is_enough_when_it_is_one_of_a_kind(cli):
    for id in ('twin-1', 'twin-2', 'only-1'): cli('submit', 'work', '--id', id, '--wait')
    assert json.loads(cli('show', 'only', '--json')[1])['id'] == 'only-1'
    status, _, err = cli('show', 'twin')
    assert status == Exit.USAGE and 'twin-1' in err and 'twin-2' in err
    assert cli('show', 'onl')[0] == Exit.USAGE

def test_pipelines(cli):
    assert [p['name'] for p in json.loads(cli('pipelines', '--json')[1])] == ['work', 'need']
    assert 'n=1' in cli('pipelines')[1]

def test_logs_are_bytes(cli, node, tmp_path):
    data = bytes(range(256)) + b'\r\x1b[31m' + b'x' * 200_000 + b'\nlast but one\nlast'
    job = node.run({'hex': data[:4000].hex(), 'files': {}})
    with node.node.tracker.logs.open(job['id'], 1) as f: f.write(data[4000:])
    def logs(*words): return CliRunner().invoke(app, ['logs', job['id'], *words]).stdout_bytes
    whole = logs()
    assert whole.startswith(data[:256]) and whole.endswith(b'\nlast but one\nlast')
    assert (logs('--tail', '2'), logs('--tail', '0'), logs('-f', '--tail', '1')) == (b'last but one\nlast', b'', b'last')
    assert logs('--attempt', '1') == whole
    assert cli('logs', job['id'], '--attempt', '5')[0] == Exit.USAGE

def test_logs_are_searched(cli, node):
    job = node.run({'hex': b'loading\n 10%\r100%\n\x1b[31mno such \x1b[1mfile\x1b[0m: a.wav\nfile: b.wav\x1b]0;title\x07\n'.hex()})
    def lines(*words): return [l.split(': ', 1) for l in cli('logs', job['id'], *words)[1].splitlines()]
    assert lines('--grep', 'such file') == [['3', 'no such file: a.wav']] and [n for n, _ in lines('--grep', 'file')] == ['3', '4']
    assert lines('--grep', '10%') == [] and lines('--grep', '100%') == [['2', '100%']] and lines('--grep', 'nowhere') == [] and cli('logs', job['id'], '--grep', 'nowhere')[0] == 0
    for words in (['--grep', ''], ['--grep', 'a\nb'], ['--grep', 'x', '-f'], ['--grep', 'x', '--tail', '3']): assert cli('logs', job['id'], *words)[0] == Exit.USAGE

def test_logs_follow(cli, node, tmp_path):
    job = node.ask({'say': 'before', 'gate': str(tmp_path/'gate'), 'more': 'after'})
    p = begin('logs', '-f', job['id'])
    assert p.stdout.readline() == b'before\n'
    (tmp_path/'gate').touch()
    status, out, err = ended(p)
    assert (status, out, err) == (0, 'after\n', '')

def test_logs_follow_into_the_next_attempt(cli, node, tmp_path):
    job = node.ask({'say': 'tried', 'gate': str(tmp_path/'gate'), 'exit': 1}, max_attempts=2)
    p = begin('logs', '-f', job['id'])
    assert p.stdout.readline() == b'tried\n'
    (tmp_path/'gate').touch()
    assert ended(p)[:2] == (0, 'tried\n')

def test_a_reader_that_has_had_enough_is_no_error(cli, node):
    job = node.run({'steps': 10_000})
    p = subprocess.run(f'{sys.executable} -P -m cjm_jobtrack.cli logs {job["id"]} | head -n 1', shell=True, capture_output=True, text=True, timeout=60)  # noqa: S602
    assert (p.stdout, 'Traceback' in p.stderr) == ('Progress: 0%\n', False)

def test_downloads(cli, node, tmp_path):
    job = node.run({'files': {'a.txt': 'A', 'b/c.txt': 'C'}})
    assert cli('download', job['id'], 'b/c.txt', '--to', tmp_path)[1] == f'{tmp_path}/b/c.txt\n' and not (tmp_path/'a.txt').exists()
    assert cli('download', job['id'], '--to', tmp_path)[0] == 0 and (tmp_path/'a.txt').read_text() == 'A'
    status, _, err = cli('download', job['id'], 'c.txt', '--to', tmp_path)
    assert status == Exit.USAGE and 'b/c.txt' in err
    (tmp_path/'a.txt').write_text('mine')
    status, _, err = cli('download', job['id'], 'a.txt', '--to', tmp_path)
    assert (status, (tmp_path/'a.txt').read_text()) == (Exit.USAGE, 'mine'), 'a file of the user was overwritten'

def test_a_folder_stands_where_it_stands_in_python(cli, node, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    id = node.run({'files': {'a.txt': 'A', 'deep/b.txt': 'B', 'talk': 'T'}})['id']
    (tmp_path/'here').mkdir(), (tmp_path/'talk').mkdir()
    assert cli('download', id, 'here')[0] == 0 and sorted(p.name for p in (tmp_path/'here').rglob('*.txt')) == ['a.txt', 'b.txt']
    assert cli('download', id, 'new/')[0] == 0 and (tmp_path/'new'/'talk').read_text() == 'T'
    for words in (['a.txt', 'one/'], ['two/', 'a.txt'], ['a.txt', '--to', 'three']):
        status, out, err = cli('download', id, *words)
        assert status == 0 and len(out.splitlines()) == 1, err
    assert all((tmp_path/name/'a.txt').read_text() == 'A' for name in ('one', 'two', 'three'))
    status, out, _ = cli('download', id, 'talk', '--to', 'four')
    assert status == 0 and (tmp_path/'four'/'talk').read_text() == 'T' and len(out.splitlines()) == 1, 'the name of a result is meant'
    assert cli('download', id, 'talk/')[0] == 0 and (tmp_path/'talk'/'a.txt').read_text() == 'A'

@pytest.mark.parametrize('words, said', [
    (['results'], 'For a new folder, write results/'), (['a.text'], 'Results: a.txt'), (['a.txt', 'my folder'], "write 'my folder/'"),
    (['one/', 'two/'], 'Give one of them'), (['one/', '--to', 'two'], 'Give one of them'), ([''], 'Results: a.txt')])
def test_a_download_that_cannot_work_says_what_to_type(cli, node, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    id = node.run({'files': {'a.txt': 'A'}})['id']
    status, out, err = cli('download', id, *words)
    assert (status, out) == (Exit.USAGE, '') and said in err, err
    assert [*tmp_path.iterdir()] == []

def test_one_result_that_cannot_be_had_does_not_keep_us_from_the_others(cli, node, tmp_path):
    job = node.run({'files': {'a.txt': 'A', 'b\nc.txt': 'B', 'c.txt': 'C', 'd.txt': 'D', 'download': 'E'}})
    Path(next(o['path'] for o in job['output_files'] if o['name'] == 'c.txt')).write_text('something else')
    status, out, err = cli('download', job['id'], '--to', tmp_path/'got')
    assert {p.name: p.read_text() for p in (tmp_path/'got').iterdir() if not p.name.startswith('.')} == {'a.txt': 'A', 'd.txt': 'D', 'download': 'E'}
    assert status in (Exit.FAILED, Exit.USAGE) and len(out.splitlines()) == 3 and 'no longer what the job left' in err and 'b·c.txt' in err.replace('\\n', '·')

def test_cancel(cli, node, tmp_path):
    job = node.ask({'helpers': 2, 'gate': str(tmp_path/'gate')})
    until(lambda: node.http.get(f'/jobs/{job["id"]}/logs').text.count('helper') == 2, 'its helpers')
    status, out, err = cli('download', job['id'])
    assert status == Exit.FAILED and 'jobtrack watch' in err
    status, out, _ = cli('cancel', job['id'], '--json')
    told = json.loads(out)
    assert (status, told['status']) == (0, 'cancelled') and len(told['receipt']['ended']) >= 3
    assert cli('cancel', job['id'])[0] == 0, 'what is cancelled is cancelled'
    assert cli('watch', job['id'])[0] == Exit.CANCELLED
    done = node.run()
    status, out, _ = cli('cancel', done['id'])
    assert status == Exit.FAILED and 'already completed' in out

@pytest.mark.parametrize('job, receipt, words', [
    (Job(status='cancelled', attempt=1), {'how': 'forced', 'ended': [1, 2]}, 'had to be forced, 2 processes stopped'), (Job(status='cancelled', attempt=1), {'how': 'asked', 'ended': [1]}, 'when asked, 1 process stopped'),
    (Job(status='cancelled', attempt=1), None, 'is cancelled'), (Job(status='cancelled'), None, 'had not begun'), (Job(status='failed', attempt=1), None, 'already failed'), (Job(status='running', attempt=1), None, 'on record')])
def test_what_a_cancel_did(job, receipt, words): assert words in cancel_message(job, receipt)

def test_interrupting_a_wait_leaves_the_job(cli, node, tmp_path):
    p = begin('submit', 'work', '-p', f'plan={json.dumps({"gate": str(tmp_path/"gate")})}', '--wait')
    id = p.stdout.readline().decode().strip()
    until(lambda: b'running' in p.stderr.readline(), 'it to be followed')
    p.send_signal(signal.SIGINT)
    status, _, err = ended(p)
    assert status == Exit.INTERRUPTED and 'jobtrack cancel' in err and 'Traceback' not in err and node.get(id)['status'] == 'running'
    (tmp_path/'gate').touch()
    node.wait(id, 'completed')

def test_doctor(cli, node):
    status, out, _ = cli('doctor', '--json')
    found = {f['name']: f for f in json.loads(out)}
    assert status == 0 and found['server']['ok'] and found['python']['ok'] and not found['ffmpeg']['needed'] and 'jobtrack-node' in found['server']['told']
    assert 'ok' in cli('doctor')[1]

def test_doctor_finds_a_folder_that_cannot_be_written(cli, tmp_path, monkeypatch):
    (tmp_path/'file').touch()
    monkeypatch.setenv('XDG_DATA_HOME', str(tmp_path/'file'))
    status, out, _ = cli('doctor')
    assert status == Exit.FAILED and '--data' in out

# --- servers

def test_a_folder_has_one_server(tmp_path):
    with server_process('node', '--data', tmp_path/'data', log=tmp_path/'log') as (url, p):
        status, out, err = ended(begin('node', '--data', tmp_path/'data', '--port', 0))
        assert (status, out) == (Exit.USAGE, '') and str(p.pid) in err and '`data`' in err
    with server_process('node', '--data', tmp_path/'data', log=tmp_path/'log'): pass

@pytest.mark.parametrize('kind', ['node', 'manager'])
@pytest.mark.parametrize('how', ['SIGINT', 'SIGTERM', 'eof'])
def test_a_server_stops_cleanly(kind, how, tmp_path):
    with server_process(kind, '--data', tmp_path/'data', log=tmp_path/'log') as (url, p):
        reader = socket.create_connection(url.removeprefix('http://').split(':'))   # one that reads events, and would for ever
        reader.sendall(b'GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n')
        assert b'200 OK' in reader.recv(1000)
        p.stdin.close() if how == 'eof' else p.send_signal(getattr(signal, how))
        assert p.wait(60) == 0
        reader.close()
    assert (tmp_path/'log').read_text() == ''

def test_answers_on_an_open_connection_are_sent_at_once():
    "Else the second answer waits for the receiver's delayed acknowledgement, 40 ms."
    with listen('127.0.0.1', 0) as s, socket.create_connection(s.getsockname()), s.accept()[0] as accepted:
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

def test_a_port_that_is_taken_is_told(tmp_path):
    with socket.create_server(('127.0.0.1', 0)) as s:
        status, out, err = ended(begin('node', '--data', tmp_path/'data', '--port', s.getsockname()[1]))
    assert (status, out) == (Exit.USAGE, '') and '--port' in err and not (tmp_path/'data').exists()

def test_a_pipeline_that_cannot_be_read_is_told_by_file_and_key(tmp_path):
    (tmp_path/'bad.toml').write_text('name = "bad"\nargv = ["true"]\ntiemout = 60\n')
    status, _, err = ended(begin('node', '--data', tmp_path/'data', '--pipelines', tmp_path/'bad.toml', '--port', 0))
    assert status == Exit.USAGE and 'bad.toml' in err and 'tiemout' in err and 'Traceback' not in err

def test_nodes_of_a_manager(tmp_path, monkeypatch, node):
    with server_process('manager', '--data', tmp_path/'data', log=tmp_path/'log') as (url, _):
        monkeypatch.setenv('JOBTRACK_URL', url)
        def run(*words):
            r = CliRunner().invoke(app, words)
            return r.exit_code, r.stdout
        assert run('nodes', '--json') == (0, '[]\n')
        assert run('nodes', 'add', node.url, '--name', 'shed') == (0, 'Node shed is on record and online\n')
        assert run('nodes', 'add', 'http://127.0.0.1:9', '--name', 'attic')[1].startswith('Node attic is on record and offline: ')
        assert run('ls', '--node', 'shed', '--json') == (0, '[]\n') and run('ls', '--node', 'cellar')[0] == Exit.USAGE
        assert [(n['name'], n['status']) for n in json.loads(run('nodes', '--json')[1])] == [('attic', 'offline'), ('shed', 'online')]
        assert [o.split()[:2] for o in run('nodes')[1].splitlines()[1:]] == [['attic', 'offline'], ['shed', 'online']]
        assert run('nodes', 'rm', 'attic')[0] == 0 and run('nodes', 'rm', 'attic')[0] == Exit.USAGE
        assert len(json.loads(run('nodes', '--json')[1])) == 1
        status, out = run('doctor')
        assert status == 0 and 'jobtrack-manager' in out and '1 of 1 nodes online' in out

def test_it_is_installed():
    done = subprocess.run([Path(sys.executable).with_name('jobtrack'), '--version'], capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith('jobtrack ') and done.returncode == 0

def test_a_long_name_hides_nothing_else():
    console = Console(width=100, file=io.StringIO())
    console.print(jobs_table([Job(id='7f3a0001', name='a'*245 + '.wav')]))
    assert all(t in console.file.getvalue() for t in ('7f3a0001', 'pending', '.wav'))

# --- the record itself

@pytest.fixture
def own(tmp_path, monkeypatch):
    "A node with a record of its own: the server, and a function that runs commands on its record."
    monkeypatch.setenv('XDG_DATA_HOME', str(tmp_path/'xdg'))
    monkeypatch.delenv('JOBTRACK_STORE', raising=False)
    with node_at(tmp_path/'own') as served:
        def run(*words, input=None):
            r = CliRunner().invoke(app, [str(w) for w in words] + ['--store', str(served.node.data)], prog_name='jobtrack', input=input)
            assert r.exception is None or isinstance(r.exception, SystemExit), r.exception
            return r.exit_code, r.stdout, r.stderr
        yield served, run

def left_of(node, job_id): return sorted(p.relative_to(node.data).as_posix() for d in (node.data/'attempts', node.workspace/'outputs', node.tracker.logs.folder) for p in d.glob(f'{job_id}*'))

def test_prune_on_the_record_of_a_running_node(own):
    served, run = own
    ids = [served.run({'say': str(n), 'exit': 3 if n == 1 else 0})['id'] for n in range(4)]
    status, out, _ = run('prune', '--keep', '1', '--dry-run')
    assert status == 0 and 'WOULD GO' in out and 'completed  2' in out and 'failed     1' in out and len(served.node.tracker.list_jobs()) == 4
    assert run('pin', ids[0][:8])[1].startswith(f'Job {ids[0][:8]}')
    status, out, _ = run('prune', '--keep', '1', '--json')
    assert (status, json.loads(out)['by_status']) == (0, {'failed': 1, 'completed': 1})
    assert {j.id for j in served.node.tracker.list_jobs()} == {ids[0], ids[3]} and left_of(served.node, ids[1]) == [] != left_of(served.node, ids[0])
    served.http.post('/jobs', json={'pipeline': 'work', 'params': {'plan': '{"say": "anew"}'}, 'id': ids[1]}).raise_for_status()
    assert served.wait(ids[1], 'completed'), 'the id is free, and its work is begun anew'
    assert b'anew' in served.node.tracker.logs.read(ids[1], 1).data
    assert run('pin', ids[0], '--off')[0] == 0 and run('prune', '--older-than', '0s', '--status', 'completed')[0] == 0 and run('prune', '--older-than', '30d')[0] == 0
    assert served.node.tracker.counts()['completed'] == 0

def test_what_an_interrupted_prune_left_goes_with_the_next(own, monkeypatch):
    served, run = own
    old, new = (served.run({'say': n})['id'] for n in 'ab')
    (served.node.workspace/'outputs'/'holiday').mkdir(parents=True)   # somebody else's, though its name might be an id
    with monkeypatch.context() as m:
        def away(self, ids):
            if ids: raise OSError(5, 'the disk is away')
        m.setattr(Leftovers, 'remove', away)
        assert run('prune', '--keep', '1')[0] == Exit.FAILED
    kept = lambda i: [p for p in left_of(served.node, i) if not p.startswith(served.node.tracker.logs.folder.name)]
    assert served.node.tracker.get_job(old) is None and kept(old)
    assert run('prune', '--keep', '1', '--dry-run')[0] == 0 and kept(old)
    assert run('prune', '--keep', '1')[0] == 0 and not kept(old) and kept(new) and kept('holiday')

def test_logs_without_a_job_are_removed_when_asked(own):
    served, run = own
    job = served.run({'say': 'x'})
    served.node.tracker.logs.append('stray', 1, b'x')
    assert 'would go' in run('prune', '--keep', '5', '--orphans', '--dry-run')[1] and left_of(served.node, 'stray')
    assert json.loads(run('prune', '--keep', '5', '--orphans', '--json')[1])['orphans'] == ['stray'] and not left_of(served.node, 'stray') and left_of(served.node, job['id'])

def test_export_and_import(own, tmp_path):
    served, run = own
    ids = [served.run({'exit': 3 if n else 0})['id'] for n in range(3)]
    status, out, err = run('export')
    assert status == 0 and err == '3 jobs written\n' and [json.loads(o)['job']['id'] for o in out.splitlines()[1:-1]] == ids
    assert run('export', tmp_path/'failed.jsonl.gz', '--status', 'failed', '--since', '1h')[2] == '2 jobs written\n'
    def bring(*words, input=None):
        r = CliRunner().invoke(app, ['import', *map(str, words), '--store', str(tmp_path/'other.db')], input=input)
        return r.exit_code, r.stdout, r.stderr
    assert bring(tmp_path/'failed.jsonl.gz')[:2] == (0, f'2 jobs read: 2 new on sqlite:///{tmp_path/"other.db"}, 0 there already\n')
    status, told, _ = bring('-', '--json', input=out)
    assert status == 0 and {k: json.loads(told)[k] for k in ('read', 'added', 'known', 'complete')} == dict(read=3, added=1, known=2, complete=True)
    r = CliRunner().invoke(app, ['export', '--store', f'sqlite:///{tmp_path/"other.db"}', '--status', 'completed', '--status', 'failed'])
    assert {json.loads(o)['job']['id'] for o in r.stdout.splitlines()[1:-1]} == {*ids}

def test_a_jobs_file_that_was_cut_short(tmp_path, monkeypatch):
    monkeypatch.setenv('XDG_DATA_HOME', str(tmp_path/'xdg'))
    jobs = [{'id': f'0000000{n}-8b0f', 'status': s, 'createdAt': '2025-06-01T10:00:00.000Z', 'manualPath': f'\x1b[2J{n}.mp4'} for n, s in enumerate(['completed', 'running', 'failed', 'completed'])]
    file = tmp_path/'jobs.json'
    file.write_text(json.dumps(jobs, indent=2)[:-40])
    before = file.read_bytes()
    r = CliRunner().invoke(app, ['import', str(file)])
    assert r.exit_code == Exit.FAILED and '3 jobs read: 2 new' in r.stdout and '00000001 (running)' in r.stderr and 'cut short' in r.stderr and '\x1b' not in r.output
    assert file.read_bytes() == before and (data_folder('manager')/'jobs.db').is_file(), 'it is there when the manager starts'
    r = CliRunner().invoke(app, ['import', str(file), '--live', 'lost'])
    assert '1 new' in r.stdout and 'recorded as lost' in r.stderr
    with server_process('manager', '--data', data_folder('manager'), log=tmp_path/'log') as (url, _):
        r = CliRunner().invoke(app, ['ls', '--url', url])
    assert r.stdout.count('failed') == 2 and '\x1b' not in r.stdout

def test_a_backup_beside_a_running_node(own, tmp_path):
    served, run = own
    job = served.run({'say': 'hello'})
    status, out, _ = run('backup', tmp_path/'copy.db', '--logs')
    assert status == 0 and '1 jobs' in out and '1 log files' in out
    r = CliRunner().invoke(app, ['export', '--store', str(tmp_path/'copy.db')])
    assert json.loads(r.stdout.splitlines()[1])['job']['id'] == job['id'] and (tmp_path/'copy.logs'/job['id']).is_dir()
    status, out, err = run('backup', tmp_path/'copy.db')
    assert (status, out) == (Exit.USAGE, '') and 'exists' in err

@pytest.mark.parametrize('words', [['export'], ['prune', '--keep', '1'], ['pin', '7f3a'], ['backup', 'copy.db']])
def test_which_record(words, tmp_path, monkeypatch):
    monkeypatch.setenv('XDG_DATA_HOME', str(tmp_path/'xdg'))
    monkeypatch.setenv('XDG_STATE_HOME', str(tmp_path/'state'))
    monkeypatch.delenv('JOBTRACK_STORE', raising=False)
    monkeypatch.chdir(tmp_path)
    def run(*more):
        (tmp_path/'copy.db').unlink(missing_ok=True)
        r = CliRunner().invoke(app, [*words, *more])
        return r.exit_code, r.stderr
    status, err = run()
    assert status == Exit.USAGE and '--store' in err and not (tmp_path/'xdg').exists(), 'nothing is made by looking'
    status, err = run('--store', 'none.db')
    assert status == Exit.USAGE and '--store' in err and not (tmp_path/'none.db').exists()
    for kind in ('manager', 'node'): data_folder(kind).mkdir(parents=True)
    file = data_folder('node')/'jobs.db'
    with JobTracker(f'sqlite:///{file}') as t: t.create_job('x', id='7f3a')
    assert run()[0] == run('--store', data_folder('node').as_posix())[0] == run('--store', f'sqlite:///{file}')[0] == 0
    monkeypatch.setenv('JOBTRACK_STORE', 'none.db')
    assert run()[0] == Exit.USAGE and run('--store', str(file))[0] == 0
    monkeypatch.delenv('JOBTRACK_STORE')
    assert str(file) in run()[1]
    with JobTracker(f'sqlite:///{data_folder("manager")/"jobs.db"}') as t: t.create_job('x', id='7f3a')
    status, err = run()
    assert status == 0 and str(data_folder('manager')) in err and str(data_folder('node')) not in err, 'the manager knows the jobs of its nodes'
    with JobTracker(f'sqlite:///{tmp_path/"jobs.db"}') as t: t.create_job('x', id='7f3a')
    status, err = run()
    if words[0] == 'prune': assert status == Exit.USAGE and str(data_folder('manager')) in err and str(tmp_path/'jobs.db') in err
    else: assert status == 0 and str(tmp_path/'jobs.db') in err
    if words[0] == 'prune': assert run('--dry-run')[0] == run('--store', 'jobs.db')[0] == 0
    for file in (tmp_path/'jobs.db', data_folder('manager')/'jobs.db', data_folder('node')/'jobs.db'): file.unlink()
    own_record().parent.mkdir(parents=True)
    with JobTracker(own_record()) as t: t.create_job('x', id='7f3a')
    status, err = run()
    assert status == 0 and f'your own: {own_record()}' in err
    with JobTracker(f'sqlite:///{file}') as t: t.create_job('x', id='7f3a')
    status, err = run()
    if words[0] == 'prune': assert status == Exit.USAGE and str(own_record()) in err and str(file) in err
    else: assert status == 0 and str(file) in err

# --- what the shell has made of output

def in_shell(line, **env):
    "Run a line of shell in which `jobtrack` is the program. Its status, stdout, stderr."
    line = f'jobtrack() {{ "{sys.executable}" -P -m cjm_jobtrack.cli "$@"; }}\n{line}'
    done = subprocess.run(['bash', '-c', line], capture_output=True, env=os.environ | env, timeout=100, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout, done.stderr.decode(errors='replace')

@pytest.fixture
def odd_job(node):
    "The id of a job whose name no narrow encoding has."
    job = node.run(name='Übung – 日本 😀.mp4')
    yield job['id']

@pytest.mark.parametrize('encoding', ['ascii', 'latin-1', 'utf-8'])
def test_output_in_any_encoding(node, odd_job, encoding):
    env = dict(PYTHONIOENCODING=encoding, JOBTRACK_URL=node.url)
    status, out, err = in_shell(f'jobtrack ls && jobtrack show {odd_job} && jobtrack watch {odd_job}', **env)
    assert status == 0 and 'Error' not in err and 'bung' in out.decode(encoding), err
    status, out, err = in_shell(f'jobtrack show {odd_job} --json', **env)
    assert status == 0 and json.loads(out.decode(encoding))['name'] == 'Übung – 日本 😀.mp4', err

@pytest.mark.parametrize('closed, status', [('ls >&-', 0), ('ls 2>&-', 0), ('ls >&- 2>&- <&-', 0), ('show no-such-job 2>&-', 2)])
def test_closed_streams_are_a_quiet_end(node, closed, status):
    done = in_shell(f'jobtrack {closed}', JOBTRACK_URL=node.url)
    assert done[0] == status and 'Traceback' not in done[2] and 'Error' not in done[2], done

def test_a_name_that_is_not_utf8_is_printed_as_its_bytes():
    code = 'import os, typer; from cjm_jobtrack.cli.app import open_streams; from cjm_jobtrack.cli.output import as_json_text; open_streams(); typer.echo(os.fsdecode(b"caf\\xe9.txt")); print(as_json_text([os.fsdecode(b"caf\\xe9")]))'
    out = subprocess.run([sys.executable, '-c', code], capture_output=True, timeout=60, env=os.environ | {'PYTHONIOENCODING': 'utf-8'}, check=True).stdout
    assert out.splitlines()[0] == b'caf\xe9.txt' and json.loads(out.split(b'\n', 1)[1]) == ['caf\udce9']

@pytest.mark.parametrize('number, remedy', [(errno.EACCES, 'may write'), (errno.EROFS, 'may write'), (errno.ENOSPC, 'room'), (errno.ENOTDIR, 'path'), (errno.EIO, '')])
def test_what_the_system_refuses_is_told_without_numbers(number, remedy):
    words = error_lines(OSError(number, os.strerror(number), '/data/x\x1b'))
    assert len(words) == 1 and 'Errno' not in words[0] and '/data/x' in words[0] and os.strerror(number) in words[0] and remedy in words[0] and words[0].isprintable()

def test_a_folder_that_cannot_be_written(cli, node):
    done = node.run()
    status, out, err = cli('download', done['id'], '--to', '/dev/null/x')
    assert status in (Exit.FAILED, Exit.USAGE) and 'Errno' not in err and 'Traceback' not in err and '/dev/null' in err

# --- ids, narrow terminals, empty lists

@pytest.mark.parametrize('ids, shown', [
    (['7f3a0001-2222-4333-8444-555566667777', 'aaaa0001-2222-4333-8444-555566667777'], ['7f3a0001', 'aaaa0001']),
    (['7f3a0001-2222-4333-8444-555566667777', '7f3a0001-2223-4333-8444-555566667777'], ['7f3a0001-2222', '7f3a0001-2223']),
    (['job_1796400000001', 'job_1796400000002'], ['job_1796400000001', 'job_1796400000002']),
    (['7f3a0001', '7f3a0001-0000'], ['7f3a0001', '7f3a0001-'])])
def test_ids_are_cut_only_as_far_as_they_stay_unique(ids, shown):
    out = io.StringIO()
    show_table(jobs_table([Job(id=i, name='x') for i in ids]), Console(file=out, width=200))
    assert [line.split()[0] for line in out.getvalue().splitlines()[1:]] == shown

@pytest.mark.parametrize('width', [30, 40, 60, 80])
def test_a_narrow_terminal_shows_what_matters(width):
    out, jobs = io.StringIO(), [Job(id='7f3a0001-0000', name='a long name of a recording.wav', status=s, spec={'pipeline': 'transcribe'}, error='It broke in the middle',
                                    progress=50.) for s in ('failed', 'running', 'completed', 'cancelled')]
    show_table(jobs_table(jobs), Console(file=out, width=width))
    lines = out.getvalue().splitlines()
    assert len(lines) == 5 and max(map(len, lines)) <= width and all(h in lines[0] for h in ('ID', 'NAME', 'STATUS'))
    assert all(job.status.value in line and '7f3a0001' in line for job, line in zip(jobs, lines[1:]))

def test_a_column_with_nothing_in_it_takes_no_room_from_a_name():
    def printed(**more):
        jobs = [Job(id='7f3a0001', name='ffmpeg -i a-long-name.mp4 a-long-name.webm', status='failed', error='Ended with exit status 1', **more)]
        out = io.StringIO()
        show_table(jobs_table(jobs, at='2026-03-01T12:00:00+00:00'), Console(file=out, width=80))
        return out.getvalue().splitlines()
    times = dict(created_at='2026-03-01T11:59:13+00:00', started_at='2026-03-01T11:59:13+00:00', completed_at='2026-03-01T11:59:14+00:00')
    head, row = printed(progress=50., **times)
    assert 'PIPELINE' not in head and all(word in row for word in ('failed', '50 %', '1.0 s', '47 s', 'ffmpeg -i a-lo'))
    assert 'PIPELINE' in printed(spec={'pipeline': 'transcribe'})[0]

@pytest.mark.parametrize('width', [60, 100, 240])
def test_wide_characters_keep_to_their_columns(width):
    out, names = io.StringIO(), ['会議の録音.wav', '한국어' * 20 + '.wav', 'plain.wav']
    show_table(jobs_table([Job(id=f'{n}aaa1111', name=name) for n, name in enumerate(names)]), Console(file=out, width=width))
    lines = out.getvalue().splitlines()
    assert len({cell_len(l[:l.index(mark)]) for l, mark in zip(lines, ['STATUS', *['pending']*3])}) == 1
    assert all(cell_len(clip(name)) <= 40 for name in names) and clip(names[1]).endswith('어.wav') and clip(names[0]) == names[0]
    assert table('NODES', rows=[['日本']*1]).columns[0].min_width == 5 and table('NODES', rows=[['日本語の機械']]).columns[0].min_width == 12

def test_the_pipelines_of_an_original_node_server(cli, tmp_path):
    with ServedApp(OriginalNode(tmp_path/'workspace').app) as served:
        status, out, err = cli('pipelines', '--url', served.url)
        assert (status, out) == (0, '') and 'original node server' in err and 'jobtrack submit original FILE' in err and 'jobtrack nodes' not in err

@pytest.mark.parametrize('given, typed', [('127.0.0.1:9090', '--node http://127.0.0.1:9090'), ('shed=gpu-3:9090', '--node shed=http://gpu-3:9090'), ('gpu-3', '--node http://host:port')])
def test_a_node_without_http_says_what_to_type(cli, given, typed):
    status, out, err = cli('manager', '--node', given)
    assert (status, out) == (Exit.USAGE, '') and err.startswith('jobtrack: `--node` is') and f'Write {typed}' in err and 'without http://' in err

@pytest.mark.parametrize('name, said', [('wo\nrk', 'line break'), ('work\n', 'line break'), ('a\\work', 'backslash')])
def test_what_is_wrong_with_a_name_is_said(cli, tmp_path, name, said):
    for words in ['submit', name], ['submit', 'need', '--input', f'input_videos/{name}.txt']:
        status, _, err = cli(*words)
        assert status == Exit.USAGE and f'There is a {said} in it' in err
    (tmp_path/'p.toml').write_text(f'name = {json.dumps(name)}\nargv = ["echo"]\n')
    with pytest.raises(InvalidInput, match=f'There is a {said} in it. Give a name of letters'): PipelineCatalog.load(tmp_path/'p.toml')

def test_an_empty_list_says_so(cli, node):
    status, out, err = cli('ls', '--name', 'no such name')
    assert (status, out) == (0, '') and err == 'No such jobs\n'
    assert cli('ls', '--name', 'no such name', '--json')[1].strip() == '[]'

# --- origins

@pytest.mark.parametrize('kind', ['node', 'manager'])
def test_origins_of_a_server(kind, tmp_path):
    words = ('--origin', 'https://Studio.example:443/', '--origin', 'http://127.0.0.1:8080')
    with server_process(kind, '--data', tmp_path/kind, *words, log=tmp_path/'log') as (url, _):
        def allowed(origin): return httpx.get(f'{url}/health', headers={'Origin': origin}).headers.get('access-control-allow-origin')
        assert [allowed(o) for o in ('https://studio.example', 'http://127.0.0.1:8080')] == ['https://studio.example', 'http://127.0.0.1:8080']
        assert allowed('http://localhost:3000') is None and allowed('https://elsewhere.example') is None

@pytest.mark.parametrize('text', ['studio', 'ftp://x', 'http://', 'http://x/page', 'http://x?y', 'http://u@x', 'http://x:port', '*'])
def test_what_is_no_origin_is_named(cli, text):
    for kind in 'node', 'manager':
        status, out, err = cli(kind, '--origin', text)
        assert (status, out) == (Exit.USAGE, '') and '--origin' in err and 'https://studio.example:8443' in err

@pytest.mark.parametrize('words, named', [
    (['prune'], '--older-than'), (['prune', '--older-than', '30'], '--older-than'), (['prune', '--status', 'running', '--keep', '1'], '--status'), (['prune', '--keep', '-1'], '--keep'), (['prune', '--status', 'done'], '--status'), (['pin', 'ab'], 'too short'),
    (['pin', 'no-such-job'], 'no-such-job'), (['export', '--since', 'yesterday'], '--since'), (['export', '/no/such/folder/x'], 'folder'), (['import', '/no/such/file'], 'file'), (['import', __file__], 'neither'), (['import', __file__, '--live', 'maybe'], '--live'), (['backup', '/no/such/folder/x'], 'folder')])
def test_what_cannot_be_done_to_a_record_is_named(own, words, named):
    status, out, err = own[1](*words)
    assert (status, out) == (Exit.USAGE, '') and named in err and 'Traceback' not in err and err.count('\n') <= 5

@pytest.mark.needs('postgresql')
def test_a_record_on_a_server(postgres_url, tmp_path):
    def run(*words): return CliRunner().invoke(app, [str(w) for w in words] + ['--store', postgres_url])
    (tmp_path/'jobs.json').write_text(json.dumps([{'id': '00000001-8b0f', 'status': 'completed', 'createdAt': '2025-06-01T10:00:00.000Z'}]))
    assert run('import', tmp_path/'jobs.json').exit_code == 0 and run('pin', '00000001').exit_code == 0 and run('prune', '--keep', 0, '--json').exit_code == 0
    assert len(run('export').stdout.splitlines()) == 3
    r = run('backup', tmp_path/'x.db')
    assert r.exit_code == Exit.FAILED and 'pg_dump' in r.stderr

def test_ls_filters(cli, node):
    job = json.loads(cli('submit', 'work', '--name', 'ferry', '--wait', '--json')[1])
    cli('submit', 'work', '--name', 'harbour', '--wait')
    def ids(*words): return [j['id'] for j in json.loads(cli('ls', '--json', *words)[1])]
    assert ids('--name', 'ferry') == [job['id']] == ids('--name', 'ferry', '--since', '1h') == ids('--name', 'ferry', '--since', job['created_at']) and ids('--name', 'ferry', '--until', job['created_at']) == []
    assert ids('--until', '1h') == [] and ids('--batch', 'evening') == []
    assert ids('--text', 'FERR') == [job['id']] == ids('--text', job['id'][4:]) and ids('--text', 'f_rry') == []
    node.node.tracker.add_jobs([Job(id='in-a-batch', name='x', runner='none')], batch='evening')
    try: assert ids('--batch', 'evening') == ['in-a-batch']
    finally: node.node.tracker.mark_cancelled('in-a-batch')
    for words, named in ((['--since', 'soon'], '--since'), (['--node', 'shed'], 'manager')):
        status, out, err = cli('ls', *words)
        assert (status, out) == (Exit.USAGE, '') and named in err

def test_filters_of_a_server_that_has_none(tmp_path):
    with ServedApp(OriginalNode(tmp_path/'workspace').app) as served, RemoteClient(served.url) as client:
        ids = [json.loads(_post(served.url, n))['id'] for n in 'ab']
        jobs = client.list_jobs()
        assert [j.id for j in jobs] == ids[::-1] and [j.id for j in client.list_jobs(name=jobs[0].name)] == ids[1:]
        assert client.list_jobs(until=jobs[-1].created_at) == [] and len(client.list_jobs(since=jobs[-1].created_at)) == 2
        with pytest.raises(InvalidInput, match='original node server'): client.list_jobs(batch='evening')

def _post(url, n):
    time.sleep(.005)   # its ids are milliseconds
    return httpx.post(f'{url}/jobs', json={'inputMethod': 'manual', 'manualPath': f'/workspace/input_videos/{n}.mp4'}).text

def test_the_address_may_stand_before_the_command(node, monkeypatch, tmp_path):
    (tmp_path/'token').write_text('none\n')
    monkeypatch.setenv('JOBTRACK_URL', 'http://127.0.0.1:9')
    def run(*words): return CliRunner().invoke(app, [str(w) for w in words]).exit_code
    assert [run('--url', node.url, 'ls'), run('ls', '--url', node.url), run('--url', 'http://127.0.0.1:9', 'ls', '--url', node.url), run('--url', node.url, '--token-file', tmp_path/'token', 'ls'), run('--url', node.url, 'doctor')] == [0]*5
    assert run('ls') == run('--url', node.url, 'ls', '--url', 'http://127.0.0.1:9') == Exit.UNREACHABLE
    assert run('nodes', '--url', node.url, 'add', 'http://127.0.0.1:9') == Exit.USAGE, 'a node has no nodes: it was asked'
    assert run('--url', node.url, '--token-file', tmp_path/'none', 'ls') == Exit.USAGE

def test_a_beginning_that_is_too_short(cli):
    status, out, err = cli('show', 'ab')
    assert (status, out) == (Exit.USAGE, '') and 'too short' in err

def test_the_end_of_a_log_that_was_cut(tmp_path):
    "Of a log with a piece cut out, the last lines are read once, and what is missing is said in its place."
    import io
    from types import SimpleNamespace
    from cjm_jobtrack.cli.logs import copy_log, tail_offset
    from cjm_jobtrack.logs.log_store import LogStore
    logs = LogStore(tmp_path, cap=64 << 10)
    client = SimpleNamespace(logs=lambda job_id, offset=0, limit=65536, attempt=None: logs.read(job_id, attempt, offset, limit))
    for n in range(3000): logs.append('7f3a', 1, b'%05d %s\n' % (n, b'x' * 90))
    cut, = logs.gaps('7f3a', 1)
    def told(offset):
        copy_log(client, '7f3a', 1, offset, out := io.BytesIO())
        return out.getvalue().decode().splitlines()
    assert [line[:5] for line in told(tail_offset(client, '7f3a', 1, 3))] == ['02997', '02998', '02999']
    for lines in (400, 100_000):
        shown = [line for line in told(tail_offset(client, '7f3a', 1, lines)) if 'cut here' not in line]
        numbers = [int(line[:5]) for line in shown if line[:5].isdigit()]
        assert numbers == sorted(set(numbers)) and numbers[-1] == 2999 and len(numbers) >= min(lines, 300)
    whole = told(0)
    assert sum('bytes cut here' in line for line in whole) == 1 and whole[0].startswith('00000') and len(whole) < 3000

# --- what is shown while a job runs

class Scripted:
    "A client that tells a job as a server of ours does whose events have queued up: by the time that one is read the job is further."
    base_url = 'http://x'
    def __init__(self):
        at = [f'2030-01-01T00:00:{n:02}.000000+00:00' for n in range(9)]
        on = lambda percent, n: Job(id='j', status='running', attempt=1, progress=percent, started_at=at[0], updated_at=at[n])
        self.looks = iter([on(None, 0), on(40., 4), Job(id='j', status='completed', progress=100., attempt=1, updated_at=at[8])])
        event = lambda seq, type, n, **data: JobEvent(seq, 'j', 1, type, at[n], data)
        self.told = [event(2, 'started', 1), event(None, 'progress', 2, percent=20.), event(None, 'progress', 3, percent=40.), event(None, 'progress', 5, percent=60.), event(3, 'completed', 8)]
    def history(self, job_id): return []
    def get_job(self, job_id): return next(self.looks)
    def events(self, job_id, after=None): return iter(self.told)

def test_what_is_shown_never_goes_backwards():
    shown = [job.progress for job, _ in job_updates(Scripted(), 'j')]
    assert shown == [None, 40., 60., 100.]

def test_a_short_job_is_shown_from_beginning_to_end(cli):
    "Many steps in an instant: the lines only ever rise."
    for _ in range(3):
        status, _, err = cli('submit', 'work', '-p', 'plan={"steps": 40}', '--wait')
        shown = [int(l.split()[1]) for l in err.splitlines() if l.startswith('running ') and l.split()[1].isdecimal()]
        assert status == 0 and shown == sorted(shown), err

# --- addresses as people write them

def test_an_address_that_cannot_be_used_is_told_by_its_option(cli):
    for bad in ('http://a b', 'ftp://x', 'http://h?x=1', '', 'http://h..x'):
        status, _, err = cli('ls', '--url', bad)
        assert status == Exit.USAGE and '--url' in err and 'base_url' not in err, (bad, err)
    status, _, err = cli('ls', '--url', '127.0.0.1:19999')
    assert status == Exit.USAGE and 'Write http://127.0.0.1:19999' in err

def test_a_path_on_the_node_is_left_there_whatever_is_called_so_here(node, cli, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = node.put('there.txt')['path']
    (tmp_path/'input_videos').mkdir()
    (tmp_path/path).write_text('another one')
    assert cli('submit', 'need', '--input', path, '--wait')[0] == 0
    assert node.http.get('/jobs').json()['jobs'][-1]['job']['spec']['input'] == path

def test_signals_are_deferred_to_the_end_of_the_block():
    happened = []
    with pytest.raises(KeyboardInterrupt), _signals_deferred():
        signal.raise_signal(signal.SIGINT)
        happened.append('the block went on')
    assert happened == ['the block went on']

def test_retry_on_a_server(cli, node, tmp_path):
    first = cli('submit', 'work', '--wait')[1].split()[0]
    status, out, err = cli('retry', first[:13])
    again = json.loads(cli('show', out.split()[0], '--json')[1])
    assert (status, again['status'], again['metadata']['again_of']) == (Exit.DONE, 'completed', first)
    assert cli('retry', first, '--detach')[0] == Exit.DONE
