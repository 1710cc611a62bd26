# Made by tools/stubs.py: do not edit.
"""Containers on an engine that shares no disk with us: inputs are copied there, and results are copied back

Docs: https://cj-mills.github.io/cjm-jobtrack/containers/remote_files.html.md"""

import docker
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from ..model.job import Job
from ..runners.outcome import Outcome, Report
from .docker import DockerRunner
from .lifecycle import ContainerCollection, CreateRequest

__all__ = [
    'TransferStopped', 'Damaged', 'archive', 'unpack', 'carrier_name', 'CarriedContainers',
    'read_archive', 'RemoteFilesRunner']

class TransferStopped(Exception):
    "Raised in a transfer that somebody has stopped."

class Damaged(Exception):
    "Raised when a file that was copied is not what it was."

def archive(
    folders: dict[str, tuple[int, int]],
    files: dict[str, str],
    digests: dict[str, str],
    stop: Callable[[], bool] = ...,
) -> Iterator[bytes]:
    "A tar archive of folders and files, made while it is read. Raises `TransferStopped`, `InvalidInput`, `OSError`."

def unpack(tar: tarfile.TarFile, folder: Path, stop: Callable[[], bool] = ...) -> dict[str, str]:
    "Put the files of an archive into a folder. Raises `TransferStopped`, `OSError`, `tarfile.TarError`."

def carrier_name(container: str) -> str:
    "The name of the container that owns its volumes."

class CarriedContainers(ContainerCollection):
    "Containers that share the volumes of a carrier, instead of folders of their machine."
    def request(self, job: Job, api: docker.APIClient) -> CreateRequest:
        "As for a container without files, and with the volumes of its carrier. Raises `InvalidInput`."
    def ensure_carrier(
        self,
        job: Job,
        request: CreateRequest,
        folders: list[str],
        api: docker.APIClient,
    ) -> None:
        "Create the carrier of an attempt, or find it. Raises `APIError`, `InvalidInput` if its name is somebody else's."
    def send_files(
        self,
        job: Job,
        request: CreateRequest,
        api: docker.APIClient,
        stop: Callable[[], bool] = ...,
    ) -> None:
        """Put the inputs of an attempt into its carrier, and verify them.

        Raises `TransferStopped`, `Damaged`, `APIError`, `InvalidInput`."""
    def fetch_files(
        self,
        job: Job,
        api: docker.APIClient,
        stop: Callable[[], bool] = ...,
    ) -> dict[str, str]:
        "Copy what an attempt has left into its folder here. Raises `TransferStopped`, `APIError`, `OSError`."

@contextmanager
def read_archive(api: docker.APIClient, name: str, path: str) -> Iterator[tarfile.TarFile]:
    "A file or folder of a container. Raises `APIError`; `OSError`, also when it breaks off."

class RemoteFilesRunner(DockerRunner):
    """Runs containers on an engine that shares no disk with us. Paths in `job.spec` are paths of this machine.

    Inputs are files, each in a folder of the container. `output_dir` gets the results."""
    collection: type[CarriedContainers]
    async def forget(self, job: Job) -> bool: ...
    async def follow(self, job: Job, handle: dict[Any, Any], report: Report) -> Outcome:
        "As `DockerRunner` does; the results are copied into the job's `output_dir` here."
