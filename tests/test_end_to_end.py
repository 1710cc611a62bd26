"""Manager, node and command line as real processes: servers that are killed, nodes that are away, work that must neither be lost nor done twice.

The servers are those of the command line. A pipeline tells its process id and then counts, so its log shows whether it was begun once."""
import json, re, subprocess, time
from pathlib import Path

import pytest
from helpers import until
from servers import Server, Servers, alive, marked, servers
from needs import where
from typer.testing import CliRunner
from cjm_jobtrack.cli.app import Exit
from cjm_jobtrack.cli.main import app
from cjm_jobtrack.cli.timeline import timeline
from cjm_jobtrack.cli.servers import server_process
from cjm_jobtrack.model.errors import JobtrackError
from cjm_jobtrack.net.client import RemoteClient

@pytest.fixture
def home(tmp_path):
    with servers(tmp_path) as h: yield h

def expected_log(pid, to=20): return f'pid {pid}\n'.encode() + b''.join(b'line %d  Task %d/%d\n' % (n, n, to) for n in range(1, to+1))

def told_once(history):
    "The journal of a manager's job holds each of the node's events once, and in order."
    seqs = [e.data['seq'] for e in history if e.type == 'remote']
    assert seqs == sorted(set(seqs)), 'an event of the node was told twice'
    return seqs

def words(history): return [s.what for s in timeline(history)]

# --- killed with SIGKILL, started again

def test_a_killed_manager_follows_the_job_on(home):
    job = home.manager.client.submit('count')
    watch = home.command('watch', job.id, '--json')
    first = watch.stdout.readline()
    pid = home.halfway(job.id)
    home.manager.kill()
    home.hold.touch()
    until(lambda: home.node.client.get_job(job.id).is_terminal, 'the job to end')   # it ends while nobody looks
    home.manager.start()
    job = home.manager.client.wait(job.id, 60)
    history, there = home.manager.client.history(job.id), home.node.client.history(job.id)
    assert (job.status, job.attempt, job.progress, [o.name for o in job.outputs]) == ('completed', 1, 100, ['count.txt'])
    assert [j.id for j in home.node.client.list_jobs()] == [job.id], 'it was begun twice'
    assert home.manager.client.logs(job.id).data == home.node.client.logs(job.id).data == expected_log(pid)
    assert told_once(history) == [e.seq for e in there]
    assert [w for w in words(history) if w != 'found again'] == ['created', 'sent', 'started', 'finished']
    assert [e.type for e in history].count('adopted') == 1
    seen = [e for e in map(json.loads, [first, *watch.stdout]) if e['seq'] is not None]
    assert (watch.wait(60), [e['seq'] for e in seen]) == (Exit.DONE, [e.seq for e in history]), 'who watched has missed something, or seen it twice'

@pytest.mark.parametrize('status, ends', [(0, 'after the restart'), (7, 'after the restart'), (7, 'while the node is away')])
def test_a_killed_node_finds_its_work_again(home, status, ends):
    job = home.manager.client.submit('count', params={'status': status})
    pid = home.halfway(job.id)
    home.node.kill()
    assert alive(pid), 'the pipeline died with its node'
    until(lambda: home.manager.client.get_job(job.id).unreachable_since, 'the manager to notice')
    assert home.manager.client.get_job(job.id).status == 'running', 'silence is not failure'
    if ends != 'after the restart':
        home.hold.touch()
        until(lambda: not alive(pid), 'the program to end')
    home.node.start()
    if ends == 'after the restart':
        until(lambda: not home.manager.client.get_job(job.id).unreachable_since, 'the node to be back')
        assert alive(pid)
        home.hold.touch()
    job = home.manager.client.wait(job.id, 60)
    assert (job.status, job.attempt) == ('completed' if not status else 'failed', 1)
    assert job.failure is None if not status else (job.failure.kind, job.failure.exit_code) == ('exit', 7)
    for server in (home.node, home.manager): assert server.client.logs(job.id).data == expected_log(pid), 'a gap, a repeat, or another process'
    history = home.manager.client.history(job.id)
    assert told_once(history) == [e.seq for e in home.node.client.history(job.id)]
    assert [w for w in words(history) if w.startswith('node ')] == ['node silent', 'node back']

def test_both_killed_at_once(home):
    jobs = [home.manager.client.submit('count') for _ in range(2)]
    pids = [home.halfway(j.id) for j in jobs]
    waiting = home.manager.client.submit('count')
    home.manager.kill(), home.node.kill()
    home.hold.touch()
    home.manager.start(), home.node.start()
    for j in (*jobs, waiting): assert home.manager.client.wait(j.id, 60).status == 'completed'
    for j, pid in zip(jobs, pids): assert home.manager.client.logs(j.id).data == expected_log(pid)
    assert {j.id for j in home.node.client.list_jobs()} == {j.id for j in (*jobs, waiting)}

