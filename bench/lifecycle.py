"""One job after another: create, running, completed, each move a durable transaction. Against the bare driver writing the same."""
import time

from _floor import Floor, lifecycle
from _measure import folder, main
from cjm_jobtrack import JobStore, JobTracker

def rate(run, n):
    def sample():
        begun = time.perf_counter()
        run(n)
        return n / (time.perf_counter() - begun)
    return sample

def compare(bench, what, url, floor_url, durability, against, at_least, n):
    if not bench.wanted(what): return
    if bench.quick: n //= 4
    floor = Floor(floor_url, durability)
    tracker = JobTracker(JobStore(url, durability=durability))
    try:
        for run in (floor.run, lambda n: lifecycle(tracker, n)): run(n//5)  # both warm
        bench.duel(what, 'jobs/s', rate(lambda n: lifecycle(tracker, n), n), rate(floor.run, n), against, at_least=at_least)
    finally:
        tracker.close(), floor.close()

def sqlite(bench):
    for durability, at_least, n in (('normal', .55, 2000), ('full', .75, 600)):
        with folder() as at:
            compare(bench, f'lifecycle, SQLite {durability.upper()}', f'sqlite:///{at}/ours.db', f'sqlite:///{at}/floor.db', durability, 'bare sqlite3', at_least, n)

def postgresql(bench):
    what = 'lifecycle, PostgreSQL'
    if not bench.wanted(what): return
    from needs import NEEDS
    from services import Postgres
    if why := NEEDS['postgresql'].lacking(): return bench.skip(what, why)
    with Postgres() as server: compare(bench, what, server.create(), server.create(), 'normal', 'bare psycopg', .6, 400)

if __name__ == '__main__': main(__file__, sqlite, postgresql)
