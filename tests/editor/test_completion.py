"""What an editor offers: names, signatures and docstrings by jedi, which reads stubs and source and runs nothing."""
import inspect
from pathlib import Path

import jedi, pytest
import cjm_jobtrack
from cjm_jobtrack import Batch, Job, JobQueue, Jobs, JobTracker, RemoteClient, SubmittedJob, run

ROOT = Path(__file__).parent.parent.parent
START = '''
from cjm_jobtrack import CallRunner, JobQueue, Jobs, JobTracker, RemoteClient, jobs, run, submit_batch
tracker = JobTracker()
job = tracker.create_job('a')
queue = JobQueue(tracker, CallRunner()).start()
batch = submit_batch(queue, [])
client = RemoteClient('http://127.0.0.1:3001')
'''

PROJECT = jedi.Project(ROOT, added_sys_path=[str(ROOT)], smart_sys_path=False)
HERE = jedi.InterpreterEnvironment()   # starts no process

@pytest.fixture(autouse=True, scope='module')
def cache(tmp_path_factory):
    "What jedi has parsed."
    before, jedi.settings.cache_directory = jedi.settings.cache_directory, str(tmp_path_factory.mktemp('jedi'))
    yield
    jedi.settings.cache_directory = before

def script(code:str) -> jedi.Script: return jedi.Script(START + code, project=PROJECT, environment=HERE)
def public(kind:type) -> set[str]: return {name for name in dir(kind) if not name.startswith('_')}

@pytest.mark.parametrize('expression, kind', [
    ('tracker.', JobTracker), ('job.', Job), ('queue.', JobQueue), ('batch.', Batch), ('client.', RemoteClient),
    ('tracker.get_job("a").', Job), ('client.submit("transcribe").', Job), ('batch.jobs()[0].', Job), ('queue.tracker.', JobTracker), ('Jobs().', Jobs), ('jobs().', Jobs), ('run(print).', SubmittedJob), ('jobs()[0].', SubmittedJob)])
def test_members_are_offered(expression, kind):
    offered = {c.name for c in script(expression).complete()}
    assert public(kind) - offered == set()

def test_names_of_the_package_are_offered():
    assert set(cjm_jobtrack.__all__) <= {c.name for c in script('from cjm_jobtrack import ').complete()}

@pytest.mark.parametrize('expression, doc', [
    ('tracker.create_jo', 'Put a job on record.'), ('tracker.log_ta', 'The end of the log of the latest attempt.'), ('queue.why_wa', 'Why a job has not begun.'),
    ('client.downlo', 'Fetch a file that a job left.'), ('batch.retry_fa', 'failed'), ('Jobs().why_wa', 'Why a job has not begun.'), ('run(print).histo', 'What happened to the job')])
def test_docstring_is_offered(expression, doc):
    [found] = script(expression).complete()
    assert doc in found.docstring(raw=True)

@pytest.mark.parametrize('expression, function', [
    ('tracker.create_job', JobTracker.create_job), ('tracker.get_job', JobTracker.get_job), ('queue.submit', JobQueue.submit), ('Jobs().run', Jobs.run),
    ('client.wait', RemoteClient.wait), ('batch.as_completed', Batch.as_completed), ('run', run), ('run(print).wait', SubmittedJob.wait)])
def test_parameters_are_offered(expression, function):
    [found] = script(f'{expression}(').get_signatures()
    assert [p.name for p in found.params] == [name for name in inspect.signature(function).parameters if name != 'self']

def test_signature_is_offered():
    [found] = script('tracker.mark_progress(').get_signatures()
    assert found.to_string() == 'mark_progress(job_id: str, percent: float | None=None, message: str | None=None) -> None'
