"""One monitor with 500 groups: more than one change can hold, so a chain of them, each valid alone."""

from tests.builders import NOON, an_alert, an_incident, claims
from tocsin.domain.alert import Source
from tocsin.domain.change import MOST_ALERTS, AlertWrite
from tocsin.domain.decision import Reason
from tocsin.domain.draft import Draft
from tocsin.domain.incident import AlertCounts
from tocsin.domain.severity import Severity
from tocsin.domain.timeline import EventKind, replay

GROUPS = 500
LINKS = 13
ID = "INC-1001"
KEY = "datadog:7"


def chain():
    """Build the changes that open one incident for all groups."""
    keys = [f"7:host:{number:03}" for number in range(GROUPS)]
    changes = []
    before = None
    for link in range(LINKS):
        some = keys[link * MOST_ALERTS : (link + 1) * MOST_ALERTS]
        draft = Draft(before, at=NOON)
        total = link * MOST_ALERTS + len(some)
        counts = AlertCounts(total=total, firing={Severity.HIGH: total})
        incident = (before or an_incident(correlation_key=KEY)).model_copy(update={"alerts": counts})
        kind, reason = (EventKind.ALERTS_JOINED, Reason.JOINED) if before else (EventKind.OPENED, Reason.OPENED)
        draft.step(incident, kind, reason, alerts=some)
        alerts = [AlertWrite(alert=an_alert(key, incident)) for key in some]
        changes.append(draft.change(f"link {link}", alerts=alerts, claims=() if before else [claims(KEY, incident)]))
        before = draft.incident
    return changes


def links_in(store):
    """Return how many links are in the store, after making sure that they are a valid beginning of the chain."""
    incident = store.incident(ID)
    rows = store.alerts(Source.DATADOG)
    if incident is None:
        assert not rows
        assert not store.timeline(ID)
        assert not store.claims([KEY])
        return 0
    links = incident.version + 1
    assert len(rows) == len(store.alerts_of(ID)) == incident.alerts.total == min(links * MOST_ALERTS, GROUPS)
    assert replay(incident, store.timeline(ID)) == incident
    assert store.claims([KEY])[KEY].incident_id == ID
    return links
