"""One test for each defect of the original system that its wire contract lists, named after it: N of its node server, M of its manager, D of its dashboard."""
import concurrent.futures, hashlib, json, os, re, threading, time, uuid
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import quote
import httpx, psutil, pytest
from cjm_jobtrack.model.errors import StoreError
from cjm_jobtrack.model.job import OutputFile
from cjm_jobtrack.net.directory import NodeDirectory
from cjm_jobtrack.net.manager import Manager
from cjm_jobtrack.net.node import Node
from cjm_jobtrack.server.server import serving
from cjm_jobtrack.net.transfers import disposition_name
from cjm_jobtrack.tracker.tracker import JobTracker
from cjm_jobtrack.view.web import mount_page
import helpers
from browser import chromium
from helpers import client, node_at, write_pipelines
from original_node import OriginalNode, Served as Imitation
from wire import (CREATE, JOB, KEYS, NODE, PATIENT, Forgetful, OriginalClient, alive, far_file, fits, free_port,
                  is_error, managed, manager_process, node_of, opt, original, peak, pipelines, plan, refused_refresh,
                  remote_job, running, silent_server, text, until, video)


# Of the node server

def test_n1_cancel_ends_the_whole_process_tree(node, tmp_path):
    "Cancel ended nothing, and the job turned completed in the end."
    job = node.ask({'helpers': 2, 'steps': 3, 'gate': str(tmp_path/'gate'), 'files': {'late.txt': 'x'}})
    log = lambda: node.http.get(f'/jobs/{job["id"]}/logs').text
    until(lambda: 'Progress: 100%' in log(), 'the program to wait')
    pids = [int(p) for p in re.findall(r'helper (\d+)', log())] + [node.node.tracker.history(job['id'])[-1].data['handle']['handle']['pid']]
    assert len(running(pids)) == 3
    node.node.queue.attempts.grace = 20.   # for this machine may be slow
    answer = node.http.post(f'/jobs/{job["id"]}/cancel').json()
    assert answer['status'] == answer['job']['status'] == 'cancelled'
    assert running(pids) == []
    (tmp_path/'gate').touch()   # whoever is left would go on now, and complete
    last = node.node.tracker.history(job['id'])[-1]
    assert last.type == 'cancelled' and last.data['receipt']['how'] == 'asked' and len(last.data['receipt']['ended']) == 3 and last.data['receipt']['left'] == []
    assert node.run()['status'] == 'completed' and node.get(job['id'])['status'] == 'cancelled'
    assert not list((node.node.workspace/'outputs'/job['id']).rglob('late.txt'))

def test_n1b_cancel_leaves_no_orphans_of_a_shell(tmp_path):
    "Cancel ended the shell only: what it had started went on, and the job failed in the end."
    (tmp_path/'wrapper.sh').write_text("echo 'Progress: 40%'\nsh -c 'sleep 600 & echo child $!; wait' &\necho child $!\nwait\n")
    (tmp_path/'p.toml').write_text(f'name = "shell"\ninput = "none"\nargv = ["/bin/sh", "{tmp_path}/wrapper.sh"]\n')
    with node_at(tmp_path, tmp_path/'p.toml', grace=20.) as s:
        job = s.ask(pipeline='shell', params={})['id']
        pids = until(lambda: len(found := re.findall(r'child (\d+)', s.http.get(f'/jobs/{job}/logs').text)) == 2 and [*map(int, found)], 'the shell, the wrapper and the pipeline to run')
        until(lambda: s.get(job)['progress'] == 40, 'progress')
        assert s.http.post(f'/jobs/{job}/cancel').json()['status'] == 'cancelled' and not running(pids)
        assert s.http.get('/health').json()['jobs']['running'] == 0 and (s.get(job)['status'], s.get(job)['progress']) == ('cancelled', 40)

def test_n2_parallel_jobs_have_ids_and_records_of_their_own(v1):
    "Ids were milliseconds: jobs made in the same one shared a record."
    paths = [video(v1.node, f'n2-{n}.mp4', files={'result.mp4': f'film {n}'}) for n in range(20)]
    with concurrent.futures.ThreadPoolExecutor(20) as pool: jobs = [*pool.map(lambda p: original(v1, manualPath=p), paths)]
    assert len({j['id'] for j in jobs}) == 20
    for n, job in enumerate(jobs):
        done = v1.wait(job['id'])
        assert done['manual_path'] == paths[n] and v1.http.get(f'/jobs/{job["id"]}/download').text == f'film {n}'

def test_n3_no_shell_takes_names_apart(v1):
    "A path or URL could run a command."
    pwned = v1.node.workspace/'pwned'
    for keys in {'manualPath': f'input_videos/a.mp4; touch {pwned} #'}, {'inputMethod': 'youtube', 'youtubeUrl': f'https://youtu.be/x"; touch {pwned}; "'}, {'inputMethod': 'youtube', 'youtubeUrl': f'$(touch {pwned})'}: original(v1, 422, **keys)
    odd = video(v1.node, '$(touch pwned) `touch pwned`; touch pwned & "\' #.mp4')
    tube = original(v1, inputMethod='youtube', youtubeUrl='https://youtu.be/x";touch${IFS}pwned;"')
    assert v1.wait(original(v1, manualPath=odd)['id'])['status'] == v1.wait(tube['id'])['status'] == 'completed'
    assert not [*v1.node.data.rglob('pwned')]

def test_n4_paths_with_blanks(v1):
    "A path was cut at its first blank."
    for name in 'with space.mp4', ' two  spaces .mp4', 'tab\tand\nline.mp4', "it's.mp4": assert v1.wait(original(v1, manualPath=video(v1.node, name))['id'])['status'] == 'completed', name

def test_n5_inputs_are_confined_after_resolving_links(v1, tmp_path):
    "Any file of the machine was taken as input."
    (tmp_path/'outside.mp4').write_text('{}')
    (v1.node.inputs/'link.mp4').symlink_to(tmp_path/'outside.mp4')
    (v1.node.inputs/'folder').symlink_to(tmp_path)
    for path in '/etc/hostname', 'input_videos/link.mp4', 'input_videos/folder/outside.mp4', '../jobs.db', 'input_videos/../../jobs.db', str(tmp_path/'outside.mp4'), 'input_videos', '/dev/zero', 'http://localhost/a.mp4':
        assert original(v1, 422, manualPath=path)['field'] == 'manualPath'
    for o in 'link.mp4', 'folder': (v1.node.inputs/o).unlink()

def test_n6_a_sibling_with_a_longer_name_is_outside(v1):
    "A folder whose name began like the workspace was inside."
    for evil in v1.node.data/'workspace_evil', v1.node.workspace/'outputs_evil', v1.node.workspace/'input_videos_evil':
        evil.mkdir(exist_ok=True)
        (evil/'x.mp4').write_text('{}')
        for form in f'../{evil.name}/x.mp4', str(evil/'x.mp4'), f'{evil.name}/x.mp4', f'input_videos/../../{evil.name}/x.mp4': is_error(v1.http.get('/download', params={'path': form}), 400)
    original(v1, 422, manualPath='../workspace_evil/x.mp4')

