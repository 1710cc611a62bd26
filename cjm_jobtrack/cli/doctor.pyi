# Made by tools/stubs.py: do not edit.
"""`doctor`: whether this machine has what the other commands need, and whether the server answers

Docs: https://cj-mills.github.io/cjm-jobtrack/cli/doctor.html.md"""

from dataclasses import dataclass
from .app import Commands
from .options import AsJson, TokenFile, Url
from .output import Cell

__all__ = [
    'commands', 'Finding', 'check_machine', 'check_server', 'doctor']

@dataclass(frozen=True)
class Finding:
    "One thing that was checked."
    name: str
    ok: bool
    told: str
    remedy: str = ''
    needed: bool = True
    @property
    def verdict(self) -> Cell:
        "The finding in a word, and its colour."

def check_machine() -> list[Finding]:
    "Check this machine."

def check_server(url: str, token: str | None) -> Finding:
    "Check whether a server answers, and accepts the token."

commands: Commands

def doctor(as_json: AsJson = False, url: Url = 'here', token_file: TokenFile = None) -> None:
    "Check this machine, and whether the server answers."
