"The client: what it makes of answers, and what it does when there are none."
import asyncio, base64, hashlib, inspect, json, threading, time
from contextlib import aclosing
from pathlib import Path
import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from cjm_jobtrack.model.errors import IllegalMove, InvalidInput, KeyConflict, NodeRefused, NodeUnreachable, UnknownJob, UnknownNode, UnknownPipeline
from cjm_jobtrack.model.job import Job, JobStatus, OutputFile, now
from cjm_jobtrack.net.manager import Manager
from cjm_jobtrack.server.server import serving
from cjm_jobtrack.net.events import RECONNECT_DELAY
from cjm_jobtrack.net.client import AsyncRemoteClient, RemoteClient
from cjm_jobtrack.model.errors import DamagedTransfer
from cjm_jobtrack.net.transfers import Upload, digest_of, disposition_name, target_path
from cjm_jobtrack.net.legacy import inferred_events
from cjm_jobtrack.net.transport import read_error, read_job
from cjm_jobtrack.model.retry import retry_delay
from cut_proxy import CutProxy
from helpers import node_at, until
from original_node import OriginalNode, Served

# --- what answers mean

@pytest.mark.parametrize('status, body, job_id, kind, facts', [
    (404, {'error': 'Job not found'}, 'a', UnknownJob, {'job_id': 'a'}),
    (404, {'error': 'No job', 'job_id': 'a'}, 'a', UnknownJob, {'job_id': 'a'}),
    (404, {'error': 'Output file not found'}, 'a', NodeRefused, {'status': 404, 'message': 'Output file not found'}),
    (404, '<html>Not Found</html>', 'a', NodeRefused, {'status': 404}),
    (404, {'error': 'Job not found'}, None, NodeRefused, {'status': 404}),
    (404, {'error': 'Node not found', 'node': 'shed'}, None, UnknownNode, {'node': 'shed'}),
    (409, {'error': 'x', 'job_id': 'a', 'differences': {'spec.rate': [1, 2]}}, None, KeyConflict, {'differences': {'spec.rate': (1, 2)}}),
    (409, {'error': 'x', 'job_id': 'a', 'frm': 'running', 'to': 'deleted'}, None, IllegalMove, {'frm': 'running'}),
    (409, {'error': 'busy'}, None, NodeRefused, {'status': 409}),
    (422, {'error': '`rate` is 7. Try 8', 'field': 'rate', 'problem': 'is 7', 'remedy': 'Try 8'}, None, InvalidInput, {'field': 'rate', 'remedy': 'Try 8', 'problem': 'is 7'}),
    (422, {'error': '`rate` is 7', 'field': 'rate'}, None, InvalidInput, {'problem': 'is 7'}),
    (422, {'error': 'x', 'field': 'pipeline', 'pipeline': 'gret', 'known': ['greet']}, None, UnknownPipeline, {'known': ['greet']}),
    (401, {'error': 'A valid bearer token is needed', 'field': 'Authorization'}, None, NodeRefused, {'field': 'Authorization'}),
    (500, {'message': 'only this'}, None, NodeRefused, {'message': 'only this'}),
    (500, '[1, 2]', None, NodeRefused, {'message': 'HTTP 500 Internal Server Error'}),
    (599, '', None, NodeRefused, {'message': 'HTTP 599'}),
    (422, {'error': 5, 'field': ['x'], 'known': 'y'}, None, NodeRefused, {'field': None}),
    (302, '', None, NodeRefused, {'status': 302})])
def test_error_answers_are_read_back(status, body, job_id, kind, facts):
    e = read_error('http://n/jobs', status, (body if isinstance(body, str) else json.dumps(body)).encode(), job_id)
    assert type(e) is kind and {k: getattr(e, k) for k in facts} == facts

@pytest.mark.parametrize('wire, want', [
    ({'status': 'running', 'progress': 5}, dict(status='running', progress=5.)),
    ({'status': 'COMPLETED', 'progress': 100}, dict(status='completed')),
    ({'status': 'queued', 'progress': None}, dict(status='pending', progress=None, started_at=None)),
    ({'status': 'exploding', 'progress': 700}, dict(status='running', progress=None)),
    ({'status': None, 'progress': True}, dict(status='running', progress=None)),
    ({'status': 'failed', 'error': None}, dict(status='failed', error='The node gave no reason')),
    ({'status': 'completed', 'output_files': 'none', 'created_at': 'yesterday'}, dict(outputs=[], created_at=None)),
    ({'status': 'completed', 'output_files': [{'name': 'b.mp4', 'size': 2, 'modified': 1700000000.}, {'name': 'b.mp4', 'size': 1}, {'name': 'a'}, 7]},
     dict(outputs=[OutputFile('b.mp4', 'b.mp4', 2, None, 'video/mp4', '2023-11-14T22:13:20.000000+00:00')])),
    ({'id': 17, 'status': 'pending'}, dict(id='17'))])
