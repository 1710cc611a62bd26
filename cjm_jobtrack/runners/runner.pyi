# Made by tools/stubs.py: do not edit.
"""The contract between a queue and whatever carries out its jobs: four verbs, and what a runner may offer beyond them

Docs: https://cj-mills.github.io/cjm-jobtrack/runners/runner.html.md"""

from typing import Any, Protocol, runtime_checkable
from ..model.job import Job
from .outcome import Outcome, Receipt, Report

__all__ = [
    'Runner', 'BaseRunner', 'capability', 'overrides']

@runtime_checkable
class Runner(Protocol):
    """Carries out jobs of one kind.

    All four verbs run on the queue's event loop and must not block it. `job.id`, `job.attempt` and `job.created_at`
    together identify the work. Whatever a runner leaves behind (a folder, a process, a container) carries all three,
    so that it can be found again, and is never mistaken for the work of another job that reuses the id of a deleted one."""
    name: str
    durable: bool
    async def start(self, job: Job) -> dict[Any, Any]:
        """Begin the work. A second call for the same attempt begins nothing and returns the same handle.

        Raises `InvalidInput` if the spec cannot be carried out, `NodeUnreachable(begun=False)` if the work
        has certainly not begun and may be tried again later."""
    async def find(self, job: Job) -> dict[Any, Any] | None:
        "Find the work of this attempt, if it was begun."
    async def follow(self, job: Job, handle: dict[Any, Any], report: Report) -> Outcome:
        "Watch the work until it ends. May be cancelled and called again; the log then continues where it was."
    async def stop(self, job: Job, handle: dict[Any, Any], grace: float) -> Receipt:
        "Ask the work to end, then force it, then verify that nothing is left."

class BaseRunner:
    "Defaults for the optional members of a runner. The four verbs are left to the subclass."
    durable: bool
    capabilities: frozenset[str]
    ids_once: bool
    keeps_time: bool
    def why_not(self, job: Job) -> str | None:
        "Why a pending job cannot begin just now."
    def knows(self, job: Job) -> bool:
        "Whether it can carry out such work at all."
    def clash(self, job: Job, other: Job) -> str | None:
        "Why one job has to wait for the other."
    def terms(self, job: Job) -> dict[Any, Any]:
        "What a job requires of its queue, beyond what its spec says."

def capability(runner: Any, name: str) -> Any:
    "An optional member of a runner."

def overrides(runner: Any, name: str) -> bool:
    "Whether a runner has an optional member of its own, other than the default."
