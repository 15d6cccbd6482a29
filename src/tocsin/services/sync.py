"""One sweep of a source becomes incidents: read, decide, commit; and decide again where somebody wrote first."""

from collections import Counter
from collections.abc import Mapping, Sequence

from pydantic import computed_field

from tocsin.clock import Clock
from tocsin.domain.alert import Alert, Problem, Source, Sweep
from tocsin.domain.assess import Finding, assess
from tocsin.domain.change import Change, Record, RecordWrite
from tocsin.domain.decision import Decision, Reason
from tocsin.domain.frozen import Frozen, Utc
from tocsin.domain.rules import Rules
from tocsin.errors import SourceError
from tocsin.ids import NewId
from tocsin.storage.store import Store

from .heartbeats import HEARTBEAT, heartbeat_id
from .rounds import Rounds
from .source import AlertSource
from .tick import MOST_ATTEMPTS, NO_OTHERS, Act, EnoughTime, TickReport, Turn, always, tick

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
    Reason.REPLACED,
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
    others: Mapping[str, Act] = NO_OTHERS,
    pages: Turn | None = None,
) -> SyncReport:
    """Pull ``source`` once, bring the store up to date, and tick.

    ``dry_run`` decides and writes nothing. ``adopt`` records what already fires without starting an escalation.
    ``enough_time`` is asked before each piece of work: once it says no, the rest is left to the next sync.
    ``others`` and ``pages`` act on what else is due: see :func:`~tocsin.services.tick.tick`. Raises :class:`~tocsin.errors.SourceError` if nothing could be read; what is due is done all the same.
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
            tick(store, rules, clock=clock, new_id=new_id, enough_time=enough_time, others=others, pages=pages)
        raise
    if dry_run:
        return report
    ticked = tick(store, rules, clock=clock, new_id=new_id, enough_time=enough_time, others=others, pages=pages)
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
    rounds = Rounds(store, rules, clock=clock, new_id=new_id, adopt=adopt, enough_time=enough_time)

    def assess_sweep(rows: Sequence[Alert], now: Utc) -> Sequence[Finding]:
        return assess(sweep, rows, rules, now)

    if dry_run:
        rounds.rehearse(alerts, assess_sweep)
    else:
        for attempt in range(MOST_ATTEMPTS):
            rounds.make(alerts if attempt == 0 else store.alerts(source.source), assess_sweep)
            if not rounds.undone or rounds.out_of_time:
                break
        store.commit(_heartbeat(sweep, unfinished=len(rounds.undone), at=clock(), change_id=new_id()))
    decisions = [decision for key, some in rounds.decided.items() if key not in rounds.undone for decision in some]
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
        opened=tuple(rounds.opened),
        quarantined=tuple(sweep.problems),
        unfinished=tuple(sorted(rounds.undone)),
        out_of_time=rounds.out_of_time,
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
