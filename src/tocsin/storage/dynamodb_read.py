"""Reads by key and by partition: consistent, whole pages after pages, batches to their last item."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, repeat
from typing import TYPE_CHECKING

from .dynamodb_calls import Calls
from .dynamodb_items import OBSERVED_AT, SEEN, SEEN_AT, text

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import QueryInputTypeDef

    from .dynamodb_items import Item, Key

MOST_KEYS = 100
"""Keys in one BatchGetItem."""

KEYS = ("pk", "sk")

DOCUMENT = (*KEYS, "schema", "doc")
"""The attributes that a model is read from."""

ROW = (*DOCUMENT, "version", SEEN, SEEN_AT, OBSERVED_AT)
"""Those that an alert row is read from."""


class Reads:
    """Reads one table."""

    def __init__(self, client: "DynamoDBClient", table: str, calls: Calls) -> None:
        self._client = client
        self._table = table
        self._calls = calls

    def one(self, key: "Key") -> "Item | None":
        """Return the item under a key."""
        answer = self._calls.run(lambda: self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True))
        return answer.get("Item")

    def many(self, keys: "Iterable[Key]") -> "list[Item]":
        """Return those items that exist, in any order; the same key twice is one."""
        found: list[Item] = []

        def get(some: "Sequence[Key]") -> "list[Key]":
            answer = self._client.batch_get_item(RequestItems={self._table: {"Keys": some, "ConsistentRead": True}})
            found.extend(answer["Responses"].get(self._table, []))
            return list(answer["UnprocessedKeys"].get(self._table, {"Keys": []})["Keys"])

        self._calls.batch({(key["pk"]["S"], key["sk"]["S"]): key for key in keys}.values(), MOST_KEYS, get)
        return found

    def partition(
        self, pk: str, *, begins: str = "", only: Sequence[str] = DOCUMENT, where: Mapping[str, str] | None = None
    ) -> "Iterator[Item]":
        """Yield the items of a partition, or those whose sk begins so, in order; ``only`` these attributes of them.

        ``where`` gives attributes that must have a certain value; what has another is read, but not returned.
        """
        request = self._request(only)
        condition, values = "pk = :pk", {":pk": text(pk)}
        if begins:
            condition, values = f"{condition} AND begins_with(sk, :begins)", {**values, ":begins": text(begins)}
        if where:
            request["FilterExpression"] = " AND ".join(f"{name} = :{name}" for name in where)
            values |= {f":{name}": text(value) for name, value in where.items()}
        request |= {"KeyConditionExpression": condition, "ExpressionAttributeValues": values, "ConsistentRead": True}
        return self._pages(request, repeat(None))

    def beyond(self, pk: str, sk: str, *, limit: int, only: Sequence[str] = DOCUMENT) -> "list[Item]":
        """Return up to ``limit`` items of a partition in order, from the first behind ``sk``, or from the very first."""
        request = self._request(only)
        condition, values = "pk = :pk", {":pk": text(pk)}
        if sk:
            condition, values = f"{condition} AND sk > :sk", {**values, ":sk": text(sk)}
        request |= {"KeyConditionExpression": condition, "ExpressionAttributeValues": values, "ConsistentRead": True}
        return list(islice(self._pages(request, repeat(limit)), limit))

    def index(
        self,
        name: str,
        part: str,
        low: str,
        high: str,
        *,
        only: Sequence[str],
        newest_first: bool = False,
        sizes: Iterator[int | None],
    ) -> "Iterator[Item]":
        """Yield the rows of one part of an index from ``low`` to ``high``, both included, as far as it has caught up.

        They are asked for as they are taken, ``sizes`` at a time (None: as many as an answer holds). Sizes never end.
        """
        request = self._request(only)
        request |= {
            "IndexName": name,
            "KeyConditionExpression": f"{name}_pk = :part AND {name}_sk BETWEEN :low AND :high",
            "ExpressionAttributeValues": {":part": text(part), ":low": text(low), ":high": text(high)},
            "ScanIndexForward": not newest_first,
        }
        return self._pages(request, sizes)

    def _request(self, only: Sequence[str]) -> "QueryInputTypeDef":
        return {
            "TableName": self._table,
            "ProjectionExpression": ", ".join(f"#{name}" for name in only),
            "ExpressionAttributeNames": {f"#{name}": name for name in only},
        }

    def _pages(self, request: "QueryInputTypeDef", sizes: Iterator[int | None]) -> "Iterator[Item]":
        while True:
            if (size := next(sizes)) is not None:
                request["Limit"] = size
            answer = self._calls.run(lambda: self._client.query(**request))
            yield from answer["Items"]
            if not answer.get("LastEvaluatedKey"):
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
