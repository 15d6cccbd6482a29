"""Reads over HTTP, at many incidents against few: one incident by its id, and lists.

Both servers are ``serve`` as anybody starts it, each on a file that holds so many incidents. One connection asks,
since what is compared is how long an answer takes, and not how the machine shares its processors. Bars are for what all
but one in a hundred answers took, so that a pause now and then (a search for garbage among all those incidents, say)
would count.
"""

import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from tocsin.domain.incident import incident_id
from tocsin.storage.store import FIRST_NUMBER

from .clients import Clients, request
from .measure import SMALL, Bench, Measured, Row, alternately
from .servers import Served, ours
from .stores import files_of

_REQUESTS = 300
_LISTS = {
    "first page": ("/incidents?limit=50", 200),
    "active": ("/incidents?limit=50&status=active", 200),
    # Looks at as many rows as any page may, a thousand, in both.
    "of one service, with a text": ("/incidents?limit=50&service=checkout&text=error", 60),
}
"""Each with how many requests are one measurement: the last one takes a while."""

Paths = Callable[[int], str]
"""Returns the path of a request, by its number."""


def measure(bench: Bench) -> Iterator[Row]:
    """Yield a row for incidents by id, and one for each list."""
    few, many = (_copied(bench, number) for number in (SMALL, bench.large))
    with ours(bench, many) as large, ours(bench, few) as small:
        kinds = {"incident by id": (_any_of(bench.large), _any_of(SMALL), _REQUESTS)}
        kinds |= {f"list ({name})": (_always(path), _always(path), times) for name, (path, times) in _LISTS.items()}
        for kind, (path, other, times) in kinds.items():
            with Clients(large.url, 1) as mine, Clients(small.url, 1) as others:
                sides = _p99(mine, large, path, times), _p99(others, small, other, times)
                found = alternately(*sides, bench.pairs(16))
            what = f"p99 of GET, {kind}, {bench.large:,} incidents / {SMALL:,}"
            yield Row(what, found.ratio, found.said(1e3, "ms"), bar=2.0)


def _p99(clients: Clients, server: Served, path: Paths, times: int) -> Measured:
    def run() -> float:
        asked = [request("GET", f"/api/v1{path(number)}", key=server.key) for number in range(times)]
        return clients.ask(asked).quantile(0.99)

    return run


def _any_of(number: int) -> Paths:
    dice = random.Random(number)
    return lambda _: f"/incidents/{incident_id(FIRST_NUMBER + dice.randrange(number))}"


def _always(path: str) -> Paths:
    return lambda _: path


def _copied(bench: Bench, number: int) -> Path:
    return Path(shutil.copyfile(files_of(bench.folder, number).compact, bench.folder / f"read-{number}.json"))
