# Made by tools/stubs.py: do not edit.
"""Who may ask a server: bearer tokens, loopback and origins, and the address of an original manager

Docs: https://cj-mills.github.io/cjm-jobtrack/server/access.html.md"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from ..model.access import AccessToken, Scope

__all__ = [
    'ANYBODY', 'OWNER', 'is_loopback', 'check_bind', 'read_networks', 'TokenBook', 'Identity',
    'AccessPolicy', 'is_original_call', 'required_scope', 'Refusal', 'refusal']

def is_loopback(host: str) -> bool:
    "Whether the name means this machine only."

def check_bind(host: str, token: str | None) -> None:
    "Raises `InvalidInput` for an address that others can reach when there is no token."

def read_networks(texts: Iterable[str], field: str = 'original_from') -> tuple[Any, ...]:
    """The networks that are meant.

    Raises `InvalidInput` for a text that is none, and for one that includes every machine."""

class TokenBook:
    """The tokens on record, read again when they are older than `max_age`: a token that is revoked is soon of no use.

    While the record cannot be read, those last read are what counts."""
    store: Any
    max_age: float
    clock: Callable[[], float]
    def __init__(self, store, max_age: float = 0.5, clock: Callable[[], float] = ...) -> None: ...
    @property
    def is_stale(self) -> bool: ...
    def __bool__(self) -> bool: ...
    def refresh(self) -> None:
        "Read the record, if it is time to. Blocks."
    def find(self, token: str) -> AccessToken | None:
        "The token on record, even if it has expired. Looked up by its hash, so the time it takes says nothing."

@dataclass(frozen=True)
class Identity:
    "Who sends a request."
    name: str
    scope: Scope
    token: AccessToken | None = None

ANYBODY: Identity

OWNER: Identity

@dataclass(frozen=True)
class AccessPolicy:
    "Decides about requests to a service."
    service: Any
    tokens: TokenBook | None = None
    @property
    def is_guarded(self) -> bool: ...
    def shown_token(self, headers) -> AccessToken | None:
        "The token on record that a request shows."
    def identify(self, headers) -> Identity | None:
        "Who sends a request. Takes as long for a wrong token as for the right one."
    def admits_original(self, client: str) -> bool:
        "Whether an original manager at this address may make its calls without a token."
    def allows_original(self, method: str, path: str, client: str) -> bool:
        "Whether this is a call of the original manager, from an address that may make it."
    def hint(self, client: str) -> str:
        "What to tell a client without a token."

def is_original_call(method: str, path: str) -> bool:
    "Whether the original manager makes this call."

def required_scope(method: str, path: str) -> Scope:
    "What a call needs."

@dataclass(frozen=True)
class Refusal:
    "Why a request may not go on."
    status: int
    message: str
    field: str

def refusal(
    policy: AccessPolicy,
    method: str,
    path: str,
    headers,
    client: str = '',
    identify: Callable[[], Identity | None] | None = None,
) -> Refusal | None:
    "Why a request may not go on."
