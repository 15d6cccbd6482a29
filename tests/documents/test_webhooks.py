"""What docs/webhooks.md tells people to paste is what the parsers read, once the sender has filled it in."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent

import yaml

from tocsin.domain.alert import AlertState, Observation
from tocsin.sources import datadog_webhook, elastic, generic
from tocsin.sources.pushed import LONGEST_LIFE, SHORTEST_LIFE

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "webhooks.md"
TEXT = DOCUMENT.read_text(encoding="utf-8")
ARRIVED = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
DATE = "2026-03-02T11:59:00.000Z"

DATADOG = {
    "ALERT_ID": "101",
    "ALERT_SCOPE": "host:web-1,env:prod",
    "ALERT_TRANSITION": "Triggered",
    "ALERT_TYPE": "error",
    "ALERT_PRIORITY": "P2",
    "ALERT_CYCLE_KEY": "7402",
    "ALERT_QUERY": 'avg(last_5m):avg:a{env:\\"prod\\"} > 3',
    "ALERT_TITLE": "[Triggered on {host:web-1,env:prod}] Shop is slow",
    "EVENT_TITLE": "[P2] [Triggered on {host:web-1,env:prod}] Shop is slow",
    "EVENT_TYPE": "query_alert_monitor",
    "EVENT_MSG": "%%%\\nslow\\n\\n[[Monitor Status](https://app.datadoghq.com/monitors/101?group=host%3Aweb-1%2Cenv%3Aprod)]\\n%%%",
    "TAGS": "service:shop,monitor",
    "DATE": "1772452740000",
    "LINK": "https://app.datadoghq.com/event/event?id=1",
}
KIBANA = {
    "rule.id": "r",
    "rule.name": "Shop: errors",
    "rule.type": "apm.error_rate",
    "rule.tags": "apm,team:web",
    "rule.url": "https://kibana/rule",
    "alert.id": "shop_prod",
    "alert.actionGroup": "threshold_met",
    "alert.actionGroupName": "Threshold met",
    "context.reason": 'Errors of \\"shop\\" are 26',
    "context.serviceName": "shop",
    "context.environment": "prod",
    "context.triggerValue": "26",
    "context.threshold": "25",
    "context.alertDetailsUrl": "https://kibana/alert",
    "date": DATE,
}


def section(title: str) -> str:
    """Return what stands under a heading."""
    return TEXT.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def blocks(title: str, language: str = "json") -> list[str]:
    """Return the examples under a heading, also those inside a list."""
    return [
        dedent(found)
        for found in re.findall(rf"^ *```{language}\n(.*?)^ *```", section(title), re.DOTALL | re.MULTILINE)
    ]


def seen(push) -> Observation:
    (item,) = push.items
    assert isinstance(item, Observation), item
    return item


def test_the_examples_of_our_own_format_are_read():
    """The second ends the first."""
    first, second = (seen(generic.parse(one.encode(), received_at=ARRIVED)) for one in blocks("Anything that can POST"))
    assert first.key == second.key == "default:backup/db-1"
    assert (first.state, second.state) == (AlertState.ALERT, AlertState.OK)
    assert (first.service, first.environment, first.severity_word) == ("database", "prod", "high")
    assert (first.links.monitor, first.links.runbook, first.expires_in) == (
        "https://ci.example.com/jobs/4711",
        "https://wiki.example.com/runbooks/backup",
        90_000.0,
    )


def test_the_fields_in_the_table_are_the_ones_that_are_read():
    """None is forgotten, none is made up."""
    rows = re.findall(r"^\| (`.*?) \|", section("Anything that can POST"), re.MULTILINE)
    told = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    source = Path(generic.__file__).read_text(encoding="utf-8")
    asked = set(re.findall(r'fields\.(?:text|texts|moment|raw)\("(\w+)"', source)) | {
        "env",
        "environment",
        "url",
        "runbook",
    }
    assert told == asked
    assert f"from {SHORTEST_LIFE:.0f} to {LONGEST_LIFE:.0f}" in section("Anything that can POST")


def test_the_alertmanager_is_told_a_route_a_receiver_and_its_key():
    """In its own words; resolved alerts are sent."""
    (example,) = blocks("Alertmanager", "yaml")
    config = yaml.safe_load(example)
    (receiver,) = config["receivers"]
    (hook,) = receiver["webhook_configs"]
    assert config["route"]["receiver"] == receiver["name"]
    assert hook["url"].endswith("/api/v1/webhooks/alertmanager")
    assert hook["send_resolved"] is True
    assert "credentials_file" in hook["http_config"]["authorization"]


def test_datadogs_template_filled_in_is_read_whole():
    """Every variable in it is one that we know the place of."""
    template, headers = blocks("Datadog")
    assert set(re.findall(r"\$([A-Z_]+)", template)) == set(DATADOG)
    filled = re.sub(r"\$([A-Z_]+)", lambda found: DATADOG[found[1]], template)
    found = seen(datadog_webhook.parse(filled.encode(), received_at=ARRIVED))
    assert (found.key, found.word, found.priority) == ("101:host:web-1,env:prod", "Alert", 2)
    assert (found.title, found.service, found.environment) == ("Shop is slow", "shop", "prod")
    assert (found.cycle_key, found.query) == ("7402", 'avg(last_5m):avg:a{env:"prod"} > 3')
    assert (found.observed_at.minute, found.provisional, found.message) == (59, False, "slow")
    assert json.loads(headers)["Authorization"].startswith("Bearer ")


def test_datadogs_template_left_unfilled_says_so():
    """As a test of the webhook may send it."""
    template, _ = blocks("Datadog")
    (problem,) = datadog_webhook.parse(template.encode(), received_at=ARRIVED).items
    assert problem.why.startswith("alert_id: it is missing")


def test_kibanas_template_filled_in_is_read_whole():
    """What a rule does not have comes out empty."""
    (template,) = blocks("Elastic")
    names = set(re.findall(r"\{\{([\w.]+)\}\}", template))
    assert set(KIBANA) <= names
    filled = re.sub(r"\{\{([\w.]+)\}\}", lambda found: KIBANA.get(found[1], ""), template)
    found = seen(elastic.parse(filled.encode(), received_at=ARRIVED))
    assert (found.key, found.word, found.title) == ("default:r:shop_prod", "firing", "Shop: errors")
    assert (found.message, found.service, found.environment) == ('Errors of "shop" are 26', "shop", "prod")
    assert (found.value, found.threshold, found.team) == (26.0, 25.0, "web")
    assert (found.links.monitor, found.links.group) == ("https://kibana/rule", "https://kibana/alert")
    over = filled.replace("threshold_met", "recovered").replace("Threshold met", "Recovered")
    ended = seen(elastic.parse(over.encode(), received_at=ARRIVED))
    assert (ended.key, ended.state) == (found.key, AlertState.OK)


def test_every_address_in_the_table_is_used_by_its_section():
    """Nobody is sent to the wrong one, and no link leads nowhere."""
    rows = re.findall(r"^\| \[.*?\]\(#(.*?)\) \| `POST (.*?)` \|$", TEXT, re.MULTILINE)
    headings = {heading.lower().replace(" ", "-"): heading for heading in re.findall(r"^## (.*)$", TEXT, re.MULTILINE)}
    assert [path for _, path in rows] == [
        "/api/v1/alerts",
        "/api/v1/webhooks/alertmanager",
        "/api/v1/webhooks/datadog",
        "/api/v1/webhooks/elastic",
    ]
    for anchor, path in rows:
        assert path.endswith("/alerts") or path in section(headings[anchor])
