"""Which groups of a Datadog monitor are muted: older mutes in ``options.silenced``, newer ones as downtimes.

Either may hold what the other does not show, so both are read. Whatever cannot be understood mutes nothing: a page
too many is better than a page that was lost.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from .outside import moment

WHOLE = "*"
"""The group that stands for the whole monitor, and the scope that covers everything."""

TOTAL = "total"
"""Datadog's other name for that group."""


class Mute(NamedTuple):
    """One mute that holds now.

    ``scope``: the tags that a group must all have; empty means no limit, None that the scope was not understood.
    ``groups``: the groups that Datadog names, each as the set of its tags; empty if it names none.
    """

    scope: frozenset[str] | None
    groups: frozenset[frozenset[str]] = frozenset()

    def covers(self, tags: frozenset[str]) -> bool:
        """Say whether it mutes the group of these tags (:func:`tags_of`)."""
        if tags in self.groups:
            return True
        # A named group of a monitor says nothing of its others; naming the whole leaves them to the scope.
        if self.groups and tags_of(WHOLE) not in self.groups:
            return False
        return self.scope is not None and self.scope <= tags


def tags_of(group: str) -> frozenset[str]:
    """Return the tags that a group's name consists of; both names of the whole monitor give the same."""
    parts = frozenset(part.strip() for part in group.split(","))
    return frozenset({WHOLE}) if parts == {TOTAL} else parts


def mutes(silenced: object, downtimes: object, at: datetime) -> tuple[Mute, ...]:
    """Return the mutes that hold at the moment ``at``, from ``options.silenced`` and ``matching_downtimes``."""
    return (*_older(silenced, at), *_newer(downtimes, at))


def _older(silenced: object, at: datetime) -> Iterator[Mute]:
    if isinstance(silenced, dict):
        for scope, end in silenced.items():
            if _runs(end, at) and (tags := _scope([scope])):
                yield Mute(tags - {WHOLE})


def _newer(downtimes: object, at: datetime) -> Iterator[Mute]:
    for downtime in downtimes if isinstance(downtimes, list) else ():
        if not isinstance(downtime, dict) or downtime.get("active") is False or not _runs(downtime.get("end"), at):
            continue
        start = moment(downtime.get("start"))
        if start is not None and start > at:
            continue
        named = downtime.get("groups")
        groups = frozenset(tags_of(name) for name in named if isinstance(name, str)) if isinstance(named, list) else ()
        scope = _scope(downtime.get("scope"))
        if scope or groups:
            yield Mute(None if scope is None else scope - {WHOLE}, frozenset(groups))


def _runs(end: object, at: datetime) -> bool:
    """Say whether a mute that ends then (null: never) still holds."""
    if end is None:
        return True
    ends = moment(end)
    return ends is not None and ends > at


def _scope(given: object) -> frozenset[str] | None:
    """Return the tags that must all hold, as a list or joined by commas or AND; None if it is anything else.

    Datadog's search syntax (OR, NOT, parentheses) comes out as tags that no group has.
    """
    parts = [given] if isinstance(given, str) else [] if given is None else given
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        return None
    tags = (tag.strip() for part in parts for comma in part.split(",") for tag in comma.split(" AND "))
    return frozenset(tag for tag in tags if tag)
