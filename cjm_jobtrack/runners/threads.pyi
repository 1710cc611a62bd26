# Made by tools/stubs.py: do not edit.
"""Call what blocks without holding up the event loop, the other jobs, or the end of the interpreter

Docs: https://cj-mills.github.io/cjm-jobtrack/runners/threads.html.md"""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

__all__ = [
    'in_daemon_thread', 'in_thread']

def in_daemon_thread(fn: Callable[..., Any], *args: Any, name: str = 'jobtrack') -> Future[Any]:
    "Call a function in a daemon thread of its own. Raises `RuntimeError` if no thread can be started."

async def in_thread(
    work: Callable[[Callable[[], bool]], Any],
    stop: Callable[[], bool] | None = None,
) -> Any:
    "Do something in a thread of its own, while the event loop goes on. Cancelling the wait tells the work to stop."
