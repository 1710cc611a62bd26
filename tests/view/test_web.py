"""The page of a node or manager: what it is allowed, and what it does in a real browser."""
import json, re
from contextlib import contextmanager
from pathlib import Path

import httpx, pytest
from browser import chromium, free_port, until
from cjm_jobtrack.net.manager import Manager
from cjm_jobtrack.net.node import Node
from cjm_jobtrack.server.server import serving
from cjm_jobtrack.view.web import mount_page, page_files

LONG = '''
import sys, time
for n in range(1, 3001):
    print(f"Progress: {n/30:.1f}%  <b>step {n}</b>", flush=True)
    time.sleep(.05)
'''
QUICK = '''
import pathlib, sys
out = pathlib.Path(sys.argv[1])
(out/"sub").mkdir()
(out/"sub"/"a #1?.txt").write_text("the result")
'''
FAIL = 'import sys; print("no <i>speech</i> found"); sys.exit(3)'
HOSTILE = '<img src=x onerror="document.title=1"><script>document.title=2</script>'

@pytest.fixture
def node(tmp_path):
    "Makes nodes on one data folder, with pipelines that last, end at once, and fail."
    for name, program in dict(long=LONG, quick=QUICK, fail=FAIL).items():
        (tmp_path/f'{name}.py').write_text(program)
        (tmp_path/f'{name}.toml').write_text(f'name = "{name}"\nargv = ["{{python}}", {json.dumps(str(tmp_path/f"{name}.py"))}, "{{output_dir}}"]\ninput = "none"\n')
    def make(**kw):
        n = Node(tmp_path/'data', pipelines=tmp_path, **kw)
        mount_page(n.app)
        return n
    return make

@contextmanager
def site(service, page):
    "A server for the length of a test; the page leaves first, for a server waits for those who listen."
    with serving(service) as server:
        yield server
        page.goto('about:blank')

def submit(url, pipeline, token=None, **kw):
    r = httpx.post(f'{url}/jobs', json={'pipeline': pipeline, **kw}, headers={'Authorization': f'Bearer {token}'} if token else {}, timeout=60)
    assert r.status_code == 201, r.text
    return r.json()['id']

def cancel_all(url):
    "What a node would otherwise leave running for its successor."
    for job in httpx.get(f'{url}/jobs', timeout=60).json()['jobs']:
        if job['status'] in ('pending', 'running'): httpx.post(f'{url}/jobs/{job["id"]}/cancel', timeout=60)
    def left():
        counts = httpx.get(f'{url}/health', timeout=60).json()['jobs']
        return counts.get('pending', 0) + counts.get('running', 0)
    until(lambda: not left(), 'all have ended')

# Without a browser

@pytest.mark.parametrize('token', [None, 'secret'])
def test_page_is_open_and_nothing_else(node, token):
    with serving(node(token=token)) as server, httpx.Client(base_url=server.url, timeout=60) as http:
        for path, (data, kind) in page_files().items():
            r = http.get(path)
            assert (r.status_code, r.content, r.headers['content-type']) == (200, data, kind)
            policy = dict(part.split(' ', 1) for part in r.headers['content-security-policy'].split('; '))
            assert policy['default-src'] == "'self'" and policy['frame-ancestors'] == "'none'" and 'unsafe' not in str(policy)
            assert r.headers['x-content-type-options'] == 'nosniff'
            assert http.head(path).headers['content-length'] == r.headers['content-length'] and http.head(path).content == b''
            assert http.get(path, headers={'If-None-Match': r.headers['etag']}).status_code == 304
        for path in ('/static/', '/static/web.py', '/static/..%2fweb.py', '/static/app.js/', '/index.html'):
            r = http.get(path)
            assert r.status_code == (401 if token else 404) and r.json()['error']
        assert http.post('/').status_code in (401, 404, 405)
        assert http.get('/jobs').status_code == (401 if token else 200)

@pytest.mark.parametrize('accept, coded', [('gzip', True), ('br, gzip;q=0.5', True), ('GZIP', True), ('', False), ('identity', False), ('br', False),
                                           ('gzip;q=0', False), ('gzip; q=0.0, br', False), ('x-gzip', False)])
