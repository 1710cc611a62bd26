"""Lets `pytest --nbval-lax nbs` check notebooks in the form in which nbdev keeps them.

`nbdev-clean` nulls execution counts, and nbval takes a cell without a count for one that was never run: it refuses its stored
outputs, or does not compare them. So every cell gets its place as its count. And nbval runs exactly the cells that `nbdev-test` runs:
`#| eval: false` and, unless HYPOTHESIS_PROFILE is `long`, `#| slow` are skipped.

A kernel that does not answer is replaced once: its ports are chosen before it opens them, and on a busy machine somebody else may have
one of them by then."""
import os
from functools import cache
from pathlib import Path

import nbval.kernel, pytest
from failures import pytest_addoption, pytest_runtest_logreport, pytest_sessionfinish  # noqa: F401
from nbdev.config import get_config
from nbdev.test import nb_test_cells

START = nbval.kernel.start_new_kernel

def start_kernel(*args, **kwargs):  # manager and client
    try: return START(*args, **kwargs)
    except RuntimeError: return START(*args, **kwargs)

nbval.kernel.start_new_kernel = start_kernel

SKIP = get_config(Path(__file__).parent).tst_flags.split()
FORCE = SKIP if os.environ.get('HYPOTHESIS_PROFILE') == 'long' else []

@cache
def ids_to_run(path:Path) -> frozenset[str]:  # cell ids
    return frozenset(c.id for c in nb_test_cells(path, skip_flags=SKIP, force_flags=FORCE))

def pytest_collection_modifyitems(items):
    for item in items:
        if (cell := getattr(item, 'cell', None)) is None: continue  # not of nbval's
        cell.execution_count = item.cell_num + 1
        if cell.id in ids_to_run(item.path): continue
        why = next((line for line in cell.source.splitlines() if line.startswith('#|')), 'the notebook says skip_exec')
        item.add_marker(pytest.mark.skip(reason=f'{item.path.name}: {why}'))
