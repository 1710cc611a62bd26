# Made by tools/stubs.py: do not edit.
"""How much memory and processor time a container has used, and what the kernel refused it

Docs: https://cj-mills.github.io/cjm-jobtrack/containers/usage.html.md"""


__all__: list[str] = []
