"""Stores in front of another one: what is read comes from behind, once; what is written stays in front."""

from collections.abc import Iterable, Mapping, Sequence

from tocsin.domain.alert import Alert
from tocsin.domain.change import Change, Claim, Record, RecordWrite
from tocsin.domain.frozen import Utc
from tocsin.domain.incident import Incident
from tocsin.domain.search import IncidentFilter
from tocsin.domain.source import Source
from tocsin.domain.timeline import Event
from tocsin.errors import Conflict, StoreError
from tocsin.storage.store import Page, Store, Touch, Touched


class ReadOnly:
    """Everything of the store behind, but that nothing is written: that raises ``StoreError``."""

    def __init__(self, behind: Store) -> None:
        self._behind = behind

    def commit(self, change: Change) -> None:
        """Write nothing."""
        raise _refused(change.id)

    def commit_many(self, changes: Sequence[Change]) -> Sequence[Conflict | None]:
        """Write nothing."""
        raise _refused(*(one.id for one in changes))

    def touch(self, touches: Sequence[Touch]) -> Sequence[Touched]:
        """Write nothing."""
        raise _refused(*(one.key for one in touches))

    def draw_numbers(self, count: int) -> range:
        """Draw nothing."""
        raise _refused(f"{count} numbers")

    def remove(self, incident: Incident) -> None:
        """Remove nothing."""
        raise _refused(incident.id)

    def incident(self, incident_id: str) -> Incident | None:
        """Return what is behind."""
        return self._behind.incident(incident_id)

    def incidents(self, incident_ids: Iterable[str]) -> Mapping[str, Incident]:
        """Return what is behind."""
        return self._behind.incidents(incident_ids)

    def find(self, wanted: IncidentFilter, *, limit: int = 50, cursor: str = "") -> Page:
        """Return what is behind."""
        return self._behind.find(wanted, limit=limit, cursor=cursor)

    def timeline(self, incident_id: str) -> Sequence[Event]:
        """Return what is behind."""
        return self._behind.timeline(incident_id)

    def alerts(self, source: Source) -> Sequence[Alert]:
        """Return what is behind."""
        return self._behind.alerts(source)

    def alerts_named(self, source: Source, keys: Iterable[str]) -> Mapping[str, Alert]:
        """Return what is behind."""
        return self._behind.alerts_named(source, keys)

    def alerts_from(self, source: Source, origin: str) -> Sequence[Alert]:
        """Return what is behind."""
        return self._behind.alerts_from(source, origin)

    def alerts_page(self, source: Source, *, after: str = "", limit: int) -> Sequence[Alert]:
        """Return what is behind."""
        return self._behind.alerts_page(source, after=after, limit=limit)

    def alerts_of(self, incident_id: str) -> Sequence[Alert]:
        """Return what is behind."""
        return self._behind.alerts_of(incident_id)

    def claims(self, keys: Iterable[str]) -> Mapping[str, Claim]:
        """Return what is behind."""
        return self._behind.claims(keys)

    def record(self, kind: str, record_id: str) -> Record | None:
        """Return what is behind."""
        return self._behind.record(kind, record_id)

    def records(self, kind: str, *, after: str = "", limit: int) -> Sequence[Record]:
        """Return what is behind."""
        return self._behind.records(kind, after=after, limit=limit)

    def due(self, now: Utc, *, limit: int = 100) -> Sequence[Record]:
        """Return what is behind."""
        return self._behind.due(now, limit=limit)

    def close(self) -> None:
        """Leave the store behind to whoever opened it."""


class Remembered(ReadOnly):
    """Reads each record once: a report that asks the same again and again sees one state, and costs few reads."""

    def __init__(self, behind: Store) -> None:
        super().__init__(behind)
        self._one: dict[tuple[str, str], Record | None] = {}
        self._some: dict[tuple[str, str, int], Sequence[Record]] = {}

    def record(self, kind: str, record_id: str) -> Record | None:
        """Return a record as it was when it was first asked for."""
        place = (kind, record_id)
        if place not in self._one:
            self._one[place] = self._behind.record(kind, record_id)
        return self._one[place]

    def records(self, kind: str, *, after: str = "", limit: int) -> Sequence[Record]:
        """Return records as they were when they were first asked for."""
        place = (kind, after, limit)
        if place not in self._some:
            self._some[place] = self._behind.records(kind, after=after, limit=limit)
        return self._some[place]


class Stage(ReadOnly):
    """One incident and its records, to be played with: what is committed is seen here, and nowhere else.

    Of ``kinds`` there is what was given and written here alone; of all others also what is behind.
    """

    def __init__(self, behind: Store, incident: Incident, records: Iterable[Record], *, kinds: frozenset[str]) -> None:
        super().__init__(behind)
        self._incident = incident
        self._kinds = kinds
        self._records: dict[tuple[str, str], Record | None] = {(one.kind, one.id): one for one in records}
        self.events: list[Event] = []

    def commit(self, change: Change) -> None:
        """Write a change here. Raises ``Conflict`` if something of it was read at another version."""
        for one in change.incidents:
            if one.expected != self._incident.version:
                raise Conflict(f"{one.incident.id} is not at version {one.expected}")
        for write in change.records:
            known = self.record(write.kind, write.id)
            if write.expected is not None and write.expected != (0 if known is None else known.version):
                raise Conflict(f"{write.kind} {write.id} is not at version {write.expected}")
        for one in change.incidents:
            self._incident = one.incident
        self.events += change.events
        self.write(*change.records)

    def write(self, *writes: RecordWrite) -> None:
        """Put records here, whatever was there."""
        self._records |= {(one.kind, one.id): one.record for one in writes}

    def incident(self, incident_id: str) -> Incident | None:
        """Return the one there is."""
        return self._incident if incident_id == self._incident.id else None

    def incidents(self, incident_ids: Iterable[str]) -> Mapping[str, Incident]:
        """Return the one there is, if it is asked for."""
        return {one: self._incident for one in incident_ids if one == self._incident.id}

    def record(self, kind: str, record_id: str) -> Record | None:
        """Return a record from here, or from behind."""
        if (kind, record_id) in self._records or kind in self._kinds:
            return self._records.get((kind, record_id))
        return self._behind.record(kind, record_id)

    def records(self, kind: str, *, after: str = "", limit: int) -> Sequence[Record]:
        """Return records of a kind that is here alone, or those from behind."""
        if kind not in self._kinds:
            return self._behind.records(kind, after=after, limit=limit)
        mine = (one for (of, name), one in self._records.items() if one is not None and of == kind and name > after)
        return sorted(mine, key=lambda one: one.id)[:limit]

    def due(self, now: Utc, *, limit: int = 100) -> Sequence[Record]:
        """Return what is due here, the longest due first."""
        mine = (one for one in self._records.values() if one is not None)
        due = [(one.due_at, one.id, one) for one in mine if one.due_at is not None and one.due_at <= now]
        return [one for _, _, one in sorted(due, key=lambda each: each[:2])][:limit]


def _refused(*what: str) -> StoreError:
    return StoreError(f"nothing is written here: {', '.join(what)[:200]}")
