# Made by tools/stubs.py: do not edit.
"""A job as a bar that moves, on a terminal

Docs: https://cj-mills.github.io/cjm-jobtrack/cli/bar.html.md"""

from collections.abc import Iterable
from rich.console import Group
from typing import TextIO
from ..model.job import Job

__all__ = [
    'progress_bar', 'show_bar']

def progress_bar(job: Job, notice: str = '', at: str | None = None) -> Group:
    "A job as a bar."

def show_bar(updates: Iterable[tuple[Job, str]], file: TextIO) -> Job:
    "Show a job as a bar until it ends."
