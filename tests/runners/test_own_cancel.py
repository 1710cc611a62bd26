"A function that raises CancelledError by itself has failed: nobody cancelled it."
import asyncio, concurrent.futures, pytest
from cjm_jobtrack.tracker.tracker import JobTracker
from cjm_jobtrack.runners.call import CallRunner
from cjm_jobtrack.queue.queue import JobQueue

def function(): raise asyncio.CancelledError
def of_a_future(): raise concurrent.futures.CancelledError
def generator():
    yield 10
    raise asyncio.CancelledError
async def coroutine(): raise asyncio.CancelledError('a call within it was')
async def by_its_task():
    asyncio.current_task().cancel()
    await asyncio.sleep(60)
async def async_generator():
    yield 10
    raise asyncio.CancelledError
async def of_a_child():
    child = asyncio.ensure_future(asyncio.sleep(60))
    child.cancel()
    await child

@pytest.mark.parametrize('pool', ['thread', 'process'])
def test_a_cancel_that_nobody_asked_for_is_a_failure(database, pool):
    with CallRunner(pool=pool, warm=1) as runner, JobTracker(database) as tracker, JobQueue(tracker, runner, slots=2) as queue:
        jobs = [queue.submit(tracker.create_job(f.__name__, spec=runner.call(f))) for f in (function, of_a_future, generator, coroutine, by_its_task, async_generator, of_a_child)]
        for job in jobs: tracker.join(job.id, 60)
        assert {j.name: (j.status, j.failure and j.failure.kind) for j in jobs} == {j.name: ('failed', 'error') for j in jobs}
        assert all('CancelledError' in j.failure.message for j in jobs)
