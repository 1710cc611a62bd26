# Made by tools/stubs.py: do not edit.
"""Where jobs and their events are kept, so that they outlive the kernel, the server and the power

Docs: https://cj-mills.github.io/cjm-jobtrack/store/store.html.md"""

import builtins
import sqlalchemy as sa
from collections.abc import Iterable
from typing import Any
from ..model.job import EndedJob, Job, JobEvent, JobRecord, JobStatus, Lease
from .access_records import AccessRecords
from .webhook_records import WebhookRecords

__all__ = [
    'WRITES', 'JobStore']

class JobStore(AccessRecords, WebhookRecords):
    """Jobs, events, leases and nodes in a database. Safe from any thread; several processes may share one.

    Raises `StoreError` when the database cannot be opened, is damaged, is not ours, or has a newer schema.
    It is then left as it is."""
    shared: bool
    tables: sa.MetaData
    version_of_tables: int
    def apply(self, ops: builtins.list[Any]) -> builtins.list[Any]:
        """Write all of this in one transaction.

        An operation that finds nothing to write does not keep the others from theirs.
        A value that cannot be stored undoes all and raises `StoreError`."""
    def add(
        self,
        job: Job,
        data: dict[Any, Any] | None = None,
        *,
        queued: bool = False,
        batch: str | None = None,
    ) -> JobEvent | None:
        "Store a job."
    def move(
        self,
        job_id: str,
        expect: tuple[JobStatus, int] | None,
        changes: dict[str, Any],
        type: str,
        at: str,
        data: dict[Any, Any] | None = None,
        attempt: int | None = None,
        *,
        lease: int | None = None,
    ) -> JobEvent | None:
        "Compare and set, with an event, in one transaction."
    def update(
        self,
        job_id: str,
        changes: dict[str, Any],
        *,
        attempt: int | None = None,
        lease: int | None = None,
    ) -> bool:
        "Write fields of a live job without an event. `metadata` is the caller's own and can be written at any time."
    def events(
        self,
        after: int = 0,
        job_id: str | None = None,
        limit: int | None = None,
    ) -> builtins.list[JobEvent]:
        "What happened since."
    def last_seq(self) -> int:
        "The cursor that has seen everything in the store."
    def get(self, job_id: str) -> Job | None:
        "One job."
    def get_many(self, job_ids: Iterable[str]) -> dict[str, Job]:
        "Several jobs."
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
    ) -> builtins.list[Job]:
        "Stored jobs. Raises `InvalidInput` for an instant or a value that cannot be compared."
    def counts(self, batch: str | None = None) -> dict[str, int]:
        "How many jobs there are of each status."
    def open_lease(self, doc: dict[Any, Any]) -> int:
        "Register a queue and return its fencing number. Source: M. Kleppmann, \"How to do distributed locking\", 2016."
    def beat(self, fence: int) -> bool:
        "Write a heartbeat."
    def close_lease(self, fence: int) -> None:
        "Give a lease back. Jobs that still run under it are for others to take over."
    def leases(self) -> builtins.list[Lease]:
        "The queues at work."
    def take_over(
        self,
        mine: int,
        runners: builtins.list[str],
        dead: Iterable[tuple[int, int]] = (),
    ) -> builtins.list[str]:
        """Take the running jobs that no living queue carries out.

        A lease given as dead is deleted if its heartbeat is still the one given. If the caller's own lease is gone,
        nothing happens; `beat` says so."""
    def submitted(self, runners: Iterable[str]) -> builtins.list[Job]:
        "Live jobs that were submitted to any queue."
    def places(self, job_ids: Iterable[str]) -> dict[str, tuple[str | None, int | None]]:
        "When jobs were submitted, and which queue carries them out."
    def select_ended(
        self,
        status: Iterable[JobStatus] | None = None,
        older_than: str | None = None,
        limit: int | None = None,
        after_num: int = 0,
        pinned: bool = False,
        before_num: int | None = None,
        settled: bool = False,
    ) -> builtins.list[EndedJob]:
        "Jobs that have ended, as candidates for `delete_many`."
    def cutoff(self, keep: int, status: Iterable[JobStatus] | None = None) -> int | None:
        "Where the newest `keep` ended jobs begin; pinned ones are not counted."
    def delete_many(self, job_ids: Iterable[str], spare_pinned: bool = False) -> int:
        """Delete ended jobs and their events, in one transaction.

        One event `deleted`, of no job, names them: `data['jobs']`."""
    def delete(self, job_id: str) -> bool:
        "Delete an ended job and its events."
    def pin(self, job_id: str, pinned: bool = True) -> bool:
        "Keep a job when old ones are deleted."
    def records(
        self,
        after_num: int = 0,
        limit: int = 200,
        status: Iterable[JobStatus] | None = None,
        metadata: dict[Any, Any] | None = None,
        **filters: Any,
    ) -> builtins.list[JobRecord]:
        "Jobs with everything that is stored about them, in one instant. Raises `InvalidInput` for what cannot be compared."
    def restore(self, records: Iterable[JobRecord]) -> builtins.list[bool]:
        "Store jobs with their events, all in one transaction."
    def put_node(self, node: dict[Any, Any]) -> None:
        "Add a node, or replace the one with this id."
    def list_nodes(self) -> builtins.list[dict[Any, Any]]:
        "All stored nodes."
    def delete_node(self, node_id: str) -> None:
        "Delete a node. Raises `UnknownNode`."
    def record_id(self) -> str:
        "What tells this store from all others, the same for everybody who uses it. Made when it is first asked for."

WRITES: tuple[str, ...]
