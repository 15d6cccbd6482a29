"""What goes around every route: methods, sizes, limits, networks, CORS, headers, ids, the log."""

import json
import sys
import threading
from ipaddress import ip_network
from typing import Annotated

import pytest
from aws_lambda_powertools.event_handler.openapi.params import Query

from tests.api.client import V1, Client, event, incident
from tests.fakes import MemoryStore
from tocsin.api import doorkeeper
from tocsin.api.answers import written
from tocsin.api.endpoints import Answer, Endpoints
from tocsin.api.health import Alive
from tocsin.api.limits import MOST_BUCKETS, Buckets
from tocsin.api.options import MOST_BYTES, Options
from tocsin.api.routes import ROUTES
from tocsin.domain.access import ANYBODY, Scope
from tocsin.errors import StoreUnreachable

LIST = f"{V1}/incidents"


def with_options(**options):
    return Client(MemoryStore(), options=Options(**{"requests_per_second": 0, **options}))


def with_route(function, **how):
    extra = Endpoints("extra", {"GET /extra": ANYBODY})
    extra("GET", "/extra", answers={200: Answer(Alive)}, **how)(function)
    return Client(MemoryStore(), routes=(*ROUTES, *extra.declared))


# -- methods ----------------------------------------------------------------------------------------------------------


def test_a_wrong_method_is_told_the_right_ones(client):
    """In Allow, and in the body."""
    reply = client("DELETE", LIST)
    assert (reply.status, reply.problem) == (405, "wrong-method")
    assert reply.headers["Allow"] == "GET, HEAD, OPTIONS, POST"
    assert reply.json["allowed"] == ["GET", "HEAD", "OPTIONS", "POST"]


@pytest.mark.parametrize("one", ROUTES, ids=lambda one: f"{one.endpoint.method} {one.endpoint.path}")
def test_every_path_refuses_a_method_that_it_does_not_have(client, one):
    """TRACE is none of theirs."""
    path = one.endpoint.path.replace("{incident_id}", "INC-1").replace("{user}", "ann").replace("{alert_id}", "x")
    assert client("TRACE", path).status == 405


def test_head_is_answered_as_get_without_a_body(client):
    """With the same headers, the length of what GET would send among them."""
    got, head = client.get("/health"), client("HEAD", "/health")
    assert (head.status, head.body) == (200, b"")
    assert head.headers == got.headers | {"Content-Length": str(len(got.body))}


def test_options_names_the_methods_of_a_path(client):
    """Without a key: a browser asks before it sends one."""
    reply = client("OPTIONS", LIST, token="")
    assert (reply.status, reply.headers["Allow"]) == (204, "GET, HEAD, OPTIONS, POST")


@pytest.mark.parametrize("path", ["/", "/api/v1", "/api/v1/incidents/", "/api/v1/incidents/INC-1/nothing", "/../x"])
def test_a_path_with_nothing_at_it_is_no_such_path(client, path):
    """With a hint where to look."""
    reply = client.get(path)
    assert (reply.status, reply.problem) == (404, "no-such-path")
    assert "/docs" in reply.json["hint"]


# -- bodies -----------------------------------------------------------------------------------------------------------


def test_a_body_over_the_limit_is_too_large(client):
    """And one of just the limit is not."""
    over = client.post(LIST, raw=b" " * (MOST_BYTES + 1))
    assert (over.status, over.problem) == (413, "too-large")
    body = json.dumps({"title": "x"}).encode()
    assert client.post(LIST, raw=body + b" " * (MOST_BYTES - len(body))).status == 201


@pytest.mark.parametrize("kind", ["application/xml", "multipart/form-data; boundary=x", "image/png", "text/html"])
def test_a_body_of_another_kind_is_refused(client, kind):
    """It says which one is taken."""
    reply = client.post(LIST, {"title": "x"}, content_type=kind)
    assert (reply.status, reply.problem) == (415, "wrong-media-type")
    assert "application/json" in reply.json["detail"]


@pytest.mark.parametrize(
    "kind",
    [
        "",
        "application/json",
        "application/json; charset=utf-8",
        "application/merge-patch+json",
        "text/plain",
        "application/x-www-form-urlencoded",
    ],
)
def test_json_is_read_under_the_names_that_senders_give_it(client, kind):
    """What curl says unless it is told otherwise among them."""
    assert client.post(LIST, {"title": "x"}, **({"content_type": kind} if kind else {})).status == 201


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"title": "\xc3\x28"}',
        b'{"title": NaN}',
        b"[" * 100_000,
        b'{"title": "\\ud800"}',
        b'{"title": ' + b"9" * 5_000 + b"}",
    ],
    ids=["empty", "broken", "no UTF-8", "half UTF-8", "NaN", "deep", "half a pair", "huge number"],
)
def test_what_is_no_json_is_a_clear_refusal(client, raw):
    """400, or 422 where it could be read."""
    reply = client.post(LIST, raw=raw)
    assert reply.status in (400, 422)
    assert reply.problem in ("malformed-body", "invalid-input")