def test_page_is_sent_compressed_to_whoever_takes_that(node, accept, coded):
    with serving(node()) as server, httpx.Client(base_url=server.url, timeout=60) as http:
        data, _ = page_files()['/static/app.js']
        r = http.get('/static/app.js', headers={'Accept-Encoding': accept})
        assert (r.headers.get('content-encoding') == 'gzip') == coded and r.content == data and r.headers['vary'] == 'Accept-Encoding'
        assert int(r.headers['content-length']) < len(data)/2 if coded else int(r.headers['content-length']) == len(data)
        again = {'Accept-Encoding': accept, 'If-None-Match': r.headers['etag']}
        assert http.get('/static/app.js', headers=again).status_code == 304

def test_page_brings_everything_and_makes_no_markup_of_text():
    text = {path: data.decode() for path, (data, _) in page_files().items()}
    assert set(text) == {'/', '/static/app.js', '/static/app.css', '/static/icon.svg'}
    for path, t in text.items():
        assert not re.search(r'(src|href|url|import|fetch)\W{1,3}(https?:)?//', t), f'{path} loads from elsewhere'
    assert not re.search(r'<style|<script>|\sstyle=|\son\w+=', text['/']), 'nothing inline'
    assert not re.search(r'innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|DOMParser', text['/static/app.js'])

def test_files_lie_beside_the_module():
    import cjm_jobtrack.view.web as web
    assert Path(web.__file__).name == 'web.py' and Path(web.__file__).with_name('web').is_dir() and not Path(web.__file__).with_name('web').joinpath('__init__.py').exists()

# In a browser

@pytest.fixture(scope='module')
def browser():
    with chromium() as b: yield b

@pytest.fixture
def page(browser):
    "A page whose script must not fail and must not meet the wall around it."
    context, wrong = browser.new_context(viewport=dict(width=1280, height=800)), []
    page = context.new_page()
    page.on('pageerror', lambda e: wrong.append(str(e)))
    page.on('console', lambda m: wrong.append(m.text) if 'Content Security Policy' in m.text or 'Uncaught' in m.text else None)
    yield page
    context.close()
    assert not wrong

def row(page, name): return page.locator('.job').filter(has_text=name)
def live(page): page.locator('#link[data-state=live]').wait_for()
def value(bar): return float(bar.get_attribute('value') or -1)

@pytest.mark.needs('chromium')
def test_job_is_followed_and_cancelled(node, page):
    with site(node(), page) as server:
        page.goto(server.url)
        page.get_by_text('No jobs yet').wait_for()
        live(page)
        job = submit(server.url, 'long', name=f'tape {HOSTILE}')
        here = row(page, 'tape')
        here.wait_for()
        first = until(lambda: value(here.locator('progress')) > 0 and value(here.locator('progress')), 'progress is shown')
        until(lambda: value(here.locator('progress')) > first, 'the bar moves')
        assert HOSTILE in here.inner_text() and page.locator('.job img, .job script, #details img').count() == 0 and 'jobtrack' in page.title()
        assert 'running' in here.inner_text() and re.search(r'\d+ s', here.locator('.time').inner_text())

        page.get_by_role('link', name='tape').click()
        details = page.locator('#details')
        details.locator('.events').get_by_text('Created').wait_for()   # the facts have a line of that name too
        log = details.locator('.log')
        until(lambda: '<b>step' in log.inner_text(), 'the log, as text')
        n = log.inner_text().count('step')
        until(lambda: log.inner_text().count('step') > n, 'the log follows')
        assert log.evaluate('e => e.scrollHeight <= e.clientHeight || e.scrollTop > 0'), 'and stays at its end'

        details.get_by_role('button', name='Cancel job').click()
        page.get_by_role('button', name='Let it go on').click()
        assert httpx.get(f'{server.url}/jobs/{job}', timeout=60).json()['status'] == 'running', 'a click by mistake does nothing'
        details.get_by_role('button', name='Cancel job').click()
        page.get_by_role('button', name='Cancel the job').click()
        until(lambda: httpx.get(f'{server.url}/jobs/{job}', timeout=60).json()['status'] == 'cancelled', 'the job is cancelled')
        until(lambda: 'cancelled' in here.inner_text() and 'Asked to cancel' in details.inner_text() and 'Cancelled' in details.locator('.events').inner_text(), 'the page says so')

        details.get_by_role('button', name='Delete').click()
        page.locator('#confirm').get_by_role('button', name='Delete').click()
        until(lambda: page.locator('.job').count() == 0 and not details.is_visible(), 'gone from the page')
        assert httpx.get(f'{server.url}/jobs/{job}', timeout=60).status_code == 404

