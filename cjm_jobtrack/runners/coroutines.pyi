# Made by tools/stubs.py: do not edit.
"""An event loop for the coroutines of users: one that blocks holds up neither the queue's lease nor its record

Docs: https://cj-mills.github.io/cjm-jobtrack/runners/coroutines.html.md"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

__all__ = [
    'CoroutineLoop']

class CoroutineLoop:
    "An event loop in a thread of its own, which exists while any coroutine is under way. Safe from any thread."
    linger: float
    name: str
    def __init__(self, name: str = 'jobtrack-coroutines') -> None: ...
    def begin(
        self,
        work: Coroutine[Any, Any, Any],
        ended: Callable[[asyncio.Task[Any]], Any],
        name: str,
    ) -> Callable[[], None]:
        "Run a coroutine, in a copy of the caller's context. Raises `OSError`, `RuntimeError` if there can be no thread."
    def silent(self) -> float:
        "For how long the loop has not answered, seconds. Asks it."
    def blocked(self, name: str, longer: float) -> str | None:
        "Where a task blocks the loop."
