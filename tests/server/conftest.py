"""For tests of what each server has: a node of this process."""
import pytest
from helpers import node_at

@pytest.fixture
def node(tmp_path):
    with node_at(tmp_path, slots=2) as s: yield s
