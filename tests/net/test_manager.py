"""The manager over real HTTP: the original dashboard's contract, and what is ours. Its nodes are ours, an imitation of an original, and some that misbehave."""
import os, re, socket, threading, time, uuid
from contextlib import closing
from pathlib import Path
from urllib.parse import quote
import httpx, psutil, pytest
from cjm_jobtrack.model.errors import InvalidInput, KeyConflict, StoreError, UnknownNode
from cjm_jobtrack.model.job import Job
from cjm_jobtrack.net.transfers import disposition_name
from cjm_jobtrack.net.manager import Manager
from cjm_jobtrack.net.routes import PAGE_BYTES
from cjm_jobtrack.net.node import Node
from cjm_jobtrack.server.server import lock_folder, serving
from cut_proxy import CutProxy
from helpers import large_jobs
from original_node import OriginalNode, Served as Imitation, answer
from wire import CREATE, FILE, JOB, NODE, PATIENT, far_file, fits, free_port, is_error, managed, node_of, pipelines, plan, refused_refresh, remote_job, text, until, video

# --- the dashboard's contract: shapes

def test_a_jobs_whole_life_as_the_page_sees_it(ours, tmp_path):
    path = video(ours.node, 'life.mp4', gate=str(tmp_path/'gate'))
    job = fits(ours.create(ours.shed, manualPath=path, unetFlag=True), JOB)
    assert str(uuid.UUID(job['id'])) == job['id'] and 'remoteJobId' not in job and 'outputFiles' not in job and 'errorDetails' not in job
    assert (job['status'], job['progress'], job['error']) == ('pending', 0, None)
    assert (job['inputMethod'], job['manualPath'], job['youtubeUrl'], job['inputPath']) == ('manual', path, None, path)
    assert (job['nodeId'], job['nodeName'], job['unetFlag'], job['faceRestoreFlag'], job['upscaleValue']) == (ours.shed['id'], 'shed', True, False, 2)
    running = fits(until(lambda: (j := ours.get(job['id']))['progress'] == 50 and 'Task 2/4' in j['logs'] and j, 'progress and log'), JOB)
    assert running['status'] == 'running' and running['remoteJobId'] and 'outputFiles' not in running
    (tmp_path/'gate').touch()
    done = fits(ours.wait(job['id']), JOB)
    assert (done['status'], done['progress'], done['error']) == ('completed', 100, None) and 'options true false false 2.0 false' in done['logs']
    out, = done['outputFiles']
    assert fits(out, FILE)['name'] == 'result.mp4' and out['size'] == len('a video') and done['outputPath'] == out['path']
    assert done['createdAt'] == job['createdAt'] < done['updatedAt'] and done['id'] == job['id']

def test_lists_are_bare_and_in_order_of_creation(ours):
    made = [ours.create(ours.shed, manualPath=video(ours.node, f'{n}.mp4'))['id'] for n in range(3)]
    jobs = ours.http.get('/api/jobs').json()
    assert isinstance(jobs, list) and [j['id'] for j in jobs if j['id'] in made] == made and [fits(j, JOB) for j in jobs] == sorted(jobs, key=lambda j: j['createdAt'])
    nodes = ours.http.get('/api/nodes').json()
    assert isinstance(nodes, list) and [fits(n, NODE)['id'] for n in nodes] == [ours.shed['id']]
    for i in made: ours.wait(i)

def test_health_of_the_api(ours):
    body = ours.http.get('/api/health').json()
    assert fits(body, dict(status=text, timestamp=text)) and body['status'] == 'ok'

@pytest.mark.parametrize('asked, told', [
    (dict(unetFlag='true', faceRestoreFlag='false', upscaleValue='3.5'), dict(unetFlag=True, faceRestoreFlag=False, upscaleValue=3.5)),
    (dict(upscaleValue=None, claheFlag=None), dict(upscaleValue=2, claheFlag=False)),   # an emptied field of the page
    (dict(inputMethod='upload', youtubeUrl='https://youtu.be/x'), dict(inputMethod='manual', youtubeUrl=None)),
    (dict(inputMethod=None, whatever=1, id='mine', status='completed'), dict(status='pending'))])
def test_what_the_page_may_send(ours, asked, told):
    job = fits(ours.create(ours.shed, manualPath=video(ours.node), **asked), JOB)
    assert {k: job[k] for k in told} == told and job['id'] != 'mine'
    assert ours.wait(job['id'])['status'] == 'completed'
    there = ours.served.get(job['id'])
    assert there['upscale_value'] == job['upscaleValue'] and there['unet_flag'] is job['unetFlag'], 'it reached the node as it was meant'

def test_a_youtube_job_has_no_path(old):
    job = old.create(old.shed, inputMethod='youtube', youtubeUrl='https://youtu.be/a?b=c')
    assert (job['inputMethod'], job['youtubeUrl'], job['manualPath'], job['inputPath']) == ('youtube', 'https://youtu.be/a?b=c', None, 'https://youtu.be/a?b=c')
    remote_job(old)
    assert old.original.asked == [CREATE | dict(inputMethod='youtube', youtubeUrl='https://youtu.be/a?b=c', manualPath=None, upscaleValue=2.0)], 'exactly these eight keys'

def test_cancel_delete_and_their_refusals(ours, tmp_path):
    job = ours.create(ours.shed, manualPath=video(ours.node, gate=str(tmp_path/'gate')))['id']
    ours.wait(job, 'running')
    is_error(ours.http.delete(f'/api/jobs/{job}'), 409)
    r = ours.http.post(f'/api/jobs/{job}/cancel')
    assert (r.status_code, r.json()) == (200, {'message': 'Job cancelled'})
    assert ours.get(job)['status'] == 'cancelled' and ours.served.get(job)['status'] == 'cancelled'
    assert is_error(ours.http.post(f'/api/jobs/{job}/cancel'), 400)['error'] == 'Job cannot be cancelled'
    r = ours.http.delete(f'/api/jobs/{job}')
    assert (r.status_code, r.json()) == (200, {'message': 'Job deleted'})
    for r in ours.http.get(f'/api/jobs/{job}'), ours.http.post(f'/api/jobs/{job}/cancel'), ours.http.delete(f'/api/jobs/{job}'), ours.http.post(f'/api/jobs/{job}/refresh'), ours.http.get(f'/api/jobs/{job}/outputs'), ours.http.get(f'/api/jobs/{job}/download'):
        assert is_error(r, 404)['error'] == 'Job not found'

