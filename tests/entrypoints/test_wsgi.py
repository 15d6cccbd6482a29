"""A request of the local server is the event that API Gateway would hand to Lambda."""

import io

import pytest

from tests.desk import NOON
from tocsin.entrypoints.wsgi import Application, event_of


def environ(method="GET", path="/", query="", body=b"", **headers):
    named = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
    return {
        "REQUEST_METHOD": method,
        "PATH_INFO": path.encode().decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_LENGTH": str(len(body)) if body else "",
        "CONTENT_TYPE": "application/json" if body else "",
        "wsgi.input": io.BytesIO(body),
        **named,
    }


def test_an_event_has_what_payload_version_2_has():
    """Path, query, headers in small letters, cookies apart, where it comes from."""
    made = event_of(
        environ("POST", "/x/y", "a=1&b=2&a=3&c=", b'{"a": 1}', x_one="1", cookie="k=v; l=w", host="h:1"), "id-1", NOON
    )
    assert (made["version"], made["rawPath"], made["rawQueryString"]) == ("2.0", "/x/y", "a=1&b=2&a=3&c=")
    assert made["queryStringParameters"] == {"a": "1,3", "b": "2", "c": ""}
    assert made["headers"] == {
        "x-one": "1",
        "host": "h:1",
        "content-type": "application/json",
        "content-length": "8",
    }
    assert made["cookies"] == ["k=v", "l=w"]
    assert (made["body"], made["isBase64Encoded"]) == ('{"a": 1}', False)
    context = made["requestContext"]
    assert (context["requestId"], context["stage"], context["timeEpoch"]) == ("id-1", "$default", 1772452800000)
    assert (context["http"]["method"], context["http"]["sourceIp"]) == ("POST", "127.0.0.1")
    assert context["time"] == "02/Mar/2026:12:00:00 +0000"


def test_a_path_arrives_decoded():
    """As from API Gateway; WSGI hands bytes over as Latin-1."""
    assert event_of(environ(path="/assignments/Zoë Ü"), "i", NOON)["rawPath"] == "/assignments/Zoë Ü"


def test_a_body_that_is_no_text_is_in_base64():
    """So that it arrives as it was sent."""
    made = event_of(environ("POST", body=b"\xff\xfe"), "i", NOON)
    assert (made["body"], made["isBase64Encoded"]) == ("//4=", True)


def test_a_request_without_a_body_has_none():
    """Not an empty one."""
    assert "body" not in event_of(environ(), "i", NOON)


@pytest.mark.parametrize(
    "answered, sent, length",
    [
        ({"body": "über", "isBase64Encoded": False}, "über".encode(), "5"),
        ({"body": "//4=", "isBase64Encoded": True}, b"\xff\xfe", "2"),
        ({"body": "", "isBase64Encoded": False}, b"", "0"),
        ({"body": None, "isBase64Encoded": False}, b"", "0"),
    ],
)
def test_an_answer_is_sent_as_the_handler_gave_it(answered, sent, length):
    """Status with its phrase, headers, body."""
    said = []
    application = Application(
        lambda event, context: {"statusCode": 404, "headers": {"X-Id": context.aws_request_id}, **answered},
        clock=lambda: NOON,
        new_id=lambda: "id-1",
    )
    body = application(environ(), lambda status, headers: said.append((status, dict(headers))))
    assert list(body) == [sent]
    assert said == [("404 Not Found", {"X-Id": "id-1", "Content-Length": length})]


def test_the_answer_to_head_keeps_its_length():
    """That of what GET would send."""
    application = Application(
        lambda *_: {"statusCode": 200, "headers": {"Content-Length": "33"}, "body": "", "isBase64Encoded": False},
        clock=lambda: NOON,
        new_id=lambda: "id-1",
    )
    said = []
    application(environ("HEAD"), lambda _, headers: said.extend(headers))
    assert said == [("Content-Length", "33")]


def test_each_cookie_of_an_answer_is_a_header_of_its_own():
    """As API Gateway sends them."""
    said = []
    application = Application(
        lambda *_: {"statusCode": 200, "headers": {}, "cookies": ["a=1; Path=/", "b=2"], "body": ""},
        clock=lambda: NOON,
        new_id=lambda: "id-1",
    )
    application(environ(), lambda _, headers: said.extend(headers))
    assert said == [("Set-Cookie", "a=1; Path=/"), ("Set-Cookie", "b=2"), ("Content-Length", "0")]
