"""Silences, on every backend: made, changed, ended, and listed."""

import itertools

import pytest

from tests.desk import NOON, at
from tests.services.post import ANA, Post
from tests.services.test_losing_races import Between
from tocsin.domain.audit import Actor
from tocsin.domain.silence import HOLDS_ON, KEPT_AFTER, Matcher
from tocsin.errors import Conflict, InvalidInput, NotFound, PreconditionFailed
from tocsin.services import silences as made
from tocsin.services.due import PAST_SILENCE, SILENCE
from tocsin.services.silences import SilenceEdit
from tocsin.services.tick import MOST_ATTEMPTS

pytestmark = pytest.mark.large  # moto takes its time: the other stand-in for DynamoDB tries them, in integration


@pytest.fixture
def post(any_store):
    return Post(any_store)


def test_who_ends_a_silence_has_what_it_held_paged(post):
    """A few seconds later, by which everybody has read of it; twice is no error."""
    held = post.opened("a")
    silence = post.silence()
    post.desk.minute(10)
    ended = post.silences.end(silence.id, actor=Actor("bo"))
    assert (ended.ends_at, ended.ended_by, ended.version) == (at(10) + HOLDS_ON, "bo", 2)
    assert post.hidden(held) == silence.id
    assert post.silences.end(silence.id, actor=ANA) == ended
    assert post.tick(10) == {}
    assert post.tick(10.1) == {held: 1}
    assert [post.tick(minute) for minute in (11, 12)] == [{}, {}]
    assert [one.action for one in post.audit.entries()] == ["silence_added", "silence_ended"]
    assert post.silences.end(silence.id, actor=ANA) == ended


def test_a_silence_that_is_shortened_ends_then(post):
    """And one that is drawn out goes on."""
    held = post.opened("a")
    silence = post.silence()
    post.desk.minute(10)
    post.silences.edit(silence.id, SilenceEdit(ends_at=at(10.01)), actor=ANA)
    assert post.silences.named(silence.id).ends_at == at(10) + HOLDS_ON
    post.silences.edit(silence.id, SilenceEdit(ends_at=at(90)), actor=ANA)
    assert [post.tick(minute) for minute in (10.1, 60, 89)] == [{}, {}, {}]
    assert post.tick(90) == {held: 1}


def test_a_silence_that_is_changed_has_paged_what_it_hides_no_more(post):
    """What it hides now is hidden at once, and paged at the end."""
    first, second = post.opened("a"), post.opened("b", service="search")
    silence = post.silence()
    post.desk.minute(10)
    changed = post.silences.edit(silence.id, SilenceEdit(where=Matcher(service="search")), actor=ANA)
    assert (post.hidden(first), post.hidden(second)) == (silence.id, silence.id)
    assert post.tick(10) == {}
    assert post.tick(10.1) == {first: 1}
    assert (post.hidden(first), post.hidden(second)) == (None, silence.id)
    assert [post.tick(minute) for minute in (11.1, 12, 59)] == [{}, {}, {}]
    assert post.tick(60) == {second: 1}
    assert changed.version == 2
    told = list(post.audit.entries())[-1]
    assert told.details == {"where": {"from": {"service": "checkout"}, "to": {"service": "search"}}}


def test_what_came_while_a_change_was_written_is_lost_to_nobody(post):
    """Whoever sent pages had read the silence as it was."""
    silence = post.silence()
    post.desk.minute(10)
    post.silences.end(silence.id, actor=ANA)
    held = post.opened("a", minutes=10.05)
    assert post.hidden(held) == silence.id
    assert post.tick(10.1) == {held: 1}


def test_a_silence_that_has_not_begun_is_ended_without_a_trace(post):
    """It never hid anything; it is known for a while."""
    post.opened("a")
    silence = post.silence(starts_at=at(30), ends_at=at(40))
    assert post.silences.end(silence.id, actor=ANA).ends_at == NOON
    assert [post.tick(minute) for minute in (0, 30, 41)] == [{}, {}, {}]
    assert post.store.record(SILENCE, silence.id) is None
    assert post.silences.named(silence.id).ended_by == ANA.name


def test_what_is_over_is_changed_no_more(post):
    """Make another."""
    silence = post.silence()
    post.tick(70)
    with pytest.raises(InvalidInput, match="is over"):
        post.silences.edit(silence.id, SilenceEdit(reason="x"), actor=ANA)
    ended = post.silence()
    post.silences.end(ended.id, actor=ANA)
    with pytest.raises(InvalidInput, match="is over"):
        post.silences.edit(ended.id, SilenceEdit(reason="x"), actor=ANA)


