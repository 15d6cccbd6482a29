"""What the tests of the API may ask for."""

import pytest

from tests.api.client import Client
from tests.fakes import MemoryStore


@pytest.fixture
def client():
    """Return an API on an empty store in memory, asked with an administrator's key."""
    return Client(MemoryStore())
