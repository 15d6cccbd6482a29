"""Where people and rooms are reached, on every backend."""

import functools
import itertools
import threading

import pytest

from tests.people import Counted
from tests.reach import BOSS, Reached
from tests.services.test_losing_races import Between
from tocsin.domain.change import Record, RecordWrite
from tocsin.domain.contact import ChannelKind
from tocsin.domain.notification_rules import ACCOUNT
from tocsin.domain.user import UserEdit
from tocsin.errors import AlreadyThere, Conflict, InvalidInput, NotFound, PreconditionFailed, Refused
from tocsin.services.contact_records import BOOK, CONTACT, MOST_CONTACTS, number_of
from tocsin.services.due import CODE
from tocsin.services.tick import MOST_ATTEMPTS

pytestmark = pytest.mark.large  # moto takes its time: the other stand-in for DynamoDB tries them, in integration

SMS, SLACK, NTFY, EMAIL = ChannelKind.SMS, ChannelKind.SLACK, ChannelKind.NTFY, ChannelKind.EMAIL
PHONE = {"number": "+49 30 1234567"}
HOOK = {"url": "https://hooks.slack.com/services/T1/swordfish"}


@pytest.fixture
def town(any_store):
    return Reached(any_store)


@pytest.fixture
def ann(town):
    return town.person()


def test_a_way_is_added_and_found_by_its_number(town, ann):
    """It counts once it is verified."""
    phone = town.contacts.add(ann, SMS, PHONE, name=" my  phone ", actor=BOSS)
    assert (phone.name, phone.address, phone.user, phone.usable) == (
        "my phone",
        {"number": "+49301234567"},
        ann.id,
        False,
    )
    assert number_of(phone) == "1"
    for ref in ("1", "000001", phone.id):
        assert town.contacts.own(ann, ref) == phone
    assert town.contacts.find(phone.id) == phone
    assert town.contacts.of(ann.id) == [phone]
    assert town.log()[-1] == ("contact_added", "user:ann@example.com", {"contact": "1", "kind": "sms"})


@pytest.mark.parametrize("ref", ["2", "", "x", "-1", "1234567", "bo:000001", "change-1:x"])
def test_a_way_that_there_is_not_is_not_found(town, ann, ref):
    """Whatever it is that was asked for; nor is anybody else's."""
    bo = town.person("bo@example.com")
    town.contacts.add(bo, SMS, PHONE, actor=BOSS)
    town.contacts.add(ann, SMS, PHONE, actor=BOSS)
    with pytest.raises(NotFound, match=r"ann@example\.com has no contact"):
        town.contacts.own(ann, ref)
    with pytest.raises(NotFound):
        town.contacts.own(ann, town.contacts.of(bo.id)[0].id)


def test_the_ways_of_a_person_are_one_read_in_the_order_in_which_they_were_added(town, ann):
    """Those of others, and rooms, are not looked at, however alike their ids are."""
    others = [town.person(f"{name}@example.com") for name in "bcdefghijkl"]
    for other in (*others, ann):
        town.contacts.add(other, SMS, PHONE, actor=BOSS)
    town.contacts.add(ann, NTFY, {"url": "https://ntfy.sh/x"}, actor=BOSS)
    town.contacts.add_room("ops", SMS, PHONE, actor=BOSS)
    counted = Counted(town.store)
    again = Reached(counted, before=town)
    assert [one.kind for one in again.contacts.of(ann.id)] == [SMS, NTFY]
    assert {one.user for one in again.contacts.of(ann.id)} == {ann.id}
    assert counted.calls == ["records", "records"]


def test_a_secret_is_sealed_and_shown_to_nobody_again(town, ann):
    """It is neither in the store nor on record; the channel that sends is handed it."""
    hook = town.contacts.add(ann, SLACK, HOOK, actor=BOSS)
    assert hook.address == {"url": "https://hooks.slack.com/..."}
    assert town.contacts.opened(hook) == HOOK
    kept = [str(town.store.records(kind, limit=100)) for kind in (CONTACT, BOOK, "audit")]
    assert "swordfish" not in "".join(kept)
    phone = town.contacts.add(ann, SMS, PHONE, actor=BOSS)
    assert (phone.sealed, town.contacts.opened(phone)) == ("", {"number": "+49301234567"})


def test_a_secret_is_read_again_after_every_exchange_of_keys_and_by_other_processes(town, ann):
    """And not without the keys: the error names the contact."""
    hook = town.contacts.add(ann, SLACK, HOOK, actor=BOSS)
    for _ in range(3):
        town.place.rotate()
    assert Reached(town.store, before=town).contacts.opened(hook) == HOOK
    strange = Reached(town.store)
    strange.place.secret()
    with pytest.raises(Refused, match=f"the contact {hook.id} is sealed with the key") as raised:
        strange.contacts.opened(hook)
    assert "SIGNING_KEYS_FILE" in raised.value.hint


