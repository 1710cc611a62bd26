# Made by tools/stubs.py: do not edit.
"""What an engine cannot know: whose its containers are, how far each attempt got, and which folders a container's user has

Docs: https://cj-mills.github.io/cjm-jobtrack/containers/files.html.md"""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from ..model.job import Job

__all__ = [
    'default_folder', 'AttemptMarkers', 'parse_user', 'check_readable', 'make_folder',
    'remove_empty', 'FolderGrants']

def default_folder() -> Path:
    "Where a runner keeps its files by default. Source: XDG Base Directory Specification 0.8."

class AttemptMarkers:
    "Marker files of attempts, in one folder per attempt. Safe from any thread and process."
    folder: Path
    def __init__(self, folder: Path) -> None: ...
    def folder_of(self, job: Job) -> Path:
        "The folder of an attempt. Raises `InvalidInput` for an id that cannot be part of a path."
    def write(self, job: Job, name: str, data: dict[Any, Any] | None = None) -> None:
        "Write a marker, whole or not at all. Raises `StoreError`."
    def read(self, job: Job, name: str) -> dict[Any, Any] | None:
        "The details in a marker."
    def has(self, job: Job, *names: str) -> bool:
        "Whether the attempt has any of these markers."
    def delete(self, job: Job) -> None:
        "Delete the markers of an attempt, unless they belong to another job of the same id."

def parse_user(user: str | None) -> tuple[int, int] | None:
    "The numbers of a user."

def check_readable(path: str, user: str) -> None:
    "Raises `InvalidInput` if the user cannot read the file or enter the folder, whose contents are not checked."

def make_folder(path: str) -> list[Path]:
    "Make a folder and its parents. Raises `InvalidInput` naming `output_dir`."

def remove_empty(folders: list[Path]) -> None:
    "Remove folders, except those with something in them."

class FolderGrants:
    """Folders whose owner is changed for as long as containers write to them.

    Only root can do so; for others nothing changes. Safe from any thread and process."""
    folder: Path
    def __init__(self, folder: Path) -> None: ...
    def all(self, near: str = '') -> list[str]:
        "Folders that are granted, outermost first; with `near`, only those that overlap it."
    def revoke(self, path: str, in_use: Callable[[], bool]) -> None:
        "Revoke a grant unless it is in use. Blocks; does not follow links. Raises `OSError`."
    def grant(self, path: str, user: str, in_use: Callable[[str], bool] = ...) -> None:
        "Blocks. Raises `InvalidInput` while another user has the folder, `StoreError` if it cannot be changed."
