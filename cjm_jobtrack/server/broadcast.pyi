# Made by tools/stubs.py: do not edit.
"""One stream of events for any number of readers: read once, encoded once; a slow reader delays nobody

Docs: https://cj-mills.github.io/cjm-jobtrack/server/broadcast.html.md"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from ..model.job import JobEvent, JobStatus
from ..tracker.tracker import JobTracker

__all__ = [
    'LIVE_EVERY', 'PING', 'encode_event', 'resync_event', 'EventBuffer', 'EventFilter', 'Broadcast',
    'BroadcastHub']

def encode_event(e: JobEvent) -> bytes:
    "An event as it goes over the wire. Source: WHATWG HTML, 9.2 (Server-sent events)."

def resync_event(after: int, seq: int) -> JobEvent:
    "Tells a reader that it does not get what came after its cursor, and where the stream goes on."

class EventBuffer:
    "The latest events, encoded."
    max_events: int
    max_bytes: int
    chunk_bytes: int
    since: int
    last: int | None
    seqs: Any
    frames: Any
    size: int
    live: Any
    tick: int
    def __init__(self, since: int) -> None: ...
    def add(self, e: JobEvent) -> None:
        "Add an event of the journal, or a live change."
    def skip(self, e: JobEvent) -> None:
        "Pass over an event."
    def after(self, seq: int, tick: int) -> tuple[bytes, int, int]:
        "What a reader does not have yet, or the first chunk of it."

@dataclass(frozen=True)
class EventFilter:
    "Which jobs a reader wants to hear of; None: any."
    status: JobStatus | None = None
    name: str | None = None
    node: str | None = None
    batch: str | None = None
    def __bool__(self) -> bool: ...

class _Members:
    "The jobs of a batch."
    store: Any
    batch: str
    ids: Any
    num: int
    def __init__(self, store, batch: str) -> None: ...
    def __contains__(self, job_id: object) -> bool: ...

class _Matcher:
    "Whether an event is of a job that a filter lets through. Reads the record."
    tracker: JobTracker
    wanted: EventFilter
    members: _Members | None
    def __init__(self, tracker: JobTracker, wanted: EventFilter) -> None: ...
    def __call__(self, events: list[JobEvent]) -> list[JobEvent]: ...

class Broadcast:
    "The events of all jobs, or of one, for any number of readers. Lives on one event loop, while it has readers."
    tracker: JobTracker
    job_id: str | None
    wanted: EventFilter
    shutdown: asyncio.Event
    matcher: _Matcher | None
    recent: EventBuffer
    is_over: bool
    readers: Any
    news: asyncio.Event
    tasks: Any
    def __init__(
        self,
        tracker: JobTracker,
        job_id: str | None = None,
        shutdown: asyncio.Event | None = None,
        wanted: EventFilter = ...,
    ) -> None: ...
    def read(self, after: int | None = None) -> AsyncIterator[bytes]:
        "The stream of one reader."

LIVE_EVERY: float

PING: float

class BroadcastHub:
    "The streams of a server: one for each job that somebody watches, and one for each filter of all jobs."
    tracker: JobTracker
    shutdown: asyncio.Event
    open: Any
    def __init__(self, tracker: JobTracker, shutdown: asyncio.Event) -> None: ...
    def read(
        self,
        job_id: str | None = None,
        after: int | None = None,
        wanted: EventFilter = ...,
    ) -> AsyncIterator[bytes]:
        "A stream of server-sent events."
