"""Schedules for the command line: on a store, or on a server. Both show what the API shows."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from tocsin.api.feeds import path_of
from tocsin.api.schedule_bodies import LayerBody, NewSchedule, OverrideBody, ScheduleEdit, SwapBody, said
from tocsin.api.schedule_looks import Looks
from tocsin.api.schedule_views import CoverageView, CurrentList, FeedView, NewFeed, ScheduleView, ShiftList
from tocsin.domain.audit import Actor
from tocsin.domain.documents import checked
from tocsin.domain.schedule import Schedule
from tocsin.domain.user import User
from tocsin.errors import InvalidInput
from tocsin.services.auditing import AuditLog
from tocsin.services.feeds import Feeds
from tocsin.services.pages_at_night import pages_at_night
from tocsin.services.schedules import Schedules
from tocsin.services.teams import Teams
from tocsin.services.users import Users

if TYPE_CHECKING:
    from tocsin.services.contacts import Contacts
    from tocsin.storage.store import Store

    from .wiring import Wiring

Document = dict[str, Any]
"""What the API takes as a body. Any: whoever takes it checks it."""


class ScheduleDesk(Protocol):
    """Schedules, changed in somebody's name. They are named by name or id, and so are teams; people by address or id."""

    def every(self, team: str) -> list[ScheduleView]:
        """Return every schedule, or those of a team."""

    def show(self, name: str) -> ScheduleView:
        """Return a schedule."""

    def export(self, name: str) -> Schedule:
        """Return a schedule as it is kept."""

    def add(self, document: Document) -> ScheduleView:
        """Make a schedule."""

    def edit(self, name: str, document: Document, expected: int | None = None) -> ScheduleView:
        """Change a schedule; ``expected``: only if that is its version."""

    def remove(self, name: str, expected: int | None = None) -> None:
        """Delete a schedule."""

    def put_layer(self, name: str, layer: str, document: Document) -> ScheduleView:
        """Put a layer into a schedule."""

    def take_layer(self, name: str, layer: str) -> ScheduleView:
        """Take a layer off."""

    def add_override(self, name: str, document: Document) -> ScheduleView:
        """Add an override."""

    def swap(self, name: str, document: Document) -> ScheduleView:
        """Have two people take each other's shifts."""

    def take_override(self, name: str, override: str) -> ScheduleView:
        """Take an override back."""

    def shifts(self, name: str, start: datetime, end: datetime, person: str) -> ShiftList:
        """Return shifts, those of one person if one is named; without a ``name`` theirs on every schedule."""

    def coverage(self, name: str, start: datetime, end: datetime) -> CoverageView:
        """Return how well a time is covered."""

    def current(self, at: datetime, team: str) -> CurrentList:
        """Return who is on call."""

    def make_feed(self, name: str, label: str, person: str) -> NewFeed:
        """Make a link to the calendar of a schedule, or without a ``name`` of a person."""

    def feeds(self, name: str, person: str) -> list[FeedView]:
        """Return the links to such a calendar."""

    def revoke_feed(self, name: str, feed: str, person: str) -> None:
        """Take such a link out of use."""


@contextmanager
def schedules(wiring: "Wiring", by: str) -> Iterator[ScheduleDesk]:
    """Open the store that the settings name, or reach the server, and close it; ``by`` is who acts."""
    settings = wiring.settings()
    if wiring.asks_server(settings):
        from .server_schedules import ServerSchedules

        with closing(wiring.calls(settings)) as calls:
            yield ServerSchedules(calls, by)
        return
    with wiring.store(settings) as store:
        yield StoreSchedules(store, wiring, Actor(by))


