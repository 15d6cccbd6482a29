"""The audit log: who did what that concerns access, in a chain in which a gap or a change shows.

Each entry has the number after the one before it, and carries that one's digest; the head, a record of its own, has
the last of them. Whoever changes, drops or slips in an entry must write every later one anew, and the head, and still
disagrees with a digest that somebody noted elsewhere.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

from pydantic import JsonValue

from .frozen import Frozen, Utc

BEGINNING = "0" * 64
"""What the first entry has in place of the digest of the one before."""


class AuditAction(StrEnum):
    """What is put on record."""

    SIGNED_IN = "signed_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    SIGNED_OUT = "signed_out"
    SESSION_REVOKED = "session_revoked"
    TOKEN_REUSED = "token_reused"  # noqa: S105 - the name of an action
    ACCESS_REFUSED = "access_refused"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the name of an action
    RECOVERY_ASKED = "recovery_asked"
    USER_SIGNED_UP = "user_signed_up"
    USER_VERIFIED = "user_verified"
    USER_ADDED = "user_added"
    USER_CHANGED = "user_changed"
    USER_DEACTIVATED = "user_deactivated"
    USER_ACTIVATED = "user_activated"
    TEAM_ADDED = "team_added"
    TEAM_CHANGED = "team_changed"
    TEAM_REMOVED = "team_removed"
    KEY_MADE = "key_made"
    KEY_REVOKED = "key_revoked"
    SIGNING_KEY_ROTATED = "signing_key_rotated"
    INCIDENT_DELETED = "incident_deleted"
    INCIDENTS_PRUNED = "incidents_pruned"


class Actor(NamedTuple):
    """Who does something, as the timeline names them, and where the request came from (empty: no request)."""

    name: str
    address: str = ""
    request_id: str = ""


class Deed(NamedTuple):
    """What is to be put on record. ``target`` is what it was done to, ``details`` what else helps; never a secret."""

    action: AuditAction
    actor: Actor
    target: str = ""
    details: Mapping[str, JsonValue] = {}


class AuditEntry(Frozen):
    """One entry. ``at`` is our clock; ``previous`` and ``digest`` are SHA-256 in hexadecimal digits."""

    number: int
    at: Utc
    action: str
    """One of :class:`AuditAction`, or what a newer program calls it: a log is never unreadable."""
    actor: str
    target: str = ""
    details: dict[str, JsonValue] = {}
    address: str = ""
    request_id: str = ""
    previous: str
    digest: str = ""

    def sealed(self) -> "AuditEntry":
        """Return the entry with the digest that it must have."""
        return self.model_copy(update={"digest": self.worked_out()})

    def worked_out(self) -> str:
        """Return the digest of all that it says."""
        said = self.model_dump(mode="json", exclude={"digest"})
        text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()


class Head(Frozen):
    """The last entry, by number and digest. Number 0: there is none."""

    number: int = 0
    digest: str = BEGINNING

    def next(self, deed: Deed, at: Utc) -> AuditEntry:
        """Return the entry that follows."""
        return AuditEntry(
            number=self.number + 1,
            at=at,
            action=deed.action.value,
            actor=deed.actor.name,
            target=deed.target,
            details=dict(deed.details),
            address=deed.actor.address,
            request_id=deed.actor.request_id,
            previous=self.digest,
        ).sealed()


class Break(NamedTuple):
    """Where the chain does not hold, and how."""

    number: int
    why: str


def broken(entries: Iterable[AuditEntry], head: Head) -> Break | None:
    """Return the first place where the chain does not hold, or None. ``entries`` are all there are, by number."""
    last = Head()
    for entry in entries:
        if entry.number > head.number:
            break  # written since the head was read
        expected = last.number + 1
        if entry.number != expected:
            return Break(expected, f"entry {expected} is missing")
        if entry.previous != last.digest:
            return Break(entry.number, f"entry {entry.number} does not follow on entry {last.number} as it is now")
        if entry.digest != entry.worked_out():
            return Break(entry.number, f"entry {entry.number} was changed")
        last = Head(number=entry.number, digest=entry.digest)
    if last.number < head.number:
        return Break(last.number + 1, f"the log ends at entry {last.number}, and should at {head.number}")
    if last.digest != head.digest:
        return Break(head.number, f"entry {head.number} is not the one that was written last")
    return None
