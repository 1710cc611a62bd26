# Made by tools/stubs.py: do not edit.
"""Writes what a queue records about many jobs in few transactions, and tries again while the record is in trouble

Docs: https://cj-mills.github.io/cjm-jobtrack/queue/group_commit.html.md"""

import asyncio
from collections.abc import Callable
from typing import Any, TypeAlias
from ..model.job import Job, JobEvent
from ..tracker.tracker import JobTracker
from ..tracker.transitions import Write
from .signals import Signals

__all__ = [
    'Plan', 'OnResult', 'GroupCommit']

Plan: TypeAlias = Callable[[], Write | None]

OnResult: TypeAlias = Callable[[Any], Any]

class GroupCommit:
    "Writes for one event loop, in whose thread all of its methods are to be called."
    tracker: JobTracker
    later: Callable[..., Any] | None
    signals: Signals
    loop: asyncio.AbstractEventLoop | None
    is_closing: bool
    def __init__(
        self,
        tracker: JobTracker,
        signals: Signals | None = None,
        later: Callable[..., Any] | None = None,
    ) -> None: ...
    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        "Write in rounds of this loop."
    def discard(self) -> None:
        "Forget what is not written yet."
    def add(self, job: Job, plan: Plan, on_result: OnResult | None = None) -> None:
        "Have it written in the next round, whenever that is."
    def wake(self) -> None:
        "Have a round as soon as the loop has time."
    def write(self, job: Job, plan: Plan, on_result: OnResult | None = None) -> None:
        "`add`, and have a round soon."
    def begin_closing(self) -> None:
        "From now on, wait for a record that is in trouble, but not for one that is gone. Try at once what is postponed."
    async def write_and_wait(self, job: Job, plan: Plan) -> JobEvent | None:
        "Have it written, and wait until it is. Raises `LeaseLost`; `StoreError` when it can never be written."
    async def retry_on_store_error(self, read: Callable[[], Any]) -> Any:
        "Call `read` until the record answers. Raises `StoreError` when what is there can never be read."
