"The remote runner: a job on another machine, whatever the network and the machines do."
import asyncio, hashlib, json, threading, time
from contextlib import contextmanager
from urllib.parse import urlsplit
import psutil, pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
from cjm_jobtrack.model.errors import InvalidInput, JobtrackError, NodeUnreachable, UnknownNode
from cjm_jobtrack.tracker.tracker import JobTracker
from cjm_jobtrack.net.client import RemoteClient
from cjm_jobtrack.net.directory import NodeDirectory, node_url, read_node
from cjm_jobtrack.net.remote import RemoteRunner
from cjm_jobtrack.queue.queue import JobQueue
from cjm_jobtrack.runners.conformance import check_runner
from cjm_jobtrack.runners.outcome import Report
from cut_proxy import CutProxy
from helpers import node_at, node_process, until
from original_node import OriginalNode, Served

def alive(pid) -> bool:
    try: return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess: return False

# --- nodes on record

@pytest.mark.parametrize('url, want', [('HTTP://GPU-3:9090/', 'http://gpu-3:9090'), ('https://gpu.example', 'https://gpu.example:443'), ('http://h/nodes/1/', 'http://h:80/nodes/1'), (' http://[::1]:9 ', 'http://[::1]:9'), ('http://10.0.0.7:1', 'http://10.0.0.7:1')])
def test_an_address_has_one_spelling(url, want): assert node_url(url) == want == node_url(want)

@pytest.mark.parametrize('body, field', [({}, 'host'), ([], 'node'), (None, 'node'), ({'host': ''}, 'host'), ({'host': '  '}, 'host'), ({'host': 'a b'}, 'host'), ({'host': 'http://h'}, 'host'), ({'host': 'h/../x'}, 'host'), ({'host': 'u@h'}, 'host'), ({'host': 7}, 'host'),
    ({'host': 'h', 'apiPort': 'x'}, 'apiPort'), ({'host': 'h', 'apiPort': 0}, 'apiPort'), ({'host': 'h', 'apiPort': 65536}, 'apiPort'), ({'host': 'h', 'apiPort': True}, 'apiPort'), ({'host': 'h', 'port': '-1'}, 'port'),
    ({'host': 'h', 'connectionType': 'ssh'}, 'connectionType'), ({'host': 'h', 'name': 'x'*201}, 'name'), ({'host': 'h', 'gpu': ['x']}, 'gpu'), ({'host': 'h', 'name': 'a\nb'}, 'name'),
    ({'url': 'gpu-3:9090'}, 'url'), ({'url': 'http://u:p@h'}, 'url'), ({'url': 'http://h?x'}, 'url'), ({'url': 7}, 'url'), ({'url': 'http://h:99999'}, 'url'), ({'url': 'http://h:x'}, 'url')])
def test_what_is_told_about_a_node_is_checked(body, field):
    with pytest.raises(InvalidInput) as e: read_node(body)
    assert e.value.field == field

def test_a_page_sends_ports_as_text_and_passwords_that_nobody_keeps(tmp_path):
    tracker = JobTracker(f'sqlite:///{tmp_path}/jobs.db')
    d = NodeDirectory(tracker.store, token='t0ken')
    sent = {'name': ' shed ', 'host': ' GPU-3 ', 'connectionType': 'http', 'apiPort': ' 9091 ', 'port': '22', 'user': 'ada', 'password': 'hunter2', 'gpu': '', 'location': '', 'id': 'x', 'status': 'online', 'foo': 1}
    node = d.add(**d.read(sent))
    assert {k: node[k] for k in ('name', 'host', 'apiPort', 'port', 'connectionType', 'url', 'user')} == dict(name='shed', host='gpu-3', apiPort=9091, port=22, connectionType='http', url='http://gpu-3:9091', user='ada')
    changed = d.update(node['id'], **d.read({'id': 'y', 'createdAt': '1970', 'foo': 2, 'apiPort': '9092'}, partial=True))
    assert changed['id'] == node['id'] and changed['createdAt'] == node['createdAt'] and changed['url'] == 'http://gpu-3:9092' and 'foo' not in changed
    d.add('barn', url='http://barn:1')
    with pytest.raises(InvalidInput, match="'barn'"): d.update(node['id'], url='http://barn:1')
    with pytest.raises(UnknownNode): d.update('nope', name='x')
    tracker.close()
    stored = (tmp_path/'jobs.db').read_bytes() + (p.read_bytes() if (p := tmp_path/'jobs.db-wal').exists() else b'')
    assert b'hunter2' not in stored and b't0ken' not in stored and b'foo' not in stored
    again = JobTracker(f'sqlite:///{tmp_path}/jobs.db')
    assert [n['id'] for n in NodeDirectory(again.store).list()] == [d.get('barn')['id'], node['id']]
    again.close()

