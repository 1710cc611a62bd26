# Made by tools/stubs.py: do not edit.
"""What a container prints: copied to our log byte for byte, and read live for its progress

Docs: https://cj-mills.github.io/cjm-jobtrack/containers/output.html.md"""

import docker
import threading
from collections.abc import Callable
from typing import Any
from ..logs.progress import Progress
from .engine import CancellableRequest

__all__ = [
    'AttachReader']

class _StreamDemuxer:
    "Splits the output stream of a container into pairs of stream (1 is stdout, 2 is stderr) and bytes."
    chunked: bool
    is_complete: bool
    def __init__(self, chunked: bool) -> None: ...
    def feed(self, data: bytes) -> list[tuple[int, bytes]]: ...

class _StreamReader(threading.Thread):
    "Reads a streamed answer of the engine until it ends or is closed."
    verb: str
    path: str
    params: dict[Any, Any]
    on_frames: Callable[[list[Any]], None]
    on_end: Callable[[], None]
    request: CancellableRequest
    demuxer: _StreamDemuxer | None
    error: Exception | None
    opened: threading.Event
    has_ended: bool
    def __init__(
        self,
        api: docker.APIClient,
        verb: str,
        path: str,
        params: dict[Any, Any],
        on_frames: Callable[[list[Any]], None],
        on_end: Callable[[], None] = ...,
    ) -> None: ...
    def run(self) -> None: ...
    def close(self) -> None:
        "Stop reading. Does not block."

class AttachReader:
    "Reads what a container prints, as it prints it, and keeps the end of it."
    busy_rate: int
    is_busy: bool
    stream: _StreamReader
    def __init__(self, api: docker.APIClient, name: str) -> None: ...
    def progress(self, options: dict[Any, Any], at: float, end: bool = False) -> list[Progress]:
        "The progress in what was printed since the last call."
