"""A manager's record of 100,000 jobs, asked over HTTP: pages, filters, the bare list of the original."""
import sqlite3, statistics, time
from contextlib import closing

import httpx
from _measure import folder, main
from cjm_jobtrack.net.manager import Manager
from cjm_jobtrack.server.server import serving
from million import fill

OLD = '2020-01-01T00:00:00.000000+00:00'

def median(act, times):
    took = []
    for _ in range(times):
        begun = time.perf_counter()
        act()
        took.append(time.perf_counter()-begun)
    return 1000*statistics.median(took)

def make(path, n):
    "Finished jobs, the first hundred of them old, and one with a name of its own."
    path.parent.mkdir()
    fill(path, n)
    with closing(sqlite3.connect(path)) as con, con:
        con.execute("DELETE FROM jobs WHERE status <> 'completed'")
        con.execute('UPDATE jobs SET created_at = ? WHERE num < 100', (OLD,))
        con.execute("UPDATE jobs SET name = 'Harbour' WHERE num = 50")

def ask(bench, http, told, what, path, query, count, at_most):
    def call():
        jobs = http.get(path, params=query).raise_for_status().json()
        jobs = jobs if isinstance(jobs, list) else jobs['jobs']
        assert len(jobs) == count, (what, len(jobs))
    bench.duel(f'{what}, {told}', 'ms', lambda: median(call, 7), at_most=at_most, ratio=False, pairs=5, quick=1)

def records(bench):
    n = 10_000 if bench.quick else 100_000
    told = f'{n:,} jobs on record'
    calls = (
        ('page of 50', '/jobs', dict(limit=50), 50, 10),
        ('page of 50, long ago', '/jobs', dict(limit=50, until='2021-01-01T00:00:00Z'), 50, 10),
        ('filter by text, common', '/jobs', dict(limit=50, text='TRANSC'), 50, 30),
        ('filter by text, rare', '/jobs', dict(limit=50, text='harbour'), 1, 30),
        ('filter by text, none', '/jobs', dict(limit=50, text='lighthouse'), 0, 30),
        ('bare list of 1,000', '/api/jobs', dict(limit=1000), 1000, 100))
    if not any(bench.wanted(f'{what}, {told}') for what, *_ in calls): return
    with folder() as at:
        make(at/'manager'/'jobs.db', n)
        m = Manager(at/'manager')
        with serving(m) as server, httpx.Client(base_url=server.url) as http:
            for call in calls: ask(bench, http, told, *call)

if __name__ == '__main__': main(__file__, records)
