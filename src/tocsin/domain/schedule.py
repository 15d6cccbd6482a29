"""Who is on call when: layers of people who take turns, and overrides that people agree on.

A later layer wins over an earlier one, a later override over an earlier one, and every override over every layer:

1. The highest layer in which somebody is on duty names who is on call; an override that replaces nobody in particular
   names them instead.
2. Whoever is named may be replaced by an override of their part, and so may whoever replaces them. Where that comes
   round (Ann takes Bo's part, and Bo takes Ann's) it is a swap, and nobody is replaced twice.

A time for which nobody is named is a gap: it is reported, and never filled. All times are UTC except those of a layer,
which are local; where clocks change they mean what :mod:`tocsin.domain.local_time` says. :func:`on_call` and
:func:`shifts` agree at every moment; neither takes longer because a layer began long ago.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Annotated, NamedTuple, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from tocsin.errors import InvalidInput

from .documents import checked
from .frozen import Frozen, Utc
from .layer import FIRST, LAST, Id, Layer, Name, ends_later
from .local_time import moment_of, reached, zone_of
from .user import known_time_zone

MOST_LAYERS = 20
MOST_OVERRIDES = 200
"""Of one schedule, those that are over included, so that it fits into one record."""

LONGEST_VIEW = timedelta(days=732)
"""Shifts that are listed at once: two years of them."""


class Override(Frozen):
    """``person`` is on call from a moment until another (not included), whatever the layers say.

    ``replaces``: only where that person would be on call. Two such overrides make a swap.
    """

    id: Id
    person: Id
    start: Utc
    end: Utc
    replaces: Id | None = None

    @model_validator(mode="after")
    def _replaces_somebody_else_for_a_time(self) -> Self:
        ends_later(self.start, self.end)
        if self.replaces == self.person:
            message = "nobody can replace themselves: name two people"
            raise ValueError(message)
        return self

    def holds(self, at: Utc) -> bool:
        """Say whether the override counts at a moment."""
        return self.start <= at < self.end


class Schedule(Frozen):
    """Who is on call when. ``layers`` from the lowest to the highest, ``overrides`` as they were agreed on.

    ``team`` is the id of the one that it belongs to, empty: none. ``version`` grows by one with each change.
    """

    id: Id
    name: Name
    time_zone: Annotated[str, AfterValidator(known_time_zone)]
    team: Annotated[str, StringConstraints(max_length=64)] = ""
    layers: Annotated[tuple[Layer, ...], Field(max_length=MOST_LAYERS)] = ()
    overrides: Annotated[tuple[Override, ...], Field(max_length=MOST_OVERRIDES)] = ()
    version: int = 1

    @model_validator(mode="after")
    def _names_each_once(self) -> Self:
        for kind, ids in (("layer", [one.id for one in self.layers]), ("override", [one.id for one in self.overrides])):
            twice = next((one for one in ids if ids.count(one) > 1), None)
            if twice is not None:
                message = f"two {kind}s have the id {twice!r}"
                raise ValueError(message)
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The rules by which its clocks change."""
        return zone_of(self.time_zone)

    @property
    def people(self) -> frozenset[str]:
        """The ids of everybody whom it names."""
        named = {person for layer in self.layers for person in layer.people}
        return frozenset(named.union(*({one.person, one.replaces or one.person} for one in self.overrides)))


class Duty(NamedTuple):
    """Who is on call, and why. ``person`` None: nobody, a gap.

    ``layer``: the id of the one that says so, empty if it is none. ``overrides``: the ids of those that say otherwise,
    in the order in which they apply. ``instead_of``: who it would be without them, if anybody.
    """

    person: str | None = None
    layer: str = ""
    overrides: tuple[str, ...] = ()
    instead_of: str | None = None


GAP = Duty()


class Shift(NamedTuple):
    """One duty from a moment until another (not included), where the next one begins."""

    start: Utc
    end: Utc
    duty: Duty


def schedule_of(document: Mapping[str, object]) -> Schedule:
    """Return the schedule that a document describes. Raises ``InvalidInput``, which says where in it what is wrong."""
    return checked(Schedule, document)


