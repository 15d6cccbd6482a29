"""Changing several things of an incident at once: one change, one revision, an event for each thing."""

from .assigning import set_assignees
from .draft import Draft
from .frozen import Frozen, Utc
from .handling import acknowledge, by_hand, close, explain, note, resolve_by_hand, set_severity, start, titled
from .incident import Status, transition
from .lengths import bounded
from .rules import Rules
from .severity import Severity
from .snoozing import snooze, unsnooze
from .timeline import EventKind


class Edit(Frozen):
    """What is to be different.

    A field that is None stays as it is, but for ``snoozed_until``: given as None it ends the snooze. ``assignees`` and ``resolution_steps`` are the whole lists as they shall be; ``note`` adds one.
    """

    status: Status | None = None
    severity: Severity | None = None
    title: str | None = None
    description: str | None = None
    service: str | None = None
    environment: str | None = None
    team: str | None = None
    assignees: tuple[str, ...] | None = None
    snoozed_until: Utc | None = None
    root_cause: str | None = None
    resolution_steps: tuple[str, ...] | None = None
    note: str = ""


def edit(draft: Draft, rules: Rules, wanted: Edit, *, by: str) -> None:
    """Do all of it, or raise and do none.

    The status comes after severity and assignees: so one edit may raise the severity and acknowledge it, which pages
    nobody, or give the severity that a resolved incident keeps. It comes before the snooze, which it may end. Raises
    as each step does.
    """
    _describe(draft, wanted)
    explain(draft, root_cause=wanted.root_cause, steps=wanted.resolution_steps)
    if wanted.severity is not None:
        set_severity(draft, rules, severity=wanted.severity)
    if wanted.assignees is not None:
        set_assignees(draft, whos=wanted.assignees)
    if wanted.status is not None:
        _move(draft, wanted.status, by=by)
    if wanted.snoozed_until is not None:
        snooze(draft, until=wanted.snoozed_until)
    elif "snoozed_until" in wanted.model_fields_set:
        unsnooze(draft)
    if wanted.note:
        note(draft, text=wanted.note)


def _move(draft: Draft, to: Status, *, by: str) -> None:
    match to:
        case Status.ACKNOWLEDGED:
            acknowledge(draft, by=by)
        case Status.IN_PROGRESS:
            start(draft, by=by)
        case Status.RESOLVED:
            resolve_by_hand(draft, by=by)
        case Status.CLOSED:
            close(draft, by=by)
        case _:
            if draft.incident.status is not Status.DETECTED:
                transition(draft.incident, to, at=draft.at, by=by)  # which refuses it, and says what is allowed


_SHORT = ("title", "service", "environment", "team")


def _describe(draft: Draft, wanted: Edit) -> None:
    """Change what describes the incident. The event keeps what was said before: the timeline loses nothing."""
    before = draft.incident
    given = wanted.model_dump(include={*_SHORT, "description"}, exclude_none=True)
    if "title" in given:
        given["title"] = titled(given["title"])
    after = bounded(before.model_copy(update=given))
    said = [_said(name, getattr(before, name), getattr(after, name)) for name in (*_SHORT, "description")]
    if after != before:
        by_hand(draft, after, EventKind.EDITED, text="; ".join(filter(None, said)))


def _said(name: str, was: str, value: str) -> str:
    if value == was:
        return ""
    if name == "description":
        return f"description, which was: {was}" if was else "description"
    return f"{name}: {was or '(none)'} → {value or '(none)'}"
