# Made by tools/stubs.py: do not edit.
"""Track a media job from the notebook cell that asks for it to the machine that does it, and never lose it on the way

Modules:

- `cjm_jobtrack.pipelines.builtin.transcode`: Convert a video with ffmpeg: another codec, another container, another size.
- `cjm_jobtrack.pipelines.builtin.transcribe`: Speech to text with pocketsphinx and the English model it comes with."""

from .api.jobs import Jobs as Jobs
from .api.jobs import batch as batch
from .api.jobs import jobs as jobs
from .api.jobs import run as run
from .api.jobs import use as use
from .containers.docker import DockerRunner as DockerRunner
from .logs.log_store import LogStore as LogStore
from .maintenance.retention import RetentionPolicy as RetentionPolicy
from .maintenance.retention import orphans as orphans
from .maintenance.retention import prune as prune
from .maintenance.transfer import backup as backup
from .maintenance.transfer import export_jobs as export_jobs
from .maintenance.transfer import import_jobs as import_jobs
from .model.errors import IllegalMove as IllegalMove
from .model.errors import InvalidInput as InvalidInput
from .model.errors import JobCancelled as JobCancelled
from .model.errors import JobFailed as JobFailed
from .model.errors import JobtrackError as JobtrackError
from .model.errors import KeyConflict as KeyConflict
from .model.errors import LeaseLost as LeaseLost
from .model.errors import NeverFits as NeverFits
from .model.errors import NoResult as NoResult
from .model.errors import NodeRefused as NodeRefused
from .model.errors import NodeUnreachable as NodeUnreachable
from .model.errors import StoreError as StoreError
from .model.errors import UnknownJob as UnknownJob
from .model.errors import UnknownNode as UnknownNode
from .model.errors import UnknownPipeline as UnknownPipeline
from .model.errors import UnknownRunner as UnknownRunner
from .model.job import Failure as Failure
from .model.job import Job as Job
from .model.job import JobEvent as JobEvent
from .model.job import JobStatus as JobStatus
from .model.job import OutputFile as OutputFile
from .model.retry import RetryPolicy as RetryPolicy
from .net.client import RemoteClient as RemoteClient
from .net.manager import Manager as Manager
from .net.node import Node as Node
from .net.remote import RemoteRunner as RemoteRunner
from .pipelines.pipeline import Pipeline as Pipeline
from .pipelines.pipeline import PipelineCatalog as PipelineCatalog
from .pipelines.pipeline import PipelineRunner as PipelineRunner
from .queue.batch import Batch as Batch
from .queue.batch import submit_batch as submit_batch
from .queue.executor import JobExecutor as JobExecutor
from .queue.executor import JobFuture as JobFuture
from .queue.queue import JobQueue as JobQueue
from .queue.submitted_batch import SubmittedBatch as SubmittedBatch
from .queue.submitted_job import SubmittedJob as SubmittedJob
from .runners.call import CallRunner as CallRunner
from .runners.conformance import ConformanceJobs as ConformanceJobs
from .runners.conformance import ConformanceReport as ConformanceReport
from .runners.conformance import Trial as Trial
from .runners.conformance import check_runner as check_runner
from .runners.outcome import Outcome as Outcome
from .runners.outcome import Receipt as Receipt
from .runners.plugin import PluginRunner as PluginRunner
from .runners.process import ProcessRunner as ProcessRunner
from .runners.runner import BaseRunner as BaseRunner
from .runners.runner import Runner as Runner
from .runners.track import track as track
from .store.store import JobStore as JobStore
from .tracker.tracker import JobTracker as JobTracker
from .tracker.transcription import TranscriptionJob as TranscriptionJob
from .tracker.transcription import TranscriptionJobTracker as TranscriptionJobTracker
from .view.dashboard import JobDashboard as JobDashboard
from .view.monitor import JobMonitor as JobMonitor
from .view.monitor import monitor as monitor

__all__ = [
    'JobtrackError', 'InvalidInput', 'UnknownPipeline', 'UnknownRunner', 'NeverFits', 'UnknownJob',
    'UnknownNode', 'IllegalMove', 'LeaseLost', 'KeyConflict', 'StoreError', 'NodeUnreachable',
    'NodeRefused', 'NoResult', 'JobFailed', 'JobCancelled', 'Job', 'JobStatus', 'Failure',
    'OutputFile', 'JobEvent', 'JobStore', 'LogStore', 'JobTracker', 'TranscriptionJob',
    'TranscriptionJobTracker', 'RetentionPolicy', 'prune', 'orphans', 'export_jobs', 'import_jobs',
    'backup', 'RetryPolicy', 'Outcome', 'Receipt', 'Runner', 'BaseRunner', 'ConformanceJobs',
    'ConformanceReport', 'Trial', 'check_runner', 'CallRunner', 'track', 'ProcessRunner',
    'DockerRunner', 'PluginRunner', 'JobQueue', 'Batch', 'submit_batch', 'JobExecutor', 'JobFuture',
    'SubmittedJob', 'SubmittedBatch', 'Pipeline', 'PipelineCatalog', 'PipelineRunner',
    'RemoteClient', 'RemoteRunner', 'Node', 'Manager', 'JobMonitor', 'monitor', 'JobDashboard',
    'Jobs', 'run', 'batch', 'jobs', 'use']

__version__: str
