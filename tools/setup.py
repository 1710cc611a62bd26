"""Set up what a make target needs, once: `setup.py demo`, `setup.py dev`, `setup.py system`.

demo, dev   the virtual environment .venv with the package and that extra, renewed when pyproject.toml changes
system      the Debian packages of tools/needs.py, where this is root on a Debian; elsewhere it says what will be skipped

Runs on the Python that .venv is to be made from, with the standard library only."""
import hashlib, json, os, shutil, subprocess, sys, time
from pathlib import Path
from needs import absent

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT/'.venv'
STAMP = VENV/'setup.json'
INCLUDES = {'dev': {'dev', 'demo'}, 'demo': {'demo'}}  # an extra -> what is there once it is installed

def run(*cmd, **env):
    "Run a command; its words are shown only when it fails, and then it is the end."
    done = subprocess.run([str(c) for c in cmd], cwd=ROOT, env=os.environ | env, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode: raise SystemExit(f'{done.stdout}{done.stderr}\nsetup: `{" ".join(map(str, cmd))}` ended with status {done.returncode}')

def may_install() -> bool: return os.name == 'posix' and os.geteuid() == 0 and shutil.which('apt-get') is not None

def apt_install(*packages):
    "Install Debian packages; the lists are fetched first."
    quiet = dict(DEBIAN_FRONTEND='noninteractive')
    subprocess.run(['apt-get', 'update', '-qq'], env=os.environ | quiet, stdin=subprocess.DEVNULL, capture_output=True)  # one dead mirror is not the end: install tells
    run('apt-get', 'install', '-y', '--no-install-recommends', *packages, **quiet)

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
    run(VENV/'bin/python', '-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '-e', f'.[{extra}]')
    STAMP.write_text(json.dumps(wanted | dict(extras=sorted(have | INCLUDES[extra]))))
    print(f'    done in {time.monotonic()-begun:.0f} s', flush=True)

def system():
    "Install what is absent, or say what that costs."
    lacking = absent()
    if not lacking: return
    wanted = sorted({p for need in lacking for p in need.packages})
    if may_install():
        print(f'==> apt-get install {" ".join(wanted)}', flush=True)
        begun = time.monotonic()
        try: apt_install(*wanted)
        except SystemExit as e:
            if os.environ.get('CI'): raise  # nobody would see the skipped tests
            print(e)
        print(f'    done in {time.monotonic()-begun:.0f} s', flush=True)
    for need in absent():
        print(f'==> no {need.name} here: skipping the tests of {need.skipped}. To have them: apt-get install {" ".join(need.packages)}', flush=True)

if __name__ == '__main__':
    for what in sys.argv[1:]: system() if what == 'system' else packages(what)
