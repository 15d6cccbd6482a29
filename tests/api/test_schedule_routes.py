"""Schedules over the API: read by all, changed by administrators, and by responders where it is their own turn."""

import pytest

from tests.api.client import V1
from tocsin.domain.access import UserRole

SCHEDULES = f"{V1}/schedules"
SHOP = f"{SCHEDULES}/shop"
BASE = {
    "id": "base",
    "name": "Base",
    "people": ["ann@example.com", "bo@example.com"],
    "rotation": {"unit": "week", "weekday": "Mon"},
    "start": "2026-03-02",
    "hours": [{"weekdays": ["sat", "sun"], "begin": "09:00", "end": "17:00"}, {"begin": "08:00", "end": "20:00"}],
}
TUESDAY = {"start": "2026-03-03T09:00:00+01:00", "end": "2026-03-03T17:00:00Z"}


@pytest.fixture
def people(client):
    return {
        name: client.user(f"{name}@example.com", UserRole.RESPONDER, full_name=name.title())
        for name in ("ann", "bo", "cy")
    }


@pytest.fixture
def shop(client, people):
    return client.post(SCHEDULES, {"name": "Shop", "time_zone": "Europe/Berlin", "layers": [BASE]})


def test_a_schedule_is_made_once_and_found(client, people, shop):
    """By id and by name; those whom it names are beside it."""
    assert (shop.status, shop.json["time_zone"], shop.json["team"]) == (201, "Europe/Berlin", None)
    assert shop.json["layers"][0]["people"] == [people["ann"].id, people["bo"].id]
    assert [one["full_name"] for one in shop.json["people"]] == ["Ann", "Bo"]
    assert client.get(shop.headers["Location"]).json == client.get(SHOP).json == shop.json
    first = client.post(SCHEDULES, {"name": "Web"}, idempotency_key="k-1")
    again = client.post(SCHEDULES, {"name": "Web"}, idempotency_key="k-1")
    assert (first.status, again.status, again.body) == (201, 201, first.body)
    assert client.get(f"{SCHEDULES}/nobody").problem == "not-found"
    assert client.post(SCHEDULES, {"name": "SHOP"}).problem == "already-there"


def test_schedules_are_listed_by_team(client, shop):
    """Page by page."""
    client.post(f"{V1}/teams", {"name": "Crew"})
    client.post(SCHEDULES, {"name": "Web", "team": "crew"})
    (web,) = client.get(SCHEDULES, query={"team": "Crew"}).json["schedules"]
    assert (web["name"], web["team"]["name"]) == ("Web", "Crew")
    page = client.get(SCHEDULES, query={"limit": 1}).json
    rest = client.get(SCHEDULES, query={"cursor": page["cursor"]}).json
    assert {one["name"] for one in (*page["schedules"], *rest["schedules"])} == {"Shop", "Web"}
    assert client.get(SCHEDULES, query={"team": "nobodies"}).problem == "not-found"
    client("DELETE", f"{V1}/teams/crew")
    assert client.get(f"{SCHEDULES}/web").json["team"] is None


@pytest.mark.parametrize(
    "body, where",
    [
        ({"people": ["nobody@example.com"]}, "there is no user nobody@example.com"),
        ({"people": []}, "people"),
        ({"rotation": {"unit": "month"}}, "unit"),
        ({"rotation": {"unit": "day", "weekday": "monday"}}, "a weekday is for rotations by the week"),
        ({"rotation": {"unit": "day", "hand_over": "9"}}, "hand_over"),
        ({"start": "2026-02-30"}, "start"),
        ({"hours": [{"begin": "09:00"}]}, "end"),
        ({"valid_from": "2026-03-02T09:00:00"}, "valid_from"),
        ({"vlid_from": None}, "vlid_from"),
    ],
)
def test_what_cannot_be_a_layer_is_refused(client, shop, body, where):
    """With the field that is at fault."""
    refused = client("PUT", f"{SHOP}/layers/base", {key: one for key, one in BASE.items() if key != "id"} | body)
    assert (refused.status, refused.problem) == (422, "invalid-input")
    assert where in refused.body.decode()