def test_a_machine_is_the_same_node_whenever_it_is_registered():
    d = NodeDirectory(JobTracker().store)
    one = d.add('shed', host='gpu-3')
    assert d.add(url='http://GPU-3:9090/', gpu='RTX')['id'] == one['id'] and len(d.list()) == 1 and d.get('shed')['gpu'] == 'RTX'
    d.remove(one['id'])
    with pytest.raises(UnknownNode): d.remove(one['id'])
    assert d.find('shed') is d.find(None) is None and d.add(host='gpu-3')['id'] == one['id']
    moved = d.update(one['id'], host='gpu-4')
    assert moved['id'] == one['id'] and d.add('new', host='gpu-3')['id'] != one['id']
    d.add('new', host='gpu-5')
    with pytest.raises(InvalidInput, match='2 nodes'): d.get('new')

# --- how they do

def health_app(answer, pipelines=()):
    asked = []
    async def health(request):
        asked.append(time.monotonic())
        return JSONResponse(answer)
    async def offered(request): return JSONResponse({'pipelines': [{'name': p} for p in pipelines]} if request.headers.get('authorization') != 'Bearer wrong' else {'error': 'A valid bearer token is needed'}, 401 if request.headers.get('authorization') == 'Bearer wrong' else 200)
    app = Starlette(routes=[Route('/health', health), Route('/pipelines', offered)])
    app.asked = asked
    return app

@pytest.mark.parametrize('answer, token, online, problem', [({'status': 'ok', 'service': 'jobtrack-node'}, None, True, None), ({'status': 'ok'}, None, True, None), ({'status': 'healthy'}, None, False, "'healthy'"),
    (['ok'], None, False, 'JSON list'), ({'status': 'ok', 'service': 'jobtrack-node'}, 'wrong', False, 'token')])
def test_a_look_at_a_node(answer, token, online, problem):
    with Served(health_app(answer, ['cut'])) as server:
        d = NodeDirectory(JobTracker().store, token=token and {'shed': token})
        node = d.add('shed', url=server.url)
        async def main(): assert await d.check(node) is online
        asyncio.run(main())
        assert d.is_online(node) is online and (not online or d.is_original(node) is ('service' not in answer)) and (problem or '') in (d.state(node).problem or '')
        assert (d.silent_since(node) is None) is online and d.offers(node, 'cut') is (online and 'service' in answer)

def test_a_node_that_says_nothing_costs_two_seconds_at_most_and_many_askers_cost_one_look():
    app = health_app({'status': 'ok', 'service': 'jobtrack-node'})
    with Served(app) as server, CutProxy(server.url) as proxy:
        d = NodeDirectory(JobTracker().store)
        node = d.add('shed', url=proxy.url)
        async def main():
            assert all(await asyncio.gather(*[d.check_cached(node) for _ in range(50)])) and len(app.asked) == 1
            proxy.hang()
            begun = time.monotonic()
            assert not await d.check(node) and time.monotonic() - begun < 4.5
            since = d.silent_since(node)
            proxy.cut()
            assert not await d.check(node) and d.silent_since(node) == since
            proxy.restore()
            assert await d.check(node)
        asyncio.run(main())

def test_looking_goes_on_in_the_background_and_ends():
    app = health_app({'status': 'ok', 'service': 'jobtrack-node'}, ['cut'])
    with Served(app) as server:
        d = NodeDirectory(JobTracker().store)
        node, away = d.add('shed', url=server.url), d.add('away', url='http://127.0.0.1:9')
        end = d.start(.05)
        until(lambda: len(app.asked) > 2 and d.is_online(node) and d.state(away).online is False, 'looks at both nodes')
        assert d.pick()['name'] == d.pick('cut')['name'] == 'shed'
        with pytest.raises(NodeUnreachable, match='none that is online offers') as e: d.pick('sew')
        assert e.value.begun is False
        end()
        time.sleep(.3)   # for what was on its way
        n = len(app.asked)
        time.sleep(.3)
        assert len(app.asked) == n and d._clients == {} or not any(d._clients.values()), 'clients are closed with their loop'
    with pytest.raises(InvalidInput) as e: NodeDirectory(JobTracker().store).pick()
    assert e.value.field == 'node'

# --- with an original node server

ASKED = {'inputMethod': 'manual', 'youtubeUrl': None, 'manualPath': 'input_videos/talk.mp4', 'unetFlag': False, 'faceRestoreFlag': False, 'upscaleFlag': False, 'upscaleValue': 2.0, 'claheFlag': False}

