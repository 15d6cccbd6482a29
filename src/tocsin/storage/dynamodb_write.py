"""A change as the actions of one transaction, each with what it presupposes.

The most that a change comes to: 2 incidents, 40 alerts with 40 archived episodes, and 2 items of events, since the
events that one change writes of one incident share an item; that leaves 16 of the 100 actions for claims and
records, of which the domain needs 5. One item an event would be a dozen actions and two write units each.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, NamedTuple

from tocsin.domain.alert import Alert
from tocsin.domain.change import AlertWrite, Change, ClaimWrite, IncidentWrite, RecordWrite
from tocsin.domain.timeline import Event
from tocsin.errors import InvalidInput

from . import conditions
from . import dynamodb_items as items
from . import dynamodb_keys as keys
from .dynamodb_items import DONE, Layout

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import (
        AttributeValueTypeDef,
        DeleteTypeDef,
        PutTypeDef,
        TransactWriteItemTypeDef,
        UpdateTypeDef,
    )

    from .dynamodb_items import Item, Key

    Said = Callable[[Item | None], str]

MOST_ACTIONS = 100
_TOKEN_LENGTH = 36
_ABSENT = "attribute_not_exists(pk)"
_SOMETIMES = ("due_pk", "due_sk", "expires_at")


class Action(NamedTuple):
    """One action, and what is said when it finds another item than it presupposes (None: no item)."""

    request: "TransactWriteItemTypeDef"
    said: "Said"


def token(table: str, change: Change) -> str:
    """Return the request token of a change: DynamoDB keeps tokens for an account, so the table is part of it."""
    return hashlib.sha256(f"{table}\0{change.id}".encode()).hexdigest()[:_TOKEN_LENGTH]


def actions_of(table: str, layout: Layout, change: Change) -> list[Action]:
    """Return the actions that write ``change``. Raises ``InvalidInput`` for one that no transaction can hold."""
    return _Writing(table, layout, change).actions()


def first_events(change: Change) -> list["Key"]:
    """Return the keys of the items whose events would show that ``change`` was committed."""
    return [keys.events_key(some[0]) for some in _packs(change.events) if some[0].change_id == change.id]


def rows(change: Change) -> list["Key"]:
    """Return the keys of the rows that remember a change without an event."""
    alerts = [keys.alert_key(write.alert.source, write.alert.key) for write in change.alerts]
    return alerts + [keys.record_key(write.kind, write.id) for write in change.records if write.record is not None]


def shows(layout: Layout, item: "Item", change_id: str) -> bool:
    """Say whether an item proves that the change of this id was committed."""
    if any(item.get(name) == {"S": change_id} for name in DONE):
        return True
    is_events = item["sk"].get("S", "").startswith("EV#") and item["pk"].get("S", "").startswith("INC#")
    return is_events and any(event.change_id == change_id for event in layout.events(item))


class _Writing:
    """One change on its way into actions."""

    def __init__(self, table: str, layout: Layout, change: Change) -> None:
        self._table = table
        self._layout = layout
        self._change = change
        self._without_event = not first_events(change)

    def actions(self) -> list[Action]:
        change = self._change
        found = [
            *map(self._incident, change.incidents),
            *map(self._events, _packs(change.events)),
            *map(self._alert, change.alerts),
            *(self._archived(write.archive) for write in change.alerts if write.archive is not None),
            *map(self._claim, change.claims),
            *map(self._record, change.records),
        ]
        if len(found) > MOST_ACTIONS:
            message = f"change {change.id} takes {len(found)} actions, and a transaction holds {MOST_ACTIONS}"
            raise InvalidInput(message)
        return found

    def _incident(self, write: IncidentWrite) -> Action:
        incident = write.incident
        item = self._layout.item(
            keys.incident_key(incident.id),
            *items.documents(incident),
            version=items.number(incident.version),
            list_pk=items.text(keys.listed_under(incident)),
            list_sk=items.text(keys.listed_at(keys.place(incident))),
        )
        return self._put_version(item, incident.id, write.expected)

    def _events(self, events: Sequence[Event]) -> Action:
        first = events[0]
        raw = b"[%b]" % b",".join(items.documents(*events))
        item = self._layout.item(keys.events_key(first), raw)
        return self._put(item, _ABSENT, lambda _: f"{first.incident_id} has an event {first.version} already")

    def _alert(self, write: AlertWrite) -> Action:
        alert = write.alert
        (raw,) = items.documents(alert)
        item = self._layout.item(
            keys.alert_key(alert.source, alert.key),
            raw,
            version=items.number(alert.version),
            incident_id=items.text(alert.incident_id),
            expires_at=items.expiry(alert.expires_at),
            done1=items.text(self._change.id) if self._without_event else None,
            **items.touchable(alert),
        )
        return self._put_version(item, f"alert {alert.key!r}", write.expected)

    def _archived(self, episode: Alert) -> Action:
        item = self._layout.item(keys.archive_key(episode), *items.documents(episode))
        return Action({"Put": {"TableName": self._table, "Item": item}}, _differs(f"episode {episode.key!r}", None))

    def _claim(self, write: ClaimWrite) -> Action:
        claim = write.claim
        item = self._layout.item(
            keys.claim_key(claim.key), *items.documents(claim), incident_id=items.text(claim.incident_id)
        )
        condition, values = _ABSENT, {}
        if write.held_by:
            condition, values = "incident_id = :held", {":held": items.text(write.held_by)}
        return self._put(
            item,
            condition,
            lambda found: conditions.held(claim.key, "" if found is None else found["incident_id"]["S"]),
            values,
        )

    def _put_version(self, item: "Key", what: str, expected: int | None) -> Action:
        condition, values = _version_is(expected)
        return self._put(item, condition, _differs(what, expected), values)

    def _put(
        self, item: "Key", condition: str, said: "Said", values: "Mapping[str, AttributeValueTypeDef] | None" = None
    ) -> Action:
        put: PutTypeDef = {
            "TableName": self._table,
            "Item": item,
            "ConditionExpression": condition,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if values:
            put["ExpressionAttributeValues"] = values
        return Action({"Put": put}, said)

    def _record(self, write: RecordWrite) -> Action:
        key = keys.record_key(write.kind, write.id)
        condition, values = ("", {}) if write.expected is None else _version_is(write.expected or None)
        said = _differs(f"{write.kind} {write.id!r}", write.expected or None)
        if write.record is None:
            return self._delete(key, condition, said, values)
        record = write.record
        item = self._layout.item(
            key,
            *items.documents(record),
            version=items.number(record.version),
            due_pk=None if record.due_at is None else items.text(keys.due_shard(record)),
            due_sk=None if record.due_at is None else items.text(keys.due_place(record, record.due_at)),
            expires_at=items.expiry(record.expires_at),
        )
        return self._update(key, item, condition, said, values)

    def _delete(
        self, key: "Key", condition: str, said: "Said", values: "Mapping[str, AttributeValueTypeDef]"
    ) -> Action:
        delete: DeleteTypeDef = {"TableName": self._table, "Key": key}
        if condition:
            delete["ConditionExpression"] = condition
            delete["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        if values:
            delete["ExpressionAttributeValues"] = values
        return Action({"Delete": delete}, said)

    def _update(
        self, key: "Key", item: "Key", condition: str, said: "Said", values: "Mapping[str, AttributeValueTypeDef]"
    ) -> Action:
        """Write a record over what there is, but for what it remembers: the changes without an event that wrote it."""
        written = {f":{name}": value for name, value in item.items() if name not in key}
        sets = [f"#{value[1:]} = {value}" for value in written]
        gone = [name for name in _SOMETIMES if name not in item]
        names = {f"#{name}": name for name in item if name not in key} | {f"#{name}": name for name in gone}
        if self._without_event:
            # The oldest first, so that each hands on what it was before.
            sets += [f"{older} = if_not_exists({newer}, :never)" for newer, older in reversed([*pairwise(DONE)])]
            sets.append(f"{DONE[0]} = :me")
            written |= {":me": items.text(self._change.id), ":never": items.text("")}
            fresh = f"NOT (:me IN ({', '.join(DONE)}))"
            condition = f"{condition} AND {fresh}" if condition else fresh
        update: UpdateTypeDef = {
            "TableName": self._table,
            "Key": key,
            "UpdateExpression": f"SET {', '.join(sets)}"
            + (f" REMOVE {', '.join(f'#{name}' for name in gone)}" if gone else ""),
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": {**written, **values},
        }
        if condition:
            update["ConditionExpression"] = condition
            update["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        return Action({"Update": update}, said)


def _packs(events: Sequence[Event]) -> Iterator[Sequence[Event]]:
    """Put together what one item holds: the events of one version of one incident, in order."""
    ordered = sorted(events, key=lambda event: (event.incident_id, event.version, event.ordinal))
    return (list(some) for _, some in groupby(ordered, lambda event: (event.incident_id, event.version)))


def _version_is(expected: int | None) -> "tuple[str, dict[str, AttributeValueTypeDef]]":
    if expected is None:
        return _ABSENT, {}
    return "version = :expected", {":expected": items.number(expected)}


def _differs(what: str, expected: int | None) -> "Said":
    return lambda found: conditions.differs(what, items.version_of(found), expected)