def test_originals_jobs_are_read_without_inventing_anything(wire, want):
    job = read_job({'id': 'job_1', **wire})
    assert {k: getattr(job, k) for k in want} == want

@pytest.mark.parametrize('error, kind, code', [('Pipeline failed with exit code 3', 'exit', 3), ('Pipeline failed with exit code -15', 'signal', 143), ('division by zero', 'error', None)])
def test_originals_failures(error, kind, code):
    f = read_job({'id': 'j', 'status': 'failed', 'error': error}).failure
    assert (f.kind, f.exit_code, f.message) == (kind, code, error)

@pytest.mark.parametrize('wire', [None, [], 'x', {}, {'id': None}, {'job': {'status': 'running'}}, {'id': 'a', 'job': {'id': 'a', 'status': 'exploding'}}])
def test_what_is_no_job_is_refused(wire):
    with pytest.raises(NodeRefused): read_job(wire)

def test_two_looks_tell_what_happened_between_them():
    made, begun = Job(id='j', created_at=now(), attempt=1), dict(attempt=1, started_at=now(), created_at=now())
    running, done = Job(id='j', status=JobStatus.RUNNING, progress=5., **begun), Job(id='j', status=JobStatus.COMPLETED, progress=100., completed_at=now(), **begun)
    told = lambda a, b: [e.type for e in inferred_events(a, b)]
    assert told(None, made) == ['created'] and told(made, made) == [] and told(made, running) == ['running', 'progress']
    assert told(None, done) == ['created', 'running', 'completed'] and told(running, done) == ['completed'] and told(done, done) == []

@pytest.mark.parametrize('header, name', [(None, None), ('attachment', None), ('attachment; filename=a.mp4', 'a.mp4'), ('attachment; filename="a b;c.mp4"', 'a b;c.mp4'),
    ("attachment; filename=_.mp4; filename*=UTF-8''%E6%97%A5.mp4", '日.mp4'), ("attachment; filename*=utf-8'en'x%22y.mp4; filename=z", 'x"y.mp4')])
def test_file_names_in_headers(header, name): assert disposition_name(header) == name

def test_hashes_in_headers():
    digest = hashlib.sha256(b'x')
    assert digest_of(f'md5=:abc=:, sha-256=:{base64.b64encode(digest.digest()).decode()}:') == digest.hexdigest()
    assert digest_of(None) is digest_of('sha-512=:abc=:') is None

@pytest.mark.parametrize('name', ['../x', 'a/../../x', '/etc/passwd', '', 'a//b', './x', 'a/.', 'x\0', 'a\\b', 'link/x', 'x\n'])
def test_downloads_stay_in_their_folder(tmp_path, name):
    (tmp_path/'to').mkdir()
    (tmp_path/'to/link').symlink_to(tmp_path)
    with pytest.raises(InvalidInput) as e: target_path(tmp_path/'to', name)
    assert e.value.field == 'name'

def test_backoff_grows_to_a_ceiling_and_is_never_zero():
    assert [retry_delay(n, **RECONNECT_DELAY, jitter=lambda: 1.) for n in (1, 2, 3, 6, 7, 1000)] == [.1, .2, .4, 3.2, 5., 5.]
    assert retry_delay(1, **RECONNECT_DELAY, jitter=lambda: 0.) == .05

@pytest.mark.parametrize('url', ['', 'localhost:9090', 'ftp://x', 'http://', 'http://u:p@h', 'http://h?x=1', 'http://[::1', 'http://a b:1', 7, None])
def test_addresses_that_cannot_be(url):
    with pytest.raises(InvalidInput) as e: RemoteClient(url)
    assert e.value.field == 'base_url'

def test_both_clients_have_the_same_calls():
    names = lambda c: {n for n in dir(c) if not n.startswith('_')}
    assert names(RemoteClient) - names(AsyncRemoteClient) == {'close', 'subscribe'}
    assert names(AsyncRemoteClient) - names(RemoteClient) == {'aclose', 'listen', 'open', 'forward', 'relay'}
    assert [*inspect.signature(RemoteClient.events).parameters] == [*inspect.signature(AsyncRemoteClient.events).parameters]

# --- an original node server