class Side:
    "This side: a tracker with its queue and remote runner, which can be dropped and taken up again."
    def __init__(self, folder, **options): self.db, self.options = f'sqlite:///{folder}/manager.db', options
    def __enter__(self):
        self.tracker = JobTracker(self.db)
        self.directory = NodeDirectory(self.tracker.store)
        self.runner = RemoteRunner(self.directory, self.tracker, **{'patience': .3, 'poll': .05, **self.options})
        self.queue = JobQueue(self.tracker, self.runner, slots=50, recheck=.1, backoff=.1).start()
        return self
    def __exit__(self, *_):
        self.queue.stop()
        self.directory.close()
        self.tracker.close()
    def ask(self, plan=None, node='shed', **fields):
        spec = {'pipeline': 'work', 'params': {'plan': json.dumps(plan or {})}} if plan is None or 'inputMethod' not in plan else {'original': plan}
        return self.queue.submit(self.tracker.create_job('work', runner='remote', spec=spec, node=self.directory.get(node)['id'] if node else None, **fields))
    def end(self, job, deadline=60): return self.tracker.join(job.id, deadline)
    def cancel(self, job): return asyncio.run(self.tracker.cancel_job(job.id))
    def types(self, job): return [e.type for e in self.tracker.history(job.id)]
    def has(self, job, type): return until(lambda: type in self.types(job), f'{type} in {self.types(job)}')

@pytest.fixture
def original(tmp_path):
    node = OriginalNode(tmp_path/'workspace')
    with Served(node.app) as server, CutProxy(server.url) as proxy, Side(tmp_path) as side:
        node.server, node.proxy = server, proxy
        side.directory.add('shed', url=proxy.url)
        yield node, side

def only(node): return until(lambda: [*node.jobs], 'the job on the node')[-1]

def test_an_originals_job_ends_here_as_it_ends_there(original):
    node, side = original
    job = side.ask(ASKED)
    there = only(node)
    side.has(job, 'accepted')
    assert node.asked == [ASKED] and job.remote_id == there
    node.run(there, 30, 'loading\n')
    until(lambda: job.progress == 30 and side.tracker.log_tail(job.id) == 'loading\n', 'progress and log')
    node.complete(there, {'talk.mp4': b'video'}, 'loading\nready\n')
    assert side.end(job).status == 'completed' and [(o.name, o.size) for o in job.outputs] == [('talk.mp4', 5)] and side.tracker.log_tail(job.id) == 'loading\nready\n'
    job = side.ask(ASKED)
    node.fail(until(lambda: job.remote_id, 'its id'))
    assert side.end(job).failure.exit_code == 3

def test_a_cancel_holds_although_the_original_says_completed_later(original):
    node, side = original
    job = side.ask(ASKED)
    there = only(node)
    side.has(job, 'accepted')
    side.cancel(job)
    assert side.end(job).status == 'cancelled' and node.jobs[there]['status'] == 'cancelled'
    node.complete(there)
    until(lambda: job.id not in side.queue.attempts.active, 'the follower to let go')
    assert side.tracker.get_job(job.id).status == 'cancelled'
    assert any('runs on' in json.dumps(e.data) for e in side.tracker.history(job.id)), 'it is not claimed that the program was stopped'

def test_a_cancel_that_an_original_took_holds_over_a_crash_of_ours(tmp_path):
    node = OriginalNode(tmp_path/'workspace')
    with Served(node.app) as server:
        async def main():
            tracker = JobTracker()
            directory = NodeDirectory(tracker.store)
            runner = RemoteRunner(directory, tracker, poll=.02)
            job = tracker.create_job('x', runner='remote', spec={'original': ASKED}, node=directory.add('shed', url=server.url)['id'])
            tracker.mark_running(job.id)
            handle = await runner.start(job)
            tracker.attach(job.id, lambda: runner.stop(job, handle, 1.))
            assert await tracker.cancel_job(job.id) is False   # the node took it; and here we die
            node.complete(job.remote_id)
            return await runner.follow(job, await runner.find(job), Report(tracker, job.id, 1))
        assert asyncio.run(main()).status == 'cancelled'

def test_an_original_that_was_restarted_has_lost_the_job(original):
    node, side = original
    job = side.ask(ASKED)
    only(node), side.has(job, 'accepted')
    node.jobs.clear()
    failure = side.end(job).failure
    assert failure.kind == 'node_lost' and 'shed' in failure.message and failure.hint

def test_a_lost_answer_of_an_original_makes_no_second_job_and_takes_no_stranger(original):
    node, side = original
    with RemoteClient(node.server.url) as stranger: old = stranger.submit_original(ASKED)
    first = side.ask(ASKED)
    side.has(first, 'accepted')
    node.create_delay = 3.   # longer than anyone waits
    begun = time.monotonic()
    job = side.ask(ASKED)
    side.has(job, 'accepted')
    assert time.monotonic() - begun < 30 and len(node.jobs) == 3 and len({old.id, first.remote_id, job.remote_id}) == 3
    assert elapsed(node, job.remote_id, first.remote_id) > 0
    node.complete(job.remote_id)
    assert side.end(job).status == 'completed' and first.status == 'running'

def elapsed(node, a, b): return node.jobs[a]['created_at'] - node.jobs[b]['created_at']

def test_an_original_that_is_away_is_not_asked_and_nothing_is_sent_twice(original):
    node, side = original
    node.proxy.cut()
    job = side.ask(ASKED)
    side.has(job, 'deferred')
    assert job.status == 'pending' and job.remote_id is None
    node.proxy.restore()
    node.complete(only(node))
    assert side.end(job).status == 'completed' and len(node.jobs) == 1

