"""For all tests: what the machine offers, how thorough to be, servers to test on, and that nothing is left behind.

    database         the URL of a fresh database; the test runs once on SQLite and once on PostgreSQL
    postgres_url     the URL of a fresh PostgreSQL database
    docker_engine    an engine, `.url`: the machine's own (DOCKER_HOST or the usual socket), else one that is started for the session
    engine_over_ssh  the same engine, as it is reached over SSH: a server of the test's own, `.url`
    own_postgres, own_docker    servers of the test's own, which it may restart, kill and crash (tools/services.py)"""
import os, signal, time, uuid
from contextlib import closing, nullcontext
from dataclasses import dataclass
from pathlib import Path

import docker, psutil, pytest
from failures import pytest_addoption, pytest_runtest_logreport, pytest_sessionfinish  # noqa: F401
from hypothesis import HealthCheck, settings
from needs import NEEDS, dockerd, engine
from cjm_jobtrack.runners.cgroups import Cgroups
from cjm_jobtrack.runners.inheritance import clean_process
from cjm_jobtrack.runners.process import attempt_of
from services import SSH, Docker, Postgres
from thoroughness import LONG
from tidy import MARK, LeakDetector, LeftBehind, OwnTmp, describe_process, end_processes, remembering_beginners, started_here

settings.register_profile('quick', deadline=None, derandomize=True)  # the same examples each time: a red run is never luck
settings.register_profile('long', deadline=None, max_examples=2000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile('long' if LONG else 'quick')

LENGTHY = ['crash', 'store', 'call', 'docker_faults', 'machine', 'defects', 'log_store', 'queue_leases', 'process', 'node', 'manager', 'tracker', 'docker', 'queue', 'faults', 'transfer',
           'remote', 'types', 'stubs', 'web', 'docker_engines', 'docker_walls', 'plugin', 'conformance', 'cli', 'pipeline', 'chaos', 'client', 'monitor', 'docker_images', 'end_to_end', 'own_record', 'startup']

def pytest_configure(config):
    "Tests begin as they do in a terminal: under `nohup make test &` signals are ignored that some of them send to what they begin."
    clean_process()
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL: signal.signal(signal.SIGINT, signal.default_int_handler)
    config.pluginmanager.register(LeakReporter(), 'leak-reporter')

@pytest.hookimpl(tryfirst=True)   # before tests are chosen by their marks
def pytest_collection_modifyitems(config, items):
    "Several processes share the files: those that take longest go first, so that none is left alone with one at the end."
    turn = {f'test_{name}': n for n, name in enumerate(LENGTHY)}
    if not config.pluginmanager.hasplugin('randomly'): items.sort(key=lambda item: turn.get(item.path.stem, len(turn)))
    for item in items:
        for name in (n for mark in item.iter_markers('needs') for n in mark.args):
            if why := NEEDS[name].lacking(): item.add_marker(pytest.mark.skip(reason=why))
        if item.get_closest_marker('slow') and not LONG: item.add_marker(pytest.mark.skip(reason='slow: `make test-long` runs it'))
        if item.path.parent.name == 'queue' and 'postgresql' in item.name: item.add_marker(pytest.mark.exhaustive)   # hundreds, twice as long

@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    "What was captured travels between processes, which takes no lone surrogates; some tests are about those."
    report = yield
    report.sections = [(name, text.encode(errors='backslashreplace').decode()) for name, text in report.sections]
    return report

@pytest.fixture(scope='session')
def root() -> Path:
    "The top folder of the project."
    return Path(__file__).resolve().parent.parent

# Servers. A test that asks for one is skipped, with the reason, where the machine has none

def need(name):
    if why := NEEDS[name].lacking(): pytest.skip(why)

@pytest.fixture(scope='session')
def postgres() -> Postgres:
    "The session's PostgreSQL server, shared: for databases, not for faults."
    need('postgresql')
    with Postgres() as server: yield server

@pytest.fixture
def postgres_url(postgres) -> str:
    "The URL of a fresh PostgreSQL database."
    url = postgres.create()
    yield url
    postgres.drop(url)

@pytest.fixture(params=['sqlite', pytest.param('postgresql', marks=pytest.mark.needs('postgresql'))])
def database(request, tmp_path) -> str:
    "The URL of a fresh database, of each kind in turn."
    return f'sqlite:///{tmp_path/"jobs.db"}' if request.param == 'sqlite' else request.getfixturevalue('postgres_url')

@pytest.fixture
def own_postgres() -> Postgres:
    "A PostgreSQL server for one test: `create()` gives the URL of a fresh database; `stop()`, `start()`, `restart()`, `crash()`."
    need('postgresql')
    with Postgres() as server: yield server

@dataclass(frozen=True)
class Engine:
    "A Docker engine that somebody else runs."
    url:str

@pytest.fixture(scope='session')
def docker_engine() -> Engine | Docker:
    "An engine, shared: for containers, not for faults. Its `url` is for `docker.DockerClient` and DOCKER_HOST."
    need('docker')
    beside = 'PYTEST_XDIST_WORKER' in os.environ   # others run tests at the same time: an engine of our own, where we may start one
    with nullcontext(Engine(url)) if (url := engine()) and not (beside and dockerd()) else Docker() as found:
        before = _our_containers(found.url)
        yield found
        left = _our_containers(found.url) - before if not (beside and found.url == url) else ()
    assert not left, f'containers left behind by the tests: {sorted(left)}'

def _our_containers(url) -> set[str]:
    with closing(docker.DockerClient(base_url=url)) as client: return {c.name for c in client.containers.list(all=True, filters={'label': 'jobtrack.job'}, ignore_removed=True)}

@pytest.fixture
def engine_over_ssh(docker_engine, monkeypatch) -> SSH:
    "An SSH server with the engine behind it, for one test: `url`; `stop()`, `start()`. Afterwards no `ssh` is left."
    need('ssh')
    with SSH(DOCKER_HOST=docker_engine.url) as server:
        monkeypatch.setenv('PATH', str(server.programs), prepend=os.pathsep)
        yield server
        left = [p for p in psutil.Process().children(recursive=True) if p.status() != psutil.STATUS_ZOMBIE and str(server.folder/'client') in p.cmdline()]
    assert not left, f'left behind: {left}'

@pytest.fixture
def own_docker() -> Docker:
    "An engine for one test, with no images in it: `restart(live_restore=True)` lets containers live through it; `stop()`, `start()`, `kill()`."
    need('dockerd')
    with Docker() as own: yield own

# Nothing is left behind: whoever leaves something is failed by name, at its own end, and nobody who comes later

LEAKS = pytest.StashKey[LeakDetector]()

@pytest.fixture(scope='session', autouse=True)
def own_tmp(tmp_path_factory):
    "The tests have a temporary folder of their own; after the last of them nothing is in it any more, and nothing is mounted below theirs."
    with OwnTmp(tmp_path_factory.getbasetemp()) as own: yield own   # the base first: pytest keeps the last three where they always are

@pytest.fixture(scope='session', autouse=True)
def own_data_home(tmp_path_factory):
    "What is kept by default in the user's own folders is kept in one of the tests."
    with pytest.MonkeyPatch.context() as m:
        m.setenv('XDG_DATA_HOME', str(tmp_path_factory.mktemp('data-home')))
        m.setenv('XDG_STATE_HOME', str(tmp_path_factory.mktemp('state-home')))
        yield

@pytest.fixture(scope='session', autouse=True)
def nothing_left_behind(own_tmp, tmp_path_factory, pytestconfig):
    "After the last test no process that any of them started is left, even one with a session of its own."
    session = os.environ[MARK] = str(uuid.uuid4())
    with remembering_beginners():
        leaks = pytestconfig.stash[LEAKS] = LeakDetector(session, own_tmp, float(os.environ.get('JOBTRACK_TEST_PATIENCE', 10)))
        yield leaks
    del pytestconfig.stash[LEAKS]
    psutil.wait_procs(started_here(session), timeout=5)
    left = [describe_process(p) for p in started_here(session)]
    end_processes(lambda: started_here(session))
    end = time.monotonic() + 10
    while (busy := _groups_left(tmp_path_factory.getbasetemp())) and time.monotonic() < end: time.sleep(.1)   # the kernel may still be ending what was killed
    assert not left and not busy, 'left behind by the tests:\n' + '\n'.join(left + busy)

@pytest.fixture(autouse=True)
def tidy(nothing_left_behind, request):
    "Set up first and torn down last of what is a test's own: after it nothing of the test is left."
    yield
    if left := nothing_left_behind.settle(): raise LeftBehind(f'left behind by {request.node.nodeid}:\n' + '\n'.join(left))

class LeakReporter:
    "A plugin and not this file, whose hooks hear nothing of fixtures of the session."
    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef, request):
        "What a fixture for many tests begins is there for all of them."
        value = yield
        leaks = request.config.stash.get(LEAKS, None)
        if fixturedef.scope != 'function' and leaks is not None: leaks.accept(f'fixture {fixturedef.argname}')
        return value

def _groups_left(folder) -> list[str]:
    "Control groups of attempts below a folder that have processes in them. Empty ones, of attempts that nobody came back to, are removed as the next runner would."
    busy, groups = [], Cgroups.find()
    for name in {d.name for parent in set(groups.parents.values() if groups else ()) for d in parent.glob('jobtrack-work-*')}:
        group = groups.group(name, groups.parents)
        if (where := attempt_of(group)) and Path(where).is_relative_to(folder) and not group.remove(): busy.append(name)
    return busy
