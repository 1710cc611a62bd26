# Made by tools/stubs.py: do not edit.
"""Run a service: in a process of its own, or in a thread for the length of a `with` block

Docs: https://cj-mills.github.io/cjm-jobtrack/server/server.html.md"""

import threading
import uvicorn
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self
from .connections import ConnectionPool
from .service import Service

__all__ = [
    'lock_folder', 'closed_on_error', 'Server', 'serving']

def lock_folder(folder: str | Path) -> Any:
    "Make sure that no other server works on a folder. Raises `InvalidInput` naming the one that does."

@contextmanager
def closed_on_error(f) -> Iterator[None]:
    "Unlock a folder if the block fails."

class Server(uvicorn.Server):
    """uvicorn's server, for an application made by `make_app`.

    It keeps to limits, and ends the streams before it waits for its answers."""
    connections: ConnectionPool
    def __init__(self, config: uvicorn.Config) -> None: ...
    async def startup(self, sockets = None) -> None: ...
    async def on_tick(self, counter) -> Any: ...
    async def shutdown(self, sockets = None) -> None: ...

class serving:
    """A server in a thread, for the length of a `with` block; `url` is where it listens.

    Raises `InvalidInput` for an address that others can reach when the service has no token."""
    service: Service
    host: str
    server: Server
    thread: threading.Thread
    port: Any
    url: str
    def __init__(
        self,
        service: Service,
        host: str = '127.0.0.1',
        port: int = 0,
        tls: dict[Any, Any] | None = None,
    ) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...
