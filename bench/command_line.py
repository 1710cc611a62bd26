"""How soon a command answers: the whole process, from the shell's call to its end. Against a bare Python that imports typer, which every command does."""
import os, subprocess, sys, time
from pathlib import Path

from _measure import folder, main
from cjm_jobtrack import JobTracker
from cjm_jobtrack.cli.servers import server_process

TYPER = [sys.executable, '-c', 'import typer']

def milliseconds(*words, **env):
    "The time of a process. What it printed is thrown away."
    def sample():
        begun = time.perf_counter()
        subprocess.run([*map(str, words)], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=os.environ | env)
        return 1000 * (time.perf_counter() - begun)
    sample()   # the files are in memory
    return sample

def command(*words, **env): return milliseconds(Path(sys.executable).with_name('jobtrack'), *words, **env)

def names(bench):
    "What knows the names of the commands, and none of the commands."
    for word in '--help', '--version':
        what = f'jobtrack {word}'
        if bench.wanted(what): bench.duel(what, 'ms', command(word), milliseconds(*TYPER), 'import typer', at_most=1.5)

def listing(bench):
    "Twenty jobs of a server, as a table and for a program."
    if not bench.wanted('jobtrack ls of a node'): return
    with folder() as at:
        (at/'data').mkdir()
        with JobTracker(f'sqlite:///{at}/data/jobs.db') as tracker:
            for n in range(20): tracker.mark_failed(tracker.create_job(f'talk {n}.wav').id, 'no speech')
        with server_process('node', '--data', at/'data', log=at/'log') as (url, _):
            for words in (), ('--json',):
                ls = command('ls', *words, JOBTRACK_URL=url)
                bench.duel(' '.join(['jobtrack ls of a node', *words]), 'ms', ls, milliseconds(*TYPER), 'import typer', at_most=6)

if __name__ == '__main__': main(__file__, names, listing)
