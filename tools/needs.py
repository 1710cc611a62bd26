"""What tests and benchmarks need that pip cannot bring: one row each.

`make test` and `make bench` install the Debian packages of the rows that are absent, where they may. A test says
`@pytest.mark.needs('chromium')` and takes the place of the thing from `where('chromium')`; without it the test is skipped and says
so. `tools/services.py` starts the servers among them."""
import os, re, shutil, socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PATH = os.pathsep.join((os.environ.get('PATH', os.defpath), '/usr/local/sbin', '/usr/sbin', '/sbin'))  # servers live in sbin

def program(*names): return lambda: next(filter(None, (shutil.which(name, path=PATH) for name in names)), None)

def folder(path): return lambda: path if Path(path).is_dir() else None

def postgresql() -> str | None:
    "The newest `initdb`; Debian keeps it off the PATH."
    found = [p for p in Path('/usr/lib/postgresql').glob('*/bin/initdb') if p.parent.parent.name.isdigit()]
    return str(max(found, key=lambda p: int(p.parent.parent.name))) if found else shutil.which('initdb')

def engine() -> str | None:  # a URL; nothing is sent to it
    "The Docker engine of this machine: what DOCKER_HOST says, else the usual socket if somebody listens there."
    if url := os.environ.get('DOCKER_HOST'): return url
    try:
        with socket.socket(socket.AF_UNIX) as s: s.connect('/var/run/docker.sock')
    except OSError: return None
    return 'unix:///var/run/docker.sock'

def may_mount() -> bool:
    "Whether this process could run a Docker engine at all: it has CAP_SYS_ADMIN, bit 21 of linux/capability.h."
    try: return bool(int(re.search(r'^CapEff:\s*(\w+)', Path('/proc/self/status').read_text(), re.M)[1], 16) >> 21 & 1)
    except (OSError, TypeError): return False

def dockerd() -> str | None:
    "The program of a Docker engine, with all that it calls, where this process can start one."
    return program('dockerd')() if may_mount() and all(program(name)() for name in ('containerd', 'runc')) else None

def plugin_system() -> str | None:
    "The Python of .venv-plugin, once `tools/setup.py plugin` has made it."
    venv = Path(__file__).resolve().parent.parent/'.venv-plugin'
    return str(venv/'bin/python') if (venv/'setup.json').is_file() else None

def tus_js() -> str | None:
    "The folder of modules for Node.js, once `tools/setup.py javascript` has made it."
    folder = Path(__file__).resolve().parent.parent/'.venv-js'
    return str(folder/'node_modules') if shutil.which('node') and (folder/'setup.json').is_file() else None

@dataclass(frozen=True)
class Need:
    name:str                          # What tests call it
    packages:tuple[str, ...]          # Debian packages that bring it
    find:Callable[[], str | None]     # Where it is; None: absent
    skipped:str                       # What stays undone without it
    use:tuple[str, ...] = ('test',)   # Who needs it: 'test', 'bench'
    remedy:str = ''                   # What to do about it, if more than installing the packages
    helps:Callable[[], bool] = lambda: True  # Whether the packages would meet it on this machine

    def to_have(self) -> str: return self.remedy or f'apt-get install {" ".join(self.packages)}'

    def lacking(self) -> str | None:  # None: it is here
        "Why this need is not met and what to do about it."
        return None if self.find() else f'no {self.name} here: {self.to_have()}'

NEEDS = {need.name: need for need in (
    Need('chromium', ('chromium', 'fonts-dejavu-core'), program('chromium', 'chromium-browser', 'google-chrome'),
         'the monitor in JupyterLab and the web page, in a real browser'),
    Need('speech', ('pocketsphinx-testdata',), folder('/usr/share/pocketsphinx/test/data'),
         'human speech through the `transcribe` pipeline'),
    Need('postgresql', ('postgresql',), postgresql,
         'store, tracker and queue on PostgreSQL', use=('test', 'bench')),
    Need('docker', ('docker.io', 'iptables'), lambda: engine() or dockerd(),
         'containers, on a real engine', use=('test', 'bench'), remedy='start a Docker engine, or run as root after apt-get install docker.io iptables', helps=may_mount),
    Need('dockerd', ('docker.io', 'iptables'), dockerd,
         'what becomes of containers when their engine restarts', remedy='run as root after apt-get install docker.io iptables', helps=may_mount),
    Need('ssh', ('openssh-server', 'openssh-client', 'docker.io'), lambda: all(program(name)() for name in ('ssh', 'ssh-keygen', 'docker')) and program('sshd')() or None,
         'containers on an engine that is reached over SSH'),
    Need('busybox', ('busybox-static',), program('busybox'),
         'containers, with a small image', use=('test', 'bench')),
    Need('registry', ('docker-registry',), program('docker-registry'),
         'pulling images, from a registry'),
    Need('debootstrap', ('debootstrap',), program('debootstrap'),
         'the image of `transcribe`'),
    Need('tus-js-client', (), tus_js,
         'resumable uploads by the client that browsers use', remedy='install Node.js with npm, then `make test`', helps=lambda: False),
    Need('plugin-system', (), plugin_system,
         'plugins under the real plugin manager', remedy='install Python 3.12 or 3.13 (pyenv and uv are looked into), then `make test`', helps=lambda: False),
    Need('redis', ('redis-server',), program('redis-server'),
         'the queue against SAQ on Redis', use=('bench',)),
)}

def where(name:str) -> str | None:  # None: this machine does not have it
    "The place of what a row names: a path, or the URL of an engine."
    return NEEDS[name].find()

def absent(use:str='test') -> list[Need]: return [need for need in NEEDS.values() if use in need.use and not need.find()]
