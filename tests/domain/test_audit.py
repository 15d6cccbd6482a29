"""The chain of the audit log: whatever is done to it behind the program's back shows, and where."""

from datetime import timedelta

import pytest

from tests.chains import a_chain, a_deed
from tests.desk import NOON
from tocsin.domain.audit import (
    APART,
    BEGINNING,
    LONGEST,
    Actor,
    AuditAction,
    AuditEntry,
    AuditFilter,
    Deed,
    Head,
    ended,
    follow,
)
from tocsin.errors import InvalidInput

ENTRIES, HEAD = a_chain(9)


def where(entries, *noted):
    """Return the number and the reason of the first break."""
    return follow(entries, Head(), *noted).broken


def test_a_chain_that_nobody_touched_holds_to_its_end():
    """And so does none at all."""
    assert follow(ENTRIES, Head(), HEAD) == (HEAD, None, True)
    assert ended(HEAD, HEAD, HEAD, Head()) is None
    assert follow([], Head()) == (Head(), None, True)


def test_a_chain_can_be_followed_in_parts():
    """Each goes on where the one before ended."""
    half = follow(ENTRIES[:4], Head())
    assert half.last == Head(number=4, digest=ENTRIES[3].digest)
    assert follow(ENTRIES[4:], half.last).last == HEAD
    other = half.last.model_copy(update={"digest": BEGINNING})
    assert follow(ENTRIES[4:], other).broken == (5, "entry 5 does not follow on entry 4 as it is now")


@pytest.mark.parametrize(
    "fields",
    [
        {"actor": "bob"},
        {"at": NOON},
        {"action": "key_revoked"},
        {"target": "key:other"},
        {"details": {"role": "viewer"}},
        {"address": ""},
        {"request_id": "another"},
        {"unheard_of": 1},
    ],
)
def test_an_entry_that_was_changed_is_found(fields):
    """Whatever of it; also what this program does not know."""
    changed = [*ENTRIES[:4], ENTRIES[4].model_copy(update=fields), *ENTRIES[5:]]
    assert where(changed) == (5, "entry 5 was changed")


def test_an_entry_that_was_changed_and_sealed_anew_is_found_by_the_next_one():
    """Whose digest of it is the old one."""
    changed = [*ENTRIES[:4], ENTRIES[4].model_copy(update={"actor": "bob"}).sealed(), *ENTRIES[5:]]
    assert where(changed) == (6, "entry 6 does not follow on entry 5 as it is now")


def test_an_entry_that_was_dropped_is_found():
    """At its place."""
    assert where([*ENTRIES[:4], *ENTRIES[5:]]) == (5, "entry 5 is missing")
    assert where(ENTRIES[1:]) == (1, "entry 1 is missing")


def test_entries_that_were_swapped_are_found():
    """With their numbers or without."""
    swapped = [*ENTRIES[:4], ENTRIES[5], ENTRIES[4], *ENTRIES[6:]]
    assert where(swapped) == (5, "entry 5 is missing")
    renumbered = [one.model_copy(update={"number": number}) for number, one in enumerate(swapped, start=1)]
    assert where(renumbered) == (5, "entry 5 does not follow on entry 4 as it is now")


def test_an_entry_that_was_slipped_in_is_found():
    """Under the number of another, or in front of all."""
    forged = Head(number=4, digest=ENTRIES[3].digest).next(a_deed(99), NOON)
    assert where([*ENTRIES[:4], forged, *ENTRIES[4:]]) == (6, "entry 5 is there once more, in the place of entry 6")
    assert where([forged.model_copy(update={"number": 0}), *ENTRIES]) == (
        1,
        "entry 0 is there once more, in the place of entry 1",
    )


def test_what_is_no_entry_is_found():
    """It hides none of the others."""
    assert where([*ENTRIES[:4], AuditEntry.unreadable(5), *ENTRIES[5:]]) == (5, "entry 5 cannot be read")


def test_a_tail_that_was_cut_is_found():
    """The head is not at the last entry."""
    last = follow(ENTRIES[:7], Head(), HEAD).last
    assert ended(last, HEAD, HEAD, Head()) == (8, "the log ends at entry 7, and should at 9")


def test_a_head_that_was_changed_is_found():
    """Whether back, or to another digest, or away."""
    earlier = Head(number=7, digest=ENTRIES[6].digest)
    assert follow(ENTRIES, Head(), earlier).broken is None
    why = "the log ends at entry 9, and its head is another one: "
    assert ended(HEAD, earlier, earlier, Head()) == (7, f"{why}7")
    assert ended(HEAD, Head(), Head(), Head()) == (0, f"{why}0")
    other = HEAD.model_copy(update={"digest": BEGINNING})
    assert where(ENTRIES, other) == (9, "entry 9 is another one than was noted")
    assert ended(HEAD, Head(), other, Head()) == (9, f"{why}9")


