# Made by tools/stubs.py: do not edit.
"""How often each caller may ask a server

Docs: https://cj-mills.github.io/cjm-jobtrack/server/rate_limits.html.md"""

from limits import RateLimitItem
from .access import Identity

__all__ = [
    'CALLS', 'WRONG_TOKENS', 'read_rate', 'caller', 'RateLimiter']

CALLS: str

WRONG_TOKENS: str

def read_rate(text: str | None, field: str = 'rate_limit') -> RateLimitItem | None:
    "A rate as people write it. Raises `InvalidInput`."

def caller(identity: Identity | None, address: str) -> str:
    "The name under which calls are counted."

class RateLimiter:
    "Counts the calls of each caller. Used on one event loop."
    calls: RateLimitItem | None
    wrong_tokens: RateLimitItem | None
    def __init__(
        self,
        calls: str | None = '60000/minute',
        wrong_tokens: str | None = '60/minute',
    ) -> None: ...
    async def call(self, identity: Identity | None, address: str) -> float:
        "Count a call."
    async def wrong_token(self, address: str) -> float:
        "Count a call with a token that is not valid."
