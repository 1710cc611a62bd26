"""How often a caller may ask: told when to come back, our client does, and nobody else is kept waiting."""
import time
from concurrent.futures import ThreadPoolExecutor

import httpx, pytest
from cjm_jobtrack import RemoteClient
from cjm_jobtrack.model.access import AccessToken, Scope, hash_token, new_token
from cjm_jobtrack.model.job import now
from helpers import node_at

def add_token(node, name) -> str:
    secret = new_token()
    assert node.tracker.store.add_token(AccessToken(name, Scope.READ, hash_token(secret), now(), None))
    return secret

def test_beyond_the_limit_a_call_is_told_when_to_come_back(tmp_path):
    with node_at(tmp_path, rate_limit='3/minute') as s:
        assert [s.http.get('/jobs').status_code for _ in range(3)] == [200]*3
        r = s.http.get('/jobs')
        assert r.status_code == 429 and 1 <= int(r.headers['retry-after']) <= 60 and r.json()['error'].startswith('Too many calls')
        assert r.headers['x-request-id'] == r.json()['request_id']
        assert s.http.get('/health').status_code == s.http.get('/metrics').status_code == 200   # how it is can always be seen

def test_our_client_waits_and_goes_on(tmp_path):
    with node_at(tmp_path, rate_limit='2/2 second') as s, RemoteClient(s.url) as client:
        begun = time.monotonic()
        for _ in range(4): client.list_jobs()
        assert time.monotonic() - begun > .5

def test_one_caller_does_not_use_up_what_another_may(tmp_path):
    with node_at(tmp_path, token='a long secret', rate_limit='2/minute') as s:
        secrets = [add_token(s.node, name) for name in ('press', 'radio')]
        def ask(secret): return httpx.get(f'{s.url}/jobs', headers={'Authorization': f'Bearer {secret}'}).status_code
        assert [ask(secrets[0]) for _ in range(3)] == [200, 200, 429]
        assert [ask(secrets[1]) for _ in range(3)] == [200, 200, 429]

def test_wrong_tokens_are_limited_and_right_ones_always_work(tmp_path):
    with node_at(tmp_path, token='a long secret') as s:
        def ask(token): return httpx.get(f'{s.url}/jobs', headers={'Authorization': f'Bearer {token}'}).status_code
        with ThreadPoolExecutor(8) as pool: answers = [*pool.map(ask, map(str, range(80)))]
        assert answers.count(401) == 60 and answers.count(429) == 20
        assert s.http.get('/jobs').status_code == 200

@pytest.mark.parametrize('rate', ['often', '0/minute', 5])
def test_what_is_no_rate_is_refused_before_anything_is_made(tmp_path, rate):
    with pytest.raises(ValueError, match="`rate_limit`.*Write it as '600/minute'"):
        with node_at(tmp_path, rate_limit=rate): pass
