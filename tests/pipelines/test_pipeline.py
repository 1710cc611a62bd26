"""What a node accepts: files that are wrong, requests that are wrong, and a runner that finds its work again without its file."""
import asyncio, itertools, json, os, sys, threading, time
from pathlib import Path
import pytest
from helpers import until
from cjm_jobtrack.model.errors import InvalidInput, NeverFits, StoreError, UnknownPipeline, UnknownRunner
from cjm_jobtrack.model.job import Job, JobStatus, now
from cjm_jobtrack.tracker.tracker import JobTracker
from cjm_jobtrack.pipelines.params import Param, UploadNames, check_url, fill, find_input, placeholders
from cjm_jobtrack.pipelines.pipeline import SHIPPED, PipelineCatalog, PipelineRunner
from cjm_jobtrack.runners import outputs
from cjm_jobtrack.runners.outputs import OutputFiles, common_pattern
from cjm_jobtrack.runners.process import ProcessRunner
from cjm_jobtrack.queue.queue import JobQueue
from cjm_jobtrack.runners.conformance import check_runner
from cjm_jobtrack.runners.outcome import Report

# Files

GOOD = 'name = "x"\nargv = ["tool", "{input}"]\n'
BAD_FILES = [  # text of the file, key at fault, what is said
    ('name = "x', 'p.toml', 'not valid TOML'),
    ('argv = ["tool"]', 'p.toml: name', 'missing'),
    ('name = "x"', 'p.toml: argv', 'missing'),
    ('name = "a/b"\nargv = ["tool"]', 'p.toml: name', 'letters'),
    ('name = ""\nargv = ["tool"]', 'p.toml: name', 'letters'),
    ('name = "x"\nargv = "tool {input}"', 'p.toml: argv', 'no shell'),
    ('name = "x"\nargv = []', 'p.toml: argv', 'no shell'),
    ('name = "x"\nargv = ["tool", 7]', 'p.toml: argv', 'no shell'),
    ('name = "x"\nargv = ["{input}"]', 'p.toml: argv', 'Known: python, workspace'),
    ('name = "x"\nargv = ["{t}"]\n[params.t]\nrequired = true', 'p.toml: argv', 'Known: python, workspace'),
    ('name = "x"\nargv = [{when = "t", args = ["a"]}]\n[params.t]\ntype = "bool"', 'p.toml: argv', 'first word'),
    ('name = "x"\nargv = ["tool", "{inptu}"]', 'p.toml: argv', "'inptu'"),
    ('name = "x"\nargv = ["tool", "{"]', 'p.toml: argv', 'single `{`'),
    ('name = "x"\nargv = ["tool", "{Input}"]', 'p.toml: argv', 'single `{`'),
    ('name = "x"\nargv = ["tool", "{t}"]\n[params.t]', 'p.toml: argv', 'may be unset'),
    ('name = "x"\nargv = ["tool", {unless = "t", args = ["{t}"]}]\n[params.t]', 'p.toml: argv', 'may be unset'),
    ('name = "x"\nargv = ["tool", {when = "u", args = ["{t}"]}]\n[params.t]\n[params.u]', 'p.toml: argv', 'may be unset'),
    ('name = "x"\nargv = ["tool", {when = "t", args = ["a"]}]', 'p.toml: argv', 'no parameter'),
    ('name = "x"\nargv = ["tool", {when = "t"}]', 'p.toml: argv[1]', 'args'),
    ('name = "x"\nargv = ["tool", {when = "t", unless = "t", args = ["a"]}]\n[params.t]', 'p.toml: argv[1]', 'either'),
    ('name = "x"\nargv = ["tool", {wen = "t", args = ["a"]}]', 'p.toml: argv[1].wen', 'Known'),
    ('name = "x"\ninput = "none"\nargv = ["tool", "{input}"]', 'p.toml: argv', "'input'"),
    ('name = "x"\ninput = "optional"\nargv = ["tool", "{stem}"]', 'p.toml: argv', 'may be unset'),
    ('name = "x"\ninput = "maybe"\nargv = ["tool"]', 'p.toml: input', 'optional'),
    ('input = "none"\naccepts = [".wav"]\n' + 'name = "x"\nargv = ["tool"]', 'p.toml: accepts', 'none'),
    (GOOD + 'tiemout = 60', 'p.toml: tiemout', 'Known'),
    (GOOD + 'timeout = "60"', 'p.toml: timeout', 'seconds'),
    (GOOD + 'timeout = 0', 'p.toml: timeout', 'more than 0'),
    (GOOD + 'timeout = nan', 'p.toml: timeout', 'seconds'),
    (GOOD + 'accepts = ["wav"]', 'p.toml: accepts', 'dot'),
    (GOOD + 'accepts = [".WAV"]', 'p.toml: accepts', 'lower case'),
    (GOOD + 'accepts = ".wav"', 'p.toml: accepts', 'list'),
    (GOOD + 'cwd = "{nope}"', 'p.toml: cwd', "'nope'"),
    (GOOD + 'cwd = "~/work"', 'p.toml: cwd', '~'), (GOOD + 'cwd = "work"', 'p.toml: cwd', 'Begin it with'), (GOOD + 'cwd = "{output_dir}/../.."', 'p.toml: cwd', '..'), (GOOD + 'cwd = "{workspace}2"', 'p.toml: cwd', 'Begin it with'),
    (GOOD + 'limits = {memory = "nanm"}', 'p.toml: limits.memory', '512m'), (GOOD + 'limits = {cpus = inf}', 'p.toml: limits.cpus', 'inf'), (GOOD + 'limits = {cpu_s = nan}', 'p.toml: limits.cpu_s', 'nan'),
    (GOOD + 'limits = {pids = 99999999999}', 'p.toml: limits.pids', 'whole number'), (GOOD + 'limits = {tmp = 1}', 'p.toml: limits.tmp', 'Limits'),
    (GOOD + 'env = {A = 1}', 'p.toml: env', 'texts'),
    (GOOD + 'env = {"A=B" = "1"}', 'p.toml: env', 'A=B'),
    (GOOD + 'env = {A = "{nope}"}', 'p.toml: env.A', "'nope'"),
    (GOOD + 'outputs = ["../*"]', 'p.toml: outputs', 'relative'),
    (GOOD + 'outputs = ["/etc/*"]', 'p.toml: outputs', 'relative'),
    (GOOD + 'outputs = ["{input}/*"]', 'p.toml: outputs', "'input'"),
    (GOOD + 'invalid_exit = [0]', 'p.toml: invalid_exit', '1-255'),
    (GOOD + 'max_attempts = 0', 'p.toml: max_attempts', 'at least 1'), (GOOD + 'stall_timeout = "long"', 'p.toml: stall_timeout', 'number of seconds'),
    (GOOD + 'resources = {gpu = -1}', 'p.toml: resources', 'at least 0'), (GOOD + 'resources = 1', 'p.toml: resources', 'a table'),
    (GOOD + 'invalid_exit = [true]', 'p.toml: invalid_exit', '1-255'),
    (GOOD + 'require_output = "yes"', 'p.toml: require_output', 'true or false'),
    (GOOD + 'progress = {formats = ["ffmpg"]}', 'p.toml: progress.formats', 'ffmpg'),
    (GOOD + 'progress = {pattern = "(\\\\d+)"}', 'p.toml: progress.pattern', 'group'),
    (GOOD + 'progress = {fomats = []}', 'p.toml: progress.fomats', 'Known'),
    (GOOD + '[params.Rate]', 'p.toml: params.Rate', 'lower case'),
    (GOOD + '[params.input]', 'p.toml: params.input', 'name of a parameter'),
    (GOOD + 'params = 3', 'p.toml: params', 'table'),
    (GOOD + '[params]\nrate = 3', 'p.toml: params.rate', 'table'),
    (GOOD + '[params.rate]\ntype = "number"', 'p.toml: params.rate.type', 'int'),
    (GOOD + '[params.rate]\ntype = "int"\ndefault = "8"', 'p.toml: params.rate.default', 'whole number'),
    (GOOD + '[params.rate]\ntype = "int"\nmax = 5\ndefault = 8', 'p.toml: params.rate.default', 'at most 5'),
    (GOOD + '[params.rate]\ntype = "int"\nmin = "5"', 'p.toml: params.rate.min', 'number'),
    (GOOD + '[params.rate]\ntype = "bool"\ndefault = 1', 'p.toml: params.rate.default', 'true or false'),
    (GOOD + '[params.rate]\ntype = "bool"\nmin = 1', 'p.toml: params.rate.min', 'bool'),
    (GOOD + '[params.rate]\ntype = "int"\npattern = "5"', 'p.toml: params.rate.pattern', 'int'),
    (GOOD + '[params.rate]\nmin = 1', 'p.toml: params.rate.min', 'str'),
    (GOOD + '[params.rate]\npattern = "("', 'p.toml: params.rate.pattern', 'regular'),
    (GOOD + '[params.rate]\nchoices = ["a", 1]', 'p.toml: params.rate.choices', 'text'),
    (GOOD + '[params.rate]\nmax_length = 0', 'p.toml: params.rate.max_length', 'at least 1'),
    (GOOD + '[params.rate]\nrequired = true\ndefault = "a"', 'p.toml: params.rate.default', 'required'),
    (GOOD + '[params.rate]\naliases = ["pitch"]\n[params.pitch]', 'p.toml: params.pitch', "'rate'"),
    (GOOD + '[params.rate]\nbounds = 3', 'p.toml: params.rate.bounds', 'Known'),
    (GOOD + 'input_from = {by = "how"}', 'p.toml: input_from.by', 'choices'),
    (GOOD + 'input_from = {by = "how", a = "p"}\n[params.p]\n[params.how]\nchoices = ["a", "b"]\ndefault = "a"', 'p.toml: input_from.b', 'text parameter'),
    (GOOD + 'input_from = {by = "how", a = "q"}\n[params.how]\nchoices = ["a"]\ndefault = "a"', 'p.toml: input_from.a', 'text parameter'),
    (GOOD + 'input_from = {by = "how", a = "p", c = "p"}\n[params.p]\n[params.how]\nchoices = ["a"]\ndefault = "a"', 'p.toml: input_from.c', 'text parameter'),
    ('[pipelines.x]\nargv = []', 'p.toml: pipelines.x.argv', 'no shell'),
    ('[pipelines."a b"]\nargv = ["tool"]', 'p.toml: pipelines.a b.name', 'letters'),
    ('pipelines = 3', 'p.toml: pipelines', 'table'),
]

