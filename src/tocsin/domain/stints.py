"""Shifts without their reasons: who is on call from when until when, whichever layers and overrides say so."""

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

from .frozen import Utc
from .layer import LAST
from .schedule import Duty, Schedule, on_call, shifts

GLANCES = (timedelta(days=14), timedelta(days=366))
"""How far ahead we look for who is next: first near, where they mostly are, and only then far."""


class Span(NamedTuple):
    """From a moment until another (not included)."""

    start: Utc
    end: Utc


class Stint(NamedTuple):
    """One person on call without a break; None: nobody."""

    start: Utc
    end: Utc
    person: str | None

    @property
    def span(self) -> Span:
        """When it is."""
        return Span(self.start, self.end)


def stints(schedule: Schedule, start: Utc, end: Utc) -> list[Stint]:
    """Return who is on call from a moment until another: gaps too, none like the one before it.

    Raises ``InvalidInput`` as :func:`~tocsin.domain.schedule.shifts` does.
    """
    found: list[Stint] = []
    for shift in shifts(schedule, start, end):
        if found and found[-1].person == shift.duty.person:
            found[-1] = found[-1]._replace(end=shift.end)
        else:
            found.append(Stint(shift.start, shift.end, shift.duty.person))
    return found


class Current(NamedTuple):
    """Who is on call at a moment and why; ``until`` when, and who is ``next`` (both None: for more than a year)."""

    duty: Duty
    until: Utc | None
    next: Stint | None


def current(schedule: Schedule, at: Utc) -> Current:
    """Return who is on call at a moment, until when, and who follows. Raises ``InvalidInput`` as ``on_call`` does."""
    duty = on_call(schedule, at)
    for glance in GLANCES:
        ahead = stints(schedule, at, min(at + glance, LAST)) if at < LAST else []
        if len(ahead) > 1:
            return Current(duty, ahead[0].end, ahead[1])
    return Current(duty, None, None)


def together(one: list[Stint], other: list[Stint]) -> Iterator[Stint]:
    """Yield when the same person is on call in both of two lists, each in order and without overlaps."""
    first = second = 0
    while first < len(one) and second < len(other):
        mine, theirs = one[first], other[second]
        start, end = max(mine.start, theirs.start), min(mine.end, theirs.end)
        if start < end and mine.person is not None and mine.person == theirs.person:
            yield Stint(start, end, mine.person)
        if mine.end <= theirs.end:
            first += 1
        else:
            second += 1