def test_n7_the_exact_name_or_nothing(v1):
    "A name that no output has gave another output."
    job = v1.wait(original(v1, manualPath=video(v1.node, 'n7.mp4', files={'first.mp4': '1', 'second.mp4': '2'}))['id'])
    get = lambda name: OriginalClient(v1.url).ask('GET', f'/jobs/{job["id"]}/download/{name}')   # which leaves a path as it is
    assert [get(name)[2] for name in ('first.mp4', 'second.mp4')] == [b'1', b'2']
    assert [o['modified'] for o in job['output_files']] == sorted((o['modified'] for o in job['output_files']), reverse=True), 'newest first'
    for name in 'nonexistent.mp4', 'mp4', 'second', 'SECOND.MP4', 'second.mp4/', '..%2F..%2Fetc%2Fpasswd', '../../../etc/passwd', '%2e%2e/first.mp4', './first.mp4', 'hash#q.mp4', '%00', '*', 'first.mp4%00', '':
        status, _, body = get(name)
        assert (status == 200 and body == {'first.mp4': b'1', 'second.mp4': b'2'}[job['output_files'][0]['name']]) if name == '' else status == 404 and json.loads(body)['error'].startswith('Output file not found'), name

def test_n8_only_what_this_job_left_and_it_stays(v1):
    "Results were found by the input's name, also those of earlier jobs."
    old = v1.node.workspace/'output_videos_latest/talk n8/final_without_post_process_1'
    old.mkdir(parents=True)
    (old/'old_result.mp4').write_text('of an earlier run')
    os.utime(old/'old_result.mp4', (time.time()-60,)*2)
    nothing = v1.wait(original(v1, manualPath=video(v1.node, 'talk n8.mp4', files={}))['id'])
    assert nothing['status'] == 'failed' and v1.http.get(f'/jobs/{nothing["id"]}/outputs').json()['output_files'] == []
    one = v1.wait(original(v1, manualPath=video(v1.node, 'a/talk n8.mp4', files={'result.mp4': 'first film'}))['id'])
    two = v1.wait(original(v1, manualPath=video(v1.node, 'b/talk n8.mp4', files={'result.mp4': 'the second film'}))['id'])
    (v1.node.workspace/'output_videos_latest/talk n8/final_without_post_process_7/result.mp4').write_text('overwritten by hand')
    for job, film in (one, 'first film'), (two, 'the second film'):
        out, = v1.get(job['id'])['output_files']
        assert v1.http.get(f'/jobs/{job["id"]}/download').text == film and out['size'] == len(film) and out['sha256'] == hashlib.sha256(film.encode()).hexdigest()

def test_n9_completed_with_nothing_is_a_failure_where_a_result_is_required(v1):
    "A program that left nothing had completed."
    job = v1.wait(original(v1, manualPath=video(v1.node, 'n9.mp4', files={}))['id'])
    assert job['status'] == 'failed' and job['job']['failure']['kind'] == 'no_output' and 'no file' in job['error']

def test_n10_a_restart_loses_nothing(tmp_path):
    "A restart forgot every job."
    with node_at(tmp_path) as s:
        up = s.put('a.txt', b'hello')
        done = s.run({'say': 'hi', 'files': {'out.txt': 'kept'}}, input=up['path'])
        history, log = s.http.get(f'/jobs/{done["id"]}/history').json(), s.http.get(f'/jobs/{done["id"]}/logs').content
        running = s.ask({'say': 'on', 'gate': str(tmp_path/'gate'), 'more': 'off', 'exit': 3})
        waiting = s.ask({}, name='waits for the slot')
        until(lambda: 'on' in s.http.get(f'/jobs/{running["id"]}/logs').text, 'the program to wait')
    with node_at(tmp_path) as s:
        assert s.get(done['id']) == done and s.http.get(f'/jobs/{done["id"]}/history').json() == history and s.http.get(f'/jobs/{done["id"]}/logs').content == log
        assert s.http.get(f'/jobs/{done["id"]}/download/out.txt').text == 'kept' and [f['path'] for f in s.http.get('/files').json()['files']] == [up['path']]
        assert [j['id'] for j in s.http.get('/jobs').json()['jobs']] == [done['id'], running['id'], waiting['id']]
        (tmp_path/'gate').touch()
        assert (j := s.wait(running['id']))['status'] == 'failed' and j['job']['failure']['exit_code'] == 3 and j['job']['attempt'] == 1
        assert s.http.get(f'/jobs/{running["id"]}/logs').text == 'on\noff\n' and s.wait(waiting['id'])['status'] == 'completed'

def test_n11_the_server_stays_in_its_folder(v1, tmp_path):
    "The server changed its folder for each job."
    here, gate = os.getcwd(), tmp_path/'gate'
    jobs = [original(v1, manualPath=video(v1.node, f'n11-{n}.mp4', gate=str(gate))) for n in range(2)]
    for j in jobs: v1.wait(j['id'], 'running')
    assert os.getcwd() == here
    gate.touch()
    assert [v1.wait(j['id'])['status'] for j in jobs] == ['completed']*2 and os.getcwd() == here

def test_n12_odd_lines_hurt_nobody(node):
    "An odd line failed the job and left its program running."
    odd = b'Task 1/0\nTask 9/0\nTask 0/0\nProgress: 1e999%\nProgress: -5%\n\xff\xfe\x00broken \xe2\x82\nProgress: 999999999999999999999%\nTask 3/4\n\x1b[2K\r'
    job = node.run({'hex': odd.hex(), 'files': {'a.txt': 'x'}})
    assert job['status'] == 'completed' and node.http.get(f'/jobs/{job["id"]}/logs').content == odd
    assert 'Task 3/4' in job['output'] and 'broken' in node.http.get(f'/jobs/{job["id"]}/logs?tail=5').text

def test_n13_no_progress_is_made_up(node, tmp_path):
    "A silent job made progress."
    job = node.ask({'say': 'no figures here', 'gate': str(tmp_path/'gate')})
    until(lambda: 'figures' in node.get(job['id'])['output'], 'the line')
    told = [(j['progress'], j['job']['progress']) for j in (node.get(job['id']), node.wait(job['id'], 'running'))]
    (tmp_path/'gate').touch()
    assert told == [(0, None)]*2 and node.wait(job['id'])['job']['progress'] is None and node.get(job['id'])['progress'] == 100

def test_n14_no_more_at_once_than_there_are_slots(node, tmp_path):
    "All jobs ran at once."
    jobs = [node.ask({'gate': str(tmp_path/'gate')}) for _ in range(6)]
    until(lambda: node.http.get('/health').json()['jobs']['running'] == 2, 'two to run')
    (tmp_path/'gate').touch()
    spans = [(node.wait(j['id'])['job']['started_at'], node.get(j['id'])['job']['completed_at']) for j in jobs]
    assert max(sum(a <= t < b for a, b in spans) for t, _ in spans) == 2

def test_n15_uploads_overwrite_nothing_and_keep_their_names(node):
    "An upload replaced a file of the same name, and names beyond ASCII collapsed."
    node.put('talk.mp4', b'the first')
    with concurrent.futures.ThreadPoolExecutor(10) as pool: ups = [*pool.map(lambda n: node.put('talk.mp4', b'%d' % n * 1000), range(10))]
    assert {u['filename'] for u in ups} == {f'talk-{n}.mp4' for n in range(2, 12)}
    for n, u in enumerate(ups): assert Path(u['full_path']).read_bytes() == b'%d' % n * 1000 and u['sha256'] == hashlib.sha256(b'%d' % n * 1000).hexdigest()
    assert (node.node.inputs/'talk.mp4').read_bytes() == b'the first' and len([*node.node.inputs.iterdir()]) == 11
    for name in '日本.mp4', 'é.mp4': assert node.put(name)['filename'] == name
    for name in '.mp4', '..': is_error(node.http.post('/upload', files={'file': (name, b'x')}), 400, 422)
    node.node.upload_limit = 1000
    is_error(node.http.post('/upload', files={'file': ('large.mp4', b'x'*2000)}), 413)

