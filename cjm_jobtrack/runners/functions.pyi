# Made by tools/stubs.py: do not edit.
"""What a function can report while it runs, how its end becomes an outcome, and how its arguments are checked first

Docs: https://cj-mills.github.io/cjm-jobtrack/runners/functions.html.md"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from .outcome import Report

__all__ = [
    'Result', 'is_interpreter_exiting', 'current_report', 'function_name', 'is_importable',
    'import_function']

class _FunctionReport(Report):
    "The report that a function gets. Subclasses define `_send`. Takes text for the log as well as bytes."
    has_streams: bool
    stop_requested: bool
    stop_noticed: bool
    def __init__(self) -> None: ...
    def progress(self, percent: float | None = None, message: str | None = None) -> None: ...
    def log(self, data: bytes = b'') -> None: ...
    def note(self, type: str, data: dict[Any, Any] | None = None, **fields: Any) -> None: ...
    def must_stop(self) -> bool: ...
    @property
    def cancelled(self) -> bool:
        "Whether the function is to stop. It has been noticed once this was true."

@dataclass(frozen=True)
class Result:
    "Yielded by a generator: its result. The generator is then closed."
    value: Any = None

def is_interpreter_exiting() -> bool:
    "Whether this interpreter is being torn down: names vanish, and threads cannot be started any more."

def current_report() -> Report | None:
    "The report of the job whose function calls this, in the thread or task in which it was begun."

def function_name(fn: Callable[..., Any]) -> str:
    "What people call a function. That of a partial one is its function's; an object without a name has that of its class."

def is_importable(name: str) -> bool:
    "Whether a function may be imported by its name. Nothing is imported to find out, except the packages around it."

def import_function(name: str) -> Callable[..., Any]:
    "The function of this name. Raises `InvalidInput` if it cannot be imported. Blocks while its module is loaded."
