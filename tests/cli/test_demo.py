"`jobtrack demo`: on a terminal and without one, with good and bad recordings, interrupted, killed, kept. Nothing is left of it, however it ends."
import importlib.util, os, pty, re, select, signal, subprocess, sys, time, wave
from importlib.resources import files
from contextlib import suppress

import httpx, psutil, pytest
from helpers import until
from typer.testing import CliRunner
from cjm_jobtrack.cli import demo as cli_demo
from cjm_jobtrack.cli.main import app
from cjm_jobtrack.cli.app import Exit

WORDS = ['one two three four five', 'nothing was lost on the way']

class Demo:
    "A demo in a process of its own, with a folder of its own for temporary files."
    def __init__(self, folder, *words, terminal=False):
        self.tmp, self.seen, self.ours = folder/'tmp', b'', pty.openpty() if terminal else None
        self.tmp.mkdir()
        env = {k: v for k, v in os.environ.items() if k not in ('NO_COLOR', 'COLUMNS')} | {'TMPDIR': str(self.tmp), 'TERM': 'xterm', 'JOBTRACK_TOKEN': 'of somebody', 'JOBTRACK_URL': 'http://elsewhere:1'}
        out = self.ours[1] if terminal else subprocess.PIPE
        self.p = subprocess.Popen([sys.executable, '-P', '-m', 'cjm_jobtrack.cli', 'demo', *map(str, words)], stdin=subprocess.DEVNULL, stdout=out, stderr=out if terminal else subprocess.STDOUT, env=env)
        self.fd = self.ours[0] if terminal else self.p.stdout.fileno()
        if terminal: os.close(self.ours[1])

    def read(self) -> bytes:
        "What there is; b'' at the end."
        try: data = os.read(self.fd, 65536)
        except OSError: data = b''   # a terminal whose other end is closed
        self.seen += data
        return data

    def until(self, text, deadline=240):
        "Read until it has printed this; answer all that was printed so far."
        end = time.monotonic() + deadline
        while not re.search(text, self.text):
            ready, _, _ = select.select([self.fd], [], [], max(0, end-time.monotonic()))
            assert ready and self.read(), f'{text!r} did not come: {self.text}'
        return self.text

    def end(self) -> tuple[int, str]:
        while self.read(): pass
        return self.p.wait(60), self.text

    @property
    def text(self) -> str: return self.seen.decode(errors='replace')

    def servers(self): return [p for p in psutil.Process(self.p.pid).children()]

    def nothing_left(self, family):
        gone, alive = psutil.wait_procs(family, timeout=60)
        assert alive == [] and list(self.tmp.iterdir()) == []

@pytest.fixture
def demo(tmp_path):
    made = []
    def begin(*words, **kw):
        made.append(Demo(tmp_path, *words, **kw))
        return made[-1]
    yield begin
    for d in made:
        d.p.kill()
        d.p.wait(60)
        if d.ours: os.close(d.fd)
        else: d.p.stdout.close()

@pytest.fixture
def recording(tmp_path):
    "The shipped recording, said three times, so that there is time to interrupt it."
    with wave.open(str(files('cjm_jobtrack')/'pipelines'/'builtin'/'recording.wav')) as w: params, data = w.getparams(), w.readframes(w.getnframes())
    with wave.open(str(tmp_path/'mine.wav'), 'wb') as w:
        w.setparams(params)
        w.writeframes(data * 3)
    return tmp_path/'mine.wav'

def family(pid): return [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]

def in_order(text, *words):
    at = [text.index(w) for w in words]
    assert at == sorted(at), dict(zip(words, at))

# --- the whole of it

def test_demo_without_a_terminal(demo):
    d = demo()
    status, text = d.end()
    assert status == 0, text
    for words in WORDS: assert words in text
    in_order(text, 'running', 'completed', *WORDS, 'What happened when', 'created', 'sent', 'started', 'finished', 'fetched')
    line = re.compile(r'^\d\d:\d\d:\d\d\.\d{3}  (\w+)(?: +\+([\d.]+) s)?', re.M)
    steps = line.findall(text.split('What happened when')[1])
    assert [s for s, _ in steps] == ['created', 'sent', 'started', 'finished', 'fetched'] and all(float(t) < 60 for _, t in steps[1:])
    assert '\x1b' not in text
    d.nothing_left([])

