# Made by tools/stubs.py: do not edit.
"""Bytes as a person sees them: progress frames collapsed, colours removed, split into lines, and searched

Docs: https://cj-mills.github.io/cjm-jobtrack/logs/text.html.md"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from .gaps import LogChunk, LogGap

__all__ = [
    'TAIL_MAX', 'LINE_MAX', 'MAX_HITS', 'CPU_LIMIT_S', 'collapse_frames', 'visible', 'LogLine',
    'iter_lines', 'LogMatch', 'LogHits', 'compile_pattern', 'search_lines']

def collapse_frames(text: str) -> str:
    """What a person would see: of every line, what is left after carriage returns, backspaces and erasing.

    Every character counts as one column wide, and the terminal as endlessly wide. Takes time in proportion to the text.
    Source: ECMA-48, 5th ed. 1991, 5.4 (control sequences), 8.3.15 CR, 8.3.41 EL."""

def visible(text: str, keep: str = '') -> str:
    "Text with a mark in place of each control character, including those that change the direction of writing."

TAIL_MAX: int

LINE_MAX: int

@dataclass(frozen=True)
class LogLine:
    "A line of a log, as a person sees it."
    offset: int
    number: int | None
    text: str
    continues: bool = False

def iter_lines(
    read: Callable[[int], LogChunk],
    gap_at: Callable[[int, int], LogGap],
    offset: int,
    needle: bytes,
) -> Iterator[LogLine]:
    "Lines from an offset to the present end, and a line for each gap."

@dataclass(frozen=True)
class LogMatch:
    "A line that matches."
    attempt: int
    stream: str
    offset: int
    number: int
    text: str
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

MAX_HITS: int

@dataclass(frozen=True)
class LogHits:
    "A part of what a search finds in one log."
    matches: tuple[tuple[int, str], ...]
    next_offset: int | None
    size: int

def compile_pattern(pattern: str, regex: bool, ignore_case: bool) -> re.Pattern[Any]:
    "The expression to search for. Raises `InvalidInput`."

CPU_LIMIT_S: int

def search_lines(
    lines: Iterator[LogLine],
    pattern: re.Pattern[Any],
    regex: bool,
) -> Iterator[LogLine]:
    "Lines that match, shortened to what is near the match."
