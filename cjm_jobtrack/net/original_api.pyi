# Made by tools/stubs.py: do not edit.
"""A second set of routes on the manager, for the pages of the original system

Docs: https://cj-mills.github.io/cjm-jobtrack/net/original_api.html.md"""

from collections.abc import Sequence
from fastapi import FastAPI
from typing import Any
from ..model.job import Job
from .directory import NodeDirectory

__all__ = [
    'api_job', 'api_node', 'add_original_api']

def api_job(
    job: Job,
    node: dict[Any, Any] | None,
    logs: str = '',
    files: Sequence[dict[Any, Any]] = (),
) -> dict[Any, Any]:
    "A job in the shape that the original's pages read."

def api_node(directory: NodeDirectory, node: dict[Any, Any], active: int) -> dict[Any, Any]:
    "A node in the shape that the original's pages read."

def add_original_api(app: FastAPI, manager) -> None:
    "Add the routes under `/api`."
