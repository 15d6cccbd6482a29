"""Silences: what they match, what they held, and what is owed once they end."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.builders import NOON, an_incident, at
from tocsin.domain.decision import Reason
from tocsin.domain.incident import AlertCounts
from tocsin.domain.severity import Severity
from tocsin.domain.silence import (
    HOLDS_ON,
    LONGEST_AHEAD,
    LONGEST_REASON,
    LONGEST_SILENCE,
    LOOKED_AT,
    MOST_LABELS,
    Hold,
    Kept,
    Matcher,
    Silence,
    SilenceState,
    checked_end,
    checked_matcher,
    checked_reason,
    hides,
    hiding,
    may_be_owed,
    was_hidden,
)
from tocsin.domain.source import Source
from tocsin.domain.timeline import Event, EventKind, fields_changed
from tocsin.errors import InvalidInput

CHECKOUT = Matcher(service="checkout")
FACTS = {"service": "checkout", "environment": "prod", "team": "shop", "tags": ("deploy:42", "kind:db")}


def a_silence(where=CHECKOUT, starts=0, ends=60, **fields):
    given = {"id": "s-1", "where": where, "reason": "a deployment", "author": "ana", "created_at": NOON}
    return Silence.model_validate(given | {"starts_at": at(starts), "ends_at": at(ends)} | fields)


def told(*states, step=10):
    """Return the timeline of an incident that was in these states one after the other, so many minutes apart."""
    events, before = [], None
    for number, state in enumerate(states):
        kind = EventKind.EDITED if number else EventKind.OPENED
        changes = fields_changed(before, state)
        event = {"incident_id": state.id, "version": number, "ordinal": 0, "at": at(number * step), "kind": kind}
        events.append(Event.model_validate(event | {"reason": Reason.BY_HAND, "changes": changes}))
        before = state
    return events


@pytest.mark.parametrize(
    "where, matches",
    [
        ({"service": "Checkout"}, True),
        ({"service": "search"}, False),
        ({"environment": "PROD", "team": "Shop"}, True),
        ({"environment": "prod", "team": "search"}, False),
        ({"environment": "staging"}, False),
        ({"source": "datadog"}, True),
        ({"source": "generic"}, False),
        ({"labels": ["deploy:42"]}, True),
        ({"labels": ["DEPLOY:42", "kind:db"]}, True),
        ({"labels": ["deploy:42", "kind:web"]}, False),
        ({"severity_at_most": "high"}, True),
        ({"severity_at_most": "medium"}, False),
        ({"service": "checkout", "severity_at_most": "medium"}, False),
    ],
)
def test_all_that_is_given_must_hold(where, matches):
    """In any letter case; a severity is the worst that is hidden."""
    assert Matcher.model_validate(where).matches(an_incident(**FACTS)) is matches


@pytest.mark.parametrize("minute, hidden", [(-1, False), (0, True), (59.9, True), (60, False)])
def test_a_silence_hides_from_its_start_until_its_end(minute, hidden):
    """Its last moment is not in it."""
    assert hides(a_silence(), an_incident(**FACTS), at(minute)) is hidden
    assert not hides(a_silence(), an_incident(service="search"), at(minute))


def test_of_several_that_hide_it_the_one_that_ends_last_is_named():
    """It says until when nobody is paged."""
    some = [a_silence(id="s-1", ends=30), a_silence(id="s-2", ends=90), a_silence(Matcher(service="x"), ends=99)]
    assert hiding(some, an_incident(**FACTS), at(10)).id == "s-2"
    assert hiding(some, an_incident(**FACTS), at(95)) is None


def test_a_silence_is_coming_active_and_over():
    """It is over once a person ended it, though it holds on for a moment."""
    assert [a_silence(starts=5).state(at(minute)) for minute in (0, 5, 60)] == list(SilenceState)
    assert a_silence(ended_by="bo").state(at(1)) is SilenceState.OVER


@pytest.mark.parametrize(
    "fields",
    [
        {"cycles": 1, "acknowledged_cycles": 1},
        {"status": "resolved"},
        {"snoozed_until": at(90)},
        {"alerts": AlertCounts(total=1, firing={Severity.HIGH: 1}, muted={Severity.HIGH: 1})},
    ],
)
def test_who_would_not_be_paged_anyway_is_owed_nothing(fields):
    """Acknowledged, over, snoozed, or muted at its source."""
    hold = Hold(where=CHECKOUT, since=NOON, until=at(60))
    assert may_be_owed([hold], an_incident(**FACTS))
    assert not may_be_owed([hold], an_incident(**FACTS, **fields))


def test_who_never_can_have_been_hidden_is_not_looked_at():
    """Another's incident that nobody edited, and one that came after the end; a grown severity and an edit are looked at."""
    hold = Hold(where=Matcher(service="checkout", severity_at_most=Severity.LOW), since=NOON, until=at(60))
    assert may_be_owed([hold], an_incident(service="checkout"))
    assert not may_be_owed([hold], an_incident(service="search"))
    assert may_be_owed([hold], an_incident(service="search", revision=1))
    assert not may_be_owed([hold], an_incident(service="checkout", opened_at=at(60)))
    assert not may_be_owed([hold], an_incident(service="checkout", cycle_restarted_at=at(60)))


