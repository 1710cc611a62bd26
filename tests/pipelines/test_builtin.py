"""The programs that come with the package, run as anybody would: from a shell, on good files and on bad ones."""
import json, os, re, resource, signal, subprocess, sys, time, wave
from difflib import SequenceMatcher
from pathlib import Path
import psutil, pytest
from needs import where
from cjm_jobtrack.model.job import Job
from cjm_jobtrack.pipelines.pipeline import SHIPPED, PipelineCatalog

pytest.importorskip('pocketsphinx', reason='needs the extra `demo`')
ffmpeg_exe = pytest.importorskip('imageio_ffmpeg', reason='needs the extra `demo`').get_ffmpeg_exe()
SAID = 'one two three four five we will meet again tomorrow the meeting is on monday please call me in the morning nothing was lost on the way'

def command(program, *args): return [sys.executable, '-P', '-m', f'cjm_jobtrack.pipelines.builtin.{program}', *map(str, args)]
def run(program, *args, status=0):
    p = subprocess.run(command(program, *args), capture_output=True, text=True, timeout=240)
    assert p.returncode == status, p.stderr
    return p
def ffmpeg(*args): subprocess.run([ffmpeg_exe, '-v', 'error', '-y', *map(str, args)], check=True, timeout=60)
def share(said, heard):
    "How much of what was said was heard, 0-1."
    return sum(m.size for m in SequenceMatcher(None, said.split(), heard.split(), autojunk=False).get_matching_blocks()) / len(said.split())
def figures(p): return [int(n) for n in re.findall(r'^Progress: (\d+)%$', p.stdout, re.M)]

def write_wave(path, pcm, rate=16000, channels=1):
    with wave.open(str(path), 'wb') as w:
        w.setnchannels(channels)
        w.setsampwidth(2)
        w.setframerate(rate)
        w.writeframes(pcm)
    return path

@pytest.fixture(scope='module')
def video(tmp_path_factory):
    "Three seconds of test picture and tone."
    path = tmp_path_factory.mktemp('video')/'test picture.mp4'
    ffmpeg('-f', 'lavfi', '-i', 'testsrc=d=3:s=160x120:r=10', '-f', 'lavfi', '-i', 'sine=d=3', '-pix_fmt', 'yuv420p', path)
    return path

# Speech

def test_the_recording_of_the_demo(tmp_path):
    p = run('transcribe', SHIPPED/'recording.wav', tmp_path)
    told = figures(p)
    assert told == sorted(set(told)) and told[0] == 0 and told[-1] == 100 and len(told) >= 5 and 100 not in told[:-1]
    assert {f.name for f in tmp_path.iterdir()} == {'recording.txt', 'recording.json', 'recording.vtt'}
    record = json.loads((tmp_path/'recording.json').read_text())
    assert record['text'] == ' '.join((tmp_path/'recording.txt').read_text().split()) and share(SAID, record['text']) >= .9
    assert 11 < record['duration_s'] < 11.2 and record['sample_rate_hz'] == 16000 and 'pocketsphinx' in record['model']
    assert ' '.join(w['word'] for w in record['words']) == record['text'] and len(record['segments']) == 5
    times = [t for w in record['words'] for t in (w['start'], w['end'])]
    assert times == sorted(times) and 0 <= times[0] and times[-1] <= record['duration_s'] and all(0 < w['confidence'] <= 1 for w in record['words'])
    lines = (tmp_path/'recording.vtt').read_text().split('\n')
    cues = [o for o in lines if '-->' in o]
    assert lines[:2] == ['WEBVTT', ''] and len(cues) == 5 and all(re.fullmatch(r'\d\d:[0-5]\d:[0-5]\d\.\d{3} --> \d\d:[0-5]\d:[0-5]\d\.\d{3}', c) for c in cues)
    assert all(a < b for a, b in (c.split(' --> ') for c in cues))

def test_another_format_is_converted_and_words_can_be_left_out(tmp_path):
    with wave.open(str(SHIPPED/'recording.wav')) as w: start = w.readframes(4 * 16000)
    write_wave(tmp_path/'start.wav', start)
    ffmpeg('-i', tmp_path/'start.wav', '-ar', 44100, '-ac', 2, tmp_path/'-my start.flac')
    run('transcribe', tmp_path/'-my start.flac', tmp_path/'out', '--no-words')
    record = json.loads((tmp_path/'out/-my start.json').read_text())
    assert share('one two three four five', record['text']) >= .8 and 'words' not in record and abs(record['duration_s'] - 4) < .1