# --- the dashboard's contract: nodes

def test_nodes_as_the_page_sends_them(ours, tmp_path):
    with managed(tmp_path) as h:
        node = h.http.post('/api/nodes', json=dict(name='gpu', host=' 127.0.0.1 ', connectionType='http', apiPort=f' {free_port()} ', port='22', user='me', password='hunter2', gpu='RTX', location='lab'))
        assert node.status_code == 201 and 'hunter2' not in node.text
        node = fits(node.json(), NODE)
        assert str(uuid.UUID(node['id'])) == node['id'] and 'password' not in node
        assert (node['name'], node['host'], node['connectionType'], node['port'], node['user'], node['gpu'], node['location']) == ('gpu', '127.0.0.1', 'http', 22, 'me', 'RTX', 'lab')
        assert (node['status'], node['activityStatus'], node['jobs'], node['activeJobs']) == ('offline', 'offline', 0, 0), 'an offline node is accepted'
        plain = fits(h.http.post('/api/nodes', json={'host': '127.0.0.1'}).json(), NODE)
        assert (plain['connectionType'], plain['apiPort'], plain['port'], plain['user'], plain['gpu'], plain['location']) == ('http', 9090, 9090, '', '', '')
        assert fits(h.http.get(f'/api/nodes/{node["id"]}').json(), NODE)['id'] == node['id']
        online = h.add(ours.served.url)
        assert (online['status'], online['activityStatus'], online['unreachableSince']) == ('online', 'idle', None)
        r = h.http.delete(f'/api/nodes/{node["id"]}')
        assert (r.status_code, r.json()) == (200, {'message': 'Node deleted'})
        assert {n['id'] for n in h.http.get('/api/nodes').json()} == {plain['id'], online['id']}

def test_testing_and_verifying_nodes(ours, old, tmp_path):
    r = ours.http.post(f'/api/nodes/{ours.shed["id"]}/test')
    assert r.status_code == 200 and r.json()['status'] == 'online' and isinstance(r.json()['message'], str)
    v = ours.http.post(f'/api/nodes/{ours.shed["id"]}/verify').json()
    names = ['workspace', 'input videos', 'pipeline.py', 'pipeline_wrapper.py', 'python']
    assert [c['name'].lower() for c in v['checks']] == names and (v['status'], [c['status'] for c in v['checks']]) == ('ready', ['ok', 'ok', 'missing', 'missing', 'ok']), 'ours brings its pipelines in files of its own'
    assert v['checks'][0]['path'] == str(ours.node.workspace) and v['checks'][4]['version'].startswith('Python 3.') and isinstance(v['message'], str)
    v = old.http.post(f'/api/nodes/{old.shed["id"]}/verify').json()
    assert [c['name'].lower() for c in v['checks']] == names and (v['status'], {c['status'] for c in v['checks']}) == ('ready', {'ok'})
    gone = old.add(f'http://127.0.0.1:{free_port()}', 'gone')
    off = is_error(old.http.post(f'/api/nodes/{gone["id"]}/test'), 400)
    assert off['status'] == 'offline' and off['troubleshooting'] and all(isinstance(s, str) for s in off['troubleshooting'])
    assert is_error(old.http.post(f'/api/nodes/{gone["id"]}/verify'), 400)['error'] == 'Cannot connect to node API'

def test_an_originals_missing_parts_are_seen(tmp_path):
    class Bare(OriginalNode):
        async def status(self, request): return answer({'status': 'online', 'workspace': {'path': '/workspace', 'exists': True}, 'files': {'pipeline_py': True, 'pipeline_wrapper_py': False}})
    with Imitation(Bare(tmp_path/'workspace').app) as s, managed(tmp_path, check_every=60) as h:
        v = h.http.post(f'/api/nodes/{h.add(s.url)["id"]}/verify').json()
        assert (v['status'], [c['status'] for c in v['checks']]) == ('incomplete', ['ok', 'missing', 'ok', 'missing', 'missing'])

@pytest.mark.parametrize('wrong', [None, 'guess'])
def test_the_nodes_token_is_missing_or_wrong(tmp_path, wrong):
    with node_of(tmp_path, token='the-nodes-secret') as n, managed(tmp_path, n.url, node_token=wrong) as h:
        job = h.rc.submit('work', params=plan())
        assert 'token' in until(lambda: h.rc.get_job(job.id).message, 'a reason') and h.rc.get_job(job.id).status == 'pending'
        assert h.http.get('/api/nodes').json()[0]['status'] == 'offline'
        r = h.http.post('/upload', files={'file': ('a.txt', b'x')}, params={'node': 'shed'})
        assert 'token' in is_error(r, 502, 503)['error'], 'not 401: the caller is not at fault'

# --- the dashboard's contract: files

def test_uploads_reach_the_node(ours):
    r = ours.http.post(f'/api/upload/{ours.shed["id"]}', files={'file': ('my talk.mkv', b'x'*100_000)})
    said = r.json()
    assert r.status_code == 200 and (said['success'], said['filename'], said['path'], said['size'], said['node']) == (True, 'my talk.mkv', 'input_videos/my talk.mkv', 100_000, ours.shed['id'])
    assert (ours.node.inputs/'my talk.mkv').read_bytes() == b'x'*100_000 and said['full_path'] == str(ours.node.inputs/'my talk.mkv')

