"""The node over real HTTP: the original's contract and what its manager does with it, and what is ours."""
import base64, concurrent.futures, hashlib, io, json, os, re, shutil, socket, subprocess, sys, threading, time, urllib.parse, uuid
from contextlib import closing, contextmanager, suppress
from pathlib import Path
import httpx, psutil, pytest, schemathesis
from hypothesis import HealthCheck, Phase, given, settings, strategies as st
from schemathesis.checks import not_a_server_error
from cjm_jobtrack.cli.logs import copy_log
from cjm_jobtrack.model.errors import InvalidInput, JobtrackError, StoreError
from cjm_jobtrack.logs.gaps import LogChunk
from cjm_jobtrack.tracker.tracker import JobTracker
from cjm_jobtrack.net.client import RemoteClient
from cjm_jobtrack.server.access import check_bind
from cjm_jobtrack.net.routes import PAGE_BYTES, page_of
from cjm_jobtrack.net.node import Node
from cjm_jobtrack.server.server import lock_folder, serving
from cjm_jobtrack.net.uploads import safe_name
from helpers import Served, client, large_jobs, node_at, node_process, until, write_pipelines
from wire import KEYS, OriginalClient, is_error, original, video

# V1: what is asked and what comes back

text, opt, number, flag = (str,), (str, type(None)), (float, int), (bool,)
HEALTH = dict(status=text, workspace=text, input_videos=text, python_version=text, timestamp=(float,))
STATUS = dict(status=text, workspace=(dict,), input_videos=(dict,), files=(dict,), python=text, timestamp=(float,))
JOB = dict(id=text, status=text, progress=(int,), input_method=opt, youtube_url=opt, manual_path=opt, unet_flag=flag, face_restore_flag=flag, upscale_flag=flag, upscale_value=(float,),
           clahe_flag=flag, created_at=(float,), updated_at=(float,), output=text, error=opt)
OUTPUT = dict(name=text, path=text, relative_path=text, size=(int,), modified=(float,))
UPLOADED = dict(success=flag, filename=text, path=text, full_path=text, size=(int,), message=text)
INPUT = dict(name=text, path=text, size=(int,), modified=(float,))

def fits(d, shape): assert {k: type(d[k]) for k in shape if type(d.get(k, ...)) not in shape[k]} == {}, d

def test_shapes_of_answers(v1):
    up = v1.put('shapes.mp4', json.dumps({}).encode(), 'video/mp4')
    job = v1.wait(original(v1, manualPath=up['path'])['id'])
    get = lambda path: v1.http.get(path).json()
    fits(get('/health'), HEALTH), fits(get('/status'), STATUS), fits(up, UPLOADED), fits(job, JOB)
    assert get('/health')['status'] == 'ok' and get('/status')['status'] == 'online' and 'Python' in get('/status')['python']
    assert get('/status')['files'] == {'pipeline_py': False, 'pipeline_wrapper_py': True}
    assert get('/status')['workspace'] == {'path': str(v1.node.workspace), 'exists': True}
    assert up['success'] and up['path'] == 'input_videos/shapes.mp4' and up['full_path'] == str(v1.node.inputs/'shapes.mp4') and up['size'] == 2
    for f in get('/files')['files']: fits(f, INPUT)
    assert 'input_videos/shapes.mp4' in [f['path'] for f in get('/files')['files']]
    jobs = get('/jobs')
    assert jobs['count'] == len(jobs['jobs'])
    for j in jobs['jobs']: fits(j, JOB)
    assert [j['id'] for j in jobs['jobs']] == [j['id'] for j in sorted(jobs['jobs'], key=lambda j: j['created_at'])]
    assert (job['status'], job['progress'], job['error']) == ('completed', 100, None) and 'options false false false 2.0 false' in job['output']
    outputs = get(f'/jobs/{job["id"]}/outputs')
    assert outputs['job_id'] == job['id'] and outputs['count'] == 1 and outputs['output_files'] == job['output_files']
    out, = outputs['output_files']
    fits(out, OUTPUT)
    assert out['name'] == 'result.mp4' and out['size'] == len('a video') and (v1.node.workspace/out['relative_path']).read_text() == 'a video' == Path(out['path']).read_text()
    assert job['output'].endswith(f'final video at: {out["relative_path"]}')
    assert time.time()-600 < job['created_at'] <= job['updated_at'] <= time.time()

def test_either_spelling_is_taken_and_what_was_asked_comes_back_as_it_was(v1):
    path = video(v1.node, 'spelling.mp4')
    snake = {re.sub('[A-Z]', lambda m: f'_{m[0].lower()}', k): v for k, v in KEYS.items()} | {'manual_path': path, 'unet_flag': True, 'upscale_value': 3}
    for body in snake, KEYS | {'manualPath': path, 'unetFlag': True, 'upscaleValue': 3}, {'manualPath': path, 'manual_path': 'input_videos/other.mp4', 'unetFlag': True, 'upscaleValue': 3.0}:
        r = v1.http.post('/jobs', json=body)
        assert r.status_code == 201, r.text
        job = v1.wait(r.json()['id'])
        assert (job['manual_path'], job['youtube_url'], job['unet_flag'], job['face_restore_flag'], job['upscale_value']) == (path, None, True, False, 3.0)
        assert job['input_method'] == 'manual'
        assert 'options true false false 3.0 false' in job['output']
    absolute = v1.wait(original(v1, manualPath=str(v1.node.workspace/path))['id'])
    assert absolute['status'] == 'completed' and absolute['manual_path'] == str(v1.node.workspace/path)
    tube = original(v1, inputMethod='youtube', youtubeUrl='https://youtu.be/a?b=c&d;e')
    assert v1.wait(tube['id'])['status'] == 'completed' and (tube['input_method'], tube['youtube_url'], tube['manual_path']) == ('youtube', 'https://youtu.be/a?b=c&d;e', None)

def test_cancel_and_its_refusals(v1):
    gate = v1.node.data/'cancel-gate'
    job = original(v1, manualPath=video(v1.node, 'cancel.mp4', gate=str(gate)))
    v1.wait(job['id'], 'running')
    form = {'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': '0'}
    r = v1.http.post(f'/jobs/{job["id"]}/cancel', headers=form)
    fits(r.json(), JOB)
    assert r.status_code == 200 and r.json()['status'] == 'cancelled' and r.json()['error'] is None
    for _ in range(2): assert is_error(v1.http.post(f'/jobs/{job["id"]}/cancel', headers=form), 400)['error'] == 'Job cannot be cancelled'
    done = v1.run()
    assert is_error(v1.http.post(f'/jobs/{done["id"]}/cancel'), 400)['error'] == 'Job cannot be cancelled'
    assert is_error(v1.http.post('/jobs/nope/cancel', headers=form), 404)['error'] == 'Job not found'
    for kind, body in ('application/json', b'{}'), ('text/plain', b'x'), ('multipart/form-data', b''), (None, b''):   # whatever its label
        job = v1.ask({'gate': str(gate)})
        assert v1.http.post(f'/jobs/{job["id"]}/cancel', content=body, headers={'Content-Type': kind} if kind else {}).json()['status'] == 'cancelled'

def test_outputs_and_downloads_refused(v1):
    gate = v1.node.data/'refused-gate'
    job = original(v1, manualPath=video(v1.node, 'refused.mp4', gate=str(gate)))
    outputs = v1.http.get(f'/jobs/{job["id"]}/outputs')
    assert outputs.status_code == 200 and outputs.json() == {'job_id': job['id'], 'output_files': [], 'count': 0, 'message': 'Job not completed yet'}
    for tail in '/download', '/download/result.mp4', '/download/': assert is_error(v1.http.get(f'/jobs/{job["id"]}{tail}'), 400)['error'] == 'Job not completed'
    assert 'output_files' not in v1.get(job['id'])
    v1.http.post(f'/jobs/{job["id"]}/cancel')
    assert is_error(v1.http.get(f'/jobs/{job["id"]}/download'), 400)['error'] == 'Job not completed'
    empty = v1.run({'files': {}})
    assert empty['status'] == 'completed' and empty['output_files'] == [] and 'final video' not in empty['output']
    assert is_error(v1.http.get(f'/jobs/{empty["id"]}/download'), 404)['error'] == 'No output files found for this job'
    for tail in '', '/outputs', '/download', '/download/a.mp4', '/history', '/events', '/logs': assert is_error(v1.http.get(f'/jobs/nope{tail}'), 404)['error'] == 'Job not found'

