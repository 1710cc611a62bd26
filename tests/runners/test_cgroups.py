"Control groups: which there are, on machines of any kind; what is written and read in each version."
import os, signal, subprocess, sys
from pathlib import Path
import pytest
from cjm_jobtrack.runners.cgroups import Cgroups, own_groups
from helpers import until

def told(tmp_path, cgroup, mountinfo):
    (tmp_path/'cgroup').write_text(cgroup)
    (tmp_path/'mountinfo').write_text(mountinfo)
    return {tree: str(folder) for tree, folder in own_groups(tmp_path).items()}

V2 = '31 23 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot\n'

@pytest.mark.parametrize('cgroup, mountinfo, found', [
    ('0::/user.slice/user-1000.slice/session-3.scope\n', '22 1 0:20 / / rw - ext4 /dev/vda rw\n' + V2, {'unified': '/sys/fs/cgroup/user.slice/user-1000.slice/session-3.scope'}),
    ('0::/\n', V2, {'unified': '/sys/fs/cgroup'}),                                            # a container with a view of its own
    ('0::/../../x\n', V2, {}),                                                                 # outside of what we see
    ('0::/a\n', V2.replace(' / /sys', ' /b /sys'), {}),                                        # somebody else's group is mounted
    ('0::/b/c\n', V2.replace(' / /sys', ' /b /sys'), {'unified': '/sys/fs/cgroup/c'}),         # ours, from further down
    ('5:cpu,cpuacct:/docker/7f\n3:memory:/docker/7f\n1:name=systemd:/x\n0::/\n',               # version 1, two controllers in one tree
     '33 31 0:30 /docker/7f /sys/fs/cgroup/cpu,cpuacct ro,relatime - cgroup cgroup rw,cpu,cpuacct\n35 31 0:32 / /sys/fs/cgroup/my\\040memory rw - cgroup cgroup rw,memory\n',
     {'cpu': '/sys/fs/cgroup/cpu,cpuacct', 'cpuacct': '/sys/fs/cgroup/cpu,cpuacct', 'memory': '/sys/fs/cgroup/my memory/docker/7f'}),
    ('', '', {})])
def test_our_own_groups(tmp_path, cgroup, mountinfo, found): assert told(tmp_path, cgroup, mountinfo) == found

def test_on_another_system_there_are_none(tmp_path): assert own_groups(tmp_path/'nothing') == {} and Cgroups.below({}) is None

def test_where_nothing_can_be_made_there_are_none(tmp_path):
    (tmp_path/'file').touch()
    assert Cgroups.below({'unified': tmp_path/'file', 'memory': tmp_path/'gone'}) is None

# --- the files of each version; a folder that looks like one

def looks(folder:Path, **files) -> Path:
    folder.mkdir(parents=True)
    for name, text in files.items(): (folder/name.replace('__', '.')).write_text(str(text))
    return folder

def test_version_2(tmp_path):
    looks(tmp_path/'top', cgroup__controllers='memory pids cpu\n')
    d = looks(tmp_path/'top/g', memory__max='max', memory__swap__max='max', cpu__max='max 100000', pids__max='max', memory__peak='7340032\n', memory__events='low 0\nhigh 0\nmax 12\noom 1\noom_kill 1\noom_group_kill 0\n',
              cpu__stat='usage_usec 1500000\nuser_usec 1000000\nsystem_usec 500000\n', cgroup__procs='12\n13\n', cgroup__events='populated 1\nfrozen 0\n', cgroup__kill='')
    g = Cgroups({use: tmp_path/'top' for use in ('all', 'memory', 'pids', 'cpu', 'time')}).group('g', ['all', 'memory', 'pids', 'cpu', 'time'])
    g.limit(memory=100 << 20, cpus=1.5, pids=7)
    assert {n: (d/n).read_text() for n in ('memory.max', 'memory.swap.max', 'cpu.max', 'pids.max')} == {'memory.max': '104857600', 'memory.swap.max': '0', 'cpu.max': '150000 100000', 'pids.max': '7'}
    assert g.usage() == {'peak_memory_bytes': 7340032, 'oom_kills': 1, 'cpu_s': 1.5}
    assert g.trees == [str(d)] and g.doors == [f'{d}/cgroup.procs'] and g.pids() == {12, 13} and g.busy
    assert g.kill() and (d/'cgroup.kill').read_text() == '1'
    (d/'memory.peak').unlink()   # before Linux 5.19
    assert g.usage() == {'oom_kills': 1, 'cpu_s': 1.5}

