"""Walking through the alert rows of every source: what matches, page by page, and where the next page begins."""

from collections.abc import Callable, Iterator, Sequence

from tocsin.domain.alert import LONGEST_KEY, Alert, Source, alert_id, named_by
from tocsin.errors import InvalidInput, NotFound
from tocsin.storage.store import MOST_EXAMINED, Store

READ_AT_ONCE = 200

SOURCES: Sequence[Source] = tuple(one for one in Source if one is not Source.MANUAL)
"""In the order of the list. What is opened by hand has no alerts."""


def alerts_page(
    store: Store, matches: Callable[[Alert], bool], *, source: Source | None, limit: int, cursor: str
) -> tuple[list[Alert], str]:
    """Return up to ``limit`` rows that match, and the cursor of what follows (empty at the end).

    Examines at most :data:`~tocsin.storage.store.MOST_EXAMINED` rows, so that a page may be short and have a cursor.
    Raises ``InvalidInput`` for a cursor that no page gave.
    """
    found: list[Alert] = []
    last = ""
    for examined, row in enumerate(_rows(store, source, cursor)):
        if len(found) == limit or examined == MOST_EXAMINED:
            return found, last
        last = alert_id(row.source, row.key)
        if matches(row):
            found.append(row)
    return found, ""


def named(alert: str) -> tuple[Source, str]:
    """Return the source and key behind an alert's id. Raises ``NotFound`` for what no store would even look for."""
    source, key = named_by(alert)
    if not 0 < len(key.encode()) <= LONGEST_KEY:
        message = "there is no such alert"
        raise NotFound(message)
    return source, key


def _rows(store: Store, only: Source | None, cursor: str) -> Iterator[Alert]:
    begin, after = _place(cursor)
    for source in SOURCES[SOURCES.index(begin) if begin else 0 :]:
        if only is not None and source is not only:
            continue
        last = after if source is begin else ""
        while some := store.alerts_page(source, after=last, limit=READ_AT_ONCE):
            yield from some
            last = some[-1].key


def _place(cursor: str) -> tuple[Source | None, str]:
    if not cursor:
        return None, ""
    try:
        source, key = named(cursor)
    except NotFound:
        source, key = Source.MANUAL, ""
    if source not in SOURCES:
        message = "this is no cursor of a list of alerts"
        raise InvalidInput(message)
    return source, key
