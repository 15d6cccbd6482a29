"""What is deleted, or pruned, takes its pages along: they may hold what it was deleted for."""

from itertools import count

import pytest

from tests.fakes import MemoryStore
from tests.paging.score import MINUTE, Score
from tests.services.test_ingest_killed import Killed, Mortal
from tocsin.domain.change import Change
from tocsin.domain.contact import ChannelKind
from tocsin.domain.deleting import DELETED
from tocsin.domain.intents import ESCALATION, NEWS
from tocsin.domain.page import DELIVERY, PAGE, Page
from tocsin.services.forgetting import MOST_WRITES
from tocsin.services.listing import every_record
from tocsin.services.paging.desk import planned

pytestmark = pytest.mark.large  # moto takes its time: the other stand-in for DynamoDB tries them, in integration

ONE = "INC-1001"
KINDS = (ESCALATION, PAGE, DELIVERY, NEWS)
"""Of these paging leaves some, named here once more: whoever forgets one must not be believed."""
CALLS = frozenset({"record", "records", "incident", "alerts_of", "claims", "commit", "remove", "find"})


def opened(store):
    """Return a night in which somebody was paged for one incident, and has acknowledged."""
    score = Score(store)
    score.person("ana", "email").policy(steps=[("ana", 0), ("ana", 5)])
    score.at("02:00").service.open("Jo Doe of 3 High Street cannot pay", by="eve", severity="high")
    score.expect_page("ana", via="email")
    score.service.acknowledge(ONE, by="ana")
    return score


def page_of(score, page_id):
    return Page(
        id=page_id,
        contact="email",
        user="ana",
        channel=ChannelKind.EMAIL,
        text="call Jo Doe",
        made_at=score.now,
        not_before=score.now,
    )


def left(store, begins=f"{ONE}:"):
    """Return kind and id of what is left of paging."""
    return [(kind, one.id) for kind in KINDS for one in every_record(store, kind) if one.id.startswith(begins)]


def test_a_deleted_incident_takes_its_pages_along(any_store):
    """Cycles, pages, attempts and news, however many; those of others stay, and nobody is told anything more."""
    score = opened(any_store)
    writes = [planned(page_of(score, f"{ONE}:0:0.0.{number:03}:ana:email")) for number in range(MOST_WRITES + 10)]
    for some in (writes[:MOST_WRITES], writes[MOST_WRITES:]):
        any_store.commit(Change(id=score.new_id(), at=score.now, records=tuple(some)))
    other = planned(page_of(score, f"{ONE}0:0:0.0.1:ana:email"))
    any_store.commit(Change(id=score.new_id(), at=score.now + MINUTE, records=(other,)))
    assert {kind for kind, _ in left(any_store)} == set(KINDS)
    score.service.delete(ONE, by="root")
    assert left(any_store) == []
    assert left(any_store, "INC") == [("page", other.id)]


def test_a_pruned_incident_takes_its_pages_along(any_store):
    """Once it is closed for long enough."""
    score = opened(any_store)
    score.service.resolve(ONE, by="ana")
    score.at("02:01").expect_all_clear("ana", via="email")
    score.service.close(ONE, by="ana")
    assert score.service.prune(closed_before=score.now, by="root") == []
    assert left(any_store) != []
    assert score.service.prune(closed_before=score.now + MINUTE, by="root") == [ONE]
    assert left(any_store) == []


@pytest.mark.parametrize("after", [False, True], ids=["before a call", "after a call"])
def test_whenever_a_delete_dies_the_next_one_forgets_the_pages(after):
    """As long as anything is left, the tombstone is there, by which it is known that it was begun."""
    for call in count(1):
        score = opened(MemoryStore())
        store = score.service.store
        score.service.store = mortal = Mortal(store, call, after=after, among=CALLS)
        before = left(store)
        try:
            score.service.delete(ONE, by="root")
        except Killed:
            assert left(store) == before or store.record(DELETED, ONE) is not None
            score.service.store = store
            score.service.delete(ONE, by="root")
        assert (left(store), store.incident(ONE)) == ([], None)
        if mortal.calls < call:
            break
    assert call > 8


def test_a_delete_in_the_middle_of_sending_leaves_no_page_and_doubles_none(any_store):
    """What the provider has is sent; nothing is left to be sent again, or to be read."""
    score = Score(any_store)
    score.person("ana", "email").policy(steps=[("ana", 0), ("ana", 5)])
    score.service.open("Jo Doe cannot pay", by="eve", severity="high")
    score.phones.fails["ana", "email"] = lambda: score.service.delete(ONE, by="root") and None
    score.pager.round()
    assert len(score.phones.sent) == 1
    assert left(any_store) == []
    score.phones.fails.clear()
    score.now += 10 * MINUTE
    assert score.pager.round().done == 0
    assert len(score.phones.sent) == 1