@pytest.fixture(params=[1])
def original(request, tmp_path):
    node = OriginalNode(tmp_path/'workspace', request.param)
    with Served(node.app) as server, RemoteClient(server.url, poll=.02) as client:
        node.url = server.url
        yield node, client

ASKED = {'inputMethod': 'manual', 'youtubeUrl': None, 'manualPath': 'input_videos/talk.mp4', 'unetFlag': False, 'faceRestoreFlag': True, 'upscaleFlag': False, 'upscaleValue': 2.0, 'claheFlag': False}

def test_an_originals_job_from_upload_to_download(original, tmp_path):
    node, client = original
    (tmp_path/'talk.mp4').write_bytes(b'video'*1000)
    up = client.upload(tmp_path/'talk.mp4')
    assert up == Upload('input_videos/talk.mp4', 5000) and (node.workspace/up.path).read_bytes() == b'video'*1000
    job = client.submit_original(ASKED)
    assert node.asked == [ASKED] and (job.status, job.name, job.spec['original']['faceRestoreFlag']) == ('pending', 'talk.mp4', True)
    told, over = [], threading.Event()
    def hear(e):
        told.append((e.type, e.data))
        if e.type == 'completed': over.set()
    end = client.subscribe(hear, job.id)
    until(lambda: told, 'the first look')
    node.run(job.id, 40)
    until(lambda: any(t == 'progress' for t, _ in told), 'progress')
    node.complete(job.id, {'a b#?%.mp4': b'one', 'é.mp4': b'two'}, 'line 1\rline 2\n')
    assert over.wait(60)
    end()
    assert [t for t, _ in told] == ['created', 'running', 'progress', 'log', 'completed'] and told[2][1]['percent'] == 40.
    assert client.wait(job.id, 60).status == 'completed'
    assert [e.type for e in client.history(job.id)] == ['created', 'running', 'completed'] and [e.type for e in client.events(job.id)][-1] == 'completed'
    chunk = client.logs(job.id, 3, 4)
    assert (chunk.data, chunk.offset, chunk.next_offset, chunk.size) == (b'e 1\r', 3, 7, 14) and client.log_tail(job.id, 1) == 'line 2\n'
    assert {o.name: (o.size, o.content_type) for o in client.outputs(job.id)} == {'a b#?%.mp4': (3, 'video/mp4'), 'é.mp4': (3, 'video/mp4')}
    assert client.download(job.id, tmp_path/'got', 'a b#?%.mp4').read_bytes() == b'one' and client.download(job.id, to=tmp_path/'got').read_bytes() == b'two'
    assert sorted(p.name for p in (tmp_path/'got').iterdir()) == ['a b#?%.mp4', 'é.mp4']
    assert client.list_jobs('completed', 5)[0].id == job.id and client.list_jobs(['pending', 'failed']) == [] and client.list_jobs(before=job.id) == []
    for odd in 'done', ['failed', 'done'], 3:
        with pytest.raises(InvalidInput, match='Use pending, running'): client.list_jobs(odd)

def test_an_original_is_not_asked_for_what_it_cannot_do(original, tmp_path):
    node, client = original
    with pytest.raises(InvalidInput) as e: client.submit('transcribe', 'input_videos/talk.mp4')
    assert e.value.field == 'pipeline' and node.jobs == {} and client.pipelines() == []
    with pytest.raises(InvalidInput) as e: client.submit_original({'manualPaht': 'x'})
    assert e.value.field == 'manualPaht' and node.jobs == {}
    with pytest.raises(NodeRefused, match='Invalid file type'): client.upload(Path(__file__))
    with pytest.raises(NodeRefused, match='405'): client.delete(client.submit_original(ASKED).id)

def test_an_originals_cancel_and_unknown_jobs(original):
    node, client = original
    job = client.submit_original(ASKED)
    assert client.cancel(job.id).status == client.cancel(job.id).status == 'cancelled'
    node.complete(job.id)
    assert client.cancel(job.id).status == 'completed'
    assert client.get_job('job_0') is None
    for call in (client.cancel, client.history, client.logs, client.log_tail, client.outputs, client.download, client.wait, lambda i: list(client.events(i)), lambda i: client.subscribe(print, i)):
        for job_id in ('job_0', '..', '', 'a/../b'):
            with pytest.raises(UnknownJob): call(job_id)

