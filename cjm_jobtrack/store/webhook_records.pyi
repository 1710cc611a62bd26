# Made by tools/stubs.py: do not edit.
"""Who is told when jobs end, and how far each receiver has been told

Docs: https://cj-mills.github.io/cjm-jobtrack/store/webhook_records.html.md"""

from dataclasses import dataclass
from typing import Any
from .database import Database

__all__ = [
    'ENDS', 'WEBHOOK_WRITES', 'Webhook', 'WebhookRecords']

ENDS: tuple[str, ...]

@dataclass(frozen=True)
class Webhook:
    "A receiver of events, as it is on record."
    name: str
    url: str
    secret: str
    cursor: int = 0
    events: tuple[str, ...] = ...
    is_private: bool = False
    created_at: str | None = None
    tries: int = 0
    due_at: str | None = None
    failing_since: str | None = None
    problem: str | None = None
    first_skipped: int | None = None
    is_disabled: bool = False
    def __post_init__(self) -> None: ...
    def to_dict(self) -> dict[Any, Any]:
        "What may be shown."

WEBHOOK_WRITES: tuple[str, ...]

class WebhookRecords(Database):
    "The part of `JobStore` that is about receivers of events."
    def add_webhook(self, hook: Webhook) -> bool:
        "Put a receiver on record."
    def list_webhooks(self) -> list[Webhook]:
        "All receivers."
    def move_webhook(self, hook: Webhook, **changes: Any) -> bool:
        "Change a receiver, if its cursor has not moved."
    def delete_webhook(self, name: str) -> bool:
        "Tell a receiver no more."
