"""What whoever pressed a button is told: once, at Slack and nowhere else, and for half an hour at most."""

from datetime import timedelta

import pytest

from tests.reach import Reached
from tocsin.domain.rules import Rules
from tocsin.errors import Refused, Undelivered
from tocsin.services.due import SLACK_REPLY
from tocsin.services.slack_replies import AGAIN, GOOD_FOR, SlackReplies, reply
from tocsin.services.tick import tick

HOOK = "https://hooks.slack.com/actions/T1/2/x"


class Desk(Reached):
    """A store with replies, and a Slack that takes them or fails as it is told."""

    fails = None

    def __init__(self, store):
        super().__init__(store)
        self.posted = []

    def say(self, text="done", url=HOOK):
        reply(self.store, url, text, clock=self.clock, new_id=self.new_id)

    def post(self, url, said):
        if self.fails is not None:
            raise self.fails
        self.posted.append((url, said))

    def told(self):
        before = len(self.posted)
        act = SlackReplies(self.store, self.post, clock=self.clock, new_id=self.new_id)
        tick(self.store, Rules(), clock=self.clock, new_id=self.new_id, others={SLACK_REPLY: act})
        return self.posted[before:]

    @property
    def left(self):
        return list(self.store.records(SLACK_REPLY, limit=10))


@pytest.fixture
def desk(any_store):
    """Return a store, and a Slack."""
    return Desk(any_store)


def test_it_is_told_once_however_often_it_was_written(desk):
    """To whoever pressed it alone; their message stays."""
    desk.say()
    desk.say()
    assert desk.told() == [(HOOK, {"response_type": "ephemeral", "replace_original": False, "text": "done"})]
    assert desk.left == []
    assert desk.told() == []


def test_while_slack_does_not_answer_it_is_tried_again(desk):
    """Until Slack would not take it any more."""
    desk.say()
    desk.fails = Undelivered("away")
    assert desk.told() == []
    desk.fails = None
    assert desk.told() == []
    desk.later(seconds=AGAIN.total_seconds())
    assert len(desk.told()) == 1
    desk.say("late")
    desk.now += GOOD_FOR + timedelta(seconds=1)
    assert desk.told() == []
    assert desk.left == []


def test_what_slack_refuses_is_let_go(desk):
    """It would refuse it again."""
    desk.say()
    desk.fails = Refused("gone")
    assert desk.told() == []
    assert desk.left == []


def test_of_two_ticks_one_tells_it(desk):
    """Whoever took it first."""
    desk.say()
    (due,) = desk.left
    act = SlackReplies(desk.store, desk.post, clock=desk.clock, new_id=desk.new_id)
    assert act(due)
    assert act(due)
    assert len(desk.posted) == 1


@pytest.mark.parametrize("url", ["", "http://hooks.slack.com/x", "https://hooks.slack.com.example.com/x"])
def test_nothing_is_written_for_any_other_address(desk, url):
    """Whoever sent it."""
    desk.say(url=url)
    assert desk.left == []
