# Made by tools/stubs.py: do not edit.
"""The wire format of the original system, in both directions: its jobs as ours, and ours as it reads them

Docs: https://cj-mills.github.io/cjm-jobtrack/net/legacy.html.md"""

from pathlib import Path
from typing import Any
from ..logs.gaps import LogChunk
from ..model.job import Failure, Job, JobEvent, OutputFile

__all__ = [
    'ORIGINAL_KEYS', 'ORIGINAL_FLAGS', 'LISTED', 'from_epoch', 'original_outputs',
    'original_failure', 'snake_case', 'original_job', 'original_output', 'original_log',
    'original_result_path', 'inferred_events', 'check_original_request', 'original_request',
    'wire_output', 'original_params', 'wire_job']

def from_epoch(seconds: Any) -> str | None:
    "The instant for a number of epoch seconds; the inverse of `model.job.epoch`."

def original_outputs(files: Any) -> list[OutputFile]:
    "Output files in the original's shape. `path` is relative to the workspace where the server says so."

def original_failure(error: str | None) -> Failure:
    "Why a job failed there, with the exit status if the sentence has one."

ORIGINAL_KEYS: tuple[str, ...]

ORIGINAL_FLAGS: tuple[str, ...]

def snake_case(key: str) -> str:
    "A key as the original's node server answers it."

def original_job(wire: dict[Any, Any]) -> Job:
    "A job of the original as one of ours."

def original_output(wire: dict[Any, Any] | None) -> bytes:
    "What its program has printed, as far as the node says."

def original_log(wire: dict[Any, Any], offset: int, limit: int) -> LogChunk:
    "The output of an original's job, as a log that is read by offset."

def original_result_path(wire: dict[Any, Any]) -> str | None:
    "The path of the only result of a job on a later generation of the original."

def inferred_events(before: Job | None, job: Job) -> list[JobEvent]:
    "What happened to a job between two readings."

def check_original_request(body: dict[Any, Any]) -> dict[Any, Any]:
    "Check a request in the original's form. Raises `InvalidInput` naming the field."

def original_request(input: str | None, params: dict[Any, Any] | None) -> dict[Any, Any]:
    "A request to an original node server. Raises `InvalidInput` naming the parameter."

LISTED: int

def wire_output(o: OutputFile, workspace: Path) -> dict[Any, Any]:
    "An output file in the original's shape, plus our hash and media type."

def original_params(params: dict[Any, Any]) -> dict[str, Any]:
    "The original's eight keys, as its node server answers them."

def wire_job(job: Job, workspace: Path, output: str = '') -> dict[Any, Any]:
    "A job as it is now, in the shape of the original node server, with our record under `job`."