def test_a_clean_stop_leaves_the_jobs_running(home):
    job = home.manager.client.submit('count')
    pid, watch = home.halfway(job.id), home.command('watch', job.id)
    assert watch.stdout.readline().startswith('running')
    for server in (home.node, home.manager):   # both are being listened to
        server.stop()
        assert (server.process.returncode, server.log.read_text()) == (0, '')
    assert alive(pid)
    home.node.start(), home.manager.start()
    home.hold.touch()
    assert home.manager.client.wait(job.id, 60).status == 'completed'
    assert home.manager.client.logs(job.id).data == expected_log(pid)
    *_, last = watch.stdout
    assert (watch.wait(60), last, watch.stderr.read()) == (0, 'completed\n', '')

# --- cancelled from another terminal

def test_cancel_leaves_nothing_and_holds(home):
    job = home.manager.client.submit('count', params={'status': 99})   # with a child that has left group and session
    watch = home.command('watch', job.id)
    home.halfway(job.id)
    until(lambda: len(marked(job.id)) >= 2, 'the child of the program')
    cancel = home.command('cancel', job.id[:8])
    until(lambda: any(e.type == 'cancel_requested' for e in home.manager.client.history(job.id)), 'the wish')
    until(lambda: not marked(job.id), 'its processes to be gone')
    out, err = cancel.communicate(timeout=60)
    assert (cancel.returncode, 'is cancelled' in out, marked(job.id)) == (Exit.DONE, True, []), err
    _, err = watch.communicate(timeout=60)
    assert watch.returncode == Exit.CANCELLED, err
    home.hold.touch()
    for server in (home.node, home.manager): server.stop(), server.start()
    until(home.manager.client.pipelines, 'the node to be known')
    for server in (home.node, home.manager): assert server.client.get_job(job.id).status == 'cancelled'
    assert words(home.manager.client.history(job.id))[-1] == 'finished'

def test_cancel_takes_no_longer_than_two_seconds(home):
    "At one of five times: at the others, this machine may be busy with something else."
    def seconds():
        job = home.manager.client.submit('count')
        pid = home.halfway(job.id)
        begun = time.monotonic()
        assert home.manager.client.cancel(job.id).status == 'cancelled'
        took = time.monotonic() - begun
        assert not alive(pid)
        return took
    assert any(seconds() < 2 for _ in range(5))

def test_a_wish_to_cancel_outlives_a_silent_node(home):
    job = home.manager.client.submit('count')
    pid = home.halfway(job.id)
    home.node.kill()
    until(lambda: home.manager.client.get_job(job.id).unreachable_since, 'the manager to notice')
    status, out, err = home.run('cancel', job.id)
    assert (status, alive(pid)) == (Exit.UNREACHABLE, True), (out, err)
    assert 'on record' in out
    home.manager.kill()
    home.node.start(), home.manager.start()
    assert home.manager.client.wait(job.id, 60).status == 'cancelled'
    until(lambda: not marked(job.id), 'its processes to be gone')
    assert home.node.client.wait(job.id, 60).status == 'cancelled'

# --- a node that is away

def test_a_node_that_is_down_is_told_and_the_job_waits(tmp_path):
    with servers(tmp_path, up=['manager']) as h:
        def submit(*words):
            begun = time.monotonic()
            r = CliRunner().invoke(app, ['submit', 'count', *words, '--url', h.manager.url])
            assert time.monotonic() - begun < 12, 'it hung'
            return r.exit_code, r.stdout, r.stderr
        status, out, err = submit('-p', 'to=4')
        job = h.manager.client.get_job(out.strip())
        assert (status, job.status) == (Exit.DONE, 'pending') and 'shed' in job.message and job.message in err, err
        (tmp_path/'talk.txt').write_text('hello')
        status, out, err = submit(str(tmp_path/'talk.txt'))   # a file has nowhere to go
        assert (status, out) == (Exit.UNREACHABLE, '') and 'online' in err
        h.node.start()
        h.hold.touch()
        job = h.manager.client.wait(job.id, 60)
        assert (job.status, job.attempt, job.spec['params']) == ('completed', 1, {'to': 4})

def test_no_node_on_record_is_told(tmp_path):
    m = Server('manager', tmp_path).start()
    try:
        job = m.client.submit('count')
        assert 'no node' in until(lambda: m.client.get_job(job.id).message, 'a reason')
        assert m.client.cancel(job.id).status == 'cancelled'
    finally: m.stop()

