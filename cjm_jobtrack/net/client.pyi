# Made by tools/stubs.py: do not edit.
"""Submit, watch and fetch jobs on a node or a manager, blocking or async, and lose nothing when the network does

Docs: https://cj-mills.github.io/cjm-jobtrack/net/client.html.md"""

import os
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from pathlib import Path
from typing import Any
from ..logs.gaps import LogChunk
from ..logs.text import LogHits
from ..model.job import Job, JobEvent, OutputFile
from .transfers import Upload
from .transport import AsyncTransport, BlockingTransport, RawResponse

__all__ = [
    'ClientBase', 'RemoteClient', 'AsyncRemoteClient']

class ClientBase:
    "The calls that `RemoteClient` and `AsyncRemoteClient` have in common."
    def health(self) -> dict[Any, Any] | Coroutine[Any, Any, dict[Any, Any]]:
        "Signs of life. Raises `NodeUnreachable` within seconds when there are none."
    def counts(self, batch: str | None = None) -> dict[str, int] | Coroutine[Any, Any, dict[str, int]]:
        "How many jobs have each status, as the server counts them."
    def request(self, method: str, path: str, body: Any = None) -> Any | Coroutine[Any, Any, Any]:
        """Any other call of a server. Only a GET is repeated when the connection breaks.

        Raises what the server refused."""
    def status(self) -> dict[Any, Any] | Coroutine[Any, Any, dict[Any, Any]]:
        "What the original's manager verifies about a node."
    def pipelines(self) -> list[dict[Any, Any]] | Coroutine[Any, Any, list[dict[Any, Any]]]:
        "What can be asked for; nothing on an original node server."
    def submit(
        self,
        pipeline: str | None = None,
        input: str | os.PathLike[Any] | Upload | None = None,
        params: dict[Any, Any] | None = None,
        *,
        id: str | None = None,
        name: str | None = None,
        priority: int = 0,
        max_attempts: int = 1,
        timeout: float | None = None,
        metadata: dict[Any, Any] | None = None,
        node: str | None = None,
        node_labels: dict[str, str] | None = None,
        batch: str | None = None,
    ) -> Job | Coroutine[Any, Any, Job]:
        """Ask for a job. Repeating it with the same id and spec gives the same job.

        Raises `InvalidInput` and `UnknownPipeline` naming the field, `KeyConflict` when the id has another spec,
        `UnknownNode`; and, with the `job_id` that may be on record, `NodeUnreachable`, or `NodeRefused` for an
        answer that is no node's."""
    def submit_original(
        self,
        asked: dict[Any, Any],
        *,
        id: str | None = None,
    ) -> Job | Coroutine[Any, Any, Job]:
        """Ask for a job as the original manager does.

        Raises `InvalidInput` for other keys; `NodeUnreachable`, after which the job may run there."""
    def check(self, ask: dict[Any, Any]) -> None | Coroutine[Any, Any, None]:
        """Raises what `submit` would raise.

        Returns when the request is acceptable, and when the server cannot say."""
    def get_job(self, job_id: str) -> Job | None | Coroutine[Any, Any, Job | None]:
        "One job, as it is now."
    def raw_job(
        self,
        job_id: str,
    ) -> tuple[dict[Any, Any] | None, Job | None] | Coroutine[Any, Any, tuple[dict[Any, Any] | None, Job | None]]:
        "One job, with everything else that the server says about it."
    def list_jobs(
        self,
        status: str | Iterable[str] | None = None,
        limit: int | None = None,
        *,
        before: str | None = None,
        name: str | None = None,
        node: str | None = None,
        batch: str | None = None,
        since: str | None = None,
        until: str | None = None,
        text: str | None = None,
    ) -> list[Job] | Coroutine[Any, Any, list[Job]]:
        "Jobs on the server's record. Raises `InvalidInput`."
    def raw_jobs(
        self,
    ) -> list[tuple[dict[Any, Any], Job]] | Coroutine[Any, Any, list[tuple[dict[Any, Any], Job]]]:
        "All jobs of a server, each with the answer it was read from."
    def cancel(self, job_id: str) -> Job | Coroutine[Any, Any, Job]:
        "Stop a job. Raises `UnknownJob`."
    def delete(self, job_id: str) -> None | Coroutine[Any, Any, None]:
        """Remove an ended job from the server's record.

        Raises `UnknownJob`; `IllegalMove` while it is pending or running."""
    def last_seq(self) -> int | Coroutine[Any, Any, int]:
        "An entry near the end of the server's journal: whatever happens from now on comes after it. For `events(after=…)`."
    def history(self, job_id: str) -> list[JobEvent] | Coroutine[Any, Any, list[JobEvent]]:
        "Everything that was journaled about a job. Raises `UnknownJob`."
    def session(self, job_id: str) -> dict[Any, Any] | Coroutine[Any, Any, dict[Any, Any]]:
        "The life of a job on all machines. Raises `UnknownJob`."
    def wait(self, job_id: str, timeout: float | None = None) -> Job | Coroutine[Any, Any, Job]:
        "Wait until a job has ended. Raises `UnknownJob`; `TimeoutError`, and then the job goes on."
    def logs(
        self,
        job_id: str,
        offset: int = 0,
        limit: int = 65536,
        attempt: int | None = None,
    ) -> LogChunk | Coroutine[Any, Any, LogChunk]:
        "A piece of a log. Raises `UnknownJob`, `InvalidInput`."
    def search_logs(
        self,
        job_id: str,
        text: str,
        offset: int = 0,
        limit: int = 1000,
        attempt: int | None = None,
    ) -> LogHits | Coroutine[Any, Any, LogHits]:
        "The lines of a log that have a text, found by the server. Raises `UnknownJob`, `InvalidInput`."
    def log_tail(self, job_id: str, lines: int = 200) -> str | Coroutine[Any, Any, str]:
        "The end of the log of the latest attempt. Raises `UnknownJob`."
    def upload(
        self,
        path: str | os.PathLike[Any],
        node: str | None = None,
        pipeline: str | None = None,
        node_labels: dict[str, str] | None = None,
    ) -> Upload | Coroutine[Any, Any, Upload]:
        """Bring a file to a node.

        Raises `InvalidInput` when it cannot be read, `NodeRefused`, `DamagedTransfer`."""
    def upload_once(
        self,
        path: str | os.PathLike[Any],
        job_id: str | None = None,
        node: str | None = None,
        pipeline: str | None = None,
        node_labels: dict[str, str] | None = None,
    ) -> Upload | Coroutine[Any, Any, Upload]:
        "Bring a file to a node, unless that was done for the same job before. Raises as `upload` does."
    def outputs(self, job_id: str) -> list[OutputFile] | Coroutine[Any, Any, list[OutputFile]]:
        "The files that a job left. Raises `UnknownJob`."
    def download(
        self,
        job_id: str,
        to: str | os.PathLike[Any] = '.',
        name: str | None = None,
        overwrite: bool = False,
    ) -> Path | Coroutine[Any, Any, Path]:
        """Fetch a file that a job left. If it is there already, nothing is sent.

        Raises `UnknownJob`, `InvalidInput`, `DamagedTransfer`; `NodeUnreachable` when the connection broke again and
        again. Calling it once more continues."""

