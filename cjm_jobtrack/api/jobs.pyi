# Made by tools/stubs.py: do not edit.
"""Start here: `run` one job, `batch` many, and see all of them with `jobs`

Docs: https://cj-mills.github.io/cjm-jobtrack/api/jobs.html.md"""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Self
from ..model.job import Job
from ..queue.executor import JobExecutor
from ..queue.submitted_batch import SubmittedBatch
from ..queue.submitted_job import SubmittedJob
from ..view.dashboard import JobDashboard
from .keepers import BaseKeeper

__all__ = [
    'Jobs', 'Place', 'jobs', 'use', 'run', 'batch']

class Jobs:
    """The jobs on one record, and what carries them out. Nothing is started or written before the first job.

    `Jobs()` is the user's own record, `Jobs('lab.db')` a file, `Jobs('postgresql+psycopg://…')` a database that
    machines share, `Jobs('http://manager:3001')` a server's, and `Jobs(memory=True)` is forgotten at the end.
    Iterates over the jobs, newest first. A context manager, closed on leaving. Safe from any thread."""
    def __init__(
        self,
        url: str | os.PathLike[Any] | BaseKeeper | None = None,
        *,
        memory: bool = False,
        slots: int | None = None,
        resources: dict[str, int] | None = None,
    ) -> None: ...
    def close(self) -> None:
        """Let go of the jobs, and release the record. Can be used again afterwards.

        Programs, containers and what runs elsewhere go on, and are found by whoever opens the record next; functions
        are interrupted. Jobs of a record in memory are cancelled."""
    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...
    def run(
        self,
        what: Any,
        *args: Any,
        on: str | None = None,
        where: str | None = None,
        image: str | None = None,
        plugin: Any = None,
        name: str | None = None,
        timeout: float | None = None,
        max_attempts: int = 1,
        priority: int = 0,
        resources: dict[str, int] | None = None,
        stall_timeout: float | None = None,
        queue_timeout: float | None = None,
        metadata: dict[str, Any] | None = None,
        id: str | None = None,
        batch: str | None = None,
        **more: Any,
    ) -> SubmittedJob:
        """Have something done: a job, which shows itself live at the end of a cell.

        Programs also take `outputs` (a folder or patterns; otherwise files that the arguments name are found), `cwd`,
        `env` and `limits`; containers `inputs` and `outputs`. Raises `InvalidInput` naming what cannot be used."""
    @property
    def source(self) -> Any:
        "Where the jobs are read, for questions that are not asked here."
    def __iter__(self) -> Iterator[SubmittedJob]:
        "All jobs on record, newest first."
    def counts(self) -> dict[str, int]:
        "How many jobs have each status."
    def __len__(self) -> int: ...
    def __bool__(self) -> bool: ...
    def __repr__(self) -> str: ...
    def get(self, id: str | Job) -> SubmittedJob | None:
        "One job. Raises `InvalidInput` when several ids begin like that."
    def __getitem__(self, key: str | int | Job) -> SubmittedJob:
        "One job: by its id or the beginning of it, or by its place, 0 being the newest. Raises `UnknownJob`, `IndexError`."
    def __contains__(self, id: str | Job) -> bool: ...
    def wait(
        self,
        *jobs: str | Job | Iterable[str | Job],
        timeout: float | None = None,
    ) -> list[SubmittedJob]:
        "Wait until jobs have ended, one way or another. Blocks. Raises `TimeoutError`, and then they go on."
    def cancel(self, job: str | Job) -> bool:
        "Stop a job. Raises `UnknownJob`."
    def why_waiting(self, job: str | Job) -> str | None:
        "Why a job has not begun. Raises `UnknownJob`."
    def executor(self, where: str = 'process', **options: Any) -> JobExecutor:
        "An executor of `concurrent.futures`, each call of which is a job on record. Whatever takes an executor takes it."
    def monitor(self) -> JobDashboard:
        "A live [table](../view/03_dashboard.ipynb) of the jobs. Reads on until it is closed."
    def batch(
        self,
        what: Any,
        inputs: str | os.PathLike[Any] | Iterable[Any],
        *,
        id: str | None = None,
        on: str | None = None,
        where: str | None = None,
        image: str | None = None,
        plugin: Any = None,
        name: str | None = None,
        timeout: float | None = None,
        max_attempts: int = 1,
        priority: int = 0,
        resources: dict[str, int] | None = None,
        stall_timeout: float | None = None,
        queue_timeout: float | None = None,
        metadata: dict[str, Any] | None = None,
        **more: Any,
    ) -> SubmittedBatch:
        """Have the same done to many inputs: one handle, which shows itself as a table.

        Raises as `run` does, before anything is submitted."""

@dataclass(frozen=True)
class Place:
    "Where work is to be done, as it was typed; None: not said."
    on: str | None = None
    where: str | None = None
    image: str | None = None
    plugin: Any = None

def jobs() -> Jobs:
    "The jobs on the current record, also those of yesterday and of other kernels. Shows itself as a table."

def use(url: str | os.PathLike[Any] | Jobs | None = None) -> Jobs:
    "Choose the record that `run`, `batch` and `jobs` work on from now on. The one before stays open: its jobs go on."

def run(
    what: Any,
    *args: Any,
    on: str | None = None,
    where: str | None = None,
    image: str | None = None,
    plugin: Any = None,
    name: str | None = None,
    timeout: float | None = None,
    max_attempts: int = 1,
    priority: int = 0,
    resources: dict[str, int] | None = None,
    stall_timeout: float | None = None,
    queue_timeout: float | None = None,
    metadata: dict[str, Any] | None = None,
    id: str | None = None,
    batch: str | None = None,
    **kwargs: Any,
) -> SubmittedJob:
    "`Jobs.run` on the current record."

def batch(
    what: Any,
    inputs: str | os.PathLike[Any] | Iterable[Any],
    *,
    id: str | None = None,
    on: str | None = None,
    where: str | None = None,
    image: str | None = None,
    plugin: Any = None,
    name: str | None = None,
    timeout: float | None = None,
    max_attempts: int = 1,
    priority: int = 0,
    resources: dict[str, int] | None = None,
    stall_timeout: float | None = None,
    queue_timeout: float | None = None,
    metadata: dict[str, Any] | None = None,
    **kwargs: Any,
) -> SubmittedBatch:
    "`Jobs.batch` on the current record."