def test_twenty_jobs_at_once_have_twenty_ids_on_an_original(original):
    node, side = original
    jobs = [side.ask(ASKED | {'manualPath': f'input_videos/{n}.mp4'}) for n in range(20)]
    for j in jobs: side.has(j, 'accepted')
    assert len({j.remote_id for j in jobs}) == len(node.jobs) == 20
    for j in jobs: node.complete(j.remote_id)
    assert {side.end(j).status for j in jobs} == {'completed'}

def test_a_job_on_an_original_is_taken_up_after_a_restart_of_ours(tmp_path):
    node = OriginalNode(tmp_path/'workspace')
    with Served(node.app) as server:
        with Side(tmp_path) as side:
            side.directory.add('shed', url=server.url)
            job = side.ask(ASKED)
            side.has(job, 'accepted')
        node.complete(job.remote_id)
        with Side(tmp_path) as side: assert side.end(job).status == 'completed' and len(node.jobs) == 1

# --- with a node of ours

@contextmanager
def behind(url, folder, **options):
    "A node behind a network that can be cut, and this side."
    with CutProxy(url) as proxy, Side(folder, **options) as side:
        side.directory.add('shed', url=proxy.url)
        yield proxy, side

@pytest.fixture
def servers(tmp_path):
    with node_at(tmp_path, slots=2) as there, behind(there.url, tmp_path) as (proxy, side):
        there.gate = tmp_path/'gate'
        yield there, proxy, side

def whole(there, side, job):
    "Both records say the same: every event of the node is here once and in order, and every byte of the log."
    remote = [e.data for e in side.tracker.history(job.id) if e.type == 'remote' and e.attempt == job.attempt]
    want = there.http.get(f'/jobs/{job.remote_id}/history').json()['events']
    assert [(e['seq'], e['type']) for e in remote] == [(e['seq'], e['type']) for e in want]
    assert side.tracker.logs.read(job.id, job.attempt, 0, 1 << 24).data == there.http.get(f'/jobs/{job.remote_id}/logs?limit=1000000').content

def test_the_runner_keeps_the_promises_of_all_runners(tmp_path):
    with node_at(tmp_path, slots=2) as there:
        async def main():
            tracker = JobTracker()
            directory = NodeDirectory(tracker.store)
            directory.add('shed', url=there.url)
            ask = lambda **plan: {'pipeline': 'work', 'params': {'plan': json.dumps(plan)}}
            return await check_runner(RemoteRunner(directory, tracker), ask(steps=3), ask(gate=str(tmp_path/'never'), helpers=1), tracker)
        assert len(asyncio.run(main())) >= 7

def test_a_session(servers):
    there, _, side = servers
    job = side.ask({'hex': b'\xff\r50%\rdone\n'.hex(), 'steps': 5, 'files': {'sub/a.txt': 'hello', 'b.txt': ''}}, node=None, metadata={'mine': 1})
    assert side.end(job).status == 'completed'
    whole(there, side, job)
    assert job.result['exit_code'] == 0 and {o.name: o.sha256 for o in job.outputs} == {n: hashlib.sha256(t).hexdigest() for n, t in (('sub/a.txt', b'hello'), ('b.txt', b''))}
    types = side.types(job)
    assert [t for t in types if t in ('queued', 'running', 'sent', 'accepted', 'completed')] == ['queued', 'running', 'sent', 'accepted', 'completed'] and types.index('sent') < types.index('accepted') < types.index('remote')
    failed = side.ask({'exit': 3, 'say': 'no such codec'})
    assert side.end(failed).failure.exit_code == 3 and failed.failure.evidence['last_lines'][-1] == 'no such codec'

def test_attempts_are_jobs_of_their_own_on_the_node(servers):
    there, _, side = servers
    job = side.ask({'exit': 3}, max_attempts=2)
    side.end(job)
    assert job.attempt == 2 and job.remote_id != job.id and {j['id'] for j in there.http.get('/jobs').json()['jobs']} == {job.id, job.remote_id}

@pytest.mark.parametrize('spec, field', [({'pipeline': 'wrok'}, 'pipeline'), ({'pipeline': 'work', 'params': {'n': 99}}, 'n'), ({'pipeline': 'work', 'params': {'x': 1}}, 'x'), ({'pipeline': 'need', 'input': '../../etc/passwd'}, 'input'), ({}, 'pipeline'), ({'pipeline': 7}, 'pipeline'), ({'original': {'x': 1}}, 'x'), ({'original': ASKED}, 'pipeline')])
def test_what_the_node_refuses_fails_here_naming_the_field(servers, spec, field):
    there, _, side = servers
    job = side.queue.submit(side.tracker.create_job('x', runner='remote', spec=spec, node=side.directory.get('shed')['id']))
    assert side.end(job).failure.kind == 'invalid' and field in job.error and there.http.get('/jobs').json()['count'] == 0

