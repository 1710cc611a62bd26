# Made by tools/stubs.py: do not edit.
"""Find a job by the first characters of its id

Docs: https://cj-mills.github.io/cjm-jobtrack/tracker/lookup.html.md"""

from collections.abc import Iterable, Iterator
from typing import Any
from ..model.job import Job

__all__ = [
    'iter_jobs', 'match_prefix', 'find_job']

def iter_jobs(source, status: str | None = None, **filters: Any) -> Iterator[Job]:
    "All jobs on record, a page at a time."

def match_prefix(prefix: str, known: Iterable[tuple[str, Any]]) -> Any:
    """What belongs to the only id with this beginning.

    Raises `UnknownJob`; `InvalidInput` when it is too short, or several begin with it."""

def find_job(source, id: str) -> Job:
    "The job with this id. Raises `UnknownJob`; `InvalidInput` when several ids begin like that."
