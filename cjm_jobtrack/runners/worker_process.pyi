# Made by tools/stubs.py: do not edit.
"""What runs in the Python process that carries out functions: it takes calls, runs them, can be interrupted, and reports

Docs: https://cj-mills.github.io/cjm-jobtrack/runners/worker_process.html.md"""


__all__ = [
    'serve']

def serve(fd: int, folders: dict[str, str], doors: list[str], is_ahead: bool) -> None:
    "The life of a worker process."
