"""What people work on. The one :func:`transition` moves it; nothing moves it back.

Times in this module are *our* clock, UTC.
"""

from collections.abc import Mapping
from enum import StrEnum

from tocsin.errors import IllegalMove

from .frozen import Frozen, Utc
from .people import Role
from .severity import Severity, worst
from .source import Links, Source


class Status(StrEnum):
    """``detected → acknowledged → in_progress → resolved → closed``."""

    DETECTED = "detected"
    ACKNOWLEDGED = "acknowledged"
    IN_PROGRESS = "in_progress"
    RESOLVED = "resolved"
    CLOSED = "closed"

    @property
    def active(self) -> bool:
        """True before ``resolved``."""
        return self not in (Status.RESOLVED, Status.CLOSED)


NEXT: Mapping[Status, tuple[Status, ...]] = {
    Status.DETECTED: (Status.ACKNOWLEDGED, Status.IN_PROGRESS, Status.RESOLVED),
    Status.ACKNOWLEDGED: (Status.IN_PROGRESS, Status.RESOLVED),
    Status.IN_PROGRESS: (Status.RESOLVED,),
    Status.RESOLVED: (Status.CLOSED,),
    Status.CLOSED: (),
}
"""Where an incident may go from each status."""

AWAKE: Mapping[str, None] = {"snoozed_until": None, "snoozed_severity": None}
"""The fields of an incident that is not snoozed."""

MOST_MERGED = 50
"""Incidents that one may take over, those that they had taken over included: no way from one to it is longer."""


class AlertCounts(Frozen):
    """How many episodes ever belonged to the incident, and which alerts fire now, by severity.

    ``muted`` counts those of ``firing`` that are muted. Kept on the incident, so that whoever sees a single alert
    can still tell the worst.
    """

    total: int = 0
    firing: dict[Severity, int] = {}
    muted: dict[Severity, int] = {}

    @property
    def firing_now(self) -> int:
        """How many alerts fire, muted ones included."""
        return sum(self.firing.values())

    @property
    def all_muted(self) -> bool:
        """True when something fires and all of it is muted: pages are held."""
        return self.firing_now > 0 and self.firing_now == sum(self.muted.values())

    @property
    def worst_firing(self) -> Severity | None:
        """The worst severity that fires, or None."""
        return worst(self.firing)

    def plus(self, other: "AlertCounts") -> "AlertCounts":
        """Return the counts of both together."""
        both = self.model_copy(update={"total": self.total + other.total})
        for severity, number in other.firing.items():
            muted = other.muted.get(severity, 0)
            both = both.adding(severity, muted=True, by=muted).adding(severity, muted=False, by=number - muted)
        return both

    def adding(self, severity: Severity, *, muted: bool, by: int = 1) -> "AlertCounts":
        """Return the counts with ``by`` more firing alerts of ``severity`` (negative: fewer)."""
        return self.model_copy(
            update={
                "firing": _added(self.firing, severity, by),
                "muted": _added(self.muted, severity, by if muted else 0),
            }
        )


def _added(counts: dict[Severity, int], severity: Severity, by: int) -> dict[Severity, int]:
    number = counts.get(severity, 0) + by
    others = {one: count for one, count in counts.items() if one is not severity}
    return {**others, severity: number} if number > 0 else others


