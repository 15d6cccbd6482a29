"""What paging left behind of an incident, forgotten with it: texts that people wrote, and who was told where.

It is imported when something is forgotten: a cold start needs none of these kinds.
"""

from collections.abc import Iterator

from tocsin.clock import Clock
from tocsin.domain.change import Change, RecordWrite
from tocsin.domain.intents import ESCALATION, NEWS
from tocsin.domain.page import DELIVERY, PAGE
from tocsin.domain.pursue import chunks
from tocsin.ids import NewId
from tocsin.storage.store import Store

from .listing import records_beginning

KINDS = (NEWS, ESCALATION, PAGE, DELIVERY)
"""In this order: what would make more of it goes before what it has made."""

MOST_WRITES = 80
"""Records of one change: under DynamoDB's 100 actions."""


def forget_paging(store: Store, incident_id: str, *, clock: Clock, new_id: NewId) -> None:
    """Forget the cycles, pages, attempts and news of an incident that is over.

    Whoever is killed in the middle does it once more. A pager that is sending meanwhile finds no page to write to.
    """
    for some in chunks(_gone(store, f"{incident_id}:"), MOST_WRITES):
        store.commit(Change(id=new_id(), at=clock(), records=tuple(some)))


def _gone(store: Store, begins: str) -> Iterator[RecordWrite]:
    for kind in KINDS:
        for record in records_beginning(store, kind, begins):
            yield RecordWrite(kind=kind, id=record.id, record=None)
