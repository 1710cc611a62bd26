"""What the servers say of themselves at `/openapi.json`, beside what they answer."""
from collections import Counter

import httpx, pytest, schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import status_code_conformance
from cjm_jobtrack.net.manager import Manager
from cjm_jobtrack.server.service import read_request
from cjm_jobtrack.server.server import serving
from cjm_jobtrack.model.errors import InvalidInput
from hypothesis import HealthCheck, Phase, given, settings
from helpers import client, node_at

schemathesis.serializer.alias('application/offset+octet-stream', 'application/octet-stream')   # the parts of tus

@pytest.fixture(scope='module')
def servers(tmp_path_factory):
    "A node with a job that has ended, and a manager that knows the node."
    folder = tmp_path_factory.mktemp('servers')
    manager = Manager(folder/'manager')
    with node_at(folder) as s, serving(manager) as m, client(m.url) as http:
        manager.directory.add('shed', url=s.url)
        s.job = s.run()['id']
        s.manager = http
        yield s

def calls(http:httpx.Client) -> list[dict]: return [call for path in http.get('/openapi.json').json()['paths'].values() for call in path.values()]

@pytest.mark.parametrize('server', ['http', 'manager'])
def test_every_call_has_a_name_of_its_own_and_says_how_it_fails(servers, server):
    found = calls(getattr(servers, server))
    assert [n for n, k in Counter(c['operationId'] for c in found).items() if k > 1] == []
    assert all({'401', '403', '503'} <= c['responses'].keys() for c in found)

@pytest.mark.parametrize('server', ['http', 'manager'])
def test_what_is_answered_is_what_is_described(servers, server):
    url = str(getattr(servers, server).base_url).rstrip('/')
    schema = schemathesis.openapi.from_url(f'{url}/openapi.json').exclude(path='/events')   # that one never ends
    for operation in (found.ok() for found in schema.get_all_operations()):
        @settings(max_examples=8, deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=[*HealthCheck])
        @given(case=operation.as_strategy())
        def answers(case):
            case.call_and_validate(checks=[not_a_server_error, status_code_conformance], timeout=60)
            if server == 'manager' or 'job_id' not in (case.path_parameters or {}) or case.method == 'DELETE': return
            case.path_parameters['job_id'] = servers.job
            case.call_and_validate(checks=[not_a_server_error, status_code_conformance], timeout=60)
        answers()

# What is told is bounded

@pytest.mark.parametrize('field, most', [('input', 4096), ('pipeline', 200), ('node', 1000)])
def test_texts_have_a_longest(field, most):
    assert getattr(read_request({'pipeline': 'work', field: 'x'*most}), field) == 'x'*most
    with pytest.raises(InvalidInput, match=field): read_request({'pipeline': 'work', field: 'x'*(most+1)})