@pytest.mark.parametrize('suffix,kind', [('mp4', 'video/mp4'), ('avi', 'video/x-msvideo'), ('mov', 'video/quicktime'), ('mkv', 'video/x-matroska'), ('webm', 'video/webm')])
def test_downloads(v1, suffix, kind):
    name, content = f'übung "1" €;.{suffix}', 'x' * 1000 + 'end'
    job = v1.wait(original(v1, manualPath=video(v1.node, f'{suffix}.mp4', files={name: content}))['id'])
    url = f'/jobs/{job["id"]}/download'
    for tail in '', '/', '/download', f'/{urllib.parse.quote(name)}':
        r = v1.http.get(url + tail)
        assert (r.status_code, r.text, r.headers['content-type'].split(';')[0], r.headers['content-length']) == (200, content, kind, '1003'), tail
        assert r.headers['content-disposition'] == f"attachment; filename*=utf-8''{urllib.parse.quote(name)}"
        assert r.headers['etag'] and r.headers['last-modified'] and r.headers['cache-control'] == 'no-cache'
        assert r.headers['repr-digest'] == f'sha-256=:{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}:'
    head = v1.http.head(url)
    assert (head.status_code, head.content) == (200, b'') and {k: head.headers[k] for k in ('content-length', 'etag', 'content-disposition')} == {k: r.headers[k] for k in ('content-length', 'etag', 'content-disposition')}
    part = v1.http.get(url, headers={'Range': 'bytes=1000-'})
    assert (part.status_code, part.text, part.headers['content-range']) == (206, 'end', 'bytes 1000-1002/1003')
    assert v1.http.get(url, headers={'Range': 'bytes=0-9', 'If-Range': r.headers['etag']}).status_code == 206
    assert v1.http.get(url, headers={'Range': 'bytes=0-9', 'If-Range': '"another"'}).status_code == 200
    assert v1.http.get(url, headers={'Range': 'bytes=5000-'}).status_code == 416
    assert v1.http.get(url, headers={'Range': 'kilometres=1-2'}).status_code in (200, 400)

def test_plain_name_in_a_header_and_a_file_that_was_removed(node):
    job = node.run({'files': {'a.txt': 'x', 'deep/er/b.txt': 'y'}})
    assert node.http.get(f'/jobs/{job["id"]}/download/a.txt').headers['content-disposition'] == 'attachment; filename="a.txt"'
    nested = node.http.get(f'/jobs/{job["id"]}/download/deep/er/b.txt')
    assert nested.text == 'y' and nested.headers['content-disposition'] == 'attachment; filename="b.txt"'
    Path(next(o['path'] for o in job['output_files'] if o['name'] == 'a.txt')).unlink()
    assert 'removed' in is_error(node.http.get(f'/jobs/{job["id"]}/download/a.txt'), 404)['error']

@pytest.mark.parametrize('suffix', ['link', 'content'])
def test_what_was_put_in_the_place_of_an_output_is_not_given_out(node, suffix):
    job = node.run({'files': {'a.txt': 'one'}})
    path, url = Path(job['output_files'][0]['path']), f'/jobs/{job["id"]}/download'
    date = path.stat().st_mtime_ns
    if suffix == 'link': path.unlink(), path.symlink_to('/etc/passwd')
    else: path.write_text('two'), os.utime(path, ns=(date, date))
    for tail in '', '/a.txt':
        r = node.http.get(url + tail)
        assert 'no longer what the job left' in is_error(r, 409, 410)['error'] and 'repr-digest' not in r.headers
        assert node.http.head(url + tail).status_code == r.status_code
    by_path = node.http.get('/download', params={'path': str(path)})
    if suffix == 'link': is_error(by_path, 400, 404)

def test_many_outputs_come_in_pages(node, tmp_path):
    "An answer does not grow with what a job has left; the client puts the pages together."
    job = node.run({'files': {f'{n:05}.txt': '' for n in range(1200)}})
    assert len(job['output_files']) == len(job['job']['outputs']) == 1000 and job['output_count'] == 1200
    listed = node.http.get('/jobs').json()['jobs'][0]
    assert len(listed.get('output_files', [])) <= 1000 and len(listed['job']['outputs']) <= 1000
    page = node.http.get(f'/jobs/{job["id"]}/outputs', params={'offset': 1150, 'limit': 40}).json()
    assert len(page['output_files']) == 40 and page['count'] == 1200
    is_error(node.http.get(f'/jobs/{job["id"]}/outputs', params={'limit': 5000}), 422)
    with RemoteClient(node.url) as rc:
        found = rc.outputs(job['id'])
        assert {o.name for o in found} == {f'{n:05}.txt' for n in range(1200)} and all(o.sha256 and o.modified for o in found)
        assert rc.download(job['id'], name=found[-1].name, to=tmp_path).name == found[-1].name

def test_a_page_of_large_jobs_ends_early_and_goes_on(node):
    "However much the jobs bring along, an answer has its limit; our client puts the pages together."
    ids, pages, before = large_jobs(node.node.tracker), [], None
    while not pages or before is not None:
        r = node.http.get('/jobs', params={'before': before} if before else {})
        page = r.json()
        assert len(r.content) < PAGE_BYTES + 100 and page['count'] == len(page['jobs']) > 10
        pages, before = [j['id'] for j in page['jobs']] + pages, page.get('next')
    assert pages == ids
    assert 'next' not in node.http.get('/jobs?limit=3').json()
    with RemoteClient(node.url, timeout=60) as rc:
        assert [j.id for j in rc.list_jobs()] == ids[::-1] == [j.id for _, j in reversed(rc.raw_jobs())]
        assert [j.id for j in rc.list_jobs('completed', 120, before=ids[190])] == ids[189:69:-1]

def test_a_long_list_goes_on_too_although_jobs_are_deleted_meanwhile(node, monkeypatch):
    monkeypatch.setattr('cjm_jobtrack.net.routes.PAGE_JOBS', 3)
    tracker = node.node.tracker
    ids = [tracker.create_job('x', id=f'{i:02}').id for i in range(10)]
    for i in ids: tracker.mark_running(i), tracker.mark_completed(i, None)
    assert node.http.get('/jobs').json()['next'] == '07' and 'next' not in node.http.get('/jobs?limit=3').json()
    with RemoteClient(node.url) as rc:
        assert [j.id for j in rc.list_jobs()] == ids[::-1] and [j.id for j in rc.list_jobs(limit=7)] == ids[:2:-1]
        ask = rc.http.request
        def delete_and_ask(**kw):
            if (before := (kw['params'] or {}).get('before')) in ('07', '04', '01') and tracker.get_job(before): tracker.delete_job(before)
            return ask(**kw)
        monkeypatch.setattr(rc.http, 'request', delete_and_ask)
        assert [j.id for j in rc.list_jobs()] == ids[::-1] and len(tracker.list_jobs()) == 7

def test_a_job_that_is_larger_than_a_page_has_one_to_itself():
    jobs = [{'id': '2', 'x': 'x'*100}, {'id': '1'}]
    assert page_of(jobs, 50)[1:] == (1, '2') and page_of(jobs[1:], 5) == (b'[{"id":"1"}]', 1, None) and page_of([], 5) == (b'[]', 0, None)

def test_a_name_that_would_fill_every_list_is_refused(node):
    assert 'characters' in is_error(node.http.post('/jobs', json={'pipeline': 'work', 'params': {'plan': '{}'}, 'name': 'x' * 900_000}), 413, 422)['error']

def test_names_that_are_not_text(node, tmp_path):
    job = node.run({'files': dict(zip(['caf\udce9.txt', 'caf\udce8.txt', 'one\udcff.txt'], 'eE1'))})
    names = [o['name'] for o in job['output_files']]
    for name in names: assert node.http.get(f'/jobs/{job["id"]}/download/{urllib.parse.quote(name)}').status_code == 200
    for raw in 'caf%E9.txt', 'caf%E8.txt', 'one%FF.txt': assert node.http.get(f'/jobs/{job["id"]}/download/{raw}').text == {'9': 'e', '8': 'E', 'F': '1'}[raw[5]]
    with RemoteClient(node.url) as rc: files = [rc.download(job['id'], tmp_path, name) for name in names]
    got = {os.fsencode(f.name): f.read_text() for f in files}
    assert got == {b'caf\xe9.txt': 'e', b'caf\xe8.txt': 'E', b'one\xff.txt': '1'}

