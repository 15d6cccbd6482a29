"""What every store promises of a change: whole or not at all, on the versions it was decided on, and only once."""

import pytest

from tests.builders import (
    NOON,
    a_change,
    a_record,
    after,
    an_alert,
    an_event,
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
from tocsin.domain.alert import AlertState, Source
from tocsin.domain.change import AlertWrite, Change, IncidentWrite
from tocsin.domain.incident import Status
from tocsin.domain.search import IncidentFilter
from tocsin.domain.severity import Severity
from tocsin.errors import Conflict

EVERYTHING = IncidentFilter()


def whole(incident=None):
    """Build a change with a part of every kind."""
    incident = incident or an_incident()
    return opens(
        incident,
        alerts=[AlertWrite(alert=an_alert("7:a", incident)), AlertWrite(alert=an_alert("7:b", incident))],
        claims=[claims("datadog:7", incident)],
        records=[puts(a_record("settle", due_at=at(5)), expected=0)],
    )


def test_a_change_is_there_with_all_its_parts(any_store):
    """After a commit, the incident, its alerts, its events, its claims and its records are read back as written."""
    change = whole()
    any_store.commit(change)
    incident = after(change)
    assert any_store.incident(incident.id) == incident
    assert list(any_store.timeline(incident.id)) == list(change.events)
    assert list(any_store.alerts(Source.DATADOG)) == [write.alert for write in change.alerts]
    assert any_store.claims(["datadog:7"]) == {"datadog:7": change.claims[0].claim}
    assert any_store.record("timer", "settle") == change.records[0].record


def test_every_field_is_read_back_as_it_was_written(any_store):
    """An incident and an alert with every field set come back equal, times and enumerations included."""
    incident = an_incident(
        description="line one\nline two  é \x00 \U0001f514",
        logs=("a", "b"),
        status=Status.CLOSED,
        severity_pinned=True,
        service="checkout",
        environment="production",
        team="payments",
        correlation_key="datadog:7",
        assignees=("ada", "grace"),
        acknowledged_by="ada",
        acknowledged_severity=Severity.LOW,
        root_cause="a deploy",
        resolution_steps=("rolled back",),
        tags=("env:production",),
        links={"runbook": "https://example.org/r"},
        alerts={"total": 3, "firing": {"high": 2}, "muted": {"high": 1}},
        flaps=2,
        cycles=3,
        acknowledged_cycles=2,
        cycle_restarted_at=at(1.5),
        cycle_due_at=at(2),
        triggered_at=at(-0.123456),
        acknowledged_at=at(3),
        started_at=at(4),
        recovered_at=at(5),
        resolved_at=at(6),
        resolved_by="ada",
        closed_at=at(7),
        previous_incident="INC-1000",
        version=4,
        revision=2,
    )
    alert = an_alert(
        "7:host:a",
        incident,
        episode=2,
        word=AlertState.ALERT,
        muted=True,
        title="t",
        query="avg:x > 1",
        threshold=1.5,
        value=-0.1,
        link="https://example.org/m",
        resolved_before=at(-9),
        missing_since=at(1),
        ended_at=at(2),
        ended_by="recovered",
        expires_at=at(3000),
        version=3,
    )
    any_store.commit(opens(incident, alerts=[AlertWrite(alert=alert)]))
    assert any_store.incident(incident.id) == incident
    assert list(any_store.alerts(Source.DATADOG)) == [alert]


@pytest.mark.parametrize(
    "poison",
    [
        {"incidents": (IncidentWrite(incident=an_incident(), expected=5),)},
        {"alerts": (AlertWrite(alert=an_alert("7:c"), expected=2),)},
        {"claims": (claims("datadog:8", "INC-1001", held_by="INC-7"),)},
        {"records": (puts(a_record("other"), expected=3),)},
    ],
    ids=lambda poison: next(iter(poison)),
)
def test_a_change_with_one_part_that_conflicts_leaves_nothing_behind(any_store, poison):
    """When any one condition fails, no part of the change is written."""
    with pytest.raises(Conflict):
        any_store.commit(whole().model_copy(update=poison))
    assert any_store.incident("INC-1001") is None
    assert any_store.find(EVERYTHING).incidents == []
    assert list(any_store.timeline("INC-1001")) == []
    assert list(any_store.alerts(Source.DATADOG)) == []
    assert any_store.claims(["datadog:7", "datadog:8"]) == {}
    assert any_store.record("timer", "settle") is None


def test_an_incident_that_must_not_exist_yet_conflicts_if_it_does(any_store):
    """Opening an incident under an id that is taken raises Conflict and names the incident in one line."""
    any_store.commit(opens(an_incident()))
    with pytest.raises(Conflict, match=r"^INC-1001[^\n]*$"):
        any_store.commit(opens(an_incident(title="another"), change_id="another"))
    assert any_store.incident("INC-1001").title == "Error rate is high"


def test_a_stale_version_of_an_incident_conflicts(any_store):
    """Of two changes that were decided on the same version, the second raises Conflict: no update is lost."""
    opened = opens(an_incident())
    any_store.commit(opened)
    any_store.commit(follows(after(opened), title="first"))
    with pytest.raises(Conflict, match="INC-1001"):
        any_store.commit(follows(after(opened), title="second", change_id="late"))
    assert any_store.incident("INC-1001").title == "first"


def test_an_incident_that_is_gone_conflicts(any_store):
    """Writing the next version of an incident that does not exist raises Conflict."""
    with pytest.raises(Conflict, match="INC-1001"):
        any_store.commit(follows(an_incident()))


def test_a_stale_version_of_an_alert_row_conflicts(any_store):
    """An alert row is replaced only at the version that was read."""
    any_store.commit(of_alerts(AlertWrite(alert=an_alert(version=0)), change_id="a"))
    any_store.commit(of_alerts(AlertWrite(alert=an_alert(version=1), expected=0), change_id="b"))
    for number, expected in enumerate([None, 0, 2]):
        stale = AlertWrite(alert=an_alert(version=9), expected=expected)
        with pytest.raises(Conflict, match="7:"):
            any_store.commit(of_alerts(stale, change_id=f"stale {number}"))
    assert [alert.version for alert in any_store.alerts(Source.DATADOG)] == [1]


def test_a_claim_passes_only_from_the_incident_that_holds_it(any_store):
    """A claim is written if it names the incident that it is expected to name, and else the change conflicts."""
    any_store.commit(opens(an_incident(1001), claims=[claims("k", "INC-1001")]))
    for held_by in ("", "INC-1002"):
        with pytest.raises(Conflict, match="k"):
            any_store.commit(opens(an_incident(1002), claims=[claims("k", "INC-1002", held_by=held_by)]))
    any_store.commit(opens(an_incident(1003), claims=[claims("k", "INC-1003", held_by="INC-1001", until=at(9))]))
    assert any_store.claims(["k"])["k"].incident_id == "INC-1003"
    assert any_store.claims(["k"])["k"].joinable_until == at(9)


def test_a_claim_that_nobody_holds_cannot_be_taken_over(any_store):
    """Expecting a holder where there is no claim conflicts."""
    with pytest.raises(Conflict):
        any_store.commit(opens(an_incident(), claims=[claims("k", "INC-1001", held_by="INC-1000")]))


def test_a_record_is_written_at_the_version_that_is_expected(any_store):
    """Expected 0: it must not exist; a number: exactly this version; None: whatever there is."""
    any_store.commit(of_records(puts(a_record(version=1), expected=0), change_id="new"))
    any_store.commit(of_records(puts(a_record(version=2), expected=1), change_id="next"))
    for expected in (0, 1, 3):
        with pytest.raises(Conflict, match="timer"):
            any_store.commit(of_records(puts(a_record(version=9), expected=expected), change_id=f"stale {expected}"))
    any_store.commit(of_records(puts(a_record(version=7)), change_id="anything"))
    assert any_store.record("timer", "one").version == 7


def test_a_record_goes_at_the_version_that_is_expected(any_store):
    """A record is taken away under the same conditions; taking away what is not there does no harm."""
    any_store.commit(of_records(puts(a_record(version=1)), change_id="new"))
    with pytest.raises(Conflict):
        any_store.commit(of_records(drops(a_record(), expected=2), change_id="stale"))
    any_store.commit(of_records(drops(a_record(), expected=1), change_id="drop"))
    assert any_store.record("timer", "one") is None
    any_store.commit(of_records(drops(a_record()), change_id="drop again"))
    with pytest.raises(Conflict):
        any_store.commit(of_records(drops(a_record(), expected=1), change_id="drop at a version"))


def test_two_incidents_change_together_or_not_at_all(any_store):
    """A change of two incidents conflicts as a whole if one of them is stale."""
    first, second = an_incident(1001), an_incident(1002)
    any_store.commit(opens(first))

    def both(change_id, expected):
        moved = first.model_copy(update={"version": 1, "title": "moved"})
        return Change(
            id=change_id,
            at=NOON,
            incidents=(
                IncidentWrite(incident=moved, expected=expected),
                IncidentWrite(incident=second.model_copy(update={"previous_incident": first.id})),
            ),
            events=(an_event(moved, change_id=change_id), an_event(second)),
        )

    with pytest.raises(Conflict):
        any_store.commit(both("stale", 3))
    assert any_store.incident("INC-1002") is None
    any_store.commit(both("fresh", 0))
    found = any_store.incidents(["INC-1002", "INC-1001", "INC-1003"])
    assert {one: incident.version for one, incident in found.items()} == {"INC-1001": 1, "INC-1002": 0}


def test_a_change_that_was_committed_is_recognised(any_store):
    """Committing again what was committed, after a lost answer, raises nothing and changes nothing."""
    opened = whole()
    any_store.commit(opened)
    moved = follows(after(opened), title="moved")
    any_store.commit(moved)
    any_store.commit(opened)
    any_store.commit(moved)
    assert any_store.incident("INC-1001") == after(moved)
    assert [event.version for event in any_store.timeline("INC-1001")] == [0, 1]


def test_a_change_of_records_is_recognised_too(any_store):
    """A change without an incident, committed again, does not undo what was written after it."""
    first = of_records(puts(a_record(body={"n": 1})), change_id="first")
    any_store.commit(first)
    any_store.commit(of_records(puts(a_record(body={"n": 2})), change_id="second"))
    any_store.commit(first)
    assert any_store.record("timer", "one").body == {"n": 2}


def test_a_change_of_a_timeline_is_recognised_too(any_store):
    """An event of an incident that does not change with it is there once, however often its change is committed."""
    any_store.commit(opens(an_incident()))
    noted = Change(id="noted", at=NOON, events=(an_event(an_incident(), ordinal=1, change_id="noted"),))
    for _ in range(2):
        any_store.commit(noted)
    assert [event.ordinal for event in any_store.timeline("INC-1001")] == [0, 1]


def test_a_change_that_conflicted_can_still_be_committed(any_store):
    """A conflict leaves no trace of the change's id."""
    moved = follows(an_incident())
    with pytest.raises(Conflict):
        any_store.commit(moved)
    any_store.commit(opens(an_incident()))
    any_store.commit(moved)
    assert any_store.incident("INC-1001").version == 1


def test_many_changes_come_out_one_by_one(any_store):
    """commit_many says of each change what it came to, in order; a conflict does not stop those of other incidents."""
    any_store.commit(opens(an_incident(1002)))
    outcomes = any_store.commit_many(
        [opens(an_incident(number), change_id=f"c{number}") for number in (1001, 1002, 1003)]
    )
    assert [type(outcome) for outcome in outcomes] == [type(None), Conflict, type(None)]
    assert set(any_store.incidents(["INC-1001", "INC-1002", "INC-1003"])) == {"INC-1001", "INC-1002", "INC-1003"}


def test_no_changes_come_to_nothing(any_store):
    """commit_many of nothing returns nothing."""
    assert list(any_store.commit_many([])) == []


def test_many_changes_of_one_incident_keep_their_order(any_store):
    """A chain of versions in one commit_many is written link by link."""
    chain = [opens(an_incident())]
    for number in range(12):
        chain.append(follows(after(chain[-1]), title=f"step {number}"))
    assert list(any_store.commit_many(chain)) == [None] * 13
    assert any_store.incident("INC-1001").version == 12
    assert [event.version for event in any_store.timeline("INC-1001")] == list(range(13))


def test_after_a_conflict_the_rest_of_the_chain_is_held_up(any_store):
    """Once a link conflicts, no later change of that incident is written, even one that would fit."""
    opened = opens(an_incident(1001))
    any_store.commit(opened)
    broken = follows(after(opened).model_copy(update={"version": 4}))
    fits = follows(after(opened), change_id="fits")
    pulls_along = Change(
        id="both",
        at=NOON,
        incidents=(IncidentWrite(incident=after(fits), expected=0), IncidentWrite(incident=an_incident(1005))),
        events=(an_event(after(fits)), an_event(an_incident(1005))),
    )
    depends = opens(an_incident(1005), change_id="depends")
    other = opens(an_incident(1002))
    outcomes = any_store.commit_many([broken, fits, pulls_along, depends, other])
    assert [outcome is None for outcome in outcomes] == [False, False, False, False, True]
    assert any_store.incident("INC-1001").version == 0
    assert any_store.incident("INC-1005") is None


def test_many_changes_that_were_committed_are_recognised(any_store):
    """A chain whose answer was lost can be committed again as a whole, or with new links at its end."""
    opened = opens(an_incident())
    moved = follows(after(opened))
    last = follows(after(moved))
    any_store.commit_many([opened, moved])
    assert list(any_store.commit_many([opened, moved])) == [None, None]
    assert list(any_store.commit_many([opened, moved, last, last])) == [None] * 4
    assert len(any_store.timeline("INC-1001")) == 3


def test_numbers_are_drawn_once(any_store):
    """Blocks of incident numbers follow each other from the first number up."""
    assert any_store.draw_numbers(1) == range(1001, 1002)
    assert any_store.draw_numbers(5) == range(1002, 1007)
    assert any_store.draw_numbers(1) == range(1007, 1008)


def test_an_incident_is_forgotten_with_its_timeline_and_archive(any_store):
    """After remove the incident is gone from every read; its claims and current alert rows stay."""
    change = whole()
    any_store.commit(change)
    gone = an_alert("7:c", episode=1, ended_at=at(1))
    any_store.commit(of_alerts(AlertWrite(alert=an_alert("7:c", "INC-1002", episode=2), archive=gone)))
    any_store.remove(after(change))
    assert any_store.incident("INC-1001") is None
    assert list(any_store.timeline("INC-1001")) == []
    assert [alert.key for alert in any_store.alerts_of("INC-1001")] == ["7:a", "7:b"]
    assert any_store.find(EVERYTHING).incidents == []
    assert set(any_store.claims(["datadog:7"])) == {"datadog:7"}


def test_an_incident_that_changed_meanwhile_is_not_forgotten(any_store):
    """Remove raises Conflict for another version, and for an incident that is gone."""
    opened = opens(an_incident())
    any_store.commit(opened)
    any_store.commit(follows(after(opened)))
    with pytest.raises(Conflict):
        any_store.remove(after(opened))
    current = any_store.incident("INC-1001")
    any_store.remove(current)
    with pytest.raises(Conflict):
        any_store.remove(current)


def test_an_id_can_be_used_again_after_its_incident_was_removed(any_store):
    """What was removed leaves nothing behind for an incident that comes after it under the same id."""
    any_store.commit(opens(an_incident()))
    any_store.remove(an_incident())
    any_store.commit(a_change(an_incident(title="again"), expected=None, change_id="again"))
    assert any_store.incident("INC-1001").title == "again"
    assert len(any_store.timeline("INC-1001")) == 1


def test_a_store_is_closed_twice(any_store):
    """Closing twice is no error."""
    any_store.close()
    any_store.close()
