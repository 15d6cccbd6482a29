"""What tests of channels may ask for."""

import pytest

from tests.provider import provider as serving_provider
from tocsin.channels.outbound import Outbound


@pytest.fixture
def provider():
    """Return a provider on this machine."""
    with serving_provider() as one:
        yield one


@pytest.fixture
def outbound():
    """Return a way out to this machine."""
    return Outbound(("127.0.0.0/8",), seconds=5.0)
