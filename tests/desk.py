"""A desk to try the services at: a store, a clock that is turned by hand, and a source that says what it is told."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tocsin.domain.alert import Alert, AlertState, Observation, Problem, Push, Source, Sweep, alert_key
from tocsin.domain.change import Record
from tocsin.domain.decision import Decision, Reason
from tocsin.domain.draft import TIMER
from tocsin.domain.incident import Incident
from tocsin.domain.rules import Rules
from tocsin.domain.timeline import EventKind
from tocsin.errors import SourceError
from tocsin.services.incidents import IncidentService
from tocsin.services.ingest import IngestReport, ingest
from tocsin.services.sync import SyncReport
from tocsin.storage.store import Store

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    """Return the moment so many minutes after noon."""
    return NOON + timedelta(minutes=minutes)


def says(
    monitor: int | str,
    word: str = "Alert",
    group: str = "*",
    *,
    since: float | None = None,
    resolved: float | None = None,
    **more: object,
) -> Observation:
    """Build what the source says of one group; ``since`` and ``resolved`` are minutes after noon."""
    origin = str(monitor)
    fields = {
        "source": Source.DATADOG,
        "origin": origin,
        "group": group,
        "key": alert_key(origin, group),
        "state": AlertState.of(word),
        "word": word,
        "observed_at": NOON,
        "triggered_at": None if since is None else at(since),
        "resolved_at": None if resolved is None else at(resolved),
        "title": f"monitor {origin}",
        "message": "look at the dashboard",
        "service": "checkout",
        "environment": "prod",
    }
    return Observation.model_validate(fields | more)


def fires(
    name: str = "a",
    minutes: float | None = None,
    *,
    source: Source = Source.GENERIC,
    since: float | None = None,
    word: str = "firing",
    **more: object,
) -> Observation:
    """Build what a sender says of one alert that fires, in its order at so many minutes after noon.

    ``since`` makes it one that names its episodes, as an Alertmanager does, whose order is that of starts and ends.
    """
    moment = NOON if minutes is None else at(minutes)
    began = None if since is None else at(since)
    fields = {
        "source": source,
        "origin": name,
        "key": f"s:{name}",
        "state": AlertState.of(word),
        "word": word,
        "observed_at": began if began and minutes is None else moment,
        "triggered_at": began,
        "names_episodes": since is not None,
        "title": f"{name} is in trouble",
        "message": "look at it",
        "service": "checkout",
        "environment": "prod",
        "severity_word": "high",
    }
    return Observation.model_validate(fields | more)


def is_over(name: str = "a", minutes: float | None = None, **more: object) -> Observation:
    """Build what a sender says of one alert that is resolved; see :func:`fires`."""
    ended = NOON if minutes is None else at(minutes)
    return fires(name, minutes or 0.0, word="resolved", resolved_at=ended, **more)


@dataclass
class Scripted:
    """A source that says what it is told."""

    sweeps: list[Sweep | SourceError] = field(default_factory=list)
    source: Source = Source.DATADOG
    asked: list[Sequence[Alert]] = field(default_factory=list)

    def sweep(self, known: Sequence[Alert]) -> Sweep:
        """Say the next thing."""
        self.asked.append(known)
        said = self.sweeps.pop(0)
        if isinstance(said, SourceError):
            raise said
        return said


class Desk:
    """An incident service whose clock, ids and source are turned by hand."""

    def __init__(self, store: Store, rules: Rules | None = None) -> None:
        self.store = store
        self.now = NOON
        self._ids = itertools.count(1)
        self.source = Scripted()
        self.service = self.colleague(rules)

    def colleague(self, rules: Rules | None = None) -> IncidentService:
        """Return another service on the same store and clock, as a second process would have."""
        return IncidentService(
            self.store, rules=rules or Rules(), clock=lambda: self.now, new_id=lambda: f"change-{next(self._ids)}"
        )

    def with_rules(self, **rules: object) -> "Desk":
        """Decide by other rules from now on."""
        self.service = self.colleague(Rules.model_validate(rules))
        return self

    def minute(self, minutes: float) -> "Desk":
        """Turn the clock to so many minutes after noon."""
        self.now = at(minutes)
        return self

    def build(
        self,
        *said: Observation,
        complete: bool = True,
        quiet: Sequence[int | str] = (),
        bare: Sequence[int | str] = (),
        gone: Sequence[int | str] = (),
        problems: Sequence[Problem] = (),
        passed_over: dict[Reason, int] | None = None,
    ) -> Sweep:
        """Build a sweep made now.

        ``quiet`` monitors came with their groups and nothing of note; ``bare`` ones came without groups;
        ``gone`` ones were confirmed deleted.
        """
        spoken = [one.model_copy(update={"observed_at": self.now}) for one in said]
        with_groups = {one.origin for one in spoken} | {str(one) for one in quiet}
        with_groups -= {str(one) for one in bare}
        return Sweep(
            source=Source.DATADOG,
            started_at=self.now,
            complete=complete,
            observations=spoken,
            seen=frozenset(with_groups | {str(one) for one in bare} | {one.origin for one in problems if one.origin}),
            with_groups=frozenset(with_groups),
            gone=frozenset(str(one) for one in gone),
            problems=problems,
            passed_over=passed_over or {},
            why_incomplete="" if complete else "page 2 failed",
        )

    def sweep(self, *said: Observation, dry_run: bool = False, adopt: bool = False, **more: object) -> SyncReport:
        """Sync with a sweep made now; see :meth:`build`."""
        self.source.sweeps.append(self.build(*said, **more))
        return self.service.sync(self.source, dry_run=dry_run, adopt=adopt)

    def push(self, *items: Observation | Problem) -> IngestReport:
        """Take one delivery of pushed alerts, now; all of them are of one source."""
        source = next((item.source for item in items if isinstance(item, Observation)), Source.GENERIC)
        arrived = [
            item.model_copy(update={"sent_at": self.now}) if isinstance(item, Observation) else item for item in items
        ]
        push = Push(source=source, received_at=self.now, items=arrived)
        return ingest(
            self.store, push, self.service.rules, clock=lambda: self.now, new_id=lambda: f"change-{next(self._ids)}"
        )

    def incidents(self) -> list[Incident]:
        """Return every incident, oldest first."""
        return list(reversed(self.service.incidents()))

    def only(self) -> Incident:
        """Return the one incident there is."""
        (incident,) = self.incidents()
        return incident

    def alert(self, key: str, source: Source = Source.DATADOG) -> Alert:
        """Return the current row of an alert."""
        return self.store.alerts_named(source, [key])[key]


def reasons(report: SyncReport) -> dict[str, int]:
    """Return the decisions of a report, by the reason's word."""
    return {reason.value: number for reason, number in report.decisions.items()}


def said_of(report: SyncReport, key: str) -> list[Decision]:
    """Return the decisions that a report lists for one alert."""
    return [decision for decision in report.details if decision.key == key]


def kinds(desk: Desk, incident_id: str = "INC-1001") -> list[EventKind]:
    """Return what happened to an incident, in order."""
    return [event.kind for event in desk.service.timeline(incident_id)]


def timers(store: Store, moment: datetime, *, limit: int = 100) -> list[Record]:
    """Return the timers that are due: what waits for a pager is none."""
    return [one for one in store.due(moment, limit=limit) if one.kind == TIMER]
