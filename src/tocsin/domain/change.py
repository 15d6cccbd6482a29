"""The one unit of writing: what must be true together. A change commits whole or not at all."""

from pydantic import JsonValue, model_validator

from .alert import Alert
from .frozen import Frozen, Utc
from .incident import Incident
from .timeline import Event

MOST_ALERTS = 40
"""Alerts in one change: with their archived episodes, events and records it stays under 100 DynamoDB actions."""

MOST_INCIDENTS = 2


class Claim(Frozen):
    """Names the incident that alerts of a correlation key may join, until ``joinable_until`` (None: while open).

    A released claim stays, with its end in the past: it still tells which incident came before.
    """

    key: str
    incident_id: str
    joinable_until: Utc | None = None

    def joinable(self, now: Utc) -> bool:
        """Say whether an alert may join the claimed incident at ``now``."""
        return self.joinable_until is None or now < self.joinable_until


class Record(Frozen):
    """A keyed document beside the incidents: a timer, a heartbeat, later a page, a user, a schedule.

    ``due_at`` makes the tick find it; ``expires_at`` lets the store forget it. ``version`` is at least 1.
    """

    kind: str
    id: str
    body: dict[str, JsonValue] = {}
    due_at: Utc | None = None
    expires_at: Utc | None = None
    version: int = 1


class IncidentWrite(Frozen):
    """The next state of an incident, and the version it was read at (None: it must not exist yet)."""

    incident: Incident
    expected: int | None = None


class AlertWrite(Frozen):
    """The next state of an alert row and the version it was read at (None: no row may exist).

    ``archive`` is the ended episode to keep under its incident for ever.
    """

    alert: Alert
    expected: int | None = None
    archive: Alert | None = None


class ClaimWrite(Frozen):
    """The next state of a claim, and the incident that it must name now (empty: it must not exist)."""

    claim: Claim
    held_by: str = ""


class RecordWrite(Frozen):
    """The next state of a record (None: it goes), and the version it must have.

    ``expected`` 0: it must not exist. None: whatever there is, for records that a version in the same change
    already guards.
    """

    kind: str
    id: str
    record: Record | None
    expected: int | None = None


class Change(Frozen):
    """0 to 2 incidents, their alerts, their events (at least one an incident), claims and records.

    ``id`` is unique for ever, and stands on the first event. ``at`` is our clock.
    """

    id: str
    at: Utc
    incidents: tuple[IncidentWrite, ...] = ()
    alerts: tuple[AlertWrite, ...] = ()
    events: tuple[Event, ...] = ()
    claims: tuple[ClaimWrite, ...] = ()
    records: tuple[RecordWrite, ...] = ()

    @model_validator(mode="after")
    def _within_bounds(self) -> "Change":
        if len(self.incidents) > MOST_INCIDENTS or len(self.alerts) > MOST_ALERTS:
            message = f"a change holds at most {MOST_INCIDENTS} incidents and {MOST_ALERTS} alerts"
            raise ValueError(message)
        for write in self.incidents:
            numbered = [event for event in self.events if event.incident_id == write.incident.id]
            if not numbered or any(event.version != write.incident.version for event in numbered):
                message = f"{write.incident.id}: a change needs an event of its own version"
                raise ValueError(message)
        return self
