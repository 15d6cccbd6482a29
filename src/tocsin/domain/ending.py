"""Alerts whose senders may never say that they are over: a person who resolves their incident ends them.

Other sources say when an alert has ended, and until then a person's resolve covers it. Of these nothing more may ever
come, and what fires afterwards is a new episode.
"""

from collections.abc import Collection, Iterable, Sequence

from .alert import Alert, Source
from .assess import Finding, Step
from .change import MOST_ALERTS, AlertWrite
from .decision import Reason
from .draft import Draft
from .expiry import timer_of
from .incident import Incident
from .lifecycle import brief
from .pursue import MOST_TIMED
from .rows import ended
from .rules import Rules
from .timeline import EventKind

SOURCES = tuple(source for source in Source if source.may_never_recover)
"""The sources of such alerts."""


MOST_ACTIONS = 100
"""What a change may take of DynamoDB: one for each row, ended episode, timer, claim, and record."""

_BESIDE = 8
"""The incident, its events and its own claim, the timers that stop with it, and the answer that is kept."""


def may_have_some(incident: Incident) -> bool:
    """Say whether such an alert of the incident may fire, before any row is read."""
    return incident.alerts.firing_now > 0 and (incident.source.pushes or bool(incident.merged))


def to_end(incident: Incident, alerts: Iterable[Alert]) -> list[Alert]:
    """Return those of ``alerts`` that a person ends who resolves this incident, with what it took over."""
    ids: Collection[str] = {incident.id, *incident.merged}
    return [alert for alert in alerts if alert.firing and alert.source in SOURCES and alert.incident_id in ids]


def room(incident: Incident, alerts: Sequence[Alert]) -> tuple[int, int]:
    """Return how many alerts may end in one change, and how many in the one that resolves the incident.

    That one lets go of a claim for each incident that was taken over, too.
    """
    timed = any(alert.expires_in is not None for alert in alerts)
    left = MOST_ACTIONS - _BESIDE - len(incident.merged)
    return (MOST_TIMED, min(MOST_TIMED, left // 3)) if timed else (MOST_ALERTS, min(MOST_ALERTS, left // 2))


def end_by_hand(draft: Draft, alerts: Sequence[Alert], rules: Rules) -> list[AlertWrite]:
    """Take the step that ends ``alerts``, no more than one change holds; return what must be written with it."""
    counts = draft.incident.alerts
    writes: list[AlertWrite] = []
    for alert in alerts:
        # In the sender's order nothing has happened since the last firing.
        finding = Finding(Step.END, Reason.BY_HAND, alert.key, alert.observed_at, alert=alert, ended_at=draft.at)
        write = ended(finding, alert, forget_at=draft.at + rules.tombstone)
        counts = counts.adding(alert.severity, muted=alert.muted, by=-1)
        writes.append(write)
        if (timer := timer_of(write, alert)) is not None:
            draft.write_record(timer)
    after = draft.incident.model_copy(update={"alerts": counts})
    keys = [alert.key for alert in alerts]
    draft.step(after, EventKind.ALERTS_ENDED, Reason.BY_HAND, text=brief(list(alerts)), alerts=keys)
    return writes
