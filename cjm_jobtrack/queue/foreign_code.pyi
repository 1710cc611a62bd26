# Made by tools/stubs.py: do not edit.
"""Runners are written by others: contain what they raise, check what they answer

Docs: https://cj-mills.github.io/cjm-jobtrack/queue/foreign_code.html.md"""

from typing import Any
from ..runners.outcome import Outcome, Receipt

__all__ = [
    'contain_exit', 'outcome_of_error', 'check_outcome', 'check_receipt']

class contain_exit:
    "Run foreign code in a `with` block: what would end this thread, such as `SystemExit`, is raised as an `Exception`."
    def __enter__(self) -> None: ...
    def __exit__(self, kind, e, traceback) -> None: ...

def outcome_of_error(e: BaseException, started: bool) -> Outcome:
    "The outcome of an attempt that ended in an error."

def check_outcome(answer: Any) -> Outcome:
    "An outcome that the queue can rely on. Raises `TypeError`."

def check_receipt(answer: Any) -> Receipt:
    "A receipt whose message is a text. Raises `TypeError`."
