"Functions that carry out jobs in tests. Worker processes import this file for each job, so it imports little."
import asyncio, signal, time

def plain(): return 1
def fails(): raise ValueError('no')
def looks(report):
    while not report.cancelled: time.sleep(.005)
async def waits(): await asyncio.Event().wait()
def talks():
    for n in range(1, 101): print('line', n, flush=True); time.sleep(.005)
    raise ValueError('no')
def deaf():
    for n in (signal.SIGTERM, signal.SIGINT): signal.signal(n, signal.SIG_IGN)
    print('deaf', flush=True)
    while True: time.sleep(60)
