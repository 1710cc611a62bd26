# Made by tools/stubs.py: do not edit.
"""Follow a stream of events over broken connections, each event once and in order

Docs: https://cj-mills.github.io/cjm-jobtrack/net/events.html.md"""

from dataclasses import dataclass
from typing import Any
from ..model.errors import NodeRefused
from ..model.job import JobEvent

__all__ = [
    'SILENCE', 'RECONNECT_DELAY', 'EventCursor', 'connected_flow', 'disconnected_flow',
    'UnreadableEvent', 'listen_flow', 'history_flow', 'Readings', 'poll_flow', 'events_flow']

SILENCE: float

RECONNECT_DELAY: Any

@dataclass
class EventCursor:
    "How far a reader of events has come, and how its connection is doing."
    job_id: str | None = None
    seq: int | None = None
    max_tries: int = 3
    poll: float = 1.0
    tries: int = 0
    has_connected: bool = False
    is_down: bool = False
    @property
    def is_hopeless(self) -> bool:
        "Whether another failure would be one too many for a connection that never worked."
    def advance(self, event: JobEvent) -> bool:
        "Move on to an event. False if it was seen before; live facts have no number and are always new."
    def live(self, type: str, **data: Any) -> JobEvent:
        "A live fact about the connection."
    def restart(self, resync: JobEvent) -> bool:
        "Take over the cursor of another record. False if this is still the record that the cursor is from."

def connected_flow(cursor: EventCursor) -> Any:
    "A flow: the server has answered; yields `reconnected` when that is news."

def disconnected_flow(cursor: EventCursor, problem: str) -> Any:
    "A flow: the server has not answered; yields `disconnected` once it is more than a hiccup, and sleeps."

class UnreadableEvent(NodeRefused):
    "An event of our own stream that cannot be read. Asking again would bring the same."

def listen_flow(cursor: EventCursor, timeout: float = 35.0) -> Any:
    """A flow: the events of one connection; returns whether the job is over.

    Raises `NodeRefused` 406 when there is no stream."""

def history_flow(job_id: str) -> Any:
    "A flow: everything that was journaled about a job. Raises `UnknownJob`."

class Readings:
    "The latest reading of each job, compared with the one before."
    is_quiet: bool
    jobs: Any
    log_sizes: Any
    def __init__(self, skip_first: bool) -> None: ...
    def update(self, answers: list[tuple[Any, ...]]) -> list[JobEvent]:
        "What has happened since the last call."

def poll_flow(cursor: EventCursor) -> Any:
    "A flow: events of a server that has none, inferred from readings. Ends as `events_flow` does."

def events_flow(cursor: EventCursor) -> Any:
    "A flow: the events of a job until it ends, or of all jobs, over as many connections as it takes."
