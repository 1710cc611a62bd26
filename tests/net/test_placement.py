"Where a manager sends jobs: labels, drained nodes, nodes that lost the job; and cancels that a node has still to carry out. With real nodes."
import base64
from contextlib import ExitStack, contextmanager
import pytest
from cjm_jobtrack.model.errors import InvalidInput
from cjm_jobtrack.net.client import RemoteClient
from cjm_jobtrack.net.directory import NodeDirectory
from cjm_jobtrack.store.store import JobStore
from cut_proxy import CutProxy
from helpers import node_at
from wire import is_error, managed, manager_process, node_of, plan, until

@contextmanager
def two_nodes(folder, **options):
    "A manager with two nodes, `shed` and `attic`, each behind a network that can be cut."
    with ExitStack() as stack:
        nodes = {name: stack.enter_context(node_of(folder/name)) for name in ('shed', 'attic')}
        nets = {name: stack.enter_context(CutProxy(n.url)) for name, n in nodes.items()}
        h = stack.enter_context(managed(folder, *[net.url for net in nets.values()], names=[*nets], **options))
        h.nodes, h.nets, h.gate = nodes, nets, folder/'gate'
        d = h.manager.directory
        until(lambda: all(d.is_online(n) for n in d.list()), 'the nodes to be known')
        yield h

def node_of_job(h, job_id): return h.manager.directory.get(h.rc.get_job(job_id).node)['name']

def test_a_drained_node_gets_no_new_jobs_and_keeps_those_it_has(tmp_path):
    with two_nodes(tmp_path) as h:
        held = h.rc.submit('work', params=plan(gate=str(h.gate)), node='shed').id
        until(lambda: 'accepted' in h.types(held), 'the node to take it')
        told = h.http.post('/api/nodes/shed/drain').json()
        assert told['drained'] and told['status'] == 'online' and told['activeJobs'] == 1
        jobs = [h.rc.submit('work', params=plan()).id for _ in range(3)]
        assert {h.rc.wait(j, 30).status for j in jobs} == {'completed'} and {node_of_job(h, j) for j in jobs} == {'attic'}
        named = h.rc.submit('work', params=plan(), node='shed').id
        until(lambda: 'drained' in (h.rc.get_job(named).message or ''), 'a reason')
        assert h.rc.get_job(named).status == 'pending'
        assert h.rc.get_job(held).status == 'running'
        h.gate.touch()
        assert h.rc.wait(held, 30).status == 'completed'
        d = NodeDirectory(h.manager.tracker.store)   # another process
        assert d.get('shed')['drained_since']
        h.http.post('/api/nodes/attic/drain')
        nowhere = h.rc.submit('work', params=plan()).id
        assert 'shed is drained; attic is drained' in until(lambda: h.rc.get_job(nowhere).message, 'a reason') or \
            'attic is drained; shed is drained' in h.rc.get_job(nowhere).message
        h.http.post('/api/nodes/shed/undrain')
        assert {h.rc.wait(j, 30).status for j in (named, nowhere)} == {'completed'} and node_of_job(h, nowhere) == 'shed'

def test_labels_choose_the_node_and_are_waited_for(tmp_path):
    with two_nodes(tmp_path) as h:
        attic = h.http.put('/api/nodes/attic', json={'labels': {'gpu': 'a100', 'fast': ''}}).json()
        assert attic['labels'] == {'gpu': 'a100', 'fast': ''}
        for labels in {'gpu': 'a100'}, {'fast': '', 'gpu': 'a100'}:
            job = h.rc.submit('work', params=plan(), node_labels=labels)
            assert h.rc.wait(job.id, 30).status == 'completed' and node_of_job(h, job.id) == 'attic'
        waits = h.rc.submit('work', params=plan(), node_labels={'gpu': 'h100'}).id
        why = until(lambda: h.rc.get_job(waits).message, 'a reason')
        assert 'attic is not labelled gpu=h100' in why and 'shed is not labelled gpu=h100' in why
        h.http.put('/api/nodes/shed', json={'labels': {'gpu': 'h100'}})
        assert h.rc.wait(waits, 30).status == 'completed' and node_of_job(h, waits) == 'shed'
        with pytest.raises(InvalidInput, match='which node shed is not labelled'): h.rc.submit('work', params=plan(), node='shed', node_labels={'gpu': 'a100'})
        is_error(h.http.put('/api/nodes/shed', json={'labels': ['gpu']}), 422, field='labels')
        with RemoteClient(h.nodes['shed'].url) as there, pytest.raises(InvalidInput, match='was given to a node'): there.submit('work', params=plan(), node_labels={'gpu': 'h100'})

