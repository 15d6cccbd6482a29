"""What every turn of a round has: the store, the directory, a clock; and how long what is left behind is kept."""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING

from tocsin.clock import Clock
from tocsin.domain.change import Change, Record, RecordWrite
from tocsin.domain.frozen import Utc
from tocsin.domain.page import PAGE, Page, PageStatus, page_of, record_of
from tocsin.errors import Conflict
from tocsin.ids import NewId
from tocsin.services.listing import records_beginning
from tocsin.storage.store import Store

if TYPE_CHECKING:
    from .directory import Directory

KEPT = timedelta(days=400)
"""How long pages, attempts and cycles are kept: a year's reports can be made of them."""

MOST_WRITES = 80
"""Records of one change, beside an incident and its events: it stays under DynamoDB's 100 actions."""

MOST_ATTEMPTS = 8
"""How often a turn decides again because somebody else wrote first. What is left then stays due."""


LOG = logging.getLogger(__name__)

_ENDS = frozenset(one for one in PageStatus if one.over)


class Desk:
    """Where the turns of a round work. ``new_id`` numbers changes; ``log`` is told of what somebody should look at.

    ``ended`` counts what has become of pages.
    """

    def __init__(
        self, store: Store, directory: "Directory", *, clock: Clock, new_id: NewId, log: logging.Logger = LOG
    ) -> None:
        self.store = store
        self.directory = directory
        self.clock = clock
        self.log = log
        self._new_id = new_id
        self.ended: Counter[PageStatus] = Counter()
        self._counting = Lock()

    def new_id(self) -> str:
        """Return an id for a change."""
        return self._new_id()

    def current(self, kind: str, record_id: str) -> Record | None:
        """Return a record as it is now, if it is still due."""
        record = self.store.record(kind, record_id)
        return None if record is None or record.due_at is None or record.due_at > self.clock() else record

    def commit(self, *writes: RecordWrite) -> bool:
        """Write records together, and say whether nobody else was first."""
        try:
            self.store.commit(Change(id=self.new_id(), at=self.clock(), records=writes))
        except Conflict:
            return False
        self.count(writes)
        return True

    def count(self, writes: Iterable[RecordWrite]) -> None:
        """Count the pages among what was written that were sent, failed or were dropped."""
        said = [one.record.body.get("status") for one in writes if one.kind == PAGE and one.record is not None]
        with self._counting:
            self.ended.update(status for status in _ENDS for one in said if one == status)


def every_page(store: Store, prefix: str) -> Iterator[tuple[Record, Page]]:
    """Return the pages whose ids begin so, each with its record."""
    return ((record, page_of(record)) for record in records_beginning(store, PAGE, prefix))


def planned(page: Page) -> RecordWrite:
    """Return the write that makes a page, which must not be there yet."""
    record = record_of(page, due_at=page.not_before, version=1, keep_until=page.made_at + KEPT)
    return RecordWrite(kind=PAGE, id=page.id, record=record, expected=0)


def kept_as(page: Page, before: Record, *, due_at: Utc | None) -> Record:
    """Return the record that follows ``before`` and keeps what has become of a page."""
    return record_of(page, due_at=due_at, version=before.version + 1, keep_until=page.made_at + KEPT)


def replaced(after: Record, before: Record) -> RecordWrite:
    """Return the write that puts a record in the place of the one before."""
    return RecordWrite(kind=after.kind, id=after.id, record=after, expected=before.version)
