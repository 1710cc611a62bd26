# Made by tools/stubs.py: do not edit.
"""Start here: `run` one job, `batch` many, and see all of them with `jobs`

Docs: https://cj-mills.github.io/cjm-jobtrack/api.html.md"""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from .model.job import Job
from .net.client import RemoteClient
from .queue.batch import Batch
from .queue.executor import JobExecutor
from .queue.queue import JobQueue
from .queue.submitted_job import SubmittedJob
from .tracker.tracker import JobTracker
from .view.dashboard import JobDashboard

__all__ = [
    'Request', 'Options', 'BaseKeeper', 'LocalKeeper', 'ServerKeeper', 'Jobs', 'Place', 'jobs',
    'use', 'run', 'batch']

@dataclass(frozen=True)
class Request:
    "What is to be done, in the terms of a runner."
    name: str
    runner: str
    spec: dict[Any, Any]
    node: str | None = None

@dataclass(frozen=True)
class Options:
    "What can be said of any job, whoever carries it out."
    name: str | None = None
    timeout: float | None = None
    max_attempts: int = 1
    priority: int = 0
    resources: dict[Any, Any] | None = None
    stall_timeout: float | None = None
    queue_timeout: float | None = None
    metadata: dict[Any, Any] | None = None
    id: str | None = None
    batch: str | None = None
    def of_job(self) -> dict[Any, Any]:
        "The options that `create_job` takes."
    def of_queue(self) -> dict[Any, Any]:
        "The options that are part of a spec: what the job asks of the queue."
    def given(self) -> list[str]:
        "The names of those that differ from their defaults."

class BaseKeeper:
    "What keepers have in common."
    def submitted(self, job: Job) -> SubmittedJob:
        "A job of this record, as people hold it."

class LocalKeeper(BaseKeeper):
    "The record, the queue and the runners of this process. Opened when they are first asked for. Safe from any thread."
    max_age: float
    record: str | Path | None
    resources: dict[str, int]
    slots: int
    def __init__(
        self,
        record: str | Path | None,
        slots: int | None = None,
        resources: dict[Any, Any] | None = None,
    ) -> None: ...
    def __str__(self) -> str: ...
    @property
    def exists(self) -> bool:
        "Whether there is anything to read yet. Writes nothing."
    @property
    def source(self) -> JobTracker:
        "The record, opened."
    @property
    def folder(self) -> Path:
        "Where runners keep their files: beside the record."
    def runner(self, name: str) -> Any:
        "The runner of this name, made when it is first asked for."
    def add_runner(self, runner: Any) -> Any:
        "One more runner, such as that of a plugin manager."
    @property
    def queue(self) -> JobQueue:
        "The queue, started."
    def unfinished(self) -> list[Job]:
        "The jobs on record that have not ended."
    def resume_unfinished(self) -> None:
        "Take up what was left unfinished, if there is anything."
    def make_job(self, request: Request, options: Options) -> Job:
        "A checked job, not on record."
    def submit(self, request: Request, options: Options) -> Job:
        "Put a request on record and have it carried out."
    def wait(self, job_id: str, timeout: float | None = None) -> Job: ...
    async def wait_async(self, job_id: str) -> Job: ...
    def cancel(self, job_id: str) -> bool: ...
    def retry(self, job: Job) -> Job: ...
    def close(self, timeout: float = 30.0) -> None: ...
    def forget_inherited(self) -> None:
        "In a forked child: let go of what belongs to the parent."
    def pipeline_request(
        self,
        name: str,
        source: Any,
        params: dict[Any, Any],
        on: str | None,
    ) -> Request:
        "A pipeline here, or on a node. Raises `InvalidInput` naming the field."
    def function_request(
        self,
        fn: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[Any, Any],
        where: str | None,
    ) -> Request:
        "A function. Raises `InvalidInput` for arguments that do not fit, or cannot travel."
    def container_request(
        self,
        image: str,
        words: list[str],
        job_id: str,
        more: dict[Any, Any],
    ) -> Request:
        "A container. Raises `InvalidInput` naming the field."
    def plugin_request(
        self,
        manager: Any,
        name: str,
        args: tuple[Any, ...],
        kwargs: dict[Any, Any],
    ) -> Request:
        "A plugin of a plugin manager."
    def submit_batch(self, requests: list[Request], options: list[Options]) -> Batch: ...

