"""Pages for the command line: on a store, or on a server. Both show what the API shows."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import cache
from typing import TYPE_CHECKING, Protocol

from pydantic import ValidationError

from tocsin.api.page_views import AskedView, NotificationView, NotificationWithAttempts, NotifyBody
from tocsin.domain.audit import Actor
from tocsin.domain.contact import ChannelKind
from tocsin.domain.incident import Incident
from tocsin.domain.page import PageStatus
from tocsin.errors import InvalidInput
from tocsin.services.acting import Acting
from tocsin.services.auditing import AuditLog
from tocsin.services.paging.asking import Asking
from tocsin.services.paging.lookup import Lookup
from tocsin.services.paging.notifications import Notifications
from tocsin.services.schedules import Schedules
from tocsin.services.silences import Silences
from tocsin.services.targets import Targets
from tocsin.services.teams import Teams
from tocsin.services.users import Users

from .lookup import existing
from .reaching import reach_of

if TYPE_CHECKING:
    from tocsin.config import Settings
    from tocsin.storage.store import Store

    from .wiring import Wiring


class PageDesk(Protocol):
    """Pages, asked for in somebody's name. ``who`` is an address or id; empty: oneself."""

    def notify(
        self, targets: Sequence[str], text: str, *, incident_id: str, channels: Sequence[ChannelKind]
    ) -> AskedView:
        """Page whom targets name."""

    def escalate(self, incident_id: str) -> Incident:
        """Page the next step of an incident's policy."""

    def test(self, who: str, ref: str) -> NotificationView:
        """Have a test sent to one of somebody's contacts."""

    def some(
        self, *, incident_id: str, user: str, status: PageStatus | None, limit: int
    ) -> tuple[list[NotificationView], bool]:
        """Return pages, and whether there are more."""

    def one(self, page_id: str) -> NotificationWithAttempts:
        """Return a page and its attempts."""


@contextmanager
def page_desk(wiring: "Wiring", by: str) -> Iterator[PageDesk]:
    """Open the store that the settings name, or reach the server, and close it; ``by`` is who acts."""
    settings = wiring.settings()
    if wiring.asks_server(settings):
        from .server_pages import ServerPages

        with closing(wiring.calls(settings)) as calls:
            yield ServerPages(calls, by)
        return
    with wiring.store(settings) as store:
        yield StorePages(store, wiring, settings, Actor(by))


class StorePages:
    """:class:`PageDesk` of a store, on which nobody is oneself."""

    def __init__(self, store: "Store", wiring: "Wiring", settings: "Settings", actor: Actor) -> None:
        audit = AuditLog(store, clock=wiring.clock, new_id=wiring.new_id)
        self._users = Users(store, audit, clock=wiring.clock, new_id=wiring.new_id)
        teams = Teams(store, audit, clock=wiring.clock, new_id=wiring.new_id)
        silences = Silences(store, audit, clock=wiring.clock, new_id=wiring.new_id)
        schedules = Schedules(store, audit, clock=wiring.clock, new_id=wiring.new_id)
        reach = reach_of(store, wiring.signing_keys(settings), clock=wiring.clock, new_id=wiring.new_id)
        lookup = Lookup(store, self._users, teams, contacts=reach.contacts, rules=reach.rules, silences=silences)
        acting = Acting(store, rules=wiring.rules(settings), clock=wiring.clock, new_id=wiring.new_id)
        self._name = cache(lookup.name)
        self._asking = Asking(acting, audit, lookup, reach.contacts)
        self._targets = Targets(self._users, teams, schedules, reach.contacts)
        self._store = store
        self._actor = actor

    def notify(
        self, targets: Sequence[str], text: str, *, incident_id: str, channels: Sequence[ChannelKind]
    ) -> AskedView:
        """Page whom targets name."""
        try:
            body = NotifyBody(targets=tuple(targets), message=text, incident_id=incident_id, channels=tuple(channels))
        except ValidationError as error:
            raise InvalidInput(error.errors()[0]["msg"].removeprefix("Value error, ")) from None
        if incident_id:
            existing(self._store, incident_id)
        fixed = [self._targets.fixed(one) for one in body.targets]
        asked = self._asking.notify(
            fixed, body.message, incident_id=incident_id, channels=body.channels, actor=self._actor
        )
        return AskedView.of(asked, self._name)

    def escalate(self, incident_id: str) -> Incident:
        """Page the next step of an incident's policy."""
        existing(self._store, incident_id)
        return self._asking.escalate(incident_id, {"by": self._actor.name})

    def test(self, who: str, ref: str) -> NotificationView:
        """Have a test sent to one of somebody's contacts."""
        if not who.strip():
            message = "on a store nobody is signed in: say whose contact this is with --user WHO"
            raise InvalidInput(message, hint="or say --server, and try your own")
        return NotificationView.of(self._asking.test_page(self._users.named(who), ref), self._name)

    def some(
        self, *, incident_id: str, user: str, status: PageStatus | None, limit: int
    ) -> tuple[list[NotificationView], bool]:
        """Return pages, and whether there are more."""
        found: list[NotificationView] = []
        cursor, person = "", self._users.named(user).id if user else ""
        while True:
            some, cursor = Notifications(self._store).find(
                incident_id=incident_id, user=person, status=status, limit=limit - len(found), cursor=cursor
            )
            found += [NotificationView.of(one, self._name) for one in some]
            if not cursor or len(found) >= limit:
                return found, bool(cursor)

    def one(self, page_id: str) -> NotificationWithAttempts:
        """Return a page and its attempts."""
        return NotificationWithAttempts.told(*Notifications(self._store).one(page_id), self._name)
