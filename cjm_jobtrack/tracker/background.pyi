# Made by tools/stubs.py: do not edit.
"""Two threads that run only when needed: one writes the latest progress, one reads what others wrote

Docs: https://cj-mills.github.io/cjm-jobtrack/tracker/background.html.md"""

import threading
from ..model.job import Job
from .live_jobs import LiveJobs

__all__ = [
    'ProgressWriter', 'StorePoller']

class ProgressWriter:
    "Writes the progress of running jobs to the record, each job at most four times a second."
    interval: float
    live: LiveJobs
    closed: threading.Event
    thread: threading.Thread | None
    def __init__(self, live: LiveJobs, closed: threading.Event) -> None: ...
    def claim(self, job_id: str) -> None:
        "This process runs the job, so its progress is ours to write."
    def write(self, job: Job) -> None: ...
    def changed(self, job: Job) -> None:
        "The progress of a job has changed: write it, now or soon. Called under the lock of the live jobs."

class StorePoller:
    "Reads what other processes write to a shared store, while somebody waits for it."
    interval: float
    live: LiveJobs
    closed: threading.Event
    thread: threading.Thread | None
    def __init__(self, live: LiveJobs, closed: threading.Event) -> None: ...
    def read(self) -> None:
        "Read once, and wake the readers."
    def ensure_running(self) -> None:
        "Start the thread, if the store is shared and it is not running. Called under the lock of the live jobs."
