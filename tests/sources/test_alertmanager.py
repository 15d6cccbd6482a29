"""Alertmanager's webhook: every alert by its own status, with its own times, and a name for its episode."""

from datetime import timedelta
from urllib.parse import unquote

import pytest

from tests.sources.bodies import (
    ABSENT,
    ARRIVED,
    BEGAN,
    FIRING_ENDS_AT,
    changed,
    complaint,
    delivery,
    encoded,
    only,
    prometheus_alert,
    stamp,
)
from tocsin.domain.alert import AlertState, Observation, Problem, Source
from tocsin.errors import InvalidInput
from tocsin.sources.alertmanager import fingerprint, parse
from tocsin.sources.naming import TagNames

ENDED = BEGAN + timedelta(minutes=5)
LABELS = prometheus_alert()["labels"]


def read(*alerts: object, **changes: object):
    return parse(delivery(*alerts, **changes), received_at=ARRIVED)


def one(**changes: object) -> Observation:
    return only(read(prometheus_alert(**changes)))


def test_a_firing_alert_finds_its_place():
    """Placed in Alertmanager's order by when it began."""
    seen = one()
    assert (seen.source, seen.state, seen.word) == (Source.ALERTMANAGER, AlertState.ALERT, "firing")
    assert (seen.key, seen.origin, seen.group) == ("default:0123456789abcdef", "DiskFull", "instance:web-1:9100")
    assert (seen.title, seen.message) == ("DiskFull: 3 % left", "The disk of web-1 fills up.")
    assert (seen.service, seen.environment, seen.team, seen.severity_word) == ("shop", "prod", "web", "critical")
    assert seen.observed_at == seen.triggered_at == BEGAN
    assert (seen.resolved_at, seen.sent_at, seen.names_episodes) == (None, ARRIVED, True)
    assert seen.query == "disk_free < 3"
    assert seen.links.runbook == "https://wiki.example.com/disk"
    assert seen.links.monitor == "http://prometheus:9090/graph?g0.expr=disk_free+%3C+3&g0.tab=1"
    assert "severity:critical" in seen.tags
    assert {"receiver:tocsin", 'group_key:{}:{alertname="DiskFull"}'} <= set(seen.tags)


def test_a_resolved_alert_is_placed_by_its_end():
    """And still names the episode that ended."""
    seen = one(status="resolved", endsAt=stamp(ENDED))
    assert (seen.state, seen.word, seen.triggered_at) == (AlertState.OK, "resolved", BEGAN)
    assert seen.observed_at == seen.resolved_at == ENDED


def test_each_alert_counts_by_its_own_status():
    """The group's stays firing while one of its alerts is resolved."""
    over = prometheus_alert(status="resolved", endsAt=stamp(ENDED), fingerprint="00")
    push = read(prometheus_alert(), over, status="firing")
    assert [item.state for item in push.items] == [AlertState.ALERT, AlertState.OK]
    assert one(status="FIRING").state is AlertState.ALERT
    push = read(prometheus_alert(status=ABSENT), status="resolved")
    assert only(push).state is AlertState.OK


def test_a_resolve_without_a_believable_end_ends_it_all_the_same():
    """Missing: when we were told. Before the start: as soon as it began, since older news would change nothing."""
    for never in (FIRING_ENDS_AT, None, ABSENT, ""):
        assert one(status="resolved", endsAt=never).observed_at == ARRIVED
    assert one(status="resolved", endsAt=stamp(BEGAN - timedelta(hours=1))).observed_at == BEGAN
    assert one(status="resolved", endsAt="9999-01-01T00:00:00Z").observed_at == ARRIVED


def test_a_resolve_without_a_start_is_dated_to_its_end():
    """Which is all that it says."""
    seen = one(status="resolved", startsAt=FIRING_ENDS_AT, endsAt=stamp(ENDED))
    assert seen.observed_at == seen.triggered_at == ENDED
    assert not seen.names_episodes


