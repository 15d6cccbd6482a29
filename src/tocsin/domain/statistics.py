"""How quickly incidents are acknowledged and resolved. Times are seconds."""

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from math import ceil

from .frozen import Frozen, Utc
from .incident import Incident
from .severity import Severity


class Durations(Frozen):
    """A distribution: how many, and its mean, median and 90th percentile (nearest rank); None where there are none."""

    count: int = 0
    mean: float | None = None
    median: float | None = None
    p90: float | None = None

    @classmethod
    def of(cls, seconds: Iterable[float]) -> "Durations":
        """Summarise some durations."""
        ordered = sorted(seconds)
        if not ordered:
            return cls()
        return cls(
            count=len(ordered),
            mean=sum(ordered) / len(ordered),
            median=(_rank(ordered, 0.5) + ordered[len(ordered) // 2]) / 2,
            p90=_rank(ordered, 0.9),
        )


def _rank(ordered: Sequence[float], share: float) -> float:
    return ordered[ceil(share * len(ordered)) - 1]


class Metrics(Frozen):
    """How long one incident took, or has taken so far; None for what has not happened."""

    to_acknowledge: float | None
    to_resolve: float | None
    active: float

    @classmethod
    def of(cls, incident: Incident, now: Utc) -> "Metrics":
        """Measure one incident."""
        so_far = (now - incident.opened_at).total_seconds()
        resolved = incident.time_to_resolve
        return cls(
            to_acknowledge=incident.time_to_acknowledge,
            to_resolve=resolved,
            active=max(so_far, 0.0) if resolved is None else resolved,
        )


class Summary(Frozen):
    """Some incidents in figures.

    ``merged``: those that turned out to be part of another, which counts for both; no other figure but ``total`` has
    them. ``never_acknowledged``: active ones that wait for a person. ``resolved_unacknowledged``: resolved before
    anybody acknowledged. Both are counted apart; neither is in ``to_acknowledge``.
    """

    total: int = 0
    merged: int = 0
    active: int = 0
    never_acknowledged: int = 0
    resolved_unacknowledged: int = 0
    to_acknowledge: Durations = Durations()
    to_resolve: Durations = Durations()


class _Tally:
    """A summary while it is made: of an incident that was counted nothing is kept but its two durations."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._to_acknowledge = array("d")
        self._to_resolve = array("d")

    def add(self, incident: Incident) -> None:
        self._counts["total"] += 1
        if incident.merged_into:
            self._counts["merged"] += 1
            return
        self._counts["active"] += incident.active
        if incident.acknowledged_at is None:
            self._counts["never_acknowledged" if incident.active else "resolved_unacknowledged"] += 1
        for seconds, kept in (
            (incident.time_to_acknowledge, self._to_acknowledge),
            (incident.time_to_resolve, self._to_resolve),
        ):
            if seconds is not None:
                kept.append(seconds)

    def summary(self) -> Summary:
        return Summary(
            **self._counts,
            to_acknowledge=Durations.of(self._to_acknowledge),
            to_resolve=Durations.of(self._to_resolve),
        )


class Statistics(Frozen):
    """MTTA and MTTR in all, by severity, by service (``""``: incidents without one), and by week.

    A week is ISO 8601's, of the opening in UTC: ``2026-W09``.
    """

    overall: Summary
    by_severity: dict[Severity, Summary]
    by_service: dict[str, Summary]
    by_week: dict[str, Summary] = {}


def statistics(incidents: Iterable[Incident]) -> Statistics:
    """Summarise ``incidents`` in all, by severity (worst first), by service (by name) and by week (oldest first).

    They are gone through once, and none is kept.
    """
    overall = _Tally()
    severities: defaultdict[Severity, _Tally] = defaultdict(_Tally)
    services: defaultdict[str, _Tally] = defaultdict(_Tally)
    weeks: defaultdict[str, _Tally] = defaultdict(_Tally)
    for one in incidents:
        for tally in (overall, severities[one.severity], services[one.service], weeks[week(one.opened_at)]):
            tally.add(one)
    return Statistics(
        overall=overall.summary(),
        by_severity={severity: severities[severity].summary() for severity in Severity if severity in severities},
        by_service={name: services[name].summary() for name in sorted(services)},
        by_week={name: weeks[name].summary() for name in sorted(weeks)},
    )


def week(moment: Utc) -> str:
    """Return the ISO week of a moment."""
    year, number, _ = moment.isocalendar()
    return f"{year:04}-W{number:02}"
