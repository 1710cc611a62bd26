# Made by tools/stubs.py: do not edit.
"""`submit`: parameters and files are checked before anything is sent; then the job is on record

Docs: https://cj-mills.github.io/cjm-jobtrack/cli/submit.html.md"""

from pathlib import Path
from typing import Annotated, Any, TypeAlias
from .app import Commands
from .options import AsJson, JobName, MaxAttempts, NewId, Priority, Timeout, TokenFile, Url

__all__ = [
    'PipelineName', 'LocalFile', 'Params', 'WorkspaceFile', 'Wait', 'DownloadTo', 'OnLabels',
    'OnNode', 'commands', 'parse_value', 'guess_value', 'read_params', 'check_source', 'submit']

def parse_value(text: str, type: str) -> Any:
    "A word as a value of a known type."

def guess_value(text: str) -> Any:
    "A word as a value of unknown type: a JSON number or flag, else text."

def read_params(words: list[str], pipeline: dict[Any, Any] | None) -> dict[str, Any]:
    "Parameters from the command line. Raises `InvalidInput` naming the parameter."

def check_source(
    file: Path | None,
    input: str | None,
    pipeline: dict[Any, Any] | None,
) -> Path | str | None:
    "The input that was given. Raises `InvalidInput` naming `file` or `--input`."

PipelineName: TypeAlias = Annotated[str | None, ...]

LocalFile: TypeAlias = Annotated[Path | None, ...]

Params: TypeAlias = Annotated[list[str], ...]

WorkspaceFile: TypeAlias = Annotated[str | None, ...]

Wait: TypeAlias = Annotated[bool, ...]

DownloadTo: TypeAlias = Annotated[Path | None, ...]

OnLabels: TypeAlias = Annotated[list[str], ...]

OnNode: TypeAlias = Annotated[str | None, ...]

commands: Commands

def submit(
    pipeline: PipelineName = None,
    file: LocalFile = None,
    param: Params = [],
    input: WorkspaceFile = None,
    name: JobName = None,
    id: NewId = None,
    priority: Priority = 0,
    timeout: Timeout = None,
    max_attempts: MaxAttempts = 1,
    node: OnNode = None,
    label: OnLabels = [],
    wait: Wait = False,
    download: DownloadTo = None,
    as_json: AsJson = False,
    url: Url = 'here',
    token_file: TokenFile = None,
) -> None:
    "Submit a job; prints its id."
