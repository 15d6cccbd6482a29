"""What a server does when the command line asks it to: it reads its Datadog, and does what is due."""

import re

import pytest

from tests.entrypoints.command_line import APP_KEY
from tests.entrypoints.serving import served
from tocsin.demo import MonitorId
from tocsin.demo.faults import ServerError
from tocsin.entrypoints.api_handler import ApiHandler
from tocsin.entrypoints.wsgi import Application


@pytest.fixture
def reading(tocsin, store, settings, quiet_logs):
    """Return the command line with a server that reads the simulated Datadog; it has none of those keys itself."""
    environ = settings | {"REQUESTS_PER_SECOND": "0"}
    handler = ApiHandler(
        environ, clock=lambda: tocsin.now, new_id=tocsin.wiring.new_id, store=store, sleep=lambda _seconds: None
    )
    made = tocsin("key", "create", "laptop", "--scope", "admin", "--store", f"json:{tocsin.folder / 'served.json'}")
    with served(Application(handler, clock=lambda: tocsin.now, new_id=tocsin.wiring.new_id)) as running:
        tocsin.environ |= {"TOCSIN_API_KEY": made.out.strip(), "TOCSIN_SERVER": running.url}
        yield tocsin


def own(text):
    """Return the lines of a command: the log of a server in the same process goes where it goes."""
    return [line for line in text.splitlines() if not line.startswith(('{"level"', "error: a request"))]


def test_a_server_syncs_when_it_is_asked_to(reading, datadog, store):
    """What is said is what a sync here would say."""
    datadog.world.trigger(MonitorId.CHECKOUT_ERRORS)
    dry = reading("sync", "--dry-run")
    assert (dry.status, "Would open 1" in dry.out) == (0, True)
    said = reading("sync", "--json")
    assert (said.status, said.json["opened"], said.json["changed"]) == (0, ["INC-1001"], True)
    assert store.incident("INC-1001") is not None
    datadog.world.trigger(MonitorId.HOST_CPU)
    shown = reading("sync")
    assert "Opened 1" in shown.out
    assert store.incident("INC-1002").title in shown.out


def test_a_server_can_be_watched(reading, datadog):
    """Again and again; errors of its Datadog end nothing once it worked."""
    datadog.world.trigger(MonitorId.CHECKOUT_ERRORS)
    naps = []

    def sleep(seconds):
        naps.append(seconds)
        if len(naps) == 1:
            datadog._keys = ("another" * 4, APP_KEY)
        else:
            raise KeyboardInterrupt

    reading.sleep = sleep
    said = reading("sync", "--watch", "60", "--json")
    assert (said.status, naps) == (130, [60.0, 60.0])
    assert [line[:22] for line in own(said.out)] == ['{"source": "datadog", ']
    assert "trying again in" in said.err


def test_a_datadog_that_the_server_cannot_read_is_said_so_with_the_status_of_a_sync(reading, datadog):
    """In its own words, after one try: the server has made the others."""
    datadog.faults.always(ServerError(503))
    said = reading("sync")
    first, hint = own(said.err)
    assert (said.status, own(said.out), reading.slept) == (3, [], [])
    assert re.match(r"tocsin: Datadog \(127.0.0.1:.* has trouble \(503\)", first)
    assert hint.startswith("  ")


def test_a_sweep_that_broke_off_there_has_the_status_of_one_here(reading, datadog):
    """And says so."""
    datadog.faults.next(ServerError(), count=None, after=1)
    said = reading("sync")
    assert (said.status, "INCOMPLETE" in said.out.upper()) == (3, True)


def test_a_server_without_keys_of_datadog_says_so(remote):
    """As a command without them does, with where to set them."""
    said = remote("sync")
    assert (said.status, "has no keys of Datadog" in said.err) == (2, True)
    assert "Set DATADOG_API_KEY" in said.err


def test_a_server_does_what_is_due(remote):
    """When it is asked to."""
    incident_id = remote.opened()
    remote("snooze", incident_id, "1h")
    remote.minutes(61)
    assert remote("tick").out == f"Paging again: {incident_id}\n"
    assert "Nothing to resolve" in remote("tick").err
