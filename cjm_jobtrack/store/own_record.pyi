# Made by tools/stubs.py: do not edit.
"""Where jobs are kept when nobody says where

Docs: https://cj-mills.github.io/cjm-jobtrack/store/own_record.html.md"""

from pathlib import Path

__all__ = [
    'own_record']

def own_record() -> Path:
    "The file of the user's own record. Source: XDG Base Directory Specification 0.8, by `platformdirs`."
