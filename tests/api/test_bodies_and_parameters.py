"""Bodies and parameters: read as JSON under any usual name, or refused with every field that is at fault."""

import json

import pytest

from tests.api.client import V1, event, incident
from tocsin.api.options import MOST_BYTES

LIST = f"{V1}/incidents"


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


def test_a_body_that_says_base64_and_is_none_is_no_json(client):
    """Nothing breaks on what no gateway sends."""
    sent = event("POST", LIST, b"x", {"authorization": f"Bearer {client.token}"})
    answered = client.api({**sent, "body": "%%%", "isBase64Encoded": True})
    assert answered["statusCode"] == 422
