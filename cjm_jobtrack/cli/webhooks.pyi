# Made by tools/stubs.py: do not edit.
"""`webhooks`: who is told when jobs end

Docs: https://cj-mills.github.io/cjm-jobtrack/cli/webhooks.html.md"""

from typing import Annotated, Any, TypeAlias
from .app import Commands
from .options import AsJson
from .records import Store

__all__ = [
    'commands', 'webhooks_app', 'HookName', 'HookUrl', 'add', 'list_', 'remove', 'replay']

commands: Commands

webhooks_app: Commands

HookName: TypeAlias = Annotated[str, ...]

HookUrl: TypeAlias = Annotated[str, ...]

_Events: TypeAlias = Annotated[list[str] | None, ...]

_Private: TypeAlias = Annotated[bool, ...]

def add(
    name: HookName,
    url: HookUrl,
    event: _Events = None,
    allow_private: _Private = False,
    store: Store = None,
) -> None:
    "Add a receiver and print the secret that signs what is sent, once."

def list_(store: Store = None, as_json: AsJson = False) -> Any:
    "List the receivers, without their secrets."

def remove(name: HookName, store: Store = None) -> None:
    "Tell a receiver no more."

_After: TypeAlias = Annotated[int | None, ...]

def replay(name: HookName, after: _After = None, store: Store = None) -> None:
    "Send events again, at once, also to a receiver that was disabled."
