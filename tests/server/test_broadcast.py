"""One stream of events for many readers: complete for each, encoded once, and no burden for the server."""
import asyncio, json, statistics, time
from contextlib import aclosing, closing

import httpx
from fastapi import FastAPI, Header
from fastapi.responses import Response
from cjm_jobtrack.model.job import JobEvent, JobStatus, now
from cjm_jobtrack.tracker.tracker import JobTracker
from cjm_jobtrack.server import broadcast
from cjm_jobtrack.server.broadcast import Broadcast, BroadcastHub, EventBuffer, encode_event, resync_event
from cjm_jobtrack.net.client import RemoteClient
from helpers import node_process
from original_node import Served

def read_events(data:bytes) -> list[dict]:
    return [json.loads(line[6:]) for line in data.decode().splitlines() if line.startswith('data: ')]

async def collect(streams, job_id=None, after=None) -> list[dict]:
    return read_events(b''.join([data async for data in streams.read(job_id, after)]))

def test_each_event_is_encoded_once_and_every_reader_gets_all(database, monkeypatch):
    encoded = []
    monkeypatch.setattr(broadcast, 'encode_event', lambda e: encoded.append(e) or encode_event(e))
    async def main(tracker):
        streams, job = BroadcastHub(tracker, asyncio.Event()), tracker.create_job('talk.wav')
        readers = [asyncio.ensure_future(collect(streams, job.id)) for _ in range(100)]
        await asyncio.sleep(0)
        tracker.mark_running(job.id)
        for n in range(20): tracker.note(job.id, 'note', {'n': n})
        tracker.mark_completed(job.id, 'done')
        return await asyncio.gather(*readers), [e.to_dict() for e in tracker.history(job.id)], streams.open
    tracker = JobTracker(database)
    try: found, journal, left = asyncio.run(main(tracker))
    finally: tracker.close()
    assert all([e for e in events if e['seq']] == journal for events in found)
    assert len([e for e in encoded if e.seq]) == len(journal) and not left

def test_history_and_what_comes_make_one_row(database):
    async def main(tracker):
        streams = BroadcastHub(tracker, leaving := asyncio.Event())
        for n in range(1500): tracker.create_job(f'clip-{n}.wav')
        readers = [asyncio.ensure_future(collect(streams, after=at)) for at in (0, 700, 1499)]
        while not streams.open or [*streams.open.values()][0].recent.last < 1500: await asyncio.sleep(0)
        for n in range(50): tracker.create_job(f'late-{n}.wav')
        while [*streams.open.values()][0].recent.last < 1550: await asyncio.sleep(.001)
        leaving.set()
        return await asyncio.gather(*readers)
    tracker = JobTracker(database)
    try: found = asyncio.run(main(tracker))
    finally: tracker.close()
    assert [[e['seq'] for e in events] for events in found] == [[*range(at+1, 1551)] for at in (0, 700, 1499)]

def test_who_falls_behind_is_told_and_goes_on(monkeypatch):
    monkeypatch.setattr(EventBuffer, 'max_events', 16)
    async def main():
        tracker = JobTracker()
        b = Broadcast(tracker)
        async with aclosing(b.read()) as slow:
            waiting = asyncio.ensure_future(anext(slow))
            await asyncio.sleep(0)
            tracker.create_job('first.wav')
            got = await waiting
            while b'first.wav' not in got: got += await anext(slow)
            for n in range(100): tracker.create_job(f'clip-{n}.wav')
            while b.recent.last < tracker.last_seq(): await asyncio.sleep(.001)
            tracker.create_job('last.wav')
            while b'last.wav' not in got: got += await anext(slow)
        for task in b.tasks: task.cancel()
        return read_events(got)
    events = asyncio.run(main())
    assert [e['type'] for e in events].count('resync') == 1
    at = next(i for i, e in enumerate(events) if e['type'] == 'resync')
    assert events[at]['data']['after'] == events[at-1]['seq'] and events[-1]['data']['name'] == 'last.wav'
    assert len(events) < 60, 'what it missed is not sent after all'