@pytest.mark.parametrize("raw", [b"[]", b"[null]", b"[{}]", b'[{"root_cause": "x"}, {"root_cause": "y"}]'])
def test_a_list_is_never_taken_for_its_first_item(client, raw):
    """Also where the body may be left out."""
    incident_id = client.opened()
    assert client.post(incident(incident_id, "resolve"), raw=raw).status == 422
    assert client.get(incident(incident_id)).json["status"] == "detected"


def test_every_field_that_cannot_be_used_is_named(client):
    """At once, with what is wrong with each, and a misspelt one too."""
    reply = client.post(LIST, {"titel": "x", "severity": "awful", "logs": [1], "service": None})
    assert (reply.status, reply.problem) == (422, "invalid-input")
    named = {(one["in"], one["field"]) for one in reply.json["errors"]}
    assert named == {
        ("body", "title"),
        ("body", "titel"),
        ("body", "severity"),
        ("body", "logs[0]"),
        ("body", "service"),
    }
    assert "'critical'" in next(one["detail"] for one in reply.json["errors"] if one["field"] == "severity")


def test_a_parameter_that_cannot_be_used_is_named(client):
    """Of the query."""
    reply = client.get(LIST, query={"status": "ajar", "limit": "0", "since": "yesterday"})
    assert {(one["in"], one["field"]) for one in reply.json["errors"]} == {
        ("query", "status[0]"),
        ("query", "limit"),
        ("query", "since"),
    }


def test_a_moment_without_offset_is_refused(client):
    """Nobody can know what it means."""
    reply = client.get(LIST, query={"since": "2026-03-02T12:00:00"})
    assert (reply.status, reply.json["errors"][0]["field"]) == (422, "since")


# -- limits -----------------------------------------------------------------------------------------------------------


def test_a_key_that_asks_too_often_is_told_when_to_come_back():
    """And is let in again then; another key is not held up by it."""
    client = with_options(requests_per_second=2)
    other = client.key("other", Scope.INCIDENTS_READ)
    replies = [client.get(LIST) for _ in range(11)]
    assert [one.status for one in replies] == [200] * 10 + [429]
    assert (replies[-1].problem, replies[-1].headers["Retry-After"]) == ("too-many-requests", "1")
    assert client.get(LIST, token=other).status == 200
    client.minutes(1 / 60)
    assert [client.get(LIST).status for _ in range(3)] == [200, 200, 429]


def test_a_limit_of_zero_is_none():
    """For whoever has one in front."""
    client = with_options(requests_per_second=0)
    assert {client.get(LIST).status for _ in range(500)} == {200}


def test_what_needs_no_key_is_counted_by_address():
    """So that nobody can make the store be read for ever."""
    client = with_options(requests_per_second=1)
    statuses = [client.get("/ready", token="", address="192.0.2.1").status for _ in range(6)]
    assert statuses == [200] * 5 + [429]
    assert client.get("/ready", token="", address="192.0.2.2").status == 200


# -- networks ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address, allowed",
    [
        ("10.1.2.3", True),
        ("::ffff:10.1.2.3", True),
        ("2001:db8::1", True),
        ("192.0.2.1", False),
        ("2001:db9::1", False),
        ("", False),
        ("nonsense", False),
    ],
)
def test_a_source_is_let_in_from_its_own_networks_only(address, allowed):
    """Also where a socket for both shows an IPv4 peer as an IPv6 address."""
    networks = {"generic": (ip_network("10.0.0.0/8"), ip_network("2001:db8::/32"))}
    options = Options(networks=networks)
    assert options.lets_in("generic", address) is allowed
    assert options.lets_in("alertmanager", address) is True


# -- CORS -------------------------------------------------------------------------------------------------------------


def test_a_page_of_a_listed_origin_may_read_answers():
    """Errors too, or a page could not tell what went wrong."""
    client = with_options(origins=("https://ops.example.com",))
    for path in ("/health", "/nothing"):
        headers = client.get(path, origin="https://ops.example.com").headers
        assert headers["Access-Control-Allow-Origin"] == "https://ops.example.com"
        assert "ETag" in headers["Access-Control-Expose-Headers"]
        assert headers["Vary"] == "Origin"


def test_a_page_of_another_origin_may_not():
    """The answer says nothing of origins; caches are told that it depends on it."""
    client = with_options(origins=("https://ops.example.com",))
    for asking in ({"origin": "https://evil.example.com"}, {}):
        headers = client.get("/health", **asking).headers
        assert "Access-Control-Allow-Origin" not in headers
        assert headers["Vary"] == "Origin"
    assert client.get("/docs").headers["Vary"] == "Accept-Encoding, Origin"


