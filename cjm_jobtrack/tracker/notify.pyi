# Made by tools/stubs.py: do not edit.
"""Wake all readers that wait for news of a job, once and soon; a job that nobody watches costs nothing

Docs: https://cj-mills.github.io/cjm-jobtrack/tracker/notify.html.md"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any
from ..model.job import JobEvent

__all__ = [
    'call_on_loop', 'Channel', 'Notifier', 'consume_in_thread']

def call_on_loop(loop, callback) -> None:
    "Run `callback` on `loop`, from any thread. Nothing happens when the loop is closed: then nobody waits there."

class _LoopWaker:
    "Sets asyncio events on their loop, from any thread."
    loop: asyncio.AbstractEventLoop
    events: dict[asyncio.Event, bool]
    live_readers: int
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None: ...
    def wake(self, journal: bool) -> None: ...

class Channel:
    "The events after `since`, of one job or of all, and those who wait for more. Used under its lock."
    max_events: int
    since: int
    lock: threading.RLock
    events: list[JobEvent]
    readers: int
    wakers: dict[asyncio.AbstractEventLoop, _LoopWaker]
    threads: dict[threading.Event, bool]
    def __init__(self, since: int, lock: threading.RLock) -> None: ...
    def append(self, event: JobEvent) -> None: ...
    def wake(self, journal: bool) -> None:
        "Wake the readers; with `journal=False`, only those that want live changes too."
    @contextmanager
    def asyncio_event(self, journal_only: bool) -> Iterator[asyncio.Event]:
        "An asyncio event that is set when there is news. Takes the lock."
    @contextmanager
    def thread_event(
        self,
        journal_only: bool = True,
        event: threading.Event | None = None,
    ) -> Iterator[threading.Event]:
        "The same for a thread. Takes the lock."
    def after(self, cursor: int) -> list[JobEvent]:
        "The next events, at most a thousand. Most readers have seen all but the last few."

class Notifier:
    "The channels of all jobs. Safe from any thread: nobody waits here while the owner writes to its store."
    lock: threading.RLock
    seq: int
    tick: int
    channels: dict[str | None, Channel]
    def __init__(self, seq: int = 0) -> None: ...
    @property
    def readers(self) -> int: ...
    def has_readers(self, job_id: str) -> bool: ...
    @contextmanager
    def channel(self, job_id: str | None) -> Iterator[Channel]:
        "The channel of a job, or of all, for as long as somebody reads it. Takes the lock."
    def publish(self, events: list[JobEvent]) -> None:
        "Append the next entries of the journal to their channels, and wake the readers."
    def wake(self, job_id: str) -> None:
        "Have the readers of a job look again."
    def wake_all(self) -> None:
        "Have all readers look again."
    def publish_live(self, job_id: str, kind: str) -> None:
        "Remember that something live has changed, and wake the readers."
    def forget(self, job_id: str) -> None:
        "Drop the live changes of a job that has ended."
    def live_since(self, since: int, job_id: str | None) -> tuple[int, list[tuple[str, list[str]]]]:
        "The present tick, and (job, kinds of live change) since then; the latest first."
    def read_after(
        self,
        channel: Channel,
        cursor: int,
        job_id: str | None,
        read: Callable[[int, str | None, int], list[JobEvent]],
    ) -> tuple[list[JobEvent], int]:
        "The events after the cursor, at most a thousand, and the cursor after them. Takes the lock."

def consume_in_thread(
    stream: Callable[[], AsyncIterator[Any]],
    callback: Callable[[Any], Any],
) -> Callable[[], None]:
    "Consume an async stream in a thread of its own. Ending it waits for the thread, unless that waits for the caller."