def test_an_event_that_comes_while_a_reader_takes_its_resync_is_not_lost():
    async def main():
        with closing(JobTracker()) as tracker:
            b = Broadcast(tracker)
            b.recent.max_events = 4
            async def create(*names):
                for name in names: tracker.create_job(name)
                while b.recent.last < tracker.last_seq(): await asyncio.sleep(.001)
            async with aclosing(b.read()) as slow:
                begun = asyncio.ensure_future(anext(slow))
                await asyncio.sleep(0)   # it waits for news
                await create(*[f'clip-{n}.wav' for n in range(20)])
                data = await begun
                while b'resync' not in data: data = await anext(slow)
                await create('meanwhile.wav')
                while b'meanwhile.wav' not in data: data += await anext(slow)
            for task in b.tasks: task.cancel()
            return read_events(data)
    gap, *events = asyncio.run(asyncio.wait_for(main(), 10))
    assert [e['seq'] for e in events] == [gap['data']['seq'] + 1]

def test_what_is_kept_is_bounded_in_bytes_too():
    recent = EventBuffer(0)
    recent.max_bytes = 10_000
    for n in range(1, 101): recent.add(JobEvent(n, 'a', 1, 'note', now(), {'text': 'x'*1000}))
    assert recent.size == sum(map(len, recent.frames)) <= 10_000 and recent.since == recent.seqs[0] - 1

def test_live_facts_of_an_ended_job_are_not_told_after_its_end():
    recent = EventBuffer(0)
    recent.add(JobEvent(None, 'a', 1, 'progress', now(), {'percent': 50}))
    recent.add(JobEvent(1, 'a', 1, JobStatus.COMPLETED.value, now()))
    assert [e['type'] for e in read_events(recent.after(0, 0)[0])] == ['completed']

def test_our_client_reads_what_it_has_missed_in_the_journal():
    app, asked = FastAPI(), []
    @app.get('/health')
    def health() -> dict: return {'status': 'ok', 'service': 'jobtrack-node'}
    @app.get('/events')
    def events(last_event_id:int=Header(0)) -> Response:
        asked.append(last_event_id)
        seqs = [1] if last_event_id == 0 else range(last_event_id+1, 7)
        found = [JobEvent(n, 'a', 1, 'note', now()) for n in seqs] + ([resync_event(1, 5)] if last_event_id == 0 else [])
        return Response(b''.join(map(encode_event, found)), media_type='text/event-stream')
    with Served(app) as s, RemoteClient(s.url) as client:
        seen = []
        for e in client.events(after=0):
            seen.append(e)
            if e.seq == 6: break
    assert [e.seq for e in seen] == [1, 2, 3, 4, 5, 6] and asked == [0, 1]

READERS, JOBS = 300, 8

def test_many_readers_leave_the_server_time_for_others(tmp_path):
    async def follow(http, jobs, begun) -> set:
        left = set(jobs)
        async with http.stream('GET', '/events', params={'after': 0}) as r:
            begun.append(r.status_code)
            async for line in r.aiter_lines():
                if line.startswith('data: ') and '"completed"' in line: left.discard(json.loads(line[6:])['job_id'])
                if not left: return left
        return left
    async def main(s, jobs, gate):
        waits, begun = [], []
        async with httpx.AsyncClient(base_url=s.url, timeout=120, limits=httpx.Limits(max_connections=None)) as http:
            readers = [asyncio.ensure_future(follow(http, jobs, begun)) for _ in range(READERS)]
            while len(begun) < READERS:
                for r in readers: assert not r.done(), r.exception()
                await asyncio.sleep(.01)
            gate.touch()
            while not all(r.done() for r in readers):
                at = time.monotonic()
                assert (await http.get('/health')).status_code == 200
                waits.append(time.monotonic() - at)
                await asyncio.sleep(.05)
            return await asyncio.gather(*readers), waits
    with node_process(tmp_path, slots=JOBS) as s:
        gate = tmp_path/'gate'
        jobs = [s.ask({'gate': str(gate), 'steps': 50})['id'] for _ in range(JOBS)]
        for job in jobs: s.wait(job, 'running')
        left, waits = asyncio.run(main(s, jobs, gate))
    assert left == [set()]*READERS
    assert statistics.median(waits) < 1, waits
