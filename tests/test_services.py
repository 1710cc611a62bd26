"""The servers that tests run on: what they promise to tests, and that nothing of them is left."""
import io, os, subprocess, sys, tarfile
from pathlib import Path

import psutil, psycopg, pytest
from helpers import until
from needs import NEEDS
from services import Postgres
from tidy import OwnTmp

def rows(url, sql):
    with psycopg.connect(url.replace('+psycopg', ''), autocommit=True) as c:
        done = c.execute(sql)
        return done.fetchall() if done.description else []

def test_every_need_says_how_to_have_it():
    for need in NEEDS.values(): assert {'test', 'bench'} >= {*need.use} and all(p in need.to_have() for p in need.packages)

def test_databases_are_apart(postgres):
    one, two = postgres.create(), postgres.create()
    rows(one, 'CREATE TABLE t (a int)')
    with pytest.raises(psycopg.errors.UndefinedTable): rows(two, 'SELECT a FROM t')
    held = psycopg.connect(one.replace('+psycopg', ''))  # somebody is still at it
    postgres.drop(one), postgres.drop(two)
    with pytest.raises(psycopg.OperationalError): held.execute('SELECT 1')
    held.close()

def test_a_database_that_serves_again_is_as_fresh(postgres):
    before = postgres.create()
    rows(before, 'CREATE TABLE t (a serial PRIMARY KEY, b int REFERENCES t); CREATE INDEX ON t (b); CREATE TABLE u (a int REFERENCES t)')
    postgres.drop(before)
    with pytest.raises(psycopg.OperationalError, match='does not exist'): rows(before, 'SELECT 1')
    after = postgres.create()
    assert rows(after, "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace") == [] and after != before
    postgres.drop(after)

@pytest.mark.parametrize('sql', ['CREATE SCHEMA s', 'CREATE SEQUENCE s', 'CREATE VIEW v AS SELECT 1', "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
                                 "CREATE TYPE mood AS ENUM ('good')", 'SELECT lo_create(0)', 'DO $$ BEGIN EXECUTE format($s$ALTER DATABASE %I SET work_mem = 999$s$, current_database()); END $$'])
def test_a_database_that_cannot_be_emptied_is_dropped(postgres, sql):
    number = 'SELECT oid FROM pg_database WHERE datname = current_database()'
    url = postgres.create()
    rows(url, sql)
    was = rows(url, number)
    postgres.drop(url)
    assert not postgres.run(f'SELECT FROM pg_database WHERE oid = {was[0][0]}')

def test_what_was_committed_outlives_a_crash(own_postgres):
    url = own_postgres.create()
    rows(url, 'CREATE TABLE t AS SELECT 1 AS a')
    own_postgres.crash()
    with pytest.raises(psycopg.OperationalError): rows(url, 'SELECT a FROM t')
    own_postgres.start()
    assert rows(url, 'SELECT a FROM t') == [(1,)]
    assert own_postgres.restart().run('SELECT 2') == [(2,)]

def is_gone(pid) -> bool:
    try: return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess: return True

def test_it_syncs(postgres): assert postgres.run('SHOW fsync') == [('on',)] and postgres.run('SHOW synchronous_commit') == [('on',)]

@pytest.mark.needs('postgresql')
def test_server_ends_with_a_killed_process(root):
    code = 'import os, signal\nfrom services import Postgres\nserver = Postgres().start()\nprint(server.process.pid, server.folder, flush=True)\nos.kill(os.getpid(), signal.SIGKILL)'
    done = subprocess.run([sys.executable, '-c', code], env=os.environ | dict(PYTHONPATH=str(root/'tools')), capture_output=True, text=True, timeout=60)
    pid, folder = done.stdout.split()
    until(lambda: is_gone(int(pid)), 'the end of the server')
    until(lambda: not subprocess.run(['rm', '-rf', folder], check=False).returncode and not os.path.exists(folder), 'the last of its processes to let go of its folder')

@pytest.mark.needs('postgresql')
def test_server_that_cannot_start_says_why():
    with pytest.raises(RuntimeError, match='no_such_setting'):
        with Postgres(no_such_setting='1'): pass

@pytest.mark.needs('postgresql')
def test_server_where_other_accounts_may_not_enter():
    with OwnTmp() as own:
        own.folder.chmod(0o700)
        with Postgres() as server: assert server.run('SELECT 1') == [(1,)]
    assert not server.folder.exists()

@pytest.mark.needs('postgresql')
def test_nothing_is_left_of_a_server_that_was_interrupted_while_it_was_made(monkeypatch):
    def interrupted(*args, **kw): raise KeyboardInterrupt
    with OwnTmp(patience=0):
        with monkeypatch.context() as m, pytest.raises(KeyboardInterrupt):
            m.setattr(subprocess, 'run', interrupted)
            Postgres()

def mounts(): return Path('/proc/self/mountinfo').read_text()

HOST = {at: dict(bind=at, mode='ro') for at in ('/bin', '/usr', '/lib', '/lib64') if Path(at).exists()}  # programs of this machine, in place of an image

def sleeper(client):
    "A container that sleeps and ends when asked."
    with io.BytesIO() as empty:
        with tarfile.open(fileobj=empty, mode='w') as tar: tar.addfile(tarfile.TarInfo('empty'))
        client.api.import_image_from_data(empty.getvalue(), repository='empty')
    return client.containers.run('empty:latest', ['/bin/sleep', '1000'], detach=True, init=True, network_mode='none', volumes=HOST)

def status(engine, container):
    client = engine.client()
    try: return client.containers.get(container.id).status
    finally: client.close()

@pytest.mark.parametrize('live', [True, False], ids=['lives through it', 'ends with it'])
def test_containers_and_a_restart_of_the_engine(own_docker, live):
    client = own_docker.client()
    container = sleeper(client)
    client.close()
    assert status(own_docker, container) == 'running'
    own_docker.restart(live_restore=live)
    assert status(own_docker, container) == ('running' if live else 'exited')

def test_killed_engine_leaves_nothing(own_docker):
    folder, cgroup, client = own_docker.folder, own_docker.cgroup, own_docker.client()
    container = sleeper(client)
    pid = client.api.inspect_container(container.id)['State']['Pid']
    client.close()
    own_docker.kill()
    assert psutil.pid_exists(pid)  # containers outlive a crash
    own_docker.close()
    assert is_gone(pid)
    assert not folder.exists() and str(folder) not in Path('/proc/self/mountinfo').read_text()
    assert not list(Path('/sys/fs/cgroup').glob(f'*/{cgroup}')) and not (Path('/sys/fs/cgroup')/cgroup).exists()
    left = [p for p in psutil.process_iter(['cmdline', 'status']) if any(str(folder) in word for word in p.info['cmdline'] or ())]
    assert [p for p in left if p.info['status'] != psutil.STATUS_ZOMBIE] == []
