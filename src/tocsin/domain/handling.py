"""What people do with incidents. Each function takes one step of a draft, or none where nothing would change.

Every step of a person bumps ``revision``, so that two people cannot overwrite each other unseen. All raise
:class:`~tocsin.errors.IllegalMove` where the incident's status forbids the step.
"""

from collections.abc import Sequence

from tocsin.errors import IllegalMove, InvalidInput

from .alert import Source
from .decision import Reason
from .draft import Draft
from .incident import Incident, Status, acknowledge_again, transition
from .lifecycle import CYCLE, page_if_worse, resolve
from .rules import Rules
from .severity import Severity
from .timeline import EventKind

LONGEST_NOTE = 8_000
"""Characters of a note, a root cause or a resolution step."""


def open_by_hand(
    draft: Draft,
    *,
    incident_id: str,
    title: str,
    severity: Severity,
    description: str = "",
    service: str = "",
    environment: str = "",
    team: str = "",
    tags: Sequence[str] = (),
    logs: Sequence[str] = (),
) -> None:
    """Open an incident without alerts. Raises ``InvalidInput`` for an empty title."""
    if not title.strip():
        message = "an incident needs a title"
        raise InvalidInput(message)
    incident = Incident(
        id=incident_id,
        title=title.strip(),
        description=description,
        logs=tuple(logs),
        severity=severity,
        severity_pinned=True,
        service=service,
        environment=environment,
        team=team,
        source=Source.MANUAL,
        tags=tuple(tags),
        triggered_at=draft.at,
        opened_at=draft.at,
    )
    draft.step(incident, EventKind.OPENED, Reason.BY_HAND, text=f"{severity.value}: {incident.title}")


def acknowledge(draft: Draft, *, by: str) -> None:
    """Say that somebody is on it. Doing so twice is no error, and covers the cycles begun in between."""
    before = draft.incident
    if before.status is Status.DETECTED:
        after = transition(before, Status.ACKNOWLEDGED, at=draft.at, by=by)
    elif before.active:
        after = acknowledge_again(before, at=draft.at, by=by)
        if after is before:
            return
    else:
        after = transition(before, Status.ACKNOWLEDGED, at=draft.at, by=by)
    _step(draft, after, EventKind.ACKNOWLEDGED)
    if before.cycle_due_at is not None:
        draft.stop_timer(CYCLE)


def start(draft: Draft, *, by: str) -> None:
    """Say that work has begun, which acknowledges too. Doing so twice is no error."""
    before = draft.incident
    if before.status is Status.IN_PROGRESS:
        return
    _step(draft, transition(before, Status.IN_PROGRESS, at=draft.at, by=by), EventKind.STARTED)
    if before.cycle_due_at is not None:
        draft.stop_timer(CYCLE)


def resolve_by_hand(draft: Draft, *, by: str, root_cause: str = "", steps: Sequence[str] = ()) -> None:
    """Resolve as of now. On a resolved incident it only adds what is new of root cause and steps."""
    before = draft.incident
    update = _explanation(before, root_cause, steps)
    if before.status is Status.RESOLVED:
        if update:
            _step(draft, before.model_copy(update=update), EventKind.ROOT_CAUSE_ADDED, text=root_cause)
        return
    update["revision"] = before.revision + 1
    resolve(draft, at=draft.at, by=by, reason=Reason.BY_HAND, text=root_cause, update=update)


def _explanation(incident: Incident, root_cause: str, steps: Sequence[str]) -> dict[str, object]:
    update: dict[str, object] = {}
    if root_cause and root_cause != incident.root_cause:
        update["root_cause"] = _bounded(root_cause)
    new = [_bounded(step) for step in steps if step not in incident.resolution_steps]
    if new:
        update["resolution_steps"] = (*incident.resolution_steps, *new)
    return update


def close(draft: Draft, *, by: str) -> None:
    """Close a resolved incident: its post-mortem is done. Doing so twice is no error."""
    if draft.incident.status is not Status.CLOSED:
        _step(draft, transition(draft.incident, Status.CLOSED, at=draft.at, by=by), EventKind.CLOSED)


def assign(draft: Draft, *, who: str) -> None:
    """Add somebody to those who work on it."""
    before = _still_open(draft.incident, "assigned")
    if not who.strip():
        message = "say who it is assigned to"
        raise InvalidInput(message)
    if who not in before.assignees:
        after = before.model_copy(update={"assignees": (*before.assignees, who)})
        _step(draft, after, EventKind.ASSIGNED, text=who)


def note(draft: Draft, *, text: str) -> None:
    """Add a line to the timeline, in any status. Raises ``InvalidInput`` for an empty one."""
    if not text.strip():
        message = "a note needs some text"
        raise InvalidInput(message)
    _step(draft, draft.incident, EventKind.NOTED, text=_bounded(text))


def set_severity(draft: Draft, rules: Rules, *, severity: Severity) -> None:
    """Pin the severity: no machine changes it any more. Above what was acknowledged it starts a new cycle."""
    before = _still_open(draft.incident, "given another severity")
    if before.severity is severity and before.severity_pinned:
        return
    after = before.model_copy(update={"severity": severity, "severity_pinned": True})
    _step(draft, after, EventKind.SEVERITY_CHANGED, text=f"{before.severity.value} → {severity.value}, pinned")
    page_if_worse(draft, rules, severity)


def _step(draft: Draft, after: Incident, kind: EventKind, *, text: str = "") -> None:
    edited = after.model_copy(update={"revision": draft.incident.revision + 1})
    draft.step(edited, kind, Reason.BY_HAND, text=text)


def _still_open(incident: Incident, done: str) -> Incident:
    if not incident.active:
        message = f"{incident.id} is {incident.status.value} and cannot be {done}"
        raise IllegalMove(message, hint="a note can be added in any status")
    return incident


def _bounded(text: str) -> str:
    return text if len(text) <= LONGEST_NOTE else text[: LONGEST_NOTE - 1] + "…"
