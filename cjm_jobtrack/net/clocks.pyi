# Made by tools/stubs.py: do not edit.
"""How far the clock of another machine is ahead of ours, and how far that measurement may be off

Docs: https://cj-mills.github.io/cjm-jobtrack/net/clocks.html.md"""

from dataclasses import dataclass
from typing import Any

__all__ = [
    'DRIFT', 'ClockSkew', 'measure_skew', 'aged', 'contradicts', 'better_skew', 'corrected',
    'skew_facts', 'read_skew']

@dataclass(frozen=True)
class ClockSkew:
    "How far the clock of another machine is ahead of ours."
    seconds: float
    error: float
    at: str

def measure_skew(sent: float, received: float, there: Any) -> ClockSkew | None:
    "The skew of another clock, from one question. Source: RFC 5905, section 8."

DRIFT: float

def aged(skew: ClockSkew) -> float:
    "The error of a measurement, with what the clocks may have drifted since."

def contradicts(old: ClockSkew, new: ClockSkew) -> bool:
    "Whether two measurements cannot both be true: one of the clocks was set in between."

def better_skew(old: ClockSkew | None, new: ClockSkew | None) -> ClockSkew | None:
    "The measurement to believe."

def corrected(instant: str, skew: ClockSkew | None) -> str:
    "An instant of another machine as our clock would have told it."

def skew_facts(skew: ClockSkew | None) -> dict[Any, Any]:
    "A measurement as it is recorded and sent."

def read_skew(facts: dict[Any, Any]) -> ClockSkew | None:
    "A measurement from the record; None when there is none."
