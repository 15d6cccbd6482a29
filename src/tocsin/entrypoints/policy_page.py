"""Escalation policies as a person reads them."""

from collections.abc import Iterator

from tocsin.api.policy_views import PolicyView
from tocsin.domain.policy import Assign, CreateIssue, Notify, Policy, SetSeverity, SetStatus
from tocsin.domain.policy_conditions import SAYS_MORE, Conditions, Times
from tocsin.domain.rotation import Hours

from .layout import Column
from .screen import Screen, Styled

LIST = (
    Column("NAME"),
    Column("STEPS", right=True),
    Column("ID", leave_out=1),
    Column("HOLDS FOR", flexible=True),
)


def row(one: Policy) -> tuple[str | Styled, ...]:
    """Return the row of a policy in a list."""
    said = said_of(one.conditions)
    return (Styled(one.name, "heading"), str(len(one.steps)), one.id, said if one.is_active else f"{said} (inactive)")


def said_of(conditions: Conditions) -> str:
    """Say what must hold of an incident."""
    return "; ".join(_conditions(conditions)) or "whatever no other holds for"


def show(out: Screen, one: PolicyView) -> None:
    """Write all there is to say about a policy."""
    state = "" if one.is_active else "  inactive"
    out.line(Styled(one.name, "heading"), f"  {one.id}", Styled(state, "quiet"))
    if one.description:
        out.line(f"  {one.description}")
    out.line(f"  holds for: {said_of(one.conditions)}")
    minutes = 0
    for step in one.steps:
        minutes += step.delay_minutes
        out.line(f"  after {minutes} min:")
        for action in step.actions:
            out.line(f"    {_action(action)}")
    if one.repeat:
        out.line(f"  again {one.repeat} times, {one.repeat_after_minutes} min after the last")
    out.line(f"  where nobody is reached: {', '.join(one.fallback) or 'admins'}")
    if one.hold is not None:
        out.line(f"  {', '.join(one.hold.severity)} waits until this is over: {_times(one.hold.times)}")
    if one.ack_timeout_minutes:
        out.line(f"  an acknowledgement counts for {one.ack_timeout_minutes} min unless work begins")


def _conditions(conditions: Conditions) -> Iterator[str]:
    for name in SAYS_MORE:
        value = getattr(conditions, name)
        if isinstance(value, Times):
            yield _times(value)
        elif value:
            yield f"{name} {(' and ' if name == 'labels' else ' or ').join(value)}"


def _times(times: Times) -> str:
    return f"{', '.join(map(_hours, times.hours))} in {times.time_zone}"


def _hours(hours: Hours) -> str:
    days = ",".join(day[:3] for day in hours.weekdays)
    return f"{days} {hours.begin:%H:%M}-{hours.end:%H:%M}"


def _action(action: object) -> str:
    match action:
        case Notify():
            over = f" over {', '.join(action.channels)}" if action.channels else ""
            turn = ", one in turn" if action.round_robin else ""
            said = f": {action.message}" if action.message else ""
            return f"page {action.target}{over}{turn}{said}"
        case Assign():
            return f"assign {action.target}"
        case SetSeverity():
            return f"set the severity to {action.severity}"
        case SetStatus():
            return f"set the status to {action.status}"
        case CreateIssue():
            return f"open an issue in {action.repository}"
        case _:
            return f"call {getattr(action, 'target', '')}"
