"""What people do about their own access, over HTTP: signing in, passwords, recovery, signing up."""

from urllib.parse import urlencode

import pytest

from tests.api.client import V1, Client
from tests.people import ANOTHER, PASSWORD, Box, token_in
from tocsin.api.credentials import FORM
from tocsin.api.routes import ROUTES
from tocsin.domain.access import UserRole
from tocsin.domain.audit import Actor
from tocsin.services.courier import Post
from tocsin.services.due import LETTER
from tocsin.services.tick import tick
from tocsin.services.tickets import Tickets

pytestmark = pytest.mark.large  # moto takes its time: the other stand-in for DynamoDB tries them, in integration

AUTH = f"{V1}/auth"
ANN = "ann@example.com"
LOGINS = [f"{AUTH}/login", f"{AUTH}/login/access-token"]


@pytest.fixture
def client(any_store):
    client = Client(any_store)
    accounts = client.parts.accounts()
    accounts.users.add(
        ANN,
        "Ann",
        UserRole.RESPONDER,
        actor=Actor("a test"),
        also=lambda user: accounts.passwords.first(user, PASSWORD),
    )
    return client


def login(client, email=ANN, password=PASSWORD, **more):
    """Sign in, as JSON."""
    return client.post(f"{AUTH}/login", {"email": email, "password": password}, token="", **more)


def posted(client, path, fields, media=FORM):
    """Post a form; ``fields`` may be its text."""
    raw = fields if isinstance(fields, bytes) else urlencode(fields).encode()
    return client.post(path, raw=raw, token="", content_type=media)


def letters(client):
    """Have the tick send what is due; return it."""
    box = Box()
    signer = client.parts.accounts().first._tickets._signer
    tickets = Tickets(client.store, signer, clock=client.clock, new_id=client.new_id)
    post = Post(client.store, tickets, client.users, box, clock=client.clock, new_id=client.new_id)
    tick(client.store, client.parts.rules, clock=client.clock, new_id=client.new_id, others={LETTER: post})
    return box.letters


@pytest.mark.parametrize("path", LOGINS)
def test_a_sign_in_as_json_or_as_a_form_brings_tokens_that_open(client, path):
    """The form is that of OAuth2: grant_type may be there, and what else clients send is passed over."""
    form = {"username": ANN, "password": PASSWORD}
    replies = [
        client.post(path, {"email": ANN, "password": PASSWORD}, token=""),
        posted(client, path, form),
        posted(client, path, {"grant_type": "password", **form, "scope": "", "client_id": "x", "client_secret": ""}),
        posted(client, path, form, media=f"{FORM}; charset=UTF-8"),
    ]
    for reply in replies:
        assert reply.status == 200, reply.body
        assert set(reply.json) == {"access_token", "refresh_token", "token_type", "expires_in", "user_id"}
        assert reply.headers["Cache-Control"] == "no-store"
        assert client.get(f"{V1}/incidents", token=reply.json["access_token"]).status == 200


def test_what_curl_calls_a_form_is_json_all_the_same(client):
    """It says so unless it is told otherwise."""
    reply = posted(client, LOGINS[0], b' {"email": "ann@example.com", "password": "%s"}' % PASSWORD.encode())
    assert reply.status == 200


def test_a_form_is_taken_to_sign_in_and_for_nothing_else(client):
    """Every other route of those that describe themselves wants JSON; the others are for browsers and providers."""
    fields = {"email": ANN, "token": "x", "password": PASSWORD, "full_name": "x", "current": "x", "new": "x"}
    for one in (declared.endpoint for declared in ROUTES if declared.shown):
        if one.access.anybody and one.method == "POST" and one.path not in LOGINS:
            assert posted(client, one.path, fields).status in (400, 422), one.path


@pytest.mark.large
@pytest.mark.parametrize(
    "body, status",
    [
        (b"username=a&username=b&password=c", 422),
        (b"username=a", 422),
        (b"password=a", 422),
        (b"username=a&password=b&grant_type=client_credentials", 422),
        (b"username=%ff&password=b", 400),
        (b"username", 400),
        (b"\xff\xfe", 400),
        (b"&".join(b"a%d=1" % number for number in range(30)), 400),
        (b"username=a&password=" + b"x" * 1_001, 422),
    ],
)
def test_a_form_that_cannot_be_read_is_refused(client, body, status):
    """As a problem document, with nothing of what was in it."""
    reply = posted(client, LOGINS[0], body)
    assert reply.status == status
    assert reply.problem
    assert b"xxxxxxxxxx" not in reply.body


@pytest.mark.large
@pytest.mark.parametrize(
    "body, status",
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 422),
        (b"7", 422),
        (b'{"email": "a"}', 422),
        (b'{"email": "a", "password": "b", "more": 1}', 422),
        (b'{"email": "a", "password": 7}', 422),
    ],
)
def test_json_that_cannot_be_read_is_refused(client, body, status):
    """The field is named."""
    assert client.post(LOGINS[0], raw=body, token="", content_type="application/json").status == status


def test_whatever_is_wrong_is_answered_the_same(client):
    """Word for word, but for the id of the request."""
    wrong, nobody = login(client, password=ANOTHER), login(client, "nobody@example.com")
    assert (wrong.status, wrong.problem) == (401, "sign-in-refused")
    assert {**wrong.json, "instance": ""} == {**nobody.json, "instance": ""}
    assert wrong.headers.keys() == nobody.headers.keys()


@pytest.mark.large
def test_too_many_attempts_are_told_when_to_try_again(client):
    """The same for whom there is not."""
    for email in (ANN, "nobody@example.com"):
        replies = [login(client, email, ANOTHER) for _ in range(6)]
        assert [one.status for one in replies] == [401] * 5 + [429]
        assert replies[-1].problem == "too-many-attempts"
        assert replies[-1].headers["Retry-After"] == "30"


