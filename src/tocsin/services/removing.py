"""Incidents that go: one that an administrator deletes, and those that were closed long ago."""

from collections.abc import Iterable

from tocsin.domain.change import Record
from tocsin.domain.deleting import AUDIT, audit_id
from tocsin.domain.deleting import delete as decide
from tocsin.domain.incident import Incident
from tocsin.errors import Conflict
from tocsin.storage.store import Store

from .acting import Acting, Attempt, How


def delete(acting: Acting, incident_id: str, how: How) -> Record:
    """Delete an incident with its timeline and ended alerts, for ever, and return the audit record of it.

    The record is durable before anything goes. A delete that was killed is finished by the next one; one that is done
    returns its record again. Raises ``IllegalMove`` while an alert of the incident fires.
    """
    store = acting.store

    def attempt() -> Record:
        record = store.record(AUDIT, audit_id(incident_id)) or _on_record(acting, incident_id, how)
        incident = store.incident(incident_id)
        if incident is not None:
            store.remove(incident)
        return record

    return acting.until_written(attempt, incident_id)


def _on_record(acting: Acting, incident_id: str, how: How) -> Record:
    this = Attempt(acting, how)
    draft = this.draft(incident_id, how.get("expected_revision"))
    before = draft.incident
    # By the alerts themselves: what was taken over counts nothing any more, and still leads to where its alerts count.
    here = [alert for one in (incident_id, *before.merged) for alert in acting.store.alerts_of(one)]
    record = decide(draft, by=this.by, firing=sum(alert.firing for alert in here))
    this.commit(draft, claims=acting.released(before, draft))
    return record


def prune(store: Store, old: Iterable[Incident]) -> list[str]:
    """Forget incidents, unless somebody has just changed them; return the ids of those that are forgotten."""
    return [incident.id for incident in old if _removed(store, incident)]


def _removed(store: Store, incident: Incident) -> bool:
    try:
        store.remove(incident)
    except Conflict:
        return False  # somebody has just added a note: it is not forgotten under their hands
    return True
