# Made by tools/stubs.py: do not edit.
"""How many connections a server accepts, how long it waits for each, and how it refuses the rest

Docs: https://cj-mills.github.io/cjm-jobtrack/server/connections.html.md"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

__all__ = [
    'ConnectionLimits', 'connection_limits', 'Throttle', 'LogThrottle', 'ConnectionPool',
    'Connection', 'SocketConnection', 'busy_answer', 'ConcurrencyLimiter']

@dataclass(frozen=True)
class ConnectionLimits:
    "How many connections a server accepts, and how long it waits for them."
    requests: int
    idle: int
    header_s: float = 10.0
    stall_s: float = 60.0

def connection_limits(slots: int = 1, descriptors: int | None = None) -> ConnectionLimits:
    "Limits that leave enough descriptors for the jobs. Source: getrlimit(2), `RLIMIT_NOFILE`."

class Throttle:
    "Logs each kind of message at most once in an interval, with the number that were left out."
    log: Callable[[str], None]
    every: float
    clock: Callable[[], float]
    def __init__(
        self,
        log: Callable[[str], None],
        every: float = 60.0,
        clock: Callable[[], float] = ...,
    ) -> None: ...
    def __call__(self, kind: str, message: str) -> None:
        "Log a message, or count it."

class LogThrottle(logging.Filter):
    "Lets each kind of record through once in an interval."
    throttle: Throttle
    def __init__(self, every: float = 60.0) -> None: ...
    def filter(self, record) -> bool: ...

class ConnectionPool:
    "The connections of one server, and its limits. Used on the server's event loop only."
    limits: ConnectionLimits
    clock: Callable[[], float]
    waiting: Any
    active: Any
    warn: Throttle
    def __init__(self, limits: ConnectionLimits, clock: Callable[[], float] = ...) -> None: ...
    def remove(self, c) -> None:
        "Forget a connection that is closed."
    def make_room(self, kind: str, reason: str) -> None:
        "Close one idle connection."
    def wait(self, c) -> None:
        "Note that a connection waits for a request."
    def begin(self, c, path: str) -> bool:
        "Note that a connection has received a request."
    def sweep(self) -> None:
        "Close the connections that have exceeded a time limit."
    def on_loop_error(self, loop, context: dict[Any, Any]) -> None:
        "For `loop.set_exception_handler`: make room when a connection cannot be accepted, instead of logging a traceback."

class Connection(H11Protocol):
    "A connection of a server with limits."
    is_known: bool
    pool: ConnectionPool
    inner_app: Any
    app: Any
    received_at: Any
    blocked_since: Any
    def __init__(self, pool: ConnectionPool, *args: Any, **kwargs: Any) -> None: ...
    def connection_made(self, transport) -> None: ...
    def connection_lost(self, exc) -> None: ...
    def data_received(self, data) -> None: ...
    def on_response_complete(self) -> None: ...
    def pause_writing(self) -> None: ...
    def resume_writing(self) -> None: ...
    def handle_websocket_upgrade(self, event) -> None: ...
    def drop(self) -> None:
        "Close it at once."
    def is_stalled(self, timeout: float) -> bool:
        "Whether the other side of a request has been silent for longer."

class SocketConnection(WebSocketsSansIOProtocol):
    "A WebSocket of a server with limits."
    is_known: bool
    pool: ConnectionPool
    inner_app: Any
    app: Any
    def __init__(self, pool: ConnectionPool, *args: Any, **kwargs: Any) -> None: ...
    def connection_lost(self, exc) -> None: ...
    def is_stalled(self, timeout: float) -> bool: ...
    def drop(self) -> None:
        "Close it at once."

def busy_answer(reason: str, retry_after: int = 1) -> tuple[dict[Any, Any], dict[Any, Any]]:
    "A 503 response. Source: RFC 9110, 10.2.3 (Retry-After)."

class ConcurrencyLimiter:
    "Lets a limited number run at once, and a limited number wait. Used on one event loop."
    max_waiting: int
    patience: float
    waiting: int
    free: asyncio.Semaphore
    def __init__(self, max_active: int = 32, max_waiting: int = 1024, patience: float = 60.0) -> None: ...
    @asynccontextmanager
    def slot(self) -> AsyncIterator[None]:
        "Wait for a free slot, and hold it until the end of the block. Raises `HTTPException` 429, with `Retry-After`."
