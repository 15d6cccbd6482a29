"""Who is let in, and what whoever is not learns: nothing."""

import base64
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from tests.api.client import V1, incident
from tocsin.domain.access import Scope
from tocsin.domain.audit import Actor

LIST = f"{V1}/incidents"


def basic(password, user="anybody"):
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


def test_a_bearer_token_opens(client):
    """The way of programs."""
    assert client.get(LIST).status == 200


def test_the_password_of_basic_authentication_opens(client):
    """For webhooks that can send nothing else; the user does not count."""
    assert client.get(LIST, authorization=basic(client.token)).status == 200
    assert client.get(LIST, authorization=basic(client.token, user="")).status == 200


def test_a_header_of_its_own_opens(client):
    """For webhooks that can send neither."""
    assert client.get(LIST, token="", x_tocsin_key=client.token).status == 200


@pytest.mark.parametrize(
    "shown",
    [
        {},
        {"authorization": "Bearer"},
        {"authorization": "Bearer nonsense"},
        {"authorization": "Basic %%%"},
        {"authorization": "Basic " + base64.b64encode(b"\xff\xfe:x").decode()},
        {"authorization": "Digest abc"},
        {"authorization": f"Bearer tocsin_{'0' * 12}_{'x' * 43}"},
        {"x_tocsin_key": f"tocsin_{'0' * 12}_{'x' * 43}"},
        {"x_tocsin_key": "tocsin_é"},
    ],
)
def test_no_key_and_a_wrong_one_get_the_same_answer(client, shown):
    """Word for word, but for the id of the request."""
    reply = client.get(LIST, token="", **shown)
    assert (reply.status, reply.problem) == (401, "unauthorized")
    assert reply.headers["WWW-Authenticate"] == 'Bearer realm="tocsin"'
    assert {**reply.json, "instance": ""} == {**client.get(LIST, token="").json, "instance": ""}


def test_a_wrong_secret_gets_the_same_answer_as_a_key_that_does_not_exist(client):
    """Whether an id exists is not to be found out."""
    wrong = client.token[:-1] + ("a" if client.token[-1] != "a" else "b")
    assert client.get(LIST, token=wrong).json == client.get(LIST, token=f"tocsin_{'0' * 12}_{'x' * 43}").json


def test_a_revoked_key_gets_the_same_answer_as_a_wrong_one(client):
    """And so does one that has expired."""
    revoked = client.key("revoked", Scope.INCIDENTS_READ)
    expiring = client.key("expiring", Scope.INCIDENTS_READ, expires_at=client.now.replace(hour=13))
    client.keys.revoke("revoked", actor=Actor("a test"))
    assert client.get(LIST, token=expiring).status == 200
    client.minutes(61)
    refused = client.get(LIST, token="")
    assert client.get(LIST, token=revoked).json == refused.json
    assert client.get(LIST, token=expiring).json == refused.json


def test_a_revoked_key_is_let_in_for_a_minute_at_most(client):
    """That is how long a process remembers what it checked."""
    token = client.key("reader", Scope.INCIDENTS_READ)
    assert client.get(LIST, token=token).status == 200
    client.keys.revoke("reader", actor=Actor("a test"))
    client.minutes(0.9)
    assert client.get(LIST, token=token).status == 200
    client.minutes(0.1)
    assert client.get(LIST, token=token).status == 401


def test_a_key_that_was_just_checked_reads_nothing(client):
    """So that a repeated alert costs no read."""
    client.get(LIST)
    client.store.record = None  # any read of a record would fail
    assert client.get(LIST).status == 200


@pytest.mark.parametrize(
    "scope, status",
    [
        (Scope.ALERTS_WRITE, (403, 403, 403)),
        (Scope.INCIDENTS_READ, (200, 403, 403)),
        (Scope.INCIDENTS_WRITE, (200, 201, 403)),
        (Scope.ADMIN, (200, 201, 204)),
    ],
)
def test_a_key_does_what_its_scope_says_and_nothing_else(client, scope, status):
    """Writing includes reading, and an administrator may do all."""
    incident_id = client.opened()
    token = client.key("scoped", scope)
    found = (
        client.get(LIST, token=token).status,
        client.post(LIST, {"title": "another"}, token=token).status,
        client("DELETE", incident(incident_id), token=token).status,
    )
    assert found == status


