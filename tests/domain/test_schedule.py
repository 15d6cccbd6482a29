"""Who is on call, and why: layers, hours of duty, overrides, swaps and gaps."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from tocsin.domain.rotation import Hours, Rotation, Unit, Weekday
from tocsin.domain.schedule import (
    FIRST,
    GAP,
    LAST,
    LONGEST_VIEW,
    Duty,
    Layer,
    Override,
    Schedule,
    Shift,
    on_call,
    schedule_of,
    shifts,
)
from tocsin.errors import InvalidInput

MONDAY = date(2026, 3, 2)
SECOND = timedelta(seconds=1)


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def layer(people, unit=Unit.WEEK, *, name="base", start=MONDAY, hours=(), valid=(None, None), **rotation):
    return Layer(
        id=name,
        name=name,
        people=tuple(people.split()),
        rotation=Rotation(unit=unit, **rotation),
        start=start,
        hours=hours,
        valid_from=valid[0],
        valid_until=valid[1],
    )


def schedule(*layers, overrides=(), zone="UTC"):
    return Schedule(id="web", name="Web", time_zone=zone, layers=layers, overrides=overrides)


def override(name, person, start, end, replaces=None):
    return Override(id=name, person=person, start=utc(start), end=utc(end), replaces=replaces)


def who(plan, *moments):
    return [on_call(plan, utc(moment)).person for moment in moments]


def listed(plan, start, end):
    """Return shifts as (from, person), read easily."""
    return [(f"{shift.start:%m-%dT%H:%M}", shift.duty.person) for shift in shifts(plan, utc(start), utc(end))]


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


# Overrides


def test_an_override_wins_over_all_layers_to_the_second():
    """It says whose place it takes; a later one wins over it."""
    first = override("o1", "cy", "2026-03-03T12:00:07", "2026-03-03T14:00")
    later = override("o2", "di", "2026-03-03T13:00", "2026-03-03T13:30")
    plan = schedule(layer("ann"), layer("bo", name="high"), overrides=(first, later))
    assert shifts(plan, utc("2026-03-03T11:00"), utc("2026-03-03T15:00")) == (
        Shift(utc("2026-03-03T11:00"), first.start, Duty("bo", "high")),
        Shift(first.start, later.start, Duty("cy", "", ("o1",), "bo")),
        Shift(later.start, later.end, Duty("di", "", ("o2",), "bo")),
        Shift(later.end, first.end, Duty("cy", "", ("o1",), "bo")),
        Shift(first.end, utc("2026-03-03T15:00"), Duty("bo", "high")),
    )
    assert on_call(plan, first.start - SECOND).person == "bo"
    assert on_call(plan, first.start).person == "cy"


def test_an_override_fills_a_gap_and_one_persons_part_does_not():
    """Nobody's part is nobody's to take."""
    whole = override("o1", "cy", "2026-03-03T12:00", "2026-03-03T14:00")
    part = override("o2", "di", "2026-03-03T13:00", "2026-03-03T16:00", replaces="ann")
    plan = schedule(overrides=(part, whole))
    assert on_call(plan, utc("2026-03-03T13:30")) == Duty("cy", "", ("o1",))
    assert on_call(plan, utc("2026-03-03T15:30")) == GAP


def test_who_takes_a_persons_part_is_on_call_wherever_they_would_be():
    """In any layer, and by another override; what is others' stays theirs."""
    part = override("holiday", "di", "2026-03-03T00:00", "2026-03-06T00:00", replaces="ann")
    named = override("named", "ann", "2026-03-05T12:00", "2026-03-05T13:00")
    plan = schedule(layer("bo ann", Unit.DAY), overrides=(part, named))
    assert on_call(plan, utc("2026-03-03T10:00")) == Duty("di", "base", ("holiday",), "ann")
    assert on_call(plan, utc("2026-03-04T10:00")) == Duty("bo", "base")
    assert on_call(plan, utc("2026-03-05T12:30")) == Duty("di", "", ("named", "holiday"), "ann")
    assert on_call(plan, utc("2026-03-07T10:00")) == Duty("ann", "base")


def test_of_two_who_take_the_same_part_the_later_one_does():
    """What was agreed on last."""
    parts = [override(name, name, "2026-03-03T00:00", "2026-03-04T00:00", replaces="ann") for name in ("bo", "cy")]
    assert who(schedule(layer("ann"), overrides=parts), "2026-03-03T12:00") == ["cy"]


def test_who_takes_a_part_may_be_replaced_as_well():
    """Bo takes Ann's holiday, and falls ill."""
    holiday = override("holiday", "bo", "2026-03-03T00:00", "2026-03-06T00:00", replaces="ann")
    ill = override("ill", "cy", "2026-03-04T00:00", "2026-03-05T00:00", replaces="bo")
    plan = schedule(layer("ann"), overrides=(holiday, ill))
    assert who(plan, "2026-03-03T12:00", "2026-03-04T12:00", "2026-03-05T12:00") == ["bo", "cy", "bo"]
    assert on_call(plan, utc("2026-03-04T12:00")) == Duty("cy", "base", ("holiday", "ill"), "ann")


@pytest.mark.parametrize("order", [1, -1])
def test_two_overrides_are_a_swap(order):
    """Each has the other's days, also while both overrides hold, whichever was written first."""
    span = ("2026-03-02T00:00", "2026-03-09T00:00")
    swap = [override("1", "bo", *span, replaces="ann"), override("2", "ann", *span, replaces="bo")][::order]
    plan = schedule(layer("ann bo cy", Unit.DAY), overrides=swap)
    assert who(plan, "2026-03-02T10:00", "2026-03-03T10:00", "2026-03-04T10:00") == ["bo", "ann", "cy"]


