"""Alerts that are known: listed, paged, and looked at."""

import pytest

from tests.api.client import V1

ALERTS = f"{V1}/alerts"


HOOKS = f"{V1}/webhooks"


def listed(client, **query):
    return client.get(ALERTS, query=query).json["alerts"]


@pytest.fixture
def several(client):
    """Send five alerts of two sources, of which one ends."""
    body = {
        "alerts": [{"status": "firing", "labels": {"alertname": f"a{n}"}, "fingerprint": f"f{n}"} for n in range(2)]
    }
    client.post(f"{HOOKS}/alertmanager", body)
    client.post(ALERTS, [{"message": "x", "key": f"k{n}", "severity": "low", "service": "s"} for n in range(3)])
    client.minutes(1)
    client.post(ALERTS, {"key": "k1", "state": "resolved"})
    return client


@pytest.mark.parametrize(
    "query, number",
    [
        ({}, 5),
        ({"source": "generic"}, 3),
        ({"source": "alertmanager"}, 2),
        ({"source": "elastic"}, 0),
        ({"source": "manual"}, 0),
        ({"state": "firing"}, 4),
        ({"state": "ended"}, 1),
        ({"severity": "low"}, 3),
        ({"severity": ["low", "medium"]}, 5),
        ({"incident": "INC-1001"}, 1),
        ({"source": "generic", "state": "firing", "severity": "low"}, 2),
    ],
)
def test_the_list_of_alerts_shows_what_matches(several, query, number):
    """Every filter that is given must hold."""
    assert len(listed(several, **query)) == number


def test_the_list_of_alerts_goes_on_where_a_page_ended(several):
    """From one source to the next, each alert once."""
    seen, cursor = [], ""
    for _ in range(3):
        page = several.get(ALERTS, query={"limit": 2, "cursor": cursor}).json
        seen += [one["id"] for one in page["alerts"]]
        cursor = page["cursor"]
    assert cursor == ""
    assert len(set(seen)) == len(seen) == 5


@pytest.mark.parametrize("cursor", ["nonsense", "generic~", "manual~eA", "generic~!!!", "generic~" + "A" * 2_000])
def test_a_cursor_that_no_page_of_alerts_gave_is_refused(several, cursor):
    """As a value that cannot be used."""
    assert several.get(ALERTS, query={"cursor": cursor}).status == 422


@pytest.mark.parametrize(
    "name", ["nonsense", "generic~", "generic~eA", "nothing~eA", "generic~%00", "generic~" + "A" * 2_000]
)
def test_an_alert_that_there_is_not_is_not_found(several, name):
    """Whatever stands in its place."""
    reply = several.get(f"{ALERTS}/{name}")
    assert (reply.status, reply.problem) == (404, "not-found")


def test_an_alert_that_has_not_changed_is_not_sent_again(several):
    """Being seen once more is a change."""
    (first, *_) = listed(several, source="generic")
    tag = several.get(f"{ALERTS}/{first['id']}").headers["ETag"]
    assert several.get(f"{ALERTS}/{first['id']}", if_none_match=tag).status == 304
    several.post(ALERTS, {"message": "x", "key": "k0", "severity": "low", "service": "s"})
    assert several.get(f"{ALERTS}/{first['id']}", if_none_match=tag).status == 200
