"""Servers for tests and benchmarks: PostgreSQL, the Docker engine, SSH, Redis.

Each lives in a folder of its own and goes with it; nothing of the machine's own servers is touched. Each is a context manager:

    with Postgres() as server: url = server.create()     # a fresh database
    with Docker() as engine: docker.DockerClient(engine.url)

They end when this process ends, however it ends."""
import ctypes, json, os, pwd, shutil, signal, socket, subprocess, sys, tempfile, time
from concurrent.futures import ThreadPoolExecutor
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import psutil
from needs import PATH, program, where

_prctl = ctypes.CDLL(None).prctl if sys.platform == 'linux' else None
_starter = ThreadPoolExecutor(1, 'services')  # PR_SET_PDEATHSIG means the thread that forked, so that one lives as long as we do

def mounts_below(*folders) -> list[str]:
    "Where something is mounted at or below these folders, the deepest first."
    tops = [os.path.realpath(f) for f in folders]
    at = [line.split()[4].encode().decode('unicode_escape') for line in Path('/proc/self/mountinfo').read_text().splitlines()] if sys.platform == 'linux' else []
    return sorted((m for m in at if any(m == t or m.startswith(t+'/') for t in tops)), reverse=True)

def discard(folder, deadline=10.):
    "Remove a folder with all that is in it and mounted below it, though somebody may still be at work in it."
    end = time.monotonic() + deadline
    while os.path.lexists(folder):
        for at in mounts_below(folder): subprocess.run(['umount', '--lazy', at], stderr=subprocess.DEVNULL)   # one that went just now is no fault
        try: return shutil.rmtree(folder)
        except FileNotFoundError: continue   # somebody removes the same
        except OSError:
            if time.monotonic() > end: raise
            time.sleep(.05)

def until(condition, what, deadline=120.):
    "Wait for a condition; `what` is called for the words if it does not come."
    end = time.monotonic() + deadline
    while not (value := condition()):
        if time.monotonic() > end: raise TimeoutError(f'waited {deadline:g} s: {what()}')
        time.sleep(.01)
    return value

def _all_may_enter(folder) -> bool: return all(p.stat().st_mode & 1 for p in (Path(folder).resolve()/'server').parents)

class Service(ABC):
    "A server process and its folder."
    name, end_signal, account = '', signal.SIGTERM, None

    def __init__(self):
        base = tempfile.gettempdir()  # a socket's path has at most 107 bytes, and other accounts have to get there
        self.folder = Path(tempfile.mkdtemp(prefix=f'jobtrack-{self.name}-', dir=base if len(base) < 50 and _all_may_enter(base) else '/tmp'))
        self.process, self.log, self.tmp = None, self.folder/'server.log', self.folder/'tmp'
        self.tmp.mkdir()
        self.tmp.chmod(0o1777)   # the server's TMPDIR: what it leaves there goes with its folder

    @abstractmethod
    def command(self) -> list[str]: "How it is started."
    @abstractmethod
    def answers(self) -> bool: "Whether it can be talked to."

    def words(self) -> str:
        "What the server said last."
        return f'{self.name}:\n' + '\n'.join(self.log.read_text(errors='replace').splitlines()[-15:])

    def _as_account(self) -> dict:  # options for subprocess
        return dict(user=self.account.pw_uid, group=self.account.pw_gid, extra_groups=[]) if self.account else {}

    def start(self):
        "Start and wait until it answers."
        def last_will():
            if _prctl: _prctl(1, self.end_signal)  # PR_SET_PDEATHSIG
        with self.log.open('ab') as log:
            self.process = _starter.submit(subprocess.Popen, self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd=self.folder,
                                           env=os.environ | dict(PATH=PATH, TMPDIR=str(self.tmp)), preexec_fn=last_will, **self._as_account()).result()
        def ready():
            if self.process.poll() is not None: raise RuntimeError(f'{self.words()}\nended with status {self.process.returncode}')
            return self.answers()
        until(ready, self.words)
        return self

    def signal(self, number:int, deadline:float=60.):
        "Send a signal that ends the server, and wait for its end."
        if self.process is None: return
        if self.process.poll() is None: self.process.send_signal(number)
        try: self.process.wait(deadline)
        finally:
            if self.process.poll() is None: self.process.kill(); self.process.wait()
            self.process = None

    def stop(self): self.signal(self.end_signal)
    def kill(self): self.signal(signal.SIGKILL)
    def restart(self): self.stop(); return self.start()

    def close(self):
        try: self.stop()
        finally: discard(self.folder)

    def __enter__(self):
        try: return self.start()
        except BaseException: self.close(); raise
    def __exit__(self, *exc): self.close()

