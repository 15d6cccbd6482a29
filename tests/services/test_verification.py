"""Codes that verify contacts, on every backend: sent by the tick, good for a while, a few tries and one address."""

import logging
import threading

import pytest

from tests.reach import BOSS, Reached, code_in
from tests.services.test_losing_races import Between
from tocsin.domain.contact import ChannelKind
from tocsin.domain.message import SHORTEST, Tells
from tocsin.errors import Conflict, InvalidInput, Refused, StoreUnreachable, TooManyAttempts, Undelivered
from tocsin.services.due import CODE
from tocsin.services.tick import MOST_ATTEMPTS
from tocsin.services.verification import MOST_TRIES, Codes

pytestmark = pytest.mark.large  # moto takes its time: the other stand-in for DynamoDB tries them, in integration

SMS = ChannelKind.SMS
PHONE = {"number": "+49301234567"}


@pytest.fixture
def town(any_store):
    made = Reached(any_store)
    made.ann = made.person()
    made.phone = made.contacts.add(made.ann, SMS, PHONE, actor=BOSS)
    return made


def asked(town):
    """Have a code asked for and sent; return it."""
    town.verification.ask(town.phone)
    ((message, _),) = town.tick()
    return code_in(message)


def verify(town, code):
    return town.verification.verify(town.ann, town.phone, code, actor=BOSS)


def wrong(code):
    return f"{(int(code) + 1) % 10**6:06d}"


def test_a_code_is_sent_by_the_next_tick_and_once(town):
    """To the address that it is about, and not by the request that asks for it."""
    ends = town.verification.ask(town.phone)
    assert (ends - town.now).total_seconds() == 15 * 60
    assert town.channel.sent == []
    ((message, to),) = town.tick()
    assert (to, message.tells, message.subjects) == (PHONE, Tells.CODE, ())
    assert len(message.short) <= SHORTEST
    assert code_in(message) in message.text
    assert town.tick() == []


def test_a_code_that_came_back_verifies(town):
    """Once; whoever verifies again is told that it is. It is on record, the code is not."""
    code = asked(town)
    verified = verify(town, f" {code[:3]} {code[3:]} ")
    assert (verified.usable, verified.verified_at, verified.version) == (True, town.now, 2)
    assert town.contacts.own(town.ann, "1") == verified == verify(town, "000000")
    assert [one.id for one in town.contacts.usable(town.ann)] == ["account", town.phone.id]
    assert town.log()[-1] == ("contact_verified", "user:ann@example.com", {"contact": "1", "kind": "sms"})
    assert town.store.record(CODE, town.phone.id) is None
    with pytest.raises(InvalidInput, match="needs no code"):
        town.verification.ask(verified)


def test_a_code_is_kept_nowhere(town):
    """Neither before it is sent nor after."""
    town.verification.ask(town.phone)
    before = str(town.store.records(CODE, limit=9))
    ((message, _),) = town.tick()
    kept = before + str(town.store.records(CODE, limit=9)) + str(town.store.records("audit", limit=99))
    assert code_in(message) not in kept


def test_codes_differ(town):
    """Between contacts, and from one to the next."""
    other = town.contacts.add(town.ann, SMS, PHONE, actor=BOSS)
    town.verification.ask(other)
    town.verification.ask(town.phone)
    codes = {code_in(message) for message, _ in town.tick()} | {asked(town), asked(town)}
    assert len(codes) == 4


def test_a_wrong_code_counts_and_after_five_the_right_one_is_worth_nothing(town):
    """Another has to be asked for."""
    code = asked(town)
    for left in range(MOST_TRIES - 1, -1, -1):
        with pytest.raises(InvalidInput, match=f"not the code that was sent; {left} more tries"):
            verify(town, wrong(code))
    for _ in range(2):
        with pytest.raises(InvalidInput, match="too many wrong codes"):
            verify(town, code)
    assert verify(town, asked(town)).usable


@pytest.mark.parametrize("said", ["", "x", "12345", "1234567", "0" * 500, "é"])
def test_what_is_no_code_is_a_wrong_one(town, said):
    """Whatever it is."""
    asked(town)
    with pytest.raises(InvalidInput, match="not the code"):
        verify(town, said)


