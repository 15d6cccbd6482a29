"""Keys over HTTP: an administrator makes, lists and revokes them; what opens is shown once, and kept nowhere."""

import re

import pytest

from tests.api.client import V1, Client
from tocsin.domain.access import Scope
from tocsin.services.idempotency import IDEMPOTENCY

KEYS = f"{V1}/keys"
BODY = {"name": "deploy-bot", "scopes": ["incidents:write"]}


def test_a_key_is_made_and_opens(client):
    """For what was asked for, in its own name space, until it ends."""
    body = {**BODY, "source": "shop", "expires_at": "2026-03-02T13:00:00Z"}
    reply = client.post(KEYS, body, x_tocsin_by="ann")
    made = reply.json
    assert (reply.status, reply.headers["Location"]) == (201, f"{KEYS}/{made['id']}")
    assert reply.headers["Cache-Control"] == "no-store"
    assert re.fullmatch(rf"tocsin_{made['id']}_[A-Za-z0-9_-]{{43}}", made["key"])
    assert (made["scopes"], made["source"], made["created_by"]) == (["incidents:write"], "shop", "ann (key:tests)")
    assert client.get(f"{V1}/incidents", token=made["key"]).status == 200
    assert client.get(KEYS, token=made["key"]).status == 403
    client.minutes(60)
    assert client.get(f"{V1}/incidents", token=made["key"]).status == 401


def test_keys_are_listed_page_by_page_without_what_opens(client):
    """Each once, revoked ones too; neither token nor digest is shown."""
    tokens = [client.post(KEYS, {**BODY, "name": f"bot-{number}"}).json["key"] for number in range(4)]
    client("DELETE", f"{KEYS}/bot-1")
    seen, cursor = [], ""
    for _ in range(3):
        reply = client.get(KEYS, query={"limit": 2, **({"cursor": cursor} if cursor else {})})
        seen += reply.json["keys"]
        cursor = reply.json["cursor"]
        digests = [record.body["digest"] for record in client.store.records("apikey", limit=10)]
        assert not [one for one in (*tokens, *digests) if one.split("_", 2)[-1] in reply.body.decode()]
    assert cursor == ""
    assert sorted(one["name"] for one in seen) == ["bot-0", "bot-1", "bot-2", "bot-3", "tests"]
    assert [one["revoked_by"] for one in seen if one["revoked_at"]] == ["key:tests"]


def test_a_full_last_page_has_no_cursor(client):
    """It would lead to an empty one."""
    client.post(KEYS, BODY)
    assert client.get(KEYS, query={"limit": 2}).json["cursor"] == ""
    assert client.get(KEYS, query={"limit": 1}).json["cursor"]


def test_a_cursor_that_no_page_gave_is_refused(client):
    """And so is a page of nothing."""
    assert client.get(KEYS, query={"cursor": "x"}).problem == "invalid-input"
    assert client.get(KEYS, query={"limit": 0}).problem == "invalid-input"


@pytest.mark.parametrize("by", ["id", "name"])
def test_a_key_is_revoked_for_good(client, by):
    """By id or name; twice is no error, and the first time counts."""
    made = client.post(KEYS, BODY).json
    first = client("DELETE", f"{KEYS}/{made[by]}", x_tocsin_by="ann")
    assert (first.status, first.json["revoked_by"], first.json["id"]) == (200, "ann (key:tests)", made["id"])
    again = client("DELETE", f"{KEYS}/{made['id']}", x_tocsin_by="bob")
    assert (again.status, again.json["revoked_by"]) == (200, "ann (key:tests)")
    client.minutes(1)
    assert client.get(f"{V1}/incidents", token=made["key"]).status == 401


def test_a_key_that_there_is_not_cannot_be_revoked(client):
    """The hint names those there are, to an administrator."""
    reply = client("DELETE", f"{KEYS}/nobody")
    assert (reply.status, reply.json["hint"]) == (404, "there are tests")


