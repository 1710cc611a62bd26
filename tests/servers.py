"""Servers of the command line in processes of their own, which tests may stop and kill: any server, and a node with its manager."""
import os, re, socket, subprocess, sys
from contextlib import contextmanager
from urllib.parse import urlsplit

import psutil
from helpers import until
from cjm_jobtrack.cli.servers import server_process
from cjm_jobtrack.net.client import RemoteClient

COUNT = '''
import os, pathlib, signal, subprocess, sys, time
out, to, status, hold = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), pathlib.Path(sys.argv[4])
print('pid', os.getpid(), flush=True)
if status == 99: subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], start_new_session=True)
for n in range(1, to+1):
    print(f'line {n}  Task {n}/{to}', flush=True)
    while n == to//2 and not hold.exists(): time.sleep(.02)
pathlib.Path(out, 'count.txt').write_text(str(to))
sys.exit(status)
'''

def free_port() -> int:
    with socket.create_server(('127.0.0.1', 0)) as s: return s.getsockname()[1]

class Server:
    "A node or manager in a process of its own. It keeps its data folder and its port over a restart."
    def __init__(self, kind, folder, *words, port=0, **env):
        self.words, self.port, self.env, self.log, self.up = [kind, '--data', folder/kind, *words], port, env, folder/f'{kind}.log', None

    def start(self):
        self.up = server_process(*self.words, log=self.log, port=self.port, **self.env)
        self.url, self.process = self.up.__enter__()
        self.port = urlsplit(self.url).port
        self.client = RemoteClient(self.url, token=self.env.get('JOBTRACK_TOKEN'))
        return self

    def stop(self):
        if self.up is None: return
        self.client.close()
        up, self.up = self.up, None
        up.__exit__(None, None, None)

    def kill(self):
        self.process.kill()
        self.process.wait(60)
        self.stop()

class Servers:
    "A node with the counting pipeline, a manager that knows it, and the command line."
    def __init__(self, folder, **env):
        self.folder, self.hold = folder, folder/'go'
        (folder/'count.py').write_text(COUNT)
        (folder/'count.toml').write_text(f'''
name = "count"
input = "none"
argv = ["{{python}}", "{folder}/count.py", "{{output_dir}}", "{{to}}", "{{status}}", "{self.hold}"]
progress = {{ formats = ["task"] }}
params.to = {{ type = "int", default = 20 }}
params.status = {{ type = "int", default = 0 }}
''')
        self.node = Server('node', folder, '--pipelines', folder/'count.toml', '--slots', 2, port=free_port(), **env)
        self.manager = Server('manager', folder, '--node', f'shed=http://127.0.0.1:{self.node.port}')

    def command(self, *words, **kw):
        "Begin a command of the command line, as from another terminal."
        env = {k: v for k, v in os.environ.items() if k != 'JOBTRACK_TOKEN'} | {'JOBTRACK_URL': self.manager.url} | kw.pop('env', {})
        return subprocess.Popen([sys.executable, '-P', '-m', 'cjm_jobtrack.cli', *map(str, words)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env, **kw)

    def run(self, *words, **kw):
        "A command, to its end: exit status, stdout, stderr."
        with self.command(*words, **kw) as p:
            out, err = p.communicate(timeout=60)
            return p.returncode, out, err

    def halfway(self, job_id, where=None):
        "Wait until a job holds in the middle of its work; the process id that it printed."
        client = (where or self.manager).client
        return int(until(lambda: re.search(rb'pid (\d+)\n(?:.*\n)*line 10 ', client.logs(job_id).data), f'{job_id} to be halfway')[1])

@contextmanager
def servers(folder, up=('node', 'manager'), **env):
    h = Servers(folder, **env)
    try:
        for name in up: getattr(h, name).start()
        if 'manager' in up and 'node' in up: until(h.manager.client.pipelines, 'the node to be known')
        yield h
    finally:
        h.hold.touch()
        h.manager.stop(), h.node.stop()

def alive(pid) -> bool:
    try: return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess: return False

def marked(job_id) -> list[int]:
    "Processes that belong to a job, whatever group or session they are in."
    found = []
    for p in psutil.process_iter():
        try:
            if p.status() != psutil.STATUS_ZOMBIE and p.environ().get('JOBTRACK_JOB_ID') == job_id: found.append(p.pid)
        except (psutil.NoSuchProcess, psutil.AccessDenied): continue
    return found
