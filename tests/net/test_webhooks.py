"Receivers that fail, hang, redirect and talk too much; servers that are killed between two steps."
import asyncio, random, socket, stat, threading, time
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import pytest
from fastapi.testclient import TestClient
from standardwebhooks import Webhook as Signer
from typer.testing import CliRunner
from cjm_jobtrack.cli.main import app
from cjm_jobtrack.model.errors import InvalidInput
from cjm_jobtrack.model.job import now
from cjm_jobtrack.net.manager import Manager
from cjm_jobtrack.net.webhooks import WebhookSender, new_webhook, resolve
from cjm_jobtrack.store.store import JobStore
from cjm_jobtrack.tracker.tracker import JobTracker

class FastClock:
    "Goes on by itself, an hour at each look."
    def __init__(self): self.at = datetime.fromisoformat(now())
    def __call__(self):
        self.at += timedelta(hours=1)
        return self.at.isoformat(timespec='microseconds')

@pytest.fixture
def store(tmp_path):
    with JobStore(f'sqlite:///{tmp_path}/jobs.db') as s: yield s

@pytest.fixture
def receiver():
    "Answers as `plan` says: a status, and headers. What came is in `got`."
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers['content-length']))
            server.got.append((dict(self.headers), body))
            server.answer(self)
        def do_GET(self): server.got.append('GET')
        def log_message(self, *_): pass
    server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    server.daemon_threads, server.got = True, []
    def answer(handler, status=204, **headers):
        handler.send_response(status)
        for k, v in headers.items(): handler.send_header(k.replace('_', '-'), v)
        handler.end_headers()
    server.answer = server.plain = answer
    server.url = f'http://127.0.0.1:{server.server_port}/hook'
    thread = threading.Thread(target=server.serve_forever, kwargs={'poll_interval': .02})
    thread.start()
    yield server
    server.shutdown(), server.server_close(), thread.join()

def add(store, name='desk', url='http://127.0.0.1:9/', **options):
    hook = new_webhook(name, url, is_private=True, **options)
    assert store.add_webhook(hook)
    return hook

def ends(store, n=1):
    with JobTracker(store) as tracker:
        for i in range(n): tracker.mark_failed(tracker.create_job(f'j{i}').id, 'no')

def only(store): return store.list_webhooks()[0]

def drain(sender, store):
    async def work():
        while await sender.step(only(store)): pass
    asyncio.run(work())

def test_all_arrive_at_a_receiver_that_fails_one_time_in_three(store):
    chance, got, clock = random.Random(1), [], FastClock()
    async def send(hook, body, headers):
        if chance.random() < .3: return chance.choice([(500, 0.), (429, 60.), (302, 0.)])
        got.append(headers['webhook-id'])
        return 204, 0.
    add(store), ends(store, 1000)
    async def work():
        sender = WebhookSender(store, send=send, clock=clock)
        while only(store).cursor < store.last_seq(): await sender.step(only(store))
    asyncio.run(work())
    assert len({*got}) == 1000 and only(store).first_skipped is None

def test_a_server_that_dies_before_it_notes_a_delivery_sends_it_again_with_the_same_id(store):
    sent = []
    async def send(hook, body, headers):
        sent.append(headers['webhook-id'])
        if len(sent) == 1: raise KeyboardInterrupt
        return 200, 0.
    add(store), ends(store)
    with pytest.raises(KeyboardInterrupt): drain(WebhookSender(store, send=send), store)
    drain(WebhookSender(store, send=send), store)
    assert len(sent) == 2 and len({*sent}) == 1 and only(store).cursor == store.last_seq()

def test_one_that_is_gone_is_told_no_more(store, receiver):
    receiver.answer = lambda h: receiver.plain(h, 410)
    add(store, url=receiver.url), ends(store, 2)
    drain(WebhookSender(store), store)
    assert len(receiver.got) == 1 and only(store).is_disabled and '410' in only(store).problem

def test_a_redirect_is_not_followed(store, receiver):
    receiver.answer = lambda h: receiver.plain(h, 307, Location=receiver.url)
    add(store, url=receiver.url), ends(store)
    drain(WebhookSender(store), store)
    assert len(receiver.got) == 1 and '307' in only(store).problem

def test_a_pause_that_is_asked_for_is_kept(store, receiver):
    receiver.answer = lambda h: receiver.plain(h, 503, Retry_After='3600')
    add(store, url=receiver.url), ends(store)
    drain(WebhookSender(store), store)
    wait = datetime.fromisoformat(only(store).due_at) - datetime.fromisoformat(now())
    assert 3500 < wait.total_seconds() <= 3600

def test_an_endless_answer_is_not_read(store, receiver):
    def endless(handler):
        receiver.plain(handler, 200)
        try:
            while True: handler.wfile.write(b'x' * 65536)
        except OSError: pass
    receiver.answer = endless
    add(store, url=receiver.url), ends(store)
    drain(WebhookSender(store), store)
    assert only(store).cursor == store.last_seq()

