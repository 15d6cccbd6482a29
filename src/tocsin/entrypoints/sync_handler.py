"""One run of the scheduled sync: sweep, tick, say how it went; and fail where somebody should look.

**What raises.** A sweep that failed as a whole: the keys, Datadog, the table, a fault of ours. Lambda counts it as an
error, keeps it in the on-failure destination, and the alarm for errors sees it. It is logged in one line and counted
first, and what is due is done all the same: settling and paging do not wait for Datadog.

**What does not.** A sweep that is incomplete, or one that the deadline cut short: what was read was applied, and nothing
was concluded from the rest. An error would send the whole run to where failures are kept, and say nothing that is not
better said by a warning and by the metrics ``IncompleteSweeps`` and ``UnfinishedAlerts``, which have alarms of their
own. Neither counts as a ``SuccessfulSweeps``, so that a state that lasts is noticed in any case.

**Several runs at once** do no harm: each change is written on the condition that nobody else wrote first.
"""

import logging
from datetime import datetime, timedelta
from typing import NamedTuple

from typing_extensions import override

from tocsin.config import Settings
from tocsin.domain.rules import Rules
from tocsin.errors import TocsinError
from tocsin.services.deadline import Deadline
from tocsin.services.sync import SyncReport, after_tick, pull
from tocsin.services.tick import TickReport, tick
from tocsin.services.unsilencing import active_incidents, silence_acts
from tocsin.services.watching import watch_acts
from tocsin.sources.datadog import SWEEP_SECONDS
from tocsin.storage.store import Store

from . import sync_metrics
from .assembly import datadog, open_store, rules_of
from .aws import Aws
from .datadog_keys import KeySource, key_source
from .rotating import RotatingDatadog
from .scheduled import LambdaContext, ScheduledHandler

COUNTED_EVERY = timedelta(minutes=5)
"""How old the number of active incidents may get while nothing changes: counting them costs reads."""

MOST_RETURNED = 200
"""Entries of one list in the result. Lambda refuses one of more than 6 MB; ``left_out`` counts the others."""

SERVICE = "tocsin-sync"


class _Parts(NamedTuple):
    """What is made once a process."""

    settings: Settings
    rules: Rules
    store: Store
    keys: KeySource


