# Made by tools/stubs.py: do not edit.
"""From start to end, also when the engine is restarted meanwhile: its log, its progress, what it used, and how it ended

Docs: https://cj-mills.github.io/cjm-jobtrack/containers/follow.html.md"""


__all__: list[str] = []
