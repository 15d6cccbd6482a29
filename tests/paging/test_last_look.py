"""Somebody acknowledges while the pager is at work: what it looks at afterwards it does not send."""

from tests.fakes import MemoryStore
from tests.paging.score import Score
from tests.paging.test_killed import CALLS, MortalPhones


class Meddled:
    """A store, and providers, between whose calls somebody acknowledges once. ``trace`` says what was called."""

    def __init__(self, store, call, acknowledge):
        self._store = store
        self._call = call
        self._acknowledge = acknowledge
        self.trace = []

    def __getattr__(self, name):
        asked = getattr(self._store, name)
        if name not in CALLS:
            return asked
        return lambda *args, **options: self.through(name, lambda: asked(*args, **options))

    def through(self, name, do):
        if sum(one != "ACK" for one in self.trace) + 1 == self._call:
            self._acknowledge()
            self.trace.append("ACK")
        self.trace.append(name)
        return do()


def played(store, call):
    """Let one alert fire, and page two people in two rounds, with an acknowledgement before the call of this number."""
    score = Score(store)
    score.person("ana", "email", ("ntfy", 1)).person("bo", "sms").policy(steps=[("ana", 0), ("bo", 1)])
    score.now = score._moment("02:00")
    score.alert()
    meddled = Meddled(store, call, lambda: score.acknowledge("eve"))
    pager = score.another_pager(meddled, MortalPhones(score.phones, meddled))
    for minute in range(3):
        score.now = score._moment(f"02:{minute:02}")
        assert pager.round().left == 0
    return score, meddled.trace


def test_nothing_is_sent_that_was_looked_at_after_the_acknowledgement(quick_store, tmp_path):
    """A page goes out after an acknowledgement only if its last look at the incident was before it."""
    quiet = played(MemoryStore(), 0)[1]
    late = 0
    for call in range(1, len(quiet) + 1):
        memory = isinstance(quick_store, MemoryStore)
        store = MemoryStore() if memory else type(quick_store)(tmp_path / f"{call}.json")
        score, trace = played(store, call)
        place = trace.index("ACK")
        sends = [number for number, name in enumerate(trace) if name == "send" and number > place]
        for number in sends:
            assert "incidents" not in trace[place:number], (call, trace)
        late += len(sends)
        assert len(score.phones.sent) <= quiet.count("send")
        store.close()
    # Between the last look and the provider nobody can be called back.
    assert late == quiet.count("send")
