# Made by tools/stubs.py: do not edit.
"""`tokens` and `audit`: who may use a server, and what they did

Docs: https://cj-mills.github.io/cjm-jobtrack/cli/tokens.html.md"""

from typing import Annotated, Any, TypeAlias
from ..model.access import Scope
from .app import Commands
from .options import AsJson
from .records import Store

__all__ = [
    'commands', 'tokens_app', 'TokenName', 'TokenScope', 'Expires', 'expiry', 'add', 'list_',
    'revoke', 'audit']

commands: Commands

tokens_app: Commands

TokenName: TypeAlias = Annotated[str, ...]

TokenScope: TypeAlias = Annotated[Scope, ...]

Expires: TypeAlias = Annotated[str | None, ...]

def expiry(text: str | None) -> str | None:
    "When a token expires. Raises `InvalidInput` naming `--expires`."

def add(
    name: TokenName,
    scope: TokenScope = ...,
    expires: Expires = None,
    store: Store = None,
) -> None:
    "Make a token and print it, once: only its hash is kept."

def list_(store: Store = None, as_json: AsJson = False) -> Any:
    "List the tokens, without what is secret of them."

def revoke(name: TokenName, store: Store = None) -> None:
    "Make a token useless, within a second."

_Actor: TypeAlias = Annotated[str | None, ...]

_SinceThen: TypeAlias = Annotated[str | None, ...]

_Limit: TypeAlias = Annotated[int, ...]

def audit(
    since: _SinceThen = None,
    actor: _Actor = None,
    limit: _Limit = 1000,
    store: Store = None,
    as_json: AsJson = False,
) -> Any:
    "Who changed what on a server, and what came of it, oldest first."
