# Made by tools/stubs.py: do not edit.
"""A server, or this machine: your own record, and the manager if there is one

Docs: https://cj-mills.github.io/cjm-jobtrack/cli/source.html.md"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, Self
from ..logs.gaps import LogChunk
from ..model.job import Job, JobEvent
from ..net.client import RemoteClient

__all__ = [
    'Source', 'connect', 'sources', 'find', 'data_folder']

class Source(Protocol):
    "Where jobs are on record, as commands see it."
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
    def __enter__(self) -> Self: ...
    def __exit__(self, *exc: object) -> None: ...

def connect(url: str, token_file: Path | None) -> RemoteClient:
    "A client for a server. Raises `InvalidInput` naming `--url`."

@contextmanager
def sources(
    where: str,
    token_file: Path | None,
    only_server: bool = False,
) -> Iterator[list[Source]]:
    "Where jobs are looked for, open for the length of the block: a server, or what there is on this machine."

def find(places: list[Source], id: str) -> tuple[Source, Job]:
    "The job with this id. Raises `UnknownJob`; `InvalidInput` when several ids begin like that."

def data_folder(kind: str) -> Path:
    """Where a server keeps its data by default.

    Source: XDG Base Directory Specification 0.8."""
