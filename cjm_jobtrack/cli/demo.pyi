# Made by tools/stubs.py: do not edit.
"""`demo`: a recording through manager, node and pipeline, on this machine

Docs: https://cj-mills.github.io/cjm-jobtrack/cli/demo.html.md"""

import typer
from pathlib import Path
from typing import Annotated, TypeAlias

__all__ = [
    'Recording', 'commands', 'demo']

Recording: TypeAlias = Annotated[Path | None, ...]

commands: typer.Typer

def demo(file: Recording = None, keep: Annotated[bool, ...] = False) -> None:
    "Transcribe a recording through manager, node and pipeline, on this machine, and show what happens."