class RemoteClient(ClientBase, BlockingTransport):
    """A node or manager, asked by blocking calls. Safe from any thread.

    Close it, or use it as a context manager."""
    def events(self, job_id: str | None = None, after: int | None = None) -> Iterator[JobEvent]:
        """Events as they come, each journaled one once and in order, also over broken connections. Blocks between them.

        Between them come live facts without `seq`: `progress`, `log`, `disconnected` and `reconnected` when the
        server is out of reach for a while, and `resync` when it has another record since.
        Raises `UnknownJob`; `NodeUnreachable` only if the first connection cannot be made."""
    def subscribe(
        self,
        callback: Callable[[JobEvent], Any],
        job_id: str | None = None,
        after: int | None = None,
    ) -> Callable[[], None]:
        """The events, for code that goes on with something else.

        Raises `UnknownJob` and `NodeUnreachable` now rather than later."""
    def health(self) -> dict[Any, Any]:
        "Signs of life. Raises `NodeUnreachable` within seconds when there are none."
    def counts(self, batch: str | None = None) -> dict[str, int]:
        "How many jobs have each status, as the server counts them."
    def request(self, method: str, path: str, body: Any = None) -> Any:
        """Any other call of a server. Only a GET is repeated when the connection breaks.

        Raises what the server refused."""
    def status(self) -> dict[Any, Any]:
        "What the original's manager verifies about a node."
    def pipelines(self) -> list[dict[Any, Any]]:
        "What can be asked for; nothing on an original node server."
    def submit(
        self,
        pipeline: str | None = None,
        input: str | os.PathLike[Any] | Upload | None = None,
        params: dict[Any, Any] | None = None,
        *,
        id: str | None = None,
        name: str | None = None,
        priority: int = 0,
        max_attempts: int = 1,
        timeout: float | None = None,
        metadata: dict[Any, Any] | None = None,
        node: str | None = None,
        node_labels: dict[str, str] | None = None,
        batch: str | None = None,
    ) -> Job:
        """Ask for a job. Repeating it with the same id and spec gives the same job.

        Raises `InvalidInput` and `UnknownPipeline` naming the field, `KeyConflict` when the id has another spec,
        `UnknownNode`; and, with the `job_id` that may be on record, `NodeUnreachable`, or `NodeRefused` for an
        answer that is no node's."""
    def submit_original(self, asked: dict[Any, Any], *, id: str | None = None) -> Job:
        """Ask for a job as the original manager does.

        Raises `InvalidInput` for other keys; `NodeUnreachable`, after which the job may run there."""
    def check(self, ask: dict[Any, Any]) -> None:
        """Raises what `submit` would raise.

        Returns when the request is acceptable, and when the server cannot say."""
    def get_job(self, job_id: str) -> Job | None:
        "One job, as it is now."
    def raw_job(self, job_id: str) -> tuple[dict[Any, Any] | None, Job | None]:
        "One job, with everything else that the server says about it."
    def list_jobs(
        self,
        status: str | Iterable[str] | None = None,
        limit: int | None = None,
        *,
        before: str | None = None,
        name: str | None = None,
        node: str | None = None,
        batch: str | None = None,
        since: str | None = None,
        until: str | None = None,
        text: str | None = None,
    ) -> list[Job]:
        "Jobs on the server's record. Raises `InvalidInput`."
    def raw_jobs(self) -> list[tuple[dict[Any, Any], Job]]:
        "All jobs of a server, each with the answer it was read from."
    def cancel(self, job_id: str) -> Job:
        "Stop a job. Raises `UnknownJob`."
    def delete(self, job_id: str) -> None:
        """Remove an ended job from the server's record.

        Raises `UnknownJob`; `IllegalMove` while it is pending or running."""
    def last_seq(self) -> int:
        "An entry near the end of the server's journal: whatever happens from now on comes after it. For `events(after=…)`."
    def history(self, job_id: str) -> list[JobEvent]:
        "Everything that was journaled about a job. Raises `UnknownJob`."
    def session(self, job_id: str) -> dict[Any, Any]:
        "The life of a job on all machines. Raises `UnknownJob`."
    def wait(self, job_id: str, timeout: float | None = None) -> Job:
        "Wait until a job has ended. Raises `UnknownJob`; `TimeoutError`, and then the job goes on."
    def logs(
        self,
        job_id: str,
        offset: int = 0,
        limit: int = 65536,
        attempt: int | None = None,
    ) -> LogChunk:
        "A piece of a log. Raises `UnknownJob`, `InvalidInput`."
    def search_logs(
        self,
        job_id: str,
        text: str,
        offset: int = 0,
        limit: int = 1000,
        attempt: int | None = None,
    ) -> LogHits:
        "The lines of a log that have a text, found by the server. Raises `UnknownJob`, `InvalidInput`."
    def log_tail(self, job_id: str, lines: int = 200) -> str:
        "The end of the log of the latest attempt. Raises `UnknownJob`."
    def upload(
        self,
        path: str | os.PathLike[Any],
        node: str | None = None,
        pipeline: str | None = None,
        node_labels: dict[str, str] | None = None,
    ) -> Upload:
        """Bring a file to a node.

        Raises `InvalidInput` when it cannot be read, `NodeRefused`, `DamagedTransfer`."""
    def upload_once(
        self,
        path: str | os.PathLike[Any],
        job_id: str | None = None,
        node: str | None = None,
        pipeline: str | None = None,
        node_labels: dict[str, str] | None = None,
    ) -> Upload:
        "Bring a file to a node, unless that was done for the same job before. Raises as `upload` does."
    def outputs(self, job_id: str) -> list[OutputFile]:
        "The files that a job left. Raises `UnknownJob`."
    def download(
        self,
        job_id: str,
        to: str | os.PathLike[Any] = '.',
        name: str | None = None,
        overwrite: bool = False,
    ) -> Path:
        """Fetch a file that a job left. If it is there already, nothing is sent.

        Raises `UnknownJob`, `InvalidInput`, `DamagedTransfer`; `NodeUnreachable` when the connection broke again and
        again. Calling it once more continues."""

