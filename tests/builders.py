"""Small valid incidents, alerts, events and changes, for tests that care about one field of them."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from tocsin.domain.alert import Alert, Source
from tocsin.domain.change import AlertWrite, Change, Claim, ClaimWrite, IncidentWrite, Record, RecordWrite
from tocsin.domain.decision import Reason
from tocsin.domain.incident import Incident, incident_id
from tocsin.domain.severity import Severity
from tocsin.domain.timeline import Event, EventKind

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    """Return the moment so many minutes after noon."""
    return NOON + timedelta(minutes=minutes)


def an_incident(number: int = 1001, **fields: object) -> Incident:
    """Build a detected incident with this number, opened at noon."""
    given = {
        "id": incident_id(number),
        "title": "Error rate is high",
        "severity": Severity.HIGH,
        "source": Source.DATADOG,
        "opened_at": NOON,
    }
    return Incident.model_validate(given | fields)


def an_alert(key: str = "7:*", incident: Incident | str = "INC-1001", **fields: object) -> Alert:
    """Build the row of an alert that fires since noon and belongs to ``incident``."""
    origin, _, group = key.partition(":")
    given = {
        "source": Source.DATADOG,
        "origin": origin,
        "group": group or "*",
        "key": key,
        "correlation_key": f"datadog:{origin}",
        "incident_id": incident if isinstance(incident, str) else incident.id,
        "severity": Severity.HIGH,
        "word": "Alert",
        "triggered_at": NOON,
        "observed_at": NOON,
    }
    return Alert.model_validate(given | fields)


def an_event(incident: Incident, **fields: object) -> Event:
    """Build the first event of the incident's present version."""
    given = {
        "incident_id": incident.id,
        "version": incident.version,
        "ordinal": 0,
        "at": NOON,
        "kind": EventKind.NOTED if incident.version else EventKind.OPENED,
        "reason": Reason.BY_HAND,
    }
    return Event.model_validate(given | fields)


def a_change(
    incident: Incident,
    *,
    expected: int | None,
    change_id: str = "",
    alerts: Iterable[AlertWrite] = (),
    claims: Iterable[ClaimWrite] = (),
    records: Iterable[RecordWrite] = (),
    when: datetime = NOON,
) -> Change:
    """Build a change that writes ``incident`` with one event of its version, and whatever else is given."""
    known_as = change_id or f"{incident.id} becomes {incident.version}"
    return Change(
        id=known_as,
        at=when,
        incidents=(IncidentWrite(incident=incident, expected=expected),),
        alerts=tuple(alerts),
        events=(an_event(incident, change_id=known_as, at=when),),
        claims=tuple(claims),
        records=tuple(records),
    )


def opens(incident: Incident, **more: object) -> Change:
    """Build the change that opens ``incident``."""
    return a_change(incident, expected=None, **more)


def follows(incident: Incident, *, change_id: str = "", **fields: object) -> Change:
    """Build the change from ``incident`` to its next version, with ``fields`` new. ``after`` tells the result."""
    following = incident.model_copy(update={**fields, "version": incident.version + 1})
    return a_change(following, expected=incident.version, change_id=change_id)


def after(change: Change) -> Incident:
    """Return the incident that ``change`` writes."""
    return change.incidents[0].incident


def claims(key: str, incident: Incident | str, *, held_by: str = "", until: datetime | None = None) -> ClaimWrite:
    """Build the write that gives the claim on ``key`` to ``incident``."""
    named = incident if isinstance(incident, str) else incident.id
    return ClaimWrite(claim=Claim(key=key, incident_id=named, joinable_until=until), held_by=held_by)


def a_record(record_id: str = "one", *, kind: str = "timer", **fields: object) -> Record:
    """Build a record."""
    return Record.model_validate({"kind": kind, "id": record_id} | fields)


def puts(record: Record, *, expected: int | None = None) -> RecordWrite:
    """Build the write of a record, by default over whatever there is."""
    return RecordWrite(kind=record.kind, id=record.id, record=record, expected=expected)


def drops(record: Record, *, expected: int | None = None) -> RecordWrite:
    """Build the write that takes a record away."""
    return RecordWrite(kind=record.kind, id=record.id, record=None, expected=expected)


def of_records(*writes: RecordWrite, change_id: str = "records", when: datetime = NOON) -> Change:
    """Build a change that writes records only."""
    return Change(id=change_id, at=when, records=writes)


def of_alerts(*writes: AlertWrite, change_id: str = "alerts", when: datetime = NOON) -> Change:
    """Build a change that writes alert rows only."""
    return Change(id=change_id, at=when, alerts=writes)
