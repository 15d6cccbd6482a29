"""People who sign in, and the teams that they are in. What proves who they are is kept apart, and is in neither."""

import re
import unicodedata
from collections.abc import Iterable

from tocsin.errors import InvalidInput

from .access import Principal, UserRole
from .frozen import Frozen, Utc
from .people import person

LONGEST_EMAIL = 254
"""Characters, as RFC 5321 has it."""

MOST_MEMBERS = 500
MOST_SERVICES = 500

MOST_SERVICES_AT_ONCE = 40
"""Services that one change gives to a team, or takes: who owns it is a record of its own, and a change has room for few."""

LONGEST_SERVICE = 200
"""Bytes of UTF-8 of a service's name, so that a team with all of its own fits into a record."""

# Not "%", "!" and "|": mail servers have them mean another host, or a program, and a letter would go there.
_EMAIL = re.compile(r"(?!\.)[^@\s,;:<>()\[\]\\\"%!|]{1,64}(?<!\.)@[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?")

_ENCODED = "=?"
"""How a header begins what it has in another writing (RFC 2047): mail programs read another address there."""

_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Letters and marks that show as nothing."""

_OF_ONE_MACHINE = frozenset({"localtime", "posixrules", "posix", "right", "Factory"})
"""What stands among the zones of some machines and means another time, or none, on the next."""

TEAM_NAME = r"[A-Za-z0-9][A-Za-z0-9._ -]{0,62}"


class User(Frozen):
    """A person. ``email`` is in small letters and nobody else's; ``time_zone`` is IANA's name of it.

    ``subject`` names them at an external issuer (``issuer|subject``). ``signed_out_at``: what was signed in until then
    is over. ``role_since``: when the role was changed last; what an issuer said before that of it counts nothing any more.
    ``version`` grows by one with each change.
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
    role_since: Utc | None = None
    created_at: Utc
    created_by: str
    version: int = 1

    @property
    def may_sign_in(self) -> bool:
        """Say whether they are let in at all, once they have proved who they are."""
        return self.active and self.verified

    @property
    def administers(self) -> bool:
        """Say whether they can change what others may do."""
        return self.role is UserRole.ADMIN and self.may_sign_in

    @property
    def profile(self) -> "Profile":
        """What may be seen of them."""
        return Profile.model_validate(self.model_dump())

    def principal(self, session: str = "") -> Principal:
        """Who they are at the door."""
        return Principal(f"user:{self.id}", self.email, role=self.role, source="people", session=session)


class Profile(Frozen):
    """What may be seen of a person: nothing by which they sign in."""

    id: str
    email: str
    full_name: str
    role: UserRole
    active: bool
    verified: bool
    time_zone: str
    created_at: Utc
    created_by: str


class UserEdit(Frozen):
    """What is to be different about a person. None: it stays as it is."""

    email: str | None = None
    full_name: str | None = None
    role: UserRole | None = None
    time_zone: str | None = None
    active: bool | None = None

    def applied(self, user: User, now: Utc) -> User:
        """Return the person as they are then; who is deactivated is signed out ``now``. Raises ``InvalidInput``."""
        wanted: dict[str, object] = {}
        if self.email is not None:
            wanted["email"] = checked_email(self.email)
        if self.full_name is not None:
            wanted["full_name"] = checked_full_name(self.full_name)
        if self.role is not None:
            wanted["role"] = self.role
            if user.role is not self.role:
                wanted["role_since"] = now
        if self.time_zone is not None:
            wanted["time_zone"] = checked_time_zone(self.time_zone)
        if self.active is not None:
            wanted["active"] = self.active
            if user.active and not self.active:
                wanted["signed_out_at"] = now
        return user.model_copy(update=wanted)


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
    # Twice: small letters may go together with a mark that the capital ones had beside them.
    email = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text.strip()).lower())
    # What cannot be seen would make two addresses look like one, in every timeline.
    readable = email.isprintable() and not _UNSEEN.search(email) and len(email) <= LONGEST_EMAIL
    if not readable or not _EMAIL.fullmatch(email) or ".." in email or _ENCODED in email:
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
        if text.partition("/")[0] not in _OF_ONE_MACHINE:
            return ZoneInfo(text).key
    except (ValueError, OSError, KeyError):
        pass  # not found, no name at all, and the name of a folder
    message = f"{text[:100]!r} is no time zone"
    raise InvalidInput(message, hint="IANA's names: Europe/Berlin, America/New_York, UTC")


def known_time_zone(text: str) -> str:
    """Return what :func:`checked_time_zone` does, for a field of a model: raises ``ValueError``, with the hint in it."""
    try:
        return checked_time_zone(text)
    except InvalidInput as error:
        message = f"{error} ({error.hint})"
        raise ValueError(message) from None


def checked_team_name(text: str) -> str:
    """Return the name of a team. Raises ``InvalidInput`` otherwise."""
    name = " ".join(text.split())
    if not re.fullmatch(TEAM_NAME, name):
        message = f"{text[:100]!r} cannot be the name of a team: letters, digits, blanks, '.', '_' and '-', at most 63"
        raise InvalidInput(message)
    return name


def checked_services(names: Iterable[str]) -> tuple[str, ...]:
    """Return names of services, each once whatever its letter case, by alphabet. Raises ``InvalidInput``."""
    found: dict[str, str] = {}
    for said in names:
        name = " ".join(said.split())
        if not name or not name.isprintable() or len(name.encode()) > LONGEST_SERVICE:
            message = (
                f"{said[:100]!r} cannot be the name of a service: at most {LONGEST_SERVICE} bytes that can be read"
            )
            raise InvalidInput(message)
        found.setdefault(name.casefold(), name)
    if len(found) > MOST_SERVICES:
        message = f"{len(found)} services are too many for one team: at most {MOST_SERVICES}"
        raise InvalidInput(message)
    return tuple(found[folded] for folded in sorted(found))
