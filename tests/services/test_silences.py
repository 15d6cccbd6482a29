"""Silences, on every backend: made, changed, ended, and what they held paged anew, whoever dies when."""

import contextlib
import itertools

import pytest

from tests.desk import NOON, Desk, at, fires, is_over
from tests.services.test_ingest_killed import Killed, Mortal
from tests.services.test_losing_races import Between
from tocsin.domain.audit import Actor
from tocsin.domain.decision import Reason
from tocsin.domain.severity import Severity
from tocsin.domain.silence import HOLDS_ON, KEPT_AFTER, MOST_NAMED, Matcher
from tocsin.domain.timeline import EventKind
from tocsin.errors import Conflict, InvalidInput, NotFound, PreconditionFailed
from tocsin.services import silences as made
from tocsin.services.auditing import AuditLog
from tocsin.services.due import NOTICE, PAST_SILENCE, SILENCE
from tocsin.services.silences import SilenceEdit, Silences
from tocsin.services.tick import MOST_ATTEMPTS, tick
from tocsin.services.unsilencing import MOST_AT_ONCE, Unsilencing, silence_acts
from tocsin.storage.json_store import JsonStore

pytestmark = pytest.mark.large  # moto takes its time: the other stand-in for DynamoDB tries them, in integration

ANA = Actor("ana@example.com")
CHECKOUT = Matcher(service="checkout")
UP_TO_HIGH = Matcher(service="checkout", severity_at_most=Severity.HIGH)


class Post:
    """A desk with silences, whose ticks act on them."""

    def __init__(self, store, *, name="s"):
        self.desk = Desk(store)
        self.store = store
        ids = itertools.count(1)
        self.new_id = lambda: f"{name}-{next(ids)}"
        self.clock = lambda: self.desk.now
        self.audit = AuditLog(store, clock=self.clock, new_id=self.new_id, pause=lambda _: None)
        self.silences = Silences(store, self.audit, clock=self.clock, new_id=self.new_id)

    def silence(self, where=CHECKOUT, *, minutes=60, **more):
        """Silence something from now on."""
        given = {"reason": "a deployment", "actor": ANA, "ends_at": self.desk.now + (at(minutes) - NOON)}
        return self.silences.add(where, **given | more)

    def tick(self, minutes=None, store=None):
        """Do what is due at a moment; return the ids of incidents that got a new cycle by it."""
        if minutes is not None:
            self.desk.minute(minutes)
        before = self.cycles()
        store = store or self.store
        tick(
            store,
            self.desk.service.rules,
            clock=self.clock,
            new_id=self.new_id,
            others=silence_acts(store, clock=self.clock, new_id=self.new_id),
        )
        return {one: number - before[one] for one, number in self.cycles().items() if number != before[one]}

    def cycles(self):
        """Return how many cycles each incident had."""
        return {one.id: one.cycles for one in self.desk.incidents()}

    def opened(self, *names, minutes=None, **more):
        """Push alerts that share an incident; return its id."""
        if minutes is not None:
            self.desk.minute(minutes)
        here = (self.desk.now - NOON).total_seconds() / 60
        return self.desk.push(*(fires(name, here, **more) for name in names)).opened[0]

    def hidden(self, incident_id):
        """Say what hides an incident now."""
        found = self.silences.hiding(self.store.incident(incident_id), self.desk.now)
        return None if found is None else found.id

    def notices(self):
        """Return the notices there are, by id."""
        return {one.id: one.body for one in self.store.records(NOTICE, limit=50)}


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
    act = lambda: post.silences.edit(silence.id, SilenceEdit(reason=f"x {next(numbers)}"), actor=ANA)  # noqa: E731
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
    draw = lambda: post.silences.edit(silence.id, SilenceEdit(ends_at=at(90)), actor=ANA)  # noqa: E731
    late = Post(Between(post.store, draw), name="late")
    late.tick(9)
    assert post.silences.named(silence.id).ends_at == at(90)


def test_an_incident_that_others_write_to_is_decided_on_again(post):
    """And is left to the next tick if they never cease."""
    held = post.opened("a")
    post.silence(minutes=10)
    numbers = itertools.count(1)
    note = lambda: post.desk.service.note(held, f"{next(numbers)}", by="bo")  # noqa: E731
    assert Post(Once(post.store, note), name="o").tick(10) == {held: 1}
    post.desk.service.acknowledge(held, by="bo")
    other = post.opened("b", minutes=20, environment="b")
    post.silence(minutes=10)
    again = lambda: post.desk.service.note(other, f"{next(numbers)}", by="bo")  # noqa: E731
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


CALLS = frozenset({"commit", "commit_many", "record", "records", "find", "incidents", "timeline"})


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
