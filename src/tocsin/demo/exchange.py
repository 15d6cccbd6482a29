"""One request and one answer, as values, so that routes and faults need no socket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import orjson

from .typed import JSON


class Endpoint(StrEnum):
    """The endpoints of Datadog's that are simulated. Faults and the request log name them so."""

    LIST = "list"
    GET = "get"
    SEARCH = "search"
    GROUPS_SEARCH = "groups_search"
    VALIDATE_MONITOR = "validate_monitor"
    VALIDATE_KEYS = "validate_keys"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked. Header names are lower case; a parameter given twice counts as given last."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """A request as the log keeps it: no headers and no keys. `status` 0: the connection was reset unanswered."""

    method: str
    path: str
    query: Mapping[str, str]
    endpoint: Endpoint
    status: int
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered. `gzipped` may hold the body compressed beforehand; it must be the same content."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    gzipped: bytes | None = None


def json_answer(content: JSON, status: int = 200) -> Answer:
    """An answer that carries JSON."""
    return Answer(status, orjson.dumps(content))


def error_answer(status: int, *errors: str) -> Answer:
    """An error in Datadog's form for 400, 404 and 429."""
    return json_answer({"errors": list(errors)}, status)


def forbidden() -> Answer:
    """Datadog's answer to wrong keys, as recorded."""
    content: dict[str, JSON] = {
        "status": "error",
        "code": 403,
        "errors": ["Forbidden"],
        "statuspage": "http://status.datadoghq.com",
        "twitter": "http://twitter.com/datadogops",
        "email": "user@example.com",
    }
    return json_answer(content, 403)
