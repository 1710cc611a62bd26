# Made by tools/stubs.py: do not edit.
"""Many jobs on a node or manager as one handle, like a batch of this process

Docs: https://cj-mills.github.io/cjm-jobtrack/net/batch.html.md"""

from collections.abc import AsyncIterator, Callable
from typing import Any, Self
from ..model.job import Job, JobEvent
from ..queue.batch import AsCompleted, Batch, OpenJobs
from ..queue.submitted_batch import SubmittedBatch
from .client import RemoteClient

__all__ = [
    'RemoteBatch', 'RemoteAsCompleted', 'SubmittedRemoteBatch']

class RemoteBatch(Batch):
    "The jobs on a server that carry one batch's name. Cheap to make; each question asks the server."
    client: RemoteClient
    def __init__(
        self,
        client: RemoteClient,
        id: str,
        *,
        present: Callable[[Job], Job] | None = None,
    ) -> None: ...
    @property
    def can_retry(self) -> bool: ...
    def as_completed(self, timeout: float | None = None) -> RemoteAsCompleted:
        """Each job once, when it has ended.

        Iterating raises `TimeoutError`, and `NodeUnreachable` when the server cannot be asked about a job that has
        ended; then the jobs go on. Events that are cut off are waited for."""
    async def cancel(self) -> dict[str, int]:
        """Cancel what has not ended.

        A job that could not be stopped for certain stays running, with the request on record there."""
    def retry_failed(self, *, cancelled: bool = False) -> Self:
        """Submit the jobs that failed once more, each with its spec.

        `metadata` gets `again_of`, the id of the job that it repeats."""

class RemoteAsCompleted(AsCompleted):
    "Jobs on a server in the order in which they end, for `for` and `async for`."
    def open_jobs(self) -> OpenJobs: ...
    def check_open(self) -> None:
        "Events come as long as there is a server."
    def subscribe(self, callback: Callable[[JobEvent], Any], after: int) -> Callable[[], None]: ...
    def __aiter__(self) -> AsyncIterator[Job]: ...

class SubmittedRemoteBatch(SubmittedBatch, RemoteBatch):
    "A batch on a server, for a person: its methods block, and `await batch` waits without blocking."
