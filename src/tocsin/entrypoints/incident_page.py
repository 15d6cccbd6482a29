"""One incident in full: facts, links, alerts, timeline, durations."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from tocsin.domain.alert import Alert
from tocsin.domain.incident import NEXT, Incident
from tocsin.domain.people import Role
from tocsin.domain.timeline import Event

from .incident_table import alerts as firing
from .incident_table import said
from .layout import Column
from .moments import age, duration, exact
from .plain_text import padded
from .screen import Screen, Styled

LABEL = 16
"""Columns of the facts' names."""

_COMMANDS = {"acknowledged": "ack", "in_progress": "start", "resolved": "resolve", "closed": "close"}


class Page(NamedTuple):
    """Everything that is known of an incident."""

    incident: Incident
    alerts: Sequence[Alert]
    timeline: Sequence[Event]


def show_page(screen: Screen, page: Page, *, now: datetime, program: str) -> None:
    """Show everything; exact times stand beside ages and are UTC."""
    incident = page.incident
    screen.line(
        Styled(incident.id, "heading"),
        "  ",
        Styled(incident.severity.value, incident.severity.value),
        "  ",
        Styled(said(incident.status.value), incident.status.value),
    )
    screen.prose(incident.title, indent="", style="heading")
    screen.line()
    for label, text in _facts(incident, now):
        screen.line(Styled(padded(label, LABEL), "quiet"), text)
    _show_text(screen, "Description", [incident.description])
    _show_text(screen, "Logs", incident.logs)
    _show_text(screen, "Root cause", [incident.root_cause])
    _show_text(screen, "Resolution", [f"- {step}" for step in incident.resolution_steps])
    _show_alerts(screen, page.alerts, now)
    _show_timeline(screen, page.timeline, incident.opened_at)
    if screen.terminal:
        _show_next(screen, incident, program)


def _facts(incident: Incident, now: datetime) -> Iterator[tuple[str, str]]:
    """Yield what is known, by name; what is not known is left out."""
    pinned = "pinned by a person" if incident.severity_pinned else ""
    pages = f"{incident.cycles} begun, {incident.acknowledged_cycles} acknowledged"
    named = {
        "Service": incident.service,
        "Environment": incident.environment,
        "Team": incident.team,
        "Source": incident.source.value,
        "Opened": _time(incident.opened_at, now),
        "Acknowledged": _by(_time(incident.acknowledged_at, now), incident.acknowledged_by),
        "Started": _time(incident.started_at, now),
        "Recovered": _time(incident.recovered_at, now),
        "Resolved": _by(_time(incident.resolved_at, now), incident.resolved_by),
        "Closed": _time(incident.closed_at, now),
        "To acknowledge": _lasted(incident.time_to_acknowledge),
        "To resolve": _lasted(incident.time_to_resolve),
        "Assigned to": ", ".join(
            who if role is Role.RESPONDER else f"{who} ({role.value})" for who, role in incident.assignments.items()
        ),
        "Snoozed until": f"{exact(incident.snoozed_until)} UTC" if incident.snoozed_until else "",
        "Severity": pinned,
        "Alerts": firing(incident).strip("-"),
        "Flaps": str(incident.flaps or ""),
        "Cycles": pages if incident.cycles > 1 or incident.active else "",
        "Previous": incident.previous_incident,
        "Merged into": incident.merged_into,
        "Took over": ", ".join(incident.merged),
        "Tags": ", ".join(incident.tags),
        "Runbook": incident.links.runbook,
        "Monitor": incident.links.monitor,
        "Group": incident.links.group,
    }
    return ((name, text) for name, text in named.items() if text)


def _time(moment: datetime | None, now: datetime) -> str:
    return "" if moment is None else f"{exact(moment)} UTC, {age(moment, now)} ago"


def _by(time: str, who: str) -> str:
    return f"{time}, by {who}" if time and who else time


def _lasted(seconds: float | None) -> str:
    return "" if seconds is None else duration(seconds)


def _show_text(screen: Screen, heading: str, texts: Sequence[str]) -> None:
    if any(text.strip() for text in texts):
        screen.line()
        screen.line(Styled(heading, "heading"))
        for text in texts:
            screen.prose(text)


_ALERT_COLUMNS = (
    Column("SEVERITY"),
    Column("STATE"),
    Column("SINCE (UTC)"),
    Column("AGE", right=True, leave_out=2),
    Column("ENDED (UTC)", leave_out=1),
    Column("WHY", leave_out=3),
    Column("MEASURED", leave_out=4),
    Column("ALERT", flexible=True),
)


def _show_alerts(screen: Screen, episodes: Sequence[Alert], now: datetime) -> None:
    if not episodes:
        return
    screen.line()
    screen.line(Styled(f"Alerts ({sum(one.firing for one in episodes)} firing, {len(episodes)} in all)", "heading"))
    rows = [
        (
            Styled(one.severity.value, one.severity.value if one.firing else "quiet"),
            one.word + (", muted" if one.muted else "") if one.firing else "ended",
            exact(one.triggered_at),
            age(one.triggered_at, now),
            exact(one.ended_at) or "-",
            one.ended_by.value.replace("_", " ") if one.ended_by else "-",
            _measured(one),
            one.title if one.group == "*" else f"{one.group} · {one.title}",
        )
        for one in episodes
    ]
    screen.table(_ALERT_COLUMNS, rows, indent="  ", wrap=True)


def _measured(alert: Alert) -> str:
    value = "" if alert.value is None else f"{alert.value:g}"
    threshold = "" if alert.threshold is None else f"limit {alert.threshold:g}"
    return ", ".join(filter(None, (value, threshold))) or "-"


def _show_timeline(screen: Screen, events: Sequence[Event], opened_at: datetime) -> None:
    screen.line()
    screen.line(Styled("Timeline (UTC)", "heading"))
    columns = (
        Column("TIME"),
        Column("AFTER", right=True, leave_out=1),
        Column("WHAT"),
        Column("BY"),
        Column("", flexible=True),
    )
    rows = [
        (
            Styled(exact(event.at), "quiet"),
            duration((event.at - opened_at).total_seconds()),
            event.kind.value.replace("_", " "),
            event.by,
            event.text,
        )
        for event in events
    ]
    screen.table(columns, rows, indent="  ", wrap=True)


def _show_next(screen: Screen, incident: Incident, program: str) -> None:
    commands = [_COMMANDS[status.value] for status in NEXT[incident.status]]
    if commands:
        screen.line()
        screen.line("Next: ", ", ".join(f"`{program} {command} {incident.id}`" for command in commands))
