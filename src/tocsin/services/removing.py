"""Incidents that go: one that an administrator deletes, and those that were closed long ago."""

from collections.abc import Callable, Iterable

from pydantic import JsonValue

from tocsin.domain.audit import Actor, AuditAction, Deed, Head
from tocsin.domain.change import Record
from tocsin.domain.deleting import delete as decide
from tocsin.domain.deleting import tombstones
from tocsin.domain.frozen import Utc
from tocsin.domain.incident import Incident
from tocsin.errors import Conflict
from tocsin.storage.store import Store

from .acting import Acting, Attempt, How
from .auditing import AuditLog, following


def delete(acting: Acting, incident_id: str, how: How, actor: Actor) -> Record:
    """Delete an incident with its timeline, ended alerts and pages, for ever, and return the tombstone that stays.

    The tombstone and its entry in the audit log are durable before anything goes. A delete that was killed is finished
    by the next one; one that is done returns its tombstone again. Raises ``IllegalMove`` while an alert of the incident
    fires.
    """
    store = acting.store
    log = AuditLog(store, clock=acting.clock, new_id=acting.new_id)

    def attempt() -> Record:
        record = _tombstone(store, incident_id)
        if record is None:
            record = log.in_turn(lambda head: _on_record(acting, incident_id, how, actor, head))
        acting.forget_pages(incident_id)
        incident = store.incident(incident_id)
        if incident is not None:
            store.remove(incident)
        return record

    return acting.until_written(attempt, incident_id)


def _tombstone(store: Store, incident_id: str) -> Record | None:
    found = (store.record(kind, record_id) for kind, record_id in tombstones(incident_id))
    return next((record for record in found if record is not None), None)


def _on_record(acting: Acting, incident_id: str, how: How, actor: Actor, head: Head) -> Record:
    this = Attempt(acting, how)
    draft = this.draft(incident_id, how.get("expected_revision"))
    before = draft.incident
    # By the alerts themselves: what was taken over counts nothing any more, and still leads to where its alerts count.
    here = [alert for one in (incident_id, *before.merged) for alert in acting.store.alerts_of(one)]
    record = decide(draft, by=this.by, firing=sum(alert.firing for alert in here))
    told = Deed(AuditAction.INCIDENT_DELETED, actor, f"incident:{incident_id}", {"title": before.title})
    for write in following(head, told, this.at)[1]:
        draft.write_record(write)
    this.commit(draft, claims=acting.released(before, draft))
    return record


def note_pruning(log: AuditLog, number: int, *, closed_before: Utc, actor: Actor) -> None:
    """Put on record, before anything goes, that so many incidents are about to be forgotten, and which ones."""
    told: dict[str, JsonValue] = {"incidents": number, "closed_before": closed_before.isoformat()}
    log.commit(Deed(AuditAction.INCIDENTS_PRUNED, actor, details=told))


def prune(store: Store, old: Iterable[Incident], first: Callable[[str], None] = lambda _incident_id: None) -> list[str]:
    """Forget incidents, unless somebody has just changed them; return the ids of those that are forgotten.

    ``first`` is done to each, by its id, before it goes: who is killed in between finds it once more.
    """
    return [incident.id for incident in old if _removed(store, incident, first)]


def _removed(store: Store, incident: Incident, first: Callable[[str], None]) -> bool:
    first(incident.id)
    try:
        store.remove(incident)
    except Conflict:
        return False  # somebody has just added a note: it is not forgotten under their hands
    return True
