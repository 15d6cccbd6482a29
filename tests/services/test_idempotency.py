"""A request that comes twice is done once, and answered the same."""

import threading
from datetime import timedelta

import pytest

from tests.desk import Desk, at, says
from tests.services.test_losing_races import disturbed
from tocsin.domain.change import Change
from tocsin.domain.editing import Edit
from tocsin.errors import IllegalMove, InvalidInput, KeyReused, NotFound
from tocsin.services.idempotency import IDEMPOTENCY, KEPT, AnsweredBefore, Idempotency, Once, answered, keep

ONE = "INC-1001"


def request(key="k1", *, who="ci", body="a"):
    return Idempotency.of(who, key, "POST", "/incidents", body)


def once(key="k1", **more):
    return Once(request(key, **more), lambda incident: {"id": incident.id, "revision": incident.revision})


MOVES = {
    "acknowledge": lambda service, how: service.acknowledge(ONE, by="ann", once=how),
    "start": lambda service, how: service.start(ONE, by="ann", once=how),
    "resolve": lambda service, how: service.resolve(ONE, by="ann", root_cause="dns", once=how),
    "edit": lambda service, how: service.edit(ONE, Edit(note="x", title="y"), by="ann", once=how),
    "assign": lambda service, how: service.assign(ONE, "bo", role="commander", by="ann", once=how),
    "unassign": lambda service, how: service.unassign(ONE, "bo", by="ann", once=how),
    "note": lambda service, how: service.note(ONE, "x", by="ann", once=how),
    "severity": lambda service, how: service.set_severity(ONE, "low", by="ann", once=how),
    "snooze": lambda service, how: service.snooze(ONE, at(30), by="ann", once=how),
    "unsnooze": lambda service, how: service.unsnooze(ONE, by="ann", once=how),
    "merge": lambda service, how: service.merge("INC-1002", ONE, by="ann", once=how),
    "open": lambda service, how: service.open("new", by="ann", severity="low", once=how),
}


@pytest.fixture
def two(desk):
    """Return a desk with two incidents that burn."""
    desk.sweep(says(1, since=0), says(2, since=0))
    return desk


def snapshot(desk):
    incidents = desk.incidents()
    return incidents, [list(desk.store.timeline(one.id)) for one in incidents]


@pytest.mark.parametrize("move", MOVES)
def test_each_move_is_done_once_and_answered_the_same(two, move):
    """However often it is asked for, by whichever process; what happens in between changes no answer."""
    done = MOVES[move](two.service, once())
    two.service.note(ONE, "in between", by="bo")
    before = snapshot(two)
    with pytest.raises(AnsweredBefore) as repeat:
        MOVES[move](two.colleague(), once())
    assert repeat.value.answer == {"id": done.id, "revision": done.revision}
    assert snapshot(two) == before


def test_a_move_that_had_nothing_to_do_is_answered_the_same_too(two):
    """Acknowledged already: the answer is kept all the same."""
    two.service.acknowledge(ONE, by="ann")
    two.service.acknowledge(ONE, by="ann", once=once())
    two.service.note(ONE, "in between", by="bo")
    with pytest.raises(AnsweredBefore) as repeat:
        two.service.acknowledge(ONE, by="ann", once=once())
    assert repeat.value.answer == {"id": ONE, "revision": 1}


def test_a_key_belongs_to_one_request(two):
    """Another body under the same key is a mistake of the client, and nothing is done."""
    two.service.note(ONE, "x", by="ann", once=once())
    with pytest.raises(KeyReused, match="another request"):
        two.service.note(ONE, "y", by="ann", once=once(body="b"))
    assert two.service.incident(ONE).revision == 1


def test_a_key_belongs_to_whoever_sent_it(two):
    """Two senders that count from one do not meet."""
    two.service.note(ONE, "x", by="ann", once=once())
    assert two.service.note(ONE, "y", by="bo", once=once(who="other", body="b")).revision == 2


def test_no_two_requests_are_told_by_the_same_name():
    """Parts are kept apart: what is moved from one to the other is another request."""
    assert Idempotency.of("a", "k", "bc", "d") != Idempotency.of("a", "k", "b", "cd")
    assert Idempotency.of("ab", "c").record_id != Idempotency.of("a", "bc").record_id
    assert Idempotency.of("a", "k", "\ud800") == Idempotency.of("a", "k", "\ud800".encode(errors="surrogatepass"))


@pytest.mark.parametrize("key", ["", "x" * 256, "a\nb", "ä", "\x7f"])
def test_a_key_is_a_short_visible_text(key):
    """It is refused before anything is done."""
    with pytest.raises(InvalidInput, match="1 to 255 visible"):
        request(key)


