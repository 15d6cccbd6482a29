"""How well a schedule covers a time."""

from datetime import UTC, datetime, timedelta

from tocsin.domain.coverage import MOST_LISTED, Concern, Double, Load, coverage
from tocsin.domain.schedule import schedule_of
from tocsin.domain.stints import Span

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def after(hours):
    return NOON + timedelta(hours=hours)


def layer(name, people, hours=(), unit="day", **more):
    return {
        "id": name,
        "name": name,
        "people": people.split(),
        "rotation": {"unit": unit, "hand_over": "12:00" if unit == "day" else "00:00"},
        "start": "2026-03-02",
        "hours": hours,
        **more,
    }


def schedule(*layers, name="s", overrides=()):
    return schedule_of({"id": name, "name": name, "time_zone": "UTC", "layers": layers, "overrides": overrides})


def covered(plan, *others, hours=48, left=(), unreachable=(), pages=None):
    return coverage(
        plan,
        [plan, *others],
        NOON,
        after(hours),
        active=lambda one: one not in left,
        reachable=lambda one: one not in unreachable,
        pages=pages,
    )


def test_all_is_well_where_somebody_is_on_call_who_can_be_reached():
    """There is nothing to say but for how long each of them is."""
    found = covered(schedule(layer("l", "ann bo")), hours=60, pages={"ann": 3})
    assert found[:4] == ((), (), (), ())
    assert found.load == (Load("ann", 36.0, 2, 3), Load("bo", 24.0, 1, 0))
    assert found.left_out == 0
    assert covered(schedule(layer("l", "ann"))).load == (Load("ann", 48.0, 1, None),)


def test_gaps_are_listed():
    """From when until when; the first ones, where there are very many."""
    plan = schedule(layer("l", "ann", [{"begin": "14:00", "end": "10:00"}]))
    assert covered(plan).gaps == (Span(after(0), after(2)), Span(after(22), after(26)), Span(after(46), after(48)))
    hourly = [{"begin": f"{hour:02}:00", "end": f"{hour:02}:30"} for hour in range(21)]
    many = covered(schedule(layer("l", "ann", hourly)), hours=240)
    assert (len(many.gaps), many.left_out) == (MOST_LISTED, 10)


def test_who_cannot_be_reached_and_who_has_left_are_named():
    """With when they are on call first; who has left is named even if it is not their turn."""
    plan = schedule(
        layer("old", "eve", valid_until=NOON),
        layer("new", "fay", valid_from=after(48)),
        layer("ever", "bo"),
        layer("l", "ann bo cy"),
        overrides=[
            {"id": "o", "person": "di", "start": after(1), "end": after(2), "replaces": "bo"},
            {"id": "p", "person": "gus", "start": after(50), "end": after(51)},
        ],
    )
    found = covered(plan, left={"cy", "di", "eve", "fay", "gus"}, unreachable={"bo", "cy"})
    assert found.unreachable == (Concern("bo", after(24)),)
    assert found.left == (Concern("cy", None), Concern("di", None))
    assert covered(plan, left={"bo"}).left == (Concern("bo", after(24)),)


def test_double_duty_is_found():
    """On two schedules at once, and by two layers of one."""
    plan = schedule(layer("low", "bo ann"), layer("high", "ann", [{"begin": "14:00", "end": "15:00"}]))
    other = schedule(layer("l", "ann bo"), name="other")
    unconcerned = schedule(layer("l", "cy"), name="third")
    found = covered(plan, other, unconcerned, hours=30)
    assert found.double == (
        Double("ann", Span(after(2), after(3)), schedule="other"),
        Double("ann", Span(after(26), after(27)), layers=("low", "high")),
    )
