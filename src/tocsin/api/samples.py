"""What the bodies look like that routes read by themselves, for the OpenAPI document. Other fields are passed over."""

from collections.abc import Mapping
from typing import Any

_TEXT = {"type": ["string", "null"]}
_TEXTS = {"type": ["object", "null"], "additionalProperties": {"type": ["string", "number", "boolean", "null"]}}
_MOMENT = {"type": ["string", "number", "null"], "description": "RFC 3339 with an offset, or seconds since 1970."}

_ALERT: Mapping[str, Any] = {
    "type": "object",
    "description": "It needs a message, a title or a key.",
    "properties": {
        "message": {**_TEXT, "description": "What is wrong."},
        "title": {**_TEXT, "description": "The same in one line; the message's first unless given."},
        "key": {**_TEXT, "description": "What the sender calls this alert."},
        "state": {
            "type": ["string", "null"],
            "enum": ["firing", "resolved", None],
            "description": "`firing` unless given.",
        },
        "severity": {**_TEXT, "description": "`critical`, `high`, `medium`, `low`, or a word for one of them."},
        "service": _TEXT,
        "environment": _TEXT,
        "team": _TEXT,
        "labels": {**_TEXTS, "description": "Everything else that tells it from others."},
        "timestamp": _MOMENT,
        "url": {**_TEXT, "description": "A link for whoever is woken."},
        "runbook": {**_TEXT, "description": "Another."},
        "expires_in": {
            "type": ["number", "null"],
            "minimum": 60,
            "maximum": 2_592_000,
            "description": "Seconds within which it must be repeated, or it is over.",
        },
    },
}

_EXAMPLE = {
    "service": "database",
    "severity": "high",
    "message": "Nightly backup failed: pg_dump ended with status 1",
    "labels": {"host": "db-1"},
    "key": "backup/db-1",
}


def _body(schema: Mapping[str, Any], example: Any) -> Mapping[str, Any]:  # noqa: ANN401 - any JSON
    return {"required": True, "content": {"application/json": {"schema": schema, "example": example}}}


ALERT_BODY = _body({"anyOf": [_ALERT, {"type": "array", "items": _ALERT, "maxItems": 500}]}, _EXAMPLE)

ALERTMANAGER_BODY = _body(
    {
        "type": "object",
        "required": ["alerts"],
        "properties": {
            "version": {},
            "groupKey": {},
            "truncatedAlerts": {},
            "receiver": {},
            "externalURL": {},
            "alerts": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["status"],
                    "description": "It needs labels or a fingerprint.",
                    "properties": {
                        "status": {"type": "string", "enum": ["firing", "resolved"]},
                        "labels": _TEXTS,
                        "annotations": _TEXTS,
                        "startsAt": _MOMENT,
                        "endsAt": {"description": "Looked at where it is resolved; then as `startsAt`."},
                        "generatorURL": _TEXT,
                        "fingerprint": _TEXT,
                    },
                },
            },
        },
    },
    {
        "version": "4",
        "groupKey": '{}:{alertname="InstanceDown"}',
        "receiver": "tocsin",
        "alerts": [
            {
                "status": "firing",
                "labels": {"alertname": "InstanceDown", "severity": "critical", "job": "node"},
                "annotations": {"summary": "db-1 is down", "runbook_url": "https://wiki.example.com/down"},
                "startsAt": "2026-03-02T12:00:00Z",
                "endsAt": "0001-01-01T00:00:00Z",
                "fingerprint": "c5a1b2e3d4f50617",
            }
        ],
    },
)

_DATADOG_NAMES = (
    *("alert_id", "alert_scope", "alert_transition", "alert_type", "alert_priority", "alert_cycle_key"),
    *("alert_query", "alert_title", "event_title", "event_type", "body", "tags", "date", "link"),
)

DATADOG_BODY = _body(
    {
        "type": "object",
        "description": "The payload template of docs/webhooks.md, with Datadog's values in it.",
        "additionalProperties": True,
        "properties": {name: {} for name in _DATADOG_NAMES},
    },
    {
        "alert_id": "4711",
        "alert_scope": "host:web-1",
        "alert_transition": "Triggered",
        "alert_title": "CPU is high",
        "alert_priority": "P2",
        "tags": "service:web,env:prod",
        "date": "1772452800000",
    },
)

ELASTIC_BODY = _body(
    {
        "type": "object",
        "description": "The body template of docs/webhooks.md, with Kibana's values in it.",
        "additionalProperties": True,
    },
    {
        "rule": {"id": "a1b2", "name": "Latency threshold", "type": "apm.transaction_duration"},
        "alert": {"id": "checkout_prod", "actionGroup": "threshold_met", "actionGroupName": "Threshold met"},
        "context": {
            "reason": "Latency is 4.2 s in the last 5 minutes for checkout",
            "serviceName": "checkout",
            "environment": "prod",
        },
        "date": "2026-03-02T12:00:00Z",
    },
)