def test_a_cut_is_told_once_and_nothing_is_missing_or_double_afterwards(servers):
    there, proxy, side = servers
    job = side.ask({'steps': 3, 'gate': str(there.gate), 'more': 'after the cut'})
    until(lambda: 'Progress: 100%' in side.tracker.log_tail(job.id), 'the first half')
    for mode in (proxy.cut, proxy.hang):
        mode()
        until(lambda: job.unreachable_since, 'a note that the node is silent')
        assert job.status == 'running'
        proxy.restore()
        until(lambda: job.unreachable_since is None, 'a note that it is back')
    proxy.cut()
    there.gate.touch()
    there.wait(job.id)
    until(lambda: job.unreachable_since, 'a note that the node is silent')
    proxy.restore()
    assert side.end(job).status == 'completed'
    whole(there, side, job)
    types = [t for t in side.types(job) if t in ('unreachable', 'reachable')]
    assert types == ['unreachable', 'reachable'] * 3
    told = next(e for e in side.tracker.history(job.id) if e.type == 'unreachable')
    assert told.data['problem'] and told.data['since'] <= told.at

def test_what_was_cut_out_of_a_log_there_is_missing_in_the_same_place_here(servers):
    there, proxy, side = servers
    theirs, ours = there.node.tracker.logs, side.tracker.logs
    theirs.cap = 8192
    job = side.ask({'say': 'begin', 'gate': str(there.gate), 'more': 'end'})
    until(lambda: side.tracker.log_tail(job.id) == 'begin\n', 'the first line')
    proxy.cut()
    theirs.append(job.remote_id, 1, b''.join(b'line %d\n' % n for n in range(50_000)))
    there.gate.touch()
    there.wait(job.id)
    proxy.restore()
    assert side.end(job).status == 'completed' and ours.size(job.id, 1) == theirs.size(job.remote_id, 1)
    [cut] = theirs.gaps(job.remote_id, 1)
    assert [(c.start, c.end) for c in ours.gaps(job.id, 1)] == [(cut.start, cut.end)]
    here, there = ([l for l in logs.lines(id, 1) if l.number] for logs, id in ((ours, job.id), (theirs, job.remote_id)))
    assert here == there and (here[0].text, here[-1].text) == ('begin', 'end') and 'bytes cut here' in ours.tail(job.id, 1, 10**6)

def test_a_hiccup_is_not_worth_a_note(servers):
    there, proxy, side = servers
    side.runner.patience = 5.   # on a slow machine even a hiccup takes a while
    job = side.ask({'gate': str(there.gate)})
    until(lambda: any(e.data.get('type') == 'started' for e in side.tracker.history(job.id)), 'its start')
    proxy.cut(), proxy.restore()
    there.gate.touch()
    assert side.end(job).status == 'completed' and 'unreachable' not in side.types(job)
    whole(there, side, job)

@pytest.mark.parametrize('after', [0, 30])
def test_a_submit_whose_answer_is_lost_makes_one_job(servers, after):
    there, proxy, side = servers
    asyncio.run_coroutine_threadsafe(side.directory.check(side.directory.get('shed')), side.queue._loop).result(60)
    with RemoteClient(proxy.url) as client:
        client.health()
        client._service = 'jobtrack-node'   # so that the next answer is the submit's
        proxy.break_answer(after)
        job = client.submit('work', params={'plan': '{}'})
    assert proxy.broken == 1 and [j['id'] for j in there.http.get('/jobs').json()['jobs']] == [job.id]

def test_a_node_that_accepts_and_never_answers_blocks_nobody(servers):
    there, proxy, side = servers
    proxy.hang()
    begun = time.monotonic()
    job = side.ask()
    side.has(job, 'deferred')
    assert time.monotonic() - begun < 12 and job.status == 'pending'
    assert side.cancel(job) and time.monotonic() - begun < 20
    proxy.restore()
    time.sleep(.2)
    assert there.http.get('/jobs').json()['count'] == 0

def test_a_request_that_hangs_half_way_is_found_on_the_node(servers, monkeypatch):
    there, proxy, side = servers
    accept, lost = there.node.submit, []
    async def slow(body):
        answer = await accept(body)
        if not lost:
            lost.append(body)
            await asyncio.sleep(3)   # the job is there, and nobody hears of it
        return answer
    monkeypatch.setattr(there.node, 'submit', slow)
    job = side.ask()
    assert side.end(job).status == 'completed' and len(lost) == 1 and there.http.get('/jobs').json()['count'] == 1
    whole(there, side, job)

def test_a_cancel_stops_what_runs_there_and_says_what(servers):
    there, _, side = servers
    job = side.ask({'gate': str(there.gate), 'helpers': 2})
    until(lambda: side.tracker.log_tail(job.id).count('helper') == 2, 'its helpers')
    pids = [int(l.split()[1]) for l in side.tracker.log_tail(job.id).splitlines()]
    begun = time.monotonic()
    assert side.cancel(job) and time.monotonic() - begun < 9
    assert not any(map(alive, pids))
    receipt = next(e for e in side.tracker.history(job.id) if e.type == 'cancelled').data['receipt']
    assert receipt['confirmed'] and len(receipt['ended']) >= 3 and not receipt['left'] and there.get(job.id)['status'] == 'cancelled'
    whole(there, side, job)

