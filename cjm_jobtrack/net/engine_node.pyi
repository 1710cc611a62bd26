# Made by tools/stubs.py: do not edit.
"""A machine with Docker and an SSH server, and nothing of ours, as a node of a manager

Docs: https://cj-mills.github.io/cjm-jobtrack/net/engine_node.html.md"""

from pathlib import Path
from typing import Any
from ..pipelines.pipeline import PipelineCatalog
from .node import Node

__all__ = [
    'in_containers', 'engine_facts', 'EngineNode', 'EngineNodes']

def in_containers(catalog: PipelineCatalog) -> PipelineCatalog:
    "The pipelines that can run in a container, to run there and nowhere else."

def engine_facts(info: dict[Any, Any], asked: float, answered: float) -> dict[Any, Any]:
    "What is worth knowing of an engine. `clock_ahead_s` is how far its clock is ahead of ours, seconds."

class EngineNode(Node):
    "A node whose work is done by the engine of another machine. Raises as `Node` does."
    engine_url: str
    engine_facts: dict[Any, Any] | None
    def __init__(self, data: str | Path, url: str, catalog: PipelineCatalog, **options: Any) -> None: ...
    def await_engine(self, timeout: float) -> None:
        "Wait until the engine has answered, or has failed to, but not for longer than this, seconds. Blocks."
    def checks(self) -> dict[Any, Any]: ...
    def health(self) -> dict[Any, Any]:
        "As a node. Raises `NodeUnreachable` until the engine has answered, and while a call to it has failed."

class EngineNodes:
    "The nodes of this process that stand for engines. Safe from any thread."
    folder: Path
    slots: int
    def __init__(self, folder: str | Path, pipelines: Any = None, slots: int = 1) -> None: ...
    def __repr__(self) -> str: ...
    def catalog(self) -> PipelineCatalog:
        "What may run on the engines. Raises `InvalidInput` naming the file and key that cannot be read."
    def ensure(self, url: str) -> None:
        "Start the node of an engine unless it runs. Blocks for a moment. Raises `InvalidInput`, `StoreError`."
    def address(self, url: str) -> tuple[str, str]:
        "Where the node of an engine listens. Raises `NodeUnreachable` if it does not run."
    def stop(self, url: str) -> None:
        "Stop the node of an engine, if it runs. Its containers go on. Blocks."
    def close(self) -> None:
        "Stop all. Blocks."