def test_what_was_hidden_for_a_while_since_its_cycle_began_is_owed_a_cycle():
    """Also where it grew too severe, or was edited, while it lasted."""
    low, critical = an_incident(severity="low", **FACTS), an_incident(severity="critical", **FACTS)
    hold = Hold(where=Matcher(service="checkout", severity_at_most=Severity.LOW), since=NOON, until=at(60))
    grown = told(low, critical)
    assert was_hidden(hold, critical, grown)
    assert was_hidden(hold, critical, told(low, low, critical))
    assert not was_hidden(hold, critical, told(critical))
    assert not was_hidden(hold, critical.model_copy(update={"cycle_restarted_at": at(10)}), grown)
    assert was_hidden(hold, critical.model_copy(update={"cycle_restarted_at": at(9)}), grown)
    assert not was_hidden(hold.model_copy(update={"since": at(10)}), critical, grown)
    moved = low.model_copy(update={"service": "search"})
    assert was_hidden(hold, moved, told(low, moved))
    assert not was_hidden(hold, low, told(moved.model_copy(update={"service": ""}), moved, low, step=30))
    assert was_hidden(hold, low, told(moved, low, moved, low, step=20))


def test_what_began_after_the_end_was_not_hidden():
    """The page of it went out."""
    hold = Hold(where=CHECKOUT, since=at(-60), until=NOON)
    assert not was_hidden(hold, an_incident(**FACTS), told(an_incident(**FACTS)))


def test_an_active_silence_is_looked_at_every_minute_and_once_after_its_end():
    """A list of incidents may lag."""
    kept = Kept(silence=a_silence(starts=5, ends=7.5))
    assert [kept.due_at(at(minute)) for minute in (0, 5, 6, 7, 7.5)] == [at(5), at(6), at(7), at(7.5), at(8.5)]
    assert kept.due_at(at(8.5)) is None
    assert kept.holds(at(4)) == ()
    assert kept.holds(at(6)) == (Hold(where=CHECKOUT, since=at(5), until=at(6)),)
    assert kept.holds(at(9)) == (Hold(where=CHECKOUT, since=at(5), until=at(7.5)),)


def test_what_a_changed_silence_hid_it_hides_for_a_moment_more():
    """And owes it until it was looked for twice; what it hides now it hides since then."""
    before = a_silence()
    after = before.model_copy(update={"where": Matcher(team="shop")})
    kept = Kept(silence=before).changed(after, at(10))
    until = at(10) + HOLDS_ON
    assert [(one.where, one.starts_at, one.ends_at) for one in kept.hiding()] == [
        (after.where, NOON, at(60)),
        (CHECKOUT, NOON, until),
    ]
    assert kept.due_at(at(10)) == until
    owed = Hold(where=CHECKOUT, since=NOON, until=until)
    assert kept.holds(at(20)) == (owed, Hold(where=after.where, since=at(10), until=at(20)))
    assert kept.looked(until).owed == (owed,)
    assert kept.looked(until + LOOKED_AT).owed == ()
    again = kept.changed(before, at(20))
    assert again.owed[-1] == Hold(where=after.where, since=at(10), until=at(20) + HOLDS_ON)


