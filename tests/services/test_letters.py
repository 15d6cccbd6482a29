"""Letters: asked for in a commit, sent by the tick, tried again, given up, and never in anybody's way."""

import logging
import threading
from datetime import timedelta

import pytest

from tests.desk import NOON
from tests.people import HERE, Town, token_in
from tocsin.domain.change import Change, Record, RecordWrite
from tocsin.errors import Refused
from tocsin.services.courier import Post
from tocsin.services.due import LETTER
from tocsin.services.incidents import IncidentService
from tocsin.services.tick import tick

pytestmark = pytest.mark.large  # moto takes its time: the other stand-in for DynamoDB tries them, in integration

ANN = "ann@example.com"


@pytest.fixture
def town(any_store):
    town = Town(any_store)
    town.person()
    return town


def asked(town, email=ANN):
    """Have a letter asked for."""
    town.accounts.recovery.ask(email, actor=HERE)


def signs_up(town, email="zoe@example.com"):
    """Have a letter asked for that is good for a day."""
    town.accounts.signing_up.ask(email, "Zoe", "violet tractor umbrella", actor=HERE)


def test_a_letter_is_sent_by_the_next_tick_and_once(town):
    """Not by the request that causes it."""
    asked(town)
    assert town.box.letters == []
    assert [one.to for one in town.tick()] == [ANN]
    assert town.tick() == []


@pytest.mark.large
def test_a_letter_that_cannot_be_sent_is_tried_again_ever_later(town, caplog):
    """After a minute, two, four ... up to an hour; the last good try ends it."""
    signs_up(town)
    town.box.down()
    tries = []
    for _ in range(180):
        before = town.store.record(LETTER, the_letter(town)).body["tries"]
        town.tick()
        if town.store.record(LETTER, the_letter(town)).body["tries"] > before:
            tries.append(int((town.now - NOON).total_seconds() // 60))
        town.later(minutes=1)
    assert tries == [0, 1, 3, 7, 15, 31, 63, 123]
    assert "the mail server answered 451" in caplog.text
    town.box.fails = None
    town.later(hours=1)
    assert [one.to for one in town.tick()] == ["zoe@example.com"]
    assert town.kept(LETTER) == "[]"


def the_letter(town):
    """Return the id of the one letter there is."""
    (letter,) = town.store.records(LETTER, limit=10)
    return letter.id


@pytest.mark.large
def test_a_letter_is_given_up_after_a_day_with_the_reason(town, caplog):
    """Which holds no token and no address."""
    signs_up(town)
    town.box.down()
    for _ in range(27):
        town.tick()
        town.later(hours=1)
    assert town.kept(LETTER) == "[]"
    last = caplog.records[-1]
    assert last.levelno == logging.ERROR
    assert "given up" in last.getMessage()
    assert "the mail server answered 451" in last.getMessage()
    assert "tocsin_" not in caplog.text
    assert "zoe@" not in caplog.text


def test_a_letter_whose_token_is_over_is_given_up_sooner(town, caplog):
    """Nobody is sent a token that does not work."""
    asked(town)
    town.box.down()
    town.tick()
    town.later(minutes=60)
    town.box.fails = None
    assert town.tick() == []
    assert town.kept(LETTER) == "[]"
    assert "its token is over: the mail server answered 451" in caplog.text


def test_a_letter_that_will_never_be_taken_is_given_up_at_once_and_holds_up_no_other(town, caplog):
    """An address that does not exist, say."""
    signs_up(town)
    town.box.fails = Refused("the mail server answered 550")
    town.later(seconds=1)
    asked(town)
    town.tick()
    assert town.kept(LETTER) == "[]"
    assert caplog.text.count("the mail server answered 550") == 2


@pytest.mark.large
def test_while_the_server_is_down_one_letter_is_tried_and_the_others_wait(town):
    """A tick is not spent on waiting for it once for each."""
    asked(town)
    town.later(seconds=1)
    signs_up(town)
    town.box.down()
    town.tick()
    assert [one.body["tries"] for one in sorted(town.store.records(LETTER, limit=9), key=lambda one: one.due_at)] == [
        0,
        1,
    ]
    town.box.fails = None
    town.later(minutes=1)
    assert len(town.tick()) == 2


def test_several_ticks_at_once_send_a_letter_once(quick_store):
    """It is taken before it is sent."""
    town = Town(quick_store)
    town.person()
    asked(town)
    barrier = threading.Barrier(4)

    def turn():
        barrier.wait(20)
        town.tick()

    threads = [threading.Thread(target=turn) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.to for one in town.box.letters] == [ANN]


def test_a_tick_that_was_killed_while_it_sent_leaves_the_letter_to_another(town):
    """Later, the same one: the token in it is the same."""
    asked(town)

    def killed(letter):
        town.box.letters.append(letter)
        raise KeyboardInterrupt

    deliver, town.box.deliver = town.box.deliver, killed
    with pytest.raises(KeyboardInterrupt):
        town.tick()
    town.box.deliver = deliver
    assert town.tick() == []
    town.later(minutes=1)
    town.tick()
    first, second = town.box.letters
    assert token_in(first) == token_in(second)


@pytest.mark.large
def test_the_timers_of_incidents_go_before_letters(town):
    """However many letters there are, and whatever becomes of them."""
    service = IncidentService(town.store, clock=town.clock, new_id=town.new_id)
    incident = service.open("Checkout is down", by="ann")
    service.snooze(incident.id, NOON + timedelta(minutes=5), by="ann")
    letters = [
        Record(kind=LETTER, id=f"letter-{number:03}", body={"ticket": "none", "tries": 0, "why": ""}, due_at=NOON)
        for number in range(130)
    ]
    for some in (letters[:60], letters[60:120], letters[120:]):
        writes = tuple(RecordWrite(kind=LETTER, id=one.id, record=one, expected=0) for one in some)
        town.store.commit(Change(id=town.new_id(), at=town.now, records=writes))
    town.later(minutes=5)
    order = []

    def act(record):
        order.append(service.incident(incident.id).snoozed_until)
        return True

    tick(town.store, town.rules, clock=town.clock, new_id=town.new_id, others={LETTER: act})
    assert order == [None] * 130


def test_what_nobody_here_sends_stays_for_who_does(town):
    """A process without a mail server leaves letters alone, and counts none as left."""
    asked(town)
    report = tick(town.store, town.rules, clock=town.clock, new_id=town.new_id)
    assert report.left == 0
    assert [one.to for one in town.tick()] == [ANN]


def test_no_letter_is_begun_when_the_time_is_over(town):
    """It is left to the next tick, untouched."""
    asked(town)
    before = town.kept(LETTER)
    assert town.tick(enough_time=lambda: False) == []
    assert town.kept(LETTER) == before


def test_a_letter_that_was_sent_this_moment_is_passed_over(town):
    """The list of what is due may be a little behind."""
    asked(town)
    (letter,) = town.store.due(town.now)
    town.tick()
    post = Post(town.store, town.tickets, town.accounts.users, town.box, clock=town.clock, new_id=town.new_id)
    assert post(letter)
    assert len(town.box.letters) == 1


def test_a_letter_that_another_takes_first_is_left_to_them(town):
    """Between the look and the commit."""
    asked(town)
    (letter,) = town.store.due(town.now)
    post = Post(town.store, town.tickets, town.accounts.users, town.box, clock=town.clock, new_id=town.new_id)
    taken = post._taken(letter, town.now)
    assert taken is not None
    assert post._taken(letter, town.now) is None
