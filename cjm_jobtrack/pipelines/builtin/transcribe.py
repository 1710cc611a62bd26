"""Speech to text with pocketsphinx and the English model it comes with.

Writes `<stem>.txt`, `<stem>.json` (text, segments and words with their times in seconds and a confidence) and
`<stem>.vtt` (subtitles). Times are those of the file: where the sound of a video begins late, or is missing for a
while, there is silence.

Wave files of 16 kHz, mono, 16 bit are read directly; everything else that ffmpeg can read is converted on the way,
so memory use stays constant however long the recording is. Speech is split into utterances at its pauses, and each
is decoded as a whole.

Exit status 65 means that the input cannot be used; the last line says why."""
import html, json, re, subprocess, wave
from argparse import BooleanOptionalAction
from contextlib import contextmanager
from pathlib import Path
from cjm_jobtrack.pipelines.builtin._media import (
    UNAVAILABLE, Percent, ProgramError, atomic_file, check_file, ffmpeg, input_args, last_instant, parser, probe,
    result_stem, run)

RATE = 16000         # Samples a second that the model was trained on
LONGEST_S = 20.      # Longest utterance, seconds: talk without a pause is cut here
MODEL = 'pocketsphinx en-us'

@contextmanager
def sound(path:Path):
    "Open a recording. Yields `read(n_bytes)`, and the duration in seconds or None; the bytes are 16 kHz, mono, 16 bit."
    try: w = wave.open(str(path))
    except (wave.Error, EOFError, RuntimeError): w = None   # the last: a chunk that goes beyond the file
    if w and is_plain(w):
        with w:
            # a header that was written too early promises more than there is
            available = max(0, path.stat().st_size - 44) // 2
            samples = min(w.getnframes(), available)
            yield lambda n: w.readframes(n // 2), samples / RATE
        return
    if w: w.close()
    media = probe(path)
    if not media.audio:
        remedy = 'Give a recording, such as wav, mp3, m4a, flac or ogg, or a video with sound'
        raise ProgramError(f'{path.name}: there is no sound in this file. {remedy}')
    with subprocess.Popen(conversion(path, media.video), stdout=subprocess.PIPE) as p:
        try:
            yield p.stdout.read, media.duration_s
            p.stdout.close()
            problem = 'the sound cannot be decoded to its end. Is the file damaged or cut short?'
            if p.wait(): raise ProgramError(f'{path.name}: {problem}')
        finally: p.kill()

def is_plain(w:wave.Wave_read) -> bool:
    "Whether a wave file can be read as it is."
    return (w.getframerate(), w.getnchannels(), w.getsampwidth()) == (RATE, 1, 2)

def conversion(path:Path, has_picture:bool) -> list[str]:
    "The argument list for ffmpeg that turns the sound of a file into 16 kHz, mono, 16 bit."
    # silence where there is no sound up to 0, and in gaps. Source: ffmpeg-resampler(1), `async`
    silence = f'aresample={RATE}:async=1:first_pts=0'
    sound = ['-map', '0:a:0', '-af', silence, '-ac', '1', '-f', 's16le', 'pipe:1']
    # the beginning of the picture is 0 as well; it is not decoded
    picture = ['-map', '0:V:0', '-c', 'copy', '-f', 'null', '-'] if has_picture else []
    return ffmpeg('-v', 'error', *input_args(path), *sound, *picture)

def utterances(
    read,   # `read(n)` -> n bytes of sound, fewer at the end
    vad:int, # How strict to be about what is speech, 0-3
):
    """Split sound at its pauses.

    Yields (position, None) in silence, and (start of the utterance, its bytes) after speech; both in seconds."""
    from pocketsphinx import Endpointer
    ep = Endpointer(vad_mode=vad, sample_rate=RATE)
    utterance, start, pos = b'', None, 0
    frame = read(ep.frame_bytes)
    while frame:
        next_frame = read(ep.frame_bytes)
        if next_frame: speech = ep.process(frame)
        else: speech = ep.end_stream(frame) if ep.in_speech else None
        pos += len(frame)
        if speech is not None:
            if start is None: start = ep.speech_start
            utterance += speech
            if not ep.in_speech or len(utterance) >= LONGEST_S * 2 * RATE:
                if utterance: yield start, utterance
                start = start + len(utterance) / 2 / RATE if ep.in_speech else None
                utterance = b''
        elif not utterance: yield pos / 2 / RATE, None
        frame = next_frame

def decode(
    decoder,      # A pocketsphinx `Decoder`
    start:float,  # Where the utterance begins in the recording, seconds
    pcm:bytes,    # Its sound
) -> dict|None:   # A segment: start, end, text, words; None when nothing was understood
    "Recognise one utterance."
    decoder.start_utt()
    decoder.process_raw(pcm, full_utt=True)
    decoder.end_utt()
    frame_s = 1 / decoder.config['frate']
    spoken = [s for s in decoder.seg() or () if s.word[0] not in '<[+']
    words = [word(s, start, frame_s) for s in spoken]
    if not words: return None
    return dict(
        start=words[0]['start'],
        end=words[-1]['end'],
        text=' '.join(w['word'] for w in words),
        words=words)

def word(
    s,              # A word of pocketsphinx, in frames of its utterance
    start:float,    # Where the utterance begins in the recording, seconds
    frame_s:float,  # Length of a frame, seconds
) -> dict:          # word, start, end, confidence
    return dict(
        word=re.sub(r'\(\d+\)$', '', s.word),
        start=round(start + s.start_frame * frame_s, 2),
        end=round(start + (s.end_frame + 1) * frame_s, 2),
        confidence=round(min(1., s.prob), 4))

def clock(t:float) -> str:  # Seconds -> hh:mm:ss.mmm
    seconds, ms = divmod(round(t * 1000), 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f'{hours:02}:{minutes:02}:{seconds:02}.{ms:03}'

def vtt(segments:list[dict]) -> str:
    "Subtitles. Source: WebVTT, W3C."
    return '\n'.join(['WEBVTT\n', *map(cue, segments)])

def cue(segment:dict) -> str:
    start = segment['start']
    end = max(segment['end'], start + .001)
    text = html.escape(segment['text'], quote=False)
    return f'{clock(start)} --> {clock(end)}\n{text}\n'

def true_duration(
    path:Path,            # The recording
    duration:float|None,  # What the file says, seconds
    end:float,            # Where its sound ended, seconds
) -> float|None:
    "How long a recording is, whatever the file says. Prints a line if it seems to be damaged."
    if not duration: return duration
    if end > duration + 1: return end
    if end >= duration - 1: return duration
    last = last_instant(path)
    if last >= duration - 1: return duration
    if not probe(path).estimated:
        problem = f'The sound ends after {end:.1f} s, although the file says {duration:.1f} s'
        print(f'{problem}: is it damaged or cut short?', flush=True)
    return last if last > end + 1 else end

def transcribe(
    path:Path,        # The recording
    folder:Path,      # Where the results go
    words:bool=True,  # Whether the JSON file has the times of single words
    vad:int=0,        # How strict to be about what is speech, 0-3
) -> str:             # The text
    "Transcribe one recording. Raises `ProgramError` if it cannot be used."
    check_file(path)
    try: from pocketsphinx import Decoder
    except ImportError as e:
        problem = "pocketsphinx is not installed. Run: pip install 'cjm-jobtrack[demo]'"
        raise ProgramError(problem, UNAVAILABLE) from e
    segments, end = [], 0.
    with sound(path) as (read, duration):
        decoder = Decoder(samprate=RATE, cmn='batch', loglevel='FATAL')
        percent = Percent(duration)
        percent.at(0)
        for start, pcm in utterances(read, vad):
            end = start + (len(pcm) / 2 / RATE if pcm else 0)
            segment = decode(decoder, start, pcm) if pcm else None
            if segment: segments.append(segment)
            percent.at(end)
    if not end:
        problem = 'the recording has no sound in it, only a header. Was it stopped before it began?'
        raise ProgramError(f'{path.name}: {problem}')
    duration = true_duration(path, duration, end) or end
    text = '\n'.join(s['text'] for s in segments)
    write_results(path, folder, {
        '.txt': text + '\n',
        '.json': json.dumps(as_record(text, segments, duration, words), indent=1) + '\n',
        '.vtt': vtt(segments)})
    if not segments: print('No speech was recognised; the transcript is empty', flush=True)
    percent.done()
    return text

def as_record(text:str, segments:list[dict], duration:float, words:bool) -> dict:
    "What the JSON file holds."
    record = dict(
        text=text.replace('\n', ' '),
        duration_s=round(duration, 3),
        sample_rate_hz=RATE,
        model=MODEL,
        segments=[{k: v for k, v in s.items() if k != 'words'} for s in segments])
    if words: record['words'] = [w for s in segments for w in s['words']]
    return record

def write_results(path:Path, folder:Path, results:dict[str, str]) -> None:  # suffix -> content
    stem = result_stem(path, folder, *results)
    for suffix, content in results.items():
        with atomic_file(folder/f'{stem}{suffix}') as p: p.write_text(content, encoding='utf-8')

def main() -> None:
    p = parser(__doc__)
    times = 'include the times of single words in the JSON file'
    p.add_argument('--words', action=BooleanOptionalAction, default=True, help=times)
    strictness = 'how strict to be about what is speech: larger drops more noise (default 0)'
    p.add_argument('--vad', type=int, choices=range(4), default=0, help=strictness)
    a = p.parse_args()
    transcribe(a.input, a.output_dir, a.words, a.vad)

if __name__ == '__main__': run(main)
