# Made by tools/stubs.py: do not edit.
"""How the clients send requests, repeat them and read the answers, apart from how they wait

Docs: https://cj-mills.github.io/cjm-jobtrack/net/transport.html.md"""

import httpx
import ssl
from dataclasses import dataclass
from typing import Any, Self, TypeAlias
from ..model.errors import JobtrackError, NodeRefused
from ..model.job import Job

__all__ = [
    'MAX_RETRY_AFTER', 'CONNECT_TIMEOUT', 'TRANSFER_CONNECT_TIMEOUT', 'RawResponse', 'HttpRequest',
    'ReadNext', 'Sleep', 'HttpResponse', 'no_route', 'retry_after', 'read_error', 'read_job',
    'check_address', 'time_limits', 'Transport', 'post_pinned', 'BlockingTransport',
    'AsyncTransport', 'check_response', 'was_silent', 'retry_wait', 'FlowResult', 'health_flow',
    'lacks_call', 'job_path', 'raw_job_flow', 'job_flow', 'known_job_flow', 'pages_flow',
    'list_flow']

@dataclass(frozen=True)
class HttpRequest:
    """A step of a flow: send a request.

    Resumes with an `HttpResponse`, or raises a `JobtrackError` at the `yield`."""
    method: str
    path: str
    params: dict[Any, Any] | None = None
    json: Any = None
    files: dict[Any, Any] | None = None
    headers: dict[Any, Any] = ...
    timeout: float | None = None
    repeat: bool = True
    stream: str | None = None
    is_json: bool = True
    optional: bool = False

@dataclass(frozen=True)
class ReadNext:
    "A step of a flow: read the next item of the open stream, `ServerSentEvent` or bytes; None at its end."

@dataclass(frozen=True)
class Sleep:
    "A step of a flow: wait."
    seconds: float

@dataclass(frozen=True)
class HttpResponse:
    "A successful answer."
    url: str
    status: int
    headers: dict[Any, Any]
    body: bytes
    def refused(self, message: str, status: int | None = None) -> NodeRefused: ...
    def json(self, type = ...) -> Any:
        "The body. Raises `NodeRefused` when it is not JSON of this type: then this is no node."
    def field(self, key: str, type = ...) -> Any:
        "One field of the body, an object. Raises `NodeRefused` when it is missing."

def no_route(e: NodeRefused) -> bool:
    """Whether the server may lack this call, as an original node server does.

    It answers 404 or 405 with a page of HTML."""

def retry_after(header: str | None) -> float | None:
    "How long the server asks the client to wait. Source: RFC 9110, 10.2.3: seconds, or a date."

def read_error(
    url: str,
    status: int,
    body: bytes,
    job_id: str | None = None,
    retry_after_header: str | None = None,
) -> JobtrackError:
    """The error that an answer stands for.

    What is none of ours, such as a proxy's page, stays a `NodeRefused`."""

def read_job(wire: Any, url: str = '') -> Job:
    "A job from a node or manager, ours or an original's. Raises `NodeRefused` when it cannot be read."

def check_address(address: Any, field: str) -> httpx.URL:
    "An address that requests can be sent to. Raises `InvalidInput` naming the field."

MAX_RETRY_AFTER: float

CONNECT_TIMEOUT: float

TRANSFER_CONNECT_TIMEOUT: float

RawResponse: TypeAlias = httpx.Response

def time_limits(silence: float, connect: float = 2.0) -> httpx.Timeout:
    "How long a request may take. A body that keeps coming may take as long as it likes."

class Transport:
    "What the blocking and the async transport have in common: everything but waiting."
    timeout: float
    tries: int
    poll: float
    base_url: str
    last_contact: float
    http: httpx.Client | httpx.AsyncClient
    def __init__(
        self,
        base_url: str,
        *,
        token: str | None = None,
        timeout: float = 10.0,
        tries: int = 3,
        poll: float = 1.0,
        tls: ssl.SSLContext | None = None,
    ) -> None: ...
    def __repr__(self) -> str: ...

async def post_pinned(
    url: httpx.URL,
    address: str,
    body: str,
    headers: dict[str, str],
    limit: float,
) -> tuple[int, dict[str, str]]:
    "Send once to a given address, following no redirect and reading no body. Raises `OSError`."

class BlockingTransport(Transport):
    "Waits by blocking. Safe from any thread."
    http: httpx.Client
    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...
    def close(self) -> None: ...
    @property
    def is_closed(self) -> bool: ...

class AsyncTransport(Transport):
    "Waits by `await`. Belongs to the event loop that first used it."
    http: httpx.AsyncClient
    async def __aenter__(self) -> Self: ...
    async def __aexit__(self, *_: object) -> None: ...
    async def aclose(self) -> None: ...
    @property
    def is_closed(self) -> bool: ...

def check_response(request: HttpRequest, r: httpx.Response) -> HttpResponse:
    "A successful response; otherwise raises the error that it stands for."

def was_silent(e: BaseException) -> bool:
    "Whether a server took too long, rather than that the connection broke."

def retry_wait(request: HttpRequest, e: Exception) -> bool | float:
    "Whether a request that failed is sent again, as stamina's `on` hook wants it."

@dataclass(frozen=True)
class FlowResult:
    "What a flow returns, after everything it yields to its caller."
    value: Any

def health_flow() -> Any:
    "A flow: the signs of life of a server."

def lacks_call(e: NodeRefused) -> Any:
    """A flow: whether this is an original node server without that call.

    A proxy in front of one of our servers may answer with the same page, so look."""

def job_path(job_id: str, rest: str = '') -> str:
    "Path of a job. Raises `UnknownJob` for what cannot be an id."

def raw_job_flow(job_id: str, timeout: float | None = None) -> Any:
    "A flow: the answer as it came, and the job; None, None when the server does not know it."

def job_flow(job_id: str) -> Any:
    "A flow: one job, or None."

def known_job_flow(job_id: str, timeout: float | None = None) -> Any:
    "A flow: one job. Raises `UnknownJob`."

def pages_flow(query: dict[Any, Any], limit: int | None = None, before: str | None = None) -> Any:
    "A flow: the address, and all jobs that `query` asks for, oldest first, as they came."

def list_flow(status, limit: int | None, before: str | None, **filters: Any) -> Any:
    "A flow: jobs, newest first. Raises `InvalidInput`."
