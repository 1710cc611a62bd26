"""A transcription plugin for `cjm-plugin-system`: English speech to text with pocketsphinx.

For the tests it can be held up: with `gate`, a path, it waits after the first utterance until that file is there. With `deaf` it does not look whether it
is to stop, and has a child process. With `end` it ends its own process. With `first` it ends after the first utterance."""
import os, subprocess, time
from pathlib import Path
from cjm_plugin_system.core.capability import ToolCapability
from cjm_plugin_system.core.errors import PluginInputError
from cjm_jobtrack.pipelines.builtin.transcribe import MODEL, RATE, decode, sound, utterances

class SpeechPlugin(ToolCapability):
    name, version = 'speech', '1.0'
    def __init__(self): self.config = {'vad': 0}
    def initialize(self, config=None): self.config |= config or {}
    def get_config_schema(self): return {'type': 'object', 'properties': {'vad': {'type': 'integer', 'default': 0, 'minimum': 0, 'maximum': 3}}}
    def get_current_config(self): return dict(self.config)

    def execute(self, audio, gate=None, deaf=False, end=None, first=False):
        from pocketsphinx import Decoder
        path = Path(audio)
        if not path.is_file(): raise PluginInputError(f'there is no file {path}', fields_invalid=['audio'])
        print(f'reading {path.name}', flush=True)
        if end is not None: os._exit(end)
        if path.suffix != '.wav': raise RuntimeError(f'{path.name} cannot be decoded')
        child = subprocess.Popen(['sleep', '600'], start_new_session=True) if deaf else None
        segments = []
        with sound(path) as (read, duration):
            decoder = Decoder(samprate=RATE, cmn='batch', loglevel='FATAL')
            for start, pcm in utterances(read, self.config['vad']):
                if pcm and (s := decode(decoder, start, pcm)): segments.append(s)
                self.report_progress(min(1., start/duration), segments[-1]['text'] if segments else 'listening')
                while gate and segments and not Path(gate).exists():
                    if not deaf: self.check_cancel()
                    self.report_progress(min(1., start/duration), f'held up at {time.monotonic():.2f}')   # never the same as in the job before
                    time.sleep(.01)
                if first and segments: break
        if child: child.kill()
        words = [w['confidence'] for s in segments for w in s['words']]
        return {'text': ' '.join(s['text'] for s in segments), 'confidence': sum(words)/len(words) if words else None, 'segments': segments,
                'metadata': {'model': MODEL, 'pid': os.getpid(), 'vad': self.config['vad']}}
