# Made by tools/stubs.py: do not edit.
"""Send files to a node and fetch its results, each file whole and right or not at all

Docs: https://cj-mills.github.io/cjm-jobtrack/net/transfers.html.md"""

import io
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from ..model.errors import DamagedTransfer
from ..model.job import OutputFile

__all__ = [
    'Upload', 'existing_input', 'HashingReader', 'label_table', 'label_words', 'upload_flow',
    'disposition_name', 'digest_of', 'target_path', 'outputs_flow', 'mismatch', 'Download',
    'fetch_flow', 'download_flow']

@dataclass(frozen=True)
class Upload:
    "A file on a node: what `submit` takes as input."
    path: str
    size: int
    sha256: str | None = None
    node: str | None = None
    name: str | None = ...

def existing_input(path: str | None) -> Upload | None:
    "A file that is on the node already, even if a file here has the same name."

class HashingReader(io.RawIOBase):
    "A file, hashed while it is read from its beginning to the end that it had when it was opened."
    path: Path
    size: Any
    digest: Any
    def __init__(self, path: Path) -> None: ...
    def readable(self) -> Any: ...
    def seekable(self) -> Any: ...
    def tell(self) -> Any: ...
    def seek(self, at, whence = ...) -> Any: ...
    def close(self) -> None: ...
    def read(self, n: int = -1) -> bytes:
        "The next bytes. Reading from the beginning begins a new hash. Raises `InvalidInput` when the file has shrunk."

def label_table(words: Iterable[str]) -> dict[str, str]:
    "Labels as a manager records them."

def label_words(labels: dict[str, str] | None) -> list[str]:
    "The same the other way round."

def upload_flow(
    path,
    node: str | None,
    pipeline: str | None = None,
    labels: dict[Any, Any] | None = None,
) -> Any:
    """A flow: bring a file to a node; returns an `Upload`.

    Raises `InvalidInput`, `NodeRefused`, `DamagedTransfer`."""

def disposition_name(header: str | None) -> str | None:
    """The file name that a server gives.

    Source: RFC 6266, 4.3: `filename*` takes precedence over `filename`."""

def digest_of(header: str | None) -> str | None:
    "The hash that a server gives. Source: RFC 9530, 2 (Repr-Digest)."

def target_path(to: str | os.PathLike[Any], name: str) -> Path:
    "Where a download goes. Raises `InvalidInput` for a name that leads elsewhere."

def outputs_flow(job_id: str) -> Any:
    """A flow: the outputs of a job, the newest first, and whether they can be fetched by path only.

    Raises `UnknownJob`."""

def mismatch(path: Path, output: OutputFile, sha256: str | None) -> str | None:
    "What is wrong with a file."

@dataclass
class Download:
    "An output on its way to a file."
    path: str
    params: dict[Any, Any] | None
    output: OutputFile
    target: Path
    etag: str | None = None
    tries: int = 0
    part: Path = field(init=False)
    url: str = field(init=False)
    sha256: str | None = field(init=False)
    def __post_init__(self) -> None: ...
    @property
    def received(self) -> int: ...
    def damaged(self, problem: str) -> DamagedTransfer: ...

def fetch_flow(d: Download, overwrite: bool) -> Any:
    "A flow: one output, whole and right, or not at all; returns its path."

def download_flow(job_id: str, name: str | None, to, overwrite: bool) -> Any:
    """A flow: fetch an output of a job; returns its path.

    Raises `UnknownJob`, `InvalidInput`, `DamagedTransfer`, `NodeUnreachable`."""
