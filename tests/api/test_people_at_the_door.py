"""Who is let in by a token, as whom, for how long; and what whoever is not learns: nothing."""

import base64
from datetime import timedelta

import pytest

from tests.api.client import V1, Client, incident
from tests.desk import NOON
from tests.fakes import MemoryStore
from tests.signing import HERE, parts_of, token_of
from tocsin.api.options import Options
from tocsin.domain.access import Principal, UserRole
from tocsin.domain.audit import Actor

LIST = f"{V1}/incidents"
ROLES = {UserRole.VIEWER: (200, 403, 403), UserRole.RESPONDER: (200, 201, 403), UserRole.ADMIN: (200, 201, 204)}


def becomes(client, user, **change):
    """Change a person."""
    return client.users.change(user.id, lambda one: one.model_copy(update=change), actor=Actor("a test"))


@pytest.mark.parametrize("role", ROLES)
def test_a_person_does_what_their_role_says_and_nothing_else(client, role):
    """Each role more than the one before."""
    incident_id = client.opened()
    token = client.signed_in(client.person(role=role)).access_token
    found = (
        client.get(LIST, token=token).status,
        client.post(LIST, {"title": "another"}, token=token).status,
        client("DELETE", incident(incident_id), token=token).status,
    )
    assert found == ROLES[role]


def test_what_a_person_does_is_recorded_by_their_address(client):
    """And nobody can say that they act for another: that is for keys."""
    token = client.signed_in().access_token
    incident_id = client.opened()
    client.post(incident(incident_id, "acknowledge"), token=token, x_tocsin_by="bob")
    assert client.store.timeline(incident_id)[-1].by == "ann@example.com"


def test_a_token_opens_as_a_bearer_and_in_no_other_way(client):
    """The headers of keys are for keys."""
    token = client.signed_in().access_token
    assert client.get(LIST, token=token).status == 200
    basic = base64.b64encode(f"ann:{token}".encode()).decode()
    assert client.get(LIST, authorization=f"Basic {basic}").status == 401
    assert client.get(LIST, token="", x_tocsin_key=token).status == 401
    assert client.get(LIST, token=token, x_tocsin_key=client.token).status == 200


def test_whatever_is_wrong_with_a_token_gets_the_answer_of_a_wrong_key(client):
    """Word for word: expired, forged, unsigned, of another key, of a session that is over, of somebody who is out."""
    ann, bob, eve = (client.person(f"{name}@example.com") for name in ("ann", "bob", "eve"))
    good, signed_out, deactivated = (client.signed_in(one).access_token for one in (ann, bob, eve))
    client.post(f"{V1}/auth/logout", token=signed_out)
    becomes(client, eve, active=False)
    header, payload = parts_of(good)
    wrong = [
        signed_out,
        deactivated,
        token_of(header, payload, lambda _: b"x" * 32),
        token_of(header | {"alg": "none"}, payload, lambda _: b""),
        token_of(header | {"kid": "00000000"}, payload, lambda _: b"x" * 32),
        token_of(header, payload | {"iss": "https://issuer.example.com"}, lambda _: b"x" * 32),
        "a.b.c",
        "..",
        "a.b.",
    ]
    expected = client.get(LIST, token=f"tocsin_{'0' * 12}_{'x' * 43}")
    for token in wrong:
        for method in ("GET", "POST"):
            reply = client(method, LIST, None if method == "GET" else {"title": "x"}, token=token)
            assert (reply.status, reply.json) == (401, expected.json), token
            assert reply.headers == expected.headers
    client.minutes(15)
    assert client.get(LIST, token=good).json == expected.json


def test_a_token_that_was_just_checked_reads_nothing(client):
    """For a minute, as a key."""
    token = client.signed_in().access_token
    client.get(LIST, token=token)
    client.store.record = None  # any read of a record would fail
    assert client.get(LIST, token=token).status == 200
    assert client("HEAD", LIST, token=token).status == 200


def test_what_is_remembered_of_a_token_ends_with_it(client):
    """A minute is not added to its fifteen."""
    token = client.signed_in().access_token
    client.minutes(14.5)
    assert client.get(LIST, token=token).status == 200
    client.minutes(0.49)
    assert client.get(LIST, token=token).status == 200
    client.minutes(0.01)
    assert client.get(LIST, token=token).status == 401


def test_a_role_that_was_taken_counts_at_once_for_what_changes_something(client):
    """And within a minute for what only looks."""
    ann = client.person(role=UserRole.ADMIN)
    token = client.signed_in(ann).access_token
    client.get(LIST, token=token)
    becomes(client, ann, role=UserRole.VIEWER)
    assert client.post(LIST, {"title": "x"}, token=token).status == 403
    becomes(client, ann, role=UserRole.RESPONDER)
    assert client.post(LIST, {"title": "x"}, token=token).status == 201


@pytest.mark.parametrize("how", ["deactivated", "signed out of all", "this session ended"])
def test_whoever_is_out_changes_nothing_from_then_on(client, how):
    """And looks at nothing after a minute, in a process that had let them in before."""
    ann = client.person()
    token = client.signed_in(ann).access_token
    assert client.get(LIST, token=token).status == 200
    match how:
        case "deactivated":
            becomes(client, ann, active=False)
        case "signed out of all":
            becomes(client, ann, signed_out_at=client.now)
        case _:
            client.sessions.close(ann.id, client.sessions.every(ann.id)[0].id, actor=HERE)
    client.minutes(0.9)
    assert client.get(LIST, token=token).status == 200
    client.minutes(0.1)
    assert client.get(LIST, token=token).status == 401
    assert client.post(LIST, {"title": "x"}, token=token).status == 401


