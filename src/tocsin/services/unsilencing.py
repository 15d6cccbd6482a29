"""What silences held is paged once they end; one :data:`~tocsin.services.tick.Act` of the tick.

A silence is due every minute while it is active, when it ends, and once more a minute after its end. Each time every
incident that it hid, and that nothing hides now, gets a new escalation cycle in a change of its own. The record of the
silence is written after the last of them: whoever dies in between leaves it due, and whoever comes next finds in each
timeline whether the last cycle began while it was hidden, so that none is begun twice. See :mod:`tocsin.domain.silence`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import partial

from pydantic import JsonValue

from tocsin.clock import Clock
from tocsin.domain.change import Change, Record, RecordWrite
from tocsin.domain.decision import Reason
from tocsin.domain.draft import Draft
from tocsin.domain.frozen import Utc
from tocsin.domain.incident import Incident
from tocsin.domain.lifecycle import start_cycle
from tocsin.domain.search import ACTIVE, IncidentFilter
from tocsin.domain.silence import (
    KEPT_AFTER,
    MOST_NAMED,
    Hold,
    Kept,
    Silence,
    hides,
    hiding,
    may_be_owed,
    was_hidden,
)
from tocsin.errors import Conflict
from tocsin.ids import NewId
from tocsin.storage.store import Store

from .due import NOTICE, PAST_SILENCE, SILENCE
from .listing import every_incident, every_record
from .tick import MOST_ATTEMPTS, Act

NOTICES_KEPT = timedelta(days=1)
"""How long after what it tells of a notice that nobody sent is kept."""

MOST_AT_ONCE = 200
"""Incidents that are paged in one go. What is left is due still, and done by the next tick."""

BATCH = 50


def silence_acts(store: Store, *, clock: Clock, new_id: NewId) -> Mapping[str, Act]:
    """Return what acts on silences, for the tick."""
    return {
        SILENCE: Unsilencing(store, clock=clock, new_id=new_id),
        PAST_SILENCE: partial(_forgotten, store, clock=clock, new_id=new_id),
    }


def silences_now(store: Store) -> list[Silence]:
    """Return the silences that are active, to come, or just over: a read or two, however many there ever were."""
    kept = [Kept.model_validate(record.body) for record in every_record(store, SILENCE)]
    return [silence for one in kept for silence in one.hiding()]


def active_incidents(store: Store) -> Iterator[Incident]:
    """Yield every active incident."""
    return every_incident(store, IncidentFilter(statuses=ACTIVE))


def kept_record(kept: Kept, *, due_at: Utc | None, version: int) -> Record:
    """Return a silence as the record that it is kept in."""
    body = kept.model_dump(mode="json")
    return Record(kind=SILENCE, id=kept.silence.id, body=body, due_at=due_at, version=version)


class Unsilencing:
    """Looks at a silence that is due."""

    def __init__(self, store: Store, *, clock: Clock, new_id: NewId) -> None:
        self._store = store
        self._clock = clock
        self._new_id = new_id

    def __call__(self, due: Record) -> bool:
        """Page what it hides no more, and warn of its end. False: some is left to the next tick."""
        now = self._clock()
        current = self._store.record(SILENCE, due.id)
        if current is None or current.due_at is None or current.due_at > now:
            return True
        kept = Kept.model_validate(current.body)
        incidents = list(active_incidents(self._store))
        if not self._page(kept, incidents, now):
            return False
        self._finish(current, kept, incidents, now)
        return True

    def _page(self, kept: Kept, incidents: Iterable[Incident], now: Utc) -> bool:
        """Begin a cycle on each incident that is owed one; say whether there is none left."""
        holds, silences = kept.holds(now), silences_now(self._store)

        def is_candidate(incident: Incident) -> bool:
            return may_be_owed(holds, incident) and hiding(silences, incident, now) is None

        ids = [one.id for one in incidents if is_candidate(one)]
        left: list[str] = []
        for start in range(0, min(len(ids), MOST_AT_ONCE), BATCH):
            some: Sequence[str] = ids[start : start + BATCH]
            for _ in range(MOST_ATTEMPTS):
                if not some:
                    break
                again = [one for one in self._store.incidents(some).values() if is_candidate(one)]
                some = self._begin([one for one in again if self._is_owed(one, holds)], kept.silence, now)
            left += some
        return not left and len(ids) <= MOST_AT_ONCE

    def _is_owed(self, incident: Incident, holds: Iterable[Hold]) -> bool:
        events = self._store.timeline(incident.id)
        return any(was_hidden(one, incident, events) for one in holds)

    def _begin(self, incidents: Sequence[Incident], silence: Silence, now: Utc) -> list[str]:
        """Begin a cycle on each of these; return those that others wrote to first."""
        over = "is over" if silence.over(now) else "hides it no more"
        changes: list[Change] = []
        for incident in incidents:
            draft = Draft(incident, at=now)
            start_cycle(draft, why=f"the silence {over}: {silence.reason}", reason=Reason.SILENCE_OVER)
            changes.append(draft.change(self._new_id()))
        outcomes = self._store.commit_many(changes) if changes else []
        return [one.id for one, outcome in zip(incidents, outcomes, strict=True) if outcome is not None]

    def _finish(self, current: Record, kept: Kept, incidents: Iterable[Incident], now: Utc) -> None:
        """Write when it is due next, or that it is over, unless somebody changed it meanwhile: then it is due anew."""
        after = kept.looked(now)
        notices: tuple[RecordWrite, ...] = ()
        hidden = [one.id for one in incidents if hides(kept.silence, one, now)] if kept.warns(now) else []
        if hidden:
            after = after.model_copy(update={"warned_of": kept.silence.ends_at})
            notices = (_notice(kept.silence, hidden, now),)
        due_at = after.due_at(now)
        if due_at is None:
            writes = _past(after, current.version)
        else:
            record = kept_record(after, due_at=due_at, version=current.version + 1)
            writes = (RecordWrite(kind=SILENCE, id=record.id, record=record, expected=current.version),)
        _commit(self._store, Change(id=self._new_id(), at=now, records=(*writes, *notices)))


def _past(kept: Kept, version: int) -> tuple[RecordWrite, ...]:
    silence = kept.silence
    end = silence.ends_at + KEPT_AFTER
    record = kept_record(kept, due_at=end, version=1).model_copy(update={"kind": PAST_SILENCE, "expires_at": end})
    return (
        RecordWrite(kind=SILENCE, id=silence.id, record=None, expected=version),
        RecordWrite(kind=PAST_SILENCE, id=silence.id, record=record),
    )


def _notice(silence: Silence, hidden: Sequence[str], now: Utc) -> RecordWrite:
    named: list[JsonValue] = [*hidden[:MOST_NAMED]]
    body: dict[str, JsonValue] = {
        "what": "silence_ends",
        "silence": silence.id,
        "incidents": named,
        "user": silence.author_id or silence.author,
    }
    notice_id = f"silence:{silence.id}:{silence.version}"
    record = Record(kind=NOTICE, id=notice_id, body=body, due_at=now, expires_at=silence.ends_at + NOTICES_KEPT)
    return RecordWrite(kind=NOTICE, id=notice_id, record=record)


def _forgotten(store: Store, due: Record, *, clock: Clock, new_id: NewId) -> bool:
    now = clock()
    current = store.record(PAST_SILENCE, due.id)
    if current is not None and current.due_at is not None and current.due_at <= now:
        gone = RecordWrite(kind=PAST_SILENCE, id=due.id, record=None, expected=current.version)
        _commit(store, Change(id=new_id(), at=now, records=(gone,)))
    return True


def _commit(store: Store, change: Change) -> None:
    try:
        store.commit(change)
    except Conflict:
        return  # somebody else was quicker, or knows better
