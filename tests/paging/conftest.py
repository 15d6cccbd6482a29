"""What nights need: a provider on this machine, to which every message goes."""

import pytest

from tests.paging.town import Phones
from tests.provider import provider


@pytest.fixture(autouse=True, scope="session")
def switchboard():
    """Let every message go over HTTP, and be read where it arrives."""
    with provider() as there:
        Phones.switchboard = there
        yield there
        Phones.switchboard = None
