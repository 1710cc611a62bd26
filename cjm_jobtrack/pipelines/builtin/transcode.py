"""Convert a video with ffmpeg: another codec, another container, another size.

Writes `<stem>.<container>` with the first video and the first audio stream. H.264 and H.265 have even sides only,
so a side that is odd grows by one line; channels that the new format cannot place are mixed into those of the
nearest layout that it has. Progress is media seconds written, and is printed only if the file says how long it is.

Exit status 65 means that the input cannot be used, or not with these options; the last line says why."""
import re, subprocess
from pathlib import Path
from cjm_jobtrack.pipelines.builtin._media import (
    Percent, ProgramError, atomic_file, check_file, ffmpeg, input_args, parser, probe, result_stem, run)

# What is asked for -> encoder and its settings. Source: the encoding guides of the FFmpeg wiki (H.264, H.265, VP9)
CODECS = dict(
    h264=['-c:v', 'libx264', '-pix_fmt', 'yuv420p'],
    h265=['-c:v', 'libx265', '-pix_fmt', 'yuv420p', '-tag:v', 'hvc1', '-x265-params', 'log-level=error'],
    vp9=['-c:v', 'libvpx-vp9', '-pix_fmt', 'yuv420p', '-b:v', '0', '-row-mt', '1', '-cpu-used', '4'],
    copy=['-c:v', 'copy'])
CRF = dict(h264=23, h265=28, vp9=31)  # The quality that each guide starts from
# libx264 and libx265 refuse odd sides in the pixel format that all players know
EVEN = 'scale=ceil(iw/2)*2:ceil(ih/2)*2'
# Channel layouts that an encoder takes; ffmpeg converts others into the nearest.
# Source: RFC 7845, 5.1.1.2 for Opus; `aacenc.c` of FFmpeg, `aac_pce_configs`
LAYOUTS = dict(
    libopus='stereo|mono|3.0|quad|5.0|5.1|6.1|7.1',
    aac='stereo|mono|2.1|3.0|3.0(back)|4.0|quad|quad(side)|3.1|5.0|5.0(side)|4.1|5.1|5.1(side)|'
        '6.0|6.0(front)|hexagonal|6.1|6.1(back)|6.1(front)|'
        '7.0|7.0(front)|7.1|7.1(wide)|7.1(wide-side)|5.1.2(back)|octagonal')
PLACES = ['mono', 'stereo', '3.0', 'quad', '5.0', '5.1', '6.1', '7.1']  # The usual layout of 1, 2, … 8 channels
CONTAINERS = dict(mp4=['-movflags', '+faststart'], mkv=[], webm=[])

def channels(
    encoder:str,       # A key of LAYOUTS
    layout:str|None,   # Of the sound, as ffmpeg names it
) -> str:              # A chain of filters
    "Brings sound into a layout that the encoder takes."
    layout = layout or ''
    nearest = f'aformat=channel_layouts={LAYOUTS[encoder]}'
    if layout.startswith('ambisonic'):   # the first channel is what is heard from everywhere
        return f'channelmap=0:mono,{nearest}'
    count = unplaced(layout)
    if count is None: return nearest
    order = '|'.join(map(str, range(count)))
    return f'channelmap={order}:{PLACES[count-1]},{nearest}'

def unplaced(layout:str) -> int|None:  # None: the layout says where each channel belongs
    "How many channels to take, in their order, when nobody knows where they belong."
    if layout in ('binaural', 'downmix'): return 2
    if not re.fullmatch(r'\d+ channels', layout): return None
    count, _ = layout.split()
    return min(len(PLACES), int(count))

def check_options(codec:str, container:str, height:int|None, crf:int|None) -> None:
    "Raises `ProgramError` when the options of `command` do not go together."
    if codec == 'copy' and (height or crf is not None):
        raise ProgramError('codec copy leaves the picture as it is: it takes no height and no crf. Choose another codec')
    if container == 'webm' and codec not in ('vp9', 'copy'):
        raise ProgramError(f'a webm file cannot hold {codec}. Choose the codec vp9, or the container mp4 or mkv')
    if height and height % 2:
        raise ProgramError(f'height {height} is odd, and the codecs work on even numbers of lines. Take {height+1}')

