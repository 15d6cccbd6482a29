"""What a pushed alert costs in a DynamoDB table: request units, as the stand-in counts them.

Each is a POST to the very handler that runs on Lambda, its key included, which was checked less than a minute ago. What
reads take the stand-in does not say; that is reckoned from the size of what was read.
"""

import io
import json
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from typing import Any

from tests import tables
from tests.api.client import event
from tests.storage.transports import REFUSED, Charged
from tocsin.domain.audit import Actor
from tocsin.entrypoints.api_handler import ApiHandler
from tocsin.entrypoints.wsgi import LocalContext
from tocsin.ids import random_id
from tocsin.services.api_keys import ApiKeys
from tocsin.storage.dynamodb_store import DynamoDbStore

from .cloud import MESSAGE, NOW, table_server
from .measure import Bench, Row, Spread

_TIMES = 20


def measure(bench: Bench) -> Iterator[Row]:
    """Yield the rows; nothing where the stand-in is not installed."""
    with table_server(bench.folder, "pushed alerts") as url:
        if url is None:
            return
        client = tables.connect(url)
        units = Charged(client)
        sender = _Sender(DynamoDbStore(units, tables.a_table(client)))
        sender.push("first", "warm-up")  # the table's first number and month, and the key

        opened = [_spent(units, lambda one=one: sender.push(one, f"service-{one}")) for one in range(_TIMES)]
        again = [_spent(units, lambda one=one: sender.push(one, f"service-{one}")) for one in range(_TIMES)]
        joined = [_spent(units, lambda one=one: sender.push(f"{one}b", f"service-{one}")) for one in range(_TIMES)]
        tried = "and 1 for the touch that finds no such alert, which AWS counts, too"
        for what, found, bars, figures in (
            ("duplicate pushed alert", again, (1.0, 0.0), ""),
            ("pushed alert that opens an incident, and pages", opened, (13.0, None), tried),
            ("pushed alert that joins an incident", joined, (None, None), tried),
        ):
            written, read = ([one[at] for one in found] for at in (0, 1))
            yield Row(f"write units, {what}", Spread.of(written), figures, bar=bars[0], unit=" units")
            yield Row(f"read units, {what}", Spread.of(read), "", bar=bars[1], unit=" units")


class _Sender:
    """Whoever pushes alerts to the API on a store."""

    def __init__(self, store: DynamoDbStore) -> None:
        keys = ApiKeys(store, clock=lambda: NOW, new_id=random_id)
        _, self._token = keys.create("bench", ["alerts:write"], secret="s" * 43, actor=Actor("bench"))
        self._api = ApiHandler({"LOG_LEVEL": "ERROR"}, clock=lambda: NOW, new_id=random_id, store=store)

    def push(self, name: object, service: str) -> None:
        """Push one alert. Raises RuntimeError if it is not taken."""
        body = {
            "key": f"host-{name}/errors",
            "service": service,
            "environment": "production",
            "severity": "high",
            "message": MESSAGE,
            "labels": {"host": f"host-{name}", "region": "eu-central-1", "tier": "1", "job": "checkout"},
        }
        headers = {"authorization": f"Bearer {self._token}", "content-type": "application/json"}
        asked = event("POST", "/api/v1/alerts", json.dumps(body).encode(), headers)
        with redirect_stdout(io.StringIO()) as said:
            answered: dict[str, Any] = self._api(asked, LocalContext("bench"))
        if answered["statusCode"] != 200:
            message = f"answered {answered}: {said.getvalue()}"
            raise RuntimeError(message)


def _spent(units: Charged, work: Callable[[], None]) -> tuple[float, float]:
    """Return the units that ``work`` writes, without those of what was refused, and those that it reads."""
    units.written.clear()
    units.read.clear()
    work()
    return units.written.total() - units.written[REFUSED], units.read.total()