@pytest.mark.parametrize('text,key,said', BAD_FILES, ids=[f'{i}-{k}' for i, (_, k, _) in enumerate(BAD_FILES)])
def test_a_mistake_in_a_file_is_told_by_file_and_key(tmp_path, text, key, said):
    (tmp_path/'p.toml').write_text(text)
    with pytest.raises(InvalidInput) as e: PipelineCatalog.load(tmp_path/'p.toml')
    assert e.value.field == key
    assert said in str(e.value)

def test_files_that_cannot_be_read(tmp_path):
    (tmp_path/'p.toml').write_bytes(b'name = "\xff"')
    for path, said in (tmp_path/'p.toml', 'not valid TOML'), (tmp_path/'no.toml', 'does not exist'), (tmp_path/'empty', 'no *.toml'):
        (tmp_path/'empty').mkdir(exist_ok=True)
        with pytest.raises(InvalidInput, match=said.replace('*', r'\*')): PipelineCatalog.load(path)

def test_a_folder_a_file_of_several_and_duplicates(tmp_path):
    (tmp_path/'a.toml').write_text(GOOD)
    (tmp_path/'b.toml').write_text('[pipelines.y]\nargv = ["tool"]\noriginal = true\n[pipelines.z]\nargv = ["tool"]')
    (tmp_path/'notes.txt').write_text('not a pipeline')
    catalog = PipelineCatalog.load(tmp_path)
    assert catalog.names() == ['x', 'y', 'z'] and catalog.original is catalog['y'] and len(catalog) == 3
    with pytest.raises(UnknownPipeline) as e: catalog['w']
    assert e.value.field == 'pipeline' and e.value.known == ['x', 'y', 'z']
    assert None not in catalog and {} not in catalog
    (tmp_path/'c.toml').write_text(GOOD)
    with pytest.raises(InvalidInput, match=r'c.toml: name.*a\.toml'): PipelineCatalog.load(tmp_path)
    (tmp_path/'c.toml').write_text('name = "w"\nargv = ["tool"]\noriginal = true')
    with pytest.raises(InvalidInput, match=r'c.toml: original.*b\.toml'): PipelineCatalog.load(tmp_path)

def test_the_first_bad_file_is_named(tmp_path):
    (tmp_path/'bad.toml').write_text('[')
    with pytest.raises(InvalidInput, match='bad.toml'): PipelineCatalog.load(tmp_path/'bad.toml', tmp_path/'missing.toml')

def test_shipped_pipelines_load_and_describe_themselves():
    assert PipelineCatalog.load().names() == ['transcribe', 'transcode'] and PipelineCatalog.load().original is None
    catalog = PipelineCatalog.load(SHIPPED)
    assert sorted(catalog.names()) == ['original', 'transcode', 'transcribe']
    assert {'.wav', '.mp4', '.mkv'} <= set(catalog.accepts)
    assert json.loads(json.dumps([p.to_dict() for p in catalog]))[1]['params'][0]['choices'] == ['h264', 'h265', 'vp9', 'copy']

