"""What the programs of this folder share: rejecting an input, printing progress, writing results, and asking ffmpeg."""
import argparse, os, re, signal, subprocess, sys, threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkstemp

DATAERR, UNAVAILABLE = 65, 69  # EX_DATAERR and EX_UNAVAILABLE. Source: sysexits.h, 4.3BSD
# Containers that ffmpeg may open. Playlists and scripts are left out: they name other files,
# which the caller may have no right to
CONTAINERS = (
    'mov,matroska,avi,mpegts,mpeg,flv,asf,ogg,'
    'wav,w64,aiff,au,caf,mp3,flac,aac,loas,amr,ac3,eac3,dts,wv,'
    'mpegvideo,m4v,h264,hevc,vc1,obu,ivf,mjpeg,dv,mxf,nut')

class ProgramError(Exception):
    "The program cannot do the work. The message says why, and what to give instead."
    def __init__(self, message:str, status:int=DATAERR):
        super().__init__(message)
        self.status = status

def run(main) -> None:
    "Call `main()` and end the program: a `ProgramError` is one line on stderr and its exit status."
    try: main()
    except KeyboardInterrupt: sys.exit(128 + signal.SIGINT)
    except ProgramError as e:
        print(e, file=sys.stderr, flush=True)
        sys.exit(e.status)

def parser(doc:str) -> argparse.ArgumentParser:
    "A parser with the two arguments that every program takes."
    p = argparse.ArgumentParser(description=doc.partition('\n')[0], allow_abbrev=False)
    p.add_argument('input', type=Path, help='file to read')
    p.add_argument('output_dir', type=Path, help='folder for the results; made when missing')
    return p

def check_file(path:Path) -> None:
    "Raises `ProgramError` unless there is a file with something in it."
    def error(problem:str): return ProgramError(f'{path.name}: {problem}')
    try: exists = path.exists()
    except OSError as e:
        raise error(f'this cannot be looked at, the system says {e.strerror!r}. Check the path') from e
    if not exists: raise error('there is no such file. Check the path, or upload the file first')
    if not path.is_file(): raise error('this is not a file. Give the path of one media file')
    if not os.access(path, os.R_OK): raise error('this file may not be read. Check its permissions')
    if not path.stat().st_size: raise error('the file is empty. Was the upload cut short?')

def result_stem(
    path:Path,      # The input
    folder:Path,    # Where the results go; need not be there
    *suffixes:str,  # Of the results, each with its dot
) -> str:           # That of the input, shortened if a name would be too long for the file system
    "The name of the results, without their suffixes."
    folder = folder.absolute()
    existing = next(p for p in (folder, *folder.parents) if p.exists())
    room = os.pathconf(existing, 'PC_NAME_MAX') - max(map(len, suffixes))
    stem = path.stem
    while len(os.fsencode(stem)) > room: stem = stem[:-1]
    return stem

class Percent:
    "Prints `Progress: N%` whenever N grows. 100 is for the end: see `done`."
    def __init__(self, total:float|None):  # Seconds of media; None: unknown, so nothing is printed before the end
        self.total = total
        self.last = -1

    def at(self, seconds:float) -> None:
        if not self.total: return
        percent = int(100 * seconds / self.total)
        self._print(min(99, percent))

    def done(self) -> None: self._print(100)

    def _print(self, n:int) -> None:
        if n > self.last: print(f'Progress: {n}%', flush=True)
        self.last = max(n, self.last)

@contextmanager
def atomic_file(path:Path):
    "A path to write to, which is renamed to `path` if the block succeeds, and removed if it fails, also at SIGTERM."
    path.parent.mkdir(parents=True, exist_ok=True)
    fd, name = mkstemp(prefix='.', suffix=path.suffix, dir=path.parent)
    os.close(fd)
    is_main = threading.current_thread() is threading.main_thread()  # elsewhere signals cannot be caught
    def leave(*_): sys.exit(128 + signal.SIGTERM)
    before = signal.signal(signal.SIGTERM, leave) if is_main else None
    try:
        yield Path(name)
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(name, 0o666 & ~umask)
        os.replace(name, path)
    finally:
        Path(name).unlink(missing_ok=True)
        if is_main: signal.signal(signal.SIGTERM, before)