def test_version_1(tmp_path):
    uses = {'all': 'freezer', 'freezer': 'freezer', 'memory': 'memory', 'pids': 'pids', 'cpu': 'cpu,cpuacct', 'time': 'cpu,cpuacct'}
    parents = {use: tmp_path/tree for use, tree in uses.items()}
    for tree in {*uses.values()}: looks(tmp_path/tree/'g', cgroup__procs='12\n')
    for name, text in {'memory/g/memory.limit_in_bytes': '9', 'memory/g/memory.memsw.limit_in_bytes': '9', 'memory/g/memory.max_usage_in_bytes': '4096\n', 'memory/g/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 2\n',
                       'cpu,cpuacct/g/cpu.cfs_period_us': '', 'cpu,cpuacct/g/cpu.cfs_quota_us': '', 'cpu,cpuacct/g/cpuacct.usage': '2500000000\n', 'pids/g/pids.max': ''}.items(): (tmp_path/name).write_text(text)
    g = Cgroups(parents).group('g', [*uses])
    g.limit(memory=1 << 20, cpus=.5, pids=3)
    assert [(tmp_path/n).read_text() for n in ('memory/g/memory.limit_in_bytes', 'memory/g/memory.memsw.limit_in_bytes', 'cpu,cpuacct/g/cpu.cfs_quota_us', 'pids/g/pids.max')] == ['1048576', '1048576', '50000', '3']
    assert g.usage() == {'peak_memory_bytes': 4096, 'oom_kills': 2, 'cpu_s': 2.5} and len(g.trees) == 4 and g.busy

def test_what_is_gone_used_nothing_and_holds_nobody(tmp_path):
    g = Cgroups({'all': tmp_path, 'memory': tmp_path, 'time': tmp_path}).group('gone')
    assert g.pids() == set() and not g.busy and 'peak_memory_bytes' not in g.usage() and g.remove() and not g.kill()

def test_controllers_are_switched_on_where_they_may_be(tmp_path, monkeypatch):
    "A service that systemd gave a group to itself, and put in a corner of it."
    import cjm_jobtrack.runners.cgroups as m
    top = looks(tmp_path/'service', cgroup__controllers='cpu memory pids\n', cgroup__subtree_control='')
    own = looks(top/'corner', cgroup__controllers='', cgroup__subtree_control='')
    monkeypatch.setattr(m, '_is_delegated', lambda folder: folder == top)
    tried = []
    monkeypatch.setattr(m, '_may_join', lambda parents: tried.extend(parents) or set(parents))
    assert Cgroups.below({'unified': own}).parents == dict.fromkeys(['all', 'time', 'memory', 'pids', 'cpu'], top) and tried == [top]
    monkeypatch.setattr(m, '_is_delegated', lambda folder: False)
    assert Cgroups.below({'unified': own}).parents == dict.fromkeys(['all', 'time'], own)

# --- the real ones

real = Cgroups.find()
needs_groups = pytest.mark.skipif(not real, reason='this process may not make control groups')

@pytest.fixture
def group():
    g = real.group(f'jobtrack-test-{os.getpid()}', real.parents)
    for folder in g.trees: os.mkdir(folder)
    yield g
    g.kill()
    until(g.remove, 'the group to be removed')

def join(group, text): return subprocess.Popen(['/bin/sh', '-c', 'for f; do echo 0 >"$f"; done; ' + text, 'sh', *group.doors], start_new_session=True)

@needs_groups
@pytest.mark.parametrize('how', ['at once', 'frozen'])
def test_all_are_ended_at_one_stroke(group, how, monkeypatch):
    if how == 'frozen' and not group.at('freezer'): pytest.skip('no freezer here')
    p = join(group, 'trap "" TERM; sleep 600 & setsid sleep 600 & sleep 600')
    until(lambda: len(group.pids()) == 4, 'all four')
    assert group.busy and not group.remove()
    if how == 'frozen': group._kill_frozen()
    else: assert group.kill()
    assert p.wait(60) == -signal.SIGKILL
    until(lambda: not group.busy and not group.pids(), 'all to be gone')

@needs_groups
def test_limits_are_the_kernels(group):
    group.limit(**{k: v for k, v in dict(memory=64 << 20, cpus=1, pids=3).items() if {'cpus': 'cpu'}.get(k, k) in group.folders})
    if 'pids' in group.folders: assert 'fork' in subprocess.run(['/bin/sh', '-c', 'for f; do echo 0 >"$f"; done; for n in 1 2 3; do sleep 600 >/dev/null 2>&1 & done', 'sh', *group.doors], capture_output=True, text=True).stderr.lower()
    if 'memory' in group.folders:
        join(group, f"exec '{sys.executable}' -c 'b\"x\" * (200 << 20)'").wait(60)
        assert group.usage()['oom_kills'] >= 1 and 32 << 20 < group.usage()['peak_memory_bytes'] <= 64 << 20
