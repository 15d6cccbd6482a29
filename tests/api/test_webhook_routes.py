"""The webhooks of each sender: what was recorded of it is understood."""

import json

from tests.api.client import V1, Client
from tocsin.errors import StoreUnreachable

ALERTS = f"{V1}/alerts"


HOOKS = f"{V1}/webhooks"


def incidents(client):
    return client.get(f"{V1}/incidents").json["incidents"]


def listed(client, **query):
    return client.get(ALERTS, query=query).json["alerts"]


def test_alertmanager_is_understood(client, sender, recordings):
    """As it was recorded, byte by byte as good as it came: firing, firing more, and one of them resolved."""
    client.now = client.now.replace(month=11, day=21, hour=12)
    states = {}
    for name in ("01_prom_firing_1", "02_prom_firing_2", "04_prom_resolved_1"):
        sent = json.loads((recordings / "alertmanager" / f"{name}.json").read_bytes())["body"]
        reply = client.post(f"{HOOKS}/alertmanager", sent, token=sender)
        assert reply.status == 200, reply.body
        assert len(reply.json["taken"]) == len(sent["alerts"])
        assert client.post(f"{HOOKS}/alertmanager", sent, token=sender).body == reply.body
        for said, taken in zip(sent["alerts"], reply.json["taken"], strict=True):
            states[taken["alert"]] = said["status"] == "firing"
    assert {one["id"]: one["firing"] for one in listed(client)} == states
    assert set(states.values()) == {True, False}


def test_the_recorded_webhooks_of_datadog_are_understood(client, sender, recordings):
    """With the payload template of somebody else."""
    bodies = [json.loads(file.read_bytes()) for file in sorted((recordings / "datadog" / "webhooks").glob("*.json"))]
    notifications = [body for body in bodies if "alert" in body]  # one file is a line of somebody's log
    assert notifications
    for body in notifications:
        reply = client.post(f"{HOOKS}/datadog", body, token=sender)
        assert reply.status == 200, reply.body
        alert = client.get(f"{ALERTS}/{reply.json['taken'][0]['alert']}").json
        assert (alert["source"], alert["origin"]) == ("datadog", body["alert"]["alert_id"])


def test_elastic_is_understood(client, sender):
    """By the documented template."""
    body = {
        "rule": {"id": "a1b2", "name": "Latency threshold"},
        "alert": {"id": "checkout_prod", "actionGroup": "threshold_met"},
        "context": {"reason": "Latency is 4.2 s", "serviceName": "checkout", "environment": "prod"},
    }
    assert client.post(f"{HOOKS}/elastic", body, token=sender).json["taken"][0]["incident"] == "INC-1001"
    recovered = {**body, "alert": {"id": "checkout_prod", "actionGroup": "recovered"}}
    client.minutes(1)
    client.post(f"{HOOKS}/elastic", recovered, token=sender)
    assert [(one["source"], one["firing"]) for one in listed(client)] == [("elastic", False)]


def test_a_webhook_of_datadog_has_its_monitor_read_once_it_is_durable(client, sender):
    """And what goes wrong with that fails no delivery."""
    looked = []

    class Reader:
        def look(self, origin, known):
            looked.append((origin, [one.key for one in known], len(incidents(client))))
            raise StoreUnreachable("not now")

    asked = Client(client.store, reader=Reader, before=client)
    body = {"alert_id": "4711", "alert_scope": "host:a", "alert_transition": "Triggered", "alert_title": "CPU"}
    reply = asked.post(f"{HOOKS}/datadog", body, token=sender)
    assert reply.status == 200
    assert looked == [("4711", ["4711:host:a"], 1)]
