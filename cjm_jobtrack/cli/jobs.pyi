# Made by tools/stubs.py: do not edit.
"""`ls`, `show`, `watch`, `cancel` and `download`

Docs: https://cj-mills.github.io/cjm-jobtrack/cli/jobs.html.md"""

from pathlib import Path
from typing import Annotated, Any, TypeAlias
from ..model.job import Job, JobStatus
from .app import Commands
from .options import AsJson, Batch, JobId, Name, Since, Text, TokenFile, Until, Where

__all__ = [
    'commands', 'ResultNames', 'ResultFolder', 'ls', 'show', 'watch', 'cancel_message', 'cancel',
    'download']

commands: Commands

def ls(
    status: Annotated[JobStatus | None, ...] = None,
    limit: Annotated[int, ...] = 20,
    name: Name = None,
    batch: Batch = None,
    text: Text = None,
    since: Since = None,
    until: Until = None,
    node: Annotated[str | None, ...] = None,
    as_json: AsJson = False,
    url: Where = 'here',
    token_file: TokenFile = None,
) -> None:
    "List jobs, the newest first."

def show(
    id: JobId,
    whole: Annotated[bool, ...] = False,
    as_json: AsJson = False,
    url: Where = 'here',
    token_file: TokenFile = None,
) -> Any:
    "Show one job: what was asked, where it stands, what happened when."

def watch(
    id: JobId,
    as_json: AsJson = False,
    url: Where = 'here',
    token_file: TokenFile = None,
) -> None:
    "Follow a job to its end; the exit status is that of the job."

def cancel_message(job: Job, receipt: dict[Any, Any] | None) -> str:
    "What a cancel did, in words."

def cancel(
    id: JobId,
    as_json: AsJson = False,
    url: Where = 'here',
    token_file: TokenFile = None,
) -> None:
    "Stop a job, and wait until nothing of it is left."

ResultNames: TypeAlias = Annotated[list[str], ...]

ResultFolder: TypeAlias = Annotated[Path | None, ...]

def download(
    id: JobId,
    words: ResultNames = [],
    to: ResultFolder = None,
    url: Where = 'here',
    token_file: TokenFile = None,
) -> None:
    "Download the results of a job; prints the paths."
