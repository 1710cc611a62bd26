# Made by tools/stubs.py: do not edit.
"""Who changed what on a server, and what came of it

Docs: https://cj-mills.github.io/cjm-jobtrack/server/audit.html.md"""

from typing import Any
from ..model.access import AuditEntry

__all__ = [
    'AuditTrail', 'is_audited', 'audit_entry']

class AuditTrail:
    "Collects entries and writes them to the record. Used on one event loop."
    store: Any
    every: float
    waiting: Any
    def __init__(self, store, every: float = 0.25) -> None: ...
    def add(self, entry: AuditEntry) -> None:
        "Add an entry; while the record cannot be written, only the oldest of them are kept."
    def flush(self) -> None:
        "Write what waits. Blocks."
    async def run(self) -> None:
        "Write now and then, until cancelled."

def is_audited(method: str | None, status: int, headers = ()) -> bool:
    "Whether a call belongs in the audit trail."

def audit_entry(scope, status: int, actor: str, address: str) -> AuditEntry:
    "What remains of a call."