class AsyncRemoteClient(ClientBase, AsyncTransport):
    "The same calls, to be awaited. Belongs to the event loop that first used it."
    def events(self, job_id: str | None = None, after: int | None = None) -> AsyncIterator[JobEvent]:
        "As for `RemoteClient`. Close it (`contextlib.aclosing`) when you leave it early."
    def listen(self, job_id: str, after: int | None = None) -> AsyncIterator[JobEvent]:
        """The events of one connection, for code with its own rules for reconnecting: ends when the server closes it.

        Raises `NodeUnreachable` when it breaks, `NodeRefused` when there are no events."""
    async def open(
        self,
        method: str,
        path: str,
        *,
        headers: dict[Any, Any] | None = None,
        timeout: float = 60.0,
    ) -> RawResponse:
        "An answer whose body is read later. Raises what the server refused."
    async def relay(
        self,
        method: str,
        path: str,
        *,
        content: AsyncIterator[bytes] | None,
        headers: dict[Any, Any],
        timeout: float = 300.0,
    ) -> RawResponse:
        "Send on a body that comes from elsewhere, without holding it in memory. Raises `NodeUnreachable`."
    async def forward(self, method: str, path: str, **options: Any) -> dict[Any, Any]:
        "The same, for an answer in JSON; the options are those of `relay`. Raises what the server refused."
    def health(self) -> Coroutine[Any, Any, dict[Any, Any]]:
        "Signs of life. Raises `NodeUnreachable` within seconds when there are none."
    def counts(self, batch: str | None = None) -> Coroutine[Any, Any, dict[str, int]]:
        "How many jobs have each status, as the server counts them."
    def request(self, method: str, path: str, body: Any = None) -> Coroutine[Any, Any, Any]:
        """Any other call of a server. Only a GET is repeated when the connection breaks.

        Raises what the server refused."""
    def status(self) -> Coroutine[Any, Any, dict[Any, Any]]:
        "What the original's manager verifies about a node."
    def pipelines(self) -> Coroutine[Any, Any, list[dict[Any, Any]]]:
        "What can be asked for; nothing on an original node server."
    def submit(
        self,
        pipeline: str | None = None,
        input: str | os.PathLike[Any] | Upload | None = None,
        params: dict[Any, Any] | None = None,
        *,
        id: str | None = None,
        name: str | None = None,
        priority: int = 0,
        max_attempts: int = 1,
        timeout: float | None = None,
        metadata: dict[Any, Any] | None = None,
        node: str | None = None,
        node_labels: dict[str, str] | None = None,
        batch: str | None = None,
    ) -> Coroutine[Any, Any, Job]:
        """Ask for a job. Repeating it with the same id and spec gives the same job.

        Raises `InvalidInput` and `UnknownPipeline` naming the field, `KeyConflict` when the id has another spec,
        `UnknownNode`; and, with the `job_id` that may be on record, `NodeUnreachable`, or `NodeRefused` for an
        answer that is no node's."""
    def submit_original(
        self,
        asked: dict[Any, Any],
        *,
        id: str | None = None,
    ) -> Coroutine[Any, Any, Job]:
        """Ask for a job as the original manager does.

        Raises `InvalidInput` for other keys; `NodeUnreachable`, after which the job may run there."""
    def check(self, ask: dict[Any, Any]) -> Coroutine[Any, Any, None]:
        """Raises what `submit` would raise.

        Returns when the request is acceptable, and when the server cannot say."""
    def get_job(self, job_id: str) -> Coroutine[Any, Any, Job | None]:
        "One job, as it is now."
    def raw_job(self, job_id: str) -> Coroutine[Any, Any, tuple[dict[Any, Any] | None, Job | None]]:
        "One job, with everything else that the server says about it."
    def list_jobs(
        self,
        status: str | Iterable[str] | None = None,
        limit: int | None = None,
        *,
        before: str | None = None,
        name: str | None = None,
        node: str | None = None,
        batch: str | None = None,
        since: str | None = None,
        until: str | None = None,
        text: str | None = None,
    ) -> Coroutine[Any, Any, list[Job]]:
        "Jobs on the server's record. Raises `InvalidInput`."
    def raw_jobs(self) -> Coroutine[Any, Any, list[tuple[dict[Any, Any], Job]]]:
        "All jobs of a server, each with the answer it was read from."
    def cancel(self, job_id: str) -> Coroutine[Any, Any, Job]:
        "Stop a job. Raises `UnknownJob`."
    def delete(self, job_id: str) -> Coroutine[Any, Any, None]:
        """Remove an ended job from the server's record.

        Raises `UnknownJob`; `IllegalMove` while it is pending or running."""
    def last_seq(self) -> Coroutine[Any, Any, int]:
        "An entry near the end of the server's journal: whatever happens from now on comes after it. For `events(after=…)`."
    def history(self, job_id: str) -> Coroutine[Any, Any, list[JobEvent]]:
        "Everything that was journaled about a job. Raises `UnknownJob`."
    def session(self, job_id: str) -> Coroutine[Any, Any, dict[Any, Any]]:
        "The life of a job on all machines. Raises `UnknownJob`."
    def wait(self, job_id: str, timeout: float | None = None) -> Coroutine[Any, Any, Job]:
        "Wait until a job has ended. Raises `UnknownJob`; `TimeoutError`, and then the job goes on."
    def logs(
        self,
        job_id: str,
        offset: int = 0,
        limit: int = 65536,
        attempt: int | None = None,
    ) -> Coroutine[Any, Any, LogChunk]:
        "A piece of a log. Raises `UnknownJob`, `InvalidInput`."
    def search_logs(
        self,
        job_id: str,
        text: str,
        offset: int = 0,
        limit: int = 1000,
        attempt: int | None = None,
    ) -> Coroutine[Any, Any, LogHits]:
        "The lines of a log that have a text, found by the server. Raises `UnknownJob`, `InvalidInput`."
    def log_tail(self, job_id: str, lines: int = 200) -> Coroutine[Any, Any, str]:
        "The end of the log of the latest attempt. Raises `UnknownJob`."
    def upload(
        self,
        path: str | os.PathLike[Any],
        node: str | None = None,
        pipeline: str | None = None,
        node_labels: dict[str, str] | None = None,
    ) -> Coroutine[Any, Any, Upload]:
        """Bring a file to a node.

        Raises `InvalidInput` when it cannot be read, `NodeRefused`, `DamagedTransfer`."""
    def upload_once(
        self,
        path: str | os.PathLike[Any],
        job_id: str | None = None,
        node: str | None = None,
        pipeline: str | None = None,
        node_labels: dict[str, str] | None = None,
    ) -> Coroutine[Any, Any, Upload]:
        "Bring a file to a node, unless that was done for the same job before. Raises as `upload` does."
    def outputs(self, job_id: str) -> Coroutine[Any, Any, list[OutputFile]]:
        "The files that a job left. Raises `UnknownJob`."
    def download(
        self,
        job_id: str,
        to: str | os.PathLike[Any] = '.',
        name: str | None = None,
        overwrite: bool = False,
    ) -> Coroutine[Any, Any, Path]:
        """Fetch a file that a job left. If it is there already, nothing is sent.

        Raises `UnknownJob`, `InvalidInput`, `DamagedTransfer`; `NodeUnreachable` when the connection broke again and
        again. Calling it once more continues."""
