"Jobs for an original node server, asked for in our own words: through our client, the command line and a manager."
import json
import pytest
from typer.testing import CliRunner
from cjm_jobtrack.cli.app import Exit
from cjm_jobtrack.cli.main import app
from cjm_jobtrack.model.errors import InvalidInput, UnknownPipeline
from cjm_jobtrack.net.client import RemoteClient
from cjm_jobtrack.net.legacy import original_request
from cjm_jobtrack.net.directory import NodeDirectory
from helpers import node_at
from original_node import OriginalNode, Served
from wire import managed, node_of, until, video

EIGHT = {'inputMethod': 'manual', 'youtubeUrl': None, 'manualPath': 'input_videos/talk.mp4', 'unetFlag': True, 'faceRestoreFlag': False, 'upscaleFlag': False, 'upscaleValue': 3.5, 'claheFlag': False}

def run(url, *words):
    r = CliRunner().invoke(app, [*map(str, words), '--url', url], prog_name='jobtrack')
    assert r.exception is None or isinstance(r.exception, SystemExit), r.exception
    return r.exit_code, r.stdout, r.stderr

@pytest.fixture(params=['node', 'manager'])
def asked(request, tmp_path):
    "An original node server, and the address at which we ask for its jobs: its own, or that of a manager."
    node = OriginalNode(tmp_path/'workspace')
    with Served(node.app) as server, managed(tmp_path, server.url) as h:
        if request.param == 'manager': until(lambda: h.manager.directory.is_original(h.manager.directory.get('shed')), 'the node to be known')
        node.url, node.is_behind = server.url if request.param == 'node' else h.url, request.param == 'manager'
        yield node

def the_job(node, n=1): return until(lambda: len(node.jobs) == n and [*node.jobs][-1], 'the job on the node')

@pytest.mark.parametrize('words', [{}, {'pipeline': None}, {'pipeline': 'original'}])
@pytest.mark.parametrize('params', [{'unetFlag': True, 'upscaleValue': '3.5'}, {'unet_flag': 'true', 'upscale_value': 3.5}])
def test_our_client_asks_for_it(asked, words, params):
    with RemoteClient(asked.url) as client:
        job = client.submit(input='input_videos/talk.mp4', params=params, **words)
        there = the_job(asked)
        assert asked.asked == [EIGHT] and job.spec['original'] == EIGHT and job.name == 'talk.mp4'
        asked.complete(there, {'talk.mp4': b'video'})
        assert [o.name for o in client.wait(job.id, 60).outputs] == ['talk.mp4']

def test_a_file_here_is_uploaded_first(asked, tmp_path):
    (tmp_path/'clip.mp4').write_bytes(b'film')
    with RemoteClient(asked.url) as client:
        client.submit('original', tmp_path/'clip.mp4')
        assert the_job(asked) and asked.asked[0]['manualPath'] == 'input_videos/clip.mp4' and (asked.workspace/'input_videos/clip.mp4').read_bytes() == b'film'

def test_the_command_line_asks_for_it(asked, tmp_path):
    (tmp_path/'clip.mp4').write_bytes(b'film')
    status, out, err = run(asked.url, 'submit', 'original', tmp_path/'clip.mp4', '-p', 'unet_flag=true', '-p', 'upscaleValue=3.5')
    assert status == Exit.DONE, err
    assert the_job(asked) and asked.asked == [EIGHT | {'manualPath': 'input_videos/clip.mp4'}]
    status, _, err = run(asked.url, 'submit', '--input', 'https://youtu.be/x')
    assert status == Exit.DONE and the_job(asked, 2) and (asked.asked[1]['inputMethod'], asked.asked[1]['youtubeUrl']) == ('youtube', 'https://youtu.be/x'), err

@pytest.mark.parametrize('pipeline, params, field', [(None, {'unte': True}, 'unte'), ('original', {'unetFlag': 'no'}, 'unetFlag'), (None, {'upscale_value': 0}, 'upscaleValue'), ('transcribe', {}, 'pipeline'), (None, {'unetFlag': True, 'unet_flag': True}, 'unet_flag')])
def test_what_it_cannot_take_is_refused_before_it_is_asked(asked, pipeline, params, field):
    with RemoteClient(asked.url) as client:
        with pytest.raises(InvalidInput) as e: client.submit(pipeline, 'input_videos/talk.mp4', params, node='shed' if asked.is_behind else None)
        assert e.value.field == field and not asked.jobs and client.list_jobs() == []
        with pytest.raises(InvalidInput) as e: client.submit(input='input_videos/talk.mp4', timeout=5.)
        assert e.value.field == 'timeout' and not asked.jobs

def test_submitting_again_through_a_manager_makes_no_second_job(tmp_path):
    node = OriginalNode(tmp_path/'workspace')
    with Served(node.app) as server, managed(tmp_path, server.url) as h:
        one = h.rc.submit('original', 'input_videos/talk.mp4', id='7f3a0000-0000-4000-8000-000000000001')
        the_job(node)
        again = h.rc.submit('original', 'input_videos/talk.mp4', id=one.id)
        assert again.id == one.id and len(node.jobs) == 1

