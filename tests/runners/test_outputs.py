"Which files count as outputs, and what is told of them."
import hashlib, json, os, socket
from dataclasses import asdict
from pathlib import Path
import pytest
from cjm_jobtrack.model.errors import OutputReplaced
from cjm_jobtrack.model.job import OutputFile, now
from cjm_jobtrack.runners import outputs
from cjm_jobtrack.runners.outputs import OutputFiles, collect_outputs, copy_output, snapshot_files

def names(*args, **kw): return [f.name for f in collect_outputs(*args, **kw)]

def test_names_that_are_not_text(tmp_path):
    Path(os.fsdecode(os.fsencode(tmp_path) + b'/\xff.txt')).write_text('x')
    before = snapshot_files(tmp_path)
    assert names(tmp_path) == ['\ufffd.txt'] and names(tmp_path, since=before) == []

def test_only_regular_files_and_none_from_elsewhere(tmp_path):
    out = tmp_path/'out'
    (out/'deep').mkdir(parents=True)
    (out/'a').write_text('a'), (tmp_path/'secret').write_text('s')
    (out/'inside').symlink_to('a'), (out/'outside').symlink_to('../secret'), (out/'folder').symlink_to(tmp_path), (out/'loop').symlink_to('loop'), (out/'broken').symlink_to('nowhere')
    os.mkfifo(out/'pipe')
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(out/'socket'))
        assert names(out) == names(out, ['*']) == ['a', 'inside'] and names(out, ['folder/*', 'pipe']) == []

@pytest.mark.skipif(os.geteuid() == 0, reason='root may read everything')
def test_a_file_that_may_not_be_read_has_no_digest(tmp_path):
    (tmp_path/'a').write_text('a')
    (tmp_path/'a').chmod(0)
    why = {}
    [f] = collect_outputs(tmp_path, tell=why.__setitem__)
    assert (f.size, f.sha256) == (1, None) and 'cannot be read' in why['a']

def test_a_file_that_cannot_be_read_has_no_digest(tmp_path, monkeypatch):
    def broken(*_): raise OSError(5, 'Input/output error')
    (tmp_path/'a').write_text('a')
    monkeypatch.setattr(outputs.os, 'readv', broken)
    why = {}
    [f] = collect_outputs(tmp_path, tell=why.__setitem__)
    assert (f.size, f.sha256) == (1, None) and 'Input/output error' in why['a']

def test_nowhere(tmp_path): assert collect_outputs(tmp_path/'no') == [] and snapshot_files(tmp_path/'no') == {} == snapshot_files(tmp_path/'no', ['*'])

# --- what was there before

def write(p): p.write_text('new')
def same_size_and_date(p):
    info = p.stat()
    p.write_text('OLD')
    os.utime(p, ns=(info.st_atime_ns, info.st_mtime_ns))
def replaced(p):
    info, new = p.stat(), p.with_suffix('.part')
    new.write_text('OLD')
    os.utime(new, ns=(info.st_atime_ns, info.st_mtime_ns))
    new.rename(p)

@pytest.mark.parametrize('change', [write, same_size_and_date, replaced, lambda p: p.touch(), lambda p: p.open('a').write('more')])
def test_what_is_written_to_counts_whatever_its_date(tmp_path, change):
    for name in 'a', 'b', 'sub/a': (tmp_path/name).parent.mkdir(exist_ok=True), (tmp_path/name).write_text('old')
    before, told = snapshot_files(tmp_path), (tmp_path/'a').stat().st_ctime_ns
    while (tmp_path/'a').stat().st_ctime_ns == told: change(tmp_path/'a')   # the clock of a file system may be coarse
    assert names(tmp_path, since=before) == ['a']

def test_a_new_file_counts_however_old_it_claims_to_be(tmp_path):
    before = snapshot_files(tmp_path)
    (tmp_path/'film').write_text('x')
    os.utime(tmp_path/'film', (0, 0))
    assert names(tmp_path, since=before) == ['film']

def test_the_first_pattern_with_anything_new(tmp_path):
    (tmp_path/'a.mp4').write_text('x')
    before = snapshot_files(tmp_path, ['a*', 'b*'])
    (tmp_path/'b.mp4').write_text('x'), (tmp_path/'c.mp4').write_text('x')
    assert names(tmp_path, ['a*', 'b*', 'c*'], since=before) == ['b.mp4']

