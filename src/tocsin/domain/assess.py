"""The first half of reconciling: what each observation, and each absence, means for its own alert.

Here for what is polled; ``assess_push`` does it for what is pushed, with the same classifier. Both know alerts, not
incidents, so that a sweep in which nothing changed needs no other read than the alert rows.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

from .alert import Alert, AlertState, Observation, Sweep
from .decision import Reason
from .frozen import Utc
from .judging import Judgement
from .rules import Rules
from .severity import Severity


class Step(Enum):
    """What must be done to the alert's row, and to the incident behind it."""

    NOTHING = auto()
    OPEN = auto()
    REFIRE = auto()
    UPDATE = auto()
    END = auto()
    MARK = auto()
    BURY = auto()


class Finding(NamedTuple):
    """The meaning of one observation or absence.

    ``ended_at`` (END, REFIRE) and ``at`` are the source's clock, of which ``source_now`` is the present moment, where
    that is not ``at``. ``missing_since`` is the new value for MARK. ``refusal`` (REFIRE) says why the new episode would
    open nothing, were its incident already resolved. ``signature`` and ``expires_in`` are those of a push that fires.
    """

    step: Step
    reason: Reason
    key: str
    at: Utc
    seen: Observation | None = None
    alert: Alert | None = None
    severity: Severity | None = None
    ended_at: Utc | None = None
    missing_since: Utc | None = None
    refusal: Reason | None = None
    detail: str = ""
    source_now: Utc | None = None
    signature: str = ""
    expires_in: float | None = None

    @property
    def fired(self) -> tuple[Observation, Severity]:
        """The observation and severity of an alert that fires. Raises ValueError for a finding of an absence."""
        if self.seen is None or self.severity is None:
            message = f"{self.key}: an alert fires only where it was observed"
            raise ValueError(message)
        return self.seen, self.severity

    @property
    def title(self) -> str:
        """The alert's title, from whoever knows it."""
        return self.seen.title if self.seen else self.alert.title if self.alert else ""


def assess(sweep: Sweep, alerts: Iterable[Alert], rules: Rules, now: Utc) -> list[Finding]:
    """Return one finding for every observation, and one for every firing alert that was not observed.

    Observations of one key given twice count once, the latest. ``now`` (our clock) decides only which tombstones
    are forgotten.
    """
    known = {alert.key: alert for alert in alerts}
    observed: dict[str, Observation] = {}
    for seen in sweep.observations:
        earlier = observed.get(seen.key)
        if earlier is None or earlier.observed_at <= seen.observed_at:
            observed[seen.key] = seen
    findings = [
        finding
        for seen in observed.values()
        if (finding := _observed(seen, known.get(seen.key), rules, now)) is not None
    ]
    unreadable = {problem.origin for problem in sweep.problems}
    findings.extend(
        _absent(alert, sweep, unreadable) for alert in known.values() if alert.firing and alert.key not in observed
    )
    return findings


def opening_refusal(seen: Observation, judgement: Judgement, rules: Rules) -> Reason | None:
    """Say why an observation that fires opens nothing, or None if it may open an incident."""
    if seen.muted:
        return Reason.SUPPRESSED_MUTED
    if seen.draft:
        return Reason.SUPPRESSED_DRAFT
    if judgement.opens is False:
        return Reason.IGNORED_BY_RULE
    if seen.state is AlertState.NO_DATA and not seen.asks_no_data and judgement.opens is None:
        return Reason.NO_DATA_NOT_ASKED
    return None if rules.selection.takes(seen) else Reason.NOT_SELECTED


def _observed(seen: Observation, row: Alert | None, rules: Rules, now: Utc) -> Finding | None:
    alert = None if row is None or rules.forgotten(row, now) else row
    if alert is not None and seen.observed_at < alert.observed_at:
        return nothing(Reason.OUT_OF_ORDER, seen, alert)
    live = alert if alert is not None and alert.firing else None
    if seen.state is AlertState.UNKNOWN:
        return _kept(Reason.KEPT_UNKNOWN_STATE, seen, live, detail=seen.word)
    if seen.state is AlertState.OK:
        return None if live is None else end(Reason.RECOVERED, seen, live, recovery(seen, live))
    judgement = rules.judge(seen)
    refusal = opening_refusal(seen, judgement, rules)
    if live is None:
        if refusal is not None:
            return nothing(refusal, seen, None, severity=judgement.severity)
        return Finding(
            Step.OPEN, Reason.OPENED, seen.key, seen.observed_at, seen, row, judgement.severity, detail=judgement.rule
        )
    if _fired_again(seen, live):
        if refusal is Reason.NO_DATA_NOT_ASKED:
            return end(Reason.RECOVERED, seen, live, recovery(seen, live))
        return Finding(
            Step.REFIRE,
            Reason.REFIRED,
            seen.key,
            seen.observed_at,
            seen,
            live,
            judgement.severity,
            ended_at=recovery(seen, live),
            refusal=refusal,
        )
    return still_firing(seen, live, judgement)


