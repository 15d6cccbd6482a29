"""Moving everything from one store to another, through the one write path: each incident lives its life again.

The timeline of an incident holds every state that it was in. So it is written version by version as it was written the
first time, each change on the condition that the target is at the version before. That makes the move resumable (what
is there is skipped), safe against a target that went on by itself (what is newer there is left), and never more than
the store promises anyway. Whoever moves stops the syncs of both stores first: what somebody writes to the source
meanwhile may be missed, and then the digests differ.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from tocsin.domain.alert import Alert, Source
from tocsin.domain.change import (
    MOST_ALERTS,
    AlertWrite,
    Change,
    Claim,
    ClaimWrite,
    IncidentWrite,
    Record,
    RecordWrite,
)
from tocsin.domain.deleting import is_tombstone
from tocsin.domain.frozen import Frozen, Utc
from tocsin.domain.incident import Incident
from tocsin.domain.pursue import chunks
from tocsin.domain.rules import Rules
from tocsin.domain.timeline import Event, replay
from tocsin.errors import Conflict, StoreError
from tocsin.ids import NewId
from tocsin.storage import moving
from tocsin.storage.store import Store

from .auditing import AUDIT, HEAD, carries_on
from .comparing import (
    AT_ONCE,
    KINDS,
    Part,
    Progress,
    archived,
    compare,
    every,
    every_alert,
    name_of,
    over,
)

ROWS_IN_A_CHANGE = 25
"""Claims or records that share a change."""

LOG = (AUDIT, HEAD)
"""The kinds of the records that only make sense together."""


class MoveReport(Frozen):
    """What a move did. ``newer`` names what the target holds in another, later state, and was left alone."""

    written: int
    already_there: int
    newer: tuple[str, ...]
    parts: tuple[Part, ...]

    @property
    def verified(self) -> bool:
        """True if both stores hold the same of everything that is not newer in the target."""
        return all(part.same for part in self.parts)


def move(
    source: Store, target: Store, *, now: Utc, new_id: NewId, progress: Progress = lambda _what, _number: None
) -> MoveReport:
    """Copy everything that ``source`` holds to ``target``, and compare.

    It may be broken off and started again. Raises :class:`~tocsin.errors.Conflict`, before anything is written, if
    the target has other incidents under the same ids.
    """
    return _Move(source, target, now=now, new_id=new_id, progress=progress).run()


class _Chain(NamedTuple):
    """The states that one alert row goes through, and the episode that each of them archives."""

    key: tuple[Source, str]
    states: list[AlertWrite]


class _Move:
    def __init__(self, source: Store, target: Store, *, now: Utc, new_id: NewId, progress: Progress) -> None:
        self._source = source
        self._target = target
        self._now = now
        self._new_id = new_id
        self._progress = progress
        self._written = 0
        self._already = 0
        self._newer: set[str] = set()
        self._keys: set[str] = set()
        self._ended: dict[tuple[Source, str], list[Alert]] = {}

    def run(self) -> MoveReport:
        """Do it."""
        self._refuse_others()
        self._draw_numbers()
        for number, some in enumerate(chunks(every(self._source), AT_ONCE)):
            self._incidents(some)
            self._progress("incidents", number * AT_ONCE + len(some))
        self._alerts()
        self._claims()
        self._records()
        return MoveReport(
            written=self._written,
            already_there=self._already,
            newer=tuple(sorted(self._newer)),
            parts=compare(
                self._source,
                self._target,
                newer=self._newer,
                keys=self._keys,
                now=self._now,
                progress=self._progress,
            ),
        )

    def _refuse_others(self) -> None:
        for some in chunks(every(self._source), AT_ONCE):
            there = self._target.incidents(one.id for one in some)
            for one in some:
                if one.id in there and not _is_same(one, there[one.id]):
                    message = f"{one.id} is another incident in the target: {there[one.id].title!r}"
                    raise Conflict(message, hint="nothing was written: move into an empty store")

    def _draw_numbers(self) -> None:
        """See that the target never hands out a number that the source has given."""
        given = moving.upcoming_number(self._source, (_number(one.id) for one in every(self._source)))
        upcoming = moving.upcoming_number(self._target, (_number(one.id) for one in every(self._target)))
        if upcoming < given:
            self._target.draw_numbers(given - upcoming)

    def _incidents(self, some: Sequence[Incident]) -> None:
        there = self._target.incidents(one.id for one in some)
        changes: list[Change] = []
        for one in some:
            self._keys.add(one.correlation_key)
            for alert in moving.ended_alerts(self._source, one.id):
                self._ended.setdefault((alert.source, alert.key), []).append(alert)
            found = there.get(one.id)
            if found == one:
                self._already += 1
            elif found is not None and not self._is_beginning(found, one):
                self._newer.add(one.id)
            else:
                changes += self._life(one, found)
        failed = self._commit(changes)
        self._newer |= {write.incident.id for change in failed for write in change.incidents}

    def _is_beginning(self, found: Incident, one: Incident) -> bool:
        """Say whether the target's incident is an earlier state of the source's, and nothing else."""
        if found.version >= one.version:
            return False
        here = [event for event in self._source.timeline(one.id) if event.version <= found.version]
        return here == list(self._target.timeline(one.id))

    def _life(self, incident: Incident, found: Incident | None) -> Iterator[Change]:
        """Yield the changes that bring the target from what it has to what the source has."""
        events = self._source.timeline(incident.id)
        so_far: list[Event] = []
        before: Incident | None = None
        try:
            for version, some in groupby(events, key=lambda event: event.version):
                mine = list(some)
                so_far += mine
                after = incident if version == incident.version else replay(incident, so_far)
                if found is None or version > found.version:
                    yield self._step(before, after, mine)
                before = after
        except ValueError as gap:
            message = f"the timeline of {incident.id} has a gap, so that it cannot be moved: {gap}"
            raise StoreError(
                message, hint="nothing was taken from the source; the incidents before it are moved"
            ) from gap

    @staticmethod
    def _step(before: Incident | None, after: Incident, events: Sequence[Event]) -> Change:
        expected = None if before is None else before.version
        return Change(
            # As it was the first time, so that it is recognised when it is written again.
            id=events[0].change_id or f"moved-{after.id}-{after.version}",
            at=events[0].at,
            incidents=(IncidentWrite(incident=after, expected=expected),),
            events=tuple(events),
        )

    def _alerts(self) -> None:
        chains = self._chains()
        there = {(alert.source, alert.key): alert for alert in every_alert(self._target)}
        # Rows of one alert follow each other; a change holds the same step of several.
        steps: list[list[AlertWrite]] = []
        for chain in chains:
            left = self._left_of(chain, there.get(chain.key))
            for number, write in enumerate(left):
                if number == len(steps):
                    steps.append([])
                steps[number].append(write)
        for writes in steps:
            changes = [
                Change(id=self._new_id(), at=self._now, alerts=tuple(some)) for some in chunks(writes, MOST_ALERTS)
            ]
            failed = self._commit(changes)
            self._newer |= {write.alert.key for change in failed for write in change.alerts}

    def _chains(self) -> list[_Chain]:
        rows = {(alert.source, alert.key): alert for alert in every_alert(self._source)}
        self._keys |= {alert.correlation_key for alert in rows.values()}
        return [_Chain(key, _states(self._ended.get(key, []), rows.get(key))) for key in sorted({*rows, *self._ended})]

    def _left_of(self, chain: _Chain, there: Alert | None) -> list[AlertWrite]:
        if there is None:
            return chain.states
        reached = next((number for number, write in enumerate(chain.states) if write.alert == there), None)
        if reached is None:
            self._newer.add(there.key)
            return []
        self._already += reached == len(chain.states) - 1
        return chain.states[reached + 1 :]

    def _claims(self) -> None:
        keys = moving.claim_keys(self._source, self._keys)
        missing: list[Claim] = []
        for some in chunks(keys, AT_ONCE):
            here, there = self._source.claims(some), self._target.claims(some)
            for key, claim in here.items():
                if key not in there:
                    missing.append(claim)
                elif there[key] == claim:
                    self._already += 1
                else:
                    self._newer.add(key)
        changes = [
            Change(id=self._new_id(), at=self._now, claims=tuple(ClaimWrite(claim=one) for one in some))
            for some in chunks(missing, ROWS_IN_A_CHANGE)
        ]
        self._newer |= {write.claim.key for change in self._commit(changes) for write in change.claims}

    def _records(self) -> None:
        missing: list[Record] = []
        log = self._log()
        for kind, record_id in moving.record_keys(self._source, KINDS):
            here, there = self._source.record(kind, record_id), self._target.record(kind, record_id)
            if here is None or over(here, self._now):
                continue
            if kind in LOG and not log and not is_tombstone(here):
                self._newer.add(name_of(here))
            elif there is None:
                missing.append(here)
            elif there == here:
                self._already += kind != HEAD  # which is counted where it is brought
            else:
                self._newer.add(name_of(here))
        changes = [
            Change(
                id=self._new_id(),
                at=self._now,
                records=tuple(RecordWrite(kind=one.kind, id=one.id, record=one, expected=0) for one in some),
            )
            for some in chunks(missing, ROWS_IN_A_CHANGE)
        ]
        failed = self._commit(changes)
        self._newer |= {f"{write.kind} {write.id}" for change in failed for write in change.records}

    def _log(self) -> bool:
        """Bring the end of the audit log to what the source has, before its entries; say whether those may follow.

        A log that the target began by itself is never mixed with another. Were entries there before their end is,
        whoever writes to the target meanwhile could not go on with it.
        """
        here, there = self._source.record(HEAD, HEAD), self._target.record(HEAD, HEAD)
        if not carries_on(self._source, self._target):
            return False
        if here is None or (there is not None and there.version >= here.version):
            return True
        end = RecordWrite(kind=HEAD, id=HEAD, record=here, expected=0 if there is None else there.version)
        return not self._commit([Change(id=self._new_id(), at=self._now, records=(end,))])

    def _commit(self, changes: Sequence[Change]) -> list[Change]:
        """Write; return what was refused."""
        outcomes = self._target.commit_many(changes) if changes else []
        failed = [change for change, outcome in zip(changes, outcomes, strict=True) if outcome is not None]
        self._written += len(changes) - len(failed)
        return failed


def _states(ended: Sequence[Alert], row: Alert | None) -> list[AlertWrite]:
    """Return the states of an alert row from its first archived episode to what it is now."""
    states: list[AlertWrite] = []
    episodes = sorted(ended, key=lambda alert: alert.episode)
    for number, episode in enumerate(episodes):
        last = number == len(episodes) - 1
        is_row = last and row is not None and row.episode == episode.episode and not row.firing
        # Where the row itself has been forgotten, a tombstone that is over stands for it.
        forget_at = (episode.ended_at or episode.observed_at) + Rules().tombstone
        tombstone = row if is_row and row is not None else episode.model_copy(update={"expires_at": forget_at})
        expected = states[-1].alert.version if states else None
        states.append(AlertWrite(alert=tombstone, expected=expected, archive=archived(episode)))
    if row is not None and (not states or states[-1].alert != row):
        states.append(AlertWrite(alert=row, expected=states[-1].alert.version if states else None))
    return states


def _is_same(one: Incident, other: Incident) -> bool:
    return (one.opened_at, one.source, one.correlation_key) == (other.opened_at, other.source, other.correlation_key)


def _number(incident_id: str) -> int:
    digits = incident_id.rpartition("-")[2]
    return int(digits) if digits.isdecimal() else 0
