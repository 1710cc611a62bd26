# Made by tools/stubs.py: do not edit.
"""`doctor`: whether this machine has what the other commands need, and whether the server answers

Docs: https://cj-mills.github.io/cjm-jobtrack/cli/doctor.html.md"""

from dataclasses import dataclass
from rich.text import Text
from .app import AsJson, TokenFile, Url

__all__ = [
    'Finding', 'check_machine', 'check_server', 'doctor']

@dataclass(frozen=True)
class Finding:
    "One thing that was checked."
    name: str
    ok: bool
    told: str
    remedy: str = ''
    needed: bool = True
    @property
    def verdict(self) -> Text:
        "The finding in a word."

def check_machine() -> list[Finding]:
    "Check this machine."

def check_server(url: str, token: str | None) -> Finding:
    "Check whether a server answers, and accepts the token."

def doctor(
    as_json: AsJson = False,
    url: Url = 'http://127.0.0.1:3001',
    token_file: TokenFile = None,
) -> None:
    "Check this machine, and whether the server answers."
