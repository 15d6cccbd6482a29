"""What an external issuer tells of a person, once its word was proved, and what that means here."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum

from pydantic import JsonValue

from tocsin.errors import InvalidInput

from .access import UserRole
from .frozen import Frozen
from .user import LONGEST_EMAIL, checked_email

Claims = Mapping[str, JsonValue]
"""What a token says."""

MOST_ROLES_TOLD = 20
LONGEST_ROLE_TOLD = 100
"""Characters, of a value that goes into the audit log."""


class Refusal(StrEnum):
    """Why somebody whom the issuer knows is not let in."""

    NO_ROLE = "no_role"
    NO_EMAIL = "no_email"
    EMAIL_NOT_VERIFIED = "email_not_verified"
    EMAIL_TAKEN = "email_taken"
    OTHER_SUBJECT = "other_subject"
    INACTIVE = "inactive"


class Told(Frozen):
    """A person in the issuer's words. ``subject`` is ``issuer|subject``; ``email`` is empty if it cannot be used."""

    subject: str
    email: str = ""
    verified: bool = False
    full_name: str = ""
    role: UserRole | None = None
    values: tuple[str, ...] = ()
    """What the role claim holds, cut: for whoever has to find out why somebody was refused."""

    @property
    def name(self) -> str:
        """As the audit log names them: by address only where that is theirs."""
        return self.email if self.email and self.verified else self.subject


class Meaning(Frozen):
    """Where the role of a person stands among the claims, and what its values mean here."""

    claim: str
    roles: dict[str, UserRole]

    def read(self, claims: Claims) -> Told:
        """Return what proved claims say. ``iss`` and ``sub`` are there."""
        values = tuple(_values(_at(claims, self.claim)))
        known = [self.roles[value] for value in values if value in self.roles]
        return Told(
            subject=f"{claims['iss']}|{claims['sub']}",
            email=_email(claims),
            verified=_verified(claims),
            full_name=_text(claims, "name"),
            role=max(known, key=list(UserRole).index, default=None),
            values=tuple(value[:LONGEST_ROLE_TOLD] for value in values[:MOST_ROLES_TOLD]),
        )


def issued_at(claims: Claims) -> datetime:
    """Return when a proved token was made."""
    found = claims["iat"]
    return datetime.fromtimestamp(found if isinstance(found, int | float) else 0, UTC)


def _at(claims: JsonValue | Claims, path: str) -> JsonValue:
    """Return what stands at a path with dots; a name that has dots itself is found too."""
    if not isinstance(claims, Mapping):
        return None
    if path in claims:
        return claims[path]
    for place in (place for place, char in enumerate(path) if char == "."):
        found = _at(claims.get(path[:place]), path[place + 1 :])
        if found is not None:
            return found
    return None


def _values(found: JsonValue) -> Iterator[str]:
    for one in found if isinstance(found, list) else [found]:
        if isinstance(one, str):
            yield _storable(one)


def _email(claims: Claims) -> str:
    try:
        return checked_email(_text(claims, "email")[: LONGEST_EMAIL + 1])
    except InvalidInput:
        return ""


def _verified(claims: Claims) -> bool:
    """Say whether the issuer vouches for the address.

    Entra ID never says ``email_verified``; its ``xms_edov`` tells that the owner of the domain answers for the address.
    An issuer that says the one is not asked for the other.
    """
    name = "email_verified" if "email_verified" in claims else "xms_edov"
    # Some issuers write it as text, or as a number.
    return str(claims.get(name)).lower() in {"true", "1"}


def _text(claims: Claims, name: str) -> str:
    found = claims.get(name)
    return _storable(found).strip() if isinstance(found, str) else ""


def _storable(text: str) -> str:
    """Return a text without the halves of characters that JSON can say and no store can keep."""
    return text.encode("utf-8", "replace").decode()
