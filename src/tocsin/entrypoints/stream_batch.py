"""A batch of the table's stream: which records have become due, and which of them to be handed again.

The stream only wakes the pager. A round does whatever is due, whoever called for it; so no page waits for the order of a
stream, and a batch that is held up holds up nobody but itself.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from tocsin.domain.change import Record
from tocsin.domain.frozen import Utc
from tocsin.storage.dynamodb_keys import record_key


class Woken(NamedTuple):
    """A record of the stream: its number there, the key of its item, and when it is due (None: that cannot be read)."""

    number: str
    key: tuple[str, str]
    due_at: Utc | None


def batch_of(event: object) -> tuple[Woken, ...] | None:
    """Return the records that the stream hands over, in its order; None for any other event: the schedule's."""
    records = event.get("Records") if isinstance(event, Mapping) else None
    if not isinstance(records, list):
        return None
    return tuple(_woken(one) for one in records)


def soonest(batch: Iterable[Woken], now: Utc) -> Utc:
    """Return when the first of a batch is due; what cannot be read may be due ``now``."""
    return min((one.due_at or now for one in batch), default=now)


def again(batch: Iterable[Woken], due: Iterable[Record]) -> dict[str, object]:
    """Return the answer to the stream: those of this batch that are still ``due`` are to be handed over again."""
    keys = {_key(record_key(one.kind, one.id)) for one in due}
    return {"batchItemFailures": [{"itemIdentifier": one.number} for one in batch if one.key in keys]}


def _woken(record: object) -> Woken:
    found = _at(record, "dynamodb")
    number = _at(found, "SequenceNumber")
    due = _at(found, "NewImage", "due_sk", "S")
    try:
        due_at = datetime.fromisoformat(str(due).partition("#")[0])
    except ValueError:
        due_at = None
    if due_at is not None and due_at.tzinfo is None:
        due_at = None
    return Woken(str(number or ""), _key(_at(found, "Keys")), due_at)


def _key(key: object) -> tuple[str, str]:
    return str(_at(key, "pk", "S")), str(_at(key, "sk", "S"))


def _at(value: object, *path: str) -> object:
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