def test_a_node_of_ours_takes_it_by_the_pipeline_that_is_marked(tmp_path):
    with node_of(tmp_path) as n, managed(tmp_path, n.url) as h, RemoteClient(n.url) as direct:
        until(lambda: h.manager.directory.is_online(h.manager.directory.get('shed')), 'the node to be known')
        for client, words in (direct, {}), (direct, {'pipeline': 'original'}), (h.rc, {'node': 'shed'}), (h.rc, {'pipeline': 'original'}):
            job = client.submit(params={'manual_path': video(n.node, f'{len(n.http.get("/jobs").json()["jobs"])}.mp4')}, **words)
            assert client.wait(job.id, 60).status == 'completed' and job.spec['pipeline'] == 'original'

def test_without_such_a_pipeline_the_names_there_are_are_told(tmp_path):
    with node_at(tmp_path) as n, managed(tmp_path, n.url) as h, RemoteClient(n.url) as direct:
        until(lambda: h.manager.directory.is_online(h.manager.directory.get('shed')), 'the node to be known')
        for client, words in (direct, {}), (h.rc, {}), (h.rc, {'node': 'shed'}):
            with pytest.raises(InvalidInput, match='work') as e: client.submit(params={}, **words)
            assert e.value.field == 'pipeline'
        with pytest.raises(UnknownPipeline): h.rc.submit('original')

# --- what a cancel achieves there

def test_a_cancel_there_says_that_nothing_is_certain(asked):
    with RemoteClient(asked.url) as client:
        job = client.submit(input='input_videos/talk.mp4')
        there = the_job(asked)
        asked.run(there, 10)
        until(lambda: client.get_job(job.id).status == 'running' and (not asked.is_behind or client.get_job(job.id).remote_id), 'its start')
        status, out, err = run(asked.url, 'cancel', job.id)
        assert status == Exit.UNCONFIRMED and 'could not confirm that the work has ended' in out and asked.jobs[there]['status'] == 'cancelled', (out, err)
        until(lambda: client.get_job(job.id).is_terminal, 'its end')
        done = client.get_job(job.id)
        assert (done.status, done.failure.kind) == ('cancelled', 'unconfirmed') and 'could not confirm' in done.error and done.failure.hint
        status, out, _ = run(asked.url, 'show', job.id)
        assert status == 0 and 'could not confirm that the work has ended' in out
        assert run(asked.url, 'watch', job.id)[0] == Exit.UNCONFIRMED

def test_the_manager_tells_it_on_every_face(tmp_path):
    node = OriginalNode(tmp_path/'workspace')
    with Served(node.app) as server, managed(tmp_path, server.url) as h:
        job = h.rc.submit('original', 'input_videos/talk.mp4')
        node.run(the_job(node), 10)
        h.wait(job.id, 'running')
        until(lambda: h.get(job.id).get('remoteJobId'), 'its id there')
        r = h.http.post(f'/api/jobs/{job.id}/cancel')
        assert r.status_code == 200 and 'could not confirm' in r.json()['message']
        told = h.get(job.id)
        assert told['status'] == 'cancelled' and 'could not confirm' in told['error'] and told['errorDetails']['code'] == 'unconfirmed'
        receipt = next(e.data['receipt'] for e in h.rc.history(job.id) if e.type == 'cancelled')
        assert receipt['confirmed'] is False and receipt['left'] and 'runs on' in receipt['message']
        _, out, _ = run(h.url, 'cancel', job.id, '--json')
        assert json.loads(out)['receipt']['confirmed'] is False

def test_a_cancel_on_a_node_of_ours_is_as_certain_as_before(tmp_path):
    with node_at(tmp_path) as n, managed(tmp_path, n.url) as h:
        until(lambda: h.manager.directory.is_online(h.manager.directory.get('shed')), 'the node to be known')
        job = h.rc.submit('work', params={'plan': json.dumps({'gate': str(tmp_path/'gate')})})
        until(lambda: n.get(job.id).get('status') == 'running', 'its start')
        status, out, _ = run(h.url, 'cancel', job.id)
        assert status == Exit.DONE and 'could not' not in out and h.rc.get_job(job.id).failure is None

def test_the_eight_keys_are_typed():
    assert original_request('input_videos/talk.mp4', {'unetFlag': True, 'upscale_value': '3.5'}) == EIGHT

# --- what the original manager has left

def files_of_the_original(folder, node, url, **nodes):
    "Its jobs.json with one completed job, whose file is still on the node, and its nodes.json."
    host, port = url.removeprefix('http://').split(':')
    with RemoteClient(url) as direct: there = direct.submit_original(EIGHT).id
    node.complete(there, {'talk.mp4': b'video'})
    wire = node.jobs[there]
    job = {'id': '00000001-8b0f-4c7e-9d55-000000000001', **EIGHT, 'nodeId': 'old-1', 'nodeName': 'GPU 1', 'status': 'completed', 'progress': 100, 'createdAt': '2025-06-01T10:00:00.000Z', 'updatedAt': '2025-06-01T10:05:00.000Z',
           'remoteJobId': there, 'outputFiles': wire['output_files']}
    folder.mkdir()
    (folder/'jobs.json').write_text(json.dumps([job], indent=2))
    rows = [{'id': 'old-1', 'name': 'GPU 1', 'host': host, 'connectionType': 'http', 'port': 9090, 'apiPort': int(port), 'user': '', 'password': 'hunter2', 'gpu': 'RTX', 'location': '', 'status': 'online', 'createdAt': '2025-06-01T09:00:00.000Z'}]
    return job['id'], rows

