"""Alerts that are over unless they are repeated: a timer for each, which a repetition need not move.

The timer is written with the row and rings after ``expires_in``. If the alert was repeated meanwhile the timer moves
on by as much; if not, the episode ends like any that recovers. So a repetition costs what it costs without a timer.
"""

from datetime import timedelta

from pydantic import JsonValue

from .alert import Alert, Source
from .assess import Finding, Step
from .change import AlertWrite, Record, RecordWrite
from .decision import Reason
from .draft import EXPIRE, TIMER
from .frozen import Utc


def timer_of(write: AlertWrite, before: Alert | None) -> RecordWrite | None:
    """Return what must become of an alert's timer when its row is written; None if it may stay as it is."""
    after = write.alert
    was_set = before is not None and before.firing and before.expires_in is not None
    if after.firing and after.expires_in is not None:
        # A timer that rings too early moves on by itself.
        if was_set and before is not None and (before.expires_in or 0) <= after.expires_in:
            return None
        return RecordWrite(kind=TIMER, id=_timer_id(after), record=_timer(after))
    return RecordWrite(kind=TIMER, id=_timer_id(after), record=None) if was_set else None


def alert_of(timer: Record) -> tuple[Source, str]:
    """Return source and key of the alert that a timer may end."""
    return Source(str(timer.body["source"])), str(timer.body["key"])


def expired(timer: Record, alert: Alert | None, now: Utc) -> Finding | RecordWrite:
    """Return that the alert's episode is over; or what becomes of the timer, if it is not or is already."""
    end = None if alert is None or not alert.firing else _end(alert)
    if alert is None or end is None:
        return RecordWrite(kind=timer.kind, id=timer.id, record=None, expected=timer.version)
    if end > now:
        # Its number stays: the next one belongs to whoever writes the row.
        moved = timer.model_copy(update={"due_at": end})
        return RecordWrite(kind=timer.kind, id=timer.id, record=moved, expected=timer.version)
    # The end is ours: in the source's own order nothing has happened since the last firing.
    return Finding(
        Step.END,
        Reason.EXPIRED,
        alert.key,
        alert.observed_at,
        alert=alert,
        severity=alert.severity,
        ended_at=end,
        source_now=now,
    )


def _timer_id(alert: Alert) -> str:
    return f"{EXPIRE}:{alert.id}"


def _timer(alert: Alert) -> Record:
    body: dict[str, JsonValue] = {"what": EXPIRE, "source": alert.source.value, "key": alert.key}
    # Numbered by its row, so that whoever read an earlier timer of this alert cannot take this one away.
    return Record(kind=TIMER, id=_timer_id(alert), body=body, due_at=_end(alert), version=alert.version + 1)


def _end(alert: Alert) -> Utc | None:
    """Return when the alert is over unless it is repeated; None: never."""
    if alert.expires_in is None or alert.last_seen_at is None:
        return None
    return alert.last_seen_at + timedelta(seconds=alert.expires_in)
