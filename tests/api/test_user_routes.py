"""People over the API: oneself, and for administrators everybody."""

import pytest

from tests.api.client import V1
from tocsin.domain.access import UserRole

USERS = f"{V1}/users"
ME = f"{USERS}/me"
ANA = {"email": "Ana@Example.com", "full_name": "Ana Ruiz"}
ONE = f"{USERS}/ana@example.com"


@pytest.fixture
def ana(client):
    return client.user("ana@example.com", full_name="Ana Ruiz")


def test_a_person_is_added(client):
    """As a viewer unless told otherwise; the answer says where, and how it is called."""
    made = client.post(USERS, ANA)
    assert made.status == 201
    user_id = made.json["id"]
    assert made.headers["Location"] == f"{USERS}/{user_id}"
    shown = client.get(made.headers["Location"])
    assert shown.headers["ETag"] == made.headers["ETag"]
    assert shown.json == made.json
    assert made.json == {
        "id": user_id,
        "email": "ana@example.com",
        "full_name": "Ana Ruiz",
        "role": "viewer",
        "active": True,
        "verified": True,
        "time_zone": "UTC",
        "created_at": "2026-03-02T12:00:00Z",
        "created_by": "key:tests",
        "teams": [],
    }


def test_a_person_is_added_once_however_often_it_is_asked_for(client):
    """Under one key; another request under that key is refused."""
    first = client.post(USERS, ANA, idempotency_key="k-1")
    again = client.post(USERS, ANA, idempotency_key="k-1")
    assert (again.status, again.body, again.headers["Idempotent-Replayed"]) == (201, first.body, "true")
    assert again.headers["Location"] == first.headers["Location"]
    other = client.post(USERS, ANA | {"email": "bob@example.com"}, idempotency_key="k-1")
    assert (other.status, other.problem) == (422, "key-reused")
    assert len(client.get(USERS).json["users"]) == 1


def test_the_same_request_at_the_same_moment_gets_the_answer_of_the_first(client):
    """Whichever process took that."""
    commit = client.store.commit
    answers = []

    def first_the_other(change):
        client.store.commit = commit
        answers.append(client.post(USERS, ANA, idempotency_key="k-1"))
        commit(change)

    client.store.commit = first_the_other
    late = client.post(USERS, ANA, idempotency_key="k-1")
    assert (late.status, late.body, late.headers["Idempotent-Replayed"]) == (201, answers[0].body, "true")


def test_an_address_that_is_taken_is_a_conflict(client, ana):
    """With or without a key for the request."""
    for more in ({}, {"idempotency_key": "k-1"}):
        refused = client.post(USERS, ANA, **more)
        assert (refused.status, refused.problem) == (409, "already-there")


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": "ana"},
        {"email": " "},
        {"email": None},
        {"full_name": ""},
        {"full_name": "\u200b"},
        {"role": "boss"},
        {"role": None},
        {"time_zone": "Mars/Olympus"},
        {"time_zone": "../etc/passwd"},
        {"password": "hunter2"},
        {"id": "1"},
        {"subject": "issuer|1"},
    ],
)
def test_what_cannot_be_a_person_is_refused(client, wrong):
    """A password is nothing that travels here."""
    refused = client.post(USERS, ANA | wrong)
    assert (refused.status, refused.problem) == (422, "invalid-input")
    assert "hunter2" not in str(refused.json)


def test_a_person_is_found_by_id_and_by_address(client, ana):
    """Percent-encoded too."""
    by_id, by_address = client.get(f"{USERS}/{ana.id}"), client.get(f"{USERS}/ANA%40example.com")
    assert by_id.json == by_address.json
    assert by_id.json["full_name"] == "Ana Ruiz"
    assert client.get(f"{USERS}/bob@example.com").problem == "not-found"


def test_people_are_listed_page_by_page(client):
    """With filters; a cursor leads on."""
    for number in range(5):
        client.user(f"user{number}@example.com", UserRole.RESPONDER if number % 2 else UserRole.VIEWER)
    client("DELETE", f"{USERS}/user0@example.com")
    first = client.get(USERS, query={"limit": 3}).json
    rest = client.get(USERS, query={"limit": 3, "cursor": first["cursor"]}).json
    emails = [one["email"] for one in [*first["users"], *rest["users"]]]
    assert sorted(emails) == [f"user{number}@example.com" for number in range(5)]
    assert rest["cursor"] == ""

    def listed(**query):
        return sorted(one["email"][4] for one in client.get(USERS, query=query).json["users"])

    assert listed(role="responder") == ["1", "3"]
    assert listed(active="false") == ["0"]
    assert listed(active="true", role="viewer") == ["2", "4"]
    assert listed(text="USER3") == ["3"]
    assert client.get(USERS, query={"cursor": "nonsense"}).problem == "invalid-input"


def test_an_administrator_changes_everything_about_a_person(client, ana):
    """What is not named stays."""
    edit = {"email": "ana.ruiz@example.com", "role": "admin", "time_zone": "Europe/Madrid"}
    done = client("PATCH", ONE, edit)
    assert done.status == 200
    assert edit.items() <= done.json.items()
    assert done.json["full_name"] == "Ana Ruiz"
    assert client.get(ONE).status == 404
    assert client("PATCH", f"{USERS}/{ana.id}", {"active": "no"}).problem == "invalid-input"


