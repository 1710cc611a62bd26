"""Hooks of pytest, for both conftest.py: `--failures FILE` has the tests that failed written down, with their tracebacks, for tools/check.py."""
import json
from contextlib import suppress
from pathlib import Path

def pytest_addoption(parser):
    with suppress(ValueError):   # both conftest.py were read
        parser.addoption('--failures', metavar='FILE', type=Path, help='write what failed as JSON: id -> tracebacks')

FAILED = {}   # of this process: id -> tracebacks

def pytest_runtest_logreport(report):
    if report.failed: FAILED.setdefault(report.nodeid, []).append(f'({report.when})\n{report.longreprtext}')

def pytest_sessionfinish(session):
    file = session.config.getoption('--failures')
    if file is not None and not hasattr(session.config, 'workerinput'): file.write_text(json.dumps(FAILED))