def on_call(schedule: Schedule, at: Utc) -> Duty:
    """Return who is on call at a moment, and why.

    Raises ``InvalidInput`` for a moment that is not between :data:`FIRST` and :data:`LAST`.
    """
    at = _within_reach(at)
    local = reached(at, schedule.zone)
    valid = (layer for layer in reversed(schedule.layers) if layer.holds(at))
    said = next((Duty(person, layer.id) for layer in valid if (person := layer.whose(local))), GAP)
    return _after(said, [override for override in schedule.overrides if override.holds(at)])


def shifts(schedule: Schedule, start: Utc, end: Utc) -> tuple[Shift, ...]:
    """Return who is on call from a moment until another, and why, gaps too.

    Each shift begins where the one before it ends, and says something else; the first and the last are cut to what was
    asked for. Raises ``InvalidInput`` for more than :data:`LONGEST_VIEW`,
    for an end that is not after the start, and as :func:`on_call` does.
    """
    start, end = _within_reach(start), _within_reach(end)
    if not start < end <= start + LONGEST_VIEW:
        message = f"no shifts can be listed from {start.isoformat()} until {end.isoformat()}"
        raise InvalidInput(message, hint=f"give an end after the start, at most {LONGEST_VIEW.days} days later")
    overrides = [override for override in schedule.overrides if override.start < end and start < override.end]
    changes = {moment for override in overrides for moment in (override.start, override.end)}
    layers = [list(_layer_shifts(layer, schedule.zone, start, end)) for layer in schedule.layers]
    layers.reverse()
    edges = {start, end, *(moment for moment in changes if start < moment < end)}
    edges.update(moment for layer in layers for shift in layer for moment in shift[:2])
    found: list[Shift] = []
    places = [0] * len(layers)
    held: list[Override] = []
    for since, until in pairwise(sorted(edges)):
        if since in changes or since == start:
            held = [override for override in overrides if override.holds(since)]
        duty = _after(_highest(layers, places, since), held)
        goes_on = bool(found) and found[-1].duty == duty
        found.append(Shift(found.pop().start if goes_on else since, until, duty))
    return tuple(found)


def _within_reach(at: Utc) -> Utc:
    if not FIRST <= at <= LAST:
        message = f"nobody can say who is on call at {at.isoformat()}"
        raise InvalidInput(message, hint=f"give a moment between {FIRST.date()} and {LAST.date()}")
    # Arithmetic with another zone's moments would be on its wall clock.
    return at.astimezone(UTC)


def _layer_shifts(layer: Layer, zone: ZoneInfo, start: Utc, end: Utc) -> Iterator[Shift]:
    """Yield the shifts of one layer between two moments; between those nobody is on duty.

    A turn that clocks skip takes no time, and is yielded too.
    """
    start, end = max(start, layer.valid_from or start), min(end, layer.valid_until or end)
    if start >= end:
        return
    edge = reached(start, zone)
    moment = start
    for begins, ends, person in layer.turns(edge, reached(end, zone) + datetime.resolution):
        # Most begin where the one before ended: it is worked out once when that is.
        since = moment if begins == edge else moment_of(begins, zone)
        edge, moment = ends, min(end, moment_of(ends, zone))
        yield Shift(since, moment, Duty(person, layer.id))


def _highest(layers: Sequence[Sequence[Shift]], places: list[int], at: Utc) -> Duty:
    """Return what the first of these lists that covers a moment says. ``places``: how far each was read; moved on here."""
    for number, found in enumerate(layers):
        while places[number] < len(found) and found[places[number]].end <= at:
            places[number] += 1
        if places[number] < len(found) and found[places[number]].start <= at:
            return found[places[number]].duty
    return GAP


def _after(said: Duty, overrides: Iterable[Override]) -> Duty:
    """Return the duty that the layers name, once the overrides that hold are applied to it."""
    original = said.person
    parts: dict[str, Override] = {}
    for override in overrides:
        if override.replaces is None:
            said = Duty(override.person, overrides=(override.id,), instead_of=original)
        else:
            parts[override.replaces] = override
    if said.person not in parts:
        return said
    passed: list[Override] = []
    people = [said.person]
    while (part := parts.get(people[-1])) is not None:
        passed.append(part)
        if part.person in people:
            # It came round. Who is in the ring hands over their part once, and takes another's.
            del passed[people.index(part.person) + 1 :]
            break
        people.append(part.person)
    ids = (*said.overrides, *(override.id for override in passed))
    return Duty(passed[-1].person, said.layer, ids, instead_of=original)
