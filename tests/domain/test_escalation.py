"""What is to become of a cycle, and of a page: decided by the incident as it is now, and nothing else."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import an_incident, at
from tocsin.domain.escalation import Escalation, after_step, held_until, turn_of
from tocsin.domain.incident import AlertCounts, Status
from tocsin.domain.message import Message, Subject, Tells
from tocsin.domain.page import Page as APage
from tocsin.domain.page import PageReason, PageStatus, decided, stopped
from tocsin.domain.policy import Hold, default_policy, policy_of
from tocsin.domain.severity import Severity
from tocsin.errors import InvalidInput

NIGHT = {"hours": [{"begin": "22:00", "end": "07:00"}], "time_zone": "Europe/Berlin"}


def a_cycle(**more):
    return Escalation(incident_id="INC-1001", cycle=1, at=at(0), **more)


def a_page(**more):
    said = {"incident_id": "INC-1001", "cycle": 1, "contact": "c", "channel": "email", "made_at": at(0)}
    return APage.model_validate({"id": "p", "not_before": at(0), **said, **more})


@pytest.mark.parametrize(
    "changed, reason",
    [
        ({}, None),
        ({"status": Status.RESOLVED}, PageReason.RESOLVED),
        ({"status": Status.CLOSED}, PageReason.RESOLVED),
        ({"acknowledged_cycles": 1}, PageReason.ACKNOWLEDGED),
        ({"cycles": 2}, PageReason.SUPERSEDED),
        ({"cycles": 2, "acknowledged_cycles": 1}, PageReason.ACKNOWLEDGED),
        ({"snoozed_until": at(5)}, PageReason.SNOOZED),
        ({"alerts": AlertCounts(total=1, firing={Severity.LOW: 1}, muted={Severity.LOW: 1})}, PageReason.MUTED),
    ],
)
def test_why_a_cycle_pages_nobody_any_more(changed, reason):
    """The same for its steps and for its pages."""
    incident = an_incident().model_copy(update=changed)
    assert stopped(incident, 1) is reason
    turn = turn_of(a_cycle(), incident, (), at(1))
    assert turn.reason is (reason or PageReason.DUE)
    assert (turn.step is None) is (reason is not None)
    verdict = decided(a_page(), incident)
    assert (verdict.reason, verdict.sends) == (reason or PageReason.DUE, reason is None)


def test_an_incident_that_has_gone_pages_nobody():
    """Neither does its cycle choose a policy, nor is there anything to tell of it."""
    assert turn_of(a_cycle(), None, (), at(1)) == (None, PageReason.GONE, None, None, "")
    for tells in (Tells.PAGE, Tells.ALL_CLEAR, Tells.ACKNOWLEDGED):
        assert decided(a_page(tells=tells), None).reason is PageReason.GONE


def test_a_silence_is_named():
    """In what becomes of the cycle, and of a page; it holds neither what tells that it is over nor what a person asks for."""
    incident = an_incident()
    assert turn_of(a_cycle(), incident, (), at(1), silenced="s-1").detail == "s-1"
    assert decided(a_page(), incident, silenced="s-1") == (PageReason.SILENCED, None, "s-1")
    assert decided(a_page(cycle=0), incident, silenced="s-1", quiet_until=at(9)).sends
    assert decided(a_page(tells=Tells.ALL_CLEAR), incident, silenced="s-1").sends


def test_quiet_hours_wait():
    """Until they end."""
    assert decided(a_page(), an_incident(), quiet_until=at(60)) == (PageReason.QUIET_HOURS, at(60), "")


@pytest.mark.parametrize("changed, sends", [({}, True), ({"status": Status.RESOLVED}, False)])
def test_who_is_on_it_is_no_news_once_it_is_over(changed, sends):
    """Rooms hear the one or the other."""
    page = a_page(tells=Tells.ACKNOWLEDGED)
    assert decided(page, an_incident().model_copy(update=changed)).sends is sends
    assert not decided(page, None).sends


def test_steps_are_taken_one_after_the_other_and_again():
    """Each waits from when the one before was taken; at the very end somebody looks once more."""
    notify = [{"type": "notify", "target": "on_call"}]
    steps = [{"delay_minutes": 1, "actions": notify}, {"delay_minutes": 5, "actions": notify}]
    policy = policy_of({"id": "p", "name": "P", "steps": steps, "repeat": 1, "repeat_after_minutes": 7})
    incident = an_incident()
    cycle = a_cycle()
    assert turn_of(cycle, incident, [policy.model_copy(update={"id": "default"})], at(0)).until == at(1)
    seen = []
    now = at(60)
    for _ in range(4):
        turn = turn_of(cycle.model_copy(update={"policy": policy}), incident, (), now)
        assert turn.step is policy.steps[cycle.step]
        cycle, due = after_step(cycle, policy, now)
        seen.append((due - now) / timedelta(minutes=1))
        now = due
    assert seen == [5, 7, 5, 7]
    assert turn_of(cycle, incident, (), now).reason is PageReason.EXHAUSTED


@given(st.integers(0, 365 * 24 * 60))
def test_what_is_held_until_morning_is_due_at_the_first_minute_that_holds_it_no_more(minutes):
    """Against a walk by minutes, through the changes of clocks, too."""
    hold = Hold.model_validate({"severity": ["low"], "times": NIGHT})
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    until = held_until(hold, an_incident().model_copy(update={"severity": Severity.LOW}), now)
    walked = now
    while hold.times.holds(walked):
        walked += timedelta(minutes=1)
    assert (until or now) == walked
    assert held_until(hold, an_incident().model_copy(update={"severity": Severity.HIGH}), now) is None


def test_nothing_is_held_for_ever():
    """Hours that never end are refused."""
    times = {"hours": [{"begin": "00:00", "end": "12:00"}, {"begin": "12:00", "end": "00:00"}]}
    with pytest.raises(InvalidInput, match="nobody ever paged"):
        policy_of({"id": "p", "name": "P", "steps": default_policy().model_dump()["steps"], "hold": {"times": times}})


def test_what_is_over_is_over():
    """Sent, failed or dropped."""
    assert [one for one in PageStatus if one.over] == [PageStatus.SENT, PageStatus.FAILED, PageStatus.DROPPED]


def test_a_message_is_as_bad_as_the_worst_that_it_tells_of():
    """One that tells of nothing has no severity."""
    subjects = tuple(
        Subject(id=f"INC-{rank}", cycle=1, title="x", severity=one, status=Status.DETECTED, opened_at=at(0))
        for rank, one in enumerate((Severity.LOW, Severity.CRITICAL, Severity.HIGH))
    )
    message = Message(id="m", tells=Tells.PAGE, subject="x", short="x", text="x", subjects=subjects, sent_at=at(0))
    assert message.severity is Severity.CRITICAL
    assert message.model_copy(update={"subjects": ()}).severity is None
