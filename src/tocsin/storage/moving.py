"""What a store can say beyond its promises, so that all of it can be moved to another.

Incidents, their timelines and alerts are reached through :class:`~tocsin.storage.store.Store`. Claims and records are
asked for by key or by kind; the keys of claims that nothing points at any more (the claim of a forgotten incident, say),
and of records of a kind that nobody knows, only the store itself can tell.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Protocol, runtime_checkable

from tocsin.domain.alert import Alert
from tocsin.domain.change import Record

from .store import FIRST_NUMBER, Store

RecordKey = tuple[str, str]
"""Kind and id."""

_LAST_MOMENT = datetime.max.replace(tzinfo=UTC)
_ALL = 1_000_000
_AT_ONCE = 500


@runtime_checkable
class Inventory(Protocol):
    """A store that can list its keys cheaply. A DynamoDB table cannot: that would be a scan."""

    def claim_keys(self) -> Sequence[str]:
        """Return the correlation keys of all claims."""

    def record_keys(self) -> Sequence[RecordKey]:
        """Return kind and id of all records."""


@runtime_checkable
class Numbered(Protocol):
    """A store that says how far its numbers are drawn, those of forgotten incidents included."""

    def upcoming_number(self) -> int:
        """Return the first number that nobody has drawn yet."""


@runtime_checkable
class Archive(Protocol):
    """A store in which the ended episodes of an incident stand by themselves, and what fires does not."""

    def archived_of(self, incident_id: str) -> Sequence[Alert]:
        """Return the ended episodes of the incident, by key and episode."""


def ended_alerts(store: Store, incident_id: str) -> Sequence[Alert]:
    """Return the ended episodes of an incident.

    A move asks for them incident by incident: what fires is read once for all, and may be more than all the rest.
    """
    if isinstance(store, Archive):
        return store.archived_of(incident_id)
    return [alert for alert in store.alerts_of(incident_id) if not alert.firing]


def upcoming_number(store: Store, used: Iterable[int]) -> int:
    """Return the first number that nobody has drawn yet: as the store says, or else the first beyond ``used``."""
    if isinstance(store, Numbered):
        return store.upcoming_number()
    return max(used, default=FIRST_NUMBER - 1) + 1


def claim_keys(store: Store, known: Iterable[str]) -> list[str]:
    """Return the correlation keys of all claims: those that the store lists, or else ``known``, of what it holds."""
    return sorted(store.claim_keys() if isinstance(store, Inventory) else {key for key in known if key})


def record_keys(store: Store, kinds: Iterable[str]) -> list[RecordKey]:
    """Return the keys of all records: those that the store lists, or else those of ``kinds``, and what is due."""
    if isinstance(store, Inventory):
        return sorted(store.record_keys())
    listed = {(kind, one.id) for kind in kinds for one in _records(store, kind)}
    return sorted({*listed, *((one.kind, one.id) for one in store.due(_LAST_MOMENT, limit=_ALL))})


def _records(store: Store, kind: str) -> Iterator[Record]:
    after = ""
    while some := store.records(kind, after=after, limit=_AT_ONCE):
        yield from some
        after = some[-1].id