# Values

@pytest.mark.parametrize('kind,good,bad', [
    ('bool', [True, False], ['false', 'true', 0, 1, 1.0, [], {}]),
    ('int', [0, -3, 7, 2.0], [True, '7', 2.5, float('nan'), float('inf'), 2**63, 10**400, [7], {}]),
    ('float', [0, -3.5, 7, 1e300], [True, '7', float('nan'), float('inf'), 10**400, [7]]),
    ('str', ['', 'a', 'two words', '日本', '; rm -rf /', '$(date)', '{input}', 'a\nb'], [True, 7, ['a'], {}, 'a\0b', '\ud800', 'x'*1001])])
def test_types_are_strict(kind, good, bad):
    p = Param('p', kind)
    for v in good: assert p.check(v) == v and type(p.check(v)).__name__ == kind
    for v in bad:
        with pytest.raises(InvalidInput) as e: p.check(v, 'pEe')
        assert e.value.field == 'pEe' and len(str(e.value)) < 300

def test_bounds_choices_and_patterns():
    for p, good, bad in (Param('p', 'int', min=1, max=3), [1, 3], [0, 4]), (Param('p', 'float', min=.5), [.5], [.49]), (Param('p', choices=('a', 'b')), ['a'], ['', 'A', 'ab']), \
                        (Param('p', pattern='[a-z]+'), ['abc'], ['abc\n', 'aBc', '']), (Param('p', 'int', choices=(1, 2)), [2], [3, True]):
        for v in good: assert p.check(v) == v
        for v in bad:
            with pytest.raises(InvalidInput): p.check(v)
    with pytest.raises(InvalidInput, match='missing'): Param('p', required=True).check(None)

def test_gaps_are_filled_once_and_braces_doubled():
    assert fill('{a}{{a}}{b}', {'a': '{b}', 'b': '{a}'}) == '{b}{a}{a}'
    assert placeholders('{{{a}}}') == ['a'] and fill('{{{a}}}', {'a': False}) == '{false}'

# Inputs

@pytest.fixture
def workspace(tmp_path):
    "A workspace with files, links and neighbours."
    w = tmp_path/'workspace'
    (w/'input_videos').mkdir(parents=True)
    (tmp_path/'workspace_evil').mkdir()
    (tmp_path/'workspace_evil/x.mp4').write_text('x')
    for n in 'a.mp4', 'with space.mp4', '-rf.mp4', 'it\'s "q"; touch gone #.mp4', '日本.mp4', '{stem}.mp4', 'UPPER.MP4', 'notes.txt': (w/'input_videos'/n).write_text(n)
    (w/'out.mp4').symlink_to(tmp_path/'workspace_evil/x.mp4')
    (w/'outside').symlink_to(tmp_path/'workspace_evil')
    (w/'link.mp4').symlink_to('input_videos/a.mp4')
    (w/'loop.mp4').symlink_to('loop.mp4')
    (w/'broken.mp4').symlink_to('gone.mp4')
    os.mkfifo(w/'pipe.mp4')
    return w

@pytest.mark.parametrize('value', ['', None, 7, ['a'], 'input_videos/no.mp4', 'input_videos', '.', '/', '../workspace_evil/x.mp4', 'input_videos/../input_videos/a.mp4', '/etc/hostname', 'out.mp4', 'outside/x.mp4',
    'loop.mp4', 'broken.mp4', 'pipe.mp4', 'a\0.mp4', '\ud800.mp4', 'x'*5000, 'a/'*3000, 'input_videos/notes.txt', 'input_videos/a.mp4/b', '~/a.mp4', 'file:///etc/hostname', 'http://localhost/a.mp4'])
def test_inputs_that_are_refused(workspace, tmp_path, value):
    (tmp_path/'p.toml').write_text(GOOD + 'accepts = [".mp4"]')
    p = PipelineCatalog.load(tmp_path/'p.toml')['x']
    with pytest.raises(InvalidInput) as e: p.check(value, {}, workspace)
    assert e.value.field == 'input'

def test_what_lies_outside_is_not_looked_at(workspace, tmp_path):
    said = []
    for name in 'x.mp4', 'y.mp4':
        with pytest.raises(InvalidInput) as e: find_input(f'{tmp_path}/workspace_evil/{name}', workspace)
        said.append(str(e.value).replace(name, ''))
    assert said[0] == said[1] and 'outside' in said[0]

@pytest.mark.parametrize('name', ['a.mp4', 'with space.mp4', '-rf.mp4', 'it\'s "q"; touch gone #.mp4', '日本.mp4', '{stem}.mp4', 'UPPER.MP4'])
def test_odd_names_arrive_as_one_word(workspace, tmp_path, name):
    (tmp_path/'p.toml').write_text('name = "x"\naccepts = [".mp4"]\nargv = ["tool", "{input}", "{output_dir}/{stem}.txt", "--name={name}"]')
    p = PipelineCatalog.load(tmp_path/'p.toml')['x']
    for given in f'input_videos/{name}', f'{workspace}/input_videos/{name}', f'./input_videos//{name}':
        source, params = p.check(given, None, workspace)
        assert (source, params) == (f'input_videos/{name}', {}) == p.check(source, params, workspace)
        spec = p.work(Job(spec=dict(input=given)), workspace, tmp_path/'out')
        assert spec['argv'] == ['tool', str(workspace/'input_videos'/name), f'{tmp_path}/out/{Path(name).stem}.txt', f'--name={name}']

def test_links_inside_lead_to_one_input(workspace):
    assert find_input('link.mp4', workspace) == workspace/'input_videos/a.mp4'

def test_a_workspace_that_is_gone_is_told_as_that(tmp_path):
    with pytest.raises(StoreError, match='the workspace, .* is not there'): find_input('a.mp4', tmp_path/'gone')

def test_a_workspace_that_is_a_link(workspace, tmp_path):
    (tmp_path/'ws').symlink_to(workspace)
    assert find_input(f'{tmp_path}/ws/input_videos/a.mp4', tmp_path/'ws') == workspace/'input_videos/a.mp4'

@pytest.mark.parametrize('url', ['http://127.0.0.1/', 'ftp://youtu.be/a', 'https://youtu.be.evil.example/a', 'https://user@youtu.be/a', 'https://youtu.be@evil.example/', 'https://evil.example\\@youtu.be/', 'https://youtu.be/a b', 'https://youtu.be/a\n',
                                 'https://', 'https://[::1', 'https://youtu.be/' + 'x'*3000, 'file:///etc/passwd'])
