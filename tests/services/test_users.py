"""People, on every backend: added, changed, found; and never without an administrator."""

import itertools
import threading
import unicodedata

import pytest

from tests.desk import NOON
from tests.services.test_losing_races import Between
from tocsin.domain.access import UserRole
from tocsin.domain.audit import Actor
from tocsin.domain.change import Record, RecordWrite
from tocsin.domain.user import UserEdit, checked_email
from tocsin.errors import Conflict, InvalidInput, NotAllowed, NotFound, PreconditionFailed
from tocsin.services.auditing import AuditLog
from tocsin.services.tick import MOST_ATTEMPTS
from tocsin.services.users import Users

pytestmark = pytest.mark.large  # moto takes its time: the other stand-in for DynamoDB tries them, in integration

BOSS = Actor("boss@example.com", "192.0.2.1", "r-1")
OFF = UserEdit(active=False)
VIEWER = UserEdit(role=UserRole.VIEWER)


def people(store, *, name="p"):
    ids = itertools.count(1)
    new_id = lambda: f"{name}-{next(ids)}"
    return Users(store, AuditLog(store, clock=lambda: NOON, new_id=new_id), clock=lambda: NOON, new_id=new_id)


@pytest.fixture
def users(any_store):
    made = people(any_store)
    made.store = any_store
    return made


def added(users, name, role=UserRole.VIEWER, **more):
    return users.add(f"{name}@example.com", name.title(), role, actor=BOSS, **more)


def entries(users):
    return list(AuditLog(users.store, clock=lambda: NOON, new_id=lambda: "x").entries())


def test_a_person_is_added_and_found(users):
    """By id, and by address however it is written."""
    ana = users.add(" Ana@Example.com ", "  Ana\tRuiz ", UserRole.RESPONDER, actor=BOSS, time_zone="Europe/Madrid")
    assert (ana.email, ana.full_name, ana.time_zone, ana.created_by) == (
        "ana@example.com",
        "Ana Ruiz",
        "Europe/Madrid",
        "boss@example.com",
    )
    assert users.get(ana.id) == users.by_email("ANA@example.com") == users.named(ana.id) == ana
    assert users.named(" ana@example.COM") == ana
    (entry,) = entries(users)
    assert (entry.action, entry.actor, entry.address, entry.target) == (
        "user_added",
        "boss@example.com",
        "192.0.2.1",
        "user:ana@example.com",
    )


@pytest.mark.parametrize("name", ["nobody", "nobody@example.com", "", "@", "a b", "x" * 5_000, "é", "\x00@example.com"])
def test_who_is_not_there_is_not_found(users, name):
    """Whatever it is that was asked for."""
    with pytest.raises(NotFound, match="there is no user"):
        users.named(name)


def test_an_address_belongs_to_one_person(users):
    """Who is there stays as they were."""
    ana = added(users, "ana")
    with pytest.raises(Conflict, match=r"there is a user ana@example\.com already"):
        added(users, "ANA", UserRole.ADMIN)
    assert list(users.every()) == [ana]
    assert len(entries(users)) == 1


def test_a_name_at_an_issuer_belongs_to_one_person(users):
    """And it leads to them."""
    ana = added(users, "ana", subject="https://issuer|1")
    with pytest.raises(Conflict):
        added(users, "bob", subject="https://issuer|1")
    assert users.by_subject("https://issuer|1") == ana
    assert users.by_subject("https://issuer|2") is None


def test_what_is_written_with_a_person_is_written_or_neither(users):
    """A password, an answer."""
    key = RecordWrite(kind="x", id="1", record=Record(kind="x", id="1"), expected=0)
    added(users, "ana", also=lambda _user: (key,))
    assert users.store.record("x", "1") is not None
    with pytest.raises(Conflict):
        added(users, "bob", also=lambda _user: (key,))
    assert users.by_email("bob@example.com") is None


def test_what_cannot_be_seen_is_part_of_no_address():
    """Two addresses that look alike are then one."""
    for text in ("a\u200bna@example.com", "ana\x1b@example.com", "ana", "a@b..c", "a" * 65 + "@b.c", "a@" + "b" * 260):
        with pytest.raises(InvalidInput, match="no e-mail address"):
            UserEdit(email=text).applied(None, NOON)


@pytest.mark.parametrize("unseen", ["\u034f", "\u115f", "\u1160", "\u2800", "\u3164", "\ufe0f", "\uffa0", "\U000e0100"])
def test_what_shows_as_nothing_is_part_of_no_address(unseen):
    """Though Unicode calls it a letter, or a mark."""
    with pytest.raises(InvalidInput, match="no e-mail address"):
        checked_email(f"ana{unseen}@example.com")


