"Answers that are none of a node's: whoever gets one looks before deciding."
import asyncio, json, time
from contextlib import contextmanager
import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from cjm_jobtrack.model.errors import NodeRefused
from cjm_jobtrack.tracker.tracker import JobTracker
from cjm_jobtrack.net.client import RemoteClient
from cjm_jobtrack.net.directory import NodeDirectory
from gateway import Gateway
from helpers import node_at, until
from original_node import OriginalNode, Served
from test_remote import ASKED, Side

STRANGE = {
    '200 HTML': HTMLResponse('<h1>Welcome</h1>'),
    'cut 201': Response(b'{"id": "7f3', 201, media_type='application/json'),
    '201 that is no job': JSONResponse({}, 201),
    '204': Response(status_code=204),
    '302': Response(status_code=302, headers={'Location': '/login'}),
    '404 HTML': HTMLResponse('<h1>Not Found</h1>', 404),
    '404 of another program': JSONResponse({'detail': 'Not Found'}, 404),
    '403 HTML': HTMLResponse('<h1>Forbidden</h1>', 403),
    '400 HTML': HTMLResponse('<h1>Bad Request</h1>', 400),
    '408': Response(status_code=408),
    '413 HTML': HTMLResponse('<h1>Too Large</h1>', 413),
    '500 HTML': HTMLResponse('<h1>Oh</h1>', 500)}
SOME = dict([*STRANGE.items()][::3])

@pytest.fixture(scope='module')
def there(tmp_path_factory):
    with node_at(tmp_path_factory.mktemp('there'), slots=4) as n: yield n

@contextmanager
def this_side(folder, there):
    gate = Gateway(there.url)
    with Served(gate.app) as server, Side(folder) as side:
        side.directory.add('shed', url=server.url)
        yield gate, side

@pytest.mark.parametrize('reaches', [True, False], ids=['arrived', 'swallowed'])
def test_a_submit_that_got_a_strange_answer_is_looked_for(tmp_path, there, reaches):
    with this_side(tmp_path, there) as (gate, side):
        for n, (what, answer) in enumerate(STRANGE.items(), 1):
            gate.meddle('POST', '/jobs', answer, reaches=reaches)
            job = side.ask()
            assert side.end(job).status == 'completed', (what, job.failure)
            told = [j for j in there.http.get('/jobs').json()['jobs'] if j['id'] == job.id]
            assert gate.met == n and len(told) == 1 and side.types(job).count('accepted') == 1, what

def test_every_other_call_that_gets_a_strange_answer_is_made_again(tmp_path, there):
    "None of them ends the job, and none of them loses or doubles what the node has told."
    with this_side(tmp_path, there) as (gate, side):
        for what, answer in SOME.items():
            for method, end in ('GET', ''), ('GET', '/logs'), ('GET', '/history'), ('GET', '/events'): gate.meddle(method, end, answer, reaches=False)
            job = side.ask({'say': 'hello'})
            assert side.end(job).status == 'completed', (what, job.failure)
            assert side.tracker.log_tail(job.id) == 'hello\n', what
            remote = [e.data['type'] for e in side.tracker.history(job.id) if e.type == 'remote']
            assert remote == [e['type'] for e in there.http.get(f'/jobs/{job.id}/history').json()['events']], what
            gate.rules.clear()

def test_a_cancel_that_got_a_strange_answer_holds(tmp_path, there):
    with this_side(tmp_path, there) as (gate, side):
        for what, answer in SOME.items():
            job = side.ask({'gate': str(tmp_path/'gate')})
            side.has(job, 'accepted')
            gate.meddle('POST', '/cancel', answer, reaches=False)
            side.cancel(job)
            assert side.end(job).status == 'cancelled' and there.wait(job.id)['status'] == 'cancelled', what

def test_the_client_tells_which_job_may_be_there(there):
    gate = Gateway(there.url)
    with Served(gate.app) as server, RemoteClient(server.url) as client:
        client.submit('work', params={'plan': '{}'})
        for what, answer in STRANGE.items():
            gate.meddle('POST', '/jobs', answer)
            try: job_id = client.submit('work', params={'plan': '{}'}).id   # it was sent again, under the same id
            except NodeRefused as e:
                job_id = e.job_id
                assert any(job_id in note for note in e.__notes__), what
            assert there.wait(job_id)['status'] == 'completed', what

def test_an_originals_submit_that_got_a_strange_answer_makes_one_job(tmp_path):
    node = OriginalNode(tmp_path/'workspace')
    with Served(node.app) as server:
        gate = Gateway(server.url)
        with Served(gate.app) as between, Side(tmp_path) as side:
            side.directory.add('shed', url=between.url)
            for n, (what, answer) in enumerate(SOME.items(), 1):
                gate.meddle('POST', '/jobs', answer)
                job = side.ask(ASKED)
                side.has(job, 'accepted')
                node.complete(job.remote_id)
                assert side.end(job).status == 'completed' and len(node.jobs) == n == gate.met, what

