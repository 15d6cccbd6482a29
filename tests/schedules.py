"""Schedules made in a line, and read as easily."""

from datetime import UTC, date, datetime, timedelta

from tocsin.domain.layer import Layer
from tocsin.domain.rotation import Rotation, Unit
from tocsin.domain.schedule import Override, Schedule, on_call, shifts

MONDAY = date(2026, 3, 2)
SECOND = timedelta(seconds=1)


def utc(text):
    """Return a moment of UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def layer(people, unit=Unit.WEEK, *, name="base", start=MONDAY, hours=(), valid=(None, None), **rotation):
    """Return a layer of those people, in turn from Monday on."""
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
    """Return a schedule."""
    return Schedule(id="web", name="Web", time_zone=zone, layers=layers, overrides=overrides)


def override(name, person, start, end, replaces=None):
    """Return an override between two moments of UTC."""
    return Override(id=name, person=person, start=utc(start), end=utc(end), replaces=replaces)


def who(plan, *moments):
    """Return who is on call at each of some moments of UTC."""
    return [on_call(plan, utc(moment)).person for moment in moments]


def listed(plan, start, end):
    """Return shifts as (from, person), read easily."""
    return [(f"{shift.start:%m-%dT%H:%M}", shift.duty.person) for shift in shifts(plan, utc(start), utc(end))]
