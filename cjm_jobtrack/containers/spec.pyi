# Made by tools/stubs.py: do not edit.
"""What a job can ask of a container, which paths it must never get, and what the engine is asked for in turn

Docs: https://cj-mills.github.io/cjm-jobtrack/containers/spec.html.md"""

from dataclasses import dataclass
from typing import Any
from ..model.job import Job

__all__ = [
    'FORBIDDEN', 'PIDS', 'check_mount', 'check_container', 'resolve_mount', 'fill_output_dir',
    'resolve_mounts', 'default_user', 'container_request', 'container_name', 'container_labels',
    'Inspected']

FORBIDDEN: Any

def check_mount(field: str, path: str, roots = None, forbidden = ()) -> None:
    "Raises `InvalidInput` for a path that must not be mounted."

def check_container(spec: dict[Any, Any]) -> dict[Any, Any]:
    """A checked spec for `DockerRunner`. Neither engine nor file system is asked.

    Raises `InvalidInput` naming the field."""

def resolve_mount(field: str, path: str, roots = None, forbidden = (), make: bool = False) -> str:
    "What will be mounted. Raises `InvalidInput` for a path that does not exist or must not be mounted."

def fill_output_dir(spec: dict[Any, Any], job_id: str) -> dict[Any, Any]:
    "Raises `InvalidInput` for an id that cannot be part of a path."

def resolve_mounts(spec: dict[Any, Any], is_local: bool, roots = None, forbidden = ()) -> None:
    "Check the paths of a spec, following links where we can see them. Raises `InvalidInput`."

def default_user() -> str:
    """The user of a container by default: the caller, so that outputs are the caller's.

    For root it is nobody, and the outputs are given to root afterwards."""

PIDS: int

def container_request(
    spec: dict[Any, Any],
    memory: int = ...,
    version: str = '1.41',
) -> dict[Any, Any]:
    "What the engine is asked for."

def container_name(owner: str, job: Job) -> str:
    "The name of the container of an attempt."

def container_labels(
    owner: str,
    job: Job,
    spec: dict[Any, Any],
    request: dict[Any, Any],
) -> dict[str, str]:
    "The labels of the container of an attempt."

@dataclass(frozen=True)
class Inspected:
    "A container, as the engine described it."
    info: dict[Any, Any]
    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def state(self) -> dict[Any, Any]: ...
    @property
    def labels(self) -> dict[Any, Any]: ...
    @property
    def work(self) -> dict[Any, Any]: ...
    @property
    def is_created(self) -> bool: ...
    @property
    def has_ended(self) -> bool: ...
    @property
    def is_running(self) -> bool: ...
    def is_of_other_job(self, job: Job) -> bool:
        "Whether it belongs to an earlier job of the same id."
