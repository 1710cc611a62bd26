# Made by tools/stubs.py: do not edit.
"""Options that commands share: where jobs are, which jobs, and how one is to be carried out

Docs: https://cj-mills.github.io/cjm-jobtrack/cli/options.html.md"""

from pathlib import Path
from typing import Annotated, TypeAlias

__all__ = [
    'HERE', 'URL', 'OWN', 'Where', 'Url', 'TokenFile', 'AsJson', 'JobId', 'Name', 'Batch', 'Text',
    'Since', 'Until', 'JobName', 'NewId', 'Priority', 'Timeout', 'MaxAttempts', 'address',
    'url_option', 'read_token', 'parse_when']

HERE: str

URL: str

OWN: str

Where: TypeAlias = Annotated[str, ...]

Url: TypeAlias = Annotated[str, ...]

def address(url: str) -> str:
    "The address of the server that is meant."

TokenFile: TypeAlias = Annotated[Path | None, ...]

AsJson: TypeAlias = Annotated[bool, ...]

JobId: TypeAlias = Annotated[str, ...]

def url_option(url: str) -> str:
    "What has to be added to a command so that it finds the job: nothing, if it looks there anyway."

def read_token(file: Path | None, variable: str = 'JOBTRACK_TOKEN') -> str | None:
    "A token. Raises `InvalidInput` when the file cannot be read or is empty."

Name: TypeAlias = Annotated[str | None, ...]

Batch: TypeAlias = Annotated[str | None, ...]

Text: TypeAlias = Annotated[str | None, ...]

Since: TypeAlias = Annotated[str | None, ...]

Until: TypeAlias = Annotated[str | None, ...]

def parse_when(text: str | None, field: str, at: str | None = None) -> str | None:
    "A point in time as people write it. Raises `InvalidInput` naming the option."

JobName: TypeAlias = Annotated[str | None, ...]

NewId: TypeAlias = Annotated[str | None, ...]

Priority: TypeAlias = Annotated[int, ...]

Timeout: TypeAlias = Annotated[float | None, ...]

MaxAttempts: TypeAlias = Annotated[int, ...]
