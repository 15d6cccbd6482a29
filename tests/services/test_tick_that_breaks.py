"""What is due and takes long, or cannot be done, keeps nobody's page waiting."""

from datetime import timedelta
from itertools import count

import pytest

from tests.desk import NOON
from tests.fakes import MemoryStore
from tocsin.domain.change import Change, Record, RecordWrite
from tocsin.domain.draft import TIMER
from tocsin.domain.rules import Rules
from tocsin.errors import StoreBusy
from tocsin.services.tick import BATCH, PAGES_WAIT, tick


class Broken(Exception):
    """What nobody expects."""


def due(*names, kind, what="expire"):
    """Return a store in which records are due; as timers of no alert they cannot be read."""
    store = MemoryStore()
    for name in names:
        record = Record(kind=kind, id=name, body={"what": what}, due_at=NOON)
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
    assert ticked(store, acts, error) == 2
    assert (asked, others) == (tried, ["c"])


def test_a_timer_that_cannot_be_read_keeps_nobody_waiting():
    """It names no alert, whoever wrote it."""
    asked = []
    store = due("t", kind=TIMER)
    other = Record(kind="other", id="c", due_at=NOON)
    store.commit(Change(id="c", at=NOON, records=(RecordWrite(kind="other", id="c", record=other),)))
    assert ticked(store, {"other": lambda record: asked.append(record.id) or True}, Exception) == 2
    assert asked == ["c"]


class SlowNight:
    """A clock that goes on by what is done, and what was done in which order."""

    def __init__(self):
        self.now = NOON
        self.done = []

    def does(self, name, *, takes=timedelta(0)):
        self.now += takes
        self.done.append(name)
        return True

    def tick(self, store, *, takes, pages=None):
        def paged(_enough_time):
            self.does("pages")
            return 0

        ids = count(1)
        others = {"slow": lambda due: self.does(due.id, takes=takes)}
        clock = lambda: self.now
        return tick(store, Rules(), clock=clock, new_id=lambda: str(next(ids)), others=others, pages=pages or paged)


def test_pages_go_first_and_what_the_others_ask_for_last():
    """A code or a letter may wait for a provider that hangs: whom it keeps waiting must not be whom a page wakes."""
    night = SlowNight()
    night.tick(due("a", "b", kind="slow"), takes=PAGES_WAIT / 3)
    assert night.done == ["pages", "a", "b", "pages"]


def test_what_takes_long_lets_the_pages_have_their_turn():
    """However much of it is due: nobody waits longer than for one piece of it."""
    night = SlowNight()
    night.tick(due("a", "b", "c", kind="slow"), takes=PAGES_WAIT * 2)
    assert night.done == ["pages", "a", "pages", "b", "pages", "c", "pages"]


def test_where_nothing_else_is_due_pages_have_one_turn():
    """A second one would only look again at what is due."""
    night = SlowNight()
    night.tick(MemoryStore(), takes=PAGES_WAIT)
    assert night.done == ["pages"]


def test_timers_let_the_pages_have_their_turn_too():
    """Where thousands of monitors recovered at once, it takes long to resolve what they opened."""
    night = SlowNight()
    store = due("s", "t", "u", kind=TIMER, what="")
    slow = store.record
    store.record = lambda *which: night.does("timer", takes=PAGES_WAIT) and slow(*which)
    night.tick(store, takes=PAGES_WAIT)
    assert night.done == ["timer", "pages", "timer", "pages", "timer", "pages"]


def test_pages_that_break_keep_no_timer_and_no_letter_waiting():
    """And are told at the end: what is due of them is due still."""
    night = SlowNight()

    def broken(_enough_time):
        raise Broken

    with pytest.raises(Broken):
        night.tick(due("a", "b", kind="slow"), takes=PAGES_WAIT, pages=broken)
    assert night.done == ["a", "b"]


def test_a_backlog_is_read_a_few_times_not_once_a_hundred():
    """After an outage thousands of pages are due, and a tick looks through them for timers."""
    store = due(*(f"p{number:05}" for number in range(40 * BATCH)), kind="page")
    looks = []
    look = store.due
    store.due = lambda now, *, limit: looks.append(limit) or look(now, limit=limit)
    SlowNight().tick(store, takes=PAGES_WAIT)
    assert len(looks) < 10
