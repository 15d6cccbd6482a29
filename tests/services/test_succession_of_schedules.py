"""Layers that hold from now on, on every backend."""

import pytest

from tests.desk import NOON
from tests.services.rota import BOSS, Rota, at, layer, override
from tocsin.domain.schedule import shifts
from tocsin.errors import InvalidInput, PreconditionFailed

pytestmark = pytest.mark.large  # moto takes its time: the other stand-in for DynamoDB tries them, in integration


@pytest.fixture
def rota(any_store):
    made = Rota(any_store)
    made.people("ann bo cy")
    return made


def names(schedule):
    return [(one.id, one.valid_from, one.valid_until) for one in schedule.layers]


def people(rota, schedule, start, end):
    found = shifts(schedule, at(start), at(end))
    return [(one.start, one.duty.person and rota.users.get(one.duty.person).email[:3]) for one in found]


def test_layers_hold_from_now_on_and_what_was_stays(rota):
    """Overrides too; and the same once more writes nothing."""
    rota.add()
    rota.now = at(-3)
    before = rota.schedules.add_overrides("shop", [override("cy", -2, -1), override("cy", 2, 4)], actor=BOSS)
    rota.now = NOON
    said = {"layers": [layer("bo ann")], "from_now": True}
    after = rota.schedules.edit("shop", said, actor=BOSS, expected=before.version)
    assert names(after) == [("base", NOON, None), ("base.1", None, NOON)]
    assert after.overrides == before.overrides
    assert people(rota, after, -100, 0) == people(rota, before, -100, 0)
    assert [who for _, who in people(rota, after, 0, 5)] == ["bo@", "cy@", "bo@"]
    assert rota.told()[-1][1]["layers"] == {"put": ["base", "base.1"], "taken": []}
    rota.later(hours=1)
    assert rota.schedules.edit("shop", said, actor=BOSS) == after
    with pytest.raises(PreconditionFailed):
        rota.schedules.edit("shop", said, actor=BOSS, expected=before.version)


def test_a_new_schedule_has_no_past(rota):
    """However early its layers start."""
    made = rota.add(from_now=True)
    assert names(made) == [("base", NOON, None)]
    assert people(rota, made, -2, 2) == [(at(-2), None), (NOON, "ann")]


def test_whom_nobody_knows_is_refused_as_ever(rota):
    """And a time zone by which somebody else was on call."""
    rota.add()
    with pytest.raises(InvalidInput, match="there is no user"):
        rota.schedules.edit("shop", {"layers": [layer("nobody")], "from_now": True}, actor=BOSS)
    with pytest.raises(InvalidInput, match="Shop: shifts that are over would change"):
        rota.schedules.edit("shop", {"time_zone": "Asia/Tokyo", "from_now": True}, actor=BOSS)
    assert rota.schedules.edit("shop", {"name": "Store", "from_now": True}, actor=BOSS).name == "Store"
