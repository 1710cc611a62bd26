# Made by tools/stubs.py: do not edit.
"""One stream of events for any number of readers: read once, encoded once; a slow reader delays nobody

Docs: https://cj-mills.github.io/cjm-jobtrack/net/broadcast.html.md"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from ..model.job import JobEvent
from ..tracker.tracker import JobTracker

__all__ = [
    'PING', 'encode_event', 'resync_event', 'EventBuffer', 'Broadcast', 'BroadcastHub']

def encode_event(e: JobEvent) -> bytes:
    "An event as it goes over the wire. Source: WHATWG HTML, 9.2 (Server-sent events)."

def resync_event(after: int, seq: int) -> JobEvent:
    "Tells a reader which part of the journal it has missed."

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
    def after(self, seq: int, tick: int) -> tuple[bytes, int, int]:
        "What a reader does not have yet, or the first chunk of it."

class Broadcast:
    "The events of all jobs, or of one, for any number of readers. Lives on one event loop, while it has readers."
    tracker: JobTracker
    job_id: str | None
    shutdown: asyncio.Event
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
    ) -> None: ...
    def read(self, after: int | None = None) -> AsyncIterator[bytes]:
        "The stream of one reader."

PING: float

class BroadcastHub:
    "The streams of a server: one for each job that somebody watches, and one for all jobs."
    tracker: JobTracker
    shutdown: asyncio.Event
    open: Any
    def __init__(self, tracker: JobTracker, shutdown: asyncio.Event) -> None: ...
    def read(self, job_id: str | None = None, after: int | None = None) -> AsyncIterator[bytes]:
        "A stream of server-sent events."
