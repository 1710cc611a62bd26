# Made by tools/stubs.py: do not edit.
"""What all commands share: exit statuses, errors as lines on stderr, and the options that name a server

Docs: https://cj-mills.github.io/cjm-jobtrack/cli/app.html.md"""

import typer
from enum import IntEnum
from pathlib import Path
from typer.core import TyperGroup
from typing import Annotated, Any, TypeAlias
from ..model.job import Job
from ..net.client import RemoteClient

__all__ = [
    'MEANINGS', 'HELP_OPTIONS', 'app', 'Version', 'URL', 'Url', 'TokenFile', 'AsJson', 'JobId',
    'Exit', 'exit_for', 'os_problem', 'error_lines', 'CommandGroup', 'MainGroup', 'options',
    'open_streams', 'read_token', 'connect', 'call']

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

def exit_for(result: Job | BaseException) -> Exit:
    "The exit status for a job, or for an error."

def os_problem(e: OSError) -> str:
    "What the system refused: a sentence with a remedy and without error numbers."

def error_lines(e: BaseException) -> list[str]:
    "An error as lines for stderr."

class CommandGroup(TyperGroup):
    "Commands whose server may be named before them: `jobtrack --url … ls` is `jobtrack ls --url …`."
    def parse_args(self, ctx, args) -> Any: ...

class MainGroup(CommandGroup):
    "Runs a command; errors become lines on stderr and an exit status."
    def invoke(self, ctx) -> Any: ...

HELP_OPTIONS: Any

app: typer.Typer

Version: TypeAlias = Annotated[bool, ...]

def options(version: Version = False) -> None: ...

def open_streams() -> None:
    "Make output possible whatever the shell has done to it."

URL: str

Url: TypeAlias = Annotated[str, ...]

TokenFile: TypeAlias = Annotated[Path | None, ...]

AsJson: TypeAlias = Annotated[bool, ...]

JobId: TypeAlias = Annotated[str, ...]

def read_token(file: Path | None, variable: str = 'JOBTRACK_TOKEN') -> str | None:
    "A token. Raises `InvalidInput` when the file cannot be read or is empty."

def connect(url: str, token_file: Path | None) -> RemoteClient:
    "A client for the server of `--url`."

def call(client: RemoteClient, method: str, path: str, body: dict[Any, Any] | None = None) -> Any:
    "Call a manager. Raises `InvalidInput` when the server is a node."
