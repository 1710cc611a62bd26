# Made by tools/stubs.py: do not edit.
"""A job in words and in HTML: durations, sizes, a progress bar, a failure, the end of a log

Docs: https://cj-mills.github.io/cjm-jobtrack/view/render.html.md"""

from dataclasses import dataclass
from typing import Any
from ..model.job import Job

__all__ = [
    'STATUS_COLOURS', 'LOG_LINES', 'JobSnapshot', 'format_duration', 'format_size',
    'format_progress', 'format_elapsed', 'format_remaining', 'shorten', 'display_name',
    'format_attempt', 'format_status', 'element', 'isolated', 'header_html', 'progress_html',
    'log_html', 'failure_html', 'outputs_html', 'facts_html', 'job_html']

@dataclass(frozen=True)
class JobSnapshot:
    "What is known of a job at one instant."
    job: Job
    at: str
    log: str = ''
    notices: tuple[str, ...] = ()

def format_duration(seconds: float) -> str:
    "A duration in two units at most."

def format_size(size_bytes: int) -> str:
    "A file size, rounded. Units are powers of 1000 (SI)."

def format_progress(job: Job) -> str:
    "The progress of a job, in words."

def format_elapsed(snapshot: JobSnapshot) -> str:
    "How long a job has been waiting, has been running, or took."

def format_remaining(job: Job) -> str:
    "About how long a running job will still take."

def shorten(text: Any, limit: int = 500) -> str:
    "Text without control characters, cut in the middle when it is too long."

def display_name(job: Job) -> str:
    "The name of a job, or its id when it has none."

def format_attempt(job: Job) -> str: ...

def format_status(job: Job) -> str:
    "A job on one line: name, status, progress, attempt, and its message or error."

def element(tag: str, text: Any, style: str = '', **attrs: Any) -> str:
    "An HTML element with escaped text."

def isolated(tag: str, text: Any, style: str = '', **attrs: Any) -> str:
    "An element whose text keeps its own writing direction. Source: WHATWG HTML, 4.5.24 (the `bdi` element)."

STATUS_COLOURS: Any

def header_html(snapshot: JobSnapshot) -> str:
    "Name and status of a job, and its attempt from the second one on."

def progress_html(snapshot: JobSnapshot) -> str:
    "A progress bar with its words."

LOG_LINES: int

def log_html(log: str, lines: int = 200) -> str:
    "The end of a log."

def failure_html(snapshot: JobSnapshot) -> str:
    "Why a job failed, and what to do."

def outputs_html(job: Job, limit: int = 20) -> str:
    "The files that a job produced."

def facts_html(snapshot: JobSnapshot) -> str:
    "Message, lost contact, failure, files and notices of a job."

def job_html(snapshot: JobSnapshot, lines: int = 12) -> str:
    "A job as a page without a kernel shows it."
