# Made by tools/stubs.py: do not edit.
"""What a refusal of the engine means, how a container ended, and when it may be removed: rules, without an engine

Docs: https://cj-mills.github.io/cjm-jobtrack/containers/outcome.html.md"""

from dataclasses import dataclass
from typing import Any
from ..runners.outcome import Outcome

__all__ = [
    'container_outcome', 'ReapResult']

def container_outcome(
    state: dict[Any, Any],
    last_lines: list[str],
    invalid_exit = (),
    memory: int | None = None,
    **facts: Any,
) -> Outcome:
    "How a container ended. Source: Docker Engine API v1.41, ContainerInspect, `State`."

@dataclass(frozen=True)
class ReapResult:
    "What the reaper found about one container, and did with it."
    container: str
    job_id: str
    attempt: int
    state: str
    action: str
    why: str