def test_a_cancel_reaches_a_node_that_was_silent_when_it_was_asked_for(servers):
    there, proxy, side = servers
    job = side.ask({'gate': str(there.gate)})
    until(lambda: there.get(job.id).get('status') == 'running', 'its start')
    side.has(job, 'remote')
    for silence in (proxy.hang, proxy.cut):
        silence()
        begun = time.monotonic()
        assert side.cancel(job) is False and time.monotonic() - begun < 9
        assert job.status == 'running'
    proxy.restore()
    assert side.end(job).status == 'cancelled' and there.wait(job.id)['status'] == 'cancelled'
    whole(there, side, job)

def test_a_cancel_on_the_node_itself_and_a_deletion_there(servers):
    there, proxy, side = servers
    job = side.ask({'gate': str(there.gate)})
    side.has(job, 'accepted')
    there.wait(job.id, 'running')
    assert there.http.post(f'/jobs/{job.id}/cancel').status_code == 200
    assert side.end(job).status == 'cancelled'
    job = side.ask({'gate': str(there.gate)})
    side.has(job, 'accepted')
    there.wait(job.id, 'running')
    proxy.cut()
    there.http.post(f'/jobs/{job.id}/cancel'), there.http.delete(f'/jobs/{job.id}')
    proxy.restore()
    assert side.end(job).failure.kind == 'node_lost'

def test_a_node_that_never_comes_back_is_given_up_by_rule(tmp_path):
    with node_at(tmp_path) as there, behind(there.url, tmp_path, node_lost_after=.5) as (proxy, side):
        job = side.ask({'gate': str(tmp_path/'gate')})
        side.has(job, 'remote')
        proxy.cut()
        failure = side.end(job).failure
        assert failure.kind == 'node_lost' and failure.evidence['remote_id'] == job.id and 'still be running' in failure.hint
        (tmp_path/'gate').touch()
        there.wait(job.id)   # it was

def test_why_a_job_waits_is_told(tmp_path):
    with Side(tmp_path) as side:
        job = side.ask(node=None)
        side.has(job, 'waiting')
        assert job.message == 'no node is on record'
        away = side.directory.add('away', url='http://127.0.0.1:9')
        until(lambda: job.message and 'none of 1 is online' in job.message, 'the reason')
        tied = side.ask(node='away')
        until(lambda: tied.message and 'away does not answer' in tied.message, 'the reason of a job that is tied to a node')
        side.directory.remove(away['id'])
        until(lambda: 'no longer on record' in tied.message, 'the reason when the node is gone')
        with node_at(tmp_path) as there:
            side.directory.add('shed', url=there.url)
            assert side.end(job).status == 'completed' and side.directory.get('shed')['id'] == job.node
        side.cancel(tied)

def test_a_job_goes_to_a_node_that_offers_it_and_has_the_least_to_do(tmp_path):
    with node_at(tmp_path/'a') as a, node_at(tmp_path/'b') as b, Served(health_app({'status': 'ok', 'service': 'jobtrack-node'}, ['sew'])) as other, Side(tmp_path) as side:
        for name, url in (('a', a.url), ('b', b.url), ('0ther', other.url)): side.directory.add(name, url=url)
        end = side.directory.start(.2)
        until(lambda: all(side.directory.is_online(n) for n in side.directory.list()), 'looks at all')
        jobs = []
        for _ in range(4):
            jobs.append(side.ask({'gate': str(tmp_path/'gate')}, node=None))
            side.has(jobs[-1], 'accepted')
        assert sorted(side.directory.get(j.node)['name'] for j in jobs) == ['a', 'a', 'b', 'b']
        (tmp_path/'gate').touch()
        assert {side.end(j).status for j in jobs} == {'completed'}
        end()

# --- those who die

def test_this_side_dies_at_any_step_and_goes_on(tmp_path):
    "The queue is stopped in the middle, with its loop; another one takes up what is on record."
    with node_at(tmp_path) as there:
        with Side(tmp_path) as side:
            side.directory.add('shed', url=there.url)
            job = side.ask({'steps': 3, 'gate': str(tmp_path/'gate'), 'more': 'second half'})
            until(lambda: 'Progress: 100%' in side.tracker.log_tail(job.id), 'the first half')
        with Side(tmp_path) as side:
            side.has(job, 'adopted')
        (tmp_path/'gate').touch()
        there.wait(job.id)
        with Side(tmp_path) as side:
            job = side.end(job)
            assert job.status == 'completed' and there.http.get('/jobs').json()['count'] == 1
            whole(there, side, job)

