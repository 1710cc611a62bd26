"""Killed at every point: before and after each write and each side effect, in every kind of work, in recovery too. Afterwards nothing is lost and nothing was done twice."""
import itertools, json, subprocess, sys
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import pytest
from thoroughness import LONG
from helpers import mortal, wipe
from cjm_jobtrack.tracker.tracker import JobTracker

pytestmark = pytest.mark.exhaustive   # minutes of them

EXPECT = {'finish': ('completed', 1), 'retry': ('completed', 2), 'fail': ('failed', 2), 'cancel': ('cancelled', 1), 'call': ('completed', None), 'batch': ('completed', 1)}   # status, and at which attempt

@contextmanager
def stage(folder):
    "Plays scenes in processes that die where they are told."
    p = subprocess.Popen([sys.executable, str(Path(__file__).with_name('crash_child.py'))], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=mortal(folder))
    def play(url, folder, scene, crash_at=None, deadline=30.):
        p.stdin.write(json.dumps(dict(url=url, folder=str(folder), scene=scene, crash_at=crash_at, deadline=deadline)) + '\n')
        p.stdin.flush()
        answer = json.loads(p.stdout.readline())
        assert answer['died'] or not answer['said'], answer['said']
        return answer
    try: yield play
    finally:
        p.stdin.close(), p.stdout.close()
        p.wait(20)

@pytest.fixture(scope='module')
def play(tmp_path_factory):
    with stage(tmp_path_factory.mktemp('killed')) as p: yield p

def check(url, folder, scene, told):
    "The record, and what was really done, after everything has ended."
    status, attempt = EXPECT[scene]
    effects = Counter(Path(folder, 'effects').read_text().splitlines()) if Path(folder, 'effects').exists() else Counter()
    with JobTracker(url) as t:
        jobs = t.list_jobs()
        assert len(jobs) == (3 if scene == 'batch' else 1), told
        seqs = [e.seq for e in t.events(0, limit=None)]
        assert seqs == sorted(set(seqs)), told
        assert not t.store.leases(), f'{told}: a lease is left'
        for job in jobs:
            story = [e.type for e in t.history(job.id)]
            assert job.status == status, f'{told}: {job.status} {job.failure} {story}'
            assert story[0] == 'created' and story.count('queued') == 1 and story[-1] == status and sum(story.count(s) for s in ('completed', 'failed', 'cancelled')) == 1, f'{told}: {story}'
            assert story.count('running') == story.count('retried') + story.count('deferred') + 1 or status == 'cancelled', f'{told}: {story}'
            if scene == 'call': continue   # a function dies with its process: it is run again, by rule, as another attempt
            assert job.attempt == (attempt if status != 'cancelled' else job.attempt), f'{told}: attempt {job.attempt}: {story}'
            for n in range(1, job.attempt + 1):
                assert effects[f'{job.id} {n}'] == 1 or status == 'cancelled' and not effects[f'{job.id} {n}'], f'{told}: attempt {n} was carried out {effects[f"{job.id} {n}"]} times: {story}'
        if scene == 'call': assert effects['call call'] >= 1, told

def scenes(on_postgres, on_sqlite=tuple(EXPECT)):
    "Which scenes are played on which database: the long run plays them all."
    return pytest.mark.parametrize('database, scene', [(db, s) for db, some in (('sqlite', on_sqlite), ('postgresql', on_postgres)) for s in (EXPECT if LONG else some)], indirect=['database'])

@scenes(('finish', 'cancel', 'call'))
def test_killed_at_every_point(database, tmp_path, play, scene):
    "The list of points is what is passed: it ends where a run comes through."
    met = []
    for n in itertools.count(1):
        folder, url = tmp_path/str(n), url_for(database, tmp_path, n)
        folder.mkdir()
        first = play(url, folder, scene, n)
        told = f'{scene}, killed {first["point"]} (point {n})'
        if first['died']: met.append(first['point']); play(url, folder, scene)
        check(url, folder, scene, told)
        if not first['died']: break
        assert n < 200, 'no end of points'
    assert len(met) > 10 and 'before JobStore.apply' in met and 'after JobStore.apply' in met

@scenes(('retry',), ('retry', 'cancel', 'call'))
def test_killed_in_recovery(database, tmp_path, play, scene):
    "A first crash, then one at each point of the recovery from it, then one more while that is recovered from."
    passed = play(url_for(database, tmp_path, 'all'), folder_at(tmp_path, 'all'), scene)['passed']
    firsts = range(1, passed + 1) if LONG else [passed // 2]
    for first in firsts:
        for n in itertools.count(1):
            name = f'{first}-{n}'
            folder, url = folder_at(tmp_path, name), url_for(database, tmp_path, name)
            points = [play(url, folder, scene, first)['point']]
            second = play(url, folder, scene, n)
            if second['died']: points += [second['point'], play(url, folder, scene, max(1, n // 2))['point']]
            play(url, folder, scene)
            check(url, folder, scene, f'{scene}, killed {", then ".join(map(str, points))} ({name})')
            if not second['died']: break

def folder_at(tmp_path, name):
    (tmp_path/name).mkdir()
    return tmp_path/name

def url_for(database, tmp_path, n):
    "A record of its own for each run."
    return f'sqlite:///{tmp_path}/{n}/jobs.db' if database.startswith('sqlite') else fresh_postgres(database)

def fresh_postgres(url):
    "The same database, emptied: making one for each run would take longer than the run."
    wipe(url)
    return url
