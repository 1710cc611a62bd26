# Made by tools/stubs.py: do not edit.
"""Progress of a loop inside a job, as tqdm shows it for a terminal

Docs: https://cj-mills.github.io/cjm-jobtrack/runners/track.html.md"""

from collections.abc import Iterable, Iterator
from typing import TypeVar

__all__ = [
    'INTERVAL', 'track']

INTERVAL: float

_T = TypeVar('_T')

def track(
    iterable: Iterable[_T],
    total: float | None = None,
    message: str | None = None,
) -> Iterator[_T]:
    "Loop over something and report how far the loop is. Raises `CancelledError` once the job is to stop."
