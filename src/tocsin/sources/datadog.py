"""Datadog as an alert source: one sweep of all monitors, and what may be concluded from it."""

import random
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import pairwise
from types import TracebackType
from typing import Self

from tocsin.clock import Clock, utc_now
from tocsin.domain.alert import Alert, Source, Sweep
from tocsin.errors import RateLimited, SourceError

from .datadog_account import account
from .datadog_client import DatadogClient, Page
from .datadog_http import PAGE_SIZE, Http, TimeLeft
from .datadog_monitor import Naming
from .datadog_wire import Reading, is_deleted, monitor_id
from .naming import TagNames

SWEEP_SECONDS = 120.0
"""How long one sweep may take, its retries and pauses included."""

LOOK_SECONDS = 8.0
"""How long asking for one monitor may take: whoever sent the webhook waits for it."""

CONFIRMED_PER_SWEEP = 20
"""How many absent monitors are asked for one by one."""

Progress = Callable[[int, int], None]
"""Told how many pages and how many monitors were read so far, after each page."""


class DatadogSource:
    """Polls the monitors of one Datadog organisation; implements :class:`~tocsin.services.source.AlertSource`.

    ``every_no_data`` observes No Data even where a monitor does not ask to be told, for severity rules that open
    incidents for it. ``deadline`` (seconds, or what tells them when a sweep begins) bounds a sweep; a server that falls
    silent may stretch it by one read time-out, which is no longer than itself. Raises :class:`~tocsin.errors.ConfigurationError` for settings that cannot work.
    """

    def __init__(
        self,
        api_key: str,
        app_key: str,
        site: str = "datadoghq.com",
        api_url: str | None = None,
        *,
        service_tag: str = "service",
        environment_tag: str = "env",
        team_tag: str = "team",
        every_no_data: bool = False,
        deadline: float | Callable[[], float] = SWEEP_SECONDS,
        confirm_budget: int = CONFIRMED_PER_SWEEP,
        progress: Progress | None = None,
        http: Http | None = None,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
        clock: Clock = utc_now,
    ) -> None:
        """Check the settings; connect nothing yet."""
        self._account = account(api_key, app_key, site=site, api_url=api_url)
        self._client = DatadogClient(
            self._account, http=http, sleep=sleep, monotonic=monotonic, jitter=jitter, clock=clock
        )
        tags = TagNames(service=service_tag, environment=environment_tag, team=team_tag)
        self._naming = Naming.of(tags, self._account.web_url)
        self._clock = clock
        self._every_no_data = every_no_data
        self._deadline = deadline
        self._confirm_budget = confirm_budget
        self._progress = progress

    def __repr__(self) -> str:
        return f"DatadogSource(site={self._account.site!r}, api_url={self._account.api_url!r})"

    def __enter__(self) -> Self:
        """Return the source itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the connections back."""
        self.close()

    def close(self) -> None:
        """Give the connections back. The source can still be used: it connects anew."""
        self._client.close()

    @property
    def source(self) -> Source:
        """Datadog."""
        return Source.DATADOG

    def sweep(self, known: Sequence[Alert]) -> Sweep:
        """Read every monitor once, then ask one by one for those of ``known`` that were not among them.

        The sweep is complete if every page arrived, the ids ascended throughout, and the empty page that ends the
        list was seen; only then is an absent monitor asked for. Raises a :class:`~tocsin.errors.SourceError` if not
        even the first page could be read.
        """
        time_left = self._client.within(self._deadline() if callable(self._deadline) else self._deadline)
        reading = Reading(self._naming, known, every_no_data=self._every_no_data)
        first = self._page(0, time_left, doubtful_end=True)
        why_incomplete = self._read_all(first, reading, time_left)
        gone = frozenset[str]() if why_incomplete else self._confirm(reading, first.at, time_left)
        return Sweep(
            source=Source.DATADOG,
            started_at=first.at,
            complete=not why_incomplete,
            observations=reading.observations,
            seen=frozenset(reading.seen),
            with_groups=frozenset(reading.with_groups),
            gone=gone,
            problems=reading.problems,
            passed_over=dict(reading.passed_over),
            why_incomplete=why_incomplete,
        )

    def look(self, origin: str, known: Sequence[Alert]) -> Sweep:
        """Read one monitor; implements :class:`~tocsin.services.source.MonitorReader`.

        It may take :data:`LOOK_SECONDS`. A monitor that is not found ends nothing: it may be another organisation's.
        """
        page = self._client.monitor(int(origin), self._client.within(LOOK_SECONDS))
        reading = Reading(self._naming, known, every_no_data=self._every_no_data)
        if page is not None and str(monitor_id(page.items[0])) == origin:
            reading.take(page.items, page.at)
        return Sweep(
            source=Source.DATADOG,
            started_at=self._clock() if page is None else page.at,
            complete=False,
            observations=reading.observations,
            seen=frozenset(reading.seen),
            with_groups=frozenset(reading.with_groups),
            problems=reading.problems,
            passed_over=dict(reading.passed_over),
            why_incomplete="one monitor was asked for",
        )

    def _read_all(self, page: Page, reading: Reading, time_left: TimeLeft) -> str:
        """Read from the first ``page`` to the end of the list; return why it may not be whole, or nothing."""
        last, pages, disorder = 0, 1, ""
        while page.items:
            reading.take(page.items, page.at)
            ids = [number for item in page.items if (number := monitor_id(item)) is not None]
            if not ids:
                return f"page {pages}: no monitor on it has an id, so that the next page cannot be asked for"
            # An item that came twice hides no other; ids in another order may. What follows is read all the same.
            if any(later < earlier for earlier, later in pairwise([last + 1, *ids])):
                disorder = disorder or f"page {pages}: the ids do not ascend, so that monitors may be missing"
            following = ids[-1] if ids[-1] > last else max(ids)
            if following <= last:
                return disorder
            last = following
            if self._progress is not None:
                self._progress(pages, len(reading.seen))
            pages += 1
            doubtful = len(page.items) >= PAGE_SIZE or last < reading.greatest_known
            try:
                page = self._page(last, time_left, doubtful_end=doubtful)
            except SourceError as error:
                return f"page {pages}: {error}"
        return disorder

    def _page(self, after: int, time_left: TimeLeft, *, doubtful_end: bool) -> Page:
        """Ask for a page. An end that comes sooner than what was seen or known suggests is asked for twice."""
        page = self._client.page(after, time_left)
        return page if page.items or not doubtful_end else self._client.page(after, time_left)

    def _confirm(self, reading: Reading, at: datetime, time_left: TimeLeft) -> frozenset[str]:
        """Ask for absent monitors; return those that Datadog says are gone. Found ones are read like the others."""
        absent = reading.absent
        # Who comes first changes from sweep to sweep, so that one whose answer is refused holds up no other.
        turn = int(at.timestamp()) % len(absent) if absent else 0
        gone = set[str]()
        for origin in [*absent[turn:], *absent[:turn]][: self._confirm_budget]:
            try:
                page = self._client.monitor(int(origin), time_left)
            except RateLimited:
                break
            except SourceError:
                continue
            if page is not None and str(monitor_id(page.items[0])) != origin:
                continue
            if page is None or is_deleted(page.items[0]):
                gone.add(origin)
            else:
                reading.take(page.items, page.at)
        return frozenset(gone)
