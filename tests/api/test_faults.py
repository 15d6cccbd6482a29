"""What fails, on our side or in an event, is answered, says nothing of our insides, and is found in the log."""

from tests.api.client import V1, event, with_route
from tocsin.api import doorkeeper
from tocsin.domain.access import Scope
from tocsin.errors import StoreUnreachable

LIST = f"{V1}/incidents"


def test_our_own_fault_is_told_without_our_insides():
    """The log has them, with the id of the request."""

    def broken():
        """Break."""
        raise ZeroDivisionError("the secret of /home/ann/incidents.json")

    client = with_route(broken)
    reply = client.get("/extra", x_request_id="trace-1")
    assert (reply.status, reply.problem) == (500, "our-fault")
    assert b"ann" not in reply.body
    assert b"Zero" not in reply.body
    ((text, facts),) = client.log.of("ERROR")
    assert "the secret of" in text
    assert facts["request_id"] == "trace-1"
    assert "ZeroDivisionError" in "".join(facts["trace"])


def test_a_store_that_fails_is_told_without_its_name():
    """And that trying again helps."""

    def unreachable():
        """Fail."""
        raise StoreUnreachable("table tocsin-incidents in eu-central-1 does not answer")

    client = with_route(unreachable)
    reply = client.get("/extra")
    assert (reply.status, reply.problem, reply.headers["Retry-After"]) == (503, "store-unreachable", "2")
    assert b"tocsin-incidents" not in reply.body
    assert client.log.of("ERROR")


def test_an_event_that_is_none_ends_in_an_answer(client):
    """Even what no gateway sends."""
    broken = event("GET", LIST)
    broken["headers"] = None
    assert client.api(broken)["statusCode"] == 401


def test_a_store_that_fails_while_a_key_is_looked_up_is_no_refusal(client):
    """Who asked may have the right key: 503, so that it is tried again, and not 401."""

    def unreachable(*_):
        raise StoreUnreachable("table tocsin-incidents does not answer")

    client.store.record = unreachable
    reply = client.get(LIST)
    assert (reply.status, reply.problem) == (503, "store-unreachable")
    assert b"tocsin-incidents" not in reply.body
    assert client.log.of("ERROR")


def test_a_fault_before_any_route_is_answered_too(client):
    """The outermost frame owes everybody an answer."""

    def broken(*_):
        raise ZeroDivisionError

    client.store.record = broken
    assert (client.get(LIST).status, client.get(LIST).problem) == (500, "our-fault")


def test_keys_that_were_checked_are_forgotten_when_they_are_too_many(client, monkeypatch):
    """They are looked up again, and nobody is shut out."""
    monkeypatch.setattr(doorkeeper, "MOST_REMEMBERED", 2)
    tokens = [client.key(f"k{number}", Scope.INCIDENTS_READ) for number in range(4)]
    assert {client.get(LIST, token=token).status for token in tokens * 2} == {200}
