"Progress: every format as its tool prints it, any bytes, nothing invented."
import json, math, subprocess, time
import pytest
from hypothesis import given, settings, strategies as st
from cjm_jobtrack.model.errors import InvalidInput
from cjm_jobtrack.logs.log_store import LogStore
from cjm_jobtrack.logs.progress import FORMATS, LINE_MAX, Progress, ProgressReader

def said(line, **kw):
    "What one line says to a reader of all formats, as a dict without None; None when nothing."
    got = ProgressReader(**kw).feed(line.encode()+b'\n')
    assert len(got) <= 1
    return {k: v for k, v in vars(got[0]).items() if v is not None} if got else None

def near(want): return want and {k: pytest.approx(v) if isinstance(v, float) else v for k, v in want.items()}

def test_the_formats_that_are_promised(): assert set(FORMATS) == {'percent', 'task', 'tqdm', 'ffmpeg', 'json', 'whisper'}

# --- one table a format

@pytest.mark.parametrize('line, want', [
    ('Progress: 45%', dict(percent=45.)), ('progress: 0%', dict(percent=0.)), ('PROGRESS:100%', dict(percent=100.)), ('Progress:   7 %', dict(percent=7.)),
    ('2026-03-01 12:00 [INFO] Progress: 12.5%', dict(percent=12.5)), ('\x1b[32mProgress: 45%\x1b[0m', dict(percent=45.)), ('Progress: 1.43%...', dict(percent=1.43)),
    ('Progress: 45% - reading  audio', dict(percent=45., message='reading audio')), ('Progress: 45% (a)', dict(percent=45., message='(a)')),
    ('whisper_print_progress_callback: progress =   5%', dict(percent=5.)),
    ('Progress: 45,5 %', dict(percent=45.5)), ('Progress: 45,5\u00a0%', dict(percent=45.5)), ('progress: 7\u202f% - fertig', dict(percent=7., message='fertig')), ('Progress: 12.5 percent', dict(percent=12.5)),
    ('Progress: 45,%', None), ('Progress: 1,234,567 %', None), ('Progress: 45 percentiles', None),
    ('Progress: 101%', None), ('Progress: 150%', None), ('Progress: -5%', None), ('Progress: NaN%', None), ('Progress: inf%', None), ('Progress: 1e3%', None), ('Progress: %', None),
    ('Progress: 45', None), ('Progress 45%', None), ('45%', None), ('in progress', None), ('Progress: ' + '9'*5000 + '%', None), ('Progress: 5.%', None), ('Progress: ٤٥%', None)])
def test_percent(line, want): assert said(line) == want

@pytest.mark.parametrize('line, want', [
    ('Task 3/10', dict(percent=30., done=3., total=10., unit='task')), ('task 0/4', dict(percent=0., done=0., total=4., unit='task')), ('TASK 7/7', dict(percent=100., done=7., total=7., unit='task')),
    ('12:01 INFO Task 1 / 3: face restore', dict(percent=100/3, done=1., total=3., unit='task', message='face restore')), ('Task 3/10.', dict(percent=30., done=3., total=10., unit='task')),
    ('Task 1/0', None), ('Task 0/0', None), ('Task 11/10', None), ('Task -1/10', None), ('Task 3/10/2026', None), ('Task 3/1.5', None), ('Task a/b', None), ('Task 3/', None),
    ('Multitask 3/4', None), ('Task ' + '1'*5000 + '/2', None)])
def test_task(line, want): assert said(line) == want

def bar(**kw): return dict(unit='it') | kw

