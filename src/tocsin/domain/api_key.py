"""Keys for machines: what one may do, and how its secret is told from a wrong one. The secret itself is never kept."""

import hashlib
import hmac
import re
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from tocsin.errors import InvalidInput

from .access import Principal, Scope
from .frozen import Frozen, Utc

NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}"
"""What a key may be called: it stands in the timeline behind ``key:``."""

NAME_SPACE = r"[a-z0-9][a-z0-9._-]{0,62}"
"""A source's name space: no colon, which divides it from the sender's own key."""

RESERVED = "heartbeat"
"""The name space of what we say of heartbeats that stay out: no sender has it."""

_TOKEN = re.compile(r"tocsin_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")


class ApiKey(Frozen):
    """What is kept of a key. ``digest`` is the SHA-256 of its secret, which has 256 random bits of its own."""

    id: str
    name: str
    digest: str
    scopes: tuple[Scope, ...]
    source: str
    created_at: Utc
    created_by: str
    expires_at: Utc | None = None
    revoked_at: Utc | None = None
    revoked_by: str = ""
    last_used_on: date | None = None

    def usable(self, now: Utc) -> bool:
        """Say whether it is neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def opens_with(self, secret: str) -> bool:
        """Say whether this is its secret, in a time that does not tell how much of it is right."""
        return hmac.compare_digest(self.digest, digest_of(secret))

    @property
    def principal(self) -> Principal:
        """Who its holder is."""
        return Principal(f"key:{self.id}", self.name, scopes=frozenset(self.scopes), source=self.source)


class Token(NamedTuple):
    """A key as its holder sends it, in its two parts."""

    key_id: str
    secret: str

    @classmethod
    def read(cls, text: str) -> "Token | None":
        """Take a token apart; None if this is none."""
        found = _TOKEN.fullmatch(text)
        return None if found is None else cls(found[1], found[2])

    def __str__(self) -> str:
        return f"tocsin_{self.key_id}_{self.secret}"


def digest_of(secret: str) -> str:
    """Return what is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def key_id_of(unique: str) -> str:
    """Return the id of a key, from anything that nobody else has."""
    return hashlib.sha256(unique.encode()).hexdigest()[:12]


def checked_name(name: str) -> str:
    """Return a name that a key may have. Raises :class:`~tocsin.errors.InvalidInput` otherwise."""
    if not re.fullmatch(NAME, name):
        message = f"{name!r} cannot be the name of a key: letters, digits, '.', '_' and '-', at most 63"
        raise InvalidInput(message)
    return name


def checked_source(source: str, *, name: str) -> str:
    """Return a name space; the key's own name, in small letters, where none is given. Raises ``InvalidInput``."""
    chosen = source or name.lower()
    if not re.fullmatch(NAME_SPACE, chosen):
        message = f"{source!r} cannot be a source: small letters, digits, '.', '_' and '-', at most 63"
        raise InvalidInput(message)
    if chosen == RESERVED:
        message = f"{RESERVED!r} is the source of heartbeats that stay out, and no sender's"
        raise InvalidInput(message, hint="give the key another source")
    return chosen


def checked_scopes(scopes: Iterable[Scope | str]) -> tuple[Scope, ...]:
    """Return scopes, each once and in one order. Raises ``InvalidInput`` for none, or for one that there is not."""
    given = {str(scope) for scope in scopes}
    known = {scope.value for scope in Scope}
    if not given or given - known:
        wrong = f"{', '.join(sorted(given - known))} is no scope; there are" if given else "a key needs a scope:"
        message = f"{wrong} {', '.join(scope.value for scope in Scope)}"
        raise InvalidInput(message)
    return tuple(scope for scope in Scope if scope.value in given)