def test_another_file_than_the_one_asked_for_is_found_out(original, tmp_path):
    node, client = original
    job = client.submit_original(ASKED)
    node.complete(job.id, {'old.mp4': b'old!', 'new.mp4': b'new!'})
    (node.workspace/node.jobs[job.id]['output_files'][0]['relative_path']).unlink()   # the node will fall back to the other one
    with pytest.raises(DamagedTransfer, match='another file'): client.download(job.id, tmp_path/'got', 'new.mp4')
    (node.workspace/node.jobs[job.id]['output_files'][1]['relative_path']).write_bytes(b'of another job')
    with pytest.raises(DamagedTransfer, match='on record'): client.download(job.id, tmp_path/'got', 'old.mp4')
    with pytest.raises(InvalidInput, match='There is'): client.download(job.id, tmp_path/'got', 'mp4')
    assert not any((tmp_path/'got').iterdir())

@pytest.mark.parametrize('original', [2, 3], indirect=True)
def test_later_originals_give_one_file_by_its_path(original, tmp_path):
    node, client = original
    job = client.submit_original(ASKED)
    assert client.outputs(job.id) == []
    node.complete(job.id, {'a b.mp4': b'one'})
    assert [(o.name, o.size) for o in client.outputs(job.id)] == [('a b.mp4', 3)]
    assert client.download(job.id, to=tmp_path/'got').read_bytes() == b'one'

def test_all_jobs_of_an_original_are_followed_from_now_on(original):
    node, client = original
    client.submit_original(ASKED)
    told = []
    end = client.subscribe(lambda e: told.append((e.job_id, e.type)))
    until(lambda: node.looks > 1, 'the first look')
    new = client.submit_original(ASKED)
    node.complete(new.id)
    until(lambda: (new.id, 'completed') in told, 'its end')
    end()
    assert {i for i, _ in told} == {new.id}

# --- servers that are something else

def app(*routes): return Starlette(routes=[Route(p, f, methods=['GET', 'POST']) for p, f in routes])

@pytest.mark.parametrize('answer', [PlainTextResponse('ok'), JSONResponse([1]), JSONResponse('ok'), Response(b'\xff\xfe'), Response(status_code=204), Response(status_code=302, headers={'Location': '/x'})])
def test_a_server_that_is_no_node_is_refused_in_words(answer):
    async def any_answer(request): return answer
    with Served(app(('/{p:path}', any_answer))) as server, RemoteClient(server.url) as client:
        for call in (client.health, client.pipelines, client.list_jobs, lambda: client.get_job('a'), lambda: client.history('a'), lambda: client.logs('a'), lambda: client.outputs('a'),
                     lambda: client.upload(__file__), lambda: client.submit('x'), lambda: client.cancel('a')):
            with pytest.raises(NodeRefused): call()

def test_a_list_that_holds_no_jobs_is_refused_in_words():
    async def jobs(request): return JSONResponse({'jobs': [None]})
    with Served(app(('/{p:path}', jobs))) as server, RemoteClient(server.url) as client:
        with pytest.raises(NodeRefused): client.list_jobs()

def test_a_token_is_shown_and_never_told():
    async def health(request):
        if request.headers.get('authorization') == 'Bearer s3cret': return JSONResponse({'status': 'ok'})
        return JSONResponse({'error': 'A valid bearer token is needed'}, 401)
    with Served(app(('/health', health))) as server:
        with RemoteClient(server.url, token='s3cret') as client: assert client.health()['status'] == 'ok'
        with RemoteClient(server.url, token='guessed-wrong') as client, pytest.raises(NodeRefused) as e: client.health()
    assert e.value.status == 401 and 'guessed' not in repr(e.value) + str(e.value.facts()) + repr(client)
    with pytest.raises(InvalidInput) as e: RemoteClient('http://h', token='two\nlines')
    assert 'lines' not in str(e.value).replace('line breaks', '')

# --- networks that fail

def test_nobody_listens_is_told_in_a_second_and_certain():
    begun = time.monotonic()
    with RemoteClient('http://127.0.0.1:9') as client, pytest.raises(NodeUnreachable) as e: client.submit('x')
    assert e.value.begun is False and time.monotonic() - begun < 10
    with pytest.raises(NodeUnreachable): next(RemoteClient('http://127.0.0.1:9').events())

def test_silence_is_waited_for_once(original):
    node, _ = original
    with CutProxy(node.url) as proxy, RemoteClient(proxy.url, timeout=2.5) as client:
        client.health()
        proxy.hang()
        begun = time.monotonic()
        with pytest.raises(NodeUnreachable, match='silent for 2.5 s') as e: client.get_job('a')
        assert e.value.begun and time.monotonic() - begun < 5
        with pytest.raises(NodeUnreachable): client.submit_original(ASKED)
        assert node.jobs == {}

