# Made by tools/stubs.py: do not edit.
"""The turning points of a job's life, on whatever machines it was

Docs: https://cj-mills.github.io/cjm-jobtrack/cli/timeline.html.md"""

from dataclasses import dataclass
from typing import Any
from ..model.job import JobEvent

__all__ = [
    'Step', 'timeline', 'SessionStep', 'session_steps', 'clock_note', 'find_receipt']

@dataclass(frozen=True)
class Step:
    "A turning point in the life of a job."
    at: str
    what: str
    note: str = ''
    after_s: float | None = None

def timeline(history: list[JobEvent]) -> list[Step]:
    "The turning points of a job's life, in the order of the journal: the node's clock need not agree with ours."

@dataclass(frozen=True)
class SessionStep:
    "An event on the time line of all machines."
    at: str
    where: str
    what: str
    note: str = ''
    after_s: float | None = None

def session_steps(session: dict[Any, Any]) -> list[SessionStep]:
    "The events of a session, in their order."

def clock_note(session: dict[Any, Any]) -> str | None:
    "How far the instants of a node may be off."

def find_receipt(history: list[JobEvent]) -> dict[Any, Any] | None:
    "What a cancel stopped."
