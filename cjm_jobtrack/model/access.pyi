# Made by tools/stubs.py: do not edit.
"""What a token allows, how it is kept, and what remains of what was done with it

Docs: https://cj-mills.github.io/cjm-jobtrack/model/access.html.md"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

__all__ = [
    'Scope', 'new_token', 'hash_token', 'AccessToken', 'AuditEntry']

class Scope(StrEnum):
    "What the owner of a token may do."
    READ = 'read'
    SUBMIT = 'submit'
    ADMIN = 'admin'
    def includes(self, other: Scope) -> bool: ...

def new_token() -> str:
    "A random bearer token of 256 bits. Source: RFC 6750, 2.1."

def hash_token(token: str) -> str:
    "What is kept of a token."

@dataclass(frozen=True)
class AccessToken:
    "A token as it is on record."
    name: str
    scope: Scope
    hash: str
    created_at: str
    expires_at: str | None = None
    def __post_init__(self) -> None: ...
    def to_dict(self) -> dict[Any, Any]:
        "What may be shown."
    def is_expired(self, at: str) -> bool:
        "Whether it is of no more use."

@dataclass(frozen=True)
class AuditEntry:
    "Who did what, and what came of it. Never holds a token."
    at: str
    actor: str
    address: str
    request_id: str
    action: str
    subject: str
    outcome: str
    def to_dict(self) -> dict[Any, Any]: ...
