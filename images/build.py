"""Build the images of the shipped pipelines, without a registry: `python images/build.py [transcode] [transcribe]`, both when none is named.

transcode     ffmpeg from the package imageio-ffmpeg, with the libraries it needs, on nothing: a second or two
transcribe    a small Debian by debootstrap (for root, from the mirror of this machine), Python, and pocketsphinx from PyPI: about a minute

The engine is the one of DOCKER_HOST, of the current context, or the usual socket."""
import argparse, os, shutil, subprocess, sys, tarfile, tempfile
from pathlib import Path
from docker.errors import DockerException
from cjm_jobtrack.model.errors import JobtrackError
from cjm_jobtrack.containers.engine import engine_client, engine_options
from cjm_jobtrack.containers.images import libraries

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parent/'cjm_jobtrack'
MIRROR, SUITE, PYTHON = 'http://deb.debian.org/debian', 'bookworm', '3.11'

def ffmpeg() -> str:
    try: from imageio_ffmpeg import get_ffmpeg_exe
    except ImportError as e: raise JobtrackError("transcode: needs the package imageio-ffmpeg. pip install 'cjm-jobtrack[demo]'") from e
    return get_ffmpeg_exe()

def run(*cmd):
    "Run a program. Raises `JobtrackError` with its last words."
    done = subprocess.run([str(c) for c in cmd], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors='replace')
    if done.returncode: raise JobtrackError(f'{done.stdout[-2000:].strip()}\n`{Path(cmd[0]).name}` ended with status {done.returncode}')

def transcode(context:Path):
    "What goes into the image `transcode`."
    for to, frm in {**libraries(ffmpeg()), '/ffmpeg': ffmpeg()}.items():
        at = context/'root'/to.lstrip('/')
        at.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(os.path.realpath(frm), at)
        at.chmod(0o755)

def transcribe(context:Path):
    "What goes into the image `transcribe`."
    program = shutil.which('debootstrap', path=os.environ.get('PATH', '') + ':/usr/sbin:/sbin')
    if program is None or os.geteuid(): raise JobtrackError('transcribe: needs root and debootstrap. apt-get install debootstrap')
    root = context/'debian'
    run(program, '--variant=minbase', '--include=python3', SUITE, root, MIRROR)
    for d in 'var/cache/apt', 'var/lib/apt/lists', 'usr/share/doc', 'usr/share/locale', 'usr/share/man': shutil.rmtree(root/d, ignore_errors=True)
    with tarfile.open(context/'root.tar', 'w') as tar: tar.add(root, '.', filter=lambda o: None if o.name.startswith(('./dev/', './proc/', './sys/')) else o)
    shutil.rmtree(root)
    run(sys.executable, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--target', context/'packages', '--python-version', PYTHON,
        '--only-binary=:all:', 'pocketsphinx>=5.0.4', 'imageio-ffmpeg>=0.6')
    (context/'cjm_jobtrack/pipelines').mkdir(parents=True)
    for name in ('__init__.py', 'pipelines/__init__.py'): shutil.copy(PACKAGE/name, context/'cjm_jobtrack'/name)
    shutil.copytree(PACKAGE/'pipelines/builtin', context/'cjm_jobtrack/pipelines/builtin', ignore=shutil.ignore_patterns('__pycache__', '*.wav'))

IMAGES = dict(transcode=transcode, transcribe=transcribe)

def build(
    name:str,      # A key of IMAGES
    client=None,   # A `docker.DockerClient`; None: of the engine that the environment names
) -> str:          # What the image is called
    "Build one image."
    own = client is None
    client = engine_client(engine_options(), 600.) if own else client
    try:
        with tempfile.TemporaryDirectory(prefix=f'jobtrack-{name}-') as tmp:
            IMAGES[name](Path(tmp))
            shutil.copy(HERE/name/'Dockerfile', tmp)
            client.images.build(path=tmp, tag=f'jobtrack-{name}', rm=True, forcerm=True)
    finally:
        if own: client.close()
    return f'jobtrack-{name}'

if __name__ == '__main__':
    p = argparse.ArgumentParser(description=__doc__.partition('\n')[0])
    p.add_argument('images', nargs='*', help=f'which: {", ".join(IMAGES)} (default: all)')
    asked = p.parse_args().images or [*IMAGES]
    if unknown := set(asked) - set(IMAGES): p.error(f'there is no image {", ".join(sorted(unknown))}; known: {", ".join(IMAGES)}')
    try:
        for name in asked: print(f'built {build(name)}', flush=True)
    except (JobtrackError, DockerException, OSError) as e: sys.exit(f'images/build.py: {e}')