def imported(folder, *words):
    r = CliRunner().invoke(app, ['import', str(folder/'jobs.json'), '--store', f'sqlite:///{folder.parent}/manager/jobs.db', *map(str, words)], prog_name='jobtrack')
    return r.exit_code, r.stdout, r.stderr

def test_the_nodes_of_the_original_come_with_its_jobs(tmp_path):
    node = OriginalNode(tmp_path/'workspace')
    with Served(node.app) as server:
        job_id, rows = files_of_the_original(tmp_path/'data', node, server.url)
        (tmp_path/'data/nodes.json').write_text(json.dumps(rows))
        (tmp_path/'manager').mkdir()
        for _ in range(2):   # repeating it changes nothing
            status, out, err = imported(tmp_path/'data')
            assert status == 0 and 'GPU 1' in out and 'not on record' not in err, (out, err)
        assert b'hunter2' not in (tmp_path/'manager/jobs.db').read_bytes()
        with managed(tmp_path) as h:
            assert [n['name'] for n in h.http.get('/api/nodes').json()] == ['GPU 1']
            told = h.get(job_id)
            assert told['nodeName'] == 'GPU 1' and h.rc.download(job_id, tmp_path/'got').read_bytes() == b'video'
            assert h.http.post(f'/api/jobs/{job_id}/refresh').status_code == 200

def test_a_node_that_was_registered_anew_adopts_the_jobs_of_old(tmp_path):
    node = OriginalNode(tmp_path/'workspace')
    with Served(node.app) as server:
        job_id, _ = files_of_the_original(tmp_path/'data', node, server.url)
        (tmp_path/'manager').mkdir()
        status, _, err = imported(tmp_path/'data')
        assert status == 0 and 'jobtrack nodes adopt NAME old-1' in err
        with managed(tmp_path, server.url) as h:
            assert h.http.get(f'/api/jobs/{job_id}/download').status_code == 404
            status, out, err = run(h.url, 'nodes', 'adopt', 'shed', 'old-1')
            assert status == 0 and 'shed' in out, err
            assert h.rc.download(job_id, tmp_path/'got').read_bytes() == b'video' and h.get(job_id)['nodeName'] == 'shed'
            h.add('http://127.0.0.1:9', 'other')
            assert run(h.url, 'nodes', 'adopt', 'other', 'old-1')[0] == Exit.USAGE and run(h.url, 'nodes', 'adopt', 'nobody', 'x')[0] == Exit.USAGE

def test_an_id_that_no_job_has_is_not_adopted(tmp_path):
    with managed(tmp_path, 'http://127.0.0.1:9') as h:
        status, _, err = run(h.url, 'nodes', 'adopt', 'shed', 'old-2')
        assert status == Exit.USAGE and "'old-2'" in err and 'All jobs are of nodes that are on record' in err
        h.manager.tracker.create_job('x', node='old-1')
        for id in 'old-2', 'shed':
            status, _, err = run(h.url, 'nodes', 'adopt', 'shed', id)
            assert status == Exit.USAGE and 'not on record: old-1' in err
        assert run(h.url, 'nodes', 'adopt', 'shed', 'old-1')[0] == 0 == run(h.url, 'nodes', 'adopt', 'shed', 'old-1')[0]

def test_nodes_that_cannot_be_used_are_told_and_stop_nothing(tmp_path):
    node = OriginalNode(tmp_path/'workspace')
    with Served(node.app) as server:
        job_id, rows = files_of_the_original(tmp_path/'data', node, server.url)
        (tmp_path/'manager').mkdir()
        (tmp_path/'n.json').write_text(json.dumps([{'id': 'ssh-1', 'host': 'far', 'connectionType': 'ssh'}, 7, {'id': 'odd', 'host': 'h..x'}, *rows]))
        status, out, err = imported(tmp_path/'data', '--nodes', tmp_path/'n.json')
        assert status == Exit.FAILED and 'GPU 1' in out and all(f'Node {n} of n.json' in err for n in (1, 2, 3))
        (tmp_path/'bad.json').write_text('{')
        assert imported(tmp_path/'data', '--nodes', tmp_path/'bad.json')[0] != 0

def test_nodes_that_others_put_on_record_are_seen_within_seconds(tmp_path):
    with node_at(tmp_path/'n') as n, managed(tmp_path) as h:
        NodeDirectory(h.manager.tracker.store).add('shed', url=n.url)
        until(lambda: h.manager.directory.find('shed') and h.manager.directory.is_online(h.manager.directory.get('shed')), 'the node')
