"""Recorded deliveries of a real Alertmanager and of Datadog's webhook mean what they mean.

The recordings lie outside the repository; where they are absent these tests are skipped. The same rules are tested
on bodies of our own beside this file.
"""

from datetime import UTC, datetime

import orjson
import pytest

from tests.sources.bodies import only
from tocsin.domain.alert import AlertState
from tocsin.sources import alertmanager, datadog_webhook

ARRIVED = datetime(2026, 11, 21, 10, 6, tzinfo=UTC)
BEGAN_ON_B = datetime(2026, 11, 21, 10, 4, 52, 632_000, UTC)


@pytest.fixture
def prometheus(recordings):
    """Return a way to read a recorded delivery of an Alertmanager."""

    def read(name):
        found = orjson.loads((recordings / "alertmanager" / f"{name}.json").read_bytes())
        return alertmanager.parse(orjson.dumps(found["body"]), received_at=ARRIVED)

    return read


@pytest.fixture
def webhook(recordings):
    """Return a way to read a recorded notification of Datadog's: the body itself, or one inside a log line."""

    def read(name):
        body = (recordings / "datadog" / "webhooks" / f"nudgebee_datadog{name}Payload.json").read_bytes()
        logged = orjson.loads(body).get("payload")
        return only(datadog_webhook.parse(logged.encode() if logged else body, received_at=ARRIVED))

    return read


def test_two_alerts_of_one_group_fire_each_for_itself(prometheus):
    """A second delivery repeats the first alert and brings another."""
    first = only(prometheus("01_prom_firing_1"))
    again, second = prometheus("02_prom_firing_2").items
    assert again == first
    assert (first.key, second.key) == ("default:a6d89d8ccb00b22c", "default:5ff95285d1f1225b")
    assert [one.group for one in (first, second)] == [
        "cluster:test,host:a,instance:127.0.0.1:9912",
        "cluster:test,host:b,instance:127.0.0.1:9912",
    ]
    assert (second.title, second.service, second.team) == ("HighErrorRate: errors 12 on b", "app", "payments")
    assert (second.severity_word, second.query) == ("critical", "app_errors > 5")
    assert second.links.runbook == "https://runbooks.example/high-error-rate"
    assert second.observed_at == second.triggered_at == BEGAN_ON_B
    assert second.names_episodes


def test_the_resolve_of_one_is_of_that_one(prometheus):
    """Its end is its place in the order."""
    seen = only(prometheus("04_prom_resolved_1"))
    assert (seen.key, seen.state, seen.triggered_at) == ("default:5ff95285d1f1225b", AlertState.OK, BEGAN_ON_B)
    assert seen.observed_at == seen.resolved_at == datetime(2026, 11, 21, 10, 5, 5, 632_000, UTC)


def test_recorded_fingerprints_are_computed_alike(recordings):
    """For every alert in every delivery."""
    files = sorted((recordings / "alertmanager").glob("*.json"))
    alerts = [alert for file in files for alert in orjson.loads(file.read_bytes())["body"]["alerts"]]
    assert [alertmanager.fingerprint(alert["labels"]) for alert in alerts] == [alert["fingerprint"] for alert in alerts]


def test_a_recorded_default_payload_recovers_the_group_in_its_link(webhook):
    """It has nothing else to go by."""
    seen = webhook("Resolved")
    assert seen.key == "8249055:issue.id:655bd304-5322-11f0-80d4-da7ad0900000"
    assert (seen.state, seen.priority, seen.provisional) == (AlertState.OK, 2, False)
    assert seen.links.monitor == "https://us5.datadoghq.com/monitors/8249055"
    assert seen.observed_at == datetime(2025, 6, 29, 5, 24, 15, tzinfo=UTC)


def test_recorded_notifications_of_monitors_without_groups_are_provisional(webhook):
    """Whether they have none, or only hide them, the next sweep knows."""
    seen = webhook("QueryAlert")
    assert (seen.key, seen.word, seen.provisional) == ("266154777:*", "Alert", True)
    assert (seen.title, seen.cycle_key, seen.tags) == ("XYZ Dev - Web ASG At Max Capacity", "", ())
    seen = webhook("Warn")
    assert (seen.key, seen.word, seen.provisional) == ("266155000:*", "Warn", True)


def test_a_recorded_synthetic_test_is_one_whole(webhook):
    """Its priority stands in its title."""
    seen = webhook("ReTriggered")
    assert (seen.key, seen.word, seen.priority, seen.provisional) == ("166187407:*", "Alert", 4, False)