def test_uploads_refused(ours):
    url = f'/api/upload/{ours.shed["id"]}'
    assert is_error(ours.http.post(url, files={'other': ('a.mp4', b'x')}), 400)['error'] == 'No file provided'
    is_error(ours.http.post(url), 400, 415), is_error(ours.http.post(url, json={'file': 'x'}), 400, 415)
    is_error(ours.http.post(url, content=b'no boundary', headers={'Content-Type': 'multipart/form-data'}), 400)

def test_downloads(ours):
    job = ours.rc.submit('work', params=plan(files={'b.mp4': '0123456789', 'c.txt': ''})).id
    is_error(ours.http.get(f'/api/jobs/{job}/download/nothing'), 400, 404)
    ours.rc.wait(job, 20)
    first = ours.rc.outputs(job)[0]
    for base in '/api', '':
        r = ours.http.get(f'{base}/jobs/{job}/download')
        assert r.status_code == 200 and disposition_name(r.headers['content-disposition']) == first.name and r.headers['content-length'] == str(first.size)
        r = ours.http.head(f'{base}/jobs/{job}/download/b.mp4')
        assert (r.status_code, r.content, r.headers['content-length'], r.headers['content-type']) == (200, b'', '10', 'video/mp4')
        r = ours.http.get(f'{base}/jobs/{job}/download/b.mp4', headers={'Range': 'bytes=3-5'})
        assert (r.status_code, r.text, r.headers['content-range']) == (206, '345', 'bytes 3-5/10')
        assert ours.http.get(f'{base}/jobs/{job}/download/c.txt').content == b''
        is_error(ours.http.get(f'{base}/jobs/{job}/download/b.mp4', headers={'Range': 'bytes=99-'}), 416)
        for name in 'nothing.mp4', 'b', 'mp4', 'B.mp4', '..%2Fb.mp4': assert 'Output file not found' in is_error(ours.http.get(f'{base}/jobs/{job}/download/{name}'), 404)['error']
    fetched = [e.data for e in ours.rc.history(job) if e.type == 'fetched']
    assert {'name': 'b.mp4', 'size': 10} not in fetched and {'name': first.name, 'size': first.size} in fetched or first.name == 'b.mp4'

@pytest.mark.parametrize('instants', [(5, 5), (5, 9), (9, 5)], ids=['one instant', 'in order', 'in reverse'])
def test_the_newest_output_is_the_same_for_everyone(ours, tmp_path, instants):
    gate, files = tmp_path/'gate', {'b.mp4': 'b', 'c.txt': 'c'}
    job = ours.rc.submit('work', params=plan(files=files, gate=str(gate), instants=dict(zip(files, instants)))).id
    gate.touch()
    ours.rc.wait(job, 20)
    newest = 'c.txt' if instants == (5, 9) else 'b.mp4'
    assert [o.name for o in ours.rc.outputs(job)][0] == newest and ours.rc.download(job, to=tmp_path/'got').name == newest
    listed = ours.http.get(f'/api/jobs/{job}/outputs').json()['output_files']
    asked = ours.http.get(f'/api/jobs/{job}/download').headers['content-disposition']
    assert listed[0]['name'] == disposition_name(asked) == newest

def test_many_outputs_arrive_in_pages(ours):
    job = ours.rc.submit('work', params=plan(files={f'{n:05}.txt': '' for n in range(1100)})).id
    ours.rc.wait(job, 60)
    names = {f'{n:05}.txt' for n in range(1100)}
    assert {o.name for o in ours.rc.outputs(job)} == {o.name for o in ours.manager.tracker.get_job(job).outputs} == names
    answers = [ours.http.get(f'/api/jobs/{job}/outputs', params={'offset': n}).json() for n in (0, 1000)]
    assert [len(a['output_files']) for a in answers] == [1000, 100] and answers[0]['count'] == 1100

def test_the_bare_list_is_filtered_and_paged(ours):
    tracker = ours.manager.tracker
    tracker.add_jobs([Job(id=f'take-{n}', name=['ferry', 'harbour'][n % 2], runner='none') for n in range(6)], batch='b')
    got = lambda path='/api/jobs', **q: [j['id'] for j in ours.http.get(path, params=q or None).json()]
    try:
        assert got(text='FERR') == ['take-0', 'take-2', 'take-4'] == got(name='ferry', batch='b') and got(text='e%') == got(status='completed', batch='b') == []
        assert got(limit=2) == ['take-4', 'take-5'] and got(limit=2, before='take-4') == ['take-2', 'take-3'] and got(status='pending', batch='b', limit=1) == ['take-5']
        assert ours.http.get('/api/jobs?before=nope').status_code == 404 and ours.http.get('/api/jobs?limit=-1').status_code == 422
    finally:
        for n in range(6): tracker.mark_cancelled(f'take-{n}')

def test_a_list_of_large_jobs_is_cut_where_the_page_ends(tmp_path):
    with managed(tmp_path) as h:
        ids, found, url = large_jobs(h.manager.tracker), [], '/api/jobs'
        while url:
            r = h.http.get(url)
            assert len(r.content) < PAGE_BYTES + 100 and len(r.json()) > 10
            found, url = [j['id'] for j in r.json()] + found, r.links.get('next', {}).get('url')
        assert found == ids
        is_error(h.http.get('/api/jobs?before=nope'), 404)

def test_outputs_that_are_not_text_and_some_that_were_exchanged(ours, tmp_path):
    job = ours.rc.submit('work', params=plan(files=dict(zip(['caf\udce9.txt', 'caf\udce8.txt', 'x.txt'], ['e', 'E', 'one'])))).id
    for o in ours.rc.wait(job, 20).outputs:
        assert ours.rc.download(job, tmp_path, o.name).read_text() == {'caf%E9.txt': 'e', 'caf%E8.txt': 'E', 'x.txt': 'one'}[o.name]
        if o.name == 'x.txt': Path(o.path).write_text('two')
    assert sorted(os.fsencode(p.name) for p in tmp_path.iterdir()) == [b'caf\xe8.txt', b'caf\xe9.txt', b'x.txt']
    assert ours.http.get(f'/api/jobs/{job}/download/caf%E9.txt').text == 'e'
    is_error(ours.http.get(f'/api/jobs/{job}/download/x.txt'), 409, 410)

