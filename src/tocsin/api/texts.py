"""What requests say in texts: moments, which are no bare numbers, and words, which are not blank.

The schemas say it as well, so that what is made from them is right before it is sent.
"""

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from tocsin.domain.frozen import Utc

_DATED = re.compile(r"\d{4}-\d\d-\d\d[Tt ]")


def _written_out(value: object) -> object:
    """Refuse a number, which pydantic would take: whether it counts seconds or milliseconds, nobody can know.

    An unescaped ``+`` in a query arrives as a space; it is read as it was meant.
    """
    if not isinstance(value, str) or not _DATED.match(value):
        kind, message = "moment", "a moment is written with its offset: 2026-03-02T12:00:00Z"
        raise PydanticCustomError(kind, message)
    return value.replace(" ", "+") if value[-6:-5] == " " else value


def _not_blank(value: str) -> str:
    if not value.strip():
        kind, message = "blank", "needs some text"
        raise PydanticCustomError(kind, message)
    return value


Moment = Annotated[Utc, BeforeValidator(_written_out), WithJsonSchema({"type": "string", "format": "date-time"})]
"""A moment with its offset from UTC."""

Something = Annotated[str, AfterValidator(_not_blank), Field(min_length=1, json_schema_extra={"pattern": r"\S"})]
"""A text that is not blank."""
