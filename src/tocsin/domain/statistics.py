"""How quickly incidents are acknowledged and resolved. Times are seconds."""

from collections.abc import Iterable, Sequence
from math import ceil

from .frozen import Frozen
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


class Summary(Frozen):
    """Some incidents in figures.

    ``never_acknowledged``: active ones that wait for a person. ``resolved_unacknowledged``: resolved before
    anybody acknowledged. Both are counted apart; neither is in ``to_acknowledge``.
    """

    total: int = 0
    active: int = 0
    never_acknowledged: int = 0
    resolved_unacknowledged: int = 0
    to_acknowledge: Durations = Durations()
    to_resolve: Durations = Durations()

    @classmethod
    def of(cls, incidents: Sequence[Incident]) -> "Summary":
        """Summarise ``incidents``."""
        silent = [incident for incident in incidents if incident.acknowledged_at is None]
        return cls(
            total=len(incidents),
            active=sum(incident.active for incident in incidents),
            never_acknowledged=sum(incident.active for incident in silent),
            resolved_unacknowledged=sum(not incident.active for incident in silent),
            to_acknowledge=Durations.of(
                seconds for incident in incidents if (seconds := incident.time_to_acknowledge) is not None
            ),
            to_resolve=Durations.of(
                seconds for incident in incidents if (seconds := incident.time_to_resolve) is not None
            ),
        )


class Statistics(Frozen):
    """MTTA and MTTR in all, by severity and by service (``""``: incidents without one)."""

    overall: Summary
    by_severity: dict[Severity, Summary]
    by_service: dict[str, Summary]


def statistics(incidents: Iterable[Incident]) -> Statistics:
    """Summarise ``incidents`` in all, by severity (worst first) and by service (by name)."""
    everything = list(incidents)
    severities = {severity: [one for one in everything if one.severity is severity] for severity in Severity}
    services: dict[str, list[Incident]] = {}
    for incident in everything:
        services.setdefault(incident.service, []).append(incident)
    return Statistics(
        overall=Summary.of(everything),
        by_severity={severity: Summary.of(some) for severity, some in severities.items() if some},
        by_service={service: Summary.of(services[service]) for service in sorted(services)},
    )
