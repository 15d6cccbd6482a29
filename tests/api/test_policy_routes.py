"""Escalation policies over the API: read by all, changed by administrators."""

import pytest

from tests.api.client import V1
from tocsin.domain.access import Scope, UserRole
from tocsin.domain.policy import default_policy

POLICIES = f"{V1}/policies"
PAGE = {"type": "notify", "target": "assignees", "channels": ["email", "sms"], "message": "Do look"}
POLICY = {
    "name": "Checkout",
    "description": "At once",
    "is_active": True,
    "conditions": {"severity": ["critical"], "service": ["checkout"]},
    "steps": [{"delay_minutes": 0, "actions": [PAGE]}, {"delay_minutes": 5, "actions": [PAGE]}],
    "repeat": 1,
    "repeat_after_minutes": 15,
    "fallback": ["user:ana@example.com"],
    "hold": {"severity": ["low"], "times": {"hours": [{"begin": "22:00", "end": "07:00"}], "time_zone": "UTC"}},
    "ack_timeout_minutes": 30,
}


@pytest.fixture
def ana(client):
    return client.user("ana@example.com", UserRole.RESPONDER)


@pytest.fixture
def policy(client, ana):
    return client.post(POLICIES, POLICY)


def test_a_policy_is_made_once_and_shown_as_it_was_said(client, policy):
    """By id, and by name in any letter case; lists are lists, and targets names."""
    assert policy.status == 201
    said = policy.json
    assert {name: said[name] for name in ("name", "description", "repeat", "fallback", "ack_timeout_minutes")} == {
        name: POLICY[name] for name in ("name", "description", "repeat", "fallback", "ack_timeout_minutes")
    }
    assert (said["conditions"]["severity"], said["conditions"]["labels"]) == (["critical"], [])
    assert said["steps"][1] == {"delay_minutes": 5, "actions": [PAGE | {"round_robin": False}]}
    assert client.get(policy.headers["Location"]).json == client.get(f"{POLICIES}/CHECKOUT").json == said
    more = POLICY | {"name": "Search", "conditions": {"service": ["search"]}}
    first, again = (client.post(POLICIES, more, idempotency_key="k-1") for _ in range(2))
    assert (first.status, again.status, again.body) == (201, 201, first.body)
    assert client.get(f"{POLICIES}/nobody").problem == "not-found"


def test_there_is_always_a_default_policy(client, policy):
    """The first of the list, whether anybody ever saved it or not."""
    assert [one["name"] for one in client.get(POLICIES).json["policies"]] == [default_policy().name, "Checkout"]
    steps = {"steps": [{"actions": [{"type": "notify", "target": "admins"}]}]}
    put = client("PUT", f"{POLICIES}/default", {"name": "Everything", **steps})
    assert (put.status, put.json["id"], put.json["version"]) == (200, "default", 2)
    assert [one["name"] for one in client.get(POLICIES).json["policies"]] == ["Everything", "Checkout"]
    assert [client("DELETE", f"{POLICIES}/default").status for _ in range(2)] == [204, 204]
    assert client.get(f"{POLICIES}/default").json["name"] == default_policy().name


@pytest.mark.parametrize(
    "more",
    [
        {"name": " "},
        {"steps": []},
        {"steps": [{"actions": []}]},
        {"steps": [{"actions": [PAGE | {"type": "sing"}]}]},
        {"steps": [{"actions": [PAGE | {"target": "somebody"}]}]},
        {"steps": [{"actions": [PAGE | {"target": "user:nobody@example.com"}]}]},
        {"steps": [{"actions": [PAGE | {"chanels": ["sms"]}]}]},
        {"steps": [{"delay": 5, "actions": [PAGE]}]},
        {"conditions": {"services": ["checkout"]}},
        {"conditions": {"time": {"hours": [{"begin": "9:00", "end": "17:00"}]}}},
        {"conditions": {"time": {"hours": [{"begin": "09:00", "end": "17:00"}], "time_zone": "Mars"}}},
        {"conditions": {}},
        {"hold": {"times": {"hours": []}}},
        {"repeat": 10},
        {"ack_timeout_minutes": 0},
        {"version": 7},
        {"is_actve": False},
    ],
)
def test_what_is_no_policy_is_refused(client, ana, more):
    """Also what is only misspelt, however deep: nobody is paged by a word that nobody read."""
    assert client.post(POLICIES, POLICY | more).problem == "invalid-input"
    assert len(client.get(POLICIES).json["policies"]) == 1


