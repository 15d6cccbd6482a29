"""A person resolves what its senders may never end: their alerts end with it, and what fires afterwards is new."""

import pytest

from tests.desk import at, fires, is_over, says, timers
from tests.services.test_ingest import told
from tests.services.test_losing_races import disturbed
from tocsin.domain.alert import Source
from tocsin.domain.change import MOST_ALERTS
from tocsin.domain.decision import Reason
from tocsin.domain.editing import Edit
from tocsin.domain.ending import room
from tocsin.domain.incident import MOST_MERGED, Status
from tocsin.domain.timeline import EventKind, replay
from tocsin.errors import Conflict, PreconditionFailed
from tocsin.services.idempotency import AnsweredBefore, Idempotency, Once
from tocsin.storage.dynamodb_write import MOST_ACTIONS

AM = {"source": Source.ALERTMANAGER}


def generic(desk):
    return sorted(desk.store.alerts(Source.GENERIC), key=lambda one: one.key)


@pytest.mark.parametrize("source", [Source.GENERIC, Source.ELASTIC])
def test_what_fires_after_a_persons_resolve_is_a_new_episode(desk, source):
    """It opens a new incident that links the one before; no repetition is swallowed."""
    desk.push(fires(source=source))
    desk.minute(1).service.resolve("INC-1001", by="ann")
    row = desk.alert("s:a", source)
    assert (row.ended_at, row.ended_by, row.firing) == (at(1), Reason.BY_HAND, False)
    assert told(desk.minute(2).push(fires(minutes=2, source=source))) == [("opened", "INC-1002")]
    first, second = desk.incidents()
    assert (first.status, first.alerts.firing, second.previous_incident) == (Status.RESOLVED, {}, "INC-1001")


def test_the_ends_come_first_and_the_resolve_last_in_one_change(desk):
    """The timeline says whose end it was, and is complete."""
    desk.push(fires("a"), fires("b"))
    desk.minute(1).service.resolve("INC-1001", by="ann", root_cause="dns")
    events = desk.service.timeline("INC-1001")
    assert [(one.version, one.kind, one.by) for one in events[1:]] == [
        (1, EventKind.ALERTS_ENDED, "ann"),
        (1, EventKind.RESOLVED, "ann"),
    ]
    assert (events[1].reason, events[1].alerts) == (Reason.BY_HAND, ("s:a", "s:b"))
    incident = desk.only()
    assert replay(incident, events) == incident
    assert (incident.revision, incident.root_cause) == (1, "dns")
    assert [one.ended_by for one in desk.store.alerts_of("INC-1001")] == [Reason.BY_HAND] * 2


def test_the_very_same_news_is_late_for_two_minutes_and_new_after_that(desk):
    """A script may send the start of its alert for as long as that lasts; a delivery may have been on its way."""
    desk.push(fires(minutes=0))
    desk.minute(1).service.resolve("INC-1001", by="ann")
    assert told(desk.minute(3).push(fires(minutes=0))) == [("out_of_order", "INC-1001")]
    assert told(desk.minute(3.1).push(fires(minutes=-1))) == [("out_of_order", "INC-1001")]
    assert told(desk.push(fires(minutes=0))) == [("opened", "INC-1002")]


def test_what_an_alertmanager_will_end_is_covered_until_then(desk):
    """Of an incident that both have reported only the other's alerts end."""
    desk.push(fires("p", since=0, **AM), fires("q", since=0, **AM))
    desk.push(fires("a"))
    desk.minute(1).service.resolve("INC-1001", by="ann")
    assert [one.firing for one in desk.store.alerts(Source.ALERTMANAGER)] == [True, True]
    assert [one.firing for one in generic(desk)] == [False]
    assert desk.only().alerts.firing == {"high": 2}
    assert told(desk.minute(2).push(fires("p", since=0, **AM))) == [("deduplicated", "INC-1001")]
    assert told(desk.push(fires("a", 2))) == [("opened", "INC-1002")]


def test_an_edit_that_resolves_ends_them_too(desk):
    """However a person says it."""
    desk.push(fires())
    desk.service.edit("INC-1001", Edit(status=Status.RESOLVED), by="ann")
    assert told(desk.minute(1).push(fires(minutes=1))) == [("opened", "INC-1002")]


def test_no_other_move_ends_anything(desk):
    """Nor does resolving twice, or adding a root cause later."""
    desk.push(fires("a"), fires("p", since=0, **AM))
    desk.service.acknowledge("INC-1001", by="ann")
    assert [one.firing for one in generic(desk)] == [True]
    desk.service.resolve("INC-1001", by="ann")
    version = desk.only().version
    desk.service.resolve("INC-1001", by="ann")
    assert desk.only().version == version
    desk.service.resolve("INC-1001", by="ann", root_cause="dns")
    assert desk.only().version == version + 1


def test_an_incident_of_a_monitor_is_resolved_as_ever(desk):
    """Nothing more is read or written."""
    desk.sweep(says(1, since=0))
    desk.push(fires())
    desk.service.resolve("INC-1001", by="ann")
    assert [one.firing for one in generic(desk)] == [True]


