"""In a refusal a field is called as its sender knows it: with its way through the body that was sent."""

import json

import pytest

from tests.api.client import V1

SENT = f"{V1}/alerts"
HOOKS = f"{V1}/webhooks"
FIRING = {"status": "firing", "labels": {"alertname": "A"}}
FILLED = {"rule": {"id": "r"}, "alert": {"id": "a", "actionGroup": "fired"}}


def named(client, path, body):
    """Return the fields that a refused body is told of."""
    reply = client.post(path, body)
    assert (reply.status, reply.problem) == (422, "invalid-input")
    first = reply.json["errors"][0]
    assert reply.json["detail"] == f"body {first['field']}: {first['detail']}".replace("body :", "body:")
    assert {one["in"] for one in reply.json["errors"]} == {"body"}
    return [one["field"] for one in reply.json["errors"]]


@pytest.mark.parametrize(
    "path, body, fields",
    [
        (SENT, {"state": "on fire", "message": "x"}, ["state"]),
        (SENT, [{"state": "on fire", "message": "x"}], ["[0].state"]),
        (SENT, [{}, {"message": "x", "expires_in": 1}], ["[0].message", "[1].expires_in"]),
        (SENT, {"message": "x", "labels": {"host": {"name": "a"}}}, ["labels.host"]),
        (SENT, 7, [""]),
        (SENT, [7], ["[0]"]),
        (f"{HOOKS}/alertmanager", {}, ["alerts"]),
        (f"{HOOKS}/alertmanager", {"version": "3"}, ["version"]),
        (f"{HOOKS}/alertmanager", {"alerts": [{**FIRING, "labels": ["a"]}]}, ["alerts[0].labels"]),
        (f"{HOOKS}/alertmanager", {"alerts": [7, {**FIRING, "startsAt": "x"}]}, ["alerts[0]", "alerts[1].startsAt"]),
        (f"{HOOKS}/alertmanager", [FIRING], [""]),
        (f"{HOOKS}/elastic", {}, ["rule.id"]),
        (f"{HOOKS}/elastic", {**FILLED, "@timestamp": "x"}, ["@timestamp"]),
        (f"{HOOKS}/elastic", {**FILLED, "context": {"date": "x"}}, ["context.date"]),
        (f"{HOOKS}/datadog", {"alert_id": "1"}, ["alert_transition"]),
        (f"{HOOKS}/datadog", {"monitor": {"id": "x"}, "transition": "Warn"}, ["monitor.id"]),
        (f"{HOOKS}/datadog", [{"alert_id": "1"}], [""]),
    ],
)
def test_a_field_is_named_with_its_way_through_the_body(client, path, body, fields):
    """So that whoever looks at what he sent finds it."""
    assert named(client, path, body) == fields


@pytest.mark.parametrize(
    "recorded, inside, field",
    [
        ("alertmanager/02_prom_firing_2.json", ("alerts", 0, "startsAt"), "alerts[0].startsAt"),
        ("alertmanager/04_prom_resolved_1.json", ("alerts", 0, "endsAt"), "alerts[0].endsAt"),
        ("datadog/webhooks/nudgebee_datadogReTriggeredPayload.json", ("date",), "date"),
        ("datadog/webhooks/nudgebee_datadogReTriggeredPayload.json", ("alert", "alert_id"), "alert.alert_id"),
    ],
)
def test_in_a_recorded_body_too(client, recordings, recorded, inside, field):
    """With one of its values spoilt."""
    found = json.loads((recordings / recorded).read_text())
    sender = recorded.partition("/")[0]
    body = found["body"] if sender == "alertmanager" else found
    if "alerts" in body:
        # Of a delivery in which something can be used the rest is listed, not refused.
        body["alerts"] = body["alerts"][:1]
    spoilt = body
    for name in inside[:-1]:
        spoilt = spoilt[name]
    spoilt[inside[-1]] = "nonsense"
    assert named(client, f"{HOOKS}/{sender}", body) == [field]