@pytest.mark.needs('chromium')
@pytest.mark.parametrize('token', [None, 'secret'])
def test_files_and_failures(node, page, token):
    with site(node(token=token), page) as server:
        done = submit(server.url, 'quick', token, name='done')
        submit(server.url, 'fail', token, name='broken')
        page.goto(f'{server.url}/#job={done}')
        if token:
            for word in ('wrong', token):
                page.get_by_role('textbox', name='Token').fill(word)
                page.get_by_role('button', name='Continue').click()
                if word == 'wrong': page.get_by_text('That token was not accepted').wait_for()
        page.locator('#details').get_by_text('sub/a #1?.txt').wait_for()
        with page.expect_download() as got: page.locator('#details').get_by_role('link', name='Download').click()
        assert Path(got.value.path()).read_text() == 'the result' and re.fullmatch(r'a #1.\.txt', got.value.suggested_filename), 'a browser replaces the `?`'
        assert page.evaluate('sessionStorage.length') == (1 if token else 0)

        page.get_by_role('link', name='broken').click()
        details = page.locator('#details')
        details.get_by_text('Ended with exit status 3').first.wait_for()
        until(lambda: 'no <i>speech</i> found' in details.locator('.log').inner_text(), 'what it printed')
        until(lambda: re.search(r'failed\s*1', page.locator('#filters').inner_text()), 'counted')
        page.get_by_role('button', name=re.compile('^completed')).click()
        until(lambda: [page.locator('.job').nth(n).locator('.name').inner_text() for n in range(page.locator('.job').count())] == ['done'], 'only what was asked for')
        page.get_by_role('button', name=re.compile('^pending')).click()
        page.get_by_text('No job is pending').wait_for()

@pytest.mark.needs('chromium')
def test_manager_shows_its_nodes_and_both_sides_of_a_session(node, page, tmp_path):
    with serving(node()) as shed:
        manager = Manager(tmp_path/'manager', check_every=.2)
        manager.directory.add(name='shed <b>', url=shed.url)
        manager.directory.add(name='cellar', url=f'http://127.0.0.1:{free_port()}')
        mount_page(manager.app)
        with site(manager, page) as server:
            page.goto(server.url)
            cards = lambda: [t.split('\n')[:2] for t in page.locator('.node').all_inner_texts()]
            until(lambda: cards() == [['cellar', 'offline'], ['shed <b>', 'online']], 'the nodes, in words')
            until(lambda: '1 of 2 nodes online' in page.locator('#server').inner_text(), 'their number')
            job = submit(server.url, 'quick', name='session', node='shed <b>')
            row(page, 'session').filter(has_text='completed').wait_for()
            assert 'shed <b>' in row(page, 'session').inner_text()
            page.get_by_role('link', name='session').click()
            events = page.locator('.events')
            until(lambda: all(t in events.inner_text() for t in ('Created', 'Sent to shed <b>', 'Accepted by the node', 'on the node: completed', 'Completed, 1 file')), 'one time line')
            with page.expect_download() as got: page.locator('#details').get_by_role('link', name='Download').click()
            assert Path(got.value.path()).read_text() == 'the result'
            events.get_by_text('Downloaded sub/a #1?.txt').wait_for()
            assert page.locator(f'[href="#job={job}"]').count() == 1

@pytest.mark.needs('chromium')
def test_page_survives_its_server(node, page):
    port = free_port()
    with serving(node(), port=port) as server:
        submit(server.url, 'quick', name='before')
        page.goto(server.url)
        row(page, 'before').wait_for()
        live(page)
    until(lambda: page.locator('#link').get_attribute('data-state') == 'lost', 'said in words and colour')
    assert 'trying again' in page.locator('#link').inner_text() and row(page, 'before').is_visible()
    with serving(node(), port=port) as server:
        submit(server.url, 'quick', name='meanwhile')
        live(page)
        row(page, 'meanwhile').filter(has_text='completed').wait_for()
        assert [page.locator('.job .name').nth(n).inner_text() for n in range(2)] == ['meanwhile', 'before'], 'newest first'

def lost(page): page.locator('#link[data-state=lost]').wait_for()

