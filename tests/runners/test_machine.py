"""Random work on one record, from two trackers at once, with crashes and reopenings: what must hold after every step."""
import asyncio

from thoroughness import LONG
from helpers import wipe
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from cjm_jobtrack.model.errors import IllegalMove, KeyConflict, LeaseLost
from cjm_jobtrack.model.job import JobStatus
from cjm_jobtrack.tracker.tracker import JobTracker

ids, specs, sides = st.sampled_from('abcd'), st.sampled_from([{'file': 'one.wav'}, {'file': 'two.wav'}]), st.sampled_from([0, 1])
PENDING, RUNNING = JobStatus.PENDING, JobStatus.RUNNING

class Record(RuleBasedStateMachine):
    "Two trackers on one database, as two processes have them, and one in memory that is told the same."
    def __init__(self, url):
        super().__init__()
        self.url, self.now = url, [JobTracker(url), JobTracker(url)]
        self.memory = JobTracker()
        self.model = {}             # id -> [status, attempt, spec, event types]
        self.ended = {}             # id -> the record of an ended job, as it was when it ended
        self.deletions = 0
        self.leases = []            # (database's fence, memory's fence) of each lease ever opened

    def teardown(self):
        for t in (*self.now, self.memory): t.close()

    def both(self, side, act):
        "Do the same on the record and in memory; the same must come of it."
        came = []
        for t in (self.now[side], self.memory):
            try: came.append(act(t) or None)
            except (IllegalMove, KeyConflict) as e: came.append(type(e))
        assert came[0] == came[1], came
        return came[0]

    def is_at(self, job_id, *statuses): return job_id in self.model and self.model[job_id][0] in statuses

    @rule(side=sides, id=ids, spec=specs, queued=st.booleans())
    def create(self, side, id, spec, queued):
        known = self.model.get(id)
        refused = self.both(side, lambda t: t.add_job(t.make_job(id, id=id, spec=spec), queued=queued) and None)
        assert refused is (KeyConflict if known and known[2] != spec else None)
        if known is None: self.model[id] = known = [PENDING, 0, spec, ['created']]
        if not refused and queued and known[0] is PENDING and 'queued' not in known[3]: known[3].append('queued')

    def move(self, side, id, mark, to, event, legal, attempt=0):
        refused = self.both(side, lambda t: mark(t, id))
        assert refused is (None if legal or id not in self.model else IllegalMove)
        if not refused and legal:
            m = self.model[id]
            m[0], m[1] = to, m[1] + attempt
            m[3].append(event)

    @rule(side=sides, id=ids)
    def run(self, side, id):
        if self.is_at(id, RUNNING): return
        self.move(side, id, lambda t, i: t.mark_running(i), RUNNING, 'running', self.is_at(id, PENDING), 1)
    @rule(side=sides, id=ids, result=st.one_of(st.none(), st.integers(), st.text(max_size=5)))
    def complete(self, side, id, result): self.move(side, id, lambda t, i: t.mark_completed(i, result), JobStatus.COMPLETED, 'completed', self.is_at(id, RUNNING))
    @rule(side=sides, id=ids)
    def fail(self, side, id): self.move(side, id, lambda t, i: t.mark_failed(i, 'no speech'), JobStatus.FAILED, 'failed', self.is_at(id, PENDING, RUNNING))
    @rule(side=sides, id=ids)
    def retry(self, side, id): self.move(side, id, lambda t, i: t.mark_pending(i, 'again'), PENDING, 'retried', self.is_at(id, RUNNING))
    @rule(side=sides, id=ids)
    def defer(self, side, id): self.move(side, id, lambda t, i: t.mark_pending(i, 'node away', count=False), PENDING, 'deferred', self.is_at(id, RUNNING), -1)

    @rule(side=sides, id=ids)
    def cancel(self, side, id):
        if self.is_at(id, RUNNING) and 'queued' in self.model[id][3]: return   # that is for its queue to do
        was = self.model.get(id)
        done = self.both(side, lambda t: asyncio.run(t.cancel_job(id)))
        assert done is (True if self.is_at(id, PENDING, RUNNING) else None)
        if done:
            if was[0] is RUNNING: was[3].append('cancel_requested')
            was[0] = JobStatus.CANCELLED
            was[3].append('cancelled')

    @rule(side=sides, id=ids, percent=st.integers(0, 100))
    def progress(self, side, id, percent):
        for t in (self.now[side], self.memory): t.mark_progress(id, percent)

    @rule(side=sides, id=ids)
    def note(self, side, id):
        self.both(side, lambda t: t.note(id, 'remark', {'n': 1}) and None)
        if id in self.model: self.model[id][3].append('remark')

    @rule(side=sides, id=ids)
    def delete(self, side, id):
        if not self.is_at(id, JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED): return
        assert {t.delete_jobs([id]) for t in (self.now[side], self.memory)} == {1}
        del self.model[id], self.ended[id]
        self.deletions += 1

    # What queues do: take a job under a lease, take over what another has left, write too late

    @rule(side=sides)
    def open_lease(self, side): self.leases.append((self.now[side].store.open_lease({'host': 'here'}), self.memory.store.open_lease({'host': 'here'})))

    def _write(self, side, plan):
        "One write on the record and in memory: the event's type, or the error's."
        came = []
        for n, t in enumerate((self.now[side], self.memory)):
            came.append(r.type if hasattr(r := t.record([plan(t, n)])[0], 'type') else type(r))
        assert came[0] == came[1], came
        return came[0]

    @precondition(lambda self: self.leases)
    @rule(side=sides, id=ids, pick=st.integers(0, 9))
    def take(self, side, id, pick):
        if not self.is_at(id, PENDING): return
        lease = self.leases[pick % len(self.leases)]
        for t in (self.now[side], self.memory): t.get_job(id)   # as it stands now
        came = self._write(side, lambda t, n: t.plan_running(t.get_job(id), lease=lease[n]))
        assert came in ('running', LeaseLost, IllegalMove)
        if came == 'running':
            m = self.model[id]
            m[0], m[1] = RUNNING, m[1] + 1
            m[3].append('running')

    @precondition(lambda self: len(self.leases) > 1)
    @rule(side=sides, late=st.booleans())
    def take_over(self, side, late):
        "The last lease takes over from all others; one that has beaten since it was looked at is spared."
        mine, other = self.leases[-1], self.leases[0]
        found = []
        for n, store in enumerate((self.now[side].store, self.memory.store)):
            seen = {lease.fence: lease.beat for lease in store.leases()}
            if late: store.beat(other[n])
            found.append(store.take_over(mine[n], ['call'], [(f, b) for f, b in seen.items() if f != mine[n]]))
            assert (other[n] in [lease.fence for lease in store.leases()]) == (late and other[n] in seen and (mine != other) and mine[n] in seen or mine == other)
        assert sorted(found[0]) == sorted(found[1])
        for t, (jobs, fence) in zip((self.now[side], self.memory), zip(found, mine)):
            for job_id in jobs: t.hold(job_id, fence)

    @rule(side=sides)
    def crash(self, side):
        "The process is gone, with all that was only in its memory; another opens the record."
        self.now[side].store.close()
        self.now[side] = JobTracker(self.url)

    @invariant()
    def everyone_sees_the_same(self):
        for id, (status, attempt, _, types) in self.model.items():
            views = [t.get_job(id).to_dict() for t in (*self.now, self.memory)]
            assert {(v['status'], v['attempt']) for v in views} == {(status, attempt)}
            for t in (*self.now, self.memory): assert [e.type for e in t.history(id)] == types
            if status.is_terminal:
                view = {k: v for k, v in views[0].items() if k != 'metadata'}
                assert self.ended.setdefault(id, view) == view, 'what has ended never changes'
                assert {k: v for k, v in views[1].items() if k != 'metadata'} == view
        for t in (*self.now, self.memory): assert sum(t.counts().values()) == len(self.model)

    @invariant()
    def one_attempt_at_a_time(self):
        for id in self.model:
            live = 0
            for e in self.now[0].history(id):
                live += (e.type == 'running') - (e.type in ('retried', 'deferred', 'completed', 'failed', 'cancelled') and live)
                assert live in (0, 1)

    @invariant()
    def the_journal_is_in_order(self):
        seqs = [e.seq for e in self.now[0].events(0, limit=None)]
        assert seqs == sorted(set(seqs)) and seqs == [e.seq for e in self.now[1].events(0, limit=None)]
        assert len(seqs) == sum(len(m[3]) for m in self.model.values()) + self.deletions

def test_random_work_on_one_record(database, tmp_path):
    "The same steps from two trackers on one database and on one in memory: the same views, the same refusals."
    n = iter(range(10**6))
    def fresh():
        if database.startswith('sqlite'): return f'sqlite:///{tmp_path}/{next(n)}.db'
        return database
    def machine():
        url = fresh()
        if not url.startswith('sqlite'): wipe(url)
        return Record(url)
    quick = settings(max_examples=2000 if LONG else 60, stateful_step_count=60 if LONG else 30, deadline=None, derandomize=not LONG, suppress_health_check=[*HealthCheck])
    run_state_machine_as_test(machine, settings=quick)
