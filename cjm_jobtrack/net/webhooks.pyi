# Made by tools/stubs.py: do not edit.
"""Tell receivers on the web when jobs end: signed, again until they have it, whatever happens to the server

Docs: https://cj-mills.github.io/cjm-jobtrack/net/webhooks.html.md"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from ..model.job import Job, JobEvent
from ..store.webhook_records import Webhook

__all__ = [
    'PAUSES', 'LIMIT', 'PAGE', 'POLL', 'is_allowed', 'resolve', 'new_webhook', 'message',
    'signed_headers', 'pause_after', 'post', 'WebhookSender']

def is_allowed(address: str, is_private: bool) -> bool:
    "Whether a receiver may be there. Source: IANA special-purpose address registries, as `ipaddress` has them."

async def resolve(host: str, port: int, is_private: bool) -> str:
    "Where a receiver is now. Raises `OSError` when it is unknown, or at an address that is refused."

def new_webhook(
    name: str,
    url: str,
    *,
    cursor: int = 0,
    is_private: bool = False,
    **options: Any,
) -> Webhook:
    "A receiver with a new secret. Raises `InvalidInput` naming the field."

def message(event: JobEvent, job: Job | None) -> str:
    "What a receiver is told of an event: facts about the job, without its log, parameters and results."

def signed_headers(hook: Webhook, message_id: str, at: datetime, body: str) -> dict[str, str]:
    "The headers that prove who sent a message. Source: Standard Webhooks 1.0, Signature scheme."

PAUSES: tuple[int, ...]

def pause_after(tries: int, wanted: float = 0.0, jitter: float = 0.0) -> float | None:
    "How long to wait before an event is sent again."

LIMIT: float

async def post(hook: Webhook, body: str, headers: dict[str, str]) -> tuple[int, float]:
    "Send once, following no redirect and reading no body. Raises `OSError`, `TimeoutError`."

PAGE: int

POLL: float

class WebhookSender:
    "Tells the receivers of a record, each in a task of its own. Belongs to one event loop."
    store: Any
    send: Callable[..., Awaitable[tuple[int, float]]]
    clock: Callable[[], str]
    jitter: Callable[[], float]
    def __init__(
        self,
        store: Any,
        *,
        send: Callable[..., Awaitable[tuple[int, float]]] = ...,
        clock: Callable[[], str] = ...,
        jitter: Callable[[], float] = ...,
    ) -> None: ...
    async def step(self, hook: Webhook) -> bool:
        "Tell a receiver of its next event, if one is due."
    async def run(self) -> None:
        "Tell all receivers, until cancelled."
