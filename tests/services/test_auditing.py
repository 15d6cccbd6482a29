"""The audit log of a store: entries in one commit with what they tell of, in a chain that any number may write to."""

import threading

import pytest

from tests.chains import Forger, a_deed, a_log, place
from tests.desk import NOON, at
from tests.services.test_losing_races import Between
from tocsin.clock import FIRST_PAUSE, LONGEST_PAUSE, short_pause
from tocsin.domain.audit import Actor, AuditAction, AuditFilter, Deed, Head
from tocsin.domain.change import Change, Record, RecordWrite
from tocsin.errors import Conflict, InvalidInput, StoreBusy
from tocsin.services import auditing
from tocsin.services.auditing import AUDIT, HEAD, MOST_ATTEMPTS, following
from tocsin.storage.store import MOST_EXAMINED

pytestmark = pytest.mark.large  # moto takes its time: the other stand-in for DynamoDB tries them, in integration

THREADS = 4
EACH = 10


def a_write(number, expected=0, body=None):
    """Build the write of a record beside the log."""
    record = Record(kind="thing", id=str(number), body=body or {}, version=expected + 1)
    return RecordWrite(kind="thing", id=str(number), record=record, expected=expected)


def numbers(entries):
    """Return the numbers of entries."""
    return [entry.number for entry in entries]


# -- writing ----------------------------------------------------------------------------------------------------------


def test_what_is_done_and_its_entry_are_there_together(any_store):
    """With who, from where, and our clock."""
    log = a_log(any_store)
    entry = log.commit(a_deed(1, role="admin"), a_write(1), a_write(2))
    assert (any_store.record("thing", "1"), any_store.record("thing", "2")) != (None, None)
    assert list(log.entries()) == [entry]
    assert (entry.number, entry.at, entry.actor, entry.address) == (1, NOON, "ann", "192.0.2.1")
    assert log.head() == Head(number=1, digest=entry.digest)


def test_what_cannot_be_done_leaves_no_entry(any_store):
    """And the next one follows as if nothing had been."""
    log = a_log(any_store)
    log.commit(a_deed(1), a_write(1))
    with pytest.raises(Conflict, match="thing"):
        log.commit(a_deed(2), a_write(1), a_write(2))
    assert any_store.record("thing", "2") is None
    assert log.commit(a_deed(3), a_write(3)).number == 2
    assert log.verify().broken is None


def test_who_loses_a_race_for_the_head_follows_on_the_winner(any_store):
    """It waits a moment, and is told how often it lost."""
    waited = []
    log = a_log(any_store)
    store = Between(any_store, lambda: log.commit(a_deed(1)), lambda: log.commit(a_deed(2)))
    entry = a_log(store, pause=waited.append).commit(a_deed(3), a_write(1))
    assert (entry.number, waited) == (3, [0, 1])
    assert numbers(log.entries()) == [1, 2, 3]
    assert log.verify().broken is None


def test_who_loses_a_race_for_the_head_and_for_a_record_is_told_of_the_record(any_store):
    """It was decided on what is not so any more."""
    log = a_log(any_store)
    store = Between(any_store, lambda: log.commit(a_deed(1), a_write(1)))
    with pytest.raises(Conflict, match="thing"):
        a_log(store).commit(a_deed(2), a_write(1))
    assert numbers(log.entries()) == [1]


@pytest.mark.large
def test_who_loses_every_race_is_told_so(any_store):
    """After a bounded number, with nothing written."""
    log = a_log(any_store)
    store = Between(any_store, *[lambda: log.commit(a_deed(1))] * MOST_ATTEMPTS)
    with pytest.raises(StoreBusy, match="others kept writing"):
        a_log(store).commit(a_deed(2), a_write(1))
    assert any_store.record("thing", "1") is None
    assert log.head().number == MOST_ATTEMPTS


