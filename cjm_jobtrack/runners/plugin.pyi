# Made by tools/stubs.py: do not edit.
"""A plugin of a plugin manager as a job, with its progress, a JSON result, and a cancel that says what it achieved

Docs: https://cj-mills.github.io/cjm-jobtrack/runners/plugin.html.md"""

from typing import Any
from ..model.job import Job
from .outcome import Outcome, Receipt, Report
from .runner import BaseRunner

__all__ = [
    'PluginRunner', 'plugin_result']

class PluginRunner(BaseRunner):
    """Carries out jobs by the plugins of a plugin manager.

    `job.spec` is `{"plugin_name": name, "file_path": path, "task": task, "method": method, "args": [...], "kwargs": {...}}`;
    only the name is required. The worker processes end with this process, so it is not `durable`."""
    interval: float
    patience: float
    hearing: float
    kind: str
    manager: Any
    name: str
    file_argument: str
    in_process: bool
    def __init__(
        self,
        manager: Any,
        name: str = 'plugin',
        *,
        file_argument: str = 'audio',
        in_process: bool = False,
    ) -> None: ...
    def call(self, plugin_name: str, *file_path: str, **kwargs: Any) -> dict[Any, Any]:
        "The spec of a job for a plugin."
    async def start(self, job: Job) -> dict[Any, Any]:
        "Call the plugin, or line up for it. Raises `InvalidInput` naming the field of the spec."
    async def find(self, job: Job) -> dict[Any, Any] | None:
        "The call of this attempt, if this process has begun it."
    async def follow(self, job: Job, handle: dict[Any, Any], report: Report) -> Outcome:
        "Wait for the plugin. Ceasing to wait does not stop it."
    def knows(self, job: Job) -> bool:
        "Whether the plugin of a job is loaded here."
    def why_not(self, job: Job) -> str | None:
        "Why a job cannot begin just now."
    async def stop(self, job: Job, handle: dict[Any, Any], grace: float) -> Receipt:
        "Ask the plugin to stop, then end its worker process, if it has one."

def plugin_result(value: Any, transcription: bool = False) -> dict[Any, Any]:
    "The result of a job, from the result of a plugin."
