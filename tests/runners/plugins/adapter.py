"""A plugin that works by task and adapter, for `cjm-plugin-system` and for its successor `cjm-substrate`: which, says JOBTRACK_SYSTEM.

It has no `execute`. Its words are the lines of the file that it is given. With `gate`, a path, it waits until that file is there; with `deaf` it does not
look whether it is to stop. Its result is of a type that only the worker knows (JOBTRACK_WORKER), so it comes in its envelope."""
import importlib, os, time
from dataclasses import dataclass, field
from pathlib import Path

SYSTEM = os.environ['JOBTRACK_SYSTEM']
def core(module): return importlib.import_module(f'{SYSTEM}.core.{module}')
InputError = next(v for k, v in vars(core('errors')).items() if k in ('PluginInputError', 'CapabilityInputError'))

known = core('wire').wire_type('jobtrack.words') if 'JOBTRACK_WORKER' in os.environ else lambda cls: cls

@known
@dataclass
class Words:
    text:str
    segments:list = field(default_factory=list)
    metadata:dict = field(default_factory=dict)

class Reader(core('capability').ToolCapability):
    name, version = 'reader', '1.0'
    def __init__(self): self.config = {}
    def initialize(self, config=None): self.config |= config or {}
    def get_config_schema(self): return {'type': 'object', 'properties': {'upper': {'type': 'boolean', 'default': False}}}
    def get_current_config(self): return dict(self.config)

    def transcribe(self, audio, gate=None, deaf=False):
        if not Path(audio).is_file(): raise InputError(f'there is no file {audio}', fields_invalid=['audio'])
        print('reading', flush=True)
        self.report_progress(.5, f'held up at {time.monotonic():.2f}')
        while gate and not Path(gate).exists():
            if not deaf: self.check_cancel()
            time.sleep(.01)
        return Words(Path(audio).read_text().strip(), metadata={'pid': os.getpid()})

    def describe(self, file_path, **more): return {'given': {'file_path': file_path} | more}

class Transcription(core('adapter').TaskAdapter):
    task_name = 'transcription'
    def __init__(self, tool): self.tool = tool
    def transcribe(self, audio, **kwargs): return self.tool.transcribe(audio, **kwargs)
    def describe(self, file_path, **kwargs): return self.tool.describe(file_path, **kwargs)

METHODS = [{'name': 'transcribe', 'params': ['audio', 'gate', 'deaf']}, {'name': 'describe', 'params': ['file_path']}]
