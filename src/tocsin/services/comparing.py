"""Whether two stores hold the same, kind by kind: counted, and summed up in a digest that no order changes."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

import orjson
from pydantic import BaseModel

from tocsin.domain.alert import Alert, Source
from tocsin.domain.change import Record
from tocsin.domain.deleting import DELETED
from tocsin.domain.draft import TIMER
from tocsin.domain.frozen import Frozen, Utc
from tocsin.domain.incident import Incident
from tocsin.domain.intents import ESCALATION, NEWS
from tocsin.domain.page import DELIVERY, PAGE
from tocsin.domain.pursue import chunks
from tocsin.domain.search import IncidentFilter
from tocsin.storage import moving
from tocsin.storage.store import Store

from .api_keys import API_KEY, FIRST, NAMED
from .attempts import KNOWN
from .auditing import AUDIT, HEAD
from .contact_records import BOOK, CONTACT
from .due import CODE, LETTER, NOTICE, PAST_SILENCE, SHIFT_NOTICE, SILENCE, WATCH
from .feeds import FEED
from .heartbeats import HEARTBEAT
from .idempotency import IDEMPOTENCY
from .listing import every_incident
from .notification_rules import NOTIFICATION_RULES
from .on_call import SCHEDULE
from .paging.escalating import ROUND_ROBIN
from .paging.rates import PLACE
from .passwords import PASSWORD
from .policies import POLICY
from .schedule_records import SCHEDULE_NAME
from .sessions import SESSION
from .teams import NAME, OWNED, TEAM
from .templates import TEMPLATE
from .tickets import TICKET
from .users import ADMINISTRATORS, EMAIL, SUBJECT, USER

AT_ONCE = 50
"""Incidents, or keys, that are looked at together."""

KINDS = (
    *(HEARTBEAT, IDEMPOTENCY, TIMER, DELETED),
    *(API_KEY, NAMED, FIRST, SESSION),
    *(AUDIT, HEAD),
    *(USER, EMAIL, SUBJECT, ADMINISTRATORS),
    *(PASSWORD, TICKET, LETTER, KNOWN),
    *(TEAM, NAME, OWNED),
    *(ESCALATION, NEWS, PAGE, DELIVERY, PLACE, ROUND_ROBIN),
    *(SCHEDULE, SCHEDULE_NAME, FEED, SHIFT_NOTICE),
    *(CONTACT, BOOK, CODE, NOTIFICATION_RULES),
    *(SILENCE, PAST_SILENCE, NOTICE, WATCH),
    *(POLICY,),
    *(TEMPLATE,),
)
"""The kinds of records that there are, for a store that cannot list all that it holds."""

Progress = Callable[[str, int], None]
"""Told what is being done, and how many were done so far."""


class Part(Frozen):
    """One kind of what was moved, counted and summed up in both stores; what is newer in the target is left out."""

    what: str
    source_count: int
    target_count: int
    source_digest: str
    target_digest: str

    @property
    def same(self) -> bool:
        """True if both stores hold the same."""
        return (self.source_count, self.source_digest) == (self.target_count, self.target_digest)


def compare(
    source: Store, target: Store, *, newer: Collection[str], keys: Collection[str], now: Utc, progress: Progress
) -> tuple[Part, ...]:
    """Compare everything in ``source``, its claims on ``keys`` included, with what ``target`` has of it.

    ``newer`` names what is left out: incident ids, alert and correlation keys, and records by kind and id. So is what
    has expired ``now``.
    """
    return tuple(_Comparison(source, target, newer=newer, keys=keys, now=now, progress=progress).parts())


class _Comparison:
    def __init__(
        self,
        source: Store,
        target: Store,
        *,
        newer: Collection[str],
        keys: Collection[str],
        now: Utc,
        progress: Progress,
    ) -> None:
        self._source = source
        self._target = target
        self._newer = newer
        self._keys = keys
        self._now = now
        self._progress = progress

    def parts(self) -> Iterator[Part]:
        sums = {what: (_Sum(), _Sum()) for what in ("incidents", "events", "ended alerts")}
        for some in chunks((one for one in every(self._source) if one.id not in self._newer), AT_ONCE):
            for side, store in enumerate((self._source, self._target)):
                for incident in sorted(store.incidents(one.id for one in some).values(), key=lambda one: one.id):
                    sums["incidents"][side].add(incident.id, incident)
                    for event in store.timeline(incident.id):
                        sums["events"][side].add(f"{incident.id} {event.version} {event.ordinal}", event)
                    for alert in moving.ended_alerts(store, incident.id):
                        if alert.key not in self._newer:
                            sums["ended alerts"][side].add(f"{alert.key} {alert.episode}", archived(alert))
            self._progress("compared", sums["incidents"][0].count)
        for what, (here, there) in sums.items():
            yield _part(what, here, there)
        rows = every_alert(self._source)
        known = {(alert.source, alert.key) for alert in rows}
        yield _part("current alerts", self._current(rows, known), self._current(every_alert(self._target), known))
        keys = [key for key in moving.claim_keys(self._source, self._keys) if key not in self._newer]
        yield _part("claims", self._claims_in(self._source, keys), self._claims_in(self._target, keys))
        names = moving.record_keys(self._source, KINDS)
        yield _part("records", self._records_in(self._source, names), self._records_in(self._target, names))

    def _current(self, rows: Iterable[Alert], known: Collection[tuple[Source, str]]) -> "_Sum":
        """Sum up what fires, and the tombstones that still count; of what is ``known`` in the source alone."""
        found = _Sum()
        for alert in rows:
            over = alert.expires_at is not None and alert.expires_at <= self._now
            if (alert.source, alert.key) in known and not over and alert.key not in self._newer:
                found.add(f"{alert.source.value} {alert.key}", alert)
        return found

    @staticmethod
    def _claims_in(store: Store, keys: Sequence[str]) -> "_Sum":
        found = _Sum()
        for some in chunks(keys, AT_ONCE):
            for key, claim in store.claims(some).items():
                found.add(key, claim)
        return found

    def _records_in(self, store: Store, names: Iterable[moving.RecordKey]) -> "_Sum":
        found = _Sum()
        for kind, record_id in names:
            record = store.record(kind, record_id)
            if record is not None and not over(record, self._now) and name_of(record) not in self._newer:
                found.add(name_of(record), record)
        return found


class _Sum:
    """Counts documents, and makes one digest of all, whatever their order."""

    def __init__(self) -> None:
        self._digests: dict[str, bytes] = {}

    @property
    def count(self) -> int:
        return len(self._digests)

    @property
    def digest(self) -> str:
        whole = hashlib.sha256()
        for name in sorted(self._digests):
            whole.update(self._digests[name])
        return whole.hexdigest()

    def add(self, name: str, document: BaseModel) -> None:
        said = orjson.dumps([name, document.model_dump(mode="json")], option=orjson.OPT_SORT_KEYS)
        self._digests[name] = hashlib.sha256(said).digest()


def _part(what: str, here: _Sum, there: _Sum) -> Part:
    return Part(
        what=what,
        source_count=here.count,
        target_count=there.count,
        source_digest=here.digest,
        target_digest=there.digest,
    )


def archived(alert: Alert) -> Alert:
    """Return an episode as it is archived."""
    # A tombstone and its archived episode are one, but for when the tombstone is forgotten.
    return alert.model_copy(update={"expires_at": None})


def over(record: Record, now: Utc) -> bool:
    """Say whether the store may have forgotten a record."""
    return record.expires_at is not None and record.expires_at <= now


def name_of(record: Record) -> str:
    """Return what names a record among all."""
    return f"{record.kind} {record.id}"


def every(store: Store) -> Iterator[Incident]:
    """Yield every incident, newest first."""
    return every_incident(store, IncidentFilter())


def every_alert(store: Store) -> list[Alert]:
    """Return every alert row, of every source: what fires, and tombstones."""
    return [alert for source in Source for alert in store.alerts(source)]
