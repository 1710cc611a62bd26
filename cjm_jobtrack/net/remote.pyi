# Made by tools/stubs.py: do not edit.
"""Carry out jobs on another machine, and lose none of them when a machine or the network fails

Docs: https://cj-mills.github.io/cjm-jobtrack/net/remote.html.md"""

from typing import Any
from ..model.job import Job
from ..runners.outcome import Outcome, Receipt, Report
from ..runners.runner import BaseRunner
from ..tracker.tracker import JobTracker
from .directory import NodeDirectory

__all__ = [
    'UNSEEN_AFTER', 'COPY_PAUSE', 'remote_id', 'RemoteRunner', 'read_spec', 'outcome_of',
    'find_match']

def remote_id(job: Job) -> str:
    "The id under which an attempt is sent to a node."

class RemoteRunner(BaseRunner):
    "Carries out jobs on nodes. What it has done is in the journal, so another process can continue."
    durable: bool
    keeps_time: bool
    ids_once: bool
    directory: NodeDirectory
    tracker: JobTracker
    node_lost_after: float
    name: str
    patience: float
    poll: float
    def __init__(
        self,
        directory: NodeDirectory,
        tracker: JobTracker,
        *,
        node_lost_after: float = 86400.0,
        name: str = 'remote',
        patience: float = 5.0,
        poll: float = 1.0,
    ) -> None: ...
    async def start(self, job: Job) -> dict[Any, Any]:
        """Send a job to its node. A second call sends nothing new.

        Raises `InvalidInput` when the node refuses it, `NodeUnreachable(begun=False)` when it certainly did not arrive."""
    def why_not(self, job: Job) -> str | None:
        "Why a job cannot begin just now."
    async def find(self, job: Job) -> dict[Any, Any] | None:
        """The handle of an attempt that may be on a node.

        None when it was never sent, and when the node does not know it any more."""
    async def follow(self, job: Job, handle: dict[Any, Any], report: Report) -> Outcome:
        "Watch a job on its node until it ends there. May be cancelled and called again."
    @property
    def waiting(self) -> int:
        "How many of the jobs that are followed wait for their turn on their node."
    async def stop(self, job: Job, handle: dict[Any, Any], grace: float) -> Receipt:
        """Have the node stop a job.

        If the node is silent, answers within about two seconds: unconfirmed, and the cancel is sent later."""

def read_spec(spec: dict[Any, Any]) -> None:
    "Raises `InvalidInput` unless it is a request that a node can be sent."

def outcome_of(there: Job) -> Outcome:
    "How it ended, for the record on this side."

UNSEEN_AFTER: float

def find_match(
    request: dict[Any, Any],
    since: float,
    wires: list[tuple[Any, ...]],
    other_ids: set[Any],
) -> tuple[dict[Any, Any] | None, Job | None]:
    "The job that an original node server made for a request; None, None when there is none."

COPY_PAUSE: float
