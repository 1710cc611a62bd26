# Made by tools/stubs.py: do not edit.
"""`logs`: what a job printed, byte for byte, while it grows, or only the lines with a word

Docs: https://cj-mills.github.io/cjm-jobtrack/cli/logs.html.md"""

from typing import Annotated, BinaryIO, TypeAlias
from ..model.job import Job
from .app import Commands
from .options import JobId, TokenFile, Where
from .source import Source

__all__ = [
    'Follow', 'Attempt', 'Tail', 'Grep', 'commands', 'copy_log', 'tail_offset', 'follow_log',
    'grep_log', 'logs']

def copy_log(client: Source, job_id: str, attempt: int, offset: int, out: BinaryIO) -> int:
    "Copy a log from an offset to its present end. If it is kept where it cannot be reached, say where."

def tail_offset(client: Source, job_id: str, attempt: int, lines: int) -> int:
    "Where the last lines of a log begin."

def follow_log(
    client: Source,
    job: Job,
    attempt: int,
    offset: int,
    only: bool,
    out: BinaryIO,
) -> None:
    "Copy a log while it grows, until the job ends."

def grep_log(client: Source, job_id: str, attempt: int, text: str) -> int:
    "Print the lines of a log that contain a text, with their numbers. Raises `InvalidInput`."

Follow: TypeAlias = Annotated[bool, ...]

Attempt: TypeAlias = Annotated[int | None, ...]

Tail: TypeAlias = Annotated[int | None, ...]

Grep: TypeAlias = Annotated[str | None, ...]

commands: Commands

def logs(
    id: JobId,
    follow: Follow = False,
    attempt: Attempt = None,
    tail: Tail = None,
    grep: Grep = None,
    url: Where = 'here',
    token_file: TokenFile = None,
) -> None:
    "Print what a job printed, byte for byte."
