# Made by tools/stubs.py: do not edit.
"""What a node accepts as work: named, typed, bounded, and written in a file that its owner can read

Docs: https://cj-mills.github.io/cjm-jobtrack/pipelines/pipeline.html.md"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from ..model.job import Job
from ..runners.outcome import Outcome, Receipt, Report
from ..runners.runner import BaseRunner, Runner
from .params import Param, UploadNames

__all__ = [
    'SHIPPED', 'ArgTemplate', 'Pipeline', 'PipelineCatalog', 'PipelineRunner']

@dataclass(frozen=True)
class ArgTemplate:
    "One element of an argument list, and the condition on which it is there."
    template: str
    param: str | None = None
    when_set: bool = True
    value: Any = None
    outer: ArgTemplate | None = None
    def is_in(self, values: Mapping[Any, Any]) -> bool: ...
    def conditions(self) -> list[ArgTemplate]: ...

@dataclass(frozen=True)
class Pipeline:
    "A named, allowed piece of work. Made by `PipelineCatalog.load`."
    name: str
    argv: tuple[ArgTemplate, ...]
    description: str = ''
    runner: str = 'process'
    container: dict[Any, Any] = ...
    params: dict[str, Param] = ...
    input: str = 'required'
    accepts: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    input_from: dict[str, str] = ...
    cwd: str = '{output_dir}'
    env: dict[str, str] = ...
    pass_env: tuple[str, ...] = ()
    no_new_privs: bool = True
    outputs: tuple[str, ...] = ()
    keep: str = 'copy'
    require_output: bool = False
    progress: dict[Any, Any] = ...
    invalid_exit: tuple[int, ...] = ()
    timeout: float | None = None
    max_attempts: int = 1
    resources: dict[str, int] = ...
    queue_timeout: float | None = None
    stall_timeout: float | None = None
    limits: dict[Any, Any] = ...
    options: dict[Any, Any] = ...
    original: bool = False
    file: str = ''
    @property
    def shares_workspace(self) -> bool: ...
    def check(
        self,
        input: str | None = None,
        params: dict[Any, Any] | None = None,
        workspace: str | Path = '.',
    ) -> tuple[str | None, dict[Any, Any]]:
        """What a request asks for, typed and bounded. Looks at the file system.

        Raises `InvalidInput` naming the field as the caller spelled it."""
    def globs(self, job: Job) -> list[str]:
        "Patterns of the files that a job leaves; they match any, if its input has no name. Looks at no file."
    def work(
        self,
        job: Job,
        workspace: str | Path,
        output_dir: str | Path,
        runner: str | None = None,
    ) -> dict[Any, Any]:
        "What is to run for a job. Starts and creates nothing. Raises `InvalidInput` naming the field."
    def to_dict(self) -> dict[Any, Any]:
        "What a caller needs to know: how to ask for it, not how it runs."

SHIPPED: Path

class PipelineCatalog:
    "The pipelines of a node, by name. Iterates over the pipelines."
    def __init__(self, pipelines: Iterable[Pipeline] = ()) -> None:
        "Raises `InvalidInput` when two have one name, or two claim the requests of the original manager."
    def __getitem__(self, name: str) -> Pipeline:
        "The pipeline of that name. Raises `UnknownPipeline`."
    def __contains__(self, name: object) -> bool: ...
    def __iter__(self) -> Iterator[Pipeline]: ...
    def __len__(self) -> int: ...
    def names(self) -> list[str]: ...
    @property
    def original(self) -> Pipeline | None:
        "The pipeline that requests of the original manager run."
    @property
    def accepts(self) -> tuple[str, ...]:
        "Suffixes of the files that any of them accepts."
    @classmethod
    def load(cls, *paths: str | Path) -> PipelineCatalog:
        "Read a catalogue. Raises `InvalidInput` naming file and key."

class PipelineRunner(BaseRunner):
    """Carries out jobs that ask for a pipeline, through the runner that the pipeline names.

    `job.spec`: `pipeline`, its name; `input`, a path in the workspace or a URL; `params`, a dict.
    The results of each attempt are kept in a folder of its own, `<outputs>/<job id>/<attempt>/`, even when the program
    leaves them elsewhere."""
    name: str
    catalog: PipelineCatalog
    names: UploadNames | None
    runners: dict[str, Runner]
    workspace: Path
    outputs: Path
    def __init__(
        self,
        catalog: PipelineCatalog,
        runners: Iterable[Runner],
        workspace: str | Path,
        outputs: str | Path,
        names: UploadNames | None = None,
    ) -> None: ...
    def output_dir(self, job: Job) -> Path: ...
    def check(self, spec: dict[Any, Any]) -> dict[Any, Any]:
        "Check a request before a job is made of it. Raises `InvalidInput` naming the field."
    async def find(self, job: Job) -> dict[Any, Any] | None:
        "Work of this attempt, whichever runner has it."
    async def choose(self, pipeline: str) -> tuple[str, str | None]:
        """The runner that would carry a pipeline out now.

        One that can run in a container does, where there is an engine that has the image; elsewhere it is a process."""
    async def start(self, job: Job) -> dict[Any, Any]:
        "Begin what the job asks for. Raises `InvalidInput` naming the field that cannot be used."
    async def stop(self, job: Job, handle: dict[Any, Any], grace: float) -> Receipt:
        "Ask the work to end, then force it."
    def terms(self, job: Job) -> dict[Any, Any]:
        "What the job requires of its queue; nothing, if its pipeline is unknown by now."
    def why_not(self, job: Job) -> str | None:
        "Why the pipeline's runner cannot begin it just now."
    def clash(self, job: Job, other: Job) -> str | None:
        "Why one must wait for the other: a file that one leaves in the workspace could be taken for the other's."
    async def follow(self, job: Job, handle: dict[Any, Any], report: Report) -> Outcome:
        "Watch the work until it ends, then collect its results."
