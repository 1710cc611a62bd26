# Made by tools/stubs.py: do not edit.
"""The program `jobtrack`: submit, watch and fetch jobs from a shell, run the servers, maintain the record

Docs: https://cj-mills.github.io/cjm-jobtrack/cli/main.html.md"""

from typing import Annotated, Any, TypeAlias
from .app import Commands

__all__ = [
    'COMMANDS', 'app', 'Version', 'options', 'main']

COMMANDS: Any

app: Commands

Version: TypeAlias = Annotated[bool, ...]

def options(version: Version = False) -> None: ...

def main() -> None:
    "The program `jobtrack`."
