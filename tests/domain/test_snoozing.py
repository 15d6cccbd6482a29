"""A snooze holds the pages of what somebody knows of, until he wants to be reminded."""

from datetime import datetime, timedelta, timezone

import pytest

from tests.desk import NOON, at, says, timers
from tocsin.domain.incident import Status
from tocsin.domain.rules import AutoResolve
from tocsin.domain.timeline import EventKind, replay
from tocsin.errors import IllegalMove, InvalidInput

ONE = "INC-1001"


def kinds(desk):
    return [event.kind for event in desk.service.timeline(ONE)]


@pytest.fixture
def burning(desk):
    """Return a desk with one incident of one alert, which pages since noon."""
    desk.sweep(says(1, group="host:a", since=0))
    assert desk.only().paging
    return desk


def test_a_snooze_holds_the_pages_until_its_time_and_then_pages_anew(burning):
    """Nobody had acknowledged it: the escalation begins from its first step."""
    burning.minute(1).service.snooze(ONE, at(30), by="ann")
    assert not burning.only().paging
    assert burning.minute(29).service.tick().cycles_started == ()
    assert burning.minute(30).service.tick().cycles_started == (ONE,)
    incident = burning.only()
    assert (incident.paging, incident.cycles, incident.snoozed_until, incident.status) == (
        True,
        2,
        None,
        Status.DETECTED,
    )
    assert kinds(burning)[-3:] == [EventKind.SNOOZED, EventKind.SNOOZE_ENDED, EventKind.CYCLE_STARTED]
    assert replay(incident, burning.service.timeline(ONE)) == incident
    assert timers(burning.store, at(600)) == []


def test_what_was_acknowledged_pages_again_when_its_snooze_is_over(burning):
    """It was a reminder: nobody has resolved it."""
    burning.service.acknowledge(ONE, by="ann")
    burning.service.snooze(ONE, at(30), by="ann")
    burning.minute(30).service.tick()
    assert burning.only().paging


def test_acknowledging_keeps_the_reminder_and_beginning_to_work_ends_it(burning):
    """Somebody is on it now."""
    burning.service.snooze(ONE, at(30), by="ann")
    assert burning.service.acknowledge(ONE, by="ann").snoozed_until == at(30)
    assert burning.service.start(ONE, by="ann").snoozed_until is None
    assert burning.minute(31).service.tick().cycles_started == ()
    assert not burning.only().paging


def test_work_in_progress_can_be_snoozed(burning):
    """Waiting for somebody's answer, say."""
    burning.service.start(ONE, by="ann")
    burning.service.snooze(ONE, at(30), by="ann")
    assert burning.service.start(ONE, by="ann").snoozed_until == at(30)
    burning.minute(30).service.tick()
    assert burning.only().paging


def test_more_of_the_same_is_held_and_not_forgotten(burning):
    """A second host of the same severity is what was snoozed; its cycle starts, and is held."""
    burning.service.acknowledge(ONE, by="ann")
    burning.service.snooze(ONE, at(30), by="ann")
    burning.minute(5).sweep(says(1, group="host:a", since=0), says(1, group="host:b", since=5))
    incident = burning.only()
    assert (incident.cycles, incident.paging, incident.snoozed_until) == (2, False, at(30))
    assert "held by the snooze until 12:30:00 UTC" in burning.service.timeline(ONE)[-1].text
    burning.minute(30).service.tick()
    assert burning.only().paging


def test_worse_than_what_was_snoozed_ends_the_snooze_and_pages(burning):
    """Nobody could know of it when he snoozed."""
    burning.service.acknowledge(ONE, by="ann")
    burning.service.snooze(ONE, at(30), by="ann")
    burning.minute(5).sweep(
        says(1, group="host:a", since=0), says(1, group="host:b", since=5, priority=1), complete=False
    )
    incident = burning.only()
    assert (incident.severity, incident.paging, incident.snoozed_until) == ("critical", True, None)
    assert burning.minute(31).service.tick().cycles_started == ()


def test_worse_than_what_was_snoozed_pages_what_nobody_had_acknowledged(burning):
    """The cycle that was held does not go on from where it was: a new one starts."""
    burning.service.snooze(ONE, at(30), by="ann")
    burning.minute(5).sweep(says(1, group="host:a", since=0, priority=1))
    assert (burning.only().paging, burning.only().cycles) == (True, 2)


def test_back_to_what_it_was_when_it_was_snoozed_is_not_worse(burning):
    """It got milder meanwhile, and then as bad again as everybody knew."""
    burning.service.snooze(ONE, at(30), by="ann")
    burning.minute(5).sweep(says(1, group="host:a", since=0, priority=4))
    assert burning.only().severity == "low"
    burning.minute(6).sweep(says(1, group="host:a", since=0, priority=2))
    assert (burning.only().severity, burning.only().snoozed_until) == ("high", at(30))


def test_a_person_who_raises_the_severity_ends_the_snooze_too(burning):
    """Whoever says that it is worse wants it heard."""
    burning.service.snooze(ONE, at(30), by="ann")
    incident = burning.service.set_severity(ONE, "critical", by="bo")
    assert (incident.snoozed_until, incident.paging, incident.revision) == (None, True, 2)


