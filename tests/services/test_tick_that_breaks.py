"""One thing that is due and cannot be done keeps nobody's page waiting: it is raised when all the others are done."""

from itertools import count

import pytest

from tests.desk import NOON
from tests.fakes import MemoryStore
from tocsin.domain.change import Change, Record, RecordWrite
from tocsin.domain.draft import TIMER
from tocsin.domain.rules import Rules
from tocsin.errors import StoreBusy
from tocsin.services.tick import tick


class Broken(Exception):
    """What nobody expects."""


def due(*names, kind):
    """Return a store in which records are due."""
    store = MemoryStore()
    for name in names:
        record = Record(kind=kind, id=name, body={"what": "expire"}, due_at=NOON)
        store.commit(Change(id=name, at=NOON, records=(RecordWrite(kind=kind, id=name, record=record),)))
    return store


def ticked(store, others, error):
    """Tick, and return how often pages had their turn."""
    paged = []
    ids = count(1)

    def pages(_enough_time):
        paged.append(1)
        return 0

    with pytest.raises(error):
        tick(store, Rules(), clock=lambda: NOON, new_id=lambda: str(next(ids)), others=others, pages=pages)
    return len(paged)


@pytest.mark.parametrize("error, tried", [(Broken, ["a", "b"]), (StoreBusy, ["a"])])
def test_what_breaks_is_raised_after_everybody_was_paged(error, tried):
    """The others of its kind are done, unless it is the store that fails: they would wait for it in turn."""
    asked, others = [], []

    def breaks(record):
        asked.append(record.id)
        if record.id == "a":
            raise error("no")
        return True

    acts = {"one": breaks, "other": lambda record: others.append(record.id) or True}
    store = due("a", "b", kind="one")
    for_other = Record(kind="other", id="c", due_at=NOON)
    store.commit(Change(id="c", at=NOON, records=(RecordWrite(kind="other", id="c", record=for_other),)))
    assert ticked(store, acts, error) == 1
    assert (asked, others) == (tried, ["c"])


def test_a_timer_that_cannot_be_read_keeps_nobody_waiting():
    """It names no alert, whoever wrote it."""
    asked = []
    store = due("t", kind=TIMER)
    other = Record(kind="other", id="c", due_at=NOON)
    store.commit(Change(id="c", at=NOON, records=(RecordWrite(kind="other", id="c", record=other),)))
    assert ticked(store, {"other": lambda record: asked.append(record.id) or True}, Exception) == 1
    assert asked == ["c"]
