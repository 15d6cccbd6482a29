"""Alerts that are over unless they are repeated: a timer for each, which no repetition writes."""

from datetime import timedelta

import pytest

from tests.desk import at, fires, is_over, timers
from tests.services.test_ingest import told
from tests.services.test_losing_races import Between
from tocsin.domain.alert import Source, alert_id
from tocsin.domain.change import Change, RecordWrite
from tocsin.domain.decision import Reason
from tocsin.domain.incident import Status
from tocsin.domain.pursue import MOST_TIMED
from tocsin.domain.timeline import EventKind, replay

AM = {"source": Source.ALERTMANAGER}
TEN = {"expires_in": 600.0}
TIMER = f"expire:{alert_id(Source.GENERIC, 's:a')}"


def row(desk, key="s:a"):
    return desk.alert(key, Source.GENERIC)


def timer(desk, name=TIMER):
    return desk.store.record("timer", name)


def test_an_alert_that_is_not_repeated_in_time_ends(desk):
    """It recovers like any other: what settles then resolves, as of the moment at which it ran out."""
    desk.push(fires(**TEN))
    assert desk.minute(9.9).service.tick().resolved == ()
    assert row(desk).firing
    desk.minute(10).service.tick()
    ended = row(desk)
    assert (ended.firing, ended.ended_by, ended.ended_at) == (False, Reason.EXPIRED, at(10))
    assert (desk.only().recovered_at, desk.only().active) == (at(10), True)
    assert timer(desk) is None
    assert desk.minute(15).service.tick().resolved == ("INC-1001",)
    assert desk.only().resolved_at == at(10)
    kinds = [event.kind for event in desk.service.timeline("INC-1001")]
    assert kinds == [EventKind.OPENED, EventKind.ALERTS_ENDED, EventKind.RECOVERED, EventKind.RESOLVED]
    assert desk.service.timeline("INC-1001")[1].reason is Reason.EXPIRED
    assert replay(desk.only(), desk.service.timeline("INC-1001")) == desk.only()


def test_a_tick_that_comes_late_dates_the_end_to_when_it_ran_out(desk):
    """After an outage of ours, too."""
    desk.push(fires(**TEN))
    desk.minute(60).service.tick()
    assert row(desk).ended_at == at(10)
    assert desk.only().resolved_at == at(10)


def test_a_repetition_moves_the_end_and_not_the_timer(desk):
    """The timer rings once more, and moves on."""
    desk.push(fires(**TEN))
    before = timer(desk)
    assert told(desk.minute(8).push(fires(minutes=8, **TEN))) == [("deduplicated", "INC-1001")]
    assert timer(desk) == before
    desk.minute(10).service.tick()
    assert row(desk).firing
    assert timer(desk).due_at == at(18)
    desk.minute(18).service.tick()
    assert not row(desk).firing
    assert timers(desk.store, at(17)) == []


def test_what_recovers_takes_its_timer_along(desk):
    """Nothing rings for it later."""
    desk.push(fires(**TEN))
    desk.minute(1).push(is_over(minutes=1))
    assert timer(desk) is None


def test_what_fires_again_after_it_ran_out_fires_at_once(desk):
    """With the very same start, too: that it was over was our guess."""
    desk.push(fires("p", since=-1, **AM, **TEN), fires("q", since=0, service="other", **AM))
    desk.minute(10).service.tick()
    assert told(desk.minute(10.1).push(fires("p", since=-1, **AM, **TEN))) == [("refired", "INC-1001")]
    desk.push(fires("a", 1, service="third", **TEN))
    desk.minute(21).service.tick()
    assert told(desk.push(fires("a", 0.5, service="third", **TEN))) == [("out_of_order", "INC-1003")]
    assert told(desk.push(fires("a", 1, service="third", **TEN))) == [("refired", "INC-1003")]
    assert timer(desk).due_at == at(31)


def test_an_end_that_its_sender_tells_after_it_ran_out_is_taken_at_its_word(desk):
    """From then on the same start is late news."""
    desk.push(fires("p", since=-1, **AM, **TEN))
    desk.minute(10).service.tick()
    assert told(desk.push(is_over("p", 9, since=-1, **AM))) == [("not_firing", "INC-1001")]
    assert told(desk.minute(11).push(fires("p", since=-1, **AM, **TEN))) == [("out_of_order", "INC-1001")]


def test_a_shorter_time_is_kept_and_a_longer_one_too(desk):
    """The last repetition says when it runs out; only a timer that would ring too late is moved."""
    desk.push(fires(**TEN))
    desk.minute(1).push(fires(minutes=1, expires_in=60.0))
    assert timer(desk).due_at == at(2)
    desk.push(fires(minutes=1, expires_in=1200.0))
    assert timer(desk).due_at == at(2)
    desk.minute(2).service.tick()
    assert timer(desk).due_at == at(21)