def test_an_id_that_is_taken_on_the_node_by_other_work_leaves_that_work_alone(tmp_path, there):
    with this_side(tmp_path, there) as (_, side), RemoteClient(there.url) as client:
        theirs = client.submit('work', params={'plan': json.dumps({'gate': str(tmp_path/'gate')})})
        job = side.ask({'say': 'mine'}, id=theirs.id)
        assert side.end(job).failure.kind == 'invalid' and 'taken on the node' in job.error
        assert there.get(theirs.id)['status'] in ('pending', 'running')
        (tmp_path/'gate').touch()
        assert there.wait(theirs.id)['status'] == 'completed'

@pytest.mark.parametrize('status', [429, 503])
def test_a_node_that_asks_for_patience_is_not_called_silent(tmp_path, there, status):
    with this_side(tmp_path, there) as (gate, side):
        busy = JSONResponse({'error': 'Too much at once'}, status, {'Retry-After': '1'})
        gate.meddle('POST', '/jobs', busy, reaches=False)
        gate.meddle('GET', '/logs', busy, busy, busy, reaches=False)
        job = side.ask({'say': 'hello'})
        assert side.end(job).status == 'completed' and 'unreachable' not in side.types(job)
        assert any(e.type == 'deferred' and 'busy' in json.dumps(e.data) for e in side.tracker.history(job.id))

def test_the_client_waits_as_long_as_a_server_asks(there):
    gate = Gateway(there.url)
    with Served(gate.app) as server, RemoteClient(server.url) as client:
        for header in ('0', 'Fri, 01 Jan 2021 00:00:00 GMT', 'soon'):
            gate.meddle('GET', '/pipelines', JSONResponse({'error': 'Too much at once'}, 429, {'Retry-After': header}), reaches=False)
            assert client.pipelines()
        assert gate.met == 3

# --- a node under our own load

def test_a_node_that_is_busy_with_our_requests_is_not_called_silent(tmp_path):
    "It answers no look in time, but says other things meanwhile."
    async def health(request):
        if held: await asyncio.sleep(4)
        return JSONResponse({'status': 'ok', 'service': 'jobtrack-node'})
    async def pipelines(request): return JSONResponse({'pipelines': [{'name': 'cut'}]})
    held = []
    app = Starlette(routes=[Route('/health', health), Route('/pipelines', pipelines)])
    with Served(app) as server:
        directory = NodeDirectory(JobTracker().store)
        node = directory.add('shed', url=server.url)
        async def main():
            assert await directory.check(node, 30)
            held.append(True)
            looking = asyncio.ensure_future(directory.check(node, .5))
            while not looking.done():
                await directory.client(node).pipelines()
                await asyncio.sleep(.02)
            assert looking.result() and directory.is_online(node) and directory.offers(node, 'cut')
            assert not await directory.check(node, .5) and not directory.is_online(node), 'says nothing at all'
            await directory.aclose()
        asyncio.run(main())

def test_a_node_is_not_called_silent_because_we_are_late(tmp_path):
    async def health(request):
        await asyncio.sleep(.3 if late else 0)
        return JSONResponse({'status': 'ok', 'service': 'jobtrack-node'})
    async def pipelines(request): return JSONResponse({'pipelines': []})
    late = []
    with Served(Starlette(routes=[Route('/health', health), Route('/pipelines', pipelines)])) as server:
        directory = NodeDirectory(JobTracker().store)
        node = directory.add('shed', url=server.url)
        async def main():
            assert await directory.check(node, 5.)
            late.append(True)
            looking = asyncio.ensure_future(directory.check(node, .2))
            await asyncio.sleep(.05)
            time.sleep(1.2)   # noqa: ASYNC251 our own loop is held up
            assert await looking and directory.is_online(node)
            await directory.aclose()
        asyncio.run(main())

def test_a_manager_passes_on_that_a_node_asks_for_patience(there, tmp_path):
    from wire import managed
    gate = Gateway(there.url)
    with Served(gate.app) as server, managed(tmp_path, server.url) as h:
        gate.meddle('POST', '/upload', JSONResponse({'error': 'Too many uploads at once'}, 429, {'Retry-After': '7'}), JSONResponse({'error': 'Short of descriptors'}, 503, {'Retry-After': '7'}), reaches=False)
        for status in 429, 503:
            r = h.http.post('/upload', files={'file': ('a.txt', b'hello')})
            assert (r.status_code, r.headers['retry-after']) == (status, '7') and r.json()['error']
        assert h.http.post('/upload', files={'file': ('a.txt', b'hello')}).status_code == 200

def test_a_manager_makes_no_refusal_of_a_strange_answer(there, tmp_path):
    from wire import managed
    gate = Gateway(there.url)
    with Served(gate.app) as server, managed(tmp_path, server.url) as h:
        for what, answer in STRANGE.items():
            gate.meddle('POST', '/upload', answer, reaches=False)
            r = until(lambda: 'silent for' not in (r := h.http.post('/upload', files={'file': ('a.txt', b'hello')})).text and r, 'the node to answer')   # a busy machine
            assert r.status_code == 502 and r.json()['error'], (what, r.text)
        assert h.http.post('/upload', files={'file': ('', b'hello')}).status_code == 400, 'its own words are passed on'