def test_downloads_of_jobs_that_have_none(ours, tmp_path):
    job = ours.create(ours.shed, manualPath=video(ours.node, gate=str(tmp_path/'gate')))['id']
    for path in '', '/result.mp4': assert is_error(ours.http.get(f'/api/jobs/{job}/download{path}'), 400)['error'] == 'Job not completed'
    r = ours.http.get(f'/api/jobs/{job}/outputs')
    assert r.status_code == 200 and r.json() == {'job_id': job, 'output_files': [], 'count': 0, 'message': 'Job not completed yet'}
    (tmp_path/'gate').touch()
    ours.wait(job)
    nothing = ours.rc.submit('work', params=plan(files={})).id
    assert ours.rc.wait(nothing, 20).status == 'completed'
    assert is_error(ours.http.get(f'/api/jobs/{nothing}/download'), 404)['error'] == 'No output files found for this job'

def test_an_originals_other_file_is_not_given_out(old):
    job = old.create(old.shed)['id']
    old.original.complete(there := remote_job(old), {'first.mp4': b'one', 'hash#q?%.mp4': b'two', 'second.mp4': b'three'})
    done = old.wait(job)
    assert {f['name'] for f in done['outputFiles']} == {'first.mp4', 'hash#q?%.mp4', 'second.mp4'}
    assert old.http.get(f'/api/jobs/{job}/download/{quote("hash#q?%.mp4", safe="")}').content == b'two'
    assert old.http.get(f'/api/jobs/{job}/download/first.mp4').content == b'one'
    out = next((old.original.workspace/'output_videos_latest').rglob('first.mp4'))
    out.unlink()   # then the original gives out another one
    r = old.http.get(f'/api/jobs/{job}/download/first.mp4')
    is_error(r, 404, 502)
    out.write_bytes(b'of another job')   # or what a later job has put there
    is_error(old.http.get(f'/api/jobs/{job}/download/first.mp4'), 404, 502)
    assert there == old.get(job)['remoteJobId']

@pytest.mark.parametrize('generation', [2, 3])
def test_later_originals_give_their_one_file(tmp_path, generation):
    o = OriginalNode(tmp_path/'workspace', generation)
    with Imitation(o.app) as s, managed(tmp_path, s.url) as h:
        found = []
        for files in {'a b#?.mp4': b'the result'}, {}:
            job, h.original = h.create(h.manager.directory.get('shed'))['id'], o
            o.complete(remote_job(h, of=found), files)
            found = [*o.jobs]
            done = h.wait(job)
            assert (done['status'], [f['name'] for f in done['outputFiles']]) == ('completed', [*files])
            if files: assert 'final video at: ' in done['logs'] and done['outputPath'].endswith('/a b#?.mp4')
            for r in h.http.get(f'/api/jobs/{job}/download'), h.http.get(f'/api/jobs/{job}/download/{quote("a b#?.mp4", safe="")}'):
                if files: assert (r.status_code, r.content, disposition_name(r.headers['content-disposition'])) == (200, b'the result', 'a b#?.mp4')
                else: is_error(r, 404)

# --- the dashboard's contract: refresh

def test_refresh_gives_the_nodes_word(ours, tmp_path):
    job = ours.create(ours.shed, manualPath=video(ours.node, gate=str(tmp_path/'gate')))['id']
    ours.wait(job, 'running')
    until(lambda: ours.served.get(job).get('status') == 'running', 'the job to have arrived there')   # its number is on record before it is sent
    r = ours.http.post(f'/api/jobs/{job}/refresh')
    assert r.status_code == 200 and r.json()['message'] == 'Job status refreshed successfully' and r.json()['job']['status'] == 'running' and fits(r.json()['job'], JOB)['id'] == job
    (tmp_path/'gate').touch()
    until(lambda: ours.served.get(job)['status'] == 'completed', 'the job to end there')
    r = ours.http.post(f'/api/jobs/{job}/refresh')
    assert r.status_code == 200 and (r.json()['job']['status'], r.json()['job']['progress'], [f['name'] for f in r.json()['job']['outputFiles']]) == ('completed', 100, ['result.mp4'])

def test_refresh_when_the_node_is_away(cuttable):
    h = cuttable
    job = h.create(h.shed, manualPath=video(h.node, gate=str(h.gate)))['id']
    h.wait(job, 'running')
    until(lambda: h.get(job).get('remoteJobId'), 'the job to be sent')
    for fail in h.net.cut, h.net.hang:
        fail()
        begun = time.monotonic()
        body = refused_refresh(h, job, 503)
        assert time.monotonic() - begun < PATIENT and re.match(r'Cannot connect to remote node 127.0.0.1:\d+\. ', body['error']) and body['job']['status'] == 'running'
        h.net.restore()
    h.gate.touch()
    assert h.wait(job)['status'] == 'completed', 'followed on by itself'
    assert h.http.post(f'/api/jobs/{job}/refresh').status_code == 200
    h.net.cut()
    assert refused_refresh(h, job, 503)['job']['status'] == 'completed', 'what has ended stays as it is'
    assert h.http.delete(f'/api/nodes/{h.shed["id"]}').status_code == 200
    assert refused_refresh(h, job, 404)['error'] == f'Node {h.shed["id"]} not found'

def test_refresh_of_a_job_that_was_never_sent(tmp_path):
    with managed(tmp_path, f'http://127.0.0.1:{free_port()}') as h:
        job = h.rc.submit('work', node='shed').id
        r = h.http.post(f'/api/jobs/{job}/refresh')
        assert r.status_code == 200 and 'nothing to refresh' in r.json()['message'] and r.json()['job']['status'] == 'pending' and 'remoteJobId' not in r.json()['job']
        h.rc.cancel(job)
        assert 'nothing to refresh' in h.http.post(f'/api/jobs/{job}/refresh').json()['message']

