"""The audit log over HTTP: listed, exported, verified, by administrators alone; written to by what they do."""

import json

import pytest

from tests.api.client import V1, Client, incident
from tests.chains import Forger, a_log
from tests.fakes import MemoryStore
from tocsin.api import audit as routes
from tocsin.api.routes import ROUTES
from tocsin.domain.access import Scope
from tocsin.errors import StoreUnreachable

AUDIT = f"{V1}/audit"


def entries(client, **query):
    """Return the entries of a page."""
    return client.get(AUDIT, query=query).json["entries"]


def lines(client, **query):
    """Return what one export says, and where it goes on."""
    reply = client.get(f"{AUDIT}/export", query=query)
    assert (reply.status, reply.headers["Content-Type"]) == (200, "application/x-ndjson")
    return [json.loads(line) for line in reply.body.splitlines()], reply.headers.get("Link", "")


def test_what_was_done_is_listed_newest_first(client):
    """With who did it, for whom, from where, and the request that leads to the log."""
    gone = client.opened("By mistake")
    client("DELETE", incident(gone), address="192.0.2.7", x_tocsin_by="Ana", x_request_id="req-7")
    newest, made = entries(client)
    assert (newest["action"], newest["target"]) == ("incident_deleted", f"incident:{gone}")
    assert (newest["actor"], newest["address"], newest["request_id"]) == ("Ana (key:tests)", "192.0.2.7", "req-7")
    assert (made["action"], made["actor"], made["target"], made["number"]) == ("key_made", "a test", "key:tests", 1)


def test_a_list_is_filtered_and_goes_on(client):
    """By actor, action, target and moment; page by page."""
    for number in range(5):
        client.minutes(1)
        client.key(f"key-{number}", Scope.INCIDENTS_READ)
    assert [one["target"] for one in entries(client, target="KEY:key-3")] == ["key:key-3"]
    assert len(entries(client, actor="a test", action="key_made")) == 6
    assert entries(client, action="key_revoked") == entries(client, actor="nobody") == []
    two = {"since": "2026-03-02T12:02:00Z", "until": "2026-03-02T12:04:00Z"}
    assert [one["target"] for one in entries(client, **two)] == ["key:key-2", "key:key-1"]
    first = client.get(AUDIT, query={"limit": 4}).json
    rest = client.get(AUDIT, query={"limit": 4, "cursor": first["cursor"]}).json
    assert [one["number"] for one in first["entries"] + rest["entries"]] == [6, 5, 4, 3, 2, 1]
    assert rest["cursor"] == ""


@pytest.mark.parametrize(
    "path, query",
    [
        (AUDIT, {"cursor": "nonsense"}),
        (AUDIT, {"limit": "0"}),
        (AUDIT, {"since": "yesterday"}),
        (f"{AUDIT}/export", {"after": "-1"}),
        (f"{AUDIT}/export", {"after": "9999999999999"}),
        (f"{AUDIT}/export", {"limit": "100000"}),
        (f"{AUDIT}/verify", {"expect": "1:x"}),
        (f"{AUDIT}/verify", {"cursor": "x"}),
        (f"{AUDIT}/verify", {"expect": "1" * 99}),
    ],
)
def test_what_cannot_be_asked_is_refused(client, path, query):
    """With the field."""
    assert client.get(path, query=query).status == 422


def test_an_export_is_whole_and_its_lines_are_what_the_digests_are_of(client):
    """Oldest first; the link leads to the end."""
    for number in range(5):
        client.key(f"key-{number}", Scope.INCIDENTS_READ)
    first, link = lines(client, limit=4)
    assert link == f'<{AUDIT}/export?after=4&limit=4>; rel="next"'
    rest, end = lines(client, limit=4, after=4)
    assert end == ""
    assert [one["number"] for one in first + rest] == [1, 2, 3, 4, 5, 6]
    assert lines(client, after=6) == ([], "")
    whole = client.get(f"{AUDIT}/export")
    assert client.get(f"{AUDIT}/export", if_none_match=whole.headers["ETag"]).status == 304
    raw = whole.body.decode().splitlines()
    assert raw == [entry.line() for entry in a_log(client.store).entries()]


def test_an_export_fits_an_answer_of_lambda(client, monkeypatch):
    """However long its entries are; at least one goes out."""
    monkeypatch.setattr(routes, "MOST_BYTES", 700)
    for number in range(5):
        client.key(f"key-{number}", Scope.INCIDENTS_READ)
    after, pages = 0, []
    while found := lines(client, after=after)[0]:
        after = found[-1]["number"]
        pages.append(len(found))
    assert sum(pages) == 6
    assert max(pages) == 1 or len(client.get(f"{AUDIT}/export").body) <= 700
    assert len(pages) > 2
    assert 2 * 3_000_000 <= 6 * 1024 * 1024


