"""Looking at schedules: what is shown of them, put together for the API and for the command line alike."""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta

from tocsin.domain.coverage import coverage
from tocsin.domain.frozen import Utc
from tocsin.domain.layer import LAST
from tocsin.domain.schedule import Schedule, shifts
from tocsin.domain.stints import Span, current
from tocsin.domain.user import User
from tocsin.errors import InvalidInput
from tocsin.services.schedules import Schedules
from tocsin.services.teams import Teams
from tocsin.services.users import Users

from .people_views import TeamOf
from .schedule_views import CoverageView, CurrentList, CurrentView, People, ScheduleView, ShiftList, ShiftView

AHEAD = timedelta(days=28)
"""How far ahead shifts and coverage are looked at unless told otherwise."""

LONGEST_REPORT = timedelta(days=92)
"""What a report of coverage looks at: it reads every schedule."""

MOST_SHIFTS = 5_000
"""In one answer."""

AtNight = Callable[[list[User], Utc, Utc], Mapping[str, int] | None]
"""Counts, by id, how often people were paged at night between two moments; None where that is not known."""


def looked_until(start: Utc) -> Utc:
    """Return until when shifts and coverage are looked at from a moment unless told otherwise."""
    return min(start, LAST) + AHEAD


class Looks:
    """Looks at the schedules of one store.

    ``reachable`` says whether a page would reach somebody.
    """

    def __init__(
        self, schedules: Schedules, users: Users, teams: Teams, *, reachable: Callable[[User], bool], pages: AtNight
    ) -> None:
        self._schedules = schedules
        self._users = users
        self._teams = teams
        self._reachable = reachable
        self._pages = pages

    def views(self, *some: Schedule) -> list[ScheduleView]:
        """Return what is shown of schedules."""
        people = self._people(some)
        teams = self._team_names(some)
        return [ScheduleView.of(one, people, teams.get(one.team)) for one in some]

    def shifts(self, name_or_id: str, start: Utc, end: Utc, person: str = "") -> ShiftList:
        """Return the shifts of a schedule, or those of one person (by address or id). Raises ``InvalidInput``."""
        schedule = self._schedules.named(name_or_id)
        return self._listed([schedule], start, end, self._users.named(person).id if person else "")

    def shifts_of(self, user_id: str, start: Utc, end: Utc) -> ShiftList:
        """Return the shifts of a person on every schedule. Raises ``InvalidInput``."""
        return self._listed(self._schedules.of_person(user_id), start, end, user_id)

    def current(self, at: Utc, team: str = "") -> CurrentList:
        """Return who is on call at a moment, by every schedule or those of a team (by name or id)."""
        some = self._schedules.of_team(self._teams.named(team).id) if team else [*self._schedules.every()]
        some.sort(key=lambda one: one.name.casefold())
        people, teams = self._people(some), self._team_names(some)
        return CurrentList(
            at=at, on_call=[CurrentView.of(one, current(one, at), people, teams.get(one.team)) for one in some]
        )

    def coverage(self, name_or_id: str, start: Utc, end: Utc) -> CoverageView:
        """Return how well a schedule covers a time. Raises ``InvalidInput``."""
        if end - start > LONGEST_REPORT:
            message = f"a report looks at most {LONGEST_REPORT.days} days ahead"
            raise InvalidInput(message)
        schedule = self._schedules.named(name_or_id)
        every = list(self._schedules.every())
        people = {one.id: one for one in self._users.every()}
        active = {one.id for one in people.values() if one.active}
        pages = self._pages([people[one] for one in sorted(schedule.people & people.keys())], start, end)
        found = coverage(
            schedule,
            every,
            start,
            end,
            active=active.__contains__,
            reachable=lambda one: one in people and self._reachable(people[one]),
            pages=pages,
        )
        return CoverageView.of(found, Span(start, end), people, {one.id: one.name for one in every})

    def _listed(self, some: Iterable[Schedule], start: Utc, end: Utc, person: str) -> ShiftList:
        some = list(some)
        people = self._people(some)
        found = [
            (one, shift)
            for one in some
            for shift in shifts(one, start, end)
            if not person or shift.duty.person == person
        ]
        if len(found) > MOST_SHIFTS:
            message = f"{len(found):,} shifts are too many to list at once"
            raise InvalidInput(message, hint=f"ask for a shorter time: at most {MOST_SHIFTS:,}")
        found.sort(key=lambda each: (each[1].start, each[0].name))
        return ShiftList(shifts=[ShiftView.of(one, shift, people) for one, shift in found])

    def _people(self, some: Iterable[Schedule]) -> People:
        wanted = frozenset[str]().union(*(one.people for one in some))
        return {one.id: one for one in self._users.every() if one.id in wanted} if wanted else {}

    def _team_names(self, some: Iterable[Schedule]) -> dict[str, TeamOf]:
        wanted = {one.team for one in some} - {""}
        return (
            {one.id: TeamOf(id=one.id, name=one.name) for one in self._teams.every() if one.id in wanted}
            if wanted
            else {}
        )