def test_urls_that_are_refused(url):
    with pytest.raises(InvalidInput) as e: check_url(url, ['youtu.be'], 'youtubeUrl')
    assert e.value.field == 'youtubeUrl'

# Words

def test_words_that_depend_on_parameters(workspace, tmp_path):
    (tmp_path/'p.toml').write_text('''name = "x"
input = "optional"
argv = ["tool", {when = "crf", args = ["-crf", "{crf}"]}, {when = "fast", args = ["--fast"]}, {unless = "fast", args = ["--slow"]}, {when = "input", args = ["-i", "{input}", "{stem}"]}]
[params.crf]
type = "int"
[params.fast]
type = "bool"''')
    p = PipelineCatalog.load(tmp_path/'p.toml')['x']
    def words(input=None, **params): return p.work(Job(spec=dict(input=input, params=params)), workspace, tmp_path/'out')['argv'][1:]
    assert words() == ['--slow']
    assert words(crf=0, fast=True) == ['-crf', '0', '--fast']
    assert words(crf=-3, fast=False) == ['-crf', '-3', '--slow']
    assert words('input_videos/a.mp4') == ['--slow', '-i', str(workspace/'input_videos/a.mp4'), 'a']
    with pytest.raises(InvalidInput, match='take for an option'): words('input_videos/-rf.mp4')

def test_a_value_does_not_become_an_option(workspace, tmp_path):
    (tmp_path/'p.toml').write_text('''name = "x"
argv = ["tool", "{input}", "{title}", "--note={note}", "{mode}"]
[params.title]
default = "none"
aliases = ["videoTitle"]
[params.note]
default = ""
[params.mode]
default = "-a"
choices = ["-a", "-b"]''')
    p = PipelineCatalog.load(tmp_path/'p.toml')['x']
    with pytest.raises(InvalidInput) as e: p.check('input_videos/a.mp4', {'videoTitle': '--output=/etc/passwd'}, workspace)
    assert e.value.field == 'videoTitle'
    spec = p.work(Job(spec=dict(input='input_videos/a.mp4', params=dict(note='-x', title='; rm *', mode='-b'))), workspace, tmp_path)
    assert spec['argv'][2:] == ['; rm *', '--note=-x', '-b']

def test_requests_that_are_refused(workspace, tmp_path):
    (tmp_path/'p.toml').write_text(GOOD + '[params.rate]\ntype = "int"\nmax = 9\naliases = ["sampleRate"]\n[params.key]\nrequired = true')
    (tmp_path/'q.toml').write_text('name = "q"\ninput = "none"\nargv = ["tool"]')
    p, q = PipelineCatalog.load(tmp_path/'p.toml', tmp_path/'q.toml')
    for given, params, name in [(None, {'key': 'k'}, 'input'), ('input_videos/a.mp4', {}, 'key'), ('input_videos/a.mp4', {'key': None}, 'key'), ('input_videos/a.mp4', {'key': 'k', 'rat': 1}, 'rat'), ('input_videos/a.mp4', {'key': 'k', 3: 1}, '3'),
                                ('input_videos/a.mp4', [1], 'params'), ('input_videos/a.mp4', {'key': 'k', 'sampleRate': 10}, 'sampleRate'), ('input_videos/a.mp4', {'key': 'k', 'rate': True}, 'rate')]:
        with pytest.raises(InvalidInput) as e: p.check(given, params, workspace)
        assert e.value.field == name
    with pytest.raises(InvalidInput, match='takes none'): q.check('input_videos/a.mp4', {}, workspace)
    assert q.check(None, None, workspace) == (None, {})

def test_limits_and_options_are_passed_on(workspace, tmp_path):
    (tmp_path/'p.toml').write_text(GOOD + 'timeout = 60\ncwd = "{workspace}"\nlimits = {memory = "2g"}\nenv = {JOB = "{job_id}/{attempt}"}\noptions = {image = "x:1", mounts = ["{output_dir}:/out", {ro = "{workspace}", n = 3}]}')
    p = PipelineCatalog.load(tmp_path/'p.toml')['x']
    spec = p.work(Job(id='j', attempt=2, spec=dict(input='input_videos/a.mp4')), workspace, tmp_path/'out')
    assert p.timeout == 60 and spec['limits'] == {'memory': '2g'} and spec['env'] == {'JOB': 'j/2'} and spec['cwd'] == str(workspace)
    assert spec['image'] == 'x:1' and spec['mounts'] == [f'{tmp_path}/out:/out', {'ro': str(workspace), 'n': 3}]

# The original's requests

CAMEL = dict(inputMethod='manual', youtubeUrl=None, manualPath='input_videos/with space.mp4', unetFlag=True, faceRestoreFlag=False, upscaleFlag=True, upscaleValue=4, claheFlag=False)
SNAKE = dict(input_method='manual', youtube_url=None, manual_path='input_videos/with space.mp4', unet_flag=True, face_restore_flag=False, upscale_flag=True, upscale_value=4, clahe_flag=False)

@pytest.mark.parametrize('request_', [CAMEL, SNAKE, {**SNAKE, **CAMEL, 'unet_flag': False}], ids=['camel', 'snake', 'camel wins'])
def test_requests_of_the_original_in_both_spellings(workspace, tmp_path, request_):
    p = PipelineCatalog.load(SHIPPED).original
    source, params = p.check(None, request_, workspace)
    assert source == 'input_videos/with space.mp4' and params == SNAKE and type(params['upscale_value']) is float
    spec = p.work(Job(spec=dict(input=source, params=params)), workspace, tmp_path/'out')
    assert spec['argv'] == ['python', 'pipeline_wrapper.py', f'{workspace}/input_videos/with space.mp4', 'true', 'false', 'true', '4.0', 'false']
    assert spec['cwd'] == spec['output_root'] == str(workspace) and spec['output_globs'][0] == 'output_videos_latest/with space/final_without_post_process_*/*.mp4'

def test_requests_of_the_original_with_defaults_and_urls(workspace, tmp_path):
    p = PipelineCatalog.load(SHIPPED).original
    assert p.check(None, {'manualPath': f'{workspace}/input_videos/a.mp4'}, workspace)[1] == SNAKE | dict(manual_path=f'{workspace}/input_videos/a.mp4', unet_flag=False, upscale_flag=False, upscale_value=2.)
    source, params = p.check(None, {'inputMethod': 'youtube', 'youtubeUrl': 'https://www.youtube.com/watch?v=abc', 'manualPath': None}, workspace)
    spec = p.work(Job(spec=dict(input=source, params=params)), workspace, tmp_path/'out')
    assert spec['argv'][2] == 'https://www.youtube.com/watch?v=abc' and spec['output_globs'][-5] == 'output_videos_latest/*/*.mp4'
    assert p.check('input_videos/a.mp4', {'unet_flag': True}, workspace)[0] == 'input_videos/a.mp4'