@pytest.mark.parametrize(
    "name",
    [
        "eve%evil.example",
        "evil.example!eve",
        "|eve",
        "=?utf-8?q?eve=40evil.example=2c?=",
        "=?utf-8?q?bob?=",
        ".eve",
        "eve.",
    ],
)
def test_what_a_mail_server_may_take_for_another_address_is_none(name):
    """A letter to it would go elsewhere than the address says: to another host, or to somebody else."""
    with pytest.raises(InvalidInput, match="no e-mail address"):
        checked_email(f"{name}@example.com")


@pytest.mark.parametrize("capital", ["J\u030c", "H\u0331", "T\u0308", "W\u030a", "\u212aarl", "\u0130"])
def test_an_address_is_compared_as_it_is_kept(capital):
    """Once it was read, reading it again changes nothing: what looks alike is one, whatever its capital letters were."""
    kept = checked_email(f"{capital}@example.com")
    assert checked_email(kept) == kept == unicodedata.normalize("NFC", kept)


def test_everything_about_a_person_can_be_changed(users):
    """The address too: the old one is free again, and the log has both."""
    ana = added(users, "ana")
    edit = UserEdit(email="ana.ruiz@example.com", full_name="Ana Ruiz", role=UserRole.ADMIN, time_zone="Asia/Tokyo")
    after = users.edit("ana@example.com", edit, actor=BOSS)
    assert users.by_email("ana@example.com") is None
    assert users.by_email("ana.ruiz@example.com") == users.get(ana.id) == after
    assert (after.full_name, after.role, after.time_zone, after.version) == ("Ana Ruiz", "admin", "Asia/Tokyo", 2)
    told = entries(users)[-1]
    assert (told.action, told.details["role"]) == ("user_changed", {"from": "viewer", "to": "admin"})
    assert added(users, "ana").id != ana.id


def test_an_edit_that_changes_nothing_writes_nothing(users):
    """Neither the person nor the log."""
    ana = added(users, "ana")
    assert users.edit(ana.id, UserEdit(full_name="Ana", role=UserRole.VIEWER), actor=BOSS) == ana
    assert len(entries(users)) == 1


def test_an_address_that_is_taken_cannot_be_changed_to(users):
    """It says which."""
    added(users, "ana")
    added(users, "bob")
    with pytest.raises(Conflict, match=r"there is a user bob@example\.com already"):
        users.edit("ana@example.com", UserEdit(email="bob@example.com"), actor=BOSS)
    assert users.by_email("ana@example.com") is not None


def test_who_is_deactivated_is_signed_out_and_stays_known(users):
    """Twice is no error; the moment stays the first one. Activated again they are who they were."""
    ana = added(users, "ana", UserRole.RESPONDER)
    gone = users.edit(ana.id, OFF, actor=BOSS)
    assert (gone.active, gone.may_sign_in, gone.signed_out_at) == (False, False, NOON)
    assert users.edit(ana.id, OFF, actor=BOSS) == gone
    assert list(users.every()) == [gone]
    back = users.edit(ana.id, UserEdit(active=True), actor=BOSS)
    assert (back.active, back.role, back.signed_out_at) == (True, UserRole.RESPONDER, NOON)
    assert [one.action for one in entries(users)] == ["user_added", "user_deactivated", "user_activated"]


def test_nobody_raises_their_own_role(users):
    """Somebody else has to; lowering it is up to them."""
    ana = added(users, "ana", UserRole.RESPONDER)
    with pytest.raises(NotAllowed, match="own role"):
        users.edit(ana.id, UserEdit(role=UserRole.ADMIN), actor=Actor("ana@example.com"))
    assert users.edit(ana.id, VIEWER, actor=Actor("ana@example.com")).role is UserRole.VIEWER


@pytest.mark.parametrize(
    "edit", [OFF, VIEWER, UserEdit(role=UserRole.RESPONDER), UserEdit(role=UserRole.VIEWER, active=False)]
)
def test_the_last_administrator_stays_one(users, edit):
    """Neither who was deactivated, nor who is no administrator, nor who was not verified can take over."""
    boss = added(users, "boss", UserRole.ADMIN)
    added(users, "ana", UserRole.RESPONDER)
    added(users, "new", UserRole.ADMIN, verified=False)
    left = added(users, "left", UserRole.ADMIN)
    users.edit(left.id, OFF, actor=BOSS)
    with pytest.raises(NotAllowed, match=r"boss@example\.com is the last administrator"):
        users.edit(boss.id, edit, actor=BOSS)
    assert users.get(boss.id) == boss
    users.edit(boss.id, UserEdit(full_name="The Boss"), actor=BOSS)
    users.edit(left.id, UserEdit(active=True), actor=BOSS)
    assert not users.edit(boss.id, edit, actor=BOSS).administers


