"""Overrides and swaps: who takes whose place in a schedule, and who is named for it."""

import pytest

from tests.schedules import SECOND, layer, override, schedule, utc, who
from tocsin.domain.rotation import Unit
from tocsin.domain.schedule import GAP, Duty, Shift, on_call, shifts


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
