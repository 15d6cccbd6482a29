"""Looking at pages: what was sent to whom about what, and every attempt."""

from collections.abc import Iterator, Sequence

from tocsin.domain.page import DELIVERY, PAGE, Delivery, Page, PageStatus, page_of
from tocsin.errors import NotFound
from tocsin.services.listing import cursor_behind, every_record, place_in
from tocsin.storage.store import MOST_EXAMINED, Store

LONGEST_ID = 512
"""Characters that any page's id has, and more."""


class Notifications:
    """The pages of one store, of about a year."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def one(self, page_id: str) -> tuple[Page, Sequence[Delivery]]:
        """Return a page and its attempts, the first one first. Raises :class:`~tocsin.errors.NotFound`."""
        record = self._store.record(PAGE, page_id) if 0 < len(page_id) <= LONGEST_ID else None
        if record is None:
            message = f"there is no notification {page_id[:100]}"
            raise NotFound(message, hint="the list of an incident shows its own")
        page = page_of(record)
        return page, list(self._attempts(page))

    def find(
        self,
        *,
        incident_id: str = "",
        user: str = "",
        status: PageStatus | None = None,
        limit: int = 50,
        cursor: str = "",
    ) -> tuple[list[Page], str]:
        """Return up to ``limit`` pages in the order of their ids, and the cursor of what follows (empty at the end).

        ``user`` is the id of one. Those of one incident are read alone; otherwise at most
        :data:`~tocsin.storage.store.MOST_EXAMINED` are examined, so that a list may be short and have a cursor. Raises
        ``InvalidInput`` for a cursor that no list gave.
        """
        begins = f"{incident_id}:" if incident_id else ""
        last = place_in(cursor, _may_be_an_id) or begins
        found: list[Page] = []
        for examined, record in enumerate(every_record(self._store, PAGE, after=last)):
            if not record.id.startswith(begins):
                break
            if len(found) == limit or examined == MOST_EXAMINED:
                return found, cursor_behind(last)
            last = record.id
            page = page_of(record)
            if (not user or page.user == user) and status in (None, page.status):
                found.append(page)
        return found, ""

    def _attempts(self, page: Page) -> Iterator[Delivery]:
        for number in range(1, page.tries + 1):
            record = self._store.record(DELIVERY, f"{page.id}:{number}")
            # There is none of an attempt that is being made, or in which the process died.
            if record is not None:
                yield Delivery.model_validate(record.body)


def _may_be_an_id(text: str) -> bool:
    return len(text) <= LONGEST_ID and text.isprintable()
