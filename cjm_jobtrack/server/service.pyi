# Made by tools/stubs.py: do not edit.
"""What a node and a manager share: the requests they read, the errors they answer with, what each must provide

Docs: https://cj-mills.github.io/cjm-jobtrack/server/service.html.md"""

from collections.abc import Callable, Iterable
from fastapi import Request
from fastapi.responses import JSONResponse, Response
from pathlib import Path
from pydantic import BaseModel, ConfigDict
from typing import Any, ClassVar
from ..model.errors import JobtrackError
from ..model.job import Job, OutputFile
from ..queue.queue import JobQueue
from ..tracker.tracker import JobTracker

__all__ = [
    'STATUS_CODES', 'error_response', 'response_for', 'JobRequest', 'read_request', 'read_json',
    'Service']

def error_response(status: int, text: str, /, **facts: Any) -> JSONResponse:
    "An error body, which names the request."

STATUS_CODES: Any

def response_for(e: JobtrackError) -> JSONResponse:
    "The answer for an error."

class JobRequest(BaseModel):
    "A job, as it is asked for over HTTP."
    model_config: ClassVar[ConfigDict]
    pipeline: str | None = ...
    input: str | None = ...
    params: dict[str, Any] = ...
    id: str | None = ...
    name: str | None = ...
    priority: int = ...
    max_attempts: int = ...
    timeout: float | None = ...
    metadata: dict[str, Any] = ...
    node: str | None = ...
    node_labels: dict[str, str] | None = ...
    batch: str | None = ...

def read_request(body: dict[Any, Any]) -> JobRequest:
    "Check a request's form. Raises `InvalidInput` naming the first field at fault."

async def read_json(request: Request, limit: int = ...) -> dict[Any, Any]:
    "The body, as an object. Raises `HTTPException` 400, 413 or 415 with what is wrong."

class Service:
    "What the HTTP application needs of a server: a tracker, and the four things in which servers differ."
    service: str
    instance: str | None
    tracker: JobTracker
    queue: JobQueue | None
    vital: frozenset[Any]
    workspace: Path
    token: str | None
    origins: tuple[str, ...]
    original_from: tuple[Any, ...]
    rate_limit: str | None
    slots: int
    def start(self) -> None:
        "Begin working: called when the server starts."
    def close(self) -> None:
        "Stop working and close everything: called when the server stops."
    async def submit(self, body: dict[Any, Any]) -> tuple[Job, bool]:
        "Accept a job: it, and whether it is new."
    async def check(self, body: dict[Any, Any]) -> None:
        "Raise what `submit` would raise for a new job, and change nothing."
    async def upload(self, request: Request, node: str | None) -> dict[Any, Any]:
        "Take a file in: the original's upload result."
    async def download(self, job: Job, output: OutputFile, request: Request) -> Response:
        "Give out a file of a job."
    async def pipelines(self) -> list[dict[Any, Any]]:
        "What can be asked for."
    def checks(self) -> dict[str, Callable[[], dict[Any, Any]]]:
        "Questions about its parts, asked in the background: facts, and `problem` when something is wrong."
    def list_jobs(
        self,
        status: str | Iterable[str] | None = None,
        limit: int | None = None,
        **filters: Any,
    ) -> list[Job]:
        "Jobs as `JobTracker.list_jobs` gives them, by the status that is shown."
    def forget(self, job: Job) -> None:
        "Remove a job from the record. Raises `IllegalMove` while it is pending or running."
    def counts(self, batch: str | None = None) -> dict[str, int]:
        "How many jobs have each status, as people see it."
    def nodes_by_state(self) -> dict[str, int]:
        "How its nodes are doing."
    def identity(self) -> dict[Any, Any]:
        "What a server says of itself without looking anything up, in the original's shape."
    def health(self) -> dict[Any, Any]:
        "Signs of life. Raises `StoreError` when the record cannot be read."