def test_a_broken_answer_is_asked_for_again_but_an_originals_submit_is_not(original):
    node, _ = original
    with CutProxy(node.url) as proxy, RemoteClient(proxy.url) as client:
        for after in (0, 20):
            proxy.break_answer(after)
            assert client.health()['status'] == 'ok'
        proxy.break_answer()
        with pytest.raises(NodeUnreachable) as e: client.submit_original(ASKED)
        assert proxy.broken == 3 and e.value.begun and len(node.jobs) == 1

def test_a_gateway_that_is_down_for_a_moment():
    answers = iter([502, 503, 200])
    async def health(request): return JSONResponse({'status': 'ok'}, next(answers))
    with Served(app(('/health', health))) as server, RemoteClient(server.url) as client: assert client.health()['status'] == 'ok'

def test_waiting_outlives_silence_and_keeps_its_deadline(original):
    node, direct = original
    job = direct.submit_original(ASKED)
    with CutProxy(node.url) as proxy, RemoteClient(proxy.url, tries=1) as client:
        waited = threading.Thread(target=lambda: client.wait(job.id, 60))
        waited.start()
        until(lambda: node.looks > 1, 'two looks')
        proxy.cut()
        node.complete(job.id)
        time.sleep(.2)
        assert waited.is_alive()
        proxy.restore()
        waited.join(60)
        assert not waited.is_alive()
        other = direct.submit_original(ASKED)
        begun = time.monotonic()
        with pytest.raises(TimeoutError, match='still pending'): client.wait(other.id, .3)
        assert time.monotonic() - begun < 15

# --- events, as a server of ours pushes them

def event(seq, type, job_id='j'): return f'id: {seq}\nevent: {type}\ndata: {json.dumps(dict(seq=seq, job_id=job_id, attempt=1, type=type, at=now(), data={}))}\n\n'
LIVE = f'event: progress\ndata: {json.dumps(dict(seq=None, job_id="j", attempt=1, type="progress", at=now(), data={"percent": 5}))}\n\n'

def pushing(*connections, job='completed'):
    "A server that answers each new connection with the next of these texts, and remembers the cursors it was given."
    left, cursors = list(connections), []
    async def events(request):
        cursors.append(request.headers.get('last-event-id'))
        text = left.pop(0) if left else ''
        if isinstance(text, Response): return text
        async def body():
            yield text
        return StreamingResponse(body(), media_type='text/event-stream')
    async def get(request): return JSONResponse({'id': 'j', 'job': {'id': 'j', 'status': job}})
    async def history(request): return JSONResponse({'events': [json.loads(event(n, t).split('data: ')[1]) for n, t in ((1, 'created'), (2, 'running'), (3, 'completed'))]})
    a = app(('/jobs/j/events', events), ('/events', events), ('/jobs/j', get), ('/jobs/j/history', history))
    a.cursors = cursors
    return a

@pytest.mark.parametrize('connections, cursors, want', [
    (['', event(1, 'created') + event(2, 'running') + event(3, 'completed')], None, [1, 2, 3]),                                     # said nothing, closed
    ([event(1, 'created') + 'id: 2\nevent: runn', event(2, 'running') + event(3, 'completed')], [None, '1'], [1, 2, 3]),            # closed within an event
    ([event(1, 'created') + event(2, 'running') + LIVE, event(1, 'created') + event(2, 'running') + event(3, 'completed')], [None, '2'], [1, 2, None, 3]),  # repeats itself
    ([': hello\n\nretry: 10\n\n' + event(1, 'created') + ': still here\n\n' + event(2, 'running'), event(3, 'completed')], [None, '2'], [1, 2, 3]),        # signs of life
    (['id: 2\n\n', event(3, 'completed')], [None, '2'], [3]),                                                                       # a place without an event
    ([event(1, 'created'), Response(status_code=502), Response('gone', 503), event(2, 'running') + event(3, 'completed')], [None, '1', '1', '1'], [1, None, None, 2, 3]),  # told after more than a hiccup
    ([event(1, 'created'), ''], [None, '1'], [1, 2, 3])])                                                                           # over, and the stream does not say so: the history does
def test_events_come_once_and_in_order_whatever_the_stream_does(connections, cursors, want):
    server_app = pushing(*connections, job='running' if connections[0] == '' else 'completed')
    with Served(server_app) as server, RemoteClient(server.url) as client:
        told = list(client.events('j'))
        assert [e.seq for e in told] == want and told[-1].type == 'completed'
        if cursors: assert server_app.cursors == cursors
        if None in want[1:3] and want[2] is None and len(want) == 5: assert [e.type for e in told[1:3]] == ['disconnected', 'reconnected']

