"""Contacts, rooms and notification rules over the API: one's own by oneself, everybody's by administrators."""

import pytest

from tests.api.client import V1
from tests.reach import code_of
from tocsin.domain.access import UserRole

ME, ROOMS = f"{V1}/users/me", f"{V1}/rooms"
MINE = f"{ME}/contacts"
RULES = f"{ME}/notification-rules"
PHONE = {"kind": "sms", "address": {"number": "+49 30 1234567"}, "name": "my phone"}
HOOK = {"kind": "slack", "address": {"url": "https://hooks.slack.com/services/swordfish"}}


class Asking:
    """A person who asks."""

    def __init__(self, client, user):
        self.client, self.user = client, user
        self.token = client.person(user)

    def __call__(self, method, path, body=None, **more):
        return self.client(method, path, body, token=self.token, **more)


@pytest.fixture
def ann(client):
    """Return somebody who may look, and is told."""
    return Asking(client, client.user("ann@example.com", UserRole.VIEWER))


def test_a_person_adds_verifies_and_deletes_a_contact(client, ann):
    """By the code that comes; the address of the account is there from the beginning."""
    made = ann("POST", MINE, PHONE)
    assert made.status == 201
    assert (made.json["number"], made.json["address"], made.json["usable"]) == ("1", {"number": "+49301234567"}, False)
    assert ann("GET", made.headers["Location"]).json == ann("GET", f"{MINE}/1").json == made.json
    listed = ann("GET", MINE).json["contacts"]
    assert [(one["id"], one["number"], one["usable"]) for one in listed] == [
        ("account", "account", True),
        (made.json["id"], "1", False),
    ]
    asked = ann("POST", f"{MINE}/1/code")
    assert (asked.status, asked.json) == (200, {"good_until": "2026-03-02T12:15:00Z"})
    code = code_of(client)
    refused = ann("POST", f"{MINE}/1/verify", {"code": "x"})
    assert (refused.problem, "4 more tries" in refused.json["detail"]) == ("invalid-input", True)
    verified = ann("POST", f"{MINE}/1/verify", {"code": code})
    assert (verified.status, verified.json["usable"]) == (200, True)
    assert ann("POST", f"{MINE}/1/code").problem == "invalid-input"
    assert ann("DELETE", f"{MINE}/1").status == 204
    assert ann("GET", f"{MINE}/1").problem == "not-found"


def test_codes_are_few(client, ann):
    """The fourth within an hour has to wait."""
    ann("POST", MINE, PHONE)
    for _ in range(3):
        assert ann("POST", f"{MINE}/1/code").status == 200
    refused = ann("POST", f"{MINE}/1/code")
    assert (refused.problem, refused.headers["Retry-After"]) == ("too-many-attempts", "3600")


def test_a_secret_is_shown_to_nobody(client, ann):
    """Not even to who just gave it."""
    made = ann("POST", MINE, HOOK)
    assert made.json["address"] == {"url": "https://hooks.slack.com/..."}
    room = client.post(ROOMS, {**HOOK, "name": "ops"})
    for reply in (made, room, ann("GET", MINE), ann("GET", ROOMS), client.get(f"{V1}/users/{ann.user.id}/contacts")):
        assert b"swordfish" not in reply.body
    refused = ann("POST", MINE, {"kind": "slack", "address": {"url": "swordfish"}})
    assert (refused.status, b"swordfish" in refused.body) == (422, False)
    assert "swordfish" not in str(client.log.said)


def test_a_contact_is_made_once_and_changed_on_what_was_seen(client, ann):
    """As everything else is."""
    first, again = (ann("POST", MINE, PHONE, idempotency_key="k-1") for _ in range(2))
    assert (again.status, again.body) == (201, first.body)
    seen = ann("GET", f"{MINE}/1").headers["ETag"]
    assert ann("PATCH", f"{MINE}/1", {"name": "old", "active": False}, if_match=seen).json["active"] is False
    for method, body in (("PATCH", {"name": "x"}), ("DELETE", None)):
        assert ann(method, f"{MINE}/1", body, if_match=seen).problem == "precondition-failed"
    assert ann("PATCH", f"{MINE}/1", {"kind": "voice"}).problem == "invalid-input"
    moved = ann("PATCH", f"{MINE}/1", {"address": {"number": "+49301234568"}})
    assert moved.json["address"] == {"number": "+49301234568"}


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "pigeon", "address": {}},
        {"kind": "sms", "address": {}},
        {"kind": "sms", "address": {"number": "+49301234567", "x": "y"}},
        {"kind": "sms", "address": {"number": 49301234567}},
        {"kind": "sms"},
        {"kind": "pagerduty", "address": {"routing_key": "x"}},
        {"kind": "webhook", "address": {"url": "https://169.254.169.254/latest"}},
        {**PHONE, "name": "x" * 101},
    ],
)
def test_what_is_no_contact_is_refused(ann, body):
    """With what is wrong."""
    assert ann("POST", MINE, body).problem == "invalid-input"


