# Made by tools/stubs.py: do not edit.
"""`pipelines` and `nodes` show what a server has

Docs: https://cj-mills.github.io/cjm-jobtrack/cli/nodes.html.md"""

import typer
from typing import Annotated, Any, TypeAlias
from ..net.client import RemoteClient
from .app import Commands
from .options import AsJson, TokenFile, Url

__all__ = [
    'commands', 'nodes_app', 'NodeName', 'Labels', 'pipelines', 'call', 'find_node', 'nodes',
    'read_address', 'read_node_option', 'add_node', 'remove_node', 'changed_labels', 'label_node',
    'drain_node', 'undrain_node', 'adopt_node']

commands: Commands

def pipelines(as_json: AsJson = False, url: Url = 'here', token_file: TokenFile = None) -> Any:
    "List the pipelines that can be asked for."

def call(client: RemoteClient, method: str, path: str, body: dict[Any, Any] | None = None) -> Any:
    "Call a manager. Raises `InvalidInput` when the server is a node."

def find_node(client: RemoteClient, name: str) -> dict[Any, Any]:
    "A node of a manager. Raises `UnknownNode`."

nodes_app: Commands

def nodes(
    ctx: typer.Context,
    as_json: AsJson = False,
    url: Url = 'here',
    token_file: TokenFile = None,
) -> Any:
    "List the nodes of a manager, and check whether each is online."

def read_address(address: str, name: str | None = None) -> dict[Any, Any]:
    "A node as a manager records it. Raises `InvalidInput`."

def read_node_option(word: str) -> dict[Any, Any]:
    "A node named where a manager is started. Raises `InvalidInput` that says what to type."

NodeName: TypeAlias = Annotated[str, ...]

Labels: TypeAlias = Annotated[list[str], ...]

def add_node(
    address: Annotated[str, ...],
    name: Annotated[str | None, ...] = None,
    label: Labels = [],
    as_json: AsJson = False,
    url: Url = 'here',
    token_file: TokenFile = None,
) -> Any:
    "Add a node to the manager's record."

def remove_node(name: NodeName, url: Url = 'here', token_file: TokenFile = None) -> None:
    "Remove a node from the record. Refused while it runs jobs."

def changed_labels(labels: dict[str, str], words: list[str]) -> dict[str, str]:
    "Raises `InvalidInput` for a label that is to be removed and is not there."

def label_node(
    name: NodeName,
    words: Annotated[list[str], ...],
    url: Url = 'here',
    token_file: TokenFile = None,
) -> None:
    "Set and remove labels of a node."

def drain_node(name: NodeName, url: Url = 'here', token_file: TokenFile = None) -> None:
    "Send no new jobs to a node; those that it has go on."

def undrain_node(name: NodeName, url: Url = 'here', token_file: TokenFile = None) -> None:
    "Let a drained node take new jobs again."

def adopt_node(
    name: NodeName,
    old_id: Annotated[str, ...],
    as_json: AsJson = False,
    url: Url = 'here',
    token_file: TokenFile = None,
) -> Any:
    "Let a node take the place of one of the original manager, so that the files of its jobs are found."
