"""One incident with everything that belongs to it."""

from tocsin.domain.alert import Alert
from tocsin.domain.frozen import Frozen, Utc
from tocsin.domain.incident import Incident
from tocsin.domain.statistics import Metrics
from tocsin.domain.timeline import Event, EventKind
from tocsin.storage.store import Store


class Whole(Frozen):
    """An incident, every alert episode of it and of what was merged into it, its timeline, and its durations.

    ``notes`` are those events of the timeline that are notes. What was merged keeps a timeline of its own.
    """

    incident: Incident
    alerts: tuple[Alert, ...]
    timeline: tuple[Event, ...]
    notes: tuple[Event, ...]
    metrics: Metrics


def whole(store: Store, incident: Incident, *, now: Utc) -> Whole:
    """Read everything that belongs to an incident."""
    alerts = [alert for one in (incident.id, *incident.merged) for alert in store.alerts_of(one)]
    timeline = tuple(store.timeline(incident.id))
    return Whole(
        incident=incident,
        alerts=tuple(sorted(alerts, key=lambda alert: (alert.key, alert.triggered_at))),
        timeline=timeline,
        notes=tuple(event for event in timeline if event.kind is EventKind.NOTED),
        metrics=Metrics.of(incident, now),
    )
