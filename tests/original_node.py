"""An original node server, imitated with its habits: for tests of everything that must get along with one.

It closes each connection, answers unknown routes with HTML, tells times as epoch floats, makes ids of milliseconds, gives a cancelled job
back as completed, and hands out another file than the one asked for. What a pipeline would do is done by the test: `run`, `complete`, `fail`."""
import asyncio, json, threading, time
from html import escape
from pathlib import Path
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

class Served:
    "An ASGI application in a thread, for the length of a `with` block."
    def __init__(self, app, port=0): self.app, self.port = app, port
    def __enter__(self):
        self.server = uvicorn.Server(uvicorn.Config(self.app, port=self.port, log_level='error', timeout_graceful_shutdown=1))
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        while not self.server.started:
            assert self.thread.is_alive(), 'the server did not start'
            time.sleep(.005)
        self.port = self.server.servers[0].sockets[0].getsockname()[1]
        self.url = f'http://127.0.0.1:{self.port}'
        return self
    def __exit__(self, *_):
        self.server.should_exit = True
        self.thread.join(60)

def answer(body, status=200):
    return Response(json.dumps(body, sort_keys=True, separators=(',', ':')) + '\n', status, {'Connection': 'close', 'Access-Control-Allow-Origin': '*'}, 'application/json')

def page(status, title): return HTMLResponse(f'<!doctype html>\n<title>{status} {escape(title)}</title>\n<h1>{escape(title)}</h1>\n', status, {'Connection': 'close'})

