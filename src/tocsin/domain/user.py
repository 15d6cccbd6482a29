"""People who sign in, and the teams that they are in. What proves who they are is kept apart, and is in neither."""

import re
import unicodedata

from tocsin.errors import InvalidInput

from .access import Principal, UserRole
from .frozen import Frozen, Utc
from .people import person

LONGEST_EMAIL = 254
"""Characters, as RFC 5321 has it."""

MOST_MEMBERS = 500
MOST_SERVICES = 500

_EMAIL = re.compile(r"[^@\s,;:<>()\[\]\\\"]{1,64}@[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")
TEAM_NAME = r"[A-Za-z0-9][A-Za-z0-9._ -]{0,62}"


class User(Frozen):
    """A person. ``email`` is in small letters and nobody else's; ``time_zone`` is IANA's name of it.

    ``subject`` names them at an external issuer (``issuer|subject``). ``signed_out_at``: what was signed in until then
    is over. ``version`` grows by one with each change.
    """

    id: str
    email: str
    full_name: str
    role: UserRole
    active: bool = True
    verified: bool = True
    time_zone: str = "UTC"
    subject: str = ""
    signed_out_at: Utc | None = None
    created_at: Utc
    created_by: str
    version: int = 1

    @property
    def may_sign_in(self) -> bool:
        """Say whether they are let in at all, once they have proved who they are."""
        return self.active and self.verified

    def principal(self, session: str = "") -> Principal:
        """Who they are at the door."""
        return Principal(f"user:{self.id}", self.email, role=self.role, source="people", session=session)


class Team(Frozen):
    """People who own services. ``members`` are ids of users; ``services`` belong to one team each."""

    id: str
    name: str
    members: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    created_at: Utc
    created_by: str
    version: int = 1


def checked_email(text: str) -> str:
    """Return an address as it is compared: trimmed, in small letters. Raises ``InvalidInput`` if it is none."""
    email = unicodedata.normalize("NFC", text.strip()).lower()
    if len(email) > LONGEST_EMAIL or not _EMAIL.fullmatch(email) or ".." in email:
        message = f"{text[:100]!r} is no e-mail address"
        raise InvalidInput(message, hint="as in ana@example.com")
    return email


def checked_full_name(text: str) -> str:
    """Return a name on one line. Raises ``InvalidInput`` if nothing of it can be seen."""
    return person(text)


def checked_time_zone(text: str) -> str:
    """Return IANA's name of a time zone. Raises ``InvalidInput`` if there is no such zone."""
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(text).key
    except (ValueError, OSError, KeyError):  # not found, no name at all, and the name of a folder
        message = f"{text[:100]!r} is no time zone"
    raise InvalidInput(message, hint="IANA's names: Europe/Berlin, America/New_York, UTC")


def checked_team_name(text: str) -> str:
    """Return the name of a team. Raises ``InvalidInput`` otherwise."""
    name = " ".join(text.split())
    if not re.fullmatch(TEAM_NAME, name):
        message = f"{text[:100]!r} cannot be the name of a team: letters, digits, blanks, '.', '_' and '-', at most 63"
        raise InvalidInput(message)
    return name