@pytest.mark.needs('chromium')
def test_live_again_with_the_first_sign_of_life(node, page):
    with site(node(), page) as server:
        refused = []
        page.route('**/health', lambda route: (refused.append(1), route.abort()) if len(refused) == 1 else (refused.append(0), route.continue_()))
        page.goto(server.url)
        live(page)
        submit(server.url, 'quick', name='one')   # what follows asks how the server is, once in vain
        lost(page)
        assert row(page, 'one').is_visible()
        submit(server.url, 'quick', name='two')
        live(page)
        row(page, 'two').filter(has_text='completed').wait_for()
        assert page.locator('#as-of').is_hidden() and sum(refused) == 1

@pytest.mark.needs('chromium')
def test_live_again_after_a_time_without_network(node, page):
    with site(node(), page) as server:
        page.goto(server.url)
        live(page)
        page.context.set_offline(True)
        lost(page)
        submit(server.url, 'quick', name='meanwhile')
        page.context.set_offline(False)
        live(page)
        row(page, 'meanwhile').filter(has_text='completed').wait_for()

@pytest.mark.needs('chromium')
def test_what_was_known_stays_when_the_manager_is_gone(node, page, tmp_path):
    with serving(node()) as shed:
        manager = Manager(tmp_path/'manager')
        manager.directory.add(name='shed', url=shed.url)
        mount_page(manager.app)
        with serving(manager) as server:
            job = submit(server.url, 'long', name='tape')
            page.goto(f'{server.url}/#job={job}')
            log, clock = page.locator('#details .log'), row(page, 'tape').locator('.elapsed')
            until(lambda: 'step 5' in log.inner_text(), 'the log grows')
            until(lambda: '1 active job' in page.locator('.node').inner_text(), 'the node is at work')
            live(page)
            before = log.inner_text()
        lost(page)
        page.locator('#as-of', has_text='All of this is as of').wait_for()
        stopped, events = clock.inner_text(), page.locator('.events li').count()
        ticks = page.evaluate("(() => { window.ticks = 0; setInterval(() => window.ticks++, 1000); return 0 })()")
        until(lambda: page.evaluate('window.ticks') > ticks + 2, 'three seconds of the page')
        assert clock.inner_text() == stopped, 'the clock of what is not known stands still'
        assert log.inner_text().startswith(before[:200]) and 'fetch' not in page.locator('body').inner_text() and events
        assert page.locator('.node .status').evaluate("e => getComputedStyle(e).outlineStyle") == 'dashed'
        cancel_all(shed.url)

@pytest.mark.needs('chromium')
def test_nodes_and_counts_speak_of_the_same_jobs(node, page, tmp_path):
    with serving(node()) as shed:
        manager = Manager(tmp_path/'manager')
        manager.directory.add(name='shed', url=shed.url)
        mount_page(manager.app)
        with site(manager, page) as server:
            page.goto(server.url)
            live(page)
            seen = """new MutationObserver(() => seen.push(['#filters', '.node'].map(q => document.querySelector(q).innerText).join(' | ')))
                          .observe(document.body, {subtree: true, childList: true, characterData: true})"""
            page.evaluate(f'window.seen = []; {seen}')
            submit(server.url, 'long', name='tape')
            until(lambda: re.search(r'running\s*1', page.locator('#filters').inner_text()), 'counted')
            assert not [t for t in page.evaluate('seen') if re.search(r'running\s*1', t) and '0 active' in t]
            cancel_all(shed.url)

@pytest.mark.needs('chromium')
def test_a_node_that_is_silent_shows_what_was_known_of_it(node, page, tmp_path):
    shed, card = serving(node()), page.locator('.node').filter(has_text='shed')
    with shed:
        manager = Manager(tmp_path/'manager', check_every=.2)
        manager.directory.add(name='shed', url=shed.url)
        manager.directory.add(name='cellar', url=f'http://127.0.0.1:{free_port()}')
        mount_page(manager.app)
        server = serving(manager).__enter__()
        submit(server.url, 'long', name='tape', node='shed')
        until(lambda: 'running' in [j['status'] for j in httpx.get(f'{shed.url}/jobs').json()['jobs']], 'it to run there')
        submit(shed.url, 'quick', name='of somebody else'), submit(shed.url, 'quick', name='of somebody else')
        page.goto(server.url)
        until(lambda: '1 active job, 2 more on the node' in card.inner_text(), 'also what others have asked for')
        assert 'not seen yet' in page.locator('.node').filter(has_text='cellar').inner_text()
    try:
        until(lambda: re.search('offline[^$]*last seen .*1 active job, 2 more on the node', card.inner_text()), 'as of when it was last seen')
        page.goto('about:blank')
    finally: server.__exit__()
    with serving(node()) as shed: cancel_all(shed.url)

