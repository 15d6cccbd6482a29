"""The parameters that choose incidents, shared by the list and the figures."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import BeforeValidator, Field

from tocsin.domain.alert import Source
from tocsin.domain.frozen import Utc
from tocsin.domain.incident import Status
from tocsin.domain.search import ACTIVE, TEXT_SEARCHES, IncidentFilter
from tocsin.domain.severity import Severity

MOST_LISTED = 200
"""Incidents on a page: whole ones, with all of their texts, must fit into an answer of Lambda."""

ANY_ACTIVE = "active"
OPEN = "open"

_STATUSES = (*(status.value for status in Status), OPEN, ANY_ACTIVE)


def _words(value: object) -> object:
    """Return several words, each by itself or with commas between."""
    given = [value] if isinstance(value, str) else value
    if not isinstance(given, list | tuple):
        return given
    return [word.strip().lower() for one in given for word in str(one).split(",") if word.strip()]


def _moment(value: object) -> object:
    # An unescaped + of an offset arrives as a space.
    return value.replace(" ", "+") if isinstance(value, str) and value[-6:-5] == " " else value


Statuses = Annotated[
    Sequence[str],
    BeforeValidator(_words),
    Field(json_schema_extra={"items": {"type": "string", "enum": list(_STATUSES)}}),
    Query(description="`active` is everything before `resolved`; `open` is `detected`."),
]
