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
        record = store.record(AUDIT, audit_id(incident_id))
        if record is None:
            _condemn(acting, incident_id, how)
            record = store.record(AUDIT, audit_id(incident_id))
        incident = store.incident(incident_id)
        if incident is not None:
            store.remove(incident)
        if record is None:
            message = f"the audit record of {incident_id} is not there yet"
            raise Conflict(message)
        return record

    return acting.until_written(attempt, incident_id)


def _condemn(acting: Acting, incident_id: str, how: How) -> None:
    this = Attempt(acting, how)
    draft = this.draft(incident_id, how.get("expected_revision"))
    before = draft.incident
    # It counts what fires in those that it took over. What was taken over itself counts nothing any more.
    own = sum(alert.firing for alert in acting.store.alerts_of(incident_id))
    decide(draft, by=this.by, firing=max(own, before.alerts.firing_now))
    this.commit(draft, claims=acting.released(before, draft))


def prune(store: Store, old: Iterable[Incident]) -> list[str]:
    """Forget incidents, unless somebody has just changed them; return the ids of those that are forgotten."""
    return [incident.id for incident in old if _removed(store, incident)]


def _removed(store: Store, incident: Incident) -> bool:
    try:
        store.remove(incident)
    except Conflict:
        return False  # somebody has just added a note: it is not forgotten under their hands
    return True
