# Made by tools/stubs.py: do not edit.
"""What is to be done, and on what terms

Docs: https://cj-mills.github.io/cjm-jobtrack/api/request.html.md"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from ..model.job import Job

__all__ = [
    'Request', 'short_name', 'call_name', 'pool_of', 'check_function', 'check_options', 'Options',
    'check_terms', 'repeat_request']

@dataclass(frozen=True)
class Request:
    "What is to be done, in the terms of a runner."
    name: str
    runner: str
    spec: dict[Any, Any]
    node: str | None = None

def short_name(text: str) -> str: ...

def call_name(name: str, args: tuple[Any, ...]) -> str:
    "The name of a call: what is called, and the file or word that it begins with."

def pool_of(where: str | None) -> str: ...

def check_function(fn: Any) -> None:
    "Raises `InvalidInput` for what people give in place of a function."

def check_options(fn: Callable[..., Any], args: tuple[Any, ...], given: list[str]) -> None:
    "Raises `InvalidInput` for an option of the job that the function takes as well."

@dataclass(frozen=True)
class Options:
    "What can be said of any job, whoever carries it out."
    name: str | None = None
    timeout: float | None = None
    max_attempts: int = 1
    priority: int = 0
    resources: dict[Any, Any] | None = None
    stall_timeout: float | None = None
    queue_timeout: float | None = None
    metadata: dict[Any, Any] | None = None
    id: str | None = None
    batch: str | None = None
    def of_job(self) -> dict[Any, Any]:
        "The options that `create_job` takes."
    def of_queue(self) -> dict[Any, Any]:
        "The options that are part of a spec: what the job asks of the queue."
    def given(self) -> list[str]:
        "The names of those that differ from their defaults."

def check_terms(options: Options) -> None:
    "Raises `InvalidInput` for an option whose value cannot be used."

def repeat_request(job: Job) -> tuple[Request, Options]:
    "What to ask for to have a job done once more. Raises `InvalidInput` while it has not ended."
