# Made by tools/stubs.py: do not edit.
"""The program `jobtrack`: submit, watch and fetch jobs from a shell, run the servers, maintain the record

Docs: https://cj-mills.github.io/cjm-jobtrack/cli/main.html.md"""


__all__ = [
    'main']

def main() -> None:
    "The program `jobtrack`."
