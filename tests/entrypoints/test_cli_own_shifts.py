"""``schedule shifts``, ``feed``, ``feeds`` and ``revoke-feed`` without a schedule: one's own, on a store and on a server."""

import pytest

from tests.entrypoints.test_cli_contacts import ANN, ann, either, store
from tests.secrets_seen import nowhere
from tocsin.services.feeds import FEED

__all__ = ["ann", "either", "store"]


@pytest.fixture
def own(either):
    """Return the command line of somebody who takes turns on two schedules; ``who`` is what says so on a store."""
    assert either("user", "add", "bo@example.com", "--name", "Bo", "--no-password").status == 0
    turns = ["--person", ANN, "--person", "bo@example.com", "--start", "2026-03-02"]
    for name in ("Shop", "Web"):
        assert either("schedule", "add", name, *turns).status == 0
    either.who = ["--person", ANN] if either.whose else []
    return either


def test_my_next_shifts_are_those_on_every_schedule(own):
    """In order, and nobody else's."""
    mine = own("schedule", "shifts", *own.who, "--json")
    assert mine.status == 0, mine.err
    assert [(one["schedule"], one["start"][5:10]) for one in mine.json] == [
        *(("Shop", "03-02"), ("Web", "03-02")),
        *(("Shop", "03-16"), ("Web", "03-16")),
        *(("Shop", "03-30"), ("Web", "03-30")),
    ]
    assert {one["person"]["email"] for one in mine.json} == {ANN}


def test_a_calendar_of_ones_own_is_linked_and_ended(own, store, ann):
    """It is one's own wherever it was made: it ends when one leaves."""
    made = own("schedule", "feed", *own.who, "--label", "phone", "--json")
    assert made.status == 0, made.err
    (record,) = store.records(FEED, limit=10)
    assert (record.body["person"], record.body["maker"], record.body["schedule"]) == (ann.id, ann.id, "")
    (listed,) = own("schedule", "feeds", *own.who, "--json").json
    assert (listed["id"], listed["label"]) == (made.json["id"], "phone")
    nowhere([listed], secret=made.json["path"].partition("?secret=")[2])
    assert own("schedule", "feeds", "shop", "--json").json == []
    assert own("schedule", "revoke-feed", "shop", listed["id"]).status == 4
    assert own("schedule", "revoke-feed", listed["id"], *own.who).status == 0
    assert own("schedule", "feeds", *own.who, "--json").json == []


def test_it_is_said_whose_on_a_store_and_never_on_a_server(own):
    """Nor twice, nor of more than one."""
    wrong = [] if own.who else ["--person", ANN]
    for command in (["shifts"], ["feed"], ["feeds"], ["revoke-feed", "0123456789ab"]):
        refused = own("schedule", *command, *wrong)
        assert (refused.status, "--person" in refused.err) == (2, True), refused.err
    for command in (["feed", "shop"], ["feeds", "shop"], ["revoke-feed", "shop", "0123456789ab"]):
        assert own("schedule", *command, "--person", ANN).status == 2
    assert own("schedule", "revoke-feed", "a", "b", "c").status == 2
