# Made by tools/stubs.py: do not edit.
"""Receive files: written and hashed as they come, and visible only when they are whole

Docs: https://cj-mills.github.io/cjm-jobtrack/net/uploads.html.md"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from fastapi import Request
from pathlib import Path
from typing import Any

__all__ = [
    'safe_name', 'display_name', 'place_file', 'IncomingFile', 'require_room', 'receive_file',
    'remove_leftovers']

def safe_name(name: str) -> str:
    "A name fit for a folder of ours. Raises `InvalidInput` when nothing is left of it."

def display_name(name: str) -> str:
    "What people called a file, without the path in front: only shown, never used as a path."

def place_file(tmp: Path, folder: Path, name: str) -> Path:
    """Give a finished file its name, or the name with a number when that is taken. Never overwrites.

    Placing it again, as after a crash, changes nothing."""

@dataclass
class IncomingFile:
    "The file of a form, on its way in. Its `on_…` methods are what the parser of the form calls."
    to: Any
    limit: int
    name: str | None = None
    size: int = 0
    sha256: Any = ...
    is_whole: bool = False
    def on_part_begin(self) -> None: ...
    def on_header_field(self, data, start, end) -> None: ...
    def on_header_value(self, data, start, end) -> None: ...
    def on_header_end(self) -> None: ...
    def on_end(self) -> None: ...
    @property
    def callbacks(self) -> dict[Any, Any]:
        "For the parser: each method by its name."
    def on_headers_finished(self) -> None:
        "Find out whether this part is the file. Raises `HTTPException` 400 for a second one, or one that is encoded."
    def on_part_data(self, data, start, end) -> None:
        "Write and hash the file's bytes. Raises `HTTPException` 413 when there are too many."

def require_room(folder: Path, size: int) -> None:
    "Raises `OSError` (ENOSPC) where the disk has less room than that."

@asynccontextmanager
def receive_file(
    request: Request,
    folder: Path,
    limit: int,
) -> AsyncIterator[tuple[IncomingFile, Path]]:
    """Stream an upload to disk. Raises `HTTPException` 400, 413, 415, 503 or 507.

    After the block, only a file that has been placed remains."""

def remove_leftovers(folder: Path) -> None:
    "Remove the unfinished uploads of servers that were killed."