def test_garbage_is_a_failure_that_is_named(store):
    with socket.create_server(('127.0.0.1', 0)) as s:
        def answer():
            con, _ = s.accept()
            con.recv(65536), con.sendall(b'\0garbage\r\n\r\n'), con.close()
        thread = threading.Thread(target=answer)
        thread.start()
        add(store, url=f'http://127.0.0.1:{s.getsockname()[1]}/'), ends(store)
        drain(WebhookSender(store), store)
        thread.join()
    assert only(store).problem and only(store).tries == 1

def test_one_that_hangs_does_not_hold_up_another(store):
    quick = []
    async def send(hook, body, headers):
        if hook.name == 'hangs': await asyncio.sleep(3600)
        quick.append(hook.name)
        return 200, 0.
    add(store, 'hangs'), add(store, 'quick'), ends(store, 3)
    async def work():
        task = asyncio.ensure_future(WebhookSender(store, send=send).run())
        async with asyncio.timeout(20):
            while len(quick) < 3: await asyncio.sleep(.02)
        task.cancel()
        await asyncio.wait([task])
    asyncio.run(work())
    assert quick == ['quick']*3

def test_what_was_given_up_can_be_replayed(store, tmp_path):
    async def never(hook, body, headers): return 500, 0.
    add(store), ends(store)
    clock = FastClock()
    async def work():
        sender = WebhookSender(store, send=never, clock=clock)
        while only(store).first_skipped is None:
            clock.at += timedelta(days=1)
            await sender.step(only(store))
    asyncio.run(work())
    skipped = only(store).first_skipped
    result = CliRunner().invoke(app, ['webhooks', 'replay', 'desk', '--store', str(tmp_path/'jobs.db')])
    assert result.exit_code == 0, result.output
    assert only(store).cursor == skipped - 1 and only(store).failing_since is None

@pytest.mark.parametrize('url', ['ftp://x/', 'http://u:p@x.org/', 'http://127.0.0.1/', 'http://[::1]/', 'http://10.0.0.1/', 'http://169.254.169.254/'])
def test_addresses_that_are_refused(url):
    with pytest.raises(InvalidInput, match='url'): new_webhook('x', url)

@pytest.mark.parametrize('name', ['localhost', '2130706433', '0x7f.1', '127.1'])
def test_names_of_this_machine_are_refused_when_something_is_sent(name):
    "Whatever the resolver makes of them."
    with pytest.raises(OSError): asyncio.run(resolve(name, 80, False))

def test_a_manager_tells_and_keeps_its_health(tmp_path, receiver):
    manager = Manager(tmp_path/'data')
    dead = add(manager.tracker.store, 'dead')
    live = add(manager.tracker.store, 'live', receiver.url)
    with TestClient(manager.app, base_url='http://127.0.0.1') as http:
        ends_at = time.monotonic() + 20
        job = manager.tracker.create_job('talk')
        manager.tracker.mark_failed(job.id, 'no')
        while time.monotonic() < ends_at:
            health = http.get('/health')
            if receiver.got and 'webhook dead has failed since' in health.text: break
            time.sleep(.05)
        assert health.status_code == 200 and 'webhook dead has failed since' in health.text
        assert dead.secret not in health.text and live.secret not in health.text
    headers, body = receiver.got[0]
    assert Signer(live.secret).verify(body, headers)['data']['job']['id'] == job.id

def test_a_version_4_record_is_upgraded(tmp_path):
    url = f'sqlite:///{tmp_path}/old.db'
    with JobStore(url) as s, s._transaction(write=True) as con:
        con.exec_driver_sql('DROP TABLE webhooks')
        con.exec_driver_sql("UPDATE jobtrack_meta SET value = '4' WHERE key = 'schema_version'")
    with JobStore(url) as s: assert s.list_webhooks() == []

def test_the_command_line_prints_a_secret_once(tmp_path):
    record = str(tmp_path/'jobs.db')
    JobStore(f'sqlite:///{record}').close()
    def say(*words): return CliRunner().invoke(app, ['webhooks', *words, '--store', record])
    secret = say('add', 'desk', 'https://example.org/jobs').output.strip()
    assert secret.startswith('whsec_')
    listed = say('list', '--json').output
    assert 'https://example.org/jobs' in listed and secret not in listed
    assert say('add', 'desk', 'https://example.org/jobs').exit_code != 0
    assert say('remove', 'desk').exit_code == 0 and 'desk' not in say('list').output

def test_a_record_with_secrets_and_its_backup_are_for_the_owner_alone(tmp_path):
    with JobStore(tmp_path/'jobs.db') as store:
        assert store.add_webhook(new_webhook('desk', 'https://example.org/hook'))
        store.backup(tmp_path/'copy.db')
        assert {p.name: stat.S_IMODE(p.stat().st_mode) for p in tmp_path.glob('*.db*')} == dict.fromkeys([p.name for p in tmp_path.glob('*.db*')], 0o600)
