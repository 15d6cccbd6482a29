"""Several fields at once: one commit, one revision, an event for each thing; all of it or nothing."""

import pytest
from pydantic import ValidationError

from tests.desk import at, says, timers
from tocsin.domain.editing import Edit
from tocsin.domain.incident import NEXT, Status
from tocsin.domain.people import Role
from tocsin.domain.timeline import EventKind, replay
from tocsin.errors import IllegalMove, InvalidInput

K = EventKind


@pytest.fixture
def opened(desk):
    """Return the id of a fresh incident by hand."""
    return desk.service.open("checkout is slow", by="ann", severity="high", description="504 since noon").id


def kinds(desk, incident_id):
    return [event.kind for event in desk.service.timeline(incident_id)]


def test_everything_at_once_is_one_commit_and_one_revision(desk, opened):
    """With an event for each thing, in which the timeline can be read."""
    edit = Edit(
        status=Status.ACKNOWLEDGED,
        severity="critical",
        title="checkout is down",
        description="nobody can pay",
        service="checkout",
        environment="prod",
        team="shop",
        assignees=("bo", "cy"),
        snoozed_until=at(30),
        root_cause="a full disk",
        resolution_steps=("made room",),
        note="looking",
    )
    incident = desk.service.edit(opened, edit, by="ann")
    assert (incident.version, incident.revision) == (1, 1)
    assert (incident.status, incident.severity, incident.severity_pinned) == (Status.ACKNOWLEDGED, "critical", True)
    assert (incident.title, incident.description) == ("checkout is down", "nobody can pay")
    assert (incident.service, incident.environment, incident.team) == ("checkout", "prod", "shop")
    assert (incident.assignees, incident.snoozed_until) == (("bo", "cy"), at(30))
    assert (incident.root_cause, incident.resolution_steps) == ("a full disk", ("made room",))
    assert kinds(desk, opened)[1:] == [
        K.EDITED,
        K.ROOT_CAUSE_ADDED,
        K.SEVERITY_CHANGED,
        K.ASSIGNED,
        K.ACKNOWLEDGED,
        K.SNOOZED,
        K.NOTED,
    ]
    assert {event.by for event in desk.service.timeline(opened)} == {"ann"}
    assert replay(incident, desk.service.timeline(opened)) == incident


def test_an_edit_that_changes_nothing_writes_nothing(desk, opened):
    """The same again, and nothing at all."""
    edit = Edit(title=" checkout is slow ", description="504 since noon", severity="high", status=Status.DETECTED)
    for one in (edit, Edit()):
        assert desk.service.edit(opened, one, by="ann").version == 0


def test_a_text_that_was_cut_is_the_same_text_the_second_time(desk, opened):
    """What is compared is what is kept."""
    for _ in range(2):
        incident = desk.service.edit(opened, Edit(title="t" * 5_000, root_cause="r" * 10_000), by="ann")
    assert incident.version == 1


def test_one_refusal_refuses_all_of_it(desk, opened):
    """Half an edit would be worse than none."""
    edit = Edit(title="new", assignees=("bo",), status=Status.CLOSED)
    with pytest.raises(IllegalMove) as refusal:
        desk.service.edit(opened, edit, by="ann")
    assert refusal.value.allowed == NEXT[Status.DETECTED]
    assert desk.service.incident(opened).version == 0


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.DETECTED])
def test_a_status_moves_as_the_move_of_its_own_does(desk, opened, status):
    """Acknowledge, start, resolve and close, with all that they bring."""
    if status is Status.CLOSED:
        desk.service.resolve(opened, by="ann")
    incident = desk.service.edit(opened, Edit(status=status), by="ann")
    assert incident.status is status
    assert desk.service.edit(opened, Edit(status=status), by="bo") == incident