class ServerKeeper(BaseKeeper):
    "A manager or node that keeps the record. It is first asked when there is something to ask."
    max_age: float
    exists: bool
    url: str
    def __init__(self, url: str) -> None: ...
    @property
    def source(self) -> RemoteClient: ...
    def __str__(self) -> str: ...
    def resume_unfinished(self) -> None:
        "Nothing is left to take up here: the server does that."
    def close(self) -> None: ...
    def unfinished(self) -> list[Job]: ...
    def wait(self, job_id: str, timeout: float | None = None) -> Job: ...
    def submit(self, request: Request, options: Options) -> Job:
        "Ask the server for a job. A file of this machine is uploaded first, but never twice for one id."
    async def wait_async(self, job_id: str) -> Job: ...
    def cancel(self, job_id: str) -> bool: ...
    def retry(self, job: Job) -> Job: ...
    def pipeline_request(
        self,
        name: str,
        source: Any,
        params: dict[Any, Any],
        on: str | None,
    ) -> Request: ...
    def submit_batch(self, requests: list[Request], options: list[Options]) -> Batch: ...

class Jobs:
    """The jobs on one record, and what carries them out. Nothing is started or written before the first job.

    `Jobs()` is the user's own record, `Jobs('lab.db')` a file, `Jobs('postgresql+psycopg://…')` a database that
    machines share, `Jobs('http://manager:3001')` a server's, and `Jobs(memory=True)` is forgotten at the end.
    Iterates over the jobs, newest first. A context manager, closed on leaving. Safe from any thread."""
    def __init__(
        self,
        url: str | os.PathLike[Any] | None = None,
        *,
        memory: bool = False,
        slots: int | None = None,
        resources: dict[str, int] | None = None,
    ) -> None: ...
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
    def get(self, id: str | Job) -> SubmittedJob | None:
        "One job. Raises `InvalidInput` when several ids begin like that."
    def __getitem__(self, key: str | int | Job) -> SubmittedJob:
        "One job: by its id or the beginning of it, or by its place, 0 being the newest. Raises `UnknownJob`, `IndexError`."
    def __iter__(self) -> Iterator[SubmittedJob]:
        "All jobs on record, newest first."
    def counts(self) -> dict[str, int]:
        "How many jobs have each status."
    def __len__(self) -> int: ...
    def __bool__(self) -> bool: ...
    def __contains__(self, id: str | Job) -> bool: ...
    def __repr__(self) -> str: ...
    def wait(self, *jobs: str | Job, timeout: float | None = None) -> list[SubmittedJob]:
        "Wait until jobs have ended, one way or another. Blocks. Raises `TimeoutError`, and then they go on."
    def cancel(self, job: str | Job) -> bool:
        "Stop a job. Raises `UnknownJob`."
    def why_waiting(self, job: str | Job) -> str | None:
        "Why a job has not begun. Raises `UnknownJob`."
    def executor(self, where: str = 'process', **options: Any) -> JobExecutor:
        "An executor of `concurrent.futures`, each call of which is a job on record. Whatever takes an executor takes it."
    def monitor(self) -> JobDashboard:
        "A live [table](view/03_dashboard.ipynb) of the jobs. Reads on until it is closed."
    def close(self) -> None:
        """Let go of the jobs, and release the record. Can be used again afterwards.

        Programs, containers and what runs elsewhere go on, and are found by whoever opens the record next; functions
        are interrupted. Jobs of a record in memory are cancelled."""
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
    ) -> Batch:
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
) -> Batch:
    "`Jobs.batch` on the current record."
