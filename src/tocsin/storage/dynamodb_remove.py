"""Forgetting an incident, which may have more events than one transaction takes: marked first, gone last."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import repeat
from typing import TYPE_CHECKING

from tocsin.domain.incident import Incident

from . import dynamodb_items as items
from . import dynamodb_keys as keys
from .dynamodb_calls import Calls, ConditionFailed
from .dynamodb_read import KEYS, Reads
from .dynamodb_table import LIST

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import WriteRequestTypeDef

    from .dynamodb_items import Item, Key

MOST_WRITES = 25
"""Writes in one BatchWriteItem."""

_PART = "REMOVING"
"""The part of the list that no list shows: what is marked, so that an interrupted removal is found again."""


class Removals:
    """Removes incidents from one table.

    The mark takes the incident's version away, so that no change fits it any more, and keeps it for whoever asks
    twice: a repeated call, after a lost answer or a crash, goes on where the first one stopped.
    """

    def __init__(self, client: "DynamoDBClient", table: str, calls: Calls, reads: Reads) -> None:
        self._client = client
        self._table = table
        self._calls = calls
        self._reads = reads

    def remove(self, incident: Incident) -> None:
        """Remove an incident. Raises ``ConditionFailed`` if it is not at this version."""
        key = keys.incident_key(incident.id)
        self._calls.run(
            lambda: self._client.update_item(
                TableName=self._table,
                Key=key,
                UpdateExpression=f"SET {items.REMOVING} = :version, list_pk = :part REMOVE version",
                ConditionExpression=f"version = :version OR {items.REMOVING} = :version",
                ExpressionAttributeValues={":version": items.number(incident.version), ":part": items.text(_PART)},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        )
        self._finish(key)

    def go_on(self) -> None:
        """Finish every removal that was interrupted."""
        for row in list(self._reads.index(LIST, _PART, "0", "~", only=(*KEYS, items.REMOVING), sizes=repeat(None))):
            self._finish({name: row[name] for name in KEYS})

    def finish(self, found: "Iterable[Item | None]") -> bool:
        """Finish the removal of those of ``found`` that are marked; say whether there was one."""
        marked = [item for item in found if item is not None and items.REMOVING in item]
        for item in marked:
            self._finish({name: item[name] for name in KEYS})
        return bool(marked)

    def _finish(self, key: "Key") -> None:
        partition = self._reads.partition(key["pk"]["S"], only=KEYS)
        rest = [{name: item[name] for name in KEYS} for item in partition if item["sk"] != key["sk"]]
        self._calls.batch(rest, MOST_WRITES, self._delete)
        with suppress(ConditionFailed):  # an earlier try did it, and somebody may use the id again
            self._calls.run(
                lambda: self._client.delete_item(
                    TableName=self._table, Key=key, ConditionExpression=f"attribute_exists({items.REMOVING})"
                )
            )

    def _delete(self, some: "Sequence[Key]") -> "list[Key]":
        requests: list[WriteRequestTypeDef] = [{"DeleteRequest": {"Key": key}} for key in some]
        answer = self._client.batch_write_item(RequestItems={self._table: requests})
        left = answer["UnprocessedItems"].get(self._table, [])
        return [dict(one["DeleteRequest"]["Key"]) for one in left]
