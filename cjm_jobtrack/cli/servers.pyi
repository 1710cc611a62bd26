# Made by tools/stubs.py: do not edit.
"""`node` and `manager` run a server

Docs: https://cj-mills.github.io/cjm-jobtrack/cli/servers.html.md"""

import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, TypeAlias
from .app import Commands

__all__ = [
    'commands', 'Data', 'Logs', 'StoreUrl', 'Host', 'ServerToken', 'Origins', 'RateLimit',
    'TlsCert', 'TlsKey', 'TlsClientCa', 'UntilEof', 'Pipelines', 'Port', 'Slots', 'Grace',
    'Workspace', 'OriginalFrom', 'NodeUrls', 'EnginePipelines', 'NodeTokenFile', 'listen', 'serve',
    'read_origins', 'read_rate_limit', 'node', 'manager', 'server_process']

commands: Commands

def listen(host: str, port: int) -> socket.socket:
    "A listening socket. Raises `InvalidInput` naming `--host` or `--port`."

def serve(
    kind: str,
    make: Callable[..., Any],
    host: str,
    port: int,
    token: str | None,
    until_eof: bool = False,
    tls: dict[Any, Any] | None = None,
) -> None:
    """Run a server until a signal, or the end of stdin, stops it.

    Raises `InvalidInput`; `RecordGone` at the end, when its record was lost meanwhile."""

def read_origins(origins: list[str]) -> dict[Any, Any]:
    "Origins as browsers send them. Raises `InvalidInput`."

def read_rate_limit(rate: str | None) -> dict[Any, Any]:
    "Raises `InvalidInput`."

Data: TypeAlias = Annotated[Path | None, ...]

Logs: TypeAlias = Annotated[Path | None, ...]

StoreUrl: TypeAlias = Annotated[str | None, ...]

Host: TypeAlias = Annotated[str, ...]

ServerToken: TypeAlias = Annotated[Path | None, ...]

Origins: TypeAlias = Annotated[list[str], ...]

RateLimit: TypeAlias = Annotated[str | None, ...]

TlsCert: TypeAlias = Annotated[Path | None, ...]

TlsKey: TypeAlias = Annotated[Path | None, ...]

TlsClientCa: TypeAlias = Annotated[Path | None, ...]

UntilEof: TypeAlias = Annotated[bool, ...]

Pipelines: TypeAlias = Annotated[list[Path], ...]

Port: TypeAlias = Annotated[int, ...]

Slots: TypeAlias = Annotated[int, ...]

Grace: TypeAlias = Annotated[float, ...]

Workspace: TypeAlias = Annotated[Path | None, ...]

OriginalFrom: TypeAlias = Annotated[list[str], ...]

def node(
    data: Data = None,
    pipelines: Pipelines = [],
    host: Host = '127.0.0.1',
    port: Port = 9090,
    slots: Slots = 1,
    grace: Grace = 1.5,
    workspace: Workspace = None,
    original_from: OriginalFrom = [],
    logs: Logs = None,
    rate_limit: RateLimit = None,
    origin: Origins = [],
    token_file: ServerToken = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    tls_client_ca: TlsClientCa = None,
    until_eof: UntilEof = False,
) -> None:
    "Run a node: the server on a machine that does the work."

NodeUrls: TypeAlias = Annotated[list[str], ...]

EnginePipelines: TypeAlias = Annotated[Path | None, ...]

NodeTokenFile: TypeAlias = Annotated[Path | None, ...]

def manager(
    data: Data = None,
    nodes: NodeUrls = [],
    pipelines: EnginePipelines = None,
    host: Host = '127.0.0.1',
    port: Port = 3001,
    token_file: ServerToken = None,
    tls_cert: TlsCert = None,
    tls_key: TlsKey = None,
    tls_client_ca: TlsClientCa = None,
    node_token_file: NodeTokenFile = None,
    store: StoreUrl = None,
    logs: Logs = None,
    rate_limit: RateLimit = None,
    origin: Origins = [],
    until_eof: UntilEof = False,
) -> None:
    "Run a manager: the server that people, notebooks and this program talk to."

@contextmanager
def server_process(
    *words: str | Path,
    log: Path,
    port: int = 0,
    **env: str,
) -> Iterator[tuple[str, subprocess.Popen[Any]]]:
    """A server in a process of its own, for the length of a `with` block.

    Raises `JobtrackError` when it does not start."""