def test_what_is_repeated_without_a_time_never_runs_out(desk):
    """The timer goes."""
    desk.push(fires(**TEN))
    desk.minute(1).push(fires(minutes=1))
    assert timer(desk) is None
    desk.minute(60).service.tick()
    assert row(desk).firing


def test_a_team_may_set_a_time_for_senders_that_may_never_say_it_is_over(desk):
    """An Alertmanager says so: it repeats every few hours only. What a sender says itself goes first."""
    desk.with_rules(expires_in=timedelta(minutes=10))
    desk.push(fires("a"), fires("b", expires_in=1200.0))
    desk.push(fires("p", since=0, **AM))
    desk.push(fires("e", source=Source.ELASTIC))
    desk.minute(10).service.tick()
    assert (row(desk).firing, row(desk, "s:b").firing) == (False, True)
    assert desk.alert("s:p", Source.ALERTMANAGER).firing
    assert not desk.alert("s:e", Source.ELASTIC).firing


def test_a_person_who_resolves_ends_the_timer_with_the_alert(desk):
    """And an alert of an incident that is resolved runs out all the same."""
    desk.push(fires("a", **TEN), fires("p", **TEN))
    desk.push(fires("p", since=0, **AM, **TEN))
    desk.minute(1).service.resolve("INC-1001", by="ann")
    assert timer(desk) is None
    desk.minute(10).service.tick()
    ended = desk.alert("s:p", Source.ALERTMANAGER)
    assert (ended.firing, ended.ended_by) == (False, Reason.EXPIRED)
    assert (desk.only().status, desk.only().alerts.firing) == (Status.RESOLVED, {})
    assert timers(desk.store, at(9_999)) == []


def test_a_repetition_in_the_middle_of_the_end_wins(desk):
    """The row is read again, and the timer moves on."""
    desk.push(fires(**TEN))
    desk.minute(10)
    service = desk.colleague()
    service.store = Between(desk.store, lambda: desk.push(fires(minutes=10, **TEN)))
    service.tick()
    assert row(desk).firing
    assert timer(desk).due_at == at(20)


def test_two_ticks_at_once_end_it_once(desk):
    """The loser finds nothing left to do."""
    desk.push(fires(**TEN))
    desk.minute(10)
    service = desk.colleague()
    service.store = Between(desk.store, desk.service.tick)
    service.tick()
    ends = [event for event in desk.service.timeline("INC-1001") if event.kind is EventKind.ALERTS_ENDED]
    assert len(ends) == 1


def test_a_timer_whose_alert_is_gone_goes_away(desk):
    """So with one that has ended in a way that left the timer behind."""
    desk.push(fires(**TEN))
    left = timer(desk)
    desk.push(is_over(minutes=0))
    orphan = left.model_copy(update={"id": "expire:generic~eA", "body": {**left.body, "key": "x"}})
    writes = tuple(RecordWrite(kind="timer", id=one.id, record=one) for one in (left, orphan))
    desk.store.commit(Change(id="left", at=desk.now, records=writes))
    desk.minute(10).service.tick()
    assert (timer(desk), timer(desk, orphan.id)) == (None, None)


@pytest.mark.parametrize("number", [MOST_TIMED, MOST_TIMED + 1, 100])
def test_hundreds_with_timers_are_written_in_chains_that_fit(desk, number):
    """They open, end, fire again and run out, and every timer is there exactly as long as its alert fires."""
    every = range(number)
    desk.push(*(fires(f"{one:03}", **TEN) for one in every))
    assert len(timers(desk.store, at(10), limit=500)) == number
    desk.minute(1).push(*(is_over(f"{one:03}", 1) for one in every))
    assert [one.body["what"] for one in timers(desk.store, at(99), limit=500)] == ["settle"]
    desk.minute(2).push(*(fires(f"{one:03}", 2, **TEN) for one in every))
    desk.minute(3).push(*(fires(f"{one:03}", 3, expires_in=300.0) for one in every))
    assert {one.due_at for one in timers(desk.store, at(99), limit=500)} == {at(8)}
    desk.minute(8).service.tick()
    assert desk.only().alerts.firing == {}
    assert [one.body["what"] for one in timers(desk.store, at(99), limit=500)] == ["settle"]


def test_a_resolved_incidents_alerts_fire_anew_with_timers_in_one_delivery(desk):
    """Ends and openings of the same alerts, each with its timer, in changes that fit."""
    names = [f"{number:03}" for number in range(60)]
    desk.push(*(fires(name, since=0, **AM, **TEN) for name in names))
    desk.minute(1).service.resolve("INC-1001", by="ann")
    report = desk.minute(2).push(*(fires(name, since=2, **AM, **TEN) for name in names))
    assert {one.incident_id for one in report.items} == {"INC-1002"}
    assert len(timers(desk.store, at(12), limit=500)) == 60
    assert len(desk.store.alerts_of("INC-1001")) == len(desk.store.alerts_of("INC-1002")) == 60
