# Made by tools/stubs.py: do not edit.
"""A file or a server with our tables: opened with care, written to in turn, watched for what others write

Docs: https://cj-mills.github.io/cjm-jobtrack/store/database.html.md"""

import sqlalchemy as sa
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self
from ..model.errors import RecordGone

__all__ = [
    'Sqlite', 'Postgres', 'sqlite_url', 'owner_table', 'Database']

class Sqlite:
    "What is particular to SQLite."
    dialect: Any
    insert: Any
    begin_snapshot: str
    @staticmethod
    def begin(cur) -> None: ...
    @staticmethod
    def commit(cur, notify: bool) -> None: ...
    @staticmethod
    def rollback(cur) -> None: ...
    @staticmethod
    def is_broken(con) -> bool: ...
    @staticmethod
    def was_rolled_back(e) -> bool: ...
    @staticmethod
    def end_silent_writer(cur, e, seconds) -> bool: ...

class _OnDemand:
    "An attribute of a class that is made when it is first asked for."
    make: Any
    def __init__(self, make) -> None: ...
    def __get__(self, _, owner) -> Any: ...

class Postgres:
    "What is particular to PostgreSQL. Source: PostgreSQL, Appendix A, Error Codes."
    dialect: _OnDemand
    begin_snapshot: str
    @staticmethod
    def insert(table: sa.Table) -> sa.Insert: ...
    @staticmethod
    def begin(cur) -> None: ...
    @staticmethod
    def commit(cur, notify: bool) -> None: ...
    @staticmethod
    def rollback(cur) -> None: ...
    @staticmethod
    def is_broken(con) -> bool: ...
    @staticmethod
    def was_rolled_back(e) -> bool: ...
    @staticmethod
    def end_silent_writer(cur, e, seconds) -> bool:
        "End the session that has the lock and has been silent for so long. True: there was one."

def sqlite_url(file: str | Path) -> sa.URL:
    "The URL of an SQLite file. `Database.file` is the way back."

def owner_table(tables: sa.MetaData) -> sa.Table:
    "The table that says whose database this is, and which version of its tables."

class Database:
    """A database with our tables; a base class. Safe from any thread; several processes may share one.

    Raises `StoreError` when the database cannot be opened, is damaged, is not ours, or has a newer schema.
    It is then left as it is."""
    tables: sa.MetaData
    version_of_tables: int
    upgrades: dict[int, Callable[..., Any]]
    url: sa.URL
    display_url: str
    file: Path | None
    engine: sa.Engine
    def __init__(
        self,
        url: str | Path | sa.URL = 'sqlite:///jobs.db',
        *,
        durability: str = 'normal',
        timeout: float = 10.0,
    ) -> None: ...
    def __repr__(self) -> str: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...
    @property
    def record_gone(self) -> RecordGone | None:
        "Why nothing more is written, when what is open is not what others would open."
    def version(self) -> int:
        """A number that differs after others have written. Cheap enough to ask for often.

        Source: https://sqlite.org/pragma.html#pragma_data_version."""
    def wait_change(self, timeout: float, since: int | None = None) -> bool:
        "Wait until others have written. `interrupt` and `close` end the wait."
    def interrupt(self) -> None:
        "End a `wait_change` in another thread, or else the next one."
    def close(self) -> None:
        "Close all connections. Further calls open the database again."
    def backup(self, path: str | Path) -> None:
        """Copy the database as it is now into a new file, even if its own was deleted while open.

        SQLite only. Blocks nobody."""
