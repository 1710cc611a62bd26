# Made by tools/stubs.py: do not edit.
"""Test a runner against everything that the contract promises, with real jobs

Docs: https://cj-mills.github.io/cjm-jobtrack/runners/conformance.html.md"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias
from ..tracker.tracker import JobTracker
from .runner import Runner

__all__ = [
    'Trial', 'ConformanceJobs', 'ConformanceReport', 'check_runner']

@dataclass(frozen=True, kw_only=True)
class ConformanceJobs:
    "Specs of jobs to test a runner with. A promise that needs a spec which is missing is not tested."
    quick: dict[Any, Any]
    endless: dict[Any, Any]
    failing: dict[Any, Any] | None = None
    failure: dict[Any, Any] = ...
    talkative: dict[Any, Any] | None = None
    says: bytes = ...
    deaf: dict[Any, Any] | None = None
    leaving: dict[Any, Any] | None = None
    leaves: dict[Any, Any] = ...
    bad: dict[Any, Any] | None = None
    many: int | None = 50

Trial: TypeAlias = ConformanceJobs

class ConformanceReport(list[str]):
    "The promises that were kept, in order; in a notebook it shows as a table."
    untried: dict[str, str]
    def __init__(self) -> None: ...

async def check_runner(
    runner: Runner,
    quick: dict[Any, Any] | ConformanceJobs,
    endless: dict[Any, Any] | None = None,
    tracker: JobTracker | None = None,
    deadline: float = 20.0,
    *,
    make: str | None = None,
    queue: Callable[..., Any] | None = None,
    only: str = '',
) -> ConformanceReport:
    """Test a runner against the promises of `Runner`, and those that its `durable` and `capabilities` claim.

    Raises `AssertionError` naming the first that is broken, and stops what it began. Takes some seconds."""