@pytest.mark.parametrize('stage', ['sent', 'arrived', 'accepted'])
def test_a_crash_around_the_sending(tmp_path, stage):
    "What is on record after dying at each step of the sending, and what the next one makes of it."
    with node_at(tmp_path) as there:
        tracker = JobTracker(f'sqlite:///{tmp_path}/manager.db')
        directory = NodeDirectory(tracker.store)
        node = directory.add('shed', url=there.url)
        queue = JobQueue(tracker, RemoteRunner(directory, tracker))   # never started
        job = queue.submit(tracker.create_job('work', runner='remote', spec={'pipeline': 'work', 'params': {'plan': '{}'}}))
        tracker.mark_running(job.id)
        tracker.note(job.id, 'sent', {'node': node['id'], 'name': 'shed', 'picked': True, 'remote_id': job.id}, node=node['id'], remote_id=job.id)
        if stage != 'sent':
            with RemoteClient(there.url) as client: client.submit('work', params={'plan': '{}'}, id=job.id, name='work')
        if stage == 'accepted': tracker.note(job.id, 'accepted', {'remote_id': job.id}, remote_id=job.id)
        tracker.close()
        with Side(tmp_path) as side:
            assert side.end(job).status == 'completed' and there.http.get('/jobs').json()['count'] == 1
            whole(there, side, side.tracker.get_job(job.id))

def test_a_node_is_killed_and_comes_back(tmp_path):
    with CutProxy('http://127.0.0.1:9') as proxy, Side(tmp_path) as side:
        side.directory.add('shed', url=proxy.url)
        with node_process(tmp_path) as there:
            proxy.target = ('127.0.0.1', urlsplit(there.url).port)
            job = side.ask({'steps': 3, 'gate': str(tmp_path/'gate'), 'more': 'second half', 'exit': 3})
            until(lambda: 'Progress: 100%' in side.tracker.log_tail(job.id), 'the first half')
            there.process.kill(), there.process.wait()
        until(lambda: job.unreachable_since, 'a note that the node is silent')
        (tmp_path/'gate').touch()
        with node_process(tmp_path) as there:
            proxy.target = ('127.0.0.1', urlsplit(there.url).port)
            assert side.end(job).failure.exit_code == 3
            assert job.unreachable_since is None and side.tracker.log_tail(job.id).splitlines()[-1] == 'second half'
            whole(there, side, job)

# --- the client, against a node of ours

def test_the_clients_events_and_files_outlive_cuts(servers, tmp_path):
    there, proxy, _ = servers
    big = 'x' * 90_000
    with RemoteClient(proxy.url) as client:
        src = tmp_path/'in.txt'
        src.write_text('hello')
        job = client.submit('need', src, {'plan': json.dumps({'steps': 3, 'gate': str(there.gate), 'files': {'sub/ö#?%.txt': big}})})
        told, cuts = [], iter(range(2))
        def cut(): proxy.cut(), time.sleep(.3), proxy.restore()
        for e in client.events(job.id):
            told.append(e)
            if e.type == 'started' and next(cuts, None) is not None:
                threading.Thread(target=lambda: (cut(), there.gate.touch())).start()
        assert [e.seq for e in told if e.seq] == [e.seq for e in client.history(job.id)] and told[-1].type == 'completed'
        proxy.break_answer(50_000)
        got = client.download(job.id, to=tmp_path/'got')
        assert got == tmp_path/'got/sub/ö#?%.txt' and got.read_text() == big and proxy.broken == 1
        assert client.log_tail(job.id, 1) == 'Progress: 100%\n' and client.logs(job.id, 10).size == len(client.log_tail(job.id).encode())
        assert client.cancel(job.id).status == 'completed'
        client.check({'pipeline': 'need', 'input': 'input_videos/in.txt', 'params': {}})
        with pytest.raises(InvalidInput) as e: client.check({'pipeline': 'need', 'params': {}})
        assert e.value.field == 'input'
        client.delete(job.id)
        assert client.get_job(job.id) is None

def test_a_file_that_changed_on_the_node_is_found_out(servers, tmp_path):
    there, _, _ = servers
    with RemoteClient(there.url) as client:
        job = client.wait(client.submit('work', params={'plan': json.dumps({'files': {'a.txt': 'right'}})}).id, 60)
        out, = there.node.tracker.get_job(job.id).outputs
        with open(out.path, 'w') as f: f.write('wrong')
        with pytest.raises(JobtrackError, match='other content'): client.download(job.id, tmp_path/'got', 'a.txt')
        assert not (tmp_path/'got/a.txt').exists()

# --- addresses that cannot be used

@pytest.mark.parametrize('url', ['http://127.0.0.1:9/my node', 'http://h..x:1/', f'http://{"a"*70}:1/', 'http://h:1/' + 'a'*3000, 'http://h:1/\x7f', 'http://[::1:9', 'http://h:1/\ud800', 'http://.:1'])
@pytest.mark.parametrize('how', ['add', 'update'])
def test_an_address_that_cannot_be_used_is_never_on_record(url, how):
    d = NodeDirectory(JobTracker().store)
    shed = d.add('shed', url='http://gpu-3:9090')
    with pytest.raises(InvalidInput) as e:
        if how == 'add': d.add('odd', url=url)
        else: d.update(shed['id'], url=url)
    assert e.value.field == 'url' and d.list() == [shed] == d.store.list_nodes()

