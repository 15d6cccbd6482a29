"""The second half of reconciling: findings become decisions and changes. Level-based, like a controller.

What the store holds and what the source says go in; what must be written comes out. Running it again on the
same input decides nothing more. Nothing is read here, so losing a race costs only a second call.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from . import rows
from .alert import Alert, Sweep
from .assess import Finding, Step, assess
from .change import AlertWrite, Change, Claim, RecordWrite
from .decision import Decision, Reason
from .expiry import timer_of
from .frozen import Utc
from .incident import MOST_MERGED, Incident
from .pursue import Pursuit, chunks, most_together
from .rules import Rules
from .timeline import SYSTEM


@dataclass(frozen=True, slots=True)
class Known:
    """What the store holds about the alerts and problems at hand.

    Where an incident was merged into another, that other is among ``incidents`` too.
    """

    alerts: Sequence[Alert] = ()
    incidents: Mapping[str, Incident] = field(default_factory=dict)
    claims: Mapping[str, Claim] = field(default_factory=dict)

    def incident_of(self, incident_id: str) -> Incident | None:
        """Return the incident, or the one that took it over."""
        incident = self.incidents.get(incident_id)
        # What goes on counts each that it took over, so that no way to it is longer.
        for _ in range(MOST_MERGED + 1):
            if incident is None or not incident.merged_into:
                return incident
            incident = self.incidents.get(incident.merged_into)
        return None

    def joinable(self, correlation_key: str, now: Utc) -> Incident | None:
        """Return the active incident that the key's claim names, while the claim is valid."""
        claim = self.claims.get(correlation_key)
        if claim is None or not claim.joinable(now):
            return None
        incident = self.incident_of(claim.incident_id)
        return incident if incident is not None and incident.active else None

    def before(self, correlation_key: str) -> str:
        """Return the resolved incident that the key's claim names; empty if there is none, or it is still open."""
        claim = self.claims.get(correlation_key)
        incident = None if claim is None else self.incident_of(claim.incident_id)
        return "" if claim is None or (incident is not None and incident.active) else claim.incident_id


@dataclass(frozen=True, slots=True)
class Outcome:
    """Every decision, and the changes that make them true: those of one incident in order, each valid alone."""

    decisions: Sequence[Decision]
    changes: Sequence[Change]


def reconcile(
    observed: Sweep,
    known: Known,
    rules: Rules,
    now: Utc,
    *,
    numbers: Iterator[str],
    new_id: Callable[[], str],
    adopt: bool = False,
) -> Outcome:
    """Decide everything about one sweep. See :func:`decide` for ``numbers``, ``new_id`` and ``adopt``."""
    findings = assess(observed, known.alerts, rules, now)
    return decide(findings, known, rules, now, numbers=numbers, new_id=new_id, adopt=adopt)


def decide(
    findings: Iterable[Finding],
    known: Known,
    rules: Rules,
    now: Utc,
    *,
    numbers: Iterator[str],
    new_id: Callable[[], str],
    adopt: bool = False,
    by: str = SYSTEM,
) -> Outcome:
    """Turn findings into decisions and changes.

    ``numbers`` gives the ids of new incidents, one for each correlation key that has no joinable incident;
    ``new_id`` the ids of changes. ``adopt`` records what fires without starting an escalation cycle. ``by`` is who
    acts, as the timeline names him.
    ``known`` must hold what :func:`~tocsin.domain.assess.wanted` asked for.
    """
    decisions: list[Decision] = []
    marks: list[AlertWrite] = []
    records: dict[str, RecordWrite] = {}
    plan = _plan(findings, known, rules, now)
    for finding in plan.alone:
        decisions.append(_decision(finding))
        write = _alone(finding, rules, now)
        if write is not None:
            marks.append(write)
            timer = timer_of(write, finding.alert)
            if timer is not None:
                records[write.alert.key] = timer
    changes = [
        Change(
            id=new_id(),
            at=now,
            alerts=tuple(some),
            records=tuple(records[one.alert.key] for one in some if one.alert.key in records),
        )
        for some in chunks(marks, most_together(plan.alone))
    ]
    # What ends under a resolved incident goes first: the same alert may open the next one below.
    for pursuit in sorted(plan.pursuits, key=lambda one: one.joins_active):
        pursued = pursuit.write(rules, now, numbers=numbers, new_id=new_id, adopt=adopt, by=by)
        changes.extend(pursued.changes)
        decisions.extend(pursued.decisions)
    return Outcome(decisions, changes)


