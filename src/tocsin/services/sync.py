"""One sweep of a source becomes incidents: read, decide, commit; and decide again where somebody wrote first."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import count

from pydantic import computed_field

from tocsin.clock import Clock
from tocsin.domain.alert import Alert, Problem, Source, Sweep
from tocsin.domain.assess import Finding, assess, wanted
from tocsin.domain.change import Change, Record, RecordWrite
from tocsin.domain.decision import Decision, Reason
from tocsin.domain.frozen import Frozen, Utc
from tocsin.domain.incident import incident_id
from tocsin.domain.reconcile import Known, Outcome, decide
from tocsin.domain.rules import Rules
from tocsin.errors import SourceError
from tocsin.ids import NewId
from tocsin.storage.store import Store

from .source import AlertSource
from .tick import MOST_ATTEMPTS, EnoughTime, TickReport, always, tick

HEARTBEAT = "heartbeat"
"""The record kind that says when a sweep last succeeded."""

BATCH = 100
"""Changes committed between two looks at the time: few enough to take about a second where the store is slow."""

SAID_ONE_BY_ONE = frozenset(Reason) - {Reason.DEDUPLICATED, Reason.NO_DATA_NOT_ASKED}
"""Reasons whose decisions a report lists one by one; the others it only counts."""


class SyncReport(Frozen):
    """What a sync saw and did. Times are our clock, UTC; ``seconds`` is how long it took.

    ``decisions`` counts every decision by reason; ``details`` lists those that are more than "nothing new".
    ``opened`` and ``resolved`` are incident ids; a dry run resolves none and names what it would open.
    ``unfinished`` are the keys of alerts that are left to the next sync: others kept writing to them, or, if
    ``out_of_time``, the time was over. Nothing was decided about them. ``due_left`` counts what a tick left.
    """

    source: Source
    at: Utc
    seconds: float
    dry_run: bool
    complete: bool
    why_incomplete: str = ""
    monitors: int
    decisions: dict[Reason, int]
    details: tuple[Decision, ...] = ()
    opened: tuple[str, ...] = ()
    resolved: tuple[str, ...] = ()
    cycles_started: tuple[str, ...] = ()
    quarantined: tuple[Problem, ...] = ()
    unfinished: tuple[str, ...] = ()
    out_of_time: bool = False
    due_left: int = 0

    @computed_field  # type: ignore[prop-decorator]  # mypy cannot type a decorated property
    @property
    def changed(self) -> bool:
        """True if the sync changed what the store holds."""
        return bool(set(self.decisions) & _CHANGING or self.opened or self.resolved or self.cycles_started)


_CHANGING = {
    Reason.OPENED,
    Reason.ADOPTED,
    Reason.JOINED,
    Reason.REFIRED,
    Reason.SEVERITY_RAISED,
    Reason.SEVERITY_LOWERED,
    Reason.MUTED,
    Reason.UNMUTED,
    Reason.RECOVERED,
    Reason.GROUP_GONE,
    Reason.MONITOR_DELETED,
}


def sync(
    store: Store,
    source: AlertSource,
    rules: Rules,
    *,
    clock: Clock,
    new_id: NewId,
    dry_run: bool = False,
    adopt: bool = False,
    enough_time: EnoughTime = always,
) -> SyncReport:
    """Pull ``source`` once, bring the store up to date, and tick.

    ``dry_run`` decides and writes nothing. ``adopt`` records what already fires without starting an escalation.
    ``enough_time`` is asked before each piece of work: once it says no, the rest is left to the next sync.
    Raises :class:`~tocsin.errors.SourceError` if nothing could be read; what is due is done all the same.
    """
    try:
        report = pull(
            store,
            source,
            rules,
            clock=clock,
            new_id=new_id,
            dry_run=dry_run,
            adopt=adopt,
            enough_time=enough_time,
        )
    except SourceError:
        if not dry_run:
            tick(store, rules, clock=clock, new_id=new_id, enough_time=enough_time)
        raise
    if dry_run:
        return report
    ticked = tick(store, rules, clock=clock, new_id=new_id, enough_time=enough_time)
    return after_tick(report, ticked, seconds=(clock() - report.at).total_seconds())


def pull(
    store: Store,
    source: AlertSource,
    rules: Rules,
    *,
    clock: Clock,
    new_id: NewId,
    dry_run: bool = False,
    adopt: bool = False,
    enough_time: EnoughTime = always,
) -> SyncReport:
    """Do as :func:`sync` does, but leave the tick to the caller, who may try again after an error before it."""
    began = clock()
    alerts = store.alerts(source.source)
    sweep = source.sweep([alert for alert in alerts if alert.firing])
    run = _Run(store, sweep, rules, clock=clock, new_id=new_id, adopt=adopt, enough_time=enough_time)
    if dry_run:
        run.decide(alerts, rehearsal=True)
    else:
        run.apply(alerts)
        store.commit(_heartbeat(sweep, unfinished=len(run.undone), at=clock(), change_id=new_id()))
    decisions = [decision for key, some in run.decided.items() if key not in run.undone for decision in some]
    return SyncReport(
        source=source.source,
        at=began,
        seconds=(clock() - began).total_seconds(),
        dry_run=dry_run,
        complete=sweep.complete,
        why_incomplete=sweep.why_incomplete,
        monitors=len(sweep.seen),
        decisions=dict(Counter(sweep.passed_over) + Counter(decision.reason for decision in decisions)),
        details=tuple(decision for decision in decisions if decision.reason in SAID_ONE_BY_ONE),
        opened=tuple(run.opened),
        quarantined=tuple(sweep.problems),
        unfinished=tuple(sorted(run.undone)),
        out_of_time=run.out_of_time,
    )


def after_tick(report: SyncReport, ticked: TickReport, *, seconds: float) -> SyncReport:
    """Return the report of a pull together with what the tick after it did."""
    return report.model_copy(
        update={
            "seconds": seconds,
            "resolved": ticked.resolved,
            "cycles_started": ticked.cycles_started,
            "due_left": ticked.left,
        }
    )


class _Run:
    """The rounds of one sync: decisions of alerts that were committed stand, the rest is decided again."""

    def __init__(
        self,
        store: Store,
        sweep: Sweep,
        rules: Rules,
        *,
        clock: Clock,
        new_id: NewId,
        adopt: bool,
        enough_time: EnoughTime,
    ) -> None:
        self._store = store
        self._sweep = sweep
        self._rules = rules
        self._clock = clock
        self._new_id = new_id
        self._adopt = adopt
        self._enough_time = enough_time
        self.decided: dict[str, list[Decision]] = {}
        self.opened: list[str] = []
        self.undone: set[str] = set()
        self.out_of_time = False

    def apply(self, alerts: Sequence[Alert]) -> None:
        """Commit what the sweep asks for, deciding again from fresh reads while somebody else writes first."""
        for attempt in range(MOST_ATTEMPTS):
            outcome = self.decide(alerts if attempt == 0 else self._store.alerts(self._sweep.source))
            written, left = self._commit(outcome.changes)
            self.opened += _openings(written)
            self.undone = {write.alert.key for change in left for write in change.alerts}
            if not self.undone or self.out_of_time:
                return

    def _commit(self, changes: Sequence[Change]) -> tuple[list[Change], list[Change]]:
        """Write batch by batch, in order, while there is time; return what was written and what was not."""
        written: list[Change] = []
        left: list[Change] = []
        for batch in _batches(changes):
            self.out_of_time = self.out_of_time or not self._enough_time()
            if self.out_of_time:
                left += batch
                continue
            for change, result in zip(batch, self._store.commit_many(batch), strict=True):
                (written if result is None else left).append(change)
        return written, left

    def decide(self, alerts: Sequence[Alert], *, rehearsal: bool = False) -> Outcome:
        """Decide from ``alerts`` and keep the decisions of what is still undone; a rehearsal draws no numbers."""
        now = self._clock()
        findings = assess(self._sweep, alerts, self._rules, now)
        known, openings = self._read(findings, now)
        numbers = self._rehearsed() if rehearsal else self._drawn(openings)
        outcome = decide(findings, known, self._rules, now, numbers=numbers, new_id=self._new_id, adopt=self._adopt)
        fresh: dict[str, list[Decision]] = {}
        for decision in outcome.decisions:
            fresh.setdefault(decision.key, []).append(decision)
        self.decided |= {key: said for key, said in fresh.items() if key in self.undone or key not in self.decided}
        if rehearsal:
            self.opened = _openings(outcome.changes)
        return outcome

    def _read(self, findings: Sequence[Finding], now: Utc) -> tuple[Known, int]:
        want = wanted(findings, self._rules)
        if not want.incident_ids and not want.correlation_keys:
            return Known(), 0
        claims = self._store.claims(want.correlation_keys)
        ids = want.incident_ids | {claim.incident_id for claim in claims.values()}
        known = Known(incidents=self._store.incidents(ids), claims=claims)
        return known, sum(known.joinable(key, now) is None for key in want.correlation_keys)

    def _drawn(self, openings: int) -> Iterator[str]:
        return (incident_id(number) for number in self._store.draw_numbers(openings)) if openings else iter(())

    @staticmethod
    def _rehearsed() -> Iterator[str]:
        return (f"(new {number})" for number in count(1))


def _openings(changes: Sequence[Change]) -> list[str]:
    return [write.incident.id for change in changes for write in change.incidents if write.expected is None]


def _batches(changes: Sequence[Change]) -> Iterator[list[Change]]:
    """Yield the changes in order, about :data:`BATCH` at a time, those of one incident always together.

    Only within one call does the store leave out what follows a change of the same incident that was refused.
    """
    batch: list[Change] = []
    before: set[str] = set()
    for change in changes:
        incidents = {write.incident.id for write in change.incidents}
        if len(batch) >= BATCH and not incidents & before:
            yield batch
            batch = []
        batch.append(change)
        before = incidents
    if batch:
        yield batch


def heartbeat_id(source: Source) -> str:
    """Return the id of the record that says when a sweep of ``source`` last succeeded."""
    return f"sweep:{source.value}"


def _heartbeat(sweep: Sweep, *, unfinished: int, at: Utc, change_id: str) -> Change:
    record = Record(
        kind=HEARTBEAT,
        id=heartbeat_id(sweep.source),
        body={
            "at": at.isoformat(),
            "complete": sweep.complete,
            "monitors": len(sweep.seen),
            "problems": len(sweep.problems),
            "unfinished": unfinished,
        },
    )
    return Change(id=change_id, at=at, records=(RecordWrite(kind=record.kind, id=record.id, record=record),))
