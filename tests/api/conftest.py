"""What the tests of the API may ask for."""

import pytest

from tests.api.browser import Browser
from tests.api.client import Client
from tests.fakes import MemoryStore
from tests.identity.issuer import Issuer
from tocsin.domain.access import Scope


@pytest.fixture
def client():
    """Return an API on an empty store in memory, asked with an administrator's key."""
    return Client(MemoryStore())


@pytest.fixture
def sender(client):
    """Return the token of a key that may send alerts and nothing else."""
    return client.key("sender", Scope.ALERTS_WRITE)


@pytest.fixture
def issuer():
    """Return an issuer that runs as long as the test does."""
    with Issuer() as running:
        yield running


@pytest.fixture
def browser(issuer):
    """Return somebody in front of an API on an empty store, who signs in with it."""
    return Browser(MemoryStore(), issuer)
