# Made by tools/stubs.py: do not edit.
"""How the parts of a queue tell it that something happened, without knowing the queue

Docs: https://cj-mills.github.io/cjm-jobtrack/queue/signals.html.md"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from ..model.job import Job

__all__ = [
    'RoundStarted', 'SlotFreed', 'AttemptLost', 'LeaseExpired', 'WaitTimedOut', 'Signals']

@dataclass(frozen=True, slots=True)
class RoundStarted:
    "`GroupCommit` begins a round: what is added now is written in the same transaction."

@dataclass(frozen=True, slots=True)
class SlotFreed:
    "`AttemptManager`: the work of a job is over, so its slot and its resources are free."
    job_id: str

@dataclass(frozen=True, slots=True)
class AttemptLost:
    "`AttemptManager`: the record says that another queue has this attempt."
    attempt: Any

@dataclass(frozen=True, slots=True)
class LeaseExpired:
    "`LeaseHolder`: other queues consider this one dead. The only signal that may come from any thread."

@dataclass(frozen=True, slots=True)
class WaitTimedOut:
    "`Admission`: a job has waited for as long as its `queue_timeout` allows."
    job: Job
    limit: float

class Signals:
    "The channel from the parts of one queue to the queue."
    def __init__(self) -> None: ...
    def subscribe(self, handlers: dict[type[Any], Callable[[Any], Any]]) -> None:
        "Have these handlers called from now on."
    def publish(self, signal: Any) -> None:
        "Call the handler of this signal, if there is one. Raises what it raises."