@pytest.mark.parametrize('keys,field', [({'unetFlag': 'false'}, 'unetFlag'), ({'faceRestoreFlag': 'no'}, 'faceRestoreFlag'), ({'claheFlag': 1}, 'claheFlag'), ({'upscaleFlag': 'yes'}, 'upscaleFlag'), ({'upscaleValue': 0}, 'upscaleValue'),
    ({'upscaleValue': 'big'}, 'upscaleValue'), ({'upscaleValue': [2]}, 'upscaleValue'), ({'upscaleValue': True}, 'upscaleValue'), ({'manualPath': None}, 'manual_path'), ({'manualPath': ''}, 'manualPath'), ({'inputMethod': 'youtube'}, 'youtube_url'), ({'unet_flag': 'x', 'unetFlag': None}, 'unet_flag')])
def test_n16_values_are_validated(v1, keys, field):
    "The text 'false' was true, and 0 was 2."
    body = original(v1, 422, **{'manualPath': video(v1.node, 'n16.mp4')} | keys)
    assert body['field'] == field and body['error'].startswith(f'`{field}`')

def test_n17_faults_of_clients_are_never_500(v1):
    "Whatever was wrong with a request was answered with 500."
    send = lambda body, kind='application/json': v1.http.post('/jobs', content=body, headers={'Content-Type': kind})
    count = v1.http.get('/jobs').json()['count']
    for body in b'{"manualPath": ', b'\xff', b'[]', b'"x"', b'7', b'null', b'{}', b'': is_error(send(body), 400)
    for kind in 'text/plain', 'application/x-www-form-urlencoded': is_error(send(b'{"manualPath": "a.mp4"}', kind), 415)
    for key, value in {'upscaleValue': 'wide', 'unetFlag': [], 'manualPath': 7, 'inputMethod': 'ftp', 'foo': 1}.items():
        is_error(send(json.dumps(KEYS | {'manualPath': 'input_videos/a.mp4', key: value})), 422, field=key)
    assert v1.http.get('/jobs').json()['count'] == count

def test_n18_logs_are_not_in_every_answer(node):
    "The whole output was in every answer."
    line = 'x'*99
    job = node.run({'lines': 5000})
    assert len(node.http.get('/jobs').content) < 5000 and 'xxx' not in node.http.get('/jobs').text
    assert len(node.http.get(f'/jobs/{job["id"]}').content) < 25_000 and job['output'].startswith(line)
    assert node.http.get(f'/jobs/{job["id"]}/logs?limit=10000000').content == (line + '\n').encode()*5000

def test_n19_jobs_can_be_removed_and_a_token_can_be_wanted(node, tmp_path):
    "No job could be removed, and everybody could ask."
    plan = {'say': 'first', 'files': {'a.txt': 'first'}}
    alive, keep = node.ask({'gate': str(tmp_path/'gate')}), node.run(plan)
    is_error(node.http.delete(f'/jobs/{alive["id"]}'), 409)
    assert node.http.delete(f'/jobs/{keep["id"]}').json() == {'message': 'Job deleted'}
    for tail in '', '/history', '/logs', '/outputs', '/events': is_error(node.http.get(f'/jobs/{keep["id"]}{tail}'), 404)
    is_error(node.http.delete(f'/jobs/{keep["id"]}'), 404)
    assert not [p for p in node.node.data.rglob(f'*{keep["id"]}*')], 'its log and its files are gone too'
    assert [j['id'] for j in node.http.get('/jobs').json()['jobs']] == [alive['id']]
    again = node.run({'say': 'second', 'files': {'b.txt': 'second'}}, id=keep['id'])   # the id is free, and the work is done anew
    assert (again['output_files'][0]['name'], node.http.get(f'/jobs/{keep["id"]}/logs').text) == ('b.txt', 'second\n')
    (tmp_path/'gate').touch()
    node.wait(alive['id'])
    is_error(node.http.post('/jobs', json={'pipeline': 'work'}, headers={'Origin': 'http://evil.example'}), 403)
    node.node.token = 'secret'
    for method, path in ('GET', '/jobs'), ('POST', '/jobs'), ('DELETE', f'/jobs/{keep["id"]}'), ('POST', '/upload'): is_error(node.http.request(method, path), 401)
    assert node.http.get('/jobs', headers={'Authorization': 'Bearer secret'}).status_code == 200

def test_n20_answers_are_snapshots(node):
    "An answer was written while the job changed."
    with concurrent.futures.ThreadPoolExecutor(8) as pool: jobs = [*pool.map(lambda _: node.ask({}), range(20))]
    for job in jobs:
        assert (job['status'], job['progress'], job['error'], job['job']['status'], job['job']['attempt'], job['job']['started_at']) == ('pending', 0, None, 'pending', 0, None)
    job, seen = node.ask({}, priority=1), []
    while not seen or seen[-1]['job']['completed_at'] is None: seen.append(node.get(job['id']))
    for j in seen:
        assert j['status'] == j['job']['status'] and ('output_files' in j) == (j['progress'] == 100) == (j['status'] == 'completed') and len(j.get('output_files', ())) == (j['status'] == 'completed')
    for j in jobs: node.wait(j['id'])

# Of the manager

def test_m1_cancel_reaches_the_node_and_holds(cuttable):
    "A cancel did not reach the node, and was undone."
    h = cuttable
    job = h.rc.submit('work', params=plan(helpers=1, gate=str(h.gate))).id
    pid = int(until(lambda: re.search(r'helper (\d+)', h.rc.log_tail(job)), 'the helper')[1])
    assert h.http.post(f'/api/jobs/{job}/cancel').json() == {'message': 'Job cancelled'}
    assert not alive(pid) and h.served.get(job)['status'] == 'cancelled'
    h.gate.touch()
    for n in range(3): h.rc.wait(h.rc.submit('work', params=plan()).id, 20)   # time passes
    assert h.get(job)['status'] == 'cancelled' and h.types(job)[-1] == 'cancelled'

def test_m1_an_original_that_runs_on_after_a_cancel_is_not_believed(old):
    "A cancel did not reach the node, and was undone."
    job = old.create(old.shed)['id']
    old.original.run(there := remote_job(old), 40)
    until(lambda: old.get(job)['progress'] == 40, 'progress')
    assert old.http.post(f'/api/jobs/{job}/cancel').status_code == 200
    assert (old.original.jobs[there]['status'], old.get(job)['status']) == ('cancelled', 'cancelled')
    old.original.complete(there, {'a.mp4': b'x'})
    r = old.http.post(f'/api/jobs/{job}/refresh')
    assert r.status_code == 200 and r.json()['job']['status'] == 'cancelled' == old.get(job)['status']

