# Made by tools/stubs.py: do not edit.
"""What all commands share: exit statuses, errors as lines on stderr, and that none is imported before it is used

Docs: https://cj-mills.github.io/cjm-jobtrack/cli/app.html.md"""

import typer
from enum import IntEnum
from pathlib import Path
from typer.core import TyperCommand, TyperGroup
from typing import Any
from ..model.errors import InvalidInput

__all__ = [
    'MEANINGS', 'Exit', 'exit_for', 'os_problem', 'no_file', 'error_lines', 'Command', 'Commands',
    'CommandGroup', 'MainGroup', 'LazyCommand', 'open_streams']

class Exit(IntEnum):
    "Exit statuses, the same for all commands."
    DONE = 0
    FAILED = 1
    USAGE = 2
    CANCELLED = 3
    UNREACHABLE = 4
    UNCONFIRMED = 5
    INTERRUPTED = 130

MEANINGS: Any

def exit_for(e: BaseException) -> Exit:
    "The exit status for an error."

def os_problem(e: OSError) -> str:
    "What the system refused: a sentence with a remedy and without error numbers."

def no_file(file: Path) -> InvalidInput:
    "The error for a path that is not that of a file."

def error_lines(e: BaseException) -> list[str]:
    "An error as lines for stderr."

class _KeepsDefaults:
    "Converts only what was typed. A default is right as it is written, and typer's converters take long to import."
    def get_params(self, ctx) -> Any: ...

class Command(_KeepsDefaults, TyperCommand):
    "A command of ours."

class Commands(typer.Typer):
    "The commands of a module: with plain help, for `-h` as for `--help`."
    def __init__(self, **options: Any) -> None: ...
    def command(self, name: str | None = None, **options: Any) -> Any: ...

class CommandGroup(_KeepsDefaults, TyperGroup):
    "Commands whose server may be named before them: `jobtrack --url … ls` is `jobtrack ls --url …`."
    def parse_args(self, ctx, args) -> Any: ...

class MainGroup(CommandGroup):
    "Runs a command; errors become lines on stderr and an exit status."
    def invoke(self, ctx) -> Any: ...

class LazyCommand(TyperCommand):
    "A command known by name; its module is imported when it runs, or its own help is asked for."
    module: str
    def __init__(self, name: str, module: str, help: str) -> None: ...
    def load(self) -> TyperCommand | TyperGroup:
        "The command itself."
    def make_context(self, info_name, args, parent = None, **extra: Any) -> Any: ...

def open_streams() -> None:
    "Make output possible whatever the shell has done to it."