def test_a_refusal_for_want_of_a_scope_says_nothing_more(client):
    """Not even whether there is such an incident."""
    token = client.key("sender", Scope.ALERTS_WRITE)
    there = client.get(incident(client.opened()), token=token)
    nowhere = client.get(incident("INC-9999"), token=token)
    assert (there.status, there.problem) == (403, "forbidden")
    assert there.json == nowhere.json


def test_nothing_is_parsed_before_the_key_is_checked(client):
    """Whoever has none cannot find out what a route takes."""
    assert client.post(LIST, raw=b"{", token="").status == 401
    assert client.post(LIST, raw=b"x" * 1_000_000, token="").status == 401


def test_an_address_cannot_try_keys_for_ever(client):
    """Each try of an unknown key costs a read of the store."""
    tried = [client.get(LIST, token=f"tocsin_{number:012x}_{'x' * 43}", address="192.0.2.1") for number in range(25)]
    assert [one.status for one in tried] == [401] * 20 + [429] * 5
    assert int(tried[-1].headers["Retry-After"]) >= 1
    assert client.get(LIST, address="192.0.2.2").status == 200


def test_a_whole_network_is_one_address_that_tries_keys(client):
    """Who has one address of IPv6 has 2**64 of them."""
    wrong = [f"tocsin_{number:012x}_{'x' * 43}" for number in range(22)]
    tried = [client.get(LIST, token=one, address=f"2001:db8::{number:x}") for number, one in enumerate(wrong[:21])]
    assert [one.status for one in tried] == [401] * 20 + [429]
    assert client.get(LIST, token=wrong[21], address="2001:db8:0:1::1").status == 401


def test_a_key_that_opens_is_no_try(client):
    """However many senders are at one address, and however often what is remembered of their keys runs out."""
    tokens = [client.key(f"sender-{number}", Scope.ADMIN) for number in range(25)]
    for _ in range(3):
        client.minutes(1)
        assert {client.get(LIST, token=token, address="192.0.2.1").status for token in tokens} == {200}


def test_many_requests_at_once_may_show_a_key_that_was_forgotten(client):
    """A server that has just started, or a minute that is over, refuses none of those who come together."""
    arrived = Barrier(25, timeout=30)
    check = client.keys.check

    def check_together(token):
        arrived.wait()
        return check(token)

    client.keys.check = check_together
    with ThreadPoolExecutor(25) as pool:
        asked = [pool.submit(client.get, LIST, address="192.0.2.1") for _ in range(25)]
        assert {one.result().status for one in asked} == {200}


def test_every_change_records_which_key_did_it(client):
    """In the timeline, by name."""
    token = client.key("deploy-bot", Scope.INCIDENTS_WRITE)
    incident_id = client.opened()
    client.post(incident(incident_id, "acknowledge"), token=token)
    assert [event.by for event in client.store.timeline(incident_id)] == ["key:tests", "key:deploy-bot"]


def test_a_program_can_say_for_whom_it_acts(client):
    """The key is named all the same."""
    incident_id = client.opened()
    client.post(incident(incident_id, "acknowledge"), x_tocsin_by="Z%C3%B6e")
    assert client.store.timeline(incident_id)[-1].by == "Zöe (key:tests)"


def test_the_day_on_which_a_key_is_used_is_noted_once(client):
    """A write a day, not one a request."""
    client.get(LIST)
    first = client.store.record("apikey", client.token.split("_")[1])
    client.minutes(60)
    client.get(LIST)
    assert client.store.record("apikey", first.id) == first
    client.minutes(24 * 60)
    client.get(LIST)
    again = client.store.record("apikey", first.id)
    assert (first.body["last_used_on"], again.body["last_used_on"]) == ("2026-03-02", "2026-03-03")


def test_what_is_kept_of_a_key_does_not_open(client):
    """Only a digest of its secret is in the store."""
    kept = str([record.body for record in client.store.records("apikey", limit=10)])
    assert client.token not in kept
    assert client.token.split("_", 2)[2] not in kept


def test_no_key_reaches_the_log(client):
    """Neither one that opens nor one that does not."""
    client.get(LIST)
    client.get(LIST, token="", x_tocsin_key=client.token)
    client.get(LIST, authorization=basic(client.token))
    client.get(LIST, token=f"tocsin_{'0' * 12}_{'x' * 43}")
    client.post(LIST, raw=b"{")
    assert client.token.split("_", 2)[2] not in str(client.log.said)
    assert "x" * 43 not in str(client.log.said)
