# Made by tools/stubs.py: do not edit.
"""Getting images onto an engine: by pulling them, or by making them here without a registry

Docs: https://cj-mills.github.io/cjm-jobtrack/containers/images.html.md"""

import docker
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from .engine import CancellableRequest, Engine

__all__ = [
    'has_image', 'pull_image', 'pull_image_async', 'libraries', 'make_image']

def has_image(api: docker.APIClient, image: str) -> bool:
    "Whether the engine has an image. Blocks."

def pull_image(
    api: docker.APIClient,
    image: str,
    on_progress: Callable[[str], None],
    is_cancelled: Callable[[], bool] = ...,
    on_open: Callable[[CancellableRequest], None] = ...,
) -> bool:
    "Pull an image. Blocks; raises `APIError` if it cannot be had."

async def pull_image_async(
    engine: Engine,
    image: str,
    on_progress: Callable[[str], None],
    is_cancelled: Callable[[], bool],
    interval: float = 0.1,
) -> bool:
    "`pull_image` from an event loop. Raises as `Engine.call` does."

def libraries(program: str | Path) -> dict[str, str]:
    "The shared libraries that a program needs, and their loader. Source: ldd(1)."

def make_image(
    client: docker.DockerClient,
    name: str,
    files: dict[str, str | Path],
    changes: Iterable[str] = (),
    labels: dict[Any, Any] | None = None,
) -> str:
    "An image of a few files and the libraries they need. Blocks; raises `APIError` if the engine refuses."