def test_nothing_goes_back_to_detected(desk, opened):
    """It is refused with what is allowed."""
    desk.service.acknowledge(opened, by="ann")
    with pytest.raises(IllegalMove, match="in_progress or resolved") as refusal:
        desk.service.edit(opened, Edit(status=Status.DETECTED), by="ann")
    assert refusal.value.allowed == NEXT[Status.ACKNOWLEDGED]


def test_raising_and_acknowledging_in_one_pages_nobody(desk, opened):
    """Whoever does both has seen how bad it is."""
    assert not desk.service.edit(opened, Edit(severity="critical", status=Status.ACKNOWLEDGED), by="ann").paging


def test_resolving_with_a_severity_and_a_cause_keeps_both(desk, opened):
    """What is settled once it is resolved may be said in the edit that resolves it."""
    edit = Edit(status=Status.RESOLVED, severity="low", root_cause="dns", resolution_steps=("waited",))
    incident = desk.service.edit(opened, edit, by="ann")
    assert (incident.status, incident.severity, incident.root_cause) == (Status.RESOLVED, "low", "dns")
    assert incident.resolved_by == "ann"


def test_resolving_by_an_edit_releases_the_claim_and_the_timers(desk):
    """As any resolve does."""
    desk.sweep(says(1, since=0))
    desk.minute(1).sweep(says(1, "OK", resolved=1))
    desk.service.edit("INC-1001", Edit(status=Status.RESOLVED), by="ann")
    assert not desk.store.claims(["datadog:1"])["datadog:1"].joinable(desk.now)
    assert timers(desk.store, at(600)) == []


@pytest.mark.parametrize("closed", [False, True])
def test_what_describes_it_stays_open_for_the_post_mortem(desk, opened, closed):
    """Title, description, where it was, why it happened, what was done, notes: resolved or closed."""
    desk.service.resolve(opened, by="ann", root_cause="dns", steps=["waited"])
    if closed:
        desk.service.close(opened, by="ann")
    edit = Edit(
        title="DNS was down",
        description="all of it",
        service="dns",
        environment="prod",
        team="net",
        root_cause="a bad zone file",
        resolution_steps=("rolled back", "wrote a check"),
        note="reviewed",
    )
    incident = desk.service.edit(opened, edit, by="bo")
    assert (incident.title, incident.service, incident.root_cause) == ("DNS was down", "dns", "a bad zone file")
    assert incident.resolution_steps == ("rolled back", "wrote a check")
    assert replay(incident, desk.service.timeline(opened)) == incident


@pytest.mark.parametrize("edit", [Edit(severity="low"), Edit(assignees=("bo",)), Edit(snoozed_until=at(30))])
def test_what_steers_the_handling_is_settled_once_it_is_resolved(desk, opened, edit):
    """It is refused, and nothing is written."""
    desk.service.resolve(opened, by="ann")
    with pytest.raises(IllegalMove, match="resolved"):
        desk.service.edit(opened, edit, by="ann")
    assert desk.service.edit(opened, Edit(assignees=(), snoozed_until=None), by="ann").version == 1


def test_resolving_and_snoozing_in_one_contradict_each_other(desk, opened):
    """So neither is done."""
    with pytest.raises(IllegalMove, match="snoozed"):
        desk.service.edit(opened, Edit(status=Status.RESOLVED, snoozed_until=at(30)), by="ann")
    assert desk.service.incident(opened).active


def test_beginning_to_work_and_snoozing_in_one_snoozes(desk, opened):
    """The snooze is what was asked for last."""
    incident = desk.service.edit(opened, Edit(status=Status.IN_PROGRESS, snoozed_until=at(30)), by="ann")
    assert (incident.status, incident.snoozed_until) == (Status.IN_PROGRESS, at(30))
    assert desk.minute(30).service.tick().cycles_started == (opened,)


def test_a_snooze_is_ended_by_none_and_kept_by_silence(desk, opened):
    """A field that is not given stays as it is."""
    desk.service.snooze(opened, at(30), by="ann")
    assert desk.service.edit(opened, Edit(note="x"), by="ann").snoozed_until == at(30)
    assert desk.service.edit(opened, Edit(snoozed_until=None), by="ann").snoozed_until is None


