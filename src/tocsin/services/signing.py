"""What services know of signatures and access tokens; ``identity`` makes and checks them."""

from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from tocsin.domain.access import UserRole
from tocsin.domain.user import User

ISSUER = "tocsin"
"""Whose tokens ours are: their claim ``iss``."""

AUDIENCE = "tocsin-api"
"""Whom they are for: their claim ``aud``."""

LIFETIME = timedelta(minutes=15)
"""How long an access token is good."""


STAMP = 16
"""Bytes of a stamp: 128 bits cannot be guessed."""


class Signer(Protocol):
    """Signs short texts, so that they need not be kept. Two keys may be good at once."""

    def mac(self, purpose: str, text: str) -> str:
        """Return the key's id and the signature of ``text`` for one purpose: ``<8 digits>.<43 characters>``."""

    def good(self, purpose: str, text: str, mac: str) -> bool:
        """Say whether this is such a signature, in a time that does not tell how much of it is right."""

    def stamp(self, purpose: str, data: bytes) -> bytes:
        """Return :data:`STAMP` bytes that sign ``data`` for one purpose: for where there is little room."""

    def stamped(self, purpose: str, data: bytes, stamp: bytes) -> bool:
        """Say whether this is such a stamp, by either key, in a time that does not tell how much of it is right."""


class Claims(NamedTuple):
    """What an access token says, once its signature was checked. ``role`` is as it was then."""

    user_id: str
    session_id: str
    role: UserRole
    expires_at: datetime


class AccessTokens(Protocol):
    """Makes access tokens, and reads them."""

    def issue(self, user: User, session_id: str, at: datetime) -> str:
        """Return a token that is good for :data:`LIFETIME`."""

    def read(self, token: str, now: datetime) -> Claims | None:
        """Return what a token of ours says; None for every other, whatever is wrong with it."""