def openings(findings: Iterable[Finding], known: Known, rules: Rules, now: Utc) -> int:
    """Return how many incidents :func:`decide` will open."""
    return sum(pursuit.incident is None for pursuit in _plan(findings, known, rules, now).pursuits)


class _Plan(NamedTuple):
    """Which findings concern an incident, each with the others of it, and which stand alone."""

    pursuits: Sequence[Pursuit]
    alone: Sequence[Finding]


def _plan(findings: Iterable[Finding], known: Known, rules: Rules, now: Utc) -> _Plan:
    pursuits: dict[str, Pursuit] = {}
    alone: list[Finding] = []
    for finding in (placed for found in findings for placed in _in_context(found, known)):
        incident = known.incident_of(finding.alert.incident_id) if finding.alert else None
        if finding.step is Step.OPEN:
            key = rules.correlation_key(*finding.fired)
            incident = known.joinable(key, now)
            name = key if incident is None else incident.id
            new = Pursuit(incident, key, known.claims.get(key), known.before(key))
            pursuits.setdefault(name, new).add(finding)
        elif finding.step in (Step.REFIRE, Step.UPDATE, Step.END) and incident is not None:
            pursuits.setdefault(incident.id, Pursuit(incident, incident.correlation_key)).add(finding)
        else:
            alone.append(finding)
    return _Plan(list(pursuits.values()), alone)


def _alone(finding: Finding, rules: Rules, now: Utc) -> AlertWrite | None:
    """Return what is written of an alert where no incident is concerned; None: nothing."""
    forget_at = now + rules.tombstone
    if finding.step is Step.BURY:
        return rows.buried(finding, correlation_key=rules.correlation_key(*finding.fired), forget_at=forget_at)
    if finding.alert is not None and finding.step is Step.MARK:
        return rows.marked(finding, finding.alert)
    if finding.alert is not None and finding.step is Step.END:
        return rows.ended(finding, finding.alert, forget_at=forget_at)
    return None


def _in_context(finding: Finding, known: Known) -> tuple[Finding, ...]:
    """Fit a finding to what became of its incident.

    A person may have resolved it while the alert fired. While it is open, the alert belongs to it, ended or not:
    whatever claim there is, it fires again in there.
    """
    alert = finding.alert
    if alert is None or finding.step not in (Step.OPEN, Step.REFIRE, Step.UPDATE):
        return (finding,)
    incident = known.incident_of(alert.incident_id)
    if incident is not None and incident.active:
        return (finding._replace(step=Step.REFIRE) if finding.step is Step.OPEN else finding,)
    if finding.step is Step.OPEN:
        return (finding,)
    if finding.step is Step.UPDATE:
        kept = Step.MARK if finding.signature else Step.NOTHING
        return (finding._replace(step=kept, reason=Reason.COVERED_BY_RESOLVE),)
    ended = finding._replace(step=Step.END, reason=Reason.RECOVERED)
    if finding.refusal is not None:
        return (ended, finding._replace(step=Step.NOTHING, reason=finding.refusal, alert=None))
    tombstone = rows.ended(ended, alert, forget_at=finding.at).alert
    return (ended, finding._replace(step=Step.OPEN, reason=Reason.OPENED, alert=tombstone, ended_at=None))


def _decision(finding: Finding) -> Decision:
    return Decision(
        key=finding.key,
        reason=finding.reason,
        title=finding.title,
        incident_id=finding.alert.incident_id if finding.alert and finding.alert.firing else "",
        severity=finding.severity,
        detail=finding.detail,
    )
