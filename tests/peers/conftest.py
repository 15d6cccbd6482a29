"""What the tests against real senders may ask for."""

import pytest

from tests.peers import street as peers


@pytest.fixture(scope="session")
def senders():
    """Return where Prometheus and Alertmanager are, or skip aloud where there are none."""
    folder = peers.programs()
    if folder is None:
        pytest.skip("Prometheus and Alertmanager are started by 'make peers' alone")
    return folder


@pytest.fixture
def a_street(senders, tmp_path):
    """Return what builds a street, started; everything ends with the test."""
    built = []

    def build(**how):
        built.append(peers.Street(senders, tmp_path, **how))
        return built[-1].start()

    yield build
    for one in built:
        one.close()
