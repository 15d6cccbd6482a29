"""What people may do with incidents, in which order, and what is written of it."""

import pytest

from tests.desk import at, says, timers
from tocsin.domain.draft import Draft
from tocsin.domain.handling import LONGEST_NOTE
from tocsin.domain.incident import NEXT, Incident, Status, transition
from tocsin.domain.search import IncidentFilter
from tocsin.domain.timeline import EventKind, replay
from tocsin.errors import Conflict, IllegalMove, InvalidInput, NotFound

ACTIONS = {
    Status.ACKNOWLEDGED: lambda service, one: service.acknowledge(one, by="ann"),
    Status.IN_PROGRESS: lambda service, one: service.start(one, by="ann"),
    Status.RESOLVED: lambda service, one: service.resolve(one, by="ann"),
    Status.CLOSED: lambda service, one: service.close(one, by="ann"),
}
WAY_TO = {
    Status.DETECTED: [],
    Status.ACKNOWLEDGED: [Status.ACKNOWLEDGED],
    Status.IN_PROGRESS: [Status.IN_PROGRESS],
    Status.RESOLVED: [Status.RESOLVED],
    Status.CLOSED: [Status.RESOLVED, Status.CLOSED],
}
TWICE_IS_NO_ERROR = {
    (Status.IN_PROGRESS, Status.ACKNOWLEDGED),  # whoever works on it has acknowledged it
    *((status, status) for status in Status),
}


@pytest.fixture
def opened(desk):
    """Return the id of a fresh incident by hand."""
    return desk.service.open("checkout is slow", by="ann", severity="high", service="checkout", logs=["504"]).id


@pytest.mark.parametrize("start", list(Status))
@pytest.mark.parametrize("to", list(ACTIONS))
def test_every_move_is_legal_or_refused_with_what_is_allowed(desk, opened, start, to):
    """The whole table: from every status to every other; nothing goes back."""
    for step in WAY_TO[start]:
        ACTIONS[step](desk.service, opened)
    before = desk.service.incident(opened)
    if to in NEXT[start]:
        assert ACTIONS[to](desk.service, opened).status is to
    elif (start, to) in TWICE_IS_NO_ERROR:
        assert ACTIONS[to](desk.service, opened) == before
    else:
        with pytest.raises(IllegalMove) as refusal:
            ACTIONS[to](desk.service, opened)
        assert refusal.value.allowed == NEXT[start]
        assert all(status.value in str(refusal.value) for status in NEXT[start])
        assert desk.service.incident(opened) == before


def test_acknowledging_assigns_the_one_who_does(desk, opened):
    """If nobody is assigned."""
    incident = desk.minute(3).service.acknowledge(opened, by="ann")
    assert (incident.assignees, incident.acknowledged_by, incident.acknowledged_at) == (("ann",), "ann", at(3))
    assert incident.time_to_acknowledge == 180


def test_acknowledging_leaves_an_assignment_as_it_is(desk, opened):
    """Somebody was assigned: it stays theirs."""
    desk.service.assign(opened, "bo", by="ann")
    assert desk.service.acknowledge(opened, by="cy").assignees == ("bo",)


def test_starting_acknowledges(desk, opened):
    """Whoever works on it has seen it."""
    incident = desk.minute(2).service.start(opened, by="ann")
    assert (incident.acknowledged_at, incident.started_at, incident.paging) == (at(2), at(2), False)


def test_starting_work_stops_a_cycle_that_was_put_off(desk):
    """Nobody is called for what somebody already works on."""
    hosts = [says(1, group=f"host:{name}", since=0) for name in "abc"]
    desk.sweep(hosts[0])
    desk.minute(1).service.acknowledge("INC-1001", by="ann")
    desk.minute(2).sweep(*hosts[:2])
    desk.minute(3).service.acknowledge("INC-1001", by="ann")
    desk.minute(4).sweep(*hosts)
    desk.minute(5).service.start("INC-1001", by="ann")
    assert desk.minute(60).service.tick().cycles_started == ()
    assert not desk.only().paging


def test_resolving_takes_every_timer_back(desk):
    """Nothing rings for an incident that is over."""
    hosts = [says(1, group=f"host:{name}", since=0) for name in "abc"]
    desk.sweep(hosts[0])
    desk.minute(1).service.acknowledge("INC-1001", by="ann")
    desk.minute(2).sweep(*hosts[:2])
    desk.minute(3).service.acknowledge("INC-1001", by="ann")
    desk.minute(4).sweep(*hosts)
    desk.minute(5).sweep(*(says(1, "OK", one.group, since=0, resolved=5) for one in hosts))
    desk.service.resolve("INC-1001", by="ann")
    assert timers(desk.store, at(600)) == []


def test_a_persons_resolve_is_dated_now(desk):
    """A person says that it is over; a machine only knows when it stopped."""
    desk.sweep(says(1, since=0))
    desk.minute(1).sweep(says(1, "OK", resolved=1))
    assert desk.minute(3).service.resolve("INC-1001", by="ann").resolved_at == at(3)


def test_what_is_known_already_is_not_written_again(desk, opened):
    """The same root cause and steps twice write one event."""
    for _ in range(2):
        desk.service.resolve(opened, by="ann", root_cause="dns", steps=["wait"])
    incident = desk.service.resolve(opened, by="ann", root_cause="dns", steps=["wait", "cache"])
    assert incident.resolution_steps == ("wait", "cache")
    assert [event.kind for event in desk.service.timeline(opened)] == [
        EventKind.OPENED,
        EventKind.RESOLVED,
        EventKind.ROOT_CAUSE_ADDED,
    ]