def test_a_code_is_good_for_a_quarter_of_an_hour(town):
    """To the second."""
    code = asked(town)
    town.later(minutes=15)
    with pytest.raises(InvalidInput, match="no code that is good"):
        verify(town, code)
    code = asked(town)
    town.later(minutes=14, seconds=59)
    assert verify(town, code).usable


def test_a_contact_is_sent_three_codes_an_hour(town):
    """Nobody is flooded with them; only the last one is good."""
    first = asked(town)
    town.later(minutes=10)
    second, third = asked(town), asked(town)
    with pytest.raises(TooManyAttempts) as raised:
        town.verification.ask(town.phone)
    assert raised.value.seconds == 50 * 60
    for code in (first, second):
        with pytest.raises(InvalidInput):
            verify(town, code)
    assert verify(town, third).usable


def test_an_hour_later_a_contact_is_sent_another(town):
    """However many came to nothing."""
    for _ in range(3):
        asked(town)
    town.later(hours=1)
    assert verify(town, asked(town)).usable


def test_a_person_is_sent_twelve_codes_and_then_one_an_hour(town):
    """However many contacts they add and delete: each may cost as much as a text message. Others are not held up."""

    def another(user=town.ann):
        phone = town.contacts.add(user, SMS, PHONE, actor=BOSS)
        town.verification.ask(phone)
        town.contacts.remove(phone, user, actor=BOSS)

    for _ in range(12):
        another()
    with pytest.raises(TooManyAttempts) as raised:
        another()
    assert raised.value.seconds == 60 * 60
    another(town.person("bo@example.com"))
    town.later(hours=1)
    town.verification.ask(town.phone)
    with pytest.raises(TooManyAttempts):
        another()


def test_a_code_is_of_one_address(town):
    """That of an address before verifies nothing, and is not sent any more."""
    code = asked(town)
    town.contacts.edit(town.phone, town.ann, words={"number": "+49301234568"}, actor=BOSS)
    with pytest.raises(InvalidInput, match="no code that is good"):
        verify(town, code)
    town.verification.ask(town.phone)
    assert town.tick() == []


def test_a_code_of_a_contact_that_was_deleted_is_not_sent(town):
    """Nor is one that nobody asked for good."""
    with pytest.raises(InvalidInput, match="no code that is good"):
        verify(town, "123456")
    town.verification.ask(town.phone)
    kept = town.store.record(CODE, town.phone.id)
    town.contacts.remove(town.phone, town.ann, actor=BOSS)
    codes = Codes(town.store, town.contacts, town.keys, town.channels, clock=town.clock, new_id=town.new_id)
    assert codes(kept)
    assert town.channel.sent == []


def test_a_room_needs_no_code(town):
    """Whoever administers it has tried it."""
    with pytest.raises(InvalidInput, match="needs no code"):
        town.verification.ask(town.contacts.add_room("ops", SMS, PHONE, actor=BOSS))


def test_a_code_that_is_not_sent_yet_says_so(town):
    """With why it could not be, once that is known."""
    town.verification.ask(town.phone)
    with pytest.raises(InvalidInput, match="has not been sent yet") as raised:
        verify(town, "123456")
    assert raised.value.hint == "ask for another one"


