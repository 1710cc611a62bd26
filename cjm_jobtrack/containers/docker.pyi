# Made by tools/stubs.py: do not edit.
"""A container as a job: isolated, followed through restarts of ours and of the engine, and with the cause of its end

Docs: https://cj-mills.github.io/cjm-jobtrack/containers/docker.html.md"""

from collections.abc import Iterable
from docker.tls import TLSConfig
from pathlib import Path
from typing import Any
from ..logs.log_store import LogStore
from ..model.job import Job
from ..queue.queue import JobQueue
from ..runners.outcome import Outcome, Receipt, Report
from ..runners.runner import BaseRunner
from ..tracker.tracker import JobTracker
from .engine import Engine
from .files import AttemptMarkers
from .lifecycle import ContainerCollection
from .outcome import ReapResult
from .shared_queues import SharedQueues

__all__ = [
    'DockerRunner']

class DockerRunner(BaseRunner):
    """Runs containers, which outlive this process.

    `job.spec` has the fields of `check_container`. Paths in it are paths of the engine's machine.
    The engine is first contacted when there is something to do."""
    durable: bool
    interval: float
    look_every: float
    reap_every: float
    force: float
    queues: SharedQueues
    collection: type[ContainerCollection]
    folder: Path
    roots: list[str] | None
    engine: Engine
    containers: ContainerCollection
    markers: AttemptMarkers
    logs: LogStore | None
    name: str
    user: str | None
    def __init__(
        self,
        folder: str | Path | None = None,
        logs: LogStore | None = None,
        *,
        base_url: str | None = None,
        context: str | None = None,
        tls: TLSConfig | None = None,
        owner: str | None = None,
        name: str = 'docker',
        roots: Iterable[str | Path] | None = None,
        user: str | None = None,
        timeout: float = 120.0,
    ) -> None: ...
    def __repr__(self) -> str: ...
    @property
    def url(self) -> str:
        "Where the engine is."
    @property
    def owner(self) -> str:
        "The id of this installation, on all its containers."
    def container(self, job: Job) -> str:
        "The name of the container of this attempt."
    def why_not(self, job: Job) -> str | None:
        "Why no container can start now: the engine cannot be reached."
    async def lacks(self, image: str) -> str | None:
        "What is missing for a container of this image, in words."
    async def forget(self, job: Job) -> bool:
        "Remove the container of an attempt that has ended, and its markers. Usually `follow` arranges for this."
    async def start(self, job: Job) -> dict[Any, Any]:
        """Start the container, or find that it was started.

        Raises `InvalidInput` naming the field that cannot be used;
        `NodeUnreachable(begun=False)` if the engine cannot be reached."""
    async def find(self, job: Job) -> dict[Any, Any] | None:
        "A container that was started earlier. The engine is asked only if there may be one."
    async def reap(
        self,
        tracker: JobTracker,
        dry_run: bool = False,
        unknown_after: float | None = None,
    ) -> list[ReapResult]:
        """Remove our containers that nobody needs any more. Raises `NodeUnreachable`.

        A job that this record does not know may be on another one."""
    def tidy(self, tracker: JobTracker) -> None:
        "Have the reaper do one round, in another thread. If no attempt has left anything, the engine is not even asked."
    async def follow(self, job: Job, handle: dict[Any, Any], report: Report) -> Outcome:
        """Follow a container until it ends, also one that another process started.

        While the engine cannot be reached, wait for it. The container is removed once its end is on record."""
    async def stop(self, job: Job, handle: dict[Any, Any], grace: float) -> Receipt:
        """Ask a container to end, then force it, then verify. Unconfirmed while the engine cannot be reached.

        Raises `InvalidInput` for a `grace` that is no number of seconds."""
    def queue(self, tracker: JobTracker | None = None, slots: int | None = None) -> JobQueue:
        """The queue of this process for a record, the same one each time. It recovers the jobs of an earlier one.

        `close` of the last runner that uses it stops it. Its `tracker` waits for a job:
        `await runner.queue().tracker.wait(job.id)`, or `join` where no event loop runs. Raises `InvalidInput`."""
    def close(self) -> None:
        "Disconnect, and stop queues that nobody else uses. Containers go on. The runner cannot be used afterwards."
    def spec_for(
        self,
        image: str,
        argv: list[str] | None = None,
        *,
        inputs: dict[Any, Any] | list[Any] | None = None,
        outputs: str | Path | None = None,
        **spec: Any,
    ) -> dict[Any, Any]:
        "The spec of a container, checked. `~` and `..` in paths mean what they do in a shell. Raises `InvalidInput`."
    def run(
        self,
        image: str,
        argv: list[str] | None = None,
        *,
        inputs: dict[Any, Any] | list[Any] | None = None,
        outputs: str | Path | None = None,
        name: str | None = None,
        tracker: JobTracker | None = None,
        timeout: float | None = None,
        max_attempts: int = 1,
        priority: int = 0,
        metadata: dict[Any, Any] | None = None,
        **spec: Any,
    ) -> Job:
        "A container as a job, in one line. Raises `InvalidInput` naming the field."
