"""The pager dies before or after any call, to the store or to a provider: no page is lost, and none is doubled unnoticed."""

from collections import Counter
from functools import partial
from itertools import count

import pytest

from tests import tables
from tests.fakes import MemoryStore
from tests.paging.score import Score
from tests.services.test_ingest_killed import Killed, Mortal
from tocsin.domain.message import Tells
from tocsin.domain.page import PageStatus
from tocsin.services.paging.desk import every_page
from tocsin.storage.json_store import JsonStore

CALLS = frozenset({"due", "record", "records", "incident", "incidents", "commit"})
STORY = [
    ("ana", Tells.PAGE),
    ("bo", Tells.PAGE),
    ("ana", Tells.ALL_CLEAR),
    ("bo", Tells.ALL_CLEAR),
]


class MortalPhones:
    """Providers in whose call the pager dies."""

    def __init__(self, phones, mortal):
        self._phones = phones
        self._mortal = mortal

    def channels(self):
        """Return the channels."""
        return {kind: partial(MortalPhone, make(), self._mortal) for kind, make in self._phones.channels().items()}


class MortalPhone:
    """One of them."""

    def __init__(self, phone, mortal):
        self._phone = phone
        self._mortal = mortal

    def send(self, message, to):
        """Send, or die in it."""
        return self._mortal.through("send", lambda: self._phone.send(message, to))


class Dying(Mortal):
    """A store, and providers, in whose use the process dies once. ``died_in`` says in which call."""

    def __init__(self, store, call, *, after):
        super().__init__(store, call, after=after, among=())
        self.died_in = ""

    def __getattr__(self, name):
        asked = getattr(self._store, name)
        if name not in CALLS:
            return asked
        return lambda *args, **options: self.through(name, lambda: asked(*args, **options))

    def through(self, name, do):
        self.calls += 1
        dies = self.calls == self._call
        if dies and not self._after:
            self.died_in = name
            raise Killed
        answer = do()
        if dies:
            self.died_in = name
            raise Killed
        return answer


def played(store, call, *, after):
    """Play the story with a pager that dies in its call of this number; another takes over a minute later."""
    score = Score(store)
    score.person("ana", "email").person("bo", "sms").policy(steps=[("ana", 0), ("bo", 4)])
    mortal = Dying(store, call, after=after)
    score.pager = dying = score.another_pager(mortal, MortalPhones(score.phones, mortal))

    def one_round(clock):
        score.now = score._moment(clock)
        try:
            score.pager.round()
        except Killed:
            score.pager = score.another_pager()

    score.now = score._moment("02:00")
    score.alert()
    for minute in (0, 1, 2, 4, 5, 6):
        one_round(f"02:{minute:02}")
    score.acknowledge("bo")
    pages_before = [name for name, _, message in score.phones.sent if message.tells is Tells.PAGE]
    for minute in (10, 11):
        one_round(f"02:{minute:02}")
    assert [name for name, _, message in score.phones.sent if message.tells is Tells.PAGE] == pages_before
    score.resolve("bo")
    for minute in (15, 16, 17, 18):
        one_round(f"02:{minute:02}")
    return score, mortal, dying


def calls_of_the_story(store):
    return played(store, 0, after=False)[1].calls


def told_everybody(stores, calls, *, after):
    """Play the story once for each of these calls; return in which call it was that somebody was told twice."""
    windows = set()
    for call in calls:
        store = next(stores)
        score, mortal, _ = played(store, call, after=after)
        told = Counter((name, message.tells) for name, _, message in score.phones.sent)
        assert set(told) == set(STORY), (call, mortal.died_in, told)
        ids = {(name, message.tells, message.id) for name, _, message in score.phones.sent}
        assert len(ids) == len(STORY), (call, mortal.died_in, ids)
        if max(told.values()) > 1:
            assert sum(told.values()) == len(STORY) + 1
            windows.add((mortal.died_in, after))
        assert not [page for _, page in every_page(store, "") if page.status is PageStatus.PENDING]
        store.close()
    return windows


AFTER = pytest.mark.parametrize("after", [False, True], ids=["before a call", "after a call"])
WINDOW = {True: {("send", True)}, False: {("commit", False)}}
"""Only there: the provider has answered, and our record of it is not yet written."""


@AFTER
@pytest.mark.parametrize("kind", ["memory", "json"])
def test_wherever_the_pager_dies_everybody_is_told(kind, after, tmp_path):
    """Each of the story is told once; twice only if the pager died between an answer and its record, under one id."""
    many = calls_of_the_story(MemoryStore())
    assert many > 40
    stores = (MemoryStore() if kind == "memory" else JsonStore(tmp_path / f"{number}.json") for number in count())
    assert told_everybody(stores, range(1, many + 1), after=after) == WINDOW[after]


@AFTER
def test_wherever_the_pager_dies_on_a_table_everybody_is_told(ministack, after):
    """The same there."""
    many = calls_of_the_story(MemoryStore())
    stores = (tables.a_store(ministack) for _ in count())
    assert told_everybody(stores, range(1, many + 1), after=after) == WINDOW[after]
