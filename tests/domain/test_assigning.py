"""Who works on an incident, and as what."""

import pytest

from tests.desk import says
from tocsin.domain.people import MOST_PEOPLE, Role
from tocsin.domain.timeline import EventKind, replay
from tocsin.errors import IllegalMove, InvalidInput


@pytest.fixture
def opened(desk):
    """Return the id of a fresh incident by hand."""
    return desk.service.open("checkout is slow", by="ann", severity="high").id


def last_of(desk, incident_id, kind):
    return [event.text for event in desk.service.timeline(incident_id) if event.kind is kind]


def test_whoever_is_assigned_responds_unless_another_role_is_said(desk, opened):
    """So did everybody before there were roles."""
    desk.service.assign(opened, "ann", by="ann")
    incident = desk.service.assign(opened, "bo", role="scribe", by="ann")
    assert incident.assignments == {"ann": Role.RESPONDER, "bo": Role.SCRIBE}
    assert last_of(desk, opened, EventKind.ASSIGNED) == ["ann", "bo as scribe"]


def test_a_new_commander_makes_the_former_one_a_responder(desk, opened):
    """One commands; the timeline tells who, and what became of the other."""
    desk.service.assign(opened, "ann", role=Role.COMMANDER, by="ann")
    incident = desk.service.assign(opened, "bo", role="commander", by="cy")
    assert incident.assignments == {"ann": Role.RESPONDER, "bo": Role.COMMANDER}
    assert incident.assignees == ("ann", "bo")
    assert last_of(desk, opened, EventKind.ASSIGNED)[1:] == ["ann as responder: bo commands now", "bo as commander"]
    assert replay(incident, desk.service.timeline(opened)) == incident


def test_a_role_can_change_and_stays_when_none_is_said(desk, opened):
    """Assigning again without a role takes no role away."""
    desk.service.assign(opened, "ann", role="commander", by="ann")
    assert desk.service.assign(opened, "ann", by="bo").roles == {"ann": Role.COMMANDER}
    assert desk.service.assign(opened, "ann", role="scribe", by="bo").roles == {"ann": Role.SCRIBE}
    incident = desk.service.assign(opened, "ann", role="responder", by="bo")
    assert (incident.roles, incident.assignees) == ({}, ("ann",))
    assert last_of(desk, opened, EventKind.ASSIGNED)[-1] == "ann as responder"


def test_saying_it_twice_writes_it_once(desk, opened):
    """As PUT and DELETE promise."""
    for _ in range(2):
        desk.service.assign(opened, "ann", role="commander", by="ann")
    assert desk.service.incident(opened).version == 1
    for _ in range(2):
        assert desk.service.unassign(opened, " ann ", by="bo").assignments == {}
    assert desk.service.incident(opened).version == 2
    assert last_of(desk, opened, EventKind.UNASSIGNED) == ["ann"]


def test_whoever_goes_takes_his_role_along(desk, opened):
    """Coming back he responds, and another may command meanwhile."""
    desk.service.assign(opened, "ann", role="commander", by="ann")
    desk.service.unassign(opened, "ann", by="ann")
    assert desk.service.assign(opened, "ann", by="ann").assignments == {"ann": Role.RESPONDER}


def test_a_resolved_incident_is_assigned_no_more(desk, opened):
    """But to take off somebody who is not on it stays no error."""
    desk.service.assign(opened, "ann", by="ann")
    desk.service.resolve(opened, by="ann")
    for act in (desk.service.assign, desk.service.unassign):
        with pytest.raises(IllegalMove, match="resolved") as refusal:
            act(opened, "ann" if act == desk.service.unassign else "bo", by="ann")
        assert refusal.value.allowed == ("closed",)
    assert desk.service.unassign(opened, "bo", by="ann").assignees == ("ann",)


def test_a_role_that_there_is_not_is_refused_with_those_there_are(desk, opened):
    """Closed sets are named in full."""
    with pytest.raises(InvalidInput, match="'king' is no role; there are commander, responder, scribe"):
        desk.service.assign(opened, "ann", role="king", by="ann")


def test_an_incident_has_room_for_so_many_people(desk, opened):
    """A list of a thousand names is a mistake, not an assignment."""
    for number in range(MOST_PEOPLE):
        desk.service.assign(opened, f"p{number}", by="ann")
    with pytest.raises(InvalidInput, match="too many"):
        desk.service.assign(opened, "one more", by="ann")
    assert desk.service.assign(opened, "p0", role="commander", by="ann").roles == {"p0": Role.COMMANDER}


def test_acknowledging_assigns_as_a_responder(desk):
    """Nobody commands by accident."""
    desk.sweep(says(1, since=0))
    assert desk.service.acknowledge("INC-1001", by="ann").assignments == {"ann": Role.RESPONDER}


def test_who_acts_is_kept_clean(desk, opened):
    """A name cannot carry a terminal's or another line's worth of trouble into the timeline."""
    desk.service.note(opened, "hello", by="ann\n\x1b]0;root\x07")
    assert desk.service.timeline(opened)[-1].by == "ann ]0;root"
    with pytest.raises(InvalidInput, match="name"):
        desk.service.note(opened, "hello", by=" ")
