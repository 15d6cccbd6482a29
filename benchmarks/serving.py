"""Alerts that are posted to the local server, against a bare Powertools route on the same server with the same bodies.

Ours is ``serve`` as anybody starts it, on a JSON file: an alert is answered once it is on the disk, and every request
passes its key, the limits and the rest. The bare one (``bare_server``) is the same server, the same
adapter and the same interpreter with a resolver that validates a model and answers a line, and keeps nothing.

Distinct alerts are all new: ten of a service, of which the first opens an incident and the others join it. Duplicates
are those of a hundred alerts that fire already. What is compared is the time a request with so many under way at once,
and what half and all but one in a hundred of them took. In the end the file is opened, and must hold every alert that
was sent, counted as often as it was answered.
"""

import json
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from statistics import median

from tocsin.domain.alert import Source
from tocsin.storage.json_store import JsonStore

from . import bare_server
from .clients import Clients, Load, request
from .measure import Bench, Pairs, Row, alternately
from .servers import bare, ours

CONNECTIONS = (1, 8, 64)
KNOWN = 100
"""Alerts that duplicates repeat."""

OF_A_SERVICE = 10
_REQUESTS = {1: 300, 8: 400, 64: 640}

Posts = Callable[[int], list[bytes]]
"""Makes so many requests."""


def measure(bench: Bench) -> Iterator[Row]:
    """Yield a row for each kind of alert and number of connections."""
    file = bench.folder / "served.json"
    sent = _Sent()
    with bare(bench) as simple, ours(bench, file) as server:
        kinds = {
            "distinct": lambda number: [sent.distinct(server.key) for _ in range(number)],
            "duplicate": lambda number: [sent.duplicate(server.key) for _ in range(number)],
        }
        with Clients(server.url, 1) as first:
            first.ask(sent.known(server.key))
        for connections in CONNECTIONS:
            for kind, posts in kinds.items():
                with Clients(server.url, connections) as mine, Clients(simple.url, connections) as others:
                    sides = _Side(mine, posts, _REQUESTS[connections]), _Side(others, _bare, _REQUESTS[connections])
                    found = alternately(*sides, bench.pairs(12))
                yield _row(kind, connections, found, *sides)
    sent.check(file)


class _Sent:
    """What was sent to ours; the file must hold all of it."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._duplicates = 0
        self._rows = 0

    def known(self, key: str) -> list[bytes]:
        """Return the first of what is repeated later."""
        self._rows += KNOWN
        return [_ours(key, _alert(f"known-{number}", "known")) for number in range(KNOWN)]

    def distinct(self, key: str) -> bytes:
        """Return a request with an alert that never fired."""
        number = next(self._numbers)
        self._rows += 1
        return _ours(key, _alert(f"host-{number}", f"service-{number // OF_A_SERVICE}"))

    def duplicate(self, key: str) -> bytes:
        """Return a request with one of those that fire."""
        self._duplicates += 1
        return _ours(key, _alert(f"known-{self._duplicates % KNOWN}", "known"))

    def check(self, file: Path) -> None:
        """See that everything is in the file. Raises RuntimeError otherwise."""
        rows = JsonStore(file).alerts(Source.GENERIC)
        found = len(rows), sum(row.count for row in rows)
        if found != (self._rows, self._rows + self._duplicates):
            message = f"of {self._rows} alerts and {self._duplicates} repetitions the file holds {found}"
            raise RuntimeError(message)


class _Side:
    """One of the two servers under load; it keeps every measurement but the first, which counts for nothing."""

    def __init__(self, clients: Clients, posts: Posts, number: int) -> None:
        self._clients = clients
        self._posts = posts
        self._number = number
        self._loads: list[Load] = []

    def __call__(self) -> float:
        """Measure once; return the seconds a request."""
        self._loads.append(self._clients.ask(self._posts(self._number)))
        return self._loads[-1].each

    def quantiles(self, share: float) -> tuple[float, ...]:
        """Return the quantile of each measurement."""
        return tuple(load.quantile(share) for load in self._loads[1:])


def _row(kind: str, connections: int, found: Pairs, mine: _Side, others: _Side) -> Row:
    said = [f"{1 / median(found.ours):,.0f} against {1 / median(found.theirs):,.0f} a second"]
    for share in (0.5, 0.99):
        pairs = Pairs(mine.quantiles(share), others.quantiles(share))
        said.append(f"p{share * 100:.0f} {pairs.ratio.middle:.1f}x: {pairs.said(1e3, 'ms')}")
    some = f"{connections} connection{'s' * (connections > 1)}"
    return Row(f"a {kind} alert made durable / a bare route, {some}", found.ratio, "; ".join(said))


def _bare(number: int) -> list[bytes]:
    return [request("POST", bare_server.PATH, body=_alert(f"host-{one}", "service")) for one in range(number)]


def _ours(key: str, body: bytes) -> bytes:
    return request("POST", "/api/v1/alerts", key=key, body=body)


def _alert(host: str, service: str) -> bytes:
    alert = {
        "key": f"{host}/disk",
        "service": service,
        "environment": "production",
        "severity": "high",
        "message": f"The disk of {host} is 93 % full and grows by 2 GB an hour; it holds the database's log.",
        "labels": {"host": host, "region": "eu-central-1", "mount": "/var/lib/postgresql", "job": "node"},
    }
    return json.dumps(alert).encode()