# --- requests that are not in order

@pytest.mark.parametrize('method, path', [('POST', '/api/jobs'), ('POST', '/api/nodes'), ('PUT', '/api/nodes/{}')])
@pytest.mark.parametrize('body, kind, statuses', [(b'{', 'application/json', (400,)), (b'', 'application/json', (400,)), (b'[]', 'application/json', (400,)), (b'{}', 'application/json', (400,)), (b'null', 'application/json', (400,)), (b'"x"', 'application/json', (400,)),
    (b'\xff', 'application/json', (400,)), (b'{"a":1}', 'text/plain', (415,)), (b'{"name":"' + b'x'*110_000 + b'"}', 'application/json', (413,)), (b'['*50_000, 'application/json', (400,))])
def test_bodies_that_cannot_be_read(ours, method, path, body, kind, statuses):
    is_error(ours.http.request(method, path.format(ours.shed['id']), content=body, headers={'Content-Type': kind}), *statuses)

def test_unknown_routes_and_methods(ours):
    for method, path, status in ('GET', '/api/nope', 404), ('GET', '/api', 404), ('PUT', '/api/jobs', 405), ('DELETE', '/api/nodes', 405), ('GET', '/api/jobs/x/cancel', 405), ('POST', '/api/health', 405): is_error(ours.http.request(method, path), status)

# --- a cancel that reaches the node, and holds

def test_cancel_while_the_node_is_silent(cuttable):
    h = cuttable
    job = h.rc.submit('work', params=plan(gate=str(h.gate))).id
    until(lambda: h.served.get(job).get('status') == 'running' and 'accepted' in h.types(job) and h.get(job)['status'] == 'running', 'the job to run')
    h.net.hang()
    begun = time.monotonic()
    r = h.http.post(f'/api/jobs/{job}/cancel')
    assert r.status_code == 202 and time.monotonic() - begun < PATIENT and isinstance(r.json()['message'], str)
    assert h.get(job)['status'] == 'running' == h.served.get(job)['status'], 'nobody knows yet'
    is_error(h.http.delete(f'/api/jobs/{job}'), 409)
    begun = time.monotonic()
    assert h.http.post(f'/jobs/{job}/cancel').status_code == 202 and time.monotonic() - begun < PATIENT
    h.net.restore()
    assert h.wait(job)['status'] == 'cancelled' == h.served.get(job)['status']
    assert h.types(job).count('cancel_requested') == 1

def test_nodes_at_work_are_not_removed_and_lost_ones_can_be(cuttable):
    h = cuttable
    job = h.rc.submit('work', params=plan(gate=str(h.gate))).id
    until(lambda: h.get(job)['status'] == 'running', 'the node to begin it')
    is_error(h.http.delete(f'/api/nodes/{h.shed["id"]}'), 409)
    h.net.cut()
    until(lambda: h.get(job)['unreachableSince'], 'the silence to be noticed')
    assert h.http.delete(f'/api/nodes/{h.shed["id"]}').status_code == 200, 'a machine that is gone for good'
    assert h.get(job)['status'] == 'running' and h.get(job)['nodeName'] == ''
    h.net.restore()
    h.gate.touch()
    assert h.add(h.net.url)['id'] == h.shed['id']
    assert h.wait(job)['status'] == 'completed', 'registered again, it is the same node and the job is followed on'

# --- restarts

# --- nodes that fail

def test_a_node_that_is_silent_for_too_long_is_given_up(tmp_path):
    with node_of(tmp_path) as n, CutProxy(n.url) as net, managed(tmp_path, net.url, node_lost_after=.5) as h:
        job = h.rc.submit('work', params=plan(gate=str(tmp_path/'gate'))).id
        until(lambda: 'accepted' in h.types(job), 'the node to take it')
        net.cut()
        failed = h.wait(job)
        assert (failed['status'], failed['errorDetails']['code']) == ('failed', 'node_lost') and 'silent since' in failed['error'] and failed['errorDetails']['hint']

def test_a_node_that_is_down_and_comes_up(tmp_path):
    port = free_port()
    with managed(tmp_path, f'http://127.0.0.1:{port}') as h:
        begun = time.monotonic()
        job = h.rc.submit('work', params=plan(), node='shed')
        other = h.rc.submit('work', params=plan())
        assert time.monotonic() - begun < PATIENT and job.status == 'pending'
        for j in job, other:
            told = until(lambda j=j: (w := h.rc.get_job(j.id)).message and w, 'a reason')
            assert told.status == 'pending' and 'shed' in told.message and h.get(j.id)['message'] == told.message
        assert h.http.get('/health').json()['nodes'] == {'online': 0, 'known': 1}
        assert is_error(h.http.post('/api/jobs', json=CREATE | {'nodeId': h.manager.directory.get('shed')['id']}), 400)['error'] == 'Node not available'
        assert h.types(job.id).count('waiting') == 1, 'told once'
        node = Node(tmp_path/'data', pipelines=pipelines(tmp_path/'pipelines'))
        with serving(node, port=port):
            for j in job, other: assert h.rc.wait(j.id, 20).status == 'completed'
            assert h.http.get('/health').json()['nodes'] == {'online': 1, 'known': 1}

def test_the_nodes_queue_does_not_use_up_a_jobs_time(tmp_path):
    with node_of(tmp_path, slots=1) as n, managed(tmp_path, n.url) as h:
        first = h.rc.submit('work', params=plan(gate=str(tmp_path/'gate'))).id
        until(lambda: n.http.get(f'/jobs/{first}').json().get('status') == 'running', 'the first to run')
        second = h.rc.submit('work', params=plan(), timeout=4.).id
        until(lambda: h.types(second).count('accepted'), 'the second to be sent')
        until(lambda: 'waiting for its turn' in (h.get(second)['message'] or ''), 'it to say that it waits')
        begun = time.monotonic()
        until(lambda: time.monotonic() - begun > 4.5 or h.get(second)['status'] != 'running', 'its time to pass')
        (tmp_path/'gate').touch()
        ended = h.wait(second)
        assert (ended['status'], ended['message'] or '') == ('completed', ''), 'the limit is on running, and it waited'
        third = h.rc.submit('work', params=plan(gate=str(tmp_path/'none')), timeout=.3).id
        failed = h.wait(third)
        assert (failed['status'], failed['errorDetails']['code'], n.get(third)['status']) == ('failed', 'timeout', 'failed')

