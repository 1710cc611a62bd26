"""Set up what a make target needs, once: `setup.py demo`, `setup.py dev system`, `setup.py bench system-bench`.

demo, dev, bench       the virtual environment .venv with the package and that extra, renewed when pyproject.toml changes
system, system-bench   the Debian packages of tools/needs.py for tests or benchmarks, where this is root on a Debian; elsewhere it says
                       what will be skipped. Servers among them are not started.
lowest                 the virtual environment .venv-lowest with the lowest versions that pyproject.toml allows
javascript             the folder .venv-js with `tus-js-client`, where there is npm
plugin                 the virtual environment .venv-plugin with the package, `cjm-plugin-system` and `cjm-substrate`, which need Python 3.12 or later

Runs on the Python that .venv is to be made from, with the standard library only."""
import hashlib, json, os, shutil, subprocess, sys, sysconfig, time
from contextlib import contextmanager
from pathlib import Path
from needs import absent

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT/'.venv'
STAMP = VENV/'setup.json'
INCLUDES = {'bench': {'bench', 'dev', 'demo'}, 'dev': {'dev', 'demo'}, 'demo': {'demo'}}  # an extra -> what is there once it is installed

def run(*cmd, **env):
    "Run a command; its words are shown only when it fails, and then it is the end."
    done = subprocess.run([str(c) for c in cmd], cwd=ROOT, env=os.environ | env, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode: raise SystemExit(f'{done.stdout}{done.stderr}\nsetup: `{" ".join(map(str, cmd))}` ended with status {done.returncode}')

def may_install() -> bool: return os.name == 'posix' and os.geteuid() == 0 and shutil.which('apt-get') is not None

@contextmanager
def no_new_servers(policy=Path('/usr/sbin/policy-rc.d')):
    "Debian starts the servers that it installs, unless this file says no (invoke-rc.d(8)). Ours are started by the tests, each for itself."
    if policy.exists(): yield; return
    policy.write_text('#!/bin/sh\nexit 101\n')
    policy.chmod(0o755)
    try: yield
    finally: policy.unlink()

def apt_install(*packages):
    "Install Debian packages; the lists are fetched first."
    quiet = dict(DEBIAN_FRONTEND='noninteractive')
    subprocess.run(['apt-get', 'update', '-qq'], env=os.environ | quiet, stdin=subprocess.DEVNULL, capture_output=True)  # one dead mirror is not the end: install tells
    with no_new_servers(): run('apt-get', 'install', '-y', '--no-install-recommends', *packages, **quiet)

def make_venv():
    "A fresh .venv; where Debian keeps `ensurepip` in a package of its own, that is installed first."
    try: import ensurepip  # noqa: F401
    except ImportError:
        package = f'python{sys.version_info.major}.{sys.version_info.minor}-venv'
        if not may_install(): raise SystemExit(f'setup: {sys.executable} has no `ensurepip`; install {package}, or name another Python: make PYTHON=/path/to/python') from None
        apt_install(package)
    run(sys.executable, '-m', 'venv', '--clear', VENV)

def usable() -> bool:
    "Whether .venv has a Python that starts and is new enough."
    try: return subprocess.run([VENV/'bin/python', '-c', 'import sys, pip; sys.exit(sys.version_info < (3, 11))'], capture_output=True).returncode == 0
    except OSError: return False

def packages(extra):
    "Bring .venv in step with pyproject.toml, if it is not."
    wanted = dict(root=str(ROOT), pyproject=hashlib.sha256((ROOT/'pyproject.toml').read_bytes()).hexdigest())
    try: stamp = json.loads(STAMP.read_text())
    except (OSError, ValueError): stamp = {}
    moved = stamp.get('root', str(ROOT)) != str(ROOT)  # scripts in a venv hold its absolute path
    if moved or not usable(): make_venv(); stamp = {}
    have = set(stamp.get('extras', ())) if stamp.get('pyproject') == wanted['pyproject'] else set()
    if extra in have: return
    print(f'==> setting up .venv with the extra `{extra}` (some minutes the first time)', flush=True)
    begun = time.monotonic()
    compiler()
    run(VENV/'bin/python', '-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '-e', f'.[{extra}]')
    STAMP.write_text(json.dumps(wanted | dict(extras=sorted(have | INCLUDES[extra]))))
    print(f'    done in {time.monotonic()-begun:.0f} s', flush=True)

def lowest():
    "Bring .venv-lowest in step with pyproject.toml: each direct dependency as old as it may be. pip cannot do that, uv can."
    venv = ROOT/'.venv-lowest'
    wanted = json.dumps(dict(root=str(ROOT), pyproject=hashlib.sha256((ROOT/'pyproject.toml').read_bytes()).hexdigest()))
    stamp = venv/'setup.json'
    if stamp.is_file() and stamp.read_text() == wanted: return
    print('==> setting up .venv-lowest (some minutes)', flush=True)
    run(sys.executable, '-m', 'venv', '--clear', venv)
    run(venv/'bin/python', '-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', 'uv')
    run(venv/'bin/uv', 'pip', 'install', '--python', venv/'bin/python', '--resolution', 'lowest-direct', '-e', '.[dev,dask]')
    stamp.write_text(wanted)

def compiler():
    "pocketsphinx has no wheel for Python 3.14: it is compiled, and Debian keeps what that takes in packages of their own."
    if sys.version_info < (3, 14) or not may_install(): return
    if shutil.which('cc') and (Path(sysconfig.get_path('include'))/'Python.h').exists(): return
    apt_install('build-essential', f'python{sys.version_info.major}.{sys.version_info.minor}-dev')

PLUGIN_SYSTEM = 'cjm-plugin-system==0.0.46', 'cjm-substrate==0.0.74'  # their manifests and their calls change between versions

def newer_python() -> str|None:
    "A Python 3.12 or later that can make virtual environments: this one, those on the PATH, those of pyenv and uv."
    kept = [Path(os.environ.get('PYENV_ROOT') or Path.home()/'.pyenv')/'versions', Path.home()/'.local/share/uv/python']
    found = [sys.executable, *map(shutil.which, ('python3', 'python3.12', 'python3.13'))] + [p for folder in kept for p in sorted(folder.glob('*3.1[23]*/bin/python3'))]
    check = 'import sys, ensurepip; sys.exit(not (3, 12) <= sys.version_info < (3, 14))'
    for p in dict.fromkeys(map(str, filter(None, found))):
        if subprocess.run([p, '-c', check], capture_output=True).returncode == 0: return p
    return None

def plugin():
    "Bring .venv-plugin in step with pyproject.toml, where there is a Python for it; elsewhere tools/needs.py says what is skipped."
    venv = ROOT/'.venv-plugin'
    wanted = json.dumps(dict(root=str(ROOT), plugin_system=PLUGIN_SYSTEM, pyproject=hashlib.sha256((ROOT/'pyproject.toml').read_bytes()).hexdigest()))
    stamp = venv/'setup.json'
    if stamp.is_file() and stamp.read_text() == wanted: return
    if (python := newer_python()) is None: return
    print('==> setting up .venv-plugin for the tests of plugins (a minute the first time)', flush=True)
    begun = time.monotonic()
    try:
        run(python, '-m', 'venv', '--clear', venv)
        run(venv/'bin/python', '-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '-e', '.[demo]', *PLUGIN_SYSTEM)
    except SystemExit as e:
        if os.environ.get('CI'): raise  # nobody would see the skipped tests
        return print(e)
    stamp.write_text(wanted)
    print(f'    done in {time.monotonic()-begun:.0f} s', flush=True)

TUS_JS = 'tus-js-client@4.3.1'   # a client of resumable uploads that others wrote

def javascript():
    "Bring .venv-js in step, where there is npm. Without it tools/needs.py says what is skipped."
    folder, npm = ROOT/'.venv-js', shutil.which('npm')
    stamp = folder/'setup.json'
    if npm is None or stamp.is_file() and stamp.read_text() == TUS_JS: return
    print('==> setting up .venv-js for the tests of uploads', flush=True)
    folder.mkdir(exist_ok=True)
    (folder/'package.json').write_text('{"private": true}')
    try: run(npm, 'install', '--prefix', folder, '--no-audit', '--no-fund', '--ignore-scripts', TUS_JS)
    except SystemExit as e: return print(e)
    stamp.write_text(TUS_JS)

def system(use='test'):
    "Install what is absent, or say what that costs."
    wanted = sorted({p for need in absent(use) if need.helps() for p in need.packages})
    if wanted and may_install():
        print(f'==> apt-get install {" ".join(wanted)}', flush=True)
        begun = time.monotonic()
        try: apt_install(*wanted)
        except SystemExit as e:
            if os.environ.get('CI'): raise  # nobody would see the skipped tests
            print(e)
        print(f'    done in {time.monotonic()-begun:.0f} s', flush=True)
    for need in absent(use): print(f'==> no {need.name} here: skipping {need.skipped}. To have it: {need.to_have()}', flush=True)

if __name__ == '__main__':
    for what in sys.argv[1:]:
        if what == 'system': system()
        elif what == 'plugin': plugin()
        elif what == 'javascript': javascript()
        elif what == 'lowest': lowest()
        elif what == 'system-bench': system('bench')
        else: packages(what)
