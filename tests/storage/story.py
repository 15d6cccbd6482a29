"""Everything that a store can be asked to do, told so that telling it twice ends the same."""

from contextlib import suppress

import pytest

from tests.builders import (
    a_record,
    after,
    an_alert,
    an_incident,
    at,
    claims,
    drops,
    follows,
    of_alerts,
    of_records,
    opens,
    puts,
)
from tocsin.domain.alert import Source
from tocsin.domain.change import AlertWrite
from tocsin.domain.incident import Status
from tocsin.domain.search import IncidentFilter
from tocsin.errors import Conflict

FIRST, SECOND = "INC-1001", "INC-1002"


def story(store):
    """Use everything that a store can do; what is told twice ends the same. Return all that there is at the end."""
    store.draw_numbers(2)
    incident = an_incident(1001)
    row = an_alert("7:a", incident)
    opened = opens(
        incident,
        alerts=[AlertWrite(alert=row)],
        claims=[claims("datadog:7", incident)],
        records=[puts(a_record("settle", due_at=at(1)), expected=0)],
    )
    store.commit(opened)
    noted = follows(after(opened), title="noted")
    resolved = follows(after(noted), status=Status.RESOLVED)
    ended = row.model_copy(update={"ended_at": at(1), "expires_at": at(9_999), "version": 1})
    beat = a_record("sweep", kind="heartbeat")
    outcomes = store.commit_many(
        [
            noted,
            opens(an_incident(1002)),
            of_records(puts(beat), change_id="beat"),
            of_records(drops(a_record("settle"), expected=1), change_id="rung"),
            of_alerts(AlertWrite(alert=ended, expected=0, archive=ended), change_id="ended"),
            resolved,
        ]
    )
    assert [outcome for number, outcome in enumerate(outcomes) if number != 3] == [None] * 5
    with pytest.raises(Conflict):
        store.commit(follows(after(opened), title="late", change_id="late"))
    with suppress(Conflict):  # removed before
        store.remove(an_incident(1002))
    return everything(store)


def everything(store):
    """Return all that a store holds."""
    return {
        "incidents": store.incidents([FIRST, SECOND]),
        "list": store.find(IncidentFilter()).incidents,
        "first": store.incident(FIRST),
        "timelines": [list(store.timeline(one)) for one in (FIRST, SECOND)],
        "alerts": list(store.alerts(Source.DATADOG)),
        "episodes": list(store.alerts_of(FIRST)),
        "claims": store.claims(["datadog:7"]),
        "records": [store.record("timer", "settle"), store.record("heartbeat", "sweep")],
        "due": list(store.due(at(5))),
    }
