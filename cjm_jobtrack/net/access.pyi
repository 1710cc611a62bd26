# Made by tools/stubs.py: do not edit.
"""Who may ask a server: bearer tokens, loopback and origins, and the address of an original manager

Docs: https://cj-mills.github.io/cjm-jobtrack/net/access.html.md"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

__all__ = [
    'is_loopback', 'check_bind', 'read_networks', 'AccessPolicy', 'Refusal', 'refusal']

def is_loopback(host: str) -> bool:
    "Whether the name means this machine only."

def check_bind(host: str, token: str | None) -> None:
    "Raises `InvalidInput` for an address that others can reach when there is no token."

def read_networks(texts: Iterable[str], field: str = 'original_from') -> tuple[Any, ...]:
    """The networks that are meant.

    Raises `InvalidInput` for a text that is none, and for one that includes every machine."""

@dataclass(frozen=True)
class AccessPolicy:
    "Decides about requests to a service."
    service: Any
    def has_token(self, headers) -> bool:
        "Whether a request has the token. Takes as long for a wrong one as for the right one."
    def admits_original(self, client: str) -> bool:
        "Whether an original manager at this address may make its calls without a token."
    def allows_original(self, method: str, path: str, client: str) -> bool:
        "Whether this is a call of the original manager, from an address that may make it."
    def hint(self, client: str) -> str:
        "What to tell a client without a token."

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
) -> Refusal | None:
    "Why a request may not go on."