# --- files, streamed

def test_a_download_that_cannot_be_noted_does_not_break_the_connection(ours, monkeypatch, caplog):
    job = ours.rc.wait(ours.rc.submit('work', params=plan()).id, 20).id
    real, refused = ours.manager.tracker.note, threading.Event()
    def note(job_id, type, *args, **fields):
        if type != 'fetched': return real(job_id, type, *args, **fields)
        refused.set()
        raise StoreError('write', 'locked', 'database is locked')
    monkeypatch.setattr(ours.manager.tracker, 'note', note)
    for _ in range(3):
        assert ours.http.get(f'/api/jobs/{job}/download').text == 'done'
        assert ours.http.get('/health').status_code == 200, 'on the same connection'
    assert refused.is_set() and 'is not on record' in caplog.text and 'Traceback' not in caplog.text

def test_a_reader_who_leaves_is_let_go(tmp_path):
    with far_file(tmp_path) as (net, h, job):
        for _ in range(3):
            with h.http.stream('GET', f'/api/jobs/{job}/download') as r: next(r.iter_raw(1000))
        def open_to_node(): return [c for c in psutil.Process().net_connections() if c.raddr and c.raddr.port == net.port and c.status == 'ESTABLISHED']
        until(lambda: len(open_to_node()) < 6, 'the connections to the node to be closed')
        assert 'fetched' not in h.types(job)

def test_an_upload_that_breaks_off_leaves_nothing(ours):
    before = sorted(p.name for p in ours.node.inputs.iterdir())
    head = f'POST /api/upload/{ours.shed["id"]} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 5000000\r\n\r\n--b\r\nContent-Disposition: form-data; name="file"; filename="half.mp4"\r\n\r\n'
    u = httpx.URL(ours.url)
    with closing(socket.create_connection((u.host, u.port))) as s:
        s.sendall(head.encode() + b'x'*1_000_000)
        until(lambda: [p for p in ours.node.inputs.iterdir() if p.name not in before], 'the node to receive it')
    until(lambda: sorted(p.name for p in ours.node.inputs.iterdir()) == before, 'the node to drop it')
    assert ours.http.get('/api/health').status_code == 200

def test_an_upload_that_breaks_off_behind_us_is_told(cuttable):
    h, sent = cuttable, []
    def body():
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="half.mp4"\r\n\r\n'
        for n in range(400):
            if n == 50: h.net.cut()
            sent.append(n)
            yield b'x'*(1 << 16)
    begun = time.monotonic()
    try: is_error(h.http.post(f'/api/upload/{h.shed["id"]}', content=body(), headers={'Content-Type': 'multipart/form-data; boundary=b'}), 503)
    except httpx.TransportError: assert len(sent) < 400, 'the connection is closed on us, also good'
    assert time.monotonic() - begun < PATIENT
    h.net.restore()
    until(lambda: not [*h.node.inputs.iterdir()], 'the node to drop it')

# --- what is ours: the routes at root, spoken by our client

@pytest.fixture(scope='module')
def pair(tmp_path_factory):
    "A manager with two nodes."
    a, b = tmp_path_factory.mktemp('a'), tmp_path_factory.mktemp('b')
    with node_of(a) as one, node_of(b) as two, managed(a, one.url, two.url, check_every=5) as h:
        until(lambda: h.http.get('/health').json()['nodes']['online'] == 2, 'the nodes to be known')
        h.one, h.two = one, two
        yield h

def test_a_session_through_our_client(ours, tmp_path):
    talk = tmp_path/'talk.txt'
    talk.write_text('hello')
    job = ours.rc.submit('need', talk, plan(steps=3, more='the end', gate=str(tmp_path/'gate'), files={'words.txt': 'five'}), name='my talk', priority=3, metadata={'for': 'me'})
    assert (job.name, job.priority, job.metadata, job.node) == ('my talk', 3, {'for': 'me'}, ours.shed['id']) and job.spec['input'].startswith('input_videos/talk')
    seen = []
    for e in ours.rc.events(job.id):
        seen.append(e)
        if e.type == 'progress': (tmp_path/'gate').touch()
    types = [e.type for e in seen if e.seq is not None]
    assert types[0] == 'created' and types[-1] == 'completed' and types.index('sent') < types.index('accepted') < types.index('remote')
    assert [e.to_dict() for e in ours.rc.history(job.id)] == [e.to_dict() for e in seen if e.seq is not None]
    there = ours.served.http.get(f'/jobs/{job.id}/history').json()['events']
    assert [(e.data['type'], e.data['seq']) for e in seen if e.type == 'remote'] == [(e['type'], e['seq']) for e in there]
    assert ours.http.get(f'/jobs/{job.id}/logs').content == ours.served.http.get(f'/jobs/{job.id}/logs').content != b'' and ours.rc.log_tail(job.id).endswith('the end\n')
    done = ours.rc.get_job(job.id)
    assert (done.status, done.progress, done.attempt, [o.name for o in ours.rc.outputs(job.id)]) == ('completed', 100, 1, ['words.txt'])
    assert ours.rc.download(job.id, to=tmp_path).read_text() == 'five'
    fetched = until(lambda: [e for e in ours.rc.history(job.id) if e.type == 'fetched'], 'the download to be told')
    assert fetched[0].data == {'name': 'words.txt', 'size': 4}
    again = ours.rc.submit('need', job.spec['input'], job.spec['params'], id=job.id)
    assert (again.id, again.status) == (job.id, 'completed')
    with pytest.raises(KeyConflict): ours.rc.submit('need', job.spec['input'], plan(), id=job.id)
    ours.rc.delete(job.id)
    assert ours.rc.get_job(job.id) is None

