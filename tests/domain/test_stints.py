"""Who is on call from when until when, whatever the reasons; who is on call now, and who is next."""

from datetime import UTC, datetime, timedelta

import pytest

from tocsin.domain.layer import FIRST, LAST
from tocsin.domain.schedule import Duty, schedule_of
from tocsin.domain.stints import Current, Span, Stint, current, stints, together
from tocsin.errors import InvalidInput

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


def after(**span):
    return MONDAY + timedelta(**span)


def weekly(people="ann bo", every=1, **more):
    layer = {
        "id": "l",
        "name": "l",
        "people": people.split(),
        "rotation": {"unit": "week", "every": every},
        "start": "2026-03-02",
    }
    return schedule_of({"id": "s", "name": "s", "time_zone": "UTC", "layers": [layer], **more})


def override(person, start, end):
    return {"id": f"{person}{start}", "person": person, "start": after(days=start), "end": after(days=end)}


def test_a_stint_goes_on_over_a_change_of_reason():
    """An override by whom it would be anyway parts nothing."""
    schedule = weekly(overrides=[override("ann", 5, 9), override("cy", 12, 13)])
    assert [(one.person, one.span) for one in stints(schedule, MONDAY, after(days=14))] == [
        ("ann", Span(MONDAY, after(days=9))),
        ("bo", Span(after(days=9), after(days=12))),
        ("cy", Span(after(days=12), after(days=13))),
        ("bo", Span(after(days=13), after(days=14))),
    ]


def test_who_is_on_call_until_when_and_who_is_next():
    """Soon, or in months."""
    assert current(weekly(), MONDAY) == Current(
        Duty("ann", "l"), after(days=7), Stint(after(days=7), after(days=14), "bo")
    )
    months = current(weekly(every=20), MONDAY)
    assert (months.until, months.next.person) == (after(weeks=20), "bo")


def test_who_is_on_call_for_good_has_no_end():
    """Nobody follows for more than a year, as far as can be asked."""
    assert current(weekly("ann"), MONDAY) == Current(Duty("ann", "l"), None, None)
    assert current(weekly("ann"), LAST) == Current(Duty("ann", "l"), None, None)


def test_a_gap_is_current_too():
    """And says who ends it."""
    before = current(weekly(), after(days=-1))
    assert (before.duty.person, before.until, before.next.person) == (None, MONDAY, "ann")


def test_moments_that_nobody_can_answer_for_are_refused():
    """As for who is on call."""
    with pytest.raises(InvalidInput):
        current(weekly(), FIRST - timedelta(days=1))


def test_together_is_when_both_have_the_same_person():
    """Gaps and others apart, however the two are parted."""
    one = [Stint(after(hours=0), after(hours=4), "ann"), Stint(after(hours=4), after(hours=6), None)]
    other = [
        Stint(after(hours=-2), after(hours=1), "ann"),
        Stint(after(hours=1), after(hours=2), "bo"),
        Stint(after(hours=2), after(hours=9), "ann"),
    ]
    expected = [Stint(after(hours=0), after(hours=1), "ann"), Stint(after(hours=2), after(hours=4), "ann")]
    assert list(together(one, other)) == list(together(other, one)) == expected
    gaps = [Stint(after(hours=0), after(hours=4), None)]
    assert list(together(gaps, gaps)) == []
    assert list(together(one[:1], [Stint(after(hours=8), after(hours=9), "ann")])) == []
