# Made by tools/stubs.py: do not edit.
"""Calls the user's functions in order and in a thread of their own, so that they may take their time

Docs: https://cj-mills.github.io/cjm-jobtrack/queue/callbacks.html.md"""

import threading
from collections.abc import Callable
from typing import Any

__all__ = [
    'Callbacks']

class Callbacks:
    "Makes calls in a thread of its own: one at a time, in order."
    patience: float
    thread: threading.Thread | None
    def __init__(self) -> None: ...
    def __repr__(self) -> str: ...
    def start(self) -> None:
        "Start the thread. Raises `RuntimeError` when no thread can be started."
    def add(self, job_id: str, call: Callable[[], Any]) -> None:
        "Have a call made. Returns at once."
    async def finish(self) -> None:
        "Wait for the calls that are still to be made, then end the thread."
    def check(self) -> None:
        "Say in the log when calls have been waiting for long. Called now and then by the queue."
