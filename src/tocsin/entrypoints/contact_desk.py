"""Contacts and rooms for the command line: on a store, or on a server. Both show what the API shows."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Protocol

from tocsin.api.contact_views import ContactView, RoomView, RulesBody, RulesView
from tocsin.domain.audit import Actor
from tocsin.domain.contact import ChannelKind
from tocsin.domain.user import User
from tocsin.errors import InvalidInput
from tocsin.services.auditing import AuditLog
from tocsin.services.contact_records import account_of
from tocsin.services.users import Users

from .reaching import reach_of

if TYPE_CHECKING:
    from datetime import datetime

    from tocsin.config import Settings
    from tocsin.storage.store import Store

    from .wiring import Wiring

Words = Mapping[str, str]


class ContactDesk(Protocol):
    """Contacts and rooms, changed in somebody's name. ``who`` is an address or id; empty: oneself.

    Contacts are named by number or id, rooms by name.
    """

    def contacts(self, who: str) -> list[ContactView]:
        """Return a person's contacts."""

    def add(self, who: str, kind: ChannelKind, words: Words, name: str) -> ContactView:
        """Add one."""

    def code(self, who: str, ref: str) -> "datetime":
        """Have a code sent to one, and return until when it is good."""

    def verify(self, who: str, ref: str, code: str) -> ContactView:
        """Verify one by the code that came."""

    def remove(self, who: str, ref: str) -> None:
        """Delete one."""

    def rules(self, who: str) -> RulesView:
        """Return how a person wants to be told."""

    def put_rules(self, who: str, chosen: RulesBody) -> RulesView:
        """Put this in the place of it."""

    def rooms(self) -> list[RoomView]:
        """Return every room, by name."""

    def room(self, name: str) -> RoomView:
        """Return a room."""

    def add_room(self, name: str, kind: ChannelKind, words: Words) -> RoomView:
        """Add a room."""

    def remove_room(self, name: str) -> None:
        """Delete a room."""


@contextmanager
def contact_desk(wiring: "Wiring", by: str) -> Iterator[ContactDesk]:
    """Open the store that the settings name, or reach the server, and close it; ``by`` is who acts."""
    settings = wiring.settings()
    if wiring.asks_server(settings):
        from .server_contacts import ServerContacts

        with closing(wiring.calls(settings)) as calls:
            yield ServerContacts(calls, by)
        return
    with wiring.store(settings) as store:
        yield StoreContacts(store, wiring, settings, Actor(by))


class StoreContacts:
    """:class:`ContactDesk` of a store, on which nobody is oneself."""

    def __init__(self, store: "Store", wiring: "Wiring", settings: "Settings", actor: Actor) -> None:
        audit = AuditLog(store, clock=wiring.clock, new_id=wiring.new_id)
        self._actor = actor
        self._users = Users(store, audit, clock=wiring.clock, new_id=wiring.new_id)
        keys = wiring.signing_keys(settings)
        private = bool(settings.outbound_allow)
        reach = reach_of(store, keys, clock=wiring.clock, new_id=wiring.new_id, private=private)
        self._contacts, self._verification, self._rules = reach

    def contacts(self, who: str) -> list[ContactView]:
        """Return a person's contacts."""
        user = self._user(who)
        return [ContactView.of(one) for one in (*account_of(user), *self._contacts.of(user.id))]

    def add(self, who: str, kind: ChannelKind, words: Words, name: str) -> ContactView:
        """Add one."""
        return ContactView.of(self._contacts.add(self._user(who), kind, words, name=name, actor=self._actor))

    def code(self, who: str, ref: str) -> "datetime":
        """Have a code sent to one, and return until when it is good."""
        return self._verification.ask(self._contacts.own(self._user(who), ref))

    def verify(self, who: str, ref: str, code: str) -> ContactView:
        """Verify one by the code that came."""
        user = self._user(who)
        contact = self._contacts.own(user, ref)
        return ContactView.of(self._verification.verify(user, contact, code, actor=self._actor))

    def remove(self, who: str, ref: str) -> None:
        """Delete one."""
        user = self._user(who)
        self._contacts.remove(self._contacts.own(user, ref), user, actor=self._actor)

    def rules(self, who: str) -> RulesView:
        """Return how a person wants to be told."""
        return RulesView.of(self._rules.of(self._user(who)))

    def put_rules(self, who: str, chosen: RulesBody) -> RulesView:
        """Put this in the place of it."""
        return RulesView.of(self._rules.put(self._user(who), chosen, actor=self._actor))

    def rooms(self) -> list[RoomView]:
        """Return every room, by name."""
        return [RoomView.of(one) for one in self._contacts.rooms()]

    def room(self, name: str) -> RoomView:
        """Return a room."""
        return RoomView.of(self._contacts.room(name))

    def add_room(self, name: str, kind: ChannelKind, words: Words) -> RoomView:
        """Add a room."""
        return RoomView.of(self._contacts.add_room(name, kind, words, actor=self._actor))

    def remove_room(self, name: str) -> None:
        """Delete a room."""
        self._contacts.remove(self._contacts.room(name), None, actor=self._actor)

    def _user(self, who: str) -> User:
        if not who.strip():
            message = "on a store nobody is signed in: say whose contacts these are with --user WHO"
            raise InvalidInput(message, hint="or say --server, and see to your own")
        return self._users.named(who)
