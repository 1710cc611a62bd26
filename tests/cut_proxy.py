"A network that can be cut: a TCP proxy in front of a server, for tests of what happens when connections fail."
import asyncio, threading
from urllib.parse import urlsplit

class CutProxy:
    """Passes bytes on, until told otherwise. A context manager; `url` is where it listens, always the same.

    `cut()` breaks all connections and refuses new ones, `hang()` accepts and passes nothing on, `restore()` ends both.
    `break_answer(after)` lets the next request through and breaks its connection after so many bytes of the answer; `then_refuse`: none is accepted after that."""
    def __init__(self, target):
        u = urlsplit(target)
        self.target, self.port, self.after, self.broken, self.accepted = (u.hostname, u.port), 0, None, 0, 0
    def __enter__(self):
        ready = threading.Event()
        async def main():
            self.loop, self.over, self.open, self.flowing = asyncio.get_running_loop(), asyncio.Event(), set(), asyncio.Event()
            self.flowing.set()
            await self._listen()
            ready.set()
            await self.over.wait()
            await self._cut()
        self.thread = threading.Thread(target=lambda: asyncio.run(main()), daemon=True)
        self.thread.start()
        ready.wait()
        self.url = f'http://127.0.0.1:{self.port}'
        return self
    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.over.set)
        self.thread.join(60)

    def _do(self, coro): return asyncio.run_coroutine_threadsafe(coro, self.loop).result(60)
    def cut(self): self._do(self._cut())
    def hang(self): self._do(self._set_flow(False))
    def restore(self): self._do(self._restore())
    def break_answer(self, after=0, then_refuse=False): self.after, self.then_refuse = after, then_refuse

    async def _set_flow(self, on): self.flowing.set() if on else self.flowing.clear()
    async def _restore(self):
        await self._set_flow(True)
        if not self.server.is_serving(): await self._listen()
    async def _listen(self):
        self.server = await asyncio.start_server(self._serve, '127.0.0.1', self.port)
        self.port = self.server.sockets[0].getsockname()[1]
    async def _cut(self):
        self.server.close()
        for t in [*self.open]: t.cancel()
        if self.open: await asyncio.wait([*self.open])
    async def _serve(self, reader, writer):
        self.open.add(task := asyncio.current_task())
        self.accepted += 1
        there = None
        try:
            await self.flowing.wait()
            r, there = await asyncio.open_connection(*self.target)
            writer.transport.set_write_buffer_limits(0)   # what was written has gone out: a break takes nothing of it back
            pumps = [asyncio.ensure_future(self._pump(reader, there, False)), asyncio.ensure_future(self._pump(r, writer, True))]
            try: await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for p in pumps: p.cancel()
                await asyncio.wait(pumps)
        except (OSError, asyncio.CancelledError): pass
        finally:
            self.open.discard(task)
            for w in (writer, there):
                if w is not None: w.transport.abort()
    async def _pump(self, reader, writer, answers):
        try:
            while data := await reader.read(4096):
                await self.flowing.wait()
                if answers and self.after is not None:
                    if len(data) > self.after:
                        writer.write(data[:self.after])
                        await writer.drain()
                        self.after, self.broken = None, self.broken + 1
                        if self.then_refuse: self.server.close()
                        return
                    self.after -= len(data)
                writer.write(data)
                await writer.drain()
        except OSError: return
