# Made by tools/stubs.py: do not edit.
"""Where jobs are kept and carried out: here, or by a server

Docs: https://cj-mills.github.io/cjm-jobtrack/api/keepers.html.md"""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from ..model.job import Job
from ..net.client import RemoteClient
from ..queue.queue import JobQueue
from ..queue.submitted_batch import SubmittedBatch
from ..queue.submitted_job import SubmittedJob
from ..tracker.tracker import JobTracker
from .request import Options, Request

__all__ = [
    'BaseKeeper', 'LocalKeeper', 'ServerKeeper']

class BaseKeeper:
    "What keepers have in common."
    has_only_pipelines: bool
    def submitted(self, job: Job) -> SubmittedJob:
        "A job of this record, as people hold it."

class LocalKeeper(BaseKeeper):
    "The record, the queue and the runners of this process. Opened when they are first asked for. Safe from any thread."
    max_age: float
    record: str | Path | None
    resources: dict[str, int]
    takes: Callable[[Job], bool] | None
    slots: int
    def __init__(
        self,
        record: str | Path | None,
        slots: int | None = None,
        resources: dict[Any, Any] | None = None,
        takes: Callable[[Job], bool] | None = None,
    ) -> None: ...
    def __str__(self) -> str: ...
    @property
    def exists(self) -> bool:
        "Whether there is anything to read yet. Writes nothing."
    @property
    def source(self) -> JobTracker:
        "The record, opened."
    @property
    def folder(self) -> Path:
        "Where runners keep their files: beside the record."
    def runner(self, name: str) -> Any:
        "The runner of this name, made when it is first asked for."
    def add_runner(self, runner: Any) -> Any:
        "One more runner, such as that of a plugin manager."
    @property
    def queue(self) -> JobQueue:
        "The queue, started."
    def unfinished(self) -> list[Job]:
        "The jobs on record that have not ended."
    def resume_unfinished(self) -> None:
        "Take up what was left unfinished, if there is anything."
    def make_job(self, request: Request, options: Options) -> Job:
        "A checked job, not on record."
    def submit(self, request: Request, options: Options) -> Job:
        "Put a request on record and have it carried out."
    def wait(self, job_id: str, timeout: float | None = None) -> Job: ...
    async def wait_async(self, job_id: str) -> Job: ...
    def cancel(self, job_id: str) -> bool: ...
    def why_waiting(self, job: Job) -> str | None: ...
    def retry(self, job: Job, id: str | None = None) -> Job: ...
    def pipeline_request(
        self,
        name: str,
        source: Any,
        params: dict[Any, Any],
        on: str | None,
    ) -> Request:
        "A pipeline here, or on a node. Raises `InvalidInput` naming the field."
    def function_request(
        self,
        fn: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[Any, Any],
        where: str | None,
    ) -> Request:
        "A function. Raises `InvalidInput` for arguments that do not fit, or cannot travel."
    def container_request(self, image: str, words: list[str], more: dict[Any, Any]) -> Request:
        "A container. Raises `InvalidInput` naming the field."
    def plugin_request(
        self,
        manager: Any,
        name: str,
        args: tuple[Any, ...],
        kwargs: dict[Any, Any],
    ) -> Request:
        "A plugin of a plugin manager."
    def submit_batch(self, requests: list[Request], options: list[Options]) -> SubmittedBatch: ...
    def close(self, timeout: float = 30.0) -> None: ...
    def forget_inherited(self) -> None:
        "In a forked child: let go of what belongs to the parent."

class ServerKeeper(BaseKeeper):
    "A manager or node that keeps the record. It is first asked when there is something to ask."
    max_age: float
    exists: bool
    has_only_pipelines: bool
    url: str
    def __init__(self, url: str) -> None: ...
    @property
    def source(self) -> RemoteClient: ...
    def __str__(self) -> str: ...
    def resume_unfinished(self) -> None:
        "Nothing is left to take up here: the server does that."
    def close(self) -> None: ...
    def unfinished(self) -> list[Job]: ...
    def wait(self, job_id: str, timeout: float | None = None) -> Job: ...
    def submit(self, request: Request, options: Options) -> Job:
        "Ask the server for a job. A file of this machine is uploaded first, but never twice for one id."
    async def wait_async(self, job_id: str) -> Job: ...
    def cancel(self, job_id: str) -> bool: ...
    def retry(self, job: Job) -> Job: ...
    def why_waiting(self, job: Job) -> str: ...
    def pipeline_request(
        self,
        name: str,
        source: Any,
        params: dict[Any, Any],
        on: str | None,
    ) -> Request: ...
    def submit_batch(self, requests: list[Request], options: list[Options]) -> SubmittedBatch: ...
