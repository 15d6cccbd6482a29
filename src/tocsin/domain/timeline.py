"""The record of an incident: numbered events, and the replay that proves them complete."""

from collections.abc import Iterable
from enum import StrEnum

from pydantic import JsonValue

from .decision import Reason
from .frozen import Frozen, Utc
from .incident import Incident

SYSTEM = "tocsin"
"""Who acts when no person does."""

FACTS_OF_OPENING = frozenset({"description", "logs", "tags", "links"})
"""Long fields that stand on the incident from its first moment; the opening event does not repeat them."""


class EventKind(StrEnum):
    """What happened to an incident."""

    OPENED = "opened"
    ALERTS_JOINED = "alerts_joined"
    ALERTS_REFIRED = "alerts_refired"
    ALERTS_CHANGED = "alerts_changed"
    ALERTS_ENDED = "alerts_ended"
    SEVERITY_CHANGED = "severity_changed"
    CYCLE_STARTED = "cycle_started"
    CYCLE_PUT_OFF = "cycle_put_off"
    CYCLE_DROPPED = "cycle_dropped"
    PAGED = "paged"
    UNREACHABLE = "unreachable"
    EXHAUSTED = "exhausted"
    ESCALATED = "escalated"
    RECOVERED = "recovered"
    ACKNOWLEDGED = "acknowledged"
    STARTED = "started"
    RESOLVED = "resolved"
    CLOSED = "closed"
    ASSIGNED = "assigned"
    UNASSIGNED = "unassigned"
    EDITED = "edited"
    SNOOZED = "snoozed"
    SNOOZE_ENDED = "snooze_ended"
    MERGED = "merged"
    DELETED = "deleted"
    NOTED = "noted"
    ROOT_CAUSE_ADDED = "root_cause_added"


class Event(Frozen):
    """One line of the timeline, numbered (``version``, ``ordinal``) so that two can never collide.

    ``changes`` holds the new value of every incident field that this event changed, as JSON. ``alerts`` names
    the alert keys concerned (at most 40). ``change_id`` stands on the first event of each change: reading it
    tells whether that change was committed.
    """

    incident_id: str
    version: int
    ordinal: int
    at: Utc
    kind: EventKind
    reason: Reason
    by: str = SYSTEM
    text: str = ""
    alerts: tuple[str, ...] = ()
    changes: dict[str, JsonValue] = {}
    change_id: str = ""


def fields_changed(before: Incident | None, after: Incident) -> dict[str, JsonValue]:
    """Return the fields of ``after`` that differ from ``before``, as JSON; all but the long ones at the opening."""
    new = after.model_dump(mode="json", exclude={"version"})
    if before is None:
        return {name: value for name, value in new.items() if name not in FACTS_OF_OPENING and value not in _EMPTY}
    old = before.model_dump(mode="json", exclude={"version"})
    return {name: value for name, value in new.items() if old[name] != value}


_EMPTY: tuple[JsonValue, ...] = (None, "", [], {})


def replay(opening: Incident, events: Iterable[Event]) -> Incident:
    """Rebuild the incident from its timeline; ``opening`` lends only :data:`FACTS_OF_OPENING`.

    Raises ValueError where the numbering has a gap.
    """
    state: dict[str, JsonValue] = opening.model_dump(mode="json", include=set(FACTS_OF_OPENING))
    version, ordinal = -1, 0
    for event in events:
        if (event.version, event.ordinal) not in {(version, ordinal + 1), (version + 1, 0)}:
            message = f"{event.incident_id}: event {event.version}.{event.ordinal} does not follow {version}.{ordinal}"
            raise ValueError(message)
        version, ordinal = event.version, event.ordinal
        state |= event.changes
    return Incident.model_validate({**state, "version": version})
