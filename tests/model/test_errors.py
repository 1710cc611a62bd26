"Whose fault an error is: one decision, which everybody who carries jobs out asks for."
import errno, threading
import pytest
from cjm_jobtrack.model.errors import (DamagedTransfer, InvalidInput, NodeRefused, NodeUnreachable, StoreError, UnknownJob,
                                      is_infrastructure_error)

def os_error(name): return OSError(getattr(errno, name), name)

def behind(e, cause, explicit=True):
    "An error as it is when it was raised because of another, or while that was being handled."
    try:
        try: raise cause
        except BaseException as c:
            if explicit: raise e from c
            raise e  # noqa: B904 - that is the case here
    except BaseException as out: return out

def store_error(cause=None): return behind(StoreError('sqlite:///x.db', 'trouble'), cause) if cause else StoreError('sqlite:///x.db', 'trouble')

def no_thread(monkeypatch):
    "What Python itself raises when there is no room for a thread."
    def refuse(*a, **kw): raise RuntimeError("can't start new thread")
    for name in '_start_new_thread', '_start_joinable_thread':
        if hasattr(threading, name): monkeypatch.setattr(threading, name, refuse)
    with pytest.raises(RuntimeError) as e: threading.Thread(target=print).start()
    return e.value

OURS = {
    **{name: os_error(name) for name in 'EMFILE ENFILE ENOMEM EAGAIN ENOBUFS ENOSPC EDQUOT EROFS ENOLCK'.split()},
    'fork': BlockingIOError(errno.EAGAIN, 'Resource temporarily unavailable'),
    'memory': MemoryError(),
    'thread': RuntimeError("can't start new thread"),
    'thread, at the end': RuntimeError("can't create new thread at interpreter shutdown"),
    'record': store_error(),
    'record, connection': store_error(os_error('ECONNREFUSED')),
    'cause': behind(NodeUnreachable('http://n', 'no'), os_error('EMFILE')),
    'cause of a cause': behind(ValueError('x'), behind(KeyError('y'), MemoryError())),
    'while handling': behind(ConnectionError('no connection'), os_error('EMFILE'), explicit=False),
    'group': ExceptionGroup('all attempts failed', [ValueError('x'), os_error('ENFILE')]),
}
THEIRS = {
    **{name: os_error(name) for name in 'ENOENT EACCES EPERM ENOTDIR EISDIR ENAMETOOLONG EPIPE ESRCH ECHILD EEXIST EIO ELOOP'.split()},
    'invalid': InvalidInput('rate', 'is -1'),
    'unknown': UnknownJob('x'),
    'type': TypeError('x'),
    'runtime': RuntimeError('no'),
    'refused': NodeRefused('http://n', 422, 'no'),
    'silent node': NodeUnreachable('http://n'),
    'transfer': DamagedTransfer('http://n', 'f', 'differs'),
    'cannot be stored': store_error(OverflowError('int too large')),
    'cause of no account': behind(InvalidInput('rate', 'is -1'), KeyError('x')),
    'no number': OSError('just words'),
    'exit': SystemExit(3),
}

@pytest.mark.parametrize('name', OURS)
def test_trouble_of_our_own(name): assert is_infrastructure_error(OURS[name])

@pytest.mark.parametrize('name', THEIRS)
def test_not_ours(name): assert not is_infrastructure_error(THEIRS[name])

def test_no_room_for_a_thread(monkeypatch): assert is_infrastructure_error(no_thread(monkeypatch))

def test_what_was_dealt_with_is_no_cause():
    "`raise … from None` says that what went before has nothing to do with it."
    try:
        try: raise os_error('EMFILE')
        except OSError: raise InvalidInput('rate', 'is -1') from None
    except InvalidInput as e: assert not is_infrastructure_error(e)

def test_a_chain_that_closes():
    a, b = ValueError('a'), ValueError('b')
    a.__cause__, b.__cause__ = b, a
    assert not is_infrastructure_error(a)
