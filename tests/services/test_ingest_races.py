"""Many senders at once: each problem is one incident, nothing is lost, and everybody is told the same."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from tests import tables
from tests.desk import NOON, Desk, at, fires, is_over
from tests.services.test_ingest import told
from tests.services.test_losing_races import Between
from tocsin.domain.alert import Push, Source
from tocsin.domain.rules import Rules
from tocsin.errors import StoreBusy
from tocsin.ids import random_id
from tocsin.services.ingest import MOST_ROUNDS, ingest
from tocsin.storage.dynamodb_store import DynamoDbStore
from tocsin.storage.json_store import JsonStore

THREADS = 8


@pytest.fixture(params=["file", "files", "ministack"])
def doors(request, tmp_path):
    """Return what opens the same store again: in one process, as several, and as several on a table."""
    match request.param:
        case "file":
            store = JsonStore(tmp_path / "incidents.json")
            return lambda: store
        case "files":
            return lambda: JsonStore(tmp_path / "incidents.json")
        case _:
            client = request.getfixturevalue("ministack")
            table = tables.a_table(client)
            return lambda: DynamoDbStore(client, table)


def at_once(doors, deliveries):
    """Let each delivery be taken by a thread of its own, all at the same moment; return the reports."""
    barrier = Barrier(len(deliveries), timeout=60)

    def take(items):
        store = doors()
        push = Push(source=items[0].source, received_at=NOON, items=items)
        barrier.wait()
        return ingest(store, push, Rules(), clock=lambda: NOON, new_id=random_id)

    with ThreadPoolExecutor(len(deliveries)) as pool:
        return list(pool.map(take, deliveries))


def test_the_same_new_alerts_from_all_sides_are_one_incident_each(doors):
    """One of the deliveries opens; all name the same alerts and incidents, and every one is counted."""
    items = [fires(f"{number}", service=f"service {number % 3}") for number in range(6)]
    reports = at_once(doors, [items] * THREADS)
    desk = Desk(doors())
    assert len(desk.incidents()) == 3
    assert len({tuple((one.alert_id, one.incident_id) for one in report.items) for report in reports}) == 1
    assert sorted(one for report in reports for one in report.opened) == sorted(one.id for one in desk.incidents())
    assert [row.count for row in desk.store.alerts(Source.GENERIC)] == [THREADS] * 6
    assert [incident.alerts.total for incident in desk.incidents()] == [2] * 3


def test_different_alerts_of_one_service_all_get_into_its_incident(doors):
    """However they contend, nobody is turned away and nothing is counted twice."""
    at_once(doors, [[fires(f"{number}")] for number in range(THREADS)])
    desk = Desk(doors())
    assert (desk.only().alerts.total, desk.only().alerts.firing) == (THREADS, {"high": THREADS})
    assert len(desk.store.alerts_of("INC-1001")) in (THREADS, 0)
    assert len(desk.store.alerts_of(desk.only().id)) == THREADS


def test_an_end_and_repetitions_at_once_end_in_the_order_of_the_sender(doors):
    """The resolve is the newest that is said."""
    desk = Desk(doors())
    desk.push(fires("a"), fires("b"))
    repeated = [[fires("a", 1), fires("b", 1)]] * (THREADS - 1)
    at_once(doors, [*repeated, [is_over("a", 2), is_over("b", 2)]])
    assert [row.firing for row in desk.store.alerts(Source.GENERIC)] == [False, False]
    assert desk.only().recovered_at is not None
    assert desk.only().alerts.firing == {}


def test_whoever_is_always_beaten_is_told_to_send_it_again(desk):
    """A bounded number of rounds; what was done stays done."""
    desk.push(fires("a"), fires("other", service="web"))
    severities = ["critical", "low"] * MOST_ROUNDS
    mine = Desk(Between(desk.store, *(
        lambda minutes=minutes, word=word: desk.push(fires("a", minutes / 100, severity_word=word))
        for minutes, word in enumerate(severities)
    )))  # fmt: skip
    mine._ids, mine.now = desk._ids, at(5)
    with pytest.raises(StoreBusy) as busy:
        mine.push(is_over("a", 5), is_over("other", 5, service="web"))
    assert (str(busy.value), busy.value.retryable, busy.value.http_status) == (
        "others kept writing to 1 of the same alerts at the same time",
        True,
        503,
    )
    assert not desk.alert("s:other", Source.GENERIC).firing
    mine.store = desk.store
    assert told(mine.push(is_over("a", 5), is_over("other", 5, service="web"))) == [
        ("recovered", "INC-1001"),
        ("not_firing", "INC-1002"),
    ]
