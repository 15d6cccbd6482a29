"""Reconciling alone: what an alert costs that fires and is known, and how that grows with their number.

``reconcile`` gets as many observations as alerts are known, and nothing has changed. Ratios are times an alert, so
1 means linear; what is above it is memory that no longer fits the processor's caches, and quadratic would be 100.
Each size has a process of its own.
"""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from tocsin.domain import rows
from tocsin.domain.alert import AlertState, Links, Observation, Source, Sweep, alert_key
from tocsin.domain.assess import assess
from tocsin.domain.decision import Reason
from tocsin.domain.reconcile import Known, reconcile
from tocsin.domain.rules import Rules

from .measure import SMALL, Bench, Measured, Row, alternately
from .sides import Side, timed

_NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
_SERVICES = ("checkout", "payments", "search", "orders", "cart", "catalogue", "login", "mail")


def measure(bench: Bench) -> Iterator[Row]:
    """Yield a row for each larger size."""
    with Side(nothing_new, SMALL) as small:
        for number, pairs in ((10_000, 12), (100_000, 8)):
            with Side(nothing_new, number) as large:
                found = alternately(large, small, bench.pairs(pairs))
            what = f"reconcile, an alert of {number:,} / of {SMALL:,}, nothing changed"
            yield Row(what, found.ratio, found.said(1e6, "µs an alert"), bar=2.0)


def nothing_new(number: int) -> Measured:
    """Return what reconciles ``number`` known alerts with a sweep that says the same; it returns seconds an alert."""
    rules = Rules()
    observations = list(_observations(number, _NOW))
    opened = assess(_sweep(observations, _NOW), (), rules, _NOW)
    known = Known(
        alerts=[
            rows.fired(finding, incident_id=f"INC-{1001 + place}", correlation_key="datadog:1", episode=1).alert
            for place, finding in enumerate(opened)
        ]
    )
    later = _NOW + timedelta(minutes=1)
    sweep = _sweep([seen.model_copy(update={"observed_at": later}) for seen in observations], later)

    def decide() -> None:
        outcome = reconcile(sweep, known, rules, later, numbers=iter(()), new_id=_no_id)
        if outcome.changes or len(outcome.decisions) != number:
            message = f"{len(outcome.changes)} changes and {len(outcome.decisions)} decisions"
            raise RuntimeError(message)

    found = {one.reason for one in reconcile(sweep, known, rules, later, numbers=iter(()), new_id=_no_id).decisions}
    if found != {Reason.DEDUPLICATED}:
        message = f"something is new: {found}"
        raise RuntimeError(message)
    return lambda: timed(decide, times=max(1, 20_000 // number)) / number


def _observations(number: int, at: datetime) -> Iterator[Observation]:
    """Yield alerts of monitors of which every third has twenty groups, the others one."""
    dice = random.Random(number)
    origin, place = 20_000_000, 0
    while place < number:
        origin += dice.randint(1, 90)
        monitor = _monitor(dice, str(origin))
        for nth in range(min(number - place, dice.choice((1, 1, 20)))):
            group = f"host:i-{place:06d},zone:eu-central-1a" if nth else "*"
            word = dice.choice(("Alert", "Alert", "Warn"))
            yield Observation.model_validate(
                {
                    **monitor,
                    "group": group,
                    "key": alert_key(str(origin), group),
                    "state": AlertState.of(word),
                    "word": word,
                    "observed_at": at,
                    "triggered_at": at - timedelta(seconds=dice.randint(60, 90_000)),
                    "resolved_at": dice.choice((None, at - timedelta(days=2))),
                    "muted": dice.random() < 0.02,
                }
            )
            place += 1


def _monitor(dice: random.Random, origin: str) -> dict[str, object]:
    service = dice.choice(_SERVICES)
    return {
        "source": Source.DATADOG,
        "origin": origin,
        "title": f"{service.capitalize()}: latency is above {dice.randint(1, 100)} ms in prod ({origin})",
        "message": f"{service} is slow. See the dashboard, then the last deploy. " * dice.randint(2, 40),
        "priority": dice.choice((None, None, 1, 2, 3, 4, 5)),
        "service": service,
        "environment": "prod",
        "tags": (f"service:{service}", "env:prod", f"team:team-{dice.randint(1, 9)}", "managed_by:terraform"),
        "query": f"avg(last_5m):avg:trace.http.request.duration{{service:{service}}} by {{host}} > 1",
        "threshold": 1.0,
        "links": Links(monitor=f"https://app.datadoghq.com/monitors/{origin}"),
    }


def _sweep(observations: list[Observation], at: datetime) -> Sweep:
    origins = frozenset(seen.origin for seen in observations)
    return Sweep(Source.DATADOG, at, complete=True, observations=observations, seen=origins, with_groups=origins)


def _no_id() -> str:
    message = "nothing changed, and still there is a change"
    raise RuntimeError(message)
