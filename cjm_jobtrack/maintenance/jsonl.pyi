# Made by tools/stubs.py: do not edit.
"""A job with its whole history as one line of text, and such a line as a job again

Docs: https://cj-mills.github.io/cjm-jobtrack/maintenance/jsonl.html.md"""

from dataclasses import dataclass
from typing import Any
from ..model.job import JobRecord

__all__ = [
    'FORMAT', 'VERSION', 'format_record', 'Problem', 'ImportReport', 'parse_record']

FORMAT: str

VERSION: int

def format_record(r: JobRecord) -> str:
    "A job as a line of an export, without its end."

@dataclass(frozen=True)
class Problem:
    "Something in a file that could not be used."
    at: int
    what: str
    def __str__(self) -> str: ...

@dataclass
class ImportReport:
    "What was found in a file, and what became of it."
    format: str
    read: int = 0
    added: int = 0
    known: int = 0
    differing: list[Any] = ...
    live: list[Any] = ...
    live_jobs: int = 0
    problems: list[Any] = ...
    complete: bool = False
    @property
    def ok(self) -> bool: ...
    def add_problem(self, p: Problem) -> None: ...

def parse_record(d: dict[Any, Any]) -> JobRecord:
    "A job with its events, checked. Raises `InvalidInput` naming the field."
