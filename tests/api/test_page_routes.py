"""Pages over HTTP: by hand, once a key, and what became of them."""

from urllib.parse import quote

import pytest

from tests.api.client import V1, Client
from tests.fakes import MemoryStore
from tests.paging.town import Phones
from tocsin.domain.access import UserRole
from tocsin.domain.page import PAGE
from tocsin.services.paging.lookup import Lookup
from tocsin.services.paging.rounds import Pager


class Shop:
    """An API with a responder, an incident, and a pager."""

    def __init__(self):
        self.client = client = Client(MemoryStore())
        self.ann = client.user("ann@example.com", UserRole.RESPONDER)
        client.opened()
        parts, reach = client.parts, client.parts.reach()
        lookup = Lookup(
            client.store, parts.users, parts.teams, contacts=reach.contacts, rules=reach.rules, silences=parts.silences
        )
        self.phones = Phones()
        self.pager = Pager(
            client.store,
            lookup,
            {kind: lambda make=make: Door(make()) for kind, make in self.phones.channels().items()},
            clock=client.clock,
            new_id=client.new_id,
            timer=lambda: 0.0,
            jitter=lambda: 1.0,
            at_once=1,
        )

    def notify(self, *targets, **more):
        said = {"targets": targets or ["user:ann@example.com"]}
        headers = {name: more.pop(name) for name in ("token", "idempotency_key") if name in more}
        return self.client.post(f"{V1}/notify", said | more, **headers)

    def pages(self, **query):
        return self.client.get(f"{V1}/notifications", query=query).json["notifications"]


class Door:
    """A phone whose address is one of mail."""

    def __init__(self, phone):
        self.phone = phone

    def send(self, message, to):
        return self.phone.send(message, {"name": to["email"]})


@pytest.fixture
def shop():
    """Return an API with a responder, an incident, and a pager."""
    return Shop()


def test_a_page_by_hand_is_made_sent_and_looked_at(shop):
    """With its attempt, and what the provider called it."""
    reply = shop.notify(message="can you look?", incident_id="INC-1001")
    assert reply.status == 201
    (page,) = reply.json["notifications"]
    assert (page["user"], page["who"]) == (shop.ann.id, shop.ann.email)
    assert (page["status"], page["why"]) == ("pending", "its time has come")
    assert reply.json["missing"] == []
    shop.pager.round()
    path = f"{V1}/notifications/{quote(page['id'], safe='')}"
    seen = shop.client.get(path).json
    assert (seen["status"], seen["provider_id"], seen["tries"]) == ("sent", "p-1", 1)
    assert [(one["number"], one["sent"], one["why"]) for one in seen["attempts"]] == [(1, True, "")]
    (name, channel, message) = shop.phones.sent[0]
    assert (name, channel) == ("ann@example.com", "email")
    assert "can you look?" in message.text


def test_the_same_request_twice_pages_once(shop):
    """About an incident or not, and escalates once; the answer is the same."""
    for more in ({}, {"incident_id": "INC-1001"}):
        first, again = (shop.notify(idempotency_key=f"k{len(more)}", **more) for _ in range(2))
        assert (again.status, again.json, again.headers["Idempotent-Replayed"]) == (201, first.json, "true")
    assert len(shop.pages()) == 2
    body = {"incident_id": "INC-1001"}
    replies = [shop.client.post(f"{V1}/escalate", body, idempotency_key="e") for _ in range(2)]
    assert [one.json["cycles"] for one in replies] == [2, 2]
    token = shop.client.person(shop.ann)
    tests = [shop.client.post(f"{V1}/users/me/test-page", token=token, idempotency_key="t") for _ in range(2)]
    assert tests[0].json == tests[1].json
    assert len(shop.pages(user="ann@example.com")) == 3


def test_a_page_by_hand_names_who_asked_for_it(shop):
    """The person; or the key, and on whose behalf."""
    shop.notify(incident_id="INC-1001", token=shop.client.person(shop.ann))
    shop.notify(incident_id="INC-1001")
    texts = [one["text"] for one in shop.pages(incident="INC-1001")]
    assert texts == ["ann@example.com pages you", "key:tests pages you"]


@pytest.mark.parametrize(
    "body, status, problem",
    [
        ({"targets": []}, 422, "invalid-input"),
        ({"targets": ["ann@example.com"]}, 422, "invalid-input"),
        ({"targets": ["user:nobody"]}, 422, "invalid-input"),
        ({"targets": ["user:ann@example.com"], "incident_id": "INC-9"}, 404, "not-found"),
        ({"targets": ["user:ann@example.com"], "incident_id": "/"}, 404, "not-found"),
        ({"targets": ["on_call"]}, 422, "invalid-input"),
        ({"targets": ["user:ann@example.com"], "message": "x" * 401}, 422, "invalid-input"),
        ({"targets": ["user:ann@example.com"], "channels": ["pigeon"]}, 422, "invalid-input"),
        ({}, 422, "invalid-input"),
    ],
)
def test_what_pages_nobody_is_refused(shop, body, status, problem):
    """And nothing is written."""
    reply = shop.client.post(f"{V1}/notify", body)
    assert (reply.status, reply.problem) == (status, problem)
    assert list(shop.client.store.records(PAGE, limit=10)) == []


def test_an_escalation_is_of_what_was_seen(shop):
    """Where that is asked for; and refused where nobody would be paged."""
    body = {"incident_id": "INC-1001"}
    tag = shop.client.get(f"{V1}/incidents/INC-1001").headers["ETag"]
    assert shop.client.post(f"{V1}/incidents/INC-1001/notes", {"text": "x"}).status < 300
    assert shop.client.post(f"{V1}/escalate", body, if_match=tag).status == 412
    assert shop.client.post(f"{V1}/escalate", body).json["cycles"] == 2
    shop.client.post(f"{V1}/incidents/INC-1001/resolve")
    reply = shop.client.post(f"{V1}/escalate", body)
    assert (reply.status, reply.problem) == (409, "illegal-move")
    assert shop.client.post(f"{V1}/escalate", {"incident_id": "INC-9"}).status == 404


def test_lists_are_of_what_is_asked_for(shop):
    """A cursor goes on; what is not known is told."""
    for _ in range(3):
        shop.notify(incident_id="INC-1001")
    first = shop.client.get(f"{V1}/notifications", query={"limit": 2, "incident": "INC-1001"}).json
    rest = shop.client.get(f"{V1}/notifications", query={"limit": 2, "cursor": first["cursor"]}).json
    assert (len(first["notifications"]), len(rest["notifications"]), rest["cursor"]) == (2, 1, "")
    assert shop.pages(status="sent") == []
    assert shop.pages(incident="INC-1002") == []
    for query, status in (
        ({"user": "x"}, 404),
        ({"status": "x"}, 422),
        ({"cursor": "!"}, 422),
        ({"incident": "/"}, 404),
    ):
        assert shop.client.get(f"{V1}/notifications", query=query).status == status
    assert shop.client.get(f"{V1}/notifications/none").status == 404
