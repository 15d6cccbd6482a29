"""What changes where schedules and policies become what files describe, and for whom. They are matched by name.

Overrides are agreed between people and no part of a description; nor are layers that are over.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from tocsin.errors import InvalidInput

from .frozen import Utc
from .layer import Layer
from .policy import DEFAULT_ID, MOST_POLICIES, Notify, Policy, checked_with, default_policy
from .schedule import Schedule
from .shift_changes import TOLD_AHEAD, Moved, moved
from .succession import ahead, see_that_the_past_stays, succeeded


class Kind(StrEnum):
    """What becomes of something."""

    ADD = "add"
    CHANGE = "change"
    REMOVE = "remove"


class Step(NamedTuple):
    """One change. ``said``: what differs, in words; ``affected``: whose shifts move, by id, within TOLD_AHEAD."""

    kind: Kind
    name: str
    before: Schedule | Policy | None
    after: Schedule | Policy | None
    said: tuple[str, ...] = ()
    affected: Mapping[str, Moved] = {}


class Changes(NamedTuple):
    """All of them. ``unnamed``: what is there, is not described, and stays."""

    steps: tuple[Step, ...]
    unnamed: tuple[str, ...]


def described(schedule: Schedule, now: Utc) -> Schedule:
    """Return a schedule as a description has it: without overrides, and without layers that are over."""
    layers = tuple(layer for one in schedule.layers if (layer := ahead(one, now)) is not None)
    return schedule.model_copy(update={"layers": layers, "overrides": ()})


def schedule_changes(there: Iterable[Schedule], wanted: Iterable[Schedule], now: Utc, *, prune: bool) -> Changes:
    """Return what becomes of schedules; ``prune``: those that are not wanted go.

    Raises ``InvalidInput`` if shifts that are over would change, or there is no room for them.
    """
    steps: list[Step] = []
    left = {one.name.casefold(): one for one in there}
    for after in wanted:
        before = left.pop(after.name.casefold(), None)
        if before is None:
            steps.append(Step(Kind.ADD, after.name, None, after, affected=_moved(None, described(after, now), now)))
            continue
        # Whatever people agreed on stays, and counts for who is affected.
        goes_on = described(after, now).model_copy(update={"overrides": before.overrides})
        see_that_the_past_stays(before, after.model_copy(update=_kept(before, after, now)), now)
        if said := tuple(_schedule_words(described(before, now), described(after, now))):
            steps.append(Step(Kind.CHANGE, before.name, before, after, said, _moved(before, goes_on, now)))
    if not prune:
        return Changes(tuple(steps), tuple(one.name for one in left.values()))
    gone = [Step(Kind.REMOVE, one.name, one, None, affected=_moved(one, None, now)) for one in left.values()]
    return Changes((*steps, *gone), ())


def policy_changes(there: Iterable[Policy], wanted: Sequence[Policy], *, prune: bool) -> Changes:
    """Return what becomes of policies, their targets by name; the default one never goes.

    Raises ``InvalidInput`` if two would tie in the end, be the default one, or have its name, or there are too many.
    """
    if sum(one.id == DEFAULT_ID for one in wanted) > 1:
        message = "two policies are described that have no conditions"
        raise InvalidInput(message, hint="the one that has none is the default policy: there is one of it")
    steps: list[Step] = []
    left = {one.name.casefold(): one for one in there if one.id != DEFAULT_ID}
    default = {one.id: one for one in there if one.id == DEFAULT_ID}
    for after in wanted:
        before = default.pop(after.id, None) or left.pop(after.name.casefold(), None)
        if before is None:
            steps.append(Step(Kind.ADD, after.name, None, after, _whom(after)))
        elif said := tuple(_policy_words(before, after)):
            steps.append(Step(Kind.CHANGE, before.name, before, after, said))
    gone = [Step(Kind.REMOVE, one.name, one, None, _whom(one, " no more")) for one in left.values() if prune]
    final = [*wanted, *(() if prune else left.values())]
    if (many := sum(one.id != DEFAULT_ID for one in final)) > MOST_POLICIES:
        message = f"there would be {many} policies beside the default one; {MOST_POLICIES} are the most"
        raise InvalidInput(message)
    names = {one.name.casefold() for one in (default_policy(), *wanted, *default.values()) if one.id == DEFAULT_ID}
    for one in final:
        checked_with(one, final)
        if one.id != DEFAULT_ID and one.name.casefold() in names:
            message = f"{one.name} is the default policy's name"
            raise InvalidInput(message, hint="give one of them another name")
    return Changes((*gone, *steps), () if prune else tuple(one.name for one in left.values()))


def _kept(before: Schedule, after: Schedule, now: Utc) -> Mapping[str, object]:
    """Return what of a schedule a description does not change."""
    try:
        return {"layers": succeeded(before.layers, after.layers, now), "overrides": before.overrides}
    except InvalidInput as error:
        message = f"{before.name}: {error}"
        raise InvalidInput(message, hint=error.hint) from None


def _moved(before: Schedule | None, after: Schedule | None, now: Utc) -> Mapping[str, Moved]:
    return moved(before, after, now, now + TOLD_AHEAD)


def _schedule_words(before: Schedule, after: Schedule) -> Iterable[str]:
    yield from (name for name in ("name", "time_zone", "team") if getattr(before, name) != getattr(after, name))
    old, new = ({one.id: one for one in schedule.layers} for schedule in (before, after))
    yield from (f"layer {name} ends" for name in old if name not in new)
    yield from (f"layer {name} is new" for name in new if name not in old)
    both = [name for name in new if name in old]
    yield from (
        f"layer {name}: {', '.join(_layer_words(old[name], new[name]))}" for name in both if old[name] != new[name]
    )
    if both != [name for name in old if name in new]:
        yield "the order of layers"


def _layer_words(before: Layer, after: Layer) -> Iterable[str]:
    return (name for name in Layer.model_fields if getattr(before, name) != getattr(after, name))


def _paged(policy: Policy) -> Mapping[str, str]:
    """Return the targets that are paged: others are assigned, or called."""
    notified = (one.target for step in policy.steps for one in step.actions if isinstance(one, Notify))
    return {one.casefold(): one for one in (*notified, *policy.fallback)}


def _whom(policy: Policy, more: str = "") -> tuple[str, ...]:
    paged = _paged(policy).values()
    return (f"pages {', '.join(paged)}{more}",) if paged else ()


def _policy_words(before: Policy, after: Policy) -> Iterable[str]:
    old, new = (one.renamed(str.casefold).model_dump(mode="json", exclude={"id", "version"}) for one in (before, after))
    names = [name for name in old if old[name] != new[name]]
    yield from (name for name in names if name != "steps")
    if "steps" in names:
        was, will = map(_paged, (before, after))
        yield from (f"pages {one} no more" for name, one in was.items() if name not in will)
        yield from (f"pages {one} too" for name, one in will.items() if name not in was)
        yield "steps"
