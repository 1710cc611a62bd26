"Logs: bytes that only grow, whoever writes them, and what a person sees of them."
import asyncio, errno, gc, json, os, re, signal, subprocess, sys, threading, time, tracemalloc
import pytest
from hypothesis import given, settings, strategies as st
from cjm_jobtrack.logs import gaps as log_gaps, text as log_text
from cjm_jobtrack.model.errors import InvalidInput, StoreError
from cjm_jobtrack.logs.gaps import LogChunk, LogGap
from cjm_jobtrack.logs.log_store import LogStore
from cjm_jobtrack.logs.text import TAIL_MAX, collapse_frames

J = '7f3a-job'

@pytest.fixture
def logs(tmp_path): return LogStore(tmp_path/'jobs.logs')

# --- places

def test_nothing_is_made_by_looking(logs):
    assert (logs.size(J, 1), logs.read(J, 1, 50), logs.tail(J, 1), logs.attempts(J)) == (0, LogChunk(b'', 0, 0, 0), '', [])
    logs.path(J, 1); logs.remove(J)
    assert not logs.folder.exists()

@pytest.mark.parametrize('field, call', [
    ('id', lambda s: s.path('../x', 1)), ('id', lambda s: s.append('a/b', 1, b'x')), ('id', lambda s: s.remove('..')), ('id', lambda s: s.attempts('')),
    ('attempt', lambda s: s.path(J, -1)), ('attempt', lambda s: s.path(J, '1')), ('attempt', lambda s: s.path(J, True)), ('attempt', lambda s: s.path(J, 1.)),
    ('stream', lambda s: s.path(J, 1, '../x')), ('stream', lambda s: s.path(J, 1, '')), ('stream', lambda s: s.path(J, 1, 'a.b')), ('stream', lambda s: s.path(J, 1, None)),
    ('offset', lambda s: s.read(J, 1, -1)), ('offset', lambda s: s.read(J, 1, 'x')), ('limit', lambda s: s.read(J, 1, 0, 0)), ('limit', lambda s: s.read(J, 1, 0, 1.5)),
    ('lines', lambda s: s.tail(J, 1, 0)), ('offset', lambda s: s.append_at(J, 1, 1, b'x')), ('offset', lambda s: s.append_at(J, 1, -1, b'x'))])
def test_refusals_name_the_field_and_change_nothing(logs, field, call):
    with pytest.raises(InvalidInput) as e: call(logs)
    assert e.value.field == field
    assert not logs.folder.exists()

def test_attempts_and_streams_are_apart(logs):
    for n in (10, 2, 0): logs.append(J, n, b'%d' % n)
    logs.append(J, 2, b'hm', stream='stderr')
    logs.append('other', 7, b'x')
    (logs.folder/J/'notes.log').write_text('not ours')
    assert logs.attempts(J) == [0, 2, 10]
    assert (logs.read(J, 2).data, logs.read(J, 2, stream='stderr').data) == (b'2', b'hm')
    logs.remove(J); logs.remove(J)
    assert logs.attempts(J) == [] and logs.attempts('other') == [7]

# --- writing and reading

@given(st.lists(st.binary(max_size=40), max_size=12), st.integers(1, 30))
@settings(max_examples=60, deadline=None)
def test_what_is_appended_is_read_by_any_pieces(tmp_path_factory, parts, limit):
    logs, whole = LogStore(tmp_path_factory.mktemp('l')), b''
    for p in parts:
        whole += p
        assert logs.append(J, 1, p) == len(whole)
    got, at = b'', 0
    while (c := logs.read(J, 1, at, limit)).data:
        assert (c.offset, c.next_offset, c.size) == (at, at+len(c.data), len(whole)) and len(c.data) <= limit
        got, at = got+c.data, c.next_offset
    assert got == whole
    assert logs.read(J, 1, len(whole)+5) == LogChunk(b'', len(whole), len(whole), len(whole))

@given(st.binary(max_size=200), st.lists(st.tuples(st.integers(0, 220), st.integers(0, 60)), max_size=25))
@settings(max_examples=80, deadline=None)
def test_a_copy_by_any_pieces_is_the_beginning_of_the_original(tmp_path_factory, whole, pieces):
    logs, size = LogStore(tmp_path_factory.mktemp('l')), 0
    for at, n in pieces:
        data = whole[at:at+n]
        if at > size:
            with pytest.raises(InvalidInput, match=f'has only {size} bytes'): logs.append_at(J, 1, at, data)
        else:
            size = max(size, at+len(data))
            assert logs.append_at(J, 1, at, data) == size
        assert logs.read(J, 1).data == whole[:size]

def test_twin_copiers_leave_one_copy(logs):
    whole = os.urandom(200_000)
    gate, ended = threading.Barrier(4), []
    def copy():
        gate.wait()
        at = 0
        while at < len(whole): at = logs.append_at(J, 1, at, whole[at:at+777])
        ended.append(at)
    threads = [threading.Thread(target=copy) for _ in range(4)]
    for t in threads: t.start()
    for t in threads: t.join(60)
    assert ended == [len(whole)]*4
    assert logs.read(J, 1, limit=10**6).data == whole

def test_writers_in_several_processes_lose_nothing(logs):
    code = 'import sys; from cjm_jobtrack.logs.log_store import LogStore\nfor i in range(300): LogStore(sys.argv[1]).append(sys.argv[2], 1, (f"{sys.argv[3]} {i}" + "."*400 + "\\n").encode())'
    procs = [subprocess.Popen([sys.executable, '-c', code, str(logs.folder), J, w]) for w in 'abc']
    assert [p.wait(60) for p in procs] == [0, 0, 0]
    lines = logs.read(J, 1, limit=10**7).data.decode().splitlines()
    for w in 'abc': assert [l for l in lines if l[0] == w] == [f'{w} {i}' + '.'*400 for i in range(300)]
    assert len(lines) == 900

def test_output_of_a_killed_program_is_kept(logs):
    with logs.open(J, 1) as f:
        p = subprocess.Popen([sys.executable, '-c', 'import os, signal; os.write(1, b"begun\\n"); os.write(2, b"alas\\n"); os.kill(os.getpid(), signal.SIGKILL)'], stdout=f, stderr=f)
        p.wait(60)
    assert logs.append(J, 1, b'after\n') == 17
    assert logs.tail(J, 1) == 'begun\nalas\nafter\n'

# --- faults