def test_a_node_that_comes_back_without_the_job_has_lost_it_and_another_does_it(tmp_path):
    with two_nodes(tmp_path) as h:
        once = h.rc.submit('work', params=plan(gate=str(h.gate)), node='shed').id
        twice = h.rc.submit('work', params=plan(gate=str(h.gate)), max_attempts=2).id
        def has(job, test): return until(lambda: test(h.rc.get_job(job)), f'{job} to get there')
        for job in once, twice: has(job, lambda j: j.status == 'running')
        first = node_of_job(h, twice)
        for net in h.nets.values(): net.cut()
        since = {job: has(job, lambda j: j.unreachable_since) for job in (once, twice)}
        assert h.rc.get_job(twice).status == 'running'
        for name, job in ('shed', once), (first, twice):
            there = h.nodes[name].http
            there.post(f'/jobs/{job}/cancel')
            assert there.delete(f'/jobs/{job}').status_code == 200
        assert {job: h.rc.get_job(job).unreachable_since for job in since} == since, 'told as it was noticed'
        h.gate.touch()
        for net in h.nets.values(): net.restore()
        failed = h.rc.wait(once, 30)
        assert (failed.failure.kind, failed.unreachable_since) == ('node_lost', None) and 'does not know the job' in failed.error
        done = h.rc.wait(twice, 30)
        assert (done.status, done.attempt, done.unreachable_since) == ('completed', 2, None) and node_of_job(h, twice) != first
        s = h.rc.session(twice)
        assert [a['node_name'] for a in s['attempts']] == [first, node_of_job(h, twice)]

def test_a_cancel_is_kept_over_a_restart_while_the_node_is_away(tmp_path):
    with node_of(tmp_path) as n, CutProxy(n.url) as net:
        with manager_process(tmp_path) as h:
            h.add(net.url)
            job = h.rc.submit('work', params=plan(gate=str(tmp_path/'gate'))).id
            until(lambda: h.get(job)['status'] == 'running' == n.get(job)['status'], 'the job to run')
            net.cut()
            assert h.http.post(f'/api/jobs/{job}/cancel').status_code == 202
            is_error(h.http.delete(f'/api/jobs/{job}'), 409)
            h.process.kill(), h.process.wait(30)
        with manager_process(tmp_path) as h:   # the node is still away
            until(lambda: h.rc.get_job(job).unreachable_since, 'the silence to be noticed')
            assert h.rc.get_job(job).status == 'running' == n.get(job)['status']
            is_error(h.http.delete(f'/api/jobs/{job}'), 409)
            net.restore()
            assert h.wait(job)['status'] == 'cancelled' == n.get(job)['status']
            assert h.types(job).count('cancel_requested') == 1 and h.types(job).count('sent') == 1
            assert h.http.delete(f'/api/jobs/{job}').status_code == 200

def test_what_is_known_of_a_node_is_on_record(tmp_path):
    "Capacity, version and when it was last seen outlive a restart while the node is away."
    with node_at(tmp_path/'n', slots=3) as n, managed(tmp_path, n.url) as h:
        known = until(lambda: (node := h.http.get('/api/nodes').json()[0]).get('version') and node, 'a check')
    with managed(tmp_path) as h:
        node = h.http.get('/api/nodes').json()[0]
        assert node['status'] == 'offline' and (node['slots'], node['version'], node['pipelines']) == (3, known['version'], ['need', 'work'])
        assert node['lastSeen'] and node['skew_seconds'] is not None
    store = JobStore(tmp_path/'manager'/'jobs.db')
    assert store.list_nodes()[0]['last_seen']
    store.close()

def test_an_upload_goes_where_its_job_will_run_and_a_job_where_its_input_is(tmp_path):
    file = tmp_path/'a.txt'
    file.write_text('hello')
    with two_nodes(tmp_path) as h:
        for drained, other in ('shed', 'attic'), ('attic', 'shed'):
            h.http.post(f'/api/nodes/{drained}/drain')
            job = h.rc.wait(h.rc.submit('need', file, params=plan()).id, 30)
            assert job.status == 'completed' and node_of_job(h, job.id) == other
            h.http.post(f'/api/nodes/{drained}/undrain')
        r = h.http.post('/upload', params={'pipeline': 'paint'}, files={'file': ('a.txt', b'x')})
        assert 'paint' in is_error(r, 422)['error']
        held = h.rc.upload(file, node='attic')
        (h.nodes['attic'].node.inputs/'only.txt').write_text('here only')
        job = h.rc.wait(h.rc.submit('need', 'input_videos/only.txt', params=plan()).id, 30)   # names no node
        assert job.status == 'completed' and node_of_job(h, job.id) == 'attic' and held.path
        with pytest.raises(InvalidInput, match='none of the nodes says that it has the input'): h.rc.submit('need', 'input_videos/none.txt', params=plan())

def test_an_upload_goes_to_a_node_with_the_labels_that_its_job_asks_for(tmp_path):
    file = tmp_path/'a.txt'
    file.write_text('hello')
    with two_nodes(tmp_path) as h:
        h.http.put('/api/nodes/attic', json={'labels': {'gpu': 'a100'}})
        attic = h.manager.directory.get('attic')['id']
        job = h.rc.submit('need', file, params=plan(), node_labels={'gpu': 'a100'})
        assert h.rc.wait(job.id, 30).status == 'completed' and job.node == attic
        for _ in range(3): assert h.rc.upload_once(file, None, None, 'need', {'gpu': 'a100'}).node == attic
        made = h.http.post('/uploads', params={'pipeline': 'need', 'label': 'gpu=a100'}, headers={
            'Tus-Resumable': '1.0.0', 'Upload-Length': '5', 'Upload-Metadata': 'filename ' + base64.b64encode(b'b.txt').decode()})
        assert made.status_code == 201 and f'/{attic}.' in made.headers['location']
        for params, status in ({'label': 'gpu=h100'}, 503), ({'pipeline': 'paint', 'label': 'gpu=a100'}, 422):
            assert h.http.post('/upload', params=params, files={'file': ('a.txt', b'x')}).status_code == status
