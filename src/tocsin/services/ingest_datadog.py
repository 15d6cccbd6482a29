"""A webhook of Datadog: first what it says is made durable, then its monitor is read, and makes one incident of both.

A webhook is quicker than the next sweep, but may not say which group it speaks of, or what else of its monitor fires.
So the monitor is asked at once, where it can be. That is an extra: whatever goes wrong with it, the delivery is done,
and the next sweep brings up to date what is left.
"""

import logging
from collections.abc import Callable, Sequence
from itertools import islice

from tocsin.clock import Clock
from tocsin.domain.alert import Alert, Observation, Push, Source
from tocsin.domain.assess import Finding, assess
from tocsin.domain.decision import Decision
from tocsin.domain.frozen import Frozen, Utc
from tocsin.domain.rules import Rules
from tocsin.domain.timeline import SYSTEM
from tocsin.errors import TocsinError
from tocsin.ids import NewId
from tocsin.storage.store import Store

from .ingest import IngestReport, ingest
from .rounds import Rounds
from .source import MonitorReader
from .tick import MOST_ATTEMPTS

MOST_LOOKS = 3
"""Monitors that are read for one delivery. Datadog's own deliveries are about one."""

Take = Callable[[Push], IngestReport]

_log = logging.getLogger(__name__)


class Look(Frozen):
    """What came of reading one monitor: the decisions about its alerts, what they opened, or why there are none."""

    origin: str
    decisions: tuple[Decision, ...] = ()
    opened: tuple[str, ...] = ()
    failed: str = ""


class WebhookReport(Frozen):
    """What became of a delivery, and of the monitors that were read for it."""

    delivery: IngestReport
    looks: tuple[Look, ...] = ()


def ingest_datadog(
    store: Store,
    push: Push,
    rules: Rules,
    *,
    reader: MonitorReader | None,
    clock: Clock,
    new_id: NewId,
    by: str = SYSTEM,
    take: Take | None = None,
) -> WebhookReport:
    """Apply a delivery as :func:`~tocsin.services.ingest.ingest` does, then read its monitors and reconcile them.

    ``reader`` is None where there are no keys to read with. ``take``, where it is given, applies the delivery in place
    of ``ingest``. Raises what that raises, and nothing for what goes wrong afterwards: that is logged, and said in the
    report.
    """
    delivery = take(push) if take else ingest(store, push, rules, clock=clock, new_id=new_id, by=by)
    if reader is None:
        return WebhookReport(delivery=delivery)
    origins = dict.fromkeys(item.origin for item in push.items if isinstance(item, Observation))
    looks = [
        _look(store, origin, rules, reader, Rounds(store, rules, clock=clock, new_id=new_id))
        for origin in islice(origins, MOST_LOOKS)
    ]
    return WebhookReport(delivery=delivery, looks=tuple(looks))


def _look(store: Store, origin: str, rules: Rules, reader: MonitorReader, rounds: Rounds) -> Look:
    try:
        return _reconciled(store, origin, rules, reader, rounds)
    except TocsinError as error:
        _log.warning("monitor %s could not be reconciled after its webhook: %s", origin, error)
        return Look(origin=origin, failed=str(error))


def _reconciled(store: Store, origin: str, rules: Rules, reader: MonitorReader, rounds: Rounds) -> Look:
    alerts = store.alerts_from(Source.DATADOG, origin)
    sweep = reader.look(origin, [alert for alert in alerts if alert.firing])

    def assess_monitor(rows: Sequence[Alert], now: Utc) -> list[Finding]:
        return assess(sweep, rows, rules, now)

    for attempt in range(MOST_ATTEMPTS):
        rounds.make(alerts if attempt == 0 else store.alerts_from(Source.DATADOG, origin), assess_monitor)
        if not rounds.undone:
            break
    decisions = [one for key, some in rounds.decided.items() if key not in rounds.undone for one in some]
    return Look(origin=origin, decisions=tuple(decisions), opened=tuple(rounds.opened))