class Incident(Frozen):
    """One problem, from detection to its post-mortem.

    ``cycles`` counts the escalation cycles begun, ``acknowledged_cycles`` those that an acknowledgement covers;
    equal means that nobody is being paged; ``acknowledged_severity`` is what was acknowledged or adopted, so that
    a rise above it pages again. ``recovered_at`` is set while nothing fires any more. ``version`` is
    bumped by every write, ``revision`` only by what a person can edit.

    ``held_cycle`` is the number of a cycle that pages nobody any more because all that fired was muted for a while.

    ``roles`` holds the roles of those ``assignees`` who do more than respond. Until ``snoozed_until`` pages are held,
    unless it gets worse than ``snoozed_severity``, which it had when it was snoozed. ``merged_into`` is the incident
    that took this one over, ``merged`` are those that this one took over, theirs included.
    """

    id: str
    title: str
    description: str = ""
    logs: tuple[str, ...] = ()
    status: Status = Status.DETECTED
    severity: Severity
    severity_pinned: bool = False
    service: str = ""
    environment: str = ""
    team: str = ""
    source: Source
    correlation_key: str = ""
    assignees: tuple[str, ...] = ()
    roles: dict[str, Role] = {}
    acknowledged_by: str = ""
    acknowledged_severity: Severity | None = None
    root_cause: str = ""
    resolution_steps: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    links: Links = Links()
    alerts: AlertCounts = AlertCounts()
    flaps: int = 0
    cycles: int = 1
    acknowledged_cycles: int = 0
    cycle_restarted_at: Utc | None = None
    cycle_due_at: Utc | None = None
    held_cycle: int = 0
    snoozed_until: Utc | None = None
    snoozed_severity: Severity | None = None
    triggered_at: Utc | None = None
    opened_at: Utc
    acknowledged_at: Utc | None = None
    started_at: Utc | None = None
    recovered_at: Utc | None = None
    resolved_at: Utc | None = None
    resolved_by: str = ""
    closed_at: Utc | None = None
    previous_incident: str = ""
    merged_into: str = ""
    merged: tuple[str, ...] = ()
    version: int = 0
    revision: int = 0

    @property
    def active(self) -> bool:
        """True before ``resolved``."""
        return self.status.active

    @property
    def paging(self) -> bool:
        """True while a cycle runs that no acknowledgement covers, unless all that fires is muted, or it is snoozed."""
        held = self.alerts.all_muted or self.snoozed_until is not None
        return self.active and self.cycles > self.acknowledged_cycles and not held

    @property
    def assignments(self) -> Mapping[str, Role]:
        """Who works on it, and as what."""
        return {who: self.roles.get(who, Role.RESPONDER) for who in self.assignees}

    @property
    def time_to_acknowledge(self) -> float | None:
        """Seconds from opening to the first acknowledgement; None if there was none."""
        return (self.acknowledged_at - self.opened_at).total_seconds() if self.acknowledged_at else None

    @property
    def time_to_resolve(self) -> float | None:
        """Seconds from opening to the recovery that resolved it; None while unresolved."""
        return (self.resolved_at - self.opened_at).total_seconds() if self.resolved_at else None


def incident_id(number: int) -> str:
    """Return the id of the incident with this number: short, and easy to say on the telephone."""
    return f"INC-{number}"


def transition(incident: Incident, to: Status, *, at: Utc, by: str) -> Incident:
    """Return ``incident`` moved to ``to`` with the times and names that go with it; the only way to change status.

    Acknowledging (or starting, which implies it) covers the cycles begun so far and assigns ``by`` if nobody is
    assigned. Starting and resolving end a snooze. Raises :class:`~tocsin.errors.IllegalMove`, which lists what is allowed from here.
    """
    allowed = NEXT[incident.status]
    if to not in allowed:
        raise IllegalMove(_refusal(incident, to, allowed), allowed=allowed)
    update: dict[str, object] = {"status": to}
    match to:
        case Status.ACKNOWLEDGED:
            update |= _acknowledgement(incident, at=at, by=by)
        case Status.IN_PROGRESS:
            update |= _acknowledgement(incident, at=at, by=by) | {"started_at": at, **AWAKE}
        case Status.RESOLVED:
            update |= {"resolved_at": at, "resolved_by": by, "cycle_due_at": None, **AWAKE}
        case _:
            update |= {"closed_at": at}
    return incident.model_copy(update=update)


def acknowledge_again(incident: Incident, *, at: Utc, by: str) -> Incident:
    """Cover the cycles begun since the last acknowledgement; the incident itself is returned if there are none."""
    if incident.cycles == incident.acknowledged_cycles and incident.cycle_due_at is None:
        return incident
    return incident.model_copy(update=_acknowledgement(incident, at=at, by=by))


def _acknowledgement(incident: Incident, *, at: Utc, by: str) -> dict[str, object]:
    return {
        "acknowledged_at": incident.acknowledged_at or at,
        "acknowledged_by": incident.acknowledged_by or by,
        "acknowledged_severity": incident.severity,
        "acknowledged_cycles": incident.cycles,
        "cycle_due_at": None,
        "assignees": incident.assignees or (by,),
    }


def _refusal(incident: Incident, to: Status, allowed: tuple[Status, ...]) -> str:
    if not allowed:
        return f"{incident.id} is {incident.status.value}: nothing follows that"
    options = " or ".join(status.value for status in allowed)
    return f"{incident.id} is {incident.status.value} and cannot become {to.value}; allowed from here: {options}"
