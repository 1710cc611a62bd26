"The stubs against the live modules, and as they are read by those who look no further."
import ast, re, subprocess, sys
from pathlib import Path

import cjm_jobtrack
import stubs

ROOT = Path(__file__).parent.parent.parent

def test_stubs_are_those_of_the_source():
    "Also after a merge, where `tools/unchanged.py` has not run yet."
    stale = [str(path) for path, text in stubs.Package().texts().items() if not path.exists() or path.read_text() != text]
    assert stale == [], 'run `python tools/export.py`'

def test_stubs_agree_with_the_live_modules(tmp_path):
    "Every name, parameter and default, by mypy's own comparison."
    (tmp_path/'mypy.ini').write_text('[mypy]\nignore_missing_imports = True\n[mypy-cjm_jobtrack.*]\nignore_errors = True\n')
    modules = [m.name for m in stubs.Package().exported]
    cmd = [sys.executable, '-m', 'mypy.stubtest', *modules, '--mypy-config-file', tmp_path/'mypy.ini', '--concise', '--ignore-disjoint-bases']
    done = subprocess.run(cmd, cwd=ROOT, capture_output=True, text=True, timeout=280)
    known = re.compile(r'is a classmethod but runtime is not$'   # `patch(cls_method=True)` has a descriptor of its own
                       r'|\._DT is not present at runtime$')     # mypy's own, in a dataclass with an order
    assert [line for line in done.stdout.splitlines() if not known.search(line)] == [], done.stderr

def test_private_names_are_left_out_but_where_a_signature_needs_them():
    for module in stubs.Package().exported:
        tree = ast.parse(module.path.with_suffix('.pyi').read_text())
        defined = {n.name for n in tree.body if isinstance(n, ast.ClassDef|ast.FunctionDef) and n.name.startswith('_')}
        used = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
        elsewhere = {a.name for m in stubs.Package().exported for n in ast.walk(ast.parse(m.path.with_suffix('.pyi').read_text())) if isinstance(n, ast.ImportFrom) for a in n.names}
        assert defined <= used | elsewhere

def test_top_of_the_package_has_every_public_name():
    tree = ast.parse((ROOT/'cjm_jobtrack/__init__.pyi').read_text())
    names = {a.asname: f'{n.module}' for n in tree.body if isinstance(n, ast.ImportFrom) for a in n.names if a.name == a.asname}
    assert names == {name: module for name, module in cjm_jobtrack._home.items()}