@pytest.mark.parametrize("starts", [ABSENT, FIRING_ENDS_AT, "9999-01-01T00:00:00Z"])
def test_a_start_that_is_another_one_each_time_names_no_episode(starts):
    """Missing, or too far ahead: every repetition would look like a new episode."""
    seen = one(startsAt=starts)
    assert (seen.observed_at, seen.triggered_at, seen.names_episodes) == (ARRIVED, ARRIVED, False)


def test_the_end_of_a_firing_alert_says_nothing():
    """Prometheus sends when it will end unless repeated; some versions pass that on."""
    seen = one(endsAt=stamp(ARRIVED + timedelta(minutes=3)))
    assert (seen.state, seen.observed_at, seen.resolved_at) == (AlertState.ALERT, BEGAN, None)


def test_nanoseconds_and_offsets_are_one_moment():
    """Two deliveries of one episode name the same start."""
    assert (
        one(startsAt="2026-03-02T11:50:00.123456789Z").triggered_at
        == one(startsAt="2026-03-02T12:50:00.123456111+01:00").triggered_at
    )


def test_an_absent_fingerprint_is_the_one_that_newer_versions_send():
    """So that an upgrade of the Alertmanager makes no alert anew."""
    known = {"alertname": "HighErrorRate", "cluster": "test", "host": "a", "instance": "127.0.0.1:9912", "job": "app"}
    assert fingerprint(known | {"severity": "critical", "team": "payments"}) == "a6d89d8ccb00b22c"
    assert one(fingerprint=ABSENT).key == f"default:{fingerprint(LABELS)}"
    assert one(fingerprint="").key == f"default:{fingerprint(dict(reversed(LABELS.items())))}"


def test_nothing_to_know_an_alert_by_is_a_problem():
    """Neither fingerprint nor labels."""
    assert complaint(read(prometheus_alert(fingerprint=ABSENT, labels={}))).startswith("labels: they are missing")
    assert one(labels={}).title == "3 % left"
    assert one(labels={}, annotations=None).title == "0123456789abcdef"


def test_the_title_names_the_alert_once():
    """With its summary, or without."""
    assert one(annotations={"summary": "diskfull on web-1\nmore"}).title == "diskfull on web-1"
    assert one(annotations={}).title == "DiskFull"
    assert (one(annotations={}).message, one(annotations={"summary": "s"}).message) == ("", "s")


@pytest.mark.parametrize("name", ["runbook_url", "runbook", "runbookURL"])
def test_the_runbook_is_an_annotation(name):
    """By any of its usual names; what is no address is left out."""
    assert one(annotations={name: "https://w/1"}).links.runbook == "https://w/1"
    assert one(annotations={name: "ask Bob"}).links.runbook == ""


def test_labels_say_whose_it_is():
    """Service or job, environment or env, team; or what the settings name."""
    seen = one(labels={"alertname": "A", "job": "app", "environment": "prod"})
    assert (seen.service, seen.environment, seen.team, seen.group) == ("app", "prod", "", "*")
    tags = TagNames(service="app", environment="stage", team="crew")
    alert = prometheus_alert(labels={"alertname": "A", "app": "x", "job": "y", "stage": "live", "crew": "blue"})
    seen = only(parse(delivery(alert), received_at=ARRIVED, tags=tags))
    assert (seen.service, seen.environment, seen.team, seen.group) == ("x", "live", "blue", "job:y")


def test_the_link_of_an_alert_opens_it_in_alertmanager():
    """Where it can be silenced: filtered by all of its labels, or by its name where those would not fit."""
    page = one().links.group
    assert page.startswith("http://alertmanager:9093/#/alerts?filter=%7Balertname%3D%22DiskFull%22%2C%20env%3D")
    assert unquote(page).endswith('service="shop", severity="critical", team="web"}')
    long = one(labels={"alertname": "A", "path": "/" * 600}).links.group
    assert unquote(long) == 'http://alertmanager:9093/#/alerts?filter={alertname="A"}'
    assert only(read(prometheus_alert(), externalURL="http://am/prefix/")).links.group.startswith("http://am/prefix/#/")
    assert only(read(prometheus_alert(), externalURL="nowhere")).links.group == ""


