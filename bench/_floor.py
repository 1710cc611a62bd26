"""The floor under a durable job: the rows, events and indexes that we write, written by the bare driver in the same three transactions.

The tables are made by `JobStore` itself, and what is written is what ours wrote for a job: its row and events are looked at after each
of the three moves, so the floor follows when the schema changes. The floor is given ready values; it does not make
any text, look anything up, or tell anyone."""
import json, sqlite3, uuid
from contextlib import closing

from cjm_jobtrack import JobStore, JobTracker

RESULT = dict(text='It was a bright cold day in April', confidence=.93)

def lifecycle(tracker, n):
    "Ours: `n` jobs, one after another, each move durable before the next."
    for _ in range(n):
        job = tracker.create_job('transcribe', spec=SPEC)
        tracker.mark_running(job.id)
        tracker.mark_completed(job.id, RESULT)

SPEC = dict(func='transcribe', args=['/media/interview.wav'], kwargs=dict(language='en'))

def connect(url:str):
    "A bare connection in autocommit mode, and its placeholder."
    if url.startswith('sqlite'): return sqlite3.connect(url.removeprefix('sqlite:///'), isolation_level=None), '?'
    import psycopg
    return psycopg.connect(url.replace('+psycopg', ''), autocommit=True), '%s'

def rows(con, table, key, value, mark):
    done = con.execute(f'SELECT * FROM {table} WHERE {key} = {mark}', (value,))
    names = [c[0] for c in done.description]
    return [dict(zip(names, r)) for r in done.fetchall()]

class Floor:
    "Writes lifecycles as ours does, on a database of its own."
    def __init__(self,
        url:str,         # A fresh database
        durability:str,  # 'normal' or 'full', for SQLite
    ):
        with closing(JobTracker(JobStore(url, durability=durability))) as tracker:
            con, self.mark = connect(url)
            job, seen, self.steps = tracker.create_job('transcribe', spec=SPEC), 0, []
            before = {}
            for move in (lambda: None, lambda: tracker.mark_running(job.id), lambda: tracker.mark_completed(job.id, RESULT)):
                move()
                row, = rows(con, 'jobs', 'id', job.id, self.mark)
                events = sorted(rows(con, 'events', 'job_id', job.id, self.mark), key=lambda e: e['seq'])
                changed = {k: v for k, v in row.items() if k not in before or before[k] != v}
                self.steps.append((changed, before.get('status'), [{k: v for k, v in e.items() if k not in ('seq', 'job_id')} for e in events[seen:]]))
                before, seen = row, len(events)
            con.close()
        self.con, _ = connect(url)
        self.sqlite = self.mark == '?'
        if self.sqlite: self.con.execute(f'PRAGMA synchronous = {durability}')
        self.begin = 'BEGIN IMMEDIATE' if self.sqlite else 'BEGIN'
        self._prepare()

    def _prepare(self):
        names = lambda values: ', '.join(values)
        marks = lambda values: ', '.join(self.mark for _ in values)
        fit = (lambda v: v) if self.sqlite else (lambda v: json.dumps(v) if isinstance(v, (dict, list)) else v)
        self.statements = []
        for changed, was, events in self.steps:
            values = {k: fit(v) for k, v in changed.items() if k not in ('id', 'num')}
            if was is None: sql = f'INSERT INTO jobs (id, {names(values)}) VALUES ({self.mark}, {marks(values)})'
            else: sql = f'UPDATE jobs SET {", ".join(f"{k} = {self.mark}" for k in values)} WHERE id = {self.mark} AND status = {self.mark}'
            told = [(f'INSERT INTO events (job_id, {names(e)}) VALUES ({self.mark}, {marks(e)})', [fit(v) for v in e.values()]) for e in events]
            self.statements.append((sql, list(values.values()), was, told))

    def run(self, n):
        "`n` jobs, one after another."
        execute, begin = self.con.execute, self.begin
        for _ in range(n):
            job_id = str(uuid.uuid4())
            for sql, values, was, told in self.statements:
                execute(begin)
                execute(sql, [job_id, *values] if was is None else [*values, job_id, was])
                for event, its in told: execute(event, [job_id, *its])
                execute('COMMIT')

    def close(self): self.con.close()
