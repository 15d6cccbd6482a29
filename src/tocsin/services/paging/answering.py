"""What people ask about paging: why somebody was (not) paged, and whether a page would reach anybody now."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice

from tocsin.clock import Clock
from tocsin.domain.explanation import Explanation
from tocsin.domain.frozen import Utc
from tocsin.domain.layer import FIRST, LAST
from tocsin.domain.policy import TargetKind
from tocsin.domain.readiness import Readiness
from tocsin.domain.search import IncidentFilter
from tocsin.errors import InvalidInput, NotFound
from tocsin.services.channel import Channels
from tocsin.services.contacts import Contacts
from tocsin.services.teams import Teams
from tocsin.services.users import Users
from tocsin.storage.store import MOST_EXAMINED, Store

from .behind import Remembered
from .directory import Directory
from .explaining import explain
from .readiness import MOST_SERVICES, readiness
from .rehearsal import REHEARSED_FOR

KNOWN_SINCE = timedelta(days=30)
"""Services of incidents since then are looked at, besides those that teams own."""

_ROOM = f"{TargetKind.ROOM.value}:"


class Answering:
    """Answers about the paging of one store. ``directory_of`` makes a directory that reads a store."""

    def __init__(
        self,
        store: Store,
        users: Users,
        teams: Teams,
        *,
        contacts: Contacts,
        channels: Channels,
        directory_of: Callable[[Store], Directory],
        clock: Clock,
    ) -> None:
        self._store = store
        self._users = users
        self._teams = teams
        self._contacts = contacts
        self._channels = channels
        self._directory_of = directory_of
        self._clock = clock

    def explain(self, incident_id: str, person: str = "") -> Explanation:
        """Return why somebody was, or was not, paged for an incident.

        ``person`` is an address or id, or ``room:`` and a name; empty: everybody. Raises ``NotFound``.
        """
        incident = self._store.incident(incident_id)
        if incident is None:
            message = f"there is no incident {incident_id[:100]}"
            raise NotFound(message, hint="the list shows which there are")
        store = Remembered(self._store)
        directory, user = self._directory_of(store), self._id_of(person)
        return explain(store, directory, self._channels, incident, user, now=self._clock())

    def readiness(self, at: Utc | None = None) -> Readiness:
        """Return whether a page would reach a human at a moment (now, unless given), whatever happens.

        Raises ``InvalidInput`` for a moment of which no schedule says anything.
        """
        at = at or self._clock()
        if not FIRST <= at <= LAST - REHEARSED_FOR:
            message = f"nobody can say who is paged at {at.isoformat()}"
            raise InvalidInput(message, hint=f"give a moment between {FIRST.date()} and {LAST.year - 1}")
        store = Remembered(self._store)
        services = [*self._owned(), *self._seen(at)]
        return readiness(store, self._directory_of(store), self._channels, services, at)

    def _id_of(self, person: str) -> str:
        if person.startswith(_ROOM):
            return self._contacts.room(person.removeprefix(_ROOM)).id
        return self._users.named(person).id if person else ""

    def _owned(self) -> Iterator[str]:
        for team in self._teams.every():
            yield from team.services

    def _seen(self, at: Utc) -> list[str]:
        """Return the services of the newest incidents, by name."""
        wanted = IncidentFilter(since=at - KNOWN_SINCE)
        some = self._store.find(wanted, limit=MOST_EXAMINED).incidents
        known = {one.service.casefold(): one.service for one in some if one.service}
        return list(islice((known[folded] for folded in sorted(known)), MOST_SERVICES))
