"""Moments as requests say them: ISO 8601 with an offset, and nothing that has to be guessed at."""

import re
from typing import Annotated

from pydantic import BeforeValidator

from tocsin.domain.frozen import Utc

_DATED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]")
_SPACE_BEFORE_OFFSET = re.compile(r" (?=[0-9]{2}:?[0-9]{2}$)")


def _said(value: object) -> object:
    """Return a moment as it was meant: in an address, an unescaped ``+`` of its offset arrives as a space."""
    if not isinstance(value, str) or not _DATED.match(value):
        message = "it should be a moment with its offset, such as 2026-03-02T12:00:00Z"
        raise ValueError(message)
    return value[:11] + _SPACE_BEFORE_OFFSET.sub("+", value[11:])


Moment = Annotated[Utc, BeforeValidator(_said)]
"""A moment with its offset. A number could be seconds or milliseconds, and is refused."""
