"""What a person waits for who types `run(f)`: from there to the first line of `f`. What a call by an executor costs over the same job submitted to
the queue. And what importing the three names costs over fastcore, on which the package is built.

A job in a process gets a fresh one. It is started for the job ('cold'), was started ahead (`spare`, as `Jobs` has it), or has carried out others
before (`warm`). Instants are those of the machine's monotonic clock, which all processes share."""
import os, statistics, subprocess, sys, time

os.environ.pop('PYTHONDONTWRITEBYTECODE', None)   # or each worker would compile what it imports

from _measure import PATIENCE, Countdown, folder, main
from cjm_jobtrack import CallRunner, Job, JobExecutor, JobQueue, JobStore, JobTracker, Jobs

def stamp(): return time.perf_counter()
def noop(n): return n

def first_line(submit, n:int, pause:float) -> float:  # ms, median
    "From the call of `submit`, which waits for the job and gives its result, to the first line of the function."
    times = []
    for _ in range(n):
        time.sleep(pause)
        begun = time.perf_counter()
        times.append(submit() - begun)
    return 1000*statistics.median(times)

def through_run(where):
    def sample(n, pause):
        with folder() as at, Jobs(at/'jobs.db') as jobs:
            def submit(): return jobs.run(stamp, where=where).wait(PATIENCE).result
            submit()   # opens the record, and imports what that takes
            return first_line(submit, n, pause)
    return sample

def through_queue(**options):
    def sample(n, pause):
        with folder() as at, JobTracker(at/'jobs.db') as tracker, CallRunner(pool='process', **options) as runner, JobQueue(tracker, runner) as queue:
            def submit(): return tracker.join(queue.create_job('stamp', spec=runner.call(stamp)).id, PATIENCE).result
            submit()
            return first_line(submit, n, pause)
    return sample

def bare(n:int) -> float:  # ms, median
    "To the first line of a bare Python that can read what a notebook's functions are sent as."
    def submit(): return float(subprocess.run([sys.executable, '-c', f'import cloudpickle, time; {PRINT}'], capture_output=True, check=True).stdout)
    return first_line(submit, n, .01)

PRINT = 'print(time.perf_counter())'

def begin(bench):
    n = 5 if bench.quick else 15
    for what, sample, pause, at_most, other in (
            ('run(f) in a thread, to its first line', through_run('thread'), .01, 2, None),
            ('run(f) in a process, to its first line', through_run('process'), .5, 60, bare),
            ('a function in a cold process, to its first line', through_queue(), .01, 60, bare),
            ('a function in a spare process, to its first line', through_queue(spare=True), .5, 3, None),
            ('a function in a warm process, to its first line', through_queue(warm=1), .01, 3, None)):
        def ours(sample=sample, pause=pause): return sample(n, pause)
        def floor(other=other): return other(n)
        bench.duel(what, 'ms', ours, other and floor, 'a bare Python with cloudpickle' if other else '', at_most=at_most, ratio=False, pairs=5, quick=2)

def by_queue(n:int) -> float:  # seconds
    count = Countdown(n)
    with folder() as at, JobTracker(JobStore(f'sqlite:///{at}/jobs.db'), count) as tracker, JobQueue(tracker, runner := CallRunner(), 16) as queue:
        spec = runner.call(noop)
        begun = time.perf_counter()
        queue.submit_many([Job(name=f'noop {i}', spec=spec | {'args': [i]}) for i in range(n)])
        count.wait()
        return time.perf_counter() - begun

def by_executor(n:int) -> float:  # seconds
    with folder() as at, JobTracker(JobStore(f'sqlite:///{at}/jobs.db')) as tracker, JobQueue(tracker, runner := CallRunner(), 16) as queue:
        with JobExecutor(queue, runner, where='thread') as executor:
            begun = time.perf_counter()
            assert sum(executor.map(noop, range(n), timeout=PATIENCE)) == n*(n-1)//2
            return time.perf_counter() - begun

def executor_map(bench):
    n = 1000 if bench.quick else 10_000
    bench.duel('Executor.map over no-ops in threads', 's', lambda: by_executor(n), lambda: by_queue(n), 'submitted to the queue', at_most=1.3, pairs=5, quick=2)

def python(code:str) -> float:  # ms, the least of several
    def once():
        begun = time.perf_counter()
        subprocess.run([sys.executable, '-c', code], check=True)
        return time.perf_counter() - begun
    return 1000*min(once() for _ in range(5))

def imports(bench):
    what = 'from cjm_jobtrack import run, batch, jobs'
    bench.duel(what, 'ms', lambda: python(what), lambda: python('import fastcore.basics'), 'fastcore.basics', over=True, at_most=60, quick=2)

if __name__ == '__main__': main(__file__, begin, executor_map, imports)
