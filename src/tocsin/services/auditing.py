"""Writing the audit log, and reading it. What is done and the entry that says so are one commit."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from pydantic import ValidationError

from tocsin.clock import Clock, Pause, short_pause
from tocsin.domain.audit import AuditEntry, AuditFilter, Break, Deed, Head, Verified, ended, follow
from tocsin.domain.change import Change, Record, RecordWrite
from tocsin.domain.deleting import is_tombstone
from tocsin.domain.frozen import Utc
from tocsin.errors import Conflict, InvalidInput, StoreBusy
from tocsin.ids import NewId
from tocsin.storage.store import MOST_EXAMINED, Store

AUDIT = "audit"
"""The record kind of entries. Their ids are their numbers, in twelve digits; they have no expiry."""

HEAD = "audit_head"
"""The record kind, and the id, of the head."""

MOST_ATTEMPTS = 20
"""Everybody who writes an entry writes the head: one of several at once succeeds each time."""

PAGE = 200

T = TypeVar("T")


class AuditLog:
    """The audit log of one store. ``pause`` waits before what lost a race is tried again."""

    def __init__(self, store: Store, *, clock: Clock, new_id: NewId, pause: Pause = short_pause) -> None:
        self._store = store
        self._clock = clock
        self._new_id = new_id
        self._pause = pause

    def commit(self, deed: Deed, *records: RecordWrite) -> AuditEntry:
        """Write records and the entry that tells of it, all or nothing.

        Raises :class:`~tocsin.errors.Conflict` if a record is not what was expected; ``StoreBusy`` if others kept
        writing entries.
        """

        def write(head: Head) -> AuditEntry:
            entry, writes = following(head, deed, self._clock())
            self._store.commit(Change(id=self._new_id(), at=entry.at, records=(*records, *writes)))
            return entry

        return self.in_turn(write)

    def in_turn(self, write: Callable[[Head], T]) -> T:
        """Return what the first ``write`` gives that commits what follows on the head as it is then.

        Raises :class:`~tocsin.errors.Conflict` if it was about something else than the log; ``StoreBusy`` if others
        kept writing entries.
        """
        for attempt in range(MOST_ATTEMPTS):
            head = self.head()
            try:
                return write(head)
            except Conflict:
                if self.head() == head:
                    raise  # it was not about the log
                self._pause(attempt)
        message = "others kept writing to the audit log"
        raise StoreBusy(message, hint="try again")

    def head(self) -> Head:
        """Return the end of the log as it is now."""
        return head_of(self._store)

    def entries(self, *, after: int = 0) -> Iterator[AuditEntry]:
        """Yield the entries from the first beyond number ``after``, the oldest first."""
        last = _id(after)
        while some := self._store.records(AUDIT, after=last, limit=PAGE):
            yield from _entries(some)
            last = some[-1].id

    def newest(self, *, before: int | None = None) -> Iterator[AuditEntry]:
        """Yield the entries before number ``before`` (None: all), the newest first."""
        end = self.head().number if before is None else before - 1
        while end > 0:
            start = max(end - PAGE, 0)
            some = self._store.records(AUDIT, after=_id(start), limit=end - start)
            yield from reversed([one for one in _entries(some) if one.number <= end])
            end = start

    def find(self, wanted: AuditFilter, *, limit: int = 50, cursor: str = "") -> tuple[list[AuditEntry], str]:
        """Return up to ``limit`` matching entries, the newest first, and the cursor of what follows (empty at the end).

        Examines at most :data:`~tocsin.storage.store.MOST_EXAMINED` entries, so that a page may be short and have a
        cursor. Raises ``InvalidInput`` for a cursor that no page gave.
        """
        found: list[AuditEntry] = []
        last = _place(cursor)
        for examined, entry in enumerate(self.newest(before=last)):
            if len(found) == limit or examined == MOST_EXAMINED:
                return found, str(last)
            if wanted.is_past(entry):
                break
            last = entry.number
            if wanted.matches(entry):
                found.append(entry)
        return found, ""

    def verify(self, *, after: Head | None = None, noted: Head | None = None, most: int | None = None) -> Verified:
        """Follow the chain from ``after`` (None: its beginning) through at most so many entries (None: to its end).

        ``noted`` is an entry as somebody noted it elsewhere: whoever writes the whole log anew, head and all, is found
        out by that alone.
        """
        last, noted = after or Head(), noted or Head()
        before = self.head()
        some = self.entries(after=last.number)
        found = follow(islice(some, most), last, before, noted)
        if found.broken is not None:
            return found
        if most is not None and found.last.number - last.number >= most and found.last.number < before.number:
            return found._replace(whole=False)
        return found._replace(broken=self._wrong_end(found.last, before, noted))

    def _wrong_end(self, last: Head, before: Head, noted: Head) -> Break | None:
        # Each entry is written with the head: now that is at the last one that was read, or further.
        return ended(last, before, self.head(), noted)


def head_of(store: Store) -> Head:
    """Return the end of a store's log."""
    record = store.record(HEAD, HEAD)
    return Head() if record is None else Head.model_validate(record.body)


def carries_on(store: Store, other: Store) -> bool:
    """Say whether one of two stores has the beginning of the other's log, or no log."""
    mine, others = head_of(store), head_of(other)
    shorter, longer = (mine, other) if mine.number <= others.number else (others, store)
    if not shorter.number or mine == others:
        return True
    # By what follows it: that is there, even where a move was broken off that brought the head and not all entries.
    follows = longer.record(AUDIT, _id(shorter.number + 1))
    return follows is not None and _entry(follows).previous == shorter.digest


def following(head: Head, deed: Deed, at: Utc) -> tuple[AuditEntry, tuple[RecordWrite, RecordWrite]]:
    """Return the entry that follows on a head, and what writes both if nobody else has written one meanwhile."""
    entry = head.next(deed, at)
    new = Head(number=entry.number, digest=entry.digest)
    said = Record(kind=AUDIT, id=_id(entry.number), body=entry.document())
    end = Record(kind=HEAD, id=HEAD, body=new.model_dump(mode="json"), version=entry.number)
    return entry, (
        RecordWrite(kind=AUDIT, id=said.id, record=said, expected=0),
        RecordWrite(kind=HEAD, id=HEAD, record=end, expected=head.number),
    )


def _entries(records: Sequence[Record]) -> list[AuditEntry]:
    return [_entry(record) for record in records if not is_tombstone(record)]


def _entry(record: Record) -> AuditEntry:
    try:
        return AuditEntry.model_validate(record.body)
    except ValidationError:  # somebody was at it; that it is there must not hide the others
        return AuditEntry.unreadable(int(record.id) if record.id.isdecimal() else 0)


def _place(cursor: str) -> int | None:
    if not cursor:
        return None
    if not (cursor.isascii() and cursor.isdecimal() and len(cursor) <= len(_id(0))):
        message = "this is no cursor of a list of the audit log"
        raise InvalidInput(message)
    return int(cursor)


def _id(number: int) -> str:
    return f"{number:012d}"
