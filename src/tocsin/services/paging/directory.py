"""Whom a page is for, and how they are reached: what paging asks, and others look up."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from tocsin.domain.contact import Address, ChannelKind, Contact
from tocsin.domain.frozen import Utc
from tocsin.domain.incident import Incident
from tocsin.domain.notification_rules import Way
from tocsin.domain.page import PageReason
from tocsin.domain.policy import Policy
from tocsin.domain.severity import Severity


class Missing(NamedTuple):
    """Somebody, or something, that a target names and that cannot be paged."""

    reason: PageReason
    what: str


class Found(NamedTuple):
    """Whom a target names now: ids of users, rooms, and what is missing. ``why`` says how they came to be named."""

    people: tuple[str, ...] = ()
    rooms: tuple[Contact, ...] = ()
    missing: tuple[Missing, ...] = ()
    why: str = ""


class Directory(Protocol):
    """Looks up, each time it is asked: what is true when a page is sent counts."""

    def is_empty(self) -> bool:
        """Say whether there is nobody at all: then nobody is missed either."""

    def policies(self) -> Sequence[Policy]:
        """Return every escalation policy."""

    def team_of(self, incident: Incident) -> str:
        """Return the name of the team that an incident belongs to, by itself or by its service; empty if none."""

    def silence_of(self, incident: Incident, at: Utc) -> str:
        """Return the id of a silence that hides an incident; empty if none does."""

    def found(self, target: str, incident: Incident | None, at: Utc) -> Found:
        """Return whom a policy's target names now."""

    def ways(self, user: str, severity: Severity, channels: Sequence[ChannelKind] = ()) -> Sequence[Way]:
        """Return how somebody wants to be reached; over ``channels`` only, if they have one of them. Empty: no way."""

    def ways_said(self, user: str, severity: Severity, channels: Sequence[ChannelKind] = ()) -> str:
        """Say why :meth:`ways` returns these ways."""

    def acknowledges(self, user: str) -> bool:
        """Say whether somebody may acknowledge an incident."""

    def contact(self, user: str, contact: str) -> Contact | None:
        """Return one way of somebody, or a room (``user`` is empty); None if pages cannot go there."""

    def address(self, contact: Contact) -> Address:
        """Return the words of an address, opened. Raises :class:`~tocsin.errors.Refused` if they cannot be."""

    def quiet_until(self, user: str, severity: Severity, at: Utc) -> Utc | None:
        """Return the end of somebody's quiet hours, if they are now and hold this severity."""

    def name(self, user: str) -> str:
        """Return the name of a person for timelines."""

    def called(self, target: str) -> str:
        """Return a policy's target by the name of whom it means."""
