"""What the pager counts on CloudWatch, as a line of embedded metric format. docs/operate.md says what each means.

A metric is paid by the month in which it is written: those that are mostly zero are written only when they are not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from tocsin.services.paging.rounds import RoundReport


@dataclass(slots=True)
class Round:
    """What is known of one round when it ends. ``scheduled``: the schedule called for it, not the stream.

    ``pages`` is None if the round broke before it came to them. ``oldest`` is how long the oldest of what somebody is to
    be told has been due, None if that could not be read. ``held_up``: whether a letter that was due could not be sent.
    ``broke``: what broke, if anything did.
    """

    cold_start: bool
    scheduled: bool
    pages: RoundReport | None = None
    oldest: timedelta | None = None
    held_up: bool = False
    broke: list[Exception] = field(default_factory=list)


def document(done: Round, *, namespace: str, service: str) -> Mapping[str, Any]:
    """Return what to print for one round."""
    metrics = EphemeralMetrics(namespace=namespace, service=service)
    metrics.add_metric("Rounds", MetricUnit.Count, 1)
    if done.scheduled:
        # The stream calls only where something is new: it must not hide that the schedule has stopped.
        metrics.add_metric("SuccessfulRounds", MetricUnit.Count, int(done.pages is not None))
    if done.oldest is not None:
        metrics.add_metric("OldestDuePageSeconds", MetricUnit.Seconds, round(done.oldest.total_seconds(), 3))
    for name, number in _mostly_zero(done).items():
        if number:
            metrics.add_metric(name, MetricUnit.Count, number)
    found: Mapping[str, Any] = metrics.serialize_metric_set()
    return found


def _mostly_zero(done: Round) -> Mapping[str, int]:
    pages = done.pages or RoundReport()
    return {
        "FailedRounds": int(bool(done.broke)),
        "PagesSent": pages.sent,
        "PagesFailed": pages.failed,
        "PagesDropped": pages.dropped,
        "PagesLeft": pages.left,
        "LettersHeldUp": int(done.held_up),
        "ColdStart": int(done.cold_start),
    }
