# Made by tools/stubs.py: do not edit.
"""Certificates of servers and of their clients, checked before they are used

Docs: https://cj-mills.github.io/cjm-jobtrack/server/tls.html.md"""

import ssl
from pathlib import Path
from typing import Any

__all__ = [
    'CLIENT_CERT', 'CLIENT_KEY', 'server_tls', 'client_tls']

def server_tls(
    cert: Path | None = None,
    key: Path | None = None,
    client_ca: Path | None = None,
) -> dict[Any, Any]:
    "TLS for a server. Raises `InvalidInput` naming `--tls-cert`, `--tls-key` or `--tls-client-ca`."

CLIENT_CERT: str

CLIENT_KEY: str

def client_tls() -> ssl.SSLContext:
    "What a client does about TLS. Raises `InvalidInput` naming an environment variable."
