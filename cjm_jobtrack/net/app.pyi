# Made by tools/stubs.py: do not edit.
"""The HTTP application of a node or a manager: access checks, routes, errors, and a description of its answers

Docs: https://cj-mills.github.io/cjm-jobtrack/net/app.html.md"""

from fastapi import FastAPI
from typing import Any
from ..server.access import AccessPolicy
from ..server.audit import AuditTrail
from ..server.rate_limits import RateLimiter
from ..server.service import Service

__all__ = [
    'NO_ROOM', 'client_address', 'AccessMiddleware', 'answers_of', 'describe_answers', 'make_app']

def client_address(scope) -> str:
    "The address of the connection that a request came on; '' when there is none."

class AccessMiddleware:
    """ASGI middleware that refuses what the policy refuses.

    Says in `scope['has_token']` whether the request has the token."""
    app: Any
    policy: AccessPolicy
    trail: AuditTrail | None
    limiter: RateLimiter | None
    def __init__(
        self,
        app,
        policy: AccessPolicy,
        trail: AuditTrail | None = None,
        limiter: RateLimiter | None = None,
    ) -> None: ...
    async def __call__(self, scope, receive, send) -> Any: ...

NO_ROOM: Any

def answers_of(method: str, path: str) -> list[int]:
    "What a call may be answered with besides its good answer."

def describe_answers(app: FastAPI) -> None:
    "Let an application describe what it really answers, and give each call a name of its own."

def make_app(service: Service) -> FastAPI:
    "The HTTP application of a server."
