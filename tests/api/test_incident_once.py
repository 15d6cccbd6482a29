"""A request with an idempotency key is done once, however often it comes."""

from tests.api.client import V1, Client, incident
from tocsin.domain.access import Scope
from tocsin.storage.json_store import JsonStore

LIST = f"{V1}/incidents"


def ids(reply):
    return [one["id"] for one in reply.json["incidents"]]


def test_a_request_that_comes_twice_is_done_once(client):
    """The second gets the first answer, word for word."""
    first = client.post(LIST, {"title": "Checkout is down"}, idempotency_key="deploy-42")
    client.post(incident("INC-1001", "acknowledge"))
    again = client.post(LIST, {"title": "Checkout is down"}, idempotency_key="deploy-42")
    assert (again.status, again.body, again.headers["Location"]) == (201, first.body, first.headers["Location"])
    assert again.headers["ETag"] == first.headers["ETag"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(ids(client.get(LIST))) == 1


def test_a_note_that_comes_twice_is_noted_once(client):
    """Which nothing but the key can tell from the same note written twice."""
    incident_id = client.opened()
    for _ in range(2):
        client.post(incident(incident_id, "notes"), {"text": "x"}, idempotency_key="n1")
    assert len(client.get(incident(incident_id, "notes")).json["notes"]) == 1


def test_a_key_of_another_request_is_refused(client):
    """It was meant for one request."""
    client.post(LIST, {"title": "one"}, idempotency_key="k")
    reply = client.post(LIST, {"title": "another"}, idempotency_key="k")
    assert (reply.status, reply.problem) == (422, "key-reused")
    assert client.post(LIST, {"title": "x"}, idempotency_key="\x00").status == 422
    assert client.post(LIST, {"title": "x"}, idempotency_key="").status == 422


def test_two_senders_may_use_the_same_key(client):
    """Each knows only its own."""
    other = client.key("other", Scope.INCIDENTS_WRITE)
    client.post(LIST, {"title": "one"}, idempotency_key="k")
    assert client.post(LIST, {"title": "one"}, idempotency_key="k", token=other).status == 201
    assert len(ids(client.get(LIST))) == 2


def test_what_failed_is_tried_again(client):
    """Only what was done is kept."""
    assert client.post(incident("INC-1001", "acknowledge"), idempotency_key="k").status == 404
    client.opened()
    assert client.post(incident("INC-1001", "acknowledge"), idempotency_key="k").status == 200


def test_a_key_is_remembered_for_a_day(client):
    """After that it is a new request."""
    client.post(LIST, {"title": "one"}, idempotency_key="k")
    client.minutes(24 * 60)
    client.post(LIST, {"title": "one"}, idempotency_key="k")
    assert len(ids(client.get(LIST))) == 2


def test_the_same_holds_in_a_file(tmp_path):
    """As in memory: answers are kept in the store."""
    client = Client(JsonStore(tmp_path / "incidents.json"))
    first = client.post(LIST, {"title": "one"}, idempotency_key="k")
    client = client.again(JsonStore(tmp_path / "incidents.json"))
    assert client.post(LIST, {"title": "one"}, idempotency_key="k").body == first.body
