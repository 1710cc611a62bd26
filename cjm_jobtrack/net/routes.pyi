# Made by tools/stubs.py: do not edit.
"""The calls of a server: jobs and lists of jobs, events, logs, outputs and downloads

Docs: https://cj-mills.github.io/cjm-jobtrack/net/routes.html.md"""

from collections.abc import AsyncGenerator, Callable, Iterable
from fastapi import FastAPI, Request, WebSocket
from fastapi.responses import FileResponse, StreamingResponse
from starlette.requests import HTTPConnection
from typing import Annotated, Any, TypeAlias
from ..model.job import Job, JobStatus, OutputFile
from ..server.service import Service
from ..tracker.tracker import JobTracker

__all__ = [
    'PAGE_BYTES', 'PAGE_JOBS', 'RequestedJob', 'NonNegative', 'SearchText', 'add_general_routes',
    'page_of', 'require_job', 'find_job', 'body_schema', 'add_submit_routes', 'list_page',
    'add_list_route', 'add_job_routes', 'EventStream', 'add_event_routes', 'send_events',
    'add_event_sockets', 'add_log_routes', 'pick_output', 'OpenFile', 'add_output_routes',
    'add_upload_routes', 'add_routes']

def add_general_routes(app: FastAPI, service: Service) -> None:
    "What is it, what can it do."

PAGE_BYTES: int

PAGE_JOBS: int

def page_of(
    jobs: Iterable[dict[Any, Any]],
    most: int = ...,
    whole: bool = True,
) -> tuple[bytes, int, str | None]:
    "The first page of a list of jobs."

def require_job(tracker: JobTracker, job_id: str) -> Job:
    "A job. Raises `UnknownJob`."

def find_job(connection: HTTPConnection, job_id: str) -> Job:
    "The job of a path: a dependency of its routes. Raises `UnknownJob`."

RequestedJob: TypeAlias = Annotated[Job, ...]

def body_schema(kind: str, schema: dict[Any, Any]) -> dict[Any, Any]:
    "Describes the body of a request that a route reads by itself."

def add_submit_routes(app: FastAPI, service: Service) -> None:
    "Submit a job, or try a request out."

NonNegative: TypeAlias = Annotated[int | None, ...]

SearchText: TypeAlias = Annotated[str | None, ...]

def list_page(
    service: Service,
    status: JobStatus | None,
    limit: int | None,
    before: str | None = None,
    **filters: Any,
) -> tuple[list[Job], bool]:
    "The jobs of one page. Raises `UnknownJob` for `before`: an empty page would look like the end."

def add_list_route(app: FastAPI, service: Service) -> None:
    "List jobs, a page at a time."

def add_job_routes(app: FastAPI, service: Service) -> None:
    "Read, cancel, delete."

class EventStream(StreamingResponse):
    "Server-sent events, which no proxy on the way should hold back or compress."
    media_type: str
    def __init__(self, chunks, **options: Any) -> None: ...

def add_event_routes(app: FastAPI, service: Service) -> None:
    "History, and live events as a stream."

async def send_events(socket: WebSocket, chunks: AsyncGenerator[bytes]) -> None:
    "Send events over a WebSocket, until they end or the client leaves."

def add_event_sockets(app: FastAPI) -> None:
    "Live events over WebSockets."

def add_log_routes(app: FastAPI, service: Service) -> None:
    "Logs, by offset, from the end, or the lines with a text."

def pick_output(job: Job, name: str | None, request: Request | None = None) -> OutputFile:
    "The output with that very name. Raises `HTTPException` in the original's words."

class OpenFile(FileResponse):
    "An open file, whole or in ranges. It is closed at the end."
    fd: int
    def __init__(self, fd: int, filename: str, **options: Any) -> None: ...
    async def __call__(self, scope, receive, send) -> None: ...

def add_output_routes(
    app: FastAPI,
    service: Service,
    files_of: Callable[[Job, int, int], list[dict[Any, Any]]],
    prefix: str = '',
) -> None:
    "Outputs and downloads."

def add_upload_routes(app: FastAPI, service: Service) -> None:
    "Uploads."

def add_routes(app: FastAPI, service: Service) -> None:
    "All calls of a server but `/health` and `/metrics`."
