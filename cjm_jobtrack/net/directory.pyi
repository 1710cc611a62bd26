# Made by tools/stubs.py: do not edit.
"""The nodes a manager knows: what each one is, on record, and how it is doing from moment to moment

Docs: https://cj-mills.github.io/cjm-jobtrack/net/directory.html.md"""

import builtins
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from ..model.errors import NodeUnreachable
from ..store.memory import MemoryStore
from ..store.store import JobStore
from .client import AsyncRemoteClient
from .clocks import ClockSkew

__all__ = [
    'ANSWER', 'RECORD_SEEN', 'is_engine_url', 'node_url', 'read_labels', 'read_node', 'NodeState',
    'NodeDirectory', 'is_drained', 'missing_labels']

def is_engine_url(url: str) -> bool: ...

def node_url(url: str) -> str:
    "An address in its one spelling. Raises `InvalidInput`."

def read_labels(field: str, value: Any) -> dict[Any, Any] | None:
    "The labels of a node. Raises `InvalidInput`."

def read_node(body: Any, partial: bool = False) -> dict[Any, Any]:
    """Check the description of a node. Other keys (`id`, `status`, `password`) are left out.

    Raises `InvalidInput` naming the field."""

@dataclass(frozen=True)
class NodeState:
    "How a node was doing when it was last checked."
    online: bool | None = None
    since: str | None = None
    problem: str | None = None
    health: dict[Any, Any] | None = None
    pipelines: tuple[Any, ...] = ()
    original: bool = False
    last_seen: str | None = None
    checked: float = ...
    skew: ClockSkew | None = None

class NodeDirectory:
    """The nodes that are known, and how they are doing.

    Safe from any thread; the async calls from any event loop."""
    store: JobStore | MemoryStore
    me: str | None
    engines: Any
    def __init__(
        self,
        store: JobStore | MemoryStore,
        token: str | dict[Any, Any] | None = None,
        me: str | None = None,
        engines: Any = None,
    ) -> None: ...
    def __repr__(self) -> str: ...
    @staticmethod
    def read(body: Any, partial: bool = False) -> dict[Any, Any]:
        """Check the description of a node. Other keys (`id`, `status`, `password`) are left out.

        Raises `InvalidInput` naming the field."""
    def list(self) -> builtins.list[dict[Any, Any]]:
        "All nodes on record."
    def find(self, id_or_name: str | None) -> dict[Any, Any] | None:
        "A node, or None."
    def get(self, id_or_name: str) -> dict[Any, Any]:
        "One node. Raises `UnknownNode`; `InvalidInput` when several have that name."
    def add(
        self,
        name: str | None = None,
        *,
        url: str | None = None,
        host: str | None = None,
        apiPort: int = 9090,
        **facts: Any,
    ) -> dict[Any, Any]:
        "Put a node on record. The same address again is the same node. Raises `InvalidInput` naming the field."
    def update(self, node_id: str, **fields: Any) -> dict[Any, Any]:
        "Change what is on record. Id and date of creation stay. Raises `UnknownNode`, `InvalidInput`."
    def remove(self, node_id: str) -> None:
        "Forget a node. Its jobs keep its id. Raises `UnknownNode`."
    def adopt(self, node_id: str, old_id: str) -> dict[Any, Any]:
        """Let a node answer to another id too.

        Raises `UnknownNode`; `InvalidInput` when another node has that id, and when no job does."""
    def import_nodes(
        self,
        file: str | Path,
    ) -> tuple[builtins.list[dict[Any, Any]], builtins.list[str]]:
        """Put the nodes of a file on record, each under its old id too. Repeating it changes nothing.

        Raises `InvalidInput` when it is no such file."""
    def state(self, node: dict[Any, Any]) -> NodeState:
        "What the latest check found."
    def is_online(self, node: dict[Any, Any]) -> bool: ...
    def is_original(self, node: dict[Any, Any]) -> bool: ...
    def silent_since(self, node: dict[Any, Any]) -> str | None: ...
    def unreachable(self, node: dict[Any, Any], **facts: Any) -> NodeUnreachable:
        "The error for a node that did not answer its latest check."
    def pipelines(self, node: dict[Any, Any]) -> builtins.list[dict[Any, Any]]: ...
    def offers(self, node: dict[Any, Any], pipeline: str) -> bool: ...
    def client(self, node: dict[Any, Any]) -> AsyncRemoteClient:
        "The client for a node, for use on the running event loop. The directory closes it."
    async def aclose(self) -> None:
        "Close the clients of the running loop."
    def close(self) -> None:
        """Close the clients of every loop that is still running.

        Blocks; on one of those loops, await `aclose` instead."""
    def change(self, node_id: str, **facts: Any) -> dict[Any, Any]:
        "Change some facts of a node on record, and keep what others have changed meanwhile. Raises `UnknownNode`."
    async def check(self, node: dict[Any, Any], timeout: float = 2.0) -> bool:
        "Find out how a node is doing. Never raises for its faults: they are in `state`."
    async def check_cached(self, node: dict[Any, Any], max_age: float = 5.0) -> bool:
        "The latest check, or a new one. However many ask at once, the node is checked once."
    def reload(self) -> None:
        "Take in what others have put on record meanwhile, such as an import."
    async def watch(self, every: float = 5.0) -> None:
        "Check all nodes, again and again, until cancelled: at once, and then spread over a part of the pause."
    def start(self, every: float = 5.0) -> Callable[[], None]:
        "`watch` on a thread of its own."
    def drain(self, node_id: str, on: bool = True) -> dict[Any, Any]:
        "Send no new jobs to a node. Repeating it changes nothing. Raises `UnknownNode`."
    def why_unfit(
        self,
        node: dict[Any, Any],
        pipeline: str | None = None,
        labels: dict[Any, Any] | None = None,
    ) -> str | None:
        "Why a job cannot go to a node."
    def pick(
        self,
        pipeline: str | None = None,
        labels: dict[Any, Any] | None = None,
        avoid: Collection[str] = (),
    ) -> dict[Any, Any]:
        """A node for new work.

        Raises `InvalidInput` when none is on record, `NodeUnreachable` (not begun) when none will do."""

ANSWER: float

RECORD_SEEN: float

def is_drained(node: dict[Any, Any]) -> bool: ...

def missing_labels(node: dict[Any, Any], labels: dict[Any, Any] | None) -> list[str]:
    "The labels that a node lacks."
