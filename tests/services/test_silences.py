"""What silences hide, on every backend, and what they held paged anew, whoever dies when."""

import contextlib
import itertools

import pytest

from tests.desk import NOON, at, fires, is_over
from tests.services.post import ANA, CALLS, CHECKOUT, UP_TO_HIGH, Post
from tests.services.test_ingest_killed import Killed, Mortal
from tests.services.test_losing_races import Between
from tocsin.domain.decision import Reason
from tocsin.domain.silence import MOST_NAMED, Matcher
from tocsin.domain.timeline import EventKind
from tocsin.services.due import NOTICE, SILENCE
from tocsin.services.silences import SilenceEdit
from tocsin.services.unsilencing import MOST_AT_ONCE, Unsilencing
from tocsin.storage.json_store import JsonStore

pytestmark = pytest.mark.large  # moto takes its time: the other stand-in for DynamoDB tries them, in integration


@pytest.fixture
def post(any_store):
    return Post(any_store)


def test_a_silence_hides_what_it_matches_while_it_lasts(post):
    """By whom and why is known; the audit log tells of it."""
    incident = post.opened("a")
    other = post.opened("b", service="search")
    silence = post.silence(reason="  a\ndeployment ", author_id="u-1")
    assert (silence.author, silence.author_id, silence.reason) == ("ana@example.com", "u-1", "a deployment")
    assert (post.hidden(incident), post.hidden(other)) == (silence.id, None)
    assert post.silences.hidden_by(silence) == 1
    assert post.silences.active(NOON) == [silence]
    assert post.silences.named(silence.id) == silence
    (entry,) = post.audit.entries()
    assert (entry.action, entry.target) == ("silence_added", f"silence:{silence.id}")
    assert entry.details["where"] == {"service": "checkout"}
    post.desk.minute(60)
    assert (post.hidden(incident), post.silences.hidden_by(silence)) == (None, 0)


def test_a_silence_may_begin_later(post):
    """Until then it hides nothing, and owes nothing."""
    incident = post.opened("a")
    silence = post.silence(starts_at=at(10), ends_at=at(20))
    assert (silence.starts_at, post.hidden(incident), post.tick(9)) == (at(10), None, {})
    post.desk.minute(10)
    assert (post.hidden(incident), post.tick(10)) == (silence.id, {})
    assert post.tick(20) == {incident: 1}
    assert post.silence(starts_at=at(-5), ends_at=at(70)).starts_at == at(20)


def test_what_a_silence_held_is_paged_when_it_ends_and_once(post):
    """With the reason, by no person; whatever else there is is left alone."""
    held = post.opened("a")
    post.opened("b", service="search")
    post.silence()
    assert [post.tick(minute) for minute in (1, 30, 59)] == [{}, {}, {}]
    assert post.tick(60) == {held: 1}
    event = post.store.timeline(held)[-1]
    assert (event.kind, event.reason, event.by) == (EventKind.CYCLE_STARTED, Reason.SILENCE_OVER, "tocsin")
    assert "the silence is over: a deployment" in event.text
    assert [post.tick(minute) for minute in (60, 61, 62, 90)] == [{}, {}, {}, {}]


def test_who_acknowledged_it_is_left_alone(post):
    """Nor is paged what is over, or snoozed."""
    post.silence()
    acknowledged = post.opened("a", service="checkout", environment="a")
    snoozed = post.opened("b", service="checkout", environment="b")
    over = post.opened("c", service="checkout", environment="c")
    held = post.opened("d", service="checkout", environment="d")
    post.desk.service.acknowledge(acknowledged, by="bo")
    post.desk.service.snooze(snoozed, at(120), by="bo")
    post.desk.service.resolve(over, by="bo")
    assert post.tick(60) == {held: 1}
    assert post.tick(120) == {snoozed: 1}


def test_a_second_host_after_an_acknowledgement_is_paged_too(post):
    """What joined while it was silent began a cycle that nobody acknowledged."""
    held = post.opened("a")
    post.silence()
    post.desk.service.acknowledge(held, by="bo")
    post.desk.minute(1).push(fires("b", 1))
    assert post.store.incident(held).paging
    assert post.tick(60) == {held: 1}