def test_a_schedule_is_changed(client, shop):
    """What is not named stays; layers all at once or one by one."""
    assert client("PATCH", SHOP, {"time_zone": "UTC"}).json["layers"] == shop.json["layers"]
    upper = {key: one for key, one in BASE.items() if key != "id"} | {"people": ["cy@example.com"]}
    both = client("PUT", f"{SHOP}/layers/up%20per", upper)
    assert [one["id"] for one in both.json["layers"]] == ["base", "up per"]
    turned = [{**BASE, "id": one} for one in ("up per", "base")]
    assert [one["id"] for one in client("PATCH", SHOP, {"layers": turned}).json["layers"]] == ["up per", "base"]
    assert [one["id"] for one in client("DELETE", f"{SHOP}/layers/base").json["layers"]] == ["up per"]
    assert client("DELETE", f"{SHOP}/layers/base").problem == "not-found"
    assert client("DELETE", SHOP).status == 204
    assert client.get(SHOP).problem == "not-found"


def test_what_is_exported_makes_the_same_schedule(client, shop):
    """Under another name, and by the ids of its people."""
    said = client.get(f"{SHOP}/export").json
    copy = {key: said[key] for key in ("time_zone", "team", "layers")}
    again = client.post(SCHEDULES, {"name": "Copy", **copy})
    assert (again.status, again.json["layers"]) == (201, shop.json["layers"])


def test_a_responder_takes_and_hands_over_shifts_of_their_own(client, people, shop):
    """And nobody else's; an administrator changes everybody's."""
    bo = lambda: client.person(people["bo"])
    ask = lambda body, token: client.post(f"{SHOP}/overrides", body, token=token)
    taken = ask({"person": "bo@example.com", **TUESDAY}, bo())
    handed = ask({"person": "cy@example.com", "replaces": "bo@example.com", **TUESDAY}, bo())
    assert (taken.status, handed.status) == (201, 201)
    refused = ask({"person": "cy@example.com", "replaces": "ann@example.com", **TUESDAY}, bo())
    assert (refused.status, refused.problem) == (403, "not-allowed")
    others = ask({"person": "cy@example.com", **TUESDAY}, None).json["overrides"]
    paths = [f"{SHOP}/overrides/{one['id']}" for one in others]
    assert client("DELETE", paths[-1], token=bo()).problem == "not-allowed"
    assert client("DELETE", paths[0], token=bo()).status == 200
    assert client("DELETE", paths[0]).problem == "not-found"
    assert client("DELETE", paths[-1]).status == 200


def test_two_swap(client, people, shop):
    """Each takes the other's time; only whose shifts they are may, and only once however often it is sent."""
    swap = {
        "one": {"person": "ann@example.com", **TUESDAY},
        "other": {"person": "bo@example.com", "start": "2026-03-10T09:00:00Z", "end": "2026-03-10T17:00:00Z"},
    }
    assert client.post(f"{SHOP}/swaps", swap, token=client.person(people["cy"])).problem == "not-allowed"
    for _ in range(2):
        done = client.post(f"{SHOP}/swaps", swap, token=client.person(people["bo"]), idempotency_key="k-2")
    ann, bo = people["ann"].id, people["bo"].id
    assert [(one["person"], one["replaces"], one["start"]) for one in done.json["overrides"]] == [
        (bo, ann, "2026-03-03T08:00:00Z"),
        (ann, bo, "2026-03-10T09:00:00Z"),
    ]


def test_of_two_who_edit_a_schedule_the_second_looks_again(client, shop):
    """Whatever they would do."""
    seen = client.get(SHOP).headers["ETag"]
    assert client("PATCH", SHOP, {"time_zone": "UTC"}, if_match=seen).status == 200
    layer = {key: one for key, one in BASE.items() if key != "id"}
    turn = {"person": "ann@example.com", **TUESDAY}
    for method, path, body in (
        ("PATCH", SHOP, {"name": "Store"}),
        ("PUT", f"{SHOP}/layers/x", layer),
        ("DELETE", f"{SHOP}/layers/base", None),
        ("POST", f"{SHOP}/overrides", turn),
        ("POST", f"{SHOP}/swaps", {"one": turn, "other": {**turn, "person": "bo@example.com"}}),
        ("DELETE", f"{SHOP}/overrides/x", None),
        ("DELETE", SHOP, None),
    ):
        assert client(method, path, body, if_match=seen).problem == "precondition-failed"
    assert client("PATCH", SHOP, {"name": "Store"}, if_match='"none"').problem == "precondition-failed"
