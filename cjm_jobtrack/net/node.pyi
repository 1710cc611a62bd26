# Made by tools/stubs.py: do not edit.
"""The server on a worker machine: accepts jobs for its pipelines, carries them out, and gives out their files

Docs: https://cj-mills.github.io/cjm-jobtrack/net/node.html.md"""

from collections.abc import Callable, Iterable
from fastapi import FastAPI, Request
from fastapi.responses import Response
from pathlib import Path
from typing import Any
from ..model.job import Job, OutputFile
from ..pipelines.params import UploadNames
from ..pipelines.pipeline import PipelineCatalog, PipelineRunner
from ..runners.outputs import OutputFiles
from ..runners.runner import Runner
from ..server.service import Service
from .tus import TusUploads

__all__ = [
    'VIDEO_SUFFIXES', 'Node']

class Node(Service):
    """The server on a worker machine. `app` is its HTTP application; `serving(node)` runs it.

    Raises `InvalidInput` when another server uses the folder, or naming the file and key when a pipeline cannot
    be read; `StoreError` when the record cannot be opened."""
    service: str
    upload_limit: int
    catalog: PipelineCatalog
    app: FastAPI
    tus: TusUploads
    data: Path
    inputs: Path
    names: UploadNames
    files: OutputFiles
    runner: PipelineRunner
    def __init__(
        self,
        data: str | Path,
        *,
        pipelines: PipelineCatalog | str | Path | None = None,
        workspace: str | Path | None = None,
        slots: int = 1,
        token: str | None = None,
        origins: tuple[str, ...] = ...,
        upload_limit: int = ...,
        runners: Iterable[Runner] | None = None,
        durability: str = 'normal',
        grace: float = 1.5,
        resources: dict[str, int] | None = None,
        logs: str | Path | None = None,
        original_from: Iterable[str] = (),
        rate_limit: str | None = ...,
    ) -> None: ...
    def __repr__(self) -> str: ...
    def start(self) -> None: ...
    def close(self) -> None: ...
    def checks(self) -> dict[str, Callable[[], dict[Any, Any]]]: ...
    @property
    def vital(self) -> frozenset[Any]: ...
    async def pipelines(self) -> list[dict[Any, Any]]:
        "What can be asked for."
    async def check(self, body: dict[Any, Any]) -> None:
        "Whether a new job would be accepted. Raises as `submit` does."
    async def submit(self, body: dict[Any, Any]) -> tuple[Job, bool]:
        "Accept a job. Raises `InvalidInput` naming the field, `KeyConflict`."
    async def upload(self, request: Request, node: str | None = None) -> dict[Any, Any]:
        "Take a file into the workspace."
    async def download(self, job: Job, output: OutputFile, request: Request) -> Response:
        "A file, whole or in ranges."
    def forget(self, job: Job) -> None:
        """Remove a job from the record, and its files from the disk.

        Raises `IllegalMove` while it is pending or running."""

VIDEO_SUFFIXES: set[str]
