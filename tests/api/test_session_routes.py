"""One's own sessions over HTTP: prolonged, listed, ended."""

import pytest

from tests.api.client import V1, Client
from tests.signing import Gate
from tocsin.domain.access import UserRole

REFRESH, LOGOUT, SESSIONS = (f"{V1}/auth/{name}" for name in ("refresh", "logout", "sessions"))


def test_tokens_are_exchanged_for_new_ones(client):
    """Without a key or a token of access: it has run out by then. Nobody on the way may keep the answer."""
    held = client.signed_in()
    client.minutes(20)
    reply = client.post(REFRESH, {"refresh_token": held.refresh_token}, token="", address="192.0.2.77")
    assert (reply.status, reply.headers["Cache-Control"]) == (200, "no-store")
    assert set(reply.json) == {"access_token", "refresh_token", "token_type", "expires_in", "user_id"}
    assert (reply.json["token_type"], reply.json["expires_in"]) == ("bearer", 900)
    listed = client.get(SESSIONS, token=reply.json["access_token"]).json["sessions"]
    assert [one["address"] for one in listed] == ["192.0.2.77"]


def test_whatever_is_wrong_with_a_refresh_token_gets_one_answer(client):
    """Used, of a session that is over, forged, or nothing of the kind."""
    used, over = client.signed_in(), client.signed_in(client.person("bob@example.com"))
    client.post(REFRESH, {"refresh_token": used.refresh_token}, token="")
    client.post(LOGOUT, token=over.access_token)
    shown = [used.refresh_token, over.refresh_token, used.refresh_token[:-1], "x", ""]
    replies = [client.post(REFRESH, {"refresh_token": one}, token="") for one in shown]
    assert {(one.status, one.problem) for one in replies} == {(401, "sign-in-refused")}
    assert len({str({**one.json, "instance": ""}) for one in replies}) == 1
    assert all(one.headers["WWW-Authenticate"] == 'Bearer realm="tocsin"' for one in replies)


def test_a_reuse_is_on_record_with_where_it_came_from(client):
    """That is what somebody will want to know."""
    held = client.signed_in()
    for _ in range(2):
        client.post(REFRESH, {"refresh_token": held.refresh_token}, token="", address="192.0.2.66")
    entry = next(client.audit.newest())
    assert (entry.action, entry.address, entry.actor) == ("token_reused", "192.0.2.66", "192.0.2.66")
    assert (entry.target, entry.request_id) == ("user:ann@example.com", "request-of-the-gateway")


def test_signing_out_ends_the_session_that_asks(client):
    """And no other; it is on record by name."""
    ann = client.person()
    held, other = client.signed_in(ann), client.signed_in(ann)
    assert client.post(LOGOUT, token=held.access_token).status == 204
    assert client.post(LOGOUT, token=held.access_token).status == 401
    assert client.post(LOGOUT, token=other.access_token, address="192.0.2.8").status == 204
    entry = next(client.audit.newest())
    assert (entry.action, entry.actor, entry.address) == ("signed_out", "ann@example.com", "192.0.2.8")


def test_a_person_sees_their_own_sessions_and_no_others(client):
    """Which one asks, from where and with what; and nothing that opens."""
    ann = client.person(role=UserRole.VIEWER)
    client.signed_in(client.person("bob@example.com"))
    first = client.signed_in(ann, agent="tocsin", how="password")
    client.minutes(1)
    second = client.signed_in(ann)
    reply = client.get(SESSIONS, token=first.access_token)
    assert reply.status == 200
    listed = reply.json["sessions"]
    assert [(one["current"], one["agent"], one["address"]) for one in listed] == [
        (False, "", "192.0.2.9"),
        (True, "tocsin", "192.0.2.9"),
    ]
    assert (listed[1]["created_at"], listed[1]["expires_at"]) == ("2026-03-02T12:00:00Z", "2026-04-01T12:00:00Z")
    assert second.refresh_token[-43:] not in reply.body.decode()


def test_a_person_ends_another_session_of_theirs(client):
    """Not somebody else's, which is answered as one that does not exist."""
    ann, bob = client.person(), client.person("bob@example.com")
    here, lost, his = (client.signed_in(one).access_token for one in (ann, ann, bob))
    ids = {one["current"]: one["id"] for one in client.get(SESSIONS, token=here).json["sessions"]}
    assert client("DELETE", f"{SESSIONS}/{ids[False]}", token=his).status == 404
    assert client("DELETE", f"{SESSIONS}/{ids[False]}", token=here).status == 204
    assert client("DELETE", f"{SESSIONS}/{ids[False]}", token=here).status == 404
    assert client.get(SESSIONS, token=lost).status == 401
    assert [one["id"] for one in client.get(SESSIONS, token=here).json["sessions"]] == [ids[True]]


@pytest.mark.parametrize("method, path", [("GET", SESSIONS), ("POST", LOGOUT), ("DELETE", f"{SESSIONS}/x")])
def test_a_key_has_no_sessions(client, method, path):
    """Not even an administrator's."""
    assert client(method, path).status == 403
    assert client(method, path, token="").status == 401


def test_an_idempotency_key_gives_no_token_a_second_time(client):
    """What was answered to a refresh is kept nowhere."""
    held = client.signed_in()
    body = {"refresh_token": held.refresh_token}
    assert client.post(REFRESH, body, token="", idempotency_key="once").status == 200
    assert client.post(REFRESH, body, token="", idempotency_key="once").status == 401


def test_two_processes_know_the_same_sessions(client):
    """A sign-in at one of them opens the other."""
    held = client.signed_in()
    other = client.again(client.store)
    assert other.get(SESSIONS, token=held.access_token).status == 200
    renewed = other.post(REFRESH, {"refresh_token": held.refresh_token}, token="")
    assert client.get(SESSIONS, token=renewed.json["access_token"]).status == 200


def test_processes_with_keys_of_their_own_know_different_people(client):
    """A token of one store says nothing at another, whatever the ids are."""
    stranger = Client(Gate(client.store).store)
    assert stranger.get(SESSIONS, token=client.signed_in().access_token).status == 401
