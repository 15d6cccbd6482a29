"""What senders post, written for the tests, and short ways to read it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from tocsin.domain.alert import Observation, Problem, Push

ARRIVED = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
BEGAN = ARRIVED - timedelta(minutes=10)
ABSENT = object()
"""Given as a value, it leaves the field out."""

FIRING_ENDS_AT = "0001-01-01T00:00:00Z"


def encoded(value: object) -> bytes:
    """Return a body."""
    return json.dumps(value).encode()


def changed(item: dict[str, Any], /, **changes: object) -> dict[str, Any]:
    """Return a copy with some fields changed, and some left out."""
    return {name: value for name, value in {**item, **changes}.items() if value is not ABSENT}


def only(push: Push) -> Observation:
    """Return the one observation of a push."""
    (item,) = push.items
    assert isinstance(item, Observation), item
    return item


def complaint(push: Push) -> str:
    """Return what is wrong with the one item of a push."""
    (item,) = push.items
    assert isinstance(item, Problem), item
    return item.why


def stamp(at: datetime) -> str:
    """Return a moment as Go writes it."""
    return at.isoformat().replace("+00:00", "Z")


def prometheus_alert(**changes: object) -> dict[str, Any]:
    """Return one alert of an Alertmanager's delivery."""
    alert = {
        "status": "firing",
        "labels": {
            "alertname": "DiskFull",
            "severity": "critical",
            "service": "shop",
            "env": "prod",
            "team": "web",
            "instance": "web-1:9100",
        },
        "annotations": {
            "summary": "3 % left",
            "description": "The disk of web-1 fills up.",
            "runbook_url": "https://wiki.example.com/disk",
        },
        "startsAt": stamp(BEGAN),
        "endsAt": FIRING_ENDS_AT,
        "generatorURL": "http://prometheus:9090/graph?g0.expr=disk_free+%3C+3&g0.tab=1",
        "fingerprint": "0123456789abcdef",
    }
    return changed(alert, **changes)


def delivery(*alerts: object, **changes: object) -> bytes:
    """Return an Alertmanager's delivery."""
    body = {
        "receiver": "tocsin",
        "status": "firing",
        "alerts": list(alerts),
        "groupLabels": {"alertname": "DiskFull"},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager:9093",
        "version": "4",
        "groupKey": '{}:{alertname="DiskFull"}',
        "truncatedAlerts": 0,
    }
    return encoded(changed(body, **changes))


def kibana_alert(**changes: object) -> dict[str, Any]:
    """Return what our template makes of an alert of APM's."""
    body = {
        "rule": {
            "id": "5f6a",
            "name": "Shop: too many errors",
            "type": "apm.error_rate",
            "tags": "apm,team:web",
            "url": "https://kibana.example.com/rule/5f6a",
        },
        "alert": {"id": "shop_prod", "actionGroup": "threshold_met", "actionGroupName": "Threshold met"},
        "context": {
            "reason": "Error count is 26 in the last 5 mins for service: shop. Alert when > 25.",
            "message": "",
            "serviceName": "shop",
            "environment": "prod",
            "triggerValue": "26",
            "value": "",
            "threshold": "25",
            "alertDetailsUrl": "https://kibana.example.com/alerts/1",
            "viewInAppUrl": "https://kibana.example.com/apm/shop",
            "link": "",
        },
        "date": stamp(BEGAN),
    }
    return changed(body, **changes)


STATUS = "[[Monitor Status](https://app.datadoghq.com/monitors/101?group=host%3Aweb-1%2Cenv%3Aprod&from_ts=1&to_ts=2)]"
EDIT = "[[Edit Monitor](https://app.datadoghq.com/monitors/101/edit?link_source=monitor_notif)]"


def datadog_notification(**changes: object) -> dict[str, Any]:
    """Return what our template makes of a notification of one group of monitor 101."""
    body = {
        "alert_id": "101",
        "alert_scope": "host:web-1,env:prod",
        "alert_transition": "Triggered",
        "alert_type": "error",
        "alert_priority": "P2",
        "alert_cycle_key": "7402390237209",
        "alert_query": "avg(last_5m):avg:shop.order.seconds{*} by {host,env} > 3",
        "alert_title": "[Triggered on {host:web-1,env:prod}] Shop: orders take too long",
        "event_title": "[P2] [Triggered on {host:web-1,env:prod}] Shop: orders take too long",
        "event_type": "query_alert_monitor",
        "body": f"%%%\nOrders take 4.2 s. Runbook: https://wiki.example.com/orders\n\n- - -\n\n{STATUS} · {EDIT}\n%%%",
        "tags": "monitor,service:shop,team:web,env:staging",
        "date": str(int(BEGAN.timestamp() * 1000)),
        "link": "https://app.datadoghq.com/event/event?id=1",
    }
    return changed(body, **changes)
