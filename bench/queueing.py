"""A queue from end to end: jobs that do nothing are submitted as one batch and carried out, in one process. And how soon an idle queue
begins a job, and how soon its end is noticed.

Against SAQ on Redis, which keeps jobs in memory, with the concurrency that is best for it here and jobs enqueued concurrently; against
Huey on SQLite with fsync, with one worker thread, which is best for it, enqueueing while it works. Each keeps the result of every job.
A job counts as done when its result is kept and this process has been told."""
import asyncio, logging, statistics, time
from contextlib import contextmanager

from _measure import PATIENCE, Countdown, folder, main
from cjm_jobtrack import CallRunner, Job, JobQueue, JobStore, JobTracker

logging.disable(logging.WARNING)

async def noop(): return 1

# Ours

@contextmanager
def ours(durability, on_job_completed=None, slots=16):
    with folder() as at, JobTracker(JobStore(f'sqlite:///{at}/jobs.db', durability=durability), on_job_completed) as tracker:
        with JobQueue(tracker, CallRunner({'noop': noop}), slots) as queue: yield queue

def asked(): return Job(name='noop', spec=dict(func='noop'))

def our_rate(durability, n):
    def sample():
        count = Countdown(n)
        with ours(durability, count) as queue:
            begun = time.perf_counter()
            queue.submit_many([asked() for _ in range(n)])
            count.wait()
            return n / (time.perf_counter()-begun)
    return sample

def our_latencies(n):
    "Medians of the milliseconds from submission to the first line of the function, and from its last line to the caller."
    times = {}
    async def stamp(): times['in'] = time.perf_counter()
    with ours('normal') as queue:
        queue.runners['call'].register(stamp)
        starts, notices = [], []
        for _ in range(n):
            time.sleep(.002)  # idle
            begun = time.perf_counter()
            job = queue.submit(Job(name='stamp', spec=dict(func='stamp')))
            queue.tracker.join(job.id, PATIENCE)
            starts.append(times['in']-begun), notices.append(time.perf_counter()-times['in'])
    return 1000*statistics.median(starts), 1000*statistics.median(notices)

# SAQ

@contextmanager
def redis(bench, what):
    from needs import NEEDS
    from services import Redis
    if why := NEEDS['redis'].lacking(): bench.skip(what, why); yield None; return
    with Redis() as server: yield server

async def with_saq(url, functions, work, **options):
    from saq import Worker
    from saq.queue.redis import RedisQueue
    queue = RedisQueue.from_url(url)
    await queue.connect()
    await queue.redis.flushall()
    worker = Worker(queue, functions, **options)
    worker.SIGNALS = []
    running = asyncio.create_task(worker.start())
    try:
        async with asyncio.timeout(PATIENCE):
            await asyncio.sleep(.3)  # its first sweep is over, which would take our jobs for stuck ones
            return await work(queue)
    finally:
        await worker.stop()
        await running
        await queue.disconnect()

def saq_rate(url, n):
    count = Countdown(n)
    over = None
    async def after(ctx):
        count()
        if not count.left: over.set()
    async def work(queue):
        begun = time.perf_counter()
        await asyncio.gather(*(queue.enqueue('noop') for _ in range(n)))
        await over.wait()
        return n / (time.perf_counter()-begun)
    async def sample():
        nonlocal over
        over = asyncio.Event()
        async def noop(ctx): return 1
        return await with_saq(url, [('noop', noop)], work, concurrency=10, after_process=after)
    return asyncio.run(sample())

def saq_latencies(url, n):
    from saq.job import TERMINAL_STATUSES
    times = {}
    async def stamp(ctx): times['in'] = time.perf_counter()
    async def work(queue):
        def over(key, status): return status in TERMINAL_STATUSES
        keeper = asyncio.create_task(queue.listen(['none'], over, PATIENCE))  # its one subscription at Redis is made once, and not for each job
        starts, notices = [], []
        for i in range(n):
            told = asyncio.create_task(queue.listen([str(i)], over, PATIENCE))
            await asyncio.sleep(.002)
            begun = time.perf_counter()
            await queue.enqueue('stamp', key=str(i))
            await told
            starts.append(times['in']-begun), notices.append(time.perf_counter()-times['in'])
        keeper.cancel()
        return 1000*statistics.median(starts), 1000*statistics.median(notices)
    return asyncio.run(with_saq(url, [('stamp', stamp)], work, concurrency=10))

# Huey

def huey_rate(n):
    from huey import SqliteHuey
    with folder() as at:
        huey, count = SqliteHuey(filename=str(at/'huey.db'), fsync=True, timeout=60), Countdown(n)
        noop = huey.task()(_one)
        huey.post_execute('count')(count)
        consumer = huey.create_consumer(workers=1, periodic=False, initial_delay=.001, max_delay=.01)
        consumer._set_signal_handlers = lambda: None
        consumer.start()
        try:
            begun = time.perf_counter()
            for _ in range(n): noop()
            count.wait()
            return n / (time.perf_counter()-begun)
        finally:
            consumer.stop(graceful=True)
            huey.storage.close()

def _one(): return 1

# Comparisons

def against_saq(bench):
    what, n = 'queue end to end, SQLite NORMAL', 500 if bench.quick else 3000
    if not bench.wanted(what): return
    with redis(bench, what) as server:
        if server: bench.duel(what, 'jobs/s', our_rate('normal', n), lambda: saq_rate(server.url, n), 'SAQ on Redis, in memory', at_least=1.5, pairs=7)

def against_huey(bench):
    what, n = 'queue end to end, SQLite FULL', 400 if bench.quick else 2000
    bench.duel(what, 'jobs/s', our_rate('full', n), lambda: huey_rate(n), 'Huey on SQLite, fsync', at_least=1.2, pairs=7)

def latencies(bench):
    n = 40 if bench.quick else 200
    for place, what in enumerate(('start latency, idle queue, median', 'notice latency, idle queue, median')):
        if not bench.wanted(what): continue
        with redis(bench, what) as server:
            if server: bench.duel(what, 'ms', lambda place=place: our_latencies(n)[place], lambda place=place, url=server.url: saq_latencies(url, n)[place], 'SAQ on Redis', at_most=1.5, ratio=False, pairs=5)

if __name__ == '__main__': main(__file__, against_saq, against_huey, latencies)
