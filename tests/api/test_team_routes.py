"""Teams over the API: read by all, changed by administrators."""

import pytest

from tests.api.client import V1
from tocsin.domain.access import Scope, UserRole

TEAMS = f"{V1}/teams"
SHOP = f"{TEAMS}/shop"


@pytest.fixture
def shop(client):
    return client.post(TEAMS, {"name": "Shop", "services": ["checkout"]})


def test_a_team_is_made_once_and_found(client, shop):
    """By id and by name."""
    assert (shop.status, shop.json["services"], shop.json["created_by"]) == (201, ["checkout"], "key:tests")
    assert client.get(shop.headers["Location"]).json == client.get(SHOP).json == shop.json
    first = client.post(TEAMS, {"name": "Search"}, idempotency_key="k-1")
    again = client.post(TEAMS, {"name": "Search"}, idempotency_key="k-1")
    assert (first.status, again.status, again.body) == (201, 201, first.body)
    assert client.get(f"{TEAMS}/nobody").problem == "not-found"


def test_names_and_services_that_are_taken_are_conflicts(client, shop):
    """The answer names the team that has it."""
    assert client.post(TEAMS, {"name": "SHOP"}).problem == "already-there"
    refused = client.post(TEAMS, {"name": "Search", "services": ["Checkout"]})
    assert (refused.problem, "team Shop" in refused.json["detail"]) == ("already-there", True)


def test_a_team_is_changed(client, shop):
    """What is not named stays; an empty list takes all."""
    assert client("PATCH", SHOP, {"name": "Store"}).json["services"] == ["checkout"]
    assert client("PATCH", f"{TEAMS}/store", {"services": ["a", "B"]}).json["services"] == ["a", "B"]
    assert client("PATCH", f"{TEAMS}/store", {"services": []}).json["services"] == []
    many = [f"s{number}" for number in range(41)]
    assert client("PATCH", f"{TEAMS}/store", {"services": many}).problem == "invalid-input"
    assert client("PATCH", f"{TEAMS}/store", {"members": []}).problem == "invalid-input"


def test_members_come_and_go(client, shop):
    """By id or address; who was deactivated stays, and it shows."""
    ana = client.user("ana@example.com", full_name="Ana")
    client.user("bob@example.com", full_name="Bob")
    client("PUT", f"{SHOP}/members/bob%40example.com")
    both = client("PUT", f"{SHOP}/members/{ana.id}").json["members"]
    assert [(one["full_name"], one["active"]) for one in both] == [("Ana", True), ("Bob", True)]
    client("DELETE", f"{V1}/users/ana@example.com")
    assert [one["active"] for one in client.get(SHOP).json["members"]] == [False, True]
    left = client("DELETE", f"{SHOP}/members/bob@example.com")
    assert [one["email"] for one in left.json["members"]] == ["ana@example.com"]
    assert client("PUT", f"{SHOP}/members/nobody@example.com").problem == "not-found"
    assert client("PUT", f"{TEAMS}/nobody/members/{ana.id}").problem == "not-found"


def test_a_deleted_team_leaves_its_people(client, shop):
    """And its services free."""
    ana = client.user("ana@example.com")
    client("PUT", f"{SHOP}/members/{ana.id}")
    assert client("DELETE", SHOP).status == 204
    assert client.get(SHOP).status == 404
    assert client.get(f"{V1}/users/{ana.id}").json["teams"] == []
    assert client.post(TEAMS, {"name": "Search", "services": ["checkout"]}).status == 201


def test_of_two_who_edit_a_team_the_second_looks_again(client, shop):
    """Whatever they would do."""
    client.user("ana@example.com")
    seen = client.get(SHOP).headers["ETag"]
    assert client("PATCH", SHOP, {"services": []}, if_match=seen).status == 200
    for method, path, body in (
        ("PATCH", SHOP, {"name": "Store"}),
        ("PUT", f"{SHOP}/members/ana@example.com", None),
        ("DELETE", f"{SHOP}/members/ana@example.com", None),
        ("DELETE", SHOP, None),
    ):
        assert client(method, path, body, if_match=seen).problem == "precondition-failed"


def test_teams_are_listed_by_member_and_service(client, shop):
    """Page by page."""
    client.user("ana@example.com")
    client.post(TEAMS, {"name": "Search"})
    client("PUT", f"{TEAMS}/search/members/ana@example.com")

    def listed(**query):
        return sorted(one["name"] for one in client.get(TEAMS, query=query).json["teams"])

    assert listed() == ["Search", "Shop"]
    assert listed(member="ana@example.com") == ["Search"]
    assert listed(service="CHECKOUT") == ["Shop"]
    first = client.get(TEAMS, query={"limit": 1}).json
    rest = client.get(TEAMS, query={"limit": 1, "cursor": first["cursor"]}).json
    assert sorted(one["name"] for one in [*first["teams"], *rest["teams"]]) == ["Search", "Shop"]
    assert listed(member="nobody@example.com") == listed(member="nobody") == []
    assert listed(member=client.users.by_email("ana@example.com").id) == ["Search"]


def test_everybody_reads_teams_and_administrators_change_them(client, shop):
    """People by role, keys by scope."""
    readers = [client.person(client.user(f"{role}@example.com", role)) for role in UserRole]
    readers.append(client.key("reader", Scope.INCIDENTS_READ))
    assert {client.get(SHOP, token=one).status for one in readers} == {200}
    assert [client("PATCH", SHOP, {}, token=one).status for one in readers] == [403, 403, 200, 403]