def test_the_address_of_the_account_is_a_way_without_a_record(town, ann):
    """If it is verified; nobody who was deactivated has any."""
    phone = town.contacts.add(ann, SMS, PHONE, actor=BOSS)
    (account,) = town.contacts.usable(ann)
    assert (account.id, account.kind, account.address) == (ACCOUNT, EMAIL, {"email": "ann@example.com"})
    assert (account.usable, number_of(account)) == (True, "")
    assert town.contacts.find(phone.id) is not None
    assert town.contacts.usable(ann.model_copy(update={"verified": False})) == []
    assert town.contacts.usable(town.users.edit(ann.id, UserEdit(active=False), actor=BOSS)) == []


def test_one_way_is_looked_up_by_itself_when_it_is_used(town, ann):
    """As it is then: not one that is switched off, not verified, somebody else's, or whose person is out."""
    phone = verified(town, town.contacts.add(ann, SMS, PHONE, actor=BOSS))
    bo = town.person("bo@example.com")
    assert town.contacts.usable_one(ann, phone.id) == phone
    assert town.contacts.usable_one(ann, ACCOUNT).address == {"email": "ann@example.com"}
    assert town.contacts.usable_one(ann.model_copy(update={"verified": False}), ACCOUNT) is None
    assert town.contacts.usable_one(bo, phone.id) is None
    assert town.contacts.usable_one(ann, "nobody:1") is None
    out = ann.model_copy(update={"active": False})
    assert [town.contacts.usable_one(out, one) for one in (phone.id, ACCOUNT)] == [None, None]
    town.contacts.edit(phone, ann, active=False, actor=BOSS)
    assert town.contacts.usable_one(ann, phone.id) is None


def test_what_cannot_be_an_address_is_refused(town, ann):
    """And what hands over to another system is no person's."""
    with pytest.raises(InvalidInput, match="is no telephone number"):
        town.contacts.add(ann, SMS, {"number": "1"}, actor=BOSS)
    with pytest.raises(InvalidInput, match="is for rooms"):
        town.contacts.add(ann, ChannelKind.PAGERDUTY, {"routing_key": "x"}, actor=BOSS)
    with pytest.raises(InvalidInput, match="no address of the public network"):
        town.contacts.add(ann, NTFY, {"url": "https://10.0.0.1/x"}, actor=BOSS)
    assert town.contacts.of(ann.id) == []
    trying = Reached(town.store, before=town, private=True, name="other")
    assert (
        trying.contacts.add(ann, NTFY, {"url": "http://127.0.0.1:8/x"}, actor=BOSS).address["url"].startswith("http:")
    )


@pytest.mark.large
def test_a_person_has_so_many_ways_and_no_number_twice(town, ann):
    """A number that was given is not given again: rules and pages name it."""
    for _ in range(MOST_CONTACTS):
        last = town.contacts.add(ann, SMS, PHONE, actor=BOSS)
    with pytest.raises(InvalidInput, match="at most 20 contacts"):
        town.contacts.add(ann, SMS, PHONE, actor=BOSS)
    town.contacts.remove(last, ann, actor=BOSS)
    assert number_of(town.contacts.add(ann, SMS, PHONE, actor=BOSS)) == "21"