def test_of_two_administrators_who_leave_at_the_same_moment_one_stays(users):
    """Each saw the other when they looked."""
    ana, bob = (added(users, name, UserRole.ADMIN) for name in ("ana", "bob"))
    late = people(Between(users.store, lambda: users.edit(bob.id, OFF, actor=BOSS)), name="late")
    with pytest.raises(NotAllowed, match=r"ana@example\.com is the last administrator"):
        late.edit(ana.id, VIEWER, actor=BOSS)
    assert users.get(ana.id).administers


@pytest.mark.large
def test_however_many_administrators_leave_at_once_one_stays(any_store):
    """In threads, as in servers."""
    users = people(any_store)
    everybody = [added(users, f"admin{number}", UserRole.ADMIN) for number in range(4)]
    start = threading.Barrier(4, timeout=30)
    refused = []

    def leave(number, user):
        mine = people(any_store, name=f"t{number}")
        start.wait()
        try:
            mine.edit(user.id, OFF if number % 2 else VIEWER, actor=BOSS)
        except (NotAllowed, Conflict) as error:
            refused.append(error)

    threads = [threading.Thread(target=leave, args=one) for one in enumerate(everybody)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    left = [one for one in users.every() if one.administers]
    assert len(left) >= 1
    assert len(left) == len(refused)


def test_of_two_edits_on_what_was_seen_the_second_is_refused(users):
    """It looks again, and decides."""
    ana = added(users, "ana")
    users.edit(ana.id, UserEdit(full_name="Ana Ruiz"), actor=BOSS, expected=ana.version)
    with pytest.raises(PreconditionFailed, match="changed since you looked"):
        users.edit(ana.id, UserEdit(time_zone="Asia/Tokyo"), actor=BOSS, expected=ana.version)
    assert users.get(ana.id).time_zone == "UTC"


def test_of_two_edits_at_the_same_moment_neither_is_lost(users):
    """Where nobody asked for what was seen."""
    ana = added(users, "ana")
    meanwhile = UserEdit(time_zone="Asia/Tokyo")
    late = people(Between(users.store, lambda: users.edit(ana.id, meanwhile, actor=BOSS)), name="late")
    late.edit(ana.id, UserEdit(full_name="Ana Ruiz"), actor=BOSS)
    after = users.get(ana.id)
    assert (after.full_name, after.time_zone, after.version) == ("Ana Ruiz", "Asia/Tokyo", 3)


@pytest.mark.large
def test_an_edit_gives_up_where_others_keep_writing(users):
    """With an error that says that trying again helps."""
    ana = added(users, "ana")
    numbers = itertools.count(1)
    disturb = lambda: users.edit(ana.id, UserEdit(full_name=f"Ana {next(numbers)}"), actor=BOSS)
    late = people(Between(users.store, *[disturb, lambda: None] * MOST_ATTEMPTS), name="late")
    with pytest.raises(Conflict, match="others kept changing") as raised:
        late.edit(ana.id, UserEdit(time_zone="Asia/Tokyo"), actor=BOSS)
    assert raised.value.retryable


def test_people_are_found_by_role_state_and_text(users):
    """Whatever the letter case."""
    added(users, "ana", UserRole.ADMIN)
    bob = added(users, "bob")
    added(users, "cleo")
    users.edit(bob.id, OFF, actor=BOSS)

    def names(**wanted):
        some, cursor = users.find(limit=10, **wanted)
        assert cursor == ""
        return sorted(one.full_name for one in some)

    assert names() == ["Ana", "Bob", "Cleo"]
    assert names(role=UserRole.VIEWER) == ["Bob", "Cleo"]
    assert names(active=True) == ["Ana", "Cleo"]
    assert names(active=False, role=UserRole.VIEWER) == ["Bob"]
    assert names(text="CLE") == ["Cleo"]
    assert names(text="@example.com") == ["Ana", "Bob", "Cleo"]


def test_a_list_of_people_is_whole_page_by_page(users):
    """Nobody twice, nobody left out."""
    everybody = {added(users, f"user{number}").id for number in range(7)}
    found, cursor = [], ""
    while True:
        some, cursor = users.find(limit=3, cursor=cursor)
        found += [one.id for one in some]
        if not cursor:
            break
    assert len(found) == 7
    assert set(found) == everybody


@pytest.mark.parametrize("cursor", ["x", "====", "é", "AAAA", "Li4v"])
def test_a_cursor_that_no_page_gave_is_refused(users, cursor):
    """It is not taken for a place."""
    with pytest.raises(InvalidInput, match="no cursor"):
        users.find(limit=3, cursor=cursor)


def test_what_is_seen_of_a_person_is_nothing_they_sign_in_with(users):
    """Neither their name elsewhere nor when they were signed out."""
    ana = added(users, "ana", subject="https://issuer|1")
    assert "issuer" not in ana.profile.model_dump_json()
    assert set(type(ana).model_fields) - set(type(ana.profile).model_fields) == {
        *("subject", "signed_out_at", "role_since", "version")
    }
