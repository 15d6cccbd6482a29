"""The next state of an alert row, for each step that a finding can ask for."""

from .alert import Alert
from .assess import Finding, fell_silent
from .change import AlertWrite
from .decision import Reason
from .frozen import Utc
from .lengths import QUERY, TITLE, cut


def fired(finding: Finding, *, incident_id: str, correlation_key: str, episode: int) -> AlertWrite:
    """Write the first row of a new episode; an episode that it replaces while still firing is archived."""
    seen, severity = finding.fired
    row = finding.alert
    alert = Alert(
        source=seen.source,
        origin=seen.origin,
        group=cut(seen.group, TITLE),
        key=seen.key,
        correlation_key=correlation_key,
        incident_id=incident_id,
        episode=episode,
        severity=severity,
        word=seen.word,
        muted=seen.muted,
        title=cut(seen.title, TITLE),
        query=cut(seen.query, QUERY),
        threshold=seen.threshold,
        value=seen.value,
        link=seen.links.group or seen.links.monitor,
        triggered_at=seen.triggered_at or seen.observed_at,
        resolved_before=seen.resolved_at,
        observed_at=seen.observed_at,
        version=0 if row is None else row.version + 1,
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
        }
    )
    return AlertWrite(alert=alert, expected=row.version)


def marked(finding: Finding, row: Alert) -> AlertWrite:
    """Write down that a group is missing, or that it is back."""
    alert = row.model_copy(update={"missing_since": finding.missing_since, "version": row.version + 1})
    return AlertWrite(alert=alert, expected=row.version)


def ended(finding: Finding, row: Alert, *, forget_at: Utc) -> AlertWrite:
    """Write the tombstone of an episode, and archive it under its incident."""
    alert = row.model_copy(
        update={
            "ended_at": finding.ended_at or finding.at,
            "ended_by": finding.reason,
            "observed_at": finding.at,
            "missing_since": None,
            "version": row.version + 1,
        }
    )
    return AlertWrite(alert=alert.model_copy(update={"expires_at": forget_at}), expected=row.version, archive=alert)