def test_m2_a_deleted_job_is_not_polled_and_a_running_one_is_not_deleted(old):
    "A deleted job ran on, and was polled for ever."
    job = old.create(old.shed)['id']
    there = remote_job(old)
    is_error(old.http.delete(f'/api/jobs/{job}'), 409)
    old.original.complete(there)
    old.wait(job)
    assert old.http.delete(f'/api/jobs/{job}').status_code == 200
    later = old.create(old.shed)['id']
    old.original.complete(remote_job(old, of=[there]))
    assert old.wait(later)['status'] == 'completed' and [j['id'] for j in old.http.get('/api/jobs').json()] == [later]
    is_error(old.http.post(f'/api/jobs/{job}/refresh'), 404)
    assert 'history' not in is_error(old.http.get(f'/jobs/{job}/history'), 404)

def test_m3_nodes_outlive_a_restart_and_one_address_is_one_node(tmp_path):
    "A restart forgot the nodes, and a node registered again was another."
    with node_of(tmp_path) as n:
        with managed(tmp_path) as h:
            node = h.add(n.url)
            again = h.add(n.url, 'another name', gpu='A100')
            assert (again['id'], again['name'], again['gpu'], len(h.http.get('/api/nodes').json())) == (node['id'], 'another name', 'A100', 1)
            job = h.rc.submit('work', params=plan(files={'a.txt': 'hello'})).id
            assert h.rc.wait(job, 20).status == 'completed'
            until(lambda: 'fetched' in h.types(job) or h.http.get(f'/api/jobs/{job}/download').text == 'hello', 'the download')
        with managed(tmp_path) as h:
            assert [x['id'] for x in h.http.get('/api/nodes').json()] == [node['id']]
            assert h.http.get(f'/api/jobs/{job}/download').text == 'hello' and h.http.post(f'/api/jobs/{job}/refresh').status_code == 200
            assert h.http.delete(f'/api/nodes/{node["id"]}').status_code == 200
            is_error(h.http.get(f'/api/jobs/{job}/download'), 404)
            assert h.add(n.url)['id'] == node['id']
            assert h.http.get(f'/api/jobs/{job}/download').text == 'hello', 'registered again, it is the same node'

def test_m4_a_restart_follows_on_by_itself_and_completes_once(tmp_path):
    "Nobody followed running jobs after a restart."
    with node_of(tmp_path) as n:
        with managed(tmp_path, n.url) as h:
            job = h.rc.submit('work', params=plan(steps=4, gate=str(tmp_path/'gate'), more='the end', files={'a.txt': 'x'})).id
            until(lambda: 'Progress: 100%' in h.rc.log_tail(job), 'the log')
        until(lambda: 'Progress' in n.http.get(f'/jobs/{job}/logs').text, 'the node to go on')
        with managed(tmp_path) as h:
            until(lambda: 'adopted' in h.types(job), 'the job to be found')
            (tmp_path/'gate').touch()
            done = h.wait(job)
            assert (done['status'], [f['name'] for f in done['outputFiles']]) == ('completed', ['a.txt'])
            assert n.http.get(f'/jobs/{job}/logs').content == h.http.get(f'/jobs/{job}/logs').content and h.rc.log_tail(job).count('the end') == 1
        with managed(tmp_path) as h:   # and nothing is done again
            assert h.types(job).count('completed') == 1 == h.types(job).count('sent') and n.http.get('/jobs').json()['count'] == 1
            seen = [e.data['seq'] for e in h.rc.history(job) if e.type == 'remote']
            assert seen == sorted(set(seen)) == [e['seq'] for e in n.http.get(f'/jobs/{job}/history').json()['events']]

def test_m4_a_restart_finds_an_originals_job_that_ended_meanwhile(tmp_path):
    "Nobody followed running jobs after a restart."
    o = OriginalNode(tmp_path/'workspace')
    with Imitation(o.app) as s:
        with managed(tmp_path, s.url) as h:
            job = h.create(h.manager.directory.get('shed'))['id']
            until(lambda: h.get(job).get('remoteJobId'), 'the node to take it')
        o.complete([*o.jobs][0], {'a.mp4': b'x'})
        with managed(tmp_path) as h:
            assert h.wait(job)['status'] == 'completed' and h.http.get(f'/api/jobs/{job}/download').content == b'x'
        assert len(o.asked) == 1

def test_m5_killed_between_sent_and_accepted(tmp_path):
    "What happened just before a crash was lost."
    node = Forgetful(tmp_path/'data', pipelines=pipelines(tmp_path/'pipelines'), slots=2)
    with serving(node) as s, client(s.url) as there:
        known = lambda job: there.get(f'/jobs/{job}').status_code == 200
        with manager_process(tmp_path) as h:
            shed, go = h.add(s.url), threading.Event()
            node.go = go
            jobs = {how: h.rc.submit('work', params=plan(), name=how).id for how in ('arrived', 'lost', 'late')}
            until(lambda: all('sent' in h.types(job) and known(job) == (how == 'arrived') for how, job in jobs.items()), 'the requests to be on their way')
            h.process.kill()
            h.process.wait(60)
        node.go = None
        with manager_process(tmp_path) as h:
            assert [n['id'] for n in h.http.get('/api/nodes').json()] == [shed['id']], 'M3'
            for job in jobs.values(): assert h.wait(job)['status'] == 'completed'
            go.set()   # now the late one arrives
            assert sorted(j['id'] for j in there.get('/jobs').json()['jobs']) == sorted(jobs.values())
            for job in jobs.values():
                assert h.types(job).count('completed') == 1
                assert [e['type'] for e in there.get(f'/jobs/{job}/history').json()['events']].count('running') == 1

def test_m6_a_damaged_record_is_left_as_it_is(tmp_path):
    "A damaged record was taken for an empty one and overwritten."
    with managed(tmp_path, f'http://127.0.0.1:{free_port()}') as h:
        for n in range(20): h.rc.submit('work', node='shed')
    f = tmp_path/'manager/jobs.db'
    data = f.read_bytes()
    for bad in data[:-5000], data[:4096] + b'\xff'*9000 + data[13096:], b'[{"id": 1}]':
        f.write_bytes(bad)
        with pytest.raises(StoreError): Manager(tmp_path/'manager')
        assert f.read_bytes() == bad
    f.write_bytes(data)
    with managed(tmp_path) as h: assert len(h.http.get('/api/jobs').json()) == 20

def test_m7_a_job_that_its_node_has_forgotten_is_lost(old):
    "A job that its node had forgotten ran for ever."
    job = old.create(old.shed)['id']
    old.original.run(there := remote_job(old), 20)
    until(lambda: old.get(job)['progress'] == 20, 'progress')
    del old.original.jobs[there]
    failed = old.wait(job)
    assert failed['status'] == 'failed' and failed['errorDetails']['code'] == 'node_lost' and 'does not know the job' in failed['error']
    refused_refresh(old, job, 404)