def test_what_was_written_while_it_was_read_breaks_nothing():
    """The head was at an earlier entry before, or is at a later one now."""
    before = Head(number=7, digest=ENTRIES[6].digest)
    assert ended(HEAD, before, HEAD, Head()) is None
    assert ended(before, before, HEAD, Head()) is None


def test_a_log_that_was_written_anew_is_found_by_what_was_noted_alone():
    """Tail and head agree; the digest that somebody kept elsewhere does not."""
    head = Head(number=4, digest=ENTRIES[3].digest)
    anew = list(ENTRIES[:4])
    for number in range(4, 9):
        entry = head.next(a_deed(number, actor="nobody"), ENTRIES[number].at)
        head = Head(number=entry.number, digest=entry.digest)
        anew.append(entry)
    assert follow(anew, Head(), head) == (head, None, True)
    assert ended(head, head, head, Head()) is None
    noted = Head(number=6, digest=ENTRIES[5].digest)
    assert where(anew, head, noted) == (6, "entry 6 is another one than was noted")
    assert where(ENTRIES, HEAD, noted) is None


def test_a_log_that_was_cut_with_its_head_is_found_by_what_was_noted_alone():
    """It ends before the entry that somebody knows of."""
    short = Head(number=7, digest=ENTRIES[6].digest)
    assert ended(short, short, short, Head()) is None
    assert ended(short, short, short, HEAD) == (8, "the log ends at entry 7, and should at 9")


def test_what_was_noted_is_read_as_it_was_said():
    """And nothing else is."""
    assert Head.read(f" {HEAD}\n") == HEAD
    for text in ("", "9", f"9:{'A' * 64}", f"-9:{'a' * 64}", f"9:{'a' * 63}", f"٩:{'a' * 64}"):
        with pytest.raises(InvalidInput, match="NUMBER:DIGEST"):
            Head.read(text)


def test_an_entry_says_all_that_was_told():
    """Who, what, to what, from where, when; what is empty takes no room."""
    entry = Head().next(Deed(AuditAction.USER_CHANGED, Actor("ann", "::1", "r1"), "user:bob", {"role": "admin"}), NOON)
    assert entry.document() == {
        "number": 1,
        "at": "2026-03-02T12:00:00Z",
        "action": "user_changed",
        "actor": "ann",
        "target": "user:bob",
        "details": {"role": "admin"},
        "address": "::1",
        "request_id": "r1",
        "previous": BEGINNING,
        "digest": entry.digest,
    }
    bare = Head().next(Deed(AuditAction.USER_CHANGED, Actor("ann")), NOON)
    assert set(bare.document()) == {"number", "at", "action", "actor", "previous", "digest"}


def test_an_entry_of_a_newer_program_can_be_read_and_verified():
    """With an action and a field that this one does not know; and this one's with fields that come later."""
    newer = ENTRIES[0].model_copy(update={"action": "moon_walked", "shoes": "two"}).sealed()
    again = AuditEntry.model_validate_json(newer.line())
    assert again.document()["shoes"] == "two"
    assert where([again]) is None

    class Later(AuditEntry):
        mood: str = ""

    assert Later.model_validate_json(ENTRIES[0].line()).worked_out() == ENTRIES[0].digest


def test_a_name_from_outside_is_cut():
    """Part of it may be anything that a request says."""
    entry = Head().next(Deed(AuditAction.KEY_MADE, Actor("a" * 9_999), "b" * 9_999), NOON)
    assert len(entry.actor.encode()) <= LONGEST
    assert "more characters" in entry.target


@pytest.mark.parametrize(
    "wanted, matches",
    [
        ({}, True),
        ({"actor": "ANN"}, True),
        ({"actor": "an"}, False),
        ({"action": "key_made", "target": "KEY:4"}, True),
        ({"action": "key_revoked"}, False),
        ({"target": "key:5"}, False),
        ({"since": NOON + timedelta(minutes=4)}, True),
        ({"since": NOON + timedelta(minutes=5)}, False),
        ({"until": NOON + timedelta(minutes=4)}, False),
        ({"until": NOON + timedelta(minutes=5)}, True),
    ],
)
def test_a_filter_lets_through_what_is_wanted(wanted, matches):
    """Everything that is given must hold."""
    assert AuditFilter(**wanted).matches(ENTRIES[4]) is matches


def test_what_was_long_before_ends_the_search():
    """By more than clocks may differ; what cannot be read tells nothing of when it was."""
    since = AuditFilter(since=NOON + timedelta(minutes=4) + APART)
    assert not since.is_past(ENTRIES[4])
    assert since.is_past(ENTRIES[3])
    assert not since.is_past(AuditEntry.unreadable(3))
    assert not AuditFilter().is_past(ENTRIES[3])
