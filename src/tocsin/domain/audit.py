"""The audit log: who did what that concerns access, in a chain in which a gap or a change shows.

Each entry has the number after the one before it, and carries that one's digest; the head, a record of its own, has
the last of them. Whoever changes, drops or slips in an entry must write every later one anew, and the head, and still
disagrees with a digest that somebody noted elsewhere.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from pydantic import ConfigDict, JsonValue

from tocsin.errors import InvalidInput

from .frozen import Frozen, Utc
from .lengths import cut

BEGINNING = "0" * 64
"""What the first entry has in place of the digest of the one before."""

LONGEST = 1_024
"""Bytes of an actor's name, and of a target: part of them may be anything that a request says."""

UNREADABLE = "unreadable"
"""The action of what stands in the place of an entry and is none."""

APART = timedelta(hours=1)
"""What the clocks of those who write may differ by: so far beyond a moment the log is searched for what came before."""


_NOTED = re.compile(r"([0-9]{1,12}):([0-9a-f]{64})")


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
    SCHEDULE_ADDED = "schedule_added"
    SCHEDULE_CHANGED = "schedule_changed"
    SCHEDULE_REMOVED = "schedule_removed"
    FEED_MADE = "feed_made"
    FEED_REVOKED = "feed_revoked"
    CONTACT_ADDED = "contact_added"
    CONTACT_CHANGED = "contact_changed"
    CONTACT_VERIFIED = "contact_verified"
    CONTACT_REMOVED = "contact_removed"
    NOTIFICATION_RULES_CHANGED = "notification_rules_changed"
    POLICY_ADDED = "policy_added"
    POLICY_CHANGED = "policy_changed"
    POLICY_REMOVED = "policy_removed"
    PAGED = "paged"
    SLACK_LINKED = "slack_linked"
    SLACK_UNLINKED = "slack_unlinked"
    SILENCE_ADDED = "silence_added"
    SILENCE_CHANGED = "silence_changed"
    SILENCE_ENDED = "silence_ended"
    HEARTBEAT_ADDED = "heartbeat_added"
    HEARTBEAT_CHANGED = "heartbeat_changed"
    HEARTBEAT_REMOVED = "heartbeat_removed"
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

    # What a newer program adds is kept: the digest is of all that an entry says.
    model_config = ConfigDict(extra="allow")

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

    @classmethod
    def unreadable(cls, number: int) -> "AuditEntry":
        """Return what is shown where this entry should be, and something else is. It fits no chain."""
        return cls(number=number, at=datetime(1970, 1, 1, tzinfo=UTC), action=UNREADABLE, actor="", previous="")

    def document(self) -> dict[str, JsonValue]:
        """Return it as it is kept: without what is empty, so that a field can be added to later ones."""
        said: dict[str, JsonValue] = self.model_dump(mode="json", exclude_defaults=True)
        return said

    def line(self) -> str:
        """Return it as it is exported: JSON on one line, of which the digest is made once its own is taken out."""
        return _line(self.document())

    def sealed(self) -> "AuditEntry":
        """Return the entry with the digest that it must have."""
        return self.model_copy(update={"digest": self.worked_out()})

    def worked_out(self) -> str:
        """Return the digest of all that it says."""
        said = {name: value for name, value in self.document().items() if name != "digest"}
        return hashlib.sha256(_line(said).encode()).hexdigest()


class AuditFilter(Frozen):
    """Which entries are looked for; letter case does not count. ``since`` is within, ``until`` is not."""

    actor: str = ""
    action: str = ""
    target: str = ""
    since: Utc | None = None
    until: Utc | None = None

    def matches(self, entry: AuditEntry) -> bool:
        """Say whether an entry is looked for."""
        pairs = ((self.actor, entry.actor), (self.action, entry.action), (self.target, entry.target))
        return (
            all(not wanted or wanted.casefold() == said.casefold() for wanted, said in pairs)
            and (self.since is None or entry.at >= self.since)
            and (self.until is None or entry.at < self.until)
        )

    def is_past(self, entry: AuditEntry) -> bool:
        """Say whether no entry before this one can be looked for."""
        return self.since is not None and entry.action != UNREADABLE and entry.at < self.since - APART


class Head(Frozen):
    """The last entry, by number and digest. Number 0: there is none."""

    number: int = 0
    digest: str = BEGINNING

    def __str__(self) -> str:
        return f"{self.number}:{self.digest}"

    @classmethod
    def read(cls, text: str) -> "Head":
        """Return the entry that ``NUMBER:DIGEST`` names. Raises ``InvalidInput`` if it names none."""
        said = _NOTED.fullmatch(text.strip())
        if said is None:
            message = f"{text[:100]!r} is no entry of the audit log: NUMBER:DIGEST"
            raise InvalidInput(message, hint="as `audit verify` says it")
        return cls(number=int(said[1]), digest=said[2])

    def next(self, deed: Deed, at: Utc) -> AuditEntry:
        """Return the entry that follows."""
        return AuditEntry(
            number=self.number + 1,
            at=at,
            action=deed.action.value,
            actor=cut(deed.actor.name, LONGEST),
            target=cut(deed.target, LONGEST),
            details=dict(deed.details),
            address=deed.actor.address,
            request_id=deed.actor.request_id,
            previous=self.digest,
        ).sealed()


class Break(NamedTuple):
    """Where the chain does not hold, and how."""

    number: int
    why: str


class Verified(NamedTuple):
    """How far the chain was followed. ``last`` is the last entry that holds; ``broken`` where it does not hold.

    ``whole``: it was followed to its end, or to where it breaks.
    """

    last: Head
    broken: Break | None
    whole: bool = True


def follow(entries: Iterable[AuditEntry], last: Head, *noted: Head) -> Verified:
    """Follow the chain on from ``last`` through all of ``entries``, the next ones by number.

    Those whose numbers are ``noted`` must have the digests that were noted.
    """
    for entry in entries:
        if (why := _broken(entry, last, noted)) is not None:
            return Verified(last, why)
        last = Head(number=entry.number, digest=entry.digest)
    return Verified(last, None)


def ended(last: Head, before: Head, now: Head, noted: Head) -> Break | None:
    """Say whether a log may end at ``last``, given its head ``before`` it was read and ``now``, and what was noted."""
    least = max(before.number, noted.number)
    if last.number < least:
        return Break(last.number + 1, f"the log ends at entry {last.number}, and should at {least}")
    if last.number > now.number or (last.number == now.number and last.digest != now.digest):
        return Break(now.number, f"the log ends at entry {last.number}, and its head is another one: {now.number}")
    return None


def _line(said: Mapping[str, JsonValue]) -> str:
    return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def _broken(entry: AuditEntry, last: Head, noted: Iterable[Head]) -> Break | None:
    number = last.number + 1
    if entry.action == UNREADABLE:
        return Break(number, f"entry {number} cannot be read")
    if entry.number > number:
        return Break(number, f"entry {number} is missing")
    if entry.number < number:
        return Break(number, f"entry {entry.number} is there once more, in the place of entry {number}")
    if entry.previous != last.digest:
        return Break(number, f"entry {number} does not follow on entry {last.number} as it is now")
    if entry.digest != entry.worked_out():
        return Break(number, f"entry {number} was changed")
    if any(one.number == number and one.digest != entry.digest for one in noted):
        return Break(number, f"entry {number} is another one than was noted")
    return None
