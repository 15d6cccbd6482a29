"""What it costs: request units as the stand-in counts them, against the bars of the design."""

import random

import pytest

from tests import tables
from tests.builders import NOON, a_record, after, an_alert, an_incident, follows, of_alerts, of_records, opens, puts
from tests.chains import a_deed, a_log
from tests.desk import Desk, says
from tests.storage.transports import Metered, a_patient_store, bytes_of
from tocsin.domain.alert import Source
from tocsin.domain.change import AlertWrite
from tocsin.domain.incident import Status
from tocsin.domain.search import IncidentFilter
from tocsin.ids import random_id
from tocsin.services.moving import move

MESSAGE = (
    "{{#is_alert}}\nCheckout answers {{value}} % of its requests with an error, and customers cannot pay.\n"
    "Runbook: https://wiki.example.com/runbooks/checkout-errors\n"
    "Dashboard: https://app.datadoghq.com/dashboard/abc-def-ghi/checkout\n"
    "First look at the deploys of the last hour, then at the payment provider's status page. Do not restart the "
    "gateway: it loses the sessions of those who are paying. If the queue grows beyond 10,000, switch to the second "
    "provider by the feature flag payments.fallback, and tell the shop's support on #shop-support.\n"
    "{{/is_alert}} @slack-checkout-alerts @pagerduty-checkout"
)


def an_ordinary_alert(monitor, **more):
    """Build what Datadog says of an ordinary monitor that alerts: a long message, tags, a query."""
    tags = ("service:checkout", "env:production", "team:payments", "region:eu-central-1", "tier:1", "managed:terraform")
    links = {
        "runbook": "https://wiki.example.com/runbooks/checkout-errors",
        "monitor": f"https://app.datadoghq.com/monitors/{monitor}",
        "group": f"https://app.datadoghq.com/monitors/{monitor}?group=host%3Aweb-17",
    }
    query = (
        "sum(last_5m):sum:trace.flask.request.errors{env:production,service:checkout}.as_count() / sum:all{*} > 0.05"
    )
    return says(
        monitor,
        since=0,
        title="[checkout] Error rate is above 5 % in production",
        message=MESSAGE,
        team="payments",
        tags=tags,
        links=links,
        query=query,
        threshold=0.05,
        value=0.0731,
        priority=2,
        **more,
    )


@pytest.fixture
def counted(ministack):
    """Return a desk on a table of ministack, and the units that it uses."""
    units = Metered(ministack)
    desk = Desk(a_patient_store(units, tables.a_table(ministack)))
    desk.sweep()  # the first heartbeat
    units.written.clear()
    units.read.clear()
    return desk, units


def test_a_new_incident_takes_at_most_ten_write_units_and_three_for_its_page(counted):
    """Drawing its number, incident, list, event, alert and claim, and what pages; the sweep's own heartbeat is 2 more."""
    desk, units = counted
    desk.sweep()
    heartbeat = units.written.total()
    assert heartbeat == 2
    units.written.clear()
    report = desk.sweep(an_ordinary_alert(101))
    assert len(report.opened) == 1
    assert units.written.total() - heartbeat <= 13
    units.written.clear()
    assert len(desk.sweep(an_ordinary_alert(101), an_ordinary_alert(102), adopt=True).opened) == 1
    assert units.written.total() - heartbeat <= 10


def test_many_new_incidents_share_what_they_can(counted):
    """Numbers are drawn once a sweep: from the second on an incident takes at most nine, and three."""
    desk, units = counted
    report = desk.sweep(*(an_ordinary_alert(monitor) for monitor in range(100, 150)))
    assert len(report.opened) == 50
    assert units.written.total() <= 50 * (9 + 3) + 1 + 2


def test_a_steady_sweep_writes_nothing_but_its_heartbeat(counted):
    """Nothing changed, nothing is written: one item, twice a unit, since a transaction doubles it."""
    desk, units = counted
    desk.sweep(*(an_ordinary_alert(monitor) for monitor in range(100, 130)))
    units.written.clear()
    for minute in range(1, 6):
        assert not desk.minute(minute).sweep(*(an_ordinary_alert(monitor) for monitor in range(100, 130))).changed
    assert units.written == {"transact_write_items": 5 * 2}


def test_a_steady_sweep_reads_its_alerts_and_little_else(ministack):
    """2,000 active alerts and tombstones: read units are at most 1.2 times their size in 4 KB, all in one partition."""
    units = Metered(ministack)
    table = tables.a_table(ministack)
    desk = Desk(a_patient_store(units, table))
    desk.sweep(*(an_ordinary_alert(1, group=f"host:web-{number:04}") for number in range(2_000)))
    units.read.clear()
    desk.minute(1).sweep(*(an_ordinary_alert(1, group=f"host:web-{number:04}") for number in range(2_000)))
    read = units.read.total()
    size = sum(map(bytes_of, items_of(ministack, table, "ALERT#datadog")))
    assert size > 1_000_000
    assert read <= 1.2 * size / 4096