def ffmpeg(*args) -> list[str]:
    "The command line of the ffmpeg that comes with `imageio-ffmpeg`."
    try: from imageio_ffmpeg import get_ffmpeg_exe
    except ImportError as e:
        problem = "imageio-ffmpeg is not installed. Run: pip install 'cjm-jobtrack[demo]'"
        raise ProgramError(problem, UNAVAILABLE) from e
    return [get_ffmpeg_exe(), '-hide_banner', '-nostdin', *map(str, args)]

# Seconds. A longer jump of a transport stream's clock counts as a new beginning; ffmpeg's own limit is 10
LONGEST_GAP_S = 3600

def input_args(path:Path) -> list[str]:
    "Arguments with which ffmpeg reads this one file and nothing else."
    return [
        '-dts_delta_threshold', str(LONGEST_GAP_S),
        '-protocol_whitelist', 'file,pipe',
        '-format_whitelist', CONTAINERS,
        '-i', f'file:{path.absolute()}']

@dataclass(frozen=True)
class Media:
    "What a file holds."
    duration_s:float|None  # Seconds; None when the container does not say
    audio:bool             # Whether there is sound
    video:bool             # Whether there are moving pictures; a cover picture is none
    layout:str|None=None   # Channels of the first sound, as ffmpeg names them
    estimated:bool=False   # Whether the duration is only guessed from the size

def probe(path:Path) -> Media:
    "Ask ffmpeg what a file holds: nothing, for a file that is no media."
    ended = subprocess.run(ffmpeg(*input_args(path)), capture_output=True)
    report = ended.stderr.decode(errors='replace')
    streams = [o for o in report.splitlines() if re.match(r'\s*Stream #\d', o)]
    sounds = [o for o in streams if 'Audio:' in o]
    pictures = [o for o in streams if 'Video:' in o and 'attached pic' not in o]
    layout = re.search(r' Hz, ([^,]+)', sounds[0]) if sounds else None
    return Media(
        duration_s=duration_in(report) or None,
        audio=bool(sounds),
        video=bool(pictures),
        layout=layout and layout[1],
        estimated='Estimating duration from bitrate' in report)

def duration_in(report:str) -> float|None:  # Seconds
    "The duration that ffmpeg reports."
    clock = re.search(r'^\s*Duration: (\d+):(\d+):(\d+\.?\d*)', report, re.M)
    if clock is None: return None
    hours, minutes, seconds = map(float, clock.groups())
    return 3600*hours + 60*minutes + seconds

def last_instant(path:Path) -> float:  # Seconds after its beginning
    "Where the last packet of any stream ends. Reads the whole file, and decodes nothing."
    copy_all = ['-map', '0', '-ignore_unknown', '-c', 'copy']
    cmd = ffmpeg('-v', 'quiet', *input_args(path), *copy_all, '-f', 'framecrc', 'pipe:1')
    last = 0.
    ticks = {}   # stream -> seconds
    with subprocess.Popen(cmd, stdout=subprocess.PIPE, text=True) as p:
        try:
            for line in p.stdout:   # `#tb 0: 1/90000`, then `0, dts, pts, duration, size, checksum`
                if m := re.match(r'#tb (\d+): (\d+)/(\d+)', line):
                    stream, count, per = m.groups()
                    ticks[stream] = int(count) / int(per)
                elif m := re.match(r'(\d+), *-?\d+, *(-?\d+), *(\d+),', line):
                    stream, start, length = m.groups()
                    end = (int(start) + int(length)) * ticks[stream]
                    last = max(last, end)
        finally: p.kill()
    return last