@pytest.mark.large
def test_many_that_write_at_once_lose_nothing_and_leave_no_gap(any_store):
    """Each with a log of its own, as processes have; every entry is there once, and the chain holds."""
    barrier = threading.Barrier(THREADS)
    failed = []

    def work(name):
        log = a_log(any_store, pause=short_pause)
        barrier.wait(10)
        for number in range(EACH):
            try:
                log.commit(a_deed(number, actor=name), a_write(f"{name} {number}"))
            except Exception as error:  # it must reach the test, which runs in another thread
                failed.append(error)
                raise

    threads = [threading.Thread(target=work, args=(str(name),)) for name in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    found = list(a_log(any_store).entries())
    assert numbers(found) == list(range(1, THREADS * EACH + 1))
    wanted = sorted((str(name), f"key:{number}") for name in range(THREADS) for number in range(EACH))
    assert sorted((one.actor, one.target) for one in found) == wanted
    assert a_log(any_store).verify().broken is None


def test_a_pause_is_short_and_grows():
    """A random part of a time that doubles; nobody waits for long."""
    slept = []
    for attempt in (0, 1, 2, 50):
        short_pause(attempt, sleep=slept.append, jitter=lambda: 1.0)
    assert slept == [FIRST_PAUSE, FIRST_PAUSE * 2, FIRST_PAUSE * 4, LONGEST_PAUSE]


# -- reading ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def long(quick_store, monkeypatch):
    """Return a log of more than one page."""
    monkeypatch.setattr(auditing, "PAGE", 7)
    return a_log(quick_store, 30)


def test_a_log_is_read_in_both_directions(long):
    """Page by page, from anywhere."""
    assert numbers(long.entries()) == list(range(1, 31))
    assert numbers(long.entries(after=25)) == [26, 27, 28, 29, 30]
    assert numbers(long.newest()) == list(range(30, 0, -1))
    assert numbers(long.newest(before=4)) == [3, 2, 1]
    assert numbers(long.newest(before=1)) == []


def test_an_empty_log_is_one(quick_store):
    """It holds, and has nothing in it."""
    log = a_log(quick_store)
    assert (list(log.entries()), list(log.newest()), log.find(AuditFilter())) == ([], [], ([], ""))
    assert log.verify() == (Head(), None, True)


def test_what_matches_is_found_page_by_page(long):
    """Newest first; the cursor of the last page is empty."""
    page, cursor = long.find(AuditFilter(), limit=12)
    assert (numbers(page), bool(cursor)) == (list(range(30, 18, -1)), True)
    page, cursor = long.find(AuditFilter(), limit=12, cursor=cursor)
    assert numbers(page) == list(range(18, 6, -1))
    assert (numbers(long.find(AuditFilter(), limit=12, cursor=cursor)[0]), cursor != "") == ([6, 5, 4, 3, 2, 1], True)
    assert long.find(AuditFilter(), limit=12, cursor="1") == ([], "")
    found, cursor = long.find(AuditFilter(since=at(10), until=at(12)))
    assert (numbers(found), cursor) == ([12, 11], "")
    assert [one.target for one in long.find(AuditFilter(target="key:3"))[0]] == ["key:3"]


def test_a_search_looks_at_no_more_than_it_may(quick_store, monkeypatch):
    """A page may be empty, and have a cursor."""
    monkeypatch.setattr(auditing, "MOST_EXAMINED", 10)
    log = a_log(quick_store, 25)
    wanted, cursor, pages = AuditFilter(target="key:0"), "", []
    while not pages or cursor:
        found, cursor = log.find(wanted, cursor=cursor)
        pages.append(numbers(found))
    assert pages == [[], [], [1]]
    assert MOST_EXAMINED == 1_000


def test_what_is_long_past_is_not_looked_at(quick_store):
    """What was written before the moment asked for, by more than clocks may differ."""
    a_log(quick_store, 250)
    late = a_log(quick_store, 2, now=at(900))
    read = []

    class Watched:
        def __getattr__(self, name):
            if name == "records":
                read.append(name)
            return getattr(quick_store, name)

    log = a_log(Watched())
    assert numbers(log.find(AuditFilter(since=at(900)))[0]) == [252, 251]
    assert read == ["records"]
    assert late.verify().broken is None


@pytest.mark.parametrize("cursor", ["x", "-1", "1.5", "1" * 13, "٣"])
def test_a_cursor_that_no_page_gave_is_refused(quick_store, cursor):
    """It would be looked for in vain."""
    with pytest.raises(InvalidInput, match="no cursor"):
        a_log(quick_store).find(AuditFilter(), cursor=cursor)


def test_tombstones_of_older_programs_are_no_entries(any_store):
    """They had the kind that entries have now."""
    Forger(any_store).put("deleted:INC-1001", {"what": "incident deleted", "by": "root"})
    log = a_log(any_store, 3)
    Forger(any_store).put("deleted:INC-1002", {"what": "incident deleted", "by": "root"})
    assert numbers(log.entries()) == [1, 2, 3]
    assert numbers(log.newest()) == [3, 2, 1]
    assert log.verify().broken is None


# -- whoever writes to the store itself -------------------------------------------------------------------------------


@pytest.fixture
def forger(any_store):
    """Return somebody who writes to a store whose log has nine entries."""
    a_log(any_store, 9)
    return Forger(any_store)


def broken(forger, *, noted=None):
    """Return where the chain breaks, followed at once and in parts."""
    log = a_log(forger.store)
    whole = log.verify(noted=noted)
    seen = log.verify(noted=noted, most=2)
    while not seen.whole:
        seen = log.verify(after=seen.last, noted=noted, most=2)
    assert (seen.broken and seen.broken.number) == (whole.broken and whole.broken.number)
    return whole.broken


def test_nobody_was_at_it(forger):
    """And whoever noted an entry finds it."""
    assert broken(forger) is None
    entry = forger.entry(4)
    assert broken(forger, noted=Head(number=4, digest=entry.digest)) is None


def test_an_entry_that_was_changed_shows(forger):
    """In the store, too."""
    forger.change(5, actor="nobody")
    assert broken(forger) == (5, "entry 5 was changed")
    forger.put(place(5), forger.entry(5).sealed().document())
    assert broken(forger) == (6, "entry 6 does not follow on entry 5 as it is now")


def test_an_entry_that_was_dropped_shows(forger):
    """It is missing."""
    forger.put(place(5), None)
    assert broken(forger) == (5, "entry 5 is missing")


def test_entries_that_were_swapped_show(forger):
    """Under each other's places."""
    fifth, sixth = forger.entry(5), forger.entry(6)
    forger.put(place(5), sixth.document())
    forger.put(place(6), fifth.document())
    assert broken(forger) == (5, "entry 5 is missing")


def test_an_entry_that_was_slipped_in_shows(forger):
    """Wherever it stands."""
    fourth = forger.entry(4)
    forged = Head(number=4, digest=fourth.digest).next(a_deed(99), NOON)
    forger.put(f"{place(4)}a", forged.document())
    assert broken(forger) == (6, "entry 5 is there once more, in the place of entry 6")


def test_what_is_no_entry_shows_and_hides_no_other(forger):
    """It stands in the list as what cannot be read."""
    forger.put(place(5), {"number": "five"})
    assert broken(forger) == (5, "entry 5 cannot be read")
    assert [(one.number, one.action) for one in a_log(forger.store).newest()][4:6] == [
        (5, "unreadable"),
        (4, "key_made"),
    ]
    forger.put("x", {})
    assert len(list(a_log(forger.store).entries())) == 10


def test_a_tail_that_was_cut_shows(forger):
    """The head knows of it."""
    forger.put(place(8), None)
    forger.put(place(9), None)
    assert broken(forger) == (8, "the log ends at entry 7, and should at 9")


def test_an_entry_beyond_the_head_shows(forger):
    """The head was put back, so that the next entry would take its place."""
    forger.head(7)
    assert broken(forger) == (7, "the log ends at entry 9, and its head is another one: 7")
    forger.put(HEAD, None, kind=HEAD)
    assert broken(forger) == (0, "the log ends at entry 9, and its head is another one: 0")


def test_a_head_with_another_digest_shows(forger):
    """At the entry that it names."""
    forger.head(9, "f" * 64)
    assert broken(forger) == (9, "entry 9 is another one than was noted")


def test_what_was_written_anew_with_its_head_shows_by_what_was_noted_alone(forger):
    """That is what `--expect` is for."""
    noted = Head(number=9, digest=forger.entry(9).digest)
    forger.change(5, actor="nobody")
    forger.reseal(5, 9)
    forger.head(9)
    assert broken(forger) is None
    assert broken(forger, noted=noted) == (9, "entry 9 is another one than was noted")


def test_what_was_cut_with_its_head_shows_by_what_was_noted_alone(forger):
    """The log is short, and sound."""
    noted = Head(number=9, digest=forger.entry(9).digest)
    for number in (8, 9):
        forger.put(place(number), None)
    forger.head(7)
    assert broken(forger) is None
    assert broken(forger, noted=noted) == (8, "the log ends at entry 7, and should at 9")


def test_what_is_written_while_it_is_verified_breaks_nothing(any_store):
    """Between any two reads."""
    log = a_log(any_store, 3)

    class Busy(Between):
        def record(self, kind, record_id):
            log.commit(a_deed(1))
            return self._store.record(kind, record_id)

        def records(self, kind, *, after="", limit):
            log.commit(a_deed(2))
            return self._store.records(kind, after=after, limit=1)

    seen = a_log(Busy(any_store)).verify(most=2)
    assert (seen.broken, seen.whole) == (None, False)
    assert a_log(any_store).verify().broken is None


def test_the_writes_of_an_entry_go_into_any_change(quick_store):
    """So that what else is written can be an incident."""
    log = a_log(quick_store, 2)
    entry, writes = following(log.head(), Deed(AuditAction.INCIDENT_DELETED, Actor("ann"), "incident:INC-1"), NOON)
    quick_store.commit(Change(id="a", at=NOON, records=writes))
    assert list(log.entries(after=2)) == [entry]
    assert quick_store.record(AUDIT, place(3)).expires_at is None
    assert log.verify().broken is None
