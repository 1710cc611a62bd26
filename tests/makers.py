"Runners for `check_runner`, made from a tracker: in the process of a test, and in one that is killed."
import os
from cjm_jobtrack.tracker.tracker import JobTracker
from cjm_jobtrack.net.directory import NodeDirectory
from cjm_jobtrack.net.remote import RemoteRunner
from cjm_jobtrack.containers.docker import DockerRunner
from cjm_jobtrack.runners.process import ProcessRunner

def process(tracker:JobTracker) -> ProcessRunner: return ProcessRunner(tracker.logs.folder.parent/'work', tracker.logs)
def process_without_groups(tracker:JobTracker) -> ProcessRunner: return ProcessRunner(tracker.logs.folder.parent/'work', tracker.logs, groups=False)
def remote(tracker:JobTracker) -> RemoteRunner: return RemoteRunner(NodeDirectory(tracker.store), tracker)

def docker(tracker:JobTracker):
    "On the engine, and with the image, that the environment names."
    return DockerRunner(tracker.logs.folder.parent/'docker', tracker.logs, base_url=os.environ['JOBTRACK_TEST_ENGINE'])
