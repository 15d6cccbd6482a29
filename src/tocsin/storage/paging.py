"""Where a list goes on: a place among the incidents, as a text that means nothing to whoever holds it."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime

import orjson

from tocsin.errors import InvalidInput

Place = tuple[datetime, int, str]
"""Where an incident stands among all: opening, number, id."""

_LONGEST_NUMBER = 18


def cursor_after(place: Place) -> str:
    """Return the cursor for what follows ``place``."""
    opened_at, number, incident_id = place
    return urlsafe_b64encode(orjson.dumps([opened_at.isoformat(), number, incident_id])).decode()


def place_after(cursor: str) -> Place:
    """Return the place that a cursor names. Raises ``InvalidInput`` for a text that is no cursor."""
    try:
        opened_at, number, incident_id = orjson.loads(urlsafe_b64decode(cursor))
        place = (datetime.fromisoformat(opened_at).astimezone(UTC), int(number), str(incident_id))
    except (TypeError, ValueError):
        place = None
    if place is None or cursor_after(place) != cursor:
        raise InvalidInput("this is no cursor of a list", hint="leave it out to begin with the newest")
    return place


def place_of(opened_at: str, incident_id: str) -> Place:
    """Return where an incident stands."""
    digits = incident_id.rpartition("-")[2]
    number = int(digits) if digits.isdecimal() and len(digits) <= _LONGEST_NUMBER else 0
    return datetime.fromisoformat(opened_at), number, incident_id
