"""How soon a command answers: a whole process, from its start to its end. Held against a bare Python that imports typer, which every command does.

Bytecode is kept in a folder of the benchmark's own, so that all is compiled, as in an installed package, whatever PYTHONDONTWRITEBYTECODE says."""
import os, subprocess, sys, time
from pathlib import Path
from unittest import mock

from _measure import folder, main
from cjm_jobtrack import JobTracker
from cjm_jobtrack.cli.servers import server_process
from cjm_jobtrack.store.own_record import own_record

TYPER = [sys.executable, '-c', 'import typer']
JOBTRACK = Path(sys.executable).with_name('jobtrack')

class Processes:
    "Processes that share a home: for bytecode, and for the user's own record."
    def __init__(self, home:Path, **env):
        self.env = os.environ | dict(PYTHONPYCACHEPREFIX=str(home/'pyc'), PYTHONDONTWRITEBYTECODE='', XDG_STATE_HOME=str(home/'state')) | env

    def milliseconds(self, *words):
        "Takes the time of a process. What it prints is thrown away."
        def sample():
            begun = time.perf_counter()
            subprocess.run([*map(str, words)], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=self.env)
            return 1000 * (time.perf_counter() - begun)
        sample()   # compiles what it needs
        return sample

    def duel(self, bench, what, *words, at_most):
        if bench.wanted(what): bench.duel(what, 'ms', self.milliseconds(JOBTRACK, *words), self.milliseconds(*TYPER), 'import typer', at_most=at_most)

def with_jobs(file:Path):
    "A record with twenty jobs that have ended."
    file.parent.mkdir(parents=True, exist_ok=True)
    with JobTracker(file) as tracker:
        for n in range(20): tracker.mark_failed(tracker.create_job(f'talk {n}.wav').id, 'no speech')

def names(bench):
    "The list of commands, which imports none of them."
    with folder() as home:
        processes = Processes(home, JOBTRACK_URL='')
        for word in '--help', '--version': processes.duel(bench, f'jobtrack {word}', word, at_most=1.5)

def own(bench):
    "Your own record: nothing, and twenty jobs, for people and for programs; and a program that does nothing."
    with folder() as home:
        processes = Processes(home, JOBTRACK_URL='')
        processes.duel(bench, 'jobtrack ls, no record', 'ls', at_most=2.5)
        with mock.patch.dict(os.environ, processes.env): with_jobs(own_record())
        for words in (), ('--json',): processes.duel(bench, ' '.join(['jobtrack ls, your own record', *words]), 'ls', *words, at_most=6)
        processes.duel(bench, 'jobtrack run true', 'run', 'true', at_most=12)

def server(bench):
    "Twenty jobs of a node."
    if not bench.wanted('jobtrack ls, a node'): return
    with folder() as home:
        with_jobs(home/'data'/'jobs.db')
        with server_process('node', '--data', home/'data', log=home/'log') as (url, _):
            processes = Processes(home, JOBTRACK_URL=url)
            for words in (), ('--json',): processes.duel(bench, ' '.join(['jobtrack ls, a node', *words]), 'ls', *words, at_most=6)

if __name__ == '__main__': main(__file__, names, own, server)
