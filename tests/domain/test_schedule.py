"""Who is on call, and why: turns, hours of duty, layers and gaps."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.schedules import SECOND, layer, listed, schedule, utc, who
from tocsin.domain.layer import FIRST, LAST
from tocsin.domain.rotation import Hours, Unit, Weekday
from tocsin.domain.schedule import GAP, LONGEST_VIEW, Duty, Shift, on_call, shifts
from tocsin.errors import InvalidInput

# Turns


@pytest.mark.parametrize("zone, hour", [("UTC", 9), ("Asia/Kolkata", 3.5), ("America/New_York", 14)])
def test_a_turn_ends_at_its_hand_over_by_the_clock_on_the_wall(zone, hour):
    """To the instant."""
    moment = utc("2026-03-03T00:00") + timedelta(hours=hour)
    plan = schedule(layer("ann bo", Unit.DAY), zone=zone)
    assert on_call(plan, moment - datetime.resolution) == Duty("ann", "base")
    assert on_call(plan, moment) == Duty("bo", "base")


def test_hand_overs_stay_at_their_local_time_through_the_year():
    """Nine o'clock in Berlin is another hour of UTC in summer."""
    plan = schedule(layer("ann bo", Unit.DAY), zone="Europe/Berlin")
    assert listed(plan, "2026-03-28T12:00", "2026-03-30T12:00")[1:] == [("03-29T07:00", "bo"), ("03-30T07:00", "ann")]
    assert listed(plan, "2026-10-24T12:00", "2026-10-26T12:00")[1:] == [("10-25T08:00", "bo"), ("10-26T08:00", "ann")]


def test_twelve_hours_are_day_and_night_all_year():
    """Hours are those of the wall clock, and the night in which clocks change is another one only in length."""
    plan = schedule(layer("day night", Unit.HOUR, every=12, hand_over=time(8)), zone="Europe/Berlin")
    assert listed(plan, "2026-03-28T12:00", "2026-03-29T20:00") == [
        ("03-28T12:00", "day"),
        ("03-28T19:00", "night"),
        ("03-29T06:00", "day"),
        ("03-29T18:00", "night"),
    ]
    assert listed(plan, "2026-10-25T06:30", "2026-10-25T20:00") == [
        ("10-25T06:30", "night"),
        ("10-25T07:00", "day"),
        ("10-25T19:00", "night"),
    ]


def test_an_hour_that_does_not_exist_is_nobodys_turn_and_one_that_comes_twice_is_one_turn():
    """Who would have it is left out once a year; who has the long one has it whole."""
    plan = schedule(layer("ann bo cy", Unit.HOUR, hand_over=time(0), start=date(2026, 3, 29)), zone="Europe/Berlin")
    assert listed(plan, "2026-03-28T23:00", "2026-03-29T02:00") == [
        ("03-28T23:00", "ann"),
        ("03-29T00:00", "bo"),
        ("03-29T01:00", "ann"),
    ]
    plan = schedule(layer("ann bo cy di", Unit.HOUR, hand_over=time(0), start=date(2026, 10, 25)), zone="Europe/Berlin")
    assert listed(plan, "2026-10-24T22:00", "2026-10-25T02:01") == [
        ("10-24T22:00", "ann"),
        ("10-24T23:00", "bo"),
        ("10-25T00:00", "cy"),
        ("10-25T02:00", "di"),
    ]


def test_a_day_that_never_was_is_nobodys_turn():
    """Samoa had no 30 December 2011: bo's turn, from midnight to midnight, took no time."""
    base = layer("ann bo cy", Unit.DAY, hand_over=time(0), start=date(2011, 12, 29))
    plan = schedule(base, zone="Pacific/Apia")
    assert listed(plan, "2011-12-29T12:00", "2011-12-31T00:00") == [("12-29T12:00", "ann"), ("12-30T10:00", "cy")]


@pytest.mark.parametrize("every, people", [(1, ["ann", "bo", "cy", "ann"]), (2, ["ann", "ann", "bo", "bo"])])
def test_turns_of_weeks_end_on_their_weekday(every, people):
    """A layer that starts on a Wednesday has a shorter first turn, and no gap before it."""
    plan = schedule(layer("ann bo cy", weekday=Weekday.MONDAY, every=every, start=date(2026, 3, 4)))
    assert who(plan, "2026-03-04T08:59") == [None]
    assert who(plan, "2026-03-04T09:00", "2026-03-09T09:00", "2026-03-16T09:00", "2026-03-23T09:00") == people
    assert who(plan, "2026-03-09T08:59") == ["ann"]


