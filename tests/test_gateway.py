"Answers that are none of a node's: whoever gets one looks before deciding."
import json
from contextlib import contextmanager
import pytest
from starlette.responses import HTMLResponse, JSONResponse, Response
from cjm_jobtrack.core.errors import NodeRefused
from cjm_jobtrack.net.client import RemoteClient
from gateway import Gateway
from helpers import node_at
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
