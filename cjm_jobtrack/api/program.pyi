# Made by tools/stubs.py: do not edit.
"""A command line as a request

Docs: https://cj-mills.github.io/cjm-jobtrack/api/program.html.md"""

import os
from collections.abc import Iterable
from typing import Any
from .request import Request

__all__ = [
    'expand_home', 'LiteralWord', 'GlobWord', 'program_words', 'absolute_path', 'program_request',
    'fill_words']

def expand_home(text: str) -> str:
    "A text with `~` at its beginning expanded as in a shell, unless it is a `LiteralWord`."

class LiteralWord(str):
    "A word that is taken as it is: `~` in it means nothing, because a shell has read it already."

class GlobWord(str):
    "A word with `*`, `?` or `[` outside of quotes: it stands for the files that it fits."

def program_words(what: str | os.PathLike[Any] | Iterable[Any], args: tuple[Any, ...]) -> list[str]:
    "The words of a program, with `~` expanded as in a shell. Raises `InvalidInput`."

def absolute_path(path: str | os.PathLike[Any]) -> str: ...

def program_request(words: list[str], outputs = None, cwd = None, **fields: Any) -> Request:
    "A program. Raises `InvalidInput`, also if there is no such program here."

def fill_words(words: list[str], value: Any) -> list[str]:
    "The words of a program for one input. Raises `InvalidInput` when it has no place for one."
