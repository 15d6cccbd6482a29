"""Stand-ins for what stands outside: here, a store that forgets everything when the process ends."""

from collections.abc import Iterable, Mapping, Sequence
from threading import RLock

from tocsin.domain.alert import Alert, Source
from tocsin.domain.change import Change, Claim, Record
from tocsin.domain.frozen import Utc
from tocsin.domain.incident import Incident
from tocsin.domain.search import IncidentFilter
from tocsin.domain.timeline import Event
from tocsin.errors import Conflict, InvalidInput
from tocsin.storage.store import FIRST_NUMBER, MOST_EXAMINED, Page, Touch, Touched


class MemoryStore:
    """Keeps the promises of a store in the plainest way there is: dictionaries and one lock."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._incidents: dict[str, Incident] = {}
        self._events: dict[str, list[Event]] = {}
        self._alerts: dict[tuple[Source, str], Alert] = {}
        self._archived: dict[str, dict[tuple[str, int], Alert]] = {}
        self._claims: dict[str, Claim] = {}
        self._records: dict[tuple[str, str], Record] = {}
        self._done: set[str] = set()
        self._next = FIRST_NUMBER

    def commit(self, change: Change) -> None:
        with self._lock:
            conflict = self._attempt(change)
        if conflict is not None:
            raise conflict

    def commit_many(self, changes: Sequence[Change]) -> Sequence[Conflict | None]:
        outcomes: list[Conflict | None] = []
        held_up: set[str] = set()
        with self._lock:
            for change in changes:
                mine = {write.incident.id for write in change.incidents}
                if mine & held_up and change.id not in self._done:
                    outcome: Conflict | None = Conflict(f"{mine & held_up}: an earlier change was not written")
                else:
                    outcome = self._attempt(change)
                if outcome is not None:
                    held_up |= mine
                outcomes.append(outcome)
        return outcomes

    def touch(self, touches: Sequence[Touch]) -> Sequence[Touched]:
        touched: list[Touched] = []
        with self._lock:
            for touch in touches:
                row = self._alerts.get((touch.source, touch.key))
                done = row is not None and row.firing and row.signature == touch.signature != ""
                done = done and row.observed_at <= touch.observed_at
                if done:
                    seen = {"version": row.version + 1, "count": row.count + 1}
                    seen |= {"last_seen_at": touch.at, "observed_at": touch.observed_at}
                    row = self._alerts[touch.source, touch.key] = row.model_copy(update=seen)
                touched.append(Touched(done, row))
        return touched

    def draw_numbers(self, count: int) -> range:
        if count < 1:
            raise InvalidInput("at least one")
        with self._lock:
            first, self._next = self._next, self._next + count
        return range(first, first + count)

    def incident(self, incident_id: str) -> Incident | None:
        return self._incidents.get(incident_id)

    def incidents(self, incident_ids: Iterable[str]) -> Mapping[str, Incident]:
        return {one: self._incidents[one] for one in incident_ids if one in self._incidents}

    def find(self, wanted: IncidentFilter, *, limit: int = 50, cursor: str = "") -> Page:
        if limit < 1:
            raise InvalidInput("at least one")
        with self._lock:
            rows = sorted(self._incidents.values(), key=_place, reverse=True)
        if wanted.active_only:
            rows = [row for row in rows if row.active]
        if cursor:
            try:
                opened_at, number, incident_id = cursor.split("|")
                place = (opened_at, int(number), incident_id)
            except ValueError:
                raise InvalidInput("this is no cursor of a list") from None
            rows = [row for row in rows if _place(row) < place]
        found: list[Incident] = []
        for examined, row in enumerate(rows):
            if examined and (len(found) == limit or examined == MOST_EXAMINED):
                return Page(found, "|".join(map(str, _place(rows[examined - 1]))))
            if wanted.matches(row):
                found.append(row)
        return Page(found)

    def timeline(self, incident_id: str) -> Sequence[Event]:
        return sorted(self._events.get(incident_id, []), key=lambda event: (event.version, event.ordinal))

    def alerts(self, source: Source) -> Sequence[Alert]:
        with self._lock:
            return [alert for (of, _), alert in self._alerts.items() if of is source]

    def alerts_named(self, source: Source, keys: Iterable[str]) -> Mapping[str, Alert]:
        with self._lock:
            return {key: self._alerts[source, key] for key in keys if (source, key) in self._alerts}

    def alerts_from(self, source: Source, origin: str) -> Sequence[Alert]:
        return [alert for alert in self.alerts(source) if alert.key.startswith(f"{origin}:")]

    def alerts_page(self, source: Source, *, after: str = "", limit: int) -> Sequence[Alert]:
        if limit < 1:
            raise InvalidInput("at least one")
        beyond = [alert for alert in self.alerts(source) if alert.key > after]
        return sorted(beyond, key=lambda alert: alert.key)[:limit]

    def alerts_of(self, incident_id: str) -> Sequence[Alert]:
        with self._lock:
            current = [alert for alert in self._alerts.values() if alert.incident_id == incident_id]
            episodes = {(alert.key, alert.episode): alert for alert in current} | self._archived.get(incident_id, {})
        return [episodes[place] for place in sorted(episodes)]

    def claims(self, keys: Iterable[str]) -> Mapping[str, Claim]:
        return {key: self._claims[key] for key in keys if key in self._claims}

    def record(self, kind: str, record_id: str) -> Record | None:
        return self._records.get((kind, record_id))

    def records(self, kind: str, *, after: str = "", limit: int) -> Sequence[Record]:
        if limit < 1:
            raise InvalidInput("at least one")
        with self._lock:
            found = [record for (of, name), record in self._records.items() if of == kind and name > after]
        return sorted(found, key=lambda record: record.id)[:limit]

    def due(self, now: Utc, *, limit: int = 100) -> Sequence[Record]:
        with self._lock:
            come = [record for record in self._records.values() if record.due_at is not None and record.due_at <= now]
        return sorted(come, key=lambda record: (record.due_at, record.kind, record.id))[:limit]

    def remove(self, incident: Incident) -> None:
        with self._lock:
            known = self._incidents.get(incident.id)
            if known is None or known.version != incident.version:
                raise Conflict(f"{incident.id} is not there in this version")
            del self._incidents[incident.id]
            self._events.pop(incident.id, None)
            self._archived.pop(incident.id, None)

    def close(self) -> None:
        pass

    def _attempt(self, change: Change) -> Conflict | None:
        if change.id not in self._done:
            if said := self._conflict(change):
                return Conflict(said)
            self._apply(change)
        return None

    def _conflict(self, change: Change) -> str:
        for write in change.incidents:
            if _version(self._incidents.get(write.incident.id)) != write.expected:
                return f"{write.incident.id} is not at version {write.expected}"
        for write in change.alerts:
            if _version(self._alerts.get((write.alert.source, write.alert.key))) != write.expected:
                return f"alert {write.alert.key} is not at version {write.expected}"
        for write in change.claims:
            held = self._claims.get(write.claim.key)
            if (held.incident_id if held else "") != write.held_by:
                return f"the claim on {write.claim.key} is not held by {write.held_by or 'nobody'}"
        for write in change.records:
            known = self._records.get((write.kind, write.id))
            if write.expected is not None and _version(known) != (write.expected or None):
                return f"{write.kind} {write.id} is not at version {write.expected}"
        return ""

    def _apply(self, change: Change) -> None:
        self._done.add(change.id)
        for write in change.incidents:
            self._incidents[write.incident.id] = write.incident
        for event in change.events:
            self._events.setdefault(event.incident_id, []).append(event)
        for write in change.alerts:
            self._alerts[write.alert.source, write.alert.key] = write.alert
            if write.archive is not None:
                place = (write.archive.key, write.archive.episode)
                self._archived.setdefault(write.archive.incident_id, {})[place] = write.archive
        for write in change.claims:
            self._claims[write.claim.key] = write.claim
        for write in change.records:
            if write.record is None:
                self._records.pop((write.kind, write.id), None)
            else:
                self._records[write.kind, write.id] = write.record


def _version(row: Incident | Alert | Record | None) -> int | None:
    return None if row is None else row.version


def _place(incident: Incident) -> tuple[str, int, str]:
    digits = incident.id.rpartition("-")[2]
    return incident.opened_at.isoformat(), int(digits) if digits.isdecimal() else 0, incident.id
