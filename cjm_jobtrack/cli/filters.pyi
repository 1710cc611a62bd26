# Made by tools/stubs.py: do not edit.
"""Options that select jobs by name, batch and time

Docs: https://cj-mills.github.io/cjm-jobtrack/cli/options.html.md"""

from typing import Annotated, TypeAlias

__all__ = [
    'Name', 'Batch', 'Since', 'Until', 'parse_when']

Name: TypeAlias = Annotated[str | None, ...]

Batch: TypeAlias = Annotated[str | None, ...]

Since: TypeAlias = Annotated[str | None, ...]

Until: TypeAlias = Annotated[str | None, ...]

def parse_when(text: str | None, field: str, at: str | None = None) -> str | None:
    "A point in time as people write it. Raises `InvalidInput` naming the option."
