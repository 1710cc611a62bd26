# Made by tools/stubs.py: do not edit.
"""A process and everything it started: who they are, even those that have hidden, and how all of them are ended

Docs: https://cj-mills.github.io/cjm-jobtrack/runners/process_tree.html.md"""

import psutil
from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass
from typing import NamedTuple
from .cgroups import Cgroup

__all__ = [
    'UNSURE', 'runs', 'send_signals', 'wait_for_exit', 'ProcessEntry', 'process_ids',
    'process_table', 'with_descendants', 'members', 'find_members', 'ProcessTree', 'EndStep',
    'end_steps']

def runs(p: psutil.Process) -> bool:
    "Whether this very process is running. A zombie is not."

def send_signals(p: psutil.Process, *sigs: int) -> None:
    "Send signals to this very process. Nothing happens if it has ended, or if we lack permission."

async def wait_for_exit(p: psutil.Process | int) -> None:
    """Wait until a process has ended. A child of ours is then a zombie, still to be waited for.

    Source: pidfd_open(2), Linux manual pages."""

class ProcessEntry(NamedTuple):
    "A process in the system's table."
    parent: int
    session: int
    marked: bool

def process_ids() -> set[int]:
    "The ids of all processes."

def process_table(
    mark: str | None = None,
    among: Iterable[int] | None = None,
) -> dict[int, ProcessEntry]:
    """The processes of this machine without zombies. Blocks; takes some microseconds for each process.

    Source: proc_pid_stat(5), Linux manual pages."""

def with_descendants(pids: set[int], table: dict[int, ProcessEntry]) -> set[int]:
    "These processes and all their descendants, as far as their parents live."

def members(table: dict[int, ProcessEntry], sessions: set[int], pids: Set[int] = ...) -> set[int]:
    "Who has the mark, is in one of the sessions, is known to belong, or descends from any of these."

def find_members(
    mark: str,
    top: int | None = None,
    pids: Iterable[int] = (),
    among: Iterable[int] | None = None,
) -> set[psutil.Process]:
    "The running processes that belong together. Blocks."

UNSURE: str

class ProcessTree:
    "A process and everything it started. Safe from any thread."
    mark: str | None
    group: Cgroup | None
    def __init__(self, top: int, mark: str | None = None, group: Cgroup | None = None) -> None: ...
    def look(self) -> set[psutil.Process]:
        "The processes of the tree that run now."
    def add(self, pid: int) -> None:
        "Add a process that belongs to the tree as well."
    def end(
        self,
        patience: float = 3.0,
        grace: float = 0.0,
        spare: frozenset[int] = ...,
    ) -> tuple[set[int], set[int]]:
        "End the whole tree and see it gone. Blocks."

@dataclass(frozen=True)
class EndStep:
    "One round of ending something: look who is there, ask or force them, wait until `pause`."
    how: str
    deadline: float
    final: float
    every: float
    clock: Callable[[], float] = ...
    @property
    def forced(self) -> bool: ...
    @property
    def pause(self) -> float:
        "Wait for the effect until this instant at most, then look again."

def end_steps(
    grace: float | None,
    patience: float,
    every: float = 0.25,
    clock: Callable[[], float] = ...,
) -> Iterator[EndStep]:
    """Ask, force, verify: the steps by which something is ended, until time is up.

    Source: systemd.kill(5), `SendSIGKILL=` and `TimeoutStopSec=`; Kubernetes, Termination of Pods."""
