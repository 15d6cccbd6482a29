"""Deleting an incident: it is over for everybody first, and what was deleted is on record for ever.

The change that says so makes the incident one that nothing joins any more, and writes the audit record; only then may
a store forget it. Who is killed in between leaves a resolved incident and the record, and deletes once more.
"""

from pydantic import JsonValue

from tocsin.errors import IllegalMove

from .change import Record, RecordWrite
from .decision import Reason
from .draft import Draft
from .handling import by_hand
from .incident import NEXT, Incident
from .lifecycle import resolve
from .timeline import EventKind

AUDIT = "audit"
"""The record kind of what nobody may lose: it has no expiry."""

_TOLD = ("title", "severity", "status", "service", "environment", "team", "source", "opened_at", "resolved_at")


def audit_id(incident_id: str) -> str:
    """Return the id of the audit record of a deleted incident."""
    return f"deleted:{incident_id}"


def delete(draft: Draft, *, by: str, firing: int) -> Record:
    """Resolve the incident if it is active, and put on record that it goes; return that record.

    ``firing`` says how many of its alerts fire. Raises ``IllegalMove`` if any does: the next sweep would know nothing
    of them, and open it anew.
    """
    before = draft.incident
    if firing:
        fires = "1 alert of it fires" if firing == 1 else f"{firing} alerts of it fire"
        message = f"{before.id} cannot be deleted: {fires}"
        raise IllegalMove(message, allowed=NEXT[before.status], hint="resolve it, and delete it once they have ended")
    by_hand(draft, before, EventKind.DELETED, text=f"deleted by {by}")
    if before.active:
        resolve(draft, at=draft.at, by=by, reason=Reason.BY_HAND, text="resolved to be deleted", update={})
    record = Record(kind=AUDIT, id=audit_id(before.id), body=_body(draft, before, by))
    draft.write_record(RecordWrite(kind=AUDIT, id=record.id, record=record, expected=0))
    return record


def _body(draft: Draft, incident: Incident, by: str) -> dict[str, JsonValue]:
    told = incident.model_dump(mode="json", include=set(_TOLD))
    ids: dict[str, JsonValue] = {
        "incident_id": incident.id,
        "previous_incident": incident.previous_incident,
        "merged_into": incident.merged_into,
        "merged": list(incident.merged),
    }
    return {"what": "incident deleted", "at": draft.at.isoformat(), "by": by, **ids, **told}