class OriginalNode:
    "The state and the routes of one. `generation` 1 has outputs, 2 and 3 download by path."
    def __init__(self, workspace, generation=1):
        self.workspace, self.generation = Path(workspace), generation
        (self.workspace/'input_videos').mkdir(parents=True, exist_ok=True)
        self.jobs, self.asked, self.create_delay, self.looks = {}, [], 0., 0
        routes = [Route('/health', self.health), Route('/status', self.status), Route('/upload', self.upload, methods=['POST']),
                  Route('/jobs', self.list), Route('/jobs', self.create, methods=['POST']), Route('/jobs/{id}', self.get), Route('/jobs/{id}/cancel', self.cancel, methods=['POST'])]
        if generation == 1: routes += [Route('/jobs/{id}/outputs', self.outputs), Route('/jobs/{id}/download', self.download), Route('/jobs/{id}/download/{name:path}', self.download)]
        else: routes += [Route('/download', self.by_path)]
        self.app = Starlette(routes=routes, exception_handlers={404: lambda r, e: page(404, 'Not Found'), 405: lambda r, e: page(405, 'Method Not Allowed')})

    # --- what its pipeline does

    def run(self, id, progress, output=None):
        self.jobs[id].update(status='running', progress=progress, updated_at=time.time(), **({'output': output} if output is not None else {}))
    def complete(self, id, files=None, output='done\n'):
        "The end, well: also of a job that was cancelled."
        out = self.workspace/'output_videos_latest'/Path(self.jobs[id]['manual_path'] or 'x').stem/'final_without_post_process_1'
        out.mkdir(parents=True, exist_ok=True)
        made = []
        for name, data in (files or {}).items():
            (out/name).write_bytes(data)
            rel = (out/name).relative_to(self.workspace).as_posix()
            made.append({'name': name, 'path': f'/workspace/{rel}', 'relative_path': rel, 'directory': out.name, 'size': len(data), 'modified': time.time()})
        if self.generation > 1 and made: output += f'final video at: /workspace/{made[-1]["relative_path"]}\n'
        self.jobs[id].update(status='completed', progress=100, updated_at=time.time(), output=output, **({'output_files': made[::-1]} if self.generation == 1 else {}))
    def fail(self, id, error='Pipeline failed with exit code 3', output='no such codec\n'): self.jobs[id].update(status='failed', updated_at=time.time(), error=error, output=output)

    # --- its routes

    async def health(self, request): return answer({'status': 'ok', 'workspace': '/workspace', 'input_videos': '/workspace/input_videos', 'python_version': '3.10.1', 'timestamp': time.time()})
    async def status(self, request):
        there = {'path': '/workspace', 'exists': True}
        return answer({'status': 'online', 'workspace': there, 'input_videos': there, 'files': {'pipeline_py': True, 'pipeline_wrapper_py': True}, 'python': 'Python 3.10.1', 'timestamp': time.time()})
    async def upload(self, request):
        assert 'content-length' in request.headers, 'the original wants to know the length'
        if (f := (await request.form()).get('file')) is None: return answer({'error': 'No file provided'}, 400)
        if f.filename.rsplit('.', 1)[-1].lower() not in ('mp4', 'avi', 'mov', 'mkv', 'webm'): return answer({'error': 'Invalid file type. Allowed: mp4, webm, mov, avi, mkv'}, 400)
        data = await f.read()
        (self.workspace/'input_videos'/f.filename).write_bytes(data)
        return answer({'success': True, 'filename': f.filename, 'path': f'input_videos/{f.filename}', 'full_path': f'/workspace/input_videos/{f.filename}', 'size': len(data), 'message': 'File uploaded successfully'})
    async def list(self, request):
        self.looks += 1
        return answer({'jobs': [*self.jobs.values()], 'count': len(self.jobs)})
    async def create(self, request:Request):
        try: body = await request.json()
        except ValueError: return answer({'error': '400 Bad Request: Failed to decode JSON'}, 500)
        if not body: return answer({'error': 'No data provided'}, 400)
        self.asked.append(body)
        at = time.time()
        pick = lambda camel, snake, default=None: body.get(camel, body.get(snake, default))
        job = {'id': f'job_{int(at*1000)}', 'status': 'pending', 'progress': 0, 'input_method': pick('inputMethod', 'input_method'), 'youtube_url': pick('youtubeUrl', 'youtube_url'),
               'manual_path': pick('manualPath', 'manual_path'), 'unet_flag': pick('unetFlag', 'unet_flag', False), 'face_restore_flag': pick('faceRestoreFlag', 'face_restore_flag', False),
               'upscale_flag': pick('upscaleFlag', 'upscale_flag', False), 'upscale_value': float(pick('upscaleValue', 'upscale_value', 2.)), 'clahe_flag': pick('claheFlag', 'clahe_flag', False),
               'created_at': at, 'updated_at': at, 'output': '', 'error': None}
        self.jobs[job['id']] = job   # of two in one millisecond the second takes the first one's place
        if self.create_delay: await asyncio.sleep(self.create_delay)
        return answer(job, 201)
    def _found(self, request): return self.jobs.get(request.path_params['id'])
    async def get(self, request):
        self.looks += 1
        return answer(j) if (j := self._found(request)) else answer({'error': 'Job not found'}, 404)
    async def cancel(self, request):
        if (j := self._found(request)) is None: return answer({'error': 'Job not found'}, 404)
        if j['status'] in ('completed', 'failed', 'cancelled'): return answer({'error': 'Job cannot be cancelled'}, 400)
        j.update(status='cancelled', updated_at=time.time())   # and its program goes on
        return answer(j)
    async def outputs(self, request):
        if (j := self._found(request)) is None: return answer({'error': 'Job not found'}, 404)
        files = j.get('output_files', [])
        return answer({'job_id': j['id'], 'output_files': files, 'count': len(files), **({} if j['status'] == 'completed' else {'message': 'Job not completed yet'})})
    async def download(self, request):
        if (j := self._found(request)) is None: return answer({'error': 'Job not found'}, 404)
        if j['status'] != 'completed': return answer({'error': 'Job not completed'}, 400)
        there = [p for f in j['output_files'] if (p := self.workspace/f['relative_path']).exists()]
        if not there: return answer({'error': 'No output files found for this job'}, 404)
        name = request.path_params.get('name') or ''
        p = next((p for p in there if p.name == name), None) or next((p for p in there if name in p.name), None) or there[0]   # whatever is asked for, it gives something
        return FileResponse(p, filename=p.name, headers={'Connection': 'close'})
    async def by_path(self, request):
        path = request.query_params.get('path', '')
        if not path: return answer({'error': 'Path parameter is required'}, 400)
        if self.generation == 3 and path.startswith('/') and not path.startswith('/workspace/'): return answer({'error': 'Invalid path'}, 400)
        if self.generation == 3: path = path.removeprefix('/workspace/')
        p = self.workspace/path.lstrip('/')
        return FileResponse(p, filename=p.name, headers={'Connection': 'close'}) if p.is_file() else answer({'error': 'File not found'}, 404)
