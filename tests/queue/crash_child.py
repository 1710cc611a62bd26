"""Runs a scene of work in children that it kills where it is told: `python crash_child.py`, asked line by line on standard input.

A question is a JSON object: `url`, `folder`, `scene`, `crash_at` (which point to die at, counted from 1; null: none), `deadline` (s). The answer, one line, is a JSON
object: `died` (whether it was killed), `point` (the name of the point it died at, or null), `passed` (how many points it passed), `said` (what went wrong). Points are not listed anywhere: they are what is passed, before and after
every writing call of the store, every verb of a runner that changes the world, and every write to a log. A new one is met without anyone remembering it."""
import asyncio, inspect, json, os, signal, sys, threading, time, traceback
from pathlib import Path
from cjm_jobtrack.store import store as store_module
from cjm_jobtrack.logs.log_store import LogStore
from cjm_jobtrack.store.store import JobStore
from cjm_jobtrack.tracker.tracker import JobTracker
from cjm_jobtrack.runners.call import CallRunner
from cjm_jobtrack.runners.process import ProcessRunner
from cjm_jobtrack.queue.queue import JobQueue

class Points:
    "Counts the points that are passed, and ends this process at one of them."
    def __init__(self, fd, crash_at): self.fd, self.crash_at, self.passed, self.lock = fd, crash_at, 0, threading.Lock()
    def __call__(self, name):
        with self.lock:
            self.passed += 1
            here = self.passed == self.crash_at
        if here:
            os.write(self.fd, json.dumps({'point': name, 'passed': self.passed}).encode() + b'\n')
            os.kill(os.getpid(), signal.SIGKILL)
            time.sleep(60)   # the signal is on its way

    def around(self, cls, name, told=None):
        call, told = getattr(cls, name), told or f'{cls.__name__}.{name}'
        if inspect.iscoroutinefunction(call):
            async def wrapped(*a, **kw):
                self(f'before {told}')
                r = await call(*a, **kw)
                self(f'after {told}')
                return r
        else:
            def wrapped(*a, **kw):
                self(f'before {told}')
                r = call(*a, **kw)
                self(f'after {told}')
                return r
        setattr(cls, name, wrapped)

def wrap_everything(points):
    for name in store_module.WRITES: points.around(JobStore, name)
    for cls in (ProcessRunner, CallRunner):
        for verb in ('start', 'stop'): points.around(cls, verb)
    for name in ('open', 'append', 'append_at', 'trim', 'remove'): points.around(LogStore, name)

# --- the scenes: what is submitted; the queue does the rest. Each may be entered again after a crash

def program(folder, *lines): return {'argv': ['/bin/sh', '-c', f'echo "$JOBTRACK_JOB_ID $JOBTRACK_ATTEMPT" >> {folder}/effects\n' + '\n'.join(lines)]}

def finish(t, q, folder):
    q.submit(t.make_job('finish', id='finish', runner='process', spec=program(folder, 'echo Progress: 10%', 'echo Progress: 100%')))

def retry(t, q, folder):
    q.submit(t.make_job('retry', id='retry', runner='process', max_attempts=3, spec=program(folder, 'test "$JOBTRACK_ATTEMPT" -ge 2')))

def fail(t, q, folder):
    q.submit(t.make_job('fail', id='fail', runner='process', max_attempts=2, spec=program(folder, 'exit 3')))

def cancel(t, q, folder):
    job = q.submit(t.make_job('cancel', id='cancel', runner='process', spec=program(folder, 'exec sleep 600')))
    while not job.is_terminal and not Path(folder, 'effects').exists(): time.sleep(.005)
    asyncio.run(t.cancel_job('cancel'))

def call(t, q, folder):
    q.submit(t.make_job('call', id='call', runner='call', max_attempts=20, spec={'func': 'note', 'args': [str(folder), 'call']}))

def batch(t, q, folder):
    q.submit_many([t.make_job(f'b{n}', id=f'b{n}', runner='process', spec=program(folder)) for n in range(3)], batch='b')

SCENES = dict(finish=finish, retry=retry, fail=fail, cancel=cancel, call=call, batch=batch)

def tell(path, line):
    with open(path, 'a') as f: f.write(line)

async def note(folder, job_id):
    tell(f'{folder}/effects', f'{job_id} call\n')
    return 'done'

def play(url, folder, scene, deadline):
    "Open the record, submit (once is enough), and let the queue work until everything has ended."
    with JobTracker(url) as t:
        logs = t.logs
        runners = [ProcessRunner(Path(folder, 'work'), logs), CallRunner({'note': note})]
        with JobQueue(t, runners, slots=2, backoff=.01, recheck=.05, grace=2.) as q:
            SCENES[scene](t, q, folder)
            end = time.monotonic() + deadline
            while (n := t.counts())['pending'] or n['running']:
                if time.monotonic() > end: raise TimeoutError(f'still {n}: {[(j.id, j.status.value, q.why_waiting(j.id)) for j in t.list_jobs(["pending", "running"])]}')
                time.sleep(.005)

def child(ask, fd):
    points = Points(fd, ask['crash_at'])
    wrap_everything(points)
    said = None
    try: play(ask['url'], ask['folder'], ask['scene'], ask['deadline'])
    except BaseException: said = traceback.format_exc()
    os.write(fd, json.dumps({'point': None, 'passed': points.passed, 'said': said}).encode() + b'\n')

def main():
    for line in sys.stdin:
        ask = json.loads(line)
        r, w = os.pipe()
        if (pid := os.fork()) == 0:   # this process has no other thread: forking it is safe
            os.close(r)
            try: child(ask, w)
            finally: os._exit(0)
        os.close(w)
        with os.fdopen(r) as told: text = told.read()   # until the child is gone: its jobs do not hold the pipe
        _, status = os.waitpid(pid, 0)
        answer = json.loads(text or '{"point": null, "passed": 0, "said": "said nothing"}')
        print(json.dumps(answer | {'died': os.WIFSIGNALED(status)}), flush=True)

if __name__ == '__main__': main()
