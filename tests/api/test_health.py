"""Whether it lives, and whether it can work."""

import pytest

from tests.api.client import Client
from tests.fakes import MemoryStore
from tocsin import __version__
from tocsin.domain.change import Change, Record, RecordWrite
from tocsin.errors import NoTable
from tocsin.services.heartbeats import HEARTBEAT, note_tick


def swept(client):
    record = Record(kind=HEARTBEAT, id="sweep:datadog", body={"at": client.now.isoformat()})
    write = RecordWrite(kind=record.kind, id=record.id, record=record)
    client.store.commit(Change(id=client.new_id(), at=client.now, records=(write,)))


def test_it_says_that_it_lives(client):
    """Without looking at anything, so that a store that is down does not end the process."""
    client.store.record = None
    reply = client.get("/health", token="")
    assert (reply.status, reply.json) == (200, {"status": "ok", "version": __version__})


@pytest.mark.parametrize("path", ["/ready", "/health/ready"])
def test_it_says_that_it_can_work(client, path):
    """Without a key: a load balancer has none."""
    reply = client.get(path, token="")
    assert reply.status == 200
    assert reply.json == {
        "status": "ok",
        "store": True,
        "lacks": [],
        "last_sweep": None,
        "last_sweep_seconds": None,
        "last_tick": None,
        "last_tick_seconds": None,
    }


def test_it_says_how_long_ago_it_last_swept_and_paged(client):
    """A sweep on AWS pages nobody: it says nothing of the pager."""
    swept(client)
    client.minutes(2)
    reply = client.get("/ready").json
    assert (reply["last_sweep_seconds"], reply["last_tick_seconds"]) == (120.0, None)
    note_tick(client.store, at=client.now, change_id="t")
    client.minutes(1)
    reply = client.get("/ready").json
    assert (reply["last_sweep_seconds"], reply["last_tick_seconds"]) == (180.0, 60.0)
    assert reply["last_tick"] == "2026-03-02T12:02:00Z"


def test_a_sweep_that_is_late_is_told_and_takes_nothing_down(client):
    """Alerts can be pushed all the same."""
    swept(client)
    client.minutes(16)
    note_tick(client.store, at=client.now, change_id="t")
    reply = client.get("/ready")
    assert (reply.status, reply.json["status"]) == (200, "late")


def test_a_pager_that_stopped_is_told_whatever_else_goes_on(client):
    """Sweeps, and ticks that somebody asks for, page nobody: they do not stand in for its rounds."""
    note_tick(client.store, at=client.now, change_id="t")
    client.minutes(16)
    swept(client)
    assert client.post("/api/v1/tick").status == 200
    assert client.get("/ready").json["status"] == "late"


def test_a_store_of_another_shape_is_not_ready():
    """It says what is missing."""
    client = Client(MemoryStore(), lacks=lambda: ["the index 'due' is missing or another"])
    reply = client.get("/ready")
    assert (reply.status, reply.json["status"], reply.json["store"]) == (503, "unready", True)
    assert reply.json["lacks"] == ["the index 'due' is missing or another"]


def test_a_store_that_is_not_there_is_not_ready():
    """And nothing is said of where it should be."""

    def gone():
        raise NoTable("there is no table tocsin-incidents in eu-central-1")

    reply = Client(MemoryStore(), lacks=gone).get("/ready")
    assert (reply.status, reply.json["status"], reply.json["store"]) == (503, "unready", False)
    assert b"tocsin-incidents" not in reply.body
