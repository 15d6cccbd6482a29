"""The store in one DynamoDB table.

``dynamodb_keys`` says what stands where, ``dynamodb_items`` what an item is, ``dynamodb_write`` how a change becomes
a transaction, ``dynamodb_read``, ``dynamodb_alerts`` and ``dynamodb_list`` how it is read back, ``dynamodb_remove`` how
it is forgotten, ``dynamodb_chains`` what waits for what, ``dynamodb_calls`` what is tried again, ``dynamodb_table`` what
the table must be like. There is no Scan.
"""

import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice, repeat
from typing import TYPE_CHECKING

from tocsin.domain.alert import Alert, Source
from tocsin.domain.change import Change, Claim, Record
from tocsin.domain.frozen import Utc
from tocsin.domain.incident import Incident
from tocsin.domain.search import IncidentFilter
from tocsin.domain.timeline import Event
from tocsin.errors import Conflict, InvalidInput, StoreError

from . import conditions, dynamodb_list
from . import dynamodb_items as items
from . import dynamodb_keys as keys
from .dynamodb_alerts import AlertRows
from .dynamodb_calls import Calls, ConditionFailed, TokenReused
from .dynamodb_chains import Numbered, chains
from .dynamodb_items import Layout
from .dynamodb_keys import claim_key
from .dynamodb_read import KEYS, Reads
from .dynamodb_remove import Removals
from .dynamodb_table import DUE
from .dynamodb_write import Action, actions_of, first_events, rows, shows, token
from .store import FIRST_NUMBER, Page, Touch, Touched

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from .dynamodb_items import Item

PARALLEL = 8
"""Changes that are written side by side. More would wait for each other's throttles rather than be quicker."""


