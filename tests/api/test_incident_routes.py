"""Incidents over HTTP: opened, moved, edited, merged, deleted, and by whom."""

import pytest

from tests.api.client import V1, incident

LIST = f"{V1}/incidents"


def test_an_incident_is_opened_by_hand(client):
    """With everything that is known of it, and an address."""
    given = {
        "title": "Checkout is down",
        "description": "since the deploy",
        "logs": ["500", "502"],
        "severity": "CRITICAL",
        "service": "checkout",
        "environment": "prod",
        "team": "shop",
        "tags": ["deploy:42"],
        "assignees": ["ann"],
    }
    reply = client.post(LIST, given)
    assert reply.status == 201
    assert reply.headers["Location"] == incident("INC-1001")
    assert reply.json | given | {"severity": "critical"} == reply.json
    assert (reply.json["status"], reply.json["source"], reply.json["severity_pinned"]) == ("detected", "manual", True)
    assert client.get(reply.headers["Location"]).status == 200


def test_a_log_may_be_one_text(client):
    """As the README's first example has it."""
    assert client.post(LIST, {"title": "x", "logs": "one line"}).json["logs"] == ["one line"]


def test_without_a_severity_the_words_give_one(client):
    """And a machine may change it."""
    reply = client.post(LIST, {"title": "Payments are down"})
    assert (reply.json["severity"], reply.json["severity_pinned"]) == ("critical", False)


def test_an_incident_needs_a_title(client):
    """Of more than blanks."""
    assert client.post(LIST, {"title": ""}).status == 422
    assert client.post(LIST, {"title": "  "}).status == 422


def test_an_incident_lives_its_life(client):
    """Each move at an address of its own."""
    incident_id = client.opened()
    seen = [
        client.post(incident(incident_id, move)).json["status"] for move in ("acknowledge", "start", "resolve", "close")
    ]
    assert seen == ["acknowledged", "in_progress", "resolved", "closed"]


def test_a_move_that_is_illegal_names_the_legal_ones(client):
    """409, and nothing is written."""
    incident_id = client.opened()
    client.post(incident(incident_id, "resolve"))
    reply = client.post(incident(incident_id, "acknowledge"))
    assert (reply.status, reply.problem) == (409, "illegal-move")
    assert reply.json["allowed"] == ["closed"]


def test_acknowledging_twice_is_no_error(client):
    """And changes nothing."""
    incident_id = client.opened()
    first = client.post(incident(incident_id, "acknowledge"))
    assert client.post(incident(incident_id, "acknowledge")).json == first.json


def test_resolving_takes_a_root_cause_and_steps(client):
    """Also afterwards."""
    incident_id = client.opened()
    client.post(incident(incident_id, "resolve"))
    reply = client.post(incident(incident_id, "resolve"), {"root_cause": "a slow query", "resolution_steps": "index"})
    assert (reply.json["root_cause"], reply.json["resolution_steps"]) == ("a slow query", ["index"])


def test_an_incident_is_snoozed_and_woken(client):
    """Until a moment with an offset, within 30 days."""
    incident_id = client.opened()
    reply = client.post(incident(incident_id, "snooze"), {"until": "2026-03-02T15:00:00+01:00"})
    assert reply.json["snoozed_until"] == "2026-03-02T14:00:00Z"
    assert client.post(incident(incident_id, "unsnooze")).json["snoozed_until"] is None
    for until in ("2026-03-02T11:00:00Z", "9999-12-31T23:59:59Z", "2026-03-02T15:00:00", "0001-01-01T00:00:00+01:00"):
        assert client.post(incident(incident_id, "snooze"), {"until": until}).status == 422


def test_people_come_and_go_with_their_roles(client):
    """By name, whatever characters that has; a new commander takes the old one's place."""
    incident_id = client.opened()
    client("PUT", incident(incident_id, "assignments", "ann"), {"role": "commander"})
    client("PUT", incident(incident_id, "assignments", "Zoë Ü/x"))
    reply = client("PUT", incident(incident_id, "assignments", "bob"), {"role": "COMMANDER"})
    assert reply.json["assignees"] == ["ann", "Zoë Ü/x", "bob"]
    assert reply.json["roles"] == {"bob": "commander"}
    assert client("DELETE", incident(incident_id, "assignments", "ann")).json["assignees"] == ["Zoë Ü/x", "bob"]
    assert client("DELETE", incident(incident_id, "assignments", "nobody")).status == 200
    assert client("PUT", incident(incident_id, "assignments", "ann"), {"role": "king"}).status == 422