def test_the_async_client_tells_the_same_and_can_be_left_early():
    async def main(url):
        async with AsyncRemoteClient(url) as client:
            async with aclosing(client.events('j')) as events:
                async for _ in events: break
            return [e.seq async for e in client.events('j', after=1)]
    with Served(pushing(event(1, 'created') + event(2, 'running'), event(2, 'running') + event(3, 'completed'))) as server: assert asyncio.run(main(server.url)) == [2, 3]

@pytest.mark.parametrize('bad', ['data: {\n\n', 'data: [1]\n\n', 'data: {"seq": 1}\n\n'])
def test_events_that_cannot_be_read_are_an_error_and_not_a_loop(bad):
    with Served(pushing(bad)) as server, RemoteClient(server.url) as client, pytest.raises(NodeRefused, match='cannot be read'): list(client.events('j'))

# --- files

class Files:
    "A server of one finished job with one file, that can be made to misbehave."
    def __init__(self, data, name='sub/a b.txt', **said):
        self.data, self.name, self.ranges = data, name, []
        self.said = dict(size=len(data), sha256=hashlib.sha256(data).hexdigest()) | said
        self.app = app(('/jobs/j', self.job), ('/jobs/j/download/{name:path}', self.give), ('/upload', self.take))
    async def job(self, request): return JSONResponse({'id': 'j', 'job': Job(id='j', status=JobStatus.COMPLETED, outputs=[OutputFile(self.name, 'x', **self.said)]).to_dict()})
    async def give(self, request):
        assert request.path_params['name'] == self.name
        etag, at = f'"{hashlib.md5(self.data).hexdigest()}"', 0
        self.ranges.append(request.headers.get('range'))
        if (r := request.headers.get('range')) and request.headers.get('if-range', etag) == etag: at = int(r[6:-1])
        if at >= len(self.data) > 0: return JSONResponse({'error': 'Range'}, 416)
        head = {'ETag': etag, 'Content-Disposition': 'attachment; filename="a b.txt"', 'Content-Length': str(len(self.data)-at)}
        if at: head['Content-Range'] = f'bytes {at}-{len(self.data)-1}/{len(self.data)}'
        async def body():
            for i in range(at, len(self.data), 1000): yield self.data[i:i+1000]
        return StreamingResponse(body(), 206 if at else 200, head)
    async def take(self, request):
        data = await (await request.form())['file'].read()
        return JSONResponse({'path': 'input_videos/x', 'size': len(data), 'sha256': hashlib.sha256(data[1:] if self.said.get('sha256') == 'lies' else data).hexdigest(), 'node': 'n1'})

BIG = bytes(range(256)) * 4000   # about a megabyte

def parts(folder): return [p for p in folder.rglob('*') if p.is_file()]

def test_a_download_goes_on_after_each_break(tmp_path):
    files = Files(BIG)
    with Served(files.app) as server, CutProxy(server.url) as proxy, RemoteClient(proxy.url) as client:
        assert client.get_job('j')
        proxy.break_answer(300_000)
        assert client.download('j', to=tmp_path).read_bytes() == BIG
        assert proxy.broken == 1 and len(files.ranges) == 2 and 250_000 < int(files.ranges[1][6:-1]) <= 300_000
        assert client.download('j', to=tmp_path) == tmp_path/'sub/a b.txt' and len(files.ranges) == 2, 'what is there is not fetched again'
        assert parts(tmp_path) == [tmp_path/'sub/a b.txt']

def test_a_download_goes_on_in_another_process_and_a_rotten_part_is_thrown_away(tmp_path):
    files = Files(BIG)
    with Served(files.app) as server, CutProxy(server.url) as proxy:
        with RemoteClient(proxy.url) as client:
            client.get_job('j')
            proxy.break_answer(300_000, then_refuse=True)
            with pytest.raises(NodeUnreachable): client.download('j', to=tmp_path)
        part, = parts(tmp_path)
        size = part.stat().st_size
        assert part.suffix == '.part' and 250_000 < size <= 300_000
        with RemoteClient(server.url) as later:
            assert later.download('j', to=tmp_path).read_bytes() == BIG and files.ranges[-1] == f'bytes={size}-' and len(parts(tmp_path)) == 1
            for rotten in (b'?'*size, BIG + b'?'):
                (tmp_path/'sub/a b.txt').unlink()
                part.write_bytes(rotten)
                assert later.download('j', to=tmp_path).read_bytes() == BIG and len(parts(tmp_path)) == 1