def items_of(client, table, pk):
    """Yield all items of a partition."""
    start = {}
    while True:
        answer = client.query(
            TableName=table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": pk}},
            **start,
        )
        yield from answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def test_what_people_do_costs_few_units(counted):
    """Acknowledging writes the incident, its list row, one item of events, and news; resolving ends the claim too."""
    desk, units = counted
    incident_id = desk.sweep(an_ordinary_alert(101)).opened[0]
    cost = {}
    for what in ("acknowledge", "resolve"):
        units.written.clear()
        getattr(desk.service, what)(incident_id, by="ada")
        cost[what] = units.written.total()
    assert cost["acknowledge"] <= 5 + 3
    # The list row moves, which is two writes; and the month is noted once.
    assert cost["resolve"] <= 2 + 2 + 2 + 2 + 1 + 3


def test_events_of_one_change_share_an_item(counted):
    """However many events a change writes of an incident, they are one item and one action."""
    desk, units = counted
    incident = an_incident(77)
    one = opens(incident)
    desk.store.commit(one)
    units.written.clear()
    moved = follows(after(one))
    several = tuple(moved.events[0].model_copy(update={"ordinal": number}) for number in range(6))
    desk.store.commit(moved.model_copy(update={"events": several}))
    assert units.written.total() == 2 + 1 + 2
    assert len(desk.store.timeline(incident.id)) == 7


def test_a_long_description_does_not_make_every_write_dearer(counted):
    """A text of two kilobytes, deflated, leaves an incident in its first kilobyte."""
    desk, units = counted
    desk.store.commit(opens(an_incident(77, description=MESSAGE * 2)))
    assert units.written.total() == 2 + 1 + 2


def test_a_list_page_reads_what_it_shows(counted):
    """The first page of many incidents reads its own rows, and not the rest."""
    desk, units = counted
    dice = random.Random(1)
    changes = [
        opens(an_incident(number, status=dice.choice([Status.DETECTED, Status.RESOLVED]), description="x" * 300))
        for number in range(2_000, 2_400)
    ]
    desk.store.commit_many(changes)
    units.read.clear()
    assert len(desk.service.incidents()) == 400
    everything = units.read.total()
    units.read.clear()
    assert len(desk.store.find(IncidentFilter(), limit=20).incidents) == 20
    assert units.read.total() < everything / 4


def test_a_duplicate_that_changes_nothing_costs_nothing(counted):
    """What is already there conflicts or is recognised, and no write unit is used."""
    desk, units = counted
    change = opens(an_incident(77), alerts=[AlertWrite(alert=an_alert())])
    desk.store.commit(change)
    units.written.clear()
    desk.store.commit(change)
    desk.store.commit(of_alerts(change_id="nothing", when=NOON))
    assert desk.store.alerts(Source.DATADOG)
    assert units.written.total() == 0


def test_a_timer_costs_one_unit_for_its_index(counted):
    """A record with a due time takes a row of keys in the due index; without one it takes none."""
    desk, units = counted
    desk.store.commit(of_records(puts(a_record("plain", body={"x": "y" * 400})), change_id="plain"))
    assert units.written.total() == 2
    units.written.clear()
    desk.store.commit(of_records(puts(a_record("due", due_at=NOON, body={"x": "y" * 1_500})), change_id="due"))
    assert units.written.total() == 3


def units_of_moving(client, incidents):
    """Return the read units that moving so many firing incidents from one table to another takes, on both."""
    units = Metered(client)
    source, target = (a_patient_store(units, tables.a_table(client)) for _ in range(2))
    Desk(source).sweep(*(an_ordinary_alert(100 + number) for number in range(incidents)))
    units.read.clear()
    assert move(source, target, now=NOON, new_id=random_id).verified
    return units.read.total()


def test_moving_twice_as_much_reads_twice_as_much(ministack):
    """Reading all that fires with each incident would be four times as much."""
    assert units_of_moving(ministack, 60) <= 2.1 * units_of_moving(ministack, 30)


def test_an_entry_of_the_audit_log_costs_four_units(counted):
    """Itself and the head, in a transaction; to find the head takes one."""
    desk, units = counted
    log = a_log(desk.store, 1)
    units.written.clear()
    units.read.clear()
    log.commit(a_deed(2, role="admin"))
    assert (sum(units.written.values()), sum(units.read.values())) == (4, 1)
