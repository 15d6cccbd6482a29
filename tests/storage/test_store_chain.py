"""500 groups of one monitor: whatever is there of the chain at any moment is a valid beginning of it."""

import pytest

from tests.storage.chains import LINKS, chain, links_in

pytestmark = pytest.mark.large


def test_between_any_two_links_there_is_a_valid_beginning(any_store):
    """After each link the store holds an incident whose alerts, counts, timeline and claim fit together."""
    links = chain()
    assert len(links) == LINKS
    assert links_in(any_store) == 0
    for number, change in enumerate(links, start=1):
        any_store.commit(change)
        assert links_in(any_store) == number


def test_a_chain_that_broke_off_anywhere_can_be_committed_from_its_start(any_store):
    """Whoever stopped in the middle commits the same chain again, and it is complete, and nothing is there twice."""
    links = chain()
    for number in range(LINKS):
        assert list(any_store.commit_many(links[: number + 1])) == [None] * (number + 1)
        assert links_in(any_store) == number + 1


def test_a_chain_is_committed_at_once(any_store):
    """commit_many takes the whole chain."""
    assert list(any_store.commit_many(chain())) == [None] * LINKS
    assert links_in(any_store) == LINKS
