# Made by tools/stubs.py: do not edit.
"""Many jobs as a list; one job as facts and a time line

Docs: https://cj-mills.github.io/cjm-jobtrack/cli/job_tables.html.md"""

from rich.table import Table
from ..model.job import Job, JobEvent
from .timeline import SessionStep, Step

__all__ = [
    'jobs_table', 'timeline_table', 'session_table', 'node_name', 'job_facts']

def jobs_table(jobs: list[Job], at: str | None = None) -> Table:
    "Jobs as a table for people."

def timeline_table(steps: list[Step]) -> Table:
    "A time line for people; instants are of the local time zone."

def session_table(steps: list[SessionStep]) -> Table:
    "The time line of all machines for people; instants are of the local time zone."

def node_name(job: Job, history: list[JobEvent]) -> str | None:
    "The name of the node that a job was last sent to."

def job_facts(job: Job, history: list[JobEvent]) -> Table:
    "A job as rows of name and value."