def test_administrators_see_to_the_contacts_of_others_but_verify_none(client, ann):
    """Whoever has the telephone does."""
    theirs = f"{V1}/users/ann@example.com/contacts"
    made = client.post(theirs, PHONE)
    assert (made.status, made.json["created_by"]) == (201, "key:tests")
    assert client.get(made.headers["Location"]).json == ann("GET", f"{MINE}/1").json
    assert client("PATCH", f"{theirs}/1", {"name": "hers"}).json["name"] == "hers"
    assert len(client.get(theirs).json["contacts"]) == 2
    assert client.post(f"{theirs}/1/code").status == 404
    assert client("DELETE", f"{theirs}/1").status == 204
    assert client.get(f"{V1}/users/nobody@example.com/contacts").problem == "not-found"
    bo = Asking(client, client.user("bo@example.com", UserRole.RESPONDER))
    assert bo("GET", theirs).status == 403


def test_nobody_reaches_anothers_contacts_by_their_own_path(client, ann):
    """By id neither."""
    made = ann("POST", MINE, PHONE)
    bo = Asking(client, client.user("bo@example.com", UserRole.ADMIN))
    for method in ("GET", "DELETE"):
        assert bo(method, f"{MINE}/{made.json['id']}").problem == "not-found"
    assert bo("POST", f"{MINE}/{made.json['id']}/code").problem == "not-found"


def test_rooms_are_read_by_all_and_changed_by_administrators(client, ann):
    """By name, in any letter case."""
    made = client.post(ROOMS, {"name": "#Ops", "kind": "pagerduty", "address": {"routing_key": "x"}})
    assert (made.status, made.json["name"], made.json["address"]) == (201, "Ops", {"routing_key": "set"})
    assert client.get(made.headers["Location"]).json == ann("GET", f"{ROOMS}/ops").json == made.json
    assert client.post(ROOMS, {"name": "OPS", **HOOK}).problem == "already-there"
    assert client.post(ROOMS, {"name": "a b", **HOOK}).problem == "invalid-input"
    assert [one["name"] for one in ann("GET", ROOMS).json["rooms"]] == ["Ops"]
    seen = ann("GET", f"{ROOMS}/ops").headers["ETag"]
    assert client("PATCH", f"{ROOMS}/ops", {"active": False}, if_match=seen).json["active"] is False
    assert client("DELETE", f"{ROOMS}/ops", if_match=seen).problem == "precondition-failed"
    assert ann("DELETE", f"{ROOMS}/ops").status == 403
    assert client("DELETE", f"{ROOMS}/%23ops").status == 204
    assert client.get(f"{ROOMS}/ops").problem == "not-found"


def test_how_somebody_wants_to_be_told_is_put_whole(client, ann):
    """What is not named is as if it had never been chosen."""
    nothing = {"rules": [], "quiet": [], "account_email": True, "time_zone": ""}
    assert ann("GET", RULES).json == nothing
    ann("POST", MINE, PHONE)
    phone = ann("GET", f"{MINE}/1").json["id"]
    chosen = {
        "rules": [
            {
                "severities": ["critical", "high"],
                "steps": [{"contact": phone}, {"channel": "email", "after_minutes": 5}],
            }
        ],
        "quiet": [{"hours": [{"begin": "22:00", "end": "07:00", "weekdays": ["Mon", "friday"]}]}],
        "time_zone": "Europe/Madrid",
    }
    seen = ann("GET", RULES).headers["ETag"]
    put = ann("PUT", RULES, chosen, if_match=seen)
    assert put.status == 200, put.body
    assert put.json["rules"][0]["steps"][1] == {"contact": "", "channel": "email", "after_minutes": 5}
    assert put.json["quiet"][0]["hours"][0]["weekdays"] == ["monday", "friday"]
    assert ann("GET", RULES).json == put.json == client.get(f"{V1}/users/{ann.user.id}/notification-rules").json
    again = ann("PUT", RULES, put.json)  # as it was shown: nothing is written
    assert (again.json, again.headers["ETag"]) == (put.json, put.headers["ETag"])
    assert ann("PUT", RULES, {}, if_match=seen).problem == "precondition-failed"
    assert client("PUT", f"{V1}/users/ann@example.com/notification-rules", {}).json == nothing


@pytest.mark.parametrize(
    "body",
    [
        {"rules": [{"severities": ["low"], "steps": [{"contact": "nobody:1"}]}]},
        {"rules": [{"severities": ["low"], "steps": [{"contact": "account", "after": 5}]}]},
        {"rules": [{"severities": ["low"], "steps": [{"contact": "account"}]}] * 2},
        {"quiet": [{"hours": [{"begin": "08:00", "end": "08:00"}]}]},
        {"quiet": [{"severities": ["critical"], "hours": [{"begin": "22:00", "end": "08:00"}]}]},
        {"quiet": [{"hours": [{"begin": 3600, "end": "08:00"}]}]},
        {"quiet": [{"hours": [{"begin": "22:00Z", "end": "08:00"}]}]},
        {"quiet": [{"hours": [{"begin": "24:00", "end": "08:00"}]}]},
        {"rules": [{"severities": ["low"], "steps": [{"contact": "account", "after_minutes": "5"}]}]},
        {"account_email": "no"},
        {"time_zone": "Mars"},
        {"version": 7},
    ],
)
def test_rules_that_cannot_be_are_refused(ann, body):
    """Before anybody relies on them."""
    assert ann("PUT", RULES, body).problem == "invalid-input"