def test_a_rotten_file_is_told_and_not_kept(tmp_path):
    files = Files(BIG)
    with Served(files.app) as server, RemoteClient(server.url) as client:
        files.data = BIG[:-1] + b'?'
        with pytest.raises(DamagedTransfer, match='sha256'): client.download('j', to=tmp_path)
        files.data = BIG[:-1]
        with pytest.raises(DamagedTransfer, match='bytes'): client.download('j', to=tmp_path)
    assert parts(tmp_path) == []

def test_a_file_of_the_users_is_not_replaced_unasked(tmp_path):
    with Served(Files(b'theirs', 'a b.txt').app) as server, RemoteClient(server.url) as client:
        (tmp_path/'a b.txt').write_text('mine')
        with pytest.raises(InvalidInput) as e: client.download('j', to=tmp_path)
        assert e.value.field == 'to' and (tmp_path/'a b.txt').read_text() == 'mine'
        assert client.download('j', to=tmp_path, overwrite=True).read_text() == 'theirs'

@pytest.mark.parametrize('name', ['../evil', '/evil', 'a/../../evil'])
def test_a_servers_names_lead_nowhere_else(tmp_path, name):
    with Served(Files(b'x', name).app) as server, RemoteClient(server.url) as client:
        with pytest.raises(InvalidInput): client.download('j', to=tmp_path/'to')
    assert parts(tmp_path) == []

def test_empty_files_and_odd_names(tmp_path):
    for name in ('日本#?%41.txt', 'a b.txt'):
        files = Files(b'', name)
        async def give(request, files=files):
            assert request.path_params['name'] == files.name
            return Response(b'')
        files.app = app(('/jobs/j', files.job), ('/jobs/j/download/{name:path}', give))
        with Served(files.app) as server, RemoteClient(server.url) as client: assert client.download('j', tmp_path, name).read_bytes() == b''

def test_uploads_are_compared(tmp_path):
    f = tmp_path/'a.txt'
    f.write_bytes(BIG)
    with Served(Files(b'').app) as server, RemoteClient(server.url) as client: assert client.upload(f) == Upload('input_videos/x', len(BIG), hashlib.sha256(BIG).hexdigest(), 'n1')
    async def main(url):
        async with AsyncRemoteClient(url) as client: return await client.upload(str(f))
    with Served(Files(b'').app) as server: assert asyncio.run(main(server.url)).size == len(BIG)
    with Served(Files(b'', sha256='lies').app) as server, RemoteClient(server.url) as client, pytest.raises(DamagedTransfer, match='sha256'): client.upload(f)
    (tmp_path/'bad\udcff.wav').write_bytes(b'x')
    for name in ('missing.wav', 'bad\udcff.wav'):
        with RemoteClient('http://127.0.0.1:9') as client, pytest.raises(InvalidInput) as e: client.submit('x', tmp_path/name)
        assert e.value.field == 'input'

# --- files that change while they are sent

class Changing:
    "A file that is changed as soon as its first piece has been read."
    def __init__(self, monkeypatch, change):
        from cjm_jobtrack.net import transfers as module
        read, self.done = module.HashingReader.read, False
        def meddling(sent, n=-1):
            data = read(sent, n)
            if data and not self.done: self.done, _ = True, change()
            return data
        monkeypatch.setattr(module.HashingReader, 'read', meddling)

def appended(path):
    with path.open('ab') as f: f.write(b'later'*100_000)

def shortened(path):
    import os
    os.truncate(path, 1000)

def test_a_file_that_grows_while_it_is_sent_is_sent_as_it_was(tmp_path, monkeypatch):
    path, files = tmp_path/'a.txt', Files(b'')
    path.write_bytes(BIG*100)
    with Served(files.app) as server, RemoteClient(server.url) as client:
        Changing(monkeypatch, lambda: appended(path))
        up = client.upload(path)
        assert up.size == len(BIG)*100 < path.stat().st_size and up.sha256 == hashlib.sha256(BIG*100).hexdigest()

@pytest.mark.parametrize('kind', [RemoteClient, AsyncRemoteClient])
def test_a_file_that_shrinks_while_it_is_sent_is_told_and_nothing_is_left(tmp_path, monkeypatch, kind):
    path = tmp_path/'a.mp4'
    path.write_bytes(BIG*100)
    with node_at(tmp_path/'node') as there:
        Changing(monkeypatch, lambda: shortened(path))
        async def main():
            async with AsyncRemoteClient(there.url) as client: await client.upload(path)
        with pytest.raises(InvalidInput, match='shorter') as e:
            if kind is AsyncRemoteClient: asyncio.run(main())
            else:
                with RemoteClient(there.url) as client: client.upload(path)
        assert e.value.field == 'input' and 'Send it again' in str(e.value)
        until(lambda: [*there.node.inputs.iterdir()] == [], 'nothing to be left on the node')
        with RemoteClient(there.url) as client: assert client.upload(path).size == 1000

