"""Deleting an incident: it is over for everybody first, and what was deleted is on record for ever.

The change that says so makes the incident one that nothing joins any more, and writes its tombstone; only then may a
store forget it. Who is killed in between leaves a resolved incident and the tombstone, and deletes once more.
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

DELETED = "deleted"
"""The record kind of tombstones. Their ids are those of the incidents; they have no expiry."""

_BEFORE, _BEFORE_ID = "audit", "deleted:"
"""The kind that older programs gave them, which is that of the audit log's entries now, and how their ids began."""

_TOLD = ("title", "severity", "status", "service", "environment", "team", "source", "opened_at", "resolved_at")


def tombstones(incident_id: str) -> tuple[tuple[str, str], ...]:
    """Return kind and id of where the tombstone of an incident may stand: where it does now, and where it did."""
    return (DELETED, incident_id), (_BEFORE, f"{_BEFORE_ID}{incident_id}")


def is_tombstone(record: Record) -> bool:
    """Say whether a record is the tombstone of an incident, whoever wrote it."""
    return record.kind == DELETED or (record.kind == _BEFORE and record.id.startswith(_BEFORE_ID))


def delete(draft: Draft, *, by: str, firing: int) -> Record:
    """Resolve the incident if it is active, and write its tombstone; return that.

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
    record = Record(kind=DELETED, id=before.id, body=_body(draft, before, by))
    draft.write_record(RecordWrite(kind=DELETED, id=record.id, record=record, expected=0))
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
