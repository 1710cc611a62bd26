# Made by tools/stubs.py: do not edit.
"""When to try a failed job again, how long to wait, and what a job requires of a queue

Docs: https://cj-mills.github.io/cjm-jobtrack/model/retry.html.md"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from .job import Failure

__all__ = [
    'REQUIREMENT_KEYS', 'retry_delay', 'check_seconds', 'RetryPolicy', 'QueueRequirements',
    'read_resources', 'read_requirements']

def retry_delay(
    attempt: int,
    base: float = 1.0,
    cap: float = 60.0,
    jitter: Callable[[], float] = ...,
) -> float:
    """Exponential backoff with a ceiling and equal jitter.

    Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015 ("equal jitter")."""

def check_seconds(field: str, value: Any, minimum: float = 0.0, exclusive: bool = False) -> float:
    "A duration in seconds. Raises `InvalidInput` naming the field."

@dataclass(frozen=True)
class RetryPolicy:
    """When a failed attempt is followed by another, and after how long.

    Raises `InvalidInput` for waits that make no sense."""
    base: float = 1.0
    cap: float = 60.0
    final: frozenset[Any] = ...
    def __post_init__(self) -> None: ...
    def delay(self, attempt: int) -> float: ...
    def should_retry(self, failure: Failure) -> bool:
        "Whether another attempt may end better, and does no harm."

@dataclass(frozen=True)
class QueueRequirements:
    "What a job requires of the queue that runs it."
    resources: dict[Any, Any] = ...
    queue_timeout: float | None = None
    stall_timeout: float | None = None

REQUIREMENT_KEYS: Any

def read_resources(table: dict[Any, Any] | None, field: str = 'resources') -> dict[str, int]:
    "Amounts of named resources. Raises `InvalidInput`."

def read_requirements(
    *tables: dict[Any, Any],
    default: QueueRequirements = ...,
) -> QueueRequirements:
    "The requirements of a job. Raises `InvalidInput` naming the key."