def test_V2_download_by_path(v1, tmp_path):
    job = v1.wait(original(v1, manualPath=video(v1.node, 'v2.mp4'))['id'])
    path = re.findall('final video at: (.+)', job['output'])[-1]
    get = lambda p: v1.http.get('/download', params={'path': p})
    for form in path, f'/{path}', str(v1.node.workspace/path), 'input_videos/v2.mp4', '/input_videos/v2.mp4', str(v1.node.inputs/'v2.mp4'):
        assert get(form).status_code == 200, form
    assert get(path).text == 'a video' and v1.http.head('/download', params={'path': path}).status_code == 200
    assert v1.http.get('/download', params={'path': path}, headers={'Range': 'bytes=2-4'}).text == 'vid'
    assert is_error(v1.http.get('/download'), 400)['error'] == is_error(get(''), 400)['error'] == 'Path parameter is required'
    for form in 'input_videos/none.mp4', str(v1.node.inputs/'none.mp4'), 'outputs', f'/workspace/{path}/x', 'outputs/' + 'x'*300, 'outputs/' + 'x/'*3000: is_error(get(form), 400, 404)
    (v1.node.inputs/'way-out').symlink_to(tmp_path)
    (v1.node.inputs/'loop').symlink_to('loop')
    (tmp_path/'secret').write_text('s')
    (v1.node.inputs/'.half').write_text('not yet whole')
    for form in ('pipeline_wrapper.py', '/pipeline_wrapper.py', '../jobs.db', str(v1.node.data/'jobs.db'), 'input_videos/../../jobs.db', 'input_videos/way-out/secret', str(tmp_path/'secret'), '/etc/hostname',
                 'input_videos/loop', 'input_videos/.half', 'outputs/a\0b', '../workspace/pipeline_wrapper.py', f'{v1.node.workspace}/../jobs.db'): assert is_error(get(form), 400, 404)['error'] in ('Invalid path', 'File not found'), form
    for o in 'way-out', 'loop', '.half': (v1.node.inputs/o).unlink()

def some_job(s) -> str: return (s.http.get('/jobs?limit=1').json()['jobs'] or [s.run()])[0]['id']

# Faults of clients are never faults of ours

def raw_jobs(body, kind='application/json', **headers): return dict(content=body, headers=({'Content-Type': kind} if kind else {}) | headers)

JOB_FAULTS = {
    'bad JSON': (raw_jobs(b'{"pipeline": '), 400, None), 'not UTF-8': (raw_jobs(b'{"pipeline": "\xff"}'), 400, None), 'a list': (raw_jobs(b'[]'), 400, None), 'a text': (raw_jobs(b'"work"'), 400, None),
    'a number': (raw_jobs(b'7'), 400, None), 'null': (raw_jobs(b'null'), 400, None), 'an empty object': (raw_jobs(b'{}'), 400, None), 'nothing': (raw_jobs(b''), 400, None), 'blanks': (raw_jobs(b' \n'), 400, None),
    'nothing, labelled as a form': (raw_jobs(b'', 'application/x-www-form-urlencoded'), 400, None), 'a form': (raw_jobs(b'pipeline=work', 'application/x-www-form-urlencoded'), 415, None),
    'plain text': (raw_jobs(b'{"pipeline":"work"}', 'text/plain'), 415, None), 'no type': (raw_jobs(b'{"pipeline":"work"}', None), 415, None),
    'no type, in chunks': (lambda: dict(content=iter([b'{"pipeline":', b'"work"}'])), 415, None),
    'NaN': (raw_jobs(b'{"pipeline":"work","metadata":{"x":NaN}}'), 400, None), 'infinity': (raw_jobs(b'{"pipeline":"work","metadata":{"x":1e999}}'), 400, None),
    'half a character': (raw_jobs(b'{"pipeline":"\\ud800"}'), 400, None), 'half a character in a key': (raw_jobs(b'{"pipeline":"work","metadata":{"\\ud800":1}}'), 400, None),
    'too deep': (raw_jobs(b'{"pipeline":"work","metadata":{"x":' + b'['*100_000 + b']'*100_000 + b'}}'), 400, None), 'a number without end': (raw_jobs(b'{"pipeline":"work","priority":' + b'9'*5000 + b'}'), 400, None),
    'too large': (raw_jobs(b'{"pipeline":"work","name":"' + b'x'*2_000_000 + b'"}'), 413, None), 'too large, in chunks': (lambda: dict(content=iter([b'x'*65536]*40), headers={'Content-Type': 'application/json'}), 413, None),
    'unknown pipeline': (dict(json={'pipeline': 'wrok'}), 422, 'pipeline'), 'a pipeline that is no text': (dict(json={'pipeline': ['work']}), 422, 'pipeline'), 'null pipeline': (dict(json={'pipeline': None}), 422, 'pipeline'),
    'unknown field': (dict(json={'pipeline': 'work', 'piority': 9}), 422, 'piority'), 'priority as text': (dict(json={'pipeline': 'work', 'priority': '9'}), 422, 'priority'),
    'priority beyond bounds': (dict(json={'pipeline': 'work', 'priority': 2**31}), 422, 'priority'), 'priority true': (dict(json={'pipeline': 'work', 'priority': True}), 422, 'priority'),
    'attempts': (dict(json={'pipeline': 'work', 'max_attempts': 0}), 422, 'max_attempts'), 'timeout': (dict(json={'pipeline': 'work', 'timeout': -1}), 422, 'timeout'), 'metadata': (dict(json={'pipeline': 'work', 'metadata': []}), 422, 'metadata'),
    'name': (dict(json={'pipeline': 'work', 'name': 7}), 422, 'name'), 'params': (dict(json={'pipeline': 'work', 'params': [1]}), 422, 'params'), 'a node': (dict(json={'pipeline': 'work', 'node': 'shed'}), 422, 'node'),
    'unknown parameter': (dict(json={'pipeline': 'work', 'params': {'m': 1}}), 422, 'm'), 'ill-typed parameter': (dict(json={'pipeline': 'work', 'params': {'n': '3'}}), 422, 'n'),
    'parameter beyond bounds': (dict(json={'pipeline': 'work', 'params': {'n': 11}}), 422, 'n'), 'nested parameter': (dict(json={'pipeline': 'work', 'params': {'n': {'a': [1]}}}), 422, 'n'),
    'input outside': (dict(json={'pipeline': 'work', 'input': '../../etc/passwd'}), 422, 'input'), 'input absent': (dict(json={'pipeline': 'work', 'input': 'input_videos/none.mp4'}), 422, 'input'),
    'input missing': (dict(json={'pipeline': 'need'}), 422, 'input'), 'input with NUL': (dict(json={'pipeline': 'work', 'input': 'a\0b'}), 422, 'input'), 'input too long': (dict(json={'pipeline': 'work', 'input': 'x'*5000}), 422, 'input'),
    'id with a slash': (dict(json={'pipeline': 'work', 'id': '../../x'}), 422, 'id'), 'id as number': (dict(json={'pipeline': 'work', 'id': 7}), 422, 'id'), 'id empty': (dict(json={'pipeline': 'work', 'id': ''}), 422, 'id'),
    'id as number, original': (dict(json=KEYS | {'manualPath': 'input_videos/a.mp4', 'id': 7}), 422, 'id'), 'unknown key, original': (dict(json=KEYS | {'foo': 1}), 422, 'foo'),
    'a list for a path, original': (dict(json=KEYS | {'manualPath': ['a']}), 422, 'manualPath'), 'unknown method, original': (dict(json=KEYS | {'inputMethod': 'ftp'}), 422, 'inputMethod')}

@pytest.mark.parametrize('fault', JOB_FAULTS)
@pytest.mark.parametrize('route', ['/jobs', '/jobs/check'])
def test_faults_of_clients(v1, fault, route):
    sent, status, field = JOB_FAULTS[fault]
    before = v1.http.get('/jobs').json()['count']
    is_error(v1.http.post(route, **(sent() if callable(sent) else sent)), status, field=field)
    assert v1.http.get('/jobs').json()['count'] == before

ROUTES = {'/health': 'GET', '/counts': 'GET', '/status': 'GET', '/files': 'GET', '/pipelines': 'GET', '/upload': 'POST', '/jobs': 'GET POST', '/jobs/check': 'GET POST DELETE', '/jobs/{}': 'GET DELETE', '/jobs/{}/cancel': 'POST',
          '/jobs/{}/outputs': 'GET', '/jobs/{}/download': 'GET HEAD', '/jobs/{}/download/a': 'GET HEAD', '/jobs/{}/history': 'GET', '/jobs/{}/events': 'GET', '/jobs/{}/logs': 'GET', '/events': 'GET', '/download': 'GET HEAD'}

