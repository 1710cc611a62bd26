# Made by tools/stubs.py: do not edit.
"""Creating, starting, finding and removing the containers of one installation, each exactly once

Docs: https://cj-mills.github.io/cjm-jobtrack/containers/lifecycle.html.md"""

import docker
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from ..logs.log_store import LogStore
from ..model.job import Job
from .engine import Engine
from .files import AttemptMarkers, FolderGrants
from .output import AttachReader
from .spec import Inspected

__all__ = [
    'CreateRequest', 'ContainerCollection']

@dataclass
class CreateRequest:
    "What the engine is asked to create."
    args: dict[Any, Any]
    pull: str = 'never'
    is_new: bool = False
    made_folders: list[Path] = ...
    @property
    def name(self) -> str: ...
    @property
    def image(self) -> str: ...
    @property
    def labels(self) -> dict[Any, Any]: ...
    @property
    def output_dir(self) -> str | None: ...
    @classmethod
    def of(cls, c: Inspected) -> CreateRequest:
        "The request for a container that exists."

class ContainerCollection:
    "The containers of one installation on one engine."
    folder: Path
    engine: Engine
    roots: list[str] | None
    user: str | None
    logs: LogStore | None
    stop_timeout: float
    markers: AttemptMarkers
    grants: FolderGrants
    def __init__(
        self,
        folder: Path,
        engine: Engine,
        *,
        owner: str | None = None,
        roots: list[str] | None = None,
        user: str | None = None,
        logs: LogStore | None = None,
        stop_timeout: float = 10.0,
    ) -> None: ...
    @property
    def owner(self) -> str:
        "The id of this installation, on all its containers."
    def name_of(self, job: Job) -> str:
        "The name of the container of an attempt."
    def check_output_folder(self, path: str | None) -> None:
        "Raises `InvalidInput` for an output folder that would give a container access to our own files."
    def request(self, job: Job, api: docker.APIClient) -> CreateRequest:
        "What the engine is asked for. Raises `InvalidInput` naming the field."
    def inspect(self, name: str, api: docker.APIClient, job: Job | None = None) -> Inspected | None:
        "A container of ours. Raises `InvalidInput` if the name belongs to somebody else."
    def remove(
        self,
        name: str,
        api: docker.APIClient,
        job: Job | None = None,
        force: bool = True,
    ) -> None:
        "Remove a container of ours. Does nothing if it is gone, is being removed, or belongs to another job."
    def create(self, job: Job, request: CreateRequest, api: docker.APIClient) -> bool:
        "Create the container of an attempt, and its output folder. Raises `InvalidInput`."
    async def revoke_grants(self, path: str | None, ended: bool = True) -> None:
        "Revoke grants that overlap a folder. What fails is left for the reaper."
    def take_attached(self, name: str) -> AttachReader | None:
        "Hand over the reader that was attached when the container was started here."
    def close(self) -> None:
        "Detach from all containers. They go on."
    def start_once(self, job: Job, request: CreateRequest, api: docker.APIClient) -> None:
        "Start a container unless it has been started before."
    def create_and_start(self, job: Job, request: CreateRequest, api: docker.APIClient) -> bool:
        "Create and start the container of an attempt."
    async def start_when_reachable(self, job: Job, request: CreateRequest) -> None:
        "Start a container that was created. While the engine cannot be reached, wait. Raises `InvalidInput`."
