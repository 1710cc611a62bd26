"""What type checkers see. The programs are as users write them; in `mistakes.py` each line marked `# wrong` is a mistake that must be found,
and nothing else may be. Both checkers get copies in a folder of their own, so that they see the package as a user's program does."""
import json, os, re, shutil, subprocess, sys, textwrap
from collections import defaultdict
from pathlib import Path

import pytest
import cjm_jobtrack
import stubs

HERE, ROOT = Path(__file__).parent, Path(__file__).parent.parent.parent
PROGRAMS = sorted(p.name for p in (HERE/'programs').glob('*.py'))
Found = dict[str, dict[int, list[str]]]   # file -> line -> what is wrong there

def run(*cmd, cwd, **env) -> str:
    "The output of a command, which may end with status 1: there are mistakes."
    done = subprocess.run([sys.executable, '-m', *map(str, cmd)], cwd=cwd, env=os.environ | env, capture_output=True, text=True, timeout=250)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.stdout

def readme_program() -> str:
    "The Python of README.md as one coroutine: a notebook's cells may await."
    cells = re.findall(r'```python\n(.*?)```', (ROOT/'README.md').read_text(), re.S)
    return 'async def notebook():\n' + textwrap.indent('\n'.join(cells), '    ')

def members_program() -> str:
    "A program that uses every public attribute of every public class."
    lines = ['import cjm_jobtrack as c']
    for n, name in enumerate(cjm_jobtrack.__all__):
        lines.append(f'c.{name}')
        if not isinstance(value := getattr(cjm_jobtrack, name), type): continue
        is_generic = any(getattr(base, '__parameters__', ()) for base in vars(value).get('__orig_bases__', ()))
        of = '[int]' if is_generic else ''
        lines += [f'def f{n}(x:c.{name}{of}) -> None:', *(f'    x.{a}' for a in dir(value) if not a.startswith('_')), '    pass']
    return '\n'.join(lines)

@pytest.fixture(scope='module')
def pyright(tmp_path_factory) -> Found:
    folder = tmp_path_factory.mktemp('pyright')
    shutil.copytree(HERE/'programs', folder/'strict')
    (folder/'strict/members.py').write_text(members_program())
    (folder/'readme.py').write_text('# pyright: basic, reportUnusedExpression=false\n' + readme_program())   # its functions have no types
    shown = dict.fromkeys(['reportUnusedImport', 'reportUnusedExpression', 'reportUnusedFunction', 'reportUnusedVariable'], False)
    settings = dict(include=['.'], extraPaths=[str(ROOT)], typeCheckingMode='strict', strictListInference=False, **shown)
    (folder/'pyrightconfig.json').write_text(json.dumps(settings))
    found = defaultdict(lambda: defaultdict(list))
    for d in json.loads(run('pyright', '--outputjson', '--pythonpath', sys.executable, cwd=folder))['generalDiagnostics']:
        found[Path(d['file']).name][d['range']['start']['line'] + 1].append(d['message'])
    return found

@pytest.fixture(scope='module')
def mypy(tmp_path_factory) -> Found:
    folder = tmp_path_factory.mktemp('mypy')
    shutil.copytree(HERE/'programs', folder, dirs_exist_ok=True)
    (folder/'readme.py').write_text('# mypy: disable-error-code="assignment"\n' + readme_program())   # a cell may use a name anew
    options = ['--strict', '--allow-untyped-defs', '--allow-incomplete-defs', '--allow-untyped-calls', '--follow-imports', 'silent', '--output', 'json']
    found = defaultdict(lambda: defaultdict(list))
    for line in run('mypy', *options, '--cache-dir', folder/'cache', *PROGRAMS, 'readme.py', cwd=folder, MYPYPATH=str(ROOT)).splitlines():
        d = json.loads(line)
        if d['severity'] == 'error': found[d['file']][d['line']].append(d['message'])
    return found

def wrong_lines() -> dict[int, str]:
    lines = (HERE/'programs/mistakes.py').read_text().splitlines()
    return {n: line for n, line in enumerate(lines, 1) if line.endswith('# wrong')}

@pytest.mark.parametrize('program', [p for p in PROGRAMS if p != 'mistakes.py'] + ['readme.py', 'members.py'])
def test_pyright_finds_nothing_in_a_right_program(program, pyright):
    assert pyright[program] == {}

@pytest.mark.parametrize('program', [p for p in PROGRAMS if p != 'mistakes.py'] + ['readme.py'])
def test_mypy_finds_nothing_in_a_right_program(program, mypy):
    assert mypy[program] == {}

@pytest.mark.parametrize('checker', ['pyright', 'mypy'])
def test_every_mistake_is_found(checker, request):
    found = request.getfixturevalue(checker)['mistakes.py']
    assert {n: line for n, line in wrong_lines().items() if n not in found} == {}
    assert {n: messages for n, messages in found.items() if n not in wrong_lines()} == {}

def test_programs_use_every_public_name():
    text = ''.join((HERE/'programs'/p).read_text() for p in PROGRAMS)
    assert [name for name in cjm_jobtrack.__all__ if not re.search(rf'\b{name}\b', text)] == []

def test_public_names_and_what_they_lead_to_have_types():
    assert stubs.all_stubs().untyped() == []
