# Made by tools/stubs.py: do not edit.
"""Like tqdm, but the progress of the loop goes to the job

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
    """Loop over something and report how far the loop is. Raises `CancelledError` once the job is to stop.

    A thread that the function has started is not part of the job, and reports nothing."""
