"""The next state of an alert row, for each step that a finding can ask for."""

from .alert import Alert, Observation
from .assess import Finding, fell_silent
from .change import AlertWrite
from .decision import Reason
from .frozen import Utc
from .lengths import LINK, QUERY, REPEATED, TITLE, cut


def fired(finding: Finding, *, incident_id: str, correlation_key: str, episode: int) -> AlertWrite:
    """Write the first row of a new episode; an episode that it replaces while still firing is archived."""
    seen, severity = finding.fired
    row = finding.alert
    # A row that repetitions write must not take more than the one unit that each of them costs.
    title, query = (REPEATED, REPEATED) if seen.sent_at else (TITLE, QUERY)
    alert = Alert(
        source=seen.source,
        origin=seen.origin,
        group=cut(seen.group, title),
        key=seen.key,
        correlation_key=correlation_key,
        incident_id=incident_id,
        episode=episode,
        severity=severity,
        word=seen.word,
        muted=seen.muted,
        title=cut(seen.title, title),
        query=cut(seen.query, query),
        threshold=seen.threshold,
        value=seen.value,
        link=next((one for one in (seen.links.group, seen.links.monitor) if len(one) <= LINK), ""),
        triggered_at=seen.triggered_at or seen.observed_at,
        resolved_before=seen.resolved_at,
        observed_at=seen.observed_at,
        version=0 if row is None else row.version + 1,
        first_seen_at=seen.sent_at,
        last_seen_at=seen.sent_at,
        signature=finding.signature,
        expires_in=finding.expires_in,
        provisional=seen.provisional,
        cycle_key=seen.cycle_key,
    )
    archive = None
    if row is not None and row.firing and finding.ended_at is not None:
        archive = row.model_copy(update={"ended_at": finding.ended_at, "ended_by": Reason.RECOVERED})
    return AlertWrite(alert=alert, expected=None if row is None else row.version, archive=archive)


def updated(finding: Finding, row: Alert) -> AlertWrite:
    """Write a row whose severity, state or mute changed while it fires."""
    seen, severity = finding.fired
    alert = row.model_copy(
        update={
            "severity": severity,
            "word": row.word if fell_silent(seen, row) else seen.word,
            "muted": seen.muted,
            "observed_at": seen.observed_at,
            "missing_since": None,
            "threshold": row.threshold if seen.threshold is None else seen.threshold,
            "value": row.value if seen.value is None else seen.value,
            "version": row.version + 1,
            **_as_pushed(finding, row, seen),
        }
    )
    return AlertWrite(alert=alert, expected=row.version)


def marked(finding: Finding, row: Alert) -> AlertWrite:
    """Write down that a group is missing, or that it is back; and how an alert was pushed that fires as before."""
    update: dict[str, object] = {"missing_since": finding.missing_since, "version": row.version + 1}
    if finding.seen is not None:
        update |= {"provisional": row.provisional and finding.seen.provisional}
        if finding.signature:
            update |= _as_pushed(finding, row, finding.seen) | {"observed_at": finding.seen.observed_at}
    return AlertWrite(alert=row.model_copy(update=update), expected=row.version)


def ended(finding: Finding, row: Alert, *, forget_at: Utc) -> AlertWrite:
    """Write the tombstone of an episode, and archive it under its incident."""
    alert = row.model_copy(
        update={
            "ended_at": finding.ended_at or finding.at,
            "ended_by": finding.reason,
            "observed_at": finding.at,
            "missing_since": None,
            "signature": "",
            "version": row.version + 1,
        }
    )
    return AlertWrite(alert=alert.model_copy(update={"expires_at": forget_at}), expected=row.version, archive=alert)


def buried(finding: Finding, *, correlation_key: str, forget_at: Utc) -> AlertWrite:
    """Write the tombstone of an alert that did not fire; one that has ended before stays with its incident."""
    seen, _ = finding.fired
    row = finding.alert
    over = {
        "triggered_at": seen.triggered_at or seen.observed_at,
        "observed_at": seen.observed_at,
        "ended_at": seen.observed_at,
        "ended_by": Reason.RECOVERED,
        "expires_at": forget_at,
    }
    if row is None:
        known = fired(finding, incident_id="", correlation_key=correlation_key, episode=0).alert
        return AlertWrite(alert=known.model_copy(update={**over, "count": 0, "signature": ""}))
    alert = row.model_copy(update={**over, "version": row.version + 1})
    return AlertWrite(alert=alert, expected=row.version)


def _as_pushed(finding: Finding, row: Alert, seen: Observation) -> dict[str, object]:
    """Return what a row keeps of how it was pushed last. After a sweep that is nothing: the next push is decided on."""
    if not finding.signature:
        return {"signature": "", "provisional": False}
    return {
        "signature": finding.signature,
        "expires_in": finding.expires_in,
        "count": row.count + 1,
        "first_seen_at": row.first_seen_at or seen.sent_at,
        "last_seen_at": seen.sent_at,
        "cycle_key": seen.cycle_key or row.cycle_key,
        "provisional": row.provisional and seen.provisional,
    }