def test_a_log_that_holds_is_said_to(client):
    """With its last entry, to be kept elsewhere."""
    said = client.get(f"{AUDIT}/verify").json
    head = a_log(client.store).head()
    assert said == {
        "holds": True,
        "verified": {"number": 1, "digest": head.digest},
        "broken": None,
        "cursor": "",
    }
    assert client.get(f"{AUDIT}/verify", query={"expect": str(head)}).json["holds"]


def test_a_long_log_takes_several_requests(client, monkeypatch):
    """Each says up to where it was followed, and how to go on."""
    monkeypatch.setattr(routes, "MOST_VERIFIED", 4)
    a_log(client.store, 9)
    query, reached = {"cursor": ""}, []
    while True:
        said = client.get(f"{AUDIT}/verify", query=query).json
        reached.append(said["verified"]["number"])
        assert said["holds"]
        if not said["cursor"]:
            break
        query = {"cursor": said["cursor"]}
    assert reached == [4, 8, 10]


def test_a_break_is_named_with_its_place(client):
    """And where it holds until."""
    a_log(client.store, 9)
    noted = a_log(client.store).head()
    Forger(client.store).change(5, actor="nobody")
    said = client.get(f"{AUDIT}/verify").json
    assert (said["holds"], said["verified"]["number"]) == (False, 4)
    assert said["broken"] == {"number": 5, "why": "entry 5 was changed"}
    forger = Forger(client.store)
    forger.reseal(5, 10)
    forger.head(10)
    assert client.get(f"{AUDIT}/verify").json["holds"]
    said = client.get(f"{AUDIT}/verify", query={"expect": str(noted)}).json
    assert said["broken"] == {"number": 10, "why": "entry 10 is another one than was noted"}


def test_nothing_writes_to_the_log_or_takes_from_it_over_the_api():
    """It can be looked at."""
    assert {one.endpoint.method for one in ROUTES if one.endpoint.path.startswith(AUDIT)} == {"GET"}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_no_other_method_is_answered(client, method):
    """Also by an administrator."""
    assert client(method, AUDIT).status == 405


# -- refusals ---------------------------------------------------------------------------------------------------------


def refusals(client):
    """Return who was refused what."""
    found = a_log(client.store).entries()
    return [(one.actor, one.target) for one in found if one.action == "access_refused"]


def test_who_may_not_look_is_refused_and_put_on_record_once_a_minute(client):
    """However often they try; with the route, and not what stood in its place."""
    token = client.key("reader", Scope.INCIDENTS_READ)
    for _ in range(5):
        assert client.get(AUDIT, token=token).status == 403
        assert client("DELETE", incident("INC-1001"), token=token).status == 403
    routes = [("key:reader", "GET /api/v1/audit"), ("key:reader", "DELETE /api/v1/incidents/{incident_id}")]
    assert refusals(client) == routes
    client.minutes(1)
    client.get(AUDIT, token=token, address="192.0.2.9")
    assert len(refusals(client)) == 3
    assert entries(client)[0]["address"] == "192.0.2.9"


def test_who_is_not_known_fills_no_log(client):
    """Wrong keys are bounded at the door."""
    assert client.get(AUDIT, token="").status == 401
    assert client.get(AUDIT, token=f"tocsin_{'0' * 12}_{'x' * 43}").status == 401
    assert refusals(client) == []


def test_what_is_allowed_touches_no_log(client):
    """A request that is let in pays nothing for it."""
    client.get(AUDIT)
    client.parts.audit.commit = None  # any entry would fail
    token = client.key("reader", Scope.INCIDENTS_READ)
    assert client.get(f"{V1}/incidents", token=token).status == 200


def test_a_refusal_that_cannot_be_noted_is_a_refusal_all_the_same(client):
    """And the log of the program says what failed."""

    class Down(MemoryStore):
        def commit(self, change):
            if any(write.kind == "audit" for write in change.records) and self.down:
                raise StoreUnreachable("no answer")
            super().commit(change)

    Down.down = False
    client = Client(Down())
    token = client.key("reader", Scope.INCIDENTS_READ)
    client.get(f"{V1}/incidents", token=token)
    Down.down = True
    assert client.get(AUDIT, token=token).status == 403
    assert [facts["error"] for _, facts in client.log.of("ERROR")] == ["StoreUnreachable"]
    Down.down = False
    assert client.get(AUDIT, token=token).status == 403
    assert len(refusals(client)) == 1
