"""What the command line does with passwords: hashed where a person is added, and reset by a token that is shown once."""

from datetime import datetime
from typing import TYPE_CHECKING

from tocsin.domain.audit import Actor
from tocsin.domain.change import Record, RecordWrite
from tocsin.domain.user import User
from tocsin.errors import ConfigurationError
from tocsin.services.passwords import PasswordHasher

if TYPE_CHECKING:
    from tocsin.storage.store import Store

PASSWORD = "password"  # noqa: S105 - the name of a kind
"""The record kind of a password's hash; its id is the person's."""


def no_hasher() -> PasswordHasher:
    """Refuse: nothing here hashes passwords."""
    message = "passwords cannot be set here"
    raise ConfigurationError(message, hint="--no-password adds somebody who signs in elsewhere")


def no_reset(_store: "Store", _user: User, _actor: Actor) -> str:
    """Refuse: nothing here resets passwords."""
    message = "passwords cannot be reset here"
    raise ConfigurationError(message)


def kept(user: User, hashed: str, at: datetime) -> RecordWrite:
    """Return what keeps the first password of a person."""
    record = Record(kind=PASSWORD, id=user.id, body={"hash": hashed, "changed_at": at.isoformat()})
    return RecordWrite(kind=PASSWORD, id=user.id, record=record, expected=0)
