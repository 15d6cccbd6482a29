"""Walking through what is stored: all records of a kind or those that match, page by page; and all incidents."""

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from itertools import takewhile
from typing import TypeVar

from tocsin.domain.change import Record
from tocsin.domain.incident import Incident
from tocsin.domain.search import IncidentFilter
from tocsin.errors import InvalidInput
from tocsin.storage.store import MOST_EXAMINED, Store

READ_AT_ONCE = 200

T = TypeVar("T")

_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_PLACE = re.compile(r"[A-Za-z0-9._-]{1,64}")


def is_id(text: str) -> bool:
    """Say whether this may be an id that was drawn at all: no store is asked for anything else."""
    return _ID.fullmatch(text) is not None


def every_record(store: Store, kind: str, *, after: str = "") -> Iterator[Record]:
    """Yield the records of a kind in the order of their ids, from the first beyond ``after``."""
    last = after
    while some := store.records(kind, after=last, limit=READ_AT_ONCE):
        yield from some
        last = some[-1].id


def records_beginning(store: Store, kind: str, prefix: str) -> Iterator[Record]:
    """Yield the records of a kind whose ids begin so, in the order of their ids."""
    return takewhile(lambda one: one.id.startswith(prefix), every_record(store, kind, after=prefix))


def every_incident(store: Store, wanted: IncidentFilter) -> Iterator[Incident]:
    """Yield the incidents that match, newest first."""
    cursor = ""
    while True:
        page = store.find(wanted, limit=MOST_EXAMINED, cursor=cursor)
        yield from page.incidents
        cursor = page.cursor
        if not cursor:
            return


def page_of(
    store: Store,
    kind: str,
    read: Callable[[Record], T],
    matches: Callable[[T], bool],
    *,
    limit: int,
    cursor: str = "",
    full: Callable[[list[T]], bool] = lambda _found: False,
) -> tuple[list[T], str]:
    """Return up to ``limit`` of a kind that match, and the cursor of what follows (empty at the end).

    A page ends once it is ``full``, too. At most :data:`~tocsin.storage.store.MOST_EXAMINED` records are examined, so
    that a page may be short and have a cursor. Raises ``InvalidInput`` for a cursor that no page gave.
    """
    found: list[T] = []
    last = ""
    after = place_in(cursor, lambda place: _PLACE.fullmatch(place) is not None)
    for examined, record in enumerate(every_record(store, kind, after=after)):
        if len(found) == limit or examined == MOST_EXAMINED or full(found):
            return found, cursor_behind(last)
        last = record.id
        if matches(one := read(record)):
            found.append(one)
    return found, ""


def cursor_behind(record_id: str) -> str:
    """Return the cursor of a page that begins behind a record."""
    return base64.urlsafe_b64encode(record_id.encode()).decode()


def place_in(cursor: str, may_be: Callable[[str], bool]) -> str:
    """Return the id behind which a page begins; empty: at the beginning.

    Raises ``InvalidInput`` for a cursor that no page gave: one without an id, or with one that none ``may_be``.
    """
    if not cursor:
        return ""
    try:
        place = base64.b64decode(cursor, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        place = ""
    if not place or not may_be(place):
        message = "this is no cursor of this list"
        raise InvalidInput(message)
    return place
