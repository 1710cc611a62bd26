# Made by tools/stubs.py: do not edit.
"""A program as a job: it outlives us, its log and exit status wait for us, and when it is stopped nothing of it is left

Docs: https://cj-mills.github.io/cjm-jobtrack/runners/process.html.md"""

from pathlib import Path
from typing import Any
from ..logs.log_store import LogStore
from ..model.job import Job
from .cgroups import Cgroup, Cgroups
from .outcome import Outcome, Receipt, Report
from .runner import BaseRunner

__all__ = [
    'UNSURE_AS_ROOT', 'ProcessRunner', 'attempt_of']

class ProcessRunner(BaseRunner):
    """Runs programs that outlive this process.

    `job.spec` is described at `check_process`. Needs a POSIX system and a local folder: locks do not
    work on every network file system."""
    durable: bool
    interval: float
    force: float
    moment: float
    patience: float
    sweep_after: float
    largest: int
    folder: Path
    logs: LogStore
    name: str
    def __init__(
        self,
        folder: str | Path,
        logs: LogStore,
        name: str = 'process',
        groups: Cgroups | bool = True,
    ) -> None: ...
    @property
    def groups(self) -> Cgroups | None:
        "Where control groups are made; None: nowhere."
    async def start(self, job: Job) -> dict[Any, Any]:
        """Start the program, or find that it was started.

        Raises `InvalidInput` naming the field of the spec that cannot be used; `StoreError` when nothing
        can be written to the folder."""
    async def find(self, job: Job) -> dict[Any, Any] | None:
        "A program that was started earlier, by this runner or another. It may have ended meanwhile."
    async def follow(self, job: Job, handle: dict[Any, Any], report: Report) -> Outcome:
        """Watch a program until it ends, no matter which process started it.

        The result, or the evidence of the failure, has what it used: `peak_memory_bytes`, `cpu_s`, `oom_kills`."""
    async def stop(self, job: Job, handle: dict[Any, Any], grace: float) -> Receipt:
        """End a program with all its descendants, also those that left its group and session.

        With a control group, `confirmed` is the word of the kernel, unless the program is root's, who may
        leave it. Then, and without a group, it means that nothing was found, and
        `message` says what could have been missed."""

def attempt_of(group: Cgroup) -> str | None:
    "The folder of the attempt that a group was made for, by whichever runner."

UNSURE_AS_ROOT: str
