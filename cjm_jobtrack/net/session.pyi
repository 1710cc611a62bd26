# Made by tools/stubs.py: do not edit.
"""The life of a job on all machines, on one time line, with the clock of the node corrected

Docs: https://cj-mills.github.io/cjm-jobtrack/net/session.html.md"""

from dataclasses import dataclass
from fastapi import FastAPI
from typing import Any
from ..model.job import Job, JobEvent
from ..tracker.tracker import JobTracker
from .clocks import ClockSkew
from .directory import NodeDirectory

__all__ = [
    'Visit', 'visits', 'SessionEvent', 'merge_session', 'Sessions', 'add_session_route']

@dataclass
class Visit:
    "One attempt of a job on a node."
    sent: JobEvent
    remote_id: str | None
    received: dict[Any, Any] = ...
    accepted: JobEvent | None = None
    events: list[Any] = ...
    skew: ClockSkew | None = None
    unreachable_since: str | None = None
    problem: str | None = None
    @property
    def attempt(self) -> int: ...
    @property
    def node(self) -> str | None: ...
    @property
    def name(self) -> str | None: ...

def visits(history: list[JobEvent]) -> list[Visit]:
    "The visits of a job to nodes, with what the manager has received."

@dataclass
class SessionEvent:
    "An event of a session."
    tier: str
    node: str | None
    at: str
    measured_at: str
    event: JobEvent
    attempt: int
    received_at: str | None = None
    after: float = ...
    before: float = ...
    def to_dict(self) -> dict[Any, Any]:
        "As it is sent."

def merge_session(history: list[JobEvent], of_nodes: list[Visit]) -> list[SessionEvent]:
    "The events of all machines in the order in which they happened, as far as that is known."

class Sessions:
    "The sessions of the jobs of a manager."
    directory: NodeDirectory
    tracker: JobTracker
    def __init__(self, directory: NodeDirectory, tracker: JobTracker) -> None: ...
    async def read(self, job: Job) -> dict[Any, Any]:
        """The session of a job.

        Keys: `id`, `remote_id`, `node`, `node_name`, `status`; `node_unreachable`, since when the node is silent;
        `skew_seconds`, how far the node's clock is ahead, and `skew_error_seconds`, how far that may be off;
        `attempts`, the same for each visit to a node; `events`, oldest first, each with `tier` ('manager' or
        'node'), `at` by the clock of the manager, and `measured_at` by the clock of its own machine."""

def add_session_route(app: FastAPI, sessions: Sessions) -> None:
    "Add the call for the session of a job."
