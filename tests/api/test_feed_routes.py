"""Calendars over the API: secret links that open without a key, and end."""

import pytest

from tests.api.client import V1
from tests.secrets_seen import nowhere
from tocsin.domain.access import UserRole

SHOP = f"{V1}/schedules/shop"
MINE = f"{V1}/users/me/feeds"


@pytest.fixture
def ann(client):
    made = client.user("ann@example.com", UserRole.RESPONDER, full_name="Ann")
    layer = {"name": "Base", "people": ["ann@example.com"], "rotation": {"unit": "day"}, "start": "2026-03-02"}
    client.post(f"{V1}/schedules", {"name": "Shop", "layers": [layer]})
    return made


def opened(client, made, **more):
    """Ask for a calendar by its link, without a key."""
    path, _, secret = made.json["path"].partition("?secret=")
    return client.get(path, query={"secret": secret}, token="", **more)


def test_a_link_opens_the_calendar_of_a_schedule(client, ann):
    """Without a key, as text/calendar; once it is known, it is not sent again."""
    made = client.post(f"{SHOP}/feeds", {"label": "wall"})
    assert (made.status, made.json["label"], made.json["made_by"]) == (201, "wall", "key:tests")
    shown = opened(client, made)
    assert (shown.status, shown.headers["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    assert shown.body.startswith(b"BEGIN:VCALENDAR\r\n")
    assert b"SUMMARY:Ann: Shop\r\n" in shown.body
    client.minutes(10)
    assert opened(client, made, if_none_match=shown.headers["ETag"]).status == 304


def test_a_secret_is_shown_once_and_logged_nowhere(client, ann):
    """Neither in the list nor in the log; and who has none, or another, finds nothing."""
    made = client.post(f"{SHOP}/feeds", {})
    path, _, secret = made.json["path"].partition("?secret=")
    opened(client, made)
    (listed,) = client.get(f"{SHOP}/feeds").json["feeds"]
    assert listed == {key: made.json[key] for key in ("id", "label", "made_at", "made_by")}
    nowhere([listed, client.log.said], secret=secret)
    for query in ({}, {"secret": ""}, {"secret": secret[:-1]}):
        assert client.get(path, query=query, token="").problem == "not-found"


def test_a_link_is_revoked_by_whoever_made_it(client, ann):
    """Or by an administrator, and by nobody else."""
    others = client.post(f"{SHOP}/feeds", {})
    own = client.post(f"{SHOP}/feeds", {}, token=client.person(ann))
    place = lambda made: f"{SHOP}/feeds/{made.json['id']}"
    assert client("DELETE", place(others), token=client.person(ann)).problem == "not-allowed"
    assert client("DELETE", place(own), token=client.person(ann)).status == 204
    assert client("DELETE", place(own)).problem == "not-found"
    assert opened(client, own).problem == "not-found"
    assert client("DELETE", place(others)).status == 204
    assert opened(client, others).problem == "not-found"


def test_a_link_to_ones_own_shifts_is_ones_own(client, ann):
    """Made, listed and revoked by that person alone, whatever their role; it ends when they leave."""
    viewer = client.user("vic@example.com")
    made = client.post(MINE, {"label": "phone"}, token=client.person(ann))
    assert b"SUMMARY:On call: Shop\r\n" in opened(client, made).body
    assert client.get(MINE, token=client.person(viewer)).json["feeds"] == []
    assert client("DELETE", f"{MINE}/{made.json['id']}", token=client.person(viewer)).problem == "not-found"
    assert [one["label"] for one in client.get(MINE, token=client.person(ann)).json["feeds"]] == ["phone"]
    other = client.post(MINE, {}, token=client.person(ann))
    assert client("DELETE", f"{MINE}/{other.json['id']}", token=client.person(ann)).status == 204
    assert opened(client, other).problem == "not-found"
    client("DELETE", f"{V1}/users/ann@example.com")
    assert opened(client, made).problem == "not-found"
