"""Where people and rooms are reached. Every change and its audit entry are one commit; no secret is in either.

A person's ways are one bounded read, in the order in which they were added: their ids are the person's with a number
behind it, which is never given twice. A room's id is made of its name, so that there is one of each.
"""

import json
from collections.abc import Callable, Iterator, Mapping

from tocsin.clock import Clock
from tocsin.domain.audit import Actor, AuditAction
from tocsin.domain.change import Record, RecordWrite
from tocsin.domain.contact import Address, ChannelKind, Contact
from tocsin.domain.contact_words import Words, checked_label, checked_room_name, checked_words
from tocsin.domain.notification_rules import ACCOUNT
from tocsin.domain.user import User
from tocsin.errors import (
    AlreadyThere,
    ConfigurationError,
    Conflict,
    InvalidInput,
    NotFound,
    Refused,
)
from tocsin.storage.store import Store

from .auditing import AuditLog
from .contact_records import (
    BOOK,
    CONTACT,
    MOST_CONTACTS,
    MOST_ROOMS,
    ROOMS,
    account_of,
    changed,
    contact_in,
    deed,
    id_of,
    number_in,
    room_id,
    written,
)
from .due import CODE
from .listing import records_beginning
from .sealing import Sealer
from .tick import MOST_ATTEMPTS
from .versions import see_version

ONLY_ROOMS = frozenset({ChannelKind.PAGERDUTY, ChannelKind.OPSGENIE, ChannelKind.GITHUB})
"""What hands over to another system, where there is nobody to read a code."""

Also = Callable[[Contact], tuple[RecordWrite, ...]]
"""Gives what else is written with a contact."""


def _nothing_else(_contact: Contact) -> tuple[RecordWrite, ...]:
    return ()