def test_what_failed_is_tried_again(two):
    """A refusal is no answer to keep: it may be allowed the next time."""
    with pytest.raises(IllegalMove):
        two.service.close(ONE, by="ann", once=once())
    two.service.resolve(ONE, by="ann")
    assert two.service.close(ONE, by="ann", once=once()).status == "closed"


def test_the_answer_is_there_even_if_the_incident_is_gone(two):
    """The first answer counts, not what became of it."""
    opened = two.service.open("by mistake", by="ann", severity="low", once=once("open"))
    two.service.note(opened.id, "x", by="ann", once=once("note"))
    two.service.delete(opened.id, by="root")
    with pytest.raises(NotFound):
        two.service.note(opened.id, "x", by="ann")
    with pytest.raises(AnsweredBefore):
        two.service.note(opened.id, "x", by="ann", once=once("note"))


def test_an_answer_is_kept_for_a_day(two):
    """After that the key is a new one, whether or not the store has forgotten the old record."""
    two.service.note(ONE, "x", by="ann", once=once())
    two.now += KEPT - timedelta(seconds=1)
    with pytest.raises(AnsweredBefore):
        two.service.note(ONE, "x", by="ann", once=once())
    two.now += timedelta(seconds=1)
    assert two.service.note(ONE, "y", by="ann", once=once(body="b")).revision == 2
    record = two.store.record(IDEMPOTENCY, request().record_id)
    assert (record.version, record.expires_at) == (2, two.now + KEPT)


def test_two_at_the_same_moment_one_does_it_and_the_other_answers_the_same(two):
    """The second was between its read and its write."""
    service = disturbed(two, lambda: two.colleague().open("new", by="ann", severity="low", once=once()))
    with pytest.raises(AnsweredBefore) as repeat:
        service.open("new", by="ann", severity="low", once=once())
    assert repeat.value.answer == {"id": "INC-1004", "revision": 0}  # the loser had drawn 1003
    assert [incident.id for incident in two.incidents()] == [ONE, "INC-1002", "INC-1004"]


def test_many_at_the_same_moment_open_one_incident(quick_store):
    """Eight clients' worth of impatience."""
    services = [Desk(quick_store).service for _ in range(8)]
    start = threading.Barrier(len(services))
    said = []

    def run(number, service):
        service._new_id = iter([f"{number}-{n}" for n in range(100)]).__next__
        start.wait()
        try:
            said.append(service.open("new", by="ann", severity="low", once=once()).id)
        except AnsweredBefore as repeat:
            said.append(repeat.answer["id"])

    workers = [threading.Thread(target=run, args=pair) for pair in enumerate(services)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    (incident,) = services[0].incidents()
    assert said == [incident.id] * len(services)


def test_what_is_done_elsewhere_can_be_kept_after_the_fact(desk):
    """A delivery of alerts, say, which is recognised by its alerts: it lacks only its answer."""
    assert answered(desk.store, request(), now=at(0)) is None
    assert keep(desk.store, request(), {"n": 1}, now=at(0), change_id="c1") == {"n": 1}
    assert keep(desk.store, request(), {"n": 2}, now=at(1), change_id="c2") == {"n": 1}
    assert answered(desk.store, request(), now=at(1)).value == {"n": 1}
    with pytest.raises(KeyReused):
        answered(desk.store, request(body="b"), now=at(1))
    with pytest.raises(KeyReused):
        keep(desk.store, request(body="b"), None, now=at(1), change_id="c3")


def test_of_two_that_keep_an_answer_at_the_same_moment_the_first_counts(desk):
    """Both then say the same."""

    class Between:
        def __getattr__(self, name):
            return getattr(desk.store, name)

        def commit(self, change):
            keep(desk.store, request(), "first", now=at(0), change_id="c1")
            desk.store.commit(change)

    assert keep(Between(), request(), "second", now=at(0), change_id="c2") == "first"


def test_an_answer_that_says_nothing_is_an_answer(desk):
    """None is JSON, too."""
    keep(desk.store, request(), None, now=at(0), change_id="c1")
    assert answered(desk.store, request(), now=at(0)).value is None


def test_the_answer_is_written_with_what_was_done(two):
    """In one commit: no kill can leave the one without the other."""
    changes: list[Change] = []

    class Watched:
        def __getattr__(self, name):
            return getattr(two.store, name)

        def commit(self, change):
            changes.append(change)
            two.store.commit(change)

    service = two.colleague()
    service.store = Watched()
    service.note(ONE, "x", by="ann", once=once())
    (change,) = changes
    assert [write.kind for write in change.records] == [IDEMPOTENCY]
    assert change.incidents[0].incident.id == ONE
