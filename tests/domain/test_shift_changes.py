"""Whose shifts move when a schedule changes."""

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import zones
from tests.slow_schedule import DAY, MINUTE, PEOPLE, a_schedule
from tocsin.domain.schedule import on_call, schedule_of
from tocsin.domain.shift_changes import Moved, moved
from tocsin.domain.stints import Span

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
BASE = {
    "id": "s",
    "name": "s",
    "time_zone": "UTC",
    "layers": [
        {"id": "l", "name": "l", "people": ["ann", "bo"], "rotation": {"unit": "day"}, "start": "2026-03-01"},
    ],
}


def hours(number):
    return NOW + timedelta(hours=number)


def with_override(person, start, end, **more):
    override = {"id": "o", "person": person, "start": hours(start), "end": hours(end), **more}
    return schedule_of({**BASE, "overrides": [override]})


def test_who_takes_over_gains_what_the_other_loses():
    """To the minute, and nobody else is concerned."""
    found = moved(schedule_of(BASE), with_override("cy", 2, 5), NOW, hours(48))
    span = (Span(hours(2), hours(5)),)
    assert found == {"bo": Moved(lost=span), "cy": Moved(gained=span)}
    assert [one.first for one in found.values()] == [hours(2), hours(2)]


def test_what_was_over_before_is_not_told():
    """What is going on is told from now on."""
    found = moved(schedule_of(BASE), with_override("cy", -5, 1), NOW, hours(48))
    assert found["cy"].gained == (Span(NOW, hours(1)),)


def test_a_change_that_changes_nothing_for_anybody_is_none():
    """Another reason for the same person is no news."""
    assert moved(schedule_of(BASE), with_override("bo", 2, 5), NOW, hours(48)) == {}


@pytest.mark.parametrize("new", [True, False])
def test_a_schedule_that_comes_or_goes_moves_all_of_its_shifts(new):
    """Whoever was on call by it loses them, whoever will be gains them."""
    pair = (None, schedule_of(BASE)) if new else (schedule_of(BASE), None)
    found = moved(*pair, NOW, hours(45))
    spans = {"bo": (Span(NOW, hours(21)),), "ann": (Span(hours(21), hours(45)),)}
    assert found == {who: Moved(gained=some) if new else Moved(lost=some) for who, some in spans.items()}


def test_what_moves_first_is_when_it_concerns_somebody():
    """Whether they gain it or lose it."""
    assert Moved((Span(hours(3), hours(4)),), (Span(hours(1), hours(2)), Span(hours(8), hours(9)))).first == hours(1)


@settings(max_examples=60)
@given(st.randoms(use_true_random=False))
def test_what_moves_is_what_a_walk_from_minute_to_minute_sees(chance):
    """Of any two schedules around any change of clocks: at each minute somebody gains what somebody else loses."""
    change = chance.choice([one for one in zones.each_kind_of_change() if one.in_whole_minutes])
    before, after = (schedule_of(a_schedule(random.Random(chance.random()), change.zone, change.at)) for _ in "12")
    start = change.at.astimezone(UTC) - DAY
    end = start + 2 * DAY
    found = moved(before, after, start, end)
    for one in found.values():
        assert one.gained or one.lost
        for spans in one:
            assert all(start <= span.start < span.end <= end for span in spans)
            assert all(first.end < later.start for first, later in pairwise(spans))
    at = start
    while at < end:
        was, will = on_call(before, at).person, on_call(after, at).person
        for person in PEOPLE:
            one = found.get(person, Moved())
            assert covered(one.gained, at) == (person == will != was)
            assert covered(one.lost, at) == (person == was != will)
        at += 7 * MINUTE


def covered(spans, at):
    return any(span.start <= at < span.end for span in spans)
