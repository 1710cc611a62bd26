"""Track a media job from the notebook cell that asks for it to the machine that does it, and never lose it on the way

Modules:

- `cjm_jobtrack.pipelines.builtin.transcode`: Convert a video with ffmpeg: another codec, another container, another size.
- `cjm_jobtrack.pipelines.builtin.transcribe`: Speech to text with pocketsphinx and the English model it comes with."""

__version__ = "0.1.0"

from importlib import import_module as _import_module

# These names come from their modules at first use, so that importing the package costs nothing: a notebook that only tracks
# jobs in memory never loads SQLAlchemy, Docker, FastAPI or ipywidgets. (nbdev-export writes the docstring above.)
_home = {name: module for module, names in {  # name -> the module below this package that defines it
    'model.errors': 'JobtrackError InvalidInput UnknownPipeline UnknownRunner NeverFits UnknownJob UnknownNode IllegalMove LeaseLost KeyConflict '
                   'StoreError NodeUnreachable NodeRefused NoResult JobFailed JobCancelled',
    'model.job': 'Job JobStatus Failure OutputFile JobEvent',
    'store.store': 'JobStore',
    'logs.log_store': 'LogStore',
    'tracker.tracker': 'JobTracker',
    'tracker.transcription': 'TranscriptionJob TranscriptionJobTracker',
    'maintenance.retention': 'RetentionPolicy prune orphans',
    'maintenance.transfer': 'export_jobs import_jobs backup',
    'model.retry': 'RetryPolicy',
    'runners.outcome': 'Outcome Receipt',
    'runners.runner': 'Runner BaseRunner',
    'runners.conformance': 'ConformanceJobs ConformanceReport Trial check_runner',
    'runners.call': 'CallRunner',
    'runners.track': 'track',
    'runners.process': 'ProcessRunner',
    'containers.docker': 'DockerRunner',
    'runners.plugin': 'PluginRunner',
    'queue.queue': 'JobQueue',
    'queue.batch': 'Batch submit_batch',
    'queue.executor': 'JobExecutor JobFuture',
    'queue.submitted_job': 'SubmittedJob',
    'queue.submitted_batch': 'SubmittedBatch',
    'pipelines.pipeline': 'Pipeline PipelineCatalog PipelineRunner',
    'net.client': 'RemoteClient',
    'net.remote': 'RemoteRunner',
    'net.node': 'Node',
    'net.manager': 'Manager',
    'view.monitor': 'JobMonitor monitor',
    'view.dashboard': 'JobDashboard',
    'api.jobs': 'Jobs run batch jobs use',
}.items() for name in names.split()}

__all__ = list(_home)

def __getattr__(name: str):
    if name not in _home: raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    value = globals()[name] = getattr(_import_module(f'{__name__}.{_home[name]}'), name)
    return value

def __dir__(): return sorted({*globals(), *_home})