@pytest.mark.parametrize('line, want', [   # all printed by tqdm 4.70, the impossible ones excepted
    (' 45%|████▌     | 9/20 [00:03<00:04,  2.75it/s]', bar(percent=45., done=9., total=20., rate=2.75, eta_s=4.)),
    ('seg:   0%|          | 0/20 [00:00<?, ?it/s]', bar(percent=0., done=0., total=20., message='seg')),
    ('100%|##########| 20/20 [1:00:00<00:00, 97.94it/s]', bar(percent=100., done=20., total=20., rate=97.94, eta_s=0.)),
    ('  3%|▎         | 1.00/30.0 [00:02<01:12, 2.50s/it]', bar(percent=100/30, done=1., total=30., rate=.4, eta_s=72.)),
    (' 15%|█▌        | 1.5/10 [00:04<27:10:03,  3.20s/x]', bar(percent=15., done=1.5, total=10., rate=1/3.2, unit='x', eta_s=97803.)),
    (' 30%|███       | 3/10 [00:00<00:00, 148.77frames/s, loss=0.3]', bar(percent=30., done=3., total=10., rate=148.77, unit='frames', eta_s=0.)),
    ('Map:  45%|████▌     | 9000/20000 [00:00<00:01, 29983.40 examples/s]', bar(percent=45., done=9e3, total=2e4, rate=29983.4, unit='examples', eta_s=1., message='Map')),
    ('download: a|b:   3%|▎         | 504k/19.1M [00:00<00:03, 5.16MB/s]', bar(percent=504e5/19.1e6, done=504e3, total=19.1e6, rate=5.16e6, unit='B', eta_s=3., message='download: a|b')),
    ('  0%|          | 0.00/138M [00:00<?, ?B/s]', bar(percent=0., done=0., total=138e6, unit='B')),
    (' 17%|█▋        | 504/3000 [00:00<00:01, 1678.91Epoch/s]', bar(percent=16.8, done=504., total=3e3, rate=1678.91, unit='Epoch', eta_s=1.)),
    (' 39%|███▉      | 23.581/60.226 [00:01<00:01, 19.65s/s]', bar(percent=2358.1/60.226, done=23.581, total=60.226, unit='s', eta_s=1.)),
    ('9it [00:03,  2.75it/s]', bar(done=9., rate=2.75)), ('seg: 0it [00:00, ?it/s]', bar(done=0., message='seg')), ('4it [00:10,  2.50s/it, a=1]', bar(done=4., rate=.4)),
    ('23frames [00:00, 1135.94frames/s, loss=0.3]       ', bar(done=23., rate=1135.94, unit='frames')), ('2 frames [00:00,  9.98 frames/s]', bar(done=2., rate=9.98, unit='frames')),
    ('504Epoch [00:00, 1678.22Epoch/s]', bar(done=504., rate=1678.22, unit='Epoch')), ('1.13MB [00:00, 6.05MB/s]', bar(done=1.13e6, rate=6.05e6, unit='B')),
    ('1.18MiB [00:00, 4.00kiB/s]', bar(done=1.18*1024**2, rate=4096., unit='B')),
    ('150%|███| 30/20 [00:03<00:04,  2.75it/s]', None), (' 45%|████▌| 30/20 [00:03<00:04,  2.75it/s]', None), ('  0%|   | 0/0 [00:00<?, ?it/s]', None), ('999%|   | 0/9 [00:00<?, ?it/s]', None),
    ('45%|', None), (' 45%|████▌', None), ('took 9 tries [00:03, see log]', None), ('4 it [00:10, 2 s]', None), ('9it [00:03, 2.75px/s]', None)])
def test_tqdm(line, want):
    got = said(line)
    assert got == near(want)

def test_a_printed_percent_that_the_ratio_contradicts_stands():
    assert said(' 45%|████▌     | 1.00k/2.00k [00:03<00:04, 2.75kB/s]')['percent'] == 45.

