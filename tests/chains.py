"""The audit log as tests write it, and as somebody who wants to hide something changes it behind the program's back."""

import itertools
from datetime import timedelta

from tests.desk import NOON
from tocsin.domain.audit import Actor, AuditAction, AuditEntry, Deed, Head
from tocsin.domain.change import Change, Record, RecordWrite
from tocsin.ids import random_id
from tocsin.services.auditing import AUDIT, HEAD, AuditLog


def a_deed(number=0, action=AuditAction.KEY_MADE, actor="ann", **more):
    """Build something that is to be put on record."""
    return Deed(action, Actor(actor, "192.0.2.1", f"request-{number}"), f"key:{number}", more)


def a_chain(length):
    """Build so many entries that follow on each other, and their head."""
    head, entries = Head(), []
    for number in range(length):
        entry = head.next(a_deed(number), NOON + timedelta(minutes=number))
        head = Head(number=entry.number, digest=entry.digest)
        entries.append(entry)
    return entries, head


def a_log(store, length=0, *, pause=lambda _attempt: None, now=NOON):
    """Return the audit log of a store, with so many more entries, one a minute."""
    minutes = itertools.count()
    log = AuditLog(store, clock=lambda: now + timedelta(minutes=next(minutes)), new_id=random_id, pause=pause)
    for number in range(length):
        log.commit(a_deed(number))
    return log


def place(number):
    """Return the id of the record of an entry."""
    return f"{number:012d}"


class Forger:
    """Whoever can write to the store itself."""

    def __init__(self, store):
        self.store = store

    def put(self, record_id, body, kind=AUDIT, version=1):
        """Write a record over what there is (None: take it away)."""
        record = None if body is None else Record(kind=kind, id=record_id, body=body, version=version)
        write = RecordWrite(kind=kind, id=record_id, record=record)
        self.store.commit(Change(id=random_id(), at=NOON, records=(write,)))

    def entry(self, number):
        """Return an entry as it is."""
        return AuditEntry.model_validate(self.store.record(AUDIT, place(number)).body)

    def change(self, number, **fields):
        """Change an entry, and leave the rest."""
        self.put(place(number), self.entry(number).model_copy(update=fields).document())

    def reseal(self, first, last):
        """Write the entries from the first to the last anew, each following on the one before."""
        previous = self.entry(first - 1).digest
        for number in range(first, last + 1):
            entry = self.entry(number).model_copy(update={"previous": previous}).sealed()
            self.put(place(number), entry.document())
            previous = entry.digest

    def head(self, number, digest=None):
        """Write the head anew: to an entry as it is, or to a digest."""
        head = Head(number=number, digest=digest or self.entry(number).digest)
        self.put(HEAD, head.model_dump(mode="json"), kind=HEAD, version=number)
