"""How a person is told: over which ways, and when only later."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests import zones
from tests.desk import NOON
from tocsin.domain.contact import ChannelKind, Contact
from tocsin.domain.notification_rules import (
    ACCOUNT,
    NotificationRules,
    QuietHours,
    Rule,
    Step,
    Way,
    Why,
    quiet_until,
    ways,
)
from tocsin.domain.rotation import Hours, Weekday
from tocsin.domain.severity import Severity

MINUTE = timedelta(minutes=1)
CRITICAL, HIGH, MEDIUM, LOW = Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW
NIGHT = Hours(begin=time(22), end=time(7))


def contact(name, kind):
    return Contact(id=name, kind=kind, user="ann", verified_at=NOON, created_at=NOON, created_by="ann")


MAIL = contact(ACCOUNT, ChannelKind.EMAIL)
PHONE, CALL, OTHER = contact("1", ChannelKind.SMS), contact("2", ChannelKind.VOICE), contact("3", ChannelKind.SMS)
ALL = (MAIL, PHONE, CALL, OTHER)


def after(*pairs):
    return tuple(Way(one, timedelta(minutes=minutes)) for one, minutes in pairs)


def rules(*steps, severity=HIGH, **more):
    return NotificationRules(rules=(Rule(severities=(severity,), steps=steps),), **more)


@pytest.mark.parametrize("severity", Severity)
def test_without_rules_what_is_grave_goes_over_every_way_and_what_is_not_over_the_first(severity):
    """At once."""
    found = ways(NotificationRules(), ALL, severity)
    expected = ALL if severity in (CRITICAL, HIGH) else (MAIL,)
    assert found == (after(*((one, 0) for one in expected)), Why.NO_RULE, False)


def test_who_has_no_way_gets_none():
    """Which others see to."""
    assert ways(NotificationRules(), (), CRITICAL) == ((), Why.NO_RULE, False)
    assert ways(NotificationRules(account_email=False), (MAIL,), CRITICAL, [ChannelKind.SMS]).ways == ()
    assert not ways(NotificationRules(), (), CRITICAL, [ChannelKind.SMS]).outside_policy


def test_a_rule_says_which_ways_in_which_order_and_when():
    """By id, or all of a kind in the person's own order; a way that is named twice counts when it comes first."""
    chosen = rules(
        Step(contact="2", after_minutes=10), Step(channel=ChannelKind.SMS), Step(contact="3", after_minutes=5)
    )
    assert ways(chosen, ALL, HIGH) == (after((PHONE, 0), (OTHER, 0), (CALL, 10)), Why.RULE, False)
    assert ways(chosen, ALL, LOW).why is Why.NO_RULE


def test_a_rule_of_nothing_that_is_usable_is_as_if_there_were_none():
    """A way that was deleted silences nobody."""
    chosen = rules(Step(contact="9"), Step(channel=ChannelKind.NTFY))
    assert ways(chosen, ALL, HIGH) == (after(*((one, 0) for one in ALL)), Why.RULE_NAMES_NONE, False)


def test_nobody_waits_for_a_first_way_that_is_not_there():
    """Not verified yet, or deleted: the next one goes as early, and the others as much earlier."""
    chosen = rules(
        Step(contact="9", after_minutes=1), Step(contact="1", after_minutes=6), Step(contact="2", after_minutes=9)
    )
    assert ways(chosen, ALL, HIGH) == (after((PHONE, 1), (CALL, 4)), Why.RULE, False)


def test_the_address_of_the_account_can_be_left_out():
    """By a switch, or by not naming it."""
    assert MAIL not in [way.contact for way in ways(NotificationRules(account_email=False), ALL, HIGH).ways]
    assert ways(NotificationRules(account_email=False), ALL, LOW).ways == after((PHONE, 0))
    assert ways(rules(Step(contact="2")), ALL, HIGH).ways == after((CALL, 0))
    assert ways(rules(Step(contact=ACCOUNT)), ALL, HIGH).ways == after((MAIL, 0))


def test_a_policy_restricts_the_channels():
    """Of the default, and of a rule; then the first of what is left goes as early as the rule's first."""
    assert ways(NotificationRules(), ALL, HIGH, [ChannelKind.SMS]).ways == after((PHONE, 0), (OTHER, 0))
    assert ways(NotificationRules(), ALL, LOW, [ChannelKind.SMS]).ways == after((PHONE, 0))
    chosen = rules(
        Step(contact=ACCOUNT, after_minutes=2), Step(contact="1", after_minutes=5), Step(contact="3", after_minutes=9)
    )
    assert ways(chosen, ALL, HIGH, [ChannelKind.SMS]) == (after((PHONE, 2), (OTHER, 6)), Why.RULE, False)


def test_a_policy_that_asks_for_what_somebody_does_not_have_silences_nobody():
    """All of theirs count then, as their rules say, and it shows."""
    asked = [ChannelKind.PUSHOVER]
    assert ways(NotificationRules(), ALL, HIGH, asked) == (after(*((one, 0) for one in ALL)), Why.NO_RULE, True)
    assert ways(rules(Step(contact="2")), ALL, HIGH, asked) == (after((CALL, 0)), Why.RULE, True)


def test_a_rule_without_the_policys_channels_gives_way_to_the_policy():
    """Who has one of them is told there."""
    found = ways(rules(Step(contact=ACCOUNT)), ALL, HIGH, [ChannelKind.VOICE])
    assert found == (after((CALL, 0)), Why.RULE_NAMES_NONE, False)