@pytest.mark.parametrize('line, want', [
    ({'progress': 42}, dict(percent=42.)), ({'percent': 42.5}, dict(percent=42.5)), ({'progress': 0}, dict(percent=0.)), ({'progress': .5}, dict(percent=.5)), ({'progress': 100}, dict(percent=100.)),
    ({'done': 3, 'total': 4}, dict(percent=75., done=3., total=4.)), ({'done': 3}, dict(done=3.)), ({'done': 3, 'total': None}, dict(done=3.)),
    ({'progress': 42, 'message': 'mixing\n audio', 'other': [1]}, dict(percent=42., message='mixing audio')), ({'progress': 42, 'message': 7}, dict(percent=42.)),
    ({'done': 3, 'total': 4, 'unit': 'scene', 'rate': .5, 'eta_s': 2}, dict(percent=75., done=3., total=4., unit='scene', rate=.5, eta_s=2.)), ({'progress': 1, 'rate': -1, 'eta_s': 'x'}, dict(percent=1.)),
    ({'progress': 150}, None), ({'progress': -1}, None), ({'progress': '42'}, None), ({'progress': True}, None), ({'progress': None}, None), ({'progress': [1]}, None), ({'progress': float('nan')}, None),
    ({'progress': float('inf')}, None), ({'progress': 10**400}, None), ({'done': 3, 'total': 0}, None), ({'done': 5, 'total': 3}, None), ({'done': -1}, None), ({'total': 3}, None), ({'done': True}, None),
    ({'progress': 150, 'done': 1, 'total': 2}, None), ({'message': 'hello'}, None), ({}, None)])
def test_json(line, want): assert said(json.dumps(line)) == want

@pytest.mark.parametrize('line', ['[1]', '42', '{"progress": 42', '{"progress": }', '{'*8000, '{"a":'*1600 + '1' + '}'*1600, '{"progress": ' + '9'*6000 + '}', '{"progress": 42} trailing'])
def test_what_is_no_json_object_says_nothing(line): assert said(line) is None

def test_a_message_is_one_clean_line():
    assert said(r'{"progress": 1, "message": "a\u0000b\ud800\u001b[31m\tc"}')['message'] == 'a b [31m c'
    assert len(said(json.dumps({'progress': 1, 'message': 'ü'*1000}))['message']) == 200

@pytest.mark.parametrize('line, duration, want', [
    ('[00:00.000 --> 00:05.000]  Okay.', 20, dict(percent=25., done=5., total=20., unit='s', message='Okay.')), ('[00:00:00.000 --> 00:00:05.000]   Okay.', 20, dict(percent=25., done=5., total=20., unit='s', message='Okay.')),
    ('[59:59.000 --> 01:00:05.000]', 7210, dict(percent=50., done=3605., total=7210., unit='s')), ('[00:00.000 --> 00:05.000] Okay.', None, dict(done=5., unit='s', message='Okay.')),
    ('[00:00.000 --> 00:20.900] x', 20, dict(percent=100., done=20., total=20., unit='s', message='x')), ('[00:00.000 --> 00:25.000] x', 20, dict(done=25., unit='s', message='x')),
    ('[00:00.000 --> 00:05.000] Task 3/10, progress: 90%', 20, dict(percent=25., done=5., total=20., unit='s', message='Task 3/10, progress: 90%')),
    ('[0.00s -> 5.00s] Okay.', 20, dict(percent=25., done=5., total=20., unit='s', message='Okay.')), ('[3605.10s -> 3610.00s]  Okay.', 7220, dict(percent=50., done=3610., total=7220., unit='s', message='Okay.')),
    ('[00:00:00,000 --> 00:00:05,000] Okay.', 20, dict(percent=25., done=5., total=20., unit='s', message='Okay.')), ('Transcript: [0.031 --> 5.0]  Okay.', 20, dict(percent=25., done=5., total=20., unit='s', message='Okay.')),
    ('[0.00s -> 5.00s]', None, dict(done=5., unit='s')), ('[5.00s -> 1.00s] x', 20, None), ('[0s -> 5s] x', 20, None), ('see [0.00s -> 5.00s]', 20, None),
    ('[00:05.000 --> 00:01.000] x', 20, None), ('00:00.000 --> 00:05.000', 20, None), ('see [00:00.000 --> 00:05.000]', 20, None), ('[00:00 --> 00:05] x', 20, None)])
def test_whisper(line, duration, want): assert said(line, duration=duration) == want

def block(*pairs, end='continue'): return ''.join(f'{p}\n' for p in ('frame=5', 'fps=0.00', *pairs, f'progress={end}')).encode()