def test_what_is_over_is_known_for_a_month_and_then_forgotten(post):
    """By the tick that comes then."""
    silence = post.silence()
    post.tick(61)
    assert [one.id for one in post.store.records(SILENCE, limit=9)] == []
    assert post.silences.named(silence.id) == silence
    assert post.silences.active(post.desk.now) == []
    post.desk.now = at(60) + KEPT_AFTER
    with pytest.raises(NotFound):
        post.silences.named(silence.id)
    post.tick()
    assert post.store.record(PAST_SILENCE, silence.id) is None
    assert list(post.silences.every()) == []


@pytest.mark.parametrize("name", ["nobody", "", "x y", "x" * 5_000, "é"])
def test_a_silence_that_is_not_there_is_not_found(post, name):
    """Whatever it is that was asked for."""
    with pytest.raises(NotFound, match="there is no silence"):
        post.silences.named(name)
    with pytest.raises(NotFound):
        post.silences.end(name, actor=ANA)


@pytest.mark.parametrize(
    "more, why",
    [({"reason": " "}, "reason"), ({"ends_at": NOON}, "cannot end"), ({"where": Matcher()}, "something to hide")],
)
def test_what_is_no_silence_is_refused(post, more, why):
    """And nothing is written."""
    with pytest.raises(InvalidInput, match=why):
        post.silence(**more)
    assert list(post.silences.every()) == []


def test_there_are_not_too_many_to_read_for_every_page(post, monkeypatch):
    """What is over does not count."""
    monkeypatch.setattr(made, "MOST_SILENCES", 2)
    post.silence(minutes=10)
    post.silence(minutes=60)
    with pytest.raises(InvalidInput, match="there are 2 silences already"):
        post.silence()
    post.tick(11)
    assert post.silence().version == 1


def test_of_two_edits_on_what_was_seen_the_second_is_refused(post):
    """Whatever it would do; a look of the tick is no edit."""
    silence = post.silence()
    post.tick(1)
    post.tick(2)
    edited = post.silences.edit(silence.id, SilenceEdit(reason="x"), actor=ANA, expected=silence.version)
    assert post.silences.edit(silence.id, SilenceEdit(reason="x"), actor=ANA) == edited
    for again in (
        lambda: post.silences.edit(silence.id, SilenceEdit(reason="y"), actor=ANA, expected=silence.version),
        lambda: post.silences.end(silence.id, actor=ANA, expected=silence.version),
    ):
        with pytest.raises(PreconditionFailed, match="changed since you looked"):
            again()


def test_of_two_edits_at_the_same_moment_neither_is_lost(post):
    """Nor is what a tick writes meanwhile."""
    silence = post.silence()
    late = Post(
        Between(post.store, lambda: post.silences.edit(silence.id, SilenceEdit(reason="x"), actor=ANA)), name="l"
    )
    late.silences.edit(silence.id, SilenceEdit(ends_at=at(90)), actor=ANA)
    found = post.silences.named(silence.id)
    assert (found.reason, found.ends_at, found.version) == ("x", at(90), 3)


@pytest.mark.large
def test_a_change_gives_up_where_others_keep_writing(post):
    """With an error that says that trying again helps."""
    silence = post.silence()
    numbers = itertools.count(1)
    act = lambda: post.silences.edit(silence.id, SilenceEdit(reason=f"x {next(numbers)}"), actor=ANA)
    late = Post(Between(post.store, *[act, lambda: None] * MOST_ATTEMPTS), name="late")
    with pytest.raises(Conflict, match="others kept changing"):
        late.silences.end(silence.id, actor=ANA)


def test_silences_are_listed_also_those_that_are_over(post):
    """Page by page, those that are not over first."""
    over = [post.silence(minutes=minutes).id for minutes in (5, 6, 7)]
    post.tick(10)
    coming = post.silence(starts_at=at(20), ends_at=at(30)).id
    active = [post.silence().id, post.silence().id]

    def pages(**wanted):
        found, cursor = [], ""
        while True:
            some, cursor = post.silences.find(limit=2, cursor=cursor, **wanted)
            found.append([one.id for one in some])
            if not cursor:
                return found

    assert sorted(one for page in pages() for one in page) == sorted([*over, coming, *active])
    assert sorted(one for page in pages(active=True) for one in page) == sorted(active)
    assert sorted(one for page in pages(active=False) for one in page) == sorted([*over, coming])
    with pytest.raises(InvalidInput, match="no cursor"):
        post.silences.find(limit=2, cursor="~!")
    assert sorted(one.id for one in post.silences.every()) == sorted([*over, coming, *active])
