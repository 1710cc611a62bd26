# Made by tools/stubs.py: do not edit.
"""Whether a server can take work, and what stands in its way, answered at once whatever hangs

Docs: https://cj-mills.github.io/cjm-jobtrack/server/health.html.md"""

from collections.abc import Callable
from fastapi import FastAPI, Request
from pathlib import Path
from typing import Any
from .service import Service

__all__ = [
    'MIN_FREE', 'PATIENCE', 'BackgroundCheck', 'check_disk', 'check_record', 'ClockCheck',
    'check_queue', 'check_webhooks', 'HealthMonitor', 'add_health']

class BackgroundCheck:
    "Asks one thing again and again, in a thread of its own, and keeps the latest answer."
    name: str
    ask: Callable[[], dict[Any, Any]]
    every: float
    limit: float
    clock: Callable[[], float]
    answer: Any
    asked_at: Any
    def __init__(
        self,
        name: str,
        ask: Callable[[], dict[Any, Any]],
        *,
        every: float = 5.0,
        limit: float = 5.0,
        clock: Callable[[], float] = ...,
    ) -> None: ...
    def ask_once(self) -> None:
        "Ask, and keep the answer."
    def latest(self) -> dict[Any, Any]:
        "What is known now. Never blocks."
    def start(self) -> None: ...
    def stop(self, timeout: float = 1.0) -> None: ...

MIN_FREE: int

def check_disk(*folders: Path) -> dict[Any, Any]:
    "Room on the disks of these folders. Raises `OSError` when one cannot be looked at."

def check_record(store: Any) -> dict[Any, Any]:
    "Whether a record can be read and written. Raises `StoreError` when it cannot be read."

class ClockCheck:
    "Notices when the clock of the machine is set."
    wall: Callable[[], float]
    steady: Callable[[], float]
    offset: Any
    def __init__(self, wall: Callable[[], float] = ..., steady: Callable[[], float] = ...) -> None: ...
    def latest(self) -> dict[Any, Any]: ...

def check_queue(queue: Any) -> dict[Any, Any]:
    "Whether a queue takes jobs. Never blocks."

def check_webhooks(store: Any) -> dict[Any, Any]:
    "Whether the receivers of webhooks take what they are told. Raises `StoreError` when that cannot be read."

class HealthMonitor:
    "What is known about the health of a server."
    service: Service
    clock: ClockCheck
    started: Any
    checks: Any
    signs: Any
    trouble: Any
    def __init__(self, service: Service) -> None: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def parts(self) -> dict[str, dict[Any, Any]]:
        "What is known about each part. Never blocks."
    async def read(self) -> tuple[bool, dict[Any, Any]]:
        "Whether the server can take work, and what it says of itself. Returns soon, whatever hangs."

PATIENCE: float

def add_health(
    app: FastAPI,
    monitor: HealthMonitor,
    hint: Callable[[Request], dict[Any, Any]] = ...,
) -> None:
    "Add `GET /health`: 200 when work can be taken, 503 when not."
