"""Opening 1,000 incidents in one sweep, in a DynamoDB table: side by side against one by one.

The stand-in is a single process on this machine: it answers in a millisecond, one request after the other, and takes
the processor from us while it does. In AWS an answer takes several, and requests do not wait for each other. So a
second row puts the way there before each request. What the table is asked for, and so the units, is the same.
"""

import time
from collections.abc import Callable, Iterator
from itertools import count

from tests import tables
from tests.storage.transports import Metered, Through
from tocsin.storage.dynamodb_store import PARALLEL, DynamoDbStore

from .cloud import alerting, service_on, sweep_of, table_server
from .measure import Bench, Measured, Row, alternately

INCIDENTS = 1_000

ON_THE_WAY = 0.005
"""Seconds that a request and its answer travel and wait in AWS, within a region: what a transaction mostly takes."""


def measure(bench: Bench) -> Iterator[Row]:
    """Yield the row; nothing where the stand-in is not installed."""
    incidents = 200 if bench.quick else INCIDENTS
    with table_server(bench.folder, "opening incidents") as url:
        if url is None:
            return
        client = tables.connect(url)
        units = f"{_write_units(url, incidents) / incidents:.2f} write units each"
        what = f"opening {incidents:,} incidents in one sweep, {PARALLEL} side by side / one by one"
        for said, reached in (("stand-in", client), (f"{ON_THE_WAY * 1e3:.0f} ms away", Through(client, _travelling))):
            table, batches = tables.a_table(client), count()
            ours, theirs = (_opening(reached, table, batches, incidents, parallel) for parallel in (PARALLEL, 1))
            found = alternately(ours, theirs, bench.pairs(8))
            yield Row(f"{what}, {said}", found.ratio, f"{found.said(1, 's')}; {units}")


def _opening(client: Through, table: str, batches: Iterator[int], incidents: int, parallel: int) -> Measured:
    """Return what opens so many new incidents and returns the seconds that it took."""
    store = DynamoDbStore(client, table, parallel=parallel)

    def run() -> float:
        first = next(batches) * incidents
        source = sweep_of([alerting(first + number) for number in range(incidents)])
        began = time.perf_counter()
        opened = service_on(store).sync(source).opened
        spent = time.perf_counter() - began
        if len(opened) != incidents:
            message = f"{len(opened)} incidents were opened"
            raise RuntimeError(message)
        return spent

    return run


def _travelling(_number: int, _name: str, call: Callable[[], object]) -> object:
    time.sleep(ON_THE_WAY)
    return call()


def _write_units(url: str, incidents: int) -> float:
    client = Metered(tables.connect(url))
    table = tables.a_table(client)
    service_on(DynamoDbStore(client, table)).sync(sweep_of([alerting(number) for number in range(incidents)]))
    return float(client.written.total())
