# Made by tools/stubs.py: do not edit.
"""Which process something belongs to, and whether that process has ended

Docs: https://cj-mills.github.io/cjm-jobtrack/runners/identity.html.md"""

from typing import Any

__all__ = [
    'this_process', 'is_identity', 'is_same_process', 'has_ended']

def this_process() -> dict[Any, Any]:
    "The identity of this process."

def is_identity(value) -> bool:
    "Whether a value identifies a process."

def is_same_process(a: dict[Any, Any], b: dict[Any, Any]) -> bool:
    "Whether two identities are those of one process."

def has_ended(identity: dict[Any, Any]) -> bool | None:
    "Whether a process has ended."
