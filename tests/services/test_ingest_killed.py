"""The process dies between any two calls to the store: what was answered is there, and a retry makes nothing twice."""

from itertools import count

import pytest

from tests.desk import Desk, at, fires, is_over, timers
from tests.fakes import MemoryStore
from tests.services.test_ingest import told
from tocsin.domain.alert import Source
from tocsin.domain.timeline import EventKind, replay
from tocsin.storage.json_store import JsonStore

AM = {"source": Source.ALERTMANAGER}
CALLS = frozenset({"touch", "alerts_named", "claims", "incidents", "draw_numbers", "commit_many"})


class Killed(BaseException):
    """Nothing that runs hears of a real one."""


class Mortal:
    """A store in whose use the process dies: before the call of this number, or after it."""

    def __init__(self, store, call, *, after, among=CALLS):
        self._store = store
        self._among = among
        self._call = call
        self._after = after
        self.calls = 0

    def __getattr__(self, name):
        asked = getattr(self._store, name)
        if name not in self._among:
            return asked

        def call(*args, **options):
            self.calls += 1
            dies = self.calls == self._call
            if dies and not self._after:
                raise Killed
            answer = asked(*args, **options)
            if dies:
                raise Killed
            return answer

        return call


def before(desk):
    """Bring about what the delivery finds: alerts that fire, one of them in an incident that is resolved."""
    desk.push(fires("repeated"), fires("worse"), fires("ends"), fires("again", service="shop"))
    desk.push(fires("over", service="mail"))
    desk.minute(1).push(is_over("over", 1, service="mail"), is_over("again", 1, service="shop"))
    desk.minute(7).service.tick()
    return desk.minute(8)


DELIVERIES = {
    "new": [fires("x"), fires("y", 8, service="web"), fires("z", 8, service="", expires_in=600.0)],
    "old": [
        fires("repeated", 8),
        fires("worse", 8, severity_word="critical"),
        is_over("ends", 8),
        fires("again", 8, service="shop"),
        is_over("unknown", 8),
    ],
    "one alert, several times": [fires("x", 8), is_over("x", 8.1), fires("x", 8.2), fires("repeated", 8.2)],
    "many": [fires(f"{number:03}", 8, service="web") for number in range(100)],
}


def outcome(desk):
    """Return what is true, but for numbers, versions and how often something was counted."""
    incidents = {one.id: one for one in desk.incidents()}
    rows = sorted(desk.store.alerts(Source.GENERIC), key=lambda row: row.key)
    found = []
    for incident in incidents.values():
        events = desk.store.timeline(incident.id)
        assert replay(incident, events) == incident
        assert incident.alerts.total == len(desk.store.alerts_of(incident.id))
        assert incident.alerts.firing_now == sum(row.firing for row in rows if row.incident_id == incident.id)
        kinds = sorted(event.kind for event in events if event.kind is not EventKind.ALERTS_CHANGED)
        found.append(
            (incident.correlation_key, incident.status, incident.severity, incident.alerts, incident.flaps, kinds)
        )
    waiting = [record.id.partition(":")[0] for record in timers(desk.store, at(99))]
    places = [
        (row.key, row.firing, incidents[row.incident_id].correlation_key if row.incident_id else "") for row in rows
    ]
    return sorted(found, key=str), places, sorted(waiting)


@pytest.mark.parametrize("after", [False, True], ids=["before a call", "after a call"])
@pytest.mark.parametrize("delivery", DELIVERIES)
def test_whenever_the_process_dies_the_retry_ends_as_if_it_had_not(tmp_path, delivery, after):
    """Every call in turn; the sender was not answered and sends all of it again, perhaps to another process."""
    items = DELIVERIES[delivery]
    undisturbed = before(Desk(MemoryStore()))
    undisturbed.push(*items)
    expected = outcome(undisturbed)
    for call in count(1):
        path = tmp_path / f"{call}.json"
        desk = before(Desk(JsonStore(path)))
        desk.store = mortal = Mortal(JsonStore(path), call, after=after)
        try:
            desk.push(*items)
        except Killed:
            desk.store = JsonStore(path)
            desk.push(*items)
        assert outcome(Desk(JsonStore(path))) == expected, call
        if mortal.calls < call:
            break
    assert call > 4


def test_what_was_answered_is_there_for_whoever_opens_the_file(tmp_path):
    """Each answer was durable when it was given."""
    path = tmp_path / "incidents.json"
    desk = before(Desk(JsonStore(path)))
    for items in DELIVERIES.values():
        for one in desk.push(*items).alerts:
            row = JsonStore(path).alerts_named(Source.GENERIC, [one.key])[one.key]
            assert row.incident_id == one.incident_id
            assert not one.incident_id or JsonStore(path).incident(one.incident_id) is not None


def test_a_store_that_fails_half_way_fails_the_delivery(desk):
    """And the next one is answered as the first would have been."""
    desk.store = Mortal(desk.store, 4, after=False)
    with pytest.raises(Killed):
        desk.push(fires("a"), fires("b", service="web"))
    desk.store = desk.store._store
    assert [reason for reason, _ in told(desk.push(fires("a"), fires("b", service="web")))] == ["opened", "opened"]