def test_m8_a_silent_node_is_shown_with_the_time_of_last_contact(cuttable):
    "A job whose node was gone ran for ever, without a word."
    h = cuttable
    job = h.rc.submit('work', params=plan(steps=1, gate=str(h.gate), more='after')).id
    until(lambda: 'Progress' in h.rc.log_tail(job), 'the job to run')
    before = datetime.now(timezone.utc)
    h.net.hang()
    silent = until(lambda: (j := h.get(job))['unreachableSince'] and j, 'the silence to be noticed')
    assert silent['status'] == 'running' and silent['error'] is None and fits(silent, JOB)
    assert abs((datetime.fromisoformat(silent['unreachableSince']) - before).total_seconds()) < 10
    shown = h.http.get('/api/nodes').json()[0]
    assert (shown['status'], shown['activityStatus'], shown['activeJobs']) == ('offline', 'offline', 1) and shown['unreachableSince']
    assert h.http.get('/health').json()['nodes'] == {'online': 0, 'known': 1}
    h.gate.touch()
    until(lambda: h.served.get(job)['status'] == 'completed', 'the job to end there')
    h.net.restore()
    done = h.wait(job)
    assert (done['status'], done['unreachableSince'], h.rc.log_tail(job)) == ('completed', None, 'Progress: 100%\nafter\n')
    assert [t for t in h.types(job) if 'reachable' in t] == ['unreachable', 'reachable']

@pytest.fixture(scope='module')
def recovered(tmp_path_factory):
    "Two like jobs on an original. The answer to the second takes longer than a request may, so that it has to be found there."
    folder = tmp_path_factory.mktemp('recovered')
    original = OriginalNode(folder/'workspace')
    with Imitation(original.app) as s, managed(folder, s.url) as h:
        h.original, h.shed = original, h.manager.directory.get('shed')
        h.first = h.create(h.shed)['id']
        h.one = remote_job(h)
        until(lambda: h.get(h.first).get('remoteJobId') == h.one, 'the first')
        original.create_delay = 2.5
        h.second = h.create(h.shed)['id']
        h.two = remote_job(h, of=[h.one])
        h.seen = until(lambda: (j := h.get(h.second)).get('remoteJobId') and j, 'the second')
        yield h

def test_m9_a_slow_answer_fails_no_job_and_sends_none_twice(recovered):
    "A slow answer failed a job that ran."
    assert (recovered.seen['status'], recovered.seen['error']) == ('pending', None)   # as it is there
    assert len(recovered.original.asked) == 2

def test_m9b_a_failed_look_fails_no_job(cuttable):
    "One failed look at the node failed the job."
    h = cuttable
    job = h.rc.submit('work', params=plan(steps=1, gate=str(h.gate))).id
    until(lambda: 'accepted' in h.types(job) and h.get(job)['status'] == 'running', 'the job to run')
    h.net.cut()
    until(lambda: h.get(job)['unreachableSince'], 'the silence to be noticed')
    assert (h.get(job)['status'], h.get(job)['error']) == ('running', None)
    h.net.restore()
    until(lambda: h.get(job)['unreachableSince'] is None, 'the node to be back')
    h.gate.touch()
    assert h.wait(job)['status'] == 'completed' and h.types(job).count('sent') == 1

def test_m10_two_alike_are_never_taken_for_one(recovered):
    "Recovery took the first job that looked alike, which was another one."
    h = recovered
    assert (h.get(h.first)['remoteJobId'], h.get(h.second)['remoteJobId']) == (h.one, h.two)

def test_m11_a_recovered_job_is_followed_to_its_end(recovered):
    "A recovered job was never looked at again."
    h = recovered
    def follows(progress):
        h.original.run(h.two, progress)
        until(lambda: h.get(h.second)['progress'] == progress, 'it to be followed')
    follows(16), follows(26)
    h.original.complete(h.one, {'one.mp4': b'1'}), h.original.fail(h.two)
    assert (h.wait(h.first)['status'], h.wait(h.second)['status']) == ('completed', 'failed')

def test_m12_names_lead_nowhere_else(ours, old):
    "A name could lead to other calls of the node."
    job = ours.rc.submit('work', params=plan(files={'a.mp4': 'x'})).id
    ours.rc.wait(job, 20)
    olds = old.create(old.shed)['id']
    old.original.complete(remote_job(old), {'b.mp4': b'x'})
    old.wait(olds)
    for h, i in (ours, job), (old, olds):
        for path in '..%2F..%2F..%2Fhealth', '..%2F..%2F..%2Fjobs', '%2e%2e%2f%2e%2e%2fhealth', '..%252F..%252Fhealth', '%2Fhealth', '..', '%2e', '?x', '#x', 'a.mp4%00', 'a.mp4%2F..%2Fb.mp4':
            r = h.http.get(f'/api/jobs/{i}/download/{path}')
            assert r.status_code in (200, 404, 400) and '"status":"ok"' not in r.text and '"jobs"' not in r.text
            if path[0] not in '?#' and not path.startswith('%2e') and path != '..': is_error(r, 404)

def test_m13_every_name_comes_through(ours):
    "Quotes, line breaks and letters beyond Latin-1 broke headers."
    names = ['plain.mp4', 'with space.mkv', 'x"y.mp4', "it's.mp4", '€ 日本.webm', 'a\nb.mp4', 'a\r\nX-Evil: 1.mp4', 'hash#q?.mp4', '50% off&a=b.mp4', '%2e%2e.mp4', 'sub/in it.mp4', 'back\\slash;x.mov', 'no suffix']
    job = ours.rc.submit('work', params=plan(files={n: f'this is {n}' for n in names})).id
    assert ours.rc.wait(job, 20).status == 'completed'
    listed = ours.http.get(f'/api/jobs/{job}/outputs').json()
    assert sorted(f['name'] for f in listed['output_files']) == sorted(names) and listed['count'] == len(names) and listed['job_id'] == job
    for base in '/api', '':
        for name in names:
            r = ours.http.get(f'{base}/jobs/{job}/download/{quote(name, safe="")}')
            assert (r.status_code, r.text) == (200, f'this is {name}'), (name, r.text)
            assert disposition_name(r.headers['content-disposition']) == name.rsplit('/', 1)[-1] and r.headers['content-disposition'].startswith('attachment') and 'x-evil' not in r.headers
            assert r.headers['content-length'] == str(len(r.content))

def test_m14_a_download_that_breaks_off_is_broken_off(tmp_path):
    "A download that broke off hung."
    with far_file(tmp_path) as (net, h, job):
        for path in '', '/a.mp4':
            begun, got = time.monotonic(), 0
            with pytest.raises(httpx.RemoteProtocolError), h.http.stream('GET', f'/api/jobs/{job}/download{path}') as r:
                assert r.status_code == 200 and r.headers['content-length'] == str(40 << 20)
                for chunk in r.iter_raw(1 << 16):
                    if not got: net.cut()
                    got += len(chunk)
            assert got < 40 << 20 and time.monotonic() - begun < PATIENT
            assert 'fetched' not in h.types(job)
            net.restore()
        assert h.rc.download(job, to=tmp_path/'got').stat().st_size == 40 << 20
        until(lambda: 'fetched' in h.types(job), 'the download to be told')

