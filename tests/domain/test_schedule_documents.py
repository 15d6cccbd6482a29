"""Schedules as documents: what is read, and what is refused in which words."""

from datetime import time

import pytest
from pydantic import ValidationError

from tests.schedules import layer, schedule
from tocsin.domain.rotation import Rotation, Unit, Weekday
from tocsin.domain.schedule import schedule_of
from tocsin.errors import InvalidInput

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
        ({"time_zone": "localtime"}, "time_zone: 'localtime' is no time zone"),
        ({"time_zone": "right/UTC"}, "time_zone: 'right/UTC' is no time zone"),
        ({"name": " "}, "name: String should have at least 1 character"),
        ({"layers": [LAYER, LAYER]}, "two layers have the id 'l'"),
        ({"overrides": [OVERRIDE, OVERRIDE]}, "two overrides have the id 'o'"),
        ({"layers": [LAYER] * 21}, "layers: List should have at most 20 items"),
        ({"overrides": [OVERRIDE] * 201}, "overrides: List should have at most 200 items"),
        ({"layer": {"people": []}}, "layers 1 people: List should have at least 1 item"),
        ({"layer": {"people": ["ann"] * 101}}, "layers 1 people: List should have at most 100 items"),
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
            "layers 1 hours 1 weekdays: List should have at least 1 item",
        ),
        (
            {"layer": {"valid_from": "2026-03-02T00:00Z", "valid_until": "2026-03-02T00:00Z"}},
            "layers 1: it ends at 2026-03-02T00:00:00.00:00, which is not after it begins",
        ),
        ({"override": {"end": "2026-03-02T00:00Z"}}, "overrides 1: it ends at"),
        ({"override": {"end": "2026-03-03T00:00"}}, "overrides 1 end: Input should have timezone info"),
        ({"override": {"replaces": "ann"}}, "overrides 1: nobody can replace themselves"),
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
