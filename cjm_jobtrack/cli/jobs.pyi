# Made by tools/stubs.py: do not edit.
"""`ls`, `show`, `watch`, `cancel` and `download`

Docs: https://cj-mills.github.io/cjm-jobtrack/cli/jobs.html.md"""

from dataclasses import dataclass
from pathlib import Path
from rich.table import Table
from typing import Annotated, Any, TypeAlias
from ..model.job import Job, JobEvent, JobStatus
from ..net.client import RemoteClient
from .app import AsJson, JobId, TokenFile, Url

__all__ = [
    'Name', 'Batch', 'Since', 'Until', 'ResultNames', 'ResultFolder', 'jobs_table', 'parse_when',
    'find_node', 'ls', 'Step', 'timeline', 'timeline_table', 'node_name', 'job_facts', 'show',
    'watch', 'find_receipt', 'cancel_message', 'cancel', 'download']

def jobs_table(jobs: list[Job], at: str | None = None) -> Table:
    "Jobs as a table for people."

Name: TypeAlias = Annotated[str | None, ...]

Batch: TypeAlias = Annotated[str | None, ...]

Since: TypeAlias = Annotated[str | None, ...]

Until: TypeAlias = Annotated[str | None, ...]

def parse_when(text: str | None, field: str, at: str | None = None) -> str | None:
    "A point in time as people write it. Raises `InvalidInput` naming the option."

def find_node(client: RemoteClient, name: str) -> dict[Any, Any]:
    "A node of a manager. Raises `UnknownNode`."

def ls(
    status: Annotated[JobStatus | None, ...] = None,
    limit: Annotated[int, ...] = 20,
    name: Name = None,
    batch: Batch = None,
    since: Since = None,
    until: Until = None,
    node: Annotated[str | None, ...] = None,
    as_json: AsJson = False,
    url: Url = 'http://127.0.0.1:3001',
    token_file: TokenFile = None,
) -> Any:
    "List jobs, the newest first."

@dataclass(frozen=True)
class Step:
    "A turning point in the life of a job."
    at: str
    what: str
    note: str = ''
    after_s: float | None = None

def timeline(history: list[JobEvent]) -> list[Step]:
    "The turning points of a job's life, in the order of the journal: the node's clock need not agree with ours."

def timeline_table(steps: list[Step]) -> Table:
    "A time line for people; instants are of the local time zone."

def node_name(job: Job, history: list[JobEvent]) -> str | None:
    "The name of the node that a job was last sent to."

def job_facts(job: Job, history: list[JobEvent]) -> Table:
    "A job as rows of name and value."

def show(
    id: JobId,
    as_json: AsJson = False,
    url: Url = 'http://127.0.0.1:3001',
    token_file: TokenFile = None,
) -> Any:
    "Show one job: what was asked, where it stands, what happened when."

def watch(
    id: JobId,
    as_json: AsJson = False,
    url: Url = 'http://127.0.0.1:3001',
    token_file: TokenFile = None,
) -> None:
    "Follow a job to its end; the exit status is that of the job."

def find_receipt(history: list[JobEvent]) -> dict[Any, Any] | None:
    "What a cancel stopped."

def cancel_message(job: Job, receipt: dict[Any, Any] | None) -> str:
    "What a cancel did, in words."

def cancel(
    id: JobId,
    as_json: AsJson = False,
    url: Url = 'http://127.0.0.1:3001',
    token_file: TokenFile = None,
) -> None:
    "Stop a job, and wait until nothing of it is left."

ResultNames: TypeAlias = Annotated[list[str], ...]

ResultFolder: TypeAlias = Annotated[Path, ...]

def download(
    id: JobId,
    names: ResultNames = [],
    to: ResultFolder = ...,
    url: Url = 'http://127.0.0.1:3001',
    token_file: TokenFile = None,
) -> None:
    "Download the results of a job; prints the paths."
