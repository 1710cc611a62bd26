# Made by tools/stubs.py: do not edit.
"""What a person holds after asking for many jobs: to wait for, cancel and repeat as one

Docs: https://cj-mills.github.io/cjm-jobtrack/queue/submitted_batch.html.md"""

from collections.abc import Coroutine, Generator
from typing import Any
from .batch import Batch

__all__ = [
    'run_coroutine', 'SubmittedBatch']

def run_coroutine(coroutine: Coroutine[Any, Any, Any]) -> Any:
    "What a coroutine returns or raises, for code that blocks, whether or not an event loop runs in this thread."

class SubmittedBatch(Batch):
    "The jobs that carry one batch's name, for a person: its methods block, and `await batch` waits without blocking."
    def wait(self, timeout: float | None = None) -> SubmittedBatch:
        "Wait until all its jobs have ended. Blocks. Raises `TimeoutError`, and then they go on."
    def __await__(self) -> Generator[Any, None, dict[str, int]]:
        "How many of its jobs have which status, once all have ended."
    def cancel(self) -> dict[str, int]:
        """Cancel what has not ended. Blocks.

        A job that could not be stopped for certain stays running, with the request on record."""
    def retry(self) -> SubmittedBatch:
        "Submit the jobs that failed or were cancelled once more, as a batch of its own; this one is unchanged."