def test_what_never_hid_anything_owes_nothing():
    """It had not begun; or it hides the same as before."""
    coming = Kept(silence=a_silence(starts=30))
    assert coming.changed(a_silence(Matcher(team="shop"), starts=30), NOON).owed == ()
    assert Kept(silence=a_silence()).changed(a_silence(ends=30), at(10)).owed == ()
    assert Kept(silence=a_silence(starts=30, ends=20)).due_at(at(20)) is None


def test_its_end_is_warned_of_once_if_it_is_long_enough():
    """And again if it ends at another time; not where a person ends it."""
    long = Kept(silence=a_silence())
    assert [long.warns(at(minute)) for minute in (44, 45, 59, 60)] == [False, True, True, False]
    assert not long.model_copy(update={"warned_of": at(60)}).warns(at(50))
    assert long.model_copy(update={"warned_of": at(30)}).warns(at(50))
    assert not Kept(silence=a_silence(ends=15)).warns(at(10))
    assert not Kept(silence=a_silence(ended_by="bo")).warns(at(50))


def test_what_is_to_be_hidden_is_trimmed():
    """And a label counts once."""
    said = Matcher(service=" checkout ", labels=("deploy:42", " deploy:42 "))
    assert checked_matcher(said) == Matcher(service="checkout", labels=("deploy:42",))


@pytest.mark.parametrize(
    "where, why",
    [
        ({}, "something to hide"),
        ({"service": "  "}, "something to hide"),
        ({"labels": ["deploy"]}, "is no label"),
        ({"labels": [":42"]}, "is no label"),
        ({"labels": ["deploy:"]}, "is no label"),
        ({"labels": [f"a:{number}" for number in range(MOST_LABELS + 1)]}, "too many"),
        ({"team": "x" * 201}, "this team is too long"),
    ],
)
def test_what_hides_everything_or_nothing_is_refused(where, why):
    """With what is allowed."""
    with pytest.raises(InvalidInput, match=why):
        checked_matcher(Matcher.model_validate(where))


def test_a_reason_is_needed():
    """On one line, and not endless."""
    assert checked_reason(" a\n deployment ") == "a deployment"
    for text in ("", " \n", "x" * (LONGEST_REASON + 1)):
        with pytest.raises(InvalidInput, match="needs a reason"):
            checked_reason(text)


def test_a_silence_ends_in_the_future_and_within_a_week():
    """Whenever it starts."""
    assert checked_end(NOON, NOON + LONGEST_SILENCE, NOON) == NOON + LONGEST_SILENCE
    for starts_at, ends_at in (
        (NOON, NOON),
        (at(60), at(30)),
        (at(-60), at(-1)),
        (NOON, NOON + LONGEST_SILENCE + timedelta(seconds=1)),
    ):
        with pytest.raises(InvalidInput, match="cannot end at"):
            checked_end(starts_at, ends_at, NOON)


def test_a_silence_starts_within_a_year():
    """What lies far beyond cannot even be reckoned with."""
    far = NOON + LONGEST_AHEAD
    assert checked_end(far, far + LONGEST_SILENCE, NOON) == far + LONGEST_SILENCE
    for starts_at in (far + timedelta(seconds=1), datetime.max.replace(tzinfo=UTC)):
        with pytest.raises(InvalidInput, match="cannot start as late"):
            checked_end(starts_at, starts_at, NOON)


def test_a_source_is_one_that_there_is():
    """By its word."""
    assert Matcher.model_validate({"source": "manual"}).source is Source.MANUAL