# --- what is read

def hollow(path, size, data=b''):
    with path.open('wb') as f: f.write(data), f.truncate(size)
    return path

@pytest.mark.parametrize('size', [1 << 40, (1 << 40) - 1])
def test_a_terabyte_of_nothing_is_not_read(tmp_path, size):
    hollow(tmp_path/'a.img', size, b'head')
    why = {}
    [f] = collect_outputs(tmp_path, most=1 << 50, tell=why.__setitem__)
    assert (f.size, f.sha256) == (size, None) and 'are holes' in why['a.img']

def test_a_few_holes_are_read(tmp_path):
    hollow(tmp_path/'a', 3 << 20, b'head')
    [f] = collect_outputs(tmp_path)
    assert f.sha256 == hashlib.sha256(b'head'.ljust(3 << 20, b'\0')).hexdigest()

def test_the_bound(tmp_path):
    (tmp_path/'a').write_bytes(b'x'*100), (tmp_path/'b').write_bytes(b'x'*101)
    why = {}
    a, b = collect_outputs(tmp_path, most=100, tell=why.__setitem__)
    assert a.sha256 == hashlib.sha256(b'x'*100).hexdigest() and (b.size, b.sha256) == (101, None) and [*why] == ['b']

def test_a_stop_in_the_middle_of_a_file(tmp_path):
    (tmp_path/'a').write_bytes(b'x')
    hollow(tmp_path/'b', 1 << 39)
    asked, why = [], {}
    def stop():
        asked.append(1)
        return len(asked) > 20
    found = collect_outputs(tmp_path, ['a', 'b'], stop=lambda: False)   # a pattern that fits ends the search
    assert [f.name for f in found] == ['a']
    found = collect_outputs(tmp_path, ['[ab]'], most=1 << 50, stop=stop, tell=why.__setitem__)
    assert len(asked) < 30 and [f.name for f in found] == ['a', 'b'] and why.keys() == {'b'} and found[0].sha256   # what is there is told

def test_a_file_that_changes_while_it_is_read_has_no_digest(tmp_path):
    p, why = hollow(tmp_path/'a', 5 << 20), {}
    def shrink():
        os.truncate(p, 2 << 20)
        return False
    [f] = collect_outputs(tmp_path, stop=shrink, tell=why.__setitem__)
    assert f.sha256 is None and 'it became shorter' in why['a'] or 'was written to' in why['a']

def test_a_file_that_grows_for_ever_is_read_to_where_it_was(tmp_path):
    p, why, n = hollow(tmp_path/'a', 3 << 20), {}, []
    def grow():
        n.append(1)
        with p.open('ab') as f: f.write(b'x'*(2 << 20))
        os.utime(p, ns=(0, len(n)))
        return False
    [f] = collect_outputs(tmp_path, ['a'], stop=grow, tell=why.__setitem__)
    assert f.sha256 is None and 'was written to' in why['a'] and len(n) < 10

# --- copies

def test_a_copy_has_the_bytes_the_dates_and_the_holes(tmp_path):
    p = hollow(tmp_path/'a', 9 << 20, b'head')
    with p.open('r+b') as f: f.seek(5 << 20), f.write(os.urandom(3 << 20))
    os.utime(p, (1e9, 1e9))
    assert copy_output(p, tmp_path/'b') and (tmp_path/'b').read_bytes() == p.read_bytes()
    assert (tmp_path/'b').stat().st_mtime == 1e9 and (tmp_path/'b').stat().st_blocks <= p.stat().st_blocks + 64
    copy_output(hollow(tmp_path/'c', 0), tmp_path/'b')
    assert (tmp_path/'b').read_bytes() == b''

def test_a_copy_can_be_stopped(tmp_path):
    (tmp_path/'a').write_bytes(b'x'*(3 << 20))
    asked = []
    assert not copy_output(tmp_path/'a', tmp_path/'b', lambda: len(asked) == 1 or asked.append(1)) and (tmp_path/'b').stat().st_size < 3 << 20

# --- reading them later

def listed(path, **kw):
    [o] = collect_outputs(path.parent, [path.name], **kw)
    return o

def given(files, o, completed_at):
    with os.fdopen(files.open(o, completed_at), 'rb') as f: return f.read()