@pytest.mark.parametrize('host', ['h..x', 'a'*70, '.', 'my node', 'h:1', 'http://h', 'h/x'])
def test_a_host_that_cannot_be_is_never_on_record(host):
    d = NodeDirectory(JobTracker().store)
    with pytest.raises(InvalidInput) as e: d.add('odd', host=host)
    assert e.value.field == 'host' and d.list() == []

BAD_ROWS = [{'id': 'b1', 'name': 'space', 'url': 'http://127.0.0.1:9/my node', 'host': '127.0.0.1', 'apiPort': 9}, {'id': 'b2', 'name': 'odd', 'url': 'http://h..x:1', 'host': 'h..x', 'apiPort': 1},
            {'id': 'b3', 'name': 'bare'}, {'id': 'b4', 'name': 'x', 'url': 'nonsense', 'host': None}, {'id': 'b5', 'name': '', 'url': 'http://h:99999'}]

def test_bad_rows_on_record_stop_neither_the_others_nor_the_watcher(database, caplog):
    app = health_app({'status': 'ok', 'service': 'jobtrack-node'}, ['cut'])
    tracker = JobTracker(database)
    for row in BAD_ROWS: tracker.store.put_node(row)
    with Served(app) as server:
        NodeDirectory(tracker.store).add('shed', url=server.url)
        d = NodeDirectory(tracker.store)   # as after a restart
        end = d.start(.05)
        until(lambda: d.is_online(d.get('shed')) and all(d.state(n).online is False for n in d.list() if n['name'] != 'shed'), 'a look at all')
        assert d.pick('cut')['name'] == 'shed' and all(d.state(d.get(row['id'])).problem for row in BAD_ROWS) and repr(d)
        looks = len(app.asked)
        until(lambda: len(app.asked) > looks + 2, 'the watcher to go on')
        d.update('b1', url='http://127.0.0.1:9')
        for row in BAD_ROWS[1:]: d.remove(row['id'])
        assert sorted(n['name'] for n in d.list()) == ['shed', 'space']
        end()
    tracker.close()

def test_the_watcher_survives_whatever_happens_and_says_so(monkeypatch, caplog):
    app = health_app({'status': 'ok', 'service': 'jobtrack-node'})
    with Served(app) as server:
        d = NodeDirectory(JobTracker().store)
        d.add('shed', url=server.url)
        listed, trouble = d.list, [RuntimeError('no idea'), StopIteration()]
        def list():
            if trouble: raise trouble.pop()
            return listed()
        monkeypatch.setattr(d, 'list', list)
        end = d.start(.02)
        until(lambda: len(app.asked) > 1, 'looks after the trouble')
        end()
    assert 'could not be checked' in caplog.text and 'no idea' in caplog.text

# --- programs that print all the time

CHATTER = '''
import os, sys, time
gate, n = sys.argv[1], 0
while not os.path.exists(gate) and n < 60_000:
    n += 1
    print(f'Progress: {min(99, n//20)}%' + '.'*100, flush=True)
    time.sleep(.001)
'''

def test_a_program_that_prints_all_the_time_hides_neither_its_progress_nor_a_cancel(tmp_path):
    (tmp_path/'chatter.py').write_text(CHATTER)
    gate = tmp_path/'gate'
    (tmp_path/'p.toml').write_text(f'name = "chatter"\ninput = "none"\nargv = ["{{python}}", "{tmp_path}/chatter.py", "{gate}"]\nprogress = {{formats = ["percent"]}}\n')
    def told(side, job, there, n):
        until(lambda: (there.get(job.id).get('job', {}).get('progress') or 0) >= n, f'{n} % on the node')
        until(lambda: (job.progress or 0) >= n, f'{n} % here', deadline=5)
        assert job.status == 'running'
    with node_at(tmp_path, tmp_path/'p.toml') as there:
        with behind(there.url, tmp_path) as (proxy, side):
            job = side.queue.submit(side.tracker.create_job('chatter', runner='remote', spec={'pipeline': 'chatter'}, node=side.directory.get('shed')['id']))
            for n in (1, 20, 40): told(side, job, there, n)
            assert side.tracker.logs.size(job.id, 1) > 10_000, 'the log is copied meanwhile'
            gate.touch()
            assert side.end(job).status == 'completed'
            whole(there, side, job)
            gate.unlink()
            job = side.queue.submit(side.tracker.create_job('chatter', runner='remote', spec={'pipeline': 'chatter'}, node=side.directory.get('shed')['id']))
            told(side, job, there, 1)
            lost, accept = [], there.node.tracker.cancel_job
            async def forget(job_id):
                if len(lost) < 2: lost.append(job_id)
                else: return await accept(job_id)
            there.node.tracker.cancel_job = forget
            side.cancel(job)
            assert side.end(job, 20).status == 'cancelled' and len(lost) == 2