def test_m15_files_are_streamed_through(tmp_path):
    "Uploads were held in memory."
    size, block = 120 << 20, os.urandom(1 << 20)
    class Big:
        def __init__(self): self.at = 0
        def read(self, n=-1):
            data = block[:min(n if n > 0 else len(block), len(block), size - self.at)]
            self.at += len(data)
            return data
    copy = '\nname = "copy"\nargv = ["/bin/ln", "{input}", "{output_dir}/copy.mp4"]\naccepts = [".mp4"]\n'
    (tmp_path/'p').mkdir(), (tmp_path/'p/copy.toml').write_text(copy)
    with node_at(tmp_path, tmp_path/'p') as n, manager_process(tmp_path) as h:
        shed = h.add(n.url)
        h.http.post(f'/api/upload/{shed["id"]}', files={'file': ('small.mp4', b'x'*(1 << 20))})   # everything is loaded
        with peak(h.process.pid) as memory:
            boundary = b'--b\r\nContent-Disposition: form-data; name="file"; filename="big.mp4"\r\n\r\n'
            def body():
                yield boundary
                for _ in range(size >> 20): yield block
                yield b'\r\n--b--\r\n'
            r = h.http.post(f'/api/upload/{shed["id"]}', content=body(), headers={'Content-Type': 'multipart/form-data; boundary=b', 'Content-Length': str(len(boundary) + size + 9)})
            assert r.status_code == 200 and r.json()['size'] == size, r.text
            job = h.rc.submit('copy', r.json()['path']).id
            assert h.rc.wait(job, 60).status == 'completed'
            with h.http.stream('GET', f'/api/jobs/{job}/download/copy.mp4') as r: got = sum(len(c) for c in r.iter_raw())
        assert got == size and memory.more < 50 << 20, f'{memory.more >> 20} MB more for a file of {size >> 20} MB'
        for f in n.node.inputs.iterdir(): f.unlink()
        for f in (n.node.workspace/'outputs').rglob('*.mp4'): f.unlink()

def test_m16_uploads_are_accepted_by_suffix(old):
    "Uploads were accepted by content type, and refused with 500."
    put = lambda name, *kind: old.http.post(f'/api/upload/{old.shed["id"]}', files={'file': (name, b'abc', *kind)})
    for kind in ['video/mp4'], ['video/x-matroska'], ['application/octet-stream'], ['text/plain'], []:
        assert put('talk.mkv', *kind).status_code == 200 and (old.original.workspace/'input_videos/talk.mkv').read_bytes() == b'abc'
        assert 'Invalid file type' in is_error(put('talk.exe', *kind), 400)['error']

def test_m17_only_known_fields_of_a_node_can_be_changed(tmp_path):
    "An update took any key, ids too."
    with managed(tmp_path) as h:
        node = h.add(f'http://127.0.0.1:{free_port()}')
        r = h.http.put(f'/api/nodes/{node["id"]}', json={'name': 'attic', 'gpu': 'A100', 'apiPort': '9191', 'id': 'other', 'createdAt': 'never', 'foo': 1, 'status': 'online', 'password': 'hunter2', 'url': None})
        changed = fits(r.json(), NODE)
        assert r.status_code == 200 and (changed['name'], changed['gpu'], changed['apiPort']) == ('attic', 'A100', 9191)
        assert (changed['id'], changed['createdAt'], changed['status']) == (node['id'], node['createdAt'], 'offline') and not {'foo', 'password'} & changed.keys()
        assert changed['updatedAt'] >= node['updatedAt'] and changed == fits(h.http.get(f'/api/nodes/{node["id"]}').json(), NODE) | {'unreachableSince': changed['unreachableSince']}
        assert [n['id'] for n in h.http.get('/api/nodes').json()] == [node['id']]

@pytest.mark.parametrize('fault, statuses, field', [
    (dict(nodeId=None), (400,), None), (dict(nodeId='nobody'), (400,), None), (dict(nodeId=7), (400,), None), (dict(nodeId=['x']), (400,), None),
    (dict(inputMethod='telepathy'), (422,), 'inputMethod'), (dict(inputMethod=[]), (422,), 'inputMethod'),
    (dict(manualPath=None), (422,), 'manualPath'), (dict(manualPath=' '), (422,), 'manualPath'), (dict(manualPath=7), (422,), 'manualPath'), (dict(inputMethod='youtube'), (422,), 'youtubeUrl'),
    (dict(unetFlag='no'), (422,), 'unetFlag'), (dict(claheFlag=1), (422,), 'claheFlag'), (dict(upscaleFlag=[]), (422,), 'upscaleFlag'),
    (dict(upscaleValue=0), (422,), 'upscaleValue'), (dict(upscaleValue=-1), (422,), 'upscaleValue'), (dict(upscaleValue='wide'), (422,), 'upscaleValue'), (dict(upscaleValue=True), (422,), 'upscaleValue'),
    (dict(upscaleValue='nan'), (422,), 'upscaleValue'), (dict(upscaleValue=1e999), (400, 422), None), (dict(upscaleValue={}), (422,), 'upscaleValue'),
    (dict(manualPath='/etc/hostname'), (422,), 'manualPath'), (dict(manualPath='../../etc/passwd'), (422,), 'manualPath'), (dict(manualPath='input_videos/not there.mp4'), (422,), 'manualPath'),
    (dict(upscaleValue=99), (422,), 'upscaleValue'), (dict(inputMethod='youtube', youtubeUrl='https://evil.example/x'), (422,), 'youtubeUrl')])
def test_m18_jobs_are_checked_before_they_are_on_record(ours, fault, statuses, field):
    "Nothing was validated."
    before = len(ours.http.get('/api/jobs').json()), len(ours.served.http.get('/jobs').json()['jobs'])
    body = CREATE | {'nodeId': ours.shed['id'], 'manualPath': video(ours.node)} | fault
    said = is_error(ours.http.post('/api/jobs', content=json.dumps(body), headers={'Content-Type': 'application/json'}), *statuses, field=field)
    if 'nodeId' in fault: assert said['error'] == 'Node not available'
    assert before == (len(ours.http.get('/api/jobs').json()), len(ours.served.http.get('/jobs').json()['jobs']))

@pytest.mark.parametrize('body, field', [
    ({'name': 'x'}, 'host'), ({'host': ''}, 'host'), ({'host': '  '}, 'host'), ({'host': 7}, 'host'), ({'host': 'http://gpu-3'}, 'host'), ({'host': 'gpu 3'}, 'host'), ({'host': 'gpu-3/x'}, 'host'), ({'host': 'a@b'}, 'host'),
    ({'host': 'gpu-3', 'apiPort': 'x'}, 'apiPort'), ({'host': 'gpu-3', 'apiPort': 0}, 'apiPort'), ({'host': 'gpu-3', 'apiPort': '65536'}, 'apiPort'), ({'host': 'gpu-3', 'apiPort': 1.5}, 'apiPort'), ({'host': 'gpu-3', 'port': True}, 'port'),
    ({'host': 'gpu-3', 'name': ['x']}, 'name'), ({'host': 'gpu-3', 'gpu': 'x'*999}, 'gpu'), ({'host': 'gpu-3', 'connectionType': 'carrier pigeon'}, 'connectionType'), ({'host': 'gpu-3', 'connectionType': 'ssh'}, 'connectionType'), ({'url': 'file:///etc'}, 'url')])
def test_m18_nodes_are_checked(ours, body, field):
    "Nothing was validated."
    is_error(ours.http.post('/api/nodes', json=body), 422, field=field)
    assert len(ours.http.get('/api/nodes').json()) == 1

def test_m19_a_missing_node_is_404(ours):
    "A missing node was answered with 500."
    for method, path in ('GET', ''), ('PUT', ''), ('DELETE', ''), ('POST', '/test'), ('POST', '/verify'):
        r = ours.http.request(method, f'/api/nodes/{uuid.uuid4()}{path}', **({'json': {'name': 'x'}} if method == 'PUT' else {}))
        assert is_error(r, 404)['error'].startswith('Node not found')
    is_error(ours.http.post('/api/upload/nobody', files={'file': ('a.mp4', b'x')}), 404)