@pytest.mark.parametrize("name", ["O'Brien", '"Zoë"', "山田", "🔥 on call", "a%b", "a+b@example.com", "<ann>", "a\\b"])
def test_a_name_may_be_written_in_any_characters(client, name):
    """It stands in the address, percent-encoded; every one finds its route."""
    incident_id = client.opened()
    assert client("PUT", incident(incident_id, "assignments") + f"/{name}").json["assignees"] == [name]
    assert client("DELETE", incident(incident_id, "assignments") + f"/{name}").json["assignees"] == []


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_several_things_are_edited_at_once(client, method):
    """What is not named stays as it is."""
    incident_id = client.opened(description="as it was")
    edit = {
        "status": "in_progress",
        "severity": "low",
        "title": "Checkout is slow",
        "assignees": ["ann", "bob"],
        "root_cause": "a slow query",
        "resolution_steps": ["index"],
        "snoozed_until": "2026-03-02T18:00:00Z",
        "notes": "not down after all",
    }
    reply = client(method, incident(incident_id), edit)
    assert reply.status == 200
    kept = {name: value for name, value in edit.items() if name not in ("notes", "snoozed_until")}
    assert reply.json | kept | {"description": "as it was"} == reply.json
    assert client.get(incident(incident_id, "notes")).json["notes"][0]["text"] == "not down after all"


def test_an_edit_is_done_whole_or_not_at_all(client):
    """A move that is refused takes the title back with it."""
    incident_id = client.opened()
    reply = client("PATCH", incident(incident_id), {"title": "new", "status": "closed"})
    assert (reply.status, reply.json["allowed"]) == (409, ["acknowledged", "in_progress", "resolved"])
    assert client.get(incident(incident_id)).json["title"] == "Checkout is down"


def test_open_is_another_word_for_detected(client):
    """It is no move, and nothing goes back to it."""
    incident_id = client.opened()
    assert client("PATCH", incident(incident_id), {"status": "open"}).json["status"] == "detected"
    client.post(incident(incident_id, "acknowledge"))
    assert client("PATCH", incident(incident_id), {"status": "open"}).status == 409


def test_a_snooze_is_taken_back_by_null(client):
    """Unlike one that is not named."""
    incident_id = client.opened()
    client("PATCH", incident(incident_id), {"snoozed_until": "2026-03-02T18:00:00Z"})
    assert client("PATCH", incident(incident_id), {"notes": "x"}).json["snoozed_until"] is not None
    assert client("PATCH", incident(incident_id), {"snoozed_until": None}).json["snoozed_until"] is None


def test_an_incident_is_merged_into_another(client):
    """Which is shown, and counts both."""
    one, other = client.opened("one"), client.opened("other")
    reply = client.post(incident(one, "merge"), {"into": other})
    assert (reply.status, reply.json["id"], reply.json["merged"]) == (200, other, [one])
    gone = client.get(incident(one)).json
    assert (gone["status"], gone["merged_into"]) == ("resolved", other)
    again = client.post(incident(other, "merge"), {"into": one})
    assert (again.status, again.problem) == (409, "illegal-move")
    assert client.post(incident(other, "merge"), {"into": "INC-9999"}).status == 404
    assert client.post(incident(other, "merge"), {"into": other}).status == 422


def test_an_incident_is_deleted_by_an_administrator(client):
    """It is gone; the audit log keeps that it was, and who did it. Again is no error."""
    incident_id = client.opened()
    reply = client("DELETE", incident(incident_id))
    assert (reply.status, reply.body) == (204, b"")
    assert client.get(incident(incident_id)).status == 404
    assert client.store.record("deleted", incident_id).body["by"] == "key:tests"
    assert client("DELETE", incident(incident_id)).status == 204
    assert client("DELETE", incident("INC-9999")).status == 404