def test_a_change_that_is_refused_ends_what_was_remembered(client):
    """Who has just been seen to be out is not let look for the rest of the minute."""
    ann = client.person()
    token = client.signed_in(ann).access_token
    client.get(LIST, token=token)
    becomes(client, ann, active=False)
    assert client.post(LIST, {"title": "x"}, token=token).status == 401
    assert client.get(LIST, token=token).status == 401


def test_a_key_is_remembered_also_for_what_changes_something(client):
    """A repeated alert reads nothing."""
    alert = {"message": "x", "key": "x"}
    client.post(f"{V1}/alerts", alert)
    client.store.record = None  # any read of a record would fail
    assert client.post(f"{V1}/alerts", alert).status == 200


def test_a_token_of_a_session_that_is_over_cannot_be_tried_for_ever(client):
    """Each try costs reads; others at the same address are not held up by it."""
    ann = client.person()
    held = client.signed_in(ann)
    client.sessions.close(ann.id, client.sessions.every(ann.id)[0].id, actor=HERE)
    tried = [client.get(LIST, token=held.access_token).status for _ in range(25)]
    assert tried == [401] * 20 + [429] * 5
    assert client.get(LIST, token=client.signed_in(ann).access_token).status == 200
    assert client.get(LIST).status == 200


def test_a_person_has_a_rate_of_their_own(client):
    """Over all their tokens, and apart from others at the same address."""
    limited = Client(client.store, before=client, options=Options(requests_per_second=1))
    ann, bob = client.person(), client.person("bob@example.com")
    tokens = [client.signed_in(ann).access_token for _ in range(2)]
    statuses = [limited.get(LIST, token=tokens[number % 2]).status for number in range(7)]
    assert statuses == [200] * 5 + [429] * 2
    assert limited.get(LIST, token=client.signed_in(bob).access_token).status == 200


def test_a_look_for_a_key_makes_none(client):
    """Whoever sends garbage to a server that nobody ever signed in at leaves nothing behind."""
    assert client.get(LIST, token="a.b.c").status == 401
    assert client.place.ring is None


def test_no_token_reaches_the_log(client):
    """Neither one that opens nor one that does not."""
    held = client.signed_in()
    client.get(LIST, token=held.access_token)
    client.post(LIST, raw=b"{", token=held.access_token)
    client.post(f"{V1}/auth/refresh", {"refresh_token": held.refresh_token}, token="")
    client.post(f"{V1}/auth/refresh", {"refresh_token": held.refresh_token}, token="")
    client.post(f"{V1}/auth/refresh", {"refresh_token": held.refresh_token + "x" * 300}, token="")
    client.post(f"{V1}/auth/refresh", {"refresh_token": [held.refresh_token]}, token="")
    client.minutes(20)
    client.get(LIST, token=held.access_token)
    for token in (held.access_token, held.refresh_token):
        assert token[-43:] not in str(client.log.said)


# -- another issuer ---------------------------------------------------------------------------------------------------


class Issuer:
    """Knows one token. ``asked`` holds what it was asked about."""

    def __init__(self, ends):
        payload = {"iss": "https://issuer.example.com", "exp": ends}
        self.token = token_of({"alg": "RS256", "kid": "x"}, payload, lambda _: b"signature")
        self.asked = []
        self.known = Principal("user:u7", "zoe@example.com", role=UserRole.RESPONDER, source="people")

    def __call__(self, token):
        self.asked.append(token)
        return self.known if token == self.token else None


IN_AN_HOUR = NOON.timestamp() + 3_600


def outside(ends=IN_AN_HOUR):
    issuer = Issuer(ends)
    return issuer, Client(MemoryStore(), oidc=issuer)


def test_a_token_of_another_issuer_is_left_to_who_knows_that():
    """Remembered for a minute of looking, and asked about at each change."""
    issuer, client = outside()
    assert [client.get(LIST, token=issuer.token).status for _ in range(3)] == [200] * 3
    assert len(issuer.asked) == 1
    assert client.post(LIST, {"title": "x"}, token=issuer.token).status == 201
    assert len(issuer.asked) == 2
    issuer.known = None
    assert client.post(LIST, {"title": "x"}, token=issuer.token).status == 401
    assert client.get(LIST, token=issuer.token).status == 401


def test_a_token_of_ours_is_never_left_to_another():
    """Nor is a key. What names nobody is theirs to refuse."""
    issuer, client = outside()
    assert client.get(LIST, token=client.signed_in().access_token).status == 200
    assert client.get(LIST).status == 200
    assert issuer.asked == []
    for token in ("a.b.c", "a.W10.c", "a.e30.c"):
        assert client.get(LIST, token=token).status == 401
    assert len(issuer.asked) == 3


@pytest.mark.parametrize("ends", [NOON.timestamp() + 30, None, "soon", 1e300, float(NOON.timestamp()) - 5])
def test_what_is_remembered_of_another_issuers_token_ends_with_it(ends):
    """Where its end cannot be told nothing is remembered."""
    issuer, client = outside(ends)
    assert client.get(LIST, token=issuer.token).status == 200
    client.now = NOON + timedelta(seconds=30)
    assert client.get(LIST, token=issuer.token).status == 200
    assert len(issuer.asked) == 2