def test_the_assignees_become_those_and_keep_their_roles(desk, opened):
    """Who is new responds; who is left out goes."""
    desk.service.assign(opened, "ann", role="commander", by="ann")
    desk.service.assign(opened, "bo", role="scribe", by="ann")
    incident = desk.service.edit(opened, Edit(assignees=("cy", "ann", "cy")), by="dee")
    assert incident.assignments == {"cy": Role.RESPONDER, "ann": Role.COMMANDER}
    assert [event.text for event in desk.service.timeline(opened)[-2:]] == ["bo", "cy"]
    assert desk.service.edit(opened, Edit(assignees=("ann", "cy")), by="dee") == incident
    assert desk.service.edit(opened, Edit(assignees=()), by="dee").assignments == {}


def test_the_timeline_keeps_what_was_said_before(desk, opened):
    """A description is replaced; the record loses nothing."""
    desk.service.edit(opened, Edit(description="all is lost", team="shop"), by="bo")
    event = desk.service.timeline(opened)[-1]
    assert event.text == "team: (none) → shop; description, which was: 504 since noon"
    assert event.changes["description"] == "all is lost"
    assert desk.service.edit(opened, Edit(description="", team=""), by="bo").description == ""
    desk.service.edit(opened, Edit(description="again"), by="bo")
    assert desk.service.timeline(opened)[-1].text == "description"


def test_cause_and_steps_are_replaced_and_can_be_taken_back(desk, opened):
    """An edit says how they shall be; a resolve only adds."""
    desk.service.edit(opened, Edit(root_cause="dns"), by="ann")
    desk.service.edit(opened, Edit(resolution_steps=("a", " ", "b")), by="ann")
    assert [event.text for event in desk.service.timeline(opened)[1:]] == ["dns", "a; b"]
    incident = desk.service.edit(opened, Edit(root_cause="", resolution_steps=()), by="ann")
    assert (incident.root_cause, incident.resolution_steps) == ("", ())
    assert desk.service.timeline(opened)[-1].text == "taken back"


def test_an_incident_keeps_a_title(desk, opened):
    """It is how people call it."""
    with pytest.raises(InvalidInput, match="title"):
        desk.service.edit(opened, Edit(title="  "), by="ann")


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+01:00", "2026-03-02T12:00:00"])
def test_a_moment_that_utc_cannot_tell_is_no_value(text):
    """Not a fault of ours: such a moment is refused where it is read."""
    with pytest.raises(ValidationError):
        Edit(snoozed_until=text)


def test_an_incident_by_hand_takes_all_that_is_known_of_it(desk):
    """And those who work on it already."""
    incident = desk.service.open(
        "checkout is down",
        by="ann",
        severity="critical",
        description="nobody can pay",
        service="checkout",
        environment="prod",
        team="shop",
        tags=["tier:1"],
        logs=["504", "504"],
        assignees=["ann", "bo"],
    )
    assert (incident.assignees, incident.logs, incident.tags) == (("ann", "bo"), ("504", "504"), ("tier:1",))
    assert (incident.severity, incident.severity_pinned) == ("critical", True)
    assert replay(incident, desk.service.timeline(incident.id)) == incident


@pytest.mark.parametrize(
    "title, description, severity, rule",
    [
        ("checkout is down", "", "critical", "default: it says 'down'"),
        ("checkout", "many errors since noon", "high", "default: it says 'errors'"),
        ("a strange noise", "", "medium", "default: nothing says how bad it is"),
    ],
)
def test_an_incident_by_hand_without_severity_gets_one_by_its_words(desk, title, description, severity, rule):
    """Recorded as such, and not pinned: no person said so."""
    incident = desk.service.open(title, by="ann", description=description)
    assert (incident.severity, incident.severity_pinned) == (severity, False)
    assert desk.service.timeline(incident.id)[0].text == f"{severity}: {title}; {rule}"
