"""What an incident's own change asks the pager for, in the same commit: so none is lost, whichever path the change took.

- A cycle that begins is an ``escalation``, due at once, and numbered as the cycle is.
- An acknowledgement, and an incident that is resolved, are ``news`` for those who were told of it.
"""

from collections.abc import Iterator

from .change import Record, RecordWrite
from .frozen import Utc
from .incident import Incident, Status

ESCALATION = "escalation"
"""The record kind of a cycle of escalation; its id is ``<incident>:<cycle>``."""

NEWS = "news"
"""The record kind of what those who were told should hear; its id is ``<incident>:<what>:<version of the incident>``."""

ACKNOWLEDGED = "acknowledged"
RESOLVED = "resolved"


def intents(before: Incident | None, after: Incident, at: Utc) -> Iterator[RecordWrite]:
    """Yield what one step of an incident asks the pager for. The incident's version, in the same change, guards it."""
    if after.cycles > (before.cycles if before else 0):
        yield _due(ESCALATION, f"{after.id}:{after.cycles}", at, incident_id=after.id, cycle=after.cycles)
    if before is not None and after.acknowledged_cycles > before.acknowledged_cycles:
        yield _news(ACKNOWLEDGED, after, at)
    if before is not None and after.status is Status.RESOLVED and before.active and after.cycles:
        yield _news(RESOLVED, after, at)


def _news(what: str, incident: Incident, at: Utc) -> RecordWrite:
    return _due(NEWS, f"{incident.id}:{what}:{incident.version}", at, incident_id=incident.id, what=what)


def _due(kind: str, record_id: str, at: Utc, **said: str | int) -> RecordWrite:
    record = Record(kind=kind, id=record_id, body={**said, "at": at.isoformat()}, due_at=at)
    return RecordWrite(kind=kind, id=record_id, record=record)
