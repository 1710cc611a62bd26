# Made by tools/stubs.py: do not edit.
"""`demo`: a recording through manager, node and pipeline, on this machine

Docs: https://cj-mills.github.io/cjm-jobtrack/cli/demo.html.md"""

from pathlib import Path
from typing import Annotated, TypeAlias
from .app import Commands

__all__ = [
    'Recording', 'commands', 'demo']

Recording: TypeAlias = Annotated[Path | None, ...]

commands: Commands

def demo(file: Recording = None, keep: Annotated[bool, ...] = False) -> None:
    "Transcribe a recording through manager, node and pipeline, on this machine, and show what happens."