def test_m20_no_password_and_no_token_is_kept_or_sent(tmp_path):
    "Passwords were kept in plain text."
    with node_of(tmp_path, token='the-nodes-secret') as n, manager_process(tmp_path, JOBTRACK_TOKEN='the-peoples-secret', JOBTRACK_NODE_TOKEN='the-nodes-secret') as h:
        told = [h.http.post('/api/nodes', json=dict(name='shed', host='127.0.0.1', apiPort=str(httpx.URL(n.url).port), user='me', password='hunter2')).text]
        with httpx.Client(base_url=h.url) as stranger:
            assert stranger.get('/health').status_code == 200
            for method, path in ('GET', '/api/jobs'), ('GET', '/api/nodes'), ('POST', '/api/nodes'), ('GET', '/jobs'), ('GET', '/api/health'), ('GET', '/events'), ('POST', '/upload'), ('GET', '/openapi.json'):
                for headers in {}, {'Authorization': 'Bearer the-nodes-secret'}: is_error(stranger.request(method, path, headers=headers), 401)
        job = h.rc.submit('work', params=plan(environ=True)).id
        assert h.rc.wait(job, 20).status == 'completed'
        assert h.http.get(f'/api/jobs/{job}/download').text == 'done'
        told += [h.http.get(p).text for p in ('/health', '/api/health', '/api/nodes', '/api/jobs', '/jobs', f'/jobs/{job}/history', f'/jobs/{job}/logs', '/pipelines', '/openapi.json', '/api/jobs/none', '/nope')] + [h.http.post(f'/api/nodes/{h.http.get("/api/nodes").json()[0]["id"]}/{p}').text for p in ('test', 'verify')]
        told.append(' '.join(h.process.args) + ' '.join(psutil.Process(h.process.pid).cmdline()))
    files = [p for p in (tmp_path/'manager').rglob('*') if p.is_file()] + [tmp_path/'stderr']
    for secret in 'the-nodes-secret', 'the-peoples-secret', 'hunter2':
        assert not [t for t in told if secret in t] and not [p for p in files if secret.encode() in p.read_bytes()], secret

def test_m21_a_silent_node_blocks_nobody(tmp_path):
    "A node that stalled held up its callers."
    with silent_server() as url, managed(tmp_path, url) as h:
        shed, body = h.manager.directory.get('shed')['id'], b'x'*3_000_000
        done = h.manager.tracker.create_job('was', runner='remote', spec={'pipeline': 'work'}, node=shed)
        h.manager.tracker.mark_running(done.id)
        h.manager.tracker.note(done.id, 'sent', {}, remote_id='there')
        h.manager.tracker.mark_completed(done.id, None, [OutputFile('a.mp4', '/a.mp4', 3)])
        running = h.rc.submit('work', node='shed').id
        asks = [('POST', '/api/nodes', dict(json={'host': '127.0.0.1', 'apiPort': str(httpx.URL(url).port)}), 201), ('GET', '/api/nodes', {}, 200), ('GET', f'/api/nodes/{shed}', {}, 200), ('PUT', f'/api/nodes/{shed}', dict(json={'gpu': 'x'}), 200),
                ('POST', f'/api/nodes/{shed}/test', {}, 400), ('POST', f'/api/nodes/{shed}/verify', {}, 400), ('POST', '/api/jobs', dict(json=CREATE | {'nodeId': shed}), 400), ('POST', f'/api/upload/{shed}', dict(files={'file': ('a.mp4', body)}), 503),
                ('POST', '/upload', dict(files={'file': ('a.mp4', body)}, params={'node': 'shed'}), 503), ('POST', '/upload', dict(files={'file': ('a.mp4', body)}), 503), ('GET', f'/api/jobs/{done.id}/download', {}, 503), ('HEAD', f'/jobs/{done.id}/download/a.mp4', {}, 503),
                ('GET', f'/api/jobs/{done.id}/outputs', {}, 200), ('POST', f'/api/jobs/{done.id}/refresh', {}, 503), ('GET', '/pipelines', {}, 200), ('POST', '/jobs', dict(json={'pipeline': 'work', 'node': 'shed'}), 201), ('POST', '/jobs', dict(json={'pipeline': 'work', 'input': 'a'}), 201),
                ('POST', '/jobs/check', dict(json={'pipeline': 'work'}), 200), ('GET', '/health', {}, 200), ('GET', '/jobs', {}, 200), ('GET', '/api/jobs', {}, 200), ('GET', f'/jobs/{running}/logs', {}, 200), ('POST', f'/jobs/{running}/cancel', {}, 200), ('DELETE', f'/api/nodes/{shed}', {}, 200)]
        times = {}
        def ask(n):
            method, path, kw, status = asks[n]
            with client(h.url) as c:
                begun = time.monotonic()
                r = c.request(method, path, **kw)
                times[method, path, n] = time.monotonic() - begun, r.status_code, status
        threads = [threading.Thread(target=ask, args=[n]) for n in range(len(asks) - 1)]
        for t in threads: t.start()
        for t in threads: t.join()
        ask(len(asks) - 1)
        assert not {k: v for k, v in times.items() if v[0] > 3*PATIENT or v[1] != v[2]}, 'too long, or another status'
        for n in [n for (*_, n), (took, *_) in times.items() if took > PATIENT/2]: ask(n)   # they were all asked at once: is it slow by itself?
        assert not {k: v for k, v in times.items() if v[0] > PATIENT/2}, 'too long'

def test_m22_origins_are_compared_exactly(tmp_path):
    "Origins were compared by prefix."
    with managed(tmp_path, origins=('http://localhost:3000', 'https://lab.example')) as h:
        ask = {'Access-Control-Request-Method': 'PUT', 'Access-Control-Request-Headers': 'content-type'}
        for origin in 'http://localhost:3000', 'https://lab.example':
            r = h.http.get('/api/jobs', headers={'Origin': origin})
            assert r.status_code == 200 and r.headers['access-control-allow-origin'] == origin
            r = h.http.options('/api/nodes/x', headers=ask | {'Origin': origin})
            assert r.status_code in (200, 204) and r.headers['access-control-allow-origin'] == origin and 'PUT' in r.headers['access-control-allow-methods']
            assert h.http.get('/api/jobs/none', headers={'Origin': origin}).headers['access-control-allow-origin'] == origin, 'errors can be read, too'
        for origin in 'http://localhost:3000.evil.example', 'http://localhost:30001', 'https://localhost:3000', 'https://lab.example.evil.example', 'http://evil.example', 'null':
            r = h.http.get('/api/jobs', headers={'Origin': origin})
            assert r.status_code == 200 and 'access-control-allow-origin' not in r.headers
            r = h.http.options('/api/nodes/x', headers=ask | {'Origin': origin})
            assert r.status_code < 500 and 'access-control-allow-origin' not in r.headers
        for origin in 'http://localhost:3000.evil.example', 'http://evil.example', 'null': is_error(h.http.post('/api/nodes', json={'host': 'x'}, headers={'Origin': origin}), 403)
        assert h.http.post('/api/nodes', json={'host': '127.0.0.1'}, headers={'Origin': 'http://localhost:3000'}).status_code == 201 == h.http.post('/api/nodes', json={'host': '127.0.0.1'}, headers={'Origin': 'http://127.0.0.1:3000'}).status_code

