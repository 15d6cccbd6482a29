"""A sign-in that goes on: the session, and the token that prolongs it. What proves such a token is asked elsewhere."""

import hashlib
import re
from datetime import datetime, timedelta
from typing import NamedTuple

from .frozen import Frozen, Utc
from .user import User

LASTS = timedelta(days=30)
"""How long after its last use a session is over."""

LONGEST_AGENT = 200
"""Characters of what a program says that it is."""

_TOKEN = re.compile(
    r"tocsin_refresh_([A-Za-z0-9-]{1,64})\.([0-9a-f]{16})\.([1-9][0-9]{0,8})_([0-9a-f]{8}\.[A-Za-z0-9_-]{43})"
)


class Session(Frozen):
    """A person's sign-in on one device. ``generation`` is that of the one refresh token that is good.

    ``how`` they proved who they are; ``address`` is where it was used last, which is noted when it is prolonged and
    not with every request. ``signed_out_at`` is the person's own as it was when this was opened.
    """

    id: str
    user_id: str
    generation: int = 1
    created_at: Utc
    last_used_at: Utc
    address: str = ""
    agent: str = ""
    how: str = ""
    signed_out_at: Utc | None = None

    @property
    def expires_at(self) -> datetime:
        """When it is over unless it is used."""
        return self.last_used_at + LASTS

    def prolonged(self, at: datetime, address: str) -> "Session":
        """Return the session with its next generation."""
        return self.model_copy(
            update={"generation": self.generation + 1, "last_used_at": at, "address": address or self.address}
        )

    def over(self, user: User | None, now: datetime) -> bool:
        """Say whether nothing can be done with it any more: it expired, or its person may not, or signed out of all."""
        if user is None or not user.may_sign_in or now >= self.expires_at:
            return True
        # Not which moment is the later one: two processes' clocks could let one slip through that was just opened.
        return self.signed_out_at != user.signed_out_at


class RefreshToken(NamedTuple):
    """A refresh token in its parts, as its holder sends it. Only ``mac`` proves the others."""

    user_id: str
    session_id: str
    generation: int
    mac: str = ""

    @classmethod
    def read(cls, text: str) -> "RefreshToken | None":
        """Take a token apart; None if this is none."""
        found = _TOKEN.fullmatch(text)
        return None if found is None else cls(found[1], found[2], int(found[3]), found[4])

    @classmethod
    def of(cls, session: Session) -> "RefreshToken":
        """Return what names a session's good token, to be signed."""
        return cls(session.user_id, session.id, session.generation)

    @property
    def text(self) -> str:
        """What is signed."""
        return f"{self.user_id}.{self.session_id}.{self.generation}"

    def __str__(self) -> str:
        return f"tocsin_refresh_{self.text}_{self.mac}"


def session_id_of(unique: str) -> str:
    """Return the id of a session, from anything that nobody else has."""
    return hashlib.sha256(unique.encode()).hexdigest()[:16]


def session_key(user_id: str, session_id: str) -> str:
    """Return the id of a session's record: those of one person stand together."""
    return f"{user_id}.{session_id}"
