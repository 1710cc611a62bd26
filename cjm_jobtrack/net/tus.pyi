# Made by tools/stubs.py: do not edit.
"""Files that arrive in parts, over connections that break: the server side of tus 1.0

Docs: https://cj-mills.github.io/cjm-jobtrack/net/tus.html.md"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from fastapi import FastAPI
from pathlib import Path
from typing import Any

__all__ = [
    'CHECKSUMS', 'CHECKSUM_MISMATCH', 'TUS_VERSION', 'metadata_text', 'read_checksum', 'Turn',
    'RunningHash', 'PartialUpload', 'open_upload', 'TusUploads', 'TusMiddleware',
    'add_creation_route', 'add_part_route', 'add_state_routes', 'add_tus_routes']

def metadata_text(metadata: str, *keys: str) -> str | None:
    """A text in the metadata of an upload. Raises `InvalidInput`.

    Source: tus 1.0.x, Creation, Upload-Metadata."""

CHECKSUMS: Any

def read_checksum(header: str) -> tuple[Any, bytes]:
    "What a part should be. Raises `HTTPException` 400. Source: tus 1.0.x, Checksum."

class Turn:
    "Lets one request at a time work on an upload, the latest one. Used on one event loop."
    waiting: int
    def __init__(self) -> None: ...
    @asynccontextmanager
    def take(self, patience: float = 30.0) -> AsyncIterator[None]:
        "Interrupt the request that reads, and keep the turn until the end of the block. Raises `HTTPException` 423."
    async def next_chunk(self, chunks: AsyncIterator[bytes]) -> bytes | None:
        "The next bytes. Raises `HTTPException` 409 when another request has taken over."

class RunningHash:
    "SHA-256 of a file that grows."
    size: int
    def __init__(self) -> None: ...
    def update(self, position: int, data: bytes | memoryview) -> None:
        "Take the next bytes. Those that do not follow the others are left for `hexdigest`."
    def hexdigest(self, path: Path) -> str:
        "The hash of the file. Reads what was not seen. Blocks."

@dataclass
class PartialUpload:
    "A file that arrives in parts."
    data: Path
    length: int
    metadata: str
    unverified: int | None = None
    result: dict[Any, Any] | None = None
    turn: Turn = field(init=False)
    sha256: RunningHash = field(init=False)
    def __post_init__(self) -> None: ...
    @property
    def id(self) -> str: ...
    @property
    def record(self) -> Path: ...
    @property
    def offset(self) -> int: ...
    def save(self) -> None:
        "Write the record. Blocks."
    def truncate(self, size: int) -> None:
        "Cut off what came after an offset. Blocks."
    async def write(self, chunks: AsyncIterator[bytes], checksum: str | None = None) -> None:
        """Append a part, for whoever has the turn.

        Raises `HTTPException` 400, 409, 413 or 460; `ClientDisconnect`, after which what has come remains; `OSError`."""
    def publish(self, place: Callable[[Path, str, int, str], dict[Any, Any]]) -> None:
        "Turn a whole upload into a file of its own. Blocks."

def open_upload(data: Path) -> PartialUpload:
    "An upload that is on the disk. Raises `FileNotFoundError`, `ValueError` for a damaged record. Blocks."

CHECKSUM_MISMATCH: int

class TusUploads:
    "The resumable uploads of a server. Its methods that are not coroutines block."
    folder: Path
    limit: int
    check: Callable[[str], Any]
    place: Callable[[Path, str, int, str], dict[Any, Any]]
    expires: float
    most: int
    def __init__(
        self,
        folder: Path,
        *,
        limit: int,
        check: Callable[[str], Any],
        place: Callable[[Path, str, int, str], dict[Any, Any]],
        expires: float = ...,
        most: int = 1000,
    ) -> None: ...
    def create(self, length: int, metadata: str) -> PartialUpload:
        """A new upload. One of no bytes is published at once.

        Raises `InvalidInput`, `HTTPException` 413 or 429, `OSError` when there is no room for it."""
    def get(self, id: str) -> PartialUpload:
        "An upload. Raises `HTTPException` 404."
    def remove(self, id: str) -> None:
        "Forget an upload, and remove what has come of it. A published file remains."
    def expires_at(self, id: str) -> float:
        "When an upload will be removed, seconds since the epoch, if nothing comes to it until then."
    def remove_expired(self) -> None:
        "Remove the uploads to which nothing has come for long."
    async def finish(self, upload: PartialUpload) -> None:
        "Publish an upload that is whole, for whoever has the turn. A second time changes nothing."
    async def receive(
        self,
        upload: PartialUpload,
        offset: int,
        chunks: AsyncIterator[bytes],
        size: int | None = None,
        checksum: str | None = None,
    ) -> None:
        "Append a part, and publish the file when it is whole. Raises as `PartialUpload.write`."
    def headers(self, upload: PartialUpload) -> dict[str, str]:
        "What an answer says about an upload."
    def describe(self, upload: PartialUpload) -> dict[Any, Any]:
        "An upload, as it is sent: of a whole one also what `POST /upload` answers."
    async def current(self, id: str) -> PartialUpload:
        "An upload; a whole one is published. Raises `HTTPException` 404."

TUS_VERSION: str

class TusMiddleware:
    "ASGI middleware for the calls at `/uploads`: versions, other methods sent as `POST`, and `OPTIONS`."
    app: Any
    limit: int | None
    def __init__(self, app, limit: int | None = None) -> None: ...
    async def __call__(self, scope, receive, send) -> Any: ...

def add_creation_route(app: FastAPI, uploads: TusUploads) -> None: ...

def add_part_route(app: FastAPI, uploads: TusUploads) -> None: ...

def add_state_routes(app: FastAPI, uploads: TusUploads) -> None: ...

def add_tus_routes(app: FastAPI, uploads: TusUploads) -> None:
    "Let an application take resumable uploads."
