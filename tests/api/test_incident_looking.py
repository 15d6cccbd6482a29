"""Incidents over HTTP: listed, shown whole, and counted."""

import pytest

from tests.api.client import V1, incident
from tocsin.api.records import MOST_COUNTED
from tocsin.storage.store import Page

LIST = f"{V1}/incidents"


def ids(reply):
    return [one["id"] for one in reply.json["incidents"]]


@pytest.fixture
def five(client):
    """Open five incidents, a minute apart, and return the client."""
    for number, severity in enumerate(["low", "medium", "high", "critical", "high"]):
        client.opened(f"Problem {number}", severity=severity, service="checkout" if number % 2 else "search")
        client.minutes(1)
    client.post(incident("INC-1001", "resolve"))
    client.post(incident("INC-1002", "acknowledge"))
    return client


@pytest.mark.parametrize(
    "query, found",
    [
        ({}, "5 4 3 2 1"),
        ({"status": "active"}, "5 4 3 2"),
        ({"status": "open"}, "5 4 3"),
        ({"status": ["acknowledged", "resolved"]}, "2 1"),
        ({"status": "acknowledged,resolved"}, "2 1"),
        ({"severity": "high"}, "5 3"),
        ({"severity": ["high", "low"], "status": "active"}, "5 3"),
        ({"service": "Checkout"}, "4 2"),
        ({"source": "manual"}, "5 4 3 2 1"),
        ({"source": "datadog"}, ""),
        ({"assignee": "key:tests"}, "2"),
        ({"text": "problem 3"}, "4"),
        ({"since": "2026-03-02T12:03:00Z"}, "5 4"),
        ({"since": "2026-03-02T13:03:00 01:00"}, "5 4"),
        ({"until": "2026-03-02T12:03:00+00:00"}, "3 2 1"),
    ],
)
def test_the_list_shows_what_matches(five, query, found):
    """Newest first; a + that arrived as a space is understood."""
    assert ids(five.get(LIST, query=query)) == [f"INC-100{number}" for number in found.split()]


def test_the_list_goes_on_where_a_page_ended(five):
    """By a cursor that means nothing to anybody else."""
    seen, cursor = [], ""
    for _ in range(3):
        page = five.get(LIST, query={"limit": 2, "cursor": cursor})
        seen += ids(page)
        cursor = page.json["cursor"]
    assert seen == ["INC-1005", "INC-1004", "INC-1003", "INC-1002", "INC-1001"]
    assert cursor == ""


def test_a_cursor_that_no_page_gave_is_refused(client):
    """As a value that cannot be used."""
    client.opened()
    assert client.get(LIST, query={"cursor": "nonsense"}).status == 422


def test_one_incident_is_shown_whole(client):
    """With its alerts, notes, timeline and durations."""
    incident_id = client.opened()
    client.minutes(2)
    client.post(incident(incident_id, "acknowledge"))
    client.post(incident(incident_id, "notes"), {"text": "looking into it"})
    found = client.get(incident(incident_id)).json
    assert found["alerts"] == []
    assert [(one["text"], one["by"]) for one in found["notes"]] == [("looking into it", "key:tests")]
    assert [one["kind"] for one in found["timeline"]] == ["opened", "acknowledged", "noted"]
    assert found["durations"] == {"to_acknowledge": 120.0, "to_resolve": None, "active": 120.0}
    assert client.get(incident(incident_id, "notes")).json["notes"] == found["notes"]
    assert client.get(incident(incident_id, "timeline")).json["events"] == found["timeline"]
    assert client.get(incident(incident_id, "metrics")).json == found["durations"]


@pytest.mark.parametrize("rest", [(), ("notes",), ("timeline",), ("metrics",)])
@pytest.mark.parametrize("incident_id", ["INC-9999", "nonsense", "x" * 3_000, "%00", "INC-1 "])
def test_an_incident_that_there_is_not_is_not_found(client, incident_id, rest):
    """Whatever stands in its place: no store is asked for what can be no id."""
    reply = client.get(incident(incident_id, *rest))
    assert (reply.status, reply.problem) == (404, "not-found")


def test_the_figures_tell_how_quickly_it_went(five):
    """In all, by severity, by service and by week."""
    found = five.get(f"{LIST}/stats/summary").json
    assert (found["overall"]["total"], found["overall"]["active"]) == (5, 4)
    assert set(found["by_severity"]) == {"critical", "high", "medium", "low"}
    assert set(found["by_service"]) == {"checkout", "search"}
    assert set(found["by_week"]) == {"2026-W10"}
    assert found["overall"]["to_acknowledge"]["median"] == 240.0
    assert five.get(f"{LIST}/stats/summary", query={"severity": "high"}).json["overall"]["total"] == 2


def test_the_figures_look_back_twelve_weeks_unless_told_otherwise(client):
    """They read every incident that they count."""
    client.opened()
    client.minutes(13 * 7 * 24 * 60)
    assert client.get(f"{LIST}/stats/summary").json["overall"]["total"] == 0
    asked = client.get(f"{LIST}/stats/summary", query={"since": "2026-01-01T00:00:00Z"})
    assert asked.json["overall"]["total"] == 1


def test_figures_of_more_than_can_be_read_in_time_are_refused(client):
    """With what to do; a filter that few match reads no less."""
    asked = []

    def endless(wanted, *, limit, cursor):
        asked.append(limit)
        return Page([], "more")

    client.store.find = endless
    reply = client.get(f"{LIST}/stats/summary", query={"service": "checkout"})
    assert (reply.status, reply.problem) == (422, "invalid-input")
    assert "since" in reply.json["hint"]
    assert sum(asked) == MOST_COUNTED