def test_what_was_merged_ends_with_the_survivor(desk):
    """Also where only that has such alerts."""
    desk.sweep(says(1, since=0))
    desk.push(fires("a"))
    desk.service.merge("INC-1002", "INC-1001", by="ann")
    assert [one.firing for one in generic(desk)] == [True]
    desk.minute(1).service.resolve("INC-1001", by="ann")
    assert [one.firing for one in generic(desk)] == [False]
    assert desk.service.incident("INC-1001").alerts.firing == {"high": 1}
    assert told(desk.minute(2).push(fires("a", 2)))[0][0] == "opened"


@pytest.mark.parametrize("expires_in", [None, 3600.0], ids=["plain", "with timers"])
def test_hundreds_end_in_a_chain_of_changes(desk, expires_in):
    """Each valid alone, the resolve in the last one; nothing is left behind, timers neither."""
    desk.push(*(fires(f"{number:03}", expires_in=expires_in) for number in range(100)))
    before = desk.only().version
    desk.minute(1).service.resolve("INC-1001", by="ann")
    incident = desk.only()
    assert (incident.status, incident.alerts.firing, incident.revision) == (Status.RESOLVED, {}, 1)
    assert incident.version - before == (3 if expires_in is None else 4)
    assert not any(one.firing for one in generic(desk))
    assert timers(desk.store, at(9_999)) == []
    assert replay(incident, desk.service.timeline("INC-1001")) == incident


def test_a_chain_that_broke_off_is_finished_by_the_next_attempt(desk):
    """In between the incident is open, and fewer alerts of it fire; the revision that was seen still holds."""
    desk.push(*(fires(f"{number:03}") for number in range(100)))

    class Killed(Exception):
        pass

    def die():
        raise Killed

    service = disturbed(desk, lambda: None, die)
    with pytest.raises(Killed):
        service.resolve("INC-1001", by="ann", expected_revision=0)
    incident = desk.only()
    assert (incident.status, incident.alerts.firing_now, incident.revision) == (Status.DETECTED, 100 - MOST_ALERTS, 0)
    assert sum(one.firing for one in generic(desk)) == 100 - MOST_ALERTS
    desk.service.resolve("INC-1001", by="ann", expected_revision=0)
    assert desk.only().status is Status.RESOLVED
    with pytest.raises(PreconditionFailed):
        desk.service.resolve("INC-1001", by="ann", expected_revision=0)


def test_an_alert_that_joins_in_the_middle_is_ended_as_well(desk):
    """The person resolves what fires then; the read is made again."""
    desk.push(fires("a"))
    service = disturbed(desk, lambda: desk.push(fires("b")))
    service.resolve("INC-1001", by="ann")
    assert [one.firing for one in generic(desk)] == [False, False]
    assert desk.only().alerts.firing == {}


def test_a_repetition_in_the_middle_is_no_reason_to_give_up(desk):
    """It is counted, and the row is read again."""
    desk.push(fires("a"))
    service = disturbed(desk, *(lambda minutes=minutes: desk.push(fires("a", minutes)) for minutes in (1, 2, 3)))
    service.resolve("INC-1001", by="ann")
    assert [(one.firing, one.count) for one in generic(desk)] == [(False, 4)]


def test_what_never_stops_repeating_is_told(desk):
    """After a bounded number of attempts; nothing of the resolve is written."""
    desk.push(fires("a"))
    service = disturbed(desk, *(lambda minutes=minutes: desk.push(fires("a", minutes)) for minutes in range(1, 9)))
    with pytest.raises(Conflict):
        service.resolve("INC-1001", by="ann")
    assert desk.only().active


def test_a_request_that_comes_twice_resolves_once(desk):
    """The answer is kept in the change that resolves."""
    desk.push(fires("a"))
    once = Once(Idempotency.of("ci", "k1", "POST"), lambda incident: {"status": incident.status.value})
    desk.service.resolve("INC-1001", by="ann", once=once)
    assert told(desk.minute(1).push(fires("a", 1))) == [("opened", "INC-1002")]
    with pytest.raises(AnsweredBefore) as repeat:
        desk.service.resolve("INC-1001", by="ann", once=once)
    assert repeat.value.answer == {"status": "resolved"}
    assert [one.firing for one in generic(desk)] == [True]


@pytest.mark.parametrize("timed", [False, True])
@pytest.mark.parametrize("merged", [0, 1, MOST_MERGED])
def test_every_change_stays_under_what_a_transaction_takes(desk, timed, merged):
    """Row, episode and timer of each alert, a claim for each that was taken over, and what the resolve writes itself."""
    desk.push(fires(expires_in=3600.0 if timed else None))
    incident = desk.only().model_copy(update={"merged": tuple(f"INC-{number}" for number in range(merged))})
    most, last = room(incident, generic(desk))
    each = 3 if timed else 2
    assert 1 <= last <= most <= MOST_ALERTS
    assert each * most + 3 <= MOST_ACTIONS
    assert each * last + 2 + 3 + 1 + 1 + merged <= MOST_ACTIONS


def test_a_person_may_resolve_what_is_quiet(desk):
    """Nothing fires: nothing is read."""
    desk.push(fires("a"))
    desk.minute(1).push(is_over("a", 1))
    desk.minute(2).service.resolve("INC-1001", by="ann")
    assert desk.only().status is Status.RESOLVED