@pytest.mark.needs('chromium')
def test_one_odd_record_harms_no_other(node, page):
    odd = [dict(id=7, name='numbered', status='running', progress='half'), dict(id='dateless', name='dateless', status='running', created_at='yesterday', started_at='then'),
           dict(id='spec', name='spec', status='completed', spec={'input': {'a': 1}, 'params': 3}, outputs='none'), dict(id='empty')]
    def answer(route):
        answered = route.fetch()
        found = answered.json()
        found['jobs'] = odd + found['jobs']
        route.fulfill(response=answered, json=found)
    with site(node(), page) as server:
        submit(server.url, 'quick', name='sound')
        page.route(re.compile('/jobs[?]'), answer)
        page.goto(server.url)
        live(page)
        row(page, 'sound').filter(has_text='completed').wait_for()
        assert 'its progress is on record as "half"' in row(page, 'numbered').inner_text() and 'progress unknown' in row(page, 'numbered').inner_text()
        assert 'its created_at is on record as "yesterday"' in row(page, 'dateless').inner_text() and page.locator('.job').count() == 5
        assert not re.search('Invalid|NaN|undefined', page.locator('body').inner_text())
        assert 'record' not in row(page, 'sound').inner_text()
        page.route('**/jobs/spec', lambda route: route.fulfill(json=odd[2]))
        row(page, 'spec').locator('a').click()
        page.locator('#details').get_by_text('cannot be shown whole').wait_for()

@pytest.mark.needs('chromium')
def test_a_cancellation_that_nobody_confirmed_is_said(node, page):
    n = node()
    job = n.tracker.create_job('tape')
    n.start = lambda: None
    with site(n, page) as server:
        told = dict(message='Cancelled; the node could not confirm', hint='Look at the machine', kind='unconfirmed')
        def answer(route):
            answered = route.fetch()
            found = answered.json()
            for wire in found.get('jobs', [found]): wire.get('job', wire).update(status='cancelled', error=told['message'], failure=told)
            route.fulfill(response=answered, json=found)
        page.route(re.compile(f'/jobs([?]|/{job.id}$)'), answer)
        page.goto(f'{server.url}/#job={job.id}')
        page.locator('#details .warning', has_text='Look at the machine').wait_for()
        assert 'could not confirm' in row(page, 'tape').inner_text()
        page.unroute_all(behavior='wait')   # the page asks again and again, and what is being answered must not outlive it

@pytest.mark.needs('chromium')
@pytest.mark.parametrize('control', ['\u202e', '\u2066', '\u200f', '\x1b'])
def test_names_are_isolated_and_controls_are_marks(node, page, control):
    n = node()
    job = n.tracker.create_job(f'photo{control}gnp.exe')
    n.tracker.create_job('مصاحبه.wav')
    n.start = lambda: None
    with site(n, page) as server:
        page.goto(f'{server.url}/#job={job.id}')
        until(lambda: page.locator('.job bdi').all_inner_texts() == ['مصاحبه.wav', 'photo·gnp.exe'], 'a mark in place of the control')
        until(lambda: page.locator('#details-title bdi').inner_text() == 'photo·gnp.exe', 'here too')
        page.locator('#details').get_by_role('button', name='Cancel job').click()
        assert page.locator('#confirm-text bdi').inner_text() == 'photo·gnp.exe' and control not in page.content()
        page.locator('#confirm').get_by_role('button', name='Let it go on').click()

@pytest.mark.needs('chromium')
def test_a_log_of_percentages_shows_what_else_was_said(node, page):
    n = node()
    job = n.tracker.create_job('talk')
    n.start = lambda: None
    n.tracker.mark_running(job.id)
    n.tracker.log(job.id, b'loading model\n' + b''.join(b'Progress: %d%%\n' % k for k in range(100)) + b'writing\n42 %\n')
    with site(n, page) as server:
        page.goto(f'{server.url}/#job={job.id}')
        until(lambda: page.locator('#details .log').inner_text().split('\n') == ['loading model', 'Progress: 99%', 'writing', '42 %', ''], 'the last of each run')

