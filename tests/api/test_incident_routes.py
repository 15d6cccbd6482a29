"""Incidents over HTTP: opened, listed, looked at, moved, edited, merged, deleted; by whom, and once."""

import pytest

from tests.api.client import V1, Client, incident
from tocsin.domain.access import Scope
from tocsin.storage.json_store import JsonStore

LIST = f"{V1}/incidents"


def ids(reply):
    return [one["id"] for one in reply.json["incidents"]]


# -- opening ----------------------------------------------------------------------------------------------------------


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


# -- looking ----------------------------------------------------------------------------------------------------------


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


# -- moving -----------------------------------------------------------------------------------------------------------


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


# -- editing ----------------------------------------------------------------------------------------------------------


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


# -- merging and deleting ---------------------------------------------------------------------------------------------


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


# -- tags -------------------------------------------------------------------------------------------------------------


def test_an_edit_can_be_held_to_what_was_seen(client):
    """If-Match takes the tag of what was read; afterwards that is old."""
    incident_id = client.opened()
    seen = client.get(incident(incident_id)).headers["ETag"]
    first = client("PATCH", incident(incident_id), {"title": "mine"}, if_match=seen)
    second = client("PATCH", incident(incident_id), {"title": "yours"}, if_match=seen)
    assert (first.status, second.status, second.problem) == (200, 412, "precondition-failed")
    assert client.get(incident(incident_id)).json["title"] == "mine"
    assert client("PATCH", incident(incident_id), {"title": "yours"}, if_match=first.headers["ETag"]).status == 200


def test_what_a_machine_changed_refuses_nobody(client):
    """Only what a person can edit counts for If-Match."""
    incident_id = client.opened()
    seen = client.get(incident(incident_id)).headers["ETag"]
    before = client.incidents.incident(incident_id)
    client.store._incidents[incident_id] = before.model_copy(update={"version": before.version + 5, "flaps": 3})
    assert client.post(incident(incident_id, "notes"), {"text": "x"}, if_match=seen).status == 201


@pytest.mark.parametrize("tags", ["*", '"0-abc"', '"7-abc", "0-def"', '"x", "0-1"'])
def test_if_match_takes_any_of_several_tags(client, tags):
    """One that is current is enough; the star is any."""
    incident_id = client.opened()
    assert client("PATCH", incident(incident_id), {"title": "new"}, if_match=tags).status == 200


@pytest.mark.parametrize("tags", ['"7-abc"', '"nonsense"', 'W/"0-abc"', "0-abc", '"7-abc", "8-abc"'])
def test_if_match_refuses_what_is_not_current(client, tags):
    """A weak tag and one that was never given out among them."""
    incident_id = client.opened()
    assert client("PATCH", incident(incident_id), {"title": "new"}, if_match=tags).status == 412
    assert client.get(incident(incident_id)).json["title"] == "Checkout is down"


@pytest.mark.parametrize("path", ["", "/INC-1001", "/INC-1001/notes", "/INC-1001/timeline", "/stats/summary"])
def test_what_has_not_changed_is_not_sent_again(client, path):
    """304 with the tag and no body, also as time goes by; a change is seen."""
    client.opened()
    first = client.get(LIST + path)
    client.minutes(1)
    again = client.get(LIST + path, if_none_match=f'"other", W/{first.headers["ETag"]}')
    assert (again.status, again.body, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    client.post(incident("INC-1001", "notes"), {"text": "news"})
    client.post(incident("INC-1001", "acknowledge"))
    assert client.get(LIST + path, if_none_match=first.headers["ETag"]).status == 200


# -- once -------------------------------------------------------------------------------------------------------------


def test_a_request_that_comes_twice_is_done_once(client):
    """The second gets the first answer, word for word."""
    first = client.post(LIST, {"title": "Checkout is down"}, idempotency_key="deploy-42")
    client.post(incident("INC-1001", "acknowledge"))
    again = client.post(LIST, {"title": "Checkout is down"}, idempotency_key="deploy-42")
    assert (again.status, again.body, again.headers["Location"]) == (201, first.body, first.headers["Location"])
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(ids(client.get(LIST))) == 1


def test_a_note_that_comes_twice_is_noted_once(client):
    """Which nothing but the key can tell from the same note written twice."""
    incident_id = client.opened()
    for _ in range(2):
        client.post(incident(incident_id, "notes"), {"text": "x"}, idempotency_key="n1")
    assert len(client.get(incident(incident_id, "notes")).json["notes"]) == 1


def test_a_key_of_another_request_is_refused(client):
    """It was meant for one request."""
    client.post(LIST, {"title": "one"}, idempotency_key="k")
    reply = client.post(LIST, {"title": "another"}, idempotency_key="k")
    assert (reply.status, reply.problem) == (422, "key-reused")
    assert client.post(LIST, {"title": "x"}, idempotency_key="\x00").status == 422
    assert client.post(LIST, {"title": "x"}, idempotency_key="").status == 422


def test_two_senders_may_use_the_same_key(client):
    """Each knows only its own."""
    other = client.key("other", Scope.INCIDENTS_WRITE)
    client.post(LIST, {"title": "one"}, idempotency_key="k")
    assert client.post(LIST, {"title": "one"}, idempotency_key="k", token=other).status == 201
    assert len(ids(client.get(LIST))) == 2


def test_what_failed_is_tried_again(client):
    """Only what was done is kept."""
    assert client.post(incident("INC-1001", "acknowledge"), idempotency_key="k").status == 404
    client.opened()
    assert client.post(incident("INC-1001", "acknowledge"), idempotency_key="k").status == 200


def test_a_key_is_remembered_for_a_day(client):
    """After that it is a new request."""
    client.post(LIST, {"title": "one"}, idempotency_key="k")
    client.minutes(24 * 60)
    client.post(LIST, {"title": "one"}, idempotency_key="k")
    assert len(ids(client.get(LIST))) == 2


def test_the_same_holds_in_a_file(tmp_path):
    """As in memory: answers are kept in the store."""
    client = Client(JsonStore(tmp_path / "incidents.json"))
    first = client.post(LIST, {"title": "one"}, idempotency_key="k")
    client = client.again(JsonStore(tmp_path / "incidents.json"))
    assert client.post(LIST, {"title": "one"}, idempotency_key="k").body == first.body