def test_three_may_swap_and_whose_part_leads_into_a_swap_is_handed_on_once():
    """Everybody takes the next one's; Di's part goes to Ann, whose parts are Bo's now."""
    span = ("2026-03-02T00:00", "2026-03-09T00:00")
    pairs = [("ann", "bo"), ("bo", "cy"), ("cy", "ann"), ("di", "ann")]
    ring = [override(old, new, *span, replaces=old) for old, new in pairs]
    plan = schedule(layer("ann bo cy di", Unit.DAY), overrides=ring)
    days = [f"2026-03-0{day}T10:00" for day in range(2, 6)]
    assert who(plan, *days) == ["bo", "cy", "ann", "bo"]
    assert on_call(plan, utc(days[3])) == Duty("bo", "base", ("di", "ann"), "di")


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


LAYER = {"id": "l", "name": "L", "people": ["ann"], "rotation": {"unit": "day"}, "start": "2026-03-02"}
OVERRIDE = {"id": "o", "person": "ann", "start": "2026-03-02T00:00Z", "end": "2026-03-03T00:00Z"}


def document(*, layer=(), override=(), **more):
    """Return the document of a schedule in which something is different."""
    return {
        "id": "s",
        "name": "S",
        "time_zone": "Europe/Berlin",
        "layers": [{**LAYER, **dict(layer)}],
        "overrides": [{**OVERRIDE, **dict(override)}],
        **more,
    }


def test_a_schedule_is_read_from_a_document():
    """As JSON or YAML have it; weekdays in three letters will do."""
    hours = [{"weekdays": ["sun", "Fri", "fri"], "begin": "22:00", "end": "06:00"}]
    rotation = {"unit": "week", "every": 2, "hand_over": "10:30", "weekday": "Tue"}
    found = schedule_of(document(layer={"hours": hours, "rotation": rotation})).layers[0]
    assert found.rotation == Rotation(unit=Unit.WEEK, every=2, hand_over=time(10, 30), weekday=Weekday.TUESDAY)
    assert found.hours[0].weekdays == (Weekday.FRIDAY, Weekday.SUNDAY)


@pytest.mark.parametrize(
    "wrong, message",
    [
        ({"time_zone": "Berlin"}, r"time_zone: 'Berlin' is no time zone \(IANA's names: Europe/Berlin"),
        ({"name": " "}, "name: String should have at least 1 character"),
        ({"layers": [LAYER, LAYER]}, "two layers have the id 'l'"),
        ({"overrides": [OVERRIDE, OVERRIDE]}, "two overrides have the id 'o'"),
        ({"layers": [LAYER] * 21}, "layers: Tuple should have at most 20 items"),
        ({"overrides": [OVERRIDE] * 201}, "overrides: Tuple should have at most 200 items"),
        ({"layer": {"people": []}}, "layers 1 people: Tuple should have at least 1 item"),
        ({"layer": {"people": ["ann"] * 101}}, "layers 1 people: Tuple should have at most 100 items"),
        ({"layer": {"start": "1969-12-31"}}, "layers 1 start: no layer starts on 1969-12-31"),
        ({"layer": {"start": "9000-01-01"}}, "layers 1 start: no layer starts on 9000-01-01"),
        ({"layer": {"rotation": {"unit": "month"}}}, "layers 1 rotation unit: Input should be 'hour', 'day' or 'week'"),
        ({"layer": {"rotation": {"unit": "day", "every": 0}}}, "layers 1 rotation every: Input should be greater"),
        ({"layer": {"rotation": {"unit": "day", "every": 367}}}, "layers 1 rotation every: Input should be less"),
        (
            {"layer": {"rotation": {"unit": "day", "weekday": "mon"}}},
            "layers 1 rotation: a weekday is for rotations by",
        ),
        ({"layer": {"rotation": {"unit": "week", "weekday": "mo"}}}, "layers 1 rotation weekday: Input should be"),
        (
            {"layer": {"rotation": {"unit": "day", "hand_over": "09:00:30"}}},
            "layers 1 rotation hand_over: a time of day",
        ),
        ({"layer": {"rotation": {"unit": "day", "hand_over": "09:00Z"}}}, "layers 1 rotation hand_over: a time of day"),
        (
            {"layer": {"hours": [{"weekdays": [], "begin": "09:00", "end": "17:00"}]}},
            "layers 1 hours 1 weekdays: Tuple should have at least 1 item",
        ),
        (
            {"layer": {"valid_from": "2026-03-02T00:00Z", "valid_until": "2026-03-02T00:00Z"}},
            "layers 1: it ends at 2026-03-02T00:00:00.00:00, which is not after it begins",
        ),
        ({"override": {"end": "2026-03-02T00:00Z"}}, "overrides 1: it ends at"),
        ({"override": {"end": "2026-03-03T00:00"}}, "overrides 1 end: Input should have timezone info"),
        ({"override": {"replaces": "ann"}}, "overrides 1: ann cannot replace themselves"),
    ],
)
def test_what_is_wrong_in_a_document_is_said_with_its_place(wrong, message):
    """In one line, counted from one."""
    with pytest.raises(InvalidInput, match=f"^{message}"):
        schedule_of(document(**wrong))


def test_what_is_wrong_from_python_is_a_wrong_model():
    """So that whoever reads a request names the field."""
    with pytest.raises(ValidationError, match="two layers"):
        schedule(layer("ann"), layer("bo"))
