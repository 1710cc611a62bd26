# Made by tools/stubs.py: do not edit.
"""A fresh process that is started ahead of the job that will use it, so that the job begins at once

Docs: https://cj-mills.github.io/cjm-jobtrack/runners/spare_worker.html.md"""

from .worker import _Worker

__all__ = [
    'SpareWorker']

class SpareWorker:
    "Keeps one worker started. Safe from any thread; every method but `prepare` may block."
    max_idle: float
    def __init__(self) -> None: ...
    def prepare(self) -> None:
        "Have one started, unless there is one. Returns at once."
    def take(self) -> _Worker | None:
        "The spare, which then belongs to the caller; None if there is none that is as a new one would be."
    def close(self) -> None:
        "End the spare, also one that is being started. Another may be prepared afterwards."
