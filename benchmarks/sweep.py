"""A steady sweep, from the wire to the last decision, against fetching and parsing the same bytes.

Ours is the product's own: ``IncidentService.sync`` with the Datadog source and a JSON store that knows already
everything that alerts, so that nothing changes; known alerts are read, every monitor is looked at, every decision
is made and reported, the heartbeat is written and synced to the disk, and what is due is asked for.

Theirs is the least that anybody could do with the same pages: the same connection pool (that of the official
client), the same parameters, gzip, one page after the other as the ids demand, and ``orjson.loads``. Nothing is
looked at but the last id of each page.

Memory is that of a new process which syncs into an empty store and then once more.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import orjson
from datadog_api_client import ApiClient, Configuration
from datadog_api_client.v1.api.monitors_api import MonitorsApi

from tocsin.services.incidents import IncidentService
from tocsin.sources.datadog import DatadogSource
from tocsin.storage.json_store import JsonStore

from .measure import Bench, Measured, Row, Spread, alternately
from .organisation import KEYS, MONITORS, simulated_datadog
from .sides import Side, peak_memory, timed

PAGE = {"page_size": "1000", "group_states": "all", "with_downtimes": "true"}
MEGABYTE = 1e6


def measure(bench: Bench) -> Iterator[Row]:
    """Yield the rows of the sweep's time."""
    with simulated_datadog() as url, Side(fetch_and_parse, url) as theirs:
        with Side(steady_sync, url, bench.folder / "steady.json") as ours:
            found = alternately(ours, theirs, bench.pairs(40))
        yield Row(
            f"steady sweep, {MONITORS:,} monitors / fetch + orjson.loads", found.ratio, found.said(1e3, "ms"), bar=2.0
        )
        with Side(official_pagination, url) as official:
            found = alternately(official, theirs, bench.pairs(4))
        yield Row("official client's own pagination, typed / the same", found.ratio, found.said(1e3, "ms"))


def measure_memory(bench: Bench) -> Iterator[Row]:
    """Yield the row of the sweep's memory."""
    with simulated_datadog() as url:
        peaks = [_peak(url, bench.folder / f"memory{number}.json") for number in range(3)]
    yield Row(
        f"peak memory of a sweep, {MONITORS:,} monitors",
        Spread.of(peaks),
        "first contact and one more, the interpreter included",
        bar=200.0,
        unit=" MB",
    )


def _peak(url: str, file: Path) -> float:
    with Side(peak_of_syncing, url, file) as side:
        return side() / MEGABYTE


def steady_sync(url: str, file: Path) -> Measured:
    """Bring a store up to date, and return what syncs it again."""
    service, source = IncidentService(JsonStore(file)), DatadogSource(*KEYS, api_url=url)
    service.sync(source)

    def sync() -> float:
        began = time.perf_counter()
        report = service.sync(source)
        seconds = time.perf_counter() - began
        if report.changed or not report.complete or report.monitors != MONITORS or report.quarantined:
            message = f"this sweep was not steady: {report!r}"
            raise RuntimeError(message)
        return seconds

    return sync


def peak_of_syncing(url: str, file: Path) -> Measured:
    """Return what syncs a new store twice and tells the most memory that took."""

    def sync() -> float:
        steady_sync(url, file)()
        return peak_memory()

    return sync


def fetch_and_parse(url: str) -> Measured:
    """Return what fetches every page and parses it."""
    pool = ApiClient(Configuration(host=url)).rest_client.pool_manager  # type: ignore[no-untyped-call]
    headers = dict(zip(("DD-API-KEY", "DD-APPLICATION-KEY"), KEYS, strict=True)) | {"Accept-Encoding": "gzip"}

    def walk() -> None:
        last, count = 0, 0
        while True:
            reply = pool.request("GET", f"{url}/api/v1/monitor", fields={"id_offset": last, **PAGE}, headers=headers)
            items = orjson.loads(reply.data)
            if not items:
                break
            last, count = items[-1]["id"], count + len(items)
        _must_be_all(count)

    return lambda: timed(walk)


def official_pagination(url: str) -> Measured:
    """Return what reads every monitor as the official client's documentation shows it."""
    keys = dict(zip(("apiKeyAuth", "appKeyAuth"), KEYS, strict=True))
    configuration = Configuration(host=url, api_key=keys)  # type: ignore[no-untyped-call]
    api = MonitorsApi(ApiClient(configuration))  # type: ignore[no-untyped-call]

    def read() -> None:
        pages = api.list_monitors_with_pagination(page_size=1000, group_states="all", with_downtimes=True)
        _must_be_all(sum(1 for _ in pages))

    return lambda: timed(read)


def _must_be_all(count: int) -> None:
    if count != MONITORS:
        message = f"{count} of {MONITORS} monitors came"
        raise RuntimeError(message)
