"""What becomes of a delivery: every item is answered, in its order, and a repeated delivery is answered alike."""

import pytest

from tests import tables
from tests.desk import NOON, Desk, at, fires, is_over
from tocsin.domain.alert import Problem, Push, Source, alert_id
from tocsin.domain.change import MOST_ALERTS
from tocsin.domain.decision import Reason
from tocsin.domain.incident import Status
from tocsin.domain.timeline import EventKind, replay
from tocsin.services.ingest import ingest
from tocsin.storage.json_store import JsonStore


def told(report):
    """Return what a report says became of each item: its reason and incident, or that it is a problem."""
    return [(one.reason.value, one.incident_id) if not isinstance(one, Problem) else one.why for one in report.items]


def test_an_alert_opens_an_incident_with_what_it_says(desk):
    """Title, description, tags and links come from the alert, and the timeline names the rule that judged it."""
    links = {"runbook": "https://wiki.example.com/r", "monitor": "https://x.example.com/m"}
    seen = fires(severity_word="", message="checkout is down", tags=("team:a",), links=links, team="payments")
    report = desk.push(seen)
    assert told(report) == [("opened", "INC-1001")]
    (one,) = report.items
    assert (one.alert_id, one.key) == (alert_id(Source.GENERIC, "s:a"), "s:a")
    assert (one.severity, one.detail) == ("critical", "default: it says 'down'")
    assert (report.opened, report.source, report.at) == (("INC-1001",), Source.GENERIC, NOON)
    incident = desk.only()
    assert (incident.title, incident.description) == ("a is in trouble", "checkout is down")
    assert (incident.service, incident.environment, incident.team) == ("checkout", "prod", "payments")
    assert (incident.source, incident.severity, incident.tags) == (Source.GENERIC, "critical", ("team:a",))
    assert incident.links.runbook == "https://wiki.example.com/r"
    opened = desk.service.timeline("INC-1001")[0]
    assert (opened.kind, opened.text) == (
        EventKind.OPENED,
        "critical: a is in trouble; default: it says 'down'",
    )


def test_a_repeated_alert_is_counted_and_dated_and_nothing_else(desk):
    """No change, no event, no decision; the answer names the same alert and incident."""
    first = desk.push(fires())
    version = desk.only().version
    for minute in (1, 2, 3):
        again = desk.minute(minute).push(fires(minutes=minute, title="another title", message="another message"))
        assert told(again) == [("deduplicated", "INC-1001")]
        assert again.items[0].alert_id == first.items[0].alert_id
        assert again.opened == ()
    row = desk.alert("s:a", Source.GENERIC)
    assert (row.count, row.first_seen_at, row.last_seen_at) == (4, NOON, at(3))
    assert desk.only().version == version


def test_a_repeated_delivery_answers_the_same_alerts_and_incidents(desk):
    """However often it comes, and whatever it holds."""
    desk.push(fires("ended"), fires("settled"))
    delivery = [fires("a"), fires("b", service=""), is_over("ended", 1), is_over("never seen", 1), fires("a", 1)]
    first = desk.minute(1).push(*delivery)
    assert [(one.alert_id, one.incident_id) for one in first.items] == [
        (one.alert_id, one.incident_id) for one in desk.minute(2).push(*delivery).items
    ]
    assert told(first) == [
        ("joined", "INC-1001"),
        ("opened", "INC-1002"),
        ("recovered", "INC-1001"),
        ("not_firing", ""),
        ("deduplicated", "INC-1001"),
    ]


def test_items_are_answered_in_their_order_bad_ones_too(desk):
    """One bad item spoils none of the others, and keeps its place."""
    report = desk.push(Problem(origin="x", why="no message"), fires("a"), Problem(why="no object"), fires("b"))
    assert told(report) == ["no message", ("opened", "INC-1001"), "no object", ("joined", "INC-1001")]
    assert [problem.origin for problem in report.problems] == ["x", ""]
    assert [one.key for one in report.alerts] == ["s:a", "s:b"]
    assert report.decisions == {Reason.OPENED: 1, Reason.JOINED: 1}