@pytest.mark.parametrize(
    "said",
    [
        {"rules": [{"severities": ["low"], "steps": [{}]}]},
        {"rules": [{"severities": ["low"], "steps": [{"contact": "1", "channel": "sms"}]}]},
        {"rules": [{"severities": ["low"], "steps": []}]},
        {"rules": [{"severities": [], "steps": [{"contact": "1"}]}]},
        {"rules": [{"severities": ["low", "low"], "steps": [{"contact": "1"}]}]},
        {"rules": [{"severities": ["low"], "steps": [{"contact": "1", "after_minutes": -1}]}]},
        {"quiet": [{"severities": ["high"], "hours": [{"begin": "22:00", "end": "07:00"}]}]},
        {"quiet": [{"hours": []}]},
        {"quiet": [{"hours": [{"begin": "08:00", "end": "08:00"}]}]},
        {"quiet": [{"hours": [{"begin": "08:00", "end": "20:00"}]}, {"hours": [{"begin": "20:00", "end": "08:00"}]}]},
    ],
)
def test_rules_that_mean_nothing_or_silence_for_ever_are_refused(said):
    """Before anybody relies on them."""
    with pytest.raises(ValidationError):
        NotificationRules.model_validate(said)


def test_quiet_hours_run_over_midnight_in_the_persons_zone():
    """And end by the clock on the wall."""
    chosen = NotificationRules(quiet=(QuietHours(hours=(NIGHT,)),), time_zone="Europe/Berlin")
    late, noon = datetime(2026, 3, 2, 23, tzinfo=UTC), datetime(2026, 3, 3, 11, tzinfo=UTC)
    assert quiet_until(chosen, LOW, late) == datetime(2026, 3, 3, 6, tzinfo=UTC)
    assert quiet_until(chosen, LOW, datetime(2026, 3, 3, 6, tzinfo=UTC)) is None
    assert quiet_until(chosen, MEDIUM, noon) is None
    assert [quiet_until(chosen, one, late) for one in (CRITICAL, HIGH)] == [None, None]
    assert quiet_until(NotificationRules(), LOW, late) is None
    only_low = NotificationRules(quiet=(QuietHours(severities=(LOW,), hours=(NIGHT,)),))
    assert quiet_until(only_low, MEDIUM, late) is None
    assert quiet_until(only_low, LOW, late) == datetime(2026, 3, 3, 7, tzinfo=UTC)


def test_hours_that_touch_are_one_and_so_are_those_whose_gap_clocks_leave_out():
    """What waits is not let go for no time at all."""
    touching = (Hours(begin=time(22), end=time(2)), Hours(begin=time(3), end=time(6)))
    chosen = NotificationRules(quiet=(QuietHours(hours=touching),), time_zone="Europe/Berlin")
    assert quiet_until(chosen, LOW, datetime(2026, 3, 28, 23, tzinfo=UTC)) == datetime(2026, 3, 29, 4, tzinfo=UTC)
    assert quiet_until(chosen, LOW, datetime(2026, 3, 27, 23, tzinfo=UTC)) == datetime(2026, 3, 28, 1, tzinfo=UTC)


def slowly(hours, zone, start, minutes):
    """Yield each minute and whether it is quiet, as somebody sees it who looks at a clock that is never set back."""
    shown = datetime.min  # noqa: DTZ901 - a clock on a wall
    for number in range(-26 * 60, minutes):
        at = start + number * MINUTE
        shown = max(shown, at.astimezone(zone).replace(tzinfo=None))
        if number >= 0:
            yield at, any(_within(one, shown) for one in hours)


def _within(hours, shown):
    """Look at the weekday on which it began, and at the time of day."""
    today = tuple(Weekday)[shown.weekday()] in hours.weekdays
    before = tuple(Weekday)[shown.weekday() - 1] in hours.weekdays
    clock = shown.time()
    if hours.begin < hours.end:
        return today and hours.begin <= clock < hours.end
    return (today and clock >= hours.begin) or (before and clock < hours.end)


clocks = st.integers(0, 95).map(lambda quarter: time(quarter // 4, quarter % 4 * 15))
some_hours = st.builds(
    Hours, weekdays=st.sets(st.sampled_from(Weekday), min_size=1).map(tuple), begin=clocks, end=clocks
)
a_change = st.deferred(lambda: st.sampled_from([one for one in zones.each_kind_of_change() if one.in_whole_minutes]))


@given(a_change, st.lists(some_hours, min_size=1, max_size=3), st.integers(-30 * 60, 6 * 60))
def test_quiet_hours_are_those_that_a_slow_walk_around_any_change_of_clocks_finds(change, hours, offset):
    """At each minute quiet or not, and until the first minute that is not; in every zone."""
    try:
        quiet = NotificationRules(quiet=(QuietHours(hours=tuple(hours)),), time_zone=str(change.zone))
    except ValidationError:
        return  # at all hours
    start = (change.at + offset * MINUTE).replace(second=0)
    walk = list(slowly(hours, change.zone, start, 36 * 60))
    free = [at for at, held in walk if not held]
    for at, held in walk[:: 7 * 5]:
        until = quiet_until(quiet, LOW, at)
        assert (until is not None) is held, at
        if until is not None:
            later = next((one for one in free if one > at), None)
            assert until == later if later is not None else until > walk[-1][0], at