def test_without_a_weekday_weeks_end_on_that_of_the_start():
    """The first turn is as long as the others."""
    plan = schedule(layer("ann bo", start=date(2026, 3, 4)))
    assert who(plan, "2026-03-11T08:59", "2026-03-11T09:00") == ["ann", "bo"]


def test_a_shift_goes_on_over_a_hand_over_to_oneself():
    """Nothing changes for anybody."""
    assert listed(schedule(layer("ann", Unit.DAY)), "2026-03-02T09:00", "2027-03-02T09:00") == [("03-02T09:00", "ann")]


def test_a_moment_may_be_said_in_any_zone():
    """It is the same moment, in the hour that comes twice as well."""
    berlin = ZoneInfo("Europe/Berlin")
    twice = [datetime(2026, 10, 25, 2, 30, tzinfo=berlin, fold=fold) for fold in (0, 1)]
    base = layer("ann bo", Unit.HOUR, hand_over=time(0), start=date(2026, 10, 25))
    for zone in ("Europe/Berlin", "Australia/Lord_Howe"):
        plan = schedule(base, zone=zone)
        for moment in twice:
            assert on_call(plan, moment) == on_call(plan, moment.astimezone(UTC))
        assert shifts(plan, *twice) == shifts(plan, *(moment.astimezone(UTC) for moment in twice))
        assert {shift.start.tzinfo for shift in shifts(plan, *twice)} == {UTC}


# Hours of duty


def test_hours_of_duty_leave_gaps_and_turns_are_counted_on():
    """A working week; nights and the weekend are nobody's, and are said so."""
    working = Hours(weekdays=("Mon", "tuesday", "WED"), begin=time(9), end=time(17))
    plan = schedule(layer("ann bo", Unit.DAY, hours=(working,)))
    assert listed(plan, "2026-03-02T00:00", "2026-03-09T00:00") == [
        ("03-02T00:00", None),
        ("03-02T09:00", "ann"),
        ("03-02T17:00", None),
        ("03-03T09:00", "bo"),
        ("03-03T17:00", None),
        ("03-04T09:00", "ann"),
        ("03-04T17:00", None),
    ]


def test_hours_over_midnight_belong_to_the_weekday_on_which_they_begin():
    """Sunday's night ends on Monday, whoever's turn it is then."""
    night = Hours(weekdays=(Weekday.SUNDAY,), begin=time(22), end=time(6))
    plan = schedule(layer("ann bo", Unit.DAY, hours=(night,), hand_over=time(0)))
    assert listed(plan, "2026-03-08T12:00", "2026-03-09T12:00") == [
        ("03-08T12:00", None),
        ("03-08T22:00", "ann"),
        ("03-09T00:00", "bo"),
        ("03-09T06:00", None),
    ]


def test_hours_that_end_when_they_begin_last_a_day():
    """And those that touch or overlap are one."""
    weekend = Hours(weekdays=("sat", "sun"), begin=time(0), end=time(0))
    friday, late = (Hours(weekdays=("fri",), begin=time(begin), end=time(0)) for begin in (18, 20))
    plan = schedule(layer("ann", Unit.DAY, hours=(weekend, late, friday)))
    assert listed(plan, "2026-03-06T00:00", "2026-03-10T00:00") == [
        ("03-06T00:00", None),
        ("03-06T18:00", "ann"),
        ("03-09T00:00", None),
    ]


@pytest.mark.parametrize(
    "begin, end, spans",
    [
        pytest.param("01:00", "02:30", [("03-28T23:00", None), ("03-29T00:00", "ann"), ("03-29T01:00", None)]),
        pytest.param("02:10", "02:50", [("03-28T23:00", None)]),
        pytest.param("02:30", "03:30", [("03-28T23:00", None), ("03-29T01:00", "ann"), ("03-29T01:30", None)]),
    ],
)
def test_hours_that_clocks_leave_out_take_no_time(begin, end, spans):
    """What begins or ends among them does so at the first moment after the gap."""
    hours = Hours(begin=time.fromisoformat(begin), end=time.fromisoformat(end))
    plan = schedule(layer("ann", Unit.DAY, hours=(hours,)), zone="Europe/Berlin")
    assert listed(plan, "2026-03-28T23:00", "2026-03-29T04:00") == spans


