# Made by tools/stubs.py: do not edit.
"""A node with temporary data and one small pipeline, and a shell to try commands in

Docs: https://cj-mills.github.io/cjm-jobtrack/cli/sandbox.html.md"""

from pathlib import Path
from typing import Any, Self
from ..net.client import RemoteClient

__all__ = [
    'end_processes_left', 'Sandbox']

def end_processes_left(patience: float = 30.0) -> None:
    "Wait for what commands of this process have left running."

class Sandbox:
    """A node with temporary data and the pipeline `count`, and a record of one's own.

    End it with `close`, or use it in a `with` block."""
    folder: Path
    file: Path
    pipeline: Path
    url: Any
    def __init__(self) -> None: ...
    def client(self) -> RemoteClient: ...
    def close(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *exc: object) -> None: ...
    def run(self, *words: Any, last: int | None = None) -> int:
        "Run a command as a shell would, and print what it prints."
