"""Who is on call over the API: now, in the time to come, and how well that is covered."""

from datetime import timedelta

import pytest

from tests.api.client import V1
from tests.desk import NOON
from tests.reach import code_of
from tocsin.domain.access import UserRole
from tocsin.domain.audit import Actor
from tocsin.domain.change import Change
from tocsin.domain.contact import ChannelKind
from tocsin.domain.page import Page, PageStatus
from tocsin.services.paging.desk import planned

SCHEDULES = f"{V1}/schedules"
SHOP = f"{SCHEDULES}/shop"


def layer(*people, **more):
    rotation = {"unit": "week"}
    return {"id": "base", "name": "Base", "people": people, "rotation": rotation, "start": "2026-03-02", **more}


@pytest.fixture
def people(client):
    return {name: client.user(f"{name}@example.com", UserRole.RESPONDER, full_name=name) for name in ("ann", "bo")}


@pytest.fixture(autouse=True)
def shop(client, people):
    client.post(f"{V1}/teams", {"name": "Crew"})
    client.post(SCHEDULES, {"name": "Shop", "team": "Crew", "layers": [layer("ann@example.com", "bo@example.com")]})
    return client.post(SCHEDULES, {"name": "Empty"})


def test_who_is_on_call_is_shown_with_who_is_next(client, people):
    """By every schedule, gaps too; or by those of a team; now or then."""
    empty, shop = client.get(f"{V1}/oncall/current").json["on_call"]
    assert (empty["name"], empty["person"], empty["until"], empty["next"]) == ("Empty", None, None, None)
    assert (shop["name"], shop["person"]["full_name"], shop["team"]["name"]) == ("Shop", "ann", "Crew")
    assert (shop["until"], shop["next"]["person"]["email"]) == ("2026-03-09T09:00:00Z", "bo@example.com")
    (then,) = client.get(f"{V1}/oncall/current", query={"team": "crew", "at": "2026-03-10T00:00:00Z"}).json["on_call"]
    assert then["person"]["id"] == people["bo"].id
    assert client.get(f"{V1}/oncall/current", query={"team": "nobodies"}).problem == "not-found"
    assert client.get(f"{V1}/oncall/current", query={"at": "1900-01-01T00:00:00Z"}).problem == "invalid-input"


def test_shifts_are_listed_with_their_reasons(client, people):
    """From now on for four weeks unless told otherwise; those of one person, too."""
    turn = {"start": "2026-03-04T00:00:00Z", "end": "2026-03-05T00:00:00Z"}
    client.post(f"{SHOP}/overrides", {"person": "bo@example.com", "replaces": "ann@example.com", **turn})
    listed = client.get(f"{SHOP}/shifts").json["shifts"]
    assert [one["person"]["full_name"] for one in listed] == ["ann", "bo", "ann", "bo", "ann", "bo", "ann"]
    assert (listed[0]["start"], listed[-1]["end"]) == ("2026-03-02T12:00:00Z", "2026-03-30T12:00:00Z")
    assert (listed[1]["instead_of"]["full_name"], listed[1]["layer"], len(listed[1]["overrides"])) == ("ann", "base", 1)
    span = {"from": "2026-03-01T00:00:00Z", "until": "2026-03-20T00:00:00Z"}
    mine = client.get(f"{SHOP}/shifts", query={**span, "person": "bo@example.com"}).json["shifts"]
    assert [one["start"] for one in mine] == ["2026-03-04T00:00:00Z", "2026-03-09T09:00:00Z"]
    assert client.get(f"{SHOP}/shifts", query=span).json["shifts"][0]["person"] is None


@pytest.mark.parametrize(
    "span",
    [
        {"from": "2026-03-01T00:00:00Z", "until": "2026-03-01T00:00:00Z"},
        {"until": "2029-03-01T00:00:00Z"},
        {"from": "yesterday"},
        {"from": "9999-12-31T00:00:00Z"},
        {"person": "nobody@example.com"},
    ],
)
def test_a_time_that_cannot_be_listed_is_refused(client, span):
    """An empty one, one that is too long, one of nobody, and one from which on there are no four weeks left."""
    assert client.get(f"{SHOP}/shifts", query=span).problem in ("invalid-input", "not-found")