class StoreSchedules:
    """:class:`ScheduleDesk` of a store."""

    def __init__(self, store: "Store", wiring: "Wiring", actor: Actor) -> None:
        audit = AuditLog(store, clock=wiring.clock, new_id=wiring.new_id)
        users = Users(store, audit, clock=wiring.clock, new_id=wiring.new_id)
        self._store = store
        self._wiring = wiring
        self._actor = actor
        self._users = users
        self._teams = Teams(store, audit, clock=wiring.clock, new_id=wiring.new_id)
        self._schedules = Schedules(store, audit, clock=wiring.clock, new_id=wiring.new_id)
        self._feeds = Feeds(store, audit, clock=wiring.clock, new_id=wiring.new_id)
        self._looks = Looks(self._schedules, users, self._teams, reachable=self._reachable, pages=self._at_night)

    def every(self, team: str) -> list[ScheduleView]:
        """Return every schedule, or those of a team."""
        some = self._schedules.of_team(self._teams.named(team).id) if team else self._schedules.every()
        return self._looks.views(*some)

    def show(self, name: str) -> ScheduleView:
        """Return a schedule."""
        return self._shown(self._schedules.named(name))

    def export(self, name: str) -> Schedule:
        """Return a schedule as it is kept."""
        return self._schedules.named(name)

    def add(self, document: Document) -> ScheduleView:
        """Make a schedule."""
        return self._shown(self._schedules.add(said(checked(NewSchedule, document)), actor=self._actor))

    def edit(self, name: str, document: Document, expected: int | None = None) -> ScheduleView:
        """Change a schedule; ``expected``: only if that is its version."""
        body = said(checked(ScheduleEdit, document))
        return self._shown(self._schedules.edit(name, body, actor=self._actor, expected=expected))

    def remove(self, name: str, expected: int | None = None) -> None:
        """Delete a schedule."""
        self._schedules.remove(name, actor=self._actor, expected=expected)

    def put_layer(self, name: str, layer: str, document: Document) -> ScheduleView:
        """Put a layer into a schedule."""
        body = said(checked(LayerBody, document))
        return self._shown(self._schedules.put_layer(name, layer, body, actor=self._actor))

    def take_layer(self, name: str, layer: str) -> ScheduleView:
        """Take a layer off."""
        return self._shown(self._schedules.take_layer(name, layer, actor=self._actor))

    def add_override(self, name: str, document: Document) -> ScheduleView:
        """Add an override."""
        body = said(checked(OverrideBody, document))
        return self._shown(self._schedules.add_overrides(name, [body], actor=self._actor))

    def swap(self, name: str, document: Document) -> ScheduleView:
        """Have two people take each other's shifts."""
        overrides = checked(SwapBody, document).overrides
        return self._shown(self._schedules.add_overrides(name, overrides, actor=self._actor))

    def take_override(self, name: str, override: str) -> ScheduleView:
        """Take an override back."""
        return self._shown(self._schedules.take_override(name, override, actor=self._actor))

    def shifts(self, name: str, start: datetime, end: datetime, person: str) -> ShiftList:
        """Return shifts, those of one person if one is named; without a ``name`` theirs on every schedule."""
        if name:
            return self._looks.shifts(name, start, end, person)
        return self._looks.shifts_of(self._named(person).id, start, end)

    def coverage(self, name: str, start: datetime, end: datetime) -> CoverageView:
        """Return how well a time is covered."""
        return self._looks.coverage(name, start, end)

    def current(self, at: datetime, team: str) -> CurrentList:
        """Return who is on call."""
        return self._looks.current(at, team)

    def make_feed(self, name: str, label: str, person: str) -> NewFeed:
        """Make a link to the calendar of a schedule, or without a ``name`` of a person."""
        secret, of = self._wiring.new_secret(), self._whose(name, person)
        # As one that they made themselves: it ends when they leave.
        maker = "" if name else of.id
        feed = self._feeds.make(of, secret=secret, actor=self._actor, label=label, maker=maker)
        return NewFeed(**dict(FeedView.of(feed)), path=path_of(feed.id, secret))

    def feeds(self, name: str, person: str) -> list[FeedView]:
        """Return the links to such a calendar."""
        return [FeedView.of(one) for one in self._feeds.of(self._whose(name, person).id)]

    def revoke_feed(self, name: str, feed: str, person: str) -> None:
        """Take such a link out of use."""
        self._feeds.revoke(self._whose(name, person).id, feed, actor=self._actor)

    def _whose(self, name: str, person: str) -> Schedule | User:
        return self._schedules.named(name) if name else self._named(person)

    def _named(self, person: str) -> User:
        if not person.strip():
            message = "on a store nobody is signed in: name a schedule, or say who you are with --person WHO"
            raise InvalidInput(message, hint="or say --server, and `login`")
        return self._users.named(person)

    @cached_property
    def _contacts(self) -> "Contacts":
        from .reaching import reach_of

        keys = self._wiring.signing_keys(self._wiring.settings())
        return reach_of(self._store, keys, clock=self._wiring.clock, new_id=self._wiring.new_id).contacts

    def _reachable(self, user: User) -> bool:
        return bool(self._contacts.usable(user))

    def _at_night(self, people: list[User], start: datetime, end: datetime) -> Mapping[str, int] | None:
        return pages_at_night(self._store, people, start, end, self._wiring.clock())

    def _shown(self, schedule: Schedule) -> ScheduleView:
        return self._looks.views(schedule)[0]
