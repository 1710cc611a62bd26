# Made by tools/stubs.py: do not edit.
"""What people and programs read: text that is safe for a terminal, ids, lengths of time, JSON

Docs: https://cj-mills.github.io/cjm-jobtrack/cli/output.html.md"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeAlias
from ..model.job import Job

__all__ = [
    'Cell', 'COLOURS', 'printable', 'printed_path', 'short_id', 'short', 'format_seconds',
    'format_age', 'as_json_text', 'print_json']

def printable(text: Any) -> str:
    "Text without control characters."

def printed_path(path: Path) -> str:
    "A path to print: as it is for programs, without control characters on a terminal."

def short_id(id: str, others: Iterable[str] = ()) -> str:
    """The beginning of an id, as far as it takes to tell it from others.

    An id that is not a UUID is not shortened, since its beginning may say little."""

def short(job: Job) -> str: ...

def format_seconds(s: float | None, digits: int = 2) -> str:
    "A length of time as people say it."

def format_age(s: float) -> str:
    "How long ago something was, in its largest unit."

Cell: TypeAlias = str | tuple[str, str]

COLOURS: Any

def as_json_text(value: Any, indent: int | None = 2) -> str:
    "JSON for any reader: with escapes for what the output's encoding lacks, and for bytes in file names."

def print_json(value: Any) -> None: ...
