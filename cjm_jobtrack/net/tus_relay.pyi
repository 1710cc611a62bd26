# Made by tools/stubs.py: do not edit.
"""Resumable uploads by way of a manager: each part goes on to the node as it comes

Docs: https://cj-mills.github.io/cjm-jobtrack/net/tus_relay.html.md"""

from fastapi import FastAPI
from typing import Any

__all__ = [
    'relayed_id', 'split_id', 'add_tus_relay']

def relayed_id(node_id: str, upload_id: str) -> str: ...

def split_id(id: str) -> tuple[str, str]:
    "Raises `HTTPException` 404 for what cannot be one."

def add_tus_relay(app: FastAPI, manager: Any) -> None:
    "Let a manager take resumable uploads for its nodes."