def test_more_shifts_than_fit_into_an_answer_are_refused(client):
    """With how many there may be."""
    hourly = layer("ann@example.com", "bo@example.com", rotation={"unit": "hour"})
    client("PATCH", SHOP, {"layers": [hourly]})
    refused = client.get(f"{SHOP}/shifts", query={"until": "2027-03-01T00:00:00Z"})
    assert (refused.problem, "at most 5,000" in refused.json["hint"]) == ("invalid-input", True)


def test_my_shifts_are_those_of_every_schedule(client, people):
    """In order, and nobody else's; a key has none."""
    client.post(SCHEDULES, {"name": "Web", "layers": [layer("ann@example.com", start="2026-03-05")]})
    mine = client.get(f"{V1}/users/me/shifts", token=client.person(people["ann"])).json["shifts"]
    assert [(one["schedule"], one["start"][5:10]) for one in mine] == [
        ("Shop", "03-02"),
        ("Web", "03-05"),
        ("Shop", "03-16"),
        ("Shop", "03-30"),
    ]
    assert client.get(f"{V1}/users/me/shifts").status == 403


def test_coverage_says_what_is_wrong(client, people):
    """Whom no page reaches, who has left, who is on call twice, gaps, and hours."""
    client.post(SCHEDULES, {"name": "Web", "layers": [layer("ann@example.com", valid_until="2026-03-03T12:00:00Z")]})
    cy = client.user("cy@example.com", full_name="cy", verified=False)
    turn = {"start": "2026-03-04T00:00:00Z", "end": "2026-03-05T00:00:00Z"}
    client.post(f"{SHOP}/overrides", {"person": cy.id, **turn})
    client("DELETE", f"{V1}/users/bo@example.com")
    found = client.get(f"{SHOP}/coverage", query={"until": "2026-03-09T12:00:00Z"}).json
    assert [(one["person"]["full_name"], one["first"]) for one in found["unreachable"]] == [("cy", turn["start"])]
    assert [(one["person"]["full_name"], one["first"]) for one in found["left"]] == [("bo", "2026-03-09T09:00:00Z")]
    assert [(one["schedule"], one["end"]) for one in found["double"]] == [("Web", "2026-03-03T12:00:00Z")]
    assert {one["person"]["full_name"]: one["hours"] for one in found["load"]} == {"ann": 141.0, "cy": 24.0, "bo": 3.0}
    assert {one["pages_at_night"] for one in found["load"]} == {None}
    (gap,) = client.get(f"{SCHEDULES}/empty/coverage").json["gaps"]
    assert (gap["start"], gap["end"]) == ("2026-03-02T12:00:00Z", "2026-03-30T12:00:00Z")
    assert client.get(f"{SHOP}/coverage", query={"until": "2027-01-01T00:00:00Z"}).problem == "invalid-input"


def test_pages_at_night_are_counted_once_a_time_has_begun(client, people):
    """By person; nothing is known of a time to come."""
    at = NOON + timedelta(hours=11)
    said = {"status": PageStatus.SENT, "sent_at": at, "made_at": at, "not_before": at, "channel": ChannelKind.SMS}
    page = Page.model_validate(said | {"id": "p", "user": people["ann"].id, "contact": "c"})
    client.store.commit(Change(id="night", at=at, records=(planned(page),)))
    client.minutes(24 * 60)
    found = client.get(f"{SHOP}/coverage", query={"from": NOON.isoformat(), "until": "2026-03-12T12:00:00Z"}).json
    assert {one["person"]["full_name"]: one["pages_at_night"] for one in found["load"]} == {"ann": 1, "bo": 0}


def test_whoever_has_a_verified_contact_can_be_reached(client, people):
    """Although the address of their account was never verified."""

    def unreachable():
        found = client.get(f"{SHOP}/coverage", query={"until": "2026-03-09T08:00:00Z"}).json
        return [one["person"]["full_name"] for one in found["unreachable"]]

    ann = client.users.change(
        people["ann"].id, lambda one: one.model_copy(update={"verified": False}), actor=Actor("a test")
    )
    assert unreachable() == ["ann"]
    reach = client.parts.reach()
    phone = reach.contacts.add(ann, ChannelKind.SMS, {"number": "+491511234567"}, actor=Actor("a test"))
    assert unreachable() == ["ann"]
    reach.verification.ask(phone)
    reach.verification.verify(ann, phone, code_of(client), actor=Actor("a test"))
    assert unreachable() == []
