"An engine that keeps us waiting: whoever closes leaves no thread behind, however far an answer has come."
import http.server, json, socketserver, threading, time
from contextlib import contextmanager

import pytest
from cjm_jobtrack.tracker.tracker import JobTracker
from cjm_jobtrack.containers.engine import CancellableRequest, Engine
from cjm_jobtrack.containers.images import pull_image
from cjm_jobtrack.containers.output import AttachReader, _read_log
from cjm_jobtrack.containers.docker import DockerRunner
from helpers import until

class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads, request_queue_size = True, 100

@contextmanager
def slow_engine(tmp_path, head:bool, first:bytes=b''):
    "A socket at which an engine says who it is, and to all else the head of an answer, if that, and its first bytes; `asked` grows."
    over, asked = threading.Event(), []
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = json.dumps({'ApiVersion': '1.41', 'Version': '25', 'ID': 'x'}).encode()
            if self.path.endswith('/version'):
                self.send_response(200)
                self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                return self.wfile.write(body)
            asked.append(self.path)
            if head:
                self.send_response(200)
                self.send_header('Content-Type', 'application/vnd.docker.raw-stream')
                self.end_headers()
                self.wfile.write(first)
            over.wait()
        do_POST = do_GET
        def address_string(self): return 'here'
        def log_message(self, *args): pass
    server = Server(str(tmp_path/'engine.sock'), Handler)
    serving = threading.Thread(target=server.serve_forever, args=(.01,))
    serving.start()
    try: yield f'unix://{tmp_path}/engine.sock', asked
    finally:
        over.set()
        server.shutdown()
        server.server_close()
        serving.join()

def left(before): return [t.name for t in {*threading.enumerate()} - before if t.name.startswith('jobtrack')]

@pytest.fixture(params=[(False, b''), (True, b''), (True, b'\1\0\0\0\0\0\0\5hel')], ids=['no head', 'head', 'half a frame'])
def silent(request, tmp_path):
    with slow_engine(tmp_path, *request.param) as (url, asked): yield url, asked, {*threading.enumerate()}

def test_an_attached_reader_is_closed_with_its_runner(silent, tmp_path):
    url, asked, before = silent
    with JobTracker(f'sqlite:///{tmp_path}/jobs.db') as tracker:
        runner = DockerRunner(tmp_path/'docker', tracker.logs, base_url=url)
        runner.containers._attached['x'] = reader = AttachReader(runner.engine.api(), 'x')
        until(lambda: asked, 'the question')
        runner.close()
        assert reader.stream.has_ended and not [n for n in left(before) if n.startswith('jobtrack-docker')]

def test_a_question_is_hung_up_with_its_engine(silent):
    url, asked, before = silent
    engine = Engine(url)
    def read(api):
        with CancellableRequest(api).open('get', '/containers/x/logs', {}) as answer: return b''.join(answer.raw.stream(decode_content=False))
    begun = engine.threads.submit(engine.call, read)
    until(lambda: asked, 'the question')
    start = time.monotonic()
    engine.close()
    assert begun.done() and not left(before) and time.monotonic() - start < 9

def test_a_log_that_is_read_to_its_end_is_hung_up_with_its_engine(silent):
    url, asked, before = silent
    engine = Engine(url)
    begun = engine.threads.submit(engine.call, lambda api: _read_log(api, 'x', print))
    until(lambda: asked, 'the question')
    engine.close()
    assert begun.done() and not left(before)

@pytest.mark.parametrize('when', ['at once', 'asked'])
def test_a_pull_that_is_broken_off_leaves_no_thread(silent, when):
    url, asked, before = silent
    engine, held, enough = Engine(url), [], threading.Event()
    engine.api()
    pulling = threading.Thread(target=lambda: engine.call(lambda api: pull_image(api, 'x', print, enough.is_set, held.append)))
    pulling.start()
    until(lambda: held and (asked or when == 'at once'), 'the question')
    enough.set()
    held[0].close()
    pulling.join(20)
    assert not pulling.is_alive()
    engine.close()

def test_closing_waits_within_a_bound(tmp_path):
    "For an ordinary question, which has a time limit of its own."
    with slow_engine(tmp_path, head=False) as (url, asked):
        engine = Engine(url, timeout=3.)
        begun = engine.threads.submit(engine.call, lambda api: api.containers())
        until(lambda: asked, 'the question')
        start = time.monotonic()
        engine.close(timeout=.2)
        assert time.monotonic() - start < 2.5
        until(begun.done, 'the end of its patience', 20)
