# Made by tools/stubs.py: do not edit.
"""The files that work leaves: which of them count, their sizes and digests, found without keeping anybody waiting

Docs: https://cj-mills.github.io/cjm-jobtrack/runners/outputs.html.md"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from ..model.job import OutputFile

__all__ = [
    'MAX_DIGEST_BYTES', 'KEEPING', 'snapshot_files', 'open_below', 'with_path', 'collect_outputs',
    'common_pattern', 'OutputFiles', 'find_outputs', 'copy_output', 'keep_output', 'unshare']

def snapshot_files(root: str | Path, globs: list[Any] | None = None) -> dict[str, list[int]]:
    "What is in a folder before work begins, for `collect_outputs`. Blocks while it looks."

def open_below(root: str | Path, path: str | Path) -> int:
    """Open a regular file without following any link below `root`.

    Raises `FileNotFoundError` if there is nothing; `OSError` with `ELOOP` or `ENOTDIR` if part of the path is a link,
    with `EINVAL` if it is no regular file.
    Source: open(2), Linux manual pages, `O_NOFOLLOW` and the rationale for openat()."""

MAX_DIGEST_BYTES: int

def with_path(o: OutputFile, to: Path) -> OutputFile:
    "The same file in another place."

def collect_outputs(
    root: str | Path,
    globs: list[Any] | None = None,
    *,
    since: dict[Any, Any] | None = None,
    stop: Callable[[], bool] | None = None,
    most: int = ...,
    tell: Callable[[str, str], None] | None = None,
) -> list[OutputFile]:
    "The files that work left, with size and SHA-256. Blocks while it reads them."

def common_pattern(a: Iterable[str], b: Iterable[str]) -> str | None:
    "The first of `a` that a file may fit which fits one of `b` too."

class OutputFiles:
    "Opens files that jobs have left, if they are still the same. Safe from any thread."
    root: Path
    def __init__(self, root: str | Path = '/') -> None: ...
    def open(self, output: OutputFile, completed_at: str | None) -> int:
        "Blocks. Raises `FileNotFoundError` if nothing is there any more, `OutputReplaced` if it is something else."

async def find_outputs(
    root: str | Path,
    globs: list[str] | None = None,
    *,
    stop: Callable[[], bool] | None = None,
    **options: Any,
) -> list[OutputFile]:
    "What `collect_outputs` finds, while the event loop goes on."

def copy_output(path: str | Path, to: str | Path, stop: Callable[[], bool] = ...) -> bool:
    "Copy a file with its holes; a link is not followed. Blocks."

KEEPING: tuple[str, ...]

def keep_output(path: Path, to: Path, stop: Callable[[], bool] = ..., how: str = 'copy') -> bool:
    """Bring a result to where it is kept, without taking its space twice where the file system can do that. Blocks.

    'link': a reflink, else a hard link, else a copy; 'copy': a reflink, else a copy; 'move': it is moved."""

def unshare(root: str | Path, globs: list[str]) -> None:
    "Give each file that has several names a copy of its own, before something is written there. Blocks."
