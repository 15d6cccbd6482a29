"""One delivery of pushed alerts becomes incidents: what is only repeated is counted, the rest is decided like a sweep.

Every item that is answered is durable. What could not be written, since others kept writing first, raises: the sender
sends all of it again, and what was done is recognised.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from tocsin.clock import Clock
from tocsin.domain.alert import Alert, Observation, Problem, Push, Source, alert_id
from tocsin.domain.assess import Finding
from tocsin.domain.assess_push import assess_push, signature
from tocsin.domain.change import Change, RecordWrite
from tocsin.domain.decision import Reason
from tocsin.domain.frozen import Frozen, Utc
from tocsin.domain.rules import Rules
from tocsin.domain.severity import Severity
from tocsin.domain.timeline import SYSTEM
from tocsin.errors import Conflict, InvalidInput, StoreBusy
from tocsin.ids import NewId
from tocsin.storage.store import Store, Touch

from .rounds import Rounds

MOST_ROUNDS = 20
"""How often a delivery is decided on again because somebody else wrote first.

Alerts of one service come from many senders at once, and join one incident one after the other: in each round one of
them gets in, and a script that is refused may not try again.
"""


class Ingested(Frozen):
    """What became of one alert of a delivery.

    ``incident_id`` is the incident that the alert belongs to, or belonged to when it ended; empty if there is none.
    It and ``alert_id`` are the same when the delivery comes again. ``detail`` names the rule that gave the severity,
    where one was needed.
    """

    key: str
    alert_id: str
    incident_id: str = ""
    reason: Reason
    severity: Severity | None = None
    detail: str = ""


class IngestReport(Frozen):
    """What became of one delivery, item by item in its order. ``at`` is when it came, by our clock.

    ``opened`` are the ids of the incidents that it opened; ``truncated`` counts what its sender left out.
    """

    source: Source
    at: Utc
    items: tuple[Ingested | Problem, ...] = ()
    opened: tuple[str, ...] = ()
    truncated: int = 0

    @property
    def alerts(self) -> tuple[Ingested, ...]:
        """What became of the items that could be used."""
        return tuple(item for item in self.items if isinstance(item, Ingested))

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The items that could not be used."""
        return tuple(item for item in self.items if isinstance(item, Problem))

    @property
    def decisions(self) -> dict[Reason, int]:
        """How many items were decided for each reason."""
        return dict(Counter(item.reason for item in self.alerts))


def ingest(
    store: Store,
    push: Push,
    rules: Rules,
    *,
    clock: Clock,
    new_id: NewId,
    by: str = SYSTEM,
    also: RecordWrite | None = None,
) -> IngestReport:
    """Apply a delivery item by item, and say what became of each. ``by`` is who sent it, as the timeline names him.

    ``also`` is written in the first commit that there is, or in one of its own; if that record is not what was
    expected, :class:`~tocsin.errors.Conflict` is raised, and of a delivery of one alert nothing is done.

    A repeated alert takes one write and no read. Items of one alert are applied in their order. Raises
    :class:`~tocsin.errors.StoreBusy` if others kept writing to the same alerts, and any other
    :class:`~tocsin.errors.StoreError` as the store does; what was done stays done.
    """
    ingestion = _Ingestion(store, push, rules, clock=clock, new_id=new_id, by=by, also=also)
    for wave in _waves(push.items):
        ingestion.apply(wave)
    ingestion.write_alone()
    return ingestion.report()


BEGINS = frozenset({Reason.OPENED, Reason.JOINED, Reason.REFIRED})
"""Reasons for which an episode begins, so that the alert may come to another incident."""

Wave = Mapping[int, Observation]
"""Observations by their place in the delivery, no two of one alert."""


def _waves(items: Sequence[Observation | Problem]) -> Iterator[Wave]:
    """Yield the first observations of all alerts, then the second ones, and so on."""
    waves: list[dict[int, Observation]] = []
    seen: Counter[str] = Counter()
    for place, item in enumerate(items):
        if isinstance(item, Observation):
            if seen[item.key] == len(waves):
                waves.append({})
            waves[seen[item.key]][place] = item
            seen[item.key] += 1
    yield from waves


