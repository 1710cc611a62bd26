"""Whether those who watch slow down those who work: moves a second with watchers and without."""
import asyncio, threading, time
from contextlib import contextmanager

from _floor import lifecycle
from _measure import folder, main
from cjm_jobtrack import JobTracker

@contextmanager
def nobody(tracker): yield

@contextmanager
def many_of_one_job(tracker, n=10_000):
    "That many asynchronous readers, each with a cursor of its own, of a job that stands still while others move."
    job, ready, box = tracker.create_job('watched'), threading.Event(), {}
    async def read():
        async for _ in tracker.watch(job.id, 0): pass
    async def run():
        box.update(loop=asyncio.get_running_loop(), end=asyncio.Event())
        tasks = [asyncio.create_task(read()) for _ in range(n)]
        while tracker.watchers < n: await asyncio.sleep(.05)
        await asyncio.sleep(1)  # they have read what there was
        ready.set()
        await box['end'].wait()
        for t in tasks: t.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    try:
        if not ready.wait(120): raise TimeoutError(f'{tracker.watchers} of {n} readers after 120 s')
        yield
    finally:
        box['loop'].call_soon_threadsafe(box['end'].set)
        thread.join()

@contextmanager
def one_slow(tracker):
    "A subscriber to everything that takes 20 ms for each event, and so falls ever more behind."
    end = tracker.subscribe(lambda event: time.sleep(.02))
    try: yield
    finally: end()

def compare(bench, what, watching, n=1500):
    if not bench.wanted(what): return
    if bench.quick: n = 300
    with folder() as at, JobTracker(f'sqlite:///{at}/watched.db') as watched, JobTracker(f'sqlite:///{at}/alone.db') as alone, watching(watched):
        def rate(tracker):
            begun = time.perf_counter()
            lifecycle(tracker, n)
            return 3*n / (time.perf_counter()-begun)
        for tracker in (watched, alone): rate(tracker)
        bench.duel(what, 'moves/s', lambda: rate(watched), lambda: rate(alone), 'nobody watching', at_least=.95)

def watchers(bench):
    compare(bench, '10,000 subscribers of one job', many_of_one_job)
    compare(bench, 'a slow subscriber to all jobs', one_slow)

if __name__ == '__main__': main(__file__, watchers)
