"""Who is on call, against a walk that looks at the clock every minute, around the changes of clocks in every zone."""

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import zones
from tests.slow_schedule import DAY, HOUR, MINUTE, a_schedule, slow_shifts
from tocsin.domain.local_time import zone_of
from tocsin.domain.schedule import Schedule, on_call, schedule_of, shifts

INSTANT = datetime.resolution
ODD_ONES = (
    ("Australia/Lord_Howe", "2026-04-04T15:00"),  # half an hour back
    ("Australia/Lord_Howe", "2026-10-03T15:30"),
    ("Pacific/Apia", "2011-12-30T10:00"),  # a whole day is missing
    ("Pacific/Kwajalein", "1993-08-21T12:00"),  # another
    ("Antarctica/Troll", "2026-03-29T01:00"),  # two hours
    ("Antarctica/Troll", "2026-10-25T01:00"),
    ("Africa/Casablanca", "2026-02-15T02:00"),  # back for Ramadan
    ("Africa/Casablanca", "2026-03-22T02:00"),
    ("Europe/Dublin", "2026-03-29T01:00"),  # winter is what differs
    ("Europe/Dublin", "2026-10-25T01:00"),
    ("America/St_Johns", "2010-11-07T02:31"),  # at a minute past midnight
)


def holds_around(schedule, at, length):
    """Check all that is promised of a schedule around a moment."""
    start, end = at - length, at + length
    found = shifts(schedule, start, end)
    assert found == slow_shifts(schedule, start, end)
    tiles(found, start, end)
    for shift in found:
        assert on_call(schedule, shift.start) == shift.duty
        assert on_call(schedule, shift.end - INSTANT) == shift.duty
        assert on_call(schedule, shift.start + (shift.end - shift.start) / 3) == shift.duty


def tiles(found, start, end):
    """Check that shifts leave nothing out, do not overlap, and differ from their neighbours."""
    assert (found[0].start, found[-1].end) == (start, end)
    assert all(shift.start < shift.end for shift in found)
    assert all(one.end == other.start and one.duty != other.duty for one, other in pairwise(found))


@settings(max_examples=60)
@given(st.randoms(use_true_random=False))
def test_shifts_are_what_a_walk_from_minute_to_minute_sees(chance):
    """Whatever was agreed on, at any change of any zone: the same shifts to the second, and ``on_call`` says the same."""
    change = chance.choice([one for one in zones.each_kind_of_change() if one.in_whole_minutes])
    schedule = schedule_of(a_schedule(chance, change.zone, change.at))
    holds_around(schedule, change.at, abs(change.by) + 20 * HOUR)


@pytest.mark.parametrize("zone, at", ODD_ONES)
@pytest.mark.parametrize("seed", range(4))
def test_the_oddest_changes_of_clocks_are_no_exception(zone, at, seed):
    """Half hours, two hours, days that never were, and winters that are the exception."""
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    chance = random.Random(f"{zone} {at} {seed}")
    assert zone_of(zone).utcoffset(moment) is not None
    before, after = ((moment + step).astimezone(zone_of(zone)).utcoffset() for step in (-INSTANT, timedelta()))
    assert before != after
    holds_around(schedule_of(a_schedule(chance, zone, moment)), moment, DAY + 4 * HOUR)


def test_no_zone_is_an_exception():
    """A made-up schedule in each zone of the tz database, around its latest change."""
    latest = {str(change.zone): change for change in zones.each_kind_of_change() if change.in_whole_minutes}
    assert len(latest) > 200
    for name, change in latest.items():
        schedule = schedule_of(a_schedule(random.Random(name), change.zone, change.at))
        holds_around(schedule, change.at, abs(change.by) + HOUR)


@given(st.randoms(use_true_random=False))
def test_no_moment_of_a_layer_has_two_owners(chance):
    """Its turns come one after the other, whatever its hours, and each lasts."""
    change = chance.choice(zones.each_kind_of_change())
    for layer in schedule_of(a_schedule(chance, change.zone, change.at)).layers:
        start = (change.at - 3 * DAY).replace(tzinfo=None)
        turns = list(layer.turns(start, start + 9 * DAY))
        assert all(begins < ends for begins, ends, _ in turns)
        assert all(one[1] <= other[0] for one, other in pairwise(turns))
        for begins, ends, person in turns:
            assert layer.whose(begins) == layer.whose(ends - INSTANT) == person
        assert all(layer.whose(one[1]) is None for one, other in pairwise(turns) if one[1] < other[0])


@given(st.randoms(use_true_random=False))
def test_a_part_of_the_shifts_is_the_shifts_of_a_part(chance):
    """From and until when is asked for changes nothing about who it is; a year holds what its days hold."""
    change = chance.choice(zones.each_kind_of_change())
    schedule = schedule_of(a_schedule(chance, change.zone, change.at))
    whole = shifts(schedule, change.at - 60 * DAY, change.at + 60 * DAY)
    tiles(whole, change.at - 60 * DAY, change.at + 60 * DAY)
    start = change.at + chance.randint(-50 * 24 * 60, 49 * 24 * 60) * MINUTE + chance.randint(0, 59) * INSTANT
    end = start + chance.randint(1, 24 * 60) * MINUTE
    part = shifts(schedule, start, end)
    tiles(part, start, end)
    cut = [one._replace(start=max(one.start, start), end=min(one.end, end)) for one in whole]
    assert list(part) == [one for one in cut if one.start < one.end]


def test_a_schedule_survives_being_written_down():
    """As JSON and back, it is the same."""
    for seed in range(20):
        chance = random.Random(seed)
        schedule = schedule_of(a_schedule(chance, "Europe/Berlin", datetime(2026, 3, 29, 1, tzinfo=UTC)))
        assert Schedule.model_validate_json(schedule.model_dump_json()) == schedule
