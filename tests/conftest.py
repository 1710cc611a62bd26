"""For all tests: what the machine offers, how thorough to be, and that nothing is left behind."""
import os, uuid
from contextlib import suppress
from pathlib import Path

import psutil, pytest
from hypothesis import HealthCheck, settings
from needs import NEEDS

LONG = os.environ.get('HYPOTHESIS_PROFILE') == 'long'  # `make test-long`
settings.register_profile('quick', deadline=None, derandomize=True)  # the same examples each time: a red run is never luck
settings.register_profile('long', deadline=None, max_examples=2000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile('long' if LONG else 'quick')

def pytest_collection_modifyitems(items):
    for item in items:
        for name in (n for mark in item.iter_markers('needs') for n in mark.args):
            if not NEEDS[name].find(): item.add_marker(pytest.mark.skip(reason=f'no {name} here: apt-get install {" ".join(NEEDS[name].packages)}'))
        if item.get_closest_marker('slow') and not LONG: item.add_marker(pytest.mark.skip(reason='slow: `make test-long` runs it'))

@pytest.fixture(scope='session')
def root() -> Path:
    "The top folder of the project."
    return Path(__file__).resolve().parent.parent

MARK = 'JOBTRACK_TEST_SESSION'  # in the environment of everything that the tests start, detached or not

def _started_here(session) -> list[psutil.Process]:
    found = []
    for p in psutil.process_iter():
        try:
            if p.pid != os.getpid() and p.status() != psutil.STATUS_ZOMBIE and p.environ().get(MARK) == session: found.append(p)
        except (psutil.NoSuchProcess, psutil.AccessDenied): continue
    return found

def _describe(p) -> str:
    try: return f'{p.pid} {" ".join(p.cmdline())[:200]}'
    except psutil.NoSuchProcess: return f'{p.pid} (ended just now)'

@pytest.fixture(scope='session', autouse=True)
def nothing_left_behind():
    "After the last test no process that any of them started is left, even one with a session of its own."
    session = os.environ[MARK] = str(uuid.uuid4())
    yield
    _, left = psutil.wait_procs(_started_here(session), timeout=5)
    # Python's own helper of `multiprocessing` ends with the interpreter
    left = [p for p in left if 'multiprocessing.resource_tracker' not in _describe(p)]
    told = [_describe(p) for p in left]
    for p in left:
        with suppress(psutil.NoSuchProcess): p.kill()
    assert not told, 'left behind by the tests:\n' + '\n'.join(told)
