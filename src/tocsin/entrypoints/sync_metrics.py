"""What the sync counts on CloudWatch, as lines of embedded metric format. docs/operate.md says what each means.

A metric is paid by the month in which it is written: those that are mostly zero are written only when they are not.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from tocsin.domain.incident import Incident
from tocsin.services.sync import SyncReport


@dataclass(slots=True)
class Run:
    """What is known of one run when it ends. Without ``report`` the sweep failed; ``active`` is not always counted."""

    cold_start: bool
    seconds: float = 0.0
    report: SyncReport | None = None
    active: int | None = None
    opened: Counter[str] = field(default_factory=Counter)
    resolved: Counter[str] = field(default_factory=Counter)

    @property
    def successful(self) -> bool:
        """True if everything was read, and all of it decided and written."""
        report = self.report
        return report is not None and report.complete and not report.unfinished


def severities(incident_ids: Iterable[str], incidents: Mapping[str, Incident]) -> Counter[str]:
    """Count incidents by severity; what is forgotten already is not counted."""
    return Counter(incidents[one].severity.value for one in incident_ids if one in incidents)


def documents(run: Run, *, namespace: str, service: str) -> list[Mapping[str, Any]]:
    """Return what to print for one run: a document for the service, and one for each severity that moved."""
    whole = EphemeralMetrics(namespace=namespace, service=service)
    report = run.report
    counts = {"Sweeps": 1, "SuccessfulSweeps": int(run.successful)}
    if run.active is not None:
        counts["ActiveIncidents"] = run.active
    if report is not None:
        counts |= {"MonitorsSeen": report.monitors, "AlertsSeen": _alerts(report)}
    for name, number in counts.items():
        whole.add_metric(name, MetricUnit.Count, number)
    for name, number in _mostly_zero(run).items():
        if number:
            whole.add_metric(name, MetricUnit.Count, number)
    whole.add_metric("SweepDuration", MetricUnit.Milliseconds, round(run.seconds * 1000))
    return [
        whole.serialize_metric_set(),
        *(
            _of_severity(severity, run, namespace=namespace, service=service)
            for severity in sorted({*run.opened, *run.resolved})
        ),
    ]


def _mostly_zero(run: Run) -> Mapping[str, int]:
    counts = {
        "FailedSweeps": int(run.report is None),
        "ColdStart": int(run.cold_start),
    }
    if run.report is not None:
        counts |= {
            "IncompleteSweeps": int(not run.report.complete),
            "Quarantined": len(run.report.quarantined),
            "UnfinishedAlerts": len(run.report.unfinished),
        }
    return counts


def _alerts(report: SyncReport) -> int:
    return sum(report.decisions.values()) + len(report.unfinished)


def _of_severity(severity: str, run: Run, *, namespace: str, service: str) -> Mapping[str, Any]:
    metrics = EphemeralMetrics(namespace=namespace, service=service)
    metrics.add_dimension("severity", severity)
    for name, counted in (("IncidentsOpened", run.opened), ("IncidentsResolved", run.resolved)):
        if counted[severity]:
            metrics.add_metric(name, MetricUnit.Count, counted[severity])
    found: Mapping[str, Any] = metrics.serialize_metric_set()
    return found
