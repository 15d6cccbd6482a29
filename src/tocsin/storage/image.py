"""What the lines of the file add up to, in memory.

Documents are kept as JSON text: 100,000 incidents with their timelines then take little more room than the file,
give the garbage collector nothing to walk through, and go back to the file as they are. Beside the text stands
only what conditions, order and lists need.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby, islice, takewhile
from operator import itemgetter
from typing import NamedTuple, cast

import orjson

from .dossier import ENVELOPE, Dossier, as_text
from .line import AlertDocument, ClaimDocument, IncidentDocument, Line, RecordDocument
from .ordered import Due, Expiring, Names, Ordered
from .paging import Place
from .store import FIRST_NUMBER

ROW = 64
"""Bytes. The most that the line of an alert, claim or record holds beside its document."""

ROWS_IN_A_LINE = 16
"""Alerts, claims or records that share a line in a file written anew: quicker to load, and little to lose at once."""

MOST_RECENT = 1_000
"""How many changes without an incident are recognised when they are committed again."""

# What a document without the field has, as in the models: reading a file is no reason to import those.
ALERT_VERSION = 0
ALERT_COUNT = 1
RECORD_VERSION = 1


class AlertRow(NamedTuple):
    """One alert row, and of what it says, what the store looks at."""

    raw: bytes
    version: int
    incident_id: str
    expires_at: datetime | None


class ClaimRow(NamedTuple):
    """One claim."""

    raw: bytes
    incident_id: str


class RecordRow(NamedTuple):
    """One record."""

    raw: bytes
    version: int
    due: Due | None
    expires_at: datetime | None


class Image:
    """Applies lines and answers reads. ``live`` is how many bytes a rewritten file would hold, at most."""

    def __init__(self) -> None:
        self.live = 0
        self.next_number = FIRST_NUMBER
        self.latest = datetime.min.replace(tzinfo=UTC)
        self.places: Ordered[Place] = Ordered()
        self.active: Ordered[Place] = Ordered()
        self.due: Ordered[Due] = Ordered()
        self.expiring: Ordered[Expiring] = Ordered()
        self.dossiers: dict[str, Dossier] = {}
        self.alerts: dict[str, dict[str, AlertRow]] = {}
        self.alerts_of: dict[str, set[tuple[str, str]]] = {}
        self.claims: dict[str, ClaimRow] = {}
        self.records: dict[tuple[str, str], RecordRow] = {}
        self.recent: dict[str, None] = {}
        self._alert_names = Names()
        self._record_names = Names()

    def apply(self, line: Line) -> None:
        """Take in one line. Raises ``KeyError``, ``TypeError`` or ``ValueError`` if it is none that we write."""
        for incident in line.get("incidents", ()):
            self._put_incident(incident)
        for incident_id, events in groupby(line.get("events", ()), itemgetter("incident_id")):
            self._extend(self._dossier(incident_id).events, list(events))
        for alert in line.get("alerts", ()):
            self._put_alert(alert)
        for source, key, at, observed_at in line.get("touched", ()):
            self._touch(source, key, at, observed_at)
        for incident_id, episodes in groupby(line.get("archived", ()), itemgetter("incident_id")):
            self._extend(self._dossier(incident_id).archived, list(episodes))
        for claim in line.get("claims", ()):
            self._put_claim(claim)
        for record in line.get("records", ()):
            self._put_record(record)
        for kind, record_id in line.get("gone", ()):
            self._drop_record((kind, record_id))
        if "removed" in line:
            self._remove(line["removed"])
        self._keep_books(line)

    def file(self, dossier: Dossier) -> None:
        """Take in the dossier of an incident that is not there yet. Raises ``ValueError`` if it is."""
        if dossier.place is None or dossier.place[2] in self.dossiers:
            message = "this is no first dossier of an incident"
            raise ValueError(message)
        self.dossiers[dossier.place[2]] = dossier
        self.live += dossier.size
        self._list(dossier.place, active=dossier.active)

    def row(self, incident_id: str) -> bytes:
        """Return the incident's document, or nothing."""
        dossier = self.dossiers.get(incident_id)
        return b"" if dossier is None else dossier.row

    def newest(self, *, active: bool, before: Place | tuple[datetime] | None) -> Iterator[tuple[Place, bytes]]:
        """Yield incidents, newest first, from the first that is older than ``before``."""
        places = self.active if active else self.places
        index = len(places) if before is None else bisect_left(places, before)
        for at in range(index - 1, -1, -1):
            yield places[at], self.dossiers[places[at][2]].row

    def alert_keys(self, source: str, *, after: str = "") -> Iterator[str]:
        """Yield the keys of a source's alerts behind ``after``, in order; only as long as nothing is applied."""
        return self._alert_names.beyond(source, after, lambda: self.alerts.get(source, {}))

    def alert_keys_of(self, source: str, origin: str) -> Iterator[str]:
        """Yield those that begin with ``origin`` and a colon."""
        begins = f"{origin}:"
        first = [begins] if begins in self.alerts.get(source, {}) else []
        yield from first
        yield from takewhile(lambda key: key.startswith(begins), self.alert_keys(source, after=begins))

    def record_ids(self, kind: str, *, after: str = "") -> Iterator[str]:
        """Yield the ids of the records of a kind behind ``after``, in order; only as long as nothing is applied."""
        return self._record_names.beyond(
            kind, after, lambda: (record_id for one, record_id in self.records if one == kind)
        )

    def snapshot(self) -> Iterator[bytes]:
        """Yield the bodies of the lines that say all of this, and nothing that has expired."""
        yield from (self.dossiers[place[2]].body() for place in self.places)
        yield from (dossier.body() for dossier in self.dossiers.values() if dossier.place is None)
        for alerts in self.alerts.values():
            yield from _bodies(b"alerts", (row.raw for row in alerts.values() if not self._over(row.expires_at)))
        yield from _bodies(b"claims", (claim.raw for claim in self.claims.values()))
        yield from _bodies(b"records", (row.raw for row in self.records.values() if not self._over(row.expires_at)))
        yield orjson.dumps({"numbers": self.next_number, "recent": list(self.recent)})

    def forget_expired(self) -> None:
        """Drop what the snapshot left out."""
        for source, alerts in self.alerts.items():
            for key in [key for key, row in alerts.items() if self._over(row.expires_at)]:
                self._drop_alert(source, key)
        for place in [place for place, row in self.records.items() if self._over(row.expires_at)]:
            self._drop_record(place)

    def _keep_books(self, line: Line) -> None:
        if "numbers" in line:
            self.next_number = line["numbers"]
        if "at" in line:
            self.latest = max(self.latest, datetime.fromisoformat(line["at"]))
            self._let_expire()
        # The event of a change is looked for only where its incident says that it comes too late.
        events = line.get("events", ()) if "incidents" in line else ()
        if "change" in line and not any(event.get("change_id") == line["change"] for event in events):
            self._remember(line["change"])
        for change_id in line.get("recent", ()):
            self._remember(change_id)

    def _let_expire(self) -> None:
        over = bisect_right(self.expiring, self.latest, key=itemgetter(0))
        self.live -= sum(size for _, size in self.expiring[:over])
        del self.expiring[:over]

    def _enter(self, raw: bytes, expires_at: datetime | None) -> None:
        self.live += len(raw) + ROW
        if expires_at is not None:
            self.expiring.put((expires_at, len(raw) + ROW))

    def _leave(self, raw: bytes, expires_at: datetime | None) -> None:
        if not self._over(expires_at):
            self.live -= len(raw) + ROW
            if expires_at is not None:
                self.expiring.drop((expires_at, len(raw) + ROW))

    def _over(self, expires_at: datetime | None) -> bool:
        return expires_at is not None and expires_at <= self.latest

    def _dossier(self, incident_id: str) -> Dossier:
        dossier = self.dossiers.get(incident_id)
        if dossier is None:
            dossier = self.dossiers[incident_id] = Dossier()
            self.live += ENVELOPE
        return dossier

    def _put_incident(self, document: IncidentDocument) -> None:
        dossier = self._dossier(document["id"])
        before, length = (dossier.place, dossier.active), len(dossier.row)
        place = dossier.put(document)
        self.live += len(dossier.row) - length
        if before != (place, dossier.active):
            self._unlist(before[0], active=before[1])
            self._list(place, active=dossier.active)

    def _list(self, place: Place, *, active: bool) -> None:
        self.places.put(place)
        if active:
            self.active.put(place)

    def _unlist(self, place: Place | None, *, active: bool) -> None:
        if place is not None:
            self.places.drop(place)
            if active:
                self.active.drop(place)

    def _extend(self, pieces: list[bytes], documents: list[object]) -> None:
        piece = orjson.dumps(documents)[1:-1]
        self.live += len(piece) + 1
        pieces.append(piece)

    def _remove(self, incident_id: str) -> None:
        dossier = self.dossiers.pop(incident_id, None)
        if dossier is not None:
            self._unlist(dossier.place, active=dossier.active)
            self.live -= dossier.size

    def _put_alert(self, document: AlertDocument) -> None:
        source, key, incident_id = document["source"], document["key"], document["incident_id"]
        rows = self.alerts.setdefault(source, {})
        if key in rows:
            self._leave_alert(source, key, rows[key])
        else:
            self._alert_names.put(source, key)
        raw = as_text(document)
        expires_at = _moment(document.get("expires_at"))
        rows[key] = AlertRow(raw, document.get("version", ALERT_VERSION), incident_id, expires_at)
        self.alerts_of.setdefault(incident_id, set()).add((source, key))
        self._enter(raw, expires_at)

    def _touch(self, source: str, key: str, at: str, observed_at: str) -> None:
        # A file that lost the row's own line keeps what was touched after it from being misread, too.
        row = self.alerts.get(source, {}).get(key)
        if row is not None:
            document = cast("AlertDocument", orjson.loads(row.raw))
            document["version"] = row.version + 1
            document["count"] = document.get("count", ALERT_COUNT) + 1
            document["last_seen_at"] = at
            document["observed_at"] = observed_at
            self._put_alert(document)

    def _drop_alert(self, source: str, key: str) -> None:
        self._leave_alert(source, key, self.alerts[source].pop(key))
        self._alert_names.drop(source, key)

    def _leave_alert(self, source: str, key: str, row: AlertRow) -> None:
        self._leave(row.raw, row.expires_at)
        belonging = self.alerts_of[row.incident_id]
        belonging.remove((source, key))
        if not belonging:
            del self.alerts_of[row.incident_id]

    def _put_claim(self, document: ClaimDocument) -> None:
        raw = as_text(document)
        old = self.claims.get(document["key"])
        self.live += len(raw) + ROW if old is None else len(raw) - len(old.raw)
        self.claims[document["key"]] = ClaimRow(raw, document["incident_id"])

    def _put_record(self, document: RecordDocument) -> None:
        kind, record_id = document["kind"], document["id"]
        self._drop_record((kind, record_id))
        self._record_names.put(kind, record_id)
        raw = as_text(document)
        due_at = _moment(document.get("due_at"))
        due = None if due_at is None else (due_at, kind, record_id)
        expires_at = _moment(document.get("expires_at"))
        self.records[kind, record_id] = RecordRow(raw, document.get("version", RECORD_VERSION), due, expires_at)
        self._enter(raw, expires_at)
        if due is not None:
            self.due.put(due)

    def _drop_record(self, key: tuple[str, str]) -> None:
        row = self.records.pop(key, None)
        if row is not None:
            self._record_names.drop(*key)
            self._leave(row.raw, row.expires_at)
            if row.due is not None:
                self.due.drop(row.due)

    def _remember(self, change_id: str) -> None:
        self.recent[change_id] = None
        self.live += len(change_id) + 3
        if len(self.recent) > MOST_RECENT:
            oldest = next(iter(self.recent))
            del self.recent[oldest]
            self.live -= len(oldest) + 3


def _bodies(what: bytes, rows: Iterator[bytes]) -> Iterator[bytes]:
    while together := b",".join(islice(rows, ROWS_IN_A_LINE)):
        yield b'{"%b":[%b]}' % (what, together)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