def test_a_known_id_is_answered_whatever_became_of_nodes(tmp_path):
    with managed(tmp_path, f'http://127.0.0.1:{free_port()}') as h:
        ask = {'pipeline': 'work', 'input': 'input_videos/a.txt', 'id': str(uuid.uuid4()), 'node': 'shed'}
        assert h.http.post('/jobs', json=ask).status_code == 201
        h.add('http://127.0.0.1:9', 'attic'), h.http.delete(f'/api/nodes/{h.manager.directory.get("shed")["id"]}')
        assert h.http.post('/jobs', json=ask).status_code == 200 == h.http.post('/jobs', json={k: v for k, v in ask.items() if k != 'node'}).status_code

def test_the_node_of_a_job(pair, tmp_path):
    r = pair.http.post('/jobs', json={'pipeline': 'need', 'input': 'input_videos/a.txt', 'params': plan()})
    said = is_error(r, 422, field='node')
    assert 'shed' in said['error'] and 'attic' in said['error']
    with pytest.raises(UnknownNode): pair.rc.submit('work', node='nobody')
    (tmp_path/'a.txt').write_text('x')
    for name, served in ('shed', pair.one), ('attic', pair.two):
        up = pair.rc.upload(tmp_path/'a.txt', node=name)
        assert up.node == pair.manager.directory.get(name)['id']
        job = pair.rc.wait(pair.rc.submit('need', up, plan()).id, 20)
        assert (job.status, job.node, served.get(job.id)['status']) == ('completed', up.node, 'completed')
    assert pair.rc.wait(pair.rc.submit('need', tmp_path/'a.txt', plan()).id, 20).status == 'completed', 'the input is where the job is'
    assert pair.rc.wait(pair.rc.submit('work', params=plan(), node=pair.manager.directory.get('attic')['id']).id, 20).node == pair.manager.directory.get('attic')['id']
    gates = [pair.rc.submit('work', params=plan(gate=str(tmp_path/'gate'))).id for _ in range(4)]
    until(lambda: all(pair.rc.get_job(g).node for g in gates), 'nodes to be picked')
    (tmp_path/'gate').touch()
    assert sorted(pair.manager.directory.get(pair.rc.wait(g, 20).node)['name'] for g in gates) == ['attic', 'attic', 'shed', 'shed'], 'the one with the fewest jobs'

def test_pipelines_of_all_nodes(pair, ours):
    found = pair.http.get('/pipelines').json()['pipelines']
    assert [p['name'] for p in found] == ['need', 'original', 'work'] and all(sorted(p['nodes']) == ['attic', 'shed'] for p in found)
    assert [p['name'] for p in pair.rc.pipelines()] == ['need', 'original', 'work']

@pytest.mark.parametrize('ask, field', [
    (dict(pipeline='gret'), 'pipeline'), (dict(pipeline=7), 'pipeline'), (dict(), 'pipeline'), (dict(pipeline='work', piority=1), 'piority'), (dict(pipeline='work', priority='high'), 'priority'), (dict(pipeline='work', max_attempts=0), 'max_attempts'),
    (dict(pipeline='work', timeout=-1), 'timeout'), (dict(pipeline='work', id='../x'), 'id'), (dict(pipeline='work', id=''), 'id'), (dict(pipeline='work', params=[]), 'params'), (dict(pipeline='work', node=7), 'node'),
    (dict(pipeline='work', params={'n': 'many'}), 'n'), (dict(pipeline='work', params={'n': 11}), 'n'), (dict(pipeline='work', params={'nn': 1}), 'nn'), (dict(pipeline='work', params={'flag': 'yes'}), 'flag'), (dict(pipeline='need'), 'input'),
    (dict(pipeline='need', node='shed', input='../../etc/passwd'), 'input'), (dict(pipeline='need', node='shed', input='/etc/hostname'), 'input'), (dict(pipeline='need', node='shed', input='input_videos/none.txt'), 'input'), (dict(pipeline='gret', node='shed'), 'pipeline')])
def test_refused_at_once_and_nothing_is_recorded(pair, ours, ask, field):
    for h in pair, ours:
        before = h.rc.counts()
        for path in '/jobs', '/jobs/check': is_error(h.http.post(path, json=ask), 400 if not ask else 422, **({'field': field} if ask else {}))
        assert h.rc.counts() == before

def test_a_pipeline_by_name_is_not_for_an_original(old):
    said = is_error(old.http.post('/jobs', json={'pipeline': 'work', 'node': 'shed'}), 422, field='pipeline')
    assert 'original' in said['error'] and not old.original.jobs

def test_a_page_and_our_client_see_one_job(ours):
    job = ours.create(ours.shed, manualPath=video(ours.node, 'both.mp4'))['id']
    done = ours.rc.wait(job, 20)
    assert (done.status, done.name, [o.name for o in done.outputs]) == ('completed', 'both.mp4', ['result.mp4'])
    assert ours.http.get(f'/jobs/{job}').json()['manual_path'] == 'input_videos/both.mp4'
    work = ours.rc.submit('work', params=plan()).id
    ours.rc.wait(work, 20)
    assert fits(ours.get(work), JOB)['pipeline'] == 'work' and work in [fits(j, JOB)['id'] for j in ours.http.get('/api/jobs').json()]

def test_a_manager_that_was_never_started_can_be_closed(tmp_path):
    for _ in range(2): Manager(tmp_path/'manager').close()

def test_two_managers_cannot_share_a_folder(tmp_path):
    with managed(tmp_path), pytest.raises(InvalidInput, match='in use'): Manager(tmp_path/'manager')

