# Made by tools/stubs.py: do not edit.
"""All statements of the store, written once and turned into text once for each database

Docs: https://cj-mills.github.io/cjm-jobtrack/store/statements.html.md"""


__all__ = [
    'MAX_TEXT']

MAX_TEXT: int
