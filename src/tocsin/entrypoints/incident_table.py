"""Incidents as a table, to be looked at."""

from collections.abc import Callable, Sequence
from datetime import datetime

from tocsin.domain.incident import Incident

from .layout import Column
from .moments import age, exact
from .screen import Screen, Styled

_ID = Column("ID")
_SEVERITY = Column("SEVERITY")
_STATUS = Column("STATUS")
_AGE = Column("AGE", right=True)
_OPENED = Column("OPENED (UTC)")
_ALERTS = Column("ALERTS", leave_out=2)
_WHO = Column("WHO", leave_out=3)
_SERVICE = Column("SERVICE", leave_out=1)
_ENVIRONMENT = Column("ENVIRONMENT", leave_out=4)
_TEAM = Column("TEAM", leave_out=5)
_SOURCE = Column("SOURCE", leave_out=8)
_ACKNOWLEDGED = Column("ACKNOWLEDGED (UTC)", leave_out=6)
_RESOLVED = Column("RESOLVED (UTC)", leave_out=7)
_TITLE = Column("TITLE", flexible=True)


def incident_table(
    screen: Screen, incidents: Sequence[Incident], *, now: datetime, utc: bool = False, wide: bool = False
) -> None:
    """Show ``incidents``, a line each. ``utc``: exact times in place of ages. ``wide``: every column."""
    columns: dict[Column, Callable[[Incident], str | Styled]] = {
        _ID: lambda one: one.id,
        _SEVERITY: lambda one: Styled(one.severity.value, one.severity.value if one.active else "quiet"),
        _STATUS: lambda one: Styled(said(one.status.value), one.status.value),
        _AGE: lambda one: age(one.opened_at, now),
        _OPENED: lambda one: exact(one.opened_at),
        _ALERTS: lambda one: Styled(alerts(one), "quiet"),
        _WHO: lambda one: ", ".join(one.assignees) or "-",
        _SERVICE: lambda one: one.service or "-",
        _ENVIRONMENT: lambda one: one.environment or "-",
        _TEAM: lambda one: one.team or "-",
        _SOURCE: lambda one: one.source.value,
        _ACKNOWLEDGED: lambda one: exact(one.acknowledged_at) or "-",
        _RESOLVED: lambda one: exact(one.resolved_at) or "-",
        _TITLE: lambda one: Styled(one.title, "" if one.active else "quiet"),
    }
    hidden = set() if wide else {_ENVIRONMENT, _TEAM, _SOURCE, _ACKNOWLEDGED, _RESOLVED, _AGE if utc else _OPENED}
    shown = [column for column in columns if column not in hidden]
    screen.table(shown, [[columns[column](one) for column in shown] for one in incidents])


def said(status: str) -> str:
    """Return a status as one says it."""
    return status.replace("_", " ")


def alerts(incident: Incident) -> str:
    """Say what fires: ``2 firing``, ``3 muted``, ``quiet``; a dash where there is nothing to say."""
    firing = incident.alerts.firing_now
    if not incident.active or (not firing and not incident.alerts.total):
        return "-"
    if not firing:
        return "quiet"
    return f"{firing} muted" if incident.alerts.all_muted else f"{firing} firing"