@pytest.mark.skipif(not os.path.exists('/dev/full'), reason='needs /dev/full')
def test_a_full_disk_is_told(logs):
    path = logs.path(J, 1); path.parent.mkdir(parents=True); path.symlink_to('/dev/full')
    with pytest.raises(StoreError, match='No space left') as e: logs.append(J, 1, b'x')
    assert isinstance(e.value.__cause__, OSError)

@pytest.mark.parametrize('call', [lambda s: s.append(J, 1, b'x'), lambda s: s.append_at(J, 1, 0, b'x'), lambda s: s.size(J, 1), lambda s: s.read(J, 1), lambda s: s.tail(J, 1), lambda s: s.open(J, 1)])
def test_a_folder_that_is_none_is_told(tmp_path, call):
    (tmp_path/'f').write_text('a file')
    with pytest.raises(StoreError, match='the log cannot be'): call(LogStore(tmp_path/'f'))

# --- for people

@pytest.mark.parametrize('text, shown', [
    ('', ''), ('\n', '\n'), ('a\nb', 'a\nb'), ('a\r\nb\r\n', 'a\nb\n'), ('a\r\r\nb', 'a\nb'), ('\r', ''), ('abc\r', 'abc'),
    ('abcdef\rxy', 'xycdef'), ('ab\rcd\ref\n', 'ef\n'), ('ab\rcdef\rg', 'gdef'), ('\rabc\r', 'abc'),
    ('abc\b\bX', 'aXc'), ('\b\ba', 'a'), ('-\b\\\b|\b/', '/'),
    ('abcdef\rxy\x1b[K', 'xy'), ('abcdef\rxy\x1b[0Kz', 'xyz'), ('abc\x1b[2K\rde', 'de'), ('abc\r\x1b[2Kde', 'de'),
    ('\x1b[1;31mred\x1b[0m', 'red'), ('\x1b[38:2::1:2:3mx', 'x'), ('abcdef\r\x1b[32mxy\x1b[m', 'xycdef'), ('\x1b]0;title\x07text', 'text'), ('\x1b]8;;u\x1b\\text', 'text'),
    ('\x1b[?25lx\x1b[?25h', 'x'), ('\x1b(Bx', 'x'), ('x\x1b', 'x'), ('a\x00b\x07c\x0bd\x7f', 'abcd'), ('a\tb', 'a\tb'), ('é\u2028ü\x85x', 'é\u2028üx')])
def test_a_line_is_shown_as_on_a_terminal(text, shown): assert collapse_frames(text) == shown

@given(st.text(alphabet='abü█\r\n\b ', max_size=80))
@settings(max_examples=300, deadline=None)
def test_shown_as_played_key_by_key(text):
    def play(line):
        cells, at = {}, 0
        for c in line:
            if c == '\r': at = 0
            elif c == '\b': at = max(at-1, 0)
            else: cells[at] = c; at += 1
        return ''.join(cells[i] for i in sorted(cells))
    assert collapse_frames(text) == '\n'.join(map(play, text.split('\n')))

@given(st.text(max_size=80) | st.text(alphabet='a\x1b[]0;Km\x07\r\b\n', max_size=80))
@settings(max_examples=300, deadline=None)
def test_what_is_shown_has_no_controls_and_as_many_lines(text):
    out = collapse_frames(text)
    assert out.count('\n') == text.count('\n')
    assert not any(c < ' ' and c not in '\t\n' or '\x7f' <= c <= '\x9f' for c in out)
    assert collapse_frames(out) == out

@given(st.lists(st.binary(max_size=20).filter(lambda b: b'\r' not in b) | st.just(b'\n'), max_size=30), st.integers(1, 12))
@settings(max_examples=150, deadline=None)
def test_tail_is_the_last_lines(tmp_path_factory, parts, n):
    logs, data = LogStore(tmp_path_factory.mktemp('l')), b''.join(parts) + b'.'
    logs.append(J, 1, data)
    last = b'\n'.join(data.split(b'\n')[-n:])
    assert logs.tail(J, 1, n) == collapse_frames(last.decode(errors='replace'))

@pytest.mark.parametrize('data, n, shown', [
    (b'a\nb\nc\n', 2, 'b\nc\n'), (b'a\nb\nc', 2, 'b\nc'), (b'a\n\n\n', 2, '\n\n'), (b'\n', 5, '\n'), (b'a\r\nb\r\n', 1, 'b\n'),
    (b'a\n 1%\r 2%\r', 1, ' 2%'), (b'\xff\xfe\n', 1, '\ufffd\ufffd\n'), (b'\xc3', 1, ''), (b'\xe2\x82\nx', 9, '\ufffd\nx'), (b'a\x00b', 1, 'ab')])
def test_tail_by_example(logs, data, n, shown):
    logs.append(J, 1, data)
    assert logs.tail(J, 1, n) == shown

@pytest.mark.parametrize('at', range(65536-4, 65536+5))
def test_a_line_that_begins_about_a_block_is_whole(logs, at):
    logs.append(J, 1, b'first\nsecond\n' + b'x'*at)
    assert logs.tail(J, 1, 2) == 'second\n' + 'x'*at
    assert logs.tail(J, 1, 1) == 'x'*at

