# Made by tools/stubs.py: do not edit.
"""The original transcription tracker's calls, on a record that can outlive the process

Docs: https://cj-mills.github.io/cjm-jobtrack/tracker/transcription.html.md"""

import asyncio
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from ..logs.log_store import LogStore
from ..model.job import Failure, Job, JobStatus, OutputFile
from ..store.memory import MemoryStore
from ..store.store import JobStore
from .live_jobs import LiveJobs
from .tracker import JobTracker

__all__ = [
    'TranscriptionJob', 'TranscriptionJobs', 'TranscriptionJobTracker']

@dataclass
class _Original:
    "The original's fields in its order; those with a default are as in `Job`."
    id: str
    plugin_name: str
    file_path: str
    file_name: str
    status: JobStatus = ...
    created_at: str = ...
    started_at: str | None = None
    completed_at: str | None = None
    result: dict[Any, Any] | None = None
    error: str | None = None
    metadata: dict[Any, Any] = ...
    task: Any = None

@dataclass
class TranscriptionJob(Job, _Original):
    "A recording to be transcribed by a plugin. The first four fields can be given by position."
    id: str
    runner: str = 'plugin'
    def __post_init__(self) -> None: ...

class TranscriptionJobs(LiveJobs):
    "Live jobs in the original's class, with their results."
    results: dict[str, dict[Any, Any]]
    def __init__(self, *args: Any) -> None: ...
    def as_class(self, job: Job) -> Job: ...
    def retire(self, job: Job) -> None: ...
    def evict(self, job: Job) -> None: ...

class TranscriptionJobTracker(JobTracker):
    """Transcription jobs of this process, with the original's calls. Safe from any thread.

    With `store` (a `JobStore` or its URL) it is durable; without, nothing touches the disk."""
    job_class: type[TranscriptionJob]
    live_class: type[TranscriptionJobs]
    results: dict[str, dict[Any, Any]]
    def __init__(
        self,
        on_job_completed: Callable[[str, TranscriptionJobTracker], Any] | None = None,
        *,
        store: JobStore | MemoryStore | str | Path | None = None,
        logs: str | Path | LogStore | None = None,
    ) -> None: ...
    def create_job(
        self,
        /,
        plugin_name: str,
        file_path: str | os.PathLike[Any],
        file_name: str,
        **metadata: Any,
    ) -> TranscriptionJob:
        "Put a transcription on record. Raises `InvalidInput` naming the field."
    def mark_running(self, job_id: str, task: asyncio.Task[Any] | None = None) -> None:
        "Start a job. On a running job only the task handle is taken over; an ended or unknown one stays as it is."
    def mark_completed(self, job_id: str, result: Any, outputs: Iterable[OutputFile] = ()) -> None:
        """End a job well; then `on_job_completed` is called. An ended or unknown job stays as it is.

        Raises `IllegalMove` when it has not started."""
    def mark_failed(self, job_id: str, error: str | Failure) -> None:
        "End a job badly. An ended or unknown job stays as it is."
    def get_job_result(self, job_id: str) -> dict[Any, Any] | None:
        "The outcome of a job, also of one that was cleared with `keep_results`."
    def delete_job(self, job_id: str) -> None:
        "Remove an ended job and its result. Raises `UnknownJob`; `IllegalMove` while it lives."
    def clear_completed(self, keep_results: bool = False) -> int:
        "Delete the ended jobs, on record too."
