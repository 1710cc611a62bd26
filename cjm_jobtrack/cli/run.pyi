# Made by tools/stubs.py: do not edit.
"""`run`: a program as a job on your own record; `resume`: what was left is seen to its end

Docs: https://cj-mills.github.io/cjm-jobtrack/cli/run.html.md"""

from typing import Annotated, Any, TypeAlias
from .app import Commands
from .options import AsJson, JobId, JobName, MaxAttempts, NewId, Priority, Timeout, TokenFile, Where

__all__ = [
    'commands', 'Program', 'Detach', 'run', 'retry', 'resume']

commands: Commands

Program: TypeAlias = Annotated[list[str], ...]

Detach: TypeAlias = Annotated[bool, ...]

def run(
    program: Program,
    name: JobName = None,
    id: NewId = None,
    priority: Priority = 0,
    timeout: Timeout = None,
    max_attempts: MaxAttempts = 1,
    detach: Detach = False,
    as_json: AsJson = False,
) -> None:
    """Run a program as a job on your own record, and follow it.

    Prints its id, and the files that it left. Ctrl-C leaves it running. The program has no input from here:
    its standard input is empty."""

def retry(
    id: JobId,
    detach: Detach = False,
    as_json: AsJson = False,
    url: Where = 'here',
    token_file: TokenFile = None,
) -> None:
    """Do the work of a job once more, as a new job, and follow it.

    Prints the id of the new job, and the files that it left on this machine."""

def resume(lock: Annotated[int | None, ...] = None) -> Any:
    """Take up what was left unfinished on your own record.

    Ends when all of it has ended. A command that leaves a job behind does this by itself."""