DROP_TABLES = """DO $$ DECLARE t regclass; BEGIN
    FOR t IN SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' LOOP EXECUTE format('DROP TABLE %s CASCADE', t); END LOOP;
END $$"""
# Objects of users have ids from 16384: FirstNormalObjectId of PostgreSQL's access/transam.h
MADE = 'SELECT EXISTS (SELECT FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase WHERE d.datname = current_database()' + \
    ''.join(f' UNION ALL SELECT FROM {catalog} WHERE oid >= 16384' for catalog in ('pg_namespace', 'pg_class', 'pg_proc', 'pg_type', 'pg_extension', 'pg_largeobject_metadata')) + ')'

class Postgres(Service):
    "A PostgreSQL server with its data, on a Unix socket only, every commit synced to disk."
    name, end_signal = 'postgresql', signal.SIGINT  # "fast shutdown": does not wait for clients

    def __init__(self,
        **settings,  # Of postgresql.conf
    ):
        super().__init__()
        self.bin, self.settings, self._made, self._admin = Path(where('postgresql')).resolve().parent, settings, 0, None
        self._emptied = []   # names of databases
        if os.geteuid() == 0:  # it refuses to run as root
            self.account = next(filter(None, map(_account, ('postgres', 'nobody'))))
            os.chown(self.folder, self.account.pw_uid, self.account.pw_gid)
        with self.log.open('ab') as log:
            try: subprocess.run([self.bin/'initdb', '-D', self.folder/'data', '-U', 'jobtrack', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync', '--no-instructions'],
                                cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=True, **self._as_account())
            except BaseException as e:
                words = self.words()
                discard(self.folder)
                if isinstance(e, subprocess.CalledProcessError): raise RuntimeError(words) from e
                raise

    def command(self):
        settings = dict(listen_addresses='', max_connections=200, unix_socket_directories=self.folder, unix_socket_permissions='0700') | self.settings
        return [str(self.bin/'postgres'), '-D', str(self.folder/'data')] + [s for k, v in settings.items() for s in ('-c', f'{k}={v}')]

    def url(self, database:str) -> str: return f'postgresql+psycopg://jobtrack@/{database}?host={quote(str(self.folder), safe="")}'

    def _connect(self, database='postgres'):
        import psycopg
        return psycopg.connect(host=str(self.folder), user='jobtrack', dbname=database, autocommit=True)

    def answers(self):
        import psycopg
        try: self._admin = self._connect()
        except psycopg.OperationalError: return False
        return True

    def run(self, sql:str) -> list:
        "Run a statement as the owner of the server, outside of any database of ours; its rows."
        if self._admin is None or self._admin.broken or self._admin.closed: self._admin = self._connect()
        done = self._admin.execute(sql)
        return done.fetchall() if done.description else []

    def _name(self) -> str:
        self._made += 1
        return f'jobs_{self._made}'

    def create(self) -> str:
        "The URL of a fresh database."
        name = self._name()
        if self._emptied: self.run(f'ALTER DATABASE {self._emptied.pop()} RENAME TO {name}')
        else: self.run(f'CREATE DATABASE {name} TEMPLATE template0')
        return self.url(name)

    def drop(self, url:str):
        """End every session of a database and remove it.

        It is emptied, and `create` gives it a new name: to copy the template takes 20 times longer. One that cannot be emptied is dropped."""
        import psycopg
        was, name = url.split('/')[3].split('?')[0], self._name()
        self.run(f"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '{was}'")
        try: self.run(f'ALTER DATABASE {was} RENAME TO {name}')   # nobody comes back to it
        except (psycopg.errors.ObjectInUse, psycopg.errors.InvalidCatalogName): self.run(f'DROP DATABASE IF EXISTS {was} WITH (FORCE)')
        else:
            if self._empty(name): self._emptied.append(name)
            else: self.run(f'DROP DATABASE {name} WITH (FORCE)')

    def _empty(self, name:str) -> bool:
        "Drop the tables of a database. Whether nothing else is in it that anybody has made."
        with self._connect(name) as db:
            db.execute(DROP_TABLES)
            return not db.execute(MADE).fetchone()[0]

    def signal(self, number, deadline=60.):
        if self._admin is not None: self._admin.close()
        super().signal(number, deadline)

    def crash(self):
        "End it at once, all sessions with it; the next start has to recover from its log."
        self.signal(signal.SIGQUIT)

def _account(name):
    try: return pwd.getpwnam(name)
    except KeyError: return None

class Docker(Service):
    """A Docker engine with its own images, containers and sockets, for root. It has no bridge network and no firewall rules: containers have
    the networks `none` and `host`, and those that somebody makes."""
    name = 'dockerd'

    def __init__(self,
        live_restore:bool=False,  # Containers go on while the engine is away
        options:tuple[str, ...]=(),  # More arguments for dockerd, such as '--host=tcp://127.0.0.1:2375'
    ):
        super().__init__()
        self.url, self.options, self.live_restore = f'unix://{self.folder}/docker.sock', tuple(options), live_restore
        self.cgroup = self.folder.name
        self._configure(live_restore)

    def _configure(self, live_restore): (self.folder/'daemon.json').write_text(json.dumps({'live-restore': live_restore}))

    def command(self):
        at = lambda name: str(self.folder/name)
        return [where('dockerd'), '--config-file', at('daemon.json'), '--data-root', at('data'), '--exec-root', at('exec'), '--pidfile', at('dockerd.pid'), '--host', self.url,
                '--bridge=none', '--iptables=false', '--ip6tables=false', '--exec-opt', 'native.cgroupdriver=cgroupfs', '--cgroup-parent', f'/{self.cgroup}', *self.options]

    def client(self):
        "A client of docker-py; close it."
        import docker
        return docker.DockerClient(base_url=self.url, timeout=60)

    def answers(self):
        import docker
        try: self.client().close()  # it asks for the version
        except docker.errors.DockerException: return False
        return True

    def restart(self,
        live_restore:bool | None=None,  # Whether containers live through it; None: as the engine was started
        pause:float=0.,                 # Seconds away
    ):
        "Stop the engine in order and start it again."
        if live_restore is not None and live_restore != self.live_restore:
            self._configure(live_restore)
            self.process.send_signal(signal.SIGHUP)  # it reads its configuration again
            client = self.client()
            try: until(lambda: client.info()['LiveRestoreEnabled'] == live_restore, self.words)
            finally: client.close()
            self.live_restore = live_restore
        self.stop()
        time.sleep(pause)
        return self.start()

    def kill(self):
        "End it as a crash would. Its containerd dies with it; containers and their shims go on."
        at = self.folder/'exec/containerd/containerd.pid'
        child = _process(at)
        super().kill()
        if child is not None and psutil.wait_procs([child], timeout=30)[1]: child.kill()
        at.unlink(missing_ok=True)  # the next engine would take another's process, or one not yet reaped, for a containerd that lives

    def close(self):
        try:
            try:
                if self.process is not None and self.answers(): self._end_containers()
            finally: self.stop()
        finally: self._sweep()

    def _end_containers(self):
        import docker
        client = self.client()
        try:
            for c in client.api.containers(all=True, quiet=True):
                with suppress(docker.errors.NotFound): client.api.remove_container(c['Id'], force=True, v=True)
        finally: client.close()

    def _sweep(self):
        "What a killed engine leaves: shims with their containers, mounts, control groups."
        mine, here = [], str(self.folder)
        for p in psutil.process_iter():
            with suppress(psutil.Error, OSError):
                if any(here in word for word in p.cmdline()) or f'/{self.cgroup}/' in Path(f'/proc/{p.pid}/cgroup').read_text(): mine.append(p)
        for p in mine:
            with suppress(psutil.NoSuchProcess): p.kill()
        psutil.wait_procs(mine, timeout=60)
        discard(self.folder)
        for top in Path('/sys/fs/cgroup').glob(f'**/{self.cgroup}' if (Path('/sys/fs/cgroup')/self.cgroup).exists() else f'*/{self.cgroup}'):
            for group, _, _ in os.walk(top, topdown=False): until(lambda group=group: _removed(group), lambda group=group: f'{group} to be empty', 30.)

def _removed(group) -> bool:
    "Remove a control group. The kernel may take a moment to see that nobody is in it any more."
    try: os.rmdir(group)
    except FileNotFoundError: return True
    except OSError: return False
    return True

def _process(pidfile) -> psutil.Process | None:
    try: return psutil.Process(int(pidfile.read_text()))
    except (OSError, ValueError, psutil.NoSuchProcess): return None

class SSH(Service):
    """An SSH server on loopback for whoever runs it, with keys of its own. A program called `ssh` in `programs` knows it as `host`, and knows nothing else."""
    name, host, url = 'sshd', 'elsewhere', 'ssh://elsewhere'

    def __init__(self,
        **environ,  # Variables that its commands find
    ):
        super().__init__()
        at, user = lambda name: self.folder/name, pwd.getpwuid(os.getuid()).pw_name
        with socket.socket() as s:
            s.bind(('127.0.0.1', 0))
            self.port = s.getsockname()[1]
        for key in 'host_key', 'key': subprocess.run([program('ssh-keygen')(), '-q', '-t', 'ed25519', '-N', '', '-f', at(key)], check=True, stdin=subprocess.DEVNULL)
        shutil.copy(at('key.pub'), at('authorized_keys'))
        at('known_hosts').write_text(f'[127.0.0.1]:{self.port} {at("host_key.pub").read_text()}')
        wanted = ' '.join(f'"{k}={v}"' for k, v in (dict(PATH=PATH, HOME=self.folder) | environ).items())   # a shell there reads no start-up file of the user's
        self._write('server', ListenAddress='127.0.0.1', Port=self.port, HostKey=at('host_key'), AuthorizedKeysFile=at('authorized_keys'), AuthenticationMethods='publickey', StrictModes='no', UsePAM='no', PidFile='none', SetEnv=wanted)
        self._write('client', Host=self.host, HostName='127.0.0.1', Port=self.port, User=user, IdentityFile=at('key'), IdentitiesOnly='yes', IdentityAgent='none', UserKnownHostsFile=at('known_hosts'), GlobalKnownHostsFile='/dev/null', StrictHostKeyChecking='yes')
        self.programs = at('bin')
        self.programs.mkdir()
        (self.programs/'ssh').write_text(f'#!/bin/sh\nexec {program("ssh")()} -F {at("client")} "$@"\n')
        (self.programs/'ssh').chmod(0o755)

    def _write(self, name, **settings): (self.folder/name).write_text(''.join(f'{k} {v}\n' for k, v in settings.items()))

    def command(self):
        if os.geteuid() == 0: Path('/run/sshd').mkdir(0o755, exist_ok=True)  # where the part without rights is locked up; Debian's unit makes it
        return [where('ssh'), '-D', '-e', '-f', str(self.folder/'server')]

    def answers(self):
        with socket.socket() as s: return s.connect_ex(('127.0.0.1', self.port)) == 0

    def signal(self, number, deadline=60.):
        "Its sessions end with it."
        sessions = psutil.Process(self.process.pid).children(recursive=True) if self.process is not None and self.process.poll() is None else []
        super().signal(number, deadline)
        for p in sessions:
            with suppress(psutil.NoSuchProcess): p.kill()
        psutil.wait_procs(sessions, timeout=10)

class Redis(Service):
    "A Redis server on a Unix socket, which keeps nothing."
    name = 'redis'
    def command(self): return [where('redis'), '--port', '0', '--unixsocket', str(self.folder/'redis.sock'), '--dir', str(self.folder), '--save', '', '--appendonly', 'no']
    @property
    def url(self) -> str: return f'unix://{self.folder}/redis.sock'
    def answers(self): return (self.folder/'redis.sock').exists()
