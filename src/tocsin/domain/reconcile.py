"""The second half of reconciling: findings become decisions and changes. Level-based, like a controller.

What the store holds and what the source says go in; what must be written comes out. Running it again on the
same input decides nothing more. Nothing is read here, so losing a race costs only a second call.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from . import rows
from .alert import Alert, Sweep
from .assess import Finding, Step, assess
from .change import MOST_ALERTS, AlertWrite, Change, Claim
from .decision import Decision, Reason
from .frozen import Utc
from .incident import Incident
from .pursue import Pursuit, chunks
from .rules import Rules


@dataclass(frozen=True, slots=True)
class Known:
    """What the store holds about the alerts and problems at hand."""

    alerts: Sequence[Alert] = ()
    incidents: Mapping[str, Incident] = field(default_factory=dict)
    claims: Mapping[str, Claim] = field(default_factory=dict)

    def joinable(self, correlation_key: str, now: Utc) -> Incident | None:
        """Return the active incident that the key's claim names, while the claim is valid."""
        claim = self.claims.get(correlation_key)
        if claim is None or not claim.joinable(now):
            return None
        incident = self.incidents.get(claim.incident_id)
        return incident if incident is not None and incident.active else None


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
) -> Outcome:
    """Turn findings into decisions and changes.

    ``numbers`` gives the ids of new incidents, one for each correlation key that has no joinable incident;
    ``new_id`` the ids of changes. ``adopt`` records what fires without starting an escalation cycle.
    ``known`` must hold what :func:`~tocsin.domain.assess.wanted` asked for.
    """
    decisions: list[Decision] = []
    marks: list[AlertWrite] = []
    pursuits: dict[str, Pursuit] = {}
    for finding in (placed for found in findings for placed in _in_context(found, known)):
        incident = known.incidents.get(finding.alert.incident_id) if finding.alert else None
        if finding.step is Step.OPEN and finding.seen is not None:
            key = rules.correlation_key(finding.seen)
            incident = known.joinable(key, now)
            name = key if incident is None else incident.id
            pursuits.setdefault(name, Pursuit(incident, key, known.claims.get(key))).add(finding)
        elif finding.step in (Step.REFIRE, Step.UPDATE, Step.END) and incident is not None:
            pursuits.setdefault(incident.id, Pursuit(incident, incident.correlation_key)).add(finding)
        else:
            decisions.append(_decision(finding))
            if finding.alert is not None and finding.step is Step.MARK:
                marks.append(rows.marked(finding, finding.alert))
            elif finding.alert is not None and finding.step is Step.END:
                marks.append(rows.ended(finding, finding.alert, forget_at=now + rules.tombstone))
    changes = [Change(id=new_id(), at=now, alerts=tuple(some)) for some in chunks(marks, MOST_ALERTS)]
    # What ends under a resolved incident goes first: the same alert may open the next one below.
    for pursuit in sorted(pursuits.values(), key=lambda one: one.joins_active):
        pursued = pursuit.write(rules, now, numbers=numbers, new_id=new_id, adopt=adopt)
        changes.extend(pursued.changes)
        decisions.extend(pursued.decisions)
    return Outcome(decisions, changes)


def _in_context(finding: Finding, known: Known) -> tuple[Finding, ...]:
    """Fit a finding to what became of its incident: a person may have resolved it while the alert fired."""
    alert = finding.alert
    if alert is None or finding.step not in (Step.REFIRE, Step.UPDATE):
        return (finding,)
    incident = known.incidents.get(alert.incident_id)
    if incident is not None and incident.active:
        return (finding,)
    if finding.step is Step.UPDATE:
        return (finding._replace(step=Step.NOTHING, reason=Reason.COVERED_BY_RESOLVE),)
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
