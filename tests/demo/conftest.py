"""A small world, a server for it and a caller."""

from datetime import UTC, datetime

import pytest

from tests.demo.calls import API_KEY, APP_KEY, Caller
from tocsin.demo import DatadogServer, SimulatedClock, World

START = datetime(2026, 3, 2, 9, 0, 0, tzinfo=UTC)


@pytest.fixture
def clock():
    """Return a clock that stands at nine on a Monday morning."""
    return SimulatedClock(START)


@pytest.fixture
def world(clock):
    """Return an empty organisation."""
    return World(clock)


@pytest.fixture
def server(world):
    """Return a running server of that organisation."""
    with DatadogServer(world, api_key=API_KEY, app_key=APP_KEY) as running:
        yield running


@pytest.fixture
def ask(server):
    """Return a caller of that server."""
    caller = Caller(server)
    yield caller
    caller.close()


@pytest.fixture
def datadog(recordings):
    """Return the folder of recorded Datadog answers."""
    return recordings / "datadog"
