"""Bad input over real HTTP: each ends in a clear refusal, or is handled, and the server goes on as if nothing had been."""

import contextlib
import gzip
import json
import zlib

import pytest

from tests.entrypoints.serving import Serving, ask
from tests.entrypoints.wire import CHUNKED, JSON, answer, chunked, connected, refused, request, sent
from tocsin.api.options import MOST_BYTES

V1 = "/api/v1"
SENT = [f"{V1}/alerts", *(f"{V1}/webhooks/{sender}" for sender in ("alertmanager", "datadog", "elastic"))]
EDITED = f"{V1}/incidents/INC-1"
TAKING = [*SENT, f"{V1}/incidents", EDITED]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Return a server that all of these tests share: whatever one did to it must not harm the next."""
    with Serving(tmp_path_factory.mktemp("served"), REQUESTS_PER_SECOND="0") as serving:
        yield serving
        assert ask(serving.url, "GET", "/health/ready").status == 200
        assert '"level":"ERROR"' not in serving.err


def by(server):
    return f"Authorization: Bearer {server.key}"


def method(path):
    return "PATCH" if path == EDITED else "POST"


def post(server, path, body, *lines):
    return sent(server.url, request(method(path), path, by(server), JSON, *lines, body=body))


def told(server, path, body):
    """Return the problem that a body is refused with."""
    return refused(post(server, path, body if isinstance(body, bytes) else json.dumps(body).encode()))


def knows(server, key):
    """Say whether an alert with this key arrived."""
    found = server.ask("GET", f"{V1}/alerts?limit=200").json["alerts"]
    return any(one["key"].endswith(f":{key}") for one in found)


# -- too much ---------------------------------------------------------------------------------------------------------

TOO_LARGE = b'{"message": "' + b"x" * (MOST_BYTES + 1_024) + b'", "key": "large"}'


@pytest.mark.parametrize("path", TAKING)
def test_a_body_of_513_kilobytes_is_too_large(server, path):
    """Whoever it is for."""
    problem = told(server, path, TOO_LARGE)
    assert (problem["status"], problem["type"]) == (413, "urn:tocsin:problem:too-large")


@pytest.mark.parametrize("path", TAKING)
def test_a_body_that_does_not_say_how_long_it_is_may_be_too_large(server, path):
    """In chunks, as in one piece."""
    reply = sent(server.url, request(method(path), path, by(server), JSON, CHUNKED, length=False) + chunked(TOO_LARGE))
    assert refused(reply)["status"] == 413


def test_a_body_that_nobody_would_read_is_refused_before_it_is_sent(server):
    """One that says it will be of eleven megabytes, or more than fits into a number."""
    for length in ("11000000", "1" + "0" * 30):
        reply = sent(server.url, request("POST", V1, by(server), JSON, f"Content-Length: {length}", length=False))
        assert refused(reply)["status"] == 413


def test_a_head_without_end_is_refused(server):
    """It says which part is too large."""
    reply = sent(server.url, request("GET", "/health", f"X-Much: {'x' * 300_000}"))
    assert refused(reply)["status"] == 431


@pytest.mark.parametrize(
    "path", [f"{V1}/incidents/{'x' * 50_000}", f"{V1}/alerts/{'x' * 50_000}", f"{V1}/incidents?text={'x' * 50_000}"]
)
def test_an_address_without_end_is_refused(server, path):
    """As what it is: nothing is there, or it cannot be looked for."""
    assert refused(sent(server.url, request("GET", path, by(server))))["status"] in (404, 422)


def test_501_alerts_in_one_post_are_refused_and_none_of_them_is_applied(server):
    """500 are the most; it says so."""
    alerts = [{"message": "x", "service": "flood", "key": f"flood-{number}"} for number in range(501)]
    problem = told(server, SENT[0], alerts)
    assert problem["status"] == 422
    assert "500" in problem["detail"]
    assert not knows(server, "flood-0")


# -- no request -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        b"GARBAGE\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"post /api/v1/alerts HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: x\r\nX-A: a\x00b\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: x\r\nX A: b\r\n\r\n",
        request("POST", SENT[0], "Content-Length: -5", length=False),
        request("POST", SENT[0], "Content-Length: many", length=False),
        request("POST", SENT[0], "Content-Length: 2", "Content-Length: 3", length=False) + b"{}",
        request("POST", SENT[0], CHUNKED, length=False) + b"zz\r\nab\r\n0\r\n\r\n",
    ],
    ids=["words", "TLS", "small", "path", "NUL", "name", "negative", "no number", "two lengths", "chunk"],
)
def test_what_is_no_request_is_told_in_the_same_form(server, data):
    """By the server itself, since no route is reached."""
    problem = refused(sent(server.url, data))
    assert (problem["status"], problem["type"]) == (400, "urn:tocsin:problem:bad-request")


@pytest.mark.parametrize("path", ["/%00", "/%ff%fe", f"{V1}/incidents/%zz", f"{V1}/alerts/%00", "*", "//", "/../../x"])
def test_an_odd_address_has_nothing_at_it(server, path):
    """Whatever stands in it."""
    assert refused(sent(server.url, request("GET", path, by(server))))["status"] == 404


@pytest.mark.parametrize(
    "key", ["", "\xff", "Bearer", "Bearer \xe9", "Basic %%%", "Basic /w==", f"Bearer {'x' * 9_999}"]
)
def test_an_odd_key_is_no_key(server, key):
    """And learns nothing."""
    assert refused(sent(server.url, request("GET", f"{V1}/alerts", f"Authorization: {key}")))["status"] == 401


# -- no JSON ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", TAKING)
@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"   ",
        b"{",
        b"{'message': 'x'}",
        b'{"message": "x"} // and more',
        b'{"message": NaN}',
        b'{"message": "\xc3\x28"}',
        b"\xff\xfe{\x00}\x00",
        b"[" * 100_000,
        b'{"labels":' * 20_000,
        b"[" * 9_000 + b"]" * 9_000,
        b"9" * 5_000,
        gzip.compress(b'{"message": "x"}'),
    ],
    ids=range(13),
)
def test_what_is_no_json_is_refused_with_what_is_wrong(server, path, raw):
    """Empty, broken, no UTF-8, nested deeply, a number without end, compressed."""
    problem = told(server, path, raw)
    assert problem["status"] in (400, 422)
    assert problem["type"] in ("urn:tocsin:problem:malformed-body", "urn:tocsin:problem:invalid-input")


@pytest.mark.parametrize("kind", ["application/xml", "multipart/form-data; boundary=x", "image/png", "\xff\xff"])
def test_another_kind_of_content_is_refused(server, kind):
    """It says which one is taken."""
    reply = sent(server.url, request("POST", SENT[0], by(server), f"Content-Type: {kind}", body=b"{}"))
    problem = refused(reply)
    assert problem["status"] == 415
    assert "application/json" in problem["detail"]


# -- no alert ---------------------------------------------------------------------------------------------------------

FIRING = {"status": "firing", "labels": {"alertname": "A"}}


@pytest.mark.parametrize(
    "path, body, field",
    [
        (SENT[0], {}, "message"),
        (SENT[0], 7, ""),
        (SENT[0], {"message": 7}, "message"),
        (SENT[0], {"message": "x", "state": "on fire"}, "state"),
        (SENT[0], {"message": "x", "severity": ["high"]}, "severity"),
        (SENT[0], {"message": "x", "service": {}}, "service"),
        (SENT[0], {"message": "x", "labels": ["a"]}, "labels"),
        (SENT[0], {"message": "x", "labels": {"a": {"b": "c"}}}, "labels.a"),
        (SENT[0], {"message": "x", "timestamp": "yesterday"}, "timestamp"),
        (SENT[0], {"message": "x", "timestamp": "10000-01-01T00:00:00Z"}, "timestamp"),
        (SENT[0], {"message": "x", "timestamp": 1e300}, "timestamp"),
        (SENT[0], {"message": "x", "timestamp": True}, "timestamp"),
        (SENT[0], {"message": "x", "expires_in": "soon"}, "expires_in"),
        (SENT[0], {"message": "x", "expires_in": -1}, "expires_in"),
        (SENT[0], {"message": "x", "expires_in": 10**40}, "expires_in"),
        (SENT[0], [{"message": 7}], "[0].message"),
        (SENT[0], [{}, {"message": "x", "key": []}], "[0].message"),
        (SENT[1], {}, "alerts"),
        (SENT[1], {"alerts": {"status": "firing"}}, "alerts"),
        (SENT[1], {"alerts": [{**FIRING, "status": "burning"}]}, "alerts[0].status"),
        (SENT[1], {"alerts": [{**FIRING, "labels": ["a"]}]}, "alerts[0].labels"),
        (SENT[1], {"alerts": [{**FIRING, "startsAt": "soon"}]}, "alerts[0].startsAt"),
        (SENT[1], {"alerts": [{**FIRING, "fingerprint": 7}]}, "alerts[0].fingerprint"),
        (SENT[2], {}, "alert_id"),
        (SENT[2], {"alert_id": "abc", "alert_transition": "Triggered"}, "alert_id"),
        (SENT[2], {"alert_id": "1"}, "alert_transition"),
        (SENT[2], {"alert_id": "1", "alert_transition": "Triggered", "date": "9" * 30}, "date"),
        (SENT[3], {}, "rule.id"),
        (SENT[3], {"rule": {"id": "r"}, "alert": {"id": "a"}}, "alert.actionGroup"),
        (f"{V1}/incidents", {"title": 7}, "title"),
        (f"{V1}/incidents", {"title": "x", "severity": "awful"}, "severity"),
        (f"{V1}/incidents", {"title": "x", "logs": [1]}, "logs[0]"),
        (EDITED, 7, ""),
        (EDITED, {"status": "ajar"}, "status"),
        (EDITED, {"status": 10**40}, "status"),
        (EDITED, {"title": "   "}, "title"),
        (EDITED, {"titel": "x"}, "titel"),
        (EDITED, {"assignees": [7]}, "assignees[0]"),
        (EDITED, {"resolution_steps": {"first": "x"}}, "resolution_steps"),
        (EDITED, {"snoozed_until": 1e300}, "snoozed_until"),
        (EDITED, {"snoozed_until": "9999-12-31T23:59:59-14:00"}, "snoozed_until"),
        (EDITED, {"severity": "high", "notes": None}, "notes"),
        (EDITED, {"title": "x" * 9, "description": [[[]]]}, "description"),
        (f"{V1}/incidents/INC-1/snooze", {"until": 10**30}, "until"),
        (f"{V1}/incidents/INC-1/notes", {"text": ""}, "text"),
    ],
)
def test_what_has_a_field_that_cannot_be_used_is_refused_with_its_name(server, path, body, field):
    """Wrong types, wrong words, numbers and moments beyond all measure."""
    problem = told(server, path, body)
    assert problem["status"] == 422
    assert problem["errors"][0]["field"] == field
    assert problem["errors"][0]["in"] == "body"


@pytest.mark.parametrize(
    "given",
    [
        {"message": "NUL \x00, escape \x1b[31m, bell \x07", "service": "a\x00b"},
        {"message": "\ud800 is half of a pair"},
        {"message": "year 1", "timestamp": "0001-01-01T00:00:00Z"},
        {"message": "year 1, before it began", "timestamp": "0001-01-01T00:00:00+14:00"},
        {"message": "year 9999", "timestamp": "9999-12-31T23:59:59Z"},
        {"message": "year 9999, after its end", "timestamp": "9999-12-31T23:59:59-14:00"},
        {"message": "x" * 500_000},
        {"message": "x", "labels": {f"label-{number}": "v" * 50 for number in range(5_000)}},
        {"message": "x", "key": "k" * 100_000},
        {"message": "x", "url": "javascript:alert(1)", "runbook": "file:///etc/passwd"},
        {"message": "<script>alert(1)</script>", "service": "'; DROP TABLE incidents; --", "unknown": [[[[]]]]},
    ],
    ids=range(11),
)
def test_what_is_odd_is_taken_as_it_can_be_meant(server, given):
    """And can be looked at, with its incident, in the list and alone."""
    body = json.dumps({"key": f"odd-{zlib.crc32(repr(given).encode())}"} | given).encode()
    reply = post(server, SENT[0], body)
    assert reply.status == 200, reply.body
    (taken,) = reply.json["taken"]
    alert = server.ask("GET", f"{V1}/alerts/{taken['alert']}").json
    assert alert["incident_id"] == taken["incident"]
    assert "\x00" not in alert["title"]
    incident = server.ask("GET", f"{V1}/incidents/{taken['incident']}").json
    assert not {"javascript", "file"} & {str(link).partition(":")[0] for link in incident["links"].values()}
    assert incident["opened_at"].startswith("20")
    assert taken["incident"] in {one["id"] for one in server.ask("GET", f"{V1}/incidents?limit=200").json["incidents"]}


def test_what_is_good_in_a_delivery_is_not_held_up_by_what_is_bad(server):
    """Item by item, each with its place."""
    sent_ones = [{"message": "good", "key": "good-1"}, 7, None, {"state": "x", "message": "y"}, {"key": "good-2"}]
    reply = post(server, SENT[0], json.dumps(sent_ones).encode())
    assert reply.status == 200
    assert [one["index"] for one in reply.json["taken"]] == [0, 4]
    assert [(one["index"], one["field"]) for one in reply.json["refused"]] == [(1, ""), (2, ""), (3, "state")]


# -- slow, and cut off ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["whole", "in chunks"])
def test_what_was_cut_off_is_not_applied(server, way):
    """Though what arrived may look whole."""
    body = b'{"message": "cut off", "key": "cut"}'
    if way == "whole":
        data = request("POST", SENT[0], by(server), JSON, "Content-Length: 100", length=False) + body
    else:
        data = request("POST", SENT[0], by(server), JSON, CHUNKED, length=False) + b"%x\r\n%b" % (len(body) + 9, body)
    assert sent(server.url, data, cut=True) is None
    assert not knows(server, "cut")


def test_slow_senders_hold_up_nobody_and_are_answered_in_the_end(server):
    """Many at once, each in the middle of its body."""
    bodies = [json.dumps({"message": "slow", "service": "slow", "key": f"slow-{n}"}).encode() for n in range(40)]
    with contextlib.ExitStack() as opened:
        wires = [opened.enter_context(connected(server.url)) for _ in bodies]
        for wire, body in zip(wires, bodies, strict=True):
            wire.sendall(request("POST", SENT[0], by(server), JSON, body=body)[:-10])
        for _ in range(5):
            assert ask(server.url, "GET", "/health").status == 200
        for wire, body in zip(wires, bodies, strict=True):
            for byte in body[-10:]:
                wire.sendall(bytes([byte]))
        answers = [answer(wire) for wire in wires]
    assert {one.status for one in answers} == {200}
    assert len({one.json["taken"][0]["incident"] for one in answers}) == 1