def test_nobody_may_unless_somebody_is_listed(client):
    """That is the default."""
    headers = client("OPTIONS", LIST, origin="https://ops.example.com").headers
    assert not [name for name in headers if name.startswith("Access-Control")]


def test_any_page_may_where_the_star_is_set():
    """Without credentials: a key is sent by the page itself."""
    headers = with_options(origins=("*",)).get("/health", origin="https://a.example.com").headers
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in headers


def test_a_browser_is_told_beforehand_what_it_may_send():
    """The preflight names methods and headers, and needs no key."""
    client = with_options(origins=("https://ops.example.com",))
    reply = client("OPTIONS", incident("INC-1"), token="", origin="https://ops.example.com")
    assert reply.status == 204
    assert set(reply.headers["Access-Control-Allow-Methods"].split(", ")) >= {"PATCH", "DELETE"}
    assert {"Authorization", "If-Match", "Idempotency-Key"} <= set(
        reply.headers["Access-Control-Allow-Headers"].split(", ")
    )


# -- headers, ids, the log --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/health", "/nothing", LIST, "/docs"])
def test_every_answer_has_the_headers_of_safety(client, path):
    """Errors too."""
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["Strict-Transport-Security"].startswith("max-age=")


def test_the_id_of_a_request_goes_in_and_comes_out(client):
    """Into the log as well."""
    assert client.get("/health", x_request_id="trace-7:1").headers["X-Request-Id"] == "trace-7:1"
    assert client.log.said[-1][2]["request_id"] == "trace-7:1"


@pytest.mark.parametrize("given", ["", "two words", "x" * 129, "a\nb", "é", "<script>"])
def test_an_id_that_is_not_sane_is_replaced(client, given):
    """It would reach the log."""
    assert client.get("/health", x_request_id=given).headers["X-Request-Id"] == "request-of-the-gateway"


def test_each_request_is_one_line_of_the_log(client):
    """Who, what, how it ended, how long it took and how much it was."""
    client.log.said.clear()
    reply = client.post(LIST, {"title": "Checkout is down"})
    ((text, facts),) = client.log.of("INFO")
    assert text == f"POST {LIST} 201"
    assert facts == {
        "request_id": "request-of-the-gateway",
        "method": "POST",
        "route": LIST,
        "status": 201,
        "milliseconds": 0.0,
        "key": "tests",
        "address": "127.0.0.1",
        "bytes_in": 29,
        "bytes_out": len(reply.body),
    }


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


@pytest.fixture
def restless():
    """Let threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_threads_answer_each_their_own_request(restless):
    """Powertools keeps the event at hand on a class that all resolvers share; ours do not."""

    def echo(who: Annotated[str, Query()]):
        """Say who asked."""
        return written(Alive(version=who))

    client = with_route(echo)
    wrong = []

    def ask(who):
        for _ in range(100):
            reply = client.get("/extra", query={"who": who})
            if reply.status != 200 or reply.json["version"] != who:
                wrong.append((who, reply.body))

    threads = [threading.Thread(target=ask, args=(f"{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


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


def test_a_body_that_says_base64_and_is_none_is_no_json(client):
    """Nothing breaks on what no gateway sends."""
    sent = event("POST", LIST, b"x", {"authorization": f"Bearer {client.token}"})
    answered = client.api({**sent, "body": "%%%", "isBase64Encoded": True})
    assert answered["statusCode"] == 422


def test_a_limit_remembers_as_many_names_as_fit(client):
    """Addresses are made up easily; the one that asked longest ago is forgotten first."""
    buckets = Buckets(1, burst=1, clock=client.clock)
    assert buckets.take("first") == 0
    for number in range(MOST_BUCKETS - 1):
        buckets.take(f"{number}")
    assert buckets.take("first") == 1.0
    buckets.take("one more")
    assert buckets.take("1") == 1.0
    assert buckets.take("0") == 0


def test_a_clock_that_is_set_back_fills_no_bucket(client):
    """Nor does it empty one."""
    buckets = Buckets(1, burst=2, clock=client.clock)
    buckets.take("x")
    client.minutes(-60)
    assert buckets.take("x") == 0
    assert buckets.take("x") == 1.0


def test_keys_that_were_checked_are_forgotten_when_they_are_too_many(client, monkeypatch):
    """They are looked up again, and nobody is shut out."""
    monkeypatch.setattr(doorkeeper, "MOST_REMEMBERED", 2)
    tokens = [client.key(f"k{number}", Scope.INCIDENTS_READ) for number in range(4)]
    assert {client.get(LIST, token=token).status for token in tokens * 2} == {200}
