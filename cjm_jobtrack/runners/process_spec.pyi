# Made by tools/stubs.py: do not edit.
"""The spec of a program: its arguments, folder, environment and limits, and where its outputs are found

Docs: https://cj-mills.github.io/cjm-jobtrack/runners/process_spec.html.md"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from .cgroups import Cgroups

__all__ = [
    'PROCESS_LIMITS', 'PROCESS_DEFAULTS', 'MARK', 'check_word', 'check_words', 'parse_size',
    'Bounds', 'check_limits', 'check_machine', 'output_places', 'check_process',
    'program_environment', 'find_program']

def check_word(field: str, value) -> str:
    "Raises `InvalidInput` unless this is a text that can be passed to a program."

def check_words(spec: dict[Any, Any], field: str, at_least: int = 0) -> None:
    "Raises `InvalidInput` unless a field is a list of texts that can be passed to a program."

def parse_size(text: str) -> int | None:
    "A size as people write it."

@dataclass(frozen=True)
class Bounds:
    "The values that a limit may have."
    least: float
    most: float
    kind: str = 'whole'
    def number(self, field: str, value) -> float:
        "The limit as a number. Raises `InvalidInput` naming the field."

PROCESS_LIMITS: Any

def check_limits(
    given: dict[Any, Any],
    table: dict[Any, Any] = ...,
    of: str = 'process',
) -> dict[Any, Any]:
    "Checked limits. Raises `InvalidInput` naming the one that makes no sense."

def check_machine(limits: dict[Any, Any], groups: Cgroups | None) -> None:
    "Raises `InvalidInput` naming a limit that cannot be enforced on this machine."

def output_places(spec: dict[Any, Any]) -> tuple[str | None, list[Any] | None]:
    "Where the outputs of a program are looked for."

PROCESS_DEFAULTS: Any

def check_process(spec: dict[Any, Any]) -> dict[Any, Any]:
    """A checked spec for `ProcessRunner`; nothing is started. Raises `InvalidInput` naming the field.

    `argv`: the program and its arguments.
    `cwd`: where it runs.
    `env`: variables added to ours; `None` removes one.
    `pass_env`: which of our variables the program gets, as names and patterns; without it, all but [our
    own tokens](16_inheritance.ipynb).
    `no_new_privs`: whether set-user-ID programs such as `sudo` have no effect for it.
    `progress`: options of `ProgressReader`.
    `output_dir`: a folder, created if missing; every file below it is an output.
    `output_root` and `output_globs`: instead of it, patterns below a folder; the first that matches a
    file written since the start wins. A list in place of a pattern: files that match any of its patterns.
    A file that was there before, and is unchanged, is not an output.
    `require_output`: whether leaving no file is a failure.
    `invalid_exit`: exit statuses by which the program says that its input cannot be used.
    `leftovers`: what happens to processes that outlive the program: 'stop', or 'leave'. Those left are
    stopped when the job is deleted and its id is used again.
    `limits`: `memory` (bytes of all its processes together without swap, where control groups are
    allowed; elsewhere of the address space of each), `cpus` (processors; 1.5 is one and a half)
    and `pids` (processes and threads), which need control groups; `cpu_s` (processor seconds of each
    process), `file_size` (bytes of any one file, and of the log), `open_files`, `nice`."""

MARK: str

def program_environment(spec: dict[Any, Any], folder: Path) -> dict[str, str]:
    "The environment of the program: ours, what the spec adds, and the marks by which it is found."

def find_program(spec: dict[Any, Any], env: dict[str, str]) -> str:
    "Where the program is. Raises `InvalidInput` when it does not exist or may not be executed."