def still_firing(seen: Observation, alert: Alert, judgement: Judgement) -> Finding:
    """Say what is new of an alert that goes on firing."""
    silent = fell_silent(seen, alert)
    severity = alert.severity if silent else judgement.severity
    if severity.rank > alert.severity.rank:
        reason = Reason.SEVERITY_RAISED
    elif severity is not alert.severity:
        reason = Reason.SEVERITY_LOWERED
    elif seen.muted is not alert.muted:
        reason = Reason.MUTED if seen.muted else Reason.UNMUTED
    else:
        return _kept(Reason.KEPT_NO_DATA if silent else Reason.DEDUPLICATED, seen, alert)
    return Finding(Step.UPDATE, reason, seen.key, seen.observed_at, seen, alert, severity, detail=judgement.rule)


def fell_silent(seen: Observation, alert: Alert) -> bool:
    """Say whether data stopped while the alert fired.

    Missing data says nothing about how bad it is: the alert keeps its severity and the state that gave it.
    """
    return seen.state is AlertState.NO_DATA and AlertState.of(alert.word) is not AlertState.NO_DATA


def _fired_again(seen: Observation, alert: Alert) -> bool:
    """Say whether the source names a recovery inside the stored episode, although it fires now."""
    recovery = seen.resolved_at
    if recovery is None or recovery < alert.triggered_at:
        return False
    return alert.resolved_before is None or recovery > alert.resolved_before


def recovery(seen: Observation, alert: Alert) -> Utc:
    """Return when the stored episode ended: the source's own time if it is credible, else the time of observation."""
    recovery = seen.resolved_at
    if recovery is not None and alert.triggered_at <= recovery <= seen.observed_at:
        return recovery
    return seen.observed_at


def _absent(alert: Alert, sweep: Sweep, unreadable: set[str]) -> Finding:
    def held(reason: Reason) -> Finding:
        return Finding(Step.NOTHING, reason, alert.key, sweep.started_at, alert=alert, severity=alert.severity)

    def ended(reason: Reason, at: Utc) -> Finding:
        return Finding(Step.END, reason, alert.key, sweep.started_at, alert=alert, severity=alert.severity, ended_at=at)

    if sweep.started_at < alert.observed_at:
        return held(Reason.OUT_OF_ORDER)
    if alert.origin in sweep.gone:
        return ended(Reason.MONITOR_DELETED, sweep.started_at)
    if alert.origin in unreadable:
        return held(Reason.HELD_UNREADABLE)
    if alert.provisional and alert.origin in sweep.with_groups:
        return ended(Reason.REPLACED, sweep.started_at)
    if not sweep.complete:
        return held(Reason.HELD_INCOMPLETE_SWEEP)
    if alert.origin not in sweep.seen:
        return held(Reason.HELD_UNCONFIRMED)
    if alert.origin not in sweep.with_groups:
        return held(Reason.HELD_GROUPS_ABSENT)
    if alert.missing_since is not None and sweep.started_at > alert.missing_since:
        return ended(Reason.GROUP_GONE, alert.missing_since)
    if alert.missing_since is not None:
        return held(Reason.HELD_GROUP_MISSING)
    return Finding(
        Step.MARK,
        Reason.HELD_GROUP_MISSING,
        alert.key,
        sweep.started_at,
        alert=alert,
        severity=alert.severity,
        missing_since=sweep.started_at,
    )


def nothing(
    reason: Reason, seen: Observation, alert: Alert | None, *, severity: Severity | None = None, detail: str = ""
) -> Finding:
    """Leave the alert as it is."""
    if severity is None and alert is not None:
        severity = alert.severity
    return Finding(Step.NOTHING, reason, seen.key, seen.observed_at, seen, alert, severity, detail=detail)


def _kept(reason: Reason, seen: Observation, alert: Alert | None, *, detail: str = "") -> Finding:
    """Nothing happens, except that a group which had been missing is no longer, and one that was guessed is known."""
    if alert is not None and (alert.missing_since is not None or alert.provisional):
        return Finding(Step.MARK, reason, seen.key, seen.observed_at, seen, alert, alert.severity, detail=detail)
    return nothing(reason, seen, alert, detail=detail)


def end(reason: Reason, seen: Observation, alert: Alert, ended_at: Utc) -> Finding:
    """End the episode."""
    return Finding(
        Step.END, reason, seen.key, seen.observed_at, seen, alert, severity=alert.severity, ended_at=ended_at
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    """What must be read before findings can be turned into changes, and how many incidents they may open."""

    incident_ids: frozenset[str]
    correlation_keys: frozenset[str]


def wanted(findings: Iterable[Finding], rules: Rules) -> Wanted:
    """Return the incidents and claims that :func:`~tocsin.domain.reconcile.decide` needs for these findings."""
    incidents: set[str] = set()
    keys: set[str] = set()
    for finding in findings:
        if finding.step in (Step.NOTHING, Step.MARK, Step.BURY):
            continue
        if finding.step in (Step.OPEN, Step.REFIRE):
            keys.add(rules.correlation_key(*finding.fired))
        if finding.alert is not None and finding.alert.incident_id:
            incidents.add(finding.alert.incident_id)
    return Wanted(frozenset(incidents), frozenset(keys))
