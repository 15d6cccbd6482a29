"""Whose shifts move when a schedule changes: what each person is given, and what is taken from them."""

from datetime import timedelta
from typing import NamedTuple

from .frozen import Utc
from .schedule import Schedule
from .stints import Span, Stint, stints

TOLD_AHEAD = timedelta(days=14)
"""How far ahead whoever is concerned is told of it: what is later may change again before it matters."""


class Moved(NamedTuple):
    """What changes for one person, in order."""

    gained: tuple[Span, ...] = ()
    lost: tuple[Span, ...] = ()

    @property
    def first(self) -> Utc:
        """When that begins."""
        return min(span.start for span in (*self.gained[:1], *self.lost[:1]))


def moved(before: Schedule | None, after: Schedule | None, now: Utc, until: Utc) -> dict[str, Moved]:
    """Return what changes between two moments by the ids of those who are concerned. None: there is no schedule.

    Raises ``InvalidInput`` as :func:`~tocsin.domain.schedule.shifts` does.
    """
    old, new = _tiles(before, now, until), _tiles(after, now, until)
    gained: dict[str, list[Span]] = {}
    lost: dict[str, list[Span]] = {}
    first = second = 0
    at = now
    while at < until:
        was, will = old[first], new[second]
        end = min(was.end, will.end)
        if was.person != will.person:
            _note(lost, was.person, Span(at, end))
            _note(gained, will.person, Span(at, end))
        first += was.end == end
        second += will.end == end
        at = end
    return {
        person: Moved(tuple(gained.get(person, ())), tuple(lost.get(person, ()))) for person in sorted({*gained, *lost})
    }


def _tiles(schedule: Schedule | None, start: Utc, end: Utc) -> list[Stint]:
    return [Stint(start, end, None)] if schedule is None else stints(schedule, start, end)


def _note(spans: dict[str, list[Span]], person: str | None, span: Span) -> None:
    if person is None:
        return
    kept = spans.setdefault(person, [])
    if kept and kept[-1].end == span.start:
        span = Span(kept.pop().start, span.end)
    kept.append(span)
