# Made by tools/stubs.py: do not edit.
"""Tables as wide as the terminal allows, with colours only on a terminal

Docs: https://cj-mills.github.io/cjm-jobtrack/cli/tables.html.md"""

from rich.console import Console
from rich.table import Table
from typing import TextIO
from .output import Cell

__all__ = [
    'EXPENDABLE', 'SHRINKING', 'clip', 'table', 'grid', 'console', 'fit', 'show_table']

def clip(text: str, most: int = 40) -> str:
    "A name cut in its middle: its end tells the kind of file."

EXPENDABLE: tuple[str, ...]

SHRINKING: tuple[str, ...]

def table(*heads: str, rows: list[list[Cell]]) -> Table:
    "A table for people."

def grid(rows: list[list[Cell]]) -> Table:
    "Columns without titles, as narrow as they can be."

def console(file: TextIO | None = None) -> Console:
    "Where tables and bars go."

def fit(t: Table, width: int) -> None:
    "Make a table fit: leave out columns with nothing in them and those that matter less, then narrow columns of text."

def show_table(t: Table, on: Console | None = None) -> None:
    "Print a table that fits, without blanks at the ends of lines."
