"""``reconcile`` and its parts as pure functions: what goes in, what comes out, and what is refused."""

import itertools

import pytest

from tests.desk import NOON, at, says
from tocsin.domain.alert import Alert, Source, Sweep
from tocsin.domain.assess import Finding, Step
from tocsin.domain.change import MOST_ALERTS, AlertWrite, Change, Claim, IncidentWrite
from tocsin.domain.decision import EXPLAINED, Reason
from tocsin.domain.incident import Incident
from tocsin.domain.lifecycle import release
from tocsin.domain.reconcile import Known, reconcile
from tocsin.domain.rules import Rules


def sweep(*said):
    return Sweep(source=Source.DATADOG, started_at=NOON, complete=True, observations=said)


def decided(observed, known):
    ids = itertools.count(1)
    return reconcile(
        observed, known, Rules(), NOON, numbers=iter(["INC-1", "INC-2"]), new_id=lambda: f"change-{next(ids)}"
    )


def test_it_decides_without_reading_or_writing_anything():
    """Observations and what is known go in; decisions and changes come out."""
    outcome = decided(sweep(says(1, since=0)), Known())
    (decision,), (change,) = outcome.decisions, outcome.changes
    assert (decision.reason, decision.incident_id) == (Reason.OPENED, "INC-1")
    assert decision.explanation == EXPLAINED[Reason.OPENED]
    assert [event.change_id for event in change.events] == ["change-1"]
    assert change.claims[0].claim.incident_id == "INC-1"


def test_running_it_again_on_the_same_input_decides_nothing_new():
    """What was written is known now: nothing is left to do."""
    observed = sweep(says(1, since=0), says(2, "Warn", "host:a", since=0))
    first = decided(observed, Known())
    known = Known(
        alerts=[write.alert for change in first.changes for write in change.alerts],
        incidents={write.incident.id: write.incident for change in first.changes for write in change.incidents},
        claims={write.claim.key: write.claim for change in first.changes for write in change.claims},
    )
    again = decided(observed, known)
    assert {decision.reason for decision in again.decisions} == {Reason.DEDUPLICATED}
    assert again.changes == []


def row(**more):
    return Alert(
        source=Source.DATADOG,
        origin="1",
        key="1:*",
        correlation_key="datadog:1",
        incident_id="INC-1",
        severity="high",
        word="Alert",
        triggered_at=NOON,
        observed_at=NOON,
        **more,
    )


def incident(**more):
    fields = {"id": "INC-1", "title": "x", "severity": "low", "source": "datadog", "opened_at": NOON}
    return Incident.model_validate(fields | more)


def test_a_change_holds_what_a_store_can_write_at_once():
    """At most two incidents and forty alerts."""
    with pytest.raises(ValueError, match="at most"):
        Change(id="c", at=NOON, alerts=[AlertWrite(alert=row())] * (MOST_ALERTS + 1))


def test_a_change_tells_the_timeline_of_each_incident():
    """At least one event of the incident's new version."""
    with pytest.raises(ValueError, match="INC-1"):
        Change(id="c", at=NOON, incidents=[IncidentWrite(incident=incident())])


def test_an_absence_cannot_fire():
    """Only what was observed can."""
    absent = Finding(Step.OPEN, Reason.OPENED, "1:*", NOON, alert=row())
    with pytest.raises(ValueError, match="observed"):
        _ = absent.fired


def test_a_claim_is_released_only_by_the_incident_that_it_names():
    """And only once."""
    mine = Claim(key="datadog:1", incident_id="INC-1")
    (write,) = release(mine, incident(), at(1))
    assert (write.held_by, write.claim.joinable_until) == ("INC-1", at(1))
    assert release(write.claim, incident(), at(2)) == ()
    assert release(mine, incident(id="INC-2"), at(1)) == ()
    assert release(None, incident(), at(1)) == ()
