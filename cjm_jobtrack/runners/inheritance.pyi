# Made by tools/stubs.py: do not edit.
"""What a program starts with, wherever and however we were started ourselves

Docs: https://cj-mills.github.io/cjm-jobtrack/runners/inheritance.html.md"""

import signal

__all__ = [
    'PASSED', 'UMASK', 'inherited_environment', 'ignored_signals', 'blocked_signals',
    'tight_limits', 'niceness', 'lowest_niceness', 'unclean', 'exit_status_is_lost',
    'clean_signals', 'clean_process', 'forbid_new_privileges', 'become', 'begin_clean']

PASSED: tuple[str, ...]

def inherited_environment(names: list[str] | None = None) -> dict[str, str]:
    "Our environment as a program gets it: never with our own tokens."

def ignored_signals() -> set[signal.Signals]:
    """Signals that programs would ignore because we do.

    Python itself ignores two, and restores them in its children."""

def blocked_signals() -> set[signal.Signals]:
    "Signals that are blocked in this thread."

def tight_limits() -> dict[int, tuple[int, int]]:
    "Limits that are tighter than a program should have: which -> soft, hard."

def niceness() -> int:
    "What a program starts with: that of process 1; or ours, if that is higher and we may not go below it."

def lowest_niceness() -> int:
    "The lowest niceness that this process may give to a program."

def unclean() -> list[str]:
    "What a program would inherit from this thread, and should not. The umask is set in any case."

def exit_status_is_lost() -> bool:
    """Whether nobody here can learn how a child of this process ended.

    Source: waitpid(2), Linux manual pages, NOTES."""

def clean_signals() -> None:
    "Ignore and block no signal any more. To be called in the main thread."

def clean_process() -> None:
    """Give this process what a program starts with, except for umask and environment.

    To be called in the main thread, before there are others."""

def forbid_new_privileges() -> None:
    """Let no program that this process becomes or starts gain privileges. Linux only.

    Set-user-ID then has no effect.

    Source: prctl(2), Linux manual pages, PR_SET_NO_NEW_PRIVS."""

def become(words: list[str]) -> None:
    """Turn this process into a program, in a clean state.

    `words`: whether to forbid new privileges ('no' or 'yes' to gaining any), then program and arguments."""

UMASK: int

def begin_clean(argv: list[str], no_new_privs: bool = False) -> list[str]:
    "A command that starts a program in a clean state. It has to be run from this very thread."