class Contacts:
    """The contacts of one store. ``private`` lets urls through that lead to no public network, as some were allowed."""

    def __init__(self, store: Store, audit: AuditLog, sealer: Sealer, *, clock: Clock, private: bool = False) -> None:
        self._store = store
        self._audit = audit
        self._sealer = sealer
        self._clock = clock
        self._private = private

    def of(self, user_id: str) -> list[Contact]:
        """Return a person's ways, verified or not, in their order. The address of the account is none of these."""
        begins = f"{user_id}:"
        some = self._store.records(CONTACT, after=begins, limit=MOST_CONTACTS)
        return [contact_in(one) for one in some if one.id.startswith(begins)]

    def usable(self, user: User) -> list[Contact]:
        """Return every way by which a person can be told, that of the account first; none of who was deactivated."""
        if not user.active:
            return []
        return [*account_of(user), *(one for one in self.of(user.id) if one.usable)]

    def usable_one(self, user: User, contact_id: str) -> Contact | None:
        """Return one of a person's usable ways by id, without a look at the others; None if they are not told there."""
        if contact_id == ACCOUNT:
            some = account_of(user)
        else:
            found = self.find(contact_id)
            some = [found] if found is not None and found.user == user.id and found.usable else []
        return some[0] if user.active and some else None

    def find(self, contact_id: str) -> Contact | None:
        """Return a person's way, or a room, by id."""
        record = self._store.record(CONTACT, contact_id)
        return None if record is None else contact_in(record)

    def own(self, user: User, ref: str) -> Contact:
        """Return one of a person's ways, by id or its number. Raises :class:`~tocsin.errors.NotFound`."""
        number = number_in(ref, user.id)
        found = None if number is None else self.find(id_of(user.id, number))
        if found is None:
            message = f"{user.email} has no contact {ref[:100]}"
            raise NotFound(message, hint="`contact list` shows them all")
        return found

    def rooms(self) -> Iterator[Contact]:
        """Return every room, by name."""
        return map(contact_in, records_beginning(self._store, CONTACT, ROOMS))

    def room(self, name: str) -> Contact:
        """Return a room by name, in any letter case, or by id. Raises :class:`~tocsin.errors.NotFound`."""
        try:
            found = self.find(room_id(checked_room_name(name.removeprefix(ROOMS))))
        except InvalidInput:
            found = None
        if found is None:
            message = f"there is no room {name[:100]}"
            raise NotFound(message, hint="`room list` shows them all")
        return found

    def opened(self, contact: Contact) -> Address:
        """Return all words of an address, the secret ones too, for the channel that sends there.

        Raises :class:`~tocsin.errors.Refused` if its seal cannot be opened, which no other try would mend.
        """
        if not contact.sealed:
            return contact.address
        try:
            secret: dict[str, str] = json.loads(self._sealer.open(contact.sealed, contact.id))
        except ConfigurationError as error:
            raise Refused(str(error), hint=error.hint) from None
        return {**contact.address, **secret}

    def add(
        self,
        user: User,
        kind: ChannelKind,
        words: Mapping[str, str],
        *,
        name: str = "",
        actor: Actor,
        also: Also = _nothing_else,
    ) -> Contact:
        """Add a way to reach a person, which counts once it is verified; ``words`` are those of its address.

        Raises :class:`~tocsin.errors.InvalidInput`, ``Conflict``.
        """
        if kind in ONLY_ROOMS:
            message = f"{kind} hands incidents over to another system: it is for rooms, and reaches no person"
            raise InvalidInput(message)
        checked, label = checked_words(kind, words, private=self._private), checked_label(name)
        for _ in range(MOST_ATTEMPTS):
            book = self._store.record(BOOK, user.id)
            if len(self.of(user.id)) >= MOST_CONTACTS:
                message = f"a person has at most {MOST_CONTACTS} contacts"
                raise InvalidInput(message, hint="delete one that is not used")
            version, last = (0, 0) if book is None else (book.version, int(str(book.body["last"])))
            made = self._made(id_of(user.id, last + 1), kind, checked, name=label, user_id=user.id, actor=actor)
            kept = Record(kind=BOOK, id=user.id, body={"last": last + 1}, version=version + 1)
            numbered = RecordWrite(kind=BOOK, id=user.id, record=kept, expected=version)
            try:
                self._audit.commit(
                    deed(AuditAction.CONTACT_ADDED, actor, made, user), written(made), numbered, *also(made)
                )
            except Conflict:
                if self._store.record(BOOK, user.id) == book:
                    raise  # it was about something else that is written with it
                continue
            return made
        raise _busy(user.email)

    def add_room(
        self,
        name: str,
        kind: ChannelKind,
        words: Mapping[str, str],
        *,
        actor: Actor,
        also: Also = _nothing_else,
    ) -> Contact:
        """Add a room, which counts at once. Raises ``InvalidInput``, and ``AlreadyThere`` for a name that is taken."""
        called = checked_room_name(name)
        checked = checked_words(kind, words, private=self._private)
        if len(list(self.rooms())) >= MOST_ROOMS:
            message = f"there are at most {MOST_ROOMS} rooms"
            raise InvalidInput(message, hint="delete one that is not used")
        made = self._made(room_id(called), kind, checked, name=called, user_id="", actor=actor)
        try:
            self._audit.commit(deed(AuditAction.CONTACT_ADDED, actor, made, None), written(made), *also(made))
        except Conflict:
            if self.find(made.id) is None:
                raise
            message = f"there is a room {called} already"
            raise AlreadyThere(message, hint="change that one, or take another name") from None
        return made

    def edit(
        self,
        seen: Contact,
        user: User | None,
        *,
        name: str | None = None,
        words: Mapping[str, str] | None = None,
        active: bool | None = None,
        actor: Actor,
        expected: int | None = None,
    ) -> Contact:
        """Change a way of ``user``, or a room (None): what it is called, its whole address, whether it is used.

        A person's way with another address has to be verified anew. What is None stays; a room keeps its name. Raises
        ``InvalidInput``, ``NotFound``, ``Conflict``, and ``PreconditionFailed`` if its version is not the ``expected``
        one.
        """

        def do(before: Contact) -> Contact:
            update: dict[str, object] = {}
            if name is not None:
                update["name"] = checked_label(name)
            if active is not None:
                update["active"] = active
            if words is not None:
                checked = checked_words(before.kind, words, private=self._private)
                if checked.secret or checked.visible != before.address:
                    update |= {"address": checked.visible, "sealed": self._sealed(before.id, checked)}
                    update["verified_at"] = None
            return before.model_copy(update=update)

        if user is None and name is not None:
            message = "a room keeps its name, by which policies call it"
            raise InvalidInput(message, hint="add another room, and delete this one")
        for _ in range(MOST_ATTEMPTS):
            before = self._seen(seen, expected)
            after = do(before)
            if after == before:
                return before
            after = after.model_copy(update={"version": before.version + 1})
            told = deed(AuditAction.CONTACT_CHANGED, actor, after, user, changed=changed(before, after))
            try:
                self._audit.commit(told, written(after, expected=before.version))
            except Conflict:
                continue
            return after
        raise _busy(seen.id)

    def remove(self, seen: Contact, user: User | None, *, actor: Actor, expected: int | None = None) -> None:
        """Delete a way of ``user``, or a room (None). Raises what :meth:`edit` does."""
        for _ in range(MOST_ATTEMPTS):
            before = self._seen(seen, expected)
            gone = RecordWrite(kind=CONTACT, id=before.id, record=None, expected=before.version)
            code = RecordWrite(kind=CODE, id=before.id, record=None)
            try:
                self._audit.commit(deed(AuditAction.CONTACT_REMOVED, actor, before, user), gone, code)
            except Conflict:
                continue
            return
        raise _busy(seen.id)

    def _seen(self, seen: Contact, expected: int | None) -> Contact:
        now = self.find(seen.id)
        if now is None:
            message = "this contact was deleted a moment ago"
            raise NotFound(message)
        see_version("this contact", now.version, expected)
        return now

    def _made(
        self, contact_id: str, kind: ChannelKind, words: Words, *, name: str, user_id: str, actor: Actor
    ) -> Contact:
        return Contact(
            id=contact_id,
            kind=kind,
            user=user_id,
            name=name,
            address=words.visible,
            sealed=self._sealed(contact_id, words),
            created_at=self._clock(),
            created_by=actor.name,
        )

    def _sealed(self, contact_id: str, words: Words) -> str:
        return self._sealer.seal(json.dumps(words.secret), contact_id) if words.secret else ""


def _busy(what: str) -> Conflict:
    message = f"others kept changing the contacts of {what}"
    return Conflict(message, hint="try again")