@pytest.mark.parametrize('pairs, want', [
    (('out_time_us=15000000', 'out_time_ms=15000000', 'out_time=00:00:15.000000', 'speed= 1.5x'), dict(percent=50., done=15., total=30., unit='s', rate=1.5, eta_s=10.)),
    (('out_time_ms=15000000',), dict(percent=50., done=15., total=30., unit='s')), (('out_time=00:00:15.000000',), dict(percent=50., done=15., total=30., unit='s')),
    (('out_time_us=N/A', 'out_time_ms=N/A', 'out_time=00:00:15.000000'), dict(percent=50., done=15., total=30., unit='s')),
    (('out_time_us=3000000', 'speed= 183x'), dict(percent=10., done=3., total=30., unit='s', rate=183., eta_s=27/183)), (('out_time_us=0', 'speed=N/A'), dict(percent=0., done=0., total=30., unit='s')),
    (('out_time_us=0', 'speed=   0x'), dict(percent=0., done=0., total=30., unit='s', rate=0.)), (('out_time_us=3000000', 'speed=1.02e+03x'), dict(percent=10., done=3., total=30., unit='s', rate=1020., eta_s=27/1020)),
    (('out_time_us=30040000', 'speed=2x'), dict(percent=100., done=30., total=30., unit='s', rate=2., eta_s=0.)), (('out_time_us=90000000', 'speed=2x'), dict(done=90., unit='s', rate=2.)),
    (('out_time_us=N/A', 'out_time_ms=N/A', 'out_time=N/A', 'speed=N/A'), None), (('out_time_us=-9223372036854775807', 'out_time_ms=-9223372036854775807', 'out_time=-577014:32:22.775807'), None),
    (('out_time_us=-21333', 'out_time_ms=-21333', 'out_time=-00:00:00.021333'), None), (('speed=2x',), None), ((), None)])
@pytest.mark.parametrize('end', ['continue', 'end'])
def test_ffmpeg(pairs, want, end):
    got = ProgressReader(duration=30).feed(block(*pairs, end=end))
    assert [{k: v for k, v in vars(p).items() if v is not None} for p in got] == ([] if want is None else [near(want)])

def test_ffmpeg_without_duration_tells_the_place_only():
    assert ProgressReader().feed(block('out_time_us=15000000', 'speed=2x')) == [Progress(None, done=15., unit='s', rate=2.)]

def test_ffmpeg_blocks_do_not_leak_into_each_other():
    r = ProgressReader(duration=30)
    assert len(r.feed(block('out_time_us=15000000') + b'[mp4 @ 0x1] a warning\n' + block('speed=2x') + block('out_time_us=16000000'))) == 2
    assert r.feed(b'progress=end\nprogress=maybe\n') == []
    assert r.feed(b'out_time_us=15000000\nsize=  10kB time=00:00:01.00\nprogress=continue\r\n') == [Progress(50., done=15., total=30., unit='s')]

@pytest.mark.parametrize('line, want', [
    ('frame=  383 fps= 48 q=28.0 size=    4864KiB time=00:00:15.00 bitrate=2614.6kbits/s dup=1 drop=0 speed= 1.5x    ', dict(percent=50., done=15., total=30., unit='s', rate=1.5, eta_s=10.)),
    ('size=     512kB time=00:00:15.00 bitrate= 128.0kbits/s speed=1.5x', dict(percent=50., done=15., total=30., unit='s', rate=1.5, eta_s=10.)),
    ('frame=  383 fps= 48 q=28.0 Lsize=N/A time=00:00:30.00 bitrate=N/A speed=98.1x elapsed=0:00:00.30', dict(percent=100., done=30., total=30., unit='s', rate=98.1, eta_s=0.)),
    ('frame=   12 fps=0.0 q=0.0 size=       0kB time=00:00:03.00 bitrate=   0.1kbits/s', dict(percent=10., done=3., total=30., unit='s')),
    ('frame=    0 fps=0.0 q=0.0 size=       0kB time=N/A bitrate=N/A speed=N/A', None), ('frame=    1 fps=0.0 q=0.0 size=       0kB time=-00:00:00.02 bitrate=N/A speed=N/A', None),
    ('time=00:00:15.00', None), ('ping: time=0.1 ms', None), ('uptime=00:00:15.00 bitrate=1', None)])