def test_what_another_silence_hides_is_paged_when_that_ends(post):
    """Once in all."""
    held = post.opened("a")
    post.silence(minutes=60)
    post.silence(Matcher(team="x", service="checkout"), minutes=90)
    post.silence(Matcher(environment="prod"), minutes=120)
    assert [post.tick(minute) for minute in (60, 61, 90, 91, 119)] == [{}] * 5
    assert post.tick(120) == {held: 1}
    assert post.tick(121) == {}


def test_what_came_in_after_the_end_is_not_paged_twice(post):
    """It was never hidden."""
    post.silence()
    post.opened("a", minutes=60)
    assert [post.tick(minute) for minute in (60, 61)] == [{}, {}]


def test_a_tick_that_comes_late_pages_what_is_still_open(post):
    """After an outage, say."""
    held = post.opened("a")
    post.silence()
    assert post.tick(300) == {held: 1}
    assert post.store.record(SILENCE, post.silences.find(limit=9)[0][0].id) is None
    assert post.tick(301) == {}


def test_what_gets_worse_than_what_is_silent_is_paged_within_a_minute(post):
    """And is not again at the end."""
    held = post.opened("a")
    post.silence(UP_TO_HIGH)
    post.desk.minute(5).push(fires("a", 5, severity_word="critical"))
    assert post.hidden(held) is None
    assert post.tick(6) == {held: 1}
    assert "the silence hides it no more" in post.store.timeline(held)[-1].text
    assert [post.tick(minute) for minute in (7, 60, 61)] == [{}, {}, {}]


def test_what_a_person_edits_out_of_a_silence_is_paged(post):
    """It is another's, and they have not heard of it."""
    from tocsin.domain.editing import Edit

    held = post.opened("a")
    post.silence()
    post.desk.minute(5)
    post.desk.service.edit(held, Edit(service="search"), by="bo")
    assert [post.tick(minute) for minute in (6, 7, 60)] == [{held: 1}, {}, {}]


def test_its_author_is_to_be_told_before_it_ends(post):
    """Once, and with what it hides then."""
    silence = post.silence(author_id="u-1")
    assert post.tick(44) == {}
    assert post.notices() == {}
    held = post.opened("a", minutes=50)
    post.tick(50)
    body = {"what": "silence_ends", "silence": silence.id, "incidents": [held], "user": "u-1"}
    assert post.notices() == {f"silence:{silence.id}:1": body}
    assert [one.id for one in post.store.due(at(50)) if one.kind == NOTICE] == [f"silence:{silence.id}:1"]
    post.tick(51)
    assert len(post.notices()) == 1
    post.silences.edit(silence.id, SilenceEdit(ends_at=at(120)), actor=ANA)
    post.tick(104)
    assert len(post.notices()) == 1
    post.tick(105)
    assert sorted(post.notices()) == [f"silence:{silence.id}:1", f"silence:{silence.id}:2"]


def test_nobody_is_warned_where_nothing_is_hidden_any_more(post):
    """It ended by itself, and the silence may end, too."""
    post.silence()
    post.opened("a", minutes=1)
    post.desk.minute(2).push(is_over("a", 2))
    post.tick(10)
    post.tick(50)
    assert post.notices() == {}


def test_who_is_no_user_is_named_as_the_timeline_does(post):
    """A key, say; and of many incidents some are named."""
    post.silence(Matcher(service="checkout"))
    for number in range(MOST_NAMED + 1):
        post.opened(f"{number}", environment=f"e{number}")
    post.tick(50)
    (body,) = post.notices().values()
    assert (body["user"], len(body["incidents"])) == ("ana@example.com", MOST_NAMED)


def test_a_record_that_is_not_due_is_left_alone(post):
    """Another tick was quicker, or a person."""
    held = post.opened("a")
    silence = post.silence(minutes=10)
    act = Unsilencing(post.store, clock=post.clock, new_id=post.new_id)
    stale = post.store.record(SILENCE, silence.id)
    assert act(stale)
    post.desk.minute(10)
    assert post.tick() == {held: 1}
    assert act(stale)
    assert act(stale.model_copy(update={"id": "gone"}))
    assert post.store.incident(held).cycles == 2


