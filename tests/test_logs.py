"Logs: bytes that only grow, whoever writes them, and what a person sees of them."
import os, subprocess, sys, threading, tracemalloc
import pytest
from hypothesis import given, settings, strategies as st
from cjm_jobtrack.core.errors import InvalidInput, StoreError
from cjm_jobtrack.core.logs import TAIL_MAX, LogChunk, LogStore, collapse_frames

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
    for t in threads: t.join(30)
    assert ended == [len(whole)]*4
    assert logs.read(J, 1, limit=10**6).data == whole

def test_writers_in_several_processes_lose_nothing(logs):
    code = 'import sys; from cjm_jobtrack.core.logs import LogStore\nfor i in range(300): LogStore(sys.argv[1]).append(sys.argv[2], 1, (f"{sys.argv[3]} {i}" + "."*400 + "\\n").encode())'
    procs = [subprocess.Popen([sys.executable, '-c', code, str(logs.folder), J, w]) for w in 'abc']
    assert [p.wait(60) for p in procs] == [0, 0, 0]
    lines = logs.read(J, 1, limit=10**7).data.decode().splitlines()
    for w in 'abc': assert [l for l in lines if l[0] == w] == [f'{w} {i}' + '.'*400 for i in range(300)]
    assert len(lines) == 900

def test_output_of_a_killed_program_is_kept(logs):
    with logs.open(J, 1) as f:
        p = subprocess.Popen([sys.executable, '-c', 'import os, signal; os.write(1, b"begun\\n"); os.write(2, b"alas\\n"); os.kill(os.getpid(), signal.SIGKILL)'], stdout=f, stderr=f)
        p.wait(30)
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
