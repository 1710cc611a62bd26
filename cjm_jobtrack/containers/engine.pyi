# Made by tools/stubs.py: do not edit.
"""Reaching a Docker engine wherever it is, and waiting for it while it cannot be reached

Docs: https://cj-mills.github.io/cjm-jobtrack/containers/engine.html.md"""

import docker
import requests
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from docker.tls import TLSConfig
from functools import cached_property
from pathlib import Path
from typing import Any
from ..model.errors import NodeUnreachable

__all__ = [
    'SOCKET', 'CONNECTION_ERRORS', 'engine_options', 'engine_client', 'docker_engine', 'Engine',
    'CancellableRequest', 'signal_container']

SOCKET: str

def engine_options(
    base_url: str | None = None,
    context: str | None = None,
    tls = None,
) -> dict[Any, Any]:
    "Where the engine is, and how to talk to it. Raises `InvalidInput` for a context that does not exist."

CONNECTION_ERRORS: Any

def engine_client(
    options: dict[Any, Any],
    timeout: float,
    max_connections: int = 64,
) -> docker.DockerClient:
    "A client that has reached its engine. Raises `NodeUnreachable`; `InvalidInput` for options that cannot work."

def docker_engine(**options: Any) -> str | None:
    "The engine, if there is one. Blocks for a moment."

class Engine:
    "A Docker engine, for any thread. It is first contacted by the first call."
    timeout: float
    outage: NodeUnreachable | None
    open_requests: set[CancellableRequest]
    workers: set[threading.Thread]
    threads: ThreadPoolExecutor
    def __init__(
        self,
        base_url: str | None = None,
        context: str | None = None,
        tls: TLSConfig | None = None,
        timeout: float = 120.0,
    ) -> None: ...
    @cached_property
    def options(self) -> dict[Any, Any]:
        "From `engine_options`. Raises `InvalidInput`."
    @property
    def url(self) -> str: ...
    def __repr__(self) -> str: ...
    @property
    def socket_path(self) -> Path | None:
        "The socket it listens on, if it is a file of this machine."
    @property
    def is_local(self) -> bool:
        "Whether it is on this machine, by its address."
    def api(self) -> docker.APIClient:
        "Its API. Raises `NodeUnreachable`, `InvalidInput`."
    def call(self, fn: Callable[[docker.APIClient], Any]) -> Any:
        "Use the API. Blocks. Raises `APIError` for what the engine refuses, `NodeUnreachable` if it cannot be reached."
    async def acall(self, fn: Callable[[docker.APIClient], Any]) -> Any:
        "`call` from an event loop, in a thread of the engine's own."
    def info(self) -> dict[Any, Any]:
        "What it said about itself and its machine when it was first asked. Blocks."
    def why_unreachable(self) -> str | None:
        "Why the last call failed, in words. During an outage the engine is pinged once a second."
    def close(self, timeout: float = 10.0) -> None:
        "Cancel what can be cancelled, and wait for the threads."

class CancellableRequest:
    "A request with a long answer: one thread reads it, any other can cancel it."
    api: docker.APIClient
    reader: threading.Thread | None
    def __init__(self, api: docker.APIClient) -> None: ...
    def close(self) -> None:
        "Cancel. Does not block; from any thread."
    @contextmanager
    def open(
        self,
        verb: str,
        path: str,
        params: dict[Any, Any],
        headers: dict[Any, Any] | None = None,
    ) -> Iterator[requests.Response]:
        """Send the request. Blocks until the answer begins.

        Raises `APIError`, and `OSError` or an error of urllib3 if the request is cancelled."""

def signal_container(api: docker.APIClient, name: str, sig: str) -> None:
    "Send a signal. Blocks."
