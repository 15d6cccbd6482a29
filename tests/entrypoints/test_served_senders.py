"""What real senders send, over real HTTP: bodies that were recorded, and the templates that the documents give."""

import json
import re

import pytest

from tests.entrypoints.command_line import ROOT
from tests.entrypoints.serving import Serving

V1 = "/api/v1"
HOOKS = f"{V1}/webhooks"


@pytest.fixture
def server(tmp_path):
    """Return a server on a store of its own."""
    with Serving(tmp_path) as serving:
        yield serving
        assert '"level":"ERROR"' not in serving.err


def delivered(server, sender, body):
    """Deliver a body, and once more: it is answered the same. Return the one alert that it speaks of, and what it came to."""
    first, again = (server.ask("POST", f"{HOOKS}/{sender}", body) for _ in range(2))
    assert first.status == 200, first.body
    assert again.body == first.body
    assert first.json["refused"] == []
    (taken,) = first.json["taken"]
    return server.ask("GET", f"{V1}/alerts/{taken['alert']}").json, taken


def incident(server, taken):
    return server.ask("GET", f"{V1}/incidents/{taken['incident']}").json


@pytest.fixture
def recorded(recordings):
    """Return what reads a recorded webhook of Datadog."""
    return lambda name: json.loads((recordings / "datadog" / "webhooks" / f"nudgebee_datadog{name}.json").read_bytes())


def test_a_monitor_of_datadog_that_triggers_opens_an_incident(server, recorded):
    """With the monitor's id, whatever payload was set up; the same monitor recovers."""
    body = recorded("QueryAlertPayload")
    alert, taken = delivered(server, "datadog", body)
    assert (alert["source"], alert["origin"], alert["firing"]) == ("datadog", "266154777", True)
    opened = incident(server, taken)
    assert (opened["status"], opened["severity"]) == ("detected", "high")
    assert "Web ASG At Max Capacity" in opened["title"]
    body["alert"]["alert_transition"] = "Recovered"
    body["title"] = body["title"].replace("Triggered", "Recovered")
    body["date"] = str(int(body["date"]) + 60_000)
    over, same = delivered(server, "datadog", body)
    assert (over["firing"], same["incident"]) == (False, taken["incident"])


def test_a_monitor_of_datadog_that_warns_or_has_a_priority_is_milder(server, recorded):
    """Warn is one level below Alert; the priority stands in the title."""
    warned, taken = delivered(server, "datadog", recorded("WarnPayload"))
    assert (warned["severity"], incident(server, taken)["severity"]) == ("medium", "medium")
    again, _ = delivered(server, "datadog", recorded("ReTriggeredPayload"))
    assert (again["origin"], again["severity"], again["firing"]) == ("166187407", "low", True)


def test_a_recovery_of_datadog_that_nobody_knows_of_opens_nothing(server, recorded):
    """It was recorded with a line of somebody's log around it, which is no payload."""
    line = recorded("ResolvedPayload")
    refused = server.ask("POST", f"{HOOKS}/datadog", line)
    assert refused.status == 422
    assert refused.json["errors"][0]["field"] == "alert_id"
    over, taken = delivered(server, "datadog", json.loads(line["payload"]))
    assert (over["origin"], over["firing"], taken["incident"]) == ("8249055", False, "")
    assert over["group"] == "issue.id:655bd304-5322-11f0-80d4-da7ad0900000"
    assert server.ask("GET", f"{V1}/incidents").json["incidents"] == []


def test_what_alertmanager_sent_ends_as_it_ended(server, recordings):
    """One host fires, then two, then one of them is over."""
    firing = {}
    for name in ("01_prom_firing_1", "02_prom_firing_2", "04_prom_resolved_1"):
        body = json.loads((recordings / "alertmanager" / f"{name}.json").read_bytes())["body"]
        first, again = (server.ask("POST", f"{HOOKS}/alertmanager", body) for _ in range(2))
        assert (first.status, again.body) == (200, first.body)
        for said, taken in zip(body["alerts"], first.json["taken"], strict=True):
            firing[taken["alert"]] = said["status"] == "firing"
    listed = server.ask("GET", f"{V1}/alerts").json["alerts"]
    assert {one["id"]: one["firing"] for one in listed} == firing
    (opened,) = server.ask("GET", f"{V1}/incidents").json["incidents"]
    assert (opened["severity"], opened["service"], opened["team"]) == ("critical", "app", "payments")
    assert opened["alert_counts"] == {"total": 2, "firing": {"critical": 1}, "muted": {}}


def template(title, variable, values):
    """Return the first body that the documents give under a title, with a sender's values in it; empty where it has none."""
    section = (ROOT / "docs" / "webhooks.md").read_text("utf-8").split(f"\n## {title}\n")[1]
    block = next(one for one in re.findall(r"```json\n(.*?)```", section, re.DOTALL) if re.search(variable, one))
    return json.loads(re.sub(variable, lambda found: json.dumps(values.get(found[1], ""))[1:-1], block))


def test_the_template_for_datadog_says_everything(server):
    """As it stands in the documents, with what Datadog fills in."""
    values = {
        "ALERT_ID": "4711",
        "ALERT_SCOPE": "host:web-1,env:prod",
        "ALERT_TRANSITION": "Triggered",
        "ALERT_TYPE": "error",
        "ALERT_PRIORITY": "P1",
        "ALERT_TITLE": "CPU is high on web-1",
        "EVENT_MSG": 'It "burns"\n@webhook-tocsin',
        "TAGS": "service:web,env:prod,team:shop",
        "DATE": "1772452800000",
    }
    alert, taken = delivered(server, "datadog", template("Datadog", r"\$([A-Z_]+)", values))
    assert (alert["origin"], alert["triggered_at"]) == ("4711", "2026-03-02T12:00:00Z")
    opened = incident(server, taken)
    assert (opened["severity"], opened["service"], opened["environment"], opened["team"]) == (
        "critical",
        "web",
        "prod",
        "shop",
    )
    over = template("Datadog", r"\$([A-Z_]+)", values | {"ALERT_TRANSITION": "Recovered", "DATE": "1772452860000"})
    assert delivered(server, "datadog", over)[0]["firing"] is False


def test_the_template_for_elastic_says_everything(server):
    """As it stands in the documents, with what Kibana fills in."""
    values = {
        "rule.id": "a1b2",
        "rule.name": "Latency threshold",
        "rule.tags": "team:shop",
        "alert.id": "checkout_prod",
        "alert.actionGroup": "threshold_met",
        "context.reason": 'Latency is 4.2 s for "checkout"',
        "context.serviceName": "checkout",
        "context.environment": "prod",
        "date": "2026-03-02T12:00:00.000Z",
    }
    alert, taken = delivered(server, "elastic", template("Elastic", r"\{\{([\w.]+)\}\}", values))
    assert (alert["source"], alert["firing"], alert["triggered_at"]) == ("elastic", True, "2026-03-02T12:00:00Z")
    opened = incident(server, taken)
    assert (opened["service"], opened["environment"], opened["team"]) == ("checkout", "prod", "shop")
    over = values | {"alert.actionGroup": "recovered", "date": "2026-03-02T12:05:00.000Z"}
    ended, same = delivered(server, "elastic", template("Elastic", r"\{\{([\w.]+)\}\}", over))
    assert (ended["firing"], same["incident"]) == (False, taken["incident"])