def test_a_code_that_cannot_be_sent_is_tried_again_until_it_is_over(town, caplog):
    """The same one, after a minute, two, four; then it is given up, with the reason."""
    town.channel.fails = Undelivered("the provider answered 503")
    town.verification.ask(town.phone)
    began, tries = town.now, []
    for _ in range(20):
        before = town.store.record(CODE, town.phone.id).body["sends"]
        town.tick()
        if town.store.record(CODE, town.phone.id).body["sends"] > before:
            tries.append((town.now - began).total_seconds() // 60)
        town.later(minutes=1)
    assert tries == [0, 1, 3, 7]
    assert caplog.records[-1].levelno == logging.ERROR
    assert "was given up, for it is over: the provider answered 503" in caplog.text


def test_a_code_that_another_tick_has_taken_waits(town):
    """Whoever saw that it was due, and was slower, does not try it at once once more."""
    town.channel.fails = Undelivered("the provider answered 503")
    town.verification.ask(town.phone)
    (due,) = town.store.due(town.now)
    codes = Codes(town.store, town.contacts, town.keys, town.channels, clock=town.clock, new_id=town.new_id)
    for _ in range(2):
        assert codes(due)
    assert town.store.record(CODE, town.phone.id).body["sends"] == 1


def test_a_code_is_the_same_at_each_try(town):
    """And so is the id of its message: a duplicate is known as one."""
    town.verification.ask(town.phone)
    keep, town.channel.send = town.channel.send, killed(town.channel)
    with pytest.raises(KeyboardInterrupt):
        town.tick()
    town.channel.send = keep
    assert town.tick() == []
    town.later(minutes=1)
    town.tick()
    first, second = [message for message, _ in town.channel.sent]
    assert (first.id, code_in(first)) == (second.id, code_in(second))
    assert verify(town, code_in(first)).usable


def killed(channel):
    """Return a way to send that ends with the process, after the provider took it."""

    def send(message, to):
        channel.sent.append((message, to))
        raise KeyboardInterrupt

    return send


def test_keys_that_are_exchanged_meanwhile_spoil_no_code_that_was_sent(town):
    """It is known by the key that signed it."""
    code = asked(town)
    town.place.rotate()
    again = Reached(town.store, before=town, name="again")
    assert again.verification.verify(town.ann, town.phone, code, actor=BOSS).usable


def test_keys_that_cannot_be_read_hold_up_nothing_else(town, caplog):
    """The code is tried again."""
    town.verification.ask(town.phone)

    class Away:
        def mac(self, purpose, text):
            raise StoreUnreachable("the keys cannot be read now")

    codes = Codes(town.store, town.contacts, Away(), town.channels, clock=town.clock, new_id=town.new_id)
    (due,) = town.store.due(town.now)
    assert codes(due)
    assert "could not be signed: the keys cannot be read now" in caplog.text
    assert town.tick() == []
    town.later(minutes=1)
    assert len(town.tick()) == 1


@pytest.mark.parametrize("how", ["refused", "no channel", "no key"])
def test_a_code_that_will_never_be_taken_is_given_up_at_once(town, caplog, how):
    """With what is wrong, also for whoever waits for it."""
    says = "the provider answered 404"
    match how:
        case "refused":
            town.channel.fails = Refused(says)
        case "no channel":
            del town.channels[SMS]
            says = "nothing here sends over sms"
        case "no key":
            town.phone = town.contacts.add(town.ann, ChannelKind.SLACK, {"url": "https://example.com/x"}, actor=BOSS)
            says = f"the address of the contact {town.phone.id} is sealed"
            town.place.ring = None
            town.place.secret()
            town.keys._ring = None
    town.verification.ask(town.phone)
    town.tick()
    town.later(minutes=5)
    assert town.tick() == []
    assert f"was given up: {says}" in caplog.text
    assert town.store.record(CODE, town.phone.id).body["why"].startswith(says)


def test_several_ticks_at_once_send_a_code_once(quick_store):
    """It is taken before it is sent."""
    town = Reached(quick_store)
    town.ann = town.person()
    town.phone = town.contacts.add(town.ann, SMS, PHONE, actor=BOSS)
    town.verification.ask(town.phone)
    barrier = threading.Barrier(4)

    def turn():
        barrier.wait(20)
        town.tick()

    threads = [threading.Thread(target=turn) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(town.channel.sent) == 1


def test_of_several_wrong_codes_at_once_each_counts(quick_store):
    """Whoever guesses in parallel has no more tries than others."""
    town = Reached(quick_store)
    town.ann = town.person()
    town.phone = town.contacts.add(town.ann, SMS, PHONE, actor=BOSS)
    code = asked(town)
    barrier = threading.Barrier(8)
    said = []

    def guess():
        barrier.wait(20)
        try:
            verify(town, wrong(code))
        except (InvalidInput, Conflict) as error:
            said.append(str(error))

    threads = [threading.Thread(target=guess) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = [one for one in said if "not the code" in one]
    assert len(set(told)) == len(told) <= MOST_TRIES
    assert town.store.record(CODE, town.phone.id).body["wrong"] == len(told)


def test_who_asks_while_others_keep_writing_is_told_so(town):
    """And who tries a code, too."""
    code = asked(town)

    def first():
        raise Conflict("somebody else was first")

    busy = Reached(Between(town.store, *[first] * (MOST_ATTEMPTS + 1)), before=town, name="busy")
    with pytest.raises(Conflict, match="others kept trying"):
        busy.verification.verify(town.ann, town.phone, code, actor=BOSS)
    with pytest.raises(Conflict):
        busy.verification.ask(town.phone)