def test_the_status_line_of_ffmpeg(line, want):
    got = ProgressReader(duration=30).feed(f'{line}\r'.encode())
    assert [{k: v for k, v in vars(p).items() if v is not None} for p in got] == ([] if want is None else [near(want)])
    lines = ['  Duration: 00:00:20.00, start: 0.0, bitrate: 1 kb/s', 'size= 1kB time=00:00:05.00 bitrate= 1kbits/s', '  Duration: 00:00:10.00, start: 0.0, bitrate: 1 kb/s', 'size= 1kB time=00:00:05.00 bitrate= 1kbits/s']
    assert [p.percent for p in feed(ProgressReader('ffmpeg'), lines)] == [25., 50.]

@pytest.mark.parametrize('options', [['-progress', 'pipe:1'], []])
def test_a_real_ffmpeg_is_followed_through_its_log(tmp_path, options):
    exe = pytest.importorskip('imageio_ffmpeg').get_ffmpeg_exe()
    logs, reader, got, at = LogStore(tmp_path), ProgressReader(duration=20), [], 0
    with logs.open('job', 1) as f:
        p = subprocess.Popen([exe, '-nostdin', '-stats_period', '0.05', *options, '-f', 'lavfi', '-i', 'testsrc2=d=20:s=320x180:r=25', '-f', 'null', '-'], stdout=f, stderr=f)
    deadline = time.monotonic()+60
    while (ended := p.poll()) is None or at < logs.size('job', 1):
        assert time.monotonic() < deadline
        chunk = logs.read('job', 1, at, limit=97)
        got, at = got + reader.feed(chunk.data), chunk.next_offset
        if not chunk.data:
            try: p.wait(.02)
            except subprocess.TimeoutExpired: pass
    assert ended == 0
    percents = [p.percent for p in got]
    assert percents == sorted(percents) and percents[-1] == pytest.approx(100, abs=1) and {p.unit for p in got} == {'s'}
    assert (got[-1].total, got[-1].eta_s) == (20., pytest.approx(0, abs=.1)) and got[-1].rate > 0

# --- the reader

STREAM = ('loading\n\rProgress: 1%\rProgress: 2%\r\nTask 3/10: \x1b[1mmöbel\x1b[0m\n' + block('out_time_us=15000000', 'speed= 1.5x').decode() +
          '\rseg:  45%|████▌     | 9/20 [00:03<00:04,  2.75it/s]\r 9it [00:03,  2.75it/s]\n{"progress": 42, "message": "…"}\n[00:00.000 --> 00:05.000]  Über\n' + 'x'*(LINE_MAX+50) + ' Progress: 77%\nProgress: 3%').encode()

@given(st.lists(st.integers(0, len(STREAM)), max_size=30))
@settings(max_examples=150, deadline=None)
def test_cuts_do_not_matter(cuts):
    whole = ProgressReader(duration=30.)
    want = whole.feed(STREAM) + whole.finish()
    assert [p.percent for p in want] == [1., 2., 30., 50., 45., None, 42., 5/.3, 77., 3.]
    r, at = ProgressReader(duration=30.), [0, *sorted(cuts), len(STREAM)]
    got = [p for a, b in zip(at, at[1:], strict=False) for p in r.feed(STREAM[a:b])]
    assert got + r.finish() == want

PIECES = ['progress', 'Progress: ', 'Task ', '%|', '| ', '45', '0', '/', '-', '.', 'e', 'NaN', '%', ' [00:01<00:02, ', ' [00:01, ', '2.5it/s]', 's/it', 'it', 'k', '[00:01.000 --> 00:02.500]', '{"progress": ', '{"done": 3, "total": ',
          '}', '"', 'out_time_us=', 'out_time=', 'speed=', 'progress=continue', 'progress=end', ' time=', '00:00:15.00', ' bitrate=', ' -> ', '[0.00s', '5,5', '9'*400, '\n', '\r', '\x1b[', '\b', ' ', 'ü', '\u0665']
