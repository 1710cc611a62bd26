# Made by tools/stubs.py: do not edit.
"""A name for every request, which its answer, its errors and its log lines have in common

Docs: https://cj-mills.github.io/cjm-jobtrack/server/request_ids.html.md"""

import logging
from typing import Any

__all__ = [
    'HEADER', 'choose_request_id', 'current_request_id', 'request_id_headers',
    'RequestIdMiddleware', 'RequestFormatter']

HEADER: str

def choose_request_id(header: str | None) -> str:
    "The client's id if it can be used, else a new one."

def current_request_id() -> str | None:
    "The id of the request that is being served."

def request_id_headers() -> dict[str, str]:
    "What is sent to another server that is asked on behalf of this request."

class RequestIdMiddleware:
    "ASGI middleware that gives each request an id, and each answer a header with it."
    app: Any
    def __init__(self, app) -> None: ...
    async def __call__(self, scope, receive, send) -> Any: ...

class RequestFormatter(logging.Formatter):
    "Names the request in each line that is logged while one is served."
    def formatMessage(self, record) -> Any: ...
