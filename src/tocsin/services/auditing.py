"""Writing the audit log, and reading it. What is done and the entry that says so are one commit."""

from collections.abc import Iterator

from tocsin.clock import Clock
from tocsin.domain.audit import AuditEntry, Break, Deed, Head, broken
from tocsin.domain.change import Change, Record, RecordWrite
from tocsin.domain.frozen import Utc
from tocsin.errors import Conflict, StoreBusy
from tocsin.ids import NewId
from tocsin.storage.store import Store

AUDIT = "audit"
"""The record kind of entries. Their ids are their numbers, in twelve digits; they have no expiry."""

HEAD = "audit_head"
"""The record kind, and the id, of the head."""

MOST_ATTEMPTS = 20
"""Everybody who writes an entry writes the head: one of several at once succeeds each time."""

PAGE = 200


class AuditLog:
    """The audit log of one store."""

    def __init__(self, store: Store, *, clock: Clock, new_id: NewId) -> None:
        self._store = store
        self._clock = clock
        self._new_id = new_id

    def commit(self, deed: Deed, *records: RecordWrite) -> AuditEntry:
        """Write records and the entry that tells of it, all or nothing.

        Raises :class:`~tocsin.errors.Conflict` if a record is not what was expected; ``StoreBusy`` if others kept
        writing entries.
        """
        change_id = self._new_id()
        for _ in range(MOST_ATTEMPTS):
            head = self.head()
            entry, writes = following(head, deed, self._clock())
            try:
                self._store.commit(Change(id=change_id, at=entry.at, records=(*records, *writes)))
            except Conflict:
                if self.head() == head:
                    raise  # it was not about the log
                continue
            return entry
        message = "others kept writing to the audit log"
        raise StoreBusy(message, hint="try again")

    def head(self) -> Head:
        """Return the end of the log as it is now."""
        record = self._store.record(HEAD, HEAD)
        return Head() if record is None else Head.model_validate(record.body)

    def entries(self, *, after: int = 0) -> Iterator[AuditEntry]:
        """Yield the entries from the first beyond number ``after``, the oldest first."""
        last = _id(after)
        while some := self._store.records(AUDIT, after=last, limit=PAGE):
            yield from (AuditEntry.model_validate(record.body) for record in some)
            last = some[-1].id

    def newest(self) -> Iterator[AuditEntry]:
        """Yield the entries, the newest first."""
        end = self.head().number
        while end > 0:
            start = max(end - PAGE, 0)
            some = self._store.records(AUDIT, after=_id(start), limit=end - start)
            yield from (AuditEntry.model_validate(record.body) for record in reversed(some))
            end = start

    def verify(self) -> tuple[Head, Break | None]:
        """Return the end of the log, and the first place where the chain up to there does not hold (None: it holds)."""
        head = self.head()
        return head, broken(self.entries(), head)


def following(head: Head, deed: Deed, at: Utc) -> tuple[AuditEntry, tuple[RecordWrite, RecordWrite]]:
    """Return the entry that follows on a head, and what writes both if nobody else has written one meanwhile."""
    entry = head.next(deed, at)
    new = Head(number=entry.number, digest=entry.digest)
    said = Record(kind=AUDIT, id=_id(entry.number), body=entry.model_dump(mode="json"))
    end = Record(kind=HEAD, id=HEAD, body=new.model_dump(mode="json"), version=entry.number)
    return entry, (
        RecordWrite(kind=AUDIT, id=said.id, record=said, expected=0),
        RecordWrite(kind=HEAD, id=HEAD, record=end, expected=head.number),
    )


def _id(number: int) -> str:
    return f"{number:012d}"