@pytest.mark.parametrize('change,name', [({'unetFlag': 'false'}, 'unetFlag'), ({'faceRestoreFlag': 'no'}, 'faceRestoreFlag'), ({'claheFlag': 1}, 'claheFlag'), ({'upscaleValue': 0}, 'upscaleValue'), ({'upscaleValue': '2.0'}, 'upscaleValue'),
    ({'manualPath': None}, 'manual_path'), ({'inputMethod': 'ftp'}, 'inputMethod'), ({'inputMethod': 'youtube'}, 'youtube_url'), ({'manualPath': '/etc/hostname'}, 'manualPath'), ({'manualPath': 'a.mp4; touch file #'}, 'manualPath'),
    ({'inputMethod': 'youtube', 'youtubeUrl': 'https://x"; touch file; "'}, 'youtubeUrl'), ({'inputMethod': 'youtube', 'youtubeUrl': 'input_videos/a.mp4'}, 'youtubeUrl'), ({'quality': 3}, 'quality')])
def test_requests_of_the_original_that_are_refused(workspace, change, name):
    with pytest.raises(InvalidInput) as e: PipelineCatalog.load(SHIPPED).original.check(None, CAMEL | change, workspace)
    assert e.value.field == name

def test_two_inputs_that_differ(workspace):
    with pytest.raises(InvalidInput, match='Give one of the two'): PipelineCatalog.load(SHIPPED).original.check('input_videos/a.mp4', CAMEL, workspace)

# Running

@pytest.fixture
def node(workspace, tmp_path):
    "What a node has of this: `make(toml…)` gives a runner, `begin(runner, …)` a running job."
    class Node:
        tracker = JobTracker()
        process = ProcessRunner(tmp_path/'work', tracker.logs)

        def make(self, *texts):
            for i, t in enumerate(texts): (tmp_path/f'{i}.toml').write_text(t)
            return PipelineRunner(PipelineCatalog.load(*(tmp_path/f'{i}.toml' for i in range(len(texts)))) if texts else PipelineCatalog(), [self.process], workspace, tmp_path/'outputs')

        def begin(self, **spec):
            job = self.tracker.create_job('x', runner='pipeline', spec={'input': 'input_videos/a.mp4', **spec})
            self.tracker.mark_running(job.id)
            return job

        async def run(self, runner, **spec):
            job = self.begin(**spec)
            return job, await runner.follow(job, await runner.start(job), Report(self.tracker, job.id, job.attempt))
    Node.process.interval = .01
    yield (n := Node())
    n.tracker.close()

def script(name, code, more=''): return f'name = "{name}"\nargv = ["{{python}}", "-c", {json.dumps(code.replace("{", "{{").replace("}", "}}"))}, "{{input}}", "{{output_dir}}"]\n{more}'

def test_the_owner_says_on_what_terms_a_queue_takes_it(node):
    runner = node.make(script('x', '', 'resources = {gpu = 1, licence = 0}\nqueue_timeout = 60\nmax_attempts = 3'), script('plain', ''))
    ask = lambda name: runner.terms(Job(runner='pipeline', spec={'pipeline': name}))
    assert ask('x') == {'resources': {'gpu': 1}, 'queue_timeout': 60, 'stall_timeout': None} and runner.catalog['x'].max_attempts == 3
    assert ask('plain')['resources'] == {} == ask('gone')
    with pytest.raises(NeverFits): JobQueue(node.tracker, runner).submit(Job(runner='pipeline', spec={'pipeline': 'x', 'input': 'input_videos/a.mp4'}))

def test_the_promises_of_a_runner(node):
    runner = node.make(script('quick', 'print(1)', 'input = "optional"').replace('"{input}", ', ''), script('endless', 'import time; time.sleep(600)', 'input = "optional"').replace('"{input}", ', ''))
    held = asyncio.run(check_runner(runner, {'pipeline': 'quick'}, {'pipeline': 'endless'}, node.tracker))
    assert 'what is stopped is gone' in held and runner.durable

def test_work_is_found_again_when_its_file_is_gone(node, workspace):
    runner = node.make(script('slow', 'import sys, time, pathlib\nwhile not pathlib.Path(sys.argv[1]).with_name("go").exists(): time.sleep(.01)\nopen(sys.argv[2] + "/r.txt", "w").write("done")'))
    async def story():
        job = node.begin(pipeline='slow')
        handle = await runner.start(job)
        later = node.make()  # restarted, with an empty catalogue
        assert await later.find(job) == handle and await later.start(job) == handle
        (workspace/'input_videos/a.mp4').unlink()  # and the input has been tidied away
        assert await runner.start(job) == handle
        (workspace/'input_videos/go').touch()
        return job, await asyncio.wait_for(later.follow(job, handle, Report(node.tracker, job.id, 1)), 20)
    job, outcome = asyncio.run(story())
    assert outcome.status == JobStatus.COMPLETED and [o.name for o in outcome.outputs] == ['r.txt']
    assert outcome.outputs[0].path == str(runner.output_dir(job)/'r.txt')

def test_what_cannot_be_begun(node, workspace, tmp_path):
    runner = node.make(script('ok', ''), script('elsewhere', '', 'runner = "podman"'))
    for spec, error, name in [(dict(pipeline='no'), UnknownPipeline, 'pipeline'), (dict(pipeline=None), UnknownPipeline, 'pipeline'), (dict(pipeline='elsewhere', input='input_videos/a.mp4'), UnknownRunner, 'runner'),
                              (dict(pipeline='ok', input='/etc/hostname'), InvalidInput, 'input'), (dict(pipeline='ok', input='input_videos/a.mp4', argv=['ls']), InvalidInput, 'argv')]:
        with pytest.raises(error) as e: runner.check(spec)
        assert e.value.field == name
        job = node.begin(**{'input': None, **spec})
        with pytest.raises(error): asyncio.run(runner.start(job))
        assert asyncio.run(runner.find(job)) is None and not runner.output_dir(job).exists()
    assert runner.why_not(node.begin(pipeline='no')) is None

WRAPPER = '''
import pathlib, sys, time
assert len(sys.argv) == 7, sys.argv
stem = pathlib.Path(sys.argv[1]).stem
for i in range(1, 4): print(f"Task {i}/3", flush=True)
if sys.argv[2] == "true":
    out = pathlib.Path("output_videos_latest", stem, "final_without_post_process_7")
    out.mkdir(parents=True, exist_ok=True)
    (out/"video.mp4").write_text(" ".join(sys.argv[2:]))
'''