class DynamoDbStore:
    """Keeps the promises of :class:`~tocsin.storage.store.Store` in a table, for any number of processes.

    Reads are consistent, but for the two that go through an index: ``find`` shows what was committed a moment later,
    and ``due`` finds a record a moment after it was written; what it returns was read again and is as last committed.

    A change is recognised when it is committed again: by its event, for ever; one without an event, for ten minutes
    by its id, and after that as long as the alert rows it wrote were not written again, or its records not by four
    other such changes.

    ``parallel`` changes are written side by side. ``sleep`` takes seconds, ``clock`` gives them, ``jitter`` gives
    numbers from 0 to 1. The client is the caller's: closing the store leaves it open.
    """

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
        parallel: int = PARALLEL,
        layout: Layout | None = None,
    ) -> None:
        self._client = client
        self._table = table
        self._parallel = parallel
        self._layout = layout or Layout()
        self._calls = Calls(table, clock=clock, sleep=sleep, jitter=jitter)
        self._reads = Reads(client, table, self._calls)
        self._rows = AlertRows(client, table, self._calls, self._reads, self._layout, parallel=parallel)
        self._removals = Removals(client, table, self._calls, self._reads)
        self._known_months: set[str] = set()
        self._tidy = False

    def commit(self, change: Change) -> None:
        """Write all of ``change``, durably, or raise ``Conflict`` and write nothing of it."""
        conflict = self._attempt(change)
        if conflict is not None:
            raise conflict

    def commit_many(self, changes: Sequence[Change]) -> Sequence[Conflict | None]:
        """Write each change as :meth:`commit` would, chains of them side by side; return what each came to.

        If the store fails at one, the others are still written before the error is raised.
        """
        outcomes: list[Conflict | None] = [None] * len(changes)
        together = chains(changes)
        failures: list[StoreError] = []

        def write(chain: Sequence[Numbered]) -> None:
            try:
                self._write_chain(chain, outcomes)
            except StoreError as error:
                failures.append(error)

        if len(together) == 1 or self._parallel == 1:
            for chain in together:
                write(chain)
        elif together:
            with ThreadPoolExecutor(min(self._parallel, len(together))) as pool:
                list(pool.map(write, together))
        if failures:
            raise failures[0]
        return outcomes

    def touch(self, touches: Sequence[Touch]) -> Sequence[Touched]:
        """Count and date each alert that still fires with the signature given: one update each, side by side."""
        return self._rows.touch(touches)

    def draw_numbers(self, count: int) -> range:
        """Return ``count`` incident numbers that nobody else gets. Raises ``InvalidInput`` below 1.

        A lost answer loses its numbers: gaps are fine.
        """
        if count < 1:
            raise InvalidInput(f"cannot draw {count} incident numbers: at least one")
        answer = self._calls.run(
            lambda: self._client.update_item(
                TableName=self._table,
                Key=keys.store_key("numbers"),
                UpdateExpression="SET upcoming = if_not_exists(upcoming, :first) + :count",
                ExpressionAttributeValues={":first": items.number(FIRST_NUMBER), ":count": items.number(count)},
                ReturnValues="UPDATED_NEW",
            )
        )
        upcoming = int(answer["Attributes"]["upcoming"]["N"])
        return range(upcoming - count, upcoming)

    def upcoming_number(self) -> int:
        """Return the first number that nobody has drawn yet."""
        item = self._reads.one(keys.store_key("numbers"))
        return FIRST_NUMBER if item is None else int(item["upcoming"]["N"])

    def incident(self, incident_id: str) -> Incident | None:
        """Return the incident as last committed, or None."""
        return self.incidents([incident_id]).get(incident_id)

    def incidents(self, incident_ids: Iterable[str]) -> Mapping[str, Incident]:
        """Return those of ``incident_ids`` that exist, by id."""
        found = self._reads.many(map(keys.incident_key, incident_ids))
        there = [self._layout.model(Incident, item) for item in found if items.version_of(item) is not None]
        return {one.id: one for one in there}

    def find(self, wanted: IncidentFilter, *, limit: int = 50, cursor: str = "") -> Page:
        """Return up to ``limit`` matching incidents, newest opening first, ties by higher number."""
        return dynamodb_list.find(self._reads, self._layout, self._months, wanted, limit=limit, cursor=cursor)

    def timeline(self, incident_id: str) -> Sequence[Event]:
        """Return every event of the incident, in order."""
        found = self._reads.partition(keys.dossier(incident_id), begins="EV#")
        return [event for item in found for event in self._layout.events(item)]

    def alerts(self, source: Source) -> Sequence[Alert]:
        """Return the alert rows of a source: current episodes and tombstones, expired ones perhaps included."""
        return self._rows.all(source)

    def alerts_named(self, source: Source, keys: Iterable[str]) -> Mapping[str, Alert]:
        """Return those rows of a source that exist under these keys, by key."""
        return self._rows.named(source, keys)

    def alerts_from(self, source: Source, origin: str) -> Sequence[Alert]:
        """Return the rows of a source whose keys begin with ``origin`` and a colon: those of one monitor."""
        return self._rows.of_origin(source, origin)

    def alerts_page(self, source: Source, *, after: str = "", limit: int) -> Sequence[Alert]:
        """Return up to ``limit`` rows of a source in the order of their keys, from the first beyond ``after``."""
        _at_least_one(limit, "alerts")
        return self._rows.page(source, after, limit)

    def alerts_of(self, incident_id: str) -> Sequence[Alert]:
        """Return every episode that belongs to the incident, current and archived, by key and episode."""
        # A tombstone and its archived episode are one: the archive lasts, so it is what counts.
        episodes = [*self._rows.of_incident(incident_id), *self.archived_of(incident_id)]
        by_place = {(alert.key, alert.episode, alert.source.value): alert for alert in episodes}
        return [alert for _, alert in sorted(by_place.items())]

    def archived_of(self, incident_id: str) -> Sequence[Alert]:
        """Return the ended episodes of the incident, by key and episode."""
        found = self._reads.partition(keys.dossier(incident_id), begins="AL#")
        episodes = [self._layout.model(Alert, item) for item in found]
        return sorted(episodes, key=lambda alert: (alert.key, alert.episode))

    def claims(self, keys: Iterable[str]) -> Mapping[str, Claim]:
        """Return the claims that exist for these correlation keys."""
        found = self._reads.many(map(claim_key, keys))
        return {claim.key: claim for claim in (self._layout.model(Claim, item) for item in found)}

    def record(self, kind: str, record_id: str) -> Record | None:
        """Return one record, or None."""
        item = self._reads.one(keys.record_key(kind, record_id))
        return None if item is None else self._layout.model(Record, item)

    def records(self, kind: str, *, after: str = "", limit: int) -> Sequence[Record]:
        """Return up to ``limit`` records of a kind in the order of their ids, from the first beyond ``after``."""
        _at_least_one(limit, "records")
        behind = keys.record_key(kind, after)["sk"]["S"] if after else ""
        found = self._reads.beyond(keys.records_of(kind), behind, limit=limit)
        return [self._layout.model(Record, item) for item in found]

    def due(self, now: Utc, *, limit: int = 100) -> Sequence[Record]:
        """Return up to ``limit`` records whose ``due_at`` has come, the longest due first."""
        rows = [row for shard in keys.due_shards() for row in self._due_in(shard, now, limit)]
        earliest = sorted(rows, key=lambda row: row["due_sk"]["S"])[:limit]
        found = self._reads.many({name: row[name] for name in KEYS} for row in earliest)
        records = [self._layout.model(Record, item) for item in found]
        come = [(record.due_at, record.kind, record.id, record) for record in records if record.due_at is not None]
        return [record for due_at, *_, record in sorted(come, key=lambda one: one[:3]) if due_at <= now]

    def remove(self, incident: Incident) -> None:
        """Forget an incident with its timeline and archived alerts, or raise ``Conflict``.

        Once it is marked it is gone for every reader and writer, and its events follow. Where that was interrupted,
        the first removal by the next process goes on with it, or whoever opens an incident under the same id.
        """
        if not self._tidy:
            self._removals.go_on()
            self._tidy = True
        try:
            self._removals.remove(incident)
        except ConditionFailed as failure:
            found = items.version_of(failure.failed[0])
            raise _conflict(conditions.differs(incident.id, found, incident.version)) from None

    def close(self) -> None:
        """Do nothing: nothing is held between calls but the client, which is the caller's."""

    def _write_chain(self, chain: Sequence[Numbered], outcomes: list[Conflict | None]) -> None:
        held_up: set[str] = set()
        for number, change in chain:
            mine = {write.incident.id for write in change.incidents}
            outcome: Conflict | None
            if mine & held_up:
                waits = f"{min(mine & held_up)}: an earlier change of it was not written"
                outcome = None if self._was_committed(change) else _conflict(waits)
            else:
                outcome = self._attempt(change)
            if outcome is not None:
                held_up |= mine
            outcomes[number] = outcome

    def _attempt(self, change: Change, *, again: bool = False) -> Conflict | None:
        actions = actions_of(self._table, self._layout, change)
        if not actions:
            return None
        self._note_months(change)
        requests = [action.request for action in actions]
        try:
            self._calls.run(
                lambda: self._client.transact_write_items(
                    TransactItems=requests, ClientRequestToken=token(self._table, change)
                )
            )
        except ConditionFailed as failure:
            if not again and self._removals.finish(failure.failed.values()):
                return self._attempt(change, again=True)
            return self._conflict(change, actions, failure)
        except TokenReused:
            if not self._was_committed(change):
                message = f"another change was tried under the id {change.id}"
                raise StoreError(message, hint="the id of a change must be its own") from None
        return None

    def _conflict(self, change: Change, actions: Sequence[Action], failure: ConditionFailed) -> Conflict | None:
        """Return the conflict, or None if it was this change itself that is there already."""
        there = [item for item in failure.failed.values() if item is not None]
        if any(shows(self._layout, item, change.id) for item in there):
            return None
        if len(failure.failed) + len(failure.passed) < len(actions) and self._was_committed(change):
            return None  # not every condition was looked at, that of its event perhaps not
        first = min(failure.failed)
        return _conflict(actions[first].said(failure.failed[first]))

    def _was_committed(self, change: Change) -> bool:
        found = self._reads.many(first_events(change) or rows(change))
        return any(shows(self._layout, item, change.id) for item in found)

    def _note_months(self, change: Change) -> None:
        """Write down, before anything of a month leaves the active ones, that the list has to look there."""
        inactive = {keys.month(write.incident.opened_at) for write in change.incidents if not write.incident.active}
        if inactive <= self._known_months:
            return
        # By what was read: another thread may know of a month by now that was not there then.
        new = sorted(inactive - self._months())
        if new:
            self._calls.run(
                lambda: self._client.update_item(
                    TableName=self._table,
                    Key=keys.store_key("months"),
                    UpdateExpression="ADD months :new",
                    ExpressionAttributeValues={":new": {"SS": new}},
                )
            )
            self._known_months |= inactive

    def _months(self) -> set[str]:
        item = self._reads.one(keys.store_key("months"))
        found = set() if item is None else set(item["months"]["SS"])
        self._known_months |= found
        return found

    def _due_in(self, shard: str, now: Utc, limit: int) -> "Iterable[Item]":
        low, high = keys.due_range(now)
        rows = self._reads.index(DUE, shard, low, high, only=(*KEYS, "due_sk"), sizes=repeat(limit))
        return islice(rows, limit)  # no page is asked for behind the last row that is taken


def _at_least_one(limit: int, what: str) -> None:
    if limit < 1:
        raise InvalidInput(f"cannot list {limit} {what}: at least one")


def _conflict(said: str) -> Conflict:
    return Conflict(said, hint="somebody else wrote first: read again and decide again")
