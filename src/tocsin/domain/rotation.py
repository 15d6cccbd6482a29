"""Whose turn it is, and during which hours: on the calendar and the wall clock alone, where every day has 24 hours.

:mod:`tocsin.domain.local_time` says which moments these are. The number of a turn is a division, and not counted from
one turn to the next: it does not matter how long ago the first one was. Local times are naive.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from .frozen import Frozen

MOST_UNITS = 366
"""Hours, days or weeks of one turn."""

_DAY = timedelta(days=1)
_LEAST_LETTERS = 3


class Weekday(StrEnum):
    """A day of the week; ``Mon`` and ``MONDAY`` are understood, too."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        said = str(value).lower()
        return next((day for day in cls if len(said) >= _LEAST_LETTERS and day.startswith(said)), None)


_WEEK = tuple(Weekday)
_ANY_WEEK = datetime(2024, 1, 1), datetime(2024, 1, 9)  # noqa: DTZ001 - on the wall clock
"""And a day, for what begins on its last and lasts over midnight."""


class Unit(StrEnum):
    """What turns are counted in."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"


_LENGTH = {Unit.HOUR: timedelta(hours=1), Unit.DAY: _DAY, Unit.WEEK: 7 * _DAY}


def _whole_minute(clock: time) -> time:
    if clock.tzinfo is not None or clock.second or clock.microsecond:
        message = f"a time of day has whole minutes and no offset, as in 09:00: not {clock.isoformat()}"
        raise ValueError(message)
    return clock


def _each_once(weekdays: tuple[Weekday, ...]) -> tuple[Weekday, ...]:
    return tuple(day for day in Weekday if day in weekdays)


Clock = Annotated[
    time,
    AfterValidator(_whole_minute),
    # A "time" of JSON Schema has an offset, which what a clock on the wall shows has not.
    WithJsonSchema({"type": "string", "pattern": r"^([01][0-9]|2[0-3]):[0-5][0-9](:00)?$"}),
]
"""A local time of day, in whole minutes."""


class Rotation(Frozen):
    """A turn lasts ``every`` units, by the clock on the wall, and ends at ``hand_over``.

    Days and weeks are those of the calendar. Hours, too, are those of the wall clock, so that twelve of them hand over
    at the same two times all year: where clocks are set back one turn is longer by what is repeated, and where they are
    set forward one is shorter, or is left out if it was no longer than that.

    ``weekday``: on which a turn of weeks ends; None: on that of the day on which it starts.
    """

    unit: Unit
    every: int = Field(default=1, ge=1, le=MOST_UNITS)
    hand_over: Clock = time(9)
    weekday: Weekday | None = None

    @model_validator(mode="after")
    def _has_a_weekday_for_weeks_only(self) -> Self:
        if self.weekday is not None and self.unit is not Unit.WEEK:
            message = f"a weekday is for rotations by the week, and this one is by the {self.unit}"
            raise ValueError(message)
        return self

    @property
    def length(self) -> timedelta:
        """How long a turn is on the wall clock."""
        return self.every * _LENGTH[self.unit]

    def anchor(self, start: date) -> datetime:
        """Return the local time from which turns are counted: the last hand-over until that of the day ``start``.

        A first turn of weeks that starts on another weekday than it ends on is therefore shorter than the others.
        """
        first = datetime.combine(start, self.hand_over)
        if self.weekday is None:
            return first
        return first - (start.weekday() - _WEEK.index(self.weekday)) % 7 * _DAY


class Hours(Frozen):
    """Hours of duty: they begin on each of ``weekdays`` at ``begin``, and end at the next ``end``.

    That is over midnight where ``end`` is earlier, and after 24 hours where it is the same.
    """

    weekdays: Annotated[tuple[Weekday, ...], Field(min_length=1), AfterValidator(_each_once)] = tuple(Weekday)
    begin: Clock
    end: Clock

    def of(self, day: date) -> tuple[datetime, datetime] | None:
        """Return from when until when the duty lasts that begins on a day; None if none does."""
        if _WEEK[day.weekday()] not in self.weekdays:
            return None
        begins = datetime.combine(day, self.begin)
        return begins, datetime.combine(day if self.begin < self.end else day + _DAY, self.end)


def on_duty(hours: Sequence[Hours], local: datetime) -> bool:
    """Say whether a local time is in any of the hours; always, if there are none."""
    if not hours:
        return True
    days = (local.date(), local.date() - _DAY)
    spans = (span for some in hours for day in days if (span := some.of(day)))
    return any(begins <= local < ends for begins, ends in spans)


def at_all_hours(hours: Sequence[Hours]) -> bool:
    """Say whether hours of duty leave out nothing of a week. Without any there is nothing that they leave out."""
    return list(duties(hours, *_ANY_WEEK)) == [_ANY_WEEK]


def duties(hours: Sequence[Hours], start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield the spans between two local times that are in any of the hours: in order, and none touches the next."""
    if not hours:
        yield start, end
        return
    days = [start.date() + number * _DAY for number in range(-1, (end.date() - start.date()).days + 1)]
    spans = (span for day in days for some in hours if (span := some.of(day)))
    since = until = start
    for begins, ends in sorted(span for span in spans if span[0] < end):
        if begins > until:
            if since < until:
                yield since, until
            since = begins
        until = max(until, ends)
    if since < (until := min(until, end)):
        yield since, until
