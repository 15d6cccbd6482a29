"""Layers that replace others from a moment on: what held until then stays, so that nobody's past shifts change."""

from collections.abc import Sequence
from datetime import timedelta

from tocsin.errors import InvalidInput

from .frozen import Utc
from .layer import FIRST, Layer
from .schedule import MOST_LAYERS, Schedule
from .stints import stints

PAST_KEPT = timedelta(days=90)
"""How long layers are kept once they are over: a schedule has room for so many only."""

_LONGEST_BEGINNING = 56


def ahead(layer: Layer, now: Utc) -> Layer | None:
    """Return a layer as it is from a moment on, whenever it began; None if it is over."""
    if layer.valid_until is not None and layer.valid_until <= now:
        return None
    if layer.valid_from is not None and layer.valid_from <= now:
        return layer.model_copy(update={"valid_from": None})
    return layer


def succeeded(before: Sequence[Layer], wanted: Sequence[Layer], now: Utc) -> tuple[Layer, ...]:
    """Return layers that are the wanted ones from now on, and were those of ``before`` until now.

    A layer of which only the name changes goes on. One that changes ends now, under another id where the one to
    come keeps the id; a new one begins now, or later if it says so. What was over for :data:`PAST_KEPT` is left out.

    Raises ``InvalidInput`` where these are too many for one schedule.
    """
    coming = [layer for one in wanted if (layer := ahead(one, now)) is not None]
    stays = _staying(before, coming, now)
    taken = {one.id for one in coming} | {one.id for one in before}
    result: list[Layer] = []
    read = 0
    for number, layer in enumerate(coming):
        if number in stays:
            result += _history(before[read : stays[number]], coming, taken, now)
            read = stays[number] + 1
            result.append(before[stays[number]].model_copy(update={"name": layer.name}))
        else:
            result.append(layer if layer.valid_from is not None else layer.model_copy(update={"valid_from": now}))
    result += _history(before[read:], coming, taken, now)
    if len(result) > MOST_LAYERS:
        message = f"these would be {len(result)} layers, with those that are over; a schedule has {MOST_LAYERS} at most"
        raise InvalidInput(message, hint="take the oldest that is over off with `schedule remove-layer`")
    return tuple(result)


def see_that_the_past_stays(before: Schedule, after: Schedule, now: Utc) -> None:
    """Raise ``InvalidInput`` if a schedule, once changed, tells otherwise who was on call within :data:`PAST_KEPT`."""
    start = max(FIRST, now - PAST_KEPT)
    if stints(before, start, now) != stints(after, start, now):
        message = f"{before.name}: shifts that are over would change"
        raise InvalidInput(message, hint="a time zone is that of the past, too: make another schedule for the new one")


def _staying(before: Sequence[Layer], coming: Sequence[Layer], now: Utc) -> dict[int, int]:
    """Return which of the coming layers are there already: its place there, by its place among those to come.

    Only as many as are in the same order: the order says which layer wins.
    """
    found: dict[int, int] = {}
    last = -1
    there = {one.id: number for number, one in enumerate(before)}
    for number, layer in enumerate(coming):
        place = there.get(layer.id, -1)
        if place > last and ahead(before[place].model_copy(update={"name": layer.name}), now) == layer:
            found[number] = last = place
    return found


def _history(some: Sequence[Layer], coming: Sequence[Layer], taken: set[str], now: Utc) -> list[Layer]:
    """Return what is left of layers that are not wanted any more."""
    left: list[Layer] = []
    named = {one.id for one in coming}
    for layer in some:
        begun = layer.valid_from is None or layer.valid_from < now
        ended = layer.valid_until is not None and layer.valid_until <= now - PAST_KEPT
        if not begun or ended:
            continue
        until = now if layer.valid_until is None else min(now, layer.valid_until)
        layer_id = layer.id
        if layer_id in named:
            beginning = layer_id[:_LONGEST_BEGINNING]
            layer_id = next(
                name for number in range(1, len(taken) + 2) if (name := f"{beginning}.{number}") not in taken
            )
            taken.add(layer_id)
        left.append(layer.model_copy(update={"id": layer_id, "valid_until": until}))
    return left
