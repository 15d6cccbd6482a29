"""A round of the pager over 1,000 pages to as many people, with a channel that takes no time.

Against as many bare conditional updates of a table's items, by the same client and as many threads: the least that
taking something, so that nobody else takes it, can cost. A page is looked at, taken, looked at once more, sent and put
on record, which is three reads, two transactions and the message; so the ratio says what all of that costs beside the
one write without which there is no promise at all.
"""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import TYPE_CHECKING

from tests import tables
from tests.builders import an_incident, opens
from tests.paging.town import Phones, Town
from tocsin.domain.change import Change
from tocsin.domain.page import Page
from tocsin.services.paging.desk import planned
from tocsin.services.paging.rounds import AT_ONCE, Pager
from tocsin.storage.dynamodb_store import DynamoDbStore

from .cloud import NOW, table_server
from .measure import Bench, Measured, Row, alternately

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PAGES = 1_000
IN_A_CHANGE = 90


def measure(bench: Bench) -> Iterator[Row]:
    """Yield the row; nothing where the stand-in is not installed."""
    pages = 200 if bench.quick else PAGES
    with table_server(bench.folder, "paging") as url:
        if url is None:
            return
        client = tables.connect(url)
        found = alternately(_round(client, pages), _updates(client, pages), bench.pairs(8))
        figures = f"{found.said(1e3 / pages, 'ms a page')}"
        yield Row(f"a round of {pages:,} pages / as many bare conditional updates", found.ratio, figures)


def _round(client: "DynamoDBClient", pages: int) -> Measured:
    store = DynamoDbStore(client, tables.a_table(client))
    store.commit(opens(an_incident()))
    ids, batches = count(), count()
    town, phones = Town(), Phones()
    pager = Pager(
        store,
        town,
        phones.channels(),
        clock=lambda: NOW,
        new_id=lambda: f"b{next(ids)}",
        timer=time.monotonic,
        jitter=lambda: 0.5,
    )

    def run() -> float:
        batch = next(batches)
        people = [f"person-{batch}-{number}" for number in range(pages)]
        for person in people:
            town.person(person, "log")
        waiting = [_page(person) for person in people]
        for start in range(0, pages, IN_A_CHANGE):
            some = waiting[start : start + IN_A_CHANGE]
            store.commit(Change(id=f"s{next(ids)}", at=NOW, records=tuple(planned(one) for one in some)))
        sent = len(phones.sent)
        began = time.perf_counter()
        left = pager.round().left
        spent = time.perf_counter() - began
        if left or len(phones.sent) - sent != pages:
            message = f"{len(phones.sent) - sent} pages were sent, and {left} are left"
            raise RuntimeError(message)
        return spent

    return run


def _page(person: str) -> Page:
    return Page.model_validate(
        {
            "id": f"INC-1001:1:1.0.0:{person}:log",
            "incident_id": "INC-1001",
            "cycle": 1,
            "step": 1,
            "user": person,
            "target": f"user:{person}",
            "contact": "log",
            "channel": "log",
            "made_at": NOW,
            "not_before": NOW,
        }
    )


def _updates(client: "DynamoDBClient", pages: int) -> Measured:
    table, batches = tables.a_table(client), count()

    def run() -> float:
        batch = next(batches)

        def one(number: int) -> None:
            client.update_item(
                TableName=table,
                Key={"pk": {"S": f"BARE#{batch}"}, "sk": {"S": str(number)}},
                UpdateExpression="SET taken = :by",
                ConditionExpression="attribute_not_exists(taken)",
                ExpressionAttributeValues={":by": {"S": "us"}},
            )

        numbers: Sequence[int] = range(pages)
        began = time.perf_counter()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(one, numbers))
        return time.perf_counter() - began

    return run
