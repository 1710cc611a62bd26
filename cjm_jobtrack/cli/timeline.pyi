# Made by tools/stubs.py: do not edit.
"""The turning points of a job's life, on whatever machines it was

Docs: https://cj-mills.github.io/cjm-jobtrack/cli/timeline.html.md"""

from dataclasses import dataclass
from typing import Any
from ..model.job import JobEvent

__all__ = [
    'Step', 'timeline', 'find_receipt']

@dataclass(frozen=True)
class Step:
    "A turning point in the life of a job."
    at: str
    what: str
    note: str = ''
    after_s: float | None = None

def timeline(history: list[JobEvent]) -> list[Step]:
    "The turning points of a job's life, in the order of the journal: the node's clock need not agree with ours."

def find_receipt(history: list[JobEvent]) -> dict[Any, Any] | None:
    "What a cancel stopped."
