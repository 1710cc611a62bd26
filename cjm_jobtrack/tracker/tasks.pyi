# Made by tools/stubs.py: do not edit.
"""Cancel an asyncio task, on whichever event loop it runs, and learn how it ended

Docs: https://cj-mills.github.io/cjm-jobtrack/tracker/tasks.html.md"""

import asyncio
from collections.abc import Callable
from typing import Any

__all__ = [
    'cancel_task']

async def cancel_task(task: asyncio.Task[Any], on_end: Callable[[bool], Any]) -> None:
    "Cancel a task and wait for its end. `on_end` is called on the task's loop, or on this one when that is gone."
