# Made by tools/stubs.py: do not edit.
"""What a job printed: kept byte for byte, read from any offset, shown as a terminal would show it

Docs: https://cj-mills.github.io/cjm-jobtrack/logs/log_store.html.md"""

import asyncio
import io
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from .gaps import LogChunk, LogGap
from .text import LogHits, LogLine, LogMatch

__all__ = [
    'STREAM', 'CAP', 'SEARCH_BYTES', 'LogStore', 'LogFollow']

STREAM: str

CAP: int

class LogStore:
    """The logs of many jobs, in one folder: `<folder>/<job id>/<attempt>.<stream>.log`.

    Keeps nothing in memory and no file open, so any number of threads and processes may use one folder.
    File system errors are raised as `StoreError`. All calls block, briefly."""
    folder: Path
    cap: int | None
    note: str | None
    def __init__(self, folder: str | Path, cap: int | None = ...) -> None: ...
    def path(self, job_id: str, attempt: int, stream: str = 'output') -> Path:
        "The file of a log. Raises `InvalidInput` for names that cannot be part of a path."
    def open(self, job_id: str, attempt: int, stream: str = 'output') -> io.FileIO:
        "A log opened for appending, created if necessary: for a subprocess's `stdout`."
    def append(self, job_id: str, attempt: int, data: bytes, stream: str = 'output') -> int:
        "Add to the end of a log. With several writers at once, no bytes are lost."
    def size(self, job_id: str, attempt: int, stream: str = 'output') -> int:
        "How long a log is by now."
    def read(
        self,
        job_id: str,
        attempt: int,
        offset: int = 0,
        limit: int = 65536,
        stream: str = 'output',
    ) -> LogChunk:
        "A piece of a log. Raises `InvalidInput` for a negative `offset` or a `limit` below 1."
    def follow(
        self,
        job_id: str,
        attempt: int,
        offset: int = 0,
        stream: str = 'output',
        *,
        until: Callable[[], bool] | threading.Event | asyncio.Event | None = None,
        poll: float = 0.1,
        limit: int = 65536,
    ) -> LogFollow:
        """A log from an offset on, as it grows, until its end. Raises `InvalidInput`, and while it is read `StoreError`.

        A piece that begins later than the one before it ended: there is a gap between them. One at 0 again: the log was
        emptied."""
    def trim(self, job_id: str, attempt: int, stream: str = 'output') -> bool:
        """Bring a log within its limit, even while a program is writing it. Cheap when there is nothing to do.

        Does not raise when it fails: then `note` says why, a warning is logged once, and all bytes stay."""
    def gaps(self, job_id: str, attempt: int, stream: str = 'output') -> list[LogGap]:
        "What is missing in a log."
    def append_at(
        self,
        job_id: str,
        attempt: int,
        offset: int,
        data: bytes,
        stream: str = 'output',
        *,
        asked: int | None = None,
    ) -> int:
        """Copy a piece of a log from elsewhere. Repeating it changes nothing.

        Raises `InvalidInput` when the piece was asked for beyond the present size. Do not mix with `append` on one log."""
    def tail(self, job_id: str, attempt: int, lines: int = 200, stream: str = 'output') -> str:
        """The last lines of a log, for people.

        Frames are collapsed, undecodable bytes replaced, and an unfinished character is left out.
        Reads only the end of the file, `TAIL_MAX` bytes at most. Raises `InvalidInput` for `lines` below 1."""
    def attempts(self, job_id: str) -> list[int]:
        "Which attempts of a job have a log."
    def remove(self, job_id: str, attempt: int | None = None) -> None:
        "Delete all logs of a job, or of one attempt. Does nothing when there are none."
    def lines(
        self,
        job_id: str,
        attempt: int,
        offset: int = 0,
        stream: str = 'output',
    ) -> Iterator[LogLine]:
        "A log for people, line by line, with a line for each gap. Reads as it goes. Raises `InvalidInput`."
    def search(
        self,
        job_id: str,
        pattern: str,
        attempt: int | None = None,
        stream: str | None = 'output',
        *,
        regex: bool = False,
        ignore_case: bool = False,
        limit: int | None = 1000,
        context: int = 0,
    ) -> Iterator[LogMatch]:
        """Lines that contain something, as people see them. Reads as it goes, in bounded memory; blocks.

        Raises `InvalidInput`: at once, also for a bad expression; later, when one has computed for `text.CPU_LIMIT_S`
        in one log."""
    def find_text(
        self,
        job_id: str,
        attempt: int,
        text: str,
        offset: int = 0,
        limit: int = 100,
        stream: str = 'output',
    ) -> LogHits:
        "The next lines of a log that have a text. Reads some `SEARCH_BYTES` at most. Raises `InvalidInput`."

class LogFollow:
    "A log as it grows: `for chunk in …` blocks while it waits, `async for chunk in …` does not. Can be used once."
    def __init__(self, steps: Iterator[LogChunk | float]) -> None: ...
    def __iter__(self) -> Iterator[LogChunk]: ...
    def __aiter__(self) -> AsyncIterator[LogChunk]: ...

SEARCH_BYTES: int
