"""How often people were paged at night, counted from what is on record of pages."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import time
from itertools import islice

from tocsin.domain.frozen import Utc
from tocsin.domain.local_time import zone_of
from tocsin.domain.message import Tells
from tocsin.domain.page import PAGE, page_of
from tocsin.domain.user import User
from tocsin.storage.store import Store

from .listing import every_record

NIGHT_BEGINS, NIGHT_ENDS = time(22), time(7)
"""On the clock of whoever was paged."""

MOST_PAGES = 20_000
"""Pages that are read; where there are more they are not counted: a number that is too low would look like a good night."""


def pages_at_night(
    store: Store, people: Iterable[User], start: Utc, end: Utc, now: Utc, *, most: int = MOST_PAGES
) -> Mapping[str, int] | None:
    """Return how many messages paged each of these people at night between two moments, by id; who has none is left out.

    None: it is not known, since all of that is still to come, or since more than ``most`` are on record.
    """
    if start >= now:
        return None
    zones = {one.id: zone_of(one.time_zone) for one in people}
    told: set[tuple[str, str]] = set()
    read = 0
    for record in islice(every_record(store, PAGE), most + 1):
        read += 1
        page = page_of(record)
        if page.tells is not Tells.PAGE or page.sent_at is None or page.user not in zones:
            continue
        local = page.sent_at.astimezone(zones[page.user]).time()
        if start <= page.sent_at < end and (local >= NIGHT_BEGINS or local < NIGHT_ENDS):
            # What went as one message woke once.
            told.add((page.user, page.bundle or page.id))
    return None if read > most else Counter(user for user, _ in told)