def by_link(p): p.unlink(), p.symlink_to(p.with_name('secret'))
def by_folder_link(p): p.parent.rename(p.parent.with_name('moved')), p.parent.symlink_to(p.parent.with_name('moved'))
def by_pipe(p): p.unlink(), os.mkfifo(p)
def by_socket(p):
    p.unlink()
    with socket.socket(socket.AF_UNIX) as s: s.bind(str(p))
def by_folder(p): p.unlink(), p.mkdir()
def by_more(p): p.write_text('longer')
CHANGES = [same_size_and_date, replaced, write, by_more, by_link, by_folder_link, by_pipe, by_socket, by_folder]

@pytest.mark.parametrize('digest', [True, False])
@pytest.mark.parametrize('change', CHANGES)
def test_what_was_exchanged_is_not_given_out(tmp_path, change, digest):
    p = tmp_path/'sub'/'a'
    p.parent.mkdir(), p.write_text('old'), p.with_name('secret').write_text('old')
    o, files = listed(p, most=1 << 20 if digest else 0), OutputFiles(tmp_path)
    completed_at = now()
    assert (o.sha256 is not None) == digest and given(files, o, completed_at) == b'old'
    change(p)
    with pytest.raises(OutputReplaced): given(files, o, completed_at)

def test_what_was_removed_is_not_there(tmp_path):
    (tmp_path/'a').write_text('old')
    o = listed(tmp_path/'a')
    (tmp_path/'a').unlink()
    with pytest.raises(FileNotFoundError): OutputFiles(tmp_path).open(o, now())

def test_the_same_bytes_in_a_new_file_are_read_once(tmp_path, monkeypatch):
    p, reads, real = tmp_path/'a', [], outputs._digest
    p.write_text('old')
    o, files, completed_at = listed(p), OutputFiles(tmp_path), now()
    p.unlink(), p.write_text('old')
    monkeypatch.setattr(outputs, '_digest', lambda *a: reads.append(1) or real(*a))
    assert given(files, o, completed_at) == given(files, o, completed_at) == b'old' and len(reads) == 1
    same_size_and_date(p)
    with pytest.raises(OutputReplaced): given(files, o, completed_at)

def test_a_root_that_has_moved(tmp_path):
    (tmp_path/'data').mkdir(), (tmp_path/'data/a').write_text('old')
    o, completed_at = listed(tmp_path/'data/a'), now()
    (tmp_path/'data').rename(tmp_path/'disk'), (tmp_path/'data').symlink_to('disk')
    assert given(OutputFiles((tmp_path/'data').resolve()), o, completed_at) == b'old'
    with pytest.raises(OutputReplaced): given(OutputFiles(), o, completed_at)

def test_a_listed_link_is_read_as_what_it_leads_to(tmp_path):
    (tmp_path/'a').write_text('old'), (tmp_path/'b').symlink_to('a')
    o = listed(tmp_path/'b')
    assert (o.name, o.path) == ('b', str(tmp_path/'a')) and given(OutputFiles(tmp_path), o, now()) == b'old'

def test_a_file_exchanged_for_a_link_while_it_is_listed(tmp_path, monkeypatch):
    out, real = tmp_path/'out', outputs._is_within
    out.mkdir(), (out/'a').write_text('a'), (tmp_path/'secret').write_text('s')
    def too_late(p, root):
        answer = real(p, root)
        by_link(p), p.unlink(), p.symlink_to('../secret')
        return answer
    monkeypatch.setattr(outputs, '_is_within', too_late)
    assert names(out) == []
    with pytest.raises(OSError): copy_output(out/'a', tmp_path/'copy')

def test_names_that_are_not_text_are_read_by_their_bytes(tmp_path):
    for name in b'caf\xe9', b'caf\xe8', b'caf\xc3\xa9', b'one\xff': Path(os.fsdecode(os.fsencode(tmp_path) + b'/' + name)).write_bytes(name)
    found, files = collect_outputs(tmp_path), OutputFiles(tmp_path)
    assert {o.name for o in found} == {'caf%E8', 'caf%E9', 'café', 'one\ufffd'}
    assert all(given(files, o, now()) == os.fsencode(o.local_name) and json.dumps(o.path).isascii() for o in found)
    assert all(OutputFile(**json.loads(json.dumps(asdict(o)))).local_path == o.local_path for o in found)
