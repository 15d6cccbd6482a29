"""Silences over the API: read by all, made by responders."""

from datetime import timedelta

import pytest

from tests.api.client import V1
from tocsin.domain.access import Scope, UserRole

SILENCES = f"{V1}/silences"


def ahead(client, minutes):
    return (client.now + timedelta(minutes=minutes)).isoformat()


def body(client, minutes=60, **more):
    return {"where": {"service": "checkout"}, "reason": "it moves", "ends_at": ahead(client, minutes)} | more


@pytest.fixture
def silence(client):
    client.opened(service="checkout")
    client.opened(service="search")
    return client.post(SILENCES, body(client))


def test_a_silence_is_made_once_and_says_what_it_hides(client, silence):
    """By its author, and the same by its place."""
    assert (silence.status, silence.json["hides"], silence.json["state"]) == (201, 1, "active")
    assert (silence.json["author"], silence.json["where"]["service"]) == ("key:tests", "checkout")
    assert client.get(silence.headers["Location"]).json == silence.json
    first = client.post(SILENCES, body(client), idempotency_key="k-1")
    again = client.post(SILENCES, body(client), idempotency_key="k-1")
    assert (first.status, again.status, again.body) == (201, 201, first.body)
    assert client.get(f"{SILENCES}/nobody").problem == "not-found"


def test_its_author_is_who_asked(client, silence):
    """A person, by whose id they are told of its end."""
    ana = client.user("ana@example.com", UserRole.RESPONDER)
    made = client.post(SILENCES, body(client), token=client.person(ana)).json
    assert made["author"] == "ana@example.com"
    assert client.parts.silences.named(made["id"]).author_id == ana.id


@pytest.mark.parametrize(
    "more",
    [
        {"where": {}},
        {"where": {"service": " "}},
        {"where": {"labels": ["x"]}},
        {"where": {"source": "nobody"}},
        {"where": {"severity": "low"}},
        {"reason": " "},
        {"ends_at": "2026-03-02T11:00:00Z"},
        {"ends_at": "2026-04-02T11:00:00Z"},
        {"ends_at": "soon"},
    ],
)
def test_what_is_no_silence_is_refused(client, more):
    """And nothing is made."""
    assert client.post(SILENCES, body(client, **more)).problem == "invalid-input"
    assert client.get(SILENCES).json["silences"] == []


def test_a_silence_is_changed(client, silence):
    """What is not named stays; what it hides is given whole."""
    place = silence.headers["Location"]
    where = {"labels": ["deploy:42"], "severity_at_most": "low", "source": "datadog"}
    edited = client("PATCH", place, {"where": where}).json
    assert (edited["where"]["service"], edited["where"]["labels"], edited["reason"]) == ("", ["deploy:42"], "it moves")
    assert edited["hides"] == 0
    edited = client("PATCH", place, {"reason": "it still moves", "ends_at": ahead(client, 90)}).json
    assert (edited["reason"], edited["where"]["severity_at_most"]) == ("it still moves", "low")
    assert client("PATCH", place, {"author": "me"}).problem == "invalid-input"


def test_a_silence_is_ended_and_what_it_held_is_paged(client, silence):
    """Twice is no error, and it is known for a while."""
    place = silence.headers["Location"]
    assert [client("DELETE", place).status for _ in range(2)] == [204, 204]
    assert (client.get(place).json["state"], client.get(place).json["ended_by"]) == ("over", "key:tests")
    assert client("PATCH", place, {"reason": "x"}).problem == "invalid-input"
    client.minutes(1)
    assert client.post(f"{V1}/tick").status == 200
    assert client.get(f"{V1}/incidents/INC-1001").json["cycles"] == 2
    assert client.get(f"{V1}/incidents/INC-1002").json["cycles"] == 1


def test_of_two_who_edit_a_silence_the_second_looks_again(client, silence):
    """Whatever they would do; a tick is nobody."""
    place = silence.headers["Location"]
    seen = client.get(place).headers["ETag"]
    client.minutes(1)
    client.post(f"{V1}/tick")
    assert client("PATCH", place, {"reason": "x"}, if_match=seen).status == 200
    for method, said in (("PATCH", {"reason": "y"}), ("DELETE", None)):
        assert client(method, place, said, if_match=seen).problem == "precondition-failed"


def test_silences_are_listed(client, silence):
    """Those that are active, or all others, or all; page by page."""
    client.post(SILENCES, body(client, starts_at=ahead(client, 30)))

    def listed(**query):
        return [one["state"] for one in client.get(SILENCES, query=query).json["silences"]]

    assert sorted(listed()) == ["active", "coming"]
    assert (listed(active="true"), listed(active="false")) == (["active"], ["coming"])
    client.minutes(70)
    client.post(f"{V1}/tick")
    assert (listed(), listed(active="true")) == (["over", "over"], [])
    first = client.get(SILENCES, query={"limit": 1}).json
    rest = client.get(SILENCES, query={"limit": 1, "cursor": first["cursor"]}).json
    assert first["silences"] != rest["silences"]
    assert client.get(SILENCES, query={"cursor": "nonsense!"}).problem == "invalid-input"


def test_responders_make_silences_and_everybody_sees_them(client, silence):
    """People by role, keys by scope."""
    shown = [client.person(client.user(f"{role}@example.com", role)) for role in UserRole]
    shown += [client.key(f"key-{number}", scope) for number, scope in enumerate(Scope)]
    assert [client.get(SILENCES, token=one).status for one in shown] == [200, 200, 200, 403, 200, 200, 200]
    made = [client.post(SILENCES, body(client), token=one).status for one in shown]
    assert made == [403, 201, 201, 403, 403, 201, 201]