def test_a_policy_that_ties_with_another_is_refused(client, policy):
    """And so is a name that is taken."""
    refused = client.post(POLICIES, POLICY | {"name": "Twin"})
    assert (refused.problem, "Twin and Checkout could both hold" in refused.json["detail"]) == ("invalid-input", True)
    taken = client.post(POLICIES, POLICY | {"name": "checkout", "conditions": {"team": ["x"]}})
    assert taken.problem == "already-there"


def test_a_policy_is_replaced_and_deleted(client, policy):
    """What is not named is what it would be of a new one."""
    place = policy.headers["Location"]
    put = client("PUT", place, {"name": "Basket", "conditions": {"service": ["basket"]}, "steps": POLICY["steps"]})
    assert (put.json["id"], put.json["name"], put.json["fallback"], put.json["hold"]) == (
        policy.json["id"],
        "Basket",
        [],
        None,
    )
    assert put.json["version"] == 2
    assert client("DELETE", place).status == 204
    assert client("DELETE", place).problem == "not-found"
    assert [one["action"] for one in client.get(f"{V1}/audit", query={"target": "policy:Basket"}).json["entries"]] == [
        "policy_removed",
        "policy_changed",
    ]


def test_of_two_who_change_a_policy_the_second_looks_again(client, policy):
    """Whatever they would do."""
    place = policy.headers["Location"]
    seen = client.get(place).headers["ETag"]
    assert client("PUT", place, POLICY | {"repeat": 2}, if_match=seen).status == 200
    for method, said in (("PUT", POLICY | {"repeat": 3}), ("DELETE", None)):
        assert client(method, place, said, if_match=seen).problem == "precondition-failed"
    assert client.get(place).json["repeat"] == 2


def test_targets_are_shown_by_name_and_outlive_a_new_one(client, ana):
    """They are kept by id."""
    client.post(f"{V1}/teams", {"name": "Crew"})
    client.post(f"{V1}/schedules", {"name": "Nights"})
    client.post(f"{V1}/rooms", {"name": "ops", "kind": "sms", "address": {"number": "+49301234567"}})
    targets = [f"user:{ana.id}", "team:crew", "schedule:NIGHTS", "room:OPS", "on_call"]
    steps = [{"actions": [{"type": "notify", "target": one} for one in targets]}]
    made = client.post(POLICIES, POLICY | {"steps": steps})
    shown = ["user:ana@example.com", "team:Crew", "schedule:Nights", "room:ops", "on_call"]
    assert [one["target"] for one in made.json["steps"][0]["actions"]] == shown
    client("PATCH", f"{V1}/teams/crew", {"name": "Band"})
    assert client.get(made.headers["Location"]).json["steps"][0]["actions"][1]["target"] == "team:Band"


def test_administrators_change_policies_and_everybody_sees_them(client, policy):
    """People by role, keys by scope."""
    place = policy.headers["Location"]
    shown = [client.person(client.user(f"{role}@example.com", role)) for role in UserRole]
    shown += [client.key(f"key-{number}", scope) for number, scope in enumerate(Scope)]
    assert [client.get(POLICIES, token=one).status for one in shown] == [200, 200, 200, 403, 200, 200, 200]
    assert [client("PUT", place, POLICY, token=one).status for one in shown] == [403, 403, 200, 403, 403, 403, 200]