BYTES = st.binary(max_size=300) | st.lists(st.sampled_from(PIECES), max_size=25).map(lambda l: ''.join(l).encode()) | st.sampled_from([STREAM]).flatmap(lambda s: st.tuples(st.integers(0, len(s)), st.binary(max_size=3)).map(lambda c: s[:c[0]] + c[1] + s[c[0]+len(c[1]):]))

@given(st.lists(BYTES, max_size=6), st.none() | st.floats(.001, 1e6), st.none() | st.floats())
@settings(max_examples=600, deadline=None)
def test_any_bytes_are_tolerated_and_nothing_is_invented(parts, duration, at):
    r, whole = (ProgressReader(duration=duration, pattern=r'(?P<percent>\S+)%%|(?P<done>\S+) of (?P<total>\S+)') for _ in range(2))
    got = [p for i, d in enumerate(parts) for p in r.feed(d, None if at is None else at+i)] + r.finish(at)
    for p in got:
        assert p.percent is not None or p.done is not None
        assert p.percent is None or 0 <= p.percent <= 100
        assert p.total is None or 0 < p.total and 0 <= p.done <= p.total
        for x in (p.percent, p.done, p.total, p.rate, p.eta_s): assert x is None or isinstance(x, float) and math.isfinite(x) and x >= 0
        assert p.message is None or p.message.isprintable() and 0 < len(p.message) <= 200
        json.dumps(vars(p), allow_nan=False).encode(); str(p).encode()
    if at is None: assert got == whole.feed(b''.join(parts)) + whole.finish()

def test_an_endless_line_is_bounded_and_its_end_is_read():
    r = ProgressReader()
    for _ in range(2000): assert r.feed(b'x'*10_000) == []
    assert len(r._rest) <= LINE_MAX   # memory is the promise here, and this is where it is held
    assert r.feed(b' Progress: 50%\n') == [Progress(50.)]

