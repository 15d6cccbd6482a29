"""A request of a local server as API Gateway would hand it to Lambda: an event of payload version 2.0, and back.

So the local server answers with the very code that runs on AWS.
"""

import base64
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from tocsin.clock import Clock
from tocsin.ids import NewId

Environ = Mapping[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], object]
Handler = Callable[[dict[str, Any], "LocalContext"], Mapping[str, Any]]

_WITHOUT_PREFIX = ("CONTENT_TYPE", "CONTENT_LENGTH")


class LocalContext(NamedTuple):
    """Of what Lambda tells about a run, what the handler asks for."""

    aws_request_id: str


class Application:
    """The WSGI application around a Lambda handler."""

    def __init__(self, handler: Handler, *, clock: Clock, new_id: NewId) -> None:
        self._handler = handler
        self._clock = clock
        self._new_id = new_id

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        request_id = self._new_id()
        answered = self._handler(event_of(environ, request_id, self._clock()), LocalContext(request_id))
        body = answered.get("body") or ""
        sent = base64.b64decode(body) if answered.get("isBase64Encoded") else body.encode()
        headers = [(name, str(value)) for name, value in answered["headers"].items()]
        headers += [("Set-Cookie", one) for one in answered.get("cookies") or ()]
        if "Content-Length" not in answered["headers"]:
            headers.append(("Content-Length", str(len(sent))))
        status = HTTPStatus(answered["statusCode"])
        start_response(f"{status.value} {status.phrase}", headers)
        return [sent]


def event_of(environ: Environ, request_id: str, at: datetime) -> dict[str, Any]:
    """Return the event of a request."""
    method, query = environ["REQUEST_METHOD"], environ.get("QUERY_STRING", "")
    # WSGI hands bytes over as Latin-1. API Gateway hands the path over decoded, too.
    path = environ.get("PATH_INFO", "").encode("latin-1").decode("utf-8", "replace") or "/"
    headers = _headers(environ)
    cookies = [one.strip() for one in headers.pop("cookie", "").split(";") if one.strip()]
    body, coded = _body(environ)
    event = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "cookies": cookies,
        "headers": headers,
        "queryStringParameters": _parameters(query),
        "requestContext": {
            "accountId": "local",
            "apiId": "local",
            "domainName": headers.get("host", ""),
            "http": {
                "method": method,
                "path": path,
                "protocol": environ.get("SERVER_PROTOCOL", ""),
                "sourceIp": environ.get("REMOTE_ADDR", ""),
                "userAgent": headers.get("user-agent", ""),
            },
            "requestId": request_id,
            "routeKey": "$default",
            "stage": "$default",
            "time": f"{at:%d/%b/%Y:%H:%M:%S %z}",
            "timeEpoch": int(at.timestamp() * 1000),
        },
        "isBase64Encoded": coded,
    }
    return event if body is None else {**event, "body": body}


def _headers(environ: Environ) -> dict[str, str]:
    named = {name.removeprefix("HTTP_"): value for name, value in environ.items() if name.startswith("HTTP_")}
    named |= {name: environ[name] for name in _WITHOUT_PREFIX if environ.get(name)}
    return {name.lower().replace("_", "-"): value for name, value in named.items()}


def _parameters(query: str) -> dict[str, str]:
    """Return the parameters of a query; those that come twice with a comma between."""
    found: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        found[name] = f"{found[name]},{value}" if name in found else value
    return found


def _body(environ: Environ) -> tuple[str | None, bool]:
    """Return the body as text, or in base64 if it is none."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(length) if length else b""
    if not body:
        return None, False
    try:
        return body.decode(), False
    except UnicodeDecodeError:
        return base64.b64encode(body).decode(), True