class SyncHandler(ScheduledHandler):
    """Runs the scheduled sync. The event is neither read nor logged."""

    service = SERVICE
    _parts: _Parts | None = None
    _source: RotatingDatadog | None = None
    _deadline: Deadline | None = None
    _counted_at: datetime | None = None

    def __call__(self, event: object, context: LambdaContext) -> dict[str, object]:
        """Sync once, and return the report as JSON, its lists cut to :data:`MOST_RETURNED`.

        Raises what made the sweep or the tick fail; its text holds no key.
        """
        del event
        began = self._clock()
        run = sync_metrics.Run(cold_start=self._cold)
        self._cold = False
        with self._log.request(context.aws_request_id, cold_start=run.cold_start):
            try:
                report = self._run(run, Deadline(lambda: context.get_remaining_time_in_millis() / 1000), began)
            except Exception as error:  # it is counted, and raised again
                self._tell_failure(error, "the sync failed")
                self._count(run, began)
                harmless = self._harmless(error)
                if harmless is error:
                    raise
                raise harmless from None
            self._log.hide(self._secrets())
            self._tell(report)
            self._count(run, began)
            return result(report)

    def _run(self, run: sync_metrics.Run, deadline: Deadline, began: datetime) -> SyncReport:
        parts = self._prepared()
        self._deadline = deadline
        try:
            source = self._datadog(parts)
            pulled = pull(
                parts.store,
                source,
                parts.rules,
                clock=self._clock,
                new_id=self._new_id,
                enough_time=deadline.enough,
            )
        except Exception:  # raised again, once what is due is done all the same
            self._tick_all_the_same(run, parts, deadline)
            raise
        run.report = pulled
        ticked = self._tick(parts, deadline)
        report = after_tick(pulled, ticked, seconds=(self._clock() - began).total_seconds())
        run.report = report
        self._count_incidents(run, parts.store, report.opened, ticked, changed=report.changed)
        return report

    @override
    def _prepared(self) -> _Parts:
        if self._parts is None:
            settings = self._read_settings()
            aws = Aws(settings.aws_region, self._environ)
            rules = rules_of(settings)
            store = open_store(settings, lambda: aws, sleep=self._sleep)
            self._parts = _Parts(settings, rules, store, key_source(settings, aws, clock=self._clock))
        return self._parts

    def _datadog(self, parts: _Parts) -> RotatingDatadog:
        if self._source is None:
            self._source = datadog(
                parts.settings,
                parts.rules,
                parts.keys,
                clock=self._clock,
                sleep=self._sleep,
                deadline=lambda: SWEEP_SECONDS if self._deadline is None else self._deadline.for_sweep(SWEEP_SECONDS),
            )
            self._log.hide(self._source.secrets)
        return self._source

    def _tick(self, parts: _Parts, deadline: Deadline) -> TickReport:
        # Whom to tell is the pager's: it runs as often, and at once when something is due for it.
        return tick(
            parts.store,
            parts.rules,
            clock=self._clock,
            new_id=self._new_id,
            enough_time=deadline.enough,
            others={
                **silence_acts(parts.store, clock=self._clock, new_id=self._new_id),
                **watch_acts(parts.store, parts.rules, clock=self._clock, new_id=self._new_id),
            },
        )

    def _tick_all_the_same(self, run: sync_metrics.Run, parts: _Parts, deadline: Deadline) -> None:
        """Do what is due although the sweep failed. Should that fail too, the sweep's error is the one to raise."""
        try:
            ticked = self._tick(parts, deadline)
            self._count_incidents(run, parts.store, (), ticked, changed=bool(ticked.resolved))
        except Exception as error:  # noqa: BLE001 - the caller is raising what came first
            self._tell_failure(error, "what is due could not be done either")

    def _count_incidents(
        self,
        run: sync_metrics.Run,
        store: Store,
        opened: tuple[str, ...],
        ticked: TickReport,
        *,
        changed: bool,
    ) -> None:
        """Count by severity what opened and resolved, and now and then what is active. Failing at it fails no run."""
        try:
            named = [*opened, *ticked.resolved]
            incidents = store.incidents(named) if named else {}
            run.opened = sync_metrics.severities(opened, incidents)
            run.resolved = sync_metrics.severities(ticked.resolved, incidents)
            now = self._clock()
            if changed or self._counted_at is None or now - self._counted_at >= COUNTED_EVERY:
                run.active = sum(1 for _ in active_incidents(store))
                self._counted_at = now
        except TocsinError as error:
            self._log.say(logging.WARNING, f"incidents could not be counted: {error}")

    def _count(self, run: sync_metrics.Run, began: datetime) -> None:
        run.seconds = (self._clock() - began).total_seconds()
        for document in sync_metrics.documents(run, namespace=self._namespace, service=self._name):
            self._print(document)

    def _tell(self, report: SyncReport) -> None:
        facts = {
            "monitors": report.monitors,
            "decisions": {reason.value: number for reason, number in report.decisions.items()},
            "opened": report.opened[:MOST_RETURNED],
            "resolved": report.resolved[:MOST_RETURNED],
            "seconds": round(report.seconds, 3),
        }
        if not report.complete:
            self._log.say(logging.WARNING, f"the sweep is incomplete: {report.why_incomplete}")
        if report.quarantined:
            monitors = [f"{one.origin or '?'}: {one.why}" for one in report.quarantined[:MOST_RETURNED]]
            number = len(report.quarantined)
            self._log.say(logging.WARNING, f"{number} monitors could not be read", quarantined=monitors)
        if report.unfinished or report.due_left:
            why = "the time was over" if report.out_of_time or report.due_left else "others kept writing to them"
            left = {"unfinished": len(report.unfinished), "due_left": report.due_left}
            self._log.say(logging.WARNING, f"some is left to the next run: {why}", **left)
        self._log.say(logging.INFO, "synced", **facts)

    @override
    def _secrets(self) -> tuple[str, ...]:
        fetched = () if self._source is None else self._source.secrets
        return (*super()._secrets(), *fetched)


def result(report: SyncReport) -> dict[str, object]:
    """Return the report as JSON that Lambda can hand on: long lists are cut, and ``left_out`` says by how much."""
    said: dict[str, object] = report.model_dump(mode="json")
    left_out: dict[str, int] = {}
    for name, value in said.items():
        if isinstance(value, list) and len(value) > MOST_RETURNED:
            left_out[name] = len(value) - MOST_RETURNED
            said[name] = value[:MOST_RETURNED]
    return {**said, "left_out": left_out}