def test_a_name_belongs_to_one_key(client):
    """Until that is revoked."""
    client.post(KEYS, BODY)
    reply = client.post(KEYS, BODY)
    assert (reply.status, reply.problem, "Retry-After" in reply.headers) == (409, "already-there", False)
    client("DELETE", f"{KEYS}/deploy-bot")
    assert client.post(KEYS, BODY).status == 201


@pytest.mark.parametrize(
    "fields, says",
    [
        ({"name": "no spaces"}, "cannot be the name of a key"),
        ({"source": "Shop:1"}, "cannot be a source"),
        ({"scopes": []}, "body scopes"),
        ({"scopes": ["root"]}, "body scopes"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "must expire in the future"),
        ({"expires_at": "tomorrow"}, "body expires_at"),
        ({"secret": "x" * 43}, "body secret"),
    ],
)
def test_what_makes_no_key_is_refused(client, fields, says):
    """With what is wrong; nothing is made, and nobody chooses a secret."""
    reply = client.post(KEYS, {**BODY, **fields})
    assert (reply.status, says in reply.json["detail"]) == (422, True)
    assert len(client.get(KEYS).json["keys"]) == 1


@pytest.mark.parametrize("scope", [scope for scope in Scope if scope is not Scope.ADMIN])
def test_only_an_administrators_key_makes_lists_and_revokes_keys(client, scope):
    """Nor may any other sync or tick; nothing is done."""
    token = client.key("scoped", scope)
    asked = [("POST", KEYS), ("GET", KEYS), ("DELETE", f"{KEYS}/tests"), ("POST", f"{V1}/sync"), ("POST", f"{V1}/tick")]
    assert {client(method, path, BODY, token=token).status for method, path in asked} == {403}
    assert [one["name"] for one in client.get(KEYS).json["keys"] if one["revoked_at"] is None] != ["scoped"]


# -- twice ------------------------------------------------------------------------------------------------------------


def test_the_same_request_makes_one_key_and_shows_it_once(client):
    """Whoever lost the answer revokes it and makes another; also after it was revoked nothing is made again."""
    made = client.post(KEYS, BODY, idempotency_key="k").json
    for _ in range(2):
        again = client.post(KEYS, BODY, idempotency_key="k")
        assert (again.status, again.problem) == (409, "already-there")
        assert made["id"] in again.json["detail"]
        assert "revoke the key" in again.json["hint"]
        assert made["key"].split("_", 2)[2] not in again.body.decode()
        client("DELETE", f"{KEYS}/{made['id']}")
    assert len(client.get(KEYS).json["keys"]) == 2


def test_what_is_remembered_of_a_request_opens_nothing(client):
    """The token is nowhere in the store."""
    made = client.post(KEYS, BODY, idempotency_key="k").json
    (kept,) = client.store.records(IDEMPOTENCY, limit=10)
    assert kept.body["answer"] == {"key": made["id"]}
    everything = [client.store.records(kind, limit=50) for kind in ("apikey", "apikey_name", IDEMPOTENCY)]
    assert made["key"].split("_", 2)[2] not in str(everything)


def test_a_request_key_that_was_used_for_another_is_refused(client):
    """As for every POST."""
    client.post(KEYS, BODY, idempotency_key="k")
    assert client.post(KEYS, {**BODY, "name": "other"}, idempotency_key="k").problem == "key-reused"


def test_no_token_reaches_the_log(client):
    """Neither of the key that asks nor of the one that is made."""
    made = client.post(KEYS, BODY).json
    assert made["key"].split("_", 2)[2] not in str(client.log.said)


def test_keys_can_be_made_on_every_backend(any_store):
    """As far as the store is asked."""
    client = Client(any_store)
    made = client.post(KEYS, BODY, idempotency_key="k").json
    assert client.post(KEYS, BODY, idempotency_key="k").status == 409
    assert {one["name"] for one in client.get(KEYS, query={"limit": 1}).json["keys"]} <= {"tests", "deploy-bot"}
    assert client("DELETE", f"{KEYS}/{made['id']}").status == 200
