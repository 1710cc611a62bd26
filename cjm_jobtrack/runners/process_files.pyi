# Made by tools/stubs.py: do not edit.
"""One attempt at running a program, and all that is known of it from the files in its folder: started once, told apart from others, its end never missed

Docs: https://cj-mills.github.io/cjm-jobtrack/runners/process_files.html.md"""

import psutil
from collections.abc import Set
from enum import StrEnum
from pathlib import Path
from typing import Any
from ..model.job import Job
from .cgroups import Cgroup

__all__ = [
    'AttemptFolder', 'limit_commands', 'supervised', 'check_platform', 'AttemptState']

class AttemptFolder:
    "The files of one attempt at running a program."
    path: Path
    def __init__(self, path: str | Path) -> None: ...
    def __str__(self) -> str: ...
    def __truediv__(self, name: str) -> Path: ...
    def exists(self) -> bool: ...
    def has(self, name: str) -> bool: ...
    def read(self, name: str) -> str | None:
        "A file as text; None when it is not there."
    def number(self, name: str) -> int | None:
        "A number that the supervisor wrote; None while there is none, or only part of it."
    def read_json(self, name: str) -> dict[Any, Any]:
        "A file as JSON; empty when it is not there or incomplete."
    def reserve(self) -> None:
        "Take the disk space that the supervisor and a stop will need."
    def order_stop(self) -> None:
        """Record that the attempt is to be stopped: its program is not started any more.

        Needs no disk space."""
    @property
    def exit_status(self) -> int | None:
        "The exit status of the program; None: it has not ended, or nobody knows."
    @property
    def ended_at(self) -> str | None:
        "When the exit status was written; None: there is none."
    def lock_all(self) -> int | None:
        """Lock the folder of all attempts of the job, while room is made in it.

        None when somebody else has that lock."""
    def lock(self) -> int | None:
        """Lock the attempt.

        The lock lasts until the descriptor is closed in every process that has it. None when somebody else has
        it."""
    @property
    def is_locked(self) -> bool:
        "Whether somebody has the lock of the attempt."
    @property
    def state(self) -> AttemptState:
        "Where the attempt stands."
    def supervisor(self) -> psutil.Process | None:
        """The supervisor, if it lives.

        Another process that was given its number later is not mistaken for it."""
    def request(self) -> dict[Any, Any]:
        """What the attempt was started with: its checked spec, `group` and `created_at`.

        Empty when it was not started."""
    def belongs_to(self, job: Job, request: dict[Any, Any] | None = None) -> bool:
        """False when the attempt is that of an earlier job with the same id, which was deleted.

        An attempt that does not say, of an earlier version, belongs to any."""
    @property
    def group(self) -> Cgroup | None:
        "The control group of the attempt; None when it was started without."
    def cpu_times(self) -> dict[Any, Any]:
        """`cpu_s`: processor time of the program and its descendants, as the supervisor wrote it down.

        Descendants count that were waited for.

        Source: POSIX.1-2017, Shell Command Language, `times`."""
    def settle(
        self,
        left: list[int] | None = None,
        group: Cgroup | None = None,
        **measured: Any,
    ) -> dict[Any, Any]:
        "What the attempt used. It is written down, and then its group is removed if it is empty."
    def processes(
        self,
        known: Set[psutil.Process] = ...,
        among: set[int] | None = None,
    ) -> tuple[psutil.Process | None, set[psutil.Process]]:
        """Who runs for this attempt: its process tree, its control group, those seen earlier, and their children.

        Blocks."""
    def look(self, group: Cgroup | None) -> tuple[set[psutil.Process], int]:
        "Who belongs to the running program, by the cheapest means. Blocks."

def limit_commands(limits: dict[Any, Any], group: Cgroup | None) -> list[str]:
    """The commands by which a shell limits itself, and so what it becomes.

    Source: POSIX.1-2017, `ulimit`; the options are those that dash, bash, ksh, mksh and BusyBox have in common."""

def supervised(
    attempt: AttemptFolder,
    program: list[str],
    limits: dict[Any, Any],
    group: Cgroup | None,
) -> list[str]:
    """A program with a supervisor, in its group and within its limits.

    Source: POSIX.1-2017, Shell Command Language."""

def check_platform(name: str) -> None:
    "Raises `InvalidInput` where attempts cannot be locked. `name`: of the runner that needs it."

class AttemptState(StrEnum):
    "Where an attempt stands."
    UNBEGUN = 'unbegun'
    ALIVE = 'alive'
    ENDED = 'ended'
    LOST = 'lost'
