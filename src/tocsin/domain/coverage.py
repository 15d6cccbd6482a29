"""How well a schedule covers a time: gaps, people whom no page would reach, who left, double duty, and hours on call."""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from itertools import combinations
from typing import NamedTuple

from .frozen import Utc
from .schedule import Schedule
from .stints import Span, Stint, stints, together

MOST_LISTED = 200
"""Gaps, and double duties: those that come first are shown."""

_HOUR = timedelta(hours=1)


class Concern(NamedTuple):
    """Somebody who is named, and when they are on call first in that time; None: not in it."""

    person: str
    first: Utc | None


class Double(NamedTuple):
    """One person on duty twice at once: on another ``schedule`` (its id), or by two ``layers`` of this one."""

    person: str
    span: Span
    schedule: str = ""
    layers: tuple[str, ...] = ()


class Load(NamedTuple):
    """How long somebody is on call, in how many stints, and how often they were paged at night (None: not counted)."""

    person: str
    hours: float
    stints: int
    pages_at_night: int | None


class Coverage(NamedTuple):
    """What was found. ``load`` has the longest first; ``left_out`` counts what is beyond :data:`MOST_LISTED` of a kind."""

    gaps: tuple[Span, ...]
    unreachable: tuple[Concern, ...]
    left: tuple[Concern, ...]
    double: tuple[Double, ...]
    load: tuple[Load, ...]
    left_out: int


def coverage(
    schedule: Schedule,
    others: Iterable[Schedule],
    start: Utc,
    end: Utc,
    *,
    active: Callable[[str], bool],
    reachable: Callable[[str], bool],
    pages: Mapping[str, int] | None = None,
) -> Coverage:
    """Return how well a schedule covers the time between two moments.

    ``others`` are all that somebody may be on as well; ``active`` says whether somebody is still there, ``reachable``
    whether a page would reach them; ``pages`` are those at night, by person. Raises ``InvalidInput`` as
    :func:`~tocsin.domain.schedule.shifts` does.
    """
    found = stints(schedule, start, end)
    gaps = [one.span for one in found if one.person is None]
    first: dict[str, Utc] = {}
    for one in found:
        if one.person is not None:
            first.setdefault(one.person, one.start)
    double = sorted(_double(schedule, found, others, start, end), key=lambda one: (one.span, one.person))
    return Coverage(
        gaps=tuple(gaps[:MOST_LISTED]),
        unreachable=tuple(Concern(who, at) for who, at in first.items() if active(who) and not reachable(who)),
        left=tuple(Concern(who, first.get(who)) for who in sorted(_named(schedule, start, end)) if not active(who)),
        double=tuple(double[:MOST_LISTED]),
        load=tuple(sorted((_load(who, found, pages) for who in first), key=lambda one: (-one.hours, one.person))),
        left_out=sum(max(len(some) - MOST_LISTED, 0) for some in (gaps, double)),
    )


def _named(schedule: Schedule, start: Utc, end: Utc) -> set[str]:
    """Return who is named by what holds at any time between two moments."""
    layers = (
        one
        for one in schedule.layers
        if (one.valid_from is None or one.valid_from < end) and (one.valid_until is None or start < one.valid_until)
    )
    overrides = (one for one in schedule.overrides if one.start < end and start < one.end)
    return {who for one in layers for who in one.people} | {one.person for one in overrides}


def _double(
    schedule: Schedule, found: list[Stint], others: Iterable[Schedule], start: Utc, end: Utc
) -> Iterable[Double]:
    mine = {one.person for one in found} - {None}
    for other in others:
        if other.id != schedule.id and mine & other.people:
            for both in together(found, stints(other, start, end)):
                yield Double(str(both.person), both.span, schedule=other.id)
    alone = [
        (layer.id, stints(schedule.model_copy(update={"layers": (layer,), "overrides": ()}), start, end))
        for layer in schedule.layers
    ]
    for (one_id, one), (other_id, other_stints) in combinations(alone, 2):
        for both in together(one, other_stints):
            yield Double(str(both.person), both.span, layers=(one_id, other_id))


def _load(person: str, found: Iterable[Stint], pages: Mapping[str, int] | None) -> Load:
    own = [one.end - one.start for one in found if one.person == person]
    counted = None if pages is None else pages.get(person, 0)
    return Load(person, round(sum(own, timedelta()) / _HOUR, 2), len(own), counted)