def test_an_empty_delivery_does_nothing(desk):
    """Nothing is written, and nothing is wrong with it."""
    report = desk.push()
    assert (report.items, report.decisions, desk.incidents()) == ((), {}, [])


def test_what_a_sender_left_out_is_told(desk):
    """An Alertmanager cuts its deliveries, and says how many alerts it left out."""
    push = Push(source=Source.ALERTMANAGER, received_at=NOON, items=(), truncated=7)
    assert ingest(desk.store, push, desk.service.rules, clock=lambda: NOON, new_id=str).truncated == 7


def test_items_of_one_alert_are_applied_in_their_order(desk):
    """One delivery may tell a whole story of one alert, and of another beside it."""
    report = desk.minute(9).push(
        fires("a", 1), fires("b", 1), is_over("a", 2), fires("a", 3), is_over("b", 4), fires("a", 5), is_over("a", 6)
    )
    assert [one[0] for one in told(report)] == [
        "opened", "joined", "recovered", "refired", "recovered", "deduplicated", "recovered",
    ]  # fmt: skip
    incident = desk.only()
    assert (incident.flaps, incident.alerts.total, incident.alerts.firing_now) == (1, 3, 0)
    assert [one.episode for one in desk.store.alerts_of(incident.id)] == [1, 3, 2]
    assert replay(incident, desk.service.timeline(incident.id)) == incident


def test_an_alert_without_a_time_of_arrival_gets_that_of_its_delivery(desk):
    """A library may leave it out."""
    push = Push(source=Source.GENERIC, received_at=at(2), items=(fires(),))
    ingest(desk.store, push, desk.service.rules, clock=lambda: at(3), new_id=lambda: "one")
    assert desk.alert("s:a", Source.GENERIC).last_seen_at == at(2)


def test_a_state_that_nobody_knows_changes_nothing(desk):
    """Neither opens nor ends anything."""
    assert told(desk.push(fires(word="flickering"))) == [("kept_unknown_state", "")]
    desk.push(fires())
    assert told(desk.minute(1).push(fires(minutes=1, word="flickering"))) == [("kept_unknown_state", "INC-1001")]
    assert desk.alert("s:a", Source.GENERIC).firing


def test_what_is_not_selected_or_ignored_opens_nothing_and_is_told(desk):
    """And nothing is remembered of it."""
    desk.with_rules(
        selection={"exclude_environments": ("dev",)}, severities={"rules": [{"tags": "quiet:yes", "opens": False}]}
    )
    report = desk.push(fires("a", environment="Dev"), fires("b", tags=("quiet:yes",)), fires("c", muted=True))
    assert [one[0] for one in told(report)] == ["not_selected", "ignored_by_rule", "suppressed_muted"]
    assert (desk.incidents(), list(desk.store.alerts(Source.GENERIC))) == ([], [])


def test_how_old_an_alert_is_is_told_by_when_it_came(desk):
    """Its place in the order of its source is its start: that is no age."""
    desk.with_rules(selection={"oldest": 3600})
    old = {"source": Source.ALERTMANAGER, "since": -61}
    assert told(desk.push(fires("old", **old))) == [("not_selected", "")]
    assert told(desk.push(fires("young", source=Source.ALERTMANAGER, since=-59))) == [("opened", "INC-1001")]


def test_a_change_of_severity_moves_the_incident_and_then_is_counted(desk):
    """Raised in place, lowered while nobody has acknowledged, and membership is sticky."""
    desk.push(fires(severity_word="medium"))
    assert told(desk.minute(1).push(fires(minutes=1, severity_word="critical"))) == [("severity_raised", "INC-1001")]
    assert told(desk.minute(2).push(fires(minutes=2, severity_word="critical"))) == [("deduplicated", "INC-1001")]
    assert desk.only().severity == "critical"
    assert told(desk.minute(3).push(fires(minutes=3, severity_word="low"))) == [("severity_lowered", "INC-1001")]
    assert (desk.only().severity, desk.alert("s:a", Source.GENERIC).count) == ("low", 4)


