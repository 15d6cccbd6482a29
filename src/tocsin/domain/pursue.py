"""What happens to one incident in one round: its findings become an ordered chain of changes.

Each change holds at most :data:`~tocsin.domain.change.MOST_ALERTS` alerts and is valid alone. What fires comes
first, the worst of it in the first change, so that a process that dies in between has already paged; what ends
comes last, so that the incident never looks recovered while something still has to be told.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from . import rows
from .alert import Alert
from .assess import Finding, Step
from .change import MOST_ALERTS, AlertWrite, Change, Claim, ClaimWrite
from .decision import Decision, Reason
from .draft import Draft
from .expiry import timer_of
from .frozen import Utc
from .incident import AlertCounts, Incident
from .lifecycle import SETTLE, all_quiet, brief, follow_severity, our_time, page_again, page_what_was_held
from .rules import Rules
from .timeline import EventKind

_T = TypeVar("_T")

MOST_TIMED = 28
"""Alerts in one change if some of them have timers: with row, episode and timer each it stays under 100 actions."""


@dataclass(frozen=True, slots=True)
class Pursued:
    """The decisions of one pursuit, and its changes in order."""

    decisions: Sequence[Decision]
    changes: Sequence[Change]


@dataclass(slots=True)
class Pursuit:
    """One incident, or the one that will be opened for ``correlation_key`` (``incident`` is None).

    ``previous`` is the incident that came before the one to be opened.
    """

    incident: Incident | None
    correlation_key: str
    claim: Claim | None = None
    previous: str = ""
    findings: list[Finding] = field(default_factory=list)

    def add(self, finding: Finding) -> None:
        """Take in one more finding."""
        self.findings.append(finding)

    @property
    def joins_active(self) -> bool:
        """True unless the incident is already resolved."""
        return self.incident is None or self.incident.active

    def write(
        self,
        rules: Rules,
        now: Utc,
        *,
        numbers: Iterator[str],
        new_id: Callable[[], str],
        adopt: bool,
        by: str,
    ) -> Pursued:
        """Return what was decided and the chain of changes. ``adopt`` starts no escalation cycle.

        ``by`` is who acts, as the timeline names him.
        """
        decisions: list[Decision] = []
        changes: list[Change] = []
        incident = self.incident
        for chunk in chunks(sorted(self.findings, key=_worst_first), most_together(self.findings)):
            link = _Link(incident, rules, now, adopt=adopt, by=by)
            claims: tuple[ClaimWrite, ...] = ()
            if incident is None:
                opened = _opened(chunk[0], next(numbers), self, now, adopt=adopt)
                link.open(opened, chunk)
                held_by = self.claim.incident_id if self.claim else ""
                until = rules.joinable_until(chunk[0].fired[0], now)
                claim = Claim(key=self.correlation_key, incident_id=opened.id, joinable_until=until)
                claims = (ClaimWrite(claim=claim, held_by=held_by),)
            else:
                link.go_on(chunk)
            decisions.extend(link.decisions)
            changes.append(link.draft.change(new_id(), alerts=link.writes, claims=claims))
            incident = link.draft.incident
        return Pursued(decisions, changes)


def _worst_first(finding: Finding) -> tuple[bool, float]:
    if finding.step is Step.END:
        return True, (finding.ended_at or finding.at).timestamp()
    return False, -(finding.severity.rank if finding.severity else 0)


def _opened(first: Finding, incident_id: str, pursuit: Pursuit, now: Utc, *, adopt: bool) -> Incident:
    seen, severity = first.fired
    return Incident(
        id=incident_id,
        title=seen.title or seen.key,
        description=seen.message,
        severity=severity,
        service=seen.service,
        environment=seen.environment,
        team=seen.team,
        source=seen.source,
        correlation_key=pursuit.correlation_key,
        tags=seen.tags,
        links=seen.links,
        cycles=0 if adopt else 1,
        acknowledged_severity=severity if adopt else None,
        triggered_at=our_time(seen.triggered_at or seen.observed_at, source_now=seen.source_now, now=now),
        opened_at=now,
        previous_incident=pursuit.previous,
    )


class _Link:
    """One change of the chain, while it is written."""

    def __init__(self, incident: Incident | None, rules: Rules, now: Utc, *, adopt: bool, by: str) -> None:
        self.draft = Draft(incident, at=now, by=by)
        self.writes: list[AlertWrite] = []
        self.decisions: list[Decision] = []
        self._rules = rules
        self._adopt = adopt

    def open(self, incident: Incident, chunk: Sequence[Finding]) -> None:
        """Open the incident with the alerts of ``chunk``."""
        reason = Reason.ADOPTED if self._adopt else Reason.OPENED
        alerts, counts = self._fire(chunk, incident, incident.alerts, reason)
        text = f"{incident.severity.value}: {brief(alerts)}; {chunk[0].detail}"
        if incident.previous_incident:
            text += f"; the one before was {incident.previous_incident}"
        after = incident.model_copy(update={"alerts": counts})
        self.draft.step(after, EventKind.OPENED, reason, text=text, alerts=_keys(alerts))

    def go_on(self, chunk: Sequence[Finding]) -> None:
        """Apply ``chunk`` to the incident as it is."""
        flapped = [finding for finding in chunk if finding.step is Step.REFIRE]
        joined = [finding for finding in chunk if finding.step is Step.OPEN]
        changed = [finding for finding in chunk if finding.step is Step.UPDATE]
        ended = [finding for finding in chunk if finding.step is Step.END]
        if flapped or joined:
            self._burns_again(joined, flapped)
        for reason, some in _by_reason(changed).items():
            self._update(some, reason)
        for reason, some in _by_reason(ended).items():
            self._end(some, reason)
        if self.draft.incident.active:
            if not self._adopt:
                page_what_was_held(self.draft, self._rules)
            self._follow(joined, flapped, ended)

    def _burns_again(self, joined: Sequence[Finding], flapped: Sequence[Finding]) -> None:
        was_quiet = self.draft.incident.recovered_at is not None
        for some, kind, reason in (
            (joined, EventKind.ALERTS_JOINED, Reason.JOINED),
            (flapped, EventKind.ALERTS_REFIRED, Reason.REFIRED),
        ):
            if some:
                incident = self.draft.incident
                alerts, counts = self._fire(some, incident, incident.alerts, reason)
                flap = kind is EventKind.ALERTS_REFIRED or incident.recovered_at is not None
                update = {"alerts": counts, "recovered_at": None, "flaps": incident.flaps + flap}
                self.draft.step(
                    incident.model_copy(update=update), kind, reason, text=brief(alerts), alerts=_keys(alerts)
                )
        if was_quiet:
            self.draft.stop_timer(SETTLE)

    def _fire(
        self, findings: Sequence[Finding], incident: Incident, counts: AlertCounts, reason: Reason
    ) -> tuple[list[Alert], AlertCounts]:
        alerts: list[Alert] = []
        for finding in findings:
            total = counts.total + 1
            write = rows.fired(
                finding, incident_id=incident.id, correlation_key=incident.correlation_key, episode=total
            )
            if write.archive is not None:
                counts = counts.adding(write.archive.severity, muted=write.archive.muted, by=-1)
            counts = counts.adding(write.alert.severity, muted=write.alert.muted)
            counts = counts.model_copy(update={"total": total})
            self._write(write, finding.alert)
            alerts.append(write.alert)
            # The others of a first change join what the first of them opened.
            said = Reason.JOINED if reason is Reason.OPENED and len(alerts) > 1 else reason
            self._decide(finding, said, incident.id)
        return alerts, counts

    def _update(self, findings: Sequence[Finding], reason: Reason) -> None:
        incident = self.draft.incident
        counts, alerts = incident.alerts, []
        for finding, row in _with_rows(findings):
            write = rows.updated(finding, row)
            counts = counts.adding(row.severity, muted=row.muted, by=-1)
            counts = counts.adding(write.alert.severity, muted=write.alert.muted)
            self._write(write, row)
            alerts.append(write.alert)
            self._decide(finding, reason, incident.id)
        after = incident.model_copy(update={"alerts": counts})
        self.draft.step(after, EventKind.ALERTS_CHANGED, reason, text=brief(alerts), alerts=_keys(alerts))

    def _end(self, findings: Sequence[Finding], reason: Reason) -> None:
        incident = self.draft.incident
        counts, alerts = incident.alerts, []
        for finding, row in _with_rows(findings):
            write = rows.ended(finding, row, forget_at=self.draft.at + self._rules.tombstone)
            counts = counts.adding(row.severity, muted=row.muted, by=-1)
            self._write(write, row)
            alerts.append(write.alert)
            self._decide(finding, reason, incident.id)
        after = incident.model_copy(update={"alerts": counts})
        self.draft.step(after, EventKind.ALERTS_ENDED, reason, text=brief(alerts), alerts=_keys(alerts))

    def _follow(self, joined: Sequence[Finding], flapped: Sequence[Finding], ended: Sequence[Finding]) -> None:
        """Do what the new set of firing alerts asks for: page, raise or lower, settle."""
        news = [*joined, *(finding for finding in flapped if self._is_news(finding))]
        unmuted = [finding for finding in news if finding.seen is not None and not finding.seen.muted]
        if unmuted and not self._adopt:
            names = brief([write.alert for write in self.writes if write.alert.key in {one.key for one in unmuted}])
            page_again(self.draft, self._rules, why=f"{names} fired", reason=Reason.JOINED)
        follow_severity(self.draft, self._rules)
        if ended and self.draft.incident.alerts.firing_now == 0:
            last = max(ended, key=lambda finding: finding.ended_at or finding.at)
            source_now = last.source_now or last.at
            recovered = our_time(last.ended_at or last.at, source_now=source_now, now=self.draft.at)
            all_quiet(self.draft, self._rules, recovered_at=max(self.draft.incident.opened_at, recovered))

    def _is_news(self, finding: Finding) -> bool:
        """Say whether a new episode comes so long after the last that it is no mere flap."""
        row = finding.alert
        if finding.seen is not None and finding.seen.provisional:
            return False  # it repeats what groups have said for themselves, or will when their monitor is read
        if finding.seen is not None and finding.seen.sent_at is not None:
            # What is pushed may name the same start again, or none: by our clock, when did it last burn here?
            ended_here = row.expires_at - self._rules.tombstone if row is not None and row.expires_at else None
            burnt = ended_here or (row.last_seen_at if row is not None else None)
            return burnt is not None and self.draft.at - burnt > self._rules.settle
        ended_at = finding.ended_at or (row.ended_at if row is not None else None)
        began = finding.seen.triggered_at if finding.seen is not None else None
        return ended_at is not None and (began or finding.at) - ended_at > self._rules.settle

    def _write(self, write: AlertWrite, before: Alert | None) -> None:
        self.writes.append(write)
        if (timer := timer_of(write, before)) is not None:
            self.draft.write_record(timer)

    def _decide(self, finding: Finding, reason: Reason, incident_id: str) -> None:
        self.decisions.append(
            Decision(finding.key, reason, finding.title, incident_id, finding.severity, finding.detail)
        )


def most_together(findings: Iterable[Finding]) -> int:
    """Return how many alerts one change may hold."""
    timed = (one.expires_in is not None or (one.alert and one.alert.expires_in is not None) for one in findings)
    return MOST_TIMED if any(timed) else MOST_ALERTS


def _with_rows(findings: Sequence[Finding]) -> Iterator[tuple[Finding, Alert]]:
    return ((finding, finding.alert) for finding in findings if finding.alert is not None)


def _by_reason(findings: Sequence[Finding]) -> dict[Reason, list[Finding]]:
    sorted_out: dict[Reason, list[Finding]] = {}
    for finding in findings:
        sorted_out.setdefault(finding.reason, []).append(finding)
    return sorted_out


def _keys(alerts: Iterable[Alert]) -> list[str]:
    return [alert.key for alert in alerts]


def chunks(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    """Cut ``items`` into lists of ``size``, the last one shorter."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk
