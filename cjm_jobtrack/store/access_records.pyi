# Made by tools/stubs.py: do not edit.
"""Tokens and the audit trail, in the database of the jobs

Docs: https://cj-mills.github.io/cjm-jobtrack/store/access_records.html.md"""

from collections.abc import Iterable
from ..model.access import AccessToken, AuditEntry
from .database import Database

__all__ = [
    'ACCESS_WRITES', 'MAX_AUDIT', 'AccessRecords']

ACCESS_WRITES: tuple[str, ...]

class AccessRecords(Database):
    "The part of `JobStore` that is about tokens and the audit trail."
    def add_token(self, token: AccessToken) -> bool:
        "Put a token on record."
    def list_tokens(self) -> list[AccessToken]:
        "All tokens, also expired ones."
    def delete_token(self, name: str) -> bool:
        "Revoke a token."
    def add_audit(self, entries: Iterable[AuditEntry], keep: int = 100000) -> None:
        "Add to the audit trail."
    def list_audit(
        self,
        since: str | None = None,
        actor: str | None = None,
        limit: int = 1000,
    ) -> list[AuditEntry]:
        "The audit trail."

MAX_AUDIT: int
