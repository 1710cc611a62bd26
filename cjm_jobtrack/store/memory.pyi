# Made by tools/stubs.py: do not edit.
"""What a store promises, kept in this process: for a first look, for tests, and for work that nobody needs to remember

Docs: https://cj-mills.github.io/cjm-jobtrack/store/memory.html.md"""

import builtins
from collections.abc import Iterable
from typing import Any
from ..model.access import AccessToken, AuditEntry
from ..model.errors import RecordGone
from ..model.job import EndedJob, Job, JobEvent, JobRecord, JobStatus, Lease

__all__ = [
    'MemoryStore']

class MemoryStore:
    "The calls of `JobStore`, kept in this process and gone with it."
    shared: bool
    record_gone: RecordGone | None
    def __init__(self) -> None: ...
    def apply(self, writes: builtins.list[Any]) -> builtins.list[Any]: ...
    def add(
        self,
        job: Job,
        data: dict[Any, Any] | None = None,
        *,
        queued: bool = False,
        batch: str | None = None,
    ) -> JobEvent | None: ...
    def move(
        self,
        job_id: str,
        expect: tuple[JobStatus, int] | None,
        changes: dict[Any, Any],
        type: str,
        at: str,
        data: dict[Any, Any] | None = None,
        attempt: int | None = None,
        *,
        lease: int | None = None,
    ) -> JobEvent | None: ...
    def update(
        self,
        job_id: str,
        changes: dict[Any, Any],
        *,
        attempt: int | None = None,
        lease: int | None = None,
    ) -> bool: ...
    def get(self, job_id: str) -> Job | None: ...
    def get_many(self, job_ids: Iterable[str]) -> dict[str, Job]: ...
    def list(
        self,
        status: Iterable[JobStatus] | None = None,
        limit: int | None = None,
        before: str | None = None,
        name: str | None = None,
        node: str | None = None,
        batch: str | None = None,
        since: str | None = None,
        until: str | None = None,
        metadata: dict[Any, Any] | None = None,
        pinned: bool | None = None,
        runner: str | None = None,
        text: str | None = None,
    ) -> builtins.list[Job]: ...
    def counts(self, batch: str | None = None) -> dict[str, int]: ...
    def events(
        self,
        after: int = 0,
        job_id: str | None = None,
        limit: int | None = None,
    ) -> builtins.list[JobEvent]: ...
    def last_seq(self) -> int: ...
    def delete_many(self, job_ids: Iterable[str], spare_pinned: bool = False) -> int: ...
    def delete(self, job_id: str) -> bool: ...
    def pin(self, job_id: str, pinned: bool = True) -> bool: ...
    def select_ended(
        self,
        status: Iterable[JobStatus] | None = None,
        older_than: str | None = None,
        limit: int | None = None,
        after_num: int = 0,
        pinned: bool = False,
        before_num: int | None = None,
        settled: bool = False,
    ) -> builtins.list[EndedJob]: ...
    def cutoff(self, keep: int, status: Iterable[JobStatus] | None = None) -> int | None: ...
    def records(self, after_num: int = 0, limit: int = 200, **filters: Any) -> builtins.list[JobRecord]: ...
    def restore(self, records: Iterable[JobRecord]) -> builtins.list[bool]: ...
    def open_lease(self, doc: dict[Any, Any]) -> int: ...
    def beat(self, fence: int) -> bool: ...
    def close_lease(self, fence: int) -> None: ...
    def leases(self) -> builtins.list[Lease]: ...
    def submitted(self, runners: Iterable[str]) -> builtins.list[Job]: ...
    def places(self, job_ids: Iterable[str]) -> dict[str, tuple[str | None, int | None]]: ...
    def take_over(
        self,
        mine: int,
        runners: builtins.list[str],
        dead: Iterable[tuple[int, int]] = (),
    ) -> builtins.list[str]: ...
    def put_node(self, node: dict[Any, Any]) -> None: ...
    def list_nodes(self) -> builtins.list[dict[Any, Any]]: ...
    def delete_node(self, node_id: str) -> None: ...
    def close(self) -> None: ...
    def add_token(self, token: AccessToken) -> bool: ...
    def list_tokens(self) -> builtins.list[AccessToken]: ...
    def delete_token(self, name: str) -> bool: ...
    def add_audit(self, entries: Iterable[AuditEntry], keep: int = 100000) -> None: ...
    def list_audit(
        self,
        since: str | None = None,
        actor: str | None = None,
        limit: int = 1000,
    ) -> builtins.list[AuditEntry]: ...