def test_who_is_deactivated_stays_listed_and_can_come_back(client, ana):
    """Twice is no error."""
    assert client("DELETE", ONE).status == 204
    assert client("DELETE", ONE).status == 204
    assert client.get(ONE).json["active"] is False
    assert client.users.get(ana.id).signed_out_at == client.now
    assert client("PATCH", ONE, {"active": True}).json["active"] is True


def test_the_last_administrator_cannot_be_lost(client):
    """Neither by a role nor by leaving; the answer says what to do."""
    client.user("boss@example.com", UserRole.ADMIN)
    for asked in (("DELETE", None), ("PATCH", {"role": "viewer"}), ("PATCH", {"active": False})):
        refused = client(asked[0], f"{USERS}/boss@example.com", asked[1])
        assert (refused.status, refused.problem) == (403, "not-allowed")
        assert refused.json["hint"] == "make somebody else one first"


def test_of_two_administrators_who_edit_a_person_the_second_looks_again(client, ana):
    """If-Match names what was seen."""
    seen = client.get(ONE).headers["ETag"]
    assert client("PATCH", ONE, {"full_name": "Ana"}, if_match=seen).status == 200
    for method, body in (("PATCH", {"time_zone": "Asia/Tokyo"}), ("DELETE", None)):
        refused = client(method, ONE, body, if_match=seen)
        assert (refused.status, refused.problem) == (412, "precondition-failed")
    assert client("PATCH", ONE, {"full_name": "B"}, if_match='"nonsense"').problem == "precondition-failed"
    assert client.get(ONE).json["time_zone"] == "UTC"
    assert client("PATCH", ONE, {"time_zone": "Asia/Tokyo"}).json["full_name"] == "Ana"
    several = f'"9-0", {client.get(ONE).headers["ETag"]}'
    assert client("PATCH", ONE, {"full_name": "C"}, if_match=several).status == 200


def test_what_is_there_already_is_not_sent_again(client, ana):
    """But who is in a team since is."""
    seen = client.get(ONE).headers["ETag"]
    assert client.get(ONE, if_none_match=seen).status == 304
    client.post(f"{V1}/teams", {"name": "Shop"})
    client("PUT", f"{V1}/teams/shop/members/{ana.id}")
    shown = client.get(ONE, if_none_match=seen)
    assert (shown.status, [one["name"] for one in shown.json["teams"]]) == (200, ["Shop"])
    assert client("PATCH", ONE, {"full_name": "Ana"}, if_match=seen).status == 200


def test_oneself_is_shown_and_changed(client, ana):
    """Name and time zone."""
    token = client.person(ana)
    shown = client.get(ME, token=token)
    assert (shown.json["email"], shown.json["role"]) == ("ana@example.com", "viewer")
    changed = client("PATCH", ME, {"full_name": "Ana R.", "time_zone": "Europe/Madrid"}, token=token)
    assert (changed.json["full_name"], changed.json["time_zone"]) == ("Ana R.", "Europe/Madrid")
    assert client("PATCH", ME, {"full_name": "x"}, token=token, if_match=shown.headers["ETag"]).status == 412


@pytest.mark.parametrize("wish", [{"role": "admin"}, {"email": "boss@example.com"}, {"active": False}, {"id": "1"}])
def test_nobody_changes_more_of_oneself(client, ana, wish):
    """Neither role nor address: an administrator does."""
    assert client("PATCH", ME, wish, token=client.person(ana)).problem == "invalid-input"
    assert client.users.get(ana.id) == ana


@pytest.mark.parametrize("role", [UserRole.VIEWER, UserRole.RESPONDER])
def test_others_are_for_administrators(client, ana, role):
    """Also whether they are there."""
    token = client.person(client.user("bob@example.com", role))
    for path in (ONE, f"{USERS}/nobody@example.com", USERS):
        refused = client.get(path, token=token)
        assert (refused.status, refused.problem) == (403, "forbidden")


def test_a_key_is_nobody(client):
    """It has no profile."""
    assert client.get(ME).status == 403


def test_the_audit_log_tells_who_did_it_and_from_where(client, ana):
    """And never what signs anybody in."""
    boss = client.person(client.user("boss@example.com", UserRole.ADMIN))
    client("PATCH", ONE, {"role": "responder"}, token=boss, address="192.0.2.7", x_request_id="r-7")
    *_, entry = client.audit.entries()
    assert (entry.actor, entry.address, entry.request_id) == ("boss@example.com", "192.0.2.7", "r-7")
    assert entry.details == {"role": {"from": "viewer", "to": "responder"}}
    client("PATCH", ONE, {"role": "viewer"}, x_tocsin_by="cleo")
    assert [one.actor for one in client.audit.entries()][-1] == "cleo (key:tests)"


def test_no_answer_has_what_signs_somebody_in(client):
    """Neither in a list nor alone."""
    user = client.user("eve@example.com", subject="https://issuer|secret-subject")
    client("DELETE", f"{USERS}/{user.id}")
    for path in (USERS, f"{USERS}/{user.id}"):
        text = client.get(path).body.decode()
        assert "secret-subject" not in text
        assert not {"subject", "signed_out_at", "password", "hash"} & set(text.replace('"', " ").split())
