"""Uploads that cannot be kept, that break off, and that are many at once."""
import asyncio, os, socket, subprocess
from contextlib import ExitStack, closing, suppress

import httpx, pytest
from starlette.exceptions import HTTPException
from cjm_jobtrack.net.client import AsyncRemoteClient
from cjm_jobtrack.server.connections import ConcurrencyLimiter
from cjm_jobtrack.net.manager import Manager
from cjm_jobtrack.server.server import serving
from helpers import client, node_at, node_process, until

@pytest.fixture
def disk(tmp_path):
    "A small file system of its own: `remount(options)` changes it."
    folder = tmp_path/'disk'
    folder.mkdir()
    done = subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=2m,nr_inodes=100', 'jobtrack-test', folder], capture_output=True, text=True)
    if done.returncode: pytest.skip(f'no small disk can be mounted here: {done.stderr.strip()}')
    try: yield folder
    finally: subprocess.run(['umount', '-l', folder], check=True)

def fill(disk, fault):
    inputs = disk/'input_videos'
    if fault == 'no room': (disk/'ballast').write_bytes(b'x' * (os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize - 50_000))
    if fault == 'no inodes':
        for n in range(os.statvfs(disk).f_favail): (disk/f'ballast-{n}').touch()
    if fault == 'read-only': subprocess.run(['mount', '-o', 'remount,ro', disk], check=True)
    if fault == 'no folder': inputs.rename(disk/'elsewhere')

def free(disk, fault):
    if fault == 'read-only': subprocess.run(['mount', '-o', 'remount,rw', disk], check=True)
    if fault == 'no folder': (disk/'elsewhere').rename(disk/'input_videos')
    for p in disk.glob('ballast*'): p.unlink()

@pytest.mark.parametrize('fault, status', [('no room', 507), ('no inodes', 507), ('read-only', 503), ('no folder', 503)])
def test_an_upload_that_cannot_be_kept_is_told_in_one_line(disk, tmp_path, caplog, fault, status):
    with node_at(tmp_path, workspace=disk) as s:
        fill(disk, fault)
        for _ in range(5):
            r = s.http.post('/upload', files={'file': ('a.txt', b'x'*100_000)})
            assert r.status_code == status and r.json()['error'] == r.json()['message'], r.text
            assert (r.headers.get('retry-after') is not None) == (status == 503)
        assert len(caplog.records) == 1 and not caplog.records[0].exc_info
        free(disk, fault)
        assert not [*s.node.inputs.iterdir()]
        assert s.put('a.txt')['size'] == 5

@pytest.mark.parametrize('path', ['/upload', '/jobs', '/jobs/check'])
def test_a_body_that_breaks_off_is_one_line_in_the_log(tmp_path, caplog, path):
    kind = 'multipart/form-data; boundary=b' if path == '/upload' else 'application/json'
    with node_at(tmp_path) as s:
        with closing(socket.create_connection((httpx.URL(s.url).host, httpx.URL(s.url).port), 10)) as c:
            c.sendall(f'POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: 5000\r\n\r\n--b\r\n'.encode())
            until(lambda: path != '/upload' or [*s.node.inputs.iterdir()], 'the upload to begin')
        until(lambda: caplog.records, 'the line')
        assert s.run()['status'] == 'completed'
        assert [r.exc_info for r in caplog.records] == [None] and path in caplog.text

async def refused(turns) -> dict:
    with pytest.raises(HTTPException) as e:
        async with turns.slot(): pass
    assert e.value.status_code == 429
    return e.value.headers

def test_turns_are_taken_in_order_and_told_when_to_come_back(): asyncio.run(taking_turns())

async def taking_turns():
    turns, order = ConcurrencyLimiter(max_active=1, max_waiting=2, patience=60), []
    async def take(n):
        async with turns.slot(): order.append(n)
    async with turns.slot():
        waiting = [asyncio.ensure_future(take(n)) for n in range(2)]
        while turns.waiting < 2: await asyncio.sleep(0)
        assert await refused(turns) == {'Retry-After': '5'}
    await asyncio.gather(*waiting)
    assert order == [0, 1] and not turns.waiting
    hasty = ConcurrencyLimiter(max_active=1, patience=.01)
    async with hasty.slot(): await refused(hasty)
    async with hasty.slot(): pass

def test_a_body_is_passed_on_to_a_server_that_is_slow_to_accept():
    """A server that answered a moment ago, and whose queue of connections is full: it is busy, not gone.

    The kernel drops the first packet of a connection for which there is no room, and sends it again after 1, 3 and 7 seconds."""
    async def body(): yield b'x'
    async def main():
        with socket.create_server(('127.0.0.1', 0), backlog=0) as server, ExitStack() as stack:
            stack.enter_context(socket.create_connection(server.getsockname()))
            for _ in range(3):   # no room is left then
                waiting = stack.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex(server.getsockname())
            async with AsyncRemoteClient(f'http://127.0.0.1:{server.getsockname()[1]}') as c:
                passing = asyncio.create_task(c.forward('POST', '/upload', content=body(), headers={}))
                done, _ = await asyncio.wait({passing}, timeout=2.5)   # longer than the patience for any other call
                assert not done, passing.exception()
                async def answer(reader, writer):
                    with suppress(asyncio.IncompleteReadError):
                        await reader.readuntil(b'\r\n\r\n')
                        writer.write(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 13\r\nConnection: close\r\n\r\n{"path": "x"}')
                        await writer.drain()
                    writer.close()
                async with await asyncio.start_server(answer, sock=server):
                    stack.close()   # those before us leave
                    assert await asyncio.wait_for(passing, 30) == {'path': 'x'}
    asyncio.run(main())

def test_many_uploads_at_once_reach_the_node_and_it_is_not_called_silent(tmp_path):
    "The node and the manager each in a process of its own, so that it is their load and not the test's."
    async def send(url, n) -> list[httpx.Response]:
        async with httpx.AsyncClient(base_url=url, timeout=120, limits=httpx.Limits(max_connections=None)) as c:
            return await asyncio.gather(*[c.post('/upload', files={'file': (f'{i}.txt', b'x'*50_000)}) for i in range(n)])
    with node_process(tmp_path) as s:
        manager = Manager(tmp_path/'manager')
        manager.directory.add('shed', url=s.url)
        with serving(manager) as m, client(m.url) as http:
            until(lambda: http.get('/health').json()['nodes']['online'], 'the node to be known')
            answers = asyncio.run(send(m.url, 200))
            assert {r.status_code for r in answers} == {200}, {r.text for r in answers if r.status_code != 200}
            assert len({r.json()['path'] for r in answers}) == 200
            assert http.get('/health').json()['nodes']['online'] == 1
