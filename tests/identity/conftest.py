"""What the tests of signing in from outside may ask for."""

import pytest

from tests.identity.issuer import Issuer


@pytest.fixture
def issuer():
    """Return an issuer that runs as long as the test does."""
    with Issuer() as running:
        yield running