def test_five_hundred_alerts_in_one_delivery_are_one_incident(desk):
    """A chain of changes, the worst of them first, and each answered at its place."""
    items = [fires(f"{number:03}", severity_word="high", query="q" * number) for number in range(499)]
    report = desk.push(*items[:200], fires("worst", severity_word="high", title="worst"), *items[200:])
    assert len(report.items) == 500
    assert {one.incident_id for one in report.items} == {"INC-1001"}
    assert sum(one.reason is Reason.OPENED for one in report.items) == 1
    incident = desk.only()
    assert (incident.alerts.total, incident.version) == (500, -(-500 // MOST_ALERTS) - 1)
    again = desk.minute(1).push(*items)
    assert again.decisions == {Reason.DEDUPLICATED: 499}


@pytest.mark.parametrize("stand_in", [False, True], ids=["json", "moto"])
def test_what_no_store_can_hold_spoils_nothing_else(moto, tmp_path, stand_in):
    """Half of a character is no text; parsers let none through, and whoever builds a push may."""
    desk = Desk(tables.a_store(moto, parallel=1) if stand_in else JsonStore(tmp_path / "incidents.json"))
    half = fires("b", service="").model_copy(update={"title": "\ud800"})
    report = desk.push(fires("a", service=""), half, fires("c", service=""), fires("a", 1, service=""))
    said = told(report)
    assert "cannot be written as JSON" in said.pop(1)
    a, c, again = (incident for _, incident in said)
    assert a == again != c
    assert {one.title for one in desk.incidents()} == {"a is in trouble", "c is in trouble"}


def test_a_person_is_not_asked_again_for_what_is_muted(desk):
    """What its sender mutes is kept, and its pages are held; and the other way round."""
    desk.push(fires())
    assert told(desk.minute(1).push(fires(minutes=1, muted=True))) == [("muted", "INC-1001")]
    assert not desk.only().paging
    assert told(desk.minute(2).push(fires(minutes=2))) == [("unmuted", "INC-1001")]
    assert desk.only().paging


def test_a_recovery_settles_and_resolves_as_of_then(desk):
    """As of any source; the clock of the sender is translated by its age."""
    desk.push(fires(minutes=-3, source=Source.ALERTMANAGER, since=-3))
    incident = desk.only()
    assert (incident.triggered_at, incident.opened_at) == (at(-3), NOON)
    desk.minute(4).push(is_over("a", 2, source=Source.ALERTMANAGER, since=-3))
    assert desk.only().recovered_at == at(2)
    assert desk.minute(7).service.tick().resolved == ("INC-1001",)
    incident = desk.only()
    assert (incident.status, incident.resolved_at) == (Status.RESOLVED, at(2))


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"])
def test_moments_at_the_ends_of_time_are_handled(desk, moment):
    """An incident never begins after it was opened."""
    desk.push(fires(observed_at=moment, triggered_at=moment), fires("b", observed_at=moment))
    assert desk.only().triggered_at <= NOON
    desk.minute(1).push(is_over("a").model_copy(update={"observed_at": desk.alert("s:a", Source.GENERIC).observed_at}))
    assert desk.only().alerts.firing_now == 1


def test_rows_keep_little_text(desk):
    """They are written by every repetition; the incident has it all."""
    long = "x" * 900
    desk.push(fires(title=long, query=long, group=long, links={"group": f"https://a/{long}", "monitor": "https://b"}))
    row = desk.alert("s:a", Source.GENERIC)
    assert max(map(len, (row.title, row.query, row.group))) <= 256
    assert row.link == "https://b"
    assert desk.only().title == long
