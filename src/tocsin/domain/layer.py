"""One layer of a schedule: people who take turns, on the wall clock of its zone."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Annotated, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from .frozen import Frozen, Utc
from .rotation import Hours, Rotation, duties, on_duty

MOST_IN_A_LAYER = 100
"""People who take turns in one layer, each as often as they are named."""

MOST_HOURS = 21
"""Of one layer: three for each day of the week."""

LONGEST_NAME = 200
FIRST = datetime(1970, 1, 2, tzinfo=UTC)
LAST = datetime(9000, 1, 1, tzinfo=UTC)
"""The first and the last moment that schedules know: between them no arithmetic on times runs out of years."""


def _in_reach(day: date) -> date:
    if not FIRST.date() <= day < LAST.date():
        message = f"no layer starts on {day.isoformat()}: from {FIRST.date()} to {LAST.date()}"
        raise ValueError(message)
    return day


def ends_later(start: datetime | None, end: datetime | None) -> None:
    """Raise ``ValueError`` if there is an end, and it is not after the start."""
    if start is not None and end is not None and start >= end:
        message = f"it ends at {end.isoformat()}, which is not after it begins at {start.isoformat()}"
        raise ValueError(message)


Id = Annotated[str, StringConstraints(min_length=1, max_length=64, strip_whitespace=True)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NAME, strip_whitespace=True)]


class Layer(Frozen):
    """``people`` (ids of users) take turns in this order, from the hand-over time of the local day ``start`` on.

    ``hours``: they are on duty in these only; turns go on between them. ``valid_from`` and ``valid_until`` (not
    included) say when the layer counts; whose turn it is does not depend on them.
    """

    id: Id
    name: Name
    people: Annotated[tuple[Id, ...], Field(min_length=1, max_length=MOST_IN_A_LAYER)]
    rotation: Rotation
    start: Annotated[date, AfterValidator(_in_reach)]
    hours: Annotated[tuple[Hours, ...], Field(max_length=MOST_HOURS)] = ()
    valid_from: Utc | None = None
    valid_until: Utc | None = None

    @model_validator(mode="after")
    def _is_valid_for_a_time(self) -> Self:
        ends_later(self.valid_from, self.valid_until)
        return self

    def holds(self, at: Utc) -> bool:
        """Say whether the layer counts at a moment."""
        return (self.valid_from is None or self.valid_from <= at) and (
            self.valid_until is None or at < self.valid_until
        )

    def whose(self, local: datetime) -> str | None:
        """Return whose turn it is when clocks have come as far as a local time; None if nobody is on duty."""
        if local < datetime.combine(self.start, self.rotation.hand_over) or not on_duty(self.hours, local):
            return None
        turn = (local - self.rotation.anchor(self.start)) // self.rotation.length
        return self.people[turn % len(self.people)]

    def turns(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime, str]]:
        """Yield the turns between two local times, in order and without overlaps: begin, end, and whose it is."""
        anchor, length = self.rotation.anchor(self.start), self.rotation.length
        begins = max(start, datetime.combine(self.start, self.rotation.hand_over))
        if len(set(self.people)) == 1:
            # Somebody alone has one long turn, rather than one an hour for years.
            length = max(length, end - anchor)
        for since, until in duties(self.hours, begins, end) if begins < end else ():
            first, last = (since - anchor) // length, -((anchor - until) // length)
            for turn in range(first, last):
                turn_begins = anchor + turn * length
                person = self.people[turn % len(self.people)]
                yield max(turn_begins, since), min(turn_begins + length, until), person