def test_what_is_refused_leaves_no_folder(node, tmp_path):
    runner = node.make(script('x', '', 'cwd = "/no/such/folder"'))
    with pytest.raises(InvalidInput, match='cwd'): asyncio.run(runner.start(node.begin(pipeline='x')))
    assert not [*(tmp_path/'outputs').iterdir()]

def test_a_place_for_results_that_cannot_be(node, tmp_path):
    runner = node.make(script('x', ''))
    (tmp_path/'outputs').write_text('in the way')
    with pytest.raises(StoreError, match='the folder for results cannot be made'): asyncio.run(runner.start(node.begin(pipeline='x')))

def test_the_original_pipeline_end_to_end(node, workspace, tmp_path, monkeypatch):
    monkeypatch.setenv('PATH', f'{Path(sys.executable).parent}:{os.environ["PATH"]}')
    (workspace/'pipeline_wrapper.py').write_text(WRAPPER)
    old = workspace/'output_videos_latest/with space/final_without_post_process_1'
    old.mkdir(parents=True)
    (old/'old_result.mp4').write_text('of an earlier run')
    os.utime(old/'old_result.mp4', (time.time()-60,)*2)
    runner = node.make((SHIPPED/'original.toml').read_text())
    def ask(**change):
        spec = runner.check(dict(pipeline='original', params=CAMEL | change))
        return asyncio.run(node.run(runner, **spec))
    first, one = ask()
    second, two = ask(upscaleValue=3)
    third, three = ask(unetFlag=False)
    assert first.progress == 100
    assert [(o.name, Path(o.path).read_text()) for o in one.outputs] == [('video.mp4', 'true false true 4.0 false')]
    assert Path(two.outputs[0].path).read_text() == 'true false true 3.0 false' and Path(one.outputs[0].path).is_relative_to(runner.output_dir(first))
    assert three.status == JobStatus.FAILED and three.failure.kind == 'no_output' and not three.outputs

def test_results_that_cannot_be_kept(node, workspace, tmp_path):
    runner = node.make(script('x', 'import sys, pathlib; pathlib.Path(sys.argv[1]).with_name("r.txt").write_text("r")', 'outputs = ["input_videos/r.txt"]'))
    job = node.begin(pipeline='x')
    (runner.output_dir(job)/'r.txt/in the way').mkdir(parents=True)
    outcome = asyncio.run(runner.follow(job, asyncio.run(runner.start(job)), Report(node.tracker, job.id, 1)))
    assert outcome.status == JobStatus.FAILED and outcome.failure.kind == 'error' and 'kept' in outcome.failure.message

def test_a_huge_hole_is_kept_as_one(node, tmp_path):
    runner = node.make(script('x', 'import sys, pathlib; pathlib.Path(sys.argv[1]).with_name("r.img").open("wb").truncate(1 << 40)', 'outputs = ["input_videos/r.img"]'))
    _, outcome = asyncio.run(node.run(runner, pipeline='x'))
    [o] = outcome.outputs
    assert o.sha256 is None and o.path.startswith(str(tmp_path/'outputs')) and os.stat(o.path).st_size == 1 << 40 and os.stat(o.path).st_blocks < 1000

def test_a_stop_ends_the_copying_of_results(node, tmp_path, monkeypatch):
    copying = threading.Event()
    def slow(path, to, stop, how):
        copying.set()
        while not stop(): time.sleep(.005)
        return False
    monkeypatch.setattr('cjm_jobtrack.pipelines.pipeline.keep_output', slow)
    runner = node.make(script('x', 'import sys, pathlib; pathlib.Path(sys.argv[1]).with_name("r.txt").write_text("r")', 'outputs = ["input_videos/r.txt"]'))
    async def main():
        job = node.begin(pipeline='x')
        handle = await runner.start(job)
        following = asyncio.ensure_future(runner.follow(job, handle, Report(node.tracker, job.id, 1)))
        assert await asyncio.to_thread(copying.wait, 30)
        await runner.stop(job, handle, 0.)
        async with asyncio.timeout(90): return (await following).outputs
    [o] = asyncio.run(main())
    assert o.path.endswith('input_videos/r.txt') and not [*(tmp_path/'outputs').rglob('r.txt')]

WRITES = 'import sys, pathlib; pathlib.Path(sys.argv[1]).with_name("r.bin").write_bytes(open(sys.argv[1], "rb").read()[:1] * 1_000_000)'

@pytest.mark.parametrize('keep', ['link', 'copy', 'move', None])
def test_how_results_get_to_where_they_are_kept(node, workspace, keep):
    runner = node.make(script('x', WRITES, 'outputs = ["input_videos/r.bin"]' + (f'\nkeep = "{keep}"' if keep else '')))
    source, there, files = workspace/'input_videos'/'a.mp4', workspace/'input_videos'/'r.bin', OutputFiles('/')
    def run():
        job, ended = asyncio.run(node.run(runner, pipeline='x'))
        return ended.outputs[0], now()
    source.write_text('1')
    first, kept = run(), runner.outputs
    path = Path(first[0].path)
    assert path.is_relative_to(kept) and path.read_text() == '1' * 1_000_000 and there.exists() == (keep != 'move')
    if keep == 'link' and not reflinks(path): assert path.stat().st_ino == there.stat().st_ino and path.stat().st_nlink == 2
    if keep != 'link': assert path.stat().st_nlink == 1
    source.write_text('2')
    second = run()
    assert path.read_text() == '1' * 1_000_000 and Path(second[0].path).read_text() == '2' * 1_000_000   # the program wrote there again
    for o, completed_at in first, second: os.close(files.open(o, completed_at))

def reflinks(path:Path) -> bool:
    "Whether the file system there lets files share what they have stored."
    with open(path, 'rb') as f: return outputs._share(f.fileno(), path.with_name('probe'))

def test_a_way_to_keep_results_that_there_is_not(node):
    with pytest.raises(InvalidInput, match='keep'): node.make(script('x', WRITES, 'outputs = ["r.bin"]\nkeep = "burn"'))

# Jobs that write side by side

@pytest.mark.parametrize('a, b, meet', [
    ('out/a/*.mp4', 'out/a/*.mp4', True), ('out/a/*.mp4', 'out/b/*.mp4', False), ('out/a/*.mp4', 'out/*/*.mp4', True), ('out/a/*.mp4', 'out/a/*.mkv', False), ('out/a/*.mp4', 'out/a/b/*.mp4', False),
    ('out/**/x.mp4', 'out/a/b/x.mp4', True), ('out/**', 'in/x', False), ('**', 'anything/at/all', True), ('a?.txt', 'ab.txt', True), ('a?.txt', 'a.txt', False), ('*a', 'a*', True), ('*a*b', 'b*a', False),
    ('[[]a].mp4', '[[]a].mp4', True), ('[[]a].mp4', 'a.mp4', False), ('[ab].mp4', 'b.mp4', True), ('[ab].mp4', 'c.mp4', False), ('[!a].mp4', 'a.mp4', False), ('[[]x', '[[]*', True), ('[*]x', 'ax', False),
    ('A.mp4', 'a.mp4', False), ('a'*250 + '*', '*' + 'a'*250, True), ('', 'a', False)])
