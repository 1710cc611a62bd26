# Made by tools/stubs.py: do not edit.
"""What people read: text that is safe for a terminal, lengths of time, tables that fit, JSON

Docs: https://cj-mills.github.io/cjm-jobtrack/cli/output.html.md"""

from collections.abc import Iterable
from pathlib import Path
from rich.console import Console
from rich.table import Table
from rich.text import Text
from typing import Any
from ..model.job import Job

__all__ = [
    'COLOURS', 'EXPENDABLE', 'SHRINKING', 'printable', 'printed_path', 'clip', 'short_id',
    'short', 'format_seconds', 'format_age', 'table', 'console', 'fit', 'show_table',
    'as_json_text', 'print_json']

def printable(text: Any) -> str:
    "Text without control characters."

def printed_path(path: Path) -> str:
    "A path to print: as it is for programs, without control characters on a terminal."

def clip(text: str, most: int = 40) -> str:
    "A name cut in its middle: its end tells the kind of file."

def short_id(id: str, others: Iterable[str] = ()) -> str:
    """The beginning of an id, as far as it takes to tell it from others.

    An id that is not a UUID is not shortened, since its beginning may say little."""

def short(job: Job) -> str: ...

def format_seconds(s: float | None, digits: int = 2) -> str:
    "A length of time as people say it."

def format_age(s: float) -> str:
    "How long ago something was, in its largest unit."

COLOURS: Any

EXPENDABLE: tuple[str, ...]

SHRINKING: tuple[str, ...]

def table(*heads: str, rows: list[list[str | Text]]) -> Table:
    "A table for people."

def console(stderr: bool = False) -> Console:
    "Where tables and bars go."

def fit(t: Table, width: int) -> None:
    "Make a table fit: leave out columns that matter less, then narrow columns of text."

def show_table(t: Table, on: Console | None = None) -> None:
    "Print a table that fits, without blanks at the ends of lines."

def as_json_text(value: Any, indent: int | None = 2) -> str:
    "JSON for any reader: with escapes for what the output's encoding lacks, and for bytes in file names."

def print_json(value: Any) -> None: ...
