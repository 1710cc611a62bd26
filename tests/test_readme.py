"""README.md as a reader follows it: every cell in one notebook and every line of shell, from top to bottom, on a machine without a Docker engine."""
import os, queue, re, shlex, shutil, subprocess, sys, time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx, imageio_ffmpeg, pytest
from browser import free_port, until
from jupyter_client.manager import start_new_kernel

NOT_HERE = ('pip ', 'make ')   # the network, and what other tests run

def blocks(text) -> list[tuple[str, str]]:
    "The code of a page in order: `python` with a whole cell, `sh` with a line."
    found = re.findall(r'^```(python|sh)\n(.*?)^```$', text, re.MULTILINE | re.DOTALL)
    return [(kind, part) for kind, code in found for part in ([code] if kind == 'python' else code.splitlines())]

@contextmanager
def kernel(folder, env):
    manager, client = start_new_kernel(cwd=str(folder), env=env)
    try: yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel()

def run_cell(client, source, patience=120.) -> list[dict]:
    "What the outputs of a cell hold."
    asked, end, outputs = client.execute(source), time.monotonic() + patience, []
    while time.monotonic() < end:
        try: message = client.get_iopub_msg(timeout=1)
        except queue.Empty: continue
        content = message['content']
        if message['parent_header'].get('msg_id') != asked: continue
        assert message['msg_type'] != 'error', source + '\n'.join(content['traceback'])
        if 'data' in content: outputs.append(content['data'])
        if content.get('execution_state') == 'idle': return outputs
    raise AssertionError(f'not within {patience} s:\n{source}')

class Shell:
    "Runs lines as a reader would: servers in windows of their own, everything else to its end."
    def __init__(self, folder, env, ports): self.folder, self.env, self.ports, self.servers, self.printed = folder, env, ports, [], {}

    def run(self, line):
        words = shlex.split(line, comments=True)
        if not words or line.startswith(NOT_HERE): return
        if words[1] in self.ports: self.serve(words)
        else:
            env = self.env if self.servers else self.env | {'JOBTRACK_URL': ''}   # nobody names a manager before there is one
            done = subprocess.run(words, cwd=self.folder, env=env, capture_output=True, text=True, timeout=120)
            assert done.returncode == 0, f'{line}\n{done.stdout}{done.stderr}'
            self.printed.setdefault(words[1], []).append(done.stdout)

    def serve(self, words):
        port = self.ports[words[1]]
        if '--port' not in words: words += ['--port', port]
        self.servers.append(subprocess.Popen(words, cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        def answers():
            assert self.servers[-1].poll() is None, words
            try: return httpx.get(f'http://127.0.0.1:{port}/health', timeout=5).is_success
            except httpx.TransportError: return False
        until(answers, f'{words} answers')

    def close(self):
        for p in reversed(self.servers):
            p.terminate()
            p.wait(30)

@pytest.mark.timeout(400)
def test_readme_from_top_to_bottom(root, tmp_path):
    ports = {'node': str(free_port()), 'manager': str(free_port())}
    text = (root/'README.md').read_text()
    for usual, port in {'9090': ports['node'], '3001': ports['manager']}.items(): text = text.replace(usual, port)
    home, talks, programs = tmp_path/'home', tmp_path/'talks', tmp_path/'bin'
    for folder in (home/'talks', talks, programs): folder.mkdir(parents=True)
    (home/'talks'/'talk.mp4').touch()
    (programs/'ffmpeg').symlink_to(imageio_ffmpeg.get_ffmpeg_exe())
    for talk in (tmp_path/'talk.wav', talks/'monday.wav', talks/'tuesday.wav'): shutil.copy(root/'cjm_jobtrack'/'pipelines'/'builtin'/'recording.wav', talk)
    env = {k: v for k, v in os.environ.items() if not k.startswith(('JOBTRACK_', 'XDG_', 'DOCKER_'))} | {
        'HOME': str(home), 'DOCKER_HOST': f'unix://{tmp_path}/no-engine.sock', 'JOBTRACK_URL': f'http://127.0.0.1:{ports["manager"]}',
        'PATH': os.pathsep.join([str(Path(sys.executable).parent), str(programs), os.environ['PATH']])}
    env['JOBTRACK_TEST_SESSION'] = os.environ['JOBTRACK_TEST_SESSION']   # what is left behind is found by it
    with ExitStack() as stack:
        shell = Shell(tmp_path, env, ports)
        stack.callback(shell.close)
        client = stack.enter_context(kernel(tmp_path, {k: v for k, v in env.items() if k != 'JOBTRACK_URL'}))
        shown = [run_cell(client, code) if kind == 'python' else shell.run(code) for kind, code in blocks(text)]
        run_cell(client, 'queue.stop(); tracker.close(); jobs().close(); lab.close(); use(None).close()')
    assert sum('text/html' in data for cell in shown if cell for data in cell) >= 4, 'jobs show themselves'
    own, managed = shell.printed['ls']
    assert all(name in own for name in ('talk.ogg', 'talk.flac', 'count')), 'of the shell and of the notebook'
    assert 'transcribe' in managed or 'talk.wav' in managed
    assert shell.printed['watch'][0].splitlines()[-1] == 'completed' and (tmp_path/'talk.flac').stat().st_size
    assert 'is cancelled' in shell.printed['cancel'][0]
    assert (tmp_path/'lab-backup.db').stat().st_size and (tmp_path/'lab.jsonl').read_text().count('\n') > 1
