# Made by tools/stubs.py: do not edit.
"""The program `jobtrack`: submit, watch and fetch jobs from a shell, run the servers, maintain the record

Docs: https://cj-mills.github.io/cjm-jobtrack/cli/main.html.md"""

import typer
from typing import Annotated, Any, TypeAlias

__all__ = [
    'COMMANDS', 'app', 'Version', 'options', 'main']

COMMANDS: Any

app: typer.Typer

Version: TypeAlias = Annotated[bool, ...]

def options(version: Version = False) -> None: ...

def main() -> None:
    "The program `jobtrack`."
