"""What the tests of the command line may ask for."""

import logging

import pytest

from tests.entrypoints.command_line import API_KEY, APP_KEY, CommandLine
from tests.entrypoints.function import Function
from tests.entrypoints.scripted_server import scripted_servers
from tests.entrypoints.serving import served
from tocsin.demo import DatadogServer, demo_world
from tocsin.entrypoints.api_handler import ApiHandler
from tocsin.entrypoints.wsgi import Application
from tocsin.storage.json_store import JsonStore


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


@pytest.fixture
def quiet_logs():
    """Leave logging as it was found: the function's log is one for the whole process."""
    loggers = [logging.getLogger(), logging.getLogger("tocsin")]
    before = [(one, list(one.handlers), one.level, one.propagate) for one in loggers]
    yield
    for one, handlers, level, propagate in before:
        one.handlers[:] = handlers
        one.setLevel(level)
        one.propagate = propagate


@pytest.fixture
def environ(settings, tmp_path):
    """Return the environment of a function that keeps its incidents in a file, and logs what it does."""
    return settings | {"INCIDENTS_FILE": str(tmp_path / "incidents.json"), "LOG_LEVEL": "INFO"}


@pytest.fixture
def function(environ):
    """Return a function on a file, with the keys in its environment."""
    return Function(environ)


@pytest.fixture
def store(tocsin):
    """Return the store that is served."""
    opened = JsonStore(tocsin.folder / "served.json")
    yield opened
    opened.close()


@pytest.fixture
def server(tocsin, store, quiet_logs):
    """Return a server on a store of its own, whose clock is that of the command line."""
    environ = {"REQUESTS_PER_SECOND": "0"}
    handler = ApiHandler(environ, clock=lambda: tocsin.now, new_id=tocsin.wiring.new_id, store=store)
    with served(Application(handler, clock=lambda: tocsin.now, new_id=tocsin.wiring.new_id)) as running:
        yield running


@pytest.fixture
def remote(tocsin, server):
    """Return the command line with a key of the server, and the server set."""
    made = tocsin("key", "create", "laptop", "--scope", "admin", "--store", f"json:{tocsin.folder / 'served.json'}")
    tocsin.environ |= {"TOCSIN_API_KEY": made.out.strip(), "TOCSIN_SERVER": server.url}
    return tocsin


@pytest.fixture
def scripted():
    """Return a function that starts a server with answers; it returns the address and what came."""
    with scripted_servers() as start:
        yield start
