"""Odd values over real HTTP, to each path that takes any: they are kept as what they can mean, or refused by name."""

import json

import pytest

from tests.entrypoints.serving import Serving

V1 = "/api/v1"
FIRING = {"status": "firing", "labels": {"alertname": "A"}}
FILLED = {"rule": {"id": "r", "name": "R"}, "alert": {"id": "a", "actionGroup": "fired"}}
SAID = {"alert_id": "4711", "alert_scope": "host:a", "alert_transition": "Triggered"}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Return a server that all of these tests share: whatever one did to it must not harm the next."""
    with Serving(tmp_path_factory.mktemp("served"), REQUESTS_PER_SECOND="0") as serving:
        yield serving
        assert serving.ask("GET", "/health/ready").status == 200
        assert '"level":"ERROR"' not in serving.err


def alertmanager(**more):
    return "alertmanager", {"alerts": [FIRING | more]}


@pytest.mark.parametrize(
    "sender, body",
    [
        alertmanager(fingerprint="1", startsAt="0001-01-01T00:00:00Z"),
        alertmanager(fingerprint="2", startsAt="0001-01-01T00:00:00+14:00"),
        alertmanager(fingerprint="3", startsAt="9999-12-31T23:59:59Z"),
        alertmanager(fingerprint="4", startsAt="9999-12-31T23:59:59-14:00", endsAt="9999-12-31T23:59:59-14:00"),
        alertmanager(fingerprint="NUL \x00, half a pair \ud800", annotations={"summary": "a\x00b\ud800"}),
        alertmanager(labels={"": "", "a=b,{c}": 'd"e\\f\n', "\u202e": "\x1b[31m"}),
        alertmanager(labels={f"label-{number}": "v" * 50 for number in range(5_000)}),
        alertmanager(fingerprint="5" * 100_000),
        ("alertmanager", {"alerts": [FIRING | {"fingerprint": "6"}], "truncatedAlerts": 10**400, "groupKey": "\x00✨"}),
        ("elastic", FILLED | {"date": "0001-01-01T00:00:00Z", "rule": {"id": "1"}}),
        ("elastic", FILLED | {"date": "9999-12-31T23:59:59-14:00", "rule": {"id": "2"}}),
        ("elastic", FILLED | {"rule": {"id": "NUL \x00 \ud800", "name": "a\x00b\ud800"}}),
        ("elastic", FILLED | {"rule": {"id": "3" * 100_000}}),
        ("elastic", FILLED | {"rule": {"id": 10**400}, "context": {"value": 10**400, "threshold": "1e999"}}),
        ("elastic", FILLED | {"rule": {"id": "4"}, "context": {"value": [[[]]], "reason": {"a": {"b": [1]}}}}),
        ("datadog", SAID | {"date": "0001-01-01T00:00:00Z"}),
        ("datadog", SAID | {"alert_scope": "host:b", "date": "253402300799000"}),
        ("datadog", SAID | {"alert_scope": "host:\x00\ud800", "alert_title": "a\x00b\ud800"}),
        ("datadog", SAID | {"alert_scope": ",".join(f"tag{number}:{'v' * 50}" for number in range(5_000))}),
        ("datadog", SAID | {"alert_scope": "host:c", "alert_priority": 10**400, "tags": [[[]], 10**400]}),
    ],
    ids=range(20),
)
def test_what_is_odd_in_a_webhook_is_kept_as_it_can_be_meant(server, sender, body):
    """And can be looked at, with its incident, opened now and in no other year."""
    reply = server.ask("POST", f"{V1}/webhooks/{sender}", body)
    assert reply.status == 200, reply.body
    (taken,) = reply.json["taken"]
    alert = server.ask("GET", f"{V1}/alerts/{taken['alert']}").json
    incident = server.ask("GET", f"{V1}/incidents/{taken['incident']}").json
    assert alert["incident_id"] == incident["id"]
    assert "\x00" not in json.dumps([alert["title"], incident["title"], incident["description"]])
    assert incident["opened_at"].startswith("20")
    assert alert["triggered_at"].startswith("20")
    assert server.ask("GET", f"{V1}/incidents?limit=200").status == 200


def test_a_webhook_of_501_alerts_is_taken_whole(server):
    """Its sender cannot part it: nothing would come of refusing it but the same again."""
    alerts = [FIRING | {"fingerprint": f"{number}"} for number in range(501)]
    reply = server.ask("POST", f"{V1}/webhooks/alertmanager", {"alerts": alerts})
    assert (reply.status, len(reply.json["taken"])) == (200, 501)


@pytest.mark.parametrize(
    "change, status",
    [
        ({"title": "NUL \x00, escape \x1b[31m, bell \x07"}, 200),
        ({"title": "half of a pair \ud800"}, 400),
        ({"description": "x" * 500_000}, 200),
        ({"notes": "x" * 500_000}, 200),
        ({"assignees": ["x" * 100_000]}, 200),
        ({"resolution_steps": ["x"] * 1_001}, 422),
        ({"snoozed_until": "0001-01-01T00:00:00Z"}, 422),
        ({"snoozed_until": "9999-12-31T23:59:59Z"}, 422),
        ({"severity": "high", "status": "closed"}, 409),
        ({}, 200),
    ],
    ids=range(10),
)
def test_an_odd_edit_is_done_or_refused_and_leaves_an_incident_that_can_be_read(server, change, status):
    """All of it or nothing."""
    path = f"{V1}/incidents/{server.ask('POST', f'{V1}/incidents', {'title': 'Checkout is down'}).json['id']}"
    before = server.ask("GET", path).json
    reply = server.ask("PATCH", path, change)
    assert reply.status == status, reply.body
    after = server.ask("GET", path).json
    assert "\x00" not in json.dumps(after)
    if status != 200:
        assert (after["version"], after["severity"]) == (before["version"], before["severity"])