# --- tokens

@pytest.mark.parametrize('kind', ['node', 'manager'])
def test_an_open_server_is_for_this_machine_only(kind, tmp_path):
    with pytest.raises(JobtrackError, match='host.*token'):
        with server_process(kind, '--data', tmp_path/'data', '--host', '0.0.0.0', log=tmp_path/'log'): pytest.fail('it listens')
    assert not (tmp_path/'data').exists() and 'Traceback' not in (tmp_path/'log').read_text()

def test_a_manager_and_a_node_with_tokens(tmp_path):
    with servers(tmp_path, up=[], JOBTRACK_TOKEN='for-the-node') as h:
        h.hold.touch()
        h.node.words += ['--host', '0.0.0.0']
        h.node.start(), h.node.client.close()
        h.node.client = RemoteClient(f'http://127.0.0.1:{h.node.port}', token='for-the-node')
        h.manager.env = {'JOBTRACK_TOKEN': 'for-people', 'JOBTRACK_NODE_TOKEN': 'for-the-node'}
        h.manager.start()
        until(h.manager.client.pipelines, 'the node to be known')
        status, out, err = h.run('submit', 'count', '--wait')
        assert (status, out) == (Exit.USAGE, '') and 'JOBTRACK_TOKEN' in err
        (tmp_path/'token').write_text('for-people\n')
        status, out, err = h.run('submit', 'count', '--download', tmp_path/'results', '--token-file', tmp_path/'token')
        assert (status, (tmp_path/'results/count.txt').read_text()) == (Exit.DONE, '20'), err
        for f in tmp_path.rglob('*'):
            assert f.name == 'token' or not f.is_file() or not re.search(b'for-people|for-the-node', f.read_bytes()), f'a token was written to {f}'

# --- what the package brings

@pytest.fixture(scope='module')
def shipped(tmp_path_factory):
    "A node with the shipped pipelines and its manager."
    folder = tmp_path_factory.mktemp('shipped')
    h = Servers(folder)
    h.node = Server('node', folder).start()
    h.manager = Server('manager', folder, '--node', h.node.url).start()
    until(h.manager.client.pipelines, 'the node to be known')
    yield h
    h.manager.stop(), h.node.stop()

@pytest.mark.needs('speech')
def test_human_speech_is_transcribed(shipped, tmp_path):
    speech = min(Path(where('speech')).rglob('*.wav'), key=lambda p: (p.name != 'goforward.wav', 'librivox' not in p.parts, p.stat().st_size))
    status, out, err = shipped.run('submit', 'transcribe', speech, '--download', tmp_path)
    assert status == Exit.DONE, err
    assert {Path(p).suffix for p in out.split()[1:]} == {'.txt', '.json', '.vtt'}
    assert re.search(r'[a-z]+ [a-z]+', (tmp_path/f'{speech.stem}.txt').read_text())

def test_a_video_is_transcoded_with_progress_that_moves(shipped, tmp_path):
    from imageio_ffmpeg import get_ffmpeg_exe
    video = tmp_path/'test picture.mp4'
    subprocess.run([get_ffmpeg_exe(), '-v', 'error', '-f', 'lavfi', '-i', 'testsrc=duration=30:size=1280x720:rate=25', '-c:v', 'mpeg4', video], check=True, timeout=60)
    client = shipped.manager.client
    job = client.submit('transcode', video, {'height': 360})
    moved = [e.data['percent'] for e in client.events(job.id) if e.type == 'progress' and e.data['percent'] is not None]
    assert client.get_job(job.id).status == 'completed', client.log_tail(job.id)
    assert moved == sorted(moved) and len({p for p in moved if p < 100}) >= 2, f'it jumped: {moved}'
    status, out, err = shipped.run('download', job.id, '--to', tmp_path/'new')
    assert (status, Path(out.strip()).suffix) == (Exit.DONE, '.mp4') and Path(out.strip()).stat().st_size > 1000, err

@pytest.mark.parametrize('content', [b'', b'this is not a recording' * 100, None])
def test_what_is_no_recording_fails_as_invalid(shipped, tmp_path, content):
    bad = tmp_path/'talk.wav'
    if content is not None: bad.write_bytes(content)
    status, out, err = shipped.run('submit', 'transcribe', bad, '--wait')
    assert 'Traceback' not in err
    if content is None:
        assert (status, out, 'does not exist' in err) == (Exit.USAGE, '', True)
        return
    job = shipped.manager.client.get_job(out.strip())
    assert (status, job.failure.kind, bool(job.failure.hint)) == (Exit.FAILED, 'invalid', True)