def test_patterns_that_can_meet(a, b, meet):
    assert (common_pattern([a], [b]), common_pattern([b], [a])) == ((a, b) if meet else (None, None))

SLOW_WRAPPER = '''
import pathlib, sys, time
out = pathlib.Path("output_videos_latest", pathlib.Path(sys.argv[1]).stem, "final_without_post_process_7")
out.mkdir(parents=True, exist_ok=True)
with open(out/"video.mp4", "w") as f:
    time.sleep(.1)
    f.write(pathlib.Path(sys.argv[1]).read_text())
'''

def test_jobs_that_leave_the_same_files_do_not_run_side_by_side(database, workspace, tmp_path, monkeypatch):
    monkeypatch.setenv('PATH', f'{Path(sys.executable).parent}:{os.environ["PATH"]}')
    (workspace/'pipeline_wrapper.py').write_text(SLOW_WRAPPER)
    for n in range(6):
        (workspace/f'input_videos/s{n}').mkdir()
        (workspace/f'input_videos/s{n}/same.mp4').write_text(f'video {n}')
    with JobTracker(database) as tracker:
        process = ProcessRunner(tmp_path/'work', tracker.logs)
        runner = PipelineRunner(PipelineCatalog.load(SHIPPED), [process], workspace, tmp_path/'outputs')
        def ask(path): return Job(name=path, runner='pipeline', spec=runner.check({'pipeline': 'original', 'params': {'manualPath': path}}))
        with JobQueue(tracker, runner, slots=4) as queue:
            jobs = queue.submit_many([ask(f'input_videos/s{n}/same.mp4') for n in range(6)])
            until(lambda: any('may leave the same files' in (queue.why_waiting(j.id) or '') for j in jobs), 'a job to wait for another')
            for j in jobs: tracker.join(j.id, 60)
        assert [(j.status, Path(j.outputs[0].path).read_text()) for j in jobs] == [('completed', f'video {n}') for n in range(6)]
        spans = sorted((j.started_at, j.completed_at) for j in jobs)
        assert all(a[1] <= b[0] for a, b in itertools.pairwise(spans))
        assert max(sum(e.type == 'waiting' for e in tracker.history(j.id)) for j in jobs) == 1

def test_a_job_does_not_begin_beside_one_that_was_adopted(database, workspace, tmp_path):
    (tmp_path/'p.toml').write_text(script('x', 'import sys, time, pathlib\nwhile not pathlib.Path(sys.argv[1]).with_name("go").exists(): time.sleep(.01)\npathlib.Path(sys.argv[1]).with_suffix(".out").write_text("r")', 'outputs = ["input_videos/{stem}.out"]'))
    url = database
    def make(tracker): return PipelineRunner(PipelineCatalog.load(tmp_path/'p.toml'), [ProcessRunner(tmp_path/'work', tracker.logs)], workspace, tmp_path/'outputs')
    job = lambda name: Job(name=name, runner='pipeline', spec={'pipeline': 'x', 'input': f'input_videos/{name}.mp4'})
    with JobTracker(url) as tracker:
        with JobQueue(tracker, make(tracker), slots=4) as queue:
            first = queue.submit(job('a'))
            until(lambda: any(e.type == 'started' for e in tracker.history(first.id)), 'the first to begin')
        with JobQueue(tracker, make(tracker), slots=4) as queue:
            second, third = queue.submit(job('a')), queue.submit(job('with space'))
            until(lambda: 'may leave the same files' in (queue.why_waiting(second.id) or '') and third.status == 'running', 'one to wait and one to run')
            (workspace/'input_videos/go').touch()
            for j in first, second, third: assert tracker.join(j.id, 60).status == 'completed'
        assert first.completed_at <= second.started_at

def test_patterns_in_the_folder_of_each_job_run_side_by_side(node, workspace, tmp_path):
    code = 'import sys, pathlib\nfor n in "keep.txt", "drop.log": pathlib.Path(sys.argv[2], n).write_text(sys.argv[1])'
    runner = node.make(script('x', code, 'outputs = ["{output_dir}/*.txt"]'))
    assert runner.clash(node.begin(pipeline='x'), node.begin(pipeline='x')) is None
    job, outcome = asyncio.run(node.run(runner, pipeline='x'))
    assert [(o.name, o.path) for o in outcome.outputs] == [('keep.txt', str(runner.output_dir(job)/'keep.txt'))]
    with pytest.raises(InvalidInput, match='Begin all patterns with'): node.make(script('y', code, 'outputs = ["{output_dir}/*.txt", "out/*"]'))
    contained = node.make(script('z', code, 'outputs = ["{output_dir}/*.txt"]\ndocker = "image"')).catalog['z']
    assert contained.work(job, workspace, tmp_path, 'docker')['output_globs'] == ['*.txt']

def test_an_input_that_is_named_in_a_parameter_counts(node):
    runner = node.make((SHIPPED/'original.toml').read_text())
    ask = lambda **params: Job(runner='pipeline', spec={'pipeline': 'original', 'input': None, 'params': params})
    a, b, url = ask(manualPath='input_videos/a.mp4'), ask(manual_path='input_videos/b.mp4'), ask(inputMethod='youtube', youtubeUrl='https://youtu.be/a')
    assert runner.clash(a, b) is None and runner.clash(a, ask(manual_path='elsewhere/a.mkv')) and runner.clash(a, url) and runner.clash(url, b)

def test_a_running_job_whose_pipeline_is_gone_is_waited_for(node, workspace):
    runner, gone = node.make(script('x', '', 'outputs = ["out/*"]'), script('own', '')), node.begin(pipeline='gone')
    assert runner.clash(node.begin(pipeline='x'), gone) and runner.clash(node.begin(pipeline='own'), gone) is None

# What people gave, and what they read