@pytest.mark.parametrize(
    "begin, end, spans",
    [
        pytest.param("02:00", "02:30", [("10-24T23:00", None), ("10-25T00:00", "ann"), ("10-25T00:30", None)]),
        pytest.param("02:30", "03:00", [("10-24T23:00", None), ("10-25T00:30", "ann"), ("10-25T02:00", None)]),
        pytest.param("03:00", "03:30", [("10-24T23:00", None), ("10-25T02:00", "ann"), ("10-25T02:30", None)]),
    ],
)
def test_hours_that_come_twice_count_the_first_time(begin, end, spans):
    """And what reaches to the end of the repeated hour reaches to the end of its repetition."""
    hours = Hours(begin=time.fromisoformat(begin), end=time.fromisoformat(end))
    plan = schedule(layer("ann", Unit.DAY, hours=(hours,)), zone="Europe/Berlin")
    assert listed(plan, "2026-10-24T23:00", "2026-10-25T04:00") == spans


# Layers


def test_the_highest_layer_that_anybody_is_on_duty_in_wins():
    """Where it has nobody, the next one below does."""
    night = Hours(begin=time(22), end=time(6))
    plan = schedule(layer("ann"), layer("bo", name="nights", hours=(night,)))
    assert shifts(plan, utc("2026-03-03T21:00"), utc("2026-03-04T07:00")) == (
        Shift(utc("2026-03-03T21:00"), utc("2026-03-03T22:00"), Duty("ann", "base")),
        Shift(utc("2026-03-03T22:00"), utc("2026-03-04T06:00"), Duty("bo", "nights")),
        Shift(utc("2026-03-04T06:00"), utc("2026-03-04T07:00"), Duty("ann", "base")),
    )


def test_a_layer_counts_for_as_long_as_it_is_valid():
    """From its first moment until, and without, its last; whose turn it is is counted as if it were always."""
    ends = layer("ann bo", Unit.DAY, valid=(utc("2026-03-03T12:00"), utc("2026-03-04T12:00")))
    assert listed(schedule(ends), "2026-03-02T12:00", "2026-03-05T12:00") == [
        ("03-02T12:00", None),
        ("03-03T12:00", "bo"),
        ("03-04T09:00", "ann"),
        ("03-04T12:00", None),
    ]
    assert who(schedule(ends), "2026-03-03T11:59", "2026-03-03T12:00", "2026-03-04T12:00") == [None, "bo", None]
    assert listed(schedule(ends), "2026-03-06T00:00", "2026-03-07T00:00") == [("03-06T00:00", None)]


def test_nobody_at_all_is_one_gap():
    """It is visible."""
    start, end = utc("2026-03-03T21:00"), utc("2026-03-04T07:00")
    assert shifts(schedule(), start, end) == (Shift(start, end, GAP),)
    assert on_call(schedule(), start) == GAP == Duty(None)


# What is refused


def test_who_was_on_call_is_asked_within_bounds():
    """Where no arithmetic on time ends; and no more than two years are listed at once."""
    plan = schedule(layer("ann", start=FIRST.date()), zone="Pacific/Kiritimati")
    assert on_call(plan, LAST).person == "ann"
    assert on_call(plan, FIRST) == GAP
    assert shifts(plan, LAST - LONGEST_VIEW, LAST)[-1].end == LAST
    for beyond in (FIRST - SECOND, LAST + SECOND, datetime.max.replace(tzinfo=UTC)):
        with pytest.raises(InvalidInput, match="nobody can say"):
            on_call(plan, beyond)
    for end in (LAST - LONGEST_VIEW - SECOND, LAST - LONGEST_VIEW + LONGEST_VIEW + SECOND):
        with pytest.raises(InvalidInput):
            shifts(plan, LAST - LONGEST_VIEW, end)
    with pytest.raises(InvalidInput, match="no shifts can be listed"):
        shifts(plan, utc("2026-03-02"), utc("2026-03-02"))
    with pytest.raises(InvalidInput, match="no shifts can be listed"):
        shifts(plan, utc("2026-03-02"), utc("2026-03-02") + LONGEST_VIEW + SECOND)


def test_whoever_takes_turns_with_nobody_has_one():
    """However often they hand over to themselves: nothing is worked out 8,760 times a year."""
    alone = layer("ann ann", Unit.HOUR, hours=(Hours(weekdays=(Weekday.MONDAY,), begin=time(9), end=time(17)),))
    start = datetime(2026, 3, 2)  # noqa: DTZ001 - of the clock on the wall
    assert [(begins.hour, ends.hour) for begins, ends, _ in alone.turns(start, start + timedelta(days=14))] == [
        (9, 17)
    ] * 2
