"""What a sync does with its store, tried piece by piece: a permission is known only by using it."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tocsin.domain.alert import Source
from tocsin.domain.change import Change, Claim, ClaimWrite, Record, RecordWrite
from tocsin.domain.search import ACTIVE, IncidentFilter
from tocsin.errors import Conflict, StoreRefused
from tocsin.ids import NewId

if TYPE_CHECKING:
    from tocsin.storage.store import Store

Use = tuple[str, Callable[[], object]]
"""The permission that something takes on a table, and what does it."""

PROBE = "probe"
"""The kind of the record that tries whether the table can be written."""

BY = "doctor"

_NO_VERSION = 2**31


def refused(uses: Iterable[Use]) -> list[str]:
    """Do all of it; return the permissions that were missing. Other errors are raised."""
    return [permission for permission, use in uses if _is_refused(use)]


def reads(store: "Store", now: datetime) -> Iterator[Use]:
    """Yield every kind of read."""
    yield "dynamodb:Query", lambda: store.alerts(Source.DATADOG)
    yield "dynamodb:BatchGetItem", lambda: store.incidents(["INC-0"])
    yield "dynamodb:GetItem", lambda: store.record(PROBE, BY)
    yield "dynamodb:Query on index/list", lambda: store.find(IncidentFilter(statuses=ACTIVE), limit=1)
    yield "dynamodb:Query on index/due", lambda: store.due(now, limit=1)


def writes(store: "Store", now: datetime, new_id: NewId) -> Iterator[Use]:
    """Yield every kind of write: one that is soon forgotten, and two that write nothing.

    Those presuppose what is not so. AWS looks at permissions before it looks at that, so a conflict shows that there
    was one.
    """
    record = Record(kind=PROBE, id=BY, body={"at": now.isoformat()}, expires_at=now + timedelta(hours=1))
    updating = Change(id=new_id(), at=now, records=(RecordWrite(kind=PROBE, id=BY, record=record),))
    held_by_nobody = ClaimWrite(claim=Claim(key=PROBE, incident_id=BY), held_by="nobody")
    putting = Change(id=new_id(), at=now, claims=(held_by_nobody,))
    no_such = RecordWrite(kind=PROBE, id=BY, record=None, expected=_NO_VERSION)
    deleting = Change(id=new_id(), at=now, records=(no_such,))
    yield "dynamodb:UpdateItem", lambda: store.commit(updating)
    yield "dynamodb:PutItem", lambda: store.commit(putting)
    yield "dynamodb:DeleteItem", lambda: store.commit(deleting)


def _is_refused(use: Callable[[], object]) -> bool:
    try:
        use()
    except StoreRefused:
        return True
    except Conflict:
        pass
    return False