class _Ingestion:
    """One delivery, while it is applied."""

    def __init__(
        self,
        store: Store,
        push: Push,
        rules: Rules,
        *,
        clock: Clock,
        new_id: NewId,
        by: str,
        also: RecordWrite | None,
    ) -> None:
        self._store = store
        self._push = push
        self._rules = rules
        self._new_id = new_id
        self._also = also
        self._rounds = partial(Rounds, store, rules, clock=clock, new_id=new_id, by=by)
        self._results: dict[int, Ingested | Problem] = {}
        self._opened: list[str] = []

    def report(self) -> IngestReport:
        """Return what became of every item so far."""
        push = self._push
        problems = {place: item for place, item in enumerate(push.items) if isinstance(item, Problem)}
        return IngestReport(
            source=push.source,
            at=push.received_at,
            items=tuple(item for _, item in sorted({**problems, **self._results}.items())),
            opened=tuple(self._opened),
            truncated=push.truncated,
        )

    def write_alone(self) -> None:
        """Write the record that went with no other commit. Raises ``Conflict`` if it is not what was expected."""
        if self._also is not None:
            self._store.commit(Change(id=self._new_id(), at=self._push.received_at, records=(self._also,)))

    def apply(self, wave: Wave) -> None:
        """Apply observations; one that no store can hold spoils none of the others."""
        try:
            self._apply(wave)
        except InvalidInput as refusal:
            if len(wave) > 1:
                for place in sorted(wave.keys() - self._results.keys()):
                    self.apply({place: wave[place]})
                return
            ((place, seen),) = wave.items()
            self._results[place] = Problem(origin=seen.origin, why=str(refusal))

    def _apply(self, wave: Wave) -> None:
        rounds = self._rounds(also=self._also)
        left = {place: self._dated(seen) for place, seen in wave.items()}
        for _ in range(MOST_ROUNDS):
            rows = self._touch(left)
            left = {place: seen for place, seen in left.items() if place not in self._results}
            if left:
                rounds.make(list(rows.values()), partial(self._assess, list(left.values())))
                self._also = rounds.also
                self._see_whether_it_may_be_written()
                for place, seen in left.items():
                    if seen.key not in rounds.undone:
                        self._results[place] = self._ingested(seen, rounds, rows.get(seen.key))
                left = {place: seen for place, seen in left.items() if seen.key in rounds.undone}
            if not left:
                self._opened += rounds.opened
                return
        message = f"others kept writing to {len(left)} of the same alerts at the same time"
        raise StoreBusy(message, hint="send it again: what was done is recognised")

    def _see_whether_it_may_be_written(self) -> None:
        if self._also is None:
            return
        current = self._store.record(self._also.kind, self._also.id)
        if (0 if current is None else current.version) != self._also.expected:
            message = f"the {self._also.kind} {self._also.id} was changed meanwhile"
            raise Conflict(message)

    def _dated(self, seen: Observation) -> Observation:
        return seen if seen.sent_at else seen.model_copy(update={"sent_at": self._push.received_at})

    def _assess(self, left: Sequence[Observation], alerts: Sequence[Alert], now: Utc) -> list[Finding]:
        return assess_push(left, {alert.key: alert for alert in alerts}, self._rules, now)

    def _touch(self, left: Wave) -> dict[str, Alert]:
        """Count what is only repeated; return the rows of the rest, by key."""
        signed = {place: said for place, seen in left.items() if (said := signature(seen, self._rules))}
        touches = [
            Touch(seen.source, seen.key, signed[place], seen.source_now, seen.observed_at)
            for place, seen in left.items()
            if place in signed
        ]
        rows: dict[str, Alert] = {}
        for place, (done, row) in zip(signed, self._store.touch(touches), strict=True):
            if row is not None and done:
                self._results[place] = _ingested(row, Reason.DEDUPLICATED)
            elif row is not None:
                rows[row.key] = row
        unread = [seen.key for place, seen in left.items() if place not in signed]
        return rows | dict(self._store.alerts_named(self._push.source, unread)) if unread else rows

    @staticmethod
    def _ingested(seen: Observation, rounds: Rounds, row: Alert | None) -> Ingested:
        decision = rounds.decided[seen.key][-1]
        before = "" if row is None else row.incident_id
        return Ingested(
            key=seen.key,
            alert_id=alert_id(seen.source, seen.key),
            # An alert stays with an incident that was merged into another.
            incident_id=decision.incident_id if decision.reason in BEGINS else before,
            reason=decision.reason,
            severity=decision.severity,
            detail=decision.detail,
        )


def _ingested(row: Alert, reason: Reason) -> Ingested:
    return Ingested(key=row.key, alert_id=row.id, incident_id=row.incident_id, reason=reason, severity=row.severity)
