"""A steady sweep over a DynamoDB table with 10,000 active alerts, against a bare Query of the same partition.

Both sides go through the same client. The bare one follows the pages and does nothing with what it gets; ours makes
models of it, and the whole sweep decides on them, writes its heartbeat and looks for what is due.
"""

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from tests import tables
from tests.storage.transports import Metered, bytes_of
from tocsin.domain.alert import Source
from tocsin.storage.dynamodb_store import DynamoDbStore

from .cloud import alerting, service_on, sweep_of, table_server
from .measure import Bench, Measured, Row, Spread, alternately

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MONITORS = 100
GROUPS = 100
UNIT = 4096


def measure(bench: Bench) -> Iterator[Row]:
    """Yield a row for time and one for units; nothing where the stand-in is not installed."""
    groups = 10 if bench.quick else GROUPS
    alerts = MONITORS * groups
    said = [alerting(monitor, f"host:web-{group:03}") for monitor in range(MONITORS) for group in range(groups)]
    with table_server(bench.folder, "steady sweep") as url:
        if url is None:
            return
        client = tables.connect(url)
        table = tables.a_table(client)
        store = DynamoDbStore(client, table)
        service_on(store).sync(sweep_of(said))
        size = sum(map(bytes_of, partition(client, table)))

        bare = timed(lambda: sum(1 for _ in partition(client, table)), alerts)
        found = alternately(timed(lambda: len(store.alerts(Source.DATADOG)), alerts), bare, bench.pairs(8))
        yield Row(f"reading {alerts:,} active alerts / a bare Query of them", found.ratio, found.said(1, "s"))
        sweep = timed(lambda: alerts - len(service_on(store).sync(sweep_of(said)).opened), alerts)
        found = alternately(sweep, bare, bench.pairs(8))
        yield Row(
            f"a steady sweep with {alerts:,} active alerts / a bare Query of them", found.ratio, found.said(1, "s")
        )

        metered = Metered(client)
        service_on(DynamoDbStore(metered, table)).sync(sweep_of(said))
        ratio = metered.read.total() / (size / UNIT)
        figures = f"{metered.read.total():,.0f} read units for {size:,} bytes, {metered.written.total():.0f} written"
        what = f"read units of a steady sweep, {alerts:,} active alerts / their size in 4 KB"
        yield Row(what, Spread.of([ratio]), figures, bar=1.2)


def partition(client: "DynamoDBClient", table: str) -> Iterator[dict[str, Any]]:
    """Yield the items of the partition, whole."""
    question: dict[str, Any] = {  # boto3's own options
        "TableName": table,
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": {"S": "ALERT#datadog"}},
        "ConsistentRead": True,
    }
    while True:
        answer = client.query(**question)
        yield from answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return
        question["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def timed(read: Callable[[], int], expected: int) -> Measured:
    """Return what reads once and returns the seconds that it took."""

    def run() -> float:
        began = time.perf_counter()
        count = read()
        spent = time.perf_counter() - began
        if count != expected:
            message = f"{count} alerts instead of {expected}"
            raise RuntimeError(message)
        return spent

    return run