def test_m23_a_node_is_asked_where_it_is():
    "One address was replaced by another."
    with JobTracker() as tracker:
        for host in '10.0.0.5', '172.17.0.1', '192.168.1.50', '192.168.100.7', '100.64.0.9', '203.0.113.7', 'gpu-3.lab', '::1', 'fd00::7':
            n = NodeDirectory(tracker.store).add('x', host=host)
            assert n['url'] == f'http://{f"[{host}]" if ":" in host else host}:9090' and n['host'] == host

def test_m24_active_jobs_are_counted(cuttable):
    "A node had 0 active jobs."
    h = cuttable
    told = lambda: [h.http.get(f'/api/nodes/{h.shed["id"]}').json()[k] for k in ('jobs', 'activeJobs', 'activityStatus')]
    assert told() == [0, 0, 'idle']
    jobs = [h.create(h.shed, manualPath=video(h.node, f'{n}.mp4', gate=str(h.gate)))['id'] for n in range(3)]
    assert told() == [3, 3, 'running']
    h.gate.touch()
    for j in jobs: h.wait(j)
    assert told() == [0, 0, 'idle']

def test_m25_failures_have_one_form(ours, old):
    "Failures were described unevenly."
    failed = ours.create(ours.shed, manualPath=video(ours.node, exit=3, files={}))['id']
    theirs = old.create(old.shed)['id']
    old.original.fail(remote_job(old))
    for j in ours.wait(failed), old.wait(theirs):
        assert fits(j, JOB)['status'] == 'failed' and isinstance(j['error'], str) and j['error']
        assert fits(j['errorDetails'], dict(timestamp=text, code=text, hint=opt))['code'] == 'exit' and 'outputFiles' not in j

# Of the dashboard

def test_d1_no_answer_can_blank_a_page(ours, old, tmp_path):
    "One value of a wrong type in one job blanked the whole page."
    gate, paths = tmp_path/'gate', [video(ours.node, 'd1.mp4', gate=str(tmp_path/'gate')), video(ours.node, 'd1 bad.mp4', exit=3, files={})]
    made = [ours.create(ours.shed, manualPath=path)['id'] for path in (paths[0], paths[1], paths[0])]
    assert ours.http.post(f'/api/jobs/{made[2]}/cancel').status_code == 200
    made += [ours.rc.submit('work', params=plan(hex='ff00', files={'\u202e x.txt': ''}), metadata={'id': 7}).id for _ in range(2)]
    until(lambda: ours.get(made[0])['progress'] == 50, 'it to run')
    gate.touch()
    for job in made[:2] + made[3:]: ours.wait(job)
    there = old.create(old.shed, inputMethod='youtube', youtubeUrl='https://youtu.be/x')['id']
    old.original.jobs[remote_job(old)].update(status='STRANGE', progress=None, error=7, updated_at='yesterday')
    until(lambda: old.get(there).get('remoteJobId'), 'the job to be taken')
    for server in ours, old:
        jobs, nodes = (server.http.get(f'/api/{what}').json() for what in ('jobs', 'nodes'))
        assert isinstance(jobs, list) and isinstance(nodes, list)
        for job in jobs: assert fits(job, JOB) and 0 <= job['progress'] <= 100 and job['status'] in ('pending', 'running', 'completed', 'failed', 'cancelled')
        for node in nodes: fits(node, NODE)
    assert {*made} <= {j['id'] for j in ours.http.get('/api/jobs').json()}

def test_d2_errors_say_it_under_both_keys(ours):
    "Errors were sent under one key and read under another, so that nobody saw them."
    def post(http, api, body, *statuses, kind='application/json'): is_error(http.post(f'{api}/jobs', content=body, headers={'Content-Type': kind}), *statuses)
    for http, api in (ours.http, '/api'), (ours.http, ''), (ours.served.http, ''):
        post(http, api, b'{', 400), post(http, api, b'x', 415, kind='text/plain'), post(http, api, b' '*2_000_000, 413), post(http, api, b'{"inputMethod": 7}', 400, 422)
        is_error(http.get(f'{api}/jobs/none'), 404), is_error(http.get(f'{api}/nope'), 404), is_error(http.put(f'{api}/jobs'), 405)
        is_error(http.post(f'{api}/jobs', json={}, headers={'Origin': 'http://evil.example'}), 403)
    is_error(ours.http.post('/api/nodes', json={'host': 7}), 422, field='host')

def test_d3_a_pending_job_can_be_cancelled(tmp_path):
    "A pending job could not be cancelled."
    with managed(tmp_path, f'http://127.0.0.1:{free_port()}') as h:
        for base in '/api', '':
            job = h.rc.submit('work', node='shed').id
            assert h.http.post(f'{base}/jobs/{job}/cancel').status_code == 200 and h.get(job)['status'] == 'cancelled'

class BehindPath:
    "An ASGI application that a proxy shows below a path; what is asked for elsewhere is noted."
    def __init__(self, app): self.app, self.state, self.outside = app, app.state, []
    async def __call__(self, scope, receive, send):
        if scope['type'] == 'lifespan': return await self.app(scope, receive, send)
        path = scope['path']
        if not path.startswith('/lab/'): self.outside.append(path)
        await self.app(scope | {'path': path.removeprefix('/lab'), 'raw_path': scope['raw_path'].removeprefix(b'/lab')}, receive, send)

@pytest.fixture(scope='module')
def page_of_node(tmp_path_factory):
    "The page of a node with one job, behind a proxy; its address; what was asked for elsewhere."
    folder = tmp_path_factory.mktemp('page')
    node = Node(folder/'data', pipelines=write_pipelines(folder/'pipelines'))
    node.app = behind = BehindPath(mount_page(node.app))
    with serving(node) as s, chromium() as browser, client(s.url) as http:
        helpers.Served(s.url, http).run()
        page = browser.new_context().new_page()
        behind.outside.clear()
        page.goto(f'{s.url}/lab/')
        page.locator('.job').first.wait_for()
        yield page, f'{s.url}/lab', behind.outside
        page.goto('about:blank')

@pytest.mark.needs('chromium')
def test_d4_everything_has_one_base(page_of_node):
    "Uploads and downloads ignored the address that was configured, and went to the page's own origin."
    page, url, outside = page_of_node
    page.locator('.job a').first.click()
    link = page.locator('#details a[href*="download"]').first
    link.wait_for()
    with page.expect_download() as download: link.click()
    assert Path(download.value.path()).read_text() == 'done' and download.value.url.startswith(url)
    assert outside == []

def test_d5_the_page_loads_nothing_from_outside(page_of_node):
    "Fonts were loaded from another server."
    page, url, _ = page_of_node
    loaded = page.evaluate("performance.getEntriesByType('resource').map(e => e.name)")
    assert loaded and all(address.startswith(url) for address in loaded)
    policy = httpx.get(f'{url}/').headers['content-security-policy']
    assert "default-src 'self'" in policy and 'http' not in policy

def test_every_defect_has_its_test():
    ids = [f'n{n}' for n in range(1, 21)] + ['n1b'] + [f'm{n}' for n in range(1, 26)] + ['m9b'] + [f'd{n}' for n in range(1, 6)]
    assert {*ids} == {name.split('_')[1] for name in globals() if re.match(r'test_[nmd]\d', name)}
