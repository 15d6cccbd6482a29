"""A move copies what was pushed as it is: how often it came, when it runs out, and ends that nobody knew."""

import pytest

from tests.desk import Desk, at, fires, is_over
from tests.fakes import MemoryStore
from tests.services.test_ingest import told
from tests.services.test_moving import desk_at, moved
from tocsin.domain.alert import Source
from tocsin.services.idempotency import IDEMPOTENCY, Idempotency, Once
from tocsin.storage.json_store import JsonStore

AM = {"source": Source.ALERTMANAGER}


def filled(store):
    """Fill a store with alerts that were pushed: counted, ended, over unknown, running out, ended by hand."""
    desk = Desk(store)
    desk.push(fires("counted"), fires("runs out", expires_in=600.0), fires("ends"), fires("by hand", service="web"))
    desk.push(fires("p", since=0, **AM))
    desk.minute(1).push(fires("counted", 1), is_over("ends", 1), is_over("unknown", 1))
    desk.minute(2).push(fires("counted", 2))
    desk.push(fires("p", since=0, **AM))
    once = Once(Idempotency.of("ci", "k1", "POST"), lambda incident: {"id": incident.id})
    desk.service.resolve("INC-1002", by="ann", once=once)
    return store


def held(store):
    """Return all rows of all sources, and all timers and answers."""
    rows = [row for source in Source for row in store.alerts_page(source, limit=99)]
    return rows, list(store.records("timer", limit=99)), list(store.records(IDEMPOTENCY, limit=99))


@pytest.fixture(params=["file", "memory"])
def source(request, tmp_path):
    """Return a store that can list its records, and one that cannot."""
    return filled(JsonStore(tmp_path / "source.json") if request.param == "file" else MemoryStore())


def test_rows_counts_ends_and_timers_are_there_as_they_were(source, quick_store):
    """And both digests say so."""
    report = moved(source, quick_store, now=at(3))
    assert (report.verified, report.newer) == (True, ())
    assert held(quick_store) == held(source)
    rows, timers, answers = held(quick_store)
    assert sorted(row.count for row in rows) == [0, 1, 1, 1, 2, 3]
    assert ([one.due_at for one in timers], len(answers)) == ([at(10)], 1)
    assert moved(source, quick_store, now=at(3)).written == 0


def test_what_was_moved_goes_on_as_if_it_had_not_been(source, quick_store):
    """Repetitions are counted, late news is late, and what is not repeated runs out."""
    moved(source, quick_store, now=at(3))
    desk = desk_at(quick_store, 1_000).minute(4)
    assert told(desk.push(fires("counted", 4), fires("unknown", 0.5))) == [
        ("deduplicated", "INC-1001"),
        ("out_of_order", ""),
    ]
    assert desk.alert("s:counted", Source.GENERIC).count == 4
    desk.minute(10).service.tick()
    assert not desk.alert("s:runs out", Source.GENERIC).firing
