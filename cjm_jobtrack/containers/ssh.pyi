# Made by tools/stubs.py: do not edit.
"""Talking to the engine of another machine through `ssh`, as Docker's own command line does

Docs: https://cj-mills.github.io/cjm-jobtrack/containers/ssh.html.md"""

import urllib3
from docker.transport.basehttpadapter import BaseHTTPAdapter
from typing import Any

__all__ = [
    'ssh_command', 'explain_ssh', 'SSHAdapter']

def ssh_command(url: str) -> list[str]:
    """The command that connects us with the engine of another machine. Raises `InvalidInput`.

    Source: docker/cli, cli/connhelper/ssh."""

def explain_ssh(errors: bytes) -> str:
    "Why `ssh` gave up, and what to do."

class SSHAdapter(BaseHTTPAdapter):
    "Sends the requests of a `requests` session through `ssh`."
    pool: urllib3.HTTPConnectionPool
    def __init__(self, command: list[str], max_connections: int) -> None: ...
    def get_connection(self, url, proxies = None) -> Any: ...
    def request_url(self, request, proxies) -> Any: ...
    def close(self) -> None: ...
