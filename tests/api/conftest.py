"""What the tests of the API may ask for."""

import pytest

from tests.api.client import Client
from tests.fakes import MemoryStore
from tocsin.domain.access import Scope


@pytest.fixture
def client():
    """Return an API on an empty store in memory, asked with an administrator's key."""
    return Client(MemoryStore())


@pytest.fixture
def sender(client):
    """Return the token of a key that may send alerts and nothing else."""
    return client.key("sender", Scope.ALERTS_WRITE)
