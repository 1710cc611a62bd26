# Made by tools/stubs.py: do not edit.
"""How far a job is, read from the lines that tools print anyway

Docs: https://cj-mills.github.io/cjm-jobtrack/logs/progress.html.md"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

__all__ = [
    'FORMATS', 'LINE_MAX', 'PATTERN_MAX', 'Progress', 'read_percent', 'read_task', 'read_json',
    'read_tqdm', 'read_whisper', 'read_ffmpeg', 'ProgressReader']

@dataclass(frozen=True)
class Progress:
    "How far a tool says it is. `None` means that it did not say."
    percent: float | None
    message: str | None = None
    done: float | None = None
    total: float | None = None
    unit: str | None = None
    rate: float | None = None
    eta_s: float | None = None
    def __str__(self) -> str: ...

def read_percent(
    line: str,
    duration: float | None = None,
    state: dict[Any, Any] | None = None,
) -> Progress | None:
    """`Progress: 45%`, also with `=`, decimals after a point or comma, and words before and after it.

    whisper.cpp's `progress =  45%` is one of them."""

def read_task(
    line: str,
    duration: float | None = None,
    state: dict[Any, Any] | None = None,
) -> Progress | None:
    "`Task 3/10`, which is 30 %."

def read_json(
    line: str,
    duration: float | None = None,
    state: dict[Any, Any] | None = None,
) -> Progress | None:
    """One JSON object with `progress` or `percent` (0-100), or `done` and perhaps `total`.

    Also read are `message`, `unit`, `rate` and `eta_s`.
    If one of the numbers is not a number, the line is ignored. Source: https://jsonlines.org."""

def read_tqdm(
    line: str,
    duration: float | None = None,
    state: dict[Any, Any] | None = None,
) -> Progress | None:
    """A tqdm bar in its default form, with or without a total; the description is the message.

    Source: tqdm 4.70, `tqdm.std.tqdm.format_meter` and README, https://github.com/tqdm/tqdm."""

def read_whisper(
    line: str,
    duration: float | None = None,
    state: dict[Any, Any] | None = None,
) -> Progress | None:
    """`[00:00.000 --> 00:05.000] words`, as whisper and whisper.cpp print it.

    Also `[0.00s -> 5.00s] words`, as faster-whisper's README does.
    Source: openai/whisper, `whisper/transcribe.py` (`verbose`), `format_timestamp` in `whisper/utils.py`;
    README of SYSTRAN/faster-whisper, "Usage";
    `whisperx/transcribe.py` of m-bain/whisperX (`Transcript: [0.031 --> 5.2]`)."""

def read_ffmpeg(
    line: str,
    duration: float | None = None,
    state: dict[Any, Any] | None = None,
) -> Progress | None:
    """ffmpeg's `-progress` report, or its status line where there is none. `rate` is its `speed`.

    Source: https://ffmpeg.org/ffmpeg.html, option `-progress`; `print_report` in FFmpeg's `fftools/ffmpeg.c`;
    https://trac.ffmpeg.org/ticket/7345 on `out_time_ms`."""

FORMATS: Any

LINE_MAX: int

PATTERN_MAX: int

class ProgressReader:
    "Reads progress from a stream of bytes. Not to be shared by threads."
    formats: dict[Any, Any]
    duration: float | None
    pattern: re.Pattern[Any] | None
    def __init__(
        self,
        formats: Iterable[str] | None = None,
        duration: float | None = None,
        pattern: str | re.Pattern[Any] | None = None,
    ) -> None:
        "Raises `InvalidInput` naming the field that cannot be used."
    def feed(self, data: bytes, at: float | None = None) -> list[Progress]:
        "Read on. Whole lines and frames only; the rest waits for the next call. Never raises, whatever the bytes are."
    def finish(self, at: float | None = None) -> list[Progress]:
        "Read what is left when the stream has ended: a last line without newline, a last frame."
    def for_stream(self) -> ProgressReader:
        "A reader for another stream of the same program, which shares what the formats remember."
