"""Heartbeats that are watched, on every backend: made, changed, paused, removed, and listed."""

import itertools

import pytest

from tests.desk import at
from tests.services.test_losing_races import Between
from tests.services.ward import ANA, SECRET, Ward
from tocsin.errors import AlreadyThere, Conflict, InvalidInput, NotFound, PreconditionFailed
from tocsin.services.due import WATCH
from tocsin.services.tick import MOST_ATTEMPTS
from tocsin.services.watches import WatchEdit

pytestmark = pytest.mark.large  # moto takes its time: the other stand-in for DynamoDB tries them, in integration


@pytest.fixture
def ward(any_store):
    return Ward(any_store)


@pytest.mark.large
def test_a_change_gives_up_where_others_keep_writing(ward):
    """With an error that says that trying again helps."""
    ward.watched()
    minutes = itertools.count(1)

    def disturbed():
        acts = [lambda: ward.call(next(minutes))] * MOST_ATTEMPTS
        one = Ward(Between(ward.store, *acts), name=f"late{next(minutes)}")
        one.desk.minute(5_000)
        return one.watches

    for act in (
        lambda: disturbed().edit("backup", WatchEdit(service="x"), actor=ANA),
        lambda: disturbed().remove("backup", actor=ANA),
    ):
        with pytest.raises(Conflict, match="others kept writing"):
            act()
    always = Ward(Between(ward.store, *[lambda: ward.call(next(minutes))] * MOST_ATTEMPTS), name="a")
    always.desk.minute(5_000)
    with pytest.raises(Conflict, match="others kept writing"):
        always.call()


def test_a_paused_heartbeat_is_not_missed(ward):
    """Its alert ends, if it has one; afterwards it has its whole time."""
    ward.watched()
    ward.tick(12)
    paused = ward.watches.edit("Backup", WatchEdit(paused=True), actor=ANA)
    assert (paused.paused, paused.due_at, paused.version) == (True, None, 2)
    assert not ward.row.firing
    assert ward.tick(18) == [("INC-1001", True)]
    assert ward.call(500).due_at is None
    assert ward.tick(900) == [("INC-1001", True)]
    resumed = ward.watches.edit("backup", WatchEdit(paused=False), actor=ANA)
    assert resumed.due_at == at(912)
    assert ward.tick(911) == [("INC-1001", True)]
    assert ward.tick(912) == [("INC-1001", True), ("INC-1002", False)]


def test_another_pace_counts_from_now_on(ward):
    """Nobody is late by it at once; the rest changes as it is said."""
    ward.watched(every=600)
    ward.desk.minute(60)
    edited = ward.watches.edit("backup", WatchEdit(every_minutes=5, service="db2"), actor=ANA)
    assert (edited.due_at, edited.service) == (at(67), "db2")
    assert ward.watches.edit("backup", WatchEdit(service="db2"), actor=ANA) == edited
    assert ward.tick(66) == []
    assert ward.tick(67) == [("INC-1001", False)]
    told = list(ward.audit.entries())[-1]
    assert told.details == {"every_minutes": {"from": 600, "to": 5}, "service": {"from": "db", "to": "db2"}}


def test_what_is_removed_is_awaited_no_more(ward):
    """Its alert ends, and its name is free."""
    ward.watched()
    ward.tick(12)
    ward.watches.remove("backup", actor=ANA)
    assert not ward.row.firing
    assert ward.store.record(WATCH, "backup") is None
    with pytest.raises(NotFound):
        ward.call()
    assert [one.action for one in ward.audit.entries()] == ["heartbeat_added", "heartbeat_removed"]
    assert ward.watched().version == 1


def test_a_removal_that_meets_a_call_is_made_all_the_same(ward):
    """It is decided on again."""
    ward.watched()
    ward.tick(12)
    late = Ward(Between(ward.store, lambda: ward.call(13)), name="late")
    late.desk.minute(13)
    late.watches.remove("backup", actor=ANA)
    assert ward.store.record(WATCH, "backup") is None
    assert not ward.row.firing


def test_a_name_belongs_to_one(ward):
    """In any letter case."""
    ward.watched()
    with pytest.raises(AlreadyThere, match="there is a heartbeat backup already"):
        ward.watched(" BACKUP ")
    with pytest.raises(InvalidInput, match="cannot be the name"):
        ward.watched("a/b")
    assert ward.watches.named("BackUp").name == "backup"
    for name in ("", "nobody", "a/b", "x" * 5_000):
        with pytest.raises(NotFound):
            ward.watches.named(name)


def test_what_is_written_with_it_is_written_or_neither(ward):
    """An answer that is kept."""
    from tocsin.domain.change import Record, RecordWrite

    key = RecordWrite(kind="x", id="1", record=Record(kind="x", id="1"), expected=0)
    also = {"every_minutes": 5, "secret": SECRET, "actor": ANA, "also": lambda _watch: (key,)}
    ward.watches.add("one", **also)
    with pytest.raises(Conflict):
        ward.watches.add("two", **also)
    assert [one.name for one in ward.watches.every()] == ["one"]


def test_of_two_edits_on_what_was_seen_the_second_is_refused(ward):
    """Whatever it would do; a call is no edit."""
    seen = ward.watched().version
    ward.call(1)
    ward.watches.edit("backup", WatchEdit(service="x"), actor=ANA, expected=seen)
    for again in (
        lambda: ward.watches.edit("backup", WatchEdit(service="y"), actor=ANA, expected=seen),
        lambda: ward.watches.remove("backup", actor=ANA, expected=seen),
    ):
        with pytest.raises(PreconditionFailed, match="changed since you looked"):
            again()


def test_heartbeats_are_listed_by_name(ward):
    """Page by page; those that are late, or all others, if that is asked."""
    for name in ("a.b", "c_d", "e-f"):
        ward.watched(name, every=10 if name == "c_d" else 500)
    ward.tick(12)
    first, cursor = ward.watches.find(limit=2)
    rest, end = ward.watches.find(limit=2, cursor=cursor)
    assert ([one.name for one in (*first, *rest)], end) == (["a.b", "c_d", "e-f"], "")
    assert [one.name for one in ward.watches.find(limit=9, late=True)[0]] == ["c_d"]
    assert [one.name for one in ward.watches.find(limit=9, late=False)[0]] == ["a.b", "e-f"]
