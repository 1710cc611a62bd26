"Jobs on other machines."
import asyncio
from pathlib import Path
from typing import Any, assert_type
from fastapi import FastAPI
from cjm_jobtrack import (Job, JobDashboard, JobEvent, Manager, Node, NodeRefused, NodeUnreachable, OutputFile, RemoteClient, RemoteRunner, UnknownPipeline, monitor)
from cjm_jobtrack.logs.gaps import LogChunk
from cjm_jobtrack.net.client import AsyncRemoteClient
from cjm_jobtrack.net.transfers import Upload

def blocking(folder:Path) -> Path:
    with RemoteClient('http://127.0.0.1:3001', token='secret', timeout=5) as client:
        try: job = client.submit('transcribe', Path('talk.wav'), {'language': 'en'}, priority=1, node='shed')
        except UnknownPipeline as e: raise SystemExit(f'Known: {", ".join(e.known)}') from e
        except NodeUnreachable as e: raise SystemExit(e.problem if e.begun else 'nothing was sent') from e
        except NodeRefused as e: raise SystemExit(f'{e.status}: {e.message} {e.field}') from e
        assert_type(job, Job)
        monitor(job, client)
        JobDashboard(client).show()
        for event in client.events(job.id): assert_type(event, JobEvent)
        client.subscribe(print, job.id)()
        assert_type(client.wait(job.id, timeout=60), Job)
        assert_type(client.get_job(job.id), Job|None)
        assert_type(client.list_jobs(['failed'], limit=3), list[Job])
        assert_type(client.counts(), dict[str, int])
        assert_type(client.health(), dict[Any, Any])
        assert_type(client.pipelines(), list[dict[Any, Any]])
        assert_type(client.history(job.id), list[JobEvent])
        assert_type(client.logs(job.id, offset=10), LogChunk)
        assert_type(client.log_tail(job.id), str)
        assert_type(client.upload('talk.wav'), Upload)
        assert_type(client.outputs(job.id), list[OutputFile])
        assert_type(client.cancel(job.id), Job)
        client.delete(job.id)
        return client.download(job.id, folder, overwrite=True)

async def awaited() -> Path:
    async with AsyncRemoteClient('http://127.0.0.1:3001') as client:
        job = await client.submit('transcribe', 'talk.wav')
        assert_type(job, Job)
        async for event in client.events(job.id): assert_type(event.seq, int|None)
        waiting = asyncio.create_task(client.wait(job.id))
        assert_type(await waiting, Job)
        assert_type(await client.list_jobs(), list[Job])
        return await client.download(job.id)

def servers(folder:Path) -> FastAPI:
    node = Node(folder/'node', slots=2, token='secret', resources={'gpu': 1}, original_from=['192.0.2.0/24'])
    manager = Manager(folder/'manager', node_token='secret')
    node.start()
    assert_type(manager.list_jobs('running'), list[Job])
    assert_type(manager.files_of(Job(name='a')), list[dict[Any, Any]])
    RemoteRunner(manager.directory, manager.tracker, node_lost_after=3600)
    node.close()
    return manager.app
