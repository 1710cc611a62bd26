# Made by tools/stubs.py: do not edit.
"""Where the logs of a record are, and where to look for those of another machine

Docs: https://cj-mills.github.io/cjm-jobtrack/tracker/job_logs.html.md"""

from pathlib import Path
from typing import Any
from ..logs.log_store import LogStore

__all__ = [
    'default_log_folder', 'JobLogs']

def default_log_folder(store) -> Path | None:
    "Where logs are kept unless the user says otherwise. Source: XDG Base Directory Specification 0.8."

class JobLogs:
    "The logs of a record. Cheap to create: the folder is chosen at first use."
    store: Any
    lock: Any
    is_custom: bool
    def __init__(self, store, lock, logs: str | Path | LogStore | None = None) -> None: ...
    @property
    def may_exist(self) -> bool:
        "Whether there is a folder that may have logs in it."
    @property
    def log_store(self) -> LogStore: ...
    def close(self) -> None: ...
    def location(self) -> dict[Any, Any] | None:
        "Where others must look for the logs, as recorded in the journal."
    def find(self, job_id: str, attempt: int, location: dict[Any, Any] | None) -> LogStore | str:
        "The logs of an attempt that is not in the own ones."