@pytest.mark.parametrize('unit', ['progress', 'progress: ', 'progress: 1', 'task 1', ' task 1/2/', '1%|', '1%|1/1 [', '100%|| 1/1 [00:00<00:00, ', '1: ', '1a [0:00, ', 'a'*30+' [', '{', '{"a":', '\x1b[', 'out_time=', 'time=1 bitrate=', '[1.0 -> ', '0', '1.', ':', ' ', '['])
def test_no_line_takes_long(unit):
    line, r = (unit*(LINE_MAX//len(unit))).encode() + b'\n', ProgressReader()
    begun = time.process_time()
    for _ in range(10): r.feed(line)
    assert time.process_time()-begun < 1   # here 0.01 s; a square law would take minutes

@pytest.mark.parametrize('pattern', [r'(?P<percent>\d+)%%', r'.*(?P<percent>\d+)%%', r'(?P<done>\S+) of (?P<total>\S+)'])
def test_a_careless_pattern_costs_little(pattern):
    r, begun = ProgressReader(pattern=pattern), time.process_time()
    r.feed(b"1"*LINE_MAX + b"\n")
    assert time.process_time()-begun < 2   # here 0.2 s at worst; minutes when a pattern sees the whole line

def test_progress_goes_where_the_tool_says():
    assert [p.percent for p in ProgressReader().feed(b'Progress: 90%\nProgress: 10%\nProgress: 10%\n')] == [90., 10., 10.]

def test_only_the_formats_that_are_asked():
    r = ProgressReader(formats=['task'])
    assert [p.percent for p in r.feed(b'Progress: 45%\nTask 1/2\n{"progress": 3}\n')] == [50.]
    assert ProgressReader(formats=[]).feed(STREAM) == []

def test_a_format_of_ones_own(monkeypatch):
    monkeypatch.setitem(FORMATS, 'dots', lambda line, duration=None, kept=None: Progress(None, done=float(line.count('.'))) if set(line) == {'.'} else None)
    assert ProgressReader(formats=['dots']).feed(b'...\nno.\n') == [Progress(None, done=3.)]

@pytest.mark.parametrize('pattern, line, want', [
    (r'(?P<percent>\d+) pct', '12 pct', Progress(12.)), (r'(?P<percent>\S+) pct', '120 pct', None), (r'(?P<percent>\S+) pct', 'nan pct', None), (r'(?P<percent>\S+) pct', 'half pct', None),
    (r'(?P<done>\d+) of (?P<total>\d+)', '3 of 4', Progress(75., done=3., total=4.)), (r'(?P<done>\d+) of (?P<total>\d+)', '3 of 0', None),
    (r'(?P<percent>\d+) pct(?: (?P<message>.*))?', '12 pct', Progress(12.)), (r'(?P<percent>\d+) pct(?: (?P<message>.*))?', '12 pct warm up', Progress(12., message='warm up')),
    (r'(?P<percent>\d+) of progress: 4', '5 of progress: 45%', Progress(5.))])
def test_a_pattern_comes_first_and_is_held_to_the_same(pattern, line, want):
    assert ProgressReader(pattern=pattern).feed(line.encode()+b'\n') == ([] if want is None else [want])

@pytest.mark.parametrize('field, kw', [('formats', dict(formats=['tqdn'])), ('formats', dict(formats='tqdn')), ('formats', dict(formats=[None])), ('pattern', dict(pattern='(')), ('pattern', dict(pattern='(?P<done>a)')),
    ('pattern', dict(pattern=b'(?P<percent>a)')), ('pattern', dict(pattern=7)), ('duration', dict(duration=0)), ('duration', dict(duration=-1)), ('duration', dict(duration=math.nan)),
    ('duration', dict(duration=math.inf)), ('duration', dict(duration='30')), ('duration', dict(duration=True))])
def test_refusals_name_the_field(field, kw):
    with pytest.raises(InvalidInput) as e: ProgressReader(**kw)
    assert e.value.field == field

# --- pace

def test_time_to_go_is_estimated_from_the_clock_alone():
    r = ProgressReader()
    first, = r.feed(b'Progress: 10%\n', at=1000.)
    second, = r.feed(b'Progress: 30%\n', at=1010.)
    same, = r.feed(b'Progress: 30%\n', at=1030.)
    back, = r.feed(b'Progress: 0%\n', at=1040.)
    again, = r.feed(b'Progress: 50%\n', at=1041.)
    assert [p.eta_s for p in (first, second, same, back, again)] == [None, 35., 105., None, 1.]
    assert [p.rate for p in (second, again)] == [None, None]

def test_what_the_tool_says_about_time_stands():
    r = ProgressReader()
    r.feed(b'  0%|     | 0/20 [00:00<?, ?it/s]\n', at=0.)
    assert r.feed(b' 45%|###  | 9/20 [00:03<00:04,  2.75it/s]\n', at=100.)[0].eta_s == 4.
    assert r.feed(b'Task 10/20\n', at=200.)[0].rate == pytest.approx(.05)

def test_ffmpeg_tells_the_length_itself():
    block = lambda us, end='continue': [f'out_time_us={us}', 'speed=1x', f'progress={end}']
    one = ['  Duration: 00:00:10.00, start: 0.0, bitrate: 1 kb/s', '  Duration: 00:00:20.00, start: 0.0, bitrate: 1 kb/s', *block(5_000_000), *block(10_000_000)]
    two = ['  Duration: 00:00:02.00, start: 0.0, bitrate: N/A', *block(1_000_000)]
    assert [p.percent for p in feed(ProgressReader('ffmpeg'), one + two)] == [25, 50, 50]
    assert [p.percent for p in feed(ProgressReader('ffmpeg', duration=40.), one)] == [12.5, 25]
    for odd in '  Duration: N/A, start: 0', '  Duration: 99:99:99.99, start: 0', 'Duration: 00:00:10.00', '  Duration: -00:00:10.00, x':
        assert [p.percent for p in feed(ProgressReader('ffmpeg'), [odd, *block(5_000_000)])] == [None]

def feed(reader, lines): return reader.feed(''.join(f'{line}\n' for line in lines).encode())
