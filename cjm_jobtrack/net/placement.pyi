# Made by tools/stubs.py: do not edit.
"""Which node gets a job, and whether that node would accept it

Docs: https://cj-mills.github.io/cjm-jobtrack/net/placement.html.md"""

from typing import Any
from ..server.service import JobRequest
from .directory import NodeDirectory

__all__ = [
    'Placement']

class Placement:
    "Finds the node for a request among those that are registered."
    directory: NodeDirectory
    def __init__(self, directory: NodeDirectory) -> None: ...
    async def refresh(self) -> list[dict[Any, Any]]:
        "All nodes, after each was asked for its state unless that is known."
    async def pipelines(self) -> list[dict[Any, Any]]:
        "What the nodes offer, each pipeline with the names of the nodes that offer it."
    async def for_upload(
        self,
        pipeline: str | None,
        labels: dict[Any, Any] | None = None,
    ) -> dict[Any, Any]:
        "The node for an upload. Raises `InvalidInput`, `NodeUnreachable`, `UnknownPipeline`."
    async def check(self, node: dict[Any, Any], body: dict[Any, Any]) -> None:
        "Raises what the node would raise for this request. Returns also when it cannot be asked."
    async def node_for(self, request: JobRequest) -> dict[Any, Any] | None:
        "The node for a request, which has not refused it. Raises `InvalidInput`, `UnknownPipeline`, `UnknownNode`."