def test_a_tick_that_loses_a_race_for_the_record_leaves_it_due(post):
    """A person drew the silence out while the tick looked at it."""
    silence = post.silence(minutes=10)
    post.desk.minute(9)
    draw = lambda: post.silences.edit(silence.id, SilenceEdit(ends_at=at(90)), actor=ANA)
    late = Post(Between(post.store, draw), name="late")
    late.tick(9)
    assert post.silences.named(silence.id).ends_at == at(90)


def test_an_incident_that_others_write_to_is_decided_on_again(post):
    """And is left to the next tick if they never cease."""
    held = post.opened("a")
    post.silence(minutes=10)
    numbers = itertools.count(1)
    note = lambda: post.desk.service.note(held, f"{next(numbers)}", by="bo")
    assert Post(Once(post.store, note), name="o").tick(10) == {held: 1}
    post.desk.service.acknowledge(held, by="bo")
    other = post.opened("b", minutes=20, environment="b")
    post.silence(minutes=10)
    again = lambda: post.desk.service.note(other, f"{next(numbers)}", by="bo")
    never = Post(Once(post.store, again, times=99), name="n")
    post.desk.minute(30)
    assert never.tick(30) == {}
    assert post.tick(30)[other] == 1


def test_who_acknowledges_while_the_tick_decides_is_left_alone(post):
    """Their acknowledgement came first."""
    held = post.opened("a")
    post.silence(minutes=10)
    late = Post(Once(post.store, lambda: post.desk.service.acknowledge(held, by="bo")), name="late")
    assert late.tick(10) == {}
    assert post.tick(11) == {}


class Once:
    """A store in which somebody else writes just before so many batches of changes."""

    def __init__(self, store, act, times=1):
        self._store, self._act, self._times = store, act, times

    def __getattr__(self, name):
        return getattr(self._store, name)

    def commit_many(self, changes):
        """Let the other one write first."""
        if self._times:
            self._times -= 1
            self._act()
        return self._store.commit_many(changes)


@pytest.mark.large
def test_many_are_paged_in_several_goes(quick_store):
    """The silence stays due until the last one is."""
    post = Post(quick_store)
    post.silence(minutes=10)
    for start in range(0, MOST_AT_ONCE + 5, 50):
        names = range(start, min(start + 50, MOST_AT_ONCE + 5))
        post.desk.push(*(fires(str(name), 0, environment=f"e{name}") for name in names))
    assert len(post.tick(10)) == MOST_AT_ONCE
    assert len(post.tick(10)) == 5
    assert post.tick(11) == {}


@pytest.mark.parametrize("after", [False, True], ids=["before a call", "after a call"])
def test_whenever_the_process_dies_each_is_paged_once(tmp_path, after):
    """Every call in turn, at the end of a silence that was changed, too: none is lost, and none begun twice."""
    for call in itertools.count(1):
        path = tmp_path / f"{call}.json"
        post = Post(JsonStore(path))
        held = [post.opened(name, environment=name) for name in "abc"]
        silence = post.silence(Matcher(environment="a"), minutes=30)
        post.silences.edit(silence.id, SilenceEdit(where=CHECKOUT), actor=ANA)
        mortal = Mortal(JsonStore(path), call, after=after, among=CALLS)
        dying = Post(mortal, name="dying")
        with contextlib.suppress(Killed):
            dying.tick(30)
        again = Post(JsonStore(path), name="again")
        for minute in (30, 31, 32):
            again.tick(minute)
        assert {again.store.incident(one).cycles for one in held} == {2}, call
        assert again.store.record(SILENCE, silence.id) is None
        if mortal.calls < call:
            break
    assert call > 8


@pytest.mark.parametrize("after", [False, True], ids=["before a call", "after a call"])
def test_whenever_the_process_dies_the_warning_is_written_once(tmp_path, after):
    """In the commit that says so."""
    for call in itertools.count(1):
        path = tmp_path / f"{call}.json"
        post = Post(JsonStore(path))
        post.opened("a")
        post.silence()
        mortal = Mortal(JsonStore(path), call, after=after, among=CALLS)
        with contextlib.suppress(Killed):
            Post(mortal, name="dying").tick(50)
        again = Post(JsonStore(path), name="again")
        again.tick(50)
        assert len(again.notices()) == 1
        if mortal.calls < call:
            break
    assert call > 5
