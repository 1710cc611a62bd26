"""What the programs of this folder share: refusing an input, telling progress, writing results, and asking ffmpeg."""
import argparse, os, re, signal, subprocess, sys, threading
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkstemp

DATAERR, UNAVAILABLE = 65, 69  # EX_DATAERR and EX_UNAVAILABLE. Source: sysexits.h, 4.3BSD
# Containers that ffmpeg may open. Playlists and scripts are not among them: they name further files, which the caller may have no right to
CONTAINERS = ('mov,matroska,avi,mpegts,mpeg,flv,asf,ogg,wav,w64,aiff,au,caf,mp3,flac,aac,loas,amr,ac3,eac3,dts,wv,'
              'mpegvideo,m4v,h264,hevc,vc1,obu,ivf,mjpeg,dv,mxf,nut')

class Refused(Exception):
    "The work cannot be done; the message tells the user why and what to give instead."
    def __init__(self, message:str, status:int=DATAERR):
        super().__init__(message)
        self.status = status

def run(main) -> None:
    "Call `main()` and end the program: a refusal is one line on stderr and its status."
    try: main()
    except KeyboardInterrupt: sys.exit(128 + signal.SIGINT)
    except Refused as e:
        print(e, file=sys.stderr, flush=True)
        sys.exit(e.status)

def parser(doc:str) -> argparse.ArgumentParser:
    "A parser with the two arguments that every program takes."
    p = argparse.ArgumentParser(description=doc.partition('\n')[0], allow_abbrev=False)
    p.add_argument('input', type=Path, help='file to read')
    p.add_argument('output_dir', type=Path, help='folder for the results; made when missing')
    return p

def need_file(path:Path) -> None:
    "Raises `Refused` unless there is a file with something in it."
    try: there = path.exists()
    except OSError as e: raise Refused(f'{path.name}: this cannot be looked at, the system says {e.strerror!r}. Check the path') from e
    if not there: raise Refused(f'{path.name}: there is no such file. Check the path, or upload the file first')
    if not path.is_file(): raise Refused(f'{path.name}: this is not a file. Give the path of one media file')
    if not os.access(path, os.R_OK): raise Refused(f'{path.name}: this file may not be read. Check its permissions')
    if not path.stat().st_size: raise Refused(f'{path.name}: the file is empty. Was the upload cut short?')

def result_stem(
    path:Path,      # The input
    folder:Path,    # Where the results go; need not be there
    *suffixes:str,  # Of the results, each with its dot
) -> str:           # That of the input; where a name would become longer than the file system takes, as much of it as there is room for
    "What the results are called, without their suffixes."
    there = next(p for p in (folder.absolute(), *folder.absolute().parents) if p.exists())
    room, stem = os.pathconf(there, 'PC_NAME_MAX') - max(map(len, suffixes)), path.stem
    while len(os.fsencode(stem)) > room: stem = stem[:-1]
    return stem

class Percent:
    "Prints `Progress: N%` whenever the whole per cent grows. 100 is for the end: see `done`."
    def __init__(self, total:float|None):  # Seconds of media; None: unknown, so nothing is told
        self.total, self.last = total, -1

    def at(self, seconds:float) -> None:
        if self.total: self._tell(min(99, int(100 * seconds / self.total)))

    def done(self) -> None: self._tell(100)

    def _tell(self, n:int) -> None:
        if n > self.last: print(f'Progress: {n}%', flush=True)
        self.last = max(n, self.last)

@contextmanager
def whole(path:Path):
    "A path to write to, which becomes `path` if the block ends well and is removed if it does not, also at SIGTERM."
    path.parent.mkdir(parents=True, exist_ok=True)
    fd, name = mkstemp(prefix='.', suffix=path.suffix, dir=path.parent)
    os.close(fd)
    main = threading.current_thread() is threading.main_thread()  # elsewhere signals cannot be caught
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM)) if main else None
    try:
        yield Path(name)
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(name, 0o666 & ~umask)
        os.replace(name, path)
    finally:
        Path(name).unlink(missing_ok=True)
        if main: signal.signal(signal.SIGTERM, before)

def ffmpeg(*args) -> list[str]:
    "The command line of the ffmpeg that `imageio-ffmpeg` brings."
    try: from imageio_ffmpeg import get_ffmpeg_exe
    except ImportError as e: raise Refused("imageio-ffmpeg is not installed. Run: pip install 'cjm-jobtrack[demo]'", UNAVAILABLE) from e
    return [get_ffmpeg_exe(), '-hide_banner', '-nostdin', *map(str, args)]

LONGEST_GAP_S = 3600   # Of a transport stream, seconds: a longer jump of its clock is taken for a new beginning. ffmpeg's own limit is 10

def reading(path:Path) -> list[str]:
    "Arguments by which ffmpeg reads this one file and nothing else."
    return ['-dts_delta_threshold', str(LONGEST_GAP_S), '-protocol_whitelist', 'file,pipe', '-format_whitelist', CONTAINERS, '-i', f'file:{path.absolute()}']

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
    told = subprocess.run(ffmpeg(*reading(path)), capture_output=True).stderr.decode(errors='replace')
    streams = [o for o in told.splitlines() if re.match(r'\s*Stream #\d', o)]
    clock = re.search(r'^\s*Duration: (\d+):(\d+):(\d+\.?\d*)', told, re.M)
    duration = sum(float(n) * unit for n, unit in zip(clock.groups(), (3600, 60, 1), strict=True)) if clock else None
    sounds = [o for o in streams if 'Audio:' in o]
    layout = re.search(r' Hz, ([^,]+)', sounds[0]) if sounds else None
    return Media(duration or None, bool(sounds), any('Video:' in o and 'attached pic' not in o for o in streams),
                 layout and layout[1], 'Estimating duration from bitrate' in told)

def last_instant(path:Path) -> float:  # Seconds after its beginning
    "Where the last that a file holds, of whichever kind, comes to its end. Reads all of it, and decodes nothing."
    last, ticks = 0., {}
    cmd = ffmpeg('-v', 'quiet', *reading(path), '-map', '0', '-ignore_unknown', '-c', 'copy', '-f', 'framecrc', 'pipe:1')
    with subprocess.Popen(cmd, stdout=subprocess.PIPE, text=True) as p:
        try:
            for line in p.stdout:   # `#tb 0: 1/90000`, then `0, dts, pts, duration, size, checksum`
                if m := re.match(r'#tb (\d+): (\d+)/(\d+)', line): ticks[m[1]] = int(m[2]) / int(m[3])
                elif m := re.match(r'(\d+), *-?\d+, *(-?\d+), *(\d+),', line): last = max(last, (int(m[2]) + int(m[3])) * ticks[m[1]])
        finally: p.kill()
    return last
