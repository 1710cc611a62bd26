# Made by tools/stubs.py: do not edit.
"""How a log that grows too large loses its middle, while programs go on writing it and readers keep their places

Docs: https://cj-mills.github.io/cjm-jobtrack/logs/gaps.html.md"""

from dataclasses import dataclass

__all__ = [
    'LogGap', 'LogChunk']

@dataclass(frozen=True, order=True)
class LogGap:
    "A range of a log that was not kept."
    start: int
    end: int
    limit: int | None = None
    @property
    def size(self) -> int: ...
    def __str__(self) -> str:
        "The line that people see in its place."

@dataclass(frozen=True)
class LogChunk:
    "A piece of a log, and where the next one begins."
    data: bytes
    offset: int
    next_offset: int
    size: int
    elsewhere: str = ''
