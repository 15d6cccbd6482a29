"""What people do with incidents. Each function takes the steps of a draft that it needs; none where nothing changes.

All raise :class:`~tocsin.errors.IllegalMove` where the incident's status forbids the step. What steers the handling of
an incident (severity, assignments, a snooze) is settled once it is resolved. What describes it (``editing``), and its
notes, stay open for the post-mortem, and for whoever finds the root cause a month later.
"""

from collections.abc import Sequence

from tocsin.errors import IllegalMove, InvalidInput

from .alert import AlertState, Observation, Source
from .decision import Reason
from .draft import Draft
from .incident import NEXT, Incident, Status, acknowledge_again, transition
from .lengths import bounded
from .lifecycle import CYCLE, SNOOZE, page_if_worse, resolve
from .people import people
from .rules import Rules
from .severity import Severity
from .timeline import EventKind

LONGEST_NOTE = 8_000
"""Characters of a note, a root cause or a resolution step."""


def open_by_hand(
    draft: Draft,
    rules: Rules,
    *,
    incident_id: str,
    title: str,
    severity: Severity | None = None,
    description: str = "",
    service: str = "",
    environment: str = "",
    team: str = "",
    tags: Sequence[str] = (),
    logs: Sequence[str] = (),
    assignees: Sequence[str] = (),
) -> None:
    """Open an incident without alerts. A severity that is given is pinned; None: the rules give one.

    Raises ``InvalidInput`` for an empty title.
    """
    seen = Observation(
        source=Source.MANUAL,
        origin=incident_id,
        key=incident_id,
        state=AlertState.ALERT,
        word="firing",
        observed_at=draft.at,
        title=titled(title),
        message=description,
        service=service,
        environment=environment,
        team=team,
        tags=tuple(tags),
    )
    judged = rules.judge(seen)
    incident = Incident(
        id=incident_id,
        title=seen.title,
        description=description,
        logs=tuple(logs),
        severity=severity or judged.severity,
        severity_pinned=severity is not None,
        service=service,
        environment=environment,
        team=team,
        source=Source.MANUAL,
        tags=seen.tags,
        assignees=people(assignees),
        triggered_at=draft.at,
        opened_at=draft.at,
    )
    text = f"{incident.severity.value}: {incident.title}"
    by_hand(draft, incident, EventKind.OPENED, text=text if severity else f"{text}; {judged.rule}")


def titled(title: str) -> str:
    """Return a title. Raises ``InvalidInput`` for an empty one."""
    if not title.strip():
        message = "an incident needs a title"
        raise InvalidInput(message)
    return title.strip()


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
    by_hand(draft, after, EventKind.ACKNOWLEDGED)
    if before.cycle_due_at is not None:
        draft.stop_timer(CYCLE)


def start(draft: Draft, *, by: str) -> None:
    """Say that work has begun, which acknowledges and ends a snooze. Doing so twice is no error."""
    before = draft.incident
    if before.status is Status.IN_PROGRESS:
        return
    by_hand(draft, transition(before, Status.IN_PROGRESS, at=draft.at, by=by), EventKind.STARTED)
    if before.cycle_due_at is not None:
        draft.stop_timer(CYCLE)
    if before.snoozed_until is not None:
        draft.stop_timer(SNOOZE)


def resolve_by_hand(draft: Draft, *, by: str, root_cause: str = "", steps: Sequence[str] = ()) -> None:
    """Resolve as of now. On a resolved incident it only adds what is new of root cause and steps."""
    before = draft.incident
    known = before.resolution_steps
    after = _explained(before, root_cause or None, (*known, *(step for step in steps if step not in known)))
    if before.status is not Status.RESOLVED:
        update: dict[str, object] = {"root_cause": after.root_cause, "resolution_steps": after.resolution_steps}
        resolve(draft, at=draft.at, by=by, reason=Reason.BY_HAND, text=root_cause, update=update)
    elif after != before:
        by_hand(draft, after, EventKind.ROOT_CAUSE_ADDED, text=root_cause)


def explain(draft: Draft, *, root_cause: str | None, steps: Sequence[str] | None) -> None:
    """Say why it happened and what was done, in place of what was said before, in any status. None: as it was."""
    after = _explained(draft.incident, root_cause, steps)
    if after != draft.incident:
        text = root_cause or "; ".join(after.resolution_steps if steps else ()) or "taken back"
        by_hand(draft, after, EventKind.ROOT_CAUSE_ADDED, text=text)


def _explained(incident: Incident, root_cause: str | None, steps: Sequence[str] | None) -> Incident:
    update: dict[str, object] = {}
    if root_cause is not None:
        update["root_cause"] = _bounded(root_cause)
    if steps is not None:
        update["resolution_steps"] = tuple(_bounded(step) for step in steps if step.strip())
    # What is kept of it is what is compared: a text that was cut is the same text the second time.
    return bounded(incident.model_copy(update=update))


def close(draft: Draft, *, by: str) -> None:
    """Close a resolved incident: its post-mortem is done. Doing so twice is no error."""
    if draft.incident.status is not Status.CLOSED:
        by_hand(draft, transition(draft.incident, Status.CLOSED, at=draft.at, by=by), EventKind.CLOSED)


def note(draft: Draft, *, text: str) -> None:
    """Add a line to the timeline, in any status. Raises ``InvalidInput`` for an empty one."""
    if not text.strip():
        message = "a note needs some text"
        raise InvalidInput(message)
    by_hand(draft, draft.incident, EventKind.NOTED, text=_bounded(text))


def set_severity(draft: Draft, rules: Rules, *, severity: Severity) -> None:
    """Pin the severity: no machine changes it any more. Above what was acknowledged it starts a new cycle."""
    before = still_open(draft.incident, "given another severity")
    if before.severity is severity and before.severity_pinned:
        return
    after = before.model_copy(update={"severity": severity, "severity_pinned": True})
    by_hand(draft, after, EventKind.SEVERITY_CHANGED, text=f"{before.severity.value} → {severity.value}, pinned")
    page_if_worse(draft, rules, severity)


def by_hand(draft: Draft, after: Incident, kind: EventKind, *, text: str = "") -> None:
    """Take the step of a person."""
    draft.step(after, kind, Reason.BY_HAND, text=text)


def still_open(incident: Incident, done: str) -> Incident:
    """Return the incident. Raises ``IllegalMove`` if it is resolved, so that it cannot be ``done`` any more."""
    if not incident.active:
        message = f"{incident.id} is {incident.status.value} and cannot be {done}"
        hint = "what describes it can be edited, and a note can be added in any status"
        raise IllegalMove(message, allowed=NEXT[incident.status], hint=hint)
    return incident


def _bounded(text: str) -> str:
    return text if len(text) <= LONGEST_NOTE else text[: LONGEST_NOTE - 1] + "…"
