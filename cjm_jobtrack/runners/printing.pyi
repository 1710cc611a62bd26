# Made by tools/stubs.py: do not edit.
"""What a function prints is in its job's log, and shows where it did before

Docs: https://cj-mills.github.io/cjm-jobtrack/runners/printing.html.md"""

from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

__all__ = [
    'printing_into']

@contextmanager
def printing_into(log: Callable[[str], None]) -> Any:
    "What this thread or task prints meanwhile goes to `log` too, after going where it always went."
