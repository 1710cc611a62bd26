# Made by tools/stubs.py: do not edit.
"""What may be chosen about a piece of work: typed and bounded values, placeholders, inputs

Docs: https://cj-mills.github.io/cjm-jobtrack/pipelines/params.html.md"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = [
    'PLACEHOLDERS', 'Param', 'placeholders', 'fill', 'find_input', 'is_url', 'check_url',
    'UploadNames']

@dataclass(frozen=True)
class Param:
    "One thing that may be chosen about a pipeline."
    name: str
    type: str = 'str'
    default: Any = None
    required: bool = False
    min: float | None = None
    max: float | None = None
    multiple_of: float | None = None
    choices: tuple[Any, ...] = ()
    pattern: str | None = None
    max_length: int = 1000
    description: str = ''
    aliases: tuple[str, ...] = ()
    @property
    def asks(self) -> str:
        "What a good value is, in words."
    def check(self, value: Any, field: str | None = None) -> Any:
        "A value that may be used. Raises `InvalidInput` naming the field and what it takes."

PLACEHOLDERS: tuple[str, ...]

def placeholders(template: str) -> list[str]:
    "What a template needs. Raises `ValueError` for a single brace."

def fill(template: str, values: Mapping[Any, Any]) -> str:
    "A template with its placeholders filled: flags become `true` and `false`, numbers are written as in Python."

def find_input(value: str, workspace: str | Path, accepts = (), field: str = 'input') -> Path:
    "A file that may be used as input. Raises `InvalidInput` naming the field; `StoreError` when there is no workspace."

def is_url(value: Any) -> bool: ...

def check_url(value: str, hosts, field: str = 'input') -> str:
    "A URL that may be used as input. Raises `InvalidInput` naming the field."

class UploadNames:
    "Names under which files were uploaded that are stored under another."
    folder: Path
    def __init__(self, folder: str | Path) -> None: ...
    def record(self, path: Path, name: str) -> None:
        "Remember a name, if it differs from the file's. Blocks."
    def get(self, path: Path) -> str:
        "The name a file was uploaded under. Blocks."