def test_a_manager_is_no_node_of_its_own(tmp_path):
    "What it passed on would come back to it, for ever."
    with serving(Manager(tmp_path/'manager')) as server, httpx.Client(base_url=server.url, timeout=60) as http:
        node = http.post('/api/nodes', json={'name': 'myself', 'host': '127.0.0.1', 'apiPort': server.port}).json()
        assert node['status'] == 'offline'
        r = http.post('/upload', files={'file': ('a.txt', b'x')})
        assert r.status_code == 503 and r.elapsed.total_seconds() < 20

# --- jobs that wait at their node

def test_a_job_that_waits_at_its_node_is_pending_on_every_face_and_its_time_is_that_of_its_run(tmp_path):
    from cjm_jobtrack.cli.follow import status_line
    from cjm_jobtrack.cli.job_tables import jobs_table
    from cjm_jobtrack.view.render import JobSnapshot, format_status, header_html
    with node_of(tmp_path, slots=1) as n, managed(tmp_path, n.url) as h:
        until(lambda: h.manager.directory.is_online(h.manager.directory.get('shed')), 'the node to be known')
        gates = [tmp_path/f'gate-{i}' for i in range(3)]
        jobs = [h.rc.submit('work', params=plan(gate=str(g)), name=f'job {i}') for i, g in enumerate(gates)]
        until(lambda: h.rc.counts()['running'] == 1 and all('remoteJobId' in h.get(j.id) for j in jobs) and [h.get(j.id)['status'] for j in jobs].count('running') == 1, 'one to run')
        until(lambda: all('waiting for its turn' in (h.get(j.id)['message'] or '') for j in jobs if h.get(j.id)['status'] == 'pending'), 'the reason')
        now_running = next(j.id for j in jobs if h.get(j.id)['status'] == 'running')
        assert h.rc.counts() | {} == {'pending': 2, 'running': 1, 'completed': 0, 'failed': 0, 'cancelled': 0}
        for j in jobs:
            told, kept = h.rc.get_job(j.id), h.manager.tracker.get_job(j.id)
            word = 'running' if j.id == now_running else 'pending'
            assert told.status == word == h.http.get(f'/jobs/{j.id}').json()['status'], 'our wire'
            assert word in status_line(told) and format_status(kept).startswith(f'{j.name}: {word}') and f'>{word}<' in header_html(JobSnapshot(kept, told.updated_at)) and (told.elapsed_s is None) is (word == 'pending')
            assert jobs_table([told]).columns[3]._cells[0].plain == word
        assert [j.id for j in h.rc.list_jobs('running')] == [now_running] and {j.id for j in h.rc.list_jobs('pending')} == {j.id for j in jobs} - {now_running}
        assert {j['id']: j['status'] for j in h.http.get('/api/jobs').json()}[now_running] == 'running'
        for _ in jobs:   # one after the other
            [now_running] = until(lambda: [j.id for j in h.rc.list_jobs('running')], 'the next to run')
            gates[[j.id for j in jobs].index(now_running)].touch()
            h.wait(now_running, 'completed')
        for j in jobs:
            here, there = h.rc.get_job(j.id), n.node.tracker.get_job(j.id)
            assert here.elapsed_s == pytest.approx(there.elapsed_s, abs=1.5), 'as long as it ran'

def test_a_job_that_an_original_has_not_begun_is_pending(old):
    job = old.create(old.shed)
    there = remote_job(old)
    until(lambda: old.get(job['id']).get('remoteJobId'), 'its id')
    assert old.get(job['id'])['status'] == 'pending' and old.http.get('/health').json()['jobs']['running'] == 0
    old.original.run(there, 5)
    old.wait(job['id'], 'running')
    old.original.complete(there, {'talk.mp4': b'x'})
    assert old.wait(job['id'])['status'] == 'completed'

def test_what_was_known_of_a_node_stays_and_says_as_of_when(cuttable):
    h = cuttable
    job = h.rc.submit('work', params=plan(gate=str(h.gate))).id
    h.wait(job, 'running')
    told = until(lambda: (n := h.http.get('/api/nodes').json()[0]) and (n['jobsThere'] or {}).get('running') == 1 and n, 'a look at the node')
    assert told['status'] == 'online' and told['activeJobs'] == 1 and fits({'unreachableSince': told['lastSeen']}, {}) is not None
    h.net.cut()
    gone = until(lambda: (n := h.http.get('/api/nodes').json()[0])['status'] == 'offline' and n, 'silence')
    later = h.http.get('/api/nodes').json()[0]
    assert later['lastSeen'] == gone['lastSeen'] <= gone['unreachableSince'] and later['jobsThere'] == told['jobsThere'] and later['activeJobs'] == 1 and later['problem']
    h.net.restore()
    until(lambda: h.http.get('/api/nodes').json()[0]['lastSeen'] > gone['lastSeen'], 'a new look')
    h.gate.touch()
    h.wait(job)

def test_the_later_page_has_the_logs_of_the_newest_ten(tmp_path):
    with node_of(tmp_path) as n, managed(tmp_path, n.url) as h:
        until(lambda: h.manager.directory.is_online(h.manager.directory.get('shed')), 'the node to be known')
        jobs = [h.rc.submit('work', params=plan(say=f'hello from {i}')).id for i in range(12)]
        for j in jobs: h.wait(j, 'completed')
        told = {j['id']: j['logs'] for j in h.http.get('/api/jobs').json()}
        assert [*told] == jobs, 'in order of creation'
        assert all(f'hello from {i}' in told[j] for i, j in enumerate(jobs) if i > 1) and [told[j] for j in jobs[:2]] == ['', '']

def test_a_manager_that_cannot_open_its_record_gives_its_folder_back(tmp_path):
    (tmp_path/'jobs.db').write_bytes(b'this is no database'*1000)
    with pytest.raises(StoreError) as e: Manager(tmp_path)
    lock_folder(tmp_path).close()
    assert e.traceback, 'a notebook keeps it too, and with it the manager that failed'