def test_only_people_bump_the_revision(desk):
    """A flapping monitor refuses nobody's note."""
    desk.sweep(says(1, since=0))
    desk.minute(1).sweep(says(1, "OK", resolved=1))
    assert (desk.only().version, desk.only().revision) == (1, 0)
    assert desk.service.note("INC-1001", "looking", by="ann").revision == 1


@pytest.mark.parametrize("status", [Status.RESOLVED, Status.CLOSED])
def test_a_note_may_be_added_in_any_status_but_the_rest_is_over(desk, opened, status):
    """Assignment and severity are for what is open."""
    for step in WAY_TO[status]:
        ACTIONS[step](desk.service, opened)
    desk.service.note(opened, "for the post-mortem", by="ann")
    for act in (
        lambda: desk.service.assign(opened, "bo", by="ann"),
        lambda: desk.service.set_severity(opened, "low", by="ann"),
    ):
        with pytest.raises(IllegalMove, match=status.value):
            act()


def test_assigning_twice_and_pinning_twice_write_once(desk, opened):
    """What is so already is not written."""
    for _ in range(2):
        desk.service.assign(opened, "bo", by="ann")
        desk.service.set_severity(opened, "low", by="ann")
    assert desk.service.incident(opened).version == 2


def test_pinning_the_severity_that_it_has_pins_it(desk):
    """The machine may not change it any more."""
    desk.sweep(says(1, since=0))
    assert desk.service.set_severity("INC-1001", "high", by="ann").severity_pinned


def test_a_person_who_raises_it_above_what_was_acknowledged_pages_again(desk, opened):
    """It is worse than what somebody took on."""
    desk.service.acknowledge(opened, by="ann")
    assert desk.service.set_severity(opened, "critical", by="bo").paging


@pytest.mark.parametrize(
    "act",
    [
        lambda service, one: service.note(one, "  ", by="ann"),
        lambda service, one: service.assign(one, " ", by="ann"),
        lambda service, one: service.set_severity(one, "urgent", by="ann"),
        lambda service, one: service.open(" ", by="ann"),
        lambda service, one: service.incidents(severity="bad"),
    ],
)
def test_what_makes_no_sense_is_refused(desk, opened, act):
    """With a word on what would."""
    with pytest.raises(InvalidInput):
        act(desk.service, opened)


def test_a_very_long_note_is_cut_with_a_mark(desk, opened):
    """It must fit every store."""
    desk.service.note(opened, "x" * 100_000, by="ann")
    text = desk.service.timeline(opened)[-1].text
    assert (len(text), text[-1]) == (LONGEST_NOTE, "…")


def test_an_unknown_incident_is_said_to_be_unknown(desk):
    """Not an empty answer."""
    for ask in (desk.service.incident, desk.service.timeline, desk.service.alerts):
        with pytest.raises(NotFound, match="INC-9"):
            ask("INC-9")


def test_an_incident_by_hand_keeps_what_it_was_given(desk, opened):
    """No alert, no correlation key, a pinned severity."""
    incident = desk.service.incident(opened)
    assert (incident.source, incident.logs, incident.severity_pinned) == ("manual", ("504",), True)
    assert incident.alerts.total == 0
    desk.service.resolve(opened)
    assert replay(incident, desk.service.timeline(opened)) == desk.service.incident(opened)


def test_incidents_are_found_by_source_and_time(desk, opened):
    """As a Python user asks for them, with plain words."""
    assert [one.id for one in desk.service.incidents(source="manual", since=at(0))] == [opened]
    assert desk.service.incidents(source="datadog") == []
    assert [one.id for one in desk.service.find(IncidentFilter(), limit=1).incidents] == [opened]


def test_a_timeline_with_a_gap_is_refused(desk, opened):
    """A replay that skips an event would prove nothing."""
    desk.service.note(opened, "one", by="ann")
    desk.service.note(opened, "two", by="ann")
    events = desk.service.timeline(opened)
    with pytest.raises(ValueError, match="does not follow"):
        replay(desk.service.incident(opened), [events[0], events[2]])


def test_who_loses_every_race_is_told(desk, opened):
    """After a bounded number of tries, and nothing was written."""
    rival = desk.colleague()
    commit = desk.store.commit

    class Beaten:
        def __getattr__(self, name):
            return getattr(desk.store, name)

        def commit(self, change):
            rival.note(opened, "me first", by="bo")
            commit(change)

    beaten = desk.colleague()
    beaten.store = Beaten()
    with pytest.raises(Conflict, match="same time"):
        beaten.acknowledge(opened, by="ann")
    assert desk.service.incident(opened).status is Status.DETECTED


def test_a_new_incident_must_be_opened_first():
    """A draft of nothing has no incident."""
    with pytest.raises(ValueError, match="open"):
        Draft(None, at=at(0)).incident  # noqa: B018  # reading it is the test


def test_the_one_transition_refuses_by_itself():
    """Whoever calls it, and from wherever."""
    incident = Incident(id="INC-1", title="x", severity="low", source="manual", opened_at=at(0), status="closed")
    with pytest.raises(IllegalMove, match="nothing follows"):
        transition(incident, Status.RESOLVED, at=at(1), by="ann")
