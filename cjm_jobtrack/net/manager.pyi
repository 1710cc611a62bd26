# Made by tools/stubs.py: do not edit.
"""The server that people and notebooks talk to: a node whose jobs run on other nodes

Docs: https://cj-mills.github.io/cjm-jobtrack/net/manager.html.md"""

from collections.abc import Iterable
from fastapi import FastAPI, Request
from fastapi.responses import Response
from pathlib import Path
from typing import Any
from ..model.job import Job, OutputFile
from ..pipelines.pipeline import PipelineCatalog
from ..server.service import Service
from .client import AsyncRemoteClient
from .directory import NodeDirectory
from .engine_node import EngineNodes
from .placement import Placement
from .remote import RemoteRunner

__all__ = [
    'Manager']

class Manager(Service):
    """The server that people talk to. `app` is its HTTP application; `serving(manager)` runs it.

    Raises `InvalidInput` if another server uses the folder, `StoreError` if the record cannot be opened."""
    service: str
    check_every: float
    data: Path
    engines: EngineNodes
    directory: NodeDirectory
    placement: Placement
    runner: RemoteRunner
    app: FastAPI
    def __init__(
        self,
        data: str | Path,
        *,
        token: str | None = None,
        node_token: str | None = None,
        origins: tuple[str, ...] = ...,
        slots: int = 200,
        check_every: float = 5.0,
        node_lost_after: float = 86400.0,
        durability: str = 'normal',
        store: str | Path | None = None,
        logs: str | Path | None = None,
        pipelines: PipelineCatalog | str | Path | None = None,
        rate_limit: str | None = ...,
    ) -> None: ...
    def __repr__(self) -> str: ...
    def start(self) -> None:
        "Recover, accept jobs, check the nodes regularly."
    def close(self) -> None:
        "Stop accepting jobs, and release everything. The jobs go on where they run."
    def list_jobs(
        self,
        status: str | Iterable[str] | None = None,
        limit: int | None = None,
        **filters: Any,
    ) -> list[Job]: ...
    def counts(self, batch: str | None = None) -> dict[str, int]: ...
    def health(self) -> dict[Any, Any]: ...
    def nodes_by_state(self) -> dict[str, int]: ...
    async def pipelines(self) -> list[dict[Any, Any]]:
        "What the nodes offer, each pipeline with the names of the nodes that offer it."
    async def check(self, body: dict[Any, Any]) -> None:
        "Whether a new job would be accepted, as far as the nodes can be asked. Raises as `submit` does."
    async def submit(self, body: dict[Any, Any]) -> tuple[Job, bool]:
        "Accept a job for a node. Raises `InvalidInput` naming the field, `KeyConflict`, `UnknownNode`."
    async def reachable_client(self, node: dict[Any, Any]) -> AsyncRemoteClient:
        """The client of a node that answers now. Raises `NodeUnreachable`.

        A transfer can take long, but does not start with a silent node."""
    async def upload(self, request: Request, node: str | None = None) -> dict[Any, Any]:
        "Forward an upload to a node, as it comes."
    async def download(self, job: Job, output: OutputFile, request: Request) -> Response:
        "Send an output of a job, fetched from its node as it is read here."
    async def refresh(self, job: Job) -> tuple[str, int]:
        "Ask the job's node for its state."
    def files_of(self, job: Job, offset: int = 0, limit: int = 1000) -> list[dict[Any, Any]]:
        "The outputs of a job as the original's pages read them, with paths in the workspace of the node that has them."