def test_ending_a_snooze_by_hand_pages_only_what_nobody_acknowledged(burning):
    """Who ends it is there."""
    burning.service.snooze(ONE, at(30), by="ann")
    assert burning.service.unsnooze(ONE, by="ann").paging
    burning.service.acknowledge(ONE, by="ann")
    burning.service.snooze(ONE, at(40), by="ann")
    incident = burning.service.unsnooze(ONE, by="ann")
    assert (incident.paging, incident.snoozed_until) == (False, None)
    assert burning.service.unsnooze(ONE, by="ann") == incident
    assert burning.minute(50).service.tick().cycles_started == ()


def test_a_later_snooze_moves_it_and_the_same_one_writes_nothing(burning):
    """One timer an incident."""
    burning.service.snooze(ONE, at(30), by="ann")
    burning.service.snooze(ONE, at(60), by="bo")
    before = burning.only()
    assert burning.service.snooze(ONE, at(60), by="cy") == before
    assert burning.minute(45).service.tick().cycles_started == ()
    assert burning.minute(60).service.tick().cycles_started == (ONE,)


def test_a_snoozed_incident_resolves_by_itself_as_ever(burning):
    """And its timer goes with it."""
    burning.service.snooze(ONE, at(30), by="ann")
    burning.minute(5).sweep(says(1, "OK", "host:a", since=0, resolved=5))
    assert burning.minute(10).service.tick().resolved == (ONE,)
    assert burning.only().snoozed_until is None
    assert timers(burning.store, at(600)) == []


def test_what_is_about_to_resolve_by_itself_is_awaited(burning):
    """A page for what is over soon wakes somebody for nothing; but if it fires again, it is not forgotten."""
    burning.service.acknowledge(ONE, by="ann")
    burning.service.snooze(ONE, at(30), by="ann")
    burning.minute(28).sweep(says(1, "OK", "host:a", since=0, resolved=28))
    assert burning.minute(30).service.tick().cycles_started == ()
    assert burning.only().snoozed_until == at(30)
    burning.minute(31).sweep(says(1, group="host:a", since=31, resolved=28))
    assert not burning.only().paging
    assert burning.minute(36).service.tick().cycles_started == (ONE,)
    assert burning.only().paging


def test_what_recovered_but_waits_for_a_person_pages(desk):
    """Nobody has resolved it, and no machine will."""
    desk.with_rules(auto_resolve=AutoResolve.NEVER).sweep(says(1, since=0))
    desk.service.snooze(ONE, at(30), by="ann")
    desk.minute(5).sweep(says(1, "OK", since=0, resolved=5))
    assert desk.minute(30).service.tick().cycles_started == (ONE,)


def test_an_incident_by_hand_can_be_snoozed(desk):
    """It has no alert that could end: it pages again."""
    opened = desk.service.open("strange noises", by="ann", severity="low").id
    desk.service.snooze(opened, at(30), by="ann")
    assert desk.minute(30).service.tick().cycles_started == (opened,)


@pytest.mark.parametrize(
    "until",
    [
        NOON,
        at(-1),
        NOON + timedelta(days=30, seconds=1),
        datetime(9999, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-14))),
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))),
        datetime(2026, 3, 2, 13, 0),  # noqa: DTZ001 - that is the test
    ],
)
def test_a_moment_that_makes_no_sense_is_refused(burning, until):
    """Past, too far away to be meant, or in nobody's time zone."""
    with pytest.raises(InvalidInput, match="cannot be snoozed until"):
        burning.service.snooze(ONE, until, by="ann")


def test_a_moment_of_another_time_zone_is_kept_in_utc(burning):
    """The timer, the incident and the timeline agree."""
    until = at(30).astimezone(timezone(timedelta(hours=5, minutes=30)))
    incident = burning.service.snooze(ONE, until, by="ann")
    assert incident.snoozed_until == at(30)
    assert incident.snoozed_until.utcoffset() == timedelta(0)
    assert burning.service.timeline(ONE)[-1].text == "until 2026-03-02 12:30:00 UTC"


def test_what_is_resolved_cannot_be_snoozed(burning):
    """And resolving ends a snooze."""
    burning.service.snooze(ONE, at(30), by="ann")
    assert burning.service.resolve(ONE, by="ann").snoozed_until is None
    with pytest.raises(IllegalMove, match="resolved"):
        burning.service.snooze(ONE, at(40), by="ann")
    assert burning.minute(31).service.tick().cycles_started == ()


def test_a_snooze_timer_that_fits_no_more_only_goes_away(burning):
    """Moved between the tick's read and its write: the earlier one pages nobody."""
    burning.service.snooze(ONE, at(30), by="ann")
    (timer,) = timers(burning.store, at(30))
    burning.minute(29).service.snooze(ONE, at(60), by="ann")
    (moved,) = timers(burning.store, at(60))
    assert moved.version > timer.version
    assert burning.minute(30).service.tick().cycles_started == ()
    assert burning.only().snoozed_until == at(60)
