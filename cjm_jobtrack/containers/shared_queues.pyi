# Made by tools/stubs.py: do not edit.
"""One queue per record in a process, shared by the runners that use it

Docs: https://cj-mills.github.io/cjm-jobtrack/containers/shared_queues.html.md"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any
from ..queue.queue import JobQueue

__all__ = [
    'SharedQueue', 'SharedQueues']

@dataclass
class SharedQueue:
    "A queue, and who uses it."
    queue: JobQueue
    runner: Any
    owns_tracker: bool
    users: set[Any] = ...
    def close(self) -> None: ...

class SharedQueues:
    "The queues of a process, by record. Safe from any thread."
    def __init__(self) -> None: ...
    def acquire(
        self,
        key: Hashable,
        user: Any,
        make: Callable[[], JobQueue],
        check: Callable[[SharedQueue | None], None],
        owns_tracker: bool = False,
    ) -> JobQueue:
        "The queue for a key. `release` ends the use of it."
    def release(self, user: Any) -> set[Any]:
        "Stop the queues that only this user has used. Blocks until they have stopped."
