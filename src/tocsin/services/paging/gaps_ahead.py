"""When nobody will be on call by the schedules that policies name."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from tocsin.domain.frozen import Utc
from tocsin.domain.layer import LAST
from tocsin.domain.policy import TargetKind, parts_of
from tocsin.domain.readiness import GapAhead
from tocsin.domain.schedule import Schedule
from tocsin.domain.stints import Span, stints
from tocsin.domain.user import Team
from tocsin.services.listing import every_record
from tocsin.services.on_call import every_schedule
from tocsin.services.teams import TEAM
from tocsin.storage.store import Store

LOOKS_AHEAD = timedelta(days=7)
MOST_GAPS = 100


def gaps_ahead(store: Store, targets: Iterable[str], teams: Iterable[str], at: Utc) -> list[GapAhead]:
    """Return the gaps of the coming week in the schedules of these targets, and of these teams (by name).

    A team with several schedules has a gap when nobody is on call by any of them. At most :data:`MOST_GAPS`.
    """
    named = [parts_of(one) for one in targets]
    ids = {which for kind, which in named if kind is TargetKind.SCHEDULE}
    every = {one.id: one for one in every_schedule(store)}
    known = [Team.model_validate(one.body) for one in every_record(store, TEAM)] if every else []
    wanted = {which for kind, which in named if kind is TargetKind.TEAM}
    theirs = {one.id for one in known if one.id in wanted or one.name in {*wanted, *teams}}
    groups = [[every[one]] for one in sorted(ids) if one in every]
    groups += [[one for one in every.values() if one.team == team] for team in sorted(theirs)]
    end = min(at + LOOKS_AHEAD, LAST)
    found = {
        GapAhead(schedules=tuple(one.name for one in group), start=gap.start, end=gap.end): None
        for group in groups
        if group
        for gap in _gaps(group, at, end)
    }
    return sorted(found, key=lambda one: (one.start, one.schedules))[:MOST_GAPS]


def _gaps(group: Sequence[Schedule], start: Utc, end: Utc) -> list[Span]:
    """Return when nobody is on call by any of these."""
    left = [Span(start, end)]
    for schedule in group:
        own = [one.span for one in stints(schedule, start, end) if one.person is None]
        left = list(_both(left, own))
    return left


def _both(some: Iterable[Span], others: Sequence[Span]) -> Iterator[Span]:
    for one in some:
        for other in others:
            begins, ends = max(one.start, other.start), min(one.end, other.end)
            if begins < ends:
                yield Span(begins, ends)
