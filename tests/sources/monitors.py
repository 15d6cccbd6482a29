"""Raw monitors written for the tests, in the shape that Datadog's list has, and short ways to read them."""

from datetime import UTC, datetime
from typing import Any

from tocsin.domain.alert import Alert, Source, alert_key
from tocsin.domain.severity import Severity
from tocsin.sources.datadog_monitor import Naming
from tocsin.sources.datadog_wire import Reading

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
EPOCH = int(NOW.timestamp())
WEB = "https://app.datadoghq.com"
NAMING = Naming(WEB)
ABSENT = object()
"""Given as a value, it leaves the key out."""


def group(
    status: object = "Alert", *, triggered: object = EPOCH - 600, resolved: object = None, **more: object
) -> dict:
    """Return the raw value of one group."""
    return {
        "status": status,
        "last_triggered_ts": triggered,
        "last_resolved_ts": resolved,
        "last_notified_ts": triggered,
        "last_nodata_ts": None,
        **more,
    }


def monitor(number: object = 101, overall: object = "OK", groups: Any = ABSENT, **changes: object) -> dict[str, Any]:
    """Return one raw monitor. ``groups`` maps names to statuses or raw values; left out, there is no ``state``."""
    item: dict[str, Any] = {
        "id": number,
        "org_id": 7,
        "type": "query alert",
        "name": "Shop: orders take too long",
        "message": "Orders take {{value}} s. @slack-shop",
        "tags": ["service:shop", "env:prod", "team:web"],
        "query": "avg(last_5m):avg:shop.order.seconds{env:prod} by {host} > 3",
        "options": {"thresholds": {"critical": 3.0, "warning": 2.0}, "silenced": {}, "notify_no_data": False},
        "multi": True,
        "created_at": 1_700_000_000_000,
        "created": "2023-11-14T22:13:20+00:00",
        "modified": "2023-11-14T22:13:20+00:00",
        "deleted": None,
        "priority": 2,
        "restricted_roles": None,
        "draft_status": "published",
        "overall_state_modified": "2026-03-02T11:59:00+00:00",
        "overall_state": overall,
        "creator": {"name": None, "handle": "user@example.com", "email": "user@example.com", "id": 9},
        "matching_downtimes": [],
    }
    if groups is not ABSENT:
        item["state"] = {
            "groups": {
                name: {"name": name, **group(entry)} if isinstance(entry, str) else entry
                for name, entry in groups.items()
            }
        }
    return {name: value for name, value in {**item, **changes}.items() if value is not ABSENT}


def known(number: int, name: str = "*", **changes: object) -> Alert:
    """Return an alert that fires as far as we know."""
    fields = {
        "source": Source.DATADOG,
        "origin": str(number),
        "group": name,
        "key": alert_key(str(number), name),
        "correlation_key": f"datadog:{number}",
        "incident_id": "INC-1",
        "severity": Severity.HIGH,
        "word": "Alert",
        "triggered_at": NOW,
        "observed_at": NOW,
    }
    return Alert.model_validate(fields | changes)


def read(*items: object, knowing: tuple[Alert, ...] = (), every_no_data: bool = False) -> Reading:
    """Return what is read of these raw items."""
    reading = Reading(NAMING, knowing, every_no_data=every_no_data)
    reading.take(items, NOW)
    return reading


def one(item: object, *, knowing: tuple[Alert, ...] = ()):
    """Return the one observation that this raw item gives."""
    (observation,) = read(item, knowing=knowing).observations
    return observation
