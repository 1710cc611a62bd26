"""For tests of the wire: a node and managers of this process, of ours and of the original's kind."""
import os, shutil, sys
import pytest
from cjm_jobtrack.pipelines.pipeline import SHIPPED
from cut_proxy import CutProxy
from helpers import node_at, write_pipelines
from original_node import OriginalNode, Served as Imitation
from wire import WRAPPER, managed, node_of, until

@pytest.fixture(scope='module')
def v1(tmp_path_factory):
    "A node with the shipped pipeline of the original, two slots."
    home = tmp_path_factory.mktemp('v1')
    (home/'bin').mkdir()
    (home/'bin/python').symlink_to(sys.executable)
    write_pipelines(home/'pipelines')
    shutil.copy(SHIPPED/'original.toml', home/'pipelines')
    with pytest.MonkeyPatch.context() as m:
        m.setenv('PATH', f'{home/"bin"}:{os.environ["PATH"]}')
        with node_at(home, home/'pipelines', slots=2) as s:
            (s.node.workspace/'pipeline_wrapper.py').write_text(WRAPPER)
            yield s

@pytest.fixture
def node(tmp_path):
    with node_at(tmp_path, slots=2) as s: yield s

@pytest.fixture(scope='module')
def ours(tmp_path_factory):
    "A manager with one node of ours, two slots, all pipelines."
    folder = tmp_path_factory.mktemp('ours')
    with node_of(folder) as n, managed(folder, check_every=5) as h:
        h.node, h.served, h.shed = n.node, n, h.add(n.url)
        yield h

@pytest.fixture
def old(tmp_path):
    "A manager with the imitation of an original node server."
    o = OriginalNode(tmp_path/'workspace')
    with Imitation(o.app) as s, managed(tmp_path, s.url) as h:
        h.original, h.served, h.shed = o, s, h.manager.directory.get('shed')
        yield h

@pytest.fixture
def cuttable(tmp_path):
    "A manager with a node of ours behind a network that can be cut."
    with node_of(tmp_path) as n, CutProxy(n.url) as net, managed(tmp_path, net.url) as h:
        h.node, h.served, h.net, h.shed, h.gate = n.node, n, net, h.manager.directory.get('shed'), tmp_path/'gate'
        until(lambda: h.manager.directory.is_online(h.shed), 'the node to be known')
        yield h
