"""Refusals on record: one a minute for each principal and route, so that no loop floods the log."""

import pytest

from tests.chains import a_log
from tests.desk import NOON, at
from tests.fakes import MemoryStore
from tocsin.domain.audit import Actor
from tocsin.errors import StoreBusy
from tocsin.services import refusing
from tocsin.services.refusing import Refusals

ANN = Actor("ann", "192.0.2.1", "r1")
ROUTE = "GET /audit"


class Clock:
    now = NOON

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def told(store):
    return [(one.actor, one.target) for one in a_log(store).entries()]


def test_a_refusal_is_noted_once_a_minute(any_store, clock):
    """With who, where from, and which route; the record that keeps others from it is forgotten."""
    refusals = Refusals(a_log(any_store), clock=clock)
    for _ in range(9):
        refusals.note("user:1", ROUTE, ANN)
    (entry,) = a_log(any_store).entries()
    assert (entry.action, entry.actor, entry.target, entry.address) == ("access_refused", "ann", ROUTE, "192.0.2.1")
    (record,) = any_store.records(refusing.REFUSAL, limit=9)
    assert record.expires_at is not None
    clock.now = at(1)
    refusals.note("user:1", ROUTE, ANN)
    assert len(told(any_store)) == 2


def test_others_and_other_routes_are_noted_too(quick_store, clock):
    """Nobody hides behind somebody else's refusals."""
    refusals = Refusals(a_log(quick_store), clock=clock)
    refusals.note("user:1", ROUTE, ANN)
    refusals.note("user:2", ROUTE, Actor("bob"))
    refusals.note("user:1", "GET /users", ANN)
    assert told(quick_store) == [("ann", ROUTE), ("bob", ROUTE), ("ann", "GET /users")]


def test_several_processes_note_one_refusal_between_them(any_store, clock):
    """The store decides, and the other is not told of it."""
    for _ in range(3):
        Refusals(a_log(any_store), clock=clock).note("user:1", ROUTE, ANN)
    assert told(any_store) == [("ann", ROUTE)]


def test_what_could_not_be_noted_is_noted_the_next_time(clock):
    """The store was busy."""
    store = MemoryStore()

    class Busy:
        def __getattr__(self, name):
            return getattr(store, name)

        def commit(self, change):
            raise StoreBusy("later")

    log = a_log(store)
    log._store = Busy()
    refusals = Refusals(log, clock=clock)
    with pytest.raises(StoreBusy):
        refusals.note("user:1", ROUTE, ANN)
    log._store = store
    refusals.note("user:1", ROUTE, ANN)
    assert told(store) == [("ann", ROUTE)]


def test_what_is_remembered_is_bounded(clock, monkeypatch):
    """What was forgotten is in the store all the same."""
    monkeypatch.setattr(refusing, "MOST_REMEMBERED", 2)
    store = MemoryStore()
    refusals = Refusals(a_log(store), clock=clock)
    for user in (1, 2, 3, 1, 2, 3):
        refusals.note(f"user:{user}", ROUTE, Actor(str(user)))
        assert len(refusals._noted) <= 2
    assert told(store) == [("1", ROUTE), ("2", ROUTE), ("3", ROUTE)]
