"""New layers from now on: who was on call stays who it was, and who will be is whom the new ones say."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import zones
from tests.schedules import layer, schedule, utc
from tests.slow_schedule import DAY, HOUR, a_schedule
from tocsin.domain.schedule import Schedule, schedule_of
from tocsin.domain.stints import stints
from tocsin.domain.succession import PAST_KEPT, ahead, see_that_the_past_stays, succeeded
from tocsin.errors import InvalidInput

NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)


def names(layers):
    return [(one.id, one.valid_from, one.valid_until) for one in layers]


def who(plan, start, end):
    """Return from when until when it is who, whatever the layer is called."""
    return stints(plan, start, end)


def with_layers(plan, layers):
    return schedule_of({**plan.model_dump(), "layers": [one.model_dump() for one in layers]})


@settings(max_examples=150)
@given(st.randoms(use_true_random=False))
def test_the_past_stays_and_the_future_is_what_is_wanted(chance):
    """Whatever was agreed on, however often it changes, around any change of clocks; overrides count on both sides."""
    change = chance.choice([one for one in zones.each_kind_of_change() if one.in_whole_minutes])
    plan = schedule_of(a_schedule(chance, change.zone, change.at))
    now = (change.at - DAY).astimezone(UTC).replace(microsecond=0)
    for _ in range(3):
        now += timedelta(minutes=chance.randint(1, 30 * 60))
        wanted = list(schedule_of(a_schedule(chance, change.zone, change.at)).layers)
        if chance.random() < 0.7:
            # Mostly some stay as they are.
            wanted = chance.sample([*wanted, *(one for old in plan.layers if (one := ahead(old, now)))], k=len(wanted))
            wanted = list({one.id: one for one in wanted}.values())
        after = with_layers(plan, succeeded(plan.layers, wanted, now))
        assert who(after, now - 5 * DAY, now) == who(plan, now - 5 * DAY, now)
        assert who(after, now, now + 5 * DAY) == who(with_layers(plan, wanted), now, now + 5 * DAY)
        see_that_the_past_stays(plan, after, now)
        assert succeeded(after.layers, wanted, now + HOUR) == after.layers
        plan = after


def test_what_stays_as_it_is_stays_whatever_it_is_called():
    """With the moment from which it held, and its place."""
    base, upper = layer("ann", name="base", valid=(utc("2026-03-03"), None)), layer("bo", name="upper")
    wanted = [layer("ann", name="base").model_copy(update={"name": "Base"}), layer("cy", name="new"), upper]
    after = succeeded([base, upper], wanted, NOW)
    assert names(after) == [("base", utc("2026-03-03"), None), ("new", NOW, None), ("upper", None, None)]
    assert after[0].name == "Base"


def test_what_differs_is_cut_off_under_another_id():
    """Each time under one that nobody has."""
    first = succeeded([layer("ann")], [layer("bo")], NOW)
    assert names(first) == [("base", NOW, None), ("base.1", None, NOW)]
    later = NOW + DAY
    second = succeeded(first, [layer("cy")], later)
    assert names(second) == [("base", later, None), ("base.2", NOW, later), ("base.1", None, NOW)]
    assert [one.people for one in second] == [("cy",), ("bo",), ("ann",)]


def test_what_is_not_wanted_any_more_is_cut_off_under_its_own_id():
    """Nobody else has that."""
    assert names(succeeded([layer("ann")], [], NOW)) == [("base", None, NOW)]


def test_layers_that_change_places_do_not_change_who_won():
    """One of them is cut off, and begins anew."""
    low, high = layer("ann", name="low"), layer("bo", name="high")
    after = succeeded([low, high], [high, low], NOW)
    assert names(after) == [("low.1", None, NOW), ("high", None, None), ("low", NOW, None)]


def test_what_has_not_begun_goes_without_a_trace():
    """It was never in force."""
    to_come = layer("ann", valid=(NOW + DAY, None))
    assert names(succeeded([to_come], [layer("bo", valid=(NOW + HOUR, None))], NOW)) == [("base", NOW + HOUR, None)]
    assert names(succeeded([layer("ann", valid=(NOW, None))], [layer("bo")], NOW)) == [("base", NOW, None)]


@pytest.mark.parametrize("days, left", [(0, True), (89, True), (90, False), (91, False)])
def test_what_is_over_is_kept_for_a_while(days, left):
    """And never comes back, whoever wants it."""
    over = layer("ann", valid=(None, NOW - timedelta(days=days)))
    assert succeeded([over], [], NOW) == ((over,) if left else ())
    assert succeeded([], [over], NOW) == ()
    assert ahead(over, NOW) is None
    assert timedelta(days=90) == PAST_KEPT


def test_a_long_id_is_cut_off_too():
    """Ids have 64 letters at most."""
    long = layer("ann").model_copy(update={"id": "x" * 64})
    after = succeeded([long], [long.model_copy(update={"people": ("bo",)})], NOW)
    assert [one.id for one in after] == ["x" * 64, f"{'x' * 56}.1"]
    assert with_layers(schedule(), after).layers == after


def test_a_time_zone_would_change_the_past():
    """It is refused where anybody was on call at another time; not where nobody was."""
    plan = schedule(layer("ann bo"))
    moved = plan.model_copy(update={"time_zone": "Europe/Berlin"})
    with pytest.raises(InvalidInput, match="shifts that are over would change"):
        see_that_the_past_stays(plan, moved, NOW)
    alone = schedule(layer("ann", start=utc("2020-01-01").date()))
    see_that_the_past_stays(alone, alone.model_copy(update={"time_zone": "Asia/Tokyo"}), NOW)
    see_that_the_past_stays(schedule(), Schedule(id="x", name="x", time_zone="Asia/Tokyo"), NOW)
