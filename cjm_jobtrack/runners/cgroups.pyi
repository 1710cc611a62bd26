# Made by tools/stubs.py: do not edit.
"""How the kernel itself keeps account of a program and all its descendants, and how we ask it to

Docs: https://cj-mills.github.io/cjm-jobtrack/runners/cgroups.html.md"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = [
    'V2', 'PERIOD_US', 'read_text', 'raise_scarcity', 'own_groups', 'Cgroup', 'Cgroups']

def read_text(path: str | Path) -> str:
    "A small file as text. Takes a third of the time of `open`."

def raise_scarcity(e: OSError) -> None:
    """Raise an error that is about this machine rather than about the file.

    Having no descriptors left does not mean that nobody is there."""

V2: str

def own_groups(proc: str | Path = '/proc/self') -> dict[str, Path]:
    """The control groups that this process is in, as far as they can be seen from here.

    A tree that is mounted in several places is used where it was mounted first, unless another mount covers that place.
    Source: cgroups(7) and proc_pid_mountinfo(5), Linux manual pages."""

@dataclass(frozen=True)
class Cgroup:
    "The control group of one program."
    folders: dict[str, str]
    def at(self, use: str) -> Path | None: ...
    @property
    def trees(self) -> list[str]:
        "Each folder once."
    @property
    def doors(self) -> list[str]:
        "Files to which a process writes 0 to join."
    def pids(self) -> set[int]:
        "Who is in the group now."
    @property
    def busy(self) -> bool:
        "Whether anybody is in the group."
    def limit(
        self,
        memory: int | None = None,
        cpus: float | None = None,
        pids: int | None = None,
    ) -> None:
        "Set the limits of the group. Raises `OSError` when the kernel refuses them."
    def usage(self) -> dict[Any, Any]:
        """What the group has used so far.

        Source: Control Group v2, and the memory and cpuacct controllers of version 1, The Linux Kernel documentation."""
    def kill(self) -> bool:
        "Send SIGKILL to everybody in the group, as if at the same instant."
    def remove(self) -> bool:
        "Remove the group. The kernel refuses while anybody is in it."

PERIOD_US: int

@dataclass(frozen=True)
class Cgroups:
    "Where control groups can be made."
    parents: dict[str, Path]
    def group(self, name: str, uses: Iterable[str] = ...) -> Cgroup:
        "The group of a name."
    def tidy(self) -> None:
        "Remove groups that were made only to try, by a process that was killed while trying."
    @classmethod
    def below(cls, own: dict[str, Path]) -> Cgroups | None:
        "Find out which groups can be made below these. Takes a few milliseconds, and blocks."
    @classmethod
    def find(cls) -> Cgroups | None:
        """Which groups this process can make; looked at once.

        None: none, as in most containers and on other systems."""
