# Made by tools/stubs.py: do not edit.
"""A Python process that carries out functions: it can be asked to stop, and ended together with everything it started

Docs: https://cj-mills.github.io/cjm-jobtrack/runners/worker.html.md"""

import psutil
import subprocess
from multiprocessing.connection import Connection
from typing import Any
from .functions import _FunctionReport
from .outcome import Outcome, Receipt

__all__ = [
    'RemoteTraceback']

class _StatusPipe:
    "Numbers from the shell in between: the worker's process id, then its exit status."
    fd: int | None
    write_end: int
    def __init__(self) -> None: ...
    def read(self) -> int | None:
        "The next number; None if the shell has ended without."
    def close(self) -> None: ...

class _Worker:
    "A Python process that carries out calls, and our ends of its pipes. Its methods block."
    patience: float
    pipe: Connection
    out: int | None
    process: subprocess.Popen[Any]
    pid: int
    is_ahead: bool
    closed: bool
    stop_sent: bool
    threads: bool
    ended: set[int]
    left: set[int]
    status: _StatusPipe | None
    end: int | None
    tree: Any
    def __init__(self, is_ahead: bool = False) -> None: ...
    def has_ended(self, patience: float = 0.0) -> bool:
        "Whether the process has ended."
    def exit_code(self) -> int | None:
        "How it ended: a number less than 0 is that of a signal; None: not known. Waits for it."
    def descendants(self) -> set[psutil.Process]:
        "The processes that it has started and that still run."
    def kill(self) -> None:
        "End it, with everything that it has started."
    def carry(self, packed: bytes, report: _FunctionReport) -> Outcome:
        "Have a call carried out, and pass on what it reports. Ends when the function has ended, or its process."
    def retire(self) -> dict[Any, Any] | None:
        "Have it leave, and clean up after it. Blocks."
    def receipt(self, how: str) -> Receipt:
        "What ending it has achieved."

class RemoteTraceback(Exception):
    "Where an exception was raised in another process: its traceback there, as text."
    text: str
    def __init__(self, text: str) -> None: ...
    def __str__(self) -> str: ...
