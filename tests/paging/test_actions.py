"""What a step does beside paging: assign, set severity and status, open an issue, call a room."""

import pytest

from tests.paging.score import Score
from tocsin.domain.incident import Status
from tocsin.domain.severity import Severity
from tocsin.domain.timeline import EventKind

pytestmark = pytest.mark.large  # moto takes its time: the other stand-in for DynamoDB tries them, in integration


@pytest.fixture
def score(any_store):
    """Return an empty score, on every backend."""
    return Score(any_store)


def incident(score):
    return score.store.incident("INC-1001")


def test_whoever_is_on_call_is_assigned_and_then_paged_as_assigned(score):
    """Actions are done in their order; who is on it already is not put on it twice."""
    score.person("ana", "email")
    score.town.on_call["team"] = "ana"
    actions = [{"type": "assign", "target": "on_call"}, {"type": "notify", "target": "assignees"}]
    score.policy(steps=[(actions, 0), (actions, 5)])
    score.at("02:00").alert()
    score.at("02:00").expect_page("ana", via="email")
    score.at("02:05").expect_page("ana", via="email")
    assert incident(score).assignees == ("ana",)
    assert len(score.events(EventKind.ASSIGNED)) == 1
    score.until("02:30")


def test_severity_rises_unless_a_person_pinned_it(score):
    """It says which policy did it."""
    actions = [{"type": "set_severity", "severity": "critical"}, {"type": "notify", "target": "user:ana"}]
    score.person("ana", "email").policy(steps=[("ana", 0), (actions, 5)])
    score.at("02:00").alert(severity="high").alert("other", severity="high", service="other")
    score.service.set_severity("INC-1002", Severity.LOW, by="ana")
    score.at("02:00").expect_page("ana", via="email", says="2 incidents")
    score.at("02:05").expect_page("ana", via="email", says="CRITICAL")
    assert incident(score).severity is Severity.CRITICAL
    assert "by the policy P" in score.events(EventKind.SEVERITY_CHANGED)[0]
    assert score.store.incident("INC-1002").severity is Severity.LOW
    score.until("02:30")


def test_status_moves_on_and_nothing_more_is_paged(score):
    """A policy that acknowledges for whoever it paged ends its own cycle, and puts nobody on the incident."""
    actions = [{"type": "notify", "target": "user:ana"}, {"type": "set_status", "status": "acknowledged"}]
    score.person("ana", "email").policy(steps=[(actions, 0)], repeat=5)
    score.at("02:00").alert()
    score.until("03:00")
    assert incident(score).status is Status.ACKNOWLEDGED
    assert incident(score).assignees == ()
    # The page was planned in the commit that acknowledged: what is acknowledged pages nobody.
    assert score.phones.sent == []


def test_work_that_has_begun_is_not_acknowledged_again(score):
    """A status never goes back."""
    actions = [{"type": "set_status", "status": "in_progress"}]
    score.policy(steps=[(actions, 0), ([{"type": "set_status", "status": "acknowledged"}], 5)])
    score.at("02:00").alert()
    score.until("02:30")
    assert incident(score).status is Status.IN_PROGRESS
    assert len(score.events(EventKind.STARTED)) == 1


def test_an_issue_is_opened_once_an_incident(score):
    """However often the step comes, and in whichever cycle; who acknowledges meanwhile still gets it."""
    issue = [{"type": "create_issue", "repository": "acme/shop", "labels": ["incident", "page"]}]
    score.policy(steps=[(issue, 0)], repeat=2)
    score.town.address = lambda _contact: 1 / 0
    score.at("02:00").alert()
    score.at("02:00").expect_nothing_but("acme/shop", via="github")
    score.until("04:00")


def test_a_webhook_room_is_called(score):
    """As a page to a room is."""
    score.town.room("hook", "webhook")
    score.policy(steps=[([{"type": "webhook", "target": "room:hook"}], 0)])
    score.at("02:00").alert()
    score.at("02:00").expect_page("hook", via="webhook")
    score.until("02:30")


def test_a_room_that_is_gone_is_said(score):
    """A step that calls nobody else pages the fallback only if it was to page."""
    score.person("chief", "sms").policy(
        steps=[([{"type": "webhook", "target": "room:gone"}], 0), ([{"type": "notify", "target": "room:gone"}], 5)],
        fallback=["user:chief"],
    )
    score.town.on_call["gone"] = None
    score.at("02:00").alert()
    score.at("02:05").expect_page("chief", via="sms")
    assert len(score.events(EventKind.UNREACHABLE)) == 2
    score.until("02:30")