def test_several_are_added_at_once_and_none_is_lost(quick_store):
    """Each with a number of its own."""
    town = Reached(quick_store)
    ann = town.person()
    threads = [
        threading.Thread(
            target=Reached(quick_store, before=town, name=f"t{number}").contacts.add,
            args=(ann, SMS, PHONE),
            kwargs={"actor": BOSS},
        )
        for number in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [number_of(one) for one in town.contacts.of(ann.id)] == ["1", "2", "3"]


def test_what_is_written_with_a_contact_is_written_or_neither(town, ann):
    """An answer that is kept."""
    key = RecordWrite(kind="x", id="1", record=Record(kind="x", id="1"), expected=0)
    town.contacts.add(ann, SMS, PHONE, actor=BOSS, also=lambda _made: (key,))
    with pytest.raises(Conflict):
        town.contacts.add(ann, SMS, PHONE, actor=BOSS, also=lambda _made: (key,))
    with pytest.raises(Conflict):
        town.contacts.add_room("ops", SMS, PHONE, actor=BOSS, also=lambda _made: (key,))
    assert (len(town.contacts.of(ann.id)), list(town.contacts.rooms())) == (1, [])


def test_a_changed_address_has_to_be_verified_anew(town, ann):
    """Another name, or switching it off and on, is no other address."""
    phone = verified(town, town.contacts.add(ann, SMS, PHONE, actor=BOSS))
    named = town.contacts.edit(phone, ann, name="old", active=False, actor=BOSS)
    assert (named.name, named.active, named.usable, named.verified_at) == ("old", False, False, phone.verified_at)
    on = town.contacts.edit(phone, ann, active=True, words=PHONE, actor=BOSS)
    assert (on.usable, on.version) == (True, 4)
    assert town.contacts.edit(on, ann, name="old", actor=BOSS) == on
    other = town.contacts.edit(on, ann, words={"number": "+49301234568"}, actor=BOSS)
    assert (other.verified_at, other.usable) == (None, False)
    assert [details.get("changed") for action, _, details in town.log() if action == "contact_changed"] == [
        ["name", "active"],
        ["active"],
        ["address"],
    ]


def test_a_secret_that_is_entered_anew_is_another(town, ann):
    """Nobody can see whether it is."""
    hook = verified(town, town.contacts.add(ann, SLACK, HOOK, actor=BOSS))
    again = town.contacts.edit(hook, ann, words=HOOK, actor=BOSS)
    assert (again.verified_at, town.contacts.opened(again)) == (None, HOOK)
    assert town.log()[-1][2]["changed"] == ["address"]


def verified(town, contact):
    """Have it verified, as a code would."""
    user = town.users.named(contact.user)
    town.verification.ask(contact)
    ((message, _),) = town.tick()
    return town.verification.verify(user, contact, message.short.split()[1], actor=BOSS)


def test_of_two_who_change_a_contact_the_second_looks_again(town, ann):
    """If they say what they saw."""
    phone = town.contacts.add(ann, SMS, PHONE, actor=BOSS)
    town.contacts.edit(phone, ann, name="a", actor=BOSS, expected=1)
    for change in (town.contacts.edit, town.contacts.remove):
        with pytest.raises(PreconditionFailed, match="was changed since you looked"):
            change(phone, ann, actor=BOSS, expected=1)


def test_a_deleted_contact_is_gone_with_its_code(town, ann):
    """And cannot be changed any more."""
    phone = town.contacts.add(ann, SMS, PHONE, actor=BOSS)
    town.verification.ask(phone)
    town.contacts.remove(phone, ann, actor=BOSS)
    assert town.contacts.of(ann.id) == []
    assert town.store.record(CODE, phone.id) is None
    assert town.log()[-1] == ("contact_removed", "user:ann@example.com", {"contact": "1", "kind": "sms"})
    for change in (town.contacts.edit, town.contacts.remove):
        with pytest.raises(NotFound, match="deleted a moment ago"):
            change(phone, ann, actor=BOSS)


@pytest.mark.large
def test_a_lost_race_is_run_again_and_not_for_ever(town, ann):
    """What is decided is decided on what is there; nothing of the winner's is lost."""
    phone = town.contacts.add(ann, SMS, PHONE, actor=BOSS)
    numbers = itertools.count(1)

    def disturbed(times):
        rival = lambda: town.contacts.edit(phone, ann, name=f"{next(numbers)}", actor=BOSS)
        acts = [rival, lambda: None] * times
        return Reached(Between(town.store, *acts), before=town, name=f"late{next(numbers)}").contacts

    assert disturbed(1).edit(phone, ann, active=False, actor=BOSS).name == "2"
    for act in (disturbed(MOST_ATTEMPTS).remove, functools.partial(disturbed(MOST_ATTEMPTS).edit, active=True)):
        with pytest.raises(Conflict, match="others kept changing"):
            act(phone, ann, actor=BOSS)
    rival = lambda: town.contacts.add(ann, SMS, PHONE, actor=BOSS)
    late = Reached(Between(town.store, *[rival, lambda: None] * MOST_ATTEMPTS), before=town, name="late")
    with pytest.raises(Conflict, match="others kept changing"):
        late.contacts.add(ann, SMS, PHONE, actor=BOSS)
    disturbed(1).remove(phone, ann, actor=BOSS)


def test_a_room_is_found_by_name_and_counts_at_once(town):
    """In any letter case, as chats write it, and by id."""
    ops = town.contacts.add_room("#Ops", SLACK, HOOK, actor=BOSS)
    assert (ops.name, ops.user, ops.usable, number_of(ops)) == ("Ops", "", True, "Ops")
    for name in ("ops", "#OPS", ops.id):
        assert town.contacts.room(name) == ops
    assert town.log()[-1] == ("contact_added", "room:Ops", {"kind": "slack"})
    with pytest.raises(AlreadyThere, match="there is a room OPS already"):
        town.contacts.add_room("OPS", SMS, PHONE, actor=BOSS)
    for name in ("nobody", "", "a b", "x" * 100):
        with pytest.raises(NotFound, match="there is no room"):
            town.contacts.room(name)


def test_rooms_are_listed_by_name_and_are_nobodys_ways(town, ann):
    """Nor are anybody's ways rooms."""
    for name in ("web", "ops"):
        town.contacts.add_room(name, ChannelKind.PAGERDUTY, {"routing_key": "x"}, actor=BOSS)
    town.contacts.add(ann, SMS, PHONE, actor=BOSS)
    assert [one.name for one in town.contacts.rooms()] == ["ops", "web"]


def test_a_room_is_changed_and_deleted_but_keeps_its_name(town):
    """By which policies call it."""
    ops = town.contacts.add_room("ops", SLACK, HOOK, actor=BOSS)
    with pytest.raises(InvalidInput, match="a room keeps its name"):
        town.contacts.edit(ops, None, name="web", actor=BOSS)
    off = town.contacts.edit(ops, None, active=False, actor=BOSS, expected=1)
    assert not off.usable
    town.contacts.remove(off, None, actor=BOSS, expected=2)
    assert list(town.contacts.rooms()) == []
    assert town.log()[-1] == ("contact_removed", "room:ops", {"kind": "slack"})
