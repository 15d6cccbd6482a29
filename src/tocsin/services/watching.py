"""Heartbeats that stay out become alerts, and calls end them; one :data:`~tocsin.services.tick.Act` of the tick.

What is said of a heartbeat goes the way of every alert that is pushed. The record of the watch is written in the very
commit that opens or ends something, and only if nobody wrote it meanwhile: of a call and a tick that race, one is first.
If that is the call, nothing is opened; if it is the tick, the call finds that it was late, and ends it.
"""

from collections.abc import Mapping

from tocsin.clock import Clock
from tocsin.domain.alert import Observation, Push
from tocsin.domain.change import Record, RecordWrite
from tocsin.domain.rules import Rules, Selection
from tocsin.domain.watch import Watch
from tocsin.errors import Conflict, StoreBusy
from tocsin.ids import NewId
from tocsin.storage.store import Store

from .due import WATCH
from .ingest import ingest
from .tick import MOST_ATTEMPTS, Act


def watch_acts(store: Store, rules: Rules, *, clock: Clock, new_id: NewId) -> Mapping[str, Act]:
    """Return what acts on heartbeats, for the tick."""
    return {WATCH: Watching(store, rules, clock=clock, new_id=new_id)}


class Watching:
    """Says what is to be said of heartbeats."""

    def __init__(self, store: Store, rules: Rules, *, clock: Clock, new_id: NewId) -> None:
        self._store = store
        # Somebody asked for it by name: no selection leaves it out, and it lasts until it calls.
        self._rules = rules.model_copy(update={"selection": Selection(), "expires_in": None})
        self._clock = clock
        self._new_id = new_id

    def __call__(self, due: Record) -> bool:
        """Open what is late, and end what has called again. False: others kept writing to the same incident."""
        for _ in range(MOST_ATTEMPTS):
            now = self._clock()
            current = self._store.record(WATCH, due.id)
            if current is None or current.due_at is None or current.due_at > now:
                return True
            watch = Watch.model_validate(current.body)
            late = watch.late_at is None
            said, after = (watch.fires(now), watch.missed(now)) if late else (watch.recovers(now), watch.calm())
            try:
                self.say(said, written(after, current.version))
            except Conflict:
                continue
            except StoreBusy:
                return False
            return True
        return True  # whoever writes that often is there

    def say(self, said: Observation, write: RecordWrite) -> None:
        """Apply what is said, and write the watch with it. Raises ``Conflict`` if that was written meanwhile."""
        push = Push(source=said.source, received_at=said.source_now, items=(said,))
        ingest(self._store, push, self._rules, clock=self._clock, new_id=self._new_id, also=write)


def written(watch: Watch, expected: int) -> RecordWrite:
    """Return the write of a watch, if the version of its record is still ``expected`` (0: there is none)."""
    body = watch.model_dump(mode="json")
    record = Record(kind=WATCH, id=watch.name, body=body, due_at=watch.due_at, version=expected + 1)
    return RecordWrite(kind=WATCH, id=watch.name, record=record, expected=expected)