def test_silence_is_an_empty_transcript(tmp_path):
    p = run('transcribe', write_wave(tmp_path/'silence.wav', bytes(2 * 16000 * 2)), tmp_path/'out')
    assert 'No speech' in p.stdout and figures(p)[-1] == 100 and len(figures(p)) > 20
    assert (tmp_path/'out/silence.vtt').read_text() == 'WEBVTT\n' and json.loads((tmp_path/'out/silence.json').read_text())['segments'] == []

def test_a_recording_that_was_cut_short(tmp_path):
    ffmpeg('-i', SHIPPED/'recording.wav', tmp_path/'whole.flac')
    (tmp_path/'cut.flac').write_bytes((tmp_path/'whole.flac').read_bytes()[:60000])
    p = run('transcribe', tmp_path/'cut.flac', tmp_path/'out')
    seconds = json.loads((tmp_path/'out/cut.json').read_text())['duration_s']
    assert 1 < seconds < 10 and f'The sound ends after {seconds:.1f} s' in p.stdout

CODECS = dict(mkv=['-c:v', 'libx264', '-c:a', 'aac'], mp4=['-c:v', 'libx264', '-c:a', 'aac'], webm=['-c:v', 'libvpx-vp9', '-cpu-used', '8', '-c:a', 'libopus'], ts=['-c:v', 'libx264', '-c:a', 'aac'])

@pytest.mark.parametrize('kind', CODECS)
def test_cues_have_the_times_of_the_video(tmp_path, kind, monkeypatch, capsys):
    from cjm_jobtrack.pipelines.builtin import transcribe as program
    monkeypatch.setattr(program, 'decode', lambda decoder, start, pcm: dict(start=start, end=start, text='words', words=[]))   # where speech is, not what it says
    talk, picture = tmp_path/'talk.wav', ['-f', 'lavfi', '-i', 'testsrc=d=22:s=64x48:r=5']
    with wave.open(str(SHIPPED/'recording.wav')) as w: write_wave(talk, w.readframes(int(4 * 16000)))
    def heard(path):
        program.transcribe(path, tmp_path/'out')
        record = json.loads((tmp_path/f'out/{path.stem}.json').read_text())
        return [s['start'] for s in record['segments']], record['duration_s']
    plain, _ = heard(talk)
    apart = 'asetpts=if(gte(T\\,2.2)\\,PTS+{}/TB\\,PTS)'
    ffmpeg(*picture, '-itsoffset', '4', '-i', talk, *CODECS[kind], tmp_path/f'late.{kind}')
    for name, seconds in dict(gap=5, long=14).items(): ffmpeg(*picture, '-i', talk, '-af', apart.format(seconds), *CODECS[kind], tmp_path/f'{name}.{kind}')
    for name, moved in dict(late=[4, 4], gap=[0, 5], long=[0, 14]).items():
        starts, seconds = heard(tmp_path/f'{name}.{kind}')
        assert [starts[0] - plain[0], starts[-1] - plain[-1]] == pytest.approx(moved, abs=.3) and seconds == pytest.approx(22, abs=.3), (name, plain, starts)
    assert 'cut short' not in capsys.readouterr().out   # although the sound is over long before the picture

