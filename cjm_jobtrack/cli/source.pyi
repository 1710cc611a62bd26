# Made by tools/stubs.py: do not edit.
"""The options that name a server, its token, and what commands ask of it

Docs: https://cj-mills.github.io/cjm-jobtrack/cli/source.html.md"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Protocol, Self, TypeAlias
from ..logs.gaps import LogChunk
from ..model.job import Job, JobEvent, OutputFile

__all__ = [
    'URL', 'Url', 'TokenFile', 'AsJson', 'JobId', 'read_token', 'Source', 'connect', 'data_folder']

URL: str

Url: TypeAlias = Annotated[str, ...]

TokenFile: TypeAlias = Annotated[Path | None, ...]

AsJson: TypeAlias = Annotated[bool, ...]

JobId: TypeAlias = Annotated[str, ...]

def read_token(file: Path | None, variable: str = 'JOBTRACK_TOKEN') -> str | None:
    "A token. Raises `InvalidInput` when the file cannot be read or is empty."

class Source(Protocol):
    "Where jobs are on record: what the commands about jobs ask, as `RemoteClient` answers it."
    base_url: str
    def get_job(self, job_id: str) -> Job | None: ...
    def list_jobs(
        self,
        status: str | None = None,
        limit: int | None = None,
        **filters: Any,
    ) -> list[Job]: ...
    def history(self, job_id: str) -> list[JobEvent]: ...
    def events(self, job_id: str | None = None, after: int | None = None) -> Iterator[JobEvent]: ...
    def wait(self, job_id: str) -> Job: ...
    def cancel(self, job_id: str) -> Job: ...
    def logs(
        self,
        job_id: str,
        offset: int = 0,
        limit: int = 65536,
        *,
        attempt: int | None = None,
    ) -> LogChunk: ...
    def outputs(self, job_id: str) -> list[OutputFile]: ...
    def download(self, job_id: str, to: Path, name: str) -> Path: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *exc: object) -> None: ...

def connect(url: str, token_file: Path | None) -> Source:
    "A client for the server of `--url`."

def data_folder(kind: str) -> Path:
    """Where a server keeps its data by default.

    Source: XDG Base Directory Specification 0.8."""