@pytest.mark.needs('chromium')
def test_by_keyboard_and_on_a_phone(node, browser):
    with serving(node()) as server:
        job = submit(server.url, 'fail', name='a_name_that_is_much_longer_than_a_phone_is_wide_' * 3)
        for name in ('one', 'two'): submit(server.url, 'quick', name=name)
        page = browser.new_context(viewport=dict(width=360, height=700), is_mobile=True, has_touch=True, color_scheme='dark').new_page()
        page.goto(server.url)
        row(page, 'two').filter(has_text='completed').wait_for()
        fits = 'document.documentElement.scrollWidth <= innerWidth'
        assert page.evaluate(fits)
        page.locator('.job .name').nth(2).focus()
        page.keyboard.press('Enter')
        page.locator('#details').get_by_text('Ended with exit status 3').first.wait_for()
        assert page.evaluate(fits) and page.evaluate('location.hash') == f'#job={job}' and not page.locator('#job-list').is_visible()
        until(lambda: page.evaluate('document.activeElement.id') == 'details-title', 'the focus goes where one looks')
        page.keyboard.press('Escape')
        until(lambda: not page.locator('#details').is_visible() and page.evaluate('document.activeElement.closest(".job") !== null'), 'and comes back')
        page.context.close()

@pytest.mark.needs('chromium')
def test_many_jobs_come_in_pages(node, page):
    n = node()
    for i in range(120): n.tracker.create_job(f'job {i:03d}')
    n.start = lambda: None   # nothing carries them out
    with site(n, page) as server:
        page.goto(server.url)
        page.locator('.job').nth(49).wait_for()
        names = lambda: page.locator('.job .name').all_inner_texts()
        assert names() == [f'job {i:03d}' for i in range(119, 69, -1)]
        n.tracker.create_job('job 120')
        until(lambda: names()[0] == 'job 120', 'a new one, which is not the oldest')
        page.get_by_role('button', name='Show older jobs').dblclick()
        until(lambda: len(names()) >= 101, 'the second page')
        if len(names()) == 101: page.get_by_role('button', name='Show older jobs').click()   # the second click was too early to count
        until(lambda: len(names()) == 121, 'all of them')
        assert names() == [f'job {i:03d}' for i in range(120, -1, -1)] and not page.get_by_role('button', name='Show older jobs').is_visible()
        for i in range(121, 151): n.tracker.create_job(f'job {i:03d}')
        until(lambda: names()[:30] == [f'job {i:03d}' for i in range(150, 120, -1)], 'a burst of new ones, newest first')

@pytest.mark.needs('chromium')
def test_a_burst_of_new_jobs_moves_nothing_that_is_shown(node, page):
    n = node()
    for i in range(230): n.tracker.create_job(f'job {i:03d}')
    n.start = lambda: None
    with site(n, page) as server:
        page.goto(server.url)
        count, older = page.locator('.job').count, page.get_by_role('button', name='Show older jobs')
        for want in (50, 100, 150, 200):
            until(lambda want=want: count() == want, f'{want} rows')
            if want < 200: older.click()
        place = "document.querySelector('.job:nth-child(150)').getBoundingClientRect().top"
        page.evaluate("scrollTo(0, 8474)")
        name, before = page.locator('.job .name').nth(149).inner_text(), page.evaluate("[...document.querySelectorAll('.job')].find(e => e.getBoundingClientRect().top > 100).innerText")
        where = page.evaluate(place)
        for i in range(230, 290): n.tracker.create_job(f'job {i:03d}')
        until(lambda: count() == 260, 'the new ones are there, and the old ones too')
        assert page.locator('.job .name').all_inner_texts() == [f'job {i:03d}' for i in range(289, 29, -1)], 'the news on top'
        shown = "[...document.querySelectorAll('.job')].find(e => e.getBoundingClientRect().top > 100).innerText"
        assert page.evaluate(shown).split('\n')[:2] == before.split('\n')[:2], 'the same under the eye'
        moved = page.locator('.job').filter(has_text=name).evaluate('e => e.getBoundingClientRect().top') - where
        assert abs(moved) < 2 and older.is_visible()
