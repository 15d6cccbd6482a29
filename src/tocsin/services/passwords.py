"""Passwords: kept apart from the people whose they are, checked in the same time whether or not there is one."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Protocol

from pydantic import ConfigDict, Field, JsonValue

from tocsin.clock import Clock
from tocsin.domain.change import Change, Record, RecordWrite
from tocsin.domain.frozen import Frozen, Utc
from tocsin.domain.user import User, checked_email
from tocsin.errors import Conflict, InvalidInput
from tocsin.ids import NewId
from tocsin.storage.store import Store

from .users import Users

PASSWORD = "password"  # noqa: S105 - the name of a kind
"""The record kind of a password's hash; its id is the person's."""

SHORTEST, LONGEST = 12, 128
"""Characters, as NIST SP 800-63B counts them. What they are is not asked: only whether they are easily guessed."""

NOBODY = "nobody"
"""The id of a person that there is not."""


class PasswordHasher(Protocol):
    """Hashes passwords, and knows them again."""

    @property
    def nobody(self) -> str:
        """A hash that costs as much as any other, and is nobody's."""

    def hash(self, password: str) -> str:
        """Return the hash of a password, with a salt of its own."""

    def matches(self, hashed: str, password: str) -> bool:
        """Say whether a hash is that of a password."""

    def outdated(self, hashed: str) -> bool:
        """Say whether a hash has another cost than is chosen now."""


Weakness = Callable[[str, Sequence[str]], str]
"""Says why a password is guessed too soon by whoever tries some words first; empty: it is not."""


class Kept(Frozen):
    """What is kept of a password. ``version`` is that of its record, 0 if there is none."""

    model_config = ConfigDict(hide_input_in_errors=True)

    hash: str = Field(default="", repr=False)
    changed_at: Utc | None = None
    version: int = 0


class Passwords:
    """The passwords of one store."""

    def __init__(
        self, store: Store, hasher: PasswordHasher, weakness: Weakness, *, clock: Clock, new_id: NewId
    ) -> None:
        self._store = store
        self._hasher = hasher
        self._weakness = weakness
        self._clock = clock
        self._new_id = new_id

    def of(self, user_id: str) -> Kept:
        """Return what is kept of a person's password."""
        record = self._store.record(PASSWORD, user_id)
        return Kept() if record is None else Kept.model_validate({**record.body, "version": record.version})

    def hashed(self, password: str, *, email: str, full_name: str) -> str:
        """Return the hash of a new password. Raises :class:`~tocsin.errors.InvalidInput` if it is not good enough."""
        said = _normal(password)
        if not SHORTEST <= len(said) <= LONGEST:
            message = f"a password has {SHORTEST} to {LONGEST} characters, and this one {len(said):,}"
            raise InvalidInput(message, hint="several words that do not belong together are easy to keep in mind")
        if why := self._weakness(said, _words(email, full_name)):
            message = f"this password is too easily guessed: {why[0].lower()}{why[1:]}"
            raise InvalidInput(message, hint="take several words that do not belong together, or let a program make it")
        return self._hasher.hash(said)

    def written(self, user_id: str, hashed: str, *, expected: int) -> RecordWrite:
        """Return what makes this hash a person's; ``expected`` is the version of what is kept."""
        return _written(user_id, hashed, self._clock(), expected)

    def first(self, user: User, password: str) -> tuple[RecordWrite, ...]:
        """Return what gives somebody who is just added a password. Raises ``InvalidInput``."""
        hashed = self.hashed(password, email=user.email, full_name=user.full_name)
        return (self.written(user.id, hashed, expected=0),)

    def matches(self, kept: Kept, password: str) -> bool:
        """Say whether this is the password that is kept; takes as long where none is."""
        fits = self._hasher.matches(kept.hash or self._hasher.nobody, _normal(password))
        return fits and bool(kept.hash)

    def signed_out(self, user: User) -> User:
        """Return somebody signed out of everything: what a new password does, in the same commit."""
        return user.model_copy(update={"signed_out_at": self._clock()})

    def renew(self, user_id: str, kept: Kept, password: str) -> None:
        """Hash a password anew, which was just found right, if its hash has another cost than is chosen now."""
        if not self._hasher.outdated(kept.hash):
            return
        now = self._clock()
        write = _written(user_id, self._hasher.hash(_normal(password)), kept.changed_at or now, kept.version)
        try:
            self._store.commit(Change(id=self._new_id(), at=now, records=(write,)))
        except Conflict:
            return  # it was changed this moment, or renewed by somebody else


def found_alike(users: Users, passwords: Passwords, email: str) -> tuple[User | None, Kept]:
    """Return whose address this is, and their password, in as many reads where it is nobody's."""
    user = users.by_email(email)
    if user is None:
        users.get(NOBODY)
    return user, passwords.of(NOBODY if user is None else user.id)


def folded(email: str) -> str:
    """Return an address as it is compared; one name for all that are none."""
    try:
        return checked_email(email)
    except InvalidInput:
        return NOBODY


def _written(user_id: str, hashed: str, changed_at: Utc, expected: int) -> RecordWrite:
    body: dict[str, JsonValue] = {"hash": hashed, "changed_at": changed_at.isoformat()}
    record = Record(kind=PASSWORD, id=user_id, body=body, version=expected + 1)
    return RecordWrite(kind=PASSWORD, id=user_id, record=record, expected=expected)


def _normal(password: str) -> str:
    """Return a password as it is hashed: however a keyboard writes its letters (NIST SP 800-63B)."""
    return unicodedata.normalize("NFKC", password)


def _words(email: str, full_name: str) -> list[str]:
    parts = [part for part in re.split(r"[\W_]+", f"{email} {full_name}") if len(part) > 2]  # noqa: PLR2004 - no word
    return [*dict.fromkeys([email, full_name, full_name.replace(" ", ""), *parts, "tocsin"])]