def test_a_job_bears_the_name_of_the_file_as_it_was_given(tmp_path):
    (f := tmp_path/'my #1 talk.txt').write_text('a talk')
    with node_at(tmp_path) as s, serving(Manager(tmp_path/'manager')) as m, RemoteClient(s.url) as direct, RemoteClient(m.url) as by_manager:
        m.service.directory.add(name='shed', url=s.url)
        for c in (direct, by_manager):
            for source in (f, str(f), c.upload(f)): assert c.submit('need', source).name == f.name
            assert c.submit('need', f, name='mine').name == 'mine'

@pytest.mark.parametrize('field, ask', [('pipeline', dict(pipeline=print)), ('pipeline', dict(pipeline=b'work')), ('params', dict(params={'x': Path('a')})), ('params', dict(params={'x': float('nan')})), ('metadata', dict(metadata={'x': {1}}))])
def test_what_is_no_json_is_refused_by_name_before_anything_is_sent(tmp_path, field, ask):
    (f := tmp_path/'a.txt').write_text('a')
    with node_at(tmp_path) as s, RemoteClient(s.url) as c:
        with pytest.raises(InvalidInput) as e: c.submit(**{'pipeline': 'need', 'input': f} | ask)
        assert e.value.field == field and not [*s.node.inputs.iterdir()]

def test_a_name_that_is_a_file_here_is_uploaded(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path/'talk.txt').write_text('hello')
    with node_at(tmp_path/'node') as there, RemoteClient(there.url) as client:
        job = client.submit('need', 'talk.txt', {'plan': json.dumps({'files': {'a.txt': 'one', 'b.txt': 'two'}, 'instants': {'a.txt': 2e9, 'b.txt': 1e9}})})
        assert job.spec['input'] == 'input_videos/talk.txt' and client.wait(job.id, 60).status == 'completed'
        assert client.submit('need', 'input_videos/talk.txt').spec['input'] == 'input_videos/talk.txt', 'a path there'
        with pytest.raises(InvalidInput): client.submit('need', 'nowhere.txt')
        assert client.download(job.id, 'texts') == tmp_path/'texts/a.txt' and client.download(job.id, 'texts', 'b.txt').read_text() == 'two'

def test_a_busy_server_is_offered_the_file_again(tmp_path):
    path, files, offered = tmp_path/'a.txt', Files(b''), []
    path.write_bytes(BIG)
    take = files.take
    async def busy(request):
        offered.append(1)
        if len(offered) < 3:
            await request.body()
            return JSONResponse({'error': 'Too many uploads at once'}, 429, {'Retry-After': '0'})
        return await take(request)
    files.take = busy
    with Served(app(('/upload', busy))) as server, RemoteClient(server.url) as client: assert client.upload(path).size == len(BIG) and len(offered) == 3

def test_a_refused_connection_is_one_sentence_in_a_notebook():
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config
    shell, told = InteractiveShell(config=Config({'HistoryManager': {'enabled': False}})), []   # no thread, and nothing in the home folder
    shell._showtraceback = lambda kind, e, lines: told.extend(lines)
    try: RemoteClient('http://127.0.0.1:9').health()
    except NodeUnreachable: shell.showtraceback()
    assert len(told) == 1 and 'No answer from http://127.0.0.1:9' in told[0] and len(told[0]) < 200

# --- what the event parser takes for the end of a line

@pytest.mark.parametrize('odd', ['\u2028', '\u2029', '\u0085', '\x0b', '\x0c', '\x1c'])
def test_an_event_is_not_split_at_characters_that_end_no_line_there(odd):
    text = f'one{odd}two'
    said = json.dumps(dict(seq=2, job_id='j', attempt=1, type='running', at=now(), data={'text': text}), ensure_ascii=False)
    if ord(odd) < 32: said = json.dumps(json.loads(said, strict=False))
    with Served(pushing(event(1, 'created') + f'id: 2\nevent: running\ndata: {said}\n\n' + event(3, 'completed'))) as server, RemoteClient(server.url) as client:
        told = list(client.events('j'))
    assert [e.seq for e in told] == [1, 2, 3] and told[1].data['text'] == text

def test_the_lowest_version_of_the_event_parser_is_one_that_does_so():
    for name in ('pyproject.toml', 'settings.ini'): assert 'httpx-sse>=0.4.2' in (Path(__file__).parents[2]/name).read_text()