def test_a_video_that_was_cut_short_is_told(tmp_path):
    ffmpeg('-f', 'lavfi', '-i', 'testsrc=d=11:s=64x48:r=5', '-i', SHIPPED/'recording.wav', tmp_path/'whole.mkv')
    data = (tmp_path/'whole.mkv').read_bytes()
    (tmp_path/'cut.mkv').write_bytes(data[:len(data) * 2 // 3])
    p = run('transcribe', tmp_path/'cut.mkv', tmp_path/'out')
    assert 'cut short' in p.stdout and 1 < json.loads((tmp_path/'out/cut.json').read_text())['duration_s'] < 10

def test_a_length_that_is_only_guessed_is_no_promise(tmp_path):
    ffmpeg('-f', 'lavfi', '-i', 'sine=d=1:b=9', '-f', 'lavfi', '-i', 'anullsrc=d=9', '-filter_complex', '[1][0]concat=v=0:a=1', '-q:a', '2', '-f', 'adts', tmp_path/'quiet.aac')
    assert 'cut short' not in run('transcribe', tmp_path/'quiet.aac', tmp_path/'out').stdout

@pytest.mark.needs('speech')
def test_human_speech(tmp_path):
    book = Path(where('speech'))/'librivox'
    name = 'sense_and_sensibility_01_austen_64kb-0930'
    run('transcribe', book/f'{name}.wav', tmp_path)
    said = re.search(rf'<s> (.*) </s> \({name}\)', (book/'transcription').read_text())[1]
    assert share(said, (tmp_path/f'{name}.txt').read_text()) >= .8

def test_a_stop_does_not_wait_for_an_utterance(tmp_path):
    with wave.open(str(SHIPPED/'recording.wav')) as w: talk = w.readframes(int(1.5 * 16000))
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    p = subprocess.Popen(command('transcribe', write_wave(tmp_path/'talk.wav', talk * 40), tmp_path/'out'), stdout=subprocess.PIPE, text=True)
    assert next(p.stdout) == 'Progress: 0%\n'
    busy, deadline = psutil.Process(p.pid), time.monotonic() + 60
    begun = busy.cpu_times().user
    while busy.cpu_times().user < begun + .3:  # then it is decoding 20 s of talk in one piece
        assert time.monotonic() < deadline
        time.sleep(.01)
    used = busy.cpu_times().user
    p.terminate()
    p.communicate(timeout=60)
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before - used < 1   # of the processor's time: the machine may be busy
    assert p.returncode == -signal.SIGTERM and not (tmp_path/'out').exists()

# Talk without a pause, and an end that falls on a frame

def test_long_talk_is_cut_and_nothing_is_lost():
    from cjm_jobtrack.pipelines.builtin.transcribe import LONGEST_S, RATE, utterances
    with wave.open(str(SHIPPED/'recording.wav')) as w: talk = w.readframes(int(1.5 * RATE))
    for pcm in talk * 30, (talk * 30)[:960 * 1500]:
        left = memoryview(pcm)
        def read(n):
            nonlocal left
            piece, left = bytes(left[:n]), left[n:]
            return piece
        parts = [(start, o) for start, o in utterances(read, 0) if o]
        assert max(len(o) for _, o in parts) <= LONGEST_S * 2 * RATE + 2 * 960 * 20
        for (s, o), (t, _) in zip(parts, parts[1:]): assert s + len(o) / 2 / RATE <= t + .001
        start, last = parts[-1]
        assert abs(start + len(last) / 2 / RATE - len(pcm) / 2 / RATE) < .5 and sum(len(o) for _, o in parts) > .9 * len(pcm)

def test_times_of_subtitles():
    from cjm_jobtrack.pipelines.builtin.transcribe import clock, vtt
    assert [clock(t) for t in (0, 59.9996, 3661.25, 360000)] == ['00:00:00.000', '00:01:00.000', '01:01:01.250', '100:00:00.000']
    assert vtt([dict(start=1, end=1, text='a <b> & c --> d')]) == 'WEBVTT\n\n00:00:01.000 --> 00:00:01.001\na &lt;b&gt; &amp; c --&gt; d\n'

# Video

@pytest.mark.parametrize('options,name,codec,size', [
    ([], 'test picture.mp4', 'h264', '160x120'), (['--codec=h265', '--height=60', '--crf=0'], 'test picture.mp4', 'hevc', '80x60'),
    (['--codec=vp9', '--container=webm'], 'test picture.webm', 'vp9', '160x120'), (['--codec=copy', '--container=mkv'], 'test picture.mkv', 'h264', '160x120')])
def test_video_is_converted(tmp_path, video, options, name, codec, size):
    p = run('transcode', video, tmp_path/'out', *options)
    assert [f.name for f in (tmp_path/'out').iterdir()] == [name]
    told = subprocess.run([ffmpeg_exe, '-i', str(tmp_path/'out'/name)], capture_output=True, text=True).stderr
    assert f'Video: {codec}' in told and size in told and 'Duration: 00:00:03' in told and 'Audio:' in told
    assert figures(p)[0] == 0 and figures(p)[-1] == 100 and figures(p) == sorted(set(figures(p)))

# As the node runs it in a container, with the ffmpeg of this machine in place of the image's
def contained(path, folder, **params) -> Path:
    p = PipelineCatalog.load()['transcode']
    folder.mkdir(exist_ok=True)
    spec = p.work(Job(spec={'input': path.name, 'params': params}), path.parent, folder, 'docker')
    there = {'/input/': f'{path.parent}/', '/output/': f'{folder}/', '/ffmpeg': ffmpeg_exe}
    def outside(word):
        for a, b in there.items(): word = word.replace(a, b)
        return word
    subprocess.run([outside(w) for w in spec['argv']], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=60)
    return next(folder.iterdir())

def as_process(path, folder, container='mp4', **options) -> Path:
    from cjm_jobtrack.pipelines.builtin.transcode import transcode
    return transcode(path, folder, container, **options)

def told(path) -> str: return subprocess.run([ffmpeg_exe, '-i', str(path)], capture_output=True, text=True).stderr

@pytest.mark.parametrize('convert', [as_process, contained])
@pytest.mark.parametrize('codec', ['h264', 'h265', 'vp9'])
def test_odd_sides_are_made_even(tmp_path, convert, codec):
    for size, even in dict(a=('321x241', '322x242'), b=('128x99', '128x100'), c=('129x128', '130x128')).values():
        ffmpeg('-f', 'lavfi', '-i', f'testsrc=d=0.4:s={size}:r=5', '-c:v', 'ffv1', tmp_path/'odd.mkv')
        out = convert(tmp_path/'odd.mkv', tmp_path/f'out {size}', codec=codec)
        assert f' {even if codec != "vp9" else size}' in told(out)
        out = convert(tmp_path/'odd.mkv', tmp_path/f'small {size}', codec=codec, height=64)   # x265 breaks its heap where a picture is narrower
        assert re.search(r' \d*[02468]x64[ ,]', told(out))

def layouts():
    said = subprocess.run([ffmpeg_exe, '-hide_banner', '-layouts'], capture_output=True, text=True).stdout
    return [line.split() for line in said.partition('Standard channel layouts:')[2].splitlines()[2:] if line.strip()]

# Where a channel is missing among those of Opus, what is nearest to it
OPUS = {'mono': 'mono', 'stereo': 'stereo', 'binaural': 'stereo', 'downmix': 'stereo', '2.1': 'stereo', '3.0': '3.0', 'quad': 'quad', 'quad(side)': 'quad', '5.0': '5.0', '5.0(side)': '5.0', '5.1': '5.1', '5.1(side)': '5.1',
        '6.1': '6.1', '7.0': '7.1', '7.1': '7.1', '7.1(wide)': '5.1', '5.1.2': '5.1', '7.1.4': '7.1', '22.2': '7.1'}

@pytest.mark.parametrize('encoder, kind', [('libopus', 'webm'), ('aac', 'mp4')])
def test_every_channel_layout_is_converted(tmp_path, encoder, kind):
    from cjm_jobtrack.pipelines.builtin.transcode import LAYOUTS, channels
    known, words = layouts(), []
    for _, places in known: words += ['-f', 'lavfi', '-i', f'anullsrc=cl={places}:d=0.1:r=48000']
    for n, (name, _) in enumerate(known): words += ['-map', f'{n}:a', '-c:a', encoder, '-af', channels(encoder, name), str(tmp_path/f'{n}.{kind}')]
    ffmpeg(*words)
    said = subprocess.run([ffmpeg_exe, *(w for n in range(len(known)) for w in ('-i', str(tmp_path/f'{n}.{kind}')))], capture_output=True, text=True).stderr
    found = {known[int(n)][0]: layout for n, layout in re.findall(r'Stream #(\d+):0.*: Audio: .* Hz, ([^,]+)', said)}
    assert len(found) == len(known) > 25
    if encoder == 'libopus': assert {*found.values()} <= {*LAYOUTS[encoder].split('|')} and {n: found[n] for n in OPUS} == OPUS

# A film says `stereo` of binaural sound: its containers have no word for it
@pytest.mark.parametrize('convert', [as_process, contained])
@pytest.mark.parametrize('layout', ['mono', 'stereo', '5.1(side)', '2.1', '7.1(wide)', 'downmix', 'binaural'])
def test_sound_of_any_layout_becomes_opus_and_aac(tmp_path, layout, convert):
    film = tmp_path/'film.mov'
    picture, sound = 'testsrc=d=0.2:s=16x16:r=5', f'anullsrc=cl={layout}:d=0.2:r=48000'
    ffmpeg('-f', 'lavfi', '-i', picture, '-f', 'lavfi', '-i', sound, '-c:v', 'ffv1', '-c:a', 'pcm_s16le', film)
    assert f', {OPUS[layout]},' in told(convert(film, tmp_path/'opus', codec='vp9', container='webm'))
    aac = {'downmix': 'stereo', 'binaural': 'stereo', '5.1(side)': '5.1'}.get(layout, layout)   # read back
    assert f', {aac},' in told(convert(film, tmp_path/'aac', codec='h264', container='mp4'))

def test_channels_without_places_are_taken_in_their_order(tmp_path):
    for n, layout in (3, '3.0'), (10, '7.1'):
        ffmpeg('-f', 'lavfi', '-i', 'testsrc=d=0.2:s=16x16:r=5', '-f', 'lavfi', '-i', f'aevalsrc={"|".join("0"*n)}:d=0.2:c={n}c', '-c:v', 'ffv1', '-c:a', 'pcm_s16le', tmp_path/f'{n}.mov')
        assert 'Audio: opus' in told(as_process(tmp_path/f'{n}.mov', tmp_path/'out', 'webm', codec='vp9')), layout

def test_both_ways_agree():
    from cjm_jobtrack.pipelines.builtin import _media, transcode
    words = ' '.join(w.template for w in PipelineCatalog.load()['transcode'].container['argv'])
    for text in _media.CONTAINERS, str(_media.LONGEST_GAP_S), transcode.EVEN, *transcode.LAYOUTS.values(): assert text in words

ELEMENTARY = dict(mpg=['-c:v', 'mpeg1video', '-f', 'mpeg1video'], mpeg=['-c:v', 'mpeg2video', '-f', 'mpeg2video'], m4v=['-c:v', 'mpeg4', '-f', 'm4v'], h264=['-c:v', 'libx264', '-f', 'h264'], hevc=['-c:v', 'libx265', '-f', 'hevc'], ivf=['-c:v', 'libvpx-vp9'])

@pytest.mark.parametrize('convert', [as_process, contained])
@pytest.mark.parametrize('kind', ELEMENTARY)
def test_an_elementary_stream_is_a_video(tmp_path, kind, convert):
    ffmpeg('-f', 'lavfi', '-i', 'testsrc=d=1:s=64x48:r=25', '-pix_fmt', 'yuv420p', *ELEMENTARY[kind], tmp_path/f'bare.{kind}')
    if convert is contained and f'.{kind}' not in PipelineCatalog.load()['transcode'].accepts: return
    assert 'Video: h264' in told(convert(tmp_path/f'bare.{kind}', tmp_path/'out'))

@pytest.mark.parametrize('letters', ['x'*251, 'é'*125 + 'x', 'x'*247, '日'*83 + 'xx'])
def test_a_name_that_leaves_no_room_for_a_suffix_is_shortened(tmp_path, letters):
    talk, film = tmp_path/f'{letters}.wav', tmp_path/f'{letters}.mkv'
    with wave.open(str(SHIPPED/'recording.wav')) as w: write_wave(talk, w.readframes(16000))
    ffmpeg('-f', 'lavfi', '-i', 'testsrc=d=0.4:s=64x48:r=5', film)
    run('transcribe', talk, tmp_path/'words')
    run('transcode', film, tmp_path/'films', '--container=webm', '--codec=vp9')
    contained(film, tmp_path/'contained', container='webm', codec='vp9')
    for folder, names in dict(words=['.json', '.txt', '.vtt'], films=['.webm'], contained=['.webm']).items():
        found = sorted((tmp_path/folder).iterdir())
        assert [f.suffix for f in found] == names and {letters.startswith(f.stem) for f in found} == {True} and min(len(os.fsencode(f.name)) for f in found) > 245
    assert run('transcribe', tmp_path/('x'*300 + '.wav'), tmp_path/'out', status=65).stderr.startswith('xxx')

def test_progress_of_a_video_moves_and_a_stop_leaves_nothing(tmp_path):
    ffmpeg('-f', 'lavfi', '-i', 'testsrc2=d=12:s=1280x720', '-c:v', 'libx264', '-preset', 'ultrafast', tmp_path/'long.mp4')
    env = os.environ | {'JOBTRACK_THIS_TEST': str(tmp_path)}
    p = subprocess.Popen(command('transcode', tmp_path/'long.mp4', tmp_path/'out', '--codec=h265'), stdout=subprocess.PIPE, text=True, env=env)
    lines = iter(p.stdout)
    assert [next(lines) for _ in range(3)][0] == 'Progress: 0%\n'
    p.send_signal(signal.SIGTERM)
    rest = p.communicate(timeout=60)
    assert p.returncode == 128 + signal.SIGTERM and 'Progress: 100%' not in rest[0]
    assert not list((tmp_path/'out').iterdir())
    deadline = time.monotonic() + 60
    while left := [d for d in Path('/proc').glob('[0-9]*') if _environ(d).find(f'JOBTRACK_THIS_TEST={tmp_path}'.encode()) >= 0]:
        assert time.monotonic() < deadline, left
        time.sleep(.02)

def _environ(process) -> bytes:
    try: return (process/'environ').read_bytes()
    except OSError: return b''  # gone meanwhile, or not ours

@pytest.mark.parametrize('options,said', [(['--codec=copy', '--height=60'], 'takes no height'), (['--container=webm'], 'vp9'), (['--height=61'], '62')])
def test_options_that_do_not_go_together(tmp_path, video, options, said):
    assert said in run('transcode', video, tmp_path/'out', *options, status=65).stderr.splitlines()[-1]

def test_the_input_is_not_overwritten(video):
    before = video.read_bytes()
    assert 'take the place' in run('transcode', video, video.parent, status=65).stderr
    assert video.read_bytes() == before

# What cannot be used

def _bad(tmp_path, kind, video):
    path = tmp_path/f'bad.{"mp4" if kind in ("playlist", "cut video") else "wav"}'
    if kind == 'text': path.write_text('this is a letter, not a recording\n' * 50)
    if kind == 'empty': path.touch()
    if kind == 'header': write_wave(path, b'')
    if kind == 'half a header': path.write_bytes((SHIPPED/'recording.wav').read_bytes()[:20])
    if kind == 'a chunk too long': path.write_bytes(b'RIFF$\0\0\0WAVEfmt ffff\1\0\1\0\x80>\0\0\0}\0\0\2\0\x10\0data\0\0\0\0')   # `wave` raises a bare RuntimeError
    if kind == 'folder': path.mkdir()
    if kind == 'playlist': path.write_text(f'#EXTM3U\n#EXTINF:3,\n{video}\n')
    if kind == 'cut video': path.write_bytes(video.read_bytes()[:2000])
    return path

@pytest.mark.parametrize('kind', ['text', 'empty', 'header', 'half a header', 'a chunk too long', 'folder', 'missing', 'playlist', 'cut video'])
@pytest.mark.parametrize('program', ['transcribe', 'transcode'])
def test_bad_input_is_refused_in_one_line(tmp_path, video, program, kind):
    p = run(program, _bad(tmp_path, kind, video), tmp_path/'out', status=65)
    assert re.fullmatch(r'bad\.\w+: [^.?]+[.] [A-Z].+\n', p.stderr)  # what is wrong with which file, then what to do
    assert not (tmp_path/'out').exists()

def test_sound_without_picture_and_picture_without_sound(tmp_path, video):
    ffmpeg('-i', video, '-an', '-c', 'copy', tmp_path/'silent.mp4')
    assert 'no sound' in run('transcribe', tmp_path/'silent.mp4', tmp_path/'out', status=65).stderr
    assert 'no video' in run('transcode', SHIPPED/'recording.wav', tmp_path/'out', status=65).stderr