def command(
    path:Path,             # The video
    out:Path,              # Where ffmpeg writes
    codec:str='h264',      # A name from CODECS
    container:str='mp4',   # A name from CONTAINERS
    height:int|None=None,  # Lines of the new picture, even; None: as it is
    crf:int|None=None,     # Constant rate factor, 0-51, smaller is better; None: the codec's usual
    layout:str|None=None,  # Channels of its sound, as ffmpeg names them
) -> list[str]:
    "The argument list for ffmpeg. Raises `ProgramError` when the options do not go together."
    check_options(codec, container, height, crf)
    progress = ['-nostats', '-progress', 'pipe:1', '-stats_period', '0.25']
    head = ['-y', '-v', 'error', *progress, *input_args(path)]
    streams = ['-map', '0:V:0', '-map', '0:a:0?', *CODECS[codec]]
    tail = [*CONTAINERS[container], f'file:{out}']
    if codec == 'copy': return ffmpeg(*head, *streams, '-c:a', 'copy', *tail)
    encoder = 'libopus' if container == 'webm' else 'aac'
    even = EVEN if codec in ('h264', 'h265') else None
    scale = f'scale=-2:{height}' if height else even
    picture = ['-vf', scale] if scale else []
    quality = ['-crf', CRF[codec] if crf is None else crf]
    sound = ['-c:a', encoder, '-af', channels(encoder, layout)]
    return ffmpeg(*head, *streams, *picture, *quality, *sound, *tail)

def convert(
    cmd:list[str],    # From `command`
    percent:Percent,  # Receives how far it is
) -> None:
    "Run ffmpeg. Raises `ProgramError` when it fails."
    with subprocess.Popen(cmd, stdout=subprocess.PIPE, text=True) as p:
        try:
            for line in p.stdout:
                name, _, value = line.strip().partition('=')
                is_time = name == 'out_time_us' and value.lstrip('-').isdigit()
                if is_time: percent.at(int(value) / 1e6)
            if p.wait():
                problem = f'ffmpeg ended with status {p.returncode} and left no video. Its messages are above'
                raise ProgramError(problem, status=1)
        finally: p.kill()

def transcode(
    path:Path,              # The video
    folder:Path,            # Where the result goes
    container:str='mp4',    # A name from CONTAINERS
    **options,              # `codec`, `height`, `crf`: see `command`
) -> Path:                  # The new file
    "Convert one video. Raises `ProgramError` when it cannot be done."
    check_file(path)
    suffix = f'.{container}'
    stem = result_stem(path, folder, suffix)
    result = folder/f'{stem}{suffix}'
    if result.exists() and result.samefile(path):
        problem = 'the result would take the place of the input. Choose another folder or container'
        raise ProgramError(f'{path.name}: {problem}')
    media = probe(path)
    if not media.video:
        problem = 'there is no video in this file. Give a video, such as mp4, mkv, mov, webm or avi'
        raise ProgramError(f'{path.name}: {problem}')
    percent = Percent(media.duration_s)
    percent.at(0)
    with atomic_file(result) as out:
        cmd = command(path, out.absolute(), container=container, layout=media.layout, **options)
        convert(cmd, percent)
    percent.done()
    return result

def main() -> None:
    p = parser(__doc__)
    p.add_argument('--codec', choices=CODECS, default='h264', help='video codec (default h264)')
    p.add_argument('--container', choices=CONTAINERS, default='mp4', help='kind of file (default mp4)')
    p.add_argument('--height', type=int, help='lines of the new picture, even (default: as it is)')
    quality = ('constant rate factor, 0-51; smaller is better quality and a larger file '
               '(default: the usual one of the codec)')
    p.add_argument('--crf', type=int, help=quality)
    a = p.parse_args()
    transcode(a.input, a.output_dir, a.container, codec=a.codec, height=a.height, crf=a.crf)

if __name__ == '__main__': run(main)
