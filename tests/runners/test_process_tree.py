"Who belongs to a process, and how all of them are ended."
import os, subprocess, time
import psutil, pytest
from cjm_jobtrack.runners import process_tree
from cjm_jobtrack.runners.process_tree import ProcessTree, end_steps, process_ids, process_table

def sh(text, **kw): return subprocess.Popen(['sh', '-c', text], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True, **kw)

@pytest.fixture
def begun():
    "Begins a shell, and waits until it has printed a line."
    all = []
    def begin(text, **kw):
        all.append((p := sh(text, **kw), family := ProcessTree(p.pid)))
        p.stdout.readline()
        return p, family
    yield begin
    for p, family in all: family.end(), p.kill(), p.wait(), p.stdout.close(), p.stdin.close()

def test_who_has_lost_its_parents_is_found_by_a_session_that_was_seen(begun):
    p, family = begun('setsid sh -c "sleep 600 & echo; wait" & wait')
    assert len(here := family.look()) == 3
    leader = next(o for o in here if os.getsid(o.pid) == o.pid)
    sleeper = next(o for o in here if o.pid not in (p.pid, leader.pid))
    leader.kill(), p.kill(), p.wait()
    end = time.monotonic() + 60
    while family.look() != {sleeper}: assert time.monotonic() < end; time.sleep(.005)
    assert family.end() == ({sleeper.pid}, set()) and family.look() == set()

def test_a_number_that_was_given_to_another_is_no_sign(begun):
    p, family = begun('echo; exec sleep 600', start_new_session=True)
    class Another(psutil.Process):
        def is_running(self): return False   # as when the process that has this number is not the one that was meant
    family.add(p.pid)
    family._known, family._sessions = set(), {Another(p.pid)}
    assert family.look() == set()
    family.add(p.pid)

def test_who_is_asked_may_end_by_itself_and_who_does_not_hear_is_killed(begun, tmp_path):
    p, family = begun(f"trap 'echo bye >{tmp_path}/bye; exit 7' TERM; echo; while :; do sleep .05; done")
    ended, left = family.end(grace=60.)
    assert p.pid in ended and not left and (tmp_path/'bye').exists() and p.wait() == 7
    p, family = begun("trap '' TERM; echo; while :; do sleep .05; done")
    ended, left = family.end(grace=.05)
    assert p.pid in ended and not left and p.wait() == -9

def test_who_is_spared_goes_on(begun):
    p, family = begun('sleep 600 & echo; wait; read line')
    ended, left = family.end(spare=frozenset([p.pid]))
    assert len(ended) == 1 and left == set() and [o.pid for o in family.look()] == [p.pid]

def test_a_mark_is_seen_and_only_the_whole_of_it(begun):
    p, _ = begun('echo; exec sleep 600', env=os.environ | {'MARKED': f'{os.getpid()} yes'})   # nobody else on this machine has that
    def marked(entry): return [pid for pid, (*_, m) in process_table(entry).items() if m]
    assert marked(f'MARKED={os.getpid()} yes') == [p.pid] and marked(f'MARKED={os.getpid()} ye') == marked(None) == []

def test_a_mark_is_seen_while_another_program_begins():
    for _ in range(200):
        with subprocess.Popen(['sh', '-c', 'exec sleep 600'], env=os.environ | {'MARKED': 'yes'}) as p:
            told = [process_table('MARKED=yes', [p.pid])[p.pid][2] for _ in range(8)]
            p.kill()
        assert all(told)

def of_the_kernel(pid, env_end, flags=0x400000) -> str:
    "A line as in /proc/<pid>/stat."
    fields = ['R', '1', str(pid), str(pid), '0', '-1', str(flags), *'0'*41, str(env_end), '0']
    return f'{pid} (sh (x)) {" ".join(fields)}\n'

@pytest.mark.parametrize('takes, flags, marked', [(3, 0, True), (700, 0, True), (10**9, 0, False), (700, 0x4, False)], ids=['soon', 'late', 'never', 'on its way out'])
def test_a_program_that_takes_its_time_to_begin_is_waited_for(monkeypatch, tmp_path, takes, flags, marked):
    (tmp_path/'self').mkdir(), (tmp_path/'self/stat').touch(), (proc := tmp_path/'7').mkdir()
    def show(env_end, environ): (proc/'stat').write_text(of_the_kernel(7, env_end, flags)), (proc/'environ').write_text(environ), (proc/'cmdline').write_text('sh\0' * bool(env_end))
    class Clock:
        now = 0
        def monotonic(self): return self.now/1000
        def sleep(self, seconds):
            self.now += 1
            if self.now == takes: show(140_000, 'A=b\0MARKED=yes\0')
    show(0, '')
    monkeypatch.setattr(process_tree, '_PROC', tmp_path), monkeypatch.setattr(process_tree, 'time', clock := Clock())
    assert process_table('MARKED=yes', [7]) == {7: (1, 7, marked)} and clock.now <= 1001
    show(140_000, '')   # it has none at all
    assert process_table('MARKED=yes', [7])[7][2] is False and clock.now <= 1001

def test_other_systems_tell_the_same(begun, monkeypatch, tmp_path):
    p, _ = begun('echo; read line', env=os.environ | {'MARKED': 'yes'}, start_new_session=True)
    here = process_table('MARKED=yes', [p.pid, os.getpid()])
    monkeypatch.setattr(process_tree, '_PROC', tmp_path)
    assert process_table('MARKED=yes', [p.pid, os.getpid()]) == here and here[p.pid] == (os.getpid(), p.pid, True)
    assert {p.pid, os.getpid()} <= process_ids()

def test_each_stage_has_its_whole_time_however_long_the_one_before_it_took():
    now = 0.
    steps = end_steps(grace=1., patience=3., clock=lambda: now)
    assert (next(steps).how, now) == ('asked', 0.)
    now = 10.   # the machine was asleep, say
    step = next(steps)
    assert (step.how, step.deadline, step.final) == ('forced', 13., 13.)

def test_it_is_looked_for_new_ones_again_while_an_old_one_cannot_be_ended(begun, monkeypatch):
    p, tree = begun('echo; read line')
    looks = []
    real = tree.look
    monkeypatch.setattr(tree, 'look', lambda: looks.append(time.monotonic()) or real())
    monkeypatch.setattr(process_tree, 'send_signals', lambda *_: None)   # as to a process in the state D
    ended, left = tree.end(1.)
    assert (ended, left) == (set(), {p.pid}) and len(looks) >= 4
    monkeypatch.undo()
