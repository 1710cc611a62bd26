# Made by tools/stubs.py: do not edit.
"""Many jobs on a node or manager as one handle, like a batch of this process

Docs: https://cj-mills.github.io/cjm-jobtrack/net/batch.html.md"""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from ..model.job import Job
from ..queue.batch import Batch
from .client import RemoteClient

__all__ = [
    'RemoteBatch']

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
    def as_completed(self, timeout: float | None = None) -> _Completing:
        "Each job once, when it has ended. Iterating raises `TimeoutError`, and then the jobs go on."
    async def cancel(self) -> dict[str, int]:
        """Cancel what has not ended.

        A job that could not be stopped for certain stays running, with the request on record there."""
    def retry_failed(self, *, cancelled: bool = False) -> RemoteBatch:
        """Submit the jobs that failed once more, each with its spec.

        `metadata` gets `again_of`, the id of the job that it repeats."""

class _Completing:
    "Jobs of a batch on a server in the order in which they are seen to have ended, for `for` and `async for`."
    batch: RemoteBatch
    timeout: float | None
    deadline: Any
    yielded: Any
    open: int
    def __init__(self, batch: RemoteBatch, timeout: float | None) -> None: ...
    def look(self) -> list[Job]:
        "Those that have ended since the last look. Raises `TimeoutError` when it is time."
    def pause(self) -> float:
        "Seconds until the next look, when nothing is heard."
    def __iter__(self) -> Iterator[Job]: ...
    def __aiter__(self) -> AsyncIterator[Job]: ...
