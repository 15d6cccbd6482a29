"""What the tests of the command line may ask for."""

import logging

import pytest

from tests.entrypoints.command_line import API_KEY, APP_KEY, CommandLine
from tocsin.demo import DatadogServer, demo_world


@pytest.fixture
def tocsin(tmp_path):
    """Return the command line in this process, with an empty store and no settings but where that is."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield CommandLine(tmp_path)
    root.handlers[:] = before
    root.setLevel(level)


@pytest.fixture
def datadog():
    """Return a running simulated Datadog whose shop is quiet."""
    with DatadogServer(demo_world(), api_key=API_KEY, app_key=APP_KEY) as server:
        yield server


@pytest.fixture
def settings(datadog):
    """Return the environment variables that point at the simulated Datadog."""
    return {"DATADOG_API_URL": datadog.url, "DATADOG_API_KEY": API_KEY, "DATADOG_APP_KEY": APP_KEY}


@pytest.fixture
def shop(tocsin, settings):
    """Return the command line with the settings for the simulated Datadog."""
    tocsin.environ |= settings
    return tocsin