@pytest.mark.parametrize('char', ['é', '€', '😀'])
@pytest.mark.parametrize('shift', range(4))
def test_a_cut_character_is_skipped(logs, char, shift):
    logs.append(J, 1, char.encode()*(TAIL_MAX//2 + 9) + b'.'*shift)
    text = logs.tail(J, 1)
    assert text[0] == '…' and set(text[1:]) <= {char, '.'} and len(text) > TAIL_MAX//5

def test_a_cut_among_frames_begins_with_a_whole_one(logs):
    logs.append(J, 1, b''.join(b'\r%09d' % i for i in range(200_000)) + b'\r\n')
    assert logs.tail(J, 1) == '000199999\n'
    logs.append(J, 1, b'x'*TAIL_MAX + b'\r\nlast\n')
    assert logs.tail(J, 1, 1) == 'last\n'
    head, last, end = logs.tail(J, 1, 5).split('\n')
    assert (head[:2], set(head[1:]), last, end) == ('…x', {'x'}, 'last', '')

def test_a_gigabyte_is_tailed_from_its_end(logs):
    logs.append(J, 1, b'')
    with open(logs.path(J, 1), 'r+b') as f: f.truncate(1 << 30)   # a gigabyte of zeros that takes no room
    logs.append(J, 1, b'\nlast but one\nlast\n')
    tracemalloc.start()
    try:
        assert logs.tail(J, 1, 2) == 'last but one\nlast\n'
        assert tracemalloc.get_traced_memory()[1] < 2**20
        assert logs.tail(J, 1, 10**9).endswith('\nlast but one\nlast\n')
        assert tracemalloc.get_traced_memory()[1] < 16*2**20
    finally: tracemalloc.stop()

@pytest.mark.parametrize('unit', ['\r', '\b', '\x1b[K', '\x1b[2K', '\x1b]', '\x1b[', 'ab\x1b[2K', 'abc\r\x1b[K', 'x\x1b[1m', '\x1b[1', 'a\r\x1b[31mb'])
def test_nothing_printed_takes_long_to_show(logs, unit):
    "Time in proportion to the text: a minute of CPU here would be a square law."
    logs.append(J, 1, (unit*(TAIL_MAX//len(unit))).encode())
    logs.tail(J, 1)

# --- the limit

punches = pytest.mark.skipif(not sys.platform.startswith('linux'), reason='holes are punched on Linux only')

def pieces(logs, limit=65536, at=0, **kw):
    "All there is to read, as pieces; each is where it says it is."
    while (c := logs.read(J, 1, at, limit, **kw)).data:
        assert c.offset >= at and c.next_offset == c.offset + len(c.data) <= c.size
        yield c
        at = c.next_offset

def check_kept(logs, whole, cap=None):
    "Every byte that is read is the one that was written there, and what is missing is just what is said to be."
    at, missing = 0, []
    for c in pieces(logs, 1000):
        assert c.data == whole[c.offset:c.next_offset]
        if c.offset > at: missing.append((at, c.offset))
        at = c.next_offset
    assert at == len(whole) == logs.size(J, 1) and missing == [(c.start, c.end) for c in logs.gaps(J, 1)]
    if cap and missing:
        assert missing[0][0] >= cap//4 - cap//16 and len(whole) - missing[-1][1] >= cap//2 - cap//16
        assert len(whole) - sum(b-a for a, b in missing) <= cap
    return missing

def numbered(n, start=0): return b''.join(b'%015d\n' % i for i in range(start, start+n))

@punches
@given(st.lists(st.tuples(st.sampled_from(['lines', 'frames', 'wide', 'bytes', 'ü']), st.integers(0, 6000)), max_size=12), st.sampled_from([4096, 5000, 16384]))
@settings(max_examples=60, deadline=None)
def test_a_limited_log_keeps_its_ends_in_place(tmp_path_factory, parts, cap):
    logs, whole = LogStore(tmp_path_factory.mktemp('l'), cap), b''
    for kind, n in parts:
        data = {'lines': numbered(n//16), 'frames': b'\r50%'*(n//4), 'wide': b'x'*n, 'bytes': os.urandom(n), 'ü': 'ü'.encode()*(n//2)}[kind]
        whole += data
        assert logs.append(J, 1, data) == len(whole)
        missing = check_kept(logs, whole, cap)
        assert len(missing) <= 1 and bool(missing) == (len(whole) > cap or bool(missing)) and logs.note is None
        assert logs.trim(J, 1) is False
    logs.append(J, 1, b'\nthe end\n')
    assert logs.tail(J, 1, 1) == 'the end\n'

@punches
def test_the_disk_gets_the_middle_back(logs):
    logs.cap = 1 << 20
    for i in range(64): logs.append(J, 1, numbered(65536, i*65536))
    info = logs.path(J, 1).stat()
    assert info.st_size == logs.size(J, 1) == 64 << 20 and info.st_blocks*512 <= (1 << 20) + 65536
    [cut] = logs.gaps(J, 1)
    assert (cut.start % 16, cut.end % 16, cut.limit) == (0, 0, 1 << 20)

@punches
def test_people_are_told_what_was_cut(logs):
    logs.cap = 4096
    whole = numbered(2000)
    logs.append(J, 1, whole)
    [cut] = logs.gaps(J, 1)
    line = f'[… {cut.end-cut.start:,} bytes cut here: the log is limited to 4,096 bytes …]'
    kept = (whole[:cut.start] + f'{line}\n'.encode() + whole[cut.end:]).decode()
    assert logs.tail(J, 1, 10**6) == kept == ''.join(f'{l.text}\n' for l in logs.lines(J, 1))
    n = (len(whole)-cut.end)//16
    for lines in n-1, n, n+1, n+2: assert logs.tail(J, 1, lines) == ''.join(kept.splitlines(True)[-lines:])
    assert [l.number for l in logs.lines(J, 1)] == [*range(1, cut.start//16+1), None, *range(cut.start//16+1, cut.start//16+n+1)]

@punches
def test_a_cut_in_a_line_without_end_is_told_on_a_line_of_its_own(logs):
    logs.cap = 4096
    logs.append(J, 1, 'ü'.encode()*9000)
    head, told, end = logs.tail(J, 1).split('\n')
    assert set(head) == set(end) == {'ü'} and told.startswith('[… ')
    assert [l.text for l in logs.lines(J, 1)] == [head, told, end]
    logs.append(J, 2, b''.join(b'\r%05d' % i for i in range(9000)))
    head, told, end = logs.tail(J, 2).split('\n')
    assert re.fullmatch(r'\d{5}', head) and told.startswith('[… ') and end == '08999'

@punches
def test_a_program_goes_on_writing_while_its_log_is_cut_and_read(logs):
    "The place of a byte says which it is: no zeros are ever read, nothing moves, no writer is disturbed."
    logs.cap, stop = 1 << 16, logs.folder.parent/'stop'
    code = ('import itertools, os, sys, time\nfor i in itertools.count(0, 100):\n if os.path.exists(sys.argv[1]): break\n'
            ' sys.stdout.buffer.write(b"".join(b"%015d\\n" % k for k in range(i, i+100))); sys.stdout.flush(); time.sleep(.0005)')
    with logs.open(J, 1) as f: p = subprocess.Popen([sys.executable, '-c', code, str(stop)], stdout=f)
    wrong, cuts, seen = [], [], []
    def trim(): cuts.append(logs.trim(J, 1))
    def read():
        for c in pieces(logs, 7777):
            if c.data != numbered(len(c.data)//16+2, c.offset//16)[c.offset % 16:][:len(c.data)]: wrong.append(c)
        seen.append('bytes')
    def people():
        for l in logs.tail(J, 1, 10**6).splitlines()[1:-1]:
            if not re.fullmatch(r'\d{15}|\[… .* …]', l): wrong.append(l)
        seen.append('lines')
    def over_and_over(what):
        while p.poll() is None: what()
    threads = [threading.Thread(target=over_and_over, args=[t]) for t in (trim, trim, read, people)]
    for t in threads: t.start()
    until = time.monotonic() + 60
    while not wrong and time.monotonic() < until and (sum(cuts) < 20 or min(map(seen.count, ('bytes', 'lines'))) < 20): time.sleep(.01)
    stop.touch()
    for t in threads: t.join(60)
    assert p.wait(60) == 0 and not wrong and logs.note is None
    assert sum(cuts) >= 20 and len(check_kept(logs, numbered(logs.size(J, 1)//16))) == 1

TRIM_AND_DIE = r"""
import os, signal, sys
from cjm_jobtrack.logs import gaps as log_gaps, log_store as m
folder, job, fatal = sys.argv[1], sys.argv[2], int(sys.argv[3])
seen = 0
def point():
    global seen
    seen += 1
    if seen == fatal: os.kill(os.getpid(), signal.SIGKILL)
def framed(call):
    def framed_call(*args, **kw):
        point()
        try: return call(*args, **kw)
        finally: point()
    return framed_call
log_gaps._punch = framed(log_gaps._punch)
for name in 'fsync', 'replace', 'open': setattr(os, name, framed(getattr(os, name)))
s = m.LogStore(folder, 4096)
s.trim(job, 1)
s.append(job, 1, b'%015d\n' % 2000)
for i in range(2001, 2600): s.append(job, 1, b'%015d\n' % i)
print(seen)
"""

@punches
def test_killed_anywhere_in_a_cut_no_zeros_are_read_and_the_next_one_finishes_it(tmp_path):
    def run(folder, fatal):
        logs = LogStore(folder, None)
        logs.append(J, 1, numbered(2000))
        return logs, subprocess.run([sys.executable, '-c', TRIM_AND_DIE, str(folder), J, str(fatal)], capture_output=True, text=True)
    logs, done = run(tmp_path/'whole', 0)
    points = int(done.stdout)
    assert points > 20 and len(check_kept(logs, numbered(2600))) == 1
    for fatal in [*range(1, 29), *range(29, points+1, points//12)]:  # every point of the first cuts, and a sample of the many later ones, which are the same again
        logs, died = run(tmp_path/f'{fatal}', fatal)
        assert died.returncode == -signal.SIGKILL, died.stderr
        whole = numbered(2600)[:logs.size(J, 1)]
        check_kept(logs, whole)
        logs.cap = 4096
        assert logs.append(J, 1, numbered(2600)[len(whole):]) == 2600*16   # goes on, and cuts
        logs.trim(J, 1)
        check_kept(logs, numbered(2600), 4096)
        assert logs.note is None and logs.path(J, 1).stat().st_blocks*512 <= 4096*4
        assert json.loads(logs.path(J, 1).with_suffix('.cut').read_text())['done'] is True

@pytest.mark.parametrize('cause', [OSError(errno.EOPNOTSUPP, 'Operation not supported'), OSError(errno.EPERM, 'Operation not permitted'), None])
def test_where_holes_cannot_be_punched_everything_is_kept_and_told(logs, monkeypatch, caplog, cause):
    def fails(*_): raise cause
    if cause: monkeypatch.setattr(log_gaps, '_punch', fails)
    else: monkeypatch.setattr(log_gaps, '_fallocate', lambda: None)  # as on a system that has no such call
    logs.cap, whole = 4096, numbered(2000)
    for i in range(0, len(whole), 3200): logs.append(J, 1, whole[i:i+3200])
    assert logs.trim(J, 1) is False and 'cannot be cut to 4,096 bytes' in logs.note and caplog.text.count('cannot be cut') == 1
    assert check_kept(logs, whole) == [] and not [p for p in (logs.folder/J).iterdir() if p.suffix != '.log']
    monkeypatch.undo()
    if sys.platform.startswith('linux'): assert logs.trim(J, 1) and logs.note is None

@punches
def test_when_the_record_cannot_be_written_nothing_is_punched(logs, monkeypatch, caplog):
    logs.cap, whole = 4096, numbered(2000)
    def full(fd): raise OSError(errno.ENOSPC, 'No space left on device')
    monkeypatch.setattr(os, 'fsync', full)
    assert logs.append(J, 1, whole) == len(whole)
    assert 'No space left' in logs.note and check_kept(logs, whole) == []
    monkeypatch.undo()
    assert logs.trim(J, 1) and logs.note is None
    check_kept(logs, whole, 4096)

@punches
def test_a_cut_that_failed_half_way_is_finished_later(logs, monkeypatch):
    logs.cap, whole, real = 4096, numbered(2000), log_gaps._punch
    def fails(f, start, end):
        if start < len(whole): raise OSError(errno.EIO, 'Input/output error')
        return real(f, start, end)
    monkeypatch.setattr(log_gaps, '_punch', fails)
    logs.append(J, 1, whole)
    assert 'Input/output' in logs.note
    assert len(check_kept(logs, whole, 4096)) == 1  # recorded, so nobody reads what may be zeros
    monkeypatch.undo()
    assert logs.trim(J, 1) is True and logs.trim(J, 1) is False and logs.note is None
    assert logs.path(J, 1).stat().st_blocks*512 <= 4096*4

@punches
def test_the_limit_may_change(logs):
    logs.cap, whole = 65536, numbered(10_000)
    logs.append(J, 1, whole)
    [a] = check_kept(logs, whole, 65536)
    logs.cap = 8192
    assert logs.trim(J, 1)
    [b] = check_kept(logs, whole, 8192)
    assert b[0] < a[0] and b[1] > a[1]
    logs.cap = 1 << 20
    assert not logs.trim(J, 1) and check_kept(logs, whole) == [b]
    logs.cap = None
    logs.append(J, 1, whole)
    assert check_kept(logs, whole*2) == [b]

@pytest.mark.parametrize('cap', [0, -1, 4095, 1.5, '1M', True])
def test_a_limit_that_is_none(tmp_path, cap):
    with pytest.raises(InvalidInput) as e: LogStore(tmp_path, cap)
    assert e.value.field == 'cap'

def test_looking_after_the_limit_is_nothing_where_nothing_is(logs):
    assert logs.trim(J, 1) is False and logs.gaps(J, 1) == [] and not logs.folder.exists() and logs.note is None
    with pytest.raises(InvalidInput): logs.trim('../x', 1)

# --- copies of what was cut

@punches
@given(st.lists(st.tuples(st.integers(0, 9000), st.integers(0, 5), st.booleans()), max_size=12), st.sampled_from([None, 4096, 8192]))
@settings(max_examples=60, deadline=None)
def test_a_copy_of_a_log_that_is_cut_meanwhile(tmp_path_factory, steps, cap):
    "Copied in steps, some of them twice, while the source grows and is cut: what both have is the same."
    there, here, whole = LogStore(tmp_path_factory.mktemp('l'), 4096), LogStore(tmp_path_factory.mktemp('l'), cap), b''
    for n, copies, again in steps + [(0, 99, False)]:
        more = numbered(n//16, len(whole)//16)
        whole += more
        if more: there.append(J, 1, more)
        for _ in range(copies):
            at = here.size(J, 1)
            c = there.read(J, 1, at, 777)
            if not c.data: break
            for _ in range(1 + again): assert here.append_at(J, 1, c.offset, c.data, asked=at) == c.next_offset
    missing = check_kept(here, whole) if whole else []
    assert len(missing) == len(here.gaps(J, 1))
    for a, b in missing if cap is None else []: assert any(a >= c.start and b <= c.end for c in there.gaps(J, 1))
    assert here.tail(J, 1, 50).splitlines()[-50:] == there.tail(J, 1, 50).splitlines()[-50:]

def test_a_piece_from_behind_a_cut(logs):
    assert logs.append_at(J, 1, 0, b'head', asked=0) == 4
    with pytest.raises(InvalidInput, match='has only 4 bytes'): logs.append_at(J, 1, 100, b'tail', asked=5)
    with pytest.raises(InvalidInput, match='asked'): logs.append_at(J, 1, 100, b'tail', asked=-1)
    assert logs.append_at(J, 1, 100, b'', asked=4) == 4
    assert logs.append_at(J, 1, 100, b'tail', asked=2) == logs.append_at(J, 1, 100, b'tail', asked=4) == 104
    assert logs.append_at(J, 1, 50, b'x'*50) == 104   # late, from before: what is there stays
    assert [c.data for c in pieces(logs)] == [b'head', b'tail'] and logs.gaps(J, 1) == [LogGap(4, 100)]
    assert logs.tail(J, 1) == 'head\n[… 96 bytes cut here …]\ntail'
    assert logs.append_at(J, 1, 90, b'y'*20, asked=104) == 110   # the source begins earlier than it was asked to

COPY_AND_DIE = TRIM_AND_DIE.split('s = m.LogStore')[0] + r"""
class File:  # the log while a piece is put into it
    def __init__(self, f): self.f = f
    def __enter__(self): return self
    def __exit__(self, *_): self.f.close()
    def __getattr__(self, name): return framed(getattr(self.f, name)) if name in ('write', 'truncate') else getattr(self.f, name)
real = m.Path.open
m.Path.open = lambda self, *a, **kw: File(real(self, *a, **kw))
m.LogStore(folder, None).append_at(job, 1, 1600, (b'%015d\n' * 10) % (*range(100, 110),), asked=160)
print(seen)
"""

def test_killed_anywhere_in_a_copy_no_zeros_are_read_and_the_copy_goes_on(tmp_path):
    def run(folder, fatal):
        logs = LogStore(folder, None)
        logs.append(J, 1, numbered(10))
        return logs, subprocess.run([sys.executable, '-c', COPY_AND_DIE, str(folder), J, str(fatal)], capture_output=True, text=True)
    logs, done = run(tmp_path/'whole', 0)
    points = int(done.stdout or 0)
    assert points >= 10, done.stderr
    for fatal in range(1, points+1):
        logs, died = run(tmp_path/f'{fatal}', fatal)
        assert died.returncode == -signal.SIGKILL
        for c in pieces(logs): assert c.data == numbered(110)[c.offset:c.next_offset]
        at = logs.size(J, 1)
        assert logs.append_at(J, 1, max(at, 1600), numbered(110)[max(at, 1600):], asked=at) == 1760
        assert check_kept(logs, numbered(110)) == [(160, 1600)]

# --- following

def collect(follow, how):
    if how == 'blocking': return list(follow)
    async def run(): return [c async for c in follow]
    return asyncio.run(run())

@pytest.mark.parametrize('how', ['blocking', 'async'])
def test_a_log_is_followed_across_processes_to_its_last_byte(logs, how):
    code = 'import sys, time\nfor i in range(20): sys.stdout.write(f"{i:0999d}\\n"); sys.stdout.flush(); time.sleep(.02)\nsys.stdout.write("the end")'
    logs.append(J, 1, b'.'*600)
    with logs.open(J, 1) as f: p = subprocess.Popen([sys.executable, '-c', code], stdout=f)
    got = collect(logs.follow(J, 1, 500, until=lambda: p.poll() is not None, poll=.01, limit=900), how)
    at = 500
    for c in got:
        assert c.offset == at and 0 < len(c.data) <= 900
        at = c.next_offset
    assert p.wait(60) == 0 and b''.join(c.data for c in got) == b'.'*100 + (''.join(f'{i:0999d}\n' for i in range(20)) + 'the end').encode()

@pytest.mark.parametrize('event', [threading.Event, asyncio.Event])
def test_following_ends_by_an_event_and_waits_for_a_log_to_come(logs, event):
    over = event()
    def write():
        logs.append(J, 1, b'late\n')
        over.set()
    timer = threading.Timer(.1, write)
    timer.start()
    assert [c.data for c in logs.follow(J, 1, until=over, poll=.005)] == [b'late\n']
    timer.join(60)

def test_the_loop_lives_while_a_long_log_is_followed(logs):
    "A reader that has much to catch up with lets others have their turn, and stops when it is cancelled."
    logs.append(J, 1, b'x'*10**6)
    async def run():
        turns = []
        async def other():
            while True: turns.append(await asyncio.sleep(0))
        async def read():
            async for c in logs.follow(J, 1, limit=1000): got.append(c)
        got, tasks = [], [asyncio.create_task(other()), asyncio.create_task(read())]
        async with asyncio.timeout(60):
            while len(got) < 1000: await asyncio.sleep(.001)
        for t in tasks: t.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return len(got), len(turns), tasks[1].cancelled()
    n, turns, cancelled = asyncio.run(run())
    assert n == 1000 and turns > 500 and cancelled

@punches
def test_a_follower_sees_the_jump_over_a_cut(logs):
    logs.cap = 4096
    logs.append(J, 1, whole := numbered(1000))
    [cut] = logs.gaps(J, 1)
    got = collect(logs.follow(J, 1, until=lambda: True, limit=100), 'blocking')
    jumps = [(a.next_offset, b.offset) for a, b in zip(got, got[1:]) if a.next_offset != b.offset]
    assert jumps == [(cut.start, cut.end)] and b''.join(c.data for c in got) == whole[:cut.start] + whole[cut.end:]

@pytest.mark.parametrize('tear', ['emptied', 'shorter', 'removed', 'replaced'])
def test_a_follower_says_when_a_log_became_shorter_and_loses_nothing_new(logs, tear):
    logs.append(J, 1, b'old 1\nold 2\n')
    path, over, got = logs.path(J, 1), [], []
    for c in logs.follow(J, 1, until=lambda: bool(over), poll=.001):
        got.append(c)
        if len(got) == 1:
            if tear == 'removed': path.unlink()
            elif tear == 'replaced': os.replace(path, path.with_suffix('.old'))
            else: os.truncate(path, 0 if tear == 'emptied' else 6)
            logs.append(J, 1, b'new\n')
        if c.data.endswith(b'new\n'): over.append(True)
    was = b'old 1\n' if tear == 'shorter' else b''
    assert got == [LogChunk(b'old 1\nold 2\n', 0, 12, 12), LogChunk(b'', 0, 0, len(was)+4), LogChunk(was+b'new\n', 0, len(was)+4, len(was)+4)]

def test_waiting_for_a_log_costs_next_to_nothing(logs):
    logs.append(J, 1, b'x'*100)
    def share():
        over = threading.Event()
        t = threading.Thread(target=lambda: list(logs.follow(J, 1, until=over)))
        before, begun = time.process_time(), time.monotonic()
        t.start()
        t.join(2)
        used = (time.process_time()-before) / (time.monotonic()-begun)
        over.set()
        t.join(60)
        return used
    assert any(share() < .01 for _ in range(5)), 'each time more than a hundredth of a core'   # others may be at work in this process

@pytest.mark.parametrize('field, kw', [('poll', dict(poll=0)), ('poll', dict(poll='1')), ('poll', dict(poll=float('nan'))), ('until', dict(until=3)), ('offset', dict(offset=-1)), ('limit', dict(limit=0)), ('stream', dict(stream='..'))])
def test_following_refuses_at_once(logs, field, kw):
    with pytest.raises(InvalidInput) as e: logs.follow(J, 1, **kw)
    assert e.value.field == field

# --- lines and search

@given(st.lists(st.binary(max_size=30) | st.sampled_from([b'\n', b'\r', b'\r\n', b'\x1b[K', 'ü'.encode(), b'\x1b[31mred', b'x'*40]), max_size=30), st.integers(20, 90))
@settings(max_examples=200, deadline=None)
def test_all_lines_are_what_the_whole_would_show(tmp_path_factory, parts, longest):
    logs, data = LogStore(tmp_path_factory.mktemp('l')), b''.join(parts).replace(b'\x1b]', b'')
    logs.append(J, 1, data)
    lines, shown = list(logs.lines(J, 1)), logs.tail(J, 1, 10**6)
    assert '\n'.join(l.text for l in lines) == (shown[:-1] if data.endswith(b'\n') else shown)
    assert [l.offset for l in lines] == [at for at in (0, *(m.end() for m in re.finditer(b'\n', data))) if at < len(data)] and [l.number for l in lines] == [*range(1, len(lines)+1)]
    frames = re.sub(rb'[^\r\n a-z]', b'', data)
    logs.append(J, 2, frames)
    whole = [(l.number, l.text) for l in logs.lines(J, 2)]
    with pytest.MonkeyPatch.context() as m:
        m.setattr(log_text, 'LINE_MAX', longest)
        some, joined = list(logs.lines(J, 2)), {}
    for l in some: joined[l.number] = joined.get(l.number, '') + l.text
    if b'\r' not in frames or not any(l.continues for l in some): assert [*joined.items()] == whole

def test_a_line_of_frames_without_end_is_its_last_frame(logs):
    logs.append(J, 1, b''.join(b'\r%09d of many' % i for i in range(200_000)) + b'\nnext\n')
    assert [(l.number, l.text) for l in logs.lines(J, 1)] == [(1, '000199999 of many'), (2, 'next')]
    assert [m.number for m in logs.search(J, '000199999')] == [1] and not list(logs.search(J, '000100000'))

def test_a_line_without_end_comes_in_pieces_and_is_searched_across_them(logs):
    n = log_text.LINE_MAX
    for attempt, at in enumerate(range(n-12, n+3), 1):
        logs.append(J, attempt, b'a'*at + b'needle' + b'b'*(n+9) + b'\nlast needle\n')
        lines = list(logs.lines(J, attempt))
        assert ''.join(l.text for l in lines if l.number == 1) == 'a'*at + 'needle' + 'b'*(n+9) and [l.continues for l in lines] in ([True, False, False], [True, True, False, False])
        for kw in {}, dict(regex=True), dict(ignore_case=True):
            found = list(logs.search(J, 'needle', attempt, **kw))
            assert [m.number for m in found] == [1, 2] and all('needle' in m.text and len(m.text) < 4000 for m in found), (at, kw)
    assert [m.attempt for m in logs.search(J, 'last')] == [*range(1, 16)]

LOG = b'begin\n\x1b[31mEr\x1b[1mror\x1b[0m: no such file: talk.wav\r\n 10%\r 20%\r 30%\nStra\xc3\x9fe \xff\n\nERROR again\nnull \x00byte\nunfinished \xc3'

def test_lines_after_a_long_line_of_frames_have_their_true_offsets(logs):
    frames = b''.join(b'\r%7d' % i for i in range(30_000))   # more than LINE_MAX: what was written over is dropped on the way
    data = frames + b'\none\ntwo\n'
    logs.append(J, 1, data)
    lines = [*logs.lines(J, 1)]
    assert [(l.text, l.offset) for l in lines] == [('  29999', 0), ('one', data.index(b'one')), ('two', data.index(b'two'))]
    [match] = logs.search(J, 'one', context=1)
    assert match.before == ('  29999',) and match.after == ('two',)


@pytest.mark.parametrize('pattern, kw, numbers', [
    ('Error', {}, [2]), ('error', {}, []), ('error', dict(ignore_case=True), [2, 6]), ('E.*r', dict(regex=True), [2]), ('e.*r', dict(regex=True, ignore_case=True), [2, 6]),
    ('20%', {}, []), ('30%', {}, [3]), ('Straße', {}, [4]), ('STRAßE', dict(ignore_case=True), [4]), ('\ufffd', {}, [4]), ('null byte', {}, [7]), ('unfinished', {}, [8]),
    ('^$', dict(regex=True), [5]), ('^', dict(regex=True, limit=3), [1, 2, 3]), ('wav$', dict(regex=True), [2]), ('.', {}, [2]), ('\x1b', {}, []), ('nothing', {}, []), ('(', {}, []), ('\ud800', {}, []),
    ('begin', dict(attempt=1), [1]), ('begin', dict(attempt=9), []), ('begin', dict(stream='other'), []), ('begin', dict(stream=None), [1])])
def test_search_finds_what_people_see(logs, pattern, kw, numbers):
    logs.append(J, 1, LOG)
    found = list(logs.search(J, pattern, **kw))
    assert [m.number for m in found] == numbers
    lines = {l.number: l for l in logs.lines(J, 1)}
    assert all((m.attempt, m.stream, m.offset, m.text) == (1, 'output', lines[m.number].offset, lines[m.number].text) for m in found)

@given(st.lists(st.text('ab ü\n', max_size=60), max_size=20), st.text('ab ü', min_size=1, max_size=3))
@settings(max_examples=30, deadline=None)
def test_search_agrees_with_looking_at_every_line(tmp_path_factory, parts, needle):
    logs, text = LogStore(tmp_path_factory.mktemp('l')), ''.join(parts) + '.'
    logs.append(J, 1, text.encode())
    for pad in 0, 2000:   # so that there are several blocks, and blocks without a match
        if pad: logs.append(J, 1, (more := '\n' + ('c'*60 + '\n')*pad + text).encode())
        lines = (text + (more if pad else '')).split('\n')
        expected = [i for i, l in enumerate(lines, 1) if needle in l]
        for kw in {}, dict(ignore_case=True), dict(regex=True): assert [m.number for m in logs.search(J, needle, limit=None, **kw)] == expected

def test_matches_come_with_their_neighbours_and_a_limit(logs):
    for attempt in 1, 2: logs.append(J, attempt, b'one\ntwo\n 1%\r 2%\nfour\nfive')
    assert [(m.attempt, m.before, m.after) for m in logs.search(J, ' 2%', context=2)] == [(1, ('one', 'two'), ('four', 'five')), (2, ('one', 'two'), ('four', 'five'))]
    assert [(m.text, m.before, m.after) for m in logs.search(J, 'e', regex=True, limit=2, context=1)] == [('one', (), ('two',)), ('five', ('four',), ())]
    logs.append(J, 1, b'', stream='stderr'), logs.append(J, 1, b'two\n', stream='stderr')
    assert [(m.attempt, m.stream) for m in logs.search(J, 'two', stream=None)] == [(1, 'output'), (1, 'stderr'), (2, 'output')]

@punches
def test_search_goes_across_a_cut(logs):
    logs.cap = 4096
    logs.append(J, 1, numbered(2000))
    [cut] = logs.gaps(J, 1)
    assert not list(logs.search(J, 'bytes cut here')) and not list(logs.search(J, '%015d' % 1000))
    for m in [*logs.search(J, '0', limit=None)]: assert numbered(2000)[m.offset:m.offset+15].decode() == m.text
    [last] = logs.search(J, '%015d' % (cut.end//16), context=1)
    assert last.before == (str(cut),) and last.offset == cut.end and last.number == cut.start//16 + 1

@pytest.mark.parametrize('field, args, kw', [('pattern', ('',), {}), ('pattern', (None,), {}), ('pattern', (b'x',), {}), ('pattern', ('a\nb',), {}), ('pattern', ('[a',), dict(regex=True)), ('pattern', ('(?P<1>a)',), dict(regex=True)),
    ('pattern', ('a{1,99999999999}',), dict(regex=True)), ('attempt', ('x', -1), {}), ('stream', ('x', 1, '..'), {}), ('limit', ('x',), dict(limit=0)), ('context', ('x',), dict(context=-1))])
def test_search_refuses_at_once(logs, field, args, kw):
    with pytest.raises(InvalidInput) as e: logs.search(J, *args, **kw)
    assert e.value.field == field

@pytest.mark.skipif(sys.platform == 'win32', reason='no limit on computing time there')
@pytest.mark.parametrize('pattern', ['(a+)+$', '(a|aa)+$', '(?:a*)*b'])
def test_an_expression_without_end_is_ended(logs, monkeypatch, pattern):
    "In time that is measured in computing, so that a busy machine makes no difference; what it matched before is given."
    monkeypatch.setattr(log_text, 'CPU_LIMIT_S', 1)
    logs.append(J, 1, b'one\n' + b'a'*60 + b'!\n' + b'two\n')
    with pytest.raises(InvalidInput, match='1 s of computing') as e: list(logs.search(J, pattern, regex=True))
    assert e.value.field == 'pattern' and e.value.remedy
    assert [m.number for m in logs.search(J, 'a'*60)] == [2] and [m.number for m in logs.search(J, '^(one|two)$', regex=True)] == [1, 3]

def test_a_search_that_is_given_up_leaves_no_process(logs):
    import psutil
    logs.append(J, 1, b'line\n'*100_000)
    before = {p.pid for p in psutil.Process().children()}
    found = logs.search(J, 'l.ne', regex=True, limit=None)
    assert next(found).number == 1
    mine = {p.pid for p in psutil.Process().children()} - before
    del found
    gc.collect()
    assert len(mine) == 1 and not mine & {p.pid for p in psutil.Process().children()}

BIG = r"""
import resource, sys
from cjm_jobtrack.logs.log_store import LogStore
logs, job, kind = LogStore(sys.argv[1], None), sys.argv[2], sys.argv[3]
block = {'lines': b'a line of a log that is long, as lines are\n'*20_000, 'none': b'x'*900_000, 'frames': b''.join(b'\r%7d of the tape' % i for i in range(40_000)), 'zeros': bytes(900_000), 'cr': b'\r'*900_000}[kind]
for _ in range(110): logs.append(job, 1, block)
logs.append(job, 1, b'\nneedle\n')
soft = int(open('/proc/self/statm').read().split()[0])*4096 + (64 << 20)
resource.setrlimit(resource.RLIMIT_AS, (soft, soft))   # 64 MiB more than now
assert logs.size(job, 1) > 80e6
assert [m.text for m in logs.search(job, 'needle', context=3)] == ['needle']
assert [m.text for m in logs.search(job, 'n[e]+dle', regex=True)] == ['needle']
n = 0
for l in logs.lines(job, 1): n += len(l.text)
assert l.text == 'needle' and logs.tail(job, 1, 1) == 'needle\n' and logs.tail(job, 1, 5)
at = 0
for c in logs.follow(job, 1, until=lambda: True): at = c.next_offset
assert at == logs.size(job, 1)
print('ok')
"""

@pytest.mark.timeout(600)
@pytest.mark.skipif(not sys.platform.startswith('linux'), reason='the limit on memory is set as on Linux')
@pytest.mark.parametrize('kind', ['lines', 'none', 'frames', 'zeros', 'cr'])
def test_a_hundred_megabytes_in_sixty_four(tmp_path, kind):
    run = subprocess.run([sys.executable, '-c', BIG, str(tmp_path), J, kind], capture_output=True, text=True, timeout=500)
    assert run.stdout == 'ok\n', run.stderr

# --- torn logs

def test_a_log_cut_short_by_others_is_read_as_it_is(logs):
    logs.append(J, 1, numbered(100))
    os.truncate(logs.path(J, 1), 100)
    assert logs.read(J, 1, 1000) == LogChunk(b'', 100, 100, 100) and logs.tail(J, 1, 1) == '0000'
    assert logs.append_at(J, 1, 96, numbered(100)[96:200]) == 200 and logs.read(J, 1).data == numbered(100)[:200]

@punches
@pytest.mark.parametrize('left', [0, 100, 1024, 2000, 20_000])
def test_a_cut_log_that_was_emptied_hides_nothing_that_comes_after(logs, left):
    "Shorter than the record of the cut says, then grown beyond it again: whatever was written since is read."
    logs.cap = 4096
    logs.append(J, 1, old := numbered(2000))
    [(start, end)] = check_kept(logs, old)
    os.truncate(logs.path(J, 1), left)
    assert [c.data for c in pieces(logs)] == ([old[:min(left, start)]] if left else [])
    logs.cap, new = None, os.urandom(60_000).replace(b'\0', b'1')
    with logs.open(J, 1) as f:
        for i in range(0, len(new), 1000):
            f.write(new[i:i+1000])
            read = b''.join(c.data for c in pieces(logs))
            assert read == old[:min(left, start)] + new[:i+1000]
    logs.cap = 4096
    assert logs.trim(J, 1) and logs.size(J, 1) == left + len(new)
    assert all(c.data == (old[:left]+new)[c.offset:c.next_offset] for c in pieces(logs))

@punches
def test_a_copy_of_the_folder_whose_hole_became_zeros_is_read_the_same(logs, tmp_path):
    logs.cap = 4096
    logs.append(J, 1, whole := numbered(9000))
    missing = check_kept(logs, whole)
    other = LogStore(tmp_path/'restored', None)
    for p in (logs.folder/J).iterdir():
        (other.folder/J).mkdir(parents=True, exist_ok=True)
        (other.folder/J/p.name).write_bytes(p.read_bytes())
    assert check_kept(other, whole) == missing and other.tail(J, 1, 500) == logs.tail(J, 1, 500)

@pytest.mark.parametrize('record', [b'', b'{', b'[]', b'{"cuts": [[1]], "done": true}', b'{"cuts": [[5, 2]], "done": true}', b'{"cuts": [["a", "b"]], "done": 1}', b'{"cuts": 3, "done": true}', b'{"done": true}', b'\xff\0'])
def test_a_damaged_record_of_a_cut_is_told(logs, record):
    logs.append(J, 1, b'bytes\n')
    logs.path(J, 1).with_suffix('.cut').write_bytes(record)
    for call in logs.read, logs.tail, logs.gaps:
        with pytest.raises(StoreError, match='damaged') as e: call(J, 1)
        assert '1.output.cut' in e.value.url
    assert logs.append(J, 1, b'more\n') == 11
    logs.cap = 4096
    logs.append(J, 1, bytes(5000))
    assert 'damaged' in logs.note
    logs.path(J, 1).with_suffix('.cut').unlink()
    assert logs.read(J, 1, limit=11).data == b'bytes\nmore\n'

@pytest.mark.parametrize('what', ['folder', 'loop', pytest.param('pipe', marks=pytest.mark.skipif(not hasattr(os, 'mkfifo'), reason='no named pipes here'))])
def test_what_is_no_file_is_refused_at_once(logs, what):
    path = logs.path(J, 1)
    path.parent.mkdir(parents=True)
    {'folder': path.mkdir, 'loop': lambda: path.symlink_to(path), 'pipe': lambda: os.mkfifo(path)}[what]()
    calls = [logs.size, logs.read, logs.tail, logs.gaps, lambda *a: list(logs.follow(*a)), lambda *a: list(logs.lines(*a)), lambda *a: list(logs.search(J, 'x', 1))]
    for call in calls:
        with pytest.raises(StoreError, match='the log cannot be read'): call(J, 1)
    logs.cap = 4096
    assert logs.trim(J, 1) is False

def test_zeros_that_a_power_cut_left_are_told_and_kept(logs):
    logs.append(J, 1, b'before\n' + bytes(8192) + b'after\nlast\n')
    assert logs.tail(J, 1, 9) == 'before\n[… 8,192 zero bytes …]after\nlast\n'
    assert logs.read(J, 1, 7, 8192).data == bytes(8192)
    assert [(m.number, m.text) for m in logs.search(J, 'after')] == [(2, '[… 8,192 zero bytes …]after')]

def test_a_text_is_found_part_by_part(logs, monkeypatch):
    "Bounded in lines and in bytes, over the gap of a size limit, and nothing twice or not at all."
    logs.cap = 4096
    for n in range(400): logs.append(J, 1, f'line {n:04} Needle.*\n'.encode())
    kept = [(m.offset, m.text) for m in logs.search(J, 'Needle.*')]
    assert logs.gaps(J, 1) and 10 < len(kept) < 400
    def all_parts(limit):
        found, at = [], 0
        while at is not None:
            part = logs.find_text(J, 1, 'nEEDLE.*', at, limit)
            assert len(part.matches) <= limit and (part.next_offset is None or part.next_offset > at) and part.size == logs.size(J, 1)
            found, at = found + [*part.matches], part.next_offset
        return found
    assert all_parts(1000) == kept == all_parts(7)
    monkeypatch.setattr('cjm_jobtrack.logs.log_store.SEARCH_BYTES', 100)
    assert all_parts(1000) == kept == all_parts(1)
    assert logs.find_text(J, 2, 'x').matches == () and logs.find_text(J, 1, 'needle', 1 << 40).next_offset is None
    for bad in '', 'a\nb':
        with pytest.raises(InvalidInput): logs.find_text(J, 1, bad)
