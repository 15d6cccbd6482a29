"""When we last worked: a record of each source's last sweep and of the pager's last round; and a beat to the outside."""

from datetime import datetime
from typing import Protocol

from tocsin.domain.alert import Source
from tocsin.domain.change import Change, Record, RecordWrite
from tocsin.domain.frozen import Utc
from tocsin.storage.store import Store

from .tick import TickReport

HEARTBEAT = "heartbeat"
"""The record kind that says when something last worked: a sweep of a source, or a round of the pager."""

TICK = "tick"
"""The id of the record of the pager's last round. A tick that leaves pages to another process does not write it."""


def heartbeat_id(source: Source) -> str:
    """Return the id of the record that says when a sweep of ``source`` last succeeded."""
    return f"sweep:{source.value}"


def note_tick(store: Store, *, at: Utc, change_id: str) -> None:
    """Note that all that was due at this moment is done, pages included."""
    record = Record(kind=HEARTBEAT, id=TICK, body={"at": at.isoformat()})
    write = RecordWrite(kind=HEARTBEAT, id=TICK, record=record)
    store.commit(Change(id=change_id, at=at, records=(write,)))


class Pulse(Protocol):
    """Tells somebody outside that we are alive, so that our silence is noticed."""

    def beat(self) -> None:
        """Tell it, once. Nothing is raised, and a round waits for it for seconds at most."""


def beat(pulse: Pulse | None, report: TickReport) -> None:
    """Tell that a round went well, unless it left something that was due (None: there is nobody to tell)."""
    if pulse is not None and report.left == 0:
        pulse.beat()


def last_beat(store: Store, source: Source) -> datetime | None:
    """Return when a source was last read, or None if never."""
    return _at(store.record(HEARTBEAT, heartbeat_id(source)))


def last_round(store: Store) -> datetime | None:
    """Return when the pager last did what was due, or None if never."""
    return _at(store.record(HEARTBEAT, TICK))


def _at(record: Record | None) -> datetime | None:
    return None if record is None else datetime.fromisoformat(str(record.body["at"]))