def test_grafana_sends_the_same_shape():
    """Under another version, and with addresses of its own."""
    grafana = prometheus_alert(
        startsAt="2026-03-02T12:50:00+01:00",
        silenceURL="https://grafana.example.com/alerting/silence/new?alertmanager=grafana",
        dashboardURL="",
        panelURL="",
        values={"B": 44.2, "C": 1},
    )
    seen = only(read(grafana, version="1", orgId=1, title="[FIRING:1]", state="alerting", message="m"))
    assert (seen.triggered_at, seen.links.group) == (BEGAN, grafana["silenceURL"])


def test_what_was_left_out_is_counted():
    """As the sender says; nonsense counts as none."""
    assert read(truncatedAlerts=7).truncated == 7
    for nonsense in (-1, None, "x", 1.5, [], ABSENT):
        assert read(truncatedAlerts=nonsense).truncated == 0


@pytest.mark.parametrize(
    "changes, says",
    [
        ({"status": "pending"}, "status: 'pending' is neither firing nor resolved"),
        ({"status": ["firing"]}, "status: "),
        ({"labels": []}, "labels: it is a list"),
        ({"labels": {"a": ["b"]}}, "labels.a: it is a list"),
        ({"annotations": "text"}, "annotations: it is a text"),
        ({"annotations": {"summary": {}}}, "annotations.summary: it is an object"),
        ({"startsAt": "now"}, "startsAt: this is no moment"),
        ({"startsAt": "2026-03-02T11:50:00"}, "startsAt: its time zone is missing"),
        ({"status": "resolved", "endsAt": "then"}, "endsAt: this is no moment"),
        ({"fingerprint": 7}, "fingerprint: it is a number"),
        ({"generatorURL": {}}, "generatorURL: it is an object"),
    ],
)
def test_a_bad_alert_names_its_field_and_holds_up_no_other(changes, says):
    """The problem stands at its place, and says which alert it was."""
    push = read(prometheus_alert(**changes), prometheus_alert())
    problem, neighbour = push.items
    assert isinstance(problem, Problem)
    assert problem.why.startswith(says)
    assert problem.origin == ("" if "fingerprint" in changes else "0123456789abcdef")
    assert isinstance(neighbour, Observation)


def test_an_alert_that_is_no_object_is_a_problem():
    """Like any other."""
    assert complaint(read("firing")) == "alert: it is a text; it should be an object"


@pytest.mark.parametrize(
    "body, says",
    [
        ([], "the body: it is a list; it should be an object"),
        ({}, "alerts: they are missing; an Alertmanager's webhook has a list of them"),
        ({"version": "4", "alerts": {}}, "alerts: it is an object"),
        (
            {"version": "3", "alert": []},
            "version: this is '3', and no shape that is known; version 4 of the webhook is",
        ),
        ({"version": ["4"]}, "version: this is "),
    ],
)
def test_a_body_without_a_list_of_alerts_is_refused(body, says):
    """An unknown version is named only if its shape is unknown, too."""
    with pytest.raises(InvalidInput) as refused:
        parse(encoded(body), received_at=ARRIVED)
    assert str(refused.value).startswith(says)


def test_a_delivery_without_its_frame_is_read():
    """Version, group and addresses are good to have."""
    body = encoded({"alerts": [changed(prometheus_alert(), generatorURL=ABSENT)]})
    seen = only(parse(body, received_at=ARRIVED, namespace="eu"))
    assert (seen.key, seen.query) == ("eu:0123456789abcdef", "")
    assert (seen.links.monitor, seen.links.group) == ("", "")