@pytest.mark.large
def test_the_first_administrator_is_made_and_signs_in(any_store):
    """With the token from the terminal; afterwards the route is worth nothing."""
    client = Client(any_store)
    body = {"token": client.parts.accounts().first.offer(), "email": ANN, "full_name": "Ann", "password": PASSWORD}
    assert client.post(f"{AUTH}/setup", {**body, "token": "tocsin_setup_x.x_x"}, token="").status == 401
    assert client.post(f"{AUTH}/setup", {**body, "password": "short"}, token="").status == 422
    assert client.post(f"{AUTH}/setup", body, token="").status == 204
    assert client.post(f"{AUTH}/setup", {**body, "email": "eve@example.com"}, token="").problem == "sign-in-refused"
    assert login(client).status == 200


@pytest.mark.large
def test_ones_own_password_is_changed(client):
    """By a person, not by a key."""
    first, second = login(client).json, login(client).json
    body = {"current": PASSWORD, "new": ANOTHER}
    assert client.post(f"{AUTH}/password", body).status == 403
    assert client.post(f"{AUTH}/password", body, token="").status == 401
    assert client.post(f"{AUTH}/password", {**body, "current": ANOTHER}, token=first["access_token"]).status == 403
    changed = client.post(f"{AUTH}/password", body, token=first["access_token"])
    assert changed.status == 200
    sessions = client.get(f"{AUTH}/sessions", token=changed.json["access_token"]).json["sessions"]
    assert [one["current"] for one in sessions] == [True]
    assert client.post(f"{AUTH}/refresh", {"refresh_token": second["refresh_token"]}, token="").status == 401
    assert login(client, password=ANOTHER).status == 200


@pytest.mark.large
def test_a_password_is_recovered(client):
    """The answer is one and empty, whether there is an account."""
    replies = [client.post(f"{AUTH}/recover", {"email": email}, token="") for email in (ANN, "nobody@example.com")]
    assert [(one.status, one.body) for one in replies] == [(202, b"")] * 2
    assert replies[0].headers.keys() == replies[1].headers.keys()
    (letter,) = letters(client)
    body = {"token": token_in(letter), "password": ANOTHER}
    client.minutes(1)
    assert client.post(f"{AUTH}/reset", body, token="").status == 204
    assert client.post(f"{AUTH}/reset", body, token="").problem == "sign-in-refused"
    assert login(client, password=ANOTHER).status == 200


@pytest.mark.large
def test_who_signs_up_is_a_viewer_once_they_showed_the_token(client):
    """The answer is one, whether the address is taken."""
    body = {"full_name": "Zoe", "password": ANOTHER}
    replies = [client.post(f"{AUTH}/signup", {**body, "email": one}, token="") for one in (ANN, "zoe@example.com")]
    assert [(one.status, one.body) for one in replies] == [(202, b"")] * 2
    assert client.post(f"{AUTH}/signup", {**body, "email": "eve@elsewhere.example"}, token="").status == 403
    (token,) = [token_in(one) for one in letters(client) if one.to == "zoe@example.com"]
    assert login(client, "zoe@example.com", ANOTHER).status == 401
    assert client.get(f"{AUTH}/verify", query={"token": token}, token="").status == 405
    assert client.post(f"{AUTH}/verify", {"token": token}, token="").status == 204
    access = login(client, "zoe@example.com", ANOTHER).json["access_token"]
    assert client.get(f"{V1}/incidents", token=access).status == 200
    assert client.post(f"{V1}/incidents", {"title": "x"}, token=access).status == 403


def test_nothing_of_this_is_done_by_looking(client):
    """A link in a mail that a scanner opens changes nothing."""
    for one in ROUTES:
        if one.endpoint.path.startswith(AUTH) and one.endpoint.method == "POST":
            assert client.get(one.endpoint.path, token="").status in (401, 405)


@pytest.mark.large
def test_no_password_hash_or_token_reaches_log_audit_or_answer(client):
    """Whatever is asked, right and wrong."""
    signed_in = login(client).json
    replies = [
        login(client, password="a wrong one entirely"),
        client.post(f"{AUTH}/password", {"current": PASSWORD, "new": "short"}, token=signed_in["access_token"]),
        client.post(f"{AUTH}/recover", {"email": ANN}, token=""),
    ]
    (letter,) = letters(client)
    token = token_in(letter)
    for body in (
        {"token": f"{token}x", "password": ANOTHER},
        {"token": token, "password": "password of a kind"},
        {"token": token, "password": ANOTHER, "more": token},
        {"token": token, "password": ANOTHER},
        {"token": token, "password": ANOTHER},
    ):
        client.minutes(1)
        replies.append(client.post(f"{AUTH}/reset", body, token=""))
    hashes = [str(one.body["hash"]).partition(":")[2] for one in client.store.records("password", limit=10)]
    secrets = [PASSWORD, ANOTHER, "a wrong one entirely", "password of a kind", token.rpartition(".")[2], *hashes]
    secrets += [signed_in["access_token"].rpartition(".")[2], signed_in["refresh_token"].rpartition(".")[2]]
    entries = list(client.audit.entries())
    said = str(client.log.said) + str(entries) + str([one.body for one in replies])
    assert [one for one in secrets if one in said] == []
    done = ["user_added", "signed_in", "sign_in_refused", "recovery_asked", "password_changed"]
    assert [one.action for one in entries if one.action != "key_made"] == done
    assert [one.status for one in replies] == [401, 422, 202, 401, 422, 422, 204, 401]