@pytest.mark.parametrize('outputs', ['', 'outputs = ["input_videos/made/*"]', 'outputs = ["{output_dir}/*"]'])
def test_results_are_called_after_the_name_that_people_gave(node, workspace, tmp_path, outputs):
    place = 'pathlib.Path(sys.argv[1]).parent/"made"' if 'videos' in outputs else 'pathlib.Path(sys.argv[2])'
    code = f'import sys, pathlib\nto = {place}\nto.mkdir(exist_ok=True)\nstem = pathlib.Path(sys.argv[1]).stem\nfor n in stem + ".txt", stem + "-small.txt", stem + "5.txt", "other.txt": (to/n).write_text(n)'
    runner, names = node.make(script('x', code, outputs)), UploadNames(tmp_path/'names')
    runner.names = names
    (workspace/'input_videos/talk-3.wav').touch()
    names.record(workspace/'input_videos/talk-3.wav', 'talk.wav')
    job, outcome = asyncio.run(node.run(runner, pipeline='x', input='input_videos/talk-3.wav'))
    told = {o.name: (o.local_path, o.local_path.read_text()) for o in outcome.outputs}
    assert told == {n: (runner.output_dir(job)/n, n.replace('talk', 'talk-3') if n != 'talk-35.txt' else n) for n in ('talk.txt', 'talk-small.txt', 'talk-35.txt', 'other.txt')}
    again = asyncio.run(runner.follow(job, asyncio.run(runner.find(job)), Report(node.tracker, job.id, 1)))   # as after a crash: they have their names already
    assert {o.name for o in again.outputs} == {*told} or 'videos' in outputs
    (workspace/'input_videos/talk-3.wav').rename(workspace/'input_videos/old.wav')
    (workspace/'input_videos/talk-3.wav').touch()   # somebody's own, put there by hand
    _, outcome = asyncio.run(node.run(runner, pipeline='x', input='input_videos/talk-3.wav'))
    assert 'talk-3.txt' in {o.name for o in outcome.outputs}

def test_a_name_that_another_result_has_is_left_to_it(node, workspace, tmp_path):
    runner = node.make(script('x', 'import sys, pathlib\nfor n in "talk.txt", "talk-3.txt": (pathlib.Path(sys.argv[2])/n).write_text(n)'))
    runner.names = UploadNames(tmp_path/'names')
    (workspace/'input_videos/talk-3.wav').touch()
    runner.names.record(workspace/'input_videos/talk-3.wav', 'talk.wav')
    _, outcome = asyncio.run(node.run(runner, pipeline='x', input='input_videos/talk-3.wav'))
    assert {o.name: o.local_path.read_text() for o in outcome.outputs} == {n: n for n in ('talk.txt', 'talk-3.txt')}

def test_why_it_is_a_process_is_told_once_and_is_not_the_message(node, workspace):
    code = 'print("Progress: 50% half of it", flush=True)'
    runner = node.make(script('x', code, 'docker = "an-image"'))
    job, outcome = asyncio.run(node.run(runner, pipeline='x'))
    told = [e for e in node.tracker.history(job.id) if e.type == 'runner']
    assert outcome.status == 'completed' and job.message == 'half of it' and [e.data for e in told] == [{'runner': 'process', 'why': 'this node has no runner for containers'}]

@pytest.mark.parametrize('more, kind', [('argv = ["tool"]', 'none'), ('argv = ["tool", "{input}"]', 'required'), ('argv = ["tool", {when = "input", args = ["-x"]}]', 'required'), ('argv = ["tool"]\naccepts = [".wav"]', 'required'),
    ('argv = ["tool"]\noutputs = ["{stem}.txt"]', 'required'), ('argv = ["tool"]\nenv = {NAME = "{name}"}', 'required'), ('argv = ["tool"]\ninput = "optional"', 'optional'), ('argv = ["tool"]\ninput = "required"', 'required'),
    ('argv = ["tool"]\ndocker = {image = "i", argv = ["tool", "{input}"]}', 'required')])
def test_a_file_is_asked_for_where_something_speaks_of_it(tmp_path, workspace, more, kind):
    (tmp_path/'p.toml').write_text('name = "x"\n' + more)
    p = PipelineCatalog.load(tmp_path/'p.toml')['x']
    assert p.input == kind == p.to_dict()['input']
    if kind == 'none': assert p.check(None, {}, workspace) == (None, {})

def test_words_within_words(tmp_path, workspace):
    (tmp_path/'p.toml').write_text('''name = "x"
input = "none"
argv = ["tool", { unless = "codec", is = "copy", args = ["-a", { when = "kind", is = "webm", args = ["opus", { when = "rate", args = ["{rate}"] }] }, { unless = "kind", is = "webm", args = ["aac"] }] }]
[params.codec]
default = "h264"
[params.kind]
default = "mp4"
[params.rate]
type = "float"
multiple_of = 0.5''')
    p = PipelineCatalog.load(tmp_path/'p.toml')['x']
    words = lambda **params: p.work(Job(spec={'params': params}), workspace, tmp_path)['argv'][1:]
    assert (words(), words(codec='copy'), words(codec='copy', kind='webm', rate=1), words(kind='webm'), words(kind='webm', rate=1.5)) == (['-a', 'aac'], [], [], ['-a', 'opus'], ['-a', 'opus', '1.5'])
    with pytest.raises(InvalidInput, match='multiple of 0.5'): words(rate=1.2)
    for argv, key in ('{ when = "a", args = [{ when = "nope", args = ["x"] }] }', 'p.toml: argv'), ('{ when = "a", args = [{ args = ["x"] }] }', 'p.toml: argv[1].args[0]'), ('{ when = "a", args = [3] }', 'p.toml: argv[1].args'), \
                     ('{ unless = "a", args = [{ when = "b", args = ["{a}"] }] }', 'p.toml: argv'):
        (tmp_path/'p.toml').write_text(f'name = "x"\nargv = ["tool", {argv}]\n[params.a]\n[params.b]')
        with pytest.raises(InvalidInput) as e: PipelineCatalog.load(tmp_path/'p.toml')
        assert e.value.field == key

def test_a_name_that_is_too_long_for_a_result_is_refused_or_shortened_before_the_work(tmp_path, workspace):
    long = 'x'*251 + '.mp4'
    (workspace/'input_videos'/long).touch()
    (tmp_path/'p.toml').write_text('name = "own"\nargv = ["tool", "{input}", "{output_dir}/{stem}.opus"]')
    (tmp_path/'q.toml').write_text('name = "fixed"\nargv = ["tool", "{input}", "{workspace}/out/{stem}.opus"]')
    (tmp_path/'r.toml').write_text('name = "contained"\nargv = ["tool", "{input}"]\n[docker]\nimage = "i"\nargv = ["tool", "{input}", "/elsewhere/{stem}.opus"]')
    catalog = PipelineCatalog.load(*(tmp_path/f'{n}.toml' for n in 'pqr'))
    spec = {'input': f'input_videos/{long}'}
    assert catalog['own'].work(Job(spec=spec), workspace, tmp_path/'out')['argv'][-1] == f'{tmp_path}/out/' + 'x'*250 + '.opus'
    for name in 'fixed', 'contained':
        with pytest.raises(InvalidInput, match='shorter name') as e: catalog[name].check(spec['input'], None, workspace)
        assert e.value.field == 'input'
