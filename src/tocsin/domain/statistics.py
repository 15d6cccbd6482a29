"""How quickly incidents are acknowledged and resolved. Times are seconds."""

from collections.abc import Callable, Iterable, Sequence
from math import ceil
from typing import TypeVar

from .frozen import Frozen, Utc
from .incident import Incident
from .severity import Severity

K = TypeVar("K")


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

    @classmethod
    def of(cls, incidents: Sequence[Incident]) -> "Summary":
        """Summarise ``incidents``."""
        problems = [incident for incident in incidents if not incident.merged_into]
        silent = [incident for incident in problems if incident.acknowledged_at is None]
        return cls(
            total=len(incidents),
            merged=len(incidents) - len(problems),
            active=sum(incident.active for incident in problems),
            never_acknowledged=sum(incident.active for incident in silent),
            resolved_unacknowledged=sum(not incident.active for incident in silent),
            to_acknowledge=Durations.of(
                seconds for incident in problems if (seconds := incident.time_to_acknowledge) is not None
            ),
            to_resolve=Durations.of(
                seconds for incident in problems if (seconds := incident.time_to_resolve) is not None
            ),
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
    """Summarise ``incidents`` in all, by severity (worst first), by service (by name) and by week (oldest first)."""
    everything = list(incidents)
    severities = _by(everything, lambda one: one.severity)
    services = _by(everything, lambda one: one.service)
    weeks = _by(everything, lambda one: week(one.opened_at))
    return Statistics(
        overall=Summary.of(everything),
        by_severity={severity: severities[severity] for severity in Severity if severity in severities},
        by_service=dict(sorted(services.items())),
        by_week=dict(sorted(weeks.items())),
    )


def week(moment: Utc) -> str:
    """Return the ISO week of a moment."""
    year, number, _ = moment.isocalendar()
    return f"{year:04}-W{number:02}"


def _by(incidents: Iterable[Incident], key: Callable[[Incident], K]) -> dict[K, Summary]:
    some: dict[K, list[Incident]] = {}
    for incident in incidents:
        some.setdefault(key(incident), []).append(incident)
    return {name: Summary.of(members) for name, members in some.items()}
