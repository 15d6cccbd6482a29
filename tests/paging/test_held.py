"""What was held, or held up: it pages again when it burns on, and never from whoever was frozen."""

from datetime import timedelta

import pytest

from tests.paging.score import Score
from tocsin.domain.page import PageReason, PageStatus
from tocsin.domain.rules import AutoResolve, Rules
from tocsin.errors import Undelivered

pytestmark = pytest.mark.large  # moto takes its time: the other stand-in for DynamoDB tries them, in integration


@pytest.fixture
def score(any_store):
    """Return a score with one person, who is paged after five minutes."""
    score = Score(any_store)
    return score.person("ana", "email").policy(steps=[("ana", 5)])


def test_a_mute_ends_the_cycle_and_its_end_begins_one(score):
    """Whoever mutes what fires is not paged; that it fires on when the mute is over pages again."""
    score.at("02:00").alert().at("02:01").alert(muted=True)
    score.at("02:20").alert()
    score.at("02:25").expect_page("ana", via="email").until("03:00")
    assert score.store.record("escalation", "INC-1001:1").body["over"] == PageReason.MUTED


def test_a_mute_over_while_nothing_fires_is_not_forgotten(score):
    """It recovers under its mute, and fires again without one before it has settled: that is a page."""
    score.at("02:00").alert().at("02:01").alert(muted=True)
    score.at("02:10").over(muted=True)
    score.at("02:12").alert()
    score.at("02:17").expect_page("ana", via="email").until("03:00")


def recovers(score):
    """Page one person, and let it recover before the next one's turn."""
    score.town.saved.clear()
    score.person("bo", "sms").policy(steps=[("ana", 0), ("bo", 5)])
    score.at("02:00").alert().expect_page("ana", via="email")
    return score.at("02:04").over()


def test_a_step_waits_whether_a_recovery_lasts(score):
    """Nobody is woken for what is about to resolve by itself; whoever heard of it hears that it is over."""
    recovers(score).at("02:09").expect_all_clear("ana", via="email").until("03:00")


def test_a_step_that_waited_goes_when_it_fires_again(score):
    """Within a minute: nothing of it is forgotten."""
    recovers(score).at("02:07").alert()
    score.at("02:07").expect_page("bo", via="sms").until("02:15")


def mails_and_calls(score):
    """Page one person by mail, and let it recover before the call that is to follow."""
    score.town.saved.clear()
    score.person("ana", "email", ("sms", 5)).policy(steps=[("ana", 0)])
    score.at("02:00").alert().expect_page("ana", via="email")
    return score.at("02:04").over()


def test_a_second_way_waits_whether_a_recovery_lasts(score):
    """Nobody is called at night for what the mail told of, and what is about to be over."""
    mails_and_calls(score).at("02:09").expect_all_clear("ana", via="email").until("03:00")
    assert score.page("ana", "sms").status == PageStatus.DROPPED


def test_a_second_way_that_waited_goes_when_it_fires_again(score):
    """Within a minute, and once."""
    mails_and_calls(score).at("02:07").alert()
    score.at("02:07").expect_page("ana", via="sms").until("02:30")


def test_what_is_tried_again_waits_for_no_recovery(score):
    """It was to go before anything recovered: somebody hears of every incident."""
    score.town.saved.clear()
    score.policy(steps=[("ana", 0)])
    score.phones.fails["ana", "email"] = Undelivered("away")
    score.at("02:00").alert().expect_nothing()
    score.phones.fails.clear()
    score.now += timedelta(seconds=5)
    score.over().at("02:01").expect_page("ana", via="email")


def test_a_first_step_that_is_to_wait_waits_too(score):
    """What recovers before anybody was to hear of it, and does not come back, wakes nobody."""
    score.at("02:00").alert().at("02:04").over().until("03:00")


def test_a_first_step_that_goes_at_once_goes_although_it_recovered(score):
    """Somebody hears of every incident, however short: it recovers before the pager looks."""
    score.town.saved.clear()
    score.policy(steps=[("ana", 0)])
    score.at("02:00").alert()
    score.now += timedelta(seconds=30)
    score.over().expect_page("ana", via="email").at("02:05").expect_nothing()
    score.at("02:06").expect_all_clear("ana", via="email").until("03:00")


def test_what_only_a_person_resolves_goes_on(any_store):
    """After ten minutes: somebody has to look."""
    score = Score(any_store, rules=Rules(auto_resolve=AutoResolve.NEVER))
    recovers(score.person("ana", "email"))
    score.at("02:14").expect_page("bo", via="sms").until("02:20")


def test_a_mute_after_an_acknowledgement_holds_nothing(score):
    """Somebody is on it: that a mute ends is no news."""
    score.at("02:00").alert().at("02:01").acknowledge("ana")
    score.at("02:02").alert(muted=True).at("02:04").alert().until("03:00")


class Freezing:
    """A store whose caller freezes for so long before its last look at the incidents."""

    def __init__(self, score, length):
        self._score = score
        self._length = length
        self._looks = 0

    def __getattr__(self, name):
        return getattr(self._score.store, name)

    def incidents(self, *args, **options):
        self._looks += 1
        if self._looks == 2:
            self._score.now += self._length
        return self._score.store.incidents(*args, **options)


@pytest.mark.parametrize("seconds, tries", [(39, 2), (41, 3), (61, 3), (3600, 3)])
def test_whoever_was_frozen_sends_nothing_when_another_may_have(score, seconds, tries):
    """From taking a page on there is a lease: who wakes up too late in it leaves the page to whoever takes it again."""
    score.phones.fails["ana", "email"] = Undelivered("away")
    score.at("02:00").alert().at("02:05").expect_nothing()
    score.phones.fails.clear()
    score.now = score.page("ana", "email").not_before
    frozen = score.another_pager(Freezing(score, timedelta(seconds=seconds)))
    assert frozen.round().left == (tries == 3)
    assert len(score.phones.sent) == (seconds != 41)
    score.now += timedelta(minutes=1)
    score.expect_page("ana", via="email").until(f"{score.now:%H:%M}")
    assert (len(score.phones.sent), score.page("ana", "email").tries) == (1, tries)


def test_an_acknowledgement_that_times_out_while_it_settles_waits(score):
    """What is about to resolve by itself wakes nobody; if it fires again, it is not forgotten."""
    score.town.saved.clear()
    score.policy(steps=[("ana", 0)], ack_timeout_minutes=20)
    score.at("02:00").alert().expect_page("ana", via="email")
    score.at("02:05").acknowledge("ana")
    score.at("02:23").over().at("02:26").alert()
    score.at("02:30").expect_page("ana", via="email").until("03:00")