def test_demo_on_a_terminal_shows_a_bar_that_moves(demo):
    status, text = demo(terminal=True).end()
    assert status == 0, text
    percents = [int(n) for n in re.findall(r'(\d+) %', text)]
    assert percents == sorted(percents) and len(set(percents)) >= 4 and percents[-1] == 100 and '━' in text
    in_order(re.sub(r'\x1b\[[0-9;?]*[A-Za-z]', '', text), 'completed', *WORDS, 'fetched')

def test_demo_with_a_recording_of_ones_own(demo, recording):
    status, text = demo('--file', recording).end()
    assert status == 0 and text.count('the meeting is on monday') == 3 and 'mine.wav' in text and 'mine.txt' in text, text

# --- recordings that are none

@pytest.mark.parametrize('name, content, status, words', [
    ('absent.wav', None, Exit.USAGE, ['`file`', 'does not exist']), ('notes.txt', b'hello', Exit.USAGE, ['`file`', '.wav']),
    ('empty.wav', b'', Exit.FAILED, ['failed', 'empty.wav', 'Check the input']), ('noise.wav', b'no recording at all' * 99, Exit.FAILED, ['failed', 'noise.wav', 'Check the input'])])
def test_what_is_no_recording(demo, tmp_path, name, content, status, words):
    if content is not None: (tmp_path/name).write_bytes(content)
    d = demo('--file', tmp_path/name)
    assert d.end()[0] == status, d.text
    for w in words: assert w in d.text
    assert 'Traceback' not in d.text
    d.nothing_left([])

def test_without_the_extra_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(importlib.util, 'find_spec', lambda name: None)
    r = CliRunner().invoke(app, ['demo'])
    assert (r.exit_code, r.stdout) == (Exit.FAILED, '') and "pip install 'cjm-jobtrack[demo]'" in r.stderr and r.stderr.count('\n') == 1

# --- interrupted

@pytest.mark.parametrize('how, status', [(signal.SIGINT, Exit.INTERRUPTED), (signal.SIGTERM, 128 + signal.SIGTERM)])
@pytest.mark.parametrize('when', ['listen|node at', r'running [1-5]0 %'])
def test_interrupted_it_leaves_nothing(demo, recording, how, status, when):
    d = demo('--file', recording)
    d.until(when)
    there = family(d.p.pid)
    assert len(there) >= 3
    d.p.send_signal(how)
    code, text = d.end()
    assert (code, 'Traceback' in text) == (status, False), text
    d.nothing_left(there)

def test_interrupted_while_it_starts(demo):
    d = demo()
    until(lambda: d.servers(), 'its first server')
    there = family(d.p.pid)
    d.p.send_signal(signal.SIGINT)
    assert d.end()[0] == Exit.INTERRUPTED and 'Traceback' not in d.text, d.text
    d.nothing_left(there)

def test_killed_its_servers_stop_by_themselves(demo, recording):
    d = demo('--file', recording)
    d.until('running')
    servers, there = d.servers(), family(d.p.pid)
    assert len(servers) == 2
    d.p.kill()
    d.end()
    assert psutil.wait_procs(servers, timeout=60)[1] == []
    for p in there:   # the job outlives its node, as jobs do
        with suppress(psutil.NoSuchProcess): p.kill()

# --- kept

def test_keep_leaves_the_servers_until_ctrl_c(demo):
    d = demo('--keep')
    url = re.search(r'page is at (http://127\.0\.0\.1:\d+/)', d.until('Ctrl-C stops it'))[1]
    assert d.p.poll() is None and '<html' in httpx.get(url, timeout=60).text
    there = family(d.p.pid)
    job = httpx.get(f'{url}jobs', timeout=60).json()['jobs'][0]['job']
    assert job['status'] == 'completed'
    body = {'pipeline': 'transcribe', 'input': job['spec']['input']}   # one that is running at the end is not left behind
    httpx.post(f'{url}jobs', json=body, timeout=60).raise_for_status()
    d.p.send_signal(signal.SIGINT)
    assert d.end()[0] == 0, d.text
    d.nothing_left(there)

def test_what_was_begun_is_ended_on_sigterm_and_the_handlers_come_back():
    before, ended = signal.getsignal(signal.SIGTERM), []
    with pytest.raises(SystemExit) as e, cli_demo._cleaning_up() as stack:
        stack.callback(lambda: ended.append(signal.getsignal(signal.SIGTERM)))
        signal.raise_signal(signal.SIGTERM)
    assert e.value.code == 128 + signal.SIGTERM and ended == [signal.SIG_IGN]
    assert signal.getsignal(signal.SIGTERM) is before