def test_unknown_routes_and_wrong_methods_are_told_in_json(v1):
    job = v1.run()['id']
    for path, allowed in ROUTES.items():
        for method in {'GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'BREW'} - {*allowed.split()}:
            r = v1.http.request(method, path.format(job))
            is_error(r, 405)
            assert r.headers['allow'], (method, path)
    for method in 'GET', 'POST', 'DELETE':
        for path in '/', '/nope', '/jobs/a/b/c', '/api/jobs', '/jobs/%00/x', '/%ff', '//': assert 'No such route' in is_error(v1.http.request(method, path), 404)['error']
    assert v1.get(job)['status'] == 'completed'

QUERIES = ['/jobs?status=finished', '/jobs?limit=x', '/jobs?limit=-1', f'/jobs?limit={10**30}', '/jobs/{}/logs?offset=-1', '/jobs/{}/logs?offset=x', f'/jobs/{{}}/logs?attempt={10**300}', '/jobs/{}/logs?attempt=-1', '/jobs/{}/logs?limit=0',
           '/jobs/{}/logs?tail=0', '/jobs/{}/logs?tail=-5', '/jobs/{}/events?after=x', f'/jobs/{{}}/events?after={10**30}', '/events?after=-1']

@pytest.mark.parametrize('url', QUERIES, ids=[q[:40] for q in QUERIES])
def test_faulty_queries_name_the_field(v1, url):
    job = some_job(v1)
    is_error(v1.http.get(url.format(job)), 422, field=url.partition('?')[2].partition('=')[0])

@pytest.mark.parametrize('last', ['x', '²', '-1', '9'*30, '1.5'])
def test_faulty_cursors_are_refused_not_taken_for_none(v1, last):
    for path in '/events', f'/jobs/{some_job(v1)}/events':
        assert 'ast-' in is_error(v1.http.get(path, headers={'Last-Event-ID': last.encode()}), 422)['field']

@pytest.mark.parametrize('send', [b'GET / HTTP/9.9\r\n\r\n', b'\x16\x03\x01\x02\x00\r\n\r\n', b'GET /jobs HTTP/1.1\r\nHost: [::1\r\n\r\n', b'GET /jobs HTTP/1.1\r\nHost: a]b[\r\n\r\n', b'GET /jobs HTTP/1.0\r\n\r\n',
                                  b'POST /jobs HTTP/1.1\r\nHost: localhost\r\nOrigin: http://[::1\r\nContent-Length: 0\r\n\r\n', b'POST /jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n',
                                  b'POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=\xff\r\nContent-Length: 0\r\n\r\n', b'GET /' + b'x'*100_000 + b' HTTP/1.1\r\nHost: localhost\r\n\r\n'])
def test_odd_requests_byte_for_byte(v1, send):
    with closing(socket.create_connection(('127.0.0.1', int(v1.url.rpartition(':')[2])), 60)) as s:
        with suppress(ConnectionError): s.sendall(send)   # who has seen enough may answer and hang up before all of it is sent
        assert re.match(rb'HTTP/1.1 4\d\d ', s.recv(100)), send[:60]


def test_a_complete_exchange_with_the_original_manager(v1):
    c, gate = OriginalClient(v1.url), v1.node.data/'exchange-gate'
    c.health()                                                         # adding the node, then verifying it
    c.health()
    assert 'Python' in c.json('GET', '/status')['python']
    up = c.upload('my talk (1) é.mp4', json.dumps({'gate': str(gate), 'files': {'final é.mp4': 'the film'}}).encode())
    assert up['success'] is True
    c.health(), c.health()                                             # checking the node, then starting
    begun = time.monotonic()
    job = c.create(manualPath=up['path'], unetFlag=True, upscaleFlag=True, upscaleValue=4)
    assert time.monotonic()-begun < 20 and re.fullmatch(r'[A-Za-z0-9_.-]+', job['id'])
    seen = c.poll(job['id'], 'running')
    gate.touch()
    seen += c.poll(job['id'])
    progress, statuses = [j['progress'] for j in seen], [j['status'] for j in seen]
    assert statuses == sorted(statuses, key=['pending', 'running', 'completed'].index) and statuses[-1] == 'completed'
    assert progress == sorted(progress) and progress[-1] == 100 and 100 not in [p for p, s in zip(progress, statuses) if s != 'completed']
    outputs = c.json('GET', f'/jobs/{job["id"]}/outputs')
    assert outputs['output_files'] == seen[-1]['output_files']
    c.health()                                                         # the bare download
    out = c.json('GET', f'/jobs/{job["id"]}/outputs')['output_files'][0]
    status, headers, body = c.download(job['id'], out['name'])
    assert (status, body, out['size'], headers['Content-Type']) == (200, b'the film', 8, 'video/mp4')
    assert out['name'] == 'final é.mp4', 'the page shows it and the browser saves under it'
    c.health()                                                         # recovery looks for what it asked for
    found = [j for j in c.json('GET', '/jobs')['jobs'] if (j['input_method'], j['manual_path'], j['youtube_url']) == ('manual', up['path'], None)]
    assert [j['id'] for j in found] == [job['id']]
    gate.unlink()
    other = c.create(manualPath=up['path'])
    c.poll(other['id'], 'running')
    assert c.cancel(other['id'])['status'] == 'cancelled' and c.cancel(other['id'], 400)['error'] == 'Job cannot be cancelled'
    assert c.json('GET', f'/jobs/{other["id"]}')['status'] == 'cancelled'
    assert c.json('GET', '/jobs/job_1700000000000', status=404)['error'] == 'Job not found'


# Ours: ids, lists, pipelines

def test_own_ids_are_idempotency_keys(node):
    id, plan = str(uuid.uuid4()), {'files': {'a.txt': 'x'}}
    first = node.ask(plan, id=id, metadata={'by': 'me'}, name='mine', priority=3)
    assert first['id'] == id and (first['job']['name'], first['job']['priority'], first['job']['metadata']) == ('mine', 3, {'by': 'me'})
    again = node.ask(plan, id=id, status=200)
    assert again['id'] == id and node.http.get('/jobs').json()['count'] == 1
    conflict = is_error(node.http.post('/jobs', json={'pipeline': 'work', 'params': {'plan': '{}', 'n': 2}, 'id': id}), 409)
    assert conflict['differences']['spec.params.plan'] == [json.dumps(plan), '{}'] and conflict['job_id'] == id
    assert node.wait(id)['status'] == 'completed' and node.ask(plan, id=id, status=200)['status'] == 'completed'
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for n in range(10):
            body = {'pipeline': 'work', 'params': {'plan': '{}'}, 'id': f'at-once-{n}'}
            assert sorted(r.status_code for r in pool.map(lambda body: node.http.post('/jobs', json=body), [body]*8)) == [200]*7 + [201]
            assert [e['type'] for e in node.http.get(f'/jobs/{body["id"]}/history').json()['events']].count('queued') == 1

def test_a_known_id_is_answered_although_its_input_is_gone(node):
    up = node.put()
    job = node.run({}, id='a-1', input=up['path'])
    (node.node.inputs/'in.txt').unlink()
    assert node.ask({}, id='a-1', input=up['path'], status=200)['status'] == job['status'] == 'completed'
    is_error(node.http.post('/jobs', json={'pipeline': 'work', 'input': up['path'], 'id': 'a-2'}), 422, field='input')

def test_check_tells_and_changes_nothing(node):
    assert node.http.post('/jobs/check', json={'pipeline': 'work'}).json() == {'ok': True}
    is_error(node.http.post('/jobs/check', json={'pipeline': 'work', 'params': {'n': 77}}), 422, field='n')
    assert node.http.get('/jobs').json() == {'jobs': [], 'count': 0}

def test_callers_data_never_break_an_answer(node):
    for metadata in {'original': 'x'}, {'original': {'upscale_value': 'big', 'input_method': {'a': 1}}}, {'a': {'b': [1, None, 'é\n\0']}}, {'original': [1]}:
        job = node.ask({}, metadata=metadata)
        assert job['job']['metadata'] == metadata
        fits(node.get(job['id']), JOB)
    assert node.http.get('/jobs').json()['count'] == 4

def test_pipelines_describe_themselves(v1):
    found = {p['name']: p for p in v1.http.get('/pipelines').json()['pipelines']}
    assert set(found) == {'work', 'need', 'original'} and found['need']['input'] == 'required' and found['need']['accepts'] == ['.txt', '.mp4'] and found['original']['original']
    n = next(p for p in found['work']['params'] if p['name'] == 'n')
    assert (n['type'], n['min'], n['max'], n['default'], n['required'], n['asks']) == ('int', 1, 10, 1, False, 'a whole number from 1 to 10')

def test_the_owners_time_limit_holds(tmp_path):
    f = write_pipelines(tmp_path/'pipelines')
    f.write_text(f.read_text().replace('input = "optional"', 'input = "optional"\ntimeout = 60', 1))
    with node_at(tmp_path, f) as s:
        assert [s.ask({}, timeout=t)['job']['timeout'] for t in (None, 10, 6000)] == [60, 10, 60]
        assert s.ask({}, pipeline='work', timeout=.05, priority=1) and s.wait(s.ask({'gate': '/nowhere'}, timeout=.3)['id'])['job']['failure']['kind'] == 'timeout'

def test_lists_are_filtered_and_paged(node, tmp_path):
    jobs = [node.run({'exit': n % 2})['id'] for n in range(5)] + [node.ask({'gate': str(tmp_path/'gate')})['id']]
    node.wait(jobs[-1], 'running')
    got = lambda **q: [j['id'] for j in node.http.get('/jobs', params=q).json()['jobs']]
    assert got() == jobs and got(limit=2) == jobs[-2:] and got(limit=0) == []
    assert got(status='completed') == jobs[0:5:2] and got(status='failed', limit=1) == [jobs[3]] and got(status='running') == [jobs[5]] and got(status='cancelled') == []
    assert got(before=jobs[4], limit=2) == jobs[2:4] and got(before=jobs[0]) == [] and got(before=jobs[3], status='completed') == [jobs[0], jobs[2]]
    pages, page = [], got(limit=2)
    while page: pages, page = page + pages, got(limit=2, before=page[0])
    assert pages == jobs
    assert got(text=jobs[4][:13].upper()) == [jobs[4]] and got(text=jobs[4][:13], status='failed') == [] and got(text='%') == []
    is_error(node.http.get('/jobs', params={'text': 'x'*1001}), 422)
    is_error(node.http.get('/jobs?before=nope'), 404)   # an empty page would look like the end
    assert node.http.get('/health').json()['jobs'] == {'pending': 0, 'running': 1, 'completed': 3, 'failed': 2, 'cancelled': 0} and node.http.get('/health').json()['slots'] == 2
    (tmp_path/'gate').touch()
    node.wait(jobs[-1])

# Events and logs

def test_events_from_the_beginning_to_the_end(node, tmp_path):
    job = node.ask({'steps': 4, 'gate': str(tmp_path/'gate')})
    seen = node.events(f'/jobs/{job["id"]}/events', stop=lambda e: e['type'] == 'progress' and e['data']['data']['percent'] == 100)
    assert [e['type'] for e in seen if e['id']] == ['created', 'queued', 'running', 'started']
    live = [e for e in seen if not e['id']]
    assert {e['type'] for e in live} <= {'progress', 'log'} and live[-1]['data'] == {'seq': None, 'job_id': job['id'], 'attempt': 1, 'type': 'progress', 'at': live[-1]['data']['at'], 'data': {'percent': 100.0, 'message': live[-1]['data']['data']['message']}}
    grown = node.events(f'/jobs/{job["id"]}/events', stop=lambda e: e['type'] == 'log')[-1]
    assert grown['data']['data'] == {'size': node.node.tracker.logs.size(job['id'], 1), 'attempt': 1}
    (tmp_path/'gate').touch()
    rest = node.events(f'/jobs/{job["id"]}/events', last=next(e['id'] for e in reversed(seen) if e['id']))   # the server ends it
    history = node.http.get(f'/jobs/{job["id"]}/history').json()['events']
    assert [e['data'] for e in seen + rest if e['id']] == history and [e['id'] for e in seen + rest if e['id']] == [str(e['seq']) for e in history]
    assert rest[-1]['type'] == 'completed' and all(e['type'] == e['data']['type'] for e in seen + rest)

def test_resuming_anywhere_gives_what_was_missed(node):
    node.run()
    job = node.run({'steps': 2})['id']
    node.run()
    history = node.http.get(f'/jobs/{job}/history').json()['events']
    url = f'/jobs/{job}/events'
    assert [e['data'] for e in node.events(url)] == history
    for n, e in enumerate(history):
        assert [o['data'] for o in node.events(url, last=e['seq'])] == [o['data'] for o in node.events(url, after=e['seq'])] == history[n+1:]
        assert [o['data'] for o in node.events(url, last=e['seq'], after=0)] == history[n+1:], 'a browser that reconnects asks the same URL'

def test_events_of_all_jobs(node):
    past = node.run()
    cursor = node.node.tracker.last_seq()
    first = node.ask({})
    end = node.wait(first['id']) and node.node.tracker.last_seq()
    everything = [e.to_dict() for e in node.node.tracker.events()]
    got = node.events(after=0, stop=lambda e: e['id'] == str(end))
    assert [e['data'] for e in got if e['id']] == everything
    assert {e['data']['job_id'] for e in node.events(last=cursor, stop=lambda e: e['id'] == str(end))} == {first['id']}
    seen, over = [], threading.Event()
    def read():
        with client(node.url) as c: seen.extend(Served(node.url, c).events(stop=lambda e: over.is_set() or bool(e['id'])))
    t = threading.Thread(target=read)
    t.start()
    while t.is_alive(): node.run()
    assert int(seen[-1]['id']) > end and past['id'] not in [e['data']['job_id'] for e in seen], 'from now on, without a cursor'

def test_readers_that_leave_are_let_go(node, tmp_path):
    job = node.ask({'gate': str(tmp_path/'gate')})
    for _ in range(5): node.events(f'/jobs/{job["id"]}/events', stop=lambda e: True)
    until(lambda: node.node.tracker.watchers <= 2, 'the readers that left to be forgotten')   # the queue and the metrics stay
    (tmp_path/'gate').touch()
    node.wait(job['id'])

def test_a_server_that_stops_ends_its_streams(tmp_path):
    read, paths = [], ('/events?after=0', '/jobs/{job}/events')
    reading = [threading.Event() for _ in paths]
    def follow(url, path, begun):
        with client(url) as c, c.stream('GET', path) as r:
            for line in r.iter_lines():
                read.append(line)
                begun.set()
        read.append('the end')   # and no error
    node = Node(tmp_path/'data', pipelines=write_pipelines(tmp_path/'pipelines'))
    with serving(node) as s, client(s.url) as c:
        job = Served(s.url, c).ask({'gate': str(tmp_path/'gate')})['id']
        readers = [threading.Thread(target=follow, args=(s.url, p.format(job=job), begun)) for p, begun in zip(paths, reading)]
        for t in readers: t.start()
        assert all(begun.wait(60) for begun in reading)
        until(lambda: node.tracker.get_job(job).status == 'running', 'the job to run')
    for t in readers: t.join(60)
    assert read.count('the end') == 2
    with node_at(tmp_path) as s:
        (tmp_path/'gate').touch()
        s.wait(job)

def test_logs_by_offset_and_tail(node, tmp_path):
    data = 'erste Zeile\n\r 10%\r100%\nzweite €\n'.encode()
    job = node.ask({'hex': data.hex(), 'gate': str(tmp_path/'gate'), 'more': 'last'})
    url = f'/jobs/{job["id"]}/logs'
    until(lambda: len(node.http.get(url).content) == len(data), 'the log')
    got, at = b'', 0
    while (r := node.http.get(url, params={'offset': at, 'limit': 7})).content:
        assert (int(r.headers['x-log-offset']), int(r.headers['x-log-next-offset']), int(r.headers['x-log-size']), r.headers['x-log-attempt']) == (at, at+len(r.content), len(data), '1')
        got, at = got + r.content, int(r.headers['x-log-next-offset'])
    assert got == data and r.headers['content-type'] == 'application/octet-stream'
    (tmp_path/'gate').touch()
    node.wait(job['id'])
    assert node.http.get(url, params={'offset': at}).content == b'last\n'
    beyond = node.http.get(url, params={'offset': 10**12})
    assert (beyond.status_code, beyond.content, beyond.headers['x-log-next-offset']) == (200, b'', str(len(data)+5))
    tail = node.http.get(url, params={'tail': 3})
    assert tail.text == '100%\nzweite €\nlast\n' and tail.headers['content-type'] == 'text/plain; charset=utf-8'
    assert node.http.get(url, params={'tail': 10**12}).text.startswith('erste')
    assert node.http.get(url, params={'attempt': 2}).content == b'' and node.http.get(url, params={'attempt': 1, 'offset': at}).content == b'last\n'
    waiting = [node.ask({'gate': str(tmp_path/'other')}) for _ in range(3)][-1]
    assert node.http.get(f'/jobs/{waiting["id"]}/logs').content == b'' and node.http.get(f'/jobs/{waiting["id"]}/logs?tail=5').text == ''
    (tmp_path/'other').touch()
    node.wait(waiting['id'])

def test_logs_are_searched(node):
    from cjm_jobtrack.net.client import RemoteClient
    job = node.run({})
    logs = node.node.tracker.logs
    start = logs.size(job['id'], 1)
    logs.append(job['id'], 1, b'Marker 1%\nmarker 2\nother\n')
    with RemoteClient(node.url) as client:
        assert client.search_logs(job['id'], 'MARKER').matches == ((start, 'Marker 1%'), (start+10, 'marker 2'))
        assert client.search_logs(job['id'], '1%').matches == ((start, 'Marker 1%'),) and client.search_logs(job['id'], 'mark.r').matches == ()
        part = client.search_logs(job['id'], 'marker', limit=1)
        assert part.next_offset == start+10 and client.search_logs(job['id'], 'marker', part.next_offset).matches == ((start+10, 'marker 2'),)
    for query in '?search=', '?search=a%0Ab', '?search=a&matches=0', '?search=a&matches=1001', '?search=' + 'x'*1001: is_error(node.http.get(f'/jobs/{job["id"]}/logs{query}'), 422)

def test_a_log_that_is_kept_elsewhere(tmp_path, capsys):
    "It is read where the record says it is; what cannot be reached is named, and is no byte of the log."
    def put_on_record(id, logs):
        with JobTracker(f'sqlite:///{tmp_path}/data/jobs.db', logs=logs) as t:
            t.create_job('x', id=id), t.mark_running(id), t.log(id, b'one\ntwo\n'), t.mark_failed(id, 'no')
    (tmp_path/'data').mkdir()
    put_on_record('near', tmp_path/'near'), put_on_record('beside', None), put_on_record('gone', tmp_path/'gone')
    shutil.rmtree(tmp_path/'gone')
    with node_at(tmp_path, logs=tmp_path/'own') as s, RemoteClient(s.url) as rc:
        for id in 'near', 'beside':
            assert s.http.get(f'/jobs/{id}/logs').content == b'one\ntwo\n' and s.http.get(f'/jobs/{id}/logs?tail=1').text == 'two\n'
        where = f'The log of this attempt is kept on {socket.gethostname()}, in {tmp_path}/gone\n'
        for query in '', '?tail=1', '?offset=5':
            r = s.http.get(f'/jobs/gone/logs{query}')
            assert (r.status_code, r.text, r.headers['x-log-size'], r.headers['x-log-elsewhere']) == (200, where, '0', 'true')
        assert rc.logs('gone') == LogChunk(b'', 0, 0, 0, where) and rc.log_tail('gone') == where
        assert copy_log(rc, 'gone', 1, 0, io.BytesIO()) == 0 and capsys.readouterr() == ('', where)

def test_a_log_folder_of_another_host_that_exists_here_too(tmp_path, monkeypatch):
    "Whether it is ours, and may be read, or not."
    db = f'sqlite:///{tmp_path}/data/jobs.db'
    (tmp_path/'data').mkdir()
    with JobTracker(db, logs=tmp_path/'logs') as t: t.create_job('x', id='silent'), t.mark_running('silent'), t.mark_failed('silent', 'no')
    with JobTracker(db, logs=tmp_path/'other') as t: t.create_job('x', id='closed'), t.mark_running('closed'), t.mark_failed('closed', 'no')
    monkeypatch.setattr(socket, 'gethostname', lambda: 'another')
    with JobTracker(db, logs=tmp_path/'logs') as t:
        assert t.logs_of('silent', 1).folder == tmp_path/'logs', 'a record in a file is of this machine, whatever its name is today'
        def denied(*_): raise StoreError('other', 'Permission denied')
        monkeypatch.setattr('cjm_jobtrack.logs.log_store.LogStore.size', lambda s, *a: denied() if s.folder.name == 'other' else 0)
        assert t.logs_of('closed', 1).startswith('The log of this attempt is kept on')

# Who may ask

TOKEN = 'jt-5f9d3c2a71'

def test_token(tmp_path):
    with node_at(tmp_path, token=TOKEN) as s, httpx.Client(base_url=s.url) as c:
        job = s.run()
        assert c.get('/health').json()['status'] == 'ok'
        for path, methods in ROUTES.items():
            for method in methods.split():
                r = c.request(method, path.format(job['id']))
                if path != '/health': assert r.status_code == 401 and r.headers['www-authenticate'] == 'Bearer' and (method == 'HEAD' or is_error(r, 401)['field'] == 'Authorization'), (method, path)
        for path in '/openapi.json', '/nope', '/health/', '/healthz', '//health', '/health/../jobs', '/jobs/%2e%2e/health': is_error(c.get(path), 401)
        for auth in '', 'Bearer', TOKEN, f'Basic {TOKEN}', f'Token {TOKEN}', f'Bearer {TOKEN}x', f'Bearer {TOKEN[:-1]}', f'Bearer  {TOKEN}', f'Bearer {TOKEN.upper()}', 'Bearer é', 'Bearer None': is_error(c.get('/jobs', headers={'Authorization': auth.encode()}), 401)
        assert c.get('/jobs', params={'token': TOKEN}).status_code == 401
        assert c.get('/jobs', headers={'Authorization': f'Bearer {TOKEN}'}).status_code == 200 == c.get('/jobs', headers={'Authorization': f'Bearer {TOKEN}', 'Host': 'gpu-3:9090'}).status_code

def test_the_token_goes_nowhere(tmp_path):
    with node_process(tmp_path, token=TOKEN, JOBTRACK_NODE_TOKEN=TOKEN + '-2') as s:
        job = s.run({'environ': True})
        env = json.loads(s.http.get(f'/jobs/{job["id"]}/logs').text)
        assert env['JOBTRACK_JOB_ID'] == job['id'] and not any(TOKEN in v for v in env.values())
        told = [s.http.get(p).text for p in ('/health', '/status', '/jobs', '/pipelines', f'/jobs/{job["id"]}/history', '/openapi.json')]
    assert not any(TOKEN in t for t in told)
    assert not [p for p in tmp_path.rglob('*') if p.is_file() and TOKEN.encode() in p.read_bytes()]

HOSTS = [('127.0.0.1', 200), ('localhost:9090', 200), ('LOCALHOST', 200), ('[::1]:80', 200), ('127.8.8.8', 200), ('evil.example', 403), ('localhost.evil.example', 403), ('127.0.0.1.evil.example', 403), ('evil.example:80', 403), ('192.168.1.5', 403),
         ('localhost@evil.example', 403), ('0.0.0.0', 403), ('', 403), ('[::1', 403), ('127.0.0.1:80@evil.example', 403), ('127.1', 403)]

@pytest.mark.parametrize('host,status', HOSTS)
def test_without_a_token_only_loopback_names_are_answered(v1, host, status):
    for path in '/health', '/jobs':
        r = v1.http.get(path, headers={'Host': host})
        assert r.status_code == status
        if status != 200: is_error(r, 403, field='Host')

ORIGINS = [(None, 200), ('http://localhost:3000', 200), ('http://127.0.0.1:8888', 200), ('SAME', 200), ('https://evil.example', 403), ('null', 403), ('http://localhost:3000.evil.example', 403), ('http://localhost.evil.example', 403),
           ('http://127.0.0.1@evil.example', 403), ('http://[::1', 403), ('file://', 403), ('', 200)]

@pytest.mark.parametrize('origin,status', ORIGINS)
def test_pages_of_others_change_nothing(v1, origin, status):
    headers = {} if origin is None else {'Origin': v1.url if origin == 'SAME' else origin}
    assert v1.http.get('/jobs', headers=headers).status_code == 200
    before = v1.http.get('/jobs').json()['count'], len(v1.http.get('/files').json()['files'])
    job = before[0] and v1.http.get('/jobs?limit=1').json()['jobs'][0]['id']
    if status == 403:
        for send in (dict(method='POST', url='/jobs', json={'pipeline': 'work'}), dict(method='POST', url='/upload', files={'file': ('a.txt', b'x')}), dict(method='DELETE', url=f'/jobs/{job}'), dict(method='POST', url=f'/jobs/{job}/cancel')):
            is_error(v1.http.request(**send, headers=headers), 403, field='Origin')
        assert before == (v1.http.get('/jobs').json()['count'], len(v1.http.get('/files').json()['files']))
    else: assert v1.http.post('/jobs/check', json={'pipeline': 'work'}, headers=headers).status_code == 200

def test_cross_origin_answers_are_exact(tmp_path):
    with node_at(tmp_path, origins=('https://lab.example', 'http://localhost:3000'), token=TOKEN) as s:
        preflight = {'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'content-type,authorization'}
        for origin in 'https://lab.example', 'http://localhost:3000':
            r = s.http.get('/jobs', headers={'Origin': origin})
            assert r.headers['access-control-allow-origin'] == origin and 'Origin' in r.headers['vary'] and r.headers['access-control-allow-credentials'] == 'true'
            r = httpx.options(f'{s.url}/jobs', headers=preflight | {'Origin': origin})   # browsers ask without a token
            assert r.status_code == 200 and r.headers['access-control-allow-origin'] == origin and 'DELETE' in r.headers['access-control-allow-methods']
            assert httpx.get(f'{s.url}/jobs', headers={'Origin': origin}).headers['access-control-allow-origin'] == origin, 'the page shall be able to read why it is refused'
        for origin in 'https://lab.example.evil.example', 'http://lab.example', 'https://lab.example:444', 'https://LAB.example', 'http://localhost:3000.evil.example', 'null', 'https://evil.example':
            assert 'access-control-allow-origin' not in s.http.get('/jobs', headers={'Origin': origin}).headers
            r = httpx.options(f'{s.url}/jobs', headers=preflight | {'Origin': origin})
            assert 'access-control-allow-origin' not in r.headers and r.status_code < 500

@pytest.mark.parametrize('host,ok', [('127.0.0.1', True), ('localhost', True), ('::1', True), ('127.9.9.9', True), ('0.0.0.0', False), ('', False), ('::', False), ('192.168.0.7', False), ('localhost.evil.example', False), ('127.1', False), ('gpu-3', False)])
def test_others_are_let_in_with_a_token_only(tmp_path, host, ok):
    check_bind(host, TOKEN)
    for token in None, '':
        if ok: check_bind(host, token)
        else:
            with pytest.raises(InvalidInput, match='token') as e: check_bind(host, token)
            assert e.value.field == 'host'

def test_serving_beyond_loopback_or_on_a_taken_port(tmp_path):
    with closing(socket.create_server(('127.0.0.1', 0))) as taken, closing(Node(tmp_path/'data', pipelines=write_pipelines(tmp_path/'p'))) as node:
        with pytest.raises(InvalidInput, match='token'): serving(node, '0.0.0.0')
        with pytest.raises(JobtrackError, match='taken'): serving(node, port=taken.getsockname()[1]).__enter__()

def test_serving_on_ipv6(tmp_path):
    if not socket.has_ipv6: pytest.skip('no IPv6 here')
    try: socket.create_server(('::1', 0), family=socket.AF_INET6).close()
    except OSError: pytest.skip('no IPv6 loopback here')
    with serving(Node(tmp_path/'data', pipelines=write_pipelines(tmp_path/'p')), '::1') as s: assert httpx.get(f'{s.url}/health').status_code == 200

# Uploads

NAMES = [('日本.mp4', '日本.mp4'), ('é.mp4', 'é.mp4'), ('e\u0301.mp4', 'e\u0301.mp4'), ('with space.MP4', 'with space.MP4'), ('a"b.mp4', 'a_b.mp4'), ("it's.mp4", "it's.mp4"), ('a\r\nb\tc.mp4', 'a_b_c.mp4'), ('../../etc/x.mp4', 'x.mp4'),
         ('/abs/x.mp4', 'x.mp4'), ('C:\\clips\\a b.mkv', 'a b.mkv'), ('..\\..\\x.mp4', 'x.mp4'), ('-rf.mp4', '-rf.mp4'), ('.hidden.mp4', 'hidden.mp4'), ('...x.mp4', 'x.mp4'), ('a.tar.gz.mp4', 'a.tar.gz.mp4'), ('50%#?.mp4', '50_.mp4'),
         ('x'*300 + '.mp4', 'x'*180 + '.mp4'), ('日'*300 + '.mp4', '日'*60 + '.mp4'), (' x .mp4 ', 'x .mp4'), ('a\u202e4pm.mp4', 'a_4pm.mp4'), ('a\u2028b\x85c.mp4', 'a_b_c.mp4'), ('a\0b.mp4', 'a_b.mp4'), ('none', 'none'), ('con*|<>:.mp4', 'con_.mp4')]

@pytest.mark.parametrize('name,kept', NAMES, ids=[f'{n:02}' for n in range(len(NAMES))])
def test_names_are_kept_as_far_as_they_are_safe(name, kept): assert safe_name(name) == kept

@given(st.text(max_size=400), st.sampled_from(['', '.mp4', '.日本', '.']))
def test_any_name_is_safe_or_refused(stem, suffix):
    try: name = safe_name(stem + suffix)
    except InvalidInput as e: assert e.field == 'file'
    else: assert name and not name.startswith('.') and len(name.encode()) <= 248 and not re.search(r'[/\\\x00-\x1f]', name)

def multipart(*parts, boundary='b'):
    "A body from (headers, content) pairs, as written."
    body = b''.join(b'--b\r\n' + head.encode() + b'\r\n\r\n' + data + b'\r\n' for head, data in parts) + b'--b--\r\n'
    return dict(content=body, headers={'Content-Type': f'multipart/form-data; boundary={boundary}'})

def part(name, filename=None, data=b'x'): return f'Content-Disposition: form-data; name="{name}"' + (f'; filename="{filename}"' if filename is not None else ''), data

def test_odd_names_over_http(v1):
    for sent, kept in ('日本.mp4', '日本.mp4'), ('é.mp4', 'é.mp4'), ('x'*300 + '.mp4', 'x'*180 + '.mp4'), ('..%2Fy.mp4', '_2Fy.mp4'), ('a\\"b.mp4', 'a_b.mp4'), ('../../z.mp4', 'z.mp4'):
        r = v1.http.post('/upload', **multipart(part('file', sent, sent.encode())))
        assert r.status_code == 200 and (r.json()['filename'], r.json()['size'], r.json()['sha256']) == (kept, len(sent.encode()), hashlib.sha256(sent.encode()).hexdigest()), r.text
        assert (v1.node.inputs/kept).read_bytes() == sent.encode() and r.json()['node'] is None
        (v1.node.inputs/kept).unlink()
    for sent in '.mp4', '...', '/', '..', 'x.' + 'y'*300: is_error(v1.http.post('/upload', **multipart(part('file', sent))), 422, field='file')

def test_results_bear_the_name_that_people_gave(tmp_path):
    pipelines = tmp_path/'p.toml'
    pipelines.write_text('name = "copy"\nargv = ["cp", "{input}", "{output_dir}/{stem}.txt"]')
    with node_at(tmp_path, pipelines=pipelines) as s:
        for text in b'one', b'two', b'three':
            up = s.put('talk.wav', text)
            done = s.run(pipeline='copy', input=up['path'], params={})
            assert [o['name'] for o in done['job']['outputs']] == ['talk.txt'] and done['job']['name'] == 'talk.wav'
            assert s.http.get(f'/jobs/{done["id"]}/download/talk.txt').content == text
        assert up['filename'] == 'talk-3.wav'

UPLOAD_FAULTS = {
    'no file': (multipart(part('other', 'a.mp4')), 400, 'No file provided'), 'a field that is no file': (multipart(part('file')), 400, 'No file provided'), 'no parts': (multipart(), 400, None), 'nothing': (multipart() | {'content': b''}, 400, None),
    'no name': (multipart(part('file', '')), 400, 'No file selected'), 'a kind that is not taken': (multipart(part('file', 'a.exe')), 400, 'Invalid file type. Allowed: '), 'no suffix': (multipart(part('file', 'mp4')), 400, 'Invalid file type. Allowed: '),
    'not multipart': (dict(content=b'x', headers={'Content-Type': 'video/mp4'}), 415, None), 'JSON': (dict(json={'file': 'a'}), 415, None), 'no type': (dict(content=b'x'), 415, None), 'no boundary': (dict(content=b'x', headers={'Content-Type': 'multipart/form-data'}), 400, None),
    'another boundary': (multipart(part('file', 'a.mp4'), boundary='c'), 400, None), 'a boundary without end': (multipart(part('file', 'a.mp4'), boundary='c'*5000), 400, None), 'cut short': (multipart(part('file', 'a.mp4', b'x'*5000)) | {'content': multipart(part('file', 'a.mp4', b'x'*5000))['content'][:3000]}, 400, None),
    'the last boundary is missing': (multipart(part('file', 'a.mp4')) | {'content': multipart(part('file', 'a.mp4'))['content'][:-7]}, 400, None), 'an encoded part': (multipart((part('file', 'a.mp4')[0] + '\r\nContent-Transfer-Encoding: base64', b'eHg=')), 400, None),
    'no disposition': (multipart(('X: y', b'x')), 400, None), 'a header without end': (multipart((part('file', 'a.mp4')[0] + '\r\nX: ' + 'y'*100_000, b'x')), 400, None), 'too large': (multipart(part('file', 'a.mp4', b'x'*2_000_001)), 413, None),
    'too large, in chunks': (multipart(part('file', 'a.mp4', b'x'*3_000_000)), 413, None), 'too much around it': (multipart(part('note', None, b'x'*3_000_000), part('file', 'a.mp4')), 413, None), 'a great many parts': (multipart(*[part('file', 'a.mp4')]*20_000), 400, None)}

@contextmanager
def strict_node(home):
    "A node that takes .txt and videos only, two million bytes at most."
    f = write_pipelines(home/'pipelines')
    f.write_text(f.read_text()[f.read_text().index('[pipelines.need]'):])
    with node_at(home, f, upload_limit=2_000_000) as s: yield s

@pytest.fixture(scope='module')
def strict(tmp_path_factory):
    with strict_node(tmp_path_factory.mktemp('strict')) as s: yield s

@pytest.mark.parametrize('fault', UPLOAD_FAULTS)
def test_uploads_refused_leave_nothing(strict, fault):
    sent, status, said = UPLOAD_FAULTS[fault]
    if 'in chunks' in fault: sent = sent | {'content': iter([sent['content']])}
    body = is_error(strict.http.post('/upload', **sent), status)
    if said: assert body['error'].startswith(said)
    assert not [*strict.node.inputs.iterdir()]

def test_the_limit_is_that_of_the_file(strict):
    up = strict.put('a.MP4', b'x'*2_000_000)   # to the byte, and suffixes in either case
    assert up['size'] == 2_000_000
    Path(up['full_path']).unlink()
    for suffix in 'mp4', 'avi', 'mov', 'mkv', 'webm', 'txt': Path(strict.put(f'b.{suffix}', b'', 'video/x')['full_path']).unlink()
    fields = multipart(part('targetPath', None, b'a/b'), part('file', 'c.mp4', b'--b'), part('note', None, b''))
    assert (up := strict.http.post('/upload', **fields).json())['size'] == 3
    Path(up['full_path']).unlink()

def test_an_upload_that_breaks_off_leaves_nothing(strict):
    body = multipart(part('file', 'a.mp4', b'x'*900_000))['content']
    for cut in 0, 50, 200_000, len(body)-1:
        with closing(socket.create_connection(('127.0.0.1', int(strict.url.rpartition(':')[2])), 60)) as s:
            s.sendall(f'POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: {len(body)}\r\n\r\n'.encode() + body[:cut])
            if cut >= 50: until(lambda: [*strict.node.inputs.iterdir()], 'the upload to begin')
        until(lambda: not [*strict.node.inputs.iterdir()], 'the rest of it to be removed')
    assert strict.http.get('/files').json() == {'files': []}

def peak_bytes(pid) -> int: return int(re.search(r'VmHWM:\s+(\d+) kB', Path(f'/proc/{pid}/status').read_text())[1]) << 10

@pytest.mark.skipif(not Path('/proc/self/status').exists(), reason='the peak of memory is read from /proc, and limits are set as on Linux')
def test_large_files_stream_through(tmp_path):
    size = 300_000_000
    with node_process(tmp_path) as s:
        s.put('small.txt'), s.run()
        before = peak_bytes(s.process.pid)
        head, tail = multipart(part('file', 'big.mp4'))['content'].split(b'x', 1)
        chunks = (head + b'x'*(1 << 20) if n == 0 else b'x'*(1 << 20) for n in range(size >> 20))
        up = s.http.post('/upload', content=(c for g in (chunks, [tail]) for c in g), headers={'Content-Type': 'multipart/form-data; boundary=b'}).json()
        assert up['size'] == (size >> 20) << 20
        assert s.http.post('/upload', content=(c for g in ([b'--b\r\nContent-Disposition: form-data; name="note"\r\n\r\n'], (b'x'*(1 << 20) for _ in range(100)), [b'\r\n--b--\r\n']) for c in g), headers={'Content-Type': 'multipart/form-data; boundary=b'}).status_code == 400
        with s.http.stream('GET', '/download', params={'path': up['path']}) as r: assert sum(map(len, r.iter_bytes())) == up['size']
        assert peak_bytes(s.process.pid) - before < 40_000_000
        Path(up['full_path']).unlink()
        psutil.Process(s.process.pid).rlimit(psutil.RLIMIT_FSIZE, (5_000_000, 5_000_000))   # as if the disk were full
        assert 'cannot be kept' in is_error(s.http.post('/upload', files={'file': ('big.mp4', b'x'*6_000_000)}), 507)['error']
        assert [p.name for p in (tmp_path/'data/workspace/input_videos').iterdir()] == ['small.txt'] and s.run()['status'] == 'completed'

# Its folder

def test_a_folder_belongs_to_one(tmp_path):
    pipelines = write_pipelines(tmp_path/'p')
    with closing(Node(tmp_path/'data', pipelines=pipelines)):
        for _ in range(2):
            with pytest.raises(InvalidInput, match=re.escape(str(tmp_path/'data'))) as e: Node(tmp_path/'data', pipelines=pipelines)
            assert e.value.field == 'data' and str(os.getpid()) in str(e.value)
        told = subprocess.run([sys.executable, '-c', 'import sys; from cjm_jobtrack.net.node import Node; Node(sys.argv[1], pipelines=sys.argv[2])', tmp_path/'data', pipelines], capture_output=True, text=True)
        assert told.returncode and str(tmp_path/'data') in told.stderr
        Node(tmp_path/'other', pipelines=pipelines).close()
    Node(tmp_path/'data', pipelines=pipelines).close()
    (tmp_path/'bad.toml').write_text('name = 7')
    with pytest.raises(InvalidInput, match='bad.toml'): Node(tmp_path/'data', pipelines=tmp_path/'bad.toml')
    (tmp_path/'data/jobs.db').write_text('this is not a database '*50)
    with pytest.raises(JobtrackError, match='not an SQLite'): Node(tmp_path/'data', pipelines=pipelines)
    (tmp_path/'data/jobs.db').unlink()
    Node(tmp_path/'data', pipelines=pipelines).close()   # what failed has let go
    (tmp_path/'file').write_text('')
    with pytest.raises(InvalidInput, match='file'): lock_folder(tmp_path/'file')
    with lock_folder(tmp_path/'mine'):
        with pytest.raises(InvalidInput, match='mine'): lock_folder(tmp_path/'mine')
    lock_folder(tmp_path/'mine').close()

def test_a_killed_node_is_followed_by_the_next(tmp_path):
    gate = tmp_path/'gate'
    with node_process(tmp_path) as s:
        job = s.ask({'say': 'before', 'gate': str(gate), 'more': 'after', 'exit': 7})
        until(lambda: 'before' in s.http.get(f'/jobs/{job["id"]}/logs').text, 'the program to wait')
        s.wait(job['id'], 'running')
        until(lambda: s.http.get(f'/jobs/{job["id"]}/history').json()['events'][-1]['type'] == 'started', 'the beginning on record')
        with closing(socket.create_connection(('127.0.0.1', int(s.url.rpartition(':')[2])), 60)) as half:
            half.sendall(b'POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 900\r\n\r\n--b\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\nxxx')
            inputs = tmp_path/'data/workspace/input_videos'
            until(lambda: [*inputs.iterdir()], 'the upload to begin')
            s.process.kill(), s.process.wait()
    assert [*inputs.iterdir()]
    with node_process(tmp_path) as s:   # the program still runs, and does not hold the folder
        assert not [*inputs.iterdir()], 'half an upload of a dead node'
        assert s.get(job['id'])['status'] == 'running'
        gate.touch()
        ended = s.wait(job['id'])['job']
        assert (ended['status'], ended['attempt'], ended['failure']['exit_code']) == ('failed', 1, 7)
        assert s.http.get(f'/jobs/{job["id"]}/logs').text == 'before\nafter\n'
        assert [e['type'] for e in s.events(f'/jobs/{job["id"]}/events') if e['id']] == ['created', 'queued', 'running', 'started', 'adopted', 'failed']

def test_a_workspace_of_its_own(tmp_path):
    with node_at(tmp_path, workspace=tmp_path/'videos') as s:
        up = s.put('a.txt', b'x')
        job = s.run(input=up['path'])
        assert up['full_path'] == str(tmp_path/'videos/input_videos/a.txt') and s.http.get('/health').json()['workspace'] == str(tmp_path/'videos')
        assert job['status'] == 'completed' and job['output_files'][0]['relative_path'] == f'outputs/{job["id"]}/1/done.txt'

# Whatever else may come: made up from our own description

@pytest.fixture(scope='module')
def guessed(tmp_path_factory):
    "One of its own: other tests count what lies in theirs."
    with strict_node(tmp_path_factory.mktemp('guessed')) as s: yield s

@pytest.fixture(scope='module')
def schema(guessed):
    guessed.run(pipeline='need', input=guessed.put('fuzz.txt')['path'])
    guessed.job = guessed.http.get('/jobs').json()['jobs'][0]['id']
    return schemathesis.openapi.from_url(f'{guessed.url}/openapi.json').exclude(path='/events')   # that one never ends

def test_nothing_made_up_is_a_fault_of_ours(guessed, schema):
    for operation in (found.ok() for found in schema.get_all_operations()):
        @settings(max_examples=40, deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=[*HealthCheck])
        @given(case=operation.as_strategy())
        def answers(case):
            case.call_and_validate(checks=[not_a_server_error], timeout=60)
            if 'job_id' not in (case.path_parameters or {}) or case.method == 'DELETE': return
            case.path_parameters['job_id'] = guessed.job
            case.call_and_validate(checks=[not_a_server_error], timeout=60)
        answers()
    assert guessed.get(guessed.job)['status'] == 'completed'
