# Made by tools/stubs.py: do not edit.
"""The jobs file of the original manager, complete or cut short, as jobs of ours

Docs: https://cj-mills.github.io/cjm-jobtrack/maintenance/legacy_import.html.md"""

from typing import Any
from ..model.job import JobRecord

__all__ = [
    'read_original']

def read_original(d: dict[Any, Any]) -> tuple[JobRecord, str]:
    "A job of the original as one of ours. Raises `InvalidInput` naming the field."
