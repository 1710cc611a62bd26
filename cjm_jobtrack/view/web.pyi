# Made by tools/stubs.py: do not edit.
"""The web page of a node or manager: its jobs, live, in any browser, on a desktop or a phone

Docs: https://cj-mills.github.io/cjm-jobtrack/view/web.html.md"""

from fastapi import FastAPI
from typing import Any

__all__ = [
    'HEADERS', 'page_files', 'mount_page']

HEADERS: Any

def page_files() -> dict[str, tuple[bytes, str]]:
    "The files of the page."

def mount_page(app: FastAPI) -> FastAPI:
    "Serve the page at `/`, and its files below `/static/`."
